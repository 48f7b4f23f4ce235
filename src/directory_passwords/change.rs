//! Changing the directory password from here.

use std::time::Duration;

use serde::Deserialize;

use super::{PER_ACCOUNT, Tried, account, dn_now, store};
use crate::app::App;
use crate::attempts;
use crate::audit::{self, Event, Kind};
use crate::clock::Timestamp;
use crate::directory;
use crate::directory::client::{self, FetchError, PasswordChange, Phase, Refusal};
use crate::directory::config::DirectoryConfig;
use crate::language::{Text, duration, t};
use crate::secret::{Password, equal};
use crate::sessions::{self, SignedIn};
use crate::users::User;
use crate::web::{Client, Mistakes};

/// The longest password passed on, in bytes.
pub(super) const BYTES_MAX: usize = 512;
/// How long the directory may take for it.
const CHANGE_WITHIN: Duration = Duration::from_secs(10);

/// What the person types.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Form {
    old: Password,
    new: Password,
    again: Password,
}

/// A wish to change a password.
#[derive(Debug)]
pub struct Change<'a> {
    /// Whose.
    pub signed_in: &'a SignedIn,
    /// From where.
    pub client: &'a Client,
    /// What they typed.
    pub form: &'a Form,
}

/// What became of it.
#[derive(Debug)]
pub enum Changed {
    /// It is changed; other sessions have ended.
    Done,
    /// The person's directory does not let them, or they have none.
    NotOffered,
    /// Something has to be typed differently, by field; `""` is the whole form.
    Mistakes(Mistakes),
}

/// The directory in which a person may change their password from here.
pub(super) async fn directory_of(app: &App, user: &User) -> anyhow::Result<Option<DirectoryConfig>> {
    let Some(name) = user.directory.as_deref().filter(|_| user.entry_dn.is_some()) else { return Ok(None) };
    let texts = directory::texts(app, name).await?;
    if !texts.is_enabled() {
        return Ok(None);
    }
    Ok(texts.read(name).ok().filter(|config| config.passwords.write_back))
}

/// Changes a person's directory password, with the old one as proof. Their other sessions end.
///
/// # Errors
/// When the database refuses.
pub async fn change(app: &App, now: Timestamp, wish: &Change<'_>) -> anyhow::Result<Changed> {
    let Change { signed_in, client, form } = *wish;
    let user = &signed_in.user;
    let Some(config) = directory_of(app, user).await? else { return Ok(Changed::NotOffered) };
    let mistakes = form.mistakes();
    if !mistakes.is_empty() {
        return Ok(Changed::Mistakes(mistakes));
    }
    let tried = Tried::by_network(client);
    if let Err(wait) = count(app, &tried, user, now).await? {
        let sentence = t("password-too-many-wrong").with("time", duration(whole_minutes(wait)));
        return Ok(Changed::Mistakes(Mistakes::one("", sentence)));
    }
    let asked = match dn_now(&config, user, now).await {
        Ok(Ok(dn)) => client::change_password(&config, &dn, &form.old, &form.new, CHANGE_WITHIN).await,
        // Whoever is not there any more, or disabled, is let in no more either.
        Ok(Err(_)) => Ok(PasswordChange::Refused(Refusal::Unsaid)),
        Err(error) => Err(error),
    };
    let refused = match asked {
        Ok(PasswordChange::Changed) => {
            let mut tx = app.db.begin().await?;
            tried.was_right(&mut tx, user).await?;
            store::delete_hash(&mut tx, user.id).await?;
            let ended = sessions::end_others(&mut tx, user.id, signed_in.session.id, now).await?;
            let event = event(now, Kind::DirectoryPasswordChanged, wish).with("directory", config.name.as_str());
            audit::record(&mut tx, event.with("sessions", ended)).await?;
            tx.commit().await?;
            return Ok(Changed::Done);
        }
        Ok(PasswordChange::NewNotTaken(words)) => {
            let mut tx = app.db.begin().await?;
            tried.was_right(&mut tx, user).await?;
            tx.commit().await?;
            ("new", "against_the_rules", not_taken(&words))
        }
        Ok(PasswordChange::WrongOld) => ("old", "wrong_password", t("password-wrong-old").into()),
        Ok(PasswordChange::Refused(why)) => {
            let (reason, sentence) = refused(why);
            ("old", reason, sentence.into())
        }
        Err(FetchError { phase, message }) => {
            tracing::warn!(directory = config.name, cause = message, "a directory password could not be changed");
            let sentence = match phase {
                Phase::Tls => t("password-no-secure-connection"),
                _ => t("password-no-answer"),
            };
            ("", "directory_unreachable", sentence.into())
        }
    };
    let (field, reason, sentence) = refused;
    let mut tx = app.db.begin().await?;
    audit::record(&mut tx, event(now, Kind::DirectoryPasswordRefused, wish).with("directory", config.name.as_str()).with("reason", reason)).await?;
    tx.commit().await?;
    Ok(Changed::Mistakes(Mistakes::one(field, sentence)))
}

/// Counts a try with an old password, which may be wrong.
async fn count(app: &App, tried: &Tried, user: &User, now: Timestamp) -> sqlx::Result<Result<(), Duration>> {
    if let Err(wait) = tried.count(app, now).await? {
        return Ok(Err(wait));
    }
    let mut tx = app.db.begin().await?;
    let counted = attempts::take(&mut tx, &account(user), PER_ACCOUNT, now).await?;
    tx.commit().await?;
    Ok(counted)
}

/// Rounded up, for people.
pub(super) fn whole_minutes(wait: Duration) -> Duration {
    Duration::from_secs(wait.as_secs().div_ceil(60).max(1) * 60)
}

fn refused(why: Refusal) -> (&'static str, Text) {
    match why {
        Refusal::Locked => ("locked_in_the_directory", t("password-locked")),
        Refusal::Expired | Refusal::MustChange => ("password_must_be_changed", t("password-run-out")),
        Refusal::Disabled | Refusal::AccountExpired | Refusal::NotNow | Refusal::NotHere | Refusal::Unsaid => {
            ("refused_by_the_directory", t("password-refused-by-directory"))
        }
    }
}

/// Why a directory did not take a new password, for the person who typed it: what servers' usual words mean, and the words.
fn not_taken(words: &str) -> String {
    let lower = words.to_lowercase();
    let mentions = |any: &[&str]| any.iter().any(|part| lower.contains(part));
    let sentence = if mentions(&["history", "reuse", "already in use", "used before", "last used"]) {
        t("password-had-before")
    } else if mentions(&["too short", "length", "at least"]) {
        t("password-too-short")
    } else if mentions(&["too young", "too soon", "minimum age", "min_pwd_age", "within minimum"]) {
        t("password-too-young")
    } else if mentions(&["complex", "quality", "trivial", "simple", "syntax", "dictionary"]) {
        t("password-too-simple")
    } else if mentions(&["insufficient access", "insufficient rights", "not allowed"]) {
        t("password-not-yours-to-change")
    } else {
        t("password-not-taken")
    };
    if words.is_empty() {
        sentence.into()
    } else {
        t("password-directory-said").with("sentence", sentence).with("words", format!("{words:?}")).into()
    }
}

fn event(now: Timestamp, kind: Kind, wish: &Change<'_>) -> Event {
    let user = &wish.signed_in.user;
    Event::new(now, kind, wish.signed_in.actor()).on(user.id.uuid(), &user.username).from_client(wish.client)
}

impl Form {
    /// What can be said without asking the directory; what makes a good password is its decision.
    fn mistakes(&self) -> Mistakes {
        let mut mistakes = Mistakes::default();
        if self.old.is_empty() {
            mistakes.add("old", t("password-old-missing"));
        }
        if self.new.is_empty() {
            mistakes.add("new", t("password-new-missing"));
        }
        for (field, password) in [("old", &self.old), ("new", &self.new)] {
            if let Err(sentence) = check(password) {
                mistakes.add(field, sentence);
            }
        }
        if equal(self.new.reveal().as_bytes(), self.old.reveal().as_bytes()) {
            mistakes.add("new", t("password-same"));
        }
        if !equal(self.new.reveal().as_bytes(), self.again.reveal().as_bytes()) {
            mistakes.add("again", t("password-not-twice"));
        }
        mistakes
    }
}

/// Whether a password can be passed on at all.
pub(super) fn check(password: &Password) -> Result<(), Text> {
    let text = password.reveal();
    if text.len() > BYTES_MAX {
        Err(t("password-too-long"))
    } else if text.contains('\0') {
        Err(t("password-impossible"))
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_by_the_rules_says_what_to_do() {
        for (words, part) in [
            ("Password fails quality checking policy", "too simple"),
            ("Password is in history of old passwords", "before"),
            ("Password is too young to change", "tomorrow"),
            ("invalid password syntax: password must be at least 8 characters long", "longer"),
            ("0000052D: SvcErr: DSID-031A12D2, problem 5003 (WILL_NOT_PERFORM), data 0", "may be too short"),
            ("", "does not take"),
        ] {
            assert!(not_taken(words).contains(part), "{words}");
        }
    }

    #[test]
    fn what_is_typed_wrong_is_said_by_field() {
        let form = |old: &str, new: &str, again: &str| Form { old: Password::new(old), new: Password::new(new), again: Password::new(again) };
        assert!(form("a", "b", "b").mistakes().is_empty());
        assert!(!form("", "b", "b").mistakes().of("old").is_empty());
        assert!(!form("a", "", "").mistakes().of("new").is_empty());
        assert!(form("a", "a", "a").mistakes().of("new").contains("now"));
        assert!(!form("a", "b", "c").mistakes().of("again").is_empty());
        assert!(!form("a", &"b".repeat(513), &"b".repeat(513)).mistakes().of("new").is_empty());
        assert!(!format!("{:?}", form("hunter2", "hunter3", "hunter3")).contains("hunter"));
    }
}
