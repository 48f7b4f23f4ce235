//! Authority as extractors: a handler that takes one of these cannot be reached without it.

use axum::extract::FromRequestParts;
use axum::http::Method as HttpMethod;
use axum::http::request::Parts;

use super::{Method, STATE_KEY, SessionState, store};
use crate::app::App;
use crate::audit::Actor;
use crate::error::AppError;
use crate::users::{self, User};
use crate::web::Chrome;
use crate::web::layout::ChromePerson;

/// Someone who is signed in, by whatever method; not who has only come in to add a passkey.
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

/// Somebody signed in, or a visitor, as whom counts who has only come in to add a passkey.
#[derive(Clone, Debug)]
pub struct MaybeSignedIn(pub Option<SignedIn>);

/// Somebody who may add a passkey: whoever is signed in, and who has come in by a directory password or a recovery code for nothing else. No other handler takes
/// this, so that a session for a passkey alone opens nothing that forgot to ask.
#[derive(Clone, Debug)]
pub struct MayEnrol(pub SignedIn);

/// An administrator who proved it with a passkey. The only way to the administration: a verb that takes `&AdminSession` needs no check.
#[derive(Clone, Debug)]
pub struct AdminSession(SignedIn);

impl std::ops::Deref for AdminSession {
    type Target = SignedIn;
    fn deref(&self) -> &SignedIn {
        &self.0
    }
}

/// Whose session this is, whatever it may be used for.
async fn holder(parts: &Parts, app: &App) -> Result<Option<SignedIn>, AppError> {
    let Some(session) = parts.extensions.get::<tower_sessions::Session>().cloned() else {
        return Err(AppError::Internal(anyhow::anyhow!("the session layer is missing on this route")));
    };
    let state: Option<SessionState> = session.get(STATE_KEY).await.map_err(|error| AppError::Internal(error.into()))?;
    let Some(state) = state else { return Ok(None) };
    let mut conn = app.db.read().await?;
    let user = users::find(&mut conn, state.user).await?.filter(|user| !user.is_disabled());
    // Of two who came in by the same password, the one who is second finds a passkey there already.
    if state.method.is_for_first_passkey() && store::has_passkey(&mut conn, state.user).await? {
        return Ok(None);
    }
    Ok(user.map(|user| SignedIn { user, session: state, path: parts.uri.path().to_owned() }))
}

/// The page to sign in on, and from there back.
fn sign_in_first(parts: &Parts) -> AppError {
    // After a form the page it stood on is the place to come back to, not the form's target.
    let back_to = if parts.method == HttpMethod::GET { parts.uri.path_and_query().map_or("/account", |path| path.as_str()) } else { "/account" };
    AppError::SignInFirst { back_to: back_to.to_owned() }
}

impl FromRequestParts<App> for MaybeSignedIn {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, AppError> {
        Ok(Self(holder(parts, app).await?.filter(|signed_in| !signed_in.session.method.only_enrols())))
    }
}

impl FromRequestParts<App> for SignedIn {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, AppError> {
        let signed_in = holder(parts, app).await?.ok_or_else(|| sign_in_first(parts))?;
        if signed_in.session.method.only_enrols() { Err(AppError::PasskeyFirst) } else { Ok(signed_in) }
    }
}

impl FromRequestParts<App> for MayEnrol {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, AppError> {
        Ok(Self(holder(parts, app).await?.ok_or_else(|| sign_in_first(parts))?))
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
            Method::AccessLink | Method::RecoveryCode => Err(AppError::PasskeyFirst),
            Method::DirectoryPassword { .. } => Err(AppError::Forbidden(
                "Administration needs a passkey, and you signed in with a password. Sign out and sign in with your passkey; if you have none yet, add one under Passkeys in your account.",
            )),
        }
    }
}
