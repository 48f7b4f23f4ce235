//! Why somebody is or is not a user here: what the directory has, what the settings make of it, and the verdict in words.
//!
//! The server is asked about one entry ([`client::inspect`]); `decide` is pure and weighs what was found.

use std::time::Duration;

use serde::Serialize;

use super::attributes::{self, Field, RawEntry};
use super::client::{self, Inspected, Looked};
use super::config::DirectoryConfig;
use super::filter::Filter;
use super::model::{DirectoryState, Problem};
use crate::app::App;
use crate::clock::Timestamp;
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
        ExplainError::Settings(mistakes.into_iter().map(|mistake| format!("{}: {}", mistake.key, mistake.message)).collect::<Vec<_>>().join("; "))
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
        Some(user) => users::find_by_entry(&mut conn, directory, user.id.as_str()).await?,
        None => named,
    };
    // Who else has the name or address the entry wants.
    let mut taken_by = None;
    if let Some(user) = &user {
        for name in std::iter::once(user.username.as_str()).chain(user.email.as_deref()) {
            let other = users::find_by_name(&mut conn, name).await?.filter(|other| account.as_ref().is_none_or(|account| account.id != other.id));
            taken_by = taken_by.or(other.map(|other| format!("{name:?} belongs to the {} account {:?}", other.source().name(), other.username)));
        }
    }
    let account = account.map(Account::from);
    let filter = parts_for_people(&inspected);
    let fits_filter = inspected.parts.first().and_then(|(_, _, fits)| *fits);
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
            unusable: user.is_none().then(|| problems.iter().map(|problem| problem.message.clone()).collect::<Vec<_>>().join(" ")),
            is_disabled: user.as_ref().is_some_and(|user| user.is_disabled),
            taken_by,
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

/// What [`decide`] weighs.
struct Facts<'f> {
    directory: &'f str,
    who: &'f str,
    is_enabled: bool,
    several: usize,
    account: Option<&'f Account>,
    found: Option<Found<'f>>,
}

/// What was found in the directory.
struct Found<'f> {
    name: &'f str,
    is_below_bases: bool,
    fits_filter: Option<bool>,
    /// The parts of the filter that leave the entry out, in words.
    excluded_by: Vec<String>,
    unusable: Option<String>,
    is_disabled: bool,
    /// Who has the name or address, when the entry has no account.
    taken_by: Option<String>,
}

/// The verdict.
fn decide(facts: &Facts<'_>) -> Verdict {
    let no = |sentence: String, reasons: Vec<String>| Verdict { may_sign_in: false, sentence, reasons };
    let Facts { directory, who, is_enabled, several, account, found } = facts;
    let is_ours = account.is_some_and(|account| account.directory.as_deref() == Some(*directory));
    let Some(found) = found else {
        if *several > 0 {
            let reason = "A run takes over each of those its filter finds; two that want one username cannot both have it.".to_owned();
            return no(format!("{several} entries of the directory have the name {who:?}. Choose one by its DN."), vec![reason]);
        }
        return match account {
            Some(account) if is_ours => {
                let since = account.state_since.filter(|_| account.state.as_deref() == Some(DirectoryState::Missing.as_str()));
                let known = match since {
                    Some(since) => format!("It has been missing since {}.", since.for_people()),
                    None => "The last sync still saw it; the next one will notice.".to_owned(),
                };
                let reason = "Deleted there, moved out of reach, or the bind account may not see it any more.".to_owned();
                no(format!("{} is known here, but the directory shows no such entry. {known}", account.display_name), vec![reason])
            }
            Some(account) => Verdict {
                may_sign_in: account.blocked_at.is_none() && account.state.as_deref().is_none_or(|state| state == "active"),
                sentence: match &account.directory {
                    None => format!("{} has a local account; this directory has nobody by that name.", account.display_name),
                    Some(other) => {
                        format!("{} has an account from the directory {other:?}; this directory has nobody by that name.", account.display_name)
                    }
                },
                reasons: Vec::new(),
            },
            None => no(
                format!("Neither the directory nor Muster knows anybody as {who:?}."),
                vec!["Looked for by username and e-mail address, everywhere below the base DN. A DN can be given too.".to_owned()],
            ),
        };
    };
    let name = found.name;
    let mut reasons = Vec::new();
    if !found.is_below_bases {
        reasons.push("The entry is not below any base DN for people.".to_owned());
    }
    if found.fits_filter == Some(false) {
        reasons.extend(found.excluded_by.iter().cloned());
    }
    if let Some(unusable) = &found.unusable {
        reasons.push(unusable.clone());
    }
    let is_user = found.is_below_bases && found.fits_filter != Some(false) && found.unusable.is_none();
    if !is_user {
        let mut sentence = match (&found.unusable, found.fits_filter, found.is_below_bases) {
            (_, _, false) => format!("{name} is not a user here, because the entry is outside of where people are searched."),
            (_, Some(false), _) => format!("{name} is not a user here, because the filter for people leaves the entry out."),
            _ => format!("{name} is not a user here, because the entry cannot be used."),
        };
        if is_ours && account.is_some_and(|account| account.state.as_deref() == Some("active")) {
            sentence.push_str(" The account from before stays usable until the next sync.");
        }
        return no(sentence, reasons);
    }
    if found.is_disabled {
        reasons.push("The directory has disabled the account.".to_owned());
    }
    let Some(account) = account.filter(|_| is_ours) else {
        if let Some(taken) = &found.taken_by {
            reasons.push(format!("{taken}. Rename one of the two, or choose in the settings what a collision does."));
            return no(format!("{name} is in the directory, but the name is taken here."), reasons);
        }
        let next = if *is_enabled { "The next sync creates the account." } else { "The directory is switched off, so no sync runs." };
        reasons.push(next.to_owned());
        return no(format!("{name} is in the directory and has no account here yet."), reasons);
    };
    if let Some(taken) = &found.taken_by {
        reasons.push(format!("{taken}, so this account keeps another one."));
    }
    if let Some(at) = account.blocked_at {
        reasons.push(format!("An administrator blocked the account on {}; no sync lifts that.", at.for_people()));
    }
    let behind = match (account.state.as_deref(), found.is_disabled) {
        (Some("active"), true) => Some("The last sync was before that: the next one locks the account."),
        (Some(state), false) if state != "active" => Some("The last sync had seen it otherwise: the next one gives access back."),
        _ => None,
    };
    reasons.extend(behind.map(str::to_owned));
    if account.blocked_at.is_some() || found.is_disabled || account.state.as_deref() != Some("active") {
        return no(format!("{name} has an account and cannot sign in."), reasons);
    }
    let role = if account.is_admin { " and is an administrator" } else { "" };
    Verdict { may_sign_in: true, sentence: format!("{name} can sign in{role}."), reasons }
}

/// The innermost parts that decide against the entry, in words.
fn excluded_by(parts: &[FilterPart]) -> Vec<String> {
    // Followed from the outside: of "&" the parts that fail, of "|" all of them, of "!" the part that holds.
    let mut reasons = Vec::new();
    let mut at = 0;
    let mut skip_below = None;
    while let Some(part) = parts.get(at) {
        at += 1;
        if skip_below.is_some_and(|depth| part.depth > depth) {
            continue;
        }
        skip_below = None;
        match (part.fits, part.text.chars().nth(1)) {
            (Some(false), Some('&' | '|')) => {}
            (Some(false), Some('!')) => {
                skip_below = Some(part.depth);
                let inner = parts.get(at).map(|inner| inner.has.as_str()).filter(|has| !has.is_empty());
                reasons.push(format!("{} leaves the entry out{}.", part.text, inner.map_or_else(String::new, |has| format!(": {has}"))));
            }
            (Some(false), _) => reasons.push(format!("The filter asks for {}: {}.", part.text, part.has)),
            _ => skip_below = Some(part.depth),
        }
    }
    reasons
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
        return format!("the entry has no {attribute}, or the bind account may not read it");
    }
    let shown: Vec<String> = values.iter().take(5).map(|value| shown(attribute, value)).collect();
    let more = if values.len() > shown.len() { format!(" and {} more", values.len() - shown.len()) } else { String::new() };
    format!("{attribute} is {}{more}", shown.join(", "))
}

/// How many values of one attribute are shown.
const VALUES_MAX: usize = 50;
/// How long a value is shown, in characters.
const VALUE_MAX: usize = 300;

fn raw((name, values): &(String, Vec<Vec<u8>>)) -> RawAttribute {
    let mut shown: Vec<String> = values.iter().take(VALUES_MAX).map(|value| self::shown(name, value)).collect();
    if values.len() > VALUES_MAX {
        shown.push(format!("… and {} more", values.len() - VALUES_MAX));
    }
    RawAttribute { name: name.clone(), values: shown }
}

/// One value for people: secrets masked, what is no text by its size, what is long cut.
fn shown(attribute: &str, value: &[u8]) -> String {
    if attributes::is_secret(attribute) {
        return "(a secret, not shown)".to_owned();
    }
    match std::str::from_utf8(value).ok().filter(|text| !text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))) {
        Some(text) if text.chars().count() > VALUE_MAX => {
            format!("{}… ({} characters)", text.chars().take(VALUE_MAX).collect::<String>(), text.chars().count())
        }
        Some(text) => text.to_owned(),
        None => format!("({} of binary data)", super::model::counted(value.len(), "byte", "bytes")),
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

fn groups(config: &DirectoryConfig, inspected: &Inspected) -> Vec<GroupPath> {
    let name_of = |entry: &RawEntry| {
        let value = config.attributes.names(Field::GroupName).iter().find_map(|name| entry.values_of(name).next());
        value.map_or_else(|| entry.dn.clone(), |value| String::from_utf8_lossy(value).into_owned())
    };
    let named = |dn: &String| inspected.groups.iter().find(|group| group.entry.dn == *dn).map_or_else(|| dn.clone(), |group| name_of(&group.entry));
    let path = |group: &client::SeenGroup| match (group.is_primary, group.by_member_of, group.via.as_slice()) {
        (true, ..) => "primary group".to_owned(),
        (_, true, _) => "named by the person's own entry".to_owned(),
        (_, _, []) => "direct".to_owned(),
        (_, _, via) => format!("via {}", via.iter().map(named).collect::<Vec<_>>().join(" → ")),
    };
    inspected.groups.iter().map(|group| GroupPath { name: name_of(&group.entry), dn: group.entry.dn.clone(), path: path(group) }).collect()
}

#[cfg(test)]
mod tests;
