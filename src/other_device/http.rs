//! The pages of both sides: the browser that waits, and the device that lets it in. All of them work without scripts.

use askama::Template;
use askama_web::WebTemplate;
use axum::extract::{Form, Query, State};
use axum::http::header::{COOKIE, HeaderValue, SET_COOKIE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use tower_sessions::Session;
use tower_sessions::cookie::{Cookie, SameSite};

use super::model::{normal, shown};
use super::{Decided, Decision, NotShown, NotStarted, Request, State as Standing};
use crate::app::App;
use crate::clock::Timestamp;
use crate::error::AppError;
use crate::language::{duration, t};
use crate::passkeys::http::{OnTheWay, SignInQuery};
use crate::secret::SecretToken;
use crate::sessions::{self, FreshSession, MaybeSignedIn, Method, SignedIn};
use crate::users;
use crate::web::{Chrome, Client, qr, user_agent};

/// Where the waiting browser is.
const WAIT: &str = "/sign-in/device/wait";

#[derive(Template, WebTemplate)]
#[template(path = "other_device/start.html")]
struct StartPage {
    chrome: Chrome,
    client_name: String,
    notice: String,
    request: String,
    back: String,
    sign_in_page: String,
}

#[derive(Template, WebTemplate)]
#[template(path = "other_device/wait.html")]
struct WaitPage {
    chrome: Chrome,
    /// Where the other device types the code.
    address: String,
    picture: Option<qr::Svg>,
    code: String,
    number: i64,
    expires_at: Timestamp,
    sign_in_page: String,
}

#[derive(Template, WebTemplate)]
#[template(path = "other_device/allowed.html")]
struct AllowedPage {
    chrome: Chrome,
    display_name: String,
    username: String,
    request: String,
    back: String,
}

#[derive(Template, WebTemplate)]
#[template(path = "other_device/approve.html")]
struct ApprovePage {
    chrome: Chrome,
    typed: String,
    mistake: String,
    asks: Option<Asks>,
}

/// Who asks, as the person sees it.
struct Asks {
    code: String,
    browser: String,
    client_ip: String,
    created_at: Timestamp,
    numbers: Vec<String>,
}

#[derive(Template, WebTemplate)]
#[template(path = "other_device/decided.html")]
struct DecidedPage {
    chrome: Chrome,
    decided: Decided,
}

/// `GET /sign-in/device`: a button; looking at the page starts nothing.
///
/// # Errors
/// `NotFound` where it is switched off.
pub async fn start_page(
    State(app): State<App>,
    MaybeSignedIn(signed_in): MaybeSignedIn,
    Query(unverified): Query<SignInQuery>,
) -> Result<Response, AppError> {
    if !app.settings().other_device.is_on() {
        return Err(AppError::NotFound);
    }
    let on_the_way = OnTheWay::read(&app, &unverified);
    if signed_in.as_ref().is_some_and(|signed_in| on_the_way.is_done_with(signed_in)) {
        return Ok(Redirect::to(&on_the_way.next.location()).into_response());
    }
    Ok(begin(&app, on_the_way, String::new()).into_response())
}

fn begin(app: &App, on_the_way: OnTheWay, notice: String) -> StartPage {
    let sign_in_page = format!("/sign-in{}", on_the_way.next.sign_in_query());
    let (request, back) = on_the_way.next.fields();
    let client_name = on_the_way.pending.map(|pending| pending.client_name).unwrap_or_default();
    StartPage { chrome: Chrome::public(app), client_name, notice, request, back, sign_in_page }
}

/// Where somebody is on the way to, as a form carries it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct WayForm {
    request: Option<String>,
    back: Option<String>,
}

impl WayForm {
    fn read(self, app: &App) -> OnTheWay {
        let filled = |text: Option<String>| text.filter(|text| !text.is_empty());
        OnTheWay::read(app, &SignInQuery::on_the_way(filled(self.request), filled(self.back)))
    }
}

/// `POST /sign-in/device`: this browser waits from now on.
///
/// # Errors
/// `NotFound` where it is switched off, `TooManyRequests`, or when the database refuses.
pub async fn start(State(app): State<App>, client: Client, Form(unverified): Form<WayForm>) -> Result<Response, AppError> {
    app.limits.sign_in.check(&client)?;
    let on_the_way = unverified.read(&app);
    match super::start(&app, app.clock.now(), &client).await? {
        Ok(started) => {
            let mut response = Redirect::to(&format!("{WAIT}{}", on_the_way.next.sign_in_query())).into_response();
            WaitingCookie { token: started.browser, code: started.code }.attach(&app, &mut response);
            Ok(response)
        }
        Err(NotStarted::Off) => Err(AppError::NotFound),
        Err(NotStarted::Wait(wait)) => {
            let minutes = duration(std::time::Duration::from_secs(wait.as_secs().div_ceil(60).max(1) * 60));
            let notice = t("device-asked-too-often").with("time", minutes).into();
            Ok((StatusCode::TOO_MANY_REQUESTS, retry_after(wait), begin(&app, on_the_way, notice)).into_response())
        }
    }
}

/// `GET /sign-in/device/wait`: the codes, until somebody has decided; then what they decided. The page asks for itself again, with and without scripts.
///
/// # Errors
/// When the database cannot be read.
pub async fn wait(State(app): State<App>, headers: HeaderMap, Query(unverified): Query<SignInQuery>) -> Result<Response, AppError> {
    let now = app.clock.now();
    let on_the_way = OnTheWay::read(&app, &unverified);
    let sign_in_page = format!("/sign-in{}", on_the_way.next.sign_in_query());
    let cookie = WaitingCookie::read(&app, &headers);
    let request = match &cookie {
        Some(cookie) => super::of_browser(&app, &cookie.token.hash()).await?,
        None => None,
    };
    let standing = request.as_ref().map_or(Standing::Over, |request| request.state(now));
    Ok(match (standing, cookie, request) {
        (Standing::Waiting, Some(cookie), Some(request)) => {
            let code = shown(&cookie.code);
            let link = app.config.origin.url(&format!("/account/approve?code={code}"));
            WaitPage {
                chrome: Chrome::public(&app),
                address: app.config.origin.url("/account/approve"),
                picture: qr::svg(&link),
                code,
                number: request.number,
                expires_at: request.expires_at,
                sign_in_page,
            }
            .into_response()
        }
        (Standing::Allowed(user), ..) => {
            let user = users::find(&mut app.db.read().await?, user).await?.ok_or(AppError::NotFound)?;
            let (request, back) = on_the_way.next.fields();
            AllowedPage { chrome: Chrome::public(&app), display_name: user.display_name, username: user.username, request, back }.into_response()
        }
        _ => {
            let notice = t("device-not-let-in").into();
            begin(&app, on_the_way, notice).into_response()
        }
    })
}

/// `POST /sign-in/device/finish`: the browser that was let in comes in.
///
/// # Errors
/// 410 when nobody (any more) lets it in, `TooManyRequests`, or when the database refuses.
pub async fn finish(
    State(app): State<App>,
    session: Session,
    client: Client,
    headers: HeaderMap,
    Form(unverified): Form<WayForm>,
) -> Result<Response, AppError> {
    app.limits.sign_in.check(&client)?;
    let now = app.clock.now();
    let gone = || AppError::gone(t("decided-gone"), t("device-gone-message"));
    let cookie = WaitingCookie::read(&app, &headers).ok_or_else(gone)?;
    let user = super::finish(&app, now, &client, &cookie.token.hash()).await?.ok_or_else(gone)?;
    sessions::start(&app, &session, user.id, Method::OtherDevice, &client, now).await?;
    let mut response = Redirect::to(&unverified.read(&app).next.location()).into_response();
    WaitingCookie::forget(&app, &mut response);
    Ok(response)
}

/// What the approving page's address says.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ApproveQuery {
    code: Option<String>,
}

/// `GET /account/approve`: who asks, from where and when, and three numbers; or the field for the code.
///
/// # Errors
/// `NotFound` where it is switched off, `Forbidden` for whom a setting leaves out, `TooManyRequests`, or when the database refuses.
pub async fn approve_page(
    State(app): State<App>,
    signed_in: SignedIn,
    client: Client,
    Query(unverified): Query<ApproveQuery>,
) -> Result<Response, AppError> {
    let mode = app.settings().other_device;
    if !mode.is_on() {
        return Err(AppError::NotFound);
    }
    if !mode.admits(signed_in.user.is_admin()) {
        return Err(not_for_you());
    }
    let chrome = signed_in.chrome(&app);
    let Some(typed) = unverified.code.filter(|code| !code.trim().is_empty()) else {
        return Ok(ApprovePage { chrome, typed: String::new(), mistake: String::new(), asks: None }.into_response());
    };
    app.limits.user_codes.check(&client)?;
    match super::look(&app, app.clock.now(), &signed_in, &typed).await? {
        Ok((code, request)) => {
            let asks = Asks {
                browser: user_agent::in_words(&request.user_agent),
                numbers: request.choices.split(' ').map(str::to_owned).collect(),
                client_ip: request.client_ip,
                created_at: request.created_at,
                code: shown(&code),
            };
            Ok(ApprovePage { chrome, typed: String::new(), mistake: String::new(), asks: Some(asks) }.into_response())
        }
        Err(not) => Ok(again(&app, &signed_in, &typed, not)),
    }
}

fn not_for_you() -> AppError {
    AppError::Forbidden(t("let-in-not-for-administrators").into())
}

/// The field for the code once more, with what is wrong.
fn again(app: &App, signed_in: &SignedIn, typed: &str, not: NotShown) -> Response {
    let wait = if let NotShown::Wait(wait) = &not { Some(*wait) } else { None };
    let mistake = match not {
        NotShown::Unknown => t("let-in-unknown-code").into(),
        NotShown::NotForYou => return not_for_you().into_response(),
        NotShown::Wait(wait) => t("let-in-wait").with("time", duration(wait)).into(),
    };
    let typed = typed.chars().take(40).collect();
    let page = ApprovePage { chrome: signed_in.chrome(app), typed, mistake, asks: None };
    match wait {
        Some(wait) => (StatusCode::TOO_MANY_REQUESTS, retry_after(wait), page).into_response(),
        None => (StatusCode::UNPROCESSABLE_ENTITY, page).into_response(),
    }
}

/// Whole seconds to wait (RFC 9110, section 10.2.3).
fn retry_after(wait: std::time::Duration) -> [(axum::http::HeaderName, String); 1] {
    [(axum::http::header::RETRY_AFTER, (wait.as_secs() + 1).to_string())]
}

/// What the person decides.
#[derive(Debug, Deserialize)]
pub struct DecideForm {
    code: String,
    #[serde(default)]
    number: i64,
}

/// `POST /account/approve`: lets the browser in that shows the number. Asks for a fresh proof first.
///
/// # Errors
/// As [`approve_page`], and `ProofFirst` without a fresh proof.
pub async fn approve(
    State(app): State<App>,
    FreshSession(signed_in): FreshSession,
    client: Client,
    Form(unverified): Form<DecideForm>,
) -> Result<Response, AppError> {
    decide(&app, &signed_in, &client, &unverified.code, Decision::Allow(unverified.number)).await
}

/// `POST /account/approve/deny`: keeps the browser out.
///
/// # Errors
/// As [`approve_page`].
pub async fn deny(State(app): State<App>, signed_in: SignedIn, client: Client, Form(unverified): Form<DecideForm>) -> Result<Response, AppError> {
    decide(&app, &signed_in, &client, &unverified.code, Decision::Deny).await
}

async fn decide(app: &App, signed_in: &SignedIn, client: &Client, unverified_code: &str, decision: Decision) -> Result<Response, AppError> {
    app.limits.user_codes.check(client)?;
    let now = app.clock.now();
    let (code, request): (String, Request) = match super::look(app, now, signed_in, unverified_code).await? {
        Ok(found) => found,
        Err(not) => return Ok(again(app, signed_in, unverified_code, not)),
    };
    let decided = super::decide(app, now, client, signed_in, &code, &request, decision).await?;
    Ok(DecidedPage { chrome: signed_in.chrome(app), decided }.into_response())
}

/// The cookie that ties a request to the browser that made it. It holds the short code too, which is stored only as a hash.
struct WaitingCookie {
    token: SecretToken,
    code: String,
}

impl WaitingCookie {
    fn name(app: &App) -> &'static str {
        if app.config.origin.is_https() { "__Host-muster-waiting" } else { "muster-waiting" }
    }

    fn read(app: &App, headers: &HeaderMap) -> Option<Self> {
        let lines = headers.get_all(COOKIE).into_iter().filter_map(|line| line.to_str().ok());
        let mut cookies = lines.flat_map(Cookie::split_parse).filter_map(Result::ok);
        let cookie = cookies.find(|cookie| cookie.name() == Self::name(app))?;
        let (token, unverified_code) = cookie.value().split_once('.')?;
        Some(Self { token: SecretToken::unverified(token), code: normal(unverified_code)? })
    }

    fn attach(self, app: &App, response: &mut Response) {
        set(app, response, &format!("{}.{}", self.token.reveal(), self.code), (super::model::LIFETIME + super::model::COME_IN_WITHIN).as_secs());
    }

    fn forget(app: &App, response: &mut Response) {
        set(app, response, "", 0);
    }
}

fn set(app: &App, response: &mut Response, value: &str, seconds: u64) {
    let cookie = Cookie::build((WaitingCookie::name(app), value))
        .path("/")
        .http_only(true)
        .same_site(SameSite::Strict)
        .secure(app.config.origin.is_https())
        .max_age(time::Duration::seconds(i64::try_from(seconds).unwrap_or_default()))
        .build();
    if let Ok(value) = HeaderValue::from_str(&cookie.to_string()) {
        response.headers_mut().append(SET_COOKIE, value);
    }
}
