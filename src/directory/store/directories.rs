//! Which directories there are, what they hold in sum, and how one goes.

use std::collections::BTreeMap;

use crate::clock::Timestamp;
use crate::db::{Conn, Tx, query};
use crate::id::UserId;

/// The names of those that were added, in order.
pub(in super::super) async fn names(conn: &mut Conn) -> sqlx::Result<Vec<String>> {
    let rows: Vec<(String,)> = query("SELECT name FROM directories ORDER BY name").all(conn).await?;
    Ok(rows.into_iter().map(|(name,)| name).collect())
}

/// Adds one; a name that is taken is a unique violation.
pub(in super::super) async fn insert(tx: &mut Tx, name: &str, now: Timestamp) -> sqlx::Result<()> {
    query("INSERT INTO directories (name, created_at) VALUES ($1, $2)").bind(name).bind(now).execute(tx).await.map(|_| ())
}

/// Forgets one, its runs and everything that was learned of it: another one may get the name.
pub(in super::super) async fn delete(tx: &mut Tx, name: &str) -> sqlx::Result<()> {
    for sql in [
        "DELETE FROM sync_runs WHERE directory = $1",
        "DELETE FROM directory_pictures WHERE directory = $1",
        "DELETE FROM directory_previews WHERE directory = $1",
        "DELETE FROM directory_standings WHERE directory = $1",
        "DELETE FROM directory_lookups WHERE directory = $1",
        "DELETE FROM directory_password_hashes WHERE directory = $1",
        "DELETE FROM directories WHERE name = $1",
    ] {
        query(sql).bind(name).execute(tx).await?;
    }
    Ok(())
}

/// How much is known from each directory: people who may sign in, people who may not, groups.
pub(in super::super) async fn totals(conn: &mut Conn) -> sqlx::Result<BTreeMap<String, [i64; 3]>> {
    let mut totals: BTreeMap<String, [i64; 3]> = BTreeMap::new();
    let people: Vec<(String, i64, i64)> = query(
        "SELECT directory, COUNT(*), COALESCE(SUM(CASE WHEN directory_state = 'active' THEN 1 ELSE 0 END), 0)
         FROM users WHERE directory IS NOT NULL GROUP BY directory",
    )
    .all(conn)
    .await?;
    for (name, all, active) in people {
        totals.insert(name, [active, all - active, 0]);
    }
    let groups: Vec<(String, i64)> =
        query("SELECT directory, COUNT(*) FROM groups WHERE directory IS NOT NULL AND removed_at IS NULL GROUP BY directory").all(conn).await?;
    for (name, count) in groups {
        totals.entry(name).or_default()[2] = count;
    }
    Ok(totals)
}

/// Somebody of a directory that goes.
#[derive(sqlx::FromRow)]
pub(in super::super) struct Person {
    pub(in super::super) id: UserId,
    pub(in super::super) username: String,
    pub(in super::super) is_active: bool,
}

/// Everybody of a directory.
pub(in super::super) async fn people(conn: &mut Conn, name: &str) -> sqlx::Result<Vec<Person>> {
    query("SELECT id, username, COALESCE(directory_state, 'active') = 'active' AS is_active FROM users WHERE directory = $1 ORDER BY username_key")
        .bind(name)
        .all(conn)
        .await
}

/// How people of a removed directory are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Kept {
    /// Who may sign in still may; who may not is blocked.
    AsTheyAre,
    /// Blocked, all of them.
    Blocked,
}

/// Makes local what came from a directory. Groups that had left it go.
pub(in super::super) async fn make_local(tx: &mut Tx, name: &str, kept: Kept, now: Timestamp) -> sqlx::Result<()> {
    // Whoever may not come in loses what sessions and tokens they have, as with any block.
    query(
        "UPDATE users SET blocked_at = COALESCE(blocked_at, $2), access_void_until = CASE WHEN access_void_until < $2 THEN $2 ELSE access_void_until END
         WHERE directory = $1 AND ($3 OR directory_state <> 'active')",
    )
    .bind(name)
    .bind(now)
    .bind(kept == Kept::Blocked)
    .execute(tx)
    .await?;
    query(
        "UPDATE users SET directory = NULL, entry_id = NULL, entry_dn = NULL, entry_hash = NULL, directory_state = NULL, directory_state_at = NULL,
                          left_at = NULL, local_admin = (local_admin OR directory_admin), directory_admin = FALSE, updated_at = $2
         WHERE directory = $1",
    )
    .bind(name)
    .bind(now)
    .execute(tx)
    .await?;
    // Memberships in local groups that the directory gave stay, and end by themselves no more.
    query("UPDATE group_members SET directory = NULL WHERE directory = $1").bind(name).execute(tx).await?;
    query("DELETE FROM groups WHERE directory = $1 AND removed_at IS NOT NULL").bind(name).execute(tx).await?;
    query("UPDATE groups SET directory = NULL, entry_id = NULL, entry_dn = NULL, entry_hash = NULL, updated_at = $2 WHERE directory = $1")
        .bind(name)
        .bind(now)
        .execute(tx)
        .await
        .map(|_| ())
}

/// Deletes what came from a directory. Sessions, passkeys and what apps hold of its people go with them (foreign keys).
pub(in super::super) async fn delete_entries(tx: &mut Tx, name: &str) -> sqlx::Result<()> {
    query("DELETE FROM users WHERE directory = $1").bind(name).execute(tx).await?;
    query("DELETE FROM groups WHERE directory = $1").bind(name).execute(tx).await.map(|_| ())
}

/// When the pictures of a directory were last read.
pub(in super::super) async fn pictures_read_at(conn: &mut Conn, directory: &str) -> sqlx::Result<Option<Timestamp>> {
    let row: Option<(Timestamp,)> = query("SELECT read_at FROM directory_pictures WHERE directory = $1").bind(directory).optional(conn).await?;
    Ok(row.map(|(at,)| at))
}

/// Notes that the pictures of a directory were read.
pub(in super::super) async fn note_pictures(tx: &mut Tx, directory: &str, now: Timestamp) -> sqlx::Result<()> {
    query("INSERT INTO directory_pictures (directory, read_at) VALUES ($1, $2) ON CONFLICT (directory) DO UPDATE SET read_at = excluded.read_at")
        .bind(directory)
        .bind(now)
        .execute(tx)
        .await
        .map(|_| ())
}
