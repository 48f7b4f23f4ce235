//! Logout tokens (OpenID Connect Back-Channel Logout 1.0, section 2.4): what an app is told when a session ends, signed as its ID tokens are.

use std::time::Duration;

use anyhow::Context as _;
use openidconnect::{JsonWebKey as _, PrivateSigningKey as _};
use serde_json::json;

use super::keys::SigningKey;
use crate::clients::SigningAlg;
use crate::clock::Timestamp;
use crate::config::Origin;
use crate::secret::{base64url, random_bytes};

/// The member of `events` that makes a token a logout token.
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";
/// How long one is good for; the specification recommends at most two minutes. Each try gets a fresh one.
const LIFETIME: Duration = Duration::from_secs(120);

/// What a logout token says.
#[derive(Clone, Copy, Debug)]
pub(super) struct About<'a> {
    /// For whom it is.
    pub(super) client_id: &'a str,
    /// Whose session ended, as the app knows them.
    pub(super) sub: &'a str,
    /// Which session at this app; none when there was no browser session.
    pub(super) sid: Option<&'a str>,
}

/// Makes and signs a logout token. Each has a `jti` of its own and none has a `nonce`, so that no ID token passes for one and the other way round.
///
/// # Errors
/// When signing fails.
pub(super) fn sign(origin: &Origin, alg: SigningAlg, key: &SigningKey, about: &About<'_>, now: Timestamp) -> anyhow::Result<String> {
    let public = key.as_verification_key();
    let kid = public.key_id().context("a signing key without an id")?;
    let header = json!({ "typ": "logout+jwt", "alg": alg.as_str(), "kid": kid.as_str() });
    let mut claims = json!({
        "iss": origin.as_str(),
        "aud": about.client_id,
        "sub": about.sub,
        "iat": now.as_seconds(),
        "exp": (now + LIFETIME).as_seconds(),
        "jti": base64url(&random_bytes::<16>()),
        "events": { EVENT: {} },
    });
    if let Some(sid) = about.sid {
        claims["sid"] = json!(sid);
    }
    let signed = format!("{}.{}", base64url(header.to_string().as_bytes()), base64url(claims.to_string().as_bytes()));
    let signature = key.sign(&key.jws_alg(), signed.as_bytes()).context("signing a logout token")?;
    Ok(format!("{signed}.{}", base64url(&signature)))
}
