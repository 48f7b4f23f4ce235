//! The SQL of access links. A link is used by the statement that reads it.

use super::model::{AccessLink, Purpose};
use crate::clock::Timestamp;
use crate::db::{Conn, Tx, query};
use crate::id::{AccessLinkId, UserId};
use crate::secret::TokenHash;

pub(super) struct New<'a> {
    pub(super) id: AccessLinkId,
    pub(super) code_hash: &'a TokenHash,
    pub(super) purpose: Purpose,
    pub(super) user: Option<UserId>,
    pub(super) created_by: Option<UserId>,
    pub(super) created_at: Timestamp,
    pub(super) expires_at: Timestamp,
}

pub(super) async fn insert(tx: &mut Tx, new: New<'_>) -> sqlx::Result<()> {
    query("INSERT INTO access_links (id, code_hash, purpose, user_id, created_by, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7)")
        .bind(new.id)
        .bind(new.code_hash)
        .bind(new.purpose.as_str())
        .bind(new.user)
        .bind(new.created_by)
        .bind(new.created_at)
        .bind(new.expires_at)
        .execute(tx)
        .await
        .map(|_| ())
}

pub(super) async fn find(conn: &mut Conn, code_hash: &TokenHash) -> sqlx::Result<Option<AccessLink>> {
    query("SELECT id, purpose, user_id, created_by, created_at, expires_at, used_at, revoked_at FROM access_links WHERE code_hash = $1")
        .bind(code_hash)
        .optional(conn)
        .await
}

/// Uses a sign-in link up; `None` when it opens nothing any more.
pub(super) async fn use_sign_in(tx: &mut Tx, code_hash: &TokenHash, now: Timestamp) -> sqlx::Result<Option<AccessLink>> {
    query(
        "UPDATE access_links SET used_at = $2
         WHERE code_hash = $1 AND purpose = 'sign_in' AND used_at IS NULL AND revoked_at IS NULL AND expires_at > $2
         RETURNING id, purpose, user_id, created_by, created_at, expires_at, used_at, revoked_at",
    )
    .bind(code_hash)
    .bind(now)
    .optional(tx)
    .await
}

/// Uses every set-up link up at once, so that two different ones cannot make two administrators; `true` when this one was among them.
pub(super) async fn use_set_up(tx: &mut Tx, code_hash: &TokenHash, now: Timestamp) -> sqlx::Result<bool> {
    let used: Vec<(TokenHash,)> = query(
        "UPDATE access_links SET used_at = $1 WHERE purpose = 'set_up' AND used_at IS NULL AND revoked_at IS NULL AND expires_at > $1
         RETURNING code_hash",
    )
    .bind(now)
    .all(tx)
    .await?;
    Ok(used.iter().any(|(used,)| used.matches(code_hash)))
}

pub(super) async fn revoke_set_up(tx: &mut Tx, now: Timestamp) -> sqlx::Result<u64> {
    query("UPDATE access_links SET revoked_at = $1 WHERE purpose = 'set_up' AND used_at IS NULL AND revoked_at IS NULL").bind(now).execute(tx).await
}

pub(super) async fn revoke(tx: &mut Tx, user: UserId, id: AccessLinkId, now: Timestamp) -> sqlx::Result<bool> {
    let revoked = query("UPDATE access_links SET revoked_at = $3 WHERE id = $1 AND user_id = $2 AND used_at IS NULL AND revoked_at IS NULL")
        .bind(id)
        .bind(user)
        .bind(now)
        .execute(tx)
        .await?;
    Ok(revoked == 1)
}

pub(super) async fn of_user(conn: &mut Conn, user: UserId) -> sqlx::Result<Vec<AccessLink>> {
    query(
        "SELECT id, purpose, user_id, created_by, created_at, expires_at, used_at, revoked_at FROM access_links
         WHERE user_id = $1 ORDER BY created_at DESC, id DESC LIMIT 50",
    )
    .bind(user)
    .all(conn)
    .await
}

pub(super) async fn delete_expired_before(tx: &mut Tx, before: Timestamp) -> sqlx::Result<u64> {
    query("DELETE FROM access_links WHERE expires_at < $1").bind(before).execute(tx).await
}
