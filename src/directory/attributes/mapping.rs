//! From entries to people and groups.

use std::borrow::Cow;

use super::super::config::DirectoryConfig;
use super::super::dn::{Dn, plain_key};
use super::super::model::{DirectoryGroup, DirectoryUser, EntryId, Problems, SkippedEntry};
use super::claims::{clean, extras_of};
use super::entry::{RawEntry, is_plain, is_unwanted, text_of, text_or_base64};
use super::locale::best_tag;
use super::source::Source;
use super::status::disabled_because;
use super::table::Field;
use crate::clock::Timestamp;

/// The longest username, group name, first, last, display name, in characters.
const MAX_NAME: usize = 255;
/// The longest telephone number kept, in characters.
const MAX_PHONE: usize = 64;
/// The longest e-mail address (RFC 5321 section 4.5.3.1.3, without the angle brackets), in bytes.
const MAX_EMAIL: usize = 254;

/// An entry while it is being mapped.
struct Mapping<'e> {
    entry: &'e RawEntry,
    config: &'e DirectoryConfig,
    problems: &'e mut Problems,
}

impl<'e> Mapping<'e> {
    /// The best value of one attribute as text: that in the entry's own name, else the shortest, else the first in byte order.
    fn pick(&self, attribute: &str, text: impl Fn(&[u8]) -> Option<String>) -> Option<String> {
        let mut texts = self.entry.values_of(attribute).filter_map(text);
        let first = texts.next()?;
        let Some(second) = texts.next() else { return Some(first) };
        let dn = Dn::parse(&self.entry.dn).unwrap_or_default();
        let rank = |text: &String| (!dn.leaf_is(attribute, text), text.chars().count(), text.clone());
        [first, second].into_iter().chain(texts).min_by_key(rank)
    }

    fn filled(&self, source: &Source) -> Option<String> {
        match source {
            Source::Attribute(name) => self.pick(name, |value| text_of(name, value)),
            Source::Template(template) => template.fill(|name| self.pick(name, |value| text_of(name, value))),
        }
    }

    /// The first alternative of a field that the entry has, with the alternative.
    fn text(&self, field: Field) -> Option<(&'e Source, String)> {
        self.config.attributes.sources(field).iter().find_map(|source| Some((source, self.filled(source)?)))
    }

    /// Says so when a field stays empty only because its values are no text.
    fn report_unreadable(&mut self, field: Field) {
        let entry = self.entry;
        let mut names = self.config.attributes.sources(field).iter().flat_map(Source::attributes);
        if let Some(name) = names.find(|name| entry.values_of(name).any(|value| !value.trim_ascii().is_empty())) {
            self.problems.report(&entry.dn, Some(name), "The value is no text (UTF-8) and was ignored.");
        }
    }

    /// A field that may be anything readable; what is not is removed, what is too long is cut.
    fn cleaned(&mut self, field: Field, longest: usize) -> String {
        let Some((source, text)) = self.text(field) else {
            self.report_unreadable(field);
            return String::new();
        };
        if is_plain(&text) && text.len() <= longest {
            return text;
        }
        let mut clean: String = text.chars().filter(|c| !is_unwanted(*c)).collect();
        if let Some((end, _)) = clean.char_indices().nth(longest) {
            clean.truncate(end);
            self.problems.report(
                &self.entry.dn,
                Some(source.text()),
                format!("The value is longer than {longest} characters; the rest was cut off."),
            );
        }
        clean.trim().to_owned()
    }

    /// The identity, or the reason why there is none (already reported).
    fn id(&mut self, field: Field) -> Option<EntryId> {
        for name in self.config.attributes.names(field) {
            // The smallest value, should a server give several for one identity.
            if let Some(value) = self.entry.values_of(name).min() {
                match EntryId::from_value(name, value) {
                    Ok(id) => return Some(id),
                    Err(reason) => {
                        self.problems.report(&self.entry.dn, Some(name), format!("The unique id cannot be used: {reason}. The entry was skipped."));
                        return None;
                    }
                }
            }
        }
        let names = self.config.attributes.label(field);
        self.problems.report(&self.entry.dn, Some(&names), "The entry has no unique id, or the bind account may not read it. The entry was skipped.");
        None
    }

    /// A name that identifies: nothing in it is silently changed.
    fn name(&mut self, field: Field, what: &str) -> Option<String> {
        let found = self.text(field).map(|(_, text)| text);
        let message = match found {
            Some(text) if is_plain(&text) && text.len() <= MAX_NAME => return Some(text),
            Some(text) if text.chars().any(is_unwanted) => {
                format!("The {what} {:?} has control characters in it. The entry was skipped.", text.chars().take(60).collect::<String>())
            }
            Some(text) if text.chars().count() > MAX_NAME => format!("The {what} is longer than {MAX_NAME} characters. The entry was skipped."),
            Some(text) => return Some(text),
            None => format!("The entry has no {what}. It was skipped."),
        };
        self.problems.report(&self.entry.dn, Some(&self.config.attributes.label(field)), message);
        None
    }

    /// The best of all values that are an address.
    fn email(&mut self) -> Option<String> {
        let sources = self.config.attributes.sources(Field::Email);
        let good = sources.iter().find_map(|source| match source {
            Source::Attribute(name) => self.pick(name, |value| text_of(name, value).filter(|text| is_email(text))),
            Source::Template(_) => self.filled(source).filter(|text| is_email(text)),
        });
        if good.is_none() {
            match self.text(Field::Email) {
                Some((source, bad)) => {
                    let shown: String = bad.chars().take(80).collect();
                    let message = format!("{shown:?} is not an e-mail address. The person was taken over without one.");
                    self.problems.report(&self.entry.dn, Some(source.text()), message);
                }
                None => self.report_unreadable(Field::Email),
            }
        }
        good
    }

    fn locale(&mut self) -> String {
        let Some((source, text)) = self.text(Field::Locale) else { return String::new() };
        best_tag(&text).unwrap_or_else(|| {
            let shown: String = text.chars().take(60).collect();
            let message = format!("{shown:?} names no language, such as de or pt-BR; it was ignored.");
            self.problems.report(&self.entry.dn, Some(source.text()), message);
            String::new()
        })
    }

    fn extras(&mut self) -> super::super::model::Extras {
        if self.config.claims.is_empty() {
            return super::super::model::Extras::new();
        }
        let mut left_out = Vec::new();
        let single = |source: &Source| {
            let text = match source {
                Source::Attribute(name) => self.pick(name, |value| text_or_base64(name, value)),
                Source::Template(_) => self.filled(source),
            };
            text.map(|text| clean(&text)).filter(|text| !text.is_empty())
        };
        let extras = extras_of(self.entry, &self.config.claims, single, |label, message| left_out.push((label, message)));
        for (label, message) in left_out {
            self.problems.report(&self.entry.dn, Some(&label), message);
        }
        extras
    }
}

/// Whether a text has the shape of an address: something, one `@`, a domain of letters, digits, dots and hyphens (in any script).
fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else { return false };
    let label =
        |label: &str| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-') && label.chars().all(|c| c.is_alphanumeric() || c == '-');
    text.len() <= MAX_EMAIL
        && !local.is_empty()
        && !local.chars().any(|c| c.is_whitespace() || is_unwanted(c) || matches!(c, '<' | '>' | '(' | ')' | ',' | ';' | ':' | '\\' | '"'))
        && domain.split('.').all(label)
}

/// Makes a person of an entry; `now` decides whether an account has expired.
///
/// # Errors
/// [`SkippedEntry`] when id, username or DN cannot be used; the reason is in `problems`.
pub fn user(entry: &RawEntry, config: &DirectoryConfig, now: Timestamp, problems: &mut Problems) -> Result<DirectoryUser, SkippedEntry> {
    let (mut mapping, skipped) = start(entry, config, problems, Field::UserId)?;
    let (Some(id), Some(dn_key)) = (skipped.id.clone(), skipped.dn_key) else { return Err(skipped) };
    let Some(username) = mapping.name(Field::Username, "username") else { return Err(skipped) };
    let first_name = mapping.cleaned(Field::FirstName, MAX_NAME);
    let last_name = mapping.cleaned(Field::LastName, MAX_NAME);
    let display_name = Some(mapping.cleaned(Field::DisplayName, MAX_NAME))
        .filter(|name| !name.is_empty())
        .or_else(|| Some(format!("{first_name} {last_name}").trim().to_owned()).filter(|name| !name.is_empty()))
        .unwrap_or_else(|| username.clone());
    let email = mapping.email();
    let phone = mapping.cleaned(Field::Phone, MAX_PHONE);
    let locale = mapping.locale();
    let extras = mapping.extras();
    let report = |attribute: &str, message: String| mapping.problems.report(&entry.dn, Some(attribute), message);
    let is_disabled = disabled_because(entry, &config.disabled_when, now, report).is_some();
    Ok(DirectoryUser {
        id,
        dn: storable(&entry.dn).into(),
        dn_key,
        username: username.into(),
        email: email.map(Into::into),
        first_name: first_name.into(),
        last_name: last_name.into(),
        display_name: display_name.into(),
        phone: phone.into(),
        locale: locale.into(),
        extras,
        is_disabled,
    })
}

/// Makes a group of an entry, still without members; they are in [`member_values`].
///
/// # Errors
/// [`SkippedEntry`] when id, name or DN cannot be used; the reason is in `problems`.
pub fn group(entry: &RawEntry, config: &DirectoryConfig, problems: &mut Problems) -> Result<DirectoryGroup, SkippedEntry> {
    let (mut mapping, skipped) = start(entry, config, problems, Field::GroupId)?;
    let (Some(id), Some(dn_key)) = (skipped.id.clone(), skipped.dn_key) else { return Err(skipped) };
    let Some(name) = mapping.name(Field::GroupName, "group name") else { return Err(skipped) };
    let display_name = Some(mapping.cleaned(Field::GroupDisplayName, MAX_NAME)).filter(|name| !name.is_empty()).unwrap_or_else(|| name.clone());
    Ok(DirectoryGroup { id, dn: storable(&entry.dn).into_owned(), dn_key, name, display_name, members: Vec::new() })
}

/// A DN as PostgreSQL can store it: no text there holds a NUL, which RFC 4514 section 2.4 wants escaped anyway.
fn storable(dn: &str) -> Cow<'_, str> {
    if dn.contains('\0') { dn.replace('\0', "\\00").into() } else { dn.into() }
}

/// All member values of a group's entry, of all attributes named for it.
pub fn member_values<'e>(entry: &'e RawEntry, config: &'e DirectoryConfig) -> impl Iterator<Item = &'e [u8]> {
    config.attributes.names(Field::GroupMember).iter().flat_map(|name| entry.values_and_range(name))
}

fn start<'e>(
    entry: &'e RawEntry,
    config: &'e DirectoryConfig,
    problems: &'e mut Problems,
    id: Field,
) -> Result<(Mapping<'e>, SkippedEntry), SkippedEntry> {
    let key = plain_key(&entry.dn).map_or_else(|| Dn::parse(&entry.dn).map(|dn| dn.key()), Ok);
    let dn_key = match key {
        Ok(key) => Some(key),
        Err(error) => {
            problems.report(&entry.dn, None, format!("The entry's name cannot be read ({error}). It was skipped."));
            let mut quiet = Problems::default();
            let mapped = Mapping { entry, config, problems: &mut quiet }.id(id);
            return Err(SkippedEntry { id: mapped, dn_key: None });
        }
    };
    let mut mapping = Mapping { entry, config, problems };
    let id = mapping.id(id);
    Ok((mapping, SkippedEntry { id, dn_key }))
}
