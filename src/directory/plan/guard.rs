//! When a run waits for an administrator: too much would be lost at once, or the answer looks as if rights had been lost.

use std::collections::HashSet;

use super::super::model::Snapshot;
use super::users::PlannedUsers;
use super::{Current, Extent, Plan, Policy};
use crate::id::{GroupId, UserId};

/// Below this many, nobody can say whether what is gone was taken away on purpose.
const TELLING: usize = 3;

/// Every reason to hold the plan back, as sentences; `None` lets it pass.
pub(super) fn hold_reason(snapshot: &Snapshot, current: &Current, policy: &Policy, users: &PlannedUsers<'_>, plan: &Plan<'_>) -> Option<String> {
    let (guard, tally) = (policy.guard, &users.tally);
    let mut reasons = Vec::new();
    if policy.life_cycle.sync_users {
        if tally.active_before > 0 && snapshot.users.is_empty() && snapshot.skipped_users.is_empty() {
            let known = current.users.len();
            reasons
                .push(format!("The directory answered without error but found nobody, and {known} people are known from it. A wrong filter or lost rights look like this."));
        } else {
            let allowed = guard.people_allowed(tally.active_before);
            reasons.extend(too_many(tally.leaving, tally.active_before, allowed, "people", "would lose access", "LDAP_GUARD"));
        }
        // Where the setting is new (soft delete off, or days after which to delete), all who ever left go at once; and it is for good.
        let (gone, known) = (plan.forgotten_users.len(), current.users.len());
        let what = "had left before and would be deleted for good";
        reasons.extend(too_many(gone, known, guard.people_allowed(known), "people", what, "LDAP_GUARD"));
        if tally.admins_before > 0 && tally.admins_after == 0 {
            reasons.push(format!("No administrator of this directory would remain ({} until now).", tally.admins_before));
        } else {
            let what = "would not be administrators any more";
            let allowed = guard.admins.allowed(tally.admins_before);
            reasons.extend(too_many(tally.admins_lost, tally.admins_before, allowed, "administrators", what, "LDAP_GUARD_ADMINS"));
        }
        reasons.extend(hidden_addresses(policy, users));
        reasons.extend(hidden_locks(policy, users));
    }
    if policy.life_cycle.sync_groups {
        reasons.extend(groups(snapshot, current, policy, plan));
        let memberships = memberships(current, users, plan);
        let what = "would end while both the person and the group stay";
        let allowed = guard.memberships.allowed(memberships.1);
        reasons.extend(too_many(memberships.0, memberships.1, allowed, "memberships", what, "LDAP_GUARD_MEMBERSHIPS"));
    }
    (!reasons.is_empty()).then(|| reasons.join(" "))
}

fn too_many(lost: usize, known: usize, allowed: usize, whose: &str, what: &str, setting: &str) -> Option<String> {
    (lost > allowed).then(|| {
        let share = lost * 100 / known.max(1);
        format!("{lost} of {known} {whose} ({share} %) {what}; without confirmation {allowed} may ({setting}_PERCENT, {setting}_MINIMUM).")
    })
}

fn hidden_addresses(policy: &Policy, users: &PlannedUsers<'_>) -> Option<String> {
    let (found, before, after) = (users.tally.found_again, users.tally.addresses_before, users.tally.addresses_after);
    (after == 0 && before >= TELLING && before * 2 > found).then(|| {
        let attribute = super::label(policy, super::Field::Email);
        format!(
            "Nobody has an e-mail address any more; {before} of {found} people had one. It looks as if the bind account may not read {attribute} any more."
        )
    })
}

/// What an account is locked by is an attribute like others: hidden from the bind account, everybody who was kept out would be let in again.
fn hidden_locks(policy: &Policy, users: &PlannedUsers<'_>) -> Option<String> {
    let (before, after) = (users.tally.disabled_before, users.tally.disabled_after);
    (policy.extent == Extent::Whole && after == 0 && before >= TELLING).then(|| {
        format!(
            "Nobody is disabled in the directory any more; {before} people were, and would be let in again. It looks as if the bind account may not read \
             any more what disables an account (LDAP_USER_DISABLED_WHEN)."
        )
    })
}

fn groups(snapshot: &Snapshot, current: &Current, policy: &Policy, plan: &Plan<'_>) -> Option<String> {
    let known = current.groups.iter().filter(|group| !group.is_removed).count();
    if known >= TELLING && snapshot.groups.is_empty() && snapshot.skipped_groups.is_empty() {
        return Some(format!(
            "The directory answered without error but found no group, and {known} are known from it. A wrong filter or lost rights look like this."
        ));
    }
    let filled = current.groups.iter().filter(|group| !group.is_removed && !group.members.is_empty()).count();
    let members: usize = current.groups.iter().map(|group| group.members.len()).sum();
    let is_empty = !snapshot.groups.is_empty() && snapshot.groups.iter().all(|group| group.members.is_empty());
    if is_empty && filled * 2 > known && members >= TELLING {
        return Some(format!(
            "No group has members any more; {filled} of {known} groups had some. It looks as if the bind account may not read the members any more."
        ));
    }
    too_many(plan.removed_groups.len(), known, policy.guard.groups.allowed(known), "groups", "would vanish", "LDAP_GUARD_GROUPS")
}

/// How many memberships end although person and group stay, of how many.
fn memberships(current: &Current, users: &PlannedUsers<'_>, plan: &Plan<'_>) -> (usize, usize) {
    let known = current.groups.iter().map(|group| group.members.len()).sum::<usize>() + current.placed.len();
    if plan.removed_members.is_empty() {
        return (0, known);
    }
    let vanishing: HashSet<GroupId> = plan.removed_groups.iter().copied().collect();
    let staying: HashSet<UserId> = users.present.values().filter_map(|present| present.row).collect();
    let ending = plan.removed_members.iter().filter(|(group, user)| !vanishing.contains(group) && staying.contains(user)).count();
    (ending, known)
}
