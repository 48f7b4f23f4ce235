//! The modules of `oidcc-rp-initiated-logout-certification-test-plan`, by their names, and what apps do besides.

use serde_json::Value;

use crate::oidc_support::{Client, Provider, SIGNED_OUT_URI, STATE, answered, claims, on_both_databases, plain};
use crate::support::http::{Answer, Browser, answer};

/// Somebody who is signed in to an app.
struct SignedIn {
    client: Client,
    browser: Browser,
    tokens: Value,
}

impl SignedIn {
    async fn new(provider: &Provider) -> Self {
        let ada = provider.person(&format!("ada{}", provider.count("SELECT COUNT(*) FROM users").await)).await;
        let (client, browser) = (provider.client().await, provider.browser_of(&ada).await);
        let tokens = client.tokens(&browser, &[]).await;
        Self { client, browser, tokens }
    }

    fn hint(&self) -> &str {
        self.tokens["id_token"].as_str().expect("an ID token")
    }

    async fn end_session(&self, parameters: &[(&str, &str)]) -> Answer {
        self.browser.get(&format!("/api/oidc/end-session?{}", serde_urlencoded::to_string(parameters).expect("a query"))).await
    }

    /// What the suite does last: `prompt=none` must say whether the person is signed in.
    async fn assert_signed_in(&self, signed_in: bool) {
        let answer = answered(&self.browser.get(&self.client.request(&[("prompt", "none")])).await);
        if signed_in {
            assert!(answer.contains_key("code"), "{answer:?}");
        } else {
            assert_eq!(answer.get("error").map(String::as_str), Some("login_required"));
        }
    }

    /// Sent back with these parameters and no other, and signed out.
    async fn assert_sent_back(&self, done: &Answer, state: Option<&str>) {
        assert!(done.header("location").starts_with(SIGNED_OUT_URI), "{} {}", done.status, done.body);
        let mut parameters = answered(done);
        assert_eq!((parameters.remove("state").as_deref(), parameters.len()), (state, 0));
        self.assert_signed_in(false).await;
    }

    /// An error page of ours: nobody is sent anywhere, and nobody is signed out.
    async fn assert_refused(&self, done: &Answer) {
        assert_eq!((done.status.as_u16(), done.location()), (400, None), "{}", done.body);
        assert!(done.texts("main").join(" ").contains("You are still signed in."), "{}", done.body);
        self.assert_signed_in(true).await;
    }

    /// Asked first, and told on a page of ours when it is done.
    async fn assert_signed_out_here(&self, parameters: &[(&str, &str)]) {
        let page = self.end_session(parameters).await;
        let done = if page.texts("h1") == ["Sign out?"] {
            self.assert_signed_in(true).await;
            self.browser.submit(&page, "/api/oidc/end-session/confirm", &[]).await
        } else {
            page
        };
        assert_eq!((done.status.as_u16(), done.texts("h1")), (200, vec!["You are signed out".to_owned()]), "{}", done.body);
        self.assert_signed_in(false).await;
    }
}

async fn each(test: impl AsyncFn(&Provider, &SignedIn)) {
    on_both_databases(async |provider| test(provider, &SignedIn::new(provider).await).await).await;
}

#[tokio::test]
async fn oidcc_rp_initiated_logout_discovery_endpoint_verification() {
    each(async |provider, _| {
        let metadata = answer(plain().get(format!("{}/.well-known/openid-configuration", provider.base))).await.json();
        assert_eq!(metadata["end_session_endpoint"], format!("{}/api/oidc/end-session", provider.base));
        // Session management is left out on purpose: browsers that keep third-party cookies away make it useless.
        assert_eq!(metadata.get("check_session_iframe"), None);
    })
    .await;
}

#[tokio::test]
async fn oidcc_rp_initiated_logout() {
    assert_eq!(STATE.chars().count(), 128);
    each(async |_, person| {
        let done = person.end_session(&[("id_token_hint", person.hint()), ("post_logout_redirect_uri", SIGNED_OUT_URI), ("state", STATE)]).await;
        person.assert_sent_back(&done, Some(STATE)).await;
    })
    .await;
}

#[tokio::test]
async fn oidcc_rp_initiated_logout_no_state() {
    each(async |_, person| {
        let done = person.end_session(&[("id_token_hint", person.hint()), ("post_logout_redirect_uri", SIGNED_OUT_URI)]).await;
        person.assert_sent_back(&done, None).await;
    })
    .await;
}

#[tokio::test]
async fn oidcc_rp_initiated_logout_bad_post_logout_redirect_uri() {
    each(async |_, person| {
        let bad = format!("{SIGNED_OUT_URI}/dvFU2b0JKD");
        person
            .assert_refused(&person.end_session(&[("id_token_hint", person.hint()), ("post_logout_redirect_uri", &bad), ("state", STATE)]).await)
            .await;
    })
    .await;
}

#[tokio::test]
async fn oidcc_rp_initiated_logout_query_added_to_post_logout_redirect_uri() {
    each(async |_, person| {
        let bad = format!("{SIGNED_OUT_URI}?foo=bar");
        person
            .assert_refused(&person.end_session(&[("id_token_hint", person.hint()), ("post_logout_redirect_uri", &bad), ("state", STATE)]).await)
            .await;
    })
    .await;
}

#[tokio::test]
async fn oidcc_rp_initiated_logout_modified_id_token_hint() {
    each(async |_, person| {
        let parts: Vec<&str> = person.hint().split('.').collect();
        let none = muster::secret::base64url(br#"{"alg":"none"}"#);
        for bad in [format!("{none}.{}.", parts[1]), format!("{none}.{}.{}", parts[1], parts[2])] {
            person
                .assert_refused(&person.end_session(&[("id_token_hint", &bad), ("post_logout_redirect_uri", SIGNED_OUT_URI), ("state", STATE)]).await)
                .await;
        }
    })
    .await;
}

#[tokio::test]
async fn oidcc_rp_initiated_logout_bad_id_token_hint() {
    each(async |_, person| {
        // The same token, signed by another provider with keys of the same kinds.
        let other = Provider::start(None).await;
        let foreign = SignedIn::new(&other).await;
        let bad = foreign.hint().to_owned();
        other.running.stop().await;
        person
            .assert_refused(&person.end_session(&[("id_token_hint", &bad), ("post_logout_redirect_uri", SIGNED_OUT_URI), ("state", STATE)]).await)
            .await;
    })
    .await;
}

#[tokio::test]
async fn oidcc_rp_initiated_logout_no_id_token_hint() {
    each(async |_, person| {
        // Nothing says whose address it is.
        person.assert_refused(&person.end_session(&[("post_logout_redirect_uri", SIGNED_OUT_URI), ("state", STATE)]).await).await;
    })
    .await;
}

#[tokio::test]
async fn oidcc_rp_initiated_logout_no_params() {
    each(async |_, person| person.assert_signed_out_here(&[]).await).await;
}

#[tokio::test]
async fn oidcc_rp_initiated_logout_no_post_logout_redirect_uri() {
    each(async |_, person| {
        let hint = person.hint().to_owned();
        person.assert_signed_out_here(&[("id_token_hint", &hint), ("state", STATE)]).await;
    })
    .await;
}

#[tokio::test]
async fn oidcc_rp_initiated_logout_only_state() {
    each(async |_, person| person.assert_signed_out_here(&[("state", STATE)]).await).await;
}

#[tokio::test]
async fn a_hint_from_an_earlier_session_and_one_that_has_expired_count() {
    each(async |provider, person| {
        provider.wait(std::time::Duration::from_secs(3 * 3600));
        let again = person.client.tokens(&person.browser, &[]).await;
        assert_eq!(claims(&again)["sid"], claims(&person.tokens)["sid"]);
        // Signed out here; the app still holds the ID token and sends the person along.
        let page = person.browser.get("/sign-out").await;
        person.browser.submit(&page, "/sign-out", &[]).await;
        let done = person.end_session(&[("id_token_hint", person.hint()), ("post_logout_redirect_uri", SIGNED_OUT_URI), ("state", STATE)]).await;
        person.assert_sent_back(&done, Some(STATE)).await;
    })
    .await;
}

#[tokio::test]
async fn what_the_app_says_of_person_and_language_changes_nothing_and_is_taken_once() {
    each(async |_, person| {
        let base = [("id_token_hint", person.hint()), ("post_logout_redirect_uri", SIGNED_OUT_URI)];
        for repeated in ["logout_hint", "ui_locales", "state", "id_token_hint", "client_id", "post_logout_redirect_uri"] {
            let twice = [base.as_slice(), &[(repeated, "x"), (repeated, "y")]].concat();
            person.assert_refused(&person.end_session(&twice).await).await;
        }
        let all = [base.as_slice(), &[("logout_hint", "grace@example.org"), ("ui_locales", "de fr-CA en"), ("unknown", "1")]].concat();
        person.assert_sent_back(&person.end_session(&all).await, None).await;
    })
    .await;
}

/// Open redirect after logout.
#[tokio::test]
async fn nobody_is_sent_to_an_address_that_only_looks_like_the_apps() {
    each(async |_, person| {
        for bad in [
            "https://evil.example/",
            "//wiki.example.org/signed-out",
            "https://wiki.example.org@evil.example/signed-out",
            "https://wiki.example.org\\@evil.example/signed-out",
            "https://wiki.example.org.evil.example/signed-out",
            "https://wiki.example.org/signed-out/../../evil",
            "https://wiki.example.org/signed-out#x",
            "https://wiki.example.org/signed-out%23",
            "https://wiki.example.org/signed-out\r\nLocation: https://evil.example",
            "https://wiki.example.org/signed-out\t",
            "https://wıki.example.org/signed-out",
            "https://WIKI.example.org/signed-out",
            "http://wiki.example.org/signed-out",
            "https://wiki.example.org:443/signed-out",
            "javascript:alert(document.domain)//https://wiki.example.org/signed-out",
            "data:text/html,x",
        ] {
            person.assert_refused(&person.end_session(&[("id_token_hint", person.hint()), ("post_logout_redirect_uri", bad)]).await).await;
        }
        // Another app's address with this app's hint.
        person
            .assert_refused(&person.end_session(&[("id_token_hint", person.hint()), ("post_logout_redirect_uri", &person.client.redirect_uri)]).await)
            .await;
    })
    .await;
}

/// Logout CSRF, and header injection through `state`.
#[tokio::test]
async fn no_other_site_signs_somebody_out_unasked_and_state_stays_in_the_query() {
    each(async |_, person| {
        for parameters in [&[][..], &[("client_id", person.client.client_id.as_str())], &[("logout_hint", "ada0"), ("state", "x")]] {
            let page = person.end_session(parameters).await;
            assert_eq!((page.status.as_u16(), page.texts("h1")), (200, vec!["Sign out?".to_owned()]));
            person.assert_signed_in(true).await;
        }
        let forged = person.browser.request(reqwest::Method::POST, "/api/oidc/end-session/confirm").header("sec-fetch-site", "cross-site");
        assert_eq!(answer(forged.form(&[("parameters", "")])).await.status, 403);
        person.assert_signed_in(true).await;
        let state = "a\r\nSet-Cookie: x=y\u{0}";
        let with_nul = person.end_session(&[("id_token_hint", person.hint()), ("post_logout_redirect_uri", SIGNED_OUT_URI), ("state", state)]).await;
        assert_eq!((with_nul.status.as_u16(), with_nul.location()), (400, None));
        person.assert_signed_in(true).await;
        let state = &state[..state.len() - 1];
        let done = person.end_session(&[("id_token_hint", person.hint()), ("post_logout_redirect_uri", SIGNED_OUT_URI), ("state", state)]).await;
        assert!(!done.headers.get_all("set-cookie").iter().any(|cookie| cookie.to_str().is_ok_and(|cookie| cookie.starts_with("x="))));
        person.assert_sent_back(&done, Some(state)).await;
    })
    .await;
}
