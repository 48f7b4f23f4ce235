//! `/account/picture`: a picture of oneself, sent, cut to a square, taken away again. Where a directory has pictures, its word counts, and the page says so.

use std::time::Duration;

use askama::Template;
use askama_web::WebTemplate;
use axum::extract::{Multipart, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use crate::app::App;
use crate::attempts::{self, Allowance, Subject};
use crate::directory;
use crate::error::AppError;
use crate::language::t;
use crate::sessions::SignedIn;
use crate::users::pictures::{self, Crop, Prepared, SOURCE_BYTES_MAX, Unusable};
use crate::users::{self, User};
use crate::web::{Chrome, Client};

/// The largest form: a picture and what stands around it.
pub const FORM_BYTES_MAX: usize = SOURCE_BYTES_MAX + 64 * 1024;
/// How often somebody may send a picture: each takes a processor for a while.
const PER_PERSON: Allowance = Allowance { count: 20, within: Duration::from_secs(3600), from_the_last: false };
/// The longest number of a form's slider.
const SLIDER_BYTES_MAX: usize = 8;

#[derive(Template, WebTemplate)]
#[template(path = "account/picture.html")]
struct PicturePage {
    chrome: Chrome,
    user: User,
    /// The directory whose pictures count; empty when the person's own does.
    directory: String,
    /// Whether there is one they sent, which they may take away.
    may_remove: bool,
    crop: Crop,
    mistake: String,
    notice: String,
}

impl PicturePage {
    async fn new(app: &App, signed_in: SignedIn) -> Result<Self, AppError> {
        let chrome = signed_in.chrome(app);
        let user = signed_in.user;
        let directory = ruled_by(app, &user).await?;
        let may_remove = !user.picture.is_empty() && pictures::is_own(&mut app.db.read().await?, user.id).await?;
        Ok(Self { chrome, user, directory, may_remove, crop: Crop::default(), mistake: String::new(), notice: String::new() })
    }
}

/// The directory whose word counts for somebody's picture; empty when there is none.
async fn ruled_by(app: &App, user: &User) -> anyhow::Result<String> {
    match &user.directory {
        Some(name) if directory::rules_pictures(app, name).await? => Ok(name.clone()),
        _ => Ok(String::new()),
    }
}

/// A word that a redirect left for the page.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Notice {
    notice: String,
}

/// `GET /account/picture`.
///
/// # Errors
/// When the database cannot be read.
pub async fn show(State(app): State<App>, signed_in: SignedIn, Query(word): Query<Notice>) -> Result<impl IntoResponse, AppError> {
    let notice = match word.notice.as_str() {
        "changed" => t("picture-changed").into(),
        "removed" => t("picture-removed").into(),
        _ => String::new(),
    };
    Ok(PicturePage { notice, ..PicturePage::new(&app, signed_in).await? })
}

/// What the form holds.
struct Sent {
    file: Vec<u8>,
    crop: Crop,
}

/// Reads the form; the file is what is limited by the size of the whole.
async fn read(mut form: Multipart) -> Result<Sent, String> {
    let unreadable = |_| String::from(t("picture-unreadable"));
    let (mut file, mut sliders) = (Vec::new(), [String::new(), String::new(), String::new()]);
    while let Some(field) = form.next_field().await.map_err(unreadable)? {
        let slider = match field.name() {
            Some("picture") => {
                file = field.bytes().await.map_err(unreadable)?.to_vec();
                continue;
            }
            Some("x") => 0,
            Some("y") => 1,
            Some("zoom") => 2,
            _ => continue,
        };
        sliders[slider] = field.text().await.map_err(unreadable)?.chars().take(SLIDER_BYTES_MAX).collect();
    }
    let [x, y, zoom] = sliders;
    Ok(Sent { file, crop: Crop::read(&x, &y, &zoom) })
}

/// `POST /account/picture`: a form with the file `picture` and the sliders `x`, `y` and `zoom`.
///
/// # Errors
/// Refused where the directory's picture counts; 429 after too many; a file that cannot be used is the page again, with status 422.
pub async fn put(State(app): State<App>, signed_in: SignedIn, client: Client, form: Multipart) -> Result<Response, AppError> {
    if !ruled_by(&app, &signed_in.user).await?.is_empty() {
        return Err(from_directory());
    }
    let sent = match read(form).await {
        Ok(sent) => sent,
        Err(mistake) => return again(&app, signed_in, Crop::default(), mistake).await,
    };
    if sent.file.is_empty() {
        return again(&app, signed_in, sent.crop, t("picture-missing").into()).await;
    }
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let admitted = attempts::take(&mut tx, &Subject::new("picture of", &signed_in.user.id.to_string()), PER_PERSON, now).await?;
    tx.commit().await?;
    if let Err(wait) = admitted {
        return Err(AppError::TooManyRequests { retry_after_seconds: wait.as_secs() + 1 });
    }
    match pictures::prepare_sent(sent.file, sent.crop).await? {
        Prepared::Done(picture) => {
            users::change_own_picture(&app, now, &client, &signed_in, Some(&picture)).await?;
            Ok(Redirect::to("/account/picture?notice=changed").into_response())
        }
        Prepared::Refused(unusable) => {
            let mistake = match unusable {
                Unusable::TooLarge => t("picture-too-large"),
                Unusable::TooManyPixels => t("picture-too-many-pixels"),
                Unusable::Unsupported => t("picture-unsupported"),
                Unusable::Damaged => t("picture-damaged"),
            };
            again(&app, signed_in, sent.crop, mistake.into()).await
        }
        Prepared::Busy => Err(AppError::Refused {
            title: t("picture-busy-title").into(),
            message: t("picture-busy").into(),
            status: StatusCode::SERVICE_UNAVAILABLE,
        }),
    }
}

async fn again(app: &App, signed_in: SignedIn, crop: Crop, mistake: String) -> Result<Response, AppError> {
    let page = PicturePage { crop, mistake, ..PicturePage::new(app, signed_in).await? };
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

fn from_directory() -> AppError {
    AppError::Refused { title: t("picture-not-here-title").into(), message: t("picture-not-here").into(), status: StatusCode::CONFLICT }
}

/// `POST /account/picture/remove`.
///
/// # Errors
/// Refused for a picture of the directory.
pub async fn remove(State(app): State<App>, signed_in: SignedIn, client: Client) -> Result<Redirect, AppError> {
    if !pictures::is_own(&mut app.db.read().await?, signed_in.user.id).await? {
        return if signed_in.user.picture.is_empty() { Ok(Redirect::to("/account/picture")) } else { Err(from_directory()) };
    }
    users::change_own_picture(&app, app.clock.now(), &client, &signed_in, None).await?;
    Ok(Redirect::to("/account/picture?notice=removed"))
}
