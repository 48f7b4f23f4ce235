//! `muster clients`: registered apps.

use clap::{Args, Subcommand};
use serde::Serialize;

use super::{Failed, Format, app, client_secrets, clients_file, registration_tokens, say, say_json};
use crate::clients::{self, Authority, Refused, Registration, SigningAlg};
use crate::id::ClientId;

/// Registered OpenID clients.
#[derive(Subcommand)]
pub(super) enum Clients {
    /// Lists the clients.
    List {
        /// How to print.
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Registers a client and prints its id and secret; the secret is shown this once.
    Create(Create),
    /// Applies a file of clients, or says what it would change.
    Apply(clients_file::Apply),
    /// Tokens with which apps may register themselves.
    #[command(subcommand)]
    RegistrationToken(registration_tokens::Command),
    /// The secrets of a client.
    #[command(subcommand)]
    Secret(client_secrets::Secret),
}

/// A client to register.
#[derive(Args)]
pub(super) struct Create {
    /// What people see on the consent page.
    #[arg(long)]
    name: String,
    /// Where answers may go; compared letter by letter. May be given several times.
    #[arg(long, required = true)]
    redirect_uri: Vec<String>,
    /// Where people may be sent after sign-out. May be given several times.
    #[arg(long)]
    post_logout_redirect_uri: Vec<String>,
    /// The app cannot keep a secret; it gets none and must use PKCE.
    #[arg(long)]
    public: bool,
    /// People are not asked whether the app may know them.
    #[arg(long)]
    skip_consent: bool,
    /// Refuse requests without PKCE.
    #[arg(long)]
    require_pkce: bool,
    /// Keep name, e-mail address and groups out of the ID token; they are at userinfo only.
    #[arg(long)]
    no_claims_in_id_token: bool,
    /// Only people in this group may use the app. May be given several times.
    #[arg(long)]
    allowed_group: Vec<String>,
    /// How ID tokens are signed: RS256, ES256, PS256 or EdDSA.
    #[arg(long, default_value = "RS256", value_parser = signing_alg)]
    signing_alg: SigningAlg,
    /// How to print.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Reads the name of an algorithm.
pub(super) fn signing_alg(text: &str) -> Result<SigningAlg, String> {
    SigningAlg::from_text(text).ok_or_else(|| "it must be RS256, ES256, PS256 or EdDSA".to_owned())
}

#[derive(Serialize)]
struct Line {
    client_id: String,
    name: String,
    public: bool,
    redirect_uris: Vec<String>,
    post_logout_redirect_uris: Vec<String>,
    skip_consent: bool,
    require_pkce: bool,
    claims_in_id_token: bool,
    signing_alg: SigningAlg,
    restricted: bool,
    allowed_groups: Vec<String>,
    created_at: String,
}

#[derive(Serialize)]
struct Created<'a> {
    client_id: &'a str,
    client_secret: Option<&'a str>,
}

pub(super) async fn run(command: Clients) -> Result<(), Failed> {
    match command {
        Clients::List { format } => list(format).await,
        Clients::Create(new) => create(new).await,
        Clients::Apply(arguments) => clients_file::apply(arguments).await,
        Clients::RegistrationToken(command) => registration_tokens::run(command).await,
        Clients::Secret(command) => client_secrets::run(command).await,
    }
}

async fn list(format: Format) -> Result<(), Failed> {
    let app = app().await?;
    let all = clients::all(&mut app.db.read().await?).await?;
    let lines: Vec<Line> = all
        .into_iter()
        .map(|(client, allowed_groups)| Line {
            client_id: client.client_id,
            name: client.registration.name,
            public: client.registration.is_public,
            redirect_uris: client.registration.redirect_uris,
            post_logout_redirect_uris: client.registration.post_logout_redirect_uris,
            skip_consent: client.registration.skip_consent,
            require_pkce: client.registration.require_pkce,
            claims_in_id_token: client.registration.claims_in_id_token,
            signing_alg: client.registration.signing_alg,
            restricted: client.restricted,
            allowed_groups,
            created_at: client.created_at.rfc3339(),
        })
        .collect();
    if format == Format::Json {
        return say_json(&lines);
    }
    if lines.is_empty() {
        return say("No app is registered yet; `muster clients create` registers one.");
    }
    for line in lines {
        let who = match (line.restricted, line.allowed_groups.is_empty()) {
            (false, _) => "everyone".to_owned(),
            (true, true) => "nobody (no group is allowed)".to_owned(),
            (true, false) => line.allowed_groups.join(", "),
        };
        let kind = if line.public { "public" } else { "confidential" };
        say(&format!("{}  {}  ({kind}; for {who})", line.client_id, line.name))?;
    }
    Ok(())
}

async fn create(new: Create) -> Result<(), Failed> {
    let app = app().await?;
    let registration = Registration {
        name: new.name,
        is_public: new.public,
        redirect_uris: new.redirect_uri,
        post_logout_redirect_uris: new.post_logout_redirect_uri,
        skip_consent: new.skip_consent,
        signing_alg: new.signing_alg,
        claims_in_id_token: !new.no_claims_in_id_token,
        require_pkce: new.require_pkce,
        ..Registration::default()
    };
    let registered = clients::register(&app, Authority::CommandLine, ClientId::new(), registration, &new.allowed_group, app.clock.now()).await;
    let registered = registered.map_err(|refused| match refused {
        Refused::Mistakes(mistakes) => {
            let lines: Vec<String> = mistakes.iter().map(|(field, mistake)| format!("--{}: {mistake}", option(field))).collect();
            Failed::Command(anyhow::anyhow!("{}", lines.join("\n")))
        }
        Refused::Gone | Refused::AlreadyThere => Failed::Command(anyhow::anyhow!("the client was registered already")),
        Refused::Internal(error) => Failed::Command(error),
    })?;
    let secret = registered.secret.as_ref().map(|secret| secret.reveal());
    if new.format == Format::Json {
        return say_json(&Created { client_id: &registered.client.client_id, client_secret: secret });
    }
    say(&format!("Client ID:     {}", registered.client.client_id))?;
    say(&format!("Client secret: {}", secret.unwrap_or("none (public client)")))?;
    say(&format!("Issuer:        {}", app.config.origin.as_str()))
}

/// The option a field is typed into.
fn option(field: &str) -> &str {
    match field {
        "redirect_uris" => "redirect-uri",
        "post_logout_redirect_uris" => "post-logout-redirect-uri",
        "allowed_groups" => "allowed-group",
        other => other,
    }
}
