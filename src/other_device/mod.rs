//! Signing a browser in from another device: for televisions, consoles, the browsers inside apps, and computers that cannot reach a telephone. The new browser
//! shows a QR code, a short code and a number of two digits; its person opens the link on a device they are signed in on, sees who asks from where, finds the
//! number among three, and proves with a passkey that it is them.
//!
//! Unlike a passkey this can be tricked out of people: somebody may send them the link. Hence the number, the five minutes, the single use, the limits, no
//! administrators unless a setting says so, and a refusal that is audited and counts against the address that asked. The session counts as less than one of a
//! passkey: it opens no administration and adds no passkey. Only the browser that asked gets in (a cookie), and only when its own button is pressed.

pub mod http;
pub mod model;
mod store;

use std::net::IpAddr;
use std::time::Duration;

pub use model::{Request, State};

use crate::app::App;
use crate::attempts::{self, Allowance, Subject};
use crate::audit::{self, Actor, Event, Kind};
use crate::clock::Timestamp;
use crate::directory;
use crate::secret::{SecretToken, TokenHash};
use crate::sessions::SignedIn;
use crate::users::{self, User};
use crate::web::{Client, user_agent};

/// Requests from one network.
const PER_NETWORK: Allowance = Allowance { count: 20, within: Duration::from_secs(900), from_the_last: false };
/// After somebody refused one, its network waits for so long.
const REFUSED: Allowance = Allowance { count: 1, within: model::REFUSED_FOR, from_the_last: true };
/// Codes one person looks up.
const PER_PERSON: Allowance = Allowance { count: 20, within: Duration::from_secs(900), from_the_last: false };
/// How long a request is kept when it is over.
const KEPT_FOR: Duration = Duration::from_secs(86_400);

/// A browser that begins to wait.
#[derive(Debug)]
pub struct Started {
    /// For its cookie.
    pub browser: SecretToken,
    /// The short code, without its hyphen.
    pub code: String,
}

/// Why no browser begins to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotStarted {
    /// A setting says so.
    Off,
    /// Too many from this network, or somebody refused one.
    Wait(Duration),
}

/// Lets a browser wait.
///
/// # Errors
/// When the database refuses.
pub async fn start(app: &App, now: Timestamp, client: &Client) -> anyhow::Result<Result<Started, NotStarted>> {
    if !app.settings().other_device.is_on() {
        return Ok(Err(NotStarted::Off));
    }
    let mut tx = app.db.begin().await?;
    if let Some(ip) = client.ip {
        if let Some(wait) = attempts::wait(&mut tx, &refused_from(ip), REFUSED, now).await? {
            return Ok(Err(NotStarted::Wait(wait)));
        }
        let subject = Subject::network("sign-in with another device from", ip).shown_from("Signing in with another device", attempts::network(ip));
        if let Err(wait) = attempts::take(&mut tx, &subject, PER_NETWORK, now).await? {
            return Ok(Err(NotStarted::Wait(wait)));
        }
    }
    let browser = SecretToken::new("");
    let (number, choices) = model::new_numbers();
    let choices = choices.map(|choice| choice.to_string()).join(" ");
    let code = loop {
        let code = model::new_code();
        let new = store::New {
            browser: &browser.hash(),
            code: &TokenHash::of(&code),
            number,
            choices: &choices,
            client_ip: &client.ip_text(),
            user_agent: &client.user_agent,
            created_at: now,
            expires_at: now + model::LIFETIME,
        };
        if store::insert(&mut tx, new).await? {
            break code;
        }
    };
    tx.commit().await?;
    Ok(Ok(Started { browser, code }))
}

/// Refusals of browsers of one network: a household has a whole /64 of addresses, and the one that was refused must not just take the next.
fn refused_from(ip: IpAddr) -> Subject {
    Subject::network("refused to be let in from another device", ip)
        .shown_from("Signing in with another device, which was refused", attempts::network(ip))
}

/// How it stands with a browser; `None` when it does not wait.
///
/// # Errors
/// When the database cannot be read.
pub async fn of_browser(app: &App, browser: &TokenHash) -> sqlx::Result<Option<Request>> {
    store::of_browser(&mut app.db.read().await?, browser).await
}

/// Why somebody cannot let a browser in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotShown {
    /// No browser waits under this code.
    Unknown,
    /// A setting leaves this person out.
    NotForYou,
    /// Too many codes.
    Wait(Duration),
}

/// The browser that waits under a code, for whoever may let it in. Looking is counted, because the code is short.
///
/// # Errors
/// When the database refuses.
pub async fn look(app: &App, now: Timestamp, signed_in: &SignedIn, unverified_code: &str) -> sqlx::Result<Result<(String, Request), NotShown>> {
    if !app.settings().other_device.admits(signed_in.user.is_admin()) {
        return Ok(Err(NotShown::NotForYou));
    }
    let Some(code) = model::normal(unverified_code) else { return Ok(Err(NotShown::Unknown)) };
    let mut tx = app.db.begin().await?;
    let subject = Subject::new("looked up by", &signed_in.user.id.to_string()).shown_at("Codes of other devices", signed_in.user.id);
    if let Err(wait) = attempts::take(&mut tx, &subject, PER_PERSON, now).await? {
        return Ok(Err(NotShown::Wait(wait)));
    }
    let waiting = store::waiting(&mut tx, &TokenHash::of(&code), now).await?;
    tx.commit().await?;
    Ok(waiting.map(|request| (code, request)).ok_or(NotShown::Unknown))
}

/// What a person decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The browser that shows this number is theirs.
    Allow(i64),
    /// It is not theirs.
    Deny,
}

/// What became of a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decided {
    /// The browser may come in.
    Allowed,
    /// It may not, and its network waits before it asks again.
    Denied,
    /// It shows another number, so it may not: somebody else asks.
    WrongNumber,
    /// It was decided before, or it is too late.
    Gone,
}

/// Decides about the browser that waits under a code. The caller has asked the person for a fresh proof where they allow it.
///
/// # Errors
/// When the database refuses.
pub async fn decide(
    app: &App,
    now: Timestamp,
    client: &Client,
    signed_in: &SignedIn,
    code: &str,
    request: &Request,
    decision: Decision,
) -> anyhow::Result<Decided> {
    let user = &signed_in.user;
    let (decided, outcome) = match decision {
        Decision::Allow(number) if number == request.number => (Decided::Allowed, "allowed"),
        Decision::Allow(_) => (Decided::WrongNumber, "wrong_number"),
        Decision::Deny => (Decided::Denied, "denied"),
    };
    let mut tx = app.db.begin().await?;
    if !store::decide(&mut tx, &TokenHash::of(code), user.id, outcome, now).await? {
        return Ok(Decided::Gone);
    }
    let kind = if decided == Decided::Allowed { Kind::OtherDeviceAllowed } else { Kind::OtherDeviceDenied };
    let event = Event::new(now, kind, signed_in.actor()).on(user.id.uuid(), &user.username).from_client(client);
    let event = event.with("asked_from", request.client_ip.as_str()).with("asked_with", user_agent::describe(&request.user_agent));
    audit::record(&mut tx, event.with("outcome", outcome)).await?;
    if let (Decided::Denied, Ok(ip)) = (decided, request.client_ip.parse()) {
        attempts::failed(&mut tx, &refused_from(ip), REFUSED, now).await?;
    }
    tx.commit().await?;
    if decided != Decided::Allowed {
        tracing::warn!(
            user = user.username,
            asked_from = request.client_ip,
            outcome,
            "a browser that wanted in as this person from another device was refused"
        );
    }
    Ok(decided)
}

/// Lets the browser in that was allowed; gives who it is, or `None` when nobody (any more) lets it in. The caller starts the session.
///
/// # Errors
/// When the database refuses.
pub async fn finish(app: &App, now: Timestamp, client: &Client, browser: &TokenHash) -> anyhow::Result<Option<User>> {
    let allowed = of_browser(app, browser).await?.map(|request| request.state(now));
    let Some(State::Allowed(by)) = allowed else { return Ok(None) };
    let Some(before) = users::find(&mut app.db.read().await?, by).await? else { return Ok(None) };
    directory::refresh_person(app, &before, now).await;
    let mut tx = app.db.begin().await?;
    let Some((user, decided_at)) = store::take(&mut tx, browser, now).await? else { return Ok(None) };
    let Some(user) = users::find(&mut tx, user).await? else { return Ok(None) };
    let refused = match () {
        () if user.is_disabled() => Some("disabled"),
        () if decided_at <= user.access_void_until => Some("signed_out_everywhere_since"),
        () if !app.settings().other_device.is_on() => Some("switched_off"),
        () if !app.settings().other_device.admits(user.is_admin()) => Some("not_for_administrators"),
        () => None,
    };
    let (kind, actor) = match refused {
        None => (Kind::SignIn, Actor::user(user.id, &user.username)),
        Some(_) => (Kind::SignInRefused, Actor::visitor()),
    };
    let mut event = Event::new(now, kind, actor).on(user.id.uuid(), &user.username).from_client(client).with("method", "other_device");
    if let Some(reason) = refused {
        event = event.with("reason", reason);
    } else {
        users::signed_in(&mut tx, user.id, now).await?;
    }
    audit::record(&mut tx, event).await?;
    // Used up either way.
    tx.commit().await?;
    Ok(refused.is_none().then_some(user))
}

/// Forgets what is over.
///
/// # Errors
/// When the database refuses.
pub async fn sweep(app: &App, now: Timestamp) -> anyhow::Result<u64> {
    let mut tx = app.db.begin().await?;
    let swept = store::sweep(&mut tx, now - KEPT_FOR).await?;
    tx.commit().await?;
    Ok(swept)
}
