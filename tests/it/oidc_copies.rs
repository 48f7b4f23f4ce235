//! Instances keep copies of clients, secrets and APIs in memory. A change counts with the next request all the same, wherever it was made.

use std::time::Duration;

use muster::apis::{self, Right};
use muster::clients::{self, Authority, NewSecret};
use muster::db::{Query, query};
use muster::server::Running;

use crate::oidc_support::{Client, Proof, Provider, assert_refused, on_both_databases, succeeded};

const GRANT: (&str, &str) = ("grant_type", "client_credentials");
const API: &str = "https://docs.example";

async fn execute(instance: &Running, statement: Query) {
    let mut tx = instance.app.db.begin().await.expect("a transaction");
    assert_eq!(statement.execute(&mut tx).await.expect("a statement"), 1);
    tx.commit().await.expect("stored");
}

/// A machine that has just got a JWT, so that copies of all it took are there.
async fn known_machine(provider: &Provider) -> (Client, muster::id::ApiId) {
    let machine = provider.client_with(|it| it.acts_alone = true, &[]).await;
    let api = provider.api(API, "jwt", |_| {}).await;
    provider.allow(api, machine.id, None, Some("docs:read docs:write"), false).await;
    for _ in 0..2 {
        assert_eq!(succeeded(&ask(&machine).await)["scope"], "docs:read docs:write");
    }
    (machine, api)
}

async fn ask(machine: &Client) -> crate::support::http::Answer {
    machine.token_request(Proof::Basic, &[GRANT, ("resource", API)]).await
}

#[tokio::test]
async fn what_another_instance_changes_counts_with_the_next_request() {
    on_both_databases(async |provider| {
        let other = provider.another_instance().await;
        let (app, now) = (&other.app, provider.now());
        let (machine, api) = known_machine(provider).await;

        let mut tx = app.db.begin().await.unwrap();
        let right = Right { for_itself: Some(apis::Permissions::parse("docs:read")), ..Right::default() };
        apis::put_right(&mut tx, api, machine.id, &right).await.unwrap();
        assert_eq!(succeeded(&tokens_while_open(&machine).await)["scope"], "docs:read docs:write", "not committed yet");
        tx.commit().await.unwrap();
        assert_eq!(succeeded(&ask(&machine).await)["scope"], "docs:read", "a permission withdrawn");
        execute(&other, query("UPDATE apis SET permissions = '[]' WHERE id = $1").bind(api)).await;
        assert!(succeeded(&ask(&machine).await)["scope"].is_null(), "a permission the API no longer has");
        execute(&other, query("DELETE FROM api_clients WHERE api_id = $1").bind(api)).await;
        assert_refused(&ask(&machine).await, 400, "invalid_target");

        succeeded(&machine.token_request(Proof::Basic, &[GRANT]).await);
        execute(&other, query("UPDATE clients SET acts_alone = FALSE WHERE id = $1").bind(machine.id)).await;
        assert_refused(&machine.token_request(Proof::Basic, &[GRANT]).await, 400, "unauthorized_client");
        execute(&other, query("UPDATE clients SET acts_alone = TRUE WHERE id = $1").bind(machine.id)).await;
        succeeded(&machine.token_request(Proof::Basic, &[GRANT]).await);
        execute(&other, query("UPDATE clients SET out_of_service_at = $2 WHERE id = $1").bind(machine.id).bind(now)).await;
        assert_refused(&machine.token_request(Proof::Basic, &[GRANT]).await, 401, "invalid_client");
        execute(&other, query("UPDATE clients SET out_of_service_at = NULL WHERE id = $1").bind(machine.id)).await;

        let new = clients::make_secret(app, Authority::CommandLine, machine.id, &NewSecret::default(), now).await.unwrap();
        let renewed = Client { secret: new.secret.map(|secret| secret.reveal().to_owned()), ..machine.clone() };
        succeeded(&renewed.token_request(Proof::Basic, &[GRANT]).await);
        let hint: String = machine.secret.as_deref().unwrap().chars().take("muster_cs_".len() + 8).collect();
        clients::delete_secret(app, Authority::CommandLine, machine.id, &hint, now).await.unwrap();
        assert_refused(&machine.token_request(Proof::Basic, &[GRANT]).await, 401, "invalid_client");
        succeeded(&renewed.token_request(Proof::Basic, &[GRANT]).await);
        clients::delete(app, Authority::CommandLine, machine.id, now).await.unwrap();
        assert_refused(&renewed.token_request(Proof::Basic, &[GRANT]).await, 401, "invalid_client");
        other.stop().await;
    })
    .await;
}

/// Asked while another instance holds a transaction open.
async fn tokens_while_open(machine: &Client) -> crate::support::http::Answer {
    tokio::time::timeout(Duration::from_secs(20), ask(machine)).await.expect("nobody waits for a change that is not committed")
}

#[tokio::test]
async fn a_secret_ends_when_it_says_although_nothing_was_changed() {
    on_both_databases(async |provider| {
        let machine = provider.client_with(|it| it.acts_alone = true, &[]).await;
        execute(
            &provider.running,
            query("UPDATE client_secrets SET expires_at = $2 WHERE client_id = $1").bind(machine.id).bind(provider.now() + Duration::from_secs(60)),
        )
        .await;
        succeeded(&machine.token_request(Proof::Basic, &[GRANT]).await);
        provider.wait(Duration::from_secs(61));
        assert_refused(&machine.token_request(Proof::Basic, &[GRANT]).await, 401, "invalid_client");
    })
    .await;
}

#[tokio::test]
async fn a_person_deleted_at_another_instance_is_gone_from_userinfo_and_refreshes_nothing() {
    on_both_databases(async |provider| {
        let other = provider.another_instance().await;
        let (ada, client) = (provider.person("ada").await, provider.client().await);
        let browser = provider.browser_of(&ada).await;
        let tokens = client.tokens(&browser, &[("scope", "openid profile groups offline_access")]).await;
        let (access, refresh) = (tokens["access_token"].as_str().unwrap(), tokens["refresh_token"].as_str().unwrap());
        assert_eq!(provider.userinfo(access).await.json()["preferred_username"], "ada");
        execute(&other, query("DELETE FROM users WHERE id = $1").bind(ada.id)).await;
        assert_refused(&provider.userinfo(access).await, 401, "invalid_token");
        assert_refused(&client.refresh(refresh).await, 400, "invalid_grant");
        other.stop().await;
    })
    .await;
}

#[tokio::test]
async fn groups_come_with_the_one_statement_as_they_do_without_it() {
    on_both_databases(async |provider| {
        let (ada, client) = (provider.person("ada").await, provider.client().await);
        for name in ["zoologists", "Ärzte \"A\"", "admins", "it's"] {
            provider.group(name, &[&ada]).await;
        }
        let browser = provider.browser_of(&ada).await;
        let tokens = client.tokens(&browser, &[("scope", "openid groups")]).await;
        let mut conn = provider.running.app.db.read().await.unwrap();
        let names: Vec<String> = muster::groups::of_user(&mut conn, ada.id).await.unwrap().into_iter().map(|group| group.name).collect();
        drop(conn);
        assert_eq!(names.len(), 4);
        let said = provider.userinfo(tokens["access_token"].as_str().unwrap()).await.json();
        assert_eq!((&said["groups"], &crate::oidc_support::claims(&tokens)["groups"]), (&names.clone().into(), &names.into()));
    })
    .await;
}

#[tokio::test]
async fn every_key_that_signs_is_there_before_the_first_request() {
    on_both_databases(async |provider| {
        // The provider has listened for a moment, and nobody has asked it anything.
        assert_eq!(provider.count("SELECT COUNT(*) FROM signing_keys WHERE state = 'active'").await, 4);
    })
    .await;
}
