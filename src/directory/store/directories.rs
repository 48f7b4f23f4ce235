//! Which directories there are.

use crate::clock::Timestamp;
use crate::db::{Conn, Tx, query};

/// The names of those that were added, in order.
pub(in super::super) async fn names(conn: &mut Conn) -> sqlx::Result<Vec<String>> {
    let rows: Vec<(String,)> = query("SELECT name FROM directories ORDER BY name").all(conn).await?;
    Ok(rows.into_iter().map(|(name,)| name).collect())
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
