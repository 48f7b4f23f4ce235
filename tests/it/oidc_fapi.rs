//! FAPI 2.0 Security Profile as one switch of a client, with the names of the conformance suite's modules. The modules about client assertions stand with
//! those, the ones about DPoP proofs in `oidc_dpop`, more about pushed requests in `oidc_pushed`.

use std::time::Duration;

use muster::clients::policy::tokens::Profile;
use muster::clients::{Registration, SigningAlg};
use serde_json::Value;

use crate::oidc_support::{Client, Provider, REDIRECT_URI, STATE, answered, assert_refused, claims, header, on_both_databases, plain, succeeded};
use crate::support::http::{Answer, Browser, answer};
use crate::tokens_support::HeldKey;

fn fapi(it: &mut Registration) {
    it.signing_alg = SigningAlg::Es256;
    it.policies.tokens.profile = Profile::Fapi2;
}

async fn push(client: &Client, changed: &[(&str, &str)]) -> Answer {
    let parameters = client.parameters(changed);
    let parameters: Vec<(&str, &str)> =
        parameters.iter().filter(|(name, _)| name != "client_id").map(|(name, value)| (name.as_str(), value.as_str())).collect();
    client.post_proved("/api/oidc/par", &parameters, &[]).await
}

/// Pushes a request and sends the person with it; what the client is told.
async fn authorize(client: &Client, browser: &Browser, changed: &[(&str, &str)]) -> std::collections::BTreeMap<String, String> {
    let pushed = push(client, changed).await;
    assert_eq!(pushed.status, 201, "{}", pushed.body);
    let said: Value = pushed.json();
    assert!(said["expires_in"].as_i64().is_some_and(|seconds| (60..600).contains(&seconds)));
    let query = [("client_id", client.client_id.as_str()), ("request_uri", said["request_uri"].as_str().expect("a name"))];
    answered(&browser.get(&format!("/authorize?{}", serde_urlencoded::to_string(query).expect("a query"))).await)
}

async fn signed_in(provider: &Provider) -> Browser {
    provider.browser_of(&provider.person("ada").await).await
}

#[tokio::test]
async fn fapi2_security_profile_final_happy_flow() {
    on_both_databases(async |provider| {
        let browser = signed_in(provider).await;
        for _ in 0..2 {
            let (client, key) = (provider.client_with(fapi, &[]).await, HeldKey::new());
            let told = authorize(&client, &browser, &[("scope", "openid email offline_access")]).await;
            assert_eq!((told["state"].as_str(), told["iss"].as_str()), (STATE, provider.base.as_str()));
            assert!(told["code"].len() >= 43, "128 bits at least");
            let tokens = succeeded(&client.redeem_proved(&told["code"], &key.for_token(provider)).await);
            assert_eq!((tokens["token_type"].as_str(), header(&tokens)["alg"].as_str()), (Some("DPoP"), Some("ES256")));
            assert_eq!(claims(&tokens)["nonce"], "n-0S6_WzA2Mj");
            let token = tokens["access_token"].as_str().unwrap();
            let opened = provider.userinfo_proved("DPoP", token, &[&key.for_userinfo(provider, token)]).await;
            assert_eq!(opened.json()["email"], "ada@example.org");
        }
    })
    .await;
}

#[tokio::test]
async fn fapi2_security_profile_final_discovery_end_point_verification() {
    let provider = Provider::start(None).await;
    let said = answer(plain().get(format!("{}/.well-known/openid-configuration", provider.base))).await.json();
    let list = |name: &str| said[name].as_array().cloned().unwrap_or_default();
    for name in ["dpop_signing_alg_values_supported", "id_token_signing_alg_values_supported"] {
        assert!(["PS256", "ES256", "EdDSA"].iter().any(|alg| list(name).contains(&(*alg).into())), "{name}");
    }
    assert!(!list("dpop_signing_alg_values_supported").contains(&"RS256".into()));
    assert!(said["authorization_response_iss_parameter_supported"] == true && said["pushed_authorization_request_endpoint"].is_string());
    assert!(list("code_challenge_methods_supported").contains(&"S256".into()) && list("response_types_supported").contains(&"code".into()));
    provider.running.stop().await;
}

#[tokio::test]
async fn fapi2_security_profile_final_ensure_request_without_par_and_without_pkce_fail() {
    let provider = Provider::start(None).await;
    let browser = signed_in(&provider).await;
    let client = provider.client_with(fapi, &[]).await;
    // par-authorization-request-without-request_uri
    assert_eq!(answered(&browser.get(&client.request(&[])).await)["error"], "invalid_request");
    // par-without-pkce, par-plain-pkce-rejected
    assert_refused(&push(&client, &[("code_challenge", ""), ("code_challenge_method", "")]).await, 400, "invalid_request");
    assert_refused(&push(&client, &[("code_challenge_method", "plain")]).await, 400, "invalid_request");
    // ensure-response-type-code-idtoken-fails, -token-fails; ensure-different-redirect-uri
    assert_refused(&push(&client, &[("response_type", "code id_token")]).await, 400, "unsupported_response_type");
    assert_refused(&push(&client, &[("response_type", "token")]).await, 400, "unsupported_response_type");
    assert_refused(&push(&client, &[("redirect_uri", &format!("{REDIRECT_URI}&x=1"))]).await, 400, "invalid_request");
    provider.running.stop().await;
}

#[tokio::test]
async fn fapi2_security_profile_final_ensure_holder_of_key_required() {
    on_both_databases(async |provider| {
        let browser = signed_in(provider).await;
        let (client, key) = (provider.client_with(fapi, &[]).await, HeldKey::new());
        let code = authorize(&client, &browser, &[]).await.remove("code").expect("a code");
        assert_refused(&client.redeem(&code, &[]).await, 400, "invalid_dpop_proof");
        let tokens = succeeded(&client.redeem_proved(&code, &key.for_token(provider)).await);
        let token = tokens["access_token"].as_str().unwrap();
        assert_refused(&provider.userinfo(token).await, 401, "invalid_token");
    })
    .await;
}

#[tokio::test]
async fn fapi2_security_profile_final_ensure_authorization_code_is_bound_to_client_and_good_once_for_a_minute() {
    on_both_databases(async |provider| {
        let browser = signed_in(provider).await;
        let (client, key) = (provider.client_with(fapi, &[]).await, HeldKey::new());
        let thief = Client { redirect_uri: client.redirect_uri.clone(), verifier: client.verifier.clone(), ..provider.client_with(fapi, &[]).await };
        let code = authorize(&client, &browser, &[]).await.remove("code").expect("a code");
        assert_refused(&thief.redeem_proved(&code, &key.for_token(provider)).await, 400, "invalid_grant");
        let tokens = succeeded(&client.redeem_proved(&code, &key.for_token(provider)).await);
        // attempt-reuse-authorization-code-after-one-second
        provider.wait(Duration::from_secs(1));
        assert_refused(&client.redeem_proved(&code, &key.for_token(provider)).await, 400, "invalid_grant");
        let token = tokens["access_token"].as_str().unwrap();
        assert_refused(&provider.userinfo_proved("DPoP", token, &[&key.for_userinfo(provider, token)]).await, 401, "invalid_token");
        // ensure-authorization-code-expires: whatever the client's own field says
        let slow = |it: &mut Registration| {
            fapi(it);
            it.lifetimes.code_seconds = Some(600);
        };
        let slow = provider.client_with(slow, &[]).await;
        let code = authorize(&slow, &browser, &[]).await.remove("code").expect("a code");
        provider.wait(Duration::from_secs(61));
        assert_refused(&slow.redeem_proved(&code, &key.for_token(provider)).await, 400, "invalid_grant");
    })
    .await;
}

#[tokio::test]
async fn fapi2_security_profile_final_refresh_token() {
    on_both_databases(async |provider| {
        let browser = signed_in(provider).await;
        let (client, other, key) = (provider.client_with(fapi, &[]).await, provider.client_with(fapi, &[]).await, HeldKey::new());
        let code = authorize(&client, &browser, &[("scope", "openid offline_access")]).await.remove("code").expect("a code");
        let tokens = succeeded(&client.redeem_proved(&code, &key.for_token(provider)).await);
        let refresh = tokens["refresh_token"].as_str().unwrap();
        assert_refused(&other.refresh_proved(refresh, &key.for_token(provider)).await, 400, "invalid_grant");
        assert_refused(&client.refresh(refresh).await, 400, "invalid_dpop_proof");
        // It is not rotated: it works again, much later too, and gives no other.
        for _ in 0..3 {
            provider.wait(Duration::from_secs(20 * 86_400));
            let next = succeeded(&client.refresh_proved(refresh, &key.for_token(provider)).await);
            assert!(next["refresh_token"].is_null() && next["token_type"] == "DPoP");
        }
        provider.wait(Duration::from_secs(31 * 86_400));
        assert_refused(&client.refresh_proved(refresh, &key.for_token(provider)).await, 400, "invalid_grant");
    })
    .await;
}

#[tokio::test]
async fn fapi2_security_profile_final_state_and_nonce_come_back_as_they_were_sent() {
    let provider = Provider::start(None).await;
    let browser = signed_in(&provider).await;
    let (client, key) = (provider.client_with(fapi, &[]).await, HeldKey::new());
    // ensure-authorization-request-without-state-success, -without-nonce-success, -with-64-char-nonce-success, -with-long-nonce, -with-long-state
    let told = authorize(&client, &browser, &[("state", ""), ("nonce", "")]).await;
    assert!(!told.contains_key("state"));
    let tokens = succeeded(&client.redeem_proved(&told["code"], &key.for_token(&provider)).await);
    assert!(claims(&tokens)["nonce"].is_null() && claims(&tokens)["s_hash"].is_null());
    for length in [64, 384] {
        let long = "n".repeat(length);
        let told = authorize(&client, &browser, &[("state", &long), ("nonce", &long)]).await;
        assert_eq!(told["state"], long);
        let tokens = succeeded(&client.redeem_proved(&told["code"], &key.for_token(&provider)).await);
        assert_eq!(claims(&tokens)["nonce"], long.as_str());
    }
    // ensure-other-scope-order-succeeds
    assert!(authorize(&client, &browser, &[("scope", "email openid")]).await.contains_key("code"));
    provider.running.stop().await;
}

#[tokio::test]
async fn fapi2_security_profile_final_user_rejects_authentication() {
    let provider = Provider::start(None).await;
    let browser = signed_in(&provider).await;
    let asked = |it: &mut Registration| {
        fapi(it);
        it.skip_consent = false;
    };
    let client = provider.client_with(asked, &[]).await;
    let pushed: Value = push(&client, &[]).await.json();
    let query = [("client_id", client.client_id.as_str()), ("request_uri", pushed["request_uri"].as_str().unwrap())];
    let page = browser.get(&format!("/authorize?{}", serde_urlencoded::to_string(query).unwrap())).await;
    let told = answered(&browser.submit(&page, "/authorize/consent", &[("decision", "deny")]).await);
    assert_eq!((told["error"].as_str(), told["state"].as_str(), told["iss"].as_str()), ("access_denied", STATE, provider.base.as_str()));
    provider.running.stop().await;
}

#[tokio::test]
async fn the_profile_is_refused_where_it_cannot_be_kept() {
    let check = |change: fn(&mut Registration)| {
        let mut registration = Registration { name: "Bank".into(), redirect_uris: vec![REDIRECT_URI.into()], ..Registration::default() };
        fapi(&mut registration);
        change(&mut registration);
        registration.checked().err().map(|mistakes| mistakes.contains_key("profile"))
    };
    assert_eq!(check(|_| {}), None);
    assert_eq!(check(|it| it.is_public = true), Some(true));
    assert_eq!(check(|it| it.signing_alg = SigningAlg::Rs256), Some(true));
    for uri in ["http://localhost/callback", "com.example.bank:/callback"] {
        let mut registration = Registration { name: "Bank".into(), redirect_uris: vec![uri.into()], ..Registration::default() };
        fapi(&mut registration);
        assert!(registration.checked().is_err_and(|mistakes| mistakes.contains_key("profile")), "{uri}");
    }
}
