//! An app's logo.

use axum::extract::{Multipart, Path, State};
use axum::response::{IntoResponse, Redirect, Response};

use super::show::ShowPage;
use super::{app_error, gone};
use crate::app::App;
use crate::clients::{Authority, Refused, logos};
use crate::error::AppError;
use crate::id::ClientId;
use crate::language::t;
use crate::sessions::FreshAdmin;
use crate::users::pictures::SOURCE_BYTES_MAX;
use crate::web;

/// The largest form: a picture and what stands around it.
pub const FORM_BYTES_MAX: usize = SOURCE_BYTES_MAX + 64 * 1024;

/// `POST /admin/clients/{id}/logo`: a form with one file, `logo`.
pub async fn put(
    State(app): State<App>,
    admin: FreshAdmin,
    browser: web::Client,
    Path(id): Path<ClientId>,
    mut form: Multipart,
) -> Result<Response, AppError> {
    let unreadable = |_| AppError::refused(t("client-not-understood"), t("client-logo-unreadable"));
    let mut file = Vec::new();
    while let Some(field) = form.next_field().await.map_err(unreadable)? {
        if field.name() == Some("logo") {
            file = field.bytes().await.map_err(unreadable)?.to_vec();
        }
    }
    let refused = if file.is_empty() {
        t("client-logo-missing").into()
    } else {
        match logos::put(&app, Authority::Admin(&admin, &browser), id, file, app.clock.now()).await {
            Ok(()) => return Ok(Redirect::to(&format!("/admin/clients/{id}?notice=logo#logo")).into_response()),
            Err(Refused::Mistakes(mistakes)) => mistakes.into_values().next().unwrap_or_default(),
            Err(Refused::Gone | Refused::AlreadyThere) => return Err(gone()),
            Err(Refused::Internal(error)) => return Err(error.into()),
        }
    };
    ShowPage::without_logo(&app, &admin, id, refused).await
}

/// `POST /admin/clients/{id}/logo/remove`.
pub async fn remove(State(app): State<App>, admin: FreshAdmin, browser: web::Client, Path(id): Path<ClientId>) -> Result<Redirect, AppError> {
    logos::remove(&app, Authority::Admin(&admin, &browser), id, app.clock.now()).await.map_err(app_error)?;
    Ok(Redirect::to(&format!("/admin/clients/{id}?notice=logo_removed#logo")))
}
