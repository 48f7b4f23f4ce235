//! Token introspection (RFC 7662): whether a token counts, for a server that was handed one.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Json, Response};
use serde_json::json;

use super::error::{OAuthError, no_store};
use super::{store, token};
use crate::app::App;
use crate::secret::TokenHash;

/// `POST /api/oidc/introspect`. Only a client with a secret may ask, or anyone could try tokens here (RFC 7662 section 2.1).
pub async fn post(State(app): State<App>, headers: HeaderMap, body: Bytes) -> Result<Response, OAuthError> {
    let now = app.clock.now();
    let params = token::form(&headers, &body)?;
    let client = token::authenticate(&app, &headers, &params).await?;
    if client.registration.is_public {
        return Err(OAuthError::InvalidClient);
    }
    let unverified_token = params.get("token").ok_or(OAuthError::InvalidRequest("token is missing"))?;
    let found = store::find_live_token(&mut app.db.read().await?, &TokenHash::of(unverified_token), now).await?;
    // A refresh token is its client's own business.
    let found = found.filter(|token| token.kind == "access" || token.client_id == client.client_id);
    let answer = match found {
        None => json!({ "active": false }),
        Some(token) => json!({
            "active": true,
            "scope": token.scopes,
            "client_id": token.client_id,
            "username": token.username,
            "token_type": if token.kind == "access" { "Bearer" } else { "refresh_token" },
            "exp": token.expires_at.as_seconds(),
            "iat": token.created_at.as_seconds(),
            "sub": token.user_id,
            "iss": app.config.origin.as_str(),
        }),
    };
    Ok((no_store(), Json(answer)).into_response())
}
