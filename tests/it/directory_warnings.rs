//! What an administrator is told before something ends, learned from real servers: their certificates, and the passwords of the accounts Muster binds with.

use std::time::Duration;

use muster::directory::{self, Order};

use crate::pages_support::administrator;
use crate::support::app::{Engine, TestApp};
use crate::support::certificates::Flaw;
use crate::support::ds389::{self, Ds389};
use crate::support::samba::{self, Samba};
use crate::support::slapd::{BASE, Options, SERVICE_DN, SERVICE_PASSWORD, Slapd, person};

const DAY: Duration = Duration::from_secs(86_400);

/// An installation that has synced, with what it warns of on the administration's first page.
async fn connected(variables: &[(&str, &str)]) -> TestApp {
    let app = TestApp::start_with(Engine::Sqlite, &[&[("LDAP_ENABLED", "true"), ("LDAP_FOLLOW_CHANGES", "false")], variables].concat()).await;
    sync(&app).await;
    app
}

async fn sync(app: &TestApp) {
    let report = directory::sync(app.app(), "default", &Order::of_command(None)).await.expect("a run");
    assert!(report.problems.is_empty(), "{report:?}");
}

async fn warnings(app: &TestApp) -> String {
    let (_, admin) = administrator(app, &format!("root{}", app.count("SELECT COUNT(*) FROM users", vec![]).await)).await;
    admin.get("/admin").await.texts(".notice, .attention, main li").join(" | ")
}

#[tokio::test]
async fn the_end_of_a_certificate_and_of_a_password_openldap_keeps_is_told_in_time() {
    let options = Options { flaw: Flaw::EndsSoon, password_policy: true, ..Options::default() };
    let slapd = Slapd::start_with(&options, &person("ada", "Ada", "Lovelace")).await;
    let policy = format!("dn: cn=policy,{BASE}\nchangetype: modify\nadd: pwdMaxAge\npwdMaxAge: {}\n", 60 * 86_400);
    slapd.tools().modify(&policy).await;
    // The time of a password begins when it is set.
    let set = format!("dn: {SERVICE_DN}\nchangetype: modify\nreplace: userPassword\nuserPassword: {SERVICE_PASSWORD}\n");
    slapd.tools().modify(&set).await;
    let authority = std::fs::read_to_string(slapd.authority()).expect("the authority");
    let url = slapd.tls_url();
    let app = connected(&[
        ("LDAP_URL", &url),
        ("LDAP_CA_CERTIFICATE", &authority),
        ("LDAP_BIND_DN", SERVICE_DN),
        ("LDAP_BIND_PASSWORD", SERVICE_PASSWORD),
        ("LDAP_BASE", BASE),
        ("LDAP_USER_SEARCH_FILTER", "(objectClass=inetOrgPerson)"),
    ])
    .await;
    let said = warnings(&app).await;
    assert!(said.contains(&format!("The certificate of {url} ends on")) && !said.contains("password of the bind account"), "{said}");
    app.clock.advance(35 * DAY);
    let said = warnings(&app).await;
    assert!(said.contains("The password of the bind account ends on") && said.contains("The certificate of"), "{said}");
    assert!(said.contains("ended on"), "the certificate has by now: {said}");
    app.stop().await;
}

#[tokio::test]
async fn the_end_of_a_password_is_told_by_active_directory_and_389_directory_server() {
    let domain = Samba::start().await;
    domain.add_user("ada", "Ada", "Lovelace").await;
    domain.add_user("reader", "Read", "Er").await;
    domain.set_password("reader", "Opensesame-1").await;
    let (url, authority) = (domain.tls_url(), std::fs::read_to_string(domain.authority()).expect("the authority"));
    let app = connected(&[
        ("LDAP_URL", &url),
        ("LDAP_CA_CERTIFICATE", &authority),
        ("LDAP_BIND_DN", "reader@corp.example"),
        ("LDAP_BIND_PASSWORD", "Opensesame-1"),
        ("LDAP_BASE", samba::BASE),
        ("LDAP_USER_SEARCH_FILTER", "(&(objectCategory=person)(objectClass=user)(mail=*))"),
        ("LDAP_USER_GROUP_SEARCH_FILTER", "(&(objectClass=group)(!(isCriticalSystemObject=TRUE)))"),
        ("LDAP_ATTRIBUTE_USER_UNIQUE_IDENTIFIER", "objectGUID"),
        ("LDAP_ATTRIBUTE_USER_USERNAME", "sAMAccountName"),
        ("LDAP_ATTRIBUTE_GROUP_UNIQUE_IDENTIFIER", "objectGUID"),
    ])
    .await;
    // A new domain lets passwords live for 42 days.
    let said = warnings(&app).await;
    assert!(!said.contains("password of the bind account"), "{said}");
    app.clock.advance(20 * DAY);
    let said = warnings(&app).await;
    assert!(said.contains("The password of the bind account ends on"), "{said}");
    app.clock.advance(30 * DAY);
    let said = warnings(&app).await;
    assert!(said.contains("The password of the bind account ended on"), "{said}");
    app.stop().await;

    let server = Ds389::start(&person("ada", "Ada", "Lovelace")).await;
    let (url, authority) = (server.tls_url(), std::fs::read_to_string(server.authority()).expect("the authority"));
    let app = connected(&[
        ("LDAP_URL", &url),
        ("LDAP_CA_CERTIFICATE", &authority),
        ("LDAP_BIND_DN", ds389::SERVICE_DN),
        ("LDAP_BIND_PASSWORD", ds389::SERVICE_PASSWORD),
        ("LDAP_BASE", ds389::BASE),
        ("LDAP_USER_SEARCH_FILTER", "(objectClass=inetOrgPerson)"),
        ("LDAP_ATTRIBUTE_USER_UNIQUE_IDENTIFIER", "nsUniqueId"),
        ("LDAP_ATTRIBUTE_GROUP_UNIQUE_IDENTIFIER", "nsUniqueId"),
    ])
    .await;
    let said = warnings(&app).await;
    assert!(!said.contains("password of the bind account"), "{said}");
    // From now on passwords last for 20 days; the server itself writes until when.
    let policy = format!("replace: passwordExp\npasswordExp: on\n-\nreplace: passwordMaxAge\npasswordMaxAge: {}", 20 * 86_400);
    server.tools().modify(&format!("dn: cn=config\nchangetype: modify\n{policy}\n")).await;
    let password = format!("replace: userPassword\nuserPassword: {}", ds389::SERVICE_PASSWORD);
    server.tools().modify(&format!("dn: {}\nchangetype: modify\n{password}\n", ds389::SERVICE_DN)).await;
    sync(&app).await;
    let said = warnings(&app).await;
    assert!(said.contains("The password of the bind account ends on"), "{said}");
    app.stop().await;
}
