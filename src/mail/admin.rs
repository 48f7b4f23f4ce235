//! `/admin/settings/test-mail`: a mail to the administrator who asks, at once, so that a mistake in the settings shows.

use askama::Template;
use askama_web::WebTemplate;
use axum::extract::State;
use axum::response::{IntoResponse, Response};

use super::Mail;
use crate::app::App;
use crate::error::AppError;
use crate::language::t;
use crate::sessions::RoutineDeed;
use crate::web::Chrome;

#[derive(Template, WebTemplate)]
#[template(path = "settings/tested.html")]
struct TestedPage {
    chrome: Chrome,
    to: String,
    /// Why it was not sent; empty when it was.
    problem: String,
}

#[derive(Template)]
#[template(path = "mail/test.txt")]
struct Text<'a> {
    app_name: &'a str,
    name: &'a str,
    server: &'a str,
}

/// `POST /admin/settings/test-mail`.
///
/// # Errors
/// Refused when the administrator has no address.
pub async fn test(State(app): State<App>, deed: RoutineDeed) -> Result<Response, AppError> {
    let person = &deed.admin.user;
    let Some(to) = person.email.clone() else {
        return Err(AppError::refused(t("settings-mail-no-address"), t("settings-mail-no-address-message")));
    };
    let settings = app.settings();
    let text = Text { app_name: &settings.app_name, name: &person.display_name, server: app.config.origin.as_str() }
        .render()
        .map_err(|error| AppError::Internal(error.into()))?;
    let mail = Mail {
        to: to.clone(),
        about: None,
        subject: t("mail-test-subject").with("app", &settings.app_name).into(),
        text,
        useful_for: std::time::Duration::ZERO,
    };
    let problem = super::send_now(&app, &mail).await.err().map(|failure| failure.why).unwrap_or_default();
    Ok(TestedPage { chrome: deed.admin.chrome(&app), to, problem }.into_response())
}
