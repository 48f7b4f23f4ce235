//! The nasty cases of directories: that `docs/directory-cases.md` names a test for each, and those that fit nowhere else.

use std::path::Path;
use std::time::Duration;

use muster::clock::{Clock, Timestamp};
use muster::directory::client;
use muster::directory::settings;
use muster::directory::{self, Order, Outcome, Trigger};
use serde_json::json;

use crate::directory_faults::Faulty;
use crate::directory_site::{Site, messages, on_each_database};
use crate::ds389_sync::use_ds389;
use crate::pages_support::administrator;
use crate::samba_sync::use_domain;
use crate::support::app::{Engine, TestApp};
use crate::support::ds389::Ds389;
use crate::support::faulty_ldap::directory::{BASE as FAULTY_BASE, Vendor, people, person_dn as faulty_dn};
use crate::support::faulty_ldap::{Directory, Entry, FaultyLdap, slowly};
use crate::support::samba::{BASE as DOMAIN, Samba, user_dn};
use crate::support::slapd::{BASE, Options, SERVICE_DN, SERVICE_PASSWORD, Slapd, group, person, person_dn};
use crate::support::{free_port, wait_until};

const DAY: Duration = Duration::from_secs(86_400);

/// Every source file below a folder.
fn sources(folder: &Path) -> String {
    let mut text = String::new();
    for entry in std::fs::read_dir(folder).expect("the sources") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            text += &sources(&path);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            text += &std::fs::read_to_string(path).expect("a source");
        }
    }
    text
}

/// The first column of the table is the number of the case, the last one its tests.
#[test]
fn every_nasty_case_of_directories_has_a_test_that_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let sources = sources(&root.join("tests/it")) + &sources(&root.join("src/directory")) + &sources(&root.join("benches"));
    let document = include_str!("../../docs/directory-cases.md");
    let mut wanted = 1_u32..=50;
    for line in document.lines() {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let Some(number) = cells.first().and_then(|cell| cell.parse::<u32>().ok()) else { continue };
        assert_eq!(Some(number), wanted.next(), "the cases are in order, each once");
        let tests: Vec<&str> = cells.last().expect("a last cell").split('`').skip(1).step_by(2).collect();
        assert!(!tests.is_empty(), "case {number} has no test");
        for test in tests {
            // Benches are programs, tests are functions.
            let is_there = sources.contains(&format!("fn {test}(")) || root.join(test).is_file();
            assert!(is_there, "case {number}: there is no test {test}");
        }
    }
    assert_eq!(wanted.next(), None, "all fifty are there");
}

/// Case 11.
#[tokio::test]
async fn foreign_security_principals_contacts_and_computers_of_a_domain_are_reported_and_nobody_of_them_comes() {
    let domain = Samba::start().await;
    let tools = domain.tools();
    domain.add_user("ada", "Ada", "Lovelace").await;
    domain.add_user("grace", "Grace", "Hopper").await;
    let elsewhere = format!("CN=Out Sider,OU=Elsewhere,{DOMAIN}");
    tools
        .add(&format!(
            "dn: OU=Elsewhere,{DOMAIN}\nobjectClass: organizationalUnit\n\n\
             dn: {elsewhere}\nobjectClass: user\nsAMAccountName: outsider\nmail: outsider@corp.example\nuserAccountControl: 544\n\n\
             dn: CN=Supplier,CN=Users,{DOMAIN}\nobjectClass: contact\nmail: supplier@elsewhere.example\n\n\
             dn: CN=PC1,CN=Computers,{DOMAIN}\nobjectClass: computer\nsAMAccountName: PC1$\nmail: pc1@corp.example\nuserAccountControl: 4096\n"
        ))
        .await;
    // A group of this domain alone may have members of others, which stand in it as foreign security principals: here "Authenticated Users".
    let members = [
        user_dn("ada"),
        elsewhere,
        format!("CN=Supplier,CN=Users,{DOMAIN}"),
        format!("CN=PC1,CN=Computers,{DOMAIN}"),
        format!("CN=S-1-5-11,CN=ForeignSecurityPrincipals,{DOMAIN}"),
    ];
    let members: String = members.iter().map(|member| format!("member: {member}\n")).collect();
    let mixed = user_dn("Mixed");
    tools.add(&format!("dn: {mixed}\nobjectClass: group\nsAMAccountName: Mixed\ngroupType: -2147483644\n{members}")).await;

    let mut site = Site::new(Engine::Sqlite).await;
    use_domain(&mut site, &domain);
    site.muster.unset("LDAP_ADMIN_GROUP_NAME");
    site.set(&[("LDAP_USER_BASE", "CN=Users")]);
    let report = site.sync("applied").await;
    assert_eq!(site.users().await.into_keys().collect::<Vec<_>>(), ["ada", "grace"]);
    assert_eq!(site.groups().await["Mixed"], ["ada"]);
    let told: Vec<&serde_json::Value> = report["problems"].as_array().expect("problems").iter().collect();
    assert!(told.len() == 1 && told[0]["dn"] == mixed.as_str(), "{report}");
    assert!(messages(&report)[0].starts_with("4 members are not among the people and groups found (for example"), "{report}");
    // The server's own rule comes to the same.
    site.set(&[("LDAP_NESTED_GROUPS", "in-chain")]);
    assert!(messages(&site.sync("unchanged").await)[0].starts_with("4 members are not among the people and groups found"));
}

/// Case 15: who was deleted there, and who of them is blocked here, before and after.
async fn leaves_and_returns(site: &Site, leave: impl AsyncFn(&str), back: impl AsyncFnOnce()) {
    site.sync("applied").await;
    site.execute("UPDATE users SET blocked_at = 1 WHERE username = 'grace'", vec![]).await;
    let before = site.users().await;
    for name in ["ada", "grace"] {
        leave(name).await;
        assert_eq!(site.sync("applied").await["users"]["disabled"], 1, "{name}");
    }
    back().await;
    let report = site.sync("applied").await;
    assert_eq!((&report["users"]["restored"], &report["users"]["created"]), (&json!(2), &json!(0)), "{report}");
    let after = site.users().await;
    assert_eq!((&after["ada"]["id"], &after["grace"]["id"]), (&before["ada"]["id"], &before["grace"]["id"]));
    assert_eq!((&after["ada"]["is_disabled"], &after["grace"]["is_disabled"]), (&json!(false), &json!(true)), "a block that was set here stays");
    assert_eq!(site.count("SELECT COUNT(*) FROM users WHERE blocked_at = 1 AND directory_state = 'active' AND username = 'grace'").await, 1);
    site.sync("unchanged").await;
}

#[tokio::test]
async fn who_is_deleted_in_a_domain_and_restored_from_the_tombstone_is_the_same_account_with_its_local_block() {
    let domain = Samba::start().await;
    let people = [("ada", "Ada", "Lovelace"), ("grace", "Grace", "Hopper"), ("linus", "Linus", "Torvalds"), ("alan", "Alan", "Turing")];
    for (name, given_name, surname) in people {
        domain.add_user(name, given_name, surname).await;
    }
    let mut site = Site::new(Engine::Sqlite).await;
    use_domain(&mut site, &domain);
    site.muster.unset("LDAP_ADMIN_GROUP_NAME");
    let tombstones = tokio::sync::Mutex::new(Vec::new());
    let leave = async |name: &str| tombstones.lock().await.push((name.to_owned(), domain.delete(name).await));
    let back = async || {
        for (name, guid) in tombstones.lock().await.iter() {
            let (_, given_name, surname) = people.into_iter().find(|(known, ..)| known == name).expect("one of them");
            domain.restore(guid, name, given_name, surname).await;
        }
    };
    leaves_and_returns(&site, leave, back).await;
}

#[tokio::test]
async fn who_is_deleted_in_389_directory_server_and_restored_from_a_backup_is_the_same_account_with_its_local_block() {
    let people = [("ada", "Ada", "Lovelace"), ("grace", "Grace", "Hopper"), ("linus", "Linus", "Torvalds"), ("alan", "Alan", "Turing")];
    let ldif: String = people.iter().map(|(uid, given_name, surname)| person(uid, given_name, surname)).collect();
    let mut ds389 = Ds389::start(&ldif).await;
    let backup = ds389.back_up().await;
    let mut site = Site::new(Engine::Sqlite).await;
    use_ds389(&mut site, &ds389);
    site.muster.unset("LDAP_ADMIN_GROUP_NAME");
    let tools = ds389.tools();
    leaves_and_returns(&site, async |name: &str| tools.delete(&person_dn(name)).await, async || ds389.restore(&backup).await).await;
}

/// Case 24. That of several addresses of one name the first that answers is taken, and a dead first server, have tests of their own.
#[tokio::test]
async fn a_server_at_an_ipv6_address_is_reached_encrypted_and_behind_a_dead_one() {
    let slapd = Slapd::start_with(&Options { six: true, ..Options::default() }, &person("ada", "Ada", "Lovelace")).await;
    let mut site = Site::new(Engine::Sqlite).await;
    site.use_slapd(&slapd);
    site.muster.unset("LDAP_ADMIN_GROUP_NAME");
    let authority = std::fs::read_to_string(slapd.authority()).expect("the authority");
    site.set(&[("LDAP_CA_CERTIFICATE", &authority), ("LDAP_URL", &slapd.six_url())]);
    site.sync("applied").await;
    site.set(&[("LDAP_START_TLS", "true")]);
    assert_eq!(messages(&site.sync("unchanged").await), [""; 0]);
    site.set(&[("LDAP_START_TLS", "false"), ("LDAP_URL", &slapd.six_tls_url())]);
    assert_eq!(messages(&site.sync("unchanged").await), [""; 0]);
    // Its name stands in the certificate as an address; another address does not.
    site.set(&[("LDAP_SERVER_NAME", "::2")]);
    assert!(messages(&site.sync("failed").await)[0].contains("not for ::2"));
    site.muster.unset("LDAP_SERVER_NAME");
    let dead = format!("ldaps://127.0.0.1:{}", free_port());
    site.set(&[("LDAP_URL", &format!("{dead} {}", slapd.six_tls_url()))]);
    let told = messages(&site.sync("unchanged").await);
    assert!(told.len() == 1 && told[0].contains(&dead) && told[0].contains("was asked instead"), "{told:?}");
}

/// Case 35.
#[tokio::test]
async fn an_administrators_group_that_is_renamed_or_lost_holds_the_run_and_takes_nobodys_rights() {
    let company = person("ada", "Ada", "Lovelace") + &person("grace", "Grace", "Hopper") + &group("admins", &["ada"]) + &group("staff", &["grace"]);
    on_each_database(&company, async |site, slapd| {
        let dn = |name: &str| format!("cn={name},ou=groups,{BASE}");
        let held = async |site: &Site, case: &str| {
            let report = site.sync("held").await;
            let reason = report["held_because"].as_str().expect("a reason");
            assert!(reason.contains("No administrator of this directory would remain"), "{case}: {report}");
            assert!(messages(&report).iter().any(|message| message.contains("not among the groups")), "{case}: {report}");
            assert_eq!(site.user("ada").await["is_admin"], true, "{case}");
        };
        site.sync("applied").await;
        slapd.tools().rename(&dn("admins"), "cn=chiefs", None).await;
        held(site, "renamed").await;
        // Whoever says that it is the same group goes on as before.
        site.set(&[("LDAP_ADMIN_GROUP_NAME", "chiefs")]);
        let renamed = site.sync("applied").await;
        assert_eq!((&renamed["groups"]["updated"], &renamed["users"]["updated"]), (&json!(1), &json!(0)), "{renamed}");
        // By its DN it is renamed just the same.
        site.set(&[("LDAP_ADMIN_GROUP_NAME", &dn("chiefs"))]);
        site.sync("unchanged").await;
        slapd.tools().rename(&dn("chiefs"), "cn=admins", None).await;
        held(site, "renamed, by its DN").await;
        slapd.tools().rename(&dn("admins"), "cn=chiefs", None).await;
        site.sync("unchanged").await;
        // Lost to the filter, and deleted.
        site.set(&[("LDAP_USER_GROUP_SEARCH_FILTER", "(&(objectClass=groupOfNames)(!(cn=chiefs)))")]);
        held(site, "filtered out").await;
        site.muster.unset("LDAP_USER_GROUP_SEARCH_FILTER");
        slapd.tools().delete(&dn("chiefs")).await;
        held(site, "deleted").await;
    })
    .await;
}

#[tokio::test]
async fn an_administrators_group_that_is_renamed_in_a_domain_holds_the_run_too() {
    let domain = Samba::start().await;
    domain.add_user("ada", "Ada", "Lovelace").await;
    domain.add_user("grace", "Grace", "Hopper").await;
    domain.add_group("Muster Admins", &[&user_dn("ada")]).await;
    let mut site = Site::new(Engine::Sqlite).await;
    use_domain(&mut site, &domain);
    site.sync("applied").await;
    domain.tools().rename(&user_dn("Muster Admins"), "CN=Chiefs", None).await;
    domain.set(&user_dn("Chiefs"), "sAMAccountName", "Chiefs").await;
    let held = site.sync("held").await;
    assert!(held["held_because"].as_str().expect("a reason").contains("No administrator of this directory would remain"), "{held}");
    assert_eq!(site.user("ada").await["is_admin"], true);
    site.set(&[("LDAP_ADMIN_GROUP_NAME", "Chiefs")]);
    site.sync("applied").await;
    assert_eq!(site.user("ada").await["is_admin"], true);
}

const PAGE: &str = "/admin/directories/default";
const SAVE: &str = "/admin/directories/default/settings";

/// A server of this process with an administrator who has set up a directory on the page, and does not follow its changes.
async fn with_a_directory_on_the_page(url: &str, account: (&str, &str), base: &str) -> (TestApp, crate::support::http::Browser) {
    let app = TestApp::start(Engine::Sqlite).await;
    let (_, browser) = administrator(&app, "root").await;
    let page = browser.get(SAVE).await;
    let typed = [
        ("LDAP_ENABLED", "true"),
        ("LDAP_FOLLOW_CHANGES", "false"),
        ("LDAP_URL", url),
        ("LDAP_BIND_DN", account.0),
        ("LDAP_BIND_PASSWORD", account.1),
        ("LDAP_BASE", base),
        ("LDAP_USER_SEARCH_FILTER", "(objectClass=inetOrgPerson)"),
    ];
    let saved = browser.submit(&page, SAVE, &typed).await;
    assert_eq!(saved.header("location"), format!("{PAGE}?notice=saved"), "{:?}", saved.texts(".mistake"));
    (app, browser)
}

/// Case 43. Two runs at once and a process that is killed have tests of their own.
#[tokio::test]
async fn settings_that_are_changed_while_a_run_goes_on_count_from_the_next_one_on() {
    let account = ("cn=muster,dc=example,dc=org", "opensesame-cases");
    let server = FaultyLdap::start(Directory::of(Vendor::OpenLdap).with(people(12)).only_for(account.0, account.1)).await;
    let (app, browser) = with_a_directory_on_the_page(&server.url(), account, FAULTY_BASE).await;
    server.take_requests();
    server.bend(|asked, honest| if asked.asks_for("uid") { slowly(honest, Duration::from_millis(200)) } else { honest });
    let run = {
        let app = app.app().clone();
        tokio::spawn(async move { directory::sync(&app, "default", &Order::by_itself(Trigger::Schedule)).await })
    };
    wait_until("the run to ask for people", async || server.take_requests().iter().any(|asked| asked.asks_for("uid"))).await;
    let page = browser.get(SAVE).await;
    let saved = browser.submit(&page, SAVE, &[("LDAP_USER_SEARCH_FILTER", "(uid=person001)")]).await;
    assert_eq!(saved.status, 303, "{:?}", saved.texts(".mistake"));
    let report = run.await.expect("no panic").expect("a run");
    // Not one by the old filter and eleven by the new one: what it began with counts to its end.
    assert_eq!((report.outcome, report.counts.users.created), (Outcome::Applied, 12));
    server.behave();
    let next = directory::sync(app.app(), "default", &Order::by_itself(Trigger::Schedule)).await.expect("a run");
    assert_eq!((next.outcome, next.counts.users.disabled), (Outcome::Held, 11), "{next:?}");
    app.stop().await;
}

/// Case 48, whole runs: no time of the server's is compared with one of ours.
#[tokio::test]
async fn a_clock_that_is_a_day_off_changes_nothing_in_a_whole_run() {
    let slapd = Slapd::start(&(person("ada", "Ada", "Lovelace") + &person("grace", "Grace", "Hopper") + &group("admins", &["ada"]))).await;
    let url = slapd.url();
    let texts = std::collections::BTreeMap::from([
        ("LDAP_URL", url.as_str()),
        ("LDAP_BIND_DN", SERVICE_DN),
        ("LDAP_BIND_PASSWORD", SERVICE_PASSWORD),
        ("LDAP_BASE", BASE),
    ]);
    let config = settings::read("default", |key| texts.get(key).copied()).expect("settings that can be used");
    let now = Clock::system().now();
    let read = async |now: Timestamp| {
        let snapshot = client::fetch(&config, now).await.expect("everything");
        (snapshot.users, snapshot.groups, snapshot.problems.into_list())
    };
    let on_time = read(now).await;
    assert_eq!((read(now + DAY).await, read(now - DAY).await), (on_time.clone(), on_time));

    let (app, _) = with_a_directory_on_the_page(&url, (SERVICE_DN, SERVICE_PASSWORD), BASE).await;
    let sync = async || directory::sync(app.app(), "default", &Order::by_itself(Trigger::Schedule)).await.expect("a run");
    assert_eq!(sync().await.outcome, Outcome::Applied);
    app.clock.advance(DAY);
    assert_eq!(sync().await.outcome, Outcome::Unchanged, "ours is a day ahead now");
    app.stop().await;
}

/// Case 48, following by time stamps: they are compared with each other only.
#[tokio::test]
async fn time_stamps_of_a_server_whose_clock_is_off_are_followed_all_the_same() {
    for year in [2001, 2099] {
        let stamped = |mut entry: Entry, second: u32| {
            entry.attributes.retain(|(name, _)| name != b"modifyTimestamp");
            entry.with("modifyTimestamp", format!("{year}0101000{second:03}Z"))
        };
        let entries = people(3).into_iter().map(|entry| stamped(entry, 1));
        let mut faulty = Faulty::start_on(Engine::Sqlite, Directory::of(Vendor::EDirectory).with(entries)).await;
        faulty.site.set(&[("LDAP_FOLLOW_CHANGES", "true")]);
        faulty.site.muster.serve().await;
        let count = async |sql: &'static str| faulty.site.count(sql).await;
        let followed = "SELECT COUNT(*) FROM directory_following WHERE mode = 'timestamps' AND since IS NOT NULL";
        wait_until("the server to be followed", async || count(followed).await == 1).await;
        wait_until("everybody to come", async || count("SELECT COUNT(*) FROM users WHERE directory_state = 'active'").await == 3).await;
        // Whatever was to be read after the beginning has been read then.
        faulty.site.muster.run(["directory", "sync", "--format", "json"]).await;
        let whole = "SELECT COUNT(*) FROM sync_runs WHERE started_by <> 'follow'";
        let runs = count(whole).await;
        faulty.server.change(|directory| {
            let entry = directory.entries.iter_mut().find(|entry| entry.dn == faulty_dn("person001").into_bytes()).expect("they are there");
            entry.attributes.retain(|(name, _)| name != b"mail");
            *entry = stamped(entry.clone().with("mail", "other@example.org"), 2);
        });
        wait_until("the change to be followed", async || count("SELECT COUNT(*) FROM users WHERE email = 'other@example.org'").await == 1).await;
        assert_eq!(count(whole).await, runs, "{year}: by following alone");
        faulty.site.muster.stop().await;
    }
}
