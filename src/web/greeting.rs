//! "Welcome back": what a browser remembers of who used it last, so that its sign-in page can greet them. It is all in a sealed cookie: nothing is looked up,
//! and another browser learns nothing. Only given to browsers that are somebody's own, and forgotten at a press.

use axum::http::HeaderMap;
use axum::http::header::{COOKIE, HeaderValue};
use serde::{Deserialize, Serialize};
use tower_sessions::cookie::{Cookie, SameSite};

use crate::app::App;
use crate::clock::Timestamp;

const PURPOSE: &str = "greeting";
/// How long somebody is greeted who does not come back.
const DAYS: i64 = 180;
/// The longest name greeted, in characters; a cookie has little room.
const NAME_CHARS_MAX: usize = 100;

/// Who used a browser last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Greeting {
    /// What to call them.
    pub name: String,
    /// When they came in.
    at: Timestamp,
}

impl Greeting {
    fn cookie_name(app: &App) -> &'static str {
        if app.config.origin.is_https() { "__Host-muster-greeting" } else { "muster-greeting" }
    }

    /// What this browser remembers; `None` for anything that is not ours, or too old.
    pub fn read(app: &App, headers: &HeaderMap, now: Timestamp) -> Option<Self> {
        let lines = headers.get_all(COOKIE).into_iter().filter_map(|line| line.to_str().ok());
        let mut cookies = lines.flat_map(Cookie::split_parse).filter_map(Result::ok).filter(|cookie| cookie.name() == Self::cookie_name(app));
        let cookie = cookies.next()?;
        let text = app.sealer.unseal_text(PURPOSE, cookie.value()).ok()?;
        let greeting: Self = serde_json::from_str(&text).ok()?;
        let is_new = now.since(greeting.at).as_secs() < u64::try_from(DAYS * 86_400).unwrap_or(0);
        (is_new && cookies.next().is_none()).then_some(greeting)
    }

    /// The cookie that remembers somebody.
    pub fn remember(app: &App, name: &str, now: Timestamp) -> HeaderValue {
        let greeting = Self { name: name.chars().take(NAME_CHARS_MAX).collect(), at: now };
        let sealed = app.sealer.seal_text(PURPOSE, &serde_json::to_string(&greeting).unwrap_or_default());
        Self::cookie(app, sealed, time::Duration::days(DAYS))
    }

    /// The cookie that forgets them.
    pub fn forget(app: &App) -> HeaderValue {
        Self::cookie(app, String::new(), time::Duration::ZERO)
    }

    fn cookie(app: &App, value: String, lifetime: time::Duration) -> HeaderValue {
        let cookie = Cookie::build((Self::cookie_name(app), value))
            .path("/")
            .http_only(true)
            .same_site(SameSite::Lax)
            .secure(app.config.origin.is_https())
            .max_age(lifetime)
            .build();
        // A sealed text and our own names are always a header's.
        HeaderValue::from_str(&cookie.to_string()).unwrap_or(HeaderValue::from_static(""))
    }
}
