//! Each server really starts, works, stops and leaves nothing.

use sqlx::{Connection as _, PgConnection, Row as _};

use crate::support::ldap_tools::{LdapTools, values};
use crate::support::samba::{self, Samba};
use crate::support::slapd::{self, Slapd};
use crate::support::{janitor, output, postgres, wait_until};

#[tokio::test]
async fn each_postgres_database_is_new_and_empty() {
    let (first, second) = tokio::join!(postgres::database(), postgres::database());
    assert_ne!(first, second);
    assert!(first.contains(postgres::PASSWORD));
    for url in [first, second] {
        let mut connection = PgConnection::connect(&url).await.expect("the database answers");
        sqlx::raw_sql("CREATE TABLE people (name TEXT)").execute(&mut connection).await.expect("no table of that name yet");
        let row = sqlx::query("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetch_one(&mut connection).await.expect("a count");
        assert_eq!(row.get::<i64, _>(0), 1);
    }
}

#[tokio::test]
async fn slapd_lets_the_service_account_page_through_everyone() {
    let slapd = Slapd::start(&slapd::organisation(1_200, 3)).await;
    let service = LdapTools { url: slapd.url(), bind_dn: slapd::SERVICE_DN.into(), password: slapd::SERVICE_PASSWORD.into() };
    let people = service.search(slapd::BASE, "(objectClass=inetOrgPerson)", &["uid", "entryUUID"]).await;
    assert_eq!(values(&people, "uid").len(), 1_200);
    assert_eq!(values(&people, "entryUUID").len(), 1_200);
    let groups = service.search(slapd::BASE, "(objectClass=groupOfNames)", &["member"]).await;
    assert_eq!(values(&groups, "member").len(), 1_200);
    let stranger = LdapTools { password: "wrong".into(), ..service };
    assert_eq!(stranger.bind_code().await, 49, "invalidCredentials");
}

#[tokio::test]
async fn slapd_can_be_changed_unplugged_and_plugged_in_again() {
    let mut slapd = Slapd::start(&slapd::person("ada", "Ada", "Lovelace")).await;
    let tools = slapd.tools();
    tools.add(&(slapd::person("grace", "Grace", "Hopper") + &slapd::group("engineers", &["ada", "grace"]))).await;
    let member_of = tools.search(slapd::BASE, "(uid=ada)", &["memberOf"]).await;
    assert_eq!(values(&member_of, "memberOf"), ["cn=engineers,ou=groups,dc=example,dc=org"]);

    tools.modify(&format!("dn: {}\nchangetype: modify\nreplace: mail\nmail: countess@example.org\n", slapd::person_dn("ada"))).await;
    tools.rename(&slapd::person_dn("grace"), "uid=amazing-grace", Some(&format!("ou=groups,{}", slapd::BASE))).await;
    slapd.stop().await;
    assert_eq!(tools.bind_code().await, 255, "nobody answers");
    slapd.start_again().await;
    let everyone = tools.search(slapd::BASE, "(objectClass=inetOrgPerson)", &["mail"]).await;
    assert_eq!(values(&everyone, "dn"), ["uid=ada,ou=people,dc=example,dc=org", "uid=amazing-grace,ou=groups,dc=example,dc=org"]);
    assert_eq!(values(&everyone, "mail")[0], "countess@example.org");

    tools.delete(&slapd::person_dn("ada")).await;
    assert_eq!(values(&tools.search(slapd::BASE, "(objectClass=inetOrgPerson)", &["uid"]).await, "uid"), ["amazing-grace"]);
    assert!(tls_answers(&slapd.tls_url(), slapd.authority()).await);
}

#[tokio::test]
async fn samba_domains_coexist_and_behave_as_active_directory() {
    let (domain, other) = tokio::join!(Samba::start(), Samba::start());
    assert_ne!(domain.url(), other.url());
    let tools = domain.tools();
    domain.add_user("ada", "Ada", "Lovelace").await;
    domain.add_user("grace", "Grace", "Hopper").await;
    domain.add_group("engineers", &[&samba::user_dn("ada")]).await;
    domain.add_member("engineers", &samba::user_dn("grace")).await;
    let before = tools.search(samba::BASE, "(sAMAccountName=grace)", &["objectGUID", "memberOf"]).await;
    assert_eq!(values(&before, "memberOf"), [samba::user_dn("engineers")]);

    domain.set_disabled(&samba::user_dn("ada"), true).await;
    domain.set(&samba::user_dn("ada"), "mail", "countess@corp.example").await;
    let disabled = tools.search(samba::BASE, "(userAccountControl:1.2.840.113556.1.4.803:=2)", &["mail"]).await;
    assert!(values(&disabled, "mail").contains(&"countess@corp.example"));
    domain.remove_member("engineers", &samba::user_dn("ada")).await;

    tools.add(&format!("dn: OU=Fleet,{}\nobjectClass: organizationalUnit\n", samba::BASE)).await;
    tools.rename(&samba::user_dn("grace"), "CN=Amazing Grace", Some(&format!("OU=Fleet,{}", samba::BASE))).await;
    let after = tools.search(samba::BASE, "(sAMAccountName=grace)", &["objectGUID"]).await;
    assert_eq!(values(&after, "objectGUID"), values(&before, "objectGUID"), "the id survives rename and move");
    let members = tools.search(samba::BASE, "(sAMAccountName=engineers)", &["member"]).await;
    assert_eq!(values(&members, "member"), [format!("CN=Amazing Grace,OU=Fleet,{}", samba::BASE)]);

    tools.delete(&samba::user_dn("ada")).await;
    assert_eq!(values(&tools.search(samba::BASE, "(sAMAccountName=ada)", &["cn"]).await, "cn"), [""; 0]);
    assert_eq!(values(&other.tools().search(samba::BASE, "(sAMAccountName=grace)", &["cn"]).await, "cn"), [""; 0]);
    assert!(tls_answers(&domain.tls_url(), domain.authority()).await);
}

/// Whether the directory's certificate is good for the name in `url` in the eyes of someone who trusts `authority` alone.
async fn tls_answers(url: &str, authority: &std::path::Path) -> bool {
    let url = url::Url::parse(url).expect("a URL");
    let host = url.host_str().expect("a host");
    let mut check = std::process::Command::new("openssl");
    check
        .args(["s_client", "-verify_return_error", "-brief", "-connect", &format!("{host}:{}", url.port().unwrap_or(636)), "-CAfile"])
        .arg(authority);
    check.args([if host.parse::<std::net::IpAddr>().is_ok() { "-verify_ip" } else { "-verify_hostname" }, host]);
    output(check, "").await.status.success()
}

/// The janitor of this test binary works after its end, where no test can look; so another one is given a list of its own.
#[tokio::test]
async fn the_janitor_stops_whole_process_groups_and_removes_folders() {
    use std::os::unix::process::CommandExt as _;
    let directory = janitor::directory("janitor");
    let (left, note, child) = (directory.path().join("left"), directory.path().join("note"), directory.path().join("child"));
    std::fs::create_dir(&left).expect("own directory");
    let mut leader = std::process::Command::new("bash");
    leader.args(["-c", "(trap '' TERM; sleep 600) & echo $! > child; wait"]).current_dir(directory.path()).process_group(0);
    let mut leader = leader.spawn().expect("bash is there");
    wait_until("the process to have a child", async || std::fs::read_to_string(&child).is_ok_and(|id| id.ends_with('\n'))).await;
    let child = std::fs::read_to_string(&child).expect("its process id");

    let mut sleeper = std::process::Command::new("sleep");
    sleeper.arg("600");
    let mut forgotten = janitor::Server::start(sleeper, &directory.path().join("log"), "TERM");

    let mut another = std::process::Command::new("bash");
    another.args(["-c", janitor::SCRIPT]);
    let list = [
        format!("process {} TERM", leader.id()),
        format!("process {} TERM", forgotten.id()),
        format!("gone {}", forgotten.id()),
        format!("run echo done > {}", note.display()),
        format!("directory {}\n", left.display()),
    ];
    output(another, &list.join("\n")).await;
    assert!(forgotten.ended().is_none(), "taken off the list, yet stopped");
    assert!(!leader.wait().expect("own child").success());
    assert!(!left.exists());
    assert_eq!(std::fs::read_to_string(note).expect("the command ran"), "done\n");
    let state = std::fs::read_to_string(format!("/proc/{}/status", child.trim()));
    assert!(state.is_err() || state.is_ok_and(|state| state.contains("State:\tZ")), "the child outlived its leader");
}
