//! `/admin/groups`: the pages of groups.

use askama::Template;
use askama_web::WebTemplate;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::{Deserialize, Serialize};

use super::{Draft, Error, Filter, Group, Line, Member, Order, Refusal};
use crate::app::App;
use crate::directory::{self, Sources};
use crate::error::AppError;
use crate::id::{GroupId, UserId};
use crate::language::t;
use crate::sessions::{AdminDeed, AdminSession};
use crate::users::model::key;
use crate::web::list::{self, Head, Pager, Pages};
use crate::web::{Chrome, Mistakes};

const LIST: &str = "/admin/groups";

/// What the list's address says.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct ListQuery {
    q: String,
    source: String,
    sort: String,
    page: String,
    notice: String,
}

impl ListQuery {
    fn filter(&self) -> Filter {
        Filter { patterns: list::patterns(&key(&self.q)), source: self.source.clone() }
    }

    fn order(&self) -> (Order, &'static str, bool) {
        let (column, descending) = list::sort_words(&self.sort);
        match column {
            "members" => (Order::Members, "members", descending),
            "created" => (Order::Created, "created", descending),
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

#[derive(Template, WebTemplate)]
#[template(path = "groups/list.html")]
struct ListPage {
    chrome: Chrome,
    notice: String,
    query: ListQuery,
    heads: [Head; 3],
    lines: Vec<Line>,
    pager: Pager,
    filtered: bool,
    sources: Sources,
}

/// `GET /admin/groups`: search, filter, sort, page; all in the database.
pub async fn list(State(app): State<App>, admin: AdminSession, Query(query): Query<ListQuery>) -> Result<impl IntoResponse, AppError> {
    let filter = query.filter();
    let (order, column, descending) = query.order();
    let mut conn = app.db.read().await?;
    let pages = Pages::new(&query.page, super::count(&mut conn, &filter).await?);
    let lines = super::lines(&mut conn, &filter, order, descending, list::PAGE_LINES, pages.offset()).await?;
    let head = |label, of, descending_first| list::head(label, of, descending_first, (column, descending), |sort| query.with_sort(sort));
    Ok(ListPage {
        chrome: admin.chrome(&app),
        notice: notice(&query.notice),
        heads: [head(t("list-name"), "name", false), head(t("group-members"), "members", true), head(t("list-added"), "created", true)],
        lines,
        pager: Pager {
            words: pages.words(),
            previous: pages.previous().map(|page| query.with_page(page)),
            next: pages.next().map(|page| query.with_page(page)),
        },
        filtered: !filter.patterns[0].is_empty() || !filter.source.is_empty(),
        sources: directory::sources(&app, &mut conn).await?,
        query,
    })
}

fn notice(word: &str) -> String {
    match word {
        "created" => t("group-created").into(),
        "saved" => t("saved").into(),
        "added" => t("group-members-added").into(),
        "already" => t("group-members-already").into(),
        "removed" => t("group-member-removed").into(),
        "deleted" => t("group-deleted").into(),
        _ => String::new(),
    }
}

/// A form about a group: a new one, or one that exists.
#[derive(Template, WebTemplate)]
#[template(path = "groups/form.html")]
struct FormPage {
    chrome: Chrome,
    /// The group's page and name; nothing for a new one.
    group: Option<(GroupId, String)>,
    draft: Draft,
    mistakes: Mistakes,
}

/// `GET /admin/groups/new`.
pub async fn new(State(app): State<App>, admin: AdminSession) -> impl IntoResponse {
    FormPage { chrome: admin.chrome(&app), group: None, draft: Draft::default(), mistakes: Mistakes::default() }
}

/// `POST /admin/groups/new`.
pub async fn create(State(app): State<App>, deed: AdminDeed, Form(draft): Form<Draft>) -> Result<Response, AppError> {
    match super::create(&app, &deed, &draft).await {
        Ok(id) => Ok(to(id, "created")),
        Err(Error::Mistakes(mistakes)) => {
            let page = FormPage { chrome: deed.admin.chrome(&app), group: None, draft, mistakes };
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        Err(error) => Err(refused(error)),
    }
}

/// `GET /admin/groups/{id}/edit`.
pub async fn edit(State(app): State<App>, admin: AdminSession, Path(id): Path<GroupId>) -> Result<impl IntoResponse, AppError> {
    let group = super::find(&mut app.db.read().await?, id).await?.ok_or(AppError::NotFound)?;
    if group.directory.is_some() {
        return Err(refused(Refusal::FromDirectory.into()));
    }
    let draft = Draft { name: group.name.clone(), display_name: group.display_name.clone() };
    Ok(FormPage { chrome: admin.chrome(&app), group: Some((id, group.display_name)), draft, mistakes: Mistakes::default() })
}

/// `POST /admin/groups/{id}/edit`.
pub async fn save(State(app): State<App>, deed: AdminDeed, Path(id): Path<GroupId>, Form(draft): Form<Draft>) -> Result<Response, AppError> {
    match super::rename(&app, &deed, id, &draft).await {
        Ok(()) => Ok(to(id, "saved")),
        Err(Error::Mistakes(mistakes)) => {
            let group = super::find(&mut app.db.read().await?, id).await?.ok_or(AppError::NotFound)?;
            let page = FormPage { chrome: deed.admin.chrome(&app), group: Some((id, group.display_name)), draft, mistakes };
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        Err(error) => Err(refused(error)),
    }
}

/// What a group's address says.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct ShowQuery {
    q: String,
    page: String,
    notice: String,
}

/// One group with a page of its members.
#[derive(Template, WebTemplate)]
#[template(path = "groups/show.html")]
struct ShowPage {
    chrome: Chrome,
    notice: String,
    group: Group,
    query: ShowQuery,
    members: Vec<Member>,
    total: String,
    pager: Pager,
    /// What was typed into the form that adds people, and what is wrong with it.
    people: String,
    mistakes: Mistakes,
}

/// `GET /admin/groups/{id}`.
pub async fn show(
    State(app): State<App>,
    admin: AdminSession,
    Path(id): Path<GroupId>,
    Query(query): Query<ShowQuery>,
) -> Result<impl IntoResponse, AppError> {
    show_page(&app, &admin, id, query, String::new(), Mistakes::default()).await
}

async fn show_page(app: &App, admin: &AdminSession, id: GroupId, query: ShowQuery, people: String, mistakes: Mistakes) -> Result<ShowPage, AppError> {
    let mut conn = app.db.read().await?;
    let group = super::find(&mut conn, id).await?.ok_or(AppError::NotFound)?;
    let [pattern, ..] = list::patterns(&key(&query.q));
    let total = super::count_members(&mut conn, id, "").await?;
    let fitting = if pattern.is_empty() { total } else { super::count_members(&mut conn, id, &pattern).await? };
    let pages = Pages::new(&query.page, fitting);
    let members = super::members(&mut conn, id, &pattern, list::PAGE_LINES, pages.offset()).await?;
    let at = |page: i64| list::address(&format!("{LIST}/{id}"), &ShowQuery { page: page.to_string(), notice: String::new(), ..query.clone() });
    Ok(ShowPage {
        chrome: admin.chrome(app),
        notice: notice(&query.notice),
        group,
        members,
        total: list::grouped(total),
        pager: Pager { words: pages.words(), previous: pages.previous().map(at), next: pages.next().map(at) },
        people,
        mistakes,
        query,
    })
}

/// The form that adds people.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct AddForm {
    people: String,
}

/// `POST /admin/groups/{id}/members`.
pub async fn add_members(State(app): State<App>, deed: AdminDeed, Path(id): Path<GroupId>, Form(form): Form<AddForm>) -> Result<Response, AppError> {
    match super::add_members(&app, &deed, id, &form.people).await {
        Ok(0) => Ok(to(id, "already")),
        Ok(_) => Ok(to(id, "added")),
        Err(Error::Mistakes(mistakes)) => {
            let page = show_page(&app, &deed.admin, id, ShowQuery::default(), form.people, mistakes).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        Err(error) => Err(refused(error)),
    }
}

/// `POST /admin/groups/{id}/members/{user}/remove`.
pub async fn remove_member(State(app): State<App>, deed: AdminDeed, Path((id, person)): Path<(GroupId, UserId)>) -> Result<Response, AppError> {
    super::remove_member(&app, &deed, id, person).await.map_err(refused)?;
    Ok(to(id, "removed"))
}

/// `POST /admin/groups/{id}/delete`.
pub async fn delete(State(app): State<App>, deed: AdminDeed, Path(id): Path<GroupId>) -> Result<Response, AppError> {
    super::delete(&app, &deed, id).await.map_err(refused)?;
    Ok(Redirect::to("/admin/groups?notice=deleted").into_response())
}

fn to(id: GroupId, notice: &str) -> Response {
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
