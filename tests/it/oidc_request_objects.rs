//! Signed authorization requests (RFC 9101), in the address and pushed (RFC 9126 section 3); with the names of the conformance suite's modules where it has one.

use muster::clients::policy::authentication::{Allowed, Authentication};
use muster::jose::Alg;
use muster::secret::base64url;
use serde_json::{Value, json};

use crate::oidc_support::{Client, Proof, Provider, REDIRECT_URI, STATE, answered, assert_refused, claims, on_both_databases, succeeded};
use crate::support::http::{Answer, Browser};
use crate::support::signer::{Published, Signer, jwks};

/// A client with a secret that may sign its requests with these keys.
async fn client_of(provider: &Provider, signers: &[&Signer], change: impl FnOnce(&mut Authentication)) -> Client {
    let mut policy = Authentication { jwks: jwks(signers), ..Authentication::default() };
    change(&mut policy);
    provider.client_with(|it| it.policies.authentication = policy, &[]).await
}

/// What a request object says, but for what is changed; null leaves a member out.
fn object(provider: &Provider, client: &Client, changed: &Value) -> Value {
    let now = provider.now().as_seconds();
    let mut claims = json!({ "iss": client.client_id, "aud": provider.base, "exp": now + 300, "nbf": now, "iat": now });
    for (name, value) in client.parameters(&[]) {
        claims[name] = value.into();
    }
    for (name, value) in changed.as_object().expect("an object") {
        if value.is_null() {
            claims.as_object_mut().expect("an object").remove(name);
        } else {
            claims[name] = value.clone();
        }
    }
    claims
}

async fn visit(browser: &Browser, client: &Client, outside: &[(&str, &str)], request: &str) -> Answer {
    let query = [&[("client_id", client.client_id.as_str()), ("request", request)], outside].concat();
    browser.get(&format!("/authorize?{}", serde_urlencoded::to_string(query).expect("a query"))).await
}

async fn push(client: &Client, outside: &[(&str, &str)]) -> Answer {
    client.post("/api/oidc/par", Proof::Basic, outside).await
}

/// A token whose signature belongs to something else.
fn tampered(token: &str) -> String {
    let (signed, signature) = token.rsplit_once('.').expect("a JWT");
    let (first, rest) = signature.split_at(1);
    format!("{signed}.{}{rest}", if first == "A" { "B" } else { "A" })
}

fn error(answer: &Answer) -> String {
    answered(answer).remove("error").unwrap_or_else(|| panic!("no error: {} {:?} {}", answer.status, answer.location(), answer.body))
}

async fn signed_in(provider: &Provider) -> Browser {
    provider.browser_of(&provider.person("ada").await).await
}

#[tokio::test]
async fn what_a_signed_request_says_is_the_request_and_what_stands_beside_it_is_not() {
    on_both_databases(async |provider| {
        let browser = signed_in(provider).await;
        for alg in Alg::ALL {
            let signer = Signer::new(alg);
            let client = client_of(provider, &[&signer], |_| {}).await;
            let said = object(provider, &client, &json!({ "nonce": "inside", "max_age": 3600, "claims": { "id_token": { "email": null } } }));
            let outside = [
                ("nonce", "outside"),
                ("state", "outside"),
                ("scope", "openid profile"),
                ("redirect_uri", "https://evil.example/"),
                ("prompt", "login"),
            ];
            let answer = visit(&browser, &client, &outside, &signer.jwt(&said)).await;
            let parameters = answered(&answer);
            assert_eq!(parameters.get("state").map(String::as_str), Some(STATE), "{alg}: {:?} {}", answer.location(), answer.body);
            assert!(answer.location().expect("a redirect").as_str().starts_with("https://wiki.example.org/callback"));
            let tokens = succeeded(&client.redeem(&parameters["code"], &[]).await);
            assert_eq!((claims(&tokens)["nonce"].as_str(), claims(&tokens)["email"].as_str()), (Some("inside"), Some("ada@example.org")));
            assert_eq!(tokens["scope"], "openid");
        }
    })
    .await;
}

#[tokio::test]
async fn fapi2_message_signing_happy_flow_of_a_signed_request_that_is_pushed() {
    on_both_databases(async |provider| {
        let (browser, signer) = (signed_in(provider).await, Signer::new(Alg::Ps256));
        let client = client_of(provider, &[&signer], |policy| (policy.strict, policy.require_signed_request) = (true, true)).await;
        let said = object(provider, &client, &json!({}));
        let typed = signer.jwt_with(&json!({ "alg": "PS256", "kid": signer.kid, "typ": "oauth-authz-req+jwt" }), &said);
        for request in [signer.jwt(&said), typed] {
            // Parameters beside it count for nothing here either.
            let answer = push(&client, &[("request", &request), ("redirect_uri", "https://evil.example/"), ("scope", "nothing")]).await;
            assert_eq!(answer.status.as_u16(), 201, "{}", answer.body);
            let pushed = answer.json()["request_uri"].as_str().expect("a name").to_owned();
            let query = [("client_id", client.client_id.as_str()), ("request_uri", &pushed)];
            let answer = browser.get(&format!("/authorize?{}", serde_urlencoded::to_string(query).expect("a query"))).await;
            succeeded(&client.redeem(&answered(&answer)["code"], &[]).await);
        }
        let now = provider.now().as_seconds();
        for (module, changed) in [
            ("ensure-request-object-without-exp-fails", json!({ "exp": null })),
            ("ensure-request-object-without-nbf-fails", json!({ "nbf": null })),
            ("ensure-request-object-with-exp-over-60-fails", json!({ "exp": now + 3_700 })),
            ("ensure-request-object-with-nbf-over-60-fails", json!({ "nbf": now - 3_700 })),
            ("ensure-expired-request-object-fails", json!({ "exp": now - 60 })),
            ("ensure-request-object-with-bad-aud-fails", json!({ "aud": "https://other.example" })),
            ("without aud", json!({ "aud": null })),
        ] {
            assert_refused(&push(&client, &[("request", &signer.jwt(&object(provider, &client, &changed)))]).await, 400, "invalid_request_object");
            let answer = visit(&browser, &client, &[], &signer.jwt(&object(provider, &client, &changed))).await;
            assert_eq!(error(&answer), "invalid_request_object", "{module}");
        }
        for good in [json!({ "aud": [provider.base, "https://other.example"] }), json!({ "nbf": now + 8 })] {
            assert_eq!(push(&client, &[("request", &signer.jwt(&object(provider, &client, &good)))]).await.status.as_u16(), 201, "{good}");
        }
        let rs256 = Signer::new(Alg::Rs256);
        let lax = client_of(provider, &[&rs256], |policy| policy.strict = true).await;
        assert_refused(&push(&lax, &[("request", &rs256.jwt(&object(provider, &lax, &json!({}))))]).await, 400, "invalid_request_object");
    })
    .await;
}

#[tokio::test]
async fn a_request_that_nobody_who_counts_signed_is_refused() {
    on_both_databases(async |provider| {
        let (browser, signer, stranger) = (signed_in(provider).await, Signer::new(Alg::Es256), Signer::new(Alg::Es256));
        let client = client_of(provider, &[&signer], |_| {}).await;
        let other = client_of(provider, &[&stranger], |_| {}).await;
        let said = object(provider, &client, &json!({}));
        let outside = [("redirect_uri", REDIRECT_URI), ("state", "s")];
        let unsigned = format!("{}.{}.", base64url(br#"{"alg":"none"}"#), base64url(said.to_string().as_bytes()));
        let with = |changed: Value| signer.jwt(&object(provider, &client, &changed));
        let now = provider.now().as_seconds();
        for (attack, request) in [
            ("ensure-request-object-signature-algorithm-is-not-none", unsigned),
            ("ensure-request-object-with-invalid-signature-fails", tampered(&signer.jwt(&said))),
            ("another client's key", stranger.jwt(&said)),
            ("another client's key under its kid", stranger.jwt_with(&json!({ "alg": "ES256", "kid": signer.kid }), &said)),
            ("a key in the header", stranger.jwt_with(&json!({ "alg": "ES256", "jwk": stranger.jwk() }), &said)),
            ("a client assertion's kind", signer.jwt_with(&json!({ "alg": "ES256", "kid": signer.kid, "typ": "client-authentication+jwt" }), &said)),
            ("another client's id inside", with(json!({ "client_id": other.client_id }))),
            ("no client_id inside", with(json!({ "client_id": null }))),
            ("another issuer", with(json!({ "iss": other.client_id }))),
            ("a client assertion's subject", with(json!({ "sub": client.client_id }))),
            ("another audience", with(json!({ "aud": "https://other.example" }))),
            ("expired", with(json!({ "exp": now - 300 }))),
            ("not good yet", with(json!({ "nbf": now + 300 }))),
            ("a request in the request", with(json!({ "request": "x" }))),
            ("a request_uri in the request", with(json!({ "request_uri": "urn:x" }))),
            ("not a JWT", "hello".to_owned()),
            ("too long", with(json!({ "x": "x".repeat(20_000) }))),
        ] {
            if request.len() < 10_000 {
                let answer = visit(&browser, &client, &outside, &request).await;
                assert_eq!((error(&answer).as_str(), answered(&answer).contains_key("code")), ("invalid_request_object", false), "{attack}");
            }
            assert_refused(&push(&client, &[("request", &request)]).await, 400, "invalid_request_object");
        }
        // Where nobody knows that the redirect URI is the client's, a page says it.
        let answer = visit(&browser, &client, &[("redirect_uri", "https://evil.example/")], "hello").await;
        assert_eq!((answer.status.as_u16(), answer.location()), (400, None));
        // oidcc-ensure-request-object-with-redirect-uri: the one inside counts, and is compared.
        let answer = visit(&browser, &client, &outside, &with(json!({ "redirect_uri": "https://evil.example/" }))).await;
        assert_eq!((answer.status.as_u16(), answer.location()), (400, None));
        // What is wrong inside is told where the object says.
        let answer = visit(&browser, &client, &[], &with(json!({ "response_type": "token" }))).await;
        assert_eq!((error(&answer).as_str(), answered(&answer)["state"].as_str()), ("unsupported_response_type", STATE));
        // A client assertion is no request, and a request no assertion.
        let answer = visit(&browser, &other, &outside, &stranger.jwt(&object(provider, &client, &json!({})))).await;
        assert_eq!(error(&answer), "invalid_request_object");
    })
    .await;
}

#[tokio::test]
async fn a_client_without_keys_cannot_sign_and_one_that_must_sign_cannot_do_without() {
    on_both_databases(async |provider| {
        let (browser, signer) = (signed_in(provider).await, Signer::new(Alg::EdDsa));
        let keyless = provider.client().await;
        let answer = visit(&browser, &keyless, &[("redirect_uri", REDIRECT_URI)], &signer.jwt(&object(provider, &keyless, &json!({})))).await;
        assert_eq!(error(&answer), "request_not_supported");
        assert_refused(&push(&keyless, &[("request", &signer.jwt(&json!({})))]).await, 400, "request_not_supported");

        let strict = client_of(provider, &[&signer], |policy| policy.require_signed_request = true).await;
        assert_eq!(error(&browser.get(&strict.request(&[])).await), "invalid_request");
        let parameters = strict.parameters(&[]);
        let parameters: Vec<(&str, &str)> = parameters.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_refused(&push(&strict, &parameters).await, 400, "invalid_request");
        let answer = visit(&browser, &strict, &[], &signer.jwt(&object(provider, &strict, &json!({})))).await;
        assert!(answered(&answer).contains_key("code"));

        // Nobody is signed in: the request waits, and what was signed is what is answered.
        let visitor = provider.browser();
        let answer = visit(&visitor, &strict, &[("scope", "openid email")], &signer.jwt(&object(provider, &strict, &json!({})))).await;
        let to = answer.location().expect("to sign in");
        assert_eq!(to.path(), "/sign-in");
        provider.sign_in(&visitor, &provider.person("eve").await).await;
        let answer = visitor.get(&to.as_str().replace("/sign-in", "/authorize/continue")).await;
        let tokens = succeeded(&strict.redeem(&answered(&answer)["code"], &[]).await);
        assert_eq!(tokens["scope"], "openid");

        // The one algorithm it is registered for.
        let narrow = client_of(provider, &[&signer], |policy| policy.request_object_alg = Some(Alg::Es256)).await;
        let answer = visit(&browser, &narrow, &[("redirect_uri", REDIRECT_URI)], &signer.jwt(&object(provider, &narrow, &json!({})))).await;
        assert_eq!(error(&answer), "invalid_request_object");
    })
    .await;
}

#[tokio::test]
async fn a_form_may_carry_a_signed_request_and_its_key_may_be_fetched() {
    let provider = Provider::start(None).await;
    let (browser, signer, published) = (signed_in(&provider).await, Signer::new(Alg::Rs256), Published::start().await);
    let uri = published.put("/jwks", 200, jwks(&[&signer]));
    let policy = Authentication { method: Allowed::ClientSecretBasic, jwks_uri: uri, ..Authentication::default() };
    let client = provider.client_with(|it| it.policies.authentication = policy, &[]).await;
    let request = signer.jwt(&object(&provider, &client, &json!({})));
    let form = [("client_id", client.client_id.as_str()), ("request", &request)];
    let posted = browser.request(reqwest::Method::POST, "/authorize").form(&form);
    let answer = crate::support::http::answer(posted).await;
    let to = answer.location().expect("a redirect to the same as GET");
    let answer = browser.get(to.as_str()).await;
    assert!(answered(&answer).contains_key("code"), "{}", answer.body);
    // request_uri of others is refused as ever, also beside a request.
    let answer = visit(&browser, &client, &[("redirect_uri", REDIRECT_URI), ("request_uri", "https://evil.example/r")], &request).await;
    assert_eq!(error(&answer), "invalid_request");
    provider.running.stop().await;
}
