//! What a run would change. [`reconcile`] compares what was read with what is known and decides everything; it is pure, so a preview is the real thing and
//! every rule can be tested with tables. The store then applies the rows as they stand, in the order of [`Plan`]'s fields.
//!
//! Who gets a name when several want it: whoever has it already, then known people in the order of their entry ids, then new ones in that order. Names of
//! local accounts and other directories are never given away. A known person who cannot get a new name keeps the old one and everything else is updated,
//! above all whether they are disabled; a new person who cannot get a username is skipped. An e-mail address that is taken is left out.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::fmt;

use super::attributes::{AttributeMap, Field};
use super::dn::{DnKey, key_of};
use super::model::{Counts, DirectoryConfig, DirectoryGroup, DirectoryState, DirectoryUser, EntryId, Guard, Problems, SkippedEntry, Snapshot, name_key};
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
    /// Usernames of everybody else by [`name_key`], with who that is, such as `the local account "ada"`.
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
    /// To name attributes in problems.
    pub attributes: AttributeMap,
    /// To name the place when nobody was found.
    pub base_dn: String,
}

impl From<&DirectoryConfig> for Policy {
    fn from(config: &DirectoryConfig) -> Self {
        Self {
            guard: config.guard,
            admin_group: config.admin_group.clone(),
            soft_delete: config.soft_delete,
            attributes: config.attributes.clone(),
            base_dn: config.base_dn.clone(),
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
    /// Whether to write this plan. `confirmed` is the digest an administrator agreed to, as text: it lifts the hold from that very plan only.
    pub fn verdict(&self, confirmed: Option<&str>) -> Verdict<'_> {
        match &self.held_because {
            // An answer that is suspicious is held even when it happens to change nothing else.
            Some(reason) if confirmed != Some(self.digest.to_string().as_str()) => Verdict::Hold(reason),
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

    let groups = plan_groups(snapshot, current, policy, &mut plan);
    let admins = admin_members(&groups, snapshot, current, policy, &mut plan.problems);
    let users = plan_users(snapshot, current, policy, &admins, &mut plan);
    plan_memberships(&groups, &users, current, &mut plan);
    if current.users.is_empty() && snapshot.users.is_empty() && snapshot.skipped_users.is_empty() {
        plan.problems.report(&policy.base_dn, None, "The directory answered without error, but found nobody. Check base DN, filter and the rights of the bind account.");
    }
    plan.held_because = hold_reason(snapshot, current, policy, &users);
    plan.digest = digest(&plan);
    plan
}

// --- names ---------------------------------------------------------------------------------------------------------------------------------------------

/// One who wants a name.
struct Wish {
    /// What they want; `None` wants nothing.
    key: Option<String>,
    /// What they have, when they are known.
    has: Option<String>,
    is_known: bool,
}

/// Who has a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Holder<'c> {
    /// Somebody this run must not touch.
    Other(&'c str),
    /// The entry at this place.
    Entry(usize),
}

/// Gives out names. `wishes` are in the order of their entry ids. Afterwards `holders` tells for every name in use who has it, and the result for every wish
/// who stood in its way.
fn assign<'c>(wishes: &[Wish], others: &'c HashMap<String, String>, keep_old: bool) -> (Vec<Option<Holder<'c>>>, HashMap<String, usize>) {
    let mut holders: HashMap<String, usize> = HashMap::with_capacity(wishes.len());
    let mut refused = vec![None; wishes.len()];
    let try_all = |turn: &dyn Fn(&Wish) -> bool, holders: &mut HashMap<String, usize>, refused: &mut Vec<Option<Holder<'c>>>| {
        for (place, wish) in wishes.iter().enumerate().filter(|(_, wish)| turn(wish)) {
            let Some(key) = &wish.key else { continue };
            refused[place] = match (others.get(key), holders.get(key)) {
                (Some(other), _) => Some(Holder::Other(other)),
                (None, Some(holder)) => Some(Holder::Entry(*holder)),
                (None, None) => {
                    holders.insert(key.clone(), place);
                    None
                }
            };
        }
    };
    try_all(&|wish| wish.is_known && wish.key == wish.has, &mut holders, &mut refused);
    try_all(&|wish| wish.is_known && wish.key != wish.has, &mut holders, &mut refused);
    if keep_old {
        for (place, wish) in wishes.iter().enumerate() {
            if let (Some(_), Some(has)) = (refused[place], &wish.has) {
                holders.entry(has.clone()).or_insert(place);
            }
        }
    }
    try_all(&|wish| !wish.is_known, &mut holders, &mut refused);
    (refused, holders)
}

/// The name of one who has to give up theirs.
fn released_name(name: &str, id: &EntryId, others: &HashMap<String, String>, holders: &HashMap<String, usize>) -> String {
    let base = name.split_once('~').map_or(name, |(base, _)| base);
    let short = format!("{base}~{}", id.short());
    let key = name_key(&short);
    if others.contains_key(&key) || holders.contains_key(&key) { format!("{base}~{id}") } else { short }
}

// --- people --------------------------------------------------------------------------------------------------------------------------------------------

/// What became of the people, for the steps that follow.
struct PlannedUsers<'s> {
    /// Those who may be members: our row, when there is one already.
    present: HashMap<&'s EntryId, Option<UserId>>,
    active_before: usize,
    leaving: usize,
    admins_before: usize,
    admins_after: usize,
}

fn plan_users<'s>(snapshot: &'s Snapshot, current: &'s Current, policy: &Policy, admins: &HashSet<&EntryId>, plan: &mut Plan<'s>) -> PlannedUsers<'s> {
    let known: HashMap<&EntryId, &KnownUser> = current.users.iter().map(|user| (&user.entry_id, user)).collect();
    let entries = distinct(snapshot.users.iter().map(|user| (&user.id, user.dn.as_str(), user)), |dn| {
        plan.counts.users.skipped += 1;
        plan.problems.report(dn, Some(&label(policy, Field::UserId)), "Another entry has the same unique id. This one was skipped.");
    });
    let wishes = |wanted: &dyn Fn(&DirectoryUser) -> Option<String>, has: &dyn Fn(&KnownUser) -> Option<String>| -> Vec<Wish> {
        let wish = |entry: &&DirectoryUser| {
            let known = known.get(&entry.id);
            Wish { key: wanted(entry), has: known.and_then(|user| has(user)), is_known: known.is_some() }
        };
        entries.iter().map(wish).collect()
    };
    let usernames = wishes(&|entry| Some(name_key(&entry.username)), &|user| Some(name_key(&user.username)));
    let (username_refused, username_holders) = assign(&usernames, &current.other_usernames, true);
    // Who gets no username is not created, so their address is free for others.
    let mut emails = wishes(&|entry| entry.email.as_deref().map(name_key), &|user| user.email.as_deref().map(name_key));
    for (place, wish) in emails.iter_mut().enumerate() {
        wish.key = wish.key.take().filter(|_| usernames[place].is_known || username_refused[place].is_none());
    }
    let (email_refused, email_holders) = assign(&emails, &current.other_emails, false);

    let mut planned =
        PlannedUsers { present: HashMap::with_capacity(entries.len()), active_before: 0, leaving: 0, admins_before: 0, admins_after: 0 };
    for (place, &entry) in entries.iter().enumerate() {
        let known = known.get(&entry.id).copied();
        let mut username = Cow::Borrowed(entry.username.as_str());
        if let Some(holder) = username_refused[place] {
            let whose = describe(holder, &entries, |entry| (&entry.username, &entry.dn));
            let wanted = format!("The username {:?} belongs to {whose}.", entry.username);
            let Some(known) = known else {
                plan.counts.users.skipped += 1;
                plan.problems.report(&entry.dn, Some(&label(policy, Field::Username)), format!("{wanted} The entry was skipped; rename one of the two."));
                continue;
            };
            username = match username_holders.get(&name_key(&known.username)) {
                Some(holder) if *holder == place => Cow::Borrowed(known.username.as_str()),
                _ => Cow::Owned(released_name(&known.username, &entry.id, &current.other_usernames, &username_holders)),
            };
            plan.problems.report(&entry.dn, Some(&label(policy, Field::Username)), format!("{wanted} This person stays {username:?}; rename one of the two."));
        }
        let email = entry.email.as_deref().filter(|_| email_refused[place].is_none());
        if let Some(holder) = email_refused[place] {
            let whose = describe(holder, &entries, |entry| (&entry.username, &entry.dn));
            let address = entry.email.as_deref().unwrap_or("");
            let message = format!("The e-mail address {address:?} belongs to {whose}. {username:?} was taken over without it.");
            plan.problems.report(&entry.dn, Some(&label(policy, Field::Email)), message);
        }
        let is_admin = admins.contains(&entry.id);
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

    let kept = kept(&snapshot.skipped_users, current.users.iter().map(|user| (&user.entry_id, user.dn.as_str())));
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
        let gives_up = |holders: &HashMap<String, usize>, name: &str| holders.get(&name_key(name)).is_some_and(|place| entries[*place].id != user.entry_id);
        let username = gives_up(&username_holders, &user.username)
            .then(|| released_name(&user.username, &user.entry_id, &current.other_usernames, &username_holders));
        let clear_email = user.email.as_deref().is_some_and(|email| gives_up(&email_holders, email));
        if username.is_some() || clear_email {
            plan.released_users.push(ReleasedUser { user: user.id, username, clear_email });
        }
    }
    planned
}

fn user_hash(entry: &DirectoryUser, username: &str, email: Option<&str>, is_admin: bool, state: DirectoryState) -> RowHash {
    let email = email.map_or_else(|| "-".to_owned(), |email| format!("={email}"));
    row_hash(&[username, &email, &entry.first_name, &entry.last_name, &entry.display_name, &entry.phone, &entry.dn, if is_admin { "1" } else { "0" }, state.as_str()])
}

// --- groups --------------------------------------------------------------------------------------------------------------------------------------------

/// What became of the groups.
struct PlannedGroups<'s> {
    /// Those that are or will be there, in the order of their ids, with our row when there is one already.
    present: Vec<(&'s DirectoryGroup, Option<&'s KnownGroup>, Cow<'s, str>)>,
    /// Known ones whose entry could not be used: they stay as they are.
    kept: HashSet<&'s EntryId>,
}

fn plan_groups<'s>(snapshot: &'s Snapshot, current: &'s Current, policy: &Policy, plan: &mut Plan<'s>) -> PlannedGroups<'s> {
    let known: HashMap<&EntryId, &KnownGroup> = current.groups.iter().map(|group| (&group.entry_id, group)).collect();
    let entries = distinct(snapshot.groups.iter().map(|group| (&group.id, group.dn.as_str(), group)), |dn| {
        plan.counts.groups.skipped += 1;
        plan.problems.report(dn, Some(&label(policy, Field::GroupId)), "Another entry has the same unique id. This one was skipped.");
    });
    let wish = |entry: &&DirectoryGroup| {
        let known = known.get(&entry.id);
        Wish { key: Some(name_key(&entry.name)), has: known.map(|group| name_key(&group.name)), is_known: known.is_some() }
    };
    let wishes: Vec<Wish> = entries.iter().map(wish).collect();
    let (refused, holders) = assign(&wishes, &current.other_group_names, true);

    let mut present = Vec::with_capacity(entries.len());
    for (place, &entry) in entries.iter().enumerate() {
        let known = known.get(&entry.id).copied();
        let mut name = Cow::Borrowed(entry.name.as_str());
        if let Some(holder) = refused[place] {
            let wanted = format!("The group name {:?} belongs to {}.", entry.name, describe(holder, &entries, |entry| (&entry.name, &entry.dn)));
            let Some(known) = known else {
                plan.counts.groups.skipped += 1;
                plan.problems.report(&entry.dn, Some(&label(policy, Field::GroupName)), format!("{wanted} The entry was skipped; rename one of the two."));
                continue;
            };
            name = match holders.get(&name_key(&known.name)) {
                Some(holder) if *holder == place => Cow::Borrowed(known.name.as_str()),
                _ => Cow::Owned(released_name(&known.name, &entry.id, &current.other_group_names, &holders)),
            };
            plan.problems.report(&entry.dn, Some(&label(policy, Field::GroupName)), format!("{wanted} This group stays {name:?}; rename one of the two."));
        }
        let hash = row_hash(&[&name, &entry.display_name, &entry.dn]);
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
    let kept = kept(&snapshot.skipped_groups, current.groups.iter().map(|group| (&group.entry_id, group.dn.as_str())));
    for group in sorted_by_entry(&current.groups, |group| &group.entry_id) {
        if !there.contains(&group.entry_id) && !kept.contains(&group.entry_id) && !group.is_removed {
            plan.counts.groups.removed += 1;
            plan.removed_groups.push(group.id);
        }
        if holders.get(&name_key(&group.name)).is_some_and(|place| entries[*place].id != group.entry_id) {
            plan.released_groups.push((group.id, released_name(&group.name, &group.entry_id, &current.other_group_names, &holders)));
        }
    }
    PlannedGroups { present, kept }
}

/// The entry ids of those in the administrators' group.
fn admin_members<'s>(groups: &PlannedGroups<'s>, snapshot: &'s Snapshot, current: &'s Current, policy: &Policy, problems: &mut Problems) -> HashSet<&'s EntryId> {
    let Some(wanted) = policy.admin_group.as_deref() else { return HashSet::new() };
    let (wanted_key, wanted_dn) = (name_key(wanted), key_of(wanted));
    let is_wanted = |name: &str, dn: Option<DnKey>| (wanted_dn.is_some() && dn == wanted_dn) || name_key(name) == wanted_key;
    // The name is the one the group got here, not the one it wants: two groups may want one.
    if let Some((group, ..)) = groups.present.iter().find(|(group, _, name)| is_wanted(name, Some(group.dn_key))) {
        return group.members.iter().collect();
    }
    if let Some(group) = current.groups.iter().find(|group| groups.kept.contains(&group.entry_id) && is_wanted(&group.name, key_of(&group.dn))) {
        let rows: HashSet<UserId> = group.members.iter().copied().collect();
        return current.users.iter().filter(|user| rows.contains(&user.id)).map(|user| &user.entry_id).collect();
    }
    if !snapshot.users.is_empty() {
        problems.report("", None, format!("The administrators' group {wanted:?} is not among the groups found. Nobody is an administrator through it."));
    }
    HashSet::new()
}

fn plan_memberships<'s>(groups: &PlannedGroups<'s>, users: &PlannedUsers<'s>, current: &Current, plan: &mut Plan<'s>) {
    for (entry, known, _) in &groups.present {
        let mut before: HashSet<UserId> = known.map(|group| group.members.iter().copied().collect()).unwrap_or_default();
        let mut members: Vec<&'s EntryId> = entry.members.iter().collect();
        members.sort_unstable();
        members.dedup();
        for member in members {
            match users.present.get(member) {
                Some(Some(row)) if before.remove(row) => {}
                Some(_) => plan.added_members.push((&entry.id, member)),
                None => {}
            }
        }
        plan.removed_members.extend(known.iter().flat_map(|group| before.iter().map(|row| (group.id, *row))));
    }
    let removed: HashSet<GroupId> = plan.removed_groups.iter().copied().collect();
    let gone = current.groups.iter().filter(|group| removed.contains(&group.id));
    plan.removed_members.extend(gone.flat_map(|group| group.members.iter().map(|row| (group.id, *row))));
    plan.removed_members.sort_unstable();
    plan.removed_members.dedup();
    plan.counts.memberships.added = plan.added_members.len();
    plan.counts.memberships.removed = plan.removed_members.len();
}

// --- the guard -----------------------------------------------------------------------------------------------------------------------------------------

fn hold_reason(snapshot: &Snapshot, current: &Current, policy: &Policy, users: &PlannedUsers<'_>) -> Option<String> {
    let &PlannedUsers { active_before, leaving, admins_before, admins_after, .. } = users;
    let mut reasons = Vec::new();
    if active_before > 0 && snapshot.users.is_empty() && snapshot.skipped_users.is_empty() {
        let known = current.users.len();
        reasons.push(format!("The directory answered without error but found nobody, and {known} people are known from it. A wrong filter or lost rights look like this."));
    } else if leaving > policy.guard.allowed(active_before) {
        let share = leaving * 100 / active_before.max(1);
        reasons.push(format!(
            "{leaving} of {active_before} people ({share} %) would lose access; without confirmation {} may.",
            policy.guard.allowed(active_before)
        ));
    }
    if admins_before > 0 && admins_after == 0 {
        reasons.push(format!("No administrator of this directory would remain ({admins_before} until now)."));
    }
    (!reasons.is_empty()).then(|| reasons.join(" "))
}

// --- small parts ---------------------------------------------------------------------------------------------------------------------------------------

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

/// Which known rows a skipped entry stands for: by its id, or by its place when not even that could be read.
fn kept<'s>(skipped: &[SkippedEntry], known: impl Iterator<Item = (&'s EntryId, &'s str)>) -> HashSet<&'s EntryId> {
    if skipped.is_empty() {
        return HashSet::new();
    }
    let ids: HashSet<&EntryId> = skipped.iter().filter_map(|entry| entry.id.as_ref()).collect();
    let places: HashSet<DnKey> = skipped.iter().filter(|entry| entry.id.is_none()).filter_map(|entry| entry.dn_key).collect();
    known.filter(|(id, dn)| ids.contains(id) || (!places.is_empty() && key_of(dn).is_some_and(|key| places.contains(&key)))).map(|(id, _)| id).collect()
}

fn sorted_by_entry<T>(rows: &[T], id: impl Fn(&T) -> &EntryId) -> Vec<&T> {
    let mut rows: Vec<&T> = rows.iter().collect();
    rows.sort_unstable_by(|a, b| id(a).cmp(id(b)));
    rows
}

fn describe<T: Copy>(holder: Holder<'_>, entries: &[T], of: impl Fn(&T) -> (&String, &String)) -> String {
    match holder {
        Holder::Other(who) => who.to_owned(),
        Holder::Entry(place) => {
            let (name, dn) = of(&entries[place]);
            format!("{name:?} ({dn})")
        }
    }
}

fn label(policy: &Policy, field: Field) -> String {
    policy.attributes.names(field).join(" | ")
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
