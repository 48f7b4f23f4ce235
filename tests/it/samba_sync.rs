//! The sync against a real Active Directory domain controller, through the binary.

use serde_json::json;

use crate::directory_site::{Site, messages};
use crate::support::app::Engine;
use crate::support::ldap_tools::values;
use crate::support::samba::{ADMIN, ADMIN_PASSWORD, BASE, CROWD_SIZE, Samba, user_dn};

/// Points an installation at a domain controller, as the documentation says for Active Directory.
pub(crate) fn use_domain(site: &mut Site, domain: &Samba) {
    let pem = std::fs::read_to_string(domain.authority()).expect("the authority");
    site.set(&[
        ("LDAP_ENABLED", "true"),
        ("LDAP_URL", &domain.tls_url()),
        ("LDAP_CA_CERTIFICATE", &pem),
        ("LDAP_BIND_DN", ADMIN),
        ("LDAP_BIND_PASSWORD", ADMIN_PASSWORD),
        ("LDAP_BASE", BASE),
        ("LDAP_USER_SEARCH_FILTER", "(&(objectCategory=person)(objectClass=user)(mail=*))"),
        ("LDAP_USER_GROUP_SEARCH_FILTER", "(&(objectClass=group)(!(isCriticalSystemObject=TRUE)))"),
        ("LDAP_ATTRIBUTE_USER_UNIQUE_IDENTIFIER", "objectGUID"),
        ("LDAP_ATTRIBUTE_USER_USERNAME", "sAMAccountName"),
        ("LDAP_ATTRIBUTE_USER_DISPLAY_NAME", "displayName"),
        ("LDAP_ATTRIBUTE_GROUP_UNIQUE_IDENTIFIER", "objectGUID"),
        ("LDAP_ATTRIBUTE_GROUP_NAME", "sAMAccountName"),
        ("LDAP_ADMIN_GROUP_NAME", "Muster Admins"),
    ]);
}

#[tokio::test]
async fn people_of_an_active_directory_come_change_leave_and_return() {
    let domain = Samba::start().await;
    for (name, given_name, surname) in [("ada", "Ada", "Lovelace"), ("grace", "Grace", "Hopper"), ("linus", "Linus", "Torvalds")] {
        domain.add_user(name, given_name, surname).await;
    }
    domain.add_group("Muster Admins", &[&user_dn("ada")]).await;
    domain.add_group("Engineers", &[&user_dn("ada"), &user_dn("linus")]).await;
    for engine in [Engine::Sqlite, Engine::Postgres] {
        eprintln!("on {engine:?}");
        let mut site = Site::new(engine).await;
        use_domain(&mut site, &domain);
        people_come_change_leave_and_return(&site, &domain).await;
    }
}

async fn people_come_change_leave_and_return(site: &Site, domain: &Samba) {
    let report = site.sync("applied").await;
    assert_eq!((&report["users"]["created"], messages(&report)), (&json!(3), vec![]));
    let ada = site.user("ada").await;
    assert_eq!((&ada["is_admin"], &ada["email"], &ada["display_name"]), (&json!(true), &json!("ada@corp.example"), &json!("Ada Lovelace")));
    assert_eq!(site.groups().await["Engineers"], ["ada", "linus"]);
    site.sync("unchanged").await;

    // The id is the one Active Directory's own tools show: its first three fields are stored with their bytes reversed.
    let raw = domain.tools().search(BASE, "(sAMAccountName=ada)", &["objectGUID"]).await;
    let bytes = base64_bytes(values(&raw, "objectGUID")[0]);
    let shown = uuid::Uuid::from_bytes_le(bytes.try_into().expect("16 bytes")).to_string();
    let stored = site.text("SELECT entry_id FROM users WHERE username = 'ada'").await;
    assert_eq!(stored, shown);

    // Renamed and moved.
    domain.set(&user_dn("grace"), "sAMAccountName", "ghopper").await;
    domain.tools().rename(&user_dn("grace"), "CN=Grace Murray Hopper", Some(&format!("CN=Computers,{BASE}"))).await;
    let before = site.user("grace").await["id"].clone();
    assert_eq!(site.sync("applied").await["users"]["updated"], 1);
    assert_eq!(site.user("ghopper").await["id"], before);
    let moved = format!("CN=Grace Murray Hopper,CN=Computers,{BASE}");

    // Disabled the way an administrator does it there, and enabled again.
    domain.set_disabled(&moved, true).await;
    assert_eq!(site.sync("applied").await["users"]["disabled"], 1);
    assert_eq!(site.user("ghopper").await["is_disabled"], true);
    domain.set_disabled(&moved, false).await;
    assert_eq!(site.sync("applied").await["users"]["restored"], 1);
    let back = site.user("ghopper").await;
    assert_eq!((&back["is_disabled"], &back["id"]), (&json!(false), &before));

    // Out of what the filter finds, and back.
    domain.tools().modify(&format!("dn: {}\nchangetype: modify\ndelete: mail\n", user_dn("linus"))).await;
    assert_eq!(site.sync("applied").await["users"]["disabled"], 1);
    assert_eq!(site.groups().await["Engineers"], ["ada"]);
    domain.set(&user_dn("linus"), "mail", "linus@corp.example").await;
    assert_eq!(site.sync("applied").await["users"]["restored"], 1);
    assert_eq!(site.groups().await["Engineers"], ["ada", "linus"]);

    // Administrators come and go with the group.
    domain.add_member("Muster Admins", &moved).await;
    domain.remove_member("Muster Admins", &user_dn("ada")).await;
    site.sync("applied").await;
    assert_eq!((&site.user("ada").await["is_admin"], &site.user("ghopper").await["is_admin"]), (&json!(false), &json!(true)));

    // As it was, for the next database.
    domain.add_member("Muster Admins", &user_dn("ada")).await;
    domain.remove_member("Muster Admins", &moved).await;
    domain.tools().rename(&moved, "CN=grace", Some(&format!("CN=Users,{BASE}"))).await;
    domain.set(&user_dn("grace"), "sAMAccountName", "grace").await;
}

fn base64_bytes(text: &str) -> Vec<u8> {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.decode(text).expect("base64")
}

#[tokio::test]
async fn a_wrong_password_is_explained_and_tried_once() {
    let domain = Samba::start().await;
    let mut site = Site::new(Engine::Sqlite).await;
    use_domain(&mut site, &domain);
    site.muster.set("LDAP_BIND_PASSWORD", "wrong");
    let report = site.sync("failed").await;
    assert!(messages(&report)[0].contains("Bind DN or password is wrong"), "{report}");
    let tested = site.muster.run(["directory", "test"]).await;
    assert!(tested.status == 1 && tested.stdout.contains("FAILED   Bind"), "{tested:?}");
}

#[tokio::test]
async fn a_group_larger_than_one_range_comes_whole_from_a_real_domain() {
    let domain = Samba::start_crowded().await;
    let mut site = Site::new(Engine::Sqlite).await;
    use_domain(&mut site, &domain);
    site.muster.unset("LDAP_ADMIN_GROUP_NAME");
    let report = site.sync("applied").await;
    assert_eq!((&report["users"]["created"], &report["memberships"]["added"], messages(&report)), (&json!(CROWD_SIZE), &json!(CROWD_SIZE), vec![]));
}

#[tokio::test]
async fn primary_groups_nested_groups_and_expiry_of_an_active_directory_count_by_closure_and_by_the_in_chain_rule() {
    let domain = Samba::start().await;
    for name in ["ada", "grace", "linus"] {
        domain.add_user(name, name, "Someone").await;
    }
    domain.add_group("Inner", &[&user_dn("ada")]).await;
    domain.add_group("Outer", &[&user_dn("Inner")]).await;
    domain.add_group("Muster Admins", &[&user_dn("Outer")]).await;
    for name in ["Staff", "Guests2"] {
        domain.add_group(name, &[]).await;
    }
    // Who is to have a group as the primary one must be in it first.
    for name in ["Staff", "Guests2"] {
        domain.add_member(name, &user_dn("grace")).await;
    }
    domain.set_primary_group("grace", "Staff").await;
    let mut site = Site::new(Engine::Sqlite).await;
    use_domain(&mut site, &domain);
    site.set(&[("LDAP_CUSTOM_CLAIMS", "sid_text = objectSid"), ("LDAP_GUARD_MEMBERSHIPS_PERCENT", "100")]);
    let of = async |site: &Site, name: &str| site.groups().await[name].join(" ");

    assert_eq!(messages(&site.sync("applied").await), Vec::<String>::new());
    assert_eq!((of(&site, "Outer").await, of(&site, "Staff").await, of(&site, "Guests2").await), ("ada".into(), "grace".into(), "grace".into()));
    assert_eq!(site.user("ada").await["is_admin"], true, "an administrator through two groups");

    // The server's own rule finds the same, circles included.
    site.set(&[("LDAP_NESTED_GROUPS", "in-chain")]);
    site.sync("unchanged").await;
    domain.add_member("Inner", &user_dn("Outer")).await;
    domain.add_member("Inner", &user_dn("linus")).await;
    site.sync("applied").await;
    assert_eq!((of(&site, "Outer").await, of(&site, "Inner").await), ("ada linus".into(), "ada linus".into()));
    site.set(&[("LDAP_NESTED_GROUPS", "closure")]);
    assert!(messages(&site.sync("unchanged").await).iter().any(|message| message.contains("in a circle: Inner, Outer.")));

    // The primary group changed between groups: the person moves, and stays in the one before, which lists them now.
    domain.set_primary_group("grace", "Guests2").await;
    domain.remove_member("Staff", &user_dn("grace")).await;
    site.sync("applied").await;
    assert_eq!((of(&site, "Staff").await, of(&site, "Guests2").await), (String::new(), "grace".into()));
    site.set(&[("LDAP_PRIMARY_GROUP", "false")]);
    site.sync("applied").await;
    assert_eq!(of(&site, "Guests2").await, "");

    // `accountExpires` in the past, and never.
    domain.set_expiry(&user_dn("grace"), Some(1_000_000_000)).await;
    assert_eq!(site.sync("applied").await["users"]["disabled"], 1);
    assert_eq!(site.user("grace").await["is_disabled"], true);
    domain.set_expiry(&user_dn("grace"), None).await;
    assert_eq!(site.sync("applied").await["users"]["restored"], 1);
}
