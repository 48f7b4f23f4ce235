//! Asking the server whether a password is right, and having it changed. Each time on a connection of its own: the password must not become that of the
//! connection that searches.

use std::collections::HashSet;
use std::fmt;
use std::time::Duration;

use ldap3::exop::PasswordModify;
use ldap3::{LdapResult, Mod};
use tokio_util::task::AbortOnDropHandle;

use super::super::config::{DirectoryConfig, ServerAddress};
use super::connection::{self, Connection};
use super::{FetchError, Phase, joined};
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

/// Asks whether `password` is that of the entry `dn`, within `within`. Servers are tried in their order until one can be reached; a verdict is final, because
/// the same wrong password at every server locks accounts. An empty password is [`Wrong`](PasswordVerdict::Wrong) and is not sent: servers take it for
/// anybody's (RFC 4513 section 5.1.2).
///
/// # Errors
/// [`FetchError`] when there is no verdict: no server could be reached, or it answered something else.
pub async fn check_password(config: &DirectoryConfig, dn: &str, password: &Password, within: Duration) -> Result<PasswordVerdict, FetchError> {
    if password.is_empty() || dn.is_empty() {
        return Ok(PasswordVerdict::Wrong);
    }
    let (config, dn, password) = (config.clone(), dn.to_owned(), password.clone());
    guarded(within, async move {
        let mut connection = open(&config).await?;
        ask(&mut connection, &dn, &password).await
    })
    .await
}

/// Has the password of the entry `dn` changed by the person themselves: bound with `old`, by the extended operation of RFC 3062, or by `unicodePwd` on Active
/// Directory (MS-ADTS section 3.1.1.3.1.5), within `within`. Only over a connection nobody can listen to.
///
/// # Errors
/// [`FetchError`] when nothing is known to have changed: no server could be reached, the connection is not encrypted, or the answer was something else.
pub async fn change_password(
    config: &DirectoryConfig,
    dn: &str,
    old: &Password,
    new: &Password,
    within: Duration,
) -> Result<PasswordChange, FetchError> {
    if old.is_empty() || dn.is_empty() {
        return Ok(PasswordChange::WrongOld);
    }
    if new.is_empty() {
        // Some servers would make one up (RFC 3062 section 2).
        return Ok(PasswordChange::NewNotTaken(String::new()));
    }
    if !config.connection.servers.iter().all(|server| is_private(config, server)) {
        let message = "Passwords are changed over an encrypted connection only: use ldaps://, StartTLS or a local socket.".to_owned();
        return Err(FetchError { phase: Phase::Tls, message });
    }
    let (config, dn, old, new) = (config.clone(), dn.to_owned(), old.clone(), new.clone());
    guarded(within, async move {
        let mut connection = open(&config).await?;
        match ask(&mut connection, &dn, &old).await? {
            PasswordVerdict::Right => {}
            PasswordVerdict::Wrong => return Ok(PasswordChange::WrongOld),
            PasswordVerdict::Refused(why) => return Ok(PasswordChange::Refused(why)),
        }
        let result = if is_active_directory(&mut connection).await? {
            // Removing the old and adding the new value is a change by the person; replacing would be a reset by an administrator.
            let attribute = b"unicodePwd".to_vec();
            let value = |password: &Password| HashSet::from([quoted_utf16(password)]);
            let mods = vec![Mod::Delete(attribute.clone(), value(&old)), Mod::Add(attribute, value(&new))];
            connection.modify(&dn, mods).await?
        } else {
            let request = PasswordModify { user_id: Some(&dn), old_pass: Some(old.reveal()), new_pass: Some(new.reveal()) };
            connection.extended(request).await?
        };
        Ok(match result.rc {
            0 => PasswordChange::Changed,
            _ => PasswordChange::NewNotTaken(own_words(&result)),
        })
    })
    .await
}

/// Whether nobody between can listen.
fn is_private(config: &DirectoryConfig, server: &ServerAddress) -> bool {
    server.is_tls() || server.is_local_socket() || config.connection.start_tls
}

/// A connection to the first server that can be reached; nobody is bound yet.
async fn open(config: &DirectoryConfig) -> Result<Connection, FetchError> {
    let mut unreachable = Vec::new();
    for server in &config.connection.servers {
        if config.connection.start_tls && !server.is_tls() && !server.is_local_socket() {
            unreachable.push(FetchError { phase: Phase::Tls, message: format!("{server}: StartTLS cannot be used yet.") });
            continue;
        }
        let reached = async {
            let (stream, _) = connection::connect(server, config.connection.limits.connect_within).await?;
            Connection::start(config, server, stream).await
        };
        match reached.await {
            Ok(connection) => return Ok(connection),
            Err(error) => unreachable.push(error),
        }
    }
    Err(joined(unreachable))
}

async fn ask(connection: &mut Connection, dn: &str, password: &Password) -> Result<PasswordVerdict, FetchError> {
    let result = connection.bind_as(dn, password).await?;
    verdict(&result).ok_or_else(|| connection.no_verdict(&result))
}

/// Reads the answer to a bind; `None` when it says nothing about the password.
fn verdict(result: &LdapResult) -> Option<PasswordVerdict> {
    let sub_code = result.text.split("data ").nth(1).and_then(|rest| rest.split([',', ' ']).next()).unwrap_or("").to_ascii_lowercase();
    Some(match (result.rc, sub_code.as_str()) {
        (0, _) => PasswordVerdict::Right,
        (49, "530") => PasswordVerdict::Refused(Refusal::NotNow),
        (49, "531") => PasswordVerdict::Refused(Refusal::NotHere),
        (49, "532") => PasswordVerdict::Refused(Refusal::Expired),
        (49, "533") => PasswordVerdict::Refused(Refusal::Disabled),
        (49, "701") => PasswordVerdict::Refused(Refusal::AccountExpired),
        (49, "773") => PasswordVerdict::Refused(Refusal::MustChange),
        (49, "775") => PasswordVerdict::Refused(Refusal::Locked),
        // Also who is not there, or has no name a server could have.
        (16 | 32 | 34 | 48 | 49, _) => PasswordVerdict::Wrong,
        // 389 Directory Server: too many tries; the account is inactive.
        (19, _) => PasswordVerdict::Refused(Refusal::Locked),
        (50 | 53, _) => PasswordVerdict::Refused(Refusal::Unsaid),
        _ => return None,
    })
}

async fn is_active_directory(connection: &mut Connection) -> Result<bool, FetchError> {
    const ACTIVE_DIRECTORY: &[u8] = b"1.2.840.113556.1.4.800";
    let root = connection.read(Phase::Base, "", &["supportedCapabilities".to_owned()]).await?;
    let attributes = root.map(|entry| entry.attributes).unwrap_or_default();
    Ok(attributes
        .iter()
        .any(|(name, values)| name.eq_ignore_ascii_case("supportedCapabilities") && values.iter().any(|value| value.as_slice() == ACTIVE_DIRECTORY)))
}

/// What `unicodePwd` takes: the password in quotes, UTF-16, little end first.
fn quoted_utf16(password: &Password) -> Vec<u8> {
    let letters = "\"".encode_utf16().chain(password.reveal().encode_utf16()).chain("\"".encode_utf16());
    letters.flat_map(u16::to_le_bytes).collect()
}

/// The server's own words, without what could disturb a page or a log.
fn own_words(result: &LdapResult) -> String {
    result.text.chars().filter(|c| !c.is_control()).take(200).collect::<String>().trim().to_owned()
}

/// Runs `work` in a task that cannot take anything else down, and gives up in time.
async fn guarded<T: Send + 'static>(within: Duration, work: impl Future<Output = Result<T, FetchError>> + Send + 'static) -> Result<T, FetchError> {
    let failed = |message: &str| FetchError { phase: Phase::Bind, message: message.to_owned() };
    match tokio::time::timeout(within, AbortOnDropHandle::new(tokio::spawn(work))).await {
        Ok(Ok(result)) => result,
        Ok(Err(_)) => Err(failed("The server sent an answer that cannot be read.")),
        Err(_) => Err(failed("The directory did not answer in time.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result(rc: u32, text: &str) -> LdapResult {
        LdapResult { rc, matched: String::new(), text: text.to_owned(), refs: vec![], ctrls: vec![] }
    }

    #[test]
    fn only_active_directorys_own_words_say_that_a_right_password_must_be_changed() {
        let of =
            |code: &str| verdict(&result(49, &format!("80090308: LdapErr: DSID-0C09030B, comment: AcceptSecurityContext error, data {code}, v893")));
        assert_eq!(of("773"), Some(PasswordVerdict::Refused(Refusal::MustChange)));
        assert_eq!(of("532"), Some(PasswordVerdict::Refused(Refusal::Expired)));
        assert_eq!(of("775"), Some(PasswordVerdict::Refused(Refusal::Locked)));
        assert_eq!(of("533"), Some(PasswordVerdict::Refused(Refusal::Disabled)));
        for code in ["52e", "525", ""] {
            assert_eq!(of(code), Some(PasswordVerdict::Wrong));
        }
        assert_eq!(verdict(&result(49, "")), Some(PasswordVerdict::Wrong));
        assert_eq!(verdict(&result(0, "")), Some(PasswordVerdict::Right));
        for no_verdict in [1, 2, 8, 13, 51, 52, 80] {
            assert_eq!(verdict(&result(no_verdict, "")), None, "{no_verdict}");
        }
    }

    #[test]
    fn the_password_is_written_as_active_directory_wants_it() {
        assert_eq!(quoted_utf16(&Password::new("aß")), [0x22, 0, 0x61, 0, 0xdf, 0, 0x22, 0]);
    }
}
