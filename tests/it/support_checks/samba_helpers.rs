//! What a test can do to a domain controller's people and groups, and how it can be reached.

use crate::support::ldap_tools::{Identity, LdapTools, Visit, values};
use crate::support::samba::{ADMIN, ADMIN_PASSWORD, BASE, CROWD, CROWD_SIZE, Samba, user_dn};

#[tokio::test]
async fn samba_speaks_tls_on_both_ports_and_knows_accounts_with_passwords() {
    let samba = Samba::start().await;
    let admin = Visit { url: &samba.tls_url(), start_tls: false, authority: samba.authority(), identity: Identity::Password(ADMIN, ADMIN_PASSWORD) };
    assert!(admin.root("defaultNamingContext").await.expect("LDAPS answers").contains(BASE));
    assert!(Visit { url: &samba.url(), start_tls: true, ..admin }.root("vendorName").await.expect("StartTLS answers").contains("Samba"));

    samba.add_user("svc", "Service", "Account").await;
    samba.set_password("svc", "Opensesame-svc-1").await;
    samba.allow_replicating_changes("svc").await;
    let service = LdapTools { bind_dn: "svc@corp.example".to_owned(), password: "Opensesame-svc-1".to_owned(), ..samba.tools() };
    assert_eq!(service.bind_code().await, 0);
    assert_eq!(service.dirsync_code(BASE).await, 0, "with the right to replicate changes");
    samba.add_user("other", "Other", "Account").await;
    samba.set_password("other", "Opensesame-svc-2").await;
    let other = LdapTools { bind_dn: "other@corp.example".to_owned(), password: "Opensesame-svc-2".to_owned(), ..samba.tools() };
    assert_eq!(other.dirsync_code(BASE).await, 50, "insufficientAccessRights");
}

#[tokio::test]
async fn samba_nests_groups_moves_primary_ones_expires_deletes_and_restores() {
    let samba = Samba::start().await;
    let tools = samba.tools();
    samba.add_user("ada", "Ada", "Lovelace").await;
    samba.add_group("inner", &[&user_dn("ada")]).await;
    samba.add_group("outer", &[&user_dn("inner")]).await;
    let nested = tools.search(BASE, &format!("(memberOf:1.2.840.113556.1.4.1941:={})", user_dn("outer")), &["sAMAccountName"]).await;
    assert!(values(&nested, "sAMAccountName").contains(&"ada"), "{nested}");

    samba.set_primary_group("ada", "inner").await;
    let ada = tools.search(BASE, "(sAMAccountName=ada)", &["memberOf", "primaryGroupID"]).await;
    assert_eq!(values(&ada, "memberOf"), [format!("CN=Domain Users,CN=Users,{BASE}")], "{ada}");

    samba.set_expiry(&user_dn("ada"), Some(1_600_000_000)).await;
    let expired = tools.search(BASE, "(sAMAccountName=ada)", &["accountExpires"]).await;
    assert_eq!(values(&expired, "accountExpires"), ["132444736000000000"]);
    samba.set_expiry(&user_dn("ada"), None).await;

    samba.add_user("grace", "Grace", "Hopper").await;
    let guid = samba.delete("grace").await;
    assert!(values(&tools.search(BASE, "(sAMAccountName=grace)", &["mail"]).await, "mail").is_empty());
    samba.restore(&guid, "grace", "Grace", "Hopper").await;
    let back = tools.search(BASE, &format!("(objectGUID={guid})"), &["mail", "sAMAccountName"]).await;
    assert_eq!((values(&back, "mail"), values(&back, "sAMAccountName")), (vec!["grace@corp.example"], vec!["grace"]));
}

#[tokio::test]
async fn samba_has_a_group_larger_than_one_range() {
    let samba = Samba::start_crowded().await;
    let group = samba.tools().search(BASE, &format!("(sAMAccountName={CROWD})"), &["member;range=0-1499"]).await;
    assert_eq!(values(&group, "member;range=0-1499").len(), 1_500);
    let rest = samba.tools().search(BASE, &format!("(sAMAccountName={CROWD})"), &["member;range=1500-*"]).await;
    assert_eq!(values(&rest, "member;range=1500-*").len(), CROWD_SIZE - 1_500);
}
