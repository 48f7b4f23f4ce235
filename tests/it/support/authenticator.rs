//! A passkey in software for tests that need no browser: 1Password's client and authenticator, so nothing of the server's own library checks itself.
//!
//! It behaves as a password manager does: discoverable credentials, the person verified, backed up (BE and BS set), no signature counter.

use std::sync::{Arc, Mutex, PoisonError};

use passkey::authenticator::{Authenticator, CredentialStore, DiscoverabilitySupport, StoreInfo, UiHint, UserCheck, UserValidationMethod};
use passkey::client::{Client, DefaultClientData, WebauthnError};
use passkey::crypto::AvailableBackend;
use passkey_types::Passkey;
use passkey_types::ctap2::make_credential::{Options, PublicKeyCredentialRpEntity, PublicKeyCredentialUserEntity};
use passkey_types::ctap2::{Aaguid, Ctap2Error, StatusCode};
use passkey_types::webauthn::PublicKeyCredentialDescriptor;
use serde_json::Value;
use url::Url;

/// The AAGUID of every passkey made here. It is nobody's.
pub(crate) const AAGUID: [u8; 16] = *b"muster-its-tests";

/// A person with a password manager, in front of one site.
#[derive(Debug, Clone)]
pub(crate) struct SoftwarePasskeys {
    origin: Url,
    store: Store,
    verifies: bool,
}

impl SoftwarePasskeys {
    /// Nothing kept yet; `origin` is the site's, such as `http://localhost:1411`.
    pub(crate) fn new(origin: &str) -> Self {
        Self { origin: origin.parse().expect("an origin is a URL"), store: Store::default(), verifies: true }
    }

    /// Whether the person will prove who they are (fingerprint, PIN) when asked to, or only touch.
    pub(crate) fn set_verifies(&mut self, verifies: bool) {
        self.verifies = verifies;
    }

    /// Forgets every passkey.
    pub(crate) fn clear(&self) {
        self.store.lock().clear();
    }

    /// How many passkeys are kept.
    pub(crate) fn len(&self) -> usize {
        self.store.lock().len()
    }

    /// What `navigator.credentials.create()` and `toJSON()` give for the server's options, with or without `publicKey` around them.
    ///
    /// Errors are the client's: an excluded credential already kept, a foreign RP id, a person who does not verify where that is required.
    pub(crate) async fn register(&self, options: &Value) -> Result<Value, WebauthnError> {
        let request = serde_json::from_value(in_public_key(options)).expect("creation options as WebAuthn Level 3 section 5.4 has them");
        let mut client = Client::new(self.authenticator()).allows_insecure_localhost(true);
        let created = client.register(&self.origin, request, DefaultClientData).await?;
        Ok(serde_json::to_value(created).expect("JSON"))
    }

    /// What `navigator.credentials.get()` and `toJSON()` give; of several fitting passkeys the newest.
    ///
    /// Errors are the client's, as in [`SoftwarePasskeys::register`]; no passkey at all is one of them.
    pub(crate) async fn sign_in(&self, options: &Value) -> Result<Value, WebauthnError> {
        let request = serde_json::from_value(in_public_key(options)).expect("request options as WebAuthn Level 3 section 5.5 has them");
        let mut client = Client::new(self.authenticator()).allows_insecure_localhost(true);
        let asserted = client.authenticate(&self.origin, request, DefaultClientData).await?;
        Ok(serde_json::to_value(asserted).expect("JSON"))
    }

    fn authenticator(&self) -> Authenticator<Store, Person, AvailableBackend> {
        Authenticator::new(Aaguid::from(AAGUID), self.store.clone(), Person { verifies: self.verifies }, AvailableBackend)
    }
}

fn in_public_key(options: &Value) -> Value {
    if options.get("publicKey").is_some() { options.clone() } else { serde_json::json!({ "publicKey": options }) }
}

/// The library's own store does not find a credential unless told its id; this one does.
#[derive(Debug, Clone, Default)]
struct Store(Arc<Mutex<Vec<Passkey>>>);

impl Store {
    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Passkey>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait::async_trait]
impl CredentialStore for Store {
    type PasskeyItem = Passkey;

    async fn find_credentials(
        &self,
        ids: Option<&[PublicKeyCredentialDescriptor]>,
        rp_id: &str,
        _user_handle: Option<&[u8]>,
    ) -> Result<Vec<Passkey>, StatusCode> {
        let wanted = |kept: &&Passkey| kept.rp_id == rp_id && ids.is_none_or(|ids| ids.iter().any(|id| id.id == kept.credential_id));
        let found: Vec<Passkey> = self.lock().iter().rev().filter(wanted).cloned().collect();
        if found.is_empty() { Err(Ctap2Error::NoCredentials.into()) } else { Ok(found) }
    }

    async fn save_credential(
        &mut self,
        credential: Passkey,
        _user: PublicKeyCredentialUserEntity,
        _rp: PublicKeyCredentialRpEntity,
        _options: Options,
    ) -> Result<(), StatusCode> {
        // One credential per site and user handle (CTAP 2.1 section 6.1.2, step 16): a second one takes the first one's place.
        let mut kept = self.lock();
        kept.retain(|other| other.rp_id != credential.rp_id || other.user_handle != credential.user_handle);
        kept.push(credential);
        Ok(())
    }

    async fn update_credential(&mut self, credential: &Passkey) -> Result<(), StatusCode> {
        let mut kept = self.lock();
        kept.retain(|other| other.credential_id != credential.credential_id);
        kept.push(credential.clone());
        Ok(())
    }

    async fn get_info(&self) -> StoreInfo {
        StoreInfo { discoverability: DiscoverabilitySupport::Full }
    }
}

struct Person {
    verifies: bool,
}

#[async_trait::async_trait]
impl UserValidationMethod for Person {
    type PasskeyItem = Passkey;

    async fn check_user<'a>(&self, hint: UiHint<'a, Passkey>, presence: bool, verification: bool) -> Result<UserCheck, Ctap2Error> {
        // The library only informs; the standard (CTAP 2.1 section 6.1.2, step 12) ends the ceremony here.
        if matches!(hint, UiHint::InformExcludedCredentialFound(_)) {
            return Err(Ctap2Error::CredentialExcluded);
        }
        Ok(UserCheck { presence, verification: verification && self.verifies })
    }

    fn is_presence_enabled(&self) -> bool {
        true
    }

    fn is_verification_enabled(&self) -> Option<bool> {
        Some(self.verifies)
    }
}
