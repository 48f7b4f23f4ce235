//! Placement and life cycle against a real slapd, through the binary, on both databases: local groups, collisions, who is only reported, what a run leaves.

use serde_json::json;

use crate::directory_site::{messages, on_each_database};
use crate::support::slapd::{BASE, group, person, person_dn};

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
