//! What apps read about the provider: metadata and keys, also while keys change.

use std::time::Duration;

use muster::audit::Actor;
use muster::clients::SigningAlg;
use muster::oidc::keys;
use muster::secret::from_base64url;
use reqwest::Method;
use serde_json::{Value, json};

use crate::oidc_support::{Provider, header, on_both_databases, plain};
use crate::support::http::{Answer, answer};
use crate::support::wait_until;

const METADATA: &str = "/.well-known/openid-configuration";
const JWKS: &str = "/.well-known/jwks.json";

async fn get(provider: &Provider, path: &str) -> Answer {
    answer(plain().get(format!("{}{path}", provider.base))).await
}

#[tokio::test]
async fn the_metadata_says_what_is_offered_and_nothing_else() {
    let provider = Provider::start(None).await;
    let found = get(&provider, METADATA).await;
    assert_eq!((found.status.as_u16(), found.header("content-type")), (200, "application/json"));
    let metadata = found.json();
    assert_eq!(metadata["issuer"], provider.base.as_str(), "without a slash at the end");
    assert_eq!(metadata["subject_types_supported"], json!(["public", "pairwise"]));
    for name in ["response_types_supported", "code_challenge_methods_supported"] {
        assert_eq!(metadata[name].as_array().map(Vec::len), Some(1), "{name}");
    }
    assert_eq!(metadata["code_challenge_methods_supported"], json!(["S256"]));
    assert_eq!(metadata["id_token_signing_alg_values_supported"], json!(["RS256", "ES256", "EdDSA", "PS256"]));
    assert_eq!(metadata["token_endpoint_auth_methods_supported"], json!(["client_secret_basic", "client_secret_post", "private_key_jwt", "none"]));
    assert_eq!(metadata["scopes_supported"], json!(["openid", "profile", "email", "address", "phone", "groups", "offline_access"]));
    assert_eq!(
        metadata["grant_types_supported"],
        json!([
            "authorization_code",
            "refresh_token",
            "client_credentials",
            "urn:ietf:params:oauth:grant-type:device_code",
            "urn:ietf:params:oauth:grant-type:token-exchange"
        ])
    );
    assert_eq!((metadata["request_parameter_supported"].as_bool(), metadata["request_uri_parameter_supported"].as_bool()), (Some(true), Some(false)));
    assert_eq!(metadata["authorization_response_iss_parameter_supported"], true);

    assert_eq!(metadata["response_modes_supported"], json!(["query", "fragment", "form_post"]));
    assert_eq!(metadata["claims_parameter_supported"], true);

    // Names the conformance suite knows; any other is a mistake of ours.
    let known = [
        "issuer",
        "authorization_endpoint",
        "token_endpoint",
        "userinfo_endpoint",
        "jwks_uri",
        "end_session_endpoint",
        "introspection_endpoint",
        "introspection_endpoint_auth_methods_supported",
        "introspection_endpoint_auth_signing_alg_values_supported",
        "revocation_endpoint",
        "revocation_endpoint_auth_methods_supported",
        "revocation_endpoint_auth_signing_alg_values_supported",
        "scopes_supported",
        "response_types_supported",
        "response_modes_supported",
        "grant_types_supported",
        "subject_types_supported",
        "id_token_signing_alg_values_supported",
        "token_endpoint_auth_methods_supported",
        "token_endpoint_auth_signing_alg_values_supported",
        "request_object_signing_alg_values_supported",
        "require_signed_request_object",
        "claim_types_supported",
        "claims_supported",
        "claims_parameter_supported",
        "acr_values_supported",
        "pushed_authorization_request_endpoint",
        "require_pushed_authorization_requests",
        "device_authorization_endpoint",
        "request_parameter_supported",
        "request_uri_parameter_supported",
        "code_challenge_methods_supported",
        "prompt_values_supported",
        "client_id_metadata_document_supported",
        "authorization_response_iss_parameter_supported",
        "backchannel_logout_supported",
        "backchannel_logout_session_supported",
        "frontchannel_logout_supported",
        "frontchannel_logout_session_supported",
        "dpop_signing_alg_values_supported",
        "protected_resources",
    ];
    for (name, value) in metadata.as_object().unwrap() {
        assert!(known.contains(&name.as_str()) && !value.is_null(), "{name}: {value}");
        if name.ends_with("_endpoint") || name.ends_with("_uri") {
            let path = value.as_str().unwrap().strip_prefix(&provider.base).expect("at the issuer");
            for method in [Method::GET, Method::POST] {
                let status = answer(plain().request(method, format!("{}{path}", provider.base))).await.status.as_u16();
                assert!(![404, 500].contains(&status), "{path}: {status}");
            }
        }
    }
    assert_eq!(get(&provider, "/.well-known/oauth-authorization-server").await.json(), metadata);
    provider.running.stop().await;
}

#[tokio::test]
async fn apps_in_a_browser_may_read_and_call_what_they_need() {
    let provider = Provider::start(None).await;
    for path in [METADATA, JWKS, "/api/oidc/token", "/api/oidc/userinfo", "/api/oidc/revoke", "/api/oidc/par", "/api/oidc/device/authorize"] {
        let request = plain().request(Method::OPTIONS, format!("{}{path}", provider.base)).header("origin", "https://spa.example.org");
        let allowed = answer(request.header("access-control-request-method", "POST").header("access-control-request-headers", "authorization")).await;
        assert_eq!((allowed.status.as_u16(), allowed.header("access-control-allow-origin")), (200, "*"), "{path}");
        assert!(allowed.header("access-control-allow-credentials").is_empty());
    }
    for path in ["/authorize", "/api/oidc/end-session", "/account/apps", "/api/oidc/introspect"] {
        let request = plain().get(format!("{}{path}", provider.base)).header("origin", "https://spa.example.org");
        assert!(answer(request).await.header("access-control-allow-origin").is_empty(), "{path}");
    }
    provider.running.stop().await;
}

#[tokio::test]
async fn the_published_keys_are_public_and_may_be_cached() {
    let provider = Provider::start(None).await;
    for path in [JWKS, METADATA] {
        let found = get(&provider, path).await;
        assert_eq!(found.header("cache-control"), "public, max-age=300");
        let tag = found.header("etag").to_owned();
        let again = answer(plain().get(format!("{}{path}", provider.base)).header("if-none-match", &tag)).await;
        assert_eq!((again.status.as_u16(), again.body.as_str(), again.header("etag")), (304, "", tag.as_str()));
        assert_eq!(answer(plain().get(format!("{}{path}", provider.base)).header("if-none-match", "\"other\"")).await.status, 200);
    }
    let keys = get(&provider, JWKS).await.json();
    let keys = keys["keys"].as_array().unwrap();
    let mut kids: Vec<&str> = keys.iter().map(|key| key["kid"].as_str().unwrap()).collect();
    assert_eq!(keys[0]["kty"], "RSA", "some apps take the first");
    for key in keys {
        let named: &[&str] = match key["kty"].as_str().unwrap() {
            "RSA" => &["n", "e"],
            "EC" => &["crv", "x", "y"],
            "OKP" => &["crv", "x"],
            other => panic!("{other}"),
        };
        let mut expected: Vec<&str> = [&["kty", "kid", "use", "alg"], named].concat();
        let mut members: Vec<&str> = key.as_object().unwrap().keys().map(String::as_str).collect();
        expected.sort_unstable();
        members.sort_unstable();
        assert_eq!(members, expected);
        for name in named.iter().filter(|&&name| name != "crv") {
            assert!(from_base64url(key[*name].as_str().unwrap()).is_some());
        }
    }
    for key in keys.iter().filter(|key| key["kty"] == "RSA") {
        assert_eq!(from_base64url(key["n"].as_str().unwrap()).unwrap().len(), 256);
    }
    kids.sort_unstable();
    kids.dedup();
    assert_eq!(kids.len(), keys.len());
    provider.running.stop().await;
}

/// The published key ids of an algorithm.
async fn published(provider: &Provider, alg: SigningAlg) -> Vec<String> {
    let keys = get(provider, JWKS).await.json();
    let keys: Vec<Value> = keys["keys"].as_array().expect("a key set").clone();
    keys.iter().filter(|key| key["alg"] == alg.as_str()).map(|key| key["kid"].as_str().expect("a key id").to_owned()).collect()
}

#[tokio::test]
async fn a_key_is_published_before_it_signs_and_after_it_was_retired() {
    on_both_databases(async |provider| {
        let (ada, client) = (provider.person("ada").await, provider.client().await);
        let browser = provider.browser_of(&ada).await;
        wait_until("the next keys", async || {
            published(provider, SigningAlg::Rs256).await.len() == 2 && published(provider, SigningAlg::EdDsa).await.len() == 2
        })
        .await;
        let before = published(provider, SigningAlg::Rs256).await;
        let others = published(provider, SigningAlg::Es256).await;
        let old = client.tokens(&browser, &[]).await;
        assert_eq!(header(&old)["kid"], before[0].as_str());
        keys::rotate(&provider.running.app, &[SigningAlg::Rs256], &Actor::command_line(), provider.now()).await.unwrap();
        let after = published(provider, SigningAlg::Rs256).await;
        assert_eq!((after[0].as_str(), after.len()), (before[1].as_str(), 3));
        assert!(after.contains(&before[0]));
        assert_eq!(published(provider, SigningAlg::Es256).await, others);
        let new = client.tokens(&browser, &[]).await;
        assert_eq!(header(&new)["kid"], before[1].as_str());

        // What the retired key signed still serves as a hint, also long after the key is no longer published.
        provider.wait(Duration::from_secs(25 * 3600));
        keys::follow(&provider.running.app, provider.now()).await.unwrap();
        assert!(!published(provider, SigningAlg::Rs256).await.contains(&before[0]));
        let hint = old["id_token"].as_str().unwrap();
        let signed_out = browser.get(&format!("/api/oidc/end-session?id_token_hint={hint}")).await;
        assert_eq!((signed_out.status.as_u16(), signed_out.texts("h1")), (200, vec!["You are signed out".to_owned()]));
    })
    .await;
}

#[tokio::test]
async fn two_instances_that_start_at_once_have_the_same_keys_and_follow_each_other() {
    let database = crate::support::postgres::database().await;
    let (one, two) = tokio::join!(Provider::start(Some(database.clone())), Provider::start(Some(database)));
    let settled = async || {
        published(&one, SigningAlg::Rs256).await.len() == 2 && published(&one, SigningAlg::Rs256).await == published(&two, SigningAlg::Rs256).await
    };
    wait_until("the same keys", settled).await;
    keys::rotate(&one.running.app, &[SigningAlg::Rs256], &Actor::command_line(), one.now()).await.unwrap();
    wait_until("the other instance to follow", async || published(&two, SigningAlg::Rs256).await == published(&one, SigningAlg::Rs256).await).await;
    assert_eq!(published(&two, SigningAlg::Rs256).await.len(), 3);
    tokio::join!(one.running.stop(), two.running.stop());
}
