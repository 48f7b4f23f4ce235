//! Authority as extractors: a handler that takes one of these cannot be reached without it.

use axum::extract::FromRequestParts;
use axum::http::Method as HttpMethod;
use axum::http::request::Parts;

use super::{Method, STATE_KEY, SessionState};
use crate::app::App;
use crate::audit::Actor;
use crate::error::AppError;
use crate::users::{self, User};
use crate::web::Chrome;
use crate::web::layout::ChromePerson;

/// Someone who is signed in, by whatever method.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// The person, as the database has them now.
    pub user: User,
    /// Their session.
    pub session: SessionState,
    /// The path they asked for.
    pub path: String,
}

impl SignedIn {
    /// The frame of a page for this person. Administration is offered only where it would open.
    pub fn chrome(&self, app: &App) -> Chrome {
        let person = ChromePerson { display_name: self.user.display_name.clone(), is_admin: self.user.is_admin() };
        Chrome { person: Some(person), path: self.path.clone(), ..Chrome::public(app) }
    }

    /// This person in the audit log.
    pub fn actor(&self) -> Actor {
        Actor::user(self.user.id, &self.user.username)
    }
}

/// Somebody signed in, or a visitor.
#[derive(Clone, Debug)]
pub struct MaybeSignedIn(pub Option<SignedIn>);

/// An administrator who proved it with a passkey. The only way to the administration: a verb that takes `&AdminSession` needs no check.
#[derive(Clone, Debug)]
pub struct AdminSession(SignedIn);

impl std::ops::Deref for AdminSession {
    type Target = SignedIn;
    fn deref(&self) -> &SignedIn {
        &self.0
    }
}

impl FromRequestParts<App> for MaybeSignedIn {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, AppError> {
        let Some(session) = parts.extensions.get::<tower_sessions::Session>().cloned() else {
            return Err(AppError::Internal(anyhow::anyhow!("the session layer is missing on this route")));
        };
        let state: Option<SessionState> = session.get(STATE_KEY).await.map_err(|error| AppError::Internal(error.into()))?;
        let Some(state) = state else { return Ok(Self(None)) };
        let user = users::find(&mut app.db.read().await?, state.user).await?;
        Ok(Self(user.filter(|user| !user.is_disabled()).map(|user| SignedIn { user, session: state, path: parts.uri.path().to_owned() })))
    }
}

impl FromRequestParts<App> for SignedIn {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, AppError> {
        let MaybeSignedIn(signed_in) = MaybeSignedIn::from_request_parts(parts, app).await?;
        signed_in.ok_or_else(|| {
            // After a form the page it stood on is the place to come back to, not the form's target.
            let back_to =
                if parts.method == HttpMethod::GET { parts.uri.path_and_query().map_or("/account", |path| path.as_str()) } else { "/account" };
            AppError::SignInFirst { back_to: back_to.to_owned() }
        })
    }
}

impl FromRequestParts<App> for AdminSession {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, AppError> {
        let signed_in = SignedIn::from_request_parts(parts, app).await?;
        if !signed_in.user.is_admin() {
            return Err(AppError::Forbidden("This page is for administrators. You are signed in as somebody who is not one."));
        }
        match signed_in.session.method {
            Method::Passkey { .. } => Ok(Self(signed_in)),
            Method::AccessLink => Err(AppError::PasskeyFirst),
        }
    }
}
