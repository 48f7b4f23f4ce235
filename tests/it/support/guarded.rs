//! An app that knows nothing of sign-in, for a proxy to stand in front of: it tells what reached it.

use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::HeaderMap;
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

async fn note(State(reached): State<Arc<Mutex<Vec<Reached>>>>, request: Request) -> ([(&'static str, &'static str); 1], String) {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.expect("a small body");
    let target = parts.uri.path_and_query().map_or_else(String::new, ToString::to_string);
    let page = format!("<!doctype html><link rel=icon href=\"data:,\"><h1>The app at {target}</h1>");
    let came = Reached { method: parts.method.to_string(), target, headers: parts.headers, body: String::from_utf8_lossy(&body).into_owned() };
    reached.lock().unwrap_or_else(PoisonError::into_inner).push(came);
    ([("content-type", "text/html")], page)
}
