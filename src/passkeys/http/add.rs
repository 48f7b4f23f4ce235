//! Adding a passkey: the page and its two endpoints.

use askama::Template;
use askama_web::WebTemplate;
use axum::Json;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::Value;
use tower_sessions::Session;

use super::{Failed, Finished, OnTheWay, SignInQuery, begun, greeted};
use crate::app::App;
use crate::error::AppError;
use crate::first_steps;
use crate::passkeys::{self, Answer, policy};
use crate::recovery_codes;
use crate::sessions::{self, FreshEnrol, MayEnrol, Method, Next};
use crate::web::{BrowserCookie, Chrome, Client};

/// Where the first minutes go on.
const WELCOME: &str = "/account/welcome";

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
    /// What is wanted of it, after "Wanted is"; empty when any will do.
    wanted: String,
    /// The device will be asked to prove its model.
    is_attested: bool,
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
    if passkeys::needs_passkey_to_add(&mut app.db.read().await?, &signed_in).await? {
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
    let on_the_way = OnTheWay::read(&app, &unverified);
    let rule = policy::of_person(&mut app.db.read().await?, signed_in.user.id).await?.rule().and(&on_the_way.rule_of_app(&app).await?);
    let (wanted, is_attested) = (rule.words(app.authenticators.get().as_deref()), rule.models.is_some());
    let OnTheWay { pending, next } = on_the_way;
    let (request, back) = next.fields();
    let client_name = pending.map(|pending| pending.client_name).unwrap_or_default();
    let chrome = signed_in.chrome(&app);
    let username = signed_in.user.username;
    let page = AddPage { chrome, address, username, is_first, is_all, codes_left, may_wait, client_name, request, back, wanted, is_attested };
    Ok(page.into_response())
}

/// What the page sends to begin adding a passkey: where its person is on the way to, which may want a certain kind.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct StartRegistration {
    request: Option<String>,
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
    Json(unverified): Json<StartRegistration>,
) -> Result<Response, Failed> {
    app.limits.sign_in.check(&client)?;
    let browser = BrowserCookie::read_or_make(&app, &headers);
    let rule = OnTheWay::read(&app, &SignInQuery::on_the_way(unverified.request, None)).rule_of_app(&app).await?;
    let started = passkeys::start_registration(&app, app.clock.now(), &signed_in, &browser.hash(), &rule).await?;
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
/// [`passkeys::CeremonyError`] as JSON, or `TooManyRequests`.
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
    let added = passkeys::finish_registration(&app, now, &signed_in, &answer).await?;
    let on_the_way = OnTheWay::read(&app, &SignInQuery::on_the_way(unverified.request, unverified.back));
    // Whoever adds one because an app wants it goes on to that app with it.
    let next = if !signed_in.session.method.is_passkey() || on_the_way.pending.is_some() {
        let method = Method::Passkey { synced: added.synced, model: added.model };
        sessions::start(&app, &session, signed_in.user.id, method, &client, now).await?;
        match on_the_way.next {
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
