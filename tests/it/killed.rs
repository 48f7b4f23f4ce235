//! The server is killed in the middle of its work: what it had acknowledged is there afterwards, and nothing is half done.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use reqwest::Method;
use serde_json::{Value, json};
use sqlx::Connection as _;
use tokio::sync::Mutex;

use crate::oidc_client_documents::execute;
use crate::oidc_relying_party::RelyingParty;
use crate::oidc_support::answered;
use crate::support::authenticator::SoftwarePasskeys;
use crate::support::http::{self, Browser};
use crate::support::postgres;
use crate::support::process::Muster;
use crate::support::wait_until;

/// Posts as the pages' script does, each time from another address; `None` when the server has gone.
async fn post(url: &str, browser: &Browser, path: &str, body: &Value) -> Option<http::Answer> {
    static NEXT: AtomicU32 = AtomicU32::new(0x0a20_0001);
    let ip = std::net::Ipv4Addr::from_bits(NEXT.fetch_add(1, Ordering::Relaxed)).to_string();
    let request = browser.request(Method::POST, path).header("origin", url).header("x-forwarded-for", ip).json(body);
    let response = request.send().await.ok()?;
    let (status, text) = (response.status(), response.text().await.ok()?);
    let url = url::Url::parse(url).expect("an address");
    Some(http::Answer { url, status, headers: Default::default(), body: text })
}

async fn sign_in(url: &str, browser: &Browser, passkeys: &SoftwarePasskeys) -> Option<()> {
    let started = post(url, browser, "/sign-in/start", &json!({})).await?.json();
    let credential = passkeys.sign_in(&started["publicKey"]).await.expect("a passkey");
    let finished = post(url, browser, "/sign-in/finish", &json!({ "ceremony": started["ceremony"], "credential": credential })).await?;
    assert_eq!(finished.status, 200, "{}", finished.body);
    Some(())
}

/// Sets the server up: the administrator `grace` with one passkey.
async fn set_up(muster: &Muster) -> SoftwarePasskeys {
    let (url, browser) = (muster.url(), Browser::new(&muster.url()));
    let page = browser.get(&muster.setup_link().expect("a set-up link")).await;
    let path = page.url.path().to_owned();
    browser.submit(&page, &path, &[("first_name", "Grace"), ("username", "grace"), ("email", "grace@example.org")]).await;
    let passkeys = SoftwarePasskeys::new(&url);
    let started = post(&url, &browser, "/account/passkeys/register/start", &json!({})).await.expect("an answer").json();
    let credential = passkeys.register(&started["publicKey"]).await.expect("a new passkey");
    let answer =
        post(&url, &browser, "/account/passkeys/register/finish", &json!({ "ceremony": started["ceremony"], "credential": credential })).await;
    assert_eq!(answer.expect("an answer").status, 200);
    passkeys
}

/// Four people sign in again and again until the server is killed under them; those who were told that they are in, are in after the next start.
async fn acknowledged_sign_ins_outlive_a_kill(muster: &mut Muster) {
    muster.set("TRUST_PROXY", "true");
    muster.serve().await;
    let passkeys = Arc::new(set_up(muster).await);
    let (stop, acknowledged) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(Vec::new())));
    let people: Vec<_> = (0..4)
        .map(|_| {
            let (url, passkeys, stop, acknowledged) = (muster.url(), Arc::clone(&passkeys), Arc::clone(&stop), Arc::clone(&acknowledged));
            tokio::spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    let browser = Browser::new(&url);
                    if sign_in(&url, &browser, &passkeys).await.is_none() {
                        return;
                    }
                    acknowledged.lock().await.push(browser);
                }
            })
        })
        .collect();
    wait_until("some sign-ins to be acknowledged", async || acknowledged.lock().await.len() >= 24).await;
    muster.kill9().await;
    stop.store(true, Ordering::Relaxed);
    for person in people {
        person.await.expect("nobody was refused");
    }
    muster.serve().await;
    let acknowledged = acknowledged.lock().await;
    for browser in acknowledged.iter() {
        assert_eq!(browser.get("/account").await.status, 200, "an acknowledged session is gone");
    }
    let events = muster.run(["audit", "list", "--format", "json"]).await.json();
    let sign_ins = events.as_array().expect("a list").iter().filter(|event| event["kind"] == "sign_in").count();
    assert!(sign_ins >= acknowledged.len().min(50), "{sign_ins} events for {} sign-ins", acknowledged.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sign_in_that_was_acknowledged_outlives_a_kill_on_sqlite() {
    let mut muster = Muster::new();
    acknowledged_sign_ins_outlive_a_kill(&mut muster).await;
    muster.stop().await;
    let file = format!("sqlite://{}", muster.directory().join("data/muster.db").display());
    let mut connection = sqlx::SqliteConnection::connect(&file).await.expect("the file opens");
    let sound: String = sqlx::query_scalar("PRAGMA integrity_check").fetch_one(&mut connection).await.expect("a check");
    assert_eq!(sound, "ok");
    let dangling = sqlx::query("PRAGMA foreign_key_check").fetch_all(&mut connection).await.expect("a check");
    assert!(dangling.is_empty(), "{} rows point to nothing", dangling.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sign_in_that_was_acknowledged_outlives_a_kill_on_postgresql() {
    let mut muster = Muster::new();
    muster.set("DB_CONNECTION_STRING", &postgres::database().await).set("ENCRYPTION_KEY", "a key of the test run");
    acknowledged_sign_ins_outlive_a_kill(&mut muster).await;
    assert!(muster.stop().await.success());
}

/// Somebody signs out, and the server is killed while it tells their app, which does not answer at that moment.
async fn a_notice_outlives_a_kill(muster: &mut Muster, database: Option<&String>) {
    let app = RelyingParty::start().await;
    let (callback, backchannel) = (app.at("/callback"), app.at("/backchannel"));
    let clients = format!(
        "[[client]]\nclient_id = \"wiki\"\nname = \"Wiki\"\nredirect_uris = [\"{callback}\"]\nis_public = true\nskip_consent = true\nbackchannel_logout_uri = \"{backchannel}\"\n"
    );
    std::fs::write(muster.directory().join("clients.toml"), clients).expect("own directory");
    muster.set("TRUST_PROXY", "true");
    muster.serve().await;
    let (url, passkeys) = (muster.url(), set_up(muster).await);
    let applied = muster.run(["clients", "apply", "clients.toml"]).await;
    assert_eq!(applied.status, 0, "{applied:?}");
    let browser = Browser::new(&url);
    sign_in(&url, &browser, &passkeys).await.expect("signed in");
    let challenge = muster::secret::base64url(&muster::secret::sha256(b"verifier"));
    let request = [
        ("client_id", "wiki"),
        ("redirect_uri", &callback),
        ("response_type", "code"),
        ("scope", "openid"),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ];
    let given = browser.get(&format!("/authorize?{}", serde_urlencoded::to_string(request).expect("a query"))).await;
    assert!(answered(&given).contains_key("code"), "{} {}", given.status, given.body);

    app.stall();
    let page = browser.get("/sign-out").await;
    assert!(browser.submit(&page, "/sign-out", &[]).await.status.is_redirection(), "signed out");
    wait_until("the app to be told the first time", async || app.heard("/backchannel").len() == 1).await;
    muster.kill9().await;
    app.recover();
    // The claim of the server that died has run out.
    execute(muster, database, "UPDATE logout_notices SET due_at = 0").await;
    muster.serve().await;
    let told = app.logout_tokens(2).await;
    let claims = |token: &str| -> Value {
        let claims = token.split('.').nth(1).and_then(muster::secret::from_base64url).expect("claims");
        serde_json::from_slice(&claims).expect("JSON")
    };
    assert_eq!(
        (claims(&told[0])["sid"].clone(), claims(&told[0])["sub"].clone()),
        (claims(&told[1])["sid"].clone(), claims(&told[1])["sub"].clone())
    );
    assert_eq!(browser.get("/account").await.location().expect("a redirect").path(), "/sign-in", "and the session stays ended");
    assert!(muster.stop().await.success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_app_is_to_be_told_of_a_sign_out_outlives_a_kill_on_sqlite() {
    a_notice_outlives_a_kill(&mut Muster::new(), None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_app_is_to_be_told_of_a_sign_out_outlives_a_kill_on_postgresql() {
    let (mut muster, database) = (Muster::new(), postgres::database().await);
    muster.set("DB_CONNECTION_STRING", &database).set("ENCRYPTION_KEY", "a key of the test run");
    a_notice_outlives_a_kill(&mut muster, Some(&database)).await;
}
