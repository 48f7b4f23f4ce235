//! What a plan rests on may change before it is written. The whole way is tested against real directories in `tests/it`.

use super::super::attributes::AttributeMap;
use super::super::config::{Collision, Guard, LifeCycle, Missing, Placement};
use super::super::dn::key_of;
use super::super::model::{DirectoryUser, EntryId, Snapshot};
use super::super::plan::{Extent, Policy, reconcile};
use super::super::report::{Outcome, Trigger};
use super::{NotApplied, apply, load};
use crate::clock::Timestamp;
use crate::db::{self, Db, query};
use crate::id::SyncRunId;
use crate::users::{self, User};

const NOW: Timestamp = Timestamp::from_millis(1_795_256_100_000);

fn policy() -> Policy {
    let life_cycle =
        LifeCycle { sync_users: true, sync_groups: true, missing: Missing::Disable { delete_after_days: None }, collision: Collision::Skip };
    let (guard, placement) = (Guard::default(), Placement::default());
    Policy { guard, placement, life_cycle, extent: Extent::Whole, attributes: AttributeMap::default(), base_dn: "dc=x".to_owned(), now: NOW }
}

fn person(id: &str, username: &str) -> DirectoryUser {
    let dn = format!("uid={username},dc=x");
    DirectoryUser {
        id: EntryId::from(id),
        dn_key: key_of(&dn).unwrap(),
        dn: dn.into(),
        username: username.into(),
        email: Some(format!("{username}@example.org").into()),
        first_name: crate::directory::text::Text::default(),
        last_name: crate::directory::text::Text::default(),
        display_name: username.into(),
        phone: crate::directory::text::Text::default(),
        locale: crate::directory::text::Text::default(),
        extras: crate::directory::model::Extras::new(),
        is_disabled: false,
    }
}

async fn people(db: &Db) -> i64 {
    let (count,): (i64,) = query("SELECT COUNT(*) FROM users").one(&mut db.read().await.unwrap()).await.unwrap();
    count
}

#[tokio::test]
async fn a_plan_whose_names_were_taken_meanwhile_is_refused_whole() {
    let folder = tempfile::tempdir().unwrap();
    let db = db::open(&format!("sqlite://{}", folder.path().join("t.db").display())).await.unwrap();
    let snapshot = Snapshot { users: vec![person("1", "ada"), person("2", "grace")], ..Snapshot::default() };
    let current = load(&mut db.read().await.unwrap(), "default", &policy()).await.unwrap();
    let plan = reconcile(&snapshot, &current, &policy());

    // An administrator is quicker.
    let mut tx = db.begin().await.unwrap();
    users::insert(&mut tx, &User::new_local("GRACE", None, "", "", NOW)).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = db.begin().await.unwrap();
    assert!(matches!(apply(&mut tx, "default", &plan, &current, NOW).await, Err(NotApplied::Outdated)));
    drop(tx);
    assert_eq!(people(&db).await, 1, "nothing of the plan stays");

    // Made anew from what is known now, the plan is good.
    let current = load(&mut db.read().await.unwrap(), "default", &policy()).await.unwrap();
    let plan = reconcile(&snapshot, &current, &policy());
    let mut tx = db.begin().await.unwrap();
    assert!(apply(&mut tx, "default", &plan, &current, NOW).await.is_ok());
    tx.commit().await.unwrap();
    assert_eq!((people(&db).await, plan.counts.users.skipped), (2, 1));
}

#[tokio::test]
async fn runs_that_change_nothing_keep_their_lists_for_a_while_only_and_those_that_do_keep_them() {
    let folder = tempfile::tempdir().unwrap();
    let db = db::open(&format!("sqlite://{}", folder.path().join("t.db").display())).await.unwrap();
    let problems = r#"[{"dn":"uid=ada","attribute":"mail","message":"Strange."}]"#;
    let mut ids = Vec::new();
    let mut tx = db.begin().await.unwrap();
    for number in 0..203_u64 {
        let (id, at) = (crate::id::SyncRunId::new(), NOW + std::time::Duration::from_secs(number));
        super::runs::start(&mut tx, id, "default", crate::directory::Trigger::Schedule, at).await.unwrap();
        let outcome = if number == 1 { "applied" } else { "held" };
        let ended = query("UPDATE sync_runs SET outcome = $2, finished_at = $3, problems = $4 WHERE id = $1");
        ended.bind(id).bind(outcome).bind(at).bind(problems).execute(&mut tx).await.unwrap();
        ids.push(id);
    }
    super::runs::forget_lists(&mut tx, "default").await.unwrap();
    tx.commit().await.unwrap();
    let mut conn = db.read().await.unwrap();
    let mut is_kept = Vec::new();
    for place in [0, 1, 2, 3, 202] {
        let problems = super::runs::problems(&mut conn, ids[place]).await.unwrap();
        assert_eq!(problems.len(), 1);
        is_kept.push(problems[0].message == "Strange.");
    }
    assert_eq!(is_kept, [false, true, false, true, true]);
}

#[tokio::test]
async fn a_plan_about_somebody_who_is_gone_is_refused_whole() {
    let folder = tempfile::tempdir().unwrap();
    let db = db::open(&format!("sqlite://{}", folder.path().join("t.db").display())).await.unwrap();
    let snapshot = Snapshot { users: vec![person("1", "ada"), person("2", "grace")], ..Snapshot::default() };
    let write = async |snapshot: &Snapshot| {
        let current = load(&mut db.read().await.unwrap(), "default", &policy()).await.unwrap();
        let plan = reconcile(snapshot, &current, &policy());
        let mut tx = db.begin().await.unwrap();
        assert!(apply(&mut tx, "default", &plan, &current, NOW).await.is_ok());
        tx.commit().await.unwrap();
    };
    write(&snapshot).await;

    let mut renamed = snapshot.clone();
    renamed.users[0].username = "countess".into();
    renamed.users[1].username = "admiral".into();
    let current = load(&mut db.read().await.unwrap(), "default", &policy()).await.unwrap();
    let plan = reconcile(&renamed, &current, &policy());
    let mut tx = db.begin().await.unwrap();
    query("DELETE FROM users WHERE username = 'grace'").execute(&mut tx).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = db.begin().await.unwrap();
    assert!(matches!(apply(&mut tx, "default", &plan, &current, NOW).await, Err(NotApplied::Outdated)));
    drop(tx);
    let names: Vec<(String,)> = query("SELECT username FROM users").all(&mut db.read().await.unwrap()).await.unwrap();
    assert_eq!(names, [("ada".to_owned(),)], "the other one was not renamed either");
}

#[tokio::test]
async fn what_was_learned_of_a_directory_goes_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let db = db::open(&format!("sqlite://{}", folder.path().join("t.db").display())).await.unwrap();
    let facts =
        super::super::model::ServerFacts { server: "ldaps://a.example:636".to_owned(), certificate_ends_at: Some(NOW), password_ends_at: None };
    let mut tx = db.begin().await.unwrap();
    super::standings::keep(&mut tx, "north", &facts, NOW).await.unwrap();
    super::directories::delete(&mut tx, "north").await.unwrap();
    tx.commit().await.unwrap();
    let found = super::standings::find(&mut db.read().await.unwrap(), "north").await.unwrap();
    assert_eq!(found, None, "the next one of this name has not that certificate");
}

#[tokio::test]
async fn people_of_a_directory_that_is_taken_away_become_local_and_who_was_out_stays_out() {
    let folder = tempfile::tempdir().unwrap();
    let db = db::open(&format!("sqlite://{}", folder.path().join("t.db").display())).await.unwrap();
    let mut linus = person("3", "linus");
    linus.is_disabled = true;
    let snapshot = Snapshot { users: vec![person("1", "ada"), linus], ..Snapshot::default() };
    let current = load(&mut db.read().await.unwrap(), "default", &policy()).await.unwrap();
    let plan = reconcile(&snapshot, &current, &policy());
    let mut tx = db.begin().await.unwrap();
    assert!(apply(&mut tx, "default", &plan, &current, NOW).await.is_ok());
    super::directories::make_local(&mut tx, "default", super::directories::Kept::AsTheyAre, NOW).await.unwrap();
    super::directories::delete(&mut tx, "default").await.unwrap();
    tx.commit().await.unwrap();
    let blocked: Vec<(String, bool)> = query("SELECT username, blocked_at IS NOT NULL FROM users WHERE directory IS NULL ORDER BY username")
        .all(&mut db.read().await.unwrap())
        .await
        .unwrap();
    assert_eq!(blocked, [("ada".to_owned(), false), ("linus".to_owned(), true)]);
}

#[tokio::test]
async fn changes_that_are_followed_do_not_make_a_directory_that_cannot_be_read_a_healthy_one() {
    let folder = tempfile::tempdir().unwrap();
    let db = db::open(&format!("sqlite://{}", folder.path().join("t.db").display())).await.unwrap();
    let hour = std::time::Duration::from_secs(3600);
    let times = [(Trigger::Start, "applied", NOW), (Trigger::Schedule, "failed", NOW + hour), (Trigger::Follow, "applied", NOW + hour * 2)];
    let mut tx = db.begin().await.unwrap();
    for (by, outcome, at) in times {
        let id = SyncRunId::new();
        super::runs::start(&mut tx, id, "default", by, at).await.unwrap();
        query("UPDATE sync_runs SET outcome = $2, finished_at = $3 WHERE id = $1").bind(id).bind(outcome).bind(at).execute(&mut tx).await.unwrap();
    }
    tx.commit().await.unwrap();
    let runs = super::history::last_runs(&mut db.read().await.unwrap(), "default").await.unwrap();
    assert_eq!((runs.good_at, runs.outcome), (Some(NOW), Some(Outcome::Failed)));
}
