//! What an administrator takes away from a person, from the person's page.

use askama::Template;
use askama_web::WebTemplate;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::{Deserialize, Serialize};

use super::{Count, Line, Risk, TakenAway};
use crate::access_links::{Made, Sheet};
use crate::app::App;
use crate::error::AppError;
use crate::id::{PasskeyId, UserId};
use crate::language::t;
use crate::sessions::{AdminDeed, AdminSession};
use crate::users::User;
use crate::web::Chrome;
use crate::web::list::{self, Pager, Pages, grouped};

/// Says that the last passkey is gone and shows the link that takes its place.
#[derive(Template, WebTemplate)]
#[template(path = "ways_in/taken_away.html")]
struct TakenAwayPage {
    chrome: Chrome,
    user: User,
    passkey: String,
    made: Made,
    /// To hand over on paper.
    sheet: Sheet,
}

/// What the list's address says.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct LockOutQuery {
    level: String,
    page: String,
}

#[derive(Template, WebTemplate)]
#[template(path = "ways_in/lock_out.html")]
struct LockOutPage {
    chrome: Chrome,
    counts: Vec<Count>,
    chosen: Risk,
    lines: Vec<Line>,
    pager: Pager,
}

/// `GET /admin/lock-out`: how many people are how near to being locked out, and who.
///
/// # Errors
/// When the database cannot be read.
pub async fn lock_out(State(app): State<App>, admin: AdminSession, Query(query): Query<LockOutQuery>) -> Result<impl IntoResponse, AppError> {
    let now = app.clock.now();
    let mut conn = app.db.read().await?;
    let counts = super::counts(&mut conn, now).await?;
    let chosen = Risk::from_text(&query.level).unwrap_or(Risk::OneThing);
    let total = counts.iter().find(|count| count.risk == chosen).map_or(0, |count| count.people);
    let pages = Pages::new(&query.page, total);
    let lines = super::at_risk(&mut conn, chosen, pages, now).await?;
    let to = |page: i64| list::address("/admin/lock-out", &LockOutQuery { level: chosen.as_str().to_owned(), page: page.to_string() });
    let pager = Pager { words: pages.words(), previous: pages.previous().map(to), next: pages.next().map(to) };
    Ok(LockOutPage { chrome: admin.chrome(&app), counts, chosen, lines, pager })
}

/// `POST /admin/users/{id}/passkeys/{passkey}/remove`.
///
/// # Errors
/// `NotFound`; refused for one's own; when the database refuses.
pub async fn remove_passkey(State(app): State<App>, deed: AdminDeed, Path((id, passkey)): Path<(UserId, PasskeyId)>) -> Result<Response, AppError> {
    match super::take_passkey_away(&app, &deed, id, passkey).await? {
        TakenAway::Done => Ok(Redirect::to(&format!("/admin/users/{id}?notice=passkey-removed")).into_response()),
        TakenAway::WithLink { user, passkey, link } => {
            let sheet = Sheet::new(&user.display_name, &user.username, &link.url);
            Ok(TakenAwayPage { chrome: deed.admin.chrome(&app), user: *user, passkey, made: link, sheet }.into_response())
        }
        TakenAway::NotFound => Err(AppError::NotFound),
        TakenAway::IsOwn => Err(AppError::Refused { title: t("not-done").into(), message: t("taken-away-own").into(), status: StatusCode::CONFLICT }),
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
