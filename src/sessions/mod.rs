//! Browser sessions: tower-sessions carries the cookie, our own store keeps the rows, indexed by person so that they can be listed and ended.
//! A session exists only for someone who signed in; visitors get none.
//!
//! Handlers ask for authority in their signature: [`SignedIn`] (anyone), [`AdminSession`] (an administrator who used a passkey), [`MayEnrol`] (anyone, and
//! who has come in by a directory password to add a first passkey and may do nothing else).

mod deed;
mod extract;
pub mod http;
pub mod next;
mod store;
mod tower;

use std::time::Duration;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

pub use deed::AdminDeed;
pub use extract::{AdminSession, MayEnrol, MaybeSignedIn, SignedIn};
pub use next::Next;
pub use store::Line;
pub use tower::layer;

use crate::app::App;
use crate::clock::Timestamp;
use crate::db::{Conn, Tx};
use crate::id::{SessionId, UserId};
use crate::web::Client;

/// How someone proved who they are; reported to apps as `amr` (RFC 8176).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// With a passkey, user verified. `synced`: the credential is backup eligible, so its key lives in software that copies it.
    Passkey {
        /// Whether the passkey can be copied to other devices.
        synced: bool,
    },
    /// With a one-time access link.
    AccessLink,
    /// With the password their directory knows.
    DirectoryPassword {
        /// Only to add the first passkey: the session opens nothing else, and ends with the first passkey or after [`FIRST_PASSWORD_LIFETIME`].
        first: bool,
    },
}

/// How long a session that only lets someone add their first passkey lasts.
pub const FIRST_PASSWORD_LIFETIME: Duration = Duration::from_secs(3600);

impl Method {
    /// The `amr` values of RFC 8176 section 2.
    pub const fn amr(self) -> &'static [&'static str] {
        match self {
            Self::Passkey { synced: true } => &["swk", "pop", "user", "mfa"],
            Self::Passkey { synced: false } => &["hwk", "pop", "user", "mfa"],
            Self::AccessLink => &["otp"],
            Self::DirectoryPassword { .. } => &["pwd"],
        }
    }

    /// For people, after "Signed in".
    pub const fn label(self) -> &'static str {
        match self {
            Self::Passkey { .. } => "with a passkey",
            Self::AccessLink => "with a one-time link",
            Self::DirectoryPassword { first: false } => "with the directory password",
            Self::DirectoryPassword { first: true } => "with the directory password, only to add a passkey",
        }
    }

    /// Whether it was a passkey.
    pub const fn is_passkey(self) -> bool {
        matches!(self, Self::Passkey { .. })
    }

    /// Whether the session opens nothing but the way to a first passkey.
    pub const fn is_for_first_passkey(self) -> bool {
        matches!(self, Self::DirectoryPassword { first: true })
    }
}

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
}

/// The key of [`SessionState`] in a tower-sessions record.
const STATE_KEY: &str = "session";

/// Starts a session for someone who has just proved who they are. The cookie's secret changes and what it opened before is gone (session fixation). Whoever
/// proves it again keeps the session's name, so that signing out ends what apps were given before that too.
/// The caller has checked that the person may come in, and has recorded it.
///
/// # Errors
/// When the session cannot be stored.
pub async fn start(session: &tower_sessions::Session, user: UserId, method: Method, client: &Client, now: Timestamp) -> anyhow::Result<SessionState> {
    let former: Option<SessionState> = session.get(STATE_KEY).await.context("reading the former session")?;
    let id = former.filter(|former| former.user == user).map_or_else(SessionId::new, |former| former.id);
    let state = SessionState { id, user, method, auth_at: now, client_ip: client.ip_text(), user_agent: client.user_agent.clone() };
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

/// Ends one session of a person with what apps were given in it; gives whether there was one. The caller audits and commits.
///
/// # Errors
/// When the database refuses.
pub async fn end(tx: &mut Tx, user: UserId, session: SessionId, now: Timestamp) -> sqlx::Result<bool> {
    store::revoke_grants(tx, user, session, now).await?;
    store::delete(tx, user, session).await
}

/// Ends the session someone signs out of, with what apps were given in it for as long as the person is there. The caller audits and commits.
///
/// # Errors
/// When the database refuses.
pub async fn sign_out(tx: &mut Tx, user: UserId, session: SessionId, now: Timestamp) -> sqlx::Result<bool> {
    store::revoke_online_grants(tx, user, session, now).await?;
    store::delete(tx, user, session).await
}

/// Ends every session of a person but one, with what apps were given in them; gives how many. The caller audits and commits.
///
/// # Errors
/// When the database refuses.
pub async fn end_others(tx: &mut Tx, user: UserId, except: SessionId, now: Timestamp) -> sqlx::Result<u64> {
    store::revoke_grants_of_others(tx, user, except, now).await?;
    store::delete_all(tx, &[user], Some(except)).await
}

/// Ends all sessions of these people, except one that is to stay; gives how many. What apps were given ends by `users.access_void_until`, which the caller
/// raises, audits and commits.
///
/// # Errors
/// When the database refuses.
pub async fn end_all(tx: &mut Tx, users: &[UserId], except: Option<SessionId>) -> sqlx::Result<u64> {
    store::delete_all(tx, users, except).await
}

/// Deletes sessions that have run out; gives how many.
///
/// # Errors
/// When the database refuses.
pub async fn sweep(app: &App, now: Timestamp) -> anyhow::Result<u64> {
    let idle_since = now - app.settings().session_idle_lifetime.minutes();
    let mut tx = app.db.begin().await?;
    let swept = store::delete_expired(&mut tx, now, idle_since).await?;
    tx.commit().await?;
    Ok(swept)
}
