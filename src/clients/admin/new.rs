//! Registering an app.

use askama::Template;
use askama_web::WebTemplate;
use axum::extract::{Form, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::connect::CreatedPage;
use super::form::{ALGS, ClientForm, Fields};
use super::gone;
use crate::app::App;
use crate::clients::model::Mistakes;
use crate::clients::{self, Authority, Face, Refused, Registration, catalogue};
use crate::error::AppError;
use crate::id::ClientId;
use crate::sessions::{AdminSession, FreshAdmin};
use crate::web::{self, Chrome};

/// The kind of app that is meant when none is named.
const USUAL: &str = "web-app";

/// The form for a new client.
#[derive(Template, WebTemplate)]
#[template(path = "clients/new.html")]
pub struct NewPage {
    chrome: Chrome,
    id: ClientId,
    /// The app it is, from the catalogue.
    known: &'static catalogue::Template,
    face: Face,
    fields: Fields,
    algs: [(&'static str, &'static str); 4],
    /// What is prefilled is shown, because something in it is wrong.
    is_open: bool,
}

impl NewPage {
    fn new(app: &App, admin: &AdminSession, id: ClientId, known: &'static catalogue::Template, fields: Fields) -> Self {
        let is_open = fields.mistakes.keys().any(|field| !["app_url", "allowed_groups"].contains(field));
        Self { chrome: admin.chrome(app), id, known, face: Face::new(known.id, known.name, ""), fields, algs: ALGS, is_open }
    }
}

/// Which app it is.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Which {
    #[serde(default)]
    app: String,
}

/// `GET /admin/clients/new`: prefilled for an app of the catalogue, else for any web app.
///
/// # Errors
/// 404 when there is no such app in the catalogue.
pub async fn new(State(app): State<App>, admin: AdminSession, Query(which): Query<Which>) -> Result<NewPage, AppError> {
    let id = if which.app.is_empty() { USUAL } else { &which.app };
    let known = catalogue::find(id).ok_or(AppError::NotFound)?;
    Ok(NewPage::new(&app, &admin, ClientId::new(), known, Fields::new(known.registration(), String::new(), Mistakes::new())))
}

/// Where the app's address is missing or wrong, that is the mistake, and not the placeholders that wait for it.
fn about_the_address(registration: &Registration, known: &catalogue::Template, mut mistakes: Mistakes) -> Mistakes {
    if known.asks_for_address() && catalogue::waits_for_address(registration) {
        for field in ["redirect_uris", "post_logout_redirect_uris", "launch_url", "initiate_login_uri"] {
            mistakes.remove(field);
        }
        mistakes.entry("app_url").or_insert_with(|| format!("Enter the address of {}, such as {}.", known.name, known.example));
    }
    mistakes
}

/// `POST /admin/clients`. Answers with the page itself, because the secret can be shown only now; the form's own id keeps a reload from making a second
/// client.
pub async fn create(State(app): State<App>, admin: FreshAdmin, browser: web::Client, Form(form): Form<ClientForm>) -> Result<Response, AppError> {
    let id: ClientId = form.id.parse().map_err(|_| AppError::refused("Not understood", "Open the form again and fill it in anew."))?;
    let groups: Vec<String> = form.allowed_groups.lines().map(str::to_owned).collect();
    let registration = form.registration();
    match clients::register(&app, Authority::Admin(&admin, &browser), id, registration.clone(), &groups, app.clock.now()).await {
        Ok(registered) => Ok(CreatedPage::new(&app, &admin, registered, true).into_response()),
        Err(Refused::Mistakes(mistakes)) => {
            let known = catalogue::find(&registration.policies.presentation.template).or_else(|| catalogue::find(USUAL)).ok_or(AppError::NotFound)?;
            let fields = form.fields(about_the_address(&registration, known, mistakes));
            Ok((StatusCode::UNPROCESSABLE_ENTITY, NewPage::new(&app, &admin, id, known, fields)).into_response())
        }
        Err(Refused::AlreadyThere) => Ok(Redirect::to(&format!("/admin/clients/{id}?notice=already")).into_response()),
        Err(Refused::Gone) => Err(gone()),
        Err(Refused::Internal(error)) => Err(error.into()),
    }
}
