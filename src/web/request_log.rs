//! One log line per request, written where the request ends, with the id a person sees on an error page too. Never a query string, cookie or body:
//! they may hold codes and tokens.

use std::net::IpAddr;
use std::time::Instant;

use axum::extract::Request;
use axum::http::Method;
use axum::http::header::{ALLOW, HeaderName, HeaderValue, RETRY_AFTER};
use axum::response::{IntoResponse, Response};

use super::{Chrome, Client};
use crate::app::App;
use crate::error::{ErrorPage, Failure};

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// A path as the log has it: one that carries a secret is cut before it.
pub fn shown(path: &str) -> String {
    let secret = ["/lc/", "/st/"].into_iter().find(|prefix| path.starts_with(*prefix));
    secret.map_or_else(|| path.to_owned(), |prefix| format!("{prefix}…"))
}

/// A request under way.
pub struct Line {
    started: Instant,
    request_id: String,
    method: Method,
    path: String,
    ip: Option<IpAddr>,
}

impl Line {
    /// Names the request.
    pub fn begin(request: &Request, client: &Client) -> Self {
        let path = request.uri().path();
        let path = shown(path);
        let request_id = crate::secret::base64url(&crate::secret::random_bytes::<9>());
        Self { started: Instant::now(), request_id, method: request.method().clone(), path, ip: client.ip }
    }

    /// Turns a [`Failure`] into its page, and logs.
    pub fn end(self, app: &App, mut response: Response) -> Response {
        let Self { started, request_id, method, path, ip } = self;
        let failure = response.extensions_mut().remove::<Failure>();
        if let Some(failure) = &failure {
            // What programs go by; status 405 must say what is possible (RFC 9110, section 15.5.6).
            let kept = [RETRY_AFTER, ALLOW].map(|name| (response.headers().get(&name).cloned(), name));
            response = ErrorPage::new(Chrome::public(app), failure, &request_id).into_response();
            *response.status_mut() = failure.status;
            for (value, name) in kept {
                if let Some(value) = value {
                    response.headers_mut().insert(name, value);
                }
            }
        }
        if let Ok(value) = HeaderValue::from_str(&request_id) {
            response.headers_mut().insert(X_REQUEST_ID, value);
        }
        let (status, duration_ms) = (response.status().as_u16(), started.elapsed().as_millis());
        let ip = ip.map(|ip| ip.to_string()).unwrap_or_default();
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
}
