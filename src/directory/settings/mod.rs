//! From texts to a checked [`DirectoryConfig`]. The texts come from the environment (`LDAP_*`, a directory named `default`) or from the settings page; the
//! keys are the same, so both are read and refused here.

mod reader;
mod table;
mod values;

use self::reader::Reader;
pub use self::table::*;
pub(super) use self::values::boolean;
use super::attributes::ROWS;
use super::config::DirectoryConfig;
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
    let mut reader = Reader { value_of: &value_of, errors: Vec::new() };
    let connection = reader.connection();
    let search = reader.search();
    let membership = reader.membership();
    let placement = reader.placement();
    let life_cycle = reader.life_cycle();
    let guard = reader.guard();
    let schedule = reader.schedule();
    let passwords = reader.passwords();
    let attributes = reader.attributes();
    let disabled_when = reader.disabled_when();
    let claims = reader.claims();
    let config = (|| {
        Some(DirectoryConfig {
            name: name.to_owned(),
            connection: connection?,
            search: search?,
            attributes,
            disabled_when: disabled_when?,
            claims: claims?,
            membership: membership?,
            placement: placement?,
            life_cycle: life_cycle?,
            guard: guard?,
            schedule: schedule?,
            passwords: passwords?,
        })
    })();
    config.filter(|_| reader.errors.is_empty()).ok_or(reader.errors)
}

#[cfg(test)]
mod tests {
    use super::super::attributes::Field;
    use super::super::config::{Guard, Limits, Missing, Schedule};
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
        assert_eq!(config.connection.servers.len(), 2);
        assert_eq!(config.search.user_filter.as_str(), "(objectClass=person)");
        assert_eq!(config.search.group_filter.as_str(), "(objectClass=groupOfNames)");
        assert_eq!(config.life_cycle.missing, Missing::Disable { delete_after_days: None });
        assert!(!config.connection.skip_cert_verify && config.placement.admin_group.is_none());
        assert_eq!((config.search.user_bases, config.schedule), (vec!["dc=x".to_owned()], Schedule::default()));
        assert_eq!((config.guard, config.connection.limits), (Guard::default(), Limits::default()));
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
        let keys: std::collections::BTreeSet<_> = errors.iter().map(|error| error.key).collect();
        assert_eq!(
            keys,
            [
                "LDAP_ATTRIBUTE_USER_USERNAME",
                "LDAP_BASE",
                "LDAP_BIND_PASSWORD",
                "LDAP_CA_CERTIFICATE",
                "LDAP_GUARD_PERCENT",
                "LDAP_PAGE_SIZE",
                "LDAP_SKIP_CERT_VERIFY",
                "LDAP_URL",
                "LDAP_USER_SEARCH_FILTER"
            ]
            .into()
        );
        assert!(!format!("{errors:?}").contains("s3cret"));
    }

    #[test]
    fn a_bind_dn_without_password_is_refused_and_neither_is_anonymous() {
        assert_eq!(read_pairs(&[GOOD[0], GOOD[1], GOOD[3]]).unwrap_err()[0].key, "LDAP_BIND_PASSWORD");
        assert!(read_pairs(&[GOOD[0], GOOD[3]]).unwrap().connection.bind.is_anonymous());
    }

    #[test]
    fn an_attribute_that_holds_a_secret_fills_nothing() {
        for (key, text) in [
            ("LDAP_ATTRIBUTE_USER_DISPLAY_NAME", "displayName | {cn} {userPassword}"),
            ("LDAP_ATTRIBUTE_USER_EMAIL", "unicodePwd"),
            ("LDAP_ATTRIBUTE_USER_PHONE", "sambaNTPassword;binary"),
            ("LDAP_ATTRIBUTE_USER_PROFILE_PICTURE", "jpegPhoto | krbPrincipalKey"),
            ("LDAP_ATTRIBUTE_USER_UNIQUE_IDENTIFIER", "2.5.4.35"),
            ("LDAP_ATTRIBUTE_GROUP_DISPLAY_NAME", "ntPassword"),
            ("LDAP_ATTRIBUTE_GROUP_MEMBER", "member | supplementalCredentials"),
            ("LDAP_ATTRIBUTE_USER_MEMBER_OF", "USERPASSWORD"),
            ("LDAP_CUSTOM_CLAIMS", "department = ou\nlocker = userPKCS12"),
        ] {
            let errors = read_pairs(&[&GOOD[..], &[(key, text)]].concat()).unwrap_err();
            assert!(errors.len() == 1 && errors[0].key == key && errors[0].message.contains("holds a secret"), "{key}: {errors:?}");
        }
        // What is only about a secret is none.
        assert!(read_pairs(&[&GOOD[..], &[("LDAP_CUSTOM_CLAIMS", "since = pwdLastSet")]].concat()).is_ok());
    }

    #[test]
    fn object_classes_stand_in_place_of_a_filter_or_narrow_it() {
        let filter = |filter: &'static str, classes: &'static str| {
            let more = [("LDAP_USER_SEARCH_FILTER", filter), ("LDAP_USER_OBJECT_CLASSES", classes)];
            read_pairs(&[&GOOD[..], &more[..]].concat()).map(|config| config.search.user_filter.as_str().to_owned())
        };
        let both = "(&(objectClass=inetOrgPerson)(objectClass=organizationalPerson))";
        assert_eq!(filter("", "inetOrgPerson organizationalPerson").unwrap(), both);
        assert_eq!(filter("(uid=*)", "inetOrgPerson,").unwrap(), "(&(uid=*)(objectClass=inetOrgPerson))");
        assert_eq!(filter("", "").unwrap_err()[0].key, "LDAP_USER_SEARCH_FILTER");
        assert_eq!(filter("(uid=*)", "inetOrgPerson)(cn=*").unwrap_err()[0].key, "LDAP_USER_OBJECT_CLASSES");
    }

    #[test]
    fn a_directory_is_read_every_few_minutes_to_every_few_days() {
        let every = |text: &'static str| {
            read_pairs(&[&GOOD[..], &[("LDAP_SYNC_INTERVAL", text)]].concat()).map(|config| config.schedule.every.map(|every| every.as_secs()))
        };
        for (text, seconds) in [("5m", 300), ("15m", 900), ("15", 900), ("1h", 3_600), ("1d", 86_400), ("60s", 60), ("30d", 30 * 86_400)] {
            assert_eq!(every(text).unwrap(), Some(seconds), "{text}");
        }
        assert_eq!(every("never").unwrap(), None);
        for text in ["", "59s", "31d", "1w", "-5m", "0", "99999999999999999999d"] {
            assert_eq!(every(text).unwrap_err()[0].key, "LDAP_SYNC_INTERVAL", "{text}");
        }
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
