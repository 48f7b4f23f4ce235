//! What anybody may ask of a person: their picture, by its address.

use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName};
use axum::response::{IntoResponse, Response};

use crate::app::App;
use crate::error::AppError;
use crate::id::UserId;

/// `GET /picture/{user}/{name}`: whoever knows the address (the person, administrators, and apps that got the claim) may see it. Kept by whoever asked,
/// because another picture has another address.
///
/// # Errors
/// 404 when there is no such picture (any more).
pub async fn show_picture(
    State(app): State<App>,
    path: Result<Path<(UserId, String)>, axum::extract::rejection::PathRejection>,
) -> Result<Response, AppError> {
    let Ok(Path((user, name))) = path else { return Err(AppError::NotFound) };
    let (media_type, bytes) = super::pictures::read(&mut app.db.read().await?, user, &name).await?.ok_or(AppError::NotFound)?;
    let may_be_kept = (CACHE_CONTROL, "private, max-age=31536000, immutable");
    // Apps show it on their own pages.
    let may_be_shown = (HeaderName::from_static("cross-origin-resource-policy"), "cross-origin");
    Ok(([(CONTENT_TYPE, media_type.as_str()), may_be_kept, may_be_shown], bytes).into_response())
}
