//! `/admin/directories/{name}/runs/{id}`: one run, and the decision about one that was held back.

use askama::Template;
use askama_web::WebTemplate;
use axum::extract::{FromRequestParts, Path, State};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect};
use serde::Deserialize;

use super::super::model::Problem;
use super::super::{self as directory, Order, Outcome, Run, SyncError};
use super::{Known, LIST, WAITS, consequence, explain, outcome, took};
use crate::app::App;
use crate::error::AppError;
use crate::id::SyncRunId;
use crate::sessions::{AdminDeed, AdminSession};
use crate::web::Chrome;

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

/// Runs and shows the run. In a task of its own: a browser that goes away does not take the run with it.
pub(super) async fn run(app: App, directory: String, order: Order) -> Result<Redirect, AppError> {
    let task = {
        let directory = directory.clone();
        tokio::spawn(async move { directory::sync(&app, &directory, &order).await })
    };
    match tokio::time::timeout(WAITS, task).await {
        Ok(Ok(Ok(report))) => Ok(Redirect::to(&format!("{LIST}/{directory}/runs/{}", report.run_id))),
        Ok(Ok(Err(error))) => Err(explain(error)),
        Ok(Err(crashed)) => Err(AppError::Internal(crashed.into())),
        Err(_) => Ok(Redirect::to(&format!("{LIST}/{directory}?notice=running"))),
    }
}

/// `POST /admin/directories/{name}/runs/{id}/discard`.
pub async fn discard(State(app): State<App>, deed: AdminDeed, KnownRun(directory, id): KnownRun) -> Result<Redirect, AppError> {
    if directory::discard(&app, &directory, &deed, id).await? {
        Ok(Redirect::to(&format!("{LIST}/{directory}?notice=discarded")))
    } else {
        Err(explain(SyncError::NotHeld(id)))
    }
}

#[derive(Template, WebTemplate)]
#[template(path = "directory/run.html")]
struct RunPage {
    chrome: Chrome,
    directory: String,
    run: Run,
    problems: Vec<Problem>,
    /// Whether somebody has to decide about it.
    is_waiting: bool,
    /// What applying it does to people.
    consequence: String,
}

/// `GET /admin/directories/{name}/runs/{id}`.
pub async fn show(State(app): State<App>, admin: AdminSession, KnownRun(directory, id): KnownRun) -> Result<impl IntoResponse, AppError> {
    let keeps_people = directory::texts(&app, &directory).await?.keeps_people();
    let mut conn = app.db.read().await?;
    let (run, problems) = directory::find_run(&mut conn, &directory, id).await?.ok_or(AppError::NotFound)?;
    let is_waiting = directory::standing(&mut conn, &directory).await?.waiting.is_some_and(|waiting| waiting.id == id);
    Ok(RunPage { chrome: admin.chrome(&app), directory, consequence: consequence(&run, keeps_people), run, problems, is_waiting })
}
