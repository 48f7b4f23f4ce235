//! The page of a run that goes on, in a real browser: it moves by itself and ends on the result.

use std::time::Duration;

use crate::pages::look_at;
use crate::pages_support::administrator;
use crate::support::app::{Engine, TestApp};
use crate::support::browser::Page;
use crate::support::faulty_ldap::directory::{BASE, Vendor, people};
use crate::support::faulty_ldap::{Directory, FaultyLdap, Reply};
use crate::support::wait_until;

const ACCOUNT: (&str, &str) = ("cn=muster,dc=example,dc=org", "opensesame-faulty");
const PAGE: &str = "/admin/directories/default";

#[tokio::test]
async fn the_page_of_a_run_follows_it_by_itself_and_ends_on_the_result() {
    let server = FaultyLdap::start(Directory::of(Vendor::OpenLdap).with(people(40)).only_for(ACCOUNT.0, ACCOUNT.1)).await;
    let app = TestApp::start_with(
        Engine::Sqlite,
        &[
            ("LDAP_ENABLED", "true"),
            ("LDAP_URL", &server.url()),
            ("LDAP_BIND_DN", ACCOUNT.0),
            ("LDAP_BIND_PASSWORD", ACCOUNT.1),
            ("LDAP_BASE", BASE),
            ("LDAP_USER_SEARCH_FILTER", "(objectClass=inetOrgPerson)"),
            ("LDAP_PAGE_SIZE", "10"),
            ("LDAP_FOLLOW_CHANGES", "false"),
            ("LDAP_SYNC_INTERVAL", "never"),
        ],
    )
    .await;
    let (_, admin) = administrator(&app, "root").await;
    // A slow directory: each page of people takes a while.
    server.bend(|request, mut replies| {
        if request.page().is_some() {
            replies.insert(0, Reply::Pause(Duration::from_millis(1_500)));
        }
        replies
    });
    let page = Page::open().await;
    page.goto(&app.url).await;
    for cookie in admin.cookies("/").split("; ") {
        let (name, value) = cookie.split_once('=').expect("a cookie has a value");
        page.set_cookie(name, value, &app.url).await;
    }
    page.forget_problems();
    page.goto(&format!("{}{PAGE}", app.url)).await;
    page.click(&format!("form[action='{PAGE}/sync'] button")).await;
    wait_until("the page of the run", async || page.url().await.contains("/runs/")).await;
    let address = page.url().await;
    // Whatever is written over the page from here on is its own doing: a mark on the document would go with a load.
    page.eval("document.documentElement.dataset.mark = 'same'").await;
    let mut seen = Vec::new();
    wait_until("the run to end on its page", async || {
        let said = page.try_eval("(document.querySelector('[data-live] [role=status]')?.textContent ?? '') + '|' + (document.documentElement.dataset.mark ?? 'loaded anew')").await;
        if let Some(said) = said.as_ref().ok().and_then(|said| said.as_str())
            && seen.last().map(String::as_str) != Some(said)
        {
            seen.push(said.to_owned());
        }
        page.try_eval("document.querySelector('h1 ~ .badges .badge')?.textContent ?? ''").await.is_ok_and(|badge| badge == "Applied")
    })
    .await;
    let moving: Vec<&String> = seen.iter().filter(|said| said.contains("read so far") && said.ends_with("same")).collect();
    assert!(moving.len() >= 2, "the page moved by itself: {seen:?}");
    assert!(moving.iter().any(|said| said.contains("Reading people: 10 people") || said.contains("20 people")), "{moving:?}");
    assert_eq!(page.url().await, address);
    assert_eq!(page.eval("document.querySelector('[data-live]')").await, serde_json::Value::Null, "what has ended is not asked for again");
    assert!(page.text("main").await.contains("40"), "{}", page.text("main").await);
    assert_eq!(page.problems(), Vec::<String>::new());
    look_at(&page, "directory-run-ended", &address).await;
    app.stop().await;
}
