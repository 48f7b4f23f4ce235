//! Moving what was written from SQLite's write-ahead log into its file, beside the writer. Left to itself SQLite does it within a commit, and whoever waits for that
//! commit waits for all of it.

use std::sync::Arc;
use std::time::Duration;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Executor as _, Row as _, SqliteConnection};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

/// The least time between two rounds: pages that are written again meanwhile are moved once.
const EVERY: Duration = Duration::from_secs(1);
/// A log of more pages than this (16 MB) is begun anew, for which the writer is kept out a moment: the little that was written meanwhile is moved, and what
/// comes next overwrites the log from its beginning instead of making it longer.
const PAGES_MAX: i64 = 4_096;
/// How long that may wait for others, while the writer waits too. Whoever reads for longer is left alone; the next round tries again.
const PATIENCE: Duration = Duration::from_millis(25);

/// Moves what is committed until it is dropped.
#[derive(Debug)]
pub(super) struct Checkpoints {
    committed: Arc<Notify>,
    task: JoinHandle<()>,
}

impl Checkpoints {
    /// Opens a connection for it.
    pub(super) async fn start(options: &SqliteConnectOptions) -> sqlx::Result<Self> {
        let connection = options.clone().busy_timeout(PATIENCE).connect().await?;
        let committed = Arc::new(Notify::new());
        let task = tokio::spawn(run(connection, Arc::clone(&committed)));
        Ok(Self { committed, task })
    }

    /// Says that something was committed.
    pub(super) fn committed(&self) {
        self.committed.notify_one();
    }

    /// Ends it, and gives the connection's thread the time to close it.
    pub(super) async fn end(&mut self) {
        self.task.abort();
        let _aborted = (&mut self.task).await;
    }
}

impl Drop for Checkpoints {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn run(mut connection: SqliteConnection, committed: Arc<Notify>) {
    loop {
        committed.notified().await;
        if let Err(error) = round(&mut connection).await {
            // The next commit has it tried again; until then the log grows.
            tracing::warn!(%error, "what was written could not be moved into the database's file");
        }
        tokio::time::sleep(EVERY).await;
    }
}

async fn round(connection: &mut SqliteConnection) -> sqlx::Result<()> {
    let row = connection.fetch_one("PRAGMA wal_checkpoint(PASSIVE)").await?;
    let (in_log, moved): (i64, i64) = (row.try_get(1)?, row.try_get(2)?);
    if in_log > PAGES_MAX && moved > in_log / 2 {
        // Says that it was in somebody's way in a row of its own, and not as an error.
        connection.fetch_one("PRAGMA wal_checkpoint(RESTART)").await?;
    }
    Ok(())
}
