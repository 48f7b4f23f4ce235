//! Runs that begin by themselves.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::task::JoinHandle;

use super::run::sync_if_due;
use crate::app::App;
use crate::clock::Timestamp;

/// How soon after the start the directories are synced.
const FIRST_AFTER: Duration = Duration::from_secs(5);
/// How often to look whether the next sync is due; the database says when the last one began, on whichever instance.
const LOOK_EVERY: Duration = Duration::from_secs(20);

/// Syncs every directory whenever it is due, until the server stops; then waits for those that go on. Each has a task of its own: one that takes long, because
/// it is large or does not answer, holds up no other.
pub async fn keep_synced(app: App, server_started_at: Timestamp) {
    let mut tasks: BTreeMap<String, JoinHandle<()>> = BTreeMap::new();
    let mut wait = FIRST_AFTER;
    loop {
        tokio::select! {
            () = app.stopping.cancelled() => break,
            () = tokio::time::sleep(wait) => {}
        }
        wait = LOOK_EVERY;
        tasks.retain(|_, task| !task.is_finished());
        match names(&app).await {
            Ok(names) => {
                for name in names.into_iter().filter(|name| !tasks.contains_key(name)).collect::<Vec<_>>() {
                    let task = tokio::spawn(one(app.clone(), name.clone(), server_started_at));
                    tasks.insert(name, task);
                }
            }
            Err(error) => tracing::error!(%error, "the directories cannot be listed; it will be tried again"),
        }
    }
    for ended in futures::future::join_all(tasks.into_values()).await {
        if let Err(error) = ended {
            tracing::error!(%error, "a directory sync crashed");
        }
    }
}

async fn names(app: &App) -> sqlx::Result<Vec<String>> {
    super::names(&mut app.db.read().await?).await
}

async fn one(app: App, directory: String, server_started_at: Timestamp) {
    if let Err(error) = sync_if_due(&app, &directory, server_started_at).await {
        tracing::error!(directory, cause = format!("{error:#}"), "a directory sync failed; it will be tried again");
    }
}
