//! What runs by itself: one loop per periodic verb. Jobs that must not run twice at once across instances take a lease themselves.

use std::future::Future;
use std::time::Duration;

use tokio::task::JoinSet;

use crate::app::App;
use crate::settings::{self, RELOAD_EVERY, Settings};
use crate::{access_links, audit, clients, directory, directory_passwords, mail, oidc, other_device, passkeys, sessions, sign_in_problems, sign_up};

/// How often the last uses of clients' secrets are written.
const USES_EVERY: Duration = Duration::from_secs(60);
/// How soon after the start people's pictures are looked at: when the first sync is through, usually.
const PICTURES_AFTER: Duration = Duration::from_secs(10);
/// How often to look whether pictures are due; the database says when they were read last, on whichever instance.
const LOOK_FOR_PICTURES_EVERY: Duration = Duration::from_secs(20);
/// How often to look whether groups have come about that the file of clients names.
const LOOK_FOR_GROUPS_EVERY: Duration = Duration::from_secs(15);

/// The running jobs.
pub struct Jobs(JoinSet<()>);

impl Jobs {
    /// Waits until every job has noticed that the server stops.
    pub async fn stopped(mut self) {
        while let Some(ended) = self.0.join_next().await {
            if let Err(error) = ended {
                tracing::error!(%error, "a job crashed");
            }
        }
    }
}

/// Starts every job.
pub fn start(app: &App) -> Jobs {
    let mut jobs = JoinSet::new();
    jobs.spawn(every(app.clone(), "settings", RELOAD_EVERY, RELOAD_EVERY, reload_settings));
    jobs.spawn(every(app.clone(), "signing keys", Duration::from_secs(1), oidc::keys::RELOAD_EVERY, follow_keys));
    jobs.spawn(every(app.clone(), "groups of the file of clients", LOOK_FOR_GROUPS_EVERY, LOOK_FOR_GROUPS_EVERY, follow_groups));
    jobs.spawn(every(app.clone(), "uses of secrets", USES_EVERY, USES_EVERY, write_uses));
    jobs.spawn(every(app.clone(), "sweep", Duration::from_secs(60), Duration::from_secs(600), sweep));
    let started_at = app.clock.now();
    jobs.spawn(directory::keep_synced(app.clone(), started_at));
    let pictures = |app: App| async move { directory::pictures::sync_if_due(&app).await };
    jobs.spawn(every(app.clone(), "pictures", PICTURES_AFTER, LOOK_FOR_PICTURES_EVERY, pictures));
    jobs.spawn(directory::keep_following(app.clone(), started_at));
    jobs.spawn(oidc::back_channel::keep_telling(app.clone()));
    jobs.spawn(access_links::by_mail::keep_answering(app.clone()));
    jobs.spawn(sign_up::keep_answering(app.clone()));
    jobs.spawn(mail::keep_sending(app.clone()));
    Jobs(jobs)
}

/// Runs `job` after `first` and then every `period`, until the server stops. A failure is logged and the next turn comes all the same.
async fn every<F>(app: App, name: &'static str, first: Duration, period: Duration, job: impl Fn(App) -> F)
where
    F: Future<Output = anyhow::Result<()>>,
{
    let mut wait = first;
    loop {
        tokio::select! {
            () = app.stopping.cancelled() => return,
            () = tokio::time::sleep(wait) => {}
        }
        wait = period;
        if let Err(error) = job(app.clone()).await {
            tracing::error!(job = name, cause = format!("{error:#}"), "a periodic job failed; it will be tried again");
        }
    }
}

/// Follows settings another instance or a command changed.
async fn reload_settings(app: App) -> anyhow::Result<()> {
    let values: Settings = settings::load(&app.db, &app.config, &app.sealer, settings::APP_SCOPE).await?;
    app.settings.send_if_modified(|current| {
        let differs = **current != values;
        if differs {
            *current = std::sync::Arc::new(values);
        }
        differs
    });
    Ok(())
}

/// Follows keys another instance or a command rotated.
async fn follow_keys(app: App) -> anyhow::Result<()> {
    oidc::keys::follow(&app, app.clock.now()).await
}

/// Opens clients of the file to groups a directory has brought since.
async fn follow_groups(app: App) -> anyhow::Result<()> {
    clients::file::follow_groups(&app).await
}

/// Writes when clients' secrets were last used.
async fn write_uses(app: App) -> anyhow::Result<()> {
    Ok(clients::secrets::write_uses(&app).await?)
}

/// Deletes what has run out.
async fn sweep(app: App) -> anyhow::Result<()> {
    let now = app.clock.now();
    sessions::sweep(&app, now).await?;
    passkeys::sweep(&app, now).await?;
    sign_in_problems::sweep(&app, now).await?;
    other_device::sweep(&app, now).await?;
    access_links::sweep(&app, now).await?;
    sign_up::sweep(&app, now).await?;
    oidc::sweep(&app, now).await?;
    clients::sweep(&app, now).await?;
    directory_passwords::sweep(&app, now).await?;
    directory::preview::sweep(&app, now).await?;
    let mut tx = app.db.begin().await?;
    audit::forget(&mut tx, now - app.settings().audit_log_retention.days()).await?;
    mail::forget_sent(&mut tx, now - app.settings().audit_log_retention.days()).await?;
    tx.commit().await?;
    app.limits.sign_in.sweep();
    app.limits.user_codes.sweep();
    app.limits.problems.sweep();
    app.limits.reports.sweep();
    Ok(())
}
