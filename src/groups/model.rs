//! What a group is, and what may be written about a local one. Pure.

use std::fmt;

use crate::clock::Timestamp;
use crate::id::GroupId;
use crate::language::{Text, t};
use crate::web::Mistakes;

/// How long a group's names may be, in characters.
const NAME_CHARS_MAX: usize = 100;

/// A group's row.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Group {
    /// Our identity.
    pub id: GroupId,
    /// Its name, as apps see it.
    pub name: String,
    /// What pages call it.
    pub display_name: String,
    /// The directory it comes from; `None` for local groups.
    pub directory: Option<String>,
    /// Where its entry stood last.
    pub entry_dn: Option<String>,
    /// When the row was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl Group {
    /// `local` or the directory's name.
    pub fn source(&self) -> &str {
        self.directory.as_deref().unwrap_or("local")
    }
}

/// A form about a group, as it was typed.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(default)]
pub struct Draft {
    /// Its name, as apps see it.
    pub name: String,
    /// What pages call it; empty takes the name.
    pub display_name: String,
}

/// What a checked form says about a group. Made by [`Draft::check`] alone.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Names {
    /// Its name, as apps see it.
    pub name: String,
    /// What pages call it; never empty.
    pub display_name: String,
}

impl Draft {
    /// Checks both fields.
    ///
    /// # Errors
    /// Every mistake there is.
    pub fn check(&self) -> Result<Names, Mistakes> {
        let (name, display_name) = (self.name.trim(), self.display_name.trim());
        let mut mistakes = Mistakes::default();
        if name.is_empty() {
            mistakes.add("name", t("group-name-missing"));
        }
        for (field, text) in [("name", name), ("display_name", display_name)] {
            if text.chars().count() > NAME_CHARS_MAX {
                mistakes.add(field, t("name-too-long"));
            }
            if text.chars().any(char::is_control) {
                mistakes.add(field, t("name-control-characters"));
            }
        }
        // Some apps take the claim apart at commas.
        if name.contains([',', ';']) {
            mistakes.add("name", t("group-name-commas"));
        }
        if !mistakes.is_empty() {
            return Err(mistakes);
        }
        Ok(Names { name: name.to_owned(), display_name: if display_name.is_empty() { name } else { display_name }.to_owned() })
    }
}

/// Why something is not done to a group. [`sentence`](Self::sentence) is what the administrator reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// There is no such group (any more).
    NotFound,
    /// It comes from a directory, which alone says its name and who is in it.
    FromDirectory,
}

impl Refusal {
    /// For the administrator: what was wrong and what to do.
    pub fn sentence(self) -> Text {
        match self {
            Self::NotFound => t("group-gone"),
            Self::FromDirectory => t("group-from-directory-refused"),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_apps_could_misread_is_refused() {
        for bad in ["", " ", "a,b", "a;b", "a\nb", &"x".repeat(101)] {
            assert!(!Draft { name: bad.into(), display_name: String::new() }.check().unwrap_err().of("name").is_empty(), "{bad:?}");
        }
        let names = Draft { name: " Büro Nord ".into(), display_name: " ".into() }.check().unwrap();
        assert_eq!((names.name.as_str(), names.display_name.as_str()), ("Büro Nord", "Büro Nord"));
    }
}
