//! Attacks on apps behind a proxy, by name.

use std::time::Duration;

use crate::forward_auth::{Guarded, Jar, WIKI, ask, ask_with, group, guarded, open, signed_in, target, who};
use crate::oidc_support::plain;
use crate::support::app::{Engine, TestApp, on_each_engine};
use crate::support::http::{Browser, answer};

const NOTES: &str = "https://notes.example.org";

/// A sign-in begun at the app and brought to its end at the provider: the path and query of the callback, and the cookie it was begun with.
async fn begun(app: &TestApp, wiki: &Guarded, browser: &Browser) -> (String, Jar) {
    let mut jar = Jar::default();
    let told = ask(app, wiki, WIKI, "/page", &jar).await;
    jar.keep(&told);
    (target(&browser.get(told.header("location")).await.location().expect("back to the app")), jar)
}

/// Where an answer leads when a sign-in did not work.
fn failed(app: &TestApp, wiki: &Guarded) -> String {
    format!("{}/forward-auth/{}/failed", app.url, wiki.id)
}

#[tokio::test]
async fn a_callback_of_another_persons_sign_in_does_not_sign_anyone_in() {
    on_each_engine(async |app| {
        let wiki = guarded(app, "Wiki", &[WIKI], &[]).await;
        let (_, mallory) = signed_in(app, "mallory").await;
        for victim in [Jar::default(), begun(app, &wiki, &mallory).await.1] {
            let (callback, own) = begun(app, &wiki, &mallory).await;
            let told = ask(app, &wiki, WIKI, &callback, &victim).await;
            assert_eq!((told.header("location"), told.header("set-cookie")), (failed(app, &wiki).as_str(), ""), "login CSRF");
            // A try with a cookie has used the code up; without one there was nothing to try.
            let told = ask(app, &wiki, WIKI, &callback, &own).await;
            assert_eq!(told.header("set-cookie").is_empty(), !victim.0.is_empty());
        }
    })
    .await;
}

#[tokio::test]
async fn a_code_signs_in_once_and_a_second_use_ends_what_the_first_gave() {
    on_each_engine(async |app| {
        let wiki = guarded(app, "Wiki", &[WIKI], &[]).await;
        let (_, browser) = signed_in(app, "ada").await;
        let (callback, before) = begun(app, &wiki, &browser).await;
        let mut jar = before.clone();
        jar.keep(&ask(app, &wiki, WIKI, &callback, &before).await);
        who(&ask(app, &wiki, WIKI, "/", &jar).await);
        let again = ask(app, &wiki, WIKI, &callback, &before).await;
        assert_eq!((again.header("location"), again.header("set-cookie")), (failed(app, &wiki).as_str(), ""));
        assert_eq!(ask(app, &wiki, WIKI, "/", &jar).await.status, 303, "somebody else has seen the code");
        assert_eq!(app.audited(muster::audit::Kind::TokenReuse).await.len(), 1);

        let (late, jar) = begun(app, &wiki, &browser).await;
        app.clock.advance(Duration::from_secs(600));
        assert_eq!(ask(app, &wiki, WIKI, &late, &jar).await.header("location"), failed(app, &wiki));
    })
    .await;
}

#[tokio::test]
async fn of_two_callbacks_at_the_same_instant_one_signs_in() {
    on_each_engine(async |app| {
        let wiki = guarded(app, "Wiki", &[WIKI], &[]).await;
        let (_, browser) = signed_in(app, "ada").await;
        let (callback, jar) = begun(app, &wiki, &browser).await;
        let (one, other) = tokio::join!(ask(app, &wiki, WIKI, &callback, &jar), ask(app, &wiki, WIKI, &callback, &jar));
        let cookies = [&one, &other].into_iter().filter(|told| !told.header("set-cookie").is_empty()).count();
        assert_eq!(cookies, 1);
    })
    .await;
}

#[tokio::test]
async fn the_cookie_of_one_app_is_worth_nothing_at_another() {
    on_each_engine(async |app| {
        let (ada, browser) = signed_in(app, "ada").await;
        group(app, "staff", &[&ada]).await;
        group(app, "board", &[]).await;
        let wiki = guarded(app, "Wiki", &[WIKI], &["staff"]).await;
        let notes = guarded(app, "Notes", &[NOTES], &["board"]).await;
        let mut jar = Jar::default();
        who(&open(app, &wiki, WIKI, "/", &mut jar, &browser).await);
        let (name, value) = jar.0.split_once('=').expect("a cookie");
        let notes_name = ask(app, &notes, NOTES, "/", &Jar::default()).await;
        let notes_name = notes_name.header("set-cookie").split_once('=').expect("a cookie").0.to_owned();
        assert_ne!(name, notes_name);
        for cookie in [jar.0.clone(), format!("{notes_name}={value}")] {
            assert_eq!(ask(app, &notes, NOTES, "/", &Jar(cookie)).await.status, 303, "cookie tossing");
        }
        // What a proxy's visitor adds to the request does not make it one for another app: the app is named where the proxy asks.
        let wiki_url = format!("{WIKI}/");
        for more in [&[("x-original-url", wiki_url.as_str())][..], &[("x-forwarded-host", "wiki.example.org")]] {
            let told = ask_with(app, &notes, NOTES, "/", &jar, more).await;
            assert_eq!(told.status, 403, "{more:?}: {}", told.body);
        }
        // Nor is it a token, or a token a cookie.
        for path in ["/api/oidc/userinfo"] {
            assert_eq!(answer(plain().get(format!("{}{path}", app.url)).bearer_auth(value)).await.status, 401);
        }
        let session = browser.cookies("/").split_once('=').expect("a cookie").1.to_owned();
        assert_eq!(ask(app, &wiki, WIKI, "/", &Jar(format!("{name}={session}"))).await.status, 303);
    })
    .await;
}

#[tokio::test]
async fn nobody_is_led_to_an_address_that_is_not_the_apps() {
    let app = TestApp::start(Engine::Sqlite).await;
    let wiki = guarded(&app, "Wiki", &[WIKI], &[]).await;
    let (_, browser) = signed_in(&app, "ada").await;
    for address in ["https://evil.example", "http://wiki.example.org", "https://wiki.example.org:8443", "https://wiki.example.org.evil.example"] {
        let told = ask(&app, &wiki, address, "/", &Jar::default()).await;
        assert_eq!((told.status.as_u16(), told.header("location"), told.header("set-cookie")), (403, "", ""), "{address}");
        assert!(told.body.contains("none of the app's addresses"), "{}", told.body);
    }
    // The way back is kept where nobody can change it: a state that was not sealed here, or for another app, leads nowhere.
    let notes = guarded(&app, "Notes", &[NOTES], &[]).await;
    let (callback, jar) = begun(&app, &wiki, &browser).await;
    let foreign = ask(&app, &notes, NOTES, "/stolen", &Jar::default()).await.location().expect("to the sign-in");
    let foreign = foreign.query_pairs().find(|(name, _)| name == "state").expect("a state").1.into_owned();
    let code = url::Url::parse(&format!("{WIKI}{callback}")).expect("a URL");
    let code = code.query_pairs().find(|(name, _)| name == "code").expect("a code").1.into_owned();
    for state in ["https://evil.example/", &foreign] {
        let told = ask(&app, &wiki, WIKI, &format!("/.muster/callback?code={code}&state={state}"), &jar).await;
        assert_eq!(told.header("location"), failed(&app, &wiki));
    }
    for path in ["//evil.example/", "/\\evil.example", "/@evil.example"] {
        let (mut jar, browser) = (Jar::default(), browser.clone());
        let told = ask(&app, &wiki, WIKI, path, &jar).await;
        jar.keep(&told);
        let back = target(&browser.get(told.header("location")).await.location().expect("back to the app"));
        let told = ask(&app, &wiki, WIKI, &back, &jar).await;
        assert_eq!(told.location().expect("a way").host_str(), Some("wiki.example.org"), "{path}");
    }
    let page = browser.get(&format!("{}?back=https://evil.example", failed(&app, &wiki))).await;
    assert_eq!(page.attribute("main a.primary", "href").as_deref(), Some(WIKI));
    app.stop().await;
}

#[tokio::test]
async fn only_a_trusted_proxy_is_answered() {
    for (trust, status) in [("false", 403), ("10.0.0.0/8", 403), ("127.0.0.0/8", 303)] {
        let app = TestApp::start_with(Engine::Sqlite, &[("TRUST_PROXY", trust)]).await;
        let wiki = guarded(&app, "Wiki", &[WIKI], &[]).await;
        // An address in a header is no reason to believe the headers.
        let told = ask_with(&app, &wiki, WIKI, "/", &Jar::default(), &[("x-forwarded-for", "10.0.0.1")]).await;
        assert_eq!(told.status.as_u16(), status, "{trust}: {}", told.body);
        assert_eq!(told.body.contains("TRUST_PROXY"), status == 403);
        app.stop().await;
    }
}

#[tokio::test]
async fn a_question_that_is_not_clear_passes_nobody() {
    let app = TestApp::start(Engine::Sqlite).await;
    let wiki = guarded(&app, "Wiki", &[WIKI], &[]).await;
    let (_, browser) = signed_in(&app, "ada").await;
    let mut jar = Jar::default();
    who(&open(&app, &wiki, WIKI, "/", &mut jar, &browser).await);
    for more in [
        &[("x-forwarded-host", "")][..],
        &[("x-forwarded-uri", "")],
        &[("x-forwarded-proto", "https,http")],
        &[("x-forwarded-host", "wiki.example.org,evil.example")],
        &[("x-forwarded-host", "evil.example@wiki.example.org")],
        &[("x-original-url", "/")],
    ] {
        let told = ask_with(&app, &wiki, WIKI, "/", &jar, more).await;
        assert_eq!(told.status, 403, "{more:?}");
    }
    let (name, _) = jar.0.split_once('=').expect("a cookie");
    let two = Jar(format!("{}; {name}={}", jar.0, "A".repeat(43)));
    assert_eq!(ask(&app, &wiki, WIKI, "/", &two).await.status, 303, "which of the two was set by somebody else cannot be told");
    for unknown in ["", "nonsense", "0195e0a0-0000-7000-8000-000000000000"] {
        let unknown = Guarded { client_id: unknown.to_owned(), ..wiki.clone() };
        assert!(matches!(ask(&app, &unknown, WIKI, "/", &jar).await.status.as_u16(), 403 | 404));
    }
    app.stop().await;
}
