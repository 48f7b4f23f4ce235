//! What can go wrong when somebody signs in, as it is told to an administrator: what happened, and what to do about it.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::language::{Text, t};
use crate::secret::random_bytes;

/// The letters and digits of codes: nothing that looks or sounds like something else.
const ALPHABET: &[u8; 30] = b"23456789ABCDEFGHJKMNPQRSTVWXYZ";
const LENGTH: usize = 6;

/// The code of a problem: 29 bits, enough that nobody meets another's; it opens nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code(String);

impl Code {
    /// A new one.
    pub fn new() -> Self {
        let mut code = String::with_capacity(LENGTH);
        while code.len() < LENGTH {
            // 240 is the largest multiple of 30 in a byte: above it, the first letters would be likelier.
            let letters = random_bytes::<16>().into_iter().filter(|byte| *byte < 240).map(|byte| char::from(ALPHABET[usize::from(byte % 30)]));
            let missing = LENGTH - code.len();
            code.extend(letters.take(missing));
        }
        Self(code)
    }

    /// What somebody typed: capitals or not, with a hyphen, blanks or neither. `None` for what can be no code.
    pub fn read(unverified: &str) -> Option<Self> {
        let code: String = unverified.chars().filter(|c| c.is_alphanumeric()).take(LENGTH + 1).map(|c| c.to_ascii_uppercase()).collect();
        (code.len() == LENGTH && code.bytes().all(|byte| ALPHABET.contains(&byte))).then_some(Self(code))
    }

    /// The stored form.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As people read it: `K7QF-3M`.
    pub fn shown(&self) -> String {
        let (first, second) = self.0.split_at(4.min(self.0.len()));
        format!("{first}-{second}")
    }
}

impl Default for Code {
    fn default() -> Self {
        Self::new()
    }
}

/// What the page's script says of a ceremony that came to nothing in the browser. Nothing in it says who it was.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Told {
    operation: String,
    name: String,
    millis: u64,
    can: Vec<String>,
    in_app: bool,
    address: String,
}

/// The errors browsers end a ceremony with, and what the script calls what it finds itself.
const NAMES: &[&str] = &[
    "NotAllowedError",
    "AbortError",
    "OperationError",
    "InvalidStateError",
    "ConstraintError",
    "NotSupportedError",
    "SecurityError",
    "UnknownError",
    "NotReadableError",
    "EncodingError",
    "TypeError",
    "no_passkeys",
    "insecure",
    "in_app",
    "wrong_address",
    "unreachable",
    "too_many_requests",
    "server_error",
];
/// The capabilities of `PublicKeyCredential.getClientCapabilities()` that help to understand a failure.
const CAPABILITIES: &[&str] = &[
    "conditionalGet",
    "conditionalCreate",
    "hybridTransport",
    "passkeyPlatformAuthenticator",
    "userVerifyingPlatformAuthenticator",
    "immediateGet",
    "relatedOrigins",
    "signalAllAcceptedCredentials",
    "signalCurrentUserDetails",
    "signalUnknownCredential",
];

impl Told {
    /// What is kept of it: only words known here. `None` when there is nothing to keep.
    pub fn read(&self) -> Option<(&'static str, String, Map<String, Value>)> {
        let operation = ["sign_in", "register", "proof"].into_iter().find(|known| *known == self.operation)?;
        let name = NAMES.iter().find(|known| **known == self.name).copied().unwrap_or("unknown");
        let mut detail = Map::new();
        detail.insert("prompt_open_for".to_owned(), elapsed(self.millis).into());
        let can: Vec<&str> = CAPABILITIES.iter().copied().filter(|known| self.can.iter().any(|said| said == known)).collect();
        detail.insert("browser_can".to_owned(), can.into());
        if self.in_app {
            detail.insert("inside_another_app".to_owned(), true.into());
        }
        if name == "wrong_address" {
            let address: String = self.address.chars().filter(|c| c.is_ascii_graphic()).take(200).collect();
            detail.insert("received".to_owned(), address.into());
        }
        Some((operation, format!("browser_{name}"), detail))
    }
}

/// How long a prompt was open, coarse enough to tell nothing else.
const fn elapsed(millis: u64) -> &'static str {
    match millis {
        0..1_000 => "less than a second",
        1_000..10_000 => "a few seconds",
        10_000..60_000 => "less than a minute",
        60_000..290_000 => "a few minutes",
        _ => "as long as it may be",
    }
}

/// What the server said of the time that passed, for people; `None` for any other text.
pub fn elapsed_in_words(stored: &str) -> Option<Text> {
    Some(match stored {
        "less than a second" => t("problem-less-than-a-second"),
        "a few seconds" => t("problem-a-few-seconds"),
        "less than a minute" => t("problem-less-than-a-minute"),
        "a few minutes" => t("problem-a-few-minutes"),
        "as long as it may be" => t("problem-as-long-as-may-be"),
        _ => return None,
    })
}

/// How the library's names begin for keys and structures nobody can read.
const UNREADABLE: [&str; 6] = ["COSEKey", "Ecdsa", "ECDSA", "Parse", "Rsa", "CertificatePublicKey"];

/// What happened, and what an administrator can do, in words.
pub fn explain(cause: &str) -> (Text, Text) {
    match cause {
        "wrong_origin" | "browser_wrong_address" => (t("problem-wrong-origin"), t("problem-wrong-origin-todo")),
        "wrong_rp_id" => (t("problem-wrong-rp-id"), t("problem-wrong-rp-id-todo")),
        "unknown_credential" => (t("problem-unknown-credential"), t("problem-unknown-credential-todo")),
        "user_not_verified" => (t("problem-user-not-verified"), t("problem-user-not-verified-todo")),
        "user_not_present" => (t("problem-user-not-present"), t("problem-user-not-present-todo")),
        "not_discoverable" => (t("problem-not-discoverable"), t("problem-not-discoverable-todo")),
        "already_registered" | "browser_InvalidStateError" => (t("problem-already-registered"), t("problem-already-registered-todo")),
        "cross_origin" => (t("problem-cross-origin"), t("problem-cross-origin-todo")),
        "counter_went_back" => (t("problem-counter-went-back"), t("problem-counter-went-back-todo")),
        "disabled" => (t("problem-disabled"), t("problem-disabled-todo")),
        "other_account" => (t("problem-other-account"), t("problem-other-account-todo")),
        "other_user_handle" => (t("problem-other-user-handle"), t("problem-other-user-handle-todo")),
        "expired" => (t("problem-expired"), t("problem-expired-todo")),
        "other_browser" => (t("problem-other-browser"), t("problem-other-browser-todo")),
        "other_person" | "other_purpose" | "other_ceremony" => (t("problem-other-question"), t("problem-other-question-todo")),
        "too_many" => (t("problem-too-many"), t("problem-too-many-todo")),
        "passkey_needed" => (t("problem-passkey-needed"), t("problem-passkey-needed-todo")),
        "credential_id_taken" => (t("problem-credential-id-taken"), t("problem-credential-id-taken-todo")),
        "signed_out_meanwhile" => (t("problem-signed-out-meanwhile"), t("problem-signed-out-meanwhile-todo")),
        "removed_or_used_meanwhile" => (t("problem-removed-or-used-meanwhile"), t("problem-removed-or-used-meanwhile-todo")),
        "malformed" | "unusable_key" => (t("problem-malformed"), t("problem-malformed-todo")),
        // What the library finds, by the names it has for it.
        "SignatureInvalid" | "AuthenticationFailure" => (t("problem-signature"), t("problem-signature-todo")),
        "CredentialBackupEligibilityInconsistent" => (t("problem-backup"), t("problem-backup-todo")),
        "policy_synced" | "CredentialMayNotBeHardwareBound" => (t("problem-policy-synced"), t("problem-policy-synced-todo")),
        cause if cause == "policy_model" || cause.starts_with("Attestation") => (t("problem-policy-model"), t("problem-policy-model-todo")),
        "rp_id_of_another_instance" => (t("problem-rp-id-elsewhere"), t("problem-rp-id-elsewhere-todo")),
        cause if UNREADABLE.iter().any(|begin| cause.starts_with(begin)) => (t("problem-malformed"), t("problem-malformed-todo")),
        "browser_NotAllowedError" => (t("problem-browser-not-allowed"), t("problem-browser-not-allowed-todo")),
        "browser_AbortError" | "browser_OperationError" => (t("problem-browser-abort"), t("problem-browser-abort-todo")),
        "browser_ConstraintError" | "browser_NotSupportedError" => (t("problem-browser-constraint"), t("problem-browser-constraint-todo")),
        "browser_SecurityError" => (t("problem-browser-security"), t("problem-browser-security-todo")),
        "browser_no_passkeys" => (t("problem-browser-no-passkeys"), t("problem-browser-no-passkeys-todo")),
        "browser_insecure" => (t("problem-browser-insecure"), t("problem-browser-insecure-todo")),
        "browser_in_app" => (t("problem-browser-in-app"), t("problem-browser-in-app-todo")),
        "browser_unreachable" => (t("problem-browser-unreachable"), t("problem-browser-unreachable-todo")),
        "browser_too_many_requests" => (t("problem-browser-too-many"), t("problem-browser-too-many-todo")),
        "browser_server_error" => (t("problem-browser-server-error"), t("problem-browser-server-error-todo")),
        _ => (t("problem-unnamed"), t("problem-unnamed-todo")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_however_it_is_typed() {
        let code = Code::new();
        assert_eq!(code.shown().len(), 7);
        for typed in [code.shown(), code.shown().to_lowercase(), format!(" {} ", code.as_str())] {
            assert_eq!(Code::read(&typed).as_ref(), Some(&code), "{typed}");
        }
        for bad in ["", "K7QF", "K7QF-3MX", "K7QF-3O", "%"] {
            assert!(Code::read(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn of_what_a_browser_says_only_known_words_are_kept() {
        let told = Told {
            operation: "sign_in".into(),
            name: "<script>".into(),
            millis: 1_500,
            can: vec!["immediateGet".into(), "my name is Ada".into()],
            in_app: false,
            address: "https://ada.example".into(),
        };
        let (operation, cause, detail) = told.read().unwrap();
        assert_eq!((operation, cause.as_str()), ("sign_in", "browser_unknown"));
        let expected = serde_json::json!({ "browser_can": ["immediateGet"], "prompt_open_for": "a few seconds" });
        assert_eq!(serde_json::to_value(&detail).unwrap(), expected);
        assert!(Told { operation: "x".into(), ..told }.read().is_none());
    }

    #[test]
    fn every_refusal_of_ours_and_what_the_library_finds_is_explained() {
        let what = |cause: &str| explain(cause).0.to_string();
        // The sources say with which words a ceremony is refused: `refuse("…", …)`, and the `code` of a gate's refusal, a misfit or a lack.
        let sources = [
            include_str!("../passkeys/register.rs"),
            include_str!("../passkeys/sign_in.rs"),
            include_str!("../passkeys/gate.rs"),
            include_str!("../passkeys/model.rs"),
            include_str!("../authenticators/rule.rs"),
        ];
        let mut causes: Vec<&str> = Vec::new();
        for source in sources {
            let refused =
                source.split("refuse(").skip(1).filter_map(|rest| rest.lines().next()?.split('"').nth(1)).filter(|word| !word.starts_with('{'));
            let codes =
                source.split("fn code(").skip(1).flat_map(|rest| rest.split("\n    }\n").next().unwrap_or_default().split('"').skip(1).step_by(2));
            causes.extend(refused.chain(codes));
        }
        for known in ["unknown_credential", "other_user_handle", "signed_out_meanwhile", "wrong_origin", "other_browser", "policy_model"] {
            assert!(causes.contains(&known), "{known} was not read: {causes:?}");
        }
        causes.extend([
            "removed_or_used_meanwhile",
            "counter_went_back",
            "SignatureInvalid",
            "CredentialBackupEligibilityInconsistent",
            "AttestationUntrustedAaguid",
        ]);
        causes.extend(["AttestationChainNotTrusted(Expired)", "COSEKeyInvalidCBORValue", "EcdsaPointInvalid"]);
        for cause in causes {
            assert_ne!(what(cause), what("nothing known"), "{cause}");
        }
    }

    #[test]
    fn every_name_of_a_browser_is_explained() {
        let what = |cause: &str| explain(cause).0.to_string();
        for name in NAMES.iter().filter(|name| !["UnknownError", "NotReadableError", "EncodingError", "TypeError"].contains(name)) {
            assert_ne!(what(&format!("browser_{name}")), what(""), "{name}");
        }
    }
}
