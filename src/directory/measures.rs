//! What a monitoring system wants to know of each directory; see [`metrics`](crate::metrics).

use super::{Outcome, store};
use crate::app::App;
use crate::clock::Timestamp;

/// The numbers of one directory.
#[derive(Clone, Debug)]
pub struct Measures {
    /// Its name.
    pub directory: String,
    /// Whether it is in use.
    pub is_enabled: bool,
    /// Groups known from it.
    pub groups: i64,
    /// Whether a run waits for an administrator.
    pub held: bool,
    /// Since the last good run ended; `None` when there was none.
    pub good_age_seconds: Option<i64>,
    /// How long the last run took that ended.
    pub last_run_millis: Option<i64>,
    /// How it ended.
    pub outcome: Option<Outcome>,
    /// Until the server's certificate ends; negative when it has.
    pub certificate_left_seconds: Option<i64>,
}

/// [`Measures`] of every directory.
///
/// # Errors
/// When the database cannot be read.
pub async fn measures(app: &App, now: Timestamp) -> anyhow::Result<Vec<Measures>> {
    let names = super::names(&mut app.db.read().await?).await?;
    let mut all = Vec::with_capacity(names.len());
    for directory in names {
        let is_enabled = super::texts(app, &directory).await?.is_enabled();
        let mut conn = app.db.read().await?;
        let runs = store::history::last_runs(&mut conn, &directory).await?;
        let facts = store::standings::find(&mut conn, &directory).await?;
        let (_, _, groups) = store::runs::known_counts(&mut conn, &directory).await?;
        all.push(Measures {
            is_enabled,
            groups,
            held: store::runs::waiting(&mut conn, &directory).await?.is_some_and(|run| !run.is_expired(now)),
            good_age_seconds: runs.good_at.map(|at| (now.as_millis() - at.as_millis()) / 1_000),
            last_run_millis: runs.last.map(|(from, to)| to.as_millis() - from.as_millis()),
            outcome: runs.outcome,
            certificate_left_seconds: facts.and_then(|facts| facts.certificate_ends_at).map(|at| (at.as_millis() - now.as_millis()) / 1_000),
            directory,
        });
    }
    Ok(all)
}
