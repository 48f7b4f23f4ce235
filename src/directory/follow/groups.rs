//! The groups that are concerned by what was touched, and no others: a membership that changes in a directory of 100,000 people is in force without reading
//! them all.
//!
//! That goes as long as a group is what it was but for its members, no group is within another, and the server can be asked who lists somebody. Whatever is
//! more than that is left to reading all groups ([`Concerned::find`] gives `None`).

use std::collections::{HashMap, HashSet};

use super::super::attributes::{RawEntry, group as mapped_group, member_values};
use super::super::client::{self, Part, SomeGroups, can_ask_which_list_a_group, can_ask_who_lists};
use super::super::config::{DirectoryConfig, Nested};
use super::super::dn::{Dn, DnKey, key_of, key_of_member};
use super::super::membership::{Found, OwnGroups, People, Roster, is_named};
use super::super::model::{DirectoryGroup, DirectoryState, DirectoryUser, EntryId, Problems, SkippedEntry, Snapshot};
use super::super::plan::{Current, KnownGroup, KnownUser, Policy};
use super::super::store;
use super::batch::{as_known, of_people};
use crate::app::App;
use crate::id::UserId;
use crate::users::model::key as name_key;

/// More people than this whom a group lists and did not before, and everybody is looked through for them.
const LOOKED_UP: usize = 500;

/// What of the groups is needed to plan their memberships.
pub(super) struct Concerned<'b> {
    app: &'b App,
    config: &'b DirectoryConfig,
    /// The people who were touched.
    people: &'b [EntryId],
    part: &'b Part,
    /// The groups, as they are now and as they are known, with the people in them.
    groups: Vec<(RawEntry, DirectoryGroup, KnownGroup, Vec<KnownUser>)>,
}

impl<'b> Concerned<'b> {
    /// Finds out which groups are concerned and reads them: the touched ones, and those that list `others` (people who are new, back, or have another name)
    /// or did so. `None` when it takes all groups to tell.
    pub(super) async fn find(
        app: &'b App,
        config: &'b DirectoryConfig,
        (people, touched): (&'b [EntryId], &[EntryId]),
        part: &'b Part,
        others: &[&DirectoryUser],
    ) -> anyhow::Result<Option<Self>> {
        let is_askable = config.membership.nested == Nested::Off || can_ask_which_list_a_group(config);
        if config.membership.nested == Nested::InChain || !is_askable || (!others.is_empty() && !can_ask_who_lists(config)) {
            return Ok(None);
        }
        let directory = config.name.as_str();
        let mut ids = touched.to_vec();
        if !others.is_empty() {
            ids.extend(client::groups_listing(config, others).await?);
            let people: Vec<EntryId> = others.iter().map(|user| user.id.clone()).collect();
            ids.extend(store::part::groups_of(&mut app.db.read().await?, directory, &people).await?);
        }
        ids.sort_unstable();
        ids.dedup();
        let mut known: HashMap<EntryId, KnownGroup> = HashMap::new();
        let mut conn = app.db.read().await?;
        known.extend(store::part::known_groups(&mut conn, directory, &ids).await?.into_iter().map(|group| (group.entry_id.clone(), group)));
        drop(conn);
        // What was touched and is neither known nor found is no group of this directory.
        ids.retain(|id| known.contains_key(id) || part.groups.contains(id) || !touched.contains(id));
        let SomeGroups { entries, are_nested } = client::read_some_groups(config, &ids).await?;
        if are_nested || entries.len() != ids.len() {
            return Ok(None);
        }
        let mut concerned = Self { app, config, people, part, groups: Vec::with_capacity(entries.len()) };
        for entry in entries {
            let mut problems = Problems::default();
            let Ok(group) = mapped_group(&entry, config, &mut problems) else { return Ok(None) };
            let Some(known) = known.remove(&group.id).filter(|known| concerned.is_only_about_members(&group, known)) else { return Ok(None) };
            let members = store::people::known_in(&mut app.db.read().await?, directory, known.id).await?;
            concerned.groups.push((entry, group, known, members));
        }
        Ok(Some(concerned))
    }

    /// Whether a group is what it was but for its members, and these decide about nothing else.
    fn is_only_about_members(&self, group: &DirectoryGroup, known: &KnownGroup) -> bool {
        let placement = &self.config.placement;
        let makes_admins = !placement.everyone_is_admin
            && placement.admin_group.as_deref().is_some_and(|wanted| {
                is_named(wanted, &group.name, Some(group.dn_key)) || (key_of(wanted).is_some() && key_of(wanted) == Some(group.dn_key))
            });
        let is_same = known.name == group.name && known.display_name == group.display_name && known.dn == group.dn && known.hash.is_some();
        is_same && !makes_admins
    }

    /// The people touched and the memberships that begin and end, with what is known of them; everybody else stays out of it. `None` when it takes all
    /// groups to tell.
    pub(super) async fn snapshot(&self, policy: &Policy) -> anyhow::Result<Option<(Snapshot, Current)>> {
        let Some(people) = self.resolvable().await? else { return Ok(None) };
        let mut snapshot = Snapshot { users: people, skipped_users: self.part.skipped_users.clone(), ..Snapshot::default() };
        let mut roster = Roster::new(self.config, People::new(&snapshot.users, &snapshot.skipped_users, self.config), OwnGroups::default());
        for (entry, group, ..) in &self.groups {
            roster.take(entry, true);
            snapshot.groups.push(group.clone());
        }
        roster.finish(&mut snapshot).map_err(anyhow::Error::msg)?;

        // Who was a member and is one is no matter of the plan.
        let (mut ids, mut known_groups) = (self.people.to_vec(), Vec::with_capacity(self.groups.len()));
        for ((_, _, known, members), group) in self.groups.iter().zip(&mut snapshot.groups) {
            let had: HashMap<&EntryId, UserId> = members.iter().map(|user| (&user.entry_id, user.id)).collect();
            let has: HashSet<&EntryId> = group.members.iter().collect();
            let ended = members.iter().filter(|user| !has.contains(&user.entry_id));
            ids.extend(ended.clone().map(|user| user.entry_id.clone()));
            let ended: Vec<UserId> = ended.map(|user| user.id).collect();
            group.members.retain(|member| !had.contains_key(member));
            ids.extend(group.members.iter().cloned());
            known_groups.push(KnownGroup { members: ended, ..known.clone() });
        }
        ids.sort_unstable();
        ids.dedup();
        let mut current = of_people(self.app, &self.config.name, &ids, self.part, policy).await?;
        current.groups = known_groups;
        let touched: HashSet<&EntryId> = self.people.iter().collect();
        let untouched = ids.iter().filter(|id| !touched.contains(id));
        snapshot.skipped_users.extend(untouched.map(|id| SkippedEntry { id: Some(id.clone()), dn_key: None }));
        snapshot.users = self.part.users.clone();
        let mut problems = self.part.problems.clone();
        for problem in snapshot.problems.iter() {
            problems.report(&problem.dn, problem.attribute.as_deref(), problem.message.clone());
        }
        snapshot.problems = problems;
        Ok(Some((snapshot, current)))
    }

    /// Everybody the groups may list, as far as finding them by member values goes. `None` when a group is within one of them.
    async fn resolvable(&self) -> anyhow::Result<Option<Vec<DirectoryUser>>> {
        let directory = self.config.name.as_str();
        let mut all = Everybody { touched: self.people.iter().collect(), seen: HashSet::new(), users: self.part.users.clone() };
        for (_, _, _, members) in &self.groups {
            all.add(members);
        }
        let values = || self.groups.iter().flat_map(|(entry, ..)| member_values(entry, self.config));
        let found = |all: &Everybody<'_>| {
            let people = People::new(&all.users, &self.part.skipped_users, self.config);
            let mut found = Found::default();
            values().for_each(|value| people.resolve(value, &mut found));
            found
        };
        let mut left = found(&all);
        if left.strangers() > 0 {
            // The leaf of a person's name is often their username.
            let names: Vec<String> = self.names_not_among(&all).collect();
            if names.len() <= LOOKED_UP {
                all.add(&store::people::known_by_username(&mut self.app.db.read().await?, directory, &names).await?);
                left = found(&all);
            }
        }
        if left.strangers() > 0 {
            all.add(&store::people::known(&mut self.app.db.read().await?, directory).await?);
            left = found(&all);
        }
        // Whoever it is may be a group that is not taken over (left out, unusable, its name another's), and its members count all the same.
        if self.config.membership.nested != Nested::Off && left.may_have_groups() {
            return Ok(None);
        }
        Ok(Some(all.users))
    }

    /// What those might be called who are listed and not among these.
    fn names_not_among(&self, all: &Everybody<'_>) -> impl Iterator<Item = String> {
        let known: HashSet<DnKey> = all.users.iter().map(|user| user.dn_key).collect();
        let texts = self.groups.iter().flat_map(|(entry, ..)| member_values(entry, self.config)).filter_map(|value| std::str::from_utf8(value).ok());
        texts.filter_map(move |text| match key_of_member(text) {
            Some(key) if known.contains(&key) => None,
            Some(_) => Dn::parse(text).ok()?.leaf_value().map(str::to_owned),
            None => Some(name_key(text)),
        })
    }
}

/// People who can be found by member values; those who were touched only as they are now.
struct Everybody<'b> {
    touched: HashSet<&'b EntryId>,
    seen: HashSet<EntryId>,
    users: Vec<DirectoryUser>,
}

impl Everybody<'_> {
    fn add(&mut self, known: &[KnownUser]) {
        for user in known.iter().filter(|user| user.state != DirectoryState::Missing && !self.touched.contains(&user.entry_id)) {
            if self.seen.insert(user.entry_id.clone()) {
                self.users.extend(as_known(user));
            }
        }
    }
}
