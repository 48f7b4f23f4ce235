//! `/admin/apis`: the pages of APIs.

use std::collections::BTreeMap;

use askama::Template;
use askama_web::WebTemplate;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::{Api, ClientLine, Draft, Error, Line, Permissions, Right, TokenFormat};
use crate::app::App;
use crate::clients::SigningAlg;
use crate::error::AppError;
use crate::id::{ApiId, ClientId};
use crate::language::t;
use crate::sessions::{AdminDeed, AdminSession};
use crate::web::list::{self, Pager, Pages};
use crate::web::{Chrome, Mistakes};

const LIST: &str = "/admin/apis";

/// What an address here says.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Address {
    page: String,
    notice: String,
}

#[derive(Template, WebTemplate)]
#[template(path = "apis/list.html")]
struct ListPage {
    chrome: Chrome,
    notice: String,
    lines: Vec<Line>,
    pager: Pager,
}

/// `GET /admin/apis`.
pub async fn list(State(app): State<App>, admin: AdminSession, Query(address): Query<Address>) -> Result<impl IntoResponse, AppError> {
    let mut conn = app.db.read().await?;
    let pages = Pages::new(&address.page, super::count(&mut conn).await?);
    let lines = super::lines(&mut conn, list::PAGE_LINES, pages.offset()).await?;
    let at = |page: i64| list::address(LIST, &[("page", page.to_string())]);
    Ok(ListPage {
        chrome: admin.chrome(&app),
        notice: notice(&address.notice),
        lines,
        pager: Pager { words: pages.words(), previous: pages.previous().map(at), next: pages.next().map(at) },
    })
}

fn notice(word: &str) -> String {
    match word {
        "created" => t("api-created").into(),
        "saved" => t("api-saved").into(),
        "deleted" => t("api-deleted").into(),
        "allowed" => t("api-allowed").into(),
        _ => String::new(),
    }
}

fn formats() -> [(&'static str, String); 2] {
    [("opaque", t("api-format-opaque").into()), ("jwt", t("api-format-jwt").into())]
}

/// A form about an API: a new one, or one that exists.
#[derive(Template, WebTemplate)]
#[template(path = "apis/form.html")]
struct FormPage {
    chrome: Chrome,
    api: Option<(ApiId, String)>,
    draft: Draft,
    mistakes: Mistakes,
    formats: [(&'static str, String); 2],
    algs: Vec<(&'static str, &'static str)>,
}

impl FormPage {
    fn new(chrome: Chrome, api: Option<(ApiId, String)>, draft: Draft, mistakes: Mistakes) -> Self {
        let algs = SigningAlg::ALL.into_iter().map(|alg| (alg.as_str(), alg.as_str())).collect();
        Self { chrome, api, draft, mistakes, formats: formats(), algs }
    }
}

/// `GET /admin/apis/new`.
pub async fn new(State(app): State<App>, admin: AdminSession) -> impl IntoResponse {
    FormPage::new(admin.chrome(&app), None, Draft::default(), Mistakes::default())
}

/// `POST /admin/apis/new`.
pub async fn create(State(app): State<App>, deed: AdminDeed, Form(draft): Form<Draft>) -> Result<Response, AppError> {
    match super::create(&app, &deed, &draft).await {
        Ok(id) => Ok(to(id, "created")),
        Err(Error::Mistakes(mistakes)) => {
            Ok((StatusCode::UNPROCESSABLE_ENTITY, FormPage::new(deed.admin.chrome(&app), None, draft, mistakes)).into_response())
        }
        Err(error) => Err(refused(error)),
    }
}

/// `GET /admin/apis/{id}/edit`.
pub async fn edit(State(app): State<App>, admin: AdminSession, Path(id): Path<ApiId>) -> Result<impl IntoResponse, AppError> {
    let api = super::find(&mut app.db.read().await?, id).await?.ok_or(AppError::NotFound)?;
    let draft = Draft::of(&api.terms);
    Ok(FormPage::new(admin.chrome(&app), Some((id, api.terms.name)), draft, Mistakes::default()))
}

/// `POST /admin/apis/{id}/edit`.
pub async fn save(State(app): State<App>, deed: AdminDeed, Path(id): Path<ApiId>, Form(draft): Form<Draft>) -> Result<Response, AppError> {
    match super::update(&app, &deed, id, &draft).await {
        Ok(()) => Ok(to(id, "saved")),
        Err(Error::Mistakes(mistakes)) => {
            let api = super::find(&mut app.db.read().await?, id).await?.ok_or(AppError::NotFound)?;
            let page = FormPage::new(deed.admin.chrome(&app), Some((id, api.terms.name)), draft, mistakes);
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        Err(error) => Err(refused(error)),
    }
}

/// One API with the apps that may use it.
#[derive(Template, WebTemplate)]
#[template(path = "apis/show.html")]
struct ShowPage {
    chrome: Chrome,
    notice: String,
    api: Api,
    clients: Vec<ClientLine>,
    /// Where the API can send callers who have no token yet (RFC 9728).
    metadata: String,
    issuer: String,
    introspection: String,
    jwks: String,
    typed: String,
    mistakes: Mistakes,
}

impl ShowPage {
    fn is_jwt(&self) -> bool {
        self.api.terms.token_format == TokenFormat::Jwt
    }

    fn lifetime(&self) -> String {
        self.api
            .terms
            .access_minutes
            .map_or_else(|| t("api-lifetime-elsewhere").into(), |minutes| t("api-lifetime-minutes").with("count", minutes).into())
    }
}

/// `GET /admin/apis/{id}`.
pub async fn show(
    State(app): State<App>,
    admin: AdminSession,
    Path(id): Path<ApiId>,
    Query(address): Query<Address>,
) -> Result<impl IntoResponse, AppError> {
    show_page(&app, &admin, id, notice(&address.notice), String::new(), Mistakes::default()).await
}

async fn show_page(app: &App, admin: &AdminSession, id: ApiId, notice: String, typed: String, mistakes: Mistakes) -> Result<ShowPage, AppError> {
    let mut conn = app.db.read().await?;
    let api = super::find(&mut conn, id).await?.ok_or(AppError::NotFound)?;
    let clients = super::clients_of(&mut conn, id).await?;
    let origin = &app.config.origin;
    Ok(ShowPage {
        chrome: admin.chrome(app),
        notice,
        api,
        clients,
        metadata: origin.url(&format!("/api/oidc/resources/{id}")),
        issuer: origin.as_str().to_owned(),
        introspection: origin.url("/api/oidc/introspect"),
        jwks: origin.url("/.well-known/jwks.json"),
        typed,
        mistakes,
    })
}

/// The form that says what an app may have: switches `people`, `itself` and `serves`, and one for each permission, `people:<name>` and `itself:<name>`.
type Switches = BTreeMap<String, String>;

fn right(switches: &Switches) -> Right {
    let chosen = |whom: &str| {
        let prefix = format!("{whom}:");
        let named: Permissions = switches.keys().filter_map(|name| name.strip_prefix(&prefix)).collect();
        (switches.contains_key(whom) || !named.is_empty()).then_some(named)
    };
    Right { for_people: chosen("people"), for_itself: chosen("itself"), serves: switches.contains_key("serves") }
}

/// `POST /admin/apis/{id}/clients`: what an app may have; the field `client` is one of the list, `app` the name of another.
pub async fn allow(State(app): State<App>, deed: AdminDeed, Path(id): Path<ApiId>, Form(form): Form<Switches>) -> Result<Response, AppError> {
    let typed = form.get("app").cloned().unwrap_or_default();
    let client: Result<ClientId, Error> = match form.get("client") {
        Some(client) => client.parse().map_err(|_| Error::Gone),
        None => super::client_called(&mut app.db.read().await?, &typed).await,
    };
    let done = match client {
        Ok(client) => super::allow(&app, &deed, id, client, &right(&form)).await,
        Err(error) => Err(error),
    };
    match done {
        Ok(()) => Ok(to(id, "allowed")),
        Err(Error::Mistakes(mistakes)) => {
            let page = show_page(&app, &deed.admin, id, String::new(), typed, mistakes).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        Err(error) => Err(refused(error)),
    }
}

/// `POST /admin/apis/{id}/delete`.
pub async fn delete(State(app): State<App>, deed: AdminDeed, Path(id): Path<ApiId>) -> Result<Response, AppError> {
    super::delete(&app, &deed, id).await.map_err(refused)?;
    Ok(Redirect::to("/admin/apis?notice=deleted").into_response())
}

fn to(id: ApiId, notice: &str) -> Response {
    Redirect::to(&format!("{LIST}/{id}?notice={notice}")).into_response()
}

fn refused(error: Error) -> AppError {
    match error {
        Error::Gone => AppError::gone(t("api-gone"), t("api-gone-message")),
        Error::Mistakes(_) => AppError::Internal(anyhow::anyhow!("invariant: a verb without a form names no mistakes")),
        Error::Database(error) => error.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_permission_that_is_ticked_needs_no_other_switch() {
        let read = |names: &[&str]| right(&names.iter().map(|&name| (name.to_owned(), "true".to_owned())).collect());
        assert!(read(&["app"]).is_empty());
        assert_eq!(read(&["people"]).for_people, Some(Permissions::default()));
        let both = read(&["people:docs:read", "itself", "itself:a b", "serves"]);
        assert_eq!((both.for_people, both.serves), (Some(Permissions::parse("docs:read")), true));
    }
}
