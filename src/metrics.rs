//! `GET /metrics`: a few numbers in the text format of OpenMetrics 1.0, for a Prometheus.
//!
//! Written by hand: a dozen gauges read from the database at the moment they are asked for need no registry, no background counters and no crate.
//!
//! Off unless `METRICS_TOKEN` is set, and then only with that token. That somebody calls from this very machine is no proof: behind a reverse proxy
//! beside the server everybody does.

use std::fmt::Write as _;

use axum::extract::State;
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

use crate::app::App;
use crate::clock::Timestamp;
use crate::error::AppError;
use crate::secret::equal;
use crate::{directory, users};

/// `GET /metrics`. 404 without a configured token, 401 with another one.
pub async fn get(State(app): State<App>, headers: HeaderMap) -> Result<Response, AppError> {
    let Some(token) = &app.config.metrics_token else { return Err(AppError::NotFound) };
    let given = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(|value| value.strip_prefix("Bearer "));
    if !given.is_some_and(|given| equal(given.as_bytes(), token.reveal().as_bytes())) {
        return Ok((StatusCode::UNAUTHORIZED, [(WWW_AUTHENTICATE, "Bearer")], "This needs METRICS_TOKEN as a bearer token.\n").into_response());
    }
    let text = measure(&app, app.clock.now()).await?;
    let content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(([(CONTENT_TYPE, content_type), (CACHE_CONTROL, "no-store")], text).into_response())
}

async fn measure(app: &App, now: Timestamp) -> anyhow::Result<String> {
    let mut page = Page::default();
    page.family("muster_build", "info", "", "The running version.");
    page.sample("muster_build_info", &[("version", env!("CARGO_PKG_VERSION"))], 1);
    let people = users::count_by_state(&mut app.db.read().await?).await?;
    page.family("muster_people", "gauge", "", "People by where they come from and whether they may sign in.");
    for (source, state, count) in &people {
        page.sample("muster_people", &[("source", source), ("state", state)], *count);
    }
    let directories = directory::measures(app, now).await?;
    let mut family = |name: &str, unit: &str, help: &str, value: &dyn Fn(&directory::Measures) -> Option<i64>| {
        page.family(name, "gauge", unit, help);
        for one in &directories {
            if let Some(value) = value(one) {
                page.sample(name, &[("directory", &one.directory)], value);
            }
        }
    };
    family("muster_directory_enabled", "", "Whether the directory is in use.", &|one| Some(one.is_enabled.into()));
    family("muster_directory_groups", "", "Groups known from the directory.", &|one| Some(one.groups));
    family("muster_directory_held_runs", "", "Runs that wait for an administrator.", &|one| Some(one.held.into()));
    let help = "Time since a run last agreed with the directory.";
    family("muster_directory_last_good_run_age_seconds", "seconds", help, &|one| one.good_age_seconds);
    let help = "How long the last run took, in milliseconds.";
    family("muster_directory_last_run_milliseconds", "milliseconds", help, &|one| one.last_run_millis);
    let help = "Until the server's certificate ends; negative when it has.";
    family("muster_directory_certificate_left_seconds", "seconds", help, &|one| one.certificate_left_seconds);
    page.family("muster_directory_last_run", "gauge", "", "How the last run ended: 1 for its outcome.");
    for one in &directories {
        if let Some(outcome) = one.outcome {
            page.sample("muster_directory_last_run", &[("directory", &one.directory), ("outcome", outcome.as_str())], 1);
        }
    }
    page.family("muster_csp_violations", "counter", "", "What browsers refused on pages of this server, as reported to this instance, by directive.");
    for (directive, count) in app.csp_reports.counts() {
        page.sample("muster_csp_violations_total", &[("directive", directive)], count);
    }
    if let Some(pages) = resident_pages().await {
        page.family("process_resident_memory_bytes", "gauge", "bytes", "Memory of the process.");
        page.sample("process_resident_memory_bytes", &[], pages.saturating_mul(4096));
    }
    page.text.push_str("# EOF\n");
    Ok(page.text)
}

/// Pages of memory, as Linux tells; `None` elsewhere.
async fn resident_pages() -> Option<i64> {
    let statm = tokio::fs::read_to_string("/proc/self/statm").await.ok()?;
    statm.split(' ').nth(1)?.parse().ok()
}

/// The text so far.
#[derive(Default)]
struct Page {
    text: String,
}

impl Page {
    fn family(&mut self, name: &str, kind: &str, unit: &str, help: &str) {
        let _ = writeln!(self.text, "# TYPE {name} {kind}");
        if !unit.is_empty() {
            let _ = writeln!(self.text, "# UNIT {name} {unit}");
        }
        let _ = writeln!(self.text, "# HELP {name} {}", escaped(help));
    }

    fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: i64) {
        let labels: Vec<String> = labels.iter().map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect();
        let braces = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        let _ = writeln!(self.text, "{name}{braces} {value}");
    }
}

/// As label values and help texts are written.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_written_as_the_format_wants_them() {
        let mut page = Page::default();
        page.family("a_seconds", "gauge", "seconds", "How \"long\"\nit is.");
        page.sample("a_seconds", &[("directory", "x\\y\"z")], -3);
        page.sample("b", &[], 7);
        let expected = "# TYPE a_seconds gauge\n# UNIT a_seconds seconds\n# HELP a_seconds How \\\"long\\\"\\nit is.\na_seconds{directory=\"x\\\\y\\\"z\"} -3\nb 7\n";
        assert_eq!(page.text, expected);
    }
}
