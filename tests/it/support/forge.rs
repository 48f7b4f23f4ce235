//! An authenticator made by hand, for tests that need to bend one byte: both ceremonies start from a valid answer, and `with` changes what a test wants changed.
//!
//! ```ignore
//! let forge = Forge::new("http://localhost:1411");
//! let answer = forge.registration(&options).with(|it| it.authenticator.flags &= !USER_VERIFIED).json();
//! ```

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ciborium::Value as Cbor;
use serde_json::{Value, json};

/// Bits of the authenticator data's flags byte (WebAuthn Level 3 section 6.1).
pub(crate) const USER_PRESENT: u8 = 1;
/// See [`USER_PRESENT`].
pub(crate) const USER_VERIFIED: u8 = 1 << 2;
/// See [`USER_PRESENT`].
pub(crate) const BACKUP_ELIGIBLE: u8 = 1 << 3;
/// See [`USER_PRESENT`].
pub(crate) const BACKED_UP: u8 = 1 << 4;
/// See [`USER_PRESENT`].
pub(crate) const ATTESTED_CREDENTIAL: u8 = 1 << 6;
/// See [`USER_PRESENT`].
pub(crate) const EXTENSIONS: u8 = 1 << 7;

/// One P-256 credential and the site it is for.
#[derive(Debug)]
pub(crate) struct Forge {
    key: EcdsaKeyPair,
    origin: String,
    rp_id: String,
    /// The credential id; 16 random bytes at first.
    pub(crate) credential_id: Vec<u8>,
    /// The user handle told in sign-ins; taken from the options of a registration by [`Forge::registration`].
    pub(crate) user_handle: Vec<u8>,
}

impl Forge {
    /// A new key for the site at `origin`, whose RP id is the host name.
    pub(crate) fn new(origin: &str) -> Self {
        let url = url::Url::parse(origin).expect("an origin is a URL");
        let mut credential_id = vec![0; 16];
        aws_lc_rs::rand::fill(&mut credential_id).expect("random bytes");
        Self {
            key: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).expect("a P-256 key"),
            origin: origin.to_owned(),
            rp_id: url.host_str().expect("an origin has a host").to_owned(),
            credential_id,
            user_handle: Vec::new(),
        }
    }

    /// A valid answer to creation options, with or without `publicKey` around them.
    pub(crate) fn registration(&mut self, options: &Value) -> Registration<'_> {
        let options = options.get("publicKey").unwrap_or(options);
        self.user_handle = options["user"]["id"].as_str().map(from_base64url).unwrap_or_default();
        let attested = Attested { aaguid: [0; 16], id_length: None, credential_id: self.credential_id.clone(), key: self.cose_key(-7) };
        Registration {
            client_data: self.client_data("webauthn.create", options),
            authenticator: self.authenticator_data(ATTESTED_CREDENTIAL, Some(attested)),
            format: "none".to_owned(),
            statement: Cbor::Map(vec![]),
            attestation_object: None,
            envelope: self.envelope(&json!({ "credProps": { "rk": true } })),
            transports: json!(["internal"]),
            forge: self,
        }
    }

    /// A valid answer to request options, with or without `publicKey` around them.
    pub(crate) fn assertion(&self, options: &Value) -> Assertion<'_> {
        Assertion {
            client_data: self.client_data("webauthn.get", options.get("publicKey").unwrap_or(options)),
            authenticator: self.authenticator_data(0, None),
            signature: None,
            user_handle: Some(self.user_handle.clone()),
            envelope: self.envelope(&json!({})),
            forge: self,
        }
    }

    /// The public key as a COSE key (RFC 9053 section 7.1.1) that claims the given algorithm; −7 is the true one.
    pub(crate) fn cose_key(&self, algorithm: i64) -> Vec<u8> {
        let point = self.key.public_key().as_ref();
        let entries =
            [(1, 2.into()), (3, algorithm.into()), (-1, 1.into()), (-2, Cbor::Bytes(point[1..33].to_vec())), (-3, Cbor::Bytes(point[33..].to_vec()))];
        cbor(&Cbor::Map(entries.into_iter().map(|(label, value): (i64, Cbor)| (label.into(), value)).collect()))
    }

    /// An ECDSA signature with SHA-256 in DER form.
    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.key.sign(&SystemRandom::new(), message).expect("a signature").as_ref().to_vec()
    }

    fn client_data(&self, ceremony: &str, options: &Value) -> ClientData {
        ClientData {
            fields: json!({ "type": ceremony, "challenge": options["challenge"], "origin": self.origin, "crossOrigin": false }),
            bytes: None,
        }
    }

    fn authenticator_data(&self, flags: u8, attested: Option<Attested>) -> AuthenticatorData {
        let rp_id_hash = digest(&SHA256, self.rp_id.as_bytes()).as_ref().to_vec();
        AuthenticatorData { rp_id_hash, flags: flags | USER_PRESENT | USER_VERIFIED, counter: 0, attested, extensions: vec![], extra: vec![] }
    }

    fn envelope(&self, client_extension_results: &Value) -> Value {
        let id = base64url(&self.credential_id);
        json!({ "id": id, "rawId": id, "type": "public-key", "authenticatorAttachment": "platform", "clientExtensionResults": client_extension_results })
    }
}

/// `clientDataJSON`: the fields, or instead of them the bytes to send as they are.
#[derive(Debug, Clone)]
pub(crate) struct ClientData {
    /// A JSON object.
    pub(crate) fields: Value,
    /// When set, sent (and signed) in place of the fields.
    pub(crate) bytes: Option<Vec<u8>>,
}

impl ClientData {
    fn bytes(&self) -> Vec<u8> {
        self.bytes.clone().unwrap_or_else(|| self.fields.to_string().into_bytes())
    }
}

/// The attested credential data of a registration (WebAuthn Level 3 section 6.5.1).
#[derive(Debug, Clone)]
pub(crate) struct Attested {
    pub(crate) aaguid: [u8; 16],
    /// The length to claim for the credential id, when not its own.
    pub(crate) id_length: Option<u16>,
    pub(crate) credential_id: Vec<u8>,
    /// The encoded COSE key.
    pub(crate) key: Vec<u8>,
}

/// Authenticator data (WebAuthn Level 3 section 6.1), field by field.
#[derive(Debug, Clone)]
pub(crate) struct AuthenticatorData {
    pub(crate) rp_id_hash: Vec<u8>,
    pub(crate) flags: u8,
    pub(crate) counter: u32,
    pub(crate) attested: Option<Attested>,
    /// Encoded extension outputs; set [`EXTENSIONS`] in the flags as well, or do not.
    pub(crate) extensions: Vec<u8>,
    /// Whatever else is to follow.
    pub(crate) extra: Vec<u8>,
}

impl AuthenticatorData {
    /// The encoded form.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut bytes = [&self.rp_id_hash[..], &[self.flags], &self.counter.to_be_bytes()].concat();
        if let Some(Attested { aaguid, id_length, credential_id, key }) = &self.attested {
            let length = id_length.unwrap_or_else(|| u16::try_from(credential_id.len()).expect("a credential id of at most 65535 bytes"));
            bytes.extend([&aaguid[..], &length.to_be_bytes(), credential_id, key].concat());
        }
        [bytes, self.extensions.clone(), self.extra.clone()].concat()
    }
}

/// An answer to creation options in the making.
#[derive(Debug)]
pub(crate) struct Registration<'a> {
    forge: &'a Forge,
    pub(crate) client_data: ClientData,
    pub(crate) authenticator: AuthenticatorData,
    /// The attestation statement format.
    pub(crate) format: String,
    /// The attestation statement.
    pub(crate) statement: Cbor,
    /// When set, sent in place of what the fields above make.
    pub(crate) attestation_object: Option<Vec<u8>>,
    /// What [`Registration::json`] puts `response` into: `id`, `rawId`, `type` and the rest.
    pub(crate) envelope: Value,
    pub(crate) transports: Value,
}

impl Registration<'_> {
    /// Changes what the test wants changed.
    pub(crate) fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    /// Adds a packed self attestation (WebAuthn Level 3 section 8.2) over everything as it is now.
    pub(crate) fn attest_itself(&mut self) {
        let signature = self.forge.sign(&[self.authenticator.bytes(), sha256(&self.client_data.bytes())].concat());
        self.format = "packed".to_owned();
        self.statement = Cbor::Map(vec![("alg".into(), (-7).into()), ("sig".into(), Cbor::Bytes(signature))]);
    }

    /// Adds a packed attestation with a chain of certificates over everything as it is now.
    pub(crate) fn attest_by(&mut self, chain: &[&[u8]], sign: impl Fn(&[u8]) -> Vec<u8>) {
        let signature = sign(&[self.authenticator.bytes(), sha256(&self.client_data.bytes())].concat());
        let chain = Cbor::Array(chain.iter().map(|certificate| Cbor::Bytes(certificate.to_vec())).collect());
        self.format = "packed".to_owned();
        self.statement = Cbor::Map(vec![("alg".into(), (-7).into()), ("sig".into(), Cbor::Bytes(signature)), ("x5c".into(), chain)]);
    }

    /// The JSON a page would send.
    pub(crate) fn json(&self) -> Value {
        let object = || {
            cbor(&Cbor::Map(vec![
                ("fmt".into(), self.format.as_str().into()),
                ("attStmt".into(), self.statement.clone()),
                ("authData".into(), Cbor::Bytes(self.authenticator.bytes())),
            ]))
        };
        let object = self.attestation_object.clone().unwrap_or_else(object);
        let mut json = self.envelope.clone();
        json["response"] = json!({
            "clientDataJSON": base64url(&self.client_data.bytes()), "attestationObject": base64url(&object), "transports": self.transports,
        });
        json
    }
}

/// An answer to request options in the making.
#[derive(Debug)]
pub(crate) struct Assertion<'a> {
    forge: &'a Forge,
    pub(crate) client_data: ClientData,
    pub(crate) authenticator: AuthenticatorData,
    /// When set, sent in place of the true signature over everything as it is at the end.
    pub(crate) signature: Option<Vec<u8>>,
    pub(crate) user_handle: Option<Vec<u8>>,
    /// What [`Assertion::json`] puts `response` into: `id`, `rawId`, `type` and the rest.
    pub(crate) envelope: Value,
}

impl Assertion<'_> {
    /// Changes what the test wants changed.
    pub(crate) fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    /// The JSON a page would send.
    pub(crate) fn json(&self) -> Value {
        let (client_data, authenticator) = (self.client_data.bytes(), self.authenticator.bytes());
        let truly = || self.forge.sign(&[authenticator.clone(), sha256(&client_data)].concat());
        let signature = self.signature.clone().unwrap_or_else(truly);
        let mut json = self.envelope.clone();
        json["response"] = json!({
            "clientDataJSON": base64url(&client_data), "authenticatorData": base64url(&authenticator), "signature": base64url(&signature),
            "userHandle": self.user_handle.as_deref().map(base64url),
        });
        json
    }
}

/// Base64url without padding, as WebAuthn's JSON has it.
pub(crate) fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub(crate) fn from_base64url(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).expect("base64url without padding")
}

pub(crate) fn sha256(bytes: &[u8]) -> Vec<u8> {
    digest(&SHA256, bytes).as_ref().to_vec()
}

fn cbor(value: &Cbor) -> Vec<u8> {
    let mut bytes = Vec::new();
    ciborium::into_writer(value, &mut bytes).expect("memory takes all bytes");
    bytes
}
