//! How far a run has come, kept in its row once a second, so that the page of any instance can show it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio_util::task::AbortOnDropHandle;

use super::client::SoFar;
use super::course::Stage;
use super::report::Progress;
use super::store;
use crate::app::App;
use crate::id::SyncRunId;

/// How often at most the row is written; a run that takes less leaves it alone.
const EVERY: Duration = Duration::from_secs(1);

/// Watches a run until it is dropped.
pub(super) struct Watched {
    /// To be counted in while reading.
    pub(super) so_far: Arc<SoFar>,
    app: App,
    id: SyncRunId,
    plans: Arc<AtomicBool>,
    _ticker: AbortOnDropHandle<()>,
}

impl Watched {
    pub(super) fn new(app: &App, id: SyncRunId) -> Self {
        let (so_far, plans) = (Arc::<SoFar>::default(), Arc::<AtomicBool>::default());
        let ticker = {
            let (app, so_far, plans) = (app.clone(), Arc::clone(&so_far), Arc::clone(&plans));
            tokio::spawn(async move {
                let mut told = None;
                loop {
                    tokio::time::sleep(EVERY).await;
                    let progress = seen(&so_far, plans.load(Ordering::Relaxed));
                    if told != Some(progress) {
                        note(&app, id, progress).await;
                        told = Some(progress);
                    }
                }
            })
        };
        Self { so_far, app: app.clone(), id, plans, _ticker: AbortOnDropHandle::new(ticker) }
    }

    /// Reading is over.
    pub(super) fn planning(&self) {
        self.plans.store(true, Ordering::Relaxed);
    }

    /// The run is about to write, after `took`.
    pub(super) async fn writing(&self, took: Duration) {
        if took >= EVERY {
            note(&self.app, self.id, Progress { phase: Stage::Write, ..seen(&self.so_far, true) }).await;
        }
    }
}

fn seen(so_far: &SoFar, plans: bool) -> Progress {
    let (people, groups, in_groups) = so_far.counts();
    let phase = match (plans, in_groups, people) {
        (true, ..) => Stage::Plan,
        (_, true, _) => Stage::Groups,
        (_, _, 0) => Stage::Connect,
        _ => Stage::People,
    };
    Progress { phase, people, groups }
}

async fn note(app: &App, id: SyncRunId, progress: Progress) {
    let noted = async {
        let mut tx = app.db.begin().await?;
        store::runs::progress(&mut tx, id, progress).await?;
        tx.commit().await
    };
    if let Err(error) = noted.await {
        tracing::debug!(%error, "the progress of a directory sync could not be noted");
    }
}
