//! Every way in but the first, in a real Chromium: recovery codes, the steps after "no passkey here", and another device.

use crate::pages::{look_at, screenshots};
use crate::pages_support::administrator;
use crate::support::access::Rules;
use crate::support::app::{Engine, TestApp};
use crate::support::browser::{Page, View};
use crate::support::virtual_authenticator::{Device, VirtualAuthenticator};

/// A page signed in by a link, with a passkey on its device.
async fn enrolled<'a>(app: &TestApp, page: &'a Page, username: &str) -> VirtualAuthenticator<'a> {
    let device = page.plug_in(Device::default()).await;
    let person = app.person(username).await;
    page.goto(&app.access_link(&person).await).await;
    page.click("form button").await;
    page.wait_for_path("/account/passkeys/add").await;
    page.click("#add-passkey button").await;
    page.wait_for_path("/account/welcome").await;
    device
}

async fn shoot(page: &Page, name: &str) {
    assert_eq!(page.broken_rules(Rules::All).await, Vec::<String>::new(), "{name}");
    let Some(folder) = screenshots() else { return };
    for (look, view) in [("desktop", View::DESKTOP), ("dark", View::DESKTOP.dark()), ("phone", View::PHONE), ("phone-dark", View::PHONE.dark())] {
        page.look(view).await;
        let is_wider = page.eval("document.documentElement.scrollWidth > document.documentElement.clientWidth").await;
        assert_eq!(is_wider, false, "{name} has to be pushed sideways on a {look}");
        page.screenshot(&folder.join(format!("{name}-{look}.png"))).await;
    }
    page.look(View::DESKTOP).await;
}

#[tokio::test]
async fn whoever_lost_every_passkey_comes_back_by_a_code_and_ends_what_was_lost() {
    let app = TestApp::start(Engine::Sqlite).await;
    let page = Page::open().await;
    let device = enrolled(&app, &page, "ada").await;
    shoot(&page, "account-one-passkey").await;
    page.goto(&format!("{}/account/recovery", app.url)).await;
    shoot(&page, "recovery-none").await;
    page.click("form[action='/account/recovery'] button").await;
    page.wait_for_element("#codes code").await;
    page.wait_for_element("button[data-print]:not([hidden])").await;
    shoot(&page, "recovery-codes").await;
    let code = page.text("#codes code").await;
    page.goto(&format!("{}/account/recovery", app.url)).await;
    page.wait_for_text("10 of 10").await;
    shoot(&page, "recovery-made").await;
    assert_eq!(page.problems(), Vec::<String>::new());
    drop(device);

    // Another day, another computer, no JavaScript until the passkey.
    let page = Page::open().await;
    page.set_scripts(false).await;
    page.goto(&format!("{}/sign-in", app.url)).await;
    page.click("a[href^='/sign-in/recovery']").await;
    page.wait_for_path("/sign-in/recovery").await;
    page.fill("#f-username", "ada").await;
    page.fill("#f-code", "K7QF-3MXD-9WTP").await;
    page.click("form button").await;
    page.wait_for_element(".notice.bad").await;
    shoot(&page, "recovery-refused").await;
    page.forget_problems();
    page.fill("#f-code", &code.to_lowercase()).await;
    page.click("form button").await;
    page.wait_for_path("/account/passkeys/add").await;
    page.set_scripts(true).await;
    let _new = page.plug_in(Device::default()).await;
    page.goto(&format!("{}/account/passkeys/add", app.url)).await;
    shoot(&page, "recovery-add-passkey").await;
    page.click("#add-passkey button").await;
    page.wait_for_path("/account/recovery/review").await;
    shoot(&page, "recovery-review").await;
    page.click("form[action*='/review/sessions/'] button").await;
    page.wait_for_text("The session was ended").await;
    page.click("form[action*='/review/passkeys/'] button").await;
    page.wait_for_text("The passkey was removed").await;
    page.click(".heading a.button").await;
    page.wait_for_path("/account").await;
    assert_eq!(page.problems(), Vec::<String>::new());
    assert_eq!(app.count("SELECT COUNT(*) FROM passkeys", vec![]).await, 1);
    app.stop().await;
}

#[tokio::test]
async fn no_passkey_here_leads_to_the_next_steps_with_a_code_to_read_out() {
    let app = TestApp::start(Engine::Sqlite).await;
    let (_, root) = administrator(&app, "root").await;
    let page = Page::open().await;
    let device = page.plug_in(Device::default()).await;
    page.before_every_page(
        "PublicKeyCredential.isConditionalMediationAvailable = async () => false;
         window.asked = []; const get = CredentialsContainer.prototype.get;
         CredentialsContainer.prototype.get = function (options) {
             window.asked.push([options.uiMode ?? '', (options.publicKey.hints ?? []).join()].join(':')); return get.call(this, options) };",
    )
    .await;
    page.goto(&format!("{}/sign-in", app.url)).await;
    assert_eq!(page.eval("document.querySelector('#other-devices').checkVisibility()").await, false);
    shoot(&page, "sign-in-ladder").await;
    page.click("#sign-in button").await;
    page.wait_for_element("#passkey-code code").await;
    page.wait_for_element("#other-devices:not([hidden])").await;
    shoot(&page, "sign-in-no-passkey").await;
    let immediate = page.eval("PublicKeyCredential.getClientCapabilities().then((can) => can.immediateGet === true)").await;
    assert_eq!(page.eval("window.asked.join(' ')").await, if immediate == true { "immediate:" } else { ":" });
    let code = page.text("#passkey-code code").await;
    let found = root.get(&format!("/admin/sign-in-problems?code={code}")).await.texts("#found").join(" ");
    assert!(found.contains("gave no passkey"), "{found}");
    // A press by a script does nothing, one by a person asks with the hint.
    page.eval("document.querySelector('[data-hint=hybrid]').click()").await;
    page.click("[data-hint=security-key]").await;
    page.wait_for("window.asked.length === 2").await;
    assert_eq!(page.eval("window.asked[1]").await, ":security-key");
    page.wait_for_element("[data-hint=security-key]:not([disabled])").await;
    page.eval("document.querySelector('.other-ways a').click()").await;
    assert_eq!(page.eval("location.pathname").await, "/sign-in");
    assert_eq!(page.problems(), Vec::<String>::new());
    drop(device);

    // The browser inside an app.
    page.before_every_page(
        "delete window.PublicKeyCredential; Object.defineProperty(navigator, 'userAgent', { value: 'Mozilla/5.0 (Linux; Android 16; wv) Version/4.0' });",
    )
    .await;
    page.goto(&format!("{}/sign-in", app.url)).await;
    page.wait_for_text("inside another app").await;
    page.wait_for_element("#passkey-code code").await;
    page.wait_for_element("a[href^='/sign-in/device']").await;
    shoot(&page, "sign-in-inside-an-app").await;
    assert_eq!(page.problems(), Vec::<String>::new());
    app.stop().await;
}

#[tokio::test]
async fn a_television_is_let_in_from_a_telephone() {
    let app = TestApp::start(Engine::Sqlite).await;
    let phone = Page::open().await;
    let _device = enrolled(&app, &phone, "ada").await;
    let television = Page::open().await;
    television.goto(&format!("{}/sign-in", app.url)).await;
    television.click("a[href^='/sign-in/device']").await;
    television.wait_for_path("/sign-in/device").await;
    shoot(&television, "other-device-start").await;
    television.click("main form button").await;
    television.wait_for_path("/sign-in/device/wait").await;
    shoot(&television, "other-device-wait").await;
    let (code, number) = (television.text("main code").await, television.text(".digits").await);
    let drawn = television.eval("document.querySelector('svg.qr').getBoundingClientRect().width").await;
    assert!(drawn.as_f64().is_some_and(|width| width > 150.0), "{drawn}");

    phone.goto(&format!("{}/account/approve", app.url)).await;
    shoot(&phone, "other-device-type").await;
    phone.fill("#f-code", &code).await;
    phone.click("main form button").await;
    phone.wait_for_element(".picks button").await;
    shoot(&phone, "other-device-approve").await;
    phone.click(&format!(".picks button[value='{number}']")).await;
    phone.wait_for_text("The browser is let in").await;
    shoot(&phone, "other-device-allowed").await;

    // It notices by itself.
    television.wait_for_text("You were let in").await;
    shoot(&television, "other-device-let-in").await;
    television.click("main form button").await;
    television.wait_for_path("/account").await;
    assert_eq!(television.text("h1").await, "ada Example");
    assert_eq!((phone.problems(), television.problems()), (Vec::new(), Vec::new()));
    app.stop().await;
}

#[tokio::test]
async fn the_pages_of_administrators_about_ways_in_hold_in_every_size() {
    let app = TestApp::start(Engine::Sqlite).await;
    let (_, admin) = administrator(&app, "root").await;
    crate::pages_support::crowd(&app, 60).await;
    let (ada, browser) = (app.person("ada").await, app.browser());
    app.enrol(&browser, &app.passkeys(), &ada).await;
    let page_of_codes = browser.get("/account/recovery").await;
    browser.submit(&page_of_codes, "/account/recovery", &[]).await;
    app.execute("UPDATE passkeys SET backup_eligible = FALSE, backup_state = FALSE", vec![]).await;
    let empty = Page::open().await;
    let page = Page::open().await;
    for page in [&empty, &page] {
        page.goto(&app.url).await;
        for cookie in admin.cookies("/").split("; ") {
            let (name, value) = cookie.split_once('=').expect("a cookie has a value");
            page.set_cookie(name, value, &app.url).await;
        }
    }
    look_at(&empty, "sign-in-problems-empty", &format!("{}/admin/sign-in-problems", app.url)).await;
    let told = serde_json::json!({ "operation": "sign_in", "name": "wrong_address", "address": "http://192.0.2.7:1411", "can": ["immediateGet", "hybridTransport"] });
    let code = app.post(&app.browser(), "/sign-in/problem", &told).await.json()["code"].as_str().expect("a code").to_owned();
    for name in ["NotAllowedError", "in_app", "SecurityError"] {
        app.post(&app.browser(), "/sign-in/problem", &serde_json::json!({ "operation": "register", "name": name, "millis": 30 })).await;
    }
    for (name, path) in [
        ("lock-out", "/admin/lock-out".to_owned()),
        ("lock-out-no-way", "/admin/lock-out?level=no_way".to_owned()),
        ("sign-in-problems", "/admin/sign-in-problems".to_owned()),
        ("sign-in-problem-found", format!("/admin/sign-in-problems?code={code}")),
        ("person-with-codes", format!("/admin/users/{}", ada.id)),
    ] {
        look_at(&page, name, &format!("{}{path}", app.url)).await;
    }
    app.stop().await;
}
