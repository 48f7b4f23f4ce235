//! Checking an app: its flow run by an administrator, and what it would get about anyone.

use muster::clients::{self, Authority, Registration};
use muster::db::query;
use muster::id::ClientId;
use muster::users::User;

use crate::oidc_support::{Client, Provider, REDIRECT_URI, on_both_databases};
use crate::pages::{look_at, screenshots};
use crate::support::app::{Engine, TestApp};
use crate::support::browser::{Page, View};
use crate::support::http::{Answer, Browser};
use crate::support::virtual_authenticator::Device;

async fn admin(provider: &Provider, username: &str) -> (User, Browser) {
    let boss = provider.person(username).await;
    provider.execute(query("UPDATE users SET local_admin = $2 WHERE id = $1").bind(boss.id).bind(true)).await;
    let browser = provider.browser_of(&boss).await;
    (boss, browser)
}

/// Begins a check and follows it to where it ends or asks something.
async fn check(browser: &Browser, client: &Client) -> Answer {
    let path = format!("/admin/clients/{}/check", client.id);
    let page = browser.get(&path).await;
    let begun = browser.submit(&page, &path, &[]).await;
    browser.follow(begun).await
}

#[tokio::test]
async fn a_check_shows_what_the_app_gets_and_leaves_nothing_behind() {
    on_both_databases(async |provider| {
        let (boss, browser) = admin(provider, "boss").await;
        provider.group("staff", &[&boss]).await;
        let client = provider.client_with(|it| it.policies.claims.extra = vec!["tier = gold".into()], &[]).await;
        let page = check(&browser, &client).await;
        assert_eq!(page.status, 200, "{}", page.body);
        let rows = page.texts("tbody tr").join("\n");
        for word in ["preferred_username", "boss", "staff", "tier", "gold", &boss.id.to_string()] {
            assert!(rows.contains(word), "{word}: {rows}");
        }
        assert_eq!(page.texts(".notice"), ["Nothing looks wrong."]);
        assert_eq!(provider.count("SELECT COUNT(*) FROM grants WHERE revoked_at IS NULL").await, 0, "what the check was given is revoked");
        assert_eq!(provider.count("SELECT COUNT(*) FROM consents").await, 0);
        assert_eq!(provider.count("SELECT COUNT(*) FROM audit_events WHERE detail LIKE '%\"check\":true%'").await, 2);
        let form = browser.get(&format!("/admin/clients/{}", client.id)).await;
        assert_eq!(form.texts("#f-redirect_uris").join("").trim(), REDIRECT_URI, "its redirect URI was never added");

        let again = browser.get(page.url.as_str()).await;
        assert!(again.texts(".notice.bad").join("").contains("invalid_grant"), "a code is good once");
    })
    .await;
}

#[tokio::test]
async fn a_check_asks_as_the_app_would_and_shows_a_refusal() {
    on_both_databases(async |provider| {
        let (_, browser) = admin(provider, "boss").await;
        let strict = provider.client_with(|it| (it.skip_consent, it.require_par, it.claims_in_id_token) = (false, true, false), &[]).await;
        let consent = check(&browser, &strict).await;
        let allowed = browser.submit(&consent, "/authorize/consent", &[("decision", "allow")]).await;
        let page = browser.follow(allowed).await;
        assert!(page.texts(".notice").join("").contains("at userinfo only"), "{}", page.body);
        assert_eq!(provider.count("SELECT COUNT(*) FROM consents").await, 0, "to check is not to agree");

        // A profile may demand it, too.
        let bank = crate::oidc_fapi::Bank::new(provider).await;
        let page = check(&browser, &bank.client).await;
        assert!(page.texts(".notice.bad").is_empty() && page.texts("tbody tr").join("\n").contains("preferred_username"), "{}", page.body);

        let consent = check(&browser, &strict).await;
        let denied = browser.submit(&consent, "/authorize/consent", &[("decision", "deny")]).await;
        assert!(browser.follow(denied).await.texts(".notice.bad").join("").contains("access_denied"));

        provider.group("staff", &[]).await;
        let closed = provider.client_with(|_| {}, &["staff"]).await;
        assert!(check(&browser, &closed).await.texts(".notice.bad").join("").contains("none of the groups"));
    })
    .await;
}

#[tokio::test]
async fn the_redirect_uri_of_a_check_is_good_for_its_client_its_time_and_its_administrator() {
    on_both_databases(async |provider| {
        let (_, browser) = admin(provider, "boss").await;
        let (client, other) = (provider.client().await, provider.client().await);
        let path = format!("/admin/clients/{}/check", client.id);
        let begun = browser.submit(&browser.get(&path).await, &path, &[]).await.location().expect("a redirect");
        let (_, uri) = begun.query_pairs().find(|(name, _)| name == "redirect_uri").expect("a redirect URI");
        let refused = async |client: &Client, uri: &str| browser.get(&client.request(&[("redirect_uri", uri)])).await.status == 400;
        assert!(refused(&other, &uri).await, "another client");
        assert!(refused(&client, &format!("{uri}x")).await && refused(&client, &uri.replace("check?run=", "check?run=x")).await, "altered");
        assert!(refused(&client, &format!("{}/admin/clients/check?run=", provider.base)).await, "made up");

        // Somebody else ends up at a page that is not for them.
        let (_, second) = admin(provider, "second").await;
        let ended = second.follow(second.get(begun.as_str()).await).await;
        assert_eq!(ended.status, 410, "another administrator");
        let ada = provider.person("ada").await;
        let person = provider.browser_of(&ada).await;
        assert_eq!(person.follow(person.get(begun.as_str()).await).await.status, 403, "no administrator");

        provider.wait(std::time::Duration::from_secs(31 * 60));
        assert!(refused(&client, &uri).await, "too late");
    })
    .await;
}

#[tokio::test]
async fn a_preview_says_what_an_app_would_get_about_anyone_and_whether_they_get_in() {
    on_both_databases(async |provider| {
        let (_, browser) = admin(provider, "boss").await;
        let (ada, bob) = (provider.person("ada").await, provider.person("bob").await);
        provider.group("staff", &[&ada]).await;
        let client = provider.client_with(|it| it.policies.claims.extra = vec!["role = editor if staff".into()], &["staff"]).await;
        let preview = async |query: &str| browser.get(&format!("/admin/clients/{}/preview?{query}", client.id)).await;
        let page = preview("who=ADA%40example.org").await;
        let rows = page.texts("tbody tr").join("\n");
        assert!(page.texts(".notice.good").join("").contains("would get in"), "{}", page.body);
        for word in ["ada@example.org", "staff", "editor", &ada.id.to_string()] {
            assert!(rows.contains(word), "{word}: {rows}");
        }
        let narrow = preview("who=ada&asked=1").await.texts("tbody tr").join("\n");
        assert!(!narrow.contains("ada@example.org") && narrow.contains("editor"));
        let page = preview("who=bob").await;
        assert!(page.texts(".notice.bad").join("").contains("in none of the groups Wiki is open to: staff"), "{}", page.body);
        provider.execute(query("UPDATE users SET blocked_at = $2 WHERE id = $1").bind(bob.id).bind(provider.now())).await;
        assert!(preview("who=bob").await.texts(".notice.bad").join("").contains("blocked by an administrator"));
        assert!(preview("who=nobody").await.texts(".notice.bad").join("").contains("Nobody here"));
        assert_eq!(provider.count("SELECT COUNT(*) FROM grants").await, 0);
        let person = provider.browser_of(&ada).await;
        assert_eq!(person.get(&format!("/admin/clients/{}/preview?who=bob", client.id)).await.status, 403);
    })
    .await;
}

#[tokio::test]
async fn an_administrator_checks_an_app_in_a_browser() {
    let app = TestApp::start(Engine::Sqlite).await;
    let page = Page::open().await;
    let _device = page.plug_in(Device::default()).await;
    let ada = app.admin("ada").await;
    page.goto(&app.access_link(&ada).await).await;
    page.click("form button").await;
    page.wait_for_path("/account/passkeys/add").await;
    page.click("#add-passkey button").await;
    page.wait_for_path("/account/welcome").await;

    let registration =
        Registration { name: "Wiki".into(), redirect_uris: vec![REDIRECT_URI.into()], claims_in_id_token: true, ..Registration::default() };
    let registered =
        clients::register(app.app(), Authority::CommandLine, ClientId::new(), registration, &[], app.clock.now()).await.expect("a client");
    let client = registered.client;
    let wrong =
        serde_urlencoded::to_string([("client_id", client.client_id.as_str()), ("redirect_uri", "http://wiki.example.org/callback?tenant=1")]);
    app.browser().get(&format!("/authorize?{}", wrong.expect("a query"))).await;

    let path = format!("{}/admin/clients/{}", app.url, client.id);
    page.goto(&format!("{path}/check")).await;
    page.click("form[method=post][action$='/check'] button").await;
    page.wait_for_element("button[value=allow]").await;
    page.click("button[value=allow]").await;
    page.wait_for_path("/admin/clients/check").await;
    assert!(page.text("table").await.contains("ada@example.org"));
    assert!(page.text("main").await.contains("email_verified is false"));
    // It is good once, so it is looked at as it stands.
    for (look, view) in [("desktop", View::DESKTOP), ("phone", View::PHONE), ("dark", View::DESKTOP.dark()), ("phone-dark", View::PHONE.dark())] {
        page.look(view).await;
        let is_wider = page.eval("document.documentElement.scrollWidth > document.documentElement.clientWidth").await;
        assert_eq!(is_wider, false, "a {look}");
        if let Some(folder) = screenshots() {
            page.screenshot(&folder.join(format!("client-check-{look}.png"))).await;
        }
    }
    assert_eq!(page.problems(), Vec::<String>::new());
    look_at(&page, "client-preview", &format!("{path}/preview?who=ada")).await;
    assert!(page.text("main").await.contains("would get in"));
    look_at(&page, "client-page", &path).await;
    assert!(page.text("#errors").await.contains("http and https"));
    let review = page.eval("document.querySelector('#errors li a').href").await;
    look_at(&page, "client-add-redirect-uri", review.as_str().expect("an address")).await;
    assert_eq!(page.text("#added").await, "http://wiki.example.org/callback?tenant=1");
    look_at(&page, "client-check-start", &format!("{path}/check")).await;
    assert_eq!(page.problems(), Vec::<String>::new());
    app.stop().await;
}
