//! Pushed authorization requests (RFC 9126), with the names of the conformance suite's FAPI 2.0 modules about them where it has one.

use std::time::Duration;

use serde_json::Value;

use crate::oidc_support::{Client, Proof, Provider, STATE, answered, assert_refused, claims, on_both_databases, succeeded};
use crate::support::http::{Answer, Browser};

async fn push(client: &Client, changed: &[(&str, &str)]) -> Answer {
    let parameters = client.parameters(changed);
    let parameters: Vec<(&str, &str)> =
        parameters.iter().filter(|(name, _)| name != "client_id").map(|(name, value)| (name.as_str(), value.as_str())).collect();
    client.post("/api/oidc/par", if client.secret.is_some() { Proof::Basic } else { Proof::None }, &parameters).await
}

async fn pushed(client: &Client, changed: &[(&str, &str)]) -> String {
    let answer = push(client, changed).await;
    assert_eq!((answer.status.as_u16(), answer.header("cache-control")), (201, "no-store"), "{}", answer.body);
    let said: Value = answer.json();
    assert!(said["expires_in"].as_i64().is_some_and(|seconds| (60..=90).contains(&seconds)));
    let uri = said["request_uri"].as_str().expect("a name").to_owned();
    assert!(uri.starts_with("urn:ietf:params:oauth:request_uri:") && uri.len() > 60);
    uri
}

async fn visit(browser: &Browser, client: &Client, request_uri: &str) -> Answer {
    let query = [("client_id", client.client_id.as_str()), ("request_uri", request_uri)];
    browser.get(&format!("/authorize?{}", serde_urlencoded::to_string(query).expect("a query"))).await
}

fn assert_page(answer: &Answer) {
    assert_eq!((answer.status.as_u16(), answer.location()), (400, None), "{}", answer.body);
}

async fn signed_in(provider: &Provider) -> Browser {
    provider.browser_of(&provider.person("ada").await).await
}

#[tokio::test]
async fn fapi2_security_profile_final_happy_flow_of_a_pushed_request() {
    on_both_databases(async |provider| {
        let browser = signed_in(provider).await;
        for client in [provider.client_with(|it| it.require_par = true, &[]).await, provider.client_with(|it| it.is_public = true, &[]).await] {
            let uri = pushed(&client, &[("scope", "openid email")]).await;
            let answer = visit(&browser, &client, &uri).await;
            let parameters = answered(&answer);
            assert_eq!((parameters["state"].as_str(), parameters["iss"].as_str()), (STATE, provider.base.as_str()));
            let tokens = succeeded(&client.redeem(&parameters["code"], &[]).await);
            assert_eq!(claims(&tokens)["email"], "ada@example.org");
        }
    })
    .await;
}

#[tokio::test]
async fn a_pushed_request_can_be_visited_again_until_it_is_answered_and_never_after() {
    on_both_databases(async |provider| {
        let ada = provider.person("ada").await;
        let client = provider.client_with(|it| it.skip_consent = false, &[]).await;
        let browser = provider.browser();
        let uri = pushed(&client, &[]).await;
        for _ in 0..2 {
            assert_eq!(visit(&browser, &client, &uri).await.location().expect("a redirect").path(), "/sign-in");
        }
        let to = visit(&browser, &client, &uri).await.location().expect("a redirect");
        // Signing in takes longer than the name is good for.
        provider.wait(Duration::from_secs(600));
        provider.sign_in(&browser, &ada).await;
        let on = to.as_str().replace("/sign-in", "/authorize/continue");
        let page = browser.get(&on).await;
        let agreed = browser.submit(&page, "/authorize/consent", &[("decision", "allow")]).await;
        assert!(answered(&agreed).contains_key("code"));
        let again = browser.submit(&page, "/authorize/consent", &[("decision", "allow")]).await;
        assert_eq!(answered(&again).get("error").map(String::as_str), Some("invalid_request"), "answered once");
        assert_page(&visit(&browser, &client, &uri).await);

        // Two tabs at once: one code.
        let uri = pushed(&client, &[]).await;
        let tabs = futures::future::join_all((0..8).map(|_| visit(&browser, &client, &uri))).await;
        assert_eq!(tabs.iter().filter(|answer| answered(answer).contains_key("code")).count(), 1);
    })
    .await;
}

/// Anybody can push in the name of a public app, and what is pushed is kept for hours.
#[tokio::test]
async fn strangers_do_not_fill_the_database_with_pushed_requests() {
    on_both_databases(async |provider| {
        let public = provider.client_with(|it| it.is_public = true, &[]).await;
        let web = provider.client().await;
        pushed(&public, &[]).await;
        // As if nine hundred and ninety-eight more had come.
        assert_eq!(provider.execute(muster::db::query("UPDATE attempts SET count = 999")).await, 1);
        pushed(&public, &[]).await;
        let refused = push(&public, &[]).await;
        assert_refused(&refused, 429, "temporarily_unavailable");
        assert!(refused.header("retry-after").parse::<u64>().is_ok_and(|seconds| (1..=3601).contains(&seconds)), "{}", refused.header("retry-after"));
        assert_eq!(provider.count("SELECT COUNT(*) FROM pushed_requests").await, 2);
        pushed(&web, &[]).await;
        provider.wait(Duration::from_secs(3601));
        pushed(&public, &[]).await;
    })
    .await;
}

#[tokio::test]
async fn fapi2_security_profile_final_par_attempt_to_use_expired_request_uri() {
    on_both_databases(async |provider| {
        let browser = signed_in(provider).await;
        let client = provider.client().await;
        let uri = pushed(&client, &[]).await;
        provider.wait(Duration::from_secs(91));
        assert_page(&visit(&browser, &client, &uri).await);
        assert_page(&visit(&browser, &client, "urn:ietf:params:oauth:request_uri:guessed").await);
        muster::oidc::sweep(&provider.running.app, provider.now()).await.unwrap();
        assert_eq!(provider.count("SELECT COUNT(*) FROM pushed_requests").await, 1, "kept against a second use");
        provider.wait(Duration::from_secs(2 * 3600));
        muster::oidc::sweep(&provider.running.app, provider.now()).await.unwrap();
        assert_eq!(provider.count("SELECT COUNT(*) FROM pushed_requests").await, 0);
    })
    .await;
}

#[tokio::test]
async fn fapi2_security_profile_final_par_attempt_to_use_request_uri_for_different_client() {
    let provider = Provider::start(None).await;
    let browser = signed_in(&provider).await;
    let (client, thief) = (provider.client().await, provider.client().await);
    let uri = pushed(&client, &[]).await;
    assert_page(&visit(&browser, &thief, &uri).await);
    assert!(answered(&visit(&browser, &client, &uri).await).contains_key("code"));
    provider.running.stop().await;
}

#[tokio::test]
async fn fapi2_security_profile_final_par_refusals() {
    let provider = Provider::start(None).await;
    let client = provider.client().await;
    let refused = async |changed: &[(&str, &str)], error: &str| assert_refused(&push(&client, changed).await, 400, error);
    // par-authorization-request-containing-request_uri-form-param
    refused(&[("request_uri", "urn:ietf:params:oauth:request_uri:x")], "invalid_request").await;
    // ensure-redirect-uri-in-authorization-request, plain-fapi-tolerate-unregistered-redirect-uri
    refused(&[("redirect_uri", "")], "invalid_request").await;
    refused(&[("redirect_uri", "https://evil.example/")], "invalid_request").await;
    refused(&[("code_challenge_method", "plain")], "invalid_request").await;
    refused(&[("response_type", "code id_token")], "unsupported_response_type").await;
    refused(&[("response_type", "token")], "unsupported_response_type").await;
    refused(&[("request", "eyJhbGciOiJub25lIn0.e30.")], "request_not_supported").await;
    refused(&[("scope", "read:everything")], "invalid_scope").await;
    let wrong = Client { secret: Some("muster_cs_wrong".into()), ..client.clone() };
    assert_refused(&push(&wrong, &[]).await, 401, "invalid_client");
    // par-attempt-invalid-http-method
    for method in [reqwest::Method::GET, reqwest::Method::PUT] {
        let got = crate::support::http::answer(crate::oidc_support::plain().request(method, format!("{}/api/oidc/par", provider.base))).await;
        assert_eq!(got.status, 405);
    }
    provider.running.stop().await;
}

#[tokio::test]
async fn fapi2_security_profile_final_par_authorization_request_without_request_uri_is_refused_where_pushing_is_required() {
    let provider = Provider::start(None).await;
    let browser = signed_in(&provider).await;
    let client = provider.client_with(|it| it.require_par = true, &[]).await;
    let answer = browser.get(&client.request(&[])).await;
    assert_eq!(answered(&answer).get("error").map(String::as_str), Some("invalid_request"));
    // What stands beside the name counts for nothing.
    let uri = pushed(&client, &[]).await;
    let more = [("client_id", client.client_id.as_str()), ("request_uri", &uri), ("state", "other"), ("redirect_uri", "https://evil.example/")];
    let answer = browser.get(&format!("/authorize?{}", serde_urlencoded::to_string(more).unwrap())).await;
    assert_eq!(answered(&answer)["state"], STATE);
    provider.running.stop().await;
}
