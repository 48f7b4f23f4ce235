//! `/admin/directories`: how the directory stands, its runs, and its settings.

mod changes;
pub mod explain;
pub mod home;
pub mod preview;
pub mod runs;

use std::collections::BTreeMap;
use std::time::Duration;

use askama::Template;
use askama_web::WebTemplate;
use axum::Form;
use axum::extract::{FromRequestParts, Path, Query, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::config::Schedule;
use super::warnings::{Warning, warnings_about};
use super::{Order, Outcome, Run, Standing, Step, StepOutcome, SyncError, Texts};
use crate::app::App;
use crate::clock::{Timestamp, duration_for_people};
use crate::error::AppError;
use crate::sessions::{AdminDeed, AdminSession};
use crate::settings::UpdateError;
use crate::settings::admin::{Section, sections};
use crate::web::{Chrome, Mistakes};

const LIST: &str = "/admin/directories";
/// How long a page waits for a run; the run goes on without it.
const WAITS: Duration = Duration::from_secs(45);

/// How a run ended, for a badge: class and words.
const fn outcome(outcome: Option<Outcome>) -> (&'static str, &'static str) {
    match outcome {
        None => ("accent", "Running"),
        Some(Outcome::Applied) => ("good", "Applied"),
        Some(Outcome::Unchanged) => ("good", "Nothing had changed"),
        Some(Outcome::Previewed) => ("accent", "Preview"),
        Some(Outcome::Held) => ("warn", "Held back"),
        Some(Outcome::Failed) => ("bad", "Failed"),
    }
}

/// The mark of a step, as a class, and what it says to those who do not see it.
const fn mark(step: &Step) -> (&'static str, &'static str) {
    match step.outcome {
        StepOutcome::Passed => ("good", "Passed"),
        StepOutcome::Warning => ("warn", "Look at this"),
        StepOutcome::Failed => ("bad", "Failed"),
        StepOutcome::NotTried => ("", "Not tried"),
    }
}

/// What applying a run that was held back does to people, in words. `keeps_people` says whether soft delete is on.
fn consequence(run: &Run, keeps_people: bool) -> String {
    let leaving = super::model::counted(run.counts.users.disabled, "person loses", "people lose");
    match (run.counts.users.disabled, keeps_people) {
        (0, _) => "Nobody is locked out by it, but what is said above happens.".to_owned(),
        (_, true) => format!(
            "{leaving} access at once: their sessions end and what apps hold of them is void. Passkeys stay and work again when the directory takes \
             them back."
        ),
        (_, false) => format!(
            "{leaving} access at once, and who has left is deleted with passkeys and all, because people who left are not kept (see the settings)."
        ),
    }
}

/// How long a run took, in words; empty while it goes on.
fn took(started_at: Timestamp, finished_at: Option<Timestamp>) -> String {
    finished_at.map_or_else(String::new, |at| match at.since(started_at) {
        short if short < Duration::from_secs(1) => "less than a second".to_owned(),
        long => duration_for_people(long),
    })
}

/// What was asked for on the page besides looking at it.
#[derive(Default)]
struct Asked {
    typed: Option<BTreeMap<String, String>>,
    mistakes: Mistakes,
    steps: Option<Vec<Step>>,
    is_unsaved: bool,
}

#[derive(Template, WebTemplate)]
#[template(path = "directory/show.html")]
struct DirectoryPage {
    chrome: Chrome,
    directory: String,
    notice: &'static str,
    is_enabled: bool,
    /// When the next run begins by itself; `None` when that is now.
    next_at: Option<Timestamp>,
    standing: Standing,
    warnings: Vec<Warning>,
    steps: Option<Vec<Step>>,
    sections: Vec<Section>,
    mistakes: Mistakes,
    /// What applying the run that waits does to people.
    consequence: String,
    /// `UI_CONFIG_DISABLED`: nothing can be changed here.
    read_only: bool,
    /// Whether the form holds what is not saved.
    is_unsaved: bool,
}

async fn page(app: &App, directory: &str, admin: &AdminSession, notice: &'static str, asked: Asked) -> Result<DirectoryPage, AppError> {
    let texts = super::texts(app, directory).await?;
    let standing = super::standing(&mut app.db.read().await?, directory).await?;
    let every = texts.read(directory).map_or_else(|_| Schedule::default().every, |config| config.schedule.every);
    let Asked { typed, mistakes, steps, is_unsaved } = asked;
    Ok(DirectoryPage {
        chrome: Chrome { path: LIST.to_owned(), ..admin.chrome(app) },
        directory: directory.to_owned(),
        notice,
        is_enabled: texts.is_enabled(),
        consequence: standing.waiting.as_ref().map(|run| consequence(run, texts.keeps_people())).unwrap_or_default(),
        next_at: standing.last_started_at.map(|at| at + every).filter(|at| *at > app.clock.now()),
        standing,
        warnings: warnings_about(app, directory, app.clock.now()).await?,
        steps,
        sections: sections::<Texts>(&texts, &super::pins(app, directory), typed.as_ref(), &mistakes),
        mistakes,
        read_only: app.config.ui_config_disabled,
        is_unsaved,
    })
}

/// The directory a page is about; 404 when there is none of that name.
pub struct Known(String);

impl FromRequestParts<App> for Known {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, AppError> {
        let Ok(Path(NameInPath { name })) = Path::<NameInPath>::from_request_parts(parts, app).await else { return Err(AppError::NotFound) };
        let is_known = super::names(&mut app.db.read().await?).await?.contains(&name);
        if is_known { Ok(Self(name)) } else { Err(AppError::NotFound) }
    }
}

/// The directory's name in an address.
#[derive(Deserialize)]
struct NameInPath {
    name: String,
}

/// A word that a redirect left for the page.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Notice {
    notice: String,
}

/// `GET /admin/directories`.
pub async fn show(State(app): State<App>, admin: AdminSession, Query(word): Query<Notice>) -> Result<impl IntoResponse, AppError> {
    let notice = match word.notice.as_str() {
        "saved" => "The settings were saved. They count from the next sync on.",
        "unchanged" => "Nothing was different, so nothing was saved.",
        "running" => "The sync takes a while and goes on by itself. Reload this page to see how it ended.",
        "discarded" => "The plan was discarded, and nobody changes. It is not offered again as long as it stays the same.",
        _ => "",
    };
    page(&app, super::DEFAULT, &admin, notice, Asked::default()).await
}

/// `POST /admin/directories/{name}/settings`.
pub async fn save(
    State(app): State<App>,
    deed: AdminDeed,
    Known(directory): Known,
    Form(form): Form<BTreeMap<String, String>>,
) -> Result<Response, AppError> {
    match super::change_settings(&app, &directory, &deed, &form).await {
        Ok(is_changed) => Ok(Redirect::to(&format!("{LIST}?notice={}", if is_changed { "saved" } else { "unchanged" })).into_response()),
        Err(error) => refuse(&app, &directory, &deed, form, error).await,
    }
}

/// `POST /admin/directories/{name}/test`: with what is typed, saved or not.
pub async fn test(
    State(app): State<App>,
    deed: AdminDeed,
    Known(directory): Known,
    Form(form): Form<BTreeMap<String, String>>,
) -> Result<Response, AppError> {
    match super::test_typed(&app, &directory, &form, WAITS).await {
        Ok((steps, is_unsaved)) => {
            let asked = Asked { typed: Some(form), steps: Some(steps), is_unsaved, ..Asked::default() };
            Ok(page(&app, &directory, &deed.admin, "", asked).await?.into_response())
        }
        Err(error) => refuse(&app, &directory, &deed, form, error).await,
    }
}

/// The form again, with what was typed and what is wrong with it.
async fn refuse(app: &App, directory: &str, deed: &AdminDeed, form: BTreeMap<String, String>, error: UpdateError) -> Result<Response, AppError> {
    match error {
        UpdateError::Mistakes(mistakes) => {
            let page = page(app, directory, &deed.admin, "", Asked { typed: Some(form), mistakes, ..Asked::default() }).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        UpdateError::ReadOnly => Err(conflict(
            "Not saved",
            "The settings of this server come from its environment alone (UI_CONFIG_DISABLED). Change them there and restart it.",
        )),
        UpdateError::Internal(error) => Err(error.into()),
    }
}

/// `POST /admin/directories/{name}/sync`.
pub async fn sync(State(app): State<App>, deed: AdminDeed, Known(directory): Known) -> Result<Redirect, AppError> {
    runs::run(app, directory, Order::of_admin(&deed, None)).await
}

fn conflict(title: &'static str, message: &str) -> AppError {
    AppError::Refused { title, message: message.to_owned(), status: StatusCode::CONFLICT }
}

fn sync_error(error: SyncError) -> AppError {
    match error {
        SyncError::SwitchedOff => conflict("Switched off", "The directory is switched off. Switch it on in its settings first."),
        SyncError::Running(since) => {
            let since = since.map(|since| format!(", since {}", since.for_people())).unwrap_or_default();
            conflict("Already running", &format!("Another sync is going on{since}. Look at it in the list of runs."))
        }
        SyncError::NotHeld(_) => {
            conflict("Already decided", "This run does not wait for anybody: somebody has decided about it, or a later run has taken its place.")
        }
        SyncError::Expired(_, until) => {
            conflict("Too late", &format!("This run could be confirmed until {until}. Sync again, and decide about what would change now."))
        }
        SyncError::Stopping => AppError::Refused {
            title: "Stopping",
            message: "The server is stopping. Try again in a moment.".to_owned(),
            status: StatusCode::SERVICE_UNAVAILABLE,
        },
        SyncError::Database(error) => error.into(),
        SyncError::Settings(error) => error.into(),
    }
}
