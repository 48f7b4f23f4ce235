//! 389 Directory Server starts within seconds, behaves as it does in the field, stops, and starts again.

use crate::support::ds389::{BASE, Ds389, SERVICE_DN, SERVICE_PASSWORD};
use crate::support::ldap_tools::{Identity, LdapTools, Visit, values};
use crate::support::slapd::{group, person, person_dn};

#[tokio::test]
async fn ds389_keeps_groups_locks_accounts_and_speaks_tls() {
    let people = person("ada", "Ada", "Lovelace") + &person("grace", "Grace", "Hopper");
    let mut ds389 = Ds389::start(&(people + &group("engineers", &["ada"]) + &group("all", &["grace"]))).await;
    let tools = ds389.tools();
    tools.modify(&format!("dn: cn=all,ou=groups,{BASE}\nchangetype: modify\nadd: member\nmember: cn=engineers,ou=groups,{BASE}\n")).await;
    let service = LdapTools { bind_dn: SERVICE_DN.to_owned(), password: SERVICE_PASSWORD.to_owned(), ..ds389.tools() };
    let ada = service.search(BASE, "(uid=ada)", &["memberOf", "entryUUID", "nsUniqueId", "mail"]).await;
    let mut groups = values(&ada, "memberOf");
    groups.sort_unstable();
    assert_eq!(groups, [format!("cn=all,ou=groups,{BASE}"), format!("cn=engineers,ou=groups,{BASE}")], "direct and inherited");
    assert_eq!((values(&ada, "entryUUID").len(), values(&ada, "nsUniqueId").len(), values(&ada, "mail").len()), (1, 1, 1), "{ada}");

    let visit =
        Visit { url: &ds389.tls_url(), start_tls: false, authority: ds389.authority(), identity: Identity::Password(SERVICE_DN, SERVICE_PASSWORD) };
    assert_eq!(visit.who_am_i().await, Ok(format!("dn: {SERVICE_DN}")));
    assert_eq!(Visit { url: &ds389.url(), start_tls: true, ..visit }.who_am_i().await, Ok(format!("dn: {SERVICE_DN}")));
    assert!(visit.root("vendorName").await.expect("a root DSE").contains("389 Project"));
    let root = visit.root("supportedControl").await.expect("a root DSE");
    for (oid, name) in [("2.16.840.1.113730.3.4.3", "persistent search"), ("1.3.6.1.4.1.4203.1.9.1.1", "content synchronisation")] {
        assert!(values(&root, "supportedControl").contains(&oid), "{name}: {root}");
    }

    ds389.set_locked(&person_dn("ada"), true).await;
    let locked = service.search(BASE, "(nsAccountLock=true)", &["uid", "nsAccountLock"]).await;
    assert_eq!((values(&locked, "uid"), values(&locked, "nsAccountLock")), (vec!["ada"], vec!["true"]));
    ds389.set_locked(&person_dn("ada"), false).await;

    ds389.tools().rename(&person_dn("grace"), "uid=amazing-grace", None).await;
    let all = service.search(BASE, "(cn=all)", &["member"]).await;
    assert!(values(&all, "member").contains(&person_dn("amazing-grace").as_str()), "{all}");
    ds389.stop().await;
    assert_eq!(service.bind_code().await, 255, "nobody answers");
    ds389.start_again().await;
    assert_eq!(service.bind_code().await, 0);
}
