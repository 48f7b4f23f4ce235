//! Browser sessions: tower-sessions carries the cookie, our own store keeps the rows, indexed by person so that they can be listed and ended.
//! A session exists only for someone who signed in; visitors get none.
//!
//! Handlers ask for authority in their signature: [`SignedIn`] (anyone), [`AdminSession`] (an administrator who used a passkey), [`MayEnrol`] (anyone, and
//! who has come in by a directory password or a recovery code to add a passkey and may do nothing else). What a stolen cookie must not be enough for asks for a fresh
//! proof: [`FreshSession`], [`FreshIfPasskey`], [`FreshEnrol`], [`FreshAdmin`], and [`AdminDeed`], which has the last one in it. Whoever came in with a passkey
//! that policies do not admit (any more) has none of these until they have proved it with another ([`MayProve`]), and may leave ([`Leaving`]).

pub mod apps;
pub mod dangerous;
mod deed;
pub mod devices;
mod extract;
mod farewell;
pub mod held;
pub mod http;
pub mod limits;
pub mod next;
mod store;
mod tower;
pub mod tries;

use std::time::Duration;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use deed::{AdminDeed, RoutineDeed};
pub use extract::{AdminSession, FreshAdmin, FreshEnrol, FreshIfPasskey, FreshSession, Leaving, MayEnrol, MayProve, MaybeSignedIn, SignedIn};
pub use farewell::Farewell;
pub use next::Next;
pub use store::Line;
pub use tower::layer;

use crate::app::App;
use crate::authenticators::Held;
use crate::clock::Timestamp;
use crate::db::{Conn, Tx};
use crate::id::{ClientId, SessionId, UserId};
use crate::language::{Text, t};
use crate::settings::Settings;
use crate::web::Client;

/// How someone proved who they are; reported to apps as `amr` (RFC 8176).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// With a passkey, user verified. `synced`: the credential is backup eligible, so its key lives in software that copies it.
    Passkey {
        /// Whether the passkey can be copied to other devices.
        synced: bool,
        /// The model of its authenticator (AAGUID), where that was proved by an attestation.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        model: Option<Uuid>,
    },
    /// With a one-time access link.
    AccessLink,
    /// With one of the recovery codes they keep on paper: only to add a passkey, see [`only_enrols`](Method::only_enrols).
    RecoveryCode,
    /// Let in from another device they were signed in on, where they proved it with a passkey.
    OtherDevice,
    /// With the password their directory knows.
    DirectoryPassword {
        /// Only to add the first passkey: the session opens nothing else, and ends with the first passkey or after [`ENROLMENT_LIFETIME`].
        first: bool,
    },
}

/// How long a session that only lets someone add a passkey lasts.
pub const ENROLMENT_LIFETIME: Duration = Duration::from_secs(3600);

impl Method {
    /// The `amr` values of RFC 8176 section 2.
    pub const fn amr(self) -> &'static [&'static str] {
        match self {
            Self::Passkey { synced: true, .. } => &["swk", "pop", "user", "mfa"],
            Self::Passkey { synced: false, .. } => &["hwk", "pop", "user", "mfa"],
            Self::AccessLink | Self::RecoveryCode => &["otp"],
            // The proof was given over another channel; the passkey did not answer to this browser.
            Self::OtherDevice => &["mca", "user"],
            Self::DirectoryPassword { .. } => &["pwd"],
        }
    }

    /// What was known of the passkey, when it was one; what is known of it now, [`SignedIn::held`] says.
    pub const fn held(self) -> Option<Held> {
        match self {
            Self::Passkey { synced, model } => Some(Held { synced, model }),
            _ => None,
        }
    }

    /// For people, after "Signed in".
    pub fn label(self) -> Text {
        match self {
            Self::Passkey { .. } => t("method-passkey"),
            Self::AccessLink => t("method-link"),
            Self::OtherDevice => t("method-other-device"),
            Self::RecoveryCode => t("method-code"),
            Self::DirectoryPassword { first: false } => t("method-password"),
            Self::DirectoryPassword { first: true } => t("method-first-password"),
        }
    }

    /// Whether it was a passkey.
    pub const fn is_passkey(self) -> bool {
        matches!(self, Self::Passkey { .. })
    }

    /// Whether the session opens nothing but the way to a passkey.
    pub const fn only_enrols(self) -> bool {
        self.is_for_first_passkey() || matches!(self, Self::RecoveryCode)
    }

    /// Whether the session opens nothing but the way to a first passkey, and ends with it, whoever adds it.
    pub const fn is_for_first_passkey(self) -> bool {
        matches!(self, Self::DirectoryPassword { first: true })
    }
}

/// How long after a one-time link somebody who has passkeys already may add another one: they have lost those, or they would not have needed the link.
const ENROL_BY_LINK_WITHIN: Duration = Duration::from_secs(3600);

/// What a session knows; stored as JSON by tower-sessions.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SessionState {
    /// What pages and the audit log call the session.
    pub id: SessionId,
    /// Whose it is.
    pub user: UserId,
    /// How they proved it.
    pub method: Method,
    /// When they proved it last: the `auth_time` of ID tokens.
    pub auth_at: Timestamp,
    /// From which address it was started.
    pub client_ip: String,
    /// With which browser.
    pub user_agent: String,
    /// The hash of the cookie by which that browser is known again; empty in sessions older than that.
    #[serde(default)]
    pub device: String,
    /// Whether the person wanted to stay signed in: see [`Settings::session_kept_lifetime`].
    #[serde(default)]
    pub kept: bool,
}

impl SessionState {
    /// Whether it was proved with a passkey less than `within` ago.
    pub fn is_fresh(&self, now: Timestamp, within: Duration) -> bool {
        self.method.is_passkey() && now.since(self.auth_at) < within
    }

    /// Whether it came by a one-time link so lately that its person may add a passkey without another one.
    pub fn may_enrol_by_link(&self, now: Timestamp) -> bool {
        self.method == Method::AccessLink && now.since(self.auth_at) < ENROL_BY_LINK_WITHIN
    }

    /// How long after the proof it ends, however busy.
    fn lifetime(&self, settings: &Settings) -> Duration {
        let lifetime = settings.session_lifetime.minutes();
        match (self.method.only_enrols(), self.kept) {
            (true, _) => lifetime.min(ENROLMENT_LIFETIME),
            (false, true) => lifetime.max(settings.session_kept_lifetime.days()),
            (false, false) => lifetime,
        }
    }
}

/// How a session was started, from what its row keeps; `None` for a row nobody can read.
pub fn method_of(state: &str) -> Option<Method> {
    let state: std::collections::HashMap<String, serde_json::Value> = serde_json::from_str(state).ok()?;
    SessionState::deserialize(state.get(STATE_KEY)?).ok().map(|state| state.method)
}

/// The key of [`SessionState`] in a tower-sessions record.
const STATE_KEY: &str = "session";

/// Starts a session for someone who has just proved who they are. The cookie's secret changes and what it opened before is gone (session fixation). Whoever
/// proves it again keeps the session's name, so that signing out ends what apps were given before that too.
/// Whoever was signed in at this browser before is signed out. The caller has checked that the person may come in, and has recorded it.
///
/// # Errors
/// When the session cannot be stored.
pub async fn start(
    app: &App,
    session: &tower_sessions::Session,
    user: UserId,
    method: Method,
    client: &Client,
    now: Timestamp,
) -> anyhow::Result<SessionState> {
    start_for(app, session, user, method, client, now, false).await
}

/// [`start`] for somebody who may want to stay signed in in this browser: longer, and however idle.
///
/// # Errors
/// When the session cannot be stored.
pub async fn start_for(
    app: &App,
    session: &tower_sessions::Session,
    user: UserId,
    method: Method,
    client: &Client,
    now: Timestamp,
    keep: bool,
) -> anyhow::Result<SessionState> {
    let former: Option<SessionState> = session.get(STATE_KEY).await.context("reading the former session")?;
    if let Some(other) = former.as_ref().filter(|former| former.user != user) {
        let mut tx = app.db.begin().await?;
        sign_out(&mut tx, other.user, other.id, now).await?;
        tx.commit().await?;
    }
    let former = former.filter(|former| former.user == user);
    let is_offered = app.settings().session_kept_lifetime.0 > 0;
    let state = SessionState {
        id: former.as_ref().map_or_else(SessionId::new, |former| former.id),
        user,
        method,
        auth_at: now,
        client_ip: client.ip_text(),
        user_agent: client.user_agent.clone(),
        device: client.device.clone(),
        kept: is_offered && (keep || former.as_ref().is_some_and(|former| former.kept)),
    };
    devices::note(app, &state, former.is_some(), now).await.context("noting the browser")?;
    // Not `flush`: a record that was loaded already would be stored again under its old id, and the old cookie would open the new session.
    session.clear().await;
    session.cycle_id().await.context("ending the former session")?;
    session.insert(STATE_KEY, &state).await.context("filling the session")?;
    session.save().await.context("storing the session")?;
    Ok(state)
}

/// Ends the session of this browser.
///
/// # Errors
/// When the database refuses.
pub async fn end_own(session: &tower_sessions::Session) -> anyhow::Result<()> {
    session.flush().await.context("ending the session")
}

/// Notes that a session is in use at an app that asks here for each request; `last_seen_at` is what the caller has just read. Written once a minute at most.
///
/// # Errors
/// When the database refuses.
pub async fn touch(app: &App, session: SessionId, last_seen_at: Timestamp, now: Timestamp) -> sqlx::Result<()> {
    let idle_lifetime = app.settings().session_idle_lifetime.minutes();
    if now.since(last_seen_at) < tower::TOUCH_EVERY.min(idle_lifetime / 4) {
        return Ok(());
    }
    let mut tx = app.db.begin().await?;
    store::touch_by_id(&mut tx, session, now).await?;
    tx.commit().await
}

/// The sessions of a person that still count, newest use first.
///
/// # Errors
/// When the database cannot be read.
pub async fn of_user(app: &App, conn: &mut Conn, user: UserId, now: Timestamp) -> sqlx::Result<Vec<Line>> {
    store::of_user(conn, user, now, now - app.settings().session_idle_lifetime.minutes()).await
}

/// What ended with a session.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ended {
    /// Whether there was such a session.
    pub was_there: bool,
    /// The apps that want to be told in the person's browser; see [`Farewell`].
    pub front_channel: Vec<ClientId>,
}

/// Ends one session of a person with what apps were given in it, and tells the apps. The caller audits and commits.
///
/// # Errors
/// When the database refuses.
pub async fn end(tx: &mut Tx, user: UserId, session: SessionId, now: Timestamp) -> sqlx::Result<Ended> {
    store::revoke_grants(tx, user, session, now).await?;
    let front_channel = apps::of_session(tx, user, session, now).await?;
    Ok(Ended { was_there: store::delete(tx, user, session).await?, front_channel })
}

/// Ends the session someone signs out of, with what apps were given in it for as long as the person is there, and tells the apps. The caller audits and
/// commits.
///
/// # Errors
/// When the database refuses.
pub async fn sign_out(tx: &mut Tx, user: UserId, session: SessionId, now: Timestamp) -> sqlx::Result<Ended> {
    store::revoke_online_grants(tx, user, session, now).await?;
    let front_channel = apps::of_session(tx, user, session, now).await?;
    Ok(Ended { was_there: store::delete(tx, user, session).await?, front_channel })
}

/// Ends every session of a person but one, with what apps were given in them, and tells the apps; gives how many. The caller audits and commits.
///
/// # Errors
/// When the database refuses.
pub async fn end_others(tx: &mut Tx, user: UserId, except: SessionId, now: Timestamp) -> sqlx::Result<u64> {
    store::revoke_grants_of_others(tx, user, except, now).await?;
    apps::of_people(tx, &[user], Some(except), now).await?;
    store::delete_all(tx, &[user], Some(except)).await
}

/// Ends all sessions of these people and tells the apps; gives how many sessions. What apps were given ends by `users.access_void_until`, which the caller
/// raises, audits and commits. People may be deleted already.
///
/// # Errors
/// When the database refuses.
pub async fn end_all(tx: &mut Tx, users: &[UserId], now: Timestamp) -> sqlx::Result<u64> {
    if users.is_empty() {
        return Ok(0);
    }
    apps::of_people(tx, users, None, now).await?;
    store::delete_all(tx, users, None).await
}

/// Deletes sessions that have run out and tells their apps; gives how many.
///
/// # Errors
/// When the database refuses.
pub async fn sweep(app: &App, now: Timestamp) -> anyhow::Result<u64> {
    held::sweep(app, now).await?;
    devices::sweep(app, now).await?;
    apps::sweep(app, now, now - app.settings().session_idle_lifetime.minutes()).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_passkey_is_a_fresh_proof_and_only_for_a_while() {
        let at = Timestamp::from_seconds(1_000_000);
        let ten = Duration::from_secs(600);
        let state = |method| SessionState {
            id: SessionId::new(),
            user: UserId::new(),
            method,
            auth_at: at,
            client_ip: String::new(),
            user_agent: String::new(),
            device: String::new(),
            kept: false,
        };
        let passkey = state(Method::Passkey { synced: true, model: None });
        assert!(passkey.is_fresh(at, ten) && passkey.is_fresh(at + Duration::from_secs(599), ten));
        assert!(!passkey.is_fresh(at + ten, ten));
        assert!(!state(Method::AccessLink).is_fresh(at, ten));
        assert!(!state(Method::DirectoryPassword { first: false }).is_fresh(at, ten));
    }
}
