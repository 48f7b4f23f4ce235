//! Sign-out begun by an app, and taking back what an app was given.

use reqwest::Method;
use serde_json::Value;

use crate::oidc_support::{Client, Provider, SIGNED_OUT_URI, STATE, answered, on_both_databases, plain};
use crate::support::http::{Answer, Browser, answer};

fn end_session(parameters: &[(&str, &str)]) -> String {
    format!("/api/oidc/end-session?{}", serde_urlencoded::to_string(parameters).expect("a query"))
}

async fn is_signed_in(client: &Client, browser: &Browser) -> bool {
    answered(&browser.get(&client.request(&[("prompt", "none")])).await).contains_key("code")
}

async fn signed_in(provider: &Provider) -> (Client, Browser, Value) {
    let ada = provider.person(&format!("ada{}", provider.count("SELECT COUNT(*) FROM users").await)).await;
    let (client, browser) = (provider.client().await, provider.browser_of(&ada).await);
    let tokens = client.tokens(&browser, &[("scope", "openid offline_access")]).await;
    (client, browser, tokens)
}

#[tokio::test]
async fn an_app_signs_its_person_out_and_gets_them_back() {
    on_both_databases(async |provider| {
        let (client, browser, tokens) = signed_in(provider).await;
        let hint = tokens["id_token"].as_str().unwrap();
        // A day later, when the ID token has long expired.
        provider.wait(std::time::Duration::from_secs(20 * 3600));
        let answer = browser.get(&end_session(&[("id_token_hint", hint), ("post_logout_redirect_uri", SIGNED_OUT_URI), ("state", STATE)])).await;
        let mut parameters = answered(&answer);
        assert!(answer.header("location").starts_with(SIGNED_OUT_URI), "{} {}", answer.status, answer.body);
        assert_eq!((parameters.remove("state").as_deref(), parameters.len()), (Some(STATE), 0));
        assert!(!is_signed_in(&client, &browser).await);
        assert_eq!(client.refresh(tokens["refresh_token"].as_str().unwrap()).await.json()["error"], "invalid_grant");
        let again = browser.get(&end_session(&[("id_token_hint", hint), ("post_logout_redirect_uri", SIGNED_OUT_URI)])).await;
        assert_eq!(again.header("location"), SIGNED_OUT_URI, "signed out already: back all the same, without a state nobody sent");
    })
    .await;
}

#[tokio::test]
async fn a_sign_out_that_could_come_from_anyone_is_confirmed_first() {
    on_both_databases(async |provider| {
        for with_client in [false, true] {
            let (client, browser, tokens) = signed_in(provider).await;
            let online = client.tokens(&browser, &[]).await;
            let mut parameters = vec![("state", STATE)];
            if with_client {
                parameters.extend([("client_id", client.client_id.as_str()), ("post_logout_redirect_uri", SIGNED_OUT_URI)]);
            }
            let page = browser.get(&end_session(&parameters)).await;
            assert_eq!(page.status, 200);
            assert!(is_signed_in(&client, &browser).await, "nothing happened yet");
            let forged = browser.request(Method::POST, "/api/oidc/end-session/confirm").header("sec-fetch-site", "cross-site");
            assert_eq!(answer(forged.form(&[("parameters", "")])).await.status, 403);
            let done = browser.submit(&page, "/api/oidc/end-session/confirm", &[]).await;
            if with_client {
                assert!(done.header("location").starts_with(SIGNED_OUT_URI));
                assert!(
                    !page.header("content-security-policy").contains("form-action"),
                    "browsers apply it to where the app sends people on to as well"
                );
            } else {
                assert_eq!((done.status.as_u16(), done.texts("h1")), (200, vec!["You are signed out".to_owned()]));
            }
            assert!(!is_signed_in(&client, &browser).await);
            assert_eq!(provider.userinfo(online["access_token"].as_str().unwrap()).await.status, 401);
            let refreshed = client.refresh(tokens["refresh_token"].as_str().unwrap()).await;
            assert_eq!(refreshed.status, if with_client { 400 } else { 200 }, "only the app that asks loses what it may do while nobody is there");
        }
    })
    .await;
}

fn assert_refused(answer: &Answer) {
    assert_eq!((answer.status.as_u16(), answer.location()), (400, None), "{}", answer.body);
}

#[tokio::test]
async fn a_tampered_sign_out_signs_nobody_out_and_sends_nobody_anywhere() {
    on_both_databases(async |provider| {
        let (client, browser, tokens) = signed_in(provider).await;
        let other = provider.client().await;
        let hint = tokens["id_token"].as_str().unwrap();
        let parts: Vec<&str> = hint.split('.').collect();
        let none = muster::secret::base64url(br#"{"alg":"none"}"#);
        let payload = String::from_utf8(muster::secret::from_base64url(parts[1]).unwrap()).unwrap();
        let changed = muster::secret::base64url(payload.replace("\"iat\":", "\"iat\":1").as_bytes());
        let hmac = muster::secret::base64url(br#"{"alg":"HS256"}"#);
        for bad in [
            format!("{none}.{}.", parts[1]),
            format!("{none}.{}.{}", parts[1], parts[2]),
            format!("{hmac}.{}.{}", parts[1], parts[2]),
            format!("{}.{changed}.{}", parts[0], parts[2]),
            format!("{}.{}.{}", parts[0], parts[1], &parts[2][..parts[2].len() - 4]),
            "nonsense".to_owned(),
            "a".repeat(40_000),
        ] {
            assert_refused(&browser.get(&end_session(&[("id_token_hint", &bad), ("post_logout_redirect_uri", SIGNED_OUT_URI)])).await);
        }
        for uri in ["https://evil.example/", "https://wiki.example.org/signed-out?x=1", "https://wiki.example.org/signed-out/", "javascript:alert(1)"]
        {
            assert_refused(&browser.get(&end_session(&[("id_token_hint", hint), ("post_logout_redirect_uri", uri)])).await);
        }
        assert_refused(&browser.get(&end_session(&[("post_logout_redirect_uri", SIGNED_OUT_URI)])).await);
        assert_refused(&browser.get(&end_session(&[("id_token_hint", hint), ("client_id", &other.client_id)])).await);
        assert!(is_signed_in(&client, &browser).await);
    })
    .await;
}

#[tokio::test]
async fn an_id_token_of_someone_else_does_not_sign_me_out_unasked() {
    on_both_databases(async |provider| {
        let (_, _, tokens) = signed_in(provider).await;
        let (client, browser, _) = signed_in(provider).await;
        let page = browser.get(&end_session(&[("id_token_hint", tokens["id_token"].as_str().unwrap())])).await;
        assert_eq!((page.status.as_u16(), page.texts("h1")), (200, vec!["Sign out?".to_owned()]));
        assert!(is_signed_in(&client, &browser).await);
    })
    .await;
}

/// Whoever found an ID token of mine, of whichever session, could end any other session of mine by a link.
#[tokio::test]
async fn an_id_token_of_another_session_of_mine_does_not_sign_me_out_unasked() {
    on_both_databases(async |provider| {
        let ada = provider.person("ada").await;
        let (client, here, elsewhere) = (provider.client().await, provider.browser_of(&ada).await, provider.browser_of(&ada).await);
        let (tokens, others) = (client.tokens(&here, &[]).await, client.tokens(&elsewhere, &[]).await);
        let other = others["id_token"].as_str().expect("an ID token");
        assert_ne!(crate::oidc_support::claims(&tokens)["sid"], crate::oidc_support::claims(&others)["sid"]);
        let request = end_session(&[("id_token_hint", other), ("post_logout_redirect_uri", SIGNED_OUT_URI)]);
        let page = here.get(&request).await;
        assert_eq!((page.status.as_u16(), page.texts("h1")), (200, vec!["Sign out?".to_owned()]));
        assert!(is_signed_in(&client, &here).await && is_signed_in(&client, &elsewhere).await);
        // At the authorization endpoint a hint says who, and not in which session (OpenID Connect Core, section 3.1.2.1).
        assert!(answered(&here.get(&client.request(&[("prompt", "none"), ("id_token_hint", other)])).await).contains_key("code"));
        // Agreed to, it is this session that ends, and no other.
        let done = here.submit(&page, "/api/oidc/end-session/confirm", &[]).await;
        assert_eq!(done.header("location"), SIGNED_OUT_URI, "{}", done.body);
        assert!(!is_signed_in(&client, &here).await && is_signed_in(&client, &elsewhere).await);
        assert_eq!(elsewhere.get(&request).await.header("location"), SIGNED_OUT_URI);
    })
    .await;
}

#[tokio::test]
async fn a_sign_out_as_a_form_from_the_apps_page_works() {
    on_both_databases(async |provider| {
        let (client, browser, tokens) = signed_in(provider).await;
        let form = [("id_token_hint", tokens["id_token"].as_str().unwrap()), ("post_logout_redirect_uri", SIGNED_OUT_URI)];
        let posted = answer(plain().post(format!("{}/api/oidc/end-session", provider.base)).header("sec-fetch-site", "cross-site").form(&form)).await;
        assert_eq!(posted.status, 303);
        let done = browser.get(posted.location().unwrap().as_str()).await;
        assert_eq!(done.header("location"), SIGNED_OUT_URI);
        assert!(!is_signed_in(&client, &browser).await);
    })
    .await;
}

#[tokio::test]
async fn a_person_sees_their_apps_and_takes_access_back() {
    on_both_databases(async |provider| {
        let ada = provider.person("ada").await;
        let browser = provider.browser_of(&ada).await;
        let empty = browser.get("/account/apps").await;
        assert!(empty.texts(".empty").join("").contains("No app knows you yet"));
        let trusted = provider.client_with(|it| it.name = "Trusted".into(), &[]).await;
        let asking = provider.client_with(|it| (it.name, it.skip_consent) = ("Asking".into(), false), &[]).await;
        let tokens = trusted.tokens(&browser, &[("scope", "openid offline_access")]).await;
        let page = browser.get(&asking.request(&[("scope", "openid email")])).await;
        browser.submit(&page, "/authorize/consent", &[("decision", "allow")]).await;

        let page = browser.get("/account/apps").await;
        assert_eq!(page.texts("h2"), ["Asking", "Trusted"]);
        assert!(page.texts("main").join(" ").contains("See your e-mail address"));
        for client in [&trusted, &asking] {
            let action = format!("/account/apps/{}/revoke", client.id);
            let done = browser.submit(&page, &action, &[]).await;
            assert!(browser.follow(done).await.texts(".notice").join("").contains("can no longer"));
        }
        assert!(browser.get("/account/apps").await.texts("h2").is_empty());
        assert_eq!(provider.userinfo(tokens["access_token"].as_str().unwrap()).await.status, 401);
        assert_eq!(trusted.refresh(tokens["refresh_token"].as_str().unwrap()).await.json()["error"], "invalid_grant");
        assert_eq!(browser.get(&asking.request(&[("scope", "openid email")])).await.status, 200, "asked again");
        assert!(provider.browser().get("/account/apps").await.header("location").starts_with("/sign-in"));
    })
    .await;
}
