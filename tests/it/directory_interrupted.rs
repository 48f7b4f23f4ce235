//! Runs that are killed, run into each other, or start by themselves.

use std::time::Duration;

use rustix::process::Signal;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{Connection as _, Executor as _};

use crate::directory_site::{Site, on_each_database};
use crate::support::app::{Engine, TestApp};
use crate::support::slapd::{BASE, SERVICE_DN, SERVICE_PASSWORD, Slapd, group, organisation, person};
use crate::support::{PATIENCE, wait_until};

const PEOPLE: usize = 3_000;

/// Whether a run has begun that has not ended.
async fn a_run_goes_on(site: &Site) -> bool {
    site.count("SELECT COUNT(*) FROM sync_runs WHERE outcome IS NULL").await > 0
}

/// Whether the command is writing people at this moment: on SQLite it keeps everybody else from writing, PostgreSQL says what it is doing.
async fn is_writing(site: &Site) -> bool {
    match site.engine {
        Engine::Sqlite => {
            // Before the network is asked there are short transactions too; the run's row tells that they are over.
            site.count("SELECT COUNT(*) FROM sync_runs WHERE outcome IS NULL AND started_by = 'command'").await > 0 && is_locked(site).await
        }
        Engine::Postgres => {
            site.count(
                "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND state <> 'idle'
                 AND (query LIKE 'COPY users%' OR query LIKE 'COPY group_members%' OR query LIKE 'COPY audit_events%')",
            )
            .await
                > 0
        }
    }
}

/// Whether somebody holds SQLite's write lock.
async fn is_locked(site: &Site) -> bool {
    let file = site.muster.directory().join("data/muster.db");
    let options = SqliteConnectOptions::new().filename(file).busy_timeout(Duration::ZERO);
    let mut connection = SqliteConnection::connect_with(&options).await.expect("the file opens");
    let is_locked = connection.execute("BEGIN IMMEDIATE").await.is_err();
    connection.close().await.expect("closed");
    is_locked
}

/// Kills the server as soon as its run has begun, and then a command while it writes.
async fn nothing_is_half_applied_by_killed_runs(engine: Engine) {
    let slapd = Slapd::start(&organisation(PEOPLE, 20)).await;
    let mut site = Site::new(engine).await;
    site.use_slapd(&slapd);
    site.muster.unset("LDAP_ADMIN_GROUP_NAME");
    let all = i64::try_from(PEOPLE).expect("small");
    let whole = async |site: &Site| {
        let (people, members) = (site.count("SELECT COUNT(*) FROM users").await, site.count("SELECT COUNT(*) FROM group_members").await);
        assert!((people, members) == (0, 0) || (people, members) == (all, all), "half of it: {people} people, {members} memberships");
    };
    site.muster.serve().await;
    wait_until("the run after the start", async || a_run_goes_on(&site).await).await;
    site.muster.kill9().await;
    whole(&site).await;

    let mut command = site.muster.start(["directory", "sync", "--format", "json"], "killed.log");
    // The lease of the run that was killed has to run out first.
    let deadline = tokio::time::Instant::now() + PATIENCE;
    while !is_writing(&site).await && command.ended().is_none() {
        assert!(tokio::time::Instant::now() < deadline, "the run never wrote:\n{}", command.log());
        tokio::task::yield_now().await;
    }
    command.end(Signal::KILL).await;
    whole(&site).await;

    let last = site.muster.run(["directory", "sync", "--format", "json"]).await.json();
    assert!(last["outcome"] == "applied" || last["outcome"] == "unchanged", "{last}");
    eprintln!("the killed command had {}", if last["outcome"] == "applied" { "not committed yet" } else { "just committed" });
    assert_eq!((site.count("SELECT COUNT(*) FROM users").await, site.count("SELECT COUNT(*) FROM group_members").await), (all, all));
    assert_eq!(site.count("SELECT COUNT(*) FROM sync_runs WHERE outcome IS NULL").await, 0, "killed runs are closed");
    assert!(site.count("SELECT COUNT(*) FROM sync_runs WHERE outcome = 'failed' AND problems LIKE '%interrupted%'").await >= 1);
    site.muster.serve().await;
    site.sync("unchanged").await;
    site.muster.stop().await;
}

#[tokio::test]
async fn a_killed_run_leaves_nothing_half_applied_on_sqlite() {
    nothing_is_half_applied_by_killed_runs(Engine::Sqlite).await;
}

#[tokio::test]
async fn a_killed_run_leaves_nothing_half_applied_on_postgresql() {
    nothing_is_half_applied_by_killed_runs(Engine::Postgres).await;
}

#[tokio::test]
async fn two_syncs_at_once_run_one_after_the_other() {
    on_each_database(&organisation(300, 3), async |site, _| {
        site.muster.unset("LDAP_ADMIN_GROUP_NAME");
        let run = || site.muster.run(["directory", "sync", "--format", "json"]);
        let (one, other) = tokio::join!(run(), run());
        let mut outcomes = [&one, &other].map(|said| said.json()["outcome"].as_str().expect("an outcome").to_owned());
        outcomes.sort_unstable();
        // Whoever came second joined the run, or came when it was over.
        let joined = one.json()["run_id"] == other.json()["run_id"];
        assert_eq!(outcomes, if joined { ["applied", "applied"] } else { ["applied", "unchanged"] }, "{one:?} {other:?}");
        assert_eq!(site.count("SELECT COUNT(*) FROM users").await, 300);
        assert_eq!(site.count("SELECT COUNT(*) FROM leases WHERE name LIKE 'directory%'").await, 0, "the lease is given back");
    })
    .await;
}

#[tokio::test]
async fn the_server_syncs_after_its_start_and_then_an_hour_after_the_last_run() {
    let slapd = Slapd::start(&(person("ada", "Ada", "Lovelace") + &group("admins", &["ada"]))).await;
    let app = TestApp::start_with(
        Engine::Sqlite,
        &[
            ("LDAP_ENABLED", "true"),
            ("LDAP_URL", &slapd.url()),
            ("LDAP_BIND_DN", SERVICE_DN),
            ("LDAP_BIND_PASSWORD", SERVICE_PASSWORD),
            ("LDAP_BASE", BASE),
            ("LDAP_USER_SEARCH_FILTER", "(objectClass=inetOrgPerson)"),
        ],
    )
    .await;
    let runs =
        async |by: &'static str| app.count("SELECT COUNT(*) FROM sync_runs WHERE started_by = $1 AND outcome IS NOT NULL", vec![by.into()]).await;
    wait_until("the run after the start", async || runs("start").await == 1).await;
    assert_eq!(app.count("SELECT COUNT(*) FROM users WHERE directory = 'default'", vec![]).await, 1);
    app.clock.advance(Duration::from_secs(3_601));
    wait_until("the hourly run", async || runs("schedule").await == 1).await;
    assert_eq!(runs("start").await, 1);
    app.stop().await;
}

#[tokio::test]
async fn a_server_that_stops_during_a_run_stops_within_ten_seconds_and_says_so_in_the_run() {
    // A server that accepts and never answers.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let mut site = Site::new(Engine::Sqlite).await;
    site.set(&[("LDAP_ENABLED", "true"), ("LDAP_URL", &format!("ldap://{}", silent.local_addr().expect("an address"))), ("LDAP_BASE", BASE)]);
    site.muster.serve().await;
    let (_held_open, _) = silent.accept().await.expect("the run connects");
    let began = tokio::time::Instant::now();
    assert!(site.muster.stop().await.success());
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    assert_eq!(site.count("SELECT COUNT(*) FROM sync_runs WHERE outcome = 'failed' AND problems LIKE '%stopped%'").await, 1);
}
