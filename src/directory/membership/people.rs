//! Place is meant by a member value: a DN (`member`, `uniqueMember`), a username (`memberUid`) or a unique id.

use std::collections::HashMap;

use super::super::attributes::{Field, OBJECT_SID, PRIMARY_GROUP_ID, RawEntry};
use super::super::config::{DirectoryConfig, MemberValue};
use super::super::dn::{DnKey, key_of, key_of_member};
use super::super::model::{DirectoryUser, EntryId, SkippedEntry};
use super::super::text::Text;
use crate::users::model::key_of as name_of;

/// A person of a run: users in their order, then skipped entries.
pub(super) type Person = u32;

/// Finds people. Built once per run, when all people are read; asked while groups stream in, so that member texts need not be kept.
#[derive(Debug, Default)]
pub struct People {
    pub(super) ids: Vec<Option<EntryId>>,
    by_dn: HashMap<DnKey, Person>,
    by_username: HashMap<Text, Person>,
    by_id: HashMap<EntryId, Person>,
    pub(super) users: usize,
    form: Option<MemberValue>,
    id_attribute: String,
}

/// A member value that is no person's: a group's, or nobody's in sight.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Other {
    Dn(DnKey),
    Id(EntryId),
}

/// Of how many members that are nobody the text is kept while a run lasts.
const EXAMPLES: usize = 10;

/// What a group's member values led to.
#[derive(Debug, Default)]
pub struct Found {
    pub(super) people: Vec<Person>,
    /// The first few with their text, for the report.
    pub(super) others: Vec<(Other, Option<Box<str>>)>,
    /// Values that are nobody's and cannot be a group's.
    pub(super) unknown: usize,
    pub(super) example: Option<Box<str>>,
    /// Whether the group's members are the answer to a search (`memberURL`) that the server has not filled in.
    pub(super) is_dynamic: bool,
}

impl Found {
    /// How many values are nobody's, groups included.
    pub fn strangers(&self) -> usize {
        self.others.len() + self.unknown
    }

    /// Whether one of the values nobody here has may be a group's.
    pub fn may_have_groups(&self) -> bool {
        !self.others.is_empty()
    }
}

impl People {
    /// Takes the people of a run. Skipped entries are known by their DN, so that a mistake in an entry does not end its memberships.
    pub fn new(users: &[DirectoryUser], skipped: &[SkippedEntry], config: &DirectoryConfig) -> Self {
        let form = config.membership.member_value;
        let id_attribute = config.attributes.names(Field::UserId).first().cloned().unwrap_or_default();
        let ids = users.iter().map(|user| Some(user.id.clone())).chain(skipped.iter().map(|entry| entry.id.clone())).collect();
        let mut people = Self { ids, users: users.len(), form: Some(form), id_attribute, ..Self::default() };
        let person = |place: usize| Person::try_from(place).unwrap_or(Person::MAX);
        // The in-chain rule answers with DNs, whatever members are given as.
        people.by_dn.reserve(users.len());
        if matches!(form, MemberValue::Any | MemberValue::Username) {
            people.by_username.reserve(users.len());
        }
        for (place, entry) in skipped.iter().enumerate() {
            if let (Some(_), Some(dn_key)) = (&entry.id, entry.dn_key) {
                people.by_dn.insert(dn_key, person(users.len() + place));
            }
        }
        for (place, user) in users.iter().enumerate() {
            people.by_dn.insert(user.dn_key, person(place));
            if matches!(form, MemberValue::Any | MemberValue::Username) {
                // Two entries with one username: the plan lets the smaller id have it among new ones, so a bare name means that one here too.
                let holder = people.by_username.entry(name_of(&user.username).into()).or_insert_with(|| person(place));
                if user.id < users[*holder as usize].id {
                    *holder = person(place);
                }
            }
            if form == MemberValue::EntryId {
                people.by_id.insert(user.id.clone(), person(place));
            }
        }
        if form == MemberValue::EntryId {
            for (place, entry) in skipped.iter().enumerate() {
                people.by_id.extend(entry.id.clone().map(|id| (id, person(users.len() + place))));
            }
        }
        people
    }

    /// Resolves one value and adds it to `found`. An empty value is a placeholder (`groupOfNames` demands a member) and means nobody.
    pub fn resolve(&self, value: &[u8], found: &mut Found) {
        if value.trim_ascii().is_empty() {
            return;
        }
        let text = std::str::from_utf8(value).ok().map(str::trim);
        let shown = || text.unwrap_or("(no text)").chars().take(200).collect::<String>().into_boxed_str();
        let (form, mut other) = (self.form.unwrap_or(MemberValue::Any), None);
        let mut person = None;
        if form == MemberValue::EntryId {
            if let Ok(id) = EntryId::from_value(&self.id_attribute, value) {
                person = self.by_id.get(&id);
                other = Some(Other::Id(id));
            }
        } else if let Some(text) = text {
            if matches!(form, MemberValue::Any | MemberValue::Dn)
                && let Some(dn_key) = key_of_member(text)
            {
                person = self.by_dn.get(&dn_key);
                other = Some(Other::Dn(dn_key));
            }
            if person.is_none() && matches!(form, MemberValue::Any | MemberValue::Username) {
                person = self.by_username.get(&*name_of(text));
            }
        }
        match (person, other) {
            (Some(person), _) => found.people.push(*person),
            (None, Some(other)) => {
                let text = (found.others.len() < EXAMPLES).then(shown);
                found.others.push((other, text));
            }
            (None, None) => {
                found.unknown += 1;
                found.example.get_or_insert_with(shown);
            }
        }
    }

    /// Place is at a DN, in any spelling.
    pub fn at_dn(&self, dn: &str) -> Option<Person> {
        self.by_dn.get(&key_of(dn)?).copied()
    }
}

/// What entries of people say about their groups. Collected while people stream in, before groups are known.
#[derive(Debug, Default)]
pub struct OwnGroups {
    groups: HashMap<DnKey, u32>,
    pub(super) member_of: Vec<(Place, u32)>,
    sids: HashMap<Box<[u8]>, u32>,
    pub(super) primary: Vec<(Place, u32)>,
}

/// An entry by its place among those that could be used, or among those that were skipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In [`Snapshot::users`](super::super::model::Snapshot::users) or [`Snapshot::groups`](super::super::model::Snapshot::groups).
    Used(usize),
    /// In [`Snapshot::skipped_users`](super::super::model::Snapshot::skipped_users) or
    /// [`Snapshot::skipped_groups`](super::super::model::Snapshot::skipped_groups).
    Skipped(usize),
}

impl Place {
    /// One number for both kinds: skipped entries stand behind the `used` others.
    pub(super) fn number(self, used: usize) -> u32 {
        let number = match self {
            Self::Used(place) => place,
            Self::Skipped(place) => used + place,
        };
        u32::try_from(number).unwrap_or(u32::MAX)
    }
}

impl OwnGroups {
    /// Takes what one person's entry says.
    pub fn take(&mut self, who: Place, entry: &RawEntry, config: &DirectoryConfig) {
        for attribute in &config.membership.member_of {
            entry.values_and_range(attribute).for_each(|value| self.take_member_of(who, value));
        }
        if config.membership.primary_group
            && let Some(sid) = primary_group_sid(entry)
        {
            let count = u32::try_from(self.sids.len()).unwrap_or(u32::MAX);
            let group = *self.sids.entry(sid).or_insert(count);
            self.primary.push((who, group));
        }
    }

    /// Takes one value of `memberOf`, such as one that came in a later range.
    pub fn take_member_of(&mut self, who: Place, value: &[u8]) {
        let Some(dn_key) = std::str::from_utf8(value).ok().and_then(key_of_member) else { return };
        let count = u32::try_from(self.groups.len()).unwrap_or(u32::MAX);
        let group = *self.groups.entry(dn_key).or_insert(count);
        self.member_of.push((who, group));
    }

    /// For each number in `member_of`, what `place_of` says about its DN.
    pub(super) fn places_by_dn(&self, place_of: impl Fn(&DnKey) -> Option<u32>) -> Vec<Option<u32>> {
        let mut places = vec![None; self.groups.len()];
        self.groups.iter().for_each(|(key, number)| places[*number as usize] = place_of(key));
        places
    }

    /// For each number in `primary`, what `place_of` says about its SID.
    pub(super) fn places_by_sid(&self, place_of: impl Fn(&[u8]) -> Option<u32>) -> Vec<Option<u32>> {
        let mut places = vec![None; self.sids.len()];
        self.sids.iter().for_each(|(sid, number)| places[*number as usize] = place_of(sid));
        places
    }
}

/// The SID of a person's primary group: that of the domain, which is theirs without its last number, with `primaryGroupID` behind it (MS-ADTS section
/// 3.1.1.4.5.11).
fn primary_group_sid(entry: &RawEntry) -> Option<Box<[u8]>> {
    let number: u32 = std::str::from_utf8(entry.values_and_range(PRIMARY_GROUP_ID).next()?).ok()?.trim().parse().ok()?;
    let mut sid = sid_of(entry)?.to_vec();
    let domain = sid.len() - 4;
    sid[domain..].copy_from_slice(&number.to_le_bytes());
    Some(sid.into_boxed_slice())
}

/// An entry's binary SID, when it has a well-formed one (MS-DTYP section 2.4.2.2).
pub(super) fn sid_of(entry: &RawEntry) -> Option<&[u8]> {
    entry.values_and_range(OBJECT_SID).next().filter(|sid| sid.len() >= 12 && sid.len() == 8 + usize::from(sid[1]) * 4)
}
