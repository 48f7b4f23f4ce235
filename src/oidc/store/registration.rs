//! The SQL of apps that register themselves, and of the tokens that let them.

use crate::clock::Timestamp;
use crate::db::{Conn, Tx, query};
use crate::id::{ClientId, RegistrationTokenId};
use crate::oidc::registration::TokenLine;
use crate::secret::TokenHash;

pub(in crate::oidc) struct NewToken<'a> {
    pub(in crate::oidc) id: RegistrationTokenId,
    pub(in crate::oidc) hash: &'a TokenHash,
    pub(in crate::oidc) hint: &'a str,
    pub(in crate::oidc) note: &'a str,
    pub(in crate::oidc) made_by: &'a str,
    pub(in crate::oidc) created_at: Timestamp,
    pub(in crate::oidc) expires_at: Timestamp,
    pub(in crate::oidc) uses_max: i64,
}

pub(in crate::oidc) async fn insert_token(tx: &mut Tx, new: NewToken<'_>) -> sqlx::Result<()> {
    query(
        "INSERT INTO registration_tokens (id, token_hash, hint, note, made_by, created_at, expires_at, uses, uses_max)
         VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8)",
    )
    .bind(new.id)
    .bind(new.hash)
    .bind(new.hint)
    .bind(new.note)
    .bind(new.made_by)
    .bind(new.created_at)
    .bind(new.expires_at)
    .bind(new.uses_max)
    .execute(tx)
    .await
    .map(|_| ())
}

/// Uses a token once; `false` when it is unknown, revoked, expired or used up. Of two requests for the last use one gets it.
pub(in crate::oidc) async fn use_token(tx: &mut Tx, hash: &TokenHash, now: Timestamp) -> sqlx::Result<bool> {
    let used = query(
        "UPDATE registration_tokens SET uses = uses + 1, last_used_at = $2
         WHERE token_hash = $1 AND revoked_at IS NULL AND expires_at > $2 AND uses < uses_max",
    )
    .bind(hash)
    .bind(now)
    .execute(tx)
    .await?;
    Ok(used == 1)
}

/// Whether an app could register with a token now.
pub(in crate::oidc) async fn is_good(conn: &mut Conn, hash: &TokenHash, now: Timestamp) -> sqlx::Result<bool> {
    let found: Option<(i64,)> = query(
        "SELECT CAST(1 AS BIGINT) FROM registration_tokens WHERE token_hash = $1 AND revoked_at IS NULL AND expires_at > $2 AND uses < uses_max",
    )
    .bind(hash)
    .bind(now)
    .optional(conn)
    .await?;
    Ok(found.is_some())
}

pub(in crate::oidc) async fn tokens(conn: &mut Conn) -> sqlx::Result<Vec<TokenLine>> {
    query(
        "SELECT id, hint, note, made_by, created_at, expires_at, uses, uses_max, last_used_at, revoked_at FROM registration_tokens
         ORDER BY created_at DESC, id DESC LIMIT 500",
    )
    .all(conn)
    .await
}

/// The note of a token that was not revoked before.
pub(in crate::oidc) async fn revoke_token(tx: &mut Tx, id: RegistrationTokenId, now: Timestamp) -> sqlx::Result<Option<String>> {
    let row: Option<(String,)> = query("UPDATE registration_tokens SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL RETURNING note")
        .bind(id)
        .bind(now)
        .optional(tx)
        .await?;
    Ok(row.map(|(note,)| note))
}

/// Deletes tokens that ended long ago.
pub(in crate::oidc) async fn sweep_tokens(tx: &mut Tx, before: Timestamp) -> sqlx::Result<u64> {
    query("DELETE FROM registration_tokens WHERE expires_at <= $1 OR revoked_at <= $1").bind(before).execute(tx).await
}

/// Waits until nobody else registers; the total is counted then.
pub(in crate::oidc) async fn take_turn(tx: &mut Tx, now: Timestamp) -> sqlx::Result<()> {
    query("UPDATE client_turns SET taken_at = $1 WHERE id = 2").bind(now).execute(tx).await.map(|_| ())
}

pub(in crate::oidc) async fn count(conn: &mut Conn) -> sqlx::Result<i64> {
    let (count,): (i64,) = query("SELECT COUNT(*) FROM registered_clients").one(conn).await?;
    Ok(count)
}

pub(in crate::oidc) async fn insert(tx: &mut Tx, client: ClientId, access: &TokenHash, ip: &str, now: Timestamp) -> sqlx::Result<()> {
    query("INSERT INTO registered_clients (client_id, access_hash, client_ip, registered_at) VALUES ($1, $2, $3, $4)")
        .bind(client)
        .bind(access)
        .bind(ip)
        .bind(now)
        .execute(tx)
        .await
        .map(|_| ())
}

pub(in crate::oidc) async fn access_hash(conn: &mut Conn, client: ClientId) -> sqlx::Result<Option<TokenHash>> {
    let row: Option<(TokenHash,)> = query("SELECT access_hash FROM registered_clients WHERE client_id = $1").bind(client).optional(conn).await?;
    Ok(row.map(|(hash,)| hash))
}

/// Apps that registered themselves, or were described by a document, before that time and that nobody has signed in to since; a handful.
pub(in crate::oidc) async fn unused(conn: &mut Conn, before: Timestamp) -> sqlx::Result<Vec<ClientId>> {
    let rows: Vec<(ClientId,)> = query(
        "SELECT c.id FROM clients c
         WHERE (EXISTS (SELECT 1 FROM registered_clients r WHERE r.client_id = c.id AND r.registered_at <= $1)
                OR EXISTS (SELECT 1 FROM client_documents d WHERE d.client_id = c.id AND d.fetched_at <= $1))
           AND NOT EXISTS (SELECT 1 FROM grants g WHERE g.client_id = c.id)
           AND NOT EXISTS (SELECT 1 FROM consents k WHERE k.client_id = c.id AND k.last_used_at > $1)
         LIMIT 200",
    )
    .bind(before)
    .all(conn)
    .await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}
