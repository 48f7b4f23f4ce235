//! The nouns of the directory: what one is configured to be, and what was read from it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::attributes::AttributeMap;
use super::dn::DnKey;
use super::filter::Filter;
use crate::secret::Password;

/// One configured directory, checked. Made by [`settings::read`](super::settings::read) from texts.
#[derive(Clone, Debug)]
pub struct DirectoryConfig {
    /// What people and groups from it carry as their source; the one from the environment is `default`.
    pub name: String,
    /// The servers, in the order they are tried.
    pub servers: Vec<ServerAddress>,
    /// Who asks: a DN, or what the server takes instead (`user@domain`, `DOMAIN\user`). `None` asks anonymously.
    pub bind: Option<Bind>,
    /// Where people and groups are searched, with everything below.
    pub base_dn: String,
    /// Which entries are people.
    pub user_filter: Filter,
    /// Which entries are groups.
    pub group_filter: Filter,
    /// Take any certificate. For trying out: whoever sits between can read the bind password.
    pub skip_cert_verify: bool,
    /// Certificates trusted besides the system's, in PEM.
    pub ca_pem: Option<String>,
    /// Which attribute holds what.
    pub attributes: AttributeMap,
    /// The group whose members are administrators, by name or DN.
    pub admin_group: Option<String>,
    /// Keep who left (disabled, with record and passkeys) instead of deleting them.
    pub soft_delete: bool,
    /// When a run is held back.
    pub guard: Guard,
    /// How long and how much.
    pub limits: Limits,
}

/// The identity that searches.
#[derive(Clone, Debug)]
pub struct Bind {
    /// A DN, a UPN or `DOMAIN\user`, passed on as it is.
    pub name: String,
    /// Never empty: an empty one would make many servers answer as if to anyone (RFC 4513 section 5.1.2).
    pub password: Password,
}

/// When a run is held back instead of applied: when more people would lose access than both of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Guard {
    /// Share of the active people known from this directory, in percent.
    pub share_percent: u8,
    /// That many may always leave.
    pub minimum: u32,
}

impl Default for Guard {
    fn default() -> Self {
        Self { share_percent: 20, minimum: 5 }
    }
}

impl Guard {
    /// The largest number of people that may leave in one run when `active` are known.
    pub fn allowed(self, active: usize) -> usize {
        (active * usize::from(self.share_percent) / 100).max(usize::try_from(self.minimum).unwrap_or(usize::MAX))
    }
}

/// What a run may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// For reaching one server and agreeing on TLS.
    pub connect_within: Duration,
    /// For each answer to arrive.
    pub answer_within: Duration,
    /// For everything together.
    pub run_within: Duration,
    /// Entries asked for at a time, 1 to 1000. Halved when the server refuses.
    pub page_size: u16,
    /// Entries after which a search is taken for endless.
    pub max_entries: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect_within: Duration::from_secs(10),
            answer_within: Duration::from_secs(30),
            run_within: Duration::from_secs(15 * 60),
            page_size: 500,
            max_entries: 1_000_000,
        }
    }
}

/// Where a server listens. Only texts that ldap3 can take become one (it panics on `ldap://` and `ldap:foo`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerAddress {
    /// TLS from the first byte (`ldaps`).
    pub tls: bool,
    /// A name, an IPv4 address, or an IPv6 address without brackets.
    pub host: String,
    /// 389 or 636 when not given.
    pub port: u16,
}

impl ServerAddress {
    /// Reads `ldap://host[:port]` or `ldaps://host[:port]`; a single `/` may follow.
    ///
    /// # Errors
    /// One sentence when the scheme is another one, the host is missing, or something follows that an address has not.
    pub fn parse(text: &str) -> Result<Self, String> {
        let example = "an address looks like ldaps://ldap.example.org or ldap://10.0.0.5:389";
        let url = url::Url::parse(text).map_err(|_| format!("{text:?} is not an address: {example}"))?;
        let tls = match url.scheme() {
            "ldap" => false,
            "ldaps" => true,
            other => return Err(format!("{other:?} is not supported: {example}")),
        };
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or_else(|| format!("{text:?} names no server: {example}"))?;
        if !matches!(url.path(), "" | "/")
            || url.query().is_some()
            || url.fragment().is_some()
            || !url.username().is_empty()
            || url.password().is_some()
        {
            return Err(format!("{text:?} has more than scheme, server and port; base DN, filter and bind DN have their own settings"));
        }
        if url.port() == Some(0) {
            return Err(format!("{text:?} has port 0; leave the port out for the usual one"));
        }
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        Ok(Self { tls, host, port: url.port().unwrap_or(if tls { 636 } else { 389 }) })
    }
}

impl fmt::Display for ServerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.tls { "ldaps" } else { "ldap" };
        if self.host.contains(':') {
            write!(f, "{scheme}://[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{scheme}://{}:{}", self.host, self.port)
        }
    }
}

/// The stable identity of an entry, as text: names and DNs change, this does not. Made by [`EntryId::from_value`]; equal values give equal texts.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EntryId(Arc<str>);

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
        let text = match (attribute.to_ascii_lowercase().as_str(), guid) {
            ("objectguid" | "ms-ds-consistencyguid", Some(guid)) => uuid::Uuid::from_bytes_le(guid).to_string(),
            ("guid", Some(guid)) => uuid::Uuid::from_bytes(guid).to_string(),
            _ => match std::str::from_utf8(value) {
                Ok(text) if !text.chars().any(char::is_control) => {
                    let text = text.trim();
                    uuid::Uuid::try_parse(text).map_or_else(|_| text.to_owned(), |_| text.to_ascii_lowercase())
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
            1..=Self::MAX_LENGTH => Ok(Self(text.into())),
            length => Err(format!("the value is {length} characters long, more than the {} kept", Self::MAX_LENGTH)),
        }
    }

    /// The text, as stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Eight characters that tell apart those who bore one name, for `name~<short id>`.
    pub fn short(&self) -> String {
        let hash = crate::secret::sha256(self.0.as_bytes());
        hash[..4].iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl From<&str> for EntryId {
    /// Takes an id that was stored by [`as_str`](Self::as_str).
    fn from(stored: &str) -> Self {
        Self(stored.into())
    }
}

impl fmt::Display for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A person as the directory has them, cleaned: NFC, no control characters, lengths capped. Empty text = the directory says nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirectoryUser {
    /// Stable identity.
    pub id: EntryId,
    /// Where the entry is now.
    pub dn: String,
    /// The same, comparable.
    pub dn_key: DnKey,
    /// Never empty.
    pub username: String,
    /// Syntactically an address.
    pub email: Option<String>,
    /// Given name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
    /// How to call them; made from the names or the username when the directory has none.
    pub display_name: String,
    /// Telephone number, as written there.
    pub phone: String,
    /// The directory has locked the account out.
    pub is_disabled: bool,
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
    /// People only, each once, in order.
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
    /// Entries the user filter found that could not be used.
    pub skipped_users: Vec<SkippedEntry>,
    /// Entries the group filter found that could not be used.
    pub skipped_groups: Vec<SkippedEntry>,
    /// What to tell the administrator.
    pub problems: Problems,
    /// Places the server pointed to on other servers; not followed.
    pub referrals: usize,
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
            assert_eq!(EntryId::from_value(attribute, value).unwrap().as_str(), text, "{attribute}");
        }
        assert!(EntryId::from_value("uid", b" ").is_err());
        assert!(EntryId::from_value("uid", &[b'a'; 256]).is_err());
    }

    #[test]
    fn addresses_are_checked_before_anything_connects() {
        for (text, shown) in [
            ("ldap://ldap.example.org", "ldap://ldap.example.org:389"),
            ("ldaps://ldap.example.org/", "ldaps://ldap.example.org:636"),
            ("ldaps://[::1]:1636", "ldaps://[::1]:1636"),
            ("LDAP://127.0.0.1:3890", "ldap://127.0.0.1:3890"),
        ] {
            assert_eq!(ServerAddress::parse(text).unwrap().to_string(), shown);
        }
        for text in [
            "",
            "ldap",
            "ldap://",
            "ldap:///",
            "ldap:foo",
            "http://x",
            "ldap://x/dc=x",
            "ldap://u:p@x",
            "ldap://x:0",
            "ldap://x?y",
            "ldap://x:99999",
            "ldapi:///x",
        ] {
            assert!(ServerAddress::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_guard_lets_a_few_leave_always_and_a_share_of_many() {
        let guard = Guard::default();
        assert_eq!([0, 10, 25, 26, 30, 1000].map(|active| guard.allowed(active)), [5, 5, 5, 5, 6, 200]);
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
