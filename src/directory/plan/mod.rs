//! What a run would change. [`reconcile`] compares what was read with what is known and decides everything; it is pure, so a preview is the real thing and
//! every rule can be tested with tables. The store then applies the rows as they stand, in the order of [`Plan`]'s fields.
//!
//! Who gets a name when several want it: whoever has it already, then known people in the order of their entry ids, then new ones in that order. Names of
//! local accounts and other directories are never given away. A known person who cannot get a new name keeps the old one and everything else is updated,
//! above all whether they are disabled; a new person who cannot get a username is skipped. An e-mail address that is taken is left out.

mod groups;
mod names;
#[cfg(test)]
mod tests;
mod users;

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::fmt;

use super::attributes::{AttributeMap, Field};
use super::config::{DirectoryConfig, Guard, Missing};
use super::dn::{DnKey, key_of};
use super::model::{DirectoryGroup, DirectoryState, DirectoryUser, EntryId, Problems, SkippedEntry, Snapshot};
use super::report::Counts;
use crate::id::{GroupId, UserId};
use crate::secret::sha256;

/// A fingerprint of a row as it is stored: equal = nothing to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RowHash(pub [u8; 16]);

/// A person known from this directory.
#[derive(Clone, Debug)]
pub struct KnownUser {
    /// Our row.
    pub id: UserId,
    /// Their entry.
    pub entry_id: EntryId,
    /// Where it was last seen.
    pub dn: String,
    /// As stored.
    pub username: String,
    /// As stored.
    pub email: Option<String>,
    /// As stored.
    pub is_admin: bool,
    /// What the directory last said.
    pub state: DirectoryState,
    /// Of the row as the last run wrote it; `None` forces a write.
    pub hash: Option<RowHash>,
}

/// A group known from this directory.
#[derive(Clone, Debug)]
pub struct KnownGroup {
    /// Our row.
    pub id: GroupId,
    /// Its entry.
    pub entry_id: EntryId,
    /// Where it was last seen.
    pub dn: String,
    /// As stored.
    pub name: String,
    /// It left the directory in an earlier run.
    pub is_removed: bool,
    /// Of the row as the last run wrote it; `None` forces a write.
    pub hash: Option<RowHash>,
    /// Its members among the people of this directory.
    pub members: Vec<UserId>,
}

/// What is known before a run.
#[derive(Clone, Debug, Default)]
pub struct Current {
    /// All people of this directory, also those who left.
    pub users: Vec<KnownUser>,
    /// All groups of this directory, also removed ones.
    pub groups: Vec<KnownGroup>,
    /// Usernames of everybody else by [`key`](crate::users::model::key), with who that is, such as `the local account "ada"`.
    pub other_usernames: HashMap<String, String>,
    /// E-mail addresses of everybody else, likewise.
    pub other_emails: HashMap<String, String>,
    /// Names of all other groups, likewise.
    pub other_group_names: HashMap<String, String>,
}

/// The settings that decide.
#[derive(Clone, Debug)]
pub struct Policy {
    /// When to hold back.
    pub guard: Guard,
    /// Name or DN of the group of administrators.
    pub admin_group: Option<String>,
    /// Keep who left.
    pub soft_delete: bool,
    /// Leave administrators as they are known: for a plan made of a few people, without the groups.
    pub admins_as_known: bool,
    /// To name attributes in problems.
    pub attributes: AttributeMap,
    /// To name the place when nobody was found.
    pub base_dn: String,
}

impl From<&DirectoryConfig> for Policy {
    fn from(config: &DirectoryConfig) -> Self {
        Self {
            guard: config.guard,
            admin_group: config.placement.admin_group.clone(),
            soft_delete: config.life_cycle.missing != Missing::Delete,
            admins_as_known: false,
            attributes: config.attributes.clone(),
            base_dn: config.search.base_dn.clone(),
        }
    }
}

/// A person's row as it is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserRow<'s> {
    /// Names, telephone, DN and id are taken from here.
    pub entry: &'s DirectoryUser,
    /// The username they get.
    pub username: Cow<'s, str>,
    /// The address they get.
    pub email: Option<&'s str>,
    /// Whether they are in the group of administrators.
    pub is_admin: bool,
    /// Active or disabled.
    pub state: DirectoryState,
    /// To be stored beside the row.
    pub hash: RowHash,
}

/// A group's row as it is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupRow<'s> {
    /// Display name, DN and id are taken from here.
    pub entry: &'s DirectoryGroup,
    /// The name it gets.
    pub name: Cow<'s, str>,
    /// To be stored beside the row.
    pub hash: RowHash,
}

/// What happens to a known person's row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// A field changes.
    Updated,
    /// The directory disabled them; sessions and tokens end.
    Disabled,
    /// They may sign in again, with their passkeys.
    Restored,
}

/// A name or address someone must give up before somebody else gets it. For good when they have left; for those still there a row in the updates follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReleasedUser {
    /// Whose row.
    pub user: UserId,
    /// The username until then: `name~<short id>`. `None` leaves it.
    pub username: Option<String>,
    /// Whether the e-mail address goes.
    pub clear_email: bool,
}

/// Everything a run changes, in the order in which it must be applied so that no two rows ever hold one name.
#[derive(Clone, Debug)]
pub struct Plan<'s> {
    /// Names and addresses given up.
    pub released_users: Vec<ReleasedUser>,
    /// People who left: state `missing`; sessions and tokens end.
    pub departed_users: Vec<UserId>,
    /// People who left and are to be deleted (soft delete is off).
    pub deleted_users: Vec<UserId>,
    /// Known people whose row changes.
    pub updated_users: Vec<(UserId, Change, UserRow<'s>)>,
    /// New people.
    pub created_users: Vec<UserRow<'s>>,
    /// Group names given up.
    pub released_groups: Vec<(GroupId, String)>,
    /// Groups that left; their memberships are among the removed ones.
    pub removed_groups: Vec<GroupId>,
    /// Known groups whose row changes, or that are back.
    pub updated_groups: Vec<(GroupId, GroupRow<'s>)>,
    /// New groups.
    pub created_groups: Vec<GroupRow<'s>>,
    /// Memberships that end.
    pub removed_members: Vec<(GroupId, UserId)>,
    /// Memberships that begin, by entry ids of group and person (either may be new).
    pub added_members: Vec<(&'s EntryId, &'s EntryId)>,
    /// The same, counted.
    pub counts: Counts,
    /// What was found wrong, in reading and in planning.
    pub problems: Problems,
    /// Why an administrator must confirm.
    pub held_because: Option<String>,
    /// Equal for equal changes, in whatever order the directory sent its entries.
    pub digest: PlanDigest,
}

/// The fingerprint of a plan: a confirmation carries it, so that only the very plan that was shown is applied.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PlanDigest([u8; 32]);

impl PlanDigest {
    /// The bytes, as stored.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Reads [`as_bytes`](Self::as_bytes).
    pub fn from_stored(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }
}

impl fmt::Display for PlanDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for PlanDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What to do with a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict<'p> {
    /// There is nothing to write.
    Nothing,
    /// Write it.
    Apply,
    /// Wait for an administrator, for this reason.
    Hold(&'p str),
}

impl Plan<'_> {
    /// Whether to write this plan. `confirmed` is the digest an administrator agreed to: it lifts the hold from that very plan only.
    pub fn verdict(&self, confirmed: Option<PlanDigest>) -> Verdict<'_> {
        match &self.held_because {
            // An answer that is suspicious is held even when it happens to change nothing else.
            Some(reason) if confirmed != Some(self.digest) => Verdict::Hold(reason),
            _ if self.writes_nothing() => Verdict::Nothing,
            _ => Verdict::Apply,
        }
    }

    fn writes_nothing(&self) -> bool {
        self.counts.nothing_changes() && self.released_users.is_empty() && self.released_groups.is_empty()
    }
}

/// Decides what a run changes. Takes time in proportion to the entries and memberships (and their sorting).
pub fn reconcile<'s>(snapshot: &'s Snapshot, current: &'s Current, policy: &Policy) -> Plan<'s> {
    let mut plan = Plan {
        released_users: Vec::new(),
        departed_users: Vec::new(),
        deleted_users: Vec::new(),
        updated_users: Vec::new(),
        created_users: Vec::new(),
        released_groups: Vec::new(),
        removed_groups: Vec::new(),
        updated_groups: Vec::new(),
        created_groups: Vec::new(),
        removed_members: Vec::new(),
        added_members: Vec::new(),
        counts: Counts::default(),
        problems: snapshot.problems.clone(),
        held_because: None,
        digest: PlanDigest([0; 32]),
    };
    plan.counts.users.skipped = snapshot.skipped_users.len();
    plan.counts.groups.skipped = snapshot.skipped_groups.len();

    let groups = groups::plan_groups(snapshot, current, policy, &mut plan);
    let admins = groups::admin_members(&groups, snapshot, current, policy, &mut plan.problems);
    let users = users::plan_users(snapshot, current, policy, &admins, &mut plan);
    groups::plan_memberships(&groups, &users, current, &mut plan);
    if current.users.is_empty() && snapshot.users.is_empty() && snapshot.skipped_users.is_empty() {
        plan.problems.report(
            &policy.base_dn,
            None,
            "The directory answered without error, but found nobody. Check base DN, filter and the rights of the bind account.",
        );
    }
    plan.held_because = hold_reason(snapshot, current, policy, &users);
    plan.digest = digest(&plan);
    plan
}

fn hold_reason(snapshot: &Snapshot, current: &Current, policy: &Policy, users: &users::PlannedUsers<'_>) -> Option<String> {
    let &users::PlannedUsers { active_before, leaving, admins_before, admins_after, .. } = users;
    let mut reasons = Vec::new();
    if active_before > 0 && snapshot.users.is_empty() && snapshot.skipped_users.is_empty() {
        let known = current.users.len();
        reasons.push(format!("The directory answered without error but found nobody, and {known} people are known from it. A wrong filter or lost rights look like this."));
    } else if leaving > policy.guard.people.allowed(active_before) {
        let share = leaving * 100 / active_before.max(1);
        reasons.push(format!(
            "{leaving} of {active_before} people ({share} %) would lose access; without confirmation {} may.",
            policy.guard.people.allowed(active_before)
        ));
    }
    if admins_before > 0 && admins_after == 0 {
        reasons.push(format!("No administrator of this directory would remain ({admins_before} until now)."));
    }
    (!reasons.is_empty()).then(|| reasons.join(" "))
}

/// Entries in the order of their ids (then DNs), each id once; the others are handed to `duplicate`.
fn distinct<'s, T: Copy>(entries: impl Iterator<Item = (&'s EntryId, &'s str, T)>, mut duplicate: impl FnMut(&str)) -> Vec<T> {
    let mut sorted: Vec<_> = entries.collect();
    sorted.sort_unstable_by_key(|(id, dn, _)| (*id, *dn));
    let mut last = None;
    let mut kept = Vec::with_capacity(sorted.len());
    for (id, dn, entry) in sorted {
        if last == Some(id) {
            duplicate(dn);
        } else {
            kept.push(entry);
        }
        last = Some(id);
    }
    kept
}

/// Which known rows, besides those found, a skipped entry stands for: by its id, or by its place when not even that could be read.
fn kept<'s>(skipped: &[SkippedEntry], found: &HashSet<&EntryId>, known: impl Iterator<Item = (&'s EntryId, &'s str)>) -> HashSet<&'s EntryId> {
    if skipped.is_empty() {
        return HashSet::new();
    }
    let ids: HashSet<&EntryId> = skipped.iter().filter_map(|entry| entry.id.as_ref()).collect();
    let places: HashSet<DnKey> = skipped.iter().filter(|entry| entry.id.is_none()).filter_map(|entry| entry.dn_key).collect();
    known
        .filter(|(id, _)| !found.contains(id))
        .filter(|(id, dn)| ids.contains(id) || (!places.is_empty() && key_of(dn).is_some_and(|key| places.contains(&key))))
        .map(|(id, _)| id)
        .collect()
}

fn sorted_by_entry<T>(rows: &[T], id: impl Fn(&T) -> &EntryId) -> Vec<&T> {
    let mut rows: Vec<&T> = rows.iter().collect();
    rows.sort_unstable_by(|a, b| id(a).cmp(id(b)));
    rows
}

fn label(policy: &Policy, field: Field) -> String {
    policy.attributes.label(field)
}

fn row_hash(fields: &[&str]) -> RowHash {
    let mut encoding = Vec::with_capacity(fields.iter().map(|field| field.len() + 8).sum());
    for field in fields {
        encoding.extend_from_slice(&(field.len() as u64).to_be_bytes());
        encoding.extend_from_slice(field.as_bytes());
    }
    let mut hash = [0; 16];
    hash.copy_from_slice(&sha256(&encoding)[..16]);
    RowHash(hash)
}

/// A hash chain over all rows in their order.
fn digest(plan: &Plan<'_>) -> PlanDigest {
    let mut chain = [0; 32];
    let mut add = |parts: &[&[u8]]| {
        let mut link = chain.to_vec();
        for part in parts {
            link.extend_from_slice(&(part.len() as u64).to_be_bytes());
            link.extend_from_slice(part);
        }
        chain = sha256(&link);
    };
    for ReleasedUser { user, username, clear_email } in &plan.released_users {
        add(&[b"release", user.uuid().as_bytes(), username.as_deref().unwrap_or("").as_bytes(), &[u8::from(*clear_email)]]);
    }
    plan.departed_users.iter().for_each(|user| add(&[b"depart", user.uuid().as_bytes()]));
    plan.deleted_users.iter().for_each(|user| add(&[b"delete", user.uuid().as_bytes()]));
    plan.updated_users.iter().for_each(|(user, _, row)| add(&[b"update", user.uuid().as_bytes(), &row.hash.0]));
    plan.created_users.iter().for_each(|row| add(&[b"create", row.entry.id.as_str().as_bytes(), &row.hash.0]));
    plan.released_groups.iter().for_each(|(group, name)| add(&[b"release group", group.uuid().as_bytes(), name.as_bytes()]));
    plan.removed_groups.iter().for_each(|group| add(&[b"remove group", group.uuid().as_bytes()]));
    plan.updated_groups.iter().for_each(|(group, row)| add(&[b"update group", group.uuid().as_bytes(), &row.hash.0]));
    plan.created_groups.iter().for_each(|row| add(&[b"create group", row.entry.id.as_str().as_bytes(), &row.hash.0]));
    plan.removed_members.iter().for_each(|(group, user)| add(&[b"leave", group.uuid().as_bytes(), user.uuid().as_bytes()]));
    plan.added_members.iter().for_each(|(group, user)| add(&[b"join", group.as_str().as_bytes(), user.as_str().as_bytes()]));
    PlanDigest(chain)
}
