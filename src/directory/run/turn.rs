//! Whose turn it is: one run at a time for each directory, across instances and commands. Whoever asks while one goes on waits for its end and gets its report.

use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use super::super::report::{SyncReport, Trigger};
use super::super::store;
use super::{Order, SyncError, millis};
use crate::app::App;
use crate::id::SyncRunId;
use crate::lease::Lease;

/// How long a lease lasts without a sign of life: how soon another run can start after one was killed.
pub(super) const LEASE_LIFETIME: Duration = Duration::from_secs(15);
/// How often a run shows that it lives.
const HEARTBEAT: Duration = Duration::from_secs(4);
/// How often somebody who waits for a run looks again.
const LOOK_AGAIN: Duration = Duration::from_millis(200);
/// What waiting for one's turn gave.
pub(super) enum Taken {
    /// The turn.
    Lease(Lease),
    /// The report of the run that was going on.
    Joined(SyncReport),
}

/// Takes the lease, waiting for its holder; who joins is content with the holder's report instead.
pub(super) async fn take_lease(app: &App, directory: &str, wait: Duration, joins: bool) -> Result<Taken, SyncError> {
    let deadline = tokio::time::Instant::now() + wait;
    let name = crate::directory::scope(directory);
    let mut going_on = None;
    loop {
        let lease = Lease::take(&app.db, &name, LEASE_LIFETIME, app.clock.now()).await?;
        if let Some(run) = going_on
            && let Some(report) = ended(app, directory, run).await?
        {
            if let Some(lease) = lease {
                give_back(app, lease).await;
            }
            return Ok(Taken::Joined(report));
        }
        if let Some(lease) = lease {
            return Ok(Taken::Lease(lease));
        }
        if joins && going_on.is_none() {
            let run = store::runs::latest_whole(&mut app.db.read().await?, directory, app.clock.now()).await?;
            going_on = run.filter(|run| run.outcome.is_none()).map(|run| run.id);
            if let Some(run) = going_on {
                tracing::info!(target: "muster::progress", directory, %run, "a sync is going on; waiting for its result");
            }
        }
        if tokio::time::Instant::now() >= deadline {
            return Err(SyncError::Running(store::runs::running_since(&mut app.db.read().await?, directory).await?));
        }
        tokio::select! {
            () = app.stopping.cancelled() => return Err(SyncError::Stopping),
            () = tokio::time::sleep(LOOK_AGAIN) => {}
        }
    }
}

/// The report of a run that has ended by itself.
async fn ended(app: &App, directory: &str, id: SyncRunId) -> sqlx::Result<Option<SyncReport>> {
    let mut conn = app.db.read().await?;
    let Some(run) = store::runs::find(&mut conn, directory, id).await? else { return Ok(None) };
    let problems = store::runs::problems(&mut conn, id).await?;
    let (Some(outcome), Some(finished_at)) = (run.outcome, run.finished_at) else { return Ok(None) };
    // Somebody killed it, and whoever has taken over runs now.
    if problems.iter().any(|problem| problem.message == INTERRUPTED) {
        return Ok(None);
    }
    let duration_ms = millis(finished_at.since(run.started_at));
    let changes = store::runs::changes(&mut conn, directory, id).await?;
    Ok(Some(SyncReport { run_id: id, outcome, counts: run.counts, problems, held_because: run.held_because, duration_ms, changes }))
}

/// Shows that the run lives until the handle is dropped; cancels `lost` when the lease went to somebody else.
pub(super) fn keep_alive(app: &App, lease: &Lease, lost: &CancellationToken) -> AbortOnDropHandle<()> {
    let (app, lease, lost) = (app.clone(), lease.clone(), lost.clone());
    AbortOnDropHandle::new(tokio::spawn(async move {
        loop {
            tokio::time::sleep(HEARTBEAT).await;
            match lease.prolong(&app.db, LEASE_LIFETIME, app.clock.now()).await {
                Ok(true) => {}
                Ok(false) => return lost.cancel(),
                Err(error) => tracing::warn!(%error, "the lease of the directory sync could not be prolonged"),
            }
        }
    }))
}

pub(super) async fn give_back(app: &App, lease: Lease) {
    if let Err(error) = lease.release(&app.db).await {
        tracing::warn!(%error, "the lease of the directory sync could not be given back; it runs out by itself");
    }
}

/// Does something about a directory while no run goes on, waiting for the end of one that does.
///
/// # Errors
/// As [`sync`](crate::directory::sync), and as `work`.
pub(in super::super) async fn between_runs<T>(
    app: &App,
    directory: &str,
    work: impl AsyncFnOnce(&Lease) -> Result<T, SyncError>,
) -> Result<T, SyncError> {
    let order = Order::by_itself(Trigger::Follow);
    let Taken::Lease(lease) = take_lease(app, directory, order.waits(), false).await? else { return Err(SyncError::Stopping) };
    // Reading a few entries can take as long as the directory lets it.
    let heartbeat = keep_alive(app, &lease, &CancellationToken::new());
    let result = work(&lease).await;
    drop(heartbeat);
    give_back(app, lease).await;
    result
}

/// What is said of a run that was killed.
pub(super) const INTERRUPTED: &str = "The run was interrupted: the process that carried it out ended. Nothing was changed.";
