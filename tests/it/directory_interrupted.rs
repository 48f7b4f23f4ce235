//! Runs that are killed, run into each other, or start by themselves.

use std::time::Duration;

use rustix::process::Signal;
use serde_json::json;

use crate::directory_site::{Site, expect, on_each_database};
use crate::support::app::{Engine, TestApp};
use crate::support::slapd::{BASE, SERVICE_DN, SERVICE_PASSWORD, Slapd, group, organisation, person};
use crate::support::{PATIENCE, wait_until};

const PEOPLE: usize = 3_000;

/// Whether a run has begun that has not ended.
async fn a_run_goes_on(site: &Site) -> bool {
    site.count("SELECT COUNT(*) FROM sync_runs WHERE outcome IS NULL").await > 0
}

/// Whether the sync is writing people at this moment: on SQLite the write-ahead log grows, on PostgreSQL the server says what it is doing.
async fn is_writing(site: &Site) -> bool {
    match site.engine {
        Engine::Sqlite => std::fs::metadata(site.muster.directory().join("data/muster.db-wal")).is_ok_and(|log| log.len() > 1_500_000),
        Engine::Postgres => {
            site.count(
                "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND state <> 'idle' AND query LIKE 'INSERT INTO users%'",
            )
            .await
                > 0
        }
    }
}

#[tokio::test]
async fn a_killed_run_leaves_nothing_half_applied_and_the_next_one_completes() {
    on_each_database(&organisation(PEOPLE, 20), async |site, _| {
        site.muster.unset("LDAP_ADMIN_GROUP_NAME");
        // Makes the tables, so that they can be looked at.
        assert_eq!(site.muster.run(["users", "list"]).await.status, 0);
        for while_writing in [false, true] {
            let mut run = site.muster.start(["directory", "sync", "--format", "json"], "killed.log");
            if while_writing {
                // The lease of the run killed before has to run out first.
                let deadline = tokio::time::Instant::now() + PATIENCE;
                while !is_writing(site).await && run.ended().is_none() {
                    assert!(tokio::time::Instant::now() < deadline, "the run never wrote:\n{}", run.log());
                    tokio::task::yield_now().await;
                }
            } else {
                wait_until("the run to begin", async || a_run_goes_on(site).await || run.ended().is_some()).await;
            }
            run.end(Signal::KILL).await;
            let (people, members) = (site.count("SELECT COUNT(*) FROM users").await, site.count("SELECT COUNT(*) FROM group_members").await);
            let all = i64::try_from(PEOPLE).expect("small");
            assert!((people, members) == (0, 0) || (people, members) == (all, all), "half of it: {people} people, {members} memberships");
        }
        let report = expect(&site.muster.run(["directory", "sync", "--format", "json"]).await, "applied");
        assert_eq!((&report["users"]["created"], &report["memberships"]["added"]), (&json!(PEOPLE), &json!(PEOPLE)));
        assert_eq!(site.count("SELECT COUNT(*) FROM sync_runs WHERE outcome IS NULL").await, 0, "killed runs are closed");
        assert_eq!(site.count("SELECT COUNT(*) FROM sync_runs WHERE outcome = 'failed' AND problems LIKE '%interrupted%'").await, 2);
        site.sync("unchanged").await;
    })
    .await;
}

#[tokio::test]
async fn two_syncs_at_once_run_one_after_the_other() {
    on_each_database(&organisation(300, 3), async |site, _| {
        site.muster.unset("LDAP_ADMIN_GROUP_NAME");
        let run = || site.muster.run(["directory", "sync", "--format", "json"]);
        let (one, other) = tokio::join!(run(), run());
        let mut outcomes = [&one, &other].map(|said| said.json()["outcome"].as_str().expect("an outcome").to_owned());
        outcomes.sort_unstable();
        assert_eq!(outcomes, ["applied", "unchanged"], "{one:?} {other:?}");
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
