//! Reading for many at once. Under load many requests wait for an answer from the database at the same moment, and the way there and back costs more than most
//! answers. Here the first who asks reads alone; whoever asks meanwhile waits until that is done, and then one statement answers them all. Nobody gets an
//! answer that was read before they asked.
//!
//! Ask without holding a connection: the reading needs one, and where all are held by those who wait for it, it never gets any.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::future::BoxFuture;
use tokio::sync::oneshot;

use super::query::LIST_MAX;

/// How many questions one statement answers at most.
const QUESTIONS_MAX: usize = LIST_MAX;
/// How long a reading may take. Everybody waits for it, so a connection that has died silently must not hold it up.
const READ_WITHIN: Duration = Duration::from_secs(5);

/// Gives the answers to up to `QUESTIONS_MAX` different questions, in one statement.
type Read<Q, A> = Box<dyn Fn(Vec<Q>) -> BoxFuture<'static, sqlx::Result<Vec<(Q, A)>>> + Send + Sync>;

/// Questions of one kind, and who waits for answers to them.
pub struct SharedReads<Q, A>(Arc<Inner<Q, A>>);

struct Inner<Q, A> {
    read: Read<Q, A>,
    queue: Mutex<Queue<Q, A>>,
}

struct Queue<Q, A> {
    /// Someone reads, and sees to those who wait when done.
    is_read: bool,
    waiting: Vec<Waiting<Q, A>>,
}

/// Someone's question, and where the answer goes.
type Waiting<Q, A> = (Q, oneshot::Sender<sqlx::Result<Option<A>>>);

impl<Q, A> std::fmt::Debug for SharedReads<Q, A> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SharedReads")
    }
}

impl<Q, A> SharedReads<Q, A>
where
    Q: Clone + Eq + Hash + Send + 'static,
    A: Clone + Send + 'static,
{
    /// Questions that `read` answers: up to 64 different ones at once, as many as a [`ListQuery`](super::ListQuery) takes. One it gives no answer to has none.
    pub fn new<F>(read: impl Fn(Vec<Q>) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = sqlx::Result<Vec<(Q, A)>>> + Send + 'static,
    {
        let queue = Mutex::new(Queue { is_read: false, waiting: Vec::new() });
        Self(Arc::new(Inner { read: Box::new(move |questions| Box::pin(read(questions))), queue }))
    }

    /// The answer as it stands when this is called, or newer; `None` when there is none.
    ///
    /// # Errors
    /// When the database cannot be read. Everyone who waited for that reading hears of it.
    pub async fn ask(&self, question: Q) -> sqlx::Result<Option<A>> {
        let receiver = {
            let mut queue = self.0.lock();
            if queue.is_read {
                let (sender, receiver) = oneshot::channel();
                queue.waiting.push((question.clone(), sender));
                Some(receiver)
            } else {
                queue.is_read = true;
                None
            }
        };
        if let Some(receiver) = receiver {
            return receiver.await.unwrap_or(Err(sqlx::Error::WorkerCrashed));
        }
        let turn = Turn(&self.0);
        let answers = self.0.read(vec![question.clone()]).await;
        drop(turn);
        Ok(answers?.into_iter().find(|(about, _)| *about == question).map(|(_, answer)| answer))
    }
}

/// Somebody reads for themselves. When that ends, also because they went away in the middle, those who came meanwhile are seen to on a task of their own.
struct Turn<'a, Q, A>(&'a Arc<Inner<Q, A>>)
where
    Q: Clone + Eq + Hash + Send + 'static,
    A: Clone + Send + 'static;

impl<Q, A> Drop for Turn<'_, Q, A>
where
    Q: Clone + Eq + Hash + Send + 'static,
    A: Clone + Send + 'static,
{
    fn drop(&mut self) {
        let mut queue = self.0.lock();
        if queue.waiting.is_empty() {
            queue.is_read = false;
        } else {
            drop(queue);
            tokio::spawn(answer_all(Reader(Arc::clone(self.0))));
        }
    }
}

/// Reads for those who wait. Should it crash, who still waits is told that there is no answer, and the next who asks reads again.
struct Reader<Q, A>(Arc<Inner<Q, A>>);

impl<Q, A> Drop for Reader<Q, A> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            *self.0.lock() = Queue { is_read: false, waiting: Vec::new() };
        }
    }
}

impl<Q, A> Inner<Q, A> {
    fn lock(&self) -> MutexGuard<'_, Queue<Q, A>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn read(&self, questions: Vec<Q>) -> sqlx::Result<Vec<(Q, A)>> {
        tokio::time::timeout(READ_WITHIN, (self.read)(questions)).await.unwrap_or(Err(sqlx::Error::PoolTimedOut))
    }

    /// Those to be answered next. Nobody, and the next who asks reads alone, when nobody waits.
    fn take_next(&self) -> Option<Vec<Waiting<Q, A>>> {
        let mut queue = self.lock();
        queue.is_read = !queue.waiting.is_empty();
        let count = queue.waiting.len().min(QUESTIONS_MAX);
        queue.is_read.then(|| queue.waiting.drain(..count).collect())
    }
}

async fn answer_all<Q, A>(reader: Reader<Q, A>)
where
    Q: Clone + Eq + Hash + Send,
    A: Clone + Send,
{
    while let Some(waiting) = reader.0.take_next() {
        let (mut first, mut again) = (HashMap::with_capacity(waiting.len()), Vec::new());
        // Who went away meanwhile needs no answer.
        for (question, sender) in waiting.into_iter().filter(|(_, sender)| !sender.is_closed()) {
            match first.entry(question) {
                Entry::Occupied(asked) => again.push((asked.key().clone(), sender)),
                Entry::Vacant(unasked) => _ = unasked.insert(sender),
            }
        }
        if first.is_empty() {
            continue;
        }
        match reader.0.read(first.keys().cloned().collect()).await {
            Ok(answers) => {
                let mut answers: HashMap<Q, A> = answers.into_iter().collect();
                for (question, sender) in again {
                    let _gone = sender.send(Ok(answers.get(&question).cloned()));
                }
                for (question, sender) in first {
                    let _gone = sender.send(Ok(answers.remove(&question)));
                }
            }
            Err(error) => {
                for sender in first.into_values().chain(again.into_iter().map(|(_, sender)| sender)) {
                    let _gone = sender.send(Err(sqlx::Error::Protocol(format!("the shared reading failed: {error}"))));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};
    use tokio::sync::{Semaphore, mpsc};

    /// A database that says what it is asked, and answers with what it holds when it is let.
    #[derive(Clone)]
    struct Database {
        asked: mpsc::UnboundedSender<Vec<u32>>,
        let_answer: Arc<Semaphore>,
        holds: Arc<AtomicU32>,
    }

    impl Database {
        fn new() -> (Self, mpsc::UnboundedReceiver<Vec<u32>>) {
            let (asked, statements) = mpsc::unbounded_channel();
            (Self { asked, let_answer: Arc::new(Semaphore::new(0)), holds: Arc::default() }, statements)
        }

        /// Even questions have an answer: themselves and what the database holds as the statement begins. Number 13 fails, 666 crashes.
        async fn read(self, mut questions: Vec<u32>) -> sqlx::Result<Vec<(u32, (u32, u32))>> {
            let holds = self.holds.load(Ordering::SeqCst);
            questions.sort_unstable();
            self.asked.send(questions.clone()).unwrap();
            self.let_answer.acquire().await.unwrap().forget();
            assert!(!questions.contains(&666), "a crash");
            if questions.contains(&13) {
                return Err(sqlx::Error::RowNotFound);
            }
            Ok(questions.into_iter().filter(|question| question % 2 == 0).map(|question| (question, (question, holds))).collect())
        }
    }

    type Shared = Arc<SharedReads<u32, (u32, u32)>>;

    fn shared() -> (Shared, Database, mpsc::UnboundedReceiver<Vec<u32>>) {
        let (database, statements) = Database::new();
        let reads = SharedReads::new({
            let database = database.clone();
            move |questions| database.clone().read(questions)
        });
        (Arc::new(reads), database, statements)
    }

    fn ask(shared: &Shared, question: u32) -> tokio::task::JoinHandle<sqlx::Result<Option<(u32, u32)>>> {
        let shared = Arc::clone(shared);
        tokio::spawn(async move { shared.ask(question).await })
    }

    async fn until_waiting(shared: &Shared, count: usize) {
        while shared.0.lock().waiting.len() < count {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn whoever_asks_while_another_reads_is_answered_by_a_later_statement_together_with_the_others() {
        let (shared, database, mut statements) = shared();
        let first = ask(&shared, 2);
        assert_eq!(statements.recv().await.unwrap(), [2]);
        // Changed after the first statement began: who asks from now on must see it.
        database.holds.store(1, Ordering::SeqCst);
        let later = [4, 5, 2, 2].map(|question| ask(&shared, question));
        until_waiting(&shared, 4).await;
        database.let_answer.add_permits(2);
        assert_eq!(first.await.unwrap().unwrap(), Some((2, 0)));
        assert_eq!(statements.recv().await.unwrap(), [2, 4, 5], "each question once");
        let mut answers = Vec::new();
        for asker in later {
            answers.push(asker.await.unwrap().unwrap());
        }
        assert_eq!(answers, [Some((4, 1)), None, Some((2, 1)), Some((2, 1))]);
        database.let_answer.add_permits(1);
        assert_eq!(ask(&shared, 6).await.unwrap().unwrap(), Some((6, 1)), "and the next one reads alone again");
    }

    #[tokio::test]
    async fn one_statement_answers_no_more_than_so_many() {
        let (shared, database, mut statements) = shared();
        let first = ask(&shared, 0);
        assert_eq!(statements.recv().await.unwrap(), [0]);
        let count = u32::try_from(QUESTIONS_MAX).unwrap() + 3;
        let later: Vec<_> = (1..=count).map(|question| ask(&shared, question * 2)).collect();
        until_waiting(&shared, later.len()).await;
        database.let_answer.add_permits(3);
        first.await.unwrap().unwrap();
        assert_eq!((statements.recv().await.unwrap().len(), statements.recv().await.unwrap().len()), (QUESTIONS_MAX, 3));
        for (question, asker) in (1..).zip(later) {
            assert_eq!(asker.await.unwrap().unwrap(), Some((question * 2, 0)));
        }
    }

    #[tokio::test]
    async fn a_failure_reaches_everyone_who_waited_for_it_and_nobody_after() {
        let (shared, database, mut statements) = shared();
        let first = ask(&shared, 13);
        statements.recv().await.unwrap();
        let later = [2, 13, 13].map(|question| ask(&shared, question));
        until_waiting(&shared, 3).await;
        database.let_answer.add_permits(3);
        assert!(first.await.unwrap().is_err());
        for asker in later {
            assert!(asker.await.unwrap().is_err());
        }
        assert_eq!(ask(&shared, 2).await.unwrap().unwrap(), Some((2, 0)));
    }

    #[tokio::test]
    async fn whoever_goes_away_leaves_nobody_waiting() {
        let (shared, database, mut statements) = shared();
        let first = ask(&shared, 2);
        statements.recv().await.unwrap();
        let [gone, stays] = [4, 6].map(|question| ask(&shared, question));
        until_waiting(&shared, 2).await;
        gone.abort();
        assert!(gone.await.unwrap_err().is_cancelled());
        // The one who reads goes away in the middle; the others are read for at once.
        first.abort();
        assert!(first.await.unwrap_err().is_cancelled());
        assert_eq!(statements.recv().await.unwrap(), [6]);
        database.let_answer.add_permits(2);
        assert_eq!(stays.await.unwrap().unwrap(), Some((6, 0)));
        assert_eq!(ask(&shared, 8).await.unwrap().unwrap(), Some((8, 0)));
    }

    #[tokio::test]
    async fn after_a_crash_others_are_told_and_the_next_one_reads_again() {
        let (shared, database, mut statements) = shared();
        let first = ask(&shared, 2);
        statements.recv().await.unwrap();
        let [crashes, beside] = [666, 4].map(|question| ask(&shared, question));
        until_waiting(&shared, 2).await;
        database.let_answer.add_permits(2);
        first.await.unwrap().unwrap();
        assert!(crashes.await.unwrap().is_err() && beside.await.unwrap().is_err());
        database.let_answer.add_permits(1);
        assert_eq!(ask(&shared, 2).await.unwrap().unwrap(), Some((2, 0)));
    }
}
