//! Clients that act for themselves (RFC 6749 section 4.4).

use std::time::Duration;

use muster::db::query;
use serde_json::json;

use crate::oidc_support::{Proof, assert_refused, on_both_databases, succeeded};

const GRANT: (&str, &str) = ("grant_type", "client_credentials");

#[tokio::test]
async fn a_machine_gets_tokens_for_itself_and_an_api_can_ask_about_them() {
    on_both_databases(async |provider| {
        let allow = |it: &mut muster::clients::Registration| {
            (it.acts_alone, it.own_scopes, it.redirect_uris) =
                (true, vec!["metrics:read".into(), "metrics:write".into()], vec!["https://machine.example/".into()]);
            it.lifetimes.access_minutes = Some(10);
        };
        let (machine, api) = (provider.client_with(allow, &[]).await, provider.client().await);
        for proof in [Proof::Basic, Proof::Post] {
            let tokens = succeeded(&machine.token_request(proof, &[GRANT, ("scope", "metrics:read")]).await);
            assert_eq!(
                (tokens["token_type"].as_str(), tokens["expires_in"].as_i64(), &tokens["scope"]),
                (Some("Bearer"), Some(600), &json!("metrics:read"))
            );
            assert!(tokens["refresh_token"].is_null() && tokens["id_token"].is_null());
        }
        let tokens = succeeded(&machine.token_request(Proof::Basic, &[GRANT]).await);
        assert_eq!(tokens["scope"], "metrics:read metrics:write");
        let token = tokens["access_token"].as_str().unwrap();
        let about = async || api.post("/api/oidc/introspect", Proof::Basic, &[("token", token)]).await.json();
        let said = about().await;
        assert_eq!((&said["active"], &said["client_id"], &said["sub"]), (&json!(true), &json!(machine.client_id), &json!(machine.client_id)));
        assert!(said["username"].is_null());
        assert_refused(&provider.userinfo(token).await, 401, "invalid_token");

        assert_eq!(api.post("/api/oidc/revoke", Proof::Basic, &[("token", token)]).await.status, 200);
        assert_eq!(about().await["active"], true, "a stranger cannot give it back");
        assert_eq!(machine.post("/api/oidc/revoke", Proof::Basic, &[("token", token)]).await.status, 200);
        assert_eq!(about().await, json!({ "active": false }));

        let tokens = succeeded(&machine.token_request(Proof::Basic, &[GRANT]).await);
        let token = tokens["access_token"].as_str().unwrap();
        let active = async || api.post("/api/oidc/introspect", Proof::Basic, &[("token", token)]).await.json()["active"] == true;
        assert!(active().await);
        provider.execute(query("UPDATE clients SET acts_alone = FALSE WHERE id = $1").bind(machine.id)).await;
        assert!(!active().await, "the right was taken away");
        provider.execute(query("UPDATE clients SET acts_alone = TRUE WHERE id = $1").bind(machine.id)).await;
        provider.wait(Duration::from_secs(601));
        assert!(!active().await, "expired");
        muster::oidc::sweep(&provider.running.app, provider.now()).await.unwrap();
        assert_eq!(provider.count("SELECT COUNT(*) FROM client_tokens").await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_client_without_the_right_gets_nothing_for_itself() {
    on_both_databases(async |provider| {
        let (client, public) = (provider.client().await, provider.client_with(|it| it.is_public = true, &[]).await);
        assert_refused(&client.token_request(Proof::Basic, &[GRANT]).await, 400, "unauthorized_client");
        // Behind the form's back: a public client proves nothing.
        provider.execute(query("UPDATE clients SET acts_alone = TRUE WHERE id = $1").bind(public.id)).await;
        assert_refused(&public.token_request(Proof::None, &[GRANT]).await, 400, "unauthorized_client");
        let machine = provider.client_with(|it| it.acts_alone = true, &[]).await;
        assert_refused(&machine.token_request(Proof::None, &[GRANT]).await, 401, "invalid_client");
        for scope in ["openid", "offline_access", "metrics:read"] {
            assert_refused(&machine.token_request(Proof::Basic, &[GRANT, ("scope", scope)]).await, 400, "invalid_scope");
        }
        assert!(succeeded(&machine.token_request(Proof::Basic, &[GRANT]).await)["scope"].is_null());
    })
    .await;
}
