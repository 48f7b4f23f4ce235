//! The Chrome DevTools Protocol over a web socket: calls with answers, and a record of every event.
//!
//! The connection is shared by all tests, each of which has a runtime of its own; so it lives on a runtime that outlasts them.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use futures::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};
use tokio_tungstenite::tungstenite::{Message, protocol::WebSocketConfig};

/// What the browser said to a call: its result, or its error in words.
pub(crate) type Answer = Result<Value, String>;

/// Something that happened in a session, such as `Log.entryAdded`.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    pub(crate) method: String,
    pub(crate) parameters: Value,
}

/// A connection to a browser.
#[derive(Debug, Clone)]
pub(crate) struct Connection {
    outgoing: mpsc::UnboundedSender<Message>,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    last_id: AtomicU64,
    waiting: Mutex<HashMap<u64, oneshot::Sender<Answer>>>,
    events: Mutex<HashMap<String, Vec<Event>>>,
}

static BACKGROUND: LazyLock<tokio::runtime::Runtime> =
    LazyLock::new(|| tokio::runtime::Builder::new_multi_thread().worker_threads(1).thread_name("devtools").enable_all().build().expect("a runtime"));

impl Connection {
    /// Connects to a `ws://` address.
    pub(crate) async fn open(url: String) -> Self {
        let (outgoing, mut to_send) = mpsc::unbounded_channel();
        let shared = Arc::<Shared>::default();
        let record = Arc::clone(&shared);
        // Screenshots are large.
        let limits = WebSocketConfig::default().max_message_size(None).max_frame_size(None);
        let connected = BACKGROUND.spawn(async move {
            let (socket, _) = tokio_tungstenite::connect_async_with_config(url, Some(limits), true).await.expect("the browser takes the connection");
            let (mut sink, mut stream) = socket.split();
            tokio::spawn(async move {
                while let Some(message) = to_send.recv().await {
                    if sink.send(message).await.is_err() {
                        break;
                    }
                }
            });
            tokio::spawn(async move {
                while let Some(Ok(message)) = stream.next().await {
                    if let Message::Text(text) = message {
                        record.take(serde_json::from_str(&text).expect("the protocol is JSON"));
                    }
                }
                // Whoever still waits is told by the closed channel.
                lock(&record.waiting).clear();
            });
        });
        connected.await.expect("connecting does not panic");
        Self { outgoing, shared }
    }

    /// Calls a method, in a session or (with `None`) of the browser itself.
    pub(crate) async fn call(&self, session: Option<&str>, method: &str, parameters: Value) -> Answer {
        let (answer, answered) = oneshot::channel();
        let id = self.shared.last_id.fetch_add(1, Ordering::Relaxed) + 1;
        lock(&self.shared.waiting).insert(id, answer);
        self.send(id, session, method, &parameters);
        match tokio::time::timeout(super::PATIENCE, answered).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => panic!("the browser ended during {method}"),
            Err(_) => panic!("no answer to {method} {parameters} within {:?}", super::PATIENCE),
        }
    }

    /// Calls a method and does not wait.
    pub(crate) fn tell(&self, method: &str, parameters: &Value) {
        self.send(self.shared.last_id.fetch_add(1, Ordering::Relaxed) + 1, None, method, parameters);
    }

    /// Everything that has happened in a session, oldest first.
    pub(crate) fn events(&self, session: &str) -> Vec<Event> {
        lock(&self.shared.events).get(session).cloned().unwrap_or_default()
    }

    /// Forgets what has happened in a session.
    pub(crate) fn forget_events(&self, session: &str) {
        lock(&self.shared.events).remove(session);
    }

    fn send(&self, id: u64, session: Option<&str>, method: &str, parameters: &Value) {
        let mut message = json!({ "id": id, "method": method, "params": parameters });
        if let Some(session) = session {
            message["sessionId"] = session.into();
        }
        // A closed channel shows as an answer that does not come.
        self.outgoing.send(Message::text(message.to_string())).ok();
    }
}

impl Shared {
    fn take(&self, mut message: Value) {
        if let Some(id) = message["id"].as_u64() {
            let answer = match message.get("error") {
                Some(error) => Err(error["message"].as_str().unwrap_or_default().to_owned()),
                None => Ok(message["result"].take()),
            };
            if let Some(waiting) = lock(&self.waiting).remove(&id) {
                // A test that has given up waiting does not want it any more.
                waiting.send(answer).ok();
            }
        } else if let (Some(session), Some(method)) = (message["sessionId"].as_str(), message["method"].as_str()) {
            let event = Event { method: method.to_owned(), parameters: message["params"].clone() };
            lock(&self.events).entry(session.to_owned()).or_default().push(event);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
