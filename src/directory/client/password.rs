//! A person's directory password: whether it is right, and setting another one. Always over a connection of its own that ends afterwards.

use std::collections::HashSet;
use std::fmt;
use std::time::Duration;

use ldap3::controls::{Control, RawControl};
use ldap3::exop::PasswordModify;
use ldap3::result::ExopResult;
use ldap3::{LdapResult, Mod};

use super::super::config::DirectoryConfig;
use super::super::dn::Dn;
use super::connection::Connection;
use super::explain::{self, Doing};
use super::{FetchError, Phase, guarded, recognise, servers};
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
/// it; over plain `ldap://` the password travels readably, of which the test of the connection warns. Another server is asked only when one broke off
/// without a verdict.
///
/// # Errors
/// [`FetchError`] when no server can be reached, or none gave a verdict within `within`. It never contains the password.
pub async fn check_password(config: &DirectoryConfig, dn: &str, password: &Password, within: Duration) -> Result<PasswordVerdict, FetchError> {
    if !is_name(dn) || !is_usable(password) {
        return Ok(PasswordVerdict::Wrong);
    }
    let (owned, dn, password) = (servers::within(config, within), dn.to_owned(), password.clone());
    guarded(within, Phase::Bind, async move {
        let said = sign_in(&owned, &dn, &password, |_| Ok(())).await?;
        said.connection.close().await;
        Ok(said.verdict)
    })
    .await
}

/// Sets another password, as the person: by the password modify operation (RFC 3062), or by `unicodePwd` on Active Directory.
///
/// # Errors
/// [`FetchError`] when no server can be reached, none answered within `within`, people may not change their password there, or the connection is neither
/// encrypted nor a socket on this machine (then nothing was sent).
pub async fn change_password(
    config: &DirectoryConfig,
    dn: &str,
    old: &Password,
    new: &Password,
    within: Duration,
) -> Result<PasswordChange, FetchError> {
    if !is_name(dn) || !is_usable(old) {
        return Ok(PasswordChange::WrongOld);
    }
    if !is_usable(new) {
        return Ok(PasswordChange::NewNotTaken("The new password is empty or has a NUL character in it.".to_owned()));
    }
    let (owned, dn, old, new) = (servers::within(config, within), dn.to_owned(), old.clone(), new.clone());
    guarded(within, Phase::Bind, async move { change(&owned, &dn, &old, &new).await }).await
}

/// An empty name would make the bind anybody's (RFC 4513 section 5.1.1).
fn is_name(dn: &str) -> bool {
    Dn::parse(dn).is_ok_and(|dn| !dn.is_root())
}

/// Servers take an empty password for anybody's, and some take a password to end at a NUL.
fn is_usable(password: &Password) -> bool {
    !password.is_empty() && !password.reveal().contains('\0')
}

/// Asks for what servers say about passwords besides right and wrong (draft-behera-ldap-password-policy section 6.1).
const PASSWORD_POLICY: &str = "1.3.6.1.4.1.42.2.27.8.5.1";
/// The error in it that says that a password was set by somebody else and must be changed.
const CHANGE_AFTER_RESET: u8 = 2;
/// Sent by 389 Directory Server with a refusal because of an expired password, and with a bind that is good for changing it only.
const PASSWORD_EXPIRED: &str = "2.16.840.1.113730.3.4.4";

/// What a server said to a bind.
struct Said {
    connection: Connection,
    verdict: PasswordVerdict,
    /// Whether the connection is the person's now: some servers let in whoever must change their password, for that and nothing else.
    is_bound: bool,
}

/// Binds as somebody at the first server that gives a verdict; `may_send` looks at the connection before.
async fn sign_in(
    config: &DirectoryConfig,
    dn: &str,
    password: &Password,
    may_send: impl Fn(&Connection) -> Result<(), FetchError>,
) -> Result<Said, FetchError> {
    let mut passed_over = Vec::new();
    for server in servers::in_turn(config) {
        let mut connection = match servers::reach(config, server).await {
            Ok(connection) => connection,
            Err(error) => {
                passed_over.push(error);
                continue;
            }
        };
        may_send(&connection)?;
        let policy = RawControl { ctype: PASSWORD_POLICY.to_owned(), crit: false, val: None };
        let result = match connection.simple_bind(dn, password.reveal(), vec![policy]).await {
            Ok(result) => result,
            Err(error) => {
                passed_over.push(connection.failure(Phase::Bind, &error).await);
                continue;
            }
        };
        if let Some(verdict) = verdict(&result) {
            return Ok(Said { connection, verdict, is_bound: result.rc == 0 });
        }
        let error = FetchError { phase: Phase::Bind, message: connection.sentence(&Doing::Other, &result) };
        if !matches!(result.rc, 51 | 52) {
            return Err(error);
        }
        passed_over.push(error);
    }
    Err(servers::joined(passed_over))
}

/// What a bind's result says about the password; `None` when nothing.
fn verdict(result: &LdapResult) -> Option<PasswordVerdict> {
    use PasswordVerdict::{Refused, Right, Wrong};
    Some(match result.rc {
        // Right, and good for nothing but choosing another one: so says OpenLDAP's password policy, and 389 Directory Server.
        0 if policy_error_of(result) == Some(CHANGE_AFTER_RESET) || control(result, PASSWORD_EXPIRED).is_some() => Refused(Refusal::MustChange),
        0 => Right,
        49 => match refusal(result) {
            Some(refusal) => Refused(refusal),
            None => Wrong,
        },
        // 389 Directory Server after too many tries.
        19 => Refused(Refusal::Locked),
        // 389 Directory Server says "Account inactivated".
        53 if result.text.to_ascii_lowercase().contains("inactivated") => Refused(Refusal::Disabled),
        53 => Refused(Refusal::Unsaid),
        // No such entry, no name, no password in the entry.
        32 | 34 | 48 => Wrong,
        _ => return None,
    })
}

/// Why a bind was refused, besides a wrong password.
fn refusal(result: &LdapResult) -> Option<Refusal> {
    match (policy_error_of(result), explain::sub_code(&result.text).as_str()) {
        (Some(0), _) | (_, "532") => Some(Refusal::Expired),
        (Some(1), _) | (_, "775") => Some(Refusal::Locked),
        (Some(CHANGE_AFTER_RESET), _) | (_, "773") => Some(Refusal::MustChange),
        (_, "530") => Some(Refusal::NotNow),
        (_, "531") => Some(Refusal::NotHere),
        (_, "533") => Some(Refusal::Disabled),
        (_, "701") => Some(Refusal::AccountExpired),
        _ if control(result, PASSWORD_EXPIRED).is_some() => Some(Refusal::Expired),
        _ => None,
    }
}

fn control<'r>(result: &'r LdapResult, oid: &str) -> Option<&'r RawControl> {
    result.ctrls.iter().find(|Control(_, raw)| raw.ctype == oid).map(|Control(_, raw)| raw)
}

fn policy_error_of(result: &LdapResult) -> Option<u8> {
    control(result, PASSWORD_POLICY).and_then(|raw| raw.val.as_deref()).and_then(policy_error)
}

/// The error in a password policy response: `SEQUENCE { warning [0] OPTIONAL, error [1] ENUMERATED OPTIONAL }`, all lengths short.
fn policy_error(value: &[u8]) -> Option<u8> {
    let [0x30, length, rest @ ..] = value else { return None };
    let mut rest = rest.get(..usize::from(*length))?;
    while let [tag, length, more @ ..] = rest {
        let (content, behind) = more.split_at_checked(usize::from(*length))?;
        if let (0x81, [error]) = (*tag, content) {
            return Some(*error);
        }
        rest = behind;
    }
    None
}

async fn change(config: &DirectoryConfig, dn: &str, old: &Password, new: &Password) -> Result<PasswordChange, FetchError> {
    let private = |connection: &Connection| {
        if connection.is_private() {
            return Ok(());
        }
        let message =
            format!("{} is not asked to change passwords, because the connection is not encrypted. Use ldaps:// or StartTLS.", connection.server());
        Err(FetchError { phase: Phase::Tls, message })
    };
    let Said { mut connection, verdict, is_bound } = sign_in(config, dn, old, private).await?;
    let is_active_directory = recognise::read(&mut connection).await.is_ok_and(|root| root.is_active_directory());
    match verdict {
        PasswordVerdict::Right => {}
        PasswordVerdict::Refused(Refusal::MustChange) if is_bound => {}
        PasswordVerdict::Wrong => return Ok(PasswordChange::WrongOld),
        // There anybody may change a password who knows the old one; the person is not let in to do it.
        PasswordVerdict::Refused(Refusal::Expired | Refusal::MustChange) if is_active_directory => {
            connection.close().await;
            connection = servers::open(config).await?.connection;
            private(&connection)?;
        }
        PasswordVerdict::Refused(refusal) => return Ok(PasswordChange::Refused(refusal)),
    }
    let result = if is_active_directory {
        let value = |password: &Password| {
            HashSet::from([format!("\"{}\"", password.reveal()).encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>()])
        };
        let changes = vec![Mod::Delete(b"unicodePwd".to_vec(), value(old)), Mod::Add(b"unicodePwd".to_vec(), value(new))];
        connection.ldap().modify(dn, changes).await
    } else {
        let change = PasswordModify { user_id: Some(dn), old_pass: Some(old.reveal()), new_pass: Some(new.reveal()) };
        connection.ldap().extended(change).await.map(|ExopResult(_, result)| result)
    };
    let changed = match result {
        Ok(result) => outcome(&connection, &result),
        Err(error) => Err(connection.failure(Phase::Bind, &error).await),
    };
    connection.close().await;
    changed
}

fn outcome(connection: &Connection, result: &LdapResult) -> Result<PasswordChange, FetchError> {
    let failed = |message: String| Err(FetchError { phase: Phase::Bind, message });
    match result.rc {
        0 => Ok(PasswordChange::Changed),
        // Active Directory: ERROR_INVALID_PASSWORD.
        19 if result.text.starts_with("00000056") => Ok(PasswordChange::WrongOld),
        49 => Ok(PasswordChange::WrongOld),
        19 | 53 => Ok(PasswordChange::NewNotTaken(words(&result.text))),
        50 => failed(connection.sentence(&Doing::PasswordChange, result)),
        _ => failed(connection.sentence(&Doing::Other, result)),
    }
}

/// The server's words, for the person: without the codes Active Directory and Samba put before or instead of words.
fn words(text: &str) -> String {
    let is_coded = text.len() > 9 && text.as_bytes()[..8].iter().all(u8::is_ascii_hexdigit) && text.as_bytes()[8] == b':';
    let text = if is_coded { text.rsplit(": ").next().unwrap_or("") } else { text };
    let words: String = text.chars().filter(|c| !c.is_control()).take(300).collect();
    if words.contains("DSID") { String::new() } else { words.trim().to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result(rc: u32, text: &str) -> LdapResult {
        LdapResult { rc, matched: String::new(), text: text.to_owned(), refs: vec![], ctrls: vec![] }
    }

    #[test]
    fn sub_codes_of_active_directory_become_verdicts() {
        use PasswordVerdict::{Refused, Right, Wrong};
        for (code, expected) in [
            ("52e", Wrong),
            ("525", Wrong),
            ("530", Refused(Refusal::NotNow)),
            ("531", Refused(Refusal::NotHere)),
            ("532", Refused(Refusal::Expired)),
            ("533", Refused(Refusal::Disabled)),
            ("701", Refused(Refusal::AccountExpired)),
            ("773", Refused(Refusal::MustChange)),
            ("775", Refused(Refusal::Locked)),
        ] {
            let text = format!("80090308: LdapErr: DSID-0C09030B, comment: AcceptSecurityContext error, data {code}, v893");
            assert_eq!(verdict(&result(49, &text)), Some(expected), "{code}");
        }
        for (rc, text, expected) in [
            (0, "", Some(Right)),
            (49, "", Some(Wrong)),
            (32, "", Some(Wrong)),
            (19, "Exceed password retry limit. Please try later.", Some(Refused(Refusal::Locked))),
            (53, "Account inactivated. Contact system administrator.", Some(Refused(Refusal::Disabled))),
            (8, "", None),
            (13, "", None),
            (51, "", None),
        ] {
            assert_eq!(verdict(&result(rc, text)), expected, "{rc}");
        }
    }

    #[test]
    fn a_bind_that_is_good_for_changing_the_password_only_is_no_right_password() {
        let with = |ctype: &str, val: Option<Vec<u8>>| LdapResult {
            ctrls: vec![Control(None, RawControl { ctype: ctype.to_owned(), crit: false, val })],
            ..result(0, "")
        };
        let must_change = Some(PasswordVerdict::Refused(Refusal::MustChange));
        assert_eq!(verdict(&with(PASSWORD_POLICY, Some(vec![0x30, 0x03, 0x81, 0x01, 0x02]))), must_change);
        assert_eq!(verdict(&with(PASSWORD_EXPIRED, Some(b"0".to_vec()))), must_change);
        // A warning, such as days that are left, is none.
        let warning = vec![0x30, 0x05, 0xa0, 0x03, 0x80, 0x01, 0x05];
        assert_eq!(verdict(&with(PASSWORD_POLICY, Some(warning))), Some(PasswordVerdict::Right));
    }

    #[test]
    fn password_policy_answers_are_read_whatever_is_in_them() {
        for (value, error) in [
            (&[0x30, 0x03, 0x81, 0x01, 0x00][..], Some(0)),
            (&[0x30, 0x03, 0x81, 0x01, 0x01], Some(1)),
            (&[0x30, 0x08, 0xa0, 0x03, 0x80, 0x01, 0x05, 0x81, 0x01, 0x02], Some(2)),
            (&[0x30, 0x00], None),
            (&[0x30, 0x05, 0xa0, 0x03, 0x80, 0x01, 0x05], None),
            (&[0x30, 0x7f, 0x81], None),
            (&[0x30, 0x02, 0x81, 0x7f], None),
            (&[], None),
        ] {
            assert_eq!(policy_error(value), error, "{value:?}");
        }
    }

    #[test]
    fn the_servers_words_are_for_people() {
        for (text, shown) in [
            ("Password fails quality checking policy", "Password fails quality checking policy"),
            (
                "0000052D: Constraint violation - check_password_restrictions: the password is too short. It should be equal to or longer than 7 characters!",
                "the password is too short. It should be equal to or longer than 7 characters!",
            ),
            ("0000052D: SvcErr: DSID-031A12D2, problem 5003 (WILL_NOT_PERFORM), data 0", ""),
            ("", ""),
        ] {
            assert_eq!(words(text), shown);
        }
    }

    #[test]
    fn what_is_no_name_or_no_password_is_never_sent() {
        assert!(!is_name("") && !is_name(" ") && !is_name("ada") && is_name("uid=ada,dc=x"));
        assert!(!is_usable(&Password::default()) && !is_usable(&Password::new("\0x")) && is_usable(&Password::new(" ")));
    }
}
