//! One person, asked for by name or id: for a sign-in, and for explaining why somebody is or is not taken over.

use std::time::Duration;

use super::super::attributes::RawEntry;
use super::super::config::DirectoryConfig;
use super::super::model::{DirectoryUser, EntryId, Problem, SkippedEntry};
use super::{FetchError, Phase};

/// Whom to look for. Texts may be anything somebody typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PersonKey<'k> {
    /// By what never changes.
    Id(&'k EntryId),
    /// By where the entry is.
    Dn(&'k str),
    /// By the username attribute.
    Username(&'k str),
    /// By the e-mail attribute.
    Email(&'k str),
}

/// A person as found in the directory.
#[derive(Clone, Debug)]
pub struct RawPerson {
    /// The entry with the attributes a run asks for; [`read_entry`] gives all of them.
    pub entry: RawEntry,
    /// Who a run would take over, or why the entry cannot be used (the reasons stand in `problems`).
    pub user: Result<DirectoryUser, SkippedEntry>,
    /// What a run would report about the entry.
    pub problems: Vec<Problem>,
    /// Whether the filter for people finds the entry.
    pub passes_filter: bool,
    /// Whether the entry is below one of the places where people are searched, as deep as is searched.
    pub is_below_bases: bool,
    /// Which server answered.
    pub server: String,
}

impl RawPerson {
    /// Whether a run would read this entry at all. Who is not in scope counts as gone.
    pub const fn is_in_scope(&self) -> bool {
        self.passes_filter && self.is_below_bases
    }
}

/// Looks for one person, first where and how a run does, then anywhere below the base DN. `None` when the directory has nobody by that key (an empty key
/// finds nobody).
///
/// # Errors
/// [`FetchError`] when the directory could not be asked, did not answer completely within `within`, or several entries have the key.
pub async fn find_person(_config: &DirectoryConfig, _by: PersonKey<'_>, _within: Duration) -> Result<Option<RawPerson>, FetchError> {
    Err(FetchError { phase: Phase::Connect, message: "not built yet".to_owned() })
}

/// Reads one entry with everything the bind account may see, operational attributes included. Values of attributes that hold passwords or keys are replaced
/// by a mark. `None` when there is no such entry.
///
/// # Errors
/// [`FetchError`] when the directory could not be asked, or did not answer within `within`.
pub async fn read_entry(_config: &DirectoryConfig, _dn: &str, _within: Duration) -> Result<Option<RawEntry>, FetchError> {
    Err(FetchError { phase: Phase::Connect, message: "not built yet".to_owned() })
}
