//! What one directory is configured to be, checked. Made by [`settings::read`](super::settings::read) from texts; every part has one reader.

use std::fmt;
use std::time::Duration;

use super::attributes::{AttributeMap, CustomClaim, DisabledRule};
use super::filter::Filter;
use crate::secret::Password;

/// One configured directory, checked.
#[derive(Clone, Debug)]
pub struct DirectoryConfig {
    /// What people and groups from it carry as their source; the one from the environment is `default`.
    pub name: String,
    /// How to reach it.
    pub connection: Connection,
    /// Where and what to look for.
    pub search: Search,
    /// Which attribute holds what.
    pub attributes: AttributeMap,
    /// When an account counts as disabled.
    pub disabled_when: Vec<DisabledRule>,
    /// Further attributes of people that apps may get as claims.
    pub claims: Vec<CustomClaim>,
    /// How membership is found.
    pub membership: Membership,
    /// What imported people and groups become here.
    pub placement: Placement,
    /// Coming and going.
    pub life_cycle: LifeCycle,
    /// When a run is held back.
    pub guard: Guard,
    /// When it is read.
    pub schedule: Schedule,
    /// What directory passwords may do here.
    pub passwords: Passwords,
}

/// How to reach a directory.
#[derive(Clone, Debug)]
pub struct Connection {
    /// The servers of one directory.
    pub servers: Vec<ServerAddress>,
    /// Try the servers in any order instead of the given one.
    pub at_random: bool,
    /// Encrypt `ldap://` connections before anything is said (RFC 4511 section 4.14).
    pub start_tls: bool,
    /// The name the server's certificate must carry, when that is not the one in the address.
    pub server_name: Option<String>,
    /// Certificates trusted instead of the system's, in PEM.
    pub ca_pem: Option<String>,
    /// Take any certificate. For trying out: whoever sits between can read the bind password.
    pub skip_cert_verify: bool,
    /// What we prove ourselves with while agreeing on TLS.
    pub identity: Option<Identity>,
    /// Who asks.
    pub bind: Bind,
    /// How long and how much.
    pub limits: Limits,
}

impl Connection {
    /// Whether passwords can be read on their way to at least one of the servers: neither TLS nor StartTLS, and not on this machine.
    pub fn is_readable_on_the_way(&self) -> bool {
        self.servers.iter().any(|server| match server {
            ServerAddress::Unix { .. } | ServerAddress::Tcp { tls: true, .. } => false,
            ServerAddress::Tcp { host, .. } => {
                let is_here = host.eq_ignore_ascii_case("localhost") || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
                !self.start_tls && !is_here
            }
        })
    }
}

/// A client certificate with its key, both in PEM.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The certificate, and those that lead from it to an authority.
    pub certificate_pem: String,
    /// Its private key.
    pub key_pem: Password,
}

/// The identity that searches.
#[derive(Clone, Debug)]
pub enum Bind {
    /// As anyone.
    Anonymous,
    /// A name (a DN, a UPN or `DOMAIN\user`, passed on as it is) with a password, which is never empty: an empty one would make many servers answer as if to
    /// anyone (RFC 4513 section 5.1.2).
    Simple {
        /// Who.
        name: String,
        /// Never shown.
        password: Password,
    },
    /// As whom the client certificate or the owner of the socket's process is (RFC 4513 section 5.2.3).
    External,
}

impl Bind {
    /// Whether nobody in particular asks.
    pub const fn is_anonymous(&self) -> bool {
        matches!(self, Self::Anonymous)
    }
}

/// Where and what to look for.
#[derive(Clone, Debug)]
pub struct Search {
    /// Where everything is.
    pub base_dn: String,
    /// Where people are, as full DNs; never empty (the base DN unless told otherwise).
    pub user_bases: Vec<String>,
    /// Where groups are, likewise.
    pub group_bases: Vec<String>,
    /// Only the entries directly below each base, not the whole subtree.
    pub one_level: bool,
    /// Which entries are people, object classes included.
    pub user_filter: Filter,
    /// Which entries are groups, object classes included.
    pub group_filter: Filter,
    /// Whether the account Muster binds with is one of the people, when the filter finds it.
    pub includes_bind_account: bool,
}

/// How membership is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    /// What a group's member attribute holds.
    pub member_value: MemberValue,
    /// Attributes of a person that hold the DNs of their groups (`memberOf`); asked besides the groups' own members when not empty.
    pub member_of: Vec<String>,
    /// Whether who is in a group within a group counts as a member of the outer one.
    pub nested: Nested,
    /// Active Directory: whether a person's primary group counts.
    pub primary_group: bool,
}

/// What a group's member attribute holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemberValue {
    /// Whatever fits: a DN when it is one, else a username.
    Any,
    /// DNs.
    Dn,
    /// Usernames.
    Username,
    /// Unique ids.
    EntryId,
}

/// Whether groups within groups count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nested {
    /// They do not.
    Off,
    /// They do; worked out here from the groups that were found, whatever the server.
    Closure,
    /// They do; each group's members are asked with Active Directory's in-chain rule (1.2.840.113556.1.4.1941), which also follows groups the filter leaves out.
    InChain,
}

/// What imported people and groups become here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Placement {
    /// The group whose members are administrators, by name or DN.
    pub admin_group: Option<String>,
    /// Take over only the members of this group, by name or DN.
    pub import_group: Option<String>,
    /// Local groups new people are put in once; who takes them out again stays out.
    pub default_groups: Vec<String>,
    /// Everybody taken over is an administrator.
    pub everyone_is_admin: bool,
    /// A local group that holds everybody taken over.
    pub parent_group: Option<String>,
    /// A path or mark shown with everything from here.
    pub tag: String,
    /// Names of groups to take over, with `*`; empty takes all.
    pub include_groups: Vec<String>,
    /// Names of groups to leave out, with `*`.
    pub exclude_groups: Vec<String>,
    /// Directory groups (by name) whose members are put in a local group (by name) instead of being a group of their own.
    pub group_map: Vec<(String, String)>,
}

/// Coming and going.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LifeCycle {
    /// Whether people are taken over. When off, nobody new comes and nobody known changes.
    pub sync_users: bool,
    /// Whether groups are taken over, likewise.
    pub sync_groups: bool,
    /// What happens to who is not in the directory any more.
    pub missing: Missing,
    /// What happens when a name belongs to somebody else.
    pub collision: Collision,
}

/// What happens to people who are not in the directory any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// Kept, and cannot sign in; deleted after that many days when given.
    Disable {
        /// Days between leaving and deletion.
        delete_after_days: Option<u32>,
    },
    /// Deleted at once.
    Delete,
    /// Nothing but a line in the report.
    Report,
}

/// What happens when the username or e-mail address of a new person belongs to a local account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Collision {
    /// The new one is skipped and reported.
    Skip,
    /// The local account becomes the directory's when both have the same e-mail address and the local one's is verified.
    LinkVerified,
    /// The local account becomes the directory's.
    Link,
    /// The new one gets a number behind the username.
    Suffix,
}

/// When a run is held back instead of applied. Each kind of loss has its own limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Guard {
    /// People who would lose access; see [`people_allowed`](Self::people_allowed).
    pub people: Limit,
    /// Groups that would vanish.
    pub groups: Limit,
    /// Memberships that would end while both person and group stay.
    pub memberships: Limit,
    /// Administrators who would not be any more. The last one never goes without confirmation.
    pub admins: Limit,
    /// How long a held run can be confirmed.
    pub held_for: Duration,
}

impl Guard {
    /// The largest number of people that may lose access in one run when `known` may sign in. However large the minimum is, no more than half of them: of a
    /// house of six, five gone at once is an accident and not everyday life. One always may, or a leaver would keep access for as long as nobody looks; that
    /// an answer without anybody is no answer is decided apart from this.
    pub fn people_allowed(self, known: usize) -> usize {
        let minimum = usize::try_from(self.people.minimum).unwrap_or(usize::MAX);
        self.people.share(known).max(minimum.min((known / 2).max(1)))
    }
}

/// More than both of these, and a run is held back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// Share of what is known from this directory, in percent.
    pub share_percent: u8,
    /// That many may always go.
    pub minimum: u32,
}

impl Limit {
    /// The largest number that may go in one run when `known` are known.
    pub fn allowed(self, known: usize) -> usize {
        self.share(known).max(usize::try_from(self.minimum).unwrap_or(usize::MAX))
    }

    fn share(self, known: usize) -> usize {
        known * usize::from(self.share_percent) / 100
    }
}

impl Default for Guard {
    fn default() -> Self {
        Self {
            people: Limit { share_percent: 20, minimum: 5 },
            groups: Limit { share_percent: 20, minimum: 5 },
            memberships: Limit { share_percent: 30, minimum: 20 },
            admins: Limit { share_percent: 50, minimum: 1 },
            held_for: Duration::from_secs(7 * 86_400),
        }
    }
}

/// When a directory is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// How long after a run began the next one begins by itself; `None` where none does.
    pub every: Option<Duration>,
    /// Take changes over as they happen, where the server tells of them.
    pub follows_changes: bool,
    /// Ask for the one person who signs in.
    pub at_sign_in: bool,
}

impl Default for Schedule {
    fn default() -> Self {
        Self { every: Some(Duration::from_secs(3600)), follows_changes: true, at_sign_in: true }
    }
}

/// What directory passwords may do here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Passwords {
    /// Whether they open a session.
    pub sign_in: PasswordSignIn,
    /// Keep a hash of each, for when the directory cannot be asked.
    pub keeps_hash: bool,
    /// Let people change theirs on the account page.
    pub write_back: bool,
}

/// Whether directory passwords open a session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PasswordSignIn {
    /// Never.
    #[default]
    Off,
    /// For people without a passkey, to add one.
    First,
    /// Beside passkeys.
    Always,
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
pub enum ServerAddress {
    /// Over the network.
    Tcp {
        /// TLS from the first byte (`ldaps`).
        tls: bool,
        /// A name, an IPv4 address, or an IPv6 address without brackets.
        host: String,
        /// 389 or 636 when not given.
        port: u16,
    },
    /// A socket on this machine (`ldapi`).
    Unix {
        /// The socket's absolute path.
        path: String,
    },
}

impl ServerAddress {
    /// Reads `ldap://host[:port]`, `ldaps://host[:port]` (a single `/` may follow) or `ldapi://%2Fpath%2Fto%2Fsocket`.
    ///
    /// # Errors
    /// One sentence when the scheme is another one, the host or path is missing, or something follows that an address has not.
    pub fn parse(text: &str) -> Result<Self, String> {
        let example = "an address looks like ldaps://ldap.example.org, ldap://10.0.0.5:389 or ldapi://%2Frun%2Fslapd%2Fldapi";
        if let Some(path) = text.get(..8).filter(|scheme| scheme.eq_ignore_ascii_case("ldapi://")).and(text.get(8..)) {
            let path = percent_encoding::percent_decode_str(path.trim_end_matches('/')).decode_utf8().unwrap_or_default().into_owned();
            let is_path = path.starts_with('/') && path.len() <= 100 && !path.chars().any(char::is_control);
            return if is_path { Ok(Self::Unix { path }) } else { Err(format!("{text:?} names no socket by its absolute path: {example}")) };
        }
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
        Ok(Self::Tcp { tls, host, port: url.port().unwrap_or(if tls { 636 } else { 389 }) })
    }

    /// Whether TLS starts with the first byte.
    pub const fn is_tls(&self) -> bool {
        matches!(self, Self::Tcp { tls: true, .. })
    }

    /// Whether what is said stays on this machine.
    pub const fn is_local_socket(&self) -> bool {
        matches!(self, Self::Unix { .. })
    }
}

impl fmt::Display for ServerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp { tls, host, port } => {
                let scheme = if *tls { "ldaps" } else { "ldap" };
                let (open, close) = if host.contains(':') { ("[", "]") } else { ("", "") };
                write!(f, "{scheme}://{open}{host}{close}:{port}")
            }
            Self::Unix { path } => write!(f, "ldapi://{}", path.replace('%', "%25").replace('/', "%2F")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_checked_before_anything_connects() {
        for (text, shown) in [
            ("ldap://ldap.example.org", "ldap://ldap.example.org:389"),
            ("ldaps://ldap.example.org/", "ldaps://ldap.example.org:636"),
            ("ldaps://[::1]:1636", "ldaps://[::1]:1636"),
            ("LDAP://127.0.0.1:3890", "ldap://127.0.0.1:3890"),
            ("ldapi://%2Frun%2Fslapd%2Fldapi", "ldapi://%2Frun%2Fslapd%2Fldapi"),
            ("ldapi:///run/slapd/ldapi", "ldapi://%2Frun%2Fslapd%2Fldapi"),
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
            "ldapi://",
            "ldapi://x",
        ] {
            assert!(ServerAddress::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_guard_lets_a_few_leave_always_and_a_share_of_many() {
        let guard = Guard::default();
        assert_eq!([10, 25, 26, 30, 1000].map(|active| guard.people_allowed(active)), [5, 5, 5, 6, 200]);
        assert_eq!([0, 3, 20, 100].map(|groups| guard.groups.allowed(groups)), [5, 5, 5, 20]);
    }

    #[test]
    fn of_a_few_people_no_more_than_half_leave_without_a_word_but_one_always_may() {
        assert_eq!([0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map(|active| Guard::default().people_allowed(active)), [1, 1, 1, 1, 2, 2, 3, 3, 4, 4]);
        let with = |share_percent, minimum| Guard { people: Limit { share_percent, minimum }, ..Guard::default() };
        assert_eq!((with(100, 0).people_allowed(6), with(20, 50).people_allowed(60), with(0, 0).people_allowed(6)), (6, 30, 0));
    }
}
