//! The address proxies ask, and the page people see when an app stays closed.

use std::net::SocketAddr;

use askama::Template;
use askama_web::WebTemplate;
use axum::extract::{ConnectInfo, Path, State};
use axum::http::header::{LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

use super::question::{self, Asked, Proxy};
use super::{Refused, Told, model};
use crate::app::App;
use crate::clients;
use crate::error::AppError;
use crate::id::ClientId;
use crate::language::{Text, t, told};
use crate::oidc::proxied::Person;
use crate::sessions::MaybeSignedIn;
use crate::web::headers::ForAnotherHost;
use crate::web::{self, Chrome};

/// `GET /api/forward-auth/{client_id}`: what a proxy asks for each request of an app. The app is named here and not found by a host in a header, so that
/// whatever headers a visitor adds, they are measured by the app they are about to reach.
pub async fn ask(
    State(app): State<App>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    browser: web::Client,
    Path(client_id): Path<String>,
    headers: HeaderMap,
) -> Response {
    let mut response = answer(&app, peer, &browser, &client_id, &headers).await;
    response.extensions_mut().insert(ForAnotherHost);
    response
}

async fn answer(app: &App, peer: SocketAddr, browser: &web::Client, client_id: &str, headers: &HeaderMap) -> Response {
    if !app.config.trust_proxy.trusts(peer.ip()) {
        return misconfigured(client_id, &format!("{} asked, which is no proxy named in TRUST_PROXY", peer.ip()));
    }
    let asked = match question::read(headers) {
        Ok(asked) => asked,
        Err(unclear) => return misconfigured(client_id, &unclear.to_string()),
    };
    let cookie_name = question::cookie_name(client_id, &asked.origin);
    let unverified_cookie = question::cookie(headers, &cookie_name);
    match super::answer(app, client_id, &asked, unverified_cookie, browser, app.clock.now()).await {
        Ok(told) => told_to(&asked, &cookie_name, told),
        Err(Refused::Internal(error)) => {
            tracing::error!(client.id = client_id, cause = format!("{error:#}"), "a proxy's question could not be answered");
            (StatusCode::INTERNAL_SERVER_ERROR, line(&t("proxy-our-fault"))).into_response()
        }
        Err(refused) => misconfigured(client_id, &refused.to_string()),
    }
}

/// A text by itself, for those who are no browser.
fn line(text: &Text) -> String {
    format!("{text}\n")
}

/// For whoever sets the proxy up: nothing passes, and both the answer and the log say why.
fn misconfigured(client_id: &str, why: &str) -> Response {
    tracing::warn!(client.id = client_id, "a proxy's question was refused: {why}");
    (StatusCode::FORBIDDEN, line(&t("proxy-misconfigured").with("why", told(why)))).into_response()
}

/// The answer in the form the proxy takes.
fn told_to(asked: &Asked, cookie_name: &str, told: Told) -> Response {
    match told {
        Told::Pass(person) => (StatusCode::OK, about(&person)).into_response(),
        Told::Unauthorized => (StatusCode::UNAUTHORIZED, line(&t("proxy-sign-in-first"))).into_response(),
        Told::Forbidden => (StatusCode::FORBIDDEN, line(&t("proxy-not-open"))).into_response(),
        Told::Go { location, cookie, is_for_sign_in } => {
            let status = match asked.proxy {
                Proxy::HandsOn => StatusCode::SEE_OTHER,
                Proxy::ByStatus if is_for_sign_in => StatusCode::UNAUTHORIZED,
                Proxy::ByStatus => StatusCode::FORBIDDEN,
            };
            let mut response = status.into_response();
            match HeaderValue::try_from(location) {
                Ok(location) => response.headers_mut().insert(LOCATION, location),
                Err(_) => return (StatusCode::FORBIDDEN, line(&t("proxy-no-address"))).into_response(),
            };
            if let Some(value) = cookie.and_then(|cookie| HeaderValue::try_from(question::set_cookie(cookie_name, cookie.reveal())).ok()) {
                response.headers_mut().insert(SET_COOKIE, value);
            }
            response
        }
    }
}

/// Who it is, in the headers apps know. All four always, so that a proxy that copies them leaves nothing a visitor made up.
fn about(person: &Person) -> HeaderMap {
    let groups = model::groups_header(person.groups.iter().map(String::as_str));
    let lines =
        [("remote-user", &person.username), ("remote-name", &person.display_name), ("remote-email", &person.email), ("remote-groups", &groups)];
    lines.into_iter().map(|(name, text)| (HeaderName::from_static(name), header_value(text))).collect()
}

/// Text as the bytes of UTF-8, without control characters.
fn header_value(text: &str) -> HeaderValue {
    let clean: String = text.chars().filter(|c| !c.is_control()).collect();
    HeaderValue::from_bytes(clean.as_bytes()).unwrap_or(HeaderValue::from_static(""))
}

/// Says why an app stays closed.
#[derive(Template, WebTemplate)]
#[template(path = "forward_auth/stopped.html")]
pub struct StoppedPage {
    chrome: Chrome,
    client_name: String,
    /// The app's first address.
    address: String,
    /// Who is signed in, as display name and username.
    person: Option<(String, String)>,
    /// Whether the app is open to them now.
    is_admitted: bool,
    is_refused: bool,
}

/// `GET /forward-auth/{client}/{why}`: `refused` (the person may not) or `failed` (the sign-in did not work).
pub async fn stopped(
    State(app): State<App>,
    MaybeSignedIn(signed_in): MaybeSignedIn,
    Path((client, why)): Path<(ClientId, String)>,
) -> Result<Response, AppError> {
    let mut conn = app.db.read().await?;
    let client = clients::find(&mut conn, client).await?.ok_or(AppError::NotFound)?;
    let address = client.registration.policies.forward_auth.addresses.first().cloned().ok_or(AppError::NotFound)?;
    let is_refused = match why.as_str() {
        "refused" => true,
        "failed" => false,
        _ => return Err(AppError::NotFound),
    };
    let is_admitted = match &signed_in {
        Some(signed_in) => clients::admits(&mut conn, &client, signed_in.user.id).await?,
        None => false,
    };
    drop(conn);
    let page = StoppedPage {
        chrome: Chrome::public(&app),
        client_name: client.registration.name,
        address,
        person: signed_in.map(|signed_in| (signed_in.user.display_name, signed_in.user.username)),
        is_admitted,
        is_refused,
    };
    let status = if is_refused && !is_admitted { StatusCode::FORBIDDEN } else { StatusCode::OK };
    Ok((status, page).into_response())
}
