//! The page that asks whether a client may, and the answer to it.

use askama::Template;
use askama_web::WebTemplate;
use axum::extract::{Form, State};
use axum::http::header::CONTENT_SECURITY_POLICY;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::authorize::Asked;
use super::error::AuthorizeErrorCode;
use super::request::{self, AuthorizationRequest};
use super::scope::Scope;
use super::{Agreement, authorize, check};
use crate::app::App;
use crate::clients::{self, Face, RegisteredBy, logos};
use crate::error::AppError;
use crate::id::UserId;
use crate::language::{Text, t};
use crate::sessions::{MaybeSignedIn, SignedIn};
use crate::web::{self, Chrome, headers};

/// Says who asks, for what, and as whom one is signed in.
#[derive(Template, WebTemplate)]
#[template(path = "oidc/consent.html")]
struct ConsentPage {
    chrome: Chrome,
    face: Face,
    client_name: String,
    display_name: String,
    username: String,
    user: UserId,
    scopes: Vec<Text>,
    /// APIs by name, with what the app may do there.
    apis: Vec<(String, Vec<String>)>,
    goes_to: String,
    /// Who vouches for the app, when nobody here does.
    vouched_by: String,
    /// What such an app links to, by what it is.
    statements: Vec<(Text, String)>,
    sealed: String,
    sealed_for_another: String,
}

/// The page, with the policy that lets its form end at the client, and wherever the client sends the browser on to. `sealed_for_another` is the request for someone who signs in anew.
pub(super) async fn page(
    app: &App,
    person: &SignedIn,
    request: &AuthorizationRequest,
    apis: Vec<(String, Vec<String>)>,
    sealed: String,
    sealed_for_another: String,
) -> Result<Response, AppError> {
    let page = ConsentPage {
        chrome: Chrome::public(app),
        face: logos::face(&mut app.db.read().await?, &request.client).await?,
        client_name: request.client.registration.name.clone(),
        display_name: person.user.display_name.clone(),
        username: person.user.username.clone(),
        user: person.user.id,
        scopes: request.reach().iter().map(Scope::for_people).collect(),
        apis,
        goes_to: destination(&request.reply_to.redirect_uri),
        vouched_by: vouched_by(&request.client),
        statements: statements(&request.client),
        sealed,
        sealed_for_another,
    };
    let mut response = page.into_response();
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, headers::csp_for_forms_that_leave());
    Ok(response)
}

/// What a person should know about an app that nobody here registered; empty for others.
fn vouched_by(client: &clients::Client) -> String {
    match client.registration.policies.provenance.registered_by {
        RegisteredBy::Administrator | RegisteredBy::File => String::new(),
        RegisteredBy::Itself => t("consent-registered-itself").into(),
        RegisteredBy::Document => {
            let host = url::Url::parse(&client.client_id).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
            t("consent-described").with("host", host).into()
        }
    }
}

/// The policy and the terms an app that nobody here registered has named (RFC 7591 section 2).
fn statements(client: &clients::Client) -> Vec<(Text, String)> {
    let provenance = &client.registration.policies.provenance;
    let names = [("policy_uri", t("consent-privacy-policy")), ("tos_uri", t("consent-terms"))];
    let named = |(name, label): (&str, Text)| Some((label, provenance.said.get(name)?.as_str()?.to_owned()));
    if provenance.is_stranger() { names.into_iter().filter_map(named).collect() } else { Vec::new() }
}

/// Where the person will be sent, short enough to read: the host, or the scheme of an app on this device.
fn destination(redirect_uri: &str) -> String {
    match url::Url::parse(redirect_uri) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => url.host_str().unwrap_or_default().to_owned(),
        Ok(url) => t("consent-place-app").with("scheme", url.scheme()).into(),
        Err(_) => String::new(),
    }
}

/// The form of the page.
#[derive(Deserialize)]
pub struct Answer {
    request: String,
    /// Whom the page was shown to.
    user: String,
    decision: String,
}

/// `POST /authorize/consent`.
pub async fn post(
    State(app): State<App>,
    MaybeSignedIn(signed_in): MaybeSignedIn,
    browser: web::Client,
    Form(form): Form<Answer>,
) -> Result<Response, AppError> {
    let now = app.clock.now();
    let asked = Asked::open(&app, &form.request, now)?;
    if form.decision == "allow" {
        // Someone else may have signed in, in another tab, since the page was shown; they are asked themselves.
        let same = signed_in.as_ref().is_some_and(|person| person.user.id.to_string() == form.user);
        let agreement = if same { Agreement::Given } else { Agreement::NotAsked };
        return authorize::proceed(&app, &asked, signed_in.as_ref(), &browser, agreement, now).await;
    }
    let client = match asked.params.get("client_id") {
        Some(client_id) => clients::find_by_client_id(&mut app.db.read().await?, client_id).await?,
        None => None,
    };
    let (client, _) = check::lend(&app, &asked.params, client, now);
    let error = match request::validate(&asked.params, client) {
        Ok(request) => request.refuse(AuthorizeErrorCode::AccessDenied, "the person did not agree"),
        Err(error) => error,
    };
    authorize::refusal(&app, &asked.params, error, signed_in.as_ref(), now).await
}
