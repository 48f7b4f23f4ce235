//! Codes, tokens and userinfo: what they give, and what they refuse.

use std::time::Duration;

use base64::Engine as _;
use muster::clients::SigningAlg;
use muster::db::query;
use muster::oidc;
use muster::secret::{base64url, sha256};
use muster::users::{self, User};
use serde_json::{Value, json};

use crate::oidc_support::{Client, Proof, Provider, REDIRECT_URI, assert_refused, claims, header, on_both_databases, plain, succeeded};
use crate::support::http::{Browser, answer};

const ALL_SCOPES: (&str, &str) = ("scope", "openid profile email groups offline_access");

struct Scene {
    ada: User,
    browser: Browser,
    client: Client,
}

async fn scene(provider: &Provider) -> Scene {
    let ada = provider.person("ada").await;
    let browser = provider.browser_of(&ada).await;
    Scene { ada, browser, client: provider.client().await }
}

fn text<'a>(tokens: &'a Value, name: &str) -> &'a str {
    tokens[name].as_str().unwrap_or_else(|| panic!("no {name}: {tokens}"))
}

#[tokio::test]
async fn a_code_gives_tokens_that_say_who_it_is() {
    on_both_databases(async |provider| {
        let Scene { ada, browser, client } = scene(provider).await;
        provider.group("staff", &[&ada]).await;
        let before = provider.now().as_seconds();
        let tokens = client.tokens(&browser, &[ALL_SCOPES]).await;
        assert_eq!((tokens["token_type"].as_str(), tokens["expires_in"].as_i64()), (Some("Bearer"), Some(3600)));
        assert_eq!(tokens["scope"], "openid profile email groups offline_access");
        assert_eq!(header(&tokens)["alg"], "RS256");
        let said = claims(&tokens);
        assert_eq!((said["iss"].as_str(), said["sub"].as_str()), (Some(provider.base.as_str()), Some(ada.id.to_string().as_str())));
        assert_eq!(said["aud"], json!([client.client_id]));
        assert_eq!((said["nonce"].as_str(), &said["amr"]), (Some("n-0S6_WzA2Mj"), &json!(["swk", "pop", "user", "mfa"])));
        let (iat, exp, auth_time) = (said["iat"].as_i64().unwrap(), said["exp"].as_i64().unwrap(), said["auth_time"].as_i64().unwrap());
        assert!(iat >= before && exp == iat + 3600 && auth_time <= iat);
        let expected_hash = base64url(&sha256(text(&tokens, "access_token").as_bytes())[..16]);
        assert_eq!(said["at_hash"], expected_hash.as_str());
        assert_eq!((said["preferred_username"].as_str(), said["name"].as_str()), (Some("ada"), Some("Ada Lovelace")));
        assert_eq!((said["email"].as_str(), said["email_verified"].as_bool()), (Some("ada@example.org"), Some(true)));
        assert_eq!(said["groups"], json!(["staff"]));

        let userinfo = provider.userinfo(text(&tokens, "access_token")).await;
        assert_eq!((userinfo.status.as_u16(), userinfo.header("cache-control")), (200, "no-store"));
        for (name, value) in userinfo.json().as_object().unwrap() {
            assert_eq!(&said[name], value, "userinfo and ID token say the same");
        }
        assert_eq!(userinfo.json()["sub"], said["sub"]);
    })
    .await;
}

#[tokio::test]
async fn only_what_was_asked_for_is_told() {
    on_both_databases(async |provider| {
        let Scene { browser, client, .. } = scene(provider).await;
        let tokens = client.tokens(&browser, &[("nonce", "")]).await;
        assert!(tokens["refresh_token"].is_null());
        let allowed = ["iss", "sub", "aud", "exp", "iat", "auth_time", "acr", "amr", "sid", "at_hash"];
        for name in claims(&tokens).as_object().unwrap().keys() {
            assert!(allowed.contains(&name.as_str()), "{name}");
        }
        assert_eq!(provider.userinfo(text(&tokens, "access_token")).await.json().as_object().unwrap().len(), 1);
        let tokens = client.tokens(&browser, &[("scope", "openid email")]).await;
        let userinfo = provider.userinfo(text(&tokens, "access_token")).await.json();
        assert!(userinfo["email"].is_string() && userinfo["name"].is_null());

        let thin = provider.client_with(|it| it.claims_in_id_token = false, &[]).await;
        let tokens = thin.tokens(&browser, &[("scope", "openid email profile")]).await;
        assert!(claims(&tokens)["email"].is_null() && claims(&tokens)["name"].is_null());
        assert_eq!(provider.userinfo(text(&tokens, "access_token")).await.json()["email"], "ada@example.org");

        let plain_oauth = client.tokens(&browser, &[("scope", "email")]).await;
        assert!(plain_oauth["id_token"].is_null());
        let refused = provider.userinfo(text(&plain_oauth, "access_token")).await;
        assert_refused(&refused, 403, "insufficient_scope");
        assert!(refused.header("www-authenticate").contains("insufficient_scope"));
    })
    .await;
}

#[tokio::test]
async fn each_client_has_its_signing_algorithm() {
    use muster::clients::SigningAlg;
    on_both_databases(async |provider| {
        let Scene { browser, .. } = scene(provider).await;
        let keys = answer(plain().get(format!("{}/.well-known/jwks.json", provider.base))).await.json();
        for alg in SigningAlg::ALL {
            let client = provider.client_with(|it| it.signing_alg = alg, &[]).await;
            let tokens = client.tokens(&browser, &[]).await;
            let head = header(&tokens);
            assert_eq!(head["alg"], alg.as_str());
            let key = keys["keys"].as_array().unwrap().iter().find(|key| key["kid"] == head["kid"]).expect("a published key");
            assert_eq!((key["alg"].as_str(), key["use"].as_str()), (Some(alg.as_str()), Some("sig")));
        }
    })
    .await;
}

#[tokio::test]
async fn clients_prove_themselves_in_every_way_offered_and_in_no_other() {
    on_both_databases(async |provider| {
        let Scene { browser, client, .. } = scene(provider).await;
        let public = provider.client_with(|it| it.is_public = true, &[]).await;
        let redeem = async |client: &Client, proof| {
            let code = client.code(&browser, &[]).await;
            let verifier = client.verifier.clone();
            client
                .token_request(
                    proof,
                    &[("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", REDIRECT_URI), ("code_verifier", &verifier)],
                )
                .await
        };
        for proof in [Proof::Basic, Proof::Post] {
            succeeded(&redeem(&client, proof).await);
        }
        succeeded(&redeem(&public, Proof::None).await);
        // Libraries send an empty secret for a public client, in the body and in the header.
        succeeded(&redeem(&public, Proof::Post).await);
        succeeded(&redeem(&public, Proof::Basic).await);

        for wrong in [
            Client { secret: None, ..client.clone() },
            Client { secret: Some("muster_cs_wrong".into()), ..client.clone() },
            Client { client_id: "nobody".into(), ..client.clone() },
            Client { secret: client.secret.clone(), ..public.clone() },
        ] {
            for proof in [Proof::Basic, Proof::Post] {
                let refused = wrong.token_request(proof, &[("grant_type", "authorization_code"), ("code", "x")]).await;
                assert_refused(&refused, 401, "invalid_client");
                assert!(refused.header("www-authenticate").starts_with("Basic "));
            }
        }
        assert_refused(&client.token_request(Proof::None, &[("grant_type", "authorization_code"), ("code", "x")]).await, 401, "invalid_client");
        let both = [("grant_type", "authorization_code"), ("code", "x"), ("client_secret", client.secret.as_deref().unwrap())];
        assert_refused(&client.token_request(Proof::Basic, &both).await, 400, "invalid_request");
        let other_id = [("grant_type", "authorization_code"), ("code", "x"), ("client_id", public.client_id.as_str())];
        assert_refused(&client.token_request(Proof::Basic, &other_id).await, 400, "invalid_request");

        // Form-encoded inside Basic, as RFC 6749 has it.
        let code = client.code(&browser, &[]).await;
        let encoded: String = client.secret.as_deref().unwrap().bytes().map(|b| format!("%{b:02X}")).collect();
        let basic = base64::engine::general_purpose::STANDARD.encode(format!("{}:{encoded}", client.client_id.replace('-', "%2D")));
        let form = [("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", REDIRECT_URI), ("code_verifier", &client.verifier)];
        let request = plain().post(format!("{}/api/oidc/token", provider.base)).header("authorization", format!("Basic {basic}")).form(&form);
        succeeded(&answer(request).await);
    })
    .await;
}

#[tokio::test]
async fn a_malformed_token_request_is_refused_in_the_clients_language() {
    on_both_databases(async |provider| {
        let Scene { client, .. } = scene(provider).await;
        assert_refused(&client.token_request(Proof::Basic, &[]).await, 400, "invalid_request");
        assert_refused(&client.token_request(Proof::Basic, &[("grant_type", "password")]).await, 400, "unsupported_grant_type");
        assert_refused(&client.token_request(Proof::Basic, &[("grant_type", "authorization_code")]).await, 400, "invalid_request");
        assert_refused(&client.token_request(Proof::Basic, &[("grant_type", "refresh_token")]).await, 400, "invalid_request");
        let twice = [("grant_type", "authorization_code"), ("code", "a"), ("code", "b")];
        assert_refused(&client.token_request(Proof::Basic, &twice).await, 400, "invalid_request");
        let json = plain().post(format!("{}/api/oidc/token", provider.base)).json(&json!({ "grant_type": "authorization_code" }));
        assert_refused(&answer(json).await, 400, "invalid_request");
    })
    .await;
}

#[tokio::test]
async fn a_code_used_twice_is_refused_and_takes_back_what_it_gave() {
    on_both_databases(async |provider| {
        let Scene { browser, client, .. } = scene(provider).await;
        for pause in [0, 30, 600] {
            let code = client.code(&browser, &[ALL_SCOPES]).await;
            let tokens = succeeded(&client.redeem(&code, &[]).await);
            assert_eq!(provider.userinfo(text(&tokens, "access_token")).await.status, 200);
            provider.wait(Duration::from_secs(pause));
            oidc::sweep(&provider.running.app, provider.now()).await.unwrap();
            assert_refused(&client.redeem(&code, &[]).await, 400, "invalid_grant");
            let refused = provider.userinfo(text(&tokens, "access_token")).await;
            assert_refused(&refused, 401, "invalid_token");
            assert_refused(&client.refresh(text(&tokens, "refresh_token")).await, 400, "invalid_grant");
        }
        assert_eq!(provider.count("SELECT COUNT(*) FROM audit_events WHERE kind = 'token_reuse'").await, 3);
    })
    .await;
}

/// The longest that a code gave is not what came with it: refreshing goes on for a year, and tokens of an API may live longer than the client's own.
#[tokio::test]
async fn a_code_used_twice_takes_back_what_came_of_it_however_much_later() {
    on_both_databases(async |provider| {
        const DAY: Duration = Duration::from_secs(24 * 3600);
        let Scene { browser, client, .. } = scene(provider).await;
        let pass = async |time: Duration| {
            provider.wait(time);
            oidc::sweep(&provider.running.app, provider.now()).await.unwrap();
        };
        let code = client.code(&browser, &[ALL_SCOPES]).await;
        let mut tokens = succeeded(&client.redeem(&code, &[]).await);
        let refresh = async |tokens: &Value| client.refresh(text(tokens, "refresh_token")).await;
        for _ in 0..4 {
            pass(20 * DAY).await;
            tokens = succeeded(&refresh(&tokens).await);
        }
        pass(20 * DAY).await;
        assert_refused(&client.redeem(&code, &[]).await, 400, "invalid_grant");
        assert_refused(&refresh(&tokens).await, 400, "invalid_grant");
        assert_eq!(provider.count("SELECT COUNT(*) FROM audit_events WHERE kind = 'token_reuse'").await, 1);

        let short = provider.client_with(|it| it.lifetimes.access_minutes = Some(1), &[]).await;
        let api = provider.api("https://docs.example.org", "opaque", |it| it.access_minutes = "600".into()).await;
        provider.allow(api, short.id, Some("docs:read"), None, true).await;
        let code = short
            .code(
                &provider.browser_of(&provider.person("grace").await).await,
                &[("scope", "openid docs:read"), ("resource", "https://docs.example.org")],
            )
            .await;
        let tokens = succeeded(&short.redeem(&code, &[]).await);
        assert_eq!(tokens["expires_in"], 36_000);
        pass(Duration::from_secs(5 * 3600)).await;
        assert_eq!(short.introspect(text(&tokens, "access_token")).await["active"], true);
        assert_refused(&short.redeem(&code, &[]).await, 400, "invalid_grant");
        assert_eq!(short.introspect(text(&tokens, "access_token")).await["active"], false);
        // What nothing came of, or nothing is left of, is forgotten.
        pass(400 * DAY).await;
        assert_eq!(provider.count("SELECT COUNT(*) FROM authorization_codes").await, 0);
        assert_eq!(provider.count("SELECT COUNT(*) FROM grants").await, 0);
    })
    .await;
}

#[tokio::test]
async fn of_many_who_redeem_a_code_at_once_exactly_one_gets_tokens() {
    on_both_databases(async |provider| {
        let Scene { browser, client, .. } = scene(provider).await;
        for _ in 0..3 {
            let code = client.code(&browser, &[]).await;
            let answers = futures::future::join_all((0..12).map(|_| client.redeem(&code, &[]))).await;
            let statuses: Vec<u16> = answers.iter().map(|answer| answer.status.as_u16()).collect();
            assert_eq!(statuses.iter().filter(|&&status| status == 200).count(), 1, "{statuses:?}");
            assert!(statuses.iter().all(|status| [200, 400].contains(status)), "{statuses:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn of_two_who_redeem_a_code_at_the_same_instant_exactly_one_wins_a_thousand_times() {
    const ROUNDS: usize = 1_000;
    const AT_A_TIME: usize = 20;
    on_both_databases(async |provider| {
        let ada = provider.person("ada").await;
        let browser = provider.browser_of(&ada).await;
        let client = provider.client_with(|it| it.signing_alg = SigningAlg::Es256, &[]).await;
        let round = async || {
            let code = client.code(&browser, &[]).await;
            let (one, other) = tokio::join!(client.redeem(&code, &[]), client.redeem(&code, &[]));
            let mut statuses = [one.status.as_u16(), other.status.as_u16()];
            statuses.sort_unstable();
            assert_eq!(statuses, [200, 400], "{} {}", one.body, other.body);
        };
        for _ in 0..ROUNDS / AT_A_TIME {
            futures::future::join_all((0..AT_A_TIME).map(|_| round())).await;
        }
        assert_eq!(provider.count("SELECT COUNT(*) FROM authorization_codes WHERE used_at IS NOT NULL").await, 1_000);
    })
    .await;
}

#[tokio::test]
async fn a_code_is_worth_nothing_to_another_client_and_stays_good_for_its_own() {
    on_both_databases(async |provider| {
        let Scene { browser, client, .. } = scene(provider).await;
        let thief = provider.client().await;
        let code = client.code(&browser, &[]).await;
        let stolen = thief.redeem(&code, &[("code_verifier", &client.verifier)]).await;
        assert_refused(&stolen, 400, "invalid_grant");
        succeeded(&client.redeem(&code, &[]).await);
        assert_refused(&thief.redeem(&code, &[("code_verifier", &client.verifier)]).await, 400, "invalid_grant");
        assert_eq!(provider.count("SELECT COUNT(*) FROM grants WHERE revoked_at IS NOT NULL").await, 0, "a stranger cannot revoke either");
    })
    .await;
}

#[tokio::test]
async fn a_code_is_worth_nothing_without_what_it_was_bound_to_and_a_failed_try_burns_it() {
    on_both_databases(async |provider| {
        let Scene { browser, client, .. } = scene(provider).await;
        let other_verifier = base64url(&sha256(b"another"));
        for changed in [
            ("code_verifier", ""),
            ("code_verifier", other_verifier.as_str()),
            ("redirect_uri", ""),
            ("redirect_uri", "https://wiki.example.org/callback"),
        ] {
            let code = client.code(&browser, &[]).await;
            assert_refused(&client.redeem(&code, &[changed]).await, 400, "invalid_grant");
            assert_refused(&client.redeem(&code, &[]).await, 400, "invalid_grant");
        }
        // The attacker stripped the challenge from the request; the honest client still sends its verifier.
        let code = client.code(&browser, &[("code_challenge", ""), ("code_challenge_method", "")]).await;
        assert_refused(&client.redeem(&code, &[]).await, 400, "invalid_grant");
        let code = client.code(&browser, &[("code_challenge", ""), ("code_challenge_method", "")]).await;
        succeeded(&client.redeem(&code, &[("code_verifier", "")]).await);
        for nonsense in ["x", "muster_ac_", &"a".repeat(4000)] {
            assert_refused(&client.redeem(nonsense, &[]).await, 400, "invalid_grant");
        }
        let code = client.code(&browser, &[]).await;
        provider.wait(Duration::from_secs(121));
        assert_refused(&client.redeem(&code, &[]).await, 400, "invalid_grant");
    })
    .await;
}

#[tokio::test]
async fn a_refresh_token_is_exchanged_and_says_the_same_person() {
    on_both_databases(async |provider| {
        let Scene { browser, client, .. } = scene(provider).await;
        let first = client.tokens(&browser, &[ALL_SCOPES]).await;
        provider.wait(Duration::from_secs(3700));
        assert_eq!(provider.userinfo(text(&first, "access_token")).await.status, 401, "expired");
        let second = succeeded(&client.refresh(text(&first, "refresh_token")).await);
        for same in ["iss", "sub", "aud", "auth_time", "amr"] {
            assert_eq!(claims(&first)[same], claims(&second)[same], "{same}");
        }
        assert!(claims(&second)["iat"].as_i64() > claims(&first)["iat"].as_i64());
        assert!(claims(&second)["nonce"].is_null());
        assert_ne!(first["refresh_token"], second["refresh_token"]);
        assert_eq!(provider.userinfo(text(&second, "access_token")).await.status, 200);

        let refresh = |scope| {
            let (client, token) = (client.clone(), text(&second, "refresh_token").to_owned());
            async move { client.token_request(Proof::Basic, &[("grant_type", "refresh_token"), ("refresh_token", &token), ("scope", scope)]).await }
        };
        assert_refused(&refresh("read:everything").await, 400, "invalid_scope");
        let narrowed = succeeded(&refresh("openid email").await);
        assert_eq!(narrowed["scope"], "openid email");
        let userinfo = provider.userinfo(text(&narrowed, "access_token")).await.json();
        assert!(userinfo["email"].is_string() && userinfo["name"].is_null() && claims(&narrowed)["name"].is_null());
        let widened = succeeded(&client.refresh(text(&narrowed, "refresh_token")).await);
        assert_eq!(widened["scope"], "openid profile email groups offline_access", "the grant is as wide as it was");

        let thief = provider.client().await;
        assert_refused(&thief.refresh(text(&widened, "refresh_token")).await, 400, "invalid_grant");
        succeeded(&client.refresh(text(&widened, "refresh_token")).await);
        provider.wait(Duration::from_secs(31 * 24 * 3600));
        assert_refused(&client.refresh(text(&widened, "refresh_token")).await, 400, "invalid_grant");
    })
    .await;
}

#[tokio::test]
async fn a_refresh_token_used_again_later_revokes_the_grant_but_two_tabs_at_once_do_not() {
    on_both_databases(async |provider| {
        let Scene { browser, client, .. } = scene(provider).await;
        let first = client.tokens(&browser, &[ALL_SCOPES]).await;
        let tabs = futures::future::join_all((0..6).map(|_| client.refresh(text(&first, "refresh_token")))).await;
        let mut tokens: Vec<Value> = tabs.iter().map(succeeded).collect();
        let mut fresh: Vec<&str> = tokens.iter().map(|tokens| text(tokens, "refresh_token")).collect();
        fresh.dedup();
        assert_eq!(fresh.len(), 1, "all go on with the same one");
        assert_ne!(fresh[0], text(&first, "refresh_token"));
        let last = tokens.pop().unwrap();
        provider.wait(Duration::from_secs(21));
        assert_eq!(provider.userinfo(text(&last, "access_token")).await.status, 200);
        assert_refused(&client.refresh(text(&first, "refresh_token")).await, 400, "invalid_grant");
        for dead in tokens.iter().chain([&last]) {
            assert_eq!(provider.userinfo(text(dead, "access_token")).await.status, 401);
            assert_refused(&client.refresh(text(dead, "refresh_token")).await, 400, "invalid_grant");
        }
        assert_eq!(provider.count("SELECT COUNT(*) FROM audit_events WHERE kind = 'token_reuse'").await, 1);
    })
    .await;
}

#[tokio::test]
async fn a_lost_answer_to_a_refresh_is_given_again_until_what_it_gave_was_used() {
    on_both_databases(async |provider| {
        let Scene { browser, client, .. } = scene(provider).await;
        let first = client.tokens(&browser, &[ALL_SCOPES]).await;
        let refresh = async |tokens: &Value| client.refresh(text(tokens, "refresh_token")).await;
        let lost = succeeded(&refresh(&first).await);
        provider.wait(Duration::from_secs(15));
        let second = succeeded(&refresh(&first).await);
        assert_eq!(text(&second, "refresh_token"), text(&lost, "refresh_token"));
        assert_ne!(text(&second, "access_token"), text(&lost, "access_token"));
        let third = succeeded(&refresh(&second).await);
        // Its answer has arrived, so whoever brings the first one now is somebody else, however soon.
        assert_refused(&refresh(&first).await, 400, "invalid_grant");
        for dead in [&lost, &second, &third] {
            assert_eq!(provider.userinfo(text(dead, "access_token")).await.status, 401);
            assert_refused(&refresh(dead).await, 400, "invalid_grant");
        }
    })
    .await;
}

#[tokio::test]
async fn everything_of_someone_kept_out_is_dead_at_once_and_stays_dead() {
    on_both_databases(async |provider| {
        let Scene { client, .. } = scene(provider).await;
        let out = ["UPDATE users SET blocked_at = $2 WHERE id = $1", "UPDATE users SET directory_state = 'missing' WHERE id = $1"];
        let back = "UPDATE users SET blocked_at = NULL, directory_state = NULL WHERE id = $1";
        for (number, sql) in out.into_iter().enumerate() {
            let person = provider.person(&format!("grace{number}")).await;
            let browser = provider.browser_of(&person).await;
            let tokens = client.tokens(&browser, &[ALL_SCOPES]).await;
            let code = client.code(&browser, &[]).await;
            let statement = query(sql).bind(person.id);
            provider.execute(if sql.contains("$2") { statement.bind(provider.now()) } else { statement }).await;
            assert_eq!(provider.userinfo(text(&tokens, "access_token")).await.status, 401);
            assert_refused(&client.redeem(&code, &[]).await, 400, "invalid_grant");
            assert_refused(&client.refresh(text(&tokens, "refresh_token")).await, 400, "invalid_grant");
            assert!(browser.get(&client.request(&[])).await.header("location").starts_with("/sign-in"));
            provider.execute(query(back).bind(person.id)).await;
            assert_refused(&client.redeem(&code, &[]).await, 400, "invalid_grant");
        }
        let person = provider.person("hedy").await;
        let tokens = client.tokens(&provider.browser_of(&person).await, &[ALL_SCOPES]).await;
        let mut tx = provider.running.app.db.begin().await.unwrap();
        users::void_access(&mut tx, person.id, provider.now()).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(provider.userinfo(text(&tokens, "access_token")).await.status, 401);
        assert_refused(&client.refresh(text(&tokens, "refresh_token")).await, 400, "invalid_grant");
        provider.wait(Duration::from_secs(1));
        client.tokens(&provider.browser_of(&person).await, &[]).await;
    })
    .await;
}

#[tokio::test]
async fn userinfo_takes_the_token_in_every_way_offered_and_in_no_other() {
    on_both_databases(async |provider| {
        let Scene { ada, browser, client } = scene(provider).await;
        let tokens = client.tokens(&browser, &[ALL_SCOPES]).await;
        let (token, url) = (text(&tokens, "access_token"), format!("{}/api/oidc/userinfo", provider.base));
        for good in [plain().get(&url).bearer_auth(token), plain().post(&url).bearer_auth(token), plain().post(&url).form(&[("access_token", token)])]
        {
            let answer = answer(good).await;
            assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "application/json"));
            assert_eq!(answer.json()["sub"], ada.id.to_string());
        }
        let bare = answer(plain().get(&url)).await;
        assert_eq!(bare.status, 401);
        assert!(bare.header("www-authenticate").starts_with("Bearer resource_metadata="), "no error is named where no token came");
        let in_address = answer(plain().get(format!("{url}?access_token={token}"))).await;
        assert_eq!(in_address.status, 401);
        let refresh_token = text(&tokens, "refresh_token");
        let id_token = text(&tokens, "id_token");
        for wrong in ["x", refresh_token, id_token, &token[..token.len() - 1]] {
            let refused = provider.userinfo(wrong).await;
            assert_refused(&refused, 401, "invalid_token");
            assert!(refused.header("www-authenticate").starts_with("Bearer error=\"invalid_token\""));
        }
        assert_refused(&answer(plain().post(&url).bearer_auth(token).form(&[("access_token", token)])).await, 400, "invalid_request");
    })
    .await;
}

#[tokio::test]
async fn a_client_can_ask_about_tokens_and_give_them_back() {
    on_both_databases(async |provider| {
        let Scene { ada, browser, client } = scene(provider).await;
        let other = provider.client().await;
        let tokens = client.tokens(&browser, &[ALL_SCOPES]).await;
        let (access, refresh) = (text(&tokens, "access_token"), text(&tokens, "refresh_token"));
        let asked = async |client: &Client, token: &str| client.post("/api/oidc/introspect", Proof::Basic, &[("token", token)]).await.json();
        let about = asked(&other, access).await;
        assert_eq!((about["active"].as_bool(), &about["sub"], &about["client_id"]), (Some(true), &json!(ada.id), &json!(client.client_id)));
        assert_eq!(asked(&other, refresh).await, json!({ "active": false }), "a refresh token is its client's business");
        assert_eq!(asked(&client, refresh).await["active"], true);
        assert_eq!(asked(&client, "x").await, json!({ "active": false }));
        assert_refused(&client.post("/api/oidc/introspect", Proof::None, &[("token", access)]).await, 401, "invalid_client");

        let give_back = async |client: &Client, token: &str| client.post("/api/oidc/revoke", Proof::Post, &[("token", token)]).await.status;
        assert_eq!(give_back(&other, refresh).await, 200);
        assert_eq!(asked(&client, refresh).await["active"], true, "a stranger cannot give it back");
        assert_eq!(give_back(&client, access).await, 200);
        assert_eq!(provider.userinfo(access).await.status, 401);
        let again = succeeded(&client.refresh(refresh).await);
        assert_eq!(give_back(&client, text(&again, "refresh_token")).await, 200);
        assert_eq!(provider.userinfo(text(&again, "access_token")).await.status, 401);
        assert_eq!(give_back(&client, "x").await, 200);
    })
    .await;
}

#[tokio::test]
async fn what_has_run_out_is_swept_and_what_counts_stays() {
    on_both_databases(async |provider| {
        let Scene { browser, client, .. } = scene(provider).await;
        client.code(&browser, &[]).await;
        let short = client.tokens(&browser, &[]).await;
        let long = client.tokens(&browser, &[ALL_SCOPES]).await;
        assert_eq!(oidc::sweep(&provider.running.app, provider.now()).await.unwrap(), 0);
        provider.wait(Duration::from_secs(3601));
        assert!(oidc::sweep(&provider.running.app, provider.now()).await.unwrap() >= 4, "the code whose refresh token still counts stays");
        assert_eq!(provider.count("SELECT COUNT(*) FROM grants").await, 1);
        assert_eq!(provider.count("SELECT COUNT(*) FROM tokens").await, 1);
        assert_eq!(provider.userinfo(text(&short, "access_token")).await.status, 401);
        succeeded(&client.refresh(text(&long, "refresh_token")).await);
    })
    .await;
}

#[tokio::test]
async fn nothing_stored_equals_what_was_handed_out() {
    let provider = Provider::start(None).await;
    let Scene { browser, client, .. } = scene(&provider).await;
    let code = client.code(&browser, &[ALL_SCOPES]).await;
    let tokens = succeeded(&client.redeem(&code, &[]).await);
    let mut secrets = vec![code, client.secret.clone().unwrap(), client.verifier.clone()];
    secrets.extend(["access_token", "refresh_token", "id_token"].map(|name| text(&tokens, name).to_owned()));
    let folder = provider.running.app.config.sqlite_folder().unwrap();
    for file in std::fs::read_dir(folder).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        for secret in &secrets {
            assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()), "{secret}");
        }
        assert!(!bytes.windows(10).any(|window| window == b"-----BEGIN"));
    }
    provider.running.stop().await;
}
