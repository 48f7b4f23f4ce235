//! Noticing what goes wrong between apps and the protocol's endpoints, for the administrators' pages ([`crate::clients::last_errors`]). Looks on from outside: at
//! the authorization endpoint at its refusals, at the endpoints of programs at the answers that go out ([`look`]).

use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Request;
use axum::http::StatusCode;
use axum::http::header::{AUTHORIZATION, HeaderValue};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::decision::{NOT_ADMITTED, PROOF_MISSING};
use super::error::{AuthorizeError, AuthorizeErrorCode, Refusal};
use super::params::Params;
use super::request::NOT_PUSHED;
use super::store;
use crate::app::App;
use crate::clients::last_errors::{self, Mistake};
use crate::clients::{self, Client};
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::secret::{TokenHash, from_base64url};

/// The largest body looked at; the endpoints take no larger ones.
const BODY_BYTES_MAX: usize = 64 * 1024;
/// How long notes may take beside the answer.
const NOTE_WITHIN: Duration = Duration::from_secs(5);

/// Errors that are part of a flow that works.
const EXPECTED: &[&str] = &[
    "authorization_pending",
    "slow_down",
    "expired_token",
    "access_denied",
    "use_dpop_nonce",
    "server_error",
    "invalid_token",
    "insufficient_scope",
];

/// Notes a refusal of the authorization endpoint. `username` is who was signed in.
pub(super) async fn note_authorization(app: &App, params: &Params, error: &AuthorizeError, username: Option<&str>, now: Timestamp) {
    let noted = async {
        let mut conn = app.db.read().await?;
        let client = match params.get("client_id") {
            Some(client_id) => clients::find_by_client_id(&mut conn, client_id).await?,
            None => None,
        };
        drop(conn);
        if let Some(mistake) = of_authorization(params, client.as_ref(), error, username) {
            last_errors::note(app, client.map(|client| client.id), mistake, now).await;
        }
        anyhow::Ok(())
    };
    if let Ok(Err(error)) = tokio::time::timeout(NOTE_WITHIN, noted).await {
        tracing::warn!(cause = format!("{error:#}"), "a refused request could not be noted");
    }
}

/// The mistake behind a refusal; `None` when nothing is wrong with the app: the person said no, or has to be asked first.
fn of_authorization(params: &Params, client: Option<&Client>, error: &AuthorizeError, username: Option<&str>) -> Option<Mistake> {
    let text = |name: &str| params.get(name).unwrap_or_default().to_owned();
    let other =
        |error: &str, description: &str| Mistake::Other { at: "/authorize".to_owned(), error: error.to_owned(), description: description.to_owned() };
    let username = || username.unwrap_or("Somebody").to_owned();
    match error {
        AuthorizeError::ShowPage { .. } => match client {
            // Without a client_id it is nobody's request.
            None => params.get("client_id").map(|client_id| Mistake::UnknownClient { client_id: client_id.to_owned() }),
            Some(_) if params.get("redirect_uri").is_none() => Some(other("invalid_request", "the app did not send a redirect_uri")),
            Some(_) => Some(Mistake::RedirectUri { uri: text("redirect_uri") }),
        },
        AuthorizeError::Redirect { error, description, .. } => match error {
            AuthorizeErrorCode::LoginRequired | AuthorizeErrorCode::ConsentRequired => None,
            AuthorizeErrorCode::AccessDenied => (*description == NOT_ADMITTED).then(|| Mistake::NotAdmitted { username: username() }),
            AuthorizeErrorCode::UnmetAuthenticationRequirements if *description == PROOF_MISSING => {
                Some(Mistake::ProofMissing { username: username() })
            }
            AuthorizeErrorCode::InvalidScope => Some(Mistake::UnknownScope { scope: text("scope") }),
            _ if *description == NOT_PUSHED => Some(Mistake::NotPushed),
            _ if description.contains("must use PKCE") => Some(Mistake::PkceMissing),
            error => Some(other(error.as_str(), description)),
        },
    }
}

/// A request of a program, for a note should it be refused.
pub struct Seen {
    path: String,
    authorization: Option<HeaderValue>,
    body: Bytes,
}

/// Looks at a request to an endpoint that programs call. It goes on unchanged.
///
/// # Errors
/// With the answer when its body is too large or ends early.
pub async fn look(request: Request) -> Result<(Seen, Request), Response> {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, BODY_BYTES_MAX).await else { return Err(StatusCode::PAYLOAD_TOO_LARGE.into_response()) };
    let seen = Seen { path: parts.uri.path().to_owned(), authorization: parts.headers.get(AUTHORIZATION).cloned(), body: body.clone() };
    Ok((seen, Request::from_parts(parts, Body::from(body))))
}

impl Seen {
    /// Notes a refusal when it says something about the app.
    pub async fn note(self, app: &App, refusal: Refusal) {
        if EXPECTED.contains(&refusal.error) {
            return;
        }
        let noted = note_program(app, &self.path, self.authorization.as_ref(), &self.body, refusal, app.clock.now());
        if let Ok(Err(error)) = tokio::time::timeout(NOTE_WITHIN, noted).await {
            tracing::warn!(cause = format!("{error:#}"), "a refused request could not be noted");
        }
    }
}

async fn note_program(
    app: &App,
    path: &str,
    authorization: Option<&HeaderValue>,
    body: &Bytes,
    refusal: Refusal,
    now: Timestamp,
) -> anyhow::Result<()> {
    let Some(params) = std::str::from_utf8(body).ok().and_then(|text| Params::parse(text).ok()) else { return Ok(()) };
    let credentials = authorization.and_then(|value| value.to_str().ok()).and_then(basic);
    let Some(client_id) = claimed(&params, credentials.as_ref()) else { return Ok(()) };
    let mut conn = app.db.read().await?;
    let client = clients::find_by_client_id(&mut conn, &client_id).await?;
    let mistake = match &client {
        None => Some(Mistake::UnknownClient { client_id }),
        Some(client) => of_program(&mut conn, path, &params, credentials.is_some_and(|(_, has_secret)| has_secret), client, refusal, now).await?,
    };
    drop(conn);
    if let Some(mistake) = mistake {
        last_errors::note(app, client.map(|client| client.id), mistake, now).await;
    }
    Ok(())
}

async fn of_program(
    conn: &mut Conn,
    path: &str,
    params: &Params,
    secret_in_header: bool,
    client: &Client,
    refusal: Refusal,
    now: Timestamp,
) -> sqlx::Result<Option<Mistake>> {
    let Refusal { error, description } = refusal;
    let other = || Mistake::Other { at: path.to_owned(), error: error.to_owned(), description: description.to_owned() };
    Ok(Some(match error {
        "invalid_client" if params.has("client_assertion") => other(),
        "invalid_client" => {
            let sent = secret_in_header || params.get("client_secret").is_some();
            match (client.registration.is_public, sent) {
                (true, true) => Mistake::NeedlessSecret,
                (false, false) => Mistake::NoSecret,
                (false, true) => Mistake::WrongSecret,
                (true, false) => other(),
            }
        }
        "invalid_grant" if description.starts_with("redirect_uri") => {
            Mistake::OtherRedirectUri { uri: params.get("redirect_uri").unwrap_or("nothing").to_owned() }
        }
        "invalid_grant" if description.contains("code_verifier") => Mistake::PkceMismatch,
        "invalid_grant" if params.get("grant_type") == Some("authorization_code") && description.starts_with("the code is unknown") => {
            match store::code_state(conn, &TokenHash::of(params.get("code").unwrap_or_default()), client.id).await? {
                Some((Some(_), _)) => Mistake::CodeUsed,
                Some((None, expires_at)) => Mistake::CodeExpired { seconds: now.since(expires_at).as_secs() },
                None => Mistake::CodeUnknown,
            }
        }
        "invalid_request" if description.contains("not registered for this client") => {
            Mistake::RedirectUri { uri: params.get("redirect_uri").unwrap_or_default().to_owned() }
        }
        "invalid_request" if description.contains("must use PKCE") => Mistake::PkceMissing,
        "invalid_scope" if params.get("grant_type").is_none() => Mistake::UnknownScope { scope: params.get("scope").unwrap_or_default().to_owned() },
        _ => other(),
    }))
}

/// The client a request says it comes from; nobody has proved it.
pub(super) fn claimed(params: &Params, credentials: Option<&(String, bool)>) -> Option<String> {
    let of_assertion = || {
        let payload = from_base64url(params.get("client_assertion")?.split('.').nth(1)?)?;
        let claims: serde_json::Value = serde_json::from_slice(&payload).ok()?;
        claims.get("sub")?.as_str().map(str::to_owned)
    };
    params.get("client_id").map(str::to_owned).or_else(|| credentials.map(|(id, _)| id.clone())).or_else(of_assertion).filter(|id| !id.is_empty())
}

/// The user name of HTTP Basic, and whether there was a password.
fn basic(header: &str) -> Option<(String, bool)> {
    let (scheme, encoded) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = text.split_once(':')?;
    let decoded: Option<Vec<(String, String)>> = serde_urlencoded::from_str(&format!("id={id}")).ok();
    let id = decoded.and_then(|pairs| pairs.into_iter().next()).map_or_else(|| id.to_owned(), |(_, id)| id);
    Some((id, !secret.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_client_a_request_names_is_found_wherever_it_stands() {
        let header = format!("Basic {}", STANDARD.encode("wi%6bi:secret"));
        assert_eq!(basic(&header), Some(("wiki".to_owned(), true)));
        assert_eq!(basic(&format!("basic {}", STANDARD.encode("wiki:"))), Some(("wiki".to_owned(), false)));
        assert_eq!((basic("Bearer x"), basic("Basic %%%")), (None, None));
        let params = |text: &str| Params::parse(text).unwrap();
        assert_eq!(claimed(&params("client_id=a"), Some(&("b".to_owned(), true))).as_deref(), Some("a"));
        assert_eq!(claimed(&params("x=1"), Some(&("b".to_owned(), true))).as_deref(), Some("b"));
        let assertion = format!("client_assertion=x.{}.y", crate::secret::base64url(br#"{"sub":"c"}"#));
        assert_eq!(claimed(&params(&assertion), None).as_deref(), Some("c"));
        assert_eq!((claimed(&params("client_assertion=x.y.z"), None), claimed(&params("client_id="), None)), (None, None));
    }
}
