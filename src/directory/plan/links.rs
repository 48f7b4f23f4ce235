//! Which local accounts become the directory's. Accounts of another directory never do.

use std::collections::{HashMap, HashSet};

use super::super::config::Collision;
use super::super::model::{DirectoryUser, EntryId};
use super::{Current, KnownUser, Policy};
use crate::id::UserId;
use crate::users::model::key as name_key;

/// A local account that may become the directory's.
#[derive(Clone, Debug)]
pub struct LocalAccount {
    /// As stored; the entry id and DN are empty.
    pub user: KnownUser,
    /// Whether the e-mail address is known to be theirs.
    pub is_email_verified: bool,
}

/// The local accounts taken over in a plan, by entry, and why others were not.
#[derive(Default)]
pub(super) struct Links<'s> {
    pub(super) accounts: HashMap<&'s EntryId, &'s LocalAccount>,
    /// Of entries whose name is a local account's that may not be linked.
    pub(super) reasons: HashMap<&'s EntryId, String>,
}

/// Chooses for each new entry, in the order of the ids, the local account with its username or e-mail address.
pub(super) fn choose<'s>(entries: &[&'s DirectoryUser], current: &'s Current, policy: &Policy) -> Links<'s> {
    let mut links = Links::default();
    let needs_proof = match policy.life_cycle.collision {
        Collision::Skip | Collision::Suffix => return links,
        Collision::LinkVerified => true,
        Collision::Link => false,
    };
    if current.local_accounts.is_empty() {
        return links;
    }
    let known: HashSet<&EntryId> = current.users.iter().map(|user| &user.entry_id).collect();
    let mut taken: HashMap<UserId, &str> = HashMap::new();
    let held: HashSet<String> = current.users.iter().map(|user| name_key(&user.username)).collect();
    for entry in entries.iter().filter(|entry| !known.contains(&entry.id)) {
        let email = entry.email.as_deref().map(name_key);
        let name_owner = current.other_usernames.get(&name_key(&entry.username));
        let by_name = name_owner.and_then(|owner| owner.local);
        let by_email = email.as_ref().and_then(|email| current.other_emails.get(email)).and_then(|owner| owner.local);
        let Some(account) = by_name.or(by_email).and_then(|id| current.local_accounts.get(&id)) else { continue };
        let has_proof = account.is_email_verified && email.is_some() && account.user.email.as_deref().map(name_key) == email;
        let refusal = if by_name.zip(by_email).is_some_and(|(one, other)| one != other) {
            Some("The username and the e-mail address belong to two different local accounts, so neither was linked.".to_owned())
        } else if let Some(owner) = name_owner.filter(|_| by_name.is_none()) {
            Some(format!(
                "The local account {:?} has this address and was not linked, because the username belongs to {}.",
                account.user.username, owner.words
            ))
        } else if by_name.is_none() && held.contains(&name_key(&entry.username)) {
            Some("The local account with this address was not linked, because somebody else of this directory has the username.".to_owned())
        } else if needs_proof && !has_proof {
            Some("The local account was not linked, because it has not the same e-mail address, verified.".to_owned())
        } else if entry.is_disabled {
            Some("The local account was not linked, because the entry is disabled and would lock it.".to_owned())
        } else {
            taken.get(&account.user.id).map(|dn| format!("The local account was linked with another entry ({dn})."))
        };
        match refusal {
            Some(reason) => {
                links.reasons.insert(&entry.id, reason);
            }
            None => {
                taken.insert(account.user.id, &entry.dn);
                links.accounts.insert(&entry.id, account);
            }
        }
    }
    links
}
