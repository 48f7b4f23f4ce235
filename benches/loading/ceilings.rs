//! The limits: the least a request of a kind can cost, behind the same middleware as the real ones, in a process of the same build; and bare signatures.

use std::net::SocketAddr;
use std::time::Instant;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use axum::Router;
use axum::extract::State;
use axum::routing::{get, post};
use muster::app::App;
use muster::clients::SigningAlg;
use muster::clock::Clock;
use muster::db::query;
use muster::id::ClientId;
use muster::secret::{TokenHash, base64url, random_bytes};
use muster::web::listener;
use muster::{routes, server};
use tokio::net::TcpListener;

/// About the size of an ID token.
const MESSAGE: [u8; 700] = [7; 700];

/// Serves the limits until it is killed.
pub(crate) async fn serve(port: u16) {
    // As `muster serve` logs.
    let filter = tracing_subscriber::EnvFilter::new("info");
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false).with_ansi(false).init();
    let config = super::config_from_environment();
    let app = server::open(config, Clock::system()).await.expect("the database opens");
    let (client,): (ClientId,) =
        query("SELECT id FROM clients ORDER BY id LIMIT 1").one(&mut app.db.read().await.expect("a connection")).await.expect("a client");
    let es256 = std::sync::Arc::new(signer(SigningAlg::Es256));
    let eddsa = std::sync::Arc::new(signer(SigningAlg::EdDsa));
    let minted = move |sign: std::sync::Arc<Signer>| {
        post(move |State(app): State<App>| {
            let sign = std::sync::Arc::clone(&sign);
            async move {
                sign();
                insert(&app, client).await
            }
        })
    };
    let (discovery, jwks) = (app.metadata.of(&app.settings()).body.clone(), app.keys.current().published().body.clone());
    let ceilings = Router::new()
        .route("/bare", get(async || "bare"))
        // As many bytes as the documents have.
        .route("/bare/discovery", get(move || std::future::ready(discovery.clone())))
        .route("/bare/jwks", get(move || std::future::ready(jwks.clone())))
        .route("/select", get(select))
        .route("/commit", post(async move |State(app): State<App>| insert(&app, client).await))
        .route("/mint-es256", minted(es256))
        .route("/mint-eddsa", minted(eddsa));
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], port))).await.expect("a port");
    let stopping = app.stopping.clone();
    listener::serve(listener, routes::dressed(&app, ceilings), std::time::Duration::from_secs(75), stopping).await;
}

/// One point select.
async fn select(State(app): State<App>) -> String {
    let mut conn = app.db.read().await.expect("a connection");
    let (name,): (String,) = query("SELECT username FROM users WHERE username_key = $1").bind("ada").one(&mut conn).await.expect("ada");
    name
}

/// One durable commit of one row, in the cheapest way there is.
async fn insert(app: &App, client: ClientId) -> &'static str {
    let now = app.clock.now();
    let insert = query("INSERT INTO client_tokens (token_hash, client_id, scopes, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)")
        .bind(&TokenHash::of(&base64url(&random_bytes::<32>())))
        .bind(client)
        .bind("read")
        .bind(now)
        .bind(now + std::time::Duration::from_secs(3600));
    assert!(app.db.write(insert).await.expect("durable") > 0);
    "done"
}

type Signer = Box<dyn Fn() + Send + Sync>;

fn signer(alg: SigningAlg) -> Signer {
    let rng = SystemRandom::new();
    match alg {
        SigningAlg::Rs256 | SigningAlg::Ps256 => {
            let key = RsaKeyPair::generate(KeySize::Rsa2048).expect("a key");
            Box::new(move || key.sign(&RSA_PKCS1_SHA256, &rng, &MESSAGE, &mut [0; 256]).expect("a signature"))
        }
        SigningAlg::Es256 => {
            let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key");
            Box::new(move || {
                key.sign(&rng, &MESSAGE).expect("a signature");
            })
        }
        SigningAlg::EdDsa => {
            let key = Ed25519KeyPair::generate().expect("a key");
            Box::new(move || {
                key.try_sign(&MESSAGE).expect("a signature");
            })
        }
    }
}

/// Prints how many microseconds of processor time a bare signature takes.
pub(crate) fn signatures(alg: SigningAlg) {
    let sign = signer(alg);
    let (started, before) = (Instant::now(), super::process::cpu(std::process::id()));
    let mut made = 0_u32;
    while started.elapsed().as_millis() < 1500 {
        sign();
        made += 1;
    }
    println!("{}", (super::process::cpu(std::process::id()) - before).as_secs_f64() * 1e6 / f64::from(made));
}
