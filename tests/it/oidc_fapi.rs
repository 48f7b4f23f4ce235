//! FAPI 2.0 Security Profile as one switch of a client, with the names of the conformance suite's modules. The modules about client assertions stand with
//! those, the ones about DPoP proofs in `oidc_dpop`, more about pushed requests in `oidc_pushed`.

use std::collections::BTreeMap;
use std::time::Duration;

use muster::clients::policy::authentication::{Allowed, Workload};
use muster::clients::policy::tokens::Profile;
use muster::clients::{Registration, SigningAlg};
use muster::db::query;
use muster::secret::{base64url, random_bytes};
use serde_json::{Value, json};

use crate::oidc_support::{Client, Provider, REDIRECT_URI, STATE, answered, assert_refused, claims, header, on_both_databases, plain, succeeded};
use crate::support::http::{Answer, Browser, answer};
use crate::tokens_support::HeldKey;

/// A client that keeps to the profile: its keys are all it proves itself with.
pub(crate) struct Bank {
    pub(crate) client: Client,
    pub(crate) own: HeldKey,
}

impl std::ops::Deref for Bank {
    type Target = Client;
    fn deref(&self) -> &Client {
        &self.client
    }
}

fn fapi(it: &mut Registration, own: &HeldKey) {
    it.signing_alg = SigningAlg::Es256;
    it.policies.tokens.profile = Profile::Fapi2;
    it.policies.authentication.method = Allowed::PrivateKeyJwt;
    it.policies.authentication.jwks = json!({ "keys": [own.jwk()] }).to_string();
}

impl Bank {
    pub(crate) async fn new(provider: &Provider) -> Self {
        Self::with(provider, |_| {}).await
    }

    pub(crate) async fn with(provider: &Provider, change: impl FnOnce(&mut Registration)) -> Self {
        let own = HeldKey::new();
        let all = |it: &mut Registration| {
            fapi(it, &own);
            change(it);
        };
        let client = provider.client_with(all, &[]).await;
        assert!(client.secret.is_none());
        Self { client, own }
    }

    /// Calls an endpoint with an assertion of its own.
    pub(crate) async fn send(&self, provider: &Provider, path: &str, parameters: &[(&str, &str)], proofs: &[&str]) -> Answer {
        let now = provider.now().as_seconds();
        let (id, jti) = (self.client.client_id.as_str(), base64url(&random_bytes::<16>()));
        let claims = json!({ "iss": id, "sub": id, "aud": provider.base, "jti": jti, "iat": now, "exp": now + 60 });
        let assertion = self.own.sign(&json!({ "alg": "ES256" }), &claims);
        let mut all = parameters.to_vec();
        all.extend([("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"), ("client_assertion", assertion.as_str())]);
        self.client.post_proved(path, &all, proofs).await
    }

    pub(crate) async fn redeem(&self, provider: &Provider, code: &str, proofs: &[&str]) -> Answer {
        let parameters =
            [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", &self.redirect_uri), ("code_verifier", &self.verifier)];
        self.send(provider, "/api/oidc/token", &parameters, proofs).await
    }

    async fn refresh(&self, provider: &Provider, token: &str, proofs: &[&str]) -> Answer {
        self.send(provider, "/api/oidc/token", &[("grant_type", "refresh_token"), ("refresh_token", token)], proofs).await
    }

    pub(crate) async fn push(&self, provider: &Provider, changed: &[(&str, &str)]) -> Answer {
        let parameters = self.client.parameters(changed);
        let parameters: Vec<(&str, &str)> =
            parameters.iter().filter(|(name, _)| name != "client_id").map(|(name, value)| (name.as_str(), value.as_str())).collect();
        self.send(provider, "/api/oidc/par", &parameters, &[]).await
    }

    /// Pushes a request and sends the person with it; what the client is told.
    pub(crate) async fn authorize(&self, provider: &Provider, browser: &Browser, changed: &[(&str, &str)]) -> BTreeMap<String, String> {
        let pushed = self.push(provider, changed).await;
        assert_eq!(pushed.status, 201, "{}", pushed.body);
        let said: Value = pushed.json();
        assert!(said["expires_in"].as_i64().is_some_and(|seconds| (60..600).contains(&seconds)));
        answered(&browser.get(&self.visit(&said)).await)
    }

    pub(crate) fn visit(&self, pushed: &Value) -> String {
        let query = [("client_id", self.client.client_id.as_str()), ("request_uri", pushed["request_uri"].as_str().expect("a name"))];
        format!("/authorize?{}", serde_urlencoded::to_string(query).expect("a query"))
    }
}

pub(crate) async fn signed_in(provider: &Provider) -> Browser {
    provider.browser_of(&provider.person("ada").await).await
}

#[tokio::test]
async fn fapi2_security_profile_final_happy_flow() {
    on_both_databases(async |provider| {
        let browser = signed_in(provider).await;
        for _ in 0..2 {
            let (client, key) = (Bank::new(provider).await, HeldKey::new());
            let told = client.authorize(provider, &browser, &[("scope", "openid email offline_access")]).await;
            assert_eq!((told["state"].as_str(), told["iss"].as_str()), (STATE, provider.base.as_str()));
            assert!(told["code"].len() >= 43, "128 bits at least");
            let tokens = succeeded(&client.redeem(provider, &told["code"], &[&key.for_token(provider)]).await);
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
    let client = Bank::new(&provider).await;
    // ensure-unsigned-authorization-request-without-using-par-fails
    assert_eq!(answered(&browser.get(&client.request(&[])).await)["error"], "invalid_request");
    // par-ensure-pkce-required, par-plain-pkce-rejected
    assert_refused(&client.push(&provider, &[("code_challenge", ""), ("code_challenge_method", "")]).await, 400, "invalid_request");
    assert_refused(&client.push(&provider, &[("code_challenge_method", "plain")]).await, 400, "invalid_request");
    // ensure-response-type-code-idtoken-fails, ensure-response-type-token-fails; plain-fapi-tolerate-unregistered-redirect-uri
    assert_refused(&client.push(&provider, &[("response_type", "code id_token")]).await, 400, "unsupported_response_type");
    assert_refused(&client.push(&provider, &[("response_type", "token")]).await, 400, "unsupported_response_type");
    assert_refused(&client.push(&provider, &[("redirect_uri", &format!("{REDIRECT_URI}&x=1"))]).await, 400, "invalid_request");
    provider.running.stop().await;
}

#[tokio::test]
async fn fapi2_security_profile_final_ensure_holder_of_key_required() {
    on_both_databases(async |provider| {
        let browser = signed_in(provider).await;
        let (client, key) = (Bank::new(provider).await, HeldKey::new());
        let code = client.authorize(provider, &browser, &[]).await.remove("code").expect("a code");
        assert_refused(&client.redeem(provider, &code, &[]).await, 400, "invalid_dpop_proof");
        let tokens = succeeded(&client.redeem(provider, &code, &[&key.for_token(provider)]).await);
        let token = tokens["access_token"].as_str().unwrap();
        assert_refused(&provider.userinfo(token).await, 401, "invalid_token");
    })
    .await;
}

#[tokio::test]
async fn fapi2_security_profile_final_ensure_authorization_code_is_bound_to_client_and_good_once_for_a_minute() {
    on_both_databases(async |provider| {
        let browser = signed_in(provider).await;
        let (client, key) = (Bank::new(provider).await, HeldKey::new());
        let mut thief = Bank::new(provider).await;
        thief.client.verifier = client.verifier.clone();
        let code = client.authorize(provider, &browser, &[]).await.remove("code").expect("a code");
        assert_refused(&thief.redeem(provider, &code, &[&key.for_token(provider)]).await, 400, "invalid_grant");
        let tokens = succeeded(&client.redeem(provider, &code, &[&key.for_token(provider)]).await);
        // attempt-reuse-authorization-code-after-one-second
        provider.wait(Duration::from_secs(1));
        assert_refused(&client.redeem(provider, &code, &[&key.for_token(provider)]).await, 400, "invalid_grant");
        let token = tokens["access_token"].as_str().unwrap();
        assert_refused(&provider.userinfo_proved("DPoP", token, &[&key.for_userinfo(provider, token)]).await, 401, "invalid_token");
        // ensure-token-endpoint-fails-with-expired-auth-code: whatever the client's own field says
        let slow = Bank::with(provider, |it| it.lifetimes.code_seconds = Some(600)).await;
        let code = slow.authorize(provider, &browser, &[]).await.remove("code").expect("a code");
        provider.wait(Duration::from_secs(61));
        assert_refused(&slow.redeem(provider, &code, &[&key.for_token(provider)]).await, 400, "invalid_grant");
    })
    .await;
}

#[tokio::test]
async fn fapi2_security_profile_final_refresh_token() {
    on_both_databases(async |provider| {
        let browser = signed_in(provider).await;
        let (client, other, key) = (Bank::new(provider).await, Bank::new(provider).await, HeldKey::new());
        let code = client.authorize(provider, &browser, &[("scope", "openid offline_access")]).await.remove("code").expect("a code");
        let tokens = succeeded(&client.redeem(provider, &code, &[&key.for_token(provider)]).await);
        let refresh = tokens["refresh_token"].as_str().unwrap();
        assert_refused(&other.refresh(provider, refresh, &[&key.for_token(provider)]).await, 400, "invalid_grant");
        assert_refused(&client.refresh(provider, refresh, &[]).await, 400, "invalid_dpop_proof");
        // It is not rotated: it works again, much later too, and gives no other.
        for _ in 0..3 {
            provider.wait(Duration::from_secs(20 * 86_400));
            let next = succeeded(&client.refresh(provider, refresh, &[&key.for_token(provider)]).await);
            assert!(next["refresh_token"].is_null() && next["token_type"] == "DPoP");
        }
        provider.wait(Duration::from_secs(31 * 86_400));
        assert_refused(&client.refresh(provider, refresh, &[&key.for_token(provider)]).await, 400, "invalid_grant");
    })
    .await;
}

#[tokio::test]
async fn fapi2_security_profile_final_state_and_nonce_come_back_as_they_were_sent() {
    let provider = Provider::start(None).await;
    let browser = signed_in(&provider).await;
    let (client, key) = (Bank::new(&provider).await, HeldKey::new());
    // ensure-authorization-request-without-state-success, ensure-authorization-request-without-nonce-success
    let told = client.authorize(&provider, &browser, &[("state", ""), ("nonce", "")]).await;
    assert!(!told.contains_key("state"));
    let tokens = succeeded(&client.redeem(&provider, &told["code"], &[&key.for_token(&provider)]).await);
    assert!(claims(&tokens)["nonce"].is_null() && claims(&tokens)["s_hash"].is_null());
    // ensure-authorization-request-with-64-char-nonce-success, ensure-authorization-request-with-long-nonce, ensure-authorization-request-with-long-state
    for length in [64, 384] {
        let long = "n".repeat(length);
        let told = client.authorize(&provider, &browser, &[("state", &long), ("nonce", &long)]).await;
        assert_eq!(told["state"], long);
        let tokens = succeeded(&client.redeem(&provider, &told["code"], &[&key.for_token(&provider)]).await);
        assert_eq!(claims(&tokens)["nonce"], long.as_str());
    }
    // ensure-other-scope-order-succeeds
    assert!(client.authorize(&provider, &browser, &[("scope", "email openid")]).await.contains_key("code"));
    provider.running.stop().await;
}

#[tokio::test]
async fn fapi2_security_profile_final_user_rejects_authentication() {
    let provider = Provider::start(None).await;
    let browser = signed_in(&provider).await;
    let client = Bank::with(&provider, |it| it.skip_consent = false).await;
    let pushed: Value = client.push(&provider, &[]).await.json();
    let page = browser.get(&client.visit(&pushed)).await;
    let told = answered(&browser.submit(&page, "/authorize/consent", &[("decision", "deny")]).await);
    assert_eq!((told["error"].as_str(), told["state"].as_str(), told["iss"].as_str()), ("access_denied", STATE, provider.base.as_str()));
    provider.running.stop().await;
}

/// FAPI 2.0 Security Profile, section 5.4.1: no JWT is signed with RS256, those of an API that is set to it neither.
#[tokio::test]
async fn no_token_of_an_api_is_signed_with_rs256_for_a_client_of_the_profile() {
    on_both_databases(async |provider| {
        let browser = signed_in(provider).await;
        let (client, key) = (Bank::with(provider, |it| it.acts_alone = true).await, HeldKey::new());
        let plain = provider.client_with(|it| it.acts_alone = true, &[]).await;
        let api = provider.api("https://docs.example.org", "jwt", |it| it.signing_alg = "RS256".into()).await;
        for id in [client.id, plain.id] {
            provider.allow(api, id, Some("docs:read"), Some("docs:read"), false).await;
        }
        let alg = async |tokens: Value| provider.verified(tokens["access_token"].as_str().expect("a token")).await.0["alg"].clone();
        let machine = [("grant_type", "client_credentials"), ("resource", "https://docs.example.org")];
        assert_eq!(alg(succeeded(&plain.post_proved("/api/oidc/token", &machine, &[]).await)).await, "RS256", "as the API is set");
        assert_eq!(alg(succeeded(&client.send(provider, "/api/oidc/token", &machine, &[&key.for_token(provider)]).await)).await, "PS256");
        let told = client.authorize(provider, &browser, &[("resource", "https://docs.example.org"), ("scope", "openid docs:read")]).await;
        assert_eq!(alg(succeeded(&client.redeem(provider, &told["code"], &[&key.for_token(provider)]).await)).await, "PS256");
    })
    .await;
}

#[tokio::test]
async fn the_profile_is_refused_where_it_cannot_be_kept() {
    let own = HeldKey::new();
    let check = |change: fn(&mut Registration)| {
        let mut registration = Registration { name: "Bank".into(), redirect_uris: vec![REDIRECT_URI.into()], ..Registration::default() };
        fapi(&mut registration, &own);
        change(&mut registration);
        registration.checked().err().map(|mistakes| mistakes.contains_key("profile"))
    };
    assert_eq!(check(|_| {}), None);
    assert_eq!(check(|it| it.policies.authentication.method = Allowed::Secret), Some(true));
    assert_eq!(check(|it| it.is_public = true), Some(true));
    assert_eq!(check(|it| it.signing_alg = SigningAlg::Rs256), Some(true));
    let platform = |it: &mut Registration| {
        let (issuer, subject) = ("https://k8s.example.org".to_owned(), "system:serviceaccount:bank:app".to_owned());
        it.policies.authentication.workloads = vec![Workload { issuer, subject, ..Workload::default() }];
    };
    assert_eq!(check(platform), Some(true), "tokens of a platform");
    assert_eq!(check(|it| it.for_devices = true), Some(true), "devices");
    assert_eq!(check(|it| it.policies.forward_auth.addresses = vec!["https://wiki.example.org".into()]), Some(true), "a proxy");
    assert_eq!(
        check(|it| {
            it.redirect_uris = vec!["https://*.example.org/callback".into()];
            it.policies.claims.redirect_wildcards = true;
        }),
        Some(true),
        "wildcards"
    );
    for uri in ["http://localhost/callback", "com.example.bank:/callback"] {
        let mut registration = Registration { name: "Bank".into(), redirect_uris: vec![uri.into()], ..Registration::default() };
        fapi(&mut registration, &own);
        assert!(registration.checked().is_err_and(|mistakes| mistakes.contains_key("profile")), "{uri}");
    }
}

/// A client that was saved before a rule was known is not served as if it kept to it.
#[tokio::test]
async fn the_profile_is_refused_at_use_where_it_is_not_kept() {
    on_both_databases(async |provider| {
        let browser = signed_in(provider).await;
        for change in [
            "UPDATE clients SET for_devices = TRUE WHERE id = $1",
            "UPDATE clients SET signing_alg = 'RS256' WHERE id = $1",
            "UPDATE clients SET redirect_uris = '[\"https://*.example.org/callback\"]' WHERE id = $1",
            "UPDATE clients SET is_public = TRUE WHERE id = $1",
        ] {
            let (client, key) = (Bank::new(provider).await, HeldKey::new());
            let told = client.authorize(provider, &browser, &[]).await;
            provider.execute(query(change).bind(client.id)).await;
            let refused = [
                client.redeem(provider, &told["code"], &[&key.for_token(provider)]).await,
                client.push(provider, &[]).await,
                client.send(provider, "/api/oidc/device/authorize", &[], &[]).await,
            ];
            for refused in &refused {
                let error = refused.json()["error"].clone();
                assert!(error == "unauthorized_client" || error == "invalid_client", "{change}: {}", refused.body);
            }
            let direct = answered(&browser.get(&client.request(&[])).await);
            assert!(!direct.contains_key("code"), "{change}: {direct:?}");
        }
    })
    .await;
}
