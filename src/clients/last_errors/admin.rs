//! `/admin/clients/{id}/errors`: reviewing and adding a redirect URI that was refused, and forgetting errors.

use askama::Template;
use askama_web::WebTemplate;
use axum::extract::{Form, Path, State};
use axum::response::Redirect;
use serde::Deserialize;

use super::Shown;
use super::model::is_new_host;
use crate::app::App;
use crate::clients::{Authority, Refused};
use crate::error::AppError;
use crate::id::{ClientErrorId, ClientId};
use crate::language::t;
use crate::sessions::{AdminSession, FreshAdmin};
use crate::web::{self, Chrome};

/// Says exactly what will be added to what.
#[derive(Template, WebTemplate)]
#[template(path = "clients/parts/add_redirect_uri.html")]
pub struct ReviewPage {
    chrome: Chrome,
    id: ClientId,
    error: ClientErrorId,
    title: String,
    uri: String,
    shown: Shown,
    registered: Vec<String>,
    is_new_host: bool,
    is_unencrypted: bool,
}

fn gone() -> AppError {
    AppError::gone(t("client-nothing-to-add"), t("client-nothing-to-add-message"))
}

/// `GET /admin/clients/{id}/errors/{error}/add`.
pub async fn review(State(app): State<App>, admin: AdminSession, Path((id, error)): Path<(ClientId, ClientErrorId)>) -> Result<ReviewPage, AppError> {
    let mut conn = app.db.read().await?;
    let (client, shown, uri) = super::addable(&mut conn, id, error).await?.ok_or_else(gone)?;
    let registered = client.registration.redirect_uris;
    Ok(ReviewPage {
        chrome: admin.chrome(&app),
        id,
        error,
        title: client.registration.name,
        is_new_host: is_new_host(&uri, &registered),
        // On the person's own computer nobody listens in.
        is_unencrypted: uri.starts_with("http://")
            && !["http://localhost", "http://127.0.0.1", "http://[::1]"].iter().any(|own| uri.starts_with(own)),
        registered,
        shown,
        uri,
    })
}

/// The form of the review.
#[derive(Deserialize)]
pub struct Reviewed {
    uri: String,
}

/// `POST /admin/clients/{id}/errors/{error}/add`.
pub async fn add(
    State(app): State<App>,
    admin: FreshAdmin,
    browser: web::Client,
    Path((id, error)): Path<(ClientId, ClientErrorId)>,
    Form(form): Form<Reviewed>,
) -> Result<Redirect, AppError> {
    let added = super::add_redirect_uri(&app, Authority::Admin(&admin, &browser), id, error, &form.uri, app.clock.now()).await;
    match added {
        Ok(()) => Ok(Redirect::to(&format!("/admin/clients/{id}?notice=saved"))),
        Err(Refused::Mistakes(mistakes)) => Err(AppError::refused(t("client-uri-not-added"), mistakes.into_values().next().unwrap_or_default())),
        Err(Refused::Internal(error)) => Err(error.into()),
        Err(Refused::Gone | Refused::AlreadyThere) => Err(gone()),
    }
}

/// `POST /admin/clients/{id}/errors/forget`.
pub async fn forget(State(app): State<App>, admin: AdminSession, Path(id): Path<ClientId>) -> Result<Redirect, AppError> {
    super::forget(&app, &admin, id).await?;
    Ok(Redirect::to(&format!("/admin/clients/{id}#errors")))
}

/// `POST /admin/clients/errors/forget`.
pub async fn forget_unattributed(State(app): State<App>, admin: AdminSession) -> Result<Redirect, AppError> {
    super::forget_unattributed(&app, &admin).await?;
    Ok(Redirect::to("/admin/clients"))
}
