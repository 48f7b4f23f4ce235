//! The SQL of clients' last errors.

use super::Line;
use crate::clock::Timestamp;
use crate::db::{Conn, Tx, query};
use crate::id::{ClientErrorId, ClientId};

#[derive(sqlx::FromRow)]
pub(super) struct Row {
    pub(super) id: ClientErrorId,
    pub(super) detail: String,
    pub(super) count: i64,
    pub(super) first_at: Timestamp,
    pub(super) last_at: Timestamp,
}

impl Row {
    pub(super) fn read(self) -> sqlx::Result<Line> {
        let mistake = serde_json::from_str(&self.detail).map_err(|error| sqlx::Error::Decode(error.into()))?;
        Ok(Line { id: self.id, mistake, count: self.count, first_at: self.first_at, last_at: self.last_at })
    }
}

/// Stores a mistake, or counts it when it is there.
pub(super) async fn count(tx: &mut Tx, client: Option<ClientId>, digest: &[u8], detail: &str, kind: &str, now: Timestamp) -> sqlx::Result<()> {
    query(
        "INSERT INTO client_errors (id, client_id, digest, kind, detail, count, first_at, last_at) VALUES ($1, $2, $3, $4, $5, 1, $6, $6)
         ON CONFLICT (digest) DO UPDATE SET count = client_errors.count + 1, last_at = excluded.last_at",
    )
    .bind(ClientErrorId::new())
    .bind(client)
    .bind(digest.to_vec())
    .bind(kind)
    .bind(detail)
    .bind(now)
    .execute(tx)
    .await
    .map(|_| ())
}

/// Forgets all but the latest lines of a client, or of those nobody can attribute.
pub(super) async fn keep_latest(tx: &mut Tx, client: Option<ClientId>, kept: i64) -> sqlx::Result<u64> {
    match client {
        Some(client) => {
            query(
                "DELETE FROM client_errors WHERE client_id = $1
                   AND id NOT IN (SELECT id FROM client_errors WHERE client_id = $1 ORDER BY last_at DESC, id DESC LIMIT $2)",
            )
            .bind(client)
            .bind(kept)
            .execute(tx)
            .await
        }
        None => {
            query(
                "DELETE FROM client_errors WHERE client_id IS NULL
                   AND id NOT IN (SELECT id FROM client_errors WHERE client_id IS NULL ORDER BY last_at DESC, id DESC LIMIT $1)",
            )
            .bind(kept)
            .execute(tx)
            .await
        }
    }
}

pub(super) async fn of_client(conn: &mut Conn, client: ClientId) -> sqlx::Result<Vec<Row>> {
    query("SELECT id, detail, count, first_at, last_at FROM client_errors WHERE client_id = $1 ORDER BY last_at DESC, id DESC LIMIT 100")
        .bind(client)
        .all(conn)
        .await
}

pub(super) async fn of_nobody(conn: &mut Conn) -> sqlx::Result<Vec<Row>> {
    query("SELECT id, detail, count, first_at, last_at FROM client_errors WHERE client_id IS NULL ORDER BY last_at DESC, id DESC LIMIT 100")
        .all(conn)
        .await
}

pub(super) async fn find(conn: &mut Conn, client: ClientId, id: ClientErrorId) -> sqlx::Result<Option<Row>> {
    query("SELECT id, detail, count, first_at, last_at FROM client_errors WHERE client_id = $1 AND id = $2")
        .bind(client)
        .bind(id)
        .optional(conn)
        .await
}

pub(super) async fn delete_all(tx: &mut Tx, client: ClientId) -> sqlx::Result<u64> {
    query("DELETE FROM client_errors WHERE client_id = $1").bind(client).execute(tx).await
}

pub(super) async fn delete_unattributed(tx: &mut Tx) -> sqlx::Result<u64> {
    query("DELETE FROM client_errors WHERE client_id IS NULL").execute(tx).await
}

pub(super) async fn delete(tx: &mut Tx, id: ClientErrorId) -> sqlx::Result<u64> {
    query("DELETE FROM client_errors WHERE id = $1").bind(id).execute(tx).await
}
