//! What a connection tells about itself besides entries: until when the server's certificate and our own password last.

use std::time::Duration;

use super::super::attributes::RawEntry;
use super::super::config::{Bind, DirectoryConfig};
use super::super::dn::key_of;
use super::super::model::ServerFacts;
use super::connection::Connection;
use super::search::Area;
use super::{Phase, own};
use crate::clock::Timestamp;

/// Where servers say when a password ends, or what it takes to work that out.
const PASSWORD: [&str; 5] =
    ["msDS-UserPasswordExpiryTimeComputed", "passwordExpirationTime", "krbPasswordExpiration", "pwdChangedTime", "pwdPolicySubentry"];
/// Milliseconds from 1601, where Active Directory's clock begins, to 1970.
const MILLIS_1601_TO_1970: i64 = 11_644_473_600_000;

/// How long this may take: it is worth a moment, no more.
const WITHIN: Duration = Duration::from_secs(5);

/// Reads it over a bound connection. What the server does not tell, refuses to or is slow about is left out: nothing of this may fail a run.
pub(super) async fn facts(config: &DirectoryConfig, connection: &mut Connection) -> ServerFacts {
    let password_ends_at = match &config.connection.bind {
        Bind::Simple { name, .. } => tokio::time::timeout(WITHIN, password_end(config, connection, name)).await.ok().flatten(),
        Bind::Anonymous | Bind::External => None,
    };
    ServerFacts {
        server: connection.server().to_string(),
        certificate_ends_at: connection.certificate().map(|certificate| certificate.not_after),
        password_ends_at,
    }
}

async fn password_end(config: &DirectoryConfig, connection: &mut Connection, name: &str) -> Option<Timestamp> {
    let wanted = PASSWORD.map(str::to_owned);
    let entry = if key_of(name).is_some() {
        connection.read_if(Phase::Server, name, "(objectClass=*)", &wanted).await.ok()?.entries.pop()?
    } else {
        own::by_account_name(config, connection, name, &wanted).await.ok()??
    };
    if let Some(at) = told(&entry) {
        return at.0;
    }
    // OpenLDAP keeps when it was changed with the account, and how long it lasts with the policy.
    let changed_at = entry.values_of("pwdChangedTime").next().and_then(generalized_time)?;
    let wanted = ["pwdMaxAge".to_owned()];
    let policy = match entry.values_of("pwdPolicySubentry").next().and_then(|value| std::str::from_utf8(value).ok()) {
        Some(dn) => connection.read_if(Phase::Server, dn, "(objectClass=*)", &wanted).await.ok()?.entries.pop()?,
        None => {
            // The default policy is named in the server's own configuration; when there is only one, it is that.
            let mut found = Vec::new();
            let bases = std::slice::from_ref(&config.search.base_dn);
            connection.search(Phase::Server, Area::below(bases), "(objectClass=pwdPolicy)", &wanted, |entry| found.push(entry.clone())).await.ok()?;
            if found.len() == 1 { found.pop()? } else { return None }
        }
    };
    let seconds = number(policy.values_of("pwdMaxAge").next()?)?;
    (seconds > 0).then(|| Timestamp::from_millis(changed_at.as_millis().saturating_add(seconds.saturating_mul(1_000))))
}

/// When a password ends; nothing inside for one that never does.
#[derive(Debug, PartialEq, Eq)]
struct End(Option<Timestamp>);

/// What the entry says outright. `None` when it says nothing.
fn told(entry: &RawEntry) -> Option<End> {
    if let Some(value) = entry.values_of("msDS-UserPasswordExpiryTimeComputed").next() {
        // In 100 ns since 1601; 0 and the largest number mean never ([MS-ADTS] section 3.1.1.4.5.31).
        let ticks = number(value)?;
        let never = ticks <= 0 || ticks == i64::MAX;
        return Some(End((!never).then(|| Timestamp::from_millis(ticks / 10_000 - MILLIS_1601_TO_1970))));
    }
    let at = ["passwordExpirationTime", "krbPasswordExpiration"].into_iter().find_map(|name| entry.values_of(name).next())?;
    // 389 Directory Server writes 1970 for "must be changed at once", FreeIPA 2038 and later for never; both are what they say.
    Some(End(Some(generalized_time(at)?)))
}

/// A time in 100 ns since 1601 ([MS-DTYP] section 2.3.3).
pub(super) fn at_ticks(value: &[u8]) -> Option<Timestamp> {
    Some(Timestamp::from_millis(number(value)? / 10_000 - MILLIS_1601_TO_1970))
}

fn number(value: &[u8]) -> Option<i64> {
    std::str::from_utf8(value).ok()?.trim().parse().ok()
}

/// Reads `YYYYMMDDHHMMSS[.f]Z` (RFC 4517 section 3.3.13, as servers write operational attributes).
pub(super) fn generalized_time(value: &[u8]) -> Option<Timestamp> {
    let text = std::str::from_utf8(value).ok()?.trim().strip_suffix('Z')?;
    let text = text.split(['.', ',']).next()?;
    if text.len() != 14 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number = |range: std::ops::Range<usize>| text.get(range)?.parse::<i64>().ok();
    let (year, month, day) = (number(0..4)?, number(4..6)?, number(6..8)?);
    let (hour, minute, second) = (number(8..10)?, number(10..12)?, number(12..14)?);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    // Days since 1970 by a calendar whose year begins in March, so that leap days come last.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = year * 365 + year / 4 - year / 100 + year / 400 + (month * 306 + 5) / 10 + day - 1 - 719_468;
    Some(Timestamp::from_seconds(((days * 24 + hour) * 60 + minute) * 60 + second))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(attribute: &str, value: &str) -> RawEntry {
        RawEntry { dn: "cn=svc,dc=x".to_owned(), attributes: vec![(attribute.to_owned(), vec![value.as_bytes().to_vec()])] }
    }

    #[test]
    fn every_server_says_in_its_own_way_when_a_password_ends() {
        let at = |text: &str| Some(End(generalized_time(text.as_bytes())));
        for (attribute, value, ends) in [
            ("passwordExpirationTime", "20270101000000Z", at("20270101000000Z")),
            ("krbPasswordExpiration", "20270101000000Z", at("20270101000000Z")),
            ("msDS-UserPasswordExpiryTimeComputed", "134123040000000000", at("20260108000000Z")),
            ("msDS-UserPasswordExpiryTimeComputed", "9223372036854775807", Some(End(None))),
            ("msDS-UserPasswordExpiryTimeComputed", "0", Some(End(None))),
            ("msDS-UserPasswordExpiryTimeComputed", "soon", None),
            ("passwordExpirationTime", "tomorrow", None),
            ("description", "20270101000000Z", None),
        ] {
            assert_eq!(told(&entry(attribute, value)), ends, "{attribute}: {value}");
        }
    }

    #[test]
    fn generalized_times_are_read_to_the_second() {
        let seconds = |text: &str| generalized_time(text.as_bytes()).map(Timestamp::as_seconds);
        assert_eq!(seconds("19700101000000Z"), Some(0));
        assert_eq!(seconds("20000229235959.123Z"), Some(951_868_799));
        assert_eq!(seconds("20261121142500Z"), Some(1_795_271_100));
        for bad in ["", "Z", "20261121142500", "20261321142500Z", "2026112114250Z", "20261121142500+0100"] {
            assert_eq!(seconds(bad), None, "{bad}");
        }
    }
}
