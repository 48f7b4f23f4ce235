//! What the forms of a directory share: settings as cards that fold, and secrets that outlive a page without being sent to the browser in clear.

use std::collections::BTreeMap;

use super::super::Texts;
use super::super::settings::{BIND_PASSWORD, CLIENT_KEY, ENABLED, URL};
use crate::app::App;
use crate::language::t;
use crate::sessions::AdminSession;
use crate::settings::admin::{Field, sections};
use crate::settings::{Catalog as _, heading_of};
use crate::web::Mistakes;

/// What was typed.
pub(super) type Form = BTreeMap<String, String>;

/// The settings that are asked for beside the address once a server is recognised; the rest folds away.
const ESSENTIAL: [&str; 7] = [
    "LDAP_BASE",
    "LDAP_USER_SEARCH_FILTER",
    "LDAP_USER_GROUP_SEARCH_FILTER",
    "LDAP_ATTRIBUTE_USER_USERNAME",
    "LDAP_ATTRIBUTE_USER_UNIQUE_IDENTIFIER",
    "LDAP_ADMIN_GROUP_NAME",
    "LDAP_SYNC_INTERVAL",
];

/// Settings under a heading that folds.
pub(super) struct Card {
    /// As it was declared.
    pub(super) title: &'static str,
    pub(super) fields: Vec<Field>,
    /// What differs from the default, in a line.
    pub(super) summary: String,
    /// Whether it must be seen: something in it is wrong.
    pub(super) is_open: bool,
}

impl Card {
    /// The heading as people read it.
    pub(super) fn heading(&self) -> String {
        heading_of(self.title)
    }
}

/// All settings as cards, values in force with what was typed over them. In the guided form the essential ones come apart, and whether the directory is used
/// is said by the button.
pub(super) fn cards(app: &App, directory: &str, texts: &Texts, typed: Option<&Form>, mistakes: &Mistakes, guided: bool) -> (Vec<Field>, Vec<Card>) {
    let (mut essentials, mut cards) = (Vec::new(), Vec::new());
    for section in sections::<Texts>(texts, &super::super::pins(app, directory), typed, mistakes) {
        let (apart, fields): (Vec<_>, Vec<_>) = section
            .fields
            .into_iter()
            .filter(|field| !guided || field.entry.key != ENABLED.key)
            .partition(|field| guided && ESSENTIAL.contains(&field.entry.key));
        essentials.extend(apart);
        let is_open = fields.iter().any(|field| !field.mistake.is_empty()) || (!guided && section.title == "Connection");
        cards.push(Card { title: section.title, summary: summary(&fields), fields, is_open });
    }
    essentials.sort_by_key(|field| ESSENTIAL.iter().position(|key| *key == field.entry.key));
    (essentials, cards)
}

/// What differs from the default: `3 changed: Address, Base DN, Bind DN`.
fn summary(fields: &[Field]) -> String {
    let defaults = Texts::default();
    let differs = |field: &&Field| {
        if field.entry.input.is_secret() { field.is_set } else { defaults.text(field.entry.key) != Some(field.value.replace("\r\n", "\n").trim()) }
    };
    let changed: Vec<String> = fields.iter().filter(differs).map(|field| field.entry.label()).collect();
    match changed.as_slice() {
        [] => t("directory-as-usual"),
        [first, second, _, _, ..] => t("directory-set-many").with("first", first).with("second", second).with("more", changed.len() - 2),
        few => t("directory-set-few").with("settings", few.join(", ")),
    }
    .into()
}

const SECRETS: [&str; 2] = [BIND_PASSWORD.key, CLIENT_KEY.key];

/// The purpose a typed secret is sealed for: this field, this directory, this address, this session.
fn purpose(admin: &AdminSession, directory: &str, key: &str, form: &Form) -> String {
    let address = form.get(URL.key).map_or("", |text| text.trim());
    format!("typed {key} of {directory:?} for {address:?} in {:?}", admin.session.id)
}

/// Secrets that were typed, sealed for hidden fields of the next page: `(name, value)`.
pub(super) fn keep_secrets(app: &App, admin: &AdminSession, directory: &str, form: &Form) -> Vec<(String, String)> {
    let typed = SECRETS.iter().filter_map(|key| Some((key, form.get(*key).filter(|text| !text.is_empty())?)));
    typed.map(|(key, text)| (format!("kept_{key}"), app.sealer.seal_text(&purpose(admin, directory, key, form), text))).collect()
}

/// Puts secrets a former page kept back where nothing else was typed. What was sealed for another address stays sealed: a password is sent only where it was
/// typed for.
pub(super) fn restore_secrets(app: &App, admin: &AdminSession, directory: &str, form: &mut Form) {
    for key in SECRETS {
        if form.get(key).is_some_and(|text| !text.is_empty()) {
            continue;
        }
        let Some(sealed) = form.get(&format!("kept_{key}")) else { continue };
        if let Ok(text) = app.sealer.unseal_text(&purpose(admin, directory, key, form), sealed) {
            form.insert(key.to_owned(), text.to_string());
        }
    }
}

/// A form in which every setting has its text, as if all had been submitted.
pub(super) fn whole_form(texts: &Texts) -> Form {
    Texts::ENTRIES.iter().filter(|entry| !entry.input.is_secret()).map(|entry| (entry.key.to_owned(), texts.get(entry.key))).collect()
}
