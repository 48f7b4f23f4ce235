//! A run that has its turn: it reads, decides and writes.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::super::client::{self, FetchError, SoFar};
use super::super::config::DirectoryConfig;
use super::super::course::{Course, Stage};
use super::super::journal;
use super::super::model::{Problem, Snapshot};
use super::super::plan::{Changes, Current, Plan, PlanDigest, Policy, Verdict, reconcile};
use super::super::progress::Watched;
use super::super::report::{Outcome, SyncReport, Trigger};
use super::super::store::runs::Held;
use super::super::store::{self, NotApplied};
use super::aside::Aside;
use super::turn::{INTERRUPTED, LEASE_LIFETIME, keep_alive};
use super::{Order, SyncError, computing, failed, problem_of, problems_of, report};
use crate::app::App;
use crate::audit::{self, Kind};
use crate::clock::Timestamp;
use crate::db::Tx;
use crate::id::{SyncRunId, UserId};
use crate::lease::Lease;
use crate::sessions;
use crate::users;

/// After how many new or changed people PostgreSQL is told to look at its tables: it does so by itself, but a minute later, and chooses badly until then.
const MANY: usize = 10_000;
/// How often a plan is made anew when people or groups were changed here between planning and writing.
const ATTEMPTS: usize = 3;

/// Writes a plan that was made of a few entries, as a run of its own; `None` when it must not be written as it stands and everything is to be read instead.
/// `lookups` is how many there had been before the entries were read.
///
/// # Errors
/// When the database refuses.
pub(in super::super) async fn write_part(
    app: &App,
    directory: &str,
    lease: &Lease,
    plan: &Plan<'_>,
    current: &Current,
    lookups: i64,
) -> sqlx::Result<Option<SyncReport>> {
    let (order, id, started_at) = (Order::by_itself(Trigger::Follow), SyncRunId::new(), app.clock.now());
    let mut tx = app.db.begin().await?;
    store::runs::start(&mut tx, id, directory, order.trigger, started_at).await?;
    tx.commit().await?;
    let course = Mutex::new(Course::begin());
    let run = Run { app, directory, order: &order, lease, id, started_at, confirmed: None, course };
    let changes = store::changes(&mut app.db.read().await?, plan, current).await?;
    let written = run.write(plan, current, &changes, lookups).await;
    if let Ok(Written::Done(report)) = written {
        return Ok(Some(*report));
    }
    let mut tx = app.db.begin().await?;
    store::runs::remove(&mut tx, id).await?;
    tx.commit().await?;
    written.map(|_| None)
}

pub(super) async fn under_lease(app: &App, directory: &str, order: &Order, lease: &Lease) -> Result<SyncReport, SyncError> {
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
    // Whatever was found out until here was so before the directory is read.
    store::lookups::forget(&mut tx, directory).await?;
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
    /// People or groups were changed here meanwhile, or somebody was looked at by themselves; nothing was written.
    Outdated,
    /// Nobody who can sign in would be an administrator; nothing was written.
    NoAdminLeft,
    /// The lease went to somebody else; nothing was written.
    LeaseLost,
    /// Somebody decided against the run that was to be confirmed; nothing was written.
    Discarded,
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
        let texts = match super::super::texts(self.app, self.directory).await {
            Ok(texts) => texts,
            Err(error) => return self.fail(vec![problem_of(format!("The settings cannot be read: {error:#}."))]).await,
        };
        if !texts.is_enabled() {
            return self.fail(vec![problem_of("The directory was switched off before the run had its turn. Nothing was changed.".to_owned())]).await;
        }
        let config = match texts.read(self.directory) {
            Ok(config) => config,
            Err(mistakes) => return self.fail(problems_of(mistakes)).await,
        };
        let progress = Watched::new(self.app, self.id);
        // Both take their time. What is known may be older than the directory's answer then; writing notices (`Outdated`).
        let policy = Policy::new(&config, self.started_at);
        let (fetched, known) = tokio::join!(fetch(self.app, &config, Arc::clone(&progress.so_far), lost), self.known(&policy));
        let mut snapshot = match fetched {
            Ok(snapshot) => Aside::new(snapshot),
            Err(error) => return self.fail(vec![problem_of(error.message)]).await,
        };
        progress.planning();
        self.has_read(&snapshot).await?;
        let mut known = Some(known);
        for _ in 0..ATTEMPTS {
            let lookups = store::lookups::count(&mut self.app.db.read().await?, self.directory).await?;
            let looked_at = store::lookups::since(&mut self.app.db.read().await?, self.directory).await?;
            if !looked_at.is_empty() {
                // What is known of them now is younger than what was read of them.
                known = None;
                match client::read_part(&config, &looked_at, &[], self.app.clock.now()).await {
                    Ok(part) => snapshot.put_right(&looked_at, (part.users, part.skipped_users), config.placement.import_group.is_some()),
                    Err(error) => return self.fail(vec![problem_of(error.message)]).await,
                }
            }
            let current = Aside::new(match known.take() {
                Some(known) => known?,
                None => self.known(&policy).await?,
            });
            let plan = computing(|| reconcile(&snapshot, &current, &policy));
            self.mark(Stage::Plan);
            let changes = store::changes(&mut self.app.db.read().await?, &plan, &current).await?;
            let held_for = policy.guard.held_for;
            match plan.verdict(self.confirmed) {
                Verdict::Nothing => return self.unchanged(&plan, changes).await,
                Verdict::Hold(reason) => return self.hold(&plan, changes, reason, held_for).await,
                Verdict::Apply => {
                    progress.writing(self.app.clock.now().since(self.started_at)).await;
                    match self.write(&plan, &current, &changes, lookups).await? {
                        Written::Done(report) => return Ok(*report),
                        Written::Outdated => {}
                        Written::NoAdminLeft => {
                            let reason = "Nobody who can sign in would be an administrator of this server any more.";
                            return self.hold(&plan, changes, reason, held_for).await;
                        }
                        Written::LeaseLost => return self.fail(vec![problem_of(LEASE_LOST.to_owned())]).await,
                        Written::Discarded => return self.fail(vec![problem_of(DISCARDED.to_owned())]).await,
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
    async fn write(&self, plan: &Plan<'_>, current: &Current, changes: &Changes, lookups: i64) -> sqlx::Result<Written> {
        let now = self.app.clock.now();
        let mut tx = self.app.db.begin_long().await?;
        // First, so that whoever is looked at by themselves meanwhile is so before all of this, or after it.
        if !store::lookups::hold(&mut tx, self.directory, lookups).await? {
            return Ok(Written::Outdated);
        }
        let administered = users::administered(&mut tx).await?;
        // While what says which apps have something of them without a session (devices) is still there.
        sessions::end_all(&mut tx, &plan.deleted_users, now).await?;
        let created = match store::apply(&mut tx, self.directory, plan, current, now).await {
            Ok(created) => created,
            Err(NotApplied::Outdated) => return Ok(Written::Outdated),
            Err(NotApplied::Database(error)) => return Err(error),
        };
        let is_confirmed = self.confirmed == Some(plan.digest);
        if !is_confirmed && users::administered(&mut tx).await? < administered {
            return Ok(Written::NoAdminLeft);
        }
        let out: Vec<UserId> = plan.locked_out().collect();
        sessions::end_all(&mut tx, &out, now).await?;

        let report = report(self.id, Outcome::Applied, None, plan, changes.clone(), now.since(self.started_at));
        let mut events = vec![self.event(Kind::DirectorySynced, &report, now)];
        if let Some(held) = self.order.confirm.filter(|_| is_confirmed) {
            // Reading took its time, in which another administrator may have decided.
            if !store::runs::confirm(&mut tx, held, self.order.actor.id, now).await? {
                return Ok(Written::Discarded);
            }
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
        if self.order.trigger != Trigger::Follow {
            store::runs::forget_lists(tx, self.directory).await?;
        }
        Ok(())
    }

    fn event(&self, kind: Kind, report: &SyncReport, now: Timestamp) -> audit::Event {
        let Order { trigger, actor, client, .. } = self.order;
        journal::of_run(kind, self.directory, *trigger, actor, client, report, now)
    }
}

const LEASE_LOST: &str = "Another run took over, because this one had shown no sign of life for a while. It changed nothing.";

const DISCARDED: &str = "The run that was to be applied was discarded by somebody else while the directory was read. Nothing was changed.";

/// [`client::fetch`] that ends when the server stops or the lease is lost.
pub(super) async fn fetch(app: &App, config: &DirectoryConfig, so_far: Arc<SoFar>, lost: &CancellationToken) -> Result<Snapshot, FetchError> {
    let ended = |message: &str| Err(FetchError { phase: client::Phase::Connect, message: message.to_owned() });
    tokio::select! {
        fetched = client::fetch_noting(config, app.clock.now(), so_far) => fetched,
        () = lost.cancelled() => ended(LEASE_LOST),
        () = app.stopping.cancelled() => ended("The server was stopped before the directory was read. Nothing was changed."),
    }
}
