//! What every verb of the administration takes: the proof, and what its audit event needs.

use std::ops::Deref;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use super::{AdminSession, FreshAdmin};
use crate::app::App;
use crate::audit::{Event, Kind};
use crate::clock::Timestamp;
use crate::error::AppError;
use crate::web::Client;

/// An administrator doing something: who, from where, when. They have proved with a passkey, within the last minutes, that it is them.
#[derive(Clone, Debug)]
pub struct AdminDeed(RoutineDeed);

/// An administrator doing something that a thief of their cookie gains nothing by: no proof is asked for again.
#[derive(Clone, Debug)]
pub struct RoutineDeed {
    /// Who, proved.
    pub admin: AdminSession,
    /// From where.
    pub client: Client,
    /// When: the one instant of this request.
    pub now: Timestamp,
}

impl RoutineDeed {
    /// The audit event of what they do.
    pub fn event(&self, kind: Kind) -> Event {
        Event::new(self.now, kind, self.admin.actor()).from_client(&self.client)
    }

    fn new(admin: AdminSession, parts: &Parts, app: &App) -> Self {
        Self { admin, client: parts.extensions.get().cloned().unwrap_or_default(), now: app.clock.now() }
    }
}

impl Deref for AdminDeed {
    type Target = RoutineDeed;
    fn deref(&self) -> &RoutineDeed {
        &self.0
    }
}

impl FromRequestParts<App> for AdminDeed {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, AppError> {
        let admin = FreshAdmin::from_request_parts(parts, app).await?;
        Ok(Self(RoutineDeed::new(AdminSession::clone(&admin), parts, app)))
    }
}

impl FromRequestParts<App> for RoutineDeed {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, AppError> {
        let admin = AdminSession::from_request_parts(parts, app).await?;
        Ok(Self::new(admin, parts, app))
    }
}
