//! A tiny app that knows nothing about Muster but its address, a client id and a secret, and signs people in with the `openidconnect` crate.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use anyhow::Context as _;
use axum::Router;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::http::header::{COOKIE, SET_COOKIE};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;
use openidconnect::core::{CoreClient, CoreProviderMetadata, CoreResponseType};
use openidconnect::{
    AuthenticationFlow, AuthorizationCode, ClientId, ClientSecret, CsrfToken, HttpRequest, HttpResponse, IssuerUrl, Nonce, PkceCodeChallenge,
    PkceCodeVerifier, RedirectUrl, Scope,
};
use tokio::net::TcpListener;

/// What the app was told by the administrator who registered it.
pub(crate) struct Registration {
    pub(crate) issuer: String,
    pub(crate) client_id: String,
    pub(crate) client_secret: String,
}

struct Wiki {
    registration: Registration,
    address: String,
    http: reqwest::Client,
    /// Sign-ins under way, by state; and who is signed in, by cookie.
    waiting: Mutex<HashMap<String, (PkceCodeVerifier, Nonce)>>,
    readers: Mutex<HashMap<String, String>>,
}

/// Serves the app on a listener; it ends with the process.
pub(crate) fn start(listener: TcpListener, address: String, registration: Registration) {
    let wiki = Wiki { registration, address, http: reqwest::Client::new(), waiting: Mutex::default(), readers: Mutex::default() };
    let router = Router::new().route("/", get(home)).route("/sign-in", get(sign_in)).route("/callback", get(callback)).with_state(Arc::new(wiki));
    tokio::spawn(async move { axum::serve(listener, router).await });
}

async fn home(State(wiki): State<Arc<Wiki>>, headers: HeaderMap) -> Html<String> {
    let cookie = headers.get(COOKIE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let key = cookie.split("; ").find_map(|pair| pair.strip_prefix("wiki=")).unwrap_or_default();
    let reader = wiki.readers.lock().ok().and_then(|readers| readers.get(key).cloned());
    page(&reader.map_or_else(
        || "<p>You are not signed in.</p><p><a class=\"go\" href=\"/sign-in\">Sign in with Muster</a></p>".to_owned(),
        |claims| format!("<p id=\"welcome\">You are signed in. This is what the wiki was told:</p><pre id=\"claims\">{}</pre><p><a href=\"/sign-in\">Sign in again</a></p>", escape(&claims)),
    ))
}

async fn sign_in(State(wiki): State<Arc<Wiki>>) -> Response {
    answer(begin(&wiki).await)
}

async fn callback(State(wiki): State<Arc<Wiki>>, Query(parameters): Query<HashMap<String, String>>) -> Response {
    answer(finish(&wiki, &parameters).await)
}

/// The client as discovery describes it. A macro, since the type has one parameter for each endpoint that is set.
macro_rules! client {
    ($wiki:expr) => {{
        let ask = |request: HttpRequest| ask($wiki.http.clone(), request);
        let metadata = CoreProviderMetadata::discover_async(IssuerUrl::new($wiki.registration.issuer.clone())?, &ask).await?;
        let secret = ClientSecret::new($wiki.registration.client_secret.clone());
        CoreClient::from_provider_metadata(metadata, ClientId::new($wiki.registration.client_id.clone()), Some(secret))
            .set_redirect_uri(RedirectUrl::new(format!("{}/callback", $wiki.address))?)
    }};
}

async fn begin(wiki: &Wiki) -> anyhow::Result<Response> {
    let client = client!(wiki);
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let request = client.authorize_url(AuthenticationFlow::<CoreResponseType>::AuthorizationCode, CsrfToken::new_random, Nonce::new_random);
    let scopes = ["profile", "email", "groups"].map(|scope| Scope::new(scope.to_owned()));
    let (url, state, nonce) = request.add_scopes(scopes).set_pkce_challenge(challenge).url();
    wiki.waiting.lock().ok().context("lock")?.insert(state.secret().clone(), (verifier, nonce));
    Ok(Redirect::to(url.as_str()).into_response())
}

async fn finish(wiki: &Wiki, parameters: &HashMap<String, String>) -> anyhow::Result<Response> {
    if let Some(error) = parameters.get("error") {
        anyhow::bail!("Muster said: {error}: {}", parameters.get("error_description").cloned().unwrap_or_default());
    }
    let state = parameters.get("state").context("no state")?;
    let (verifier, nonce) = wiki.waiting.lock().ok().and_then(|mut waiting| waiting.remove(state)).context("an unknown state")?;
    let code = AuthorizationCode::new(parameters.get("code").context("no code")?.clone());
    let client = client!(wiki);
    let ask = |request: HttpRequest| ask(wiki.http.clone(), request);
    let tokens = client.exchange_code(code)?.set_pkce_verifier(verifier).request_async(&ask).await?;
    let id_token = openidconnect::TokenResponse::id_token(&tokens).context("no ID token")?;
    // Checks signature, issuer, audience, expiry and nonce.
    id_token.claims(&client.id_token_verifier(), &nonce)?;
    // The groups are not among the standard claims the crate knows; read them from the token it has just checked.
    let text = id_token.to_string();
    let payload = text.split('.').nth(1).and_then(muster::secret::from_base64url).context("an ID token has three parts")?;
    let claims: serde_json::Value = serde_json::from_slice(&payload)?;
    let key = CsrfToken::new_random().secret().clone();
    wiki.readers.lock().ok().context("lock")?.insert(key.clone(), serde_json::to_string_pretty(&claims)?);
    Ok(([(SET_COOKIE, format!("wiki={key}; HttpOnly; SameSite=Lax; Path=/"))], Redirect::to("/")).into_response())
}

async fn ask(http: reqwest::Client, request: HttpRequest) -> Result<HttpResponse, openidconnect::HttpClientError<reqwest::Error>> {
    let answer = http.execute(request.try_into().map_err(Box::new)?).await.map_err(Box::new)?;
    let mut response = openidconnect::http::Response::builder().status(answer.status());
    for (name, value) in answer.headers() {
        response = response.header(name, value);
    }
    let body = answer.bytes().await.map_err(Box::new)?.to_vec();
    response.body(body).map_err(openidconnect::HttpClientError::Http)
}

fn answer(result: anyhow::Result<Response>) -> Response {
    result.unwrap_or_else(|error| {
        page(&format!("<p>Signing in did not work: {}</p><p><a href=\"/\">Back</a></p>", escape(&format!("{error:#}")))).into_response()
    })
}

fn page(content: &str) -> Html<String> {
    Html(format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>Example wiki</title>\
         <link rel=\"icon\" href=\"data:,\">\
         <style>:root{{color-scheme:light dark}}body{{font:1rem/1.5 system-ui;max-width:40rem;margin:10vh auto;padding:0 1rem}}\
         pre{{padding:1rem;border:1px solid #8884;border-radius:.5rem;white-space:pre-wrap;overflow-wrap:anywhere}}.go{{display:inline-block;padding:.6rem 1rem;border-radius:.5rem;\
         background:#3451b2;color:#fff;text-decoration:none}}</style><h1>Example wiki</h1>{content}</html>"
    ))
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
