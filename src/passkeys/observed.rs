//! What can be seen of an answer that was refused, for whoever looks into it: where it was made, the device's flags, the provider. Nothing of it is verified, and
//! nothing of it could be used again: no challenge, no signature, no key, no handle.

use ciborium::Value as Cbor;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::model::provider;
use crate::secret::from_base64url;

/// How long a text of the answer is kept, in characters.
const CHARS_MAX: usize = 200;
/// The bits of authenticator data (section 6.1 of WebAuthn Level 3), as people who look into it know them.
const FLAGS: [(u8, &str); 6] = [(1, "UP"), (1 << 2, "UV"), (1 << 3, "BE"), (1 << 4, "BS"), (1 << 6, "AT"), (1 << 7, "ED")];

/// Reads what there is to see.
pub(super) fn of(unverified: &Value) -> Map<String, Value> {
    let mut seen = Map::new();
    let response = unverified.get("response").unwrap_or(&Value::Null);
    let bytes = |field: &str| response.get(field).and_then(Value::as_str).and_then(from_base64url);
    if let Some(client_data) = bytes("clientDataJSON").and_then(|json| serde_json::from_slice::<Value>(&json).ok()) {
        if let Some(origin) = client_data.get("origin").and_then(Value::as_str) {
            let origin: String = origin.chars().filter(|c| !c.is_control()).take(CHARS_MAX).collect();
            seen.insert("received".to_owned(), origin.into());
        }
        if client_data.get("crossOrigin").and_then(Value::as_bool) == Some(true) {
            seen.insert("inside_a_frame".to_owned(), true.into());
        }
    }
    let authenticator_data = bytes("authenticatorData").or_else(|| bytes("attestationObject").and_then(|object| authenticator_data(&object)));
    if let Some(data) = authenticator_data {
        if let Some(flags) = data.get(32) {
            let names: Vec<&str> = FLAGS.iter().filter(|(bit, _)| flags & bit != 0).map(|(_, name)| *name).collect();
            seen.insert("flags".to_owned(), names.into());
        }
        if let Some(counter) = data.get(33..37).and_then(|bytes| <[u8; 4]>::try_from(bytes).ok()) {
            seen.insert("counter".to_owned(), u32::from_be_bytes(counter).into());
        }
        if let Some(aaguid) = data.get(37..53).and_then(|bytes| Uuid::from_slice(bytes).ok()).filter(|aaguid| !aaguid.is_nil()) {
            seen.insert("provider".to_owned(), provider(aaguid).map_or_else(|| aaguid.to_string(), str::to_owned).into());
        }
    }
    if let Some(attachment) = unverified.get("authenticatorAttachment").and_then(Value::as_str).filter(|text| text.len() < 20) {
        seen.insert("device".to_owned(), attachment.into());
    }
    seen
}

/// The authenticator data inside an attestation object.
fn authenticator_data(object: &[u8]) -> Option<Vec<u8>> {
    let Ok(Cbor::Map(entries)) = ciborium::de::from_reader_with_recursion_limit::<Cbor, _>(object, 16) else { return None };
    entries.into_iter().find(|(key, _)| key.as_text() == Some("authData")).and_then(|(_, value)| value.into_bytes().ok())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::secret::base64url;

    #[test]
    fn what_helps_is_kept_and_what_could_be_used_is_not() {
        let client_data = base64url(br#"{"type":"webauthn.get","challenge":"c2VjcmV0","origin":"https://other.example","crossOrigin":true}"#);
        let mut data = vec![0; 32];
        data.extend([0b1_1101, 0, 0, 0, 7]);
        let answer = json!({
            "id": "aWQ", "authenticatorAttachment": "platform",
            "response": { "clientDataJSON": client_data, "authenticatorData": base64url(&data), "signature": "c2ln", "userHandle": "aGFuZGxl" },
        });
        let seen = of(&answer);
        let expected = json!({
            "received": "https://other.example", "inside_a_frame": true, "flags": ["UP", "UV", "BE", "BS"], "counter": 7, "device": "platform",
        });
        assert_eq!(Value::Object(seen), expected);
        for nonsense in
            [json!(null), json!([]), json!({ "response": 5 }), json!({ "response": { "attestationObject": "AAAA", "clientDataJSON": "x" } })]
        {
            assert!(of(&nonsense).is_empty(), "{nonsense}");
        }
    }
}
