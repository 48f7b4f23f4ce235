//! What an administrator may write about a local person, and what they may not do to anyone. Pure.

use std::fmt;

use super::model::{self, User};
use crate::id::UserId;
use crate::language::{Text, t};
use crate::web::Mistakes;

/// How long a name may be, in characters.
const NAME_CHARS_MAX: usize = 100;
/// How long a telephone number may be, in characters.
const PHONE_CHARS_MAX: usize = 40;

/// A form about a person, as it was typed.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(default)]
pub struct Draft {
    /// The sign-in name.
    pub username: String,
    /// The e-mail address; may be empty.
    pub email: String,
    /// `true` when the administrator vouches for the address.
    pub email_verified: String,
    /// Given name; may be empty.
    pub first_name: String,
    /// Family name; may be empty.
    pub last_name: String,
    /// What to call them; empty takes the full name, or the username.
    pub display_name: String,
    /// Telephone number; may be empty.
    pub phone: String,
}

impl Draft {
    /// The form as it shows someone who exists.
    pub fn of(user: &User) -> Self {
        Self {
            username: user.username.clone(),
            email: user.email.clone().unwrap_or_default(),
            email_verified: if user.email_verified { "true".to_owned() } else { String::new() },
            first_name: user.first_name.clone(),
            last_name: user.last_name.clone(),
            display_name: user.display_name.clone(),
            phone: user.phone.clone().unwrap_or_default(),
        }
    }

    /// Whether the switch was on.
    pub fn vouched(&self) -> bool {
        self.email_verified == "true"
    }

    /// Checks every field.
    ///
    /// # Errors
    /// Every mistake there is, not only the first.
    pub fn check(&self) -> Result<Profile, Mistakes> {
        let mut mistakes = Mistakes::default();
        mistakes.check("username", model::check_username(&self.username));
        let email = self.email.trim();
        if !email.is_empty() {
            mistakes.check("email", model::check_email(email));
        } else if self.vouched() {
            mistakes.add("email_verified", t("person-nothing-to-vouch"));
        }
        for (field, text) in [("first_name", &self.first_name), ("last_name", &self.last_name), ("display_name", &self.display_name)] {
            mistakes.check(field, check_name(text));
        }
        mistakes.check("phone", check_phone(&self.phone));
        if !mistakes.is_empty() {
            return Err(mistakes);
        }
        let (username, first_name, last_name) = (self.username.trim(), self.first_name.trim(), self.last_name.trim());
        let full_name = format!("{first_name} {last_name}");
        let display_name = [self.display_name.trim(), full_name.trim(), username].into_iter().find(|name| !name.is_empty()).unwrap_or(username);
        Ok(Profile {
            username: username.to_owned(),
            email: (!email.is_empty()).then(|| email.to_owned()),
            email_verified: self.vouched(),
            first_name: first_name.to_owned(),
            last_name: last_name.to_owned(),
            display_name: display_name.to_owned(),
            phone: Some(self.phone.trim()).filter(|phone| !phone.is_empty()).map(str::to_owned),
        })
    }
}

/// What a checked form says about a person. Made by [`Draft::check`] alone.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Profile {
    /// The sign-in name.
    pub username: String,
    /// The e-mail address.
    pub email: Option<String>,
    /// Whether the address is known to be theirs.
    pub email_verified: bool,
    /// Given name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
    /// What to call them; never empty.
    pub display_name: String,
    /// Telephone number.
    pub phone: Option<String>,
}

impl Profile {
    /// Writes it over a person.
    pub fn apply(&self, user: &mut User) {
        user.username.clone_from(&self.username);
        user.email.clone_from(&self.email);
        user.email_verified = self.email_verified;
        user.first_name.clone_from(&self.first_name);
        user.last_name.clone_from(&self.last_name);
        user.display_name.clone_from(&self.display_name);
        user.phone.clone_from(&self.phone);
    }

    /// What it would change, for the audit log: field and `before → after`.
    pub fn changes(&self, user: &User) -> Vec<(&'static str, String)> {
        let yes_no = |yes: bool| if yes { "yes" } else { "no" }.to_owned();
        let (before, after) = (user, self);
        [
            ("username", before.username.clone(), after.username.clone()),
            ("email", before.email.clone().unwrap_or_default(), after.email.clone().unwrap_or_default()),
            ("email_verified", yes_no(before.email_verified), yes_no(after.email_verified)),
            ("first_name", before.first_name.clone(), after.first_name.clone()),
            ("last_name", before.last_name.clone(), after.last_name.clone()),
            ("display_name", before.display_name.clone(), after.display_name.clone()),
            ("phone", before.phone.clone().unwrap_or_default(), after.phone.clone().unwrap_or_default()),
        ]
        .into_iter()
        .filter(|(_, before, after)| before != after)
        .map(|(field, before, after)| (field, format!("{} → {}", shown(&before), shown(&after))))
        .collect()
    }
}

fn shown(text: &str) -> &str {
    if text.is_empty() { "(nothing)" } else { text }
}

fn check_name(name: &str) -> Result<(), Text> {
    let name = name.trim();
    if name.chars().count() > NAME_CHARS_MAX {
        return Err(t("name-too-long"));
    }
    if name.chars().any(char::is_control) {
        return Err(t("name-control-characters"));
    }
    Ok(())
}

fn check_phone(phone: &str) -> Result<(), Text> {
    let phone = phone.trim();
    let fits = phone.chars().count() <= PHONE_CHARS_MAX && phone.chars().all(|c| c.is_ascii_digit() || "+-/(). ".contains(c));
    if fits { Ok(()) } else { Err(t("person-phone-wrong")) }
}

/// Why something is not done to a person. [`sentence`](Self::sentence) is what the administrator reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// There is no such person (any more).
    NotFound,
    /// They come from a directory, which alone says who they are.
    FromDirectory,
    /// It would be done to oneself.
    Yourself,
    /// Nobody would be left to administer this server.
    LastAdmin,
    /// The installation does not let people do it.
    NotOffered,
}

impl Refusal {
    /// For the administrator: what was wrong and what to do.
    pub fn sentence(self) -> Text {
        match self {
            Self::NotFound => t("person-gone"),
            Self::FromDirectory => t("person-from-directory-refused"),
            Self::NotOffered => t("person-not-offered"),
            Self::Yourself => t("person-is-yourself"),
            Self::LastAdmin => t("person-is-last-admin"),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

/// Whether somebody may be kept out or deleted by `admin`, given every administrator who can sign in with a passkey.
///
/// # Errors
/// [`Refusal::Yourself`], or [`Refusal::LastAdmin`] when no other administrator is left.
pub fn may_be_kept_out(subject: &User, admin: UserId, able_admins: &[UserId]) -> Result<(), Refusal> {
    if subject.id == admin {
        return Err(Refusal::Yourself);
    }
    must_not_be_last(subject, able_admins)
}

/// Whether somebody may delete their own account, given every administrator who can sign in with a passkey.
///
/// # Errors
/// [`Refusal::FromDirectory`], or [`Refusal::LastAdmin`].
pub fn may_leave(subject: &User, able_admins: &[UserId]) -> Result<(), Refusal> {
    if subject.directory.is_some() {
        return Err(Refusal::FromDirectory);
    }
    must_not_be_last(subject, able_admins)
}

/// Whether somebody may lose the administration, given every administrator who can sign in with a passkey.
///
/// # Errors
/// [`Refusal::LastAdmin`] when they are an administrator and no other is left, also where none is able now: then every one of them may be the one who helps.
pub fn must_not_be_last(subject: &User, able_admins: &[UserId]) -> Result<(), Refusal> {
    if subject.is_admin() && able_admins.iter().all(|id| *id == subject.id) { Err(Refusal::LastAdmin) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;

    fn draft() -> Draft {
        Draft { username: " ada ".into(), first_name: "Ada".into(), last_name: "Lovelace".into(), ..Draft::default() }
    }

    #[test]
    fn what_to_call_someone_falls_back_to_the_full_name_and_then_the_username() {
        assert_eq!(draft().check().unwrap().display_name, "Ada Lovelace");
        assert_eq!(Draft { display_name: "Countess".into(), ..draft() }.check().unwrap().display_name, "Countess");
        assert_eq!(Draft { username: "ada".into(), ..Draft::default() }.check().unwrap().display_name, "ada");
    }

    #[test]
    fn every_mistake_is_named_at_once() {
        let bad = Draft { username: "a da".into(), email: "ada".into(), phone: "call me".into(), first_name: "x".repeat(101), ..Draft::default() };
        let mistakes = bad.check().unwrap_err();
        for field in ["username", "email", "phone", "first_name"] {
            assert!(!mistakes.of(field).is_empty(), "{field}");
        }
        assert!(Draft { email_verified: "true".into(), ..draft() }.check().is_err());
    }

    #[test]
    fn the_log_tells_what_changed_and_nothing_else() {
        let mut user = User::new_local("ada", Some("ada@example.org"), "Ada", "Lovelace", Timestamp::EPOCH);
        let profile = Draft { email: String::new(), ..Draft::of(&user) }.check().unwrap();
        assert_eq!(profile.changes(&user), [("email", "ada@example.org → (nothing)".to_owned())]);
        profile.apply(&mut user);
        assert!(profile.changes(&user).is_empty());
    }

    #[test]
    fn nobody_locks_everyone_out() {
        let person = |local_admin| User { local_admin, ..User::new_local("x", None, "", "", Timestamp::EPOCH) };
        let (ada, bob, eve) = (person(true), person(true), person(false));
        assert_eq!(may_be_kept_out(&ada, ada.id, &[ada.id, bob.id]), Err(Refusal::Yourself));
        assert_eq!(may_be_kept_out(&ada, bob.id, &[ada.id]), Err(Refusal::LastAdmin));
        assert_eq!(may_be_kept_out(&eve, bob.id, &[bob.id]), Ok(()));
        assert_eq!(must_not_be_last(&bob, &[ada.id, bob.id]), Ok(()));
        assert_eq!(must_not_be_last(&bob, &[bob.id]), Err(Refusal::LastAdmin));
        // Bob has no passkey: he may go while Ada stays, and Ada may not while there is only Bob.
        assert_eq!(must_not_be_last(&bob, &[ada.id]), Ok(()));
        assert_eq!(must_not_be_last(&ada, &[ada.id]), Err(Refusal::LastAdmin));
        // Nobody is able: none of the administrators goes, everyone else may.
        assert_eq!(must_not_be_last(&bob, &[]), Err(Refusal::LastAdmin));
        assert_eq!(may_be_kept_out(&eve, bob.id, &[]), Ok(()));
    }
}
