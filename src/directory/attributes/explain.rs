//! How one entry maps, field by field, for the page that explains it.

use serde::Serialize;

use super::super::config::DirectoryConfig;
use super::super::model::{Extra, Problems};
use super::claims::CustomClaim;
use super::entry::{RawEntry, is_secret, text_of};
use super::mapping::user;
use super::source::Source;
use super::status::{DisabledRule, disabled_because};
use super::table::{Field, ROWS};
use crate::clock::Timestamp;
use crate::language::{t, told};
use crate::settings::label_of;

/// The most values of one attribute that are shown, and the most characters of one.
const SHOWN: (usize, usize) = (20, 200);

/// How one field came about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MappedField {
    /// What the settings page calls the field; for a further attribute, the name of the claim.
    pub label: String,
    /// What it is taken from, as set: `displayName | {givenName} {sn}`.
    pub attributes: String,
    /// What the entry has under these attributes, `attribute: value`; secrets masked, binary values by their size.
    pub found: Vec<String>,
    /// What became of it; empty when nothing did.
    pub result: String,
    /// What went wrong or was chosen, in sentences; empty when there is nothing to say.
    pub note: String,
}

/// Every field of a person's entry, in the order of the settings page; then whether the account counts as disabled, then further attributes.
pub fn explain(entry: &RawEntry, config: &DirectoryConfig, now: Timestamp) -> Vec<MappedField> {
    let mut problems = Problems::default();
    let user = user(entry, config, now, &mut problems);
    let skipped_id = user.as_ref().err().and_then(|skipped| skipped.id.clone());
    let notes = |attributes: &str| {
        let of_these = |attribute: &str| attributes == attribute || attributes.split('|').any(|one| one.trim() == attribute);
        let notes = problems.iter().filter(|problem| problem.attribute.as_deref().is_some_and(of_these)).map(|problem| told(&problem.message));
        notes.collect::<Vec<_>>().join(" ")
    };
    let mut fields = Vec::new();
    for row in ROWS.iter().filter(|row| row.field <= Field::Locale) {
        let sources = config.attributes.sources(row.field);
        if sources.is_empty() {
            continue;
        }
        let attributes = config.attributes.label(row.field);
        let result = match (&user, row.field) {
            (Ok(user), Field::UserId) => user.id.to_string(),
            (Err(_), Field::UserId) => skipped_id.as_ref().map(ToString::to_string).unwrap_or_default(),
            (Ok(user), Field::Username) => user.username.to_string(),
            (Ok(user), Field::Email) => user.email.clone().unwrap_or_default().to_string(),
            (Ok(user), Field::FirstName) => user.first_name.to_string(),
            (Ok(user), Field::LastName) => user.last_name.to_string(),
            (Ok(user), Field::DisplayName) => user.display_name.to_string(),
            (Ok(user), Field::Phone) => user.phone.to_string(),
            (Ok(user), Field::Locale) => user.locale.to_string(),
            _ => String::new(),
        };
        let found = found(entry, sources.iter().flat_map(Source::attributes));
        let note: String = match notes(&attributes) {
            note if note.is_empty() && row.field == Field::DisplayName && found.is_empty() && !result.is_empty() => t("directory-field-made").into(),
            note if note.is_empty() && found.len() > 1 && sources.len() == 1 && matches!(sources[0], Source::Attribute(_)) => {
                t("directory-field-several").into()
            }
            note => note,
        };
        fields.push(MappedField { label: label_of(row.key, row.label), attributes, found, result, note });
    }
    if !config.disabled_when.is_empty() {
        let because = disabled_because(entry, &config.disabled_when, now, |_, _| {});
        let attributes = config.disabled_when.iter().map(DisabledRule::attribute).collect::<Vec<_>>().join(" | ");
        fields.push(MappedField {
            label: t("directory-field-disabled").into(),
            found: found(entry, config.disabled_when.iter().map(DisabledRule::attribute)),
            result: because.as_ref().map_or_else(|| t("directory-field-no"), |_| t("directory-field-yes")).into(),
            note: because
                .map(|reason| told(format!("Because {reason}.")))
                .into_iter()
                .chain([notes(&attributes)])
                .filter(|note| !note.is_empty())
                .collect::<Vec<_>>()
                .join(" "),
            attributes,
        });
    }
    for claim in &config.claims {
        let attributes = claim.sources.iter().map(Source::text).collect::<Vec<_>>().join(" | ");
        let extra = user.as_ref().ok().and_then(|user| user.extras.get(&claim.name));
        let result = match extra {
            Some(Extra::One(text)) => text.clone(),
            Some(Extra::Many(texts)) => texts.join(", "),
            None => String::new(),
        };
        let found = found(entry, CustomClaim::attributes(claim));
        fields.push(MappedField { label: claim.name.clone(), found, result, note: notes(&attributes), attributes });
    }
    fields
}

/// What an entry has under some attributes.
fn found<'a>(entry: &RawEntry, attributes: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut seen = std::collections::BTreeSet::new();
    let mut lines = Vec::new();
    for attribute in attributes.filter(|attribute| seen.insert(attribute.to_ascii_lowercase())) {
        let count = entry.values_of(attribute).count();
        lines.extend(entry.values_of(attribute).take(SHOWN.0).map(|value| format!("{attribute}: {}", shown(attribute, value))));
        if count > SHOWN.0 {
            lines.push(t("directory-field-more").with("attribute", attribute).with("count", (count - SHOWN.0).to_string()).into());
        }
    }
    lines
}

/// One value for a page: masked when the attribute holds secrets, its size when it is no text, cut when it is long.
pub fn shown(attribute: &str, value: &[u8]) -> String {
    if is_secret(attribute) {
        return t("directory-value-secret").into();
    }
    match text_of(attribute, value) {
        Some(text) if text.chars().count() > SHOWN.1 => text.chars().take(SHOWN.1).chain("…".chars()).collect(),
        Some(text) => text.chars().map(|c| if super::entry::is_unwanted(c) { '\u{fffd}' } else { c }).collect(),
        None if value.trim_ascii().is_empty() => t("directory-field-empty").into(),
        None => t("directory-field-bytes").with("count", value.len()).into(),
    }
}
