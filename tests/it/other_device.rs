//! Signing a browser in from another device: both sides, through HTTP on both databases.

use std::time::Duration;

use muster::audit::Kind;
use muster::users::User;

use crate::pages_support::{administrator, forge, led_to};
use crate::support::app::{Engine, TestApp, on_each_engine, on_each_engine_with};
use crate::support::http::{Answer, Browser};

/// Somebody signed in with a passkey.
async fn signed_in(app: &TestApp, username: &str) -> (User, Browser) {
    let (user, browser) = (app.person(username).await, app.browser());
    app.enrol(&browser, &app.passkeys(), &user).await;
    (user, browser)
}

/// A browser that asks to be let in, from an address of its own; the page it waits on, its code and its number.
async fn waiting(app: &TestApp, ip: &str) -> (Browser, Answer, String, String) {
    let browser = app.browser();
    let request = browser.request(reqwest::Method::POST, "/sign-in/device").header("origin", &app.url).header("sec-fetch-site", "same-origin");
    let started = crate::support::http::answer(request.header("x-forwarded-for", ip).form(&[("back", "/account/sessions")])).await;
    assert_eq!(led_to(&started), "/sign-in/device/wait?back=%2Faccount%2Fsessions", "{}", started.body);
    let page = browser.get("/sign-in/device/wait?back=%2Faccount%2Fsessions").await;
    let code = page.texts("main code")[0].clone();
    let number = page.texts(".digits")[0].clone();
    (browser, page, code, number)
}

async fn approve(person: &Browser, code: &str, number: &str) -> Answer {
    let page = person.get(&format!("/account/approve?code={code}")).await;
    assert_eq!(page.status, 200, "{}", page.body);
    person.submit(&page, "/account/approve", &[("number", number)]).await
}

#[tokio::test]
async fn a_browser_is_let_in_once_by_the_number_it_shows() {
    on_each_engine(async |app| {
        let (_, person) = signed_in(app, "ada").await;
        let (browser, page, code, number) = waiting(app, "203.0.113.7").await;
        assert_eq!(page.texts("svg.qr path").len(), 1);
        assert!(page.attribute("[data-live]", "data-live").is_some());
        assert!(!app.is_signed_in(&browser).await);

        let asked = person.get(&format!("/account/approve?code={}", code.to_lowercase())).await;
        assert!(asked.texts("dd").contains(&"203.0.113.7".to_owned()), "{}", asked.body);
        let numbers = asked.texts(".picks button");
        assert!(numbers.len() == 3 && numbers.contains(&number), "{numbers:?} {number}");
        assert!(!asked.body.contains("accesskey"));
        let decided = approve(&person, &code, &number).await;
        assert_eq!(decided.texts("h1"), ["The browser is let in"], "{}", decided.body);

        // Looking lets nobody in; the button does, once, and in this browser only.
        let page = browser.get("/sign-in/device/wait?back=%2Faccount%2Fsessions").await;
        assert_eq!(page.texts("[data-live]").len(), 0);
        assert!(page.body.contains("ada Example") && !app.is_signed_in(&browser).await);
        let other = app.browser();
        assert_eq!(forge(app, &other, "/sign-in/device/finish", &[]).await.status, 410);
        let cookies = browser.cookies("/sign-in/device/wait");
        assert_eq!(led_to(&browser.submit(&page, "/sign-in/device/finish", &[]).await), "/account/sessions");
        assert!(app.is_signed_in(&browser).await);
        assert!(browser.get("/account/sessions").await.body.contains("let in from another device"));
        cookies.split("; ").for_each(|cookie| other.set_cookie(cookie));
        assert_eq!(forge(app, &other, "/sign-in/device/finish", &[]).await.status, 410, "once");
        assert!(!app.is_signed_in(&other).await);

        let (event, detail) = app.audited(Kind::OtherDeviceAllowed).await.remove(0);
        assert_eq!((event.actor_name.as_str(), detail["asked_from"].as_str()), ("ada", Some("203.0.113.7")));
        assert_eq!(app.audited(Kind::SignIn).await[0].1["method"], "other_device");
        // Such a session is worth less than one of a passkey.
        assert_eq!(led_to(&browser.get("/account/passkeys/add").await), "/account/prove?back=%2Faccount%2Fpasskeys%2Fadd");
        assert_ne!(app.add_passkey(&browser, &app.passkeys()).await.status, 200);
    })
    .await;
}

#[tokio::test]
async fn a_wrong_number_or_a_no_keeps_the_browser_out_and_its_address_waiting() {
    on_each_engine(async |app| {
        let (_, person) = signed_in(app, "ada").await;
        let (browser, _, code, number) = waiting(app, "203.0.113.7").await;
        let asked = person.get(&format!("/account/approve?code={code}")).await;
        let wrong = asked.texts(".picks button").into_iter().find(|other| *other != number).expect("another number");
        assert_eq!(approve(&person, &code, &wrong).await.texts("h1"), ["That is not its number"]);
        let page = browser.get("/sign-in/device/wait").await;
        assert!(page.body.contains("was not let in"), "{}", page.body);
        // Not even with the right one any more.
        let late = person.submit(&asked, "/account/approve", &[("number", &number)]).await;
        assert_eq!(late.status, 422, "{}", late.body);
        assert_eq!(forge(app, &browser, "/sign-in/device/finish", &[]).await.status, 410);

        let (other, _, code, _) = waiting(app, "203.0.113.8").await;
        let asked = person.get(&format!("/account/approve?code={code}")).await;
        assert_eq!(person.submit(&asked, "/account/approve/deny", &[]).await.texts("h1"), ["The browser was kept out"]);
        assert!(!app.is_signed_in(&other).await);
        let reasons: Vec<String> = app.audited(Kind::OtherDeviceDenied).await.iter().map(|(_, detail)| detail["outcome"].to_string()).collect();
        assert_eq!(reasons, ["\"denied\"", "\"wrong_number\""]);

        let again = async |ip: &str| {
            let request = app.browser().request(reqwest::Method::POST, "/sign-in/device").header("origin", &app.url);
            let request = request.header("sec-fetch-site", "same-origin").header("x-forwarded-for", ip);
            crate::support::http::answer(request.form(&[("back", "")])).await.status.as_u16()
        };
        assert_eq!((again("203.0.113.8").await, again("203.0.113.9").await), (429, 303));
        app.clock.advance(Duration::from_secs(901));
        assert_eq!(again("203.0.113.8").await, 303);
    })
    .await;
}

#[tokio::test]
async fn who_was_refused_does_not_just_take_the_next_address_and_an_administrator_lets_them_ask_again() {
    on_each_engine(async |app| {
        let (_, person) = signed_in(app, "ada").await;
        let (_, root) = administrator(app, "root").await;
        let (_, _, code, _) = waiting(app, "2001:db8::7").await;
        let asked = person.get(&format!("/account/approve?code={code}")).await;
        assert_eq!(person.submit(&asked, "/account/approve/deny", &[]).await.texts("h1"), ["The browser was kept out"]);
        let again = async |ip: &str| {
            let request = app.browser().request(reqwest::Method::POST, "/sign-in/device").header("origin", &app.url);
            let request = request.header("sec-fetch-site", "same-origin").header("x-forwarded-for", ip);
            crate::support::http::answer(request.form(&[("back", "")])).await
        };
        app.clock.advance(Duration::from_secs(60));
        let refused = again("2001:db8::ffff:8").await;
        assert_eq!(refused.status, 429, "the same household");
        assert!(
            refused.header("retry-after").parse::<u64>().is_ok_and(|seconds| (800..=841).contains(&seconds)),
            "{:?}",
            refused.header("retry-after")
        );
        assert_eq!(again("2001:db8:0:1::7").await.status, 303, "its neighbour");

        let page = root.get("/admin/limits").await;
        assert!(page.body.contains("2001:db8::/64") && page.body.contains("which was refused"), "{}", page.body);
        let action = page.attribute("td form", "action").expect("a button");
        assert_eq!(led_to(&forge(app, &root, &action, &[]).await), "/admin/limits?notice=lifted");
        assert_eq!(again("2001:db8::7").await.status, 303);
    })
    .await;
}

#[tokio::test]
async fn a_request_lasts_five_minutes_and_guesses_at_codes_are_limited() {
    // The person proved it once; three times five minutes go by.
    on_each_engine_with(&[("PROOF_DURATION", "60")], async |app| {
        let (_, person) = signed_in(app, "ada").await;
        let (browser, _, code, number) = waiting(app, "203.0.113.7").await;
        let asked = person.get(&format!("/account/approve?code={code}")).await;
        app.clock.advance(Duration::from_secs(301));
        assert_eq!(person.submit(&asked, "/account/approve", &[("number", &number)]).await.status, 422);
        assert_eq!(person.get(&format!("/account/approve?code={code}")).await.status, 422);
        assert!(browser.get("/sign-in/device/wait").await.body.contains("five minutes are over"));
        // Let in in time, and too late to come in.
        let (browser, _, code, number) = waiting(app, "203.0.113.7").await;
        assert_eq!(approve(&person, &code, &number).await.status, 200);
        app.clock.advance(Duration::from_secs(301));
        assert_eq!(forge(app, &browser, "/sign-in/device/finish", &[]).await.status, 410);
        // Signed out everywhere in between.
        let (_, person) = signed_in(app, "bob").await;
        let (browser, _, code, number) = waiting(app, "203.0.113.7").await;
        assert_eq!(approve(&person, &code, &number).await.status, 200);
        app.execute("UPDATE users SET access_void_until = $1", vec![(app.clock.now() + Duration::from_secs(1)).into()]).await;
        assert_eq!(forge(app, &browser, "/sign-in/device/finish", &[]).await.status, 410);
        assert_eq!(app.last_reason(Kind::SignInRefused).await, "signed_out_everywhere_since");

        let (_, curious) = signed_in(app, "eve").await;
        let mut told = String::new();
        for _ in 0..25 {
            let request = curious
                .request(reqwest::Method::GET, "/account/approve?code=BCDF-GHJK")
                .header("x-forwarded-for", format!("198.51.100.{}", told.len()));
            told.push('x');
            let answer = crate::support::http::answer(request).await;
            if answer.body.contains("looked at many codes") {
                return;
            }
        }
        unreachable!("nobody stopped the guesses");
    })
    .await;
}

#[tokio::test]
async fn an_old_proof_is_asked_for_again_and_administrators_are_left_out() {
    let app = TestApp::start(Engine::Sqlite).await;
    let (_, person) = signed_in(&app, "ada").await;
    let (_, root) = administrator(&app, "root").await;
    let (_, _, code, number) = waiting(&app, "203.0.113.7").await;
    let asked = root.get(&format!("/account/approve?code={code}")).await;
    assert_eq!(asked.status, 403, "{}", asked.body);
    assert_eq!(forge(&app, &root, "/account/approve", &[("code", &code), ("number", &number)]).await.status, 403);
    app.clock.advance(Duration::from_secs(3_600));
    let (browser, _, code, number) = waiting(&app, "203.0.113.7").await;
    let decided = approve(&person, &code, &number).await;
    assert!(led_to(&decided).starts_with("/account/prove?form="), "{}", decided.body);
    assert!(!app.is_signed_in(&browser).await);
    // To say no needs no proof.
    let asked = person.get(&format!("/account/approve?code={code}")).await;
    assert_eq!(person.submit(&asked, "/account/approve/deny", &[]).await.status, 200);

    let (_, root_fresh) = administrator(&app, "second").await;
    forge(&app, &root_fresh, "/admin/settings", &[("other_device", "everyone")]).await;
    let (_, _, code, number) = waiting(&app, "203.0.113.10").await;
    assert_eq!(approve(&root_fresh, &code, &number).await.texts("h1"), ["The browser is let in"]);
    forge(&app, &root_fresh, "/admin/settings", &[("other_device", "off")]).await;
    assert_eq!(app.browser().get("/sign-in/device").await.status, 404);
    assert_eq!(person.get("/account/approve").await.status, 404);
    assert!(!app.browser().get("/sign-in").await.body.contains("/sign-in/device"));
    app.stop().await;
}
