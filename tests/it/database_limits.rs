//! How long PostgreSQL may take: every connection has limits, long work has more, an administrator's own count, and what ran into one is told plainly.

use std::time::Duration;

use muster::db::{self, Conn, Db};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};

use crate::support::postgres;

const LIMITS: [&str; 3] = ["statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"];

async fn limits(conn: &mut Conn) -> Vec<String> {
    let mut limits = Vec::new();
    for name in LIMITS {
        let (limit,): (String,) = db::query("SELECT current_setting($1)").bind(name).one(conn).await.expect("a setting");
        limits.push(limit);
    }
    limits
}

async fn opened() -> (String, Db) {
    let url = postgres::database().await;
    let database = db::open(&url).await.expect("the database opens");
    (url, database)
}

/// The connection keeps its limits, whatever was done on it before.
#[tokio::test]
async fn every_connection_to_postgresql_has_limits_and_long_work_has_more() {
    let (_, database) = opened().await;
    assert_eq!(limits(&mut database.read().await.expect("a connection")).await, ["1min", "30s", "1min"]);
    let mut long = database.begin_long().await.expect("a transaction");
    assert_eq!(limits(&mut long).await, ["15min", "5min", "5min"]);
    long.commit().await.expect("committed");
    let mut short = database.begin().await.expect("a transaction");
    assert_eq!(limits(&mut short).await, ["1min", "30s", "1min"]);
    drop(short);
    database.tidy(&["ANALYZE users"]).await.expect("tidied");
    assert_eq!(limits(&mut database.read().await.expect("a connection")).await, ["1min", "30s", "1min"]);
    database.close().await;
}

#[tokio::test]
async fn limits_an_administrator_has_set_for_the_database_count() {
    let (url, database) = opened().await;
    database.close().await;
    let mut admin = PgConnection::connect(&url).await.expect("a connection");
    let name = url.rsplit('/').next().expect("a name");
    admin.execute(AssertSqlSafe(format!("ALTER DATABASE {name} SET statement_timeout = '7s'"))).await.expect("set");
    admin.close().await.expect("closed");
    let database = db::open(&url).await.expect("the database opens");
    assert_eq!(limits(&mut database.read().await.expect("a connection")).await, ["7s", "30s", "1min"]);
    database.close().await;
}

#[tokio::test]
async fn what_ran_into_a_limit_is_told_plainly_and_the_connection_goes_on() {
    let (_, database) = opened().await;
    let mut holder = database.begin().await.expect("a transaction");
    db::query("LOCK TABLE leases").execute(&mut holder).await.expect("locked");
    let mut waiting = database.begin().await.expect("a transaction");
    db::query("SET LOCAL lock_timeout = '50ms'").execute(&mut waiting).await.expect("set");
    let late = db::query("SELECT COUNT(*) FROM leases").execute(&mut waiting).await.expect_err("nobody gives the lock up");
    assert!(matches!(&late, sqlx::Error::Io(error) if error.kind() == std::io::ErrorKind::TimedOut), "{late:?}");
    assert!(late.to_string().contains("waited longer than it may for a lock that somebody else holds"), "{late}");
    drop(waiting);
    drop(holder);
    let mut slow = database.begin().await.expect("a transaction");
    db::query("SET LOCAL statement_timeout = '50ms'").execute(&mut slow).await.expect("set");
    let late = db::query("SELECT pg_sleep($1 * 1.0)").bind(30_i64).execute(&mut slow).await.expect_err("it takes too long");
    assert!(late.to_string().contains("ended a statement that took longer than it may"), "{late}");
    drop(slow);
    tokio::time::timeout(Duration::from_secs(10), database.ask()).await.expect("in time").expect("an answer");
    database.close().await;
}
