//! What becomes of the groups, and who is in them.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use super::super::attributes::Field;
use super::super::dn::{DnKey, key_of};
use super::super::model::{DirectoryGroup, EntryId, Problems, Snapshot};
use super::names::{Names, Others, Refused, Wish};
use super::placement::fits;
use super::users::{PlannedUsers, Present};
use super::{Current, GroupRow, KnownGroup, Plan, Policy, What, distinct, kept, label, row_hash, sorted_by_entry};
use crate::id::{GroupId, UserId};
use crate::users::model::{key as name_key, key_of as name_of};

/// What became of the groups.
pub(super) struct PlannedGroups<'s> {
    /// Those that are or will be there, in the order of their ids, with our row when there is one already.
    pub(super) present: Vec<(&'s DirectoryGroup, Option<&'s KnownGroup>, Cow<'s, str>)>,
    /// Known ones whose entry could not be used: they stay as they are.
    pub(super) kept: HashSet<&'s EntryId>,
    /// Those whose members are put in a local group instead.
    pub(super) mapped: Vec<&'s DirectoryGroup>,
    /// All others that were found and are not taken over, because the settings leave them out. They can still be the administrators' group.
    pub(super) left_out: Vec<&'s DirectoryGroup>,
}

/// Sorts what was found: groups to take over, those mapped to local groups, and those left out.
fn choose<'s>(snapshot: &'s Snapshot, policy: &Policy) -> (Vec<&'s DirectoryGroup>, Vec<&'s DirectoryGroup>, Vec<&'s DirectoryGroup>) {
    let placement = &policy.placement;
    let (mut taken, mut mapped, mut left_out) = (Vec::with_capacity(snapshot.groups.len()), Vec::new(), Vec::new());
    if !policy.life_cycle.sync_groups {
        return (taken, mapped, snapshot.groups.iter().collect());
    }
    let keys: HashSet<String> = placement.group_map.iter().map(|(group, _)| name_key(group)).collect();
    for group in &snapshot.groups {
        let fits_any = |patterns: &[String]| patterns.iter().any(|pattern| fits(pattern, &group.name));
        if !keys.is_empty() && keys.contains(&name_key(&group.name)) {
            mapped.push(group);
        } else if fits_any(&placement.exclude_groups) || !(placement.include_groups.is_empty() || fits_any(&placement.include_groups)) {
            left_out.push(group);
        } else {
            taken.push(group);
        }
    }
    (taken, mapped, left_out)
}

pub(super) fn plan_groups<'s>(snapshot: &'s Snapshot, current: &'s Current, policy: &Policy, plan: &mut Plan<'s>) -> PlannedGroups<'s> {
    let (taken, mapped, left_out) = choose(snapshot, policy);
    if !policy.life_cycle.sync_groups {
        plan.counts.groups.unchanged = current.groups.iter().filter(|group| !group.is_removed).count();
        return PlannedGroups { present: Vec::new(), kept: current.groups.iter().map(|group| &group.entry_id).collect(), mapped, left_out };
    }
    plan.counts.groups.skipped = snapshot.skipped_groups.len();
    let known: HashMap<&EntryId, &KnownGroup> = current.groups.iter().map(|group| (&group.entry_id, group)).collect();
    let entries = distinct(taken.into_iter().map(|group| (&group.id, group.dn.as_str(), group)), |group| {
        plan.counts.groups.skipped += 1;
        let reason = "Another entry has the same unique id. This one was skipped.";
        plan.problems.report(&group.dn, Some(&label(policy, Field::GroupId)), reason);
        plan.skip(What::Group, &group.name, &group.dn, reason);
    });
    let found: HashSet<&EntryId> = entries.iter().map(|entry| &entry.id).collect();
    let kept = kept(&snapshot.skipped_groups, &found, current.groups.iter().map(|group| (&group.entry_id, group.dn.as_str())));
    let wish = |entry: &&'s DirectoryGroup| {
        let known = known.get(&entry.id);
        let (key, has) = (Some(name_of(&entry.name)), known.map(|group| name_of(&group.name)));
        Wish { id: &entry.id, name: &entry.name, dn: &entry.dn, key, has, is_known: known.is_some() }
    };
    // Those whose entry could not be used keep their names.
    let stay = |group: &'s KnownGroup| {
        let has = Some(name_of(&group.name));
        Wish { id: &group.entry_id, name: &group.name, dn: &group.dn, key: has.clone(), has, is_known: true }
    };
    let staying = current.groups.iter().filter(|group| kept.contains(&group.entry_id));
    let wishes: Vec<Wish<'_>> = entries.iter().map(wish).chain(staying.map(stay)).collect();
    let nobody = HashSet::new();
    let names = Names::assign(&wishes, Others { names: &current.other_group_names, linked: &nobody }, Refused::KeepsOld);

    let mut present = Vec::with_capacity(entries.len());
    for (place, &entry) in entries.iter().enumerate() {
        let known = known.get(&entry.id).copied();
        let mut name = Cow::Borrowed(entry.name.as_str());
        if let Some(whose) = names.refused(place) {
            let wanted = format!("The group name {:?} belongs to {whose}.", entry.name);
            let Some(known) = known else {
                plan.counts.groups.skipped += 1;
                let reason = format!("{wanted} The entry was skipped; rename one of the two.");
                plan.skip(What::Group, &entry.name, &entry.dn, &reason);
                plan.problems.report(&entry.dn, Some(&label(policy, Field::GroupName)), reason);
                continue;
            };
            name = names.instead(&entry.id, &known.name);
            plan.problems.report(
                &entry.dn,
                Some(&label(policy, Field::GroupName)),
                format!("{wanted} This group stays {name:?}; rename one of the two."),
            );
        }
        let hash = row_hash(&[["", &*name], ["", &*entry.display_name], ["", &*entry.dn]]);
        let row = GroupRow { entry, name: name.clone(), hash };
        match known {
            None => {
                plan.counts.groups.created += 1;
                plan.created_groups.push(row);
            }
            Some(known) if known.hash == Some(hash) && !known.is_removed => plan.counts.groups.unchanged += 1,
            Some(known) => {
                plan.counts.groups.updated += 1;
                plan.updated_groups.push((known.id, row));
            }
        }
        present.push((entry, known, name));
    }

    let there: HashSet<&EntryId> = present.iter().map(|(entry, ..)| &entry.id).collect();
    for group in sorted_by_entry(&current.groups, |group| &group.entry_id) {
        if !there.contains(&group.entry_id) && !kept.contains(&group.entry_id) && !group.is_removed {
            plan.counts.groups.removed += 1;
            plan.removed_groups.push(group.id);
        }
        if names.gives_up(&group.entry_id, &group.name) {
            plan.released_groups.push((group.id, names.released(&group.entry_id, &group.name)));
        }
    }
    PlannedGroups { present, kept, mapped, left_out }
}

/// The entry ids of those in the administrators' group.
pub(super) fn admin_members<'s>(
    groups: &PlannedGroups<'s>,
    snapshot: &'s Snapshot,
    current: &'s Current,
    policy: &Policy,
    problems: &mut Problems,
) -> HashSet<&'s EntryId> {
    let Some(wanted) = policy.placement.admin_group.as_deref().filter(|_| policy.extent.has_groups()) else { return HashSet::new() };
    let (wanted_key, wanted_dn) = (name_key(wanted), key_of(wanted));
    let is_wanted = |name: &str, dn: Option<DnKey>| (wanted_dn.is_some() && dn == wanted_dn) || name_key(name) == wanted_key;
    // The name is the one the group got here, not the one it wants: two groups may want one.
    if let Some((group, ..)) = groups.present.iter().find(|(group, _, name)| is_wanted(name, Some(group.dn_key))) {
        return group.members.iter().collect();
    }
    // A group need not be shown to apps to say who administers.
    let unshown = groups.mapped.iter().chain(&groups.left_out).filter(|group| is_wanted(&group.name, Some(group.dn_key)));
    if let Some(group) = unshown.min_by(|a, b| a.id.cmp(&b.id)) {
        return group.members.iter().collect();
    }
    if let Some(group) = current.groups.iter().find(|group| groups.kept.contains(&group.entry_id) && is_wanted(&group.name, key_of(&group.dn))) {
        let rows: HashSet<UserId> = group.members.iter().copied().collect();
        return current.users.iter().filter(|user| rows.contains(&user.id)).map(|user| &user.entry_id).collect();
    }
    if !snapshot.users.is_empty() {
        problems.report(
            "",
            None,
            format!("The administrators' group {wanted:?} is not among the groups found. Nobody is an administrator through it."),
        );
    }
    HashSet::new()
}

pub(super) fn plan_memberships<'s>(groups: &PlannedGroups<'s>, users: &PlannedUsers<'s>, current: &Current, plan: &mut Plan<'s>) {
    for (entry, known, _) in &groups.present {
        let mut before: HashSet<UserId> = known.map(|group| group.members.iter().copied().collect()).unwrap_or_default();
        let mut members: Vec<&'s EntryId> = entry.members.iter().collect();
        if !members.is_sorted_by(|one, other| one < other) {
            members.sort_unstable();
            members.dedup();
        }
        for member in members {
            match users.present.get(member) {
                Some(Present { row: Some(row), .. }) if before.remove(row) => {}
                Some(_) => plan.added_members.push((&entry.id, member)),
                None => {}
            }
        }
        before.retain(|row| !users.stays.contains(row));
        plan.removed_members.extend(known.iter().flat_map(|group| before.iter().map(|row| (group.id, *row))));
    }
    let removed: HashSet<GroupId> = plan.removed_groups.iter().copied().collect();
    let gone = current.groups.iter().filter(|group| removed.contains(&group.id));
    plan.removed_members.extend(gone.flat_map(|group| group.members.iter().map(|row| (group.id, *row))));
}
