//! `/admin/directories`: the pages of the directories. One file per page or group of actions; here is what they share.

pub mod actions;
pub mod add;
mod changes;
pub mod explain;
mod form;
pub mod home;
pub mod list;
pub mod preview;
pub mod runs;
pub mod settings;
pub mod show;

use std::time::Duration;

use axum::extract::{FromRequestParts, Path};
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::Deserialize;

use super::{Outcome, Run, Step, StepOutcome, SyncError};
use crate::app::App;
use crate::clock::{Timestamp, duration_for_people};
use crate::error::AppError;

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

/// What whoever cannot change anything here is told.
fn read_only() -> AppError {
    conflict("Not saved", "The settings of this server come from its environment alone (UI_CONFIG_DISABLED). Change them there and restart it.")
}

fn conflict(title: &'static str, message: &str) -> AppError {
    AppError::Refused { title: title.to_owned(), message: message.to_owned(), status: StatusCode::CONFLICT }
}

fn sync_error(error: SyncError) -> AppError {
    match error {
        SyncError::SwitchedOff => conflict("Switched off", "The directory is switched off. Switch it on in its settings first."),
        SyncError::Running(since) => {
            let since = since.map(|since| format!(", since {}", since.for_people())).unwrap_or_default();
            conflict("Already running", &format!("Another sync is going on{since}. Look at it in the list of runs."))
        }
        SyncError::Expired(_, until) => {
            conflict("Too late", &format!("This run could be confirmed until {until}. Sync again, and decide about what would change now."))
        }
        SyncError::NotHeld(_) => {
            conflict("Already decided", "This run does not wait for anybody: somebody has decided about it, or a later run has taken its place.")
        }
        SyncError::Stopping => AppError::Refused {
            title: "Stopping".to_owned(),
            message: "The server is stopping. Try again in a moment.".to_owned(),
            status: StatusCode::SERVICE_UNAVAILABLE,
        },
        SyncError::Database(error) => error.into(),
        SyncError::Settings(error) => error.into(),
    }
}
