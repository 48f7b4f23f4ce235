//! Registering an app.

use askama::Template;
use askama_web::WebTemplate;
use axum::extract::{Form, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use super::connect::CreatedPage;
use super::form::{ALGS, ClientForm, Fields};
use super::gone;
use crate::app::App;
use crate::clients::model::{Mistakes, Registration};
use crate::clients::{self, Authority, Refused};
use crate::error::AppError;
use crate::id::ClientId;
use crate::sessions::AdminSession;
use crate::web::{self, Chrome};

/// The form for a new client.
#[derive(Template, WebTemplate)]
#[template(path = "clients/new.html")]
pub struct NewPage {
    chrome: Chrome,
    id: ClientId,
    fields: Fields,
    algs: [(&'static str, &'static str); 3],
}

/// `GET /admin/clients/new`.
pub async fn new(State(app): State<App>, admin: AdminSession) -> NewPage {
    let registration = Registration { claims_in_id_token: true, ..Registration::default() };
    NewPage { chrome: admin.chrome(&app), id: ClientId::new(), fields: Fields::new(registration, String::new(), Mistakes::new()), algs: ALGS }
}

/// `POST /admin/clients`. Answers with the page itself, because the secret can be shown only now; the form's own id keeps a reload from making a second
/// client.
pub async fn create(State(app): State<App>, admin: AdminSession, browser: web::Client, Form(form): Form<ClientForm>) -> Result<Response, AppError> {
    let id: ClientId = form.id.parse().map_err(|_| AppError::refused("Not understood", "Open the form again and fill it in anew."))?;
    let groups: Vec<String> = form.allowed_groups.lines().map(str::to_owned).collect();
    match clients::register(&app, Authority::Admin(&admin, &browser), id, form.registration(), &groups, app.clock.now()).await {
        Ok(registered) => Ok(CreatedPage::new(&app, &admin, registered, true).into_response()),
        Err(Refused::Mistakes(mistakes)) => {
            let fields = form.fields(mistakes);
            Ok((StatusCode::UNPROCESSABLE_ENTITY, NewPage { chrome: admin.chrome(&app), id, fields, algs: ALGS }).into_response())
        }
        Err(Refused::AlreadyThere) => Ok(Redirect::to(&format!("/admin/clients/{id}?notice=already")).into_response()),
        Err(Refused::Gone) => Err(gone()),
        Err(Refused::Internal(error)) => Err(error.into()),
    }
}
