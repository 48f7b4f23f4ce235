//! Checking what was signed with a client's key, or with that of a platform it runs on: keys by value, or fetched and kept for a while.

mod remote;

use crate::app::App;
use crate::clients::Client;
use crate::clock::Timestamp;
use crate::jose::{Alg, Jws, JwsError, KeySet, Verified};
use crate::outbound::NamedBy;

pub use remote::{NoKeys, RemoteKeys, Source};

/// Verifies that a token was signed by this client.
///
/// # Errors
/// [`JwsError`]; `UnknownKey` also when its keys cannot be had, which the log explains.
pub async fn verify<'a>(app: &App, client: &Client, jws: &'a Jws, allowed: &[Alg], now: Timestamp) -> Result<Verified<'a>, JwsError> {
    let policy = &client.registration.policies.authentication;
    if !policy.jwks.is_empty() {
        // They were checked when they were entered.
        let keys = KeySet::parse(policy.jwks.as_bytes()).map_err(|_| JwsError::UnknownKey)?;
        return jws.verify_with(&keys, allowed);
    }
    if policy.jwks_uri.is_empty() {
        return Err(JwsError::UnknownKey);
    }
    verify_remotely(app, Source::Jwks(&policy.jwks_uri), named_by(client), jws, allowed, now).await
}

/// Verifies that a token was signed by this issuer, which an administrator named.
///
/// # Errors
/// As [`verify`].
pub async fn verify_of_issuer<'a>(app: &App, issuer: &str, jws: &'a Jws, now: Timestamp) -> Result<Verified<'a>, JwsError> {
    verify_remotely(app, Source::Issuer(issuer), NamedBy::Administrator, jws, &Alg::ALL, now).await
}

/// Who named the address of a client's keys.
const fn named_by(client: &Client) -> NamedBy {
    client.registration.policies.provenance.named_by()
}

async fn verify_remotely<'a>(
    app: &App,
    source: Source<'_>,
    named_by: NamedBy,
    jws: &'a Jws,
    allowed: &[Alg],
    now: Timestamp,
) -> Result<Verified<'a>, JwsError> {
    let fetched = async |wants_newer| app.remote_keys.get(&app.outbound, source, named_by, wants_newer, now).await.map_err(|_| JwsError::UnknownKey);
    match jws.verify_with(&*fetched(false).await?, allowed) {
        // The other side may have new keys; it is asked again, though not often.
        Err(why) if may_have_changed(jws, why) => jws.verify_with(&*fetched(true).await?, allowed),
        verified => verified,
    }
}

/// Whether newer keys could make a token good: it names one that is not there, or names none and fits none.
const fn may_have_changed(jws: &Jws, why: JwsError) -> bool {
    matches!(why, JwsError::UnknownKey) || (matches!(why, JwsError::Signature) && jws.header().kid.is_none())
}
