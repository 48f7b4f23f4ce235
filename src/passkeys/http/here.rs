//! `/account/passkeys/here`: for whoever signed in on a computer with the passkey of another device, such as a telephone: a passkey on this one would be quicker the
//! next time. Between signing in and where they wanted to go, and once per browser in half a year.

use askama::Template;
use askama_web::WebTemplate;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::http::header::{COOKIE, HeaderValue, SET_COOKIE};
use axum::response::{AppendHeaders, IntoResponse, Response};
use tower_sessions::cookie::{Cookie, SameSite};

use super::{OnTheWay, SignInQuery};
use crate::app::App;
use crate::error::AppError;
use crate::sessions::{Next, SignedIn};
use crate::web::Chrome;

/// For how long nobody is asked again in the same browser.
const ASKED_FOR: time::Duration = time::Duration::days(180);

#[derive(Template, WebTemplate)]
#[template(path = "passkeys/here.html")]
struct HerePage {
    chrome: Chrome,
    /// Where a new one is added, and from there on.
    add: String,
    /// Where the person wanted to go.
    go_on: String,
    client_name: String,
}

fn cookie_name(app: &App) -> &'static str {
    if app.config.origin.is_https() { "__Host-muster-asked-here" } else { "muster-asked-here" }
}

/// Whether this browser was asked lately.
pub(super) fn was_asked(app: &App, headers: &HeaderMap) -> bool {
    let lines = headers.get_all(COOKIE).into_iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(Cookie::split_parse).filter_map(Result::ok).any(|cookie| cookie.name() == cookie_name(app))
}

/// Where somebody is led who signed in so.
pub(super) fn location(next: &Next) -> String {
    format!("/account/passkeys/here{}", next.sign_in_query())
}

/// `GET /account/passkeys/here`.
///
/// # Errors
/// None of its own.
pub async fn page(State(app): State<App>, signed_in: SignedIn, Query(unverified): Query<SignInQuery>) -> Result<Response, AppError> {
    let on_the_way = OnTheWay::read(&app, &unverified);
    let page = HerePage {
        add: format!("/account/passkeys/add{}", on_the_way.next.sign_in_query()),
        go_on: on_the_way.next.location(),
        client_name: on_the_way.pending.map(|pending| pending.client_name).unwrap_or_default(),
        chrome: signed_in.chrome(&app),
    };
    let asked = Cookie::build((cookie_name(&app), "yes"))
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(app.config.origin.is_https())
        .max_age(ASKED_FOR)
        .build();
    // A name and a value of our own are always a header's.
    let asked = HeaderValue::from_str(&asked.to_string()).unwrap_or(HeaderValue::from_static(""));
    Ok((AppendHeaders([(SET_COOKIE, asked)]), page).into_response())
}
