//! One follower: its lease, its connection, and what to do with what that tells.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use super::super::client::{self, Cursor, Mode, Notice, Touch};
use super::super::config::{DirectoryConfig, ServerAddress};
use super::super::report::{Outcome, Run, Trigger};
use super::super::run::{Order, SyncError, sync};
use super::super::store;
use super::batch::{self, Taken};
use crate::app::App;
use crate::clock::Timestamp;
use crate::lease::Lease;

/// How long a lease lasts without a sign of life: how soon another instance follows when this one dies.
const LEASE_LIFETIME: Duration = Duration::from_secs(10);
const HEARTBEAT: Duration = Duration::from_secs(3);
/// How often an instance that does not follow tries to.
const TRY_EVERY: Duration = Duration::from_secs(1);
/// How soon a broken connection is made again, the first time and at most.
const BACK_OFF: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));
/// Changes this close to each other are taken over together.
const DEBOUNCE: Duration = Duration::from_millis(50);
/// How often to look whether a run that reads everything is due, while one is wanted.
const LOOK_AGAIN: Duration = Duration::from_millis(300);
/// More entries than this at once, and everything is read.
const TOUCHES_MAX: usize = 1_000;
/// The run every server makes after its start does what a follower wants first.
const START_RUN_WITHIN: Duration = Duration::from_secs(8);
/// A run that reads everything may take one part in so many of the time.
const WHOLE_RUN_SHARE: u32 = 5;
/// How long after a run failed, or was held back, the next one may begin.
const AFTER_FAILURE: Duration = Duration::from_secs(30);
const AFTER_HOLD: Duration = Duration::from_secs(600);

/// Follows one directory while `stop` is not cancelled, whenever no other instance does.
pub(super) async fn follow(app: App, config: DirectoryConfig, stop: CancellationToken, server_started_at: Timestamp) {
    let name = format!("follow:{}", config.name);
    loop {
        let taken = Lease::take(&app.db, &name, LEASE_LIFETIME, app.clock.now()).await;
        match taken {
            Ok(Some(lease)) => {
                let holds = stop.child_token();
                let heartbeat = keep_alive(&app, &lease, &holds);
                Session { app: &app, config: &config, holds: &holds, server_started_at }.run().await;
                drop(heartbeat);
                if let Err(error) = lease.release(&app.db).await {
                    tracing::debug!(%error, "the lease for following a directory could not be given back; it runs out by itself");
                }
            }
            Ok(None) => {}
            Err(error) => tracing::warn!(%error, "the lease for following a directory cannot be taken"),
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(TRY_EVERY) => {}
        }
    }
}

/// Shows that the follower lives; cancels `holds` when the lease went to somebody else.
fn keep_alive(app: &App, lease: &Lease, holds: &CancellationToken) -> AbortOnDropHandle<()> {
    let (app, lease, holds) = (app.clone(), lease.clone(), holds.clone());
    AbortOnDropHandle::new(tokio::spawn(async move {
        loop {
            tokio::time::sleep(HEARTBEAT).await;
            match lease.prolong(&app.db, LEASE_LIFETIME, app.clock.now()).await {
                Ok(true) => {}
                Ok(false) => return holds.cancel(),
                Err(error) => tracing::warn!(%error, "the lease for following a directory could not be prolonged"),
            }
        }
    }))
}

/// What was told and not looked at yet; bounded, however much a server tells.
#[derive(Default)]
struct Pending {
    told: Mutex<Told>,
    changed: Notify,
}

#[derive(Default)]
struct Told {
    following: Option<(Mode, ServerAddress, bool, &'static str)>,
    touches: HashSet<Touch>,
    doubt: Option<&'static str>,
    cursor: Option<Cursor>,
    is_over: bool,
}

impl Pending {
    fn tell(&self, notice: Notice) {
        {
            let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
            match notice {
                Notice::Following { mode, server, resumed, caveat } => told.following = Some((mode, server, resumed, caveat)),
                Notice::Touched(touches) => told.touches.extend(touches),
                Notice::Doubt(reason) => told.doubt = Some(reason),
                Notice::Cursor(cursor) => told.cursor = Some(cursor),
            }
            if told.touches.len() > TOUCHES_MAX {
                told.touches = HashSet::new();
                told.doubt = Some("more changed than is looked at one by one");
            }
        }
        self.changed.notify_one();
    }

    fn close(&self) {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).is_over = true;
        self.changed.notify_one();
    }

    fn take(&self) -> Told {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let is_over = told.is_over;
        std::mem::replace(&mut *told, Told { is_over, ..Told::default() })
    }
}

/// Why everything is to be read, and what run does.
#[derive(Clone, Copy, Debug)]
struct Need {
    /// A run that began then or later.
    since: Timestamp,
    reason: &'static str,
}

/// A follower that holds the lease.
struct Session<'s> {
    app: &'s App,
    config: &'s DirectoryConfig,
    holds: &'s CancellationToken,
    server_started_at: Timestamp,
}

impl Session<'_> {
    /// Connects again and again until the lease is lost or the follower is to stop.
    async fn run(&self) {
        let (mut cursor, mut wait, mut mode) = (None, BACK_OFF.0, Mode::Interval);
        while !self.holds.is_cancelled() {
            let pending = Arc::new(Pending::default());
            let tell = {
                let pending = Arc::clone(&pending);
                Arc::new(move |notice| pending.tell(notice))
            };
            let watch = async {
                let ended = tokio::select! {
                    ended = client::watch(self.config, cursor.take(), tell) => Some(ended),
                    () = self.holds.cancelled() => None,
                };
                pending.close();
                ended
            };
            // What was told before the connection broke is taken over to the end.
            let (ended, worked) = tokio::join!(watch, self.work(&pending));
            if let Some(followed) = worked.mode {
                (mode, wait) = (followed, BACK_OFF.0);
            }
            cursor = worked.cursor;
            match ended {
                None | Some(Ok(())) => self.note(mode, None, "").await,
                Some(Err(error)) => {
                    tracing::info!(directory = self.config.name, reason = error.message, "the directory is not followed now");
                    self.note(mode, None, &error.message).await;
                }
            }
            tokio::select! {
                () = self.holds.cancelled() => {}
                () = tokio::time::sleep(wait) => {}
            }
            wait = (wait * 2).min(BACK_OFF.1);
        }
    }

    /// Takes over what is told, until the watch is over.
    async fn work(&self, pending: &Pending) -> Worked {
        let (mut worked, mut config, mut need) = (Worked::default(), self.config.clone(), None);
        let (mut caveat, mut since) = ("", None);
        loop {
            tokio::select! {
                () = pending.changed.notified() => {}
                () = tokio::time::sleep(LOOK_AGAIN), if need.is_some() => {}
            }
            tokio::time::sleep(DEBOUNCE).await;
            let now = self.app.clock.now();
            let told = pending.take();
            if let Some((mode, server, resumed, what_not)) = told.following {
                (worked.mode, caveat, since) = (Some(mode), what_not, Some(now));
                // Another server of the same directory may lag behind the one that told.
                config.connection.servers = vec![server];
                if !resumed {
                    need = Some(Need { since: now, reason: "" });
                }
                self.note(mode, since, caveat).await;
                tracing::info!(directory = self.config.name, mode = mode.as_str(), resumed, "the directory's changes are followed");
            }
            let doubt = told.doubt.or(match self.take_over(&config, told.touches).await {
                Taken::All => None,
                Taken::NotAll(reason) => Some(reason),
            });
            if let Some(reason) = doubt {
                tracing::info!(directory = self.config.name, reason, "everything in the directory is to be read");
                need = Some(Need { since: self.app.clock.now(), reason });
            }
            if let Some(needed) = need {
                need = self.read_everything(needed).await;
                if let Some(mode) = worked.mode.filter(|_| !needed.reason.is_empty()) {
                    let problem = if need.is_some() { format!("Waiting for a full sync: {}.", needed.reason) } else { caveat.to_owned() };
                    self.note(mode, since, &problem).await;
                }
            }
            worked.cursor = match need {
                // A gap is closed by a run, not by going on behind it.
                Some(_) => None,
                None => told.cursor.or(worked.cursor),
            };
            if told.is_over || self.holds.is_cancelled() {
                return worked;
            }
        }
    }

    async fn take_over(&self, config: &DirectoryConfig, touches: HashSet<Touch>) -> Taken {
        if touches.is_empty() {
            return Taken::All;
        }
        let touches: Vec<Touch> = touches.into_iter().collect();
        match batch::take_over(self.app, config, &touches).await {
            Ok(taken) => taken,
            Err(error) => {
                tracing::info!(directory = self.config.name, cause = format!("{error:#}"), "changes told by the directory could not be taken over");
                Taken::NotAll("what changed could not be read")
            }
        }
    }

    /// Sees to a run that satisfies the need; gives the need back while there was none.
    async fn read_everything(&self, need: Need) -> Option<Need> {
        let wanted = async {
            let now = self.app.clock.now();
            let latest = store::runs::latest_whole(&mut self.app.db.read().await?, &self.config.name, now).await?;
            // A start that lies ahead is long over: the clock was set back.
            let is_starting = self.server_started_at <= now && now < self.server_started_at + START_RUN_WITHIN;
            match &latest {
                Some(run) if run.started_at >= need.since && has_read(run) => return Ok(None),
                Some(run) if now < next_after(run) => return Ok(Some(need)),
                None if is_starting => return Ok(Some(need)),
                Some(run) if run.started_at < self.server_started_at && is_starting => return Ok(Some(need)),
                _ => {}
            }
            let order = Order::by_itself(Trigger::CatchUp);
            // Joins a run that goes on; whether that began late enough is seen the next time.
            tokio::select! {
                ended = sync(self.app, &self.config.name, &order) => ended.map(|_| ())?,
                () = self.holds.cancelled() => return Ok(Some(need)),
            }
            let latest = store::runs::latest_whole(&mut self.app.db.read().await?, &self.config.name, self.app.clock.now()).await?;
            Ok(Some(need).filter(|need| !latest.is_some_and(|run| run.started_at >= need.since && has_read(&run))))
        };
        match wanted.await {
            Ok(need) => need,
            Err(error) => {
                let error: SyncError = error;
                if !matches!(error, SyncError::SwitchedOff | SyncError::Stopping) {
                    tracing::warn!(%error, "a directory could not be read to catch up with its changes");
                }
                Some(need)
            }
        }
    }

    async fn note(&self, mode: Mode, since: Option<Timestamp>, problem: &str) {
        let noted = async {
            let mut tx = self.app.db.begin().await?;
            store::following::note(&mut tx, &self.config.name, mode, since, problem).await?;
            tx.commit().await
        };
        if let Err(error) = noted.await {
            tracing::warn!(%error, "how a directory is followed could not be noted");
        }
    }
}

/// What working through one connection's notices came to.
#[derive(Default)]
struct Worked {
    mode: Option<Mode>,
    /// Everything before it is in force.
    cursor: Option<Cursor>,
}

/// Whether a run read the directory to the end, whatever became of it.
fn has_read(run: &Run) -> bool {
    matches!(run.outcome, Some(Outcome::Applied | Outcome::Unchanged | Outcome::Held))
}

/// When the next run that reads everything may begin for following's sake.
fn next_after(run: &Run) -> Timestamp {
    let Some(finished_at) = run.finished_at else { return Timestamp::EPOCH };
    finished_at
        + match run.outcome {
            Some(Outcome::Failed) => AFTER_FAILURE,
            Some(Outcome::Held) => AFTER_HOLD,
            _ => finished_at.since(run.started_at) * WHOLE_RUN_SHARE,
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn touch(number: usize) -> Touch {
        Touch { person: Some(format!("{number}").as_str().into()), group: None, dn: format!("uid={number},dc=x"), is_gone: false, is_place: false }
    }

    #[test]
    fn what_is_told_is_kept_once_and_never_without_bound() {
        let pending = Pending::default();
        pending.tell(Notice::Touched(vec![touch(1), touch(2)]));
        pending.tell(Notice::Touched(vec![touch(1)]));
        let told = pending.take();
        assert_eq!((told.touches.len(), told.doubt), (2, None));
        for number in 0..=TOUCHES_MAX {
            pending.tell(Notice::Touched(vec![touch(number)]));
        }
        let told = pending.take();
        assert!(told.touches.is_empty() && told.doubt.is_some());
        pending.close();
        assert!(pending.take().is_over && pending.take().is_over, "the end is not forgotten");
    }

    #[test]
    fn runs_that_read_everything_leave_room_between_them() {
        let at = |seconds| Timestamp::EPOCH + Duration::from_secs(seconds);
        let run = |outcome| Run {
            id: crate::id::SyncRunId::new(),
            started_by: Trigger::CatchUp,
            started_at: at(100),
            finished_at: Some(at(110)),
            outcome: Some(outcome),
            progress: None,
            counts: crate::directory::report::Counts::default(),
            held_because: None,
            held_until: None,
            confirmed_at: None,
            discarded_at: None,
        };
        for (outcome, next) in [(Outcome::Applied, 160), (Outcome::Unchanged, 160), (Outcome::Failed, 140), (Outcome::Held, 710)] {
            assert_eq!(next_after(&run(outcome)), at(next), "{outcome:?}");
        }
    }
}
