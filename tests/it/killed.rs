//! The server is killed in the middle of its work: what it had acknowledged is there afterwards, and nothing is half done.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use reqwest::Method;
use serde_json::{Value, json};
use sqlx::Connection as _;
use tokio::sync::Mutex;

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
