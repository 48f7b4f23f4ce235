//! One-time links as administrators make them and take them back, from a person's page.

use std::time::Duration;

use askama::Template;
use askama_web::WebTemplate;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect};
use serde::Deserialize;

use super::{Made, MakeError, Sheet};
use crate::app::App;
use crate::error::AppError;
use crate::id::{AccessLinkId, UserId};
use crate::language::{duration, t};
use crate::mail;
use crate::sessions::AdminDeed;
use crate::users::{self, User};
use crate::web::Chrome;

/// What the form asks for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct MakeForm {
    lifetime: String,
    send: String,
}

impl MakeForm {
    /// `hour`, `week`, or a day for anything else.
    fn lifetime(&self) -> Duration {
        Duration::from_secs(match self.lifetime.as_str() {
            "hour" => 3600,
            "week" => 7 * 86_400,
            _ => 86_400,
        })
    }
}

#[derive(Template, WebTemplate)]
#[template(path = "access_links/made.html")]
struct MadePage {
    chrome: Chrome,
    user: User,
    made: Made,
    lifetime: String,
    is_sent: bool,
    /// To hand over on paper, unless it was sent.
    sheet: Option<Sheet>,
}

/// `POST /admin/users/{id}/access-link`: shows the link, this once.
pub async fn make(
    State(app): State<App>,
    deed: AdminDeed,
    Path(id): Path<UserId>,
    Form(form): Form<MakeForm>,
) -> Result<impl IntoResponse, AppError> {
    let user = users::find(&mut app.db.read().await?, id).await?.ok_or(AppError::NotFound)?;
    let lifetime = form.lifetime();
    let actor = deed.admin.actor();
    let is_sent = form.send == "true" && mail::is_configured(&app.settings());
    let made = if is_sent {
        super::make_and_send(&app, &actor, &deed.client, &user, lifetime).await
    } else {
        super::make(&app, &actor, &deed.client, &user, lifetime).await
    };
    let made = made.map_err(|error| match error {
        MakeError::Disabled(_) => {
            AppError::Refused { title: t("not-done").into(), message: t("access-link-kept-out").into(), status: StatusCode::CONFLICT }
        }
        MakeError::NoAddress(_) => AppError::refused(t("not-done"), t("access-link-no-address")),
        MakeError::Mail(error) => AppError::Internal(error.into()),
        MakeError::Database(error) => error.into(),
    })?;
    let sheet = (!is_sent).then(|| Sheet::new(&user.display_name, &user.username, &made.url));
    Ok(MadePage { chrome: deed.admin.chrome(&app), user, made, lifetime: duration(lifetime).into(), is_sent, sheet })
}

/// `POST /admin/users/{id}/access-links/{link}/revoke`.
pub async fn revoke(State(app): State<App>, deed: AdminDeed, Path((id, link)): Path<(UserId, AccessLinkId)>) -> Result<impl IntoResponse, AppError> {
    let user = users::find(&mut app.db.read().await?, id).await?.ok_or(AppError::NotFound)?;
    super::revoke(&app, &deed.admin.actor(), &deed.client, &user, link).await?;
    Ok(Redirect::to(&format!("/admin/users/{id}?notice=link-revoked")))
}
