//! Recovery codes: ten that a person prints or writes down for the day every passkey is lost. Each works once, and what it opens is only the way to a new
//! passkey. A new set takes the place of the former. What is stored is a keyed hash, and a code is used by the statement that looks for it.
//!
//! The way in by a code tells nobody who exists: whoever is unknown, kept out, without codes or wrong reads the same sentence at the same beat
//! ([`Beat`]), and guesses are counted in the database, for all instances together. The counts leave the rightful owner a way: they are kept for a name
//! together with a network first, and for the name alone only far above that.

pub mod model;
mod store;

use std::time::Duration;

use anyhow::Context as _;
use aws_lc_rs::hmac;

pub use model::{CODES, Code, FEW};

use crate::account_news::{self, News};
use crate::app::App;
use crate::attempts::{self, Allowance, Beat, Subject};
use crate::audit::{self, Actor, Event, Kind};
use crate::clock::Timestamp;
use crate::db::{Conn, Db, Tx};
use crate::directory;
use crate::id::{AuditEventId, UserId};
use crate::installation;
use crate::secret::{Sealer, TokenHash, base64url, from_base64url, random_bytes};
use crate::sessions::SignedIn;
use crate::users::{self, User};
use crate::web::Client;

/// What the audit log calls the method.
const METHOD: &str = "recovery_code";
const WITHIN: Duration = Duration::from_secs(15 * 60);
/// Wrong codes under one name from one network.
const PER_NAME_AND_NETWORK: Allowance = Allowance { count: 5, within: WITHIN, from_the_last: true };
/// Wrong codes under one name from anywhere: a ceiling for work, not against guessing, or strangers could keep the owner out. At this rate a guess at one of
/// ten codes (58.9 bits each) is right once in hundreds of millions of years.
const PER_NAME: Allowance = Allowance { count: 2_000, within: WITHIN, from_the_last: false };
/// Wrong codes from one network, which may be a whole office.
const PER_NETWORK: Allowance = Allowance { count: 300, within: WITHIN, from_the_last: false };

const FACT: &str = "recovery_secret";
const PURPOSE: &str = "recovery secret";

/// Turns codes into what is stored of them, with a secret of this installation: a code has 58.9 bits, too few for a bare hash in a stolen database.
pub struct Hasher(hmac::Key);

impl std::fmt::Debug for Hasher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Hasher(…)")
    }
}

impl Hasher {
    /// With the secret of this installation, which is made at the first start and kept sealed.
    ///
    /// # Errors
    /// When the database refuses, or the secret cannot be unsealed.
    pub async fn open(db: &Db, sealer: &Sealer) -> anyhow::Result<Self> {
        let new = sealer.seal_text(PURPOSE, &base64url(&random_bytes::<32>()));
        let sealed = installation::get_or_set(db, FACT, &new).await?;
        let text = sealer.unseal_text(PURPOSE, &sealed)?;
        let secret = from_base64url(&text).context("the secret of recovery codes is damaged")?;
        Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, &secret)))
    }

    /// What is stored of a person's code.
    fn hash(&self, user: UserId, code: &Code) -> TokenHash {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(user.uuid().as_bytes());
        context.update(code.reveal().as_bytes());
        TokenHash::of(&base64url(context.sign().as_ref()))
    }
}

/// How somebody stands with their codes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// How many still work.
    pub unused: i64,
    /// How many the set had; 0 without a set.
    pub total: i64,
    /// When the set was made.
    pub made_at: Option<Timestamp>,
}

/// How a person stands with their codes.
///
/// # Errors
/// When the database cannot be read.
pub async fn standing(conn: &mut Conn, user: UserId) -> sqlx::Result<Standing> {
    let counted = store::counted(conn, user).await?;
    Ok(Standing { unused: counted.unused, total: counted.total, made_at: counted.made_at })
}

/// Makes a new set for a person; the former one opens nothing any more. The codes are shown once and never again.
///
/// # Errors
/// When the database refuses.
pub async fn make(app: &App, now: Timestamp, client: &Client, signed_in: &SignedIn) -> anyhow::Result<Vec<Code>> {
    let user = &signed_in.user;
    let codes: Vec<Code> = std::iter::repeat_with(Code::new).take(CODES).collect();
    let hashes: Vec<TokenHash> = codes.iter().map(|code| app.recovery_codes.hash(user.id, code)).collect();
    let mut tx = app.db.begin().await?;
    if !store::lock_person(&mut tx, user.id).await? {
        anyhow::bail!("the person who makes recovery codes is gone");
    }
    let replaced = store::delete_all(&mut tx, user.id).await?;
    store::insert(&mut tx, user.id, &hashes, now).await?;
    let event = Event::new(now, Kind::RecoveryCodesMade, signed_in.actor()).on(user.id.uuid(), &user.username).from_client(client);
    let id = AuditEventId::new();
    audit::record_as(&mut tx, id, event.with("codes", CODES).with("replaced", replaced)).await?;
    account_news::tell(&mut tx, app, user, News::RecoveryCodesMade, client, id, now).await?;
    tx.commit().await?;
    Ok(codes)
}

/// Keeps a person's codes as they are until the transaction ends, for a decision that counts on them.
///
/// # Errors
/// When the database refuses.
pub async fn lock(tx: &mut Tx, user: UserId) -> sqlx::Result<()> {
    store::lock_person(tx, user).await.map(|_| ())
}

/// Takes every code of a person back; gives how many still worked. The caller audits and commits.
///
/// # Errors
/// When the database refuses.
pub async fn revoke(tx: &mut Tx, user: UserId) -> sqlx::Result<i64> {
    // The person's row before their codes, here and everywhere: of two at once one waits.
    store::lock_person(tx, user).await?;
    let unused = store::counted(tx, user).await?.unused;
    store::delete_all(tx, user).await?;
    Ok(unused)
}

/// What became of a try.
#[derive(Debug)]
pub enum Recovery {
    /// The code is right and used up; the caller starts the session, which only enrols.
    Done(Box<User>),
    /// For whatever reason; there is one sentence for all.
    Refused,
    /// Too many tries under this name or from this network.
    TooMany {
        /// How long to wait.
        wait: Duration,
    },
}

/// Uses a person's code. `unverified_name` is a username or an e-mail address. Whether it was right is audited; the code and a name nobody has are not.
///
/// # Errors
/// When the database refuses.
pub async fn recover(app: &App, now: Timestamp, client: &Client, unverified_name: &str, unverified_code: &str) -> anyhow::Result<Recovery> {
    let tried = Tried::new(client, unverified_name);
    let mut tx = app.db.begin().await?;
    if let Err(wait) = tried.count(&mut tx, now).await? {
        drop(tx);
        tracing::info!(client.ip = client.ip_text(), "a recovery code has to wait: too many tries");
        return Ok(Recovery::TooMany { wait });
    }
    tx.commit().await?;
    let beat = Beat::start();
    let outcome = attempt(app, now, client, &tried, unverified_name, unverified_code).await?;
    if !matches!(outcome, Recovery::Done(_)) {
        beat.next().await;
    }
    Ok(outcome)
}

async fn attempt(
    app: &App,
    now: Timestamp,
    client: &Client,
    tried: &Tried,
    unverified_name: &str,
    unverified_code: &str,
) -> anyhow::Result<Recovery> {
    let nobody = UserId::from(uuid::Uuid::nil());
    let code = Code::read(unverified_code);
    // The same statements for everybody: nobody has the id of all zeros, and no person a code that was made up here.
    let (found, hash, is_right) = {
        let mut conn = app.db.read().await?;
        let found = users::find_by_name(&mut conn, unverified_name).await?;
        let whose = found.as_ref().map_or(nobody, |user| user.id);
        let hash = app.recovery_codes.hash(whose, &code.clone().unwrap_or_default());
        let is_right = store::is_unused(&mut conn, whose, &hash).await?;
        (found, hash, is_right)
    };
    // As for a link, the directory is asked whether they are still there; only now, for whoever has no right code must not see how long that takes.
    if let Some(user) = found.as_ref().filter(|_| is_right) {
        directory::refresh_person(app, user, now).await;
    }
    let mut tx = app.db.begin().await?;
    let whose = found.as_ref().map_or(nobody, |user| user.id);
    store::lock_person(&mut tx, whose).await?;
    let user = users::find(&mut tx, whose).await?;
    let admitted = user.as_ref().is_some_and(|user| !user.is_disabled());
    // Somebody kept out uses nothing up: the code works again when they may come in.
    let by = if admitted { whose } else { nobody };
    let used = store::use_up(&mut tx, by, &hash, now).await? && code.is_some();
    match user {
        Some(user) if used => {
            tried.was_right(&mut tx).await?;
            users::signed_in(&mut tx, user.id, now).await?;
            let left = store::counted(&mut tx, user.id).await?.unused;
            let event = Event::new(now, Kind::RecoveryCodeUsed, Actor::user(user.id, &user.username)).on(user.id.uuid(), &user.username);
            let id = AuditEventId::new();
            audit::record_as(&mut tx, id, event.from_client(client).with("codes_left", left)).await?;
            account_news::tell(&mut tx, app, &user, News::RecoveryCodeUsed { left }, client, id, now).await?;
            tx.commit().await?;
            Ok(Recovery::Done(Box::new(user)))
        }
        user => {
            let reason = match (&user, admitted, &code) {
                (None, ..) => "unknown_person",
                (Some(_), false, _) => "disabled",
                (Some(_), true, None) => "not_a_code",
                (Some(_), true, Some(_)) => "wrong_or_used_code",
            };
            let mut event = Event::new(now, Kind::SignInRefused, Actor::visitor()).from_client(client);
            event = event.with("method", METHOD).with("reason", reason);
            if let Some(user) = &user {
                event = event.on(user.id.uuid(), &user.username);
            }
            audit::record(&mut tx, event).await?;
            tx.commit().await?;
            Ok(Recovery::Refused)
        }
    }
}

/// What a try is counted for, before anybody knows whether the name is somebody's.
struct Tried(Vec<(Subject, Allowance)>);

impl Tried {
    fn new(client: &Client, unverified_name: &str) -> Self {
        let name = users::model::key(unverified_name);
        let mut counted = Vec::with_capacity(3);
        if let Some(ip) = client.ip {
            counted.push((Subject::network("recovery code from", ip), PER_NETWORK));
            counted.push((Subject::network(&format!("recovery code under {name}"), ip), PER_NAME_AND_NETWORK));
        }
        counted.push((Subject::new("recovery code under", &name), PER_NAME));
        Self(counted)
    }

    /// Counts the try, or says how long to wait; the caller commits what was counted and drops it otherwise.
    async fn count(&self, tx: &mut Tx, now: Timestamp) -> sqlx::Result<Result<(), Duration>> {
        for (subject, allowance) in &self.0 {
            if let Err(wait) = attempts::take(tx, subject, *allowance, now).await? {
                return Ok(Err(wait));
            }
        }
        Ok(Ok(()))
    }

    /// Takes the try back: it was no guess.
    async fn was_right(&self, tx: &mut Tx) -> sqlx::Result<()> {
        for (subject, _) in &self.0 {
            attempts::give_back(tx, subject).await?;
        }
        Ok(())
    }
}
