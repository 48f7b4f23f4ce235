//! What becomes of the people.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use super::super::attributes::Field;
use super::super::model::{DirectoryState, DirectoryUser, EntryId, Snapshot};
use super::names::{Names, Wish};
use super::{Change, Current, KnownUser, Plan, Policy, ReleasedUser, RowHash, UserRow, distinct, kept, label, row_hash, sorted_by_entry};
use crate::id::UserId;
use crate::users::model::key as name_key;

/// What became of the people, for the steps that follow.
pub(super) struct PlannedUsers<'s> {
    /// Those who may be members: our row, when there is one already.
    pub(super) present: HashMap<&'s EntryId, Option<UserId>>,
    pub(super) active_before: usize,
    pub(super) leaving: usize,
    pub(super) admins_before: usize,
    pub(super) admins_after: usize,
}

pub(super) fn plan_users<'s>(
    snapshot: &'s Snapshot,
    current: &'s Current,
    policy: &Policy,
    admins: &HashSet<&EntryId>,
    plan: &mut Plan<'s>,
) -> PlannedUsers<'s> {
    let known: HashMap<&EntryId, &KnownUser> = current.users.iter().map(|user| (&user.entry_id, user)).collect();
    let entries = distinct(snapshot.users.iter().map(|user| (&user.id, user.dn.as_str(), user)), |dn| {
        plan.counts.users.skipped += 1;
        plan.problems.report(dn, Some(&label(policy, Field::UserId)), "Another entry has the same unique id. This one was skipped.");
    });
    let found: HashSet<&EntryId> = entries.iter().map(|entry| &entry.id).collect();
    let kept = kept(&snapshot.skipped_users, &found, current.users.iter().map(|user| (&user.entry_id, user.dn.as_str())));
    // Those whose entry could not be used are asked nothing and lose nothing: they wish for what they have.
    let staying: Vec<&KnownUser> = current.users.iter().filter(|user| kept.contains(&user.entry_id)).collect();
    let wish = |entry: &&'s DirectoryUser, key: Option<String>, has: &dyn Fn(&KnownUser) -> Option<String>| {
        let known = known.get(&entry.id);
        Wish { id: &entry.id, name: &entry.username, dn: &entry.dn, key, has: known.and_then(|user| has(user)), is_known: known.is_some() }
    };
    let stay = |user: &&'s KnownUser, has: Option<String>| Wish {
        id: &user.entry_id,
        name: &user.username,
        dn: &user.dn,
        key: has.clone(),
        has,
        is_known: true,
    };
    let username_wishes: Vec<Wish<'_>> = entries
        .iter()
        .map(|entry| wish(entry, Some(name_key(&entry.username)), &|user| Some(name_key(&user.username))))
        .chain(staying.iter().map(|user| stay(user, Some(name_key(&user.username)))))
        .collect();
    let usernames = Names::assign(&username_wishes, &current.other_usernames, true);
    let has_email = |user: &KnownUser| user.email.as_deref().map(name_key);
    let email_wishes: Vec<Wish<'_>> = entries
        .iter()
        .enumerate()
        .map(|(place, entry)| {
            // Who gets no username is not created, so their address is free for others.
            let is_created = known.contains_key(&entry.id) || usernames.refused(place).is_none();
            wish(entry, entry.email.as_deref().filter(|_| is_created).map(name_key), &has_email)
        })
        .chain(staying.iter().map(|user| stay(user, has_email(user))))
        .collect();
    let emails = Names::assign(&email_wishes, &current.other_emails, false);

    let mut planned =
        PlannedUsers { present: HashMap::with_capacity(entries.len()), active_before: 0, leaving: 0, admins_before: 0, admins_after: 0 };
    for (place, &entry) in entries.iter().enumerate() {
        let known = known.get(&entry.id).copied();
        let mut username = Cow::Borrowed(entry.username.as_str());
        if let Some(whose) = usernames.refused(place) {
            let wanted = format!("The username {:?} belongs to {whose}.", entry.username);
            let Some(known) = known else {
                plan.counts.users.skipped += 1;
                plan.problems.report(
                    &entry.dn,
                    Some(&label(policy, Field::Username)),
                    format!("{wanted} The entry was skipped; rename one of the two."),
                );
                continue;
            };
            username = usernames.instead(&entry.id, &known.username);
            plan.problems.report(
                &entry.dn,
                Some(&label(policy, Field::Username)),
                format!("{wanted} This person stays {username:?}; rename one of the two."),
            );
        }
        let email = entry.email.as_deref().filter(|_| emails.refused(place).is_none());
        if let Some(whose) = emails.refused(place) {
            let address = entry.email.as_deref().unwrap_or("");
            let message = format!("The e-mail address {address:?} belongs to {whose}. {username:?} was taken over without it.");
            plan.problems.report(&entry.dn, Some(&label(policy, Field::Email)), message);
        }
        let is_admin = if policy.admins_as_known { known.is_some_and(|user| user.is_admin) } else { admins.contains(&entry.id) };
        let state = if entry.is_disabled { DirectoryState::Disabled } else { DirectoryState::Active };
        let hash = user_hash(entry, &username, email, is_admin, state);
        planned.present.insert(&entry.id, known.map(|user| user.id));
        planned.admins_after += usize::from(is_admin && state == DirectoryState::Active);
        let row = UserRow { entry, username, email, is_admin, state, hash };
        let Some(known) = known else {
            plan.counts.users.created += 1;
            plan.created_users.push(row);
            continue;
        };
        planned.leaving += usize::from(known.state == DirectoryState::Active && state != DirectoryState::Active);
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

    for user in sorted_by_entry(&current.users, |user| &user.entry_id) {
        let is_active = user.state == DirectoryState::Active;
        planned.active_before += usize::from(is_active);
        planned.admins_before += usize::from(is_active && user.is_admin);
        let is_present = planned.present.contains_key(&user.entry_id);
        if !is_present && kept.contains(&user.entry_id) {
            planned.present.insert(&user.entry_id, Some(user.id));
            planned.admins_after += usize::from(is_active && user.is_admin);
        } else if !is_present && user.state != DirectoryState::Missing {
            planned.leaving += usize::from(is_active);
            // One who was disabled there already loses nothing more, but the row changes.
            plan.counts.users.disabled += 1;
            if policy.soft_delete { plan.departed_users.push(user.id) } else { plan.deleted_users.push(user.id) }
        }
        let username = usernames.gives_up(&user.entry_id, &user.username).then(|| usernames.released(&user.entry_id, &user.username));
        let clear_email = user.email.as_deref().is_some_and(|email| emails.gives_up(&user.entry_id, email));
        if username.is_some() || clear_email {
            plan.released_users.push(ReleasedUser { user: user.id, username, clear_email });
        }
    }
    planned
}

pub(super) fn user_hash(entry: &DirectoryUser, username: &str, email: Option<&str>, is_admin: bool, state: DirectoryState) -> RowHash {
    let email = email.map_or_else(|| "-".to_owned(), |email| format!("={email}"));
    row_hash(&[
        username,
        &email,
        &entry.first_name,
        &entry.last_name,
        &entry.display_name,
        &entry.phone,
        &entry.dn,
        if is_admin { "1" } else { "0" },
        state.as_str(),
    ])
}
