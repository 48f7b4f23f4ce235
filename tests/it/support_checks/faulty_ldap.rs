//! The server that does everything wrong does everything right until told otherwise, in the eyes of OpenLDAP's own tools.

use crate::support::faulty_ldap::directory::{BASE, Vendor, people, person_dn};
use crate::support::faulty_ldap::{Directory, Entry, FaultyLdap, Operation, Reply, ber};
use crate::support::ldap_tools::{Identity, LdapTools, Visit, values};

#[tokio::test]
async fn the_faulty_server_answers_honestly_unless_told_otherwise() {
    let crowd: Vec<String> = (0..25).map(|number| format!("person{number:03}")).collect();
    let group = Entry::group("crowd", &crowd.iter().map(String::as_str).collect::<Vec<_>>());
    let mut directory = Directory::of(Vendor::OpenLdap).with(people(25)).with([group]).only_for("cn=svc", "right");
    directory.range = Some(10);
    let server = FaultyLdap::start(directory).await;
    let tools = LdapTools { url: server.url(), bind_dn: "CN=svc".to_owned(), password: "right".to_owned() };
    assert_eq!((tools.bind_code().await, LdapTools { password: "wrong".to_owned(), ..tools.clone() }.bind_code().await), (0, 49));
    let everyone = tools.search_paged(BASE, "(&(objectClass=inetOrgPerson)(!(uid=person003)))", &["uid"], 7).await.expect("all pages");
    assert_eq!(values(&everyone, "uid").len(), 24);
    for (filter, count) in [
        ("(uid=person01*)", 10),
        ("(uid=*son*4)", 3),
        ("(|(uid=person000)(mail=PERSON001@example.org))", 2),
        ("(&(uid>=0)(uid<=0))", 0),
        ("(uid:1.2.840.113556.1.4.803:=2)", 0),
        ("(telephoneNumber=*)", 0),
    ] {
        assert_eq!(values(&tools.search(BASE, filter, &["uid"]).await, "uid").len(), count, "{filter}");
    }
    let first = tools.search(BASE, "(cn=crowd)", &["member"]).await;
    assert_eq!(values(&first, "member;range=0-9").len(), 10, "{first}");
    assert_eq!(values(&tools.search(BASE, "(cn=crowd)", &["member;range=20-*"]).await, "member;range=20-*").len(), 5);
    assert_eq!(tools.search_paged("dc=nowhere", "(uid=*)", &[], 5).await, Err(32));
    assert_eq!(values(&tools.search(&person_dn("person001"), "(objectClass=*)", &[]).await, "mail"), ["person001@example.org"]);

    let none = std::path::Path::new("/dev/null");
    let visit = Visit { url: &server.url(), start_tls: true, authority: none, identity: Identity::Password("cn=svc", "right") };
    server.take_requests();
    assert!(visit.root("vendorName").await.is_err(), "StartTLS is refused");
    let asked: Vec<Operation> = server.take_requests().into_iter().map(|request| request.operation).collect();
    assert!(asked.contains(&Operation::Extended("1.3.6.1.4.1.1466.20037".to_owned())), "{asked:?}");
    assert!(!asked.iter().any(|operation| matches!(operation, Operation::Bind { .. })), "no password without it: {asked:?}");
}

#[tokio::test]
async fn the_faulty_server_looks_like_any_vendors() {
    let server = FaultyLdap::start(Directory::of(Vendor::OpenLdap)).await;
    for vendor in Vendor::ALL {
        server.change(|directory| directory.vendor = vendor);
        let visit = Visit {
            url: &server.url(),
            start_tls: false,
            authority: std::path::Path::new("/dev/null"),
            identity: Identity::Password("cn=anybody", "anything"),
        };
        let mark = match vendor {
            Vendor::ActiveDirectory => "supportedCapabilities: 1.2.840.113556.1.4.800",
            Vendor::Lldap => "vendorName: LLDAP",
            Vendor::EDirectory => "eDirectory 9",
            Vendor::Ds389 => "vendorVersion: 389-Directory/2.3",
            Vendor::FreeIpa => "ipatopologypluginversion",
            Vendor::OpenLdap => "objectClass: OpenLDAProotDSE",
        };
        let root = visit.root("*").await.expect("a root DSE");
        assert!(root.contains(mark) && root.contains(BASE), "{vendor:?}: {root}");
    }
}

#[tokio::test]
async fn the_faulty_server_can_be_told_to_answer_a_content_synchronisation() {
    // RFC 4533: the state of an entry (added, its id), a cookie on the way, and one at the end.
    const STATE: &str = "1.3.6.1.4.1.4203.1.9.1.2";
    const INFO: &str = "1.3.6.1.4.1.4203.1.9.1.4";
    let server = FaultyLdap::start(Directory::of(Vendor::OpenLdap).with(people(2))).await;
    server.bend(|asked, honest| {
        if asked.search().is_none() {
            return honest;
        }
        let state = ber::element(0x30, &[ber::number(0x0a, 1), ber::octets([7; 16])].concat());
        let mut replies = vec![Reply::Intermediate(INFO, ber::element(0x80, b"on-the-way"))];
        replies.extend(honest.into_iter().map(|reply| match reply {
            Reply::Entry(entry) => Reply::With(Box::new(Reply::Entry(entry)), vec![(STATE, state.clone())]),
            end => end,
        }));
        replies
    });
    let said = LdapTools { url: server.url(), bind_dn: "cn=anybody".to_owned(), password: "anything".to_owned() }.synchronise(BASE, "(uid=*)").await;
    assert_eq!(said.matches("SyncState control, UUID 07070707-0707-0707-0707-070707070707 added").count(), 2, "{said}");
    assert!(said.contains("on-the-way"), "{said}");
}
