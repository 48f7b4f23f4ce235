//! What every answer carries. Pages get a strict Content-Security-Policy without inline script or style; an answer that needs another one sets it itself.

use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, Entry, HeaderName, HeaderValue, SET_COOKIE};
use axum::middleware::Next;
use axum::response::Response;

use crate::app::App;

const CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; \
                   manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The page policy with one more target a form of the page may end up at. Browsers apply `form-action` to the redirect that follows a form too, so
/// the consent page must name the client's origin. `None` when the address has nothing a policy can name.
pub fn csp_allowing_form_to(redirect_uri: &str) -> Option<HeaderValue> {
    let url = url::Url::parse(redirect_uri).ok()?;
    // A policy has no way to write an IPv6 address (CSP Level 3, section 2.3.1); like an app's own scheme, it can be named by its scheme only.
    let named = matches!(url.scheme(), "http" | "https") && matches!(url.host(), Some(url::Host::Domain(_) | url::Host::Ipv4(_)));
    let source = if named { url.origin().ascii_serialization() } else { format!("{}:", url.scheme()) };
    HeaderValue::from_str(&CSP.replace("form-action 'self'", &format!("form-action 'self' {source}"))).ok()
}

/// Middleware: adds the security headers an answer does not have yet.
pub async fn secure(State(app): State<App>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let is_page = headers.get(CONTENT_TYPE).is_some_and(|value| value.as_bytes().starts_with(b"text/html"));
    let mut add = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    add(CONTENT_SECURITY_POLICY, if is_page { CSP } else { "default-src 'none'; frame-ancestors 'none'" });
    // Everything not said to be public is somebody's own.
    add(CACHE_CONTROL, "no-store");
    add(HeaderName::from_static("x-content-type-options"), "nosniff");
    add(HeaderName::from_static("x-frame-options"), "DENY");
    add(HeaderName::from_static("referrer-policy"), "same-origin");
    // No Cross-Origin-Opener-Policy: apps sign people in through a pop-up, and it would cut the pop-up off from the app for good.
    add(
        HeaderName::from_static("permissions-policy"),
        "publickey-credentials-get=(self), publickey-credentials-create=(self), camera=(), microphone=(), geolocation=()",
    );
    if app.config.origin.is_https() {
        add(HeaderName::from_static("strict-transport-security"), "max-age=31536000");
        mark_cookies_secure(headers);
    }
    response
}

/// Browsers ignore a `Set-Cookie` for a name with the prefix `__Host-` that is not marked `Secure` (RFC 6265bis, section 4.1.3.2), also one that takes the
/// cookie away; tower-sessions leaves the mark out there.
fn mark_cookies_secure(headers: &mut HeaderMap) {
    let Entry::Occupied(mut cookies) = headers.entry(SET_COOKIE) else { return };
    for cookie in cookies.iter_mut() {
        let is_marked = cookie.to_str().is_ok_and(|text| text.split(';').any(|part| part.trim().eq_ignore_ascii_case("secure")));
        if !is_marked && let Ok(marked) = HeaderValue::from_bytes(&[cookie.as_bytes(), b"; Secure"].concat()) {
            *cookie = marked;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_may_end_at_the_clients_origin_and_nowhere_else() {
        let csp = |uri| csp_allowing_form_to(uri).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default();
        assert!(csp("https://wiki.example.org/cb?x=1").contains("form-action 'self' https://wiki.example.org;"));
        assert!(csp("app.immich:///oauth-callback").contains("form-action 'self' app.immich:;"));
        assert!(csp("http://[::1]:8000/cb").contains("form-action 'self' http:;"));
        assert!(csp("not a url").is_empty());
    }
}
