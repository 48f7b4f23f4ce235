//! What every verb of the administration takes: the proof, and what its audit event needs.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use super::AdminSession;
use crate::app::App;
use crate::audit::{Event, Kind};
use crate::clock::Timestamp;
use crate::error::AppError;
use crate::web::Client;

/// An administrator doing something: who, from where, when.
#[derive(Clone, Debug)]
pub struct AdminDeed {
    /// Who, proved.
    pub admin: AdminSession,
    /// From where.
    pub client: Client,
    /// When: the one instant of this request.
    pub now: Timestamp,
}

impl AdminDeed {
    /// The audit event of what they do.
    pub fn event(&self, kind: Kind) -> Event {
        Event::new(self.now, kind, self.admin.actor()).from_client(&self.client)
    }
}

impl FromRequestParts<App> for AdminDeed {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, AppError> {
        let admin = AdminSession::from_request_parts(parts, app).await?;
        let client = parts.extensions.get().cloned().unwrap_or_default();
        Ok(Self { admin, client, now: app.clock.now() })
    }
}
