//! Searches over a [`Connection`], page by page, and reads of one entry. An answer counts only when the server said success at its end.

use std::collections::{BTreeSet, HashSet};

use ldap3::asn1::{PL, StructureTag};
use ldap3::controls::{Control, ControlType, PagedResults, RawControl};
use ldap3::{LdapError, LdapResult, Scope, SearchStream};

use super::super::attributes::RawEntry;
use super::super::config::Search;
use super::super::dn::key_of;
use super::connection::Connection;
use super::explain::Doing;
use super::{FetchError, Phase};

/// Page sizes tried when a server refuses the configured one.
const SMALLER_PAGES: [u16; 3] = [250, 100, 50];
/// Pages without an entry after which a search is taken for endless.
const MAX_EMPTY_PAGES: usize = 100;
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
    fn point_to(&mut self, places: Vec<String>) {
        self.referrals += 1;
        for place in places {
            if self.places.len() < MAX_PLACES {
                self.places.insert(place);
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

/// A search that was asked for, of which the answer is on its way.
type Asked<'a> = SearchStream<'a, String, Vec<String>>;

/// One answer: what was read, how the server ended it.
pub(super) struct Answer {
    pub(super) entries: Vec<RawEntry>,
    pub(super) places: Vec<Vec<String>>,
    pub(super) result: LdapResult,
}

impl Connection {
    /// Searches an area page by page and hands every page's entries on, complete pages only. An entry found below two bases is handed on once. The server
    /// works at the next page while `each_page` has this one.
    ///
    /// Succeeds only when the server said success on every page of every base.
    pub(super) async fn search(
        &mut self,
        phase: Phase,
        area: Area<'_>,
        filter: &str,
        attributes: &[String],
        mut each_page: impl FnMut(Vec<RawEntry>),
    ) -> Result<Tally, FetchError> {
        let mut tally = Tally::default();
        let (mut names, mut entries) = (HashSet::new(), HashSet::new());
        for base in area.bases {
            // The same place written twice.
            if !names.insert(key_of(base)) && area.bases.len() > 1 {
                continue;
            }
            let found = if area.bases.len() == 1 {
                self.search_base(phase, base, area.scope, filter, attributes, &mut each_page).await?
            } else {
                let once = |mut page: Vec<RawEntry>| {
                    page.retain(|entry| key_of(&entry.dn).is_none_or(|key| entries.insert(key)));
                    each_page(page);
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
        mut each_page: impl FnMut(Vec<RawEntry>),
    ) -> Result<Tally, FetchError> {
        let failed = |message| FetchError { phase, message };
        let mut tally = Tally { page_size: self.limits().page_size.clamp(1, 1000), ..Tally::default() };
        let mut smaller = SMALLER_PAGES.into_iter().filter(|size| *size < tally.page_size).collect::<Vec<_>>().into_iter();
        let (mut empty_pages, mut first_of_last_page) = (0, None::<String>);
        let first_page = |size: u16| Some(PagedResults { size: i32::from(size), cookie: Vec::new() });
        let mut asked = self.ask(phase, base, scope, filter, attributes, first_page(tally.page_size)).await?;
        loop {
            let page = self.answer(phase, asked).await?;
            // Refused at the first page: too large a page for this server, or a limit no page size gets around. The smaller one tells.
            if matches!(page.result.rc, 4 | 11)
                && tally.entries == 0
                && let Some(size) = smaller.next()
            {
                tally.page_size = size;
                asked = self.ask(phase, base, scope, filter, attributes, first_page(size)).await?;
                continue;
            }
            tally.entries += page.entries.len();
            self.note(phase, page.entries.len());
            if page.result.rc != 0 {
                return Err(failed(self.sentence(&Doing::Search { base, entries: tally.entries }, &page.result)));
            }
            page.places.into_iter().for_each(|places| tally.point_to(places));
            // Some servers hand out the same page for ever; cookies do not tell (389 Directory Server repeats its own rightly).
            let first = page.entries.first().map(|entry| entry.dn.clone());
            empty_pages = if first.is_none() { empty_pages + 1 } else { 0 };
            if (first.is_some() && first == first_of_last_page) || empty_pages > MAX_EMPTY_PAGES {
                return Err(failed(format!("{} repeats the same page of its answer without end.", self.server())));
            }
            if tally.entries > self.limits().max_entries {
                let message = format!("{} sent more than {} entries. Narrow filter or base DN.", self.server(), self.limits().max_entries);
                return Err(failed(message));
            }
            first_of_last_page = first.or(first_of_last_page);
            let next = next_cookie(&page.result);
            tally.in_pages |= next.is_some();
            let Some(cookie) = next.flatten() else {
                if !page.entries.is_empty() {
                    each_page(page.entries);
                }
                return Ok(tally);
            };
            let paging = PagedResults { size: i32::from(tally.page_size), cookie };
            asked = self.ask(phase, base, scope, filter, attributes, Some(paging)).await?;
            if !page.entries.is_empty() {
                each_page(page.entries);
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
        self.answer(phase, asked).await
    }

    /// Sends a search and does not wait for its answer.
    async fn ask<'a>(
        &mut self,
        phase: Phase,
        base: &str,
        scope: Scope,
        filter: &str,
        attributes: &[String],
        paging: Option<PagedResults>,
    ) -> Result<Asked<'a>, FetchError> {
        let ldap = self.ldap();
        if let Some(paging) = paging {
            ldap.with_controls(vec![RawControl::from(paging)]);
        }
        match ldap.streaming_search(base, scope, filter, attributes.to_vec()).await {
            Ok(asked) => Ok(asked),
            Err(error) => Err(self.failure(phase, &error).await),
        }
    }

    /// Waits for all of an answer.
    async fn answer(&mut self, phase: Phase, asked: Asked<'_>) -> Result<Answer, FetchError> {
        match collect(asked).await {
            Ok(Some(answer)) => Ok(answer),
            Ok(None) => Err(FetchError { phase, message: format!("{} sent an entry that cannot be read.", self.server()) }),
            Err(error) => Err(self.failure(phase, &error).await),
        }
    }
}

/// `None` when an entry cannot be read.
async fn collect(mut stream: Asked<'_>) -> Result<Option<Answer>, LdapError> {
    let (mut entries, mut places) = (Vec::new(), Vec::new());
    // An error here ends the run, whatever `finish` says afterwards: it may report the success of an earlier page.
    while let Some(entry) = stream.next().await? {
        if entry.is_ref() {
            places.push(references(entry.0).unwrap_or_default());
        } else if !entry.is_intermediate() {
            match decode(entry.0) {
                Some(entry) => entries.push(entry),
                None => return Ok(None),
            }
        }
    }
    Ok(Some(Answer { entries, places, result: stream.finish().await }))
}

/// Where the next page begins: `None` from servers that do not page, `Some(None)` after the last.
fn next_cookie(result: &LdapResult) -> Option<Option<Vec<u8>>> {
    result.ctrls.iter().find_map(|Control(kind, raw)| {
        matches!(kind, Some(ControlType::PagedResults)).then(|| Some(raw.parse::<PagedResults>().cookie).filter(|cookie| !cookie.is_empty()))
    })
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

/// The places a server points to (RFC 4511 section 4.5.3), without control characters.
fn references(reference: StructureTag) -> Option<Vec<String>> {
    let clean = |place: String| place.chars().filter(|c| !c.is_control()).take(300).collect();
    Some(constructed(reference)?.into_iter().filter_map(text).map(clean).collect())
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
