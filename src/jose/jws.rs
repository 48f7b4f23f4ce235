//! A compact JWS (RFC 7515 section 7.1).

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Alg, KeySet, PublicKey};
use crate::secret::from_base64url;

/// Why a token was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JwsError {
    /// Longer than the caller allows.
    #[error("the JWT is too long")]
    TooLong,
    /// Not three parts in base64url, or no JSON object where one belongs.
    #[error("it is not a signed JWT")]
    Malformed,
    /// `none`, HMAC, or another algorithm that is not accepted here.
    #[error("the JWT is signed with an algorithm that is not accepted")]
    Algorithm,
    /// Its header demands an extension (`crit`) that nobody here knows.
    #[error("the JWT's header demands an extension that is not supported")]
    Critical,
    /// The key is of another type than the algorithm.
    #[error("the key is not for the algorithm the JWT is signed with")]
    Key,
    /// No key of this name is known.
    #[error("the JWT names a key that is not known")]
    UnknownKey,
    /// The signature is not this key's.
    #[error("the JWT's signature is wrong")]
    Signature,
    /// The claims are not those the caller needs.
    #[error("a claim of the JWT is missing or has the wrong form")]
    Claims,
}

/// What stands in a token's header, as far as we read it. Addresses of keys (`jku`, `x5u`) and certificates are not: a token does not choose who vouches for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Header {
    /// The algorithm.
    pub alg: Alg,
    /// The algorithm as it is written there: RFC 9864 has another name for Ed25519.
    pub alg_text: String,
    /// The name of the key.
    pub kid: Option<String>,
    /// What kind of token it is, as written (RFC 8725 section 3.11).
    pub typ: Option<String>,
    /// A public key inside the token, which proves possession (DPoP) and nothing else.
    pub jwk: Option<Value>,
}

impl Header {
    /// Whether `typ` names this kind, without regard to case and to a leading `application/` (RFC 7515 section 4.1.9).
    pub fn is_typ(&self, kind: &str) -> bool {
        let typ = self.typ.as_deref().unwrap_or_default();
        let prefix = "application/";
        let typ = if typ.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix)) { &typ[prefix.len()..] } else { typ };
        typ.eq_ignore_ascii_case(kind)
    }
}

// As a struct, so that a member that comes twice is refused.
#[derive(Deserialize)]
struct RawHeader {
    alg: String,
    kid: Option<String>,
    typ: Option<String>,
    jwk: Option<Value>,
    crit: Option<Value>,
}

/// A token that was read and not verified.
#[derive(Clone, Debug)]
pub struct Jws {
    header: Header,
    payload: Vec<u8>,
    /// Header and payload as they came, with the point between them.
    signed: String,
    signature: Vec<u8>,
}

/// The claims of a token whose signature was right.
#[derive(Clone, Copy, Debug)]
pub struct Verified<'a>(&'a [u8]);

impl Verified<'_> {
    /// Reads the claims.
    ///
    /// # Errors
    /// [`JwsError::Claims`].
    pub fn claims<T: DeserializeOwned>(&self) -> Result<T, JwsError> {
        serde_json::from_slice(self.0).map_err(|_| JwsError::Claims)
    }
}

impl Jws {
    /// Reads a token of at most `max_bytes`.
    ///
    /// # Errors
    /// [`JwsError::TooLong`], [`JwsError::Malformed`], [`JwsError::Algorithm`], [`JwsError::Critical`].
    pub fn parse(unverified_text: &str, max_bytes: usize) -> Result<Self, JwsError> {
        if unverified_text.len() > max_bytes {
            return Err(JwsError::TooLong);
        }
        let (signed, signature) = unverified_text.rsplit_once('.').ok_or(JwsError::Malformed)?;
        let (header, payload) = signed.split_once('.').ok_or(JwsError::Malformed)?;
        let part = |text: &str| from_base64url(text).ok_or(JwsError::Malformed);
        let raw: RawHeader = serde_json::from_slice(&part(header)?).map_err(|_| JwsError::Malformed)?;
        if raw.crit.is_some() {
            return Err(JwsError::Critical);
        }
        let alg = Alg::from_header(&raw.alg).ok_or(JwsError::Algorithm)?;
        let header = Header { alg, alg_text: raw.alg, kid: raw.kid, typ: raw.typ, jwk: raw.jwk };
        Ok(Self { header, payload: part(payload)?, signed: signed.to_owned(), signature: part(signature)? })
    }

    /// Its header; nobody has vouched for it.
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// Header and payload as they came, which is what the signature is about: the same token whatever form its signature has.
    pub fn signed(&self) -> &str {
        &self.signed
    }

    /// Reads claims nobody has vouched for: only to find out which key to verify with.
    ///
    /// # Errors
    /// [`JwsError::Claims`].
    pub fn unverified_claims<T: DeserializeOwned>(&self) -> Result<T, JwsError> {
        serde_json::from_slice(&self.payload).map_err(|_| JwsError::Claims)
    }

    /// Verifies the signature with this key.
    ///
    /// # Errors
    /// [`JwsError::Algorithm`] when the algorithm is not one of `allowed`, [`JwsError::Key`] when the key is not for it, [`JwsError::Signature`].
    pub fn verify(&self, key: &PublicKey, allowed: &[Alg]) -> Result<Verified<'_>, JwsError> {
        if !allowed.contains(&self.header.alg) {
            return Err(JwsError::Algorithm);
        }
        if !key.is_for(self.header.alg) {
            return Err(JwsError::Key);
        }
        if key.has_signed(self.header.alg, self.signed.as_bytes(), &self.signature) { Ok(Verified(&self.payload)) } else { Err(JwsError::Signature) }
    }

    /// Verifies the signature with a key of a set: one of the name the header has, or any that fits when it has none.
    ///
    /// # Errors
    /// As [`verify`](Self::verify), and [`JwsError::UnknownKey`] when no key of the set comes into question: time to fetch it anew.
    pub fn verify_with(&self, keys: &KeySet, allowed: &[Alg]) -> Result<Verified<'_>, JwsError> {
        if !allowed.contains(&self.header.alg) {
            return Err(JwsError::Algorithm);
        }
        let mut outcome = Err(JwsError::UnknownKey);
        for key in keys.candidates(self.header.kid.as_deref(), self.header.alg) {
            outcome = self.verify(key, allowed);
            if outcome.is_ok() {
                break;
            }
        }
        outcome
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::base64url;
    use aws_lc_rs::hmac;
    use serde_json::json;

    /// The JWK of RFC 7515, appendix A.3, and the token signed with it there.
    const ES256: &str = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";

    fn ec() -> PublicKey {
        PublicKey::from_jwk(&json!({ "kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0" })).unwrap()
    }

    /// The token of RFC 8037, appendix A.4, whose payload is no JSON, and its key.
    const EDDSA: &str = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";

    fn okp() -> PublicKey {
        PublicKey::from_jwk(&json!({ "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" })).unwrap()
    }

    fn parse(text: &str) -> Result<Jws, JwsError> {
        Jws::parse(text, 4096)
    }

    fn token(header: &Value) -> String {
        format!("{}.{}.{}", base64url(header.to_string().as_bytes()), base64url(b"{}"), base64url(&[7; 64]))
    }

    #[test]
    fn the_examples_of_the_rfcs_verify_and_nothing_altered_does() {
        let jws = parse(ES256).unwrap();
        assert_eq!(jws.verify(&ec(), &Alg::ALL).unwrap().claims::<Value>().unwrap()["iss"], "joe");
        let jws = parse(EDDSA).unwrap();
        let verified = jws.verify(&okp(), &[Alg::EdDsa]).unwrap();
        assert_eq!(verified.claims::<Value>().unwrap_err(), JwsError::Claims, "no JSON");
        for (at, letter) in [(25, "f"), (ES256.len() - 80, "0")] {
            let mut altered = ES256.to_owned();
            altered.replace_range(at..=at, letter);
            assert!(altered != ES256 && parse(&altered).unwrap().verify(&ec(), &Alg::ALL).is_err());
        }
    }

    #[test]
    fn a_key_of_another_type_and_an_algorithm_not_allowed_are_refused_before_any_signature_is_looked_at() {
        let jws = parse(ES256).unwrap();
        assert_eq!(jws.verify(&okp(), &Alg::ALL).unwrap_err(), JwsError::Key);
        assert_eq!(jws.verify(&ec(), &[Alg::Rs256, Alg::Ps256]).unwrap_err(), JwsError::Algorithm);
    }

    #[test]
    fn none_and_hmac_with_the_public_key_do_not_exist() {
        for alg in ["none", "None", "nOnE", "HS256", "HS512", "es256", "", "ES256 ", "RS512", "ES256K"] {
            assert_eq!(parse(&token(&json!({ "alg": alg }))).unwrap_err(), JwsError::Algorithm, "{alg}");
        }
        let signed = format!("{}.{}", base64url(br#"{"alg":"HS256"}"#), base64url(b"{}"));
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, ec().thumbprint().as_bytes()), signed.as_bytes());
        assert_eq!(parse(&format!("{signed}.{}", base64url(tag.as_ref()))).unwrap_err(), JwsError::Algorithm);
        let unsigned = format!("{}.{}.", base64url(br#"{"alg":"ES256"}"#), base64url(b"{}"));
        assert_eq!(parse(&unsigned).unwrap().verify(&ec(), &Alg::ALL).unwrap_err(), JwsError::Signature);
        // The signature of nothing: r and s are zero (CVE-2022-21449).
        let zeros = format!("{}.{}.{}", base64url(br#"{"alg":"ES256"}"#), base64url(b"{}"), base64url(&[0; 64]));
        assert_eq!(parse(&zeros).unwrap().verify(&ec(), &Alg::ALL).unwrap_err(), JwsError::Signature);
    }

    #[test]
    fn a_header_is_read_strictly() {
        assert_eq!(parse(&token(&json!({ "alg": "ES256", "crit": ["exp"], "exp": 1 }))).unwrap_err(), JwsError::Critical);
        assert_eq!(parse(&token(&json!({ "alg": "ES256", "crit": [] }))).unwrap_err(), JwsError::Critical);
        for bad in [json!({}), json!([]), json!({ "alg": 7 }), json!({ "alg": "ES256", "kid": 7 }), json!("x")] {
            assert_eq!(parse(&token(&bad)).unwrap_err(), JwsError::Malformed, "{bad}");
        }
        let twice = format!("{}.e30.AA", base64url(br#"{"alg":"none","alg":"ES256"}"#));
        assert_eq!(parse(&twice).unwrap_err(), JwsError::Malformed);
        for bad in [
            "",
            ".",
            "..",
            "a.b",
            "eyJhbGciOiJFUzI1NiJ9.e30",
            "eyJhbGciOiJFUzI1NiJ9=.e30.AA",
            "eyJhbGciOiJFUzI1NiJ9.e30.A A",
            "eyJhbGciOiJFUzI1NiJ9.e30.AA.AA.AA",
        ] {
            assert_eq!(parse(bad).unwrap_err(), JwsError::Malformed, "{bad}");
        }
        assert_eq!(Jws::parse(ES256, ES256.len() - 1).unwrap_err(), JwsError::TooLong);
        let typed = parse(&token(&json!({ "alg": "ES256", "typ": "application/DPoP+jwt" }))).unwrap();
        assert!(typed.header().is_typ("dpop+jwt") && !typed.header().is_typ("jwt") && !typed.header().is_typ(""));
    }

    #[test]
    fn a_set_is_searched_by_name_and_algorithm() {
        let key = |kid: &str| json!({ "kty": "EC", "crv": "P-256", "kid": kid, "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0" });
        let set = |keys: Value| KeySet::parse(json!({ "keys": keys }).to_string().as_bytes()).unwrap();
        let jws = parse(ES256).unwrap();
        assert!(jws.verify_with(&set(json!([key("a"), key("b")])), &Alg::ALL).is_ok(), "without a name any key that fits");
        let okp = json!({ "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" });
        assert_eq!(jws.verify_with(&set(json!([okp])), &Alg::ALL).unwrap_err(), JwsError::UnknownKey);
        let named = parse(&token(&json!({ "alg": "ES256", "kid": "c" }))).unwrap();
        assert_eq!(named.verify_with(&set(json!([key("a")])), &Alg::ALL).unwrap_err(), JwsError::UnknownKey);
        assert_eq!(named.verify_with(&set(json!([key("c")])), &Alg::ALL).unwrap_err(), JwsError::Signature);
        assert_eq!(named.verify_with(&set(json!([key("c")])), &Alg::STRICT[..1]).unwrap_err(), JwsError::Algorithm);
    }
}
