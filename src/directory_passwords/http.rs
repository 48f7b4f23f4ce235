//! The pages of directory passwords: forms that work without scripts. And the page of another room that has to know whether they are offered.

use askama::Template;
use askama_web::WebTemplate;
use axum::extract::{Form, Query, State};
use axum::http::header::{CONTENT_SECURITY_POLICY, HeaderName, HeaderValue, RETRY_AFTER};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use tower_sessions::Session;

use super::change::{self, Change, Changed, whole_minutes};
use super::{SignIn, offers_change, offers_sign_in};
use crate::app::App;
use crate::error::AppError;
use crate::language::{duration, t};
use crate::passkeys::http::{self as passkeys, OnTheWay, SignInQuery};
use crate::secret::Password;
use crate::sessions::{self, FreshIfPasskey, MaybeSignedIn};
use crate::web::{Chrome, Client, Mistakes, headers};

/// The longest name looked up, in bytes; no username or e-mail address is longer.
const NAME_BYTES_MAX: usize = 320;

/// The page's own Content-Security-Policy, when it has one.
type Policy = Option<[(HeaderName, HeaderValue); 1]>;

#[derive(Template, WebTemplate)]
#[template(path = "passwords/sign_in.html")]
struct SignInPage {
    chrome: Chrome,
    client_name: String,
    notice: String,
    username: String,
    mistakes: Mistakes,
    request: String,
    back: String,
    passkey_page: String,
}

#[derive(Template, WebTemplate)]
#[template(path = "passwords/change.html")]
struct ChangePage {
    chrome: Chrome,
    username: String,
    mistakes: Mistakes,
}

/// `GET /sign-in`: [`passkeys::sign_in_page`], with the way here where a directory lets passwords open something.
///
/// # Errors
/// When the database cannot be read.
pub async fn passkey_page(
    State(app): State<App>,
    signed_in: MaybeSignedIn,
    Query(unverified): Query<SignInQuery>,
    request: HeaderMap,
) -> Result<Response, AppError> {
    let offered = offers_sign_in(&app).await?;
    passkeys::sign_in_page(app, signed_in, unverified, offered, &request).await
}

/// `GET /sign-in/password`.
///
/// # Errors
/// `NotFound` where no directory lets passwords open anything.
pub async fn sign_in_page(
    State(app): State<App>,
    MaybeSignedIn(signed_in): MaybeSignedIn,
    Query(unverified): Query<SignInQuery>,
) -> Result<Response, AppError> {
    if !offers_sign_in(&app).await? {
        return Err(AppError::NotFound);
    }
    let on_the_way = OnTheWay::read(&app, &unverified);
    if signed_in.as_ref().is_some_and(|signed_in| on_the_way.is_done_with(signed_in)) {
        return Ok(Redirect::to(&on_the_way.next.location()).into_response());
    }
    Ok(page(&app, on_the_way, "", Mistakes::default(), String::new()).into_response())
}

/// What the person types, and where they are on the way to.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct SignInForm {
    username: String,
    password: Password,
    request: Option<String>,
    back: Option<String>,
}

/// `POST /sign-in/password`: has the directory judge the password and starts a session.
///
/// # Errors
/// `NotFound` as [`sign_in_page`], `TooManyRequests`, or when the database refuses. A wrong password is the page again, with status 422.
pub async fn sign_in(State(app): State<App>, session: Session, client: Client, Form(unverified): Form<SignInForm>) -> Result<Response, AppError> {
    app.limits.sign_in.check(&client)?;
    let SignInForm { username, password, request, back } = unverified;
    let filled = |text: Option<String>| text.filter(|text| !text.is_empty());
    let on_the_way = OnTheWay::read(&app, &SignInQuery::on_the_way(filled(request), filled(back)));
    let mistakes = mistakes(&username, &password);
    if !mistakes.is_empty() {
        if !offers_sign_in(&app).await? {
            return Err(AppError::NotFound);
        }
        let username = if mistakes.of("username").is_empty() { username.as_str() } else { "" };
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page(&app, on_the_way, username, mistakes, String::new())).into_response());
    }
    let now = app.clock.now();
    let again =
        |notice: String| (StatusCode::UNPROCESSABLE_ENTITY, page(&app, on_the_way_again(&on_the_way), &username, Mistakes::default(), notice));
    Ok(match super::sign_in(&app, now, &client, &username, &password).await? {
        SignIn::Done { user, method } => {
            sessions::start(&app, &session, user.id, method, &client, now).await?;
            let next = on_the_way.next;
            let next = if method.is_for_first_passkey() { format!("/account/passkeys/add{}", next.sign_in_query()) } else { next.location() };
            Redirect::to(&next).into_response()
        }
        SignIn::NotOffered => return Err(AppError::NotFound),
        // One sentence for every refusal.
        SignIn::Refused => again(t("password-refused").into()).into_response(),
        SignIn::ChangeFirst { has_expired } => {
            again(if has_expired { t("password-expired") } else { t("password-change-first") }.into()).into_response()
        }
        SignIn::TooMany { wait } => {
            let (_, page) = again(t("password-too-many").with("time", duration(whole_minutes(wait))).into());
            (StatusCode::TOO_MANY_REQUESTS, [(RETRY_AFTER, (wait.as_secs() + 1).to_string())], page).into_response()
        }
    })
}

fn on_the_way_again(on_the_way: &OnTheWay) -> OnTheWay {
    OnTheWay { pending: on_the_way.pending.clone(), next: on_the_way.next.clone() }
}

/// What can be said without asking anybody.
fn mistakes(username: &str, password: &Password) -> Mistakes {
    let mut mistakes = Mistakes::default();
    if username.trim().is_empty() {
        mistakes.add("username", t("name-missing"));
    } else if username.len() > NAME_BYTES_MAX || username.chars().any(char::is_control) {
        mistakes.add("username", t("username-impossible"));
    }
    if password.is_empty() {
        mistakes.add("password", t("password-missing"));
    }
    mistakes.check("password", change::check(password));
    mistakes
}

/// The page; its form may end at an app, when one sent the person here and has nothing to ask.
fn page(app: &App, on_the_way: OnTheWay, username: &str, mistakes: Mistakes, notice: String) -> (Policy, SignInPage) {
    let passkey_page = format!("/sign-in{}", on_the_way.next.sign_in_query());
    let (request, back) = on_the_way.next.fields();
    let client_name = on_the_way.pending.map(|pending| pending.client_name).unwrap_or_default();
    let policy = (!request.is_empty()).then(|| [(CONTENT_SECURITY_POLICY, headers::csp_for_forms_that_leave())]);
    (policy, SignInPage { chrome: Chrome::public(app), client_name, notice, username: username.to_owned(), mistakes, request, back, passkey_page })
}

/// `GET /account/password`.
///
/// # Errors
/// `NotFound` where the person's directory does not let them change it here.
pub async fn change_page(State(app): State<App>, FreshIfPasskey(signed_in): FreshIfPasskey) -> Result<Response, AppError> {
    if !offers_change(&app, &signed_in.user).await? {
        return Err(AppError::NotFound);
    }
    Ok(ChangePage { chrome: signed_in.chrome(&app), username: signed_in.user.username, mistakes: Mistakes::default() }.into_response())
}

/// `POST /account/password`.
///
/// # Errors
/// As [`change_page`], `TooManyRequests`, or when the database refuses.
pub async fn change(
    State(app): State<App>,
    FreshIfPasskey(signed_in): FreshIfPasskey,
    client: Client,
    Form(unverified): Form<change::Form>,
) -> Result<Response, AppError> {
    app.limits.sign_in.check(&client)?;
    let wish = Change { signed_in: &signed_in, client: &client, form: &unverified };
    match super::change(&app, app.clock.now(), &wish).await? {
        Changed::Done => Ok(Redirect::to("/account?notice=password-changed").into_response()),
        Changed::NotOffered => Err(AppError::NotFound),
        Changed::Mistakes(mistakes) => {
            let page = ChangePage { chrome: signed_in.chrome(&app), username: signed_in.user.username, mistakes };
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
    }
}
