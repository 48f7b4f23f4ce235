//! `muster serve` and what belongs to it.

use std::io::Write as _;
use std::time::Duration;

use anyhow::Context as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

use super::Failed;
use crate::clock::Clock;
use crate::config::{Config, ConfigError};
use crate::server;

/// Runs until SIGTERM or SIGINT; SIGHUP has the file of clients read again.
pub(super) async fn serve(config: Config) -> Result<(), Failed> {
    start_logging(&config, &config.log_level);
    for name in &config.unused {
        tracing::info!(variable = name.as_str(), "this variable of Pocket ID has no meaning here and is not used");
    }
    let origin = config.origin.clone();
    // Listened for before anything starts, so that an early stop is not missed.
    let mut terminate = signal(SignalKind::terminate()).context("listening for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("listening for SIGINT")?;
    let mut hang_up = signal(SignalKind::hangup()).context("listening for SIGHUP")?;
    let running = server::start(config, Clock::system()).await.map_err(|error| match error.downcast::<ConfigError>() {
        Ok(mistake) => Failed::Config(mistake),
        Err(error) => Failed::Command(error),
    })?;
    // Their target is logged at every level: without these lines nobody finds the server or comes in.
    tracing::info!(
        target: "muster::start",
        "Muster {} is ready at {} (listening on {})",
        env!("CARGO_PKG_VERSION"),
        origin.as_str(),
        running.address
    );
    if let Some(link) = &running.setup_link {
        tracing::info!(target: "muster::start", "There is no administrator yet. Open this link within 24 hours to become one: {link}");
    }
    loop {
        tokio::select! {
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
            _ = hang_up.recv() => running.reload().await,
        }
    }
    tracing::info!("stopping: requests in flight finish first");
    running.stop().await;
    tracing::info!("stopped");
    Ok(())
}

/// Starts logging to standard error. What the start has to say is printed at every level. webauthn-rs prints ceremony states below `info`, so it is pinned
/// there; to tower-sessions every session that ran out is "possibly suspicious".
pub(super) fn start_logging(config: &Config, level: &str) {
    const ALWAYS: &str = "muster::start=info,webauthn_rs=info,webauthn_rs_core=info,sqlx=warn,tower_sessions_core=error";
    let filter = EnvFilter::try_new(format!("{level},{ALWAYS}")).unwrap_or_else(|_| EnvFilter::new("info"));
    let subscriber = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false);
    let started = if config.log_json { subscriber.json().try_init() } else { subscriber.with_ansi(false).try_init() };
    if started.is_err() {
        let _closed = writeln!(std::io::stderr(), "muster: logging was started already");
    }
}

/// Asks the server that runs with this configuration for `/healthz`.
pub(super) async fn healthcheck(config: &Config) -> Result<(), Failed> {
    let host = if config.host.is_unspecified() { "127.0.0.1".to_owned() } else { config.host.to_string() };
    let address = if host.contains(':') { format!("[{host}]:{}", config.port) } else { format!("{host}:{}", config.port) };
    let ask = async {
        let mut stream = tokio::net::TcpStream::connect(&address).await?;
        stream.write_all(format!("GET /healthz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").as_bytes()).await?;
        let mut answer = String::new();
        stream.take(1024).read_to_string(&mut answer).await?;
        Ok::<_, std::io::Error>(answer)
    };
    let answer = tokio::time::timeout(Duration::from_secs(5), ask)
        .await
        .context("the server does not answer within 5 s")?
        .context("the server cannot be reached")?;
    if answer.starts_with("HTTP/1.1 204") {
        Ok(())
    } else {
        Err(Failed::Command(anyhow::anyhow!("the server is not well: {}", answer.lines().next().unwrap_or("no answer"))))
    }
}
