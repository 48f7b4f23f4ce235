//! Signing keys: made at the first start, sealed at rest, parsed once, changed by rotation.
//!
//! Each algorithm has one `active` key that signs and one `next` that is published ahead, so that clients have it in their caches before it signs.
//! Rotation promotes it; the retired key stays published until the last ID token it signed has expired, and stays in the database so that an old ID token
//! can still serve as a hint.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair};
use axum::body::Bytes;
use openidconnect::core::{CoreJsonWebKey, CoreJsonWebKeySet, CoreJwsSigningAlgorithm};
use openidconnect::{JsonWebKeySet, PrivateSigningKey, SigningError};
use serde_json::{Value, json};
use tokio::sync::watch;
use zeroize::Zeroizing;

use super::store::keys::{self as store, Row, State};
use crate::app::App;
use crate::audit::{self, Actor, Event, Kind};
use crate::clients::SigningAlg;
use crate::clock::Timestamp;
use crate::db::Db;
use crate::secret::{Sealer, base64url, sha256};

pub use super::store::keys::Line;

/// How soon an instance notices that another one rotated.
pub const RELOAD_EVERY: Duration = Duration::from_secs(5);
/// A retired key is published for this long: the longest an ID token can live.
const PUBLISHED_AFTER_RETIREMENT: Duration = Duration::from_secs(24 * 60 * 60);

/// A key that signs ID tokens.
pub struct SigningKey {
    alg: SigningAlg,
    private: Private,
    public: CoreJsonWebKey,
}

enum Private {
    Rsa(RsaKeyPair),
    P256(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKey").field("alg", &self.alg).finish_non_exhaustive()
    }
}

impl SigningKey {
    /// Parses a private key in PKCS #8 and the public one as a JWK.
    fn parse(alg: SigningAlg, pkcs8: &[u8], public_jwk: &str) -> anyhow::Result<Self> {
        let rejected = |error| anyhow!("a signing key cannot be used: {error}");
        let private = match alg {
            SigningAlg::Rs256 => Private::Rsa(RsaKeyPair::from_pkcs8(pkcs8).map_err(rejected)?),
            SigningAlg::Es256 => Private::P256(EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8).map_err(rejected)?),
            SigningAlg::EdDsa => Private::Ed25519(Ed25519KeyPair::from_pkcs8(pkcs8).map_err(rejected)?),
        };
        Ok(Self { alg, private, public: serde_json::from_str(public_jwk).context("a stored public key")? })
    }

    /// Its name in the key set.
    pub fn kid(&self) -> Option<&str> {
        openidconnect::JsonWebKey::key_id(&self.public).map(|kid| kid.as_str())
    }

    /// The algorithm as openidconnect names it.
    pub fn jws_alg(&self) -> CoreJwsSigningAlgorithm {
        match self.alg {
            SigningAlg::Rs256 => CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
            SigningAlg::Es256 => CoreJwsSigningAlgorithm::EcdsaP256Sha256,
            SigningAlg::EdDsa => CoreJwsSigningAlgorithm::EdDsa,
        }
    }
}

/// openidconnect's signing with aws-lc-rs underneath: its own RSA takes six times as long and has no ECDSA.
impl PrivateSigningKey for SigningKey {
    type VerificationKey = CoreJsonWebKey;

    fn sign(&self, alg: &CoreJwsSigningAlgorithm, message: &[u8]) -> Result<Vec<u8>, SigningError> {
        let failed = |_| SigningError::CryptoError;
        match (&self.private, alg) {
            (Private::Rsa(key), CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature).map_err(failed)?;
                Ok(signature)
            }
            (Private::P256(key), CoreJwsSigningAlgorithm::EcdsaP256Sha256) => {
                Ok(key.sign(&SystemRandom::new(), message).map_err(failed)?.as_ref().to_vec())
            }
            (Private::Ed25519(key), CoreJwsSigningAlgorithm::EdDsa) => Ok(key.try_sign(message).map_err(failed)?.as_ref().to_vec()),
            (_, other) => Err(SigningError::UnsupportedAlg(format!("{other:?}"))),
        }
    }

    fn as_verification_key(&self) -> CoreJsonWebKey {
        self.public.clone()
    }
}

/// The keys as they stood when they were read.
#[derive(Debug)]
pub struct KeySet {
    active: Vec<Arc<SigningKey>>,
    verification: Vec<CoreJsonWebKey>,
    /// Key id and state of every key: what tells one set from another.
    states: Vec<(String, State)>,
    published: Published,
}

/// A document ready to be served: bytes that do not change and a name for them.
#[derive(Clone, Debug)]
pub struct Published {
    /// The JSON text.
    pub body: Bytes,
    /// Its entity tag, with the quotes.
    pub etag: String,
}

impl Published {
    /// Prints a document.
    ///
    /// # Errors
    /// When it cannot be printed.
    pub fn new(document: &impl serde::Serialize) -> serde_json::Result<Self> {
        let body = serde_json::to_vec(document)?;
        Ok(Self { etag: format!("\"{}\"", base64url(&sha256(&body)[..12])), body: body.into() })
    }
}

impl KeySet {
    /// The key that signs with this algorithm.
    ///
    /// # Errors
    /// When there is none, which [`open`] makes impossible unless someone removed rows.
    pub fn active(&self, alg: SigningAlg) -> anyhow::Result<&SigningKey> {
        self.active.iter().find(|key| key.alg == alg).map(AsRef::as_ref).with_context(|| format!("there is no active {alg} key"))
    }

    /// Every public key, retired ones too.
    pub fn verification_keys(&self) -> CoreJsonWebKeySet {
        JsonWebKeySet::new(self.verification.clone())
    }

    /// What `/.well-known/jwks.json` serves.
    pub const fn published(&self) -> &Published {
        &self.published
    }
}

/// The keys in force; replaced as a whole when they change.
#[derive(Debug)]
pub struct Keys(watch::Sender<Arc<KeySet>>);

impl Keys {
    /// The keys in force now. Take them once per request.
    pub fn current(&self) -> Arc<KeySet> {
        Arc::clone(&self.0.borrow())
    }
}

/// Reads the keys, after making the active ones that are missing: all of them at the first start.
///
/// # Errors
/// When the database refuses, or a key cannot be unsealed or parsed.
pub async fn open(db: &Db, sealer: &Sealer, now: Timestamp) -> anyhow::Result<Keys> {
    let mut rows = store::all(&mut db.read().await?).await?;
    let missing: Vec<SigningAlg> = SigningAlg::ALL.into_iter().filter(|alg| !rows.iter().any(|row| row.is(*alg, State::Active))).collect();
    if !missing.is_empty() {
        for alg in missing {
            let made = generate(alg).await?;
            // Of two instances that start at once one wins; both go on with what is stored then.
            let mut tx = db.begin().await?;
            store::insert(&mut tx, &made.row(sealer, State::Active, now)).await?;
            tx.commit().await?;
        }
        rows = store::all(&mut db.read().await?).await?;
    }
    let set = assemble(&rows, sealer, now)?;
    Ok(Keys(watch::Sender::new(Arc::new(set))))
}

fn assemble(rows: &[Row], sealer: &Sealer, now: Timestamp) -> anyhow::Result<KeySet> {
    let mut active = Vec::new();
    let mut verification = Vec::new();
    let mut published: Vec<Value> = Vec::new();
    for row in rows {
        verification.push(serde_json::from_str(&row.public_jwk).context("a stored public key")?);
        if row.is_published(now) {
            published.push(serde_json::from_str(&row.public_jwk).context("a stored public key")?);
        }
        if row.state()? == State::Active {
            let pkcs8 = sealer.unseal(&purpose(&row.kid), &row.sealed_private_key).context("a signing key")?;
            active.push(Arc::new(SigningKey::parse(row.alg()?, &pkcs8, &row.public_jwk)?));
        }
    }
    let states = rows.iter().map(|row| Ok((row.kid.clone(), row.state()?))).collect::<sqlx::Result<_>>()?;
    Ok(KeySet { active, verification, states, published: Published::new(&json!({ "keys": published }))? })
}

impl Row {
    fn is(&self, alg: SigningAlg, state: State) -> bool {
        self.alg == alg.as_str() && self.state == state.as_str()
    }

    fn is_published(&self, now: Timestamp) -> bool {
        self.retired_at.is_none_or(|retired_at| now.since(retired_at) < PUBLISHED_AFTER_RETIREMENT)
    }
}

fn purpose(kid: &str) -> String {
    format!("signing key {kid}")
}

/// Follows what another instance or a command changed, and makes the next keys that are missing. For the periodic job.
///
/// # Errors
/// As [`open`].
pub async fn follow(app: &App, now: Timestamp) -> anyhow::Result<()> {
    let mut rows = store::all(&mut app.db.read().await?).await?;
    for alg in SigningAlg::ALL {
        if !rows.iter().any(|row| row.is(alg, State::Next)) {
            let made = generate(alg).await?;
            let mut tx = app.db.begin().await?;
            if store::insert(&mut tx, &made.row(&app.sealer, State::Next, now)).await? {
                audit::record(&mut tx, made.event(now, Actor::system("key rotation"), "next")).await?;
            }
            tx.commit().await?;
            rows = store::all(&mut app.db.read().await?).await?;
        }
    }
    let current = app.keys.current();
    let same_keys = rows.len() == current.states.len()
        && rows.iter().zip(&current.states).all(|(row, (kid, state))| row.kid == *kid && row.state == state.as_str());
    let published = rows.iter().filter(|row| row.is_published(now)).count();
    if same_keys && published == current.published_count() {
        return Ok(());
    }
    app.keys.0.send_replace(Arc::new(assemble(&rows, &app.sealer, now)?));
    Ok(())
}

impl KeySet {
    fn published_count(&self) -> usize {
        serde_json::from_slice::<Value>(&self.published.body).ok().and_then(|set| Some(set["keys"].as_array()?.len())).unwrap_or(0)
    }
}

/// Retires the active keys of these algorithms, promotes the next ones, and makes new next ones. Other instances follow within [`RELOAD_EVERY`].
///
/// # Errors
/// When the database refuses.
pub async fn rotate(app: &App, algs: &[SigningAlg], by: &Actor, now: Timestamp) -> anyhow::Result<()> {
    for &alg in algs {
        let made = generate(alg).await?;
        let mut tx = app.db.begin().await?;
        store::retire_active(&mut tx, alg, now).await?;
        let promoted = store::promote_next(&mut tx, alg).await?;
        let state = if promoted { State::Next } else { State::Active };
        store::insert(&mut tx, &made.row(&app.sealer, state, now)).await?;
        audit::record(&mut tx, made.event(now, by.clone(), state.as_str())).await?;
        tx.commit().await?;
    }
    follow(app, now).await
}

/// Every key there is, the newest last.
///
/// # Errors
/// When the database cannot be read.
pub async fn list(app: &App) -> anyhow::Result<Vec<Line>> {
    let rows = store::all(&mut app.db.read().await?).await?;
    rows.iter().map(|row| Ok(row.line()?)).collect()
}

struct Made {
    alg: SigningAlg,
    kid: String,
    pkcs8: Zeroizing<Vec<u8>>,
    public_jwk: Value,
}

impl Made {
    fn row(&self, sealer: &Sealer, state: State, now: Timestamp) -> Row {
        Row {
            kid: self.kid.clone(),
            alg: self.alg.as_str().to_owned(),
            sealed_private_key: sealer.seal(&purpose(&self.kid), &self.pkcs8),
            public_jwk: self.public_jwk.to_string(),
            state: state.as_str().to_owned(),
            created_at: now,
            retired_at: None,
        }
    }

    fn event(&self, now: Timestamp, actor: Actor, state: &str) -> Event {
        Event::new(now, Kind::KeyRotated, actor).on(None, &self.kid).with("alg", self.alg.as_str()).with("state", state)
    }
}

/// Makes a key pair; on a thread of its own, because RSA takes a while.
async fn generate(alg: SigningAlg) -> anyhow::Result<Made> {
    tokio::task::spawn_blocking(move || generate_blocking(alg)).await.context("making a signing key")?
}

fn generate_blocking(alg: SigningAlg) -> anyhow::Result<Made> {
    let failed = |_| anyhow!("making a {alg} key failed");
    let rejected = |error| anyhow!("a key just made cannot be read: {error}");
    // The members RFC 7638 section 3.2 hashes, in the order it demands.
    let (pkcs8, members) = match alg {
        SigningAlg::Rs256 => {
            let key = RsaKeyPair::generate(KeySize::Rsa2048).map_err(failed)?;
            let pkcs8 = key.as_der().map_err(failed)?.as_ref().to_vec();
            let (n, e) = (key.public_key().modulus(), key.public_key().exponent());
            let encode = |number: aws_lc_rs::io::Positive<'_>| base64url(number.big_endian_without_leading_zero());
            (pkcs8, json!({ "e": encode(e), "kty": "RSA", "n": encode(n) }))
        }
        SigningAlg::Es256 => {
            let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new()).map_err(failed)?.as_ref().to_vec();
            let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &pkcs8).map_err(rejected)?;
            // SEC 1 section 2.3.3: 4, then both coordinates of 32 bytes.
            let (x, y) = key.public_key().as_ref().split_at_checked(33).context("a P-256 point")?;
            let x = x.get(1..).context("a P-256 point")?;
            (pkcs8, json!({ "crv": "P-256", "kty": "EC", "x": base64url(x), "y": base64url(y) }))
        }
        SigningAlg::EdDsa => {
            let pkcs8 = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).map_err(failed)?.as_ref().to_vec();
            let key = Ed25519KeyPair::from_pkcs8(&pkcs8).map_err(rejected)?;
            (pkcs8, json!({ "crv": "Ed25519", "kty": "OKP", "x": base64url(key.public_key().as_ref()) }))
        }
    };
    let kid = base64url(&sha256(members.to_string().as_bytes()));
    let mut public_jwk = members;
    public_jwk["kid"] = Value::from(kid.clone());
    public_jwk["use"] = Value::from("sig");
    public_jwk["alg"] = Value::from(alg.as_str());
    Ok(Made { alg, kid, pkcs8: Zeroizing::new(pkcs8), public_jwk })
}

#[cfg(test)]
mod tests {
    use super::*;
    use openidconnect::JsonWebKey as _;

    #[test]
    fn each_algorithm_signs_what_its_public_key_verifies() {
        for alg in SigningAlg::ALL {
            let made = generate_blocking(alg).unwrap();
            let key = SigningKey::parse(alg, &made.pkcs8, &made.public_jwk.to_string()).unwrap();
            let signature = key.sign(&key.jws_alg(), b"header.payload").unwrap();
            key.as_verification_key().verify_signature(&key.jws_alg(), b"header.payload", &signature).unwrap();
            assert!(key.as_verification_key().verify_signature(&key.jws_alg(), b"header.payloaD", &signature).is_err());
            assert!(key.sign(&CoreJwsSigningAlgorithm::HmacSha256, b"").is_err());
        }
    }

    #[test]
    fn a_key_id_is_the_thumbprint_of_rfc_7638() {
        // The example of RFC 7638 section 3.1.
        let members = json!({ "e": "AQAB", "kty": "RSA", "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw" });
        assert_eq!(base64url(&sha256(members.to_string().as_bytes())), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    }

    #[test]
    fn public_keys_hold_nothing_private() {
        for alg in SigningAlg::ALL {
            let made = generate_blocking(alg).unwrap();
            let names: Vec<&str> = made.public_jwk.as_object().unwrap().keys().map(String::as_str).collect();
            assert!(names.iter().all(|name| ["alg", "crv", "e", "kid", "kty", "n", "use", "x", "y"].contains(name)), "{names:?}");
            assert_eq!((made.public_jwk["use"].as_str(), made.public_jwk["alg"].as_str()), (Some("sig"), Some(alg.as_str())));
        }
    }
}
