//! Everything a person does here, by the keyboard alone: Tab, Enter, Space and Escape in a real Chromium.

use muster::clients::{self, Authority, Registration};
use muster::id::ClientId;

use crate::support::app::{Engine, TestApp};
use crate::support::browser::Page;
use crate::support::virtual_authenticator::{Device, VirtualAuthenticator};

/// Where the keyboard is; `null` when it is nowhere on the page.
const HERE: &str = "(() => {
    const one = document.activeElement;
    if (!one || one === document.body || one === document.documentElement) return null;
    const style = getComputedStyle(one), box = one.getClientRects()[0] ?? one.getBoundingClientRect();
    const hit = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
    return {
        number: [...document.querySelectorAll('*')].indexOf(one),
        name: one.outerHTML.slice(0, 120),
        has_ring: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2,
        is_seen: Boolean(hit) && (one.contains(hit) || hit.contains(one)),
        in_main: Boolean(one.closest('main')),
        top: box.top + scrollY, bottom: box.bottom + scrollY, left: box.left,
    };
})()";

/// How many places the keyboard has to come to: each link, button and field that is shown, and one of each group of radio buttons.
const PLACES: &str = "(() => {
    const all = [...document.querySelectorAll('a[href], button:not([disabled]), input:not([type=hidden], [disabled]), select:not([disabled]), textarea:not([disabled]), summary')];
    const shown = all.filter((one) => one.checkVisibility() && one.tabIndex >= 0 && !(one.type === 'radio' && !one.checked));
    return shown.length;
})()";

/// Goes through a page with Tab until it comes round. Nothing may be out of reach, unseen, covered, without a ring or against the order of reading.
async fn walk(page: &Page, url: &str) {
    page.goto(url).await;
    let places = page.eval(PLACES).await.as_u64().expect("a count");
    let (mut seen, mut last) = (std::collections::BTreeSet::new(), None::<serde_json::Value>);
    for _ in 0..places + 3 {
        page.press("Tab").await;
        let here = page.eval(HERE).await;
        if here.is_null() {
            last = None;
            continue;
        }
        let name = here["name"].as_str().expect("a name");
        assert!(here["has_ring"] == true, "{url}: nothing shows that the keyboard is at {name}");
        assert!(here["is_seen"] == true, "{url}: the keyboard is at {name}, which is covered or out of sight");
        if let Some(last) = last.filter(|last| last["in_main"] == here["in_main"]) {
            let of = |what: &serde_json::Value, side: &str| what[side].as_f64().expect("a place");
            let is_on = of(&here, "bottom") > of(&last, "top") || of(&here, "left") > of(&last, "left");
            assert!(is_on || seen.contains(&here["number"].as_u64()), "{url}: from {} the keyboard jumps back to {name}", last["name"]);
        }
        seen.insert(here["number"].as_u64());
        last = Some(here);
    }
    assert_eq!(seen.len() as u64, places, "{url}: the keyboard does not come to each place");
}

/// Presses Tab until the keyboard is at an element that fits.
async fn tab_to(page: &Page, selector: &str) {
    page.wait_for_element(selector).await;
    let is_there = format!("Boolean(document.activeElement?.matches({}))", serde_json::Value::from(selector));
    for _ in 0..60 {
        if page.eval(&is_there).await == true {
            let here = page.eval(HERE).await;
            assert!(here["has_ring"] == true && here["is_seen"] == true, "{here}");
            return;
        }
        page.press("Tab").await;
    }
    panic!("60 times Tab do not lead to {selector} at {}", page.url().await);
}

/// Goes to a button, link or field and presses it.
async fn use_at(page: &Page, selector: &str, key: &str) {
    tab_to(page, selector).await;
    page.press(key).await;
}

/// Nor does the browser say by itself that it has no passkey: on a busy machine it does so before it has looked.
const NO_AUTOFILL: &str =
    "PublicKeyCredential.isConditionalMediationAvailable = async () => false; PublicKeyCredential.getClientCapabilities = undefined;";

/// Comes in by a link and adds a passkey, by the keyboard.
async fn enrolled<'a>(app: &TestApp, page: &'a Page, username: &str) -> VirtualAuthenticator<'a> {
    page.before_every_page(NO_AUTOFILL).await;
    let device = page.plug_in(Device::default()).await;
    let person = app.person(username).await;
    page.goto(&app.access_link(&person).await).await;
    use_at(page, "form button", "Enter").await;
    page.wait_for_path("/account/passkeys/add").await;
    use_at(page, "#add-passkey button", "Space").await;
    page.wait_for_path("/account/welcome").await;
    page.goto(&format!("{}/account", app.url)).await;
    device
}

#[tokio::test]
async fn the_keyboard_comes_to_everything_on_a_page_in_the_order_of_reading_and_is_seen_there() {
    let app = TestApp::start(Engine::Sqlite).await;
    let page = Page::open().await;
    for path in ["/sign-in", "/sign-in/recovery", "/sign-in/device", "/no/such/page"] {
        walk(&page, &format!("{}{path}", app.url)).await;
    }
    let _device = enrolled(&app, &page, "ada").await;
    page.goto(&format!("{}/account/passkeys", app.url)).await;
    let passkey = page.eval("document.querySelector('.cards h2 a').pathname").await;
    for path in [
        "/account",
        "/account/welcome",
        "/account/activity",
        "/account/passkeys",
        passkey.as_str().expect("a path"),
        "/account/passkeys/add",
        "/account/sessions",
        "/account/apps",
        "/account/recovery",
        "/account/approve",
        "/sign-out",
    ] {
        walk(&page, &format!("{}{path}", app.url)).await;
    }
    app.execute("UPDATE users SET local_admin = TRUE", vec![]).await;
    for path in ["/admin/users", "/admin/groups/new", "/admin/settings"] {
        walk(&page, &format!("{}{path}", app.url)).await;
    }
    app.stop().await;
}

#[tokio::test]
async fn signing_in_and_out_and_passkeys_by_the_keyboard_alone() {
    let app = TestApp::start(Engine::Sqlite).await;
    let page = Page::open().await;
    let device = enrolled(&app, &page, "ada").await;

    // Past the navigation at once.
    page.goto(&format!("{}/account/passkeys", app.url)).await;
    page.press("Tab").await;
    assert_eq!(page.text(":focus").await, "Skip to the content");
    page.press("Enter").await;
    page.wait_for("document.activeElement.id === 'content'").await;
    page.press("Tab").await;
    assert_eq!(page.eval("document.activeElement.matches('main .heading a')").await, true);

    // A name that is too long is told at the field; a good one is kept.
    use_at(&page, ".cards details.plain > summary", "Space").await;
    page.wait_for_element(".cards details.plain[open]").await;
    page.press("Escape").await;
    page.wait_for("!document.querySelector('.cards details.plain').open && document.activeElement.matches('.cards details.plain > summary')").await;
    page.press("Enter").await;
    page.press("Tab").await;
    page.type_text(&"long".repeat(20)).await;
    page.press("Enter").await;
    page.wait_for("document.activeElement.matches('input[aria-invalid=true]') && document.readyState === 'complete'").await;
    let described = page.eval("document.getElementById(document.activeElement.getAttribute('aria-describedby')).innerText").await;
    assert!(described.as_str().is_some_and(|text| text.contains("64")), "{described}");
    page.eval("document.activeElement.select()").await;
    page.type_text("Key ring").await;
    use_at(&page, ".cards details.plain button", "Enter").await;
    page.wait_for("document.querySelector('.cards h2')?.innerText === 'Key ring' && document.activeElement.matches('.notice[role=status]')").await;

    // The refusal is on the console; nothing else may be.
    assert!(page.problems().iter().all(|problem| problem.contains("422")), "{:?}", page.problems());
    page.forget_problems();

    // A second one, then the first goes.
    device.unplug().await;
    let _second = page.plug_in(Device { synced: false, ..Device::default() }).await;
    use_at(&page, ".heading a.button", "Enter").await;
    page.wait_for_path("/account/passkeys/add").await;
    use_at(&page, "#add-passkey button", "Enter").await;
    page.wait_for("location.pathname !== '/account/passkeys/add' && document.readyState === 'complete'").await;
    page.goto(&format!("{}/account/passkeys", app.url)).await;
    page.wait_for("document.querySelectorAll('.cards > li').length === 2").await;
    use_at(&page, "summary[aria-label='Remove “Key ring”']", "Enter").await;
    page.press("Tab").await;
    assert_eq!(page.text(":focus").await, "Remove “Key ring”");
    page.press("Space").await;
    page.wait_for("document.querySelectorAll('.cards > li').length === 1 && document.activeElement.matches('.notice[role=status]')").await;

    // Out and in again.
    use_at(&page, ".who button", "Enter").await;
    page.wait_for_path("/sign-in").await;
    page.wait_for("document.activeElement.innerText?.includes('signed out')").await;
    page.press("Tab").await;
    assert_eq!(page.eval("document.activeElement.matches('#sign-in button')").await, true);
    page.press("Enter").await;
    page.wait_for_path("/account").await;
    assert_eq!(page.problems(), Vec::<String>::new());
    app.stop().await;
}

#[tokio::test]
async fn sessions_apps_and_recovery_by_the_keyboard_alone() {
    let app = TestApp::start(Engine::Sqlite).await;
    let page = Page::open().await;
    let _device = enrolled(&app, &page, "ada").await;
    let ada = {
        let mut conn = app.app().db.read().await.expect("a connection");
        muster::users::find_by_name(&mut conn, "ada").await.expect("an answer").expect("ada")
    };
    let elsewhere = app.browser();
    app.sign_in_by_link(&elsewhere, &ada).await;
    use_at(&page, ".tabs a[href='/account/sessions']", "Enter").await;
    page.wait_for_path("/account/sessions").await;
    use_at(&page, "details.confirm > summary", "Space").await;
    use_at(&page, "details.confirm button", "Enter").await;
    page.wait_for("document.querySelectorAll('.cards > li').length === 1 && document.activeElement.matches('.notice[role=status]')").await;
    assert!(!app.is_signed_in(&elsewhere).await);

    use_at(&page, ".tabs a[href='/account/recovery']", "Enter").await;
    page.wait_for_path("/account/recovery").await;
    use_at(&page, "form[action='/account/recovery'] button", "Enter").await;
    page.wait_for("document.querySelectorAll('#codes code').length === 10").await;
    // In the first minutes the sheet leads on to the next step.
    use_at(&page, ".sheet a.button", "Enter").await;
    page.wait_for_path("/account/welcome").await;
    use_at(&page, ".tabs a[href='/account/recovery']", "Enter").await;
    page.wait_for_text("10 of 10").await;

    let wiki = Registration { name: "Wiki".into(), redirect_uris: vec![format!("{}/no/such/page", app.url)], ..Registration::default() };
    let wiki = clients::register(app.app(), Authority::CommandLine, ClientId::new(), wiki, &[], app.clock.now()).await.expect("a client").client;
    let asked = [
        ("client_id", wiki.client_id.as_str()),
        ("redirect_uri", &wiki.registration.redirect_uris[0]),
        ("response_type", "code"),
        ("scope", "openid profile"),
    ];
    let question = format!("{}/authorize?{}", app.url, serde_urlencoded::to_string(asked).expect("a query"));
    walk(&page, &question).await;
    page.goto(&question).await;
    use_at(&page, "button[value=allow]", "Enter").await;
    page.wait_for_path("/no/such/page").await;
    page.goto(&format!("{}/account/apps", app.url)).await;
    page.forget_problems();
    use_at(&page, ".seen > summary", "Enter").await;
    use_at(&page, ".seen details.confirm > summary", "Space").await;
    page.press("Escape").await;
    page.wait_for("document.activeElement.matches('.seen details.confirm:not([open]) > summary')").await;
    page.press("Space").await;
    use_at(&page, ".seen details.confirm button", "Space").await;
    page.wait_for("document.activeElement.matches('.notice[role=status]')").await;
    assert_eq!(app.count("SELECT COUNT(*) FROM consents", vec![]).await, 0);
    assert_eq!(page.problems(), Vec::<String>::new());
    app.stop().await;
}

#[tokio::test]
async fn a_failed_try_is_told_and_the_keyboard_stays_where_it_was() {
    let app = TestApp::start(Engine::Sqlite).await;
    let page = Page::open().await;
    page.before_every_page(NO_AUTOFILL).await;
    let _device = page.plug_in(Device::default()).await;
    page.goto(&format!("{}/sign-in", app.url)).await;
    use_at(&page, "#sign-in button", "Enter").await;
    page.wait_for_element("#passkey-status.bad:not([hidden])").await;
    assert_eq!(page.eval("document.querySelector('#passkey-status').closest('[aria-live]').getAttribute('aria-live')").await, "polite");
    page.wait_for("document.activeElement.matches('#sign-in button')").await;
    // The next steps that came up are reached by going on.
    use_at(&page, "[data-hint=security-key]", "Space").await;
    page.wait_for("document.activeElement.matches('[data-hint=security-key]:not([disabled])')").await;

    use_at(&page, "a[href^='/sign-in/recovery']", "Enter").await;
    page.wait_for_path("/sign-in/recovery").await;
    use_at(&page, "#f-username", "Escape").await;
    page.type_text("ada").await;
    page.press("Tab").await;
    page.type_text("K7QF-3MXD-9WTP").await;
    page.press("Enter").await;
    page.wait_for("document.activeElement.matches('.notice.bad[role=alert]')").await;
    app.stop().await;
}
