//! The real browser and the one without a browser, against a small site of their own.

use axum::extract::Form;
use axum::http::{HeaderMap, header};
use axum::response::{Html, IntoResponse, Redirect};
use axum::routing::{get, post};
use axum::{Json, Router};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::browser::{Page, View};
use crate::support::http::{self, Browser};
use crate::support::janitor;
use crate::support::virtual_authenticator::{Device, WrongBits};

const HOME: &str = r#"<!doctype html><title>A site</title><link rel="icon" href="data:,"><style nonce="a">body { background: Canvas; color-scheme: light dark }</style>
<h1>Hello,   <b>you</b></h1>
<form method="post" action="/names"><input type="hidden" name="csrf" value="42"><label>Name <input id="name" name="name" value="nobody"></label>
<input type="checkbox" name="on" checked><input type="checkbox" name="off"><select name="colour"><option value="r">red<option value="g" selected>green</select>
<textarea name="more">text</textarea><button name="save" value="1">Save</button></form>
<form action="/found"><input name="q"></form>
<button id="ask">Ask</button><p id="answer"></p><script nonce="a">
const ask = navigator.userActivation, answer = document.querySelector('#answer');
document.querySelector('#ask').onclick = async (event) => { try {
  const made = await navigator.credentials.create({ publicKey: { challenge: new Uint8Array(32), rp: { name: 'A site' }, user: { id: new Uint8Array(16), name: 'ada', displayName: 'Ada' },
    pubKeyCredParams: [{ type: 'public-key', alg: -7 }], authenticatorSelection: { residentKey: 'required', userVerification: 'required' } } });
  answer.textContent = event.isTrusted && ask.isActive ? JSON.stringify(made.toJSON()) : 'not a person';
} catch (error) { answer.textContent = error.name } };
</script>"#;

/// Serves the site for the rest of the test; gives its base URL.
async fn site() -> String {
    let home = |headers: HeaderMap| async move {
        let cookie = headers.get(header::COOKIE).map_or("", |value| value.to_str().unwrap_or("")).to_owned();
        let policy = "default-src 'none'; style-src 'nonce-a'; script-src 'nonce-a'; img-src data:; form-action 'self'; connect-src 'self'";
        (
            [(header::SET_COOKIE, "seen=yes; HttpOnly; SameSite=Lax; Path=/"), (header::CONTENT_SECURITY_POLICY, policy)],
            Html(format!("{HOME}<i>{cookie}</i>")),
        )
    };
    let names = |headers: HeaderMap, Form(fields): Form<Vec<(String, String)>>| async move {
        let header = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("").to_owned());
        Json(json!({ "fields": fields, "origin": header("origin"), "site": header("sec-fetch-site"), "referer": header("referer") }))
    };
    let echo = |Json(body): Json<Value>| async move { Json(body).into_response() };
    let routes = Router::new().route("/", get(home)).route("/names", post(names)).route("/echo", post(echo));
    let routes = routes.route("/first", get(async || Redirect::to("/second"))).route("/second", get(async || Redirect::to("/?redirected")));
    let routes = routes.route("/found", get(async |uri: axum::http::Uri| uri.to_string()));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move { axum::serve(listener, routes).await });
    format!("http://localhost:{port}")
}

#[tokio::test]
async fn a_browser_without_a_browser_keeps_cookies_and_submits_forms() {
    let base = site().await;
    let browser = Browser::new(&base);
    let page = browser.get("/").await;
    assert_eq!(page.texts("h1"), ["Hello, you"]);
    assert_eq!(page.attribute("#name", "value").as_deref(), Some("nobody"));
    assert_eq!(page.texts("i"), [""]);
    assert_eq!(browser.cookies("/"), "seen=yes");
    browser.set_cookie("more=1");
    assert!(browser.get("/").await.texts("i")[0].contains("more=1"));

    let sent = browser.submit(&page, "/names", &[("name", "Ada"), ("save", "1")]).await.json();
    let fields = json!([["csrf", "42"], ["on", "on"], ["colour", "g"], ["more", "text"], ["name", "Ada"], ["save", "1"]]);
    assert_eq!(sent, json!({ "fields": fields, "origin": base, "site": "same-origin", "referer": format!("{base}/") }));
    assert_eq!(browser.submit(&page, "/found", &[("q", "a b")]).await.body, "/found?q=a+b");
    assert_eq!(browser.post_json("/echo", &sent).await.json(), sent);

    let redirected = browser.get("/first").await;
    assert_eq!((redirected.status.as_u16(), redirected.header("location")), (303, "/second"));
    assert_eq!(redirected.location().map(String::from), Some(format!("{base}/second")));
    assert_eq!(browser.get_followed("/first").await.url.as_str(), format!("{base}/?redirected"));
    assert_eq!(http::answer(browser.request(Method::DELETE, "/echo")).await.status, 405);
}

#[tokio::test]
async fn chromium_loads_fills_clicks_looks_and_reports() {
    let base = site().await;
    let page = Page::open().await;
    page.goto(&format!("{base}/first")).await;
    assert_eq!(page.url().await, format!("{base}/?redirected"));
    page.wait_for_text("Hello, you").await;
    assert_eq!(page.problems(), [""; 0]);
    let cookies = page.cookies().await;
    let seen = cookies.iter().find(|cookie| cookie.name == "seen").expect("the site's cookie");
    assert_eq!((seen.value.as_str(), seen.http_only, seen.secure, seen.same_site.as_deref()), ("yes", true, false, Some("Lax")));
    let stranger = Page::open().await;
    assert_eq!(stranger.cookies().await.len(), 0, "each page is a browser of its own");

    let directory = janitor::directory("looks");
    for (name, view) in [("desktop", View::DESKTOP), ("phone", View::PHONE.dark())] {
        page.look(view).await;
        assert_eq!(page.eval("matchMedia('(prefers-color-scheme: dark)').matches").await, json!(view.dark));
        assert_eq!(page.eval("innerWidth >= 980 || screen.width === innerWidth").await, json!(true));
        let file = directory.path().join(name);
        page.screenshot(&file).await;
        assert!(std::fs::read(file).expect("an image").starts_with(b"\x89PNG"));
    }
    page.look(View::DESKTOP).await;

    page.fill("#name", "Grace").await;
    page.press("Tab").await;
    assert_eq!(page.eval("document.activeElement.name").await, "on");
    page.click("button[name=save]").await;
    page.wait_for_path("/names").await;
    assert!(page.text("body").await.contains(r#"["name","Grace"]"#));

    page.goto(&base).await;
    page.forget_problems();
    page.eval("document.body.insertAdjacentHTML('beforeend', '<p style=\"color: red\">')").await;
    crate::support::wait_until("the violation of the policy to be reported", async || !page.problems().is_empty()).await;
    assert!(page.problems()[0].contains("Content Security Policy"), "{:?}", page.problems());
    page.forget_problems();
    assert_eq!(page.problems(), [""; 0]);
    page.try_eval("nonsense()").await.expect_err("no such function");
}

#[tokio::test]
async fn chromium_makes_passkeys_after_a_real_click() {
    let base = site().await;
    let page = Page::open().await;
    page.goto(&base).await;
    let device = page.plug_in(Device::default()).await;
    page.click("#ask").await;
    page.wait_for_text("attestationObject").await;
    let made: Value = serde_json::from_str(&page.text("#answer").await).expect("the credential as JSON");
    let kept = device.credentials().await;
    assert_eq!(kept.len(), 1);
    assert_eq!(made["type"], "public-key");

    device.clear().await;
    assert_eq!(device.credentials().await.len(), 0);
    device.add_credential(&kept[0]).await;
    assert_eq!(device.credentials().await[0]["credentialId"], kept[0]["credentialId"]);

    device.set_verifies(false).await;
    page.click("#ask").await;
    page.wait_for_text("NotAllowedError").await;
    device.set_verifies(true).await;
    device.answer_wrongly(WrongBits { user_not_verified: true, ..WrongBits::default() }).await;
    device.set_present(false).await;
    device.unplug().await;
}
