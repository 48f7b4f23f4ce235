//! What can go wrong when somebody signs in, as it is told to an administrator: what happened, and what to do about it.

use serde::Deserialize;
use serde_json::{Map, Value};

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

/// What happened, and what an administrator can do, in words.
pub fn explain(cause: &str) -> (&'static str, &'static str) {
    match cause {
        "wrong_origin" | "browser_wrong_address" => (
            "The page was open under another address than APP_URL names",
            "Passkeys belong to one address. Compare the two below: correct APP_URL or the reverse proxy, or tell people the right address.",
        ),
        "wrong_rp_id" => ("The passkey was made for another host name", "It cannot work here. The person adds a new one by a one-time link."),
        "unknown_credential" => (
            "Nobody here has this passkey",
            "It was removed from the account, or belongs to another installation under the same address. The person deletes it in their password manager and uses another one, or gets a one-time link.",
        ),
        "user_not_verified" => (
            "The device did not verify the person",
            "It asked for no PIN, fingerprint or face. On a security key the person sets a PIN first; a few password managers have a setting for it.",
        ),
        "user_not_present" => {
            ("Nobody touched the device", "Something answered in the person's place, which no ordinary device does. Let them try another one.")
        }
        "not_discoverable" => (
            "The device made a passkey that cannot sign in without a name",
            "An old security key, or one that is full. The person makes room on it, or uses another device.",
        ),
        "already_registered" => {
            ("The device or password manager has a passkey for the person already", "Nothing is wrong: they sign in with that one.")
        }
        "cross_origin" => ("The page was inside a frame of another site", "Somebody put the sign-in page into theirs. Nothing was signed in."),
        "counter_went_back" => (
            "The passkey counts backwards: there may be a copy of it",
            "Nobody was signed in. Ask the person whether they restored a device; if not, remove the passkey from their page and have them add a new one.",
        ),
        "disabled" => {
            ("The person may not sign in", "Their page says why: an administrator blocked them, or the directory disabled or dropped them.")
        }
        "other_account" => ("The passkey belongs to another account", "Somebody has two accounts and used the passkey of the other one."),
        "other_user_handle" => {
            ("The device named another person than the one the passkey belongs to", "It mixes up two passkeys. Remove this one and add a new one.")
        }
        "expired" => ("The answer came too late", "The page was open for more than six minutes. The person tries again."),
        "other_browser" => (
            "The answer came from another browser than the question",
            "Cookies are off, or were cleared in between. If this comes often, look whether something between here and the person takes cookies away.",
        ),
        "other_person" | "other_purpose" | "other_ceremony" => {
            ("The answer belongs to another question", "Two pages were open and mixed up. The person reloads the page.")
        }
        "too_many" => ("The person has as many passkeys as one may have", "They remove one they no longer use."),
        "passkey_needed" => ("The person signed in with a password and has a passkey", "They sign in with the passkey, then add another one."),
        "credential_id_taken" => ("The passkey belongs to somebody already", "The device gave an id twice. Let the person use another device."),
        "signed_out_meanwhile" => ("The person was signed out while they added the passkey", "They sign in again, or get a one-time link."),
        "removed_or_used_meanwhile" => ("The passkey was removed, or used elsewhere, at the same moment", "The person tries again."),
        "malformed" | "unusable_key" => (
            "The device or a password manager answered in a way that cannot be accepted",
            "Let the person try without the extension, or with another device.",
        ),
        "browser_NotAllowedError" => (
            "The browser gave no passkey",
            "Closed by the person, timed out, or none was there: browsers do not say which. How long the prompt was open helps: less than a second means that there was none, or none could be asked for.",
        ),
        "browser_AbortError" | "browser_OperationError" => {
            ("Another prompt was in the way", "A password manager's extension, or a second tab. The person closes other prompts and tries again.")
        }
        "browser_InvalidStateError" => {
            ("The device or password manager has a passkey for the person already", "Nothing is wrong: they sign in with that one.")
        }
        "browser_ConstraintError" | "browser_NotSupportedError" => (
            "The device cannot keep passkeys",
            "It has no screen lock or PIN, or is a security key without room for passkeys. The person sets one up, or uses another device.",
        ),
        "browser_SecurityError" => (
            "The browser allows no passkeys at this address",
            "The host name does not fit APP_URL, or the certificate is not trusted. Open the address yourself and look at what the browser says about it.",
        ),
        "browser_no_passkeys" => (
            "The browser knows no passkeys at all",
            "It is very old, or passkeys are switched off in it. The person uses another one, or signs in with another device.",
        ),
        "browser_insecure" => {
            ("The page was opened without https", "Passkeys work over https only (and on localhost). Redirect http to https in front of Muster.")
        }
        "browser_in_app" => (
            "The page was open inside another app",
            "The browser inside chat and mail apps cannot use passkeys. The person opens the page in their usual browser, or signs in with another device.",
        ),
        "browser_unreachable" => ("The server did not answer the page", "Look at the connection, and at what the reverse proxy logged at that time."),
        _ => ("Something went wrong that has no name here", "The details below may help; so does another device or browser."),
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
    fn every_name_of_a_browser_is_explained() {
        let (unknown, _) = explain("");
        for name in NAMES.iter().filter(|name| !["UnknownError", "NotReadableError", "EncodingError", "TypeError"].contains(name)) {
            assert_ne!(explain(&format!("browser_{name}")).0, unknown, "{name}");
        }
    }
}
