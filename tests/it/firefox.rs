//! The same pages in Firefox: signing in without a passkey, and the account.

use crate::pages_support::group;
use crate::support::app::{Engine, TestApp};
use crate::support::firefox::Firefox;

/// The key in `WebDriver`'s private use area.
const ENTER: &str = "\u{e007}";
const TAB: &str = "\u{e004}";

#[tokio::test]
async fn in_firefox_the_ladder_a_link_a_recovery_code_and_the_account_work_and_nothing_goes_wrong() {
    let app = TestApp::start(Engine::Sqlite).await;
    let ada = app.person("ada").await;
    group(&app, "team", true, &[ada.id]).await;
    let elsewhere = app.browser();
    app.enrol(&elsewhere, &app.passkeys(), &ada).await;
    let page = elsewhere.get("/account/recovery").await;
    let codes = elsewhere.submit(&page, "/account/recovery", &[]).await.texts("#codes code");

    let mut firefox = Firefox::open().await;
    // The steps of the ladder are there; each leads on.
    firefox.goto(&format!("{}/sign-in", app.url)).await;
    firefox.wait_for("document.querySelector('#sign-in').checkVisibility() && document.querySelector('#sign-in button').innerText === 'Sign in with a passkey'").await;
    firefox.click("a[href^='/sign-in/device']").await;
    firefox.wait_for_path("/sign-in/device").await;
    firefox.click("main form button").await;
    firefox.wait_for_path("/sign-in/device/wait").await;
    firefox.wait_for("document.querySelector('svg.qr').getBoundingClientRect().width > 150").await;
    firefox.goto(&format!("{}/sign-in", app.url)).await;
    firefox.click("a[href^='/sign-in/recovery']").await;
    firefox.wait_for_path("/sign-in/recovery").await;
    firefox.fill("#f-username", "ada").await;
    firefox.type_keys(&format!("{TAB}K7QF-3MXD-9WTP{ENTER}")).await;
    firefox.wait_for("document.activeElement.matches('.notice.bad[role=alert]')").await;
    firefox.fill("#f-code", &codes[0]).await;
    firefox.type_keys(ENTER).await;
    firefox.wait_for_path("/account/passkeys/add").await;
    firefox.wait_for("document.querySelector('#add-passkey').checkVisibility()").await;
    assert_eq!(firefox.problems(), Vec::<String>::new());

    // By a link, into the whole account.
    firefox.goto(&format!("{}/sign-out", app.url)).await;
    firefox.click("main button").await;
    firefox.wait_for_path("/sign-in").await;
    firefox.goto(&app.access_link(&ada).await).await;
    firefox.click("form button").await;
    firefox.wait_for_path("/account/passkeys/add").await;
    for path in ["/account", "/account/passkeys", "/account/sessions", "/account/apps", "/account/recovery", "/account/approve", "/sign-out"] {
        for (width, height) in [(1280, 800), (320, 640)] {
            firefox.look(width, height).await;
            firefox.goto(&format!("{}{path}", app.url)).await;
            let seen = firefox
                .eval("[document.querySelectorAll('main h1').length, document.documentElement.scrollWidth <= document.documentElement.clientWidth]")
                .await;
            assert_eq!(seen, serde_json::json!([1, true]), "{path} at {width} px");
        }
    }
    firefox.look(1280, 800).await;
    firefox.goto(&format!("{}/account/sessions", app.url)).await;
    firefox.click("details.confirm > summary").await;
    firefox.click("details.confirm button").await;
    firefox.wait_for("document.querySelectorAll('.cards > li').length === 1").await;
    assert!(!app.is_signed_in(&elsewhere).await);
    // Out; the back button shows nothing of it.
    firefox.click(".who button").await;
    firefox.wait_for_path("/sign-in").await;
    firefox.eval("void setTimeout(() => history.back())").await;
    firefox.wait_for("location.pathname === '/sign-in' && location.search !== '?notice=signed-out' && document.readyState === 'complete'").await;
    assert_eq!(firefox.eval("document.body.innerText.includes('ada@example.org')").await, false);
    assert_eq!(firefox.problems(), Vec::<String>::new());
    app.stop().await;
}
