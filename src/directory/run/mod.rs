//! One sync run, from the lease to the last write.
//!
//! The order keeps every promise: the lease comes first (one run at a time across instances and commands), the run's row second (a run that is killed is
//! seen), the network third with no transaction open, and everything that changes last, in one transaction that checks again that the lease is ours.

mod aside;
mod carry;
mod turn;

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

pub(super) use self::carry::write_part;
use self::carry::{fetch, under_lease};
pub(super) use self::turn::between_runs;
use self::turn::{Taken, give_back, take_lease};
use super::config::{DirectoryConfig, Limits, Schedule};
use super::model::Problem;
use super::plan::{Changes, Plan, Policy, reconcile};
use super::report::{Counts, Outcome, SyncReport, Trigger};
use super::settings::SettingError;
use super::store;
use crate::app::App;
use crate::audit::Actor;
use crate::clock::Timestamp;
use crate::id::SyncRunId;
use crate::sessions::RoutineDeed;
use crate::web::Client;

/// Who wants a run, and why.
#[derive(Clone, Debug)]
pub struct Order {
    trigger: Trigger,
    actor: Actor,
    client: Client,
    confirm: Option<SyncRunId>,
}

impl Order {
    /// A run that starts by itself.
    pub fn by_itself(trigger: Trigger) -> Self {
        Self { trigger, actor: Actor::system("directory sync"), client: Client::default(), confirm: None }
    }

    /// A run somebody at the server's command line asks for; `confirm` names a run that was held back.
    pub fn of_command(confirm: Option<SyncRunId>) -> Self {
        Self { trigger: Trigger::Command, actor: Actor::command_line(), client: Client::default(), confirm }
    }

    /// A run an administrator asks for; `confirm` names a run that was held back.
    pub fn of_admin(deed: &RoutineDeed, confirm: Option<SyncRunId>) -> Self {
        Self { trigger: Trigger::Admin, actor: deed.admin.actor(), client: deed.client.clone(), confirm }
    }

    /// Who asked, for the history; empty when it began by itself or at the command line.
    fn asker(&self) -> &str {
        if self.actor.id.is_some() { &self.actor.name } else { "" }
    }

    /// How long to wait for a run that is going on. Runs that start by themselves come again.
    fn waits(&self) -> Duration {
        match self.trigger {
            Trigger::Start | Trigger::Schedule => Duration::ZERO,
            Trigger::Admin | Trigger::Command | Trigger::Follow | Trigger::CatchUp => Limits::default().run_within,
        }
    }
}

/// Why there was no run at all.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    /// The directory is off (`LDAP_ENABLED`).
    #[error("the directory is switched off (LDAP_ENABLED)")]
    SwitchedOff,
    /// Another run went on for as long as was waited.
    #[error("another run is going on{}", .0.map(|since| format!(", since {since}")).unwrap_or_default())]
    Running(Option<Timestamp>),
    /// The run to confirm does not wait for a confirmation.
    #[error("the run {0} does not wait for a confirmation: it was not held back, or somebody has decided about it already")]
    NotHeld(SyncRunId),
    /// The run to confirm was held back too long ago ([`Guard::held_for`](super::config::Guard::held_for)).
    #[error("the run {0} could be confirmed until {1} (LDAP_HELD_DAYS); sync again, and decide about what would change now")]
    Expired(SyncRunId, Timestamp),
    /// The server stops.
    #[error("the server is stopping")]
    Stopping,
    /// The database failed.
    #[error("the database failed: {0}")]
    Database(#[from] sqlx::Error),
    /// The settings cannot be read.
    #[error(transparent)]
    Settings(anyhow::Error),
}

/// Reads the directory and brings people and groups here up to date.
///
/// One run at a time: whoever asks while one is going on, here or on another instance, waits for its end and gets its report; whoever confirms one waits
/// and then gets a run of their own. Dropping the future before the transaction
/// begins changes nothing; the run's row is closed by the next run.
///
/// # Errors
/// [`SyncError`] when there was no run. A run that could not read the directory is no error but a report with [`Outcome::Failed`].
pub async fn sync(app: &App, directory: &str, order: &Order) -> Result<SyncReport, SyncError> {
    let texts = super::texts(app, directory).await.map_err(SyncError::Settings)?;
    if !texts.is_enabled() {
        return Err(SyncError::SwitchedOff);
    }
    let lease = match take_lease(app, directory, order.waits(), order.confirm.is_none()).await? {
        Taken::Lease(lease) => lease,
        Taken::Joined(report) => return Ok(report),
    };
    let result = under_lease(app, directory, order, &lease).await;
    give_back(app, lease).await;
    result
}

/// [`sync`] when it is due: once after the server has started, then when the schedule says, counted from the beginning of the last run, whoever began it.
/// Never where there is no schedule.
///
/// # Errors
/// When the database or the settings cannot be read. A failed run has been reported already.
pub async fn sync_if_due(app: &App, directory: &str, server_started_at: Timestamp) -> anyhow::Result<()> {
    let texts = super::texts(app, directory).await?;
    if !texts.is_enabled() {
        return Ok(());
    }
    // Settings that cannot be read make a run that says so.
    let Some(every) = texts.read(directory).map_or_else(|_| Schedule::default().every, |config| config.schedule.every) else {
        return Ok(());
    };
    let now = app.clock.now();
    let last = store::runs::latest_whole(&mut app.db.read().await?, directory, now).await?.map(|run| run.started_at);
    // Where the clock was set back since the start, there was a run for it, and the schedule alone counts.
    let is_since_start = |at: Timestamp| at >= server_started_at || server_started_at > now;
    let trigger = match last {
        Some(at) if is_since_start(at) && at + every > now => return Ok(()),
        Some(at) if is_since_start(at) => Trigger::Schedule,
        _ => Trigger::Start,
    };
    match sync(app, directory, &Order::by_itself(trigger)).await {
        // Another instance is on it, or it was just switched off.
        Ok(_) | Err(SyncError::Running(_) | SyncError::SwitchedOff | SyncError::Stopping) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// What a sync would do now. Writes nothing, not even a run.
///
/// # Errors
/// [`SyncError`] when the settings or the database cannot be read.
pub async fn preview(app: &App, directory: &str) -> Result<SyncReport, SyncError> {
    let texts = super::texts(app, directory).await.map_err(SyncError::Settings)?;
    match texts.read(directory) {
        Ok(config) => preview_of(app, &config).await,
        Err(mistakes) => Ok(failed(SyncRunId::new(), problems_of(mistakes), Duration::ZERO)),
    }
}

/// [`preview`] with settings that need not be stored.
///
/// # Errors
/// As [`preview`].
pub async fn preview_of(app: &App, config: &DirectoryConfig) -> Result<SyncReport, SyncError> {
    let (run_id, started_at) = (SyncRunId::new(), app.clock.now());
    let took = || app.clock.now().since(started_at);
    let snapshot = match fetch(app, config, Arc::default(), &CancellationToken::new()).await {
        Ok(snapshot) => snapshot,
        Err(error) => return Ok(failed(run_id, vec![problem_of(error.message)], took())),
    };
    let policy = Policy::new(config, app.clock.now());
    let mut conn = app.db.read().await?;
    let current = store::load(&mut conn, &config.name, &policy).await?;
    let plan = computing(|| reconcile(&snapshot, &current, &policy));
    let changes = store::changes(&mut conn, &plan, &current).await?;
    Ok(report(run_id, Outcome::Previewed, plan.held_because.clone(), &plan, changes, took()))
}

/// Runs what keeps a processor busy for a while without holding up the tasks of the same worker thread.
fn computing<T>(work: impl FnOnce() -> T) -> T {
    match tokio::runtime::Handle::try_current().map(|runtime| runtime.runtime_flavor()) {
        Ok(tokio::runtime::RuntimeFlavor::MultiThread) => tokio::task::block_in_place(work),
        _ => work(),
    }
}

fn report(run_id: SyncRunId, outcome: Outcome, held_because: Option<String>, plan: &Plan<'_>, changes: Changes, took: Duration) -> SyncReport {
    let problems = plan.problems.clone().into_list();
    SyncReport { run_id, outcome, counts: plan.counts, problems, held_because, duration_ms: millis(took), changes }
}

fn failed(run_id: SyncRunId, problems: Vec<Problem>, took: Duration) -> SyncReport {
    SyncReport {
        run_id,
        outcome: Outcome::Failed,
        counts: Counts::default(),
        problems,
        held_because: None,
        duration_ms: millis(took),
        changes: Changes::default(),
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn problem_of(message: String) -> Problem {
    Problem { dn: String::new(), attribute: None, message }
}

fn problems_of(mistakes: Vec<SettingError>) -> Vec<Problem> {
    mistakes.into_iter().map(|SettingError { key, message }| Problem { dn: String::new(), attribute: Some(key.to_owned()), message }).collect()
}
