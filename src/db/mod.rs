//! The database: embedded SQLite, or PostgreSQL. An enum over the two engines, one SQL text for both (`$1` placeholders, `RETURNING`, `ON CONFLICT`),
//! and nothing else: no repository traits, no query builder. `store.rs` files show SQL, this module runs it.
//!
//! - [`Db::read`] gives a connection for reading (on SQLite a read-only one).
//! - [`Db::begin`] gives a transaction for writing. On SQLite there is one writer with group commit (see [`writer`]), so **never wait for the
//!   network while holding a transaction**. A dropped [`Tx`] is rolled back.

mod checkpoint;
mod connect;
mod copies;
mod limits;
mod pool;
mod query;
mod revision;
mod shared_read;
pub mod writer;

use std::ops::{Deref, DerefMut};

use sqlx::{Executor as _, PgConnection, Postgres, Sqlite, SqliteConnection};

pub use connect::{MIGRATIONS, OpenError, open};
pub use copies::Copies;
pub use pool::Pool;
use pool::Taken;
pub use query::{ListQuery, Query, Row, Value, add_rows, insert_rows, query, query_found, query_list, query_per_engine};
pub use revision::{Revision, Revisions};
pub use shared_read::SharedReads;

/// Which database this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// Embedded SQLite.
    Sqlite,
    /// A PostgreSQL server.
    Postgres,
}

/// The open database. Cheap to clone.
#[derive(Clone, Debug)]
pub enum Db {
    /// A pool of read-only connections and the one writer.
    Sqlite {
        /// Connections that can only read.
        read: Pool<Sqlite>,
        /// The connection that writes.
        writer: writer::Writer,
    },
    /// A pool of connections to a server.
    Postgres(Pool<Postgres>),
}

impl Db {
    /// Which engine this is.
    pub const fn engine(&self) -> Engine {
        match self {
            Self::Sqlite { .. } => Engine::Sqlite,
            Self::Postgres(_) => Engine::Postgres,
        }
    }

    /// A connection for reading.
    ///
    /// # Errors
    /// When no connection could be had within the pool's time-out (10 s).
    pub async fn read(&self) -> sqlx::Result<Conn> {
        Ok(match self {
            Self::Sqlite { read, .. } => Conn(Held::SqliteRead(read.take().await?)),
            Self::Postgres(pool) => Conn(Held::PostgresRead(pool.take().await?)),
        })
    }

    /// Starts a transaction for writing.
    ///
    /// # Errors
    /// When no connection could be had, or another process holds SQLite's write lock for longer than 10 s.
    pub async fn begin(&self) -> sqlx::Result<Tx> {
        let conn = match self {
            Self::Sqlite { writer, .. } => Conn(Held::SqliteWrite(writer.begin().await?)),
            Self::Postgres(pool) => Conn(Held::PostgresWrite(Writing::begin(pool.take().await?).await?)),
        };
        Ok(Tx { conn, announced: None })
    }

    /// [`begin`](Self::begin) for work of many rows: PostgreSQL gives each of its statements a quarter of an hour.
    ///
    /// # Errors
    /// As [`begin`](Self::begin).
    pub async fn begin_long(&self) -> sqlx::Result<Tx> {
        let mut tx = self.begin().await?;
        if let Held::PostgresWrite(writing) = &mut tx.conn.0 {
            writing.connection().execute(limits::OF_LONG_WORK).await.map_err(limits::explained)?;
        }
        Ok(tx)
    }

    /// Runs one statement for writing by itself, or on SQLite several in one text; durable when it returns. Gives how many rows were written, or more; zero
    /// when none were. One round trip, where a transaction takes three. For statements that are not refused whatever is in the database (a condition stands in
    /// the statement): on SQLite a refusal would take others along.
    ///
    /// # Errors
    /// As [`begin`](Self::begin), and when the database refuses the statement.
    pub async fn write(&self, query: Query) -> sqlx::Result<u64> {
        match self {
            Self::Sqlite { writer, .. } => {
                let (sql, arguments) = query.for_sqlite();
                writer.write(sql, arguments).await
            }
            Self::Postgres(_) => query.execute(&mut self.read().await?).await,
        }
    }

    /// Asks the database for nothing, to see whether it answers.
    ///
    /// # Errors
    /// When it does not.
    pub async fn ask(&self) -> sqlx::Result<()> {
        let (_one,): (i64,) = query("SELECT CAST(1 AS BIGINT)").one(&mut self.read().await?).await?;
        Ok(())
    }

    /// Has PostgreSQL bring its knowledge of some tables up to date. SQLite needs none of it.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn tidy(&self, statements: &[&'static str]) -> sqlx::Result<()> {
        if self.engine() == Engine::Postgres {
            let mut conn = self.read().await?;
            query(limits::NONE_FOR_STATEMENTS).execute(&mut conn).await?;
            let mut tidied = Ok(0);
            for statement in statements {
                tidied = tidied.and(query(statement).execute(&mut conn).await);
            }
            query(limits::FOR_STATEMENTS_AGAIN).execute(&mut conn).await?;
            tidied?;
        }
        Ok(())
    }

    /// Closes every connection, after the work in progress.
    pub async fn close(&self) {
        match self {
            Self::Sqlite { read, writer } => {
                read.close().await;
                writer.close().await;
            }
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

/// A connection store functions take: inside a transaction or not.
#[derive(Debug)]
pub struct Conn(Held);

#[derive(Debug)]
enum Held {
    SqliteRead(Taken<Sqlite>),
    SqliteWrite(writer::Transaction),
    PostgresRead(Taken<Postgres>),
    PostgresWrite(Writing),
}

/// A transaction on PostgreSQL; undone when dropped.
#[derive(Debug)]
struct Writing(Option<Taken<Postgres>>);

impl Writing {
    async fn begin(mut connection: Taken<Postgres>) -> sqlx::Result<Self> {
        connection.begin();
        // From here on a caller who goes away leaves a transaction to be undone.
        let mut writing = Self(Some(connection));
        writing.connection().execute("BEGIN").await?;
        Ok(writing)
    }

    fn connection(&mut self) -> &mut PgConnection {
        self.0.as_mut().expect("invariant: held until commit or drop")
    }

    async fn commit(mut self) -> sqlx::Result<()> {
        self.connection().execute("COMMIT").await.map_err(limits::explained)?;
        if let Some(mut connection) = self.0.take() {
            connection.end();
        }
        Ok(())
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        let Some(mut connection) = self.0.take() else { return };
        tokio::spawn(async move {
            match connection.execute("ROLLBACK").await {
                Ok(_) => connection.end(),
                // Nobody may find a transaction open that is not theirs.
                Err(_) => connection.give_up(),
            }
        });
    }
}

enum Borrowed<'c> {
    Sqlite(&'c mut SqliteConnection),
    Postgres(&'c mut PgConnection),
}

impl Conn {
    /// Which engine this talks to.
    pub const fn engine(&self) -> Engine {
        match self.0 {
            Held::SqliteRead(_) | Held::SqliteWrite(_) => Engine::Sqlite,
            Held::PostgresRead(_) | Held::PostgresWrite(_) => Engine::Postgres,
        }
    }

    /// The connection, for one statement; [`settle`](Self::settle) when it came to its end.
    fn borrow(&mut self) -> Borrowed<'_> {
        match &mut self.0 {
            Held::SqliteRead(connection) => {
                connection.begin();
                Borrowed::Sqlite(connection)
            }
            Held::SqliteWrite(transaction) => Borrowed::Sqlite(transaction.connection()),
            Held::PostgresRead(connection) => {
                connection.begin();
                Borrowed::Postgres(connection)
            }
            Held::PostgresWrite(transaction) => Borrowed::Postgres(transaction.connection()),
        }
    }

    /// Hands the result of a statement on; unless it says that the connection is of no more use, others may have it next without asking.
    fn settle<T>(&mut self, result: sqlx::Result<T>) -> sqlx::Result<T> {
        let is_whole = match &result {
            // 57P01 to 57P05 and 25P03: the server has ended the connection.
            Err(sqlx::Error::Database(error)) => !error.code().is_some_and(|code| code.starts_with("57P") || code == "25P03"),
            Ok(_) | Err(sqlx::Error::RowNotFound) => true,
            Err(_) => false,
        };
        if is_whole {
            match &mut self.0 {
                Held::SqliteRead(connection) => connection.end(),
                Held::PostgresRead(connection) => connection.end(),
                Held::SqliteWrite(_) | Held::PostgresWrite(_) => {}
            }
        }
        result.map_err(limits::explained)
    }
}

/// A transaction for writing; a [`Conn`] that can [`commit`](Self::commit).
#[derive(Debug)]
pub struct Tx {
    conn: Conn,
    announced: Option<&'static Signal>,
}

/// What wakes a job up when something was committed that it waits for; see [`Tx::announce`].
pub type Signal = std::sync::LazyLock<tokio::sync::watch::Sender<u64>>;

impl Tx {
    /// Raises a signal when this transaction is committed, and only then. One for each transaction; a job that misses it looks by itself now and then.
    pub fn announce(&mut self, signal: &'static Signal) {
        self.announced = Some(signal);
    }

    /// Makes the changes durable. When this returns `Ok` they survive a crash.
    ///
    /// # Errors
    /// When the database could not commit; nothing of the transaction stays then.
    pub async fn commit(self) -> sqlx::Result<()> {
        match self.conn.0 {
            Held::SqliteWrite(transaction) => transaction.commit().await?,
            Held::PostgresWrite(transaction) => transaction.commit().await?,
            Held::SqliteRead(_) | Held::PostgresRead(_) => unreachable!("invariant: a Tx is built from a write connection"),
        }
        if let Some(signal) = self.announced {
            signal.send_modify(|count| *count = count.wrapping_add(1));
        }
        Ok(())
    }
}

impl Deref for Tx {
    type Target = Conn;
    fn deref(&self) -> &Conn {
        &self.conn
    }
}

impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut Conn {
        &mut self.conn
    }
}
