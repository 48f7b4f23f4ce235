//! Proving with a passkey that it is still the same person. Only the passkeys of who is signed in count.

use anyhow::Context as _;
use webauthn_rs_proto::{AllowCredentials, AuthenticatorTransport};

use super::model::Purpose;
use super::sign_in::{SignedInWith, judge, note};
use super::{Answer, CeremonyError, Passkey, Started, begin, expected, gate, gate_refused, store, take};
use crate::app::App;
use crate::audit::{Event, Kind};
use crate::clock::Timestamp;
use crate::secret::TokenHash;
use crate::sessions::SignedIn;

/// Begins a proof of the person signed in; `None` when they have no passkey.
///
/// # Errors
/// When the database refuses.
pub async fn start_proof(app: &App, now: Timestamp, signed_in: &SignedIn, browser: &TokenHash) -> anyhow::Result<Option<Started>> {
    let passkeys = store::of_user(&mut app.db.read().await?, signed_in.user.id).await?;
    if passkeys.is_empty() {
        return Ok(None);
    }
    // The same state as at a sign-in, so that what is judged is judged in one way; the list is for the browser, and whose passkey it was is checked here.
    let (mut options, state) = app.webauthn.start_discoverable_authentication().context("beginning a proof")?;
    options.public_key.extensions = None;
    options.public_key.allow_credentials = passkeys.iter().map(allowed).collect();
    let ceremony = begin(app, Purpose::Proof, Some(signed_in.user.id), browser, &state, &options.public_key.challenge, now).await?;
    let public_key = serde_json::to_value(&options.public_key).context("writing the options")?;
    Ok(Some(Started { ceremony, public_key }))
}

/// With the ways to reach it that its browser named when it was made: without them, browsers offer a telephone and a security key for nothing.
fn allowed(passkey: &Passkey) -> AllowCredentials {
    let transports: Vec<AuthenticatorTransport> = serde_json::from_str(&passkey.transports).unwrap_or_default();
    AllowCredentials {
        type_: "public-key".to_owned(),
        id: passkey.credential_id.clone(),
        transports: Some(transports).filter(|transports| !transports.is_empty()),
    }
}

/// Judges the browser's answer and notes the proof, and what it is for. The caller renews the session.
///
/// # Errors
/// See [`CeremonyError`]; `OtherAccount` for a passkey of somebody else. Every refusal of an answer to a ceremony of ours is audited.
pub async fn finish_proof(
    app: &App,
    now: Timestamp,
    signed_in: &SignedIn,
    answer: &Answer<'_>,
    purpose: &str,
) -> Result<SignedInWith, CeremonyError> {
    let user = &signed_in.user;
    let ceremony = take(app, now, Purpose::Proof, Some(user), answer).await?;
    let checked = match gate::assertion_of_someone_known(answer.unverified_credential, expected(app, &ceremony)) {
        Ok(checked) => checked,
        Err(refusal) => return Err(gate_refused(app, now, answer, Purpose::Proof, Some(user), refusal).await?),
    };
    let proved = judge(app, now, answer, &ceremony, &checked, Some(user)).await?;
    let event = Event::new(now, Kind::ProofGiven, signed_in.actor()).on(user.id.uuid(), &user.username);
    note(app, now, answer, &proved, event.with("purpose", purpose)).await?;
    Ok(proved.into())
}
