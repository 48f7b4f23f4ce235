//! The software passkey and the forge both satisfy webauthn-rs, and what they are told to do wrong it refuses.

use serde_json::{Value, json};
use webauthn_rs::prelude::{Passkey, Uuid, Webauthn, WebauthnBuilder, WebauthnError};

use crate::support::authenticator::{AAGUID, SoftwarePasskeys};
use crate::support::forge::{self, Forge, Registration, base64url};

const ORIGIN: &str = "http://localhost:1411";

fn webauthn() -> Webauthn {
    WebauthnBuilder::new("localhost", &ORIGIN.parse().expect("a URL")).and_then(WebauthnBuilder::build).expect("a valid RP id")
}

/// Creation options for a discoverable credential, and how to judge the answer to them.
fn registration(user: Uuid) -> (Value, impl Fn(&Value) -> Result<Passkey, WebauthnError>) {
    let webauthn = webauthn();
    let (options, state) = webauthn.start_passkey_registration(user, "ada", "Ada Lovelace", None).expect("options");
    let mut options = serde_json::to_value(options).expect("JSON");
    options["publicKey"]["authenticatorSelection"]["residentKey"] = "required".into();
    options["publicKey"]["authenticatorSelection"]["requireResidentKey"] = true.into();
    let judge = move |answer: &Value| webauthn.finish_passkey_registration(&serde_json::from_value(answer.clone()).expect("an answer"), &state);
    (options, judge)
}

/// Request options without an allow list, and how to judge the answer for a passkey. Gives the user handle told.
fn sign_in() -> (Value, impl Fn(&Value, &Passkey) -> Result<Uuid, WebauthnError>) {
    let webauthn = webauthn();
    let (options, state) = webauthn.start_discoverable_authentication().expect("options");
    let options = serde_json::to_value(options).expect("JSON");
    let judge = move |answer: &Value, passkey: &Passkey| {
        let answer = serde_json::from_value(answer.clone()).expect("an answer");
        let (user, _) = webauthn.identify_discoverable_authentication(&answer)?;
        webauthn.finish_discoverable_authentication_v2(&answer, state.clone(), passkey).map(|_| user)
    };
    (options, judge)
}

#[tokio::test]
async fn a_software_passkey_registers_once_and_signs_in_without_a_name() {
    let mut person = SoftwarePasskeys::new(ORIGIN);
    let user = Uuid::from_u128(7);
    let (options, judge) = registration(user);
    let answer = person.register(&options).await.expect("a passkey");
    for field in ["id", "rawId", "type", "response", "authenticatorAttachment", "clientExtensionResults"] {
        assert!(answer.get(field).is_some(), "{field} is missing in {answer}");
    }
    assert!(answer["response"]["attestationObject"].is_string() && answer["response"]["clientDataJSON"].is_string(), "{answer}");
    assert!(base64_contains(&answer["response"]["attestationObject"], &AAGUID));
    let passkey = judge(&answer).expect("a good registration");
    assert_eq!(person.len(), 1);

    for _ in 0..2 {
        let (options, judge) = sign_in();
        let answer = person.sign_in(&options).await.expect("the passkey is found without a list");
        assert_eq!(judge(&answer, &passkey).expect("a good sign-in"), user);
    }

    let (mut options, _) = registration(user);
    options["publicKey"]["excludeCredentials"] = json!([{ "type": "public-key", "id": answer["id"] }]);
    person.register(&options).await.expect_err("this person has that passkey already");

    person.set_verifies(false);
    person.sign_in(&sign_in().0).await.expect_err("verification is required");
    person.set_verifies(true);
    person.clear();
    person.sign_in(&sign_in().0).await.expect_err("no passkey left");
}

fn base64_contains(text: &Value, bytes: &[u8]) -> bool {
    use base64::Engine as _;
    let decoded = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(text.as_str().expect("text")).expect("base64url");
    decoded.windows(bytes.len()).any(|window| window == bytes)
}

#[test]
fn the_forge_is_valid_until_bent() {
    let mut forge = Forge::new(ORIGIN);
    let user = Uuid::from_u128(8);
    let (options, judge) = registration(user);
    let passkey = judge(&forge.registration(&options).json()).expect("a good registration");
    judge(&forge.registration(&options).with(Registration::attest_itself).json()).expect("a good self attestation");
    let (options, judge) = sign_in();
    assert_eq!(judge(&forge.assertion(&options).json(), &passkey).expect("a good sign-in"), user);
    let lifted = forge.assertion(&options).with(|it| it.authenticator.counter = 5);
    assert_eq!(judge(&lifted.json(), &passkey).expect("a counter may start"), user);
}

#[test]
fn what_is_bent_in_a_registration_arrives_bent() {
    type Bend = fn(&mut Registration<'_>);
    let cases: [(&str, Bend); 12] = [
        ("ceremony type", |it| it.client_data.fields["type"] = "webauthn.get".into()),
        ("challenge", |it| it.client_data.fields["challenge"] = base64url(&[0; 32]).into()),
        ("origin", |it| it.client_data.fields["origin"] = "https://localhost".into()),
        ("client data that is no JSON", |it| it.client_data.bytes = Some(b"{".to_vec())),
        ("RP id hash", |it| it.authenticator.rp_id_hash[0] ^= 1),
        ("user not present", |it| it.authenticator.flags &= !forge::USER_PRESENT),
        ("user not verified", |it| it.authenticator.flags &= !forge::USER_VERIFIED),
        ("backed up yet not eligible", |it| it.authenticator.flags = it.authenticator.flags & !forge::BACKUP_ELIGIBLE | forge::BACKED_UP),
        ("no attested credential", |it| it.authenticator.flags &= !forge::ATTESTED_CREDENTIAL),
        ("extensions that are not there", |it| it.authenticator.flags |= forge::EXTENSIONS),
        ("credential id longer than the rest", |it| it.authenticator.attested.as_mut().expect("attested").id_length = Some(9_999)),
        ("attestation object that is no CBOR", |it| it.attestation_object = Some(vec![0xff])),
    ];
    for (what, bend) in cases {
        let (options, judge) = registration(Uuid::from_u128(9));
        let answer = Forge::new(ORIGIN).registration(&options).with(bend).json();
        assert!(judge(&answer).is_err(), "accepted: {what}");
    }
}

#[test]
fn what_is_bent_in_a_sign_in_arrives_bent() {
    let mut forge = Forge::new(ORIGIN);
    let (options, judge) = registration(Uuid::from_u128(10));
    let passkey = judge(&forge.registration(&options).json()).expect("a good registration");
    let (options, judge) = sign_in();
    let bogus = forge.assertion(&options).with(|it| it.signature = Some(forge.sign(b"something else")));
    assert!(judge(&bogus.json(), &passkey).is_err());
    let late = forge.assertion(&options).with(|it| it.authenticator.extra = vec![0]);
    assert!(judge(&late.json(), &passkey).is_ok(), "trailing bytes are for the product's own check to refuse");
    let stranger = forge.assertion(&options).with(|it| it.user_handle = Some(vec![1; 16]));
    assert_ne!(judge(&stranger.json(), &passkey).expect("the library does not tie handles"), Uuid::from_u128(10));
    let anonymous = forge.assertion(&options).with(|it| it.user_handle = None);
    assert!(judge(&anonymous.json(), &passkey).is_err());
    let other = Forge::new(ORIGIN);
    let foreign = other.assertion(&options).with(|it| it.envelope["rawId"] = base64url(&forge.credential_id).into());
    assert!(judge(&foreign.json(), &passkey).is_err(), "another key's signature");
}
