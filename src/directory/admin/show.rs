//! `/admin/directories/{name}`: how a directory stands, its runs, and what can be done.

use askama::Template;
use askama_web::WebTemplate;
use axum::extract::{Query, State};
use axum::response::IntoResponse;

use super::super::config::Schedule;
use super::super::settings::{BASE, ENABLED, URL};
use super::super::{self as directory, Outcome, Standing, Step, SyncReport, presets};
use super::{Known, LIST, Notice, consequence, mark, outcome, took};
use crate::app::App;
use crate::clock::Timestamp;
use crate::directory::warnings::Warning;
use crate::error::AppError;
use crate::language::{duration, t};
use crate::sessions::AdminSession;
use crate::web::Chrome;

/// What was asked for on the page besides looking at it.
#[derive(Default)]
pub(super) struct Asked {
    pub(super) steps: Option<Vec<Step>>,
    pub(super) preview: Option<SyncReport>,
    pub(super) notice: String,
}

#[derive(Template, WebTemplate)]
#[template(path = "directory/show.html")]
pub(super) struct DirectoryPage {
    chrome: Chrome,
    directory: String,
    notice: String,
    is_enabled: bool,
    /// Whether it can be switched on: nothing is missing.
    is_complete: bool,
    /// Whether the environment says whether it is used.
    is_switch_fixed: bool,
    is_from_environment: bool,
    kind: Option<String>,
    address: String,
    base: String,
    /// How often it is read by itself.
    every: Option<String>,
    /// What the settings of a directory that is switched off will lead to.
    warnings: Vec<String>,
    /// What needs a look in one that is switched on.
    to_look_at: Vec<Warning>,
    /// When the next run begins by itself; `None` when that is now.
    next_at: Option<Timestamp>,
    standing: Standing,
    steps: Option<Vec<Step>>,
    preview: Option<SyncReport>,
    /// What applying the run that waits does to people.
    consequence: String,
    /// `UI_CONFIG_DISABLED`: nothing can be changed here.
    read_only: bool,
}

pub(super) async fn page(app: &App, name: &str, admin: &AdminSession, asked: Asked) -> Result<DirectoryPage, AppError> {
    let texts = directory::texts(app, name).await?;
    let mut conn = app.db.read().await?;
    let standing = directory::standing(&mut conn, name, app.clock.now()).await?;
    let kind = directory::kinds(&mut conn).await?.get(name).map(|kind| presets::name(*kind));
    drop(conn);
    let config = texts.read(name);
    let every = config.as_ref().map_or_else(|_| Schedule::default().every, |config| config.schedule.every);
    let text = |key: &str| texts.text(key).unwrap_or_default().to_owned();
    let Asked { steps, preview, notice } = asked;
    Ok(DirectoryPage {
        chrome: Chrome { path: LIST.to_owned(), ..admin.chrome(app) },
        directory: name.to_owned(),
        notice,
        is_enabled: texts.is_enabled(),
        is_complete: config.is_ok(),
        is_switch_fixed: directory::pins(app, name).settings_from_environment.contains_key(ENABLED.key) || app.config.ui_config_disabled,
        is_from_environment: name == directory::DEFAULT && directory::is_from_environment(&app.config),
        kind,
        address: text(URL.key),
        base: text(BASE.key),
        every: every.map(|every| duration(every).into()),
        warnings: if texts.is_enabled() { Vec::new() } else { directory::standing_warnings(name, &texts) },
        to_look_at: directory::warnings::warnings_about(app, name, app.clock.now()).await?,
        consequence: standing.waiting.as_ref().map(|run| consequence(run, texts.keeps_people())).unwrap_or_default(),
        next_at: standing.last_started_at.zip(every).map(|(at, every)| at + every).filter(|at| *at > app.clock.now()),
        standing,
        steps,
        preview,
        read_only: app.config.ui_config_disabled,
    })
}

/// `GET /admin/directories/{name}`.
pub async fn show(
    State(app): State<App>,
    admin: AdminSession,
    Known(name): Known,
    Query(word): Query<Notice>,
) -> Result<impl IntoResponse, AppError> {
    let notice: String = match word.notice.as_str() {
        "saved" => t("directory-notice-saved").into(),
        "unchanged" => t("directory-notice-unchanged").into(),
        "discarded" => t("directory-notice-discarded").into(),
        "switched-on" => t("directory-notice-switched-on").into(),
        "switched-off" => t("directory-notice-switched-off").into(),
        _ => String::new(),
    };
    page(&app, &name, &admin, Asked { notice, ..Asked::default() }).await
}
