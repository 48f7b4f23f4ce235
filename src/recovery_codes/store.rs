//! The SQL of recovery codes. A code is used by the statement that looks for it.

use crate::clock::Timestamp;
use crate::db::{Conn, Tx, Value, insert_rows, query, query_per_engine};
use crate::id::UserId;
use crate::secret::TokenHash;

/// Keeps a person as they are until the transaction ends, so that two sets made at once do not become one of twenty. `false` when there is no such person.
pub(super) async fn lock_person(tx: &mut Tx, user: UserId) -> sqlx::Result<bool> {
    let row: Option<(UserId,)> =
        query_per_engine("SELECT id FROM users WHERE id = $1", "SELECT id FROM users WHERE id = $1 FOR UPDATE").bind(user).optional(tx).await?;
    Ok(row.is_some())
}

pub(super) async fn insert(tx: &mut Tx, user: UserId, hashes: &[TokenHash], now: Timestamp) -> sqlx::Result<u64> {
    let rows: Vec<[Value; 3]> = hashes.iter().map(|hash| -> [Value; 3] { [user.into(), hash.into(), now.into()] }).collect();
    insert_rows(tx, "INSERT INTO recovery_codes (user_id, code_hash, created_at) VALUES", rows, "").await
}

pub(super) async fn delete_all(tx: &mut Tx, user: UserId) -> sqlx::Result<u64> {
    query("DELETE FROM recovery_codes WHERE user_id = $1").bind(user).execute(tx).await
}

/// Uses a code up: of two tries at once one gets `true`.
pub(super) async fn use_up(tx: &mut Tx, user: UserId, hash: &TokenHash, now: Timestamp) -> sqlx::Result<bool> {
    let used = query("UPDATE recovery_codes SET used_at = $3 WHERE user_id = $1 AND code_hash = $2 AND used_at IS NULL")
        .bind(user)
        .bind(hash)
        .bind(now)
        .execute(tx)
        .await?;
    Ok(used == 1)
}

/// Whether a code would work, without using it up.
pub(super) async fn is_unused(conn: &mut Conn, user: UserId, hash: &TokenHash) -> sqlx::Result<bool> {
    let (count,): (i64,) = query("SELECT COUNT(*) FROM recovery_codes WHERE user_id = $1 AND code_hash = $2 AND used_at IS NULL")
        .bind(user)
        .bind(hash)
        .one(conn)
        .await?;
    Ok(count == 1)
}

#[derive(sqlx::FromRow)]
pub(super) struct Counted {
    pub(super) unused: i64,
    pub(super) total: i64,
    pub(super) made_at: Option<Timestamp>,
}

pub(super) async fn counted(conn: &mut Conn, user: UserId) -> sqlx::Result<Counted> {
    query("SELECT COUNT(*) - COUNT(used_at) AS unused, COUNT(*) AS total, MAX(created_at) AS made_at FROM recovery_codes WHERE user_id = $1")
        .bind(user)
        .one(conn)
        .await
}
