//! Passkeys: adding one, signing in with one without typing a name, and proving with one that it is still the same person (WebAuthn Level 3, discoverable credentials, user verification required).
//! webauthn-rs is used here and nowhere else.
//!
//! A **ceremony** begins with a challenge and ends with the browser's answer. Its state is a row in the database, so any instance can finish it. The
//! page gets a random token for it, the browser a cookie; both are stored hashed. An answer is judged in this order, in `register.rs`, `sign_in.rs` and `proof.rs`:
//!
//! 1. the ceremony is taken out of the database and the deletion committed: a second answer finds nothing, whatever becomes of the first;
//! 2. [`model::Ceremony::fits`]: in time, for this purpose, from the browser and person who began;
//! 3. [`gate`]: the strict pre-check;
//! 4. webauthn-rs: the cryptography;
//! 5. what only we know: the credential's owner, the limits, whether the person may come in, and with this passkey ([`policy`]);
//! 6. one transaction with the deed and its audit event. A refusal is audited too.

pub mod gate;
pub mod http;
pub mod model;
mod observed;
pub mod policy;
mod proof;
pub mod prove;
mod refusal;
mod register;
pub mod rp_id;
mod sign_in;
mod store;

use anyhow::Context as _;
use serde::Serialize;
use serde_json::Value;

pub use model::{PASSKEYS_MAX, Passkey, Purpose};
pub use proof::{finish_proof, start_proof};
pub use register::{Added, finish_registration, start_registration};
pub use sign_in::{SignedInWith, finish_sign_in, start_sign_in};

use refusal::{COUNTER_WENT_BACK, Cause, gate_refused, refused};

use crate::account_news::{self, News};
use crate::app::App;
use crate::audit::{self, Event, Kind};
use crate::clock::Timestamp;
use crate::db::{Conn, Tx};
use crate::id::{AuditEventId, PasskeyId, UserId};
use crate::recovery_codes;
use crate::secret::{SecretToken, TokenHash, base64url};
use crate::sessions::{self, Method, SignedIn};
use crate::sign_in_problems::Code;
use crate::users::{self, User};
use crate::web::Client;

/// A ceremony that has begun: what the page needs.
#[derive(Debug)]
pub struct Started {
    /// Names the ceremony when it is finished.
    pub ceremony: SecretToken,
    /// The options for `navigator.credentials`, as JSON of section 5.1.8 of WebAuthn Level 3.
    pub public_key: Value,
}

/// What a page sends to finish a ceremony.
#[derive(Debug)]
pub struct Answer<'a> {
    /// Who asks.
    pub client: &'a Client,
    /// The hash of the browser's ceremony cookie, when it sent one.
    pub browser: Option<&'a TokenHash>,
    /// The token of [`Started`].
    pub unverified_ceremony: &'a str,
    /// The browser's answer, as JSON.
    pub unverified_credential: &'a Value,
}

/// Why a ceremony did not succeed, as far as the person is told.
#[derive(Debug)]
pub enum CeremonyError {
    /// The ceremony is over, was answered already, or belongs to another browser, purpose or person. The page may begin another at once.
    Expired,
    /// Nobody here has this passkey: it was removed.
    UnknownCredential,
    /// The device did not verify the person.
    UserNotVerified,
    /// The page was open under another address than the configured one.
    WrongAddress,
    /// This device or password manager has a passkey for the person already.
    AlreadyRegistered,
    /// The passkey could not be used to sign in without a name.
    NotDiscoverable,
    /// The person has as many passkeys as anyone may have.
    TooMany,
    /// The passkey is somebody else's than the one's who is signed in.
    OtherAccount,
    /// The session came by a password and the person has a passkey: that one has to be used first.
    PasskeyNeeded,
    /// The signature counter went backwards: there may be a copy of the key.
    PossibleCopy,
    /// A policy wants another kind of passkey: which, in words.
    Unsuitable {
        /// What is wanted.
        wanted: String,
        /// It was to be added; otherwise, used.
        adding: bool,
    },
    /// A policy names models, and the list of models is missing or out of date.
    NoMetadata,
    /// Anything else, a disabled person included: said in the same words.
    Refused,
    /// One of these, filed under a code that the person is told.
    Filed(Box<CeremonyError>, Code),
    /// Our fault.
    Internal(anyhow::Error),
}

impl CeremonyError {
    /// Whether it counts as a failed try: whatever nobody had to have a key for and is written down all the same, or anybody could fill the audit log. Not who
    /// showed a passkey that a policy does not admit, and not an answer to no ceremony at all, which is written down nowhere.
    pub fn is_a_try(&self) -> bool {
        match self {
            Self::Filed(error, _) => !matches!(**error, Self::Unsuitable { .. }),
            Self::UnknownCredential | Self::PossibleCopy | Self::Refused => true,
            _ => false,
        }
    }

    /// With the code it is filed under.
    fn filed(self, code: Code) -> Self {
        Self::Filed(Box::new(self), code)
    }
}

impl From<anyhow::Error> for CeremonyError {
    fn from(error: anyhow::Error) -> Self {
        Self::Internal(error)
    }
}

impl From<sqlx::Error> for CeremonyError {
    fn from(error: sqlx::Error) -> Self {
        Self::Internal(error.into())
    }
}

/// What a browser's `PublicKeyCredential.signal…` methods (WebAuthn Level 3, section 5.1.10) need to bring a password manager up to date.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Signal {
    rp_id: String,
    user_id: String,
    name: String,
    display_name: String,
    /// Complete, or managers would delete passkeys that still work.
    all_accepted_credential_ids: Vec<String>,
}

/// The passkeys of a person, oldest first.
///
/// # Errors
/// When the database cannot be read.
pub async fn of_user(conn: &mut Conn, user: UserId) -> sqlx::Result<Vec<Passkey>> {
    store::of_user(conn, user).await
}

/// Whether a session may add a passkey. A password can be phished, and a passkey added with it would stay: it adds the first one and no other. A one-time
/// link or a recovery code is how somebody gets in again who has lost theirs.
const fn may_add(method: Method, has_one: bool) -> bool {
    match method {
        Method::Passkey { .. } | Method::AccessLink | Method::RecoveryCode => true,
        Method::DirectoryPassword { .. } | Method::OtherDevice => !has_one,
    }
}

/// Whether a person has to sign in with a passkey before they can add one.
///
/// # Errors
/// When the database cannot be read.
async fn needs_passkey_to_add(conn: &mut Conn, signed_in: &SignedIn) -> sqlx::Result<bool> {
    Ok(!may_add(signed_in.session.method, has_any(conn, signed_in.user.id).await?))
}

/// Whether a person has a passkey.
///
/// # Errors
/// When the database cannot be read.
pub async fn has_any(conn: &mut Conn, user: UserId) -> sqlx::Result<bool> {
    store::has_any(conn, user).await
}

/// Whether anyone here has a passkey.
///
/// # Errors
/// When the database cannot be read.
pub async fn any(conn: &mut Conn) -> sqlx::Result<bool> {
    store::any(conn).await
}

/// What password managers may be told about a person now.
///
/// # Errors
/// When the database cannot be read.
pub async fn signal(app: &App, user: &User) -> sqlx::Result<Signal> {
    let passkeys = store::of_user(&mut app.db.read().await?, user.id).await?;
    Ok(Signal {
        rp_id: app.rp_id.clone(),
        user_id: base64url(user.user_handle.as_bytes()),
        name: user.username.clone(),
        display_name: display_name(user).to_owned(),
        all_accepted_credential_ids: passkeys.iter().map(|passkey| base64url(&passkey.credential_id)).collect(),
    })
}

/// Gives a passkey another name; `false` when the person has no such passkey. The name has passed [`model::check_name`].
///
/// # Errors
/// When the database refuses.
pub async fn rename(app: &App, now: Timestamp, client: &Client, signed_in: &SignedIn, id: PasskeyId, name: &str) -> anyhow::Result<bool> {
    let mut tx = app.db.begin().await?;
    let renamed = store::rename(&mut tx, signed_in.user.id, id, name).await?;
    if renamed {
        let event = Event::new(now, Kind::PasskeyRenamed, signed_in.actor()).on(signed_in.user.id.uuid(), &signed_in.user.username);
        audit::record(&mut tx, event.from_client(client).with("passkey", name).with("passkey_id", id.to_string())).await?;
    }
    tx.commit().await?;
    Ok(renamed)
}

/// What became of a removal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removal {
    /// The passkey signs nobody in any more.
    Removed,
    /// It is the person's last one, and they have no recovery code: they could not come in again.
    IsLast,
    /// It is the only one that policies admit, and they have no recovery code.
    IsLastSuitable,
    /// It is the last one of the last administrator.
    IsLastOfLastAdmin,
    /// The person has no such passkey.
    NotFound,
}

/// Removes a passkey of the person; the last one that signs them in only when they have another way in, and the last one of the last administrator never.
///
/// # Errors
/// When the database refuses.
pub async fn remove(app: &App, now: Timestamp, client: &Client, signed_in: &SignedIn, id: PasskeyId) -> anyhow::Result<Removal> {
    let user = &signed_in.user;
    let mut tx = app.db.begin().await?;
    // All administrators before one person: of two who remove their last passkeys at once, the second sees what the first left.
    let is_last_admin = user.is_admin() && !users::lock_other_able_admin(&mut tx, user.id).await?;
    recovery_codes::lock(&mut tx, user.id).await?;
    let theirs = store::lock_of_user(&mut tx, user.id).await?;
    let Some(passkey) = theirs.iter().find(|passkey| passkey.id == id) else { return Ok(Removal::NotFound) };
    let rule = policy::of_person(&mut tx, user.id).await?.rule();
    let metadata = app.authenticators.get();
    let does = |one: &store::Named| rule.lack(policy::held(one.backup_eligible, one.attested, one.aaguid, metadata.as_deref())).is_none();
    let is_only_suitable = does(passkey) && !theirs.iter().any(|other| other.id != id && does(other));
    if theirs.len() < 2 || is_only_suitable {
        let codes = recovery_codes::standing(&mut tx, user.id).await?.unused;
        match model::may_remove_last(codes, is_last_admin) {
            Ok(()) => {}
            Err(Removal::IsLast) if theirs.len() > 1 => return Ok(Removal::IsLastSuitable),
            Err(refusal) => return Ok(refusal),
        }
    }
    store::delete(&mut tx, user.id, id).await?;
    let event = Event::new(now, Kind::PasskeyRemoved, signed_in.actor()).on(user.id.uuid(), &user.username).from_client(client);
    let id = AuditEventId::new();
    audit::record_as(&mut tx, id, event.with("passkey", passkey.name.as_str())).await?;
    let news = News::PasskeyRemoved { name: &passkey.name, by_administrator: false };
    account_news::tell(&mut tx, app, user, news, client, id, now).await?;
    tx.commit().await?;
    Ok(Removal::Removed)
}

/// What became of "this was not me".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Disowned {
    /// What became of the passkey.
    pub removal: Removal,
    /// How many other sessions ended.
    pub sessions: u64,
}

/// Its owner says that a passkey, or a use of it, is not theirs: it is removed where that leaves a way in, and every other session ends at once.
///
/// # Errors
/// When the database refuses.
pub async fn disown(app: &App, now: Timestamp, client: &Client, signed_in: &SignedIn, id: PasskeyId) -> anyhow::Result<Disowned> {
    let removal = remove(app, now, client, signed_in, id).await?;
    if removal == Removal::NotFound {
        return Ok(Disowned { removal, sessions: 0 });
    }
    let user = &signed_in.user;
    let mut tx = app.db.begin().await?;
    let sessions = sessions::end_others(&mut tx, user.id, signed_in.session.id, now).await?;
    let event = Event::new(now, Kind::SessionsEnded, signed_in.actor()).on(user.id.uuid(), &user.username).from_client(client);
    audit::record(&mut tx, event.with("count", sessions).with("because", "a passkey was said not to be theirs")).await?;
    tx.commit().await?;
    Ok(Disowned { removal, sessions })
}

/// What happened with a passkey of a person, newest first, as far as the audit log still has it.
///
/// # Errors
/// When the database cannot be read.
pub async fn timeline(conn: &mut Conn, user: UserId, id: PasskeyId) -> sqlx::Result<Vec<audit::Line>> {
    /// How far back it looks, in events of the person.
    const LOOKED_AT: i64 = 500;
    let filter = audit::Filter { user: Some(user), kind: None, before: None, limit: LOOKED_AT };
    let mut lines = audit::list(conn, &filter).await?;
    let mark = format!("\"passkey_id\":\"{id}\"");
    lines.retain(|line| line.detail.contains(&mark));
    Ok(lines)
}

/// Takes a passkey away from a person, whatever that leaves them; gives its name and how many are left. The caller sees to a way in, audits and commits.
///
/// # Errors
/// When the database refuses.
pub async fn take_away(tx: &mut Tx, user: UserId, id: PasskeyId) -> sqlx::Result<Option<(String, usize)>> {
    let theirs = store::lock_of_user(tx, user).await?;
    let Some(passkey) = theirs.iter().find(|passkey| passkey.id == id) else { return Ok(None) };
    store::delete(tx, user, id).await?;
    Ok(Some((passkey.name.clone(), theirs.len() - 1)))
}

/// Deletes ceremonies nobody finished.
///
/// # Errors
/// When the database refuses.
pub async fn sweep(app: &App, now: Timestamp) -> anyhow::Result<u64> {
    let mut tx = app.db.begin().await?;
    let swept = store::delete_expired_ceremonies(&mut tx, now).await?;
    tx.commit().await?;
    Ok(swept)
}

/// Stores a ceremony's state and gives its token.
async fn begin(
    app: &App,
    purpose: Purpose,
    user: Option<UserId>,
    browser: &TokenHash,
    state: &impl Serialize,
    challenge: &[u8],
    now: Timestamp,
) -> anyhow::Result<SecretToken> {
    let ceremony = SecretToken::new("");
    let state = serde_json::to_string(state).context("storing a ceremony")?;
    let mut tx = app.db.begin().await?;
    let new = store::NewCeremony {
        token_hash: &ceremony.hash(),
        purpose,
        browser_hash: browser,
        user,
        state: &state,
        challenge: &base64url(challenge),
        created_at: now,
        expires_at: now + model::CEREMONY_LIFETIME,
    };
    store::insert_ceremony(&mut tx, new).await?;
    tx.commit().await?;
    Ok(ceremony)
}

/// Takes the ceremony this answer belongs to, for good, and checks that it may be finished here.
async fn take(app: &App, now: Timestamp, purpose: Purpose, person: Option<&User>, answer: &Answer<'_>) -> Result<model::Ceremony, CeremonyError> {
    let mut tx = app.db.begin().await?;
    let taken = store::take_ceremony(&mut tx, &TokenHash::of(answer.unverified_ceremony)).await?;
    tx.commit().await?;
    // An answer to no ceremony at all is noise and leaves no trace in the audit log: anyone could fill it.
    let ceremony = taken.ok_or(CeremonyError::Expired)?;
    if let Err(misfit) = ceremony.fits(purpose, answer.browser, person.map(|user| user.id), now) {
        let code = refused(app, now, answer, purpose, person, Cause::of(misfit.code())).await?;
        return Err(CeremonyError::Expired.filed(code));
    }
    Ok(ceremony)
}

/// What the gate compares with.
fn expected<'a>(app: &'a App, ceremony: &'a model::Ceremony) -> gate::Expected<'a> {
    gate::Expected { origin: app.config.origin.as_str(), rp_id: &app.rp_id, challenge: &ceremony.challenge }
}

/// What password managers show for a person; never empty, which the library would refuse.
fn display_name(user: &User) -> &str {
    if user.display_name.trim().is_empty() { &user.username } else { &user.display_name }
}
