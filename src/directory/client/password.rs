//! A person's directory password: whether it is right, and setting another one. Always over a connection of its own that ends afterwards.

use std::fmt;
use std::time::Duration;

use super::super::config::DirectoryConfig;
use super::{FetchError, Phase};
use crate::secret::Password;

/// What the server says to a person's DN and password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordVerdict {
    /// They belong together.
    Right,
    /// They do not, or there is no such person; nobody learns which.
    Wrong,
    /// The server lets nobody in with them now, whether right or not.
    Refused(Refusal),
}

/// Why a server lets nobody in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The password has expired.
    Expired,
    /// The password must be changed first.
    MustChange,
    /// The account is disabled.
    Disabled,
    /// The account has expired.
    AccountExpired,
    /// Too many wrong passwords.
    Locked,
    /// Not at this time of day.
    NotNow,
    /// Not from this machine.
    NotHere,
    /// The server does not say.
    Unsaid,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Expired => "The directory password has expired.",
            Self::MustChange => "The directory password must be changed before it can be used.",
            Self::Disabled => "The account is disabled in the directory.",
            Self::AccountExpired => "The account has expired in the directory.",
            Self::Locked => "The account is locked in the directory after too many wrong passwords.",
            Self::NotNow => "The directory lets this account in at other times only.",
            Self::NotHere => "The directory does not let this account in from here.",
            Self::Unsaid => "The directory does not let this account in.",
        })
    }
}

/// What became of a change of password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PasswordChange {
    /// The new one is in force.
    Changed,
    /// The old one was wrong.
    WrongOld,
    /// The server lets nobody in with the old one.
    Refused(Refusal),
    /// The server does not take the new one: too short, used before, changed too soon. Its own words, cleaned, when it gave any.
    NewNotTaken(String),
}

/// Asks the server by a bind whether a password is right.
///
/// An empty password is wrong without asking: servers take it for anybody's (RFC 4513 section 5.1.2). Where StartTLS is configured nothing is sent without
/// it; over plain `ldap://` the password travels readably, of which the test of the connection warns.
///
/// # Errors
/// [`FetchError`] when no server can be reached, or none gave a verdict within `within`. It never contains the password.
pub async fn check_password(_config: &DirectoryConfig, _dn: &str, _password: &Password, _within: Duration) -> Result<PasswordVerdict, FetchError> {
    Err(FetchError { phase: Phase::Connect, message: "not built yet".to_owned() })
}

/// Sets another password, as the person: by the password modify operation (RFC 3062), or by `unicodePwd` on Active Directory.
///
/// # Errors
/// [`FetchError`] when no server can be reached, none answered within `within`, or the connection is neither encrypted nor a socket on this machine (then
/// nothing was sent).
pub async fn change_password(
    _config: &DirectoryConfig,
    _dn: &str,
    _old: &Password,
    _new: &Password,
    _within: Duration,
) -> Result<PasswordChange, FetchError> {
    Err(FetchError { phase: Phase::Connect, message: "not built yet".to_owned() })
}
