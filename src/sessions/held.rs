//! Forms that wait for a proof. Whoever sends a form for which their last proof is too old is led to a page that asks for their passkey; what they sent is
//! kept meanwhile, and sent on when they have proved that it is them.
//!
//! The body stays here, sealed, and never goes back to the browser: it may hold passwords. The browser gets a random token for it, and sends that in place of
//! the body to the address the form was for, as an ordinary form of ours. Whoever takes the row is the only one; it must be the same session and the same
//! address, within six minutes. The handler then judges the body as ever, its own proof included.

use std::time::Duration;

use axum::Json;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderValue};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Redirect, Response};
use serde_json::json;
use tower_sessions::Session;

use super::store::{self, HeldForm};
use super::{STATE_KEY, SessionState};
use crate::app::App;
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::error::{AppError, PROVE, ProofWanted};
use crate::id::SessionId;
use crate::language::t;
use crate::secret::{SecretToken, TokenHash};

/// The one field of the form that stands for a kept one.
pub const FIELD: &str = "held-form";
/// How long a form is kept: as long as the ceremony the person needs for it.
const KEPT_FOR: Duration = Duration::from_secs(360);
/// How many forms of a session are kept; the oldest go first.
const FORMS_MAX: i64 = 5;
/// The largest form; no page of ours has a larger one, files aside.
const FORM_BYTES_MAX: usize = 64 * 1024;

/// What the page that asks for the proof needs to know of a kept form.
#[derive(Clone, Debug)]
pub struct Held {
    /// Path and query it was sent to.
    pub path: String,
    /// The page it was sent from.
    pub back_to: String,
}

/// Looks at a kept form of a session; `None` when there is none (any more).
///
/// # Errors
/// When the database cannot be read.
pub async fn look(conn: &mut Conn, session: SessionId, unverified_token: &str, now: Timestamp) -> sqlx::Result<Option<Held>> {
    let found = store::find_form(conn, &TokenHash::of(unverified_token)).await?;
    let ours = found.filter(|form| form.session_id == session && form.expires_at > now);
    Ok(ours.map(|form| Held { path: form.path, back_to: form.back_to }))
}

/// Forgets forms nobody came back for.
pub(super) async fn sweep(app: &App, now: Timestamp) -> anyhow::Result<()> {
    let mut tx = app.db.begin().await?;
    store::delete_expired_forms(&mut tx, now).await?;
    Ok(tx.commit().await?)
}

/// Middleware of every page: keeps a form for which a proof is wanted, puts a kept one in the place of its token, and tells a script that a proof is wanted.
pub async fn keep(State(app): State<App>, request: Request, next: Next) -> Response {
    if request.method() != Method::POST {
        return next.run(request).await;
    }
    match Content::of(&request) {
        Content::Form => {}
        Content::Json => {
            let response = next.run(request).await;
            return match response.extensions().get::<ProofWanted>() {
                Some(_) => proof_wanted_json(),
                None => response,
            };
        }
        // A file is sent again after the proof.
        Content::Other => return next.run(request).await,
    }
    match keep_form(&app, request, next).await {
        Ok(response) => response,
        Err(error) => error.into_response(),
    }
}

enum Content {
    Form,
    Json,
    Other,
}

impl Content {
    fn of(request: &Request) -> Self {
        let Some(kind) = request.headers().get(CONTENT_TYPE) else { return Self::Form };
        let kind = kind.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim();
        match kind {
            "application/x-www-form-urlencoded" => Self::Form,
            "application/json" => Self::Json,
            _ => Self::Other,
        }
    }
}

async fn keep_form(app: &App, request: Request, next: Next) -> Result<Response, AppError> {
    let (mut parts, body) = request.into_parts();
    let Ok(mut body) = to_bytes(body, FORM_BYTES_MAX).await else { return Ok(StatusCode::PAYLOAD_TOO_LARGE.into_response()) };
    let session = parts.extensions.get::<Session>().cloned().ok_or_else(|| AppError::Internal(anyhow::anyhow!("the session layer is missing")))?;
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
    if let Some(token) = token_of(&body) {
        body = take(app, &session, &token, &path).await?;
        describe(&mut parts, &body);
    }
    let response = next.run(Request::from_parts(parts, Body::from(body.clone()))).await;
    let Some(ProofWanted { back_to }) = response.extensions().get::<ProofWanted>() else { return Ok(response) };
    let Some(state) = state_of(&session).await? else { return Ok(response) };
    let token = put(app, &state, &path, back_to, &body).await?;
    let query = serde_urlencoded::to_string([("form", token.reveal())]).unwrap_or_default();
    Ok(Redirect::to(&format!("{PROVE}?{query}")).into_response())
}

/// The token, when that is all the body holds.
fn token_of(body: &[u8]) -> Option<String> {
    // A token and the field's name are far shorter than this.
    let fields: Vec<(String, String)> = serde_urlencoded::from_bytes(Some(body).filter(|body| body.len() < 200)?).ok()?;
    match <[(String, String); 1]>::try_from(fields) {
        Ok([(name, token)]) if name == FIELD => Some(token),
        _ => None,
    }
}

/// The body is another one than the headers say.
fn describe(parts: &mut Parts, body: &Bytes) {
    parts.headers.insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
    parts.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
}

async fn state_of(session: &Session) -> Result<Option<SessionState>, AppError> {
    session.get(STATE_KEY).await.map_err(|error| AppError::Internal(error.into()))
}

fn purpose(session: SessionId, path: &str) -> String {
    format!("held form {session} {path}")
}

async fn put(app: &App, state: &SessionState, path: &str, back_to: &str, body: &[u8]) -> Result<SecretToken, AppError> {
    let token = SecretToken::new("");
    let now = app.clock.now();
    // Forms are text, and sealing takes text; a browser sends nothing else in this content type.
    let text = std::str::from_utf8(body).map_err(|_| AppError::refused(t("error-not-understood"), t("error-form-unreadable")))?;
    let form = HeldForm {
        session_id: state.id,
        path: path.to_owned(),
        body: app.sealer.seal_text(&purpose(state.id, path), text),
        back_to: back_to.to_owned(),
        expires_at: now + KEPT_FOR,
    };
    let mut tx = app.db.begin().await?;
    store::delete_oldest_forms(&mut tx, state.id, FORMS_MAX - 1).await?;
    store::insert_form(&mut tx, &token.hash(), state.user, &form, now).await?;
    tx.commit().await?;
    Ok(token)
}

/// Takes a kept form, for good: whether or not it fits, nobody gets it again.
async fn take(app: &App, session: &Session, unverified_token: &str, path: &str) -> Result<Bytes, AppError> {
    // Nobody without a session has one, and nothing is written for them.
    let Some(state) = state_of(session).await? else { return Err(gone()) };
    let mut tx = app.db.begin().await?;
    let taken = store::take_form(&mut tx, &TokenHash::of(unverified_token)).await?;
    tx.commit().await?;
    let fits = |form: &HeldForm| state.id == form.session_id && form.path == path && form.expires_at > app.clock.now();
    let form = taken.filter(fits).ok_or_else(gone)?;
    let body = app.sealer.unseal_text(&purpose(form.session_id, path), &form.body).map_err(|_| gone())?;
    Ok(Bytes::from(body.as_bytes().to_vec()))
}

/// There is no such form, for whichever reason.
pub fn gone() -> AppError {
    AppError::gone(t("error-no-longer-kept"), t("error-no-longer-kept-message"))
}

fn proof_wanted_json() -> Response {
    let message = t("error-proof-needed").to_string();
    (StatusCode::FORBIDDEN, Json(json!({ "error": "proof_needed", "message": message }))).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_form_with_the_token_and_nothing_else_stands_for_another() {
        assert_eq!(token_of(b"held-form=abc").as_deref(), Some("abc"));
        for other in ["", "held-form=a&held-form=b", "held-form=a&name=b", "name=held-form"] {
            assert_eq!(token_of(other.as_bytes()), None, "{other}");
        }
        assert_eq!(token_of(format!("held-form={}", "a".repeat(300)).as_bytes()), None);
    }
}
