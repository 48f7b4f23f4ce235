//! The sync against a real slapd, through the binary, on both databases: who comes, changes, leaves and returns.

use muster::users::model::User;
use serde_json::json;

use crate::directory_site::{Site, messages, on_each_database, text};
use crate::support::authenticator::SoftwarePasskeys;
use crate::support::http::Browser;
use crate::support::ldap_tools::values;
use crate::support::slapd::{BASE, Slapd, group, person, person_dn};

fn company() -> String {
    person("ada", "Ada", "Lovelace")
        + &person("grace", "Grace", "Hopper")
        + &person("linus", "Linus", "Torvalds")
        + &group("admins", &["ada"])
        + &group("engineers", &["ada", "linus"])
}

/// Changes one attribute of a person.
async fn set(slapd: &Slapd, uid: &str, attribute: &str, value: &str) {
    let dn = person_dn(uid);
    slapd.tools().modify(&format!("dn: {dn}\nchangetype: modify\nreplace: {attribute}\n{attribute}: {value}\n")).await;
}

#[tokio::test]
async fn the_first_sync_takes_everyone_over_and_the_next_writes_nothing() {
    on_each_database(&company(), async |site, _| {
        let preview = site.muster.run(["directory", "preview", "--format", "json"]).await;
        assert_eq!((preview.status, &preview.json()["outcome"]), (0, &json!("previewed")));
        assert_eq!(preview.json()["users"]["created"], 3);
        assert_eq!((site.count("SELECT COUNT(*) FROM users").await, site.count("SELECT COUNT(*) FROM sync_runs").await), (0, 0));

        let first = site.sync("applied").await;
        assert_eq!(
            first["users"],
            json!({"created": 3, "updated": 0, "disabled": 0, "restored": 0, "unchanged": 0, "skipped": 0, "linked": 0, "deleted": 0, "missing": 0})
        );
        assert_eq!(first["groups"], json!({"created": 2, "updated": 0, "removed": 0, "unchanged": 0, "skipped": 0}));
        assert_eq!(first["memberships"], json!({"added": 3, "removed": 0}));
        assert_eq!((&first["problems"], &first["held_because"]), (&json!([]), &json!(null)));

        let ada = site.user("ada").await;
        for (field, value) in [
            ("email", json!("ada@example.org")),
            ("email_verified", json!(true)),
            ("first_name", json!("Ada")),
            ("last_name", json!("Lovelace")),
            ("display_name", json!("Ada Lovelace")),
            ("is_admin", json!(true)),
            ("is_disabled", json!(false)),
            ("source", json!("default")),
            ("groups", json!(["admins", "engineers"])),
        ] {
            assert_eq!(ada[field], value, "{field}");
        }
        assert_eq!(site.users().await.values().filter(|user| user["is_admin"] == true).count(), 1);
        assert_eq!(site.groups().await["engineers"], ["ada", "linus"]);

        let before = site.last_write().await;
        let second = site.sync("unchanged").await;
        assert_eq!((&second["users"]["unchanged"], &second["groups"]["unchanged"]), (&json!(3), &json!(2)));
        assert_eq!(site.last_write().await, before, "nothing was written");
    })
    .await;
}

#[tokio::test]
async fn renamed_moved_and_changed_people_keep_their_account() {
    on_each_database(&company(), async |site, slapd| {
        site.sync("applied").await;
        let ada = site.user("ada").await;
        slapd.tools().rename(&person_dn("ada"), "uid=countess", Some(&format!("ou=groups,{BASE}"))).await;
        // A server without referential integrity leaves the old name in its groups; whoever renames changes them too.
        for name in ["admins", "engineers"] {
            let change = format!("add: member\nmember: uid=countess,ou=groups,{BASE}\n-\ndelete: member\nmember: {}\n", person_dn("ada"));
            slapd.tools().modify(&format!("dn: cn={name},ou=groups,{BASE}\nchangetype: modify\n{change}")).await;
        }
        set(slapd, "grace", "mail", "admiral@example.org").await;
        let report = site.sync("applied").await;
        assert_eq!((&report["users"]["updated"], &report["users"]["created"], &report["users"]["disabled"]), (&json!(2), &json!(0), &json!(0)));
        let countess = site.user("countess").await;
        assert_eq!((&countess["id"], &countess["groups"], &countess["is_admin"]), (&ada["id"], &ada["groups"], &json!(true)));
        assert_eq!(report["memberships"], json!({"added": 0, "removed": 0}));
        assert_eq!(site.user("grace").await["email"], "admiral@example.org");
        assert!(!site.users().await.contains_key("ada"));
        // A name that became free goes to a newcomer, who is somebody else.
        slapd.tools().add(&person("ada", "Ada", "Yonath")).await;
        site.sync("applied").await;
        assert_ne!(site.user("ada").await["id"], ada["id"]);
    })
    .await;
}

#[tokio::test]
async fn people_who_swap_names_and_addresses_in_one_run_keep_their_accounts() {
    on_each_database(&company(), async |site, slapd| {
        site.sync("applied").await;
        let (ada, grace) = (site.user("ada").await, site.user("grace").await);
        slapd.tools().rename(&person_dn("ada"), "uid=somebody", None).await;
        slapd.tools().rename(&person_dn("grace"), "uid=ada", None).await;
        slapd.tools().rename(&person_dn("somebody"), "uid=grace", None).await;
        set(slapd, "grace", "mail", "grace@example.org").await;
        set(slapd, "ada", "mail", "ada@example.org").await;
        let report = site.sync("applied").await;
        assert_eq!((messages(&report), &report["users"]["updated"]), (vec![], &json!(2)));
        assert_eq!((&site.user("grace").await["id"], &site.user("ada").await["id"]), (&ada["id"], &grace["id"]));
        site.sync("unchanged").await;
    })
    .await;
}

#[tokio::test]
async fn the_admin_group_makes_administrators_and_takes_it_back() {
    on_each_database(&company(), async |site, slapd| {
        site.sync("applied").await;
        let admins = format!("dn: cn=admins,ou=groups,{BASE}\nchangetype: modify");
        slapd.tools().modify(&format!("{admins}\nreplace: member\nmember: {}\n", person_dn("grace"))).await;
        let report = site.sync("applied").await;
        assert_eq!(report["memberships"], json!({"added": 1, "removed": 1}));
        assert_eq!((&site.user("ada").await["is_admin"], &site.user("grace").await["is_admin"]), (&json!(false), &json!(true)));
        assert_eq!(site.count("SELECT COUNT(*) FROM audit_events WHERE kind = 'user_changed'").await, 2, "both are in the audit log");
        let told = site.text("SELECT detail FROM audit_events WHERE kind = 'group_changed' AND subject_name = 'admins'").await;
        let told: serde_json::Value = serde_json::from_str(&told).expect("JSON");
        assert_eq!((&told["who_joined"], &told["who_left"]), (&json!("grace"), &json!("ada")), "{told}");
    })
    .await;
}

#[tokio::test]
async fn who_leaves_is_locked_out_at_once_and_returns_with_their_passkeys() {
    on_each_database(&company(), async |site, slapd| {
        site.set(&[("LDAP_USER_SEARCH_FILTER", "(&(objectClass=inetOrgPerson)(!(employeeType=former)))"), ("TRUST_PROXY", "true")]);
        site.sync("applied").await;
        site.muster.serve().await;
        let (browser, passkeys) = (Browser::new(&site.muster.url()), SoftwarePasskeys::new(&site.muster.url()));
        enrol(site, &browser, &passkeys, "grace").await;
        assert_eq!(browser.get("/account").await.status, 200);
        let link = text(&site.muster.run(["one-time-access-token", "grace", "--format", "json"]).await.json()["url"]);

        set(slapd, "grace", "employeeType", "former").await;
        let report = site.sync("applied").await;
        assert_eq!(report["users"]["disabled"], 1);
        let gone = site.user("grace").await;
        assert_eq!((&gone["is_disabled"], &gone["passkeys"]), (&json!(true), &json!(1)), "record and passkey stay");
        assert_ne!(browser.get("/account").await.status, 200, "the session is dead");
        assert_eq!(site.count("SELECT COUNT(*) FROM sessions").await, 0);
        assert_ne!(sign_in(site, &Browser::new(&site.muster.url()), &passkeys).await, 200, "the passkey opens nothing");
        let stranger = Browser::new(&site.muster.url());
        let page = stranger.get(&link).await;
        if page.status == 200 {
            let path = page.url.path().to_owned();
            stranger.submit(&page, &path, &[]).await;
        }
        assert_ne!(stranger.get("/account").await.status, 200, "a link made before opens nothing");
        let refused = site.muster.run(["one-time-access-token", "grace"]).await;
        assert_eq!(refused.status, 1, "and no new one is made: {refused:?}");

        slapd.tools().modify(&format!("dn: {}\nchangetype: modify\ndelete: employeeType\n", person_dn("grace"))).await;
        assert_eq!(site.sync("applied").await["users"]["restored"], 1);
        let back = site.user("grace").await;
        assert_eq!((&back["id"], &back["is_disabled"], &back["passkeys"]), (&gone["id"], &json!(false), &json!(1)));
        assert_ne!(browser.get("/account").await.status, 200, "the old session stays dead");
        assert_eq!(sign_in(site, &Browser::new(&site.muster.url()), &passkeys).await, 200);
        site.muster.stop().await;
    })
    .await;
}

/// Lets somebody in by a one-time link and adds a passkey.
pub(crate) async fn enrol(site: &Site, browser: &Browser, passkeys: &SoftwarePasskeys, user: &str) {
    let link = text(&site.muster.run(["one-time-access-token", user, "--format", "json"]).await.json()["url"]);
    let page = browser.get(&link).await;
    let path = page.url.path().to_owned();
    browser.submit(&page, &path, &[]).await;
    let started = browser.post_json("/account/passkeys/register/start", &json!({})).await.json();
    let credential = passkeys.register(&started["publicKey"]).await.expect("a passkey");
    let done = browser.post_json("/account/passkeys/register/finish", &json!({ "ceremony": started["ceremony"], "credential": credential })).await;
    assert_eq!(done.status, 200, "{}", done.body);
}

/// Signs in with a passkey; gives the last status.
pub(crate) async fn sign_in(_: &Site, browser: &Browser, passkeys: &SoftwarePasskeys) -> u16 {
    let started = browser.post_json("/sign-in/start", &json!({})).await.json();
    let credential = passkeys.sign_in(&started["publicKey"]).await.expect("a passkey");
    let answer = browser.post_json("/sign-in/finish", &json!({ "ceremony": started["ceremony"], "credential": credential })).await;
    answer.status.as_u16()
}

#[tokio::test]
async fn a_recycled_username_is_another_account() {
    on_each_database(&company(), async |site, slapd| {
        site.sync("applied").await;
        let before = site.user("linus").await;
        slapd.tools().delete(&person_dn("linus")).await;
        slapd.tools().add(&person("linus", "Linus", "Pauling")).await;
        let report = site.sync("applied").await;
        assert_eq!((&report["users"]["created"], &report["users"]["disabled"]), (&json!(1), &json!(1)));
        let after = site.user("linus").await;
        assert_ne!(after["id"], before["id"]);
        assert_eq!((&after["last_name"], &after["passkeys"]), (&json!("Pauling"), &json!(0)));
        let users = site.users().await;
        let (name, old) = users.iter().find(|(_, user)| user["id"] == before["id"]).expect("the former one is still known");
        assert!(name.starts_with("linus~") && old["is_disabled"] == true && old["email"].is_null(), "{old}");
    })
    .await;
}

#[tokio::test]
async fn an_entry_with_a_mistake_is_reported_and_skipped_and_everyone_else_comes() {
    let nameless = format!("dn: cn=nobody,ou=people,{BASE}\nobjectClass: inetOrgPerson\ncn: nobody\nsn: Body\n\n");
    let twin = person("twin", "Twin", "Lovelace").replace("mail: twin@", "mail: ADA@");
    on_each_database(&(company() + &nameless + &twin), async |site, slapd| {
        let report = site.sync("applied").await;
        assert_eq!((&report["users"]["created"], &report["users"]["skipped"]), (&json!(4), &json!(1)));
        let problems = report["problems"].as_array().expect("problems");
        assert_eq!(problems.len(), 2, "{problems:#?}");
        assert!(problems.iter().any(|problem| problem["dn"] == format!("cn=nobody,ou=people,{BASE}") && problem["attribute"] == "uid"));
        assert!(messages(&report).iter().any(|message| message.contains("ADA@example.org") || message.contains("ada@example.org")));
        let addresses = site.users().await.values().filter(|user| user["email"].is_string()).count();
        assert_eq!(addresses, 3, "one of the two came without an address");
        // Somebody whose entry loses its name keeps everything.
        slapd.tools().rename(&person_dn("grace"), "cn=Grace Hopper", None).await;
        let report = site.sync("unchanged").await;
        assert_eq!((&report["users"]["skipped"], &report["users"]["disabled"]), (&json!(2), &json!(0)));
        assert_eq!(site.user("grace").await["is_disabled"], false);
    })
    .await;
}

#[tokio::test]
async fn names_of_local_accounts_are_never_given_away() {
    on_each_database(&(company() + &person("newton", "Wayne", "Newton")), async |site, _| {
        let local = User::new_local("Newton", Some("newton@example.org"), "Isaac", "Newton", muster::clock::Timestamp::EPOCH);
        let database = site.database().await;
        let mut tx = database.begin().await.expect("a transaction");
        muster::users::insert(&mut tx, &local).await.expect("a local person");
        tx.commit().await.expect("committed");
        database.close().await;
        let report = site.sync("applied").await;
        assert_eq!((&report["users"]["created"], &report["users"]["skipped"]), (&json!(3), &json!(1)));
        assert!(messages(&report)[0].contains("the local account \"Newton\""), "{report}");
        assert_eq!(site.user("Newton").await["first_name"], "Isaac");
    })
    .await;
}

#[tokio::test]
async fn groups_that_list_usernames_work_like_those_that_list_names() {
    let posix = format!(
        "dn: cn=engineers,ou=groups,{BASE}\nobjectClass: posixGroup\ncn: engineers\ngidNumber: 5000\nmemberUid: ADA\nmemberUid: linus\nmemberUid: nobody\n\n\
         dn: cn=empty,ou=groups,{BASE}\nobjectClass: posixGroup\ncn: empty\ngidNumber: 5001\n\n"
    );
    let people = person("ada", "Ada", "Lovelace") + &person("linus", "Linus", "Torvalds");
    on_each_database(&(people + &posix), async |site, slapd| {
        site.set(&[
            ("LDAP_USER_GROUP_SEARCH_FILTER", "(objectClass=posixGroup)"),
            ("LDAP_ATTRIBUTE_GROUP_MEMBER", "memberUid"),
            ("LDAP_ADMIN_GROUP_NAME", "engineers"),
        ]);
        let report = site.sync("applied").await;
        assert_eq!(report["memberships"]["added"], 2);
        assert_eq!(site.groups().await, [("empty".to_owned(), vec![]), ("engineers".to_owned(), vec!["ada".to_owned(), "linus".to_owned()])].into());
        assert_eq!(site.user("linus").await["is_admin"], true);
        slapd.tools().delete(&format!("cn=empty,ou=groups,{BASE}")).await;
        assert_eq!(site.sync("applied").await["groups"]["removed"], 1);
        assert!(!site.groups().await.contains_key("empty"));
    })
    .await;
}

#[tokio::test]
async fn what_the_directory_says_and_what_an_administrator_says_stay_apart() {
    on_each_database(&company(), async |site, slapd| {
        site.sync("applied").await;
        site.execute("UPDATE users SET blocked_at = $1 WHERE username = 'grace'", vec![1_i64.into()]).await;
        set(slapd, "grace", "sn", "Murray").await;
        site.sync("applied").await;
        let grace = site.user("grace").await;
        assert_eq!((&grace["is_disabled"], &grace["last_name"]), (&json!(true), &json!("Murray")), "a block survives every sync");
    })
    .await;
}

#[tokio::test]
async fn with_soft_delete_off_who_leaves_is_deleted_with_everything_that_was_theirs() {
    on_each_database(&company(), async |site, slapd| {
        site.muster.set("LDAP_SOFT_DELETE_USERS", "false");
        site.sync("applied").await;
        slapd.tools().delete(&person_dn("linus")).await;
        assert_eq!(site.sync("applied").await["users"]["disabled"], 1);
        assert!(!site.users().await.contains_key("linus"));
        assert_eq!(site.groups().await["engineers"], ["ada"]);
        assert_eq!(site.count("SELECT COUNT(*) FROM audit_events WHERE kind = 'user_deleted' AND subject_name = 'linus'").await, 1);
        site.sync("unchanged").await;
    })
    .await;
}

#[tokio::test]
async fn encrypted_connections_are_checked_and_the_test_says_what_it_found() {
    on_each_database(&company(), async |site, slapd| {
        site.muster.set("LDAP_URL", &slapd.tls_url());
        let refused = site.sync("failed").await;
        assert!(messages(&refused)[0].contains("certificate"), "{refused}");
        let tested = site.muster.run(["directory", "test", "--format", "json"]).await;
        assert_eq!((tested.status, &tested.json()["passed"]), (1, &json!(false)));
        let pem = std::fs::read_to_string(slapd.authority()).expect("the authority");
        site.muster.set("LDAP_CA_CERTIFICATE", &pem);
        let tested = site.muster.run(["directory", "test", "--format", "json"]).await;
        assert_eq!((tested.status, &tested.json()["passed"]), (0, &json!(true)), "{tested:?}");
        let phases: Vec<_> = tested.json()["steps"].as_array().expect("steps").iter().map(|step| text(&step["phase"])).collect();
        assert_eq!(phases, ["resolve", "connect", "tls", "bind", "server", "base", "paging", "users", "groups"]);
        site.sync("applied").await;
        let ids = slapd.tools().search(BASE, "(uid=ada)", &["entryUUID"]).await;
        let entry_id = site.text("SELECT entry_id FROM users WHERE username = 'ada'").await;
        assert_eq!(entry_id, values(&ids, "entryUUID")[0]);
    })
    .await;
}

#[tokio::test]
async fn settings_that_cannot_work_are_refused_before_anything_happens() {
    for (name, value, says) in [
        ("LDAP_URL", "ldap:foo", "LDAP_URL cannot be used"),
        ("LDAP_USER_SEARCH_FILTER", "(objectClass=person", "LDAP_USER_SEARCH_FILTER"),
        ("LDAP_ENABLED", "perhaps", "LDAP_ENABLED"),
        ("LDAP_ADMIN_GRUOP_NAME", "admins", "LDAP_ADMIN_GROUP_NAME"),
        ("LDAP_GUARD_PERCENT", "200", "from 0 to 100"),
    ] {
        let mut muster = crate::support::process::Muster::new();
        muster.set(name, value);
        let refused = muster.run(["directory", "sync"]).await;
        assert_eq!(refused.status, 2, "{refused:?}");
        assert!(refused.stderr.contains(says) && refused.stderr.trim().lines().count() == 1, "{refused:?}");
        assert!(!muster.directory().join("data").exists(), "nothing half-starts");
    }
    let mut muster = crate::support::process::Muster::new();
    let off = muster.run(["directory", "sync"]).await;
    assert!(off.status == 1 && off.stderr.contains("switched off"), "{off:?}");
    let other = muster.run(["directory", "sync", "--source", "north"]).await;
    assert!(other.status == 1 && other.stderr.contains("no directory named \"north\""), "{other:?}");
    muster.set("LDAP_ENABLED", "true");
    let incomplete = muster.run(["directory", "sync", "--format", "json"]).await;
    assert_eq!((incomplete.status, &incomplete.json()["outcome"]), (1, &json!("failed")));
    assert_eq!(incomplete.json()["problems"][0]["attribute"], "LDAP_URL");
}
