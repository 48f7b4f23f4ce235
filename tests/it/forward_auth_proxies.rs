//! Apps behind a real nginx and a real Caddy, set up with the very texts of the documentation.

use futures::{SinkExt as _, StreamExt as _};
use muster::users::User;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{self, Message};

use crate::forward_auth::{group, guarded, signed_in};
use crate::oidc_support::plain;
use crate::support::app::{Engine, TestApp};
use crate::support::browser::Page;
use crate::support::free_port;
use crate::support::guarded::GuardedApp;
use crate::support::http::{Browser, answer};
use crate::support::proxies::{self, Proxy, Values};
use crate::support::virtual_authenticator::Device;

/// A provider, an app and the proxy between, for people of the group `staff`: ada is one, grace is not.
struct Site {
    app: TestApp,
    behind: GuardedApp,
    proxy: Proxy,
    ada: (User, Browser),
    grace: (User, Browser),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Nginx,
    NginxWithWebSockets,
    Caddy,
}

impl Site {
    async fn start(kind: Kind) -> Self {
        let app = TestApp::start_with(Engine::Sqlite, &[("TRUST_PROXY", "127.0.0.1")]).await;
        let (ada, grace) = (signed_in(&app, "ada").await, signed_in(&app, "grace").await);
        group(&app, "staff", &[&ada.0]).await;
        let port = free_port();
        let wiki = guarded(&app, "Wiki", &[&proxies::address(port)], &["staff"]).await;
        let behind = GuardedApp::start().await;
        let values = Values { provider: &app.url, client_id: &wiki.client_id, app: behind.port };
        let proxy = match kind {
            Kind::Nginx => Proxy::nginx(port, values).await,
            Kind::NginxWithWebSockets => Proxy::nginx_with_web_sockets(port, values).await,
            Kind::Caddy => Proxy::caddy(port, values).await,
        };
        Self { app, behind, proxy, ada, grace }
    }
}

/// What every proxy does, as people and programs see it.
async fn people_come_in_by_group_and_nobody_else(kind: Kind) {
    let Site { app, behind, proxy, ada: (ada, browser), grace: (_, other) } = Site::start(kind).await;
    let page = proxy.url("/page?x=a%20b&y=//z");

    // Somebody with a session at the provider sees nothing of the sign-in, and the app nothing of its way.
    let opened = browser.get_followed(&page).await;
    assert_eq!((opened.status.as_u16(), opened.url.as_str()), (200, page.as_str()), "{}\n{}", opened.body, proxy.log());
    let reached = behind.reached_once();
    assert_eq!(reached.target, "/page?x=a%20b&y=//z");
    for (name, value) in [("remote-user", "ada"), ("remote-name", "ada Example"), ("remote-email", "ada@example.org"), ("remote-groups", "staff")] {
        assert_eq!(reached.all(name), [value], "{name}");
    }
    // What a visitor makes up is replaced or dropped, also in a spelling that apps take for the same.
    let request = browser.request(reqwest::Method::POST, &proxy.url("/save"));
    let made_up = ["Remote-User", "remote_user", "Remote-Groups", "REMOTE_GROUPS", "Remote-Name", "Remote-Email", "Remote_Email"];
    let request = made_up.into_iter().fold(request, |request, name| request.header(name, "root"));
    assert_eq!(answer(request.body("a=1")).await.status, 200, "{}", proxy.log());
    let reached = behind.reached_once();
    assert_eq!((reached.method.as_str(), reached.body.as_str()), ("POST", "a=1"), "the body goes to the app");
    for (name, value) in reached.headers.iter().filter(|(name, _)| name.as_str().to_lowercase().replace('_', "-").starts_with("remote-")) {
        assert_ne!(value.as_bytes(), b"root", "{name}");
    }

    // Nobody is signed in: a page leads to the sign-in, a program is told so.
    let nobody = app.browser();
    let asked = nobody.get_followed(&page).await;
    assert_eq!((asked.status.as_u16(), asked.url.path()), (200, "/sign-in"), "{}", proxy.log());
    assert!(asked.body.contains("Wiki"));
    let told = answer(plain().get(proxy.url("/api")).header("remote-user", "ada")).await;
    assert_eq!((told.status.as_u16(), told.header("location"), told.header("set-cookie")), (401, "", ""), "{}", proxy.log());
    let told = answer(plain().get(proxy.url("/ws")).header("connection", "upgrade").header("upgrade", "websocket")).await;
    assert_eq!(told.status, 401);

    // Signed in, and not in the group.
    let refused = other.get_followed(&page).await;
    assert_eq!((refused.status.as_u16(), refused.url.path().ends_with("/refused")), (403, true), "{}\n{}", refused.url, proxy.log());
    assert!(refused.texts("h1").join("").contains("Wiki is not open to you"));

    // In it, and out again.
    app.execute("DELETE FROM group_members WHERE user_id = $1", vec![ada.id.into()]).await;
    assert!(browser.get_followed(&page).await.url.path().ends_with("/refused"));
    assert_eq!(answer(browser.request(reqwest::Method::GET, &proxy.url("/api"))).await.status, 403, "a script");
    app.execute("INSERT INTO group_members (group_id, user_id) SELECT id, $1 FROM groups WHERE name = 'staff'", vec![ada.id.into()]).await;
    assert_eq!(behind.reached().len(), 0, "nothing of all this reached the app");
    assert_eq!(browser.get_followed(&page).await.url.as_str(), page);

    // Signed out by way of the app's address.
    let sign_out = browser.get_followed(&proxy.url("/.muster/sign-out")).await;
    assert_eq!(sign_out.url.as_str(), format!("{}/sign-out", app.url));
    browser.submit(&sign_out, "/sign-out", &[]).await;
    behind.reached();
    assert_eq!(browser.get_followed(&page).await.url.path(), "/sign-in");
    assert_eq!(answer(browser.request(reqwest::Method::GET, &proxy.url("/api"))).await.status, 401, "a script");

    // Blocked.
    app.execute("INSERT INTO group_members (group_id, user_id) SELECT g.id, u.id FROM groups g, users u WHERE u.username = 'grace'", vec![]).await;
    assert_eq!(other.get_followed(&page).await.url.as_str(), page, "{}", proxy.log());
    assert_eq!(behind.reached_once().all("remote-user"), ["grace"]);
    app.execute("UPDATE users SET blocked_at = $1 WHERE username = 'grace'", vec![app.clock.now().into()]).await;
    assert_eq!(other.get_followed(&page).await.url.path(), "/sign-in");
    assert_eq!(behind.reached().len(), 0);
    app.stop().await;
}

#[tokio::test]
async fn nginx_as_documented_lets_people_in_by_group_and_nobody_else() {
    people_come_in_by_group_and_nobody_else(Kind::Nginx).await;
}

#[tokio::test]
async fn caddy_as_documented_lets_people_in_by_group_and_nobody_else() {
    people_come_in_by_group_and_nobody_else(Kind::Caddy).await;
}

/// A web socket to the app, with the cookies of a browser: what it said back, or the status it was refused with.
async fn over_a_web_socket(proxy: &Proxy, cookies: &str, text: &str) -> Result<String, u16> {
    let mut request = proxy.url("/live?room=1").replacen("http://", "ws://", 1).into_client_request().expect("a request");
    if !cookies.is_empty() {
        request.headers_mut().insert("cookie", cookies.parse().expect("a header"));
    }
    request.headers_mut().insert("remote-user", "root".parse().expect("a header"));
    match tokio_tungstenite::connect_async(request).await {
        Ok((mut socket, _)) => {
            socket.send(Message::text(text)).await.expect("it takes a message");
            Ok(socket.next().await.expect("an answer").expect("a whole answer").into_text().expect("text").to_string())
        }
        Err(tungstenite::Error::Http(refused)) => Err(refused.status().as_u16()),
        Err(other) => panic!("{other}\n{}", proxy.log()),
    }
}

#[tokio::test]
async fn web_sockets_pass_nginx_as_documented_for_people_who_may_and_nobody_else() {
    let Site { app, behind, proxy, ada: (ada, browser), grace: (_, other) } = Site::start(Kind::NginxWithWebSockets).await;
    browser.get_followed(&proxy.url("/page")).await;
    other.get_followed(&proxy.url("/page")).await;
    behind.reached();
    let cookies = browser.cookies(&proxy.url("/live"));
    assert_eq!(over_a_web_socket(&proxy, &cookies, "hello").await, Ok("ada said hello".to_owned()), "{}", proxy.log());
    let reached = behind.reached_once();
    assert_eq!(
        (reached.target.as_str(), reached.all("remote-user"), reached.all("remote-groups")),
        ("/live?room=1", vec!["ada".to_owned()], vec!["staff".to_owned()])
    );
    // Nobody; somebody whose app it is not; somebody who no longer may.
    assert_eq!(over_a_web_socket(&proxy, "", "hello").await, Err(401));
    let refused = over_a_web_socket(&proxy, &other.cookies(&proxy.url("/live")), "hello").await;
    assert!(matches!(refused, Err(401 | 403)), "{refused:?}");
    app.execute("DELETE FROM group_members WHERE user_id = $1", vec![ada.id.into()]).await;
    assert_eq!(over_a_web_socket(&proxy, &cookies, "hello").await, Err(403));
    assert_eq!(behind.reached().len(), 0, "none of these reached the app");
    // What is no web socket goes on as before.
    app.execute("INSERT INTO group_members (group_id, user_id) SELECT id, $1 FROM groups WHERE name = 'staff'", vec![ada.id.into()]).await;
    assert_eq!(browser.get_followed(&proxy.url("/page")).await.status, 200);
    app.stop().await;
}

#[tokio::test]
async fn somebody_in_chromium_signs_in_to_an_app_behind_nginx_with_a_passkey_and_out_again() {
    let Site { app, behind, proxy, .. } = Site::start(Kind::Nginx).await;
    let page = Page::open().await;
    let _device = page.plug_in(Device::default()).await;
    let lin = app.person("lin").await;
    app.execute("INSERT INTO group_members (group_id, user_id) SELECT id, $1 FROM groups WHERE name = 'staff'", vec![lin.id.into()]).await;
    page.goto(&app.access_link(&lin).await).await;
    page.click("form button").await;
    page.wait_for_path("/account/passkeys/add").await;
    page.click("#add-passkey button").await;
    page.wait_for_path("/account/welcome").await;
    page.before_every_page("PublicKeyCredential.isConditionalMediationAvailable = async () => false;").await;
    page.goto(&format!("{}/sign-out", app.url)).await;
    page.click("main button").await;
    page.wait_for_path("/sign-in").await;

    page.goto(&proxy.url("/page?x=1")).await;
    page.wait_for_path("/sign-in").await;
    page.click("#sign-in button").await;
    page.wait_for_text("The app at /page?x=1").await;
    assert_eq!(page.eval("location.href").await, proxy.url("/page?x=1").as_str());
    assert_eq!(page.eval("document.cookie").await, "", "no script of the app sees the cookie");
    let reached = behind.reached_once();
    assert_eq!(reached.all("remote-user"), ["lin"]);
    assert_eq!(page.eval("fetch('/api', {method: 'POST', body: 'x'}).then((answer) => answer.status)").await, 200);

    page.goto(&proxy.url("/.muster/sign-out")).await;
    page.wait_for_path("/sign-out").await;
    page.click("main button").await;
    page.wait_for_path("/sign-in").await;
    page.goto(&proxy.url("/page?x=1")).await;
    page.wait_for_path("/sign-in").await;
    assert_eq!(page.problems(), Vec::<String>::new());
    app.stop().await;
}
