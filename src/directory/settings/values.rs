//! How the texts of settings are read. Each function refuses with a sentence without the setting's name, and never repeats a secret.

use std::time::Duration;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};

use super::super::attributes::{is_attribute_name, is_secret};
use super::super::config::{Bind, Identity, ServerAddress};
use super::super::dn::Dn;
use super::super::filter::Filter;
use crate::language::t;
use crate::secret::Password;

pub(super) fn servers(text: &str) -> Result<Vec<ServerAddress>, String> {
    let servers =
        text.split([' ', ',', '\n', '\t', '\r']).filter(|address| !address.is_empty()).map(ServerAddress::parse).collect::<Result<Vec<_>, _>>()?;
    if servers.is_empty() { Err(t("directory-mistake-no-address").into()) } else { Ok(servers) }
}

pub(super) fn bind(method: &str, name: &str, password: &str) -> Result<Bind, String> {
    match (method, name.is_empty(), password.is_empty()) {
        ("external", _, true) => Ok(Bind::External),
        ("external", ..) => Err(t("directory-mistake-needless-password").into()),
        (_, true, true) => Ok(Bind::Anonymous),
        (_, true, false) => Err(t("directory-mistake-no-bind-dn").into()),
        (_, false, true) => Err(t("directory-mistake-no-password").into()),
        (_, false, false) => Ok(Bind::Simple { name: name.to_owned(), password: Password::new(password) }),
    }
}

pub(super) fn base_dn(text: &str) -> Result<String, String> {
    match Dn::parse(text) {
        Ok(dn) if dn.is_root() => Err(t("directory-mistake-no-base").into()),
        Ok(_) => Ok(text.to_owned()),
        Err(error) => Err(format!("{text:?} is {error}; a base DN looks like dc=example,dc=org")),
    }
}

/// Places below `base`, one per line, as full DNs; `base` itself when there is none. What ends with the base already is taken as it is.
pub(super) fn bases(text: &str, base: &str) -> Result<Vec<String>, String> {
    let below = |line: &str| match (Dn::parse(line), Dn::parse(base)) {
        (Err(error), _) => Err(format!("{line:?} is {error}; a place looks like ou=people")),
        (Ok(dn), Ok(base_dn)) if dn.ends_with(&base_dn) => Ok(line.to_owned()),
        (Ok(_), Ok(_)) => Ok(format!("{line},{base}")),
        (Ok(_), Err(_)) => Ok(line.to_owned()),
    };
    let places = lines(text).map(below).collect::<Result<Vec<_>, _>>()?;
    Ok(if places.is_empty() { vec![base.to_owned()] } else { places })
}

/// A filter and the object classes besides it; one of the two may be empty.
pub(super) fn filter(text: &str, classes: &[String]) -> Result<Filter, String> {
    let classes: String = classes.iter().map(|class| format!("(objectClass={class})")).collect();
    let parse = |text: &str| Filter::parse(text).map_err(|error| format!("the filter cannot be read: {error}"));
    match (text.is_empty(), classes.is_empty()) {
        (_, true) => parse(text),
        (true, false) => parse(&format!("(&{classes})")),
        // Read alone first, so that a mistake is named with its own place.
        (false, false) => parse(&format!("(&{}{classes})", parse(text)?)),
    }
}

/// Object classes, separated by blanks, commas or lines.
pub(super) fn words(text: &str) -> Result<Vec<String>, String> {
    let words: Vec<String> = text.split([' ', ',', '\n', '\t', '\r']).filter(|word| !word.is_empty()).map(str::to_owned).collect();
    match words.iter().find(|word| !is_attribute_name(word)) {
        Some(bad) => Err(t("directory-mistake-object-class").with("text", format!("{bad:?}")).into()),
        None => Ok(words),
    }
}

/// Attribute names, the best first, with `|` between them; none when empty.
pub(super) fn attribute_names(text: &str) -> Result<Vec<String>, String> {
    let names: Vec<String> = text.split('|').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect();
    match names.iter().find(|name| !is_attribute_name(name)) {
        Some(bad) => Err(t("directory-mistake-attribute").with("text", format!("{bad:?}")).into()),
        None => match names.iter().find(|name| is_secret(name)) {
            Some(secret) => Err(t("directory-mistake-secret").with("text", format!("{secret:?}")).into()),
            None => Ok(names),
        },
    }
}

/// Lines with something on them.
pub(super) fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty())
}

/// `directory group = local group`, one per line.
pub(super) fn group_map(text: &str) -> Result<Vec<(String, String)>, String> {
    let pair = |line: &str| match line.rsplit_once('=').map(|(from, to)| (from.trim(), to.trim())) {
        Some((from, to)) if !from.is_empty() && !to.is_empty() => Ok((from.to_owned(), to.to_owned())),
        _ => Err(t("directory-mistake-group-map").with("text", format!("{line:?}")).into()),
    };
    lines(text).map(pair).collect()
}

/// `90s`, `15m`, `1h`, `1d`, or a number of minutes; one minute to 30 days.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let seconds = match unit.trim() {
        "s" => 1,
        "" | "m" | "min" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => 0,
    };
    let duration = number.parse::<u64>().ok().and_then(|number| number.checked_mul(seconds)).map(Duration::from_secs);
    duration
        .filter(|duration| (60..=30 * 86_400).contains(&duration.as_secs()))
        .ok_or_else(|| t("directory-mistake-duration").with("text", format!("{text:?}")).into())
}

pub(in super::super) fn boolean(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Ok(true),
        "false" | "0" | "no" | "off" | "" => Ok(false),
        _ => Err(t("directory-mistake-switch").with("text", format!("{text:?}")).into()),
    }
}

pub(super) fn whole_number(text: &str, from: u32, to: u32) -> Result<u32, String> {
    let mistake = || t("directory-mistake-whole").with("text", format!("{text:?}")).with("from", from.to_string()).with("to", to.to_string()).into();
    text.parse().ok().filter(|number| (from..=to).contains(number)).ok_or_else(mistake)
}

pub(super) fn certificates(pem: &str) -> Result<Option<String>, String> {
    if pem.is_empty() {
        return Ok(None);
    }
    let found = CertificateDer::pem_slice_iter(pem.as_bytes()).collect::<Result<Vec<_>, _>>().map_err(|_| t("directory-mistake-pem").to_string())?;
    if found.is_empty() {
        return Err(t("directory-mistake-no-certificate").into());
    }
    Ok(Some(pem.to_owned()))
}

pub(super) fn identity(certificate: Option<String>, key: &str) -> Result<Option<Identity>, String> {
    match (certificate, key.is_empty()) {
        (None, true) => Ok(None),
        (None, false) => Err(t("directory-mistake-needless-key").into()),
        (Some(_), true) => Err(t("directory-mistake-no-key").into()),
        (Some(certificate_pem), false) => match PrivateKeyDer::from_pem_slice(key.as_bytes()) {
            Ok(_) => Ok(Some(Identity { certificate_pem, key_pem: Password::new(key) })),
            Err(_) => Err(t("directory-mistake-not-a-key").into()),
        },
    }
}

pub(super) fn server_name(text: &str) -> Result<Option<String>, String> {
    match text {
        "" => Ok(None),
        name if ServerName::try_from(name).is_ok() => Ok(Some(name.to_owned())),
        other => Err(t("directory-mistake-server-name").with("text", format!("{other:?}")).into()),
    }
}
