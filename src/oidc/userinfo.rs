//! The userinfo endpoint (OpenID Connect Core, section 5.3): an access token in, the claims of its scopes out.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::response::{IntoResponse, Json, Response};
use openidconnect::UserInfoClaims;

use super::error::{OAuthError, no_store};
use super::token;
use crate::app::App;

/// `GET /api/oidc/userinfo`, the token in the `Authorization` header.
pub async fn get(State(app): State<App>, headers: HeaderMap) -> Result<Response, OAuthError> {
    answer(&app, &headers, None).await
}

/// `POST /api/oidc/userinfo`, the token in the header or in the form (RFC 6750 sections 2.1 and 2.2).
pub async fn post(State(app): State<App>, headers: HeaderMap, body: Bytes) -> Result<Response, OAuthError> {
    let is_form = headers.get(CONTENT_TYPE).is_some_and(|value| value.as_bytes().starts_with(b"application/x-www-form-urlencoded"));
    if !is_form || body.is_empty() {
        return answer(&app, &headers, None).await;
    }
    let params = token::form(&headers, &body)?;
    if params.is_repeated("access_token") {
        return Err(OAuthError::InvalidRequest("access_token came more than once"));
    }
    answer(&app, &headers, params.get("access_token")).await
}

async fn answer(app: &App, headers: &HeaderMap, in_body: Option<&str>) -> Result<Response, OAuthError> {
    let in_header = bearer(headers);
    let unverified_token = match (in_header, in_body) {
        (Some(_), Some(_)) => return Err(OAuthError::InvalidRequest("send the access token once")),
        (Some(token), None) | (None, Some(token)) => token,
        (None, None) => return Err(OAuthError::NoToken),
    };
    let (standard, additional) = super::claims_of_access_token(app, unverified_token, app.clock.now()).await?;
    Ok((no_store(), Json(UserInfoClaims::new(standard, additional))).into_response())
}

/// The token of an `Authorization: Bearer` header.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim()).filter(|token| !token.is_empty())
}
