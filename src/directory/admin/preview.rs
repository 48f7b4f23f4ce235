//! `/admin/directories/{name}/preview`: what a sync would change, made once and then looked through.

use askama::Template;
use askama_web::WebTemplate;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use super::super::preview::{KEPT_FOR, Preview};
use super::super::{self as directory, Outcome};
use super::changes::{ListQuery, Lists, badge};
use super::{Known, LIST, WAITS, sync_error};
use crate::app::App;
use crate::error::AppError;
use crate::language::{duration, t};
use crate::sessions::{AdminDeed, AdminSession};
use crate::web::Chrome;

#[derive(Template, WebTemplate)]
#[template(path = "directory/preview.html")]
struct PreviewPage {
    chrome: Chrome,
    directory: String,
    is_enabled: bool,
    preview: Option<Preview>,
    lists: Lists,
    /// How long a preview is kept, in words.
    kept_for: String,
}

/// Reads the directory with the settings as saved, keeps what it found for the administrator, and shows it.
pub(super) async fn make(app: App, deed: AdminDeed, name: String) -> Result<Response, AppError> {
    // In a task of its own: a browser that goes away does not take the preview with it.
    let task = {
        let name = name.clone();
        tokio::spawn(async move {
            let report = directory::preview(&app, &name).await?;
            Ok(directory::keep_preview(&app, &name, deed.admin.user.id, report, false).await?)
        })
    };
    match tokio::time::timeout(WAITS, task).await {
        Ok(Ok(Ok(()))) => Ok(Redirect::to(&format!("{LIST}/{name}/preview")).into_response()),
        Ok(Ok(Err(error))) => Err(sync_error(error)),
        Ok(Err(crashed)) => Err(AppError::Internal(crashed.into())),
        Err(_) => {
            let (title, message) = (t("directory-takes-a-while").into(), t("directory-takes-a-while-message").into());
            Err(AppError::Refused { title, message, status: StatusCode::SERVICE_UNAVAILABLE })
        }
    }
}

/// `GET /admin/directories/{name}/preview`.
pub async fn show(
    State(app): State<App>,
    admin: AdminSession,
    Known(name): Known,
    Query(query): Query<ListQuery>,
) -> Result<impl IntoResponse, AppError> {
    let is_enabled = directory::texts(&app, &name).await?.is_enabled();
    let mut preview = directory::kept_preview(&mut app.db.read().await?, &name, admin.user.id, app.clock.now()).await?;
    let (changes, problems) = preview
        .as_mut()
        .map(|preview| (std::mem::take(&mut preview.report.changes), std::mem::take(&mut preview.report.problems)))
        .unwrap_or_default();
    let lists = Lists::new(format!("{LIST}/{name}/preview"), query, changes, problems);
    Ok(PreviewPage { chrome: admin.chrome(&app), directory: name, is_enabled, preview, lists, kept_for: duration(KEPT_FOR).into() })
}
