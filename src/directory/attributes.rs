//! Which attribute holds what: one table, one row per field. A row is a setting (its key and default), a part of the request (only mapped attributes are
//! asked for), and an arm of the two functions at the end that make people and groups of entries.
//!
//! Entries are mapped leniently and predictably:
//! - without a usable id, username or group name an entry is skipped and reported; any other bad value is dropped and reported;
//! - text is brought to NFC, control and direction-override characters are removed, blanks trimmed, length capped; in a username and a group name such
//!   characters are a reason to skip, because two names must not look alike;
//! - of several values the one in the entry's own RDN is taken, else the shortest, else the first in byte order: servers keep values in no order.

use std::collections::BTreeSet;

use unicode_normalization::UnicodeNormalization as _;

use super::dn::Dn;
use super::model::{DirectoryGroup, DirectoryUser, EntryId, Problems, SkippedEntry};

/// What a row of the table fills.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// [`DirectoryUser::id`].
    UserId,
    /// [`DirectoryUser::username`].
    Username,
    /// [`DirectoryUser::email`].
    Email,
    /// [`DirectoryUser::first_name`].
    FirstName,
    /// [`DirectoryUser::last_name`].
    LastName,
    /// [`DirectoryUser::display_name`].
    DisplayName,
    /// [`DirectoryUser::phone`].
    Phone,
    /// [`DirectoryGroup::id`].
    GroupId,
    /// [`DirectoryGroup::name`].
    GroupName,
    /// [`DirectoryGroup::display_name`].
    GroupDisplayName,
    /// [`DirectoryGroup::members`].
    GroupMember,
}

/// One row: a field, the setting that names its attribute, and the attribute it has unless told otherwise.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The field it fills.
    pub field: Field,
    /// The setting: an environment variable and a field of the settings page.
    pub key: &'static str,
    /// The attribute (or alternatives, `a | b`) when nothing is set.
    pub default: &'static str,
    /// Whether the setting may be empty: the field is then not read.
    pub optional: bool,
    /// What the settings page calls it.
    pub label: &'static str,
    /// Help text.
    pub help: &'static str,
}

const fn row(field: Field, key: &'static str, default: &'static str, optional: bool, label: &'static str, help: &'static str) -> Row {
    Row { field, key, default, optional, label, help }
}

/// The table, in the order of [`Field`].
pub const ROWS: [Row; 11] = [
    row(
        Field::UserId,
        "LDAP_ATTRIBUTE_USER_UNIQUE_IDENTIFIER",
        "entryUUID",
        false,
        "Unique id of a person",
        "Never changes for a person: entryUUID, objectGUID (Active Directory), ipaUniqueID or nsUniqueId. Who gets another id becomes another account.",
    ),
    row(Field::Username, "LDAP_ATTRIBUTE_USER_USERNAME", "uid", false, "Username", "For example uid, or sAMAccountName with Active Directory."),
    row(Field::Email, "LDAP_ATTRIBUTE_USER_EMAIL", "mail", true, "E-mail address", "Usually mail."),
    row(Field::FirstName, "LDAP_ATTRIBUTE_USER_FIRST_NAME", "givenName", true, "First name", "Usually givenName."),
    row(Field::LastName, "LDAP_ATTRIBUTE_USER_LAST_NAME", "sn", true, "Last name", "Usually sn."),
    row(
        Field::DisplayName,
        "LDAP_ATTRIBUTE_USER_DISPLAY_NAME",
        "cn",
        true,
        "Display name",
        "For example cn or displayName. Made from first and last name when the entry has none.",
    ),
    row(Field::Phone, "LDAP_ATTRIBUTE_USER_PHONE", "telephoneNumber", true, "Telephone", "Usually telephoneNumber or mobile."),
    row(Field::GroupId, "LDAP_ATTRIBUTE_GROUP_UNIQUE_IDENTIFIER", "entryUUID", false, "Unique id of a group", "As for people."),
    row(Field::GroupName, "LDAP_ATTRIBUTE_GROUP_NAME", "cn", false, "Name of a group", "Usually cn. This is the name apps see."),
    row(
        Field::GroupDisplayName,
        "LDAP_ATTRIBUTE_GROUP_DISPLAY_NAME",
        "",
        true,
        "Display name of a group",
        "For example description. The name is used when empty.",
    ),
    row(
        Field::GroupMember,
        "LDAP_ATTRIBUTE_GROUP_MEMBER",
        "member",
        false,
        "Members of a group",
        "Holds DNs (member, uniqueMember) or usernames (memberUid). Several attributes may be listed: member | memberUid.",
    ),
];

/// Asked for on every search of people: they say whether an account is disabled (Active Directory, Samba; 389 Directory Server, FreeIPA).
const STATUS: [&str; 2] = ["userAccountControl", "nsAccountLock"];

/// `ADS_UF_ACCOUNTDISABLE` in `userAccountControl`.
const ACCOUNT_DISABLED: i64 = 2;

/// The table with the attribute names of one directory: for each row the alternatives, best first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttributeMap {
    names: [Vec<String>; ROWS.len()],
}

impl Default for AttributeMap {
    fn default() -> Self {
        Self { names: ROWS.map(|row| alternatives(row.default).map(str::to_owned).collect()) }
    }
}

fn alternatives(text: &str) -> impl Iterator<Item = &str> {
    text.split('|').map(str::trim).filter(|name| !name.is_empty())
}

impl AttributeMap {
    /// Sets one field to `text`: an attribute name, or several with `|` between them.
    ///
    /// # Errors
    /// One sentence when a name is none of RFC 4512 section 2.5, or the text is empty though the field cannot be done without.
    pub fn set(&mut self, field: Field, text: &str) -> Result<(), String> {
        let names: Vec<String> = alternatives(text).map(str::to_owned).collect();
        if let Some(bad) = names.iter().find(|name| !is_attribute_name(name)) {
            return Err(format!("{bad:?} is not an attribute name: letters, digits and \"-\", such as entryUUID; several are written a | b"));
        }
        if names.is_empty() && !ROWS[field as usize].optional {
            return Err(format!("an attribute name is needed, such as {}", ROWS[field as usize].default));
        }
        self.names[field as usize] = names;
        Ok(())
    }

    /// The attributes of a field, best first.
    pub fn names(&self, field: Field) -> &[String] {
        &self.names[field as usize]
    }

    /// What a search for people asks for.
    pub fn requested_for_users(&self) -> Vec<String> {
        self.requested(Field::UserId..=Field::Phone, &STATUS)
    }

    /// What a search for groups asks for.
    pub fn requested_for_groups(&self) -> Vec<String> {
        self.requested(Field::GroupId..=Field::GroupMember, &[])
    }

    fn requested(&self, fields: std::ops::RangeInclusive<Field>, besides: &[&str]) -> Vec<String> {
        let mapped = ROWS.iter().filter(|row| fields.contains(&row.field)).flat_map(|row| self.names(row.field)).cloned();
        let mut seen = BTreeSet::new();
        mapped.chain(besides.iter().map(|name| (*name).to_owned())).filter(|name| seen.insert(name.to_ascii_lowercase())).collect()
    }
}

/// Whether a text is an attribute description of RFC 4512 section 2.5.
pub(super) fn is_attribute_name(name: &str) -> bool {
    let (base, options) = name.split_once(';').map_or((name, None), |(base, options)| (base, Some(options)));
    let word = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let numeric = base.contains('.') && base.split('.').all(|arc| !arc.is_empty() && arc.bytes().all(|byte| byte.is_ascii_digit()));
    (numeric || (word(base) && base.starts_with(|first: char| first.is_ascii_alphabetic())))
        && options.is_none_or(|options| options.split(';').all(word))
}

/// An entry as it came from the server, names as it spelled them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RawEntry {
    /// Its name.
    pub dn: String,
    /// Attribute descriptions with their values.
    pub attributes: Vec<(String, Vec<Vec<u8>>)>,
}

impl RawEntry {
    /// The values of an attribute; without its exact description, those under `;binary` or a language.
    pub(super) fn values(&self, name: &str) -> &[Vec<u8>] {
        let filled = || self.attributes.iter().filter(|(_, values)| !values.is_empty());
        let exact = filled().find(|(description, _)| description.eq_ignore_ascii_case(name));
        let optioned = || {
            filled().find(|(description, _)| {
                description.split_once(';').is_some_and(|(base, options)| base.eq_ignore_ascii_case(name) && range_of(options).is_none())
            })
        };
        exact.or_else(optioned).map_or(&[], |(_, values)| values)
    }

    /// The part of a multi-valued attribute that came with a range (`member;range=0-1499`): its values, and where the next part begins when there is one.
    pub fn ranged(&self, name: &str) -> Option<(&[Vec<u8>], Option<u32>)> {
        self.attributes.iter().find_map(|(description, values)| {
            let (base, options) = description.split_once(';')?;
            let end = range_of(options).filter(|_| base.eq_ignore_ascii_case(name))?;
            Some((values.as_slice(), end.map(|end| end.saturating_add(1))))
        })
    }
}

/// The end of a `range=0-1499` option; `Some(None)` for `range=1500-*`, the last part.
fn range_of(options: &str) -> Option<Option<u32>> {
    options.split(';').find_map(|option| {
        let range = option.get(..6).filter(|word| word.eq_ignore_ascii_case("range=")).and(option.get(6..))?;
        let (_, end) = range.split_once('-')?;
        if end == "*" { Some(None) } else { end.parse().ok().map(Some) }
    })
}

/// The longest username, group name, first, last, display name, in characters.
const MAX_NAME: usize = 255;
/// The longest telephone number kept, in characters.
const MAX_PHONE: usize = 64;
/// The longest e-mail address (RFC 5321 section 4.5.3.1.3, without the angle brackets), in bytes.
const MAX_EMAIL: usize = 254;

/// An entry while it is being mapped.
struct Mapping<'e> {
    entry: &'e RawEntry,
    dn: Dn,
    map: &'e AttributeMap,
    problems: &'e mut Problems,
}

impl<'e> Mapping<'e> {
    /// All alternatives' values that are text, cleaned of what `clean` takes away, with the attribute they stand in; the best first.
    fn texts(&self, field: Field) -> Vec<(&'e str, String)> {
        let Self { entry, map, .. } = *self;
        let mut texts: Vec<_> = map
            .names(field)
            .iter()
            .enumerate()
            .flat_map(|(rank, name)| {
                entry.values(name).iter().filter_map(move |value| {
                    Some((rank, name.as_str(), std::str::from_utf8(value).ok()?.nfc().collect::<String>().trim().to_owned()))
                })
            })
            .filter(|(_, _, text)| !text.is_empty())
            .collect();
        if texts.len() > 1 {
            texts.sort_by_cached_key(|(rank, name, text)| (*rank, !self.dn.leaf_is(name, text), text.chars().count(), text.clone()));
        }
        texts.into_iter().map(|(_, name, text)| (name, text)).collect()
    }

    /// A field that may be anything readable; what is not is removed, what is too long is cut.
    fn cleaned(&mut self, field: Field, longest: usize) -> String {
        let Some((name, text)) = self.texts(field).into_iter().next() else { return String::new() };
        let mut clean: String = text.chars().filter(|c| !is_unwanted(*c)).collect();
        if let Some((end, _)) = clean.char_indices().nth(longest) {
            clean.truncate(end);
            self.problems.report(&self.entry.dn, Some(name), format!("The value is longer than {longest} characters; the rest was cut off."));
        }
        clean.trim().to_owned()
    }

    /// The identity, or the reason why there is none (already reported).
    fn id(&mut self, field: Field) -> Option<EntryId> {
        for name in self.map.names(field) {
            // The smallest value, should a server give several for one identity.
            if let Some(value) = self.entry.values(name).iter().min() {
                match EntryId::from_value(name, value) {
                    Ok(id) => return Some(id),
                    Err(reason) => {
                        self.problems.report(&self.entry.dn, Some(name), format!("The unique id cannot be used: {reason}. The entry was skipped."));
                        return None;
                    }
                }
            }
        }
        let names = self.map.names(field).join(" | ");
        self.problems.report(&self.entry.dn, Some(&names), "The entry has no unique id, or the bind account may not read it. The entry was skipped.");
        None
    }

    /// A name that identifies: nothing in it is silently changed.
    fn name(&mut self, field: Field, what: &str) -> Option<String> {
        let names = self.map.names(field).join(" | ");
        let text = self.texts(field).into_iter().next().map(|(_, text)| text);
        let mut problem = |message: String| {
            self.problems.report(&self.entry.dn, Some(&names), message);
            None
        };
        match text {
            None => problem(format!("The entry has no {what}. It was skipped.")),
            Some(text) if text.chars().any(is_unwanted) => {
                problem(format!("The {what} {:?} has control characters in it. The entry was skipped.", text.chars().take(60).collect::<String>()))
            }
            Some(text) if text.chars().count() > MAX_NAME => {
                problem(format!("The {what} is longer than {MAX_NAME} characters. The entry was skipped."))
            }
            Some(text) => Some(text),
        }
    }

    fn email(&mut self) -> Option<String> {
        let texts = self.texts(Field::Email);
        let good = texts.iter().find(|(_, text)| is_email(text)).map(|(_, text)| text.clone());
        if let (None, Some((name, bad))) = (&good, texts.first()) {
            let shown: String = bad.chars().take(80).collect();
            self.problems.report(&self.entry.dn, Some(name), format!("{shown:?} is not an e-mail address. The person was taken over without one."));
        }
        good
    }
}

/// Control characters, and those that change the direction of what follows them.
fn is_unwanted(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{2028}' | '\u{2029}' | '\u{feff}')
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

/// Makes a person of an entry.
///
/// # Errors
/// [`SkippedEntry`] when id, username or DN cannot be used; the reason is in `problems`.
pub fn user(entry: &RawEntry, map: &AttributeMap, problems: &mut Problems) -> Result<DirectoryUser, SkippedEntry> {
    let (mut mapping, skipped) = start(entry, map, problems, Field::UserId)?;
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
    Ok(DirectoryUser {
        id,
        dn: storable(&entry.dn),
        dn_key,
        username,
        email,
        first_name,
        last_name,
        display_name,
        phone,
        locale: String::new(),
        extras: super::model::Extras::new(),
        is_disabled: is_disabled(entry),
    })
}

/// Makes a group of an entry, still without members; they are in [`member_values`].
///
/// # Errors
/// [`SkippedEntry`] when id, name or DN cannot be used; the reason is in `problems`.
pub fn group(entry: &RawEntry, map: &AttributeMap, problems: &mut Problems) -> Result<DirectoryGroup, SkippedEntry> {
    let (mut mapping, skipped) = start(entry, map, problems, Field::GroupId)?;
    let (Some(id), Some(dn_key)) = (skipped.id.clone(), skipped.dn_key) else { return Err(skipped) };
    let Some(name) = mapping.name(Field::GroupName, "group name") else { return Err(skipped) };
    let display_name = Some(mapping.cleaned(Field::GroupDisplayName, MAX_NAME)).filter(|name| !name.is_empty()).unwrap_or_else(|| name.clone());
    Ok(DirectoryGroup { id, dn: storable(&entry.dn), dn_key, name, display_name, members: Vec::new() })
}

/// A DN as PostgreSQL can store it: no text there holds a NUL, which RFC 4514 section 2.4 wants escaped anyway.
fn storable(dn: &str) -> String {
    dn.replace('\0', "\\00")
}

/// All member values of a group's entry, of all attributes named for it.
pub fn member_values<'e>(entry: &'e RawEntry, map: &AttributeMap) -> Vec<&'e [u8]> {
    let values = |name: &String| {
        entry.values(name).iter().chain(entry.ranged(name).map_or(&[][..], |(values, _)| values)).map(Vec::as_slice).collect::<Vec<_>>()
    };
    map.names(Field::GroupMember).iter().flat_map(values).collect()
}

fn start<'e>(entry: &'e RawEntry, map: &'e AttributeMap, problems: &'e mut Problems, id: Field) -> Result<(Mapping<'e>, SkippedEntry), SkippedEntry> {
    let dn = match Dn::parse(&entry.dn) {
        Ok(dn) => dn,
        Err(error) => {
            problems.report(&entry.dn, None, format!("The entry's name cannot be read ({error}). It was skipped."));
            let mut quiet = Problems::default();
            let mapped = Mapping { entry, dn: Dn::default(), map, problems: &mut quiet }.id(id);
            return Err(SkippedEntry { id: mapped, dn_key: None });
        }
    };
    let dn_key = Some(dn.key());
    let mut mapping = Mapping { entry, dn, map, problems };
    let id = mapping.id(id);
    Ok((mapping, SkippedEntry { id, dn_key }))
}

/// Whether the directory has locked the account out: bit 2 of `userAccountControl`, or `nsAccountLock: TRUE`.
fn is_disabled(entry: &RawEntry) -> bool {
    let text = |name: &str| entry.values(name).first().and_then(|value| std::str::from_utf8(value).ok()).map(str::trim);
    let by_bit = text("userAccountControl").and_then(|flags| flags.parse::<i64>().ok()).is_some_and(|flags| flags & ACCOUNT_DISABLED != 0);
    by_bit || text("nsAccountLock").is_some_and(|lock| lock.eq_ignore_ascii_case("true"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(dn: &str, attributes: &[(&str, &[&str])]) -> RawEntry {
        RawEntry {
            dn: dn.to_owned(),
            attributes: attributes
                .iter()
                .map(|(name, values)| ((*name).to_owned(), values.iter().map(|value| value.as_bytes().to_vec()).collect()))
                .collect(),
        }
    }

    fn map_user(entry: &RawEntry) -> (Result<DirectoryUser, SkippedEntry>, Vec<super::super::model::Problem>) {
        let mut problems = Problems::default();
        let user = user(entry, &AttributeMap::default(), &mut problems);
        (user, problems.into_list())
    }

    const ADA: &[(&str, &[&str])] = &[
        ("entryUUID", &["F0000000-0000-4000-8000-000000000001"]),
        ("uid", &["ada"]),
        ("mail", &["ada@example.org"]),
        ("givenName", &["Ada"]),
        ("sn", &["Lovelace"]),
        ("cn", &["Ada Lovelace"]),
        ("telephoneNumber", &["+44 1"]),
    ];

    fn ada_with(name: &str, values: &[&str]) -> RawEntry {
        let mut entry = entry("uid=ada,dc=x", ADA);
        entry.attributes.retain(|(other, _)| other != name);
        if !values.is_empty() {
            entry.attributes.push((name.to_owned(), values.iter().map(|value| value.as_bytes().to_vec()).collect()));
        }
        entry
    }

    #[test]
    fn the_table_is_in_the_order_of_the_fields_and_its_defaults_are_valid() {
        for (place, row) in ROWS.iter().enumerate() {
            assert_eq!(row.field as usize, place);
            let mut map = AttributeMap::default();
            assert_eq!(map.set(row.field, row.default), Ok(()), "{}", row.key);
            assert_eq!(map, AttributeMap::default());
            assert_eq!(map.set(row.field, "").is_ok(), row.optional);
        }
    }

    #[test]
    fn only_mapped_attributes_and_the_account_status_are_requested_each_once() {
        let mut map = AttributeMap::default();
        map.set(Field::DisplayName, "displayName | CN").unwrap();
        map.set(Field::LastName, "displayname").unwrap();
        map.set(Field::Phone, "").unwrap();
        assert_eq!(map.requested_for_users(), ["entryUUID", "uid", "mail", "givenName", "displayname", "CN", "userAccountControl", "nsAccountLock"]);
        assert_eq!(map.requested_for_groups(), ["entryUUID", "cn", "member"]);
    }

    #[test]
    fn attribute_names_are_checked() {
        let mut map = AttributeMap::default();
        for good in ["uid", "a | b", "cn;lang-de", "0.9.2342.19200300.100.1.1", "ms-DS-Name"] {
            assert_eq!(map.set(Field::Email, good), Ok(()), "{good}");
        }
        for bad in ["u id", "1a", "a;", "ä", "uid,mail", "*", "a=b"] {
            assert!(map.set(Field::Email, bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_good_entry_maps_without_problems() {
        let (user, problems) = map_user(&entry("uid=ada,dc=x", ADA));
        let user = user.unwrap();
        assert!(problems.is_empty());
        assert_eq!(user.id.as_str(), "f0000000-0000-4000-8000-000000000001");
        assert_eq!(
            (
                user.username.as_str(),
                user.email.as_deref(),
                user.first_name.as_str(),
                user.last_name.as_str(),
                user.display_name.as_str(),
                user.phone.as_str()
            ),
            ("ada", Some("ada@example.org"), "Ada", "Lovelace", "Ada Lovelace", "+44 1")
        );
        assert!(!user.is_disabled);
    }

    #[test]
    fn attribute_names_match_without_case_and_with_options() {
        let (user, problems) =
            map_user(&entry("uid=ada,dc=x", &[("ENTRYUUID", &["a-1"]), ("UID", &["ada"]), ("cn;lang-de", &["Ada L."]), ("mail", &[])]));
        assert_eq!(user.unwrap().display_name, "Ada L.");
        assert!(problems.is_empty());
    }

    #[test]
    fn an_entry_without_id_or_username_is_skipped_and_reported() {
        for (name, values, has_id, word) in [
            ("entryUUID", &[][..], false, "no unique id"),
            ("entryUUID", &[" "][..], false, "empty"),
            ("uid", &[][..], true, "no username"),
            ("uid", &["  "][..], true, "no username"),
            ("uid", &["a\u{202e}da"][..], true, "control characters"),
            ("uid", &["a\0da"][..], true, "control characters"),
            ("uid", &[&*"a".repeat(256)][..], true, "longer than 255"),
        ] {
            let (user, problems) = map_user(&ada_with(name, values));
            let skipped = user.unwrap_err();
            assert_eq!(skipped.id.is_some(), has_id, "{name} {values:?}");
            assert!(skipped.dn_key.is_some());
            assert_eq!(problems.len(), 1);
            assert!(problems[0].message.contains(word), "{}", problems[0].message);
            assert_eq!((problems[0].dn.as_str(), problems[0].attribute.as_deref()), ("uid=ada,dc=x", Some(name)));
        }
    }

    #[test]
    fn a_bad_e_mail_address_is_dropped_and_the_person_kept() {
        for bad in ["ada", "@x", "ada@", "a b@x", "ada@x..y", "ada@-x", "a@b@c", "Ada <ada@x>"] {
            let (user, problems) = map_user(&ada_with("mail", &[bad]));
            assert_eq!(user.unwrap().email, None, "{bad}");
            assert!(problems[0].message.contains("not an e-mail address"));
        }
        let (user, problems) = map_user(&ada_with("mail", &["no", "ada@bücher.example"]));
        assert_eq!(user.unwrap().email.as_deref(), Some("ada@bücher.example"));
        assert!(problems.is_empty());
    }

    #[test]
    fn of_several_values_the_one_in_the_rdn_counts_then_the_shortest_in_any_order() {
        for values in [&["countess", "ada"][..], &["ada", "countess"]] {
            assert_eq!(map_user(&ada_with("uid", values)).0.unwrap().username, "ada");
            let mut elsewhere = ada_with("uid", values);
            elsewhere.dn = "uid=COUNTESS,dc=x".to_owned();
            assert_eq!(map_user(&elsewhere).0.unwrap().username, "countess");
        }
        assert_eq!(map_user(&ada_with("mail", &["b@x.org", "a@x.org"])).0.unwrap().email.as_deref(), Some("a@x.org"));
    }

    #[test]
    fn text_is_normalised_cleaned_and_cut() {
        let (user, problems) = map_user(&ada_with("sn", &["Zoe\u{308}\u{7}\u{202e} "]));
        assert_eq!(user.unwrap().last_name, "Zoë");
        assert!(problems.is_empty());
        let (user, problems) = map_user(&ada_with("givenName", &[&"é".repeat(300)]));
        assert_eq!(user.unwrap().first_name.chars().count(), 255);
        assert!(problems[0].message.contains("cut off"));
    }

    #[test]
    fn the_display_name_falls_back_to_the_names_and_then_to_the_username() {
        assert_eq!(map_user(&ada_with("cn", &[])).0.unwrap().display_name, "Ada Lovelace");
        assert_eq!(map_user(&entry("cn=x", &[("entryUUID", &["1"]), ("uid", &["ada"])])).0.unwrap().display_name, "ada");
    }

    #[test]
    fn disabled_accounts_of_active_directory_and_389_are_recognised() {
        for (name, value, disabled) in [
            ("userAccountControl", "514", true),
            ("userAccountControl", "512", false),
            ("useraccountcontrol", "66050", true),
            ("userAccountControl", "x", false),
            ("nsAccountLock", "TRUE", true),
            ("nsaccountlock", "false", false),
        ] {
            assert_eq!(map_user(&ada_with(name, &[value])).0.unwrap().is_disabled, disabled, "{name} {value}");
        }
    }

    #[test]
    fn an_entry_whose_name_cannot_be_read_is_skipped_but_known() {
        let mut broken = entry("uid=ada,dc=x", ADA);
        broken.dn = "no name".to_owned();
        let (user, problems) = map_user(&broken);
        assert!(user.unwrap_err().id.is_some());
        assert_eq!(problems.len(), 1);
    }

    #[test]
    fn ranges_are_found_beside_an_empty_attribute() {
        let entry = entry("cn=g", &[("member", &[]), ("Member;Range=0-1", &["cn=a", "cn=b"])]);
        let (values, next) = entry.ranged("member").unwrap();
        assert_eq!((values.len(), next), (2, Some(2)));
        assert_eq!(member_values(&entry, &AttributeMap::default()).len(), 2);
        let last = RawEntry { attributes: vec![("member;range=2-*".to_owned(), vec![])], ..RawEntry::default() };
        assert_eq!(last.ranged("member"), Some((&[][..], None)));
    }

    #[test]
    fn members_of_several_attributes_are_joined() {
        let mut map = AttributeMap::default();
        map.set(Field::GroupMember, "member | memberUid").unwrap();
        let entry = entry("cn=g", &[("member", &["cn=a"]), ("memberuid", &["b", "c"])]);
        assert_eq!(member_values(&entry, &map), [&b"cn=a"[..], b"b", b"c"]);
    }
}
