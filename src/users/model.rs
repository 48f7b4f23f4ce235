//! What a person is, and when they may come in.

use std::borrow::Cow;
use std::collections::BTreeMap;

use unicode_normalization::UnicodeNormalization as _;
use uuid::Uuid;

use crate::clock::Timestamp;
use crate::id::{UserId, new_user_handle};
use crate::language::{Language, Text, t};

/// A person's row.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct User {
    /// Our identity, and the OIDC subject.
    pub id: UserId,
    /// The WebAuthn user handle.
    pub user_handle: Uuid,
    /// The sign-in name.
    pub username: String,
    /// The e-mail address, when there is one.
    pub email: Option<String>,
    /// Whether the address is known to be theirs.
    pub email_verified: bool,
    /// Given name; may be empty.
    pub first_name: String,
    /// Family name; may be empty.
    pub last_name: String,
    /// What to call them; never empty.
    pub display_name: String,
    /// Telephone number, when there is one.
    pub phone: Option<String>,
    /// An administrator made them one here.
    pub local_admin: bool,
    /// The directory's admin group lists them.
    pub directory_admin: bool,
    /// The directory they come from; `None` for local people.
    pub directory: Option<String>,
    /// Their entry's stable identity in that directory.
    pub entry_id: Option<String>,
    /// Where their entry stood last.
    pub entry_dn: Option<String>,
    /// `active`, `disabled` or `missing`; `None` for local people.
    pub directory_state: Option<String>,
    /// Since when the directory says so.
    pub directory_state_at: Option<Timestamp>,
    /// Since when an administrator keeps them out.
    pub blocked_at: Option<Timestamp>,
    /// Sessions and tokens made at or before this instant are void.
    pub access_void_until: Timestamp,
    /// When the row was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// When they last signed in.
    pub last_sign_in_at: Option<Timestamp>,
    /// An IETF language tag, or empty.
    pub locale: String,
    /// The tag of the language they chose to read; empty when they chose none. See [`chosen_language`](Self::chosen_language).
    pub language: String,
    /// Further attributes the directory gives, as JSON; see [`extras`](Self::extras).
    pub directory_attributes: String,
    /// The last part of the address of their picture; empty when they have none.
    pub picture: String,
}

/// One of a person's [extras](User::extras) for reading: a text as it is, a list with commas.
pub fn extra_text(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Array(values) => values.iter().map(extra_text).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

/// The language somebody is written to in who chose the language of the tag `chosen` (empty: none) and whose directory says `locale` (empty: nothing).
pub fn language_read(chosen: &str, locale: &str) -> Option<Language> {
    Language::from_tag(chosen).or_else(|| Language::for_range(locale))
}

/// Where someone comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source<'a> {
    /// Made here.
    Local,
    /// Listed by the directory of this name.
    Directory(&'a str),
}

impl Source<'_> {
    /// `local` or the directory's name.
    pub const fn name(&self) -> &str {
        match self {
            Self::Local => "local",
            Self::Directory(name) => name,
        }
    }
}

impl User {
    /// A new local person; names are trimmed, the display name falls back to the full name and then the username.
    pub fn new_local(username: &str, email: Option<&str>, first_name: &str, last_name: &str, now: Timestamp) -> Self {
        let (username, first_name, last_name) = (username.trim(), first_name.trim(), last_name.trim());
        let full_name = format!("{first_name} {last_name}");
        Self {
            id: UserId::new(),
            user_handle: new_user_handle(),
            username: username.to_owned(),
            email: email.map(str::trim).filter(|email| !email.is_empty()).map(str::to_owned),
            email_verified: false,
            first_name: first_name.to_owned(),
            last_name: last_name.to_owned(),
            display_name: if full_name.trim().is_empty() { username.to_owned() } else { full_name.trim().to_owned() },
            phone: None,
            local_admin: false,
            directory_admin: false,
            directory: None,
            entry_id: None,
            entry_dn: None,
            directory_state: None,
            directory_state_at: None,
            blocked_at: None,
            access_void_until: Timestamp::EPOCH,
            created_at: now,
            updated_at: now,
            last_sign_in_at: None,
            locale: String::new(),
            language: String::new(),
            directory_attributes: "{}".to_owned(),
            picture: String::new(),
        }
    }

    /// The language they chose to read.
    pub fn chosen_language(&self) -> Option<Language> {
        Language::from_tag(&self.language)
    }

    /// The language they are written to in, as far as it is known: the one they chose, or else the one their directory names, where there is a catalogue of it.
    pub fn reads(&self) -> Option<Language> {
        language_read(&self.language, &self.locale)
    }

    /// The language tag apps hear: as the directory has it, or else as they chose; empty when neither is known.
    pub fn locale_for_apps(&self) -> &str {
        if self.locale.is_empty() { &self.language } else { &self.locale }
    }

    /// Whether they administer this server, by either reason.
    pub const fn is_admin(&self) -> bool {
        self.local_admin || self.directory_admin
    }

    /// Whether they are kept out, by the directory or by an administrator.
    pub fn is_disabled(&self) -> bool {
        self.blocked_at.is_some() || self.directory_state.as_deref().is_some_and(|state| state != "active")
    }

    /// What the directory says of them besides, by the name of the claim an app may get.
    pub fn extras(&self) -> BTreeMap<String, serde_json::Value> {
        serde_json::from_str(&self.directory_attributes).unwrap_or_default()
    }

    /// Where their picture is, below the origin; `None` when they have none.
    pub fn picture_path(&self) -> Option<String> {
        (!self.picture.is_empty()).then(|| format!("/picture/{}/{}", self.id, self.picture))
    }

    /// One or two letters that stand for them where a picture would.
    pub fn initials(&self) -> String {
        let mut words = self.display_name.split_whitespace().filter_map(|word| word.chars().find(|c| c.is_alphanumeric()));
        let (first, last) = (words.next(), words.next_back());
        first.into_iter().chain(last).flat_map(char::to_uppercase).collect()
    }

    /// Where they come from.
    pub fn source(&self) -> Source<'_> {
        self.directory.as_deref().map_or(Source::Local, Source::Directory)
    }
}

/// The form in which usernames, e-mail addresses and group names are compared, everywhere: two names differ only if this does. NFKC, one case (also where a
/// letter has several lower-case forms), blanks trimmed and squeezed.
pub fn key(name: &str) -> String {
    let folded: String = if name.is_ascii() {
        let lower = name.to_ascii_lowercase();
        // Most names have single blanks, and only between words.
        let is_blank = |byte: u8| matches!(byte, b'\t'..=b'\r' | b' ');
        let is_loose = |pair: &[u8]| is_blank(pair[0]) && is_blank(pair[1]);
        let bytes = lower.as_bytes();
        let is_squeezed = !bytes.iter().any(|byte| matches!(byte, b'\t'..=b'\r')) && !bytes.windows(2).any(is_loose);
        if is_squeezed && !lower.starts_with(' ') && !lower.ends_with(' ') {
            return lower;
        }
        lower
    } else {
        // Up and down again folds what has more than one lower-case form (ß and ss, the two sigmas).
        name.nfkc().flat_map(char::to_uppercase).flat_map(char::to_lowercase).nfkc().collect()
    };
    let mut squeezed = String::with_capacity(folded.len());
    for word in folded.split_whitespace() {
        if !squeezed.is_empty() {
            squeezed.push(' ');
        }
        squeezed.push_str(word);
    }
    squeezed
}

/// [`key`], without a copy where a name is its own key, as most are.
pub fn key_of(name: &str) -> Cow<'_, str> {
    let bytes = name.as_bytes();
    let is_plain = |byte: &u8| matches!(byte, b' '..=b'~') && !byte.is_ascii_uppercase();
    let is_loose = |pair: &[u8]| pair == b"  ";
    if bytes.iter().all(is_plain) && !name.starts_with(' ') && !name.ends_with(' ') && !bytes.windows(2).any(is_loose) {
        Cow::Borrowed(name)
    } else {
        Cow::Owned(key(name))
    }
}

/// The longest text the search box looks into, in characters: what an index of PostgreSQL can hold in any script.
pub const SEARCH_TEXT_MAX: usize = 500;

/// What the search box looks into. A name that is part of the one they are called by is not said twice: every search goes through all of these texts.
pub fn search_text(username: &str, email: Option<&str>, display_name: &str, first_name: &str, last_name: &str) -> String {
    let mut text = String::with_capacity(128);
    text.push_str(username);
    // Side by side, as people look for them.
    let full = format!("{first_name} {last_name}");
    let full = Some(full.trim()).filter(|full| !full.is_empty() && !display_name.contains(full));
    for part in email.into_iter().chain([display_name]).chain(full) {
        text.push(' ');
        text.push_str(part);
    }
    let mut text = key(&text);
    if text.len() > SEARCH_TEXT_MAX
        && let Some((end, _)) = text.char_indices().nth(SEARCH_TEXT_MAX)
    {
        text.truncate(end);
    }
    text
}

/// Checks a username a person typed.
///
/// # Errors
/// What is wrong and what is allowed.
pub fn check_username(username: &str) -> Result<(), Text> {
    let username = username.trim();
    if username.is_empty() {
        return Err(t("username-missing"));
    }
    if username.chars().count() > 50 {
        return Err(t("username-too-long"));
    }
    if !username.chars().all(|c| c.is_ascii_alphanumeric() || "._-@".contains(c)) {
        return Err(t("username-characters"));
    }
    if !username.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return Err(t("username-beginning"));
    }
    Ok(())
}

/// Checks an e-mail address a person typed: something, one @, a domain; whether it works only a mail can tell.
///
/// # Errors
/// What is wrong.
pub fn check_email(email: &str) -> Result<(), Text> {
    let email = email.trim();
    let fits = email.len() <= 254 && !email.chars().any(|c| c.is_control() || c.is_whitespace());
    match email.rsplit_once('@') {
        Some((name, domain)) if fits && !name.is_empty() && !domain.is_empty() && !domain.starts_with('.') && !domain.ends_with('.') => Ok(()),
        _ => Err(t("email-wrong")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_without_regard_to_case_and_width() {
        assert_eq!(key("  Ada@Example.ORG "), "ada@example.org");
        assert_eq!(key("ＡＤＡ"), "ada");
        assert_eq!((key("Straße"), key("Οδος")), (key("STRASSE"), key("ΟΔΟΣ")));
        assert_eq!(key("Domain  Admins"), "domain admins");
        for name in ["ada", " ada", "ada ", "a  b", "a b", "Ada", "a\tb", "ad\u{e4}", "", " ", "~a b~ c", "a\u{7f}b"] {
            assert_eq!(key_of(name), key(name), "{name:?}");
        }
    }

    #[test]
    fn usernames_and_addresses_that_would_confuse_are_refused() {
        for bad in ["", " ", "a b", "-ada", "a\nda", "ädä", &"a".repeat(51)] {
            assert!(check_username(bad).is_err(), "{bad:?}");
        }
        for good in ["ada", "ada.lovelace@example", "7of9"] {
            check_username(good).unwrap();
        }
        for bad in ["", "ada", "@x", "ada@", "a b@x", "ada@.x", "ada@x."] {
            assert!(check_email(bad).is_err(), "{bad:?}");
        }
        check_email("ada@localhost").unwrap();
    }

    #[test]
    fn someone_is_out_when_either_the_directory_or_an_administrator_says_so() {
        let mut user = User::new_local("ada", None, "", "", Timestamp::EPOCH);
        assert!(!user.is_disabled());
        user.directory_state = Some("active".into());
        assert!(!user.is_disabled());
        user.directory_state = Some("missing".into());
        assert!(user.is_disabled());
        user.directory_state = Some("active".into());
        user.blocked_at = Some(Timestamp::EPOCH);
        assert!(user.is_disabled());
    }
}
