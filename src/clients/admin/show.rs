//! `/admin/clients/{id}`: an app's page, its form, and its end.

use askama::Template;
use askama_web::WebTemplate;
use axum::extract::{Form, Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::connect::{Endpoints, Guide, GuideStep};
use super::form::{ClientForm, Fields};
use super::{app_error, gone};
use crate::app::App;
use crate::clients::model::Mistakes;
use crate::clients::secrets::Standing;
use crate::clients::{self, Authority, Face, GroupLine, Refused, SecretLine, last_errors, logos, secrets, store};
use crate::clock::Timestamp;
use crate::error::AppError;
use crate::id::ClientId;
use crate::language::t;
use crate::sessions::{AdminSession, FreshAdmin};
use crate::web::{self, Chrome};

/// How many groups the picker offers at a time.
const GROUPS_OFFERED: i64 = 20;

/// What a client's address says.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct ShowAddress {
    #[serde(default)]
    notice: String,
    #[serde(default)]
    groups: String,
}

/// A client: its form, its secrets, its groups.
#[derive(Template, WebTemplate)]
#[template(path = "clients/show.html")]
pub struct ShowPage {
    chrome: Chrome,
    notice: Option<(&'static str, String)>,
    id: ClientId,
    client_id: String,
    title: String,
    created_at: Timestamp,
    restricted: bool,
    fields: Fields,
    has_secrets: bool,
    secrets: Vec<SecretLine>,
    /// What to warn of about them.
    secret_warning: Option<String>,
    /// Whether secrets are the way it proves who it is.
    uses_secrets: bool,
    now: Timestamp,
    groups: Vec<GroupLine>,
    group_search: String,
    offered: Vec<GroupLine>,
    endpoints: Endpoints,
    last_errors: Vec<last_errors::Shown>,
    face: Face,
    /// Why the logo just sent was not taken.
    logo_mistake: String,
    /// How the app is connected, if it is a known one.
    guide: Option<Guide>,
    /// The file that alone changes it; empty when it is changed here.
    declared_in: String,
    /// How telling it of the last ended session went.
    last_notice: Option<crate::clients::LastNotice>,
}

impl ShowPage {
    async fn read(app: &App, admin: &AdminSession, id: ClientId, group_search: &str) -> Result<Self, AppError> {
        // Before a connection is taken: it writes what was noted of their use.
        let (secrets, now) = (secrets::secrets(app, id).await?, app.clock.now());
        let mut conn = app.db.read().await?;
        let client = store::find(&mut conn, id).await?.ok_or(AppError::NotFound)?;
        let face = logos::face(&mut conn, &client).await?;
        let guide = Guide::new(app, &client, None);
        let uses_secrets = !client.registration.is_public && client.registration.policies.authentication.method.uses_secrets();
        let provenance = &client.registration.policies.provenance;
        let declared_in = if provenance.is_kept_by_file() { provenance.file.clone() } else { String::new() };
        let group_search: String = group_search.trim().chars().take(100).collect();
        Ok(Self {
            chrome: admin.chrome(app),
            notice: None,
            id,
            last_errors: last_errors::of_client(&mut conn, &client).await?,
            client_id: client.client_id,
            title: client.registration.name.clone(),
            created_at: client.created_at,
            restricted: client.restricted,
            has_secrets: !client.registration.is_public && (uses_secrets || !secrets.is_empty()),
            secret_warning: secrets::warning(&secrets, now).filter(|_| uses_secrets),
            uses_secrets,
            now,
            fields: Fields { is_registered: true, ..Fields::new(client.registration, Mistakes::new()) },
            secrets,
            groups: store::groups(&mut conn, id).await?,
            offered: store::other_groups(&mut conn, id, &group_search, GROUPS_OFFERED).await?,
            group_search,
            endpoints: Endpoints::new(app),
            face,
            logo_mistake: String::new(),
            guide,
            declared_in,
            last_notice: crate::clients::last_notice(&mut conn, id).await?,
        })
    }

    /// The page, with why a logo was not taken.
    pub(super) async fn without_logo(app: &App, admin: &AdminSession, id: ClientId, mistake: String) -> Result<Response, AppError> {
        let mut page = Self::read(app, admin, id, "").await?;
        page.logo_mistake = mistake;
        Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
    }
}

/// `GET /admin/clients/{id}`.
pub async fn show(
    State(app): State<App>,
    admin: AdminSession,
    Path(id): Path<ClientId>,
    Query(address): Query<ShowAddress>,
) -> Result<ShowPage, AppError> {
    let mut page = ShowPage::read(&app, &admin, id, &address.groups).await?;
    let done = match address.notice.as_str() {
        "saved" => Some(t("client-saved")),
        "already" => Some(t("client-already")),
        "secret_deleted" => Some(t("client-secret-deleted")),
        "logo" => Some(t("client-logo-saved")),
        "logo_removed" => Some(t("client-logo-removed")),
        "groups" => Some(t("client-groups-saved")),
        _ => None,
    };
    page.notice = done.map(|done| ("good", done.into()));
    Ok(page)
}

/// `POST /admin/clients/{id}`.
pub async fn update(
    State(app): State<App>,
    admin: FreshAdmin,
    browser: web::Client,
    Path(id): Path<ClientId>,
    Form(form): Form<ClientForm>,
) -> Result<Response, AppError> {
    match clients::update(&app, Authority::Admin(&admin, &browser), id, form.registration(), app.clock.now()).await {
        Ok(()) => Ok(Redirect::to(&format!("/admin/clients/{id}?notice=saved")).into_response()),
        Err(Refused::Mistakes(mistakes)) => {
            let mut page = ShowPage::read(&app, &admin, id, "").await?;
            page.fields = form.fields(mistakes);
            page.notice = Some(("bad", t("client-not-saved").into()));
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        Err(Refused::Gone | Refused::AlreadyThere) => Err(gone()),
        Err(Refused::Internal(error)) => Err(error.into()),
    }
}

/// `POST /admin/clients/{id}/delete`.
pub async fn delete(State(app): State<App>, admin: FreshAdmin, browser: web::Client, Path(id): Path<ClientId>) -> Result<Redirect, AppError> {
    clients::delete(&app, Authority::Admin(&admin, &browser), id, app.clock.now()).await.map_err(app_error)?;
    Ok(Redirect::to("/admin/clients?notice=deleted"))
}
