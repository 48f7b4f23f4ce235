//! Recovery codes, and what protects the last way in, through HTTP on both databases.

use std::time::Duration;

use muster::audit::Kind;
use muster::users::User;

use crate::pages_support::{administrator, led_to};
use crate::support::app::{Engine, TestApp, on_each_engine};
use crate::support::authenticator::SoftwarePasskeys;
use crate::support::http::{Answer, Browser};

/// Somebody with a passkey, signed in with it.
async fn enrolled(app: &TestApp, username: &str) -> (User, Browser, SoftwarePasskeys) {
    let (user, browser, passkeys) = (app.person(username).await, app.browser(), app.passkeys());
    app.enrol(&browser, &passkeys, &user).await;
    (user, browser, passkeys)
}

/// Makes a set of recovery codes.
async fn make_codes(browser: &Browser) -> Vec<String> {
    let page = browser.get("/account/recovery").await;
    let made = browser.submit(&page, "/account/recovery", &[]).await;
    assert_eq!(made.status, 200, "{}", made.body);
    made.texts("#codes code")
}

/// Tries a code at a browser nobody is signed in at.
async fn try_code(browser: &Browser, name: &str, code: &str) -> Answer {
    let page = browser.get("/sign-in/recovery").await;
    browser.submit(&page, "/sign-in/recovery", &[("username", name), ("code", code)]).await
}

#[tokio::test]
async fn a_code_opens_the_way_to_a_new_passkey_once_and_nothing_else() {
    on_each_engine(async |app| {
        let (_, browser, lost) = enrolled(app, "ada").await;
        let codes = make_codes(&browser).await;
        assert_eq!(codes.len(), 10);
        assert!(codes.iter().all(|code| code.len() == 14), "{codes:?}");
        assert!(browser.get("/account/recovery").await.texts("dd").contains(&"10 of 10".to_owned()));
        for code in &codes {
            assert_eq!(app.count("SELECT COUNT(*) FROM audit_events WHERE detail LIKE $1", vec![format!("%{code}%").into()]).await, 0);
        }

        // However it is typed.
        let elsewhere = app.browser();
        let typed = codes[3].to_lowercase().replace('-', " ");
        assert_eq!(led_to(&try_code(&elsewhere, "ADA@example.org", &typed).await), "/account/passkeys/add");
        let add = elsewhere.get("/account/passkeys/add").await;
        assert!(add.body.contains("9 are left"), "{}", add.body);
        for closed in ["/account", "/account/passkeys", "/account/sessions", "/account/recovery", "/account/recovery/review", "/account/apps"] {
            assert_eq!(led_to(&elsewhere.get(closed).await), "/account/passkeys/add", "{closed}");
        }
        assert_eq!(app.last_reason(Kind::SignInRefused).await, "");
        let (event, detail) = app.audited(Kind::RecoveryCodeUsed).await.remove(0);
        assert_eq!((event.actor_name.as_str(), detail["codes_left"].as_i64()), ("ada", Some(9)));

        // The same code again.
        let again = try_code(&app.browser(), "ada", &codes[3]).await;
        assert_eq!(again.status, 422);
        assert_eq!(app.last_reason(Kind::SignInRefused).await, "wrong_or_used_code");

        // The new passkey; then everything that is still open, ended with one press each.
        let new = app.passkeys();
        let added = app.add_passkey(&elsewhere, &new).await;
        assert_eq!(added.json()["next"], "/account/recovery/review", "{}", added.body);
        let review = elsewhere.get("/account/recovery/review").await;
        assert_eq!(review.status, 200, "{}", review.body);
        assert_eq!(review.texts("form[action*='/review/passkeys/']").len(), 1, "the former passkey, and not the new one");
        assert_eq!(review.texts("form[action*='/review/sessions/']").len(), 1, "the session of the first browser");
        let form = |selector: &str| review.attribute(selector, "action").expect("a form");
        let ended = elsewhere.submit(&review, &form("form[action*='/review/sessions/']"), &[]).await;
        assert_eq!(led_to(&ended), "/account/recovery/review?notice=ended");
        assert!(!app.is_signed_in(&browser).await);
        let removed = elsewhere.submit(&review, &form("form[action*='/review/passkeys/']"), &[]).await;
        assert_eq!(led_to(&removed), "/account/recovery/review?notice=removed");
        assert_eq!(app.sign_in(&app.browser(), &lost).await.status, 404);
        assert_eq!(app.sign_in(&app.browser(), &new).await.status, 200);
    })
    .await;
}

#[tokio::test]
async fn a_new_set_takes_the_place_of_the_former() {
    on_each_engine(async |app| {
        let (_, browser, _) = enrolled(app, "ada").await;
        let former = make_codes(&browser).await;
        let page = browser.get("/account/recovery").await;
        assert!(page.body.contains("throw the old sheet away"), "{}", page.body);
        let newer = make_codes(&browser).await;
        assert!(former.iter().all(|code| !newer.contains(code)));
        assert_eq!(try_code(&app.browser(), "ada", &former[0]).await.status, 422);
        assert_eq!(led_to(&try_code(&app.browser(), "ada", &newer[0]).await), "/account/passkeys/add");
        assert_eq!(app.count("SELECT COUNT(*) FROM recovery_codes", vec![]).await, 10);
        assert_eq!(app.audited(Kind::RecoveryCodesMade).await.len(), 2);
        // Two sets at once are still one.
        futures::future::join_all((0..4).map(|_| make_codes(&browser))).await;
        assert_eq!(app.count("SELECT COUNT(*) FROM recovery_codes", vec![]).await, 10);
    })
    .await;
}

#[tokio::test]
async fn of_several_who_try_a_code_at_once_one_gets_in() {
    on_each_engine(async |app| {
        let (_, browser, _) = enrolled(app, "ada").await;
        let codes = make_codes(&browser).await;
        for code in &codes[..3] {
            let browsers: Vec<Browser> = (0..4).map(|_| app.browser()).collect();
            let answers = futures::future::join_all(browsers.iter().map(|browser| try_code(browser, "ada", code))).await;
            let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status.as_u16()).collect();
            statuses.sort_unstable();
            assert_eq!(statuses, [303, 422, 422, 422]);
            // Three wrong ones of five; another moment, another try.
            app.clock.advance(Duration::from_secs(1000));
        }
    })
    .await;
}

#[tokio::test]
async fn nobody_learns_who_exists_by_trying_codes() {
    on_each_engine(async |app| {
        let (_, browser, _) = enrolled(app, "ada").await;
        let codes = make_codes(&browser).await;
        let (blocked, blocked_browser, _) = enrolled(app, "eve").await;
        let blocked_codes = make_codes(&blocked_browser).await;
        app.execute("UPDATE users SET blocked_at = 1 WHERE id = $1", vec![blocked.id.into()]).await;
        app.person("bob").await;
        let mut bodies = Vec::new();
        for (name, code, reason) in [
            ("ada", "K7QF-3MXD-9WTP", "wrong_or_used_code"),
            ("bob", "K7QF-3MXD-9WTP", "wrong_or_used_code"),
            ("ada", &blocked_codes[0], "wrong_or_used_code"),
            ("eve", &blocked_codes[0], "disabled"),
            ("nobody", &codes[0], "unknown_person"),
        ] {
            let started = std::time::Instant::now();
            let answer = try_code(&app.browser(), name, code).await;
            let took = started.elapsed().as_millis();
            assert_eq!(answer.status, 422, "{name}");
            assert!(took >= 500, "{name} was answered after {took} ms");
            assert_eq!(app.last_reason(Kind::SignInRefused).await, reason);
            bodies.push(answer.body.replace(&format!("value=\"{name}\""), ""));
        }
        assert!(bodies.iter().all(|body| *body == bodies[0]), "the pages differ");
        assert_eq!(app.count("SELECT COUNT(*) FROM audit_events WHERE detail LIKE '%nobody%' OR subject_name = 'nobody'", vec![]).await, 0);
        // What somebody kept out tried is not used up.
        app.execute("UPDATE users SET blocked_at = NULL", vec![]).await;
        assert_eq!(led_to(&try_code(&app.browser(), "eve", &blocked_codes[0]).await), "/account/passkeys/add");
    })
    .await;
}

#[tokio::test]
async fn guesses_are_limited_and_the_owner_elsewhere_still_gets_in() {
    on_each_engine(async |app| {
        let (_, browser, _) = enrolled(app, "ada").await;
        let codes = make_codes(&browser).await;
        let from = async |ip: &str, name: &str, code: &str| {
            let request = app.browser().request(reqwest::Method::POST, "/sign-in/recovery").header("origin", &app.url);
            let request = request.header("sec-fetch-site", "same-origin").header("x-forwarded-for", ip);
            crate::support::http::answer(request.form(&[("username", name), ("code", code)])).await
        };
        for n in 0..5 {
            assert_eq!(from(&format!("2001:db8::{n}"), "ada", "K7QF-3MXD-9WTP").await.status, 422);
        }
        let stopped = from("2001:db8::99", "ada", &codes[0]).await;
        assert_eq!(stopped.status, 429, "one household is one network");
        assert!(stopped.header("retry-after").parse::<u64>().is_ok_and(|seconds| (1..=901).contains(&seconds)));
        assert!(stopped.body.contains("Wait 15 minutes"), "{}", stopped.body);
        // A name nobody has is limited alike.
        for _ in 0..5 {
            assert_eq!(from("192.0.2.7", "nobody", "K7QF-3MXD-9WTP").await.status, 422);
        }
        assert_eq!(from("192.0.2.7", "nobody", "K7QF-3MXD-9WTP").await.status, 429);
        assert_eq!(from("198.51.100.7", "ada", &codes[0]).await.status, 303);
        app.clock.advance(Duration::from_secs(901));
        assert_eq!(from("2001:db8::99", "ada", &codes[1]).await.status, 303);
    })
    .await;
}

#[tokio::test]
async fn codes_are_made_only_in_a_session_of_a_passkey() {
    let app = TestApp::start(Engine::Sqlite).await;
    let ada = app.person("ada").await;
    let by_link = app.browser();
    app.sign_in_by_link(&by_link, &ada).await;
    let page = by_link.get("/account/recovery").await;
    assert!(page.body.contains("sign in with a passkey"), "{}", page.body);
    let forced = crate::pages_support::forge(&app, &by_link, "/account/recovery", &[]).await;
    assert_eq!(led_to(&forced), "/account/passkeys/add");
    assert_eq!(app.count("SELECT COUNT(*) FROM recovery_codes", vec![]).await, 0);
    // Nor from another site.
    let (_, browser, _) = enrolled(&app, "bob").await;
    let request =
        browser.request(reqwest::Method::POST, "/account/recovery").header("origin", "https://evil.example").header("sec-fetch-site", "cross-site");
    assert_eq!(crate::support::http::answer(request).await.status, 403);
    app.stop().await;
}

#[tokio::test]
async fn the_last_passkey_goes_only_when_recovery_codes_stay() {
    on_each_engine(async |app| {
        let (_, browser, passkeys) = enrolled(app, "ada").await;
        let page = browser.get("/account/passkeys").await;
        let action = page.attribute("form[action$='/remove']", "action").expect("a form");
        assert_eq!(led_to(&browser.submit(&page, &action, &[]).await), "/account/passkeys?notice=last");
        make_codes(&browser).await;
        let page = browser.get("/account/passkeys").await;
        assert!(page.body.contains("one of your 10 recovery codes"), "{}", page.body);
        assert_eq!(led_to(&browser.submit(&page, &action, &[]).await), "/account/passkeys?notice=removed");
        assert_eq!(app.sign_in(&app.browser(), &passkeys).await.status, 404);

        // An installation never hangs on a sheet of paper.
        let (_, root) = administrator(app, "root").await;
        make_codes(&root).await;
        let page = root.get("/account/passkeys").await;
        let action = page.attribute("form[action$='/remove']", "action").expect("a form");
        assert_eq!(led_to(&root.submit(&page, &action, &[]).await), "/account/passkeys?notice=last-admin");
        let second = app.admin("second").await;
        assert_eq!(led_to(&root.submit(&page, &action, &[]).await), "/account/passkeys?notice=last-admin", "who never came in helps nobody");
        app.enrol(&app.browser(), &app.passkeys(), &second).await;
        assert_eq!(led_to(&root.submit(&page, &action, &[]).await), "/account/passkeys?notice=removed");
    })
    .await;
}

#[tokio::test]
async fn an_administrator_takes_passkeys_away_and_the_last_one_leaves_a_link() {
    on_each_engine(async |app| {
        let (_, root) = administrator(app, "root").await;
        let (ada, browser, first) = enrolled(app, "ada").await;
        let codes = make_codes(&browser).await;
        let second = app.passkeys();
        assert_eq!(app.add_passkey(&browser, &second).await.status, 200);
        let person = format!("/admin/users/{}", ada.id);
        let page = root.get(&person).await;
        assert!(page.body.contains("10 recovery codes are left"), "{}", page.body);
        let action = page.attribute("form[action$='/remove']", "action").expect("a form");
        assert_eq!(led_to(&root.submit(&page, &action, &[]).await), format!("{person}?notice=passkey-removed"));
        assert!(!app.is_signed_in(&browser).await, "the sessions end");
        assert_eq!(app.sign_in(&app.browser(), &first).await.status, 404);
        assert_eq!(app.sign_in(&app.browser(), &second).await.status, 200);

        let page = root.get(&person).await;
        let action = page.attribute("form[action$='/remove']", "action").expect("a form");
        let done = root.submit(&page, &action, &[]).await;
        assert_eq!(done.status, 200, "{}", done.body);
        let link = done.attribute("#c-link", "value").expect("a link");
        assert_eq!(app.sign_in(&app.browser(), &second).await.status, 404);
        let visitor = app.browser();
        let open = visitor.get(&link).await;
        let path = open.url.path().to_owned();
        assert_eq!(led_to(&visitor.submit(&open, &path, &[]).await), "/account/passkeys/add");
        let (event, detail) = app.audited(Kind::PasskeyRemoved).await.remove(0);
        assert_eq!((event.actor_name.as_str(), event.subject_name.as_str(), detail["passkeys_left"].as_i64()), ("root", "ada", Some(0)));
        assert_eq!(root.submit(&page, &action, &[]).await.status, 404, "it is gone already");

        // The paper was seen.
        let page = root.get(&person).await;
        let revoke = format!("{person}/recovery-codes/revoke");
        assert_eq!(led_to(&root.submit(&page, &revoke, &[]).await), format!("{person}?notice=codes-revoked"));
        assert_eq!(try_code(&app.browser(), "ada", &codes[0]).await.status, 422);
        assert_eq!(app.audited(Kind::RecoveryCodesRevoked).await[0].1["codes"], 10);

        // Their own are in their account; somebody kept out gets no link.
        let own = root.get("/account/passkeys").await.attribute("form[action$='/remove']", "action").expect("a form");
        let id = own.split('/').nth(3).expect("an id").to_owned();
        let me = root.get("/admin/users?q=root").await.attribute("tbody th a", "href").expect("a link");
        let forced = crate::pages_support::forge(app, &root, &format!("{me}/passkeys/{id}/remove"), &[]).await;
        assert_eq!(forced.status, 409);
        let (eve, ..) = enrolled(app, "eve").await;
        app.execute("UPDATE users SET blocked_at = 1 WHERE id = $1", vec![eve.id.into()]).await;
        let page = root.get(&format!("/admin/users/{}", eve.id)).await;
        let action = page.attribute("form[action$='/remove']", "action").expect("a form");
        assert_eq!(led_to(&root.submit(&page, &action, &[]).await), format!("/admin/users/{}?notice=passkey-removed", eve.id));
    })
    .await;
}

#[tokio::test]
async fn a_passkey_shows_what_happened_with_it_and_this_was_not_me_ends_it() {
    on_each_engine(async |app| {
        let (_, browser, first) = enrolled(app, "ada").await;
        let second = app.passkeys();
        assert_eq!(app.add_passkey(&browser, &second).await.status, 200);
        let thief = app.browser();
        assert_eq!(app.sign_in(&thief, &first).await.status, 200);
        let list = browser.get("/account/passkeys").await;
        let path = list.attribute(".cards h2 a", "href").expect("a link");
        let page = browser.get(&path).await;
        assert_eq!(page.texts("tbody th"), ["Signed in", "Passkey added"], "{}", page.body);
        assert_eq!(led_to(&browser.submit(&page, &format!("{path}/not-mine"), &[]).await), "/account/recovery/review?notice=disowned");
        assert!(!app.is_signed_in(&thief).await && app.is_signed_in(&browser).await);
        assert_eq!(app.sign_in(&app.browser(), &first).await.status, 404);
        assert_eq!(browser.get(&path).await.status, 404);

        // The only one stays, or nobody could come in; the sessions end all the same.
        let other = app.browser();
        assert_eq!(app.sign_in(&other, &second).await.status, 200);
        let path = browser.get("/account/passkeys").await.attribute(".cards h2 a", "href").expect("a link");
        let page = browser.get(&path).await;
        assert_eq!(led_to(&browser.submit(&page, &format!("{path}/not-mine"), &[]).await), "/account/recovery/review?notice=disowned-last");
        assert!(!app.is_signed_in(&other).await);
        assert_eq!(app.sign_in(&app.browser(), &second).await.status, 200);
        // Somebody else's is nobody's business.
        let (_, stranger, _) = enrolled(app, "eve").await;
        assert_eq!(stranger.get(&path).await.status, 404);
        assert_eq!(crate::pages_support::forge(app, &stranger, &format!("{path}/not-mine"), &[]).await.status, 404);
    })
    .await;
}
