//! What servers and networks answer, in sentences that say what to do. Every sentence names the server, none contains a secret.

use std::io;

use ldap3::{LdapError, LdapResult};

use super::super::config::ServerAddress;
use super::{Phase, tls};

/// A failed connection attempt.
pub(super) fn connect_error(server: &ServerAddress, error: &io::Error) -> String {
    match error.kind() {
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

/// Anything ldap3 reports besides a result of the server.
pub(super) fn ldap_error(server: &ServerAddress, phase: Phase, error: &LdapError) -> String {
    match error {
        LdapError::LdapResult { result } => result_sentence(server, result),
        LdapError::Timeout { .. } => format!("{server} did not answer in time. It may be overloaded; try again, or narrow filter and base DN."),
        LdapError::Rustls { source } => format!("{server} was not trusted: {}", tls::explain(source)),
        LdapError::Io { source } => io_error(server, phase, source),
        LdapError::EndOfStream | LdapError::ResultRecv { .. } | LdapError::OpSend { .. } | LdapError::IdScrubSend { .. } => closed(server, phase),
        LdapError::FilterParsing => "The filter could not be sent. Check its syntax.".to_owned(),
        other => format!("Talking to {server} failed: {other}."),
    }
}

fn io_error(server: &ServerAddress, phase: Phase, error: &io::Error) -> String {
    if let Some(tls_error) = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        return format!("{server} was not trusted: {}", tls::explain(tls_error));
    }
    match error.kind() {
        io::ErrorKind::UnexpectedEof if server.is_tls() => {
            format!(
                "{server} ended the connection while agreeing on TLS. Does it speak TLS on this port? Without TLS the address begins with ldap://."
            )
        }
        io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => closed(server, phase),
        _ => connect_error(server, error),
    }
}

/// The connection ended where an answer was due.
fn closed(server: &ServerAddress, phase: Phase) -> String {
    if phase >= Phase::Users {
        return format!("{server} closed the connection in the middle of its answer. Nothing of it was used.");
    }
    let hint = if server.is_tls() { "" } else { " If this port expects TLS, the address begins with ldaps://." };
    format!("{server} closed the connection instead of answering.{hint}")
}

/// A result other than success (RFC 4511 appendix A), with the server's own words behind it.
pub(super) fn result_sentence(server: &ServerAddress, result: &LdapResult) -> String {
    let sentence = match result.rc {
        // Active Directory: "In order to perform this operation a successful bind must be completed".
        1 if mentions(result, "successful bind") || mentions(result, "without authentication") => {
            "The server answers only after a bind. Set bind DN and password."
        }
        3 => "The server's time limit ended the search. Narrow filter or base DN, or have the limit raised for the bind account.",
        4 => "The server's size limit cut the answer short. Have the limit raised for the bind account, or narrow filter or base DN.",
        7 => "The server does not accept a simple bind with name and password.",
        8 | 13 => "The server wants an encrypted connection for this. Use ldaps:// in the address.",
        10 => "The base DN is on another server (the server sent a referral). Set the address of that server.",
        11 => "A limit the server's administrator set ended the search. Have it raised for the bind account, or narrow filter or base DN.",
        32 => "The base DN does not exist there, or the bind account may not see it. Check its spelling and the account's rights.",
        34 => "The server does not take this DN. Check the spelling of base DN and bind DN.",
        48 => "The server does not allow this way to bind, for example because anonymous access is off. Set bind DN and password.",
        49 => invalid_credentials(result),
        50 => "The bind account has not the right to do this. Give it read access to people and groups.",
        51 => "The server is busy. It will be asked again at the next run.",
        52 => "The server is not available at the moment. It will be asked again at the next run.",
        53 => "The server is unwilling to do this; its own words may say why.",
        _ => "The server refused.",
    };
    let words: String = result.text.chars().filter(|c| !c.is_control()).take(300).collect();
    let words = if words.trim().is_empty() { String::new() } else { format!(", {:?}", words.trim()) };
    format!("{sentence} ({server} answered with code {}{words})", result.rc)
}

/// Code 49, told apart by the sub-code Active Directory and Samba put into their words: `… data 52e, v4f7c`.
fn invalid_credentials(result: &LdapResult) -> &'static str {
    let code = result.text.split("data ").nth(1).and_then(|rest| rest.split([',', ' ']).next()).unwrap_or("");
    match code.to_ascii_lowercase().as_str() {
        "525" => "The bind account does not exist. Check the bind DN.",
        "530" => "The bind account may not sign in at this time of day.",
        "531" => "The bind account may not sign in from this machine.",
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

    fn sentence(rc: u32, text: &str) -> String {
        let server = ServerAddress::parse("ldap://dc1.example").unwrap();
        result_sentence(&server, &LdapResult { rc, matched: String::new(), text: text.to_owned(), refs: vec![], ctrls: vec![] })
    }

    #[test]
    fn sub_codes_of_active_directory_are_told_apart() {
        for (code, word) in [
            ("52e", "password is wrong"),
            ("525", "not exist"),
            ("532", "expired"),
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
