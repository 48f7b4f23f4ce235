//! How long PostgreSQL works at something before it gives up: nothing waits for ever for a lock, a forgotten transaction, or a statement that never ends. SQLite
//! has one writer, waits ten seconds for other processes, and needs none of this.

use std::io;

use sqlx::PgConnection;
use sqlx::{Error, Executor as _};

/// For every connection: a minute for a statement, half of it for a lock, a minute for a transaction in which nothing happens. Where an administrator has set
/// one of the three for the database or the role, that counts.
///
/// Tables are on solid state or in memory nowadays: without `random_page_cost`, a search through everybody reads the table and not its index of the search.
const OF_EVERY_CONNECTION: &str = "SELECT set_config(wanted.name, wanted.value, false)
    FROM (VALUES ('random_page_cost', '1.1'), ('statement_timeout', '60s'), ('lock_timeout', '30s'), ('idle_in_transaction_session_timeout', '60s'))
         AS wanted (name, value)
    WHERE wanted.name = 'random_page_cost' OR current_setting(wanted.name) = '0'";
/// For the transaction of a sync run that writes 100,000 people.
pub(super) const OF_LONG_WORK: &str =
    "SET LOCAL statement_timeout = '15min'; SET LOCAL lock_timeout = '5min'; SET LOCAL idle_in_transaction_session_timeout = '5min'";
/// For the connection that brings the tables up to date: it may wait long for another instance that does so, and for a table of millions.
const OF_MIGRATIONS: &str = "SET statement_timeout = 0; SET lock_timeout = 0; SET idle_in_transaction_session_timeout = 0";
/// Looking through whole tables takes as long as it takes, and holds up nobody.
pub(super) const NONE_FOR_STATEMENTS: &str = "SET statement_timeout = 0";
/// After that.
pub(super) const FOR_STATEMENTS_AGAIN: &str = "SET statement_timeout = '60s'";

/// Sets them on a connection that was opened.
pub(super) async fn set(connection: &mut PgConnection) -> sqlx::Result<()> {
    connection.execute(OF_EVERY_CONNECTION).await.map(|_| ())
}

/// Takes them off a connection that brings the tables up to date.
pub(super) async fn lift(connection: &mut PgConnection) -> sqlx::Result<()> {
    connection.execute(OF_MIGRATIONS).await.map(|_| ())
}

/// The same error, told plainly where PostgreSQL gave up: query canceled, lock not available, a transaction in which nothing happened for too long.
pub(super) fn explained(error: Error) -> Error {
    let told = match error.as_database_error().and_then(|error| error.code()).as_deref() {
        Some("57014") => {
            "PostgreSQL ended a statement that took longer than it may (statement_timeout), or somebody cancelled it. Nothing of it stays. Is the database \
             overloaded, or its disk full or slow?"
        }
        Some("55P03") => {
            "PostgreSQL waited longer than it may for a lock that somebody else holds (lock_timeout). Nothing stays of what was to be done. Does somebody \
             have a transaction open on Muster's tables (pg_stat_activity says who)?"
        }
        Some("25P03") => {
            "PostgreSQL ended a transaction in which nothing happened for longer than it may (idle_in_transaction_session_timeout). Nothing of it stays. Was \
             this machine stopped or overloaded?"
        }
        _ => return error,
    };
    tracing::warn!(%error, "PostgreSQL gave up");
    Error::Io(io::Error::new(io::ErrorKind::TimedOut, told))
}
