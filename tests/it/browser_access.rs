//! That the checks every page goes through ([`crate::pages::look_at`]) see what they are for, and how much of the wire a page takes.

use crate::pages::{look_at, screenshots};
use crate::pages_support::{administrator, group};
use crate::support::access::Rules;
use crate::support::app::{Engine, TestApp};
use crate::support::browser::{Page, View};
use crate::support::mailbox::Mailbox;

#[tokio::test]
async fn what_keeps_people_out_of_a_page_is_found() {
    let app = TestApp::start(Engine::Sqlite).await;
    let page = Page::open().await;
    let url = format!("{}/sign-in/recovery", app.url);
    for (breaks, rule) in [
        ("document.querySelector('label[for=f-code]').remove()", "label:"),
        ("document.querySelector('form button').textContent = ''", "button-name:"),
        ("document.querySelector('main p').style.color = 'rgb(190, 190, 190)'", "color-contrast:"),
        ("document.documentElement.lang = ''", "html-has-lang:"),
        ("document.querySelector('h1').outerHTML = '<h4>Come in</h4>'", "page-has-heading-one:"),
        ("document.querySelector('main').outerHTML = document.querySelector('main').outerHTML.replace('<main', '<div')", "landmark-one-main:"),
    ] {
        page.goto(&url).await;
        assert_eq!(page.broken_rules(Rules::All).await, Vec::<String>::new(), "as it is");
        page.eval(&format!("{breaks}; 1")).await;
        let found = page.broken_rules(Rules::All).await;
        assert!(found.iter().any(|line| line.starts_with(rule)), "{breaks} is not found: {found:?}");
    }
    for (breaks, words) in [
        ("document.querySelector('h1').style.minWidth = '500px'", "pushed sideways at 320 px"),
        ("document.querySelector('h1').style.minWidth = '700px'", "pushed sideways at 200 %"),
        (
            "Object.assign(document.querySelector('main p').style, { height: '1.5em', overflow: 'hidden', whiteSpace: 'nowrap', width: 'fit-content', lineHeight: '1.4em', height: '1.4em' })",
            "cut off by wider spacing",
        ),
        ("document.querySelector('form button').style.setProperty('transition', 'color 1s', 'important')", "moves although"),
        (
            "Object.assign(document.querySelector('form button').style, { border: '0', forcedColorAdjust: 'none' })",
            "not seen in the system's colours",
        ),
    ] {
        page.goto(&url).await;
        assert_eq!(page.strains().await, Vec::<String>::new(), "as it is");
        page.eval(&format!("{breaks}; 1")).await;
        let found = page.strains().await;
        assert!(found.iter().any(|line| line.contains(words)), "{breaks} is not found: {found:?}");
    }
    app.stop().await;
}

/// What a page of people may weigh, in bytes over the wire with everything it loads.
const PAGE_BYTES_MAX: u64 = 60 * 1024;

#[tokio::test]
async fn a_page_of_people_is_light_and_asks_nobody_else() {
    let app = TestApp::start(Engine::Sqlite).await;
    let ada = app.person("ada").await;
    let browser = app.browser();
    app.enrol(&browser, &app.passkeys(), &ada).await;
    let page = Page::open().await;
    page.count_traffic().await;
    let weigh = async |path: &str| {
        page.forget_problems();
        page.goto(&format!("{}{path}", app.url)).await;
        let (urls, bytes) = page.traffic().await;
        assert!(urls.len() >= 3, "{path} loads its style and script: {urls:?}");
        assert!(urls.iter().all(|url| url.starts_with(&app.url) || url.starts_with("data:")), "{path} asks somebody else: {urls:?}");
        eprintln!("{path}: {} requests, {bytes} bytes", urls.len());
        assert!(bytes > 1_000 && bytes < PAGE_BYTES_MAX, "{path} weighs {bytes} bytes: {urls:?}");
    };
    for path in ["/sign-in", "/sign-in/recovery", "/sign-in/device", "/signed-out"] {
        weigh(path).await;
    }
    for cookie in browser.cookies("/").split("; ") {
        let (name, value) = cookie.split_once('=').expect("a cookie has a value");
        page.set_cookie(name, value, &app.url).await;
    }
    for path in [
        "/account",
        "/account/apps",
        "/account/passkeys",
        "/account/passkeys/add",
        "/account/passkeys/here",
        "/account/sessions",
        "/account/recovery",
        "/account/approve",
    ] {
        weigh(path).await;
    }
    app.stop().await;
}

/// The page as it is now, which came by a form and cannot be opened again, in every size and colour.
async fn look_at_what_came(page: &Page, name: &str) {
    for (look, view, rules) in
        [("desktop", View::DESKTOP, Rules::All), ("phone", View::PHONE, Rules::Layout), ("dark", View::DESKTOP.dark(), Rules::Colours)]
    {
        page.look(view).await;
        let is_wider = page.eval("document.documentElement.scrollWidth > document.documentElement.clientWidth").await;
        assert_eq!(is_wider, false, "{name} has to be pushed sideways on a {look}");
        assert_eq!(page.broken_rules(rules).await, Vec::<String>::new(), "{name} on a {look}");
        if let Some(folder) = screenshots() {
            page.screenshot(&folder.join(format!("{name}-{look}.png"))).await;
        }
    }
    assert_eq!(page.strains().await, Vec::<String>::new(), "{name}");
    page.look(View::DESKTOP).await;
}

/// Sends a form of the page, and waits for what comes.
async fn send(page: &Page, form: &str, comes: &str) {
    page.eval(&format!("document.querySelector(\"{form}\").requestSubmit(); 1")).await;
    page.wait_for_element(comes).await;
    page.wait_for("document.readyState === 'complete'").await;
}

#[tokio::test]
async fn the_pages_by_which_people_come_in_fit_a_phone_and_break_no_rule() {
    let mailbox = Mailbox::start().await;
    let environment = mailbox.environment();
    let mut variables: Vec<(&str, &str)> = environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
    variables.extend([("ALLOW_USER_SIGNUPS", "open"), ("EMAIL_ONE_TIME_ACCESS_AS_UNAUTHENTICATED_ENABLED", "true")]);
    let app = TestApp::start_with(Engine::Sqlite, &variables).await;
    let visitor = Page::open().await;
    look_at(&visitor, "set-up", app.setup_link().expect("a link")).await;
    for (name, path, field) in [("link-by-mail", "/sign-in/email", "name"), ("sign-up", "/sign-up", "email")] {
        look_at(&visitor, name, &format!("{}{path}", app.url)).await;
        visitor.fill(&format!("#f-{field}"), "new@example.org").await;
        send(&visitor, "main form", &format!("main:not(:has(#f-{field}))")).await;
        look_at_what_came(&visitor, &format!("{name}-asked")).await;
    }
    look_at(&visitor, "sign-up-form", mailbox.wait_for(1).await.remove(0).link()).await;

    let (_, admin) = administrator(&app, "root").await;
    let (ada, eve) = (app.person("ada").await, app.person("eve").await);
    app.enrol(&app.browser(), &app.passkeys(), &ada).await;
    let team = group(&app, "team", true, &[ada.id, eve.id]).await;
    let page = Page::open().await;
    page.goto(&app.url).await;
    for cookie in admin.cookies("/").split("; ") {
        let (name, value) = cookie.split_once('=').expect("a cookie has a value");
        page.set_cookie(name, value, &app.url).await;
    }
    for (name, path, form) in [
        ("link-made", format!("/admin/users/{}", eve.id), "form[action$='/access-link']"),
        ("sheets", format!("/admin/groups/{team}/coming-in"), "form[method=post][action$='/coming-in']"),
        ("passkey-taken-away", format!("/admin/users/{}", ada.id), "form[action*='/passkeys/'][action$='/remove']"),
        ("sign-up-link-made", "/admin/sign-up".to_owned(), "form[action='/admin/sign-up']"),
    ] {
        page.goto(&format!("{}{path}", app.url)).await;
        page.eval("const note = document.querySelector('[name=note]'); if (note) note.value = 'Class 7b'; 1").await;
        send(&page, form, ".sheet svg.qr").await;
        look_at_what_came(&page, name).await;
    }
    app.stop().await;
}
