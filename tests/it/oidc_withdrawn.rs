//! What is taken away counts for tokens that were given before: permissions, holders, names, keys.

use std::time::Duration;

use muster::clients::SigningAlg;
use muster::clients::policy::claims::SubjectType;
use muster::clients::policy::tokens::Exchange;
use muster::db::query;
use muster::oidc::keys;
use serde_json::{Value, json};

use crate::oidc_exchange::{DOCS, STORE, chain, exchange, token};
use crate::oidc_support::{Provider, assert_refused, on_both_databases, succeeded};

fn inactive() -> Value {
    json!({ "active": false })
}

/// The row of an API.
async fn api(provider: &Provider, identifier: &str) -> muster::id::ApiId {
    let mut conn = provider.running.app.db.read().await.expect("a connection");
    let (id,): (muster::id::ApiId,) = query("SELECT id FROM apis WHERE identifier = $1").bind(identifier).one(&mut conn).await.expect("the API");
    id
}

#[tokio::test]
async fn a_permission_taken_from_an_app_is_gone_from_the_tokens_it_has() {
    on_both_databases(async |provider| {
        for format in ["jwt", "opaque"] {
            provider.execute(query("DELETE FROM apis")).await;
            let chain = chain(provider, format, Exchange::Off).await;
            let subject = chain.subject().await;
            let docs = api(provider, DOCS).await;
            let scope = async || chain.server.introspect(&subject).await["scope"].as_str().unwrap_or_default().to_owned();
            assert_eq!(scope().await, "docs:read docs:write");
            provider.allow(docs, chain.app.id, Some("docs:read"), None, false).await;
            assert_eq!(scope().await, "docs:read", "{format}");
            assert_eq!(chain.app.introspect(&subject).await["scope"], "docs:read", "its own app is told so too");
            provider.allow(docs, chain.app.id, Some("docs:read docs:write"), None, false).await;
            assert_eq!(scope().await, "docs:read docs:write", "given back");
            provider.allow(docs, chain.app.id, None, Some("docs:read"), false).await;
            assert_eq!(chain.server.introspect(&subject).await, inactive(), "{format}: nothing is left for people");
        }
    })
    .await;
}

#[tokio::test]
async fn a_permission_taken_from_a_program_is_gone_from_the_tokens_it_has() {
    on_both_databases(async |provider| {
        for format in ["jwt", "opaque"] {
            provider.execute(query("DELETE FROM apis")).await;
            let (machine, server) = (provider.client_with(|it| it.acts_alone = true, &[]).await, provider.client().await);
            let docs = provider.api(DOCS, format, |_| {}).await;
            provider.allow(docs, machine.id, None, Some("docs:read docs:write"), false).await;
            provider.allow(docs, server.id, None, None, true).await;
            let given = succeeded(&machine.post_proved("/api/oidc/token", &[("grant_type", "client_credentials"), ("resource", DOCS)], &[]).await);
            assert_eq!(server.introspect(token(&given)).await["scope"], "docs:read docs:write");
            provider.allow(docs, machine.id, Some("docs:read"), None, false).await;
            assert_eq!(server.introspect(token(&given)).await, inactive(), "{format}: nothing is left for itself");
            if format == "opaque" {
                provider.allow(docs, machine.id, None, Some("docs:read"), false).await;
                assert_eq!(server.introspect(token(&given)).await["scope"], "docs:read");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_permission_taken_from_an_app_is_not_exchanged_on() {
    on_both_databases(async |provider| {
        for format in ["jwt", "opaque"] {
            provider.execute(query("DELETE FROM apis")).await;
            let chain = chain(provider, format, Exchange::Delegation).await;
            let subject = chain.subject().await;
            let docs = api(provider, DOCS).await;
            let target = [("resource", STORE)];
            assert_eq!(succeeded(&exchange(&chain.server, &subject, &target, &[]).await)["scope"], "docs:read docs:write");
            provider.allow(docs, chain.app.id, Some("docs:read"), None, false).await;
            assert_eq!(succeeded(&exchange(&chain.server, &subject, &target, &[]).await)["scope"], "docs:read", "{format}");
            let more = [("resource", STORE), ("scope", "docs:write")];
            assert_refused(&exchange(&chain.server, &subject, &more, &[]).await, 400, "invalid_scope");
            provider.allow(docs, chain.app.id, None, None, false).await;
            assert_refused(&exchange(&chain.server, &subject, &target, &[]).await, 400, "invalid_request");
        }
    })
    .await;
}

#[tokio::test]
async fn an_exchanged_token_counts_only_while_its_holder_may_serve_the_person() {
    on_both_databases(async |provider| {
        for format in ["jwt", "opaque"] {
            provider.execute(query("DELETE FROM apis")).await;
            let chain = chain(provider, format, Exchange::Impersonation).await;
            let given = succeeded(&exchange(&chain.server, &chain.subject().await, &[("resource", STORE)], &[]).await);
            let active = async || chain.server.introspect(token(&given)).await["active"] == true;
            assert!(active().await);
            let staff = provider.group(&format!("staff-{format}"), &[]).await;
            provider.execute(query("UPDATE clients SET restricted = TRUE WHERE id = $1").bind(chain.server.id)).await;
            provider.execute(query("INSERT INTO client_groups (client_id, group_id) VALUES ($1, $2)").bind(chain.server.id).bind(staff)).await;
            assert!(!active().await, "{format}: closed to the person, whose token of the app still counts");
            assert_eq!(chain.app.tokens(&chain.browser, &[]).await["token_type"], "Bearer");
            let join = "INSERT INTO group_members (group_id, user_id) SELECT $1, id FROM users WHERE username = $2";
            provider.execute(query(join).bind(staff).bind(format!("ada-{format}"))).await;
            assert!(active().await, "and open again");
            provider.execute(query("UPDATE groups SET removed_at = 1 WHERE id = $1").bind(staff)).await;
            assert!(!active().await, "a group that is gone admits nobody");
        }
    })
    .await;
}

#[tokio::test]
async fn introspection_names_people_to_apps_that_may_know_them_only() {
    on_both_databases(async |provider| {
        let ada = provider.person("ada").await;
        let browser = provider.browser_of(&ada).await;
        let app = provider.client().await;
        let username = async |by: &crate::oidc_support::Client, token: &str| by.introspect(token).await["username"].clone();
        for (scope, name) in [("openid", Value::Null), ("openid email groups", Value::Null), ("openid profile", json!("ada"))] {
            let tokens = app.tokens(&browser, &[("scope", scope)]).await;
            assert_eq!(username(&app, token(&tokens)).await, name, "{scope}");
        }
        // Whoever runs an API learns who calls; not by way of an app whose people nobody may compare.
        let (server, hidden) = (provider.client().await, provider.client_with(|it| it.policies.claims.subject = SubjectType::Pairwise, &[]).await);
        let docs = provider.api(DOCS, "opaque", |_| {}).await;
        provider.allow(docs, server.id, None, None, true).await;
        for (app, name) in [(&app, json!("ada")), (&hidden, Value::Null)] {
            provider.allow(docs, app.id, Some("docs:read"), None, false).await;
            let tokens = app.tokens(&browser, &[("resource", DOCS), ("scope", "openid docs:read")]).await;
            assert_eq!(username(&server, token(&tokens)).await, name);
            assert_eq!(username(app, token(&tokens)).await, Value::Null, "the app itself asked for no name");
        }
    })
    .await;
}

/// Whoever has a key that was retired long ago makes tokens with it that nothing else tells from ours.
#[tokio::test]
async fn a_key_that_is_no_longer_published_vouches_for_no_token_here_either() {
    on_both_databases(async |provider| {
        let app = &provider.running.app;
        let (machine, server) =
            (provider.client_with(|it| (it.acts_alone, it.lifetimes.access_minutes) = (true, Some(1_440)), &[]).await, provider.client().await);
        let docs = provider.api(DOCS, "jwt", |_| {}).await;
        provider.allow(docs, machine.id, None, Some("docs:read"), false).await;
        provider.allow(docs, server.id, None, None, true).await;
        let given = succeeded(&machine.post_proved("/api/oidc/token", &[("grant_type", "client_credentials"), ("resource", DOCS)], &[]).await);
        keys::rotate(app, &[SigningAlg::Es256], &muster::audit::Actor::command_line(), provider.now()).await.expect("rotated");
        assert_eq!(server.introspect(token(&given)).await["active"], true, "retired, but still published");
        // As if it had been retired long before the token, which is what a forged one looks like.
        let long_ago = provider.now() - Duration::from_secs(2 * 86_400);
        provider.execute(query("UPDATE signing_keys SET retired_at = $1 WHERE state = 'retired'").bind(long_ago)).await;
        keys::follow(app, provider.now()).await.expect("followed");
        assert_eq!(server.introspect(token(&given)).await, inactive());
    })
    .await;
}
