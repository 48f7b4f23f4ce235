//! What a run leaves in the audit log: one event for the run, and one for each person and group it happened to, each with the run's id.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use serde_json::json;

use super::plan::{Change, ChangeKind, Changes, Current, FieldChange, KnownGroup, KnownUser, Plan, UserRow, What};
use super::report::{Counts, SyncReport, Trigger};
use super::store::Created;
use crate::audit::{self, Actor, Event, Kind};
use crate::clock::Timestamp;
use crate::db::Tx;
use crate::id::{GroupId, SyncRunId, UserId};
use crate::web::Client;

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

/// What an event comes from.
pub(super) struct Source<'r> {
    pub(super) directory: &'r str,
    /// The run; somebody who is asked for while they sign in belongs to none.
    pub(super) run: Option<SyncRunId>,
    pub(super) now: Timestamp,
}

impl Source<'_> {
    fn event(&self, kind: Kind, id: Option<uuid::Uuid>, name: &str) -> Event {
        let event = Event::new(self.now, kind, Actor::system("directory sync")).on(id, name);
        let event = event.with("directory", self.directory);
        match self.run {
            Some(run) => event.with("run", run.to_string()),
            None => event,
        }
    }
}

/// Records what a plan did: an event for each person and group that changed. Memberships are told once per group.
pub(super) async fn of_plan(
    tx: &mut Tx,
    plan: &Plan<'_>,
    changes: &Changes,
    current: &Current,
    created: &Created<'_>,
    source: &Source<'_>,
) -> sqlx::Result<()> {
    let events: Box<dyn Iterator<Item = Event> + Send + '_> = Box::new(of_people(plan, changes, current, created, source));
    audit::record_many(tx, events).await?;
    audit::record_all(tx, of_groups(plan, current, created, source)).await
}

/// An event for each person that changed, made one after another, so that a first import of a large directory takes no more memory than a small one.
fn of_people<'p>(
    plan: &'p Plan<'_>,
    changes: &'p Changes,
    current: &'p Current,
    created: &'p Created<'_>,
    source: &'p Source<'_>,
) -> impl Iterator<Item = Event> + Send + 'p {
    let known = Arc::new(known_people(plan, current));
    let name_of = |known: &HashMap<UserId, &'p KnownUser>, id: UserId| known.get(&id).map_or("", |user| user.username.as_str());
    let gone = [
        (&plan.departed_users, Kind::UserDisabled, "left the directory"),
        (&plan.deleted_users, Kind::UserDeleted, "left the directory"),
        (&plan.forgotten_users, Kind::UserDeleted, "had left the directory before"),
    ];
    let people = Arc::clone(&known);
    let gone = gone.into_iter().flat_map(|(ids, kind, reason)| ids.iter().map(move |id| (*id, kind, reason)));
    let gone = gone.map(move |(id, kind, reason)| source.event(kind, Some(id.uuid()), name_of(&people, id)).with("reason", reason));
    let people = Arc::clone(&known);
    let linked = plan.linked_users.iter().map(move |(id, row)| {
        let was = name_of(&people, *id);
        let event = source.event(Kind::UserChanged, Some(id.uuid()), &row.username).with("linked", format!("the local account {was}"));
        if row.is_admin { event.with("administrator", "no → yes") } else { event }
    });
    let fields = listed_fields(plan, changes);
    let updated = plan
        .updated_users
        .iter()
        .filter_map(move |(id, change, row)| of_known_person(*id, *change, row, known.get(id).copied(), fields.get(id).copied(), source));
    let new = plan.created_users.iter().map(|row| {
        let id = created.users.get(&row.entry.id).map(|id| id.uuid());
        source.event(Kind::UserCreated, id, &row.username).with("administrator", row.is_admin)
    });
    gone.chain(linked).chain(updated).chain(new)
}

/// The fields of the people in the list of changes. The list has no ids, but the order of the plan.
fn listed_fields<'c>(plan: &Plan<'_>, changes: &'c Changes) -> HashMap<UserId, &'c [FieldChange]> {
    let mut fields = HashMap::new();
    for change in [Change::Disabled, Change::Restored, Change::Updated] {
        let ids = plan.updated_users.iter().filter(|(_, other, _)| *other == change).map(|(id, ..)| *id);
        let departed = if change == Change::Disabled { plan.departed_users.len() } else { 0 };
        let lines = changes.list.iter().filter(|line| line.what == What::Person && line.kind == kind_of(change));
        fields.extend(ids.zip(lines.skip(departed).map(|line| line.fields.as_slice())));
    }
    fields
}

/// `None` for a row that is only written in another form.
fn of_known_person(
    id: UserId,
    change: Change,
    row: &UserRow<'_>,
    known: Option<&KnownUser>,
    fields: Option<&[FieldChange]>,
    source: &Source<'_>,
) -> Option<Event> {
    let event = |kind| source.event(kind, Some(id.uuid()), &row.username);
    let mut event = match change {
        Change::Disabled => event(Kind::UserDisabled).with("reason", "disabled in the directory"),
        Change::Restored => event(Kind::UserRestored),
        Change::Updated => event(Kind::UserChanged),
    };
    let plain = event.detail.len();
    for FieldChange { field, old, new } in fields.unwrap_or_default() {
        event = event.with(&field.replace([' ', '-'], "_"), format!("{old} → {new}"));
    }
    if let Some(before) = known.filter(|_| fields.is_none()) {
        let email = (before.email.as_deref().unwrap_or(""), row.email.unwrap_or(""));
        for (name, (old, new)) in [("username", (before.username.as_str(), row.username.as_ref())), ("e_mail", email)] {
            if old != new {
                event = event.with(name, format!("{old} → {new}"));
            }
        }
        if before.is_admin != row.is_admin {
            event = event.with("administrator", if row.is_admin { "no → yes" } else { "yes → no" });
        }
    }
    let was_written_before = known.is_some_and(|before| before.hash.is_some());
    if change == Change::Updated && fields.is_none() && event.detail.len() == plain && was_written_before {
        // Old values are read for the list of changes, which ends somewhere; that something of this person changed is said all the same.
        event = event.with("fields", "not kept: the run changed more than it lists");
    }
    (change != Change::Updated || event.detail.len() > plain).then_some(event)
}

const fn kind_of(change: Change) -> ChangeKind {
    match change {
        Change::Disabled => ChangeKind::Disabled,
        Change::Restored => ChangeKind::Restored,
        Change::Updated => ChangeKind::Updated,
    }
}

fn known_people<'c>(plan: &Plan<'_>, current: &'c Current) -> HashMap<UserId, &'c KnownUser> {
    let linked = plan.linked_users.iter().filter_map(|(id, _)| current.local_accounts.get(id)).map(|account| (account.user.id, &account.user));
    current.users.iter().map(|user| (user.id, user)).chain(linked).collect()
}

/// So many people who join or leave a group are named in its event; of more, the numbers are there, and the first of them in the list of the run.
const NAMED: usize = 50;

/// Who joins and who leaves the groups of which few do, by username.
fn movers(plan: &Plan<'_>, current: &Current, created: &Created<'_>, moves: &BTreeMap<GroupId, (usize, usize)>) -> BTreeMap<GroupId, [String; 2]> {
    let are_few = |group: &GroupId| moves.get(group).is_some_and(|(joined, left)| joined + left <= NAMED);
    let mut ids: BTreeMap<GroupId, [Vec<UserId>; 2]> = BTreeMap::new();
    for (group, user, _) in created.joined.iter().filter(|(group, ..)| are_few(group)) {
        ids.entry(*group).or_default()[0].push(*user);
    }
    for (group, user) in plan.removed_members.iter().filter(|(group, _)| are_few(group)) {
        ids.entry(*group).or_default()[1].push(*user);
    }
    if ids.is_empty() {
        return BTreeMap::new();
    }
    let wanted: HashSet<UserId> = ids.values().flatten().flatten().copied().collect();
    let mut names: HashMap<UserId, &str> = HashMap::with_capacity(wanted.len());
    names.extend(current.users.iter().filter(|user| wanted.contains(&user.id)).map(|user| (user.id, user.username.as_str())));
    names.extend(plan.linked_users.iter().filter(|(id, _)| wanted.contains(id)).map(|(id, row)| (*id, &*row.username)));
    let new = plan.created_users.iter().filter_map(|row| Some((*created.users.get(&row.entry.id)?, &*row.username)));
    names.extend(new.filter(|(id, _)| wanted.contains(id)));
    let named = |ids: Vec<UserId>| {
        let mut names: Vec<&str> = ids.iter().filter_map(|id| names.get(id).copied()).collect();
        names.sort_unstable();
        names.join(", ")
    };
    ids.into_iter().map(|(group, ids)| (group, ids.map(named))).collect()
}

fn of_groups(plan: &Plan<'_>, current: &Current, created: &Created<'_>, source: &Source<'_>) -> Vec<Event> {
    let removed: HashSet<GroupId> = plan.removed_groups.iter().copied().collect();
    let known: HashMap<GroupId, &KnownGroup> = current.groups.iter().map(|group| (group.id, group)).collect();
    let mut moves: BTreeMap<GroupId, (usize, usize)> = BTreeMap::new();
    created.joined.iter().for_each(|(group, ..)| moves.entry(*group).or_default().0 += 1);
    plan.removed_members.iter().for_each(|(group, _)| moves.entry(*group).or_default().1 += 1);
    let movers = movers(plan, current, created, &moves);
    let named = |event: Event, id: GroupId| {
        let [joined, left] = movers.get(&id).cloned().unwrap_or_default();
        let event = if joined.is_empty() { event } else { event.with("who_joined", joined) };
        if left.is_empty() { event } else { event.with("who_left", left) }
    };
    let mut told: HashSet<GroupId> = HashSet::new();
    let mut counted = |event: Event, id: GroupId| {
        told.insert(id);
        let event = named(event, id);
        let (joined, left) = moves.get(&id).copied().unwrap_or_default();
        let event = if joined > 0 { event.with("joined", joined) } else { event };
        if left > 0 { event.with("left", left) } else { event }
    };
    let mut events = Vec::new();
    for group in current.groups.iter().filter(|group| removed.contains(&group.id)) {
        events.push(counted(source.event(Kind::GroupRemoved, Some(group.id.uuid()), &group.name), group.id));
    }
    for (id, row) in &plan.updated_groups {
        let mut event = source.event(Kind::GroupChanged, Some(id.uuid()), &row.name);
        if let Some(before) = known.get(id) {
            for (field, old, new) in [
                ("name", &*before.name, &*row.name),
                ("display_name", &before.display_name, &row.entry.display_name),
                ("DN", &before.dn, &row.entry.dn),
            ] {
                if old != new {
                    event = event.with(field, format!("{old} → {new}"));
                }
            }
            if before.is_removed {
                event = event.with("restored", true);
            }
        }
        let event = counted(event, *id);
        let plain = 1 + usize::from(source.run.is_some());
        if event.detail.len() > plain {
            events.push(event);
        }
    }
    for row in &plan.created_groups {
        if let Some(id) = created.groups.get(&row.entry.id) {
            events.push(counted(source.event(Kind::GroupCreated, Some(id.uuid()), &row.name), *id));
        }
    }
    let local: HashMap<GroupId, &str> = current.local_groups.values().map(|group| (group.id, group.name.as_str())).collect();
    let rest: Vec<GroupId> = moves.keys().filter(|id| !told.contains(id)).copied().collect();
    for id in rest {
        let name = known.get(&id).map(|group| group.name.as_str()).or_else(|| local.get(&id).copied()).unwrap_or_default();
        let (joined, left) = moves.get(&id).copied().unwrap_or_default();
        let event = source.event(Kind::GroupChanged, Some(id.uuid()), name).with("joined", joined);
        events.push(named(event.with("left", left), id));
    }
    events
}
