//! Attacks on the OpenID provider, by their names (RFC 9700, OAuth 2.0 Security Best Current Practice). Those on one part stand with that part's tests:
//!
//! | attack | test |
//! |---|---|
//! | code injection, PKCE downgrade, redirect URI tricks, mix-up, login CSRF, token substitution, oversized and malformed parameters of every endpoint | here |
//! | CSRF on consent, refresh race and theft within its grace, JWKS SSRF, confusion of `alg` and `kid` in tokens of ours | here |
//! | confusion of `alg` and `kid` in assertions, replayed assertion | `oidc_client_auth::algorithms_and_kids_are_not_confused`, `…::a_replayed_assertion_counts_once_…` |
//! | replayed DPoP proof | `oidc_dpop::a_replayed_proof_is_refused_on_every_instance` |
//! | device code phishing | `oidc_device::device_code_phishing_finds_no_easy_way` |
//! | open redirect after logout, logout CSRF | `oidc_rp_initiated::nobody_is_sent_to_an_address_that_only_looks_like_the_apps`, `…::no_other_site_signs_somebody_out_unasked_…` |
//! | sign-out by a found ID token | `oidc_logout::an_id_token_of_another_session_of_mine_does_not_sign_me_out_unasked` |
//! | a code used again much later | `oidc_token::a_code_used_twice_takes_back_what_came_of_it_however_much_later` |
//! | a database filled with proofs, pushed requests, registrations | `oidc_dpop::proofs_of_whoever_holds_nothing_…`, `oidc_pushed::strangers_…`, `oidc_registration::a_registration_flood_…` |
//! | SSRF through registrations, documents and lists | `oidc_registration::ssrf_…`, `oidc_client_documents::ssrf_…`, `oidc_sectors` |
//! | two redemptions at the same instant | `oidc_token::of_two_who_redeem_a_code_at_the_same_instant_exactly_one_wins_a_thousand_times` |

use muster::secret::{base64url, from_base64url};
use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use reqwest::Method;

use crate::oidc_registration::{register, set};
use crate::oidc_support::{Proof, REDIRECT_URI, answered, assert_refused, claims, on_both_databases, plain, succeeded};
use crate::support::http::answer;
use crate::tokens_support::HeldKey;

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

/// Login CSRF: a request that waits for a sign-in is sent to somebody else. It is a link to `/authorize` like any other (docs/decisions/2026-11-waiting-requests.md).
#[tokio::test]
async fn a_waiting_request_sent_to_somebody_else() {
    on_both_databases(async |provider| {
        let ada = provider.person("ada").await;
        let victim = provider.browser_of(&ada).await;
        let waiting = async |client: &crate::oidc_support::Client, changed: &[(&str, &str)]| {
            let to_sign_in = provider.browser().get(&client.request(changed)).await;
            let request =
                to_sign_in.location().expect("to sign in").query_pairs().find(|(name, _)| name == "request").expect("what waits").1.into_owned();
            format!("/authorize/continue?request={request}")
        };
        // The person who is here is asked as ever, and the answer is the attacker's own: their state, their challenge, an address of the app.
        let asking = provider.client_with(|it| it.skip_consent = false, &[]).await;
        let page = victim.get(&waiting(&asking, &[]).await).await;
        assert_eq!((page.status.as_u16(), page.location()), (200, None));
        assert_eq!(page.attribute("[name=user]", "value"), Some(ada.id.to_string()));
        assert_eq!(provider.count("SELECT COUNT(*) FROM grants").await, 0);
        let client = provider.client().await;
        let (sealed, linked) = (victim.get(&waiting(&client, &[]).await).await, victim.get(&client.request(&[])).await);
        assert!(sealed.header("location").starts_with(REDIRECT_URI), "{}", sealed.header("location"));
        let names = |answer: &crate::support::http::Answer| answered(answer).into_keys().collect::<Vec<_>>();
        assert_eq!((names(&sealed), answered(&sealed).get("state")), (names(&linked), answered(&linked).get("state")));
        // Made ahead, it makes no old sign-in a new one.
        let strict = provider.client_with(|it| it.policies.claims.reauthenticate = true, &[]).await;
        let ahead = [waiting(&client, &[("prompt", "login")]).await, waiting(&strict, &[]).await];
        provider.wait(std::time::Duration::from_secs(60));
        provider.sign_in(&victim, &ada).await;
        provider.wait(std::time::Duration::from_secs(6 * 60));
        for ahead in &ahead {
            let stopped = victim.get(ahead).await;
            assert!(stopped.header("location").starts_with("/sign-in?"), "{} {}", stopped.status, stopped.header("location"));
        }
        // Changed, or an hour old, it is nothing.
        let waiting = waiting(&client, &[]).await;
        assert_eq!(victim.get(&waiting[..waiting.len() - 4]).await.status, 410);
        provider.wait(std::time::Duration::from_secs(3601));
        assert_eq!(victim.get(&waiting).await.status, 410);
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

/// Another site sends the form of the page that asks, with everything that stands in it, or shows the page inside its own.
#[tokio::test]
async fn csrf_on_consent() {
    on_both_databases(async |provider| {
        let (ada, eve) = (provider.person("ada").await, provider.person("eve").await);
        let client = provider.client_with(|it| it.skip_consent = false, &[]).await;
        let (victim, attacker) = (provider.browser_of(&ada).await, provider.browser_of(&eve).await);
        let pages = [victim.get(&client.request(&[])).await, attacker.get(&client.request(&[])).await];
        for page in &pages {
            assert!(page.header("content-security-policy").contains("frame-ancestors 'none'"), "{}", page.header("content-security-policy"));
            let field = |name: &str| page.attribute(&format!("[name={name}]"), "value").expect("a field");
            let users = [field("user"), ada.id.to_string()];
            for user in &users {
                let form = [("request", field("request")), ("user", user.clone()), ("decision", "allow".to_owned())];
                for (name, value) in
                    [("origin", "https://evil.example"), ("origin", "null"), ("sec-fetch-site", "cross-site"), ("sec-fetch-site", "same-site")]
                {
                    let sent = answer(victim.request(Method::POST, "/authorize/consent").header(name, value).form(&form)).await;
                    assert_eq!((sent.status.as_u16(), sent.location()), (403, None), "{name}: {value}");
                }
            }
            // By a link, nothing is agreed to either.
            let query =
                serde_urlencoded::to_string([("request", field("request")), ("user", ada.id.to_string()), ("decision", "allow".to_owned())]).unwrap();
            assert_eq!(victim.get(&format!("/authorize/consent?{query}")).await.status, 405);
        }
        assert_eq!(provider.count("SELECT COUNT(*) FROM grants").await, 0);
    })
    .await;
}

/// A refresh token that was stolen is used by thief and app at the same instant, at two instances: whoever of them is second later, all of it ends.
#[tokio::test]
async fn refresh_race() {
    on_both_databases(async |provider| {
        let client = provider.client().await;
        let browser = provider.browser_of(&provider.person("ada").await).await;
        let other = provider.another_instance().await;
        let elsewhere = crate::oidc_support::Client { base: format!("http://{}", other.address), ..client.clone() };
        let stolen = client.tokens(&browser, &[("scope", "openid offline_access")]).await;
        let stolen = stolen["refresh_token"].as_str().unwrap();
        let both = [&client, &elsewhere];
        let given = futures::future::join_all((0..8).map(|n| both[n % 2].refresh(stolen))).await;
        let given: Vec<_> = given.iter().map(succeeded).collect();
        provider.wait(std::time::Duration::from_secs(21));
        assert_refused(&client.refresh(stolen).await, 400, "invalid_grant");
        for tokens in given {
            assert_eq!(provider.userinfo(tokens["access_token"].as_str().unwrap()).await.status, 401);
            assert_refused(&elsewhere.refresh(tokens["refresh_token"].as_str().unwrap()).await, 400, "invalid_grant");
        }
        other.stop().await;
    })
    .await;
}

/// A refresh token that was stolen is used by the thief within the grace that lost answers have. There is one chain all the same, so that the next use tells.
#[tokio::test]
async fn refresh_token_stolen_within_the_grace() {
    on_both_databases(async |provider| {
        let client = provider.client().await;
        let browser = provider.browser_of(&provider.person("ada").await).await;
        let stolen = client.tokens(&browser, &[("scope", "openid offline_access")]).await;
        let stolen = stolen["refresh_token"].as_str().unwrap();
        let (apps, thiefs) = (succeeded(&client.refresh(stolen).await), succeeded(&client.refresh(stolen).await));
        assert_eq!(apps["refresh_token"], thiefs["refresh_token"]);
        let next = apps["refresh_token"].as_str().unwrap();
        provider.wait(std::time::Duration::from_secs(600));
        let ahead = succeeded(&client.refresh(next).await);
        provider.wait(std::time::Duration::from_secs(600));
        // Whoever of the two comes second ends it for both.
        assert_refused(&client.refresh(next).await, 400, "invalid_grant");
        assert_refused(&client.refresh(ahead["refresh_token"].as_str().unwrap()).await, 400, "invalid_grant");
        assert_eq!(provider.userinfo(ahead["access_token"].as_str().unwrap()).await.status, 401);
        // A public client's thief binds what follows to a key of their own: the app's retry tells, instead of leaving them alone with it.
        let (public, key) = (provider.client_with(|it| it.is_public = true, &[]).await, HeldKey::new());
        let stolen = public.tokens(&browser, &[("scope", "openid offline_access")]).await;
        let stolen = stolen["refresh_token"].as_str().unwrap();
        let thiefs = succeeded(&public.refresh_proved(stolen, &key.for_token(provider)).await);
        assert_refused(&public.refresh(stolen).await, 400, "invalid_grant");
        assert_refused(&public.refresh_proved(thiefs["refresh_token"].as_str().unwrap(), &key.for_token(provider)).await, 400, "invalid_grant");
    })
    .await;
}

/// Server-side request forgery through the keys of a client that registered itself: they are fetched when it proves itself, and from the public Internet only.
#[tokio::test]
async fn jwks_ssrf() {
    on_both_databases(async |provider| {
        set(provider, "client_registration", "open").await;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let mut tried = 0;
        for inward in [
            format!("https://localhost:{port}/jwks"),
            format!("https://127.0.0.1:{port}/jwks"),
            format!("https://[::ffff:127.0.0.1]:{port}/jwks"),
            format!("https://2130706433:{port}/jwks"),
            format!("http://localhost:{port}/jwks"),
            format!("https://user@localhost:{port}/jwks"),
            "https://169.254.169.254/latest/meta-data".to_owned(),
            "https://[fd00::1]/jwks".to_owned(),
        ] {
            let metadata =
                serde_json::json!({ "redirect_uris": ["https://app.example.org/cb"], "token_endpoint_auth_method": "private_key_jwt", "jwks_uri": inward });
            let said = register(provider, None, &metadata).await;
            if said.status != 201 {
                assert_refused(&said, 400, "invalid_client_metadata");
                continue;
            }
            tried += 1;
            let id = said.json()["client_id"].as_str().expect("a client ID").to_owned();
            let now = provider.now().as_seconds();
            let claims = serde_json::json!({ "iss": id, "sub": id, "aud": provider.base, "jti": "1", "iat": now, "exp": now + 60 });
            let assertion = HeldKey::new().sign(&serde_json::json!({ "alg": "ES256", "kid": "x" }), &claims);
            let form = [
                ("grant_type", "authorization_code"),
                ("code", "x"),
                ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
                ("client_assertion", &assertion),
            ];
            assert_refused(&answer(plain().post(format!("{}/api/oidc/token", provider.base)).form(&form)).await, 401, "invalid_client");
        }
        assert!(tried > 0, "some are known to lead inward only when they are looked up");
        assert!(tokio::time::timeout(std::time::Duration::from_millis(200), listener.accept()).await.is_err(), "somebody called");
    })
    .await;
}

/// Confusion of `alg` and `kid` in what comes back to us: access tokens that are JWTs, and ID tokens as hints.
#[tokio::test]
async fn alg_and_kid_confusion_of_tokens_of_ours() {
    on_both_databases(async |provider| {
        let client = provider.client_with(|it| it.acts_alone = true, &[]).await;
        let browser = provider.browser_of(&provider.person("ada").await).await;
        let api = provider.api("https://docs.example.org", "jwt", |it| it.signing_alg = "RS256".into()).await;
        provider.allow(api, client.id, None, Some("docs:read"), true).await;
        let machine = [("grant_type", "client_credentials"), ("resource", "https://docs.example.org")];
        let token = succeeded(&client.post_proved("/api/oidc/token", &machine, &[]).await)["access_token"].as_str().unwrap().to_owned();
        let id_token = client.tokens(&browser, &[]).await["id_token"].as_str().unwrap().to_owned();
        assert_eq!(client.introspect(&token).await["active"], true);
        let published: serde_json::Value = answer(plain().get(format!("{}/.well-known/jwks.json", provider.base))).await.json();
        let keys = published["keys"].as_array().expect("keys");
        let rsa = keys.iter().find(|key| key["alg"] == "RS256").expect("an RSA key");
        for good in [&token, &id_token] {
            let [head, body, signature]: [&str; 3] = good.split('.').collect::<Vec<_>>().try_into().expect("three parts");
            let head: serde_json::Value = serde_json::from_slice(&from_base64url(head).expect("base64url")).expect("JSON");
            let with = |name: &str, value: serde_json::Value| {
                let mut changed = head.clone();
                changed[name] = value;
                base64url(changed.to_string().as_bytes())
            };
            let hmac = |secret: &[u8]| {
                let signed = format!("{}.{body}", with("alg", "HS256".into()));
                let tag = aws_lc_rs::hmac::sign(&aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, secret), signed.as_bytes());
                format!("{signed}.{}", base64url(tag.as_ref()))
            };
            let mut forged = vec![
                format!("{}.{body}.", with("alg", "none".into())),
                format!("{}.{body}.{signature}", with("alg", "none".into())),
                format!("{}.{body}.{signature}", with("alg", "PS256".into())),
                format!("{}.{body}.{signature}", with("alg", "ES256".into())),
                format!("{}.{body}.{signature}", with("typ", "JWT+at".into())),
                format!("{}.{body}.{signature}", with("kid", "../../../dev/null".into())),
                format!("{}.{body}.{signature}", with("crit", serde_json::json!(["x"]))),
                hmac(rsa.to_string().as_bytes()),
                hmac(rsa["n"].as_str().expect("a modulus").as_bytes()),
            ];
            // Signed by a stranger, who brings the key along or claims one of ours.
            let stranger = HeldKey::new();
            let said: serde_json::Value = serde_json::from_slice(&from_base64url(body).expect("base64url")).expect("JSON");
            let typ = head["typ"].clone();
            forged.push(stranger.sign(&serde_json::json!({ "alg": "ES256", "typ": typ, "jwk": stranger.jwk() }), &said));
            forged.extend(keys.iter().map(|key| stranger.sign(&serde_json::json!({ "alg": "ES256", "typ": typ, "kid": key["kid"] }), &said)));
            for forged in &forged {
                assert_eq!(client.introspect(forged).await, serde_json::json!({ "active": false }), "{forged}");
                assert_eq!(provider.userinfo(forged).await.status, 401);
                let query = serde_urlencoded::to_string([
                    ("id_token_hint", forged.as_str()),
                    ("post_logout_redirect_uri", crate::oidc_support::SIGNED_OUT_URI),
                ]);
                let stays = browser.get(&format!("/api/oidc/end-session?{}", query.unwrap())).await;
                assert_eq!((stays.status.as_u16(), stays.location()), (400, None), "{forged}");
            }
        }
        // And one kind for the other.
        assert_eq!(client.introspect(&id_token).await, serde_json::json!({ "active": false }));
        let query =
            serde_urlencoded::to_string([("id_token_hint", token.as_str()), ("post_logout_redirect_uri", crate::oidc_support::SIGNED_OUT_URI)]);
        assert_eq!(browser.get(&format!("/api/oidc/end-session?{}", query.unwrap())).await.status, 400);
        assert_eq!(
            browser.get(&format!("/api/oidc/end-session?id_token_hint={token}")).await.status,
            400,
            "an access token says nothing about who signs out"
        );
    })
    .await;
}

/// Every endpoint, every parameter it knows, with what nobody expects: an answer, never a failure of ours.
#[tokio::test]
async fn oversized_and_malformed_parameters() {
    const NAMES: [&str; 44] = [
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
        "resource",
        "audience",
        "dpop_jkt",
        "client_assertion",
        "client_assertion_type",
        "subject_token",
        "subject_token_type",
        "actor_token",
        "actor_token_type",
        "requested_token_type",
        "access_token",
        "decision",
        "parameters",
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
            // Something of all that signs out.
            provider.sign_in(&browser, &ada).await;
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

/// The endpoints that take JSON, a name in their address or a header: registration and what comes of it, metadata, keys, forward authentication, proofs and tokens in headers.
#[tokio::test]
async fn oversized_and_malformed_metadata_addresses_and_headers() {
    const MEMBERS: [&str; 24] = [
        "redirect_uris",
        "client_name",
        "client_id",
        "client_secret",
        "token_endpoint_auth_method",
        "jwks",
        "jwks_uri",
        "grant_types",
        "response_types",
        "application_type",
        "subject_type",
        "sector_identifier_uri",
        "id_token_signed_response_alg",
        "contacts",
        "scope",
        "tos_uri",
        "logo_uri",
        "initiate_login_uri",
        "backchannel_logout_uri",
        "frontchannel_logout_uri",
        "backchannel_logout_session_required",
        "post_logout_redirect_uris",
        "software_statement",
        "require_signed_request_object",
    ];
    const GRANTS: [&str; 5] = [
        "authorization_code",
        "refresh_token",
        "client_credentials",
        "urn:ietf:params:oauth:grant-type:device_code",
        "urn:ietf:params:oauth:grant-type:token-exchange",
    ];
    on_both_databases(async |provider| {
        set(provider, "client_registration", "open").await;
        set(provider, "client_registration_limit", "5000").await;
        set(provider, "client_documents", "true").await;
        let client = provider.client_with(|it| (it.for_devices, it.acts_alone) = (true, true), &[]).await;
        let mut runner = TestRunner::new_with_rng(Config::default(), TestRng::deterministic_rng(RngAlgorithm::ChaCha));
        let text = proptest::prop_oneof![
            "\\PC{0,30}",
            "[\\x00-\\x1f\"'<>{}%&+;/\\\\]{0,12}",
            "[a-z]{1,3}".prop_map(|text| text.repeat(2000)),
            proptest::sample::select(vec![
                "https://localhost/cb",
                "https://[::1",
                "javascript:1",
                "none",
                "private_key_jwt",
                "client_secret_post",
                "pairwise",
                "https://[fd00::1]/x",
                "-1",
                "openid"
            ])
            .prop_map(str::to_owned),
        ];
        let leaf = proptest::prop_oneof![
            text.clone().prop_map(serde_json::Value::from),
            proptest::num::i64::ANY.prop_map(serde_json::Value::from),
            proptest::bool::ANY.prop_map(serde_json::Value::from),
            proptest::strategy::Just(serde_json::Value::Null),
        ];
        let value = leaf.prop_recursive(3, 12, 4, |inner| {
            proptest::prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(serde_json::Value::from),
                proptest::collection::vec(("[a-z]{0,5}", inner), 0..3).prop_map(|members| serde_json::Value::Object(members.into_iter().collect())),
            ]
        });
        let metadata = proptest::collection::vec((proptest::sample::select(MEMBERS.to_vec()), value), 0..6);
        let fine = async |request: reqwest::RequestBuilder, what: &str| {
            let got = answer(request).await;
            assert!(got.status.as_u16() < 500, "{what}: {} {}", got.status, got.body);
            got
        };
        let (mut client_id, mut access) = ("nobody".to_owned(), "nothing".to_owned());
        for round in 0..24 {
            provider.wait(std::time::Duration::from_secs(240));
            let mut said = serde_json::Map::new();
            if round % 3 > 0 {
                said.insert("redirect_uris".to_owned(), serde_json::json!(["https://app.example.org/cb"]));
            }
            let more = metadata.new_tree(&mut runner).expect("a value").current();
            said.extend(more.into_iter().map(|(name, value)| (name.to_owned(), value)));
            let made = fine(plain().post(format!("{}/api/oidc/register", provider.base)).json(&said), &format!("{said:?}")).await;
            if made.status == 201 {
                let told: serde_json::Value = made.json();
                client_id = told["client_id"].as_str().expect("a client ID").to_owned();
                access = told["registration_access_token"].as_str().expect("a token").to_owned();
            }
            said.insert("client_id".to_owned(), client_id.clone().into());
            let own = format!("{}/api/oidc/register/{client_id}", provider.base);
            fine(plain().put(&own).bearer_auth(&access).json(&said), &format!("PUT {said:?}")).await;
            fine(plain().get(&own).bearer_auth(&access), "GET").await;

            let word = text.new_tree(&mut runner).expect("a value").current();
            let encoded: String = url::form_urlencoded::byte_serialize(word.as_bytes()).collect();
            let encoded = &encoded[..encoded.len().min(4000)];
            for path in [
                "/api/oidc/register/",
                "/api/oidc/resources/",
                "/api/forward-auth/",
                "/forward-auth/x/",
                "/.well-known/oauth-protected-resource/",
                "/.well-known/openid-configuration?",
                "/.well-known/oauth-authorization-server?",
                "/.well-known/jwks.json?",
                "/authorize?client_id=https%3A%2F%2Flocalhost%2F",
            ] {
                for method in [Method::GET, Method::PUT, Method::DELETE, Method::OPTIONS] {
                    fine(
                        plain().request(method.clone(), format!("{}{path}{encoded}", provider.base)).bearer_auth("x"),
                        &format!("{method} {path}{encoded}"),
                    )
                    .await;
                }
            }
            // Headers hold no control characters: whoever sends them does not come this far.
            let header: String = word.chars().filter(|c| !c.is_control()).take(3000).collect();
            for (name, value) in [
                ("authorization", header.clone()),
                ("authorization", format!("Basic {header}")),
                ("authorization", format!("Basic {}", base64url(header.as_bytes()))),
                ("authorization", format!("DPoP {header}")),
                ("dpop", header.clone()),
                (
                    "dpop",
                    format!("{}.{}.{}", base64url(br#"{"typ":"dpop+jwt","alg":"ES256","jwk":{"kty":"EC"}}"#), base64url(header.as_bytes()), "AAAA"),
                ),
                ("content-type", header.clone()),
                ("x-original-url", header.clone()),
                ("if-none-match", header.clone()),
                ("accept-encoding", header.clone()),
                ("cookie", format!("muster={header}")),
            ] {
                let Ok(value) = reqwest::header::HeaderValue::from_bytes(value.as_bytes()) else { continue };
                let what = format!("{name}: {value:?}");
                for path in ["/api/oidc/userinfo", "/.well-known/jwks.json", "/api/forward-auth/x", "/authorize"] {
                    fine(plain().get(format!("{}{path}", provider.base)).header(name, &value), &what).await;
                }
                let grant = [
                    ("grant_type", GRANTS[round % GRANTS.len()]),
                    ("code", "x"),
                    ("refresh_token", "x"),
                    ("device_code", "x"),
                    ("subject_token", &word),
                ];
                for path in [
                    "/api/oidc/token",
                    "/api/oidc/par",
                    "/api/oidc/userinfo",
                    "/api/oidc/introspect",
                    "/api/oidc/revoke",
                    "/api/oidc/device/authorize",
                ] {
                    let request = plain().post(format!("{}{path}", provider.base)).form(&grant);
                    let request = if name == "authorization" { request } else { request.basic_auth(&client.client_id, client.secret.as_ref()) };
                    fine(request.header(name, &value), &what).await;
                }
            }
            // Signed things that are none, with a client that exists.
            let jws = format!(
                "{}.{}.{}",
                base64url(br#"{"alg":"ES256"}"#),
                base64url(serde_json::json!({ "sub": client.client_id, "iss": word }).to_string().as_bytes()),
                "AAAA"
            );
            for (path, form) in [
                (
                    "/api/oidc/token",
                    vec![
                        ("grant_type", "client_credentials"),
                        ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
                        ("client_assertion", jws.as_str()),
                    ],
                ),
                ("/api/oidc/revoke", vec![("client_id", client.client_id.as_str()), ("token", jws.as_str())]),
                ("/api/oidc/par", vec![("client_id", client.client_id.as_str()), ("request", jws.as_str())]),
            ] {
                fine(plain().post(format!("{}{path}", provider.base)).form(&form), path).await;
            }
        }
        for body in [vec![b'['; 60_000], vec![0xff; 100], b"{\"redirect_uris\":[".repeat(3000), Vec::new()] {
            let request = plain().post(format!("{}/api/oidc/register", provider.base)).header("content-type", "application/json").body(body);
            fine(request, "no JSON").await;
        }
        assert_eq!(answer(plain().get(format!("{}/healthz", provider.base))).await.status, 204);
    })
    .await;
}
