//! How a setting is declared: once. Its doc comment is the label (first line) and the help text (the rest) of the form field, the reference page and the
//! rustdoc; its type parses, prints and picks the input.

use std::time::Duration;

use crate::language::{t, worded};
use crate::secret::Password;

/// A type a setting can have.
pub trait SettingValue: Sized {
    /// What the form offers.
    const INPUT: Input;
    /// Reads what a person typed.
    ///
    /// # Errors
    /// What is allowed, to stand after "must be".
    fn parse(text: &str) -> Result<Self, String>;
    /// Prints it as [`parse`](Self::parse) reads it. Never called for secrets on a page.
    fn show(&self) -> String;
}

/// The kind of form field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// One line of text.
    Text,
    /// Several lines of text.
    Lines,
    /// A whole number.
    Number,
    /// A switch.
    Switch,
    /// A secret: shown as "set" or "not set", kept when left empty.
    Secret,
    /// A secret of several lines, such as a key in PEM; likewise.
    SecretLines,
    /// One of a few.
    Choice(&'static [Choice]),
    /// One line of text, for which a few are offered.
    Offered(&'static [Choice]),
}

impl Input {
    /// Whether it holds a secret: sealed when stored, never shown.
    pub const fn is_secret(self) -> bool {
        matches!(self, Self::Secret | Self::SecretLines)
    }
}

/// One of the values of an [`Input::Choice`] or [`Input::Offered`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    /// As stored and as the environment spells it.
    pub value: &'static str,
    /// What people read.
    pub label: &'static str,
}

/// One declared setting, without its value.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// The name in the database and in forms.
    pub key: &'static str,
    /// The environment variable that sets it.
    pub env: &'static str,
    /// The heading it stands under.
    pub section: &'static str,
    /// The doc comment, line by line; see [`label`](Self::label) and [`help`](Self::help).
    pub doc: &'static [&'static str],
    /// The kind of form field.
    pub input: Input,
}

impl Entry {
    /// What the form calls it: in English the first line of the doc comment, without the full stop.
    pub fn label(&self) -> String {
        label_of(self.key, self.doc.first().map_or("", |line| line.trim().trim_end_matches('.')))
    }

    /// What it is about: in English the rest of the doc comment.
    pub fn help(&self) -> String {
        let english = self.doc.iter().skip(1).map(|line| line.trim()).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ");
        worded(&format!("setting-{}-help", self.key), &english)
    }

    /// What one of its choices is called.
    pub fn choice(&self, choice: &Choice) -> String {
        worded(&format!("setting-{}-is-{}", self.key, choice.value), choice.label)
    }

    /// The ids of everything a catalogue has to say about it.
    #[cfg(test)]
    pub(crate) fn ids(&self) -> Vec<String> {
        let choices: &[Choice] = match self.input {
            // Languages are called what their speakers call them.
            _ if self.key == "default_language" => &[],
            Input::Choice(choices) | Input::Offered(choices) => choices,
            _ => &[],
        };
        let choices = choices.iter().map(|choice| format!("setting-{}-is-{}", self.key, choice.value));
        let own = [format!("setting-{}", self.key), format!("setting-{}-help", self.key), section_id(self.section)];
        own.into_iter().chain(choices).collect()
    }
}

/// What the form calls the setting `key`, whose English label this is.
pub fn label_of(key: &str, english: &str) -> String {
    worded(&format!("setting-{key}"), english)
}

/// What the form calls a section.
pub fn heading_of(section: &str) -> String {
    worded(&section_id(section), section)
}

fn section_id(section: &str) -> String {
    format!("setting-section-{}", section.to_lowercase().replace(' ', "-"))
}

/// Declares a struct of settings: `/// label` `///` `/// help` `key: Type = default, "ENV_NAME", "Section";`.
macro_rules! settings {
    ($(#[$meta:meta])* pub struct $name:ident { $($(#[doc = $doc:literal])+ $key:ident: $type:ty = $default:expr, $env:literal, $section:literal;)* }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq)]
        pub struct $name { $($(#[doc = $doc])+ pub $key: $type,)* }

        impl Default for $name {
            fn default() -> Self {
                Self { $($key: $default,)* }
            }
        }

        impl $name {
            /// Every declared setting, in the order of the form.
            pub const CATALOG: &'static [$crate::settings::Entry] = &[$($crate::settings::Entry {
                key: stringify!($key), env: $env, section: $section, doc: &[$($doc),+],
                input: <$type as $crate::settings::SettingValue>::INPUT,
            },)*];

            /// Sets one by key from text.
            ///
            /// # Errors
            /// What is allowed, when the text does not parse; a word on it, when the key is not declared.
            pub fn set(&mut self, key: &str, text: &str) -> Result<(), String> {
                match key {
                    $(stringify!($key) => self.$key = <$type as $crate::settings::SettingValue>::parse(text)?,)*
                    _ => return Err("a setting that exists".to_owned()),
                }
                Ok(())
            }

            /// Prints one by key; empty for an undeclared key.
            pub fn get(&self, key: &str) -> String {
                match key {
                    $(stringify!($key) => $crate::settings::SettingValue::show(&self.$key),)*
                    _ => String::new(),
                }
            }
        }
    };
}
pub(crate) use settings;

impl SettingValue for String {
    const INPUT: Input = Input::Text;
    fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.chars().count() > 2000 || text.chars().any(|c| c.is_control() && c != '\n' && c != '\r' && c != '\t') {
            return Err(t("settings-allowed-text").into());
        }
        Ok(text.to_owned())
    }
    fn show(&self) -> String {
        self.clone()
    }
}

impl SettingValue for bool {
    const INPUT: Input = Input::Switch;
    fn parse(text: &str) -> Result<Self, String> {
        crate::config::parse_flag(text).ok_or_else(|| t("settings-allowed-switch").into())
    }
    fn show(&self) -> String {
        self.to_string()
    }
}

impl SettingValue for Password {
    const INPUT: Input = Input::Secret;
    fn parse(text: &str) -> Result<Self, String> {
        if text.len() > 1024 {
            return Err(t("settings-allowed-secret").into());
        }
        Ok(Self::new(text))
    }
    fn show(&self) -> String {
        self.reveal().to_owned()
    }
}

/// A whole number of some unit between two limits, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Whole<const MIN: u32, const MAX: u32>(pub u32);

impl<const MIN: u32, const MAX: u32> SettingValue for Whole<MIN, MAX> {
    const INPUT: Input = Input::Number;
    fn parse(text: &str) -> Result<Self, String> {
        let allowed = || t("settings-allowed-whole").with("from", MIN.to_string()).with("to", MAX.to_string()).into();
        text.trim().parse().ok().filter(|n| (MIN..=MAX).contains(n)).map(Self).ok_or_else(allowed)
    }
    fn show(&self) -> String {
        self.0.to_string()
    }
}

impl<const MIN: u32, const MAX: u32> Whole<MIN, MAX> {
    /// As a duration, when the unit is minutes.
    pub const fn minutes(self) -> Duration {
        Duration::from_secs(self.0 as u64 * 60)
    }

    /// As a duration, when the unit is days.
    pub const fn days(self) -> Duration {
        Duration::from_secs(self.0 as u64 * 86_400)
    }
}
