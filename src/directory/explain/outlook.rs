//! What the next run would make of one entry: the very plan a run makes, of this entry alone and of who holds the names it wants.

use std::collections::HashSet;

use super::super::config::{Collision, DirectoryConfig};
use super::super::model::{DirectoryState, DirectoryUser, EntryId, Snapshot};
use super::super::plan::{Extent, KnownUser, LocalAccount, Policy, reconcile};
use super::super::store;
use super::super::text::Text;
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::id::UserId;
use crate::users;
use crate::users::model::key as name_key;

/// What becomes of an entry that has no account from this directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Becomes {
    /// A new account, or the one it has already.
    Account,
    /// The one of a local account.
    Linked,
    /// Nothing: its name is somebody else's.
    Nobody,
    /// Nothing: people are not taken over.
    NotAsked,
}

/// What a run would do, and what it would say.
#[derive(Clone, Debug)]
pub(super) struct Outlook {
    pub(super) becomes: Becomes,
    pub(super) remarks: Vec<String>,
}

/// How many numbers behind a name are looked at.
const NUMBERS: u32 = 30;

/// Makes the plan. Nothing is written.
///
/// # Errors
/// When the database cannot be read.
pub(super) async fn outlook(conn: &mut Conn, config: &DirectoryConfig, entry: &DirectoryUser, now: Timestamp) -> sqlx::Result<Outlook> {
    let policy = Policy { extent: Extent::SomePeople, ..Policy::new(config, now) };
    if !policy.life_cycle.sync_users {
        return Ok(Outlook { becomes: Becomes::NotAsked, remarks: Vec::new() });
    }
    let mut names: Vec<String> = std::iter::once(&entry.username).chain(&entry.email).map(|name| name_key(name)).collect();
    if policy.life_cycle.collision == Collision::Suffix {
        names.extend((2..=NUMBERS).map(|number| name_key(&format!("{}{number}", entry.username))));
    }
    let mut current = store::part::load(conn, &config.name, std::slice::from_ref(&entry.id), &names).await?;
    if policy.links_accounts() {
        let owners = current.other_usernames.values().chain(current.other_emails.values());
        let local: HashSet<UserId> = owners.filter_map(|owner| owner.local).collect();
        // At most one has the name and one the address.
        for id in local {
            if let Some(account) = users::find(conn, id).await? {
                current.local_accounts.insert(id, local_account(account));
            }
        }
    }
    let snapshot = Snapshot { users: vec![entry.clone()], ..Snapshot::default() };
    let plan = reconcile(&snapshot, &current, &policy);
    let is_known = current.users.iter().any(|user| user.entry_id == entry.id);
    let becomes = match (plan.linked_users.is_empty(), plan.created_users.is_empty() && !is_known) {
        (false, _) => Becomes::Linked,
        (true, true) => Becomes::Nobody,
        (true, false) => Becomes::Account,
    };
    let problems = plan.problems.iter().filter(|problem| *problem.dn == *entry.dn).map(|problem| problem.message.clone());
    Ok(Outlook { becomes, remarks: plan.notes.get(&entry.id).cloned().into_iter().chain(problems).collect() })
}

fn local_account(user: users::User) -> LocalAccount {
    LocalAccount {
        is_email_verified: user.email_verified,
        user: KnownUser {
            id: user.id,
            entry_id: EntryId::from(""),
            dn: Text::default(),
            username: user.username.into(),
            email: user.email.map(Text::from),
            is_admin: false,
            state: DirectoryState::Active,
            left_at: None,
            hash: None,
        },
    }
}
