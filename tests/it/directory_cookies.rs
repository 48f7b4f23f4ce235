//! Cookies of RFC 4533 that are of no use any more (nasty case 46 of `docs/directory-cases.md`): everything is read again, and nothing that happened meanwhile is
//! lost.

use crate::directory_faults::Faulty;
use crate::directory_follow::{company, named, serve_following, way_to};
use crate::directory_site::Site;
use crate::pages_support::administrator;
use crate::support::app::{Engine, TestApp};
use crate::support::faulty_ldap::ber::{element, number, octets, take};
use crate::support::faulty_ldap::directory::{Vendor, people, person_dn as faulty_dn};
use crate::support::faulty_ldap::{Directory, Entry, Reply, Request, refused};
use crate::support::slapd::{BASE, Options, SERVICE_DN, SERVICE_PASSWORD, Slapd, person, person_dn};
use crate::support::wait_until;

const CAUGHT_UP: &str = "SELECT COUNT(*) FROM sync_runs WHERE started_by = 'catch_up' AND outcome = 'applied'";

#[tokio::test]
async fn a_cookie_older_than_the_servers_change_log_makes_a_run_that_reads_everything() {
    let people = company() + &person("alan", "Alan", "Turing") + &person("barbara", "Barbara", "Liskov");
    // The log holds one change, and two will be missing.
    let slapd = Slapd::start_with(&Options { session_log: Some(1), ..Options::default() }, &people).await;
    let (address, cut) = way_to(slapd.url().trim_start_matches("ldap://").to_owned()).await;
    let mut site = Site::new(Engine::Sqlite).await;
    site.use_slapd(&slapd);
    site.set(&[("LDAP_URL", &format!("ldap://{address}"))]);
    let eye = serve_following(&mut site).await;
    // From here on there is a cookie.
    slapd.tools().modify(&named(&person_dn("grace"), "replace: mail\nmail: admiral@example.org")).await;
    eye.until("SELECT COUNT(*) FROM users WHERE email = 'admiral@example.org'", 1).await;
    let before = eye.count(CAUGHT_UP).await;
    cut.send_replace(true);
    eye.until("SELECT COUNT(*) FROM directory_following WHERE since IS NULL", 1).await;
    slapd.tools().delete(&person_dn("linus")).await;
    slapd.tools().delete(&person_dn("alan")).await;
    cut.send_replace(false);
    eye.until("SELECT COUNT(*) FROM users WHERE username IN ('linus', 'alan') AND directory_state = 'missing'", 2).await;
    assert_eq!(eye.count(CAUGHT_UP).await, before + 1, "not told one by one");
    site.muster.stop().await;
}

/// The cookie of a request to be told of changes; the outer `None` for any other request.
fn cookie_of(asked: &Request) -> Option<Option<Vec<u8>>> {
    let control = asked.controls.iter().find(|control| control.oid == "1.3.6.1.4.1.4203.1.9.1.1")?;
    let mut value = control.value.as_slice();
    let (_, mut parts) = take(&mut value)?;
    let _mode = take(&mut parts)?;
    Some(take(&mut parts).filter(|(tag, _)| *tag == 0x04).map(|(_, cookie)| cookie.to_vec()))
}

/// A word of the server between entries: a new cookie (0x80), all deletions were told (0xa1), all that is there was told (0xa2).
fn info(tag: u8, content: &[u8]) -> Reply {
    Reply::Intermediate("1.3.6.1.4.1.4203.1.9.1.4", element(tag, content))
}

/// Tells every few seconds that somebody changed, with a cookie.
fn telling() -> Vec<Reply> {
    let changed = Entry::person("person000");
    let state = element(0x30, &[number(0x0a, 1), octets([7; 16]), octets("a cookie")].concat());
    let told = Reply::With(Box::new(Reply::Entry(changed)), vec![("1.3.6.1.4.1.4203.1.9.1.2", state)]);
    let mut replies = vec![info(0xa1, &[])];
    for _ in 0..20 {
        replies.extend([Reply::Pause(std::time::Duration::from_secs(3)), told.clone()]);
    }
    replies
}

type Answer = fn() -> Vec<Reply>;

#[tokio::test]
async fn a_cookie_that_is_stale_or_garbage_to_the_server_makes_a_run_that_reads_everything_and_an_empty_one_is_none() {
    let answers: [(&str, Answer); 3] = [
        ("stale", || refused(4096, "sync refresh required")),
        ("garbage", || vec![Reply::Entry(Entry::person("person000")), info(0xa2, &[]), Reply::Silence]),
        ("garbage, with an empty cookie", || vec![info(0xa2, &octets("")), info(0x80, b""), Reply::Silence]),
    ];
    for (case, answer) in answers {
        eprintln!("{case}");
        let mut faulty = Faulty::start_on(Engine::Sqlite, Directory::of(Vendor::OpenLdap).with(people(12))).await;
        faulty.server.bend(|asked, honest| if cookie_of(asked).is_some() { telling() } else { honest });
        let (address, cut) = way_to(faulty.server.url().trim_start_matches("ldap://").to_owned()).await;
        faulty.site.set(&[("LDAP_URL", &format!("ldap://{address}"))]);
        let eye = serve_following(&mut faulty.site).await;
        faulty.server.change(|directory| {
            let entry = directory.entries.iter_mut().find(|entry| entry.dn == faulty_dn("person000").into_bytes()).expect("they are there");
            entry.attributes.retain(|(name, _)| name != b"mail");
            entry.attributes.push((b"mail".to_vec(), vec![b"other@example.org".to_vec()]));
        });
        eye.until("SELECT COUNT(*) FROM users WHERE email = 'other@example.org'", 1).await;
        let is_out = async |uid: &'static str, sql: &'static str| {
            eye.until("SELECT COUNT(*) FROM directory_following WHERE since IS NOT NULL AND problem = ''", 1).await;
            // A run that is to catch up must not be cut off as well: it would be tried again half a minute later. The first of these two may only join one.
            for _ in 0..2 {
                faulty.site.muster.run(["directory", "sync", "--format", "json"]).await;
            }
            cut.send_replace(true);
            eye.until("SELECT COUNT(*) FROM directory_following WHERE since IS NULL", 1).await;
            faulty.server.change(|directory| directory.entries.retain(|entry| entry.dn != faulty_dn(uid).into_bytes()));
            faulty.server.take_requests();
            cut.send_replace(false);
            eye.until(sql, 1).await;
            faulty.server.take_requests().iter().filter_map(cookie_of).collect::<Vec<_>>()
        };
        faulty.server.bend(move |asked, honest| match cookie_of(asked) {
            Some(Some(_)) => answer(),
            // Whoever comes without one gets the state of things; nothing is told afterwards.
            Some(None) => vec![info(0xa1, &[]), Reply::Silence],
            None => honest,
        });
        let came_with = is_out("person005", "SELECT COUNT(*) FROM users WHERE username = 'person005' AND directory_state = 'missing'").await;
        assert_eq!(came_with.first(), Some(&Some(b"a cookie".to_vec())), "{case}: it came with what it had");
        // The next time it has none, whatever it was given.
        let came_with = is_out("person006", "SELECT COUNT(*) FROM users WHERE username = 'person006' AND directory_state = 'missing'").await;
        assert_eq!(came_with.first(), Some(&None), "{case}: {came_with:?}");
        faulty.site.muster.stop().await;
    }
}

#[tokio::test]
async fn a_filter_that_is_changed_while_a_directory_is_followed_makes_a_run_that_reads_everything() {
    let staff = |uid: &str, surname: &str| person(uid, uid, surname).trim_end().to_owned() + "\nemployeeType: staff\n\n";
    let slapd = Slapd::start(&(staff("ada", "Lovelace") + &staff("linus", "Torvalds") + &person("grace", "Grace", "Hopper"))).await;
    let app = TestApp::start(Engine::Sqlite).await;
    let (_, browser) = administrator(&app, "root").await;
    let save = "/admin/directories/default/settings";
    let page = browser.get(save).await;
    let typed = [
        ("LDAP_ENABLED", "true"),
        ("LDAP_URL", &slapd.url()),
        ("LDAP_BIND_DN", SERVICE_DN),
        ("LDAP_BIND_PASSWORD", SERVICE_PASSWORD),
        ("LDAP_BASE", BASE),
        ("LDAP_USER_SEARCH_FILTER", "(&(objectClass=inetOrgPerson)(employeeType=staff))"),
    ];
    assert_eq!(browser.submit(&page, save, &typed).await.status, 303);
    let count = async |sql: &'static str| app.count(sql, vec![]).await;
    let followed = "SELECT COUNT(*) FROM directory_following WHERE mode = 'content_sync' AND since IS NOT NULL";
    wait_until("the directory to be followed", async || count(followed).await == 1).await;
    wait_until("the staff to come", async || count("SELECT COUNT(*) FROM users WHERE directory = 'default'").await == 2).await;
    let page = browser.get(save).await;
    assert_eq!(browser.submit(&page, save, &[("LDAP_USER_SEARCH_FILTER", "(objectClass=inetOrgPerson)")]).await.status, 303);
    wait_until("whoever fits the new filter to come", async || count("SELECT COUNT(*) FROM users WHERE directory = 'default'").await == 3).await;
    app.stop().await;
}
