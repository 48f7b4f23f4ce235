//! Placement and life cycle against a real slapd, through the binary, on both databases: local groups, collisions, who is only reported, what a run leaves.

use serde_json::json;

use crate::directory_site::{Site, messages, on_each_database};
use crate::support::app::Engine;
use crate::support::slapd::{BASE, Slapd, group, organisation, person, person_dn};

fn company() -> String {
    person("ada", "Ada", "Lovelace") + &person("grace", "Grace", "Hopper") + &group("admins", &["ada"]) + &group("staff", &["ada", "grace"])
}

#[tokio::test]
async fn mapped_groups_the_group_of_everybody_and_default_groups_are_filled_and_emptied() {
    on_each_database(&company(), async |site, slapd| {
        for name in ["Team", "Everyone", "Newcomers"] {
            let key = name.to_lowercase();
            let values = vec![muster::id::GroupId::new().into(), name.into(), key.into()];
            site.execute("INSERT INTO groups (id, name, name_key, display_name, created_at, updated_at) VALUES ($1, $2, $3, $2, 0, 0)", values).await;
        }
        site.set(&[
            ("LDAP_GROUP_MAP", "staff = Team"),
            ("LDAP_PARENT_GROUP", "everyone"),
            ("LDAP_DEFAULT_GROUPS", "Newcomers\nNowhere"),
            ("LDAP_EXCLUDE_GROUPS", "adm*"),
        ]);
        let first = site.sync("applied").await;
        assert!(messages(&first).iter().any(|message| message.contains("Nowhere")), "{first}");
        let groups = site.groups().await;
        assert_eq!(groups.len(), 3, "mapped and excluded groups are none of their own: {groups:?}");
        for name in ["Team", "Everyone", "Newcomers"] {
            assert_eq!(groups[name], ["ada", "grace"], "{name}");
        }
        assert_eq!(site.user("ada").await["is_admin"], true, "a group that is left out still says who administers");
        site.sync("unchanged").await;

        let staff = format!("dn: cn=staff,ou=groups,{BASE}\nchangetype: modify\ndelete: member\nmember: {}\n", person_dn("grace"));
        slapd.tools().modify(&staff).await;
        let report = site.sync("applied").await;
        assert_eq!(report["memberships"], json!({"added": 0, "removed": 1}));
        let groups = site.groups().await;
        assert_eq!((groups["Team"].len(), groups["Everyone"].len(), groups["Newcomers"].len()), (1, 2, 2));
        slapd.tools().delete(&person_dn("grace")).await;
        site.sync("applied").await;
        let groups = site.groups().await;
        assert_eq!((groups["Everyone"].len(), groups["Newcomers"].len()), (1, 2), "only what the directory gave goes");
    })
    .await;
}

#[tokio::test]
async fn a_local_account_is_linked_or_the_newcomer_gets_a_number() {
    on_each_database(&company(), async |site, _| {
        site.muster.unset("LDAP_ADMIN_GROUP_NAME");
        let id = muster::id::UserId::new();
        let values = vec![id.into(), muster::id::new_user_handle().into(), false.into(), true.into()];
        site.execute(
            "INSERT INTO users (id, user_handle, username, username_key, email, email_key, email_verified, first_name, last_name, display_name, search_text,
                                local_admin, directory_admin, access_void_until, created_at, updated_at)
             VALUES ($1, $2, 'Ada', 'ada', 'ada@example.org', 'ada@example.org', $4, '', '', 'Ada', 'ada', $4, $3, 0, 0, 0)",
            values,
        )
        .await;
        site.set(&[("LDAP_NAME_COLLISION", "suffix")]);
        let preview = site.muster.run(["directory", "preview", "--format", "json"]).await.json();
        assert_eq!((&preview["users"]["created"], &preview["users"]["linked"]), (&json!(2), &json!(0)));
        site.set(&[("LDAP_NAME_COLLISION", "link-verified")]);
        let report = site.sync("applied").await;
        assert_eq!((&report["users"]["created"], &report["users"]["linked"]), (&json!(1), &json!(1)), "{report}");
        let ada = site.user("ada").await;
        assert_eq!((&ada["id"], &ada["source"], &ada["is_admin"]), (&json!(id.to_string()), &json!("default"), &json!(true)));
        site.sync("unchanged").await;
        let runs = "SELECT COUNT(*) FROM sync_runs WHERE changes LIKE '%linked%' AND changes_total > 2";
        assert_eq!(site.count(runs).await, 1, "the run keeps what it changed");
    })
    .await;
}

#[tokio::test]
async fn who_left_is_deleted_after_the_days_given_and_reported_only_when_told_so() {
    on_each_database(&company(), async |site, slapd| {
        site.muster.unset("LDAP_ADMIN_GROUP_NAME");
        site.sync("applied").await;
        slapd.tools().delete(&person_dn("grace")).await;
        site.set(&[("LDAP_REPORT_MISSING_ONLY", "true")]);
        // Her membership stays with her access, so there is nothing to write.
        let report = site.sync("unchanged").await;
        assert_eq!((&report["users"]["missing"], &report["users"]["disabled"]), (&json!(1), &json!(0)), "{report}");
        assert_eq!(site.user("grace").await["is_disabled"], false);
        site.set(&[("LDAP_REPORT_MISSING_ONLY", "false"), ("LDAP_DELETE_AFTER_DAYS", "30")]);
        assert_eq!(site.sync("applied").await["users"]["disabled"], 1);
        site.sync("unchanged").await;
        site.execute("UPDATE users SET left_at = left_at - $1 WHERE username = 'grace'", vec![(31_i64 * 86_400_000).into()]).await;
        assert_eq!(site.sync("applied").await["users"]["deleted"], 1);
        assert!(!site.users().await.contains_key("grace"));
        let told = "SELECT COUNT(*) FROM audit_events WHERE kind = 'user_deleted' AND detail LIKE '%had left%' AND detail LIKE '%run%'";
        assert_eq!(site.count(told).await, 1);
    })
    .await;
}

#[tokio::test]
async fn days_after_which_to_delete_that_are_set_anew_wait_for_a_word_before_everybody_who_ever_left_is_deleted() {
    on_each_database(&organisation(12, 1), async |site, slapd| {
        site.muster.unset("LDAP_ADMIN_GROUP_NAME");
        site.set(&[("LDAP_GUARD_MEMBERSHIPS_PERCENT", "100")]);
        site.sync("applied").await;
        for people in [1..=4, 5..=8] {
            for number in people {
                slapd.tools().delete(&person_dn(&format!("person{number:06}"))).await;
            }
            assert_eq!(site.sync("applied").await["users"]["disabled"], 4);
        }
        site.execute("UPDATE users SET left_at = left_at - $1 WHERE left_at IS NOT NULL", vec![(31_i64 * 86_400_000).into()]).await;
        site.set(&[("LDAP_DELETE_AFTER_DAYS", "30")]);
        let preview = site.muster.run(["directory", "preview"]).await;
        assert!(preview.stdout.contains("8 of 12 people (66 %) had left before and would be deleted for good"), "{preview:?}");
        let held = site.sync("held").await;
        assert_eq!((&held["users"]["deleted"], site.count("SELECT COUNT(*) FROM users").await), (&json!(8), 12), "{held}");
        site.confirm(&held, "applied").await;
        assert_eq!(site.count("SELECT COUNT(*) FROM users").await, 4);
        site.sync("unchanged").await;
    })
    .await;
}

#[tokio::test]
async fn the_account_muster_binds_with_is_nobody_to_take_over_unless_the_settings_say_so() {
    let reader = person("reader", "Read", "Er").trim_end().to_owned() + "\nuserPassword: opensesame\n\n";
    on_each_database(&(company() + &reader + &group("all", &["ada", "reader"])), async |site, _| {
        // In other letters than the entry has them.
        site.set(&[("LDAP_BIND_DN", &person_dn("READER")), ("LDAP_BIND_PASSWORD", "opensesame")]);
        let first = site.sync("applied").await;
        assert_eq!((&first["users"]["created"], &first["users"]["skipped"], messages(&first)), (&json!(2), &json!(1), vec![]), "{first}");
        assert!(!site.users().await.contains_key("reader"));
        assert_eq!(site.groups().await["all"], ["ada"]);
        let told = "SELECT COUNT(*) FROM sync_runs WHERE changes LIKE '%Muster itself binds with this account%'";
        assert_eq!(site.count(told).await, 1, "the run says why");
        let explained = site.muster.run(["directory", "explain", "reader", "--format", "json"]).await.json();
        assert_eq!(explained["verdict"]["sentence"], "Read Er is not a user here, because Muster itself binds with this account.", "{explained}");
        site.sync("unchanged").await;

        site.set(&[("LDAP_INCLUDE_BIND_ACCOUNT", "true")]);
        assert_eq!(site.sync("applied").await["users"]["created"], 1);
        assert_eq!(site.groups().await["all"], ["ada", "reader"]);
        site.set(&[("LDAP_INCLUDE_BIND_ACCOUNT", "false")]);
        assert_eq!(site.sync("applied").await["users"]["disabled"], 1, "who was one of the people is one no more");
    })
    .await;
}

#[tokio::test]
async fn everybody_who_changes_has_an_event_however_many_they_are() {
    let slapd = Slapd::start(&organisation(2_300, 1)).await;
    let mut site = Site::new(Engine::Sqlite).await;
    site.use_slapd(&slapd);
    site.muster.unset("LDAP_ADMIN_GROUP_NAME");
    site.sync("applied").await;
    site.set(&[("LDAP_ATTRIBUTE_USER_DISPLAY_NAME", "{sn}, {givenName}")]);
    assert_eq!(site.sync("applied").await["users"]["updated"], 2_300);
    let changed = "SELECT COUNT(*) FROM audit_events WHERE kind = 'user_changed' AND detail LIKE '%run%'";
    assert_eq!(site.count(changed).await, 2_300);
    let by_field = "SELECT COUNT(*) FROM audit_events WHERE kind = 'user_changed' AND detail LIKE '%display_name%→%'";
    let rest = "SELECT COUNT(*) FROM audit_events WHERE kind = 'user_changed' AND detail LIKE '%the run changed more than it lists%'";
    let (by_field, rest) = (site.count(by_field).await, site.count(rest).await);
    assert_eq!((by_field, rest), (2_000, 300));
    site.sync("unchanged").await;
    assert_eq!(site.count(changed).await, 2_300);
}

#[tokio::test]
async fn the_command_lists_runs_for_people_and_for_programs() {
    on_each_database(&company(), async |site, slapd| {
        assert_eq!(site.muster.run(["directory", "runs"]).await.stdout.trim(), "No run yet.");
        assert_eq!(site.muster.run(["directory", "runs", "--format", "json"]).await.json(), json!([]));
        let applied = site.sync("applied").await;
        let unchanged = site.sync("unchanged").await;
        slapd.stop().await;
        let failed = site.sync("failed").await;
        let listed = site.muster.run(["directory", "runs", "--format", "json"]).await;
        let lines = listed.json();
        assert_eq!(listed.status, 0);
        let shape = |line: &serde_json::Value| (line["run_id"].clone(), line["outcome"].clone(), line["started_by"].clone());
        let lines: Vec<_> = lines.as_array().expect("a list").iter().collect();
        let command = json!("command");
        for (line, (run, outcome)) in lines.iter().zip([(&failed, "failed"), (&unchanged, "unchanged"), (&applied, "applied")]) {
            assert_eq!(shape(line), (run["run_id"].clone(), json!(outcome), command.clone()));
            assert!(line["started_at"].as_str() <= line["finished_at"].as_str() && line["asked_by"] == "", "{line}");
        }
        assert_eq!((lines.len(), &lines[2]["users"]["created"]), (3, &json!(2)));
        let written = site.muster.run(["directory", "runs"]).await;
        let words: Vec<&str> = written.stdout.trim().lines().collect();
        assert_eq!((written.status, words.len()), (0, 3), "{words:?}");
        assert!(words[0].contains("failed") && words[2].contains("applied") && words[2].starts_with(applied["run_id"].as_str().expect("an id")));
        assert_eq!(site.muster.run(["directory", "runs", "--source", "elsewhere"]).await.status, 1);
    })
    .await;
}
