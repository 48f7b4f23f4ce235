//! Adding passkeys, signing in with them, and managing them, through HTTP on both databases.

use muster::audit::Kind;
use muster::clock::Clock;
use muster::server;
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;

use crate::support::app::{Engine, TestApp, on_each_engine};
use crate::support::forge::Forge;
use crate::support::http::{self, Browser};

async fn start(app: &TestApp, browser: &Browser, path: &str) -> Value {
    let answer = app.post(browser, path, &json!({})).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()
}

#[tokio::test]
async fn a_person_comes_by_a_link_adds_a_passkey_and_signs_in_with_it_without_a_name() {
    on_each_engine(async |app| {
        let ada = app.person("ada").await;
        let (browser, passkeys) = (app.browser(), app.passkeys());
        app.sign_in_by_link(&browser, &ada).await;
        let by_link = browser.cookies("/");
        let added = app.add_passkey(&browser, &passkeys).await;
        assert_eq!(added.status, 200, "{}", added.body);
        assert_eq!(added.json()["next"], "/account/welcome");
        assert_eq!(passkeys.len(), 1);
        // The session is another one: made by the passkey.
        let by_passkey = browser.cookies("/");
        assert_ne!(by_link, by_passkey);
        let former = app.browser();
        by_link.split("; ").for_each(|cookie| former.set_cookie(cookie));
        assert!(!app.is_signed_in(&former).await, "the link's session still opens");
        assert!(app.is_signed_in(&browser).await);

        let elsewhere = app.browser();
        let answer = app.sign_in(&elsewhere, &passkeys).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let answer = answer.json();
        assert_eq!(answer["next"], "/account");
        assert_eq!(answer["signal"]["rpId"], "localhost");
        assert_eq!(answer["signal"]["allAcceptedCredentialIds"].as_array().map(Vec::len), Some(1));
        assert_eq!(elsewhere.get("/account").await.texts("h1"), ["ada Example"]);

        let (event, detail) = app.audited(Kind::SignIn).await.remove(0);
        assert_eq!((event.actor_name.as_str(), detail["method"].as_str()), ("ada", Some("passkey")));
        assert!(!event.client_ip.is_empty());
        assert_eq!(app.audited(Kind::PasskeyAdded).await.len(), 1);
        let page = browser.get("/account/passkeys").await;
        assert_eq!(page.texts(".cards h2"), ["Passkey on Linux"].map(|_| page.texts(".cards h2")[0].clone()));
        assert!(page.texts(".cards dd").contains(&"1".to_owned()), "{:?}", page.texts(".cards dd"));
    })
    .await;
}

#[tokio::test]
async fn password_managers_learn_where_passkeys_are_added_and_managed() {
    let app = TestApp::start(Engine::Sqlite).await;
    let answer = app.browser().get("/.well-known/passkey-endpoints").await;
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "application/json"));
    let base = app.url.trim_end_matches('/');
    assert_eq!(answer.json(), json!({ "enroll": format!("{base}/account/passkeys/add"), "manage": format!("{base}/account/passkeys") }));
    app.stop().await;
}

#[tokio::test]
async fn the_options_ask_for_what_a_sign_in_without_a_name_needs() {
    let app = TestApp::start(Engine::Sqlite).await;
    let ada = app.person("ada").await;
    let (browser, passkeys) = (app.browser(), app.passkeys());
    app.enrol(&browser, &passkeys, &ada).await;

    let started = start(&app, &browser, "/account/passkeys/register/start").await;
    let options = &started["publicKey"];
    assert_eq!(options["rp"]["id"], "localhost");
    assert_eq!(options["authenticatorSelection"]["residentKey"], "required");
    assert_eq!(options["authenticatorSelection"]["requireResidentKey"], true);
    assert_eq!(options["authenticatorSelection"]["userVerification"], "required");
    assert_eq!(options["attestation"], "none");
    assert_eq!(options["timeout"], 300_000);
    assert_eq!(options["user"]["name"], "ada");
    assert_eq!(options["excludeCredentials"].as_array().map(Vec::len), Some(1));
    assert_ne!(options["user"]["id"], base64(ada.id.uuid().as_bytes()), "the handle says who it is");
    let algorithms: Vec<i64> = options["pubKeyCredParams"].as_array().expect("a list").iter().filter_map(|it| it["alg"].as_i64()).collect();
    assert!(algorithms.contains(&-7) && algorithms.contains(&-257), "{algorithms:?}");

    let visitor = app.browser();
    let (first, second) = (start(&app, &visitor, "/sign-in/start").await, start(&app, &visitor, "/sign-in/start").await);
    assert_eq!(first["publicKey"]["userVerification"], "required");
    assert_eq!(first["publicKey"]["allowCredentials"], json!([]));
    assert!(first["publicKey"]["challenge"].as_str().is_some_and(|challenge| challenge.len() >= 43));
    assert_ne!(first["publicKey"]["challenge"], second["publicKey"]["challenge"]);
    assert_ne!(first["ceremony"], second["ceremony"]);
    app.stop().await;
}

fn base64(bytes: &[u8]) -> String {
    crate::support::forge::base64url(bytes)
}

#[tokio::test]
async fn an_answer_counts_once_in_time_and_from_the_browser_that_asked() {
    on_each_engine(async |app| {
        let ada = app.person("ada").await;
        let (browser, passkeys) = (app.browser(), app.passkeys());
        app.enrol(&browser, &passkeys, &ada).await;
        let finish = async |browser: &Browser, started: &Value, credential: &Value| {
            app.post(browser, "/sign-in/finish", &json!({ "ceremony": started["ceremony"], "credential": credential })).await
        };
        let answered = async |browser: &Browser| {
            let started = start(app, browser, "/sign-in/start").await;
            let credential = passkeys.sign_in(&started["publicKey"]).await.expect("a passkey");
            (started, credential)
        };

        // Twice.
        let visitor = app.browser();
        let (started, credential) = answered(&visitor).await;
        assert_eq!(finish(&visitor, &started, &credential).await.status, 200);
        let again = finish(&visitor, &started, &credential).await;
        assert_eq!((again.status.as_u16(), again.json()["error"].as_str()), (410, Some("expired")));

        // A failed try burns it.
        let (started, credential) = answered(&visitor).await;
        let mut bent = credential.clone();
        bent["response"]["signature"] = "AAAA".into();
        assert_eq!(finish(&visitor, &started, &bent).await.status, 400);
        assert_eq!(finish(&visitor, &started, &credential).await.status, 410);

        // Another browser, with a cookie of its own or none.
        let (started, credential) = answered(&visitor).await;
        let thief = app.browser();
        assert_eq!(finish(&thief, &started, &credential).await.status, 410);
        assert_eq!(app.last_reason(Kind::SignInRefused).await, "other_browser");
        let (started, credential) = answered(&visitor).await;
        start(app, &thief, "/sign-in/start").await;
        assert_eq!(finish(&thief, &started, &credential).await.status, 410);
        assert!(!app.is_signed_in(&thief).await);

        // Two tabs of one browser do not disturb each other.
        let visitor = app.browser();
        let (one, its_credential) = answered(&visitor).await;
        let (two, other_credential) = answered(&visitor).await;
        assert_eq!(finish(&visitor, &two, &other_credential).await.status, 200);
        assert_eq!(finish(&visitor, &one, &its_credential).await.status, 200);

        // The ceremony of the other purpose, both ways.
        let mut forge = Forge::new(&app.url);
        let begun = start(app, &browser, "/sign-in/start").await;
        let created = forge.registration(&begun["publicKey"]).json();
        let answer = app.post(&browser, "/account/passkeys/register/finish", &json!({ "ceremony": begun["ceremony"], "credential": created })).await;
        assert_eq!(answer.status, 410, "{}", answer.body);
        assert_eq!(app.last_reason(Kind::PasskeyRefused).await, "other_purpose");
        let begun = start(app, &browser, "/account/passkeys/register/start").await;
        let asserted =
            passkeys.sign_in(&json!({ "challenge": begun["publicKey"]["challenge"], "rpId": "localhost", "userVerification": "required" })).await;
        let answer = finish(&browser, &begun, &asserted.expect("a passkey")).await;
        assert_eq!(answer.status, 410, "{}", answer.body);

        // Too late.
        let (started, credential) = answered(&visitor).await;
        app.clock.advance(Duration::from_secs(359));
        let (later, later_credential) = answered(&visitor).await;
        app.clock.advance(Duration::from_secs(2));
        assert_eq!(finish(&visitor, &started, &credential).await.status, 410);
        assert_eq!(app.last_reason(Kind::SignInRefused).await, "expired");
        assert_eq!(finish(&visitor, &later, &later_credential).await.status, 200);

        // Nothing of ours at all.
        let nonsense = json!({ "ceremony": "nonsense" });
        assert_eq!(finish(&visitor, &nonsense, &later_credential).await.status, 410);
    })
    .await;
}

#[tokio::test]
async fn of_two_answers_at_once_one_gets_in() {
    on_each_engine(async |app| {
        let ada = app.person("ada").await;
        let (browser, passkeys) = (app.browser(), app.passkeys());
        app.enrol(&browser, &passkeys, &ada).await;
        for _ in 0..5 {
            let visitor = app.browser();
            let started = start(app, &visitor, "/sign-in/start").await;
            let credential = passkeys.sign_in(&started["publicKey"]).await.expect("a passkey");
            let body = json!({ "ceremony": started["ceremony"], "credential": credential });
            let answers = futures::future::join_all((0..4).map(|_| app.post(&visitor, "/sign-in/finish", &body))).await;
            let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status.as_u16()).collect();
            statuses.sort_unstable();
            assert_eq!(statuses, [200, 410, 410, 410]);
        }
    })
    .await;
}

#[tokio::test]
async fn a_passkey_nobody_here_has_is_named_as_unknown() {
    let app = TestApp::start(Engine::Sqlite).await;
    let ada = app.person("ada").await;
    let (browser, passkeys) = (app.browser(), app.passkeys());
    app.enrol(&browser, &passkeys, &ada).await;
    app.execute("DELETE FROM passkeys", vec![]).await;
    let visitor = app.browser();
    let answer = app.sign_in(&visitor, &passkeys).await;
    assert_eq!((answer.status.as_u16(), answer.json()["error"].as_str()), (404, Some("unknown_credential")));
    assert_eq!(app.last_reason(Kind::SignInRefused).await, "unknown_credential");
    assert!(!app.is_signed_in(&visitor).await);
    app.stop().await;
}

#[tokio::test]
async fn a_disabled_person_is_refused_in_the_words_for_any_other_refusal_and_comes_back_with_the_same_passkey() {
    on_each_engine(async |app| {
        let ada = app.person("ada").await;
        let (browser, passkeys) = (app.browser(), app.passkeys());
        app.enrol(&browser, &passkeys, &ada).await;
        for (out, back) in [
            ("UPDATE users SET blocked_at = 1 WHERE id = $1", "UPDATE users SET blocked_at = NULL WHERE id = $1"),
            ("UPDATE users SET directory_state = 'missing' WHERE id = $1", "UPDATE users SET directory_state = 'active' WHERE id = $1"),
        ] {
            app.execute(out, vec![ada.id.into()]).await;
            assert!(!app.is_signed_in(&browser).await, "the session of a disabled person opens");
            let visitor = app.browser();
            let disabled = app.sign_in(&visitor, &passkeys).await;
            assert_eq!((disabled.status.as_u16(), disabled.json()["error"].as_str()), (400, Some("refused")));
            assert_eq!(app.last_reason(Kind::SignInRefused).await, "disabled");
            let started = start(app, &visitor, "/sign-in/start").await;
            let mut credential = passkeys.sign_in(&started["publicKey"]).await.expect("a passkey");
            credential["response"]["signature"] = "AAAA".into();
            let bent = app.post(&visitor, "/sign-in/finish", &json!({ "ceremony": started["ceremony"], "credential": credential })).await;
            // All but the code, which is another one each time.
            let words = |answer: &http::Answer| (answer.json()["error"].clone(), answer.json()["message"].clone(), answer.body.len());
            assert_eq!(words(&bent), words(&disabled));
            app.execute(back, vec![ada.id.into()]).await;
            assert_eq!(app.sign_in(&visitor, &passkeys).await.status, 200);
        }
    })
    .await;
}

#[tokio::test]
async fn a_credential_id_belongs_to_one_person() {
    on_each_engine(async |app| {
        let (ada, eve) = (app.person("ada").await, app.person("eve").await);
        let (adas, eves) = (app.browser(), app.browser());
        app.sign_in_by_link(&adas, &ada).await;
        app.sign_in_by_link(&eves, &eve).await;
        let register = async |browser: &Browser, forge: &mut Forge| {
            let started = start(app, browser, "/account/passkeys/register/start").await;
            let credential = forge.registration(&started["publicKey"]).json();
            app.post(browser, "/account/passkeys/register/finish", &json!({ "ceremony": started["ceremony"], "credential": credential })).await
        };
        let mut forge = Forge::new(&app.url);
        assert_eq!(register(&adas, &mut forge).await.status, 200);
        let handle = forge.user_handle.clone();

        let again = register(&adas, &mut forge).await;
        assert_eq!((again.status.as_u16(), again.json()["error"].as_str()), (409, Some("already_registered")));
        let mut taken = Forge::new(&app.url);
        taken.credential_id.clone_from(&forge.credential_id);
        let stolen = register(&eves, &mut taken).await;
        assert_eq!((stolen.status.as_u16(), stolen.json()["error"].as_str()), (400, Some("refused")));
        assert_eq!(app.last_reason(Kind::PasskeyRefused).await, "credential_id_taken");

        forge.user_handle = handle;
        let visitor = app.browser();
        let started = start(app, &visitor, "/sign-in/start").await;
        // Ada's key with Eve's handle is nobody's sign-in.
        let crossed = forge.assertion(&started["publicKey"]).with(|it| it.user_handle = Some(eve.user_handle.as_bytes().to_vec())).json();
        let answer = app.post(&visitor, "/sign-in/finish", &json!({ "ceremony": started["ceremony"], "credential": crossed })).await;
        assert_eq!(answer.status, 400);
        assert_eq!(app.last_reason(Kind::SignInRefused).await, "other_user_handle");
        assert!(!app.is_signed_in(&visitor).await);

        // Eve cannot finish what Ada began, even in Ada's browser.
        let started = start(app, &adas, "/account/passkeys/register/start").await;
        app.sign_in_by_link(&adas, &eve).await;
        let credential = Forge::new(&app.url).registration(&started["publicKey"]).json();
        let answer =
            app.post(&adas, "/account/passkeys/register/finish", &json!({ "ceremony": started["ceremony"], "credential": credential })).await;
        assert_eq!(answer.status, 410);
        assert_eq!(app.last_reason(Kind::PasskeyRefused).await, "other_person");
    })
    .await;
}

#[tokio::test]
async fn passkeys_are_renamed_and_removed_but_never_the_last_one_nor_somebody_elses() {
    on_each_engine(async |app| {
        let (ada, eve) = (app.person("ada").await, app.person("eve").await);
        let browser = app.browser();
        app.enrol(&browser, &app.passkeys(), &ada).await;
        assert_eq!(app.add_passkey(&browser, &app.passkeys()).await.json()["next"], "/account/welcome", "the first minutes are not over");
        let page = browser.get("/account/passkeys").await;
        let names = page.texts(".cards h2");
        assert_eq!(names.len(), 2);
        assert_ne!(names[0], names[1]);
        let first = page.attribute(".cards > li", "id").expect("a card").replace("passkey-", "");
        let (rename, remove) = (format!("/account/passkeys/{first}/rename"), format!("/account/passkeys/{first}/remove"));

        let wrong = browser.submit(&page, &rename, &[("name", "  ")]).await;
        assert_eq!(wrong.status, 422);
        assert_eq!(wrong.texts(".mistake").len(), 1);
        let long = "x".repeat(65);
        let wrong = browser.submit(&page, &rename, &[("name", &long)]).await;
        assert_eq!(wrong.attribute("[aria-invalid]", "value"), Some(long), "what was typed is lost");
        let renamed = browser.submit(&page, &rename, &[("name", " <b>Ada's</b> key ")]).await;
        assert_eq!(renamed.header("location"), "/account/passkeys?notice=renamed");
        assert_eq!(browser.get("/account/passkeys").await.texts(".cards h2")[0], "<b>Ada's</b> key");
        assert_eq!(app.audited(Kind::PasskeyRenamed).await.len(), 1);

        // Somebody else's, as if it did not exist.
        let stranger = app.browser();
        app.enrol(&stranger, &app.passkeys(), &eve).await;
        for path in [&rename, &remove] {
            let request = stranger.request(Method::POST, path).header("origin", &app.url).form(&[("name", "mine")]);
            assert_eq!(http::answer(request).await.status, 404);
        }

        let page = browser.get("/account/passkeys").await;
        let removed = browser.submit(&page, &remove, &[]).await;
        assert_eq!(removed.header("location"), "/account/passkeys?notice=removed");
        let page = browser.get_followed("/account/passkeys?notice=removed").await;
        assert_eq!(page.texts(".cards h2").len(), 1);
        let signal: Value = serde_json::from_str(&page.attribute("#passkey-signal", "data-signal").expect("a signal")).expect("JSON");
        assert_eq!(signal["allAcceptedCredentialIds"].as_array().map(Vec::len), Some(1), "the password manager must hear of every passkey left");
        assert_eq!(app.audited(Kind::PasskeyRemoved).await.len(), 1);

        let last = page.attribute(".cards > li", "id").expect("a card").replace("passkey-", "");
        let refused = browser.submit(&page, &format!("/account/passkeys/{last}/remove"), &[]).await;
        let page = browser.follow(refused).await;
        assert_eq!(page.texts(".cards h2").len(), 1);
        assert!(page.texts(".notice.bad")[0].contains("only passkey"), "{:?}", page.texts(".notice"));
    })
    .await;
}

#[tokio::test]
async fn of_two_removals_at_once_one_passkey_stays() {
    on_each_engine(async |app| {
        let ada = app.person("ada").await;
        let browser = app.browser();
        app.enrol(&browser, &app.passkeys(), &ada).await;
        for _ in 0..4 {
            app.add_passkey(&browser, &app.passkeys()).await;
            let page = browser.get("/account/passkeys").await;
            let forms: Vec<String> = page.body.split('"').filter(|text| text.ends_with("/remove")).map(str::to_owned).collect();
            assert_eq!(forms.len(), 2);
            futures::future::join_all(forms.iter().map(|form| browser.submit(&page, form, &[]))).await;
            assert_eq!(app.count("SELECT COUNT(*) FROM passkeys", vec![]).await, 1);
        }
    })
    .await;
}

#[tokio::test]
async fn a_session_by_a_link_may_add_a_passkey_and_take_none_away() {
    let app = TestApp::start(Engine::Sqlite).await;
    let ada = app.person("ada").await;
    let (browser, thief) = (app.browser(), app.browser());
    app.enrol(&browser, &app.passkeys(), &ada).await;
    app.add_passkey(&browser, &app.passkeys()).await;
    app.sign_in_by_link(&thief, &ada).await;
    let page = browser.get("/account/passkeys").await;
    let remove = page.body.split('"').find(|text| text.ends_with("/remove")).expect("a form");
    assert!(!thief.get("/account/passkeys").await.body.contains("/remove"));
    let answer = http::answer(thief.request(Method::POST, remove).header("origin", &app.url)).await;
    assert!(answer.header("location").starts_with("/account/prove?form="), "a passkey is asked for: {}", answer.header("location"));
    assert_eq!(app.count("SELECT COUNT(*) FROM passkeys", vec![]).await, 2);
    app.stop().await;
}

#[tokio::test]
async fn nobody_has_more_than_25_passkeys() {
    let app = TestApp::start(Engine::Sqlite).await;
    let ada = app.person("ada").await;
    let browser = app.browser();
    app.sign_in_by_link(&browser, &ada).await;
    let register = async |started: &Value| {
        let credential = Forge::new(&app.url).registration(&started["publicKey"]).json();
        app.post(&browser, "/account/passkeys/register/finish", &json!({ "ceremony": started["ceremony"], "credential": credential })).await
    };
    let early = start(&app, &browser, "/account/passkeys/register/start").await;
    for _ in 0..25 {
        let started = start(&app, &browser, "/account/passkeys/register/start").await;
        assert_eq!(register(&started).await.status, 200);
    }
    let answer = app.post(&browser, "/account/passkeys/register/start", &json!({})).await;
    assert_eq!((answer.status.as_u16(), answer.json()["error"].as_str()), (409, Some("too_many")));
    assert_eq!(register(&early).await.json()["error"], "too_many", "begun before the limit was reached");
    assert!(!browser.get("/account/passkeys").await.body.contains("/account/passkeys/add\""));
    app.stop().await;
}

#[tokio::test]
async fn endpoints_take_json_from_our_own_pages_and_nothing_else() {
    let app = TestApp::start(Engine::Sqlite).await;
    let ada = app.person("ada").await;
    let browser = app.browser();
    for path in ["/sign-in/start", "/sign-in/finish", "/account/passkeys/register/start", "/account/passkeys/register/finish", "/sign-out"] {
        let cross = browser.request(Method::POST, path).header("sec-fetch-site", "cross-site").header("origin", "https://evil.example");
        assert_eq!(http::answer(cross.json(&json!({}))).await.status, 403, "{path}");
    }
    let ceremonies = ["/sign-in", "/account/passkeys/register", "/account/prove"];
    for path in ceremonies.iter().flat_map(|of| [format!("{of}/start"), format!("{of}/finish")]) {
        let silent = browser.request(Method::POST, &path).json(&json!({}));
        assert_eq!(http::answer(silent).await.status, 403, "{path}: it does not say where it comes from");
    }
    for path in ceremonies.iter().flat_map(|of| [format!("{of}/start"), format!("{of}/finish")]) {
        for kind in ["text/plain", "application/x-www-form-urlencoded", "application/merge-patch+json", "application/jsonp", "application", ""] {
            let other = browser.request(Method::POST, &path).header("origin", &app.url).header("content-type", kind).body("{}");
            assert_eq!(http::answer(other).await.status, 415, "{path}: {kind}");
        }
    }
    let spelt = browser.request(Method::POST, "/sign-in/start").header("origin", &app.url).header("content-type", "Application/JSON; charset=utf-8");
    assert_eq!(http::answer(spelt.body("{}")).await.status, 200);
    let list = browser.request(Method::POST, "/sign-in/finish").header("origin", &app.url).json(&json!([1]));
    assert!(http::answer(list).await.status.is_client_error());
    let large = json!({ "ceremony": "x".repeat(70_000), "credential": {} });
    assert_eq!(app.post(&browser, "/sign-in/finish", &large).await.status, 413);
    // Without a session: to the sign-in page, no options.
    let answer = app.post(&browser, "/account/passkeys/register/start", &json!({})).await;
    assert!(answer.location().is_some_and(|to| to.path() == "/sign-in"));

    // The ceremony cookie: for this host alone, out of reach of scripts.
    let started = app.post(&app.browser(), "/sign-in/start", &json!({})).await;
    let cookie = started.header("set-cookie").to_owned();
    for part in ["muster-ceremony=", "HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    app.sign_in_by_link(&browser, &ada).await;
    let page = browser.get("/account/passkeys/add").await;
    for (name, value) in [("x-frame-options", "DENY"), ("cache-control", "no-store"), ("x-content-type-options", "nosniff")] {
        assert_eq!(page.header(name), value);
    }
    assert!(page.header("content-security-policy").contains("frame-ancestors 'none'"));
    assert!(page.header("permissions-policy").contains("publickey-credentials-get=(self)"));
    app.stop().await;
}

#[tokio::test]
async fn a_flood_of_ceremonies_from_one_address_is_told_to_wait() {
    let app = TestApp::start(Engine::Sqlite).await;
    let browser = app.browser();
    let mut last = browser.post_json("/sign-in/start", &json!({})).await;
    for _ in 0..200 {
        if last.status != 200 {
            break;
        }
        last = browser.post_json("/sign-in/start", &json!({})).await;
    }
    assert_eq!(last.status, 429);
    assert!(last.header("retry-after").parse::<u64>().is_ok_and(|seconds| seconds >= 1));
    assert_eq!(app.post(&app.browser(), "/sign-in/start", &json!({})).await.status, 200, "others are not affected");
    app.stop().await;
}

#[tokio::test]
async fn the_sign_in_page_leads_where_the_person_wanted_to_go_and_never_to_another_site() {
    let app = TestApp::start(Engine::Sqlite).await;
    let ada = app.person("ada").await;
    let (browser, passkeys) = (app.browser(), app.passkeys());
    app.enrol(&browser, &passkeys, &ada).await;
    let pending = muster::sessions::next::PendingAuthorization {
        client_name: "Wiki & more".into(),
        parameters: "client_id=x".into(),
        pushed: String::new(),
        started_at: app.clock.now(),
    };
    let sealed = pending.seal(&app.app().sealer);

    let visitor = app.browser();
    let page = visitor.get(&format!("/sign-in?request={sealed}")).await;
    assert_eq!(page.texts("h1"), ["Sign in to continue to Wiki & more"]);
    assert_eq!(page.attribute("#sign-in", "data-request"), Some(sealed.clone()));
    assert_eq!(page.attribute("#sign-in input", "autocomplete").as_deref(), Some("username webauthn"));
    assert_eq!(page.attribute("#sign-in label", "for"), page.attribute("#sign-in input", "id"));
    assert_eq!(visitor.get("/sign-in?request=forged").await.texts("h1"), ["Sign in"]);
    let protected = visitor.get("/account/sessions").await;
    assert_eq!(protected.header("location"), "/sign-in?back=%2Faccount%2Fsessions");

    let next = async |extra: Value| {
        let visitor = app.browser();
        let started = start(&app, &visitor, "/sign-in/start").await;
        let credential = passkeys.sign_in(&started["publicKey"]).await.expect("a passkey");
        let mut body = json!({ "ceremony": started["ceremony"], "credential": credential });
        body.as_object_mut().expect("an object").extend(extra.as_object().cloned().unwrap_or_default());
        app.post(&visitor, "/sign-in/finish", &body).await.json()["next"].as_str().expect("a path").to_owned()
    };
    assert_eq!(next(json!({ "request": sealed })).await, format!("/authorize/continue?request={sealed}"));
    assert_eq!(next(json!({ "back": "/account/sessions" })).await, "/account/sessions");
    for elsewhere in ["https://evil.example", "//evil.example", "/sign-in"] {
        assert_eq!(next(json!({ "back": elsewhere })).await, "/account");
    }

    // Signed in already: on to the goal, unless the app asked afterwards to have it proved again.
    assert_eq!(browser.get("/sign-in?back=/account/sessions").await.header("location"), "/account/sessions");
    assert_eq!(browser.get(&format!("/sign-in?request={sealed}")).await.status, 200);
    app.clock.advance(Duration::from_secs(1));
    app.sign_in(&browser, &passkeys).await;
    assert_eq!(browser.get(&format!("/sign-in?request={sealed}")).await.header("location"), format!("/authorize/continue?request={sealed}"));
    app.stop().await;
}

#[tokio::test]
async fn a_command_under_another_host_name_does_not_take_the_first_passkeys_from_the_server() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let app = TestApp::start(engine).await;
        // `muster users list` in a shell without the server's APP_URL, say.
        let elsewhere = app.configuration(&[("APP_URL", "https://id.example.org")]);
        server::open(elsewhere, Clock::system()).await.expect("no passkey is lost").db.close().await;
        let ada = app.person("ada").await;
        let passkeys = app.passkeys();
        app.enrol(&app.browser(), &passkeys, &ada).await;
        let elsewhere = app.configuration(&[("APP_URL", "https://id.example.org")]);
        assert!(server::open(elsewhere, Clock::system()).await.is_err(), "they belong to the server's name");
        server::open(app.configuration(&[]), Clock::system()).await.expect("the server starts again").db.close().await;
        app.stop().await;
    }
}

#[tokio::test]
async fn the_server_does_not_start_under_another_host_name_while_there_are_passkeys() {
    let app = TestApp::start(Engine::Postgres).await;
    // Without passkeys the host may still change.
    let elsewhere = [("APP_URL", "https://id.example.org"), ("PORT", "0")];
    server::open(app.configuration(&elsewhere), Clock::system()).await.expect("no passkey is lost").db.close().await;
    server::open(app.configuration(&[]), Clock::system()).await.expect("and back").db.close().await;
    let ada = app.person("ada").await;
    app.enrol(&app.browser(), &app.passkeys(), &ada).await;
    let Err(error) = server::open(app.configuration(&elsewhere), Clock::system()).await else { panic!("it starts and every passkey is dead") };
    let message = format!("{error:#}");
    assert!(message.contains("APP_URL") && message.contains("id.example.org") && message.contains("localhost"), "{message}");
    server::open(app.configuration(&[]), Clock::system()).await.expect("under its own name it starts").db.close().await;
    app.stop().await;
}

#[tokio::test]
async fn whoever_comes_in_with_their_telephone_is_asked_once_whether_this_device_should_have_a_passkey_too() {
    on_each_engine(async |app| {
        let ada = app.person("ada").await;
        let adding = app.browser();
        app.sign_in_by_link(&adding, &ada).await;
        let mut telephone = Forge::new(&app.url);
        let started = start(app, &adding, "/account/passkeys/register/start").await;
        let credential = telephone.registration(&started["publicKey"]).with(|it| it.transports = json!(["hybrid", "internal"])).json();
        let body = json!({ "ceremony": started["ceremony"], "credential": credential });
        assert_eq!(app.post(&adding, "/account/passkeys/register/finish", &body).await.status, 200);
        let sign_in = async |browser: &Browser, attachment: &str, more: Value| {
            let started = start(app, browser, "/sign-in/start").await;
            let credential = telephone.assertion(&started["publicKey"]).with(|it| it.envelope["authenticatorAttachment"] = attachment.into()).json();
            let mut body = json!({ "ceremony": started["ceremony"], "credential": credential });
            body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
            app.post(browser, "/sign-in/finish", &body).await.json()["next"].as_str().map(str::to_owned)
        };
        let next = |path: &str| Some(path.to_owned());
        // On the telephone itself, and where this device could keep none.
        assert_eq!(sign_in(&app.browser(), "platform", json!({ "here": true })).await, next("/account"));
        assert_eq!(sign_in(&app.browser(), "cross-platform", json!({ "here": false })).await, next("/account"));
        let computer = app.browser();
        let asked = next("/account/passkeys/here?back=%2Faccount%2Fapps");
        let there = json!({ "here": true, "back": "/account/apps" });
        assert_eq!(sign_in(&computer, "cross-platform", there.clone()).await, asked);
        let page = computer.get(asked.as_deref().expect("an address")).await;
        assert_eq!(page.attribute("a.primary", "href").as_deref(), Some("/account/passkeys/add?back=%2Faccount%2Fapps"));
        assert_eq!(page.attribute("a.quiet", "href").as_deref(), Some("/account/apps"));
        assert_eq!(computer.get("/account/passkeys/add").await.status, 200, "the touch was just now");
        assert_eq!(sign_in(&computer, "cross-platform", there.clone()).await, next("/account/apps"), "asked once");
        // Where a policy says which passkeys will do, one more of any kind may be one too few.
        let policy = r#"{"device_bound":true,"grace_days":9}"#;
        app.execute("INSERT INTO passkey_policies (id, policy, changed_at) VALUES ($1, $2, 1)", vec![uuid::Uuid::nil().into(), policy.into()]).await;
        assert_eq!(sign_in(&app.browser(), "cross-platform", there.clone()).await, next("/account/apps"));
        // A security key is what it is everywhere.
        app.execute("UPDATE passkeys SET transports = '[\"usb\"]'", vec![]).await;
        app.execute("DELETE FROM passkey_policies", vec![]).await;
        assert_eq!(sign_in(&app.browser(), "cross-platform", there).await, next("/account/apps"));
    })
    .await;
}
