//! The strict pre-check of what a browser answers. webauthn-rs verifies the cryptography; this file refuses, before that, everything the standard
//! forbids and the library lets through: answers made inside a frame of another site, ids that contradict each other, bytes nobody accounts for.
//! Pure: an answer and what was asked go in, typed parts or a [`Refusal`] come out. Nothing but checked fields reaches the library.
//!
//! Section and step numbers are those of WebAuthn Level 3. A byte order mark before the client data is refused although the standard would strip it:
//! the signature covers it, the library does not take it, and no browser sends it.

use ciborium::Value as Cbor;
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;
use webauthn_rs::prelude::{PublicKeyCredential, RegisterPublicKeyCredential};
use webauthn_rs_proto::{AuthenticatorAssertionResponseRaw, AuthenticatorAttestationResponseRaw, CredProps, RegistrationExtensionsClientOutputs};

use crate::secret::{equal, from_base64url, sha256};

/// Longest credential id (section 7.1, step 25).
const CREDENTIAL_ID_BYTES_MAX: usize = 1023;
/// RSA keys below 2048 bits are worth nothing.
const RSA_MODULUS_BYTES_MIN: usize = 256;
/// How many transports are kept; browsers name six.
const TRANSPORTS_MAX: usize = 8;

const USER_PRESENT: u8 = 1;
const USER_VERIFIED: u8 = 1 << 2;
const BACKUP_ELIGIBLE: u8 = 1 << 3;
const BACKED_UP: u8 = 1 << 4;
const ATTESTED_CREDENTIAL: u8 = 1 << 6;
const EXTENSIONS: u8 = 1 << 7;

/// What the answer must be an answer to.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// The public origin, as browsers print it.
    pub origin: &'a str,
    /// The host name passkeys belong to.
    pub rp_id: &'a str,
    /// The challenge as it was sent: base64url without padding.
    pub challenge: &'a str,
}

/// Why an answer is refused before any cryptography; each has a code for the audit log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// A field is missing or of the wrong kind, or bytes are left over or missing.
    #[error("malformed: {0}")]
    Malformed(&'static str),
    /// The answer to another question: ceremony type or challenge.
    #[error("the answer belongs to another ceremony: {0}")]
    OtherCeremony(&'static str),
    /// Made on another address than the one configured.
    #[error("made on {received}")]
    Origin {
        /// The origin the browser reports, shortened.
        received: String,
    },
    /// Made inside a frame of another site (section 7.2, steps 13 and 14).
    #[error("made inside a frame of another site")]
    CrossOrigin,
    /// For another RP ID.
    #[error("made for another RP ID")]
    RpId,
    /// Nobody touched the device.
    #[error("the person was not present")]
    UserNotPresent,
    /// The device did not verify the person.
    #[error("the person was not verified")]
    UserNotVerified,
    /// The passkey could not be used for a sign-in without a name.
    #[error("the credential is not discoverable")]
    NotDiscoverable,
    /// A key of a kind that was not offered, or that contradicts itself.
    #[error("the key cannot be used: {0}")]
    Key(&'static str),
}

impl Refusal {
    /// A word for the audit log.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "malformed",
            Self::OtherCeremony(_) => "other_ceremony",
            Self::Origin { .. } => "wrong_origin",
            Self::CrossOrigin => "cross_origin",
            Self::RpId => "wrong_rp_id",
            Self::UserNotPresent => "user_not_present",
            Self::UserNotVerified => "user_not_verified",
            Self::NotDiscoverable => "not_discoverable",
            Self::Key(_) => "unusable_key",
        }
    }
}

/// A registration that may be verified.
#[derive(Clone, Debug)]
pub struct CheckedRegistration {
    /// For the library.
    pub credential: RegisterPublicKeyCredential,
    /// The model of the authenticator; `None` when it does not say.
    pub aaguid: Option<Uuid>,
    /// How the authenticator can be reached, as the browser named it.
    pub transports: Vec<String>,
    /// `platform` or `cross-platform`.
    pub attachment: Option<&'static str>,
}

/// An assertion that may be verified.
#[derive(Clone, Debug)]
pub struct CheckedAssertion {
    /// For the library.
    pub credential: PublicKeyCredential,
    /// Whose passkey the authenticator says it is, when it says; to be compared with the owner of the credential id.
    pub unverified_user_handle: Option<Uuid>,
    /// Whether the authenticator says the credential can be backed up.
    pub backup_eligible: bool,
}

/// Checks the answer to creation options.
///
/// # Errors
/// The first [`Refusal`] that applies.
pub fn registration(unverified: &Value, expected: Expected<'_>) -> Result<CheckedRegistration, Refusal> {
    let envelope = envelope(unverified)?;
    let client_data_json = client_data(envelope.response, "webauthn.create", expected)?;
    let attestation_object = bytes(envelope.response, "attestationObject")?;
    let authenticator_data = attestation(&attestation_object)?;

    let (flags, rest) = authenticator_data_head(&authenticator_data, expected)?;
    if flags & ATTESTED_CREDENTIAL == 0 {
        return Err(Refusal::Malformed("there is no credential in the authenticator data"));
    }
    let (aaguid, rest) = rest.split_at_checked(16).ok_or(Refusal::Malformed("authenticator data too short"))?;
    let (length, rest) = rest.split_at_checked(2).ok_or(Refusal::Malformed("authenticator data too short"))?;
    let length = usize::from(u16::from_be_bytes([length[0], length[1]]));
    let (credential_id, mut rest) = rest.split_at_checked(length).ok_or(Refusal::Malformed("authenticator data too short"))?;
    if credential_id != envelope.raw_id {
        return Err(Refusal::Malformed("rawId is not the id of the credential"));
    }
    key(&next_cbor(&mut rest)?)?;
    extensions(flags, rest)?;

    let rk = credential_properties(envelope.extensions)?;
    let aaguid = Uuid::from_slice(aaguid).ok().filter(|aaguid| !aaguid.is_nil());
    let transports = envelope.response.get("transports").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let transports = transports.iter().filter_map(Value::as_str).filter(|name| is_transport(name)).take(TRANSPORTS_MAX).map(str::to_owned).collect();
    let credential = RegisterPublicKeyCredential {
        id: envelope.id.to_owned(),
        raw_id: envelope.raw_id,
        response: AuthenticatorAttestationResponseRaw { attestation_object, client_data_json, transports: None },
        type_: "public-key".to_owned(),
        extensions: RegistrationExtensionsClientOutputs { cred_props: rk.map(|rk| CredProps { rk: Some(rk) }), ..Default::default() },
    };
    Ok(CheckedRegistration { credential, aaguid, transports, attachment: envelope.attachment })
}

/// Checks the answer to request options without an allow list. Without a name asked for, the handle is how the person is identified, and it has to be there
/// (section 7.2, step 6).
///
/// # Errors
/// The first [`Refusal`] that applies.
pub fn assertion(unverified: &Value, expected: Expected<'_>) -> Result<CheckedAssertion, Refusal> {
    let checked = assertion_of_someone_known(unverified, expected)?;
    if checked.unverified_user_handle.is_none() { Err(Refusal::Malformed("userHandle")) } else { Ok(checked) }
}

/// Checks the answer to request options with an allow list: authenticators may leave the handle out then (section 6.3.3, step 13).
///
/// # Errors
/// The first [`Refusal`] that applies.
pub fn assertion_of_someone_known(unverified: &Value, expected: Expected<'_>) -> Result<CheckedAssertion, Refusal> {
    let envelope = envelope(unverified)?;
    let client_data_json = client_data(envelope.response, "webauthn.get", expected)?;
    let authenticator_data = bytes(envelope.response, "authenticatorData")?;
    let (flags, rest) = authenticator_data_head(&authenticator_data, expected)?;
    if flags & ATTESTED_CREDENTIAL != 0 {
        return Err(Refusal::Malformed("a credential in the authenticator data of a sign-in"));
    }
    extensions(flags, rest)?;
    let signature = bytes(envelope.response, "signature")?;
    let user_handle = match envelope.response.get("userHandle") {
        None | Some(Value::Null) => None,
        Some(_) => Some(bytes(envelope.response, "userHandle")?),
    };
    // Ours are 16 bytes.
    let unverified_user_handle = match &user_handle {
        Some(bytes) => Some(Uuid::from_slice(bytes).map_err(|_| Refusal::Malformed("userHandle is not one of ours"))?),
        None => None,
    };
    let credential = PublicKeyCredential {
        id: envelope.id.to_owned(),
        raw_id: envelope.raw_id,
        response: AuthenticatorAssertionResponseRaw { authenticator_data, client_data_json, signature, user_handle },
        // What a client claims about extensions has no effect.
        extensions: Default::default(),
        type_: "public-key".to_owned(),
    };
    Ok(CheckedAssertion { credential, unverified_user_handle, backup_eligible: flags & BACKUP_ELIGIBLE != 0 })
}

struct Envelope<'a> {
    id: &'a str,
    raw_id: Vec<u8>,
    response: &'a Value,
    extensions: Option<&'a Value>,
    attachment: Option<&'static str>,
}

fn envelope(unverified: &Value) -> Result<Envelope<'_>, Refusal> {
    if unverified.get("type").and_then(Value::as_str) != Some("public-key") {
        return Err(Refusal::Malformed("type is not public-key"));
    }
    let id = unverified.get("id").and_then(Value::as_str).ok_or(Refusal::Malformed("id is missing"))?;
    // `id` is base64url of `rawId` by definition (section 5.1); two ids would let one be checked and the other be used.
    if unverified.get("rawId").and_then(Value::as_str) != Some(id) {
        return Err(Refusal::Malformed("id and rawId differ"));
    }
    let raw_id = from_base64url(id).ok_or(Refusal::Malformed("id is not base64url"))?;
    if raw_id.is_empty() || raw_id.len() > CREDENTIAL_ID_BYTES_MAX {
        return Err(Refusal::Malformed("a credential id has 1 to 1023 bytes"));
    }
    let response = unverified.get("response").filter(|response| response.is_object()).ok_or(Refusal::Malformed("response is missing"))?;
    let extensions = unverified.get("clientExtensionResults");
    if extensions.is_some_and(|extensions| !extensions.is_object()) {
        return Err(Refusal::Malformed("clientExtensionResults is not an object"));
    }
    let attachment = match unverified.get("authenticatorAttachment").and_then(Value::as_str) {
        Some("platform") => Some("platform"),
        Some("cross-platform") => Some("cross-platform"),
        // Unknown values count as none (section 5.1).
        _ => None,
    };
    Ok(Envelope { id, raw_id, response, extensions, attachment })
}

/// A field of strict base64url that is not empty.
fn bytes(response: &Value, field: &'static str) -> Result<Vec<u8>, Refusal> {
    response.get(field).and_then(Value::as_str).and_then(from_base64url).filter(|bytes| !bytes.is_empty()).ok_or(Refusal::Malformed(field))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ClientData {
    #[serde(rename = "type")]
    ceremony: String,
    challenge: String,
    origin: String,
    cross_origin: Option<bool>,
    top_origin: Option<Value>,
}

/// Section 7.1, steps 5 to 11, and section 7.2, steps 9 to 14. Texts are compared as they are: no padding, no other spelling of the same origin.
fn client_data(response: &Value, ceremony: &str, expected: Expected<'_>) -> Result<Vec<u8>, Refusal> {
    let json = bytes(response, "clientDataJSON")?;
    // Text as a whole: the parser does not look into members it passes over.
    let text = str::from_utf8(&json).map_err(|_| Refusal::Malformed("clientDataJSON is not UTF-8"))?;
    let client_data: ClientData = serde_json::from_str(text).map_err(|_| Refusal::Malformed("clientDataJSON"))?;
    if client_data.ceremony != ceremony {
        return Err(Refusal::OtherCeremony("type"));
    }
    if !equal(client_data.challenge.as_bytes(), expected.challenge.as_bytes()) {
        return Err(Refusal::OtherCeremony("challenge"));
    }
    if client_data.origin != expected.origin {
        return Err(Refusal::Origin { received: client_data.origin.chars().filter(|c| !c.is_control()).take(200).collect() });
    }
    if client_data.cross_origin == Some(true) || client_data.top_origin.is_some() {
        return Err(Refusal::CrossOrigin);
    }
    Ok(json)
}

/// Opens the attestation object (section 6.5.4): exactly its three fields, and nothing after it. Gives the authenticator data.
fn attestation(object: &[u8]) -> Result<Vec<u8>, Refusal> {
    let mut rest = object;
    let Cbor::Map(entries) = next_cbor(&mut rest)? else { return Err(Refusal::Malformed("attestationObject is not a map")) };
    if !rest.is_empty() {
        return Err(Refusal::Malformed("bytes after attestationObject"));
    }
    let field = |name: &str| entries.iter().find(|(key, _)| key.as_text() == Some(name)).map(|(_, value)| value);
    let (Some(Cbor::Text(format)), Some(Cbor::Map(statement)), Some(Cbor::Bytes(authenticator_data)), 3) =
        (field("fmt"), field("attStmt"), field("authData"), entries.len())
    else {
        return Err(Refusal::Malformed("attestationObject has not the fields it should"));
    };
    if format == "none" && !statement.is_empty() {
        return Err(Refusal::Malformed("a statement where none is attested"));
    }
    Ok(authenticator_data.clone())
}

/// RP ID hash and flags (section 6.1); gives the flags and what follows the counter.
fn authenticator_data_head<'a>(authenticator_data: &'a [u8], expected: Expected<'_>) -> Result<(u8, &'a [u8]), Refusal> {
    let (head, rest) = authenticator_data.split_at_checked(37).ok_or(Refusal::Malformed("authenticator data too short"))?;
    if !equal(&head[..32], &sha256(expected.rp_id.as_bytes())) {
        return Err(Refusal::RpId);
    }
    let flags = head[32];
    if flags & USER_PRESENT == 0 {
        return Err(Refusal::UserNotPresent);
    }
    if flags & USER_VERIFIED == 0 {
        return Err(Refusal::UserNotVerified);
    }
    if flags & BACKED_UP != 0 && flags & BACKUP_ELIGIBLE == 0 {
        return Err(Refusal::Malformed("backed up without being eligible"));
    }
    Ok((flags, rest))
}

/// What follows must be one map of extension outputs when the flag says so, and nothing otherwise.
fn extensions(flags: u8, mut rest: &[u8]) -> Result<(), Refusal> {
    if flags & EXTENSIONS != 0 && !matches!(next_cbor(&mut rest)?, Cbor::Map(_)) {
        return Err(Refusal::Malformed("extension outputs are not a map"));
    }
    if rest.is_empty() { Ok(()) } else { Err(Refusal::Malformed("bytes after authenticator data")) }
}

/// Reads one CBOR item and moves on behind it.
fn next_cbor(rest: &mut &[u8]) -> Result<Cbor, Refusal> {
    /// Nothing in these structures nests deeper than a certificate list in a statement.
    const DEPTH_MAX: usize = 16;
    ciborium::de::from_reader_with_recursion_limit(rest, DEPTH_MAX).map_err(|_| Refusal::Malformed("CBOR"))
}

/// A COSE key (RFC 9052 section 7) of an algorithm that was offered, with the curve or modulus that belongs to it (RFC 9053, RFC 8812).
fn key(key: &Cbor) -> Result<(), Refusal> {
    let Cbor::Map(entries) = key else { return Err(Refusal::Key("not a map")) };
    let of = |label: i64| entries.iter().find(|(key, _)| key.as_integer() == Some(label.into())).map(|(_, value)| value);
    let number = |label: i64| of(label).and_then(Cbor::as_integer).and_then(|number| i64::try_from(number).ok());
    let length = |label: i64| of(label).and_then(Cbor::as_bytes).map(Vec::len);
    let fits = match (number(3), number(1)) {
        (Some(-7), Some(2)) => number(-1) == Some(1) && length(-2) == Some(32) && length(-3) == Some(32),
        (Some(-35), Some(2)) => number(-1) == Some(2) && length(-2) == Some(48) && length(-3) == Some(48),
        (Some(-257), Some(3)) => length(-1).is_some_and(|bytes| bytes >= RSA_MODULUS_BYTES_MIN),
        (Some(-7 | -35 | -257), _) => return Err(Refusal::Key("algorithm and kind of key differ")),
        _ => return Err(Refusal::Key("an algorithm that was not offered")),
    };
    if fits { Ok(()) } else { Err(Refusal::Key("algorithm and curve or size differ")) }
}

/// `credProps.rk` (section 10.1.3): `false` would be a passkey that cannot sign in here. `None` when the browser does not know.
fn credential_properties(extensions: Option<&Value>) -> Result<Option<bool>, Refusal> {
    let Some(properties) = extensions.and_then(|extensions| extensions.get("credProps")) else { return Ok(None) };
    let properties = properties.as_object().ok_or(Refusal::Malformed("credProps is not an object"))?;
    match properties.get("rk") {
        None => Ok(None),
        Some(Value::Bool(true)) => Ok(Some(true)),
        Some(Value::Bool(false)) => Err(Refusal::NotDiscoverable),
        Some(_) => Err(Refusal::Malformed("credProps.rk is not a truth value")),
    }
}

fn is_transport(name: &str) -> bool {
    !name.is_empty() && name.len() <= 32 && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')
}
