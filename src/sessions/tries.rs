//! Failed tries to get in, counted in the database for all instances together, so that nobody tries for ever and the audit log cannot be filled.
//!
//! What is tried here cannot be guessed (signatures, links and secrets of 256 bits), so a limit must above all not keep the rightful owner out. Tries are
//! counted for a network (IPv6: a /64), never for an account, which anybody could lock by failing in its name. A browser somebody has signed in with before
//! is counted by itself: whoever shares an address with an attacker still comes in with their own. An app that shows the right secret is served however many
//! wrong ones came from its address. How many is a setting; when a limit is reached, the audit log says so once.

use std::net::{IpAddr, Ipv6Addr};

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

    fn allowance(self, app: &App) -> Allowance {
        let settings = app.settings();
        let count = i64::from(settings.failed_tries.0);
        // Many apps may stand behind one address.
        let count = if self == Self::App { count * 10 } else { count };
        Allowance { count, within: settings.failed_tries_within.minutes(), from_the_last: false }
    }

    /// For what tries are counted; `None` where nothing is known of who tries.
    async fn subject(self, app: &App, client: &Client) -> sqlx::Result<Option<Subject>> {
        let kind = format!("failed tries: {}", self.as_str());
        if let Self::UserCode(person) = self {
            return Ok(Some(Subject::new(&kind, &person.to_string())));
        }
        if self != Self::App && !client.device.is_empty() && store::is_device(&mut app.db.read().await?, &client.device).await? {
            return Ok(Some(Subject::new(&format!("{kind} with browser"), &client.device)));
        }
        Ok(client.ip.map(|ip| Subject::network(&kind, ip)))
    }
}

/// Lets somebody try, unless there were too many failures.
///
/// # Errors
/// `TooManyRequests`, or when the database cannot be read.
pub async fn admit(app: &App, client: &Client, door: Door, now: Timestamp) -> Result<(), AppError> {
    let Some(subject) = door.subject(app, client).await? else { return Ok(()) };
    match attempts::wait(&mut app.db.read().await?, &subject, door.allowance(app), now).await? {
        Some(wait) => Err(AppError::TooManyRequests { retry_after_seconds: wait.as_secs() + 1 }),
        None => Ok(()),
    }
}

/// Counts a failure.
///
/// # Errors
/// When the database refuses.
pub async fn failed(app: &App, client: &Client, door: Door, now: Timestamp) -> sqlx::Result<()> {
    let Some(subject) = door.subject(app, client).await? else { return Ok(()) };
    let mut tx = app.db.begin().await?;
    if attempts::failed(&mut tx, &subject, door.allowance(app), now).await? {
        let event = Event::new(now, Kind::TooManyTries, Actor::visitor()).from_client(client).with("door", door.as_str());
        let event = event.with("network", client.ip.map(network_for_people).unwrap_or_default());
        audit::record(&mut tx, event).await?;
    }
    tx.commit().await
}

fn network_for_people(ip: IpAddr) -> String {
    match ip {
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => format!("{}/64", Ipv6Addr::from_bits(ip.to_bits() & (u128::MAX << 64))),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_reads_as_administrators_write_it() {
        assert_eq!(network_for_people("192.0.2.7".parse().unwrap()), "192.0.2.7");
        assert_eq!(network_for_people("2001:db8:0:7:1:2:3:4".parse().unwrap()), "2001:db8:0:7::/64");
    }
}
