//! The sync against a real 389 Directory Server, through the binary.

use serde_json::json;

use crate::directory_site::{Site, messages};
use crate::support::app::Engine;
use crate::support::ds389::{BASE, Ds389, SERVICE_DN, SERVICE_PASSWORD};
use crate::support::ldap_tools::values;
use crate::support::slapd::{group, person, person_dn};

/// Points an installation at a 389 Directory Server.
pub(crate) fn use_ds389(site: &mut Site, ds389: &Ds389) {
    let pem = std::fs::read_to_string(ds389.authority()).expect("the authority");
    site.set(&[
        ("LDAP_ENABLED", "true"),
        ("LDAP_URL", &ds389.tls_url()),
        ("LDAP_CA_CERTIFICATE", &pem),
        ("LDAP_BIND_DN", SERVICE_DN),
        ("LDAP_BIND_PASSWORD", SERVICE_PASSWORD),
        ("LDAP_BASE", BASE),
        ("LDAP_USER_SEARCH_FILTER", "(objectClass=inetOrgPerson)"),
        ("LDAP_ATTRIBUTE_USER_UNIQUE_IDENTIFIER", "nsUniqueId"),
        ("LDAP_ATTRIBUTE_GROUP_UNIQUE_IDENTIFIER", "nsUniqueId"),
        ("LDAP_ADMIN_GROUP_NAME", "admins"),
    ]);
}

#[tokio::test]
async fn accounts_locked_in_389_directory_server_are_disabled_from_the_first_sync_on() {
    let people = [("ada", "Ada", "Lovelace"), ("grace", "Grace", "Hopper"), ("linus", "Linus", "Torvalds")];
    let ldif: String = people.iter().map(|(uid, given_name, surname)| person(uid, given_name, surname)).collect();
    let ds389 = Ds389::start(&(ldif + &group("admins", &["ada"]) + &group("engineers", &["ada", "linus"]))).await;
    ds389.set_locked(&person_dn("linus"), true).await;
    for engine in [Engine::Sqlite, Engine::Postgres] {
        eprintln!("on {engine:?}");
        let mut site = Site::new(engine).await;
        use_ds389(&mut site, &ds389);
        let first = site.sync("applied").await;
        assert_eq!(messages(&first), [""; 0]);
        let disabled = async |name| site.users().await.get(name).is_none_or(|user| user["is_disabled"] == true);
        assert!(disabled("linus").await, "{first}");
        assert!(!disabled("ada").await && !disabled("grace").await);
        let ada = site.user("ada").await;
        assert_eq!((&ada["is_admin"], &ada["email"], &ada["display_name"]), (&json!(true), &json!("ada@example.org"), &json!("Ada Lovelace")));
        site.sync("unchanged").await;

        let raw = ds389.tools().search(BASE, "(uid=ada)", &["nsUniqueId"]).await;
        assert_eq!(site.text("SELECT entry_id FROM users WHERE username = 'ada'").await, values(&raw, "nsUniqueId")[0]);

        ds389.set_locked(&person_dn("linus"), false).await;
        ds389.set_locked(&person_dn("grace"), true).await;
        site.sync("applied").await;
        assert!(!disabled("linus").await && disabled("grace").await);
        assert_eq!(site.groups().await["engineers"], ["ada", "linus"]);

        // The server itself carries a new name into its groups.
        ds389.tools().rename(&person_dn("linus"), "uid=torvalds", None).await;
        let before = site.user("linus").await["id"].clone();
        let renamed = site.sync("applied").await;
        assert_eq!((&site.user("torvalds").await["id"], &renamed["memberships"]), (&before, &json!({"added": 0, "removed": 0})));

        // As it was, for the next database.
        ds389.tools().rename(&person_dn("torvalds"), "uid=linus", None).await;
        ds389.set_locked(&person_dn("grace"), false).await;
        ds389.set_locked(&person_dn("linus"), true).await;
    }
}
