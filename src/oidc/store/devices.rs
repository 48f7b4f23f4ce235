//! The SQL of devices that wait for a person (RFC 8628).

use crate::clock::Timestamp;
use crate::db::{Conn, Tx, query};
use crate::id::{ClientId, GrantId};
use crate::secret::TokenHash;

/// A device's request about to be stored.
pub(in crate::oidc) struct NewDevice<'a> {
    pub(in crate::oidc) device: &'a TokenHash,
    pub(in crate::oidc) user_code: &'a TokenHash,
    pub(in crate::oidc) client: ClientId,
    pub(in crate::oidc) scopes: &'a str,
    pub(in crate::oidc) permissions: &'a str,
    pub(in crate::oidc) client_ip: &'a str,
    pub(in crate::oidc) user_agent: &'a str,
    pub(in crate::oidc) created_at: Timestamp,
    pub(in crate::oidc) expires_at: Timestamp,
    pub(in crate::oidc) poll_seconds: i64,
}

/// `false` when the user code is taken.
pub(in crate::oidc) async fn insert(tx: &mut Tx, new: NewDevice<'_>) -> sqlx::Result<bool> {
    let inserted = query(
        "INSERT INTO device_requests (device_hash, user_code_hash, client_id, scopes, client_ip, user_agent, created_at, expires_at, poll_seconds,
                                      permissions)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING",
    )
    .bind(new.device)
    .bind(new.user_code)
    .bind(new.client)
    .bind(new.scopes)
    .bind(new.client_ip)
    .bind(new.user_agent)
    .bind(new.created_at)
    .bind(new.expires_at)
    .bind(new.poll_seconds)
    .bind(new.permissions)
    .execute(tx)
    .await?;
    Ok(inserted == 1)
}

/// A request as the person sees it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(in crate::oidc) struct Waiting {
    pub(in crate::oidc) client_id: ClientId,
    pub(in crate::oidc) scopes: String,
    pub(in crate::oidc) permissions: String,
    pub(in crate::oidc) client_ip: String,
    pub(in crate::oidc) user_agent: String,
    pub(in crate::oidc) created_at: Timestamp,
}

/// The request that waits under this user code.
pub(in crate::oidc) async fn find_waiting(conn: &mut Conn, user_code: &TokenHash, now: Timestamp) -> sqlx::Result<Option<Waiting>> {
    query(
        "SELECT client_id, scopes, permissions, client_ip, user_agent, created_at FROM device_requests
         WHERE user_code_hash = $1 AND expires_at > $2 AND decided_at IS NULL",
    )
    .bind(user_code)
    .bind(now)
    .optional(conn)
    .await
}

/// Notes the person's answer: a grant, or no; `false` when it was answered before or ran out.
pub(in crate::oidc) async fn decide(tx: &mut Tx, user_code: &TokenHash, grant: Option<GrantId>, now: Timestamp) -> sqlx::Result<bool> {
    let decided =
        query("UPDATE device_requests SET decided_at = $2, grant_id = $3 WHERE user_code_hash = $1 AND expires_at > $2 AND decided_at IS NULL")
            .bind(user_code)
            .bind(now)
            .bind(grant)
            .execute(tx)
            .await?;
    Ok(decided == 1)
}

/// A request as its device asks about it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(in crate::oidc) struct Polled {
    pub(in crate::oidc) expires_at: Timestamp,
    pub(in crate::oidc) poll_seconds: i64,
    pub(in crate::oidc) polled_at: Option<Timestamp>,
    pub(in crate::oidc) decided_at: Option<Timestamp>,
    pub(in crate::oidc) grant_id: Option<GrantId>,
}

/// The statement names the client, so that a stranger learns and changes nothing.
pub(in crate::oidc) async fn find(conn: &mut Conn, device: &TokenHash, client: ClientId) -> sqlx::Result<Option<Polled>> {
    query("SELECT expires_at, poll_seconds, polled_at, decided_at, grant_id FROM device_requests WHERE device_hash = $1 AND client_id = $2")
        .bind(device)
        .bind(client)
        .optional(conn)
        .await
}

pub(in crate::oidc) async fn note_poll(tx: &mut Tx, device: &TokenHash, poll_seconds: i64, now: Timestamp) -> sqlx::Result<u64> {
    query("UPDATE device_requests SET polled_at = $2, poll_seconds = $3 WHERE device_hash = $1")
        .bind(device)
        .bind(now)
        .bind(poll_seconds)
        .execute(tx)
        .await
}

/// Uses a granted request up: of two polls at once one gets it.
pub(in crate::oidc) async fn take(tx: &mut Tx, device: &TokenHash, client: ClientId) -> sqlx::Result<Option<GrantId>> {
    let row: Option<(GrantId,)> =
        query("DELETE FROM device_requests WHERE device_hash = $1 AND client_id = $2 AND grant_id IS NOT NULL RETURNING grant_id")
            .bind(device)
            .bind(client)
            .optional(tx)
            .await?;
    Ok(row.map(|(grant,)| grant))
}

/// Deletes requests that ran out before `before`, a batch at a time; gives how many, and the grants nobody fetched.
pub(in crate::oidc) async fn sweep(tx: &mut Tx, before: Timestamp) -> sqlx::Result<(u64, Vec<GrantId>)> {
    let rows: Vec<(Option<GrantId>,)> = query(
        "DELETE FROM device_requests WHERE device_hash IN (SELECT device_hash FROM device_requests WHERE expires_at <= $1 LIMIT 1000)
         RETURNING grant_id",
    )
    .bind(before)
    .all(tx)
    .await?;
    let count = u64::try_from(rows.len()).unwrap_or(u64::MAX);
    Ok((count, rows.into_iter().filter_map(|(grant,)| grant).collect()))
}
