//! `/api/oidc/register`: what apps call.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Json, Response};
use serde_json::{Map, Value, json};

use super::Refused;
use crate::app::App;
use crate::clients::metadata::Unusable;
use crate::error::AppError;
use crate::oidc::error::no_store;
use crate::web;

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let mut headers = no_store();
        let (status, error, description) = match self {
            Self::Off => return AppError::NotFound.into_response(),
            Self::Internal(cause) => {
                tracing::error!(cause = format!("{cause:#}"), "a registration failed");
                (StatusCode::INTERNAL_SERVER_ERROR, "server_error", "something went wrong on our side; try again".to_owned())
            }
            Self::Token => {
                headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer error=\"invalid_token\""));
                (StatusCode::UNAUTHORIZED, "invalid_token", "the token is missing, unknown, expired, revoked or used up".to_owned())
            }
            Self::Metadata(Unusable { error, description }) => (StatusCode::BAD_REQUEST, error, ascii(&description)),
            Self::TooMany(seconds) => {
                headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
                (
                    StatusCode::TOO_MANY_REQUESTS,
                    "temporarily_unavailable",
                    format!("too many registrations from this address, or changes by this app; try again in {seconds} seconds"),
                )
            }
            Self::Full => (
                StatusCode::SERVICE_UNAVAILABLE,
                "temporarily_unavailable",
                "as many apps registered themselves as this server takes; ask the people who run it".to_owned(),
            ),
        };
        if status != StatusCode::INTERNAL_SERVER_ERROR {
            tracing::info!(error, description, "refused a registration");
        }
        (status, headers, Json(json!({ "error": error, "error_description": description }))).into_response()
    }
}

/// RFC 6749 section 5.2: printable ASCII without quotes and backslashes.
fn ascii(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '“' | '”' | '"' | '’' => '\'',
            '\\' => '/',
            ' '..='~' => c,
            _ => '?',
        })
        .collect()
}

/// The token of an `Authorization: Bearer` header.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim()).filter(|token| !token.is_empty())
}

fn metadata(headers: &HeaderMap, body: &Bytes) -> Result<Map<String, Value>, Refused> {
    let invalid = |description: &str| Refused::Metadata(Unusable { error: "invalid_client_metadata", description: description.to_owned() });
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !content_type.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json") {
        return Err(invalid("the body must be application/json"));
    }
    serde_json::from_slice(body).map_err(|_| invalid("the body must be a JSON object"))
}

/// `POST /api/oidc/register`.
pub async fn register(State(app): State<App>, from: web::Client, headers: HeaderMap, body: Bytes) -> Result<Response, Refused> {
    if let Err(AppError::TooManyRequests { retry_after_seconds }) = app.limits.sign_in.check(&from) {
        return Err(Refused::TooMany(retry_after_seconds));
    }
    // Whoever may not register learns nothing about what may be registered.
    let said = metadata(&headers, &body);
    let empty = Map::new();
    let registered = super::register(&app, bearer(&headers), said.as_ref().unwrap_or(&empty), &from, app.clock.now()).await;
    match (registered, said) {
        (Err(Refused::Metadata(_)), Err(unreadable)) => Err(unreadable),
        (registered, _) => Ok((StatusCode::CREATED, no_store(), Json(registered?)).into_response()),
    }
}

/// `GET /api/oidc/register/{client_id}`.
pub async fn look(State(app): State<App>, Path(client_id): Path<String>, headers: HeaderMap) -> Result<Response, Refused> {
    let access = bearer(&headers).ok_or(Refused::Token)?;
    Ok((no_store(), Json(super::look(&app, &client_id, access).await?)).into_response())
}

/// `PUT /api/oidc/register/{client_id}`.
pub async fn replace(
    State(app): State<App>,
    from: web::Client,
    Path(client_id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refused> {
    let access = bearer(&headers).ok_or(Refused::Token)?;
    // The token first.
    super::look(&app, &client_id, access).await?;
    let said = metadata(&headers, &body)?;
    Ok((no_store(), Json(super::replace(&app, &client_id, access, &said, &from, app.clock.now()).await?)).into_response())
}

/// `DELETE /api/oidc/register/{client_id}`.
pub async fn remove(State(app): State<App>, from: web::Client, Path(client_id): Path<String>, headers: HeaderMap) -> Result<Response, Refused> {
    let access = bearer(&headers).ok_or(Refused::Token)?;
    super::remove(&app, &client_id, access, &from, app.clock.now()).await?;
    Ok((StatusCode::NO_CONTENT, no_store()).into_response())
}
