//! Entries that were touched, taken over: read again, planned with everything else left as it is, written.

use std::collections::{HashMap, HashSet};

use super::super::attributes::Field;
use super::super::client::{self, Part, Touch};
use super::super::config::{Collision, DirectoryConfig, Missing};
use super::super::dn::key_of;
use super::super::model::{DirectoryState, DirectoryUser, EntryId, Extras, SkippedEntry, Snapshot};
use super::super::plan::{Change, Current, Extent, KnownUser, Plan, Policy, Verdict, reconcile};
use super::super::run::{between_runs, write_part};
use super::super::store;
use super::super::text::Text;
use super::super::texts;
use super::groups::Concerned;
use crate::app::App;
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::id::UserId;
use crate::lease::Lease;
use crate::users::model::key as name_key;

/// Whether everything that was touched is in force now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Taken {
    /// It is.
    All,
    /// Something is not; a run that reads everything has to see to it, for this reason.
    NotAll(&'static str),
}

/// How often a plan is made anew when people or groups were changed here meanwhile.
const ATTEMPTS: usize = 3;

/// Takes over what became of some entries. Waits for the end of a run that goes on: it may have read them before they changed.
///
/// # Errors
/// When the directory or the database cannot be read or written; then nothing was.
pub(super) async fn take_over(app: &App, config: &DirectoryConfig, touches: &[Touch]) -> anyhow::Result<Taken> {
    let taken = between_runs(app, &config.name, async |lease| Ok(under_lease(app, config, touches, lease).await)).await;
    taken.map_err(anyhow::Error::from)?
}

async fn under_lease(app: &App, config: &DirectoryConfig, touches: &[Touch], lease: &Lease) -> anyhow::Result<Taken> {
    if touches.iter().any(|touch| touch.is_place && !touch.is_gone) {
        return Ok(Taken::NotAll("a place for entries was added or changed"));
    }
    let directory = config.name.as_str();
    // It may have been switched off or removed since, while this waited for its turn.
    if !texts(app, directory).await?.is_enabled() {
        return Ok(Taken::All);
    }
    let mut people: Vec<EntryId> = touches.iter().filter_map(|touch| touch.person.clone()).collect();
    let mut groups: Vec<EntryId> = touches.iter().filter_map(|touch| touch.group.clone()).collect();
    let nameless = touches.iter().filter(|touch| touch.person.is_none() || touch.group.is_none());
    let places: Vec<String> = nameless.map(|touch| touch.dn.clone()).filter(|dn| !dn.is_empty()).collect();
    if !places.is_empty() {
        let (people_there, groups_there) = store::part::ids_at(&mut app.db.read().await?, directory, &places).await?;
        people.extend(people_there);
        groups.extend(groups_there);
    }
    people.sort_unstable();
    people.dedup();
    groups.sort_unstable();
    groups.dedup();

    let lookups = store::lookups::count(&mut app.db.read().await?, directory).await?;
    let part = read(app, config, &people, &groups).await?;
    let known_groups = store::part::groups_among(&mut app.db.read().await?, directory, &groups).await?;
    let groups: Vec<EntryId> = groups.into_iter().filter(|id| part.groups.contains(id) || known_groups.contains(id)).collect();
    let is_untold = is_untold(app, directory, touches).await?;
    let batch = Batch { app, config, lease, people, groups, part, lookups };
    Ok(match batch.take_over().await? {
        Taken::All if is_untold => Taken::NotAll("something was deleted, and the server does not tell what it was"),
        taken => taken,
    })
}

/// Whether something is gone that may be anybody known here: named by an id that is not kept (after a pause OpenLDAP tells of deletions by `entryUUID` alone,
/// RFC 4533 section 2.5), or by a place where nobody is known to have been (a tombstone of Active Directory has few attributes left, and stands elsewhere).
async fn is_untold(app: &App, directory: &str, touches: &[Touch]) -> sqlx::Result<bool> {
    if touches.iter().any(is_nameless) {
        return Ok(true);
    }
    let by_place = touches.iter().filter(|touch| touch.is_gone && touch.person.is_none() && touch.group.is_none());
    let places: Vec<String> = by_place.map(|touch| touch.dn.clone()).collect();
    if places.is_empty() {
        return Ok(false);
    }
    let (people, groups) = store::part::ids_at(&mut app.db.read().await?, directory, &places).await?;
    Ok(people.len() + groups.len() < places.len())
}

/// Whether a deletion has neither a place nor both the ids a person and a group would have.
fn is_nameless(touch: &Touch) -> bool {
    touch.is_gone && touch.dn.is_empty() && (touch.person.is_none() || touch.group.is_none())
}

/// Reads the touched entries; who is known and not found is asked for twice.
async fn read(app: &App, config: &DirectoryConfig, people: &[EntryId], groups: &[EntryId]) -> anyhow::Result<Part> {
    let mut part = client::read_part(config, people, groups, app.clock.now()).await?;
    let found: HashSet<&EntryId> =
        part.users.iter().map(|user| &user.id).chain(part.skipped_users.iter().filter_map(|entry| entry.id.as_ref())).collect();
    let absent: Vec<EntryId> = people.iter().filter(|id| !found.contains(id)).cloned().collect();
    let known = store::part::load(&mut app.db.read().await?, &config.name, &absent, &[]).await?.users;
    let absent: Vec<EntryId> = known.into_iter().filter(|user| user.state != DirectoryState::Missing).map(|user| user.entry_id).collect();
    if !absent.is_empty() {
        let again = client::read_part(config, &absent, &[], app.clock.now()).await?;
        part.users.extend(again.users);
        part.skipped_users.extend(again.skipped_users);
    }
    Ok(part)
}

/// What was read, with what is needed to write it.
struct Batch<'b> {
    app: &'b App,
    config: &'b DirectoryConfig,
    lease: &'b Lease,
    people: Vec<EntryId>,
    /// Groups that were touched.
    groups: Vec<EntryId>,
    part: Part,
    /// How many had been looked at by themselves before all this was read.
    lookups: i64,
}

impl Batch<'_> {
    async fn take_over(mut self) -> anyhow::Result<Taken> {
        let known = store::part::load(&mut self.app.db.read().await?, &self.config.name, &self.people, &[]).await?.users;
        let known: HashMap<EntryId, KnownUser> = known.into_iter().map(|user| (user.entry_id.clone(), user)).collect();
        let mut rest = None;
        // Who is new, back, or has another name: groups may mean them now, or not any more.
        let is_other = |user: &DirectoryUser| {
            known.get(&user.id).is_none_or(|known| {
                known.state == DirectoryState::Missing || known.dn != user.dn || name_key(&known.username) != name_key(&user.username)
            })
        };
        let life_cycle = self.config.life_cycle;
        let groups_matter = !self.groups.is_empty() || self.part.users.iter().any(is_other);
        let mut groups_concerned = life_cycle.sync_groups && groups_matter;
        if self.config.placement.import_group.is_some() && groups_matter {
            // Whether somebody belongs here is then a question of groups, also where these are not taken over themselves.
            let is_known = |user: &DirectoryUser| known.get(&user.id).is_some_and(|known| known.state != DirectoryState::Missing);
            self.part.users.retain(is_known);
            (rest, groups_concerned) = (Some("only members of a group are taken over, and groups or newcomers are concerned"), false);
        }
        let own_groups_may_differ = !self.config.membership.member_of.is_empty() && !self.part.users.is_empty();
        if own_groups_may_differ || (groups_concerned && membership_is_of_people(self.config)) {
            (rest, groups_concerned) = (Some("membership also depends on attributes of people"), false);
        }
        let others: Vec<&DirectoryUser> = self.part.users.iter().filter(|user| is_other(user)).collect();
        let mut concerned = None;
        // Whether an administrator who is called otherwise now still is one, all groups say.
        let are_plain = others.iter().all(|user| known.get(&user.id).is_none_or(|known| !known.is_admin));
        if groups_concerned && are_plain {
            concerned = Concerned::find(self.app, self.config, (&self.people, &self.groups), &self.part, &others).await?;
        }
        let (mut without_losses, mut outdated) = (false, 0);
        loop {
            let settings = Policy::new(self.config, self.app.clock.now());
            let collision = settings.life_cycle.collision;
            // Only a run that has read everything deletes people and links accounts.
            let mut policy = settings.of_part(Extent::SomePeople);
            let some = match &concerned {
                Some(concerned) => concerned.snapshot(&policy).await?,
                None => None,
            };
            let all_groups = groups_concerned && some.is_none();
            let (mut snapshot, current) = match some {
                Some(some) => some,
                None if groups_concerned => {
                    policy.extent = Extent::SomePeopleAndGroups;
                    self.with_groups(&policy).await?
                }
                None => self.without_groups(&policy).await?,
            };
            let found = snapshot.users.len();
            snapshot.users.retain(|user| !waits_for_whole(user, &current, collision));
            if snapshot.users.len() < found {
                rest = Some("a newcomer has the name or address of somebody who is here already");
            }
            let (snapshot, current) = if without_losses { sparing(snapshot, current) } else { (snapshot, current) };
            let mut plan = reconcile(&snapshot, &current, &policy);
            plan.counts.users.skipped = self.part.skipped_users.len();
            if !all_groups {
                plan.held_because = None;
                self.end_memberships(&mut plan).await?;
            }
            if plan.held_because.is_some() || !self.may_end(&plan, all_groups).await? {
                return Ok(Taken::NotAll("the change is larger than is made without confirmation"));
            }
            if self.config.life_cycle.missing == Missing::Delete && !plan.departed_users.is_empty() {
                rest = Some("people are gone who are to be deleted");
            }
            if !without_losses && !may_lose(&mut self.app.db.read().await?, self.config, &plan, &current).await? {
                (without_losses, rest) = (true, Some("more people are gone than may go without confirmation"));
                continue;
            }
            if plan.verdict(None) == Verdict::Nothing {
                break;
            }
            if write_part(self.app, &self.config.name, self.lease, &plan, &current, self.lookups).await?.is_some() {
                let mut tx = self.app.db.begin().await?;
                store::following::changed(&mut tx, &self.config.name, self.app.clock.now()).await?;
                tx.commit().await?;
                break;
            }
            outdated += 1;
            if outdated == ATTEMPTS {
                return Ok(Taken::NotAll("what changed cannot be written by itself"));
            }
        }
        Ok(rest.map_or(Taken::All, Taken::NotAll))
    }

    /// The people touched, and nobody else.
    async fn without_groups(&self, policy: &Policy) -> sqlx::Result<(Snapshot, Current)> {
        let current = of_people(self.app, &self.config.name, &self.people, &self.part, policy).await?;
        let Part { users, skipped_users, problems, .. } = self.part.clone();
        Ok((Snapshot { users, skipped_users, problems, ..Snapshot::default() }, current))
    }

    /// The people touched, all groups, and everybody else as they are known.
    async fn with_groups(&self, policy: &Policy) -> anyhow::Result<(Snapshot, Current)> {
        let current = store::load(&mut self.app.db.read().await?, &self.config.name, policy).await?;
        let touched: HashSet<&EntryId> = self.people.iter().collect();
        let others = current.users.iter().filter(|user| user.state != DirectoryState::Missing && !touched.contains(&user.entry_id));
        let others: Vec<DirectoryUser> = others.filter_map(as_known).collect();
        let mut part = self.part.clone();
        let everyone = part.users.iter().chain(&others).cloned().collect();
        let mut snapshot = client::read_groups_for(self.config, everyone, &part.skipped_users).await?;
        let concerned = admins_that_change(self.config, &snapshot, &current, &touched);
        if !concerned.is_empty() {
            let read = client::read_part(self.config, &concerned, &[], self.app.clock.now()).await?;
            part.users.extend(read.users);
            part.skipped_users.extend(read.skipped_users);
        }
        let read: HashSet<&EntryId> = part.users.iter().map(|user| &user.id).collect();
        let kept = others.into_iter().filter(|user| !read.contains(&user.id));
        let kept: Vec<SkippedEntry> = kept.map(|user| SkippedEntry { id: Some(user.id), dn_key: Some(user.dn_key) }).collect();
        snapshot.skipped_users = part.skipped_users.into_iter().chain(kept).collect();
        snapshot.users = part.users;
        Ok((snapshot, current))
    }

    /// Who has left is in no group any more.
    async fn end_memberships(&self, plan: &mut Plan<'_>) -> sqlx::Result<()> {
        let ended = store::part::memberships_of(&mut self.app.db.read().await?, &self.config.name, &plan.departed_users).await?;
        plan.removed_members.extend(ended);
        plan.removed_members.sort_unstable();
        plan.removed_members.dedup();
        plan.counts.memberships.removed = plan.removed_members.len();
        Ok(())
    }

    /// Whether the memberships that would end, of people who stay, may end without anybody confirming it. Of a plan made of all groups that was asked.
    async fn may_end(&self, plan: &Plan<'_>, all_groups: bool) -> sqlx::Result<bool> {
        let leaving: HashSet<UserId> = plan.departed_users.iter().copied().collect();
        let ending = plan.removed_members.iter().filter(|(_, user)| !leaving.contains(user)).count();
        let limit = self.config.guard.memberships;
        if all_groups || ending <= limit.allowed(0) {
            return Ok(true);
        }
        let known = store::part::memberships(&mut self.app.db.read().await?, &self.config.name).await?;
        Ok(ending <= limit.allowed(usize::try_from(known).unwrap_or(0)))
    }
}

/// What is known of some people and of who holds the names and addresses they want.
pub(super) async fn of_people(app: &App, directory: &str, people: &[EntryId], part: &Part, policy: &Policy) -> sqlx::Result<Current> {
    let names = part.users.iter().flat_map(|user| std::iter::once(&user.username).chain(&user.email));
    let names: Vec<String> = names.map(|name| name_key(name)).collect();
    let mut conn = app.db.read().await?;
    let mut current = store::part::load(&mut conn, directory, people, &names).await?;
    store::part::load_places(&mut conn, directory, policy, &mut current).await?;
    Ok(current)
}

/// Whether somebody new may become an account that is here already, or get a number behind their name: only a run that knows everybody can say.
fn waits_for_whole(user: &DirectoryUser, current: &Current, collision: Collision) -> bool {
    if collision == Collision::Skip || current.users.iter().any(|known| known.entry_id == user.id) {
        return false;
    }
    let by_name = current.other_usernames.get(&name_key(&user.username));
    let by_email = user.email.as_deref().and_then(|email| current.other_emails.get(&name_key(email)));
    match collision {
        Collision::Skip => false,
        Collision::Suffix => by_name.is_some(),
        Collision::LinkVerified | Collision::Link => by_name.into_iter().chain(by_email).any(|owner| owner.local.is_some()),
    }
}

/// Who loses access by a plan.
pub(super) fn leaving(plan: &Plan<'_>) -> Vec<UserId> {
    let disabled = plan.updated_users.iter().filter(|(_, change, _)| *change == Change::Disabled).map(|(id, ..)| *id);
    plan.departed_users.iter().copied().chain(disabled).collect()
}

/// Whether those who would lose access may without anybody confirming it, counted together with those who did since everything was read last; among them
/// not more administrators than may go at once.
pub(super) async fn may_lose(conn: &mut Conn, config: &DirectoryConfig, plan: &Plan<'_>, current: &Current) -> sqlx::Result<bool> {
    let leaving: HashSet<UserId> = leaving(plan).into_iter().collect();
    let leavers = || current.users.iter().filter(|user| leaving.contains(&user.id) && user.state == DirectoryState::Active);
    let (leaving, admins_leaving) = (leavers().count(), leavers().filter(|user| user.is_admin).count());
    if leaving == 0 {
        return Ok(true);
    }
    let since = store::runs::last_agreed(conn, &config.name).await?.unwrap_or(Timestamp::EPOCH);
    let (active, admins, lost) = store::part::active_and_lost(conn, &config.name, since).await?;
    let [active, admins, lost] = [active, admins, lost].map(|count| usize::try_from(count).unwrap_or(0));
    Ok(lost + leaving <= config.guard.people_allowed(active + lost) && admins_leaving <= config.guard.admins.allowed(admins))
}

/// The same without anybody losing access.
fn sparing(mut snapshot: Snapshot, current: Current) -> (Snapshot, Current) {
    let active: HashSet<&EntryId> = current.users.iter().filter(|user| user.state == DirectoryState::Active).map(|user| &user.entry_id).collect();
    snapshot.users.retain(|user| !(user.is_disabled && active.contains(&user.id)));
    let found: HashSet<EntryId> = snapshot.users.iter().map(|user| user.id.clone()).collect();
    let spared = active.into_iter().filter(|id| !found.contains(*id)).cloned();
    snapshot.skipped_users.extend(spared.map(|id| SkippedEntry { id: Some(id), dn_key: None }));
    (snapshot, current)
}

/// Whether who is in a group cannot be told from the groups alone. A person's primary group changes together with the members of two groups (Active
/// Directory moves them), so that a touched group is the sign for both.
fn membership_is_of_people(config: &DirectoryConfig) -> bool {
    let by_primary_group =
        config.membership.primary_group && config.attributes.names(Field::UserId).iter().any(|name| name.eq_ignore_ascii_case("objectGUID"));
    !config.membership.member_of.is_empty() || by_primary_group
}

/// A person as they are known, as far as finding them among members goes.
pub(super) fn as_known(user: &KnownUser) -> Option<DirectoryUser> {
    Some(DirectoryUser {
        id: user.entry_id.clone(),
        dn: user.dn.clone(),
        dn_key: key_of(&user.dn)?,
        username: user.username.clone(),
        email: user.email.clone(),
        first_name: Text::default(),
        last_name: Text::default(),
        display_name: Text::default(),
        phone: Text::default(),
        locale: Text::default(),
        extras: Extras::new(),
        is_disabled: user.state != DirectoryState::Active,
    })
}

/// Those not touched themselves who become administrators or cease to be, by the groups as they are now.
fn admins_that_change(config: &DirectoryConfig, snapshot: &Snapshot, current: &Current, touched: &HashSet<&EntryId>) -> Vec<EntryId> {
    let Some(wanted) = config.placement.admin_group.as_deref().filter(|_| !config.placement.everyone_is_admin) else { return Vec::new() };
    let (wanted_key, wanted_dn) = (name_key(wanted), key_of(wanted));
    let group = snapshot.groups.iter().find(|group| (wanted_dn.is_some() && Some(group.dn_key) == wanted_dn) || name_key(&group.name) == wanted_key);
    let admins: HashSet<&EntryId> = group.iter().flat_map(|group| &group.members).collect();
    let others = current.users.iter().filter(|user| user.state != DirectoryState::Missing && !touched.contains(&user.entry_id));
    others.filter(|user| user.is_admin != admins.contains(&user.entry_id)).map(|user| user.entry_id.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deletion_named_by_an_id_that_is_not_kept_is_not_passed_over() {
        let id = || Some(EntryId::from("f806d289-e57f-11f1-a5d7-f8849f6d2e8b"));
        let gone = |person, group, dn: &str| Touch { person, group, dn: dn.to_owned(), is_gone: true, is_place: false };
        for (touch, expected) in [
            (gone(None, None, ""), true),
            (gone(id(), None, ""), true),
            (gone(None, id(), ""), true),
            (gone(id(), id(), ""), false),
            (gone(None, None, "uid=ada,dc=x"), false),
            (Touch { is_gone: false, ..gone(None, None, "") }, false),
        ] {
            assert_eq!(is_nameless(&touch), expected, "{touch:?}");
        }
    }
}
