//! Keys that sign: reading, making, using them.

use anyhow::{Context as _, anyhow};
use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaKeyPair,
};
use openidconnect::core::{CoreJsonWebKey, CoreJwsSigningAlgorithm};
use openidconnect::{JsonWebKey as _, PrivateSigningKey, SigningError};
use serde::Serialize;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::clients::SigningAlg;
use crate::secret::{base64url, sha256};

/// A key that signs ID tokens.
pub struct SigningKey {
    pub(super) alg: SigningAlg,
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
    pub(super) fn parse(alg: SigningAlg, pkcs8: &[u8], public_jwk: &str) -> anyhow::Result<Self> {
        let rejected = |error| anyhow!("a signing key cannot be used: {error}");
        let private = match alg {
            SigningAlg::Rs256 | SigningAlg::Ps256 => Private::Rsa(RsaKeyPair::from_pkcs8(pkcs8).map_err(rejected)?),
            SigningAlg::Es256 => Private::P256(EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8).map_err(rejected)?),
            SigningAlg::EdDsa => Private::Ed25519(Ed25519KeyPair::from_pkcs8(pkcs8).map_err(rejected)?),
        };
        Ok(Self { alg, private, public: serde_json::from_str(public_jwk).context("a stored public key")? })
    }

    /// The algorithm as openidconnect names it.
    pub const fn jws_alg(&self) -> CoreJwsSigningAlgorithm {
        jws_alg(self.alg)
    }

    /// Its name in the key set.
    pub fn kid(&self) -> Option<&str> {
        self.public.key_id().map(|kid| kid.as_str())
    }

    /// A JWT with these claims in compact form (RFC 7515 section 7.1); `typ` says what kind it is (RFC 8725 section 3.11), such as `at+jwt`.
    ///
    /// # Errors
    /// When the claims cannot be printed or signing fails.
    pub fn jwt(&self, typ: &str, claims: &impl Serialize) -> anyhow::Result<String> {
        let header = json!({ "alg": self.alg.as_str(), "kid": self.kid(), "typ": typ });
        let mut token = base64url(header.to_string().as_bytes());
        token.push('.');
        token.push_str(&base64url(&serde_json::to_vec(claims)?));
        let signature = self.signature(token.as_bytes()).map_err(|error| anyhow!("signing a JWT: {error}"))?;
        token.push('.');
        token.push_str(&base64url(&signature));
        Ok(token)
    }

    fn signature(&self, message: &[u8]) -> Result<Vec<u8>, SigningError> {
        let failed = |_| SigningError::CryptoError;
        match &self.private {
            Private::Rsa(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                // One key, one padding: the `alg` it was made for decides.
                let padding = if self.alg == SigningAlg::Ps256 { &RSA_PSS_SHA256 } else { &RSA_PKCS1_SHA256 };
                key.sign(padding, &SystemRandom::new(), message, &mut signature).map_err(failed)?;
                Ok(signature)
            }
            Private::P256(key) => Ok(key.sign(&SystemRandom::new(), message).map_err(failed)?.as_ref().to_vec()),
            Private::Ed25519(key) => Ok(key.try_sign(message).map_err(failed)?.as_ref().to_vec()),
        }
    }
}

/// An algorithm as openidconnect names it.
pub const fn jws_alg(alg: SigningAlg) -> CoreJwsSigningAlgorithm {
    match alg {
        SigningAlg::Rs256 => CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
        SigningAlg::Ps256 => CoreJwsSigningAlgorithm::RsaSsaPssSha256,
        SigningAlg::Es256 => CoreJwsSigningAlgorithm::EcdsaP256Sha256,
        SigningAlg::EdDsa => CoreJwsSigningAlgorithm::EdDsa,
    }
}

/// openidconnect's signing with aws-lc-rs underneath: its own RSA takes six times as long and has no ECDSA.
impl PrivateSigningKey for SigningKey {
    type VerificationKey = CoreJsonWebKey;

    fn sign(&self, alg: &CoreJwsSigningAlgorithm, message: &[u8]) -> Result<Vec<u8>, SigningError> {
        if *alg == self.jws_alg() { self.signature(message) } else { Err(SigningError::UnsupportedAlg(format!("{alg:?}"))) }
    }

    fn as_verification_key(&self) -> CoreJsonWebKey {
        self.public.clone()
    }
}

/// A key pair just made.
pub(super) struct Made {
    pub(super) alg: SigningAlg,
    pub(super) kid: String,
    pub(super) pkcs8: Zeroizing<Vec<u8>>,
    pub(super) public_jwk: Value,
}

/// Makes a key pair; on a thread of its own, because RSA takes a while.
pub(super) async fn generate(alg: SigningAlg) -> anyhow::Result<Made> {
    tokio::task::spawn_blocking(move || generate_blocking(alg)).await.context("making a signing key")?
}

fn generate_blocking(alg: SigningAlg) -> anyhow::Result<Made> {
    let failed = |_| anyhow!("making a {alg} key failed");
    let rejected = |error| anyhow!("a key just made cannot be read: {error}");
    // The members RFC 7638 section 3.2 hashes, in the order it demands.
    let (pkcs8, members) = match alg {
        SigningAlg::Rs256 | SigningAlg::Ps256 => {
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
    use crate::jose::{Alg, Jws, PublicKey};

    #[test]
    fn each_algorithm_signs_what_its_public_key_verifies() {
        for alg in SigningAlg::ALL {
            let made = generate_blocking(alg).unwrap();
            let key = SigningKey::parse(alg, &made.pkcs8, &made.public_jwk.to_string()).unwrap();
            let signature = key.sign(&key.jws_alg(), b"header.payload").unwrap();
            key.as_verification_key().verify_signature(&key.jws_alg(), b"header.payload", &signature).unwrap();
            assert!(key.as_verification_key().verify_signature(&key.jws_alg(), b"header.payloaD", &signature).is_err());
            assert!(key.sign(&CoreJwsSigningAlgorithm::HmacSha256, b"").is_err());

            let jws = Jws::parse(&key.jwt("at+jwt", &json!({ "sub": "ada" })).unwrap(), 4096).unwrap();
            let public = PublicKey::from_jwk(&made.public_jwk).unwrap();
            assert_eq!(jws.verify(&public, &[alg]).unwrap().claims::<Value>().unwrap(), json!({ "sub": "ada" }));
            assert!(jws.header().is_typ("at+jwt") && jws.header().kid.as_deref() == key.kid() && Some(public.thumbprint()) == key.kid());
            let others: Vec<Alg> = Alg::ALL.into_iter().filter(|other| *other != alg).collect();
            assert!(jws.verify(&public, &others).is_err());
        }
    }

    #[test]
    fn a_key_id_is_the_thumbprint_of_rfc_7638() {
        // The example of RFC 7638 section 3.1.
        let members = json!({ "e": "AQAB", "kty": "RSA", "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw" });
        assert_eq!(base64url(&sha256(members.to_string().as_bytes())), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    }
}
