//! The modules of the OpenID Foundation's Basic and Form Post plans for providers, by their names, each with what it asserts: once with the answer in the query
//! (`basic::`), once as a form the browser sends (`formpost::`). What the suite only warns about is asserted too, where we mean it. In one file, because the two
//! plans are the same list run twice.

use std::collections::BTreeMap;
use std::time::Duration;

use muster::db::query;
use muster::oidc;
use muster::secret::{base64url, random_bytes};
use muster::users::{self, User};
use serde_json::{Value, json};

use crate::oidc_support::{Client, Proof, Provider, REDIRECT_URI, STATE, assert_refused, claims, header, plain, succeeded};
use crate::support::http::{Answer, Browser, answer};

/// How the plan wants its answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Query,
    FormPost,
}

/// A plan's beginning: a person with everything a record can hold, a browser, a client that asks the person.
struct Plan {
    provider: Provider,
    ada: User,
    browser: Browser,
    client: Client,
    mode: Mode,
}

impl Plan {
    async fn start(mode: Mode) -> Self {
        let provider = Provider::start(None).await;
        let ada = provider.person("ada").await;
        let more = "UPDATE users SET phone = '+44 20 7946 0000', locale = 'en-GB', picture = 'abcd', directory_attributes = $2 WHERE id = $1";
        let attributes = r#"{"nickname":"ADA","middle_name":"King","website":"https://ada.example","profile":"https://ada.example/me","gender":"female",
                            "birthdate":"1815-12-10","zoneinfo":"Europe/London",
                            "address.street_address":"12 St James’s Square","address.locality":"London","address.country":"GB"}"#;
        provider.execute(query(more).bind(ada.id).bind(attributes)).await;
        let client = provider.client_with(|it| it.claims_in_id_token = false, &[]).await;
        let browser = provider.browser_of(&ada).await;
        Self { provider, ada, browser, client, mode }
    }

    async fn stop(self) {
        self.provider.running.stop().await;
    }

    fn request(&self, client: &Client, changed: &[(&str, &str)]) -> String {
        let mode = [("response_mode", "form_post")];
        let mode: &[(&str, &str)] = if self.mode == Mode::FormPost { &mode } else { &[] };
        client.request(&[mode, changed].concat())
    }

    /// Sends the browser to the provider.
    async fn authorize(&self, changed: &[(&str, &str)]) -> Answer {
        self.browser.get(&self.request(&self.client, changed)).await
    }

    /// The parameters of an answer as the app gets them, checked for what is asserted of every answer.
    fn answered(&self, answer: &Answer) -> BTreeMap<String, String> {
        let mut parameters = received(self.mode, answer);
        assert_eq!(parameters.remove("iss").as_deref(), Some(self.provider.base.as_str()));
        parameters
    }

    /// A code for a request with the usual state.
    async fn code(&self, changed: &[(&str, &str)]) -> String {
        self.code_of(&self.authorize(changed).await)
    }

    fn code_of(&self, answer: &Answer) -> String {
        let mut parameters = self.answered(answer);
        assert_eq!(parameters.remove("state").as_deref(), Some(STATE));
        let code = parameters.remove("code").unwrap_or_else(|| panic!("no code: {parameters:?}"));
        assert!(parameters.is_empty(), "{parameters:?}");
        assert!(entropy(&code) > 96.0 && code.len() * 6 > 128, "{code}");
        code
    }

    async fn tokens(&self, changed: &[(&str, &str)]) -> Value {
        let code = self.code(changed).await;
        checked(&self.provider, &self.client, &succeeded(&self.client.redeem(&code, &[]).await))
    }

    async fn userinfo(&self, tokens: &Value) -> Value {
        let answer = self.provider.userinfo(tokens["access_token"].as_str().expect("a token")).await;
        assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "application/json"));
        let said = answer.json();
        assert_eq!(said["sub"], claims(tokens)["sub"]);
        standard(&said);
        said
    }

    /// The code of an error, with what is asserted of every error.
    fn error(&self, answer: &Answer) -> String {
        let mut parameters = self.answered(answer);
        assert_eq!(parameters.remove("state").as_deref(), Some(STATE));
        let description = parameters.remove("error_description").unwrap_or_default();
        assert!(description.bytes().all(|b| matches!(b, 0x20..=0x21 | 0x23..=0x5b | 0x5d..=0x7e)), "{description}");
        let error = parameters.remove("error").expect("an error");
        assert!(parameters.is_empty(), "{parameters:?}");
        error
    }

    /// Checks that a request leads to the sign-in page, which shows although somebody is signed in, and goes on after a new sign-in.
    async fn signs_in_again(&self, answer: &Answer) -> Value {
        let to = answer.location().expect("to the sign-in page");
        assert_eq!(to.path(), "/sign-in");
        let page = self.browser.get(to.as_str()).await;
        assert_eq!((page.status.as_u16(), page.location()), (200, None), "the page shows");
        let on = to.as_str().replace("/sign-in", "/authorize/continue");
        assert_eq!(self.browser.get(&on).await.location().expect("a redirect").path(), "/sign-in", "the old session does not do");
        self.provider.wait(Duration::from_secs(1));
        self.provider.sign_in(&self.browser, &self.ada).await;
        self.provider.wait(Duration::from_millis(5));
        let code = self.code_of(&self.browser.get(&on).await);
        checked(&self.provider, &self.client, &succeeded(&self.client.redeem(&code, &[]).await))
    }
}

/// What the app receives.
fn received(mode: Mode, answer: &Answer) -> BTreeMap<String, String> {
    match mode {
        Mode::Query => {
            let location = answer.location().unwrap_or_else(|| panic!("{} {}", answer.status, answer.body));
            assert!(location.as_str().starts_with(REDIRECT_URI), "{location}");
            let mut parameters: BTreeMap<String, String> = location.query_pairs().into_owned().collect();
            assert_eq!(parameters.remove("tenant").as_deref(), Some("1"), "the registered query stays");
            parameters
        }
        Mode::FormPost => {
            assert_eq!((answer.status.as_u16(), answer.location(), answer.header("cache-control")), (200, None, "no-store"), "{}", answer.body);
            assert_eq!(answer.attribute("form", "method").as_deref(), Some("post"));
            assert_eq!(answer.attribute("form", "action").as_deref(), Some(REDIRECT_URI), "nothing in the query but what is registered");
            assert_eq!(answer.texts("form button").len(), 1, "for browsers without script");
            let policy = answer.header("content-security-policy");
            assert!(policy.contains("script-src 'self';") && !policy.contains("form-action"), "{policy}");
            assert_eq!(answer.header("referrer-policy"), "strict-origin");
            let html = scraper::Html::parse_document(&answer.body);
            let scripts = scraper::Selector::parse("script").expect("a selector");
            assert!(html.select(&scripts).all(|script| script.inner_html().is_empty() && script.attr("src").is_some()), "no inline script");
            let inputs = scraper::Selector::parse("form input[type=hidden]").expect("a selector");
            let value = |input: scraper::ElementRef<'_>| Some((input.attr("name")?.to_owned(), input.attr("value")?.to_owned()));
            html.select(&inputs).filter_map(value).collect()
        }
    }
}

/// Shannon's entropy of a text, in bits, as the suite reckons it.
fn entropy(text: &str) -> f64 {
    let mut counts: BTreeMap<char, f64> = BTreeMap::new();
    for c in text.chars() {
        *counts.entry(c).or_default() += 1.0;
    }
    let length: f64 = counts.values().sum();
    length * counts.values().map(|count| -(count / length) * (count / length).log2()).sum::<f64>()
}

/// Checks what is asserted of every token answer and ID token, and gives it back.
fn checked(provider: &Provider, client: &Client, tokens: &Value) -> Value {
    assert_eq!(tokens["token_type"], "Bearer");
    assert!(tokens["expires_in"].as_i64().is_some_and(|seconds| seconds > 0 && seconds < 366 * 24 * 3600));
    assert!(entropy(tokens["access_token"].as_str().expect("an access token")) > 96.0);
    let said = claims(tokens);
    let now = provider.now().as_seconds();
    assert_eq!((said["iss"].as_str(), &said["aud"]), (Some(provider.base.as_str()), &json!([client.client_id])));
    assert!(said["exp"].as_i64().is_some_and(|exp| exp > now) && said["iat"].as_i64().is_some_and(|iat| (iat - now).abs() < 300));
    assert!(said["auth_time"].as_i64().is_some_and(|at| at <= now));
    assert!(said["acr"].as_str().is_some_and(|acr| !acr.is_empty()) && said["sid"].as_str().is_some_and(|sid| !sid.is_empty()));
    assert!(header(tokens)["kid"].is_string());
    standard(&said);
    tokens.clone()
}

/// Checks the types of standard claims: none empty, none null.
fn standard(said: &Value) {
    for (name, value) in said.as_object().expect("claims") {
        match name.as_str() {
            "email_verified" | "phone_number_verified" => assert!(value.is_boolean(), "{name}: {value}"),
            "updated_at" | "iat" | "exp" | "auth_time" => assert!(value.as_i64().is_some_and(|seconds| seconds > 631_152_000), "{name}: {value}"),
            "aud" | "amr" | "groups" => assert!(value.is_array(), "{name}: {value}"),
            "address" => {
                let parts = value.as_object().unwrap_or_else(|| panic!("{name}: {value}"));
                assert!(!parts.is_empty() && parts.values().all(|part| part.as_str().is_some_and(|text| !text.trim().is_empty())), "{name}: {value}");
            }
            _ => assert!(value.as_str().is_some_and(|text| !text.trim().is_empty() && text != "null"), "{name}: {value}"),
        }
    }
}

/// The claims an ID token may have when only `openid` was asked for.
const ALWAYS: [&str; 11] = ["iss", "sub", "aud", "exp", "iat", "auth_time", "acr", "amr", "sid", "at_hash", "nonce"];

async fn oidcc_server(plan: &Plan) {
    let tokens = plan.tokens(&[]).await;
    for name in claims(&tokens).as_object().expect("an object").keys() {
        assert!(ALWAYS.contains(&name.as_str()), "{name} was not asked for");
    }
    assert_eq!(claims(&tokens)["nonce"], "n-0S6_WzA2Mj");
    let hash = base64url(&muster::secret::sha256(tokens["access_token"].as_str().expect("a text").as_bytes())[..16]);
    assert_eq!(claims(&tokens)["at_hash"], hash.as_str());
}

async fn oidcc_response_type_missing(plan: &Plan) {
    let error = plan.error(&plan.authorize(&[("response_type", "")]).await);
    assert!(["unsupported_response_type", "invalid_request"].contains(&error.as_str()), "{error}");
}

async fn oidcc_userinfo_get(plan: &Plan) {
    let tokens = plan.tokens(&[]).await;
    plan.userinfo(&tokens).await;
}

async fn oidcc_userinfo_post_header(plan: &Plan) {
    let tokens = plan.tokens(&[]).await;
    let request = plain().post(format!("{}/api/oidc/userinfo", plan.provider.base)).bearer_auth(tokens["access_token"].as_str().expect("a text"));
    assert_eq!(answer(request).await.json()["sub"], claims(&tokens)["sub"]);
}

async fn oidcc_userinfo_post_body(plan: &Plan) {
    let tokens = plan.tokens(&[]).await;
    let form = [("access_token", tokens["access_token"].as_str().expect("a text"))];
    let answer = answer(plain().post(format!("{}/api/oidc/userinfo", plan.provider.base)).form(&form)).await;
    assert_eq!((answer.status.as_u16(), &answer.json()["sub"]), (200, &claims(&tokens)["sub"]));
}

async fn oidcc_ensure_request_without_nonce_succeeds_for_code_flow(plan: &Plan) {
    assert!(claims(&plan.tokens(&[("nonce", "")]).await)["nonce"].is_null());
}

async fn oidcc_scope_profile(plan: &Plan) {
    let said = plan.userinfo(&plan.tokens(&[("scope", "openid profile")]).await).await;
    let profile = ["name", "family_name", "given_name", "middle_name", "nickname", "preferred_username", "profile", "picture", "website", "gender"];
    for name in profile.iter().chain(&["birthdate", "zoneinfo", "locale", "updated_at"]) {
        assert!(!said[*name].is_null(), "{name}");
    }
    assert_eq!(said.as_object().expect("an object").len(), 15, "{said}");
}

async fn oidcc_scope_email(plan: &Plan) {
    let tokens = plan.tokens(&[("scope", "openid email")]).await;
    let said = plan.userinfo(&tokens).await;
    assert_eq!((said["email"].as_str(), said["email_verified"].as_bool(), said["name"].is_null()), (Some("ada@example.org"), Some(true), true));
    assert!(claims(&tokens)["email"].is_null());
}

async fn oidcc_scope_address(plan: &Plan) {
    let metadata = answer(plain().get(format!("{}/.well-known/openid-configuration", plan.provider.base))).await.json();
    assert!(metadata["scopes_supported"].as_array().expect("a list").contains(&json!("address")));
    let said = plan.userinfo(&plan.tokens(&[("scope", "openid address")]).await).await;
    assert_eq!(said["address"], json!({ "street_address": "12 St James’s Square", "locality": "London", "country": "GB" }));
}

async fn oidcc_scope_phone(plan: &Plan) {
    let said = plan.userinfo(&plan.tokens(&[("scope", "openid phone")]).await).await;
    assert_eq!((said["phone_number"].as_str(), said["phone_number_verified"].as_bool()), (Some("+44 20 7946 0000"), Some(false)));
}

async fn oidcc_scope_all(plan: &Plan) {
    let said = plan.userinfo(&plan.tokens(&[("scope", "openid profile email address phone groups")]).await).await;
    for name in ["name", "email", "address", "phone_number", "groups"] {
        assert!(!said[name].is_null(), "{name}");
    }
}

async fn oidcc_alternate_happy_flow(plan: &Plan) {
    let mut parameters = plan.client.parameters(&[("scope", "email openid")]);
    if plan.mode == Mode::FormPost {
        parameters.push(("response_mode".into(), "form_post".into()));
    }
    parameters.reverse();
    let request = format!("/authorize?{}", serde_urlencoded::to_string(parameters).expect("readable"));
    let code = plan.code_of(&plan.browser.get(&request).await);
    let tokens = succeeded(&plan.client.redeem(&code, &[]).await);
    assert_eq!(plan.userinfo(&tokens).await["email"], "ada@example.org");
}

async fn oidcc_display_page(plan: &Plan) {
    plan.tokens(&[("display", "page")]).await;
}

async fn oidcc_display_popup(plan: &Plan) {
    plan.tokens(&[("display", "popup")]).await;
}

async fn oidcc_prompt_login(plan: &Plan) {
    let first = plan.tokens(&[]).await;
    plan.provider.wait(Duration::from_secs(1));
    let second = plan.signs_in_again(&plan.authorize(&[("prompt", "login")]).await).await;
    assert!(claims(&second)["auth_time"].as_i64() > claims(&first)["auth_time"].as_i64());
    assert_eq!(claims(&second)["sub"], claims(&first)["sub"]);
}

async fn oidcc_prompt_none_not_logged_in(plan: &Plan) {
    let answer = plan.provider.browser().get(&plan.request(&plan.client, &[("prompt", "none")])).await;
    assert_eq!(plan.error(&answer), "login_required");
}

async fn oidcc_prompt_none_logged_in(plan: &Plan) {
    // With an agreement that is remembered, as for any app but the administrator's own.
    let careful = plan.provider.client_with(|it| it.skip_consent = false, &[]).await;
    let page = plan.browser.get(&plan.request(&careful, &[])).await;
    let first = plan.browser.submit(&page, "/authorize/consent", &[("decision", "allow")]).await;
    let first = succeeded(&careful.redeem(&plan.code_of(&first), &[]).await);
    let second = plan.browser.get(&plan.request(&careful, &[("prompt", "none")])).await;
    let second = succeeded(&careful.redeem(&plan.code_of(&second), &[]).await);
    for same in ["sub", "auth_time", "sid"] {
        assert_eq!(claims(&first)[same], claims(&second)[same], "{same}");
    }
}

async fn oidcc_max_age_1(plan: &Plan) {
    let first = plan.tokens(&[]).await;
    plan.provider.wait(Duration::from_secs(2));
    let second = plan.signs_in_again(&plan.authorize(&[("max_age", "1")]).await).await;
    let at = claims(&second)["auth_time"].as_i64().expect("auth_time");
    assert!(Some(at) > claims(&first)["auth_time"].as_i64() && plan.provider.now().as_seconds() - at < 60);
}

async fn oidcc_max_age_10000(plan: &Plan) {
    let first = plan.tokens(&[("max_age", "15000")]).await;
    plan.provider.wait(Duration::from_secs(1));
    let second = plan.tokens(&[("max_age", "10000")]).await;
    for same in ["sub", "auth_time"] {
        assert_eq!(claims(&first)[same], claims(&second)[same], "{same}");
    }
}

async fn oidcc_ensure_request_with_unknown_parameter_succeeds(plan: &Plan) {
    plan.tokens(&[("extra", "foobar")]).await;
}

async fn oidcc_id_token_hint(plan: &Plan) {
    let first = plan.tokens(&[]).await;
    let second = plan.tokens(&[("prompt", "none"), ("id_token_hint", first["id_token"].as_str().expect("a text"))]).await;
    assert_eq!(claims(&first)["sub"], claims(&second)["sub"]);
    let grace = plan.provider.browser_of(&plan.provider.person("grace").await).await;
    let other = grace.get(&plan.request(&plan.client, &[("prompt", "none"), ("id_token_hint", first["id_token"].as_str().expect("a text"))])).await;
    assert_eq!(plan.error(&other), "login_required", "the app expects someone else");
}

async fn oidcc_login_hint(plan: &Plan) {
    for hint in ["ada", "ada@example.org", "buffy@nowhere.example"] {
        plan.tokens(&[("login_hint", hint)]).await;
    }
}

async fn oidcc_ui_locales(plan: &Plan) {
    plan.tokens(&[("ui_locales", "se")]).await;
}

async fn oidcc_claims_locales(plan: &Plan) {
    plan.tokens(&[("claims_locales", "se")]).await;
}

async fn oidcc_ensure_request_with_acr_values_succeeds(plan: &Plan) {
    let metadata = answer(plain().get(format!("{}/.well-known/openid-configuration", plan.provider.base))).await.json();
    let offered: Vec<&str> =
        metadata["acr_values_supported"].as_array().expect("a list").iter().map(|value| value.as_str().expect("a text")).collect();
    let tokens = plan.tokens(&[("acr_values", &offered.join(" "))]).await;
    assert_eq!(claims(&tokens)["acr"], "phr", "a synced passkey");
    assert!(offered.contains(&"phr"));
    assert_eq!(claims(&plan.tokens(&[("acr_values", "1 2")]).await)["acr"], "phr");
}

async fn oidcc_codereuse(plan: &Plan) {
    let code = plan.code(&[]).await;
    succeeded(&plan.client.redeem(&code, &[]).await);
    assert_refused(&plan.client.redeem(&code, &[]).await, 400, "invalid_grant");
}

async fn oidcc_codereuse_30seconds(plan: &Plan) {
    // And as long after as there is something to take back.
    for pause in [30, 3500, 20 * 24 * 3600] {
        let code = plan.code(&[("scope", "openid offline_access")]).await;
        let tokens = succeeded(&plan.client.redeem(&code, &[]).await);
        plan.provider.wait(Duration::from_secs(pause));
        oidc::sweep(&plan.provider.running.app, plan.provider.now()).await.expect("the database answers");
        assert_refused(&plan.client.redeem(&code, &[]).await, 400, "invalid_grant");
        assert_eq!(plan.provider.userinfo(tokens["access_token"].as_str().expect("a text")).await.status, 401);
        assert_refused(&plan.client.refresh(tokens["refresh_token"].as_str().expect("a text")).await, 400, "invalid_grant");
        plan.provider.sign_in(&plan.browser, &plan.ada).await;
    }
}

async fn oidcc_ensure_registered_redirect_uri(plan: &Plan) {
    let answer = plan.authorize(&[("redirect_uri", "https://wiki.example.org/callback?tenant=1&unregistered")]).await;
    assert_eq!((answer.status.as_u16(), answer.location()), (400, None));
    assert!(answer.header("content-type").starts_with("text/html") && answer.attribute("main form", "action").is_none());
}

async fn oidcc_ensure_post_request_succeeds(plan: &Plan) {
    let mode: &[(&str, &str)] = if plan.mode == Mode::FormPost { &[("response_mode", "form_post")] } else { &[] };
    // The browser leaves the cookie out of a form that comes from another site.
    let form = plain().post(format!("{}/authorize", plan.provider.base)).header("origin", "https://wiki.example.org");
    let posted = answer(form.header("sec-fetch-site", "cross-site").form(&plan.client.parameters(mode))).await;
    let on = plan.browser.get(posted.location().expect("on as GET").as_str()).await;
    succeeded(&plan.client.redeem(&plan.code_of(&on), &[]).await);
}

async fn oidcc_server_client_secret_post(plan: &Plan) {
    let code = plan.code(&[]).await;
    let form = [("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", REDIRECT_URI), ("code_verifier", &plan.client.verifier)];
    checked(&plan.provider, &plan.client, &succeeded(&plan.client.token_request(Proof::Post, &form).await));
}

async fn oidcc_request_uri_unsigned_supported_correctly_or_rejected_as_unsupported(plan: &Plan) {
    let answer = plan.authorize(&[("request_uri", "https://wiki.example.org/request.jwt")]).await;
    assert_eq!(plan.error(&answer), "request_uri_not_supported");
}

async fn oidcc_unsigned_request_object_supported_correctly_or_rejected_as_unsupported(plan: &Plan) {
    let answer = plan.authorize(&[("request", "eyJhbGciOiJub25lIn0.e30.")]).await;
    assert_eq!(plan.error(&answer), "request_not_supported");
}

async fn oidcc_claims_essential(plan: &Plan) {
    let tokens = plan.tokens(&[("claims", r#"{"userinfo":{"name":{"essential":true}}}"#)]).await;
    let said = plan.userinfo(&tokens).await;
    assert_eq!((said["name"].as_str(), said.as_object().expect("an object").len()), (Some("Ada Lovelace"), 2));
    assert!(claims(&tokens)["name"].is_null());
    let tokens = plan.tokens(&[("claims", r#"{"id_token":{"email":null}}"#)]).await;
    assert_eq!(claims(&tokens)["email"], "ada@example.org");
    assert!(plan.userinfo(&tokens).await["email"].is_null());
}

async fn oidcc_ensure_request_object_with_redirect_uri(plan: &Plan) {
    // This client has no keys, so its request object is refused and a redirect URI that only that names counts for nothing.
    let answer = plan.authorize(&[("redirect_uri", "https://evil.example/"), ("request", "eyJhbGciOiJub25lIn0.e30.")]).await;
    assert_eq!((answer.status.as_u16(), answer.location()), (400, None));
}

async fn oidcc_refresh_token(plan: &Plan) {
    let page = plan.authorize(&[("scope", "openid offline_access"), ("prompt", "consent")]).await;
    let tokens = checked(&plan.provider, &plan.client, &succeeded(&plan.client.redeem(&plan.code_of(&page), &[]).await));
    plan.provider.wait(Duration::from_secs(1));
    let refresh_token = tokens["refresh_token"].as_str().expect("a text");
    assert!(entropy(refresh_token) > 96.0);
    let second = plan.provider.client().await;
    assert_refused(&second.refresh(refresh_token).await, 400, "invalid_grant");
    let fresh = checked(&plan.provider, &plan.client, &succeeded(&plan.client.refresh(refresh_token).await));
    for same in ["iss", "sub", "aud", "auth_time", "acr", "sid"] {
        assert_eq!(claims(&tokens)[same], claims(&fresh)[same], "{same}");
    }
    assert_ne!(claims(&tokens)["iat"], claims(&fresh)["iat"]);
}

async fn oidcc_ensure_request_with_valid_pkce_succeeds(plan: &Plan) {
    let client = Client { verifier: base64url(&random_bytes::<32>()), ..plan.client.clone() };
    let code = plan.code_of(&plan.browser.get(&plan.request(&client, &[])).await);
    succeeded(&client.redeem(&code, &[]).await);
    let code = plan.code_of(&plan.browser.get(&plan.request(&client, &[])).await);
    assert_refused(&plan.client.redeem(&code, &[]).await, 400, "invalid_grant");
}

/// (Dynamic) The alg that was not chosen is RS256, and the key has a name.
async fn oidcc_idtoken_signature(plan: &Plan) {
    let head = header(&plan.tokens(&[]).await);
    assert_eq!((head["alg"].as_str(), head["kid"].is_string()), (Some("RS256"), true));
}

/// (Dynamic) `none` is not offered.
async fn oidcc_idtoken_unsigned(plan: &Plan) {
    let metadata = answer(plain().get(format!("{}/.well-known/openid-configuration", plan.provider.base))).await.json();
    assert!(!metadata["id_token_signing_alg_values_supported"].as_array().expect("a list").contains(&json!("none")));
}

/// (Dynamic) Which of several redirect URIs is meant must be said.
async fn oidcc_ensure_redirect_uri_in_authorization_request(plan: &Plan) {
    let uris = vec![REDIRECT_URI.into(), "https://wiki.example.org/other".into()];
    let client = plan.provider.client_with(|it| it.redirect_uris = uris, &[]).await;
    let answer = plan.browser.get(&plan.request(&client, &[("redirect_uri", "")])).await;
    assert_eq!((answer.status.as_u16(), answer.location()), (400, None));
}

/// (Dynamic) The query of a redirect URI is part of it, and stays.
async fn oidcc_redirect_uri_query_ok(plan: &Plan) {
    assert!(REDIRECT_URI.contains('?'));
    plan.tokens(&[]).await;
}

/// (Dynamic) Another query is another address.
async fn oidcc_redirect_uri_query_mismatch(plan: &Plan) {
    for other in ["https://wiki.example.org/callback?tenant=2", "https://wiki.example.org/callback", "https://wiki.example.org/callback?Tenant=1"] {
        let answer = plan.authorize(&[("redirect_uri", other)]).await;
        assert_eq!((answer.status.as_u16(), answer.location(), answer.attribute("main form", "action")), (400, None, None), "{other}");
    }
}

/// (Dynamic) So is one with more in it.
async fn oidcc_redirect_uri_query_added(plan: &Plan) {
    for other in ["https://wiki.example.org/callback?tenant=1&x=2", "https://wiki.example.org/callback?tenant=1&"] {
        let answer = plan.authorize(&[("redirect_uri", other)]).await;
        assert_eq!((answer.status.as_u16(), answer.location(), answer.attribute("main form", "action")), (400, None, None), "{other}");
    }
}

/// Names every module once: `basic::` and `formpost::` run the same ones.
macro_rules! modules {
    ($($module:ident)*) => {
        mod basic {
            $(#[tokio::test]
            async fn $module() {
                let plan = super::Plan::start(super::Mode::Query).await;
                super::$module(&plan).await;
                plan.stop().await;
            })*
        }
        mod formpost {
            $(#[tokio::test]
            async fn $module() {
                let plan = super::Plan::start(super::Mode::FormPost).await;
                super::$module(&plan).await;
                plan.stop().await;
            })*
        }
    };
}

modules! {
    oidcc_server
    oidcc_response_type_missing
    oidcc_idtoken_signature
    oidcc_idtoken_unsigned
    oidcc_userinfo_get
    oidcc_userinfo_post_header
    oidcc_userinfo_post_body
    oidcc_ensure_request_without_nonce_succeeds_for_code_flow
    oidcc_scope_profile
    oidcc_scope_email
    oidcc_scope_address
    oidcc_scope_phone
    oidcc_scope_all
    oidcc_alternate_happy_flow
    oidcc_display_page
    oidcc_display_popup
    oidcc_prompt_login
    oidcc_prompt_none_not_logged_in
    oidcc_prompt_none_logged_in
    oidcc_max_age_1
    oidcc_max_age_10000
    oidcc_ensure_request_with_unknown_parameter_succeeds
    oidcc_id_token_hint
    oidcc_login_hint
    oidcc_ui_locales
    oidcc_claims_locales
    oidcc_ensure_request_with_acr_values_succeeds
    oidcc_codereuse
    oidcc_codereuse_30seconds
    oidcc_ensure_registered_redirect_uri
    oidcc_ensure_post_request_succeeds
    oidcc_server_client_secret_post
    oidcc_request_uri_unsigned_supported_correctly_or_rejected_as_unsupported
    oidcc_unsigned_request_object_supported_correctly_or_rejected_as_unsupported
    oidcc_claims_essential
    oidcc_ensure_request_object_with_redirect_uri
    oidcc_refresh_token
    oidcc_ensure_redirect_uri_in_authorization_request
    oidcc_redirect_uri_query_ok
    oidcc_redirect_uri_query_mismatch
    oidcc_redirect_uri_query_added
    oidcc_ensure_request_with_valid_pkce_succeeds
}

#[tokio::test]
async fn a_fragment_answer_stands_behind_the_hash_and_nowhere_else() {
    let plan = Plan::start(Mode::Query).await;
    for (changed, name) in [(&[("response_mode", "fragment")][..], "code"), (&[("response_mode", "fragment"), ("prompt", "none login")], "error")] {
        let location = plan.authorize(changed).await.location().expect("a redirect");
        assert!(location.as_str().starts_with(&format!("{REDIRECT_URI}#")), "{location}");
        let parameters: BTreeMap<String, String> = serde_urlencoded::from_str(location.fragment().expect("readable")).expect("readable");
        assert!(parameters.contains_key(name) && parameters["state"] == STATE && parameters["iss"] == plan.provider.base);
    }
    plan.stop().await;
}

#[tokio::test]
async fn prompts_that_contradict_each_other_are_refused() {
    let plan = Plan::start(Mode::Query).await;
    for prompt in ["none login", "none consent", "none select_account", "dance", "none none login"] {
        assert_eq!(plan.error(&plan.authorize(&[("prompt", prompt)]).await), "invalid_request", "{prompt}");
    }
    plan.provider.wait(Duration::from_secs(1));
    for prompt in ["login", "select_account", "login consent"] {
        plan.signs_in_again(&plan.authorize(&[("prompt", prompt)]).await).await;
        plan.provider.wait(Duration::from_secs(1));
    }
    plan.stop().await;
}

#[tokio::test]
async fn a_request_that_waited_does_not_pass_an_old_sign_in_off_as_young() {
    let plan = Plan::start(Mode::Query).await;
    let careful = plan.provider.client_with(|it| it.skip_consent = false, &[]).await;
    // The request came when the sign-in was young enough; the person leaves the page open.
    let page = plan.browser.get(&careful.request(&[("max_age", "60")])).await;
    plan.provider.wait(Duration::from_secs(50 * 60));
    let allowed = plan.browser.submit(&page, "/authorize/consent", &[("decision", "allow")]).await;
    let to = allowed.location().expect("a redirect");
    assert_eq!(to.path(), "/sign-in", "50 minutes are more than 60 seconds");
    assert_eq!(plan.browser.get(to.as_str()).await.status, 200, "the sign-in page shows, and does not lead in a circle");
    plan.stop().await;
}

#[tokio::test]
async fn a_class_that_must_be_reached_is_reached_or_refused() {
    let plan = Plan::start(Mode::Query).await;
    let must = |values: &str| format!(r#"{{"id_token":{{"acr":{{"essential":true,"values":[{values}]}}}}}}"#);
    assert_eq!(claims(&plan.tokens(&[("claims", &must(r#""phrh","phr""#))]).await)["acr"], "phr");
    let to_sign_in = plan.authorize(&[("claims", &must(r#""phrh""#))]).await;
    let to = to_sign_in.location().expect("to sign in with another passkey");
    assert_eq!(to.path(), "/sign-in");
    plan.provider.wait(Duration::from_secs(1));
    plan.provider.sign_in(&plan.browser, &plan.ada).await;
    plan.provider.wait(Duration::from_millis(5));
    let again = plan.browser.get(&to.as_str().replace("/sign-in", "/authorize/continue")).await;
    assert_eq!(plan.error(&again), "unmet_authentication_requirements", "the same synced passkey again");
    assert_eq!(plan.error(&plan.authorize(&[("claims", &must(r#""gold""#))]).await), "unmet_authentication_requirements");
    plan.stop().await;
}

#[tokio::test]
async fn a_session_has_one_name_at_an_app_and_another_at_the_next() {
    let plan = Plan::start(Mode::Query).await;
    let other = plan.provider.client().await;
    let sid = |tokens: &Value| claims(tokens)["sid"].as_str().expect("a sid").to_owned();
    let (first, second, elsewhere) = (plan.tokens(&[]).await, plan.tokens(&[]).await, other.tokens(&plan.browser, &[]).await);
    assert_eq!(sid(&first), sid(&second));
    assert_ne!(sid(&first), sid(&elsewhere), "apps cannot compare");
    let another_browser = plan.provider.browser_of(&plan.ada).await;
    assert_ne!(sid(&first), sid(&plan.client.tokens(&another_browser, &[]).await));
    plan.stop().await;
}

#[tokio::test]
async fn claims_asked_for_by_name_are_told_only_to_an_app_the_person_agreed_to() {
    let plan = Plan::start(Mode::Query).await;
    let careful = plan.provider.client_with(|it| (it.skip_consent, it.claims_in_id_token) = (false, false), &[]).await;
    let named = ("claims", r#"{"userinfo":{"phone_number":null}}"#);
    let page = plan.browser.get(&careful.request(&[])).await;
    plan.browser.submit(&page, "/authorize/consent", &[("decision", "allow")]).await;
    assert_eq!(plan.error(&plan.browser.get(&careful.request(&[named, ("prompt", "none")])).await), "consent_required");
    let page = plan.browser.get(&careful.request(&[named])).await;
    assert!(page.texts("main").join(" ").contains("See your telephone number"), "{}", page.body);
    let answer = plan.browser.submit(&page, "/authorize/consent", &[("decision", "allow")]).await;
    let tokens = succeeded(&careful.redeem(&plan.code_of(&answer), &[]).await);
    assert_eq!(plan.userinfo(&tokens).await["phone_number"], "+44 20 7946 0000");
    let user = users::find(&mut plan.provider.running.app.db.read().await.expect("the database answers"), plan.ada.id)
        .await
        .expect("the database answers")
        .expect("readable");
    assert_eq!(claims(&tokens)["sub"], user.id.to_string());
    plan.stop().await;
}
