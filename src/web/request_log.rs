//! One log line per request, written where the request ends, with the id a person sees on an error page too. Never a query string, cookie or body:
//! they may hold codes and tokens.

use std::time::Instant;

use axum::extract::{Request, State};
use axum::http::header::{ALLOW, HeaderName, HeaderValue, RETRY_AFTER};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::{Chrome, Client};
use crate::app::App;
use crate::error::{ErrorPage, Failure};

/// Middleware: names the request, turns a [`Failure`] into its page, logs.
pub async fn log(State(app): State<App>, client: Client, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let request_id = crate::secret::base64url(&crate::secret::random_bytes::<9>());
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    // Paths that carry a secret are cut before it.
    let secret = ["/lc/", "/st/"].into_iter().find(|prefix| path.starts_with(*prefix));
    let path = secret.map_or(path, |prefix| format!("{prefix}…"));
    let mut response = next.run(request).await;
    let failure = response.extensions_mut().remove::<Failure>();
    if let Some(failure) = &failure {
        // What programs go by; status 405 must say what is possible (RFC 9110, section 15.5.6).
        let kept = [RETRY_AFTER, ALLOW].map(|name| (response.headers().get(&name).cloned(), name));
        response = ErrorPage::new(Chrome::public(&app), failure, &request_id).into_response();
        *response.status_mut() = failure.status;
        for (value, name) in kept {
            if let Some(value) = value {
                response.headers_mut().insert(name, value);
            }
        }
    }
    if let Ok(value) = HeaderValue::from_str(&request_id) {
        response.headers_mut().insert(HeaderName::from_static("x-request-id"), value);
    }
    let (status, duration_ms) = (response.status().as_u16(), started.elapsed().as_millis());
    let ip = client.ip_text();
    // A proxy asks for each request of an app, and has a log of its own.
    let quiet = path.starts_with("/static/") || path.starts_with("/api/forward-auth/") || path == "/healthz" || path == "/readyz";
    match failure.and_then(|failure| failure.cause) {
        Some(cause) => {
            let cause = format!("{cause:#}");
            tracing::error!(%method, path, status, duration_ms, client.ip = ip, request.id = request_id, cause, "request failed");
        }
        None if status >= 500 => tracing::error!(%method, path, status, duration_ms, client.ip = ip, request.id = request_id, "request failed"),
        None if quiet => tracing::debug!(%method, path, status, duration_ms, client.ip = ip, request.id = request_id, "request"),
        None => tracing::info!(%method, path, status, duration_ms, client.ip = ip, request.id = request_id, "request"),
    }
    response
}
