//! What every answer carries. Pages get a strict Content-Security-Policy without inline script or style; an answer that needs another one sets it itself.

use axum::http::HeaderMap;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, Entry, HeaderName, HeaderValue, REFERRER_POLICY, SET_COOKIE, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::response::Response;

use crate::app::App;

const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");

/// Where browsers report what they refuse, for those that know the Reporting API (over https only) and for those that do not.
const REPORTING_ENDPOINTS: HeaderName = HeaderName::from_static("reporting-endpoints");
const ENDPOINTS: &str = "csp=\"/csp-reports\"";
const REPORTED: &str = "; report-uri /csp-reports";
const REPORTED_BY_HTTPS: &str = "; report-uri /csp-reports; report-to csp";

const CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; \
                   manifest-src 'self'; form-action 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'";

/// The page policy for a page whose form ends at an app. It does not say where forms may go: browsers apply `form-action` to every redirect that follows a
/// form too, and only the app knows where it sends the browser on to: another of its hosts, or `app.immich:` on a telephone. Such pages have forms of ours only.
pub fn csp_for_forms_that_leave() -> HeaderValue {
    HeaderValue::from_str(&CSP.replace("form-action 'self'; ", "")).unwrap_or(HeaderValue::from_static(CSP))
}

/// The page policy for a page that loads pages of these origins inside itself, and of no other. Origins hold nothing that means something to a policy.
pub fn csp_with_frames<'a>(origins: impl Iterator<Item = &'a str>) -> HeaderValue {
    let origins: std::collections::BTreeSet<&str> = origins.collect();
    let frames: Vec<&str> = origins.into_iter().filter(|origin| !origin.contains([';', ',', ' '])).collect();
    let policy = format!("{CSP}; frame-src {}", if frames.is_empty() { "'none'".to_owned() } else { frames.join(" ") });
    HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static(CSP))
}

/// Marks an answer that a proxy hands to a browser under another address: what we say about our own address is not to be said about that one.
#[derive(Clone, Copy, Debug)]
pub struct ForAnotherHost;

/// How many headers an answer gets here at most: room is made for them at once.
const ADDED: usize = 10;

/// Adds the security headers an answer does not have yet.
pub fn secure(app: &App, is_of_administration: bool, mut response: Response) -> Response {
    if response.extensions().get::<ForAnotherHost>().is_some() {
        response.headers_mut().entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
        return response;
    }
    let headers = response.headers_mut();
    headers.reserve(ADDED);
    let is_page = headers.get(CONTENT_TYPE).is_some_and(|value| value.as_bytes().starts_with(b"text/html"));
    let mut add = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    add(CONTENT_SECURITY_POLICY, if is_page { CSP } else { "default-src 'none'; frame-ancestors 'none'" });
    // Everything not said to be public is somebody's own.
    add(CACHE_CONTROL, "no-store");
    add(X_CONTENT_TYPE_OPTIONS, "nosniff");
    add(X_FRAME_OPTIONS, "DENY");
    add(REFERRER_POLICY, "same-origin");
    // Elsewhere no Cross-Origin-Opener-Policy: apps sign people in through a pop-up, and it would cut the pop-up off from the app for good.
    if is_of_administration {
        add(OPENER_POLICY, "same-origin");
    }
    if is_page {
        add(RESOURCE_POLICY, "same-origin");
        if app.config.origin.is_https() {
            add(REPORTING_ENDPOINTS, ENDPOINTS);
        }
    }
    add(PERMISSIONS_POLICY, "publickey-credentials-get=(self), publickey-credentials-create=(self), camera=(), microphone=(), geolocation=()");
    if app.config.origin.is_https() {
        let also_below = app.settings().hsts_subdomains;
        add(STRICT_TRANSPORT_SECURITY, if also_below { "max-age=31536000; includeSubDomains" } else { "max-age=31536000" });
        mark_cookies_secure(headers);
    }
    if is_page {
        report(headers, app.config.origin.is_https());
    }
    response
}

/// Has browsers report what a page's policy makes them refuse, whichever policy it is. Where `report-to` stands, they leave `report-uri` out of account, and that
/// one works over https alone.
fn report(headers: &mut HeaderMap, is_https: bool) {
    let Entry::Occupied(mut policy) = headers.entry(CONTENT_SECURITY_POLICY) else { return };
    let with_report = [policy.get().as_bytes(), if is_https { REPORTED_BY_HTTPS } else { REPORTED }.as_bytes()].concat();
    if let Ok(with_report) = HeaderValue::from_bytes(&with_report) {
        policy.insert(with_report);
    }
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
    fn a_page_whose_form_leaves_is_as_strict_in_all_else() {
        let policy = csp_for_forms_that_leave();
        let policy = policy.to_str().unwrap();
        assert!(!policy.contains("form-action") && CSP.contains("form-action 'self'; "));
        for kept in ["default-src 'none'; ", "script-src 'self'; ", "base-uri 'none'; ", "frame-ancestors 'none'"] {
            assert!(policy.contains(kept), "{kept}");
        }
    }

    #[test]
    fn the_place_for_reports_is_added_to_whatever_policy_a_page_has() {
        let with_report = |is_https| {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_SECURITY_POLICY, csp_for_forms_that_leave());
            report(&mut headers, is_https);
            headers[CONTENT_SECURITY_POLICY].to_str().unwrap().to_owned()
        };
        let path = crate::web::csp_reports::PATH;
        assert!(with_report(false).ends_with(&format!("frame-ancestors 'none'; report-uri {path}")));
        assert!(with_report(true).ends_with(&format!("; report-uri {path}; report-to csp")) && ENDPOINTS.contains(&format!("csp=\"{path}\"")));
    }

    #[test]
    fn frames_come_from_the_origins_named_and_nowhere_else() {
        let policy = csp_with_frames(["https://b.example", "https://a.example:8443", "https://b.example", "https://x; script-src *"].into_iter());
        assert_eq!(policy.to_str().unwrap(), format!("{CSP}; frame-src https://a.example:8443 https://b.example"));
    }
}
