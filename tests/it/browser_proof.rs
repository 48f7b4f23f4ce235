//! One touch before something dangerous, in a real Chromium with a passkey device.

use std::time::Duration;

use crate::pages::look_at;
use crate::support::app::{Engine, TestApp};
use crate::support::browser::Page;
use crate::support::virtual_authenticator::{Device, VirtualAuthenticator};

const LATER: Duration = Duration::from_secs(11 * 60);

/// A page of an administrator who signed in a while ago, with a passkey on the device.
async fn long_ago<'a>(app: &TestApp, page: &'a Page) -> VirtualAuthenticator<'a> {
    let device = page.plug_in(Device::default()).await;
    let root = app.admin("root").await;
    page.goto(&app.access_link(&root).await).await;
    page.click("form button").await;
    page.wait_for_path("/account/passkeys/add").await;
    page.click("#add-passkey button").await;
    page.wait_for_path("/account/welcome").await;
    app.clock.advance(LATER);
    device
}

#[tokio::test]
async fn one_touch_and_the_form_goes_on_as_it_was_typed() {
    let app = TestApp::start(Engine::Sqlite).await;
    let page = Page::open().await;
    let _device = long_ago(&app, &page).await;
    page.goto(&format!("{}/admin/users/new", app.url)).await;
    page.fill("#f-username", "grace").await;
    page.fill("#f-first_name", "Grace & Co").await;
    page.fill("#f-email", "grace@example.org").await;
    page.click("main form button.primary").await;
    page.wait_for_path("/account/prove").await;
    page.wait_for_text("You are about to add a person").await;
    let asked = page.url().await;
    look_at(&page, "prove", &asked).await;
    page.look(crate::support::browser::View::DESKTOP).await;
    assert_eq!(app.count("SELECT COUNT(*) FROM users WHERE username = 'grace'", vec![]).await, 0);
    page.click("#prove button").await;
    page.wait_for_text("Grace & Co").await;
    assert!(page.url().await.contains("/admin/users/"), "{}", page.url().await);
    assert_eq!(app.count("SELECT COUNT(*) FROM users WHERE username = 'grace'", vec![]).await, 1);
    assert_eq!(page.problems(), Vec::<String>::new());

    // The page one comes back to by the back button has nothing to send any more, and says so.
    page.forget_problems();
    page.goto(&asked).await;
    page.wait_for_text("No longer kept").await;
    app.stop().await;
}

#[tokio::test]
async fn a_page_open_for_too_long_leads_to_the_touch_and_back() {
    let app = TestApp::start(Engine::Sqlite).await;
    let page = Page::open().await;
    let _device = long_ago(&app, &page).await;
    page.goto(&format!("{}/account/passkeys/add", app.url)).await;
    page.wait_for_path("/account/prove").await;
    page.wait_for_text("You are about to add a passkey").await;
    page.click("#prove button").await;
    page.wait_for_path("/account/passkeys/add").await;
    // Left open; the touch has become too old.
    app.clock.advance(LATER);
    page.click("#add-passkey button").await;
    page.wait_for_path("/account/prove").await;
    page.click("#prove button").await;
    page.wait_for_path("/account/passkeys/add").await;
    app.stop().await;
}

#[tokio::test]
async fn without_a_finger_the_proof_is_explained_and_can_be_tried_again() {
    let app = TestApp::start(Engine::Sqlite).await;
    let page = Page::open().await;
    let device = long_ago(&app, &page).await;
    device.set_verifies(false).await;
    page.goto(&format!("{}/account/prove?back=/account/passkeys/add", app.url)).await;
    page.click("#prove button").await;
    page.wait_for_element("#passkey-status.bad:not([hidden])").await;
    page.wait_for_element("#prove button:not([disabled])").await;
    device.set_verifies(true).await;
    page.click("#prove button").await;
    page.wait_for_path("/account/passkeys/add").await;
    app.stop().await;
}

#[tokio::test]
async fn without_javascript_the_proof_page_says_what_is_missing() {
    let app = TestApp::start(Engine::Sqlite).await;
    let page = Page::open().await;
    let _device = long_ago(&app, &page).await;
    page.set_scripts(false).await;
    page.goto(&format!("{}/account/passkeys/add", app.url)).await;
    page.wait_for_path("/account/prove").await;
    page.wait_for_text("Passkeys need JavaScript").await;
    app.stop().await;
}

#[tokio::test]
async fn staying_signed_in_is_a_choice_and_a_new_browser_is_told_of_in_the_old_one() {
    let app = TestApp::start(Engine::Sqlite).await;
    let page = Page::open().await;
    let _device = long_ago(&app, &page).await;
    page.before_every_page("PublicKeyCredential.isConditionalMediationAvailable = async () => false;").await;
    page.goto(&format!("{}/sign-out", app.url)).await;
    page.click("main button").await;
    page.wait_for_path("/sign-in").await;
    look_at(&page, "sign-in-keep", &format!("{}/sign-in", app.url)).await;
    page.look(crate::support::browser::View::DESKTOP).await;
    page.click("#f-keep").await;
    page.click("#sign-in button").await;
    page.wait_for_path("/account").await;
    assert_eq!(app.count("SELECT COUNT(*) FROM sessions WHERE kept", vec![]).await, 1);
    assert_eq!(app.count("SELECT COUNT(*) FROM new_browsers", vec![]).await, 0, "the same browser is no new one");

    let root = {
        let mut conn = app.app().db.read().await.expect("a connection");
        muster::users::find_by_name(&mut conn, "root").await.expect("an answer").expect("root")
    };
    app.sign_in_by_link(&app.browser(), &root).await;
    look_at(&page, "new-browser", &format!("{}/account", app.url)).await;
    page.look(crate::support::browser::View::DESKTOP).await;
    page.wait_for_text("A new browser signed in").await;
    page.click("form[action$='/not-mine'] button").await;
    page.wait_for_text("That browser was signed out").await;
    app.stop().await;
}
