//! Previews that an administrator looks through: made once, kept for a while, searched and paged without asking the directory again.

use std::time::Duration;

use super::SyncReport;
use super::store;
pub use super::store::previews::Preview;
use crate::app::App;
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::id::{PreviewId, UserId};

/// How long a preview can be looked through; the directory goes on meanwhile.
pub const KEPT_FOR: Duration = Duration::from_secs(3600);

/// Keeps a preview for whoever made it, in place of the one they had of this directory.
///
/// # Errors
/// When the database refuses.
pub async fn keep_preview(app: &App, directory: &str, made_by: UserId, report: SyncReport, is_unsaved: bool) -> sqlx::Result<()> {
    let preview = Preview { id: PreviewId::new(), made_at: app.clock.now(), is_unsaved, report };
    let mut tx = app.db.begin().await?;
    store::previews::keep(&mut tx, &preview, directory, made_by).await?;
    tx.commit().await
}

/// The preview an administrator made of a directory in the last [`KEPT_FOR`].
///
/// # Errors
/// When the database cannot be read.
pub async fn kept_preview(conn: &mut Conn, directory: &str, made_by: UserId, now: Timestamp) -> sqlx::Result<Option<Preview>> {
    store::previews::find(conn, directory, made_by, now - KEPT_FOR).await
}

/// Forgets previews nobody can look at any more.
///
/// # Errors
/// When the database refuses.
pub async fn sweep(app: &App, now: Timestamp) -> sqlx::Result<()> {
    let mut tx = app.db.begin().await?;
    store::previews::forget(&mut tx, now - KEPT_FOR).await?;
    tx.commit().await
}
