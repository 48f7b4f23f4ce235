//! `/admin/clients/{id}/check` and `/admin/clients/{id}/preview`: the pages.

use askama::Template;
use askama_web::WebTemplate;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::response::Redirect;
use serde_json::Value;

use super::look::{self, ClaimRow, Finding, Seen};
use super::{Given, Run, ticked};
use crate::app::App;
use crate::clients::{self, Client};
use crate::error::AppError;
use crate::id::ClientId;
use crate::language::{Text, t};
use crate::oidc::error::{AuthorizeErrorCode, OAuthError};
use crate::oidc::params::Params;
use crate::oidc::scope::{Scope, Scopes};
use crate::sessions::AdminSession;
use crate::users;
use crate::web::{self, Chrome};

/// A scope to tick.
struct Tick {
    name: &'static str,
    words: String,
    on: bool,
    fixed: bool,
}

fn ticks(scopes: &Scopes) -> Vec<Tick> {
    let tick =
        |scope: Scope| Tick { name: scope.as_str(), words: scope.for_people().into(), on: scopes.contains(scope), fixed: scope == Scope::OpenId };
    Scope::ALL.into_iter().map(tick).collect()
}

/// Where a check begins.
#[derive(Template, WebTemplate)]
#[template(path = "clients/check/start.html")]
pub struct StartPage {
    chrome: Chrome,
    id: ClientId,
    title: String,
    ticks: Vec<Tick>,
    has_flow: bool,
    settings: Vec<(String, String)>,
}

/// What an app got, or would get.
struct Sight {
    claims: Vec<ClaimRow>,
    findings: Vec<Finding>,
    id_token_bytes: usize,
}

/// How a check went.
#[derive(Template, WebTemplate)]
#[template(path = "clients/check/answer.html")]
pub struct AnswerPage {
    chrome: Chrome,
    id: ClientId,
    title: String,
    failure: Option<(String, String)>,
    request: Vec<(&'static str, String, Text)>,
    response: Vec<(&'static str, String, Text)>,
    given: Option<Given>,
    sight: Option<Sight>,
    settings: Vec<(String, String)>,
}

/// What an app would get about someone.
#[derive(Template, WebTemplate)]
#[template(path = "clients/check/preview.html")]
pub struct PreviewPage {
    chrome: Chrome,
    id: ClientId,
    title: String,
    who: String,
    ticks: Vec<Tick>,
    unknown: bool,
    person: Option<users::User>,
    refusals: Vec<String>,
    sight: Option<Sight>,
}

async fn find(app: &App, id: ClientId) -> Result<Client, AppError> {
    clients::find(&mut app.db.read().await?, id).await?.ok_or(AppError::NotFound)
}

fn not_understood() -> AppError {
    AppError::refused(t("check-not-understood"), t("check-not-understood-message"))
}

/// `GET /admin/clients/{id}/check`.
pub async fn page(State(app): State<App>, admin: AdminSession, Path(id): Path<ClientId>) -> Result<StartPage, AppError> {
    let client = find(&app, id).await?;
    let scopes = ticked(&Params::default());
    Ok(StartPage {
        chrome: admin.chrome(&app),
        id,
        ticks: ticks(&scopes),
        has_flow: !client.registration.redirect_uris.is_empty(),
        settings: look::settings(&app.config.origin, &client, &scopes),
        title: client.registration.name,
    })
}

/// `POST /admin/clients/{id}/check`: off to the authorization endpoint, as the app would send the browser.
pub async fn start(State(app): State<App>, admin: AdminSession, Path(id): Path<ClientId>, body: Bytes) -> Result<Redirect, AppError> {
    let now = app.clock.now();
    let client = find(&app, id).await?;
    let params = std::str::from_utf8(&body).ok().and_then(|text| Params::parse(text).ok()).ok_or_else(not_understood)?;
    let browser_millis = params.get("clock").and_then(|clock| clock.parse::<i64>().ok());
    let clock_ahead = browser_millis.map(|millis| millis.saturating_sub(now.as_millis()) / 1000);
    let run = Run::new(id, admin.user.id, &ticked(&params), clock_ahead, now);
    Ok(Redirect::to(&super::begin(&app, &client, &run, now).await?))
}

/// `GET /admin/clients/check`: the redirect URI of checks.
pub async fn answer(State(app): State<App>, admin: AdminSession, browser: web::Client, RawQuery(query): RawQuery) -> Result<AnswerPage, AppError> {
    let now = app.clock.now();
    let params = Params::parse(&query.unwrap_or_default()).map_err(|_| not_understood())?;
    let over = || AppError::gone(t("check-over"), t("check-over-message"));
    let sealed = params.get("run").unwrap_or_default();
    let run = Run::open(&app, sealed, now).filter(|run| run.admin == admin.user.id).ok_or_else(over)?;
    let client = find(&app, run.client).await?;
    let state_fits = params.get("state") == Some(run.state().as_str());
    let scopes = Scopes::parse(&run.scopes);
    let mut page = AnswerPage {
        chrome: admin.chrome(&app),
        id: client.id,
        title: client.registration.name.clone(),
        failure: None,
        request: request_rows(&app, &client, &run),
        response: response_rows(&params, state_fits),
        given: None,
        sight: None,
        settings: look::settings(&app.config.origin, &client, &scopes),
    };
    if !state_fits {
        page.failure = Some((t("check-state-differs").into(), t("check-state-differs-next").into()));
        return Ok(page);
    }
    if let Some(error) = params.get("error") {
        let description = params.get("error_description").unwrap_or_default();
        let refused = t("check-refused").with("error", error).with("description", description);
        page.failure = Some((refused.into(), what_then(error).into()));
        return Ok(page);
    }
    let Some(code) = params.get("code") else {
        page.failure = Some((t("check-no-code").into(), t("check-no-code-next").into()));
        return Ok(page);
    };
    match super::end(&app, &admin, client.clone(), (&run, sealed), code, &browser, now).await {
        Ok(given) => {
            let groups = crate::groups::of_user(&mut app.db.read().await?, admin.user.id).await?.len();
            let granted = Scopes::parse(&given.scope);
            let seen = Seen {
                client: &client,
                user: &admin.user,
                groups,
                scopes: &granted,
                id_token: &given.id_token,
                id_token_bytes: given.id_token_bytes,
                userinfo: &given.userinfo,
                clock_ahead: run.clock_ahead,
            };
            page.sight = Some(sight(&seen));
            page.given = Some(given);
        }
        Err(OAuthError::Internal(error)) => return Err(error.into()),
        Err(error) => {
            page.failure = Some((t("check-token-refused").with("error", error.for_people()).into(), t("check-token-refused-next").into()));
        }
    }
    Ok(page)
}

fn sight(seen: &Seen<'_>) -> Sight {
    Sight { claims: look::rows(seen.client, seen.id_token, seen.userinfo), findings: look::findings(seen), id_token_bytes: seen.id_token_bytes }
}

fn request_rows(app: &App, client: &Client, run: &Run) -> Vec<(&'static str, String, Text)> {
    vec![
        ("endpoint", app.config.origin.url("/authorize"), t("check-row-endpoint")),
        ("client_id", client.client_id.clone(), t("check-row-client-id")),
        ("redirect_uri", app.config.origin.url("/admin/clients/check?run=…"), t("check-row-redirect-uri")),
        ("response_type", "code".to_owned(), t("check-row-response-type")),
        ("scope", run.scopes.clone(), t("check-row-scope")),
        ("state", run.state(), t("check-row-state")),
        ("nonce", run.nonce.clone(), t("check-row-nonce")),
        ("code_challenge", "… (S256)".to_owned(), t("check-row-challenge")),
        ("pushed first", if client.needs_par() { t("check-yes") } else { t("check-no") }.into(), t("check-row-pushed")),
    ]
}

fn response_rows(params: &Params, state_fits: bool) -> Vec<(&'static str, String, Text)> {
    let mut rows = Vec::new();
    let text = |name: &str| params.get(name).unwrap_or_default().to_owned();
    if let Some(code) = params.get("code") {
        let shown: String = code.chars().take(14).collect();
        rows.push(("code", format!("{shown}…"), t("check-row-code")));
    }
    if params.has("error") {
        rows.push(("error", text("error"), t("check-row-error")));
        rows.push(("error_description", text("error_description"), t("check-row-description")));
    }
    rows.push(("state", text("state"), if state_fits { t("check-row-same-state") } else { t("check-row-other-state") }));
    rows.push(("iss", text("iss"), t("check-row-iss")));
    rows
}

/// What to do about an error of the authorization endpoint.
fn what_then(error: &str) -> Text {
    if error == AuthorizeErrorCode::AccessDenied.as_str() {
        t("check-then-denied")
    } else if error == AuthorizeErrorCode::UnmetAuthenticationRequirements.as_str() {
        t("check-then-unmet")
    } else {
        t("check-then-other")
    }
}

/// `GET /admin/clients/{id}/preview?who=…`.
pub async fn preview(
    State(app): State<App>,
    admin: AdminSession,
    Path(id): Path<ClientId>,
    RawQuery(query): RawQuery,
) -> Result<PreviewPage, AppError> {
    let now = app.clock.now();
    let params = Params::parse(&query.unwrap_or_default()).map_err(|_| not_understood())?;
    let client = find(&app, id).await?;
    let who: String = params.get("who").unwrap_or_default().trim().chars().take(254).collect();
    let scopes = ticked(&params);
    let person = if who.is_empty() { None } else { users::find_by_name(&mut app.db.read().await?, &who).await? };
    let mut page = PreviewPage {
        chrome: admin.chrome(&app),
        id,
        title: client.registration.name.clone(),
        unknown: !who.is_empty() && person.is_none(),
        who,
        ticks: ticks(&scopes),
        person: None,
        refusals: Vec::new(),
        sight: None,
    };
    if let Some(user) = person {
        let foreseen = super::foresee(&app, &client, &user, &scopes, now).await?;
        let seen = Seen {
            client: &client,
            user: &user,
            groups: foreseen.groups,
            scopes: &scopes,
            id_token: &foreseen.id_token,
            id_token_bytes: foreseen.id_token_bytes,
            userinfo: &foreseen.userinfo,
            clock_ahead: None,
        };
        page.sight = Some(sight(&seen));
        page.refusals = foreseen.refusals;
        page.person = Some(user);
    }
    Ok(page)
}

impl PreviewPage {
    /// The page of the person it is about.
    fn person_page(&self) -> String {
        self.person.as_ref().map(|person| format!("/admin/users/{}", person.id)).unwrap_or_default()
    }
}

/// A header of an ID token for reading.
fn member<'a>(header: &'a Value, name: &str) -> &'a str {
    header.get(name).and_then(Value::as_str).unwrap_or_default()
}
