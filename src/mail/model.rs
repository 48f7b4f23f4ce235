//! What a mail is, how it can be sent, and how long to wait between tries. Pure.

use std::time::Duration;

use lettre::message::Mailbox;

use crate::id::UserId;
use crate::language::t;
use crate::settings::{Choice, Input, SettingValue};

/// A mail to one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// Their address.
    pub to: String,
    /// Whose account it is about, who may see later that it was sent.
    pub about: Option<UserId>,
    /// One line.
    pub subject: String,
    /// Plain text.
    pub text: String,
    /// For how long it is worth sending.
    pub useful_for: Duration,
}

/// Why a mail was not sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Whole sentences for an administrator.
    pub why: String,
    /// Whether another try is useless.
    pub is_for_good: bool,
}

impl Failure {
    /// One that another try will not mend.
    pub fn for_good(why: impl Into<String>) -> Self {
        Self { why: why.into(), is_for_good: true }
    }

    /// One that may pass.
    pub fn for_now(why: impl Into<String>) -> Self {
        Self { why: why.into(), is_for_good: false }
    }
}

/// How long to wait after so many tries: 10 seconds, then three times as long each time, an hour at most.
pub(super) fn wait_after(attempts: i64) -> Duration {
    let tries = u32::try_from(attempts.clamp(1, 8)).unwrap_or(8);
    Duration::from_secs((10 * 3_u64.pow(tries - 1)).min(3600))
}

/// How the connection to the mail server is protected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SmtpTls {
    /// Not at all: for a server on the same machine.
    None,
    /// STARTTLS (RFC 3207), required.
    #[default]
    StartTls,
    /// TLS from the first byte (RFC 8314).
    Tls,
}

impl SettingValue for SmtpTls {
    const INPUT: Input = Input::Choice(&[
        Choice { value: "starttls", label: "STARTTLS (port 587)" },
        Choice { value: "tls", label: "TLS (port 465)" },
        Choice { value: "none", label: "None: only for a server on this machine" },
    ]);
    fn parse(text: &str) -> Result<Self, String> {
        match text.trim() {
            "none" => Ok(Self::None),
            "starttls" => Ok(Self::StartTls),
            "tls" => Ok(Self::Tls),
            _ => Err(t("settings-allowed-tls").into()),
        }
    }
    fn show(&self) -> String {
        match self {
            Self::None => "none",
            Self::StartTls => "starttls",
            Self::Tls => "tls",
        }
        .to_owned()
    }
}

/// Who mails come from: an address, with a name before it or without. Empty where nobody has said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SenderAddress(String);

impl SenderAddress {
    /// As it was typed; empty, or what lettre reads.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether nobody has said.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl SettingValue for SenderAddress {
    const INPUT: Input = Input::Text;
    fn parse(text: &str) -> Result<Self, String> {
        let text = <String as SettingValue>::parse(text)?;
        if text.is_empty() || text.parse::<Mailbox>().is_ok() { Ok(Self(text)) } else { Err(t("settings-allowed-sender").into()) }
    }
    fn show(&self) -> String {
        self.0.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sender_is_an_address_or_nobody() {
        for good in ["", "id@example.org", " Example <id@example.org> "] {
            assert_eq!(SenderAddress::parse(good).map(|sender| sender.show()).as_deref(), Ok(good.trim()));
        }
        for bad in ["nonsense", "id@", "Example <id>"] {
            assert!(SenderAddress::parse(bad).is_err_and(|allowed| allowed.contains("id@example.org")), "{bad}");
        }
    }

    #[test]
    fn tries_come_further_apart_up_to_an_hour() {
        let waits: Vec<u64> = (0..9).map(|attempts| wait_after(attempts).as_secs()).collect();
        assert_eq!(waits, [10, 10, 30, 90, 270, 810, 2430, 3600, 3600]);
    }
}
