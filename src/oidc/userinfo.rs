//! The userinfo endpoint (OpenID Connect Core, section 5.3): an access token in, the claims of its scopes out.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use openidconnect::UserInfoClaims;

use super::error::{DPOP_NONCE, OAuthError, kept_nowhere};
use super::{dpop, resources, token};
use crate::app::App;

/// `GET /api/oidc/userinfo`, the token in the `Authorization` header.
pub async fn get(State(app): State<App>, headers: HeaderMap) -> Response {
    let answered = answer(&app, "GET", &headers, None).await;
    respond(&app, &headers, answered)
}

/// `POST /api/oidc/userinfo`, the token in the header or in the form (RFC 6750 sections 2.1 and 2.2).
pub async fn post(State(app): State<App>, headers: HeaderMap, body: Bytes) -> Response {
    let answered = answer_form(&app, &headers, &body).await;
    respond(&app, &headers, answered)
}

async fn answer_form(app: &App, headers: &HeaderMap, body: &Bytes) -> Result<Response, OAuthError> {
    let is_form = headers.get(CONTENT_TYPE).is_some_and(|value| value.as_bytes().starts_with(b"application/x-www-form-urlencoded"));
    if !is_form || body.is_empty() {
        return answer(app, "POST", headers, None).await;
    }
    let params = token::form(headers, body)?;
    if params.is_repeated("access_token") {
        return Err(OAuthError::InvalidRequest("access_token came more than once"));
    }
    answer(app, "POST", headers, params.get("access_token")).await
}

async fn answer(app: &App, method: &str, headers: &HeaderMap, in_body: Option<&str>) -> Result<Response, OAuthError> {
    let (scheme, unverified_token) = match (presented(headers), in_body) {
        (Some(_), Some(_)) => return Err(OAuthError::InvalidRequest("send the access token once")),
        (Some(presented), None) => presented,
        (None, Some(token)) => (Scheme::Bearer, token),
        (None, None) => return Err(OAuthError::NoToken),
    };
    let now = app.clock.now();
    let proof = match scheme {
        Scheme::Bearer => None,
        Scheme::Dpop => {
            let url = resources::userinfo(&app.config.origin);
            // Whether it needs a nonce, the client decides, whom only the token names.
            let expected = dpop::Expected { method, url: &url, access_token: Some(unverified_token), with_nonce: false };
            let proof = dpop::look(app, headers, expected, now)?;
            Some(proof.ok_or(OAuthError::InvalidDpopProof("the DPoP proof is missing"))?)
        }
    };
    let (standard, additional) = super::claims_of_access_token(app, unverified_token, proof, now).await?;
    Ok(kept_nowhere(&UserInfoClaims::new(standard, additional)))
}

/// How an access token is presented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scheme {
    Bearer,
    Dpop,
}

/// The token of an `Authorization` header (RFC 6750 section 2.1, RFC 9449 section 7.1).
fn presented(headers: &HeaderMap) -> Option<(Scheme, &str)> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let schemes = [("bearer", Scheme::Bearer), ("dpop", Scheme::Dpop)];
    let (_, scheme) = schemes.into_iter().find(|(name, _)| scheme.eq_ignore_ascii_case(name))?;
    Some((scheme, token.trim())).filter(|(_, token)| !token.is_empty())
}

/// The answer as it goes out: a refusal says where this resource describes itself (RFC 9728 section 5.1), and who uses DPoP gets a nonce.
fn respond(app: &App, headers: &HeaderMap, answered: Result<Response, OAuthError>) -> Response {
    let is_dpop = headers.contains_key(dpop::HEADER) || presented(headers).is_some_and(|(scheme, _)| scheme == Scheme::Dpop);
    let challenge = match &answered {
        Ok(_) => None,
        Err(error) => error.challenge(is_dpop, &resources::userinfo_metadata(&app.config.origin)),
    };
    let status = matches!(answered, Err(OAuthError::InvalidDpopProof(_) | OAuthError::UseDpopNonce(_))).then_some(StatusCode::UNAUTHORIZED);
    let mut response = answered.into_response();
    if let Some(challenge) = challenge.and_then(|challenge| HeaderValue::from_str(&challenge).ok()) {
        response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
    }
    if let Some(status) = status {
        *response.status_mut() = status;
    }
    if is_dpop && let Ok(nonce) = HeaderValue::from_str(&app.nonces.current(app.clock.now())) {
        response.headers_mut().insert(DPOP_NONCE, nonce);
    }
    response
}
