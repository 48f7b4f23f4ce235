//! One connection to one server, step by step: resolve and connect, agree on TLS, bind. And the two things done over it: a paged search and a read of one
//! entry. Everything has a time-out, and the driver of the connection ends with it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use ldap3::asn1::{PL, StructureTag};
use ldap3::controls::{Control, ControlType, PagedResults, RawControl};
use ldap3::{Ldap, LdapConnAsync, LdapConnSettings, LdapResult, Scope, StdStream};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_util::task::AbortOnDropHandle;

use super::super::attributes::RawEntry;
use super::super::config::{Bind, DirectoryConfig, Limits, ServerAddress};
use super::{FetchError, Phase, SoFar, explain, tls};

/// Page sizes tried when a server refuses the configured one.
const SMALLER_PAGES: [u16; 3] = [250, 100, 50];
/// Pages without an entry after which a search is taken for endless.
const MAX_EMPTY_PAGES: usize = 100;

/// The network part: a socket to one of the server's addresses.
pub(super) async fn connect(server: &ServerAddress, within: Duration) -> Result<(TcpStream, SocketAddr), FetchError> {
    let failed = |message| FetchError { phase: Phase::Connect, message };
    let attempt = async {
        let ServerAddress::Tcp { host, port, .. } = server else {
            return Err(failed(format!("{server} is a socket on this machine, which cannot be used yet.")));
        };
        let addresses: Vec<SocketAddr> = match tokio::net::lookup_host((host.as_str(), *port)).await {
            Ok(addresses) => addresses.collect(),
            Err(error) => return Err(failed(explain::resolve_error(server, Some(&error)))),
        };
        // Each address gets its share, so that a silent one does not use up the time of the next.
        let share = within / u32::try_from(addresses.len().max(1)).unwrap_or(u32::MAX);
        let mut last = failed(explain::resolve_error(server, None));
        for address in addresses {
            match timeout(share, TcpStream::connect(address)).await {
                Ok(Ok(stream)) => {
                    // Each request waits for its answer; holding back its last bytes would only cost time.
                    if let Err(error) = stream.set_nodelay(true) {
                        tracing::debug!(%error, "the socket to the directory keeps its delay");
                    }
                    return Ok((stream, address));
                }
                Ok(Err(error)) => last = failed(explain::connect_error(server, &error)),
                Err(_) => last = failed(explain::connect_error(server, &std::io::ErrorKind::TimedOut.into())),
            }
        }
        Err(last)
    };
    timeout(within, attempt).await.unwrap_or_else(|_| Err(failed(explain::connect_error(server, &std::io::ErrorKind::TimedOut.into()))))
}

/// A connection that can be searched.
pub(super) struct Connection {
    ldap: Ldap,
    server: ServerAddress,
    limits: Limits,
    so_far: Option<Arc<SoFar>>,
    // Ends with the connection; a panic inside (ldap3 has some for malformed answers) shows as a closed connection.
    _driver: AbortOnDropHandle<()>,
}

/// What a search found besides entries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) entries: usize,
    pub(super) referrals: usize,
    /// The page size the server took in the end.
    pub(super) page_size: u16,
}

/// One page: what was read, how the server ended it.
struct Page {
    entries: Vec<RawEntry>,
    referrals: usize,
    result: LdapResult,
}

impl Connection {
    /// Starts the protocol on a socket, agreeing on TLS first for `ldaps`.
    pub(super) async fn start(config: &DirectoryConfig, server: &ServerAddress, stream: TcpStream) -> Result<Self, FetchError> {
        let failed = |message| FetchError { phase: Phase::Tls, message };
        let mut settings = LdapConnSettings::new();
        if let ServerAddress::Tcp { tls: true, host, .. } = server {
            let (host, ca_pem, skip) = (host.clone(), config.connection.ca_pem.clone(), config.connection.skip_cert_verify);
            // Reads the system's certificates from files.
            let made = tokio::task::spawn_blocking(move || tls::client_config(&host, ca_pem.as_deref(), skip)).await;
            settings = settings.set_config(made.map_err(|_| failed("TLS could not be set up.".to_owned()))?.map_err(failed)?);
        }
        let stream = stream.into_std().map_err(|error| failed(explain::connect_error(server, &error)))?;
        // The socket is there and the name is checked by our own verifier, so any host does; ldap3 cannot take an IPv6 address here.
        let url = if server.is_tls() { "ldaps://directory.invalid" } else { "ldap://directory.invalid" };
        let settings = settings.set_std_stream(StdStream::Tcp(stream));
        let started = timeout(config.connection.limits.connect_within, LdapConnAsync::with_settings(settings, url)).await;
        let (driver, ldap) = match started {
            Ok(Ok(pair)) => pair,
            Ok(Err(error)) => return Err(failed(explain::ldap_error(server, Phase::Tls, &error))),
            Err(_) => return Err(failed(format!("{server} did not agree on TLS in time. Does it speak TLS on this port?"))),
        };
        let driver = AbortOnDropHandle::new(tokio::spawn(async move {
            if let Err(error) = driver.drive().await {
                tracing::debug!(%error, "the directory connection ended");
            }
        }));
        Ok(Self { ldap, server: server.clone(), limits: config.connection.limits, so_far: None, _driver: driver })
    }

    /// Counts what is read from now on in `so_far`.
    pub(super) fn note_in(&mut self, so_far: Arc<SoFar>) {
        self.so_far = Some(so_far);
    }

    /// Where it leads.
    pub(super) const fn server(&self) -> &ServerAddress {
        &self.server
    }

    /// For a search that does not end.
    pub(super) fn handle(&self) -> Ldap {
        self.ldap.clone()
    }

    /// Says who asks. Without a bind every server takes the asker for anyone (RFC 4511 section 4.2).
    pub(super) async fn bind(&mut self, bind: &Bind) -> Result<(), FetchError> {
        let failed = |message| FetchError { phase: Phase::Bind, message };
        let (name, password) = match bind {
            Bind::Anonymous => return Ok(()),
            Bind::Simple { name, password } => (name, password),
            Bind::External => return Err(failed("SASL EXTERNAL cannot be used yet.".to_owned())),
        };
        if password.is_empty() {
            return Err(failed("The bind DN needs a password: many servers take an empty one for anybody's.".to_owned()));
        }
        self.ldap.with_timeout(self.limits.answer_within);
        let result =
            self.ldap.simple_bind(name, password.reveal()).await.map_err(|error| failed(explain::ldap_error(&self.server, Phase::Bind, &error)))?;
        if result.rc == 0 { Ok(()) } else { Err(failed(explain::result_sentence(&self.server, &result))) }
    }

    /// Searches below `base` page by page and hands every page's entries on, complete pages only.
    ///
    /// Succeeds only when the server said success on every page.
    pub(super) async fn search(
        &mut self,
        phase: Phase,
        base: &str,
        filter: &str,
        attributes: &[String],
        mut each_page: impl FnMut(Vec<RawEntry>),
    ) -> Result<Tally, FetchError> {
        let failed = |message| FetchError { phase, message };
        let mut tally = Tally { page_size: self.limits.page_size.clamp(1, 1000), ..Tally::default() };
        let mut smaller = SMALLER_PAGES.into_iter().filter(|size| *size < tally.page_size).collect::<Vec<_>>().into_iter();
        let (mut cookie, mut empty_pages, mut first_of_last_page) = (Vec::new(), 0, None::<String>);
        loop {
            let page = self.page(phase, base, filter, attributes, tally.page_size, cookie).await?;
            // Refused at the first page: too large a page for this server, or a limit no page size gets around. The smaller one tells.
            if matches!(page.result.rc, 4 | 11)
                && tally.entries == 0
                && let Some(size) = smaller.next()
            {
                tally.page_size = size;
                cookie = Vec::new();
                continue;
            }
            if page.result.rc != 0 {
                return Err(failed(explain::result_sentence(&self.server, &page.result)));
            }
            tally.entries += page.entries.len();
            if let Some(so_far) = &self.so_far {
                so_far.note(phase, page.entries.len());
            }
            tally.referrals += page.referrals;
            // Some servers hand out the same page for ever; cookies do not tell (389 Directory Server repeats its own rightly).
            let first = page.entries.first().map(|entry| entry.dn.clone());
            empty_pages = if first.is_none() { empty_pages + 1 } else { 0 };
            if (first.is_some() && first == first_of_last_page) || empty_pages > MAX_EMPTY_PAGES {
                return Err(failed(format!("{} repeats the same page of its answer without end.", self.server)));
            }
            if tally.entries > self.limits.max_entries {
                return Err(failed(format!("{} sent more than {} entries. Narrow filter or base DN.", self.server, self.limits.max_entries)));
            }
            first_of_last_page = first.or(first_of_last_page);
            let next = next_cookie(&page.result);
            if !page.entries.is_empty() {
                each_page(page.entries);
            }
            match next {
                Some(next) => cookie = next,
                None => return Ok(tally),
            }
        }
    }

    /// Reads one entry by its name; `None` when the server has nothing to say about it.
    pub(super) async fn read(&mut self, phase: Phase, dn: &str, attributes: &[String]) -> Result<Option<RawEntry>, FetchError> {
        let mut page = self.run(phase, dn, Scope::Base, "(objectClass=*)", attributes, None).await?;
        match page.result.rc {
            0 => Ok(page.entries.pop()),
            _ => Err(FetchError { phase, message: explain::result_sentence(&self.server, &page.result) }),
        }
    }

    async fn page(&mut self, phase: Phase, base: &str, filter: &str, attributes: &[String], size: u16, cookie: Vec<u8>) -> Result<Page, FetchError> {
        self.run(phase, base, Scope::Subtree, filter, attributes, Some(PagedResults { size: i32::from(size), cookie })).await
    }

    async fn run(
        &mut self,
        phase: Phase,
        base: &str,
        scope: Scope,
        filter: &str,
        attributes: &[String],
        paging: Option<PagedResults>,
    ) -> Result<Page, FetchError> {
        let server = &self.server;
        let failed = |message| FetchError { phase, message };
        self.ldap.with_timeout(self.limits.answer_within);
        if let Some(paging) = paging {
            self.ldap.with_controls(vec![RawControl::from(paging)]);
        }
        let mut stream = self
            .ldap
            .streaming_search(base, scope, filter, attributes.to_vec())
            .await
            .map_err(|error| failed(explain::ldap_error(server, phase, &error)))?;
        let (mut entries, mut referrals) = (Vec::new(), 0);
        // An error here ends the run, whatever `finish` says afterwards: it may report the success of an earlier page.
        while let Some(entry) = stream.next().await.map_err(|error| failed(explain::ldap_error(server, phase, &error)))? {
            match entry {
                entry if entry.is_ref() => referrals += 1,
                entry if entry.is_intermediate() => {}
                entry => entries.push(decode(entry.0).ok_or_else(|| failed(format!("{server} sent an entry that cannot be read.")))?),
            }
        }
        Ok(Page { entries, referrals, result: stream.finish().await })
    }
}

/// Where the next page begins; `None` after the last, and from servers that do not page.
fn next_cookie(result: &LdapResult) -> Option<Vec<u8>> {
    result.ctrls.iter().find_map(|Control(kind, raw)| {
        matches!(kind, Some(ControlType::PagedResults)).then(|| raw.parse::<PagedResults>().cookie).filter(|cookie| !cookie.is_empty())
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
