//! Which local accounts become the directory's. Accounts of another directory never do.

use std::collections::{HashMap, HashSet};

use super::super::config::Collision;
use super::super::model::{DirectoryUser, EntryId};
use super::{Current, KnownUser, Owner, Policy};
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
    let needs_proof = match policy.life_cycle.collision {
        Collision::Skip | Collision::Suffix => return Links::default(),
        Collision::LinkVerified => true,
        Collision::Link => false,
    };
    if current.local_accounts.is_empty() {
        return Links::default();
    }
    let known: HashSet<&EntryId> = current.users.iter().map(|user| &user.entry_id).collect();
    let held = current.users.iter().map(|user| name_key(&user.username)).collect();
    let mut choice = Choice { current, needs_proof, held, taken: HashMap::new(), links: Links::default() };
    let mut asking: Vec<&'s DirectoryUser> = entries.iter().filter(|entry| !known.contains(&entry.id)).copied().collect();
    // A link can clear the way for another one, to which its account's names were in the way. Left open, the next run would find it.
    loop {
        let before = choice.taken.len();
        asking.retain(|entry| choice.is_refused(entry));
        if choice.taken.len() == before {
            return choice.links;
        }
    }
}

struct Choice<'s> {
    current: &'s Current,
    needs_proof: bool,
    /// Usernames this directory's people have.
    held: HashSet<String>,
    /// Accounts that are linked, each with the place of its entry.
    taken: HashMap<UserId, &'s str>,
    links: Links<'s>,
}

impl<'s> Choice<'s> {
    /// Links an entry with its account; `true` when there is one and something is in the way.
    fn is_refused(&mut self, entry: &'s DirectoryUser) -> bool {
        let is_asked_again = self.links.reasons.contains_key(&entry.id);
        // Whoever asks again does so after others were linked: what these accounts had is the directory's now.
        let is_others = |owner: &&Owner| !(is_asked_again && owner.local.is_some_and(|id| self.taken.contains_key(&id)));
        let email = entry.email.as_deref().map(name_key);
        let name_owner = self.current.other_usernames.get(&name_key(&entry.username)).filter(is_others);
        let by_name = name_owner.and_then(|owner| owner.local);
        let by_email = email.as_ref().and_then(|email| self.current.other_emails.get(email)).filter(is_others).and_then(|owner| owner.local);
        let Some(account) = by_name.or(by_email).and_then(|id| self.current.local_accounts.get(&id)) else { return false };
        let has_proof = account.is_email_verified && email.is_some() && account.user.email.as_deref().map(name_key) == email;
        let refusal = if by_name.zip(by_email).is_some_and(|(one, other)| one != other) {
            Some("The username and the e-mail address belong to two different local accounts, so neither was linked.".to_owned())
        } else if let Some(owner) = name_owner.filter(|_| by_name.is_none()) {
            Some(format!(
                "The local account {:?} has this address and was not linked, because the username belongs to {}.",
                account.user.username, owner.words
            ))
        } else if by_name.is_none() && self.held.contains(&name_key(&entry.username)) {
            Some("The local account with this address was not linked, because somebody else of this directory has the username.".to_owned())
        } else if self.needs_proof && !has_proof {
            Some("The local account was not linked, because it has not the same e-mail address, verified.".to_owned())
        } else if entry.is_disabled {
            Some("The local account was not linked, because the entry is disabled and would lock it.".to_owned())
        } else {
            self.taken.get(&account.user.id).map(|dn| format!("The local account was linked with another entry ({dn})."))
        };
        if let Some(reason) = refusal {
            self.links.reasons.insert(&entry.id, reason);
            return true;
        }
        self.taken.insert(account.user.id, &entry.dn);
        self.held.insert(name_key(&entry.username));
        self.links.reasons.remove(&entry.id);
        self.links.accounts.insert(&entry.id, account);
        false
    }
}
