//! How clients prove who they are: `private_key_jwt` (RFC 7523; OpenID Connect Core, section 9), tokens of platforms, and secrets with an end. Names of the
//! conformance suite's modules where it has one, and attacks by name.

use std::time::Duration;

use aws_lc_rs::hmac;
use muster::clients::policy::authentication::{Allowed, Authentication, Workload};
use muster::jose::Alg;
use muster::secret::{base64url, random_bytes};
use serde_json::{Value, json};

use crate::oidc_support::{Client, Proof, Provider, assert_refused, on_both_databases, succeeded};
use crate::support::http::Answer;
use crate::support::signer::{Published, Signer, jwks};

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// A client that signs with these keys and gets tokens for itself.
async fn client_of(provider: &Provider, signers: &[&Signer], change: impl FnOnce(&mut Authentication)) -> Client {
    let mut policy = Authentication { method: Allowed::PrivateKeyJwt, jwks: jwks(signers), ..Authentication::default() };
    change(&mut policy);
    let client = provider
        .client_with(
            |it| {
                it.acts_alone = true;
                it.for_devices = true;
                it.policies.authentication = policy;
            },
            &[],
        )
        .await;
    assert!(client.secret.is_none());
    client
}

/// The claims of an assertion as it should be, but for what is changed.
fn claims(provider: &Provider, client: &Client, changed: &Value) -> Value {
    let now = provider.now().as_seconds();
    let mut claims = json!({
        "iss": client.client_id, "sub": client.client_id, "aud": provider.base, "exp": now + 60, "iat": now, "jti": base64url(&random_bytes::<12>()),
    });
    for (name, value) in changed.as_object().expect("an object") {
        if value.is_null() {
            claims.as_object_mut().expect("an object").remove(name);
        } else {
            claims[name] = value.clone();
        }
    }
    claims
}

/// A key with a member changed.
fn with(mut jwk: Value, member: &str, value: &str) -> Value {
    jwk[member] = value.into();
    jwk
}

async fn send(client: &Client, path: &str, assertion: &str, more: &[(&str, &str)]) -> Answer {
    let form = [&[("client_assertion_type", ASSERTION_TYPE), ("client_assertion", assertion)], more].concat();
    client.post(path, Proof::None, &form).await
}

/// Asks for a token with an assertion.
async fn ask(client: &Client, assertion: &str) -> Answer {
    send(client, "/api/oidc/token", assertion, &[("grant_type", "client_credentials")]).await
}

/// Asks with claims changed, signed as it should be.
async fn ask_with(provider: &Provider, client: &Client, signer: &Signer, changed: &Value) -> Answer {
    ask(client, &signer.jwt(&claims(provider, client, changed))).await
}

fn assert_invalid_client(answer: &Answer, about: &str) {
    assert_eq!((answer.status.as_u16(), answer.json()["error"].as_str()), (401, Some("invalid_client")), "{about}: {}", answer.body);
    assert_refused(answer, 401, "invalid_client");
}

#[tokio::test]
async fn a_client_proves_itself_with_its_key_at_every_endpoint() {
    on_both_databases(async |provider| {
        for alg in Alg::ALL {
            let signer = Signer::new(alg);
            let client = client_of(provider, &[&signer], |_| {}).await;
            let fresh = || signer.jwt(&claims(provider, &client, &json!({})));
            let tokens = succeeded(&ask(&client, &fresh()).await);
            let token = tokens["access_token"].as_str().expect("a token");

            let introspected = send(&client, "/api/oidc/introspect", &fresh(), &[("token", token)]).await;
            assert_eq!(introspected.json()["active"], true, "{alg}: {}", introspected.body);
            let parameters = client.parameters(&[]);
            let parameters: Vec<(&str, &str)> =
                parameters.iter().filter(|(name, _)| name != "client_id").map(|(name, value)| (name.as_str(), value.as_str())).collect();
            let pushed = send(&client, "/api/oidc/par", &fresh(), &parameters).await;
            assert_eq!(pushed.status.as_u16(), 201, "{alg}: {}", pushed.body);
            let device = send(&client, "/api/oidc/device/authorize", &fresh(), &[]).await;
            assert_eq!(device.status.as_u16(), 200, "{alg}: {}", device.body);
            assert_eq!(send(&client, "/api/oidc/revoke", &fresh(), &[("token", token)]).await.status.as_u16(), 200);
            let introspected = send(&client, "/api/oidc/introspect", &fresh(), &[("token", token)]).await;
            assert_eq!(introspected.json()["active"], false);

            for path in ["/api/oidc/token", "/api/oidc/introspect", "/api/oidc/par", "/api/oidc/device/authorize", "/api/oidc/revoke"] {
                let forged = Signer::new(alg).named(&signer.kid).jwt(&claims(provider, &client, &json!({})));
                let form = [("grant_type", "client_credentials"), ("token", token)];
                assert_invalid_client(&send(&client, path, &forged, &form).await, path);
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_person_signs_in_to_a_client_with_a_key() {
    on_both_databases(async |provider| {
        let signer = Signer::new(Alg::Ps256);
        let client = client_of(provider, &[&signer], |_| {}).await;
        let browser = provider.browser_of(&provider.person("ada").await).await;
        let code = client.code(&browser, &[("scope", "openid offline_access"), ("prompt", "consent")]).await;
        let form =
            [("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", &client.redirect_uri), ("code_verifier", &client.verifier)];
        assert_refused(&client.token_request(Proof::None, &form).await, 401, "invalid_client");
        let assertion = || signer.jwt(&claims(provider, &client, &json!({})));
        let tokens = succeeded(&send(&client, "/api/oidc/token", &assertion(), &form).await);
        let form = [("grant_type", "refresh_token"), ("refresh_token", tokens["refresh_token"].as_str().expect("a refresh token"))];
        succeeded(&send(&client, "/api/oidc/token", &assertion(), &form).await);
    })
    .await;
}

#[tokio::test]
async fn oidcc_ensure_client_assertion_with_iss_aud_succeeds() {
    on_both_databases(async |provider| {
        let signer = Signer::new(Alg::Rs256);
        let client = client_of(provider, &[&signer], |_| {}).await;
        let token = format!("{}/api/oidc/token", provider.base);
        for good in [json!(provider.base), json!(token), json!([provider.base, token]), json!(format!("{}/api/oidc/par", provider.base))] {
            succeeded(&ask_with(provider, &client, &signer, &json!({ "aud": good })).await);
        }
        for bad in [
            json!("https://evil.example"),
            json!([provider.base, "https://evil.example"]),
            json!([]),
            json!(""),
            json!(format!("{}/", provider.base)),
        ] {
            assert_invalid_client(&ask_with(provider, &client, &signer, &json!({ "aud": bad })).await, &bad.to_string());
        }
    })
    .await;
}

#[tokio::test]
async fn fapi2_security_profile_final_client_assertions() {
    on_both_databases(async |provider| {
        let (signer, rs256) = (Signer::new(Alg::Es256), Signer::new(Alg::Rs256));
        let client = client_of(provider, &[&signer, &rs256], |policy| policy.strict = true).await;
        let now = provider.now().as_seconds();
        succeeded(&ask_with(provider, &client, &signer, &json!({})).await);
        // par-ensure-jwt-client-assertions-nbf-8-seconds-in-the-future-is-accepted
        succeeded(&ask_with(provider, &client, &signer, &json!({ "iat": now + 8, "nbf": now + 8 })).await);
        let url = |path: &str| format!("{}{path}", provider.base);
        for (module, changed) in [
            ("par-test-array-as-audience-fails", json!({ "aud": [provider.base] })),
            ("par-test-par-endpoint-url-as-audience-fails", json!({ "aud": url("/api/oidc/par") })),
            ("par-test-token-endpoint-url-as-audience-fails", json!({ "aud": url("/api/oidc/token") })),
            ("ensure-client-assertion-with-exp-is-5-minutes-in-past-fails", json!({ "exp": now - 300 })),
            ("ensure-client-assertion-with-no-sub-fails", json!({ "sub": null })),
            ("ensure-client-assertion-with-wrong-aud-fails", json!({ "aud": "https://other.example" })),
            ("par-ensure-jwt-client-assertions-nbf-over-60-seconds-in-the-future-fails", json!({ "nbf": now + 65 })),
            ("the same with iat", json!({ "iat": now + 65 })),
        ] {
            let assertion = signer.jwt(&claims(provider, &client, &changed));
            assert_invalid_client(&send(&client, "/api/oidc/par", &assertion, &[]).await, module);
            assert_invalid_client(&ask(&client, &assertion).await, module);
        }
        assert_invalid_client(&ask_with(provider, &client, &rs256, &json!({})).await, "ensure-signed-client-assertion-with-RS256-fails");
    })
    .await;
}

#[tokio::test]
async fn a_replayed_assertion_counts_once_also_for_many_at_the_same_instant_and_under_another_kid() {
    on_both_databases(async |provider| {
        let signer = Signer::new(Alg::Es256);
        let twin = json!({ "keys": [signer.jwk(), with(signer.jwk(), "kid", "twin")] }).to_string();
        let client = client_of(provider, &[&signer], |policy| policy.jwks = twin).await;
        let said = claims(provider, &client, &json!({}));
        let assertion = signer.jwt(&said);
        let answers = futures::future::join_all((0..10).map(|_| ask(&client, &assertion))).await;
        assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
        assert_invalid_client(&ask(&client, &assertion).await, "replayed");
        assert_invalid_client(&send(&client, "/api/oidc/introspect", &assertion, &[("token", "x")]).await, "replayed elsewhere");
        // The same key by its other name, freshly signed: the jti is what counts.
        let renamed = signer.jwt_with(&json!({ "alg": "ES256", "kid": "twin" }), &said);
        assert_invalid_client(&ask(&client, &renamed).await, "the same jti under another kid");
        let fresh = signer.jwt_with(&json!({ "alg": "ES256", "kid": "twin" }), &claims(provider, &client, &json!({})));
        succeeded(&ask(&client, &fresh).await);
        // Another client may use the same jti.
        let other = client_of(provider, &[&signer], |_| {}).await;
        succeeded(&ask_with(provider, &other, &signer, &json!({ "jti": said["jti"] })).await);
        // What ran out is forgotten; that it is refused no longer depends on it.
        assert!(provider.count("SELECT COUNT(*) FROM used_assertions").await > 0);
        provider.wait(Duration::from_secs(300));
        muster::clients::sweep(&provider.running.app, provider.now()).await.expect("swept");
        assert_eq!(provider.count("SELECT COUNT(*) FROM used_assertions").await, 0);
        assert_invalid_client(&ask(&client, &assertion).await, "run out");
    })
    .await;
}

#[tokio::test]
async fn algorithms_and_kids_are_not_confused() {
    on_both_databases(async |provider| {
        let (signer, stranger) = (Signer::new(Alg::Rs256), Signer::new(Alg::Es256));
        let client = client_of(provider, &[&signer], |_| {}).await;
        let said = || claims(provider, &client, &json!({}));
        let by_hand = |header: &Value, sign: &dyn Fn(&[u8]) -> Vec<u8>| {
            let signed = format!("{}.{}", base64url(header.to_string().as_bytes()), base64url(said().to_string().as_bytes()));
            format!("{signed}.{}", base64url(&sign(signed.as_bytes())))
        };
        let with_public_key = |text: &[u8], message: &[u8]| hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, text), message).as_ref().to_vec();
        let public = signer.jwk();
        for (attack, assertion) in [
            ("none", by_hand(&json!({ "alg": "none", "kid": signer.kid }), &|_| Vec::new())),
            ("nOnE", by_hand(&json!({ "alg": "nOnE" }), &|_| Vec::new())),
            ("no signature", by_hand(&json!({ "alg": "RS256", "kid": signer.kid }), &|_| Vec::new())),
            (
                "HMAC with the JWK",
                by_hand(&json!({ "alg": "HS256", "kid": signer.kid }), &|message| with_public_key(public.to_string().as_bytes(), message)),
            ),
            (
                "HMAC with the modulus",
                by_hand(&json!({ "alg": "HS256" }), &|message| with_public_key(public["n"].as_str().unwrap().as_bytes(), message)),
            ),
            ("another key type under its kid", stranger.jwt_with(&json!({ "alg": "ES256", "kid": signer.kid }), &said())),
            ("another padding", signer.jwt_with(&json!({ "alg": "PS256", "kid": signer.kid }), &said())),
            ("a stranger's kid", signer.jwt_with(&json!({ "alg": "RS256", "kid": stranger.kid }), &said())),
            ("a kid that is a path", signer.jwt_with(&json!({ "alg": "RS256", "kid": "../../../../dev/null" }), &said())),
            ("a kid that is SQL", signer.jwt_with(&json!({ "alg": "RS256", "kid": "' OR 1=1 --" }), &said())),
            ("a key in the header", stranger.jwt_with(&json!({ "alg": "ES256", "jwk": stranger.jwk() }), &said())),
            ("an extension", signer.jwt_with(&json!({ "alg": "RS256", "kid": signer.kid, "crit": ["b64"], "b64": true }), &said())),
            ("a DPoP proof", signer.jwt_with(&json!({ "alg": "RS256", "kid": signer.kid, "typ": "dpop+jwt" }), &said())),
            ("a request object", signer.jwt_with(&json!({ "alg": "RS256", "kid": signer.kid, "typ": "oauth-authz-req+jwt" }), &said())),
            ("an access token", signer.jwt_with(&json!({ "alg": "RS256", "kid": signer.kid, "typ": "at+jwt" }), &said())),
        ] {
            assert_invalid_client(&ask(&client, &assertion).await, attack);
        }
        for typ in ["JWT", "client-authentication+jwt"] {
            succeeded(&ask(&client, &signer.jwt_with(&json!({ "alg": "RS256", "kid": signer.kid, "typ": typ }), &said())).await);
        }
        // Without a name any of its keys will do.
        succeeded(&ask(&client, &signer.jwt_with(&json!({ "alg": "RS256" }), &said())).await);
        // Registered for one algorithm, it uses that one.
        let narrow = client_of(provider, &[&signer], |policy| policy.assertion_alg = Some(Alg::Ps256)).await;
        assert_invalid_client(&ask_with(provider, &narrow, &signer, &json!({})).await, "not the registered algorithm");
    })
    .await;
}

#[tokio::test]
async fn an_assertion_is_good_for_its_own_client_only() {
    on_both_databases(async |provider| {
        let (mine, theirs) = (Signer::new(Alg::Es256), Signer::new(Alg::Es256));
        let (attacker, victim) = (client_of(provider, &[&mine], |_| {}).await, client_of(provider, &[&theirs], |_| {}).await);
        // The attacker's own assertion, with the victim's id beside it or inside.
        assert_invalid_client(&ask(&victim, &mine.jwt(&claims(provider, &attacker, &json!({})))).await, "client_id differs from sub");
        assert_invalid_client(&ask(&victim, &mine.jwt(&claims(provider, &victim, &json!({})))).await, "signed with another client's key");
        for changed in [json!({ "sub": victim.client_id }), json!({ "iss": victim.client_id }), json!({ "iss": null }), json!({ "sub": 7 })] {
            assert_invalid_client(&ask(&attacker, &mine.jwt(&claims(provider, &attacker, &changed))).await, &changed.to_string());
        }
        // A kid of the victim's does not lend its key.
        let borrowed = mine.jwt_with(&json!({ "alg": "ES256", "kid": theirs.kid }), &claims(provider, &victim, &json!({})));
        assert_invalid_client(&ask(&victim, &borrowed).await, "borrowed kid");
        let now = provider.now().as_seconds();
        for (attack, changed) in [
            ("expired", json!({ "exp": now - 61 })),
            ("without an end", json!({ "exp": null })),
            ("good for a day", json!({ "exp": now + 86_400 })),
            ("future nbf", json!({ "nbf": now + 120 })),
            ("without a name", json!({ "jti": null })),
            ("an endless name", json!({ "jti": "x".repeat(2_000) })),
            ("an overflowing end", json!({ "exp": 1e300 })),
            ("an end that is text", json!({ "exp": "tomorrow" })),
        ] {
            assert_invalid_client(&ask_with(provider, &attacker, &mine, &changed).await, attack);
        }
        succeeded(&ask_with(provider, &attacker, &mine, &json!({})).await);
        // One way of proving itself at a time.
        let both = [("grant_type", "client_credentials"), ("client_secret", "x")];
        let assertion = mine.jwt(&claims(provider, &attacker, &json!({})));
        assert_refused(&send(&attacker, "/api/oidc/token", &assertion, &both).await, 400, "invalid_request");
        let form = [("grant_type", "client_credentials"), ("client_assertion_type", ASSERTION_TYPE), ("client_assertion", assertion.as_str())];
        assert_refused(&attacker.post("/api/oidc/token", Proof::Basic, &form).await, 400, "invalid_request");
        let wrong_type = [("grant_type", "client_credentials"), ("client_assertion_type", "urn:x"), ("client_assertion", assertion.as_str())];
        assert_refused(&attacker.post("/api/oidc/token", Proof::None, &wrong_type).await, 401, "invalid_client");
        let long = format!("{assertion}{}", "A".repeat(20_000));
        assert_invalid_client(&ask(&attacker, &long).await, "too long");
    })
    .await;
}

#[tokio::test]
async fn a_client_uses_the_way_it_is_registered_for_and_no_other() {
    on_both_databases(async |provider| {
        let signer = Signer::new(Alg::Es256);
        let with = async |method| provider.client_with(|it| (it.acts_alone, it.policies.authentication.method) = (true, method), &[]).await;
        let asked = async |client: &Client, proof| client.token_request(proof, &[("grant_type", "client_credentials")]).await.status.as_u16();
        for (method, basic, post) in [(Allowed::Secret, 200, 200), (Allowed::ClientSecretBasic, 200, 401), (Allowed::ClientSecretPost, 401, 200)] {
            let client = with(method).await;
            assert_eq!((asked(&client, Proof::Basic).await, asked(&client, Proof::Post).await), (basic, post), "{method:?}");
            assert_invalid_client(&ask(&client, &signer.jwt(&claims(provider, &client, &json!({})))).await, "no keys");
        }
        // Once it signs, a secret it had counts no more.
        let client = with(Allowed::Secret).await;
        let id = client.id;
        let mut registration = muster::clients::find(&mut provider.running.app.db.read().await.unwrap(), id).await.unwrap().unwrap().registration;
        registration.policies.authentication = Authentication { method: Allowed::PrivateKeyJwt, jwks: jwks(&[&signer]), ..Authentication::default() };
        muster::clients::update(&provider.running.app, muster::clients::Authority::CommandLine, id, registration, provider.now()).await.unwrap();
        assert_eq!((asked(&client, Proof::Basic).await, asked(&client, Proof::Post).await, asked(&client, Proof::None).await), (401, 401, 401));
        succeeded(&ask(&client, &signer.jwt(&claims(provider, &client, &json!({})))).await);
    })
    .await;
}

/// `oidcc-registration-jwks-uri`, `oidcc-refresh-token-rp-key-rotation`.
#[tokio::test]
async fn keys_are_fetched_from_their_address_and_anew_when_one_is_unknown() {
    on_both_databases(async |provider| {
        let published = Published::start().await;
        let (first, second, third) = (Signer::new(Alg::Es256), Signer::new(Alg::Rs256), Signer::new(Alg::EdDsa));
        let uri = published.put("/jwks", 200, jwks(&[&first]));
        let client = client_of(provider, &[], |policy| (policy.jwks, policy.jwks_uri) = (String::new(), uri)).await;
        for _ in 0..3 {
            succeeded(&ask_with(provider, &client, &first, &json!({})).await);
        }
        assert_eq!(published.asked("/jwks"), 1, "kept");
        // oidcc-refresh-token-rp-key-rotation: the app changes its key; the new one is looked for at once, but not over and over.
        published.put("/jwks", 200, jwks(&[&second]));
        assert_invalid_client(&ask_with(provider, &client, &second, &json!({})).await, "just asked");
        assert_eq!(published.asked("/jwks"), 1);
        provider.wait(Duration::from_secs(31));
        succeeded(&ask_with(provider, &client, &second, &json!({})).await);
        assert_invalid_client(&ask_with(provider, &client, &first, &json!({})).await, "taken back");
        for _ in 0..5 {
            assert_invalid_client(&ask_with(provider, &client, &third, &json!({})).await, "unknown");
        }
        assert_eq!(published.asked("/jwks"), 2, "unknown keys do not make us ask all the time");
        // An outage: what was fetched serves for a while.
        published.put("/jwks", 503, "");
        provider.wait(Duration::from_secs(700));
        succeeded(&ask_with(provider, &client, &second, &json!({})).await);
        assert_eq!(published.asked("/jwks"), 3);
        provider.wait(Duration::from_secs(4_000));
        assert_invalid_client(&ask_with(provider, &client, &second, &json!({})).await, "too old");
    })
    .await;
}

#[tokio::test]
async fn an_address_of_keys_leads_nowhere_else_and_costs_little() {
    let provider = Provider::start(None).await;
    let published = Published::start().await;
    let signer = Signer::new(Alg::Es256);
    let good = published.put("/good", 200, jwks(&[&signer]));
    let many: Vec<Value> = (0..65).map(|_| signer.jwk()).collect();
    for (attack, status, body) in [
        ("SSRF by redirect", 302, good),
        ("huge JWKS", 200, format!("{{\"keys\":[{}],\"x\":\"{}\"}}", signer.jwk(), "x".repeat(300 * 1024))),
        ("too many keys", 200, json!({ "keys": many }).to_string()),
        ("no JSON", 200, "<html>".to_owned()),
        (
            "a private key",
            200,
            json!({ "keys": [signer.jwk(), { "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", "d": "AA" }] })
                .to_string(),
        ),
        ("a symmetric key", 200, json!({ "keys": [{ "kty": "oct", "k": "c2VjcmV0", "kid": signer.kid }] }).to_string()),
        ("a key for encryption", 200, json!({ "keys": [with(signer.jwk(), "use", "enc")] }).to_string()),
        ("not found", 404, String::new()),
    ] {
        let path = format!("/{}", attack.replace(' ', "-"));
        let uri = published.put(&path, status, body);
        let client = client_of(&provider, &[], |policy| (policy.jwks, policy.jwks_uri) = (String::new(), uri)).await;
        assert_invalid_client(&ask_with(&provider, &client, &signer, &json!({})).await, attack);
        assert_eq!(published.asked(&path), 1, "{attack}");
        assert_invalid_client(&ask_with(&provider, &client, &signer, &json!({})).await, attack);
        assert_eq!(published.asked(&path), 1, "{attack}: a failure is not repeated at once");
    }
    assert_eq!(published.asked("/good"), 0, "nobody followed");
    // What the token itself names is never asked.
    let client = client_of(&provider, &[&signer], |_| {}).await;
    let header = json!({ "alg": "ES256", "jku": format!("{}/jku", published.base), "x5u": format!("{}/x5u", published.base) });
    assert_invalid_client(&ask(&client, &Signer::new(Alg::Es256).jwt_with(&header, &claims(&provider, &client, &json!({})))).await, "jku");
    assert_eq!((published.asked("/jku"), published.asked("/x5u")), (0, 0));
    provider.running.stop().await;
}

/// A platform with an issuer's metadata.
fn platform(published: &Published, signers: &[&Signer]) -> String {
    let jwks_uri = published.put("/keys", 200, jwks(signers));
    published.put("/.well-known/openid-configuration", 200, json!({ "issuer": published.base, "jwks_uri": jwks_uri }).to_string());
    published.base.clone()
}

#[tokio::test]
async fn a_program_proves_itself_with_the_token_of_its_platform() {
    on_both_databases(async |provider| {
        let (published, signer) = (Published::start().await, Signer::new(Alg::Rs256));
        let issuer = platform(&published, &[&signer]);
        let trusted = Workload { issuer: issuer.clone(), subject: "repo:org/app:ref:refs/heads/*".into(), ..Workload::default() };
        let kubernetes = Workload { subject: "system:serviceaccount:prod:wiki".into(), audience: "muster".into(), reusable: true, ..trusted.clone() };
        let workloads = vec![trusted, kubernetes];
        let client = provider
            .client_with(
                |it| {
                    (it.acts_alone, it.policies.authentication) =
                        (true, Authentication { workloads: workloads.clone(), ..Authentication::default() });
                },
                &[],
            )
            .await;
        let github = |changed: Value| {
            let mut all = json!({ "iss": issuer, "sub": "repo:org/app:ref:refs/heads/main" });
            all.as_object_mut().expect("an object").extend(changed.as_object().expect("an object").clone());
            signer.jwt(&claims(provider, &client, &all))
        };
        let token = github(json!({}));
        succeeded(&ask(&client, &token).await);
        assert_invalid_client(&ask(&client, &token).await, "replayed");
        assert_eq!((published.asked("/keys"), published.asked("/.well-known/openid-configuration")), (1, 1));
        let nameless = github(json!({ "jti": null }));
        succeeded(&ask(&client, &nameless).await);
        assert_invalid_client(&ask(&client, &nameless).await, "replayed, without a jti");
        let pod = github(json!({ "sub": "system:serviceaccount:prod:wiki", "aud": ["muster"] }));
        for _ in 0..2 {
            succeeded(&ask(&client, &pod).await);
        }
        for (attack, changed) in [
            ("another repository", json!({ "sub": "repo:evil/app:ref:refs/heads/main" })),
            ("a pull request", json!({ "sub": "repo:org/app:pull_request" })),
            ("beyond the pattern", json!({ "sub": "repo:org/app:ref:refs/heads/main:x" })),
            ("another audience", json!({ "aud": "https://vault.example" })),
            ("the audience of another issuer's entry", json!({ "aud": "muster" })),
            ("another issuer", json!({ "iss": "https://ci.example" })),
            ("the client itself", json!({ "iss": client.client_id, "sub": client.client_id })),
            ("expired", json!({ "exp": provider.now().as_seconds() - 120 })),
        ] {
            assert_invalid_client(&ask(&client, &github(changed)).await, attack);
        }
        let forged = Signer::new(Alg::Rs256).named(&signer.kid);
        let said = claims(provider, &client, &json!({ "iss": issuer, "sub": "repo:org/app:ref:refs/heads/main" }));
        assert_invalid_client(&ask(&client, &forged.jwt(&said)).await, "forged");
        // Its secret still works, until it is told to use nothing else.
        assert_eq!(client.token_request(Proof::Basic, &[("grant_type", "client_credentials")]).await.status, 200);
        // A token without a client beside it could be anybody's.
        let form = [("grant_type", "client_credentials"), ("client_assertion_type", ASSERTION_TYPE), ("client_assertion", &github(json!({})))];
        let nobody = Client { client_id: String::new(), ..client.clone() };
        assert_refused(&nobody.post("/api/oidc/token", Proof::None, &form).await, 401, "invalid_client");
        // An issuer whose metadata belongs to another one is not believed.
        let imposter = Published::start().await;
        imposter.put("/.well-known/openid-configuration", 200, json!({ "issuer": issuer, "jwks_uri": format!("{issuer}/keys") }).to_string());
        let fooled = Workload { issuer: imposter.base.clone(), subject: "x".into(), ..Workload::default() };
        let policy = Authentication { method: Allowed::Workload, workloads: vec![fooled], ..Authentication::default() };
        let client = provider.client_with(|it| (it.acts_alone, it.policies.authentication) = (true, policy), &[]).await;
        let said = claims(provider, &client, &json!({ "iss": imposter.base, "sub": "x" }));
        assert_invalid_client(&ask(&client, &signer.jwt(&said)).await, "imposter");
    })
    .await;
}

#[tokio::test]
async fn a_secret_has_a_name_an_end_and_a_last_use() {
    on_both_databases(async |provider| {
        let (admin, browser) = provider.administrator().await;
        let old = provider.client_with(|it| it.acts_alone = true, &[]).await;
        let path = format!("/admin/clients/{}", old.id);
        let action = format!("{path}/secrets");
        let page = browser.get(&path).await;
        assert!(page.texts("#secrets .rows > li").join("").contains("never used"));
        let refused = browser.submit(&page, &action, &[("name", "CI"), ("days", "0")]).await;
        assert!(refused.status == 400 && refused.body.contains("whole number of days"), "{}", refused.body);
        let made = browser.submit(&page, &action, &[("name", "CI <runner>"), ("days", "30")]).await;
        let secret = made.attribute("#c-client-secret", "value").expect("a secret");
        let new = Client { secret: Some(secret.clone()), ..old.clone() };
        let asked = async |client: &Client| client.token_request(Proof::Basic, &[("grant_type", "client_credentials")]).await.status.as_u16();
        assert_eq!((asked(&new).await, asked(&old).await), (200, 200));
        let page = browser.get(&path).await;
        let lines = page.texts("#secrets .rows > li");
        assert!(lines[1].contains("CI <runner>") && lines[1].contains("last used") && lines[1].contains("ends"), "{lines:?}");
        assert!(!page.body.contains(&secret) && page.texts("#secrets .notice").is_empty());
        assert_eq!(provider.count("SELECT COUNT(*) FROM client_secrets WHERE last_used_at IS NOT NULL").await, 2);

        // Only the one that ends is left: the page warns before it does, and it ends.
        let first = old.secret.as_deref().expect("a secret")[..18].to_owned();
        browser.submit(&page, &format!("{action}/delete"), &[("hint", &first)]).await;
        provider.wait(Duration::from_secs(20 * 86_400));
        provider.sign_in(&browser, &admin).await;
        let page = browser.get(&path).await;
        assert!(page.texts("#secrets .notice").join("").contains("ends on") && page.texts("#secrets .badge") == ["ends soon"]);
        assert_eq!(asked(&new).await, 200);
        provider.wait(Duration::from_secs(10 * 86_400));
        assert_eq!(asked(&new).await, 401, "it has ended");
        provider.sign_in(&browser, &admin).await;
        let page = browser.get(&path).await;
        assert!(page.texts("#secrets .notice").join("").contains("has ended") && page.texts("#secrets .badge") == ["ended"]);
    })
    .await;
}
