//! What a person sees of their sessions, and how sessions end.

use std::time::Duration;

use muster::audit::Kind;
use muster::sessions::Method;
use reqwest::Method as HttpMethod;

use serde_json::json;

use crate::support::app::{Engine, TestApp, on_each_engine, on_each_engine_with};
use crate::support::authenticator::SoftwarePasskeys;
use crate::support::http::{self, Browser};

#[tokio::test]
async fn signing_out_ends_the_session_and_a_get_only_asks() {
    on_each_engine(async |app| {
        let ada = app.person("ada").await;
        let browser = app.browser();
        app.sign_in_by_link(&browser, &ada).await;
        let cookie = browser.cookies("/");
        let page = browser.get("/sign-out").await;
        assert_eq!(page.status, 200);
        assert!(app.is_signed_in(&browser).await);
        let answer = browser.submit(&page, "/sign-out", &[]).await;
        assert_eq!(answer.header("location"), "/sign-in?notice=signed-out");
        assert_eq!(browser.follow(answer).await.texts(".notice.good"), ["You are signed out."]);
        let thief = app.browser();
        cookie.split("; ").for_each(|cookie| thief.set_cookie(cookie));
        assert!(!app.is_signed_in(&thief).await, "the cookie still opens");
        assert_eq!(app.audited(Kind::SignOut).await.len(), 1);
        assert_eq!(browser.get("/sign-out").await.header("location"), "/sign-in");
    })
    .await;
}

#[tokio::test]
async fn a_person_sees_their_sessions_and_ends_one_or_all_others() {
    on_each_engine(async |app| {
        let (ada, eve) = (app.person("ada").await, app.person("eve").await);
        let browsers = [app.browser(), app.browser(), app.browser()];
        for browser in &browsers {
            app.sign_in_by_link(browser, &ada).await;
        }
        let stranger = app.browser();
        app.sign_in_by_link(&stranger, &eve).await;
        let page = browsers[0].get("/account/sessions").await;
        assert_eq!(page.texts(".cards > li").len(), 3);
        assert_eq!(page.texts(".cards .badge"), ["This browser"]);
        assert!(page.texts(".cards h2")[0].starts_with("Chrome on Linux"), "{:?}", page.texts(".cards h2"));

        // Somebody else's id ends nothing.
        let theirs = stranger.get("/account/sessions").await;
        let end = |page: &http::Answer| page.body.split('"').filter(|text| text.ends_with("/end")).map(str::to_owned).collect::<Vec<_>>();
        let request = browsers[0].request(HttpMethod::POST, &end(&theirs)[0]).header("origin", &app.url);
        http::answer(request).await;
        assert!(app.is_signed_in(&stranger).await);

        // One of the others, by its own page.
        let own = browsers[1].get("/account/sessions").await;
        let marked = own.texts(".cards form button").iter().position(|button| button == "Sign out here").expect("this browser is marked");
        let answer = browsers[0].submit(&page, &end(&own)[marked], &[]).await;
        assert_eq!(answer.header("location"), "/account/sessions?notice=ended");
        assert!(!app.is_signed_in(&browsers[1]).await && app.is_signed_in(&browsers[2]).await);

        let page = browsers[0].get("/account/sessions").await;
        browsers[0].submit(&page, "/account/sessions/end-others", &[]).await;
        assert!(app.is_signed_in(&browsers[0]).await && !app.is_signed_in(&browsers[2]).await && app.is_signed_in(&stranger).await);
        let page = browsers[0].get("/account/sessions").await;
        assert!(!page.body.contains("end-others"));
        let answer = browsers[0].submit(&page, &end(&page)[0], &[]).await;
        assert_eq!(answer.header("location"), "/sign-in?notice=signed-out");
        assert!(!app.is_signed_in(&browsers[0]).await);
        assert_eq!(app.audited(Kind::SessionsEnded).await.len(), 3);
    })
    .await;
}

#[tokio::test]
async fn sessions_end_by_idleness_by_age_and_when_access_is_voided() {
    on_each_engine(async |app| {
        let ada = app.person("ada").await;
        let browser = app.browser();
        let hours = |n: u64| Duration::from_secs(n * 3600);
        app.sign_in_by_link(&browser, &ada).await;
        app.clock.advance(hours(23));
        assert!(app.is_signed_in(&browser).await);
        app.clock.advance(hours(23));
        assert!(app.is_signed_in(&browser).await, "use keeps it");
        app.clock.advance(hours(25));
        assert!(!app.is_signed_in(&browser).await, "idle for longer than a day");

        app.sign_in_by_link(&browser, &ada).await;
        for _ in 0..13 {
            app.clock.advance(hours(12));
            assert!(app.is_signed_in(&browser).await);
        }
        app.clock.advance(hours(13));
        assert!(!app.is_signed_in(&browser).await, "older than a week");

        app.sign_in_by_link(&browser, &ada).await;
        assert!(app.is_signed_in(&browser).await);
        app.clock.advance(Duration::from_millis(10));
        app.execute("UPDATE users SET access_void_until = $2 WHERE id = $1", vec![ada.id.into(), app.clock.now().into()]).await;
        assert!(!app.is_signed_in(&browser).await);
    })
    .await;
}

#[tokio::test]
async fn the_session_cookie_is_out_of_reach_and_changes_at_each_sign_in() {
    let app = TestApp::start(Engine::Sqlite).await;
    let ada = app.person("ada").await;
    let browser = app.browser();
    let page = browser.get(&app.access_link(&ada).await).await;
    let answer = browser.submit(&page, page.url.path(), &[]).await;
    let cookie = answer.header("set-cookie");
    assert!(cookie.starts_with("muster="), "{cookie}");
    for part in ["HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let first = browser.cookies("/");
    app.sign_in_by_link(&browser, &ada).await;
    assert_ne!(first, browser.cookies("/"));
    // Whoever planted the first cookie has nothing.
    let planted = app.browser();
    first.split("; ").for_each(|cookie| planted.set_cookie(cookie));
    assert!(!app.is_signed_in(&planted).await);
    // Visitors get no session.
    assert!(!app.browser().get("/sign-in").await.headers.contains_key("set-cookie"));
    assert_eq!(Method::AccessLink.amr(), ["otp"]);
    app.stop().await;
}

#[tokio::test]
async fn the_profile_says_who_one_is_and_where_that_comes_from() {
    on_each_engine(async |app| {
        let ada = app.person("ada").await;
        let browser = app.browser();
        app.sign_in_by_link(&browser, &ada).await;
        let page = browser.get("/account").await;
        for fact in ["ada", "ada@example.org", "Member"] {
            assert!(page.texts("dd").contains(&fact.to_owned()), "{:?}", page.texts("dd"));
        }
        assert!(page.body.contains("made here"));
        app.execute("UPDATE users SET directory = 'default', entry_id = 'x', directory_state = 'active' WHERE id = $1", vec![ada.id.into()]).await;
        assert!(browser.get("/account").await.texts(".quiet").iter().any(|text| text.contains("directory “default”")));
    })
    .await;
}

/// Signs in at an address with another header of the browser; gives the status.
async fn signs_in_as(app: &TestApp, browser: &Browser, passkeys: &SoftwarePasskeys, agent: &str, ip: &str) {
    let post = async |path: &str, body: &serde_json::Value| {
        let request = browser.request(HttpMethod::POST, path).header("origin", &app.url).header("sec-fetch-site", "same-origin");
        http::answer(request.header("x-forwarded-for", ip).header("user-agent", agent).json(body)).await
    };
    let started = post("/sign-in/start", &json!({})).await.json();
    let credential = passkeys.sign_in(&started["publicKey"]).await.expect("a passkey");
    let answer = post("/sign-in/finish", &json!({ "ceremony": started["ceremony"], "credential": credential })).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
}

const CHROME: &str = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36";
const NEWER: &str = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/157.0.0.0 Safari/537.36";
const FIREFOX: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:150.0) Gecko/20100101 Firefox/150.0";

#[tokio::test]
async fn a_new_browser_is_told_of_and_a_new_address_or_version_is_not() {
    on_each_engine(async |app| {
        let ada = app.person("ada").await;
        let (home, passkeys) = (app.browser(), app.passkeys());
        app.enrol(&home, &passkeys, &ada).await;
        let told = async || app.audited(Kind::NewBrowser).await.len();
        assert_eq!(told().await, 0, "the first browser of all is no news");
        for (agent, ip) in [(CHROME, "2001:db8::1"), (CHROME, "2001:db8:77::1"), (NEWER, "192.0.2.9")] {
            let page = home.get("/account").await;
            home.submit(&page, "/sign-out", &[]).await;
            signs_in_as(app, &home, &passkeys, agent, ip).await;
            assert_eq!(told().await, 0, "{agent} from {ip}");
        }
        assert!(!home.get("/account").await.body.contains("A new browser signed in"));

        // The cookie taken to another kind of browser is a new one, too.
        let thief = app.browser();
        let device = home.cookies("/").split("; ").find(|cookie| cookie.starts_with("muster-device=")).expect("a cookie").to_owned();
        thief.set_cookie(&device);
        app.clock.advance(Duration::from_secs(5));
        signs_in_as(app, &thief, &passkeys, FIREFOX, "203.0.113.66").await;
        assert_eq!(told().await, 1);

        let stranger = app.browser();
        app.clock.advance(Duration::from_secs(5));
        signs_in_as(app, &stranger, &passkeys, FIREFOX, "203.0.113.67").await;
        assert_eq!(told().await, 2);
        let (event, detail) = app.audited(Kind::NewBrowser).await.remove(0);
        assert_eq!((event.client_ip.as_str(), detail["browser"].as_str()), ("203.0.113.67", Some("Firefox on Windows")));

        // Whoever came with it is not asked, and may not answer.
        assert!(!stranger.get("/account").await.body.contains("A new browser signed in"));
        let page = home.get("/account").await;
        let asked = page.texts("section.notice p");
        assert!(asked[0].starts_with("Firefox on Windows from 203.0.113.67"), "{asked:?}");
        let mine = page.body.split('"').find(|text| text.ends_with("/mine")).expect("a form").to_owned();
        let request = stranger.request(HttpMethod::POST, &mine).header("origin", &app.url).header("sec-fetch-site", "same-origin");
        http::answer(request).await;
        assert!(home.get("/account").await.body.contains("203.0.113.67"), "the stranger answered");

        let not_mine = mine.replace("/mine", "/not-mine");
        let answer = home.submit(&page, &not_mine, &[]).await;
        assert_eq!(answer.header("location"), "/account/sessions?notice=stranger-ended");
        assert!(!app.is_signed_in(&stranger).await, "the stranger is still in");
        assert!(app.is_signed_in(&home).await);
        assert_eq!(app.audited(Kind::NewBrowserDenied).await[0].1["sessions"], 1);
        assert!(!home.get("/account").await.body.contains("203.0.113.67"));

        // A browser the person knows is known from then on.
        let office = app.browser();
        app.clock.advance(Duration::from_secs(5));
        signs_in_as(app, &office, &passkeys, CHROME, "198.51.100.2").await;
        let page = home.get("/account").await;
        let mine = page.body.split('"').find(|text| text.ends_with("/mine")).expect("a form").to_owned();
        assert_eq!(home.submit(&page, &mine, &[]).await.header("location"), "/account");
        assert!(!home.get("/account").await.body.contains("198.51.100.2"));
        assert!(app.is_signed_in(&office).await);
        let page = office.get("/account").await;
        office.submit(&page, "/sign-out", &[]).await;
        let before = told().await;
        signs_in_as(app, &office, &passkeys, CHROME, "198.51.100.2").await;
        assert_eq!(told().await, before);
    })
    .await;
}

#[tokio::test]
async fn who_wants_to_stay_signed_in_does_for_as_long_as_the_setting_says() {
    on_each_engine_with(&[("SESSION_KEPT_DURATION_DAYS", "20")], async |app| {
        let ada = app.person("ada").await;
        let (browser, passkeys) = (app.browser(), app.passkeys());
        app.enrol(&app.browser(), &passkeys, &ada).await;
        assert!(app.browser().get("/sign-in").await.body.contains("For 20 days."));
        let started = app.post(&browser, "/sign-in/start", &json!({})).await.json();
        let credential = passkeys.sign_in(&started["publicKey"]).await.expect("a passkey");
        app.post(&browser, "/sign-in/finish", &json!({ "ceremony": started["ceremony"], "credential": credential, "keep": true })).await;
        let days = |n: u64| Duration::from_secs(n * 86_400);
        app.clock.advance(days(19));
        muster::sessions::sweep(app.app(), app.clock.now()).await.expect("swept");
        assert!(app.is_signed_in(&browser).await, "idle for 19 days");
        app.clock.advance(days(1));
        assert!(!app.is_signed_in(&browser).await, "older than 20 days");
    })
    .await;
    let app = TestApp::start_with(Engine::Sqlite, &[("SESSION_KEPT_DURATION_DAYS", "0")]).await;
    assert!(!app.browser().get("/sign-in").await.body.contains("Stay signed in"));
    app.stop().await;
}
