//! Runs that change nothing: the directory is down, refuses, stops in the middle, or says something that needs a person's decision.

use serde_json::json;

use crate::directory_site::{messages, on_each_database};
use crate::support::slapd::{BASE, SERVICE_PASSWORD, group, organisation, person, person_dn};

#[tokio::test]
async fn a_directory_that_cannot_be_read_changes_nothing_and_the_run_says_why() {
    let reader =
        format!("dn: cn=reader,{BASE}\nobjectClass: organizationalRole\nobjectClass: simpleSecurityObject\ncn: reader\nuserPassword: only-reads\n\n");
    on_each_database(&(organisation(600, 2) + &reader), async |site, slapd| {
        site.muster.unset("LDAP_ADMIN_GROUP_NAME");
        site.sync("applied").await;
        let before = (site.users().await, site.groups().await);

        slapd.stop().await;
        let down = site.sync("failed").await;
        assert!(messages(&down)[0].contains("Nothing listens"), "{down}");
        assert_eq!((&down["problems"][0]["dn"], &down["users"]["disabled"]), (&json!(""), &json!(0)));
        slapd.start_again().await;

        site.muster.set("LDAP_BIND_PASSWORD", "wrong-on-purpose");
        let refused = site.muster.run(["directory", "sync", "--format", "json"]).await;
        assert_eq!((refused.status, &refused.json()["outcome"]), (1, &json!("failed")));
        assert!(messages(&refused.json())[0].contains("password is wrong"), "{refused:?}");
        assert!(!format!("{refused:?}").contains("wrong-on-purpose"), "a secret is never printed");

        // Somebody whom the server lets see no more than 500 entries, pages or not.
        site.set(&[("LDAP_BIND_DN", &format!("cn=reader,{BASE}")), ("LDAP_BIND_PASSWORD", "only-reads")]);
        let cut = site.sync("failed").await;
        assert!(messages(&cut)[0].contains("size limit"), "{cut}");

        site.set(&[("LDAP_BIND_DN", crate::support::slapd::SERVICE_DN), ("LDAP_BIND_PASSWORD", SERVICE_PASSWORD)]);
        assert_eq!((site.users().await, site.groups().await), before);
        site.sync("unchanged").await;
        assert_eq!(site.count("SELECT COUNT(*) FROM audit_events WHERE kind = 'directory_sync_failed'").await, 3);
    })
    .await;
}

#[tokio::test]
async fn an_empty_answer_disables_nobody() {
    on_each_database(&organisation(12, 2), async |site, _| {
        site.muster.unset("LDAP_ADMIN_GROUP_NAME");
        site.sync("applied").await;
        site.muster.set("LDAP_USER_SEARCH_FILTER", "(objectClass=nothingLikeThis)");
        let held = site.sync("held").await;
        assert!(held["held_because"].as_str().expect("a reason").contains("found nobody"), "{held}");
        assert!(site.users().await.values().all(|user| user["is_disabled"] == false));
        let told = site.muster.run(["directory", "sync"]).await;
        assert!(told.status == 1 && told.stdout.contains("--confirm"), "{told:?}");
    })
    .await;
}

#[tokio::test]
async fn too_many_leaving_at_once_wait_for_a_confirmation_of_exactly_that() {
    on_each_database(&organisation(30, 3), async |site, slapd| {
        site.muster.unset("LDAP_ADMIN_GROUP_NAME");
        site.sync("applied").await;
        let leave = async |number: usize| slapd.tools().delete(&person_dn(&format!("person{number:06}"))).await;
        for number in 1..=6 {
            leave(number).await;
        }
        assert_eq!(site.sync("applied").await["users"]["disabled"], 6, "a fifth may leave");
        for number in 7..=12 {
            leave(number).await;
        }
        let held = site.sync("held").await;
        assert_eq!(held["users"]["disabled"], 6, "what would happen is counted");
        assert!(held["held_because"].as_str().expect("a reason").contains("6 of 24"), "{held}");
        assert_eq!(site.count("SELECT COUNT(*) FROM users WHERE directory_state <> 'active'").await, 6, "and did not happen");
        site.sync("held").await;
        assert_eq!(site.count("SELECT COUNT(*) FROM audit_events WHERE kind = 'directory_sync_held'").await, 1, "one plan is said once");

        // The directory goes on changing: what was confirmed is not what would happen now.
        leave(13).await;
        let anew = site.confirm(&held, "held").await;
        assert!(anew["held_because"].as_str().expect("a reason").contains("no longer what the run"), "{anew}");
        assert_eq!(site.count("SELECT COUNT(*) FROM users WHERE directory_state <> 'active'").await, 6);
        let applied = site.confirm(&anew, "applied").await;
        assert_eq!(applied["users"]["disabled"], 7);
        assert_eq!(site.count("SELECT COUNT(*) FROM users WHERE directory_state <> 'active'").await, 13);
        assert_eq!(site.count("SELECT COUNT(*) FROM audit_events WHERE kind = 'directory_sync_confirmed'").await, 1);

        let id = anew["run_id"].as_str().expect("an id").to_owned();
        let again = site.muster.run(["directory", "sync", "--confirm", &id]).await;
        assert!(again.status == 1 && again.stderr.contains("does not wait"), "a confirmation counts once: {again:?}");
        site.sync("unchanged").await;
    })
    .await;
}

#[tokio::test]
async fn the_last_administrator_leaves_only_when_somebody_says_so() {
    let company = person("ada", "Ada", "Lovelace") + &person("grace", "Grace", "Hopper") + &group("admins", &["ada"]);
    on_each_database(&company, async |site, slapd| {
        site.sync("applied").await;
        slapd.tools().delete(&person_dn("ada")).await;
        let held = site.sync("held").await;
        assert!(held["held_because"].as_str().expect("a reason").contains("No administrator"), "{held}");
        assert_eq!(site.user("ada").await["is_admin"], true);
        site.confirm(&held, "applied").await;
        assert_eq!(site.user("ada").await["is_disabled"], true);
    })
    .await;
    // Somebody who was made an administrator here, not by the directory, is the last one just the same.
    on_each_database(&company, async |site, slapd| {
        site.muster.unset("LDAP_ADMIN_GROUP_NAME");
        site.sync("applied").await;
        site.execute("UPDATE users SET local_admin = $1 WHERE username = 'grace'", vec![true.into()]).await;
        slapd.tools().delete(&person_dn("grace")).await;
        let held = site.sync("held").await;
        assert!(held["held_because"].as_str().expect("a reason").contains("administrator of this server"), "{held}");
        assert_eq!(site.user("grace").await["is_disabled"], false);
        site.confirm(&held, "applied").await;
        assert_eq!(site.user("grace").await["is_disabled"], true);
    })
    .await;
}
