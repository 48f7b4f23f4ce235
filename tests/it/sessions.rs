//! What a person sees of their sessions, and how sessions end.

use std::time::Duration;

use muster::audit::Kind;
use muster::sessions::Method;
use reqwest::Method as HttpMethod;

use crate::support::app::{Engine, TestApp, on_each_engine};
use crate::support::http;

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
