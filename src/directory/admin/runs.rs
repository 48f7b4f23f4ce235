//! `/admin/directories/{name}/runs`: the history, one run (also while it goes on), and the decision about one that was held back.

use std::time::Duration;

use askama::Template;
use askama_web::WebTemplate;
use axum::extract::{FromRequestParts, Path, Query, State};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect};
use serde::{Deserialize, Serialize};

use super::super::history::{self, Detail, Line, Which};
use super::super::{self as directory, Order, Outcome, Run, SyncError};
use super::changes::{ListQuery, Lists, badge};
use super::{Known, LIST, WAITS, consequence, outcome, sync_error, took};
use crate::app::App;
use crate::error::AppError;
use crate::id::SyncRunId;
use crate::language::{Text, duration, t};
use crate::sessions::{AdminDeed, AdminSession, RoutineDeed};
use crate::web::Chrome;
use crate::web::list::{self, Pager, Pages};

/// How long a page waits for a run before it shows it going on.
const SHOWN_RUNNING_AFTER: Duration = Duration::from_secs(4);

/// A run of a directory, which need not be there.
pub struct KnownRun(String, SyncRunId);

impl FromRequestParts<App> for KnownRun {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, AppError> {
        let Known(directory) = Known::from_request_parts(parts, app).await?;
        let Ok(Path(RunInPath { id })) = Path::<RunInPath>::from_request_parts(parts, app).await else { return Err(AppError::NotFound) };
        Ok(Self(directory, id))
    }
}

/// The run's id in an address.
#[derive(Deserialize)]
struct RunInPath {
    id: SyncRunId,
}

/// `POST /admin/directories/{name}/runs/{id}/confirm`.
pub async fn confirm(State(app): State<App>, deed: AdminDeed, KnownRun(directory, id): KnownRun) -> Result<Redirect, AppError> {
    run(app, directory, Order::of_admin(&deed, Some(id))).await
}

/// Runs and shows the run, as it goes on when it takes long. In a task of its own: a browser that goes away does not take the run with it.
pub(super) async fn run(app: App, directory: String, order: Order) -> Result<Redirect, AppError> {
    let mut task = {
        let (app, directory) = (app.clone(), directory.clone());
        tokio::spawn(async move { directory::sync(&app, &directory, &order).await })
    };
    let deadline = tokio::time::Instant::now() + WAITS;
    loop {
        match tokio::time::timeout(SHOWN_RUNNING_AFTER, &mut task).await {
            Ok(Ok(Ok(report))) => return Ok(Redirect::to(&format!("{LIST}/{directory}/runs/{}", report.run_id))),
            Ok(Ok(Err(error))) => return Err(sync_error(error)),
            Ok(Err(crashed)) => return Err(AppError::Internal(crashed.into())),
            Err(_) => {
                let running = directory::standing(&mut app.db.read().await?, &directory, app.clock.now()).await?.running;
                if let Some(run) = running {
                    return Ok(Redirect::to(&format!("{LIST}/{directory}/runs/{}", run.id)));
                }
                // Its row is not there yet.
                if tokio::time::Instant::now() >= deadline {
                    return Ok(Redirect::to(&format!("{LIST}/{directory}/runs")));
                }
            }
        }
    }
}

/// `POST /admin/directories/{name}/runs/{id}/discard`.
pub async fn discard(State(app): State<App>, deed: RoutineDeed, KnownRun(directory, id): KnownRun) -> Result<Redirect, AppError> {
    if directory::discard(&app, &directory, &deed, id).await? {
        Ok(Redirect::to(&format!("{LIST}/{directory}?notice=discarded")))
    } else {
        Err(sync_error(SyncError::NotHeld(id)))
    }
}

#[derive(Template, WebTemplate)]
#[template(path = "directory/run.html")]
struct RunPage {
    chrome: Chrome,
    directory: String,
    run: Run,
    detail: Detail,
    lists: Lists,
    /// Whether somebody has to decide about it.
    is_waiting: bool,
    /// Whether it waited too long for a decision.
    is_expired: bool,
    /// What applying it does to people.
    consequence: String,
}

/// `GET /admin/directories/{name}/runs/{id}`.
pub async fn show(
    State(app): State<App>,
    admin: AdminSession,
    KnownRun(directory, id): KnownRun,
    Query(query): Query<ListQuery>,
) -> Result<impl IntoResponse, AppError> {
    let keeps_people = directory::texts(&app, &directory).await?.keeps_people();
    let mut conn = app.db.read().await?;
    let (run, problems) = directory::find_run(&mut conn, &directory, id).await?.ok_or(AppError::NotFound)?;
    let mut detail = history::run_detail(&mut conn, id).await?;
    let now = app.clock.now();
    let is_expired = run.outcome == Some(Outcome::Held) && run.is_expired(now);
    let is_waiting = !is_expired && directory::standing(&mut conn, &directory, now).await?.waiting.is_some_and(|waiting| waiting.id == id);
    let lists = Lists::new(format!("{LIST}/{directory}/runs/{id}"), query, std::mem::take(&mut detail.changes), problems);
    Ok(RunPage { chrome: admin.chrome(&app), directory, consequence: consequence(&run, keeps_people), run, detail, lists, is_waiting, is_expired })
}

/// What the address of the history says.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct HistoryQuery {
    outcome: String,
    page: String,
}

#[derive(Template, WebTemplate)]
#[template(path = "directory/runs.html")]
struct HistoryPage {
    chrome: Chrome,
    directory: String,
    query: HistoryQuery,
    lines: Vec<Line>,
    pager: Pager,
    /// How long runs are kept.
    retention: String,
    /// Whether a filter hides some.
    is_filtered: bool,
    is_enabled: bool,
}

/// `GET /admin/directories/{name}/runs`.
pub async fn list(
    State(app): State<App>,
    admin: AdminSession,
    Known(directory): Known,
    Query(query): Query<HistoryQuery>,
) -> Result<impl IntoResponse, AppError> {
    let which = Which::from_text(&query.outcome);
    let is_enabled = directory::texts(&app, &directory).await?.is_enabled();
    let mut conn = app.db.read().await?;
    let pages = Pages::new(&query.page, history::count_runs(&mut conn, &directory, which).await?);
    let lines = history::runs(&mut conn, &directory, which, list::PAGE_LINES, pages.offset()).await?;
    let address = |page: i64| {
        let page = if page == 1 { String::new() } else { page.to_string() };
        list::address(&format!("{LIST}/{directory}/runs"), &HistoryQuery { page, ..query.clone() })
    };
    let pager = Pager { words: pages.words(), previous: pages.previous().map(address), next: pages.next().map(address) };
    Ok(HistoryPage {
        chrome: admin.chrome(&app),
        pager,
        lines,
        retention: duration(app.settings().sync_run_retention.days()).into(),
        is_filtered: which != Which::All,
        is_enabled,
        directory,
        query,
    })
}

/// What stands over the list of changes of a run that ended so.
fn heading(outcome: Option<Outcome>) -> Text {
    match outcome {
        Some(Outcome::Held | Outcome::Previewed) => t("directory-what-would-change"),
        _ => t("directory-what-changed"),
    }
}
