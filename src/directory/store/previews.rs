//! Previews an administrator looks through. They hold nothing that a run would need: what is applied is always read anew.

use super::super::report::SyncReport;
use super::history;
use crate::clock::Timestamp;
use crate::db::{Conn, Tx, query};
use crate::id::{PreviewId, UserId};

/// A kept preview.
#[derive(Clone, Debug)]
pub struct Preview {
    /// Its identity.
    pub id: PreviewId,
    /// When the directory was read.
    pub made_at: Timestamp,
    /// Whether it was made with settings that are not saved.
    pub is_unsaved: bool,
    /// What it found, changes included.
    pub report: SyncReport,
}

#[derive(sqlx::FromRow)]
struct PreviewRow {
    id: PreviewId,
    made_at: Timestamp,
    is_unsaved: bool,
    report: String,
    changes: String,
    changes_total: i64,
}

/// Keeps a preview, in place of the one this administrator had of this directory.
pub(in super::super) async fn keep(tx: &mut Tx, preview: &Preview, directory: &str, made_by: UserId) -> sqlx::Result<()> {
    query("DELETE FROM directory_previews WHERE directory = $1 AND made_by = $2").bind(directory).bind(made_by).execute(&mut *tx).await?;
    let json = |value: serde_json::Result<String>| value.expect("invariant: reports and changes are plain structs and texts");
    query(
        "INSERT INTO directory_previews (id, directory, made_by, made_at, is_unsaved, report, changes, changes_total)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(preview.id)
    .bind(directory)
    .bind(made_by)
    .bind(preview.made_at)
    .bind(preview.is_unsaved)
    .bind(json(serde_json::to_string(&preview.report)))
    .bind(json(serde_json::to_string(&preview.report.changes.list)))
    .bind(i64::try_from(preview.report.changes.total).unwrap_or(i64::MAX))
    .execute(tx)
    .await
    .map(|_| ())
}

/// The preview an administrator made of a directory after `since`, if there is one.
pub(in super::super) async fn find(conn: &mut Conn, directory: &str, made_by: UserId, since: Timestamp) -> sqlx::Result<Option<Preview>> {
    let row: Option<PreviewRow> = query(
        "SELECT id, made_at, is_unsaved, report, changes, changes_total
         FROM directory_previews WHERE directory = $1 AND made_by = $2 AND made_at > $3 ORDER BY made_at DESC LIMIT 1",
    )
    .bind(directory)
    .bind(made_by)
    .bind(since)
    .optional(conn)
    .await?;
    Ok(row.and_then(|row| {
        let mut report: SyncReport = serde_json::from_str(&row.report).ok()?;
        report.changes = history::changes(&row.changes, row.changes_total);
        Some(Preview { id: row.id, made_at: row.made_at, is_unsaved: row.is_unsaved, report })
    }))
}

/// Forgets previews made before `before`.
pub(in super::super) async fn forget(tx: &mut Tx, before: Timestamp) -> sqlx::Result<u64> {
    query("DELETE FROM directory_previews WHERE made_at <= $1").bind(before).execute(tx).await
}
