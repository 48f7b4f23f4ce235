//! Tokens bound to a client's key (RFC 9449), with the names of the conformance suite's FAPI 2.0 modules where it has one.

use std::time::Duration;

use serde_json::{Value, json};

use crate::oidc_support::{Client, Provider, answered, assert_refused, on_both_databases, succeeded};
use crate::support::http::{Answer, Browser};
use crate::tokens_support::{HeldKey, ath};

fn token(tokens: &Value) -> &str {
    tokens["access_token"].as_str().expect("an access token")
}

/// A refusal of userinfo.
fn assert_challenged(answer: &Answer, error: &str) {
    assert_refused(answer, 401, error);
    let challenge = answer.header("www-authenticate");
    assert!(challenge.starts_with("DPoP error=\"") && challenge.contains(error) && challenge.contains("algs=\"PS256 ES256 EdDSA\""), "{challenge}");
}

async fn tokens(provider: &Provider, browser: &Browser, client: &Client, key: &HeldKey, asked: &[(&str, &str)]) -> Value {
    let code = client.code(browser, asked).await;
    succeeded(&client.redeem_proved(&code, &key.for_token(provider)).await)
}

#[tokio::test]
async fn a_token_bound_to_a_key_opens_userinfo_with_that_key_only() {
    on_both_databases(async |provider| {
        let browser = provider.browser_of(&provider.person("ada").await).await;
        let (client, key, thief) = (provider.client().await, HeldKey::new(), HeldKey::new());
        let code = client.code(&browser, &[]).await;
        let answer = client.redeem_proved(&code, &key.for_token(provider)).await;
        let given = succeeded(&answer);
        assert_eq!(given["token_type"], "DPoP");
        assert!(answer.header("dpop-nonce").len() > 16);
        let token = token(&given);
        let said = client.introspect(token).await;
        assert_eq!((&said["token_type"], &said["cnf"]["jkt"]), (&json!("DPoP"), &json!(key.jkt())));

        for scheme in ["DPoP", "dpop", "DPOP"] {
            let opened = provider.userinfo_proved(scheme, token, &[&key.for_userinfo(provider, token)]).await;
            assert_eq!((opened.status.as_u16(), opened.header("dpop-nonce").is_empty()), (200, false), "{}", opened.body);
        }
        // Stolen token without proof; with the thief's own; downgrade to Bearer, with a proof beside it too.
        assert_challenged(&provider.userinfo_proved("DPoP", token, &[]).await, "invalid_dpop_proof");
        assert_challenged(&provider.userinfo_proved("DPoP", token, &[&thief.for_userinfo(provider, token)]).await, "invalid_token");
        assert_refused(&provider.userinfo_proved("Bearer", token, &[]).await, 401, "invalid_token");
        assert_refused(&provider.userinfo_proved("Bearer", token, &[&key.for_userinfo(provider, token)]).await, 401, "invalid_token");
        // Whoever has no token, or no key to it, has nothing written down.
        let before = provider.count("SELECT COUNT(*) FROM dpop_proofs").await;
        for (token, key) in [("guessed", &key), (token, &thief)] {
            assert_challenged(&provider.userinfo_proved("DPoP", token, &[&key.for_userinfo(provider, token)]).await, "invalid_token");
        }
        assert_eq!(provider.count("SELECT COUNT(*) FROM dpop_proofs").await, before);
        // A token that is not bound is not helped by a proof.
        let bearer = client.tokens(&browser, &[]).await;
        assert_eq!(bearer["token_type"], "Bearer");
        let bearer = bearer["access_token"].as_str().unwrap();
        assert_challenged(&provider.userinfo_proved("DPoP", bearer, &[&key.for_userinfo(provider, bearer)]).await, "invalid_token");
    })
    .await;
}

#[tokio::test]
async fn a_replayed_proof_is_refused_on_every_instance() {
    on_both_databases(async |provider| {
        let browser = provider.browser_of(&provider.person("ada").await).await;
        let (client, key, other) = (provider.client().await, HeldKey::new(), HeldKey::new());
        let proof = key.for_token(provider);
        let code = client.code(&browser, &[]).await;
        let given = succeeded(&client.redeem_proved(&code, &proof).await);
        let code = client.code(&browser, &[]).await;
        assert_refused(&client.redeem_proved(&code, &proof).await, 400, "invalid_dpop_proof");
        succeeded(&client.redeem_proved(&code, &key.for_token(provider)).await);

        let token = token(&given);
        let proof = key.for_userinfo(provider, token);
        let at_once = futures::future::join_all((0..8).map(|_| async { provider.userinfo_proved("DPoP", token, &[&proof]).await.status })).await;
        assert_eq!(at_once.iter().filter(|status| status.as_u16() == 200).count(), 1, "{at_once:?}");
        // Another key's jti of the same name is another proof.
        let named = |key: &HeldKey| key.proof(provider, "POST", "/api/oidc/token", &[("jti", json!("the same"))]);
        for key in [&key, &other] {
            let code = client.code(&browser, &[]).await;
            succeeded(&client.redeem_proved(&code, &named(key)).await);
        }
        assert!(provider.count("SELECT COUNT(*) FROM dpop_proofs").await >= 5);
        provider.wait(Duration::from_secs(121));
        muster::oidc::sweep(&provider.running.app, provider.now()).await.unwrap();
        assert_eq!(provider.count("SELECT COUNT(*) FROM dpop_proofs").await, 0, "forgotten when they are too old anyway");
    })
    .await;
}

/// Anybody can say that they are a public client, and make proofs without end.
#[tokio::test]
async fn proofs_of_whoever_holds_nothing_are_not_written_down() {
    on_both_databases(async |provider| {
        let browser = provider.browser_of(&provider.person("ada").await).await;
        let (client, key) = (provider.client_with(|it| it.is_public = true, &[]).await, HeldKey::new());
        let used = async || provider.count("SELECT COUNT(*) FROM dpop_proofs").await;
        assert_refused(&client.redeem_proved("guessed", &key.for_token(provider)).await, 400, "invalid_grant");
        assert_refused(&client.refresh_proved("guessed", &key.for_token(provider)).await, 400, "invalid_grant");
        let device = [("grant_type", "urn:ietf:params:oauth:grant-type:device_code"), ("device_code", "guessed")];
        assert_refused(&client.post_proved("/api/oidc/token", &device, &[&key.for_token(provider)]).await, 400, "invalid_grant");
        assert_refused(
            &client.post_proved("/api/oidc/token", &[("grant_type", "client_credentials")], &[&key.for_token(provider)]).await,
            400,
            "unauthorized_client",
        );
        let wrong = [("response_type", "token"), ("redirect_uri", client.redirect_uri.as_str()), ("scope", "openid")];
        let for_par = key.proof(provider, "POST", "/api/oidc/par", &[]);
        assert_refused(&client.post_proved("/api/oidc/par", &wrong, &[&for_par]).await, 400, "unsupported_response_type");
        assert_eq!(used().await, 0);
        // What is given uses its proof up, also where it is found late: an answer that is given again.
        let given = tokens(provider, &browser, &client, &key, &[("scope", "openid offline_access")]).await;
        let refresh = given["refresh_token"].as_str().unwrap();
        succeeded(&client.refresh_proved(refresh, &key.for_token(provider)).await);
        let proof = key.for_token(provider);
        succeeded(&client.refresh_proved(refresh, &proof).await);
        assert_eq!(used().await, 3);
        assert_refused(&client.refresh_proved(refresh, &proof).await, 400, "invalid_dpop_proof");
    })
    .await;
}

#[tokio::test]
async fn fapi2_security_profile_final_dpop_negative_tests() {
    on_both_databases(async |provider| {
        let browser = provider.browser_of(&provider.person("ada").await).await;
        let (client, key) = (provider.client().await, HeldKey::new());
        let given = tokens(provider, &browser, &client, &key, &[]).await;
        let token = token(&given);
        let now = provider.now().as_seconds();
        let proof = |more: &[(&str, Value)]| {
            let all: Vec<(&str, Value)> = [("ath", ath(token))].into_iter().chain(more.iter().cloned()).collect();
            key.proof(provider, "GET", "/api/oidc/userinfo", &all)
        };
        let refused = async |proofs: &[&str], what: &str| {
            let answer = provider.userinfo_proved("DPoP", token, proofs).await;
            assert_eq!(answer.status, 401, "{what}");
            assert_challenged(&answer, "invalid_dpop_proof");
        };
        refused(&[&proof(&[]), &proof(&[])], "two headers").await;
        refused(&["not.a.jwt"], "no JWT").await;
        for (name, value) in [
            ("htm", json!("POST")),
            ("htu", json!(format!("{}/api/oidc/token", provider.base))),
            ("htu", json!("https://evil.example/api/oidc/userinfo")),
            ("iat", json!(now - 3600)),
            ("iat", json!(now + 3600)),
            ("exp", json!(now - 3600)),
            ("nbf", json!(now + 3600)),
            ("ath", ath("another token")),
        ] {
            refused(&[&proof(&[(name, value.clone())])], &format!("{name} {value}")).await;
        }
        for name in ["jti", "htm", "htu", "iat", "ath"] {
            refused(&[&proof(&[(name, Value::Null)])], name).await;
        }
        let claims = json!({ "jti": "1", "htm": "GET", "htu": format!("{}/api/oidc/userinfo", provider.base), "iat": now, "ath": ath(token) });
        let mut private = key.jwk();
        private["d"] = json!("AAAA");
        for header in [
            json!({ "alg": "ES256", "jwk": key.jwk() }),
            json!({ "typ": "JWT", "alg": "ES256", "jwk": key.jwk() }),
            json!({ "typ": "dpop+jwt", "alg": "none", "jwk": key.jwk() }),
            json!({ "typ": "dpop+jwt", "alg": "RS256", "jwk": key.jwk() }),
            json!({ "typ": "dpop+jwt", "alg": "HS256", "jwk": key.jwk() }),
            json!({ "typ": "dpop+jwt", "alg": "ES256" }),
            json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": HeldKey::new().jwk() }),
            json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": private }),
        ] {
            refused(&[&key.sign(&header, &claims)], &header.to_string()).await;
        }
        // And what must not matter: ensure-dpopproof-with-iat-10seconds-before-succeeds, ensure-dpopproof-with-iat-10seconds-after-succeeds, and the good half of
        // check-dpop-proof-nbf-exp.
        for more in [
            ("iat", json!(now - 10)),
            ("iat", json!(now + 10)),
            ("nbf", json!(now - 10)),
            ("exp", json!(now + 10)),
            ("extra", json!("ignored")),
            ("htu", json!(format!("{}/api/oidc/userinfo?x=1#y", provider.base.replace("http://localhost", "HTTP://LOCALHOST")))),
        ] {
            let opened = provider.userinfo_proved("DPoP", token, &[&proof(std::slice::from_ref(&more))]).await;
            assert_eq!(opened.status, 200, "{more:?} {}", opened.body);
        }
    })
    .await;
}

#[tokio::test]
async fn a_nonce_of_ours_is_asked_for_where_it_is_required_and_known_by_the_other_instance() {
    on_both_databases(async |provider| {
        let browser = provider.browser_of(&provider.person("ada").await).await;
        let (client, key) = (provider.client_with(|it| it.policies.tokens.require_dpop_nonce = true, &[]).await, HeldKey::new());
        let code = client.code(&browser, &[]).await;
        let told = client.redeem_proved(&code, &key.for_token(provider)).await;
        assert_refused(&told, 400, "use_dpop_nonce");
        let nonce = told.header("dpop-nonce").to_owned();
        let with = |nonce: &str| key.proof(provider, "POST", "/api/oidc/token", &[("nonce", json!(nonce))]);
        assert_refused(&client.redeem_proved(&code, &with("made up")).await, 400, "use_dpop_nonce");
        let given = succeeded(&client.redeem_proved(&code, &with(&nonce)).await);
        // A second instance makes the same ones from the database.
        let app = &provider.running.app;
        let other = muster::oidc::dpop::Nonces::open(&app.db, &app.sealer).await.unwrap();
        assert_eq!(other.current(provider.now()), app.nonces.current(provider.now()));

        let code = client.code(&browser, &[]).await;
        provider.wait(Duration::from_secs(601));
        let old = client.redeem_proved(&code, &with(&nonce)).await;
        assert_refused(&old, 400, "use_dpop_nonce");
        assert_ne!(old.header("dpop-nonce"), nonce);
        // At userinfo too: without one, or with an old one, it is told the new one.
        let token = token(&given);
        let without = provider.userinfo_proved("DPoP", token, &[&key.for_userinfo(provider, token)]).await;
        assert_challenged(&without, "use_dpop_nonce");
        assert!(!without.header("dpop-nonce").is_empty());
        let stale = key.proof(provider, "GET", "/api/oidc/userinfo", &[("ath", ath(token)), ("nonce", json!(nonce))]);
        let told = provider.userinfo_proved("DPoP", token, &[&stale]).await;
        assert_challenged(&told, "use_dpop_nonce");
        let fresh = key.proof(provider, "GET", "/api/oidc/userinfo", &[("ath", ath(token)), ("nonce", json!(told.header("dpop-nonce")))]);
        assert_eq!(provider.userinfo_proved("DPoP", token, &[&fresh]).await.status, 200);
        // A client that need not may leave it out.
        let (free, key) = (provider.client().await, HeldKey::new());
        let given = tokens(provider, &browser, &free, &key, &[]).await;
        let token = given["access_token"].as_str().unwrap();
        assert_eq!(provider.userinfo_proved("DPoP", token, &[&key.for_userinfo(provider, token)]).await.status, 200);
    })
    .await;
}

#[tokio::test]
async fn a_public_clients_refresh_token_is_bound_to_its_key() {
    on_both_databases(async |provider| {
        let browser = provider.browser_of(&provider.person("ada").await).await;
        let (client, key, thief) = (provider.client_with(|it| it.is_public = true, &[]).await, HeldKey::new(), HeldKey::new());
        let given = tokens(provider, &browser, &client, &key, &[("scope", "openid offline_access")]).await;
        let refresh = given["refresh_token"].as_str().unwrap();
        // Whoever stole it cannot use it, nor burn it, nor have everything revoked.
        assert_refused(&client.refresh(refresh).await, 400, "invalid_grant");
        assert_refused(&client.refresh_proved(refresh, &thief.for_token(provider)).await, 400, "invalid_grant");
        let next = succeeded(&client.refresh_proved(refresh, &key.for_token(provider)).await);
        assert_eq!(next["token_type"], "DPoP");
        provider.wait(Duration::from_secs(30));
        assert_refused(&client.refresh(refresh).await, 400, "invalid_grant");
        let next = succeeded(&client.refresh_proved(next["refresh_token"].as_str().unwrap(), &key.for_token(provider)).await);
        // A second use by the key's holder is one too many.
        assert_refused(&client.refresh_proved(refresh, &key.for_token(provider)).await, 400, "invalid_grant");
        assert_refused(&client.refresh_proved(next["refresh_token"].as_str().unwrap(), &key.for_token(provider)).await, 400, "invalid_grant");
    })
    .await;
}

#[tokio::test]
async fn a_client_that_must_prove_a_key_gets_nothing_without() {
    on_both_databases(async |provider| {
        let browser = provider.browser_of(&provider.person("ada").await).await;
        let strict = |it: &mut muster::clients::Registration| (it.policies.tokens.require_dpop, it.acts_alone) = (true, true);
        let (client, key) = (provider.client_with(strict, &[]).await, HeldKey::new());
        let code = client.code(&browser, &[]).await;
        assert_refused(&client.redeem(&code, &[]).await, 400, "invalid_dpop_proof");
        let alone = [("grant_type", "client_credentials")];
        assert_refused(&client.post_proved("/api/oidc/token", &alone, &[]).await, 400, "invalid_dpop_proof");
        succeeded(&client.redeem_proved(&code, &key.for_token(provider)).await);
        let given = succeeded(&client.post_proved("/api/oidc/token", &alone, &[&key.for_token(provider)]).await);
        assert_eq!((&given["token_type"], &client.introspect(token(&given)).await["cnf"]["jkt"]), (&json!("DPoP"), &json!(key.jkt())));
        // In a JWT for an API too.
        let docs = provider.api("urn:docs", "jwt", |_| {}).await;
        provider.allow(docs, client.id, Some("docs:read"), Some("docs:read"), false).await;
        let alone = [("grant_type", "client_credentials"), ("resource", "urn:docs")];
        let given = succeeded(&client.post_proved("/api/oidc/token", &alone, &[&key.for_token(provider)]).await);
        assert_eq!(provider.verified(token(&given)).await.1["cnf"]["jkt"], key.jkt());
        let known = client.introspect(token(&given)).await;
        assert_eq!((&known["token_type"], &known["cnf"]["jkt"]), (&json!("DPoP"), &json!(key.jkt())));
    })
    .await;
}

#[tokio::test]
async fn fapi2_security_profile_final_dpop_jkt_binds_the_code() {
    on_both_databases(async |provider| {
        let browser = provider.browser_of(&provider.person("ada").await).await;
        let (client, key, thief) = (provider.client().await, HeldKey::new(), HeldKey::new());
        // In the authorization request.
        for proof in [Some(thief.for_token(provider)), None] {
            let code = client.code(&browser, &[("dpop_jkt", &key.jkt())]).await;
            let refused = match &proof {
                Some(proof) => client.redeem_proved(&code, proof).await,
                None => client.redeem(&code, &[]).await,
            };
            assert_refused(&refused, 400, "invalid_grant");
        }
        let code = client.code(&browser, &[("dpop_jkt", &key.jkt())]).await;
        succeeded(&client.redeem_proved(&code, &key.for_token(provider)).await);
        assert_eq!(answered(&browser.get(&client.request(&[("dpop_jkt", "short")])).await)["error"], "invalid_request");

        // In a pushed request: by parameter, by proof, and not by two that differ.
        let push = async |more: &[(&str, &str)], proofs: &[&str]| {
            let parameters = client.parameters(more);
            let parameters: Vec<(&str, &str)> =
                parameters.iter().filter(|(name, _)| name != "client_id").map(|(name, value)| (name.as_str(), value.as_str())).collect();
            client.post_proved("/api/oidc/par", &parameters, proofs).await
        };
        let for_par = |key: &HeldKey| key.proof(provider, "POST", "/api/oidc/par", &[]);
        assert_refused(&push(&[("dpop_jkt", &thief.jkt())], &[&for_par(&key)]).await, 400, "invalid_dpop_proof");
        assert_refused(&push(&[], &[&key.for_token(provider)]).await, 400, "invalid_dpop_proof");
        for (more, proofs) in
            [(vec![("dpop_jkt", key.jkt())], vec![]), (vec![], vec![for_par(&key)]), (vec![("dpop_jkt", key.jkt())], vec![for_par(&key)])]
        {
            let more: Vec<(&str, &str)> = more.iter().map(|(name, value)| (*name, value.as_str())).collect();
            for (holder, is_good) in [(&thief, false), (&key, true)] {
                let proofs: Vec<String> = if proofs.is_empty() { vec![] } else { vec![for_par(&key)] };
                let pushed = push(&more, &proofs.iter().map(String::as_str).collect::<Vec<_>>()).await;
                assert_eq!(pushed.status, 201, "{}", pushed.body);
                let said: Value = pushed.json();
                let query = [("client_id", client.client_id.as_str()), ("request_uri", said["request_uri"].as_str().unwrap())];
                let answer = browser.get(&format!("/authorize?{}", serde_urlencoded::to_string(query).unwrap())).await;
                let redeemed = client.redeem_proved(&answered(&answer)["code"], &holder.for_token(provider)).await;
                if is_good { assert_eq!(succeeded(&redeemed)["token_type"], "DPoP") } else { assert_refused(&redeemed, 400, "invalid_grant") }
            }
        }
    })
    .await;
}
