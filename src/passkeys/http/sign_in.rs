//! Signing in without a name: the page and its two endpoints.

use askama::Template;
use askama_web::WebTemplate;
use axum::Json;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::http::header::SET_COOKIE;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::Value;
use tower_sessions::Session;

use super::{Failed, Finished, OnTheWay, SignInQuery, begun, greeted, here, wanted};
use crate::access_links;
use crate::app::App;
use crate::error::AppError;
use crate::language::t;
use crate::passkeys::{self, Answer};
use crate::sessions::tries::{self, Door};
use crate::sessions::{self, MaybeSignedIn, Method};
use crate::sign_up;
use crate::web::{BrowserCookie, Chrome, Client, Greeting};

#[derive(Template, WebTemplate)]
#[template(path = "passkeys/sign_in.html")]
struct SignInPage {
    chrome: Chrome,
    /// The origin passkeys belong to.
    address: String,
    /// The app the person is on the way to; empty when it is none.
    client_name: String,
    /// Who has to prove it again; empty for a visitor.
    signed_in_as: String,
    notice: String,
    request: String,
    back: String,
    /// Where the page for directory passwords is; empty when there is none.
    password_page: String,
    /// Whether one may stay signed in for longer, and how long.
    kept_days: u32,
    /// Where a link can be sent to the person's e-mail address; empty where none is.
    mail_page: String,
    /// Whether everyone may make an account.
    offers_sign_up: bool,
    /// Whom this browser remembers; empty when it is nobody.
    welcome: String,
    /// The query of this page, for the form that forgets them.
    query: String,
    /// Where one comes in by a recovery code.
    recovery_page: String,
    /// Where one signs in with another device; empty where that is switched off.
    device_page: String,
    /// What the app wants of a passkey, after "wants"; empty when any will do.
    wanted: String,
}

/// `GET /sign-in`: to where the person wanted to go when they are signed in already, unless an app asked after that to have it proved again. Whether
/// directory passwords open anything, the caller knows.
///
/// # Errors
/// None of its own.
pub async fn sign_in_page(
    app: App,
    MaybeSignedIn(signed_in): MaybeSignedIn,
    unverified: SignInQuery,
    offers_password: bool,
    headers: &HeaderMap,
) -> Result<Response, AppError> {
    let on_the_way = OnTheWay::read(&app, &unverified);
    if signed_in.as_ref().is_some_and(|signed_in| on_the_way.is_done_with(signed_in)) {
        return Ok(Redirect::to(&on_the_way.next.location()).into_response());
    }
    let wanted = on_the_way.rule_of_app(&app).await?.words(app.authenticators.get().as_deref());
    let OnTheWay { pending, next } = on_the_way;
    let password_page = if offers_password { format!("/sign-in/password{}", next.sign_in_query()) } else { String::new() };
    let query = next.sign_in_query();
    let recovery_page = format!("/sign-in/recovery{query}");
    let device_page = if app.settings().other_device.is_on() { format!("/sign-in/device{query}") } else { String::new() };
    let (request, back) = next.fields();
    let notice = match unverified.notice.as_deref() {
        Some("signed-out") => t("sign-in-signed-out").into(),
        Some("deleted") => t("sign-in-deleted").into(),
        _ => String::new(),
    };
    let client_name = pending.map(|pending| pending.client_name).unwrap_or_default();
    let signed_in_as = signed_in.map(|signed_in| signed_in.user.display_name).unwrap_or_default();
    let address = app.config.origin.as_str().to_owned();
    let kept_days = app.settings().session_kept_lifetime.0;
    let offers_sign_up = sign_up::http::is_open(&app);
    let mail_page = if access_links::by_mail::is_offered(&app.settings()) { format!("/sign-in/email{query}") } else { String::new() };
    let chrome = Chrome::public(&app);
    let welcome = Greeting::read(&app, headers, app.clock.now()).map(|greeting| greeting.name).unwrap_or_default();
    let page = SignInPage {
        chrome,
        address,
        client_name,
        signed_in_as,
        notice,
        request,
        back,
        password_page,
        kept_days,
        mail_page,
        offers_sign_up,
        welcome,
        query,
        recovery_page,
        device_page,
        wanted,
    };
    Ok(page.into_response())
}

/// `POST /sign-in/forget`: this browser no longer remembers who used it last.
pub async fn forget(State(app): State<App>, Query(unverified): Query<SignInQuery>) -> Response {
    let query = OnTheWay::read(&app, &unverified).next.sign_in_query();
    ([(SET_COOKIE, Greeting::forget(&app))], Redirect::to(&format!("/sign-in{query}"))).into_response()
}

/// `POST /sign-in/start`: options for `navigator.credentials.get()`.
///
/// # Errors
/// `TooManyRequests`, or when the database refuses.
pub async fn start_sign_in(State(app): State<App>, client: Client, headers: HeaderMap) -> Result<Response, Failed> {
    app.limits.sign_in.check(&client)?;
    let browser = BrowserCookie::read_or_make(&app, &headers);
    let started = passkeys::start_sign_in(&app, app.clock.now(), &browser.hash()).await?;
    Ok(browser.attach(&app, begun(&started)))
}

/// What the page sends to finish a sign-in.
#[derive(Debug, Deserialize)]
pub struct FinishSignIn {
    ceremony: String,
    credential: Value,
    #[serde(default)]
    keep: bool,
    /// This device can keep passkeys itself.
    #[serde(default)]
    here: bool,
    request: Option<String>,
    back: Option<String>,
}

/// `POST /sign-in/finish`: judges the answer and starts the session; says where to go.
///
/// # Errors
/// [`passkeys::CeremonyError`] as JSON, or `TooManyRequests`.
pub async fn finish_sign_in(
    State(app): State<App>,
    session: Session,
    client: Client,
    headers: HeaderMap,
    Json(unverified): Json<FinishSignIn>,
) -> Result<Response, Failed> {
    app.limits.sign_in.check(&client)?;
    let now = app.clock.now();
    let browser = BrowserCookie::read(&app, &headers).map(|token| token.hash());
    let answer = Answer {
        client: &client,
        browser: browser.as_ref(),
        unverified_ceremony: &unverified.ceremony,
        unverified_credential: &unverified.credential,
    };
    tries::admit(&app, &client, Door::SignIn, now).await?;
    let signed_in = match passkeys::finish_sign_in(&app, now, &answer).await {
        Ok(signed_in) => signed_in,
        Err(error) => {
            if error.is_a_try() {
                tries::failed(&app, &client, Door::SignIn, now).await?;
            }
            return Err(error.into());
        }
    };
    let method = Method::Passkey { synced: signed_in.synced, model: signed_in.model };
    sessions::start_for(&app, &session, signed_in.user.id, method, &client, now, unverified.keep).await?;
    let on_the_way = OnTheWay::read(&app, &SignInQuery::on_the_way(unverified.request, unverified.back));
    // What the browser says is believed for advice alone.
    let is_elsewhere = signed_in.on_a_device && unverified.credential["authenticatorAttachment"] == "cross-platform";
    let next = if signed_in.lacking {
        wanted::location(&on_the_way.next)
    } else if is_elsewhere && unverified.here && !here::was_asked(&app, &headers) {
        here::location(&on_the_way.next)
    } else {
        on_the_way.next.location()
    };
    let finished = Finished::new(&app, &signed_in.user, next).await?;
    Ok(greeted(&app, &signed_in.user, finished, &unverified.credential, unverified.keep, now))
}
