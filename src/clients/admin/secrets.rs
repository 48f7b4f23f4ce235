//! An app's secrets.

use axum::extract::{Form, Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::connect::CreatedPage;
use super::{app_error, gone};
use crate::app::App;
use crate::clients::{self, Authority, NewSecret, Refused};
use crate::error::AppError;
use crate::id::ClientId;
use crate::language::t;
use crate::sessions::FreshAdmin;
use crate::web;

/// A secret to make.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct NewSecretForm {
    name: String,
    days: String,
}

/// `POST /admin/clients/{id}/secrets`. Answers with the page itself: the secret can be shown only now.
pub async fn make_secret(
    State(app): State<App>,
    admin: FreshAdmin,
    browser: web::Client,
    Path(id): Path<ClientId>,
    Form(form): Form<NewSecretForm>,
) -> Result<Response, AppError> {
    let days = form.days.trim();
    // What is no number is out of every range.
    let new = NewSecret { name: form.name, days: (!days.is_empty()).then(|| days.parse().unwrap_or(u32::MAX)) };
    match clients::make_secret(&app, Authority::Admin(&admin, &browser), id, &new, app.clock.now()).await {
        Ok(registered) => Ok(CreatedPage::new(&app, &admin, registered, false).into_response()),
        Err(Refused::Mistakes(mistakes)) => Err(AppError::refused(t("client-no-new-secret"), mistakes.into_values().next().unwrap_or_default())),
        Err(Refused::Gone | Refused::AlreadyThere) => Err(gone()),
        Err(Refused::Internal(error)) => Err(error.into()),
    }
}

/// Names a secret by its first characters.
#[derive(Deserialize)]
pub struct SecretForm {
    hint: String,
}

/// `POST /admin/clients/{id}/secrets/delete`.
pub async fn delete_secret(
    State(app): State<App>,
    admin: FreshAdmin,
    browser: web::Client,
    Path(id): Path<ClientId>,
    Form(form): Form<SecretForm>,
) -> Result<Redirect, AppError> {
    let done = clients::delete_secret(&app, Authority::Admin(&admin, &browser), id, &form.hint, app.clock.now()).await;
    done.map_err(app_error)?;
    Ok(Redirect::to(&format!("/admin/clients/{id}?notice=secret_deleted")))
}
