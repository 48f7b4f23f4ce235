//! What a run would change. [`reconcile`] compares what was read with what is known and decides everything; it is pure, so a preview is the real thing and
//! every rule can be tested with tables. The store then applies the rows as they stand, in the order of [`Plan`]'s fields.
//!
//! Who gets a name when several want it: whoever has it already, then known people in the order of their entry ids, then new ones in that order. Names of
//! local accounts and other directories are never given away. A known person who cannot get a new name keeps the old one and everything else is updated,
//! above all whether they are disabled; a new person who cannot get a username is skipped. An e-mail address that is taken is left out.

mod changes;
mod groups;
mod guard;
mod links;
mod listing;
mod names;
mod placement;
#[cfg(test)]
mod tests;
mod users;

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::Arc;

pub use changes::{ChangeKind, Changes, EntryChange, FieldChange, What};
pub use links::LocalAccount;
pub use listing::OldProfile;
pub use placement::wanted_groups;

use super::attributes::{AttributeMap, Field};
use super::config::{Collision, DirectoryConfig, Guard, LifeCycle, Missing, Placement};
use super::dn::{DnKey, key_of};
use super::model::{DirectoryGroup, DirectoryState, DirectoryUser, EntryId, Extras, Problem, Problems, SkippedEntry, Snapshot};
use super::report::Counts;
use super::text::Text;
use crate::clock::Timestamp;
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
    pub dn: Text,
    /// As stored.
    pub username: Text,
    /// As stored.
    pub email: Option<Text>,
    /// As stored.
    pub is_admin: bool,
    /// What the directory last said.
    pub state: DirectoryState,
    /// Since when they are missing there.
    pub left_at: Option<Timestamp>,
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
    /// As stored.
    pub display_name: String,
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
    /// Usernames of everybody else by [`key`](crate::users::model::key).
    pub other_usernames: HashMap<String, Owner>,
    /// E-mail addresses of everybody else, likewise.
    pub other_emails: HashMap<String, Owner>,
    /// Names of all other groups, likewise.
    pub other_group_names: HashMap<String, Owner>,
    /// Local accounts, when the policy is to link them.
    pub local_accounts: HashMap<UserId, LocalAccount>,
    /// The local groups the policy names, by the key of their names.
    pub local_groups: HashMap<String, LocalGroup>,
    /// Memberships in local groups that carry this directory's name.
    pub placed: Vec<(GroupId, UserId)>,
}

/// Who has a name that this directory may not give away.
#[derive(Clone, Debug)]
pub struct Owner {
    /// In words, such as `the local account "ada"`.
    pub words: Arc<str>,
    /// The account, when it is a local one.
    pub local: Option<UserId>,
}

/// A local group that people of the directory are put in.
#[derive(Clone, Debug)]
pub struct LocalGroup {
    /// Our row.
    pub id: GroupId,
    /// As stored.
    pub name: String,
    /// Its members among the people of this directory (and the accounts that may be linked), whatever the way they came in.
    pub members: Vec<UserId>,
}

/// The settings that decide.
#[derive(Clone, Debug)]
pub struct Policy {
    /// When to hold back.
    pub guard: Guard,
    /// What people and groups become here.
    pub placement: Placement,
    /// Coming and going.
    pub life_cycle: LifeCycle,
    /// How much of the directory the plan is made of.
    pub extent: Extent,
    /// To name attributes in problems.
    pub attributes: AttributeMap,
    /// To name the place when nobody was found.
    pub base_dn: String,
    /// When the plan is made: who left long enough before is deleted.
    pub now: Timestamp,
}

/// How much of the directory a plan is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// Everything.
    Whole,
    /// A few people, and all groups; everybody else is among the skipped entries.
    SomePeopleAndGroups,
    /// A few people. Who is in which group, and who is an administrator, stays as it is known.
    SomePeople,
}

impl Extent {
    /// Whether the groups were read.
    pub const fn has_groups(self) -> bool {
        !matches!(self, Self::SomePeople)
    }
}

impl Policy {
    /// The same for a plan that is not made of everything: nobody is deleted in it, and no local account is linked.
    #[must_use]
    pub fn of_part(mut self, extent: Extent) -> Self {
        self.extent = extent;
        if self.life_cycle.missing != Missing::Report {
            self.life_cycle.missing = Missing::Disable { delete_after_days: None };
        }
        if self.links_accounts() {
            self.life_cycle.collision = Collision::Skip;
        }
        self
    }

    /// What a directory's settings say, at this time.
    pub fn new(config: &DirectoryConfig, now: Timestamp) -> Self {
        Self {
            guard: config.guard,
            placement: config.placement.clone(),
            life_cycle: config.life_cycle,
            extent: Extent::Whole,
            attributes: config.attributes.clone(),
            base_dn: config.search.base_dn.clone(),
            now,
        }
    }

    /// Whether local accounts may become the directory's.
    pub const fn links_accounts(&self) -> bool {
        matches!(self.life_cycle.collision, Collision::LinkVerified | Collision::Link)
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

/// Somebody who is put in a local group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlacedMember<'s> {
    /// The group.
    pub group: GroupId,
    /// Their entry.
    pub member: &'s EntryId,
    /// Whether it ends by itself when the directory no longer says so. Otherwise it is as if an administrator had put them there.
    pub is_lasting: bool,
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
    /// People who left before and are deleted now, because the settings delete at once or the days are over. They lose no access.
    pub forgotten_users: Vec<UserId>,
    /// People who are not there any more and stay as they are; nothing is written.
    pub missing_users: Vec<UserId>,
    /// Known people whose row changes.
    pub updated_users: Vec<(UserId, Change, UserRow<'s>)>,
    /// Local accounts that become the directory's.
    pub linked_users: Vec<(UserId, UserRow<'s>)>,
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
    /// Memberships that begin in local groups.
    pub placed_members: Vec<PlacedMember<'s>>,
    /// Entries that were found and not taken over, the first [`Changes::MAX`] of them.
    pub skipped: Vec<EntryChange>,
    /// What there is to say about a new person, by entry.
    pub notes: HashMap<&'s EntryId, String>,
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

impl<'s> Plan<'s> {
    fn empty(problems: Problems) -> Self {
        Self {
            released_users: Vec::new(),
            departed_users: Vec::new(),
            deleted_users: Vec::new(),
            forgotten_users: Vec::new(),
            missing_users: Vec::new(),
            updated_users: Vec::new(),
            linked_users: Vec::new(),
            created_users: Vec::new(),
            released_groups: Vec::new(),
            removed_groups: Vec::new(),
            updated_groups: Vec::new(),
            created_groups: Vec::new(),
            removed_members: Vec::new(),
            added_members: Vec::new(),
            placed_members: Vec::new(),
            skipped: Vec::new(),
            notes: HashMap::new(),
            counts: Counts::default(),
            problems,
            held_because: None,
            digest: PlanDigest([0; 32]),
        }
    }

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

    /// Those who can sign in no more: sessions and what apps hold of them end. Deleted people have nothing left to end.
    pub fn locked_out(&self) -> impl Iterator<Item = UserId> {
        let disabled = self.updated_users.iter().filter(|(_, change, _)| *change == Change::Disabled).map(|(id, ..)| *id);
        self.departed_users.iter().copied().chain(disabled)
    }

    fn skip(&mut self, what: What, name: &str, dn: &str, reason: &str) {
        if self.skipped.len() < Changes::MAX {
            let (name, dn, reason) = (name.to_owned(), dn.to_owned(), reason.to_owned());
            self.skipped.push(EntryChange { kind: ChangeKind::Skipped, what, name, dn, fields: Vec::new(), reason });
        }
    }
}

/// Decides what a run changes. Takes time in proportion to the entries and memberships (and their sorting).
pub fn reconcile<'s>(snapshot: &'s Snapshot, current: &'s Current, policy: &Policy) -> Plan<'s> {
    let mut plan = Plan::empty(snapshot.problems.clone());
    skipped_in_reading(snapshot, policy, &mut plan);
    let groups = groups::plan_groups(snapshot, current, policy, &mut plan);
    let users = if policy.life_cycle.sync_users {
        let admins = groups::admin_members(&groups, snapshot, current, policy, &mut plan.problems);
        plan.counts.users.skipped = snapshot.skipped_users.len() + usize::from(snapshot.bind_account.is_some());
        let entries = distinct(snapshot.users.iter().map(|user| (&user.id, user.dn.as_str(), user)), |user| {
            plan.counts.users.skipped += 1;
            let reason = "Another entry has the same unique id. This one was skipped.";
            plan.problems.report(&user.dn, Some(&label(policy, Field::UserId)), reason);
            plan.skip(What::Person, &user.username, &user.dn, reason);
        });
        users::plan_users(&entries, snapshot, current, policy, &admins, &mut plan)
    } else {
        users::leave_users(current, &mut plan)
    };
    if policy.life_cycle.sync_groups {
        groups::plan_memberships(&groups, &users, current, &mut plan);
    }
    placement::plan_placement(snapshot, &groups, &users, current, policy, &mut plan);
    plan.removed_members.sort_unstable();
    plan.removed_members.dedup();
    plan.counts.memberships.added = plan.added_members.len() + plan.placed_members.len();
    plan.counts.memberships.removed = plan.removed_members.len();
    if policy.life_cycle.sync_users && current.users.is_empty() && snapshot.users.is_empty() && snapshot.skipped_users.is_empty() {
        plan.problems.report(
            &policy.base_dn,
            None,
            "The directory answered without error, but found nobody. Check base DN, filter and the rights of the bind account.",
        );
    }
    plan.held_because = guard::hold_reason(snapshot, current, policy, &users, &plan);
    plan.digest = digest(&plan);
    plan
}

/// Why the account Muster binds with is not among the people.
pub const BIND_ACCOUNT: &str = "Muster itself binds with this account, so it is left out (LDAP_INCLUDE_BIND_ACCOUNT).";

/// Lists the entries that could not be used, with the problem that was reported about each.
fn skipped_in_reading(snapshot: &Snapshot, policy: &Policy, plan: &mut Plan<'_>) {
    if let Some(account) = snapshot.bind_account.as_ref().filter(|_| policy.life_cycle.sync_users) {
        plan.skip(What::Person, &account.username, &account.dn, BIND_ACCOUNT);
    }
    let reported: HashMap<DnKey, &Problem> = snapshot.problems.iter().filter_map(|problem| Some((key_of(&problem.dn)?, problem))).collect();
    let users = snapshot.skipped_users.iter().filter(|_| policy.life_cycle.sync_users).map(|entry| (What::Person, entry));
    let groups = snapshot.skipped_groups.iter().filter(|_| policy.life_cycle.sync_groups).map(|entry| (What::Group, entry));
    for (what, entry) in users.chain(groups) {
        match entry.dn_key.and_then(|key| reported.get(&key)) {
            Some(problem) => plan.skip(what, &problem.dn, &problem.dn, &problem.message),
            // In a part, these are those who were not asked for.
            None if policy.extent != Extent::Whole => {}
            None => plan.skip(what, &entry.id.as_ref().map_or(Cow::Borrowed(""), EntryId::text), "", "The entry could not be used."),
        }
    }
}

/// Entries in the order of their ids (then DNs), each id once; the others are handed to `duplicate`.
fn distinct<'s, T: Copy>(entries: impl Iterator<Item = (&'s EntryId, &'s str, T)>, mut duplicate: impl FnMut(T)) -> Vec<T> {
    let mut sorted: Vec<_> = entries.collect();
    EntryId::sort(&mut sorted, |(id, ..)| id, |(_, dn, _)| *dn);
    let mut last = None;
    let mut kept = Vec::with_capacity(sorted.len());
    for (id, _, entry) in sorted {
        if last == Some(id) {
            duplicate(entry);
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

fn sorted_by_entry<'r, T>(rows: &'r [T], id: impl Fn(&'r T) -> &'r EntryId) -> Vec<&'r T> {
    let mut rows: Vec<(&EntryId, &T)> = rows.iter().map(|row| (id(row), row)).collect();
    EntryId::sort(&mut rows, |(id, _)| id, |_| ());
    rows.into_iter().map(|(_, row)| row).collect()
}

fn label(policy: &Policy, field: Field) -> String {
    policy.attributes.label(field)
}

/// Further attributes as they are stored.
pub fn extras_text(extras: &Extras) -> String {
    serde_json::to_string(extras).expect("invariant: a map of texts and lists of texts")
}

/// Of each field a mark, mostly none, and its text.
fn row_hash(fields: &[[&str; 2]]) -> RowHash {
    let mut encoding = Vec::with_capacity(fields.iter().map(|[mark, text]| mark.len() + text.len() + 8).sum());
    for [mark, text] in fields {
        encoding.extend_from_slice(&((mark.len() + text.len()) as u64).to_be_bytes());
        encoding.extend_from_slice(mark.as_bytes());
        encoding.extend_from_slice(text.as_bytes());
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
    plan.forgotten_users.iter().for_each(|user| add(&[b"forget", user.uuid().as_bytes()]));
    plan.linked_users.iter().for_each(|(user, row)| add(&[b"link", user.uuid().as_bytes(), row.entry.id.text().as_bytes(), &row.hash.0]));
    plan.updated_users.iter().for_each(|(user, _, row)| add(&[b"update", user.uuid().as_bytes(), &row.hash.0]));
    plan.created_users.iter().for_each(|row| add(&[b"create", row.entry.id.text().as_bytes(), &row.hash.0]));
    plan.released_groups.iter().for_each(|(group, name)| add(&[b"release group", group.uuid().as_bytes(), name.as_bytes()]));
    plan.removed_groups.iter().for_each(|group| add(&[b"remove group", group.uuid().as_bytes()]));
    plan.updated_groups.iter().for_each(|(group, row)| add(&[b"update group", group.uuid().as_bytes(), &row.hash.0]));
    plan.created_groups.iter().for_each(|row| add(&[b"create group", row.entry.id.text().as_bytes(), &row.hash.0]));
    plan.removed_members.iter().for_each(|(group, user)| add(&[b"leave", group.uuid().as_bytes(), user.uuid().as_bytes()]));
    plan.added_members.iter().for_each(|(group, user)| add(&[b"join", group.text().as_bytes(), user.text().as_bytes()]));
    for PlacedMember { group, member, is_lasting } in &plan.placed_members {
        add(&[b"place", group.uuid().as_bytes(), member.text().as_bytes(), &[u8::from(*is_lasting)]]);
    }
    PlanDigest(chain)
}
