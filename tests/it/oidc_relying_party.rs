//! An app on this computer: it notes every request it gets, answers as a test says, and verifies what it is told.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use muster::clients::Registration;
use muster::secret::from_base64url;
use openidconnect::core::{CoreJsonWebKeySet, CoreJwsSigningAlgorithm};
use openidconnect::{JsonWebKey as _, JsonWebKeyId};
use serde_json::Value;
use tokio_util::task::AbortOnDropHandle;

use crate::oidc_support::{Provider, plain};
use crate::support::http::answer;
use crate::support::wait_until;

/// A request the app got.
#[derive(Clone, Debug)]
pub(crate) struct Heard {
    pub(crate) method: Method,
    pub(crate) uri: Uri,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

#[derive(Default)]
struct Inner {
    heard: Mutex<Vec<Heard>>,
    /// Status and body for the next notices; afterwards 200.
    answers: Mutex<VecDeque<(u16, &'static str)>>,
    /// Nothing is answered at all.
    stalls: AtomicBool,
    /// Where `/login` sends the browser.
    login: Mutex<String>,
}

/// The app.
pub(crate) struct RelyingParty {
    /// Such as `http://localhost:4000`.
    pub(crate) base: String,
    inner: Arc<Inner>,
    _server: AbortOnDropHandle<()>,
}

async fn respond(State(app): State<Arc<Inner>>, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let body = String::from_utf8_lossy(&body).into_owned();
    let path = uri.path().to_owned();
    app.heard.lock().expect("not poisoned").push(Heard { method, uri, headers, body });
    if app.stalls.load(Ordering::SeqCst) {
        std::future::pending::<()>().await;
    }
    match path.as_str() {
        "/backchannel" => {
            let (status, body) = app.answers.lock().expect("not poisoned").pop_front().unwrap_or((200, ""));
            (StatusCode::from_u16(status).expect("a status"), body).into_response()
        }
        "/login" => Redirect::to(&app.login.lock().expect("not poisoned").clone()).into_response(),
        _ => Html("<link rel=icon href=\"data:,\"><h1>The app</h1>").into_response(),
    }
}

impl RelyingParty {
    /// Listens on a free port of its own.
    pub(crate) async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let base = format!("http://localhost:{}", listener.local_addr().expect("an address").port());
        let inner = Arc::<Inner>::default();
        let router = axum::Router::new().fallback(respond).with_state(Arc::clone(&inner));
        let server = AbortOnDropHandle::new(tokio::spawn(async move { axum::serve(listener, router).await.expect("it serves") }));
        Self { base, inner, _server: server }
    }

    /// An address of the app.
    pub(crate) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// Makes a registration this app's, told over the back channel.
    pub(crate) fn told(&self, it: &mut Registration) {
        self.register(it);
        it.policies.logout.backchannel_logout_uri = self.at("/backchannel");
        it.policies.logout.backchannel_logout_session_required = true;
    }

    /// Makes a registration this app's.
    pub(crate) fn register(&self, it: &mut Registration) {
        it.redirect_uris = vec![self.at("/callback")];
        it.post_logout_redirect_uris = vec![self.at("/bye")];
    }

    /// Answers the next notices so.
    pub(crate) fn will_answer(&self, answers: &[(u16, &'static str)]) {
        self.inner.answers.lock().expect("not poisoned").extend(answers);
    }

    /// Answers nothing from now on.
    pub(crate) fn stall(&self) {
        self.inner.stalls.store(true, Ordering::SeqCst);
    }

    /// Answers again; what came meanwhile stays unanswered.
    pub(crate) fn recover(&self) {
        self.inner.stalls.store(false, Ordering::SeqCst);
    }

    /// Where `/login` sends the browser.
    pub(crate) fn login_leads_to(&self, address: &str) {
        *self.inner.login.lock().expect("not poisoned") = address.to_owned();
    }

    /// What it heard at a path, in order.
    pub(crate) fn heard(&self, path: &str) -> Vec<Heard> {
        self.inner.heard.lock().expect("not poisoned").iter().filter(|heard| heard.uri.path() == path).cloned().collect()
    }

    /// Waits until it has heard so many notices over the back channel, and gives the logout tokens.
    pub(crate) async fn logout_tokens(&self, count: usize) -> Vec<String> {
        wait_until(&format!("{count} notices"), async || self.heard("/backchannel").len() >= count).await;
        self.heard("/backchannel").iter().map(logout_token).collect()
    }
}

/// The logout token of a notice, which holds nothing else (OpenID Connect Back-Channel Logout 1.0, section 2.5).
fn logout_token(heard: &Heard) -> String {
    assert_eq!((&heard.method, heard.headers["content-type"].to_str().expect("ASCII")), (&Method::POST, "application/x-www-form-urlencoded"));
    let form: Vec<(String, String)> = serde_urlencoded::from_str(&heard.body).expect("a form");
    let [(name, token)] = form.as_slice() else { panic!("not one field: {form:?}") };
    assert_eq!(name, "logout_token");
    token.clone()
}

/// Verifies a JWT as an app does, with the keys this server publishes; gives header and claims.
pub(crate) async fn verified(provider: &Provider, token: &str) -> (Value, Value) {
    let keys = answer(plain().get(format!("{}/.well-known/jwks.json", provider.base))).await.body;
    let keys: CoreJsonWebKeySet = serde_json::from_str(&keys).expect("keys");
    let parts: Vec<&str> = token.split('.').collect();
    let [header, claims, signature] = parts.as_slice() else { panic!("not three parts: {token}") };
    let read = |part: &str| -> Value { serde_json::from_slice(&from_base64url(part).expect("base64url")).expect("JSON") };
    let head = read(header);
    let kid = JsonWebKeyId::new(head["kid"].as_str().expect("a key id").to_owned());
    let key = keys.keys().iter().find(|key| key.key_id() == Some(&kid)).expect("the key is published");
    let alg: CoreJwsSigningAlgorithm = serde_json::from_value(head["alg"].clone()).expect("an algorithm");
    let signature = from_base64url(signature).expect("base64url");
    key.verify_signature(&alg, format!("{header}.{claims}").as_bytes(), &signature).expect("a good signature");
    (head, read(claims))
}
