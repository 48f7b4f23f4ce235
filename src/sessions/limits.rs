//! `/admin/limits`: who has to wait at the moment, and letting them try again.

use askama::Template;
use askama_web::WebTemplate;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect};
use serde::Deserialize;

use super::{AdminDeed, AdminSession};
use crate::app::App;
use crate::attempts::{self, UsedUp};
use crate::audit::{self, Kind};
use crate::error::AppError;
use crate::language::t;
use crate::web::Chrome;

/// How many are shown; there are seldom more than a few.
const SHOWN_MAX: i64 = 200;

#[derive(Template, WebTemplate)]
#[template(path = "sessions/limits.html")]
struct LimitsPage {
    chrome: Chrome,
    notice: String,
    lines: Vec<UsedUp>,
    is_full: bool,
    tries: u32,
    tries_of_network: u32,
    minutes: u32,
}

/// A word that a redirect left for the page.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Notice {
    notice: String,
}

/// `GET /admin/limits`.
///
/// # Errors
/// When the database cannot be read.
pub async fn show(State(app): State<App>, admin: AdminSession, Query(word): Query<Notice>) -> Result<impl IntoResponse, AppError> {
    let lines = attempts::used_up(&mut app.db.read().await?, app.clock.now(), SHOWN_MAX).await?;
    let settings = app.settings();
    Ok(LimitsPage {
        chrome: admin.chrome(&app),
        notice: if word.notice == "lifted" { t("limits-lifted").into() } else { String::new() },
        is_full: i64::try_from(lines.len()).unwrap_or(SHOWN_MAX) >= SHOWN_MAX,
        lines,
        tries: settings.failed_tries.0,
        tries_of_network: settings.failed_tries_of_network.0,
        minutes: settings.failed_tries_within.0,
    })
}

/// `POST /admin/limits/{subject}/lift`.
///
/// # Errors
/// `NotFound` when nobody waits there any more, or when the database refuses.
pub async fn lift(State(app): State<App>, deed: AdminDeed, Path(unverified_subject): Path<String>) -> Result<Redirect, AppError> {
    let mut tx = app.db.begin().await?;
    let lifted = attempts::lift(&mut tx, &unverified_subject, deed.now).await?.ok_or(AppError::NotFound)?;
    let event = deed.event(Kind::LimitLifted).with("door", lifted.door.as_str());
    let event = match (lifted.user_id, &lifted.username) {
        (Some(user), Some(username)) => event.on(user.uuid(), username),
        _ => event.with("network", lifted.network.unwrap_or_default()),
    };
    audit::record(&mut tx, event).await?;
    tx.commit().await?;
    Ok(Redirect::to("/admin/limits?notice=lifted"))
}
