//! Registering a known app and meeting it afterwards, in a real Chromium.

use muster::clients::{self, Authority, Registration};
use muster::id::ClientId;

use crate::pages::{look_at, screenshots};
use crate::pages_support::administrator;
use crate::support::access::Rules;
use crate::support::app::{Engine, TestApp};
use crate::support::browser::{Page, View};
use crate::support::http::Browser;

/// Takes a browser's session over into a page.
async fn carry_over(page: &Page, browser: &Browser, url: &str) {
    page.goto(url).await;
    for cookie in browser.cookies("/").split("; ") {
        let (name, value) = cookie.split_once('=').expect("a cookie has a value");
        page.set_cookie(name, value, url).await;
    }
}

/// Photographs the page as it stands, in every size and colour.
async fn photograph(page: &Page, name: &str) {
    assert_eq!(page.broken_rules(Rules::All).await, Vec::<String>::new(), "{name}");
    for (look, view) in [("desktop", View::DESKTOP), ("phone", View::PHONE), ("dark", View::DESKTOP.dark()), ("phone-dark", View::PHONE.dark())] {
        page.look(view).await;
        let is_wider = page.eval("document.documentElement.scrollWidth > document.documentElement.clientWidth").await;
        assert_eq!(is_wider, false, "{name} has to be pushed sideways on a {look}");
        if let Some(folder) = screenshots() {
            page.screenshot(&folder.join(format!("{name}-{look}.png"))).await;
        }
    }
    page.look(View::DESKTOP).await;
}

#[tokio::test]
async fn an_app_is_found_registered_and_connected_and_its_values_can_be_copied() {
    let app = TestApp::start(Engine::Sqlite).await;
    let (_, admin) = administrator(&app, "root").await;
    let page = Page::open().await;
    carry_over(&page, &admin, &app.url).await;
    // The grid and its search need no script.
    page.set_scripts(false).await;
    page.goto(&format!("{}/admin/clients", app.url)).await;
    page.click(".heading a.button.primary").await;
    page.fill("#q", "git").await;
    page.press("Enter").await;
    page.wait_for("location.search.includes('q=git') && document.readyState === 'complete'").await;
    page.click("a.app[href$=gitea]").await;
    page.wait_for_element("#f-app_url").await;
    page.set_scripts(true).await;
    page.goto(&page.url().await).await;
    page.fill("#f-app_url", "git.example.org").await;
    page.click(".actions button.primary").await;
    page.wait_for_text("Gitea is registered").await;
    page.wait_for_element(".guide button[data-copy]:not([hidden])").await;
    assert_eq!(page.problems(), Vec::<String>::new());
    photograph(&page, "app-created").await;
    page.click(".actions a.primary").await;
    page.click("details.steps-in > summary").await;
    page.wait_for_element("details.steps-in[open] .guide").await;
    for fold in 0..6 {
        page.eval(&format!("document.querySelectorAll('details.fold')[{fold}].open = true")).await;
    }
    photograph(&page, "app-unfolded").await;
    app.stop().await;
}

#[tokio::test]
async fn the_page_of_apps_and_the_question_for_consent_show_whose_they_are() {
    let app = TestApp::start(Engine::Sqlite).await;
    let (_, person) = administrator(&app, "ada").await;
    let now = app.clock.now();
    for (name, launch_url) in
        [("Nextcloud", "https://cloud.example.org"), ("Immich", "https://photos.example.org"), ("Grafana", "https://grafana.example.org")]
    {
        let mut registration = Registration { name: name.into(), redirect_uris: vec![format!("{launch_url}/cb")], ..Registration::default() };
        registration.policies.presentation.launch_url = launch_url.into();
        clients::register(app.app(), Authority::CommandLine, ClientId::new(), registration, &[], now).await.expect("a client");
    }
    let wiki = Registration {
        name: "An app with a long name of many words".into(),
        redirect_uris: vec![format!("{}/no/such/page", app.url)],
        ..Registration::default()
    };
    let wiki = clients::register(app.app(), Authority::CommandLine, ClientId::new(), wiki, &[], now).await.expect("a client").client;
    let page = Page::open().await;
    carry_over(&page, &person, &app.url).await;
    let asked = [
        ("client_id", wiki.client_id.as_str()),
        ("redirect_uri", &wiki.registration.redirect_uris[0]),
        ("response_type", "code"),
        ("scope", "openid profile email groups"),
    ];
    let question = format!("{}/authorize?{}", app.url, serde_urlencoded::to_string(asked).expect("a query"));
    look_at(&page, "consent", &question).await;
    page.goto(&question).await;
    page.click("button[value=allow]").await;
    page.wait_for_path("/no/such/page").await;
    page.goto(&format!("{}/account/apps", app.url)).await;
    page.click(".seen summary").await;
    page.wait_for_element(".seen[open]").await;
    photograph(&page, "account-apps-open").await;
    look_at(&page, "account-apps-many", &format!("{}/account/apps", app.url)).await;
    app.stop().await;
}
