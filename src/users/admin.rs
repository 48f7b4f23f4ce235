//! `/admin/users`: the pages of people.

use askama::Template;
use askama_web::WebTemplate;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::{Deserialize, Serialize};

use super::{Draft, Error, Filter, Line, Order, Refusal, User};
use crate::access_links::{self, AccessLink};
use crate::app::App;
use crate::directory::{self, Sources};
use crate::error::AppError;
use crate::groups::{self, Membership};
use crate::id::UserId;
use crate::mail;
use crate::passkeys::{self, Passkey};
use crate::recovery_codes;
use crate::sessions::{self, AdminDeed, AdminSession, RoutineDeed};
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
    sort: String,
    page: String,
    notice: String,
}

impl ListQuery {
    fn filter(&self) -> Filter {
        let one_of = |asked: &str, known: &[&'static str]| known.iter().find(|word| **word == asked).copied().unwrap_or_default();
        Filter {
            words: list::words(&super::model::key(&self.q)),
            source: self.source.clone(),
            state: one_of(&self.state, &["active", "blocked", "disabled", "missing"]),
            admins: self.admins == "true",
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
    notice: &'static str,
    query: ListQuery,
    heads: [Head; 4],
    lines: Vec<Line>,
    pager: Pager,
    filtered: bool,
    sources: Sources,
}

/// `GET /admin/users`: search, filter, sort, page; all in the database.
pub async fn list(State(app): State<App>, admin: AdminSession, Query(query): Query<ListQuery>) -> Result<impl IntoResponse, AppError> {
    let filter = query.filter();
    let (order, column, descending) = query.order();
    let mut conn = app.db.read().await?;
    let (pages, lines) = super::page(&mut conn, &filter, order, descending, &query.page).await?;
    let head = |label, of, descending_first| list::head(label, of, descending_first, (column, descending), |sort| query.with_sort(sort));
    Ok(ListPage {
        chrome: admin.chrome(&app),
        notice: notice(&query.notice),
        heads: [head("Name", "name", false), head("Username", "username", false), head("Added", "created", true), head("Last sign-in", "seen", true)],
        lines,
        pager: Pager {
            words: pages.words(),
            previous: pages.previous().map(|page| query.with_page(page)),
            next: pages.next().map(|page| query.with_page(page)),
        },
        filtered: !filter.words[0].is_empty() || !filter.source.is_empty() || !filter.state.is_empty() || filter.admins,
        sources: directory::sources(&app, &mut conn).await?,
        query,
    })
}

fn notice(word: &str) -> &'static str {
    match word {
        "created" => "The person was added. Make a one-time sign-in link so that they can add a passkey.",
        "saved" => "The changes were saved.",
        "blocked" => "The person is blocked and was signed out everywhere.",
        "unblocked" => "The person may sign in again.",
        "made-admin" => "The person is an administrator now.",
        "unmade-admin" => "The person is no longer an administrator.",
        "signed-out" => "The person was signed out everywhere.",
        "passkey-removed" => "The passkey was removed, and the person was signed out everywhere. They can sign in with another one.",
        "codes-revoked" => "The recovery codes open nothing any more.",
        "link-revoked" => "The one-time link no longer opens anything.",
        "deleted" => "The person was deleted.",
        _ => "",
    }
}

/// How someone stands, for a badge: class and words.
fn standing(is_blocked: bool, directory_state: Option<&str>) -> (&'static str, &'static str) {
    match (is_blocked, directory_state) {
        (true, _) => ("bad", "Blocked"),
        (false, None | Some("active")) => ("good", "Active"),
        (false, Some("missing")) => ("warn", "Left the directory"),
        (false, Some(_)) => ("warn", "Disabled in the directory"),
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
    notice: &'static str,
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
            AppError::Refused { title: "Not done".to_owned(), message: refusal.sentence().to_owned(), status: StatusCode::CONFLICT }
        }
        Error::Mistakes(_) => AppError::Internal(anyhow::anyhow!("invariant: a verb without a form names no mistakes")),
        Error::Database(error) => error.into(),
    }
}
