//! The bytes between a server and this process. ldap3 speaks over one end of a local socket pair; this carries its messages to the server and back, whole
//! ones only, and takes out the answers to searches of our own, which it hands on as they came. So ldap3 binds, watches and changes passwords, and large
//! answers never pass through it; both share one connection.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::UnixStream;
use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;

use super::ber::{Frame, Message, frame, kind};

/// Ids of our own requests begin here; ldap3's begin at 1 and never come so far.
const FIRST_ID: u32 = 0x4000_0000;
/// How much is read at a time, in bytes.
const READ: usize = 64 * 1024;
/// How many such pieces wait for whoever asked. Who is slower than the server makes it wait.
const WAITING: usize = 8;

/// Searches that are under way, with where their answers go.
#[derive(Debug, Default)]
struct Searches(Mutex<HashMap<u32, mpsc::Sender<Bytes>>>);

impl Searches {
    fn with<T>(&self, work: impl FnOnce(&mut HashMap<u32, mpsc::Sender<Bytes>>) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// One connection.
#[derive(Debug)]
pub(super) struct Wire {
    requests: mpsc::Sender<Vec<u8>>,
    searches: Arc<Searches>,
    next_id: u32,
    carrier: Option<AbortOnDropHandle<io::Result<()>>>,
}

/// The answer to a search, on its way: pieces of one or more whole messages. Ends when the connection does.
pub(super) type Arriving = mpsc::Receiver<Bytes>;

impl Wire {
    /// Begins to carry; gives the end of the socket pair that is for ldap3.
    ///
    /// # Errors
    /// When the system has no more sockets.
    pub(super) fn over(stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static) -> io::Result<(Self, std::os::unix::net::UnixStream)> {
        let (ours, theirs) = UnixStream::pair()?;
        let (requests, receiver) = mpsc::channel(1);
        let searches = Arc::new(Searches::default());
        let carrier = AbortOnDropHandle::new(tokio::spawn(carry(stream, ours, receiver, Arc::clone(&searches))));
        Ok((Self { requests, searches, next_id: FIRST_ID, carrier: Some(carrier) }, theirs.into_std()?))
    }

    /// Sends a search; `request` makes its bytes for an id. `None` when the connection is gone.
    pub(super) async fn ask(&mut self, request: impl FnOnce(u32) -> Vec<u8>) -> Option<Arriving> {
        let id = self.next_id;
        self.next_id = if id == i32::MAX.cast_unsigned() { FIRST_ID } else { id + 1 };
        let (sender, arriving) = mpsc::channel(WAITING);
        self.searches.with(|searches| searches.insert(id, sender));
        self.requests.send(request(id)).await.ok()?;
        Some(arriving)
    }

    /// Waits for the end of the connection. Gives why it ended when that was not our doing; once.
    pub(super) async fn ended(&mut self) -> Option<io::Error> {
        self.carrier.take()?.await.ok()?.err()
    }
}

async fn carry(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin,
    ldap3: UnixStream,
    requests: mpsc::Receiver<Vec<u8>>,
    searches: Arc<Searches>,
) -> io::Result<()> {
    let (from_server, to_server) = tokio::io::split(stream);
    let (from_ldap3, to_ldap3) = ldap3.into_split();
    let ended = tokio::select! {
        ended = up(from_ldap3, requests, to_server) => ended,
        ended = down(from_server, to_ldap3, &searches) => ended,
    };
    // Nobody may wait for an answer that will not come. Requests are refused by now.
    searches.with(HashMap::clear);
    if let Err(error) = &ended {
        tracing::debug!(%error, "the directory connection ended");
    }
    ended
}

/// To the server: what ldap3 says and what we ask, message by message. Ends when ldap3 does.
async fn up(mut from: impl AsyncRead + Unpin, mut requests: mpsc::Receiver<Vec<u8>>, mut to: impl AsyncWrite + Unpin) -> io::Result<()> {
    let mut buffer = BytesMut::new();
    loop {
        buffer.reserve(1024);
        tokio::select! {
            read = from.read_buf(&mut buffer) => {
                if read? == 0 {
                    return to.shutdown().await;
                }
                while let Frame::Whole(length) = frame(&buffer) {
                    to.write_all(&buffer.split_to(length)).await?;
                }
                to.flush().await?;
            }
            Some(request) = requests.recv() => {
                to.write_all(&request).await?;
                to.flush().await?;
            }
        }
    }
}

/// From the server. Ends with an error: the server ended the connection, or sent what is no message.
async fn down(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin, searches: &Searches) -> io::Result<()> {
    let mut buffer = BytesMut::new();
    loop {
        buffer.reserve(READ);
        if from.read_buf(&mut buffer).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        while let Some(run) = Run::first_of(&buffer)? {
            let bytes = buffer.split_to(run.length).freeze();
            if run.id < FIRST_ID {
                to.write_all(&bytes).await?;
                continue;
            }
            let asker = searches.with(|searches| if run.is_last { searches.remove(&run.id) } else { searches.get(&run.id).cloned() });
            // Whoever asked may not want to know any more.
            if let Some(asker) = asker {
                let _gone = asker.send(bytes).await;
            }
        }
    }
}

/// Messages one behind the other that belong to one request.
struct Run {
    id: u32,
    length: usize,
    /// No more will come for this request.
    is_last: bool,
}

impl Run {
    fn first_of(bytes: &[u8]) -> io::Result<Option<Self>> {
        let mut run: Option<Self> = None;
        loop {
            let begin = run.as_ref().map_or(0, |run| run.length);
            let length = match frame(&bytes[begin..]) {
                Frame::Whole(length) => length,
                Frame::Partial => return Ok(run),
                Frame::Nonsense if run.is_some() => return Ok(run),
                Frame::Nonsense => return Err(io::Error::new(io::ErrorKind::InvalidData, "no message")),
            };
            // What cannot be read further is for ldap3 to say something about.
            let (id, is_last) = Message::read(&bytes[begin..begin + length]).map_or((0, false), |message| (message.id, message.kind == kind::DONE));
            match &mut run {
                Some(run) if run.id != id => break,
                Some(run) => (run.length, run.is_last) = (begin + length, is_last),
                None => run = Some(Self { id, length, is_last }),
            }
            if is_last {
                break;
            }
        }
        Ok(run)
    }
}
