//! Who may sign up, what a link to it is, and what people type. Pure.

use std::time::Duration;

use askama::Template;
use serde::Deserialize;

use super::Link;
use crate::clock::Timestamp;
use crate::language::{Text, t};
use crate::users::model::{check_email, check_username};
use crate::web::Mistakes;

/// How often one link can be used at most.
const USES_MAX: i64 = 1_000;
/// How many invitations are sent at once.
const INVITATIONS_MAX: usize = 200;
/// How long a note and a name may be, in characters.
const NAME_CHARS_MAX: usize = 100;

/// Whether a link still opens anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It does.
    Usable,
    /// It was used as often as it may be.
    UsedUp,
    /// It was taken back.
    Revoked,
    /// It ran out.
    Expired,
}

impl Link {
    /// Whether it still opens anything. What happened to it counts before the time that has passed since.
    pub fn state(&self, now: Timestamp) -> State {
        if self.revoked_at.is_some() {
            State::Revoked
        } else if self.uses >= self.uses_max {
            State::UsedUp
        } else if now >= self.expires_at {
            State::Expired
        } else {
            State::Usable
        }
    }
}

/// The text of an invitation.
#[derive(Template)]
#[template(path = "mail/invitation.txt")]
pub(super) struct InvitationText<'a> {
    pub(super) app_name: &'a str,
    pub(super) url: &'a str,
    pub(super) until: String,
}

/// The form that makes links, as it was typed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct LinkDraft {
    /// What to remember it by.
    pub note: String,
    /// `hour`, `day`, `week` or `month`.
    pub lifetime: String,
    /// How often it works.
    pub uses: String,
    /// Names of local groups, one per line.
    pub groups: String,
    /// Addresses to send a link each to, one per line.
    pub emails: String,
}

/// What a checked form says. Made by [`LinkDraft::check`] alone.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Terms {
    /// What to remember it by; never empty.
    pub note: String,
    /// How long it works.
    pub lifetime: Duration,
    /// How often it works.
    pub uses_max: i64,
    /// Names of groups, none twice.
    pub groups: Vec<String>,
    /// Addresses, none twice.
    pub emails: Vec<String>,
}

impl LinkDraft {
    /// Checks every field.
    ///
    /// # Errors
    /// Every mistake there is.
    pub fn check(&self) -> Result<Terms, Mistakes> {
        let mut mistakes = Mistakes::default();
        let note = self.note.trim();
        if note.is_empty() {
            mistakes.add("note", t("sign-up-links-note-missing"));
        }
        mistakes.check("note", check_line(note));
        let (groups, emails) = (lines(&self.groups), lines(&self.emails));
        for email in &emails {
            mistakes.check("emails", check_email(email).map_err(|mistake| t("sign-up-links-look-at").with("mistake", mistake).with("email", email)));
        }
        if emails.len() > INVITATIONS_MAX {
            mistakes.add("emails", t("sign-up-links-too-many").with("count", INVITATIONS_MAX));
        }
        let uses = self.uses.trim();
        let uses_max = if uses.is_empty() { Some(1) } else { uses.parse().ok().filter(|uses| (1..=USES_MAX).contains(uses)) };
        if uses_max.is_none() {
            mistakes.add("uses", t("sign-up-links-uses-wrong").with("max", USES_MAX));
        }
        if !mistakes.is_empty() {
            return Err(mistakes);
        }
        let lifetime = Duration::from_secs(match self.lifetime.as_str() {
            "hour" => 3600,
            "day" => 86_400,
            "month" => 30 * 86_400,
            _ => 7 * 86_400,
        });
        Ok(Terms { note: note.to_owned(), lifetime, uses_max: uses_max.unwrap_or(1), groups, emails })
    }
}

/// What somebody types about themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Draft {
    /// Given name.
    pub first_name: String,
    /// Family name; may be empty.
    pub last_name: String,
    /// The sign-in name.
    pub username: String,
    /// The e-mail address; ignored where the link was sent to one.
    pub email: String,
}

impl Draft {
    /// Checks every field; the address only where one is asked for.
    pub fn check(&self, asks_for_email: bool) -> Mistakes {
        let mut mistakes = Mistakes::default();
        if self.first_name.trim().is_empty() {
            mistakes.add("first_name", t("sign-up-first-name-missing"));
        }
        mistakes.check("first_name", check_line(&self.first_name));
        // Not everybody has one.
        mistakes.check("last_name", check_line(&self.last_name));
        mistakes.check("username", check_username(&self.username));
        // A name is looked for before an address, here and in apps: nobody may choose what is, or will be, somebody else's address.
        if self.username.contains('@') {
            mistakes.add("username", t("sign-up-name-with-at"));
        }
        if asks_for_email {
            mistakes.check("email", check_email(&self.email));
        }
        mistakes
    }
}

fn check_line(text: &str) -> Result<(), Text> {
    if text.chars().count() > NAME_CHARS_MAX || text.chars().any(char::is_control) { Err(t("sign-up-line-too-long")) } else { Ok(()) }
}

/// The lines of a field, without empty and repeated ones.
fn lines(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        if !lines.iter().any(|known| known == line) {
            lines.push(line.to_owned());
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::SignUpLinkId;

    #[test]
    fn a_link_ends_by_use_by_revocation_and_by_time() {
        let at = Timestamp::from_seconds;
        let link = Link {
            id: SignUpLinkId::new(),
            note: String::new(),
            email: None,
            uses_max: 2,
            uses: 1,
            created_by: None,
            created_by_name: None,
            created_at: at(0),
            expires_at: at(60),
            revoked_at: None,
            groups: String::new(),
        };
        assert_eq!(link.state(at(59)), State::Usable);
        assert_eq!(link.state(at(60)), State::Expired);
        assert_eq!(Link { uses: 2, ..link.clone() }.state(at(1)), State::UsedUp);
        assert_eq!(Link { revoked_at: Some(at(1)), ..link }.state(at(1)), State::Revoked);
    }

    #[test]
    fn every_mistake_of_a_link_is_named() {
        let draft = LinkDraft { uses: "0".into(), emails: "ada@example.org\nnobody".into(), ..LinkDraft::default() };
        let mistakes = draft.check().expect_err("mistakes");
        assert!(mistakes.of("emails").contains("“nobody”"));
        assert!(!mistakes.of("note").is_empty() && !mistakes.of("uses").is_empty());
        let good = LinkDraft { note: "class 7b".into(), groups: " pupils \n\npupils\nclub".into(), lifetime: "hour".into(), ..LinkDraft::default() };
        let terms = good.check().expect("no mistake");
        assert_eq!((terms.groups, terms.uses_max, terms.lifetime.as_secs()), (vec!["pupils".to_owned(), "club".into()], 1, 3600));
    }

    #[test]
    fn every_mistake_about_oneself_is_named() {
        let mistakes = Draft { last_name: "x".repeat(101), username: "a b".into(), email: "nobody".into(), ..Draft::default() }.check(true);
        for field in ["first_name", "last_name", "username", "email"] {
            assert!(!mistakes.of(field).is_empty(), "{field}");
        }
        let draft = Draft { first_name: "Suharto".into(), username: "suharto".into(), ..Draft::default() };
        assert!(draft.check(false).is_empty() && !draft.check(true).is_empty());
    }

    #[test]
    fn nobody_chooses_an_address_for_a_name() {
        let draft =
            |username: &str| Draft { first_name: "Eve".into(), username: username.into(), email: "eve@example.org".into(), ..Draft::default() };
        assert!(draft("eve").check(true).is_empty());
        for taken in ["boss@example.org", "eve@example.org", "e@ve"] {
            assert!(draft(taken).check(true).of("username").contains("without @"), "{taken}");
            assert!(draft(taken).check(false).of("username").contains("without @"), "{taken}");
        }
    }
}
