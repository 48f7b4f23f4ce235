//! What becomes of the people.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::time::Duration;

use super::super::attributes::Field;
use super::super::config::{Collision, Missing};
use super::super::model::{DirectoryState, DirectoryUser, EntryId, Snapshot};
use super::names::{Names, Others, Refused, Wish, is_numbered};
use super::{
    Change, Current, KnownUser, Plan, Policy, ReleasedUser, RowHash, UserRow, What, extras_text, kept, label, links, row_hash, sorted_by_entry,
};
use crate::id::UserId;
use crate::users::model::{key as name_key, key_of as name_of};

/// What became of the people, for the steps that follow.
#[derive(Default)]
pub(super) struct PlannedUsers<'s> {
    /// Those who may be members.
    pub(super) present: HashMap<&'s EntryId, Present>,
    /// Those whose memberships do not end, because nothing was asked of the directory about them.
    pub(super) stays: HashSet<UserId>,
    pub(super) tally: Tally,
}

/// Somebody who may be a member.
#[derive(Clone, Copy)]
pub(super) struct Present {
    /// Our row, when there is one already.
    pub(super) row: Option<UserId>,
    /// Whether they may sign in, as far as the directory goes.
    pub(super) is_active: bool,
}

/// What the guard looks at.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    pub(super) active_before: usize,
    pub(super) leaving: usize,
    pub(super) admins_before: usize,
    pub(super) admins_after: usize,
    pub(super) admins_lost: usize,
    /// Known people who were found.
    pub(super) found_again: usize,
    /// How many of these had an e-mail address.
    pub(super) addresses_before: usize,
    /// How many entries have one.
    pub(super) addresses_after: usize,
    /// Known people who were found and whom the directory had disabled.
    pub(super) disabled_before: usize,
    /// How many entries are disabled.
    pub(super) disabled_after: usize,
}

/// When people are not taken over: everybody stays as they are.
pub(super) fn leave_users<'s>(current: &'s Current, plan: &mut Plan<'s>) -> PlannedUsers<'s> {
    let mut planned = PlannedUsers::default();
    for user in current.users.iter().filter(|user| user.state != DirectoryState::Missing) {
        plan.counts.users.unchanged += 1;
        planned.present.insert(&user.entry_id, Present { row: Some(user.id), is_active: user.state == DirectoryState::Active });
    }
    planned
}

/// So many entries are worth a thread.
const MANY: usize = 2_000;

pub(super) fn plan_users<'s>(
    entries: &[&'s DirectoryUser],
    snapshot: &'s Snapshot,
    current: &'s Current,
    policy: &Policy,
    admins: &HashSet<&EntryId>,
    plan: &mut Plan<'s>,
) -> PlannedUsers<'s> {
    let hashes = || entries.iter().map(|entry| usual_hash(entry)).collect();
    if entries.len() < MANY {
        return decide(entries, snapshot, current, policy, admins, hashes, plan);
    }
    // The longest single piece of work: another processor has it, while this one finds out who is who.
    std::thread::scope(|scope| {
        let hashing = scope.spawn(hashes);
        let hashes = || hashing.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        decide(entries, snapshot, current, policy, admins, hashes, plan)
    })
}

fn decide<'s>(
    entries: &[&'s DirectoryUser],
    snapshot: &'s Snapshot,
    current: &'s Current,
    policy: &Policy,
    admins: &HashSet<&EntryId>,
    usual_hashes: impl FnOnce() -> Vec<RowHash>,
    plan: &mut Plan<'s>,
) -> PlannedUsers<'s> {
    let links = links::choose(entries, current, policy);
    let linked: HashSet<UserId> = links.accounts.values().map(|account| account.user.id).collect();
    let current_users = sorted_by_entry(&current.users, |user| &user.entry_id);
    let (mut known, is_found) = matched(entries, &current_users);
    // From here on, an account that is linked is as good as known.
    if !links.accounts.is_empty() {
        for (entry, known) in entries.iter().zip(&mut known) {
            *known = links.accounts.get(&entry.id).map(|account| &account.user).or(*known);
        }
    }
    let kept = if snapshot.skipped_users.is_empty() {
        HashSet::new()
    } else {
        let found: HashSet<&EntryId> = entries.iter().map(|entry| &entry.id).collect();
        kept(&snapshot.skipped_users, &found, current.users.iter().map(|user| (&user.entry_id, user.dn.as_str())))
    };
    // Those whose entry could not be used are asked nothing and lose nothing: they wish for what they have.
    let staying: Vec<&KnownUser> = current.users.iter().filter(|user| kept.contains(&user.entry_id)).collect();
    let wish = |place: usize, key: Option<Cow<'s, str>>, has: fn(&'s KnownUser) -> Option<Cow<'s, str>>| {
        let (entry, known) = (entries[place], known[place]);
        Wish { id: &entry.id, name: &entry.username, dn: &entry.dn, key, has: known.and_then(has), is_known: known.is_some() }
    };
    let stay = |user: &&'s KnownUser, has: Option<Cow<'s, str>>| Wish {
        id: &user.entry_id,
        name: &user.username,
        dn: &user.dn,
        key: has.clone(),
        has,
        is_known: true,
    };
    // Most runs find everybody as they are; then there is nothing to give out.
    let all_known = || links.accounts.is_empty() && known.iter().all(Option::is_some);
    let keep = |keeps: fn(&DirectoryUser, &KnownUser) -> bool| {
        all_known() && entries.iter().zip(&known).all(|(entry, known)| known.is_some_and(|known| keeps(entry, known)))
    };
    let has_username = |user: &'s KnownUser| Some(name_of(&user.username));
    let others = Others { names: &current.other_usernames, linked: &linked };
    let with_number = if policy.life_cycle.collision == Collision::Suffix { Refused::GetsNumber } else { Refused::KeepsOld };
    let usernames = if keep(|entry, known| entry.username == known.username) {
        Names::all_kept(others)
    } else {
        let new = entries.iter().enumerate().map(|(place, entry)| wish(place, Some(name_of(&entry.username)), has_username));
        let wishes: Vec<Wish<'_>> = new.chain(staying.iter().map(|user| stay(user, has_username(user)))).collect();
        Names::assign(&wishes, others, with_number)
    };
    let has_email = |user: &'s KnownUser| user.email.as_deref().map(name_of);
    let others = Others { names: &current.other_emails, linked: &linked };
    let emails = if keep(|entry, known| entry.email.is_none() || entry.email == known.email) {
        Names::all_kept(others)
    } else {
        let new = entries.iter().enumerate().map(|(place, entry)| {
            // Who gets no username is not created, so their address is free for others.
            let is_created = known[place].is_some() || usernames.refused(place).is_none() || usernames.number_of(place).is_some();
            wish(place, entry.email.as_deref().filter(|_| is_created).map(name_of), has_email)
        });
        let wishes: Vec<Wish<'_>> = new.chain(staying.iter().map(|user| stay(user, has_email(user)))).collect();
        Names::assign(&wishes, others, Refused::Nothing)
    };

    let usual_hashes = usual_hashes();
    let mut planned = PlannedUsers { present: HashMap::with_capacity(entries.len()), ..PlannedUsers::default() };
    for (place, &entry) in entries.iter().enumerate() {
        let known = known[place];
        let mut username = Cow::Borrowed(entry.username.as_str());
        if let Some(whose) = usernames.refused(place) {
            let wanted = format!("The username {:?} belongs to {whose}.", entry.username);
            match (known, usernames.number_of(place)) {
                (None, Some(number)) => {
                    username = format!("{}{number}", entry.username).into();
                    plan.notes.insert(&entry.id, format!("{wanted} This person becomes {username:?}."));
                }
                (None, None) => {
                    plan.counts.users.skipped += 1;
                    let why = links.reasons.get(&entry.id).map(|reason| format!(" {reason}")).unwrap_or_default();
                    let reason = format!("{wanted}{why} The entry was skipped; rename one of the two.");
                    plan.skip(What::Person, &entry.username, &entry.dn, &reason);
                    plan.problems.report(&entry.dn, Some(&label(policy, Field::Username)), reason);
                    continue;
                }
                (Some(known), _) => {
                    username = usernames.instead(&entry.id, &known.username);
                    // Who got a number keeps it, and that is as it should be.
                    if !(with_number == Refused::GetsNumber && is_numbered(&name_key(&username), &name_key(&entry.username))) {
                        let message = format!("{wanted} This person stays {username:?}; rename one of the two.");
                        plan.problems.report(&entry.dn, Some(&label(policy, Field::Username)), message);
                    }
                }
            }
        }
        let email = entry.email.as_deref().filter(|_| emails.refused(place).is_none());
        if let Some(whose) = emails.refused(place) {
            let address = entry.email.as_deref().unwrap_or("");
            let why = links.reasons.get(&entry.id).map(|reason| format!(" {reason}")).unwrap_or_default();
            let message = format!("The e-mail address {address:?} belongs to {whose}.{why} {username:?} was taken over without it.");
            plan.problems.report(&entry.dn, Some(&label(policy, Field::Email)), message);
        }
        let was_admin = known.is_some_and(|user| user.is_admin);
        let is_admin = policy.placement.everyone_is_admin || if policy.extent.has_groups() { admins.contains(&entry.id) } else { was_admin };
        let state = state_of(entry);
        let is_usual = !is_admin && username == entry.username && email == entry.email.as_deref();
        let hash = if is_usual { usual_hashes[place] } else { user_hash(entry, &username, email, is_admin, state) };
        let is_active = state == DirectoryState::Active;
        planned.present.insert(&entry.id, Present { row: known.map(|user| user.id), is_active });
        planned.tally.admins_after += usize::from(is_admin && is_active);
        planned.tally.addresses_after += usize::from(entry.email.is_some());
        planned.tally.disabled_after += usize::from(entry.is_disabled);
        let row = UserRow { entry, username, email, is_admin, state, hash };
        let Some(known) = known else {
            plan.counts.users.created += 1;
            plan.created_users.push(row);
            continue;
        };
        if links.accounts.contains_key(&entry.id) {
            plan.counts.users.linked += 1;
            plan.notes.insert(&entry.id, format!("The local account {:?} becomes the directory's, with its passkeys.", known.username));
            plan.linked_users.push((known.id, row));
            continue;
        }
        let tally = &mut planned.tally;
        tally.found_again += 1;
        tally.addresses_before += usize::from(known.email.is_some());
        tally.disabled_before += usize::from(known.state == DirectoryState::Disabled);
        tally.leaving += usize::from(known.state == DirectoryState::Active && !is_active);
        tally.admins_lost += usize::from(known.state == DirectoryState::Active && known.is_admin && !(is_admin && is_active));
        let counts = &mut plan.counts.users;
        let (change, count) = match (known.state, state) {
            (DirectoryState::Active, DirectoryState::Disabled) => (Change::Disabled, &mut counts.disabled),
            (DirectoryState::Disabled | DirectoryState::Missing, DirectoryState::Active) => (Change::Restored, &mut counts.restored),
            _ if known.hash == Some(hash) && known.state == state => {
                counts.unchanged += 1;
                continue;
            }
            _ => (Change::Updated, &mut counts.updated),
        };
        *count += 1;
        plan.updated_users.push((known.id, change, row));
    }

    let forgotten = |user: &KnownUser| match policy.life_cycle.missing {
        Missing::Disable { delete_after_days: Some(days) } => {
            user.left_at.is_some_and(|left| left + Duration::from_secs(u64::from(days) * 86_400) <= policy.now)
        }
        // They left while only they were asked for, or before the settings said so.
        Missing::Delete => true,
        _ => false,
    };
    for (place, user) in current_users.into_iter().enumerate() {
        let is_active = user.state == DirectoryState::Active;
        planned.tally.active_before += usize::from(is_active);
        planned.tally.admins_before += usize::from(is_active && user.is_admin);
        let is_present = is_found[place];
        if !is_present && kept.contains(&user.entry_id) {
            planned.present.insert(&user.entry_id, Present { row: Some(user.id), is_active });
            planned.tally.admins_after += usize::from(is_active && user.is_admin);
        } else if !is_present && user.state == DirectoryState::Missing {
            if forgotten(user) {
                plan.counts.users.deleted += 1;
                plan.forgotten_users.push(user.id);
            }
        } else if !is_present && policy.life_cycle.missing == Missing::Report {
            plan.counts.users.missing += 1;
            plan.missing_users.push(user.id);
            planned.present.insert(&user.entry_id, Present { row: Some(user.id), is_active });
            planned.stays.insert(user.id);
            planned.tally.admins_after += usize::from(is_active && user.is_admin);
            let message = format!("{:?} is not in the directory any more, and stays as they are (LDAP_REPORT_MISSING_ONLY).", user.username);
            plan.problems.report(&user.dn, None, message);
        } else if !is_present {
            planned.tally.leaving += usize::from(is_active);
            planned.tally.admins_lost += usize::from(is_active && user.is_admin);
            // One who was disabled there already loses nothing more, but the row changes.
            plan.counts.users.disabled += 1;
            if policy.life_cycle.missing == Missing::Delete { plan.deleted_users.push(user.id) } else { plan.departed_users.push(user.id) }
        }
        release(&usernames, &emails, user, &user.entry_id, plan);
    }
    for entry in entries {
        if let Some(account) = links.accounts.get(&entry.id) {
            release(&usernames, &emails, &account.user, &entry.id, plan);
        }
    }
    planned
}

/// For each entry the known person it is, and for each known person whether there is an entry; both in the order of the ids.
fn matched<'s>(entries: &[&'s DirectoryUser], users: &[&'s KnownUser]) -> (Vec<Option<&'s KnownUser>>, Vec<bool>) {
    let (mut known, mut is_found, mut next) = (Vec::with_capacity(entries.len()), vec![false; users.len()], 0);
    for entry in entries {
        while users.get(next).is_some_and(|user| user.entry_id < entry.id) {
            next += 1;
        }
        let user = users.get(next).copied().filter(|user| user.entry_id == entry.id);
        if user.is_some() {
            is_found[next] = true;
        }
        known.push(user);
    }
    (known, is_found)
}

/// Notes what a known person has to give up, because somebody else gets it.
fn release(usernames: &Names<'_, '_>, emails: &Names<'_, '_>, user: &KnownUser, entry: &EntryId, plan: &mut Plan<'_>) {
    let username = usernames.gives_up(entry, &user.username).then(|| usernames.released(entry, &user.username));
    let clear_email = user.email.as_deref().is_some_and(|email| emails.gives_up(entry, email));
    if username.is_some() || clear_email {
        plan.released_users.push(ReleasedUser { user: user.id, username, clear_email });
    }
}

fn state_of(entry: &DirectoryUser) -> DirectoryState {
    if entry.is_disabled { DirectoryState::Disabled } else { DirectoryState::Active }
}

/// The hash of one who gets what they wish for and is no administrator, as nearly all are.
fn usual_hash(entry: &DirectoryUser) -> RowHash {
    user_hash(entry, &entry.username, entry.email.as_deref(), false, state_of(entry))
}

pub(super) fn user_hash(entry: &DirectoryUser, username: &str, email: Option<&str>, is_admin: bool, state: DirectoryState) -> RowHash {
    let extras = if entry.extras.is_empty() { String::new() } else { extras_text(&entry.extras) };
    row_hash(&[
        ["", username],
        email.map_or(["-", ""], |email| ["=", email]),
        ["", &entry.first_name],
        ["", &entry.last_name],
        ["", &entry.display_name],
        ["", &entry.phone],
        ["", &entry.dn],
        ["", if is_admin { "1" } else { "0" }],
        ["", state.as_str()],
        ["", &entry.locale],
        ["", &extras],
    ])
}
