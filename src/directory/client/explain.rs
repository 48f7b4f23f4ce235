//! What servers and networks answer, in sentences that say what to do. Every sentence names the server, none contains a secret.

use std::io;

use ldap3::{LdapError, LdapResult};

use super::super::config::{Bind, ServerAddress};
use super::super::model::counted;
use super::certificate::CertificateFacts;
use super::{Phase, tls};

/// A failed connection attempt.
pub(super) fn connect_error(server: &ServerAddress, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound if server.is_local_socket() => {
            format!("There is no socket at {server}. Check the path, and that the directory runs on this machine and listens there.")
        }
        io::ErrorKind::PermissionDenied if server.is_local_socket() => {
            format!("Muster may not open the socket {server}. Give the account Muster runs as access to it.")
        }
        io::ErrorKind::ConnectionRefused => format!("Nothing listens at {server}. Check address and port, and that the directory is running."),
        io::ErrorKind::TimedOut => format!("{server} did not answer in time. Check the address, and that no firewall is in between."),
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => format!("{server} cannot be reached from this machine's network."),
        _ => format!("The connection to {server} failed: {error}."),
    }
}

/// A name that leads to no address.
pub(super) fn resolve_error(server: &ServerAddress, error: Option<&io::Error>) -> String {
    let reason = error.map_or_else(String::new, |error| format!(" ({error})"));
    format!("The name of {server} could not be resolved{reason}. Check its spelling and this machine's name servers.")
}

/// What went wrong while agreeing on TLS, or starting without.
pub(super) fn tls_error(
    server: &ServerAddress,
    security: Option<&tls::Security>,
    certificate: Option<&CertificateFacts>,
    error: &LdapError,
) -> String {
    match error {
        LdapError::LdapResult { result } => format!(
            "{server} refused StartTLS (code {}{}), and nothing else was sent. Have TLS set up on the server, or use ldaps:// where it has it.",
            result.rc,
            words_of(result)
        ),
        LdapError::Rustls { source } => not_trusted(server, security, certificate, source),
        LdapError::Io { source } => match tls_error_in(source) {
            Some(source) => not_trusted(server, security, certificate, source),
            None => io_error(server, security.is_some(), Phase::Tls, source),
        },
        other => ldap_error(server, security.is_some(), Phase::Tls, other),
    }
}

fn not_trusted(server: &ServerAddress, security: Option<&tls::Security>, certificate: Option<&CertificateFacts>, error: &rustls::Error) -> String {
    let (name, is_told) = security.map_or(("", false), |security| (security.name.as_str(), security.is_told));
    format!("The connection to {server} could not be secured: {}", tls::explain(error, name, is_told, certificate))
}

/// Whether an error says only that the connection is gone.
pub(super) const fn is_closed(error: &LdapError) -> bool {
    matches!(error, LdapError::EndOfStream | LdapError::ResultRecv { .. } | LdapError::OpSend { .. } | LdapError::IdScrubSend { .. })
}

/// Anything ldap3 reports besides a result of the server.
pub(super) fn ldap_error(server: &ServerAddress, is_encrypted: bool, phase: Phase, error: &LdapError) -> String {
    match error {
        LdapError::LdapResult { result } => result_sentence(server, is_encrypted, &Doing::Other, result),
        LdapError::Timeout { .. } if phase <= Phase::Bind && !is_encrypted => format!(
            "{server} took the connection but did not answer in time. It may be overloaded, or this is not its LDAP port: if it expects TLS here, the \
             address begins with ldaps://."
        ),
        LdapError::Timeout { .. } => format!("{server} did not answer in time. It may be overloaded; try again, or narrow filter and base DN."),
        LdapError::Rustls { source } => not_trusted(server, None, None, source),
        LdapError::Io { source } => io_error(server, is_encrypted, phase, source),
        error if is_closed(error) => closed(server, is_encrypted, phase),
        LdapError::FilterParsing => "The filter could not be sent. Check its syntax.".to_owned(),
        other => format!("Talking to {server} failed: {other}."),
    }
}

fn tls_error_in(error: &io::Error) -> Option<&rustls::Error> {
    error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>())
}

fn io_error(server: &ServerAddress, is_encrypted: bool, phase: Phase, error: &io::Error) -> String {
    if let Some(tls_error) = tls_error_in(error) {
        return not_trusted(server, None, None, tls_error);
    }
    match error.kind() {
        io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset if phase == Phase::Tls && server.is_tls() => {
            format!(
                "{server} ended the connection while agreeing on TLS. Does it speak TLS on this port? Without TLS the address begins with ldap://."
            )
        }
        io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => closed(server, is_encrypted, phase),
        // ldap3's reader of messages finds none; anything else it says means that the last one is not complete.
        io::ErrorKind::Other if error.to_string() != "decoding error" => closed(server, is_encrypted, phase),
        io::ErrorKind::Other | io::ErrorKind::InvalidData if phase <= Phase::Bind && !is_encrypted => {
            format!("{server} sent something that is not LDAP. If this port expects TLS, the address begins with ldaps://; else check the port.")
        }
        io::ErrorKind::Other | io::ErrorKind::InvalidData => format!("{server} sent something that is not LDAP. Nothing of its answer was used."),
        _ => connect_error(server, error),
    }
}

/// The connection ended where an answer was due.
fn closed(server: &ServerAddress, is_encrypted: bool, phase: Phase) -> String {
    if phase >= Phase::Users {
        return format!("{server} closed the connection in the middle of its answer. Nothing of it was used.");
    }
    let hint = match (is_encrypted, server.is_local_socket()) {
        (_, true) => "",
        (true, false) => " If the server asks for a client certificate, set one it trusts.",
        (false, false) => " If this port expects TLS, the address begins with ldaps://.",
    };
    format!("{server} closed the connection instead of answering.{hint}")
}

/// What was being done when a server refused.
#[derive(Debug)]
pub(super) enum Doing<'d> {
    /// A bind.
    Bind(&'d Bind),
    /// A search below `base` that had `entries` so far.
    Search {
        /// Where.
        base: &'d str,
        /// How many had arrived.
        entries: usize,
    },
    /// A person's change of their own password.
    PasswordChange,
    /// Something else.
    Other,
}

/// A result other than success (RFC 4511 appendix A), with the server's own words behind it.
pub(super) fn result_sentence(server: &ServerAddress, is_private: bool, doing: &Doing<'_>, result: &LdapResult) -> String {
    let sentence = match doing {
        Doing::Bind(bind) => refused_bind(bind, result),
        Doing::Search { base, entries } => refused_search(base, *entries, result),
        Doing::PasswordChange => Some("The server does not let people change their own password. Have the right given to them there.".to_owned()),
        Doing::Other => None,
    };
    let sentence = sentence.unwrap_or_else(|| refused(is_private, result).to_owned());
    format!("{sentence} ({server} answered with code {}{})", result.rc, words_of(result))
}

/// The server's own words, quoted, when it has any.
fn words_of(result: &LdapResult) -> String {
    let words: String = result.text.chars().filter(|c| !c.is_control()).take(300).collect();
    if words.trim().is_empty() { String::new() } else { format!(", {:?}", words.trim()) }
}

fn refused_bind(bind: &Bind, result: &LdapResult) -> Option<String> {
    let sentence = match (bind, result.rc) {
        (Bind::External, 2 | 7 | 48) => {
            "The server does not take SASL EXTERNAL: it has not asked for a client certificate, or does not offer this way to bind. Have it set up there, or \
             bind with name and password."
        }
        (Bind::External, 49 | 50) => {
            "The server takes the client certificate or socket for no account. Have its subject mapped to one there (OpenLDAP: authz-regexp, \
             389 Directory Server: certmap.conf)."
        }
        (Bind::Simple { name, .. }, 34) if !name.contains('=') => {
            "The server does not take this form of name. Active Directory takes user@domain or DOMAIN\\user; other servers want the full DN, such as \
             cn=muster,ou=services,dc=example,dc=org."
        }
        (_, 32) => "The server does not know the bind account. Check the spelling of the bind DN.",
        (_, 53) if result.text.to_ascii_lowercase().contains("inactivated") => "The bind account is disabled. Enable it in the directory.",
        (_, 19) => "The bind account is locked, usually after too many wrong passwords. Unlock it in the directory, then correct the password here.",
        _ => return None,
    };
    Some(sentence.to_owned())
}

fn refused_search(base: &str, entries: usize, result: &LdapResult) -> Option<String> {
    let entries = counted(entries, "entry", "entries");
    Some(match result.rc {
        3 => format!(
            "The server's time limit cut its answer short at {entries}. Narrow filter or base DN, or have the limit raised for the bind account."
        ),
        4 => format!(
            "The server's size limit cut its answer short at {entries}. Have the limit raised for the bind account, or narrow filter or base DN."
        ),
        11 => format!(
            "A limit the server's administrator set cut its answer short at {entries}. Have it raised for the bind account, or narrow filter or base DN."
        ),
        10 => {
            let place = result.refs.first().map_or_else(String::new, |place| {
                format!(", pointing to {}", place.chars().filter(|c| !c.is_control()).take(300).collect::<String>())
            });
            format!("{base:?} is on another server (this one sent a referral{place}). Set the address of that server; referrals are not followed.")
        }
        32 => format!("{base:?} does not exist there, or the bind account may not see it. Check its spelling and the account's rights."),
        34 => format!("The server does not take {base:?} as a DN. Check the spelling of the base DN."),
        _ => return None,
    })
}

fn refused(is_private: bool, result: &LdapResult) -> &'static str {
    match result.rc {
        // Active Directory: "In order to perform this operation a successful bind must be completed".
        1 if mentions(result, "successful bind") || mentions(result, "without authentication") => {
            "The server answers only after a bind. Set bind DN and password."
        }
        3 => "The server's time limit ended this.",
        4 => "The server's size limit cut the answer short. Have the limit raised for the bind account, or narrow filter or base DN.",
        7 => "The server does not accept a simple bind with name and password.",
        8 | 13 if is_private => {
            "The server wants a stronger way to bind than name and password over TLS. Have that allowed, or use a client certificate."
        }
        8 | 13 => "The server wants an encrypted connection for this. Use ldaps:// in the address, or StartTLS.",
        10 => "This is on another server (the server sent a referral). Set the address of that server; referrals are not followed.",
        11 => "A limit the server's administrator set ended this. Have it raised for the bind account.",
        32 => "The entry does not exist there, or the bind account may not see it.",
        34 => "The server does not take this DN. Check the spelling of base DN and bind DN.",
        48 => "The server does not allow this way to bind, for example because anonymous access is off. Set bind DN and password.",
        49 => invalid_credentials(result),
        50 => "The bind account has not the right to do this. Give it read access to people and groups.",
        51 => "The server is busy. It will be asked again at the next run.",
        52 => "The server is not available at the moment. It will be asked again at the next run.",
        53 => "The server is unwilling to do this; its own words may say why.",
        _ => "The server refused.",
    }
}

/// The sub-code Active Directory and Samba put into their words, lower case: `52e` of `… data 52e, v4f7c`; empty when there is none.
pub(super) fn sub_code(text: &str) -> String {
    text.split("data ").nth(1).and_then(|rest| rest.split([',', ' ']).next()).unwrap_or("").to_ascii_lowercase()
}

/// Code 49, told apart by the sub-code.
fn invalid_credentials(result: &LdapResult) -> &'static str {
    match sub_code(&result.text).as_str() {
        "525" => "The bind account does not exist. Check the bind DN.",
        "530" => "The bind account may not sign in at this time of day. Change its logon hours in the directory.",
        "531" => "The bind account may not sign in from this machine. Change its logon workstations in the directory.",
        "532" => "The password of the bind account has expired. Set a new one there and here.",
        "533" => "The bind account is disabled. Enable it in the directory.",
        "701" => "The bind account has expired. Extend it in the directory.",
        "773" => "The bind account must change its password first. Set a password there that needs no change.",
        "775" => "The bind account is locked after too many wrong passwords. Unlock it in the directory, then correct the password here.",
        _ => "Bind DN or password is wrong.",
    }
}

fn mentions(result: &LdapResult, words: &str) -> bool {
    result.text.to_ascii_lowercase().contains(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result(rc: u32, text: &str) -> LdapResult {
        LdapResult { rc, matched: String::new(), text: text.to_owned(), refs: vec![], ctrls: vec![] }
    }

    fn sentence(rc: u32, text: &str) -> String {
        let server = ServerAddress::parse("ldap://dc1.example").unwrap();
        result_sentence(&server, false, &Doing::Other, &result(rc, text))
    }

    #[test]
    fn sub_codes_of_active_directory_are_told_apart() {
        for (code, word) in [
            ("52e", "password is wrong"),
            ("525", "not exist"),
            ("532", "expired"),
            ("530", "time of day"),
            ("531", "this machine"),
            ("533", "disabled"),
            ("701", "has expired"),
            ("773", "must change"),
            ("775", "locked"),
        ] {
            let text = format!("80090308: LdapErr: DSID-0C09030B, comment: AcceptSecurityContext error, data {code}, v893");
            assert!(sentence(49, &text).contains(word), "{code}");
        }
        assert!(sentence(49, "").contains("password is wrong"));
    }

    #[test]
    fn results_say_what_to_do_and_who_answered() {
        for (rc, text, word) in [
            (1, "Operation unavailable without authentication; a successful bind must be completed", "Set bind DN"),
            (4, "", "size limit"),
            (8, "BindSimple: Transport encryption required.", "ldaps://"),
            (13, "", "ldaps://"),
            (32, "", "does not exist"),
            (90, "", "refused"),
        ] {
            let sentence = sentence(rc, text);
            assert!(sentence.contains(word) && sentence.contains("ldap://dc1.example:389") && sentence.contains(&format!("code {rc}")), "{sentence}");
        }
        assert!(!sentence(53, "a\u{1b}[31mb").contains('\u{1b}'));
    }
}
