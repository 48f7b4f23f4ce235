//! `cargo run --release --example demo`: Muster with an embedded database, a small LDAP directory and an example app, all in this process.
//! Everything lives in a temporary folder and is gone when the demo ends.

#[path = "demo/directory.rs"]
mod directory;
#[path = "demo/wiki.rs"]
mod wiki;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::time::Duration;

use anyhow::Context as _;
use muster::app::App;
use muster::audit::Actor;
use muster::clients::{self, Authority, Registration, SigningAlg};
use muster::clock::Clock;
use muster::config::Config;
use muster::directory::{self as sync, Order, Outcome};
use muster::id::ClientId;
use muster::web::Client;
use muster::{access_links, server, users};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

const LINK_LIFETIME: Duration = Duration::from_secs(24 * 3600);

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;

    let folder = tempfile::Builder::new().prefix("muster-demo-").tempdir()?;
    let ldap = directory::start().await?;
    let wiki_listener = listen(1412).await?;
    let wiki = format!("http://localhost:{}", wiki_listener.local_addr()?.port());
    let port = listen(1411).await?.local_addr()?.port();
    let database = format!("sqlite://{}", folder.path().join("muster.db").display());
    let config = configuration(&[
        ("APP_URL", &format!("http://localhost:{port}")),
        ("PORT", &port.to_string()),
        ("DB_CONNECTION_STRING", &database),
        ("LDAP_ENABLED", "true"),
        ("LDAP_URL", &format!("ldap://{ldap}")),
        ("LDAP_BIND_DN", directory::BIND_DN),
        ("LDAP_BIND_PASSWORD", directory::BIND_PASSWORD),
        ("LDAP_BASE", directory::BASE),
        ("LDAP_ADMIN_GROUP_NAME", "admins"),
    ])?;
    let running = server::start(config, Clock::system()).await?;
    let app = &running.app;

    let report = sync::sync(app, sync::DEFAULT, &Order::of_command(None)).await.map_err(|error| anyhow::anyhow!("{error:?}"))?;
    anyhow::ensure!(report.outcome == Outcome::Applied, "the directory's people did not come: {:?}", report.problems);
    wiki::start(wiki_listener, wiki.clone(), register_wiki(app, &wiki).await?);

    let issuer = app.config.origin.as_str();
    let mut out = std::io::stdout();
    writeln!(out, "\n  Muster       {issuer}")?;
    writeln!(out, "  Example app  {wiki}")?;
    writeln!(out, "  Directory    ldap://{ldap}  ({} people, {} groups)\n", report.counts.users.created, report.counts.groups.created)?;
    writeln!(out, "  Open a link, add a passkey, then sign in to the example app. Each link works once.\n")?;
    for (username, who) in [("grace", "administrator"), ("ada", "engineering, library"), ("alan", "engineering")] {
        writeln!(out, "  {username:<6} {who:<22} {}", link(app, username).await?)?;
    }
    writeln!(out, "\n  Ctrl-C ends the demo and removes everything.")?;

    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    running.stop().await;
    folder.close().context("removing the demo's folder")
}

/// The port everyone expects, or a free one when it is taken.
async fn listen(port: u16) -> std::io::Result<TcpListener> {
    match TcpListener::bind(("127.0.0.1", port)).await {
        Ok(listener) => Ok(listener),
        Err(_) => TcpListener::bind(("127.0.0.1", 0)).await,
    }
}

fn configuration(variables: &[(&str, &str)]) -> anyhow::Result<Config> {
    let variables: BTreeMap<String, String> = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let config = Config::from_variables(&variables, &server::setting_names())?;
    server::check_settings(&config)?;
    Ok(config)
}

/// Registers the example app, as an administrator would on *Apps → Register an app*.
async fn register_wiki(app: &App, wiki: &str) -> anyhow::Result<wiki::Registration> {
    let registration = Registration {
        name: "Example wiki".to_owned(),
        is_public: false,
        redirect_uris: vec![format!("{wiki}/callback")],
        post_logout_redirect_uris: vec![format!("{wiki}/")],
        skip_consent: false,
        signing_alg: SigningAlg::Rs256,
        claims_in_id_token: true,
        require_pkce: true,
        ..Registration::default()
    };
    let registered = clients::register(app, Authority::CommandLine, ClientId::new(), registration, &[], app.clock.now()).await;
    let registered = registered.map_err(|refused| anyhow::anyhow!("{refused:?}"))?;
    Ok(wiki::Registration {
        issuer: app.config.origin.as_str().to_owned(),
        client_id: registered.client.client_id,
        client_secret: registered.secret.context("a confidential client has a secret")?.reveal().to_owned(),
    })
}

async fn link(app: &App, username: &str) -> anyhow::Result<String> {
    let user = users::find_by_name(&mut app.db.read().await?, username).await?.with_context(|| format!("{username} is missing"))?;
    Ok(access_links::make(app, &Actor::command_line(), &Client::default(), &user, LINK_LIFETIME).await?.url)
}
