//! Who gets a name when several want it. One procedure for usernames, e-mail addresses and group names.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use super::super::model::EntryId;
use super::Owner;
use crate::id::UserId;
use crate::users::model::{key as name_key, key_of};

/// One who wants a name, or has one and is not asked in this run. In the order of the entry ids.
pub(super) struct Wish<'s> {
    /// Who.
    pub(super) id: &'s EntryId,
    /// How a problem names them.
    pub(super) name: &'s str,
    /// Where they are.
    pub(super) dn: &'s str,
    /// What they want, as [`name_key`]; `None` wants nothing.
    pub(super) key: Option<Cow<'s, str>>,
    /// What they have, likewise.
    pub(super) has: Option<Cow<'s, str>>,
    /// Whether there is an account (or group) already.
    pub(super) is_known: bool,
}

impl Wish<'_> {
    /// Whether a known one has the name they want with a number behind it.
    fn is_numbered(&self) -> bool {
        self.is_known && self.key.as_deref().zip(self.has.as_deref()).is_some_and(|(wanted, has)| is_numbered(has, wanted))
    }
}

/// Whether `name` is `wanted` with a number behind it; both as [`name_key`].
pub(super) fn is_numbered(name: &str, wanted: &str) -> bool {
    name.strip_prefix(wanted).is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit()))
}

/// The names as given out. Of the wishes nothing is kept that is not needed afterwards.
pub(super) struct Names<'w, 's> {
    others: Others<'w>,
    ids: Vec<&'s EntryId>,
    holders: HashMap<Cow<'s, str>, usize>,
    refused: HashMap<usize, String>,
    numbered: HashMap<usize, u32>,
}

/// Names while they are given out.
struct Handout<'w, 's> {
    wishes: &'w [Wish<'s>],
    others: Others<'w>,
    holders: HashMap<Cow<'s, str>, usize>,
    refused: HashMap<usize, String>,
    numbered: HashMap<usize, u32>,
}

/// Names that are not this directory's to give away.
#[derive(Clone, Copy)]
pub(super) struct Others<'w> {
    pub(super) names: &'w HashMap<String, Owner>,
    /// Local accounts that become the directory's in this very plan: their names are among the wishes.
    pub(super) linked: &'w HashSet<UserId>,
}

impl<'w> Others<'w> {
    fn owner(&self, key: &str) -> Option<&'w Owner> {
        self.names.get(key).filter(|owner| owner.local.is_none_or(|id| !self.linked.contains(&id)))
    }
}

/// What becomes of those whose wish is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// They get nothing.
    Nothing,
    /// Known ones keep what they have, and no new one gets it.
    KeepsOld,
    /// Likewise; new ones get a number behind the name, and keep it until nobody has the name.
    GetsNumber,
}

impl<'w, 's> Names<'w, 's> {
    /// When everybody wishes for what they have, or for nothing: no two have one name, so nobody is refused and nobody gives anything up.
    pub(super) fn all_kept(others: Others<'w>) -> Self {
        Self { others, ids: Vec::new(), holders: HashMap::new(), refused: HashMap::new(), numbered: HashMap::new() }
    }

    /// Gives out names: first to whoever has theirs already, then to known ones, then to new ones.
    pub(super) fn assign(wishes: &[Wish<'s>], others: Others<'w>, refused: Refused) -> Self {
        let Handout { holders, refused, numbered, .. } = Handout::of(wishes, others, refused);
        Self { others, ids: wishes.iter().map(|wish| wish.id).collect(), holders, refused, numbered }
    }
}

impl<'w, 's> Handout<'w, 's> {
    fn of(wishes: &'w [Wish<'s>], others: Others<'w>, refused: Refused) -> Self {
        let count = wishes.len();
        let mut names = Self { wishes, others, holders: HashMap::with_capacity(count), refused: HashMap::new(), numbered: HashMap::new() };
        let is_numbered = |wish: &Wish<'s>| refused == Refused::GetsNumber && wish.is_numbered();
        names.turn(|wish| wish.is_known && wish.key == wish.has);
        // Who has a number is content with it for now, or the order in which names become free would move them about.
        for (place, wish) in wishes.iter().enumerate().filter(|(_, wish)| is_numbered(wish)) {
            names.holders.extend(wish.has.clone().map(|has| (has, place)));
        }
        names.turn(|wish| wish.is_known && wish.key != wish.has && !is_numbered(wish));
        if refused != Refused::Nothing {
            for (place, wish) in wishes.iter().enumerate() {
                if let (true, Some(has)) = (names.refused.contains_key(&place), &wish.has) {
                    names.holders.entry(has.clone()).or_insert(place);
                }
            }
        }
        if refused == Refused::GetsNumber {
            names.drop_numbers();
        }
        names.turn(|wish| !wish.is_known);
        if refused == Refused::GetsNumber {
            names.number();
        }
        names
    }

    /// Gives known ones with a number their name without it, when nobody has that and nobody waits for the numbered one.
    fn drop_numbers(&mut self) {
        let wanted: HashSet<&str> = self.wishes.iter().filter(|wish| wish.is_known).filter_map(|wish| wish.key.as_deref()).collect();
        for (place, wish) in self.wishes.iter().enumerate().filter(|(_, wish)| wish.is_numbered()) {
            let (Some(key), Some(has)) = (&wish.key, wish.has.as_deref()) else { continue };
            let holder = self.holders.get(&**key).map(|holder| format!("{:?} ({})", self.wishes[*holder].name, self.wishes[*holder].dn));
            let owner = self.others.owner(key).map(|owner| owner.words.to_string()).or(holder);
            if owner.is_none() && !wanted.contains(has) {
                self.holders.remove(has);
                self.holders.insert(key.clone(), place);
            } else {
                self.refused.insert(place, owner.unwrap_or_else(|| "nobody".to_owned()));
            }
        }
    }

    /// Puts the first free number, from 2, behind the names of new ones who got none.
    fn number(&mut self) {
        let mut next: HashMap<&str, u32> = HashMap::new();
        for (place, wish) in self.wishes.iter().enumerate() {
            let Some(key) = wish.key.as_deref().filter(|_| !wish.is_known && self.refused.contains_key(&place)) else { continue };
            let number = next.entry(key).or_insert(2);
            loop {
                let numbered = name_key(&format!("{}{number}", wish.name));
                *number += 1;
                if self.others.owner(&numbered).is_none() && !self.holders.contains_key(numbered.as_str()) {
                    self.holders.insert(numbered.into(), place);
                    self.numbered.insert(place, *number - 1);
                    break;
                }
            }
        }
    }

    fn turn(&mut self, whose: impl Fn(&Wish<'s>) -> bool) {
        for (place, wish) in self.wishes.iter().enumerate().filter(|(_, wish)| whose(wish)) {
            let Some(key) = &wish.key else { continue };
            let whose = match (self.others.owner(key), self.holders.get(&**key)) {
                (Some(other), _) => other.words.to_string(),
                (None, Some(holder)) => format!("{:?} ({})", self.wishes[*holder].name, self.wishes[*holder].dn),
                (None, None) => {
                    self.holders.insert(key.clone(), place);
                    continue;
                }
            };
            self.refused.insert(place, whose);
        }
    }
}

impl<'s> Names<'_, 's> {
    /// The number that stands behind the name of one whose wish was refused.
    pub(super) fn number_of(&self, place: usize) -> Option<u32> {
        self.numbered.get(&place).copied()
    }

    /// Whom the name that was wished for belongs to, in words; `None` when the wish was granted.
    pub(super) fn refused(&self, place: usize) -> Option<&str> {
        self.refused.get(&place).map(String::as_str)
    }

    /// Whether the one with this entry id has to give up `name`, because somebody else gets it.
    pub(super) fn gives_up(&self, id: &EntryId, name: &str) -> bool {
        self.holders.get(&*key_of(name)).is_some_and(|holder| self.ids[*holder] != id)
    }

    /// What one who gives up `name` is called from then on: `name~<short id>`.
    pub(super) fn released(&self, id: &EntryId, name: &str) -> String {
        let base = name.split_once('~').map_or(name, |(base, _)| base);
        let short = format!("{base}~{}", id.short());
        let key = name_key(&short);
        if self.others.owner(&key).is_some() || self.holders.contains_key(key.as_str()) { format!("{base}~{id}") } else { short }
    }

    /// What one is called whose wish was refused: what they are called now, unless that went to somebody else.
    pub(super) fn instead(&self, id: &EntryId, name: &'s str) -> std::borrow::Cow<'s, str> {
        if self.gives_up(id, name) { self.released(id, name).into() } else { name.into() }
    }
}
