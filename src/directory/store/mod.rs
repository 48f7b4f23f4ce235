//! The SQL of the directory.
//!
//! What a sync writes of people and groups is here and not in their slices: a plan is applied as one piece, in one order, in one transaction, and its rows
//! would otherwise need a twin type per slice. The columns written here (everything the directory says) are written nowhere else for a directory's
//! people and groups; what people decide (blocking, local administrators, passkeys) is never touched here.
//!
//! Everything is set-based: a statement carries hundreds of rows (`UPDATE … FROM (VALUES …)`, whose columns both engines name `column1`, `column2`, …).

pub(super) mod directories;
pub(super) mod following;
mod groups;
pub(super) mod history;
pub(super) mod lookups;
pub(super) mod part;
pub(super) mod people;
pub(super) mod previews;
pub(super) mod runs;
pub(super) mod standings;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use super::model::EntryId;
use super::plan::{Changes, Current, Plan, Policy, RowHash, wanted_groups};
use crate::clock::Timestamp;
use crate::db::{Conn, Tx, Value};
use crate::id::{GroupId, UserId};

/// Reads what is known before a run. Holds one connection, changes nothing.
pub(super) async fn load(conn: &mut Conn, directory: &str, policy: &Policy) -> sqlx::Result<Current> {
    let users = people::known(conn, directory).await?;
    let others = people::others(conn, directory, policy.links_accounts()).await?;
    let groups = groups::known(conn, directory, &users).await?;
    let other_group_names = groups::names_of_others(conn, directory).await?;
    let local_groups = groups::local(conn, directory, &wanted_groups(policy), policy.links_accounts()).await?;
    let placed = groups::placed(conn, directory).await?;
    let people::Others { usernames: other_usernames, emails: other_emails, accounts: local_accounts } = others;
    Ok(Current { users, groups, other_usernames, other_emails, other_group_names, local_accounts, local_groups, placed })
}

/// The first changes of a plan, entry by entry.
pub(super) async fn changes(conn: &mut Conn, plan: &Plan<'_>, current: &Current) -> sqlx::Result<Changes> {
    let old = people::old_profiles(conn, &plan.changing_people()).await?;
    Ok(plan.changes(current, &old))
}

/// Why a plan was not applied; the transaction must be rolled back.
#[derive(Debug)]
pub(super) enum NotApplied {
    /// What the plan was made from is not what is stored any more: somebody took a name, or a row is gone.
    Outdated,
    /// The database failed.
    Database(sqlx::Error),
}

impl From<sqlx::Error> for NotApplied {
    fn from(error: sqlx::Error) -> Self {
        let is_conflict = error.as_database_error().is_some_and(|violation| violation.is_unique_violation() || violation.is_foreign_key_violation());
        if is_conflict { Self::Outdated } else { Self::Database(error) }
    }
}

/// The ids of what is new, by entry, and the memberships that began.
pub(super) struct Created<'p> {
    pub(super) users: HashMap<&'p EntryId, UserId>,
    pub(super) groups: HashMap<&'p EntryId, GroupId>,
    pub(super) joined: Vec<(GroupId, UserId, bool)>,
}

/// Writes a plan, in the order of its fields. Sessions, audit log and the run's row are the caller's.
pub(super) async fn apply<'p>(
    tx: &mut Tx,
    directory: &str,
    plan: &'p Plan<'_>,
    current: &Current,
    now: Timestamp,
) -> Result<Created<'p>, NotApplied> {
    people::release(tx, &plan.released_users, now).await?;
    people::depart(tx, &plan.departed_users, now).await?;
    people::delete(tx, &plan.deleted_users).await?;
    people::delete(tx, &plan.forgotten_users).await?;
    people::update(tx, &plan.updated_users, now).await?;
    people::link(tx, directory, &plan.linked_users, now).await?;
    let users = people::create(tx, directory, &plan.created_users, now).await?;
    groups::release(tx, &plan.released_groups, now).await?;
    groups::remove(tx, &plan.removed_groups, now).await?;
    groups::update(tx, &plan.updated_groups, now).await?;
    let groups = groups::create(tx, directory, &plan.created_groups, now).await?;
    groups::take_out(tx, &plan.removed_members).await?;
    let mut created = Created { users, groups, joined: Vec::new() };
    created.joined = joining(plan, current, &created)?;
    groups::put_in(tx, directory, &created.joined).await?;
    Ok(created)
}

/// The memberships that begin, by our ids, and whether they carry the directory's name. Both ends are known or in the plan; anything else would be a mistake
/// of the plan, and nothing of it may stay.
fn joining(plan: &Plan<'_>, current: &Current, created: &Created<'_>) -> Result<Vec<(GroupId, UserId, bool)>, NotApplied> {
    if plan.added_members.is_empty() && plan.placed_members.is_empty() {
        return Ok(Vec::new());
    }
    let linked = plan.linked_users.iter().map(|(id, row)| (&row.entry.id, *id));
    let known_users: HashMap<&EntryId, UserId> = current.users.iter().map(|user| (&user.entry_id, user.id)).chain(linked).collect();
    let known_groups: HashMap<&EntryId, GroupId> = current.groups.iter().map(|group| (&group.entry_id, group.id)).collect();
    let person = |member: &EntryId| known_users.get(member).or_else(|| created.users.get(member)).copied();
    let own = plan.added_members.iter().map(|(group, member)| {
        let group = known_groups.get(group).or_else(|| created.groups.get(group));
        Some((*group?, person(member)?, false))
    });
    let placed = plan.placed_members.iter().map(|placed| Some((placed.group, person(placed.member)?, placed.is_lasting)));
    own.chain(placed).collect::<Option<_>>().ok_or(NotApplied::Outdated)
}

/// Rows to be written, each made when its turn comes.
type Rows<'r, const N: usize> = Box<dyn Iterator<Item = [Value; N]> + Send + 'r>;

/// The statement changed as many rows as the plan has, or the plan is outdated.
fn all(changed: u64, rows: usize) -> Result<(), NotApplied> {
    if changed == rows as u64 { Ok(()) } else { Err(NotApplied::Outdated) }
}

/// A stored row hash; anything unreadable forces a write.
fn row_hash(stored: Option<Vec<u8>>) -> Option<RowHash> {
    stored.and_then(|bytes| bytes.try_into().ok()).map(RowHash)
}
