//! SQLite's one writer, with group commit. Durable commits cost an `fsync` each; when several transactions wait, each runs in a savepoint of one
//! outer transaction and all share its commit. `commit` returns only after the outer commit, so an acknowledged write is on disk.
//!
//! Each message to SQLite's thread costs more than most statements, so what can go in one message does: whoever ends a savepoint opens the next one's.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use sqlx::sqlite::SqliteArguments;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, SqlStr, SqliteConnection};
use tokio::sync::{Mutex, OwnedMutexGuard, oneshot};

/// How many transactions share one commit at most.
const BATCH_MAX: usize = 64;

/// The writer's handle; clones share the one connection.
#[derive(Clone, Debug)]
pub struct Writer {
    state: Arc<Mutex<State>>,
    waiting: Arc<AtomicUsize>,
}

#[derive(Debug)]
struct State {
    /// `None` once closed.
    connection: Option<SqliteConnection>,
    /// Whether the outer transaction is open.
    open: bool,
    /// Whether there is a savepoint in it that nobody has used yet.
    ready: bool,
    /// Who waits for the outer commit, and what they wrote last.
    released: Vec<(Waiting, u64)>,
}

/// Someone who waits to hear that what they did is on disk, and how many rows their last statement wrote.
type Waiting = oneshot::Sender<sqlx::Result<u64>>;

impl Writer {
    /// Takes over the connection that writes.
    pub fn new(connection: SqliteConnection) -> Self {
        let state = State { connection: Some(connection), open: false, ready: false, released: Vec::new() };
        Self { state: Arc::new(Mutex::new(state)), waiting: Arc::default() }
    }

    /// Waits for its turn and opens a savepoint.
    ///
    /// # Errors
    /// When the writer is closed, or SQLite refuses the transaction.
    pub async fn begin(&self) -> sqlx::Result<Transaction> {
        let turn = Turn::wait(self.clone());
        let mut state = Arc::clone(&self.state).lock_owned().await;
        turn.taken();
        let writer = self.clone();
        if state.take_ready() {
            return Ok(Transaction { state: Some(state), writer });
        }
        // Spawned, so that a caller who goes away (a closed browser tab) cannot leave a transaction open that nobody knows of: what they would have got
        // is dropped, and with it undone.
        let opening = tokio::spawn(async move {
            match state.open_savepoint().await {
                Ok(()) => Ok(Transaction { state: Some(state), writer }),
                Err(error) => {
                    state.fail(&error).await;
                    Err(error)
                }
            }
        });
        opening.await.unwrap_or(Err(sqlx::Error::WorkerCrashed))
    }

    /// Finishes what is under way and closes the connection.
    pub async fn close(&self) {
        let mut state = self.state.lock().await;
        state.commit_outer().await;
        if let Some(connection) = state.connection.take()
            && let Err(error) = connection.close().await
        {
            tracing::warn!(%error, "closing the database's writer failed");
        }
    }

    fn nobody_waits(&self) -> bool {
        self.waiting.load(Ordering::SeqCst) == 0
    }
}

/// A place in the queue. Whoever commits leaves the outer transaction to the next in the queue; one who leaves the queue
/// early must therefore see to it that the outer transaction still gets committed.
struct Turn {
    writer: Writer,
    taken: bool,
}

impl Turn {
    fn wait(writer: Writer) -> Self {
        writer.waiting.fetch_add(1, Ordering::SeqCst);
        Self { writer, taken: false }
    }

    fn taken(mut self) {
        self.taken = true;
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.writer.waiting.fetch_sub(1, Ordering::SeqCst);
        if !self.taken {
            let writer = self.writer.clone();
            tokio::spawn(async move {
                let mut state = writer.state.lock().await;
                if writer.nobody_waits() {
                    state.commit_outer().await;
                }
            });
        }
    }
}

impl State {
    fn connection(&mut self) -> sqlx::Result<&mut SqliteConnection> {
        self.connection.as_mut().ok_or(sqlx::Error::PoolClosed)
    }

    /// Whether the savepoint for the next transaction is there; it is theirs then.
    fn take_ready(&mut self) -> bool {
        std::mem::take(&mut self.ready)
    }

    async fn open_savepoint(&mut self) -> sqlx::Result<()> {
        let statements = if self.open { "SAVEPOINT one" } else { "BEGIN IMMEDIATE; SAVEPOINT one" };
        // Said before it is so: what fails in the middle must be undone too.
        self.open = true;
        self.connection()?.execute(statements).await?;
        Ok(())
    }

    /// Ends the savepoint in use, after its last statement when that was left for now; what was done in it stays or not. The outer transaction is committed as
    /// well, or the next savepoint opened. Gives how many rows the last statement wrote, or more.
    async fn end_savepoint(&mut self, last: Option<(SqlStr, SqliteArguments)>, kept: bool, and_commit: bool) -> sqlx::Result<u64> {
        let ends = match (kept, and_commit) {
            (true, true) => "RELEASE one; COMMIT",
            (true, false) => "RELEASE one; SAVEPOINT one",
            (false, true) => "ROLLBACK TO one; RELEASE one; COMMIT",
            // A savepoint that was rolled back to is as good as new.
            (false, false) => "ROLLBACK TO one",
        };
        let connection = self.connection()?;
        match last {
            None => connection.execute(ends).await.map(|_| 0),
            Some((sql, arguments)) => {
                let statements = AssertSqlSafe(format!("{}; {ends}", sql.as_str()));
                // SQLite counts the rows of the last statement that wrote any again for each that writes none.
                sqlx::query_with(statements, arguments).execute(connection).await.map(|done| done.rows_affected())
            }
        }
    }

    /// After the end of a savepoint: the next one is ready, or all is on disk.
    fn ended(&mut self, and_commit: bool) {
        self.ready = !and_commit;
        if and_commit {
            self.committed();
        }
    }

    /// The outer transaction is on disk: tells everyone who waits for it.
    fn committed(&mut self) {
        (self.open, self.ready) = (false, false);
        for (waiting, written) in self.released.drain(..) {
            let _gone = waiting.send(Ok(written));
        }
    }

    async fn commit_outer(&mut self) {
        if !self.open {
            return;
        }
        let committed = match self.connection() {
            Ok(connection) => connection.execute("COMMIT").await.map(|_| ()),
            Err(error) => Err(error),
        };
        match committed {
            Ok(()) => self.committed(),
            Err(error) => self.fail(&error).await,
        }
    }

    /// The outer transaction cannot be trusted any more: undo it and tell everyone who waits for it.
    async fn fail(&mut self, error: &sqlx::Error) {
        if self.open {
            if let Ok(connection) = self.connection()
                && let Err(error) = connection.execute("ROLLBACK").await
            {
                tracing::debug!(%error, "SQLite had rolled the transaction back already");
            }
            (self.open, self.ready) = (false, false);
        }
        for (waiting, _) in self.released.drain(..) {
            let _gone = waiting.send(Err(sqlx::Error::Protocol(format!("the shared commit failed: {error}"))));
        }
    }
}

/// A savepoint of the shared transaction; holds the writer until it ends.
#[derive(Debug)]
pub struct Transaction {
    state: Option<OwnedMutexGuard<State>>,
    writer: Writer,
}

impl Transaction {
    /// The connection inside the transaction.
    pub(super) fn connection(&mut self) -> &mut SqliteConnection {
        let state = self.state.as_mut().expect("invariant: held until commit or drop");
        state.connection.as_mut().expect("invariant: close waits for the transaction to end")
    }

    /// Releases the savepoint and waits for the shared commit.
    ///
    /// # Errors
    /// When the commit failed; nothing of the transaction stays.
    pub async fn commit(self) -> sqlx::Result<()> {
        self.finish(None).await.map(|_| ())
    }

    /// Runs a last statement, or several in one text, and [commits](Self::commit), all with one message. Gives zero when nothing was written.
    ///
    /// # Errors
    /// When a statement or the commit failed; nothing of the transaction stays.
    pub(super) async fn commit_with(self, sql: SqlStr, arguments: SqliteArguments) -> sqlx::Result<u64> {
        self.finish(Some((sql, arguments))).await
    }

    async fn finish(mut self, last: Option<(SqlStr, SqliteArguments)>) -> sqlx::Result<u64> {
        let state = self.state.take().expect("invariant: held until commit or drop");
        let (sender, receiver) = oneshot::channel();
        // Spawned, so that a caller who goes away (a closed browser tab) cannot leave others waiting for a commit.
        tokio::spawn(end(state, self.writer.clone(), last, Some(sender)));
        receiver.await.unwrap_or(Err(sqlx::Error::WorkerCrashed))
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        if let Some(state) = self.state.take() {
            tokio::spawn(end(state, self.writer.clone(), None, None));
        }
    }
}

/// Ends one savepoint (kept when someone waits for it, else undone) and commits the outer transaction unless the next in the queue will.
async fn end(mut state: OwnedMutexGuard<State>, writer: Writer, last: Option<(SqlStr, SqliteArguments)>, kept_for: Option<Waiting>) {
    let (kept, has_last) = (kept_for.is_some(), last.is_some());
    let and_commit = writer.nobody_waits() || state.released.len() + 1 >= BATCH_MAX;
    let ended = state.end_savepoint(last, kept, and_commit).await;
    match (ended, kept_for) {
        (Ok(written), kept_for) => {
            state.released.extend(kept_for.map(|waiting| (waiting, written)));
            state.ended(and_commit);
        }
        // The last statement was refused: that is this transaction's trouble alone, when the rest can go on without it.
        (Err(error), Some(waiting)) if has_last => {
            match state.end_savepoint(None, false, and_commit).await {
                Ok(_) => state.ended(and_commit),
                Err(error) => state.fail(&error).await,
            }
            let _gone = waiting.send(Err(error));
        }
        (Err(error), kept_for) => {
            state.released.extend(kept_for.map(|waiting| (waiting, 0)));
            state.fail(&error).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sqlx::sqlite::SqliteConnectOptions;

    async fn writer() -> (tempfile::TempDir, Writer, SqliteConnection) {
        let folder = tempfile::tempdir().unwrap();
        let options = SqliteConnectOptions::new()
            .filename(folder.path().join("t.db"))
            .create_if_missing(true)
            .journal_mode(sqlx::sqlite::SqliteJournalMode::Wal);
        let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
        connection.execute("CREATE TABLE t (n INTEGER PRIMARY KEY)").await.unwrap();
        (folder, Writer::new(connection), SqliteConnection::connect_with(&options).await.unwrap())
    }

    async fn insert(transaction: &mut Transaction, n: i64) -> sqlx::Result<()> {
        sqlx::query("INSERT INTO t (n) VALUES ($1)").bind(n).execute(transaction.connection()).await.map(|_| ())
    }

    async fn rows(reader: &mut SqliteConnection) -> Vec<i64> {
        sqlx::query_scalar("SELECT n FROM t ORDER BY n").fetch_all(reader).await.unwrap()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn many_writers_at_once_all_commit_and_a_failed_one_takes_nobody_along() {
        let (_folder, writer, mut reader) = writer().await;
        let tasks: Vec<_> = (0..200)
            .map(|n| {
                let writer = writer.clone();
                tokio::spawn(async move {
                    let mut transaction = writer.begin().await?;
                    insert(&mut transaction, n).await?;
                    // Every tenth breaks the primary key and is dropped without a commit.
                    if n % 10 == 0 {
                        insert(&mut transaction, n).await?;
                    }
                    transaction.commit().await
                })
            })
            .collect();
        for (n, task) in tasks.into_iter().enumerate() {
            assert_eq!(task.await.unwrap().is_ok(), n % 10 != 0, "writer {n}");
        }
        assert_eq!(rows(&mut reader).await, (0..200).filter(|n| n % 10 != 0).collect::<Vec<i64>>());
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_commit_is_visible_to_others_when_it_returns() {
        let (_folder, writer, mut reader) = writer().await;
        for n in 0..20 {
            let mut transaction = writer.begin().await.unwrap();
            insert(&mut transaction, n).await.unwrap();
            transaction.commit().await.unwrap();
            assert!(rows(&mut reader).await.contains(&n));
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn whoever_goes_away_at_whatever_moment_the_next_one_can_write() {
        let (_folder, writer, mut reader) = writer().await;
        for n in 0..400 {
            let hasty = tokio::spawn({
                let writer = writer.clone();
                async move {
                    let mut transaction = writer.begin().await?;
                    insert(&mut transaction, 1_000_000).await?;
                    // Nobody waits as long as this.
                    std::future::pending::<()>().await;
                    transaction.commit().await
                }
            });
            // Ends the other one at a different moment each time.
            for _ in 0..n % 40 {
                tokio::task::yield_now().await;
            }
            hasty.abort();
            let mut transaction = writer.begin().await.unwrap();
            insert(&mut transaction, n).await.unwrap();
            transaction.commit().await.unwrap();
        }
        assert_eq!(rows(&mut reader).await, (0..400).collect::<Vec<i64>>());
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_last_statement_goes_with_the_commit_and_one_that_is_refused_takes_nobody_along() {
        let (_folder, writer, mut reader) = writer().await;
        let tasks: Vec<_> = (0..200)
            .map(|n| {
                let writer = writer.clone();
                tokio::spawn(async move {
                    let mut arguments = SqliteArguments::default();
                    // Every tenth wants the number of the one before it, which is there.
                    sqlx::Arguments::add(&mut arguments, if n % 10 == 9 { 0 } else { n }).map_err(sqlx::Error::Encode)?;
                    let mut transaction = writer.begin().await?;
                    insert(&mut transaction, 1_000 + n).await?;
                    transaction.commit_with(sqlx::SqlSafeStr::into_sql_str("INSERT INTO t (n) VALUES ($1)"), arguments).await
                })
            })
            .collect();
        let mut written = Vec::new();
        for (n, task) in (0..).zip(tasks) {
            match task.await.unwrap() {
                Ok(rows) => {
                    assert!(rows > 0);
                    written.push(n);
                }
                Err(error) => assert!(error.as_database_error().is_some_and(|error| error.is_unique_violation()), "{error}"),
            }
        }
        let expected: Vec<i64> = (0..200).filter(|n| n % 10 != 9).collect();
        // Whoever came first of those who wanted the number zero has it.
        assert_eq!(written.len(), expected.len());
        assert_eq!(rows(&mut reader).await.len(), 2 * expected.len());
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn someone_who_stops_waiting_leaves_no_commit_hanging() {
        let (_folder, writer, mut reader) = writer().await;
        let mut first = writer.begin().await.unwrap();
        insert(&mut first, 1).await.unwrap();
        let impatient = tokio::spawn({
            let writer = writer.clone();
            async move { writer.begin().await.map(|_| ()) }
        });
        while writer.nobody_waits() {
            tokio::task::yield_now().await;
        }
        let committing = tokio::spawn(first.commit());
        impatient.abort();
        committing.await.unwrap().unwrap();
        assert_eq!(rows(&mut reader).await, [1]);
    }
}
