//! Asking the server whether a password is right, and having it changed. Each time on a connection of its own: the password must not become that of the
//! connection that searches.

use std::collections::HashSet;
use std::time::Duration;

use ldap3::exop::PasswordModify;
use ldap3::{LdapResult, Mod};
use tokio_util::task::AbortOnDropHandle;

use super::super::config::{DirectoryConfig, ServerAddress};
use super::connection::{self, Connection};
use super::{FetchError, Phase, joined};
use crate::secret::Password;

/// What the server says to a name and a password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PasswordVerdict {
    /// The password is this person's.
    Right,
    /// It is not, or there is no such person: servers do not tell these apart.
    Wrong,
    /// The server knows the person and lets nobody in with the password.
    Refused(PasswordRefusal),
}

/// Why a server lets nobody in with a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordRefusal {
    /// The password is right and too old (Active Directory's 532).
    Expired,
    /// The password is right and must be changed first (Active Directory's 773).
    MustChange,
    /// Too many wrong passwords, right or not.
    Locked,
    /// The account is disabled, has run out, or may not sign in now.
    NotAdmitted,
}

/// What became of a change of a password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PasswordChange {
    /// The new password is the one.
    Changed,
    /// The old one is wrong, or nobody is let in with it.
    OldRefused(PasswordVerdict),
    /// The directory does not take the new one: a sentence or two for the person, with the server's own words.
    NewRefused(String),
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
        return Ok(PasswordChange::OldRefused(PasswordVerdict::Wrong));
    }
    if new.is_empty() {
        // Some servers would make one up (RFC 3062 section 2).
        return Ok(PasswordChange::NewRefused("Enter a new password.".to_owned()));
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
            verdict => return Ok(PasswordChange::OldRefused(verdict)),
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
            _ => PasswordChange::NewRefused(policy_sentence(&result)),
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
    use PasswordRefusal::{Expired, Locked, MustChange, NotAdmitted};
    let sub_code = result.text.split("data ").nth(1).and_then(|rest| rest.split([',', ' ']).next()).unwrap_or("").to_ascii_lowercase();
    Some(match (result.rc, sub_code.as_str()) {
        (0, _) => PasswordVerdict::Right,
        (49, "532") => PasswordVerdict::Refused(Expired),
        (49, "773") => PasswordVerdict::Refused(MustChange),
        (49, "775") => PasswordVerdict::Refused(Locked),
        (49, "530" | "531" | "533" | "701") => PasswordVerdict::Refused(NotAdmitted),
        // Also who is not there, or has no name a server could have.
        (16 | 32 | 34 | 48 | 49, _) => PasswordVerdict::Wrong,
        // 389 Directory Server: too many tries; the account is inactive.
        (19, _) => PasswordVerdict::Refused(Locked),
        (50 | 53, _) => PasswordVerdict::Refused(NotAdmitted),
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

/// Why a new password was not taken, for the person who typed it.
fn policy_sentence(result: &LdapResult) -> String {
    let words: String = result.text.chars().filter(|c| !c.is_control()).take(200).collect();
    let lower = words.to_lowercase();
    let mentions = |any: &[&str]| any.iter().any(|part| lower.contains(part));
    let sentence = match result.rc {
        _ if mentions(&["history", "reuse", "already in use", "used before", "last used"]) => {
            "You have had this password before. Choose another one."
        }
        _ if mentions(&["too short", "length", "at least"]) => "The new password is too short for your organisation's rules. Choose a longer one.",
        _ if mentions(&["too young", "too soon", "minimum age", "within minimum"]) => {
            "Your password was changed too recently to be changed again. Try it again tomorrow."
        }
        _ if mentions(&["complex", "quality", "trivial", "simple", "syntax", "dictionary"]) => {
            "The new password is too simple for your organisation's rules. Mix capital and small letters, digits and signs, and leave your name out."
        }
        50 => "Your directory does not let people change their own password. Ask your administrator.",
        // 53 is Active Directory's word for a password that is against the rules.
        19 | 53 => {
            "The new password is against your organisation's rules: it may be too short, too simple, or one you have had before. Choose another one."
        }
        _ => "The directory did not take the new password.",
    };
    if words.trim().is_empty() { sentence.to_owned() } else { format!("{sentence} (The directory said: {:?})", words.trim()) }
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
        assert_eq!(of("773"), Some(PasswordVerdict::Refused(PasswordRefusal::MustChange)));
        assert_eq!(of("532"), Some(PasswordVerdict::Refused(PasswordRefusal::Expired)));
        assert_eq!(of("775"), Some(PasswordVerdict::Refused(PasswordRefusal::Locked)));
        assert_eq!(of("533"), Some(PasswordVerdict::Refused(PasswordRefusal::NotAdmitted)));
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

    #[test]
    fn a_refusal_by_the_rules_says_what_to_do() {
        for (rc, text, word) in [
            (19, "Password fails quality checking policy", "too simple"),
            (19, "Password is in history of old passwords", "before"),
            (19, "Password is too young to change", "tomorrow"),
            (19, "invalid password syntax: password must be at least 8 characters long", "longer"),
            (53, "0000052D: SvcErr: DSID-031A12D2, problem 5003 (WILL_NOT_PERFORM), data 0", "against"),
            (50, "", "administrator"),
            (80, "", "did not take"),
        ] {
            assert!(policy_sentence(&result(rc, text)).contains(word), "{rc} {text}");
        }
        assert!(!policy_sentence(&result(19, "a\u{1b}[31mb")).contains('\u{1b}'));
    }
}
