//! Devices without a browser (RFC 8628): the device shows a short code, a person types it here on another device, sees who asks and from where, and decides.

use std::time::Duration;

use askama::Template;
use askama_web::WebTemplate;
use axum::body::Bytes;
use axum::extract::{Form, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Json, Response};
use serde::Deserialize;
use serde_json::json;

use super::acr::Class;
use super::decision::takes;
use super::error::{OAuthError, no_store};
use super::mint::{Wanted, mint, settle};
use super::resources;
use super::scope::{Scope, Scopes};
use super::store::devices::{self as store, NewDevice, Polled};
use super::store::{self as grants, NewGrant};
use super::token::{self, Tokens};
use crate::apis::{self, Permissions, Reach};
use crate::app::App;
use crate::audit::{self, Event, Kind};
use crate::clients::{self, AuthenticatedClient, Client};
use crate::clock::Timestamp;
use crate::db::Tx;
use crate::error::AppError;
use crate::id::GrantId;
use crate::language::{Text, t};
use crate::secret::{SecretToken, TokenHash, random_bytes};
use crate::sessions::tries::{self, Door};
use crate::sessions::{FreshIfPasskey, SignedIn};
use crate::web::{self, Chrome, user_agent};

/// The grant type (RFC 8628 section 3.4).
pub(super) const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:device_code";
/// How long the person may take.
const DECIDE_WITHIN: Duration = Duration::from_secs(10 * 60);
/// How long a request is remembered after that, so that its device hears that it ran out.
pub(super) const KEPT: Duration = Duration::from_secs(10 * 60);
/// Seconds a device waits between two questions, and by how many more each time it does not.
const POLL_SECONDS: i64 = 5;
/// The letters of user codes: no vowels, so that no words come about, and none that look alike (RFC 8628 section 6.1).
const LETTERS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";
const USER_CODE_LETTERS: usize = 8;

/// A new user code, without its hyphen: 34.5 bits, good for minutes, with tries limited.
fn new_user_code() -> String {
    let mut code = String::with_capacity(USER_CODE_LETTERS);
    while code.len() < USER_CODE_LETTERS {
        // 240 is the largest multiple of 20 in a byte: above it, the first letters would be likelier.
        let letters = random_bytes::<16>().into_iter().filter(|byte| *byte < 240).map(|byte| char::from(LETTERS[usize::from(byte % 20)]));
        code.extend(letters.take(USER_CODE_LETTERS - code.len()));
    }
    code
}

/// What a person typed, as codes are kept: capitals without hyphens and blanks. `None` for what can be no code.
fn normal(typed: &str) -> Option<String> {
    let code: String =
        typed.chars().filter(|c| !c.is_whitespace() && *c != '-').take(USER_CODE_LETTERS + 1).map(|c| c.to_ascii_uppercase()).collect();
    (code.len() == USER_CODE_LETTERS && code.bytes().all(|b| LETTERS.contains(&b))).then_some(code)
}

/// A code as people read it.
fn shown(code: &str) -> String {
    let (first, second) = code.split_at(code.len() / 2);
    format!("{first}-{second}")
}

/// `POST /api/oidc/device/authorize` (RFC 8628 section 3.1).
pub async fn authorize(State(app): State<App>, device: web::Client, headers: HeaderMap, body: Bytes) -> Result<Response, OAuthError> {
    let now = app.clock.now();
    if app.limits.sign_in.check(&device).is_err() {
        return Err(OAuthError::SlowDown);
    }
    let params = token::form(&headers, &body)?;
    let client = token::authenticate(&app, &headers, &params).await?;
    if !client.registration.for_devices {
        return Err(OAuthError::UnauthorizedClient("this client may not use the device flow"));
    }
    let scopes = Scopes::parse(params.get("scope").unwrap_or("openid"));
    let named = resources::named(&params, &client);
    if scopes.is_empty() && named.is_empty() {
        return Err(OAuthError::InvalidScope("scope names nothing that is offered"));
    }
    let words = Permissions::parse(params.get("scope").unwrap_or_default());
    let reach = resources::resolve(&mut app.db.read().await?, &app.config.origin, &client, &named, &words).await?;
    let device_code = SecretToken::new("muster_dc_");
    let mut tx = app.db.begin().await?;
    let user_code = loop {
        let user_code = new_user_code();
        let new = NewDevice {
            device: &device_code.hash(),
            user_code: &TokenHash::of(&user_code),
            client: client.id,
            scopes: &scopes.to_string(),
            permissions: &reach.to_text(),
            client_ip: &device.ip_text(),
            user_agent: &device.user_agent,
            created_at: now,
            expires_at: now + DECIDE_WITHIN,
            poll_seconds: POLL_SECONDS,
        };
        if store::insert(&mut tx, new).await? {
            break shown(&user_code);
        }
    };
    tx.commit().await?;
    let answer = json!({
        "device_code": device_code.reveal(),
        "user_code": user_code,
        "verification_uri": app.config.origin.url("/device"),
        "verification_uri_complete": app.config.origin.url(&format!("/device?user_code={user_code}")),
        "expires_in": DECIDE_WITHIN.as_secs(),
        "interval": POLL_SECONDS,
    });
    Ok((no_store(), Json(answer)).into_response())
}

/// What a device hears (RFC 8628 section 3.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hears {
    Tokens,
    Pending,
    /// It asked too soon; from now on it waits this many seconds.
    SlowDown(i64),
    Denied,
    Expired,
}

fn hears(polled: &Polled, now: Timestamp) -> Hears {
    if now >= polled.expires_at {
        return Hears::Expired;
    }
    match (polled.decided_at, polled.grant_id) {
        (Some(_), Some(_)) => Hears::Tokens,
        (Some(_), None) => Hears::Denied,
        (None, _) => {
            let interval = Duration::from_secs(u64::try_from(polled.poll_seconds).unwrap_or_default());
            match polled.polled_at {
                // A second's grace: the device counts from when it got the answer.
                Some(at) if now.since(at) + Duration::from_secs(1) < interval => Hears::SlowDown(polled.poll_seconds + POLL_SECONDS),
                _ => Hears::Pending,
            }
        }
    }
}

/// The device asks whether the person has decided.
pub(super) async fn redeem(
    app: &App,
    client: &AuthenticatedClient,
    unverified_code: &str,
    wanted: Wanted<'_>,
    now: Timestamp,
) -> Result<Tokens, OAuthError> {
    const UNKNOWN: OAuthError = OAuthError::InvalidGrant("the device_code is unknown, used or another client's");
    let hash = TokenHash::of(unverified_code);
    let mut tx = app.db.begin().await?;
    let polled = store::find(&mut tx, &hash, client.id).await?.ok_or(UNKNOWN)?;
    let answer = match hears(&polled, now) {
        Hears::Tokens => {
            let grant = store::take(&mut tx, &hash, client.id).await?.ok_or(UNKNOWN)?;
            let granted = grants::find_granted(&mut tx, grant).await?;
            let minted = mint(&mut tx, app, client, granted, wanted, now).await;
            return settle(tx, minted, wanted.kept, now).await?.sign(app, client, None, now).await;
        }
        Hears::Pending => {
            store::note_poll(&mut tx, &hash, polled.poll_seconds, now).await?;
            OAuthError::AuthorizationPending
        }
        Hears::SlowDown(poll_seconds) => {
            store::note_poll(&mut tx, &hash, poll_seconds, now).await?;
            OAuthError::SlowDown
        }
        Hears::Denied => OAuthError::AccessDenied,
        Hears::Expired => OAuthError::ExpiredToken,
    };
    tx.commit().await?;
    Err(answer)
}

/// Where the code is typed.
#[derive(Template, WebTemplate)]
#[template(path = "oidc/device.html")]
struct CodePage {
    chrome: Chrome,
    typed: String,
    mistake: String,
}

/// Says who asks, from where, for what.
#[derive(Template, WebTemplate)]
#[template(path = "oidc/device_confirm.html")]
struct ConfirmPage {
    chrome: Chrome,
    client_name: String,
    display_name: String,
    username: String,
    scopes: Vec<Text>,
    apis: Vec<(String, Vec<String>)>,
    code: String,
    client_ip: String,
    device: String,
    created_at: Timestamp,
}

/// Says what happened.
#[derive(Template, WebTemplate)]
#[template(path = "oidc/device_done.html")]
struct DonePage {
    chrome: Chrome,
    allowed: bool,
    client_name: String,
}

/// What the page's address may say.
#[derive(Debug, Deserialize)]
pub struct Address {
    user_code: Option<String>,
}

/// `GET /device`: asks for the code, or about the device whose code the address has. Tries are limited per address, because the code is short.
///
/// # Errors
/// `TooManyRequests`, or when the database cannot be read.
pub async fn page(State(app): State<App>, person: SignedIn, browser: web::Client, Query(address): Query<Address>) -> Result<Response, AppError> {
    let Some(typed) = address.user_code else { return Ok(code_page(&app, &person, "", String::new())) };
    app.limits.user_codes.check(&browser)?;
    let Some((code, waiting, client)) = find(&app, &person, &browser, &typed).await? else {
        return Ok(code_page(&app, &person, &typed, unknown_code()));
    };
    let reach = Reach::from_text(&waiting.permissions);
    let page = ConfirmPage {
        apis: apis::for_people(&mut app.db.read().await?, &reach).await?,
        chrome: person.chrome(&app),
        client_name: client.registration.name,
        display_name: person.user.display_name,
        username: person.user.username,
        scopes: Scopes::parse(&waiting.scopes).iter().map(Scope::for_people).collect(),
        code: shown(&code),
        client_ip: waiting.client_ip,
        device: user_agent::in_words(&waiting.user_agent),
        created_at: waiting.created_at,
    };
    Ok(page.into_response())
}

fn unknown_code() -> String {
    t("device-unknown-code").into()
}

fn code_page(app: &App, person: &SignedIn, typed: &str, mistake: String) -> Response {
    let status = if mistake.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    (status, CodePage { chrome: person.chrome(app), typed: typed.chars().take(40).collect(), mistake }).into_response()
}

/// The device that waits under a code; a wrong code counts as a try of this person.
async fn find(app: &App, person: &SignedIn, browser: &web::Client, typed: &str) -> Result<Option<(String, store::Waiting, Client)>, AppError> {
    let (door, now) = (Door::UserCode(person.user.id), app.clock.now());
    tries::admit(app, browser, door, now).await?;
    let found = find_waiting(app, typed).await?;
    if found.is_none() {
        tries::failed(app, browser, door, now).await?;
    }
    Ok(found)
}

async fn find_waiting(app: &App, typed: &str) -> Result<Option<(String, store::Waiting, Client)>, AppError> {
    let Some(code) = normal(typed) else { return Ok(None) };
    let mut conn = app.db.read().await?;
    let Some(waiting) = store::find_waiting(&mut conn, &TokenHash::of(&code), app.clock.now()).await? else { return Ok(None) };
    let client = clients::find(&mut conn, waiting.client_id).await?;
    Ok(client.filter(|client| client.registration.for_devices).map(|client| (code, waiting, client)))
}

/// The person's answer.
#[derive(Debug, Deserialize)]
pub struct Answer {
    user_code: String,
    decision: String,
}

/// `POST /device`.
///
/// # Errors
/// `TooManyRequests`; a page, when the app is not open to the person or the device no longer waits.
pub async fn answer(
    State(app): State<App>,
    FreshIfPasskey(person): FreshIfPasskey,
    browser: web::Client,
    Form(form): Form<Answer>,
) -> Result<Response, AppError> {
    app.limits.user_codes.check(&browser)?;
    let now = app.clock.now();
    let Some((code, waiting, client)) = find(&app, &person, &browser, &form.user_code).await? else {
        return Ok(code_page(&app, &person, &form.user_code, unknown_code()));
    };
    let allowed = form.decision == "allow";
    let mut tx = app.db.begin().await?;
    if allowed && !clients::admits(&mut tx, &client, person.user.id).await? {
        return Err(AppError::Forbidden(t("device-not-admitted").into()));
    }
    if allowed && !is_enough(&app, &person, &client, waiting.created_at, now) {
        return Err(AppError::refused(t("device-sign-in-again"), t("device-sign-in-again-message")));
    }
    let grant = if allowed { Some(grant(&mut tx, &person, &client, &waiting, &browser, now).await?) } else { None };
    if !store::decide(&mut tx, &TokenHash::of(&code), grant, now).await? {
        drop(tx);
        return Ok(code_page(&app, &person, &form.user_code, unknown_code()));
    }
    tx.commit().await?;
    Ok(DonePage { chrome: person.chrome(&app), allowed, client_name: client.registration.name }.into_response())
}

/// Whether a sign-in is as new and as good as was decided for the client.
fn is_enough(app: &App, person: &SignedIn, client: &Client, asked_at: Timestamp, now: Timestamp) -> bool {
    let policy = &client.registration.policies.claims;
    let auth_at = person.session.auth_at;
    let is_young = policy.sign_in_minutes.is_none_or(|minutes| now.since(auth_at) <= Duration::from_secs(u64::from(minutes) * 60));
    let class = Class::of(person.session.method.amr().iter().copied());
    let held = person.held(app);
    is_young && (!policy.reauthenticate || auth_at > asked_at) && takes(&client.registration.policies, class, held)
}

/// Stores what the person grants. It belongs to no browser session: signing out of the browser does not sign the television out.
async fn grant(
    tx: &mut Tx,
    person: &SignedIn,
    client: &Client,
    waiting: &store::Waiting,
    browser: &web::Client,
    now: Timestamp,
) -> sqlx::Result<GrantId> {
    let (id, amr, scopes) = (GrantId::new(), person.session.method.amr(), waiting.scopes.as_str());
    let new = NewGrant {
        id,
        user: person.user.id,
        client: client.id,
        session: None,
        scopes,
        claims: "",
        permissions: &waiting.permissions,
        nonce: None,
        auth_at: person.session.auth_at,
        amr: &amr.join(" "),
        acr: Class::of(amr.iter().copied()).as_str(),
        passkey_model: person.session.method.held().and_then(|held| held.model),
        created_at: now,
    };
    grants::insert_grant(tx, new).await?;
    grants::put_consent(tx, person.user.id, client.id, &Scopes::parse(scopes), &Reach::from_text(&waiting.permissions), now).await?;
    let event = Event::new(now, Kind::Authorized, person.actor()).on(client.id.uuid(), &client.registration.name).from_client(browser);
    audit::record(tx, event.with("scopes", scopes).with("device", true)).await?;
    Ok(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_however_it_is_typed() {
        let code = new_user_code();
        assert_eq!(normal(&shown(&code)).as_deref(), Some(code.as_str()));
        assert_eq!(normal(&format!(" {} ", shown(&code).to_lowercase())).as_deref(), Some(code.as_str()));
        for bad in ["", "BCDF", "BCDF-GHJA", "BCDF-GHJKL", "BCDF-GHJ\u{212a}", "%%%%%%%%", "BCDFGHJ1"] {
            assert_eq!(normal(bad), None, "{bad}");
        }
        assert_ne!(new_user_code(), new_user_code());
    }

    #[test]
    fn a_device_hears_what_the_person_decided_and_is_slowed_down() {
        let at = Timestamp::from_seconds;
        let waiting = Polled { expires_at: at(1_600), poll_seconds: 5, polled_at: None, decided_at: None, grant_id: None };
        let polled = Polled { polled_at: Some(at(1_000)), ..waiting.clone() };
        let granted = Polled { decided_at: Some(at(1_001)), grant_id: Some(GrantId::new()), ..polled.clone() };
        let denied = Polled { grant_id: None, ..granted.clone() };
        for (polled, now, expected) in [
            (&waiting, 1_000, Hears::Pending),
            (&polled, 1_001, Hears::SlowDown(10)),
            (&polled, 1_004, Hears::Pending),
            (&polled, 1_005, Hears::Pending),
            (&granted, 1_001, Hears::Tokens),
            (&denied, 1_001, Hears::Denied),
            (&waiting, 1_600, Hears::Expired),
            (&granted, 1_600, Hears::Expired),
        ] {
            assert_eq!(hears(polled, at(now)), expected, "{polled:?} {now}");
        }
    }
}
