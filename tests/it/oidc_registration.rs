//! Apps that register themselves (RFC 7591, RFC 7592), and attacks on that by their names.

use std::sync::Arc;
use std::time::Duration;

use muster::db::query;
use muster::id::ClientId;
use muster::secret::{base64url, random_bytes};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::oidc_support::{Client, Provider, answered, assert_refused, on_both_databases, plain, succeeded};
use crate::support::http::{Answer, Browser, answer};

pub(crate) const REDIRECT: &str = "https://app.example.org/cb";

/// Changes a setting as another instance would, and at once.
pub(crate) async fn set(provider: &Provider, key: &str, value: &str) {
    let insert = "INSERT INTO settings (scope, key, value, updated_at) VALUES ('app', $1, $2, $3)
                  ON CONFLICT (scope, key) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at";
    provider.execute(query(insert).bind(key).bind(value).bind(provider.now())).await;
    let mut settings = (*provider.running.app.settings()).clone();
    settings.set(key, value).expect("a setting");
    provider.running.app.settings.send_replace(Arc::new(settings));
}

pub(crate) async fn call(provider: &Provider, method: Method, path: &str, token: Option<&str>, body: Option<&Value>) -> Answer {
    let path = if path.starts_with("http") { path.to_owned() } else { format!("{}{path}", provider.base) };
    let mut request = plain().request(method, path);
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    if let Some(body) = body {
        request = request.json(body);
    }
    answer(request).await
}

pub(crate) async fn register(provider: &Provider, token: Option<&str>, metadata: &Value) -> Answer {
    call(provider, Method::POST, "/api/oidc/register", token, Some(metadata)).await
}

pub(crate) async fn registered(provider: &Provider, metadata: &Value) -> Value {
    let answer = register(provider, None, metadata).await;
    assert_eq!((answer.status.as_u16(), answer.header("cache-control")), (201, "no-store"), "{}", answer.body);
    answer.json()
}

pub(crate) fn app(provider: &Provider, said: &Value) -> Client {
    Client {
        base: provider.base.clone(),
        id: ClientId::new(),
        client_id: said["client_id"].as_str().expect("as the test made it").to_owned(),
        secret: said["client_secret"].as_str().map(str::to_owned),
        redirect_uri: said["redirect_uris"][0].as_str().expect("as the test made it").to_owned(),
        verifier: base64url(&random_bytes::<32>()),
    }
}

pub(crate) async fn admin(provider: &Provider) -> Browser {
    let boss = provider.person("boss").await;
    provider.execute(query("UPDATE users SET local_admin = $2 WHERE id = $1").bind(boss.id).bind(true)).await;
    provider.browser_of(&boss).await
}

#[tokio::test]
async fn switched_off_there_is_nothing_to_register_at() {
    on_both_databases(async |provider| {
        let metadata = async || call(provider, Method::GET, "/.well-known/openid-configuration", None, None).await.json();
        assert!(metadata().await.get("registration_endpoint").is_none());
        assert_eq!(register(provider, None, &json!({ "redirect_uris": [REDIRECT] })).await.status, 404);
        set(provider, "client_registration", "token").await;
        assert_eq!(metadata().await["registration_endpoint"], format!("{}/api/oidc/register", provider.base));
        assert_refused(&register(provider, None, &json!({ "redirect_uris": [REDIRECT] })).await, 401, "invalid_token");
        assert_eq!(provider.count("SELECT COUNT(*) FROM clients").await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_token_of_the_page_lets_as_many_apps_in_as_it_says_until_it_is_revoked() {
    on_both_databases(async |provider| {
        set(provider, "client_registration", "token").await;
        let browser = admin(provider).await;
        let page = browser.get("/admin/clients/registration").await;
        let path = "/admin/clients/registration";
        assert_eq!(browser.submit(&page, path, &[("days", "0")]).await.status, 422);
        let token = async |uses: &str| {
            let made = browser.submit(&page, path, &[("note", "MCP"), ("days", "7"), ("uses", uses)]).await;
            made.attribute("#c-token", "value").unwrap_or_else(|| panic!("{}", made.body))
        };
        let good = json!({ "redirect_uris": [REDIRECT] });
        let two = token("2").await;
        assert!(two.starts_with("muster_it_") && !browser.get(path).await.body.contains(&two));
        assert_refused(&register(provider, Some(&two), &json!({ "redirect_uris": ["javascript:alert(1)"] })).await, 400, "invalid_redirect_uri");
        assert_eq!(register(provider, Some(&two), &good).await.status, 201);
        let at_once = futures::future::join_all((0..4).map(|_| register(provider, Some(&two), &good))).await;
        assert_eq!(at_once.iter().filter(|answer| answer.status == 201).count(), 1, "a refused one did not count, a used up one does not do");
        let revoked = token("1000").await;
        let listed = browser.get(path).await;
        let action = listed.attribute("#tokens form", "action").expect("a token to revoke");
        assert_eq!(browser.submit(&listed, &action, &[]).await.status, 303);
        assert_refused(&register(provider, Some(&revoked), &good).await, 401, "invalid_token");
        let late = token("1").await;
        provider.wait(Duration::from_secs(8 * 24 * 3600));
        assert_refused(&register(provider, Some(&late), &good).await, 401, "invalid_token");
        assert_refused(&register(provider, Some("guessed"), &good).await, 401, "invalid_token");
        assert_eq!(provider.count("SELECT COUNT(*) FROM audit_events WHERE kind LIKE 'registration_token_%'").await, 4);
    })
    .await;
}

#[tokio::test]
async fn an_app_that_registered_itself_signs_people_in_once_they_agreed() {
    on_both_databases(async |provider| {
        set(provider, "client_registration", "open").await;
        let metadata = json!({
            "client_name": "Notes", "redirect_uris": [REDIRECT], "post_logout_redirect_uris": ["https://app.example.org/bye"],
            "id_token_signed_response_alg": "ES256", "scope": "openid profile groups nonsense", "client_uri": "https://app.example.org",
            "contacts": ["dev@example.org"], "skip_consent": true, "software_statement": "eyJhbGciOiJub25lIn0.e30.",
        });
        let said = registered(provider, &metadata).await;
        for name in ["client_id", "client_secret", "registration_access_token", "registration_client_uri"] {
            assert!(said[name].is_string(), "{name}: {said}");
        }
        assert!(said["client_id_issued_at"].is_i64() && said["client_secret_expires_at"] == 0);
        assert_eq!((&said["token_endpoint_auth_method"], &said["grant_types"]), (&json!("client_secret_basic"), &json!(["authorization_code"])));
        assert_eq!(
            (&said["response_types"], &said["scope"], &said["contacts"]),
            (&json!(["code"]), &json!("openid profile groups"), &metadata["contacts"])
        );
        assert!(said.get("software_statement").is_none() && said.get("skip_consent").is_none());

        let browser = provider.browser_of(&provider.person("ada").await).await;
        let notes = app(provider, &said);
        let apps = browser.get("/account/apps").await;
        assert!(!apps.body.contains("Notes"), "nobody meets it among the apps of the house");
        let page = browser.get(&notes.request(&[])).await;
        assert!(page.texts("#vouched-by").join("").contains("registered itself"), "{}", page.body);
        let agreed = browser.submit(&page, "/authorize/consent", &[("decision", "allow")]).await;
        succeeded(&notes.redeem(&answered(&agreed)["code"], &[]).await);
        notes.code(&browser, &[]).await;

        // An administrator cannot make it one of the house.
        let boss = admin(provider).await;
        let address = boss.get("/admin/clients?q=Notes").await.attribute("tbody a", "href").expect("the client");
        let form = boss.get(&address).await;
        assert_eq!(boss.submit(&form, &address, &[("skip_consent", "true")]).await.status, 422);
        assert_eq!(boss.submit(&form, &address, &[("name", "Notes!")]).await.status, 303);
    })
    .await;
}

/// Impersonation of a native app (RFC 8252 section 8.6): any program on the computer can listen there.
#[tokio::test]
async fn an_app_that_registered_itself_learns_nothing_of_other_apps_tokens() {
    on_both_databases(async |provider| {
        set(provider, "client_registration", "open").await;
        let (wiki, mail) = (provider.client_with(|it| it.acts_alone = true, &[]).await, provider.client().await);
        let stranger = app(provider, &registered(provider, &json!({ "redirect_uris": [REDIRECT] })).await);
        let browser = provider.browser_of(&provider.person("ada").await).await;
        let of_a_person = wiki.tokens(&browser, &[]).await;
        let of_itself = succeeded(&wiki.token_request(crate::oidc_support::Proof::Basic, &[("grant_type", "client_credentials")]).await);
        for token in [&of_a_person, &of_itself].map(|tokens| tokens["access_token"].as_str().expect("an access token")) {
            assert_eq!((&wiki.introspect(token).await["active"], &mail.introspect(token).await["active"]), (&json!(true), &json!(true)));
            assert_eq!(stranger.introspect(token).await, json!({ "active": false }));
        }
    })
    .await;
}

#[tokio::test]
async fn a_public_app_on_the_persons_computer_is_agreed_to_each_time() {
    on_both_databases(async |provider| {
        set(provider, "client_registration", "open").await;
        let browser = provider.browser_of(&provider.person("ada").await).await;
        for (uri, asked_again) in [("http://127.0.0.1:1234/cb", true), ("com.example.app:/cb", true), (REDIRECT, false)] {
            let said = registered(provider, &json!({ "redirect_uris": [uri], "token_endpoint_auth_method": "none" })).await;
            assert!(said.get("client_secret").is_none());
            let app = app(provider, &said);
            assert!(
                answered(&browser.get(&app.request(&[("code_challenge", ""), ("code_challenge_method", "")])).await).contains_key("error"),
                "no PKCE"
            );
            let page = browser.get(&app.request(&[])).await;
            let agreed = browser.submit(&page, "/authorize/consent", &[("decision", "allow")]).await;
            let code = url::Url::parse(agreed.header("location"))
                .expect("a redirect")
                .query_pairs()
                .find(|(name, _)| name == "code")
                .expect("a code")
                .1
                .into_owned();
            succeeded(&app.redeem(&code, &[]).await);
            let again = browser.get(&app.request(&[])).await;
            assert_eq!(!again.texts("#vouched-by").is_empty(), asked_again, "{uri}");
        }
    })
    .await;
}

/// Of an app nobody here checked, people know for sure where it leads. One that has them agree to a place they trust is not answered at another.
#[tokio::test]
async fn what_people_agreed_to_counts_for_the_place_they_were_told_and_for_no_other() {
    on_both_databases(async |provider| {
        const ELSEWHERE: &str = "https://elsewhere.example/cb";
        set(provider, "client_registration", "open").await;
        let browser = provider.browser_of(&provider.person("ada").await).await;
        let agree = async |client: &Client| {
            let page = browser.get(&client.request(&[])).await;
            let agreed = browser.submit(&page, "/authorize/consent", &[("decision", "allow")]).await;
            succeeded(&client.redeem(&answered(&agreed)["code"], &[]).await);
        };
        let silently = async |client: &Client, uri: &str| answered(&browser.get(&client.request(&[("redirect_uri", uri), ("prompt", "none")])).await);
        let asks = |told: &std::collections::BTreeMap<String, String>| told.get("error").map(String::as_str) == Some("consent_required");

        // Both places from the beginning.
        let both = app(provider, &registered(provider, &json!({ "redirect_uris": [REDIRECT, ELSEWHERE] })).await);
        agree(&both).await;
        for uri in [ELSEWHERE, REDIRECT] {
            assert!(asks(&silently(&both, uri).await), "{uri}");
        }
        // Another one later; an address at the same place is none.
        let near = "https://app.example.org/other";
        let said = registered(provider, &json!({ "redirect_uris": [REDIRECT, near] })).await;
        let (uri, token) = (
            said["registration_client_uri"].as_str().expect("as the test made it"),
            said["registration_access_token"].as_str().expect("as the test made it"),
        );
        let moves = async |uris: &[&str]| {
            let new = json!({ "client_id": said["client_id"], "redirect_uris": uris });
            let moved = call(provider, Method::PUT, uri, Some(token), Some(&new)).await;
            assert_eq!(moved.status, 200, "{}", moved.body);
        };
        let notes = app(provider, &said);
        agree(&notes).await;
        assert!(silently(&notes, near).await.contains_key("code"));
        moves(&[near]).await;
        assert!(silently(&notes, near).await.contains_key("code"), "still the same place");
        moves(&[ELSEWHERE]).await;
        assert!(asks(&silently(&notes, ELSEWHERE).await), "people agreed to go somewhere else");
        moves(&[near]).await;
        assert!(asks(&silently(&notes, near).await), "nor does coming back bring it back");
    })
    .await;
}

#[tokio::test]
async fn an_app_reads_changes_and_deletes_its_own_registration() {
    on_both_databases(async |provider| {
        set(provider, "client_registration", "open").await;
        let said = registered(provider, &json!({ "client_name": "Notes", "redirect_uris": [REDIRECT] })).await;
        let (uri, token) = (
            said["registration_client_uri"].as_str().expect("as the test made it"),
            said["registration_access_token"].as_str().expect("as the test made it"),
        );
        let read = call(provider, Method::GET, uri, Some(token), None).await;
        assert_eq!(read.status, 200);
        assert_eq!((&read.json()["client_name"], &read.json()["registration_access_token"]), (&json!("Notes"), &json!(token)));
        assert!(read.json().get("client_secret").is_none(), "only its hash is there");
        let put = async |body: &Value| call(provider, Method::PUT, uri, Some(token), Some(body)).await;
        let mut new =
            json!({ "client_id": said["client_id"], "client_secret": said["client_secret"], "redirect_uris": ["https://app.example.org/new"] });
        let changed = put(&new).await;
        assert_eq!(changed.status, 200, "{}", changed.body);
        assert_eq!((&changed.json()["redirect_uris"], &changed.json()["client_name"]), (&new["redirect_uris"], &json!("app.example.org")));
        for (name, value) in [
            ("client_id", json!("other")),
            ("client_secret", json!("other")),
            ("client_id_issued_at", json!(1)),
            ("grant_types", json!(["implicit"])),
        ] {
            let mut wrong = new.clone();
            wrong[name] = value;
            assert_refused(&put(&wrong).await, 400, "invalid_client_metadata");
        }
        new["redirect_uris"] = json!(["javascript:alert(1)"]);
        assert_refused(&put(&new).await, 400, "invalid_redirect_uri");

        // The token of another client, none, a guessed one, a client that is not there: all the same.
        let other = registered(provider, &json!({ "redirect_uris": [REDIRECT] })).await;
        let others = other["registration_access_token"].as_str().expect("as the test made it");
        let nowhere = format!("{}/api/oidc/register/{}", provider.base, ClientId::new());
        for method in [Method::GET, Method::PUT, Method::DELETE] {
            for (uri, token) in [(uri, Some(others)), (uri, None), (uri, Some("guessed")), (nowhere.as_str(), Some(token))] {
                assert_refused(&call(provider, method.clone(), uri, token, Some(&new)).await, 401, "invalid_token");
            }
        }
        let typed = provider.client().await;
        let typed = format!("{}/api/oidc/register/{}", provider.base, typed.client_id);
        assert_refused(&call(provider, Method::DELETE, &typed, Some(token), None).await, 401, "invalid_token");

        assert_eq!(call(provider, Method::DELETE, uri, Some(token), None).await.status, 204);
        assert_refused(&call(provider, Method::GET, uri, Some(token), None).await, 401, "invalid_token");
        assert_eq!(provider.count("SELECT COUNT(*) FROM clients").await, 2);
    })
    .await;
}

/// Server-side request forgery: whatever addresses an app names, nobody is called for its registration or its sign-in.
#[tokio::test]
async fn ssrf_through_the_addresses_of_a_registration_calls_nobody() {
    on_both_databases(async |provider| {
        set(provider, "client_registration", "open").await;
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("as the test made it");
        let trap = format!("http://{}/", listener.local_addr().expect("as the test made it"));
        let metadata = json!({ "redirect_uris": [REDIRECT], "logo_uri": trap, "jwks_uri": trap, "client_uri": trap });
        let said = registered(provider, &metadata).await;
        // The one address that is fetched leads to the public Internet only.
        let port = listener.local_addr().expect("as the test made it").port();
        for inward in
            [trap.clone(), format!("https://127.0.0.1:{port}/"), format!("https://localhost:{port}/"), "https://169.254.169.254/".to_owned()]
        {
            let refused = register(provider, None, &json!({ "redirect_uris": [REDIRECT], "sector_identifier_uri": inward })).await;
            assert_refused(&refused, 400, "invalid_client_metadata");
        }
        let browser = provider.browser_of(&provider.person("ada").await).await;
        let page = browser.get(&app(provider, &said).request(&[])).await;
        assert!(!page.body.contains(&trap), "nor is the browser made to call it");
        browser.submit(&page, "/authorize/consent", &[("decision", "allow")]).await;
        for name in ["backchannel_logout_uri", "frontchannel_logout_uri", "initiate_login_uri"] {
            let mut inward = json!({ "redirect_uris": [REDIRECT] });
            inward[name] = "http://169.254.169.254/".into();
            assert_refused(&register(provider, None, &inward).await, 400, "invalid_client_metadata");
        }
        assert!(tokio::time::timeout(Duration::from_millis(200), listener.accept()).await.is_err(), "somebody called");
    })
    .await;
}

#[tokio::test]
async fn a_registration_flood_ends_at_the_limits() {
    on_both_databases(async |provider| {
        set(provider, "client_registration", "open").await;
        let good = json!({ "redirect_uris": [REDIRECT] });
        let answers = futures::future::join_all((0..30).map(|_| register(provider, None, &good))).await;
        assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 20);
        let refused = answers.iter().find(|answer| answer.status == 429).expect("a refusal");
        assert!(refused.header("retry-after").parse::<u64>().is_ok_and(|seconds| seconds <= 3601));
        provider.wait(Duration::from_secs(3601));
        set(provider, "client_registration_limit", "22").await;
        let answers = futures::future::join_all((0..6).map(|_| register(provider, None, &good))).await;
        assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 2, "and a total for all addresses together");
        assert!(answers.iter().any(|answer| answer.status == 503));

        // Those nobody uses go; one that somebody agreed to stays.
        let client = registered_row(provider).await;
        let ada = provider.person("ada").await;
        let later = provider.now() + Duration::from_secs(20 * 24 * 3600);
        let insert = "INSERT INTO consents (user_id, client_id, scopes, granted_at, last_used_at) VALUES ($1, $2, 'openid', $3, $3)";
        provider.execute(query(insert).bind(ada.id).bind(client).bind(later)).await;
        let typed = provider.client().await;
        provider.wait(Duration::from_secs(31 * 24 * 3600));
        muster::oidc::sweep(&provider.running.app, provider.now()).await.expect("as the test made it");
        assert_eq!(provider.count("SELECT COUNT(*) FROM registered_clients").await, 1);
        assert_eq!(provider.count("SELECT COUNT(*) FROM clients").await, 2, "{}", typed.client_id);
    })
    .await;
}

async fn registered_row(provider: &Provider) -> ClientId {
    let mut conn = provider.running.app.db.read().await.expect("as the test made it");
    let (client,): (ClientId,) = query("SELECT client_id FROM registered_clients LIMIT 1").one(&mut conn).await.expect("as the test made it");
    client
}

#[tokio::test]
async fn what_cannot_be_read_is_refused_in_words() {
    let provider = Provider::start(None).await;
    set(&provider, "client_registration", "open").await;
    let send = async |kind: &str, body: &str| {
        answer(plain().post(format!("{}/api/oidc/register", provider.base)).header("content-type", kind).body(body.to_owned())).await
    };
    for (kind, body) in [("application/json", "{"), ("application/json", "[]"), ("text/plain", "{}"), ("application/x-www-form-urlencoded", "a=b")] {
        assert_refused(&send(kind, body).await, 400, "invalid_client_metadata");
    }
    assert_refused(&send("application/json", "{}").await, 400, "invalid_redirect_uri");
    assert_eq!(send("application/json", &format!("{{\"client_name\":\"{}\"}}", "x".repeat(70_000))).await.status, 413);
    provider.running.stop().await;
}
