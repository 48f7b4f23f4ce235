//! What real servers do rarely, from a server in the test process: refuse page sizes, page without end, cut members into ranges, send nonsense. One file: every test is a few
//! lines of what that one server says.

use std::sync::Arc;

use futures::{SinkExt as _, StreamExt as _};
use ldap3_proto::control::LdapControl;
use ldap3_proto::proto::{
    LdapBindResponse, LdapExtendedResponse, LdapMsg, LdapOp, LdapPartialAttribute, LdapResult, LdapResultCode, LdapSearchRequest,
    LdapSearchResultEntry, LdapSearchResultReference, LdapSearchScope,
};
use proptest::prelude::*;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;
use tokio_util::codec::Framed;
use tokio_util::task::AbortOnDropHandle;

use super::super::config::{Bind, ServerAddress};
use super::super::filter::Filter;
use super::super::model::EntryId;
use super::super::settings;
use super::*;
use crate::clock::Timestamp;
use crate::secret::Password;

/// 21 November 2026.
const NOW: Timestamp = Timestamp::from_seconds(1_795_219_200);

/// What the server does with one search.
enum Reply {
    /// Entries, then this result; `Some` cookie says that there is more.
    Page(Vec<LdapSearchResultEntry>, LdapResultCode, Option<Vec<u8>>),
    /// Entries, then the connection closes.
    Close(Vec<LdapSearchResultEntry>),
    /// Bytes as they are.
    Bytes(&'static [u8]),
    /// Nothing.
    Silence,
}

struct Page<'r> {
    search: &'r LdapSearchRequest,
    size: i64,
    cookie: Vec<u8>,
}

type Script = Arc<dyn Fn(Page<'_>) -> Reply + Send + Sync>;

/// What the server answers to binds, and what it was asked.
struct Manners {
    bind: LdapResult,
    start_tls: LdapResultCode,
    asked: std::sync::Mutex<Vec<String>>,
}

impl Default for Manners {
    fn default() -> Self {
        Self { bind: result(LdapResultCode::Success), start_tls: LdapResultCode::ProtocolError, asked: std::sync::Mutex::default() }
    }
}

fn result(code: LdapResultCode) -> LdapResult {
    LdapResult { code, matcheddn: String::new(), message: String::new(), referral: vec![] }
}

struct Fake {
    address: std::net::SocketAddr,
    manners: Arc<Manners>,
    _server: AbortOnDropHandle<()>,
}

impl Fake {
    async fn start(script: impl Fn(Page<'_>) -> Reply + Send + Sync + 'static) -> Self {
        Self::with(Manners::default(), script).await
    }

    async fn with(manners: Manners, script: impl Fn(Page<'_>) -> Reply + Send + Sync + 'static) -> Self {
        Self::at("127.0.0.1:0", manners, script).await
    }

    async fn at(address: &str, manners: Manners, script: impl Fn(Page<'_>) -> Reply + Send + Sync + 'static) -> Self {
        let (script, manners): (Script, _) = (Arc::new(script), Arc::new(manners));
        let kept = Arc::clone(&manners);
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&manners), Arc::clone(&script)));
            }
        });
        Self { address, manners: kept, _server: AbortOnDropHandle::new(server) }
    }

    /// What was asked so far, one word each; a search with its filter.
    fn asked(&self) -> Vec<String> {
        self.manners.asked.lock().unwrap().clone()
    }

    fn config(&self) -> DirectoryConfig {
        let url = format!("ldap://{}", self.address);
        let texts = [("LDAP_URL", url.as_str()), ("LDAP_BASE", "dc=x"), ("LDAP_BIND_DN", "cn=svc,dc=x"), ("LDAP_BIND_PASSWORD", "s3cret")];
        settings::read("default", |key| texts.iter().find(|(name, _)| *name == key).map(|(_, text)| *text)).unwrap()
    }
}

async fn serve(stream: tokio::net::TcpStream, manners: Arc<Manners>, script: Script) {
    stream.set_nodelay(true).unwrap();
    let mut framed = Framed::new(stream, ldap3_proto::LdapCodec::default());
    while let Some(Ok(LdapMsg { msgid, op, ctrl })) = framed.next().await {
        let ask = |words: String| manners.asked.lock().unwrap().push(words);
        let search = match op {
            LdapOp::BindRequest(bind) => {
                ask(format!("bind {}", bind.dn));
                let op = LdapOp::BindResponse(LdapBindResponse { res: manners.bind.clone(), saslcreds: None });
                framed.send(LdapMsg { msgid, op, ctrl: vec![] }).await.unwrap();
                continue;
            }
            LdapOp::ExtendedRequest(asked) => {
                ask(format!("extended {}", asked.name));
                let op = LdapOp::ExtendedResponse(LdapExtendedResponse { res: result(manners.start_tls.clone()), name: None, value: None });
                framed.send(LdapMsg { msgid, op, ctrl: vec![] }).await.unwrap();
                continue;
            }
            LdapOp::SearchRequest(search) => {
                ask(format!("search {:?} {:?}", search.base, search.filter));
                search
            }
            LdapOp::UnbindRequest => {
                ask("unbind".to_owned());
                return;
            }
            _ => return,
        };
        let paging = ctrl.into_iter().find_map(|control| match control {
            LdapControl::SimplePagedResults { size, cookie } => Some((size, cookie)),
            _ => None,
        });
        let (size, cookie) = paging.unwrap_or_default();
        let reply = script(Page { search: &search, size, cookie });
        let (entries, end) = match reply {
            Reply::Page(entries, code, cookie) => (entries, Some((code, cookie))),
            Reply::Close(entries) => (entries, None),
            Reply::Bytes(bytes) => {
                framed.get_mut().write_all(bytes).await.unwrap();
                (vec![], None)
            }
            Reply::Silence => std::future::pending().await,
        };
        for entry in entries {
            framed.send(LdapMsg { msgid, op: LdapOp::SearchResultEntry(entry), ctrl: vec![] }).await.unwrap();
        }
        let Some((code, cookie)) = end else { return };
        if code == LdapResultCode::Success {
            let uris = vec!["ldap://elsewhere.example/dc=y".to_owned()];
            framed.send(LdapMsg { msgid, op: LdapOp::SearchResultReference(LdapSearchResultReference { uris }), ctrl: vec![] }).await.unwrap();
        }
        let ctrl = cookie.map(|cookie| LdapControl::SimplePagedResults { size: 0, cookie }).into_iter().collect();
        framed.send(LdapMsg { msgid, op: LdapOp::SearchResultDone(result(code)), ctrl }).await.unwrap();
    }
}

fn entry(dn: &str, attributes: &[(&str, &[&str])]) -> LdapSearchResultEntry {
    let attribute = |(name, values): &(&str, &[&str])| LdapPartialAttribute {
        atype: (*name).to_owned(),
        vals: values.iter().map(|value| value.as_bytes().to_vec()).collect(),
    };
    LdapSearchResultEntry { dn: dn.to_owned(), attributes: attributes.iter().map(attribute).collect() }
}

fn person(n: usize) -> LdapSearchResultEntry {
    entry(&format!("uid=u{n},dc=x"), &[("entryUUID", &[&format!("id{n}")]), ("uid", &[&format!("u{n}")])])
}

fn is_for_people(search: &LdapSearchRequest) -> bool {
    search.attrs.iter().any(|attribute| attribute == "uid")
}

fn done(entries: Vec<LdapSearchResultEntry>) -> Reply {
    Reply::Page(entries, LdapResultCode::Success, Some(vec![]))
}

/// Ten people in pages of the size asked for; the cookie is where the next page begins.
fn ten_people(page: &Page<'_>) -> Reply {
    if !is_for_people(page.search) {
        return done(vec![]);
    }
    let from = page.cookie.first().map_or(0, |byte| usize::from(*byte));
    let to = (from + usize::try_from(page.size).unwrap()).min(10);
    Reply::Page((from..to).map(person).collect(), LdapResultCode::Success, Some(if to < 10 { vec![u8::try_from(to).unwrap()] } else { vec![] }))
}

#[tokio::test]
async fn pages_are_followed_to_the_end_and_referrals_counted_not_followed() {
    let fake = Fake::start(|page| ten_people(&page)).await;
    let mut config = fake.config();
    config.connection.limits.page_size = 3;
    let snapshot = fetch(&config, NOW).await.unwrap();
    assert_eq!((snapshot.users.len(), snapshot.referrals, snapshot.server), (10, 5, format!("ldap://{}", fake.address)));
    let problem = snapshot.problems.iter().next().unwrap();
    assert!(problem.message.contains("ldap://elsewhere.example/dc=y"), "{}", problem.message);
    for _ in 0..1000 {
        tokio::task::yield_now().await;
    }
    assert_eq!(fake.asked().last().map(String::as_str), Some("unbind"));
}

#[test]
fn the_partitions_every_domain_points_to_are_no_problem() {
    let found =
        |places: &[&str]| Tally { referrals: places.len(), places: places.iter().map(|&place| place.to_owned()).collect(), ..Tally::default() };
    let usual =
        ["ldap://corp.example/CN=Configuration,DC=corp,DC=example", "ldap://DomainDnsZones.corp.example/DC=DomainDnsZones,DC=corp,DC=example"];
    assert_eq!(referral_problem(&found(&usual)), None);
    assert_eq!(referral_problem(&found(&[])), None);
    assert!(referral_problem(&found(&[usual[0], "ldap://emea.corp.example/DC=emea,DC=corp"])).unwrap().contains("emea"));
}

#[tokio::test]
async fn who_is_below_two_places_is_read_once() {
    let fake = Fake::start(|page| ten_people(&page)).await;
    let mut config = fake.config();
    config.search.user_bases = ["dc=x", "DC=X", "ou=people, dc=x"].map(str::to_owned).to_vec();
    let snapshot = fetch(&config, NOW).await.unwrap();
    assert_eq!(snapshot.users.len(), 10);
    assert_eq!(fake.asked().iter().filter(|asked| asked.contains("person")).count(), 2, "the same place twice is asked once");
}

#[tokio::test]
async fn one_level_is_asked_for_where_it_is_set() {
    let fake = Fake::start(|page| if page.search.scope == LdapSearchScope::OneLevel { ten_people(&page) } else { done(vec![]) }).await;
    let mut config = fake.config();
    config.search.one_level = true;
    assert_eq!(fetch(&config, NOW).await.unwrap().users.len(), 10);
}

#[tokio::test]
async fn a_server_that_refuses_start_tls_gets_nothing_more() {
    let fake = Fake::start(|page| ten_people(&page)).await;
    let mut config = fake.config();
    config.connection.start_tls = true;
    let error = fetch(&config, NOW).await.unwrap_err();
    assert!(error.phase == Phase::Tls && error.message.contains("refused StartTLS"), "{error}");
    assert_eq!(fake.asked(), ["extended 1.3.6.1.4.1.1466.20037"]);
    let password = Password::new("hunter2");
    let within = std::time::Duration::from_secs(2);
    assert!(check_password(&config, "uid=u1,dc=x", &password, within).await.unwrap_err().message.contains("refused StartTLS"));
    assert!(!fake.asked().iter().any(|asked| asked.contains("bind")));
}

#[tokio::test]
async fn a_server_that_agrees_to_start_tls_and_does_not_is_left() {
    let fake = Fake::with(Manners { start_tls: LdapResultCode::Success, ..Manners::default() }, |page| ten_people(&page)).await;
    let mut config = fake.config();
    config.connection.start_tls = true;
    config.connection.limits.connect_within = std::time::Duration::from_secs(1);
    let error = fetch(&config, NOW).await.unwrap_err();
    assert!(matches!(error.phase, Phase::Tls | Phase::Connect), "{error}");
    assert!(!fake.asked().iter().any(|asked| asked.contains("bind")));
}

#[tokio::test]
async fn the_next_server_is_asked_when_one_is_dead_or_busy_and_not_when_one_refused() {
    let good = Fake::start(|page| ten_people(&page)).await;
    let dead = ServerAddress::Tcp { tls: false, host: "127.0.0.1".to_owned(), port: 1 };
    let busy = Fake::with(Manners { bind: result(LdapResultCode::Busy), ..Manners::default() }, |page| ten_people(&page)).await;
    let mut config = good.config();
    config.connection.servers.splice(0..0, [dead, busy.config().connection.servers.remove(0)]);
    let snapshot = fetch(&config, NOW).await.unwrap();
    assert_eq!((snapshot.users.len(), snapshot.server.clone()), (10, format!("ldap://{}", good.address)));
    let problems: Vec<&str> = snapshot.problems.iter().map(|problem| problem.message.as_str()).collect();
    assert!(
        problems.iter().any(|problem| problem.contains("Nothing listens")) && problems.iter().any(|problem| problem.contains("busy")),
        "{problems:?}"
    );

    let strict = Fake::with(Manners { bind: result(LdapResultCode::InvalidCredentials), ..Manners::default() }, |page| ten_people(&page)).await;
    config.connection.servers[1] = strict.config().connection.servers.remove(0);
    let binds = |fake: &Fake| fake.asked().iter().filter(|asked| asked.starts_with("bind")).count();
    assert!(fetch(&config, NOW).await.unwrap_err().message.contains("password is wrong"));
    assert_eq!((binds(&good), binds(&strict)), (1, 1), "a wrong password is tried once");
}

#[tokio::test]
async fn of_several_addresses_of_one_name_the_first_that_takes_a_connection_is_used() {
    let alive = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let six = TcpListener::bind("[::1]:0").await.unwrap();
    let dead = {
        let gone = TcpListener::bind("127.0.0.1:0").await.unwrap();
        gone.local_addr().unwrap()
    };
    let server = ServerAddress::parse("ldap://ldap.example.org").unwrap();
    let within = Duration::from_secs(5);
    let (alive, six) = (alive.local_addr().unwrap(), six.local_addr().unwrap());
    for (addresses, used) in [(vec![dead, alive], alive), (vec![dead, dead, six], six), (vec![six, alive], six), (vec![alive, dead], alive)] {
        match connection::connect(&server, &addresses, within).await.unwrap() {
            connection::Socket::Tcp(_, address) => assert_eq!(address, used, "{addresses:?}"),
            connection::Socket::Unix(_) => panic!("no socket was asked for"),
        }
    }
    let error = connection::connect(&server, &[dead, dead], within).await.err().expect("nobody is there");
    assert!(error.phase == Phase::Connect && error.message.contains("ldap.example.org"), "{error}");
}

#[tokio::test]
async fn a_server_is_reached_by_its_ipv6_address() {
    let fake = Fake::at("[::1]:0", Manners::default(), |page| ten_people(&page)).await;
    assert!(fake.config().connection.servers[0].to_string().starts_with("ldap://[::1]:"));
    assert_eq!(fetch(&fake.config(), NOW).await.unwrap().users.len(), 10);
}

#[tokio::test]
async fn sasl_external_needs_something_that_proves_who_asks() {
    let fake = Fake::start(|page| ten_people(&page)).await;
    let mut config = fake.config();
    config.connection.bind = Bind::External;
    let error = fetch(&config, NOW).await.unwrap_err();
    assert!(error.phase == Phase::Bind && error.message.contains("client certificate"), "{error}");
    assert!(fake.asked().is_empty());
}

#[tokio::test]
async fn a_port_that_speaks_something_else_is_named_as_such() {
    // A TLS alert, as a TLS port answers to plain LDAP.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let fake = Fake::start(|page| ten_people(&page)).await;
    let mut config = fake.config();
    config.connection.servers = vec![ServerAddress::Tcp { tls: false, host: "127.0.0.1".to_owned(), port: listener.local_addr().unwrap().port() }];
    let server = AbortOnDropHandle::new(tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            stream.write_all(b"\x15\x03\x01\x00\x02\x02\x46").await.unwrap();
            let _ = tokio::io::AsyncReadExt::read(&mut stream, &mut [0; 512]).await;
        }
    }));
    let error = fetch(&config, NOW).await.unwrap_err();
    assert!(error.message.contains("ldaps://"), "{error}");
    drop(server);
    // And the other way round: TLS to a port that speaks plain LDAP.
    config.connection.servers = vec![ServerAddress::Tcp { tls: true, host: "127.0.0.1".to_owned(), port: fake.address.port() }];
    let error = fetch(&config, NOW).await.unwrap_err();
    assert!(error.phase == Phase::Tls && error.message.contains("ldap://"), "{error}");
}

/// Where the ten people are, as [`find_person`] asks for one.
fn a_search_for_one(page: &Page<'_>) -> Reply {
    let asked = format!("{:?}", page.search.filter);
    let found = (0..10).filter(|n| asked.contains(&format!("\"u{n}\"")) || asked.contains(&format!("\"id{n}\""))).map(person);
    done(found.filter(|_| asked.contains("person") || page.search.base == "dc=x").collect())
}

#[tokio::test]
async fn one_person_is_found_by_what_was_typed_and_nothing_else() {
    let fake = Fake::start(|page| a_search_for_one(&page)).await;
    let (config, within) = (fake.config(), std::time::Duration::from_secs(2));
    let by_name = find_person(&config, PersonKey::Username(" u3 "), NOW, within).await.unwrap().unwrap();
    assert!(by_name.is_in_scope() && by_name.user.unwrap().id.text() == "id3");
    let by_id = find_person(&config, PersonKey::Id(&EntryId::from("id4")), NOW, within).await.unwrap().unwrap();
    assert_eq!((by_id.user.unwrap().username.as_str(), by_id.server), ("u4", format!("ldap://{}", fake.address)));

    let before = fake.asked().len();
    assert!(find_person(&config, PersonKey::Username(""), NOW, within).await.unwrap().is_none());
    assert!(find_person(&config, PersonKey::Username(&"x".repeat(600)), NOW, within).await.unwrap().is_none());
    assert!(find_person(&config, PersonKey::Dn(""), NOW, within).await.unwrap().is_none());
    assert_eq!(fake.asked().len(), before, "nothing is asked for nothing");

    for typed in ["*", "u*", "*)(uid=*", "u1)(|(uid=*", "\\2a", "u1\0"] {
        assert!(find_person(&config, PersonKey::Username(typed), NOW, within).await.unwrap().is_none(), "{typed}");
    }
    assert!(!fake.asked().iter().any(|asked| asked.contains("Substring") || asked.contains("Present")), "{:?}", fake.asked());
}

#[tokio::test]
async fn a_key_of_two_entries_is_an_error_and_no_guess() {
    let fake = Fake::start(|_| done(vec![person(1), person(2)])).await;
    let error = find_person(&fake.config(), PersonKey::Email("shared@x"), NOW, std::time::Duration::from_secs(2)).await.unwrap_err();
    assert!(error.message.contains("uid=u1,dc=x") && error.message.contains("uid=u2,dc=x"), "{error}");
}

#[tokio::test]
async fn who_is_elsewhere_or_not_in_the_filter_is_found_as_out_of_scope() {
    let fake = Fake::start(|page| {
        let asked = format!("{:?}", page.search.filter);
        done(if asked.contains("person") { vec![] } else { vec![person(1)] })
    })
    .await;
    let mut config = fake.config();
    config.search.user_bases = vec!["ou=people,dc=x".to_owned()];
    for key in [PersonKey::Username("u1"), PersonKey::Dn("uid=u1,dc=x")] {
        let found = find_person(&config, key, NOW, std::time::Duration::from_secs(2)).await.unwrap().unwrap();
        assert_eq!((found.passes_filter, found.is_below_bases, found.is_in_scope()), (false, false, false));
    }
}

#[tokio::test]
async fn a_silent_server_costs_a_search_for_one_no_more_than_its_time() {
    let silent = Fake::start(|_| Reply::Silence).await;
    let (config, within) = (silent.config(), std::time::Duration::from_millis(300));
    let asked = tokio::time::timeout(std::time::Duration::from_secs(5), find_person(&config, PersonKey::Username("u1"), NOW, within));
    let error = asked.await.unwrap().unwrap_err();
    assert!(error.message.contains("did not answer in time") || error.message.contains("took longer"), "{error}");
}

#[tokio::test]
async fn a_password_is_asked_about_once_over_a_connection_of_its_own() {
    use LdapResultCode::{Busy, ConfidentialityRequired, InvalidCredentials, Success};
    let within = std::time::Duration::from_secs(2);
    let words = |code, message: &str| LdapResult { message: message.to_owned(), ..result(code) };
    for (bind, verdict) in [
        (words(Success, ""), Some(PasswordVerdict::Right)),
        (words(InvalidCredentials, ""), Some(PasswordVerdict::Wrong)),
        (words(InvalidCredentials, "80090308: …, data 775, v1db1"), Some(PasswordVerdict::Refused(Refusal::Locked))),
        (words(ConfidentialityRequired, "hunter2"), None),
        (words(Busy, ""), None),
    ] {
        let fake = Fake::with(Manners { bind, ..Manners::default() }, |_| done(vec![])).await;
        let said = check_password(&fake.config(), "uid=ada,dc=x", &Password::new("hunter2"), within).await;
        assert_eq!(said.ok(), verdict);
        assert_eq!(fake.asked().iter().filter(|asked| asked.starts_with("bind")).collect::<Vec<_>>(), ["bind uid=ada,dc=x"]);
    }
}

#[tokio::test]
async fn an_empty_password_or_name_is_wrong_without_asking() {
    let fake = Fake::start(|_| done(vec![])).await;
    let within = std::time::Duration::from_secs(2);
    for (dn, password) in [("uid=ada,dc=x", ""), ("", "hunter2"), (" ", "hunter2"), ("ada", "hunter2"), ("uid=ada,dc=x", "\0")] {
        let said = check_password(&fake.config(), dn, &Password::new(password), within).await;
        assert_eq!(said, Ok(PasswordVerdict::Wrong), "{dn:?}");
    }
    assert!(fake.asked().is_empty());
}

#[tokio::test]
async fn passwords_are_not_changed_over_a_connection_that_can_be_read() {
    let fake = Fake::start(|_| done(vec![])).await;
    let within = std::time::Duration::from_secs(2);
    let error = change_password(&fake.config(), "uid=ada,dc=x", &Password::new("old"), &Password::new("new"), within).await.unwrap_err();
    assert!(error.message.contains("not encrypted"), "{error}");
    assert!(fake.asked().is_empty());
}

#[tokio::test]
async fn a_server_is_recognised_from_its_root() {
    let fake = Fake::start(|page| match page.search.base.as_str() {
        "" => done(vec![entry(
            "",
            &[
                ("vendorName", &["389 Project"]),
                ("vendorVersion", &["389-Directory/2.3.1"]),
                ("namingContexts", &["o=ipaca", "dc=x"]),
                ("supportedControl", &["1.2.840.113556.1.4.319", "2.16.840.1.113730.3.4.3"]),
                ("lastusn;userroot", &["17"]),
            ],
        )]),
        "cn=ipa,cn=etc,dc=x" => done(vec![entry("cn=ipa,cn=etc,dc=x", &[])]),
        _ => done(vec![]),
    })
    .await;
    let recognised = recognise(&fake.config()).await.unwrap();
    assert_eq!((recognised.vendor, recognised.version.as_str()), (Vendor::FreeIpa, "on 389-Directory/2.3.1"));
    assert_eq!((recognised.naming_contexts, recognised.pages, recognised.start_tls), (vec!["dc=x".to_owned()], true, false));
    assert!(recognised.follows.entry_usn && recognised.follows.best() == FollowMethod::PersistentSearch);
    assert_eq!(fake.asked().iter().filter(|asked| asked.starts_with("search \"\"")).count(), 2, "before and after the bind");
}

#[tokio::test]
async fn a_server_that_does_not_page_is_taken_at_its_word() {
    let fake = Fake::start(|page| {
        let entries = if is_for_people(page.search) { (0..10).map(person).collect() } else { vec![] };
        Reply::Page(entries, LdapResultCode::Success, None)
    })
    .await;
    assert_eq!(fetch(&fake.config(), NOW).await.unwrap().users.len(), 10);
}

#[tokio::test]
async fn a_refused_page_size_is_lowered_until_the_server_takes_it() {
    for code in [LdapResultCode::AdminLimitExceeded, LdapResultCode::SizeLimitExceeded] {
        let limit = code.clone();
        let fake = Fake::start(move |page| if page.size > 60 { Reply::Page(vec![person(0)], limit.clone(), None) } else { ten_people(&page) }).await;
        assert_eq!(fetch(&fake.config(), NOW).await.unwrap().users.len(), 10, "{code:?}");
    }
}

#[tokio::test]
async fn an_answer_that_is_cut_short_is_an_error_at_every_place() {
    for (page, code, word) in [
        (0, LdapResultCode::SizeLimitExceeded, "size limit cut its answer short at 1 entry"),
        (6, LdapResultCode::SizeLimitExceeded, "size limit cut its answer short at 7 entries"),
        (6, LdapResultCode::AdminLimitExceeded, "cut its answer short at 7 entries"),
        (6, LdapResultCode::TimeLimitExceeded, "time limit cut its answer short at 7 entries"),
        (3, LdapResultCode::Busy, "busy"),
        (9, LdapResultCode::Unavailable, "not available"),
        (0, LdapResultCode::Referral, "referral"),
    ] {
        let shown = code.clone();
        let fake = Fake::start(move |asked| {
            let at = asked.cookie.first().copied().unwrap_or(0);
            if at == page { Reply::Page(vec![person(0)], code.clone(), None) } else { ten_people(&asked) }
        })
        .await;
        let mut config = fake.config();
        config.connection.limits.page_size = 3;
        let error = fetch(&config, NOW).await.unwrap_err();
        assert!(error.phase == Phase::Users && error.message.contains(word), "{page} {shown:?}: {error}");
    }
}

#[tokio::test]
async fn a_connection_that_ends_or_falls_silent_in_the_middle_is_an_error() {
    for silent in [false, true] {
        let fake = Fake::start(move |page| match page.cookie.first() {
            Some(6) if silent => Reply::Silence,
            Some(6) => Reply::Close(vec![person(6)]),
            _ => ten_people(&page),
        })
        .await;
        let mut config = fake.config();
        config.connection.limits.page_size = 3;
        config.connection.limits.answer_within = std::time::Duration::from_millis(200);
        let error = fetch(&config, NOW).await.unwrap_err();
        assert!(error.message.contains(if silent { "did not answer in time" } else { "in the middle" }), "{error}");
    }
}

#[tokio::test]
async fn the_whole_run_has_a_deadline() {
    let fake = Fake::start(|_| Reply::Silence).await;
    let mut config = fake.config();
    config.connection.limits.run_within = std::time::Duration::from_millis(200);
    assert!(fetch(&config, NOW).await.unwrap_err().message.contains("took longer"));
}

#[tokio::test]
async fn pages_without_end_are_noticed() {
    let same_page = Fake::start(|_| Reply::Page(vec![person(1)], LdapResultCode::Success, Some(b"again".to_vec()))).await;
    assert!(fetch(&same_page.config(), NOW).await.unwrap_err().message.contains("without end"));
    let empty_pages = Fake::start(|_| Reply::Page(vec![], LdapResultCode::Success, Some(b"again".to_vec()))).await;
    assert!(fetch(&empty_pages.config(), NOW).await.unwrap_err().message.contains("without end"));
    let counter = std::sync::atomic::AtomicUsize::new(0);
    let ever_new = Fake::start(move |_| {
        let n = counter.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        Reply::Page(vec![person(n)], LdapResultCode::Success, Some(b"again".to_vec()))
    })
    .await;
    let mut config = ever_new.config();
    config.connection.limits.max_entries = 50;
    assert!(fetch(&config, NOW).await.unwrap_err().message.contains("more than 50 entries"));
    // One page that goes on and on: nothing waits for its end.
    let one_page = Fake::start(|_| Reply::Close((0..2_000).map(person).collect())).await;
    let mut config = one_page.config();
    config.connection.limits.max_entries = 50;
    let error = fetch(&config, NOW).await.unwrap_err();
    assert!(error.message.contains("more than 50 entries"), "{error}");
}

#[tokio::test]
async fn nonsense_ends_the_run_and_nothing_else() {
    for bytes in [
        // An operation that does not exist, an entry without content, a result without a code, an endless length, no BER at all.
        &b"\x30\x05\x02\x01\x02\x7e\x00"[..],
        b"\x30\x05\x02\x01\x02\x64\x00",
        b"\x30\x05\x02\x01\x02\x65\x00",
        // The same to the search that is waiting.
        b"\x30\x08\x02\x04\x40\x00\x00\x00\x7e\x00",
        b"\x30\x08\x02\x04\x40\x00\x00\x00\x64\x00",
        b"\x30\x08\x02\x04\x40\x00\x00\x00\x65\x00",
        b"\x30\x84\x7f\xff\xff\xff\x02\x01\x02",
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
    ] {
        let fake = Fake::start(move |_| Reply::Bytes(bytes)).await;
        let mut config = fake.config();
        config.connection.limits.answer_within = std::time::Duration::from_millis(500);
        let error = fetch(&config, NOW).await.unwrap_err();
        assert_eq!(error.phase, Phase::Users, "{error}");
    }
}

/// 5 people in one group, sent two at a time as Active Directory does above 1,500.
fn ranged_group(page: &Page<'_>, goes_on: impl Fn(usize) -> bool) -> Reply {
    let part = |from: usize, to: usize| (from..to).map(|n| format!("uid=u{n},dc=x")).collect::<Vec<_>>();
    let group = |name: &str, members: &[String]| {
        let members: Vec<&str> = members.iter().map(String::as_str).collect();
        entry("cn=g,dc=x", &[("entryUUID", &["g"]), ("cn", &["g"]), ("member", &[]), (name, &members)])
    };
    if is_for_people(page.search) {
        return done((0..5).map(person).collect());
    }
    if page.search.scope == LdapSearchScope::Subtree {
        return done(vec![group("member;range=0-1", &part(0, 2))]);
    }
    if page.search.base.is_empty() {
        return done(vec![]);
    }
    if page.search.attrs == ["1.1"] {
        return done(vec![entry(&page.search.base, &[])]);
    }
    let from: usize = page.search.attrs[0].strip_prefix("member;range=").and_then(|rest| rest.strip_suffix("-*")).unwrap().parse().unwrap();
    assert_eq!(page.search.base, "cn=g,dc=x");
    match from {
        _ if !goes_on(from) => done(vec![group("description", &[])]),
        4 => done(vec![group("member;range=4-*", &part(4, 5))]),
        _ => done(vec![group(&format!("member;range={from}-{}", from + 1), &part(from, from + 2))]),
    }
}

#[tokio::test]
async fn members_sent_in_ranges_are_read_to_the_end() {
    let fake = Fake::start(|page| ranged_group(&page, |_| true)).await;
    let snapshot = fetch(&fake.config(), NOW).await.unwrap();
    assert_eq!(snapshot.groups[0].members.len(), 5);
    assert!(snapshot.problems.iter().all(|problem| problem.message.contains("elsewhere.example")));
}

#[tokio::test]
async fn a_group_whose_ranges_break_off_fails_the_run() {
    let fake = Fake::start(|page| ranged_group(&page, |from| from < 4)).await;
    let error = fetch(&fake.config(), NOW).await.unwrap_err();
    assert!(error.phase == Phase::Groups && error.message.contains("cn=g,dc=x"), "{error}");
}

#[tokio::test]
async fn an_empty_password_is_never_sent() {
    let fake = Fake::start(|_| done(vec![])).await;
    let mut config = fake.config();
    config.connection.bind = Bind::Simple { name: "cn=svc,dc=x".to_owned(), password: crate::secret::Password::default() };
    assert_eq!(fetch(&config, NOW).await.unwrap_err().phase, Phase::Bind);
}

#[tokio::test]
async fn a_test_says_how_every_step_went() {
    let fake = Fake::start(|page| ranged_group(&page, |_| true)).await;
    let mut config = fake.config();
    let steps = test(&config, NOW).await;
    assert_eq!(steps.iter().map(|step| step.phase).collect::<Vec<_>>(), Phase::ALL);

    config.connection.servers.insert(0, ServerAddress::Tcp { tls: false, host: "127.0.0.1".to_owned(), port: 1 });
    let steps = test(&config, NOW).await;
    assert_eq!((steps[1].phase, steps[1].outcome), (Phase::Connect, StepOutcome::Failed));
    assert_eq!(steps.last().map(|step| (step.phase, step.outcome)), Some((Phase::Groups, StepOutcome::Passed)));

    config.connection.servers.truncate(1);
    let steps = test(&config, NOW).await;
    assert_eq!((steps[0].phase, steps[0].outcome), (Phase::Resolve, StepOutcome::Passed));
    assert!(steps[1].message.contains("Nothing listens") && steps[2..].iter().all(|step| step.outcome == StepOutcome::NotTried));
}

proptest! {
    /// The client sends what [`Filter::parse`] accepted; ldap3 must be able to encode all of it.
    #[test]
    fn every_accepted_filter_can_be_sent(text in prop::string::string_regex(r"[(]?[&|!(]{0,3}[(]?[a-c;:.1_-]{1,5}[~<>:]?=[ a*é\\2\n)]{0,8}[)]{0,4}").unwrap()) {
        if let Ok(filter) = Filter::parse(&text) {
            prop_assert!(ldap3::parse_filter(filter.as_str()).is_ok(), "{filter}");
        }
    }
}
