//! A stolen session is not enough: what asks for a touch of the passkey, what becomes of the form meanwhile, and whose passkey counts.

use std::collections::BTreeSet;
use std::time::Duration;

use muster::audit::Kind;
use muster::sessions::SessionState;
use muster::users::User;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::pages_support::{forge, led_to};
use crate::support::app::{Engine, TestApp, on_each_engine};
use crate::support::authenticator::SoftwarePasskeys;
use crate::support::http::{self, Answer, Browser};

/// Longer than a touch counts.
const LATER: Duration = Duration::from_secs(11 * 60);

/// Somebody signed in with a passkey a while ago, with the passkey.
pub(crate) async fn long_ago(app: &TestApp, user: &User) -> (Browser, SoftwarePasskeys) {
    let (browser, passkeys) = (app.browser(), app.passkeys());
    app.enrol(&browser, &passkeys, user).await;
    app.clock.advance(LATER);
    (browser, passkeys)
}

/// Proves with a passkey what `wanted` says; gives the server's last answer.
pub(crate) async fn prove(app: &TestApp, browser: &Browser, passkeys: &SoftwarePasskeys, wanted: Value) -> Answer {
    let started = app.post(browser, "/account/prove/start", &json!({})).await;
    assert_eq!(started.status, 200, "{}", started.body);
    let started = started.json();
    let credential = passkeys.sign_in(&started["publicKey"]).await.expect("the password manager has a passkey");
    finish(app, browser, &started, credential, wanted).await
}

async fn finish(app: &TestApp, browser: &Browser, started: &Value, credential: Value, wanted: Value) -> Answer {
    let mut body = json!({ "ceremony": started["ceremony"], "credential": credential });
    body.as_object_mut().expect("an object").extend(wanted.as_object().expect("an object").clone());
    app.post(browser, "/account/prove/finish", &body).await
}

/// The token of the kept form a redirect leads to.
fn token_of(answer: &Answer) -> String {
    led_to(answer).strip_prefix("/account/prove?form=").unwrap_or_else(|| panic!("led to {}", led_to(answer))).to_owned()
}

async fn people_named(app: &TestApp, username: &str) -> i64 {
    app.count("SELECT COUNT(*) FROM users WHERE username = $1", vec![username.into()]).await
}

/// Sends the form that adds a person.
async fn add_person(app: &TestApp, browser: &Browser, username: &str) -> Answer {
    forge(app, browser, "/admin/users/new", &[("username", username), ("first_name", "Grace & Co"), ("email", &format!("{username}@example.org"))])
        .await
}

#[tokio::test]
async fn a_form_sent_with_an_old_proof_waits_for_one_touch_and_arrives_whole() {
    on_each_engine(async |app| {
        let (browser, passkeys) = long_ago(app, &app.admin("root").await).await;
        let form = browser.get("/admin/users/new").await;
        let typed = [("username", "grace"), ("first_name", "Grace & Co"), ("last_name", "Höpper"), ("email", "grace@example.org")];
        let answer = browser.submit(&form, "/admin/users/new", &typed).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER);
        let token = token_of(&answer);
        assert_eq!(people_named(app, "grace").await, 0, "done without a proof");
        let page = browser.follow(answer).await;
        assert!(page.texts("p")[0].contains("You are about to add a person"), "{:?}", page.texts("p"));
        assert_eq!(page.attribute(".other-way a", "href").as_deref(), Some("/admin/users/new"), "the way back is where the form stood");
        assert!(!page.body.contains("Höpper"), "what was typed does not travel");

        let before = browser.cookies("/");
        let proved = prove(app, &browser, &passkeys, json!({ "form": token })).await;
        assert_eq!((proved.status.as_u16(), proved.json()["next"].as_str()), (200, Some("")), "{}", proved.body);
        assert_ne!(before, browser.cookies("/"), "the session's secret changes");
        let former = app.browser();
        before.split("; ").for_each(|cookie| former.set_cookie(cookie));
        assert!(!app.is_signed_in(&former).await, "the former cookie still opens");

        let done = browser.submit(&page, "/admin/users/new", &[]).await;
        assert!(led_to(&done).starts_with("/admin/users/"), "{}", led_to(&done));
        let made = browser.follow(done).await;
        assert!(made.body.contains("Grace &#38; Co") && made.body.contains("Höpper"), "{}", made.body);
        let (event, detail) = app.audited(Kind::ProofGiven).await.remove(0);
        assert_eq!((event.actor_name.as_str(), detail["purpose"].as_str()), ("root", Some("add a person")));

        // Sent once; and the next form is not asked about again.
        let again = browser.submit(&page, "/admin/users/new", &[]).await;
        assert_eq!((again.status, again.texts("h1")), (StatusCode::GONE, vec!["No longer kept".to_owned()]));
        assert!(led_to(&add_person(app, &browser, "hedy").await).starts_with("/admin/users/"));
        app.clock.advance(LATER);
        token_of(&add_person(app, &browser, "joan").await);
    })
    .await;
}

#[tokio::test]
async fn a_kept_form_goes_on_only_for_its_session_to_its_address_once_and_in_time() {
    on_each_engine(async |app| {
        let (browser, passkeys) = long_ago(app, &app.admin("root").await).await;
        let (other, other_passkeys) = (app.browser(), app.passkeys());
        app.enrol(&other, &other_passkeys, &app.admin("eve").await).await;
        let resume = async |browser: &Browser, path: &str, token: &str| forge(app, browser, path, &[("held-form", token)]).await;

        // Somebody else neither sees it nor sends it.
        let token = token_of(&add_person(app, &browser, "one").await);
        assert_eq!(other.get(&format!("/account/prove?form={token}")).await.status, StatusCode::GONE);
        assert_eq!(resume(&other, "/admin/users/new", &token).await.status, StatusCode::GONE);
        prove(app, &browser, &passkeys, json!({ "back": "/account" })).await;
        assert_eq!(resume(&browser, "/admin/users/new", &token).await.status, StatusCode::GONE, "a wrong try uses it up");

        app.clock.advance(LATER);
        let token = token_of(&add_person(app, &browser, "two").await);
        prove(app, &browser, &passkeys, json!({ "form": token })).await;
        assert_eq!(resume(&browser, "/admin/groups/new", &token).await.status, StatusCode::GONE, "another address");

        app.clock.advance(LATER);
        let token = token_of(&add_person(app, &browser, "three").await);
        app.clock.advance(Duration::from_secs(361));
        let late = app.post(&browser, "/account/prove/finish", &json!({ "ceremony": "x", "credential": {}, "form": token })).await;
        assert_eq!(late.status, StatusCode::GONE);
        assert_eq!(resume(&browser, "/admin/users/new", &token).await.status, StatusCode::GONE, "too late");

        // A token without a proof is only kept again.
        let token = token_of(&add_person(app, &browser, "four").await);
        let again = token_of(&resume(&browser, "/admin/users/new", &token).await);
        assert_ne!(token, again);
        prove(app, &browser, &passkeys, json!({ "form": again })).await;
        assert!(led_to(&resume(&browser, "/admin/users/new", &again).await).starts_with("/admin/users/"));
        for name in ["one", "two", "three"] {
            assert_eq!(people_named(app, name).await, 0, "{name}");
        }
        assert_eq!(people_named(app, "four").await, 1);

        // A session keeps five forms; what lies in the database is unreadable.
        app.clock.advance(LATER);
        for n in 0..7 {
            token_of(&add_person(app, &browser, &format!("more{n}")).await);
            app.clock.advance(Duration::from_millis(2));
        }
        assert_eq!(app.count("SELECT COUNT(*) FROM held_forms WHERE body NOT LIKE '%more%'", vec![]).await, 5);
        assert_eq!(app.count("SELECT COUNT(*) FROM held_forms", vec![]).await, 5);
        app.clock.advance(LATER);
        muster::sessions::sweep(app.app(), app.clock.now()).await.expect("swept");
        assert_eq!(app.count("SELECT COUNT(*) FROM held_forms", vec![]).await, 0);
        let huge = forge(app, &browser, "/admin/users/new", &[("username", &"x".repeat(70_000))]).await;
        assert_eq!(huge.status, StatusCode::PAYLOAD_TOO_LARGE);
        // Nobody outside can have one kept or sent on.
        let request = browser
            .request(reqwest::Method::POST, "/admin/users/new")
            .header("origin", "https://evil.example")
            .header("sec-fetch-site", "cross-site");
        assert_eq!(http::answer(request.form(&[("username", "mallory")])).await.status, StatusCode::FORBIDDEN);
        assert_eq!(app.count("SELECT COUNT(*) FROM held_forms", vec![]).await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_proof_lists_and_takes_only_the_passkeys_of_who_is_signed_in() {
    on_each_engine(async |app| {
        let (ada, eve) = (app.person("ada").await, app.person("eve").await);
        let eves = app.passkeys();
        app.enrol(&app.browser(), &eves, &eve).await;
        let (browser, adas) = long_ago(app, &ada).await;

        let started = app.post(&browser, "/account/prove/start", &json!({})).await.json();
        let options = &started["publicKey"];
        assert_eq!(options["allowCredentials"].as_array().map(Vec::len), Some(1), "{options}");
        assert_eq!(options["allowCredentials"][0]["type"], "public-key");
        assert_eq!(options["userVerification"], "required");
        assert_eq!(options["rpId"], "localhost");

        // Eve's passkey, which her password manager gives when it is asked without a list.
        let mut without_list = options.clone();
        without_list.as_object_mut().expect("an object").remove("allowCredentials");
        let credential = eves.sign_in(&without_list).await.expect("her passkey");
        let answer = finish(app, &browser, &started, credential, json!({ "back": "/account/passkeys/add" })).await;
        assert_eq!((answer.status.as_u16(), answer.json()["error"].as_str()), (403, Some("other_account")), "{}", answer.body);
        assert_eq!(app.last_reason(Kind::ProofRefused).await, "other_account");
        assert!(led_to(&browser.get("/account/passkeys/add").await).starts_with("/account/prove"), "it counted all the same");
        assert_eq!(browser.get("/account").await.texts("h1"), ["ada Example"], "the session is still hers");

        // The ceremony is used up; one of a sign-in, or one Eve began, is none of this.
        let credential = adas.sign_in(options).await.expect("her passkey");
        assert_eq!(finish(app, &browser, &started, credential, json!({})).await.json()["error"], "expired");
        let sign_in = app.post(&browser, "/sign-in/start", &json!({})).await.json();
        let credential = adas.sign_in(&sign_in["publicKey"]).await.expect("her passkey");
        assert_eq!(finish(app, &browser, &sign_in, credential, json!({})).await.json()["error"], "expired");
        assert_eq!(app.last_reason(Kind::ProofRefused).await, "other_purpose");
        let proof = app.post(&browser, "/account/prove/start", &json!({})).await.json();
        let credential = adas.sign_in(&proof["publicKey"]).await.expect("her passkey");
        let body = json!({ "ceremony": proof["ceremony"], "credential": credential });
        assert_eq!(app.post(&browser, "/sign-in/finish", &body).await.json()["error"], "expired");
        assert_eq!(app.last_reason(Kind::SignInRefused).await, "other_purpose");
        let evil = app.browser();
        app.sign_in(&evil, &eves).await;
        let hers = app.post(&evil, "/account/prove/start", &json!({})).await.json();
        let credential = eves.sign_in(&hers["publicKey"]).await.expect("her passkey");
        assert_eq!(finish(app, &browser, &hers, credential, json!({})).await.json()["error"], "expired");

        // Her own does.
        let proved = prove(app, &browser, &adas, json!({ "back": "/account/passkeys/add" })).await;
        assert_eq!((proved.status.as_u16(), proved.json()["next"].as_str()), (200, Some("/account/passkeys/add")), "{}", proved.body);
        assert_eq!(browser.get("/account/passkeys/add").await.status, 200);
        // Nobody is led elsewhere.
        let proved = prove(app, &browser, &adas, json!({ "back": "https://evil.example/" })).await;
        assert_eq!(proved.json()["next"], "/account");
    })
    .await;
}

#[tokio::test]
async fn adding_a_passkey_asks_for_one_first_or_for_a_link_just_used() {
    on_each_engine(async |app| {
        let ada = app.person("ada").await;
        let (browser, passkeys) = long_ago(app, &ada).await;
        assert_eq!(led_to(&browser.get("/account/passkeys/add").await), "/account/prove?back=%2Faccount%2Fpasskeys%2Fadd");
        let answer = app.post(&browser, "/account/passkeys/register/start", &json!({})).await;
        assert_eq!((answer.status.as_u16(), answer.json()["error"].as_str()), (403, Some("proof_needed")), "{}", answer.body);
        prove(app, &browser, &passkeys, json!({})).await;
        assert_eq!(app.post(&browser, "/account/passkeys/register/start", &json!({})).await.status, 200);

        // Who lost a passkey and came by a link adds another at once, and not an hour later.
        let by_link = app.browser();
        app.sign_in_by_link(&by_link, &ada).await;
        app.clock.advance(Duration::from_secs(59 * 60));
        assert_eq!(by_link.get("/account/passkeys/add").await.status, 200);
        assert_eq!(app.post(&by_link, "/account/passkeys/register/start", &json!({})).await.status, 200);
        app.clock.advance(Duration::from_secs(61));
        assert_eq!(app.post(&by_link, "/account/passkeys/register/start", &json!({})).await.json()["error"], "proof_needed");
        // With a passkey that turns up again.
        assert!(by_link.get("/account/prove?back=/account").await.body.contains("ask your administrator for another one"));
        prove(app, &by_link, &passkeys, json!({})).await;
        assert_eq!(app.post(&by_link, "/account/passkeys/register/start", &json!({})).await.status, 200);

        // Who has none yet takes as long as they like.
        let bob = app.person("bob").await;
        app.sign_in_by_link(&by_link, &bob).await;
        app.clock.advance(Duration::from_secs(5 * 3600));
        assert_eq!(app.add_passkey(&by_link, &app.passkeys()).await.status, 200);
    })
    .await;
}

#[tokio::test]
async fn a_thief_of_a_session_removes_no_passkey_and_the_owner_does_after_a_touch() {
    on_each_engine(async |app| {
        let ada = app.person("ada").await;
        let (browser, passkeys) = (app.browser(), app.passkeys());
        app.enrol(&browser, &passkeys, &ada).await;
        app.enrol(&browser, &app.passkeys(), &ada).await;
        app.clock.advance(LATER);
        let page = browser.get("/account/passkeys").await;
        let remove = page.body.split('"').find(|text| text.ends_with("/remove")).expect("a form").to_owned();
        let answer = browser.submit(&page, &remove, &[]).await;
        let token = token_of(&answer);
        let asked = browser.follow(answer).await;
        assert!(asked.texts("p")[0].contains("remove a passkey from your account"), "{:?}", asked.texts("p"));
        assert_eq!(app.count("SELECT COUNT(*) FROM passkeys", vec![]).await, 2);
        prove(app, &browser, &passkeys, json!({ "form": token })).await;
        // Proved in another tab meanwhile: a plain button is left, for which no script is needed.
        let fresh = browser.get(&format!("/account/prove?form={token}")).await;
        assert_eq!(fresh.texts("#prove button"), ["Go on"]);
        let done = browser.submit(&fresh, &remove, &[]).await;
        assert_eq!(led_to(&done), "/account/passkeys?notice=removed");
        let page = browser.follow(done).await;
        assert_eq!(page.attribute("main form[action$='/end-others']", "method").as_deref(), Some("post"), "other sessions can be ended at once");
        assert_eq!(app.count("SELECT COUNT(*) FROM passkeys", vec![]).await, 1);
    })
    .await;
}

/// Every route of the pages that takes a form, from the page of routes itself.
fn forms() -> BTreeSet<&'static str> {
    let routes = include_str!("../../src/routes.rs");
    let pages = routes.split_once("fn sign_in()").and_then(|(_, rest)| rest.split_once("fn openid_protocol")).expect("the pages").0;
    let of_pages = pages.split(".route(").skip(1).filter(|route| route.contains("post("));
    of_pages.map(|route| route.split('"').nth(1).expect("a path")).collect()
}

/// What a thief of a session gains nothing by that they do not have already, and why.
const HARMLESS: &[(&str, &str)] = &[
    ("/language", "chooses the language of this browser"),
    ("/account/language", "chooses the language of one's own pages"),
    ("/sign-in/start", "anyone may begin to sign in"),
    ("/sign-in/finish", "is a proof itself"),
    ("/sign-in/password", "is a proof itself, of less"),
    ("/sign-in/recovery", "is a proof itself, of less"),
    ("/sign-in/device", "anyone may ask to be let in"),
    ("/sign-in/device/finish", "the decision on the other device is the proof"),
    ("/sign-in/email", "anyone may ask; the link goes to the address of the account"),
    ("/sign-up", "anyone may ask where sign-up is open; the link goes to the address"),
    ("/st/{token}", "the link is the proof"),
    ("/sign-in/forget", "a browser forgets whom it greets"),
    ("/account/welcome/skip", "leaves advice out"),
    ("/account/welcome/done", "leads on"),
    ("/account/picture", "a picture opens nothing"),
    ("/account/picture/remove", "a picture opens nothing"),
    ("/sign-in/problem", "tells what went wrong in the browser"),
    ("/account/approve/deny", "keeps somebody out"),
    ("/account/advice/put-off", "puts advice off"),
    ("/account/recovery/review/sessions/{id}/end", "takes access away; the owner must be quick with it"),
    ("/account/recovery/review/sessions/end-others", "takes access away; the owner must be quick with it"),
    ("/sign-out", "takes access away"),
    ("/lc/{code}", "the link is the proof"),
    ("/account/prove/start", "begins the proof"),
    ("/account/prove/finish", "is the proof"),
    ("/account/passkeys/register/finish", "ends what was begun with a fresh proof, by the same person at the same browser"),
    ("/account/passkeys/{id}/rename", "a name opens nothing"),
    ("/account/sessions/end-others", "takes access away; the owner must be quick with it"),
    ("/account/sessions/{id}/end", "takes access away; the owner must be quick with it"),
    ("/account/apps/{id}/revoke", "takes access away"),
    ("/account/new-browsers/{id}/mine", "answers a question in a browser known before"),
    ("/account/new-browsers/{id}/not-mine", "takes access away; the owner must be quick with it"),
    ("/authorize/consent", "an app that wants more than a session asks for it with max_age or prompt"),
    ("/api/oidc/end-session/confirm", "takes access away"),
    ("/admin/users/{id}/end-sessions", "takes access away; an administrator must be quick with it"),
    ("/admin/directories/{name}/sync", "reads what is read every hour anyway, with the guard against mass changes"),
    ("/admin/directories/{name}/runs/{id}/discard", "a sync that was held back stays undone"),
    ("/admin/settings/test-mail", "sends a mail to the administrator themselves"),
    ("/admin/clients/{id}/check", "signs the administrator in to a trial of the app, nowhere else"),
    ("/admin/clients/errors/forget", "forgets notes about failed requests"),
    ("/admin/clients/{id}/errors/forget", "forgets notes about failed requests"),
];

#[tokio::test]
async fn each_form_of_the_pages_asks_for_a_fresh_proof_or_is_known_to_be_harmless() {
    let app = TestApp::start(Engine::Sqlite).await;
    let (browser, _) = long_ago(&app, &app.admin("root").await).await;
    let forms = forms();
    assert!(forms.len() > 60, "only {} forms were found", forms.len());
    for harmless in HARMLESS {
        assert!(forms.contains(harmless.0), "{} is no form any more", harmless.0);
    }
    for route in forms {
        if HARMLESS.iter().any(|(harmless, _)| *harmless == route) {
            continue;
        }
        let path: String = route
            .split('/')
            .map(|part| {
                if part == "{name}" {
                    "default"
                } else if part.starts_with('{') {
                    "019a0000-0000-7000-8000-000000000000"
                } else {
                    part
                }
            })
            .collect::<Vec<_>>()
            .join("/");
        let answer = match route {
            "/account/passkeys/register/start" => app.post(&browser, &path, &json!({})).await,
            // Files are not kept.
            "/admin/clients/{id}/logo" => {
                let request = browser.request(reqwest::Method::POST, &path).header("origin", &app.url).header("sec-fetch-site", "same-origin");
                let request =
                    request.header("referer", format!("{}/admin/clients/019a", app.url)).header("content-type", "multipart/form-data; boundary=x");
                http::answer(request.body("--x--\r\n")).await
            }
            _ => forge(&app, &browser, &path, &[("a", "b")]).await,
        };
        match route {
            "/account/passkeys/register/start" => assert_eq!(answer.json()["error"], "proof_needed"),
            "/admin/clients/{id}/logo" => assert_eq!(led_to(&answer), "/account/prove?back=%2Fadmin%2Fclients%2F019a"),
            _ => {
                assert!(
                    answer.location().is_some_and(|to| to.path() == "/account/prove"),
                    "{route} asks for no proof: {} {}",
                    answer.status,
                    answer.body
                );
                let page = browser.follow(answer).await;
                assert!(!page.texts("p")[0].contains("something that matters"), "{route} has no words in sessions::dangerous");
            }
        }
    }
    // Looking is free.
    for page in [
        "/admin",
        "/admin/users",
        "/admin/users/new",
        "/admin/clients",
        "/admin/settings",
        "/admin/audit",
        "/account",
        "/account/passkeys",
        "/account/sessions",
    ] {
        assert_eq!(browser.get(page).await.status, 200, "{page}");
    }
    app.stop().await;
}

async fn session_of(app: &TestApp, user: &User) -> SessionState {
    let mut conn = app.app().db.read().await.expect("a connection");
    let (text,): (String,) =
        muster::db::query("SELECT state FROM sessions WHERE user_id = $1").bind(user.id).one(&mut conn).await.expect("a session");
    let record: Value = serde_json::from_str(&text).expect("JSON");
    serde_json::from_value(record["session"].clone()).expect("a session's state")
}

#[tokio::test]
async fn a_proof_is_an_authentication_so_auth_time_tells_it_and_the_session_keeps_its_name() {
    on_each_engine(async |app| {
        let ada = app.person("ada").await;
        let (browser, passkeys) = long_ago(app, &ada).await;
        let before = session_of(app, &ada).await;
        let from = app.clock.now();
        prove(app, &browser, &passkeys, json!({})).await;
        let after = session_of(app, &ada).await;
        assert!(before.auth_at < from && after.auth_at >= from, "{before:?} {after:?}");
        assert_eq!(before.id, after.id);
        assert!(after.method.is_passkey());
    })
    .await;
}

#[tokio::test]
async fn how_long_a_touch_counts_is_a_setting() {
    let app = TestApp::start_with(Engine::Sqlite, &[("PROOF_DURATION", "60")]).await;
    let (browser, _) = long_ago(&app, &app.admin("root").await).await;
    assert!(led_to(&add_person(&app, &browser, "grace").await).starts_with("/admin/users/"));
    app.clock.advance(Duration::from_secs(50 * 60));
    token_of(&add_person(&app, &browser, "joan").await);
    app.stop().await;
}

#[tokio::test]
async fn somebody_kept_out_meanwhile_proves_nothing_and_one_without_a_passkey_is_told_what_to_do() {
    on_each_engine(async |app| {
        let ada = app.person("ada").await;
        let (browser, passkeys) = long_ago(app, &ada).await;
        let started = app.post(&browser, "/account/prove/start", &json!({})).await.json();
        let credential = passkeys.sign_in(&started["publicKey"]).await.expect("her passkey");
        app.execute("UPDATE users SET blocked_at = $2 WHERE id = $1", vec![ada.id.into(), app.clock.now().into()]).await;
        let answer = finish(app, &browser, &started, credential, json!({})).await;
        assert!(answer.location().is_some_and(|to| to.path() == "/sign-in"), "{}", answer.status);
        assert_eq!(app.audited(Kind::ProofGiven).await.len(), 0);
        let bob = app.person("bob").await;
        let (browser, _) = long_ago(app, &bob).await;
        app.execute("DELETE FROM passkeys WHERE user_id = $1", vec![bob.id.into()]).await;
        let page = browser.get("/account/prove?back=/account/passkeys/add").await;
        assert_eq!((page.status, page.texts("h1")), (StatusCode::CONFLICT, vec!["No passkey".to_owned()]));
        assert_eq!(app.post(&browser, "/account/prove/start", &json!({})).await.status, StatusCode::CONFLICT);
    })
    .await;
}
