//! What was decided for a client about claims, consent, sign-ins and redirect URIs, through the protocol.

use std::time::Duration;

use muster::clients::policy::ClaimsPolicy;
use muster::clients::policy::claims::RequiredProof;
use muster::clients::policy::claims::groups::{GroupFormat, GroupValue};
use muster::db::query;
use serde_json::{Value, json};

use crate::oidc_support::{answered, claims, on_both_databases};

type Shape = fn(&mut ClaimsPolicy);

#[tokio::test]
async fn a_client_gets_groups_in_the_shape_decided_for_it() {
    on_both_databases(async |provider| {
        let ada = provider.person("ada").await;
        let wiki = provider.group("wiki-admins", &[&ada]).await;
        provider.group("staff", &[&ada]).await;
        let browser = provider.browser_of(&ada).await;
        let cases: [(Shape, Value); 6] = [
            (|it| it.groups.prefix = "wiki".into(), json!({ "groups": ["wiki-admins"] })),
            (|it| it.groups.format = GroupFormat::Commas, json!({ "groups": "staff,wiki-admins" })),
            (|it| (it.groups.claim, it.groups.format) = ("roles".into(), GroupFormat::Spaces), json!({ "roles": "staff wiki-admins" })),
            (|it| it.groups.allowed_only = true, json!({ "groups": ["wiki-admins"] })),
            (|it| it.groups.directory_only = true, json!({ "groups": [] })),
            (|it| (it.groups.value, it.groups.prefix) = (GroupValue::Id, "wiki".into()), json!({ "groups": [wiki] })),
        ];
        for (change, expected) in cases {
            let client = provider.client_with(|it| change(&mut it.policies.claims), &["wiki-admins"]).await;
            let tokens = client.tokens(&browser, &[("scope", "openid groups")]).await;
            let userinfo = provider.userinfo(tokens["access_token"].as_str().expect("a token")).await.json();
            for (name, value) in expected.as_object().expect("an object") {
                assert_eq!((&claims(&tokens)[name], &userinfo[name]), (value, value), "{name}");
            }
            assert_eq!(expected.get("groups").is_some(), userinfo.get("groups").is_some());
        }
    })
    .await;
}

#[tokio::test]
async fn a_client_gets_claims_of_its_own_and_a_hint_with_them_is_still_read() {
    on_both_databases(async |provider| {
        let ada = provider.person("ada").await;
        provider.group("wiki-admins", &[&ada]).await;
        provider
            .execute(query("UPDATE users SET directory_attributes = $2 WHERE id = $1").bind(ada.id).bind(r#"{"address.locality":"London"}"#))
            .await;
        let browser = provider.browser_of(&ada).await;
        let lines = [
            "role = admin if wiki-admins",
            "role = reader",
            "upn = {username}@corp.example",
            "resource_access > wiki > roles[] = admin if wiki-admins",
        ];
        let client = provider.client_with(|it| it.policies.claims.extra = lines.map(str::to_owned).to_vec(), &[]).await;
        let tokens = client.tokens(&browser, &[("scope", "openid profile address")]).await;
        let seen = claims(&tokens);
        assert_eq!((&seen["role"], &seen["upn"]), (&json!("admin"), &json!("ada@corp.example")));
        assert_eq!((&seen["resource_access"], &seen["address"]), (&json!({ "wiki": { "roles": ["admin"] } }), &json!({ "locality": "London" })));
        assert!(claims(&client.tokens(&browser, &[]).await).get("upn").is_none(), "a username needs the scope profile");

        let hint = tokens["id_token"].as_str().expect("an ID token");
        let code = client.code(&browser, &[("id_token_hint", hint), ("prompt", "none")]).await;
        assert!(!code.is_empty());
    })
    .await;
}

#[tokio::test]
async fn people_are_asked_each_time_where_that_was_decided() {
    on_both_databases(async |provider| {
        let ada = provider.person("ada").await;
        let browser = provider.browser_of(&ada).await;
        let client = provider.client_with(|it| (it.skip_consent, it.policies.claims.ask_each_time) = (false, true), &[]).await;
        for _ in 0..2 {
            let page = browser.get(&client.request(&[])).await;
            let allowed = browser.submit(&page, "/authorize/consent", &[("decision", "allow")]).await;
            assert!(answered(&allowed).contains_key("code"), "{} {}", allowed.status, allowed.body);
        }
        let quiet = browser.get(&client.request(&[("prompt", "none")])).await;
        assert_eq!(answered(&quiet)["error"], "consent_required");
    })
    .await;
}

#[tokio::test]
async fn a_client_can_want_newer_and_better_sign_ins_than_it_asks_for() {
    on_both_databases(async |provider| {
        let ada = provider.person("ada").await;
        let browser = provider.browser_of(&ada).await;
        let leads_to_sign_in = async |client: &crate::oidc_support::Client| {
            let answer = browser.get(&client.request(&[])).await;
            answer.location().is_some_and(|to| to.path() == "/sign-in")
        };
        let each_time = provider.client_with(|it| it.policies.claims.reauthenticate = true, &[]).await;
        let hourly = provider.client_with(|it| it.policies.claims.sign_in_minutes = Some(60), &[]).await;
        let hardware = provider.client_with(|it| it.policies.claims.required_proof = RequiredProof::HardwareHeld, &[]).await;
        let passkey = provider.client_with(|it| it.policies.claims.required_proof = RequiredProof::PhishingResistant, &[]).await;
        assert!(leads_to_sign_in(&each_time).await);
        assert!(!leads_to_sign_in(&hourly).await && !leads_to_sign_in(&passkey).await);
        let quiet = browser.get(&each_time.request(&[("prompt", "none")])).await;
        assert_eq!(answered(&quiet)["error"], "login_required");

        // Signed in, but not with the passkey wanted: a page says which that is.
        let told = browser.get(&hardware.request(&[])).await;
        assert_eq!((told.status.as_u16(), told.texts("h1").concat().contains("wants another passkey")), (200, true), "{}", told.body);
        assert!(told.texts("p").concat().contains("stays on one device"), "{}", told.body);
        let quiet = browser.get(&hardware.request(&[("prompt", "none")])).await;
        assert_eq!(answered(&quiet)["error"], "login_required");
        // Another one is asked for, and the page for that says which, too.
        let again = told.attribute("a.primary", "href").expect("a way to another passkey");
        let asked = browser.get(&again).await;
        assert!(asked.status == 200 && asked.texts(".notice").concat().contains("stays on one device"), "{}", asked.body);
        // A new sign-in with the same passkey leads to the same page; back at the app it is an error.
        provider.wait(Duration::from_secs(2));
        provider.sign_in(&browser, &ada).await;
        let sealed = again.split("request=").nth(1).expect("a request that waits").to_owned();
        let told = browser.get(&format!("/authorize/continue?request={sealed}")).await;
        assert!(told.texts("h1").concat().contains("wants another passkey"), "{}", told.body);
        let back = told.attribute(".other-way a", "href").expect("a way back");
        let refused = browser.get(&back).await;
        assert_eq!(answered(&refused)["error"], "unmet_authentication_requirements");

        provider.wait(Duration::from_secs(3700));
        assert!(leads_to_sign_in(&hourly).await);
    })
    .await;
}

#[tokio::test]
async fn a_wildcard_counts_only_where_it_is_switched_on() {
    on_both_databases(async |provider| {
        let ada = provider.person("ada").await;
        let browser = provider.browser_of(&ada).await;
        let uris = ["https://*.example.org/cb", "https://app.example.org/cb/*"].map(str::to_owned).to_vec();
        let client = provider.client_with(|it| (it.redirect_uris, it.policies.claims.redirect_wildcards) = (uris, true), &[]).await;
        for good in ["https://tenant.example.org/cb", "https://app.example.org/cb/tenant"] {
            let code = client.code(&browser, &[("redirect_uri", good)]).await;
            let tokens = client.redeem(&code, &[("redirect_uri", good)]).await;
            assert_eq!(tokens.status, 200, "{}", tokens.body);
            let code = client.code(&browser, &[("redirect_uri", good)]).await;
            let other = client.redeem(&code, &[("redirect_uri", "https://other.example.org/cb")]).await;
            assert_eq!(other.json()["error"], "invalid_grant", "a code stays bound to the very address");
        }
        for bad in [
            "https://*.example.org/cb",
            "https://evil.example/.example.org/cb",
            "https://evil.example\\.example.org/cb",
            "https://a@evil.example.org@x.example.org/cb",
            "https://a.b.example.org/cb",
            "https://app.example.org/cb/../admin",
            "https://app.example.org/cb/%2e%2e/admin",
            "https://app.example.org/cb/%252e%252e/admin",
            "https://app.example.org/cb/a#fragment",
            "https://app.example.org/cb/a?next=https://evil.example",
        ] {
            let answer = browser.get(&client.request(&[("redirect_uri", bad)])).await;
            assert_eq!((answer.status.as_u16(), answer.location()), (400, None), "{bad}");
        }
    })
    .await;
}
