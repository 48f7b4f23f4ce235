//! The nouns of a directory: what was read from it. What one is configured to be is in [`config`](mod@super::config).

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use uuid::Uuid;
use uuid::fmt::Hyphenated;

use super::course::StageTime;
use super::dn::DnKey;
use super::membership::Ties;
use super::text::Text;
use crate::clock::Timestamp;

/// The stable identity of an entry, as text: names and DNs change, this does not. Made by [`EntryId::from_value`]; equal values give equal texts. In the order
/// of the texts.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct EntryId(Form);

/// A run holds hundreds of thousands of ids, and nearly all are UUIDs.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Form {
    /// A text that is a UUID as [`Uuid`] writes it: small letters and hyphens.
    Uuid(Uuid),
    /// Any other.
    Text(Arc<str>),
}

impl EntryId {
    /// The longest id kept, in bytes of text.
    pub const MAX_LENGTH: usize = 255;

    /// The text form of an id attribute's value:
    /// - 16 bytes of `objectGUID` or `mS-DS-ConsistencyGuid`: a UUID with its first three fields in little-endian order, as Active Directory shows it;
    /// - 16 bytes of eDirectory's `GUID`: a UUID in the order of the bytes;
    /// - text that is a UUID: lower case;
    /// - other text: trimmed, unchanged;
    /// - any other bytes: `hex:` and lower-case hexadecimal digits.
    ///
    /// The attribute decides before the bytes do, because some binary ids happen to be valid UTF-8.
    ///
    /// # Errors
    /// One sentence when the value is empty or its text longer than [`MAX_LENGTH`](Self::MAX_LENGTH).
    pub fn from_value(attribute: &str, value: &[u8]) -> Result<Self, String> {
        let guid = <[u8; 16]>::try_from(value).ok();
        let is = |name: &str| attribute.eq_ignore_ascii_case(name);
        let text = match guid {
            Some(guid) if is("objectGUID") || is("mS-DS-ConsistencyGuid") => return Ok(Self(Form::Uuid(Uuid::from_bytes_le(guid)))),
            Some(guid) if is("GUID") => return Ok(Self(Form::Uuid(Uuid::from_bytes(guid)))),
            _ => match std::str::from_utf8(value) {
                Ok(text) if !text.chars().any(char::is_control) => {
                    let text = text.trim();
                    match Uuid::try_parse(text) {
                        Ok(uuid) if text.len() == Hyphenated::LENGTH => return Ok(Self(Form::Uuid(uuid))),
                        Ok(_) => text.to_ascii_lowercase(),
                        Err(_) => text.to_owned(),
                    }
                }
                _ => value.iter().fold("hex:".to_owned(), |mut text, byte| {
                    text.push(char::from_digit(u32::from(byte >> 4), 16).unwrap_or('0'));
                    text.push(char::from_digit(u32::from(byte & 15), 16).unwrap_or('0'));
                    text
                }),
            },
        };
        match text.len() {
            0 => Err("the value is empty".to_owned()),
            1..=Self::MAX_LENGTH => Ok(Self::from(text.as_str())),
            length => Err(format!("the value is {length} characters long, more than the {} kept", Self::MAX_LENGTH)),
        }
    }

    /// The bytes [`from_value`](Self::from_value) made the id of, as a search for it needs them.
    pub fn to_value(&self, attribute: &str) -> Vec<u8> {
        let is = |name: &str| attribute.eq_ignore_ascii_case(name);
        let text = self.text();
        match Uuid::try_parse(&text) {
            Ok(uuid) if is("objectGUID") || is("mS-DS-ConsistencyGuid") => uuid.to_bytes_le().to_vec(),
            Ok(uuid) if is("GUID") => uuid.as_bytes().to_vec(),
            _ => text.strip_prefix("hex:").and_then(from_hexadecimal).unwrap_or_else(|| text.as_bytes().to_vec()),
        }
    }

    /// The text, as stored.
    pub fn text(&self) -> Cow<'_, str> {
        match &self.0 {
            Form::Uuid(uuid) => uuid.to_string().into(),
            Form::Text(text) => Cow::Borrowed(text),
        }
    }

    /// Something to do with the text that need not outlive it.
    fn with_text<T>(&self, work: impl FnOnce(&str) -> T) -> T {
        match &self.0 {
            Form::Uuid(uuid) => work(uuid.hyphenated().encode_lower(&mut Uuid::encode_buffer())),
            Form::Text(text) => work(text),
        }
    }

    /// The first 16 bytes of the text as a number, which is in the order of the ids as far as it goes: comparing it first spares most looks at the ids.
    fn beginning(&self) -> u128 {
        self.with_text(|text| {
            let mut bytes = [0; 16];
            let length = text.len().min(16);
            bytes[..length].copy_from_slice(&text.as_bytes()[..length]);
            u128::from_be_bytes(bytes)
        })
    }

    /// Puts things in the order of their ids, those with one id in the order of `then`.
    pub fn sort<T: Copy, K: Ord>(things: &mut [T], id: impl Fn(&T) -> &Self, then: impl Fn(&T) -> K) {
        let mut keyed: Vec<(u128, T)> = things.iter().map(|thing| (id(thing).beginning(), *thing)).collect();
        keyed.sort_unstable_by(|(a, one), (b, other)| a.cmp(b).then_with(|| id(one).cmp(id(other))).then_with(|| then(one).cmp(&then(other))));
        things.iter_mut().zip(keyed).for_each(|(thing, (_, sorted))| *thing = sorted);
    }

    /// Eight characters that tell apart those who bore one name, for `name~<short id>`.
    pub fn short(&self) -> String {
        let hash = self.with_text(|text| crate::secret::sha256(text.as_bytes()));
        hash[..4].iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

fn from_hexadecimal(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: &u8| u8::try_from(char::from(*byte).to_digit(16)?).ok();
    text.as_bytes().chunks(2).map(|pair| Some(digit(pair.first()?)? << 4 | digit(pair.get(1)?)?)).collect()
}

impl From<&str> for EntryId {
    /// Takes an id that was stored as [`text`](Self::text).
    fn from(stored: &str) -> Self {
        let as_written = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f' | b'-');
        let is_plain = stored.len() == Hyphenated::LENGTH && stored.as_bytes().iter().all(as_written);
        match is_plain.then(|| Uuid::try_parse(stored)) {
            Some(Ok(uuid)) => Self(Form::Uuid(uuid)),
            _ => Self(Form::Text(stored.into())),
        }
    }
}

impl From<String> for EntryId {
    fn from(stored: String) -> Self {
        Self::from(stored.as_str())
    }
}

impl From<EntryId> for String {
    fn from(id: EntryId) -> Self {
        id.text().into_owned()
    }
}

impl Ord for EntryId {
    fn cmp(&self, other: &Self) -> Ordering {
        match (&self.0, &other.0) {
            // The order of the bytes is that of their digits.
            (Form::Uuid(one), Form::Uuid(other)) => one.cmp(other),
            (Form::Text(one), Form::Text(other)) => one.cmp(other),
            _ => self.with_text(|one| other.with_text(|other| one.cmp(other))),
        }
    }
}

impl PartialOrd for EntryId {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.with_text(|text| f.write_str(text))
    }
}

impl fmt::Debug for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A person as the directory has them, cleaned: NFC, no control characters, lengths capped. Empty text = the directory says nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirectoryUser {
    /// Stable identity.
    pub id: EntryId,
    /// Where the entry is now.
    pub dn: Text,
    /// The same, comparable.
    pub dn_key: DnKey,
    /// Never empty.
    pub username: Text,
    /// Syntactically an address.
    pub email: Option<Text>,
    /// Given name.
    pub first_name: Text,
    /// Family name.
    pub last_name: Text,
    /// How to call them; made from the names or the username when the directory has none.
    pub display_name: Text,
    /// Telephone number, as written there.
    pub phone: Text,
    /// An IETF language tag, or empty.
    pub locale: Text,
    /// Further attributes that apps may get as claims.
    pub extras: Extras,
    /// The directory has locked the account out.
    pub is_disabled: bool,
}

/// Further attributes of a person, by the name of the claim they become.
pub type Extras = BTreeMap<String, Extra>;

/// One further attribute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Extra {
    /// A single value.
    One(String),
    /// A list, in byte order.
    Many(Vec<String>),
}

/// A group as the directory has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirectoryGroup {
    /// Stable identity.
    pub id: EntryId,
    /// Where the entry is now.
    pub dn: String,
    /// The same, comparable.
    pub dn_key: DnKey,
    /// Never empty.
    pub name: String,
    /// How to call it; the name when the directory has none.
    pub display_name: String,
    /// People only, each once, in order; those of groups within it included when these count.
    pub members: Vec<EntryId>,
}

/// An entry that was there but could not be used. It counts as present: nobody loses access because their entry has a mistake in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SkippedEntry {
    /// When at least the identity could be read.
    pub id: Option<EntryId>,
    /// To find who it was by where it is.
    pub dn_key: Option<DnKey>,
}

/// Everything read from a directory in one run, complete: a search cut short gives an error, never a smaller snapshot.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// The people.
    pub users: Vec<DirectoryUser>,
    /// The groups.
    pub groups: Vec<DirectoryGroup>,
    /// By which way people are in groups.
    pub ties: Ties,
    /// Entries the user filter found that could not be used.
    pub skipped_users: Vec<SkippedEntry>,
    /// Entries the group filter found that could not be used.
    pub skipped_groups: Vec<SkippedEntry>,
    /// The account Muster itself binds with, when it would be one of the people and is left out.
    pub bind_account: Option<DirectoryUser>,
    /// What to tell the administrator.
    pub problems: Problems,
    /// Which server answered, as its address.
    pub server: String,
    /// What the server told about itself and our own account.
    pub facts: ServerFacts,
    /// Where the time of reading went.
    pub stages: Vec<StageTime>,
    /// How often the server pointed to other servers; not followed.
    pub referrals: usize,
}

impl Snapshot {
    /// Puts what was read of a few people, later, in place of what was read of them before. With `members_only` only members of a group are taken over: who
    /// was none of them is none now.
    pub fn put_right(&mut self, ids: &[EntryId], (users, skipped): (Vec<DirectoryUser>, Vec<SkippedEntry>), members_only: bool) {
        let ids: HashSet<&EntryId> = ids.iter().collect();
        let were_there: HashSet<EntryId> = self.users.iter().filter(|user| ids.contains(&user.id)).map(|user| user.id.clone()).collect();
        self.users.retain(|user| !ids.contains(&user.id));
        self.skipped_users.retain(|entry| !entry.id.as_ref().is_some_and(|id| ids.contains(id)));
        self.users.extend(users.into_iter().filter(|user| !members_only || were_there.contains(&user.id)));
        self.skipped_users.extend(skipped);
    }
}

/// What a run learns about the server it asks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServerFacts {
    /// Which one, as its address.
    pub server: String,
    /// When its certificate ends; `None` without TLS.
    pub certificate_ends_at: Option<Timestamp>,
    /// When the bind account's password ends; `None` when it does not, or the server does not tell.
    pub password_ends_at: Option<Timestamp>,
}

/// Something about an entry that an administrator should know.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Problem {
    /// The entry; empty when it is about the whole run.
    pub dn: String,
    /// The attribute, when it is about one.
    pub attribute: Option<String>,
    /// What was found and what happens now, in a sentence.
    pub message: String,
}

/// The problems of one run. The first [`MAX`](Self::MAX) are kept, the rest counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problems {
    kept: Vec<Problem>,
    more: usize,
}

impl Problems {
    /// How many are kept: enough to work with, and little enough for a page and a row.
    pub const MAX: usize = 1000;

    /// Adds one.
    pub fn report(&mut self, dn: &str, attribute: Option<&str>, message: impl Into<String>) {
        if self.kept.len() < Self::MAX {
            self.kept.push(Problem { dn: dn.to_owned(), attribute: attribute.map(str::to_owned), message: message.into() });
        } else {
            self.more += 1;
        }
    }

    /// All of them, with a last line for those that were only counted.
    pub fn into_list(mut self) -> Vec<Problem> {
        if self.more > 0 {
            self.kept.push(Problem { dn: String::new(), attribute: None, message: format!("{} more problems are not listed.", self.more) });
        }
        self.kept
    }

    /// Forgets those that `keep` does not want among those kept.
    pub fn retain(&mut self, keep: impl FnMut(&Problem) -> bool) {
        self.kept.retain(keep);
    }

    /// Those kept.
    pub fn iter(&self) -> std::slice::Iter<'_, Problem> {
        self.kept.iter()
    }
}

/// What the directory says of a person. Apart from what an administrator says here: a local block survives every sync.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DirectoryState {
    /// May sign in.
    Active,
    /// There, and disabled.
    Disabled,
    /// Not there any more.
    Missing,
}

impl DirectoryState {
    /// As stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Disabled => "disabled",
            Self::Missing => "missing",
        }
    }

    /// Reads [`as_str`](Self::as_str).
    pub fn from_stored(text: &str) -> Option<Self> {
        [Self::Active, Self::Disabled, Self::Missing].into_iter().find(|state| state.as_str() == text)
    }
}

/// `1 entry`, `2 entries`.
pub(super) fn counted(count: usize, one: &str, several: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { several })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entry_ids_have_one_text_form() {
        let guid = [0x10, 0x32, 0x54, 0x76, 0x98, 0xba, 0xdc, 0x4e, 0x8f, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07];
        for (attribute, value, text) in [
            ("objectGUID", &guid[..], "76543210-ba98-4edc-8f01-020304050607"),
            ("mS-DS-ConsistencyGuid", &guid, "76543210-ba98-4edc-8f01-020304050607"),
            ("GUID", &guid, "10325476-98ba-dc4e-8f01-020304050607"),
            ("objectGUID", b"76543210-BA98-4EDC-8F01-020304050607", "76543210-ba98-4edc-8f01-020304050607"),
            ("entryUUID", b"F806D289-e57f-11f1-a5d7-f8849f6d2e8b", "f806d289-e57f-11f1-a5d7-f8849f6d2e8b"),
            ("nsUniqueId", b"f806d289-e57f11f1-a5d7f884-9f6d2e8b", "f806d289-e57f11f1-a5d7f884-9f6d2e8b"),
            ("uid", b" Ada ", "Ada"),
            ("x-guid", &guid, "hex:1032547698badc4e8f01020304050607"),
            ("objectSid", &[1, 5, 0, 0], "hex:01050000"),
            // Sixteen bytes that are valid UTF-8 are still a GUID in a GUID attribute.
            ("objectGUID", b"abcdefghijklmnop", "64636261-6665-6867-696a-6b6c6d6e6f70"),
        ] {
            let id = EntryId::from_value(attribute, value).unwrap();
            assert_eq!(id.text(), text, "{attribute}");
            assert_eq!(EntryId::from_value(attribute, &id.to_value(attribute)).unwrap(), id, "{attribute}");
        }
        assert!(EntryId::from_value("uid", b" ").is_err());
        assert!(EntryId::from_value("uid", &[b'a'; 256]).is_err());
    }

    #[test]
    fn ids_are_in_the_order_of_their_texts_whatever_their_form() {
        let texts = [
            "f806d289-e57f-11f1-a5d7-f8849f6d2e8b",
            "f806d289-e57f-11f1-a5d7-f8849f6d2e8c",
            "F806D289-e57f-11f1-a5d7-f8849f6d2e8b",
            "0806d289-e57f-11f1-a5d7-f8849f6d2e8b",
            "f806d289e57f11f1a5d7f8849f6d2e8b",
            "f806d289-e57f11f1-a5d7f884-9f6d2e8b",
            "",
            "ada",
            "f806d289",
            "hex:0102",
            "{f806d289-e57f-11f1-a5d7-f8849f6d2e8b}",
        ];
        let mut ids = texts.map(EntryId::from);
        ids.sort_unstable();
        let mut sorted = texts;
        sorted.sort_unstable();
        assert_eq!(ids.map(|id| id.text().into_owned()), sorted);
        for text in texts {
            assert_eq!(serde_json::to_string(&EntryId::from(text)).unwrap(), format!("{text:?}"));
        }
    }

    #[test]
    fn problems_beyond_the_limit_are_counted() {
        let mut problems = Problems::default();
        for _ in 0..Problems::MAX + 3 {
            problems.report("cn=a", None, "x");
        }
        let list = problems.into_list();
        assert_eq!(list.len(), Problems::MAX + 1);
        assert!(list.last().unwrap().message.starts_with("3 more"));
    }
}
