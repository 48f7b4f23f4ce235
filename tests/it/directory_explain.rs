//! Why somebody is or is not a user: on the page and at the command line, against a real slapd.

use serde_json::Value as Json;

use crate::directory_preview::{connected, press};
use crate::directory_site::{Site, on_each_database, text};
use crate::pages::look_at;
use crate::support::app::Engine;
use crate::support::browser::Page;
use crate::support::ds389::Ds389;
use crate::support::samba::{self, Samba};
use crate::support::slapd::{BASE, Slapd, group, person, person_dn};

fn entries() -> String {
    let guest = person("guest", "Gus", "Guest").trim_end().to_owned() + "\nemployeeType: guest\n\n";
    let ada = person("ada", "Ada", "Lovelace").trim_end().to_owned() + "\nuserPassword: ada-has-a-secret\n\n";
    ada + &guest + &group("team", &["ada"])
}

const FILTER: &str = "(&(objectClass=inetOrgPerson)(!(employeeType=guest)))";

#[tokio::test]
async fn the_command_explains_who_is_a_user_and_who_is_left_out_by_which_part_of_the_filter() {
    on_each_database(&entries(), async |site, _| {
        site.set(&[("LDAP_USER_SEARCH_FILTER", FILTER)]);
        let explain = async |site: &crate::directory_site::Site, who: &str| {
            let said = site.muster.run(["directory", "explain", who, "--format", "json"]).await;
            let json: Json = said.json();
            (said.status, json)
        };
        let (status, before) = explain(site, "ada").await;
        assert_eq!((status, before["verdict"]["may_sign_in"].as_bool()), (1, Some(false)));
        assert!(before["verdict"]["sentence"].as_str().is_some_and(|text| text.contains("no account here yet")), "{before}");

        site.muster.run(["directory", "sync"]).await;
        for who in ["ada", "ADA@example.org", &person_dn("ada")] {
            let (status, after) = explain(site, who).await;
            assert_eq!(status, 0, "{after}");
            assert_eq!(after["entry"]["groups"][0]["path"], "direct", "{after}");
            assert!(!after.to_string().contains("ada-has-a-secret"), "passwords are masked");
        }

        // No filter finds the guest; the search anywhere below the base does.
        let (status, guest) = explain(site, "guest").await;
        assert_eq!(status, 1);
        assert!(guest["verdict"]["sentence"].as_str().is_some_and(|text| text.contains("the filter for people leaves the entry out")), "{guest}");
        assert_eq!(guest["verdict"]["reasons"][0], "(!(employeeType=guest)) leaves the entry out: employeeType is guest.");
        let fits: Vec<_> = guest["entry"]["filter"].as_array().expect("parts").iter().map(|part| part["fits"].as_bool()).collect();
        assert_eq!(fits, [Some(false), Some(true), Some(false), Some(true)]);

        let (_, outside) = explain(site, BASE).await;
        assert!(outside["entry"]["dn"].as_str().is_some(), "any DN is read: {outside}");
        let (_, nobody) = explain(site, "*)(uid=*").await;
        assert!(nobody["verdict"]["sentence"].as_str().is_some_and(|text| text.starts_with("Neither")), "a typed text is a value: {nobody}");
    })
    .await;
}

#[tokio::test]
async fn the_page_says_since_when_somebody_is_missing() {
    let slapd = Slapd::start(&entries()).await;
    let (app, browser) = connected(&slapd).await;
    let page = browser.get("/admin/directories/default/explain").await;
    assert!(page.body.contains("Type who is meant"));
    let sync = async || press(&browser, &browser.get("/admin/directories/default/runs").await, "/admin/directories/default/sync").await;
    sync().await;
    let ada = browser.get("/admin/directories/default/explain?who=ada").await;
    assert!(ada.texts("section .notice")[0].contains("can sign in"), "{}", ada.body);
    assert!(!ada.body.contains("ada-has-a-secret"));
    let chromium = Page::open().await;
    chromium.goto(&app.url).await;
    for cookie in browser.cookies("/").split("; ") {
        let (name, value) = cookie.split_once('=').expect("a cookie has a value");
        chromium.set_cookie(name, value, &app.url).await;
    }
    let made = browser.submit(&browser.get("/admin/directories/default/preview").await, "/admin/directories/default/preview", &[]).await;
    assert!(made.status.is_redirection());
    for (name, path) in [
        ("directory-explain", "/admin/directories/default/explain?who=ada"),
        ("directory-runs", "/admin/directories/default/runs"),
        ("directory-preview", "/admin/directories/default/preview"),
        ("directory-home", "/admin"),
    ] {
        look_at(&chromium, name, &format!("{}{path}", app.url)).await;
    }
    let run = browser.get("/admin/directories/default/runs").await.attribute("tbody a", "href").expect("a run");
    look_at(&chromium, "directory-run", &format!("{}{run}", app.url)).await;
    slapd.tools().delete(&person_dn("ada")).await;
    sync().await;
    let gone = browser.get("/admin/directories/default/explain?who=ada").await;
    assert!(gone.texts("section .notice")[0].contains("It has been missing since"), "{}", gone.body);
    app.stop().await;
}

#[tokio::test]
async fn the_import_group_and_what_a_collision_does_are_part_of_the_verdict() {
    let staff = format!("dn: cn=staff,ou=groups,{BASE}\nobjectClass: groupOfNames\ncn: staff\nmember: cn=team,ou=groups,{BASE}\n\n");
    on_each_database(&(entries() + &staff), async |site, _| {
        site.muster.unset("LDAP_ADMIN_GROUP_NAME");
        // Ada is in staff through team, which counts for this even where groups within groups count for nothing else.
        site.set(&[("LDAP_IMPORT_GROUP", "Staff"), ("LDAP_NESTED_GROUPS", "off")]);
        let explain = async |site: &crate::directory_site::Site, who: &str| -> (String, String) {
            let json = site.muster.run(["directory", "explain", who, "--format", "json"]).await.json();
            (json["verdict"]["sentence"].as_str().unwrap_or_default().to_owned(), json["verdict"]["reasons"].to_string())
        };
        let (sentence, reasons) = explain(site, "guest").await;
        assert_eq!(sentence, "Gus Guest is not a user here, because only members of a group are taken over.");
        assert!(reasons.contains("Staff") && reasons.contains("LDAP_IMPORT_GROUP"), "{reasons}");
        assert_eq!(explain(site, "ada").await.0, "Ada Lovelace is in the directory and has no account here yet.");

        // Somebody local is called ada, and the policies do what they say, before and when a run does it.
        let id = muster::id::UserId::new();
        let values = vec![id.into(), muster::id::new_user_handle().into(), false.into(), true.into()];
        site.execute(
            "INSERT INTO users (id, user_handle, username, username_key, email, email_key, email_verified, first_name, last_name, display_name, search_text,
                                local_admin, directory_admin, access_void_until, created_at, updated_at)
             VALUES ($1, $2, 'Ada', 'ada', 'ada@example.org', 'ada@example.org', $3, '', '', 'Ada', 'ada', $4, $3, 0, 0, 0)",
            values,
        )
        .await;
        for (policy, sentence, word) in [
            ("skip", "the name is taken here", "belongs to the local account"),
            ("link-verified", "the name is taken here", "not the same e-mail address, verified"),
            ("suffix", "has no account here yet", "becomes \\\"ada2\\\""),
            ("link", "has only a local account here", "becomes the directory's"),
        ] {
            site.set(&[("LDAP_NAME_COLLISION", policy)]);
            let (said, reasons) = explain(site, &person_dn("ada")).await;
            assert!(said.contains(sentence) && reasons.contains(word), "{policy}: {said} {reasons}");
        }
        assert_eq!(site.sync("applied").await["users"]["linked"], 1);
        assert_eq!(explain(site, "ada").await.0, "Ada Lovelace can sign in and is an administrator.");
    })
    .await;
}

#[tokio::test]
async fn entries_of_active_directory_and_389_directory_server_are_explained_too() {
    let domain = Samba::start().await;
    domain.add_user("ada", "Ada", "Lovelace").await;
    domain.add_user("linus", "Linus", "Torvalds").await;
    domain.set_disabled(&samba::user_dn("linus"), true).await;
    domain.add_group("Inner", &[&samba::user_dn("ada")]).await;
    domain.add_group("Outer", &[&format!("CN=Inner,CN=Users,{}", samba::BASE)]).await;
    let mut site = Site::new(Engine::Sqlite).await;
    crate::samba_sync::use_domain(&mut site, &domain);
    site.muster.unset("LDAP_ADMIN_GROUP_NAME");
    site.set(&[("LDAP_PRIMARY_GROUP", "true"), ("LDAP_USER_DISABLED_WHEN", "userAccountControl\naccountExpires")]);
    site.set(&[
        ("LDAP_USER_GROUP_SEARCH_FILTER", "(objectClass=group)"),
        ("LDAP_USER_SEARCH_FILTER", "(&(objectCategory=person)(objectClass=user))"),
    ]);
    site.sync("applied").await;
    let explain = async |site: &Site, who: &str| -> Json { site.muster.run(["directory", "explain", who, "--format", "json"]).await.json() };
    let ada = explain(&site, "ada").await;
    assert_eq!(ada["verdict"]["sentence"], "Ada Lovelace can sign in.", "{ada}");
    let paths: Vec<String> =
        ada["entry"]["groups"].as_array().expect("groups").iter().map(|g| format!("{} {}", text(&g["name"]), text(&g["path"]))).collect();
    for wanted in ["Inner direct", "Outer via Inner", "Domain Users primary group"] {
        assert!(paths.iter().any(|path| path == wanted), "{wanted}: {paths:?}");
    }
    assert!(ada["entry"]["attributes"].as_array().expect("attributes").iter().any(|attribute| attribute["name"] == "objectGUID"), "{ada}");
    let linus = explain(&site, &samba::user_dn("linus")).await;
    assert!(linus["verdict"]["reasons"][0] == "The directory has disabled the account.", "{linus}");
    let own = explain(&site, "Administrator").await;
    assert!(text(&own["verdict"]["sentence"]).contains("Muster itself binds with this account"), "found by its principal name: {own}");

    let people = person("ada", "Ada", "Lovelace") + &person("linus", "Linus", "Torvalds") + &group("team", &["ada"]);
    let ds389 = Ds389::start(&people).await;
    ds389.set_locked(&person_dn("linus"), true).await;
    let mut site = Site::new(Engine::Sqlite).await;
    crate::ds389_sync::use_ds389(&mut site, &ds389);
    site.muster.unset("LDAP_ADMIN_GROUP_NAME");
    site.sync("applied").await;
    let ada = explain(&site, "ada@example.org").await;
    assert_eq!((&ada["verdict"]["sentence"], &ada["entry"]["groups"][0]["path"]), (&"Ada Lovelace can sign in.".into(), &"direct".into()), "{ada}");
    let linus = explain(&site, "linus").await;
    assert_eq!((&linus["verdict"]["may_sign_in"], &linus["account"]["state"]), (&false.into(), &"disabled".into()), "{linus}");
    assert!(!linus.to_string().contains("{PBKDF2") && !ada.to_string().contains("{PBKDF2"));
}
