//! What an administrator takes away from a person, from the person's page.

use askama::Template;
use askama_web::WebTemplate;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use super::TakenAway;
use crate::access_links::Made;
use crate::app::App;
use crate::error::AppError;
use crate::id::{PasskeyId, UserId};
use crate::sessions::AdminDeed;
use crate::users::User;
use crate::web::Chrome;

/// Says that the last passkey is gone and shows the link that takes its place.
#[derive(Template, WebTemplate)]
#[template(path = "ways_in/taken_away.html")]
struct TakenAwayPage {
    chrome: Chrome,
    user: User,
    passkey: String,
    made: Made,
}

/// `POST /admin/users/{id}/passkeys/{passkey}/remove`.
///
/// # Errors
/// `NotFound`; refused for one's own; when the database refuses.
pub async fn remove_passkey(
    State(app): State<App>,
    deed: AdminDeed,
    Path((id, passkey)): Path<(UserId, PasskeyId)>,
) -> Result<Response, AppError> {
    match super::take_passkey_away(&app, &deed, id, passkey).await? {
        TakenAway::Done => Ok(Redirect::to(&format!("/admin/users/{id}?notice=passkey-removed")).into_response()),
        TakenAway::WithLink { user, passkey, link } => {
            Ok(TakenAwayPage { chrome: deed.admin.chrome(&app), user: *user, passkey, made: link }.into_response())
        }
        TakenAway::NotFound => Err(AppError::NotFound),
        TakenAway::IsOwn => Err(AppError::Refused {
            title: "Not done",
            message: "This would remove a passkey of your own. Do that in your account, under Passkeys, where your last one is protected.".to_owned(),
            status: StatusCode::CONFLICT,
        }),
    }
}

/// `POST /admin/users/{id}/recovery-codes/revoke`.
///
/// # Errors
/// `NotFound`, or when the database refuses.
pub async fn revoke_codes(State(app): State<App>, deed: AdminDeed, Path(id): Path<UserId>) -> Result<Redirect, AppError> {
    if super::revoke_codes(&app, &deed, id).await? {
        Ok(Redirect::to(&format!("/admin/users/{id}?notice=codes-revoked")))
    } else {
        Err(AppError::NotFound)
    }
}
