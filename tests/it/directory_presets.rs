//! From nothing to a followed directory, for each real server: the service account is made by the very commands of `docs/directory.md`, the rest by an
//! administrator who changes nothing the guided set-up proposes.

use std::time::{Duration, Instant};

use muster::users::{self, User};

use crate::directory_page::{PASSWORD, blocks};
use crate::pages_support::administrator;
use crate::support::app::{Engine, TestApp};
use crate::support::ds389::Ds389;
use crate::support::ldap_tools::LdapTools;
use crate::support::samba::{self, Samba};
use crate::support::slapd::{self, Options, Slapd, group, person, person_dn};
use crate::support::wait_until;

const LIST: &str = "/admin/directories";
/// How long a change may take here, where other tests keep the machine busy; the time it took is printed.
const SOON: Duration = Duration::from_secs(3);

/// A server with a service account made by the page.
struct Server<'a> {
    /// As Muster calls it.
    kind: &'a str,
    url: String,
    authority: String,
    account: &'a str,
    base: &'a str,
    /// Ada and Linus, and whoever else the preset finds.
    people: &'a [&'a str],
    /// How changes are followed.
    mode: &'a str,
    /// Somebody who changes entries.
    tools: LdapTools,
    ada: String,
    linus: String,
}

fn company() -> String {
    person("ada", "Ada", "Lovelace") + &person("linus", "Linus", "Torvalds") + &group("engineers", &["ada", "linus"]) + &group("admins", &["ada"])
}

/// Makes the documented account on an OpenLDAP server as it comes, and gives it the documented rights.
pub(crate) async fn prepare_openldap(slapd: &Slapd) {
    let steps = blocks("OpenLDAP", "ldif");
    assert_eq!(steps.len(), 3, "the account, its rights, and telling of changes");
    slapd.tools().modify(&steps[0]).await;
    slapd.configuration_tools().modify(&steps[1]).await;
    slapd.configuration_tools().modify(&steps[2]).await;
}

/// The account [`prepare_openldap`] makes.
pub(crate) const OPENLDAP_ACCOUNT: &str = "cn=muster,ou=services,dc=example,dc=org";

async fn known(app: &TestApp, username: &str) -> User {
    users::find_by_name(&mut app.app().db.read().await.expect("a connection"), username).await.expect("an answer").expect("somebody")
}

async fn from_nothing_to_a_followed_directory(server: Server<'_>) {
    let app = TestApp::start(Engine::Sqlite).await;
    let (_, admin) = administrator(&app, "root").await;
    let page = admin.get(&format!("{LIST}/new")).await;
    let typed = [
        ("name", "company"),
        ("LDAP_URL", &*server.url),
        ("LDAP_CA_CERTIFICATE", &*server.authority),
        ("LDAP_BIND_DN", server.account),
        ("LDAP_BIND_PASSWORD", PASSWORD),
    ];
    let connected = admin.submit(&page, &format!("{LIST}/new"), &typed).await;
    assert_eq!(connected.status, 303, "{:?}", connected.texts(".notice, .mistake"));
    let page = admin.follow(connected).await;
    assert!(page.texts("#recognised .notice")[0].contains(server.kind), "{:?}", page.texts("#recognised"));
    assert_eq!(page.attribute("#f-LDAP_BASE", "value").as_deref(), Some(server.base));

    // Nothing is edited from here on.
    let previewed = admin.submit(&page, &format!("{LIST}/company/settings"), &[("then", "preview")]).await;
    assert!(previewed.body.contains("This is what a sync would change"), "{:?}", previewed.texts(".notice, .mistake"));
    assert!(previewed.texts("#preview tbody tr:first-child td")[0] == server.people.len().to_string(), "{:?}", previewed.texts("#preview"));
    let count = async |sql: &'static str| app.count(sql, vec![]).await;
    assert_eq!(count("SELECT COUNT(*) FROM users WHERE directory IS NOT NULL").await, 0, "nothing was written");
    let on = admin.submit(&previewed, &format!("{LIST}/company/switch-on"), &[]).await;
    assert_eq!(on.status, 303, "{:?}", on.texts(".notice, .mistake"));
    let page = admin.get(&format!("{LIST}/company")).await;
    admin.submit(&page, &format!("{LIST}/company/sync"), &[]).await;
    let arrived = i64::try_from(server.people.len()).expect("a few");
    wait_until("everybody to arrive", async || {
        count("SELECT COUNT(*) FROM users WHERE directory = 'company' AND directory_state = 'active'").await == arrived
    })
    .await;
    for username in server.people {
        assert_eq!(known(&app, username).await.directory.as_deref(), Some("company"));
    }
    let ada = known(&app, "ada").await;
    assert_eq!((ada.first_name.as_str(), ada.last_name.as_str(), ada.display_name.as_str()), ("Ada", "Lovelace", "Ada Lovelace"));
    let members = "SELECT COUNT(*) FROM group_members m JOIN groups g ON g.id = m.group_id WHERE g.directory = 'company' AND g.name = 'engineers'";
    assert_eq!(count(members).await, 2);
    assert_eq!(count("SELECT COUNT(*) FROM sync_runs WHERE problems LIKE '%message%'").await, 0, "nothing to look at");

    // Followed, with nothing the account may not see.
    let followed = "SELECT COUNT(*) FROM directory_following WHERE since IS NOT NULL AND problem = ''";
    wait_until("the directory to be followed without a blind spot", async || count(followed).await == 1).await;
    let mode = "SELECT COUNT(*) FROM directory_following WHERE mode = $1";
    assert_eq!(app.count(mode, vec![server.mode.into()]).await, 1, "by {}", server.mode);
    let change = format!("dn: {}\nchangetype: modify\nreplace: mail\nmail: countess@example.org\n", server.ada);
    server.tools.modify(&change).await;
    let begun = Instant::now();
    wait_until("a change to be followed", async || known(&app, "ada").await.email.as_deref() == Some("countess@example.org")).await;
    let changed = begun.elapsed();

    // Whoever leaves is out.
    let (browser, passkeys) = (app.browser(), app.passkeys());
    app.enrol(&browser, &passkeys, &known(&app, "linus").await).await;
    assert!(app.is_signed_in(&browser).await);
    let followed = "SELECT COUNT(*) FROM sync_runs WHERE started_by = 'follow' AND outcome = 'applied'";
    let before = count(followed).await;
    server.tools.delete(&server.linus).await;
    let begun = Instant::now();
    wait_until("a leaver's session to end", async || !app.is_signed_in(&browser).await).await;
    let out = begun.elapsed();
    assert_eq!(count("SELECT COUNT(*) FROM users WHERE username = 'linus' AND directory_state = 'missing'").await, 1);
    assert_ne!(app.sign_in(&app.browser(), &passkeys).await.status, 200, "the passkey opens nothing");
    wait_until("the run that followed it to be on record", async || count(followed).await > before).await;
    eprintln!("{}: a change in force after {changed:?}, a leaver out after {out:?}", server.kind);
    assert!(changed < SOON && out < SOON, "{changed:?}, {out:?}");
    app.stop().await;
}

#[tokio::test]
async fn openldap_goes_from_nothing_to_a_followed_directory_by_the_page() {
    let slapd = Slapd::start_with(&Options { unprepared: true, size_limit: Some(2), ..Options::default() }, &company()).await;
    prepare_openldap(&slapd).await;
    let secret = LdapTools { url: slapd.url(), bind_dn: OPENLDAP_ACCOUNT.to_owned(), password: PASSWORD.to_owned() };
    assert!(!secret.search(slapd::BASE, "(objectClass=*)", &["userPassword"]).await.contains("userPassword"), "no passwords for the account");
    from_nothing_to_a_followed_directory(Server {
        kind: "OpenLDAP",
        url: slapd.tls_url(),
        authority: std::fs::read_to_string(slapd.authority()).expect("the authority"),
        account: OPENLDAP_ACCOUNT,
        base: slapd::BASE,
        people: &["ada", "linus"],
        mode: "content_sync",
        tools: slapd.tools(),
        ada: person_dn("ada"),
        linus: person_dn("linus"),
    })
    .await;
}

#[tokio::test]
async fn samba_goes_from_nothing_to_a_followed_directory_by_the_page() {
    let domain = Samba::start().await;
    domain.add_user("ada", "Ada", "Lovelace").await;
    domain.add_user("linus", "Linus", "Torvalds").await;
    domain.add_group("engineers", &[&samba::user_dn("ada"), &samba::user_dn("linus")]).await;
    let heading = "Samba (Active Directory domain controller)";
    for script in blocks(heading, "sh") {
        // The tool asks for the password.
        let answered = script.replace("user setpassword muster", &format!("user setpassword muster --newpassword={PASSWORD}"));
        domain.at_the_controller("sh", &format!("set -e\n{answered}")).await;
    }
    for script in blocks(heading, "python") {
        domain.at_the_controller("python3", &script).await;
    }
    from_nothing_to_a_followed_directory(Server {
        kind: "Samba",
        url: domain.tls_url(),
        authority: std::fs::read_to_string(domain.authority()).expect("the authority"),
        account: "muster@corp.example",
        base: samba::BASE,
        people: &["ada", "linus"],
        mode: "usn",
        tools: domain.tools(),
        ada: samba::user_dn("ada"),
        linus: samba::user_dn("linus"),
    })
    .await;
}

#[tokio::test]
async fn what_a_samba_account_may_not_see_of_deletions_is_said() {
    let domain = Samba::start().await;
    domain.add_user("ada", "Ada", "Lovelace").await;
    domain.add_user("reader", "Read", "Er").await;
    domain.set_password("reader", PASSWORD).await;
    let mut site = crate::directory_site::Site::new(Engine::Sqlite).await;
    crate::samba_sync::use_domain(&mut site, &domain);
    site.muster.unset("LDAP_ADMIN_GROUP_NAME");
    site.set(&[("LDAP_BIND_DN", "reader@corp.example"), ("LDAP_BIND_PASSWORD", PASSWORD), ("LDAP_FOLLOW_CHANGES", "true")]);
    site.muster.serve().await;
    let blind = "SELECT COUNT(*) FROM directory_following WHERE since IS NOT NULL AND problem LIKE '%may not read deleted objects%'";
    wait_until("Muster to say what it does not see", async || site.count(blind).await == 1).await;
    site.muster.stop().await;
}

#[tokio::test]
async fn a_389_directory_server_goes_from_nothing_to_a_followed_directory_by_the_page() {
    let ds389 = Ds389::start(&company()).await;
    let heading = "389 Directory Server";
    let account = "cn=muster,ou=services,dc=example,dc=org";
    for script in blocks(heading, "sh") {
        // The tool asks for the password.
        let answered = script.replace(&format!("account reset_password {account}"), &format!("account reset_password {account} {PASSWORD}"));
        ds389.at_the_server(&answered).await;
    }
    for change in blocks(heading, "ldif") {
        ds389.tools().modify(&change).await;
    }
    let secret = LdapTools { url: ds389.url(), bind_dn: account.to_owned(), password: PASSWORD.to_owned() };
    assert!(!secret.search(slapd::BASE, "(objectClass=*)", &["userPassword"]).await.contains("userPassword"), "no passwords for the account");
    from_nothing_to_a_followed_directory(Server {
        kind: "389 Directory Server",
        url: ds389.tls_url(),
        authority: std::fs::read_to_string(ds389.authority()).expect("the authority"),
        account,
        base: slapd::BASE,
        people: &["ada", "linus"],
        mode: "persistent_search",
        tools: ds389.tools(),
        ada: person_dn("ada"),
        linus: person_dn("linus"),
    })
    .await;
}
