//! The table filled in for one directory: for each field its alternatives, best first.

use std::collections::BTreeSet;

use super::super::config::{DirectoryConfig, Nested};
use super::entry::is_secret;
use super::source::Source;
use super::table::{Field, ROWS};
use crate::language::t;

/// The table with the attributes of one directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttributeMap {
    fields: [Alternatives; ROWS.len()],
}

/// What fills one field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Alternatives {
    sources: Vec<Source>,
    /// The attributes among them that stand for themselves.
    names: Vec<String>,
}

impl Default for AttributeMap {
    fn default() -> Self {
        let mut map = Self { fields: ROWS.map(|_| Alternatives::default()) };
        for row in &ROWS {
            // A test reads every default, so that none is lost here.
            let _ = map.set(row.field, row.default);
        }
        map
    }
}

impl AttributeMap {
    /// Sets one field to `text`: an attribute name, a template such as `{givenName} {sn}`, or several of both with `|` between them.
    ///
    /// # Errors
    /// One sentence when [`Source::parse_all`] refuses, an attribute holds a secret ([`is_secret`]), a template stands where only attributes can, or the text
    /// is empty though the field cannot be done without.
    pub fn set(&mut self, field: Field, text: &str) -> Result<(), String> {
        let sources = Source::parse_all(text)?;
        if sources.is_empty() && !ROWS[field as usize].optional {
            return Err(format!("an attribute name is needed, such as {}", ROWS[field as usize].default));
        }
        if let Some(secret) = sources.iter().flat_map(Source::attributes).find(|attribute| is_secret(attribute)) {
            return Err(t("directory-mistake-secret").with("text", format!("{secret:?}")).into());
        }
        let template = sources.iter().find(|source| matches!(source, Source::Template(_)));
        if let Some(template) = template.filter(|_| !field.takes_templates()) {
            return Err(format!(
                "{:?} is a template, but this is taken as it is: name an attribute, such as {}",
                template.text(),
                ROWS[field as usize].default
            ));
        }
        let names = sources.iter().filter(|source| matches!(source, Source::Attribute(_))).map(|source| source.text().to_owned()).collect();
        self.fields[field as usize] = Alternatives { sources, names };
        Ok(())
    }

    /// The alternatives of a field, best first.
    pub fn sources(&self, field: Field) -> &[Source] {
        &self.fields[field as usize].sources
    }

    /// The alternatives of a field that are attributes and no templates, best first: what can be searched by.
    pub fn names(&self, field: Field) -> &[String] {
        &self.fields[field as usize].names
    }

    /// What a field is set to, as written: `displayName | {givenName} {sn}`.
    pub fn label(&self, field: Field) -> String {
        self.sources(field).iter().map(Source::text).collect::<Vec<_>>().join(" | ")
    }

    fn attributes(&self, fields: std::ops::RangeInclusive<Field>) -> impl Iterator<Item = &str> {
        ROWS.iter().filter(move |row| fields.contains(&row.field)).flat_map(|row| self.sources(row.field)).flat_map(Source::attributes)
    }
}

/// A person's primary group, as a number within the domain (Active Directory).
pub(in super::super) const PRIMARY_GROUP_ID: &str = "primaryGroupID";
/// A security identifier (Active Directory).
pub(in super::super) const OBJECT_SID: &str = "objectSid";
/// The search a dynamic group's members are found by.
pub(in super::super) const MEMBER_URL: &str = "memberURL";

/// What a search for people asks for: what is mapped, what says that an account is disabled, and what membership needs. Pictures are read apart.
pub fn requested_for_users(config: &DirectoryConfig) -> Vec<String> {
    let mapped = config.attributes.attributes(Field::UserId..=Field::Locale);
    let status = config.disabled_when.iter().map(super::DisabledRule::attribute);
    let claims = config.claims.iter().flat_map(super::CustomClaim::attributes);
    let membership = config.membership.member_of.iter().map(String::as_str);
    let primary = [PRIMARY_GROUP_ID, OBJECT_SID].into_iter().filter(|_| config.membership.primary_group);
    distinct(mapped.chain(status).chain(claims).chain(membership).chain(primary))
}

/// What a search for groups asks for.
pub fn requested_for_groups(config: &DirectoryConfig) -> Vec<String> {
    let mapped = config.attributes.attributes(Field::GroupId..=Field::GroupMember);
    let membership = config.membership.member_of.iter().map(String::as_str).filter(|_| config.membership.nested == Nested::Closure);
    let primary = [OBJECT_SID].into_iter().filter(|_| config.membership.primary_group);
    distinct(mapped.chain(membership).chain(primary).chain([MEMBER_URL]))
}

fn distinct<'n>(names: impl Iterator<Item = &'n str>) -> Vec<String> {
    let mut seen = BTreeSet::new();
    names.filter(|name| seen.insert(name.to_ascii_lowercase())).map(str::to_owned).collect()
}
