//! Who may let another browser in from a device they are signed in on.

use super::{Choice, Input, SettingValue};
use crate::language::t;

/// Who may let another browser in from a device they are signed in on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OtherDevice {
    /// Nobody.
    Off,
    /// Everybody but administrators.
    #[default]
    People,
    /// Administrators too; the administration stays closed to such a session.
    Everyone,
}

impl OtherDevice {
    /// Whether anybody may.
    pub const fn is_on(self) -> bool {
        !matches!(self, Self::Off)
    }

    /// Whether this person may.
    pub const fn admits(self, is_admin: bool) -> bool {
        match self {
            Self::Off => false,
            Self::People => !is_admin,
            Self::Everyone => true,
        }
    }
}

impl SettingValue for OtherDevice {
    const INPUT: Input = Input::Choice(&[
        Choice { value: "off", label: "No" },
        Choice { value: "people", label: "All but administrators" },
        Choice { value: "everyone", label: "All" },
    ]);
    fn parse(text: &str) -> Result<Self, String> {
        match text.trim() {
            "off" => Ok(Self::Off),
            "people" => Ok(Self::People),
            "everyone" => Ok(Self::Everyone),
            _ => Err(t("settings-allowed-other-device").into()),
        }
    }
    fn show(&self) -> String {
        match self {
            Self::Off => "off",
            Self::People => "people",
            Self::Everyone => "everyone",
        }
        .to_owned()
    }
}
