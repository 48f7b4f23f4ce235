//! Why somebody is or is not a user here: what the directory has, what the settings make of it, and the verdict in words.
//!
//! The server is asked about one entry ([`client::inspect`]); what a run would make of it a plan of this one entry says; `decide` is pure and weighs it all.

mod outlook;
mod verdict;

use std::time::Duration;

use serde::Serialize;

use self::outlook::outlook;
use self::verdict::{Facts, Found, decide, excluded_by};
use super::attributes::{self, Field, RawEntry};
use super::client::{self, Inspected, Looked};
use super::config::{DirectoryConfig, Nested};
use super::dn::key_of;
use super::filter::Filter;
use super::membership::is_named;
use super::model::Problem;
use crate::app::App;
use crate::clock::Timestamp;
use crate::language::{t, told};
use crate::users::{self, User};

/// The whole explanation; its field names are a contract.
#[derive(Clone, Debug, Serialize)]
pub struct Explanation {
    /// What was asked for.
    pub who: String,
    /// What it comes to.
    pub verdict: Verdict,
    /// The entry, when there is one.
    pub entry: Option<Entry>,
    /// The account here, when there is one.
    pub account: Option<Account>,
    /// The DNs, when several entries have the name.
    pub several: Vec<String>,
}

/// What it comes to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// Whether they may sign in now.
    pub may_sign_in: bool,
    /// In one sentence.
    pub sentence: String,
    /// Everything that stands in the way, or what happens next.
    pub reasons: Vec<String>,
}

/// An entry and what the settings make of it.
#[derive(Clone, Debug, Serialize)]
pub struct Entry {
    /// Where it is.
    pub dn: String,
    /// The server that answered.
    pub server: String,
    /// Whether it is below one of the bases for people.
    pub is_below_bases: bool,
    /// Whether the filter for people finds it; `None` when the server did not say.
    pub fits_filter: Option<bool>,
    /// The filter, part by part.
    pub filter: Vec<FilterPart>,
    /// The fields of a person.
    pub fields: Vec<MappedField>,
    /// Why a run would report it.
    pub problems: Vec<Problem>,
    /// The groups, nearest first.
    pub groups: Vec<GroupPath>,
    /// What the entry has; secrets masked.
    pub attributes: Vec<RawAttribute>,
}

/// A part of a filter.
#[derive(Clone, Debug, Serialize)]
pub struct FilterPart {
    /// How deep it stands.
    pub depth: usize,
    /// As in RFC 4515.
    pub text: String,
    /// Whether the entry fits; `None` when the server did not say.
    pub fits: Option<bool>,
    /// What the entry has instead, when that is of use.
    pub has: String,
}

/// A field and what it is taken from.
#[derive(Clone, Debug, Serialize)]
pub struct MappedField {
    /// What the settings page calls it.
    pub label: String,
    /// The attributes, best first.
    pub attributes: String,
    /// The attribute that was used; empty when none was.
    pub used: String,
    /// What is taken over; empty when nothing is.
    pub value: String,
    /// What was done to the value, or why it was not used.
    pub note: String,
}

/// A group and the way to it.
#[derive(Clone, Debug, Serialize)]
pub struct GroupPath {
    /// Its name.
    pub name: String,
    /// Where it is.
    pub dn: String,
    /// How they are in it, in words.
    pub path: String,
}

/// An attribute as the entry has it.
#[derive(Clone, Debug, Serialize)]
pub struct RawAttribute {
    /// As the server spells it.
    pub name: String,
    /// For people: masked, binary by size, cut when long.
    pub values: Vec<String>,
}

/// The account here.
#[derive(Clone, Debug, Serialize)]
pub struct Account {
    /// Its id.
    pub id: crate::id::UserId,
    /// The sign-in name.
    pub username: String,
    /// What to call them.
    pub display_name: String,
    /// The directory it comes from; `None` for a local one.
    pub directory: Option<String>,
    /// What the directory last said.
    pub state: Option<String>,
    /// Since when it says so.
    pub state_since: Option<Timestamp>,
    /// Since when an administrator keeps them out.
    pub blocked_at: Option<Timestamp>,
    /// Whether they administer this server.
    pub is_admin: bool,
}

impl From<User> for Account {
    fn from(user: User) -> Self {
        let is_admin = user.is_admin();
        Self {
            id: user.id,
            username: user.username,
            display_name: user.display_name,
            directory: user.directory,
            state: user.directory_state,
            state_since: user.directory_state_at,
            blocked_at: user.blocked_at,
            is_admin,
        }
    }
}

/// Why nothing can be explained.
#[derive(Debug, thiserror::Error)]
pub enum ExplainError {
    /// The settings cannot be used; in a sentence.
    #[error("the directory's settings cannot be used: {0}")]
    Settings(String),
    /// The directory could not be asked; in a sentence.
    #[error("{0}")]
    Directory(String),
    /// Anything else.
    #[error(transparent)]
    Internal(#[from] anyhow::Error),
}

impl From<sqlx::Error> for ExplainError {
    fn from(error: sqlx::Error) -> Self {
        Self::Internal(error.into())
    }
}

/// Explains a username, an e-mail address or a DN. Changes nothing; the directory is given `within` to answer.
///
/// # Errors
/// [`ExplainError`] when the settings cannot be used, or the directory could not be asked.
pub async fn explain(app: &App, directory: &str, who: &str, within: Duration) -> Result<Explanation, ExplainError> {
    let who = who.trim();
    let texts = super::texts(app, directory).await?;
    let config = texts.read(directory).map_err(|mistakes| {
        ExplainError::Settings(
            mistakes.into_iter().map(|mistake| format!("{}: {}", mistake.key, told(&mistake.message))).collect::<Vec<_>>().join("; "),
        )
    })?;
    let named = users::find_by_name(&mut app.db.read().await?, who).await?;
    let ask = async |who: &str| client::inspect(&config, who, within).await.map_err(|error| ExplainError::Directory(error.message));
    let mut looked = ask(who).await?;
    // Renamed there since the last sync: the account still knows where the entry was.
    if let (Looked::Nobody, Some(dn)) =
        (&looked, named.as_ref().filter(|user| user.directory.as_deref() == Some(directory)).and_then(|user| user.entry_dn.as_deref()))
    {
        looked = ask(dn).await?;
    }
    let (inspected, several) = match looked {
        Looked::Found(inspected) => (Some(*inspected), Vec::new()),
        Looked::Several(dns) => (None, dns),
        Looked::Nobody => (None, Vec::new()),
    };
    let Some(inspected) = inspected else {
        let account = named.map(Account::from);
        let facts = Facts { directory, who, is_enabled: texts.is_enabled(), several: several.len(), account: account.as_ref(), found: None };
        let verdict = decide(&facts);
        return Ok(Explanation { who: who.to_owned(), verdict, entry: None, account, several });
    };
    let (user, problems) = client::mapped(&config, &inspected.entry, app.clock.now());
    let mut conn = app.db.read().await?;
    let account = match &user {
        Some(user) => users::find_by_entry(&mut conn, directory, &user.id.text()).await?,
        None => named,
    };
    let account = account.map(Account::from);
    let filter = parts_for_people(&inspected);
    let fits_filter = inspected.parts.first().and_then(|(_, _, fits)| *fits);
    let outlook = match &user {
        Some(user) => Some(outlook(&mut conn, &config, user, app.clock.now()).await?),
        None => None,
    };
    let facts = Facts {
        directory,
        who,
        is_enabled: texts.is_enabled(),
        several: 0,
        account: account.as_ref(),
        found: Some(Found {
            name: user.as_ref().map_or(inspected.entry.dn.as_str(), |user| user.display_name.as_str()),
            is_below_bases: inspected.is_below_bases,
            fits_filter,
            excluded_by: excluded_by(&filter),
            unusable: user.is_none().then(|| problems.iter().map(|problem| told(&problem.message)).collect::<Vec<_>>().join(" ")),
            is_disabled: user.as_ref().is_some_and(|user| user.is_disabled),
            is_bind_account: inspected.is_bind_account,
            lacks_group: lacks_group(&config, &inspected),
            outlook,
        }),
    };
    let verdict = decide(&facts);
    let entry = Entry {
        dn: inspected.entry.dn.clone(),
        server: inspected.server.clone(),
        is_below_bases: inspected.is_below_bases,
        fits_filter,
        filter,
        fields: fields(&config, &inspected.entry, app.clock.now()),
        problems,
        groups: groups(&config, &inspected),
        attributes: inspected.entry.attributes.iter().map(raw).collect(),
    };
    Ok(Explanation { who: who.to_owned(), verdict, entry: Some(entry), account, several })
}

/// The filter part by part, with what the entry has.
fn parts_for_people(inspected: &Inspected) -> Vec<FilterPart> {
    let part = |(depth, filter, fits): &(usize, Filter, Option<bool>)| FilterPart {
        depth: *depth,
        text: filter.as_str().to_owned(),
        fits: *fits,
        has: filter.attribute().map_or_else(String::new, |attribute| has(&inspected.entry, attribute)),
    };
    inspected.parts.iter().map(part).collect()
}

/// What an entry has under an attribute, in words.
fn has(entry: &RawEntry, attribute: &str) -> String {
    let values: Vec<&[u8]> = entry.values_of(attribute).collect();
    if values.is_empty() {
        return t("directory-has-none").with("attribute", attribute).into();
    }
    let shown: Vec<String> = values.iter().take(5).map(|value| shown(attribute, value)).collect();
    let sentence = match values.len() - shown.len() {
        0 => t("directory-has"),
        more => t("directory-has-more").with("count", more.to_string()),
    };
    sentence.with("attribute", attribute).with("values", shown.join(", ")).into()
}

/// How many values of one attribute are shown.
const VALUES_MAX: usize = 50;
/// How long a value is shown, in characters.
const VALUE_MAX: usize = 300;

fn raw((name, values): &(String, Vec<Vec<u8>>)) -> RawAttribute {
    let mut shown: Vec<String> = values.iter().take(VALUES_MAX).map(|value| self::shown(name, value)).collect();
    if values.len() > VALUES_MAX {
        shown.push(t("directory-value-more").with("count", (values.len() - VALUES_MAX).to_string()).into());
    }
    RawAttribute { name: name.clone(), values: shown }
}

/// One value for people: secrets masked, what is no text by its size, what is long cut.
fn shown(attribute: &str, value: &[u8]) -> String {
    if attributes::is_secret(attribute) {
        return t("directory-value-secret").into();
    }
    match std::str::from_utf8(value).ok().filter(|text| !text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))) {
        Some(text) if text.chars().count() > VALUE_MAX => {
            let beginning = text.chars().take(VALUE_MAX).collect::<String>();
            t("directory-value-long").with("beginning", beginning).with("count", text.chars().count().to_string()).into()
        }
        Some(text) => text.to_owned(),
        None => t("directory-value-binary").with("count", value.len()).into(),
    }
}

/// The fields of a person with what they are taken from.
fn fields(config: &DirectoryConfig, entry: &RawEntry, now: Timestamp) -> Vec<MappedField> {
    let field = |field: attributes::MappedField| MappedField {
        label: field.label,
        attributes: field.attributes,
        used: field.found.join(", "),
        value: field.result,
        note: field.note,
    };
    attributes::explain(entry, config, now).into_iter().map(field).collect()
}

/// The group of which only the members are taken over, when the entry is not in it, not even by groups within groups (which always count for this).
fn lacks_group(config: &DirectoryConfig, inspected: &Inspected) -> Option<String> {
    let wanted = config.placement.import_group.as_deref()?;
    let is_member = inspected.groups.iter().any(|group| is_named(wanted, &name_of(config, &group.entry), key_of(&group.entry.dn)));
    (!is_member).then(|| wanted.to_owned())
}

/// What a group is called.
fn name_of(config: &DirectoryConfig, group: &RawEntry) -> String {
    let value = config.attributes.names(Field::GroupName).iter().find_map(|name| group.values_of(name).next());
    value.map_or_else(|| group.dn.clone(), |value| String::from_utf8_lossy(value).into_owned())
}

fn groups(config: &DirectoryConfig, inspected: &Inspected) -> Vec<GroupPath> {
    let name_of = |entry: &RawEntry| name_of(config, entry);
    let named = |dn: &String| inspected.groups.iter().find(|group| group.entry.dn == *dn).map_or_else(|| dn.clone(), |group| name_of(&group.entry));
    let path = |group: &client::SeenGroup| match (group.is_primary, group.by_member_of, group.via.as_slice()) {
        (true, ..) => t("directory-path-primary").into(),
        (_, true, _) => t("directory-path-own-entry").into(),
        (_, _, []) => t("directory-path-direct").into(),
        (_, _, via) => t("directory-path-via").with("groups", via.iter().map(named).collect::<Vec<_>>().join(" → ")).into(),
    };
    let counts = |group: &&client::SeenGroup| group.via.is_empty() || config.membership.nested != Nested::Off;
    inspected
        .groups
        .iter()
        .filter(counts)
        .map(|group| GroupPath { name: name_of(&group.entry), dn: group.entry.dn.clone(), path: path(group) })
        .collect()
}

#[cfg(test)]
mod tests;
