//! The pages and JSON endpoints of passkeys. `static/passkey.js` is the only caller of the endpoints; forms do everything that is no ceremony. Here is what they
//! share: where somebody is on the way to, and how a ceremony's end is told.

mod add;
pub mod here;
mod own;
mod sign_in;
pub mod wanted;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::SET_COOKIE;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use url::form_urlencoded;

pub use add::{FinishRegistration, StartRegistration, add_page, finish_registration, start_registration};
pub use own::{ListQuery, RenameForm, disown, list_page, remove, rename, show};
pub use sign_in::{FinishSignIn, finish_sign_in, forget, sign_in_page, start_sign_in};

use super::{CeremonyError, Signal, Started, rp_id};
use crate::app::App;
use crate::authenticators::Rule;
use crate::clients;
use crate::clock::Timestamp;
use crate::error::AppError;
use crate::language::{Source, hear, t};
use crate::sessions::next::PendingAuthorization;
use crate::sessions::{Next, SignedIn};
use crate::users::User;
use crate::web::Greeting;

/// The query of the sign-in page.
#[derive(Debug, Default, Deserialize)]
pub struct SignInQuery {
    request: Option<String>,
    back: Option<String>,
    notice: Option<String>,
}

impl SignInQuery {
    /// Of another page of the same kind, with what was in its address.
    pub fn on_the_way(request: Option<String>, back: Option<String>) -> Self {
        Self { request, back, notice: None }
    }
}

/// Where somebody on a sign-in page is on the way to.
#[derive(Debug)]
pub struct OnTheWay {
    /// The app's request, when it is one.
    pub pending: Option<PendingAuthorization>,
    /// Where to go in the end.
    pub next: Next,
}

impl OnTheWay {
    /// Reads the address of a sign-in page.
    pub fn read(app: &App, unverified: &SignInQuery) -> Self {
        let pending = unverified.request.as_deref().and_then(|sealed| PendingAuthorization::unseal(&app.sealer, sealed));
        hear(Source::App, pending.as_ref().and_then(PendingAuthorization::language));
        let next = Next::from_query(unverified.request.as_deref().filter(|_| pending.is_some()), unverified.back.as_deref());
        Self { pending, next }
    }

    /// What the app they are on the way to wants of a passkey.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn rule_of_app(&self, app: &App) -> sqlx::Result<Rule> {
        let Some(pending) = &self.pending else { return Ok(Rule::default()) };
        let client_id = form_urlencoded::parse(pending.parameters.as_bytes()).find(|(name, _)| name == "client_id");
        let Some((_, client_id)) = client_id else { return Ok(Rule::default()) };
        let client = clients::find_by_client_id(&mut app.db.read().await?, &client_id).await?;
        Ok(client.map(|client| client.registration.policies.passkey_rule()).unwrap_or_default())
    }

    /// Whether a session is all that is needed: it is, unless an app asked after its beginning to have it proved again.
    pub fn is_done_with(&self, signed_in: &SignedIn) -> bool {
        self.pending.as_ref().is_none_or(|pending| signed_in.session.auth_at > pending.started_at)
    }
}

/// What a page gets when a ceremony has succeeded.
#[derive(Debug, Serialize)]
pub struct Finished {
    /// Where to go, a path here; empty for on with what was sent before.
    next: String,
    /// For the password manager.
    signal: Signal,
}

impl Finished {
    pub(super) async fn new(app: &App, user: &User, next: String) -> sqlx::Result<Self> {
        Ok(Self { next, signal: super::signal(app, user).await? })
    }
}

/// The answer to a ceremony; a browser that is the person's own remembers them: the passkey is in this very device, or they want to stay signed in here.
fn greeted(app: &App, user: &User, finished: Finished, unverified_credential: &Value, keep: bool, now: Timestamp) -> Response {
    let is_own = keep || unverified_credential["authenticatorAttachment"] == "platform";
    let mut response = Json(finished).into_response();
    if is_own {
        response.headers_mut().append(SET_COOKIE, Greeting::remember(app, &user.display_name, now));
    }
    response
}

pub(super) fn begun(started: &Started) -> Json<Value> {
    Json(json!({ "ceremony": started.ceremony.reveal(), "publicKey": started.public_key }))
}

/// `GET /.well-known/passkey-endpoints`: where password managers may send a person to add and manage passkeys (W3C, "A Well-Known URL for Relying Party
/// Passkey Endpoints").
pub async fn endpoints(State(app): State<App>) -> Json<Value> {
    let origin = &app.config.origin;
    Json(json!({ "enroll": origin.url("/account/passkeys/add"), "manage": origin.url("/account/passkeys") }))
}

/// `GET /.well-known/webauthn`: which other addresses may use the passkeys of this host (WebAuthn Level 3, section 5.11.1).
///
/// # Errors
/// `NotFound` where there are none.
pub async fn related(State(app): State<App>) -> Result<Json<Value>, AppError> {
    let origins = rp_id::related(&app.config, &app.rp_id);
    if origins.is_empty() { Err(AppError::NotFound) } else { Ok(Json(json!({ "origins": origins }))) }
}

/// Why an endpoint gives no result: JSON for what the page can explain, the usual page otherwise.
#[derive(Debug)]
pub struct Failed(Response);

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        self.0
    }
}

impl From<AppError> for Failed {
    fn from(error: AppError) -> Self {
        Self(error.into_response())
    }
}

impl From<anyhow::Error> for Failed {
    fn from(error: anyhow::Error) -> Self {
        AppError::from(error).into()
    }
}

impl From<sqlx::Error> for Failed {
    fn from(error: sqlx::Error) -> Self {
        AppError::from(error).into()
    }
}

impl From<CeremonyError> for Failed {
    fn from(error: CeremonyError) -> Self {
        let (error, problem) = match error {
            CeremonyError::Filed(error, code) => (*error, Some(code.shown())),
            error => (error, None),
        };
        let (status, code, message) = match error {
            CeremonyError::Expired => (StatusCode::GONE, "expired", t("ceremony-expired")),
            CeremonyError::UnknownCredential => (StatusCode::NOT_FOUND, "unknown_credential", t("ceremony-unknown")),
            CeremonyError::UserNotVerified => (StatusCode::BAD_REQUEST, "user_not_verified", t("ceremony-not-verified")),
            CeremonyError::WrongAddress => (StatusCode::BAD_REQUEST, "wrong_address", t("ceremony-wrong-address")),
            CeremonyError::AlreadyRegistered => (StatusCode::CONFLICT, "already_registered", t("ceremony-already-registered")),
            CeremonyError::NotDiscoverable => (StatusCode::BAD_REQUEST, "not_discoverable", t("ceremony-not-discoverable")),
            CeremonyError::OtherAccount => (StatusCode::FORBIDDEN, "other_account", t("ceremony-other-account")),
            CeremonyError::PasskeyNeeded => (StatusCode::FORBIDDEN, "passkey_needed", t("ceremony-passkey-needed")),
            CeremonyError::TooMany => (StatusCode::CONFLICT, "too_many", t("ceremony-too-many")),
            CeremonyError::PossibleCopy => (StatusCode::FORBIDDEN, "possible_copy", t("ceremony-possible-copy")),
            CeremonyError::Unsuitable { wanted, adding } => {
                let message = if adding { t("passkey-unsuitable-new").with("what", wanted) } else { t("passkey-unsuitable").with("what", wanted) };
                let body = json!({ "error": "unsuitable", "message": message.to_string(), "problem": problem });
                return Self((StatusCode::FORBIDDEN, Json(body)).into_response());
            }
            CeremonyError::NoMetadata => {
                let body = json!({ "error": "no_metadata", "message": t("passkey-no-models").to_string(), "problem": problem });
                return Self((StatusCode::SERVICE_UNAVAILABLE, Json(body)).into_response());
            }
            CeremonyError::Refused => (StatusCode::BAD_REQUEST, "refused", t("ceremony-refused")),
            CeremonyError::Filed(error, _) => return (*error).into(),
            CeremonyError::Internal(error) => return error.into(),
        };
        Self((status, Json(json!({ "error": code, "message": message.to_string(), "problem": problem }))).into_response())
    }
}
