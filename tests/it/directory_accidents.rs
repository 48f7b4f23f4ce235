//! The five accidents, on a real OpenLDAP server with the documented service account: an empty base, a wrong filter, an access rule that hides half, a size
//! limit, a server unplugged in the middle of a page. Each ends with nothing changed and says what to look at.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value as Json, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::directory_page::PASSWORD;
use crate::directory_presets::{OPENLDAP_ACCOUNT, prepare_openldap};
use crate::directory_site::{Site, messages};
use crate::support::app::Engine;
use crate::support::slapd::{BASE, Options, Slapd, organisation};

const DATABASE: &str = "dn: olcDatabase={1}mdb,cn=config\nchangetype: modify\n";

/// A cable to a server that breaks after so many bytes of answers; `usize::MAX` never.
struct Cable {
    address: SocketAddr,
    breaks_after: Arc<AtomicUsize>,
}

impl Cable {
    async fn to(server: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let breaks_after = Arc::new(AtomicUsize::new(usize::MAX));
        let limit = Arc::clone(&breaks_after);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(carry(client, server.clone(), limit.load(Ordering::Relaxed)));
            }
        });
        Self { address, breaks_after }
    }
}

async fn carry(client: TcpStream, server: String, mut bytes_left: usize) {
    let Ok(server) = TcpStream::connect(server).await else { return };
    let ((mut from_client, mut to_client), (mut from_server, mut to_server)) = (client.into_split(), server.into_split());
    let asking = tokio::spawn(async move { tokio::io::copy(&mut from_client, &mut to_server).await.ok() });
    let mut buffer = vec![0; 1024];
    while let Ok(count @ 1..) = from_server.read(&mut buffer).await {
        let carried = count.min(bytes_left);
        if to_client.write_all(&buffer[..carried]).await.is_err() || carried < count {
            break;
        }
        bytes_left -= carried;
    }
    asking.abort();
}

/// What an accident must not touch.
async fn state(site: &Site) -> (Vec<Json>, Vec<(String, Vec<String>)>) {
    (site.users().await.into_values().collect(), site.groups().await.into_iter().collect())
}

fn reason(report: &Json) -> &str {
    report["held_because"].as_str().expect("a reason")
}

#[tokio::test]
async fn an_empty_base_a_wrong_filter_a_hidden_half_a_size_limit_and_an_unplugged_server_change_nothing() {
    let slapd = Slapd::start_with(&Options { unprepared: true, ..Options::default() }, &organisation(60, 4)).await;
    prepare_openldap(&slapd).await;
    slapd.tools().add(&format!("dn: ou=empty,{BASE}\nobjectClass: organizationalUnit\nou: empty\n")).await;
    let cable = Cable::to(slapd.url().trim_start_matches("ldap://").to_owned()).await;
    let mut site = Site::new(Engine::Sqlite).await;
    site.use_slapd(&slapd);
    site.muster.unset("LDAP_ADMIN_GROUP_NAME");
    site.set(&[
        ("LDAP_URL", &format!("ldap://{}", cable.address)),
        ("LDAP_BIND_DN", OPENLDAP_ACCOUNT),
        ("LDAP_BIND_PASSWORD", PASSWORD),
        ("LDAP_PAGE_SIZE", "20"),
    ]);
    assert_eq!(site.sync("applied").await["users"]["created"], 60);
    let before = state(&site).await;

    // An empty base, and one that is not there.
    site.muster.set("LDAP_BASE", &format!("ou=empty,{BASE}"));
    let empty = site.sync("held").await;
    assert!(reason(&empty).contains("found nobody, and 60 people are known"), "{empty}");
    site.muster.set("LDAP_BASE", &format!("ou=nowhere,{BASE}"));
    let nowhere = site.sync("failed").await;
    assert!(messages(&nowhere)[0].contains("does not exist"), "{nowhere}");
    site.muster.set("LDAP_BASE", BASE);
    assert_eq!(state(&site).await, before);

    // A filter that finds a third of the people, and one that finds no groups.
    site.muster.set("LDAP_USER_SEARCH_FILTER", "(&(objectClass=inetOrgPerson)(uid=person00000*))");
    let wrong = site.sync("held").await;
    assert!(reason(&wrong).contains("51 of 60"), "{wrong}");
    site.muster.set("LDAP_USER_SEARCH_FILTER", "(objectClass=inetOrgPerson)");
    site.muster.set("LDAP_USER_GROUP_SEARCH_FILTER", "(objectClass=groupOfNothing)");
    let groupless = site.sync("held").await;
    assert_eq!(groupless["groups"]["removed"], 4, "{groupless}");
    site.muster.unset("LDAP_USER_GROUP_SEARCH_FILTER");
    assert_eq!(state(&site).await, before);

    // Access rules that hide half of the people, then who is in the groups.
    let hidden = |what: &str| format!("{DATABASE}add: olcAccess\nolcAccess: {{0}}to {what} by dn.exact=\"{OPENLDAP_ACCOUNT}\" none by * break\n");
    let shown = format!("{DATABASE}delete: olcAccess\nolcAccess: {{0}}\n");
    slapd.configuration_tools().modify(&hidden(r#"dn.regex="^uid=person0000[0-2].,""#)).await;
    let half = site.sync("held").await;
    assert!(reason(&half).contains("29 of 60"), "{half}");
    slapd.configuration_tools().modify(&shown).await;
    slapd.configuration_tools().modify(&hidden("attrs=member")).await;
    let memberless = site.sync("held").await;
    assert_eq!(memberless["memberships"]["removed"], 60, "{memberless}");
    slapd.configuration_tools().modify(&shown).await;
    assert_eq!(state(&site).await, before);

    // A size limit, for all pages together.
    let limit = |size: &str| format!("{DATABASE}replace: olcLimits\nolcLimits: dn.exact=\"{OPENLDAP_ACCOUNT}\" size={size} time=unlimited\n");
    slapd.configuration_tools().modify(&limit("30")).await;
    let cut = site.sync("failed").await;
    assert!(messages(&cut)[0].contains("size limit"), "{cut}");
    slapd.configuration_tools().modify(&limit("unlimited")).await;
    assert_eq!(state(&site).await, before);

    // Unplugged: in the first page, in the second, in the third.
    for bytes in [1_500, 8_000, 13_000] {
        cable.breaks_after.store(bytes, Ordering::Relaxed);
        let unplugged = site.sync("failed").await;
        assert!(messages(&unplugged)[0].contains("closed the connection"), "{bytes}: {unplugged}");
        assert_eq!(unplugged["users"]["disabled"], json!(0));
    }
    cable.breaks_after.store(usize::MAX, Ordering::Relaxed);
    assert_eq!(state(&site).await, before);
    assert_eq!(site.sync("unchanged").await["users"]["unchanged"], 60);
}
