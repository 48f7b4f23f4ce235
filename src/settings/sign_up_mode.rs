//! Who may make an account of their own.

use super::{Choice, Input, SettingValue};
use crate::language::t;

/// Who may make an account of their own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SignUpMode {
    /// Nobody: administrators and directories add people.
    #[default]
    Off,
    /// Whoever holds a link an administrator made.
    Link,
    /// Everyone with an e-mail address.
    Open,
}

impl SettingValue for SignUpMode {
    const INPUT: Input = Input::Choice(&[
        Choice { value: "disabled", label: "Nobody" },
        Choice { value: "withToken", label: "Who holds a link you made" },
        Choice { value: "open", label: "Everyone who confirms an e-mail address" },
    ]);
    fn parse(text: &str) -> Result<Self, String> {
        match text.trim() {
            "disabled" => Ok(Self::Off),
            "withToken" => Ok(Self::Link),
            "open" => Ok(Self::Open),
            _ => Err(t("settings-allowed-sign-up").into()),
        }
    }
    fn show(&self) -> String {
        match self {
            Self::Off => "disabled",
            Self::Link => "withToken",
            Self::Open => "open",
        }
        .to_owned()
    }
}
