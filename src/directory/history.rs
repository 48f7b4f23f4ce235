//! What happened before: the runs of a directory as the pages and the command line show them.

pub use super::store::history::{Detail, LastRuns, Line};
use super::{Outcome, store};
use crate::db::Conn;
use crate::id::SyncRunId;

/// Which runs to list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// All of them.
    All,
    /// Those that go on.
    Running,
    /// Those that ended in this way.
    Ended(Outcome),
}

impl Which {
    /// Reads a filter of the page: an outcome as stored, or `running`; anything else means all.
    pub fn from_text(text: &str) -> Self {
        match (text, Outcome::from_stored(text)) {
            ("running", _) => Self::Running,
            (_, Some(outcome)) => Self::Ended(outcome),
            _ => Self::All,
        }
    }

    const fn as_stored(self) -> &'static str {
        match self {
            Self::All => "",
            Self::Running => "running",
            Self::Ended(outcome) => outcome.as_str(),
        }
    }
}

/// The runs of a directory, newest first.
///
/// # Errors
/// When the database cannot be read.
pub async fn runs(conn: &mut Conn, directory: &str, which: Which, limit: i64, offset: i64) -> sqlx::Result<Vec<Line>> {
    store::history::lines(conn, directory, which.as_stored(), limit, offset).await
}

/// How many [`runs`] there are.
///
/// # Errors
/// When the database cannot be read.
pub async fn count_runs(conn: &mut Conn, directory: &str, which: Which) -> sqlx::Result<i64> {
    store::history::count(conn, directory, which.as_stored()).await
}

/// What a run's page shows besides the run.
///
/// # Errors
/// When the database cannot be read.
pub async fn run_detail(conn: &mut Conn, id: SyncRunId) -> sqlx::Result<Detail> {
    store::history::detail(conn, id).await
}
