//! The bridge to tower-sessions: its cookie, our rows.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use tower_sessions::cookie::SameSite;
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::{Error, Result};
use tower_sessions::{Expiry, SessionManagerLayer, SessionStore};

use super::store::{self, New};
use super::{STATE_KEY, SessionState};
use crate::app::App;
use crate::clock::Timestamp;
use crate::secret::TokenHash;

/// How often a session in use is written: more often would cost a write per request. Where sessions may be idle for a few minutes only, four times in that.
pub(super) const TOUCH_EVERY: Duration = Duration::from_secs(60);

/// The layer that reads and writes the session cookie. The cookie outlives the session on purpose: the row decides.
pub fn layer(app: &App) -> SessionManagerLayer<Store> {
    let secure = app.config.origin.is_https();
    SessionManagerLayer::new(Store(app.clone()))
        .with_name(cookie_name(app))
        .with_secure(secure)
        .with_http_only(true)
        .with_same_site(SameSite::Lax)
        .with_path("/")
        .with_expiry(Expiry::OnInactivity(time::Duration::days(400)))
}

/// What the session's cookie is called.
pub(super) fn cookie_name(app: &App) -> &'static str {
    if app.config.origin.is_https() { "__Host-muster" } else { "muster" }
}

/// Sessions in our database.
#[derive(Clone)]
pub struct Store(App);

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sessions::Store")
    }
}

fn hash(id: &Id) -> TokenHash {
    TokenHash::of(&id.to_string())
}

fn backend(error: &sqlx::Error) -> Error {
    Error::Backend(error.to_string())
}

fn encode(record: &Record) -> Result<String> {
    serde_json::to_string(&record.data).map_err(|error| Error::Encode(error.to_string()))
}

#[async_trait]
impl SessionStore for Store {
    async fn create(&self, record: &mut Record) -> Result<()> {
        let state = record.data.get(STATE_KEY).cloned().ok_or_else(|| Error::Backend("a session without a person".to_owned()))?;
        let state: SessionState = serde_json::from_value(state).map_err(|error| Error::Encode(error.to_string()))?;
        let text = encode(record)?;
        let lifetime = state.lifetime(&self.0.settings());
        let expires_at = state.auth_at + lifetime;
        let mut tx = self.0.db.begin().await.map_err(|error| backend(&error))?;
        // Proved again in two tabs at once: the later one counts, and a session has one cookie.
        store::delete(&mut tx, state.user, state.id).await.map_err(|error| backend(&error))?;
        loop {
            let new = New {
                token_hash: &hash(&record.id),
                id: state.id,
                user: state.user,
                state: &text,
                created_at: state.auth_at,
                expires_at,
                client_ip: &state.client_ip,
                user_agent: &state.user_agent,
                device: &state.device,
                kept: state.kept,
            };
            if store::insert(&mut tx, new).await.map_err(|error| backend(&error))? {
                break;
            }
            record.id = Id::default();
        }
        tx.commit().await.map_err(|error| backend(&error))
    }

    async fn save(&self, record: &Record) -> Result<()> {
        let text = encode(record)?;
        let mut tx = self.0.db.begin().await.map_err(|error| backend(&error))?;
        store::update_state(&mut tx, &hash(&record.id), &text).await.map_err(|error| backend(&error))?;
        tx.commit().await.map_err(|error| backend(&error))
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let now = self.0.clock.now();
        let idle_lifetime = self.0.settings().session_idle_lifetime.minutes();
        let idle_since = now - idle_lifetime;
        let token_hash = hash(id);
        let live = {
            let mut conn = self.0.db.read().await.map_err(|error| backend(&error))?;
            store::find_live(&mut conn, &token_hash, now, idle_since).await.map_err(|error| backend(&error))?
        };
        let Some(live) = live else { return Ok(None) };
        if now.since(live.last_seen_at) >= TOUCH_EVERY.min(idle_lifetime / 4) {
            let mut tx = self.0.db.begin().await.map_err(|error| backend(&error))?;
            store::touch(&mut tx, &token_hash, now).await.map_err(|error| backend(&error))?;
            tx.commit().await.map_err(|error| backend(&error))?;
        }
        let data = serde_json::from_str(&live.state).map_err(|error| Error::Decode(error.to_string()))?;
        Ok(Some(Record { id: *id, data, expiry_date: expiry_date(live.expires_at)? }))
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        let mut tx = self.0.db.begin().await.map_err(|error| backend(&error))?;
        store::delete_by_token(&mut tx, &hash(id)).await.map_err(|error| backend(&error))?;
        tx.commit().await.map_err(|error| backend(&error))
    }
}

fn expiry_date(at: Timestamp) -> Result<time::OffsetDateTime> {
    time::OffsetDateTime::from_unix_timestamp(at.as_seconds()).map_err(|error| Error::Decode(error.to_string()))
}
