//! Modules of `oidcc-dynamic-certification-test-plan` for a client that registers itself and proves itself with a key of its own, by their names. Those about keys
//! at an address stand in `oidc_client_auth`, those about sectors in `oidc_sectors`, the rest in `oidc_basic`, whose clients are registered by hand.

use muster::id::ClientId;
use muster::secret::{base64url, random_bytes};
use serde_json::{Value, json};

use crate::oidc_registration::{call, register, set};
use crate::oidc_support::{Client, Provider, STATE, answered, assert_refused, claims, header, on_both_databases, plain, succeeded};
use crate::support::http::{Answer, Browser, answer};
use crate::tokens_support::HeldKey;

/// A client that registered itself.
struct Itself {
    client: Client,
    key: HeldKey,
    said: Value,
}

impl Itself {
    /// Registers with what the suite sends, and more.
    async fn new(provider: &Provider, more: &[(&str, Value)]) -> Self {
        let key = HeldKey::new();
        let mut metadata = json!({
            "client_name": "Suite", "grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"], "contacts": ["certification@oidf.org"],
            "redirect_uris": ["https://suite.example.org/callback"], "token_endpoint_auth_method": "private_key_jwt", "jwks": { "keys": [key.jwk()] },
        });
        for (name, value) in more {
            metadata[*name] = value.clone();
        }
        let answer = register(provider, None, &metadata).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        let said: Value = answer.json();
        let client = Client {
            base: provider.base.clone(),
            id: ClientId::new(),
            client_id: said["client_id"].as_str().expect("a client ID").to_owned(),
            secret: None,
            redirect_uri: said["redirect_uris"][0].as_str().expect("a redirect URI").to_owned(),
            verifier: base64url(&random_bytes::<32>()),
        };
        Self { client, key, said }
    }

    async fn token(&self, provider: &Provider, parameters: &[(&str, &str)]) -> Answer {
        let (now, id) = (provider.now().as_seconds(), self.client.client_id.as_str());
        // As the suite's other modules send it; one of them sends the issuer.
        let aud = format!("{}/api/oidc/token", provider.base);
        let assertion = json!({ "iss": id, "sub": id, "aud": aud, "jti": base64url(&random_bytes::<16>()), "iat": now, "exp": now + 60 });
        let assertion = self.key.sign(&json!({ "alg": "ES256" }), &assertion);
        let mut all = parameters.to_vec();
        all.extend([("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"), ("client_assertion", assertion.as_str())]);
        self.client.post_proved("/api/oidc/token", &all, &[]).await
    }

    /// The whole way to tokens; the person agrees when they are asked.
    async fn tokens(&self, provider: &Provider, browser: &Browser, changed: &[(&str, &str)]) -> Value {
        let page = browser.get(&self.client.request(changed)).await;
        let told = if page.texts("#vouched-by").is_empty() {
            answered(&page)
        } else {
            answered(&browser.submit(&page, "/authorize/consent", &[("decision", "allow")]).await)
        };
        assert_eq!(told["state"], STATE);
        let parameters = [
            ("grant_type", "authorization_code"),
            ("code", told["code"].as_str()),
            ("redirect_uri", &self.client.redirect_uri),
            ("code_verifier", &self.client.verifier),
        ];
        succeeded(&self.token(provider, &parameters).await)
    }

    async fn refresh(&self, provider: &Provider, tokens: &Value) -> Answer {
        let token = tokens["refresh_token"].as_str().expect("a refresh token");
        self.token(provider, &[("grant_type", "refresh_token"), ("refresh_token", token)]).await
    }

    /// The suite does so after each module.
    async fn unregister(&self, provider: &Provider) {
        let text = |name: &str| self.said[name].as_str().expect("as the server made it");
        let gone = call(provider, reqwest::Method::DELETE, text("registration_client_uri"), Some(text("registration_access_token")), None).await;
        assert_eq!(gone.status, 204);
    }
}

async fn each(test: impl AsyncFn(&Provider, &Browser)) {
    on_both_databases(async |provider| {
        set(provider, "client_registration", "open").await;
        let browser = provider.browser_of(&provider.person("ada").await).await;
        test(provider, &browser).await;
    })
    .await;
}

#[tokio::test]
async fn oidcc_server() {
    each(async |provider, browser| {
        let suite = Itself::new(provider, &[]).await;
        assert!(suite.said.get("client_secret").is_none(), "with a key of its own it gets none");
        let tokens = suite.tokens(provider, browser, &[("scope", "openid profile")]).await;
        let id_token = claims(&tokens);
        assert_eq!((&id_token["iss"], &id_token["nonce"]), (&json!(provider.base), &json!("n-0S6_WzA2Mj")));
        let userinfo: Value = provider.userinfo(tokens["access_token"].as_str().expect("a token")).await.json();
        assert_eq!((&userinfo["sub"], &userinfo["name"]), (&id_token["sub"], &json!("Ada Lovelace")));
        suite.unregister(provider).await;
        assert_eq!(browser.get(&suite.client.request(&[])).await.status, 400);
    })
    .await;
}

#[tokio::test]
async fn oidcc_idtoken_rs256() {
    each(async |provider, browser| {
        for registered in [Value::Null, json!("RS256")] {
            let suite = Itself::new(provider, &[("id_token_signed_response_alg", registered)]).await;
            assert_eq!(suite.said["id_token_signed_response_alg"], "RS256");
            let head = header(&suite.tokens(provider, browser, &[]).await);
            assert!(head["alg"] == "RS256" && head["kid"].is_string(), "{head}");
        }
    })
    .await;
}

/// RFC 9449 section 5.2 and RFC 9101 section 10.5: what an app demands of itself is demanded of whoever comes in its name.
#[tokio::test]
async fn an_app_that_wants_its_tokens_bound_and_its_requests_signed_is_held_to_it() {
    each(async |provider, browser| {
        let bound = Itself::new(provider, &[("dpop_bound_access_tokens", json!(true))]).await;
        assert_eq!(bound.said["dpop_bound_access_tokens"], true);
        let page = browser.get(&bound.client.request(&[])).await;
        let told = answered(&browser.submit(&page, "/authorize/consent", &[("decision", "allow")]).await);
        let parameters = [
            ("grant_type", "authorization_code"),
            ("code", told["code"].as_str()),
            ("redirect_uri", &bound.client.redirect_uri),
            ("code_verifier", &bound.client.verifier),
        ];
        assert_refused(&bound.token(provider, &parameters).await, 400, "invalid_dpop_proof");

        let signs = Itself::new(provider, &[("require_signed_request_object", json!(true))]).await;
        assert_eq!(signs.said["require_signed_request_object"], true);
        assert_eq!(answered(&browser.get(&signs.client.request(&[])).await)["error"], "invalid_request");
        let without_keys = json!({ "redirect_uris": ["https://suite.example.org/callback"], "require_signed_request_object": true });
        assert_refused(&register(provider, None, &without_keys).await, 400, "invalid_client_metadata");

        // It may change its mind, as long as nobody here decided.
        let text = |name: &str| bound.said[name].as_str().expect("as the server made it");
        let new = json!({
            "client_id": bound.said["client_id"], "redirect_uris": bound.said["redirect_uris"], "token_endpoint_auth_method": "private_key_jwt",
            "jwks": { "keys": [bound.key.jwk()] },
        });
        let changed =
            call(provider, reqwest::Method::PUT, text("registration_client_uri"), Some(text("registration_access_token")), Some(&new)).await;
        assert_eq!((changed.status.as_u16(), changed.json().get("dpop_bound_access_tokens")), (200, None), "{}", changed.body);
        bound.tokens(provider, browser, &[]).await;
    })
    .await;
}

/// `none` is not offered, so the suite leaves this out; a client that asks for it is refused.
#[tokio::test]
async fn oidcc_idtoken_unsigned() {
    each(async |provider, _| {
        let metadata = json!({ "redirect_uris": ["https://suite.example.org/callback"], "id_token_signed_response_alg": "none" });
        assert_refused(&register(provider, None, &metadata).await, 400, "invalid_client_metadata");
    })
    .await;
}

/// Userinfo is not signed, and the metadata does not say that it would be; a client that asks for it is refused instead of given something else.
#[tokio::test]
async fn oidcc_userinfo_rs256() {
    each(async |provider, _| {
        let metadata: Value = answer(plain().get(format!("{}/.well-known/openid-configuration", provider.base))).await.json();
        assert!(metadata.get("userinfo_signing_alg_values_supported").is_none());
        let wanted = json!({ "redirect_uris": ["https://suite.example.org/callback"], "userinfo_signed_response_alg": "RS256" });
        assert_refused(&register(provider, None, &wanted).await, 400, "invalid_client_metadata");
    })
    .await;
}

#[tokio::test]
async fn oidcc_redirect_uri_regfrag() {
    each(async |provider, _| {
        for fragment in
            ["https://suite.example.org/callback#foobar", "https://suite.example.org/callback#", "https://suite.example.org/callback?a=1#x"]
        {
            let refused = register(provider, None, &json!({ "redirect_uris": [fragment] })).await;
            assert_refused(&refused, 400, "invalid_redirect_uri");
        }
    })
    .await;
}

#[tokio::test]
async fn oidcc_ensure_redirect_uri_in_authorization_request() {
    each(async |provider, browser| {
        let uris = json!(["https://suite.example.org/callback", "https://suite.example.org/other"]);
        for redirect_uris in [uris.clone(), json!([uris[0]])] {
            let suite = Itself::new(provider, &[("redirect_uris", redirect_uris)]).await;
            let page = browser.get(&suite.client.request(&[("redirect_uri", "")])).await;
            assert_eq!((page.status.as_u16(), page.location()), (400, None));
        }
    })
    .await;
}

#[tokio::test]
async fn oidcc_redirect_uri_query_ok_mismatch_and_added() {
    each(async |provider, browser| {
        let suite = Itself::new(provider, &[("redirect_uris", json!(["https://suite.example.org/callback?foo=bar"]))]).await;
        // query-ok
        let page = browser.get(&suite.client.request(&[])).await;
        let agreed = browser.submit(&page, "/authorize/consent", &[("decision", "allow")]).await;
        assert!(agreed.header("location").starts_with("https://suite.example.org/callback?foo=bar&"), "{}", agreed.header("location"));
        // query-mismatch, query-added
        for other in ["?foo=baz", "", "?foo=bar&bar=foo"] {
            let page = browser.get(&suite.client.request(&[("redirect_uri", &format!("https://suite.example.org/callback{other}"))])).await;
            assert_eq!((page.status.as_u16(), page.location()), (400, None), "{other}");
        }
    })
    .await;
}

/// The page on which people are asked leads to what the client named; nothing of it is loaded.
#[tokio::test]
async fn oidcc_registration_policy_uri() {
    statement("policy_uri", "privacy policy").await;
}

#[tokio::test]
async fn oidcc_registration_tos_uri() {
    statement("tos_uri", "terms of use").await;
}

async fn statement(name: &str, called: &str) {
    each(async |provider, browser| {
        let address = format!("https://suite.example.org/{name}?a=1&b=%22");
        let suite = Itself::new(provider, &[(name, json!(address))]).await;
        assert_eq!(suite.said[name], address);
        let page = browser.get(&suite.client.request(&[])).await;
        assert_eq!(page.attribute("#statements a", "href").as_deref(), Some(address.as_str()), "{}", page.body);
        assert!(page.texts("#statements a").join("").contains(called));
        for bad in ["javascript:alert(1)", "data:text/html,x", "//evil.example"] {
            let metadata = json!({ "redirect_uris": ["https://suite.example.org/callback"], name: bad });
            assert_refused(&register(provider, None, &metadata).await, 400, "invalid_client_metadata");
        }
        // A client somebody here registered is vouched for by them.
        let own = provider.client_with(|it| it.skip_consent = false, &[]).await;
        assert!(browser.get(&own.request(&[])).await.texts("#statements").is_empty());
    })
    .await;
}

/// A picture of a stranger's is shown to nobody: it could be another app's. The client is registered all the same, and shown with its first letter.
#[tokio::test]
async fn oidcc_registration_logo_uri() {
    each(async |provider, browser| {
        let suite = Itself::new(provider, &[("logo_uri", json!("https://suite.example.org/logo.png"))]).await;
        let page = browser.get(&suite.client.request(&[])).await;
        assert_eq!(page.status, 200);
        assert!(!page.body.contains("logo.png"), "neither loaded nor linked");
        suite.tokens(provider, browser, &[]).await;
    })
    .await;
}

#[tokio::test]
async fn oidcc_refresh_token() {
    each(async |provider, browser| {
        let (suite, second) = (Itself::new(provider, &[]).await, Itself::new(provider, &[]).await);
        let asked = [("scope", "openid offline_access"), ("prompt", "consent")];
        let (tokens, others) = (suite.tokens(provider, browser, &asked).await, second.tokens(provider, browser, &asked).await);
        provider.wait(std::time::Duration::from_secs(1));
        let again = succeeded(&suite.refresh(provider, &tokens).await);
        let (before, after) = (claims(&tokens), claims(&again));
        for name in ["iss", "sub", "aud", "auth_time"] {
            assert_eq!(before[name], after[name], "{name}");
        }
        assert_ne!(before["iat"], after["iat"]);
        assert_refused(&suite.refresh(provider, &others).await, 400, "invalid_grant");
    })
    .await;
}

/// `oidcc-request-uri-unsigned` and `oidcc-request-uri-signed-rs256`: request objects by reference are not offered; fetching what a stranger names for each sign-in is not worth it.
#[tokio::test]
async fn oidcc_request_uri_unsigned_and_signed_rs256() {
    each(async |provider, browser| {
        let metadata: Value = answer(plain().get(format!("{}/.well-known/openid-configuration", provider.base))).await.json();
        assert_eq!(metadata["request_uri_parameter_supported"], false);
        let suite = Itself::new(provider, &[("request_uris", json!(["https://suite.example.org/request.jwt#hash"]))]).await;
        let told = answered(&browser.get(&suite.client.request(&[("request_uri", "https://suite.example.org/request.jwt")])).await);
        assert_eq!((told["error"].as_str(), told["state"].as_str()), ("request_uri_not_supported", STATE));
    })
    .await;
}
