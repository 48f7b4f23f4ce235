//! The SQL of password hashes.

use crate::clock::Timestamp;
use crate::db::{Conn, Tx, Value, query, query_list};
use crate::id::UserId;

#[derive(sqlx::FromRow)]
pub(super) struct Kept {
    pub(super) directory: String,
    pub(super) sealed_hash: String,
    pub(super) confirmed_at: Timestamp,
    pub(super) used_at: Timestamp,
}

pub(super) async fn hash(conn: &mut Conn, user: UserId) -> sqlx::Result<Option<Kept>> {
    query("SELECT directory, sealed_hash, confirmed_at, used_at FROM directory_password_hashes WHERE user_id = $1").bind(user).optional(conn).await
}

/// The hashes of a directory: whose, their entry, and when the directory called the password right.
pub(super) async fn hashes_of(conn: &mut Conn, directory: &str) -> sqlx::Result<Vec<(UserId, String, Timestamp)>> {
    query(
        "SELECT h.user_id, u.entry_id, h.confirmed_at FROM directory_password_hashes h JOIN users u ON u.id = h.user_id
         WHERE h.directory = $1 AND u.directory = $1 AND u.entry_id IS NOT NULL",
    )
    .bind(directory)
    .all(conn)
    .await
}

pub(super) async fn put_hash(tx: &mut Tx, user: UserId, directory: &str, sealed_hash: &str, now: Timestamp) -> sqlx::Result<()> {
    query(
        "INSERT INTO directory_password_hashes (user_id, directory, sealed_hash, confirmed_at, used_at) VALUES ($1, $2, $3, $4, $4)
         ON CONFLICT (user_id) DO UPDATE SET directory = excluded.directory, sealed_hash = excluded.sealed_hash,
             confirmed_at = excluded.confirmed_at, used_at = excluded.used_at",
    )
    .bind(user)
    .bind(directory)
    .bind(sealed_hash)
    .bind(now)
    .execute(tx)
    .await
    .map(|_| ())
}

pub(super) async fn note_hash_use(tx: &mut Tx, user: UserId, now: Timestamp) -> sqlx::Result<()> {
    query("UPDATE directory_password_hashes SET used_at = $2 WHERE user_id = $1").bind(user).bind(now).execute(tx).await.map(|_| ())
}

pub(super) async fn delete_hash(tx: &mut Tx, user: UserId) -> sqlx::Result<()> {
    query("DELETE FROM directory_password_hashes WHERE user_id = $1").bind(user).execute(tx).await.map(|_| ())
}

/// Deletes what was not used since `unused_since`, belongs to somebody who may not come in or was signed out everywhere, or to a directory not among
/// `keeping`.
pub(super) async fn sweep_hashes(tx: &mut Tx, keeping: &[String], unused_since: Timestamp) -> sqlx::Result<()> {
    query(
        "DELETE FROM directory_password_hashes WHERE used_at < $1 OR NOT EXISTS (
             SELECT 1 FROM users u WHERE u.id = directory_password_hashes.user_id AND u.directory = directory_password_hashes.directory
               AND u.directory_state = 'active' AND u.blocked_at IS NULL AND u.access_void_until < directory_password_hashes.confirmed_at)",
    )
    .bind(unused_since)
    .execute(tx)
    .await?;
    if keeping.is_empty() {
        query("DELETE FROM directory_password_hashes").execute(tx).await?;
    } else {
        let names = keeping.iter().map(Value::from);
        query_list("DELETE FROM directory_password_hashes WHERE directory NOT IN ({list})", names).execute(tx).await?;
    }
    Ok(())
}
