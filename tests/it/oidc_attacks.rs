//! Attacks on the OpenID provider, by their names (RFC 9700, OAuth 2.0 Security Best Current Practice). Those on one part stand with that part's tests.

use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use reqwest::Method;

use crate::oidc_support::{Proof, REDIRECT_URI, answered, assert_refused, claims, on_both_databases, plain, succeeded};
use crate::support::http::answer;

/// RFC 9700 section 4.1: what parsers disagree about.
#[tokio::test]
async fn redirect_uri_tricks() {
    on_both_databases(async |provider| {
        let (ada, client) = (provider.person("ada").await, provider.client().await);
        let browser = provider.browser_of(&ada).await;
        for bad in [
            // userinfo
            "https://wiki.example.org@evil.example/callback?tenant=1",
            "https://wiki.example.org:x@evil.example/callback?tenant=1",
            "https://evil.example@wiki.example.org/callback?tenant=1",
            // backslash
            "https://wiki.example.org\\@evil.example/callback?tenant=1",
            "https://evil.example\\wiki.example.org/callback?tenant=1",
            "https:\\\\wiki.example.org/callback?tenant=1",
            // unicode: full-width, dotless, a right-to-left mark, a soft hyphen
            "https://wiki.example.org\u{ff0f}callback?tenant=1",
            "https://wık\u{131}.example.org/callback?tenant=1",
            "https://wiki.example.org\u{200f}/callback?tenant=1",
            "https://wiki\u{ad}.example.org/callback?tenant=1",
            // path traversal
            "https://wiki.example.org/callback/../evil?tenant=1",
            "https://wiki.example.org/callback/%2e%2e/evil?tenant=1",
            "https://wiki.example.org/./callback?tenant=1",
            "https://wiki.example.org//callback?tenant=1",
            // fragment
            "https://wiki.example.org/callback?tenant=1#",
            "https://wiki.example.org/callback?tenant=1#@evil.example",
            "https://wiki.example.org/callback?tenant=1%23",
            // double decoding
            "https://wiki.example.org/callback%3Ftenant=1",
            "https://wiki.example.org/callback%253Ftenant=1",
            "https://wiki.example.org/%63allback?tenant=1",
            // the rest
            "https://wiki.example.org/callback?tenant=1&tenant=2",
            "https://wiki.example.org/callback?tenant=1\r\nLocation:https://evil.example",
            " https://wiki.example.org/callback?tenant=1",
            "https://wiki.example.org/callback?tenant=1\t",
            "HTTPS://wiki.example.org/callback?tenant=1",
            "javascript:alert(1)//https://wiki.example.org/callback?tenant=1",
            "//wiki.example.org/callback?tenant=1",
        ] {
            let done = browser.get(&client.request(&[("redirect_uri", bad)])).await;
            assert_eq!((done.status.as_u16(), done.location()), (400, None), "{bad}");
        }
        // And given twice, the right one first or last.
        for twice in [[REDIRECT_URI, "https://evil.example/"], ["https://evil.example/", REDIRECT_URI]] {
            let added = serde_urlencoded::to_string(twice.map(|uri| ("redirect_uri", uri))).unwrap();
            let done = browser.get(&format!("{}&{added}", client.request(&[("redirect_uri", "")]))).await;
            assert_eq!((done.status.as_u16(), done.location()), (400, None), "{twice:?}");
        }
    })
    .await;
}

/// RFC 9700 section 4.5: a code that was stolen is put into the thief's own sign-in at the same app.
#[tokio::test]
async fn code_injection() {
    on_both_databases(async |provider| {
        let (ada, client) = (provider.person("ada").await, provider.client().await);
        let stolen = client.code(&provider.browser_of(&ada).await, &[]).await;
        let thief = crate::oidc_support::Client { verifier: "t".repeat(43), ..client.clone() };
        assert_refused(&thief.redeem(&stolen, &[]).await, 400, "invalid_grant");
        assert_refused(&client.redeem(&stolen, &[]).await, 400, "invalid_grant");
        // At another address of the same app.
        let stolen = client.code(&provider.browser_of(&ada).await, &[]).await;
        assert_refused(&client.redeem(&stolen, &[("redirect_uri", "https://wiki.example.org/callback?tenant=2")]).await, 400, "invalid_grant");
    })
    .await;
}

/// RFC 9700 section 4.8.2: the challenge is taken out of the request, or the verifier out of the redemption.
#[tokio::test]
async fn pkce_downgrade() {
    on_both_databases(async |provider| {
        let (ada, client) = (provider.person("ada").await, provider.client().await);
        let browser = provider.browser_of(&ada).await;
        let without = client.code(&browser, &[("code_challenge", ""), ("code_challenge_method", "")]).await;
        assert_refused(&client.redeem(&without, &[]).await, 400, "invalid_grant");
        let with = client.code(&browser, &[]).await;
        assert_refused(&client.redeem(&with, &[("code_verifier", "")]).await, 400, "invalid_grant");
        let plain = answered(&browser.get(&client.request(&[("code_challenge_method", "plain")])).await);
        assert_eq!(plain.get("error").map(String::as_str), Some("invalid_request"));
        let unnamed = answered(&browser.get(&client.request(&[("code_challenge_method", "")])).await);
        assert_eq!(unnamed.get("error").map(String::as_str), Some("invalid_request"), "the default would be plain (RFC 7636, section 4.3)");
    })
    .await;
}

/// RFC 9700 section 4.4: every answer says from whom it is, good or bad, in each response mode (RFC 9207).
#[tokio::test]
async fn mix_up() {
    on_both_databases(async |provider| {
        let (ada, client) = (provider.person("ada").await, provider.client().await);
        let browser = provider.browser_of(&ada).await;
        for wrong in [("prompt", ""), ("scope", "nothing-we-know"), ("request_uri", "https://evil.example/")] {
            let answer = answered(&browser.get(&client.request(&[wrong])).await);
            assert_eq!(answer.get("iss"), Some(&provider.base), "{wrong:?}: {answer:?}");
        }
        let fragment = browser.get(&client.request(&[("response_mode", "fragment")])).await.location().expect("a redirect");
        let issuer: String = url::form_urlencoded::byte_serialize(provider.base.as_bytes()).collect();
        assert!(fragment.fragment().is_some_and(|fragment| fragment.contains(&format!("iss={issuer}"))), "{fragment}");
        let form = browser.get(&client.request(&[("response_mode", "form_post")])).await;
        assert_eq!(form.attribute("[name=iss]", "value").as_ref(), Some(&provider.base));
    })
    .await;
}

/// RFC 9700 section 4.9: what one app was given is used at, or as, another.
#[tokio::test]
async fn token_substitution_between_clients() {
    on_both_databases(async |provider| {
        let ada = provider.person("ada").await;
        let (wiki, mail, browser) = (provider.client().await, provider.client().await, provider.browser_of(&ada).await);
        let tokens = wiki.tokens(&browser, &[("scope", "openid offline_access")]).await;
        assert_eq!(claims(&tokens)["aud"], serde_json::json!([wiki.client_id]));
        let refresh = tokens["refresh_token"].as_str().unwrap();
        assert_refused(&mail.refresh(refresh).await, 400, "invalid_grant");
        assert_refused(&mail.redeem(&wiki.code(&browser, &[]).await, &[]).await, 400, "invalid_grant");
        // Taking back what is another app's has no effect (RFC 7009, section 2.1), and the other app still works.
        for token in [refresh, tokens["access_token"].as_str().unwrap()] {
            mail.post("/api/oidc/revoke", Proof::Basic, &[("token", token)]).await;
        }
        assert_eq!(provider.userinfo(tokens["access_token"].as_str().unwrap()).await.status, 200);
        let refreshed = succeeded(&wiki.refresh(refresh).await);
        // One kind of token does not pass for another.
        for wrong in [&tokens["id_token"], &refreshed["refresh_token"]] {
            assert_eq!(provider.userinfo(wrong.as_str().unwrap()).await.status, 401);
        }
        for wrong in [&refreshed["access_token"], &tokens["id_token"]] {
            assert_refused(&wiki.refresh(wrong.as_str().unwrap()).await, 400, "invalid_grant");
        }
    })
    .await;
}

/// Every endpoint, every parameter it knows, with what nobody expects: an answer, never a failure of ours.
#[tokio::test]
async fn oversized_and_malformed_parameters() {
    const NAMES: [&str; 31] = [
        "client_id",
        "client_secret",
        "redirect_uri",
        "response_type",
        "response_mode",
        "scope",
        "state",
        "nonce",
        "prompt",
        "max_age",
        "acr_values",
        "claims",
        "login_hint",
        "id_token_hint",
        "code_challenge",
        "code_challenge_method",
        "request",
        "request_uri",
        "registration",
        "grant_type",
        "code",
        "code_verifier",
        "refresh_token",
        "token",
        "token_type_hint",
        "device_code",
        "post_logout_redirect_uri",
        "logout_hint",
        "ui_locales",
        "user_code",
        "then",
    ];
    const PATHS: [&str; 14] = [
        "/authorize",
        "/authorize/continue",
        "/authorize/consent",
        "/api/oidc/token",
        "/api/oidc/userinfo",
        "/api/oidc/par",
        "/api/oidc/device/authorize",
        "/api/oidc/revoke",
        "/api/oidc/introspect",
        "/api/oidc/end-session",
        "/api/oidc/end-session/confirm",
        "/signed-out",
        "/device",
        "/sign-in",
    ];
    on_both_databases(async |provider| {
        let (ada, client) = (provider.person("ada").await, provider.client().await);
        let browser = provider.browser_of(&ada).await;
        let mut runner = TestRunner::new_with_rng(Config::default(), TestRng::deterministic_rng(RngAlgorithm::ChaCha));
        let value = proptest::prop_oneof![
            "\\PC{0,40}",
            "[\\x00-\\x1f\"'<>{}\\[\\]%&+;/\\\\]{0,20}",
            "[a-z]{1,3}".prop_map(|text| text.repeat(3000)),
            proptest::strategy::Just(client.client_id.clone()),
            proptest::strategy::Just(REDIRECT_URI.to_owned()),
            proptest::sample::select(vec![
                "authorization_code",
                "refresh_token",
                "code",
                "openid",
                "none",
                "S256",
                "-1",
                "18446744073709551616",
                "{}",
                "null"
            ])
            .prop_map(str::to_owned),
        ];
        let parameters = proptest::collection::vec((proptest::sample::select(NAMES.to_vec()), value), 0..8);
        for round in 0..25 {
            for path in PATHS {
                let mut form = parameters.new_tree(&mut runner).expect("a value").current();
                // Half of them come further: a client that exists asks properly for the rest.
                if round % 2 == 0 {
                    form.push(("client_id", client.client_id.clone()));
                    form.push(("redirect_uri", REDIRECT_URI.to_owned()));
                }
                let query = serde_urlencoded::to_string(&form).expect("a form");
                let cut: String = query.chars().take(12_000).collect();
                let got = answer(browser.request(Method::GET, &format!("{path}?{cut}")).header("sec-fetch-site", "same-origin")).await;
                assert!(got.status.as_u16() < 500, "GET {path}?{cut}: {}", got.status);
                let posted = browser.request(Method::POST, path).header("sec-fetch-site", "same-origin");
                let posted = posted.header("content-type", "application/x-www-form-urlencoded").basic_auth(&client.client_id, client.secret.as_ref());
                let posted = answer(posted.body(query.clone())).await;
                assert!(posted.status.as_u16() < 500, "POST {path} {query}: {}", posted.status);
            }
        }
        // Too large altogether, and no form at all.
        for path in PATHS {
            for body in [vec![b'a'; 100_000], vec![0xff; 100], b"a=%".to_vec(), b"=&=&&%00=%00".to_vec()] {
                let request = plain().post(format!("{}{path}", provider.base)).header("sec-fetch-site", "same-origin");
                let status = answer(request.header("content-type", "application/x-www-form-urlencoded").body(body)).await.status.as_u16();
                assert!(status < 500, "{path}: {status}");
            }
        }
        assert_eq!(browser.get("/healthz").await.status, 204);
    })
    .await;
}
