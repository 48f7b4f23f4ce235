//! From texts to a checked [`DirectoryConfig`]. The texts come from the environment (`LDAP_*`, a directory named `default`) or from the settings page; the
//! keys are the same, so both are read and refused here.

use super::attributes::{AttributeMap, ROWS};
use super::dn::Dn;
use super::filter::Filter;
use super::model::{Bind, DirectoryConfig, Guard, Limits, ServerAddress};
use crate::secret::Password;
use crate::settings::Input;

/// A setting of a directory besides the attribute names of [`ROWS`].
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// The environment variable and form field.
    pub key: &'static str,
    /// What it is when nothing is set.
    pub default: &'static str,
    /// What the settings page calls it.
    pub label: &'static str,
    /// Help text.
    pub help: &'static str,
    /// The kind of form field.
    pub input: Input,
    /// The heading it stands under.
    pub section: &'static str,
}

const fn setting(key: &'static str, default: &'static str, input: Input, section: &'static str, label: &'static str, help: &'static str) -> Setting {
    Setting { key, default, label, help, input, section }
}

const CONNECTION: &str = "Connection";
const WHO: &str = "Who is taken over";
const SAFETY: &str = "When people leave";

/// Whether the directory is used at all. Read by whoever starts runs, not part of a [`DirectoryConfig`].
pub const ENABLED: Setting =
    setting("LDAP_ENABLED", "false", Input::Switch, CONNECTION, "Use this directory", "When off, nothing is read from it and nobody changes.");
/// [`DirectoryConfig::servers`].
pub const URL: Setting = setting(
    "LDAP_URL",
    "",
    Input::Text,
    CONNECTION,
    "Address",
    "ldaps://ldap.example.org, or ldap:// without encryption. Several servers of one directory are separated by blanks and tried in this order.",
);
/// [`Bind::name`].
pub const BIND_DN: Setting = setting(
    "LDAP_BIND_DN",
    "",
    Input::Text,
    CONNECTION,
    "Bind DN",
    "The account that searches, such as cn=muster,ou=services,dc=example,dc=org, or user@domain with Active Directory. Empty searches anonymously.",
);
/// [`Bind::password`].
pub const BIND_PASSWORD: Setting =
    setting("LDAP_BIND_PASSWORD", "", Input::Secret, CONNECTION, "Bind password", "Stored encrypted and never shown again.");
/// [`DirectoryConfig::base_dn`].
pub const BASE: Setting =
    setting("LDAP_BASE", "", Input::Text, CONNECTION, "Base DN", "Where people and groups are searched, such as dc=example,dc=org.");
/// [`DirectoryConfig::user_filter`].
pub const USER_FILTER: Setting = setting(
    "LDAP_USER_SEARCH_FILTER",
    "(objectClass=person)",
    Input::Lines,
    WHO,
    "Filter for people",
    "Which entries are people. May span several lines.",
);
/// [`DirectoryConfig::group_filter`].
pub const GROUP_FILTER: Setting = setting(
    "LDAP_USER_GROUP_SEARCH_FILTER",
    "(objectClass=groupOfNames)",
    Input::Lines,
    WHO,
    "Filter for groups",
    "Which entries are groups: (objectClass=group) with Active Directory.",
);
/// [`DirectoryConfig::skip_cert_verify`].
pub const SKIP_CERT_VERIFY: Setting = setting(
    "LDAP_SKIP_CERT_VERIFY",
    "false",
    Input::Switch,
    CONNECTION,
    "Accept any certificate",
    "For trying out only: whoever sits between can read the bind password and answer as the directory.",
);
/// [`DirectoryConfig::ca_pem`].
pub const CA_CERTIFICATE: Setting = setting(
    "LDAP_CA_CERTIFICATE",
    "",
    Input::Lines,
    CONNECTION,
    "Certificate authority",
    "The PEM text of the authority that signed the server's certificate, when this machine does not know it.",
);
/// [`DirectoryConfig::admin_group`].
pub const ADMIN_GROUP: Setting =
    setting("LDAP_ADMIN_GROUP_NAME", "", Input::Text, WHO, "Administrators' group", "Name or DN of the group whose members administer Muster.");
/// [`DirectoryConfig::soft_delete`].
pub const SOFT_DELETE: Setting = setting(
    "LDAP_SOFT_DELETE_USERS",
    "true",
    Input::Switch,
    SAFETY,
    "Keep people who left",
    "They cannot sign in, but their record and passkeys stay for when they come back. When off, they are deleted.",
);
/// [`Guard::share_percent`].
pub const GUARD_PERCENT: Setting = setting(
    "LDAP_GUARD_PERCENT",
    "20",
    Input::Number,
    SAFETY,
    "Hold back from (percent)",
    "A run in which a larger share of people would lose access waits for an administrator.",
);
/// [`Guard::minimum`].
pub const GUARD_MINIMUM: Setting =
    setting("LDAP_GUARD_MINIMUM", "5", Input::Number, SAFETY, "Always let leave", "That many people may leave in one run whatever their share.");
/// [`Limits::page_size`].
pub const PAGE_SIZE: Setting = setting(
    "LDAP_PAGE_SIZE",
    "500",
    Input::Number,
    CONNECTION,
    "Page size",
    "Entries asked for at a time, 1 to 1000; lowered by itself when the server refuses.",
);

/// All settings besides the attribute names, in the order of the settings page.
pub const SETTINGS: [Setting; 14] = [
    ENABLED,
    URL,
    BIND_DN,
    BIND_PASSWORD,
    BASE,
    CA_CERTIFICATE,
    SKIP_CERT_VERIFY,
    PAGE_SIZE,
    USER_FILTER,
    GROUP_FILTER,
    ADMIN_GROUP,
    SOFT_DELETE,
    GUARD_PERCENT,
    GUARD_MINIMUM,
];

/// Every key, for telling a mistyped variable from a known one.
pub fn keys() -> impl Iterator<Item = &'static str> {
    SETTINGS.iter().map(|setting| setting.key).chain(ROWS.iter().map(|row| row.key))
}

/// A setting that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingError {
    /// Which one.
    pub key: &'static str,
    /// What was wrong and what is allowed, in a sentence without the key. Never contains a secret.
    pub message: String,
}

/// Reads a directory's settings; `value_of` gives the text set for a key, `None` when nothing is.
///
/// # Errors
/// All settings that cannot be used, so that a form can mark every one.
pub fn read<'t>(name: &str, value_of: impl Fn(&str) -> Option<&'t str>) -> Result<DirectoryConfig, Vec<SettingError>> {
    let mut errors = Vec::new();
    let text = |setting: Setting| value_of(setting.key).unwrap_or(setting.default).trim();

    let servers = checked(&mut errors, URL, servers(text(URL)));
    let bind = checked(&mut errors, BIND_PASSWORD, bind(text(BIND_DN), value_of(BIND_PASSWORD.key).unwrap_or("")));
    let base_dn = checked(&mut errors, BASE, base_dn(text(BASE)));
    let user_filter =
        checked(&mut errors, USER_FILTER, Filter::parse(text(USER_FILTER)).map_err(|error| format!("the filter cannot be read: {error}")));
    let group_filter =
        checked(&mut errors, GROUP_FILTER, Filter::parse(text(GROUP_FILTER)).map_err(|error| format!("the filter cannot be read: {error}")));
    let skip_cert_verify = checked(&mut errors, SKIP_CERT_VERIFY, boolean(text(SKIP_CERT_VERIFY)));
    let ca_pem = checked(&mut errors, CA_CERTIFICATE, certificates(text(CA_CERTIFICATE)));
    let soft_delete = checked(&mut errors, SOFT_DELETE, boolean(text(SOFT_DELETE)));
    let share_percent = checked(&mut errors, GUARD_PERCENT, whole_number(text(GUARD_PERCENT), 0, 100));
    let minimum = checked(&mut errors, GUARD_MINIMUM, whole_number(text(GUARD_MINIMUM), 0, 1_000_000));
    let page_size = checked(&mut errors, PAGE_SIZE, whole_number(text(PAGE_SIZE), 1, 1000));

    let mut attributes = AttributeMap::default();
    for row in &ROWS {
        if let Err(message) = attributes.set(row.field, value_of(row.key).unwrap_or(row.default)) {
            errors.push(SettingError { key: row.key, message });
        }
    }

    let config = (|| {
        Some(DirectoryConfig {
            name: name.to_owned(),
            servers: servers?,
            bind: bind?,
            base_dn: base_dn?,
            user_filter: user_filter?,
            group_filter: group_filter?,
            skip_cert_verify: skip_cert_verify?,
            ca_pem: ca_pem?,
            attributes,
            admin_group: Some(text(ADMIN_GROUP)).filter(|group| !group.is_empty()).map(str::to_owned),
            soft_delete: soft_delete?,
            guard: Guard { share_percent: u8::try_from(share_percent?).ok()?, minimum: minimum? },
            limits: Limits { page_size: u16::try_from(page_size?).ok()?, ..Limits::default() },
        })
    })();
    config.filter(|_| errors.is_empty()).ok_or(errors)
}

fn checked<T>(errors: &mut Vec<SettingError>, setting: Setting, result: Result<T, String>) -> Option<T> {
    result.map_err(|message| errors.push(SettingError { key: setting.key, message })).ok()
}

fn servers(text: &str) -> Result<Vec<ServerAddress>, String> {
    let servers =
        text.split([' ', ',', '\n', '\t', '\r']).filter(|address| !address.is_empty()).map(ServerAddress::parse).collect::<Result<Vec<_>, _>>()?;
    if servers.is_empty() { Err("the address is missing, such as ldaps://ldap.example.org".to_owned()) } else { Ok(servers) }
}

fn bind(name: &str, password: &str) -> Result<Option<Bind>, String> {
    match (name.is_empty(), password.is_empty()) {
        (true, true) => Ok(None),
        (true, false) => Err("there is a password but no bind DN".to_owned()),
        (false, true) => Err("the bind DN needs a password: many servers take an empty one for anybody's".to_owned()),
        (false, false) => Ok(Some(Bind { name: name.to_owned(), password: Password::new(password) })),
    }
}

fn base_dn(text: &str) -> Result<String, String> {
    match Dn::parse(text) {
        Ok(dn) if dn.is_root() => Err("the base DN is missing, such as dc=example,dc=org".to_owned()),
        Ok(_) => Ok(text.to_owned()),
        Err(error) => Err(format!("{text:?} is {error}; a base DN looks like dc=example,dc=org")),
    }
}

pub(super) fn boolean(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Ok(true),
        "false" | "0" | "no" | "off" | "" => Ok(false),
        _ => Err(format!("{text:?} is neither true nor false")),
    }
}

fn whole_number(text: &str, from: u32, to: u32) -> Result<u32, String> {
    text.parse().ok().filter(|number| (from..=to).contains(number)).ok_or_else(|| format!("{text:?} is not a whole number from {from} to {to}"))
}

fn certificates(pem: &str) -> Result<Option<String>, String> {
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject as _;
    if pem.is_empty() {
        return Ok(None);
    }
    let found = CertificateDer::pem_slice_iter(pem.as_bytes()).collect::<Result<Vec<_>, _>>().map_err(|_| "the PEM text is damaged".to_owned())?;
    if found.is_empty() {
        return Err("there is no certificate in it; it begins with -----BEGIN CERTIFICATE-----".to_owned());
    }
    Ok(Some(pem.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::super::attributes::Field;
    use super::*;

    fn read_pairs(pairs: &[(&str, &'static str)]) -> Result<DirectoryConfig, Vec<SettingError>> {
        read("default", |key| pairs.iter().find(|(name, _)| *name == key).map(|(_, value)| *value))
    }

    const GOOD: [(&str, &str); 4] = [
        ("LDAP_URL", "ldaps://a.example ldap://b.example:3890"),
        ("LDAP_BIND_DN", "cn=svc,dc=x"),
        ("LDAP_BIND_PASSWORD", "s3cret"),
        ("LDAP_BASE", "dc=x"),
    ];

    #[test]
    fn the_least_that_must_be_set_gives_the_documented_defaults() {
        let config = read_pairs(&GOOD).unwrap();
        assert_eq!(config.servers.len(), 2);
        assert_eq!(config.user_filter.as_str(), "(objectClass=person)");
        assert_eq!(config.group_filter.as_str(), "(objectClass=groupOfNames)");
        assert!(config.soft_delete && !config.skip_cert_verify && config.admin_group.is_none());
        assert_eq!((config.guard, config.limits), (Guard::default(), Limits::default()));
        assert_eq!(config.attributes.names(Field::Username), ["uid"]);
    }

    #[test]
    fn every_bad_setting_is_named_at_once_and_no_secret_is_repeated() {
        let errors = read_pairs(&[
            ("LDAP_URL", "ldap://"),
            ("LDAP_BIND_PASSWORD", "s3cret"),
            ("LDAP_BASE", "x"),
            ("LDAP_USER_SEARCH_FILTER", "(a"),
            ("LDAP_SKIP_CERT_VERIFY", "maybe"),
            ("LDAP_CA_CERTIFICATE", "x"),
            ("LDAP_GUARD_PERCENT", "101"),
            ("LDAP_PAGE_SIZE", "0"),
            ("LDAP_ATTRIBUTE_USER_USERNAME", ""),
        ])
        .unwrap_err();
        let keys: Vec<_> = errors.iter().map(|error| error.key).collect();
        assert_eq!(
            keys,
            [
                "LDAP_URL",
                "LDAP_BIND_PASSWORD",
                "LDAP_BASE",
                "LDAP_USER_SEARCH_FILTER",
                "LDAP_SKIP_CERT_VERIFY",
                "LDAP_CA_CERTIFICATE",
                "LDAP_GUARD_PERCENT",
                "LDAP_PAGE_SIZE",
                "LDAP_ATTRIBUTE_USER_USERNAME"
            ]
        );
        assert!(!format!("{errors:?}").contains("s3cret"));
    }

    #[test]
    fn a_bind_dn_without_password_is_refused_and_neither_is_anonymous() {
        assert_eq!(read_pairs(&[GOOD[0], GOOD[1], GOOD[3]]).unwrap_err()[0].key, "LDAP_BIND_PASSWORD");
        assert!(read_pairs(&[GOOD[0], GOOD[3]]).unwrap().bind.is_none());
    }

    #[test]
    fn every_key_is_known_once() {
        let mut all: Vec<_> = keys().collect();
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
    }
}
