//! Copies of rows that are read far more often than they change, good for one [`Revision`].

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Revision;

/// How many are kept; with one more all are forgotten, which costs each a reading.
const COPIES_MAX: usize = 10_000;

/// Copies by key. One is only given to who has read the revision, and only when none newer than its own was seen.
#[derive(Debug)]
pub struct Copies<K, V>(Mutex<Kept<K, V>>);

#[derive(Debug)]
struct Kept<K, V> {
    /// What the copies were read under, or after.
    revision: Option<Revision>,
    copies: HashMap<K, Arc<V>>,
}

impl<K, V> Default for Copies<K, V> {
    fn default() -> Self {
        Self(Mutex::new(Kept { revision: None, copies: HashMap::new() }))
    }
}

impl<K: Eq + Hash, V> Copies<K, V> {
    /// The copy of a row as it stands at `revision` or later.
    pub fn get<Q: Eq + Hash + ?Sized>(&self, key: &Q, revision: Revision) -> Option<Arc<V>>
    where
        K: Borrow<Q>,
    {
        self.at(revision).copies.get(key).cloned()
    }

    /// Keeps a row that was read after `revision` was. One of a revision that is over is not kept.
    pub fn put(&self, key: K, revision: Revision, row: Arc<V>) {
        let mut kept = self.at(revision);
        if kept.revision == Some(revision) {
            if kept.copies.len() >= COPIES_MAX {
                kept.copies.clear();
            }
            kept.copies.insert(key, row);
        }
    }

    /// What is kept, after forgetting what is of another revision: an older one, or a newer one of a database that was put back.
    fn at(&self, revision: Revision) -> MutexGuard<'_, Kept<K, V>> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.revision != Some(revision) {
            *kept = Kept { revision: Some(revision), copies: HashMap::new() };
        }
        kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_is_good_until_a_newer_revision_was_seen() {
        let copies: Copies<String, &str> = Copies::default();
        let get = |number| copies.get("app", Revision::of(number)).map(|row| *row);
        assert_eq!(get(1), None);
        copies.put("app".to_owned(), Revision::of(1), Arc::new("first"));
        assert_eq!((get(1), get(1)), (Some("first"), Some("first")));
        assert_eq!((get(2), get(1)), (None, None), "seen to be out of date, it is gone for everyone");
        copies.put("app".to_owned(), Revision::of(1), Arc::new("late"));
        assert_eq!(get(2), None, "what was read under a revision that is over is not given out");
        copies.put("app".to_owned(), Revision::of(2), Arc::new("second"));
        assert_eq!(get(2), Some("second"));
        assert_eq!((get(1), get(2)), (None, None), "a database that was put back counts from an older number");
    }

    #[test]
    fn there_are_never_more_than_so_many() {
        let copies: Copies<usize, usize> = Copies::default();
        for key in 0..=COPIES_MAX {
            copies.put(key, Revision::of(1), Arc::new(key));
        }
        assert_eq!((copies.get(&0, Revision::of(1)), copies.get(&COPIES_MAX, Revision::of(1)).as_deref()), (None, Some(&COPIES_MAX)));
    }
}
