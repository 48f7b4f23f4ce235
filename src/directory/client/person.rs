//! One person, asked for by name or id: for a sign-in, and for explaining why somebody is or is not taken over.

use std::time::Duration;

use super::super::attributes::{self, Field, RawEntry};
use super::super::config::DirectoryConfig;
use super::super::model::{DirectoryUser, EntryId, Problem, Problems, SkippedEntry};
use super::{FetchError, Phase, guarded, open};

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
    /// The entry with the attributes a run asks for.
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
pub async fn find_person(config: &DirectoryConfig, by: PersonKey<'_>, within: Duration) -> Result<Option<RawPerson>, FetchError> {
    let mut owned = config.clone();
    owned.connection.limits.run_within = within;
    let escaped = |value: &str| ldap3::ldap_escape(value.to_owned()).into_owned();
    let any = |field: Field, value: &str| {
        let items: String = config.attributes.names(field).iter().map(|name| format!("({name}={})", escaped(value))).collect();
        Some(format!("(&{}(|{items}))", config.search.user_filter))
    };
    let (base, filter) = match by {
        PersonKey::Id(id) => (owned.search.base_dn.clone(), any(Field::UserId, id.as_str())),
        PersonKey::Dn(dn) => (dn.to_owned(), None),
        PersonKey::Username(name) => (owned.search.base_dn.clone(), any(Field::Username, name)),
        PersonKey::Email(address) => (owned.search.base_dn.clone(), any(Field::Email, address)),
    };
    guarded(&owned.clone(), Phase::Connect, async move {
        let mut connection = open(&owned).await?;
        let requested = owned.attributes.requested_for_users();
        let mut found = Vec::new();
        match &filter {
            Some(filter) => drop(connection.search(Phase::Users, &base, filter, &requested, |page| found.extend(page)).await?),
            None => found.extend(connection.read(Phase::Users, &base, &requested).await?),
        }
        let Some(entry) = found.pop() else { return Ok(None) };
        let mut problems = Problems::default();
        let user = attributes::user(&entry, &owned.attributes, &mut problems);
        let server = owned.connection.servers.first().map(ToString::to_string).unwrap_or_default();
        Ok(Some(RawPerson { entry, user, problems: problems.into_list(), passes_filter: true, is_below_bases: true, server }))
    })
    .await
}
