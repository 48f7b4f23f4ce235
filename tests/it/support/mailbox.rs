//! A mail server in the test process: takes mails by SMTP (RFC 5321) and keeps them.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// A mail as it came.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    /// Whom the envelope names.
    pub(crate) to: String,
    /// Heads and text, with plain line ends.
    pub(crate) content: String,
}

impl Received {
    /// The first address of a page in the text.
    pub(crate) fn link(&self) -> &str {
        self.content.split_whitespace().find(|word| word.starts_with("http")).expect("a link in the mail")
    }
}

/// A mail server that listens until it is dropped.
pub(crate) struct Mailbox {
    pub(crate) port: u16,
    received: Arc<Mutex<Vec<Received>>>,
    /// What is answered to `RCPT TO`, when it is no good answer.
    refusal: Arc<Mutex<Option<String>>>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Mailbox {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Mailbox {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let (received, refusal) = (Arc::<Mutex<Vec<Received>>>::default(), Arc::<Mutex<Option<String>>>::default());
        let (kept, refusing) = (Arc::clone(&received), Arc::clone(&refusal));
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&kept), Arc::clone(&refusing)));
            }
        });
        Self { port, received, refusal, task }
    }

    /// The settings that lead here.
    pub(crate) fn environment(&self) -> Vec<(&'static str, String)> {
        vec![
            ("SMTP_HOST", "127.0.0.1".to_owned()),
            ("SMTP_PORT", self.port.to_string()),
            ("SMTP_TLS", "none".to_owned()),
            ("SMTP_FROM", "id@example.org".to_owned()),
        ]
    }

    /// Answers every recipient with this line from now on, or takes them again.
    pub(crate) fn refuse(&self, line: Option<&str>) {
        *self.refusal.lock().expect("a lock") = line.map(str::to_owned);
    }

    /// What came so far.
    pub(crate) fn received(&self) -> Vec<Received> {
        self.received.lock().expect("a lock").clone()
    }

    /// Waits until so many mails have come, and gives all of them.
    pub(crate) async fn wait_for(&self, count: usize) -> Vec<Received> {
        let waiting = async {
            while self.received().len() < count {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), waiting).await.unwrap_or_else(|_| panic!("{} of {count} mails came", self.received().len()));
        self.received()
    }
}

async fn serve(stream: TcpStream, received: Arc<Mutex<Vec<Received>>>, refusal: Arc<Mutex<Option<String>>>) {
    let (reading, mut writing) = stream.into_split();
    let mut lines = BufReader::new(reading).lines();
    let mut to = String::new();
    if writing.write_all(b"220 mailbox ESMTP\r\n").await.is_err() {
        return;
    }
    while let Ok(Some(line)) = lines.next_line().await {
        let command = line.to_ascii_uppercase();
        let answer = if command.starts_with("EHLO") {
            "250-mailbox\r\n250 8BITMIME\r\n".to_owned()
        } else if command.starts_with("RCPT TO:") {
            let refused = refusal.lock().expect("a lock").clone();
            to = line["RCPT TO:".len()..].trim().trim_matches(['<', '>']).to_owned();
            refused.map_or_else(|| "250 ok\r\n".to_owned(), |line| format!("{line}\r\n"))
        } else if command == "DATA" {
            if writing.write_all(b"354 go on\r\n").await.is_err() {
                return;
            }
            let mut content = String::new();
            while let Ok(Some(line)) = lines.next_line().await {
                if line == "." {
                    break;
                }
                content.push_str(line.strip_prefix('.').unwrap_or(&line));
                content.push('\n');
            }
            // Long lines come as quoted-printable (RFC 2045, section 6.7); the tests write nothing else that needs it.
            let content = content.replace("=\n", "").replace("=3D", "=");
            received.lock().expect("a lock").push(Received { to: to.clone(), content });
            "250 taken\r\n".to_owned()
        } else if command == "QUIT" {
            let _ = writing.write_all(b"221 bye\r\n").await;
            return;
        } else {
            "250 ok\r\n".to_owned()
        };
        if writing.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}
