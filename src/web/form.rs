//! What is wrong with a submitted form, field by field.

use std::collections::BTreeMap;

/// Mistakes by field name, each a sentence that says what to do. Empty when all is well.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mistakes(BTreeMap<String, String>);

impl Mistakes {
    /// Notes a mistake; the first one of a field stays.
    pub fn add(&mut self, field: &str, sentence: impl Into<String>) {
        self.0.entry(field.to_owned()).or_insert_with(|| sentence.into());
    }

    /// Notes the mistake of a check, if it found one.
    pub fn check(&mut self, field: &str, outcome: Result<(), impl Into<String>>) {
        if let Err(sentence) = outcome {
            self.add(field, sentence);
        }
    }

    /// One mistake, when it is the only one.
    pub fn one(field: &str, sentence: impl Into<String>) -> Self {
        let mut mistakes = Self::default();
        mistakes.add(field, sentence);
        mistakes
    }

    /// The mistake of a field; `""` when there is none.
    pub fn of(&self, field: &str) -> &str {
        self.0.get(field).map_or("", String::as_str)
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<BTreeMap<String, String>> for Mistakes {
    fn from(mistakes: BTreeMap<String, String>) -> Self {
        Self(mistakes)
    }
}
