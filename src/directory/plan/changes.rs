//! What a plan changes, one entry at a time and in words: for previews, the history of runs and the command line.

use serde::{Deserialize, Serialize};

use crate::language::told;

/// What happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// A person is deleted for good.
    Deleted,
    /// A person cannot sign in any more: they left, or the directory disabled them.
    Disabled,
    /// A group is not there any more.
    Removed,
    /// A local account becomes the directory's.
    Linked,
    /// A person or group had gone, and is back.
    Restored,
    /// New here.
    Created,
    /// A field changes.
    Updated,
    /// A person is not in the directory any more and stays as they are, because the settings say so.
    Missing,
    /// Found, but not taken over.
    Skipped,
    /// A person joins a group.
    Joined,
    /// A person leaves a group.
    Left,
}

impl ChangeKind {
    /// Every kind, for filters.
    pub const ALL: [Self; 11] = [
        Self::Deleted,
        Self::Disabled,
        Self::Removed,
        Self::Linked,
        Self::Restored,
        Self::Created,
        Self::Updated,
        Self::Missing,
        Self::Skipped,
        Self::Joined,
        Self::Left,
    ];

    /// As stored and in addresses.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Deleted => "deleted",
            Self::Disabled => "disabled",
            Self::Removed => "removed",
            Self::Linked => "linked",
            Self::Restored => "restored",
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Missing => "missing",
            Self::Skipped => "skipped",
            Self::Joined => "joined",
            Self::Left => "left",
        }
    }

    /// Reads [`as_str`](Self::as_str).
    pub fn from_text(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// To what it happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// Somebody.
    Person,
    /// A group.
    Group,
    /// Somebody's place in a group.
    Membership,
}

/// One field, before and after.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldChange {
    /// Which, in plain words: `e-mail`, `display name`.
    pub field: String,
    /// What it was; empty when there was nothing.
    pub old: String,
    /// What it becomes; empty when there will be nothing.
    pub new: String,
}

impl FieldChange {
    /// The field, in the reader's language.
    pub fn label(&self) -> String {
        told(&self.field)
    }

    /// What it was, likewise where it is a word of ours.
    pub fn old_for_people(&self) -> String {
        self.in_words(&self.old)
    }

    /// What it becomes, likewise.
    pub fn new_for_people(&self) -> String {
        self.in_words(&self.new)
    }

    fn in_words(&self, value: &str) -> String {
        if matches!(self.field.as_str(), "administrator" | "state") { told(value) } else { value.to_owned() }
    }
}

/// What happens to one person, group or membership.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryChange {
    /// What happens.
    pub kind: ChangeKind,
    /// To what.
    pub what: What,
    /// Username or group name; of a membership `username → group`.
    pub name: String,
    /// The entry in the directory; empty where none is meant.
    pub dn: String,
    /// The fields that change.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldChange>,
    /// Why, in a sentence, where it does not go without saying.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

impl EntryChange {
    /// Whether a search finds it: in its name, its DN, its fields or its reason, upper and lower case alike.
    pub fn fits(&self, search: &str) -> bool {
        let search = search.trim().to_lowercase();
        let has = |text: &str| text.to_lowercase().contains(&search);
        has(&self.name)
            || has(&self.dn)
            || has(&self.reason)
            || has(&told(&self.reason))
            || self.fields.iter().any(|field| has(&field.old) || has(&field.new))
    }
}

/// The first changes of a plan, and how many there are in all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// The first [`MAX`](Self::MAX), losses before gains, people before groups before memberships.
    pub list: Vec<EntryChange>,
    /// How many there are, those not listed included.
    pub total: usize,
}

impl Changes {
    /// How many are listed and kept with a run.
    pub const MAX: usize = 2_000;

    /// The lines of a page: those that fit the search (empty fits all) and the kind, `limit` of them after the first `offset`; and how many fit.
    pub fn page(&self, search: &str, kind: Option<ChangeKind>, offset: usize, limit: usize) -> (Vec<&EntryChange>, usize) {
        let fits = |change: &&EntryChange| kind.is_none_or(|kind| change.kind == kind) && (search.trim().is_empty() || change.fits(search));
        let fitting: Vec<&EntryChange> = self.list.iter().filter(fits).collect();
        let count = fitting.len();
        (fitting.into_iter().skip(offset).take(limit).collect(), count)
    }
}
