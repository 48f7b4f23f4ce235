//! A directory in the test process that does what real ones do rarely: it begins with the honest answer of a small [`Directory`], and a test bends that.
//!
//! ```ignore
//! let server = FaultyLdap::start(Directory::of(Vendor::OpenLdap).with(people(10))).await;
//! server.bend(|request, replies| if request.page() == Some(2) { cut_after(replies, 1) } else { replies });
//! server.behave();
//! ```
//!
//! | file | gives |
//! |---|---|
//! | [`directory`] | entries, and the honest answer to a request: binds, filters, pages, ranges, the root DSE of every vendor |
//! | [`ber`] | requests out of bytes, elements into bytes |

pub(crate) mod ber;
pub(crate) mod directory;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::task::AbortOnDropHandle;

pub(crate) use self::ber::{Operation, Search};
use self::ber::{element, number, octets};
pub(crate) use self::directory::{Directory, Entry};

/// A request as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Request {
    /// Which connection since the start, from 1.
    pub(crate) connection: usize,
    /// The message's id.
    pub(crate) id: u32,
    pub(crate) operation: Operation,
    pub(crate) controls: Vec<ber::Control>,
}

impl Request {
    /// The search, if it is one.
    pub(crate) fn search(&self) -> Option<&Search> {
        match &self.operation {
            Operation::Search(search) => Some(search),
            _ => None,
        }
    }

    /// Whether it is a simple bind with a name.
    pub(crate) fn is_bind(&self) -> bool {
        matches!(&self.operation, Operation::Bind { name, .. } if !name.is_empty())
    }

    /// Whether it is a search that asks for the attribute by name.
    pub(crate) fn asks_for(&self, attribute: &str) -> bool {
        self.search().is_some_and(|search| search.attributes.iter().any(|name| name.eq_ignore_ascii_case(attribute)))
    }

    /// The size of the page asked for; `None` without the control.
    pub(crate) fn page_size(&self) -> Option<usize> {
        ber::paging(&self.controls).map(|(size, _)| size)
    }

    /// Which page is asked for, from 1, in the honest directory's count; `None` without the control.
    pub(crate) fn page(&self) -> Option<usize> {
        let (size, cookie) = ber::paging(&self.controls)?;
        Some(directory::place(&cookie) / size.max(1) + 1)
    }
}

/// How an operation ends (RFC 4511 section 4.1.9).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// The result code, known or not.
    pub(crate) code: u32,
    /// The diagnostic text, UTF-8 or not.
    pub(crate) text: Vec<u8>,
    /// Other servers' addresses, which go with code 10.
    pub(crate) referrals: Vec<String>,
    /// The cookie of the paged results control; empty after the last page, `None` sends no control.
    pub(crate) cookie: Option<Vec<u8>>,
    /// What that control says about the number of all entries.
    pub(crate) estimate: u32,
}

impl Outcome {
    /// A code with words.
    pub(crate) fn new(code: u32, text: impl Into<Vec<u8>>) -> Self {
        Self { code, text: text.into(), ..Self::default() }
    }
}

/// A piece of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reply {
    /// An entry that was found.
    Entry(Entry),
    /// Where else to look (a search result reference).
    Reference(Vec<String>),
    /// The end, as the response that fits the request.
    Done(Outcome),
    /// The first bytes of another reply.
    Part(Box<Self>, usize),
    /// Bytes as they are.
    Bytes(Vec<u8>),
    /// Time passes.
    Pause(Duration),
    /// Nothing more ever, with the connection open.
    Silence,
    /// The connection closes.
    Close,
    /// The connection is torn down (RST); what was sent just before may be lost with it.
    Reset,
    /// Another reply with controls, each an object identifier and a BER value: what DirSync, RFC 4533 and their like answer with.
    With(Box<Self>, Vec<(&'static str, Vec<u8>)>),
    /// An intermediate response by its object identifier (RFC 4511 section 4.13).
    Intermediate(&'static str, Vec<u8>),
}

/// What an operation may be answered with.
type Bend = Arc<dyn Fn(&Request, Vec<Reply>) -> Vec<Reply> + Send + Sync>;

struct Shared {
    directory: Mutex<Directory>,
    bend: Mutex<Bend>,
    requests: Mutex<Vec<Request>>,
}

/// A running server, gone when dropped.
pub(crate) struct FaultyLdap {
    address: SocketAddr,
    shared: Arc<Shared>,
    _server: AbortOnDropHandle<()>,
}

impl FaultyLdap {
    /// A server at a free loopback port that says what `directory` holds, until it is told to bend.
    pub(crate) async fn start(directory: Directory) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let shared =
            Arc::new(Shared { directory: Mutex::new(directory), bend: Mutex::new(Arc::new(|_, honest| honest)), requests: Mutex::default() });
        let server = tokio::spawn(accept(listener, Arc::clone(&shared)));
        Self { address, shared, _server: AbortOnDropHandle::new(server) }
    }

    /// `ldap://127.0.0.1:…`
    pub(crate) fn url(&self) -> String {
        format!("ldap://{}", self.address)
    }

    /// From now on every answer goes through `bend`, which gets the honest one.
    pub(crate) fn bend(&self, bend: impl Fn(&Request, Vec<Reply>) -> Vec<Reply> + Send + Sync + 'static) {
        *locked(&self.shared.bend) = Arc::new(bend);
    }

    /// From now on answers are honest again.
    pub(crate) fn behave(&self) {
        self.bend(|_, honest| honest);
    }

    /// Other entries from now on.
    pub(crate) fn change(&self, change: impl FnOnce(&mut Directory)) {
        change(&mut locked(&self.shared.directory));
    }

    /// Every request since the start or the last call.
    pub(crate) fn take_requests(&self) -> Vec<Request> {
        std::mem::take(&mut *locked(&self.shared.requests))
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    // Dropped with the server, and with it every conversation.
    let mut conversations = tokio::task::JoinSet::new();
    for connection in 1.. {
        let Ok((stream, _)) = listener.accept().await else { return };
        conversations.spawn(converse(stream, connection, Arc::clone(&shared)));
    }
}

/// One connection, until either side is through with it; whatever goes wrong with the network is the client's doing.
async fn converse(mut stream: TcpStream, connection: usize, shared: Arc<Shared>) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let (mut received, mut bound) = (Vec::new(), false);
    loop {
        let mut rest = received.as_slice();
        let Some((_, content)) = ber::take(&mut rest) else {
            if stream.read_buf(&mut received).await.ok()? == 0 {
                return None;
            }
            continue;
        };
        let (id, operation, controls) = ber::message(content)?;
        received = rest.to_vec();
        let request = Request { connection, id, operation, controls };
        locked(&shared.requests).push(request.clone());
        let honest = locked(&shared.directory).answer(&request, &mut bound);
        let bend = Arc::clone(&locked(&shared.bend));
        for reply in bend(&request, honest) {
            match reply {
                Reply::Pause(time) => tokio::time::sleep(time).await,
                Reply::Close => return None,
                Reply::Reset => return stream.set_zero_linger().ok(),
                Reply::Silence => while stream.read_buf(&mut received).await.ok()? > 0 {},
                reply => stream.write_all(&encode(&request, &reply)).await.ok()?,
            }
        }
        if request.operation == Operation::Unbind {
            return None;
        }
    }
}

/// The bytes of a reply.
pub(crate) fn encode(request: &Request, reply: &Reply) -> Vec<u8> {
    encode_with(request, reply, Vec::new())
}

fn encode_with(request: &Request, reply: &Reply, mut controls: Vec<u8>) -> Vec<u8> {
    let operation = match reply {
        Reply::Entry(entry) => entry.encode(),
        Reply::Reference(addresses) => element(0x73, &joined(addresses)),
        Reply::Intermediate(oid, value) => element(0x79, &[element(0x80, oid.as_bytes()), element(0x81, value)].concat()),
        Reply::Done(outcome) => {
            let mut result = [number(0x0a, outcome.code), octets(""), octets(&outcome.text)].concat();
            if !outcome.referrals.is_empty() {
                result.extend(element(0xa3, &joined(&outcome.referrals)));
            }
            if let Some(cookie) = &outcome.cookie {
                controls.extend(control(ber::PAGING, &element(0x30, &[number(0x02, outcome.estimate), octets(cookie)].concat())));
            }
            element(response_tag(&request.operation), &result)
        }
        Reply::With(reply, more) => {
            controls.extend(more.iter().flat_map(|(oid, value)| control(oid, value)));
            return encode_with(request, reply, controls);
        }
        Reply::Part(whole, length) => {
            let mut bytes = encode(request, whole);
            bytes.truncate(*length);
            return bytes;
        }
        Reply::Bytes(bytes) => return bytes.clone(),
        Reply::Pause(_) | Reply::Silence | Reply::Close | Reply::Reset => return Vec::new(),
    };
    let controls = if controls.is_empty() { controls } else { element(0xa0, &controls) };
    element(0x30, &[number(0x02, request.id), operation, controls].concat())
}

fn joined(texts: &[String]) -> Vec<u8> {
    texts.iter().flat_map(octets).collect()
}

fn control(oid: &str, value: &[u8]) -> Vec<u8> {
    element(0x30, &[octets(oid), octets(value)].concat())
}

fn response_tag(operation: &Operation) -> u8 {
    match operation {
        Operation::Bind { .. } | Operation::SaslBind(_) => 0x61,
        Operation::Search(_) | Operation::Unbind => 0x65,
        Operation::Extended(_) => 0x78,
        // A deletion is the one request with a primitive tag.
        Operation::Other(0x4a) => 0x6b,
        Operation::Other(tag) => tag + 1,
    }
}

/// The first `entries` entries, and then the connection closes.
pub(crate) fn cut_after(replies: Vec<Reply>, entries: usize) -> Vec<Reply> {
    let mut kept: Vec<Reply> = replies.into_iter().filter(|reply| matches!(reply, Reply::Entry(_))).take(entries).collect();
    kept.push(Reply::Close);
    kept
}

/// [`cut_after`], with half of the next entry before the end.
pub(crate) fn cut_inside(request: &Request, replies: Vec<Reply>, entries: usize) -> Vec<Reply> {
    let mut found: Vec<Reply> = replies.into_iter().filter(|reply| matches!(reply, Reply::Entry(_))).take(entries + 1).collect();
    if let Some(last) = found.pop() {
        let half = encode(request, &last).len() / 2;
        found.push(Reply::Part(Box::new(last), half));
    }
    found.push(Reply::Close);
    found
}

/// The same answer with another end.
pub(crate) fn ending(replies: Vec<Reply>, change: impl Fn(&mut Outcome)) -> Vec<Reply> {
    let changed = replies.into_iter().map(|reply| match reply {
        Reply::Done(mut outcome) => {
            change(&mut outcome);
            Reply::Done(outcome)
        }
        other => other,
    });
    changed.collect()
}

/// The same answer with a pause before every part of it.
pub(crate) fn slowly(replies: Vec<Reply>, pause: Duration) -> Vec<Reply> {
    replies.into_iter().flat_map(|reply| [Reply::Pause(pause), reply]).collect()
}

/// No answer but an end with this code and these words.
pub(crate) fn refused(code: u32, text: &str) -> Vec<Reply> {
    vec![Reply::Done(Outcome::new(code, text))]
}

/// What Active Directory says to a bind it refuses; the sub-code is in hexadecimal, such as `52e` for a wrong password.
pub(crate) fn bind_refused_by_active_directory(sub_code: &str) -> Vec<Reply> {
    refused(49, &format!("80090308: LdapErr: DSID-0C090439, comment: AcceptSecurityContext error, data {sub_code}, v4563"))
}
