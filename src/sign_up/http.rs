//! `/st/<token>`: the form that makes an account; looking at a link is harmless. `/sign-up`: where sign-up is open, the address the link goes to.

use askama::Template;
use askama_web::WebTemplate;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use tower_sessions::Session;

use super::{Draft, Link, SignedUp, State as LinkState, open};
use crate::app::App;
use crate::clock::Timestamp;
use crate::error::AppError;
use crate::language::{duration, t};
use crate::sessions::{self, Method, tries};
use crate::settings::SignUpMode;
use crate::users;
use crate::users::model::check_email;
use crate::web::{Chrome, Client, Mistakes};

/// Where everyone goes next: a passkey first.
const FIRST: &str = "/account/passkeys/add";

#[derive(Template, WebTemplate)]
#[template(path = "sign_up/form.html")]
struct FormPage {
    chrome: Chrome,
    /// The address the link was sent to, which cannot be changed; empty when it is asked for.
    email: String,
    draft: Draft,
    mistakes: Mistakes,
}

/// `GET /st/{token}`.
///
/// # Errors
/// 404 for a link that never was or while nobody may sign up, 410 for one that opens nothing any more, `TooManyRequests`.
pub async fn page(State(app): State<App>, client: Client, Path(unverified_token): Path<String>) -> Result<Response, AppError> {
    app.limits.sign_in.check(&client)?;
    let link = usable(&app, super::look(&app, &unverified_token).await?, app.clock.now())?;
    let email = link.email.unwrap_or_default();
    Ok(FormPage { chrome: Chrome::public(&app), email, draft: Draft::default(), mistakes: Mistakes::default() }.into_response())
}

/// `POST /st/{token}`: makes the account and starts a session. It has to say that a username is taken, and where the address is typed here, also that an address is:
/// so it is asked a limited number of times.
///
/// # Errors
/// As [`page`].
pub async fn sign_up(
    State(app): State<App>,
    session: Session,
    client: Client,
    Path(unverified_token): Path<String>,
    Form(draft): Form<Draft>,
) -> Result<Response, AppError> {
    app.limits.sign_in.check(&client)?;
    let now = app.clock.now();
    let link = usable(&app, super::look(&app, &unverified_token).await?, now)?;
    let mut mistakes = draft.check(link.email.is_none());
    let asks = mistakes.of("username").is_empty() || (link.email.is_none() && mistakes.of("email").is_empty());
    if asks {
        if let Err(wait) = super::ask_about_name(&app, link.id, &client, now).await? {
            return Err(AppError::TooManyRequests { retry_after_seconds: wait.as_secs() + 1 });
        }
        let mut conn = app.db.read().await?;
        if mistakes.of("username").is_empty() && users::find_by_name(&mut conn, &draft.username).await?.is_some() {
            mistakes.add("username", t("username-taken"));
        }
        if link.email.is_none() && mistakes.of("email").is_empty() && users::find_by_name(&mut conn, &draft.email).await?.is_some() {
            mistakes.add("email", t("sign-up-email-taken"));
        }
    }
    if mistakes.is_empty() {
        match super::sign_up(&app, now, &client, &unverified_token, &draft).await? {
            SignedUp::Done(user) => {
                sessions::start(&app, &session, user.id, Method::AccessLink, &client, now).await?;
                return Ok(Redirect::to(FIRST).into_response());
            }
            SignedUp::LinkGone => return Err(gone(LinkState::UsedUp)),
            SignedUp::Taken => mistakes.add("username", t("sign-up-taken")),
        }
    }
    let page = FormPage { chrome: Chrome::public(&app), email: link.email.unwrap_or_default(), draft, mistakes };
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

fn usable(app: &App, link: Option<Link>, now: Timestamp) -> Result<Link, AppError> {
    let closed = app.settings().sign_up == SignUpMode::Off;
    let Some(link) = link.filter(|_| !closed) else {
        let (title, message) = (t("link-unknown").into(), t("sign-up-link-unknown").into());
        return Err(AppError::Refused { title, message, status: StatusCode::NOT_FOUND });
    };
    match link.state(now) {
        LinkState::Usable => Ok(link),
        ended => Err(gone(ended)),
    }
}

fn gone(ended: LinkState) -> AppError {
    let message = match ended {
        LinkState::UsedUp | LinkState::Usable => t("sign-up-link-used-up"),
        LinkState::Revoked => t("sign-up-link-revoked"),
        LinkState::Expired => t("sign-up-link-expired"),
    };
    AppError::gone(t("link-gone"), message)
}

#[derive(Template, WebTemplate)]
#[template(path = "sign_up/ask.html")]
struct AskPage {
    chrome: Chrome,
    typed: String,
    mistake: String,
}

#[derive(Template, WebTemplate)]
#[template(path = "sign_up/asked.html")]
struct AskedPage {
    chrome: Chrome,
    email: String,
    lifetime: String,
}

/// What `/sign-up` asks for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct AskForm {
    email: String,
}

/// `GET /sign-up`.
///
/// # Errors
/// `NotFound` where sign-up is not open.
pub async fn ask_page(State(app): State<App>) -> Result<impl IntoResponse, AppError> {
    if !open::is_offered(&app.settings()) {
        return Err(AppError::NotFound);
    }
    Ok(AskPage { chrome: Chrome::public(&app), typed: String::new(), mistake: String::new() })
}

/// `POST /sign-up`: the same answer for every address.
///
/// # Errors
/// As [`ask_page`], and `TooManyRequests`.
pub async fn ask(State(app): State<App>, client: Client, Form(form): Form<AskForm>) -> Result<Response, AppError> {
    if !open::is_offered(&app.settings()) {
        return Err(AppError::NotFound);
    }
    tries::ask_for_mail(&app, &client, app.clock.now()).await?;
    let email = form.email.trim();
    if let Err(mistake) = check_email(email) {
        let page = AskPage { chrome: Chrome::public(&app), typed: form.email.chars().take(254).collect(), mistake: mistake.into() };
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    }
    open::ask(&app, &client, email).await?;
    Ok(AskedPage { chrome: Chrome::public(&app), email: email.to_owned(), lifetime: duration(open::LIFETIME).into() }.into_response())
}

/// Whether the sign-in page offers to make an account.
pub fn is_open(app: &App) -> bool {
    open::is_offered(&app.settings())
}
