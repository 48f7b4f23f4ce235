//! Devices without a browser (RFC 8628).

use std::time::Duration;

use reqwest::Method;
use serde_json::Value;

use crate::oidc_support::{Client, Proof, Provider, assert_refused, claims, on_both_databases, succeeded};
use crate::support::http::{Answer, answer};

const GRANT: (&str, &str) = ("grant_type", "urn:ietf:params:oauth:grant-type:device_code");

async fn start(client: &Client, scope: &str) -> Value {
    let proof = if client.secret.is_some() { Proof::Basic } else { Proof::None };
    let answer = client.post("/api/oidc/device/authorize", proof, &[("scope", scope)]).await;
    assert_eq!((answer.status.as_u16(), answer.header("cache-control")), (200, "no-store"), "{}", answer.body);
    answer.json()
}

async fn poll(client: &Client, started: &Value) -> Answer {
    let proof = if client.secret.is_some() { Proof::Basic } else { Proof::None };
    client.token_request(proof, &[GRANT, ("device_code", started["device_code"].as_str().expect("a code"))]).await
}

fn path(provider: &Provider, started: &Value) -> String {
    let complete = started["verification_uri_complete"].as_str().expect("an address");
    complete.strip_prefix(&provider.base).expect("an address here").to_owned()
}

#[tokio::test]
async fn a_device_is_signed_in_by_a_person_who_saw_who_asks() {
    on_both_databases(async |provider| {
        let ada = provider.person("ada").await;
        let television = provider.client_with(|it| (it.for_devices, it.is_public, it.name) = (true, true, "Television".into()), &[]).await;
        let started = start(&television, "openid email offline_access").await;
        let code = started["user_code"].as_str().unwrap();
        assert_eq!((started["expires_in"].as_i64(), started["interval"].as_i64(), code.len()), (Some(600), Some(5), 9));
        assert_eq!(started["verification_uri"], format!("{}/device", provider.base));
        assert_refused(&poll(&television, &started).await, 400, "authorization_pending");
        assert_refused(&poll(&television, &started).await, 400, "slow_down");

        let visitor = provider.browser().get(&path(provider, &started)).await;
        assert!(visitor.header("location").starts_with("/sign-in?back=%2Fdevice%3Fuser_code%3D"), "{}", visitor.header("location"));
        let browser = provider.browser_of(&ada).await;
        let typed = browser.get("/device").await;
        assert_eq!(typed.texts("h1"), ["Connect a device"]);
        let page = browser.get(&format!("/device?user_code={}", code.to_lowercase().replace('-', "%20"))).await;
        let text = page.texts("main").join(" ");
        for said in ["Television", code, "127.0.0.1", "See your e-mail address", "If somebody sent you this code or link, cancel", "ada"] {
            assert!(text.contains(said), "{said}: {text}");
        }
        let done = browser.submit(&page, "/device", &[("decision", "deny")]).await;
        assert_eq!(done.texts("h1"), ["The device was not signed in"]);
        provider.wait(Duration::from_secs(11));
        assert_refused(&poll(&television, &started).await, 400, "access_denied");

        let started = start(&television, "openid email offline_access").await;
        let page = browser.get(&path(provider, &started)).await;
        let code = started["user_code"].as_str().unwrap();
        let allow = [("user_code", code), ("decision", "allow")];
        let allowed =
            answer(browser.request(Method::POST, "/device").header("origin", &provider.base).header("sec-fetch-site", "same-origin").form(&allow))
                .await;
        assert_eq!(allowed.texts("h1"), ["The device is signed in"], "{}", page.body);
        let tokens = succeeded(&poll(&television, &started).await);
        assert_eq!((claims(&tokens)["sub"].as_str(), claims(&tokens)["acr"].as_str()), (Some(ada.id.to_string().as_str()), Some("phr")));
        assert!(claims(&tokens)["sid"].is_null(), "no browser session stands behind it");
        assert_refused(&poll(&television, &started).await, 400, "invalid_grant");
        succeeded(&television.refresh(tokens["refresh_token"].as_str().unwrap()).await);
        assert!(browser.get("/account/apps").await.texts("h2").contains(&"Television".to_owned()));
    })
    .await;
}

#[tokio::test]
async fn a_code_is_good_once_for_its_client_and_for_ten_minutes() {
    on_both_databases(async |provider| {
        let ada = provider.person("ada").await;
        let client = provider.client_with(|it| it.for_devices = true, &[]).await;
        let other = provider.client_with(|it| it.for_devices = true, &[]).await;
        let browser = provider.browser_of(&ada).await;
        let allow = async |started: &Value| {
            let form = [("user_code", started["user_code"].as_str().unwrap()), ("decision", "allow")];
            answer(browser.request(Method::POST, "/device").header("origin", &provider.base).header("sec-fetch-site", "same-origin").form(&form))
                .await
        };
        let started = start(&client, "openid").await;
        assert_eq!(allow(&started).await.status, 200);
        assert_eq!(allow(&started).await.status, 422, "answered already");
        assert_refused(&poll(&other, &started).await, 400, "invalid_grant");
        let polls = futures::future::join_all((0..8).map(|_| poll(&client, &started))).await;
        assert_eq!(polls.iter().filter(|answer| answer.status == 200).count(), 1, "one of many gets the tokens");

        let started = start(&client, "openid").await;
        provider.wait(Duration::from_secs(601));
        assert_eq!(allow(&started).await.status, 422);
        assert_refused(&poll(&client, &started).await, 400, "expired_token");
        provider.wait(Duration::from_secs(600));
        muster::oidc::sweep(&provider.running.app, provider.now()).await.unwrap();
        assert_eq!(provider.count("SELECT COUNT(*) FROM device_requests").await, 0);
        assert_refused(&poll(&client, &started).await, 400, "invalid_grant");
    })
    .await;
}

#[tokio::test]
async fn device_code_phishing_finds_no_easy_way() {
    let provider = Provider::start(None).await;
    let (ada, grace) = (provider.person("ada").await, provider.person("grace").await);
    provider.group("staff", &[&ada]).await;
    let plain_client = provider.client().await;
    let refused = plain_client.post("/api/oidc/device/authorize", Proof::Basic, &[("scope", "openid")]).await;
    assert_refused(&refused, 400, "unauthorized_client");
    let client = provider.client_with(|it| it.for_devices = true, &["staff"]).await;
    let started = start(&client, "openid").await;
    let form = [("user_code", started["user_code"].as_str().unwrap()), ("decision", "allow")];

    // A page elsewhere cannot press the button.
    let browser = provider.browser_of(&ada).await;
    let forged = browser.request(Method::POST, "/device").header("origin", "https://evil.example").header("sec-fetch-site", "cross-site");
    assert_eq!(answer(forged.form(&form)).await.status, 403);
    // The address alone signs nothing in.
    assert_eq!(browser.get(&path(&provider, &started)).await.status, 200);
    assert_eq!(provider.count("SELECT COUNT(*) FROM grants").await, 0);
    // Someone the app is not open to cannot let it in.
    let of_grace = provider.browser_of(&grace).await;
    let own = |browser: &crate::support::http::Browser| {
        browser.request(Method::POST, "/device").header("origin", &provider.base).header("sec-fetch-site", "same-origin")
    };
    assert_eq!(answer(own(&of_grace).form(&form)).await.status, 403);
    // Codes cannot be tried one after the other.
    let mut statuses = Vec::new();
    for number in 0..40 {
        let letters = b"BCDFGHJKLM";
        let guess: String = [b'B', b'B', b'B', b'B', b'B', b'B', letters[number / 10], letters[number % 10]].iter().map(|&b| char::from(b)).collect();
        statuses.push(browser.get(&format!("/device?user_code={guess}")).await.status.as_u16());
    }
    assert!(statuses.contains(&429) && statuses[0] == 422, "{statuses:?}");
    provider.running.stop().await;
}
