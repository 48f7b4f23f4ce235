//! The little of BER (X.690) and of LDAP's messages (RFC 4511) a server needs. Written out, so that every byte of an answer can be wrong on purpose and no
//! answer is limited by a library's idea of what is right.

/// The paged results control (RFC 2696).
pub(crate) const PAGING: &str = "1.2.840.113556.1.4.319";

/// One element: tag, length, content.
pub(crate) fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let mut bytes = vec![tag];
    if length < 128 {
        bytes.push(u8::try_from(length).expect("below 128"));
    } else {
        bytes.push(0x84);
        bytes.extend(u32::try_from(length).expect("no answer is that long").to_be_bytes());
    }
    bytes.extend(content);
    bytes
}

/// An INTEGER or ENUMERATED (by its tag) of at least zero.
pub(crate) fn number(tag: u8, value: u32) -> Vec<u8> {
    let bytes = value.to_be_bytes();
    let mut content: &[u8] = &bytes;
    while content.len() > 1 && content[0] == 0 && content[1] < 0x80 {
        content = &content[1..];
    }
    if content[0] < 0x80 { element(tag, content) } else { element(tag, &[&[0], content].concat()) }
}

/// An OCTET STRING.
pub(crate) fn octets(content: impl AsRef<[u8]>) -> Vec<u8> {
    element(0x04, content.as_ref())
}

/// Takes one element off the front: tag and content; `None` when it is not all there.
pub(crate) fn take<'a>(bytes: &mut &'a [u8]) -> Option<(u8, &'a [u8])> {
    let (&tag, rest) = bytes.split_first()?;
    let (&first, mut rest) = rest.split_first()?;
    let mut length = usize::from(first);
    if first >= 0x80 {
        let (long, behind) = rest.split_at_checked(usize::from(first & 0x7f))?;
        length = long.iter().fold(0, |length, byte| (length << 8) | usize::from(*byte));
        rest = behind;
    }
    let (content, behind) = rest.split_at_checked(length)?;
    *bytes = behind;
    Some((tag, content))
}

fn integer(bytes: &mut &[u8]) -> Option<i64> {
    let (_, content) = take(bytes)?;
    let negative = content.first().is_some_and(|byte| *byte >= 0x80);
    Some(content.iter().fold(if negative { -1 } else { 0 }, |value, byte| (value << 8) | i64::from(*byte)))
}

fn text(bytes: &mut &[u8]) -> Option<String> {
    let (_, content) = take(bytes)?;
    Some(String::from_utf8_lossy(content).into_owned())
}

fn elements(mut bytes: &[u8]) -> Vec<(u8, &[u8])> {
    std::iter::from_fn(|| take(&mut bytes)).collect()
}

/// What a client asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Operation {
    /// A simple bind.
    Bind { name: String, password: String },
    /// A SASL bind by its mechanism.
    SaslBind(String),
    /// A search.
    Search(Search),
    /// An extended operation by its object identifier.
    Extended(String),
    /// The end of the connection.
    Unbind,
    /// Anything else by its tag, such as 0x66 for a modification; 0x50 is an abandoned operation.
    Other(u8),
}

/// A search as it was asked for (RFC 4511 section 4.5.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Search {
    pub(crate) base: String,
    /// 0 the entry itself, 1 those directly below, 2 all below.
    pub(crate) scope: i64,
    pub(crate) filter: Filter,
    pub(crate) attributes: Vec<String>,
}

/// A filter; names in lower case, values as bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Filter {
    And(Vec<Self>),
    Or(Vec<Self>),
    Not(Box<Self>),
    Equal(String, Vec<u8>),
    /// The parts, each with its tag: 0x80 at the beginning, 0x81 anywhere, 0x82 at the end.
    Parts(String, Vec<(u8, Vec<u8>)>),
    AtLeast(String, Vec<u8>),
    AtMost(String, Vec<u8>),
    Present(String),
    /// A matching rule by its object identifier.
    Rule(String, String, Vec<u8>),
    /// None of RFC 4511.
    Unknown,
}

/// A control of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Control {
    pub(crate) oid: String,
    pub(crate) value: Vec<u8>,
}

/// One message without its envelope: id, operation, controls. `None` when it cannot be understood.
pub(crate) fn message(mut content: &[u8]) -> Option<(u32, Operation, Vec<Control>)> {
    let id = u32::try_from(integer(&mut content)?).ok()?;
    let (tag, body) = take(&mut content)?;
    let controls = take(&mut content).map_or_else(Vec::new, |(_, list)| elements(list).into_iter().filter_map(|(_, one)| control(one)).collect());
    Some((id, operation(tag, body)?, controls))
}

fn control(mut bytes: &[u8]) -> Option<Control> {
    let oid = text(&mut bytes)?;
    let value = elements(bytes).into_iter().find(|(tag, _)| *tag == 0x04).map_or_else(Vec::new, |(_, value)| value.to_vec());
    Some(Control { oid, value })
}

fn operation(tag: u8, mut body: &[u8]) -> Option<Operation> {
    Some(match tag {
        0x60 => {
            integer(&mut body)?;
            let name = text(&mut body)?;
            match take(&mut body)? {
                (0xa3, mut sasl) => Operation::SaslBind(text(&mut sasl)?),
                (_, password) => Operation::Bind { name, password: String::from_utf8_lossy(password).into_owned() },
            }
        }
        0x42 => Operation::Unbind,
        0x63 => {
            let (base, scope) = (text(&mut body)?, integer(&mut body)?);
            for _ in ["aliases", "size limit", "time limit", "types only"] {
                take(&mut body)?;
            }
            let (tag, content) = take(&mut body)?;
            let (_, names) = take(&mut body)?;
            let attributes = elements(names).into_iter().map(|(_, name)| String::from_utf8_lossy(name).into_owned()).collect();
            Operation::Search(Search { base, scope, filter: filter(tag, content), attributes })
        }
        0x77 => Operation::Extended(text(&mut body)?),
        other => Operation::Other(other),
    })
}

fn filter(tag: u8, content: &[u8]) -> Filter {
    let all = |content| elements(content).into_iter().map(|(tag, content)| filter(tag, content)).collect();
    let pair = || match elements(content)[..] {
        [(_, name), (_, value)] => Some((lower(name), value.to_vec())),
        _ => None,
    };
    let made = match tag {
        0xa0 => Some(Filter::And(all(content))),
        0xa1 => Some(Filter::Or(all(content))),
        0xa2 => elements(content).first().map(|(tag, content)| Filter::Not(Box::new(filter(*tag, content)))),
        0xa3 | 0xa8 => pair().map(|(name, value)| Filter::Equal(name, value)),
        0xa4 => match elements(content)[..] {
            [(_, name), (_, parts)] => {
                Some(Filter::Parts(lower(name), elements(parts).into_iter().map(|(tag, part)| (tag, part.to_vec())).collect()))
            }
            _ => None,
        },
        0xa5 => pair().map(|(name, value)| Filter::AtLeast(name, value)),
        0xa6 => pair().map(|(name, value)| Filter::AtMost(name, value)),
        0x87 => Some(Filter::Present(lower(content))),
        0xa9 => {
            let part = |wanted| elements(content).into_iter().find(|(tag, _)| *tag == wanted).map_or(&[][..], |(_, part)| part);
            Some(Filter::Rule(lower(part(0x81)), lower(part(0x82)), part(0x83).to_vec()))
        }
        _ => None,
    };
    made.unwrap_or(Filter::Unknown)
}

fn lower(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).to_lowercase()
}

/// The size and cookie a paged results control asks for.
pub(crate) fn paging(controls: &[Control]) -> Option<(usize, Vec<u8>)> {
    let mut value = controls.iter().find(|control| control.oid == PAGING)?.value.as_slice();
    let (_, mut content) = take(&mut value)?;
    let size = integer(&mut content)?;
    let (_, cookie) = take(&mut content)?;
    Some((usize::try_from(size).ok()?, cookie.to_vec()))
}
