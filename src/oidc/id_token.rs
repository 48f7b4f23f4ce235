//! ID tokens (OpenID Connect Core, section 2): making them, and reading one that comes back as a hint.

use std::time::Duration;

use anyhow::Context as _;
use openidconnect::core::{CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm};
use openidconnect::{
    AccessToken, Audience, AuthenticationContextClass, AuthenticationMethodReference, ClientId, IdToken, IdTokenClaims, IdTokenVerifier, IssuerUrl,
    Nonce, StandardClaims, SubjectIdentifier,
};

use super::claims::{Claims, MoreClaims, instant};
use super::keys::{KeySet, SigningKey, jws_alg};
use super::subject::Subjects;
use crate::clients::SigningAlg;
use crate::clock::Timestamp;
use crate::config::Origin;
use crate::id::{self, SessionId, UserId};
use crate::jose::Jws;
use crate::secret::{base64url, sha256};

/// The longest hint we look at.
const HINT_BYTES_MAX: usize = 32 * 1024;

type Token = IdToken<MoreClaims, CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm>;

/// What an ID token says besides the claims of the scopes.
#[derive(Clone, Copy, Debug)]
pub struct About<'a> {
    /// For whom it is.
    pub client_id: &'a str,
    /// Whom it is about, as the client calls them.
    pub subject: &'a str,
    /// When they proved who they are.
    pub auth_at: Timestamp,
    /// How, as RFC 8176 values separated by spaces.
    pub amr: &'a str,
    /// How well, as one of the names of [`Class`](super::acr::Class).
    pub acr: &'a str,
    /// The session at this app; none when there is no browser session behind it.
    pub sid: Option<&'a str>,
    /// The request's `nonce`; none in a refreshed token (OpenID Connect Core, section 12.2).
    pub nonce: Option<&'a str>,
    /// How long it is good for.
    pub lifetime: Duration,
    /// The access token given with it, for `at_hash`.
    pub access_token: &'a str,
}

/// Makes and signs an ID token. `claims` are those of the scopes; `None` keeps them to userinfo.
///
/// # Errors
/// When signing fails.
pub fn sign(origin: &Origin, key: &SigningKey, about: &About<'_>, claims: Option<Claims>, now: Timestamp) -> anyhow::Result<String> {
    let issuer = IssuerUrl::new(origin.as_str().to_owned()).context("the issuer")?;
    let subject = SubjectIdentifier::new(about.subject.to_owned());
    let (standard, mut additional) = claims.unwrap_or_else(|| (StandardClaims::new(subject), MoreClaims::default()));
    additional.sid = about.sid.map(str::to_owned);
    let at = |time: Timestamp| instant(time).context("an instant out of range");
    let audience = vec![Audience::new(about.client_id.to_owned())];
    let amr = about.amr.split(' ').filter(|value| !value.is_empty()).map(|value| AuthenticationMethodReference::new(value.to_owned())).collect();
    let claims = IdTokenClaims::new(issuer, audience, at(now + about.lifetime)?, at(now)?, standard, additional)
        .set_auth_time(Some(at(about.auth_at)?))
        .set_auth_context_ref(Some(AuthenticationContextClass::new(about.acr.to_owned())))
        .set_auth_method_refs(Some(amr))
        .set_nonce(about.nonce.map(|nonce| Nonce::new(nonce.to_owned())));
    let access_token = AccessToken::new(about.access_token.to_owned());
    let token = Token::new(claims, key, key.jws_alg(), Some(&access_token), None).context("signing an ID token")?;
    Ok(token.to_string())
}

/// The name of a browser session at one app (`sid`): the same for as long as the session lasts, another one at every other app, so that apps cannot compare.
pub fn sid(session: SessionId, client: id::ClientId) -> String {
    let hash = sha256(format!("sid {session} {client}").as_bytes());
    base64url(&hash[..16])
}

/// An ID token of ours that came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint {
    /// Whom it is about.
    pub user: UserId,
    /// For whom it was.
    pub client_id: String,
    /// The session it was given in, as that client knows it ([`sid`]); none when there was none.
    pub sid: Option<String>,
}

/// Reads an `id_token_hint`: signed by a key of ours, current or retired, and issued here. Expired ones count too (RP-Initiated Logout, section 2).
/// `None` for anything else.
pub fn read_hint(origin: &Origin, keys: &KeySet, subjects: &Subjects, unverified_hint: &str) -> Option<Hint> {
    // Other kinds of tokens are signed with the same keys (RFC 8725 section 3.11).
    Jws::parse(unverified_hint, HINT_BYTES_MAX).ok().filter(|jws| jws.header().typ.is_none() || jws.header().is_typ("JWT"))?;
    let token: Token = unverified_hint.parse().ok()?;
    let issuer = IssuerUrl::new(origin.as_str().to_owned()).ok()?;
    let algs = SigningAlg::ALL.map(jws_alg);
    let verifier = IdTokenVerifier::new_public_client(ClientId::new(String::new()), issuer, keys.verification_keys())
        .require_audience_match(false)
        .set_allowed_algs(algs)
        .set_time_fn(|| chrono::DateTime::UNIX_EPOCH);
    let claims = token.claims(&verifier, |_: Option<&Nonce>| Ok(())).ok()?;
    let [audience] = claims.audiences().as_slice() else { return None };
    let sid = claims.additional_claims().sid.clone();
    Some(Hint { user: subjects.read(claims.subject().as_str())?, client_id: audience.as_str().to_owned(), sid })
}
