//! `/admin`: what needs an administrator now, and how many there are of everything.

use askama::Template;
use askama_web::WebTemplate;
use axum::extract::State;
use axum::response::IntoResponse;

use super::super::warnings::{Warning, warnings};
use super::super::{self as directory, Run};
use super::{outcome, took};
use crate::app::App;
use crate::error::AppError;
use crate::sessions::AdminSession;
use crate::web::Chrome;

/// A directory in short.
struct InShort {
    name: String,
    is_enabled: bool,
    last: Option<Run>,
    active_users: i64,
    groups: i64,
}

#[derive(Template, WebTemplate)]
#[template(path = "directory/home.html")]
struct HomePage {
    chrome: Chrome,
    warnings: Vec<Warning>,
    directories: Vec<InShort>,
}

/// `GET /admin`.
pub async fn show(State(app): State<App>, admin: AdminSession) -> Result<impl IntoResponse, AppError> {
    let warnings = warnings(&app, app.clock.now()).await?;
    let names = directory::names(&mut app.db.read().await?).await?;
    let mut directories = Vec::new();
    for name in names {
        let is_enabled = directory::texts(&app, &name).await?.is_enabled();
        let standing = directory::standing(&mut app.db.read().await?, &name, app.clock.now()).await?;
        directories.push(InShort { name, is_enabled, last: standing.last, active_users: standing.active_users, groups: standing.groups });
    }
    Ok(HomePage { chrome: admin.chrome(&app), warnings, directories })
}
