//! JSON Web Signatures that come from outside (RFC 7515, 7517, 7518, 7519, 7638): client assertions, request objects, DPoP proofs, software statements. One place
//! reads and checks them, so that the old holes are shut once: `none` and HMAC do not exist here, a key verifies only what its own type and its `alg` allow
//! (RFC 8725 section 3.1), keys and addresses inside a token's header are never followed, and everything is bounded in size.
//!
//! The way: [`Jws::parse`] reads, [`KeySet::candidates`] or the caller picks a [`PublicKey`], [`Jws::verify`] gives the only [`Verified`] claims there are.

mod claims;
mod jwk;
mod jws;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use claims::{Audience, NumericDate};
pub use jwk::{KeyError, KeySet, KeySetError, PublicKey};
pub use jws::{Header, Jws, JwsError, Verified};

/// A signature algorithm (RFC 7518 section 3.1, RFC 8037 section 3.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Alg {
    /// RSASSA-PKCS1-v1_5 with SHA-256: what every client understands (OpenID Connect Core, section 15.1).
    #[default]
    #[serde(rename = "RS256")]
    Rs256,
    /// RSASSA-PSS with SHA-256.
    #[serde(rename = "PS256")]
    Ps256,
    /// ECDSA on P-256 with SHA-256.
    #[serde(rename = "ES256")]
    Es256,
    /// Ed25519. RFC 9864 calls it `Ed25519`; that name is read too.
    #[serde(rename = "EdDSA")]
    EdDsa,
}

impl Alg {
    /// Every algorithm, the default first.
    pub const ALL: [Self; 4] = [Self::Rs256, Self::Es256, Self::EdDsa, Self::Ps256];

    /// Those FAPI 2.0 allows (security profile, section 5.4.1).
    pub const STRICT: [Self; 3] = [Self::Ps256, Self::Es256, Self::EdDsa];

    /// The name in the JOSE header.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Ps256 => "PS256",
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
        }
    }

    /// Reads a name in a header or JWK, letter by letter as RFC 7515 section 4.1.1 wants it.
    pub fn from_header(text: &str) -> Option<Self> {
        if text == "Ed25519" { Some(Self::EdDsa) } else { Self::ALL.into_iter().find(|alg| alg.as_str() == text) }
    }

    /// Reads a name as people type it, upper and lower case alike.
    pub fn from_text(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|alg| alg.as_str().eq_ignore_ascii_case(text.trim()))
    }
}

impl fmt::Display for Alg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
