//! A client's side of JOSE: keys that sign JWTs, and a web server that publishes them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaKeyPair,
};
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, Uri, header};
use axum::response::IntoResponse;
use muster::jose::Alg;
use muster::secret::{base64url, random_bytes};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// A key of a client.
pub(crate) struct Signer {
    pub(crate) alg: Alg,
    pub(crate) kid: String,
    private: Private,
}

enum Private {
    Rsa(RsaKeyPair),
    P256(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl Signer {
    /// A new key with a name of its own.
    pub(crate) fn new(alg: Alg) -> Self {
        let private = match alg {
            Alg::Rs256 | Alg::Ps256 => Private::Rsa(RsaKeyPair::generate(KeySize::Rsa2048).expect("a key")),
            Alg::Es256 => Private::P256(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key")),
            Alg::EdDsa => Private::Ed25519(Ed25519KeyPair::generate().expect("a key")),
        };
        Self { alg, kid: base64url(&random_bytes::<6>()), private }
    }

    /// The same key under another's name.
    pub(crate) fn named(self, kid: &str) -> Self {
        Self { kid: kid.to_owned(), ..self }
    }

    /// The public half, without `alg`.
    pub(crate) fn jwk(&self) -> Value {
        let mut jwk = match &self.private {
            Private::Rsa(key) => {
                let number = |number: aws_lc_rs::io::Positive<'_>| base64url(number.big_endian_without_leading_zero());
                json!({ "kty": "RSA", "n": number(key.public_key().modulus()), "e": number(key.public_key().exponent()) })
            }
            Private::P256(key) => {
                let point = key.public_key().as_ref();
                json!({ "kty": "EC", "crv": "P-256", "x": base64url(&point[1..33]), "y": base64url(&point[33..]) })
            }
            Private::Ed25519(key) => json!({ "kty": "OKP", "crv": "Ed25519", "x": base64url(key.public_key().as_ref()) }),
        };
        jwk["kid"] = self.kid.clone().into();
        jwk["use"] = "sig".into();
        jwk
    }

    /// A JWT with these claims.
    pub(crate) fn jwt(&self, claims: &Value) -> String {
        self.jwt_with(&json!({ "alg": self.alg.as_str(), "kid": self.kid }), claims)
    }

    /// A JWT with this header; it is signed with this key whatever the header says.
    pub(crate) fn jwt_with(&self, header: &Value, claims: &Value) -> String {
        let signed = format!("{}.{}", base64url(header.to_string().as_bytes()), base64url(claims.to_string().as_bytes()));
        let signature = match &self.private {
            Private::Rsa(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                let padding = if self.alg == Alg::Ps256 { &RSA_PSS_SHA256 } else { &RSA_PKCS1_SHA256 };
                key.sign(padding, &SystemRandom::new(), signed.as_bytes(), &mut signature).expect("a signature");
                signature
            }
            Private::P256(key) => key.sign(&SystemRandom::new(), signed.as_bytes()).expect("a signature").as_ref().to_vec(),
            Private::Ed25519(key) => key.sign(signed.as_bytes()).as_ref().to_vec(),
        };
        format!("{signed}.{}", base64url(&signature))
    }
}

/// The public halves as a JWK set.
pub(crate) fn jwks(signers: &[&Signer]) -> String {
    json!({ "keys": signers.iter().map(|signer| signer.jwk()).collect::<Vec<_>>() }).to_string()
}

/// A web server that says what a test tells it to, by path.
pub(crate) struct Published {
    pub(crate) base: String,
    pages: Pages,
    serving: JoinHandle<()>,
}

type Pages = Arc<Mutex<BTreeMap<String, Page>>>;

#[derive(Clone, Default)]
struct Page {
    status: u16,
    body: String,
    asked: usize,
}

impl Published {
    /// An empty server: every path answers 404.
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        let pages = Pages::default();
        let router = Router::new().fallback(answer).with_state(Arc::clone(&pages));
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.expect("it serves") });
        Self { base, pages, serving }
    }

    /// Puts a page; gives its address. A status of 3xx sends to what the body says.
    pub(crate) fn put(&self, path: &str, status: u16, body: impl Into<String>) -> String {
        let mut pages = self.pages.lock().unwrap_or_else(PoisonError::into_inner);
        let page = pages.entry(path.to_owned()).or_default();
        (page.status, page.body) = (status, body.into());
        format!("{}{path}", self.base)
    }

    /// How often a page was asked for.
    pub(crate) fn asked(&self, path: &str) -> usize {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner).get(path).map_or(0, |page| page.asked)
    }
}

impl Drop for Published {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn answer(State(pages): State<Pages>, uri: Uri) -> impl IntoResponse {
    let mut pages = pages.lock().unwrap_or_else(PoisonError::into_inner);
    let page = pages.entry(uri.path().to_owned()).or_default();
    page.asked += 1;
    let status = StatusCode::from_u16(page.status).unwrap_or(StatusCode::NOT_FOUND);
    let location = if status.is_redirection() { page.body.clone() } else { String::new() };
    (status, [(header::CONTENT_TYPE, "application/json".to_owned()), (header::LOCATION, location)], page.body.clone())
}
