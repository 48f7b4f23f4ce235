//! The token endpoint over HTTP with 32 callers at once, beside the limit: bare signatures on all cores, measured in the same run.
//!
//! `cargo bench --bench token`; with `MUSTER_BENCH_POSTGRES=postgres://…` (an empty database) it runs on PostgreSQL.

#![expect(clippy::print_stdout, reason = "its output is its purpose")]
#![expect(clippy::panic, reason = "a measurement that failed is none")]

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use muster::clients::{self, Authority, Registration, SigningAlg};
use muster::clock::Clock;
use muster::config::Config;
use muster::db::query;
use muster::id::{ClientId, SessionId};
use muster::secret::{TokenHash, base64url, sha256};
use muster::server::{self, Running};
use muster::sessions::{Method, SessionState};
use muster::users::{self, User};
use serde_json::{Value, json};
use tokio::sync::Mutex;

const CALLERS: usize = 32;
const REQUESTS: usize = 3000;
const REDIRECT_URI: &str = "https://app.example.org/callback";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

#[tokio::main]
async fn main() {
    let folder = tempfile::tempdir().expect("a folder");
    let port = std::net::TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr()).expect("a port").port();
    let base = format!("http://localhost:{port}");
    #[expect(clippy::disallowed_methods, reason = "a switch of the measurement")]
    let database = std::env::var("MUSTER_BENCH_POSTGRES").unwrap_or_else(|_| format!("sqlite://{}", folder.path().join("muster.db").display()));
    println!("{REQUESTS} requests by {CALLERS} callers on {}", database.split(':').next().unwrap_or_default());
    let variables = [
        ("APP_URL", base.as_str()),
        ("HOST", "127.0.0.1"),
        ("PORT", &port.to_string()),
        ("DB_CONNECTION_STRING", &database),
        ("ENCRYPTION_KEY", "measured, not guarded"),
    ];
    let variables: BTreeMap<String, String> = variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let config = Config::from_variables(&variables, &server::setting_names()).expect("a configuration");
    let running = server::start(config, Clock::system()).await.expect("the server starts");
    let cookie = signed_in(&running).await;
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().expect("a client");

    for alg in [SigningAlg::Rs256, SigningAlg::Es256] {
        let limit = bare_signatures(alg);
        println!("\n{alg}: {limit:.0} bare signatures/s on all cores");
        let registration = Registration {
            name: "App".into(),
            redirect_uris: vec![REDIRECT_URI.into()],
            skip_consent: true,
            signing_alg: alg,
            claims_in_id_token: true,
            ..Registration::default()
        };
        let client = clients::register(&running.app, Authority::CommandLine, ClientId::new(), registration, &[], running.app.clock.now())
            .await
            .expect("a client");
        let secret = client.secret.expect("a secret").reveal().to_owned();
        let client_id = client.client.client_id;
        let parameters = [
            ("client_id", client_id.as_str()),
            ("redirect_uri", REDIRECT_URI),
            ("response_type", "code"),
            ("scope", "openid profile email groups offline_access"),
            ("code_challenge", &base64url(&sha256(VERIFIER.as_bytes()))),
            ("code_challenge_method", "S256"),
        ];
        let authorize = format!("{base}/authorize?{}", serde_urlencoded::to_string(parameters).expect("a query"));
        let token = format!("{base}/api/oidc/token");

        let codes = measure("authorization requests", limit, vec![String::new(); REQUESTS], async |_| {
            let answer = http.get(&authorize).header("cookie", &cookie).send().await.expect("an answer");
            let location = answer.headers()["location"].to_str().expect("a location").to_owned();
            let url = url::Url::parse(&location).unwrap_or_else(|_| panic!("{location}"));
            url.query_pairs().find(|(name, _)| name == "code").map_or_else(|| panic!("{location}"), |(_, code)| code.into_owned())
        })
        .await;
        let post = async |form: &[(&str, &str)]| -> String {
            let answer = http.post(&token).basic_auth(&client_id, Some(&secret)).form(form).send().await.expect("an answer");
            let tokens: Value = answer.json().await.expect("JSON");
            tokens["refresh_token"].as_str().unwrap_or_else(|| panic!("{tokens}")).to_owned()
        };
        let refresh_tokens = measure("code exchanges", limit, codes, async |code| {
            post(&[("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", REDIRECT_URI), ("code_verifier", VERIFIER)]).await
        })
        .await;
        measure("refreshes", limit, refresh_tokens, async |refresh_token| {
            post(&[("grant_type", "refresh_token"), ("refresh_token", &refresh_token)]).await
        })
        .await;
    }
    running.stop().await;
}

/// Gives every input to one of the callers, prints the rate and its ratio to the limit, and gives what came back.
async fn measure(what: &str, limit: f64, inputs: Vec<String>, call: impl AsyncFn(String) -> String) -> Vec<String> {
    let count = inputs.len();
    let (waiting, done) = (Mutex::new(inputs), Mutex::new(Vec::with_capacity(count)));
    let started = Instant::now();
    let callers = (0..CALLERS).map(|_| async {
        loop {
            let next = waiting.lock().await.pop();
            let Some(input) = next else { return };
            let output = call(input).await;
            done.lock().await.push(output);
        }
    });
    futures::future::join_all(callers).await;
    let rate = f64::from(u32::try_from(count).unwrap_or(u32::MAX)) / started.elapsed().as_secs_f64();
    println!("  {what}: {rate:.0}/s, {:.1} % of the limit", 100.0 * rate / limit);
    done.into_inner()
}

/// How many signatures all cores together make in a second.
fn bare_signatures(alg: SigningAlg) -> f64 {
    match alg {
        SigningAlg::Rs256 | SigningAlg::Ps256 => {
            let key = RsaKeyPair::generate(KeySize::Rsa2048).expect("a key");
            rate(|message| key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut [0; 256]).is_ok())
        }
        SigningAlg::Es256 | SigningAlg::EdDsa => {
            let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key");
            rate(|message| key.sign(&SystemRandom::new(), message).is_ok())
        }
    }
}

/// How often all cores together sign 700 bytes, about an ID token, in a second.
fn rate(sign: impl Fn(&[u8]) -> bool + Sync) -> f64 {
    const LASTS: Duration = Duration::from_secs(2);
    let made = AtomicUsize::new(0);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                let started = Instant::now();
                while started.elapsed() < LASTS {
                    assert!(sign(&[7; 700]));
                    made.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    f64::from(u32::try_from(made.into_inner()).unwrap_or(u32::MAX)) / LASTS.as_secs_f64()
}

/// The cookie of a person in ten groups who signed in with a passkey.
async fn signed_in(running: &Running) -> String {
    let now = running.app.clock.now();
    let user = User::new_local("ada", Some("ada@example.org"), "Ada", "Lovelace", now);
    let cookie = tower_sessions::session::Id::default();
    let state = SessionState {
        id: SessionId::new(),
        user: user.id,
        method: Method::Passkey { synced: true, model: None },
        auth_at: now,
        client_ip: String::new(),
        user_agent: String::new(),
        device: String::new(),
        kept: false,
    };
    let mut tx = running.app.db.begin().await.expect("a transaction");
    users::insert(&mut tx, &user).await.expect("a person");
    for number in 0..10 {
        let (id, name) = (muster::id::GroupId::new(), format!("group-{number}"));
        let group = query("INSERT INTO groups (id, name, name_key, display_name, created_at, updated_at) VALUES ($1, $2, $2, $2, $3, $3)");
        group.bind(id).bind(name).bind(now).execute(&mut tx).await.expect("a group");
        query("INSERT INTO group_members (group_id, user_id) VALUES ($1, $2)").bind(id).bind(user.id).execute(&mut tx).await.expect("a member");
    }
    query(
        "INSERT INTO sessions (token_hash, id, user_id, state, created_at, last_seen_at, expires_at, client_ip, user_agent)
         VALUES ($1, $2, $3, $4, $5, $5, $6, '', '')",
    )
    .bind(&TokenHash::of(&cookie.to_string()))
    .bind(state.id)
    .bind(user.id)
    .bind(json!({ "session": state }).to_string())
    .bind(now)
    .bind(now + Duration::from_secs(3600))
    .execute(&mut tx)
    .await
    .expect("a session");
    tx.commit().await.expect("stored");
    format!("muster={cookie}")
}
