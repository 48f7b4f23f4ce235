//! Sign-out begun by an app (OpenID Connect RP-Initiated Logout).

use askama::Template;
use askama_web::WebTemplate;
use axum::body::Bytes;
use axum::extract::{Form, RawQuery, State};
use axum::http::header::CONTENT_SECURITY_POLICY;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::answer::answer_url;
use super::front_channel;
use super::id_token::{self, Hint};
use super::params::Params;
use crate::app::App;
use crate::clients::{self, Client};
use crate::clock::Timestamp;
use crate::error::AppError;
use crate::language::choice::first_of;
use crate::language::{Source, Text, hear, t};
use crate::sessions::{self, Leaving, SignedIn};
use crate::web::{self, Chrome, headers};

/// The parameters we know (section 2). `logout_hint` says who is meant: somebody is signed in at this browser or not, so it changes nothing. `ui_locales` is
/// what the pages are written in, where the person chose nothing else.
const NAMES: &[&str] = &["id_token_hint", "logout_hint", "client_id", "post_logout_redirect_uri", "state", "ui_locales"];

/// Asks before signing out: nobody should be signed out by a link on some page.
#[derive(Template, WebTemplate)]
#[template(path = "oidc/sign_out.html")]
struct SignOutPage {
    chrome: Chrome,
    display_name: String,
    username: String,
    client_name: Option<String>,
    parameters: String,
}

/// A request that has been checked.
struct EndSession {
    hint: Option<Hint>,
    client: Option<Client>,
    /// Where the person is sent afterwards: an address of the client, with its `state`.
    back_to: Option<String>,
}

/// `GET /api/oidc/end-session`.
pub async fn get(
    State(app): State<App>,
    session: tower_sessions::Session,
    Leaving(signed_in): Leaving,
    browser: web::Client,
    RawQuery(query): RawQuery,
) -> Result<Response, AppError> {
    let now = app.clock.now();
    let params = Params::parse(&query.unwrap_or_default()).map_err(|_| not_understood())?;
    hear(Source::App, params.get("ui_locales").and_then(|wish| first_of(wish.split(' '))));
    let request = check(&app, &params).await?;
    let Some(person) = signed_in else { return Ok(done(&app, &request)) };
    // The app that signed this person in says so itself; everything else could come from anyone.
    if request.hint.as_ref().is_some_and(|hint| hint.user == person.user.id) {
        return end(&app, &session, &person, request, &browser, now).await;
    }
    let page = SignOutPage {
        chrome: Chrome::public(&app),
        display_name: person.user.display_name,
        username: person.user.username,
        client_name: request.client.map(|client| client.registration.name),
        parameters: params.encode_only(NAMES),
    };
    let mut response = page.into_response();
    if request.back_to.is_some() {
        response.headers_mut().insert(CONTENT_SECURITY_POLICY, headers::csp_for_forms_that_leave());
    }
    Ok(response)
}

/// `POST /api/oidc/end-session`: the same request as a form from an app's page; see [`super::authorize::post`] for why it is redirected.
pub async fn post(body: Bytes) -> Result<Redirect, AppError> {
    let params = std::str::from_utf8(&body).ok().and_then(|text| Params::parse(text).ok()).ok_or_else(not_understood)?;
    Ok(Redirect::to(&format!("/api/oidc/end-session?{}", params.encode_only(NAMES))))
}

/// The form of the page.
#[derive(Deserialize)]
pub struct Confirmed {
    parameters: String,
}

/// `POST /api/oidc/end-session/confirm`.
pub async fn confirm(
    State(app): State<App>,
    session: tower_sessions::Session,
    Leaving(signed_in): Leaving,
    browser: web::Client,
    Form(form): Form<Confirmed>,
) -> Result<Response, AppError> {
    let params = Params::parse(&form.parameters).map_err(|_| not_understood())?;
    let request = check(&app, &params).await?;
    match signed_in {
        Some(person) => end(&app, &session, &person, request, &browser, app.clock.now()).await,
        None => Ok(done(&app, &request)),
    }
}

/// Ends the session and sends the browser on: by way of the page that tells apps, where some want to be told in the browser.
async fn end(
    app: &App,
    session: &tower_sessions::Session,
    person: &SignedIn,
    request: EndSession,
    browser: &web::Client,
    now: Timestamp,
) -> Result<Response, AppError> {
    let asking = request.client.as_ref().map(|client| client.id);
    let farewell = super::end_session(app, person, asking, request.back_to.clone(), browser, now).await?;
    sessions::end_own(session).await?;
    Ok(if farewell.apps.is_empty() { done(app, &request) } else { Redirect::to(&farewell.location(app)).into_response() })
}

fn done(app: &App, request: &EndSession) -> Response {
    match &request.back_to {
        Some(back_to) => Redirect::to(back_to).into_response(),
        None => front_channel::just_signed_out(app),
    }
}

/// Checks a request. An address to go back to counts only when it is one of the client's, and the client is known by its hint or its `client_id`; a request
/// with something wrong in it signs nobody out.
async fn check(app: &App, params: &Params) -> Result<EndSession, AppError> {
    let wrong = |message: Text| AppError::refused(t("end-session-impossible"), t("end-session-still-signed-in").with("what", message));
    if params.any_repeated(NAMES) {
        return Err(wrong(t("end-session-twice")));
    }
    let hint = match params.get("id_token_hint") {
        None => None,
        Some(text) => {
            let hint = id_token::read_hint(&app.config.origin, &app.keys.current(), &app.subjects, text);
            Some(hint.ok_or_else(|| wrong(t("end-session-foreign-token")))?)
        }
    };
    let named = params.get("client_id");
    if let (Some(hint), Some(named)) = (&hint, named)
        && hint.client_id != named
    {
        return Err(wrong(t("end-session-other-app")));
    }
    let client = match named.or(hint.as_ref().map(|hint| hint.client_id.as_str())) {
        Some(client_id) => clients::find_by_client_id(&mut app.db.read().await?, client_id).await?,
        None => None,
    };
    let client = client.filter(|client| clients::metadata_document::is_served(&app.settings(), client));
    let back_to = match params.get("post_logout_redirect_uri") {
        None => None,
        Some(uri) => {
            if !client.as_ref().is_some_and(|client| client.allows_post_logout_redirect_to(uri)) {
                return Err(wrong(t("end-session-unregistered")));
            }
            let state: Vec<(&str, &str)> = params.get("state").map(|state| ("state", state)).into_iter().collect();
            Some(answer_url(uri, &state))
        }
    };
    Ok(EndSession { hint, client, back_to })
}

fn not_understood() -> AppError {
    AppError::refused(t("error-not-understood"), t("end-session-not-understood"))
}
