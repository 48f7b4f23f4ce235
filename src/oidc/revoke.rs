//! Token revocation (RFC 7009): a client gives a token back.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};

use super::error::OAuthError;
use super::token;
use crate::app::App;

/// `POST /api/oidc/revoke`. 200 also for a token that is unknown or was revoked before (RFC 7009 section 2.2).
pub async fn post(State(app): State<App>, headers: HeaderMap, body: Bytes) -> Result<StatusCode, OAuthError> {
    let params = token::form(&headers, &body)?;
    let client = token::authenticate(&app, &headers, &params).await?;
    let unverified_token = params.get("token").ok_or(OAuthError::InvalidRequest("token is missing"))?;
    super::give_back(&app, &client, unverified_token, app.clock.now()).await?;
    Ok(StatusCode::OK)
}
