//! What the last run that reached a directory learned about its server.

use super::super::model::ServerFacts;
use crate::clock::Timestamp;
use crate::db::{Conn, Tx, query};

#[derive(sqlx::FromRow)]
struct StandingRow {
    server: String,
    certificate_ends_at: Option<Timestamp>,
    password_ends_at: Option<Timestamp>,
}

/// Keeps it.
pub(in super::super) async fn keep(tx: &mut Tx, directory: &str, facts: &ServerFacts, now: Timestamp) -> sqlx::Result<()> {
    query(
        "INSERT INTO directory_standings (directory, seen_at, server, certificate_ends_at, password_ends_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (directory) DO UPDATE SET seen_at = excluded.seen_at, server = excluded.server,
             certificate_ends_at = excluded.certificate_ends_at, password_ends_at = excluded.password_ends_at",
    )
    .bind(directory)
    .bind(now)
    .bind(&facts.server)
    .bind(facts.certificate_ends_at)
    .bind(facts.password_ends_at)
    .execute(tx)
    .await
    .map(|_| ())
}

/// What is known; `None` before the first run that reached the directory.
pub(in super::super) async fn find(conn: &mut Conn, directory: &str) -> sqlx::Result<Option<ServerFacts>> {
    let row: Option<StandingRow> = query("SELECT server, certificate_ends_at, password_ends_at FROM directory_standings WHERE directory = $1")
        .bind(directory)
        .optional(conn)
        .await?;
    Ok(row.map(|StandingRow { server, certificate_ends_at, password_ends_at }| ServerFacts { server, certificate_ends_at, password_ends_at }))
}
