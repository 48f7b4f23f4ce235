//! A plan, entry by entry: [`Plan::changes`].

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use super::super::model::{DirectoryState, EntryId};
use super::placement::group_names;
use super::{Change, ChangeKind, Changes, Current, EntryChange, FieldChange, GroupRow, KnownGroup, KnownUser, Plan, UserRow, What, extras_text};
use crate::id::{GroupId, UserId};

/// What a known person's row says besides what [`KnownUser`] has; read only for those who change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OldProfile {
    /// As stored.
    pub first_name: String,
    /// As stored.
    pub last_name: String,
    /// As stored.
    pub display_name: String,
    /// As stored; empty for none.
    pub phone: String,
    /// As stored.
    pub locale: String,
    /// As stored, as JSON.
    pub extras: String,
}

/// Each of people, groups and memberships gets at least this part of the list, so that a first import shows them all.
const SHARE: usize = Changes::MAX / 4;

impl Plan<'_> {
    /// The known people among the first changes whose fields change: whose [`OldProfile`] [`changes`](Self::changes) wants.
    pub fn changing_people(&self) -> Vec<UserId> {
        let linked = self.linked_users.iter().map(|(id, _)| *id);
        linked.chain(self.updated_users.iter().map(|(id, ..)| *id)).take(Changes::MAX).collect()
    }

    /// The plan as a list: losses before gains, each in the order of entry ids, cut at [`Changes::MAX`]. What was changed before a person was found in `old`
    /// is unknown, and then left out.
    pub fn changes(&self, current: &Current, old: &HashMap<UserId, OldProfile>) -> Changes {
        let people = self.departed_users.len()
            + self.deleted_users.len()
            + self.forgotten_users.len()
            + self.missing_users.len()
            + self.updated_users.len()
            + self.linked_users.len()
            + self.created_users.len()
            + self.counts.users.skipped;
        let groups = self.removed_groups.len() + self.updated_groups.len() + self.created_groups.len() + self.counts.groups.skipped;
        let memberships = self.removed_members.len() + self.added_members.len() + self.placed_members.len();
        let total = people + groups + memberships;
        if total == 0 {
            return Changes::default();
        }
        let room = |other: usize| other.min(SHARE);
        let people_listed = Changes::MAX - room(groups) - room(memberships);
        let mut list: Vec<EntryChange> = self.people(current, old).take(people_listed).collect();
        let groups_listed = Changes::MAX - list.len() - room(memberships);
        list.extend(self.groups(current).take(groups_listed));
        self.memberships(current, Changes::MAX - list.len(), &mut list);
        Changes { list, total }
    }

    fn people<'p>(&'p self, current: &'p Current, old: &'p HashMap<UserId, OldProfile>) -> impl Iterator<Item = EntryChange> + 'p {
        let known: HashMap<UserId, &KnownUser> = if self.is_about_known_people() {
            let linked = current.local_accounts.values().map(|account| &account.user);
            current.users.iter().chain(linked).map(|user| (user.id, user)).collect()
        } else {
            HashMap::new()
        };
        let known = move |id: &UserId| known.get(id).copied();
        let gone = |kind, reason: &'static str, user: Option<&KnownUser>| {
            let (name, dn) = user.map_or((String::new(), String::new()), |user| (user.username.to_string(), user.dn.to_string()));
            EntryChange { kind, what: What::Person, name, dn, fields: Vec::new(), reason: reason.to_owned() }
        };
        let mut list: Vec<Box<dyn Iterator<Item = EntryChange> + 'p>> = Vec::new();
        let known = std::rc::Rc::new(known);
        for (ids, kind, reason) in [
            (&self.deleted_users, ChangeKind::Deleted, "Not in the directory any more; people who left are deleted (LDAP_SOFT_DELETE_USERS)."),
            (
                &self.forgotten_users,
                ChangeKind::Deleted,
                "Had left before; deleted now as the settings say (LDAP_DELETE_AFTER_DAYS, LDAP_SOFT_DELETE_USERS).",
            ),
            (&self.departed_users, ChangeKind::Disabled, "Not in the directory any more."),
        ] {
            let known = std::rc::Rc::clone(&known);
            list.push(Box::new(ids.iter().map(move |id| gone(kind, reason, known(id)))));
        }
        for (wanted, kind, reason) in [
            (Change::Disabled, ChangeKind::Disabled, "Disabled in the directory."),
            (Change::Restored, ChangeKind::Restored, ""),
            (Change::Updated, ChangeKind::Updated, ""),
        ] {
            let known = std::rc::Rc::clone(&known);
            let rows = self.updated_users.iter().filter(move |(_, change, _)| *change == wanted);
            list.push(Box::new(rows.map(move |(id, _, row)| person(kind, row, known(id), old.get(id), reason))));
        }
        let linked = {
            let known = std::rc::Rc::clone(&known);
            self.linked_users.iter().map(move |(id, row)| person(ChangeKind::Linked, row, known(id), old.get(id), self.note(row)))
        };
        list.insert(4, Box::new(linked));
        list.push(Box::new(self.created_users.iter().map(|row| person(ChangeKind::Created, row, None, None, self.note(row)))));
        let missing = move |id| gone(ChangeKind::Missing, "Not in the directory any more; stays as they are (LDAP_REPORT_MISSING_ONLY).", known(id));
        list.push(Box::new(self.missing_users.iter().map(missing)));
        list.push(Box::new(self.skipped_of(What::Person)));
        list.into_iter().flatten()
    }

    fn is_about_known_people(&self) -> bool {
        !(self.departed_users.is_empty()
            && self.deleted_users.is_empty()
            && self.forgotten_users.is_empty()
            && self.missing_users.is_empty()
            && self.updated_users.is_empty()
            && self.linked_users.is_empty())
    }

    fn note(&self, row: &UserRow<'_>) -> &str {
        self.notes.get(&row.entry.id).map_or("", String::as_str)
    }

    fn skipped_of(&self, what: What) -> impl Iterator<Item = EntryChange> + '_ {
        self.skipped.iter().filter(move |skipped| skipped.what == what).cloned()
    }

    fn groups<'p>(&'p self, current: &'p Current) -> impl Iterator<Item = EntryChange> + 'p {
        let known: HashMap<GroupId, &KnownGroup> = current.groups.iter().map(|group| (group.id, group)).collect();
        let removed: HashSet<GroupId> = self.removed_groups.iter().copied().collect();
        let mut gone: Vec<&KnownGroup> = current.groups.iter().filter(|group| removed.contains(&group.id)).collect();
        gone.sort_unstable_by(|a, b| a.entry_id.cmp(&b.entry_id));
        let gone = gone.into_iter().map(|group| EntryChange {
            kind: ChangeKind::Removed,
            what: What::Group,
            name: group.name.clone(),
            dn: group.dn.clone(),
            fields: Vec::new(),
            reason: "Not among the groups taken over any more.".to_owned(),
        });
        let updated = self.updated_groups.iter().map(move |(id, row)| {
            let before = known.get(id).copied();
            let kind = if before.is_some_and(|group| group.is_removed) { ChangeKind::Restored } else { ChangeKind::Updated };
            group(kind, row, before)
        });
        let created = self.created_groups.iter().map(|row| group(ChangeKind::Created, row, None));
        gone.chain(updated).chain(created).chain(self.skipped_of(What::Group))
    }

    /// Puts at most `room` memberships into the list, those that end first.
    fn memberships(&self, current: &Current, room: usize, list: &mut Vec<EntryChange>) {
        let is_room_for = |used: usize| room.saturating_sub(used);
        let ending = &self.removed_members[..self.removed_members.len().min(room)];
        let beginning = &self.added_members[..self.added_members.len().min(is_room_for(ending.len()))];
        let placed = &self.placed_members[..self.placed_members.len().min(is_room_for(ending.len() + beginning.len()))];
        if ending.is_empty() && beginning.is_empty() && placed.is_empty() {
            return;
        }
        let ids: HashSet<UserId> = ending.iter().map(|(_, user)| *user).collect();
        let entries: HashSet<&EntryId> = beginning.iter().map(|(_, user)| *user).chain(placed.iter().map(|placed| placed.member)).collect();
        let mut by_id: HashMap<UserId, &KnownUser> = HashMap::new();
        let mut by_entry: HashMap<&EntryId, (&str, &str)> = HashMap::new();
        for user in &current.users {
            if ids.contains(&user.id) {
                by_id.insert(user.id, user);
            }
            if entries.contains(&user.entry_id) {
                by_entry.insert(&user.entry_id, (&user.username, &user.dn));
            }
        }
        // Who joins is called what they are called afterwards.
        let rows = self.updated_users.iter().map(|(_, _, row)| row).chain(self.linked_users.iter().map(|(_, row)| row)).chain(&self.created_users);
        for row in rows.filter(|row| entries.contains(&row.entry.id)) {
            by_entry.insert(&row.entry.id, (&row.username, &row.entry.dn));
        }
        let names = group_names(current);
        let mut names_by_entry: HashMap<&EntryId, &str> = current.groups.iter().map(|group| (&group.entry_id, group.name.as_str())).collect();
        names_by_entry
            .extend(self.updated_groups.iter().map(|(_, row)| row).chain(&self.created_groups).map(|row| (&row.entry.id, row.name.as_ref())));
        let line = |kind, person: Option<(&str, &str)>, group: Option<&str>| {
            let (person, dn) = person.unwrap_or_default();
            let name = format!("{person} → {}", group.unwrap_or_default());
            EntryChange { kind, what: What::Membership, name, dn: dn.to_owned(), fields: Vec::new(), reason: String::new() }
        };
        list.extend(ending.iter().map(|(group, user)| {
            line(ChangeKind::Left, by_id.get(user).map(|user| (user.username.as_str(), user.dn.as_str())), names.get(group).copied())
        }));
        list.extend(beginning.iter().map(|(group, user)| line(ChangeKind::Joined, by_entry.get(user).copied(), names_by_entry.get(group).copied())));
        list.extend(placed.iter().map(|placed| line(ChangeKind::Joined, by_entry.get(placed.member).copied(), names.get(&placed.group).copied())));
    }
}

fn person(kind: ChangeKind, row: &UserRow<'_>, known: Option<&KnownUser>, old: Option<&OldProfile>, reason: &str) -> EntryChange {
    let entry = row.entry;
    let mut fields = Vec::new();
    let mut field = |name: &str, old: Option<&str>, new: Cow<'_, str>| {
        if let Some(old) = old.filter(|old| *old != new) {
            fields.push(FieldChange { field: name.to_owned(), old: old.to_owned(), new: new.into_owned() });
        }
    };
    // Of somebody new everything is new; of somebody known whose old values were not read, nothing can be said.
    let nothing = OldProfile::default();
    let old = if known.is_some() { old } else { Some(&nothing) };
    let no_extras = |text: &str| if text.is_empty() || text == "{}" { String::new() } else { text.to_owned() };
    let old_extras = old.map(|old| no_extras(&old.extras));
    let yes_no = |yes: bool| Cow::Borrowed(if yes { "yes" } else { "no" });
    if let Some(known) = known {
        field("username", Some(&known.username), row.username.as_ref().into());
    }
    field("e-mail", Some(known.map_or("", |known| known.email.as_deref().unwrap_or(""))), row.email.unwrap_or("").into());
    field("first name", old.map(|old| old.first_name.as_str()), entry.first_name.as_str().into());
    field("last name", old.map(|old| old.last_name.as_str()), entry.last_name.as_str().into());
    field("display name", old.map(|old| old.display_name.as_str()), entry.display_name.as_str().into());
    field("phone", old.map(|old| old.phone.as_str()), entry.phone.as_str().into());
    field("language", old.map(|old| old.locale.as_str()), entry.locale.as_str().into());
    field("further attributes", old_extras.as_deref(), no_extras(&extras_text(&entry.extras)).into());
    let was_admin = known.is_some_and(|known| known.is_admin && known.state != DirectoryState::Missing);
    field("administrator", Some(&yes_no(was_admin)), yes_no(row.is_admin));
    if known.is_none() && row.state == DirectoryState::Disabled {
        field("state", Some(""), "disabled".into());
    }
    if let Some(known) = known {
        field("DN", Some(&known.dn), entry.dn.as_str().into());
    }
    EntryChange { kind, what: What::Person, name: row.username.to_string(), dn: entry.dn.to_string(), fields, reason: reason.to_owned() }
}

fn group(kind: ChangeKind, row: &GroupRow<'_>, known: Option<&KnownGroup>) -> EntryChange {
    let mut fields = Vec::new();
    let mut field = |name: &str, old: &str, new: &str| {
        if old != new {
            fields.push(FieldChange { field: name.to_owned(), old: old.to_owned(), new: new.to_owned() });
        }
    };
    match known {
        Some(known) => {
            field("name", &known.name, &row.name);
            field("display name", &known.display_name, &row.entry.display_name);
            field("DN", &known.dn, &row.entry.dn);
        }
        None => field("display name", "", &row.entry.display_name),
    }
    EntryChange { kind, what: What::Group, name: row.name.to_string(), dn: row.entry.dn.clone(), fields, reason: String::new() }
}
