//! How many entries a read that goes on has seen, for whoever watches it from outside.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::Phase;

/// Counts entries while they arrive.
#[derive(Debug, Default)]
pub struct SoFar {
    people: AtomicUsize,
    groups: AtomicUsize,
    in_groups: AtomicUsize,
}

impl SoFar {
    /// Notes entries of one phase.
    pub(super) fn note(&self, phase: Phase, entries: usize) {
        match phase {
            Phase::Users => self.people.fetch_add(entries, Ordering::Relaxed),
            Phase::Groups => {
                self.in_groups.store(1, Ordering::Relaxed);
                self.groups.fetch_add(entries, Ordering::Relaxed)
            }
            _ => 0,
        };
    }

    /// People and groups read, and whether reading people is over.
    pub fn counts(&self) -> (usize, usize, bool) {
        (self.people.load(Ordering::Relaxed), self.groups.load(Ordering::Relaxed), self.in_groups.load(Ordering::Relaxed) > 0)
    }
}
