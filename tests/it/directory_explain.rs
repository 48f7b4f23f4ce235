//! Why somebody is or is not a user: on the page and at the command line, against a real slapd.

use serde_json::Value as Json;

use crate::directory_preview::connected;
use crate::directory_site::on_each_database;
use crate::pages::{look_at, screenshots};
use crate::support::browser::Page;
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
    let press = async || {
        let runs = browser.get("/admin/directories/default/runs").await;
        browser.submit(&runs, "/admin/directories/default/sync", &[]).await
    };
    press().await;
    let ada = browser.get("/admin/directories/default/explain?who=ada").await;
    assert!(ada.texts("section .notice")[0].contains("can sign in"), "{}", ada.body);
    assert!(!ada.body.contains("ada-has-a-secret"));
    if let Some(_folder) = screenshots() {
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
    }
    slapd.tools().delete(&person_dn("ada")).await;
    press().await;
    let gone = browser.get("/admin/directories/default/explain?who=ada").await;
    assert!(gone.texts("section .notice")[0].contains("It has been missing since"), "{}", gone.body);
    app.stop().await;
}
