//! How each directory's changes are followed, as the page shows it.

use super::super::follow::{Following, Mode};
use crate::clock::Timestamp;
use crate::db::{Conn, Tx, query};

#[derive(sqlx::FromRow)]
struct Row {
    mode: String,
    since: Option<Timestamp>,
    last_change_at: Option<Timestamp>,
    problem: String,
}

/// How a directory is followed; `None` when nobody has tried yet.
pub(in super::super) async fn find(conn: &mut Conn, directory: &str) -> sqlx::Result<Option<Following>> {
    let row: Option<Row> =
        query("SELECT mode, since, last_change_at, problem FROM directory_following WHERE directory = $1").bind(directory).optional(conn).await?;
    Ok(row.map(|row| Following {
        mode: Mode::from_stored(&row.mode),
        since: row.since,
        last_change_at: row.last_change_at,
        problem: Some(row.problem).filter(|text| !text.is_empty()),
    }))
}

/// Notes how a directory is followed from now on.
pub(in super::super) async fn note(tx: &mut Tx, directory: &str, mode: Mode, since: Option<Timestamp>, problem: &str) -> sqlx::Result<()> {
    query(
        "INSERT INTO directory_following (directory, mode, since, problem) VALUES ($1, $2, $3, $4)
         ON CONFLICT (directory) DO UPDATE SET mode = excluded.mode, since = excluded.since, problem = excluded.problem",
    )
    .bind(directory)
    .bind(mode.as_str())
    .bind(since)
    .bind(problem)
    .execute(tx)
    .await
    .map(|_| ())
}

/// Notes that a change was taken over.
pub(in super::super) async fn changed(tx: &mut Tx, directory: &str, at: Timestamp) -> sqlx::Result<()> {
    query("UPDATE directory_following SET last_change_at = $2 WHERE directory = $1").bind(directory).bind(at).execute(tx).await.map(|_| ())
}

/// Forgets it: nobody follows a directory that is switched off.
pub(in super::super) async fn forget(tx: &mut Tx, directory: &str) -> sqlx::Result<()> {
    query("DELETE FROM directory_following WHERE directory = $1").bind(directory).execute(tx).await.map(|_| ())
}
