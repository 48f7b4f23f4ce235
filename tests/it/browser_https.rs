//! What Chromium does for https alone: passkeys at a related address, and reports of what a page's policy forbids.

use muster::clock::Clock;
use muster::server;

use crate::csp_reports::{INJECT, count, counting};
use crate::support::app::{Engine, TestApp};
use crate::support::browser::Page;
use crate::support::https::Https;
use crate::support::virtual_authenticator::Device;
use crate::support::{free_port, wait_until};

const OLD: &str = "https://id.old.example";
const NEW: &str = "https://id.new.example";
const OTHER: &str = "https://id.other.example";

/// The autofill would use the passkey as soon as the page is there, and a test would not know by what it came in.
const NO_AUTOFILL: &str = "PublicKeyCredential.isConditionalMediationAvailable = async () => false;";

async fn sign_out(page: &Page, at: &str) {
    page.goto(&format!("{at}/sign-out")).await;
    page.click("main button").await;
    page.wait_for_path("/sign-in").await;
}

#[tokio::test]
async fn a_passkey_made_at_one_address_signs_in_at_a_related_one_in_a_real_browser_and_at_no_other() {
    // Two instances on one database, as docs/moving.md has it, and a third that the old address does not name.
    let ports = [free_port(), free_port(), free_port()];
    let port = ports[0].to_string();
    let old = TestApp::start_with(Engine::Sqlite, &[("APP_URL", OLD), ("PORT", &port), ("PASSKEY_RELATED_ORIGINS", NEW)]).await;
    let beside = async |url: &str, port: u16| {
        let port = port.to_string();
        let variables = [("APP_URL", url), ("PORT", port.as_str()), ("PASSKEY_RP_ID", "id.old.example"), ("PASSKEY_RELATED_ORIGINS", url)];
        server::start(old.configuration(&variables), Clock::system()).await.expect("the server starts")
    };
    let (new, other) = (beside(NEW, ports[1]).await, beside(OTHER, ports[2]).await);
    let https = Https::start(&[("id.old.example", ports[0]), ("id.new.example", ports[1]), ("id.other.example", ports[2])]).await;
    let page = https.page().await;
    page.before_every_page(NO_AUTOFILL).await;
    let device = page.plug_in(Device::default()).await;
    let ada = old.person("ada").await;
    page.goto(&old.access_link(&ada).await).await;
    assert!(page.url().await.starts_with(OLD), "{}", page.url().await);
    page.click("form button").await;
    page.wait_for_path("/account/passkeys/add").await;
    page.click("#add-passkey button").await;
    page.wait_for_path("/account/welcome").await;
    assert_eq!(device.credentials().await[0]["rpId"], "id.old.example");

    // The browser asks the old address which others may use it, and takes the new one's word for nothing.
    page.goto(&format!("{NEW}/sign-in")).await;
    page.click("#sign-in button").await;
    page.wait_for_path("/account").await;
    assert!(page.url().await.starts_with(NEW), "{}", page.url().await);
    page.wait_for_text("ada").await;
    sign_out(&page, NEW).await;

    page.goto(&format!("{OTHER}/sign-in")).await;
    page.click("#sign-in button").await;
    page.wait_for("document.querySelector('#passkey-status').hidden === false").await;
    assert_eq!(page.eval("location.pathname").await, "/sign-in");
    page.forget_problems();

    page.goto(&format!("{OLD}/account")).await;
    page.wait_for_path("/account").await;
    sign_out(&page, OLD).await;
    page.click("#sign-in button").await;
    page.wait_for_path("/account").await;
    new.stop().await;
    other.stop().await;
    old.stop().await;
}

#[tokio::test]
async fn over_https_reports_come_by_the_reporting_api() {
    let port = free_port();
    let text = port.to_string();
    let app = TestApp::start_with(Engine::Sqlite, &[("APP_URL", OLD), ("PORT", &text), counting()]).await;
    let https = Https::start(&[("id.old.example", port)]).await;
    let page = https.page().await;
    page.goto(&format!("{OLD}/sign-in?back=%2Faccount")).await;
    page.eval(INJECT).await;
    wait_until("the report of the script that was refused", async || count(&app, "script-src-elem").await == 1).await;
    app.stop().await;
}
