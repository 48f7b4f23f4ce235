//! What browsers report of our pages: where it goes, what is taken, and how much.

use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};

use crate::support::app::{Engine, TestApp};
use crate::support::browser::Page;
use crate::support::http::{Answer, answer};
use crate::support::wait_until;

const TOKEN: &str = "a-token-of-good-length";

/// Puts a script into a page, as somebody would who found a way to.
pub(crate) const INJECT: &str =
    "(() => { const script = document.createElement('script'); script.textContent = 'globalThis.injected = true'; document.body.append(script); })()";

/// The variable with which violations can be counted.
pub(crate) const fn counting() -> (&'static str, &'static str) {
    ("METRICS_TOKEN", TOKEN)
}

/// How many violations of a directive the server has heard of.
pub(crate) async fn count(app: &TestApp, directive: &str) -> i64 {
    let metrics = format!("http://127.0.0.1:{}/metrics", app.app().config.port);
    let text = answer(reqwest::Client::new().get(metrics).bearer_auth(TOKEN)).await.body;
    let sample = format!("muster_csp_violations_total{{directive=\"{directive}\"}} ");
    text.lines().find_map(|line| line.strip_prefix(&sample)).map_or(0, |count| count.parse().expect("a number"))
}

async fn report(app: &TestApp, kind: &str, body: String, from: &str) -> Answer {
    // As a browser sends it: no cookie, no token.
    let request = app.browser().request(Method::POST, "/csp-reports").header(CONTENT_TYPE, kind).header("x-forwarded-for", from);
    answer(request.body(body)).await
}

fn older(page: &str, directive: &str) -> String {
    json!({ "csp-report": { "document-uri": page, "effective-directive": directive, "blocked-uri": "https://evil.example/x.js?secret" } }).to_string()
}

#[tokio::test]
async fn reports_of_both_kinds_are_counted_and_anything_else_is_turned_away() {
    let app = TestApp::start_with(Engine::Sqlite, &[counting()]).await;
    let page = format!("{}/sign-in?request=secret", app.url);
    let policy = app.browser().get("/sign-in").await.header("content-security-policy").to_owned();
    assert!(policy.ends_with("; report-uri /csp-reports"), "{policy}");
    assert!(app.browser().get("/sign-in").await.headers.get("reporting-endpoints").is_none(), "over http nobody would use it");

    assert_eq!(report(&app, "application/csp-report", older(&page, "script-src-elem"), "192.0.2.1").await.status, 204);
    let newer = |url: &str| json!({ "type": "csp-violation", "body": { "documentURL": url, "effectiveDirective": "style-src-attr", "blockedURL": "inline" } });
    let list = Value::Array(vec![newer(&page), newer(&page), newer("https://elsewhere.example/"), json!({ "type": "deprecation", "body": {} })]);
    assert_eq!(report(&app, "application/reports+json", list.to_string(), "192.0.2.1").await.status, 204);
    assert_eq!((count(&app, "script-src-elem").await, count(&app, "style-src-attr").await), (1, 2), "a page elsewhere is not ours");
    assert_eq!(report(&app, "application/csp-report", older(&page, "<script>"), "192.0.2.1").await.status, 204);
    assert_eq!(count(&app, "other").await, 1);

    for (kind, body, status) in [
        ("application/csp-report", "{".to_owned(), 400),
        ("application/reports+json", "{}".to_owned(), 400),
        ("application/json", older(&page, "script-src"), 415),
        ("application/x-www-form-urlencoded", "a=b".to_owned(), 415),
        ("text/plain", older(&page, "script-src"), 415),
        ("application/csp-report", older(&"x".repeat(33 * 1024), "script-src"), 413),
    ] {
        let refused = report(&app, kind, body, "192.0.2.2").await;
        assert_eq!(refused.status.as_u16(), status, "{kind}");
    }
    assert_eq!(count(&app, "script-src").await, 0);
    assert_eq!(app.browser().get("/csp-reports").await.status, 405);

    // Few from one address, and others are heard meanwhile.
    let mut taken = 0;
    let refused = loop {
        let answer = report(&app, "application/csp-report", older(&page, "img-src"), "192.0.2.3").await;
        if answer.status != 204 {
            break answer;
        }
        taken += 1;
        assert!(taken < 60, "there is no end");
    };
    assert_eq!(refused.status, 429);
    assert!(!refused.header("retry-after").is_empty() && taken >= 20, "{taken}");
    assert_eq!(report(&app, "application/csp-report", older(&page, "font-src"), "192.0.2.4").await.status, 204);
    app.stop().await;
}

#[tokio::test]
async fn all_addresses_together_cannot_flood_the_log_either() {
    let app = TestApp::start(Engine::Sqlite).await;
    let page = format!("{}/sign-in", app.url);
    let mut refused = false;
    for number in 0..400 {
        let from = format!("198.51.{}.{}", number / 200, number % 200 + 1);
        refused |= report(&app, "application/csp-report", older(&page, "img-src"), &from).await.status == 429;
        if refused {
            break;
        }
    }
    assert!(refused, "400 reports of as many addresses were taken");
    app.stop().await;
}

#[tokio::test]
async fn a_script_put_into_a_page_does_not_run_and_the_browser_reports_it() {
    let app = TestApp::start_with(Engine::Sqlite, &[counting()]).await;
    let page = Page::open().await;
    page.goto(&format!("{}/sign-in?back=%2Faccount", app.url)).await;
    page.eval(INJECT).await;
    wait_until("the report of the script that was refused", async || count(&app, "script-src-elem").await == 1).await;
    assert_eq!(page.eval("globalThis.injected === true").await, false);
    page.forget_problems();
    app.stop().await;
}
