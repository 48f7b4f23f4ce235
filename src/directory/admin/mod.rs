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

use super::{Outcome, Phase, Run, Step, StepOutcome, SyncError};
use crate::app::App;
use crate::clock::Timestamp;
use crate::error::AppError;
use crate::language::{Text, duration, instant, t};

const LIST: &str = "/admin/directories";
/// How long a page waits for a run; the run goes on without it.
const WAITS: Duration = Duration::from_secs(45);

/// How a run ended, for a badge: class and words.
fn outcome(outcome: Option<Outcome>) -> (&'static str, Text) {
    match outcome {
        None => ("accent", t("directory-running")),
        Some(Outcome::Applied) => ("good", t("directory-applied")),
        Some(Outcome::Unchanged) => ("good", t("directory-unchanged")),
        Some(Outcome::Previewed) => ("accent", t("directory-preview")),
        Some(Outcome::Held) => ("warn", t("directory-held")),
        Some(Outcome::Failed) => ("bad", t("directory-failed")),
    }
}

/// The mark of a step, as a class, what it says to those who do not see it, and the step's name.
fn mark(step: &Step) -> (&'static str, Text, Text) {
    let (class, words) = match step.outcome {
        StepOutcome::Passed => ("good", t("directory-step-passed")),
        StepOutcome::Warning => ("warn", t("directory-step-warning")),
        StepOutcome::Failed => ("bad", t("directory-step-failed")),
        StepOutcome::NotTried => ("", t("directory-step-not-tried")),
    };
    let name = match step.phase {
        Phase::Resolve => t("directory-step-resolve"),
        Phase::Connect => t("directory-step-connect"),
        Phase::Tls => t("directory-step-tls"),
        Phase::Bind => t("directory-step-bind"),
        Phase::Server => t("directory-step-server"),
        Phase::Base => t("directory-step-base"),
        Phase::Paging => t("directory-step-paging"),
        Phase::Users => t("directory-step-users"),
        Phase::Groups => t("directory-step-groups"),
    };
    (class, words, name)
}

/// What applying a run that was held back does to people, in words. `keeps_people` says whether soft delete is on.
fn consequence(run: &Run, keeps_people: bool) -> String {
    let users = run.counts.users;
    let lost = match (users.disabled, keeps_people) {
        (0, _) => t("directory-consequence-nobody"),
        (people, true) => t("directory-consequence-kept").with("people", people),
        (people, false) => t("directory-consequence-deleted").with("people", people),
    };
    if users.deleted == 0 {
        return lost.into();
    }
    format!("{} {lost}", t("directory-consequence-forgotten").with("people", users.deleted))
}

/// How long a run took, in words; empty while it goes on.
fn took(started_at: Timestamp, finished_at: Option<Timestamp>) -> String {
    finished_at.map_or_else(String::new, |at| match at.since(started_at) {
        short if short < Duration::from_secs(1) => t("directory-took-no-second").into(),
        long => duration(long).into(),
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
    conflict(t("settings-not-saved"), t("settings-not-saved-read-only"))
}

fn conflict(title: Text, message: Text) -> AppError {
    AppError::Refused { title: title.into(), message: message.into(), status: StatusCode::CONFLICT }
}

fn sync_error(error: SyncError) -> AppError {
    match error {
        SyncError::SwitchedOff => conflict(t("directory-switched-off"), t("directory-off-message")),
        SyncError::Running(since) => {
            let message = since.map_or_else(|| t("directory-busy-message"), |since| t("directory-busy-since").with("since", instant(since)));
            conflict(t("directory-busy"), message)
        }
        SyncError::Expired(_, until) => conflict(t("directory-too-late"), t("directory-too-late-message").with("until", until.to_string())),
        SyncError::NotHeld(_) => conflict(t("directory-decided"), t("directory-decided-message")),
        SyncError::Stopping => AppError::Refused {
            title: t("directory-stopping").into(),
            message: t("directory-stopping-message").into(),
            status: StatusCode::SERVICE_UNAVAILABLE,
        },
        SyncError::Database(error) => error.into(),
        SyncError::Settings(error) => error.into(),
    }
}
