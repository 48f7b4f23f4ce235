//! What a passkey is called, how far it travels, and when a ceremony's answer may be looked at.

use std::time::Duration;

use uuid::{Uuid, uuid};

use super::Removal;
use crate::clock::Timestamp;
use crate::id::{PasskeyId, UserId};
use crate::language::{Text, t};
use crate::secret::TokenHash;
use crate::web::user_agent;

/// How many passkeys one person may have.
pub const PASSKEYS_MAX: usize = 25;
/// How long a ceremony can be finished: the browser's time-out of 300 s (section 15.1 of WebAuthn Level 3) and a minute for the way.
pub const CEREMONY_LIFETIME: Duration = Duration::from_secs(360);
/// How many characters a name has at most.
const NAME_CHARS_MAX: usize = 64;

/// A person's passkey.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Passkey {
    /// Our identity of it.
    pub id: PasskeyId,
    /// Whose it is.
    pub user_id: UserId,
    /// Its id in WebAuthn.
    pub credential_id: Vec<u8>,
    /// webauthn-rs's form of it, as JSON.
    pub credential: String,
    /// What its owner calls it.
    pub name: String,
    /// The model of the authenticator, when it says.
    pub aaguid: Option<Uuid>,
    /// Whether the authenticator proved that model when the passkey was made.
    pub attested: bool,
    /// JSON array of transports.
    pub transports: String,
    /// `platform` or `cross-platform`, as at its creation.
    pub attachment: Option<String>,
    /// Whether it may be copied to other devices.
    pub backup_eligible: bool,
    /// Whether it was, the last time it was used.
    pub backup_state: bool,
    /// The highest signature counter seen; stays 0 for synced passkeys.
    pub sign_count: i64,
    /// When it was added.
    pub created_at: Timestamp,
    /// With which browser it was added.
    pub created_user_agent: String,
    /// When it signed someone in last.
    pub last_used_at: Option<Timestamp>,
    /// From which address.
    pub last_used_ip: String,
    /// With which browser.
    pub last_used_user_agent: String,
    /// How often it signed someone in.
    pub use_count: i64,
}

impl Passkey {
    /// Whether a telephone or a computer keeps it, as its browser said when it was made; a security key is plugged in, or held near.
    pub fn is_on_a_device(&self) -> bool {
        let transports: Vec<String> = serde_json::from_str(&self.transports).unwrap_or_default();
        transports.iter().any(|transport| matches!(transport.as_str(), "hybrid" | "internal"))
    }

    /// How far it travels, in plain words.
    pub fn reach(&self) -> Text {
        match (self.backup_eligible, self.backup_state) {
            (true, true) => t("passkey-synced"),
            (true, false) => t("passkey-can-sync"),
            (false, _) => t("passkey-bound"),
        }
    }

    /// Who keeps it, when its authenticator is one we know.
    pub fn provider(&self) -> Option<&'static str> {
        self.aaguid.and_then(provider)
    }
}

/// What a ceremony is for; an answer to one purpose never serves another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Someone unnamed signs in.
    SignIn,
    /// Someone signed in adds a passkey.
    Register,
    /// Someone signed in proves once more that it is them.
    Proof,
}

impl Purpose {
    /// The stored form.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SignIn => "sign_in",
            Self::Register => "register",
            Self::Proof => "proof",
        }
    }
}

/// A ceremony that has been taken out of the database: this answer is its only one.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Ceremony {
    /// What it is for.
    pub purpose: String,
    /// The browser that began it.
    pub browser_hash: TokenHash,
    /// Who adds a passkey or proves who they are; nobody for a sign-in.
    pub user_id: Option<UserId>,
    /// webauthn-rs's state, as JSON.
    pub state: String,
    /// The challenge, as it was sent.
    pub challenge: String,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// Why a ceremony's answer is not looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misfit {
    /// It ran out.
    Expired,
    /// It was begun for something else.
    OtherPurpose,
    /// Another browser began it.
    OtherBrowser,
    /// Somebody else began it.
    OtherPerson,
}

impl Misfit {
    /// A word for the audit log.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::OtherPurpose => "other_purpose",
            Self::OtherBrowser => "other_browser",
            Self::OtherPerson => "other_person",
        }
    }
}

impl Ceremony {
    /// Whether this browser, and this person if any, may finish the ceremony now.
    ///
    /// # Errors
    /// The first reason why not.
    pub fn fits(&self, purpose: Purpose, browser: Option<&TokenHash>, person: Option<UserId>, now: Timestamp) -> Result<(), Misfit> {
        if self.purpose != purpose.as_str() {
            return Err(Misfit::OtherPurpose);
        }
        if !browser.is_some_and(|browser| browser.matches(&self.browser_hash)) {
            return Err(Misfit::OtherBrowser);
        }
        if self.user_id != person {
            return Err(Misfit::OtherPerson);
        }
        if now >= self.expires_at { Err(Misfit::Expired) } else { Ok(()) }
    }
}

/// Whether somebody may remove their last passkey: who has recovery codes can still come in; but an installation must never hang on a sheet of paper.
///
/// # Errors
/// Why not.
pub const fn may_remove_last(unused_codes: i64, is_last_admin: bool) -> Result<(), Removal> {
    if is_last_admin {
        Err(Removal::IsLastOfLastAdmin)
    } else if unused_codes < 1 {
        Err(Removal::IsLast)
    } else {
        Ok(())
    }
}

/// Checks a name its owner typed; gives it trimmed.
///
/// # Errors
/// What is wrong.
pub fn check_name(name: &str) -> Result<&str, Text> {
    let name = name.trim();
    if name.is_empty() {
        return Err(t("passkey-name-missing"));
    }
    if name.chars().count() > NAME_CHARS_MAX {
        return Err(t("passkey-name-too-long"));
    }
    if name.chars().any(|c| c.is_control() || turns_the_line(c)) {
        return Err(t("passkey-name-wrong"));
    }
    Ok(name)
}

/// Characters that turn what follows them around (Unicode Standard Annex #9): administrators and mails show a passkey's name beside other words.
const fn turns_the_line(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}' | '\u{feff}')
}

/// A name for a new passkey, unlike those its owner has: who keeps it, or else where it was made.
pub fn suggest_name(aaguid: Option<Uuid>, transports: &[String], attachment: Option<&str>, user_agent: &str, taken: &[&str]) -> String {
    let is_key = attachment == Some("cross-platform") && transports.iter().any(|transport| matches!(transport.as_str(), "usb" | "nfc" | "ble"));
    let name = match aaguid.and_then(provider) {
        Some(provider) => provider.to_owned(),
        None if is_key => t("passkey-name-key").into(),
        None if transports.iter().any(|transport| transport == "hybrid") && attachment == Some("cross-platform") => t("passkey-name-phone").into(),
        None => user_agent::platform(user_agent).map_or_else(|| t("passkey-name"), |platform| t("passkey-name-on").with("platform", platform)).into(),
    };
    let is_free = |name: &str| !taken.iter().any(|taken| taken.eq_ignore_ascii_case(name));
    if is_free(&name) {
        return name;
    }
    (2..=PASSKEYS_MAX + 1).map(|n| format!("{name} {n}")).find(|numbered| is_free(numbered)).unwrap_or(name)
}

/// Who keeps passkeys of this authenticator model. Self-reported and unproven: good for a label, never for a decision.
pub fn provider(aaguid: Uuid) -> Option<&'static str> {
    const PROVIDERS: &[(Uuid, &str)] = &[
        (uuid!("ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4"), "Google Password Manager"),
        (uuid!("adce0002-35bc-c60a-648b-0b25f1f05503"), "Chrome on Mac"),
        (uuid!("b5397666-4885-aa6b-cebf-e52262a439a2"), "Chromium"),
        (uuid!("fbfc3007-154e-4ecc-8c0b-6e020557d7bd"), "Apple Passwords"),
        (uuid!("dd4ec289-e01d-41c9-bb89-70fa845d4bf2"), "Apple Passwords (managed)"),
        (uuid!("08987058-cadc-4b81-b6e1-30de50dcbe96"), "Windows Hello"),
        (uuid!("9ddd1817-af5a-4672-a2b9-3e3dd95000a9"), "Windows Hello"),
        (uuid!("6028b017-b1d4-4c02-b4b3-afcdafc96bb2"), "Windows Hello"),
        (uuid!("d3452668-01fd-4c12-926c-83a4204853aa"), "Microsoft Password Manager"),
        (uuid!("771b48fd-d3d4-4f74-9232-fc157ab0507a"), "Edge on Mac"),
        (uuid!("bada5566-a7aa-401f-bd96-45619a55120d"), "1Password"),
        (uuid!("d548826e-79b4-db40-a3d8-11116f7e8349"), "Bitwarden"),
        (uuid!("531126d6-e717-415c-9320-3d9aa6981239"), "Dashlane"),
        (uuid!("b84e4048-15dc-4dd0-8640-f4f60813c8af"), "NordPass"),
        (uuid!("50726f74-6f6e-5061-7373-50726f746f6e"), "Proton Pass"),
        (uuid!("0ea242b4-43c4-4a1b-8b17-dd6d0b6baec6"), "Keeper"),
        (uuid!("b78a0a55-6ef8-d246-a042-ba0f6d55050c"), "LastPass"),
        (uuid!("f3809540-7f14-49c1-a8b3-8f813b225541"), "Enpass"),
        (uuid!("fdb141b2-5d84-443e-8a35-4698c205a502"), "KeePassXC"),
        (uuid!("eaecdef2-1c31-5634-8639-f1cbd9c00a08"), "KeePassDX"),
        (uuid!("53414d53-554e-4700-0000-000000000000"), "Samsung Pass"),
    ];
    PROVIDERS.iter().find(|(known, _)| *known == aaguid).map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ceremony_is_finished_only_by_who_began_it_for_what_it_was_begun_and_in_time() {
        let (mine, other) = (TokenHash::of("mine"), TokenHash::of("other"));
        let ada = UserId::new();
        let end = Timestamp::from_seconds(360);
        let ceremony = Ceremony {
            purpose: "register".into(),
            browser_hash: mine.clone(),
            user_id: Some(ada),
            state: String::new(),
            challenge: String::new(),
            expires_at: end,
        };
        let now = Timestamp::from_seconds(359);
        assert_eq!(ceremony.fits(Purpose::Register, Some(&mine), Some(ada), now), Ok(()));
        assert_eq!(ceremony.fits(Purpose::Register, Some(&mine), Some(ada), end), Err(Misfit::Expired));
        assert_eq!(ceremony.fits(Purpose::SignIn, Some(&mine), Some(ada), now), Err(Misfit::OtherPurpose));
        assert_eq!(ceremony.fits(Purpose::Register, Some(&other), Some(ada), now), Err(Misfit::OtherBrowser));
        assert_eq!(ceremony.fits(Purpose::Register, None, Some(ada), now), Err(Misfit::OtherBrowser));
        assert_eq!(ceremony.fits(Purpose::Register, Some(&mine), Some(UserId::new()), now), Err(Misfit::OtherPerson));
        assert_eq!(ceremony.fits(Purpose::Register, Some(&mine), None, now), Err(Misfit::OtherPerson));
    }

    #[test]
    fn the_last_passkey_goes_only_where_another_way_in_stays() {
        assert_eq!(may_remove_last(0, false), Err(Removal::IsLast));
        assert_eq!(may_remove_last(1, false), Ok(()));
        assert_eq!(may_remove_last(10, true), Err(Removal::IsLastOfLastAdmin));
    }

    #[test]
    fn names_say_who_keeps_the_passkey_or_where_it_was_made() {
        let bitwarden = Some(uuid!("d548826e-79b4-db40-a3d8-11116f7e8349"));
        let mac = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Safari/605";
        let usb = ["usb".to_owned()];
        assert_eq!(suggest_name(bitwarden, &[], None, mac, &[]), "Bitwarden");
        assert_eq!(suggest_name(bitwarden, &[], None, mac, &["bitwarden", "Bitwarden 2"]), "Bitwarden 3");
        assert_eq!(suggest_name(None, &usb, Some("cross-platform"), mac, &[]), "Security key");
        assert_eq!(suggest_name(None, &[], Some("platform"), mac, &[]), "Passkey on Mac");
        assert_eq!(suggest_name(None, &[], None, "", &[]), "Passkey");
    }

    #[test]
    fn names_are_one_line_of_at_most_64_characters() {
        assert_eq!(check_name("  My phone ").ok(), Some("My phone"));
        assert!(check_name("המפתח של עדה").is_ok(), "of a language from right to left");
        for bad in ["", "   ", "a\nb", "a\u{202e}b", "a\u{2066}b", &"x".repeat(65)] {
            assert!(check_name(bad).is_err(), "{bad:?}");
        }
    }
}
