//! A clock that was wrong and is set back: what was noted by the wrong one must not stop what has to happen.

use std::time::Duration;

use muster::directory;
use muster::lease::Lease;

use crate::support::app::{on_each_engine, on_each_engine_with};

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(86_400);

#[tokio::test]
async fn a_lease_of_somebody_killed_under_the_wrong_clock_is_taken_over() {
    on_each_engine(async |app| {
        let (db, now) = (&app.app().db, app.clock.now());
        let take = async |at| Lease::take(db, "some work", MINUTE, at).await.expect("the database answers");
        assert!(take(now + DAY).await.is_some(), "by a clock that is a day ahead; its holder dies");
        assert!(take(now).await.is_some());
        assert!(take(now).await.is_none(), "one holder at a time");
        assert!(take(now - 10 * MINUTE).await.is_none(), "clocks that differ by minutes are no reason");
        assert!(take(now + MINUTE).await.is_some(), "it ran out");
    })
    .await;
}

#[tokio::test]
async fn a_directory_is_synced_on_time_although_its_last_run_lies_in_the_future() {
    let variables =
        [("LDAP_ENABLED", "true"), ("LDAP_URL", "ldap://127.0.0.1:1"), ("LDAP_BASE", "dc=example,dc=org"), ("LDAP_FOLLOW_CHANGES", "false")];
    on_each_engine_with(&variables, async |app| {
        let runs = async || app.count("SELECT COUNT(*) FROM sync_runs WHERE started_by IN ('start', 'schedule')", vec![]).await;
        let started_at = app.clock.now();
        let look = async || directory::sync_if_due(app.app(), "default", started_at).await.expect("a run, or none");
        look().await;
        look().await;
        let before = runs().await;
        app.execute("UPDATE sync_runs SET started_at = started_at + 86400000, finished_at = finished_at + 86400000", vec![]).await;
        look().await;
        let after = runs().await;
        assert_eq!(after, before + 1, "nobody has read it since the clock was set back");
        look().await;
        assert_eq!(runs().await, after, "and now somebody has");
    })
    .await;
}
