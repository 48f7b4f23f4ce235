//! `/admin/directories/{name}/preview`: what a sync would change, made once and then looked through.

use std::collections::BTreeMap;

use askama::Template;
use askama_web::WebTemplate;
use axum::Form;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use super::super::preview::{KEPT_FOR, Preview};
use super::super::{self as directory, Outcome};
use super::changes::{FILTERS, ListQuery, Lists, badge};
use super::{Known, LIST, WAITS, refuse, sync_error};
use crate::app::App;
use crate::clock::duration_for_people;
use crate::error::AppError;
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

/// `POST /admin/directories/{name}/preview`: reads the directory and shows what it found. With the settings form, as it is typed; without, as saved.
pub async fn make(
    State(app): State<App>,
    deed: AdminDeed,
    Known(name): Known,
    Form(form): Form<BTreeMap<String, String>>,
) -> Result<Response, AppError> {
    // In a task of its own: a browser that goes away does not take the preview with it.
    let task = {
        let (app, deed, name, form) = (app.clone(), deed.clone(), name.clone(), form.clone());
        tokio::spawn(async move {
            let made = if form.is_empty() {
                directory::preview(&app, &name).await.map(|report| (report, false)).map_err(Refusal::Sync)
            } else {
                directory::preview_typed(&app, &name, &form, WAITS).await.map_err(Refusal::Form)
            };
            match made {
                Ok((report, is_unsaved)) => {
                    directory::keep_preview(&app, &name, &deed, report, is_unsaved).await.map_err(|error| Refusal::Sync(error.into()))
                }
                Err(refusal) => Err(refusal),
            }
        })
    };
    match tokio::time::timeout(WAITS, task).await {
        Ok(Ok(Ok(()))) => Ok(Redirect::to(&format!("{LIST}/{name}/preview")).into_response()),
        Ok(Ok(Err(Refusal::Sync(error)))) => Err(sync_error(error)),
        Ok(Ok(Err(Refusal::Form(error)))) => refuse(&app, &name, &deed, form, error).await,
        Ok(Err(crashed)) => Err(AppError::Internal(crashed.into())),
        Err(_) => {
            let message = "Reading the directory takes longer than a page can wait. It goes on: open the preview again in a minute. \
                           `muster directory preview` on the server waits longer.";
            Err(AppError::Refused { title: "Takes a while", message: message.to_owned(), status: StatusCode::SERVICE_UNAVAILABLE })
        }
    }
}

enum Refusal {
    Sync(directory::SyncError),
    Form(crate::settings::UpdateError),
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
    Ok(PreviewPage { chrome: admin.chrome(&app), directory: name, is_enabled, preview, lists, kept_for: duration_for_people(KEPT_FOR) })
}
