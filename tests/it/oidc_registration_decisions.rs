//! What administrators decided about apps that registered themselves, against what those apps say later, and how often they may say something.

use std::time::Duration;

use muster::clients::{self, Authority};
use muster::db::query;
use reqwest::Method;
use serde_json::{Value, json};

use crate::oidc_registration::{REDIRECT, admin, app, call, registered, set};
use crate::oidc_support::{Provider, answered, assert_refused, on_both_databases};
use crate::support::http::{Answer, Browser};
use crate::tokens_support::HeldKey;

/// The address of its page.
async fn page_of(boss: &Browser, name: &str) -> String {
    boss.get(&format!("/admin/clients?q={name}")).await.attribute("tbody a", "href").expect("the client")
}

/// Says something new about an app, as the app does.
async fn put(provider: &Provider, said: &Value, body: &Value) -> Answer {
    let text = |name: &str| said[name].as_str().expect("as the server made it");
    let mut body = body.clone();
    body["client_id"] = said["client_id"].clone();
    call(provider, Method::PUT, text("registration_client_uri"), Some(text("registration_access_token")), Some(&body)).await
}

#[tokio::test]
async fn what_administrators_decided_about_an_app_outlives_what_it_says_later() {
    on_both_databases(async |provider| {
        set(provider, "client_registration", "open").await;
        let boss = admin(provider).await;
        let said = registered(provider, &json!({ "client_name": "Notes", "redirect_uris": [REDIRECT] })).await;
        let address = page_of(&boss, "Notes").await;
        let decided = [
            ("name", "Notes of strangers"),
            ("signing_alg", "ES256"),
            ("require_par", "true"),
            ("require_pkce", "true"),
            ("access_minutes", "5"),
            ("own_scopes", "read:things"),
            ("acts_alone", "true"),
            ("require_dpop", "true"),
            ("sign_in_minutes", "60"),
            ("groups_prefix", "app-"),
            ("ask_each_time", "true"),
            ("launch_url", "https://app.example.org/start"),
            ("request_object_alg", "ES256"),
        ];
        let form = boss.get(&address).await;
        let saved = boss.submit(&form, &address, &decided).await;
        assert_eq!(saved.status, 303, "{:?}", saved.texts(".mistake"));

        // Once it says what was decided, once the contrary, which would end a decision that was noted carelessly.
        for (alg, par, name) in [("ES256", true, "Notes of strangers"), ("RS256", false, "Your bank")] {
            let new = json!({
                "client_name": name, "redirect_uris": ["https://app.example.org/new"], "id_token_signed_response_alg": alg,
                "require_pushed_authorization_requests": par,
            });
            let answer = put(provider, &said, &new).await;
            assert_eq!(answer.status, 200, "{}", answer.body);
            let told: Value = answer.json();
            assert_eq!(
                (&told["client_name"], &told["id_token_signed_response_alg"], &told["require_pushed_authorization_requests"]),
                (&json!("Notes of strangers"), &json!("ES256"), &json!(true)),
                "it is told what counts (RFC 7591 section 3.2.1)"
            );
            assert_eq!(told["redirect_uris"], new["redirect_uris"], "what is its own to say is taken");
        }
        let form = boss.get(&address).await;
        for (field, value) in decided {
            let stands = match field {
                "own_scopes" => form.texts("#f-own_scopes").join(""),
                "signing_alg" | "request_object_alg" => form.attribute(&format!("#f-{field} option[selected]"), "value").unwrap_or_default(),
                _ if value == "true" => form.attribute(&format!("#f-{field}"), "checked").map(|_| "true".to_owned()).unwrap_or_default(),
                _ => form.attribute(&format!("#f-{field}"), "value").unwrap_or_default(),
            };
            assert_eq!(stands, value, "{field}");
        }
        let browser = provider.browser_of(&provider.person("ada").await).await;
        let notes = crate::oidc_support::Client { redirect_uri: "https://app.example.org/new".into(), ..app(provider, &said) };
        assert_eq!(answered(&browser.get(&notes.request(&[])).await)["error"], "invalid_request", "not pushed");
    })
    .await;
}

#[tokio::test]
async fn what_nobody_decided_stays_the_apps_own_to_say() {
    on_both_databases(async |provider| {
        set(provider, "client_registration", "open").await;
        let said = json!({
            "client_name": "Notes", "redirect_uris": [REDIRECT], "id_token_signed_response_alg": "ES256", "require_pushed_authorization_requests": true,
        });
        let said = registered(provider, &said).await;
        let told: Value = put(provider, &said, &json!({ "client_name": "Better notes", "redirect_uris": [REDIRECT], "id_token_signed_response_alg": "EdDSA" })).await.json();
        assert_eq!(
            (&told["client_name"], &told["id_token_signed_response_alg"], &told["require_pushed_authorization_requests"]),
            (&json!("Better notes"), &json!("EdDSA"), &json!(false))
        );
        let told: Value = put(provider, &said, &json!({ "redirect_uris": [REDIRECT], "token_endpoint_auth_method": "none" })).await.json();
        assert_eq!((&told["client_name"], &told["token_endpoint_auth_method"]), (&json!("app.example.org"), &json!("none")));
        let told: Value = put(provider, &said, &json!({ "redirect_uris": [REDIRECT] })).await.json();
        assert!(told["token_endpoint_auth_method"] == "client_secret_basic" && told["client_secret"].is_string(), "{told}");
    })
    .await;
}

/// An app that an administrator had prove itself with a key does not talk itself back into proving nothing.
#[tokio::test]
async fn an_app_does_not_take_back_how_it_must_prove_itself() {
    on_both_databases(async |provider| {
        set(provider, "client_registration", "open").await;
        let boss = admin(provider).await;
        let said = registered(provider, &json!({ "client_name": "Tool", "redirect_uris": [REDIRECT], "token_endpoint_auth_method": "none" })).await;
        let address = page_of(&boss, "Tool").await;
        let jwks = json!({ "keys": [HeldKey::new().jwk()] }).to_string();
        // The switch is off when the form is sent without it.
        let body = boss.get(&address).await.body.replace("name=\"is_public\"", "name=\"switched_off\"");
        let form = Answer { body, ..boss.get(&address).await };
        let saved = boss.submit(&form, &address, &[("auth_method", "private_key_jwt"), ("jwks", &jwks), ("auth_strict", "true")]).await;
        assert_eq!(saved.status, 303, "{:?}", saved.texts(".mistake"));
        for method in ["private_key_jwt", "none", "client_secret_basic"] {
            let new = json!({ "redirect_uris": [REDIRECT], "token_endpoint_auth_method": method, "jwks": { "keys": [HeldKey::new().jwk()] } });
            let answer = put(provider, &said, &new).await;
            assert_eq!(answer.status, 200, "{method}: {}", answer.body);
            let told: Value = answer.json();
            assert_eq!((&told["token_endpoint_auth_method"], told["jwks"].to_string()), (&json!("private_key_jwt"), jwks.clone()), "{method}");
        }
        let form = boss.get(&address).await;
        assert!(form.attribute("#f-is_public", "checked").is_none() && form.attribute("#f-auth_strict", "checked").is_some());
    })
    .await;
}

/// Each is decided on what was read before: neither must write back what the other has just replaced.
#[tokio::test]
async fn what_administrators_decide_while_an_app_changes_itself_is_not_lost() {
    on_both_databases(async |provider| {
        set(provider, "client_registration", "open").await;
        let app = &provider.running.app;
        let find = async |client_id: &str| {
            let mut conn = app.db.read().await.expect("a connection");
            clients::find_by_client_id(&mut conn, client_id).await.expect("an answer").expect("the client")
        };
        for round in 0..10 {
            let said = registered(provider, &json!({ "client_name": "Before", "redirect_uris": [REDIRECT] })).await;
            let client_id = said["client_id"].as_str().expect("a client ID");
            let client = find(client_id).await;
            let decide = async || {
                for is_on in [true, false, true, false, true] {
                    let mut decided = find(client_id).await.registration;
                    decided.policies.tokens.require_dpop_nonce = is_on;
                    clients::update(app, Authority::CommandLine, client.id, decided, provider.now()).await.expect("decided");
                }
            };
            let change = async |name: &str| put(provider, &said, &json!({ "redirect_uris": [REDIRECT], "client_name": name })).await;
            let ((), one, two) = tokio::join!(decide(), change("One"), change("Two"));
            assert_eq!((one.status.as_u16(), two.status.as_u16()), (200, 200), "{} {}", one.body, two.body);
            assert!(find(client_id).await.registration.policies.tokens.require_dpop_nonce, "round {round}");
        }
    })
    .await;
}

#[tokio::test]
async fn an_app_changes_itself_twenty_times_an_hour_and_no_other_pays_for_it() {
    on_both_databases(async |provider| {
        set(provider, "client_registration", "open").await;
        let (restless, calm) = (
            registered(provider, &json!({ "redirect_uris": [REDIRECT] })).await,
            registered(provider, &json!({ "redirect_uris": [REDIRECT] })).await,
        );
        let change = async |said: &Value, number: usize| {
            put(provider, said, &json!({ "redirect_uris": [REDIRECT], "client_name": format!("App {number}") })).await
        };
        for number in 0..20 {
            assert_eq!(change(&restless, number).await.status, 200, "{number}");
        }
        let refused = change(&restless, 20).await;
        assert_refused(&refused, 429, "temporarily_unavailable");
        assert!(refused.header("retry-after").parse::<u64>().is_ok_and(|seconds| (1..=3601).contains(&seconds)));
        let read = |said: &Value| {
            (said["registration_client_uri"].as_str().unwrap().to_owned(), said["registration_access_token"].as_str().unwrap().to_owned())
        };
        let (uri, token) = read(&restless);
        assert_eq!(
            call(provider, Method::GET, &uri, Some(&token), None).await.json()["client_name"],
            "App 19",
            "reading is free, and nothing was changed"
        );
        assert_eq!(change(&calm, 0).await.status, 200);
        provider.wait(Duration::from_secs(3601));
        assert_eq!(change(&restless, 21).await.status, 200);
        let (changes,): (i64,) = query("SELECT COUNT(*) FROM audit_events WHERE kind = 'client_changed'")
            .one(&mut provider.running.app.db.read().await.expect("a connection"))
            .await
            .expect("a count");
        assert_eq!(changes, 22);
    })
    .await;
}
