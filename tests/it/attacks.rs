//! What an attacker, or an unlucky moment, would try across the slices.

use std::time::Duration;

use muster::audit::Kind;
use muster::clients::{self, Authority, Registration};
use muster::db::{Value, query};
use muster::id::{ClientId, PasskeyId};
use muster::passkeys::{self, PASSKEYS_MAX};
use muster::secret::TokenHash;
use muster::sessions::{Method as How, SessionState, SignedIn};
use muster::users::User;
use muster::web::Client as Visitor;
use reqwest::Method;
use serde_json::json;

use crate::oidc_support::{self, Proof, answered, assert_refused, on_both_databases, plain};
use crate::support::app::{Engine, TestApp, on_each_engine};
use crate::support::http::{self, Browser, answer};
use crate::support::process::Muster;

const OFFLINE: (&str, &str) = ("scope", "openid offline_access");

#[tokio::test]
async fn a_nul_character_is_the_askers_mistake_on_either_database() {
    on_both_databases(async |provider| {
        let ada = provider.person("ada").await;
        let (browser, client) = (provider.browser_of(&ada).await, provider.client().await);
        for bad in ["/authorize?client_id=%00".to_owned(), client.request(&[("nonce", "a\0b")]), client.request(&[("state", "a\0b")])] {
            assert_eq!(browser.get(&bad).await.status, 400, "{bad}");
        }
        let nobody = oidc_support::Client { client_id: "\0".into(), ..client.clone() };
        assert_refused(&nobody.token_request(Proof::Post, &[("grant_type", "authorization_code"), ("code", "x")]).await, 400, "invalid_request");
        assert_refused(&nobody.token_request(Proof::Basic, &[("grant_type", "authorization_code"), ("code", "x")]).await, 401, "invalid_client");
    })
    .await;
    on_each_engine(async |app| {
        let (admin, browser, passkeys) = (app.admin("root").await, app.browser(), app.passkeys());
        app.enrol(&browser, &passkeys, &admin).await;
        for path in ["/admin/users?q=%00", "/admin/groups?q=%00", "/admin/clients?q=%00", "/admin/audit?person=%00"] {
            assert_eq!(browser.get(path).await.status, 200, "{path}");
        }
    })
    .await;
}

#[tokio::test]
async fn whoever_signs_out_here_takes_along_what_apps_got_in_that_session() {
    on_both_databases(async |provider| {
        let ada = provider.person("ada").await;
        let client = provider.client().await;
        let (here, there, elsewhere) = (provider.browser_of(&ada).await, provider.browser_of(&ada).await, provider.browser_of(&ada).await);
        let mut tokens = Vec::new();
        for browser in [&here, &there, &elsewhere] {
            tokens.push(client.tokens(browser, &[]).await);
        }
        let offline = client.tokens(&there, &[OFFLINE]).await;
        let offline_elsewhere = client.tokens(&elsewhere, &[OFFLINE]).await;
        let works = async |number: usize| provider.userinfo(tokens[number]["access_token"].as_str().unwrap()).await.status == 200;
        let page = there.get("/sign-out").await;
        there.submit(&page, "/sign-out", &[]).await;
        assert!(works(0).await && !works(1).await && works(2).await, "signed out");
        let refreshed = client.refresh(offline["refresh_token"].as_str().unwrap()).await;
        assert_eq!(refreshed.status, 200, "what an app may do while the person is away outlives a sign-out: {}", refreshed.body);
        let page = here.get("/account/sessions").await;
        here.submit(&page, "/account/sessions/end-others", &[]).await;
        assert!(works(0).await && !works(2).await, "ended from another browser");
        assert_refused(&client.refresh(offline_elsewhere["refresh_token"].as_str().unwrap()).await, 400, "invalid_grant");
        let page = here.get("/account/sessions").await;
        let end = page.body.split('"').find(|text| text.ends_with("/end")).unwrap();
        here.submit(&page, end, &[]).await;
        assert!(!works(0).await, "ended by itself");
    })
    .await;
}

/// A thief of a cookie asks for codes all the time, so that one of them is given at the very moment at which the owner ends the session: too late to be revoked with it.
#[tokio::test]
async fn a_code_given_while_its_session_ends_is_worth_nothing() {
    on_both_databases(async |provider| {
        let ada = provider.person("ada").await;
        let client = provider.client().await;
        let (thief, owner) = (provider.browser_of(&ada).await, provider.browser_of(&ada).await);
        let code = client.code(&thief, &[OFFLINE]).await;
        let page = owner.get("/account/sessions").await;
        owner.submit(&page, "/account/sessions/end-others", &[]).await;
        // As if the grant had been stored a moment after those of the session were revoked.
        assert_eq!(provider.execute(query("UPDATE grants SET revoked_at = NULL WHERE revoked_at IS NOT NULL")).await, 1);
        assert_refused(&client.redeem(&code, &[]).await, 400, "invalid_grant");
        assert_eq!(provider.count("SELECT COUNT(*) FROM tokens").await, 0);
        // What the owner's own session is given is as good as before.
        client.tokens(&owner, &[OFFLINE]).await;
    })
    .await;
}

#[tokio::test]
async fn proving_it_again_does_not_leave_earlier_tokens_behind_at_sign_out() {
    on_each_engine(async |app| {
        let (ada, browser, passkeys) = (app.person("ada").await, app.browser(), app.passkeys());
        app.enrol(&browser, &passkeys, &ada).await;
        let session = "SELECT COUNT(*) FROM grants g JOIN sessions s ON s.id = g.session_id WHERE g.user_id = $1";
        // What an app got before it, or another one, wanted the sign-in proved again.
        let client =
            clients::register(app.app(), Authority::CommandLine, ClientId::new(), wiki(), &[], app.clock.now()).await.expect("a client").client.id;
        app.execute(
            "INSERT INTO grants (id, user_id, client_id, session_id, scopes, auth_at, amr, created_at)
             SELECT $1, s.user_id, $2, s.id, 'openid', s.created_at, '', s.created_at FROM sessions s WHERE s.user_id = $3",
            vec![uuid::Uuid::from_u128(1).into(), client.into(), ada.id.into()],
        )
        .await;
        assert_eq!(app.sign_in(&browser, &passkeys).await.status, 200);
        assert_eq!(app.count(session, vec![ada.id.into()]).await, 1, "the session is still the same one");
        let page = browser.get("/sign-out").await;
        browser.submit(&page, "/sign-out", &[]).await;
        assert_eq!(app.count("SELECT COUNT(*) FROM grants WHERE revoked_at IS NULL", vec![]).await, 0);
        // Somebody else at the same browser begins a session of their own.
        let eve = app.person("eve").await;
        app.sign_in_by_link(&browser, &ada).await;
        app.sign_in_by_link(&browser, &eve).await;
        assert_eq!(app.count("SELECT COUNT(*) FROM sessions", vec![]).await, 1);
        assert_eq!(app.count("SELECT COUNT(*) FROM sessions WHERE user_id = $1", vec![eve.id.into()]).await, 1);
    })
    .await;
}

#[tokio::test]
async fn the_shortest_idle_time_that_can_be_set_ends_no_session_in_use() {
    let app = TestApp::start_with(Engine::Sqlite, &[("SESSION_IDLE_DURATION", "1")]).await;
    let (ada, browser) = (app.person("ada").await, app.browser());
    app.sign_in_by_link(&browser, &ada).await;
    for _ in 0..6 {
        app.clock.advance(Duration::from_secs(40));
        assert!(app.is_signed_in(&browser).await);
    }
    app.clock.advance(Duration::from_secs(61));
    assert!(!app.is_signed_in(&browser).await);
    app.stop().await;
}

fn wiki() -> Registration {
    Registration { name: "Wiki".into(), redirect_uris: vec!["https://wiki.example.org/cb".into()], ..Registration::default() }
}

/// Gives somebody passkeys that sign nobody in, as many as are named.
async fn fill_up(app: &TestApp, user: &User, count: usize) {
    for number in 0..count {
        let insert =
            "INSERT INTO passkeys (id, user_id, credential_id, credential, name, transports, backup_eligible, backup_state, sign_count, created_at,
                                            created_user_agent, last_used_ip, last_used_user_agent, use_count)
                      VALUES ($1, $2, $3, '{}', 'x', '[]', $4, $4, 0, $5, '', '', '', 0)";
        let credential_id = format!("credential {number}").into_bytes();
        app.execute(insert, vec![PasskeyId::new().into(), user.id.into(), credential_id.into(), false.into(), app.clock.now().into()]).await;
    }
}

#[tokio::test]
async fn two_passkeys_added_at_once_do_not_exceed_what_one_person_may_have() {
    on_each_engine(async |app| {
        let (ada, browser) = (app.person("ada").await, app.browser());
        app.sign_in_by_link(&browser, &ada).await;
        fill_up(app, &ada, PASSKEYS_MAX - 1).await;
        let mut answers = Vec::new();
        for _ in 0..8 {
            let started = app.post(&browser, "/account/passkeys/register/start", &json!({})).await.json();
            let credential = app.passkeys().register(&started["publicKey"]).await.expect("a passkey");
            answers.push(json!({ "ceremony": started["ceremony"], "credential": credential }));
        }
        let all = answers.iter().map(|answer| app.post(&browser, "/account/passkeys/register/finish", answer));
        futures::future::join_all(all).await;
        let count = app.count("SELECT COUNT(*) FROM passkeys", vec![]).await;
        assert_eq!(usize::try_from(count), Ok(PASSKEYS_MAX));
    })
    .await;
}

#[tokio::test]
async fn a_session_that_ends_while_a_passkey_is_made_does_not_keep_the_passkey() {
    on_each_engine(async |app| {
        for (number, ends) in ["DELETE FROM sessions WHERE user_id = $1", "UPDATE users SET blocked_at = 1 WHERE id = $1"].into_iter().enumerate() {
            let (ada, browser) = (app.person(&format!("ada{number}")).await, app.browser());
            app.sign_in_by_link(&browser, &ada).await;
            let started = app.post(&browser, "/account/passkeys/register/start", &json!({})).await.json();
            let credential = app.passkeys().register(&started["publicKey"]).await.expect("a passkey");
            let state = session_state(app, &ada).await;
            assert_eq!(state.method, How::AccessLink);
            // The request has got past the door; now somebody ends the session.
            let signed_in = SignedIn { user: ada.clone(), session: state, path: String::new() };
            app.execute(ends, vec![ada.id.into()]).await;
            let cookies = browser.cookies("/");
            let cookie = cookies.split("; ").find_map(|cookie| cookie.strip_prefix("muster-ceremony=")).expect("the ceremony's cookie");
            let answer = passkeys::Answer {
                client: &Visitor::default(),
                browser: Some(&TokenHash::of(cookie)),
                unverified_ceremony: started["ceremony"].as_str().unwrap(),
                unverified_credential: &credential,
            };
            let finished = passkeys::finish_registration(app.app(), app.clock.now(), &signed_in, &answer).await;
            let Err(passkeys::CeremonyError::Filed(refused, _)) = finished else { panic!("{finished:?}") };
            assert!(matches!(*refused, passkeys::CeremonyError::Refused), "{refused:?}");
            assert_eq!(app.count("SELECT COUNT(*) FROM passkeys WHERE user_id = $1", vec![ada.id.into()]).await, 0);
            assert_eq!(app.last_reason(Kind::PasskeyRefused).await, "signed_out_meanwhile");
        }
    })
    .await;
}

async fn session_state(app: &TestApp, user: &User) -> SessionState {
    let mut conn = app.app().db.read().await.expect("a connection");
    let query = muster::db::query("SELECT state FROM sessions WHERE user_id = $1").bind(Value::from(user.id));
    let (text,): (String,) = query.one(&mut conn).await.expect("a session");
    let record: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    serde_json::from_value(record["session"].clone()).expect("a session's state")
}

#[tokio::test]
async fn behind_https_every_cookie_is_bound_to_the_host_also_the_one_that_takes_it_away() {
    let app = TestApp::start_with(Engine::Sqlite, &[("APP_URL", "https://id.example.org")]).await;
    let ada = app.person("ada").await;
    let link = app.access_link(&ada).await;
    let path = link.strip_prefix("https://id.example.org").expect("links lead to the public address");
    let browser = Browser::new(&app.url);
    let send = async |method: Method, path: &str, cookie: &str| {
        let request = browser.request(method, path).header("sec-fetch-site", "same-origin").header("cookie", cookie);
        let request = request.header("x-forwarded-host", "evil.example").header("x-forwarded-proto", "http").header("forwarded", "host=evil.example");
        let kind = if path == "/sign-in/start" { "application/json" } else { "application/x-www-form-urlencoded" };
        http::answer(request.header("content-type", kind)).await
    };
    let opened = send(Method::POST, path, "").await;
    assert_eq!((opened.status.as_u16(), opened.header("location")), (303, "/account/passkeys/add"));
    let cookie = opened.header("set-cookie").to_owned();
    let started = send(Method::POST, "/sign-in/start", "").await;
    let cookie_pair = cookie.split(';').next().unwrap_or_default().to_owned();
    let removed = send(Method::POST, "/sign-out", &cookie_pair).await;
    for (name, cookie) in [
        ("__Host-muster=", cookie.as_str()),
        ("__Host-muster-ceremony=", started.header("set-cookie")),
        ("__Host-muster=", removed.header("set-cookie")),
    ] {
        assert!(cookie.starts_with(name) && cookie.contains("; Secure") && cookie.contains("; Path=/") && !cookie.contains("Domain"), "{cookie}");
    }
    assert!(cookie.contains("; HttpOnly") && cookie.contains("; SameSite=Lax"), "{cookie}");
    assert!(removed.header("set-cookie").contains("Max-Age=0"), "{}", removed.header("set-cookie"));
    assert_eq!(removed.header("strict-transport-security"), "max-age=31536000");
    let metadata = send(Method::GET, "/.well-known/openid-configuration", "").await;
    assert_eq!(metadata.json()["issuer"], "https://id.example.org");
    assert!(!metadata.body.contains("evil.example") && !metadata.body.contains("http://"), "{}", metadata.body);
    app.stop().await;
}

#[tokio::test]
async fn an_empty_key_file_is_refused_rather_than_used_as_the_key() {
    let mut muster = Muster::new();
    muster.unset("ENCRYPTION_KEY");
    std::fs::create_dir(muster.directory().join("data")).expect("the folder");
    // What a full disk or a crash at the first start would leave.
    std::fs::write(muster.directory().join("data/encryption.key"), "").expect("the file");
    let refused = muster.run(["serve"]).await;
    assert_eq!(refused.status, 1, "{refused:?}");
    assert!(refused.stderr.contains("encryption.key") && refused.stderr.contains("empty"), "{refused:?}");
}

#[tokio::test]
async fn a_refused_or_forged_consent_gives_no_code_and_says_who_answered() {
    on_both_databases(async |provider| {
        let (ada, eve) = (provider.person("ada").await, provider.person("eve").await);
        let client = provider.client_with(|it| it.skip_consent = false, &[]).await;
        let (browser, other) = (provider.browser_of(&ada).await, provider.browser_of(&eve).await);
        let page = browser.get(&client.request(&[])).await;
        let denied = answered(&browser.submit(&page, "/authorize/consent", &[("decision", "deny")]).await);
        assert_eq!((denied["error"].as_str(), denied["iss"].as_str()), ("access_denied", provider.base.as_str()));
        // The consent one person gave is worth nothing in another's browser, nor without one.
        let asked = other.submit(&page, "/authorize/consent", &[("decision", "allow")]).await;
        assert_eq!(asked.status, 200, "asked themselves: {:?}", asked.location());
        let nobody = provider.browser().submit(&page, "/authorize/consent", &[("decision", "allow")]).await;
        assert!(nobody.header("location").starts_with("/sign-in?request="));
        let cross = browser.request(Method::POST, "/authorize/consent").header("origin", "https://evil.example");
        assert_eq!(answer(cross.form(&[("request", "x"), ("user", "x"), ("decision", "allow")])).await.status, 403);
        assert_eq!(provider.count("SELECT COUNT(*) FROM grants").await, 0);
        let bare = plain().post(format!("{}/authorize/consent", provider.base)).form(&[("request", "x"), ("user", "x"), ("decision", "allow")]);
        assert_eq!(answer(bare).await.status, 410);
    })
    .await;
}
