//! Prompts for a passkey that end without one: closed by the person, run out, refused by the browser. A virtual device can close no prompt,
//! so the promise is rejected in the browser's stead, as browsers do it; what the page says and offers then is real.

use crate::pages_support::administrator;
use crate::support::app::{Engine, TestApp};
use crate::support::browser::Page;
use crate::support::virtual_authenticator::Device;

/// Ends prompts the way `window.ending` says: `{ name, open }`, the exception's name and for how many milliseconds the prompt was open; with none
/// of it, the browser's own prompt comes. Time is not waited for: the page's clock is put forward. What is offered in text fields waits for ever.
const ENDINGS: &str = "(() => {
    const clock = performance.now.bind(performance);
    let ahead = 0;
    performance.now = () => clock() + ahead;
    for (const method of ['get', 'create']) {
        const prompt = CredentialsContainer.prototype[method];
        CredentialsContainer.prototype[method] = function (options) {
            if (options.mediation === 'conditional') {
                return new Promise((_, reject) => options.signal.addEventListener('abort', () => reject(options.signal.reason)));
            }
            if (!window.ending) return prompt.call(this, options);
            ahead += window.ending.open;
            const words = 'The operation either timed out or was not allowed. See: https://www.w3.org/TR/webauthn-2/#sctn-privacy-considerations-client.';
            return Promise.reject(new DOMException(words, window.ending.name));
        };
    }
})();";

/// Presses the button of a form while prompts end with `name` after `open` milliseconds; what the page says then. The button waits for the next try.
async fn press_in_vain(page: &Page, form: &str, name: &str, open: u32) -> String {
    page.eval(&format!("window.ending = {{ name: '{name}', open: {open} }}; document.querySelector('#passkey-status').textContent = ''; 1")).await;
    page.click(&format!("{form} button")).await;
    page.wait_for_element("#passkey-status.bad:not([hidden]):not(:empty)").await;
    page.wait_for_element(&format!("{form} button:not([disabled])")).await;
    page.wait_for(&format!("document.activeElement === document.querySelector('{form} button')")).await;
    let said = page.text("#passkey-status").await;
    assert!(!said.contains("w3.org"), "the browser's own words are for developers: {said}");
    said
}

const CLOSED: &str = "You closed the prompt. Nothing changed; you can try again.";
const TOO_LONG: &str = "That took too long. Try again when you have your device at hand.";

#[tokio::test]
async fn a_prompt_closed_while_adding_a_passkey_is_explained_and_can_be_opened_again() {
    let app = TestApp::start(Engine::Sqlite).await;
    let page = Page::open().await;
    page.before_every_page(ENDINGS).await;
    let device = page.plug_in(Device::default()).await;
    let ada = app.person("ada").await;
    page.goto(&app.access_link(&ada).await).await;
    page.click("form button").await;
    page.wait_for_path("/account/passkeys/add").await;
    for (name, open, words) in [
        ("NotAllowedError", 4_000, CLOSED),
        ("NotAllowedError", 300_000, TOO_LONG),
        ("NotAllowedError", 100, "Your browser made no passkey. Nothing changed."),
        ("AbortError", 4_000, "The prompt was closed. Nothing changed; you can try again."),
        ("OperationError", 10, "still shows another prompt"),
        ("InvalidStateError", 2_000, "already has a passkey for you"),
        ("ConstraintError", 2_000, "cannot keep passkeys"),
        ("NotSupportedError", 10, "cannot keep passkeys"),
        ("SecurityError", 10, "allows no passkeys at this address"),
        ("UnknownError", 2_000, "could not use a passkey. Try again"),
    ] {
        let said = press_in_vain(&page, "#add-passkey", name, open).await;
        assert!(said.contains(words), "{name} after {open} ms: {said}");
        assert!(device.credentials().await.is_empty());
    }
    assert_eq!(page.text("#add-passkey a").await, "Not now", "whoever closed the prompt on purpose has a way on");
    assert_eq!(app.count("SELECT COUNT(*) FROM passkeys", vec![]).await, 0);

    page.eval("window.ending = null").await;
    page.click("#add-passkey button").await;
    page.wait_for_path("/account/welcome").await;
    assert_eq!(device.credentials().await.len(), 1);
    assert_eq!(page.problems(), Vec::<String>::new());
    app.stop().await;
}

#[tokio::test]
async fn a_prompt_closed_at_sign_in_is_explained_and_can_be_opened_again() {
    let app = TestApp::start(Engine::Sqlite).await;
    let page = Page::open().await;
    page.before_every_page(ENDINGS).await;
    let _device = page.plug_in(Device::default()).await;
    let ada = app.person("ada").await;
    page.goto(&app.access_link(&ada).await).await;
    page.click("form button").await;
    page.wait_for_path("/account/passkeys/add").await;
    page.click("#add-passkey button").await;
    page.wait_for_path("/account/welcome").await;
    page.goto(&format!("{}/sign-out", app.url)).await;
    page.click("main button").await;
    page.wait_for_path("/sign-in").await;
    for (name, open, words) in [
        ("NotAllowedError", 4_000, CLOSED),
        ("NotAllowedError", 300_000, TOO_LONG),
        ("NotAllowedError", 100, "No passkey for this site was found here. Use your phone or a security key, or one of the other ways below."),
        ("AbortError", 4_000, "The prompt was closed. Nothing changed; you can try again."),
        ("OperationError", 10, "still shows another prompt"),
        ("NotSupportedError", 10, "cannot keep passkeys"),
        ("SecurityError", 10, "allows no passkeys at this address"),
        ("UnknownError", 2_000, "could not use a passkey. Try again"),
    ] {
        let said = press_in_vain(&page, "#sign-in", name, open).await;
        assert!(said.contains(words), "{name} after {open} ms: {said}");
    }
    assert_eq!(app.count("SELECT COUNT(*) FROM audit_events WHERE kind = 'sign_in'", vec![]).await, 0);

    page.eval("window.ending = null").await;
    page.click("#sign-in button").await;
    page.wait_for_path("/account").await;
    assert_eq!(page.problems(), Vec::<String>::new());
    app.stop().await;
}

#[tokio::test]
async fn a_prompt_nobody_answers_runs_out_and_the_page_says_so() {
    let app = TestApp::start(Engine::Sqlite).await;
    let page = Page::open().await;
    // Chromium ends these itself, after a second for the five minutes the server allows.
    page.before_every_page(
        "PublicKeyCredential.isConditionalMediationAvailable = async () => false;
         const clock = performance.now.bind(performance); let ahead = 0; performance.now = () => clock() + ahead;
         for (const method of ['get', 'create']) {
             const prompt = CredentialsContainer.prototype[method];
             CredentialsContainer.prototype[method] = function (options) {
                 ahead += options.publicKey.timeout - 1000;
                 return prompt.call(this, { ...options, publicKey: { ...options.publicKey, timeout: 1000 } })
                     .catch((error) => { window.ended = error.name; throw error; });
             };
         }",
    )
    .await;
    let device = page.plug_in(Device::default()).await;
    device.set_present(false).await;
    let ada = app.person("ada").await;
    page.goto(&format!("{}/sign-in", app.url)).await;
    page.click("#sign-in button").await;
    page.wait_for_element("#passkey-status.bad:not([hidden])").await;
    assert_eq!((page.text("#passkey-status").await.as_str(), page.eval("window.ended").await), (TOO_LONG, "NotAllowedError".into()));

    page.goto(&app.access_link(&ada).await).await;
    page.click("form button").await;
    page.wait_for_path("/account/passkeys/add").await;
    page.click("#add-passkey button").await;
    page.wait_for_element("#passkey-status.bad:not([hidden])").await;
    assert_eq!((page.text("#passkey-status").await.as_str(), page.eval("window.ended").await), (TOO_LONG, "NotAllowedError".into()));
    assert_eq!(page.problems(), Vec::<String>::new());
    app.stop().await;
}

#[tokio::test]
async fn at_an_address_without_passkeys_the_page_leads_to_the_right_one() {
    let app = TestApp::start(Engine::Sqlite).await;
    let page = Page::open().await;
    let elsewhere = app.url.replace("localhost", "127.0.0.1");
    page.goto(&format!("{elsewhere}/sign-in?back=%2Faccount%2Fpasskeys")).await;
    page.wait_for_element("#passkey-status.bad:not([hidden])").await;
    assert!(page.text("#passkey-status").await.contains("unexpected address"), "{}", page.text("#passkey-status").await);
    assert_eq!(page.eval("document.querySelector('#sign-in').checkVisibility()").await, false);
    page.click("#passkey-status a").await;
    page.wait_for_element("#sign-in:not([hidden])").await;
    assert_eq!(page.url().await, format!("{}/sign-in?back=%2Faccount%2Fpasskeys", app.url));

    assert_eq!(page.problems(), Vec::<String>::new());
    app.stop().await;
}

#[tokio::test]
async fn whatever_is_in_the_way_has_a_sentence_and_a_code_under_which_its_cause_is_found() {
    let app = TestApp::start(Engine::Sqlite).await;
    let (_, root) = administrator(&app, "root").await;
    let no_answer = |status: u32| {
        format!(
            "PublicKeyCredential.isConditionalMediationAvailable = async () => false; const real = window.fetch;
             window.fetch = (path, options) => path === '/sign-in/start'
                 ? Promise.resolve(new Response('<h1>Sorry</h1>', {{ status: {status} }})) : real(path, options);"
        )
    };
    for (lacks, sentence, cause) in [
        ("delete window.PublicKeyCredential;".to_owned(), "This browser cannot use passkeys here", "The browser knows no passkeys at all"),
        (
            "delete window.PublicKeyCredential; Object.defineProperty(window, 'isSecureContext', { value: false });".to_owned(),
            "opened without encryption",
            "The page was opened without https",
        ),
        (
            "delete window.PublicKeyCredential; Object.defineProperty(navigator, 'userAgent', { value: 'Mozilla/5.0 (Linux; Android 16; wv)' });"
                .to_owned(),
            "the browser inside another app",
            "The page was open inside another app",
        ),
        (no_answer(502), "Something went wrong on our side", "had no answer"),
        (no_answer(429), "Too many tries came from your address", "had to wait"),
    ] {
        let page = Page::open().await;
        page.before_every_page(&lacks).await;
        page.goto(&format!("{}/sign-in", app.url)).await;
        page.wait_for("document.readyState === 'complete'").await;
        if page.eval("document.querySelector('#sign-in').checkVisibility()").await == true {
            page.click("#sign-in button").await;
        }
        page.wait_for_text(sentence).await;
        page.wait_for_element("#passkey-code code").await;
        let code = page.text("#passkey-code code").await;
        let found = root.get(&format!("/admin/sign-in-problems?code={code}")).await.texts("#found").join(" ");
        assert!(found.contains(cause), "{sentence}: {found}");
    }
    // The wrong address has the right one to go to, and a code as well, under which both stand.
    let page = Page::open().await;
    let elsewhere = app.url.replace("localhost", "127.0.0.1");
    page.goto(&format!("{elsewhere}/sign-in")).await;
    page.wait_for_element("#passkey-code code").await;
    let code = page.text("#passkey-code code").await;
    let found = root.get(&format!("/admin/sign-in-problems?code={code}")).await.texts("#found").join(" ");
    assert!(found.contains(&elsewhere) && found.contains(&app.url) && found.contains("APP_URL"), "{found}");
    app.stop().await;
}
