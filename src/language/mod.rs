//! What people read, in their language. Every text of a page, a mail and an error stands in a catalogue ([Project Fluent](https://projectfluent.org)) under
//! `locales/`, one folder per language; code and templates name it. How to write one: `docs/languages.md`.
//!
//! [`t`] gives a text, [`marked`] one with links or emphasis inside. Both speak the language of the request ([`choice`]), so no page carries it around;
//! [`speaking`] speaks another for a while, as mails do. What a language lacks is said in English. [`told()`] says in it what was put together in English before.

mod catalogue;
pub mod choice;
mod dates;
pub mod script;
mod text;
mod told;

pub use choice::{Source, current, hear, speaking};
pub use dates::{Instant, day, duration, instant};
pub use text::{Argument, Marked, Text, marked, t, worded};
pub use told::told;

/// Reads the catalogues, so that the first visitor need not wait for it.
pub fn open() {
    catalogue::open();
}

/// The ids of [`worded`] texts a language's catalogue has.
#[cfg(test)]
pub(crate) fn in_code(language: Language) -> std::collections::BTreeSet<String> {
    catalogue::in_code(language)
}

/// The languages there are catalogues of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Language {
    /// The language every text exists in.
    #[default]
    English,
    /// Complete.
    German,
    /// Begun: what a visitor sees.
    French,
    /// Begun: what a visitor sees.
    Spanish,
    /// Begun: what a visitor sees. Written from right to left.
    Arabic,
    /// English with every text in `⟦brackets⟧`, offered to nobody: shows those who write pages what is in no catalogue.
    Bracketed,
}

impl Language {
    /// Those a person may choose, in the order they are offered.
    pub const OFFERED: [Self; 5] = [Self::English, Self::German, Self::French, Self::Spanish, Self::Arabic];

    /// Its tag (BCP 47), as cookies, the database and `lang` attributes have it.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
            Self::French => "fr",
            Self::Spanish => "es",
            Self::Arabic => "ar",
            Self::Bracketed => "en-XA",
        }
    }

    /// What its speakers call it.
    pub const fn own_name(self) -> &'static str {
        match self {
            Self::English | Self::Bracketed => "English",
            Self::German => "Deutsch",
            Self::French => "Français",
            Self::Spanish => "Español",
            Self::Arabic => "العربية",
        }
    }

    /// The `dir` attribute of its pages.
    pub const fn direction(self) -> &'static str {
        match self {
            Self::Arabic => "rtl",
            Self::English | Self::German | Self::French | Self::Spanish | Self::Bracketed => "ltr",
        }
    }

    /// The language of exactly this tag.
    pub fn from_tag(tag: &str) -> Option<Self> {
        Self::OFFERED.into_iter().chain([Self::Bracketed]).find(|language| language.tag() == tag)
    }

    /// The one a person may choose for a language range such as `de-AT`: what remains of it when parts are cut off from the right (lookup, RFC 4647 section 3.4).
    pub fn for_range(range: &str) -> Option<Self> {
        let primary = range.split('-').next().unwrap_or_default();
        Self::OFFERED.into_iter().find(|language| language.tag().eq_ignore_ascii_case(primary))
    }

    /// Whether this is the language of the request.
    pub fn is_current(self) -> bool {
        self == current()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_finds_the_language_of_all_its_regions() {
        assert_eq!(Language::for_range("de-AT"), Some(Language::German));
        assert_eq!(Language::for_range("AR"), Some(Language::Arabic));
        assert_eq!(Language::for_range("arn"), None, "Mapudungun is not Arabic");
        assert_eq!(Language::for_range(""), None);
    }

    #[test]
    fn tags_lead_back_to_their_language_and_only_whole_ones_do() {
        for language in Language::OFFERED {
            assert_eq!(Language::from_tag(language.tag()), Some(language));
        }
        assert_eq!(Language::from_tag("de-AT"), None);
        assert_eq!(Language::from_tag("en-XA"), Some(Language::Bracketed));
        assert_eq!(Language::for_range("en-XA"), Some(Language::English), "nobody gets brackets by their browser");
    }
}
