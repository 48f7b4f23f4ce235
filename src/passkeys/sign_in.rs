//! Signing in with a passkey, without typing a name.

use anyhow::Context as _;
use uuid::Uuid;
use webauthn_rs::prelude::{AuthenticationResult, Credential, DiscoverableAuthentication, Passkey as Stored, WebauthnError};

use super::gate::CheckedAssertion;
use super::model::{Ceremony, Passkey, Purpose};
use super::{Answer, CeremonyError, Started, begin, expected, gate, gate_refused, policy, refused, store, take};
use crate::app::App;
use crate::audit::{self, Actor, Event, Kind};
use crate::authenticators::{Applying, Held, Verdict};
use crate::clock::Timestamp;
use crate::directory::{self, Refreshed};
use crate::secret::TokenHash;
use crate::users::{self, User};

/// Who proved to be whom.
#[derive(Debug)]
pub struct SignedInWith {
    /// The person.
    pub user: User,
    /// Whether their passkey can be copied to other devices.
    pub synced: bool,
    /// The model of its authenticator, where that was proved.
    pub model: Option<Uuid>,
    /// It will do for some more days only.
    pub lacking: bool,
    /// It is kept by a telephone or a computer, not by a security key, and any other such passkey would do as well.
    pub on_a_device: bool,
}

/// Begins a sign-in of somebody unnamed.
///
/// # Errors
/// When the database refuses.
pub async fn start_sign_in(app: &App, now: Timestamp, browser: &TokenHash) -> anyhow::Result<Started> {
    let (mut options, state) = app.webauthn.start_discoverable_authentication().context("beginning a sign-in")?;
    options.public_key.extensions = None;
    let ceremony = begin(app, Purpose::SignIn, None, browser, &state, &options.public_key.challenge, now).await?;
    let public_key = serde_json::to_value(&options.public_key).context("writing the options")?;
    Ok(Started { ceremony, public_key })
}

/// Judges the browser's answer and notes the sign-in. The caller starts the session.
///
/// # Errors
/// See [`CeremonyError`]; every refusal of an answer to a ceremony of ours is audited.
pub async fn finish_sign_in(app: &App, now: Timestamp, answer: &Answer<'_>) -> Result<SignedInWith, CeremonyError> {
    let ceremony = take(app, now, Purpose::SignIn, None, answer).await?;
    let checked = match gate::assertion(answer.unverified_credential, expected(app, &ceremony)) {
        Ok(checked) => checked,
        Err(refusal) => return Err(gate_refused(app, now, answer, Purpose::SignIn, None, refusal).await?),
    };
    let proved = judge(app, now, answer, &ceremony, &checked, None).await?;
    let user = &proved.user;
    let event = Event::new(now, Kind::SignIn, Actor::user(user.id, &user.username)).on(user.id.uuid(), &user.username);
    note(app, now, answer, &proved, event.with("method", "passkey")).await?;
    Ok(proved.into())
}

/// An assertion that has been judged: who it proved, and by what.
pub(super) struct Proved {
    pub(super) user: User,
    passkey: Passkey,
    verified: Verified,
    purpose: Purpose,
    held: Held,
    applying: Applying,
    /// Until when the passkey will do, when it is too little for a policy.
    until: Option<Timestamp>,
}

impl From<Proved> for SignedInWith {
    fn from(proved: Proved) -> Self {
        let on_a_device = proved.passkey.is_on_a_device() && proved.applying.rule().is_open();
        Self { user: proved.user, synced: proved.held.synced, model: proved.held.model, lacking: proved.until.is_some(), on_a_device }
    }
}

/// Steps 4 and 5 of the order in `mod.rs`, for a checked assertion: of anybody, or of one person only.
pub(super) async fn judge(
    app: &App,
    now: Timestamp,
    answer: &Answer<'_>,
    ceremony: &Ceremony,
    checked: &CheckedAssertion,
    only: Option<&User>,
) -> Result<Proved, CeremonyError> {
    let purpose = if only.is_some() { Purpose::Proof } else { Purpose::SignIn };
    let refuse = async |owned: Option<(&User, &Passkey)>, reason: &str, error: CeremonyError| -> CeremonyError {
        let (person, passkey) = owned.unzip();
        match refused(app, now, answer, purpose, only.or(person), super::Cause { passkey, ..super::Cause::of(reason) }).await {
            Ok(code) => error.filed(code),
            Err(internal) => internal.into(),
        }
    };
    let owned = {
        let mut conn = app.db.read().await?;
        match store::find_by_credential_id(&mut conn, &checked.credential.raw_id).await? {
            Some(passkey) => users::find(&mut conn, passkey.user_id).await?.map(|user| (passkey, user)),
            None => None,
        }
    };
    let Some((passkey, user)) = owned else { return Err(refuse(None, "unknown_credential", CeremonyError::UnknownCredential).await) };
    // Section 7.2, step 5: where the person is known before, the credential has to be theirs.
    if only.is_some_and(|only| only.id != user.id) {
        return Err(refuse(None, "other_account", CeremonyError::OtherAccount).await);
    }
    // Section 7.2, step 6: the library does not tie the handle to the credential.
    if checked.unverified_user_handle.is_some_and(|handle| handle != user.user_handle) {
        return Err(refuse(Some((&user, &passkey)), "other_user_handle", CeremonyError::Refused).await);
    }
    let state: DiscoverableAuthentication = serde_json::from_str(&ceremony.state).context("reading a ceremony")?;
    let verified = match verify(app, checked, state, &passkey)? {
        Ok(verified) => verified,
        Err(WebauthnError::CredentialPossibleCompromise) => {
            return Err(refuse(Some((&user, &passkey)), super::COUNTER_WENT_BACK, CeremonyError::PossibleCopy).await);
        }
        Err(error) => return Err(refuse(Some((&user, &passkey)), &format!("{error:?}"), CeremonyError::Refused).await),
    };
    let user = match directory::refresh_person(app, &user, now).await {
        Refreshed::Updated | Refreshed::Out => users::find(&mut app.db.read().await?, user.id).await?.unwrap_or(user),
        Refreshed::NotAsked | Refreshed::Unchanged | Refreshed::Unreachable => user,
    };
    // Only now, so that nobody without the key learns who is disabled.
    if user.is_disabled() {
        return Err(refuse(Some((&user, &passkey)), "disabled", CeremonyError::Refused).await);
    }
    let metadata = app.authenticators.get();
    let held = policy::held(verified.result.backup_eligible(), passkey.attested, passkey.aaguid, metadata.as_deref());
    let applying = policy::of_person(&mut app.db.read().await?, user.id).await?;
    let until = match applying.judge(held, now) {
        Verdict::Good => None,
        Verdict::Until(until) => Some(until),
        Verdict::Refused(lack) => {
            let wanted = applying.rule().words(metadata.as_deref());
            return Err(refuse(Some((&user, &passkey)), lack.code(), CeremonyError::Unsuitable { wanted, adding: false }).await);
        }
    };
    Ok(Proved { user, passkey, verified, purpose, held, applying, until })
}

/// Step 6: notes that the passkey was used and records the event, which says with which one; both or neither.
pub(super) async fn note(app: &App, now: Timestamp, answer: &Answer<'_>, proved: &Proved, event: Event) -> Result<(), CeremonyError> {
    let Proved { user, passkey, verified: Verified { stored, result, became_eligible }, purpose, held, applying, until } = proved;
    let credential = serde_json::to_string(stored).context("storing a passkey")?;
    let used = store::Use {
        credential: &credential,
        backup_eligible: result.backup_eligible(),
        backup_state: result.backup_state(),
        sign_count: i64::from(result.counter()),
        client: answer.client,
    };
    let mut event = event.from_client(answer.client).with("passkey", passkey.name.as_str()).with("passkey_id", passkey.id.to_string());
    if *became_eligible {
        event = event.with("passkey_became_synced", true);
    }
    if let Some(until) = until {
        event = event.with("unsuitable_from", until.rfc3339());
    }
    let mut tx = app.db.begin().await?;
    if !store::note_use(&mut tx, passkey.id, used, now).await? {
        drop(tx);
        let code = refused(app, now, answer, *purpose, Some(user), super::Cause::of("removed_or_used_meanwhile")).await?;
        return Err(CeremonyError::Refused.filed(code));
    }
    if *purpose == Purpose::SignIn {
        users::signed_in(&mut tx, user.id, now).await?;
    }
    policy::note_lack(&mut tx, user.id, applying, *held, now).await?;
    audit::record(&mut tx, event).await?;
    tx.commit().await?;
    Ok(())
}

struct Verified {
    /// The credential with its new counter and flags.
    stored: Stored,
    result: AuthenticationResult,
    /// It was bound to one device and can be copied now.
    became_eligible: bool,
}

/// The cryptography, and one leniency: password managers turn a passkey of one device into a synced one, which the library refuses without a name.
/// The same answer is verified again against the credential as it says it is now; whether its person may use a synced one, policies say afterwards.
fn verify(
    app: &App,
    checked: &CheckedAssertion,
    state: DiscoverableAuthentication,
    passkey: &Passkey,
) -> anyhow::Result<Result<Verified, WebauthnError>> {
    let mut stored: Stored = serde_json::from_str(&passkey.credential).context("reading a passkey")?;
    let mut became_eligible = false;
    let mut result = app.webauthn.finish_discoverable_authentication_v2(&checked.credential, state.clone(), &stored);
    if matches!(&result, Err(WebauthnError::CredentialBackupEligibilityInconsistent | WebauthnError::CredentialMayNotBeHardwareBound))
        && checked.backup_eligible
        && !passkey.backup_eligible
    {
        let mut credential = Credential::from(stored);
        credential.backup_eligible = true;
        stored = credential.into();
        became_eligible = true;
        result = app.webauthn.finish_discoverable_authentication_v2(&checked.credential, state, &stored);
    }
    Ok(result.map(|result| {
        stored.update_credential(&result);
        Verified { stored, result, became_eligible }
    }))
}
