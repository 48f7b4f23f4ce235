//! A directory's settings as texts, before [`settings::read`] checks them together: what the environment, the settings page and the defaults say.

use std::collections::BTreeMap;

use super::attributes::ROWS;
use super::config::DirectoryConfig;
use super::settings::{self, BIND_DN, BIND_PASSWORD, CLIENT_KEY, ENABLED, SETTINGS, SOFT_DELETE, Setting, SettingError, URL};
use crate::config::{Config, ConfigError};
use crate::language::t;
use crate::secret::Password;
use crate::settings::{Catalog, Entry, Input};

/// The settings that are sealed when stored.
const SECRETS: [&str; 2] = [BIND_PASSWORD.key, CLIENT_KEY.key];

const COUNT: usize = SETTINGS.len() + ROWS.len();
/// Label and help of each setting, as [`Entry::doc`] has them.
static DOCS: [[&str; 2]; COUNT] = {
    let mut docs = [[""; 2]; COUNT];
    let mut place = 0;
    while place < COUNT {
        docs[place] = if place < SETTINGS.len() {
            [SETTINGS[place].label, SETTINGS[place].help]
        } else {
            [ROWS[place - SETTINGS.len()].label, ROWS[place - SETTINGS.len()].help]
        };
        place += 1;
    }
    docs
};
static ENTRIES: [Entry; COUNT] = {
    let mut entries = [Entry { key: "", env: "", section: "", doc: &[], input: Input::Text }; COUNT];
    let mut place = 0;
    while place < COUNT {
        let (key, input, section) = if place < SETTINGS.len() {
            (SETTINGS[place].key, SETTINGS[place].input, SETTINGS[place].section)
        } else {
            (ROWS[place - SETTINGS.len()].key, Input::Text, "Attributes")
        };
        entries[place] = Entry { key, env: key, section, doc: &DOCS[place], input };
        place += 1;
    }
    entries
};

/// The longest text of a setting, in bytes: room for a few certificates.
const TEXT_MAX: usize = 16 * 1024;

/// One text per setting. Keys are the names of the environment variables, in the database and in forms too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Texts {
    secrets: BTreeMap<&'static str, Password>,
    others: BTreeMap<&'static str, String>,
}

impl Default for Texts {
    fn default() -> Self {
        let defaults = SETTINGS.iter().map(|setting| (setting.key, setting.default)).chain(ROWS.iter().map(|row| (row.key, row.default)));
        let others = defaults.filter(|(key, _)| !SECRETS.contains(key)).map(|(key, default)| (key, default.to_owned())).collect();
        Self { secrets: SECRETS.into_iter().map(|key| (key, Password::default())).collect(), others }
    }
}

impl Catalog for Texts {
    const ENTRIES: &'static [Entry] = &ENTRIES;

    fn set(&mut self, key: &str, text: &str) -> Result<(), String> {
        let text = text.replace("\r\n", "\n");
        if text.len() > TEXT_MAX || text.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
            return Err(t("settings-allowed-long").with("bytes", TEXT_MAX.to_string()).into());
        }
        if let Some(kept) = self.secrets.get_mut(key) {
            *kept = Password::new(text);
        } else if let Some(kept) = self.others.get_mut(key) {
            // A switch and a flag in the environment are spelled in several ways; here in one.
            let is_switch = ENTRIES.iter().any(|entry| entry.key == key && entry.input == Input::Switch);
            let flag = if is_switch { settings::boolean(text.trim()).ok() } else { None };
            *kept = flag.map_or_else(|| text.trim().to_owned(), |flag| flag.to_string());
        } else {
            return Err("a setting that exists".to_owned());
        }
        Ok(())
    }

    fn get(&self, key: &str) -> String {
        self.text(key).unwrap_or_default().to_owned()
    }
}

impl Texts {
    /// One text; `None` for an unknown key.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.secrets.get(key).map(Password::reveal).or_else(|| self.others.get(key).map(String::as_str))
    }

    /// Whether the directory is used at all.
    pub fn is_enabled(&self) -> bool {
        self.text(ENABLED.key) == Some("true")
    }

    /// Whether people who leave are kept (soft delete).
    pub fn keeps_people(&self) -> bool {
        self.text(SOFT_DELETE.key) == Some("true")
    }

    /// Checks everything together.
    ///
    /// # Errors
    /// All settings that cannot be used.
    pub fn read(&self, name: &str) -> Result<DirectoryConfig, Vec<SettingError>> {
        settings::read(name, |key| self.text(key))
    }

    /// What is wrong in a form: everything when the directory is to be used, else only what was filled in.
    pub fn mistakes(&self, name: &str) -> Vec<SettingError> {
        let given = |key: &str| self.text(key).is_some_and(|text| !text.is_empty());
        let mistakes = self.read(name).err().unwrap_or_default();
        mistakes.into_iter().filter(|mistake| self.is_enabled() || given(mistake.key)).collect()
    }

    /// Whether a bind password that was not `retyped` would be sent to another server than the one it was entered for.
    pub fn sends_password_elsewhere(&self, before: &Self, retyped: bool) -> bool {
        !retyped && self.has_secret(&BIND_PASSWORD) && self.text(URL.key) != before.text(URL.key)
    }

    /// Takes the bind password away.
    pub fn forget_password(&mut self) {
        self.secrets.insert(BIND_PASSWORD.key, Password::default());
    }

    /// Whether a password is left over although nobody binds.
    pub fn has_needless_password(&self) -> bool {
        self.text(BIND_DN.key) == Some("") && self.has_secret(&BIND_PASSWORD)
    }

    fn has_secret(&self, setting: &Setting) -> bool {
        self.secrets.get(setting.key).is_some_and(|secret| !secret.is_empty())
    }
}

/// Checks what the environment sets, before anything starts. What is only missing may still be set on the page, unless that is switched off.
///
/// # Errors
/// [`ConfigError`] for the first value that cannot be used; the bind password is not shown.
pub fn check_environment(config: &Config) -> Result<(), ConfigError> {
    let given = &config.settings_from_environment;
    let mut texts = Texts::default();
    for entry in Texts::ENTRIES {
        if let Some(text) = given.get(entry.env) {
            texts.set(entry.key, text).map_err(|allowed| ConfigError(format!("{} cannot be used: it must be {allowed}", entry.env)))?;
        }
    }
    if let Err(message) = settings::boolean(texts.text(ENABLED.key).unwrap_or_default()) {
        return Err(ConfigError(format!("{} cannot be used: {message}", ENABLED.key)));
    }
    let complete = config.ui_config_disabled && texts.is_enabled();
    let is_whole = |error: &SettingError| match error.key {
        // Only both together can be judged.
        key if key == BIND_PASSWORD.key => given.contains_key(BIND_DN.key) && given.contains_key(key),
        key => given.contains_key(key),
    };
    match texts.read("default").err().unwrap_or_default().into_iter().find(|error| complete || is_whole(error)) {
        Some(SettingError { key, message }) => Err(ConfigError(format!("{key} cannot be used: {message}"))),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::language::{Language, in_code, speaking};
    use crate::settings::Settings;

    fn environment(pairs: &[(&str, &str)]) -> Result<(), ConfigError> {
        let variables = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let names: Vec<_> = settings::keys().collect();
        check_environment(&Config::from_variables(&variables, &names)?)
    }

    #[test]
    fn every_setting_has_a_label_help_and_a_default_that_reads() {
        assert_eq!(ENTRIES.len(), settings::keys().count());
        for entry in &ENTRIES {
            assert!(!entry.label().is_empty() && !entry.help().is_empty() && !entry.section.is_empty(), "{}", entry.key);
            assert!(Texts::default().text(entry.key).is_some(), "{}", entry.key);
        }
        let missing: Vec<_> = Texts::default().read("default").unwrap_err().into_iter().map(|error| error.key).collect();
        assert_eq!(missing, ["LDAP_URL", "LDAP_BASE"]);
    }

    #[test]
    fn every_setting_is_said_in_german_and_the_catalogue_has_nothing_else() {
        let declared: BTreeSet<String> = Settings::CATALOG.iter().chain(Texts::ENTRIES).flat_map(Entry::ids).collect();
        let said = in_code(Language::German);
        assert_eq!(declared.difference(&said).collect::<Vec<_>>(), Vec::<&String>::new(), "not said in German");
        assert_eq!(said.difference(&declared).collect::<Vec<_>>(), Vec::<&String>::new(), "no setting, section or choice of ours");
        let in_german = speaking(Language::German, || ENTRIES[0].label());
        assert_eq!((ENTRIES[0].label().as_str(), in_german.as_str()), ("Use this directory", "Dieses Verzeichnis benutzen"));
    }

    #[test]
    fn what_the_environment_sets_must_be_usable_and_what_it_leaves_out_may_come_from_the_page() {
        for (pairs, word) in [
            (&[("LDAP_URL", "ldap:foo")][..], "LDAP_URL"),
            (&[("LDAP_ENABLED", "maybe")], "LDAP_ENABLED"),
            (&[("LDAP_USER_SEARCH_FILTER", "(a")], "LDAP_USER_SEARCH_FILTER"),
            (&[("LDAP_ATTRIBUTE_USER_USERNAME", "two words")], "LDAP_ATTRIBUTE_USER_USERNAME"),
            (&[("LDAP_ENABLED", "true"), ("UI_CONFIG_DISABLED", "true")], "LDAP_URL"),
            (&[("LDAP_URLS", "ldap://x")], "LDAP_URL"),
        ] {
            let error = environment(pairs).unwrap_err();
            assert!(error.0.contains(word), "{error}");
        }
        environment(&[("LDAP_ENABLED", "yes"), ("LDAP_BIND_PASSWORD", "s3cret")]).unwrap();
        environment(&[("UI_CONFIG_DISABLED", "true")]).unwrap();
    }

    #[test]
    fn a_password_never_goes_to_a_server_it_was_not_entered_for() {
        let mut before = Texts::default();
        before.set(URL.key, "ldaps://dc1.example").unwrap();
        before.set(BIND_PASSWORD.key, "s3cret").unwrap();
        let mut after = before.clone();
        after.set(BIND_DN.key, "cn=other").unwrap();
        assert!(!after.sends_password_elsewhere(&before, false));
        after.set(URL.key, "ldap://dc1.example").unwrap();
        assert!(after.sends_password_elsewhere(&before, false), "without encryption is elsewhere too");
        after.set(BIND_PASSWORD.key, "typed anew").unwrap();
        assert!(!after.sends_password_elsewhere(&before, true));
        assert!(!format!("{after:?}").contains("typed anew"));
    }
}
