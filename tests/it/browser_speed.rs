//! How long a person waits: from the click on the button to the page they are signed in on, in Chromium with a device that answers at once. Measured and not
//! asserted: a test that fails because a machine is busy helps nobody. What is asserted is how often the server is asked.

use crate::support::app::{Engine, TestApp};
use crate::support::browser::Page;
use crate::support::virtual_authenticator::Device;

/// How often.
const TIMES: usize = 30;

/// Lets the autofill wait until the button is pressed, as it does where nobody chooses from it. Notes when the button was clicked, when the device was asked and had
/// answered, and how long each request of the script took; a page further on can read it.
const NOTES: &str = "{ PublicKeyCredential.isConditionalMediationAvailable = async () => true;
    const now = () => performance.timeOrigin + performance.now();
    addEventListener('click', (event) => {
        if (event.target.closest?.('#sign-in button')) { sessionStorage.clicked = now(); sessionStorage.finished = '0'; }
    }, true);
    const get = CredentialsContainer.prototype.get;
    CredentialsContainer.prototype.get = async function (options) {
        if (options.mediation === 'conditional') {
            sessionStorage.waits = 'true';
            return new Promise((_, give_up) => options.signal.addEventListener('abort', () => give_up(new DOMException('', 'AbortError'))));
        }
        sessionStorage.asked = now();
        try { return await get.call(this, options); } finally { sessionStorage.answered = now(); }
    };
    const ask = fetch;
    globalThis.fetch = async (path, options) => {
        const since = now();
        const answer = await ask(path, options);
        if (path === '/sign-in/start') sessionStorage.started = Number(sessionStorage.started ?? 0) + 1;
        if (path === '/sign-in/finish') { sessionStorage.finish = now() - since; sessionStorage.finished = now(); }
        return answer;
    }; }";

/// Milliseconds from the click to the first paint of the next page, and of these: before the device was asked, the device with the browser's own prompt, the request
/// that ends the ceremony, from its answer until the next page was asked for, that page's request, and from its first byte to the paint.
const TOOK: &str = "(() => {
    const [page] = performance.getEntriesByType('navigation');
    const painted = performance.getEntriesByName('first-contentful-paint')[0];
    if (!painted) return null;
    const { clicked, asked, answered, finish, finished } = Object.fromEntries(Object.entries(sessionStorage).map(([name, value]) => [name, Number(value)]));
    const at = performance.timeOrigin;
    return [at + painted.startTime - clicked, asked - clicked, answered - asked, finish, at + page.fetchStart - finished,
            page.responseStart - page.fetchStart, painted.startTime - page.responseStart];
})()";
const PARTS: [&str; 7] = [
    "from click to signed-in page",
    "  the script, before the device is asked",
    "  the device and the browser's prompt",
    "  the server: the answer judged, the session begun",
    "  the script, until the next page is asked for",
    "  the server: the next page",
    "  the browser: from its first byte to its first paint",
];

/// Somebody at a browser whose device has a passkey.
async fn with_passkey<'a>(app: &TestApp, page: &'a Page) -> crate::support::virtual_authenticator::VirtualAuthenticator<'a> {
    page.before_every_page(NOTES).await;
    let device = page.plug_in(Device::default()).await;
    page.goto(&app.access_link(&app.person("ada").await).await).await;
    page.click("form button").await;
    page.wait_for_path("/account/passkeys/add").await;
    page.click("#add-passkey button").await;
    page.wait_for_path("/account/welcome").await;
    device
}

/// To the sign-in page with the autofill waiting.
async fn sign_out(app: &TestApp, page: &Page) {
    page.eval("sessionStorage.clear()").await;
    page.goto(&format!("{}/sign-out", app.url)).await;
    page.click("main button").await;
    page.wait_for_path("/sign-in").await;
    page.wait_for("sessionStorage.waits").await;
}

#[tokio::test]
async fn a_press_waits_for_no_challenge_because_the_one_of_the_autofill_serves_it() {
    let app = TestApp::start(Engine::Sqlite).await;
    let page = Page::open().await;
    let _device = with_passkey(&app, &page).await;
    for _ in 0..2 {
        sign_out(&app, &page).await;
        page.click("#sign-in button").await;
        page.wait_for_path("/account").await;
        assert_eq!(page.eval("sessionStorage.started").await, "1", "the server was asked for another challenge");
    }
    app.stop().await;
}

/// `cargo test --release --test it -- --ignored --nocapture from_the_click`
#[tokio::test]
#[ignore = "measures instead of testing"]
async fn from_the_click_to_the_signed_in_page() {
    let app = TestApp::start(Engine::Sqlite).await;
    let page = Page::open().await;
    let _device = with_passkey(&app, &page).await;
    let mut times = vec![Vec::new(); PARTS.len() + 1];
    for _ in 0..TIMES {
        sign_out(&app, &page).await;
        page.click("#sign-in button").await;
        page.wait_for_path("/account").await;
        page.wait_for(TOOK).await;
        let took: Vec<f64> = serde_json::from_value(page.eval(TOOK).await).expect("numbers");
        for (part, took) in took.iter().enumerate() {
            times[part].push(*took);
        }
        times[PARTS.len()].push(took[0] - took[2]);
    }
    for (what, mut times) in PARTS.into_iter().chain(["without the device: what is ours"]).zip(times) {
        times.sort_unstable_by(f64::total_cmp);
        eprintln!("{what}: median {:.0} ms, slowest in twenty {:.0} ms", times[TIMES / 2], times[TIMES * 19 / 20]);
    }
    app.stop().await;
}
