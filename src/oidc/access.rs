//! Access tokens: what one is made of, and reading one that comes back. An API's tokens are opaque or JWTs (RFC 9068); those for this server are opaque.
//!
//! A JWT for a person has a row like an opaque token, found by the hash of its `jti`, so that what was taken back is known here. A JWT a client got for
//! itself has none: it costs a signature and no write, and only one that is given back is remembered until it expires.

use std::time::Duration;

use openidconnect::JsonWebKey as _;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::keys::{KeySet, jws_alg};
use super::store::NewToken;
use crate::apis::{Api, TokenFormat};
use crate::clients::{Registration, SigningAlg};
use crate::clock::Timestamp;
use crate::config::Origin;
use crate::id::{ClientId, GrantId};
use crate::jose::Jws;
use crate::secret::{SecretToken, TokenHash, from_base64url};

/// The longest JWT we look at, in bytes: someone may be in many groups.
const BYTES_MAX: usize = 32 * 1024;

/// An access token about to be given: stored in the transaction that allows it, signed after that.
pub(super) struct Access {
    /// The token, or the `jti` of the JWT it becomes.
    secret: SecretToken,
    api: Option<Api>,
    pub(super) scopes: String,
    pub(super) jkt: Option<String>,
    act: Option<Value>,
    created_at: Timestamp,
    pub(super) expires_at: Timestamp,
}

/// Whom a JWT is about, beyond its client.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct About<'a> {
    pub(super) sub: &'a str,
    pub(super) client_id: &'a str,
    pub(super) auth_at: Option<Timestamp>,
    pub(super) acr: &'a str,
    pub(super) amr: &'a str,
    pub(super) groups: Option<&'a [String]>,
}

/// The claims of RFC 9068 section 2.2.
#[derive(Serialize)]
struct Written<'a> {
    iss: &'a str,
    aud: &'a str,
    sub: &'a str,
    client_id: &'a str,
    iat: i64,
    exp: i64,
    jti: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    scope: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    auth_time: Option<i64>,
    #[serde(skip_serializing_if = "str::is_empty")]
    acr: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    amr: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    groups: Option<&'a [String]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    act: Option<&'a Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cnf: Option<Value>,
}

/// An API as a client meets it: the profile the client keeps to allows no RS256 (FAPI 2.0 Security Profile, section 5.4.1), so its JWTs are signed with PS256
/// where the API is set to RS256.
pub(super) fn within_profile(mut api: Api, client: &Registration) -> Api {
    if client.policies.tokens.is_fapi2() && api.terms.signing_alg == SigningAlg::Rs256 {
        api.terms.signing_alg = SigningAlg::Ps256;
    }
    api
}

impl Access {
    /// A token for an API, or for this server when there is none.
    pub(super) fn new(api: Option<Api>, scopes: String, jkt: Option<String>, act: Option<Value>, now: Timestamp, lifetime: Duration) -> Self {
        Self { secret: SecretToken::new("muster_at_"), api, scopes, jkt, act, created_at: now, expires_at: now + lifetime }
    }

    /// Whether it becomes a JWT.
    pub(super) fn is_jwt(&self) -> bool {
        self.api.as_ref().is_some_and(|api| api.terms.token_format == TokenFormat::Jwt)
    }

    /// Whether the API wants the person's groups in it.
    pub(super) fn wants_groups(&self) -> bool {
        self.is_jwt() && self.api.as_ref().is_some_and(|api| api.terms.with_groups)
    }

    pub(super) fn hash(&self) -> TokenHash {
        self.secret.hash()
    }

    /// Its row.
    pub(super) fn row<'a>(&'a self, hash: &'a TokenHash, grant: GrantId, holder: Option<ClientId>) -> NewToken<'a> {
        NewToken {
            hash,
            kind: if self.is_jwt() { "jwt" } else { "access" },
            grant,
            scopes: &self.scopes,
            created_at: self.created_at,
            expires_at: self.expires_at,
            jkt: self.jkt.as_deref(),
            api: self.api.as_ref().map(|api| api.id),
            holder,
            act: self.act.as_ref().map(ToString::to_string),
        }
    }

    /// The API it is for.
    pub(super) const fn api(&self) -> Option<&Api> {
        self.api.as_ref()
    }

    /// How it must be presented (RFC 6750, RFC 9449 section 5).
    pub(super) const fn token_type(&self) -> &'static str {
        token_type(self.jkt.is_some())
    }

    /// Seconds it is good for.
    pub(super) fn expires_in(&self) -> u64 {
        self.expires_at.since(self.created_at).as_secs()
    }

    /// The token as its client gets it.
    ///
    /// # Errors
    /// When signing fails.
    pub(super) fn reveal(&self, origin: &Origin, keys: &KeySet, about: &About<'_>) -> anyhow::Result<String> {
        let Some(api) = self.api.as_ref().filter(|api| api.terms.token_format == TokenFormat::Jwt) else {
            return Ok(self.secret.reveal().to_owned());
        };
        let claims = Written {
            iss: origin.as_str(),
            aud: &api.terms.identifier,
            sub: about.sub,
            client_id: about.client_id,
            iat: self.created_at.as_seconds(),
            exp: self.expires_at.as_seconds(),
            jti: self.secret.reveal(),
            scope: &self.scopes,
            auth_time: about.auth_at.map(Timestamp::as_seconds),
            acr: about.acr,
            amr: about.amr.split(' ').filter(|value| !value.is_empty()).collect(),
            groups: about.groups,
            act: self.act.as_ref(),
            cnf: self.jkt.as_ref().map(|jkt| json!({ "jkt": jkt })),
        };
        keys.active(api.terms.signing_alg)?.jwt("at+jwt", &claims)
    }
}

/// The `token_type` of a token.
pub(super) const fn token_type(is_bound: bool) -> &'static str {
    if is_bound { "DPoP" } else { "Bearer" }
}

/// A JWT access token of ours that came back and has not expired. Whether it was taken back is another question.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct Read {
    pub(super) iss: String,
    pub(super) aud: String,
    pub(super) sub: String,
    pub(super) client_id: String,
    pub(super) iat: i64,
    pub(super) exp: i64,
    pub(super) jti: String,
    #[serde(default)]
    pub(super) scope: String,
    pub(super) cnf: Option<Confirmation>,
}

/// The key a token is bound to.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct Confirmation {
    pub(super) jkt: String,
}

impl Read {
    /// Whether the client got it for itself.
    pub(super) fn is_a_machines(&self) -> bool {
        self.sub == self.client_id
    }

    /// What its row, or the note that it was given back, is found by.
    pub(super) fn hash(&self) -> TokenHash {
        TokenHash::of(&self.jti)
    }
}

/// Reads a JWT access token: signed by a key of ours, of the type `at+jwt`, issued here and not expired. `None` for anything else, opaque tokens too.
pub(super) fn read(origin: &Origin, keys: &KeySet, unverified_token: &str, now: Timestamp) -> Option<Read> {
    // Parsed once by the strict reader, which knows no `none` and no HMAC.
    let jws = Jws::parse(unverified_token, BYTES_MAX).ok().filter(|jws| jws.header().is_typ("at+jwt"))?;
    let alg = jws_alg(jws.header().alg);
    let (signed, signature) = unverified_token.rsplit_once('.')?;
    let signature = from_base64url(signature)?;
    let key = jws.header().kid.as_deref().filter(|kid| keys.is_published(kid)).and_then(|kid| keys.verification_key(kid))?;
    key.verify_signature(&alg, signed.as_bytes(), &signature).ok()?;
    let read: Read = jws.unverified_claims().ok()?;
    (read.iss == origin.as_str() && now.as_seconds() < read.exp).then_some(read)
}
