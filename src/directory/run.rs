//! One sync run, from the lease to the last write.
//!
//! The order keeps every promise: the lease comes first (one run at a time across instances and commands), the run's row second (a run that is killed is
//! seen), the network third with no transaction open, and everything that changes last, in one transaction that checks again that the lease is ours.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use super::client::{FetchError, SoFar};
use super::config::{DirectoryConfig, Limits, Schedule};
use super::course::{Course, Stage};
use super::model::{Problem, Snapshot};
use super::plan::{Changes, Current, Plan, PlanDigest, Policy, Verdict, reconcile};
use super::progress::Watched;
use super::report::{Counts, Outcome, SyncReport, Trigger};
use super::settings::SettingError;
use super::store::runs::Held;
use super::store::{self, NotApplied};
use super::{client, journal};
use crate::app::App;
use crate::audit::{self, Actor, Kind};
use crate::clock::Timestamp;
use crate::db::Tx;
use crate::id::{SyncRunId, UserId};
use crate::lease::Lease;
use crate::sessions::{self, RoutineDeed};
use crate::users;
use crate::web::Client;

/// How long a lease lasts without a sign of life: how soon another run can start after one was killed.
const LEASE_LIFETIME: Duration = Duration::from_secs(15);
/// How often a run shows that it lives.
const HEARTBEAT: Duration = Duration::from_secs(4);
/// How often somebody who waits for a run looks again.
const LOOK_AGAIN: Duration = Duration::from_millis(200);
/// After how many new or changed people PostgreSQL is told to look at its tables: it does so by itself, but a minute later, and chooses badly until then.
const MANY: usize = 10_000;
/// How often a plan is made anew when people or groups were changed here between planning and writing.
const ATTEMPTS: usize = 3;

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

async fn give_back(app: &App, lease: Lease) {
    if let Err(error) = lease.release(&app.db).await {
        tracing::warn!(%error, "the lease of the directory sync could not be given back; it runs out by itself");
    }
}

/// Does something about a directory while no run goes on, waiting for the end of one that does.
///
/// # Errors
/// As [`sync`], and as `work`.
pub(super) async fn between_runs<T>(app: &App, directory: &str, work: impl AsyncFnOnce(&Lease) -> Result<T, SyncError>) -> Result<T, SyncError> {
    let order = Order::by_itself(Trigger::Follow);
    let Taken::Lease(lease) = take_lease(app, directory, order.waits(), false).await? else { return Err(SyncError::Stopping) };
    // Reading a few entries can take as long as the directory lets it.
    let heartbeat = keep_alive(app, &lease, &CancellationToken::new());
    let result = work(&lease).await;
    drop(heartbeat);
    give_back(app, lease).await;
    result
}

/// Writes a plan that was made of a few entries, as a run of its own; `None` when it must not be written as it stands and everything is to be read instead.
///
/// # Errors
/// When the database refuses.
pub(super) async fn write_part(app: &App, directory: &str, lease: &Lease, plan: &Plan<'_>, current: &Current) -> sqlx::Result<Option<SyncReport>> {
    let (order, id, started_at) = (Order::by_itself(Trigger::Follow), SyncRunId::new(), app.clock.now());
    let mut tx = app.db.begin().await?;
    store::runs::start(&mut tx, id, directory, order.trigger, started_at).await?;
    tx.commit().await?;
    let course = Mutex::new(Course::begin());
    let run = Run { app, directory, order: &order, lease, id, started_at, confirmed: None, course };
    let changes = store::changes(&mut app.db.read().await?, plan, current).await?;
    let written = run.write(plan, current, &changes).await;
    if let Ok(Written::Done(report)) = written {
        return Ok(Some(*report));
    }
    let mut tx = app.db.begin().await?;
    store::runs::remove(&mut tx, id).await?;
    tx.commit().await?;
    written.map(|_| None)
}

/// [`sync`] of every directory for which it is due: once after the server has started, then when its schedule says, counted from the beginning of its last
/// run, whoever began it. One that takes long does not hold up the others.
///
/// # Errors
/// When the database or the settings cannot be read; the last such error of any directory. A failed run has been reported already.
pub async fn sync_if_due(app: &App, server_started_at: Timestamp) -> anyhow::Result<()> {
    let names = super::names(&mut app.db.read().await?).await?;
    let all = futures::future::join_all(names.iter().map(|directory| one_if_due(app, directory, server_started_at))).await;
    all.into_iter().collect()
}

async fn one_if_due(app: &App, directory: &str, server_started_at: Timestamp) -> anyhow::Result<()> {
    let texts = super::texts(app, directory).await?;
    if !texts.is_enabled() {
        return Ok(());
    }
    // Settings that cannot be read make a run that says so.
    let every = texts.read(directory).map_or_else(|_| Schedule::default().every, |config| config.schedule.every);
    let last = store::runs::latest_whole(&mut app.db.read().await?, directory).await?.map(|run| run.started_at);
    let trigger = match last {
        Some(at) if at >= server_started_at && at + every > app.clock.now() => return Ok(()),
        Some(at) if at >= server_started_at => Trigger::Schedule,
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

/// What waiting for one's turn gave.
enum Taken {
    /// The turn.
    Lease(Lease),
    /// The report of the run that was going on.
    Joined(SyncReport),
}

/// Takes the lease, waiting for its holder; who joins is content with the holder's report instead.
async fn take_lease(app: &App, directory: &str, wait: Duration, joins: bool) -> Result<Taken, SyncError> {
    let deadline = tokio::time::Instant::now() + wait;
    let name = super::scope(directory);
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
            let run = store::runs::latest_whole(&mut app.db.read().await?, directory).await?;
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
fn keep_alive(app: &App, lease: &Lease, lost: &CancellationToken) -> AbortOnDropHandle<()> {
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

async fn under_lease(app: &App, directory: &str, order: &Order, lease: &Lease) -> Result<SyncReport, SyncError> {
    let started_at = app.clock.now();
    let confirmed = match order.confirm {
        Some(id) => {
            let held = store::runs::held(&mut app.db.read().await?, directory, id).await?.ok_or(SyncError::NotHeld(id))?;
            if held.until <= started_at {
                return Err(SyncError::Expired(id, held.until));
            }
            Some(held.digest)
        }
        None => None,
    };
    let run_id = SyncRunId::new();
    let mut tx = app.db.begin().await?;
    let interrupted = [problem_of(INTERRUPTED.to_owned())];
    store::runs::end_interrupted(&mut tx, directory, &interrupted, started_at).await?;
    store::runs::start(&mut tx, run_id, directory, order.trigger, started_at).await?;
    store::history::asked_by(&mut tx, run_id, order.actor.id, order.asker()).await?;
    tx.commit().await?;

    let lost = CancellationToken::new();
    let _heartbeat = keep_alive(app, lease, &lost);
    let course = Mutex::new(Course::begin());
    let run = Run { app, directory, order, lease, id: run_id, started_at, confirmed, course };
    match run.carry_out(&lost).await {
        Ok(report) => Ok(report),
        Err(error) => {
            // Whatever failed may fail again; then the next run closes this one's row.
            if let Err(error) = run.fail(vec![problem_of(format!("The database failed: {error}. Nothing was changed."))]).await {
                tracing::warn!(%error, "the end of a directory sync could not be noted");
            }
            Err(error.into())
        }
    }
}

/// How writing a plan went.
enum Written {
    Done(Box<SyncReport>),
    /// People or groups were changed here meanwhile; nothing was written.
    Outdated,
    /// Nobody who can sign in would be an administrator; nothing was written.
    NoAdminLeft,
    /// The lease went to somebody else; nothing was written.
    LeaseLost,
}

/// A run that has begun.
struct Run<'r> {
    app: &'r App,
    directory: &'r str,
    order: &'r Order,
    lease: &'r Lease,
    id: SyncRunId,
    started_at: Timestamp,
    confirmed: Option<PlanDigest>,
    course: Mutex<Course>,
}

impl Run<'_> {
    async fn carry_out(&self, lost: &CancellationToken) -> sqlx::Result<SyncReport> {
        let texts = match super::texts(self.app, self.directory).await {
            Ok(texts) => texts,
            Err(error) => return self.fail(vec![problem_of(format!("The settings cannot be read: {error:#}."))]).await,
        };
        let config = match texts.read(self.directory) {
            Ok(config) => config,
            Err(mistakes) => return self.fail(problems_of(mistakes)).await,
        };
        let progress = Watched::new(self.app, self.id);
        // Both take their time. What is known may be older than the directory's answer then; writing notices (`Outdated`).
        let policy = Policy::new(&config, self.started_at);
        let (fetched, known) = tokio::join!(fetch(self.app, &config, Arc::clone(&progress.so_far), lost), self.known(&policy));
        let snapshot = match fetched {
            Ok(snapshot) => snapshot,
            Err(error) => return self.fail(vec![problem_of(error.message)]).await,
        };
        progress.planning();
        self.has_read(&snapshot).await?;
        let mut known = Some(known);
        for _ in 0..ATTEMPTS {
            let current = match known.take() {
                Some(known) => known?,
                None => self.known(&policy).await?,
            };
            let plan = computing(|| reconcile(&snapshot, &current, &policy));
            self.mark(Stage::Plan);
            let changes = store::changes(&mut self.app.db.read().await?, &plan, &current).await?;
            let held_for = policy.guard.held_for;
            match plan.verdict(self.confirmed) {
                Verdict::Nothing => return self.unchanged(&plan, changes).await,
                Verdict::Hold(reason) => return self.hold(&plan, changes, reason, held_for).await,
                Verdict::Apply => {
                    progress.writing(self.app.clock.now().since(self.started_at)).await;
                    match self.write(&plan, &current, &changes).await? {
                        Written::Done(report) => return Ok(*report),
                        Written::Outdated => {}
                        Written::NoAdminLeft => {
                            let reason = "Nobody who can sign in would be an administrator of this server any more.";
                            return self.hold(&plan, changes, reason, held_for).await;
                        }
                        Written::LeaseLost => return self.fail(vec![problem_of(LEASE_LOST.to_owned())]).await,
                    }
                }
            }
        }
        let message = "People or groups were changed here each time the run was about to write. Nothing was changed; the next run tries again.";
        self.fail(vec![problem_of(message.to_owned())]).await
    }

    async fn known(&self, policy: &Policy) -> sqlx::Result<Current> {
        store::load(&mut self.app.db.read().await?, self.directory, policy).await
    }

    /// The directory was read to the end: what that told is kept, whatever becomes of the rest.
    async fn has_read(&self, snapshot: &Snapshot) -> sqlx::Result<()> {
        if let Ok(mut course) = self.course.lock() {
            *course = Course::after_reading(snapshot.stages.clone(), snapshot.server.clone());
        }
        let mut tx = self.app.db.begin().await?;
        store::standings::keep(&mut tx, self.directory, &snapshot.facts, self.app.clock.now()).await?;
        tx.commit().await
    }

    fn mark(&self, stage: Stage) {
        if let Ok(mut course) = self.course.lock() {
            course.mark(stage);
        }
    }

    /// The one transaction: everything the plan says, what follows for sessions, the audit log, and the run's end.
    async fn write(&self, plan: &Plan<'_>, current: &Current, changes: &Changes) -> sqlx::Result<Written> {
        let now = self.app.clock.now();
        let mut tx = self.app.db.begin().await?;
        let had_admin = users::has_admin(&mut tx).await?;
        // While what says which apps have something of them without a session (devices) is still there.
        sessions::end_all(&mut tx, &plan.deleted_users, now).await?;
        let created = match store::apply(&mut tx, self.directory, plan, current, now).await {
            Ok(created) => created,
            Err(NotApplied::Outdated) => return Ok(Written::Outdated),
            Err(NotApplied::Database(error)) => return Err(error),
        };
        let is_confirmed = self.confirmed == Some(plan.digest);
        if had_admin && !is_confirmed && !users::has_admin(&mut tx).await? {
            return Ok(Written::NoAdminLeft);
        }
        let out: Vec<UserId> = plan.locked_out().collect();
        sessions::end_all(&mut tx, &out, now).await?;

        let report = report(self.id, Outcome::Applied, None, plan, changes.clone(), now.since(self.started_at));
        let mut events = vec![self.event(Kind::DirectorySynced, &report, now)];
        if let Some(held) = self.order.confirm.filter(|_| is_confirmed) {
            store::runs::confirm(&mut tx, held, self.order.actor.id, now).await?;
            let event = self.event(Kind::DirectorySyncConfirmed, &report, now).with("confirmed", held.to_string());
            events.push(event.with("reason", plan.held_because.clone().unwrap_or_default()));
        }
        audit::record_all(&mut tx, events).await?;
        journal::of_plan(&mut tx, plan, changes, current, &created, &journal::Source { directory: self.directory, run: Some(self.id), now }).await?;
        self.finish(&mut tx, &report, None, now).await?;
        // Last, because the row of the lease is locked from here on: signs of life, and whoever looks whether a run goes on, would wait for all of this.
        if !self.lease.hold(&mut tx, LEASE_LIFETIME, self.app.clock.now()).await? {
            return Ok(Written::LeaseLost);
        }
        tx.commit().await?;
        let counts = plan.counts;
        if counts.users.created + counts.users.updated > MANY {
            let db = self.app.db.clone();
            tokio::spawn(async move {
                if let Err(error) = db.tidy(&["VACUUM (ANALYZE) users", "ANALYZE groups", "ANALYZE group_members"]).await {
                    tracing::debug!(%error, "PostgreSQL tidies its tables by itself later");
                }
            });
        }
        tracing::info!(
            created = counts.users.created,
            updated = counts.users.updated,
            disabled = counts.users.disabled,
            deleted = counts.users.deleted,
            linked = counts.users.linked,
            restored = counts.users.restored,
            problems = report.problems.len(),
            "the directory was synced"
        );
        Ok(Written::Done(Box::new(report)))
    }

    async fn unchanged(&self, plan: &Plan<'_>, changes: Changes) -> sqlx::Result<SyncReport> {
        let now = self.app.clock.now();
        let report = report(self.id, Outcome::Unchanged, None, plan, changes, now.since(self.started_at));
        let mut tx = self.app.db.begin().await?;
        self.finish(&mut tx, &report, None, now).await?;
        tx.commit().await?;
        Ok(report)
    }

    async fn hold(&self, plan: &Plan<'_>, changes: Changes, reason: &str, held_for: Duration) -> sqlx::Result<SyncReport> {
        let now = self.app.clock.now();
        let reason = match self.order.confirm {
            Some(held) => format!("{reason} What would change is no longer what the run {held} showed, so its confirmation does not count."),
            None => reason.to_owned(),
        };
        let report = report(self.id, Outcome::Held, Some(reason), plan, changes, now.since(self.started_at));
        let mut tx = self.app.db.begin().await?;
        let before = store::runs::held_before(&mut tx, self.directory, self.id, plan.digest).await?;
        self.finish(&mut tx, &report, Some(Held { digest: plan.digest, until: now + held_for }), now).await?;
        match before {
            // Said once; hourly repetitions of the same plan would only fill the log.
            Some(None) => {}
            Some(Some((by, at))) => {
                store::runs::discard(&mut tx, self.id, Some(by), at).await?;
            }
            None => audit::record(&mut tx, self.event(Kind::DirectorySyncHeld, &report, now)).await?,
        }
        tx.commit().await?;
        if !matches!(before, Some(Some(_))) {
            tracing::warn!(
                reason = report.held_because.as_deref().unwrap_or_default(),
                "a directory sync was held back and nothing was changed; look at {} or confirm it with `muster directory sync --confirm {}`",
                self.app.config.origin.url("/admin/directories"),
                self.id
            );
        }
        Ok(report)
    }

    async fn fail(&self, problems: Vec<Problem>) -> sqlx::Result<SyncReport> {
        let now = self.app.clock.now();
        let report = failed(self.id, problems, now.since(self.started_at));
        let mut tx = self.app.db.begin().await?;
        self.finish(&mut tx, &report, None, now).await?;
        audit::record(&mut tx, self.event(Kind::DirectorySyncFailed, &report, now)).await?;
        tx.commit().await?;
        for problem in &report.problems {
            tracing::warn!(setting = problem.attribute, reason = problem.message, "a directory sync failed and nothing was changed");
        }
        Ok(report)
    }

    async fn finish(&self, tx: &mut Tx, report: &SyncReport, held: Option<Held>, now: Timestamp) -> sqlx::Result<()> {
        store::runs::finish(tx, report, held, now).await?;
        let course = self.course.lock().map(|course| course.clone()).ok();
        if let Some(mut course) = course.filter(|course| !course.server.is_empty()) {
            course.mark(Stage::Write);
            store::history::course(tx, report.run_id, &course).await?;
        }
        store::runs::forget(tx, self.directory, now - self.app.settings().sync_run_retention.days()).await?;
        Ok(())
    }

    fn event(&self, kind: Kind, report: &SyncReport, now: Timestamp) -> audit::Event {
        let Order { trigger, actor, client, .. } = self.order;
        journal::of_run(kind, self.directory, *trigger, actor, client, report, now)
    }
}

const INTERRUPTED: &str = "The run was interrupted: the process that carried it out ended. Nothing was changed.";
const LEASE_LOST: &str = "Another run took over, because this one had shown no sign of life for a while. It changed nothing.";

/// [`client::fetch`] that ends when the server stops or the lease is lost.
async fn fetch(app: &App, config: &DirectoryConfig, so_far: Arc<SoFar>, lost: &CancellationToken) -> Result<Snapshot, FetchError> {
    let ended = |message: &str| Err(FetchError { phase: client::Phase::Connect, message: message.to_owned() });
    tokio::select! {
        fetched = client::fetch_noting(config, app.clock.now(), so_far) => fetched,
        () = lost.cancelled() => ended(LEASE_LOST),
        () = app.stopping.cancelled() => ended("The server was stopped before the directory was read. Nothing was changed."),
    }
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
