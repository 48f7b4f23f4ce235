//! What goes wrong between apps and this server, as administrators read it.

use muster::db::query;

use crate::oidc_support::{Client, Proof, Provider, REDIRECT_URI, on_both_databases};
use crate::support::http::Browser;

async fn admin(provider: &Provider) -> Browser {
    let boss = provider.person("boss").await;
    provider.execute(query("UPDATE users SET local_admin = $2 WHERE id = $1").bind(boss.id).bind(true)).await;
    provider.browser_of(&boss).await
}

/// The errors on a client's page, the latest first.
async fn errors(browser: &Browser, client: &Client) -> Vec<String> {
    browser.get(&format!("/admin/clients/{}", client.id)).await.texts("#errors li")
}

#[tokio::test]
async fn mistakes_of_an_app_stand_on_its_page_in_plain_words() {
    on_both_databases(async |provider| {
        let boss = admin(provider).await;
        let ada = provider.person("ada").await;
        let browser = provider.browser_of(&ada).await;
        let client = provider.client().await;
        assert!(errors(&boss, &client).await.is_empty());
        let latest = async |words: &[&str]| {
            let errors = errors(&boss, &client).await;
            for word in words {
                assert!(errors[0].contains(word), "{word}: {errors:?}");
            }
        };

        browser.get(&client.request(&[("redirect_uri", "https://wiki.example.org/callback/")])).await;
        latest(&["redirect_uri “https://wiki.example.org/callback/” is not registered", REDIRECT_URI, "Review and add it"]).await;

        let wrong = Client { secret: Some("muster_cs_wrong-and-very-secret".to_owned()), ..client.clone() };
        wrong.redeem("x", &[]).await;
        latest(&["not one of its secrets"]).await;
        wrong.token_request(Proof::Post, &[("grant_type", "authorization_code"), ("code", "x")]).await;
        latest(&["2 times"]).await;
        client.token_request(Proof::None, &[("grant_type", "authorization_code"), ("code", "x")]).await;
        latest(&["sent no client secret"]).await;

        let code = client.code(&browser, &[]).await;
        client.redeem(&code, &[("code_verifier", "a-verifier-that-is-long-enough-but-not-the-one-asked-for")]).await;
        latest(&["code_verifier does not belong"]).await;
        client.redeem(&code, &[]).await;
        latest(&["same code twice"]).await;
        let late = client.code(&browser, &[]).await;
        provider.wait(std::time::Duration::from_secs(150));
        client.redeem(&late, &[]).await;
        latest(&["30 seconds after it had run out"]).await;
        client.redeem("muster_ac_never-given", &[]).await;
        latest(&["never given to it"]).await;

        browser.get(&client.request(&[("scope", "everything")])).await;
        latest(&["scope “everything”"]).await;

        // No secret, code or token is kept.
        let page = boss.get(&format!("/admin/clients/{}", client.id)).await;
        for secret in ["very-secret", code.as_str(), late.as_str(), "never-given"] {
            assert!(!page.body.contains(secret), "{secret}");
        }
        boss.submit(&page, &format!("/admin/clients/{}/errors/forget", client.id), &[]).await;
        assert!(errors(&boss, &client).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn someone_outside_the_groups_is_named_and_whoever_says_no_is_not() {
    on_both_databases(async |provider| {
        let boss = admin(provider).await;
        let (ada, bob) = (provider.person("ada").await, provider.person("bob").await);
        provider.group("staff", &[&bob]).await;
        let client = provider.client_with(|it| it.skip_consent = false, &["staff"]).await;
        provider.browser_of(&ada).await.get(&client.request(&[])).await;
        let seen = errors(&boss, &client).await;
        assert!(seen.len() == 1 && seen[0].contains("ada is in none of the groups"), "{seen:?}");

        let browser = provider.browser_of(&bob).await;
        let page = browser.get(&client.request(&[])).await;
        browser.submit(&page, "/authorize/consent", &[("decision", "deny")]).await;
        provider.browser().get(&client.request(&[("prompt", "none")])).await;
        assert_eq!(errors(&boss, &client).await.len(), 1, "to say no is no mistake, and neither is to ask whether somebody is signed in");
    })
    .await;
}

#[tokio::test]
async fn a_refused_redirect_uri_is_added_after_review_and_nothing_else_is() {
    on_both_databases(async |provider| {
        let boss = admin(provider).await;
        let ada = provider.person("ada").await;
        let browser = provider.browser_of(&ada).await;
        let client = provider.client().await;
        let new = "https://new.example/cb";
        browser.get(&client.request(&[("redirect_uri", new)])).await;
        browser.get(&client.request(&[("redirect_uri", "javascript:alert(1)")])).await;
        let page = boss.get(&format!("/admin/clients/{}", client.id)).await;
        assert_eq!(page.texts("#errors li a").len(), 1, "what cannot be a redirect URI is not offered");
        let review = boss.get(&page.attribute("#errors li a", "href").expect("a link")).await;
        assert_eq!(review.texts("#added"), [new]);
        assert!(review.texts(".notice.warn").join("").contains("has this host yet"));
        let path = review.url.path().to_owned();
        let forged = boss.submit(&review, &path, &[("uri", "https://evil.example/cb")]).await;
        assert_eq!(forged.status, 410, "what was not reviewed is not added");
        let added = boss.submit(&review, &path, &[]).await;
        assert_eq!(added.status, 303, "{}", added.body);
        client.code(&browser, &[("redirect_uri", new)]).await;
        client.code(&browser, &[]).await;
        assert_eq!(boss.get(&path).await.status, 410);
        // Only administrators review.
        assert_eq!(browser.get(&path).await.status, 403);
    })
    .await;
}

#[tokio::test]
async fn an_error_nobody_can_attribute_stands_on_the_list_of_apps() {
    on_both_databases(async |provider| {
        let boss = admin(provider).await;
        let client = Client { client_id: "gone<script>".to_owned(), ..provider.client().await };
        provider.browser().get(&client.request(&[])).await;
        client.redeem("x", &[]).await;
        let seen = boss.get("/admin/clients").await.texts("#errors li");
        assert!(seen.len() == 1 && seen[0].contains("“gone<script>”, which is not registered") && seen[0].contains("2 times"), "{seen:?}");
    })
    .await;
}

#[tokio::test]
async fn what_is_kept_of_errors_is_bounded() {
    on_both_databases(async |provider| {
        let client = provider.client().await;
        let browser = provider.browser();
        for number in 0..60 {
            browser.get(&client.request(&[("redirect_uri", &format!("https://evil.example/{number}/{}", "x".repeat(900)))])).await;
        }
        let kept = provider.count("SELECT COUNT(*) FROM client_errors").await;
        assert!((1..=20).contains(&kept), "{kept}");
        let longest = provider.count("SELECT CAST(MAX(length(detail)) AS BIGINT) FROM client_errors").await;
        assert!(longest < 700, "{longest}");
    })
    .await;
}
