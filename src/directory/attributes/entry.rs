//! An entry as the server sent it, and how its values are found and read.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use unicode_normalization::UnicodeNormalization as _;

use super::super::model::EntryId;

/// An entry as it came from the server, names as it spelled them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RawEntry {
    /// Its name.
    pub dn: String,
    /// Attribute descriptions with their values.
    pub attributes: Vec<(String, Vec<Vec<u8>>)>,
}

impl RawEntry {
    /// The values of an attribute: those under its exact description, else those with further options (RFC 4512 section 2.5.2), such as a language.
    pub(in super::super) fn values_of<'e>(&'e self, name: &'e str) -> impl Iterator<Item = &'e [u8]> + use<'e> {
        let is_exact = |(description, values): &(String, Vec<Vec<u8>>)| !values.is_empty() && description.eq_ignore_ascii_case(name);
        // Nearly every attribute comes once, under its own name, or not at all.
        let first = self.attributes.iter().position(is_exact);
        let begin = first
            .unwrap_or_else(|| self.attributes.iter().position(|(description, _)| is_longer(description, name)).unwrap_or(self.attributes.len()));
        self.attributes[begin..]
            .iter()
            .filter(move |(description, _)| if first.is_some() { description.eq_ignore_ascii_case(name) } else { is_subtype(description, name) })
            .flat_map(|(_, values)| values.iter().map(Vec::as_slice))
    }

    /// The part of a multi-valued attribute that came with a range (`member;range=0-1499`): its values, and where the next part begins when there is one.
    pub fn ranged(&self, name: &str) -> Option<(&[Vec<u8>], Option<u32>)> {
        self.attributes.iter().filter(|(description, _)| is_longer(description, name)).find_map(|(description, values)| {
            let (base, options) = description.split_once(';')?;
            let end = range_of(options).filter(|_| base.eq_ignore_ascii_case(name))?;
            Some((values.as_slice(), end.map(|end| end.saturating_add(1))))
        })
    }

    /// All values of an attribute that may come in ranges, this entry's part of them.
    pub(in super::super) fn values_and_range<'e>(&'e self, name: &'e str) -> impl Iterator<Item = &'e [u8]> + use<'e> {
        let range = self.ranged(name).map_or(&[][..], |(values, _)| values);
        self.values_of(name).chain(range.iter().map(Vec::as_slice))
    }
}

/// Whether `description` can be `name` with anything behind it.
fn is_longer(description: &str, name: &str) -> bool {
    description.len() >= name.len() && description.as_bytes().get(name.find(';').unwrap_or(name.len())) == Some(&b';')
}

/// Whether `description` is `name` with further options behind it. A range is none.
fn is_subtype(description: &str, name: &str) -> bool {
    let Some((base, options)) = description.split_once(';') else { return false };
    let (wanted_base, wanted) = name.split_once(';').unwrap_or((name, ""));
    base.eq_ignore_ascii_case(wanted_base)
        && range_of(options).is_none()
        && wanted.split(';').filter(|option| !option.is_empty()).all(|option| options.split(';').any(|other| other.eq_ignore_ascii_case(option)))
}

/// The end of a `range=0-1499` option; `Some(None)` for `range=1500-*`, the last part.
fn range_of(options: &str) -> Option<Option<u32>> {
    options.split(';').find_map(|option| {
        let range = option.get(..6).filter(|word| word.eq_ignore_ascii_case("range=")).and(option.get(6..))?;
        let (_, end) = range.split_once('-')?;
        if end == "*" { Some(None) } else { end.parse().ok().map(Some) }
    })
}

/// A value as text, in NFC and trimmed: a GUID or SID as Active Directory shows it, other values when they are UTF-8. `None` when there is nothing to read.
pub(super) fn text_of(attribute: &str, value: &[u8]) -> Option<String> {
    let is = |name: &str| attribute.eq_ignore_ascii_case(name);
    if is("objectSid") || is("sIDHistory") {
        return sid_text(value);
    }
    if value.len() == 16 && (is("objectGUID") || is("mS-DS-ConsistencyGuid")) {
        return EntryId::from_value(attribute, value).ok().map(|id| id.to_string());
    }
    let text = std::str::from_utf8(value).ok()?.trim();
    if text.is_ascii() {
        return (!text.is_empty()).then(|| text.to_owned());
    }
    let text = text.nfc().collect::<String>().trim().to_owned();
    (!text.is_empty()).then_some(text)
}

/// A value for an app: as text where it is one, else as base64. An attribute asked for as `;binary` always comes as base64.
pub(super) fn text_or_base64(attribute: &str, value: &[u8]) -> Option<String> {
    let asks_binary = attribute.split(';').skip(1).any(|option| option.eq_ignore_ascii_case("binary"));
    match text_of(attribute, value) {
        Some(text) if !asks_binary => Some(text),
        _ if value.is_empty() || (!asks_binary && std::str::from_utf8(value).is_ok()) => None,
        _ => Some(STANDARD.encode(value)),
    }
}

/// A security identifier in its text form `S-1-5-21-…` (MS-DTYP section 2.4.2.1).
fn sid_text(value: &[u8]) -> Option<String> {
    let [revision, count, authority @ ..] = value else { return None };
    let (authority, rest) = authority.split_at_checked(6)?;
    if rest.len() != usize::from(*count) * 4 {
        return None;
    }
    let authority = authority.iter().fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
    let mut text = format!("S-{revision}-{authority}");
    for part in rest.as_chunks::<4>().0 {
        text.push_str(&format!("-{}", u32::from_le_bytes(*part)));
    }
    Some(text)
}

/// Control characters, and those that change the direction of what follows them.
pub(super) fn is_unwanted(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{2028}' | '\u{2029}' | '\u{feff}')
}

/// Whether a text is printable ASCII, in which nothing is unwanted and every byte is a character.
pub(super) fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

/// Attributes that hold secrets (passwords, keys, what one could be found with): never shown to anybody, administrators included. What is only about a
/// secret, such as when it was changed, is none.
pub fn is_secret(attribute: &str) -> bool {
    const WORDS: [&str; 5] = ["password", "passwd", "secret", "recoverykey", "privatekey"];
    const NAMES: [&str; 17] = [
        "unicodepwd",
        "dbcspwd",
        "ntpwdhistory",
        "lmpwdhistory",
        "pwdhistory",
        "supplementalcredentials",
        "ms-mcs-admpwd",
        "ipanthash",
        "ipatokenotpkey",
        "krbextradata",
        "nsds5replicacredentials",
        // A certificate with its private key, keys of encrypted disks and of what people keep encrypted.
        "userpkcs12",
        "msfve-keypackage",
        "mstpm-ownerinformation",
        "mspkiaccountcredentials",
        "mspkidpapimasterkeys",
        "sambapwdhistory",
    ];
    // The same by their numbers (RFC 4512 section 2.5): a server takes either.
    const NUMBERS: [&str; 12] = [
        "2.5.4.35",
        "1.3.6.1.4.1.4203.1.3.4",
        "1.2.840.113556.1.4.90",
        "1.2.840.113556.1.4.55",
        "1.2.840.113556.1.4.94",
        "1.2.840.113556.1.4.160",
        "1.2.840.113556.1.4.125",
        "1.3.6.1.4.1.7165.2.1.24",
        "1.3.6.1.4.1.7165.2.1.25",
        "2.16.840.1.113719.1.301.4.39.1",
        "1.3.6.1.4.1.42.2.27.8.1.20",
        "2.16.840.1.113730.3.1.216",
    ];
    const ABOUT: [&str; 14] = [
        "expiration",
        "expiry",
        "expire",
        "time",
        "lastset",
        "policy",
        "graceuser",
        "retry",
        "maxage",
        "minage",
        "minlength",
        "mustchange",
        "allowchange",
        "complexity",
    ];
    let name = attribute.split(';').next().unwrap_or(attribute).to_ascii_lowercase();
    let is_key = name.starts_with("krb") && (name.contains("key") || name.contains("pwdhistory"));
    let name = name.strip_prefix("oid.").unwrap_or(&name).to_owned();
    NAMES.contains(&name.as_str())
        || NUMBERS.contains(&name.as_str())
        || is_key
        || name.starts_with("mslaps-")
        || (WORDS.iter().any(|word| name.contains(word)) && !ABOUT.iter().any(|word| name.contains(word)))
}
