//! Whose password may open what.

use crate::directory::config::{DirectoryConfig, PasswordSignIn};
use crate::users::User;

/// Why a password opens nothing. For the audit log; the person reads one sentence for all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WhyNot {
    Unknown,
    NoDirectoryPassword,
    Disabled,
    HasPasskey,
    TooManyTries,
    WrongPassword,
    Expired,
    MustChange,
    LockedThere,
    NotAdmittedThere,
    GoneThere,
    Unreachable,
}

impl WhyNot {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown_person",
            Self::NoDirectoryPassword => "directory_passwords_are_off",
            Self::Disabled => "disabled",
            Self::HasPasskey => "has_a_passkey",
            Self::TooManyTries => "too_many_tries",
            Self::WrongPassword => "wrong_password",
            Self::Expired => "password_expired",
            Self::MustChange => "password_must_be_changed",
            Self::LockedThere => "locked_in_the_directory",
            Self::NotAdmittedThere => "refused_by_the_directory",
            Self::GoneThere => "not_in_the_directory_any_more",
            Self::Unreachable => "directory_unreachable",
        }
    }
}

/// Decides whether a person's password is looked at at all; `sign_in` is what their directory allows.
pub(super) fn admission(user: &User, sign_in: PasswordSignIn, has_passkey: bool) -> Result<(), WhyNot> {
    match sign_in {
        _ if user.directory.is_none() || user.entry_dn.is_none() => Err(WhyNot::NoDirectoryPassword),
        PasswordSignIn::Off => Err(WhyNot::NoDirectoryPassword),
        _ if user.is_disabled() => Err(WhyNot::Disabled),
        PasswordSignIn::First if has_passkey => Err(WhyNot::HasPasskey),
        PasswordSignIn::First | PasswordSignIn::Always => Ok(()),
    }
}

impl DirectoryConfig {
    /// Whether hashes of right passwords are kept: only where passwords open sessions beside passkeys.
    pub(super) fn keeps_hashes(&self) -> bool {
        self.passwords.keeps_hash && self.passwords.sign_in == PasswordSignIn::Always
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;

    #[test]
    fn a_password_is_looked_at_only_for_those_it_is_meant_for() {
        let mut ada = User::new_local("ada", None, "", "", Timestamp::EPOCH);
        assert_eq!(admission(&ada, PasswordSignIn::Always, false), Err(WhyNot::NoDirectoryPassword));
        ada.directory = Some("default".into());
        ada.entry_dn = Some("uid=ada".into());
        ada.directory_state = Some("active".into());
        assert_eq!(admission(&ada, PasswordSignIn::Off, false), Err(WhyNot::NoDirectoryPassword));
        assert_eq!(admission(&ada, PasswordSignIn::First, false), Ok(()));
        assert_eq!(admission(&ada, PasswordSignIn::First, true), Err(WhyNot::HasPasskey));
        assert_eq!(admission(&ada, PasswordSignIn::Always, true), Ok(()));
        ada.blocked_at = Some(Timestamp::EPOCH);
        assert_eq!(admission(&ada, PasswordSignIn::Always, false), Err(WhyNot::Disabled));
    }
}
