//! One person, asked for at the moment they sign in: whoever left an hour ago does not come in because the next run is only due later.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::super::client::{self, FetchError, Part};
use super::super::config::DirectoryConfig;
use super::super::model::{DirectoryState, EntryId, Snapshot};
use super::super::plan::{Extent, Policy, Verdict, reconcile};
use super::super::store::lookups::RowMark;
use super::super::store::{self, NotApplied};
use super::super::{journal, texts};
use super::batch::{leaving, may_lose, of_people};
use crate::app::App;
use crate::clock::Timestamp;
use crate::id::UserId;
use crate::sessions;
use crate::users::{self, User};

/// How long the directory may take, everything together: somebody waits.
const WITHIN: Duration = Duration::from_secs(2);
/// How often the directory is asked when a run wrote about the person between its answer and ours.
const ROUNDS: usize = 3;
/// How long a directory that did not answer is not asked again.
const REMEMBERED_FOR: Duration = Duration::from_secs(30);

/// Directories that did not answer lately.
#[derive(Debug, Default)]
pub struct Outages(Mutex<HashMap<String, Timestamp>>);

impl Outages {
    fn lasts(&self, directory: &str, now: Timestamp) -> bool {
        let mut since = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        since.retain(|_, at| *at + REMEMBERED_FOR > now);
        since.contains_key(directory)
    }

    fn begins(&self, directory: &str, now: Timestamp) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(directory.to_owned(), now);
    }
}

/// What asking the directory for one person came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refreshed {
    /// There was nothing to ask: a local person, a directory that is off, or one that is not to be asked at sign-in.
    NotAsked,
    /// They are known as they are.
    Unchanged,
    /// Something is different now; they may come in. Read their row again.
    Updated,
    /// They are disabled there, or not there any more, or somebody else found out more meanwhile; their row says so now. Read it again.
    Out,
    /// The directory did not answer in time, or its answer could not be used; what is known counts.
    Unreachable,
}

/// Asks the directory for one person, for at most two seconds, and brings their row up to date; groups are left as they are. Whoever cannot be found, asked
/// for twice, has left, unless so many have since the last run that the directory rather than they may be at fault. A directory that does not answer is left
/// alone for half a minute.
///
/// There is no lease to wait for: somebody wants to come in. Where a run wrote about the same person meanwhile, the directory is asked again, and a run that
/// has begun to read reads this person again before it writes (`store::lookups`).
pub async fn refresh_person(app: &App, user: &User, now: Timestamp) -> Refreshed {
    let (Some(directory), Some(entry_id)) = (user.directory.as_deref(), user.entry_id.as_deref()) else { return Refreshed::NotAsked };
    if app.outages.lasts(directory, now) {
        return Refreshed::Unreachable;
    }
    let config = match texts(app, directory).await {
        Ok(texts) if texts.is_enabled() => texts.read(directory).ok().filter(|config| config.schedule.at_sign_in && config.life_cycle.sync_users),
        Ok(_) => None,
        Err(error) => {
            tracing::warn!(cause = format!("{error:#}"), "the settings of a directory cannot be read; the person who signs in is not asked for");
            None
        }
    };
    let Some(mut config) = config else { return Refreshed::NotAsked };
    let within = share_of_each(config.connection.servers.len());
    let limits = &mut config.connection.limits;
    limits.connect_within = limits.connect_within.min(within);
    limits.answer_within = limits.answer_within.min(WITHIN);
    limits.run_within = WITHIN;
    let id = [EntryId::from(entry_id)];
    for _ in 0..ROUNDS {
        let asked = async {
            let mark = store::lookups::mark(&mut app.db.read().await?, user.id).await?;
            let part = match tokio::time::timeout(WITHIN, ask(&config, &id, now)).await {
                Ok(Ok(part)) => part,
                failed => {
                    app.outages.begins(directory, now);
                    let reason = match failed {
                        Ok(Err(error)) => error.message,
                        _ => "it took longer than two seconds".to_owned(),
                    };
                    tracing::warn!(directory, reason, "the directory could not be asked for a person who signs in; what is known counts");
                    return Ok(Some(Refreshed::Unreachable));
                }
            };
            bring_up_to_date(app, &config, user.id, &mark, &id, &part, now).await
        };
        match asked.await {
            Ok(Some(refreshed)) => return refreshed,
            Ok(None) => tracing::debug!(directory, "a run wrote about a person who signs in; the directory is asked again"),
            Err(error) => {
                let error: sqlx::Error = error;
                tracing::warn!(%error, "a person who signs in could not be brought up to date; what is known counts");
                return Refreshed::Unreachable;
            }
        }
    }
    // What others wrote meanwhile counts, and they read the same directory.
    Refreshed::Out
}

/// How long reaching one of so many servers may take: the directory is asked twice, each time over a connection of its own, and a silent server must leave time
/// for the next.
fn share_of_each(servers: usize) -> Duration {
    if servers < 2 { WITHIN } else { WITHIN / u32::try_from(servers).unwrap_or(u32::MAX).saturating_mul(2) }
}

/// Asks twice before saying that somebody is not there.
async fn ask(config: &DirectoryConfig, id: &[EntryId], now: Timestamp) -> Result<Part, FetchError> {
    let part = client::read_part(config, id, &[], now).await?;
    if part.users.is_empty() && part.skipped_users.is_empty() { client::read_part(config, id, &[], now).await } else { Ok(part) }
}

/// Writes what became of one person; `None` when their row is not what `mark` says any more.
async fn bring_up_to_date(
    app: &App,
    config: &DirectoryConfig,
    user: UserId,
    mark: &RowMark,
    id: &[EntryId; 1],
    part: &Part,
    now: Timestamp,
) -> sqlx::Result<Option<Refreshed>> {
    let policy = Policy::new(config, now).of_part(Extent::SomePeople);
    let current = of_people(app, &config.name, id, part, &policy).await?;
    let Part { mut users, skipped_users, problems, .. } = part.clone();
    if config.placement.import_group.is_some() {
        // They may have left the group of which only the members are taken over: whether they are in it again, a run that reads the groups says.
        users.retain(|user| current.users.iter().any(|known| known.entry_id == user.id && known.state != DirectoryState::Missing));
    }
    let snapshot = Snapshot { users, skipped_users, problems, ..Snapshot::default() };
    let mut plan = reconcile(&snapshot, &current, &policy);
    plan.held_because = None;
    if !plan.created_users.is_empty() || plan.verdict(None) == Verdict::Nothing {
        // A run may have come first; whoever asks has their row from before it.
        let is_in = current.users.iter().any(|known| known.entry_id == id[0] && known.state == DirectoryState::Active);
        return Ok(Some(if is_in { Refreshed::Unchanged } else { Refreshed::Out }));
    }
    let out = leaving(&plan);
    let ended = store::part::memberships_of(&mut app.db.read().await?, &config.name, &plan.departed_users).await?;
    plan.removed_members.extend(ended);
    // Whoever comes back is about to get a session, which must be younger than what their absence ended.
    let at = if out.is_empty() { now - Duration::from_millis(1) } else { now };
    let changes = store::changes(&mut app.db.read().await?, &plan, &current).await?;
    let mut tx = app.db.begin().await?;
    // Many may sign in at one moment: each counts those before.
    store::lookups::note(&mut tx, &config.name, &id[0]).await?;
    if store::lookups::mark(&mut tx, user).await? != *mark {
        return Ok(None);
    }
    if !may_lose(&mut tx, config, &plan, &current).await? {
        tracing::warn!(
            directory = config.name,
            "a person who signs in is not in the directory, like more than may go without confirmation; what is known counts"
        );
        return Ok(Some(Refreshed::Unreachable));
    }
    let administered = users::administered(&mut tx).await?;
    let created = match store::apply(&mut tx, &config.name, &plan, &current, at).await {
        Ok(created) => created,
        // Somebody took the name they have now, or they are gone.
        Err(NotApplied::Outdated) => return Ok(None),
        Err(NotApplied::Database(error)) => return Err(error),
    };
    if users::administered(&mut tx).await? < administered {
        tracing::warn!(directory = config.name, "the last administrator is not in the directory or disabled there; that needs a confirmed sync");
        return Ok(Some(Refreshed::Unreachable));
    }
    sessions::end_all(&mut tx, &out, now).await?;
    let source = journal::Source { directory: &config.name, run: None, now };
    journal::of_plan(&mut tx, &plan, &changes, &current, &created, &source).await?;
    tx.commit().await?;
    Ok(Some(if out.is_empty() { Refreshed::Updated } else { Refreshed::Out }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_silent_server_leaves_time_for_the_next_one_both_times() {
        assert_eq!([0, 1, 2, 4].map(share_of_each), [2_000, 2_000, 500, 250].map(Duration::from_millis));
    }

    #[test]
    fn a_directory_that_did_not_answer_is_left_alone_for_half_a_minute() {
        let (outages, start) = (Outages::default(), Timestamp::EPOCH + Duration::from_secs(1_000));
        assert!(!outages.lasts("default", start));
        outages.begins("default", start);
        assert!(outages.lasts("default", start + Duration::from_secs(29)));
        assert!(!outages.lasts("other", start), "each for itself");
        assert!(!outages.lasts("default", start + Duration::from_secs(30)));
    }
}
