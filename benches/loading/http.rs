//! Callers that speak just enough HTTP/1.1 to cost little beside the server they measure.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::ops::Range;
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// A request as it goes over the wire.
pub(crate) fn request(method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Vec<u8> {
    let mut text = format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\n");
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    if method == "POST" {
        text.push_str(&format!("content-length: {}\r\n", body.len()));
    }
    text.push_str("\r\n");
    text.push_str(body);
    text.into_bytes()
}

/// Makes the request for a token.
pub(crate) type Ask = Box<dyn Fn(&str) -> Vec<u8>>;

/// What the callers send.
pub(crate) enum Load {
    /// Each caller its request, again and again.
    Same(Vec<Vec<u8>>),
    /// Each request once; the run ends with the last.
    Once(RefCell<Vec<Vec<u8>>>),
    /// Each caller exchanges the refresh token it got last.
    Refresh {
        /// The request for a token.
        ask: Ask,
        /// What each caller holds.
        held: RefCell<Vec<String>>,
    },
}

impl Load {
    /// The same request for everyone.
    pub(crate) fn same(request: Vec<u8>) -> Self {
        Self::Same(vec![request])
    }

    fn next(&self, caller: usize) -> Option<Vec<u8>> {
        match self {
            Self::Same(requests) => requests.get(caller % requests.len()).cloned(),
            Self::Once(requests) => requests.borrow_mut().pop(),
            Self::Refresh { ask, held } => held.borrow().get(caller).map(|token| ask(token)),
        }
    }

    fn answered(&self, caller: usize, body: &[u8]) {
        if let Self::Refresh { held, .. } = self {
            let tokens: serde_json::Value = serde_json::from_slice(body).expect("JSON");
            tokens["refresh_token"].as_str().expect("a refresh token").clone_into(&mut held.borrow_mut()[caller]);
        }
    }
}

/// How a run went.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    /// Answers.
    pub(crate) count: usize,
    /// From the first request to the last answer.
    pub(crate) lasted: Duration,
    /// How long each took, in microseconds, the shortest first.
    micros: Vec<u32>,
}

impl Run {
    /// Answers in a second.
    pub(crate) fn rate(&self) -> f64 {
        self.count as f64 / self.lasted.as_secs_f64()
    }

    /// Within how many milliseconds this share of the answers came.
    pub(crate) fn within(&self, share: f64) -> f64 {
        let place = (self.micros.len() as f64 * share) as usize;
        f64::from(self.micros.get(place.min(self.micros.len().saturating_sub(1))).copied().unwrap_or(0)) / 1000.0
    }
}

/// How long to go on.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Until {
    /// So long.
    Elapsed(Duration),
    /// So many answers.
    Count(usize),
}

/// So many callers at once, each with a connection of its own: as fast as they get answers, or together so many requests in a second. An answer that is
/// none of `statuses` stops everything.
pub(crate) async fn run(load: &Rc<Load>, address: SocketAddr, callers: usize, until: Until, per_second: Option<f64>, status: u16) -> Run {
    let micros = Rc::new(RefCell::new(Vec::new()));
    let left = Rc::new(RefCell::new(match until {
        Until::Elapsed(_) => usize::MAX,
        Until::Count(count) => count,
    }));
    let mut connections = Vec::new();
    for _ in 0..callers {
        connections.push(Connection::open(address).await);
    }
    let started = Instant::now();
    let end = match until {
        Until::Elapsed(lasts) => started + lasts,
        Until::Count(_) => started + Duration::from_secs(86_400),
    };
    let tasks = connections.into_iter().enumerate().map(|(caller, mut connection)| {
        let (load, micros, left) = (Rc::clone(load), Rc::clone(&micros), Rc::clone(&left));
        async move {
            let every = per_second.map(|rate| Duration::from_secs_f64(callers as f64 / rate));
            let mut due = started + every.unwrap_or_default().mul_f64(caller as f64 / callers as f64);
            loop {
                let mut since = Instant::now();
                if let Some(every) = every {
                    if since < due {
                        tokio::time::sleep_until(due.into()).await;
                        since = Instant::now();
                    } else {
                        // The answer before came late: this request has waited since it was due.
                        since = due;
                    }
                    due += every;
                }
                if Instant::now() >= end || *left.borrow() == 0 {
                    return;
                }
                let Some(request) = load.next(caller) else { return };
                *left.borrow_mut() -= 1;
                let (answered, body) = connection.ask(&request).await;
                assert_eq!(answered, status, "{}\n{}", String::from_utf8_lossy(&request), String::from_utf8_lossy(&connection.received));
                load.answered(caller, &connection.received[body.clone()]);
                if !matches!(until, Until::Count(_)) {
                    micros.borrow_mut().push(u32::try_from(since.elapsed().as_micros()).unwrap_or(u32::MAX));
                } else {
                    micros.borrow_mut().resize(1, 0);
                }
                connection.received.clear();
            }
        }
    });
    let local = tokio::task::LocalSet::new();
    let tasks: Vec<_> = tasks.map(|task| local.spawn_local(task)).collect();
    local.run_until(async { futures::future::join_all(tasks).await }).await.into_iter().for_each(|ended| ended.expect("every answer is as expected"));
    let lasted = started.elapsed();
    let mut micros = micros.take();
    micros.sort_unstable();
    let count = match until {
        Until::Elapsed(_) => micros.len(),
        Until::Count(count) => count,
    };
    Run { count, lasted, micros }
}

struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
}

impl Connection {
    async fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.expect("a connection");
        stream.set_nodelay(true).expect("a socket");
        Self { stream, received: Vec::with_capacity(16 * 1024) }
    }

    /// Sends a request; gives the status, and where the body lies in what was received.
    async fn ask(&mut self, request: &[u8]) -> (u16, Range<usize>) {
        self.stream.write_all(request).await.expect("the server takes requests");
        loop {
            let read = self.stream.read_buf(&mut self.received).await.expect("an answer");
            assert!(read > 0, "the server closed the connection: {}", String::from_utf8_lossy(request));
            if let Some(done) = complete(&self.received) {
                return done;
            }
        }
    }
}

/// Status and body of an answer that is there as a whole.
fn complete(received: &[u8]) -> Option<(u16, Range<usize>)> {
    let head = received.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let text = std::str::from_utf8(&received[..head]).expect("a head in ASCII");
    let status = text.get(9..12)?.parse().expect("a status");
    let header = |name: &str| {
        text.lines().find_map(|line| line.split_once(':').filter(|(it, _)| it.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim().to_owned()))
    };
    if let Some(length) = header("content-length") {
        let end = head + length.parse::<usize>().expect("a length");
        return (received.len() >= end).then_some((status, head..end));
    }
    if header("transfer-encoding").is_some() {
        // Chunks are not put together: nothing measured here reads such a body.
        return received.ends_with(b"0\r\n\r\n").then_some((status, head..received.len()));
    }
    Some((status, head..head))
}
