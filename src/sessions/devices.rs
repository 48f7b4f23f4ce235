//! Browsers a person has signed in with. Each browser gets a random cookie that stays when the session ends; its hash is kept per person, with the kind of
//! browser. A sign-in with a browser nobody has seen for this person is written to the audit log and told on the account page, in the browsers that were
//! known before it and nowhere else: a thief must not be able to say that it was the owner. A new address or a new version of a browser is no new browser.
//!
//! A mail tells it too ([`crate::account_news`]).

use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::http::header::{COOKIE, HeaderValue, SET_COOKIE};
use axum::middleware::Next;
use axum::response::Response;
use tower_sessions::cookie::{Cookie, SameSite};

use std::time::Duration;

use super::store::{self, Device, NewBrowser};
use super::{SessionState, SignedIn};
use crate::account_news::{self, News};
use crate::app::App;
use crate::audit::{self, Event, Kind};
use crate::clock::Timestamp;
use crate::db::{Conn, Tx};
use crate::id::{AuditEventId, NewBrowserId, UserId};
use crate::secret::{SecretToken, base64url, from_base64url};
use crate::users;
use crate::web::{Client, user_agent};

pub use super::store::{KnownBrowser, NewBrowser as Line};

/// How long a browser is known after its last sign-in; browsers keep cookies no longer (RFC 6265bis, section 5.5).
const KNOWN_FOR: Duration = Duration::from_secs(400 * 86_400);
/// How long a question about a new browser is asked.
const ASKED_FOR: Duration = Duration::from_secs(90 * 86_400);
/// How many browsers of a person are known; those not used for longest go first.
const DEVICES_MAX: i64 = 100;

/// Middleware around every page: tells [`Client::device`], and gives a browser its cookie when a session begins.
pub async fn identify(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let known = cookie_of(&app, request.headers());
    let token = known.unwrap_or_else(|| SecretToken::new(""));
    if let Some(client) = request.extensions_mut().get_mut::<Client>() {
        client.device = base64url(token.hash().as_bytes());
    }
    let mut response = next.run(request).await;
    if begins_session(&app, &response)
        && let Ok(value) = HeaderValue::from_str(&set_cookie(&app, &token))
    {
        response.headers_mut().append(SET_COOKIE, value);
    }
    response
}

fn cookie_name(app: &App) -> &'static str {
    if app.config.origin.is_https() { "__Host-muster-device" } else { "muster-device" }
}

/// The cookie, when exactly one came and it looks like one of ours.
fn cookie_of(app: &App, headers: &HeaderMap) -> Option<SecretToken> {
    let lines = headers.get_all(COOKIE).into_iter().filter_map(|line| line.to_str().ok());
    let mut ours = lines.flat_map(Cookie::split_parse).filter_map(Result::ok).filter(|cookie| cookie.name() == cookie_name(app));
    let cookie = ours.next()?;
    let is_ours = from_base64url(cookie.value()).is_some_and(|bytes| bytes.len() == 32);
    (is_ours && ours.next().is_none()).then(|| SecretToken::unverified(cookie.value()))
}

fn set_cookie(app: &App, token: &SecretToken) -> String {
    Cookie::build((cookie_name(app), token.reveal()))
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(app.config.origin.is_https())
        .max_age(time::Duration::days(400))
        .build()
        .to_string()
}

/// Whether an answer gives the browser a session's cookie, also a renewed one; not one that takes it away.
fn begins_session(app: &App, response: &Response) -> bool {
    let start = format!("{}=", super::tower::cookie_name(app));
    let lines = response.headers().get_all(SET_COOKIE).into_iter().filter_map(|line| line.to_str().ok());
    lines.filter_map(|line| line.strip_prefix(&start)).any(|value| !value.starts_with(';') && !value.contains("Max-Age=0"))
}

/// Notes with which browser a session begins, or went on after another proof; tells when it is a new one.
pub(super) async fn note(app: &App, state: &SessionState, goes_on: bool, now: Timestamp) -> anyhow::Result<()> {
    if state.device.is_empty() {
        return Ok(());
    }
    let browser = user_agent::describe(&state.user_agent);
    let device = Device { user: state.user, device: &state.device, browser: &browser };
    let mut tx = app.db.begin().await?;
    let (is_known, has_any) = store::knows_device(&mut tx, &device).await?;
    store::note_device(&mut tx, &device, now).await?;
    store::delete_oldest_devices(&mut tx, state.user, DEVICES_MAX).await?;
    if !is_known && has_any && !goes_on {
        tell(app, &mut tx, state, &browser, now).await?;
    }
    Ok(tx.commit().await?)
}

async fn tell(app: &App, tx: &mut Tx, state: &SessionState, browser: &str, now: Timestamp) -> anyhow::Result<()> {
    let new = NewBrowser {
        id: NewBrowserId::new(),
        device: state.device.clone(),
        browser: browser.to_owned(),
        client_ip: state.client_ip.clone(),
        at: now,
    };
    store::insert_new_browser(tx, state.user, &new).await?;
    let Some(user) = users::find(tx, state.user).await? else { return Ok(()) };
    let client = Client { ip: state.client_ip.parse().ok(), user_agent: state.user_agent.clone(), device: state.device.clone() };
    let event = Event::new(now, Kind::NewBrowser, audit::Actor::user(user.id, &user.username)).on(user.id.uuid(), &user.username);
    let id = AuditEventId::new();
    audit::record_as(tx, id, event.from_client(&client).with("browser", browser)).await?;
    account_news::tell(tx, app, &user, News::NewBrowser, &client, id, now).await
}

/// New browsers this person has not been told of or has not answered about, newest first; only what a browser known before may answer.
///
/// # Errors
/// When the database cannot be read.
pub async fn unanswered(conn: &mut Conn, signed_in: &SignedIn, now: Timestamp) -> sqlx::Result<Vec<NewBrowser>> {
    store::unanswered(conn, signed_in.user.id, &signed_in.session.device, now - ASKED_FOR).await
}

/// The browsers a person is known with, newest use first.
///
/// # Errors
/// When the database cannot be read.
pub async fn of_user(conn: &mut Conn, user: UserId) -> sqlx::Result<Vec<KnownBrowser>> {
    store::devices_of_user(conn, user, DEVICES_MAX).await
}

/// Takes the person's answer; gives how many sessions ended, or `None` when there is nothing to answer. `is_theirs`: it was them. Otherwise every session of
/// that browser ends, with what apps were given in them, and the browser is new again.
///
/// # Errors
/// When the database refuses.
pub async fn answer(
    app: &App,
    signed_in: &SignedIn,
    client: &Client,
    id: NewBrowserId,
    is_theirs: bool,
    now: Timestamp,
) -> anyhow::Result<Option<u64>> {
    let user = &signed_in.user;
    let mut tx = app.db.begin().await?;
    let asked = store::unanswered(&mut tx, user.id, &signed_in.session.device, now - ASKED_FOR).await?;
    let Some(new) = asked.into_iter().find(|new| new.id == id) else { return Ok(None) };
    store::answer_new_browser(&mut tx, user.id, id, now).await?;
    let mut ended = 0;
    if !is_theirs {
        for session in store::of_device(&mut tx, user.id, &new.device).await? {
            ended += u64::from(super::end(&mut tx, user.id, session, now).await?.was_there);
        }
        store::forget_device(&mut tx, user.id, &new.device).await?;
        let event = Event::new(now, Kind::NewBrowserDenied, signed_in.actor()).on(user.id.uuid(), &user.username).from_client(client);
        audit::record(&mut tx, event.with("browser", new.browser.as_str()).with("address", new.client_ip.as_str()).with("sessions", ended)).await?;
    }
    tx.commit().await?;
    Ok(Some(ended))
}

/// Forgets browsers nobody uses any more, and questions nobody answered.
pub(super) async fn sweep(app: &App, now: Timestamp) -> anyhow::Result<()> {
    let mut tx = app.db.begin().await?;
    store::delete_old_devices(&mut tx, now - KNOWN_FOR, now - ASKED_FOR).await?;
    Ok(tx.commit().await?)
}
