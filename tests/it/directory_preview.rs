//! Previews and runs on the pages: made once, searched and paged without asking the directory again, and what a run leaves to read.

use crate::pages_support::administrator;
use crate::support::app::{Engine, TestApp, on_each_engine};
use crate::support::http::{Answer, Browser};
use crate::support::slapd::{BASE, SERVICE_DN, SERVICE_PASSWORD, Slapd, organisation, person_dn};
use crate::support::wait_until;

const PREVIEW: &str = "/admin/directories/default/preview";
const RUNS: &str = "/admin/directories/default/runs";
const SYNC: &str = "/admin/directories/default/sync";

/// A server connected to a slapd by its environment, which syncs when it is asked to: what these tests count begins with them.
pub(crate) fn environment(slapd: &Slapd) -> Vec<(&'static str, String)> {
    vec![
        ("LDAP_ENABLED", "true".to_owned()),
        ("LDAP_URL", slapd.url()),
        ("LDAP_BIND_DN", SERVICE_DN.to_owned()),
        ("LDAP_BIND_PASSWORD", SERVICE_PASSWORD.to_owned()),
        ("LDAP_BASE", BASE.to_owned()),
        ("LDAP_USER_SEARCH_FILTER", "(objectClass=inetOrgPerson)".to_owned()),
        ("LDAP_SYNC_INTERVAL", "never".to_owned()),
    ]
}

pub(crate) async fn connected(slapd: &Slapd) -> (TestApp, Browser) {
    connected_by(&environment(slapd)).await
}

async fn connected_by(variables: &[(&str, String)]) -> (TestApp, Browser) {
    let variables: Vec<(&str, &str)> = variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let app = TestApp::start_with(Engine::Sqlite, &variables).await;
    let (_, browser) = administrator(&app, "root").await;
    (app, browser)
}

/// Presses a button, and follows a run it begins to its end.
pub(crate) async fn press(browser: &Browser, page: &Answer, action: &str) -> Answer {
    let answer = browser.submit(page, action, &[]).await;
    let answer = browser.follow(answer).await;
    let here = answer.url.to_string();
    wait_until("the run to end", async || !browser.get(&here).await.body.contains("still running")).await;
    browser.get(&here).await
}

#[tokio::test]
async fn a_preview_is_made_once_and_searched_and_paged_while_the_directory_is_away() {
    let mut slapd = Slapd::start(&organisation(120, 3)).await;
    let (app, browser) = connected(&slapd).await;
    let empty = browser.get(PREVIEW).await;
    assert!(empty.body.contains("No preview yet"), "{}", empty.body);
    let preview = press(&browser, &empty, PREVIEW).await;
    assert_eq!(preview.url.path(), PREVIEW);
    assert_eq!(preview.texts("table.changes tbody tr").len(), 50, "{}", preview.body);
    assert_eq!(app.count("SELECT COUNT(*) FROM users WHERE directory = 'default'", vec![]).await, 0, "nothing of people is written");
    assert_eq!(app.count("SELECT COUNT(*) FROM sync_runs WHERE outcome = 'previewed'", vec![]).await, 0, "a preview is no run");

    slapd.stop().await;
    let next = preview.attribute(".pager a[rel=next]", "href").expect("a second page");
    let second = browser.get(preview.url.join(&next).expect("a URL").as_str()).await;
    assert_eq!(second.status, 200);
    assert_ne!(second.texts("table.changes tbody th")[0], preview.texts("table.changes tbody th")[0]);
    let found = browser.get(&format!("{PREVIEW}?q=person000007&show=created")).await;
    assert_eq!(found.texts("table.changes tbody tr").len(), 1, "{}", found.body);
    assert!(found.body.contains("person000007"));
    let nobody = browser.get(&format!("{PREVIEW}?q=zzzz")).await;
    assert!(nobody.body.contains("Nothing fits"));

    // Another administrator has not made one.
    let (_, other) = administrator(&app, "second").await;
    assert!(other.get(PREVIEW).await.body.contains("No preview yet"));
    // After an hour it is too old to go by.
    app.clock.advance(std::time::Duration::from_secs(3601));
    app.stop().await;
}

#[tokio::test]
async fn settings_can_be_previewed_before_they_are_saved() {
    on_each_engine(async |app| {
        let (_, browser) = administrator(app, "root").await;
        let slapd = Slapd::start(&organisation(3, 1)).await;
        let mut page = browser.get("/admin/directories/default/settings").await;
        page.body = page.body.replacen("action=\"/admin/directories/default/settings\"", &format!("action=\"{PREVIEW}\""), 1);
        let typed = environment(&slapd);
        let fields: Vec<(&str, &str)> = typed.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let counted = browser.submit(&page, PREVIEW, &fields).await;
        assert_eq!(counted.status, 200);
        assert!(
            counted.body.contains("This is what a sync would change") && counted.body.contains(&format!("href=\"{PREVIEW}\"")),
            "{}",
            counted.body
        );
        let preview = browser.get(PREVIEW).await;
        assert!(preview.body.contains("settings that are not saved"), "{}", preview.body);
        assert_eq!(preview.texts("table.changes .badge.good").iter().filter(|words| *words == "New").count(), 3);
        assert_eq!(app.count("SELECT COUNT(*) FROM settings", vec![]).await, 0);

        let wrong = browser.submit(&page, PREVIEW, &[("LDAP_URL", "nonsense")]).await;
        assert_eq!(wrong.status, 422, "a mistake comes back with the form");
    })
    .await;
}

#[tokio::test]
async fn a_run_tells_who_asked_which_server_answered_and_what_changed_from_what_to_what() {
    let slapd = Slapd::start(&organisation(12, 2)).await;
    let (app, browser) = connected(&slapd).await;
    let first = press(&browser, &browser.get(RUNS).await, SYNC).await;
    assert_eq!(first.texts(".badge")[0], "Applied", "{}", first.body);
    assert!(first.body.contains(">root</a>") && first.body.contains(&slapd.url()), "{}", first.body);
    assert_eq!(first.texts(".numbers dt"), ["Reach the server", "Read people", "Read groups", "Compare", "Write"]);

    slapd.tools().modify(&format!("dn: {}\nchangetype: modify\nreplace: mail\nmail: new@example.org\n", person_dn("person000003"))).await;
    let second = press(&browser, &browser.get(RUNS).await, SYNC).await;
    let lines = second.texts("table.changes tbody tr");
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].contains("person000003@") && lines[0].contains("new@example.org"), "{lines:?}");

    assert_eq!(browser.get(RUNS).await.texts("tbody tr").len(), 2);
    assert_eq!(browser.get(&format!("{RUNS}?outcome=failed")).await.texts("tbody tr").len(), 0);
    assert_eq!(browser.get(&format!("{RUNS}?outcome=applied")).await.texts("tbody tr").len(), 2);
    app.stop().await;
}

#[tokio::test]
async fn a_directory_is_called_stale_when_three_turns_of_its_schedule_brought_no_good_run_and_never_without_a_schedule() {
    let mut slapd = Slapd::start(&organisation(3, 1)).await;
    let mut variables = environment(&slapd);
    let (unscheduled, watcher) = connected_by(&variables).await;
    press(&watcher, &watcher.get(RUNS).await, SYNC).await;
    variables.retain(|(name, _)| *name != "LDAP_SYNC_INTERVAL");
    let (scheduled, browser) = connected_by(&variables).await;
    press(&browser, &browser.get(RUNS).await, SYNC).await;
    assert!(!browser.get("/admin").await.body.contains("last good sync"));

    slapd.stop().await;
    for app in [&scheduled, &unscheduled] {
        app.clock.advance(std::time::Duration::from_secs(3 * 3600 + 60));
    }
    let home = browser.get("/admin").await;
    assert!(home.body.contains("last good sync was") && home.body.contains("not encrypted"), "{}", home.body);
    let home = watcher.get("/admin").await;
    assert!(!home.body.contains("last good sync") && home.body.contains("not encrypted"), "{}", home.body);
    assert!(watcher.get("/admin/directories/default").await.body.contains("only when somebody asks for it"));
    scheduled.stop().await;
    unscheduled.stop().await;
}

#[tokio::test]
async fn metrics_are_there_for_whoever_has_the_token_and_for_nobody_without_one() {
    let slapd = Slapd::start(&organisation(4, 1)).await;
    let mut variables = environment(&slapd);
    let (app, browser) = connected(&slapd).await;
    assert_eq!(browser.get("/metrics").await.status, 404, "off unless a token is set");
    app.stop().await;

    variables.push(("METRICS_TOKEN", "a-token-of-good-length".to_owned()));
    let pairs: Vec<(&str, &str)> = variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let app = TestApp::start_with(Engine::Sqlite, &pairs).await;
    let (_, browser) = administrator(&app, "root").await;
    press(&browser, &browser.get(RUNS).await, SYNC).await;
    assert_eq!(browser.get("/metrics").await.status, 401);
    let client = reqwest::Client::new();
    let ask = async |token: &str| {
        let answer = client.get(format!("{}/metrics", app.url)).bearer_auth(token).send().await.expect("an answer");
        (answer.status().as_u16(), answer.text().await.expect("text"))
    };
    assert_eq!(ask("another-token-of-length").await.0, 401);
    let (status, text) = ask("a-token-of-good-length").await;
    assert_eq!(status, 200);
    for line in [
        "muster_people{source=\"default\",state=\"active\"} 4",
        "muster_people{source=\"local\",state=\"active\"} 1",
        "muster_directory_groups{directory=\"default\"} 1",
        "muster_directory_last_run{directory=\"default\",outcome=\"applied\"} 1",
        "muster_directory_held_runs{directory=\"default\"} 0",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} is missing in\n{text}");
    }
    assert!(text.contains("muster_directory_last_good_run_age_seconds{") && text.ends_with("# EOF\n"), "{text}");
    app.stop().await;
}
