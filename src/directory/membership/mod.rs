//! Who is in which group, in the end: what groups list, what people's own entries say (`memberOf`, Active Directory's primary group), and groups within
//! groups. Collected while entries stream in, put together once everything is read; [`paths()`] says afterwards by which way somebody is in a group.

mod nesting;
mod paths;
mod people;
#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};

pub use self::nesting::MAX_MEMBERSHIPS;
pub use self::paths::{GroupPath, How, Tie, Ties, paths};
pub use self::people::{Found, OwnGroups, People, Place};
use self::people::{Other, sid_of};
use super::attributes::{Field, MEMBER_URL, RawEntry, member_values};
use super::config::{DirectoryConfig, MemberValue, Nested};
use super::dn::{DnKey, key_of, key_of_member};
use super::model::{DirectoryGroup, EntryId, Problems, SkippedEntry, Snapshot, counted};
use crate::users::model::key as name_key;

/// The groups of a run with everything said about who is in them.
#[derive(Debug)]
pub struct Roster<'c> {
    config: &'c DirectoryConfig,
    people: People,
    own: OwnGroups,
    found: Vec<Found>,
    /// Groups that could not be used: their members still belong to the groups they are in.
    skipped: Vec<Found>,
    sids: HashMap<Box<[u8]>, u32>,
    /// (inner group, DN of the outer one), from the groups' own `memberOf`.
    outer: Vec<(Place, DnKey)>,
    in_chain: Vec<(u32, u32)>,
}

impl<'c> Roster<'c> {
    /// Begins when all people are read.
    pub fn new(config: &'c DirectoryConfig, people: People, own: OwnGroups) -> Self {
        Self { config, people, own, found: vec![], skipped: vec![], sids: HashMap::new(), outer: vec![], in_chain: vec![] }
    }

    /// Takes the next group's entry; `is_used` tells whether it became a group or was skipped. Gives its place.
    pub fn take(&mut self, entry: &RawEntry, is_used: bool) -> Place {
        let mut found = Found::default();
        for value in member_values(entry, self.config) {
            self.people.resolve(value, &mut found);
        }
        found.is_dynamic = entry.values_and_range(MEMBER_URL).any(|value| !value.trim_ascii().is_empty());
        found.people.shrink_to_fit();
        found.others.shrink_to_fit();
        let (list, place) =
            if is_used { (&mut self.found, Place::Used as fn(usize) -> Place) } else { (&mut self.skipped, Place::Skipped as fn(usize) -> Place) };
        let place = place(list.len());
        list.push(found);
        if let (Place::Used(place), Some(sid)) = (place, sid_of(entry)) {
            self.sids.insert(sid.into(), u32::try_from(place).unwrap_or(u32::MAX));
        }
        if self.config.membership.nested == Nested::Closure {
            for attribute in &self.config.membership.member_of {
                let keys = entry.values_and_range(attribute).filter_map(|value| key_of_member(std::str::from_utf8(value).ok()?));
                self.outer.extend(keys.map(|key| (place, key)));
            }
        }
        place
    }

    /// Takes one more member value of a group, such as one that came in a later range.
    pub fn take_member(&mut self, place: Place, value: &[u8]) {
        let found = match place {
            Place::Used(place) => self.found.get_mut(place),
            Place::Skipped(place) => self.skipped.get_mut(place),
        };
        if let Some(found) = found {
            self.people.resolve(value, found);
        }
    }

    /// Takes somebody (by DN) the server counts to the group at `place` of [`Snapshot::groups`].
    pub fn take_in_chain(&mut self, place: usize, dn: &str) {
        self.in_chain.extend(self.people.at_dn(dn).map(|person| (u32::try_from(place).unwrap_or(u32::MAX), person)));
    }

    /// Gives every group its people, keeps by which way they are in, and reports what could not be resolved.
    ///
    /// # Errors
    /// One sentence when there are more than [`MAX_MEMBERSHIPS`] memberships with groups within groups.
    pub fn finish(self, snapshot: &mut Snapshot) -> Result<(), String> {
        let Self { config, people, own, found, skipped, sids, outer, in_chain } = self;
        let groups = snapshot.groups.len();
        let nodes = Nodes::new(snapshot, config);
        let ranks = Ranks::new(&people);
        let mut ties: Vec<(u32, u32, How)> = Vec::new();
        let mut edges: Vec<(u32, u32)> = Vec::new();
        let mut strangers = Vec::with_capacity(groups);
        for (node, found) in found.into_iter().chain(skipped).enumerate() {
            let node = u32::try_from(node).unwrap_or(u32::MAX);
            ties.extend(found.people.iter().filter_map(|person| Some((ranks.of(*person)?, node, How::Listed))));
            let is_listing = !found.people.is_empty() || !found.others.is_empty() || found.unknown > 0;
            let mut left = Strangers { count: found.unknown, example: None, inner: 0, is_dynamic: found.is_dynamic && !is_listing };
            for (other, text) in found.others {
                if let Some(inner) = nodes.find(&other) {
                    edges.push((node, inner));
                    left.inner += 1;
                } else {
                    left.count += 1;
                    left.example = left.example.or(text);
                }
            }
            left.example = left.example.or(found.example);
            if strangers.len() < groups {
                strangers.push(left);
            }
        }
        let by_dn = own.places_by_dn(|key| nodes.by_dn.get(key).copied());
        let of_member_of = own.member_of.iter().filter_map(|(who, group)| Some((*who, by_dn[*group as usize]?, How::MemberOf)));
        let by_sid = own.places_by_sid(|sid| sids.get(sid).copied());
        let of_primary = own.primary.iter().filter_map(|(who, group)| Some((*who, by_sid[*group as usize]?, How::PrimaryGroup)));
        ties.extend(of_member_of.chain(of_primary).filter_map(|(who, node, how)| Some((ranks.of(who.number(people.users))?, node, how))));
        ties.extend(in_chain.into_iter().filter_map(|(node, person)| Some((ranks.of(person)?, node, How::InChain))));
        edges.extend(outer.iter().filter_map(|(inner, key)| Some((*nodes.by_dn.get(key)?, inner.number(groups)))));
        if !own.member_of.is_empty() && groups > 0 && by_dn.iter().all(Option::is_none) {
            let attribute = config.membership.member_of.join(" | ");
            let message = "People name groups here, but the filter for groups finds none of them; nobody is in a group through it.";
            snapshot.problems.report("", Some(&attribute), message);
        }
        drop((own, people));

        ties.sort_unstable();
        ties.dedup_by_key(|(person, node, _)| (*person, *node));
        edges.sort_unstable();
        edges.dedup();
        let mut direct = vec![Vec::new(); groups + snapshot.skipped_groups.len()];
        for (person, node, _) in &ties {
            direct[*node as usize].push(*person);
        }
        let followed = if config.membership.nested == Nested::Closure { edges.as_slice() } else { &[] };
        let closure = nesting::closure(direct, followed, MAX_MEMBERSHIPS).map_err(|nesting::TooMany| {
            format!(
                "Groups within groups make more than {MAX_MEMBERSHIPS} memberships. Narrow the filter for groups, or switch groups within groups off."
            )
        })?;
        report_strangers(snapshot, &strangers, config);
        report_circles(snapshot, &closure.circles, followed);
        for (group, members) in snapshot.groups.iter_mut().zip(closure.members) {
            group.members = members.into_iter().map(|rank| ranks.ids[rank as usize].clone()).collect();
        }
        let people = ties.into_iter().map(|(rank, group, how)| Tie { person: ranks.ids[rank as usize].clone(), group, how }).collect();
        snapshot.ties = Ties { people, groups: edges };
        Ok(())
    }
}

/// Groups, and skipped groups behind them, by what a member value may call them.
struct Nodes {
    by_dn: HashMap<DnKey, u32>,
    by_id: HashMap<EntryId, u32>,
}

impl Nodes {
    fn new(snapshot: &Snapshot, config: &DirectoryConfig) -> Self {
        let number = |place: Place| place.number(snapshot.groups.len());
        let skipped = || snapshot.skipped_groups.iter().enumerate().map(|(place, entry)| (number(Place::Skipped(place)), entry));
        let used = || snapshot.groups.iter().enumerate().map(|(place, group)| (number(Place::Used(place)), group));
        let by_dn = skipped().filter_map(|(node, entry)| Some((entry.dn_key?, node))).chain(used().map(|(node, group)| (group.dn_key, node)));
        let has_ids = config.membership.member_value == MemberValue::EntryId;
        let by_id = skipped().filter_map(|(node, entry)| Some((entry.id.clone()?, node))).chain(used().map(|(node, group)| (group.id.clone(), node)));
        Self { by_dn: by_dn.collect(), by_id: if has_ids { by_id.collect() } else { HashMap::new() } }
    }

    fn find(&self, other: &Other) -> Option<u32> {
        match other {
            Other::Dn(key) => self.by_dn.get(key),
            Other::Id(id) => self.by_id.get(id),
        }
        .copied()
    }
}

/// People by the order of their ids, so that numbers can be sorted in place of texts. Two entries with one id have one rank.
struct Ranks {
    of: Vec<u32>,
    ids: Vec<EntryId>,
}

impl Ranks {
    fn new(people: &People) -> Self {
        let mut order: Vec<(&EntryId, usize)> = people.ids.iter().enumerate().filter_map(|(place, id)| Some((id.as_ref()?, place))).collect();
        EntryId::sort(&mut order, |(id, _)| id, |(_, place)| *place);
        let mut ranks = Self { of: vec![u32::MAX; people.ids.len()], ids: Vec::with_capacity(order.len()) };
        for (id, place) in order {
            if ranks.ids.last() != Some(id) {
                ranks.ids.push(id.clone());
            }
            ranks.of[place] = u32::try_from(ranks.ids.len() - 1).unwrap_or(u32::MAX);
        }
        ranks
    }

    fn of(&self, person: u32) -> Option<u32> {
        self.of.get(person as usize).copied().filter(|rank| *rank != u32::MAX)
    }
}

/// What of a group's members is nobody.
struct Strangers {
    count: usize,
    example: Option<Box<str>>,
    inner: usize,
    is_dynamic: bool,
}

fn report_strangers(snapshot: &mut Snapshot, strangers: &[Strangers], config: &DirectoryConfig) {
    let attribute = config.attributes.label(Field::GroupMember);
    let nested = config.membership.nested;
    for (group, Strangers { count, example, inner, is_dynamic }) in snapshot.groups.iter().zip(strangers) {
        if *inner > 0 && nested == Nested::Off {
            let groups = counted(*inner, "member is a group", "members are groups");
            snapshot.problems.report(&group.dn, Some(&attribute), format!("{groups}; who is in there does not count as a member here."));
        }
        if *count > 0 {
            let example = example.as_ref().map_or_else(String::new, |text| format!(" (for example {text:?})"));
            let members = counted(*count, "member is", "members are");
            let message = match nested {
                Nested::InChain => {
                    format!(
                        "{members} not among the people and groups found{example}; of a group the filter leaves out, the server counts the members."
                    )
                }
                Nested::Closure => format!("{members} not among the people and groups found{example} and left out."),
                Nested::Off => format!("{members} not among the people found{example} and left out."),
            };
            snapshot.problems.report(&group.dn, Some(&attribute), message);
        }
        if *is_dynamic {
            let message = "The members of this dynamic group are the answer to a search, which is not asked here; it has no members from it. \
                           Let the server fill in the members, or use a group that lists them.";
            snapshot.problems.report(&group.dn, Some(MEMBER_URL), message);
        }
    }
}

fn report_circles(snapshot: &mut Snapshot, circles: &[Vec<u32>], edges: &[(u32, u32)]) {
    const NAMED: usize = 5;
    let Snapshot { groups, problems, .. } = snapshot;
    let group = |place: &u32| groups.get(*place as usize);
    for circle in circles {
        let mut names: Vec<&str> = circle.iter().filter_map(group).map(|group| group.name.as_str()).collect();
        names.sort_unstable();
        let more = names.len().saturating_sub(NAMED);
        names.truncate(NAMED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let dn = circle.iter().filter_map(group).map(|group| group.dn.as_str()).min().unwrap_or_default();
        let message =
            format!("These groups contain each other in a circle: {}{more}. Whoever is in one of them is in all of them.", names.join(", "));
        problems.report(dn, None, message);
    }
    for group in edges.iter().filter(|(outer, inner)| outer == inner).filter_map(|(outer, _)| group(outer)) {
        problems.report(&group.dn, None, "The group is a member of itself, which changes nothing.");
    }
}

/// Takes the account Muster itself binds with out of what was read; the plan says why.
pub fn leave_out_bind_account(snapshot: &mut Snapshot, own: DnKey) {
    snapshot.skipped_users.retain(|entry| entry.dn_key != Some(own));
    let Some(place) = snapshot.users.iter().position(|user| user.dn_key == own) else { return };
    let account = snapshot.users.remove(place);
    // Nobody needs to hear of mistakes in it.
    snapshot.problems.retain(|problem| *problem.dn != *account.dn);
    snapshot.groups.iter_mut().for_each(|group| group.members.retain(|member| *member != account.id));
    snapshot.ties.people.retain(|tie| tie.person != account.id);
    snapshot.bind_account = Some(account);
}

/// Whether a group is the one that a setting names, by DN or by name.
pub fn is_named(wanted: &str, name: &str, dn: Option<DnKey>) -> bool {
    let by_dn = dn.is_some() && wanted.contains('=') && key_of(wanted) == dn;
    by_dn || name_key(name) == name_key(wanted)
}

/// Leaves only the members of one group, by name or DN: of groups within it too, whether these count otherwise or not.
///
/// # Errors
/// One sentence when the group is not among those found, could not be used, or its name is that of several.
pub fn only_members(snapshot: &mut Snapshot, wanted: &str, config: &DirectoryConfig) -> Result<(), String> {
    let wanted_dn = key_of(wanted).filter(|_| wanted.contains('='));
    let is_wanted = |group: &DirectoryGroup| is_named(wanted, &group.name, Some(group.dn_key));
    let mut places = snapshot.groups.iter().enumerate().filter(|(_, group)| is_wanted(group)).map(|(place, _)| place);
    let is_skipped = |entry: &SkippedEntry| wanted_dn.is_some() && entry.dn_key == wanted_dn;
    let place = match (places.next(), places.next()) {
        (Some(place), None) => place,
        (Some(_), Some(_)) => {
            return Err(format!("Several groups are named {wanted:?}, of which only the members are to be taken over. Give the group's DN."));
        }
        (None, _) if snapshot.skipped_groups.iter().any(is_skipped) => {
            return Err(format!(
                "The group {wanted:?}, of which only the members are to be taken over, could not be used; the problems of its entry say why."
            ));
        }
        (None, _) => {
            return Err(format!(
                "The group {wanted:?}, of which only the members are to be taken over, is not among the groups found. Check its name or DN, and the filter for groups."
            ));
        }
    };
    drop(places);
    let mut wanted: HashSet<EntryId> = snapshot.groups[place].members.iter().cloned().collect();
    if config.membership.nested == Nested::Off {
        let inner: HashSet<u32> = nesting::below(u32::try_from(place).unwrap_or(u32::MAX), &snapshot.ties.groups).into_iter().collect();
        wanted.extend(snapshot.ties.people.iter().filter(|tie| inner.contains(&tie.group)).map(|tie| tie.person.clone()));
    }
    let is_wanted = |id: &EntryId| wanted.contains(id);
    // Nobody needs to hear of mistakes in entries that are not taken over.
    let others: HashSet<String> = snapshot.users.iter().filter(|user| !is_wanted(&user.id)).map(|user| user.dn.to_string()).collect();
    snapshot.problems.retain(|problem| !others.contains(&problem.dn));
    drop(others);
    snapshot.users.retain(|user| is_wanted(&user.id));
    // Of whom it cannot be told whether they are members, nobody loses anything.
    snapshot.skipped_users.retain(|entry| entry.dn_key.is_none() || entry.id.as_ref().is_none_or(is_wanted));
    snapshot.groups.iter_mut().for_each(|group| group.members.retain(is_wanted));
    snapshot.ties.people.retain(|tie| is_wanted(&tie.person));
    if snapshot.users.is_empty() {
        let group = &snapshot.groups[place];
        let message = "Only members of this group are to be taken over, but none of the people found is one.";
        Problems::report(&mut snapshot.problems, &group.dn, Some(&config.attributes.label(Field::GroupMember)), message);
    }
    Ok(())
}
