//! How long a person waits: from the click on the button to the page they are signed in on, in Chromium with a device that answers at once. Measured and not
//! asserted: a test that fails because a machine is busy helps nobody.

use crate::support::app::{Engine, TestApp};
use crate::support::browser::Page;
use crate::support::virtual_authenticator::Device;

/// How often.
const TIMES: usize = 30;

/// Notes when the button was clicked, when the device was asked and when it had answered; a page further on can read it.
const NOTES: &str = "PublicKeyCredential.isConditionalMediationAvailable = async () => false;
    const now = () => performance.timeOrigin + performance.now();
    addEventListener('click', (event) => { if (event.target.closest?.('#sign-in button')) sessionStorage.clicked = now(); }, true);
    const get = CredentialsContainer.prototype.get;
    CredentialsContainer.prototype.get = async function (options) {
        sessionStorage.asked = now();
        try { return await get.call(this, options); } finally { sessionStorage.answered = now(); }
    };";

/// Milliseconds: from the click to the first paint of the next page, and how many of these the device and the browser's own prompt took.
const TOOK: &str = "(() => {
    const painted = performance.getEntriesByName('first-contentful-paint')[0];
    if (!painted) return null;
    return [performance.timeOrigin + painted.startTime - sessionStorage.clicked, sessionStorage.answered - sessionStorage.asked];
})()";

/// `cargo test --release --test it -- --ignored --nocapture from_the_click`
#[tokio::test]
#[ignore = "measures instead of testing"]
async fn from_the_click_to_the_signed_in_page() {
    let app = TestApp::start(Engine::Sqlite).await;
    let page = Page::open().await;
    page.before_every_page(NOTES).await;
    let _device = page.plug_in(Device::default()).await;
    page.goto(&app.access_link(&app.person("ada").await).await).await;
    page.click("form button").await;
    page.wait_for_path("/account/passkeys/add").await;
    page.click("#add-passkey button").await;
    page.wait_for_path("/account/welcome").await;
    let (mut whole, mut ours) = (Vec::new(), Vec::new());
    for _ in 0..TIMES {
        page.goto(&format!("{}/sign-out", app.url)).await;
        page.click("main button").await;
        page.wait_for_path("/sign-in").await;
        page.click("#sign-in button").await;
        page.wait_for_path("/account").await;
        page.wait_for(TOOK).await;
        let took: Vec<f64> = serde_json::from_value(page.eval(TOOK).await).expect("two numbers");
        whole.push(took[0]);
        ours.push(took[0] - took[1]);
    }
    for (what, mut times) in [("from click to signed-in page", whole), ("of which ours", ours)] {
        times.sort_unstable_by(f64::total_cmp);
        eprintln!("{what}: median {:.0} ms, slowest in twenty {:.0} ms", times[TIMES / 2], times[TIMES * 19 / 20]);
    }
    app.stop().await;
}
