//! Where browsers tell what they refused on our pages (Content Security Policy Level 3, section 5.3; Reporting API): a script somebody put there, an extension, or
//! a mistake of ours. Each distinct violation is logged once an hour, and all are counted for `/metrics`; nothing goes into the database.
//!
//! Anybody can send anything here, so a report is small, few are taken from one address and in all, and of what it says only this is kept: the directive, the
//! origin that was refused, and the path of the page with what is secret or personal left out. Never a query, a fragment or a piece of script.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use url::Url;
use uuid::Uuid;

use super::{Client, request_log};
use crate::app::App;
use crate::clock::Timestamp;
use crate::error::AppError;

/// Where.
pub const PATH: &str = "/csp-reports";
/// The largest body: browsers send several reports of about a kilobyte at once.
pub const BODY_BYTES_MAX: usize = 32 * 1024;
/// How many reports of one body are read.
const REPORTS_MAX: usize = 20;
/// How long nobody hears of the same violation again.
const QUIET_FOR: Duration = Duration::from_secs(3600);
/// How many distinct violations are told apart in that time; all further ones are one.
const DISTINCT_MAX: usize = 200;
/// The longest path that is kept.
const PATH_BYTES_MAX: usize = 200;

/// The directives there are reports about (Content Security Policy Level 3, section 6; Trusted Types).
const DIRECTIVES: [&str; 22] = [
    "base-uri",
    "child-src",
    "connect-src",
    "default-src",
    "font-src",
    "form-action",
    "frame-ancestors",
    "frame-src",
    "img-src",
    "manifest-src",
    "media-src",
    "object-src",
    "require-trusted-types-for",
    "script-src",
    "script-src-attr",
    "script-src-elem",
    "style-src",
    "style-src-attr",
    "style-src-elem",
    "trusted-types",
    "upgrade-insecure-requests",
    "worker-src",
];

/// What a browser refused.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Violation {
    /// One of [`DIRECTIVES`], or `other`.
    directive: &'static str,
    /// An origin, a scheme, or a word of the standard such as `inline`.
    blocked: String,
    /// The page, a path of ours.
    path: String,
}

/// A report as browsers send it: the newer names, and the older ones of `report-uri`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Body {
    #[serde(rename = "documentURL", alias = "document-uri")]
    document: String,
    #[serde(rename = "effectiveDirective", alias = "effective-directive")]
    directive: String,
    #[serde(rename = "violated-directive")]
    violated: String,
    #[serde(rename = "blockedURL", alias = "blocked-uri")]
    blocked: String,
}

/// `application/csp-report`.
#[derive(Debug, Deserialize)]
struct Older {
    #[serde(rename = "csp-report")]
    report: Body,
}

/// An entry of `application/reports+json`.
#[derive(Debug, Deserialize)]
struct Newer {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    body: serde_json::Value,
}

/// Reads a body; `None` when it is of neither kind, or no JSON.
fn read(content_type: &str, body: &[u8], is_ours: impl Fn(&Url) -> bool) -> Option<Vec<Violation>> {
    let bodies: Vec<Body> = match content_type.split(';').next().unwrap_or_default().trim() {
        "application/csp-report" => vec![serde_json::from_slice::<Older>(body).ok()?.report],
        "application/reports+json" => {
            let reports: Vec<Newer> = serde_json::from_slice(body).ok()?;
            let of_policies = reports.into_iter().take(REPORTS_MAX).filter(|report| report.kind == "csp-violation");
            of_policies.filter_map(|report| serde_json::from_value(report.body).ok()).collect()
        }
        _ => return None,
    };
    Some(bodies.iter().filter_map(|body| violation(body, &is_ours)).collect())
}

/// What is kept of a report; nothing of one about a page that is not ours.
fn violation(unverified: &Body, is_ours: &impl Fn(&Url) -> bool) -> Option<Violation> {
    let page = Url::parse(&unverified.document).ok().filter(|page| is_ours(page))?;
    let said = if unverified.directive.is_empty() { &unverified.violated } else { &unverified.directive };
    let said = said.split(' ').next().unwrap_or_default();
    let directive = DIRECTIVES.into_iter().find(|known| *known == said).unwrap_or("other");
    Some(Violation { directive, blocked: blocked(&unverified.blocked), path: page_path(page.path()) })
}

/// The origin of what was refused, or its scheme, or the word that stands for it; a path could be personal.
fn blocked(unverified: &str) -> String {
    let is_word = |text: &str| !text.is_empty() && text.len() <= 40 && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
    match Url::parse(unverified) {
        Ok(url) if url.has_host() && matches!(url.scheme(), "http" | "https" | "ws" | "wss") && unverified.len() <= 4096 => {
            url.origin().ascii_serialization().chars().take(PATH_BYTES_MAX).collect()
        }
        Ok(url) if url.scheme().len() <= 40 => url.scheme().to_owned(),
        Err(_) if is_word(unverified) => unverified.to_owned(),
        _ => "other".to_owned(),
    }
}

/// A path as the log has it, with the ids in it left out, so that the same page of two people is one.
fn page_path(path: &str) -> String {
    let plain = request_log::shown(path);
    let parts: Vec<&str> = plain.split('/').map(|part| if Uuid::try_parse(part).is_ok() { "{id}" } else { part }).collect();
    parts.join("/").chars().filter(|c| c.is_ascii_graphic() || *c == '…').take(PATH_BYTES_MAX).collect()
}

/// What this instance has heard.
#[derive(Debug, Default)]
pub struct Reports(Mutex<Heard>);

#[derive(Debug, Default)]
struct Heard {
    /// By directive, since the start.
    counts: BTreeMap<&'static str, i64>,
    /// When each was logged last.
    logged: HashMap<Violation, Timestamp>,
    /// When it was last said that there are too many to tell apart.
    overflowed_at: Option<Timestamp>,
}

/// What the log says of a violation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Said {
    /// What it is.
    It,
    /// That there are more than are told apart.
    ThereAreMore,
    /// Nothing: it did lately.
    Nothing,
}

impl Reports {
    fn note(&self, violation: &Violation, now: Timestamp) -> Said {
        let mut heard = self.heard();
        *heard.counts.entry(violation.directive).or_default() += 1;
        let is_quiet = |at: &Timestamp| now.since(*at) < QUIET_FOR;
        if heard.logged.get(violation).is_some_and(is_quiet) {
            return Said::Nothing;
        }
        if heard.logged.len() >= DISTINCT_MAX {
            heard.logged.retain(|_, at| is_quiet(at));
        }
        if heard.logged.len() >= DISTINCT_MAX {
            let was_said = heard.overflowed_at.as_ref().is_some_and(is_quiet);
            heard.overflowed_at = heard.overflowed_at.filter(|_| was_said).or(Some(now));
            return if was_said { Said::Nothing } else { Said::ThereAreMore };
        }
        heard.logged.insert(violation.clone(), now);
        Said::It
    }

    /// How many violations of each directive were reported to this instance since it was started.
    pub fn counts(&self) -> Vec<(&'static str, i64)> {
        self.heard().counts.iter().map(|(directive, count)| (*directive, *count)).collect()
    }

    fn heard(&self) -> MutexGuard<'_, Heard> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// `POST /csp-reports`. For everybody: the browser sends no cookie that would count. 415 for another content type, 400 for what cannot be read.
pub async fn take(State(app): State<App>, client: Client, headers: HeaderMap, body: Bytes) -> Response {
    let limited = app.limits.reports.check(&client).and_then(|()| app.limits.all_reports.check(&EVERYBODY));
    if let Err(AppError::TooManyRequests { retry_after_seconds }) = limited {
        return (StatusCode::TOO_MANY_REQUESTS, [(RETRY_AFTER, retry_after_seconds.to_string())]).into_response();
    }
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let is_ours = |page: &Url| page.origin().ascii_serialization() == app.config.origin.as_str();
    let Some(violations) = read(content_type, &body, is_ours) else {
        let is_known = content_type.starts_with("application/csp-report") || content_type.starts_with("application/reports+json");
        return if is_known { StatusCode::BAD_REQUEST } else { StatusCode::UNSUPPORTED_MEDIA_TYPE }.into_response();
    };
    for violation in violations {
        let Violation { directive, blocked, path } = &violation;
        match app.csp_reports.note(&violation, app.clock.now()) {
            Said::It => tracing::warn!(directive, blocked, path, "a browser refused something on a page of ours (Content-Security-Policy)"),
            Said::ThereAreMore => tracing::warn!("browsers refuse more different things on pages of ours than are told apart here"),
            Said::Nothing => {}
        }
    }
    StatusCode::NO_CONTENT.into_response()
}

/// Whom the limit for all is counted for.
static EVERYBODY: std::sync::LazyLock<Client> =
    std::sync::LazyLock::new(|| Client { ip: Some(std::net::IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED)), ..Client::default() });

#[cfg(test)]
mod tests {
    use super::*;

    fn ours(page: &Url) -> bool {
        page.host_str() == Some("id.example.org")
    }

    fn older(document: &str, directive: &str, blocked: &str) -> Vec<u8> {
        serde_json::json!({ "csp-report": { "document-uri": document, "violated-directive": directive, "blocked-uri": blocked, "script-sample": "secret" } })
            .to_string()
            .into_bytes()
    }

    fn one(document: &str, directive: &str, blocked: &str) -> Option<Violation> {
        read("application/csp-report", &older(document, directive, blocked), ours).expect("readable").pop()
    }

    #[test]
    fn of_a_report_only_directive_origin_and_path_are_kept() {
        let page = "https://id.example.org/admin/users/0198c0de-0000-7000-8000-000000000000?code=secret#secret";
        let kept = one(page, "script-src-elem 'self'", "https://evil.example:8443/x.js?token=secret").unwrap();
        let expected = Violation { directive: "script-src-elem", blocked: "https://evil.example:8443".into(), path: "/admin/users/{id}".into() };
        assert_eq!(kept, expected);
        assert_eq!(one("https://id.example.org/lc/a-secret-code", "img-src", "inline").unwrap().path, "/lc/…");
        for (said, kept) in [
            ("inline", "inline"),
            ("eval", "eval"),
            ("data:text/html,secret", "data"),
            ("chrome-extension://abc/secret", "chrome-extension"),
            ("SECRET secret", "other"),
            ("", "other"),
        ] {
            assert_eq!(
                one("https://id.example.org/", "made-up", said).unwrap(),
                Violation { directive: "other", blocked: kept.into(), path: "/".into() }
            );
        }
        assert_eq!(one("https://elsewhere.example/", "script-src", "inline"), None, "a page that is not ours");
        assert_eq!(one("nonsense", "script-src", "inline"), None);
    }

    #[test]
    fn both_forms_are_read_and_nothing_else() {
        let report = |kind: &str| serde_json::json!({ "type": kind, "age": 1, "body": { "documentURL": "https://id.example.org/sign-in", "effectiveDirective": "style-src-attr", "blockedURL": "inline" } });
        let list = serde_json::json!([report("csp-violation"), report("deprecation"), { "type": "csp-violation" }, report("csp-violation")]);
        let read_as = |kind: &str, body: &str| read(kind, body.as_bytes(), ours);
        let both = read_as("application/reports+json; charset=utf-8", &list.to_string()).unwrap();
        assert_eq!((both.len(), both[0].directive), (2, "style-src-attr"));
        assert_eq!(read_as("application/json", &list.to_string()), None);
        assert_eq!(read_as("application/reports+json", "{}"), None);
        assert_eq!(read_as("application/csp-report", "[]"), None);
        let many = serde_json::Value::Array(vec![report("csp-violation"); 100]);
        assert_eq!(read_as("application/reports+json", &many.to_string()).unwrap().len(), REPORTS_MAX);
    }

    #[test]
    fn a_violation_is_told_once_an_hour_and_counted_each_time() {
        let (reports, now) = (Reports::default(), Timestamp::from_seconds(1_000_000));
        let violation = |number: usize| Violation { directive: "script-src", blocked: "inline".into(), path: format!("/{number}") };
        assert_eq!((reports.note(&violation(0), now), reports.note(&violation(0), now)), (Said::It, Said::Nothing));
        assert_eq!(reports.note(&violation(0), now + QUIET_FOR), Said::It);
        for number in 1..DISTINCT_MAX {
            assert_eq!(reports.note(&violation(number), now + QUIET_FOR), Said::It);
        }
        assert_eq!(reports.note(&violation(DISTINCT_MAX), now + QUIET_FOR), Said::ThereAreMore);
        assert_eq!(reports.note(&violation(DISTINCT_MAX + 1), now + QUIET_FOR), Said::Nothing, "memory is bounded, and so is the log");
        assert_eq!(reports.note(&violation(DISTINCT_MAX + 1), now + QUIET_FOR * 2), Said::It, "an hour later there is room");
        assert_eq!(reports.counts(), [("script-src", i64::try_from(DISTINCT_MAX).unwrap() + 5)]);
    }
}
