//! Subjects: the same everywhere at one client, another one at clients of other sectors where that was decided (OpenID Connect Core, section 8).

use muster::clients::policy::claims::SubjectType;
use serde_json::{Value, json};

use crate::oidc_support::{Proof, REDIRECT_URI, SIGNED_OUT_URI, answered, claims, on_both_databases, succeeded};

#[tokio::test]
async fn a_pairwise_subject_is_the_same_everywhere_at_its_sector_and_nowhere_else() {
    on_both_databases(async |provider| {
        let ada = provider.person("ada").await;
        let browser = provider.browser_of(&ada).await;
        let pairwise = async |uri: &str| {
            provider.client_with(|it| (it.redirect_uris, it.policies.claims.subject) = (vec![uri.to_owned()], SubjectType::Pairwise), &[]).await
        };
        let (wiki, same_host, other) =
            (pairwise(REDIRECT_URI).await, pairwise("https://wiki.example.org/other").await, pairwise("https://chat.example.org/cb").await);
        let public = provider.client().await;
        let scope = [("scope", "openid profile offline_access")];
        let tokens = wiki.tokens(&browser, &scope).await;
        let sub = claims(&tokens)["sub"].clone();
        assert_eq!(claims(&public.tokens(&browser, &[]).await)["sub"], json!(ada.id));
        assert_ne!(sub, json!(ada.id));
        assert_eq!(claims(&same_host.tokens(&browser, &[]).await)["sub"], sub);
        assert_ne!(claims(&other.tokens(&browser, &[]).await)["sub"], sub);

        let access = tokens["access_token"].as_str().expect("a token");
        assert_eq!(provider.userinfo(access).await.json()["sub"], sub);
        assert_eq!(wiki.post("/api/oidc/introspect", Proof::Basic, &[("token", access)]).await.json()["sub"], sub);
        let refreshed = succeeded(&wiki.refresh(tokens["refresh_token"].as_str().expect("a refresh token")).await);
        assert_eq!(claims(&refreshed)["sub"], sub);
        let metadata = browser.get("/.well-known/openid-configuration").await.json();
        assert_eq!(metadata["subject_types_supported"], json!(["public", "pairwise"]));
        let all: Value = provider.userinfo(access).await.json();
        assert!(!all.to_string().contains(&ada.id.to_string()), "what tells the person apart elsewhere is not said: {all}");
    })
    .await;
}

#[tokio::test]
async fn hints_and_wishes_name_people_as_the_client_does() {
    on_both_databases(async |provider| {
        let (ada, bob) = (provider.person("ada").await, provider.person("bob").await);
        let browser = provider.browser_of(&ada).await;
        let client = provider.client_with(|it| it.policies.claims.subject = SubjectType::Pairwise, &[]).await;
        let tokens = client.tokens(&browser, &[]).await;
        let (hint, sub) = (tokens["id_token"].as_str().expect("an ID token"), claims(&tokens)["sub"].as_str().expect("text").to_owned());
        let wish = |sub: &str| json!({ "id_token": { "sub": { "value": sub } } }).to_string();
        client.code(&browser, &[("id_token_hint", hint), ("prompt", "none")]).await;
        client.code(&browser, &[("claims", &wish(&sub)), ("prompt", "none")]).await;
        let public = browser.get(&client.request(&[("claims", &wish(&ada.id.to_string())), ("prompt", "none")])).await;
        assert_eq!(answered(&public)["error"], "login_required", "that is not what this client calls her");
        let others = provider.browser_of(&bob).await;
        let refused = others.get(&client.request(&[("id_token_hint", hint), ("prompt", "none")])).await;
        assert_eq!(answered(&refused)["error"], "login_required");

        let query = serde_urlencoded::to_string([("id_token_hint", hint), ("post_logout_redirect_uri", SIGNED_OUT_URI)]).expect("a query");
        let out = browser.get(&format!("/api/oidc/end-session?{query}")).await;
        assert!(out.location().is_some_and(|to| to.as_str().starts_with(SIGNED_OUT_URI)), "signed out without being asked: {}", out.body);
    })
    .await;
}
