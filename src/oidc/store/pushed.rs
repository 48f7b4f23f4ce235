//! The SQL of pushed requests (RFC 9126).

use crate::clock::Timestamp;
use crate::db::{Conn, Tx, query};
use crate::id::ClientId;
use crate::secret::TokenHash;

pub(in crate::oidc) async fn insert(tx: &mut Tx, hash: &TokenHash, client: ClientId, parameters: &str, expires_at: Timestamp) -> sqlx::Result<()> {
    query("INSERT INTO pushed_requests (uri_hash, client_id, parameters, expires_at) VALUES ($1, $2, $3, $4)")
        .bind(hash)
        .bind(client)
        .bind(parameters)
        .bind(expires_at)
        .execute(tx)
        .await
        .map(|_| ())
}

/// The parameters of a request that can still be begun, and the `client_id` it belongs to.
pub(in crate::oidc) async fn find(conn: &mut Conn, hash: &TokenHash, now: Timestamp) -> sqlx::Result<Option<(String, String)>> {
    query(
        "SELECT p.parameters, c.client_id FROM pushed_requests p JOIN clients c ON c.id = p.client_id
         WHERE p.uri_hash = $1 AND p.expires_at > $2 AND p.used_at IS NULL",
    )
    .bind(hash)
    .bind(now)
    .optional(conn)
    .await
}

/// Uses a request up; `false` when it was before.
pub(in crate::oidc) async fn consume(tx: &mut Tx, hash: &TokenHash, client: ClientId, now: Timestamp) -> sqlx::Result<bool> {
    let used = query("UPDATE pushed_requests SET used_at = $3 WHERE uri_hash = $1 AND client_id = $2 AND used_at IS NULL")
        .bind(hash)
        .bind(client)
        .bind(now)
        .execute(tx)
        .await?;
    Ok(used == 1)
}

/// Deletes requests that ran out before `before`, a batch at a time.
pub(in crate::oidc) async fn sweep(tx: &mut Tx, before: Timestamp) -> sqlx::Result<u64> {
    query("DELETE FROM pushed_requests WHERE uri_hash IN (SELECT uri_hash FROM pushed_requests WHERE expires_at <= $1 LIMIT 1000)")
        .bind(before)
        .execute(tx)
        .await
}
