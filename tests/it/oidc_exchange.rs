//! Token exchange (RFC 8693): a server that was sent a token gets a narrower one of its own.

use std::time::Duration;

use muster::audit::Kind;
use muster::clients::Registration;
use muster::clients::policy::tokens::Exchange;
use muster::db::query;
use serde_json::{Value, json};

use crate::oidc_support::{Client, Provider, assert_refused, on_both_databases, succeeded};
use crate::support::http::{Answer, Browser};
use crate::tokens_support::HeldKey;

const GRANT: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
pub(crate) const DOCS: &str = "https://docs.example.org";
pub(crate) const STORE: &str = "https://store.example.org";

pub(crate) fn token(tokens: &Value) -> &str {
    tokens["access_token"].as_str().expect("an access token")
}

/// An app that uses DOCS, whose server uses STORE on behalf of people.
pub(crate) struct Chain {
    pub(crate) app: Client,
    pub(crate) server: Client,
    pub(crate) browser: Browser,
    sub: String,
}

pub(crate) async fn chain(provider: &Provider, format: &str, exchange: Exchange) -> Chain {
    let ada = provider.person(&format!("ada-{format}")).await;
    let allowed = |it: &mut Registration| (it.policies.tokens.exchange, it.acts_alone) = (exchange, true);
    let (app, server) = (provider.client().await, provider.client_with(allowed, &[]).await);
    let docs = provider.api(DOCS, format, |_| {}).await;
    let store = provider.api(STORE, format, |it| it.permissions = "docs:read\ndocs:write\nadmin".into()).await;
    provider.allow(docs, app.id, Some("docs:read docs:write"), None, false).await;
    provider.allow(docs, server.id, None, None, true).await;
    provider.allow(store, server.id, Some("docs:read docs:write admin"), None, true).await;
    Chain { app, server, browser: provider.browser_of(&ada).await, sub: ada.id.to_string() }
}

impl Chain {
    pub(crate) async fn subject(&self) -> String {
        let tokens = self.app.tokens(&self.browser, &[("resource", DOCS), ("scope", "openid docs:read docs:write")]).await;
        token(&tokens).to_owned()
    }
}

pub(crate) async fn exchange(by: &Client, subject: &str, more: &[(&str, &str)], proofs: &[&str]) -> Answer {
    let mut parameters = vec![("grant_type", GRANT), ("subject_token", subject), ("subject_token_type", ACCESS_TOKEN)];
    parameters.extend(more);
    by.post_proved("/api/oidc/token", &parameters, proofs).await
}

#[tokio::test]
async fn a_server_gets_a_narrower_token_that_says_for_whom_it_acts() {
    on_both_databases(async |provider| {
        for format in ["jwt", "opaque"] {
            provider.execute(query("DELETE FROM apis")).await;
            let chain = chain(provider, format, Exchange::Delegation).await;
            let subject = chain.subject().await;
            let given = succeeded(&exchange(&chain.server, &subject, &[("audience", STORE), ("scope", "docs:read")], &[]).await);
            assert_eq!(
                (&given["issued_token_type"], &given["token_type"], &given["scope"]),
                (&json!(ACCESS_TOKEN), &json!("Bearer"), &json!("docs:read"))
            );
            assert!(given["refresh_token"].is_null() && given["id_token"].is_null());
            let said = chain.server.introspect(token(&given)).await;
            assert_eq!(
                (&said["active"], &said["sub"], &said["aud"], &said["client_id"], &said["act"]),
                (&json!(true), &json!(chain.sub), &json!(STORE), &json!(chain.server.client_id), &json!({ "sub": chain.server.client_id }))
            );
            if format == "jwt" {
                let (_, claims) = provider.verified(token(&given)).await;
                assert_eq!((&claims["act"], &claims["aud"], &claims["scope"]), (&said["act"], &json!(STORE), &json!("docs:read")));
            }
            let all = succeeded(&exchange(&chain.server, &subject, &[("resource", STORE)], &[]).await);
            assert_eq!(all["scope"], "docs:read docs:write");

            // It can be exchanged on, and both who acted stand there.
            let further = succeeded(&exchange(&chain.server, token(&given), &[("resource", STORE)], &[]).await);
            let act = json!({ "sub": chain.server.client_id, "act": { "sub": chain.server.client_id } });
            assert_eq!((&further["scope"], &chain.server.introspect(token(&further)).await["act"]), (&json!("docs:read"), &act));

            // The app that was signed in to did not get these and cannot give them back; revoking the grant ends them.
            chain.app.post("/api/oidc/revoke", crate::oidc_support::Proof::Basic, &[("token", token(&given))]).await;
            assert_eq!(chain.server.introspect(token(&given)).await["active"], true);
            chain.server.post("/api/oidc/revoke", crate::oidc_support::Proof::Basic, &[("token", token(&all))]).await;
            assert_eq!(chain.server.introspect(token(&all)).await, json!({ "active": false }));
            provider.execute(query("UPDATE grants SET revoked_at = 1")).await;
            assert_eq!(chain.server.introspect(token(&given)).await, json!({ "active": false }));
            assert_refused(&exchange(&chain.server, &subject, &[("resource", STORE)], &[]).await, 400, "invalid_request");
        }
        let kind = query("SELECT COUNT(*) FROM audit_events WHERE kind = $1").bind(Kind::TokenExchanged.as_str());
        let (audited,): (i64,) = kind.one(&mut provider.running.app.db.read().await.unwrap()).await.unwrap();
        assert_eq!(audited, 6);
    })
    .await;
}

#[tokio::test]
async fn an_exchange_never_widens_scope_life_or_audience() {
    on_both_databases(async |provider| {
        let chain = chain(provider, "jwt", Exchange::Delegation).await;
        let subject = chain.subject().await;
        for scope in ["admin", "docs:read admin", "openid", "offline_access", "docs:read openid"] {
            assert_refused(&exchange(&chain.server, &subject, &[("resource", STORE), ("scope", scope)], &[]).await, 400, "invalid_scope");
        }
        let refused = async |more: &[(&str, &str)], error: &str| assert_refused(&exchange(&chain.server, &subject, more, &[]).await, 400, error);
        refused(&[], "invalid_target").await;
        refused(&[("resource", STORE), ("audience", DOCS)], "invalid_target").await;
        refused(&[("resource", "https://unknown.example.org")], "invalid_target").await;
        refused(&[("resource", DOCS)], "invalid_target").await;
        refused(&[("resource", STORE), ("requested_token_type", "urn:ietf:params:oauth:token-type:refresh_token")], "invalid_request").await;
        refused(&[("resource", STORE), ("actor_token", "x")], "invalid_request").await;
        refused(&[("resource", STORE), ("actor_token", &subject), ("actor_token_type", ACCESS_TOKEN)], "invalid_request").await;
        // Half an hour later it lives half an hour.
        provider.wait(Duration::from_secs(1800));
        let given = succeeded(&exchange(&chain.server, &subject, &[("resource", STORE)], &[]).await);
        assert!(given["expires_in"].as_i64().is_some_and(|seconds| seconds <= 1800), "{given}");
        provider.wait(Duration::from_secs(1801));
        refused(&[("resource", STORE)], "invalid_request").await;
    })
    .await;
}

#[tokio::test]
async fn only_a_token_that_was_meant_for_the_client_can_be_exchanged() {
    on_both_databases(async |provider| {
        let chain = chain(provider, "opaque", Exchange::Delegation).await;
        let subject = chain.subject().await;
        let target = [("resource", STORE)];
        // Audience confusion: a server of another API, the app itself, a token for userinfo, a refresh token, an ID token, a machine's.
        let store = provider.count("SELECT COUNT(*) FROM apis").await;
        assert_eq!(store, 2);
        let other = provider.client_with(|it| it.policies.tokens.exchange = Exchange::Impersonation, &[]).await;
        assert_refused(&exchange(&other, &subject, &target, &[]).await, 400, "invalid_request");
        assert_refused(&exchange(&chain.app, &subject, &target, &[]).await, 400, "unauthorized_client");
        let plain = chain.app.tokens(&chain.browser, &[("scope", "openid offline_access")]).await;
        for wrong in ["access_token", "refresh_token", "id_token"] {
            let wrong = plain[wrong].as_str().unwrap();
            assert_refused(&exchange(&chain.server, wrong, &target, &[]).await, 400, "invalid_request");
        }
        let own = succeeded(&chain.server.post_proved("/api/oidc/token", &[("grant_type", "client_credentials")], &[]).await);
        assert_refused(&exchange(&chain.server, token(&own), &target, &[]).await, 400, "invalid_request");
        assert_refused(&exchange(&chain.server, "", &target, &[]).await, 400, "invalid_request");
        // As an actor that token will do.
        let acting = [("resource", STORE), ("actor_token", token(&own)), ("actor_token_type", ACCESS_TOKEN)];
        let given = succeeded(&exchange(&chain.server, &subject, &acting, &[]).await);
        assert_eq!(chain.server.introspect(token(&given)).await["act"], json!({ "sub": chain.server.client_id }));
        // A person the server is closed to.
        provider.group("others", &[]).await;
        provider.execute(query("UPDATE clients SET restricted = TRUE WHERE id = $1").bind(chain.server.id)).await;
        assert_refused(&exchange(&chain.server, &subject, &target, &[]).await, 400, "invalid_request");
    })
    .await;
}

#[tokio::test]
async fn impersonation_leaves_no_trace_and_a_bound_token_stays_bound() {
    on_both_databases(async |provider| {
        let chain = chain(provider, "jwt", Exchange::Impersonation).await;
        let given = succeeded(&exchange(&chain.server, &chain.subject().await, &[("resource", STORE)], &[]).await);
        let (_, claims) = provider.verified(token(&given)).await;
        assert!(claims["act"].is_null() && claims["sub"] == chain.sub.as_str());

        let (key, own) = (HeldKey::new(), HeldKey::new());
        let code = chain.app.code(&chain.browser, &[("resource", DOCS), ("scope", "docs:read")]).await;
        let bound = succeeded(&chain.app.redeem_proved(&code, &key.for_token(provider)).await);
        assert_refused(&exchange(&chain.server, token(&bound), &[("resource", STORE)], &[]).await, 400, "invalid_dpop_proof");
        let given = succeeded(&exchange(&chain.server, token(&bound), &[("resource", STORE)], &[&own.for_token(provider)]).await);
        assert_eq!((&given["token_type"], &provider.verified(token(&given)).await.1["cnf"]["jkt"]), (&json!("DPoP"), &json!(own.jkt())));
    })
    .await;
}
