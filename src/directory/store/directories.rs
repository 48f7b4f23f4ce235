//! Which directories there are, and taking one away.

use crate::clock::Timestamp;
use crate::db::{Conn, Tx, query};
use crate::id::UserId;

/// The names of those that were added, in order.
pub(in super::super) async fn names(conn: &mut Conn) -> sqlx::Result<Vec<String>> {
    let rows: Vec<(String,)> = query("SELECT name FROM directories ORDER BY name").all(conn).await?;
    Ok(rows.into_iter().map(|(name,)| name).collect())
}

/// Everybody known from a directory.
pub(in super::super) async fn people(conn: &mut Conn, directory: &str) -> sqlx::Result<Vec<UserId>> {
    let rows: Vec<(UserId,)> = query("SELECT id FROM users WHERE directory = $1").bind(directory).all(conn).await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// People become local. Who could not sign in is blocked, and so is everybody with `blocked`; administrators stay what they are.
pub(in super::super) async fn people_become_local(tx: &mut Tx, directory: &str, blocked: bool, now: Timestamp) -> sqlx::Result<u64> {
    query(
        "UPDATE users SET blocked_at = CASE WHEN blocked_at IS NULL AND ($2 OR COALESCE(directory_state, 'missing') <> 'active') THEN $3 ELSE blocked_at END,
                          access_void_until = CASE WHEN $2 AND access_void_until < $3 THEN $3 ELSE access_void_until END,
                          local_admin = (local_admin OR directory_admin), directory_admin = $4, directory = NULL, entry_id = NULL, entry_dn = NULL,
                          entry_hash = NULL, directory_state = NULL, directory_state_at = NULL, left_at = NULL, updated_at = $3
         WHERE directory = $1",
    )
    .bind(directory)
    .bind(blocked)
    .bind(now)
    .bind(false)
    .execute(tx)
    .await
}

/// Groups become local; one that had left comes back empty, so that a client restricted to it stays restricted. Memberships stay.
pub(in super::super) async fn groups_become_local(tx: &mut Tx, directory: &str, now: Timestamp) -> sqlx::Result<()> {
    query("UPDATE group_members SET directory = NULL WHERE directory = $1").bind(directory).execute(tx).await?;
    query(
        "UPDATE groups SET directory = NULL, entry_id = NULL, entry_dn = NULL, entry_hash = NULL, removed_at = NULL, updated_at = $2 WHERE directory = $1",
    )
    .bind(directory)
    .bind(now)
    .execute(tx)
    .await
    .map(|_| ())
}

/// People and groups go, with what hangs on them (foreign keys); gives how many people.
pub(in super::super) async fn delete_people_and_groups(tx: &mut Tx, directory: &str) -> sqlx::Result<u64> {
    query("DELETE FROM groups WHERE directory = $1").bind(directory).execute(tx).await?;
    query("DELETE FROM users WHERE directory = $1").bind(directory).execute(tx).await
}

/// The directory itself, its runs and its settings go.
pub(in super::super) async fn forget(tx: &mut Tx, directory: &str, scope: &str) -> sqlx::Result<()> {
    query("DELETE FROM sync_runs WHERE directory = $1").bind(directory).execute(tx).await?;
    query("DELETE FROM settings WHERE scope = $1").bind(scope).execute(tx).await?;
    query("DELETE FROM directories WHERE name = $1").bind(directory).execute(tx).await.map(|_| ())
}
