//! What a first sync wrote, written once more into an empty database, in one transaction and by nothing but the database: no sync is faster than reading and this.

use std::time::Instant;

use futures::TryStreamExt as _;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _, PgConnection};

use super::{Took, processor_time};

const TABLES: [&str; 4] = ["users", "groups", "group_members", "audit_events"];

/// Copies the rows of `full` to `empty`, which has the tables; both are connection strings of one engine.
pub(crate) async fn measure(full: &str, empty: &str) -> Took {
    match (full.strip_prefix("sqlite://"), empty.strip_prefix("sqlite://")) {
        (Some(full), Some(empty)) => sqlite(full, empty).await.expect("SQLite copies"),
        _ => postgres(full, empty).await.expect("PostgreSQL copies"),
    }
}

async fn sqlite(full: &str, empty: &str) -> sqlx::Result<Took> {
    // As the product's own connection for writing.
    let options = SqliteConnectOptions::new().filename(empty).journal_mode(SqliteJournalMode::Wal).synchronous(SqliteSynchronous::Full);
    let options = options.foreign_keys(true).pragma("cache_size", "-16000").pragma("wal_autocheckpoint", "0");
    let mut connection = options.connect().await?;
    connection.execute(AssertSqlSafe(format!("ATTACH '{full}' AS synced"))).await?;
    let (began, used) = (Instant::now(), processor_time());
    connection.execute("BEGIN IMMEDIATE").await?;
    for table in TABLES {
        // Without an order, SQLite would copy the pages of a table as they are.
        connection.execute(AssertSqlSafe(format!("INSERT INTO main.{table} SELECT * FROM synced.{table} ORDER BY rowid"))).await?;
    }
    connection.execute("COMMIT").await?;
    let took = Took { wall: began.elapsed(), processor: processor_time().saturating_sub(used) };
    connection.close().await?;
    Ok(took)
}

async fn postgres(full: &str, empty: &str) -> sqlx::Result<Took> {
    let (mut from, mut to) = (PgConnection::connect(full).await?, PgConnection::connect(empty).await?);
    let mut rows = Vec::new();
    for table in TABLES {
        let sent: Vec<_> = from.copy_out_raw(&format!("COPY {table} TO STDOUT")).await?.try_collect().await?;
        rows.push((table, sent.concat()));
    }
    let (began, used) = (Instant::now(), processor_time());
    to.execute("BEGIN").await?;
    for (table, rows) in &rows {
        let mut copy = to.copy_in_raw(&format!("COPY {table} FROM STDIN")).await?;
        for piece in rows.chunks(64 * 1024) {
            copy.send(piece).await?;
        }
        copy.finish().await?;
    }
    to.execute("COMMIT").await?;
    let took = Took { wall: began.elapsed(), processor: processor_time().saturating_sub(used) };
    from.close().await?;
    to.close().await?;
    Ok(took)
}
