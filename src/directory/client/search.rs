//! Searches over a [`Connection`], page by page, and reads of one entry. An answer counts only when the server said success at its end.

use std::collections::{BTreeSet, HashSet};

use bytes::{Bytes, BytesMut};
use ldap3::asn1::{ASNTag as _, Boolean, Enumerated, Integer, OctetString, PL, Sequence, StructureTag, Tag, TagClass, write};
use ldap3::{LdapError, LdapResult, Scope};
use tokio::time::timeout;

use super::super::attributes::RawEntry;
use super::super::config::Search;
use super::super::dn::key_of;
use super::ber::{EntryReader, Frame, Message, PAGED_RESULTS, frame, kind};
use super::connection::Connection;
use super::explain::Doing;
use super::wire::Arriving;
use super::{FetchError, Phase};

/// Page sizes tried when a server refuses the configured one.
const SMALLER_PAGES: [u16; 3] = [250, 100, 50];
/// Pages without an entry after which a search is taken for endless.
const MAX_EMPTY_PAGES: usize = 100;
/// The longest answer taken before the server says that it is complete, in bytes: of those who do not page, 500,000 people.
const MAX_ANSWER: usize = 512 * 1024 * 1024;
/// How many places on other servers are named.
const MAX_PLACES: usize = 5;

/// Where to search, and how deep.
#[derive(Clone, Copy, Debug)]
pub(super) struct Area<'c> {
    bases: &'c [String],
    scope: Scope,
}

impl<'c> Area<'c> {
    /// Where people are.
    pub(super) fn people(search: &'c Search) -> Self {
        Self { bases: &search.user_bases, scope: if search.one_level { Scope::OneLevel } else { Scope::Subtree } }
    }

    /// Where groups are.
    pub(super) fn groups(search: &'c Search) -> Self {
        Self { bases: &search.group_bases, scope: if search.one_level { Scope::OneLevel } else { Scope::Subtree } }
    }

    /// Everything below some bases.
    pub(super) fn below(bases: &'c [String]) -> Self {
        Self { bases, scope: Scope::Subtree }
    }
}

/// What a search found besides entries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    /// How many entries the server sent.
    pub(super) entries: usize,
    /// How often it pointed to another server.
    pub(super) referrals: usize,
    /// The first few of the places it pointed to.
    pub(super) places: BTreeSet<String>,
    /// The page size the server took in the end.
    pub(super) page_size: u16,
    /// Whether it answered in pages.
    pub(super) in_pages: bool,
}

impl Tally {
    fn point_to(&mut self, places: &[String]) {
        self.referrals += 1;
        for place in places {
            if self.places.len() < MAX_PLACES {
                self.places.insert(place.chars().filter(|c| !c.is_control()).take(300).collect());
            }
        }
    }

    /// Takes another search's findings over.
    pub(super) fn add(&mut self, other: Self) {
        self.entries += other.entries;
        self.referrals += other.referrals;
        self.places.extend(other.places);
        self.page_size = other.page_size;
        self.in_pages |= other.in_pages;
    }
}

/// One answer: what was read, how the server ended it.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) entries: Vec<RawEntry>,
    pub(super) result: LdapResult,
}

/// A page as it arrived: whole messages, of which the last says how it ended.
struct Arrived {
    pieces: Vec<Bytes>,
    entries: usize,
    /// The name of the first entry, as bytes.
    first: Option<Vec<u8>>,
    places: Vec<Vec<String>>,
    result: LdapResult,
    cookie: Option<Vec<u8>>,
}

impl Arrived {
    /// Hands entries on, one after another; `None` when one cannot be read.
    fn each(&self, reader: &mut EntryReader, each: &mut impl FnMut(&RawEntry)) -> Option<()> {
        for piece in &self.pieces {
            for message in messages(piece) {
                let message = message?;
                if message.kind == kind::ENTRY {
                    each(reader.read(&message)?);
                }
            }
        }
        Some(())
    }
}

/// The messages of a piece; `None` for one that cannot be read, and then no more.
fn messages(piece: &[u8]) -> impl Iterator<Item = Option<Message<'_>>> {
    let mut rest = piece;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let message = match frame(rest) {
            Frame::Whole(length) => {
                let (message, behind) = rest.split_at(length);
                rest = behind;
                Message::read(message)
            }
            Frame::Partial | Frame::Nonsense => None,
        };
        if message.is_none() {
            rest = &[];
        }
        Some(message)
    })
}

/// How a page is asked for (RFC 2696).
struct Paging {
    size: u16,
    cookie: Vec<u8>,
}

impl Connection {
    /// Searches an area page by page and hands every entry on, of complete pages only. An entry found below two bases is handed on once. The server works at
    /// the next page while `each` has the entries of this one.
    ///
    /// Succeeds only when the server said success on every page of every base.
    pub(super) async fn search(
        &mut self,
        phase: Phase,
        area: Area<'_>,
        filter: &str,
        attributes: &[String],
        mut each: impl FnMut(&RawEntry),
    ) -> Result<Tally, FetchError> {
        let mut tally = Tally::default();
        let (mut names, mut entries) = (HashSet::new(), HashSet::new());
        for base in area.bases {
            // The same place written twice.
            if !names.insert(key_of(base)) && area.bases.len() > 1 {
                continue;
            }
            let found = if area.bases.len() == 1 {
                self.search_base(phase, base, area.scope, filter, attributes, &mut each).await?
            } else {
                let once = |entry: &RawEntry| {
                    if key_of(&entry.dn).is_none_or(|key| entries.insert(key)) {
                        each(entry);
                    }
                };
                self.search_base(phase, base, area.scope, filter, attributes, once).await?
            };
            tally.add(found);
        }
        Ok(tally)
    }

    async fn search_base(
        &mut self,
        phase: Phase,
        base: &str,
        scope: Scope,
        filter: &str,
        attributes: &[String],
        mut each: impl FnMut(&RawEntry),
    ) -> Result<Tally, FetchError> {
        let failed = |message| FetchError { phase, message };
        let mut tally = Tally { page_size: self.limits().page_size.clamp(1, 1000), ..Tally::default() };
        let mut smaller = SMALLER_PAGES.into_iter().filter(|size| *size < tally.page_size).collect::<Vec<_>>().into_iter();
        let (mut empty_pages, mut first_of_last_page, mut reader) = (0, None, EntryReader::default());
        let first_page = |size: u16| Some(Paging { size, cookie: Vec::new() });
        let mut asked = self.ask(phase, base, scope, filter, attributes, first_page(tally.page_size)).await?;
        loop {
            let page = self.arrive(phase, asked).await?;
            // Refused at the first page: too large a page for this server, or a limit no page size gets around. The smaller one tells.
            if matches!(page.result.rc, 4 | 11)
                && tally.entries == 0
                && let Some(size) = smaller.next()
            {
                tally.page_size = size;
                asked = self.ask(phase, base, scope, filter, attributes, first_page(size)).await?;
                continue;
            }
            tally.entries += page.entries;
            self.note(phase, page.entries);
            if page.result.rc != 0 {
                return Err(failed(self.sentence(&Doing::Search { base, entries: tally.entries }, &page.result)));
            }
            page.places.iter().for_each(|places| tally.point_to(places));
            // Some servers hand out the same page for ever; cookies do not tell (389 Directory Server repeats its own rightly).
            empty_pages = if page.first.is_none() { empty_pages + 1 } else { 0 };
            if (page.first.is_some() && page.first == first_of_last_page) || empty_pages > MAX_EMPTY_PAGES {
                return Err(failed(format!("{} repeats the same page of its answer without end.", self.server())));
            }
            if tally.entries > self.limits().max_entries {
                return Err(failed(self.too_many()));
            }
            first_of_last_page = page.first.clone().or(first_of_last_page);
            tally.in_pages |= page.cookie.is_some();
            let next = page.cookie.clone().filter(|cookie| !cookie.is_empty());
            let next = match next {
                Some(cookie) => {
                    let paging = Paging { size: tally.page_size, cookie };
                    Some(self.ask(phase, base, scope, filter, attributes, Some(paging)).await?)
                }
                None => None,
            };
            if page.each(&mut reader, &mut each).is_none() {
                return Err(failed(self.unreadable()));
            }
            match next {
                Some(next) => asked = next,
                None => return Ok(tally),
            }
        }
    }

    /// Reads one entry by its name; `None` when the server has nothing to say about it.
    pub(super) async fn read(&mut self, phase: Phase, dn: &str, attributes: &[String]) -> Result<Option<RawEntry>, FetchError> {
        let mut answer = self.read_if(phase, dn, "(objectClass=*)", attributes).await?;
        match answer.result.rc {
            0 => Ok(answer.entries.pop()),
            _ => Err(FetchError { phase, message: self.sentence(&Doing::Search { base: dn, entries: 0 }, &answer.result) }),
        }
    }

    /// Reads one entry by its name if it fits a filter; whatever the server answers.
    pub(super) async fn read_if(&mut self, phase: Phase, dn: &str, filter: &str, attributes: &[String]) -> Result<Answer, FetchError> {
        let asked = self.ask(phase, dn, Scope::Base, filter, attributes, None).await?;
        let arrived = self.arrive(phase, asked).await?;
        let mut entries = Vec::new();
        match arrived.each(&mut EntryReader::default(), &mut |entry: &RawEntry| entries.push(entry.clone())) {
            Some(()) => Ok(Answer { entries, result: arrived.result }),
            None => Err(FetchError { phase, message: self.unreadable() }),
        }
    }

    fn too_many(&self) -> String {
        let (entries, length) = (self.limits().max_entries, MAX_ANSWER / 1024 / 1024);
        format!("{} sent more than {entries} entries, or {length} MiB in one answer. Narrow filter or base DN.", self.server())
    }

    fn unreadable(&self) -> String {
        format!("{} sent an entry that cannot be read.", self.server())
    }

    /// Sends a search and does not wait for its answer.
    async fn ask(
        &mut self,
        phase: Phase,
        base: &str,
        scope: Scope,
        filter: &str,
        attributes: &[String],
        paging: Option<Paging>,
    ) -> Result<Arriving, FetchError> {
        let asked = match request(base, scope, filter, attributes, paging.as_ref()) {
            Some(request) => self.wire().ask(|id| message(id, request)).await.ok_or(LdapError::EndOfStream),
            None => Err(LdapError::FilterParsing),
        };
        match asked {
            Ok(arriving) => Ok(arriving),
            Err(error) => Err(self.failure(phase, &error).await),
        }
    }

    /// Waits for all of an answer.
    async fn arrive(&mut self, phase: Phase, mut arriving: Arriving) -> Result<Arrived, FetchError> {
        let within = self.limits().answer_within;
        let (mut pieces, mut entries, mut length, mut first, mut places) = (Vec::new(), 0, 0_usize, None, Vec::new());
        loop {
            let piece = match timeout(within, arriving.recv()).await {
                Ok(Some(piece)) => piece,
                Ok(None) => return Err(self.failure(phase, &LdapError::EndOfStream).await),
                Err(elapsed) => return Err(self.failure(phase, &LdapError::from(elapsed)).await),
            };
            let mut end = None;
            for message in messages(&piece) {
                let Some(message) = message else { return Err(FetchError { phase, message: self.unreadable() }) };
                match message.kind {
                    kind::ENTRY => {
                        entries += 1;
                        if first.is_none() {
                            first = message.dn().map(<[u8]>::to_vec);
                        }
                    }
                    kind::REFERENCE => places.push(message.places()),
                    kind::INTERMEDIATE => {}
                    kind::DONE => end = Some(message.result().map(|result| (result, message.cookie()))),
                    _ => return Err(FetchError { phase, message: self.unreadable() }),
                }
            }
            length = length.saturating_add(piece.len());
            pieces.push(piece);
            // A server that never ends its answer must not fill the memory.
            if end.is_none() && (entries > self.limits().max_entries || length > MAX_ANSWER) {
                return Err(FetchError { phase, message: self.too_many() });
            }
            match end {
                Some(Some((result, cookie))) => return Ok(Arrived { pieces, entries, first, places, result, cookie }),
                Some(None) => return Err(FetchError { phase, message: self.unreadable() }),
                None => {}
            }
        }
    }
}

/// A search (RFC 4511 section 4.5.1) with its control, if any; `None` when the filter is none.
fn request(base: &str, scope: Scope, filter: &str, attributes: &[String], paging: Option<&Paging>) -> Option<Vec<StructureTag>> {
    let octets = |bytes: &[u8]| Tag::OctetString(OctetString { inner: bytes.to_vec(), ..OctetString::default() });
    let number = |inner: i64| Tag::Integer(Integer { inner, ..Integer::default() });
    let choice = |inner: i64| Tag::Enumerated(Enumerated { inner, ..Enumerated::default() });
    let list = |inner: Vec<Tag>| Tag::Sequence(Sequence { inner, ..Sequence::default() });
    let search = vec![
        octets(base.as_bytes()),
        choice(scope as i64),
        // Aliases are not followed, nothing is limited, and values are wanted.
        choice(0),
        number(0),
        number(0),
        Tag::Boolean(Boolean { inner: false, ..Boolean::default() }),
        ldap3::parse_filter(filter).ok()?,
        list(attributes.iter().map(|name| octets(name.as_bytes())).collect()),
    ];
    let search = Tag::Sequence(Sequence { id: 3, class: TagClass::Application, inner: search });
    let mut parts = vec![search.into_structure()];
    if let Some(Paging { size, cookie }) = paging {
        let mut value = BytesMut::new();
        write::encode_into(&mut value, list(vec![number(i64::from(*size)), octets(cookie)]).into_structure()).ok()?;
        let control = list(vec![octets(PAGED_RESULTS.as_bytes()), octets(&value)]).into_structure();
        parts.push(StructureTag { class: TagClass::Context, id: 0, payload: PL::C(vec![control]) });
    }
    Some(parts)
}

/// The bytes of a message.
fn message(id: u32, mut parts: Vec<StructureTag>) -> Vec<u8> {
    parts.insert(0, Tag::Integer(Integer { inner: i64::from(id), ..Integer::default() }).into_structure());
    let mut bytes = BytesMut::new();
    // Writing to memory does not fail; an empty message is answered by nobody.
    let _ = write::encode_into(&mut bytes, StructureTag { class: TagClass::Universal, id: 16, payload: PL::C(parts) });
    bytes.to_vec()
}

/// An entry as bytes in the order the server sent them (RFC 4511 section 4.5.2). ldap3's own decoder panics on malformed entries and reorders values.
/// A name or description that is no UTF-8 (the protocol forbids it) comes with replacement characters.
pub(super) fn decode(entry: StructureTag) -> Option<RawEntry> {
    let mut parts = constructed(entry)?.into_iter();
    let dn = text(parts.next()?)?;
    let attributes = constructed(parts.next()?)?
        .into_iter()
        .map(|attribute| {
            let mut parts = constructed(attribute)?.into_iter();
            let description = text(parts.next()?)?;
            let values = constructed(parts.next()?)?.into_iter().map(primitive).collect::<Option<Vec<_>>>()?;
            Some((description, values))
        })
        .collect::<Option<Vec<_>>>()?;
    Some(RawEntry { dn, attributes })
}

fn constructed(tag: StructureTag) -> Option<Vec<StructureTag>> {
    match tag.payload {
        PL::C(parts) => Some(parts),
        PL::P(_) => None,
    }
}

fn primitive(tag: StructureTag) -> Option<Vec<u8>> {
    match tag.payload {
        PL::P(bytes) => Some(bytes),
        PL::C(_) => None,
    }
}

fn text(tag: StructureTag) -> Option<String> {
    Some(String::from_utf8(primitive(tag)?).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()))
}
