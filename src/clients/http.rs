//! What anybody may ask of a client: its logo, by its address.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

use super::logos;
use crate::app::App;
use crate::error::AppError;
use crate::id::ClientId;

/// `GET /logo/{id}/{name}`. Kept by whoever asked, because another logo has another address.
///
/// # Errors
/// 404 when there is no such logo (any more).
pub async fn show_logo(State(app): State<App>, path: Result<Path<(ClientId, String)>, PathRejection>) -> Result<Response, AppError> {
    let Ok(Path((id, name))) = path else { return Err(AppError::NotFound) };
    let (media_type, bytes) = logos::read(&mut app.db.read().await?, id, &name).await?.ok_or(AppError::NotFound)?;
    Ok(([(CONTENT_TYPE, media_type.as_str()), (CACHE_CONTROL, "private, max-age=31536000, immutable")], bytes).into_response())
}
