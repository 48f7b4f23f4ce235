//! Adding a passkey.

use anyhow::Context as _;
use webauthn_rs::prelude::{Credential, PasskeyRegistration, WebauthnError};
use webauthn_rs_proto::{AuthenticatorSelectionCriteria, RequestRegistrationExtensions, ResidentKeyRequirement, UserVerificationPolicy};

use super::model::{PASSKEYS_MAX, Passkey, Purpose, suggest_name};
use super::{Answer, CeremonyError, Started, begin, display_name, expected, gate, gate_refused, may_add, refused, store, take};
use crate::account_news::{self, News};
use crate::app::App;
use crate::audit::{self, Event, Kind};
use crate::clock::Timestamp;
use crate::id::{AuditEventId, PasskeyId};
use crate::secret::TokenHash;
use crate::sessions::{self, SignedIn};

/// A passkey that was added.
#[derive(Debug)]
pub struct Added {
    /// Our identity of it.
    pub id: PasskeyId,
    /// Whether it can be copied to other devices.
    pub synced: bool,
    /// Whether it is the only one its person has.
    pub is_first: bool,
}

/// Begins adding a passkey for the person signed in.
///
/// # Errors
/// `TooMany` at [`PASSKEYS_MAX`]; `PasskeyNeeded` in a session that came by a password, when there is a passkey; `Internal` when the database refuses.
pub async fn start_registration(app: &App, now: Timestamp, signed_in: &SignedIn, browser: &TokenHash) -> Result<Started, CeremonyError> {
    let user = &signed_in.user;
    let existing = store::of_user(&mut app.db.read().await?, user.id).await?;
    if existing.len() >= PASSKEYS_MAX {
        return Err(CeremonyError::TooMany);
    }
    if !may_add(signed_in.session.method, !existing.is_empty()) {
        return Err(CeremonyError::PasskeyNeeded);
    }
    // All ids: an authenticator keeps one credential per person, so without the list a second one would silently replace the first.
    let exclude = existing.iter().map(|passkey| passkey.credential_id.clone()).collect();
    let (mut options, state) = app
        .webauthn
        .start_passkey_registration(user.user_handle, &user.username, display_name(user), Some(exclude))
        .context("beginning a registration")?;
    // The library keeps the name it was built with when the server started.
    options.public_key.rp.name.clone_from(&app.settings().app_name);
    // The library's default gives passkeys that cannot sign in without a name.
    options.public_key.authenticator_selection = Some(AuthenticatorSelectionCriteria {
        authenticator_attachment: None,
        resident_key: Some(ResidentKeyRequirement::Required),
        require_resident_key: true,
        user_verification: UserVerificationPolicy::Required,
    });
    options.public_key.extensions = options.public_key.extensions.map(|asked| RequestRegistrationExtensions { uvm: None, ..asked });
    let ceremony = begin(app, Purpose::Register, Some(user.id), browser, &state, &options.public_key.challenge, now).await?;
    let public_key = serde_json::to_value(&options.public_key).context("writing the options")?;
    Ok(Started { ceremony, public_key })
}

/// Judges the browser's answer and keeps the new passkey.
///
/// # Errors
/// See [`CeremonyError`]; every refusal of an answer to a ceremony of ours is audited.
pub async fn finish_registration(app: &App, now: Timestamp, signed_in: &SignedIn, answer: &Answer<'_>) -> Result<Added, CeremonyError> {
    let user = &signed_in.user;
    let refuse = async |reason: &str, error: CeremonyError| -> CeremonyError {
        match refused(app, now, answer, Purpose::Register, Some(user), reason, None).await {
            Ok(code) => error.filed(code),
            Err(internal) => internal.into(),
        }
    };
    let ceremony = take(app, now, Purpose::Register, Some(user), answer).await?;
    let checked = match gate::registration(answer.unverified_credential, expected(app, &ceremony)) {
        Ok(checked) => checked,
        Err(refusal) => return Err(gate_refused(app, now, answer, Purpose::Register, Some(user), refusal).await?),
    };
    let state: PasskeyRegistration = serde_json::from_str(&ceremony.state).context("reading a ceremony")?;
    let verified = match app.webauthn.finish_passkey_registration(&checked.credential, &state) {
        Ok(verified) => verified,
        // The library's name for an excluded credential; the gate has already seen to the algorithm.
        Err(WebauthnError::CredentialAlteredAlgFromRequest | WebauthnError::CredentialExcludedFromRequest) => {
            return Err(refuse("already_registered", CeremonyError::AlreadyRegistered).await);
        }
        Err(error) => return Err(refuse(&format!("{error:?}"), CeremonyError::Refused).await),
    };

    let mut tx = app.db.begin().await?;
    if !store::lock_person(&mut tx, user.id, signed_in.session.id).await? {
        drop(tx);
        return Err(refuse("signed_out_meanwhile", CeremonyError::Refused).await);
    }
    let existing = store::of_user(&mut tx, user.id).await?;
    if existing.len() >= PASSKEYS_MAX {
        drop(tx);
        return Err(refuse("too_many", CeremonyError::TooMany).await);
    }
    if !may_add(signed_in.session.method, !existing.is_empty()) {
        drop(tx);
        return Err(refuse("passkey_needed", CeremonyError::PasskeyNeeded).await);
    }
    let taken: Vec<&str> = existing.iter().map(|passkey| passkey.name.as_str()).collect();
    let user_agent = &answer.client.user_agent;
    let name = suggest_name(checked.aaguid, &checked.transports, checked.attachment, user_agent, &taken);
    let credential = Credential::from(verified.clone());
    let passkey = Passkey {
        id: PasskeyId::new(),
        user_id: user.id,
        credential_id: checked.credential.raw_id.as_slice().to_vec(),
        credential: serde_json::to_string(&verified).context("storing a passkey")?,
        name,
        aaguid: checked.aaguid,
        transports: serde_json::to_string(&checked.transports).context("storing a passkey")?,
        attachment: checked.attachment.map(str::to_owned),
        backup_eligible: credential.backup_eligible,
        backup_state: credential.backup_state,
        sign_count: i64::from(credential.counter),
        created_at: now,
        created_user_agent: user_agent.clone(),
        last_used_at: None,
        last_used_ip: String::new(),
        last_used_user_agent: String::new(),
        use_count: 0,
    };
    if !store::any(&mut tx).await? {
        // The first passkey decides which host name passkeys belong to: a command that was run with another APP_URL has noted its own until now.
        super::belong_to(&mut tx, app.config.origin.host()).await?;
    }
    if !store::insert(&mut tx, &passkey).await? {
        drop(tx);
        // Theirs would have been on the exclude list: it is somebody else's, or two answers of one device met.
        return Err(refuse("credential_id_taken", CeremonyError::Refused).await);
    }
    let event = Event::new(now, Kind::PasskeyAdded, signed_in.actor()).on(user.id.uuid(), &user.username).from_client(answer.client);
    let event = event.with("passkey", passkey.name.as_str()).with("synced", passkey.backup_eligible).with("passkey_id", passkey.id.to_string());
    let id = AuditEventId::new();
    audit::record_as(&mut tx, id, event.with("amr", signed_in.session.method.amr().join(" "))).await?;
    account_news::tell(&mut tx, app, user, News::PasskeyAdded { name: &passkey.name }, answer.client, id, now).await?;
    if signed_in.session.method.is_for_first_passkey() {
        // Whoever else came in by the same password.
        sessions::end_others(&mut tx, user.id, signed_in.session.id, now).await?;
    }
    tx.commit().await?;
    Ok(Added { id: passkey.id, synced: passkey.backup_eligible, is_first: existing.is_empty() })
}
