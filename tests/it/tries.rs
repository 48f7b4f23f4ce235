//! Limits on failed tries, and who gets in all the same.

use std::time::Duration;

use muster::audit::Kind;
use muster::clients::{self, Authority, Registration};
use muster::id::ClientId;
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::pages_support::{administrator, forge, led_to};
use crate::support::app::{TestApp, on_each_engine, on_each_engine_with};
use crate::support::forge::{self as made, Assertion, Forge};
use crate::support::http::{self, Answer, Browser};

const FEW: &[(&str, &str)] = &[("FAILED_TRIES", "5")];

/// Opens a link that never was, from an address.
async fn wrong_link(app: &TestApp, browser: &Browser, ip: &str) -> Answer {
    http::answer(browser.request(Method::GET, "/lc/wrong").header("x-forwarded-for", ip).header("origin", &app.url)).await
}

/// Signs in with a passkey nobody here has, from an address.
async fn wrong_passkey(app: &TestApp, browser: &Browser, ip: &str) -> Answer {
    bent_passkey(app, browser, ip, |_| {}).await
}

/// The same, with something wrong about the answer besides.
async fn bent_passkey(app: &TestApp, browser: &Browser, ip: &str, bend: impl FnOnce(&mut Assertion<'_>)) -> Answer {
    let post = async |path: &str, body: &serde_json::Value| {
        let request = browser.request(Method::POST, path).header("origin", &app.url).header("sec-fetch-site", "same-origin");
        http::answer(request.header("x-forwarded-for", ip).json(body)).await
    };
    let started = post("/sign-in/start", &json!({})).await.json();
    let mut forge = Forge::new(&app.url);
    forge.user_handle = vec![7; 16];
    let credential = forge.assertion(&started["publicKey"]).with(bend).json();
    post("/sign-in/finish", &json!({ "ceremony": started["ceremony"], "credential": credential })).await
}

#[tokio::test]
async fn after_some_failures_a_network_waits_and_its_neighbour_does_not() {
    on_each_engine_with(FEW, async |app| {
        let browser = app.browser();
        for n in 0..5 {
            assert_eq!(wrong_link(app, &browser, &format!("2001:db8::{n}")).await.status, StatusCode::NOT_FOUND);
            assert_eq!(wrong_passkey(app, &browser, &format!("2001:db8::{n}")).await.json()["error"], "unknown_credential");
        }
        for answer in [wrong_link(app, &browser, "2001:db8::ffff").await, wrong_passkey(app, &browser, "2001:db8::ffff").await] {
            assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
            assert!(answer.header("retry-after").parse::<u64>().is_ok_and(|seconds| (1..=901).contains(&seconds)));
        }
        assert_eq!(wrong_link(app, &browser, "2001:db8:0:1::1").await.status, StatusCode::NOT_FOUND, "another household");
        assert_eq!(wrong_link(app, &browser, "192.0.2.1").await.status, StatusCode::NOT_FOUND);
        let told = app.audited(Kind::TooManyTries).await;
        assert_eq!(told.len(), 2, "once for each door");
        assert!(told.iter().all(|(_, detail)| detail["network"] == "2001:db8::/64"), "{told:?}");
        app.clock.advance(Duration::from_secs(901));
        assert_eq!(wrong_link(app, &browser, "2001:db8::1").await.status, StatusCode::NOT_FOUND);
    })
    .await;
}

/// A way of getting an answer wrong, and what the page is told of it.
type Mishap = (&'static str, fn(&mut Assertion<'_>));

#[tokio::test]
async fn the_audit_log_cannot_be_filled_with_answers_that_look_like_a_mishap() {
    const MISHAPS: [Mishap; 2] = [
        ("wrong_address", |it| it.client_data.fields["origin"] = "https://elsewhere.example".into()),
        ("user_not_verified", |it| it.authenticator.flags &= !made::USER_VERIFIED),
    ];
    on_each_engine_with(FEW, async |app| {
        for (number, (error, bend)) in MISHAPS.into_iter().enumerate() {
            let ip = format!("192.0.2.{number}");
            let before = app.audited(Kind::SignInRefused).await.len();
            for _ in 0..5 {
                assert_eq!(bent_passkey(app, &app.browser(), &ip, bend).await.json()["error"], error);
            }
            for _ in 0..3 {
                assert_eq!(bent_passkey(app, &app.browser(), &ip, bend).await.status, StatusCode::TOO_MANY_REQUESTS, "{error}");
            }
            assert_eq!(app.audited(Kind::SignInRefused).await.len(), before + 5, "{error}");
        }
        // Nor with answers to what another browser was asked.
        let (asked, answering) = (app.browser(), app.browser());
        let post = async |browser: &Browser, path: &str, body: &serde_json::Value| {
            let request = browser.request(Method::POST, path).header("origin", &app.url).header("sec-fetch-site", "same-origin");
            http::answer(request.header("x-forwarded-for", "198.51.100.7").json(body)).await
        };
        for expected in [410, 410, 410, 410, 410, 429] {
            let started = post(&asked, "/sign-in/start", &json!({})).await.json();
            let answer = post(&answering, "/sign-in/finish", &json!({ "ceremony": started["ceremony"], "credential": {} })).await;
            assert_eq!(answer.status.as_u16(), expected);
        }
    })
    .await;
}

#[tokio::test]
async fn whoever_signed_in_with_a_browser_before_gets_in_beside_an_attacker() {
    on_each_engine_with(FEW, async |app| {
        let (browser, passkeys) = (app.browser(), app.passkeys());
        app.enrol(&browser, &passkeys, &app.person("ada").await).await;
        let page = browser.get("/account").await;
        browser.submit(&page, "/sign-out", &[]).await;
        let attacker = app.browser();
        for _ in 0..6 {
            wrong_passkey(app, &attacker, "192.0.2.9").await;
        }
        assert_eq!(wrong_passkey(app, &app.browser(), "192.0.2.9").await.status, StatusCode::TOO_MANY_REQUESTS);
        let post = async |path: &str, body: &serde_json::Value| {
            let request = browser.request(Method::POST, path).header("origin", &app.url).header("sec-fetch-site", "same-origin");
            http::answer(request.header("x-forwarded-for", "192.0.2.9").json(body)).await
        };
        let started = post("/sign-in/start", &json!({})).await.json();
        let credential = passkeys.sign_in(&started["publicKey"]).await.expect("her passkey");
        let answer = post("/sign-in/finish", &json!({ "ceremony": started["ceremony"], "credential": credential })).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        // And her own browser has a limit as well.
        for _ in 0..5 {
            assert_eq!(wrong_passkey(app, &browser, "192.0.2.9").await.status, StatusCode::NOT_FOUND);
        }
        assert_eq!(wrong_passkey(app, &browser, "198.51.100.1").await.status, StatusCode::TOO_MANY_REQUESTS);
    })
    .await;
}

#[tokio::test]
async fn an_app_with_the_right_secret_is_served_however_many_wrong_ones_came_from_its_address() {
    on_each_engine_with(FEW, async |app| {
        let registration = Registration { name: "Batch".into(), acts_alone: true, ..Registration::default() };
        let now = app.clock.now();
        let registered = clients::register(app.app(), Authority::CommandLine, ClientId::new(), registration, &[], now).await.expect("a client");
        let (id, secret) = (registered.client.client_id, registered.secret.expect("a secret"));
        let ask = async |secret: &str| {
            let request = app.browser().request(Method::POST, "/api/oidc/token").header("x-forwarded-for", "192.0.2.5").basic_auth(&id, Some(secret));
            http::answer(request.form(&[("grant_type", "client_credentials")])).await
        };
        for _ in 0..50 {
            assert_eq!(ask("wrong").await.status, StatusCode::UNAUTHORIZED);
        }
        let refused = ask("wrong").await;
        assert_eq!((refused.status, refused.json()["error"].as_str()), (StatusCode::TOO_MANY_REQUESTS, Some("invalid_client")));
        assert!(!refused.header("retry-after").is_empty());
        assert_eq!(ask(secret.reveal()).await.status, 200);
        assert_eq!(app.audited(Kind::TooManyTries).await[0].1["door"], "client_authentication");
    })
    .await;
}

#[tokio::test]
async fn whoever_has_many_addresses_waits_as_a_network_and_an_administrator_lets_them_try_again() {
    on_each_engine_with(&[("FAILED_TRIES", "5"), ("FAILED_TRIES_NETWORK", "8")], async |app| {
        let browser = app.browser();
        for n in 0..8 {
            assert_eq!(wrong_link(app, &browser, &format!("2001:db8:7:{n:x}::1")).await.status, StatusCode::NOT_FOUND);
        }
        assert_eq!(wrong_link(app, &browser, "2001:db8:7:ffff::1").await.status, StatusCode::TOO_MANY_REQUESTS, "an address that never tried");
        assert_eq!(wrong_link(app, &browser, "2001:db8:8::1").await.status, StatusCode::NOT_FOUND, "another network");
        for n in 0..8 {
            assert_eq!(wrong_link(app, &browser, &format!("198.51.100.{n}")).await.status, StatusCode::NOT_FOUND);
        }
        assert_eq!(wrong_link(app, &browser, "198.51.100.200").await.status, StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(wrong_link(app, &browser, "198.51.101.1").await.status, StatusCode::NOT_FOUND);
        let told: Vec<String> =
            app.audited(Kind::TooManyTries).await.iter().map(|(_, detail)| detail["network"].as_str().unwrap_or_default().to_owned()).collect();
        assert_eq!(told, ["198.51.100.0/24", "2001:db8:7::/48"]);

        let (_, admin) = administrator(app, "root").await;
        let page = admin.get("/admin/limits").await;
        assert_eq!(page.texts("th code").len(), 2, "{}", page.body);
        assert!(page.body.contains("2001:db8:7::/48") && page.body.contains("Opening one-time links"), "{}", page.body);
        let action = page.attribute("td form", "action").expect("a button");
        assert_eq!(led_to(&forge(app, &admin, &action, &[]).await), "/admin/limits?notice=lifted");
        assert_eq!(forge(app, &admin, &action, &[]).await.status, StatusCode::NOT_FOUND, "it is lifted already");
        let (event, detail) = &app.audited(Kind::LimitLifted).await[0];
        let lifted = detail["network"].as_str().expect("a network").to_owned();
        assert!(event.actor_name == "root" && detail["door"] == "Opening one-time links" && told.contains(&lifted), "{detail}");
        let again = if lifted.contains(':') { "2001:db8:7:ffff::1" } else { "198.51.100.200" };
        assert_eq!(wrong_link(app, &browser, again).await.status, StatusCode::NOT_FOUND);
        let page = admin.get("/admin/limits").await;
        assert_eq!(page.texts("th code").len(), 1);
    })
    .await;
}

#[tokio::test]
async fn what_guards_guessing_and_mail_is_counted_for_all_instances_together() {
    on_each_engine(async |app| {
        let other = app.configuration(&[("PORT", "0")]);
        let other = muster::server::start(other, app.clock.clone()).await.expect("another instance");
        let now = app.clock.now();
        let client = muster::web::Client { ip: "192.0.2.77".parse().ok(), ..muster::web::Client::default() };
        let admin = app.admin("root").await.id;
        for n in 0..10 {
            let instance = if n % 2 == 0 { app.app() } else { &other.app };
            let asked = muster::sessions::tries::ask_for_mail(instance, &client, now).await;
            assert_eq!(asked.is_ok(), n < 5, "{n}");
            assert!(muster::sessions::tries::test_password(instance, admin, now).await.is_ok());
        }
        for instance in [app.app(), &other.app] {
            assert!(muster::sessions::tries::test_password(instance, admin, now).await.is_err());
        }
        let page = administrator(app, "second").await.1.get("/admin/limits").await;
        assert!(page.texts("th").concat().contains("root") && page.texts("th code") == ["192.0.2.77"], "{}", page.body);
        app.clock.advance(Duration::from_secs(101));
        assert!(muster::sessions::tries::ask_for_mail(&other.app, &client, app.clock.now()).await.is_ok());
        other.stop().await;
    })
    .await;
}
