//! The directory's pages: settings, connection test, preview, sync, and what to do about a run that was held back.

use muster::audit::Kind;
use serde_json::json;

use crate::pages::{look_at, screenshots};
use crate::pages_support::administrator;
use crate::support::app::{Engine, TestApp, on_each_engine};
use crate::support::browser::{Page, View};
use crate::support::http::{Answer, Browser};
use crate::support::slapd::{BASE, SERVICE_DN, SERVICE_PASSWORD, Slapd, group, organisation, person, person_dn};
use crate::support::wait_until;

const PAGE: &str = "/admin/directories/default";
const SAVE: &str = "/admin/directories/default/settings";
const TEST: &str = "/admin/directories/default/test";

/// What an administrator types to connect a slapd.
fn connection(slapd: &Slapd) -> Vec<(&'static str, String)> {
    vec![
        ("LDAP_ENABLED", "true".to_owned()),
        ("LDAP_FOLLOW_CHANGES", "false".to_owned()),
        ("LDAP_SYNC_INTERVAL", "never".to_owned()),
        ("LDAP_URL", slapd.url()),
        ("LDAP_BIND_DN", SERVICE_DN.to_owned()),
        ("LDAP_BIND_PASSWORD", SERVICE_PASSWORD.to_owned()),
        ("LDAP_BASE", BASE.to_owned()),
        ("LDAP_USER_SEARCH_FILTER", "(objectClass=inetOrgPerson)".to_owned()),
        ("LDAP_ADMIN_GROUP_NAME", "admins".to_owned()),
    ]
}

/// Submits the settings form, to be saved or (with the other button) tested.
async fn submit(browser: &Browser, page: &Answer, button: &str, fields: &[(&str, String)]) -> Answer {
    let mut page = page.clone();
    page.body = page.body.replacen(&format!("action=\"{SAVE}\""), &format!("action=\"{button}\""), 1);
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    browser.submit(&page, button, &fields).await
}

/// Presses a button and opens the page it leads to.
async fn press(browser: &Browser, page: &Answer, action: &str) -> Answer {
    let answer = browser.submit(page, action, &[]).await;
    browser.follow(answer).await
}

#[tokio::test]
async fn an_administrator_connects_a_directory_on_the_page() {
    let slapd = Slapd::start(&(person("ada", "Ada", "Lovelace") + &person("linus", "Linus", "Torvalds") + &group("admins", &["ada"]))).await;
    on_each_engine(async |app| {
        let (_, browser) = administrator(app, "root").await;
        let page = browser.get(PAGE).await;
        assert_eq!(page.status, 200);
        assert!(page.body.contains("No run yet") && page.body.contains("Switched off"));
        assert!(page.texts("button").iter().all(|label| label != "Sync now"), "what is switched off cannot be synced");

        // Typed, tried, not saved.
        let page = browser.get(SAVE).await;
        let tested = submit(&browser, &page, TEST, &connection(&slapd)).await;
        assert_eq!(tested.status, 200);
        let steps = tested.texts(".steps li");
        assert!(steps.len() >= 6, "{steps:?}");
        assert!(steps.iter().any(|step| step.contains("2 people found")), "{steps:?}");
        assert_eq!(tested.attribute("#f-LDAP_URL", "value"), Some(slapd.url()));
        assert!(tested.body.contains("not saved yet") && !tested.body.contains(SERVICE_PASSWORD));
        assert_eq!(browser.get(SAVE).await.attribute("#f-LDAP_URL", "value").as_deref(), Some(""));

        // A mistake is named at its field, and what was typed stays.
        let mut wrong = connection(&slapd);
        wrong.retain(|(name, _)| !matches!(*name, "LDAP_URL" | "LDAP_USER_SEARCH_FILTER"));
        wrong.push(("LDAP_URL", "ldap.example.org".to_owned()));
        wrong.push(("LDAP_USER_SEARCH_FILTER", "(objectClass=person".to_owned()));
        let refused = submit(&browser, &page, SAVE, &wrong).await;
        assert_eq!(refused.status, 422);
        assert!(refused.texts("#m-LDAP_URL")[0].contains("ldaps://ldap.example.org"), "{:?}", refused.texts(".mistake"));
        assert!(refused.texts("#m-LDAP_USER_SEARCH_FILTER")[0].contains("filter cannot be read"));
        assert_eq!(refused.attribute("#f-LDAP_URL", "value").as_deref(), Some("ldap.example.org"));
        assert_eq!(app.count("SELECT COUNT(*) FROM settings", vec![]).await, 0);

        let saved = submit(&browser, &refused, SAVE, &connection(&slapd)).await;
        assert_eq!(saved.header("location"), format!("{PAGE}?notice=saved"));
        let page = browser.follow(saved).await;
        let form = browser.get(SAVE).await;
        assert!(form.attribute("#f-LDAP_BIND_PASSWORD", "placeholder").is_some_and(|text| text.starts_with("set")));
        assert!(!form.body.contains(SERVICE_PASSWORD) && !page.body.contains(SERVICE_PASSWORD), "a secret is never shown");
        let (_, detail) = &app.audited(Kind::SettingsChanged).await[0];
        assert_eq!((&detail["LDAP_BIND_PASSWORD"], &detail["LDAP_URL"]), (&json!("(changed)"), &json!(slapd.url())));
        let stored = app.count("SELECT COUNT(*) FROM settings WHERE value LIKE $1", vec![format!("%{SERVICE_PASSWORD}%").into()]).await;
        assert_eq!(stored, 0, "sealed in the database");

        let preview = press(&browser, &page, "/admin/directories/default/preview").await;
        assert!(preview.body.contains("What a sync would change") && preview.body.contains("Nothing was written"));
        assert_eq!(app.count("SELECT COUNT(*) FROM users WHERE directory = 'default'", vec![]).await, 0);
        let run = press(&browser, &page, "/admin/directories/default/sync").await;
        assert_eq!(run.texts(".badge")[0], "Applied", "{}", run.body);
        assert!(run.url.path().starts_with("/admin/directories/default/runs/"));
        assert_eq!(app.count("SELECT COUNT(*) FROM users WHERE directory_admin", vec![]).await, 1);
        let page = browser.get(PAGE).await;
        assert!(page.body.contains("2 people who may sign in") && page.texts("table tbody tr").len() == 1);
        let again = press(&browser, &page, "/admin/directories/default/sync").await;
        assert_eq!(again.texts(".badge")[0], "Nothing had changed");
    })
    .await;
}

#[tokio::test]
async fn a_stored_password_is_not_sent_to_a_server_it_was_not_entered_for() {
    on_each_engine(async |app| {
        let (_, browser) = administrator(app, "root").await;
        let slapd = Slapd::start(&person("ada", "Ada", "Lovelace")).await;
        let page = browser.get(SAVE).await;
        submit(&browser, &page, SAVE, &connection(&slapd)).await;
        let page = browser.get(SAVE).await;
        // Somebody else's server, waiting for a bind.
        let trap = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let elsewhere = format!("ldap://{}", trap.local_addr().expect("an address"));
        for button in [SAVE, TEST] {
            let refused = submit(&browser, &page, button, &[("LDAP_URL", elsewhere.clone())]).await;
            assert_eq!(refused.status, 422);
            assert!(refused.texts("#m-LDAP_BIND_PASSWORD")[0].contains("again"), "{:?}", refused.texts(".mistake"));
        }
        assert!(tokio::time::timeout(std::time::Duration::ZERO, trap.accept()).await.is_err(), "nobody called there");
        // With the password typed again it is the administrator's own decision.
        let saved = submit(&browser, &page, SAVE, &[("LDAP_URL", elsewhere), ("LDAP_BIND_PASSWORD", "another".to_owned())]).await;
        assert_eq!(saved.status, 303);
        // Without a bind DN the password goes too.
        let page = browser.get(SAVE).await;
        assert_eq!(submit(&browser, &page, SAVE, &[("LDAP_BIND_DN", String::new())]).await.status, 303);
        let page = browser.get(SAVE).await;
        assert_eq!(page.attribute("#f-LDAP_BIND_PASSWORD", "placeholder").as_deref(), Some("not set"));
    })
    .await;
}

#[tokio::test]
async fn a_held_run_is_explained_and_applied_or_discarded_by_an_administrator() {
    on_each_engine(async |app| {
        let (_, browser) = administrator(app, "root").await;
        let slapd = Slapd::start(&organisation(20, 2)).await;
        let page = browser.get(SAVE).await;
        assert_eq!(page.texts("#o-LDAP_SYNC_INTERVAL option"), ["Every 5 minutes", "Every 15 minutes", "Hourly", "Daily", "Only when asked"]);
        let mut typed = connection(&slapd);
        typed.pop();
        submit(&browser, &page, SAVE, &typed).await;
        press(&browser, &browser.get(PAGE).await, "/admin/directories/default/sync").await;
        let gone = async || app.count("SELECT COUNT(*) FROM users WHERE directory_state = 'missing'", vec![]).await;
        for number in 1..=8 {
            slapd.tools().delete(&person_dn(&format!("person{number:06}"))).await;
        }
        let run = press(&browser, &browser.get(PAGE).await, "/admin/directories/default/sync").await;
        assert_eq!((run.texts(".badge")[0].as_str(), gone().await), ("Held back", 0));
        assert!(run.body.contains("8 of 20") && run.body.contains("8 people lose access at once"), "{}", run.body);

        let discarded = press(&browser, &run, &format!("{}/discard", run.url.path())).await;
        assert!(discarded.body.contains("The plan was discarded") && !discarded.body.contains("waits for your decision"));
        let again = press(&browser, &browser.get(PAGE).await, "/admin/directories/default/sync").await;
        assert_eq!(again.texts(".badge")[0], "Held back");
        assert!(!browser.get(PAGE).await.body.contains("waits for your decision"), "what was discarded is not offered again");

        // The directory says something else: that is offered.
        slapd.tools().delete(&person_dn("person000009")).await;
        press(&browser, &browser.get(PAGE).await, "/admin/directories/default/sync").await;
        let page = browser.get(PAGE).await;
        assert!(page.body.contains("waits for your decision") && page.body.contains("9 people lose access at once"));
        let confirm = page.body.split('"').find(|part| part.ends_with("/confirm")).expect("a form").to_owned();
        let applied = press(&browser, &page, &confirm).await;
        assert_eq!((applied.texts(".badge")[0].as_str(), gone().await), ("Applied", 9));
        assert_eq!(app.audited(Kind::DirectorySyncConfirmed).await[0].0.actor_name, "root");
        let late = browser.submit(&page, &confirm, &[]).await;
        assert_eq!(late.status, 409, "a decision is made once");
    })
    .await;
}

#[tokio::test]
async fn what_the_environment_decides_is_shown_and_cannot_be_changed() {
    let slapd = Slapd::start(&person("ada", "Ada", "Lovelace")).await;
    let variables =
        [("LDAP_URL", slapd.url()), ("LDAP_BIND_DN", SERVICE_DN.into()), ("LDAP_BIND_PASSWORD", SERVICE_PASSWORD.into()), ("LDAP_BASE", BASE.into())];
    let variables: Vec<(&str, &str)> = variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let app = TestApp::start_with(Engine::Sqlite, &variables).await;
    let (_, browser) = administrator(&app, "root").await;
    let page = browser.get(SAVE).await;
    assert!(page.attribute("#f-LDAP_URL", "readonly").is_some() && page.texts("#h-LDAP_URL")[0].contains("LDAP_URL"));
    let saved = submit(&browser, &page, SAVE, &[("LDAP_URL", "ldap://elsewhere.example".to_owned()), ("LDAP_GUARD_MINIMUM", "9".to_owned())]).await;
    assert_eq!(saved.status, 303);
    let page = browser.get(SAVE).await;
    assert_eq!(page.attribute("#f-LDAP_URL", "value"), Some(slapd.url()));
    assert_eq!(page.attribute("#f-LDAP_GUARD_MINIMUM", "value").as_deref(), Some("9"));
    app.stop().await;
}

#[tokio::test]
async fn only_administrators_reach_the_directory() {
    on_each_engine(async |app| {
        let (person, browser) = (app.person("ada").await, app.browser());
        assert!(browser.get(PAGE).await.header("location").starts_with("/sign-in"));
        app.enrol(&browser, &app.passkeys(), &person).await;
        assert_eq!(browser.get(PAGE).await.status, 403);
        let form = [("LDAP_URL", "ldap://elsewhere.example")];
        for action in [SAVE, TEST, "/admin/directories/default/sync", "/admin/directories/default/preview"] {
            let request = browser.request(reqwest::Method::POST, action).header("origin", &app.url).header("sec-fetch-site", "same-origin");
            assert_eq!(crate::support::http::answer(request.form(&form)).await.status, 403, "{action}");
        }
        assert_eq!(app.count("SELECT COUNT(*) FROM settings", vec![]).await, 0);
    })
    .await;
}

#[tokio::test]
async fn the_pages_fit_a_phone_and_the_test_button_works_in_a_real_browser() {
    let twin = person("twin", "Twin", "Number").replace("mail: twin@", "mail: person000001@");
    let slapd = Slapd::start(&(organisation(20, 2) + &twin)).await;
    let app = TestApp::start(Engine::Sqlite).await;
    let (_, admin) = administrator(&app, "root").await;
    let mut typed = connection(&slapd);
    typed.pop();
    submit(&admin, &admin.get(SAVE).await, SAVE, &typed).await;
    let applied = press(&admin, &admin.get(PAGE).await, "/admin/directories/default/sync").await;
    for number in 1..=8 {
        slapd.tools().delete(&person_dn(&format!("person{number:06}"))).await;
    }
    let held = press(&admin, &admin.get(PAGE).await, "/admin/directories/default/sync").await;

    let page = Page::open().await;
    page.goto(&app.url).await;
    for cookie in admin.cookies("/").split("; ") {
        let (name, value) = cookie.split_once('=').expect("a cookie has a value");
        page.set_cookie(name, value, &app.url).await;
    }
    for (name, url) in [("directory-held", app.url.clone() + PAGE), ("directory-run", applied.url.into()), ("directory-run-held", held.url.into())] {
        look_at(&page, name, &url).await;
    }
    page.look(View::DESKTOP).await;
    page.goto(&(app.url.clone() + SAVE)).await;
    page.forget_problems();
    page.eval("document.querySelector('button[formaction$=\"/test\"]').click()").await;
    wait_until("the steps of the test", async || page.eval("document.querySelectorAll('.steps li').length >= 6").await == true).await;
    assert_eq!(page.problems(), Vec::<String>::new());
    if let Some(folder) = screenshots() {
        page.screenshot(&folder.join("directory-tested-desktop.png")).await;
    }
    app.stop().await;
}
