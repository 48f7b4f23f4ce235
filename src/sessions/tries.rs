//! Failed tries to get in, counted in the database for all instances together, so that nobody tries for ever and the audit log cannot be filled.
//!
//! What is tried here cannot be guessed (signatures, links and secrets of 256 bits), so a limit must above all not keep the rightful owner out. Tries are
//! counted for an address (IPv6: a /64) and for the network around it (/24, /48), never for an account, which anybody could lock by failing in its name. A
//! browser somebody has signed in with before is counted by itself: whoever shares an address with an attacker still comes in with their own. An app that shows
//! the right secret is served however many wrong ones came from its address. How many is a setting; when a limit is reached, the audit log says so once, and
//! administrators see who waits and can let them try again ([`super::limits`]).

use std::time::Duration;

use axum::Json;
use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::response::{IntoResponse as _, Response};
use serde_json::json;

use super::store;
use crate::app::App;
use crate::attempts::{self, Allowance, Subject};
use crate::audit::{self, Actor, Event, Kind};
use crate::clock::Timestamp;
use crate::error::AppError;
use crate::id::UserId;
use crate::web::Client;

/// What is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// Signing in with a passkey.
    SignIn,
    /// Opening one-time links.
    Link,
    /// Typing the codes of devices, by somebody signed in.
    UserCode(UserId),
    /// Apps proving who they are.
    App,
}

impl Door {
    const fn as_str(self) -> &'static str {
        match self {
            Self::SignIn => "sign_in",
            Self::Link => "access_link",
            Self::UserCode(_) => "user_code",
            Self::App => "client_authentication",
        }
    }

    /// For administrators.
    const fn label(self) -> &'static str {
        match self {
            Self::SignIn => "Signing in with a passkey",
            Self::Link => "Opening one-time links",
            Self::UserCode(_) => "Codes of devices",
            Self::App => "Apps proving who they are",
        }
    }

    /// For what tries are counted, and how many there are; nothing where nothing is known of who tries.
    async fn counted(self, app: &App, client: &Client) -> sqlx::Result<Vec<Counted>> {
        let settings = app.settings();
        // Many apps may stand behind one address.
        let times = if self == Self::App { 10 } else { 1 };
        let within = settings.failed_tries_within.minutes();
        let allowance = |count: u32| Allowance { count: i64::from(count) * times, within, from_the_last: false };
        let few = allowance(settings.failed_tries.0);
        let kind = format!("failed tries: {}", self.as_str());
        if let Self::UserCode(person) = self {
            return Ok(vec![Counted {
                subject: Subject::new(&kind, &person.to_string()).shown_at(self.label(), person),
                allowance: few,
                network: String::new(),
            }]);
        }
        if self != Self::App && !client.device.is_empty() && store::is_device(&mut app.db.read().await?, &client.device).await? {
            let subject = Subject::new(&format!("{kind} with browser"), &client.device);
            let network = client.ip.map(attempts::network).unwrap_or_default();
            return Ok(vec![Counted { subject, allowance: few, network }]);
        }
        let Some(ip) = client.ip else { return Ok(Vec::new()) };
        let (network, wide) = (attempts::network(ip), attempts::wide_network(ip));
        let near = Subject::network(&kind, ip).shown_from(self.label(), network.clone());
        let around = Subject::wide_network(&format!("{kind} around"), ip).shown_from(self.label(), wide.clone());
        // A network never has fewer than one address of it.
        let many = allowance(settings.failed_tries_of_network.0.max(settings.failed_tries.0));
        Ok(vec![Counted { subject: near, allowance: few, network }, Counted { subject: around, allowance: many, network: wide }])
    }
}

/// What a try is counted for.
struct Counted {
    subject: Subject,
    allowance: Allowance,
    /// For the audit log.
    network: String,
}

/// Lets somebody try, unless there were too many failures.
///
/// # Errors
/// `TooManyRequests`, or when the database cannot be read.
pub async fn admit(app: &App, client: &Client, door: Door, now: Timestamp) -> Result<(), AppError> {
    let counted = door.counted(app, client).await?;
    let mut conn = app.db.read().await?;
    for one in &counted {
        if let Some(wait) = attempts::wait(&mut conn, &one.subject, one.allowance, now).await? {
            return Err(AppError::TooManyRequests { retry_after_seconds: wait.as_secs() + 1 });
        }
    }
    Ok(())
}

/// Counts a failure.
///
/// # Errors
/// When the database refuses.
pub async fn failed(app: &App, client: &Client, door: Door, now: Timestamp) -> sqlx::Result<()> {
    let counted = door.counted(app, client).await?;
    let mut tx = app.db.begin().await?;
    for one in counted {
        if attempts::failed(&mut tx, &one.subject, one.allowance, now).await? {
            let event = Event::new(now, Kind::TooManyTries, Actor::visitor()).from_client(client).with("door", door.as_str());
            audit::record(&mut tx, event.with("network", one.network)).await?;
        }
    }
    tx.commit().await
}

/// Counts a wish for a mail before it is looked at, for all instances together: whoever writes to people by this server has to be slow.
///
/// # Errors
/// `TooManyRequests` with the time to wait, or when the database refuses.
pub async fn ask_for_mail(app: &App, client: &Client, now: Timestamp) -> Result<(), AppError> {
    const WISHES: Allowance = Allowance { count: 5, within: Duration::from_secs(100), from_the_last: false };
    let Some(ip) = client.ip else { return Ok(()) };
    let subject = Subject::network("asking for mail", ip).shown_from("Asking for mail", attempts::network(ip));
    take(app, &subject, WISHES, now).await
}

/// Counts an administrator's try of somebody's directory password, for all instances together: the directory counts each against its owner.
///
/// # Errors
/// `TooManyRequests` with the time to wait, or when the database refuses.
pub async fn test_password(app: &App, admin: UserId, now: Timestamp) -> Result<(), AppError> {
    const TESTS: Allowance = Allowance { count: 10, within: Duration::from_secs(60), from_the_last: false };
    let subject = Subject::new("password tests", &admin.to_string()).shown_at("Trying directory passwords of others", admin);
    take(app, &subject, TESTS, now).await
}

async fn take(app: &App, subject: &Subject, allowance: Allowance, now: Timestamp) -> Result<(), AppError> {
    let mut tx = app.db.begin().await?;
    match attempts::take(&mut tx, subject, allowance, now).await? {
        Ok(()) => Ok(tx.commit().await?),
        Err(wait) => Err(AppError::TooManyRequests { retry_after_seconds: wait.as_secs() + 1 }),
    }
}

/// The answer of an endpoint where apps prove who they are: one of 401 is counted, and 429 takes its place when there were too many. An app that proves who
/// it is never notices.
pub async fn count(app: &App, client: &Client, response: Response) -> Response {
    if response.status() != StatusCode::UNAUTHORIZED {
        return response;
    }
    let now = app.clock.now();
    let too_many = match admit(app, client, Door::App, now).await {
        Ok(()) => failed(app, client, Door::App, now).await.err().map(AppError::from),
        Err(error) => Some(error),
    };
    match too_many {
        None => response,
        Some(AppError::TooManyRequests { retry_after_seconds }) => {
            // RFC 6749 section 5.2 has no word for it; RFC 6585 section 4 has the status.
            let body = json!({ "error": "invalid_client", "error_description": "too many failed tries came from your address; wait and try again" });
            (StatusCode::TOO_MANY_REQUESTS, [(RETRY_AFTER, retry_after_seconds.to_string())], Json(body)).into_response()
        }
        Some(error) => error.into_response(),
    }
}
