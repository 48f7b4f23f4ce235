//! The guard's own limits against a real slapd, through the binary, on both databases.

use crate::directory_site::on_each_database;
use crate::support::slapd::organisation;

#[tokio::test]
async fn attributes_hidden_from_the_bind_account_hold_the_run_and_an_old_hold_expires() {
    on_each_database(&organisation(12, 3), async |site, _| {
        site.muster.unset("LDAP_ADMIN_GROUP_NAME");
        site.sync("applied").await;
        site.set(&[("LDAP_ATTRIBUTE_USER_EMAIL", "employeeType")]);
        let held = site.sync("held").await;
        assert!(held["held_because"].as_str().expect("a reason").contains("12 of 12 people had one"), "{held}");
        site.execute("UPDATE sync_runs SET held_until = $1 WHERE outcome = 'held'", vec![1_i64.into()]).await;
        let id = held["run_id"].as_str().expect("an id").to_owned();
        let late = site.muster.run(["directory", "sync", "--confirm", &id]).await;
        assert!(late.status == 1 && late.stderr.contains("could be confirmed until"), "{late:?}");
        let anew = site.sync("held").await;
        site.confirm(&anew, "applied").await;
        assert_eq!(site.count("SELECT COUNT(*) FROM users WHERE email IS NULL").await, 12);
    })
    .await;
}

#[tokio::test]
async fn a_group_filter_that_finds_nothing_holds_the_run() {
    on_each_database(&organisation(12, 6), async |site, _| {
        site.muster.unset("LDAP_ADMIN_GROUP_NAME");
        site.sync("applied").await;
        site.set(&[("LDAP_USER_GROUP_SEARCH_FILTER", "(objectClass=nothingLikeThis)")]);
        let held = site.sync("held").await;
        assert!(held["held_because"].as_str().expect("a reason").contains("found no group"), "{held}");
        assert_eq!(site.groups().await.len(), 6);
    })
    .await;
}
