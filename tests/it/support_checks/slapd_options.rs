//! What a test can ask of its slapd beyond the usual: certificates, Unix socket, policies, limits, rights and further bases.

use crate::support::certificates::{self, Flaw};
use crate::support::ldap_tools::{Identity, LdapTools, Visit, values};
use crate::support::slapd::{BASE, Options, SERVICE_DN, SERVICE_PASSWORD, Slapd, group, large_organisation, organisation, person, person_dn};

const SERVICE: Identity<'_> = Identity::Password(SERVICE_DN, SERVICE_PASSWORD);

fn service(slapd: &Slapd) -> LdapTools {
    LdapTools { url: slapd.url(), bind_dn: SERVICE_DN.to_owned(), password: SERVICE_PASSWORD.to_owned() }
}

#[tokio::test]
async fn slapd_knows_clients_by_certificate_and_by_process() {
    let slapd = Slapd::start_with(&Options { client_certificates: true, socket: true, ..Options::default() }, "").await;
    let client = certificates::issue_for_client(slapd.directory(), "muster");
    let url = slapd.tls_url().replace("localhost", "127.0.0.1");
    let visit = Visit { url: &url, start_tls: false, authority: slapd.authority(), identity: Identity::Certificate(&client) };
    let me = Ok::<_, String>(format!("dn:{SERVICE_DN}"));
    assert_eq!(visit.who_am_i().await, me);
    assert_eq!(Visit { url: &slapd.url(), start_tls: true, ..visit }.who_am_i().await, me);
    assert_eq!(Visit { identity: SERVICE, ..visit }.who_am_i().await, me, "a password does as well");
    assert_eq!(Visit { url: &slapd.socket_url(), identity: Identity::Process, ..visit }.who_am_i().await, me);
}

#[tokio::test]
async fn slapd_shows_the_certificate_it_is_told_to() {
    for flaw in [Flaw::None, Flaw::Expired, Flaw::WrongName, Flaw::OtherAuthority] {
        let slapd = Slapd::start_with(&Options { flaw, ..Options::default() }, "").await;
        let url = slapd.tls_url().replace("localhost", "127.0.0.1");
        for (url, start_tls) in [(url, false), (slapd.url(), true)] {
            let visit = Visit { url: &url, start_tls, authority: slapd.authority(), identity: SERVICE };
            assert_eq!(visit.who_am_i().await.is_ok(), flaw == Flaw::None, "{flaw:?} {url}");
        }
    }
}

#[tokio::test]
async fn slapd_locks_accounts_and_keeps_members_in_step() {
    let policies = Options { password_policy: true, referential_integrity: true, ..Options::default() };
    let slapd = Slapd::start_with(&policies, &(person("ada", "Ada", "Lovelace") + &person("grace", "Grace", "Hopper"))).await;
    let tools = slapd.tools();
    tools.add(&group("engineers", &["ada", "grace"])).await;
    tools.rename(&person_dn("ada"), "uid=countess", None).await;
    let members = tools.search(BASE, "(cn=engineers)", &["member"]).await;
    assert_eq!(values(&members, "member"), [person_dn("grace"), person_dn("countess")]);

    tools.modify(&format!("dn: {}\nchangetype: modify\nadd: userPassword\nuserPassword: right\n", person_dn("grace"))).await;
    let grace = |password: &str| LdapTools { url: slapd.url(), bind_dn: person_dn("grace"), password: password.to_owned() };
    assert_eq!(grace("right").bind_code().await, 0);
    for _ in 0..3 {
        assert_eq!(grace("wrong").bind_code().await, 49);
    }
    assert_eq!(grace("right").bind_code().await, 49);
    let locked = tools.search(BASE, "(uid=grace)", &["pwdAccountLockedTime"]).await;
    assert_eq!(values(&locked, "pwdAccountLockedTime").len(), 1, "{locked}");
}

#[tokio::test]
async fn slapd_has_the_limits_rights_and_bases_it_is_given() {
    let options = Options {
        size_limit: Some(20),
        limits: vec![format!(r#"dn.exact="{SERVICE_DN}" size.soft=unlimited size.hard=unlimited size.pr=10 size.prtotal=unlimited"#)],
        access: vec![r#"to attrs=mail by dn.exact="cn=muster,dc=example,dc=org" none by * break"#.to_owned()],
        more_bases: vec!["dc=north,dc=org".to_owned()],
        ..Options::default()
    };
    let reader =
        format!("dn: cn=reader,{BASE}\nobjectClass: organizationalRole\nobjectClass: simpleSecurityObject\ncn: reader\nuserPassword: reads\n\n");
    let slapd = Slapd::start_with(&options, &(organisation(30, 1) + &reader)).await;
    let people = async |tools: &LdapTools, page| {
        let found = tools.search_paged(BASE, "(objectClass=inetOrgPerson)", &["uid"], page).await;
        found.map(|ldif| values(&ldif, "uid").len())
    };
    let reader = LdapTools { url: slapd.url(), bind_dn: format!("cn=reader,{BASE}"), password: "reads".to_owned() };
    assert_eq!(people(&reader, 10).await, Err(4), "sizeLimitExceeded");
    assert_eq!(people(&service(&slapd), 11).await, Err(11), "no page of this size");
    assert_eq!(people(&service(&slapd), 10).await, Ok(30));
    let seen = slapd.tools().search("dc=north,dc=org", "(objectClass=organizationalUnit)", &["ou"]).await;
    assert_eq!(values(&seen, "ou"), ["people", "groups"]);
    let person = person("nora", "Nora", "North").replace(BASE, "dc=north,dc=org");
    slapd.tools().add(&person).await;
    let nora = service(&slapd).search_paged("dc=north,dc=org", "(uid=nora)", &["uid", "mail"], 10).await.expect("all of them");
    assert_eq!((values(&nora, "uid").len(), values(&nora, "mail").len()), (1, 0), "{nora}");
}

#[test]
fn a_large_organisation_has_three_large_groups_and_three_memberships_for_two_people() {
    let ldif = large_organisation(1_000);
    let count = |line: &str| ldif.lines().filter(|other| other.starts_with(line)).count();
    assert_eq!((count("uid: "), count("objectClass: groupOfNames"), count("member: ")), (1_000, 50, 1_500));
    let largest = ldif.split("\n\n").map(|entry| entry.matches("\nmember: ").count()).max();
    assert_eq!(largest, Some(200));
}
