//! The SQL of browsers that wait to be let in. What is decided once is decided by the statement that looks.

use super::model::{COME_IN_WITHIN, Request};
use crate::clock::Timestamp;
use crate::db::{Conn, Tx, query};
use crate::id::UserId;
use crate::secret::TokenHash;

pub(super) struct New<'a> {
    pub(super) browser: &'a TokenHash,
    pub(super) code: &'a TokenHash,
    pub(super) number: i64,
    pub(super) choices: &'a str,
    pub(super) client_ip: &'a str,
    pub(super) user_agent: &'a str,
    pub(super) created_at: Timestamp,
    pub(super) expires_at: Timestamp,
}

/// `false` when the code is taken.
pub(super) async fn insert(tx: &mut Tx, new: New<'_>) -> sqlx::Result<bool> {
    let inserted = query(
        "INSERT INTO device_sign_ins (browser_hash, code_hash, number, choices, client_ip, user_agent, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING",
    )
    .bind(new.browser)
    .bind(new.code)
    .bind(new.number)
    .bind(new.choices)
    .bind(new.client_ip)
    .bind(new.user_agent)
    .bind(new.created_at)
    .bind(new.expires_at)
    .execute(tx)
    .await?;
    Ok(inserted == 1)
}

pub(super) async fn of_browser(conn: &mut Conn, browser: &TokenHash) -> sqlx::Result<Option<Request>> {
    query(
        "SELECT number, choices, client_ip, user_agent, created_at, expires_at, outcome, user_id, used_at FROM device_sign_ins WHERE browser_hash = $1",
    )
    .bind(browser)
    .optional(conn)
    .await
}

/// The browser that waits under this code.
pub(super) async fn waiting(conn: &mut Conn, code: &TokenHash, now: Timestamp) -> sqlx::Result<Option<Request>> {
    query(
        "SELECT number, choices, client_ip, user_agent, created_at, expires_at, outcome, user_id, used_at FROM device_sign_ins
         WHERE code_hash = $1 AND expires_at > $2 AND decided_at IS NULL",
    )
    .bind(code)
    .bind(now)
    .optional(conn)
    .await
}

/// Notes what the person decided, and leaves the browser a moment to come in; `false` when it was decided before or is too late.
pub(super) async fn decide(tx: &mut Tx, code: &TokenHash, user: UserId, outcome: &'static str, now: Timestamp) -> sqlx::Result<bool> {
    let decided = query(
        "UPDATE device_sign_ins SET decided_at = $2, user_id = $3, outcome = $4, expires_at = CASE WHEN expires_at < $5 THEN $5 ELSE expires_at END
         WHERE code_hash = $1 AND expires_at > $2 AND decided_at IS NULL",
    )
    .bind(code)
    .bind(now)
    .bind(user)
    .bind(outcome)
    .bind(now + COME_IN_WITHIN)
    .execute(tx)
    .await?;
    Ok(decided == 1)
}

/// Lets the browser in, once: who allowed it, and when.
pub(super) async fn take(tx: &mut Tx, browser: &TokenHash, now: Timestamp) -> sqlx::Result<Option<(UserId, Timestamp)>> {
    query(
        "UPDATE device_sign_ins SET used_at = $2 WHERE browser_hash = $1 AND outcome = 'allowed' AND used_at IS NULL AND expires_at > $2
         RETURNING user_id, decided_at",
    )
    .bind(browser)
    .bind(now)
    .optional(tx)
    .await
}

pub(super) async fn sweep(tx: &mut Tx, before: Timestamp) -> sqlx::Result<u64> {
    query("DELETE FROM device_sign_ins WHERE expires_at <= $1").bind(before).execute(tx).await
}
