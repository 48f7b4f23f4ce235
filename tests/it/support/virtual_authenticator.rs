//! Chromium's virtual authenticator: a passkey device inside the browser that tests can plug in, ask and make misbehave.

use serde_json::{Value, json};

use super::browser::Page;

/// What kind of device to plug in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Device {
    /// `ctap2`, or `u2f` for a key from before passkeys.
    pub(crate) protocol: &'static str,
    /// `internal`, `usb`, `nfc`, `ble` or `hybrid`.
    pub(crate) transport: &'static str,
    /// Whether it can verify who touches it at all: has a PIN or a fingerprint.
    pub(crate) can_verify: bool,
    /// Whether it can keep discoverable credentials.
    pub(crate) discoverable: bool,
    /// Whether the person passes user verification.
    pub(crate) verifies: bool,
    /// Whether its credentials are synced: backup eligible and backed up.
    pub(crate) synced: bool,
    /// Whether somebody touches it at once when asked. Autofill then signs in on page load, as soon as a credential fits.
    pub(crate) present: bool,
}

impl Default for Device {
    /// The password manager of a laptop.
    fn default() -> Self {
        Self { protocol: "ctap2", transport: "internal", can_verify: true, discoverable: true, verifies: true, synced: true, present: true }
    }
}

/// A device plugged into a page; it goes with the page.
#[derive(Debug)]
pub(crate) struct VirtualAuthenticator<'a> {
    page: &'a Page,
    id: Value,
}

/// Which bits of the next answers come out wrong.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct WrongBits {
    pub(crate) bogus_signature: bool,
    pub(crate) user_not_verified: bool,
    pub(crate) user_not_present: bool,
}

impl Page {
    /// Plugs a device in.
    pub(crate) async fn plug_in(&self, device: Device) -> VirtualAuthenticator<'_> {
        let options = json!({
            "protocol": device.protocol, "transport": device.transport, "hasResidentKey": device.discoverable, "hasUserVerification": device.can_verify,
            "isUserVerified": device.verifies, "automaticPresenceSimulation": device.present,
            "defaultBackupEligibility": device.synced, "defaultBackupState": device.synced,
        });
        let mut answer = self.call("WebAuthn.addVirtualAuthenticator", json!({ "options": options })).await;
        VirtualAuthenticator { page: self, id: answer["authenticatorId"].take() }
    }
}

impl VirtualAuthenticator<'_> {
    async fn call(&self, method: &str, mut parameters: Value) -> Value {
        parameters["authenticatorId"] = self.id.clone();
        self.page.call(&format!("WebAuthn.{method}"), parameters).await
    }

    /// Unplugs the device; its credentials are lost.
    pub(crate) async fn unplug(self) {
        self.call("removeVirtualAuthenticator", json!({})).await;
    }

    /// The credentials on the device: `credentialId`, `privateKey`, `userHandle` (base64), `rpId`, `signCount`, `isResidentCredential`, …
    pub(crate) async fn credentials(&self) -> Vec<Value> {
        self.call("getCredentials", json!({})).await["credentials"].as_array().cloned().unwrap_or_default()
    }

    /// Puts a credential on the device, such as one of [`VirtualAuthenticator::credentials`] with a lower `signCount`.
    pub(crate) async fn add_credential(&self, credential: &Value) {
        self.call("addCredential", json!({ "credential": credential })).await;
    }

    /// Has a credential say that it can be copied to other devices, and that it was.
    pub(crate) async fn sync(&self, credential: &Value) {
        let properties = json!({ "credentialId": credential["credentialId"], "backupEligibility": true, "backupState": true });
        self.call("setCredentialProperties", properties).await;
    }

    /// Removes every credential.
    pub(crate) async fn clear(&self) {
        self.call("clearCredentials", json!({})).await;
    }

    /// Whether somebody touches the device when asked. A request that waits meanwhile goes on waiting.
    pub(crate) async fn set_present(&self, present: bool) {
        self.call("setAutomaticPresenceSimulation", json!({ "enabled": present })).await;
    }

    /// Whether the person passes user verification.
    pub(crate) async fn set_verifies(&self, verifies: bool) {
        self.call("setUserVerified", json!({ "isUserVerified": verifies })).await;
    }

    /// Makes the device answer wrongly from now on.
    pub(crate) async fn answer_wrongly(&self, wrong: WrongBits) {
        let bits = json!({ "isBogusSignature": wrong.bogus_signature, "isBadUV": wrong.user_not_verified, "isBadUP": wrong.user_not_present });
        self.call("setResponseOverrideBits", bits).await;
    }
}
