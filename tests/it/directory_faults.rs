//! What directories should not do and do: each case ends with nothing changed and a sentence that says why, or is no reason to stop at all.

use std::time::Duration;

use serde_json::Value as Json;

use crate::directory_site::{Site, messages};
use crate::support::app::Engine;
use crate::support::certificates::Flaw;
use crate::support::faulty_ldap::directory::{BASE, Vendor, people, person_dn};
use crate::support::faulty_ldap::{
    Directory, Entry, FaultyLdap, Outcome, Reply, Request, bind_refused_by_active_directory, cut_after, cut_inside, ending, refused, slowly,
};
use crate::support::slapd::{Options, Slapd, person};
use crate::support::wait_until;

const ACCOUNT: (&str, &str) = ("cn=muster,dc=example,dc=org", "opensesame-faulty");

/// An installation that knows everybody a server holds, asked for in pages of five.
pub(crate) struct Faulty {
    pub(crate) site: Site,
    pub(crate) server: FaultyLdap,
}

impl Faulty {
    async fn start(directory: Directory) -> Self {
        Self::start_on(Engine::Sqlite, directory).await
    }

    /// An installation on one of the two databases that knows nobody yet.
    pub(crate) async fn start_on(engine: Engine, directory: Directory) -> Self {
        let server = FaultyLdap::start(directory.only_for(ACCOUNT.0, ACCOUNT.1)).await;
        let mut site = Site::new(engine).await;
        site.set(&[
            ("LDAP_ENABLED", "true"),
            ("LDAP_URL", &server.url()),
            ("LDAP_BIND_DN", ACCOUNT.0),
            ("LDAP_BIND_PASSWORD", ACCOUNT.1),
            ("LDAP_BASE", BASE),
            ("LDAP_USER_SEARCH_FILTER", "(objectClass=inetOrgPerson)"),
            ("LDAP_PAGE_SIZE", "5"),
        ]);
        Self { site, server }
    }

    /// Twelve people (three pages) in two groups, all taken over.
    async fn synced() -> Self {
        let groups = [Entry::group("engineers", &["person001", "person002"]), Entry::group("all", &["person003", "person011"])];
        let faulty = Self::start(Directory::of(Vendor::OpenLdap).with(people(12)).with(groups)).await;
        faulty.site.sync("applied").await;
        faulty
    }

    /// What a sync could change.
    async fn state(&self) -> (Vec<Json>, Vec<(String, Vec<String>)>) {
        (self.site.users().await.into_values().collect(), self.site.groups().await.into_iter().collect())
    }

    /// A run over a server that bends its answers fails, says `words`, and the next honest one finds nothing to do.
    async fn fails(&self, case: &str, words: &str, bend: impl Fn(&Request, Vec<Reply>) -> Vec<Reply> + Send + Sync + 'static) {
        self.fails_at_once(case, words, bend).await;
        self.server.behave();
        assert_eq!(self.site.sync("unchanged").await["users"]["unchanged"], 12, "{case}");
    }

    /// [`Faulty::fails`] without the honest run behind it.
    async fn fails_at_once(&self, case: &str, words: &str, bend: impl Fn(&Request, Vec<Reply>) -> Vec<Reply> + Send + Sync + 'static) {
        self.server.bend(bend);
        let before = self.site.last_write().await;
        let report = self.site.sync("failed").await;
        let said = messages(&report);
        assert!(said.len() == 1 && said[0].contains(words), "{case}: {said:?}");
        assert_eq!(report["users"]["disabled"], 0, "{case}");
        let after = self.site.last_write().await;
        assert_eq!((after.0, after.1), (before.0, before.1), "{case}: something was written");
    }
}

fn on_page(page: usize, request: &Request) -> bool {
    request.asks_for("uid") && request.page() == Some(page)
}

#[tokio::test]
async fn an_answer_cut_off_anywhere_changes_nothing() {
    let faulty = Faulty::synced().await;
    let before = faulty.state().await;
    let closed = "closed the connection";
    faulty.fails("at the bind", closed, |asked, honest| if asked.is_bind() { vec![Reply::Close] } else { honest }).await;
    for (page, entries) in [(1, 0), (1, 3), (2, 0), (2, 5), (3, 1), (3, 2)] {
        let case = format!("page {page} after {entries} entries");
        faulty.fails(&case, closed, move |asked, honest| if on_page(page, asked) { cut_after(honest, entries) } else { honest }).await;
    }
    for page in 1..=3 {
        let case = format!("inside an entry of page {page}");
        faulty.fails(&case, closed, move |asked, honest| if on_page(page, asked) { cut_inside(asked, honest, 1) } else { honest }).await;
    }
    let torn = |asked: &Request, honest| if on_page(2, asked) { vec![Reply::Reset] } else { honest };
    faulty.fails("torn down on page 2", closed, torn).await;
    faulty.fails("in the groups", closed, |asked, honest| if asked.asks_for("member") { cut_after(honest, 1) } else { honest }).await;
    assert_eq!(faulty.state().await, before);
}

#[tokio::test]
async fn every_refusal_at_every_place_changes_nothing_and_is_named() {
    let faulty = Faulty::synced().await;
    let before = faulty.state().await;
    for code in [1, 2, 3, 4, 7, 8, 10, 11, 12, 13, 16, 32, 34, 48, 49, 50, 51, 52, 53, 54, 80, 118, 4096, 65_536] {
        let words = format!("code {code}, \"because {code}\"");
        let no = move || refused(code, &format!("because {code}\r\n\u{7}"));
        // Any code but success ends a bind; a search goes on after some at its first page only with smaller pages, which is refused as well.
        faulty.fails_at_once(&format!("{code} at the bind"), &words, move |asked, honest| if asked.is_bind() { no() } else { honest }).await;
        for page in [1, 3] {
            let case = format!("{code} on page {page}");
            faulty.fails_at_once(&case, &words, move |asked, honest| if on_page(page, asked) { no() } else { honest }).await;
        }
        // The same with half of the page before it.
        let change = move |outcome: &mut Outcome| *outcome = Outcome::new(code, format!("because {code}"));
        let bend = move |asked: &Request, honest| if on_page(2, asked) { ending(honest, change) } else { honest };
        faulty.fails_at_once(&format!("{code} behind page 2"), &words, bend).await;
        faulty
            .fails_at_once(&format!("{code} in the groups"), &words, move |asked, honest| if asked.asks_for("member") { no() } else { honest })
            .await;
    }
    let elsewhere = |asked: &Request, honest| {
        let away = Outcome { referrals: vec!["ldap://other.example/dc=other".to_owned()], ..Outcome::new(10, "") };
        if on_page(1, asked) { vec![Reply::Done(away)] } else { honest }
    };
    faulty
        .fails("the base is a referral", "is on another server (this one sent a referral, pointing to ldap://other.example/dc=other)", elsewhere)
        .await;
    assert_eq!(faulty.state().await, before);
}

#[tokio::test]
async fn the_reasons_of_active_directory_are_told_apart_and_the_password_is_sent_once() {
    let faulty = Faulty::synced().await;
    for (sub_code, words) in [
        ("52e", "password is wrong"),
        ("525", "does not exist"),
        ("532", "has expired"),
        ("533", "is disabled"),
        ("701", "has expired"),
        ("773", "must change its password"),
        ("775", "is locked"),
    ] {
        faulty.server.take_requests();
        faulty.server.bend(move |asked, honest| if asked.is_bind() { bind_refused_by_active_directory(sub_code) } else { honest });
        let report = faulty.site.sync("failed").await;
        assert!(messages(&report)[0].contains(words), "{sub_code}: {report}");
        let binds: Vec<usize> = faulty.server.take_requests().iter().filter(|asked| asked.is_bind()).map(|asked| asked.connection).collect();
        assert_eq!(binds.len(), 1, "{sub_code}: a wrong password tried again locks accounts");
    }
    faulty.server.behave();
    faulty.site.sync("unchanged").await;
}

#[tokio::test]
async fn nonsense_on_the_wire_ends_the_run_and_nothing_else() {
    let faulty = Faulty::synced().await;
    let before = faulty.state().await;
    let cases: [(&str, &[u8]); 7] = [
        ("an operation that does not exist", b"\x30\x05\x02\x01\x02\x7e\x00"),
        ("an entry without content", b"\x30\x05\x02\x01\x03\x64\x00"),
        ("a result without a code", b"\x30\x05\x02\x01\x03\x65\x00"),
        ("no message at all", b"HTTP/1.1 400 Bad Request\r\n\r\n"),
        ("a gigabyte announced", b"\x30\x84\x40\x00\x00\x00\x02\x01\x03"),
        ("a length of 127 bytes", b"\x30\xff\xff\xff\xff\xff\xff\xff\xff\xff"),
        ("zeros", &[0; 64]),
    ];
    for (case, bytes) in cases {
        for at_bind in [true, false] {
            let nonsense = move |asked: &Request, honest| {
                let here = if at_bind { asked.is_bind() } else { on_page(2, asked) };
                if here { vec![Reply::Bytes(bytes.to_vec()), Reply::Close] } else { honest }
            };
            faulty.fails(&format!("{case} (bind: {at_bind})"), "", nonsense).await;
        }
    }
    let odd_words =
        |asked: &Request, honest| if on_page(2, asked) { ending(honest, |end| *end = Outcome::new(53, b"\xff\xfe\x00no")) } else { honest };
    faulty.fails("words that are no UTF-8", "", odd_words).await;
    assert_eq!(faulty.state().await, before);
}

#[tokio::test]
async fn a_server_that_falls_silent_is_given_up() {
    let silent = |when: fn(&Request) -> bool, first: &'static [u8]| async move {
        let mut faulty = Faulty::synced().await;
        faulty.site.muster.set("LDAP_ANSWER_SECONDS", "1");
        let bend = move |asked: &Request, honest| if when(asked) { vec![Reply::Bytes(first.to_vec()), Reply::Silence] } else { honest };
        faulty.fails("silence", "did not answer in time", bend).await;
    };
    // Side by side: each takes as long as an answer may.
    tokio::join!(
        silent(Request::is_bind, b""),
        silent(|asked| on_page(2, asked), b""),
        silent(|asked| on_page(2, asked), b"\x30\x84\x04\x00\x00\x00\x02\x01\x03"),
    );
}

#[tokio::test]
async fn an_answer_that_says_it_is_a_gigabyte_long_is_not_waited_for() {
    let faulty = Faulty::synced().await;
    faulty
        .fails("a gigabyte", "not LDAP", |asked, honest| {
            if on_page(2, asked) { vec![Reply::Bytes(b"\x30\x84\x40\x00\x00\x00\x02\x01\x03".to_vec()), Reply::Silence] } else { honest }
        })
        .await;
}

#[tokio::test]
async fn a_held_run_that_is_discarded_while_its_confirmation_is_read_is_not_applied() {
    let faulty = Faulty::synced().await;
    faulty.server.change(|directory| directory.entries.retain(|entry| !entry.dn.starts_with(b"uid=person00")));
    let held = faulty.site.sync("held").await["run_id"].as_str().expect("an id").to_owned();
    faulty.server.bend(|asked, honest| if asked.asks_for("uid") { slowly(honest, Duration::from_secs(1)) } else { honest });
    let mut command = faulty.site.muster.start(["directory", "sync", "--confirm", &held, "--format", "json"], "confirm.log");
    wait_until("the run to begin", async || faulty.site.count("SELECT COUNT(*) FROM sync_runs WHERE outcome IS NULL").await == 1).await;
    faulty.site.execute("UPDATE sync_runs SET discarded_at = started_at WHERE outcome = 'held'", vec![]).await;
    wait_until("the command to end", async || command.ended().is_some()).await;
    assert!(command.log().contains("was discarded by somebody else"), "{}", command.log());
    assert_eq!(faulty.site.count("SELECT COUNT(*) FROM users WHERE directory_state = 'missing'").await, 0);
    assert_eq!(faulty.site.count("SELECT COUNT(*) FROM sync_runs WHERE confirmed_at IS NOT NULL").await, 0);
}

#[tokio::test]
async fn pages_that_repeat_without_end_are_noticed() {
    let faulty = Faulty::synced().await;
    let again = |end: &mut Outcome| end.cookie = Some(b"again".to_vec());
    faulty
        .fails("the first page for ever", "without end", move |asked, honest| {
            let first = honest.iter().filter(|reply| matches!(reply, Reply::Entry(_))).count() > 0;
            if asked.asks_for("uid") && (first || asked.page() != Some(1)) {
                let entry = Reply::Entry(Entry::person("person000"));
                return ending(vec![entry, Reply::Done(Outcome::default())], again);
            }
            honest
        })
        .await;
    faulty
        .fails("empty pages for ever", "without end", move |asked, honest| {
            if asked.asks_for("uid") { ending(vec![Reply::Done(Outcome::default())], again) } else { honest }
        })
        .await;
}

#[tokio::test]
async fn a_domain_controller_restored_from_a_backup_makes_a_run_that_reads_everything() {
    let mut faulty = Faulty::start(Directory::of(Vendor::ActiveDirectory).with(people(3))).await;
    faulty.site.set(&[("LDAP_FOLLOW_CHANGES", "true")]);
    faulty.site.muster.serve().await;
    let waits_for = async |site: &Site, sql: &'static str| crate::support::wait_until(sql, async || site.count(sql).await == 1).await;
    waits_for(&faulty.site, "SELECT COUNT(*) FROM directory_following WHERE mode = 'usn' AND since IS NOT NULL").await;
    waits_for(&faulty.site, "SELECT COUNT(*) FROM sync_runs WHERE started_by = 'start' AND outcome = 'applied'").await;
    // Its update number goes back, and what was told by the numbers before says nothing about what is there now.
    faulty.server.change(|directory| directory.entries.push(Entry::person("person100")));
    faulty.server.bend(|asked, mut honest| {
        for reply in &mut honest {
            if let Reply::Entry(entry) = reply
                && asked.asks_for("highestCommittedUSN")
            {
                entry.attributes.retain(|(name, _)| !name.eq_ignore_ascii_case(b"highestCommittedUSN"));
                *entry = entry.clone().with("highestCommittedUSN", "77");
            }
        }
        honest
    });
    waits_for(&faulty.site, "SELECT COUNT(*) FROM users WHERE username = 'person100'").await;
    assert_eq!(faulty.site.count("SELECT COUNT(*) FROM sync_runs WHERE started_by = 'catch_up' AND outcome = 'applied'").await, 1);
    faulty.site.muster.stop().await;
}

#[tokio::test]
async fn servers_with_ways_of_their_own_are_taken_as_they_are() {
    let faulty = Faulty::synced().await;
    type Bend = fn(&Request, Vec<Reply>) -> Vec<Reply>;
    let ways: [(&str, Bend); 5] = [
        ("slow", |_, honest| slowly(honest, Duration::from_millis(20))),
        ("wrong about the number of entries", |_, honest| ending(honest, |end| end.estimate = 4_000_000_000)),
        ("with search references", |asked, mut honest| {
            if asked.search().is_some() {
                honest.insert(0, Reply::Reference(vec!["ldap://other.example/CN=Configuration".to_owned()]));
            }
            honest
        }),
        ("with a picture nobody asked for", |asked, mut honest| {
            for reply in &mut honest {
                if let Reply::Entry(entry) = reply
                    && entry.dn == person_dn("person001").into_bytes()
                    && asked.asks_for("uid")
                {
                    *entry = entry.clone().with("jpegPhoto", vec![0xff; 10_000_000]);
                }
            }
            honest
        }),
        ("without the attribute's usual spelling", |_, mut honest| {
            for reply in &mut honest {
                if let Reply::Entry(entry) = reply {
                    entry.attributes.iter_mut().for_each(|(name, _)| name.make_ascii_uppercase());
                }
            }
            honest
        }),
    ];
    for (way, bend) in ways {
        faulty.server.bend(bend);
        assert_eq!(faulty.site.sync("unchanged").await["users"]["unchanged"], 12, "{way}");
    }
    faulty.server.behave();
    // lldap answers the control and sends everything at once.
    faulty.server.change(|directory| directory.vendor = Vendor::Lldap);
    faulty.site.sync("unchanged").await;
}

#[tokio::test]
async fn a_server_that_refuses_a_page_size_is_asked_for_smaller_ones() {
    let mut faulty = Faulty::synced().await;
    faulty.site.muster.set("LDAP_PAGE_SIZE", "1000");
    faulty.server.take_requests();
    faulty.server.bend(|asked, honest| if asked.page_size().is_some_and(|size| size > 100) { refused(11, "illegal page size") } else { honest });
    faulty.site.sync("unchanged").await;
    let sizes: Vec<usize> = faulty.server.take_requests().iter().filter(|asked| asked.asks_for("uid")).filter_map(Request::page_size).collect();
    assert_eq!(sizes, [1000, 250, 100]);
}

#[tokio::test]
async fn entries_that_cannot_be_read_are_reported_and_everyone_else_comes() {
    let odd = |uid: &str| Entry::new(person_dn(uid)).with("objectClass", "inetOrgPerson").with("cn", "Odd").with("sn", "Odd");
    let directory = Directory::of(Vendor::OpenLdap).with(people(3)).with([
        odd("no-id").with("uid", "no-id"),
        odd("no-text").with("entryUUID", "id-no-text").with("uid", b"\xff\xfe".to_vec()),
        odd("odd-mail").with("entryUUID", "id-odd-mail").with("uid", "odd-mail").with("mail", b"\xffodd@example.org".to_vec()),
        Entry { dn: b"uid=\xff,ou=people,dc=example,dc=org".to_vec(), ..odd("odd-dn").with("entryUUID", "id-odd-dn").with("uid", "odd-dn") },
        odd("odd-name").with("entryUUID", "id-odd-name").with("uid", "odd-name").with(b"\xff\xfe".to_vec(), "?"),
    ]);
    let faulty = Faulty::start(directory).await;
    let report = faulty.site.sync("applied").await;
    let users = faulty.site.users().await;
    for name in ["person000", "person001", "person002", "odd-mail", "odd-name"] {
        assert!(users.contains_key(name), "{name}: {report}");
    }
    assert!(users["odd-mail"]["email"].is_null());
    for name in ["no-id", "no-text"] {
        let named = report["problems"].as_array().expect("problems").iter().any(|problem| problem["dn"] == person_dn(name));
        assert!(named, "{name}: {report}");
    }
    faulty.site.sync("unchanged").await;
}

#[tokio::test]
async fn one_id_twice_changes_nothing_of_the_person_it_belongs_to() {
    let faulty = Faulty::synced().await;
    let before = faulty.site.user("person001").await;
    faulty.server.change(|directory| {
        let mut twin = Entry::person("person001");
        twin.dn = person_dn("twin").into_bytes();
        directory.entries.push(twin);
    });
    let said = faulty.site.muster.run(["directory", "sync", "--format", "json"]).await;
    assert!(!messages(&said.json()).is_empty(), "{said:?}");
    assert_eq!(faulty.site.user("person001").await, before);
}

/// Active Directory with people enough that a group of them comes in three parts.
async fn large_group() -> Faulty {
    const COUNT: usize = 3_100;
    let name = |number: usize| format!("person{number:04}");
    let everybody: Vec<Entry> = (0..COUNT).map(|number| Entry::person(&name(number))).collect();
    let names: Vec<String> = (0..COUNT).map(name).collect();
    let group = Entry::group("crowd", &names.iter().map(String::as_str).collect::<Vec<_>>());
    let mut faulty = Faulty::start(Directory::of(Vendor::ActiveDirectory).with(everybody).with([group])).await;
    faulty.site.muster.set("LDAP_PAGE_SIZE", "1000");
    faulty
}

#[tokio::test]
async fn a_group_of_more_members_than_active_directory_sends_at_a_time_comes_whole() {
    let faulty = large_group().await;
    let report = faulty.site.sync("applied").await;
    assert_eq!((&report["memberships"]["added"], messages(&report)), (&Json::from(3_100), vec![]));
    let requests = faulty.server.take_requests();
    let asked = |name: &str| requests.iter().filter(|request| request.asks_for(name)).count();
    assert_eq!((asked("member"), asked("member;range=1500-*"), asked("member;range=3000-*")), (1, 1, 1));
    assert!(requests.iter().all(|request| request.connection == 1), "all over one connection");

    // The last part is missing.
    faulty.server.bend(|asked, honest| if asked.asks_for("member;range=3000-*") { refused(0, "") } else { honest });
    let report = faulty.site.sync("failed").await;
    assert!(messages(&report)[0].contains("cn=crowd,ou=groups"), "{report}");
    // The same part again and again.
    faulty.server.bend(|asked, honest| {
        if !asked.asks_for("member;range=3000-*") {
            return honest;
        }
        let group = Entry::new("cn=crowd,ou=groups,dc=example,dc=org").with("member;range=1500-2999", person_dn("person0000"));
        vec![Reply::Entry(group), Reply::Done(Outcome::default())]
    });
    let report = faulty.site.sync("failed").await;
    assert!(messages(&report)[0].contains("without end"), "{report}");
    faulty.server.behave();
    faulty.site.sync("unchanged").await;
    assert_eq!(faulty.site.count("SELECT COUNT(*) FROM group_members").await, 3_100);
}

#[tokio::test]
async fn a_server_whose_certificate_is_not_right_is_not_told_the_password() {
    for (flaw, words) in [
        (Flaw::Expired, "certificate has expired"),
        (Flaw::WrongName, "certificate is for another name"),
        (Flaw::OtherAuthority, "not by the one given as trusted"),
    ] {
        let slapd = Slapd::start_with(&Options { flaw, ..Options::default() }, &person("ada", "Ada", "Lovelace")).await;
        let mut site = Site::new(Engine::Sqlite).await;
        site.use_slapd(&slapd);
        let pem = std::fs::read_to_string(slapd.authority()).expect("the authority");
        site.set(&[("LDAP_URL", &slapd.tls_url()), ("LDAP_CA_CERTIFICATE", &pem)]);
        let report = site.sync("failed").await;
        assert!(messages(&report)[0].contains(words), "{flaw:?}: {report}");
        let tested = site.muster.run(["directory", "test", "--format", "json"]).await.json();
        let bind = tested["steps"].as_array().expect("steps").iter().find(|step| step["phase"] == "bind").expect("a step");
        assert_eq!(bind["outcome"], "not_tried", "{flaw:?}");
    }
}
