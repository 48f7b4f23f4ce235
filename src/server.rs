//! Putting the parts together: from a configuration to a running server, and to an orderly stop.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::app::{App, Fields};
use crate::authenticators::{self, Metadata};
use crate::clients::Authority;
use crate::clients::file::{self, Fate, Mode, NotApplied, Report};
use crate::clock::{Clock, Timestamp};
use crate::config::{Config, ConfigError};
use crate::outbound::Outbound;
use crate::settings::{self, Settings};
use crate::web::csp_reports::Reports;
use crate::web::listener;
use crate::web::rate_limit::Limits;
use crate::{access_links, clients, db, directory, installation, jobs, language, oidc, passkeys, recovery_codes, routes};

/// Requests in flight get this long to finish when the server stops; jobs too.
const STOP_WITHIN: Duration = Duration::from_secs(9);
/// How long a connection may take over the head of a request, and how long it is kept alive for the next one. Longer than proxies commonly keep theirs, so
/// that the proxy is the one to end it.
const HEAD_WITHIN: Duration = Duration::from_secs(75);

/// Every variable a settings catalog declares.
pub fn setting_names() -> Vec<&'static str> {
    Settings::CATALOG.iter().map(|entry| entry.env).chain(directory::settings::keys()).collect()
}

/// Checks every setting the environment sets.
///
/// # Errors
/// [`ConfigError`] for the first value that does not parse.
pub fn check_settings(config: &Config) -> Result<(), ConfigError> {
    settings::check_environment::<Settings>(config)?;
    passkeys::rp_id::check(config)?;
    directory::texts::check_environment(config)
}

/// Opens the database and builds the [`App`]: what the server and every command start with.
///
/// # Errors
/// With a message for the administrator: the database, the key or the address cannot be used.
pub async fn open(config: Config, clock: Clock) -> anyhow::Result<App> {
    language::open();
    let db = db::open(config.db_connection_string.reveal()).await?;
    let sealer = installation::sealer(&db, &config).await?;
    let rp_id = passkeys::rp_id::settle(&db, &config).await?;
    let values: Settings = settings::load(&db, &config, &sealer, settings::APP_SCOPE).await?;
    let webauthn = passkeys::rp_id::relying_party(&config, &rp_id, &values.app_name)?;
    // A command that helps somebody in has to work whatever became of that file; `start` refuses.
    let models = read_metadata(&config, clock.now()).unwrap_or_else(|error| {
        tracing::error!("{error}");
        None
    });
    let keys = oidc::keys::open(&db, &sealer, clock.now()).await?;
    let nonces = oidc::dpop::Nonces::open(&db, &sealer).await?;
    let subjects = oidc::subject::Subjects::open(&db, &sealer).await?;
    let successors = oidc::successor::Successors::open(&db, &sealer).await?;
    let recovery_codes = recovery_codes::Hasher::open(&db, &sealer).await?;
    let metadata = oidc::discovery::Variants::new(&config.origin)?;
    let outbound = Outbound::new(config.outbound_trusted_hosts.clone());
    let (lookups, revisions) = (oidc::lookups::Lookups::new(&db), db::Revisions::new(db.clone()));
    Ok(App::new(Fields {
        config,
        db,
        clock,
        sealer,
        settings: watch::Sender::new(Arc::new(values)),
        webauthn,
        rp_id,
        authenticators: authenticators::Known::new(models),
        keys,
        nonces,
        subjects,
        successors,
        recovery_codes,
        metadata,
        limits: Limits::default(),
        csp_reports: Reports::default(),
        outages: directory::Outages::default(),
        outbound,
        remote_keys: clients::RemoteKeys::default(),
        secret_uses: clients::SecretUses::default(),
        lookups,
        revisions,
        known_clients: db::Copies::default(),
        opened_apis: db::Copies::default(),
        stopping: CancellationToken::new(),
    }))
}

/// The list of authenticator models, where there is one; an old one is logged.
fn read_metadata(config: &Config, now: Timestamp) -> Result<Option<Metadata>, ConfigError> {
    let Some(file) = &config.authenticator_metadata else { return Ok(None) };
    let read = Metadata::read(file, config.authenticator_metadata_root.as_deref(), now);
    let metadata = read.map_err(|unusable| ConfigError(format!("PASSKEY_METADATA_FILE names {}, which {unusable}", file.display())))?;
    if metadata.is_current(now) {
        tracing::info!(
            number = metadata.number,
            models = metadata.models().count(),
            next_update = metadata.next_update,
            "read the list of authenticator models"
        );
    } else {
        tracing::warn!(
            next_update = metadata.next_update,
            "the list of authenticator models (PASSKEY_METADATA_FILE) is out of date; until there is a new one, nobody whose policy names models can add a passkey"
        );
    }
    Ok(Some(metadata))
}

/// A server that runs.
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    /// What it runs on.
    pub app: App,
    /// The one-time set-up link, when there is no administrator yet.
    pub setup_link: Option<String>,
    serving: JoinHandle<()>,
    jobs: jobs::Jobs,
}

/// Starts the server in this process, with the clients of `CLIENTS_FILE`.
///
/// # Errors
/// As [`open`], and when the address cannot be listened on. [`ConfigError`] when the file of clients cannot be used.
pub async fn start(config: Config, clock: Clock) -> anyhow::Result<Running> {
    let (host, port) = (config.host, config.port);
    read_metadata(&config, clock.now())?;
    let app = open(config, clock).await?;
    if let Some(path) = &app.config.clients_file {
        let report = apply_clients(&app, path).await.map_err(|refused| match refused {
            NotApplied::Mistakes(mistakes) => anyhow::Error::new(ConfigError(mistakes.join("\n"))),
            NotApplied::Internal(error) => error,
        })?;
        tell(&report);
    }
    start_app(app, SocketAddr::new(host, port)).await
}

async fn apply_clients(app: &App, path: &Path) -> Result<Report, NotApplied> {
    file::apply(app, Authority::File(&file::name_of(path)), path, Mode::Apply, app.clock.now()).await
}

/// Logs what a file of clients did.
fn tell(report: &Report) {
    for line in report.lines.iter().filter(|line| line.fate != Fate::Unchanged) {
        tracing::info!(client.id = line.client_id, fields = ?line.fields, "a client of the file was {}", line.fate.as_str());
    }
    for group in &report.groups_missing {
        tracing::warn!(group, "the file of clients names a group that is not there yet; whoever is in it can sign in once it is");
    }
    tracing::info!(clients = report.lines.len() - report.count(Fate::Removed), "the file of clients is in force");
}

async fn start_app(app: App, address: SocketAddr) -> anyhow::Result<Running> {
    let listener = TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address} (HOST and PORT)"))?;
    let address = listener.local_addr()?;
    // Once the address is ours: a start that fails leaves the former link alone.
    let setup_link = access_links::renew_set_up(&app, app.clock.now()).await?;
    let router = routes::router(&app);
    let stopping = app.stopping.clone();
    let serving = tokio::spawn(listener::serve(listener, router, HEAD_WITHIN, stopping));
    let jobs = jobs::start(&app);
    Ok(Running { address, app, setup_link, serving, jobs })
}

impl Running {
    /// Reads the file of clients and the list of authenticator models again. One with a mistake is logged, and what was in force stays.
    pub async fn reload(&self) {
        match read_metadata(&self.app.config, self.app.clock.now()) {
            Ok(Some(metadata)) => self.app.authenticators.replace(metadata),
            Ok(None) => {}
            Err(error) => tracing::error!("the former list of authenticator models stays in force: {error}"),
        }
        let Some(path) = &self.app.config.clients_file else {
            tracing::info!("there are no clients to reload: CLIENTS_FILE is not set");
            return;
        };
        match apply_clients(&self.app, path).await {
            Ok(report) => tell(&report),
            Err(NotApplied::Mistakes(mistakes)) => {
                for mistake in mistakes {
                    tracing::error!("the file of clients was not applied, what was in force stays: {mistake}");
                }
            }
            Err(NotApplied::Internal(error)) => tracing::error!(cause = format!("{error:#}"), "the file of clients could not be applied"),
        }
    }

    /// Stops: no new requests, those in flight finish, jobs end; within 10 s in any case.
    pub async fn stop(self) {
        self.app.stopping.cancel();
        let serving = self.serving;
        let orderly = async {
            if let Err(error) = serving.await {
                tracing::error!(%error, "the listener crashed");
            }
            self.jobs.stopped().await;
            self.app.db.close().await;
        };
        if tokio::time::timeout(STOP_WITHIN, orderly).await.is_err() {
            tracing::warn!("stopped with work still in progress: it did not end within {} s", STOP_WITHIN.as_secs());
        }
    }
}
