//! Who was looked at by themselves, at a sign-in, while somebody else reads the directory: neither may put what it read before in place of what the other has
//! found out since. Whoever writes about people of a directory holds the row of its standing first, so that they write one after the other, and then sees
//! whether somebody came in between.

use crate::db::{Conn, Tx, query};
use crate::directory::model::EntryId;
use crate::id::UserId;

/// What tells whether somebody's row was written to by the directory's reading: what the directory last said of them, and the fingerprint of it.
pub(in super::super) type RowMark = Option<(Option<String>, Option<Vec<u8>>)>;

/// The mark of somebody's row now; `None` when they are gone.
pub(in super::super) async fn mark(conn: &mut Conn, user: UserId) -> sqlx::Result<RowMark> {
    query("SELECT directory_state, entry_hash FROM users WHERE id = $1").bind(user).optional(conn).await
}

/// Forgets everybody who was looked at before: whoever calls begins to read everything after this is committed.
pub(in super::super) async fn forget(tx: &mut Tx, directory: &str) -> sqlx::Result<()> {
    query("DELETE FROM directory_lookups WHERE directory = $1").bind(directory).execute(tx).await.map(|_| ())
}

/// How many there have been of this directory since it is known.
pub(in super::super) async fn count(conn: &mut Conn, directory: &str) -> sqlx::Result<i64> {
    let row: Option<(i64,)> = query("SELECT lookups FROM directory_standings WHERE directory = $1").bind(directory).optional(conn).await?;
    Ok(row.map_or(0, |(count,)| count))
}

/// Who was looked at since everything began to be read.
pub(in super::super) async fn since(conn: &mut Conn, directory: &str) -> sqlx::Result<Vec<EntryId>> {
    let rows: Vec<(String,)> =
        query("SELECT entry_id FROM directory_lookups WHERE directory = $1 ORDER BY entry_id").bind(directory).all(conn).await?;
    Ok(rows.into_iter().map(|(id,)| EntryId::from(id.as_str())).collect())
}

/// Notes one, and lets nobody else write about the directory's people until this transaction ends.
pub(in super::super) async fn note(tx: &mut Tx, directory: &str, entry: &EntryId) -> sqlx::Result<()> {
    query("UPDATE directory_standings SET lookups = lookups + 1 WHERE directory = $1").bind(directory).execute(&mut *tx).await?;
    query("INSERT INTO directory_lookups (directory, entry_id) VALUES ($1, $2) ON CONFLICT (directory, entry_id) DO NOTHING")
        .bind(directory)
        .bind(&*entry.text())
        .execute(tx)
        .await
        .map(|_| ())
}

/// Lets nobody else write about the directory's people until this transaction ends; `false` when there have been others than these many.
pub(in super::super) async fn hold(tx: &mut Tx, directory: &str, count: i64) -> sqlx::Result<bool> {
    let held = query("UPDATE directory_standings SET lookups = lookups WHERE directory = $1 AND lookups = $2").bind(directory).bind(count);
    Ok(held.execute(tx).await? == 1)
}
