//! The SQL of the tokens of clients that act for themselves.

use crate::clock::Timestamp;
use crate::db::{Conn, Tx, query};
use crate::id::{ApiId, ClientId};
use crate::oidc::access::Access;
use crate::secret::TokenHash;

/// A token that counts: its client still may act for itself.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(in crate::oidc) struct MachineToken {
    pub(in crate::oidc) client_id: String,
    pub(in crate::oidc) jkt: Option<String>,
    pub(in crate::oidc) api_id: Option<ApiId>,
    pub(in crate::oidc) audience: Option<String>,
    pub(in crate::oidc) scopes: String,
    pub(in crate::oidc) created_at: Timestamp,
    pub(in crate::oidc) expires_at: Timestamp,
}

pub(in crate::oidc) async fn insert(tx: &mut Tx, hash: &TokenHash, client: ClientId, access: &Access, now: Timestamp) -> sqlx::Result<()> {
    query("INSERT INTO client_tokens (token_hash, client_id, scopes, created_at, expires_at, jkt, api_id) VALUES ($1, $2, $3, $4, $5, $6, $7)")
        .bind(hash)
        .bind(client)
        .bind(&access.scopes)
        .bind(now)
        .bind(access.expires_at)
        .bind(access.jkt.as_deref())
        .bind(access.api().map(|api| api.id))
        .execute(tx)
        .await
        .map(|_| ())
}

pub(in crate::oidc) async fn find_live(conn: &mut Conn, hash: &TokenHash, now: Timestamp) -> sqlx::Result<Option<MachineToken>> {
    query(
        "SELECT c.client_id, t.jkt, t.api_id, a.identifier AS audience, t.scopes, t.created_at, t.expires_at
         FROM client_tokens t JOIN clients c ON c.id = t.client_id LEFT JOIN apis a ON a.id = t.api_id
         WHERE t.token_hash = $1 AND t.expires_at > $2 AND c.acts_alone AND c.out_of_service_at IS NULL
           AND (t.api_id IS NULL OR EXISTS (SELECT 1 FROM api_clients r WHERE r.api_id = a.id AND r.client_id = c.id AND r.for_itself IS NOT NULL))",
    )
    .bind(hash)
    .bind(now)
    .optional(conn)
    .await
}

/// Deletes a token of this client.
pub(in crate::oidc) async fn delete(tx: &mut Tx, hash: &TokenHash, client: ClientId) -> sqlx::Result<u64> {
    query("DELETE FROM client_tokens WHERE token_hash = $1 AND client_id = $2").bind(hash).bind(client).execute(tx).await
}

/// Deletes tokens that ran out, a batch at a time.
pub(in crate::oidc) async fn sweep(tx: &mut Tx, now: Timestamp) -> sqlx::Result<u64> {
    query("DELETE FROM client_tokens WHERE token_hash IN (SELECT token_hash FROM client_tokens WHERE expires_at <= $1 LIMIT 1000)")
        .bind(now)
        .execute(tx)
        .await
}
