//! One person, asked for by name or id: for a sign-in, and for explaining why somebody is or is not taken over.

use std::time::Duration;

use super::super::attributes::{self, AttributeMap, Field, RawEntry};
use super::super::config::{DirectoryConfig, Search};
use super::super::dn::Dn;
use super::super::filter::Filter;
use super::super::model::{DirectoryUser, EntryId, Problem, Problems, SkippedEntry};
use super::connection::Connection;
use super::explain::Doing;
use super::search::Area;
use super::{FetchError, Phase, guarded, servers};
use crate::clock::Timestamp;

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
/// finds nobody). `now` decides whether an account has expired.
///
/// # Errors
/// [`FetchError`] when the directory could not be asked, did not answer completely within `within`, or several entries have the key.
pub async fn find_person(config: &DirectoryConfig, by: PersonKey<'_>, now: Timestamp, within: Duration) -> Result<Option<RawPerson>, FetchError> {
    let wanted = match by {
        PersonKey::Dn(dn) => match Dn::parse(dn) {
            Ok(parsed) if !parsed.is_root() => Wanted::Dn(dn.to_owned()),
            _ => return Ok(None),
        },
        PersonKey::Id(id) => match id_filter(&config.attributes, id) {
            Some(filter) => Wanted::Filter(filter),
            None => return Ok(None),
        },
        PersonKey::Username(text) => match text_filter(&config.attributes, Field::Username, text) {
            Some(filter) => Wanted::Filter(filter),
            None => return Ok(None),
        },
        PersonKey::Email(text) => match text_filter(&config.attributes, Field::Email, text) {
            Some(filter) => Wanted::Filter(filter),
            None => return Ok(None),
        },
    };
    let owned = servers::within(config, within);
    guarded(within, Phase::Users, async move {
        let mut connection = servers::open(&owned).await?.connection;
        let found = find(&owned, &mut connection, &wanted).await?;
        let server = connection.server().to_string();
        connection.close().await;
        Ok(found.map(|found| found.into_person(&owned, now, server)))
    })
    .await
}

/// Reads one entry with everything the bind account may see, operational attributes included. Values of attributes that hold passwords or keys are replaced
/// by a mark. `None` when there is no such entry.
///
/// # Errors
/// [`FetchError`] when the directory could not be asked, or did not answer within `within`.
pub async fn read_entry(config: &DirectoryConfig, dn: &str, within: Duration) -> Result<Option<RawEntry>, FetchError> {
    if Dn::parse(dn).map_or(true, |dn| dn.is_root()) {
        return Ok(None);
    }
    let (owned, dn) = (servers::within(config, within), dn.to_owned());
    guarded(within, Phase::Users, async move {
        let mut connection = servers::open(&owned).await?.connection;
        let found = read_named(&mut connection, &dn, "(objectClass=*)", &["*".to_owned(), "+".to_owned()]).await?;
        connection.close().await;
        Ok(found.map(without_secrets))
    })
    .await
}

fn without_secrets(mut entry: RawEntry) -> RawEntry {
    for (name, values) in &mut entry.attributes {
        if attributes::is_secret(name) {
            *values = vec!["(not shown)".as_bytes().to_vec(); values.len().min(1)];
        }
    }
    entry
}

/// What is looked for on the wire.
enum Wanted {
    Dn(String),
    Filter(Filter),
}

/// Longest text looked for, in bytes: nothing longer is a username or an address.
const MAX_TEXT: usize = 512;

fn text_filter(map: &AttributeMap, field: Field, text: &str) -> Option<Filter> {
    let text = text.trim();
    if text.is_empty() || text.len() > MAX_TEXT {
        return None;
    }
    Filter::equals(map.names(field).iter().map(String::as_str), text.as_bytes())
}

/// Those with an id, whichever of its attributes has it.
fn id_filter(map: &AttributeMap, id: &EntryId) -> Option<Filter> {
    let names = map.names(Field::UserId);
    let filters = names.iter().filter_map(|name| Filter::equals([name.as_str()], &id.to_value(name)));
    (!names.is_empty()).then(|| Filter::any(filters))
}

/// An entry and how it was found.
struct Found {
    entry: RawEntry,
    passes_filter: bool,
}

impl Found {
    fn into_person(self, config: &DirectoryConfig, now: Timestamp, server: String) -> RawPerson {
        let mut problems = Problems::default();
        let user = attributes::user(&self.entry, config, now, &mut problems);
        let is_below_bases = is_below(&config.search, &self.entry.dn);
        RawPerson { entry: self.entry, user, problems: problems.into_list(), passes_filter: self.passes_filter, is_below_bases, server }
    }
}

/// Whether a run comes by this name.
fn is_below(search: &Search, dn: &str) -> bool {
    let Ok(dn) = Dn::parse(dn) else { return false };
    search
        .user_bases
        .iter()
        .filter_map(|base| Dn::parse(base).ok())
        .any(|base| if search.one_level { dn.parent().is_some_and(|parent| parent == base) } else { dn.ends_with(&base) })
}

async fn find(config: &DirectoryConfig, connection: &mut Connection, wanted: &Wanted) -> Result<Option<Found>, FetchError> {
    let requested = attributes::requested_for_users(config);
    let user_filter = &config.search.user_filter;
    let (found, filter) = match wanted {
        Wanted::Dn(dn) => (read_named(connection, dn, user_filter.as_str(), &requested).await?, None),
        Wanted::Filter(filter) => {
            let wanted = user_filter.and(filter);
            (the_one(connection, Area::people(&config.search), &wanted, &requested).await?, Some(filter))
        }
    };
    if let Some(entry) = found {
        return Ok(Some(Found { entry, passes_filter: true }));
    }
    // Not where or not as a run would find it; but perhaps there all the same.
    let Some(filter) = filter else {
        let Wanted::Dn(dn) = wanted else { return Ok(None) };
        let found = read_named(connection, dn, "(objectClass=*)", &requested).await?;
        return Ok(found.map(|entry| Found { entry, passes_filter: false }));
    };
    let everywhere = [config.search.base_dn.clone()];
    let Some(entry) = the_one(connection, Area::below(&everywhere), filter, &requested).await? else { return Ok(None) };
    let passes_filter = read_named(connection, &entry.dn, user_filter.as_str(), &["1.1".to_owned()]).await?.is_some();
    Ok(Some(Found { entry, passes_filter }))
}

/// The only entry with a key.
async fn the_one(connection: &mut Connection, area: Area<'_>, filter: &Filter, requested: &[String]) -> Result<Option<RawEntry>, FetchError> {
    let mut found = Vec::new();
    connection.search(Phase::Users, area, filter.as_str(), requested, |entry| found.push(entry.clone())).await?;
    match found.as_slice() {
        [] | [_] => Ok(found.pop()),
        [first, second, ..] => {
            let message = format!(
                "{} entries have the same name or id, such as {:?} and {:?}. Change one of them, or the attribute settings.",
                found.len(),
                first.dn,
                second.dn
            );
            Err(FetchError { phase: Phase::Users, message })
        }
    }
}

/// One entry by its name if it fits a filter; `None` also when there is none of that name.
async fn read_named(connection: &mut Connection, dn: &str, filter: &str, requested: &[String]) -> Result<Option<RawEntry>, FetchError> {
    let mut answer = connection.read_if(Phase::Users, dn, filter, requested).await?;
    match answer.result.rc {
        0 => Ok(answer.entries.pop()),
        // No such object, or no name this server could hold.
        32 | 34 => Ok(None),
        _ => Err(FetchError { phase: Phase::Users, message: connection.sentence(&Doing::Search { base: dn, entries: 0 }, &answer.result) }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_asked_for_as_the_server_holds_them() {
        let filter = |attribute: &str, id: &str| {
            let mut map = AttributeMap::default();
            map.set(Field::UserId, attribute).unwrap();
            id_filter(&map, &EntryId::from(id)).unwrap().as_str().to_owned()
        };
        let guid = "76543210-ba98-4edc-8f01-020304050607";
        let escaped = "\\102Tv\\98\\ba\\dcN\\8f\\01\\02\\03\\04\\05\\06\\07";
        assert_eq!(filter("objectGUID", guid), format!("(objectGUID={escaped})"));
        assert_eq!(filter("entryUUID", guid), "(entryUUID=76543210\\2dba98\\2d4edc\\2d8f01\\2d020304050607)");
        assert_eq!(filter("x-id", "hex:00ff41"), "(x-id=\\00\\ffA)");
        assert_eq!(filter("uid | employeeNumber", "a*"), "(|(uid=a\\2a)(employeeNumber=a\\2a))");
    }

    #[test]
    fn secrets_of_an_entry_are_not_shown() {
        let names =
            ["userPassword", "UNICODEPWD", "sambaNTPassword;x", "msLAPS-Password", "clientSecret", "pwdLastSet", "passwordExpirationTime", "uid"];
        let attributes = names.map(|name| (name.to_owned(), vec![b"hunter2".to_vec()])).to_vec();
        let entry = without_secrets(RawEntry { dn: "uid=a".to_owned(), attributes });
        let shown: Vec<&str> = entry.attributes.iter().filter(|(_, values)| values[0] == b"hunter2").map(|(name, _)| name.as_str()).collect();
        assert_eq!(shown, ["pwdLastSet", "passwordExpirationTime", "uid"]);
    }
}
