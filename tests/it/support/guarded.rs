//! An app that knows nothing of sign-in, for a proxy to stand in front of: it tells what reached it.

use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use futures::{SinkExt as _, StreamExt as _};
use hyper_util::rt::TokioIo;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;
use tokio_util::task::AbortOnDropHandle;

/// What came to the app.
#[derive(Debug, Clone)]
pub(crate) struct Reached {
    pub(crate) method: String,
    /// Path and query.
    pub(crate) target: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Reached {
    /// Every value of a header, as text.
    pub(crate) fn all(&self, name: &str) -> Vec<String> {
        self.headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).collect()
    }
}

/// The app, listening on a port of the loopback address until dropped.
#[derive(Debug)]
pub(crate) struct GuardedApp {
    pub(crate) port: u16,
    reached: Arc<Mutex<Vec<Reached>>>,
    _serving: AbortOnDropHandle<()>,
}

impl GuardedApp {
    pub(crate) async fn start() -> Self {
        let reached = Arc::<Mutex<Vec<Reached>>>::default();
        let router = Router::new().fallback(note).with_state(Arc::clone(&reached));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.expect("it serves") });
        Self { port, reached, _serving: AbortOnDropHandle::new(serving) }
    }

    /// Everything that reached the app since the last time this was asked.
    pub(crate) fn reached(&self) -> Vec<Reached> {
        std::mem::take(&mut *self.reached.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The one request that reached the app.
    ///
    /// Panics when it was none or more.
    pub(crate) fn reached_once(&self) -> Reached {
        let reached = self.reached();
        assert_eq!(reached.len(), 1, "{reached:#?}");
        reached.into_iter().next().expect("one")
    }
}

async fn note(State(reached): State<Arc<Mutex<Vec<Reached>>>>, mut request: Request) -> Response {
    if let Some(key) = request.headers().get("sec-websocket-key") {
        let accepted = derive_accept_key(key.as_bytes());
        let who = request.headers().get("remote-user").map(|who| String::from_utf8_lossy(who.as_bytes()).into_owned()).unwrap_or_default();
        let upgrade = hyper::upgrade::on(&mut request);
        let came = Reached {
            method: request.method().to_string(),
            target: request.uri().to_string(),
            headers: request.headers().clone(),
            body: String::new(),
        };
        reached.lock().unwrap_or_else(PoisonError::into_inner).push(came);
        // Ends with the connection.
        tokio::spawn(async move { converse(upgrade.await.expect("an upgrade"), &who).await });
        let headers = [("connection", "upgrade".to_owned()), ("upgrade", "websocket".to_owned()), ("sec-websocket-accept", accepted)];
        return (StatusCode::SWITCHING_PROTOCOLS, headers).into_response();
    }
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.expect("a small body");
    let target = parts.uri.path_and_query().map_or_else(String::new, ToString::to_string);
    let page = format!("<!doctype html><link rel=icon href=\"data:,\"><h1>The app at {target}</h1>");
    let came = Reached { method: parts.method.to_string(), target, headers: parts.headers, body: String::from_utf8_lossy(&body).into_owned() };
    reached.lock().unwrap_or_else(PoisonError::into_inner).push(came);
    ([("content-type", "text/html")], page).into_response()
}

/// Says back what it is told, and by whom, as a web socket does.
async fn converse(connection: hyper::upgrade::Upgraded, who: &str) {
    let mut socket = WebSocketStream::from_raw_socket(TokioIo::new(connection), Role::Server, None).await;
    while let Some(Ok(said)) = socket.next().await {
        if let Message::Text(text) = said
            && socket.send(Message::text(format!("{who} said {text}"))).await.is_err()
        {
            return;
        }
    }
}
