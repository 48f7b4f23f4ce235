//! Who gets a name when several want it. One procedure for usernames, e-mail addresses and group names.

use std::collections::HashMap;

use super::super::model::EntryId;
use crate::users::model::key as name_key;

/// One who wants a name, or has one and is not asked in this run. In the order of the entry ids.
pub(super) struct Wish<'s> {
    /// Who.
    pub(super) id: &'s EntryId,
    /// How a problem names them.
    pub(super) name: &'s str,
    /// Where they are.
    pub(super) dn: &'s str,
    /// What they want, as [`name_key`]; `None` wants nothing.
    pub(super) key: Option<String>,
    /// What they have, likewise.
    pub(super) has: Option<String>,
    /// Whether there is an account (or group) already.
    pub(super) is_known: bool,
}

/// The names as given out.
pub(super) struct Names<'w, 's> {
    wishes: &'w [Wish<'s>],
    others: &'w HashMap<String, String>,
    holders: HashMap<String, usize>,
    refused: Vec<Option<String>>,
}

impl<'w, 's> Names<'w, 's> {
    /// Gives out names: first to whoever has theirs already, then to known ones, then to new ones. With `keep_old`, a known one whose wish is refused keeps what
    /// they have, and no new one gets it.
    pub(super) fn assign(wishes: &'w [Wish<'s>], others: &'w HashMap<String, String>, keep_old: bool) -> Self {
        let mut names = Self { wishes, others, holders: HashMap::with_capacity(wishes.len()), refused: vec![None; wishes.len()] };
        names.turn(|wish| wish.is_known && wish.key == wish.has);
        names.turn(|wish| wish.is_known && wish.key != wish.has);
        if keep_old {
            for (place, wish) in wishes.iter().enumerate() {
                if let (Some(_), Some(has)) = (&names.refused[place], &wish.has) {
                    names.holders.entry(has.clone()).or_insert(place);
                }
            }
        }
        names.turn(|wish| !wish.is_known);
        names
    }

    fn turn(&mut self, whose: impl Fn(&Wish<'s>) -> bool) {
        for (place, wish) in self.wishes.iter().enumerate().filter(|(_, wish)| whose(wish)) {
            let Some(key) = &wish.key else { continue };
            self.refused[place] = match (self.others.get(key), self.holders.get(key)) {
                (Some(other), _) => Some(other.clone()),
                (None, Some(holder)) => Some(format!("{:?} ({})", self.wishes[*holder].name, self.wishes[*holder].dn)),
                (None, None) => {
                    self.holders.insert(key.clone(), place);
                    None
                }
            };
        }
    }

    /// Whom the name that was wished for belongs to, in words; `None` when the wish was granted.
    pub(super) fn refused(&self, place: usize) -> Option<&str> {
        self.refused[place].as_deref()
    }

    /// Whether the one with this entry id has to give up `name`, because somebody else gets it.
    pub(super) fn gives_up(&self, id: &EntryId, name: &str) -> bool {
        self.holders.get(&name_key(name)).is_some_and(|holder| self.wishes[*holder].id != id)
    }

    /// What one who gives up `name` is called from then on: `name~<short id>`.
    pub(super) fn released(&self, id: &EntryId, name: &str) -> String {
        let base = name.split_once('~').map_or(name, |(base, _)| base);
        let short = format!("{base}~{}", id.short());
        let key = name_key(&short);
        if self.others.contains_key(&key) || self.holders.contains_key(&key) { format!("{base}~{id}") } else { short }
    }

    /// What one is called whose wish was refused: what they are called now, unless that went to somebody else.
    pub(super) fn instead(&self, id: &EntryId, name: &'s str) -> std::borrow::Cow<'s, str> {
        if self.gives_up(id, name) { self.released(id, name).into() } else { name.into() }
    }
}
