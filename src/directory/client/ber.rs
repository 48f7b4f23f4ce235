//! The few forms of BER (RFC 4511 section 5.1) that messages and answers to searches are made of, read where they lie: nothing is copied, every length is
//! checked against what is there, and whatever does not fit is `None`. ldap3's reader makes a tree of each message, twice, which for 100,000 entries costs
//! more than the directory's own work.

use super::super::attributes::RawEntry;

/// The longest message taken from a server, in bytes: a group of two million members.
pub(super) const MAX_MESSAGE: usize = 256 * 1024 * 1024;

const INTEGER: u8 = 0x02;
const OCTETS: u8 = 0x04;
const ENUMERATED: u8 = 0x0a;
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const CONTROLS: u8 = 0xa0;
const REFERRAL: u8 = 0xa3;

/// The answers to a search, by the tags of RFC 4511 sections 4.5.2, 4.5.3 and 4.13.
pub(super) mod kind {
    pub(in super::super) const ENTRY: u8 = 0x64;
    pub(in super::super) const DONE: u8 = 0x65;
    pub(in super::super) const REFERENCE: u8 = 0x73;
    pub(in super::super) const INTERMEDIATE: u8 = 0x79;
    /// Of an extended operation (section 4.12).
    pub(in super::super) const EXTENDED: u8 = 0x78;
}

/// The control that carries the place of the next page (RFC 2696).
pub(super) const PAGED_RESULTS: &str = "1.2.840.113556.1.4.319";

/// How far the first message of some bytes goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Frame {
    /// It is there, and this long.
    Whole(usize),
    /// Not all of it has come yet.
    Partial,
    /// This is no message.
    Nonsense,
}

/// Looks how long the first message is. One that says to be longer than [`MAX_MESSAGE`] is none.
pub(super) fn frame(bytes: &[u8]) -> Frame {
    match bytes.first() {
        None => return Frame::Partial,
        Some(&SEQUENCE) => {}
        Some(_) => return Frame::Nonsense,
    }
    match length(&bytes[1..]) {
        Length::Is(content, header) => match content.checked_add(1 + header) {
            Some(whole) if content > MAX_MESSAGE || whole > MAX_MESSAGE => Frame::Nonsense,
            Some(whole) if whole <= bytes.len() => Frame::Whole(whole),
            Some(_) => Frame::Partial,
            None => Frame::Nonsense,
        },
        Length::Partial => Frame::Partial,
        Length::Nonsense => Frame::Nonsense,
    }
}

enum Length {
    /// Of the content, and of the length itself.
    Is(usize, usize),
    Partial,
    Nonsense,
}

/// A length in its definite form; the indefinite one is forbidden in LDAP.
fn length(bytes: &[u8]) -> Length {
    let Some((&first, rest)) = bytes.split_first() else { return Length::Partial };
    let count = match first {
        0..=0x7f => return Length::Is(usize::from(first), 1),
        0x81..=0x84 => usize::from(first & 0x7f),
        _ => return Length::Nonsense,
    };
    let Some(digits) = rest.get(..count) else { return Length::Partial };
    Length::Is(digits.iter().fold(0, |number, digit| (number << 8) | usize::from(*digit)), 1 + count)
}

/// Elements one after another.
#[derive(Clone, Copy, Debug)]
struct Elements<'b>(&'b [u8]);

impl<'b> Elements<'b> {
    /// The next element: its tag and its content. `None` at the end, and where nothing can be read.
    fn any(&mut self) -> Option<(u8, &'b [u8])> {
        let (&tag, rest) = self.0.split_first()?;
        let Length::Is(content, header) = length(rest) else { return None };
        let (content, rest) = rest.get(header..)?.split_at_checked(content)?;
        self.0 = rest;
        Some((tag, content))
    }

    /// The next element's content, if it has this tag.
    fn of(&mut self, wanted: u8) -> Option<&'b [u8]> {
        let mut ahead = *self;
        let (tag, content) = ahead.any()?;
        (tag == wanted).then(|| {
            *self = ahead;
            content
        })
    }

    const fn is_at_end(self) -> bool {
        self.0.is_empty()
    }
}

fn number(content: &[u8]) -> Option<u32> {
    let is_small = !content.is_empty() && content.len() <= 4 && content[0] < 0x80;
    is_small.then(|| content.iter().fold(0, |number, digit| (number << 8) | u32::from(*digit)))
}

/// A message taken apart.
#[derive(Clone, Copy, Debug)]
pub(super) struct Message<'b> {
    /// To which request it belongs; 0 is none.
    pub(super) id: u32,
    /// What it is; see [`kind`].
    pub(super) kind: u8,
    content: &'b [u8],
    controls: &'b [u8],
}

impl<'b> Message<'b> {
    /// Reads the bytes of one message, as [`frame`] found them.
    pub(super) fn read(bytes: &'b [u8]) -> Option<Self> {
        let mut parts = Elements(Elements(bytes).of(SEQUENCE)?);
        let id = number(parts.of(INTEGER)?)?;
        let (kind, content) = parts.any()?;
        let controls = parts.of(CONTROLS).unwrap_or_default();
        Some(Self { id, kind, content, controls })
    }

    /// The name of an entry.
    pub(super) fn dn(&self) -> Option<&'b [u8]> {
        Elements(self.content).of(OCTETS)
    }

    /// The places a server points to (RFC 4511 section 4.5.3).
    pub(super) fn places(&self) -> Vec<String> {
        texts(self.content)
    }

    /// How a search ended.
    pub(super) fn result(&self) -> Option<ldap3::LdapResult> {
        let mut parts = Elements(self.content);
        let rc = number(parts.of(ENUMERATED)?)?;
        let (matched, text) = (lossy(parts.of(OCTETS)?), lossy(parts.of(OCTETS)?));
        let refs = parts.of(REFERRAL).map(texts).unwrap_or_default();
        Some(ldap3::LdapResult { rc, matched, text, refs, ctrls: vec![] })
    }

    /// Where the next page begins: `None` from servers that do not page, empty after the last page.
    pub(super) fn cookie(&self) -> Option<Vec<u8>> {
        let mut controls = Elements(self.controls);
        loop {
            let mut control = Elements(controls.of(SEQUENCE)?);
            if control.of(OCTETS)? == PAGED_RESULTS.as_bytes() {
                // Whether it is critical says nothing in an answer.
                control.of(0x01);
                let mut value = Elements(Elements(control.of(OCTETS)?).of(SEQUENCE)?);
                value.of(INTEGER)?;
                return value.of(OCTETS).map(<[u8]>::to_vec);
            }
        }
    }
}

fn texts(content: &[u8]) -> Vec<String> {
    let (mut elements, mut texts) = (Elements(content), Vec::new());
    while let Some(text) = elements.of(OCTETS) {
        texts.push(lossy(text));
    }
    texts
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Reads entry after entry into one [`RawEntry`], whose memory is used again.
#[derive(Debug, Default)]
pub(super) struct EntryReader {
    entry: RawEntry,
    attributes: Vec<(String, Vec<Vec<u8>>)>,
    values: Vec<Vec<u8>>,
}

/// How much is kept of what the last entry needed: one huge group must not hold its memory to the end.
const KEPT_VALUES: usize = 4_096;
const KEPT_BYTES: usize = 64 * 1024;

impl EntryReader {
    /// Reads an entry (RFC 4511 section 4.5.2), its values in the order the server sent them. A name or description that is no UTF-8 (the protocol forbids
    /// it) comes with replacement characters. `None` when it cannot be read.
    pub(super) fn read(&mut self, message: &Message<'_>) -> Option<&RawEntry> {
        self.clear();
        let mut parts = Elements(message.content);
        set_text(&mut self.entry.dn, parts.of(OCTETS)?);
        let mut attributes = Elements(parts.of(SEQUENCE)?);
        while !attributes.is_at_end() {
            let mut parts = Elements(attributes.of(SEQUENCE)?);
            let (mut description, mut values) = self.attributes.pop().unwrap_or_default();
            set_text(&mut description, parts.of(OCTETS)?);
            let mut sent = Elements(parts.of(SET)?);
            while !sent.is_at_end() {
                let mut value = self.values.pop().unwrap_or_default();
                value.extend_from_slice(sent.of(OCTETS)?);
                values.push(value);
            }
            self.entry.attributes.push((description, values));
        }
        Some(&self.entry)
    }

    fn clear(&mut self) {
        self.entry.dn.clear();
        while let Some((description, mut values)) = self.entry.attributes.pop() {
            for mut value in values.drain(..) {
                if self.values.len() < KEPT_VALUES && value.capacity() <= KEPT_BYTES {
                    value.clear();
                    self.values.push(value);
                }
            }
            if values.capacity() <= KEPT_VALUES {
                self.attributes.push((description, values));
            }
        }
    }
}

fn set_text(text: &mut String, bytes: &[u8]) {
    text.clear();
    match std::str::from_utf8(bytes) {
        Ok(valid) => text.push_str(valid),
        Err(_) => text.push_str(&String::from_utf8_lossy(bytes)),
    }
}

#[cfg(test)]
mod tests {
    use ldap3_proto::proto::{LdapMsg, LdapOp, LdapPartialAttribute, LdapSearchResultEntry, LdapSearchResultReference};
    use proptest::prelude::*;
    use tokio_util::codec::Encoder as _;

    use super::*;

    fn encoded(msgid: i32, op: LdapOp) -> Vec<u8> {
        let mut bytes = bytes::BytesMut::new();
        ldap3_proto::LdapCodec::default().encode(LdapMsg { msgid, op, ctrl: vec![] }, &mut bytes).unwrap();
        bytes.to_vec()
    }

    fn entry() -> impl Strategy<Value = LdapSearchResultEntry> {
        let value = prop::collection::vec(any::<u8>(), 0..300);
        let attribute = ("[a-zA-Z;=0-9-]{1,20}", prop::collection::vec(value, 0..4)).prop_map(|(atype, vals)| LdapPartialAttribute { atype, vals });
        (any::<String>(), prop::collection::vec(attribute, 0..6)).prop_map(|(dn, attributes)| LdapSearchResultEntry { dn, attributes })
    }

    fn raw(entry: &LdapSearchResultEntry) -> RawEntry {
        let attributes = entry.attributes.iter().map(|attribute| (attribute.atype.clone(), attribute.vals.clone())).collect();
        RawEntry { dn: entry.dn.clone(), attributes }
    }

    /// Everything that can be asked of a message.
    fn ask_everything(bytes: &[u8], reader: &mut EntryReader) {
        let _ = frame(bytes);
        if let Some(message) = Message::read(bytes) {
            let _ = (message.dn(), message.places(), message.result().map(|result| result.rc), message.cookie());
            let _ = reader.read(&message);
        }
    }

    #[test]
    fn lengths_are_believed_only_as_far_as_they_go() {
        for (bytes, expected) in [
            (&b""[..], Frame::Partial),
            (b"\x30", Frame::Partial),
            (b"\x30\x02\x02", Frame::Partial),
            (b"\x30\x02\x02\x00", Frame::Whole(4)),
            (b"\x30\x84\x00\x00\x00\x02\x02\x00\x30", Frame::Whole(8)),
            (b"\x30\x84\x00\x00", Frame::Partial),
            // Longer than anything that is taken, without an end, of no length, no message.
            (b"\x30\x84\x7f\xff\xff\xff", Frame::Nonsense),
            (b"\x30\x80\x02\x00\x00\x00", Frame::Nonsense),
            (b"\x30\x85\x00\x00\x00\x00\x02", Frame::Nonsense),
            (b"HTTP/1.1 400 Bad Request", Frame::Nonsense),
        ] {
            assert_eq!(frame(bytes), expected, "{bytes:02x?}");
        }
    }

    #[test]
    fn the_place_of_the_next_page_is_found_behind_other_controls() {
        let wrapped = |tag: u8, content: &[u8]| -> Vec<u8> {
            let mut element = vec![tag, u8::try_from(content.len()).unwrap()];
            element.extend_from_slice(content);
            element
        };
        let control = |oid: &str, value: &[u8]| {
            let mut parts = wrapped(OCTETS, oid.as_bytes());
            parts.extend_from_slice(&[0x01, 1, 0]);
            parts.extend(wrapped(OCTETS, value));
            wrapped(SEQUENCE, &parts)
        };
        let mut controls = control("1.2.3", b"x");
        controls.extend(control(PAGED_RESULTS, b"\x30\x07\x02\x01\x00\x04\x02ab"));
        let mut content = vec![INTEGER, 1, 7, kind::DONE, 7, ENUMERATED, 1, 0, OCTETS, 0, OCTETS, 0];
        content.extend(wrapped(CONTROLS, &controls));
        let bytes = wrapped(SEQUENCE, &content);
        let message = Message::read(&bytes).unwrap();
        assert_eq!((message.id, message.result().unwrap().rc, message.cookie()), (7, 0, Some(b"ab".to_vec())));
    }

    proptest! {
        #[test]
        fn entries_are_read_as_another_library_writes_them(entries in prop::collection::vec(entry(), 1..4), id in 1..i32::MAX) {
            let mut reader = EntryReader::default();
            for entry in entries {
                let bytes = encoded(id, LdapOp::SearchResultEntry(entry.clone()));
                prop_assert_eq!(frame(&bytes), Frame::Whole(bytes.len()));
                let message = Message::read(&bytes).unwrap();
                prop_assert_eq!((message.id, message.kind, message.dn()), (id.cast_unsigned(), kind::ENTRY, Some(entry.dn.as_bytes())));
                let expected = raw(&entry);
                prop_assert_eq!(reader.read(&message), Some(&expected));
            }
        }

        #[test]
        fn references_are_read_as_another_library_writes_them(uris in prop::collection::vec(any::<String>(), 1..4)) {
            let bytes = encoded(3, LdapOp::SearchResultReference(LdapSearchResultReference { uris: uris.clone() }));
            prop_assert_eq!(Message::read(&bytes).unwrap().places(), uris);
        }

        #[test]
        fn whatever_is_missing_at_the_end_is_waited_for(entry in entry(), cut in any::<prop::sample::Index>()) {
            let bytes = encoded(1, LdapOp::SearchResultEntry(entry));
            prop_assert_eq!(frame(&bytes[..cut.index(bytes.len())]), Frame::Partial);
        }

        #[test]
        fn damage_is_survived(entry in entry(), damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8)) {
            let mut bytes = encoded(1, LdapOp::SearchResultEntry(entry));
            for (place, byte) in damage {
                let place = place.index(bytes.len());
                bytes[place] = byte;
                ask_everything(&bytes, &mut EntryReader::default());
            }
        }

        #[test]
        fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            ask_everything(&bytes, &mut EntryReader::default());
            let mut message = vec![SEQUENCE, 0x82, 0, 0xc8];
            message.extend(bytes);
            ask_everything(&message, &mut EntryReader::default());
        }
    }
}
