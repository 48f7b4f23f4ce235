//! What the settings of a directory are on each kind of server as it comes. Facts about products, nothing else; whoever applies a preset may change
//! everything afterwards. Connection, base DN and what people become here are never part of one.

use super::Texts;
use super::client::Vendor;
use crate::language::t;
use crate::settings::Catalog as _;

type Preset = &'static [(&'static str, &'static str)];

/// Every kind there is a preset for, in the order of the page.
pub const VENDORS: [Vendor; 7] =
    [Vendor::OpenLdap, Vendor::ActiveDirectory, Vendor::Samba, Vendor::Ds389, Vendor::FreeIpa, Vendor::Lldap, Vendor::Generic];

/// The word that stands for a kind in forms and in the database.
pub const fn word(vendor: Vendor) -> &'static str {
    match vendor {
        Vendor::OpenLdap => "openldap",
        Vendor::ActiveDirectory => "active-directory",
        Vendor::Samba => "samba",
        Vendor::Ds389 => "389-ds",
        Vendor::FreeIpa => "freeipa",
        Vendor::Lldap => "lldap",
        Vendor::Generic => "generic",
    }
}

/// What a button or list calls a kind.
pub fn name(vendor: Vendor) -> String {
    match vendor {
        Vendor::Generic => t("directory-another-ldap-server").into(),
        other => other.label().to_owned(),
    }
}

/// Reads [`word`].
pub fn from_word(text: &str) -> Option<Vendor> {
    VENDORS.into_iter().find(|vendor| word(*vendor) == text)
}

const DISABLED_WHEN: &str = "LDAP_USER_DISABLED_WHEN";

// `pwdAccountLockedTime` counts only when an administrator locked the account for good (draft-behera-ldap-password-policy); shadowExpire is of posix accounts.
const OPEN_LDAP: Preset = &[
    ("LDAP_USER_SEARCH_FILTER", "(&(|(objectClass=inetOrgPerson)(objectClass=posixAccount))(uid=*))"),
    ("LDAP_USER_GROUP_SEARCH_FILTER", "(|(objectClass=groupOfNames)(objectClass=groupOfUniqueNames)(objectClass=posixGroup))"),
    ("LDAP_ATTRIBUTE_USER_UNIQUE_IDENTIFIER", "entryUUID"),
    ("LDAP_ATTRIBUTE_USER_USERNAME", "uid"),
    ("LDAP_ATTRIBUTE_USER_EMAIL", "mail"),
    ("LDAP_ATTRIBUTE_USER_FIRST_NAME", "givenName"),
    ("LDAP_ATTRIBUTE_USER_LAST_NAME", "sn"),
    ("LDAP_ATTRIBUTE_USER_DISPLAY_NAME", "displayName | cn"),
    ("LDAP_ATTRIBUTE_USER_PHONE", "telephoneNumber | mobile"),
    ("LDAP_ATTRIBUTE_GROUP_UNIQUE_IDENTIFIER", "entryUUID"),
    ("LDAP_ATTRIBUTE_GROUP_NAME", "cn"),
    ("LDAP_ATTRIBUTE_GROUP_DISPLAY_NAME", ""),
    ("LDAP_ATTRIBUTE_GROUP_MEMBER", "member | uniqueMember | memberUid"),
    ("LDAP_GROUP_MEMBER_VALUE", "any"),
    ("LDAP_ATTRIBUTE_USER_MEMBER_OF", ""),
    ("LDAP_NESTED_GROUPS", "closure"),
    ("LDAP_PRIMARY_GROUP", "false"),
    (DISABLED_WHEN, "pwdAccountLockedTime\nshadowExpire"),
];

// The accounts and groups every domain brings along (Administrator, Guest, krbtgt; Domain Users and the like) carry isCriticalSystemObject and are left out.
const ACTIVE_DIRECTORY: Preset = &[
    ("LDAP_USER_SEARCH_FILTER", "(&(objectCategory=person)(objectClass=user)(!(isCriticalSystemObject=TRUE)))"),
    ("LDAP_USER_GROUP_SEARCH_FILTER", "(&(objectClass=group)(!(isCriticalSystemObject=TRUE)))"),
    ("LDAP_ATTRIBUTE_USER_UNIQUE_IDENTIFIER", "objectGUID"),
    ("LDAP_ATTRIBUTE_USER_USERNAME", "sAMAccountName"),
    ("LDAP_ATTRIBUTE_USER_EMAIL", "mail"),
    ("LDAP_ATTRIBUTE_USER_FIRST_NAME", "givenName"),
    ("LDAP_ATTRIBUTE_USER_LAST_NAME", "sn"),
    ("LDAP_ATTRIBUTE_USER_DISPLAY_NAME", "displayName | cn"),
    ("LDAP_ATTRIBUTE_USER_PHONE", "telephoneNumber | mobile"),
    ("LDAP_ATTRIBUTE_GROUP_UNIQUE_IDENTIFIER", "objectGUID"),
    ("LDAP_ATTRIBUTE_GROUP_NAME", "sAMAccountName"),
    ("LDAP_ATTRIBUTE_GROUP_DISPLAY_NAME", "displayName"),
    ("LDAP_ATTRIBUTE_GROUP_MEMBER", "member"),
    ("LDAP_GROUP_MEMBER_VALUE", "dn"),
    ("LDAP_ATTRIBUTE_USER_MEMBER_OF", ""),
    ("LDAP_NESTED_GROUPS", "closure"),
    ("LDAP_PRIMARY_GROUP", "true"),
    (DISABLED_WHEN, "userAccountControl\naccountExpires"),
];

// nsUniqueId is on every entry of every version; entryUUID needs a plug-in and a repair task for entries that were there before.
const DS_389: Preset = &[
    ("LDAP_USER_SEARCH_FILTER", "(&(|(objectClass=nsPerson)(objectClass=inetOrgPerson)(objectClass=posixAccount))(uid=*))"),
    ("LDAP_USER_GROUP_SEARCH_FILTER", "(|(objectClass=groupOfNames)(objectClass=groupOfUniqueNames)(objectClass=posixGroup))"),
    ("LDAP_ATTRIBUTE_USER_UNIQUE_IDENTIFIER", "nsUniqueId"),
    ("LDAP_ATTRIBUTE_USER_USERNAME", "uid"),
    ("LDAP_ATTRIBUTE_USER_EMAIL", "mail"),
    ("LDAP_ATTRIBUTE_USER_FIRST_NAME", "givenName"),
    ("LDAP_ATTRIBUTE_USER_LAST_NAME", "sn"),
    ("LDAP_ATTRIBUTE_USER_DISPLAY_NAME", "displayName | cn"),
    ("LDAP_ATTRIBUTE_USER_PHONE", "telephoneNumber | mobile"),
    ("LDAP_ATTRIBUTE_GROUP_UNIQUE_IDENTIFIER", "nsUniqueId"),
    ("LDAP_ATTRIBUTE_GROUP_NAME", "cn"),
    ("LDAP_ATTRIBUTE_GROUP_DISPLAY_NAME", ""),
    ("LDAP_ATTRIBUTE_GROUP_MEMBER", "member | uniqueMember | memberUid"),
    ("LDAP_GROUP_MEMBER_VALUE", "any"),
    ("LDAP_ATTRIBUTE_USER_MEMBER_OF", ""),
    ("LDAP_NESTED_GROUPS", "closure"),
    ("LDAP_PRIMARY_GROUP", "false"),
    (DISABLED_WHEN, "nsAccountLock\nshadowExpire"),
];

// Below cn=accounts only: the compatibility tree cn=compat shows everybody a second time.
const FREE_IPA: Preset = &[
    ("LDAP_USER_BASE", "cn=users,cn=accounts"),
    ("LDAP_GROUP_BASE", "cn=groups,cn=accounts"),
    ("LDAP_USER_SEARCH_FILTER", "(&(objectClass=person)(uid=*))"),
    ("LDAP_USER_GROUP_SEARCH_FILTER", "(objectClass=ipausergroup)"),
    ("LDAP_ATTRIBUTE_USER_UNIQUE_IDENTIFIER", "ipaUniqueID"),
    ("LDAP_ATTRIBUTE_USER_USERNAME", "uid"),
    ("LDAP_ATTRIBUTE_USER_EMAIL", "mail"),
    ("LDAP_ATTRIBUTE_USER_FIRST_NAME", "givenName"),
    ("LDAP_ATTRIBUTE_USER_LAST_NAME", "sn"),
    ("LDAP_ATTRIBUTE_USER_DISPLAY_NAME", "displayName | cn"),
    ("LDAP_ATTRIBUTE_USER_PHONE", "telephoneNumber | mobile"),
    ("LDAP_ATTRIBUTE_GROUP_UNIQUE_IDENTIFIER", "ipaUniqueID"),
    ("LDAP_ATTRIBUTE_GROUP_NAME", "cn"),
    ("LDAP_ATTRIBUTE_GROUP_DISPLAY_NAME", ""),
    ("LDAP_ATTRIBUTE_GROUP_MEMBER", "member"),
    ("LDAP_GROUP_MEMBER_VALUE", "dn"),
    ("LDAP_ATTRIBUTE_USER_MEMBER_OF", ""),
    ("LDAP_NESTED_GROUPS", "closure"),
    ("LDAP_PRIMARY_GROUP", "false"),
    (DISABLED_WHEN, "nsAccountLock\nkrbPrincipalExpiration"),
];

const LLDAP: Preset = &[
    ("LDAP_USER_SEARCH_FILTER", "(objectClass=person)"),
    ("LDAP_USER_GROUP_SEARCH_FILTER", "(objectClass=groupOfUniqueNames)"),
    ("LDAP_ATTRIBUTE_USER_UNIQUE_IDENTIFIER", "entryUUID"),
    ("LDAP_ATTRIBUTE_USER_USERNAME", "uid"),
    ("LDAP_ATTRIBUTE_USER_EMAIL", "mail"),
    ("LDAP_ATTRIBUTE_USER_FIRST_NAME", "givenName"),
    ("LDAP_ATTRIBUTE_USER_LAST_NAME", "sn"),
    ("LDAP_ATTRIBUTE_USER_DISPLAY_NAME", "cn"),
    ("LDAP_ATTRIBUTE_USER_PHONE", ""),
    ("LDAP_ATTRIBUTE_GROUP_UNIQUE_IDENTIFIER", "entryUUID"),
    ("LDAP_ATTRIBUTE_GROUP_NAME", "cn"),
    ("LDAP_ATTRIBUTE_GROUP_DISPLAY_NAME", ""),
    ("LDAP_ATTRIBUTE_GROUP_MEMBER", "member"),
    ("LDAP_GROUP_MEMBER_VALUE", "dn"),
    ("LDAP_ATTRIBUTE_USER_MEMBER_OF", ""),
    ("LDAP_NESTED_GROUPS", "off"),
    ("LDAP_PRIMARY_GROUP", "false"),
    (DISABLED_WHEN, ""),
];

const GENERIC: Preset = &[
    ("LDAP_USER_SEARCH_FILTER", "(&(objectClass=person)(uid=*))"),
    ("LDAP_USER_GROUP_SEARCH_FILTER", "(|(objectClass=groupOfNames)(objectClass=groupOfUniqueNames)(objectClass=posixGroup))"),
    ("LDAP_ATTRIBUTE_USER_UNIQUE_IDENTIFIER", "entryUUID"),
    ("LDAP_ATTRIBUTE_USER_USERNAME", "uid"),
    ("LDAP_ATTRIBUTE_USER_EMAIL", "mail"),
    ("LDAP_ATTRIBUTE_USER_FIRST_NAME", "givenName"),
    ("LDAP_ATTRIBUTE_USER_LAST_NAME", "sn"),
    ("LDAP_ATTRIBUTE_USER_DISPLAY_NAME", "displayName | cn"),
    ("LDAP_ATTRIBUTE_USER_PHONE", "telephoneNumber | mobile"),
    ("LDAP_ATTRIBUTE_GROUP_UNIQUE_IDENTIFIER", "entryUUID"),
    ("LDAP_ATTRIBUTE_GROUP_NAME", "cn"),
    ("LDAP_ATTRIBUTE_GROUP_DISPLAY_NAME", ""),
    ("LDAP_ATTRIBUTE_GROUP_MEMBER", "member | uniqueMember | memberUid"),
    ("LDAP_GROUP_MEMBER_VALUE", "any"),
    ("LDAP_ATTRIBUTE_USER_MEMBER_OF", ""),
    ("LDAP_NESTED_GROUPS", "closure"),
    ("LDAP_PRIMARY_GROUP", "true"),
    (DISABLED_WHEN, "userAccountControl\nnsAccountLock\naccountExpires\nshadowExpire\nkrbPrincipalExpiration"),
];

/// Settings, by key, that fit a server of this kind as it comes.
pub const fn for_vendor(vendor: Vendor) -> &'static [(&'static str, &'static str)] {
    match vendor {
        Vendor::OpenLdap => OPEN_LDAP,
        Vendor::ActiveDirectory | Vendor::Samba => ACTIVE_DIRECTORY,
        Vendor::Ds389 => DS_389,
        Vendor::FreeIpa => FREE_IPA,
        Vendor::Lldap => LLDAP,
        Vendor::Generic => GENERIC,
    }
}

/// Brings texts to the preset of a kind; everything it does not speak of stays.
pub fn apply(texts: &mut Texts, vendor: Vendor) {
    for (key, value) in for_vendor(vendor) {
        if let Err(allowed) = texts.set(key, value) {
            tracing::debug!(setting = key, allowed, "a preset names a setting this version does not have");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::settings;
    use super::*;

    #[test]
    fn every_preset_makes_settings_that_can_be_used() {
        for vendor in VENDORS {
            let mut texts = Texts::default();
            texts.set("LDAP_URL", "ldaps://ldap.example.org").unwrap();
            texts.set("LDAP_BASE", "dc=example,dc=org").unwrap();
            apply(&mut texts, vendor);
            assert!(texts.read("default").is_ok(), "{vendor:?}: {:?}", texts.read("default").err());
            for (key, _) in for_vendor(vendor) {
                assert!(settings::keys().any(|known| known == *key) || *key == DISABLED_WHEN, "{vendor:?}: {key} is no setting");
            }
            assert_eq!(from_word(word(vendor)), Some(vendor));
        }
    }

    #[test]
    fn one_preset_after_another_leaves_nothing_of_the_first_but_the_places() {
        let keys = |vendor| for_vendor(vendor).iter().map(|(key, _)| *key).filter(|key| !key.ends_with("_BASE")).collect::<Vec<_>>();
        for vendor in VENDORS {
            assert_eq!(keys(vendor), keys(Vendor::Generic), "{vendor:?}");
        }
    }
}
