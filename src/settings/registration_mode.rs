//! Who may register apps over the protocol.

use super::{Choice, Input, SettingValue};
use crate::language::t;

/// Who may register apps over the protocol (RFC 7591).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RegistrationMode {
    /// Nobody.
    #[default]
    Off,
    /// Whoever holds an initial access token.
    Token,
    /// Everyone, within limits.
    Open,
}

impl SettingValue for RegistrationMode {
    const INPUT: Input = Input::Choice(&[
        Choice { value: "off", label: "No" },
        Choice { value: "token", label: "With a token you made for them" },
        Choice { value: "open", label: "All, within limits" },
    ]);
    fn parse(text: &str) -> Result<Self, String> {
        match text.trim() {
            "off" => Ok(Self::Off),
            "token" => Ok(Self::Token),
            "open" => Ok(Self::Open),
            _ => Err(t("settings-allowed-registration").into()),
        }
    }
    fn show(&self) -> String {
        match self {
            Self::Off => "off",
            Self::Token => "token",
            Self::Open => "open",
        }
        .to_owned()
    }
}
