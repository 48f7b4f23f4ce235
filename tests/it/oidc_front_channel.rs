//! The modules of `oidcc-frontchannel-rp-initiated-logout-certification-test-plan`, by their names: over plain HTTP what the page is, in a real Chromium that
//! the apps' pages are loaded before the person is sent on.

use muster::clients::{self, Authority, Registration};
use muster::id::ClientId;
use serde_json::{Value, json};

use crate::oidc_relying_party::RelyingParty;
use crate::oidc_support::{answered, claims, on_both_databases, plain};
use crate::support::app::{Engine, TestApp};
use crate::support::browser::Page;
use crate::support::http::answer;
use crate::support::virtual_authenticator::Device;

/// Makes a registration this app's, told in the browser.
fn told(app: &RelyingParty, it: &mut Registration) {
    app.register(it);
    it.policies.logout.frontchannel_logout_uri = app.at("/frontchannel?tenant=1");
    it.policies.logout.frontchannel_logout_session_required = true;
}

#[tokio::test]
async fn oidcc_frontchannel_logout_discovery_endpoint_verification() {
    on_both_databases(async |provider| {
        let metadata = answer(plain().get(format!("{}/.well-known/openid-configuration", provider.base))).await.json();
        assert_eq!((&metadata["frontchannel_logout_supported"], &metadata["frontchannel_logout_session_supported"]), (&json!(true), &json!(true)));
        assert!(metadata["end_session_endpoint"].is_string());
    })
    .await;
}

#[tokio::test]
async fn the_page_loads_what_apps_registered_and_nothing_else() {
    on_both_databases(async |provider| {
        let (wiki, mail, other) = (RelyingParty::start().await, RelyingParty::start().await, RelyingParty::start().await);
        let ada = provider.person("ada").await;
        let browser = provider.browser_of(&ada).await;
        let named = provider.client_with(|it| told(&wiki, it), &[]).await;
        let unnamed = |it: &mut Registration| {
            told(&mail, it);
            it.policies.logout.frontchannel_logout_session_required = false;
        };
        let unnamed = provider.client_with(unnamed, &[]).await;
        provider.client_with(|it| told(&other, it), &[]).await;
        let tokens = named.tokens(&browser, &[]).await;
        unnamed.tokens(&browser, &[]).await;
        provider.client().await.tokens(&browser, &[]).await;

        let query = [("id_token_hint", tokens["id_token"].as_str().unwrap()), ("post_logout_redirect_uri", &wiki.at("/bye")), ("state", "a&b")];
        let done = browser.get(&format!("/api/oidc/end-session?{}", serde_urlencoded::to_string(query).expect("a query"))).await;
        let address = done.location().expect("a redirect");
        assert_eq!(address.path(), "/signed-out");
        let page = browser.get(address.as_str()).await;
        assert_eq!(page.texts("iframe").len(), 2, "only those that took part and want it: {}", page.body);
        let issuer: String = url::form_urlencoded::byte_serialize(provider.base.as_bytes()).collect();
        let sid = claims(&tokens)["sid"].as_str().unwrap().to_owned();
        let to_wiki = format!("iframe[src=\"{}&iss={issuer}&sid={sid}\"]", wiki.at("/frontchannel?tenant=1"));
        assert!(page.attribute(&to_wiki, "hidden").is_some(), "{}", page.body);
        assert!(page.attribute(&format!("iframe[src=\"{}\"]", mail.at("/frontchannel?tenant=1")), "hidden").is_some(), "{}", page.body);
        let policy = page.header("content-security-policy");
        let frames = policy.split("; ").find_map(|directive| directive.strip_prefix("frame-src ")).expect("frames are limited");
        let mut allowed: Vec<&str> = frames.split(' ').collect();
        allowed.sort_unstable();
        let mut wanted = vec![wiki.base.as_str(), &mail.base];
        wanted.sort_unstable();
        assert_eq!(allowed, wanted);
        assert!(policy.contains("script-src 'self';") && policy.contains("frame-ancestors 'none'"), "{policy}");
        assert_eq!(page.header("referrer-policy"), "same-origin");
        assert_eq!(page.attribute("#go-on", "href"), Some(wiki.at("/bye?state=a%26b")));
        assert!(page.body.contains(&format!("url={}", wiki.at("/bye?state=a%26b"))), "without scripts it goes on too");
        let denied = answered(&browser.get(&named.request(&[("prompt", "none")])).await);
        assert_eq!(denied.get("error").map(String::as_str), Some("login_required"));

        // Later, altered or made up, the address tells nobody anything and leads nowhere.
        let sealed = address.query_pairs().next().expect("a seal").1.into_owned();
        provider.wait(std::time::Duration::from_secs(120));
        for then in [sealed.as_str(), &sealed[1..], "https://evil.example/", "", "%00"] {
            let page = browser.get(&format!("/signed-out?{}", serde_urlencoded::to_string([("then", then)]).unwrap())).await;
            assert_eq!((page.status.as_u16(), page.texts("h1")), (200, vec!["You are signed out".to_owned()]));
            assert!(page.texts("iframe, #go-on, noscript").is_empty(), "{}", page.body);
            assert!(!page.header("content-security-policy").contains("frame-src"));
        }
        assert_eq!(browser.get("/signed-out").await.status, 200);
    })
    .await;
}

#[tokio::test]
async fn signing_out_here_tells_apps_in_the_browser_too() {
    on_both_databases(async |provider| {
        let wiki = RelyingParty::start().await;
        let client = provider.client_with(|it| told(&wiki, it), &[]).await;
        for how in ["/sign-out", "/account/sessions"] {
            let ada = provider.person(&format!("ada{}", how.len())).await;
            let browser = provider.browser_of(&ada).await;
            client.tokens(&browser, &[]).await;
            let page = browser.get(how).await;
            let action = page.attribute("form[action$='/end'], form[action='/sign-out']", "action").expect("a form");
            let done = browser.submit(&page, &action, &[]).await;
            assert!(done.header("location").starts_with("/signed-out?then="), "{}", done.header("location"));
            let page = browser.follow(done).await;
            assert_eq!(page.texts("iframe").len(), 1);
            assert_eq!(page.attribute("#go-on", "href").as_deref(), Some("/sign-in?notice=signed-out"));
        }
    })
    .await;
}

async fn register(app: &TestApp, relying_party: &RelyingParty) -> String {
    let mut registration = Registration { name: "Wiki".into(), skip_consent: true, ..Registration::default() };
    told(relying_party, &mut registration);
    let app = app.app();
    let registered = clients::register(app, Authority::CommandLine, ClientId::new(), registration, &[], app.clock.now()).await.expect("a client");
    registered.client.client_id
}

/// Signs in to the app, and then has the app end the session by a page that asks.
async fn in_and_out(page: &Page, app: &TestApp, relying_party: &RelyingParty, client_id: &str) {
    let query = [("client_id", client_id), ("redirect_uri", &relying_party.at("/callback")), ("response_type", "code"), ("scope", "openid")];
    page.goto(&format!("{}/authorize?{}", app.url, serde_urlencoded::to_string(query).expect("a query"))).await;
    page.wait_for_path("/callback").await;
    let query = [("client_id", client_id), ("post_logout_redirect_uri", &relying_party.at("/bye")), ("state", "s")];
    page.goto(&format!("{}/api/oidc/end-session?{}", app.url, serde_urlencoded::to_string(query).expect("a query"))).await;
    page.click("form button").await;
}

/// In a browser: `iss` and `sid` arrive, and only then is the person sent on; a page that never comes holds nobody up; without scripts it works as well.
#[tokio::test]
async fn oidcc_frontchannel_rp_initiated_logout() {
    let app = TestApp::start(Engine::Sqlite).await;
    let (page, wiki) = (Page::open().await, RelyingParty::start().await);
    let _device = page.plug_in(Device::default()).await;
    let ada = app.person("ada").await;
    page.goto(&app.access_link(&ada).await).await;
    page.click("form button").await;
    page.wait_for_path("/account/passkeys/add").await;
    page.click("#add-passkey button").await;
    page.wait_for_path("/account/welcome").await;
    let client_id = register(&app, &wiki).await;

    for scripts in [true, false] {
        if !scripts {
            page.goto(&app.access_link(&ada).await).await;
            page.click("form button").await;
            page.wait_for("location.pathname.startsWith('/account')").await;
        }
        let before = wiki.heard("/frontchannel").len();
        page.set_scripts(scripts).await;
        in_and_out(&page, &app, &wiki, &client_id).await;
        page.wait_for_path("/bye").await;
        page.set_scripts(true).await;
        assert_eq!(page.url().await, wiki.at("/bye?state=s"));
        let heard = wiki.heard("/frontchannel");
        assert_eq!(heard.len(), before + 1, "loaded once, scripts {scripts}");
        let query: Value = serde_urlencoded::from_str::<Vec<(String, String)>>(heard[before].uri.query().unwrap()).unwrap().into_iter().collect();
        assert_eq!((&query["tenant"], &query["iss"]), (&json!("1"), &json!(app.url)));
        let session_apps = app.count("SELECT COUNT(*) FROM session_apps", vec![]).await;
        assert_eq!((query["sid"].as_str().map(str::len), session_apps), (Some(22), 0));
        let none = [
            ("client_id", client_id.as_str()),
            ("redirect_uri", &wiki.at("/callback")),
            ("response_type", "code"),
            ("scope", "openid"),
            ("prompt", "none"),
        ];
        page.goto(&format!("{}/authorize?{}", app.url, serde_urlencoded::to_string(none).unwrap())).await;
        page.wait_for_path("/callback").await;
        assert!(page.url().await.contains("error=login_required"));
    }
    assert_eq!(page.problems(), Vec::<String>::new());

    page.goto(&app.access_link(&ada).await).await;
    page.click("form button").await;
    page.wait_for("location.pathname.startsWith('/account')").await;
    let slow = RelyingParty::start().await;
    let slow_client = register(&app, &slow).await;
    let query = [("client_id", slow_client.as_str()), ("redirect_uri", &slow.at("/callback")), ("response_type", "code"), ("scope", "openid")];
    page.goto(&format!("{}/authorize?{}", app.url, serde_urlencoded::to_string(query).expect("a query"))).await;
    page.wait_for_path("/callback").await;
    slow.stall();
    let begun = std::time::Instant::now();
    in_and_out(&page, &app, &wiki, &client_id).await;
    page.wait_for_path("/bye").await;
    assert_eq!(slow.heard("/frontchannel").len(), 1);
    assert!(begun.elapsed() > std::time::Duration::from_secs(2), "it was waited for");
    app.stop().await;
}
