//! Browsers as they are: shared, with several tabs, gone back in, left open, slow, without scripts, and with devices that cannot do everything.

use std::time::Duration;

use muster::users::User;

use crate::pages_support::forge;
use crate::support::app::{Engine, TestApp};
use crate::support::browser::Page;
use crate::support::mailbox::Mailbox;
use crate::support::virtual_authenticator::{Device, VirtualAuthenticator};
use crate::support::wait_until;

/// What is offered in text fields is left out: a virtual device would take it before anyone presses anything.
/// Nor does the browser say by itself that it has no passkey: on a busy machine it does so before it has looked.
const NO_AUTOFILL: &str =
    "PublicKeyCredential.isConditionalMediationAvailable = async () => false; PublicKeyCredential.getClientCapabilities = undefined;";

/// Comes in by a link and adds a passkey to the device that is plugged in.
async fn enrol(app: &TestApp, page: &Page, person: &User) {
    page.goto(&app.access_link(person).await).await;
    page.click("form button").await;
    page.wait_for_path("/account/passkeys/add").await;
    page.click("#add-passkey button").await;
    page.wait_for_path("/account/welcome").await;
    page.goto(&format!("{}/account", app.url)).await;
}

/// A page signed in with a passkey on its device.
async fn enrolled<'a>(app: &TestApp, page: &'a Page, username: &str) -> VirtualAuthenticator<'a> {
    page.before_every_page(NO_AUTOFILL).await;
    let device = page.plug_in(Device::default()).await;
    enrol(app, page, &app.person(username).await).await;
    device
}

/// Gives another device the same passkeys. A device has a counter of its own, so the copy's begins where the server has not been yet.
async fn copy(from: &VirtualAuthenticator<'_>, to: &VirtualAuthenticator<'_>, counter: u32) {
    for mut credential in from.credentials().await {
        credential["signCount"] = counter.into();
        to.add_credential(&credential).await;
    }
}

async fn sign_out(app: &TestApp, page: &Page) {
    page.goto(&format!("{}/sign-out", app.url)).await;
    page.click("main button").await;
    page.wait_for_path("/sign-in").await;
}

#[tokio::test]
async fn after_signing_out_the_back_button_shows_nothing_of_the_account() {
    let app = TestApp::start(Engine::Sqlite).await;
    let page = Page::open().await;
    let _device = enrolled(&app, &page, "ada").await;
    page.before_every_page("addEventListener('pageshow', (event) => { window.was_kept = event.persisted; });").await;
    page.goto(&format!("{}/account", app.url)).await;
    page.wait_for_text("ada@example.org").await;
    page.click(".tabs a[href='/account/sessions']").await;
    page.wait_for_path("/account/sessions").await;
    page.click(".who button").await;
    page.wait_for_path("/sign-in").await;
    for steps in [-1, -2] {
        page.eval(&format!("void setTimeout(() => history.go({steps})); 1")).await;
        page.wait_for("location.pathname === '/sign-in' && location.search !== '?notice=signed-out' && document.readyState === 'complete'").await;
        let shown = page.eval("document.body.innerText + window.was_kept").await;
        assert!(shown.as_str().is_some_and(|text| !text.contains("ada@example.org") && !text.ends_with("true")), "{steps}: {shown}");
        page.goto(&format!("{}/sign-in?notice=signed-out", app.url)).await;
    }
    app.stop().await;
}

#[tokio::test]
async fn two_people_share_a_browser_and_neither_acts_as_the_other() {
    let app = TestApp::start(Engine::Sqlite).await;
    let page = Page::open().await;
    let _device = enrolled(&app, &page, "ada").await;
    // Ada's page stays open in a tab while Bob signs in in another.
    let left_open = page.beside().await;
    left_open.goto(&format!("{}/account/passkeys", app.url)).await;
    left_open.wait_for_element(".cards details").await;
    sign_out(&app, &page).await;
    let bob = app.person("bob").await;
    enrol(&app, &page, &bob).await;
    assert_eq!(page.text("h1").await, "bob Example");

    let name = "SELECT COUNT(*) FROM passkeys WHERE name = 'Stolen'";
    left_open.click(".cards details.plain > summary").await;
    left_open.fill(".cards details.plain input", "Stolen").await;
    left_open.click(".cards details.plain button").await;
    left_open.wait_for("document.readyState === 'complete' && !document.querySelector('.cards details.plain')").await;
    assert_eq!(app.count(name, vec![]).await, 0, "a form of Ada's page did something in Bob's session");
    left_open.goto(&format!("{}/account", app.url)).await;
    assert_eq!(left_open.text("h1").await, "bob Example", "and whoever looks at the tab sees whose it is now");

    // Each comes in by their own passkey; the browser knows which, and nothing of the other is seen.
    sign_out(&app, &page).await;
    page.click("#sign-in button").await;
    page.wait_for_path("/account").await;
    let seen = page.eval("document.body.innerText").await.to_string();
    assert_ne!(seen.contains("ada@example.org"), seen.contains("bob@example.org"), "{seen}");
    app.stop().await;
}

#[tokio::test]
async fn in_two_tabs_one_signs_in_twice_and_out_once() {
    let app = TestApp::start(Engine::Sqlite).await;
    let page = Page::open().await;
    let device = enrolled(&app, &page, "ada").await;
    sign_out(&app, &page).await;
    let other = page.beside().await;
    other.before_every_page(NO_AUTOFILL).await;
    let again = other.plug_in(Device::default()).await;
    copy(&device, &again, 100).await;
    other.goto(&format!("{}/sign-in?back=%2Faccount%2Fsessions", app.url)).await;
    page.click("#sign-in button").await;
    page.wait_for_path("/account").await;
    // The second tab was opened before; its button works all the same, though its browser is signed in by now.
    other.click("#sign-in button").await;
    other.wait_for_path("/account/sessions").await;
    other.wait_for_text("This browser").await;
    assert_eq!(app.count("SELECT COUNT(*) FROM sessions", vec![]).await, 1, "the second replaced the first");

    other.click(".who button").await;
    other.wait_for_path("/sign-in").await;
    device.clear().await;
    copy(&again, &device, 200).await;
    // The first tab still shows what it showed; its next step leads to signing in, and from there to where it wanted.
    page.click(".tabs a[href='/account/recovery']").await;
    page.wait_for_path("/sign-in").await;
    page.click("#sign-in button").await;
    page.wait_for_path("/account/recovery").await;
    assert_eq!((page.problems(), other.problems()), (Vec::new(), Vec::new()));
    app.stop().await;
}

#[tokio::test]
async fn a_page_left_open_for_too_long_goes_on_or_says_so() {
    let app = TestApp::start(Engine::Sqlite).await;
    let page = Page::open().await;
    let device = enrolled(&app, &page, "ada").await;
    // The passkey under the username field is chosen long after the page was opened: its challenge has run out, and the page asks once more by itself.
    let later = Page::open().await;
    later
        .before_every_page(
            "PublicKeyCredential.isConditionalMediationAvailable = async () => true;
             window.asked = []; const get = CredentialsContainer.prototype.get;
             CredentialsContainer.prototype.get = async function (options) {
                 window.asked.push(options.mediation ?? 'modal');
                 if (options.mediation === 'conditional') await new Promise((go) => { window.choose = go; });
                 return get.call(this, { ...options, mediation: undefined, signal: undefined });
             };",
        )
        .await;
    let keys = later.plug_in(Device::default()).await;
    copy(&device, &keys, 100).await;
    later.goto(&format!("{}/sign-in", app.url)).await;
    later.wait_for("window.choose").await;
    app.clock.advance(Duration::from_secs(7 * 60));
    later.eval("window.choose(); 1").await;
    later.wait_for_path("/account").await;

    // A link whose time is over when its button is pressed, and a page of a session that has ended.
    let link = app.access_link(&app.person("eve").await).await;
    let third = Page::open().await;
    third.goto(&link).await;
    third.wait_for_element("form button").await;
    app.clock.advance(Duration::from_secs(2 * 60 * 60));
    third.click("form button").await;
    third.wait_for_text("This link no longer works").await;
    third.wait_for_text("administrator").await;
    later.goto(&format!("{}/account/passkeys/add", app.url)).await;
    app.clock.advance(Duration::from_secs(3 * 24 * 60 * 60));
    let problems = later.problems();
    assert!(problems.iter().all(|problem| problem.contains("41")), "{problems:?}");
    later.eval("document.querySelector('.tabs a[href=\"/account/sessions\"], a[href^=\"/account\"]').click()").await;
    later.wait_for_path("/sign-in").await;
    app.stop().await;
}

#[tokio::test]
async fn over_a_slow_network_one_press_is_one_sign_in_and_without_any_the_page_says_so() {
    let app = TestApp::start(Engine::Sqlite).await;
    let page = Page::open().await;
    let _device = enrolled(&app, &page, "ada").await;
    sign_out(&app, &page).await;
    page.slow_down(true, 0, -1).await;
    page.click("#sign-in button").await;
    page.wait_for_text("The server cannot be reached. Check your connection and try again.").await;
    page.wait_for("document.activeElement.matches('#sign-in button:not([disabled])')").await;

    // 300 ms each way and 40 kB a second, as on a bad telephone connection.
    page.slow_down(false, 300, 40_000).await;
    page.forget_problems();
    page.click("#sign-in button").await;
    page.eval("for (let n = 0; n < 5; n++) document.querySelector('#sign-in button')?.click()").await;
    page.wait_for_path("/account").await;
    assert_eq!(app.count("SELECT COUNT(*) FROM audit_events WHERE kind = 'sign_in'", vec![]).await, 1);
    assert_eq!(app.count("SELECT COUNT(*) FROM sessions", vec![]).await, 1);
    assert_eq!(page.problems(), Vec::<String>::new());
    app.stop().await;
}

#[tokio::test]
async fn each_kind_of_device_gives_a_passkey_or_a_reason() {
    let app = TestApp::start(Engine::Sqlite).await;
    let count = "SELECT COUNT(*) FROM passkeys";
    for (username, device, reach) in [
        ("internal", Device::default(), "Synced"),
        ("bound", Device { synced: false, ..Device::default() }, "Only on this device or key"),
        ("usb", Device { transport: "usb", synced: false, ..Device::default() }, "Only on this device or key"),
        ("nfc", Device { transport: "nfc", synced: false, ..Device::default() }, "Only on this device or key"),
        ("phone", Device { transport: "hybrid", ..Device::default() }, "Synced"),
    ] {
        let page = Page::open().await;
        page.before_every_page(NO_AUTOFILL).await;
        let device = page.plug_in(device).await;
        enrol(&app, &page, &app.person(username).await).await;
        page.goto(&format!("{}/account/passkeys", app.url)).await;
        assert!(page.text(".cards > li").await.contains(reach), "{username}: {}", page.text(".cards > li").await);
        sign_out(&app, &page).await;
        if matches!(username, "usb" | "nfc" | "phone") {
            // A browser may not look at other devices before it is told to.
            page.click("#sign-in button").await;
            page.wait_for("location.pathname === '/account' || !document.querySelector('#other-devices').hidden").await;
            if page.eval("location.pathname").await == "/sign-in" {
                page.click(if username == "phone" { "[data-hint=hybrid]" } else { "[data-hint=security-key]" }).await;
            }
        } else {
            page.click("#sign-in button").await;
        }
        page.wait_for_path("/account").await;
        assert_eq!(page.text("h1").await, format!("{username} Example"));
        assert_eq!(page.problems(), Vec::<String>::new(), "{username}");
        drop(device);
    }
    let made = app.count(count, vec![]).await;
    let ada = app.person("ada").await;
    for (what, device) in [
        ("no PIN", Device { transport: "usb", can_verify: false, verifies: false, ..Device::default() }),
        ("a wrong finger", Device { verifies: false, ..Device::default() }),
        ("no room for passkeys", Device { transport: "usb", discoverable: false, ..Device::default() }),
        (
            "before passkeys",
            Device { protocol: "u2f", transport: "usb", discoverable: false, can_verify: false, verifies: false, synced: false, ..Device::default() },
        ),
    ] {
        let page = Page::open().await;
        page.before_every_page(NO_AUTOFILL).await;
        let _device = page.plug_in(device).await;
        page.goto(&app.access_link(&ada).await).await;
        page.click("form button").await;
        page.wait_for_path("/account/passkeys/add").await;
        page.click("#add-passkey button").await;
        page.wait_for_element("#passkey-status.bad:not([hidden])").await;
        let said = page.text("#passkey-status").await;
        assert!(said.contains("PIN") && said.contains("another one"), "{what}: {said}");
        page.wait_for_element("#passkey-code code").await;
        page.wait_for_element("#add-passkey button:not([disabled])").await;
        assert_eq!(page.problems(), Vec::<String>::new(), "{what}");
    }
    assert_eq!(app.count(count, vec![]).await, made, "none of these was kept");
    app.stop().await;
}

/// A page of another origin with a frame that may ask for passkeys. Gives its address; it is served until the test ends.
async fn another_site() -> String {
    let page = "<!doctype html><title>Another site</title><iframe allow='publickey-credentials-get *' width=800 height=600></iframe>";
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let address = format!("http://localhost:{}", listener.local_addr().expect("bound").port());
    let site = axum::Router::new().fallback(async move || axum::response::Html(page));
    tokio::spawn(async move { axum::serve(listener, site).await });
    address
}

#[tokio::test]
async fn in_a_frame_of_another_site_nothing_is_shown() {
    let app = TestApp::start(Engine::Sqlite).await;
    let page = Page::open().await;
    let evil = another_site().await;
    page.count_traffic().await;
    for path in ["/sign-in", "/account", "/sign-in/recovery"] {
        page.goto(&evil).await;
        page.forget_problems();
        page.eval(&format!("void (document.querySelector('iframe').src = '{}{path}')", app.url)).await;
        wait_until("the browser to refuse the frame", async || page.has_heard("ERR_BLOCKED_BY_RESPONSE")).await;
    }
    app.stop().await;
}

#[tokio::test]
async fn without_javascript_one_signs_up_and_keeps_house() {
    let mailbox = Mailbox::start().await;
    let environment = mailbox.environment();
    let mut variables: Vec<(&str, &str)> = environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
    variables.extend([("ALLOW_USER_SIGNUPS", "open"), ("EMAIL_ONE_TIME_ACCESS_AS_UNAUTHENTICATED_ENABLED", "true")]);
    let app = TestApp::start_with(Engine::Sqlite, &variables).await;
    let page = Page::open().await;
    page.set_scripts(false).await;
    page.goto(&format!("{}/sign-in", app.url)).await;
    page.click("a[href='/sign-up']").await;
    page.wait_for_path("/sign-up").await;
    page.fill("#f-email", "ada@example.org").await;
    page.click("form button").await;
    let mail = mailbox.wait_for(1).await.remove(0);
    let link = address_in(&mail.content, &app.url);
    page.goto(&link).await;
    page.fill("#f-first_name", "Ada").await;
    page.fill("#f-username", "ada").await;
    page.click("form button").await;
    page.wait_for_path("/account/passkeys/add").await;
    page.wait_for_text("Passkeys need JavaScript").await;

    // Signed out, and in again by a link to their e-mail address.
    page.goto(&format!("{}/sign-out", app.url)).await;
    page.click("main button").await;
    page.wait_for_path("/sign-in").await;
    page.click("a[href^='/sign-in/email']").await;
    page.fill("#f-name", "ada").await;
    page.click("form button").await;
    let mail = mailbox.wait_for(2).await.remove(1);
    page.goto(&address_in(&mail.content, &app.url)).await;
    page.click("form button").await;
    page.wait_for_path("/account/passkeys/add").await;
    for path in ["/account", "/account/passkeys", "/account/sessions", "/account/apps", "/account/recovery"] {
        page.goto(&format!("{}{path}", app.url)).await;
        assert_eq!(page.eval("document.querySelectorAll('main h1').length").await, 1, "{path}");
    }
    // Another device lets this browser in: the page asks again by itself.
    let phone = app.browser();
    app.enrol(&phone, &app.passkeys(), &app.person("bob").await).await;
    let television = Page::open().await;
    television.set_scripts(false).await;
    television.goto(&format!("{}/sign-in/device", app.url)).await;
    television.click("main form button").await;
    television.wait_for_path("/sign-in/device/wait").await;
    let (code, number) = (television.text("main code").await, television.text(".digits").await);
    let allowed = forge(&app, &phone, "/account/approve", &[("code", &code), ("number", &number)]).await;
    assert!(allowed.status.is_success() || allowed.status.is_redirection(), "{} {}", allowed.status, allowed.body);
    television.wait_for_text("You were let in").await;
    television.click("main form button").await;
    television.wait_for_path("/account").await;
    app.stop().await;
}

/// The first address of ours in a mail.
fn address_in(mail: &str, base: &str) -> String {
    let mail = mail.replace("=\r\n", "").replace("=3D", "=");
    let start = mail.find(base).unwrap_or_else(|| panic!("no address in: {mail}"));
    mail[start..].split_whitespace().next().expect("an address").to_owned()
}
