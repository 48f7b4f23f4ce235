//! Registering an app.

use askama::Template;
use askama_web::WebTemplate;
use axum::extract::{Form, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::connect::CreatedPage;
use super::form::{ClientForm, Fields};
use super::gone;
use crate::app::App;
use crate::clients::model::Mistakes;
use crate::clients::{self, Authority, Face, Refused, Registration, catalogue, store};
use crate::error::AppError;
use crate::id::ClientId;
use crate::language::t;
use crate::sessions::{AdminSession, FreshAdmin};
use crate::web::{self, Chrome};

/// The kind of app that is meant when none is named.
const USUAL: &str = "web-app";

/// How many groups the form offers at a time.
const GROUPS_OFFERED: i64 = 20;

/// A group the app may be for.
struct GroupChoice {
    /// Its id, as text.
    id: String,
    name: String,
    display_name: String,
    is_chosen: bool,
}

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
    /// Those that were chosen, then those that fit the search.
    groups: Vec<GroupChoice>,
    group_search: String,
    /// There are more than are shown, so there is something to search.
    has_more_groups: bool,
    /// What is prefilled is shown, because something in it is wrong.
    is_open: bool,
}

impl NewPage {
    async fn new(
        app: &App,
        admin: &AdminSession,
        id: ClientId,
        known: &'static catalogue::Template,
        fields: Fields,
        (chosen, group_search): (Vec<(String, String)>, &str),
    ) -> sqlx::Result<Self> {
        let is_open = fields.mistakes.keys().any(|field| !["app_url", "allowed_groups"].contains(field));
        let group_search: String = group_search.trim().chars().take(100).collect();
        let found = store::other_groups(&mut app.db.read().await?, id, &group_search, GROUPS_OFFERED + 1).await?;
        let shown = usize::try_from(GROUPS_OFFERED).unwrap_or(usize::MAX);
        let has_more_groups = found.len() > shown || !group_search.is_empty();
        let found = found.into_iter().take(shown).map(|group| GroupChoice {
            id: group.id.to_string(),
            name: group.name,
            display_name: group.display_name,
            is_chosen: false,
        });
        // What was chosen stays in sight, whatever is searched for next; its name is checked when it counts.
        let mut groups: Vec<GroupChoice> =
            chosen.into_iter().map(|(id, name)| GroupChoice { id, display_name: name.clone(), name, is_chosen: true }).collect();
        for group in found {
            match groups.iter_mut().find(|known| known.id == group.id) {
                Some(known) => known.display_name = group.display_name,
                None => groups.push(group),
            }
        }
        Ok(Self {
            chrome: admin.chrome(app),
            id,
            known,
            face: Face::new(known.id, known.name, ""),
            fields,
            groups,
            group_search,
            has_more_groups,
            is_open,
        })
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
    Ok(NewPage::new(&app, &admin, ClientId::new(), known, Fields::new(known.registration(), Mistakes::new()), (Vec::new(), "")).await?)
}

/// Where the app's address is missing or wrong, that is the mistake, and not the placeholders that wait for it.
fn about_the_address(registration: &Registration, known: &catalogue::Template, mut mistakes: Mistakes) -> Mistakes {
    if known.asks_for_address() && catalogue::waits_for_address(registration) {
        for field in ["redirect_uris", "post_logout_redirect_uris", "launch_url", "initiate_login_uri", "backchannel_logout_uri", "proxied_addresses"]
        {
            mistakes.remove(field);
        }
        mistakes.entry("app_url").or_insert_with(|| t("client-address-missing").with("app", known.name).with("example", known.example).into());
    }
    mistakes
}

/// `POST /admin/clients`. Answers with the page itself, because the secret can be shown only now; the form's own id keeps a reload from making a second
/// client.
pub async fn create(State(app): State<App>, admin: FreshAdmin, browser: web::Client, Form(form): Form<ClientForm>) -> Result<Response, AppError> {
    let id: ClientId = form.id.parse().map_err(|_| AppError::refused(t("client-not-understood"), t("client-form-again")))?;
    let (chosen, group_search) = (form.chosen_groups(), form.group_search.clone());
    let groups: Vec<String> = chosen.iter().map(|(_, name)| name.clone()).collect();
    let registration = form.registration();
    let known = catalogue::find(&registration.policies.presentation.template).or_else(|| catalogue::find(USUAL)).ok_or(AppError::NotFound)?;
    if form.find_groups.is_some() {
        let page = NewPage::new(&app, &admin, id, known, form.fields(Mistakes::new()), (chosen, &group_search)).await?;
        return Ok(page.into_response());
    }
    match clients::register(&app, Authority::Admin(&admin, &browser), id, registration.clone(), &groups, app.clock.now()).await {
        Ok(registered) => Ok(CreatedPage::new(&app, &admin, registered, true).into_response()),
        Err(Refused::Mistakes(mistakes)) => {
            let fields = form.fields(about_the_address(&registration, known, mistakes));
            let page = NewPage::new(&app, &admin, id, known, fields, (chosen, &group_search)).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        Err(Refused::AlreadyThere) => Ok(Redirect::to(&format!("/admin/clients/{id}?notice=already")).into_response()),
        Err(Refused::Gone) => Err(gone()),
        Err(Refused::Internal(error)) => Err(error.into()),
    }
}
