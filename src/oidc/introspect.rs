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
    let hash = TokenHash::of(unverified_token);
    let mut conn = app.db.read().await?;
    let found = store::find_live_token(&mut conn, &hash, now).await?;
    let machine = if found.is_none() { store::machines::find_live(&mut conn, &hash, now).await? } else { None };
    drop(conn);
    // A refresh token is its client's own business.
    let found = found.filter(|token| token.kind == "access" || token.client_id == client.client_id);
    let answer = match found {
        None => match machine {
            None => json!({ "active": false }),
            // Without a person, the client is the subject (RFC 9068 section 2.2).
            Some(token) => json!({
                "active": true,
                "scope": token.scopes,
                "client_id": token.client_id,
                "token_type": "Bearer",
                "exp": token.expires_at.as_seconds(),
                "iat": token.created_at.as_seconds(),
                "sub": token.client_id,
                "iss": app.config.origin.as_str(),
            }),
        },
        Some(token) => json!({
            "active": true,
            "scope": token.scopes,
            "client_id": token.client_id,
            "username": token.username,
            "token_type": if token.kind == "access" { "Bearer" } else { "refresh_token" },
            "exp": token.expires_at.as_seconds(),
            "iat": token.created_at.as_seconds(),
            "sub": app.subjects.of(&token.claims_policy()?, token.user_id),
            "iss": app.config.origin.as_str(),
        }),
    };
    Ok((no_store(), Json(answer)).into_response())
}
