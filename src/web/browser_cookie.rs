//! The cookie that names a browser before anyone is signed in.

use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use tower_sessions::cookie::{Cookie, SameSite};

use crate::app::App;
use crate::secret::{SecretToken, TokenHash};

/// The cookie that ties a ceremony, or a link that was asked for, to the browser that began it: without it, somebody could make a stranger's browser finish
/// a sign-in as themselves.
#[derive(Debug)]
pub struct BrowserCookie {
    token: SecretToken,
    is_new: bool,
}

impl BrowserCookie {
    fn name(app: &App) -> &'static str {
        if app.config.origin.is_https() { "__Host-muster-ceremony" } else { "muster-ceremony" }
    }

    /// The token this browser carries, if any.
    pub fn read(app: &App, headers: &HeaderMap) -> Option<SecretToken> {
        let lines = headers.get_all(COOKIE).into_iter().filter_map(|line| line.to_str().ok());
        let mut cookies = lines.flat_map(Cookie::split_parse).filter_map(Result::ok);
        cookies.find(|cookie| cookie.name() == Self::name(app)).map(|cookie| SecretToken::unverified(cookie.value()))
    }

    /// The token this browser carries, or a new one. An existing cookie is kept: ceremonies in other tabs depend on it.
    pub fn read_or_make(app: &App, headers: &HeaderMap) -> Self {
        match Self::read(app, headers) {
            Some(token) => Self { token, is_new: false },
            None => Self { token: SecretToken::new(""), is_new: true },
        }
    }

    /// What the database knows it by.
    pub fn hash(&self) -> TokenHash {
        self.token.hash()
    }

    /// Puts a new cookie into the answer.
    pub fn attach(self, app: &App, response: impl IntoResponse) -> Response {
        let mut response = response.into_response();
        if self.is_new {
            let cookie = Cookie::build((Self::name(app), self.token.reveal()))
                .path("/")
                .http_only(true)
                .same_site(SameSite::Strict)
                .secure(app.config.origin.is_https())
                .build();
            if let Ok(value) = HeaderValue::from_str(&cookie.to_string()) {
                response.headers_mut().append(SET_COOKIE, value);
            }
        }
        response
    }
}
