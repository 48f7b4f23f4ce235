//! By which way somebody is in a group: kept from a run so that it can be explained afterwards, and the answer for one person.

use std::collections::HashMap;

use serde::Serialize;

use super::super::model::{DirectoryGroup, EntryId, Snapshot};

/// How a person belongs to a group without another group in between.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// The group lists them.
    Listed,
    /// Their own entry names the group (`memberOf`).
    MemberOf,
    /// It is their primary group (Active Directory).
    PrimaryGroup,
    /// The server said so when asked with its in-chain rule; the way is known to it alone.
    InChain,
}

impl How {
    /// For people.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Listed => "direct",
            Self::MemberOf => "memberOf",
            Self::PrimaryGroup => "primary group",
            Self::InChain => "the server's in-chain rule",
        }
    }
}

/// One person in one group, without another group in between.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tie {
    pub(super) person: EntryId,
    pub(super) group: u32,
    pub(super) how: How,
}

/// Who is in which group and which group in which, as found. Groups are places in [`Snapshot::groups`]; those behind the last are groups that could not be
/// used themselves and still have members.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ties {
    /// In order.
    pub(super) people: Vec<Tie>,
    /// (outer, inner), in order.
    pub(super) groups: Vec<(u32, u32)>,
}

/// A group somebody is in, and the shortest way to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GroupPath {
    /// The group's name.
    pub name: String,
    /// Where it is.
    pub dn: String,
    /// How the person is in the first group of the way (this one when `via` is empty).
    pub how: How,
    /// The groups between, the person's own first.
    pub via: Vec<String>,
}

impl GroupPath {
    /// `direct`, `primary group`, `via A → B`, `via A → B (memberOf)`.
    pub fn words(&self) -> String {
        match (self.via.is_empty(), self.how) {
            (true, how) => how.label().to_owned(),
            (false, How::Listed) => format!("via {}", self.via.join(" → ")),
            (false, how) => format!("via {} ({})", self.via.join(" → "), how.label()),
        }
    }
}

/// The groups a person is in, by name, each with the shortest way.
pub fn paths(snapshot: &Snapshot, person: &EntryId) -> Vec<GroupPath> {
    let Ties { people, groups: edges } = &snapshot.ties;
    let begin = people.partition_point(|tie| tie.person < *person);
    let own = people[begin..].iter().take_while(|tie| tie.person == *person);
    let mut outer: HashMap<u32, Vec<u32>> = HashMap::new();
    for (outer_group, inner) in edges {
        outer.entry(*inner).or_default().push(*outer_group);
    }
    // For each group reached: how the way began, and the group it was reached from.
    let mut reached: HashMap<u32, (How, Option<u32>)> = HashMap::new();
    let mut queue = Vec::new();
    for tie in own {
        reached.entry(tie.group).or_insert_with(|| {
            queue.push(tie.group);
            (tie.how, None)
        });
    }
    let mut next = 0;
    while let Some(group) = queue.get(next).copied() {
        next += 1;
        let how = reached[&group].0;
        for outer_group in outer.get(&group).into_iter().flatten() {
            reached.entry(*outer_group).or_insert_with(|| {
                queue.push(*outer_group);
                (how, Some(group))
            });
        }
    }
    let group_at = |place: u32| snapshot.groups.get(place as usize);
    let name = |place: u32| group_at(place).map_or_else(|| "a group that was skipped".to_owned(), |group| group.name.clone());
    let is_member = |group: &DirectoryGroup| group.members.binary_search(person).is_ok();
    let mut paths: Vec<GroupPath> = reached
        .iter()
        .filter_map(|(place, (how, from))| {
            let group = group_at(*place).filter(|group| is_member(group))?;
            let (mut via, mut from) = (Vec::new(), *from);
            while let Some(place) = from {
                via.push(name(place));
                from = reached[&place].1;
            }
            via.reverse();
            Some(GroupPath { name: group.name.clone(), dn: group.dn.clone(), how: *how, via })
        })
        .collect();
    paths.sort_unstable_by(|a, b| (&a.name, &a.dn).cmp(&(&b.name, &b.dn)));
    paths
}
