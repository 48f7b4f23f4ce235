//! Signing in as people do it: in a real Chromium with a passkey device.

use crate::support::app::{Engine, TestApp};
use crate::support::browser::Page;
use crate::support::virtual_authenticator::{Device, VirtualAuthenticator, WrongBits};

/// Signs out in a browser that offers no passkeys in text fields: with a virtual device that would sign in again before anyone presses the button.
async fn sign_out(page: &Page, app: &TestApp) {
    page.before_every_page("PublicKeyCredential.isConditionalMediationAvailable = async () => false;").await;
    page.goto(&format!("{}/sign-out", app.url)).await;
    page.click("main button").await;
    page.wait_for_path("/sign-in").await;
}

#[tokio::test]
async fn from_the_set_up_link_to_a_passkey_and_back_in_by_the_button() {
    let app = TestApp::start(Engine::Sqlite).await;
    let page = Page::open().await;
    let device = page.plug_in(Device::default()).await;
    page.goto(app.setup_link().expect("a link")).await;
    for (field, value) in [("first_name", "Ada"), ("last_name", "Lovelace"), ("username", "ada"), ("email", "ada@example.org")] {
        page.fill(&format!("#f-{field}"), value).await;
    }
    page.click("form button").await;
    page.wait_for_path("/account/passkeys/add").await;
    page.click("#add-passkey button").await;
    page.wait_for_path("/account/welcome").await;
    page.wait_for_text("Test your passkey now").await;
    page.click(".test-passkey button").await;
    page.wait_for_text("It works: it was you.").await;
    page.click("main button.link").await;
    page.wait_for_text("You are ready").await;
    let credentials = device.credentials().await;
    assert_eq!(credentials.len(), 1);
    assert_eq!(credentials[0]["isResidentCredential"], true);

    sign_out(&page, &app).await;
    page.click("#sign-in button").await;
    page.wait_for_path("/account").await;
    assert_eq!(page.text("h1").await, "Ada Lovelace");
    page.goto(&format!("{}/account/passkeys", app.url)).await;
    assert_eq!(page.eval("document.querySelectorAll('.cards > li').length").await, 1);
    assert_eq!(device.credentials().await.len(), 1, "a signal took the passkey away");
    assert_eq!(page.problems(), Vec::<String>::new());
    let cookies = page.cookies().await;
    assert!(cookies.iter().all(|cookie| cookie.http_only), "{cookies:?}");
    app.stop().await;
}

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

#[tokio::test]
async fn autofill_signs_in_without_a_press_of_the_button() {
    let app = TestApp::start(Engine::Sqlite).await;
    let page = Page::open().await;
    let _device = enrolled(&app, &page, "ada").await;
    // A virtual device answers the request behind the username field by itself.
    page.goto(&format!("{}/sign-out", app.url)).await;
    page.click("main button").await;
    page.wait_for_path("/account").await;
    assert_eq!(app.count("SELECT COUNT(*) FROM audit_events WHERE kind = 'sign_in'", vec![]).await, 1);
    assert_eq!(page.problems(), Vec::<String>::new());
    app.stop().await;
}

#[tokio::test]
async fn without_a_passkey_or_without_a_finger_the_page_says_so_and_lets_one_try_again() {
    let app = TestApp::start(Engine::Sqlite).await;
    let page = Page::open().await;
    let device = page.plug_in(Device::default()).await;
    page.goto(&format!("{}/sign-in", app.url)).await;
    page.click("#sign-in button").await;
    page.wait_for_element("#passkey-status.bad:not([hidden])").await;
    assert!(page.text("#passkey-status").await.contains("No passkey"), "{}", page.text("#passkey-status").await);
    assert_eq!(page.eval("document.activeElement === document.querySelector('#sign-in button')").await, true);
    page.wait_for_element("#sign-in button:not([disabled])").await;
    device.unplug().await;

    // A new passkey is refused where the person is not verified: the page explains, nothing is kept.
    let device = page.plug_in(Device { verifies: false, ..Device::default() }).await;
    let ada = app.person("ada").await;
    page.goto(&app.access_link(&ada).await).await;
    page.click("form button").await;
    page.wait_for_path("/account/passkeys/add").await;
    page.click("#add-passkey button").await;
    page.wait_for_element("#passkey-status.bad:not([hidden])").await;
    assert!(page.text("#passkey-status").await.contains("Nothing changed"), "{}", page.text("#passkey-status").await);
    device.set_verifies(true).await;
    page.click("#add-passkey button").await;
    page.wait_for_path("/account/welcome").await;
    // A second one on the same device.
    page.goto(&format!("{}/account/passkeys/add", app.url)).await;
    page.click("#add-passkey button").await;
    page.wait_for_element("#passkey-status.bad:not([hidden])").await;
    assert!(page.text("#passkey-status").await.contains("already has a passkey"), "{}", page.text("#passkey-status").await);
    assert_eq!(page.problems(), Vec::<String>::new());
    app.stop().await;
}

#[tokio::test]
async fn a_passkey_removed_here_is_named_and_vanishes_from_the_password_manager() {
    let app = TestApp::start(Engine::Sqlite).await;
    let page = Page::open().await;
    let device = enrolled(&app, &page, "ada").await;
    app.execute("DELETE FROM passkeys", vec![]).await;
    sign_out(&page, &app).await;
    page.click("#sign-in button").await;
    page.wait_for_element("#passkey-status.bad:not([hidden])").await;
    assert!(page.text("#passkey-status").await.contains("not known here"), "{}", page.text("#passkey-status").await);
    crate::support::wait_until("the password manager to forget the passkey", async || device.credentials().await.is_empty()).await;
    // The answer 404 is on the console; nothing else may be.
    assert!(page.problems().iter().all(|problem| problem.contains("404")), "{:?}", page.problems());
    app.stop().await;
}

#[tokio::test]
async fn a_device_that_answers_wrongly_is_refused_in_plain_words() {
    let app = TestApp::start(Engine::Sqlite).await;
    let page = Page::open().await;
    let device = enrolled(&app, &page, "ada").await;
    sign_out(&page, &app).await;
    for (wrong, words) in [
        (WrongBits { bogus_signature: true, ..WrongBits::default() }, "cannot be used here"),
        (WrongBits { user_not_verified: true, ..WrongBits::default() }, "did not verify"),
        (WrongBits { user_not_present: true, ..WrongBits::default() }, "cannot be used here"),
    ] {
        device.answer_wrongly(wrong).await;
        page.click("#sign-in button").await;
        page.wait_for(&format!("document.querySelector('#passkey-status').innerText.includes('{words}')")).await;
        page.goto(&format!("{}/sign-in", app.url)).await;
    }
    device.answer_wrongly(WrongBits::default()).await;
    page.click("#sign-in button").await;
    page.wait_for_path("/account").await;
    app.stop().await;
}

#[tokio::test]
async fn an_old_copy_of_a_passkey_is_blocked_and_one_that_becomes_synced_goes_on() {
    let app = TestApp::start(Engine::Sqlite).await;
    let page = Page::open().await;
    let device = page.plug_in(Device { synced: false, ..Device::default() }).await;
    page.goto(&app.access_link(&app.person("ada").await).await).await;
    page.click("form button").await;
    page.wait_for_path("/account/passkeys/add").await;
    page.click("#add-passkey button").await;
    page.wait_for_path("/account/welcome").await;
    let as_it_was = device.credentials().await.remove(0);
    device.sync(&as_it_was).await;
    sign_out(&page, &app).await;
    page.click("#sign-in button").await;
    page.wait_for_path("/account").await;
    page.goto(&format!("{}/account/passkeys", app.url)).await;
    page.wait_for_text("Synced").await;

    // Out of a backup made before: it counts from where it was then.
    let mut old = device.credentials().await.remove(0);
    old["signCount"] = 0.into();
    device.clear().await;
    device.add_credential(&old).await;
    sign_out(&page, &app).await;
    page.click("#sign-in button").await;
    page.wait_for_text("the passkey may have been copied").await;
    page.wait_for_element("#passkey-code code").await;
    assert_eq!(app.last_reason(muster::audit::Kind::SignInRefused).await, "counter_went_back");
    app.stop().await;
}

#[tokio::test]
async fn the_button_takes_over_from_autofill_that_waits() {
    let app = TestApp::start(Engine::Sqlite).await;
    let page = Page::open().await;
    let device = enrolled(&app, &page, "ada").await;
    page.before_every_page(
        "window.asked = []; const get = CredentialsContainer.prototype.get;
         CredentialsContainer.prototype.get = function (options) { window.asked.push(options.mediation ?? 'modal'); return get.call(this, options) };",
    )
    .await;
    // Nobody touches the device: both requests wait.
    device.set_present(false).await;
    page.goto(&format!("{}/sign-out", app.url)).await;
    page.click("main button").await;
    page.wait_for("window.asked?.join() === 'conditional'").await;
    page.click("#sign-in button").await;
    page.wait_for("window.asked?.join() === 'conditional,modal'").await;
    assert_eq!(page.eval("document.querySelector('#passkey-status').hidden").await, true, "{}", page.text("#passkey-status").await);
    assert_eq!(page.problems(), Vec::<String>::new());
    app.stop().await;
}

#[tokio::test]
async fn without_javascript_the_page_explains_and_a_link_still_gets_one_in() {
    let app = TestApp::start(Engine::Sqlite).await;
    let ada = app.person("ada").await;
    let page = Page::open().await;
    page.set_scripts(false).await;
    page.goto(&format!("{}/sign-in", app.url)).await;
    assert!(page.text("noscript .notice").await.contains("JavaScript"));
    assert_eq!(page.eval("document.querySelector('#sign-in').checkVisibility()").await, false);
    page.goto(&app.access_link(&ada).await).await;
    page.click("form button").await;
    page.wait_for_path("/account/passkeys/add").await;
    assert!(page.text("noscript .notice").await.contains("JavaScript"));
    page.goto(&format!("{}/account/sessions", app.url)).await;
    page.click(".cards form button").await;
    page.wait_for_path("/sign-in").await;
    page.wait_for_text("You are signed out").await;
    assert_eq!(page.problems(), Vec::<String>::new());
    app.stop().await;
}

#[tokio::test]
async fn after_a_sign_in_with_a_telephone_the_computer_is_offered_a_passkey_of_its_own() {
    let app = TestApp::start(Engine::Sqlite).await;
    let page = Page::open().await;
    // As a telephone over Bluetooth, and a computer that could keep passkeys.
    page.before_every_page("PublicKeyCredential.getClientCapabilities = async () => ({ userVerifyingPlatformAuthenticator: true });").await;
    let telephone = page.plug_in(Device { transport: "hybrid", ..Device::default() }).await;
    page.goto(&app.access_link(&app.person("ada").await).await).await;
    page.click("form button").await;
    page.wait_for_path("/account/passkeys/add").await;
    page.click("#add-passkey button").await;
    page.wait_for_path("/account/welcome").await;
    sign_out(&page, &app).await;
    page.click("#sign-in button").await;
    page.wait_for_path("/account/passkeys/here").await;
    telephone.unplug().await;
    let computer = page.plug_in(Device::default()).await;
    page.click("a.primary").await;
    page.wait_for_path("/account/passkeys/add").await;
    page.click("#add-passkey button").await;
    page.wait_for("location.pathname !== '/account/passkeys/add' && document.readyState === 'complete'").await;
    assert_eq!(computer.credentials().await.len(), 1, "a passkey on the computer");
    sign_out(&page, &app).await;
    page.click("#sign-in button").await;
    page.wait_for_path("/account").await;
    assert_eq!(page.problems(), Vec::<String>::new());
    app.stop().await;
}
