//! Memberships that change while a directory is followed: in force at once, without reading the groups they are not about.

use muster::db;

use crate::directory_site::{Site, on_each_database};
use crate::support::app::Engine;
use crate::support::slapd::{BASE, Slapd, group, organisation, person, person_dn};
use crate::support::wait_until;

fn company() -> String {
    person("ada", "Ada", "Lovelace")
        + &person("grace", "Grace", "Hopper")
        + &person("linus", "Linus", "Torvalds")
        + &group("engineers", &["ada", "linus"])
        + &group("writers", &["ada", "grace"])
}

/// Starts the server and waits until it follows and has read everything since.
async fn serve_following(site: &mut Site) {
    site.muster.unset("LDAP_ADMIN_GROUP_NAME");
    site.set(&[("LDAP_FOLLOW_CHANGES", "true")]);
    site.muster.serve().await;
    until(site, "SELECT COUNT(*) FROM directory_following WHERE since IS NOT NULL AND problem = ''", 1).await;
    let read = site.muster.run(["directory", "sync", "--format", "json"]).await;
    assert_eq!(read.status, 0, "{read:?}");
}

async fn until(site: &Site, sql: &'static str, wanted: i64) {
    let database = site.database().await;
    wait_until(&format!("{sql} to give {wanted}"), async || {
        let mut conn = database.read().await.expect("a connection");
        let (count,): (i64,) = db::query(sql).one(&mut conn).await.expect("a number");
        count == wanted
    })
    .await;
    database.close().await;
}

/// Changes the members of a group: `add` or `delete`.
async fn change(slapd: &Slapd, what: &str, name: &str, dns: &[String]) {
    let values: String = dns.iter().map(|dn| format!("member: {dn}\n")).collect();
    slapd.tools().modify(&format!("dn: cn={name},ou=groups,{BASE}\nchangetype: modify\n{what}: member\n{values}\n")).await;
}

macro_rules! in_group {
    ($person:literal, $group:literal) => {
        concat!(
            "SELECT COUNT(*) FROM group_members m JOIN users u ON u.id = m.user_id JOIN groups g ON g.id = m.group_id WHERE u.username = '",
            $person,
            "' AND g.name = '",
            $group,
            "'"
        )
    };
}

const WHOLE: &str = "SELECT COUNT(*) FROM sync_runs WHERE started_by <> 'follow'";

#[tokio::test]
async fn a_membership_that_changes_is_taken_over_alone_and_a_full_sync_repairs_what_was_changed_here_by_another_way() {
    on_each_database(&company(), async |site, slapd| {
        serve_following(site).await;
        let runs = site.count(WHOLE).await;
        // Somebody with access to the database takes Grace out of a group nobody touches in the directory.
        let sql = "DELETE FROM group_members WHERE group_id = (SELECT id FROM groups WHERE name = 'writers')
                   AND user_id = (SELECT id FROM users WHERE username = 'grace')";
        site.execute(sql, vec![]).await;
        change(slapd, "add", "engineers", &[person_dn("grace")]).await;
        until(site, in_group!("grace", "engineers"), 1).await;
        change(slapd, "delete", "engineers", &[person_dn("linus")]).await;
        until(site, in_group!("linus", "engineers"), 0).await;
        assert_eq!(site.count(in_group!("ada", "engineers")).await, 1, "nobody else leaves");
        assert_eq!(site.count(in_group!("grace", "writers")).await, 0, "the other group was not read");
        assert_eq!(site.count(WHOLE).await, runs, "all by following");
        site.sync("applied").await;
        assert_eq!(site.count(in_group!("grace", "writers")).await, 1, "a full sync repairs it");
        site.sync("unchanged").await;
        site.muster.stop().await;
    })
    .await;
}

#[tokio::test]
async fn who_is_new_or_called_otherwise_is_in_the_groups_that_list_them() {
    on_each_database(&(company() + &group("late", &["ada", "alan"])), async |site, slapd| {
        serve_following(site).await;
        let runs = site.count(WHOLE).await;
        slapd.tools().add(&person("alan", "Alan", "Turing")).await;
        until(site, in_group!("alan", "late"), 1).await;
        // The group goes on listing the old name, which is nobody's.
        slapd.tools().rename(&person_dn("linus"), "uid=linus2", None).await;
        until(site, "SELECT COUNT(*) FROM users WHERE username = 'linus2'", 1).await;
        assert_eq!(site.count(in_group!("linus2", "engineers")).await, 0);
        change(slapd, "add", "writers", &[person_dn("linus2")]).await;
        until(site, in_group!("linus2", "writers"), 1).await;
        slapd.tools().delete(&person_dn("alan")).await;
        until(site, in_group!("alan", "late"), 0).await;
        assert_eq!(site.count(WHOLE).await, runs, "all by following");
        site.sync("unchanged").await;
        site.muster.stop().await;
    })
    .await;
}

#[tokio::test]
async fn who_joins_a_group_within_a_group_is_in_both_at_once() {
    on_each_database(&company(), async |site, slapd| {
        let within = format!("dn: cn=staff,ou=groups,{BASE}\nobjectClass: groupOfNames\ncn: staff\nmember: cn=engineers,ou=groups,{BASE}\n");
        slapd.tools().add(&within).await;
        serve_following(site).await;
        assert_eq!(site.count(in_group!("linus", "staff")).await, 1);
        change(slapd, "add", "engineers", &[person_dn("grace")]).await;
        until(site, in_group!("grace", "staff"), 1).await;
        // A group that comes within another brings its people along.
        change(slapd, "add", "writers", &[format!("cn=engineers,ou=groups,{BASE}")]).await;
        until(site, in_group!("linus", "writers"), 1).await;
        change(slapd, "delete", "engineers", &[person_dn("linus")]).await;
        until(site, in_group!("linus", "writers"), 0).await;
        assert_eq!(site.count(in_group!("linus", "staff")).await, 0);
        site.sync("unchanged").await;
        site.muster.stop().await;
    })
    .await;
}

#[tokio::test]
async fn when_more_memberships_end_than_may_a_run_is_held_instead() {
    let slapd = Slapd::start(&organisation(60, 2)).await;
    let mut site = Site::new(Engine::Sqlite).await;
    site.use_slapd(&slapd);
    serve_following(&mut site).await;
    let people = |count: usize| (1..=60).filter(|number| number % 2 == 1).take(count).map(|number| person_dn(&format!("person{number:06}")));
    // 30 % of 60, or at least 20 by the default limits.
    change(&slapd, "delete", "team0001", &people(25).collect::<Vec<_>>()).await;
    until(&site, "SELECT COUNT(*) FROM sync_runs WHERE outcome = 'held' AND started_by = 'catch_up'", 1).await;
    assert_eq!(site.count("SELECT COUNT(*) FROM group_members").await, 60, "nobody left");
    site.muster.stop().await;
}
