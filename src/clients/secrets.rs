//! Secrets of clients: made here, shown once, kept as a hash. A client may have several, each with a name and an end, so that they can be changed without an outage.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::{Authority, Mistakes, Refused, Registered, changeable, store};
use crate::app::App;
use crate::audit::{self, Kind};
use crate::clock::Timestamp;
use crate::db::Tx;
use crate::id::ClientId;
use crate::language::{self, t};
use crate::secret::{SecretToken, TokenHash};

/// What secrets begin with, so that scanners find leaks.
const PREFIX: &str = "muster_cs_";
/// How many characters of a secret tell it apart in the list: the prefix and eight more.
const HINT_CHARS: usize = PREFIX.len() + 8;
/// The most secrets a client may have at a time.
const SECRETS_MAX: usize = 10;
/// The longest name of a secret, in characters.
const NAME_CHARS_MAX: usize = 100;
/// The longest a secret that ends may last, in days.
const DAYS_MAX: u32 = 3_650;
/// How long before its end a page warns.
const WARN_BEFORE: Duration = Duration::from_secs(14 * 86_400);
/// How precisely the last use of a secret is noted.
const NOTED_EVERY: Duration = Duration::from_secs(60);

/// A secret as listed: never the secret itself.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct SecretLine {
    /// Its first characters.
    pub hint: String,
    /// What an administrator calls it; empty for none.
    pub name: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends by itself.
    pub expires_at: Option<Timestamp>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<Timestamp>,
}

/// Where a secret stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Good for a while.
    Good,
    /// It ends within two weeks.
    EndsSoon,
    /// It has ended.
    Ended,
}

impl SecretLine {
    /// Where it stands.
    pub fn standing(&self, now: Timestamp) -> Standing {
        match self.expires_at {
            Some(at) if at <= now => Standing::Ended,
            Some(at) if at <= now + WARN_BEFORE => Standing::EndsSoon,
            _ => Standing::Good,
        }
    }
}

/// What to warn of on a client's page: that the last secret it can use ends soon, or has ended. `None` while there is one that lasts.
pub fn warning(secrets: &[SecretLine], now: Timestamp) -> Option<String> {
    if secrets.is_empty() || secrets.iter().any(|secret| secret.standing(now) == Standing::Good) {
        return None;
    }
    let last = secrets.iter().filter_map(|secret| secret.expires_at).max()?;
    Some(if last <= now { t("client-secrets-ended").into() } else { t("client-secrets-end").with("day", language::day(last)).into() })
}

/// A secret to make.
#[derive(Clone, Debug, Default)]
pub struct NewSecret {
    /// What to call it; may be empty.
    pub name: String,
    /// After how many days it ends; otherwise it does not.
    pub days: Option<u32>,
}

impl NewSecret {
    fn mistakes(&self) -> Mistakes {
        let mut mistakes = Mistakes::new();
        if self.name.chars().count() > NAME_CHARS_MAX || self.name.chars().any(char::is_control) {
            mistakes.insert("name", t("client-name-wrong").with("max", NAME_CHARS_MAX).into());
        }
        if self.days.is_some_and(|days| !(1..=DAYS_MAX).contains(&days)) {
            mistakes.insert("days", t("client-secret-days-wrong").with("max", DAYS_MAX).into());
        }
        mistakes
    }
}

/// Makes a secret and stores its hash.
pub(super) async fn insert(tx: &mut Tx, client: ClientId, new: &NewSecret, now: Timestamp) -> sqlx::Result<SecretToken> {
    let secret = SecretToken::new(PREFIX);
    let hint: String = secret.reveal().chars().take(HINT_CHARS).collect();
    let expires_at = new.days.map(|days| now + Duration::from_secs(u64::from(days) * 86_400));
    let line = SecretLine { hint, name: new.name.trim().to_owned(), created_at: now, expires_at, last_used_at: None };
    store::insert_secret(tx, client, &secret.hash(), &line).await?;
    Ok(secret)
}

/// Makes one more secret for a client; the ones it has stay. Shown once.
///
/// # Errors
/// [`Refused::Gone`]; [`Refused::Mistakes`] for a name or number of days that cannot be used (fields `name` and `days`), and for a public client or one with ten
/// secrets (field `secret`).
pub async fn make_secret(app: &App, by: Authority<'_>, id: ClientId, new: &NewSecret, now: Timestamp) -> Result<Registered, Refused> {
    let mistakes = new.mistakes();
    if !mistakes.is_empty() {
        return Err(Refused::Mistakes(mistakes));
    }
    let mut tx = app.db.begin().await?;
    let client = store::find(&mut tx, id).await?.ok_or(Refused::Gone)?;
    changeable(&client)?;
    if client.registration.is_public {
        return Err(Refused::Mistakes(Mistakes::from([("secret", t("client-public-no-secret").to_string())])));
    }
    if store::secrets(&mut tx, id).await?.len() >= SECRETS_MAX {
        return Err(Refused::Mistakes(Mistakes::from([("secret", t("client-secrets-many").with("max", SECRETS_MAX).to_string())])));
    }
    let secret = insert(&mut tx, id, new, now).await?;
    let event = by.event(now, Kind::ClientSecretMade, &client).with("name", new.name.trim());
    audit::record(&mut tx, event.with("days", new.days.map_or(0, i64::from))).await?;
    tx.commit().await?;
    Ok(Registered { client, secret: Some(secret) })
}

/// The secrets of a client, the oldest first, with uses noted so far.
///
/// # Errors
/// When the database refuses.
pub async fn secrets(app: &App, id: ClientId) -> sqlx::Result<Vec<SecretLine>> {
    write_uses(app).await?;
    store::secrets(&mut app.db.read().await?, id).await
}

/// Deletes a secret; an app that still uses it can no longer sign anyone in.
///
/// # Errors
/// [`Refused::Gone`] when there is no such client or secret.
pub async fn delete_secret(app: &App, by: Authority<'_>, id: ClientId, hint: &str, now: Timestamp) -> Result<(), Refused> {
    let mut tx = app.db.begin().await?;
    let client = store::find(&mut tx, id).await?.ok_or(Refused::Gone)?;
    changeable(&client)?;
    if !store::delete_secret(&mut tx, id, hint).await? {
        return Err(Refused::Gone);
    }
    audit::record(&mut tx, by.event(now, Kind::ClientChanged, &client).with("secret_deleted", hint)).await?;
    Ok(tx.commit().await?)
}

/// Uses of secrets that are not written yet: a request only notes them here, a job writes them. What a crash loses is a minute.
#[derive(Debug, Default)]
pub struct SecretUses(Mutex<HashMap<TokenHash, Timestamp>>);

impl SecretUses {
    /// Notes a use. Only for secrets that are known, so that there are not more than those.
    pub(super) fn note(&self, secret: &TokenHash, now: Timestamp) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(secret.clone(), now);
    }

    fn take(&self) -> Vec<(TokenHash, Timestamp)> {
        let mut uses: Vec<_> = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner)).into_iter().collect();
        // The same order everywhere, so that two instances do not wait for each other.
        uses.sort_by(|(a, _), (b, _)| a.as_bytes().cmp(b.as_bytes()));
        uses
    }
}

/// Writes the uses noted since the last time, each secret's at most once a minute. For the periodic job, and for whoever wants to see them.
///
/// # Errors
/// When the database refuses; what was noted is lost then.
pub async fn write_uses(app: &App) -> sqlx::Result<()> {
    let uses = app.secret_uses.take();
    if uses.is_empty() {
        return Ok(());
    }
    let mut tx = app.db.begin().await?;
    for (secret, at) in uses {
        store::note_use(&mut tx, &secret, at, at - NOTED_EVERY).await?;
    }
    tx.commit().await
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400;

    fn line(expires_at: Option<i64>) -> SecretLine {
        let at = Timestamp::from_seconds;
        SecretLine { hint: "muster_cs_x".into(), name: String::new(), created_at: at(0), expires_at: expires_at.map(at), last_used_at: None }
    }

    #[test]
    fn a_page_warns_when_the_last_secret_is_about_to_end() {
        let now = Timestamp::from_seconds(100 * DAY);
        let warns = |lines: &[Option<i64>]| warning(&lines.iter().map(|at| line(*at)).collect::<Vec<_>>(), now);
        assert_eq!(
            (warns(&[]), warns(&[None]), warns(&[Some(101 * DAY), None]), warns(&[Some(101 * DAY), Some(120 * DAY)])),
            (None, None, None, None)
        );
        assert!(warns(&[Some(90 * DAY), Some(113 * DAY)]).unwrap().contains("ends on"));
        assert!(warns(&[Some(90 * DAY), Some(100 * DAY)]).unwrap().contains("has ended"));
        assert_eq!(
            [99, 100, 101, 114, 115].map(|day| line(Some(day * DAY)).standing(now)),
            [Standing::Ended, Standing::Ended, Standing::EndsSoon, Standing::EndsSoon, Standing::Good]
        );
    }

    #[test]
    fn what_a_new_secret_says_is_checked() {
        let mistakes = |name: &str, days| NewSecret { name: name.into(), days }.mistakes().into_keys().collect::<Vec<_>>();
        assert!(mistakes("", None).is_empty() && mistakes("CI", Some(3_650)).is_empty());
        assert_eq!((mistakes("a\nb", None), mistakes(&"x".repeat(101), None)), (vec!["name"], vec!["name"]));
        assert_eq!((mistakes("", Some(0)), mistakes("", Some(u32::MAX))), (vec!["days"], vec!["days"]));
    }

    #[test]
    fn of_many_uses_the_last_is_kept() {
        let (uses, secret, other) = (SecretUses::default(), TokenHash::of("a"), TokenHash::of("b"));
        for second in 0..5 {
            uses.note(&secret, Timestamp::from_seconds(second));
        }
        uses.note(&other, Timestamp::from_seconds(9));
        let taken = uses.take();
        assert!(taken.len() == 2 && taken.contains(&(secret, Timestamp::from_seconds(4))) && uses.take().is_empty());
    }
}
