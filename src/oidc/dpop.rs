//! Proof of possession (RFC 9449): a client signs each request with a key, and tokens are bound to that key by its thumbprint (RFC 7638), so that a stolen
//! token is worth nothing without it. `read` is pure; `Proof::use_up` remembers each proof until it would be too old, so that none counts twice, on
//! whichever instance. Nonces of ours hold no state: a MAC over the time, with a key that every instance of the installation has.

use std::time::Duration;

use anyhow::Context as _;
use aws_lc_rs::hmac;
use axum::http::{HeaderMap, HeaderName};
use serde::Deserialize;
use url::Url;

use super::error::OAuthError;
use super::store::proofs as store;
use crate::app::App;
use crate::clock::Timestamp;
use crate::db::Db;
use crate::installation;
use crate::jose::{Alg, Jws, NumericDate, PublicKey};
use crate::secret::{Sealer, TokenHash, base64url, equal, from_base64url, random_bytes, sha256};

/// The header a proof comes in.
pub const HEADER: HeaderName = HeaderName::from_static("dpop");
/// How far a proof's time may lie from ours.
const WITHIN: Duration = Duration::from_secs(60);
/// How long a nonce is the newest one; it counts for as long again.
const NONCE_SECONDS: i64 = 300;
/// The longest proof we look at, in bytes; an RSA key of 8192 bits fits.
const BYTES_MAX: usize = 8 * 1024;
/// The longest `jti`.
const JTI_BYTES_MAX: usize = 500;

/// Makes and knows nonces (RFC 9449 section 8).
pub struct Nonces(hmac::Key);

impl std::fmt::Debug for Nonces {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Nonces(…)")
    }
}

impl Nonces {
    /// Reads the installation's key, after making one at the first start.
    ///
    /// # Errors
    /// When the database refuses or the key cannot be unsealed.
    pub async fn open(db: &Db, sealer: &Sealer) -> anyhow::Result<Self> {
        const PURPOSE: &str = "dpop nonces";
        let new = sealer.seal_text(PURPOSE, &base64url(&random_bytes::<32>()));
        let sealed = installation::get_or_set(db, "dpop_nonce_key", &new).await?;
        let key = sealer.unseal_text(PURPOSE, &sealed).context("the key of DPoP nonces")?;
        Ok(Self::new(&from_base64url(&key).context("the key of DPoP nonces")?))
    }

    fn new(key: &[u8]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, key))
    }

    fn of(&self, window: i64) -> String {
        base64url(&hmac::sign(&self.0, format!("dpop nonce {window}").as_bytes()).as_ref()[..18])
    }

    /// The nonce to use now.
    pub fn current(&self, now: Timestamp) -> String {
        self.of(now.as_seconds().div_euclid(NONCE_SECONDS))
    }

    /// Whether a nonce is ours and not too old.
    fn knows(&self, unverified_nonce: &str, now: Timestamp) -> bool {
        let window = now.as_seconds().div_euclid(NONCE_SECONDS);
        [window, window - 1].into_iter().any(|window| equal(self.of(window).as_bytes(), unverified_nonce.as_bytes()))
    }
}

/// What a proof must be for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Expected<'a> {
    pub(super) method: &'a str,
    pub(super) url: &'a str,
    /// The access token that comes with it, at a resource.
    pub(super) access_token: Option<&'a str>,
    /// It must hold a nonce of ours.
    pub(super) with_nonce: bool,
}

/// A proof that holds, but for what only time and place can tell: whether it was used before, and its nonce.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Proof {
    /// The thumbprint of its key.
    pub(super) jkt: String,
    jti: String,
    nonce: Option<String>,
}

#[derive(Deserialize)]
struct Claims {
    jti: String,
    htm: String,
    htu: String,
    iat: NumericDate,
    exp: Option<NumericDate>,
    nbf: Option<NumericDate>,
    ath: Option<String>,
    nonce: Option<String>,
}

/// RFC 9449 section 4.3, points 2 to 12, but for the nonce.
fn read(unverified_proof: &str, expected: Expected<'_>, now: Timestamp) -> Result<Proof, &'static str> {
    let jws =
        Jws::parse(unverified_proof, BYTES_MAX).map_err(|_| "the DPoP proof cannot be read, or is signed with an algorithm that is not accepted")?;
    if !jws.header().is_typ("dpop+jwt") {
        return Err("the typ of the DPoP proof must be dpop+jwt");
    }
    let jwk = jws.header().jwk.as_ref().ok_or("the header of the DPoP proof has no jwk")?;
    let key = PublicKey::from_jwk(jwk).map_err(|_| "the jwk of the DPoP proof is no public key that can be used")?;
    let verified = jws.verify(&key, &Alg::STRICT).map_err(|_| "the signature of the DPoP proof is wrong, or its algorithm is not accepted")?;
    let claims: Claims = verified.claims().map_err(|_| "the DPoP proof lacks jti, htm, htu or iat, or one has the wrong form")?;
    if claims.jti.is_empty() || claims.jti.len() > JTI_BYTES_MAX {
        return Err("the jti of the DPoP proof is empty or too long");
    }
    if claims.htm != expected.method {
        return Err("the DPoP proof is for another method");
    }
    if !is_same_place(&claims.htu, expected.url) {
        return Err("the DPoP proof is for another address");
    }
    let near = |time: Timestamp| time <= now + WITHIN && now <= time + WITHIN;
    let in_time = near(claims.iat.0) && claims.exp.is_none_or(|exp| now < exp.0 + WITHIN) && claims.nbf.is_none_or(|nbf| nbf.0 <= now + WITHIN);
    if !in_time {
        return Err("the DPoP proof is too old, or from the future");
    }
    let bound = match (expected.access_token, &claims.ath) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(token), Some(ath)) => equal(base64url(&sha256(token.as_bytes())).as_bytes(), ath.as_bytes()),
    };
    if !bound {
        return Err("the DPoP proof is for another access token");
    }
    Ok(Proof { jkt: key.thumbprint().to_owned(), jti: claims.jti, nonce: claims.nonce })
}

/// Whether two addresses are the same but for query and fragment, after normalization (RFC 9449 section 4.3, point 9).
fn is_same_place(unverified_htu: &str, ours: &str) -> bool {
    let plain = |text: &str| {
        let mut url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
        url.set_query(None);
        url.set_fragment(None);
        Some(url)
    };
    matches!((plain(unverified_htu), plain(ours)), (Some(theirs), Some(ours)) if theirs == ours)
}

/// Checks the proof a request has. The caller uses it up ([`Proof::use_up`]) as soon as what came with it is worth a row: anybody can send proofs. `None` when there is none.
///
/// # Errors
/// [`OAuthError::InvalidDpopProof`], [`OAuthError::UseDpopNonce`].
pub(super) fn look(app: &App, headers: &HeaderMap, expected: Expected<'_>, now: Timestamp) -> Result<Option<Proof>, OAuthError> {
    let mut proofs = headers.get_all(HEADER).iter();
    let Some(unverified_proof) = proofs.next() else { return Ok(None) };
    if proofs.next().is_some() {
        return Err(OAuthError::InvalidDpopProof("send one DPoP proof"));
    }
    let text = unverified_proof.to_str().map_err(|_| OAuthError::InvalidDpopProof("the DPoP proof cannot be read"))?;
    let proof = read(text, expected, now).map_err(OAuthError::InvalidDpopProof)?;
    let is_fresh = proof.nonce.as_deref().map_or(!expected.with_nonce, |nonce| app.nonces.knows(nonce, now));
    if !is_fresh {
        return Err(OAuthError::UseDpopNonce(app.nonces.current(now)));
    }
    Ok(Some(proof))
}

impl Proof {
    /// Whether it holds a nonce of ours.
    pub(super) const fn has_nonce(&self) -> bool {
        self.nonce.is_some()
    }

    /// Uses it up: of two requests with the same one, one may go on.
    ///
    /// # Errors
    /// [`OAuthError::InvalidDpopProof`] when it was used before; our own failure.
    pub(super) async fn use_up(self, app: &App, now: Timestamp) -> Result<(), OAuthError> {
        // Twice the time, since it may come from the future.
        let mut tx = app.db.begin().await?;
        let is_new = store::insert(&mut tx, &TokenHash::of(&format!("{} {}", self.jkt, self.jti)), now + WITHIN * 2).await?;
        tx.commit().await?;
        if is_new { Ok(()) } else { Err(OAuthError::InvalidDpopProof("the DPoP proof was used before")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
    use serde_json::{Value, json};

    const URL: &str = "https://id.example.org/api/oidc/userinfo";
    const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);
    const EXPECTED: Expected<'_> = Expected { method: "GET", url: URL, access_token: Some("token"), with_nonce: false };

    fn proof(change: impl FnOnce(&mut Value, &mut Value)) -> String {
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new()).unwrap();
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref()).unwrap();
        let point = key.public_key().as_ref();
        let jwk = json!({ "kty": "EC", "crv": "P-256", "x": base64url(&point[1..33]), "y": base64url(&point[33..]) });
        let mut header = json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": jwk });
        let mut claims = json!({ "jti": "1", "htm": "GET", "htu": URL, "iat": 1_800_000_000, "ath": base64url(&sha256(b"token")) });
        change(&mut header, &mut claims);
        let signed = format!("{}.{}", base64url(header.to_string().as_bytes()), base64url(claims.to_string().as_bytes()));
        let signature = key.sign(&SystemRandom::new(), signed.as_bytes()).unwrap();
        format!("{signed}.{}", base64url(signature.as_ref()))
    }

    fn holds(change: impl FnOnce(&mut Value, &mut Value)) -> bool {
        read(&proof(change), EXPECTED, NOW).is_ok()
    }

    #[test]
    fn a_proof_for_this_request_holds() {
        assert!(holds(|_, _| {}));
        assert!(holds(|_, claims| claims["extra"] = json!("ignored")));
        for htu in ["HTTPS://ID.example.org:443/api/oidc/userinfo", "https://id.example.org/api/oidc/userinfo?x=1#y"] {
            assert!(holds(|_, claims| claims["htu"] = json!(htu)), "{htu}");
        }
        for seconds in [-50, 50] {
            assert!(holds(|_, claims| claims["iat"] = json!(1_800_000_000 + seconds)));
        }
    }

    #[test]
    fn a_proof_for_anything_else_does_not() {
        for (name, value) in [
            ("htm", json!("POST")),
            ("htm", json!("get")),
            ("htu", json!("https://id.example.org/api/oidc/token")),
            ("htu", json!("http://id.example.org/api/oidc/userinfo")),
            ("htu", json!("https://id.example.org:8443/api/oidc/userinfo")),
            ("htu", json!("https://id.example.org.evil.example/api/oidc/userinfo")),
            ("htu", json!("/api/oidc/userinfo")),
            ("ath", json!(base64url(&sha256(b"another")))),
            ("ath", Value::Null),
            ("iat", json!(1_800_000_000 - 3600)),
            ("iat", json!(1_800_000_000 + 3600)),
            ("iat", json!("1800000000")),
            ("exp", json!(1_800_000_000 - 3600)),
            ("nbf", json!(1_800_000_000 + 3600)),
            ("jti", json!("")),
            ("jti", json!("x".repeat(501))),
        ] {
            assert!(!holds(|_, claims| claims[name] = value.clone()), "{name} {value}");
        }
        for name in ["jti", "htm", "htu", "iat", "ath"] {
            assert!(!holds(|_, claims| _ = claims.as_object_mut().unwrap().remove(name)), "without {name}");
        }
        for (name, value) in [("typ", json!("JWT")), ("typ", Value::Null), ("alg", json!("none")), ("alg", json!("RS256")), ("jwk", Value::Null)] {
            assert!(!holds(|header, _| header[name] = value.clone()), "{name} {value}");
        }
        assert!(!holds(|header, _| header["jwk"]["d"] = json!("AAAA")), "a private key");
        let whole = proof(|_, _| {});
        assert!(read(&whole[..whole.len() - 4], EXPECTED, NOW).is_err() && read("", EXPECTED, NOW).is_err());
    }

    #[test]
    fn a_nonce_counts_for_ten_minutes_at_most_and_on_every_instance() {
        let (one, other) = (Nonces::new(&[7; 32]), Nonces::new(&[7; 32]));
        let nonce = one.current(NOW);
        assert!(other.knows(&nonce, NOW) && other.knows(&nonce, NOW + Duration::from_secs(300)));
        assert!(!other.knows(&nonce, NOW + Duration::from_secs(600)) && !other.knows("", NOW));
        assert!(!Nonces::new(&[8; 32]).knows(&nonce, NOW));
    }
}
