//! The pages and JSON endpoints of passkeys. `static/passkey.js` is the only caller of the endpoints; forms do everything that is no ceremony.

use askama::Template;
use askama_web::WebTemplate;
use axum::Json;
use axum::extract::{Form, Path, Query, State};
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tower_sessions::Session;

use super::model::check_name;
use super::{Answer, CeremonyError, Passkey, Removal, Signal, Started};
use crate::access_links;
use crate::app::App;
use crate::audit::{Kind, Line};
use crate::clock::Timestamp;
use crate::error::AppError;
use crate::first_steps;
use crate::id::PasskeyId;
use crate::language::{Source, hear, t};
use crate::recovery_codes;
use crate::secret::base64url;
use crate::sessions::next::PendingAuthorization;
use crate::sessions::tries::{self, Door};
use crate::sessions::{self, FreshEnrol, FreshSession, MayEnrol, MaybeSignedIn, Method, Next, SignedIn};
use crate::sign_up;
use crate::users::User;
use crate::web::{BrowserCookie, Chrome, Client, Greeting, user_agent};

/// Where the first minutes go on.
const WELCOME: &str = "/account/welcome";

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
}

#[derive(Template, WebTemplate)]
#[template(path = "passkeys/list.html")]
struct ListPage {
    chrome: Chrome,
    cards: Vec<Card>,
    notice: String,
    is_bad: bool,
    /// What signs them in has changed: perhaps other browsers are not to be trusted.
    may_end_others: bool,
    may_change: bool,
    by_password: bool,
    by_other_device: bool,
    is_full: bool,
    may_add: bool,
    /// The origin passkeys belong to.
    address: String,
    /// How many recovery codes still work, for whoever has one passkey only.
    codes: i64,
    signal: String,
}

struct Card {
    id: PasskeyId,
    /// Its id in WebAuthn, for the test.
    credential_id: String,
    name: String,
    provider: &'static str,
    reach: String,
    created_at: Timestamp,
    created_browser: String,
    last_used_at: Option<Timestamp>,
    last_used_browser: String,
    last_used_ip: String,
    use_count: i64,
    /// What was typed into the name field.
    typed_name: String,
    mistake: String,
}

#[derive(Template, WebTemplate)]
#[template(path = "passkeys/add.html")]
struct AddPage {
    chrome: Chrome,
    /// The origin passkeys belong to.
    address: String,
    username: String,
    /// The session came by an access link: a passkey is what comes next.
    is_first: bool,
    /// The session is for nothing else.
    is_all: bool,
    /// It came by a recovery code, of which so many are left.
    codes_left: Option<i64>,
    /// Whether it may wait; an administrator can do nothing without one.
    may_wait: bool,
    /// The app the person is on the way to; empty when it is none.
    client_name: String,
    request: String,
    back: String,
}

/// The query of the sign-in page.
#[derive(Debug, Default, Deserialize)]
pub struct SignInQuery {
    request: Option<String>,
    back: Option<String>,
    notice: Option<String>,
}

impl SignInQuery {
    /// Of another page of the same kind, with what was in its address.
    pub fn on_the_way(request: Option<String>, back: Option<String>) -> Self {
        Self { request, back, notice: None }
    }
}

/// Where somebody on a sign-in page is on the way to.
#[derive(Debug)]
pub struct OnTheWay {
    /// The app's request, when it is one.
    pub pending: Option<PendingAuthorization>,
    /// Where to go in the end.
    pub next: Next,
}

impl OnTheWay {
    /// Reads the address of a sign-in page.
    pub fn read(app: &App, unverified: &SignInQuery) -> Self {
        let pending = unverified.request.as_deref().and_then(|sealed| PendingAuthorization::unseal(&app.sealer, sealed));
        hear(Source::App, pending.as_ref().and_then(PendingAuthorization::language));
        let next = Next::from_query(unverified.request.as_deref().filter(|_| pending.is_some()), unverified.back.as_deref());
        Self { pending, next }
    }

    /// Whether a session is all that is needed: it is, unless an app asked after its beginning to have it proved again.
    pub fn is_done_with(&self, signed_in: &SignedIn) -> bool {
        self.pending.as_ref().is_none_or(|pending| signed_in.session.auth_at > pending.started_at)
    }
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
    };
    Ok(page.into_response())
}

/// `POST /sign-in/forget`: this browser no longer remembers who used it last.
pub async fn forget(State(app): State<App>, Query(unverified): Query<SignInQuery>) -> Response {
    let query = OnTheWay::read(&app, &unverified).next.sign_in_query();
    ([(SET_COOKIE, Greeting::forget(&app))], Redirect::to(&format!("/sign-in{query}"))).into_response()
}

/// The answer to a ceremony; a browser that is the person's own remembers them: the passkey is in this very device, or they want to stay signed in here.
fn greeted(app: &App, user: &User, finished: Finished, unverified_credential: &Value, keep: bool, now: Timestamp) -> Response {
    let is_own = keep || unverified_credential["authenticatorAttachment"] == "platform";
    let mut response = Json(finished).into_response();
    if is_own {
        response.headers_mut().append(SET_COOKIE, Greeting::remember(app, &user.display_name, now));
    }
    response
}

/// `POST /sign-in/start`: options for `navigator.credentials.get()`.
///
/// # Errors
/// `TooManyRequests`, or when the database refuses.
pub async fn start_sign_in(State(app): State<App>, client: Client, headers: HeaderMap) -> Result<Response, Failed> {
    app.limits.sign_in.check(&client)?;
    let browser = BrowserCookie::read_or_make(&app, &headers);
    let started = super::start_sign_in(&app, app.clock.now(), &browser.hash()).await?;
    Ok(browser.attach(&app, begun(&started)))
}

/// What the page sends to finish a sign-in.
#[derive(Debug, Deserialize)]
pub struct FinishSignIn {
    ceremony: String,
    credential: Value,
    #[serde(default)]
    keep: bool,
    request: Option<String>,
    back: Option<String>,
}

/// `POST /sign-in/finish`: judges the answer and starts the session; says where to go.
///
/// # Errors
/// [`CeremonyError`] as JSON, or `TooManyRequests`.
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
    let signed_in = match super::finish_sign_in(&app, now, &answer).await {
        Ok(signed_in) => signed_in,
        Err(error) => {
            if error.is_a_try() {
                tries::failed(&app, &client, Door::SignIn, now).await?;
            }
            return Err(error.into());
        }
    };
    let method = Method::Passkey { synced: signed_in.synced };
    sessions::start_for(&app, &session, signed_in.user.id, method, &client, now, unverified.keep).await?;
    let next = Next::from_query(unverified.request.as_deref(), unverified.back.as_deref()).location();
    let finished = Finished::new(&app, &signed_in.user, next).await?;
    Ok(greeted(&app, &signed_in.user, finished, &unverified.credential, unverified.keep, now))
}

/// `GET /account/passkeys/add`; somebody who adds their first one goes on to where they were on the way to.
///
/// # Errors
/// When the database cannot be read.
pub async fn add_page(
    State(app): State<App>,
    FreshEnrol(signed_in): FreshEnrol,
    Query(unverified): Query<SignInQuery>,
) -> Result<Response, AppError> {
    if super::needs_passkey_to_add(&mut app.db.read().await?, &signed_in).await? {
        return Ok(Redirect::to("/account/passkeys").into_response());
    }
    let method = signed_in.session.method;
    let (is_first, is_all) = (method == Method::AccessLink, method.only_enrols());
    let codes_left = match method {
        Method::RecoveryCode => Some(recovery_codes::standing(&mut app.db.read().await?, signed_in.user.id).await?.unused),
        _ => None,
    };
    let may_wait = !signed_in.user.is_admin();
    let address = app.config.origin.as_str().to_owned();
    let OnTheWay { pending, next } = OnTheWay::read(&app, &unverified);
    let (request, back) = next.fields();
    let client_name = pending.map(|pending| pending.client_name).unwrap_or_default();
    let chrome = signed_in.chrome(&app);
    Ok(AddPage { chrome, address, username: signed_in.user.username, is_first, is_all, codes_left, may_wait, client_name, request, back }
        .into_response())
}

/// `POST /account/passkeys/register/start`: options for `navigator.credentials.create()`.
///
/// # Errors
/// `TooMany` as JSON, `TooManyRequests`, or when the database refuses.
pub async fn start_registration(
    State(app): State<App>,
    FreshEnrol(signed_in): FreshEnrol,
    client: Client,
    headers: HeaderMap,
) -> Result<Response, Failed> {
    app.limits.sign_in.check(&client)?;
    let browser = BrowserCookie::read_or_make(&app, &headers);
    let started = super::start_registration(&app, app.clock.now(), &signed_in, &browser.hash()).await?;
    Ok(browser.attach(&app, begun(&started)))
}

/// What the page sends to finish adding a passkey.
#[derive(Debug, Deserialize)]
pub struct FinishRegistration {
    ceremony: String,
    credential: Value,
    request: Option<String>,
    back: Option<String>,
}

/// `POST /account/passkeys/register/finish`: judges the answer and keeps the passkey. A session that came by something less becomes one of this passkey, and
/// goes on to where the person wanted to go.
///
/// # Errors
/// [`CeremonyError`] as JSON, or `TooManyRequests`.
pub async fn finish_registration(
    State(app): State<App>,
    MayEnrol(signed_in): MayEnrol,
    session: Session,
    client: Client,
    headers: HeaderMap,
    Json(unverified): Json<FinishRegistration>,
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
    let added = super::finish_registration(&app, now, &signed_in, &answer).await?;
    let next = if !signed_in.session.method.is_passkey() {
        sessions::start(&app, &session, signed_in.user.id, Method::Passkey { synced: added.synced }, &client, now).await?;
        match OnTheWay::read(&app, &SignInQuery::on_the_way(unverified.request, unverified.back)).next {
            // Whoever lost their passkeys looks first at what somebody else may have.
            next if signed_in.session.method == Method::RecoveryCode => format!("/account/recovery/review{}", next.sign_in_query()),
            next if added.is_first => {
                let mut tx = app.db.begin().await?;
                first_steps::begin(&mut tx, signed_in.user.id, next, now).await?;
                tx.commit().await?;
                WELCOME.to_owned()
            }
            Next::Account => "/account?notice=ready".to_owned(),
            next => next.location(),
        }
    } else if first_steps::of_user(&mut app.db.read().await?, signed_in.user.id).await?.is_some() {
        WELCOME.to_owned()
    } else {
        "/account/passkeys?notice=added".to_owned()
    };
    let finished = Finished::new(&app, &signed_in.user, next).await?;
    Ok(greeted(&app, &signed_in.user, finished, &unverified.credential, false, now))
}

/// The query of the list.
#[derive(Debug, Deserialize)]
pub struct ListQuery {
    notice: Option<String>,
}

/// `GET /account/passkeys`.
///
/// # Errors
/// When the database cannot be read.
pub async fn list_page(State(app): State<App>, signed_in: SignedIn, Query(unverified): Query<ListQuery>) -> Result<Response, AppError> {
    list(&app, &signed_in, unverified.notice.as_deref(), None).await
}

async fn list(app: &App, signed_in: &SignedIn, notice: Option<&str>, wrong: Option<(PasskeyId, &str, &str)>) -> Result<Response, AppError> {
    let (passkeys, codes) = {
        let mut conn = app.db.read().await?;
        let passkeys = super::of_user(&mut conn, signed_in.user.id).await?;
        (passkeys, recovery_codes::standing(&mut conn, signed_in.user.id).await?.unused)
    };
    let may_end_others = matches!(notice, Some("added" | "removed"));
    let (notice, is_bad) = match notice {
        Some("added") => (t("passkeys-notice-added").into(), false),
        Some("tested") => (t("passkeys-notice-tested").into(), false),
        Some("renamed") => (t("passkeys-notice-renamed").into(), false),
        Some("removed") => (t("passkeys-notice-removed").into(), false),
        Some("last") => (t("passkeys-notice-last").into(), true),
        Some("last-admin") => (t("passkeys-notice-last-admin").into(), true),
        _ => (String::new(), false),
    };
    let signal = serde_json::to_string(&super::signal(app, &signed_in.user).await?).map_err(anyhow::Error::from)?;
    let page = ListPage {
        chrome: signed_in.chrome(app),
        is_full: passkeys.len() >= super::PASSKEYS_MAX,
        may_add: passkeys.len() < super::PASSKEYS_MAX && super::may_add(signed_in.session.method, !passkeys.is_empty()),
        cards: passkeys.into_iter().map(|passkey| Card::new(passkey, wrong)).collect(),
        notice,
        is_bad,
        may_end_others,
        may_change: signed_in.session.method.is_passkey(),
        by_password: matches!(signed_in.session.method, Method::DirectoryPassword { .. }),
        by_other_device: signed_in.session.method == Method::OtherDevice,
        address: app.config.origin.as_str().to_owned(),
        codes,
        signal,
    };
    let status = if wrong.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok((status, page).into_response())
}

impl Card {
    fn new(passkey: Passkey, wrong: Option<(PasskeyId, &str, &str)>) -> Self {
        let (typed_name, mistake) = match wrong {
            Some((id, typed, mistake)) if id == passkey.id => (typed.to_owned(), mistake.to_owned()),
            _ => (passkey.name.clone(), String::new()),
        };
        Self {
            id: passkey.id,
            credential_id: base64url(&passkey.credential_id),
            provider: passkey.provider().unwrap_or_default(),
            reach: passkey.reach().into(),
            created_at: passkey.created_at,
            created_browser: user_agent::in_words(&passkey.created_user_agent),
            last_used_at: passkey.last_used_at,
            last_used_browser: user_agent::in_words(&passkey.last_used_user_agent),
            last_used_ip: passkey.last_used_ip,
            use_count: passkey.use_count,
            name: passkey.name,
            typed_name,
            mistake,
        }
    }
}

/// The form that renames a passkey.
#[derive(Debug, Deserialize)]
pub struct RenameForm {
    name: String,
}

/// `POST /account/passkeys/{id}/rename`.
///
/// # Errors
/// `NotFound` when the person has no such passkey; `PasskeyFirst` in a session that came by an access link.
pub async fn rename(
    State(app): State<App>,
    signed_in: SignedIn,
    client: Client,
    Path(id): Path<PasskeyId>,
    Form(form): Form<RenameForm>,
) -> Result<Response, AppError> {
    proved_by_passkey(&signed_in)?;
    let name = match check_name(&form.name) {
        Ok(name) => name,
        Err(mistake) => return list(&app, &signed_in, None, Some((id, &form.name, &mistake.to_string()))).await,
    };
    if super::rename(&app, app.clock.now(), &client, &signed_in, id, name).await? {
        Ok(Redirect::to("/account/passkeys?notice=renamed").into_response())
    } else {
        Err(AppError::NotFound)
    }
}

/// `POST /account/passkeys/{id}/remove`.
///
/// # Errors
/// As [`rename`]; and a fresh proof is needed.
pub async fn remove(
    State(app): State<App>,
    FreshSession(signed_in): FreshSession,
    client: Client,
    Path(id): Path<PasskeyId>,
) -> Result<Redirect, AppError> {
    match super::remove(&app, app.clock.now(), &client, &signed_in, id).await? {
        Removal::Removed => Ok(Redirect::to("/account/passkeys?notice=removed")),
        Removal::IsLast => Ok(Redirect::to("/account/passkeys?notice=last")),
        Removal::IsLastOfLastAdmin => Ok(Redirect::to("/account/passkeys?notice=last-admin")),
        Removal::NotFound => Err(AppError::NotFound),
    }
}

#[derive(Template, WebTemplate)]
#[template(path = "passkeys/show.html")]
struct ShowPage {
    chrome: Chrome,
    card: Card,
    events: Vec<Happened>,
    may_change: bool,
}

/// An event of a passkey's timeline, in words.
fn what_happened(line: &Line) -> String {
    match Kind::from_text(&line.kind) {
        Some(Kind::SignIn) => t("passkey-event-sign-in").into(),
        Some(Kind::SignInRefused) => t("passkey-event-sign-in-refused").into(),
        Some(Kind::ProofGiven) => t("passkey-event-proof").into(),
        Some(Kind::ProofRefused) => t("passkey-event-proof-refused").into(),
        Some(Kind::PasskeyAdded) => t("passkey-event-added").into(),
        Some(Kind::PasskeyRenamed) => t("passkey-event-renamed").into(),
        Some(other) => other.label().to_owned(),
        None => t("passkey-event-other").into(),
    }
}

/// Something that happened with a passkey.
struct Happened {
    at: Timestamp,
    what: String,
    browser: String,
    client_ip: String,
}

/// `GET /account/passkeys/{id}`: what happened with a passkey, and "this was not me".
///
/// # Errors
/// `NotFound` when the person has no such passkey.
pub async fn show(State(app): State<App>, signed_in: SignedIn, Path(id): Path<PasskeyId>) -> Result<Response, AppError> {
    let (passkey, events) = {
        let mut conn = app.db.read().await?;
        let passkeys = super::of_user(&mut conn, signed_in.user.id).await?;
        let passkey = passkeys.into_iter().find(|passkey| passkey.id == id).ok_or(AppError::NotFound)?;
        (passkey, super::timeline(&mut conn, signed_in.user.id, id).await?)
    };
    let events = events.into_iter().map(|line| Happened {
        at: line.at,
        what: what_happened(&line),
        browser: user_agent::in_words(&line.user_agent),
        client_ip: line.client_ip,
    });
    let may_change = signed_in.session.method.is_passkey();
    Ok(ShowPage { chrome: signed_in.chrome(&app), card: Card::new(passkey, None), events: events.collect(), may_change }.into_response())
}

/// `POST /account/passkeys/{id}/not-mine`: removes the passkey where that leaves a way in, ends every other session, and leads to what is still open.
///
/// # Errors
/// `NotFound` when the person has no such passkey; a fresh proof is needed.
pub async fn disown(
    State(app): State<App>,
    FreshSession(signed_in): FreshSession,
    client: Client,
    Path(id): Path<PasskeyId>,
) -> Result<Redirect, AppError> {
    match super::disown(&app, app.clock.now(), &client, &signed_in, id).await?.removal {
        Removal::Removed => Ok(Redirect::to("/account/recovery/review?notice=disowned")),
        Removal::IsLast | Removal::IsLastOfLastAdmin => Ok(Redirect::to("/account/recovery/review?notice=disowned-last")),
        Removal::NotFound => Err(AppError::NotFound),
    }
}

/// A session that came by an access link or a password may add a passkey and nothing else.
fn proved_by_passkey(signed_in: &SignedIn) -> Result<(), AppError> {
    if signed_in.session.method.is_passkey() { Ok(()) } else { Err(AppError::PasskeyFirst) }
}

/// What a page gets when a ceremony has succeeded.
#[derive(Debug, Serialize)]
pub struct Finished {
    /// Where to go, a path here; empty for on with what was sent before.
    next: String,
    /// For the password manager.
    signal: Signal,
}

impl Finished {
    pub(super) async fn new(app: &App, user: &User, next: String) -> sqlx::Result<Self> {
        Ok(Self { next, signal: super::signal(app, user).await? })
    }
}

pub(super) fn begun(started: &Started) -> Json<Value> {
    Json(json!({ "ceremony": started.ceremony.reveal(), "publicKey": started.public_key }))
}

/// `GET /.well-known/passkey-endpoints`: where password managers may send a person to add and manage passkeys (W3C, "A Well-Known URL for Relying Party
/// Passkey Endpoints").
pub async fn endpoints(State(app): State<App>) -> Json<Value> {
    let origin = &app.config.origin;
    Json(json!({ "enroll": origin.url("/account/passkeys/add"), "manage": origin.url("/account/passkeys") }))
}

/// Why an endpoint gives no result: JSON for what the page can explain, the usual page otherwise.
#[derive(Debug)]
pub struct Failed(Response);

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        self.0
    }
}

impl From<AppError> for Failed {
    fn from(error: AppError) -> Self {
        Self(error.into_response())
    }
}

impl From<anyhow::Error> for Failed {
    fn from(error: anyhow::Error) -> Self {
        AppError::from(error).into()
    }
}

impl From<sqlx::Error> for Failed {
    fn from(error: sqlx::Error) -> Self {
        AppError::from(error).into()
    }
}

impl From<CeremonyError> for Failed {
    fn from(error: CeremonyError) -> Self {
        let (error, problem) = match error {
            CeremonyError::Filed(error, code) => (*error, Some(code.shown())),
            error => (error, None),
        };
        let (status, code, message) = match error {
            CeremonyError::Expired => (StatusCode::GONE, "expired", t("ceremony-expired")),
            CeremonyError::UnknownCredential => (StatusCode::NOT_FOUND, "unknown_credential", t("ceremony-unknown")),
            CeremonyError::UserNotVerified => (StatusCode::BAD_REQUEST, "user_not_verified", t("ceremony-not-verified")),
            CeremonyError::WrongAddress => (StatusCode::BAD_REQUEST, "wrong_address", t("ceremony-wrong-address")),
            CeremonyError::AlreadyRegistered => (StatusCode::CONFLICT, "already_registered", t("ceremony-already-registered")),
            CeremonyError::NotDiscoverable => (StatusCode::BAD_REQUEST, "not_discoverable", t("ceremony-not-discoverable")),
            CeremonyError::OtherAccount => (StatusCode::FORBIDDEN, "other_account", t("ceremony-other-account")),
            CeremonyError::PasskeyNeeded => (StatusCode::FORBIDDEN, "passkey_needed", t("ceremony-passkey-needed")),
            CeremonyError::TooMany => (StatusCode::CONFLICT, "too_many", t("ceremony-too-many")),
            CeremonyError::PossibleCopy => (StatusCode::FORBIDDEN, "possible_copy", t("ceremony-possible-copy")),
            CeremonyError::Refused => (StatusCode::BAD_REQUEST, "refused", t("ceremony-refused")),
            CeremonyError::Filed(error, _) => return (*error).into(),
            CeremonyError::Internal(error) => return error.into(),
        };
        Self((status, Json(json!({ "error": code, "message": message.to_string(), "problem": problem }))).into_response())
    }
}
