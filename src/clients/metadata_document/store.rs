//! When documents were fetched.

use crate::clock::Timestamp;
use crate::db::{Conn, Tx, query};
use crate::id::ClientId;

/// A document that was fetched before.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct Fetched {
    pub(super) fetched_at: Timestamp,
    pub(super) fresh_until: Timestamp,
}

pub(super) async fn find(conn: &mut Conn, url: &str) -> sqlx::Result<Option<Fetched>> {
    query("SELECT d.fetched_at, d.fresh_until FROM client_documents d JOIN clients c ON c.id = d.client_id WHERE c.client_id = $1")
        .bind(url)
        .optional(conn)
        .await
}

pub(super) async fn count(conn: &mut Conn) -> sqlx::Result<i64> {
    let (count,): (i64,) = query("SELECT COUNT(*) FROM client_documents").one(conn).await?;
    Ok(count)
}

/// The client of the document that was fetched longest ago, of those that nobody agreed to and that have nothing of anybody's.
pub(super) async fn oldest_unused(conn: &mut Conn) -> sqlx::Result<Option<ClientId>> {
    let row: Option<(ClientId,)> = query(
        "SELECT d.client_id FROM client_documents d
         WHERE NOT EXISTS (SELECT 1 FROM grants g WHERE g.client_id = d.client_id) AND NOT EXISTS (SELECT 1 FROM consents k WHERE k.client_id = d.client_id)
         ORDER BY d.fetched_at, d.client_id LIMIT 1",
    )
    .optional(conn)
    .await?;
    Ok(row.map(|(client,)| client))
}

pub(super) async fn put(tx: &mut Tx, client: ClientId, fetched_at: Timestamp, fresh_until: Timestamp) -> sqlx::Result<()> {
    query(
        "INSERT INTO client_documents (client_id, fetched_at, fresh_until) VALUES ($1, $2, $3)
         ON CONFLICT (client_id) DO UPDATE SET fetched_at = excluded.fetched_at, fresh_until = excluded.fresh_until",
    )
    .bind(client)
    .bind(fetched_at)
    .bind(fresh_until)
    .execute(tx)
    .await
    .map(|_| ())
}
