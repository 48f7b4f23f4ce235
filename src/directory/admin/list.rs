//! `/admin/directories`: all of them.

use askama::Template;
use askama_web::WebTemplate;
use axum::extract::{Query, State};
use axum::response::IntoResponse;

use super::super::{self as directory, Overview};
use super::{Notice, outcome};
use crate::app::App;
use crate::error::AppError;
use crate::language::t;
use crate::sessions::AdminSession;
use crate::web::Chrome;

#[derive(Template, WebTemplate)]
#[template(path = "directory/list.html")]
struct ListPage {
    chrome: Chrome,
    notice: String,
    directories: Vec<Overview>,
    /// `UI_CONFIG_DISABLED`: none can be added here.
    read_only: bool,
}

/// `GET /admin/directories`.
pub async fn list(State(app): State<App>, admin: AdminSession, Query(word): Query<Notice>) -> Result<impl IntoResponse, AppError> {
    let notice: String = if word.notice == "removed" { t("directory-removed").into() } else { String::new() };
    Ok(ListPage { chrome: admin.chrome(&app), notice, directories: directory::overview(&app).await?, read_only: app.config.ui_config_disabled })
}
