//! Following changes: what changes in a directory is in force here within a second, where the server tells of it.
//!
//! One follower per directory across all instances (a lease), with a connection of its own that names what changed ([`client::watch`](super::client::watch)).
//! What it names is read again and planned like any run, restricted to those entries (`batch`), and written in the same single transaction with its
//! audit events; sessions and tokens of who is out end in it. Following is only ever a short cut: whatever is unclear (a gap in what was told, a place that
//! moved, more people gone than the guard allows) makes a run that reads everything, and that run decides.
//!
//! `person` does the same for one person at the moment they sign in.

mod batch;
mod follower;
mod groups;
mod person;

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub use super::client::Mode;
pub use person::{Outages, Refreshed, refresh_person};

use super::{Texts, store};
use crate::app::App;
use crate::clock::Timestamp;

/// How soon a change of settings reaches a follower.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// How long a follower may take to finish what it is writing.
const END_WITHIN: Duration = Duration::from_secs(5);

/// How the changes of a directory are followed, as its page shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Following {
    /// How the server tells of changes.
    pub mode: Mode,
    /// Since when without a gap; `None` while there is no connection.
    pub since: Option<Timestamp>,
    /// When a change was taken over last.
    pub last_change_at: Option<Timestamp>,
    /// What is wrong, or not seen in this mode, in a sentence.
    pub problem: Option<String>,
}

/// A follower that runs.
struct Follower {
    texts: Texts,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Follower {
    /// Ends it; what it writes at this moment is written to the end.
    async fn end(self) {
        self.stop.cancel();
        let abort = self.task.abort_handle();
        if tokio::time::timeout(END_WITHIN, self.task).await.is_err() {
            abort.abort();
        }
    }
}

/// Follows every directory that is on and wants it, until the server stops. Never ends otherwise; a failure is logged and tried again.
pub async fn keep_following(app: App, server_started_at: Timestamp) {
    let mut followers: BTreeMap<String, Option<Follower>> = BTreeMap::new();
    loop {
        if let Err(error) = look(&app, server_started_at, &mut followers).await {
            tracing::error!(cause = format!("{error:#}"), "the settings of the directories cannot be read; changes are followed as before");
        }
        tokio::select! {
            () = app.stopping.cancelled() => break,
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }
    futures::future::join_all(followers.into_values().flatten().map(Follower::end)).await;
}

/// Starts and ends followers, so that there is one for each directory that wants it, with the settings in force.
async fn look(app: &App, server_started_at: Timestamp, followers: &mut BTreeMap<String, Option<Follower>>) -> anyhow::Result<()> {
    let names = super::names(&mut app.db.read().await?).await?;
    for gone in followers.keys().filter(|name| !names.contains(name)).cloned().collect::<Vec<_>>() {
        if let Some(follower) = followers.remove(&gone).flatten() {
            follower.end().await;
        }
        let mut tx = app.db.begin().await?;
        store::following::forget(&mut tx, &gone).await?;
        tx.commit().await?;
    }
    for name in names {
        let texts = super::texts(app, &name).await?;
        let config = texts.is_enabled().then(|| texts.read(&name).ok()).flatten().filter(|config| config.schedule.follows_changes);
        let current = followers.get(&name);
        match (config, current) {
            (Some(_), Some(Some(follower))) if follower.texts == texts && !follower.task.is_finished() => {}
            (None, Some(None)) => {}
            (config, _) => {
                if let Some(former) = followers.remove(&name).flatten() {
                    former.end().await;
                }
                if config.is_none() {
                    let mut tx = app.db.begin().await?;
                    store::following::forget(&mut tx, &name).await?;
                    tx.commit().await?;
                }
                let follower = config.map(|config| {
                    let stop = app.stopping.child_token();
                    let task = tokio::spawn(follower::follow(app.clone(), config, stop.clone(), server_started_at));
                    Follower { texts, stop, task }
                });
                followers.insert(name, follower);
            }
        }
    }
    Ok(())
}
