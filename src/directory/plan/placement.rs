//! Which local groups the directory's people are put in: mapped groups and the group of everybody for as long as the directory says so, default groups once.
//!
//! Memberships that last carry the directory's name; only those end by themselves. Whoever is in such a group by another way stays there.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::super::model::{EntryId, Problems, Snapshot};
use super::groups::PlannedGroups;
use super::users::PlannedUsers;
use super::{Current, LocalGroup, PlacedMember, Plan, Policy};
use crate::id::{GroupId, UserId};
use crate::users::model::key as name_key;

/// Whether a name fits a pattern in which `*` stands for any text, upper and lower case alike.
pub(super) fn fits(pattern: &str, name: &str) -> bool {
    let (pattern, name) = (name_key(pattern), name_key(name));
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == name };
    let Some(mut left) = name.strip_prefix(start) else { return false };
    let mut parts = rest.split('*').peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return left.ends_with(part);
        }
        let Some(place) = left.find(part) else { return false };
        left = &left[place + part.len()..];
    }
    true
}

/// The local groups a policy names, by their keys.
pub fn wanted_groups(policy: &Policy) -> Vec<String> {
    let placement = &policy.placement;
    let mapped = placement.group_map.iter().map(|(_, local)| local);
    let mut keys: Vec<String> = placement.default_groups.iter().chain(&placement.parent_group).chain(mapped).map(|name| name_key(name)).collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

struct Places<'c, 's> {
    current: &'c Current,
    /// Those wanted and known: of the memberships with the directory's mark, all others end.
    wanted: HashSet<(GroupId, UserId)>,
    /// Those wanted and not there yet, and whether they last.
    joining: BTreeMap<(GroupId, &'s EntryId), bool>,
}

impl<'s> Places<'_, 's> {
    fn group(&self, setting: &str, name: &str, problems: &mut Problems) -> Option<(GroupId, &LocalGroup)> {
        let group = self.current.local_groups.get(&name_key(name));
        if group.is_none() {
            let message = match self.current.other_group_names.get(&name_key(name)) {
                Some(owner) => format!("{setting} names the group {name:?}, which is {} and not a local group. Nobody was put in it.", owner.words),
                None => format!(
                    "{setting} names the local group {name:?}, which does not exist. Create it under Groups, or correct the setting; nobody was put in it."
                ),
            };
            problems.report("", Some(setting), message);
        }
        group.map(|group| (group.id, group))
    }
}

pub(super) fn plan_placement<'s>(
    snapshot: &'s Snapshot,
    groups: &PlannedGroups<'s>,
    users: &PlannedUsers<'s>,
    current: &Current,
    policy: &Policy,
    plan: &mut Plan<'s>,
) {
    let (placement, life) = (&policy.placement, &policy.life_cycle);
    let mut places = Places { current, wanted: HashSet::new(), joining: BTreeMap::new() };
    // Groups whose memberships may not end, because who belongs there cannot be said in this run.
    let mut frozen: HashSet<GroupId> = HashSet::new();
    let mut parent = None;

    if let Some(name) = &placement.parent_group
        && let Some((id, group)) = places.group("LDAP_PARENT_GROUP", name, &mut plan.problems)
    {
        let members: HashSet<UserId> = group.members.iter().copied().collect();
        parent = Some(id);
        for (entry, present) in users.present.iter().filter(|(_, present)| present.is_active) {
            want(&mut places, id, &members, entry, present.row);
        }
    }
    if life.sync_groups && policy.extent.has_groups() {
        for (directory_group, local) in &placement.group_map {
            let Some((id, group)) = places.group("LDAP_GROUP_MAP", local, &mut plan.problems) else { continue };
            let members: HashSet<UserId> = group.members.iter().copied().collect();
            let key = name_key(directory_group);
            let mut is_found = false;
            for mapped in groups.mapped.iter().filter(|mapped| name_key(&mapped.name) == key) {
                is_found = true;
                for member in &mapped.members {
                    if let Some(present) = users.present.get(member) {
                        want(&mut places, id, &members, member, present.row);
                    }
                }
            }
            if !is_found {
                if !snapshot.skipped_groups.is_empty() {
                    frozen.insert(id);
                }
                let message = format!("LDAP_GROUP_MAP names the directory's group {directory_group:?}, which is not among the groups found.");
                plan.problems.report("", Some("LDAP_GROUP_MAP"), message);
            }
        }
    }
    for name in &placement.default_groups {
        let Some((id, group)) = places.group("LDAP_DEFAULT_GROUPS", name, &mut plan.problems) else { continue };
        let members: HashSet<UserId> = group.members.iter().copied().collect();
        for row in &plan.created_users {
            places.joining.entry((id, &row.entry.id)).or_insert(false);
        }
        for (_, row) in plan.linked_users.iter().filter(|(user, _)| !members.contains(user)) {
            places.joining.entry((id, &row.entry.id)).or_insert(false);
        }
    }

    let present: HashSet<UserId> =
        if current.placed.is_empty() { HashSet::new() } else { users.present.values().filter_map(|present| present.row).collect() };
    let may_end = |group: &GroupId, user: &UserId| {
        let is_asked = policy.extent.has_groups() || !present.contains(user);
        let is_settled = (life.sync_groups && is_asked) || parent == Some(*group);
        is_settled && !frozen.contains(group) && !users.stays.contains(user) && !places.wanted.contains(&(*group, *user))
    };
    plan.removed_members.extend(current.placed.iter().filter(|(group, user)| may_end(group, user)).copied());
    plan.placed_members = places.joining.into_iter().map(|((group, member), is_lasting)| PlacedMember { group, member, is_lasting }).collect();
}

fn want<'s>(places: &mut Places<'_, 's>, group: GroupId, members: &HashSet<UserId>, entry: &'s EntryId, row: Option<UserId>) {
    match row {
        Some(user) if members.contains(&user) => {
            places.wanted.insert((group, user));
        }
        _ => {
            places.joining.insert((group, entry), true);
        }
    }
}

/// Names of local groups by id, for the list of changes.
pub(super) fn group_names(current: &Current) -> HashMap<GroupId, &str> {
    let local = current.local_groups.values().map(|group| (group.id, group.name.as_str()));
    current.groups.iter().map(|group| (group.id, group.name.as_str())).chain(local).collect()
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn patterns_fit_whole_names_without_regard_to_case() {
        for (pattern, name, expected) in [
            ("staff", "Staff", true),
            ("staff", "staffers", false),
            ("app-*", "APP-wiki", true),
            ("*-admins", "wiki-admins", true),
            ("*-admins", "wiki-admins-old", false),
            ("a*b*c", "aXbYc", true),
            ("a*b*c", "abc", true),
            ("ab*ba", "aba", false),
            ("a*b*c", "acb", false),
            ("*", "anything", true),
            ("**", "", true),
            ("*a*a*", "a", false),
        ] {
            assert_eq!(fits(pattern, name), expected, "{pattern} {name}");
        }
    }
}
