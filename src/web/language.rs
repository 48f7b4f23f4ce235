//! The language of a request: what its headers say about it, the cookie a visitor's choice is kept in, and what the answer says about it. The rules are in
//! [`crate::language::choice`].

use axum::extract::{Form, Request, State};
use axum::http::header::{ACCEPT_LANGUAGE, CONTENT_LANGUAGE, REFERER, SET_COOKIE, VARY};
use axum::http::{HeaderMap, HeaderValue, Method};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use tower_sessions::cookie::time::Duration;
use tower_sessions::cookie::{Cookie, SameSite};

use crate::app::App;
use crate::language::choice::{converse, from_accept_language};
use crate::language::{Language, Source, hear};

/// How long a browser keeps a choice.
const KEPT_FOR: Duration = Duration::days(365);
/// The longest path to go back to, in bytes; an app's request in it is long.
const BACK_BYTES_MAX: usize = 16 * 1024;

tokio::task_local! {
    /// The page the person is on, as [`here`] gives it.
    static HERE: String;
}

/// What a request says about the language of its answer.
pub struct Said {
    here: String,
    browser: Option<Language>,
    wanted: Option<Language>,
    otherwise: Language,
}

impl Said {
    /// As far as headers tell.
    pub fn of(app: &App, request: &Request) -> Self {
        let headers = request.headers();
        let wanted = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).and_then(from_accept_language);
        Self { here: here_of(app, request), browser: chosen(app, headers), wanted, otherwise: app.settings().default_language }
    }

    /// Has the request answered in it, and says in the answer which one it was.
    pub async fn settle(self, answering: impl Future<Output = Response>) -> Response {
        let Self { here, browser, wanted, otherwise } = self;
        let answering = async {
            hear(Source::Header, wanted);
            hear(Source::Browser, browser);
            answering.await
        };
        let (mut response, spoken) = HERE.scope(here, converse(otherwise, Source::Installation, answering)).await;
        if spoken.any {
            response.headers_mut().insert(CONTENT_LANGUAGE, HeaderValue::from_static(spoken.language.tag()));
            response.headers_mut().append(VARY, HeaderValue::from_static("accept-language, cookie"));
        }
        response
    }
}

fn cookie_name(app: &App) -> &'static str {
    if app.config.origin.is_https() { "__Host-muster-language" } else { "muster-language" }
}

/// What was chosen in this browser.
fn chosen(app: &App, headers: &HeaderMap) -> Option<Language> {
    let lines = headers.get_all("cookie").into_iter().filter_map(|line| line.to_str().ok());
    let mut cookies = lines.flat_map(Cookie::split_parse).filter_map(Result::ok);
    cookies.find(|cookie| cookie.name() == cookie_name(app)).and_then(|cookie| Language::from_tag(cookie.value()))
}

/// Has the browser keep a choice.
pub fn keep(app: &App, language: Language, response: impl IntoResponse) -> Response {
    let mut response = response.into_response();
    let cookie = Cookie::build((cookie_name(app), language.tag()))
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(app.config.origin.is_https())
        .max_age(KEPT_FOR)
        .build();
    if let Ok(value) = HeaderValue::from_str(&cookie.to_string()) {
        response.headers_mut().append(SET_COOKIE, value);
    }
    response
}

/// The page the person is on, path and query: what they asked for, or the page a form was sent from.
pub fn here() -> String {
    HERE.try_with(Clone::clone).unwrap_or_else(|_| "/".to_owned())
}

fn here_of(app: &App, request: &Request) -> String {
    let path = match *request.method() {
        Method::GET | Method::HEAD => request.uri().path_and_query().map(|path| path.as_str()),
        _ => request.headers().get(REFERER).and_then(|value| value.to_str().ok()?.strip_prefix(app.config.origin.as_str())),
    };
    path.filter(|path| is_path(path)).unwrap_or("/").to_owned()
}

/// Whether this is a path here, and no address of another site.
fn is_path(path: &str) -> bool {
    let begins = path.starts_with('/') && !path.starts_with("//");
    begins && path.len() <= BACK_BYTES_MAX && path.bytes().all(|b| b.is_ascii_graphic() && b != b'\\')
}

/// What the buttons below a page send.
#[derive(Debug, Deserialize)]
pub struct Choice {
    language: String,
    #[serde(default)]
    back: String,
}

/// `POST /language`: keeps what was chosen in the browser and leads back to the page.
pub async fn choose(State(app): State<App>, Form(unverified): Form<Choice>) -> Response {
    let back = Redirect::to(if is_path(&unverified.back) { &unverified.back } else { "/" });
    match Language::from_tag(&unverified.language) {
        Some(language) => keep(&app, language, back),
        None => back.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_leads_to_no_other_site() {
        for bad in ["", "//evil.example", "https://evil.example/", "/\\evil.example", "/a\r\nb: c", "sign-in"] {
            assert!(!is_path(bad), "{bad:?}");
        }
        assert!(is_path("/sign-in?request=abc"));
    }
}
