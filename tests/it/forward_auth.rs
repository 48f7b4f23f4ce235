//! What a proxy is told about the requests of an app, as Traefik and Caddy ask and as nginx asks.

use std::time::Duration;

use muster::clients::policy::ForwardAuth;
use muster::clients::{self, Authority, Registration};
use muster::db::Value;
use muster::id::{ClientId, GroupId};
use muster::users::User;
use reqwest::Method;
use serde_json::json;
use url::Url;

use crate::oidc_support::plain;
use crate::support::app::{Engine, TestApp, on_each_engine};
use crate::support::http::{Answer, Browser, answer};

/// An app's address in tests where nothing listens there.
pub(crate) const WIKI: &str = "https://wiki.example.org";

/// An app behind a proxy.
#[derive(Clone, Debug)]
pub(crate) struct Guarded {
    pub(crate) id: ClientId,
    pub(crate) client_id: String,
}

/// Registers an app with these addresses that asks nobody to agree.
pub(crate) async fn guarded(app: &TestApp, name: &str, addresses: &[&str], groups: &[&str]) -> Guarded {
    let mut registration = Registration { name: name.into(), skip_consent: true, ..Registration::default() };
    registration.policies.forward_auth = ForwardAuth { addresses: addresses.iter().map(|&address| address.to_owned()).collect() };
    let groups: Vec<String> = groups.iter().map(|&group| group.to_owned()).collect();
    let registered = clients::register(app.app(), Authority::CommandLine, ClientId::new(), registration, &groups, app.clock.now()).await;
    let registered = registered.expect("a client");
    Guarded { id: registered.client.id, client_id: registered.client.client_id }
}

/// A group with members.
pub(crate) async fn group(app: &TestApp, name: &str, members: &[&User]) -> GroupId {
    let id = GroupId::new();
    let values = vec![Value::from(id), name.into(), app.clock.now().into()];
    app.execute("INSERT INTO groups (id, name, name_key, display_name, created_at, updated_at) VALUES ($1, $2, $2, $2, $3, $3)", values).await;
    for member in members {
        app.execute("INSERT INTO group_members (group_id, user_id) VALUES ($1, $2)", vec![id.into(), member.id.into()]).await;
    }
    id
}

/// A person signed in with a passkey.
pub(crate) async fn signed_in(app: &TestApp, username: &str) -> (User, Browser) {
    let (user, browser) = (app.person(username).await, app.browser());
    app.enrol(&browser, &app.passkeys(), &user).await;
    (user, browser)
}

/// The browser's side of an app's address: the one cookie it keeps there.
#[derive(Clone, Debug, Default)]
pub(crate) struct Jar(pub(crate) String);

impl Jar {
    /// Keeps what an answer sets.
    pub(crate) fn keep(&mut self, answer: &Answer) {
        if let Some((cookie, attributes)) = answer.header("set-cookie").split_once(';') {
            assert!(attributes.contains("HttpOnly") && attributes.contains("SameSite=Lax") && attributes.contains("Path=/"), "{attributes}");
            assert!(!attributes.contains("Domain"), "{attributes}");
            cookie.clone_into(&mut self.0);
        }
    }
}

/// What Traefik and Caddy ask when a browser opens a page with this path.
pub(crate) async fn ask(app: &TestApp, guarded: &Guarded, address: &str, path: &str, jar: &Jar) -> Answer {
    ask_with(app, guarded, address, path, jar, &[]).await
}

/// [`ask`] with more headers, or others.
pub(crate) async fn ask_with(app: &TestApp, guarded: &Guarded, address: &str, path: &str, jar: &Jar, more: &[(&str, &str)]) -> Answer {
    let (scheme, host) = address.split_once("://").expect("an address");
    let mut headers = vec![("x-forwarded-proto", scheme), ("x-forwarded-host", host), ("x-forwarded-uri", path), ("x-forwarded-method", "GET")];
    headers.extend([("accept", "text/html"), ("sec-fetch-mode", "navigate"), ("cookie", jar.0.as_str())]);
    headers.retain(|(name, _)| !more.iter().any(|(other, _)| other == name));
    headers.extend(more.iter().copied().filter(|(_, value)| !value.is_empty()));
    let request = plain().get(format!("{}/api/forward-auth/{}", app.url, guarded.client_id));
    answer(headers.into_iter().fold(request, |request, (name, value)| request.header(name, value))).await
}

/// The path and query of an address at the app.
pub(crate) fn target(url: &Url) -> String {
    url[url::Position::BeforePath..].to_owned()
}

/// Opens a page of an app as a browser does, up to the first answer that lets it pass or leads to a page of the provider.
///
/// Panics after ten steps.
pub(crate) async fn open(app: &TestApp, guarded: &Guarded, address: &str, path: &str, jar: &mut Jar, browser: &Browser) -> Answer {
    let mut path = path.to_owned();
    for _ in 0..10 {
        let told = ask(app, guarded, address, &path, jar).await;
        jar.keep(&told);
        let Some(location) = told.location() else { return told };
        let there = if location.as_str().starts_with(&format!("{address}/")) { location } else { browser_to(app, browser, &location).await };
        if !there.as_str().starts_with(&format!("{address}/")) {
            return browser.get(there.as_str()).await;
        }
        path = target(&there);
    }
    panic!("ten steps, the last to {path}");
}

/// Follows redirects of the provider to the first page of it, or address elsewhere.
async fn browser_to(app: &TestApp, browser: &Browser, location: &Url) -> Url {
    let mut location = location.clone();
    while location.as_str().starts_with(&app.url) {
        match browser.get(location.as_str()).await.location() {
            Some(next) => location = next,
            None => break,
        }
    }
    location
}

/// The four headers of an answer that lets a request pass.
pub(crate) fn who(told: &Answer) -> [String; 4] {
    assert_eq!(told.status, 200, "{:?} {}", told.headers, told.body);
    ["remote-user", "remote-name", "remote-email", "remote-groups"].map(|name| {
        let values: Vec<_> = told.headers.get_all(name).iter().collect();
        assert_eq!(values.len(), 1, "{name} stands there once, also when it is empty");
        String::from_utf8(values[0].as_bytes().to_vec()).expect("UTF-8")
    })
}

#[tokio::test]
async fn a_person_signs_in_on_the_way_to_the_page_they_wanted_and_the_app_learns_who_they_are() {
    on_each_engine(async |app| {
        let (ada, browser) = signed_in(app, "ada").await;
        app.execute("UPDATE users SET display_name = $2 WHERE id = $1", vec![ada.id.into(), "Ada Lövelace".into()]).await;
        group(app, "staff", &[&ada]).await;
        group(app, "a,admins", &[&ada]).await;
        group(app, "editors", &[&ada]).await;
        let wiki = guarded(app, "Wiki", &[WIKI], &["staff"]).await;
        let mut jar = Jar::default();
        let first = ask(app, &wiki, WIKI, "/page?x=1&y=a%20b", &jar).await;
        assert_eq!((first.status.as_u16(), first.header("cache-control")), (303, "no-store"));
        assert_eq!(first.header("strict-transport-security"), "", "what holds for the provider's address is not said for the app's");
        assert!(first.header("set-cookie").starts_with("__Host-muster-app-") && first.header("set-cookie").ends_with("; Secure"));

        let passed = open(app, &wiki, WIKI, "/page?x=1&y=a%20b", &mut jar, &browser).await;
        assert_eq!(who(&passed), ["ada", "Ada Lövelace", "ada@example.org", "editors,staff"], "a group cannot pass for two");
        // Everything after that: pages, scripts, forms, web sockets.
        for more in [&[("sec-fetch-mode", "cors")][..], &[("x-forwarded-method", "DELETE")], &[("upgrade", "websocket")], &[("accept", "*/*")]] {
            assert_eq!(who(&ask_with(app, &wiki, WIKI, "/api/x", &jar, more).await)[0], "ada");
        }
        // The app is on the person's list, and can be taken back there.
        let apps = browser.get("/account/apps").await;
        assert!(apps.body.contains("Wiki"), "{}", apps.body);
        browser.submit(&apps, &format!("/account/apps/{}/revoke", wiki.id), &[]).await;
        assert_eq!(ask(app, &wiki, WIKI, "/", &jar).await.status, 303);
    })
    .await;
}

#[tokio::test]
async fn without_a_session_a_person_is_asked_to_sign_in_and_a_program_is_told_so() {
    on_each_engine(async |app| {
        let ada = app.person("ada").await;
        let (passkeys, elsewhere) = (app.passkeys(), app.browser());
        app.enrol(&elsewhere, &passkeys, &ada).await;
        let wiki = guarded(app, "Wiki", &[WIKI], &[]).await;
        let (mut jar, browser) = (Jar::default(), app.browser());
        let page = open(app, &wiki, WIKI, "/page", &mut jar, &browser).await;
        assert_eq!((page.status.as_u16(), page.url.path()), (200, "/sign-in"));
        assert!(page.body.contains("Wiki"), "the page names the app: {}", page.body);
        app.sign_in(&browser, &passkeys).await;
        let request = page.url.query_pairs().find(|(name, _)| name == "request").expect("the request").1.into_owned();
        let back = browser.get(&format!("/authorize/continue?request={request}")).await.location().expect("back to the app");
        assert!(back.as_str().starts_with(&format!("{WIKI}/.muster/callback?")), "{back}");
        let finished = ask(app, &wiki, WIKI, &target(&back), &jar).await;
        jar.keep(&finished);
        assert_eq!(finished.header("location"), format!("{WIKI}/page"));
        assert_eq!(who(&ask(app, &wiki, WIKI, "/page", &jar).await)[0], "ada");

        let nobody = Jar::default();
        for more in [
            &[("sec-fetch-mode", "cors")][..],
            &[("sec-fetch-mode", ""), ("accept", "application/json")],
            &[("sec-fetch-mode", "websocket"), ("upgrade", "websocket")],
            &[("x-forwarded-method", "PUT")],
            &[("x-forwarded-method", "OPTIONS"), ("sec-fetch-mode", "cors")],
        ] {
            let told = ask_with(app, &wiki, WIKI, "/api", &nobody, more).await;
            assert_eq!((told.status.as_u16(), told.header("location"), told.header("set-cookie")), (401, "", ""), "{more:?}");
        }
        // A form sent too late leads to the start of the app, not to a page that only takes forms.
        let late = ask_with(app, &wiki, WIKI, "/save", &nobody, &[("x-forwarded-method", "POST")]).await;
        jar = Jar::default();
        jar.keep(&late);
        let back = browser.get(late.header("location")).await.location().expect("back to the app");
        assert_eq!(ask(app, &wiki, WIKI, &target(&back), &jar).await.header("location"), format!("{WIKI}/"));
    })
    .await;
}

#[tokio::test]
async fn nginx_gets_a_status_it_knows_and_the_way_in_a_header() {
    let app = TestApp::start(Engine::Sqlite).await;
    let (_, browser) = signed_in(&app, "ada").await;
    let wiki = guarded(&app, "Wiki", &[WIKI], &[]).await;
    let nginx = |url: &'static str| [("x-forwarded-proto", ""), ("x-forwarded-host", ""), ("x-forwarded-uri", ""), ("x-original-url", url)];
    let told = ask_with(&app, &wiki, WIKI, "", &Jar::default(), &nginx("https://wiki.example.org/page")).await;
    assert_eq!(told.status, 401);
    let mut jar = Jar::default();
    jar.keep(&told);
    let back = browser.get(told.header("location")).await.location().expect("back to the app");
    let told = ask(&app, &wiki, WIKI, &target(&back), &jar).await;
    jar.keep(&told);
    assert_eq!(who(&ask_with(&app, &wiki, WIKI, "", &jar, &nginx("https://wiki.example.org/page")).await)[0], "ada");
    app.execute("UPDATE clients SET restricted = $1", vec![true.into()]).await;
    let told = ask_with(&app, &wiki, WIKI, "", &jar, &nginx("https://wiki.example.org/page")).await;
    assert_eq!((told.status.as_u16(), told.header("location")), (403, format!("{}/forward-auth/{}/refused", app.url, wiki.id).as_str()));
    app.stop().await;
}

#[tokio::test]
async fn whoever_may_not_use_the_app_reads_which_app_it_is_and_whom_to_ask() {
    on_each_engine(async |app| {
        let (ada, browser) = signed_in(app, "ada").await;
        let staff = group(app, "staff", &[]).await;
        let wiki = guarded(app, "Wiki", &[WIKI], &["staff"]).await;
        let mut jar = Jar::default();
        let page = open(app, &wiki, WIKI, "/page", &mut jar, &browser).await;
        assert_eq!((page.status.as_u16(), page.url.path()), (403, format!("/forward-auth/{}/refused", wiki.id).as_str()));
        let words = page.texts("main").join("");
        assert!(words.contains("Wiki is not open to you") && words.contains("ada"), "{words}");
        assert!(words.contains("ask whoever looks after"), "{words}");

        app.execute("INSERT INTO group_members (group_id, user_id) VALUES ($1, $2)", vec![staff.into(), ada.id.into()]).await;
        assert!(browser.get(page.url.path()).await.texts("main").join("").contains("is open to you now"));
        assert_eq!(who(&open(app, &wiki, WIKI, "/page", &mut jar, &browser).await)[3], "staff");
        // Out of the group, and out at once: a page says why, a script hears no.
        app.execute("DELETE FROM group_members WHERE user_id = $1", vec![ada.id.into()]).await;
        let told = ask(app, &wiki, WIKI, "/page", &jar).await;
        assert!(told.header("location").ends_with("/refused"), "{}", told.header("location"));
        assert_eq!(ask_with(app, &wiki, WIKI, "/api", &jar, &[("sec-fetch-mode", "cors")]).await.status, 403);
        assert_eq!(browser.get(&format!("/forward-auth/{}/nonsense", wiki.id)).await.status, 404);
    })
    .await;
}

/// Whether a request passes.
async fn passes(app: &TestApp, wiki: &Guarded, jar: &Jar) -> bool {
    ask_with(app, wiki, WIKI, "/", jar, &[("sec-fetch-mode", "cors")]).await.status == 200
}

#[tokio::test]
async fn whatever_ends_a_session_ends_the_app_with_the_next_request() {
    on_each_engine(async |app| {
        let wiki = guarded(app, "Wiki", &[WIKI], &[]).await;
        let ada = app.person("ada").await;
        let passkeys = app.passkeys();
        app.enrol(&app.browser(), &passkeys, &ada).await;
        let sign_in = async || {
            let (browser, mut jar) = (app.browser(), Jar::default());
            app.sign_in(&browser, &passkeys).await;
            who(&open(app, &wiki, WIKI, "/", &mut jar, &browser).await);
            (browser, jar)
        };
        // Signed out here, by way of the app's own address.
        let (browser, jar) = sign_in().await;
        let told = ask(app, &wiki, WIKI, "/.muster/sign-out", &jar).await;
        assert_eq!(told.header("location"), format!("{}/sign-out", app.url));
        let page = browser.get(told.header("location")).await;
        assert!(passes(app, &wiki, &jar).await, "a link alone signs nobody out");
        browser.submit(&page, "/sign-out", &[]).await;
        assert!(!passes(app, &wiki, &jar).await);
        // Ended from another browser.
        let ((browser, jar), (other, other_jar)) = (sign_in().await, sign_in().await);
        let page = other.get("/account/sessions").await;
        other.submit(&page, "/account/sessions/end-others", &[]).await;
        assert_eq!((passes(app, &wiki, &jar).await, passes(app, &wiki, &other_jar).await), (false, true));
        assert!(!app.is_signed_in(&browser).await);
        // Blocked, disabled by the directory, signed out everywhere: as the sync and administrators write it.
        for statement in [
            "UPDATE users SET blocked_at = $2 WHERE id = $1",
            "UPDATE users SET directory_state = 'disabled', directory_state_at = $2 WHERE id = $1",
            "UPDATE users SET directory_state = 'missing', directory_state_at = $2 WHERE id = $1",
            "UPDATE users SET access_void_until = $2 WHERE id = $1",
        ] {
            let (_, jar) = sign_in().await;
            app.clock.advance(Duration::from_secs(2));
            assert!(passes(app, &wiki, &jar).await);
            app.execute(statement, vec![ada.id.into(), app.clock.now().into()]).await;
            assert!(!passes(app, &wiki, &jar).await, "{statement}");
            app.execute("UPDATE users SET blocked_at = NULL, directory_state = NULL WHERE id = $1", vec![ada.id.into()]).await;
            app.clock.advance(Duration::from_secs(2));
        }
        // Too old.
        let (_, jar) = sign_in().await;
        app.execute("UPDATE sessions SET expires_at = $1", vec![app.clock.now().into()]).await;
        assert!(!passes(app, &wiki, &jar).await);
        // The app deleted.
        let (_, jar) = sign_in().await;
        clients::delete(app.app(), Authority::CommandLine, wiki.id, app.clock.now()).await.expect("deleted");
        assert_eq!(ask(app, &wiki, WIKI, "/", &jar).await.status, 403);
    })
    .await;
}

#[tokio::test]
async fn work_in_the_app_keeps_the_session_from_going_idle() {
    on_each_engine(async |app| {
        let wiki = guarded(app, "Wiki", &[WIKI], &[]).await;
        let (_, browser) = signed_in(app, "ada").await;
        let mut jar = Jar::default();
        who(&open(app, &wiki, WIKI, "/", &mut jar, &browser).await);
        for _ in 0..4 {
            app.clock.advance(Duration::from_secs(16 * 3600));
            assert!(passes(app, &wiki, &jar).await);
        }
        assert!(app.is_signed_in(&browser).await);
        app.clock.advance(Duration::from_secs(25 * 3600));
        assert!(!passes(app, &wiki, &jar).await, "idle for longer than a day");
    })
    .await;
}

#[tokio::test]
async fn two_tabs_that_begin_at_the_same_time_both_arrive() {
    let app = TestApp::start(Engine::Sqlite).await;
    let wiki = guarded(&app, "Wiki", &[WIKI], &[]).await;
    let (_, browser) = signed_in(&app, "ada").await;
    let mut jar = Jar::default();
    let mut begin = async |path: &str| {
        let told = ask(&app, &wiki, WIKI, path, &jar).await;
        jar.keep(&told);
        target(&browser.get(told.header("location")).await.location().expect("back to the app"))
    };
    let (first, second) = (begin("/first").await, begin("/second").await);
    let told = ask(&app, &wiki, WIKI, &first, &jar).await;
    let before = jar.clone();
    jar.keep(&told);
    assert_ne!(before.0, jar.0, "the cookie that counts is a new one");
    assert_eq!(told.header("location"), format!("{WIKI}/first"));
    // The cookie has changed in between; whoever is signed in needs no code.
    let told = ask(&app, &wiki, WIKI, &second, &jar).await;
    assert_eq!((told.header("location"), told.header("set-cookie")), (format!("{WIKI}/second").as_str(), ""));
    assert_eq!(ask(&app, &wiki, WIKI, &first, &jar).await.header("location"), format!("{WIKI}/first"), "reloaded");
    assert_eq!(ask(&app, &wiki, WIKI, "/.muster/callback?state=x&code=y", &jar).await.header("location"), format!("{WIKI}/"));
    app.stop().await;
}

#[tokio::test]
async fn an_administrator_registers_the_app_and_finds_the_texts_for_the_proxy() {
    let app = TestApp::start(Engine::Sqlite).await;
    let (boss, browser) = (app.admin("boss").await, app.browser());
    app.enrol(&browser, &app.passkeys(), &boss).await;
    let form = browser.get("/admin/clients/new").await;
    let filled = [("name", "Wiki"), ("proxied_addresses", "wiki.example.org")];
    let refused = browser.submit(&form, "/admin/clients", &filled).await;
    assert_eq!(refused.status, 422);
    assert!(refused.texts(".mistake").join("").contains("“wiki.example.org” must be an http:// or https:// address"), "{}", refused.body);
    let filled = [("name", "Wiki"), ("proxied_addresses", "https://Wiki.example.org/\nhttp://10.0.0.7:8080")];
    let created = browser.submit(&refused, "/admin/clients", &filled).await;
    assert_eq!(created.status, 200, "{}", created.body);
    let client_id = created.attribute("#c-client-id", "value").expect("a client ID");
    let page = browser.get(&format!("/admin/clients/{client_id}")).await;
    let link = page.attribute("#proxy a", "href").expect("a link");
    let page = browser.get(&link).await;
    let words = page.texts("textarea").join(" ");
    for expected in [
        format!("{}/api/forward-auth/{client_id}", app.url.replace("localhost", "127.0.0.1")),
        "X-Original-URL https://wiki.example.org$request_uri;".to_owned(),
        "Host(`wiki.example.org`)".to_owned(),
        "request_header -Remote*".to_owned(),
    ] {
        assert!(words.contains(&expected), "{expected} is missing in {words}");
    }
    assert!(page.texts(".notice").join("").contains("http://10.0.0.7:8080"), "the other address is named");
    let answer = browser.request(Method::GET, &format!("/api/forward-auth/{client_id}")).send().await.expect("an answer");
    assert_eq!(answer.status(), 403);
    app.stop().await;
}

#[tokio::test]
async fn the_app_gets_those_groups_that_are_set_for_it_in_the_way_that_is_set() {
    on_each_engine(async |app| {
        let (ada, browser) = signed_in(app, "ada").await;
        for name in ["staff", "wiki-editors", "wiki-readers"] {
            group(app, name, &[&ada]).await;
        }
        app.execute(
            "UPDATE groups SET display_name = 'The editors', directory = 'default', entry_id = 'e', entry_dn = 'cn=e' WHERE name = 'wiki-editors'",
            vec![],
        )
        .await;
        let wiki = guarded(app, "Wiki", &[WIKI], &["staff"]).await;
        let mut jar = Jar::default();
        let told = open(app, &wiki, WIKI, "/page", &mut jar, &browser).await;
        assert_eq!(who(&told)[3], "staff,wiki-editors,wiki-readers");
        for (groups, header) in [
            (json!({ "prefix": "WIKI-" }), "wiki-editors,wiki-readers"),
            (json!({ "prefix": "other-" }), ""),
            (json!({ "allowed_only": true }), "staff"),
            (json!({ "directory_only": true }), "wiki-editors"),
            (json!({ "directory_only": true, "value": "display_name" }), "The editors"),
            // How claims put them together is of no matter in a header, nor what the claim is called.
            (json!({ "format": "spaces", "claim": "roles" }), "staff,wiki-editors,wiki-readers"),
        ] {
            let policy = json!({ "forward_auth": { "addresses": [WIKI] }, "claims": { "groups": groups } }).to_string();
            app.execute("UPDATE clients SET policy = $1", vec![policy.as_str().into()]).await;
            assert_eq!(who(&ask(app, &wiki, WIKI, "/page", &jar).await)[3], header, "{policy}");
        }
    })
    .await;
}
