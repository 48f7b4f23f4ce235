//! Distinguished names, compared as directories compare them. Servers write the same name in many ways: another case, blanks after commas, `\2c` for
//! `\,`, an OID for a short name, the parts of a multi-valued RDN in another order. Membership is resolved by name, so every way must lead to one
//! [`DnKey`]. The syntax is RFC 4514 with the older forms of RFC 2253 section 4 (`;`, quotes, `OID.`) that servers still send; values are prepared much as
//! RFC 4518 does for `caseIgnoreMatch`.

use std::fmt;

use crate::secret::sha256;
use crate::users::model::key;

/// The longest name read, in bytes. Longer ones are hostile or broken.
const MAX_LENGTH: usize = 8 * 1024;

/// A comparison key: equal for all spellings of one name. 128 bits of SHA-256, so that 150,000 members cost 2.4 MB.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DnKey([u8; 16]);

impl DnKey {
    fn of(encoding: &[u8]) -> Self {
        let hash = sha256(encoding);
        let mut key = [0; 16];
        key.copy_from_slice(&hash[..16]);
        Self(key)
    }
}

impl fmt::Debug for DnKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Text that is no distinguished name: what is wrong, and at which byte.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a distinguished name: {message} at character {}", position + 1)]
pub struct DnError {
    /// Byte offset in the text.
    pub position: usize,
    /// What was found or missed there.
    pub message: &'static str,
}

/// A name taken apart: its RDNs from the leaf upwards, in comparable form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dn {
    rdns: Vec<Vec<Part>>,
}

/// One `type=value`. Sorting them makes the order in a multi-valued RDN irrelevant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Part {
    attribute: String,
    value: Folded,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Folded {
    Text(String),
    Bytes(Vec<u8>),
}

impl Dn {
    /// Takes a name apart. The empty text is the empty name (the root).
    ///
    /// # Errors
    /// [`DnError`] when a part has no `=`, an escape or a quote is not closed, a `#` is not followed by pairs of hexadecimal digits, or the text is longer
    /// than 8 KiB.
    pub fn parse(text: &str) -> Result<Self, DnError> {
        if text.len() > MAX_LENGTH {
            return Err(DnError { position: MAX_LENGTH, message: "the name is longer than 8 KiB" });
        }
        let mut reader = Reader { text, bytes: text.as_bytes(), at: 0 };
        let mut rdns = Vec::new();
        reader.skip_blanks();
        if reader.peek().is_none() {
            return Ok(Self { rdns });
        }
        let mut rdn = Vec::with_capacity(1);
        loop {
            rdn.push(reader.part()?);
            match reader.next() {
                Some(b'+') => {}
                separator => {
                    rdn.sort_unstable();
                    rdns.push(std::mem::take(&mut rdn));
                    if separator.is_none() {
                        return Ok(Self { rdns });
                    }
                }
            }
        }
    }

    /// The comparison key.
    pub fn key(&self) -> DnKey {
        let mut encoding = Vec::with_capacity(256);
        let mut field = |kind: u8, bytes: &[u8]| encode(&mut encoding, kind, bytes);
        for rdn in &self.rdns {
            field(b'r', &[]);
            for part in rdn {
                field(b'a', part.attribute.as_bytes());
                match &part.value {
                    Folded::Text(text) => field(b't', text.as_bytes()),
                    Folded::Bytes(bytes) => field(b'b', bytes),
                }
            }
        }
        DnKey::of(&encoding)
    }

    /// Whether `value` is how the leaf of this name names `attribute`: for `uid=ada,ou=people` true of (`uid`, `Ada`).
    pub fn leaf_is(&self, attribute: &str, value: &str) -> bool {
        let attribute = attribute_name(attribute);
        self.rdns
            .first()
            .is_some_and(|rdn| rdn.iter().any(|part| part.attribute == attribute && matches!(&part.value, Folded::Text(text) if *text == key(value))))
    }

    /// The value that names the leaf, as [`key`] has it: for `uid=Ada,ou=people` it is `ada`. `None` for the root, and for a value that is no text.
    pub fn leaf_value(&self) -> Option<&str> {
        match &self.rdns.first()?.first()?.value {
            Folded::Text(text) => Some(text),
            Folded::Bytes(_) => None,
        }
    }

    /// The `dc` parts at its end: where the DNS name of a domain stands (RFC 2247).
    pub fn domain(&self) -> Self {
        let is_label = |rdn: &&Vec<Part>| matches!(rdn.as_slice(), [part] if part.attribute == attribute_name("dc"));
        let labels = self.rdns.iter().rev().take_while(is_label).count();
        Self { rdns: self.rdns[self.rdns.len() - labels..].to_vec() }
    }

    /// Whether this name is `base` or below it.
    pub fn ends_with(&self, base: &Self) -> bool {
        self.rdns.ends_with(&base.rdns)
    }

    /// How many parts it has.
    pub fn depth(&self) -> usize {
        self.rdns.len()
    }

    /// The name directly above; `None` above the root.
    pub fn parent(&self) -> Option<Self> {
        self.rdns.split_first().map(|(_, above)| Self { rdns: above.to_vec() })
    }

    /// Whether this is the empty name.
    pub fn is_root(&self) -> bool {
        self.rdns.is_empty()
    }
}

/// The key of a name, or `None` when the text is not one.
pub fn key_of(text: &str) -> Option<DnKey> {
    plain_key(text).or_else(|| Dn::parse(text).ok().map(|dn| dn.key()))
}

/// [`key_of`] for names written plainly, as nearly all are: printable ASCII, one `type=value` per RDN, no escapes, quotes or hexadecimal values. `None` for
/// any other text, of which nothing is said. Writes the bytes [`Dn::key`] hashes without taking the name apart.
pub fn plain_key(text: &str) -> Option<DnKey> {
    if text.len() > MAX_LENGTH {
        return None;
    }
    let mut encoding = Vec::with_capacity(2 * text.len() + 128);
    let mut rest = text.as_bytes();
    // A run has hundreds of thousands of names, so each is gone through once, byte by byte.
    loop {
        let equals = rest.iter().position(|byte| matches!(byte, b'=' | b','))?;
        let (attribute, value) = rest.split_at(equals);
        encode(&mut encoding, b'r', &[]);
        plain_attribute(&mut encoding, without_blanks(attribute))?;
        // A comma is no "=".
        let value = value.strip_prefix(b"=")?;
        let end = value.iter().position(|byte| !matches!(byte, b' '..=b'~') || matches!(byte, b',' | b'\\' | b'"' | b'+' | b';'));
        let (value, behind) = value.split_at(end.unwrap_or(value.len()));
        plain_value(&mut encoding, without_blanks(value))?;
        match behind.split_first() {
            None => return Some(DnKey::of(&encoding)),
            Some((b',', next)) => rest = next,
            Some(_) => return None,
        }
    }
}

fn without_blanks(bytes: &[u8]) -> &[u8] {
    let begin = bytes.iter().position(|byte| *byte != b' ').unwrap_or(bytes.len());
    let end = bytes.iter().rposition(|byte| *byte != b' ').map_or(begin, |last| last + 1);
    &bytes[begin..end]
}

fn plain_attribute(encoding: &mut Vec<u8>, attribute: &[u8]) -> Option<()> {
    match attribute {
        // The most frequent ones, which are their own short form.
        b"uid" | b"ou" | b"dc" | b"cn" | b"o" => encode(encoding, b'a', attribute),
        _ => {
            let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
            let attribute = std::str::from_utf8(attribute).ok().filter(|name| !name.is_empty() && name.as_bytes().iter().all(is_name))?;
            encode(encoding, b'a', attribute_name(attribute).as_bytes());
        }
    }
    Some(())
}

fn plain_value(encoding: &mut Vec<u8>, value: &[u8]) -> Option<()> {
    if value.first() == Some(&b'#') {
        return None;
    }
    if value.windows(2).any(|pair| pair == b"  ") {
        encode(encoding, b't', key(std::str::from_utf8(value).ok()?).as_bytes());
    } else {
        encode(encoding, b't', value);
        let begin = encoding.len() - value.len();
        encoding[begin..].make_ascii_lowercase();
    }
    Some(())
}

/// Every field is preceded by its kind and length, so that no two names share an encoding.
fn encode(encoding: &mut Vec<u8>, kind: u8, bytes: &[u8]) {
    encoding.push(kind);
    encoding.extend_from_slice(&(bytes.len() as u64).to_be_bytes());
    encoding.extend_from_slice(bytes);
}

/// The key of a member value. Like [`key_of`], and drops the bit string that `uniqueMember` may carry behind the name (RFC 4517 section 3.3.21).
pub fn key_of_member(value: &str) -> Option<DnKey> {
    key_of(without_bit_string(value))
}

fn without_bit_string(value: &str) -> &str {
    let stripped = value.strip_suffix("'B").and_then(|rest| rest.rsplit_once("#'"));
    match stripped {
        Some((name, bits)) if bits.bytes().all(|bit| matches!(bit, b'0' | b'1')) => name,
        _ => value,
    }
}

/// Short names that stand for one attribute: those of RFC 4514 section 3, and what certificates and older servers write.
const NAMES: &[(&str, &[&str])] = &[
    ("cn", &["2.5.4.3", "commonname"]),
    ("sn", &["2.5.4.4", "surname"]),
    ("c", &["2.5.4.6", "countryname"]),
    ("l", &["2.5.4.7", "localityname"]),
    ("st", &["2.5.4.8", "stateorprovincename", "s"]),
    ("street", &["2.5.4.9", "streetaddress"]),
    ("o", &["2.5.4.10", "organizationname"]),
    ("ou", &["2.5.4.11", "organizationalunitname"]),
    ("uid", &["0.9.2342.19200300.100.1.1", "userid"]),
    ("dc", &["0.9.2342.19200300.100.1.25", "domaincomponent"]),
    ("emailaddress", &["1.2.840.113549.1.9.1", "email", "e"]),
];

fn attribute_name(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let bare = lower.strip_prefix("oid.").unwrap_or(&lower);
    NAMES.iter().find(|(_, others)| others.contains(&bare)).map_or_else(|| bare.to_owned(), |(name, _)| (*name).to_owned())
}

struct Reader<'t> {
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.peek();
        self.at += usize::from(byte.is_some());
        byte
    }

    fn skip_blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
    }

    fn error<T>(&self, message: &'static str) -> Result<T, DnError> {
        Err(DnError { position: self.at.min(self.bytes.len()), message })
    }

    /// `type=value`, up to but not including the separator behind it.
    fn part(&mut self) -> Result<Part, DnError> {
        self.skip_blanks();
        let start = self.at;
        while matches!(self.peek(), Some(b) if b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_')) {
            self.at += 1;
        }
        if self.at == start {
            return self.error("an attribute name is missing");
        }
        let attribute = attribute_name(&self.text[start..self.at]);
        self.skip_blanks();
        if self.peek() != Some(b'=') {
            return self.error("a \"=\" is missing");
        }
        self.at += 1;
        self.skip_blanks();
        let value = match self.peek() {
            Some(b'#') => self.hexadecimal()?,
            Some(b'"') => self.quoted()?,
            _ => self.plain()?,
        };
        Ok(Part { attribute, value })
    }

    /// `#` and the BER encoding of the value (RFC 4514 section 2.4); strings are unwrapped, anything else stays bytes.
    fn hexadecimal(&mut self) -> Result<Folded, DnError> {
        self.at += 1;
        let mut ber = Vec::new();
        while let Some(byte) = self.hex_pair() {
            ber.push(byte);
        }
        if ber.is_empty() {
            return self.error("\"#\" must be followed by pairs of hexadecimal digits");
        }
        self.end_of_value()?;
        Ok(match ber.as_slice() {
            // OCTET STRING, UTF8String, PrintableString or IA5String with a short length.
            [4 | 12 | 19 | 22, length @ 0..=127, content @ ..] if usize::from(*length) == content.len() => folded(content.to_vec()),
            _ => Folded::Bytes(ber),
        })
    }

    fn quoted(&mut self) -> Result<Folded, DnError> {
        self.at += 1;
        let mut value = Vec::new();
        loop {
            match self.next() {
                None => return self.error("the closing quote is missing"),
                Some(b'"') => break,
                Some(b'\\') => value.push(self.escaped()?),
                Some(byte) => value.push(byte),
            }
        }
        self.end_of_value()?;
        Ok(folded(value))
    }

    fn plain(&mut self) -> Result<Folded, DnError> {
        let mut value = Vec::new();
        while let Some(byte) = self.peek() {
            match byte {
                b',' | b';' | b'+' => break,
                b'\\' => {
                    self.at += 1;
                    value.push(self.escaped()?);
                }
                _ => {
                    self.at += 1;
                    value.push(byte);
                }
            }
        }
        Ok(folded(value))
    }

    /// What stands behind a backslash: two hexadecimal digits for a byte, or the character itself.
    fn escaped(&mut self) -> Result<u8, DnError> {
        if let Some(byte) = self.hex_pair() {
            return Ok(byte);
        }
        self.next().map_or_else(|| self.error("nothing follows the last \"\\\""), Ok)
    }

    fn hex_pair(&mut self) -> Option<u8> {
        let digits = self.bytes.get(self.at..self.at + 2)?;
        let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|d| u8::try_from(d).ok());
        let byte = digit(digits[0])? * 16 + digit(digits[1])?;
        self.at += 2;
        Some(byte)
    }

    fn end_of_value(&mut self) -> Result<(), DnError> {
        self.skip_blanks();
        match self.peek() {
            None | Some(b',' | b';' | b'+') => Ok(()),
            Some(_) => self.error("a separator is missing"),
        }
    }
}

fn folded(value: Vec<u8>) -> Folded {
    match String::from_utf8(value) {
        Ok(text) => Folded::Text(key(&text)),
        Err(error) => Folded::Bytes(error.into_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn all_spellings_of_a_name_have_one_key() {
        for (plain, others) in [
            (
                "uid=ada,ou=people,dc=example,dc=org",
                &[
                    "UID=Ada,OU=People,DC=Example,DC=ORG",
                    "uid=ada, ou=people , dc = example,dc=org",
                    "uid=ada;ou=people;dc=example;dc=org",
                    "0.9.2342.19200300.100.1.1=ada,2.5.4.11=people,dc=example,dc=org",
                    "OID.0.9.2342.19200300.100.1.1=ada,oid.2.5.4.11=people,dc=example,domainComponent=org",
                    "uid=\"ada\",ou=people,dc=example,dc=org",
                    "uid=#0403616461,ou=people,dc=example,dc=org",
                    "uid=\\61d\\61,ou=people,dc=example,dc=org",
                ][..],
            ),
            ("cn=Lovelace\\, Ada,dc=x", &["cn=Lovelace\\2c Ada,dc=x", "cn=Lovelace\\2C  Ada,dc=x", "CN=\"Lovelace, Ada\",DC=x"][..]),
            ("cn=a+uid=b,dc=x", &["uid=b+cn=a,dc=x", "UID=B + CN=A,dc=x"][..]),
            ("cn=Zoë,dc=x", &["cn=Zo\\c3\\ab,dc=x", "cn=Zoe\u{308},dc=x", "cn=ZOË,dc=x"][..]),
            (
                "cn=\\#1 \\+ \\\"q\\\" \\<\\> \\; \\\\,dc=x",
                &["cn=\\231 \\2b \\22q\\22 \\3c\\3e \\3b \\5c,dc=x", "cn=\"#1 + \\\"q\\\" <> ; \\\\\",dc=x"][..],
            ),
            ("cn=Straße,dc=x", &["cn=STRASSE,dc=x"][..]),
            ("", &["  "][..]),
        ] {
            let key = key_of(plain).unwrap();
            for other in others {
                assert_eq!(key_of(other), Some(key), "{other} is {plain}");
            }
        }
    }

    #[test]
    fn different_names_have_different_keys() {
        let names = [
            "cn=a,dc=x",
            "cn=a+cn=b,dc=x",
            "cn=a,cn=b,dc=x",
            "cn=a\\,cn=b,dc=x",
            "uid=a,dc=x",
            "cn=a",
            "dc=x",
            "",
            "cn=,dc=x",
            "cn=\\ff,dc=x",
            "cn=#02010a,dc=x",
        ];
        let keys: std::collections::HashSet<_> = names.iter().map(|name| key_of(name).unwrap()).collect();
        assert_eq!(keys.len(), names.len());
    }

    #[test]
    fn what_is_no_name_is_refused_with_the_place() {
        for (text, position) in
            [("ada", 3), ("=x", 0), ("cn=a,", 5), ("cn=a,,dc=x", 5), ("cn=a\\", 5), ("cn=\"a", 5), ("cn=\"a\"b", 6), ("cn=#zz", 4), ("cn=a,b c=d", 7)]
        {
            assert_eq!(Dn::parse(text).unwrap_err().position, position, "{text}");
        }
        assert!(Dn::parse(&format!("cn={}", "a".repeat(MAX_LENGTH))).is_err());
    }

    #[test]
    fn the_bit_string_behind_a_unique_member_is_dropped() {
        assert_eq!(key_of_member("cn=a,dc=x#'0101'B"), key_of("cn=a,dc=x"));
        assert_ne!(key_of_member("cn=a,dc=x#'0201'B"), key_of("cn=a,dc=x"));
    }

    #[test]
    fn the_leaf_is_compared_without_case() {
        let dn = Dn::parse("userid=Ada+cn=Ada Lovelace,dc=x").unwrap();
        assert!(dn.leaf_is("UID", "ada") && dn.leaf_is("cn", "ada  lovelace") && !dn.leaf_is("dc", "x"));
    }

    /// One RDN part and three ways to write it.
    fn part() -> impl Strategy<Value = (String, String)> {
        (prop::sample::select(vec!["cn", "uid", "ou", "x-own"]), any::<String>().prop_map(|s| s.chars().take(20).collect()))
            .prop_map(|(a, v): (&str, String)| (a.to_owned(), v))
    }

    fn write_escaped((attribute, value): &(String, String)) -> String {
        format!("{attribute}={}", value.bytes().map(|byte| format!("\\{byte:02x}")).collect::<String>())
    }

    fn write_quoted((attribute, value): &(String, String)) -> String {
        format!("{} = \"{}\" ", attribute.to_uppercase(), value.replace('\\', "\\\\").replace('"', "\\\""))
    }

    fn write_hexadecimal((attribute, value): &(String, String)) -> String {
        if value.len() > 127 {
            return write_escaped(&(attribute.clone(), value.clone()));
        }
        format!("{attribute}=#0c{:02x}{}", value.len(), value.bytes().map(|byte| format!("{byte:02X}")).collect::<String>())
    }

    #[test]
    fn plainly_written_names_take_the_short_way() {
        for text in ["uid=ada,ou=people,dc=example,dc=org", "CN=Ada  Lovelace , OU = People,DC=x", "OID.2.5.4.11=a=b,l=,s=x y"] {
            assert_eq!(plain_key(text), Some(Dn::parse(text).unwrap().key()), "{text}");
        }
        for text in
            ["", " ", "uid", "=x", "a=b,", "a=b,,c=d", "a=#04", "a=\"b\"", "a=b+c=d", "a=b;c=d", "a=b\\,c", "a=\tb", "a=\u{e4}", "a b=c", "a=b\0"]
        {
            assert_eq!(plain_key(text), None, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn the_short_way_leads_to_the_same_key(text in "((uid|OU|dc|oid\\.2\\.5\\.4\\.3|1\\.2|E|x_y) {0,2}={0,2} {0,2}[a-zA-Z =#.~-]{0,8},? ?){1,4}") {
            if let Some(key) = plain_key(&text) {
                prop_assert_eq!(Dn::parse(&text).map(|dn| dn.key()), Ok(key));
            }
        }

        #[test]
        fn reading_never_panics(text in any::<String>(), bytes in prop::collection::vec(prop::sample::select(b"cn=\\\"#,;+ a2f".to_vec()), 0..40)) {
            let _ = key_of(&text);
            let _ = key_of_member(&String::from_utf8(bytes).unwrap());
        }

        #[test]
        fn every_way_of_writing_leads_to_the_same_key(rdns in prop::collection::vec(prop::collection::vec(part(), 1..3), 1..5)) {
            let write = |separator: &str, inner: &str, reverse: bool, one: fn(&(String, String)) -> String| {
                rdns.iter()
                    .map(|rdn| {
                        let mut parts: Vec<_> = rdn.iter().map(one).collect();
                        if reverse { parts.reverse(); }
                        parts.join(inner)
                    })
                    .collect::<Vec<_>>()
                    .join(separator)
            };
            let escaped = key_of(&write(",", "+", false, write_escaped)).unwrap();
            prop_assert_eq!(key_of(&write(" ; ", " + ", true, write_quoted)), Some(escaped));
            prop_assert_eq!(key_of(&write(" , ", "+ ", true, write_hexadecimal)), Some(escaped));
        }

        #[test]
        fn the_key_tells_values_apart(a in part(), b in part()) {
            let same = a.0 == b.0 && key(&a.1) == key(&b.1);
            prop_assert_eq!(key_of(&write_escaped(&a)) == key_of(&write_escaped(&b)), same);
        }

        #[test]
        fn folding_is_idempotent(text in any::<String>()) {
            let once = key(&text);
            prop_assert_eq!(key(&once), once);
        }
    }
}
