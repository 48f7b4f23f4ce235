//! How long codes and tokens are good for, and where apps begin a sign-in themselves.

use std::time::Duration;

use muster::clients::Lifetimes;
use serde_json::Value;

use crate::oidc_support::{assert_refused, claims, on_both_databases, succeeded};

const DAY: Duration = Duration::from_secs(24 * 3600);

fn refresh_token(tokens: &Value) -> &str {
    tokens["refresh_token"].as_str().expect("a refresh token")
}

#[tokio::test]
async fn a_client_can_have_lifetimes_of_its_own() {
    on_both_databases(async |provider| {
        let ada = provider.person("ada").await;
        let own = Lifetimes { code_seconds: Some(10), access_minutes: Some(5), id_token_minutes: Some(2), refresh_days: Some(3) };
        let client = provider.client_with(|it| it.lifetimes = own, &[]).await;
        let browser = provider.browser_of(&ada).await;
        let code = client.code(&browser, &[]).await;
        provider.wait(Duration::from_secs(11));
        assert_refused(&client.redeem(&code, &[]).await, 400, "invalid_grant");
        let tokens = client.tokens(&browser, &[("scope", "openid offline_access")]).await;
        assert_eq!(tokens["expires_in"], 300);
        assert_eq!(claims(&tokens)["exp"].as_i64().unwrap() - claims(&tokens)["iat"].as_i64().unwrap(), 120);
        provider.wait(Duration::from_secs(301));
        assert_eq!(provider.userinfo(tokens["access_token"].as_str().unwrap()).await.status, 401);
        let tokens = succeeded(&client.refresh(refresh_token(&tokens)).await);
        provider.wait(3 * DAY + Duration::from_secs(1));
        assert_refused(&client.refresh(refresh_token(&tokens)).await, 400, "invalid_grant");
    })
    .await;
}

#[tokio::test]
async fn refreshing_does_not_go_on_for_ever() {
    on_both_databases(async |provider| {
        let (ada, client) = (provider.person("ada").await, provider.client().await);
        let browser = provider.browser_of(&ada).await;
        let mut tokens = client.tokens(&browser, &[("scope", "openid offline_access")]).await;
        for _ in 0..18 {
            provider.wait(20 * DAY);
            tokens = succeeded(&client.refresh(refresh_token(&tokens)).await);
        }
        // 360 days; unused, this one would be good for 30 more.
        provider.wait(5 * DAY);
        assert_refused(&client.refresh(refresh_token(&tokens)).await, 400, "invalid_grant");
    })
    .await;
}

#[tokio::test]
async fn oidcc_3rd_party_init_login_begins_on_the_page_of_apps() {
    on_both_databases(async |provider| {
        let (ada, browser) = {
            let ada = provider.person("ada").await;
            let browser = provider.browser_of(&ada).await;
            (ada, browser)
        };
        let client = provider.client_with(|it| it.initiate_login_uri = "https://wiki.example.org/login?tenant=1".into(), &[]).await;
        client.tokens(&browser, &[]).await;
        let page = browser.get("/account/apps").await;
        let issuer: String = url::form_urlencoded::byte_serialize(provider.base.as_bytes()).collect();
        let link = page.attribute("h2 a", "href").expect("a link");
        assert_eq!(link, format!("https://wiki.example.org/login?tenant=1&iss={issuer}"), "{}", ada.username);
    })
    .await;
}
