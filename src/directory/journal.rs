//! What a run leaves in the audit log: one event for the run, and one for each person it happened to, up to a limit.

use std::collections::{HashMap, HashSet};

use serde_json::json;

use super::plan::{Change, Current, KnownUser, Plan};
use super::report::{Counts, SyncReport, Trigger};
use super::store::Created;
use crate::audit::{Actor, Event, Kind};
use crate::clock::Timestamp;
use crate::id::{GroupId, UserId};
use crate::web::Client;

/// Events about single people and groups per run. Who lost or won access comes first; the counts in the run's own event are always whole.
const DETAILS_MAX: usize = 300;

/// The event of the run itself.
pub(super) fn of_run(kind: Kind, directory: &str, trigger: Trigger, actor: &Actor, client: &Client, report: &SyncReport, now: Timestamp) -> Event {
    let event = Event::new(now, kind, actor.clone()).on(report.run_id.uuid(), directory).from_client(client).with("started_by", trigger.as_str());
    let Counts { users, groups, memberships } = report.counts;
    match kind {
        Kind::DirectorySyncFailed => event.with("reason", report.problems.first().map_or("", |problem| problem.message.as_str())),
        Kind::DirectorySyncHeld => event.with("reason", report.held_because.clone().unwrap_or_default()),
        _ => event.with("users", json!(users)).with("groups", json!(groups)).with("memberships", json!(memberships)),
    }
}

/// The events of the people and groups a plan changed.
pub(super) fn of_plan(plan: &Plan<'_>, current: &Current, created: &Created<'_>, directory: &str, now: Timestamp) -> Vec<Event> {
    let known: HashMap<UserId, &KnownUser> = current.users.iter().map(|user| (user.id, user)).collect();
    let actor = Actor::system("directory sync");
    let event = |kind, id: Option<uuid::Uuid>, name: &str| Event::new(now, kind, actor.clone()).on(id, name).with("directory", directory);
    let named = |id: &UserId| known.get(id).map_or("", |user| user.username.as_str());
    let changed = |wanted| plan.updated_users.iter().filter(move |(_, change, _)| *change == wanted);
    let was_admin = |id: &UserId| known.get(id).is_some_and(|user| user.is_admin);

    let admins = plan.updated_users.iter().filter(|(id, _, row)| was_admin(id) != row.is_admin).map(|(id, _, row)| {
        let words = if row.is_admin { "no → yes" } else { "yes → no" };
        event(Kind::UserChanged, Some(id.uuid()), &row.username).with("administrator", words)
    });
    let departed = plan.departed_users.iter().map(|id| event(Kind::UserDisabled, Some(id.uuid()), named(id)).with("reason", "left the directory"));
    let deleted = plan.deleted_users.iter().map(|id| event(Kind::UserDeleted, Some(id.uuid()), named(id)).with("reason", "left the directory"));
    let disabled = changed(Change::Disabled)
        .map(|(id, _, row)| event(Kind::UserDisabled, Some(id.uuid()), &row.username).with("reason", "disabled in the directory"));
    let restored = changed(Change::Restored).map(|(id, _, row)| event(Kind::UserRestored, Some(id.uuid()), &row.username));
    let created_users = plan
        .created_users
        .iter()
        .map(|row| event(Kind::UserCreated, created.users.get(&row.entry.id).map(|id| id.uuid()), &row.username).with("administrator", row.is_admin));
    let removed: HashSet<GroupId> = plan.removed_groups.iter().copied().collect();
    let removed_groups =
        current.groups.iter().filter(|group| removed.contains(&group.id)).map(|group| event(Kind::GroupRemoved, Some(group.id.uuid()), &group.name));
    let created_groups =
        plan.created_groups.iter().map(|row| event(Kind::GroupCreated, created.groups.get(&row.entry.id).map(|id| id.uuid()), &row.name));
    admins
        .chain(departed)
        .chain(deleted)
        .chain(disabled)
        .chain(restored)
        .chain(created_users)
        .chain(removed_groups)
        .chain(created_groups)
        .take(DETAILS_MAX)
        .collect()
}
