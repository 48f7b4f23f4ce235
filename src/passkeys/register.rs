//! Adding a passkey. Where a policy names models, the authenticator is asked to prove its own (attestation, WebAuthn Level 3, section 6.5), and the library holds the
//! proof against the certificates of those models; otherwise nobody asks, for browsers would ask the person whether they agree.

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use webauthn_rs::prelude::{
    AttestationCaList, AttestationCaListBuilder, AttestedPasskeyRegistration, CreationChallengeResponse, Credential, CredentialID, Passkey as Stored,
    PasskeyRegistration, WebauthnError,
};
use webauthn_rs_proto::{
    AuthenticatorSelectionCriteria, CredProtect, PublicKeyCredentialHints, RequestRegistrationExtensions, ResidentKeyRequirement,
    UserVerificationPolicy,
};

use super::gate::CheckedRegistration;
use super::model::{PASSKEYS_MAX, Passkey, Purpose, suggest_name};
use super::{Answer, Cause, CeremonyError, Started, begin, display_name, expected, gate, gate_refused, may_add, policy, refused, rp_id, store, take};
use crate::account_news::{self, News};
use crate::app::App;
use crate::audit::{self, Event, Kind};
use crate::authenticators::{Metadata, Rule};
use crate::clock::Timestamp;
use crate::id::{AuditEventId, PasskeyId};
use crate::language::t;
use crate::secret::TokenHash;
use crate::sessions::{self, SignedIn};

/// A passkey that was added.
#[derive(Debug)]
pub struct Added {
    /// Our identity of it.
    pub id: PasskeyId,
    /// Whether it can be copied to other devices.
    pub synced: bool,
    /// The model of its authenticator, where that was proved.
    pub model: Option<Uuid>,
    /// Whether it is the only one its person has.
    pub is_first: bool,
}

/// What webauthn-rs keeps of a registration that has begun.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Begun {
    /// The authenticator has to prove its model. In a member of its own, so that it can never be read as the other.
    Attested {
        attested: AttestedPasskeyRegistration,
    },
    Plain(PasskeyRegistration),
}

/// Begins adding a passkey for the person signed in. It has to satisfy their policies, and what the app they are on the way to wants.
///
/// # Errors
/// `TooMany` at [`PASSKEYS_MAX`]; `PasskeyNeeded` in a session that came by a password, when there is a passkey; `NoMetadata` when models are wanted and the list of
/// them is missing or out of date; `Unsuitable` when nothing could satisfy what is wanted; `Internal` when the database refuses.
pub async fn start_registration(
    app: &App,
    now: Timestamp,
    signed_in: &SignedIn,
    browser: &TokenHash,
    rule_of_app: &Rule,
) -> Result<Started, CeremonyError> {
    let user = &signed_in.user;
    let (existing, applying) = {
        let mut conn = app.db.read().await?;
        (store::of_user(&mut conn, user.id).await?, policy::of_person(&mut conn, user.id).await?)
    };
    let rule = applying.rule().and(rule_of_app);
    if existing.len() >= PASSKEYS_MAX {
        return Err(CeremonyError::TooMany);
    }
    if !may_add(signed_in.session.method, !existing.is_empty()) {
        return Err(CeremonyError::PasskeyNeeded);
    }
    // All ids: an authenticator keeps one credential per person, so without the list a second one would silently replace the first.
    let exclude: Vec<CredentialID> = existing.iter().map(|passkey| passkey.credential_id.clone()).collect();
    let (mut options, state) = ask(app, now, signed_in, exclude, &rule)?;
    // The library keeps the name it was built with when the server started.
    options.public_key.rp.name.clone_from(&app.settings().app_name);
    // The library's default gives passkeys that cannot sign in without a name.
    options.public_key.authenticator_selection = Some(AuthenticatorSelectionCriteria {
        authenticator_attachment: None,
        resident_key: Some(ResidentKeyRequirement::Required),
        require_resident_key: true,
        user_verification: UserVerificationPolicy::Required,
    });
    // What the library asks for besides has no use here, and to enforce credProtect would shut out the authenticators built into computers.
    options.public_key.extensions = options.public_key.extensions.map(|asked| RequestRegistrationExtensions {
        uvm: None,
        min_pin_length: None,
        hmac_create_secret: None,
        cred_protect: asked.cred_protect.map(|protect| CredProtect { enforce_credential_protection_policy: None, ..protect }),
        ..asked
    });
    if rule.device_bound || rule.models.is_some() {
        options.public_key.hints = Some(vec![PublicKeyCredentialHints::SecurityKey, PublicKeyCredentialHints::ClientDevice]);
    }
    let ceremony = begin(app, Purpose::Register, Some(user.id), browser, &state, &options.public_key.challenge, now).await?;
    let public_key = serde_json::to_value(&options.public_key).context("writing the options")?;
    Ok(Started { ceremony, public_key })
}

/// The options, and what the library keeps.
fn ask(
    app: &App,
    now: Timestamp,
    signed_in: &SignedIn,
    exclude: Vec<CredentialID>,
    rule: &Rule,
) -> Result<(CreationChallengeResponse, Begun), CeremonyError> {
    let user = &signed_in.user;
    let metadata = app.authenticators.get();
    let Some(models) = &rule.models else {
        let started = app.webauthn.start_passkey_registration(user.user_handle, &user.username, display_name(user), Some(exclude));
        let (options, state) = started.context("beginning a registration")?;
        return Ok((options, Begun::Plain(state)));
    };
    let Some(metadata) = metadata.filter(|metadata| metadata.is_current(now)) else {
        tracing::error!(
            "a passkey policy names models, and the list of authenticator models (PASSKEY_METADATA_FILE) is missing or out of date: nobody it applies to can add a passkey"
        );
        return Err(CeremonyError::NoMetadata);
    };
    let Some(roots) = roots(&metadata, models.iter().copied()) else {
        return Err(CeremonyError::Unsuitable { wanted: rule.words(Some(&metadata)), adding: true });
    };
    let started = app.webauthn.start_attested_passkey_registration(user.user_handle, &user.username, display_name(user), Some(exclude), roots, None);
    let (options, attested) = started.context("beginning a registration with attestation")?;
    Ok((options, Begun::Attested { attested }))
}

/// What attestations of these models are held against; `None` when none of them can prove what it is.
fn roots(metadata: &Metadata, models: impl IntoIterator<Item = Uuid>) -> Option<AttestationCaList> {
    let mut list = AttestationCaListBuilder::new();
    let able = models.into_iter().filter_map(|id| Some((id, metadata.model(id)?))).filter(|(_, model)| model.can_prove());
    for (id, model) in able {
        for root in &model.roots {
            if let Err(error) = list.insert_device_der(root, id, model.name.clone(), std::collections::BTreeMap::new()) {
                tracing::warn!(model = model.name, ?error, "a root certificate in the list of authenticator models cannot be read");
            }
        }
    }
    Some(list.build()).filter(|list| !list.is_empty())
}

/// The cryptography; gives the passkey, and whether its authenticator proved its model.
fn verify(app: &App, checked: &CheckedRegistration, state: &Begun) -> Result<(Stored, bool), WebauthnError> {
    match state {
        Begun::Plain(state) => app.webauthn.finish_passkey_registration(&checked.credential, state).map(|passkey| (passkey, false)),
        Begun::Attested { attested } => {
            app.webauthn.finish_attested_passkey_registration(&checked.credential, attested).map(|passkey| (passkey.into(), true))
        }
    }
}

/// Whether an authenticator was refused because it is not one of those wanted, or did not prove it.
const fn is_of_another_kind(error: &WebauthnError) -> bool {
    use WebauthnError::{
        AttestationChainNotTrusted, AttestationFormatMissingAaguid, AttestationNotSupported, AttestationNotVerifiable, AttestationUntrustedAaguid,
        CredentialMayNotBeHardwareBound,
    };
    matches!(
        error,
        AttestationNotVerifiable
            | AttestationChainNotTrusted(_)
            | AttestationUntrustedAaguid
            | AttestationFormatMissingAaguid
            | AttestationNotSupported
            | CredentialMayNotBeHardwareBound
    )
}

/// Judges the browser's answer and keeps the new passkey.
///
/// # Errors
/// See [`CeremonyError`]; every refusal of an answer to a ceremony of ours is audited.
pub async fn finish_registration(app: &App, now: Timestamp, signed_in: &SignedIn, answer: &Answer<'_>) -> Result<Added, CeremonyError> {
    let user = &signed_in.user;
    let refuse = async |reason: &str, error: CeremonyError| -> CeremonyError {
        match refused(app, now, answer, Purpose::Register, Some(user), Cause::of(reason)).await {
            Ok(code) => error.filed(code),
            Err(internal) => internal.into(),
        }
    };
    let ceremony = take(app, now, Purpose::Register, Some(user), answer).await?;
    let checked = match gate::registration(answer.unverified_credential, expected(app, &ceremony)) {
        Ok(checked) => checked,
        Err(refusal) => return Err(gate_refused(app, now, answer, Purpose::Register, Some(user), refusal).await?),
    };
    let state: Begun = serde_json::from_str(&ceremony.state).context("reading a ceremony")?;
    let metadata = app.authenticators.get();
    let applying = policy::of_person(&mut app.db.read().await?, user.id).await?;
    let unsuitable = || {
        let words = applying.rule().words(metadata.as_deref());
        // Otherwise it was the app that wanted it.
        let wanted = if words.is_empty() { t("passkey-kind-of-app").to_string() } else { words };
        CeremonyError::Unsuitable { wanted, adding: true }
    };
    let (verified, attested) = match verify(app, &checked, &state) {
        Ok(verified) => verified,
        // The library's name for an excluded credential; the gate has already seen to the algorithm.
        Err(WebauthnError::CredentialAlteredAlgFromRequest | WebauthnError::CredentialExcludedFromRequest) => {
            return Err(refuse("already_registered", CeremonyError::AlreadyRegistered).await);
        }
        Err(error) if matches!(state, Begun::Attested { .. }) && is_of_another_kind(&error) => {
            return Err(refuse(&format!("{error:?}"), unsuitable()).await);
        }
        Err(error) => return Err(refuse(&format!("{error:?}"), CeremonyError::Refused).await),
    };
    let credential = Credential::from(verified.clone());
    let held = policy::held(credential.backup_eligible, attested, checked.aaguid, metadata.as_deref());
    // Those of now: they may have become stricter since the ceremony began.
    if let Some(lack) = applying.rule().lack(held) {
        return Err(refuse(lack.code(), unsuitable()).await);
    }

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
    let passkey = Passkey {
        id: PasskeyId::new(),
        user_id: user.id,
        credential_id: checked.credential.raw_id.as_slice().to_vec(),
        credential: serde_json::to_string(&verified).context("storing a passkey")?,
        name,
        aaguid: checked.aaguid,
        attested,
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
    if !rp_id::keep(&mut tx, app).await? {
        drop(tx);
        return Err(refuse("rp_id_of_another_instance", CeremonyError::WrongAddress).await);
    }
    if !store::insert(&mut tx, &passkey).await? {
        drop(tx);
        // Theirs would have been on the exclude list: it is somebody else's, or two answers of one device met.
        return Err(refuse("credential_id_taken", CeremonyError::Refused).await);
    }
    let event = Event::new(now, Kind::PasskeyAdded, signed_in.actor()).on(user.id.uuid(), &user.username).from_client(answer.client);
    let event = event.with("passkey", passkey.name.as_str()).with("synced", passkey.backup_eligible).with("passkey_id", passkey.id.to_string());
    let event = if let Some(model) = held.model { event.with("proved_model", model.to_string()) } else { event };
    let id = AuditEventId::new();
    audit::record_as(&mut tx, id, event.with("amr", signed_in.session.method.amr().join(" "))).await?;
    account_news::tell(&mut tx, app, user, News::PasskeyAdded { name: &passkey.name }, answer.client, id, now).await?;
    if signed_in.session.method.is_for_first_passkey() {
        // Whoever else came in by the same password.
        sessions::end_others(&mut tx, user.id, signed_in.session.id, now).await?;
    }
    tx.commit().await?;
    Ok(Added { id: passkey.id, synced: passkey.backup_eligible, model: held.model, is_first: existing.is_empty() })
}
