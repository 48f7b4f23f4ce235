//! SQLite's one writer, with group commit. Durable commits cost an `fsync` each; when several transactions wait, each runs in a savepoint of one
//! outer transaction and all share its commit. `commit` returns only after the outer commit, so an acknowledged write is on disk.
//!
//! Each message to SQLite's thread costs more than most statements, so what can go in one message does: whoever ends a savepoint opens the next one's.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use sqlx::sqlite::SqliteArguments;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, SqlSafeStr as _, SqlStr, SqliteConnection};
use tokio::sync::{Mutex, OwnedMutexGuard, oneshot};

use super::checkpoint::Checkpoints;

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
    checkpoints: Option<Checkpoints>,
}

/// Someone who waits to hear that what they did is on disk, and how many rows their last statement wrote.
type Waiting = oneshot::Sender<sqlx::Result<u64>>;

impl Writer {
    /// Takes over the connection that writes. `checkpoints` hear of what it commits.
    pub(super) fn new(connection: SqliteConnection, checkpoints: Option<Checkpoints>) -> Self {
        let state = State { connection: Some(connection), open: false, ready: false, released: Vec::new(), checkpoints };
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

    /// Runs one statement, or several in one text, in its turn, and waits for the shared commit. Gives zero when nothing was written.
    ///
    /// There is no savepoint around it, which would cost a copy of every page it touches: a refusal undoes the whole shared transaction. So it is for
    /// statements that change what they can, or nothing, but are not refused.
    ///
    /// # Errors
    /// When a statement or the commit failed; nothing of the text stays.
    pub(super) async fn write(&self, sql: SqlStr, arguments: SqliteArguments) -> sqlx::Result<u64> {
        let turn = Turn::wait(self.clone());
        let state = Arc::clone(&self.state).lock_owned().await;
        turn.taken();
        let (sender, receiver) = oneshot::channel();
        // Spawned, so that a caller who goes away (a closed browser tab) cannot leave others waiting for a commit.
        tokio::spawn(write(state, self.clone(), sql, arguments, sender));
        receiver.await.unwrap_or(Err(sqlx::Error::WorkerCrashed))
    }

    /// Finishes what is under way and closes the connection.
    pub async fn close(&self) {
        let mut state = self.state.lock().await;
        state.commit_outer().await;
        if let Some(mut checkpoints) = state.checkpoints.take() {
            checkpoints.end().await;
        }
        if let Some(connection) = state.connection.take()
            && let Err(error) = connection.close().await
        {
            tracing::warn!(%error, "closing the database's writer failed");
        }
    }

    fn nobody_waits(&self) -> bool {
        self.waiting.load(Ordering::SeqCst) == 0
    }

    /// Whether whoever holds the writer must commit for all.
    fn is_last_of_batch(&self, state: &State) -> bool {
        self.nobody_waits() || state.released.len() + 1 >= BATCH_MAX
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

    /// Runs a text without a savepoint of its own, and ends one that nobody has used, or all, with it. Gives how many rows its last statement wrote, or more.
    async fn write(&mut self, sql: SqlStr, arguments: SqliteArguments, and_commit: bool) -> sqlx::Result<u64> {
        if !self.open {
            // Said before it is so: what fails in the middle must be undone too. By itself, because each statement of a text that writes nothing counts
            // the rows again that were written before it.
            self.open = true;
            self.connection()?.execute("BEGIN IMMEDIATE").await?;
        }
        let ends = match (self.ready, and_commit) {
            (false, false) => None,
            (true, false) => Some("RELEASE one"),
            (false, true) => Some("COMMIT"),
            (true, true) => Some("RELEASE one; COMMIT"),
        };
        let statements = match ends {
            None => sql,
            Some(ends) => AssertSqlSafe(format!("{}; {ends}", sql.as_str())).into_sql_str(),
        };
        let done = sqlx::query_with(statements, arguments).execute(self.connection()?).await?;
        self.ready = false;
        if and_commit {
            self.committed();
        }
        Ok(done.rows_affected())
    }

    /// Ends the savepoint in use; what was done in it stays or not. The outer transaction is committed as well, or the next savepoint opened.
    async fn end_savepoint(&mut self, kept: bool, and_commit: bool) -> sqlx::Result<()> {
        let ends = match (kept, and_commit) {
            (true, true) => "RELEASE one; COMMIT",
            (true, false) => "RELEASE one; SAVEPOINT one",
            (false, true) => "ROLLBACK TO one; RELEASE one; COMMIT",
            // A savepoint that was rolled back to is as good as new.
            (false, false) => "ROLLBACK TO one",
        };
        self.connection()?.execute(ends).await.map(|_| ())
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
        if let Some(checkpoints) = &self.checkpoints {
            checkpoints.committed();
        }
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
    pub async fn commit(mut self) -> sqlx::Result<()> {
        let state = self.state.take().expect("invariant: held until commit or drop");
        let (sender, receiver) = oneshot::channel();
        // Spawned, so that a caller who goes away (a closed browser tab) cannot leave others waiting for a commit.
        tokio::spawn(end(state, self.writer.clone(), Some(sender)));
        receiver.await.unwrap_or(Err(sqlx::Error::WorkerCrashed)).map(|_| ())
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        if let Some(state) = self.state.take() {
            tokio::spawn(end(state, self.writer.clone(), None));
        }
    }
}

/// Ends one savepoint (kept when someone waits for it, else undone) and commits the outer transaction unless the next in the queue will.
async fn end(mut state: OwnedMutexGuard<State>, writer: Writer, kept_for: Option<Waiting>) {
    let and_commit = writer.is_last_of_batch(&state);
    let ended = state.end_savepoint(kept_for.is_some(), and_commit).await;
    state.released.extend(kept_for.map(|waiting| (waiting, 0)));
    match ended {
        Ok(()) => state.ended(and_commit),
        Err(error) => state.fail(&error).await,
    }
}

/// Runs one text for someone who waits for it, and commits the outer transaction unless the next in the queue will.
async fn write(mut state: OwnedMutexGuard<State>, writer: Writer, sql: SqlStr, arguments: SqliteArguments, waiting: Waiting) {
    let and_commit = writer.is_last_of_batch(&state);
    let written = state.write(sql, arguments, and_commit).await;
    match written {
        Ok(written) if and_commit => {
            let _gone = waiting.send(Ok(written));
        }
        Ok(written) => state.released.push((waiting, written)),
        Err(error) => {
            state.fail(&error).await;
            let _gone = waiting.send(Err(error));
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
        (folder, Writer::new(connection, None), SqliteConnection::connect_with(&options).await.unwrap())
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
    async fn single_statements_share_the_commit_of_transactions_and_none_undoes_another() {
        let (_folder, writer, mut reader) = writer().await;
        let tasks: Vec<_> = (0..300)
            .map(|n: i64| {
                let writer = writer.clone();
                tokio::spawn(async move {
                    if n % 3 == 0 {
                        let mut transaction = writer.begin().await?;
                        insert(&mut transaction, n).await?;
                        // Every sixth is dropped, and undone with it.
                        return if n % 6 == 0 { Ok(0) } else { transaction.commit().await.map(|()| 1) };
                    }
                    let mut arguments = SqliteArguments::default();
                    sqlx::Arguments::add(&mut arguments, n).map_err(sqlx::Error::Encode)?;
                    // Every seventh finds nothing to write, whatever was written before it.
                    let sql = if n % 7 == 0 { "INSERT INTO t (n) SELECT $1 WHERE 0" } else { "INSERT INTO t (n) VALUES ($1)" };
                    writer.write(sql.into_sql_str(), arguments).await
                })
            })
            .collect();
        let is_kept = |n: i64| if n % 3 == 0 { n % 6 != 0 } else { n % 7 != 0 };
        for (n, task) in (0..).zip(tasks) {
            assert_eq!(task.await.unwrap().unwrap() > 0, is_kept(n), "{n}");
        }
        assert_eq!(rows(&mut reader).await, (0..300).filter(|n| is_kept(*n)).collect::<Vec<i64>>());
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_refused_statement_is_told_and_the_next_one_writes_again() {
        let (_folder, writer, mut reader) = writer().await;
        for (round, fits) in [(1, true), (1, false), (2, true)] {
            let mut arguments = SqliteArguments::default();
            sqlx::Arguments::add(&mut arguments, round).unwrap();
            assert_eq!(writer.write("INSERT INTO t (n) VALUES ($1)".into_sql_str(), arguments).await.is_ok(), fits);
        }
        assert_eq!(rows(&mut reader).await, [1, 2]);
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
