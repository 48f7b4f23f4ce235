//! `/admin/users`: the pages of people.

use std::collections::HashMap;

use askama::Template;
use askama_web::WebTemplate;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::{Deserialize, Serialize};

use super::{AtRisk, Draft, Error, Filter, Line, Order, Refusal, User};
use crate::access_links::{self, AccessLink};
use crate::app::App;
use crate::clock::Timestamp;
use crate::directory::{self, Sources};
use crate::error::AppError;
use crate::groups::{self, Membership};
use crate::id::UserId;
use crate::language::{Text, t};
use crate::mail;
use crate::passkeys::{self, Passkey};
use crate::recovery_codes;
use crate::sessions::{self, AdminDeed, AdminSession, RoutineDeed};
use crate::ways_in::model::CONFIRMED_WITHIN;
use crate::ways_in::{self, Risk};
use crate::web::list::{self, Head, Pager};
use crate::web::{Chrome, Mistakes};

const LIST: &str = "/admin/users";

/// What the list's address says.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct ListQuery {
    q: String,
    source: String,
    state: String,
    admins: String,
    risk: String,
    sort: String,
    page: String,
    notice: String,
}

impl ListQuery {
    fn filter(&self, now: Timestamp) -> Filter {
        let one_of = |asked: &str, known: &[&'static str]| known.iter().find(|word| **word == asked).copied().unwrap_or_default();
        Filter {
            words: list::words(&super::model::key(&self.q)),
            source: self.source.clone(),
            state: one_of(&self.state, &["active", "blocked", "disabled", "missing"]),
            admins: self.admins == "true",
            risk: Risk::from_text(&self.risk).map(|risk| AtRisk { word: risk.as_str(), confirmed_since: now - CONFIRMED_WITHIN }),
        }
    }

    fn order(&self) -> (Order, &'static str, bool) {
        let (column, descending) = list::sort_words(&self.sort);
        match column {
            "username" => (Order::Username, "username", descending),
            "created" => (Order::Created, "created", descending),
            "seen" => (Order::LastSignIn, "seen", descending),
            _ => (Order::Name, "name", column == "name" && descending),
        }
    }

    fn with_page(&self, page: i64) -> String {
        list::address(LIST, &Self { page: page.to_string(), notice: String::new(), ..self.clone() })
    }

    fn with_sort(&self, sort: &str) -> String {
        list::address(LIST, &Self { sort: sort.to_owned(), page: String::new(), notice: String::new(), ..self.clone() })
    }
}

/// `GET /admin/users`.
#[derive(Template, WebTemplate)]
#[template(path = "users/list.html")]
struct ListPage {
    chrome: Chrome,
    notice: String,
    query: ListQuery,
    heads: [Head; 4],
    lines: Vec<Line>,
    /// How near each of them is to being locked out; not of those who may not sign in.
    risks: HashMap<UserId, Risk>,
    pager: Pager,
    filtered: bool,
    sources: Sources,
}

/// `GET /admin/users`: search, filter, sort, page; all in the database.
pub async fn list(State(app): State<App>, admin: AdminSession, Query(query): Query<ListQuery>) -> Result<impl IntoResponse, AppError> {
    let now = app.clock.now();
    let filter = query.filter(now);
    let (order, column, descending) = query.order();
    let mut conn = app.db.read().await?;
    let (pages, lines) = super::page(&mut conn, &filter, order, descending, &query.page).await?;
    let risks = ways_in::risks_of(&mut conn, &lines.iter().map(|line| line.id).collect::<Vec<_>>(), now).await?;
    let head = |label, of, descending_first| list::head(label, of, descending_first, (column, descending), |sort| query.with_sort(sort));
    Ok(ListPage {
        chrome: admin.chrome(&app),
        notice: notice(&query.notice),
        heads: [
            head(t("list-name"), "name", false),
            head(t("username"), "username", false),
            head(t("list-added"), "created", true),
            head(t("list-last-sign-in"), "seen", true),
        ],
        lines,
        risks,
        pager: Pager {
            words: pages.words(),
            previous: pages.previous().map(|page| query.with_page(page)),
            next: pages.next().map(|page| query.with_page(page)),
        },
        filtered: !filter.words[0].is_empty() || !filter.source.is_empty() || !filter.state.is_empty() || filter.admins || filter.risk.is_some(),
        sources: directory::sources(&app, &mut conn).await?,
        query,
    })
}

fn notice(word: &str) -> String {
    match word {
        "created" => t("person-created").into(),
        "saved" => t("saved").into(),
        "blocked" => t("person-was-blocked").into(),
        "unblocked" => t("person-was-unblocked").into(),
        "made-admin" => t("person-made-admin").into(),
        "unmade-admin" => t("person-unmade-admin").into(),
        "signed-out" => t("person-signed-out").into(),
        "passkey-removed" => t("person-passkey-removed").into(),
        "codes-revoked" => t("person-codes-revoked").into(),
        "link-revoked" => t("person-link-revoked").into(),
        "deleted" => t("person-deleted").into(),
        _ => String::new(),
    }
}

/// How someone stands, for a badge: class and words.
fn standing(is_blocked: bool, directory_state: Option<&str>) -> (&'static str, Text) {
    match (is_blocked, directory_state) {
        (true, _) => ("bad", t("person-blocked")),
        (false, None | Some("active")) => ("good", t("person-active")),
        (false, Some("missing")) => ("warn", t("person-left")),
        (false, Some(_)) => ("warn", t("person-disabled")),
    }
}

/// A form about a person: a new one, or one who exists.
#[derive(Template, WebTemplate)]
#[template(path = "users/form.html")]
struct FormPage {
    chrome: Chrome,
    /// The person's page and name; nobody for a new one.
    person: Option<(UserId, String)>,
    draft: Draft,
    mistakes: Mistakes,
}

/// `GET /admin/users/new`.
pub async fn new(State(app): State<App>, admin: AdminSession) -> impl IntoResponse {
    FormPage { chrome: admin.chrome(&app), person: None, draft: Draft::default(), mistakes: Mistakes::default() }
}

/// `POST /admin/users/new`.
pub async fn create(State(app): State<App>, deed: AdminDeed, Form(draft): Form<Draft>) -> Result<Response, AppError> {
    match super::create(&app, &deed, &draft).await {
        Ok(id) => Ok(to(id, "created")),
        Err(Error::Mistakes(mistakes)) => {
            let page = FormPage { chrome: deed.admin.chrome(&app), person: None, draft, mistakes };
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        Err(error) => Err(refused(error)),
    }
}

/// `GET /admin/users/{id}/edit`.
pub async fn edit(State(app): State<App>, admin: AdminSession, Path(id): Path<UserId>) -> Result<impl IntoResponse, AppError> {
    let user = super::find(&mut app.db.read().await?, id).await?.ok_or(AppError::NotFound)?;
    if user.directory.is_some() {
        return Err(refused(Refusal::FromDirectory.into()));
    }
    let draft = Draft::of(&user);
    Ok(FormPage { chrome: admin.chrome(&app), person: Some((id, user.display_name)), draft, mistakes: Mistakes::default() })
}

/// `POST /admin/users/{id}/edit`.
pub async fn save(State(app): State<App>, deed: AdminDeed, Path(id): Path<UserId>, Form(draft): Form<Draft>) -> Result<Response, AppError> {
    match super::edit(&app, &deed, id, &draft).await {
        Ok(()) => Ok(to(id, "saved")),
        Err(Error::Mistakes(mistakes)) => {
            let user = super::find(&mut app.db.read().await?, id).await?.ok_or(AppError::NotFound)?;
            let page = FormPage { chrome: deed.admin.chrome(&app), person: Some((id, user.display_name)), draft, mistakes };
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        Err(error) => Err(refused(error)),
    }
}

/// One person.
/// A further attribute of a directory's person, for reading.
fn extra(value: &serde_json::Value) -> String {
    super::model::extra_text(value)
}

#[derive(Template, WebTemplate)]
#[template(path = "users/show.html")]
struct ShowPage {
    chrome: Chrome,
    notice: String,
    user: User,
    groups: Vec<Membership>,
    passkeys: Vec<Passkey>,
    /// How they stand with their recovery codes.
    codes: recovery_codes::Standing,
    /// One-time links that still open.
    links: Vec<AccessLink>,
    sessions: Vec<sessions::Line>,
    is_self: bool,
    /// The only administrator who can sign in.
    is_last_admin: bool,
    /// The mark of the directory they come from.
    mark: String,
    can_mail: bool,
}

/// A word that a redirect left for the page.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Notice {
    notice: String,
}

/// `GET /admin/users/{id}`.
pub async fn show(
    State(app): State<App>,
    deed: RoutineDeed,
    Path(id): Path<UserId>,
    Query(word): Query<Notice>,
) -> Result<impl IntoResponse, AppError> {
    let mut conn = app.db.read().await?;
    let user = super::find(&mut conn, id).await?.ok_or(AppError::NotFound)?;
    let passkeys = passkeys::of_user(&mut conn, id).await?;
    let codes = recovery_codes::standing(&mut conn, id).await?;
    let mut links = access_links::of_user(&mut conn, id).await?;
    links.retain(|link| link.state(deed.now) == access_links::State::Usable);
    let groups = groups::of_user(&mut conn, id).await?;
    let sources = directory::sources(&app, &mut conn).await?;
    let sessions = sessions::of_user(&app, &mut conn, id, deed.now).await?;
    let mark = user.directory.as_deref().map(|name| sources.mark(name).to_owned()).unwrap_or_default();
    let is_last_admin = user.is_admin() && !user.is_disabled() && !super::has_other_able_admin(&mut conn, id).await?;
    Ok(ShowPage {
        chrome: deed.admin.chrome(&app),
        notice: notice(&word.notice),
        is_self: id == deed.admin.user.id,
        user,
        groups,
        passkeys,
        codes,
        links,
        sessions,
        is_last_admin,
        mark,
        can_mail: mail::is_configured(&app.settings()),
    })
}

/// `POST /admin/users/{id}/block`.
pub async fn block(State(app): State<App>, deed: AdminDeed, Path(id): Path<UserId>) -> Result<Response, AppError> {
    super::block(&app, &deed, id).await.map_err(refused)?;
    Ok(to(id, "blocked"))
}

/// `POST /admin/users/{id}/unblock`.
pub async fn unblock(State(app): State<App>, deed: AdminDeed, Path(id): Path<UserId>) -> Result<Response, AppError> {
    super::unblock(&app, &deed, id).await.map_err(refused)?;
    Ok(to(id, "unblocked"))
}

/// `POST /admin/users/{id}/make-admin`.
pub async fn make_admin(State(app): State<App>, deed: AdminDeed, Path(id): Path<UserId>) -> Result<Response, AppError> {
    super::make_admin(&app, &deed, id).await.map_err(refused)?;
    Ok(to(id, "made-admin"))
}

/// `POST /admin/users/{id}/unmake-admin`.
pub async fn unmake_admin(State(app): State<App>, deed: AdminDeed, Path(id): Path<UserId>) -> Result<Response, AppError> {
    super::unmake_admin(&app, &deed, id).await.map_err(refused)?;
    // Whoever does this to themselves is no longer let into this page.
    Ok(if id == deed.admin.user.id { Redirect::to("/account").into_response() } else { to(id, "unmade-admin") })
}

/// `POST /admin/users/{id}/end-sessions`.
pub async fn end_sessions(State(app): State<App>, deed: RoutineDeed, Path(id): Path<UserId>) -> Result<Response, AppError> {
    super::end_sessions(&app, &deed, id).await.map_err(refused)?;
    Ok(to(id, "signed-out"))
}

/// `POST /admin/users/{id}/delete`.
pub async fn delete(State(app): State<App>, deed: AdminDeed, Path(id): Path<UserId>) -> Result<Response, AppError> {
    super::delete(&app, &deed, id).await.map_err(refused)?;
    Ok(Redirect::to("/admin/users?notice=deleted").into_response())
}

fn to(id: UserId, notice: &str) -> Response {
    Redirect::to(&format!("{LIST}/{id}?notice={notice}")).into_response()
}

fn refused(error: Error) -> AppError {
    match error {
        Error::Refused(Refusal::NotFound) => AppError::NotFound,
        Error::Refused(refusal) => {
            AppError::Refused { title: t("not-done").into(), message: refusal.sentence().into(), status: StatusCode::CONFLICT }
        }
        Error::Mistakes(_) => AppError::Internal(anyhow::anyhow!("invariant: a verb without a form names no mistakes")),
        Error::Database(error) => error.into(),
    }
}
