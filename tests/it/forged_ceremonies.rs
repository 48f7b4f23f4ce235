//! Answers no honest browser gives, one bent byte at a time, through the real endpoints: every one must be refused, leave nothing behind and be audited.
//! And answers that look odd and are allowed: they must pass, or honest people stay outside.
//! Longer than other files, because it is a table: each row is a case of the reference by its number.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ciborium::Value as Cbor;
use muster::audit::Kind;
use serde_json::{Value, json};

use crate::support::app::{Engine, TestApp};
use crate::support::forge::{self, Assertion, Attested, Forge, Registration, base64url};
use crate::support::http::{Answer, Browser};

type BendClientData = fn(&mut forge::ClientData);
type BendRegistration = fn(&mut Registration<'_>);
type BendAssertion = fn(&mut Assertion<'_>);
type BendJson = fn(&mut Value);

fn cbor(value: &Cbor) -> Vec<u8> {
    let mut bytes = Vec::new();
    ciborium::into_writer(value, &mut bytes).expect("memory takes all bytes");
    bytes
}

fn cose(entries: Vec<(i64, Cbor)>) -> Vec<u8> {
    cbor(&Cbor::Map(entries.into_iter().map(|(label, value)| (label.into(), value)).collect()))
}

fn p256(algorithm: i64, x: Vec<u8>, y: Cbor) -> Vec<u8> {
    cose(vec![(1, 2.into()), (3, algorithm.into()), (-1, 1.into()), (-2, Cbor::Bytes(x)), (-3, y)])
}

fn rsa(n: Vec<u8>, e: Vec<u8>) -> Vec<u8> {
    cose(vec![(1, 3.into()), (3, (-257).into()), (-1, Cbor::Bytes(n)), (-2, Cbor::Bytes(e))])
}

fn odd_modulus(bytes: usize) -> Vec<u8> {
    let mut n = vec![0xc5; bytes];
    n[bytes - 1] = 0xc7;
    n
}

fn attested<'a>(it: &'a mut Registration<'_>) -> &'a mut Attested {
    it.authenticator.attested.as_mut().expect("a registration carries a credential")
}

fn set_id(it: &mut Registration<'_>, id: &[u8]) {
    attested(it).credential_id = id.to_vec();
    it.envelope["id"] = base64url(id).into();
    it.envelope["rawId"] = base64url(id).into();
}

fn set_statement(it: &mut Registration<'_>, format: &str, entries: Vec<(&str, Cbor)>) {
    it.format = format.to_owned();
    it.statement = Cbor::Map(entries.into_iter().map(|(key, value)| (key.into(), value)).collect());
}

/// The attestation object as it would be, something done to it.
fn with_object(it: &mut Registration<'_>, change: impl FnOnce(&mut Vec<u8>)) {
    let mut object = cbor(&Cbor::Map(vec![
        ("fmt".into(), "none".into()),
        ("attStmt".into(), Cbor::Map(vec![])),
        ("authData".into(), Cbor::Bytes(it.authenticator.bytes())),
    ]));
    change(&mut object);
    it.attestation_object = Some(object);
}

fn origin_of(fields: &Value) -> String {
    fields["origin"].as_str().expect("an origin").to_owned()
}

/// The signature of a sign-in.
fn signature_of(credential: &Value) -> Vec<u8> {
    forge::from_base64url(credential["response"]["signature"].as_str().expect("text"))
}

/// The two numbers of an ECDSA signature over P-256, each of 32 bytes, out of their DER form: SEQUENCE { INTEGER r, INTEGER s }, all short.
fn bare(signature: &[u8]) -> [Vec<u8>; 2] {
    let r_end = 4 + usize::from(signature[3]);
    [&signature[4..r_end], &signature[r_end + 2..]].map(|number| {
        let number = &number[number.len() - number.len().min(32)..];
        [vec![0; 32 - number.len()], number.to_vec()].concat()
    })
}

// The number before each answer is its case in the project's list of what a WebAuthn server must take and refuse; `docs/security.md` says of every case where it
// is tried, and its test looks here.

/// What both ceremonies refuse in client data. Numbered as at a registration.
const CLIENT_DATA: &[(u32, &str, BendClientData)] = &[
    (16, "client data of no type", |it| drop(it.fields.as_object_mut().expect("an object").remove("type"))),
    (16, "client data of a type that is a number", |it| it.fields["type"] = 1.into()),
    (16, "client data of an unknown type", |it| it.fields["type"] = "payment.get".into()),
    (16, "client data of an empty type", |it| it.fields["type"] = "".into()),
    (18, "no challenge", |it| drop(it.fields.as_object_mut().expect("an object").remove("challenge"))),
    (18, "another challenge", |it| it.fields["challenge"] = base64url(&[7; 32]).into()),
    (18, "an empty challenge", |it| it.fields["challenge"] = "".into()),
    (18, "a challenge that is a number", |it| it.fields["challenge"] = 1.into()),
    (18, "a challenge in plain base64", |it| {
        it.fields["challenge"] = STANDARD.encode(forge::from_base64url(it.fields["challenge"].as_str().expect("text"))).into();
    }),
    (18, "a padded challenge", |it| it.fields["challenge"] = format!("{}=", it.fields["challenge"].as_str().expect("text")).into()),
    (19, "no origin", |it| drop(it.fields.as_object_mut().expect("an object").remove("origin"))),
    (19, "an empty origin", |it| it.fields["origin"] = "".into()),
    (19, "the opaque origin", |it| it.fields["origin"] = "null".into()),
    (20, "another scheme", |it| it.fields["origin"] = origin_of(&it.fields).replace("http:", "https:").into()),
    (21, "another port", |it| it.fields["origin"] = "http://localhost:1".into()),
    (21, "no port", |it| it.fields["origin"] = "http://localhost".into()),
    (22, "a subdomain", |it| it.fields["origin"] = origin_of(&it.fields).replace("localhost", "sub.localhost").into()),
    (24, "a host that begins alike", |it| it.fields["origin"] = origin_of(&it.fields).replace("localhost", "localhost.evil.example").into()),
    (24, "a host that ends alike", |it| it.fields["origin"] = origin_of(&it.fields).replace("localhost", "evillocalhost").into()),
    (25, "a host with a dot at its end", |it| it.fields["origin"] = origin_of(&it.fields).replace("localhost", "localhost.").into()),
    (26, "an origin with a path", |it| it.fields["origin"] = format!("{}/path", origin_of(&it.fields)).into()),
    (26, "an origin with a slash", |it| it.fields["origin"] = format!("{}/", origin_of(&it.fields)).into()),
    (26, "an origin with a user", |it| it.fields["origin"] = origin_of(&it.fields).replace("//", "//ada@").into()),
    (26, "an origin in upper case", |it| it.fields["origin"] = origin_of(&it.fields).to_uppercase().into()),
    (27, "a frame of another site", |it| it.fields["crossOrigin"] = true.into()),
    (27, "crossOrigin that is a word", |it| it.fields["crossOrigin"] = "no".into()),
    (29, "a frame that names its top", |it| it.fields["topOrigin"] = "https://evil.example".into()),
    (29, "a frame that names its top as its own", |it| it.fields["topOrigin"] = it.fields["origin"].clone()),
    (33, "client data that is no JSON", |it| it.bytes = Some(b"{".to_vec())),
    (33, "client data that is a list", |it| it.bytes = Some(b"[]".to_vec())),
    (33, "client data that is no UTF-8", |it| {
        // Whole but for one byte, in a member nobody looks at.
        let text = it.fields.to_string().replacen('{', "{\"new\":\"?\",", 1);
        it.bytes = Some(text.bytes().map(|byte| if byte == b'?' { 0xff } else { byte }).collect());
    }),
    (32, "two challenges", |it| it.bytes = Some(it.fields.to_string().replacen('{', "{\"challenge\":\"x\",", 1).into_bytes())),
    (34, "a byte order mark", |it| it.bytes = Some([b"\xef\xbb\xbf", it.fields.to_string().as_bytes()].concat())),
    (33, "client data with something after it", |it| it.bytes = Some(format!("{}x", it.fields).into_bytes())),
];

/// What both ceremonies allow in client data. Numbered as at a registration.
const CLIENT_DATA_ALLOWED: &[(u32, &str, BendClientData)] = &[
    (59, "nothing odd", |_| {}),
    (30, "no word on frames", |it| drop(it.fields.as_object_mut().expect("an object").remove("crossOrigin"))),
    (31, "members of a later standard", |it| it.fields["new"] = json!({ "deep": [1, null] })),
    (31, "token binding", |it| it.fields["tokenBinding"] = json!({ "status": "supported" })),
];

/// What both ceremonies refuse in the JSON around the answer. Numbered as at a registration.
const ENVELOPE: &[(u32, &str, BendJson)] = &[
    (6, "nothing at all", |it| *it = Value::Null),
    (6, "a list", |it| *it = json!([])),
    (6, "no id", |it| drop(it.as_object_mut().expect("an object").remove("id"))),
    (6, "an id that is a number", |it| it["id"] = 1.into()),
    (6, "an id that is no base64url", |it| {
        it["id"] = "***".into();
        it["rawId"] = "***".into();
    }),
    (6, "an id with padding", |it| {
        it["id"] = format!("{}==", it["id"].as_str().expect("text")).into();
        it["rawId"] = it["id"].clone();
    }),
    (7, "an id that is not rawId", |it| it["id"] = base64url(&[9; 16]).into()),
    (7, "a rawId that is not id", |it| it["rawId"] = base64url(&[9; 16]).into()),
    (7, "no rawId", |it| drop(it.as_object_mut().expect("an object").remove("rawId"))),
    (8, "no type", |it| drop(it.as_object_mut().expect("an object").remove("type"))),
    (8, "a type that is a number", |it| it["type"] = 1.into()),
    (8, "another type", |it| it["type"] = "password".into()),
    (9, "no response", |it| drop(it.as_object_mut().expect("an object").remove("response"))),
    (9, "a response that is text", |it| it["response"] = "response".into()),
    (10, "no client data", |it| drop(it["response"].as_object_mut().expect("an object").remove("clientDataJSON"))),
    (10, "client data that is a number", |it| it["response"]["clientDataJSON"] = 1.into()),
    (10, "empty client data", |it| it["response"]["clientDataJSON"] = "".into()),
    (58, "extension results that are a list", |it| it["clientExtensionResults"] = json!([])),
];

const REGISTRATION_JSON: &[(u32, &str, BendJson)] = &[
    (11, "no attestation object", |it| drop(it["response"].as_object_mut().expect("an object").remove("attestationObject"))),
    (11, "an attestation object that is a number", |it| it["response"]["attestationObject"] = 1.into()),
    (11, "an empty attestation object", |it| it["response"]["attestationObject"] = "".into()),
    (11, "an attestation object in base64", |it| it["response"]["attestationObject"] = "ab+/".into()),
    (56, "a passkey that is not discoverable", |it| it["clientExtensionResults"]["credProps"]["rk"] = false.into()),
    (58, "credProps.rk that is a word", |it| it["clientExtensionResults"]["credProps"]["rk"] = "yes".into()),
    (58, "credProps that is a number", |it| it["clientExtensionResults"]["credProps"] = 1.into()),
];

const REGISTRATION: &[(u32, &str, BendRegistration)] = &[
    (17, "the type of a sign-in", |it| it.client_data.fields["type"] = "webauthn.get".into()),
    (35, "another RP ID", |it| it.authenticator.rp_id_hash[0] ^= 1),
    (36, "nobody present", |it| it.authenticator.flags &= !forge::USER_PRESENT),
    (37, "nobody verified", |it| it.authenticator.flags &= !forge::USER_VERIFIED),
    (38, "a credential the flags deny", |it| it.authenticator.flags &= !forge::ATTESTED_CREDENTIAL),
    (38, "no credential", |it| {
        it.authenticator.flags &= !forge::ATTESTED_CREDENTIAL;
        it.authenticator.attested = None;
    }),
    (39, "a credential the flags promise in vain", |it| it.authenticator.attested = None),
    (40, "backed up yet not eligible", |it| it.authenticator.flags |= forge::BACKED_UP),
    (41, "extensions the flags promise in vain", |it| it.authenticator.flags |= forge::EXTENSIONS),
    (42, "extensions the flags deny", |it| it.authenticator.extensions = cbor(&Cbor::Map(vec![]))),
    (41, "extensions that are no map", |it| {
        it.authenticator.flags |= forge::EXTENSIONS;
        it.authenticator.extensions = cbor(&Cbor::Array(vec![]));
    }),
    (43, "bytes after the authenticator data", |it| it.authenticator.extra = vec![0]),
    (43, "bytes after the extensions", |it| {
        it.authenticator.flags |= forge::EXTENSIONS;
        it.authenticator.extensions = cbor(&Cbor::Map(vec![]));
        it.authenticator.extra = vec![0];
    }),
    (45, "an empty credential id", |it| set_id(it, b"")),
    (47, "a credential id of 1024 bytes", |it| set_id(it, &[5; 1024])),
    (48, "a credential id longer than the rest", |it| attested(it).id_length = Some(9_999)),
    (49, "a credential id shorter than it is", |it| attested(it).id_length = Some(15)),
    (49, "a rawId that is not the credential's", |it| attested(it).credential_id = vec![3; 16]),
    (50, "a secp256k1 key", |it| {
        attested(it).key =
            cose(vec![(1, 2.into()), (3, (-47).into()), (-1, 8.into()), (-2, Cbor::Bytes(vec![1; 32])), (-3, Cbor::Bytes(vec![1; 32]))]);
    }),
    (50, "an Ed25519 key", |it| attested(it).key = cose(vec![(1, 1.into()), (3, (-8).into()), (-1, 6.into()), (-2, Cbor::Bytes(vec![1; 32]))])),
    (50, "an RSA-PSS key", |it| {
        attested(it).key = cose(vec![(1, 3.into()), (3, (-37).into()), (-1, Cbor::Bytes(odd_modulus(256))), (-2, Cbor::Bytes(vec![1, 0, 1]))]);
    }),
    (50, "an RSA key for SHA-1", |it| {
        attested(it).key = cose(vec![(1, 3.into()), (3, (-65535).into()), (-1, Cbor::Bytes(odd_modulus(256))), (-2, Cbor::Bytes(vec![1, 0, 1]))]);
    }),
    (51, "P-384's algorithm on a P-256 key", |it| attested(it).key = p256(-35, vec![1; 32], Cbor::Bytes(vec![1; 32]))),
    (51, "P-256's algorithm on P-384's curve", |it| {
        attested(it).key =
            cose(vec![(1, 2.into()), (3, (-7).into()), (-1, 2.into()), (-2, Cbor::Bytes(vec![1; 48])), (-3, Cbor::Bytes(vec![1; 48]))]);
    }),
    (52, "a point off the curve", |it| attested(it).key = p256(-7, vec![1; 32], Cbor::Bytes(vec![1; 32]))),
    (52, "the point zero", |it| attested(it).key = p256(-7, vec![0; 32], Cbor::Bytes(vec![0; 32]))),
    (52, "a short point", |it| attested(it).key = p256(-7, vec![1; 31], Cbor::Bytes(vec![1; 32]))),
    (52, "half a point", |it| attested(it).key = cose(vec![(1, 2.into()), (3, (-7).into()), (-1, 1.into()), (-2, Cbor::Bytes(vec![1; 32]))])),
    (52, "a compressed point", |it| attested(it).key = p256(-7, vec![1; 32], Cbor::Bool(true))),
    (54, "the wrong kind of key", |it| {
        attested(it).key =
            cose(vec![(1, 1.into()), (3, (-7).into()), (-1, 1.into()), (-2, Cbor::Bytes(vec![1; 32])), (-3, Cbor::Bytes(vec![1; 32]))]);
    }),
    (54, "a key of no algorithm", |it| attested(it).key = cose(vec![(1, 2.into()), (-1, 1.into())])),
    (54, "a key that is a list", |it| attested(it).key = cbor(&Cbor::Array(vec![]))),
    (53, "a short RSA key", |it| attested(it).key = rsa(odd_modulus(128), vec![1, 0, 1])),
    (53, "an RSA key with the exponent 1", |it| attested(it).key = rsa(odd_modulus(256), vec![0, 0, 1])),
    (60, "a statement where none is attested", |it| set_statement(it, "none", vec![("alg", (-7).into())])),
    (62, "a self attestation with another's signature", |it| {
        it.attest_itself();
        it.authenticator.counter = 1;
    }),
    (62, "a self attestation of another algorithm", |it| {
        it.attest_itself();
        let Cbor::Map(entries) = &mut it.statement else { panic!("a statement is a map") };
        entries[0].1 = (-35).into();
    }),
    (62, "a packed attestation without a statement", |it| set_statement(it, "packed", vec![])),
    (63, "a packed attestation without certificates", |it| {
        set_statement(it, "packed", vec![("alg", (-7).into()), ("sig", Cbor::Bytes(vec![1; 70])), ("x5c", Cbor::Array(vec![]))]);
    }),
    (63, "a packed attestation with a certificate of garbage", |it| {
        set_statement(
            it,
            "packed",
            vec![("alg", (-7).into()), ("sig", Cbor::Bytes(vec![1; 70])), ("x5c", Cbor::Array(vec![Cbor::Bytes(vec![1; 70])]))],
        );
    }),
    (64, "an unknown format", |it| set_statement(it, "homemade", vec![])),
    (64, "a SafetyNet attestation without a statement", |it| set_statement(it, "android-safetynet", vec![])),
    (65, "a U2F attestation without a statement", |it| set_statement(it, "fido-u2f", vec![])),
    (65, "a TPM attestation without a statement", |it| set_statement(it, "tpm", vec![])),
    (65, "an Apple attestation without a statement", |it| set_statement(it, "apple", vec![])),
    (65, "an Android attestation without a statement", |it| set_statement(it, "android-key", vec![])),
    (66, "an attestation object that is no CBOR", |it| it.attestation_object = Some(vec![0xff])),
    (66, "an attestation object that is a list", |it| it.attestation_object = Some(vec![0x80])),
    (66, "an attestation object cut off", |it| with_object(it, |object| object.truncate(object.len() - 1))),
    (66, "bytes after the attestation object", |it| with_object(it, |object| object.push(0))),
    (66, "an attestation object with a fourth field", |it| {
        let data = Cbor::Bytes(it.authenticator.bytes());
        let fields = vec![("fmt".into(), "none".into()), ("attStmt".into(), Cbor::Map(vec![])), ("authData".into(), data), ("x".into(), 1.into())];
        it.attestation_object = Some(cbor(&Cbor::Map(fields)));
    }),
    (66, "an attestation object 10,000 deep", |it| it.attestation_object = Some(vec![0x81; 10_000])),
    (66, "an attestation object that claims 2^62 bytes", |it| it.attestation_object = Some([&[0x5b, 0x40][..], &[0; 7]].concat())),
    (66, "authenticator data of 36 bytes", |it| {
        let fields = vec![("fmt".into(), "none".into()), ("attStmt".into(), Cbor::Map(vec![])), ("authData".into(), Cbor::Bytes(vec![0; 36]))];
        it.attestation_object = Some(cbor(&Cbor::Map(fields)));
    }),
];

const REGISTRATION_ALLOWED: &[(u32, &str, BendRegistration)] = &[
    (44, "a map of extensions", |it| {
        it.authenticator.flags |= forge::EXTENSIONS;
        it.authenticator.extensions = cbor(&Cbor::Map(vec![("credProtect".into(), 3.into())]));
    }),
    (46, "a credential id of one byte", |it| set_id(it, b"1")),
    (46, "a credential id of 1023 bytes", |it| set_id(it, &[5; 1023])),
    (55, "reserved flags", |it| it.authenticator.flags |= 1 << 1 | 1 << 5),
    (59, "a synced passkey", |it| it.authenticator.flags |= forge::BACKUP_ELIGIBLE | forge::BACKED_UP),
    (61, "a self attestation", |it| it.attest_itself()),
    (59, "a counter", |it| it.authenticator.counter = 41),
    (57, "no word on discoverability", |it| it.envelope["clientExtensionResults"] = json!({})),
    (58, "extension results nobody asked for", |it| it.envelope["clientExtensionResults"]["new"] = json!([1])),
    (59, "transports of a later standard", |it| it.transports = json!(["telepathy", 7, "usb"])),
    (59, "no attachment", |it| it.envelope["authenticatorAttachment"] = Value::Null),
];

const SIGN_IN_JSON: &[(u32, &str, BendJson)] = &[
    (12, "no authenticator data", |it| drop(it["response"].as_object_mut().expect("an object").remove("authenticatorData"))),
    (12, "authenticator data that is a number", |it| it["response"]["authenticatorData"] = 1.into()),
    (12, "empty authenticator data", |it| it["response"]["authenticatorData"] = "".into()),
    (12, "authenticator data in base64", |it| it["response"]["authenticatorData"] = "ab+/".into()),
    (90, "authenticator data of 36 bytes", |it| it["response"]["authenticatorData"] = base64url(&[0; 36]).into()),
    (89, "authenticator data changed after signing", |it| {
        let text = it["response"]["authenticatorData"].as_str().expect("text");
        it["response"]["authenticatorData"] = format!("{}AB", &text[..text.len() - 2]).into();
    }),
    (13, "no signature", |it| drop(it["response"].as_object_mut().expect("an object").remove("signature"))),
    (13, "a signature that is a number", |it| it["response"]["signature"] = 1.into()),
    (13, "an empty signature", |it| it["response"]["signature"] = "".into()),
    (87, "a signature with a bit turned over", |it| {
        let mut signature = signature_of(it);
        signature[10] ^= 1;
        it["response"]["signature"] = base64url(&signature).into();
    }),
    (87, "a true signature as bare numbers", |it| it["response"]["signature"] = base64url(&bare(&signature_of(it)).concat()).into()),
    (14, "a user handle that is a number", |it| it["response"]["userHandle"] = 1.into()),
    (93, "a user handle left out", |it| drop(it["response"].as_object_mut().expect("an object").remove("userHandle"))),
];

const SIGN_IN: &[(u32, &str, BendAssertion)] = &[
    (17, "the type of a registration", |it| it.client_data.fields["type"] = "webauthn.create".into()),
    (81, "another RP ID", |it| it.authenticator.rp_id_hash[31] ^= 1),
    (82, "nobody present", |it| it.authenticator.flags &= !forge::USER_PRESENT),
    (83, "nobody verified", |it| it.authenticator.flags &= !forge::USER_VERIFIED),
    (92, "a credential the flags promise in vain", |it| it.authenticator.flags |= forge::ATTESTED_CREDENTIAL),
    (40, "backed up yet not eligible", |it| it.authenticator.flags |= forge::BACKED_UP),
    (91, "extensions the flags promise in vain", |it| it.authenticator.flags |= forge::EXTENSIONS),
    (91, "extensions the flags deny, though signed", |it| it.authenticator.extensions = cbor(&Cbor::Map(vec![]))),
    (91, "bytes after the authenticator data, though signed", |it| it.authenticator.extra = vec![0]),
    (87, "a signature over something else", |it| it.signature = Some(Forge::new("http://localhost").sign(b"something else"))),
    (87, "a signature of zeros", |it| it.signature = Some(vec![0x30, 6, 2, 1, 0, 2, 1, 0])),
    (87, "a signature of bare numbers", |it| it.signature = Some(vec![7; 64])),
    (93, "no user handle", |it| it.user_handle = None),
    (93, "an empty user handle", |it| it.user_handle = Some(vec![])),
    (93, "a user handle of another length", |it| it.user_handle = Some(vec![1; 15])),
    (94, "somebody else's user handle", |it| it.user_handle = Some(vec![1; 16])),
];

const SIGN_IN_ALLOWED: &[(u32, &str, BendAssertion)] = &[
    (44, "a map of extensions", |it| {
        it.authenticator.flags |= forge::EXTENSIONS;
        it.authenticator.extensions = cbor(&Cbor::Map(vec![]));
    }),
    (55, "reserved flags", |it| it.authenticator.flags |= 1 << 1 | 1 << 5),
    (99, "extension results nobody asked for", |it| it.envelope["clientExtensionResults"] = json!({ "appid": true })),
];

/// The number a case has at a sign-in that both ceremonies know.
const fn at_sign_in(case: u32) -> u32 {
    match case {
        27 => 28,
        58 => 99,
        59 => 78,
        other => other,
    }
}

/// How many answers of this suite try each case.
pub(crate) fn answers() -> BTreeMap<u32, usize> {
    fn cases<T>(table: &[(u32, &str, T)]) -> Vec<u32> {
        table.iter().map(|(case, ..)| *case).collect()
    }
    let both = [cases(CLIENT_DATA), cases(CLIENT_DATA_ALLOWED), cases(ENVELOPE)].concat();
    let registrations = [cases(REGISTRATION_JSON), cases(REGISTRATION), cases(REGISTRATION_ALLOWED)].concat();
    let sign_ins = [cases(SIGN_IN_JSON), cases(SIGN_IN), cases(SIGN_IN_ALLOWED)].concat();
    let mut answers = BTreeMap::new();
    for case in both.iter().copied().chain(both.iter().map(|case| at_sign_in(*case))).chain(registrations).chain(sign_ins) {
        *answers.entry(case).or_default() += 1;
    }
    answers
}

/// Everything one run of the suite needs.
struct Stage<'a> {
    app: &'a TestApp,
    browser: Browser,
}

impl Stage<'_> {
    async fn start(&self, path: &str) -> Value {
        self.app.post(&self.browser, path, &json!({})).await.json()
    }

    async fn register(&self, forge: &mut Forge, bend: impl FnOnce(&mut Registration<'_>), bend_json: impl FnOnce(&mut Value)) -> Answer {
        let started = self.start("/account/passkeys/register/start").await;
        let mut credential = forge.registration(&started["publicKey"]).with(bend).json();
        bend_json(&mut credential);
        let body = json!({ "ceremony": started["ceremony"], "credential": credential });
        self.app.post(&self.browser, "/account/passkeys/register/finish", &body).await
    }

    async fn sign_in(&self, forge: &Forge, bend: impl FnOnce(&mut Assertion<'_>), bend_json: impl FnOnce(&mut Value)) -> Answer {
        let started = self.start("/sign-in/start").await;
        let mut credential = forge.assertion(&started["publicKey"]).with(bend).json();
        bend_json(&mut credential);
        let body = json!({ "ceremony": started["ceremony"], "credential": credential });
        self.app.post(&self.browser, "/sign-in/finish", &body).await
    }

    async fn passkeys(&self) -> i64 {
        self.app.count("SELECT COUNT(*) FROM passkeys", vec![]).await
    }

    async fn sign_ins(&self) -> i64 {
        self.app.count("SELECT COUNT(*) FROM audit_events WHERE kind = 'sign_in'", vec![]).await
    }

    async fn refusals(&self, kind: Kind) -> i64 {
        self.app.count("SELECT COUNT(*) FROM audit_events WHERE kind = $1", vec![kind.as_str().into()]).await
    }
}

/// A 4xx with a code for the page; what the person is told never holds the reason.
fn is_refusal(answer: &Answer) -> bool {
    answer.status.is_client_error() && answer.json()["error"].is_string() && !answer.body.contains("Failure") && !answer.body.contains("Invalid")
}

#[tokio::test]
async fn no_bent_registration_gives_a_passkey() {
    let app = TestApp::start(Engine::Sqlite).await;
    let ada = app.person("ada").await;
    let stage = Stage { app: &app, browser: app.browser() };
    app.sign_in_by_link(&stage.browser, &ada).await;
    let mut accepted = Vec::new();
    let mut cases = 0;
    let mut judge = async |what: &str, answer: Answer| {
        cases += 1;
        if !is_refusal(&answer) || stage.passkeys().await != 0 || stage.refusals(Kind::PasskeyRefused).await != cases {
            accepted.push(format!("{what}: {} {}", answer.status, answer.body));
            app.execute("DELETE FROM passkeys", vec![]).await;
            cases = stage.refusals(Kind::PasskeyRefused).await;
        }
    };
    for (_, what, bend) in ENVELOPE.iter().chain(REGISTRATION_JSON) {
        let answer = stage.register(&mut Forge::new(&app.url), |_| {}, bend).await;
        judge(what, answer).await;
    }
    for (_, what, bend) in CLIENT_DATA {
        let answer = stage.register(&mut Forge::new(&app.url), |it| bend(&mut it.client_data), |_| {}).await;
        judge(what, answer).await;
    }
    for (_, what, bend) in REGISTRATION {
        let answer = stage.register(&mut Forge::new(&app.url), bend, |_| {}).await;
        judge(what, answer).await;
    }
    assert!(accepted.is_empty(), "not refused as it should be:\n{}", accepted.join("\n"));
    assert!(cases >= 60, "{cases}");
    app.stop().await;
}

#[tokio::test]
async fn odd_registrations_the_standard_allows_give_a_passkey_that_signs_in() {
    let app = TestApp::start(Engine::Sqlite).await;
    let ada = app.person("ada").await;
    let stage = Stage { app: &app, browser: app.browser() };
    let client_data = CLIENT_DATA_ALLOWED.iter().map(|(_, what, bend)| (*what, Some(*bend), None));
    for (what, client_data, registration) in client_data.chain(REGISTRATION_ALLOWED.iter().map(|(_, what, bend)| (*what, None, Some(*bend)))) {
        app.execute("DELETE FROM passkeys", vec![]).await;
        app.sign_in_by_link(&stage.browser, &ada).await;
        let mut forge = Forge::new(&app.url);
        let mut made = (Vec::new(), 0, 0);
        let bend = |it: &mut Registration<'_>| {
            if let Some(bend) = client_data {
                bend(&mut it.client_data);
            }
            if let Some(bend) = registration {
                bend(it);
            }
            made =
                (attested(it).credential_id.clone(), it.authenticator.flags & (forge::BACKUP_ELIGIBLE | forge::BACKED_UP), it.authenticator.counter);
        };
        let answer = stage.register(&mut forge, bend, |_| {}).await;
        assert_eq!(answer.status, 200, "{what}: {}", answer.body);
        let (id, backup, counter) = made;
        forge.credential_id = id;
        let uses_it = |it: &mut Assertion<'_>| {
            it.authenticator.flags |= backup;
            if counter > 0 {
                it.authenticator.counter = counter + 1;
            }
        };
        let answer = stage.sign_in(&forge, uses_it, |_| {}).await;
        assert_eq!(answer.status, 200, "{what}: {}", answer.body);
    }
    app.stop().await;
}

#[tokio::test]
async fn no_bent_sign_in_gets_in() {
    let app = TestApp::start(Engine::Sqlite).await;
    let ada = app.person("ada").await;
    let stage = Stage { app: &app, browser: app.browser() };
    app.sign_in_by_link(&stage.browser, &ada).await;
    let mut forge = Forge::new(&app.url);
    assert_eq!(stage.register(&mut forge, |_| {}, |_| {}).await.status, 200);

    let stage = Stage { app: &app, browser: app.browser() };
    let mut accepted = Vec::new();
    let mut cases = 0;
    let mut judge = async |what: &str, answer: Answer| {
        cases += 1;
        if !is_refusal(&answer) || stage.sign_ins().await != 0 || stage.refusals(Kind::SignInRefused).await != cases {
            accepted.push(format!("{what}: {} {}", answer.status, answer.body));
            app.execute("DELETE FROM audit_events WHERE kind = 'sign_in'", vec![]).await;
            cases = stage.refusals(Kind::SignInRefused).await;
        }
    };
    for (_, what, bend) in ENVELOPE.iter().chain(SIGN_IN_JSON) {
        let answer = stage.sign_in(&forge, |_| {}, bend).await;
        judge(what, answer).await;
    }
    for (_, what, bend) in CLIENT_DATA {
        let answer = stage.sign_in(&forge, |it| bend(&mut it.client_data), |_| {}).await;
        judge(what, answer).await;
    }
    for (_, what, bend) in SIGN_IN {
        let answer = stage.sign_in(&forge, bend, |_| {}).await;
        judge(what, answer).await;
    }
    // A whole credential in the answer, well-formed and signed: forbidden in a sign-in.
    let key = forge.cose_key(-7);
    let carried = Attested { aaguid: [0; 16], id_length: None, credential_id: forge.credential_id.clone(), key };
    let bend = |it: &mut Assertion<'_>| {
        it.authenticator.flags |= forge::ATTESTED_CREDENTIAL;
        it.authenticator.attested = Some(carried);
    };
    judge("a credential in a sign-in", stage.sign_in(&forge, bend, |_| {}).await).await;
    // A true signature with a byte behind it.
    let started = stage.start("/sign-in/start").await;
    let mut credential = forge.assertion(&started["publicKey"]).json();
    let signature = credential["response"]["signature"].as_str().expect("text").to_owned();
    credential["response"]["signature"] = format!("{}AA", &signature[..signature.len() - signature.len() % 4]).into();
    let answer = app.post(&stage.browser, "/sign-in/finish", &json!({ "ceremony": started["ceremony"], "credential": credential })).await;
    judge("a signature with bytes behind it", answer).await;
    // Somebody else's key under the known id.
    let mut other = Forge::new(&app.url);
    other.credential_id.clone_from(&forge.credential_id);
    other.user_handle.clone_from(&forge.user_handle);
    judge("another key", stage.sign_in(&other, |_| {}, |_| {}).await).await;

    assert!(accepted.is_empty(), "not refused as it should be:\n{}", accepted.join("\n"));
    assert!(cases >= 60, "{cases}");
    assert!(!app.is_signed_in(&stage.browser).await);
    // After all that, the true answer still gets in.
    assert_eq!(stage.sign_in(&forge, |_| {}, |_| {}).await.status, 200);
    assert!(app.is_signed_in(&stage.browser).await);
    app.stop().await;
}

#[tokio::test]
async fn odd_sign_ins_the_standard_allows_get_in() {
    let app = TestApp::start(Engine::Sqlite).await;
    let ada = app.person("ada").await;
    let stage = Stage { app: &app, browser: app.browser() };
    app.sign_in_by_link(&stage.browser, &ada).await;
    let mut forge = Forge::new(&app.url);
    assert_eq!(stage.register(&mut forge, |_| {}, |_| {}).await.status, 200);
    for (_, what, bend) in CLIENT_DATA_ALLOWED {
        let answer = stage.sign_in(&forge, |it| bend(&mut it.client_data), |_| {}).await;
        assert_eq!(answer.status, 200, "{what}: {}", answer.body);
    }
    for (_, what, bend) in SIGN_IN_ALLOWED {
        let answer = stage.sign_in(&forge, bend, |_| {}).await;
        assert_eq!(answer.status, 200, "{what}: {}", answer.body);
    }
    app.stop().await;
}

#[tokio::test]
async fn a_signature_counter_only_goes_up() {
    crate::support::app::on_each_engine(async |app| {
        let ada = app.person("ada").await;
        let stage = Stage { app, browser: app.browser() };
        app.sign_in_by_link(&stage.browser, &ada).await;
        let mut forge = Forge::new(&app.url);
        assert_eq!(stage.register(&mut forge, |it| it.authenticator.counter = 5, |_| {}).await.status, 200);
        for counter in [5, 4, 0] {
            let answer = stage.sign_in(&forge, |it| it.authenticator.counter = counter, |_| {}).await;
            assert_eq!((answer.status.as_u16(), answer.json()["error"].as_str()), (403, Some("possible_copy")), "5 → {counter}");
            assert_eq!(app.last_reason(Kind::SignInRefused).await, "counter_went_back");
        }
        assert_eq!(stage.sign_in(&forge, |it| it.authenticator.counter = 6, |_| {}).await.status, 200);
        assert_eq!(stage.sign_in(&forge, |it| it.authenticator.counter = 6, |_| {}).await.status, 403);
    })
    .await;
}

#[tokio::test]
async fn a_passkey_that_becomes_synced_keeps_working_and_never_becomes_unsynced() {
    crate::support::app::on_each_engine(async |app| {
        let ada = app.person("ada").await;
        let stage = Stage { app, browser: app.browser() };
        for backed_up in [0, forge::BACKED_UP] {
            app.execute("DELETE FROM passkeys", vec![]).await;
            app.sign_in_by_link(&stage.browser, &ada).await;
            let mut forge = Forge::new(&app.url);
            assert_eq!(stage.register(&mut forge, |_| {}, |_| {}).await.status, 200);
            let synced = |it: &mut Assertion<'_>| it.authenticator.flags |= forge::BACKUP_ELIGIBLE | backed_up;
            // A wrong signature does not become right by the second look.
            let bogus = stage
                .sign_in(
                    &forge,
                    |it| {
                        synced(it);
                        it.signature = Some(vec![0x30, 6, 2, 1, 1, 2, 1, 1]);
                    },
                    |_| {},
                )
                .await;
            assert_eq!(bogus.status, 400, "{}", bogus.body);
            let answer = stage.sign_in(&forge, synced, |_| {}).await;
            assert_eq!(answer.status, 200, "{}", answer.body);
            assert_eq!(app.audited(Kind::SignIn).await[0].1["passkey_became_synced"], true);
            assert!(stage.browser.get("/account/passkeys").await.texts(".badge").iter().any(|badge| badge.contains("ync")));
            // Now as it is: no remedy needed, no second event.
            assert_eq!(stage.sign_in(&forge, synced, |_| {}).await.status, 200);
            assert_eq!(app.audited(Kind::SignIn).await[0].1["passkey_became_synced"], Value::Null);
            // No longer backed up is allowed and noted; no longer eligible is not.
            assert_eq!(stage.sign_in(&forge, |it| it.authenticator.flags |= forge::BACKUP_ELIGIBLE, |_| {}).await.status, 200);
            assert!(stage.browser.get("/account/passkeys").await.texts(".badge").contains(&"Can sync, not backed up yet".to_owned()));
            assert_eq!(stage.sign_in(&forge, |_| {}, |_| {}).await.status, 400);
        }
    })
    .await;
}

/// The other signature of the same numbers whose s lies above half of the curve's order; P-256 takes both (SEC 1, section 4.1.4).
fn with_high_s(signature: &[u8]) -> Vec<u8> {
    const ORDER: [u8; 32] = [
        0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3,
        0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
    ];
    let r_end = 4 + usize::from(signature[3]);
    let [_, padded] = bare(signature);
    let mut other = [0; 32];
    let mut borrow = 0;
    for n in (0..32).rev() {
        let difference = i16::from(ORDER[n]) - i16::from(padded[n]) - borrow;
        borrow = i16::from(difference < 0);
        other[n] = u8::try_from(difference.rem_euclid(256)).expect("a byte");
    }
    let mut integer = padded.max(other.to_vec());
    if integer[0] >= 0x80 {
        integer.insert(0, 0);
    }
    let mut sequence = signature[2..r_end].to_vec();
    sequence.extend([2, u8::try_from(integer.len()).expect("short")]);
    sequence.extend(integer);
    [&[0x30, u8::try_from(sequence.len()).expect("short")], &sequence[..]].concat()
}

#[tokio::test]
async fn a_signature_with_a_high_s_is_as_good() {
    let app = TestApp::start(Engine::Sqlite).await;
    let ada = app.person("ada").await;
    let stage = Stage { app: &app, browser: app.browser() };
    app.sign_in_by_link(&stage.browser, &ada).await;
    let mut forge = Forge::new(&app.url);
    assert_eq!(stage.register(&mut forge, |_| {}, |_| {}).await.status, 200);
    let started = stage.start("/sign-in/start").await;
    let mut credential = forge.assertion(&started["publicKey"]).json();
    let signature = forge::from_base64url(credential["response"]["signature"].as_str().expect("text"));
    credential["response"]["signature"] = base64url(&with_high_s(&signature)).into();
    let answer = app.post(&stage.browser, "/sign-in/finish", &json!({ "ceremony": started["ceremony"], "credential": credential })).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    app.stop().await;
}

/// An address below another one, which `localhost` is not: what was made for the one above is as foreign as any other.
#[tokio::test]
async fn what_was_made_for_the_domain_above_opens_nothing_here() {
    let origin = "http://id.house.localhost:1411";
    let app = TestApp::start_with(Engine::Sqlite, &[("APP_URL", origin)]).await;
    let ada = app.person("ada").await;
    let stage = Stage { app: &app, browser: app.browser() };
    let link = app.access_link(&ada).await;
    let path = link.strip_prefix(origin).expect("links lead to the public address");
    let page = stage.browser.get(path).await;
    assert_eq!(stage.browser.submit(&page, path, &[]).await.header("location"), "/account/passkeys/add");
    let above = |it: &mut forge::ClientData| it.fields["origin"] = "http://house.localhost:1411".into();
    let hash = forge::sha256(b"house.localhost");

    let mut forge = Forge::new(origin);
    assert!(is_refusal(&stage.register(&mut forge, |it| above(&mut it.client_data), |_| {}).await));
    assert_eq!(app.last_reason(Kind::PasskeyRefused).await, "wrong_origin");
    assert!(is_refusal(&stage.register(&mut forge, |it| it.authenticator.rp_id_hash.clone_from(&hash), |_| {}).await));
    assert_eq!(app.last_reason(Kind::PasskeyRefused).await, "wrong_rp_id");
    assert_eq!(stage.register(&mut forge, |_| {}, |_| {}).await.status, 200);

    let visitor = Stage { app: &app, browser: app.browser() };
    assert!(is_refusal(&visitor.sign_in(&forge, |it| above(&mut it.client_data), |_| {}).await));
    assert_eq!(app.last_reason(Kind::SignInRefused).await, "wrong_origin");
    assert!(is_refusal(&visitor.sign_in(&forge, |it| it.authenticator.rp_id_hash.clone_from(&hash), |_| {}).await));
    assert_eq!(app.last_reason(Kind::SignInRefused).await, "wrong_rp_id");
    assert_eq!(visitor.sign_in(&forge, |_| {}, |_| {}).await.status, 200);
    app.stop().await;
}
