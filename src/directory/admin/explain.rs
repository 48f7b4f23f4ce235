//! `/admin/directories/{name}/explain`: why somebody is or is not a user here.

use askama::Template;
use askama_web::WebTemplate;
use axum::extract::{Query, State};
use axum::response::IntoResponse;
use serde::Deserialize;

use super::super::explain::{ExplainError, Explanation, explain};
use super::{Known, WAITS};
use crate::app::App;
use crate::error::AppError;
use crate::language::{Text, t};
use crate::sessions::AdminSession;
use crate::web::Chrome;

/// What the address says.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ExplainQuery {
    who: String,
}

#[derive(Template, WebTemplate)]
#[template(path = "directory/explain.html")]
struct ExplainPage {
    chrome: Chrome,
    directory: String,
    who: String,
    explanation: Option<Explanation>,
    /// Why the directory could not be asked; empty when it could.
    failure: String,
}

/// The longest text looked for, in bytes: a long DN.
const WHO_MAX: usize = 2_000;

/// `GET /admin/directories/{name}/explain?who=`.
pub async fn show(
    State(app): State<App>,
    admin: AdminSession,
    Known(directory): Known,
    Query(query): Query<ExplainQuery>,
) -> Result<impl IntoResponse, AppError> {
    let who = query.who.trim().to_owned();
    let (mut explanation, mut failure) = (None, String::new());
    if who.len() > WHO_MAX {
        failure = t("directory-explain-too-long").into();
    } else if !who.is_empty() {
        match explain(&app, &directory, &who, WAITS).await {
            Ok(found) => explanation = Some(found),
            Err(ExplainError::Internal(error)) => return Err(error.into()),
            Err(ExplainError::Settings(mistakes)) => failure = t("directory-explain-settings").with("mistakes", mistakes).into(),
            Err(ExplainError::Directory(message)) => failure = message,
        }
    }
    Ok(ExplainPage { chrome: admin.chrome(&app), directory, who, explanation, failure })
}

/// Whether an entry fits a part of the filter: class and words.
fn fit(fits: Option<bool>) -> (&'static str, Text) {
    match fits {
        Some(true) => ("good", t("directory-explain-fits")),
        Some(false) => ("bad", t("directory-explain-fits-not")),
        None => ("", t("directory-explain-fits-unsaid")),
    }
}

/// How far a part is set in; what stands deeper than that is set in as far.
const fn depth(depth: usize) -> usize {
    if depth > 4 { 4 } else { depth }
}
