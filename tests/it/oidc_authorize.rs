//! The authorization endpoint, as a browser and an app see it.

use std::time::Duration;

use muster::db::query;
use reqwest::Method;
use serde_json::json;

use crate::oidc_support::{REDIRECT_URI, STATE, answered, claims, on_both_databases, plain, succeeded};
use crate::support::http::{Answer, answer};

/// Checks that the person sees a page and goes nowhere.
fn assert_page(answer: &Answer) {
    assert_eq!((answer.status.as_u16(), answer.location()), (400, None), "{}", answer.body);
    assert!(answer.header("content-type").starts_with("text/html"));
    assert!(!answer.texts("h1").is_empty());
}

/// Checks that the app was told of an error, and of nothing else; gives the code.
fn refusal(answer: &Answer, issuer: &str) -> String {
    let location = answer.location().unwrap_or_else(|| panic!("{} {}", answer.status, answer.body));
    assert!(location.as_str().starts_with(&format!("{REDIRECT_URI}&")), "{location}");
    let mut parameters = answered(answer);
    assert_eq!(parameters.remove("tenant").as_deref(), Some("1"));
    assert_eq!(parameters.remove("state").as_deref(), Some(STATE));
    assert_eq!(parameters.remove("iss").as_deref(), Some(issuer));
    assert!(parameters.remove("error_description").is_some_and(|text| text.bytes().all(|b| matches!(b, 0x20..=0x21 | 0x23..=0x5b | 0x5d..=0x7e))));
    let error = parameters.remove("error").expect("an error");
    assert!(parameters.is_empty(), "{parameters:?}");
    error
}

#[tokio::test]
async fn someone_signed_in_goes_back_to_the_app_with_a_code() {
    on_both_databases(async |provider| {
        let (ada, client) = (provider.person("ada").await, provider.client().await);
        let browser = provider.browser_of(&ada).await;
        let answer = browser.get(&client.request(&[])).await;
        assert!(answer.location().is_some_and(|url| url.as_str().starts_with(&format!("{REDIRECT_URI}&code="))));
        let mut parameters = answered(&answer);
        let code = parameters.remove("code").expect("a code");
        assert_eq!(parameters.remove("state").as_deref(), Some(STATE));
        assert_eq!(parameters.remove("iss").as_deref(), Some(provider.base.as_str()));
        assert_eq!(parameters.len(), 1, "the registered query stays, nothing else is added: {parameters:?}");
        assert!(code.len() >= 43 && code.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'));
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_ne!(code, client.code(&browser, &[]).await);
    })
    .await;
}

#[tokio::test]
async fn a_request_may_be_odd_and_still_works() {
    on_both_databases(async |provider| {
        let (ada, client) = (provider.person("ada").await, provider.client().await);
        let browser = provider.browser_of(&ada).await;
        for odd in [
            &[("nonce", "")][..],
            &[("state", "")],
            &[("extra", "foobar"), ("display", "popup"), ("ui_locales", "se"), ("claims_locales", "se"), ("acr_values", "1 2")],
            &[("login_hint", "buffy@nowhere.example")],
            &[("scope", "email openid read:everything")],
            &[("claims", r#"{"userinfo":{"name":{"essential":true}}}"#)],
            &[("code_challenge", ""), ("code_challenge_method", "")],
            &[("response_mode", "query")],
            &[("id_token_hint", "not.a.token")],
        ] {
            let answer = browser.get(&client.request(odd)).await;
            assert!(answered(&answer).contains_key("code"), "{odd:?}: {} {}", answer.status, answer.body);
            let sent_state = !odd.contains(&("state", ""));
            assert_eq!(answered(&answer).contains_key("state"), sent_state);
        }
    })
    .await;
}

#[tokio::test]
async fn nobody_is_sent_to_an_address_that_is_not_the_clients() {
    on_both_databases(async |provider| {
        let (ada, client) = (provider.person("ada").await, provider.client().await);
        let browser = provider.browser_of(&ada).await;
        for uri in [
            "",
            "https://evil.example/",
            "https://wiki.example.org/callback",
            "https://wiki.example.org/callback?tenant=2",
            "https://wiki.example.org/callback?tenant=1&extra=1",
            "https://wiki.example.org/callback/?tenant=1",
            "https://wiki.example.org/callback/../callback?tenant=1",
            "https://wiki.example.org/callback%2f..%2fcallback?tenant=1",
            "https://wiki.example.org:443/callback?tenant=1",
            "https://wiki.example.org@evil.example/callback?tenant=1",
            "https://wiki.example.org.evil.example/callback?tenant=1",
            "HTTPS://wiki.example.org/callback?tenant=1",
            "https://wiki.example.org/callback?tenant=1#fragment",
            "https://wiki.example.org\\@evil.example/callback?tenant=1",
            "//wiki.example.org/callback?tenant=1",
            "javascript:alert(1)",
            " https://wiki.example.org/callback?tenant=1",
        ] {
            assert_page(&browser.get(&client.request(&[("redirect_uri", uri)])).await);
            // Nor with an error, nor without a session.
            assert_page(&provider.browser().get(&client.request(&[("redirect_uri", uri), ("prompt", "none"), ("response_type", "token")])).await);
        }
        assert_page(&browser.get(&client.request(&[("client_id", "nobody")])).await);
        assert_page(&browser.get(&client.request(&[("client_id", "")])).await);
        assert_page(&browser.get(&format!("{}&redirect_uri=https%3A%2F%2Fevil.example%2F", client.request(&[]))).await);
        assert_page(&browser.get("/authorize").await);
        assert_page(&browser.get("/authorize?%ff").await);
    })
    .await;
}

#[tokio::test]
async fn a_native_app_may_listen_on_any_port_of_this_computer() {
    on_both_databases(async |provider| {
        let ada = provider.person("ada").await;
        let client = provider
            .client_with(
                |it| (it.redirect_uris, it.is_public) = (vec!["http://127.0.0.1/cb".into(), "app.immich:///oauth-callback".into()], true),
                &[],
            )
            .await;
        let browser = provider.browser_of(&ada).await;
        for uri in ["http://127.0.0.1:50123/cb", "http://127.0.0.1/cb", "app.immich:///oauth-callback"] {
            let answer = browser.get(&client.request(&[("redirect_uri", uri)])).await;
            assert!(answer.header("location").starts_with(&format!("{uri}?code=")), "{uri}: {}", answer.header("location"));
        }
        for uri in ["http://127.0.0.1:50123/other", "http://127.0.0.1:1@evil.example/cb", "http://localhost:50123/cb", "https://127.0.0.1:50123/cb"] {
            assert_page(&browser.get(&client.request(&[("redirect_uri", uri)])).await);
        }
    })
    .await;
}

#[tokio::test]
async fn other_mistakes_are_told_to_the_app() {
    on_both_databases(async |provider| {
        let (ada, client) = (provider.person("ada").await, provider.client().await);
        let browser = provider.browser_of(&ada).await;
        for (changed, error) in [
            (&[("response_type", "")][..], "invalid_request"),
            (&[("response_type", "token")], "unsupported_response_type"),
            (&[("response_type", "code id_token")], "unsupported_response_type"),
            (&[("response_mode", "web_message")], "invalid_request"),
            (&[("scope", "")], "invalid_scope"),
            (&[("scope", "read:everything")], "invalid_scope"),
            (&[("prompt", "none login")], "invalid_request"),
            (&[("max_age", "soon")], "invalid_request"),
            (&[("request", "eyJhbGciOiJub25lIn0.e30.")], "request_not_supported"),
            (&[("request_uri", "https://wiki.example.org/request.jwt")], "request_uri_not_supported"),
            (&[("code_challenge_method", "plain")], "invalid_request"),
            (&[("code_challenge_method", "")], "invalid_request"),
            (&[("code_challenge", "short")], "invalid_request"),
        ] {
            assert_eq!(refusal(&browser.get(&client.request(changed)).await, &provider.base), error, "{changed:?}");
        }
        let twice = format!("{}&scope=openid", client.request(&[]));
        assert_eq!(refusal(&browser.get(&twice).await, &provider.base), "invalid_request");
        assert_eq!(provider.count("SELECT COUNT(*) FROM grants").await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_request_as_a_form_from_the_apps_page_works() {
    on_both_databases(async |provider| {
        let (ada, client) = (provider.person("ada").await, provider.client().await);
        let browser = provider.browser_of(&ada).await;
        // The browser leaves the cookie out of a form that comes from another site.
        let form = plain().post(format!("{}/authorize", provider.base)).header("origin", "https://wiki.example.org");
        let posted = answer(form.header("sec-fetch-site", "cross-site").form(&client.parameters(&[("extra", "foobar")]))).await;
        assert_eq!((posted.status.as_u16(), posted.header("set-cookie")), (303, ""));
        let location = posted.location().expect("on as GET");
        assert_eq!((location.path(), location.host_str()), ("/authorize", Some("localhost")));
        assert!(answered(&browser.get(location.as_str()).await).contains_key("code"));
        let fresh = provider.browser().get(location.as_str()).await;
        assert!(fresh.header("location").starts_with("/sign-in?request="), "{}", fresh.header("location"));
    })
    .await;
}

#[tokio::test]
async fn the_request_goes_on_after_sign_in() {
    on_both_databases(async |provider| {
        let (ada, client) = (provider.person("ada").await, provider.client().await);
        let browser = provider.browser();
        let answer = browser.get(&client.request(&[])).await;
        let location = answer.location().expect("to the sign-in page");
        assert_eq!(location.path(), "/sign-in");
        let sealed = answered(&answer)["request"].clone();
        assert!(!sealed.contains("wiki.example.org"));
        let on = format!("/authorize/continue?request={sealed}");
        assert_eq!(browser.get(&on).await.location().map(|url| url.path().to_owned()).as_deref(), Some("/sign-in"), "still nobody");
        provider.sign_in(&browser, &ada).await;
        assert_eq!(answered(&browser.get(&on).await)["state"], STATE);

        for forged in ["", "x", &sealed[..sealed.len() - 4], "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] {
            let answer = browser.get(&format!("/authorize/continue?request={forged}")).await;
            assert_eq!((answer.status.as_u16(), answer.location()), (410, None), "{forged}");
        }
        provider.wait(Duration::from_secs(3601));
        assert_eq!(browser.get(&on).await.status, 410);
    })
    .await;
}

#[tokio::test]
async fn prompt_none_never_shows_a_page() {
    on_both_databases(async |provider| {
        let (ada, client) = (provider.person("ada").await, provider.client().await);
        let silent = client.request(&[("prompt", "none")]);
        assert_eq!(refusal(&provider.browser().get(&silent).await, &provider.base), "login_required");
        let browser = provider.browser_of(&ada).await;
        let first = client.tokens(&browser, &[]).await;
        provider.wait(Duration::from_secs(60));
        let hint = first["id_token"].as_str().expect("an ID token");
        for more in [&[("prompt", "none")][..], &[("prompt", "none"), ("id_token_hint", hint)]] {
            let second = client.tokens(&browser, more).await;
            for same in ["sub", "auth_time", "iss", "aud"] {
                assert_eq!(claims(&first)[same], claims(&second)[same], "{same}");
            }
        }
        let careful = provider.client_with(|it| it.skip_consent = false, &[]).await;
        assert_eq!(refusal(&browser.get(&careful.request(&[("prompt", "none")])).await, &provider.base), "consent_required");
        let grace = provider.browser_of(&provider.person("grace").await).await;
        let hinted = client.request(&[("prompt", "none"), ("id_token_hint", hint)]);
        assert_eq!(refusal(&grace.get(&hinted).await, &provider.base), "login_required", "the app expects ada");
        let to_sign_in = grace.get(&client.request(&[("id_token_hint", hint)])).await;
        assert_eq!(to_sign_in.location().expect("a redirect").path(), "/sign-in");
    })
    .await;
}

#[tokio::test]
async fn prompt_login_and_max_age_demand_a_new_sign_in_and_then_are_content() {
    on_both_databases(async |provider| {
        let (ada, client) = (provider.person("ada").await, provider.client().await);
        let browser = provider.browser_of(&ada).await;
        let first = client.tokens(&browser, &[("max_age", "15000")]).await;
        provider.wait(Duration::from_secs(2));
        let again = client.tokens(&browser, &[("max_age", "10000")]).await;
        assert_eq!(claims(&first)["auth_time"], claims(&again)["auth_time"]);
        for demand in [("prompt", "login"), ("prompt", "select_account"), ("max_age", "1")] {
            provider.wait(Duration::from_secs(2));
            let answer = browser.get(&client.request(&[demand])).await;
            assert_eq!(answer.location().expect("a redirect").path(), "/sign-in", "{demand:?}");
            let on = format!("/authorize/continue?request={}", answered(&answer)["request"]);
            assert_eq!(browser.get(&on).await.location().expect("a redirect").path(), "/sign-in", "the old session does not do");
            provider.sign_in(&browser, &ada).await;
            let code = answered(&browser.get(&on).await)["code"].clone();
            let tokens = succeeded(&client.redeem(&code, &[]).await);
            assert!(claims(&tokens)["auth_time"].as_i64() > claims(&first)["auth_time"].as_i64());
        }
        provider.wait(Duration::from_secs(2));
        assert_eq!(refusal(&browser.get(&client.request(&[("max_age", "1"), ("prompt", "none")])).await, &provider.base), "login_required");
    })
    .await;
}

#[tokio::test]
async fn people_are_asked_once_and_again_when_an_app_wants_more() {
    on_both_databases(async |provider| {
        let ada = provider.person("ada").await;
        let client = provider.client_with(|it| (it.skip_consent, it.name) = (false, "<b>Wiki</b>".into()), &[]).await;
        let browser = provider.browser_of(&ada).await;
        let page = browser.get(&client.request(&[("scope", "openid email")])).await;
        assert_eq!(page.status, 200);
        assert_eq!(page.texts("h1"), ["Sign in to <b>Wiki</b>?"], "a client's name is text");
        let text = page.texts("main").join(" ");
        for said in ["See your e-mail address", "ada", "wiki.example.org"] {
            assert!(text.contains(said), "{said}: {text}");
        }
        assert!(!text.contains("groups"));
        assert!(!page.header("content-security-policy").contains("form-action"), "browsers apply it to where the app sends people on to as well");

        let refused = browser.submit(&page, "/authorize/consent", &[("decision", "deny")]).await;
        assert_eq!(refusal(&refused, &provider.base), "access_denied");
        assert_eq!(provider.count("SELECT COUNT(*) FROM consents").await, 0);

        let agreed = browser.submit(&page, "/authorize/consent", &[("decision", "allow")]).await;
        assert_eq!(answered(&agreed)["state"], STATE);
        for scope in ["openid", "openid email", "email"] {
            assert!(answered(&browser.get(&client.request(&[("scope", scope), ("prompt", "none")])).await).contains_key("code"), "{scope}");
        }
        let more = browser.get(&client.request(&[("scope", "openid email groups")])).await;
        assert!(more.texts("main").join(" ").contains("See which groups you are in"));
        let again = browser.get(&client.request(&[("prompt", "consent")])).await;
        assert_eq!((again.status.as_u16(), again.location()), (200, None));
        browser.submit(&more, "/authorize/consent", &[("decision", "allow")]).await;
        assert!(answered(&browser.get(&client.request(&[("scope", "openid email groups")])).await).contains_key("code"));
        assert_eq!(provider.count("SELECT COUNT(*) FROM consents").await, 1);
    })
    .await;
}

#[tokio::test]
async fn someone_just_signed_in_may_still_choose_another_account() {
    on_both_databases(async |provider| {
        let (ada, grace) = (provider.person("ada").await, provider.person("grace").await);
        let client = provider.client_with(|it| it.skip_consent = false, &[]).await;
        let browser = provider.browser();
        let on = format!("/authorize/continue?request={}", answered(&browser.get(&client.request(&[])).await)["request"]);
        provider.wait(Duration::from_secs(1));
        provider.sign_in(&browser, &ada).await;
        provider.wait(Duration::from_secs(1));
        let page = browser.get(&on).await;
        let another = page.attribute("main a[href^='/sign-in']", "href").expect("a link");
        assert_eq!(browser.get(&another).await.status, 200, "the sign-in page, not straight back");
        provider.wait(Duration::from_secs(1));
        provider.sign_in(&browser, &grace).await;
        let page = browser.get(&another.replace("/sign-in", "/authorize/continue")).await;
        assert_eq!(page.texts(".identity .help"), ["grace"], "{}", page.body);
    })
    .await;
}

#[tokio::test]
async fn an_agreement_counts_for_the_person_who_gave_it_only() {
    on_both_databases(async |provider| {
        let (ada, grace) = (provider.person("ada").await, provider.person("grace").await);
        let client = provider.client_with(|it| it.skip_consent = false, &[]).await;
        let browser = provider.browser_of(&ada).await;
        let page = browser.get(&client.request(&[])).await;
        // Someone else signs in in another tab before the button is pressed.
        provider.sign_in(&browser, &grace).await;
        let answer = browser.submit(&page, "/authorize/consent", &[("decision", "allow")]).await;
        assert_eq!((answer.status.as_u16(), answer.location()), (200, None), "grace is asked herself");
        assert!(answer.texts("main").join(" ").contains("grace"));
        assert_eq!(provider.count("SELECT COUNT(*) FROM consents").await, 0);
        // And a form on another site cannot agree for her.
        let sealed = page.attribute("input[name=request]", "value").expect("the request");
        let form = [("request", sealed), ("user", grace.id.to_string()), ("decision", "allow".to_owned())];
        let forged =
            browser.request(Method::POST, "/authorize/consent").header("origin", "https://evil.example").header("sec-fetch-site", "cross-site");
        assert_eq!(answer_of(forged.form(&form)).await.status, 403);
        assert_eq!(provider.count("SELECT COUNT(*) FROM consents").await, 0);
    })
    .await;
}

async fn answer_of(request: reqwest::RequestBuilder) -> Answer {
    answer(request).await
}

#[tokio::test]
async fn a_client_for_some_groups_admits_nobody_else_and_stays_closed_when_they_vanish() {
    on_both_databases(async |provider| {
        let (ada, grace) = (provider.person("ada").await, provider.person("grace").await);
        let staff = provider.group("staff", &[&ada]).await;
        let client = provider.client_with(|_| {}, &["Staff"]).await;
        let (of_ada, of_grace) = (provider.browser_of(&ada).await, provider.browser_of(&grace).await);
        let tokens = client.tokens(&of_ada, &[("scope", "openid groups offline_access")]).await;
        assert_eq!(claims(&tokens)["groups"], json!(["staff"]));
        assert_eq!(refusal(&of_grace.get(&client.request(&[])).await, &provider.base), "access_denied");

        let code = client.code(&of_ada, &[]).await;
        provider.execute(query("DELETE FROM group_members WHERE group_id = $1").bind(staff)).await;
        assert_eq!(refusal(&of_ada.get(&client.request(&[])).await, &provider.base), "access_denied");
        assert_eq!(client.redeem(&code, &[]).await.json()["error"], "invalid_grant", "a code from before does not help");
        assert_eq!(client.refresh(tokens["refresh_token"].as_str().unwrap()).await.json()["error"], "invalid_grant");
        assert_eq!(provider.userinfo(tokens["access_token"].as_str().unwrap()).await.status, 401);

        provider.execute(query("DELETE FROM groups WHERE id = $1").bind(staff)).await;
        assert_eq!(refusal(&of_ada.get(&client.request(&[])).await, &provider.base), "access_denied");
    })
    .await;
}

#[tokio::test]
async fn a_public_client_cannot_do_without_pkce() {
    on_both_databases(async |provider| {
        let ada = provider.person("ada").await;
        let client = provider.client_with(|it| it.is_public = true, &[]).await;
        let browser = provider.browser_of(&ada).await;
        let without = client.request(&[("code_challenge", ""), ("code_challenge_method", "")]);
        assert_eq!(refusal(&browser.get(&without).await, &provider.base), "invalid_request");
        assert!(client.tokens(&browser, &[]).await["access_token"].is_string());
    })
    .await;
}

#[tokio::test]
async fn a_long_hint_does_not_stand_in_the_way() {
    let provider = crate::oidc_support::Provider::start(None).await;
    let (ada, client) = (provider.person("ada").await, provider.client().await);
    for number in 0..400 {
        provider.group(&format!("group-with-a-long-name-{number:04}"), &[&ada]).await;
    }
    let browser = provider.browser_of(&ada).await;
    let tokens = client.tokens(&browser, &[("scope", "openid groups")]).await;
    let hint = tokens["id_token"].as_str().expect("an ID token");
    assert!(hint.len() > 12_000);
    client.tokens(&browser, &[("id_token_hint", hint), ("prompt", "none")]).await;
    let to_sign_in = browser.get(&client.request(&[("id_token_hint", hint), ("prompt", "login")])).await;
    let sealed = answered(&to_sign_in)["request"].clone();
    assert!(sealed.len() <= 8192);
    provider.sign_in(&browser, &ada).await;
    assert!(answered(&browser.get(&format!("/authorize/continue?request={sealed}")).await).contains_key("code"));
    provider.running.stop().await;
}
