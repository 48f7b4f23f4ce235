//! Which of a directory's servers is asked: the first that can be reached, in the given order or any.

use std::time::Duration;

use super::super::config::{DirectoryConfig, ServerAddress};
use super::connection::{self, Connection};
use super::{FetchError, Phase};
use crate::secret::random_bytes;

/// The servers in the order in which they are tried now.
pub(super) fn in_turn(config: &DirectoryConfig) -> Vec<&ServerAddress> {
    let mut servers: Vec<&ServerAddress> = config.connection.servers.iter().collect();
    if config.connection.at_random {
        servers.sort_by_cached_key(|_| random_bytes::<8>());
    }
    servers
}

/// The configuration for something that has little time: every server gets its share, so that a silent one does not use up the time of the next.
pub(super) fn within(config: &DirectoryConfig, within: Duration) -> DirectoryConfig {
    let mut config = config.clone();
    let limits = &mut config.connection.limits;
    let servers = u32::try_from(config.connection.servers.len().max(1)).unwrap_or(u32::MAX);
    limits.connect_within = limits.connect_within.min(within / servers);
    limits.answer_within = limits.answer_within.min(within);
    config
}

/// A connection to one server, up to TLS; within one time limit for everything.
pub(super) async fn reach(config: &DirectoryConfig, server: &ServerAddress) -> Result<Connection, FetchError> {
    let within = config.connection.limits.connect_within;
    let reached = async {
        let addresses = connection::resolve(server, within).await?;
        let socket = connection::connect(server, &addresses, within).await?;
        Connection::start(config, server, socket).await
    };
    let late = || FetchError { phase: Phase::Connect, message: super::explain::connect_error(server, &std::io::ErrorKind::TimedOut.into()) };
    tokio::time::timeout(within, reached).await.unwrap_or_else(|_| Err(late()))
}

/// Connects to the first server that can be reached, without a bind.
pub(super) async fn reach_any(config: &DirectoryConfig) -> Result<Connection, FetchError> {
    let mut unreachable = Vec::new();
    for server in in_turn(config) {
        match reach(config, server).await {
            Ok(connection) => return Ok(connection),
            Err(error) => unreachable.push(error),
        }
    }
    Err(joined(unreachable))
}

/// A bound connection, and why servers before it could not be used.
pub(super) struct Opened {
    pub(super) connection: Connection,
    pub(super) passed_over: Vec<FetchError>,
}

/// Connects to the first server that can be reached, and binds. A refused bind is final: trying a wrong password on every server locks accounts. A server
/// that is too busy to bind or breaks off is as one that cannot be reached.
pub(super) async fn open(config: &DirectoryConfig) -> Result<Opened, FetchError> {
    let mut passed_over = Vec::new();
    for server in in_turn(config) {
        let mut connection = match reach(config, server).await {
            Ok(connection) => connection,
            Err(error) => {
                passed_over.push(error);
                continue;
            }
        };
        match connection.bind(&config.connection.bind).await {
            Ok(()) => return Ok(Opened { connection, passed_over }),
            Err(refused) if refused.is_final => return Err(refused.error),
            Err(broken) => passed_over.push(broken.error),
        }
    }
    Err(joined(passed_over))
}

pub(super) fn joined(errors: Vec<FetchError>) -> FetchError {
    let phase = errors.last().map_or(Phase::Connect, |error| error.phase);
    let message = errors.into_iter().map(|error| error.message).collect::<Vec<_>>().join(" ");
    FetchError { phase, message: if message.is_empty() { "No address is configured.".to_owned() } else { message } }
}
