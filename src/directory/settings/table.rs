//! The table of a directory's settings besides the attribute names: one constant per setting, then all of them in the order of the page.

use super::{Setting, setting};
use crate::settings::{Choice, Input};

const CONNECTION: &str = "Connection";
const ENCRYPTION: &str = "Encryption";
const TIMES: &str = "Times and sizes";
const WHO: &str = "Who is taken over";
const ATTRIBUTES: &str = "Attributes";
const MEMBERSHIP: &str = "Membership";
const PLACEMENT: &str = "What they become";
const LIFE: &str = "Coming and going";
const SAFETY: &str = "Mass changes";
const SCHEDULE: &str = "When";
const PASSWORDS: &str = "Directory passwords";

/// Whether the directory is used at all. Read by whoever starts runs, not part of a `DirectoryConfig`.
pub const ENABLED: Setting =
    setting("LDAP_ENABLED", "false", Input::Switch, CONNECTION, "Use this directory", "When off, nothing is read from it and nobody changes.");
/// `Connection::servers`.
pub const URL: Setting = setting(
    "LDAP_URL",
    "",
    Input::Text,
    CONNECTION,
    "Address",
    "ldaps://ldap.example.org, or ldap:// (without encryption unless StartTLS is on), or ldapi:// with the path of a socket. Several servers of one directory are separated by blanks.",
);
/// `Connection::at_random`.
pub const URL_ORDER: Setting = setting(
    "LDAP_URL_ORDER",
    "in-order",
    Input::Choice(&[Choice { value: "in-order", label: "In the given order" }, Choice { value: "random", label: "At random" }]),
    CONNECTION,
    "Order of the servers",
    "Which of several servers is tried first. The next one is tried when one cannot be reached, not when one refuses the bind.",
);
/// `Connection::start_tls`.
pub const START_TLS: Setting = setting(
    "LDAP_START_TLS",
    "false",
    Input::Switch,
    CONNECTION,
    "StartTLS",
    "Encrypts ldap:// connections before anything is said. Nothing is sent to a server that refuses.",
);
/// `Connection::bind`.
pub const BIND_METHOD: Setting = setting(
    "LDAP_BIND_METHOD",
    "simple",
    Input::Choice(&[
        Choice { value: "simple", label: "Bind DN and password" },
        Choice { value: "external", label: "Client certificate or socket (SASL EXTERNAL)" },
    ]),
    CONNECTION,
    "Bind",
    "How Muster proves who it is. Without a bind DN it asks anonymously. SASL EXTERNAL needs a client certificate (with ldaps:// or StartTLS), or ldapi://.",
);
/// The name of a simple `Connection::bind`.
pub const BIND_DN: Setting = setting(
    "LDAP_BIND_DN",
    "",
    Input::Text,
    CONNECTION,
    "Bind DN",
    "The account that searches, such as cn=muster,ou=services,dc=example,dc=org, or user@domain with Active Directory. Empty searches anonymously.",
);
/// The password of a simple `Connection::bind`.
pub const BIND_PASSWORD: Setting =
    setting("LDAP_BIND_PASSWORD", "", Input::Secret, CONNECTION, "Bind password", "Stored encrypted and never shown again.");
/// `Search::base_dn`.
pub const BASE: Setting = setting(
    "LDAP_BASE",
    "",
    Input::Text,
    CONNECTION,
    "Base DN",
    "Where people and groups are searched, such as dc=example,dc=org. Parts that the server says are on other servers (referrals) are reported and not followed: that would send the bind password there.",
);
/// `Connection::ca_pem`.
pub const CA_CERTIFICATE: Setting = setting(
    "LDAP_CA_CERTIFICATE",
    "",
    Input::Lines,
    ENCRYPTION,
    "Certificate authority",
    "The PEM text of the authority that signed the server's certificate, or of a self-signed certificate itself. When it is set, only what stands here counts, and not what this machine knows; several may stand here, such as an old and a new one. Empty trusts the authorities this machine knows.",
);
/// `Connection::server_name`.
pub const SERVER_NAME: Setting = setting(
    "LDAP_SERVER_NAME",
    "",
    Input::Text,
    ENCRYPTION,
    "Name in the certificate",
    "Only when the server's certificate carries another name than the address, for example when the address is a number.",
);
/// The certificate of `Connection::identity`.
pub const CLIENT_CERTIFICATE: Setting = setting(
    "LDAP_CLIENT_CERTIFICATE",
    "",
    Input::Lines,
    ENCRYPTION,
    "Client certificate",
    "The PEM text of a certificate Muster shows the server, when the server asks for one.",
);
/// The key of `Connection::identity`.
pub const CLIENT_KEY: Setting = setting(
    "LDAP_CLIENT_KEY",
    "",
    Input::SecretLines,
    ENCRYPTION,
    "Key of the client certificate",
    "Its private key as PEM text. Stored encrypted and never shown again.",
);
/// `Connection::skip_cert_verify`.
pub const SKIP_CERT_VERIFY: Setting = setting(
    "LDAP_SKIP_CERT_VERIFY",
    "false",
    Input::Switch,
    ENCRYPTION,
    "Accept any certificate",
    "For trying out only: whoever sits between can read the bind password and answer as the directory.",
);
/// `Limits::connect_within`.
pub const CONNECT_SECONDS: Setting = setting(
    "LDAP_CONNECT_SECONDS",
    "10",
    Input::Number,
    TIMES,
    "Seconds to connect",
    "How long reaching one server and agreeing on encryption may take.",
);
/// `Limits::answer_within`.
pub const ANSWER_SECONDS: Setting =
    setting("LDAP_ANSWER_SECONDS", "30", Input::Number, TIMES, "Seconds for an answer", "How long the server may take for each answer.");
/// `Limits::run_within`.
pub const RUN_MINUTES: Setting =
    setting("LDAP_RUN_MINUTES", "15", Input::Number, TIMES, "Minutes for a sync", "A sync that takes longer ends without changing anything.");
/// `Limits::page_size`.
pub const PAGE_SIZE: Setting = setting(
    "LDAP_PAGE_SIZE",
    "500",
    Input::Number,
    TIMES,
    "Page size",
    "Entries asked for at a time, 1 to 1000; lowered by itself when the server refuses.",
);
/// `Search::user_bases`.
pub const USER_BASE: Setting = setting(
    "LDAP_USER_BASE",
    "",
    Input::Lines,
    WHO,
    "Where people are",
    "Places below the base DN, one per line, such as ou=people. Empty searches the whole base DN.",
);
/// `Search::user_filter`.
pub const USER_FILTER: Setting = setting(
    "LDAP_USER_SEARCH_FILTER",
    "(objectClass=person)",
    Input::Lines,
    WHO,
    "Filter for people",
    "Which entries are people. May span several lines.",
);
/// Part of `Search::user_filter`.
pub const USER_OBJECT_CLASSES: Setting = setting(
    "LDAP_USER_OBJECT_CLASSES",
    "",
    Input::Text,
    WHO,
    "Object classes of people",
    "Instead of a filter, or besides it: a person must have all of these, such as inetOrgPerson organizationalPerson.",
);
/// `Search::group_bases`.
pub const GROUP_BASE: Setting = setting(
    "LDAP_GROUP_BASE",
    "",
    Input::Lines,
    WHO,
    "Where groups are",
    "Places below the base DN, one per line, such as ou=groups. Empty searches the whole base DN.",
);
/// `Search::group_filter`.
pub const GROUP_FILTER: Setting = setting(
    "LDAP_USER_GROUP_SEARCH_FILTER",
    "(objectClass=groupOfNames)",
    Input::Lines,
    WHO,
    "Filter for groups",
    "Which entries are groups: (objectClass=group) with Active Directory.",
);
/// Part of `Search::group_filter`.
pub const GROUP_OBJECT_CLASSES: Setting = setting(
    "LDAP_GROUP_OBJECT_CLASSES",
    "",
    Input::Text,
    WHO,
    "Object classes of groups",
    "Instead of a filter, or besides it: a group must have all of these.",
);
/// `Search::one_level`.
pub const SEARCH_SCOPE: Setting = setting(
    "LDAP_SCOPE",
    "subtree",
    Input::Choice(&[Choice { value: "subtree", label: "Everything below" }, Choice { value: "one-level", label: "Only directly below" }]),
    WHO,
    "How deep to search",
    "Below each of these places.",
);
/// `Search::includes_bind_account`.
pub const INCLUDE_BIND_ACCOUNT: Setting = setting(
    "LDAP_INCLUDE_BIND_ACCOUNT",
    "false",
    Input::Switch,
    WHO,
    "Take the bind account over too",
    "The account Muster binds with is left out of the people, also when the filter finds it. Switch this on when it is somebody’s own account.",
);
/// `Placement::import_group`.
pub const IMPORT_GROUP: Setting = setting(
    "LDAP_IMPORT_GROUP",
    "",
    Input::Text,
    WHO,
    "Only members of",
    "Name or DN of a group: only its members are taken over, those of groups within it included. Empty takes everybody the filter finds.",
);
/// `Placement::include_groups`.
pub const INCLUDE_GROUPS: Setting = setting(
    "LDAP_INCLUDE_GROUPS",
    "",
    Input::Lines,
    WHO,
    "Groups to take over",
    "Names, one per line, with * for any text, such as team-*. Empty takes all.",
);
/// `Placement::exclude_groups`.
pub const EXCLUDE_GROUPS: Setting =
    setting("LDAP_EXCLUDE_GROUPS", "", Input::Lines, WHO, "Groups to leave out", "Names, one per line, with * for any text.");
/// `DirectoryConfig::disabled_when`.
pub const DISABLED_WHEN: Setting = setting(
    "LDAP_USER_DISABLED_WHEN",
    "userAccountControl\nnsAccountLock\naccountExpires\nshadowExpire\nkrbPrincipalExpiration",
    Input::Lines,
    ATTRIBUTES,
    "An account is disabled when",
    "One per line: userAccountControl, nsAccountLock, accountExpires, shadowExpire, krbPrincipalExpiration, pwdAccountLockedTime (locked for good), or an own attribute = value, with * for any. Each counts only where the entry has the attribute.",
);
/// `DirectoryConfig::claims`.
pub const CUSTOM_CLAIMS: Setting = setting(
    "LDAP_CUSTOM_CLAIMS",
    "",
    Input::Lines,
    ATTRIBUTES,
    "Further attributes for apps",
    "One per line: claim = attribute for one value, claim[] = attribute for a list. Alternatives (a | b) and, for one value, templates ({a} {b}) work as for names.",
);
/// `Membership::member_value`.
pub const MEMBER_VALUE: Setting = setting(
    "LDAP_GROUP_MEMBER_VALUE",
    "any",
    Input::Choice(&[
        Choice { value: "any", label: "Whatever fits" },
        Choice { value: "dn", label: "DNs" },
        Choice { value: "username", label: "Usernames" },
        Choice { value: "id", label: "Unique ids" },
    ]),
    MEMBERSHIP,
    "Members are given as",
    "What the member attribute of a group holds.",
);
/// `Membership::member_of`.
pub const MEMBER_OF: Setting = setting(
    "LDAP_ATTRIBUTE_USER_MEMBER_OF",
    "",
    Input::Text,
    MEMBERSHIP,
    "Groups of a person",
    "An attribute of people that holds the DNs of their groups, such as memberOf. Needed only when groups do not list their members.",
);
/// `Membership::nested`.
pub const NESTED_GROUPS: Setting = setting(
    "LDAP_NESTED_GROUPS",
    "closure",
    Input::Choice(&[
        Choice { value: "closure", label: "Count, worked out here" },
        Choice { value: "in-chain", label: "Count, asked from Active Directory" },
        Choice { value: "off", label: "Do not count" },
    ]),
    MEMBERSHIP,
    "Groups within groups",
    "Whether members of a group that is itself a member count as members of the outer group.",
);
/// `Membership::primary_group`.
pub const PRIMARY_GROUP: Setting = setting(
    "LDAP_PRIMARY_GROUP",
    "true",
    Input::Switch,
    MEMBERSHIP,
    "Primary groups",
    "Active Directory keeps a person's primary group (usually Domain Users) apart from the members. When on, it counts like the others.",
);
/// `Placement::admin_group`.
pub const ADMIN_GROUP: Setting = setting(
    "LDAP_ADMIN_GROUP_NAME",
    "",
    Input::Text,
    PLACEMENT,
    "Administrators' group",
    "Name or DN of the group whose members administer Muster, those of groups within it included.",
);
/// `Placement::everyone_is_admin`.
pub const DEFAULT_ROLE: Setting = setting(
    "LDAP_DEFAULT_ROLE",
    "person",
    Input::Choice(&[Choice { value: "person", label: "Person" }, Choice { value: "administrator", label: "Administrator" }]),
    PLACEMENT,
    "Everybody becomes",
    "Administrator makes everybody from this directory an administrator of Muster.",
);
/// `Placement::default_groups`.
pub const DEFAULT_GROUPS: Setting = setting(
    "LDAP_DEFAULT_GROUPS",
    "",
    Input::Lines,
    PLACEMENT,
    "Groups for new people",
    "Local groups, one per line, that people are put in once when they are taken over.",
);
/// `Placement::parent_group`.
pub const PARENT_GROUP: Setting =
    setting("LDAP_PARENT_GROUP", "", Input::Text, PLACEMENT, "Group of everybody", "A local group that always holds everybody from this directory.");
/// `Placement::group_map`.
pub const GROUP_MAP: Setting = setting(
    "LDAP_GROUP_MAP",
    "",
    Input::Lines,
    PLACEMENT,
    "Groups that are local groups",
    "One per line, directory group = local group: its members are put in the local group instead of a group of its own.",
);
/// `Placement::tag`.
pub const TAG: Setting =
    setting("LDAP_TAG", "", Input::Text, PLACEMENT, "Mark", "A path or word shown with everybody from here, such as schools/north.");
/// `LifeCycle::sync_users`.
pub const SYNC_USERS: Setting = setting(
    "LDAP_SYNC_USERS",
    "true",
    Input::Switch,
    LIFE,
    "Take people over",
    "When off, nobody new comes from here and nobody known changes or leaves.",
);
/// `LifeCycle::sync_groups`.
pub const SYNC_GROUPS: Setting =
    setting("LDAP_SYNC_GROUPS", "true", Input::Switch, LIFE, "Take groups over", "When off, no group comes, changes or goes, and memberships stay.");
/// Whether `LifeCycle::missing` is `Missing::Delete`.
pub const SOFT_DELETE: Setting = setting(
    "LDAP_SOFT_DELETE_USERS",
    "true",
    Input::Switch,
    LIFE,
    "Keep people who left",
    "They cannot sign in, but their record and passkeys stay for when they come back. When off, they are deleted by the next full sync, and so is whoever left before.",
);
/// Of `Missing::Disable`.
pub const DELETE_AFTER_DAYS: Setting = setting(
    "LDAP_DELETE_AFTER_DAYS",
    "0",
    Input::Number,
    LIFE,
    "Delete after days",
    "People who left are deleted this many days later, by the next full sync; it waits for an administrator when those are more than may leave at once. 0 keeps them.",
);
/// Whether `LifeCycle::missing` is `Missing::Report`.
pub const REPORT_MISSING: Setting = setting(
    "LDAP_REPORT_MISSING_ONLY",
    "false",
    Input::Switch,
    LIFE,
    "Only report who left",
    "People who left keep their access; the sync only lists them. An account the directory disables is disabled all the same.",
);
/// `LifeCycle::collision`.
pub const COLLISION: Setting = setting(
    "LDAP_NAME_COLLISION",
    "skip",
    Input::Choice(&[
        Choice { value: "skip", label: "Skip and report" },
        Choice { value: "link-verified", label: "Link when the e-mail address is verified" },
        Choice { value: "link", label: "Link always" },
        Choice { value: "suffix", label: "Take over with a number behind the username" },
    ]),
    LIFE,
    "Same name as a local account",
    "What happens when a new person has the username or e-mail address of a local account. Linking makes that account the directory's, with its passkeys.",
);
/// `Guard::people`.
pub const GUARD_PEOPLE_PERCENT: Setting = setting(
    "LDAP_GUARD_PERCENT",
    "20",
    Input::Number,
    SAFETY,
    "People leaving: hold back from (percent)",
    "A run in which a larger share of people would lose access waits for an administrator.",
);
/// `Guard::people`.
pub const GUARD_PEOPLE_MINIMUM: Setting = setting(
    "LDAP_GUARD_MINIMUM",
    "5",
    Input::Number,
    SAFETY,
    "People leaving: always allow",
    "That many may go in one run whatever their share, though never more than half of the people. One always may.",
);
/// `Guard::groups`.
pub const GUARD_GROUPS_PERCENT: Setting = setting(
    "LDAP_GUARD_GROUPS_PERCENT",
    "20",
    Input::Number,
    SAFETY,
    "Groups vanishing: hold back from (percent)",
    "A run in which a larger share of groups would vanish waits for an administrator.",
);
/// `Guard::groups`.
pub const GUARD_GROUPS_MINIMUM: Setting = setting(
    "LDAP_GUARD_GROUPS_MINIMUM",
    "5",
    Input::Number,
    SAFETY,
    "Groups vanishing: always allow",
    "That many may go in one run whatever their share.",
);
/// `Guard::memberships`.
pub const GUARD_MEMBERSHIPS_PERCENT: Setting = setting(
    "LDAP_GUARD_MEMBERSHIPS_PERCENT",
    "30",
    Input::Number,
    SAFETY,
    "Memberships ending: hold back from (percent)",
    "A run in which a larger share of memberships would end, while person and group stay, waits for an administrator.",
);
/// `Guard::memberships`.
pub const GUARD_MEMBERSHIPS_MINIMUM: Setting = setting(
    "LDAP_GUARD_MEMBERSHIPS_MINIMUM",
    "20",
    Input::Number,
    SAFETY,
    "Memberships ending: always allow",
    "That many may go in one run whatever their share.",
);
/// `Guard::admins`.
pub const GUARD_ADMINS_PERCENT: Setting = setting(
    "LDAP_GUARD_ADMINS_PERCENT",
    "50",
    Input::Number,
    SAFETY,
    "Administrators lost: hold back from (percent)",
    "A run in which a larger share of administrators would not be any more waits. The last administrator never goes without confirmation.",
);
/// `Guard::admins`.
pub const GUARD_ADMINS_MINIMUM: Setting = setting(
    "LDAP_GUARD_ADMINS_MINIMUM",
    "1",
    Input::Number,
    SAFETY,
    "Administrators lost: always allow",
    "That many may go in one run whatever their share.",
);
/// `Guard::held_for`.
pub const HELD_DAYS: Setting =
    setting("LDAP_HELD_DAYS", "7", Input::Number, SAFETY, "Days to decide", "A run that was held back can be confirmed for this long.");
/// `Schedule::every`.
pub const SYNC_EVERY: Setting = setting(
    "LDAP_SYNC_INTERVAL",
    "1h",
    Input::Offered(&[
        Choice { value: "5m", label: "Every 5 minutes" },
        Choice { value: "15m", label: "Every 15 minutes" },
        Choice { value: "1h", label: "Hourly" },
        Choice { value: "1d", label: "Daily" },
        Choice { value: NEVER, label: "Only when asked" },
    ]),
    SCHEDULE,
    "Sync every",
    "5m, 15m, 1h, 1d, or any time from one minute to 30 days. With never, none begins by itself, not even after a start: a button or the command begins it.",
);
/// The text of [`SYNC_EVERY`] with which no sync begins by itself.
pub const NEVER: &str = "never";
/// `Schedule::follows_changes`.
pub const FOLLOW_CHANGES: Setting = setting(
    "LDAP_FOLLOW_CHANGES",
    "true",
    Input::Switch,
    SCHEDULE,
    "Follow changes",
    "Where the server tells of changes as they happen, they are taken over within a second. The regular sync goes on and repairs what was missed.",
);
/// `Schedule::at_sign_in`.
pub const SYNC_AT_SIGN_IN: Setting = setting(
    "LDAP_SYNC_AT_SIGN_IN",
    "true",
    Input::Switch,
    SCHEDULE,
    "Look at sign-in",
    "Asks for the one person who signs in, for at most two seconds. When the directory does not answer, what is known counts.",
);
/// `Passwords::sign_in`.
pub const PASSWORD_SIGN_IN: Setting = setting(
    "LDAP_PASSWORD_SIGN_IN",
    "off",
    Input::Choice(&[
        Choice { value: "off", label: "Never" },
        Choice { value: "first", label: "Once, to add the first passkey" },
        Choice { value: "always", label: "Beside passkeys" },
    ]),
    PASSWORDS,
    "Sign-in with the directory password",
    "A password can be phished, a passkey cannot. Once lets people without a passkey in to add one, and to nothing else.",
);
/// `Passwords::keeps_hash`.
pub const PASSWORD_CACHE: Setting = setting(
    "LDAP_PASSWORD_CACHE",
    "false",
    Input::Switch,
    PASSWORDS,
    "Remember passwords for outages",
    "Keeps a hash (argon2id) of each password that was right, so that people can sign in while the directory is down. Only with sign-in beside passkeys.",
);
/// `Passwords::write_back`.
pub const PASSWORD_WRITE_BACK: Setting = setting(
    "LDAP_PASSWORD_WRITE_BACK",
    "false",
    Input::Switch,
    PASSWORDS,
    "Change passwords here",
    "Lets people change their directory password on their account page. Needs an encrypted connection.",
);

/// All settings besides the attribute names, in the order of the settings page.
pub const SETTINGS: [Setting; 61] = [
    ENABLED,
    URL,
    URL_ORDER,
    START_TLS,
    BIND_METHOD,
    BIND_DN,
    BIND_PASSWORD,
    BASE,
    CA_CERTIFICATE,
    SERVER_NAME,
    CLIENT_CERTIFICATE,
    CLIENT_KEY,
    SKIP_CERT_VERIFY,
    CONNECT_SECONDS,
    ANSWER_SECONDS,
    RUN_MINUTES,
    PAGE_SIZE,
    USER_BASE,
    USER_FILTER,
    USER_OBJECT_CLASSES,
    GROUP_BASE,
    GROUP_FILTER,
    GROUP_OBJECT_CLASSES,
    SEARCH_SCOPE,
    INCLUDE_BIND_ACCOUNT,
    IMPORT_GROUP,
    INCLUDE_GROUPS,
    EXCLUDE_GROUPS,
    MEMBER_VALUE,
    MEMBER_OF,
    NESTED_GROUPS,
    PRIMARY_GROUP,
    ADMIN_GROUP,
    DEFAULT_ROLE,
    DEFAULT_GROUPS,
    PARENT_GROUP,
    GROUP_MAP,
    TAG,
    SYNC_USERS,
    SYNC_GROUPS,
    SOFT_DELETE,
    DELETE_AFTER_DAYS,
    REPORT_MISSING,
    COLLISION,
    GUARD_PEOPLE_PERCENT,
    GUARD_PEOPLE_MINIMUM,
    GUARD_GROUPS_PERCENT,
    GUARD_GROUPS_MINIMUM,
    GUARD_MEMBERSHIPS_PERCENT,
    GUARD_MEMBERSHIPS_MINIMUM,
    GUARD_ADMINS_PERCENT,
    GUARD_ADMINS_MINIMUM,
    HELD_DAYS,
    SYNC_EVERY,
    FOLLOW_CHANGES,
    SYNC_AT_SIGN_IN,
    PASSWORD_SIGN_IN,
    PASSWORD_CACHE,
    PASSWORD_WRITE_BACK,
    // Beside the attribute names, which follow.
    DISABLED_WHEN,
    CUSTOM_CLAIMS,
];
