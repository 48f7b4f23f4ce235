//! Starting and stopping: what is refused with which words, and that two may start at once.

use sqlx::{Connection as _, Executor as _};

use crate::support::http::Browser;
use crate::support::process::Muster;
use crate::support::{postgres, wait_until};

const LATER_STEP: &str = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
                          VALUES (9999, 'from the future', true, CAST('x' AS ";

/// A muster on PostgreSQL.
async fn on_postgres(database: &str) -> Muster {
    let mut muster = Muster::new();
    muster.set("DB_CONNECTION_STRING", database).set("ENCRYPTION_KEY", "a key of the test run");
    muster
}

#[tokio::test]
async fn a_database_from_a_newer_version_is_refused_in_plain_words_on_both_engines() {
    let mut on_sqlite = Muster::new();
    on_sqlite.serve().await;
    on_sqlite.stop().await;
    let file = on_sqlite.directory().join("data/muster.db");
    let mut connection = sqlx::SqliteConnection::connect(&format!("sqlite://{}", file.display())).await.expect("the file opens");
    connection.execute(sqlx::AssertSqlSafe(format!("{LATER_STEP} BLOB), 0)"))).await.expect("the step is noted");

    let database = postgres::database().await;
    let mut on_postgres = on_postgres(&database).await;
    on_postgres.serve().await;
    on_postgres.stop().await;
    let mut connection = sqlx::PgConnection::connect(&database).await.expect("the database opens");
    connection.execute(sqlx::AssertSqlSafe(format!("{LATER_STEP} BYTEA), 0)"))).await.expect("the step is noted");

    for muster in [&on_sqlite, &on_postgres] {
        let refused = muster.run(["serve"]).await;
        assert_eq!(refused.status, 1, "{refused:?}");
        assert!(refused.stderr.contains("newer Muster") && refused.stderr.contains("9999"), "{refused:?}");
        assert_eq!(refused.stderr.trim().lines().count(), 1, "one sentence: {refused:?}");
    }
}

#[tokio::test]
async fn a_database_server_that_is_not_there_is_named_with_the_reason_and_said_once() {
    let mut muster = Muster::new();
    muster.set("DB_CONNECTION_STRING", "postgres://muster:hunter2@127.0.0.1:1/muster");
    let refused = muster.run(["users", "list"]).await;
    assert_eq!(refused.status, 1, "{refused:?}");
    assert!(refused.stderr.contains("the database cannot be opened") && refused.stderr.contains("refused"), "{refused:?}");
    assert_eq!(refused.stderr.matches("refused").count(), 1, "{refused:?}");
    assert!(!refused.stderr.contains("hunter2"));
}

#[tokio::test]
async fn two_instances_that_start_at_once_on_one_empty_database_both_serve() {
    let database = postgres::database().await;
    let (mut one, mut other) = (on_postgres(&database).await, on_postgres(&database).await);
    tokio::join!(one.serve(), other.serve());
    for muster in [&one, &other] {
        assert!(Browser::new(&muster.url()).get("/readyz").await.status.is_success());
    }
    assert!(one.stop().await.success() && other.stop().await.success());
}

#[tokio::test]
async fn commands_that_start_at_once_without_a_database_all_find_one() {
    for _ in 0..5 {
        let mut muster = Muster::new();
        muster.unset("ENCRYPTION_KEY");
        let list = || muster.run(["users", "list", "--format", "json"]);
        let (a, b, c, d, e, f) = tokio::join!(list(), list(), list(), list(), list(), list());
        for said in [a, b, c, d, e, f] {
            assert_eq!((said.status, said.stdout.trim()), (0, "[]"), "{said:?}");
        }
        let made = std::fs::read_dir(muster.directory().join("data")).expect("the folder");
        assert_eq!(made.filter(|file| file.as_ref().is_ok_and(|file| file.file_name().to_string_lossy().contains("key"))).count(), 1);
    }
}

#[tokio::test]
async fn another_encryption_key_than_the_databases_is_refused() {
    let mut muster = Muster::new();
    muster.set("ENCRYPTION_KEY", "the first key that was set");
    muster.serve().await;
    muster.stop().await;
    muster.set("ENCRYPTION_KEY", "some other key, by mistake");
    let refused = muster.run(["serve"]).await;
    assert_eq!(refused.status, 1, "{refused:?}");
    assert!(refused.stderr.contains("ENCRYPTION_KEY is not the key"), "{refused:?}");
    assert!(!refused.stderr.contains("by mistake"), "a key is never printed");
}

#[tokio::test]
async fn a_lost_key_is_named_and_no_other_takes_its_place() {
    let mut muster = Muster::new();
    muster.unset("ENCRYPTION_KEY");
    assert_eq!(muster.run(["users", "list"]).await.status, 0, "makes database and key");
    let file = muster.directory().join("data/encryption.key");
    let key = std::fs::read(&file).expect("the key file");
    std::fs::remove_file(&file).expect("removed");
    for refused in [muster.run(["serve"]).await, muster.run(["users", "list"]).await] {
        assert_eq!(refused.status, 1, "{refused:?}");
        assert!(refused.stderr.contains("encryption.key is missing"), "{refused:?}");
        assert!(!file.exists(), "another key would look as if it were the right one");
    }
    std::fs::write(&file, key).expect("put back");
    assert_eq!(muster.run(["users", "list"]).await.status, 0);
}

#[tokio::test]
async fn the_database_and_a_made_key_are_private_and_used_again() {
    use std::os::unix::fs::PermissionsExt as _;
    let mut muster = Muster::new();
    muster.unset("ENCRYPTION_KEY");
    muster.serve().await;
    muster.stop().await;
    let file = muster.directory().join("data/encryption.key");
    for name in ["encryption.key", "muster.db"] {
        let made = std::fs::metadata(file.with_file_name(name)).expect("the file");
        assert_eq!(made.permissions().mode() & 0o777, 0o600, "{name}");
    }
    let key = std::fs::read(&file).expect("the key file");
    muster.serve().await;
    assert!(muster.stop().await.success());
    assert_eq!(std::fs::read(&file).expect("the key file"), key);
}

#[tokio::test]
async fn address_and_set_up_link_are_printed_however_little_is_logged() {
    for level in ["warn", "off"] {
        let mut muster = Muster::new();
        muster.set("LOG_LEVEL", level);
        // Waits for the address in the log.
        muster.serve().await;
        crate::support::wait_until("the set-up link", async || muster.setup_link().is_some()).await;
        assert!(muster.stop().await.success());
        assert!(!muster.log().contains("stopping"), "{level}: {}", muster.log());
    }
}

#[tokio::test]
async fn a_mistyped_or_unknown_variable_ends_with_status_2_and_nothing_is_made() {
    for (name, value, says) in [
        ("LDAP_USER_SEARCH_FILTRE", "(uid=*)", "LDAP_USER_SEARCH_FILTRE"),
        ("APP_URL", "id.example.org", "https://"),
        ("APP_URL", "http://127.0.0.1:1411", "localhost"),
        ("SESSION_DURATION", "long", "SESSION_DURATION"),
        ("LOG_LEVEL", "verbose", "LOG_LEVEL"),
    ] {
        let mut muster = Muster::new();
        muster.set(name, value);
        let refused = muster.run(["serve"]).await;
        assert_eq!(refused.status, 2, "{refused:?}");
        assert!(refused.stderr.contains(says) && refused.stdout.is_empty(), "{refused:?}");
        assert!(!muster.directory().join("data").exists(), "nothing half-starts");
    }
}

#[tokio::test]
async fn what_makes_a_link_work_is_never_logged() {
    let mut muster = Muster::new();
    muster.serve().await;
    let browser = Browser::new(&muster.url());
    for (path, logged) in [("/lc/the-secret-of-a-link", "/lc/…"), ("/st/the-secret-of-a-link", "/st/…")] {
        browser.get(path).await;
        wait_until("the request to be logged", async || muster.log().contains(logged)).await;
    }
    assert!(!muster.log().contains("the-secret-of-a-link"), "{}", muster.log());
    assert!(muster.stop().await.success());
}
