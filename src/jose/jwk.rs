//! Public keys of others (RFC 7517).

use std::fmt;

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256, RsaPublicKeyComponents,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Alg;
use crate::secret::{base64url, from_base64url, sha256};

/// The longest name of a key we look at, in bytes.
const KID_BYTES_MAX: usize = 512;
/// The most keys a set may have.
const KEYS_MAX: usize = 64;
/// The most keys tried for one signature: a set may name several alike.
const CANDIDATES_MAX: usize = 8;

/// Why a JWK cannot serve.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Members are missing or are no base64url.
    #[error("it is not a public key in the form of a JWK")]
    Malformed,
    /// It holds the private half, which its owner must not give away.
    #[error("it holds a private key; register the public half only, and make a new key")]
    Private,
    /// A symmetric key, another curve, or an algorithm that is not offered.
    #[error("keys of this type are not supported; use RSA, EC P-256 or OKP Ed25519")]
    Unsupported,
    /// An RSA key shorter than 2048 or longer than 8192 bits, or with an odd exponent.
    #[error("an RSA key must have 2048 to 8192 bits")]
    Strength,
    /// It is for encryption.
    #[error("it is not meant for signatures")]
    Use,
}

/// Why a set of keys cannot serve.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeySetError {
    /// No JSON object with an array `keys`.
    #[error("it is not a JWK set: a JSON object with an array “keys”")]
    Malformed,
    /// More than 64 keys.
    #[error("it has more than 64 keys")]
    TooMany,
    /// No key in it can serve; this is what is wrong with the first.
    #[error("no key in it can be used: {0}")]
    Nothing(KeyError),
    /// There is no key in it.
    #[error("it has no keys")]
    Empty,
    /// A private key stands in it.
    #[error("it holds a private key; register the public half only, and make a new key")]
    Private,
}

/// A public key, ready to verify.
#[derive(Clone)]
pub struct PublicKey {
    kind: Kind,
    alg: Option<Alg>,
    kid: Option<String>,
    thumbprint: String,
}

#[derive(Clone)]
enum Kind {
    Rsa { pkcs1: ParsedPublicKey, pss: ParsedPublicKey },
    P256(ParsedPublicKey),
    Ed25519(ParsedPublicKey),
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PublicKey").field("kid", &self.kid).field("thumbprint", &self.thumbprint).finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
struct Members {
    kty: String,
    #[serde(rename = "use")]
    usage: Option<String>,
    key_ops: Option<Vec<String>>,
    alg: Option<String>,
    kid: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
    // Private or symmetric.
    d: Option<Value>,
    p: Option<Value>,
    q: Option<Value>,
    k: Option<Value>,
}

impl PublicKey {
    /// Reads a JWK.
    ///
    /// # Errors
    /// See [`KeyError`].
    pub fn from_jwk(jwk: &Value) -> Result<Self, KeyError> {
        let members = Members::deserialize(jwk).map_err(|_| KeyError::Malformed)?;
        if members.kty == "oct" || members.k.is_some() {
            return Err(KeyError::Unsupported);
        }
        if members.d.is_some() || members.p.is_some() || members.q.is_some() {
            return Err(KeyError::Private);
        }
        let for_signatures = members.usage.as_deref().is_none_or(|usage| usage == "sig")
            && members.key_ops.as_ref().is_none_or(|operations| operations.iter().any(|operation| operation == "verify"));
        if !for_signatures {
            return Err(KeyError::Use);
        }
        let (kind, hashed) = match (members.kty.as_str(), members.crv.as_deref()) {
            ("RSA", _) => rsa(number(members.n.as_deref())?, number(members.e.as_deref())?)?,
            ("EC", Some("P-256")) => p256(coordinate(members.x.as_deref())?, coordinate(members.y.as_deref())?)?,
            ("OKP", Some("Ed25519")) => ed25519(coordinate(members.x.as_deref())?)?,
            _ => return Err(KeyError::Unsupported),
        };
        let alg = match members.alg.as_deref() {
            None => None,
            Some(name) => Some(Alg::from_header(name).filter(|alg| kind.is_for(*alg)).ok_or(KeyError::Unsupported)?),
        };
        let kid = members.kid.filter(|kid| kid.len() <= KID_BYTES_MAX);
        Ok(Self { kind, alg, kid, thumbprint: base64url(&sha256(hashed.to_string().as_bytes())) })
    }

    /// What its owner calls it.
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// The SHA-256 thumbprint of RFC 7638, in base64url: the same for the same key, whatever it is called.
    pub fn thumbprint(&self) -> &str {
        &self.thumbprint
    }

    /// Whether it may verify this algorithm: its type fits, and its own `alg`, when it names one, is the same.
    pub fn is_for(&self, alg: Alg) -> bool {
        self.kind.is_for(alg) && self.alg.is_none_or(|own| own == alg)
    }

    /// Whether a signature is this key's. Ask [`is_for`](Self::is_for) first; with another algorithm nothing fits.
    pub(super) fn has_signed(&self, alg: Alg, message: &[u8], signature: &[u8]) -> bool {
        let key = match (&self.kind, alg) {
            (Kind::Rsa { pkcs1, .. }, Alg::Rs256) => pkcs1,
            (Kind::Rsa { pss, .. }, Alg::Ps256) => pss,
            (Kind::P256(key), Alg::Es256) | (Kind::Ed25519(key), Alg::EdDsa) => key,
            _ => return false,
        };
        key.verify_sig(message, signature).is_ok()
    }
}

impl Kind {
    const fn is_for(&self, alg: Alg) -> bool {
        matches!((self, alg), (Self::Rsa { .. }, Alg::Rs256 | Alg::Ps256) | (Self::P256(_), Alg::Es256) | (Self::Ed25519(_), Alg::EdDsa))
    }
}

/// A big number without leading zeros (RFC 7518 section 6.3.1); some libraries write one in front.
fn number(text: Option<&str>) -> Result<Vec<u8>, KeyError> {
    let bytes = text.filter(|text| text.len() <= 2048).and_then(from_base64url).ok_or(KeyError::Malformed)?;
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    Ok(bytes.get(zeros..).unwrap_or_default().to_vec())
}

fn coordinate(text: Option<&str>) -> Result<[u8; 32], KeyError> {
    text.filter(|text| text.len() <= 64).and_then(from_base64url).and_then(|bytes| bytes.try_into().ok()).ok_or(KeyError::Malformed)
}

// Each also gives the members RFC 7638 section 3.2 hashes, in the order it demands.

fn rsa(n: Vec<u8>, e: Vec<u8>) -> Result<(Kind, Value), KeyError> {
    let bits = n.first().map_or(0, |first| n.len() * 8 - first.leading_zeros() as usize);
    // A huge exponent would make verifying dear.
    if !(2048..=8192).contains(&bits) || e.len() > 4 || e.last().is_none_or(|last| last % 2 == 0) || e == [1] {
        return Err(KeyError::Strength);
    }
    let hashed = json!({ "e": base64url(&e), "kty": "RSA", "n": base64url(&n) });
    let components = RsaPublicKeyComponents { n, e };
    let parsed = |params| components.to_parsed_public_key(params).map_err(|_| KeyError::Malformed);
    Ok((Kind::Rsa { pkcs1: parsed(&RSA_PKCS1_2048_8192_SHA256)?, pss: parsed(&RSA_PSS_2048_8192_SHA256)? }, hashed))
}

fn p256(x: [u8; 32], y: [u8; 32]) -> Result<(Kind, Value), KeyError> {
    // SEC 1 section 2.3.3: 4, then both coordinates. The library checks that the point is on the curve.
    let point = [&[4][..], &x, &y].concat();
    let key = ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).map_err(|_| KeyError::Malformed)?;
    Ok((Kind::P256(key), json!({ "crv": "P-256", "kty": "EC", "x": base64url(&x), "y": base64url(&y) })))
}

fn ed25519(x: [u8; 32]) -> Result<(Kind, Value), KeyError> {
    let key = ParsedPublicKey::new(&ED25519, x).map_err(|_| KeyError::Malformed)?;
    Ok((Kind::Ed25519(key), json!({ "crv": "Ed25519", "kty": "OKP", "x": base64url(&x) })))
}

/// A JWK set: the keys in it that can serve here; others are passed over (RFC 7517 section 5).
#[derive(Clone, Debug, Default)]
pub struct KeySet(Vec<PublicKey>);

impl KeySet {
    /// Reads a set. Bound the text's size before.
    ///
    /// # Errors
    /// See [`KeySetError`].
    pub fn parse(text: &[u8]) -> Result<Self, KeySetError> {
        #[derive(Deserialize)]
        struct Set {
            keys: Vec<Value>,
        }
        let set: Set = serde_json::from_slice(text).map_err(|_| KeySetError::Malformed)?;
        if set.keys.len() > KEYS_MAX {
            return Err(KeySetError::TooMany);
        }
        let (mut keys, mut first_mistake) = (Vec::new(), None);
        for jwk in &set.keys {
            match PublicKey::from_jwk(jwk) {
                Ok(key) => keys.push(key),
                Err(KeyError::Private) => return Err(KeySetError::Private),
                Err(mistake) => first_mistake = first_mistake.or(Some(mistake)),
            }
        }
        if keys.is_empty() { Err(first_mistake.map_or(KeySetError::Empty, KeySetError::Nothing)) } else { Ok(Self(keys)) }
    }

    /// Every key that can serve.
    pub fn keys(&self) -> &[PublicKey] {
        &self.0
    }

    /// The keys that may have made a signature: of this name, when the token names one, and for its algorithm. At most eight.
    pub fn candidates<'a>(&'a self, kid: Option<&'a str>, alg: Alg) -> impl Iterator<Item = &'a PublicKey> {
        self.0.iter().filter(move |key| key.is_for(alg) && kid.is_none_or(|kid| key.kid() == Some(kid))).take(CANDIDATES_MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rsa_jwk() -> Value {
        // The key of RFC 7638 section 3.1.
        json!({ "kty": "RSA", "e": "AQAB", "alg": "RS256", "kid": "2011-04-29", "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw" })
    }

    fn with(mut jwk: Value, member: &str, value: Value) -> Value {
        jwk[member] = value;
        jwk
    }

    /// The key of RFC 7515, appendix A.3.
    fn ec_jwk() -> Value {
        json!({ "kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0" })
    }

    /// The key of RFC 8037, appendix A.
    fn okp_jwk() -> Value {
        json!({ "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" })
    }

    #[test]
    fn thumbprints_are_those_of_the_rfcs() {
        let thumbprint = |jwk: &Value| PublicKey::from_jwk(jwk).unwrap().thumbprint().to_owned();
        assert_eq!(thumbprint(&rsa_jwk()), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
        assert_eq!(thumbprint(&okp_jwk()), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
        let padded = format!(
            "AN{}",
            "L8e2oKHmxnEErrj4iyV2abTfZ53a0Jm1xKbNmogBW1oTO_C4VseHG23wALVU_Os8LtUSu2jxRcboQ0dS-rUqHPwSRAj3m1ikV4wWQohVeJ96JJ44TLLZ-uLWf9lvuSbBmOB3OZ_cgVwK8Jfd5are_0TecOgn9IeEMkOb_uuWBo0EdPxQ1tkL86mN-vEEDInALWkqs7PCiWYJ2G_XO3dM4HQGR87uqjEL0S-YWo659Z_dQmzqWyEg9PKjS8q3ZLfmxU1oQCOLzEBYelnmbtHzOJRXdjXEcK91z5LCDR2kPhv8QZ4iKm8NC7NYxeOPnLBQrq_pBIFPGsGqScyp6gyoM"
        );
        assert_eq!(thumbprint(&with(rsa_jwk(), "n", padded.into())), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs", "a leading zero");
    }

    #[test]
    fn a_key_verifies_only_what_its_type_and_its_alg_allow() {
        let is_for = |jwk: &Value| Alg::ALL.map(|alg| PublicKey::from_jwk(jwk).unwrap().is_for(alg));
        assert_eq!(is_for(&rsa_jwk()), [true, false, false, false], "in the order of `ALL`");
        assert_eq!(is_for(&with(rsa_jwk(), "alg", Value::Null)), [true, false, false, true]);
        assert_eq!(is_for(&ec_jwk()), [false, true, false, false]);
        assert_eq!(is_for(&with(okp_jwk(), "alg", "Ed25519".into())), [false, false, true, false]);
    }

    #[test]
    fn keys_that_are_weak_private_symmetric_or_odd_do_not_serve() {
        let refused = |jwk: &Value| PublicKey::from_jwk(jwk).unwrap_err();
        assert_eq!(refused(&with(ec_jwk(), "d", "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI".into())), KeyError::Private);
        assert_eq!(refused(&json!({ "kty": "oct", "k": "c2VjcmV0" })), KeyError::Unsupported);
        assert_eq!(refused(&with(ec_jwk(), "crv", "P-521".into())), KeyError::Unsupported);
        assert_eq!(refused(&with(ec_jwk(), "alg", "HS256".into())), KeyError::Unsupported);
        assert_eq!(refused(&with(ec_jwk(), "alg", "RS256".into())), KeyError::Unsupported);
        assert_eq!(refused(&with(ec_jwk(), "x", base64url(&[1; 32]).into())), KeyError::Malformed, "not on the curve");
        assert_eq!(refused(&with(ec_jwk(), "x", "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVE".into())), KeyError::Malformed);
        assert_eq!(refused(&with(rsa_jwk(), "n", base64url(&[0xff; 128]).into())), KeyError::Strength);
        assert_eq!(refused(&with(rsa_jwk(), "n", base64url(&[0xff; 1025]).into())), KeyError::Strength);
        assert_eq!(refused(&with(rsa_jwk(), "e", "AQ".into())), KeyError::Strength);
        assert_eq!(refused(&with(rsa_jwk(), "e", base64url(&[0xff; 32]).into())), KeyError::Strength);
        assert_eq!(refused(&with(rsa_jwk(), "use", "enc".into())), KeyError::Use);
        assert_eq!(refused(&with(rsa_jwk(), "key_ops", json!(["sign"]))), KeyError::Use);
        for bad in [json!(null), json!([]), json!({}), json!({ "kty": 7 }), json!({ "kty": "RSA" }), json!({ "kty": "EC" })] {
            assert!(PublicKey::from_jwk(&bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_set_passes_over_what_it_does_not_know_and_is_bounded() {
        let parse = |set: Value| KeySet::parse(set.to_string().as_bytes());
        let set =
            parse(json!({ "keys": [{ "kty": "future" }, with(ec_jwk(), "kid", "a".into()), with(ec_jwk(), "kid", "b".into()), rsa_jwk()] })).unwrap();
        assert_eq!(set.keys().len(), 3);
        assert_eq!((set.candidates(Some("a"), Alg::Es256).count(), set.candidates(None, Alg::Es256).count()), (1, 2));
        assert_eq!((set.candidates(Some("a"), Alg::Rs256).count(), set.candidates(Some("c"), Alg::Es256).count()), (0, 0));
        assert_eq!(parse(json!({ "keys": vec![ec_jwk(); 65] })).unwrap_err(), KeySetError::TooMany);
        assert_eq!(parse(json!({ "keys": vec![ec_jwk(); 64] })).unwrap().candidates(None, Alg::Es256).count(), CANDIDATES_MAX);
        assert_eq!(parse(json!({ "keys": [] })).unwrap_err(), KeySetError::Empty);
        assert_eq!(parse(json!({ "keys": [{ "kty": "oct", "k": "x" }] })).unwrap_err(), KeySetError::Nothing(KeyError::Unsupported));
        assert_eq!(parse(json!({ "keys": [rsa_jwk(), with(ec_jwk(), "d", "x".into())] })).unwrap_err(), KeySetError::Private);
        for bad in ["", "[]", "{}", "{\"keys\":7}", "null"] {
            assert_eq!(KeySet::parse(bad.as_bytes()).unwrap_err(), KeySetError::Malformed, "{bad}");
        }
    }
}
