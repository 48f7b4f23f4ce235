//! What real servers do rarely, from a server in the test process: refuse page sizes, page without end, cut members into ranges, send nonsense.

use std::sync::Arc;

use futures::{SinkExt as _, StreamExt as _};
use ldap3_proto::control::LdapControl;
use ldap3_proto::proto::{
    LdapBindResponse, LdapMsg, LdapOp, LdapPartialAttribute, LdapResult, LdapResultCode, LdapSearchRequest, LdapSearchResultEntry,
    LdapSearchResultReference, LdapSearchScope,
};
use proptest::prelude::*;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;
use tokio_util::codec::Framed;
use tokio_util::task::AbortOnDropHandle;

use super::super::filter::Filter;
use super::super::settings;
use super::*;

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

struct Fake {
    address: std::net::SocketAddr,
    _server: AbortOnDropHandle<()>,
}

impl Fake {
    async fn start(script: impl Fn(Page<'_>) -> Reply + Send + Sync + 'static) -> Self {
        let script: Script = Arc::new(script);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&script)));
            }
        });
        Self { address, _server: AbortOnDropHandle::new(server) }
    }

    fn config(&self) -> DirectoryConfig {
        let url = format!("ldap://{}", self.address);
        let texts = [("LDAP_URL", url.as_str()), ("LDAP_BASE", "dc=x"), ("LDAP_BIND_DN", "cn=svc,dc=x"), ("LDAP_BIND_PASSWORD", "s3cret")];
        settings::read("default", |key| texts.iter().find(|(name, _)| *name == key).map(|(_, text)| *text)).unwrap()
    }
}

async fn serve(stream: tokio::net::TcpStream, script: Script) {
    stream.set_nodelay(true).unwrap();
    let mut framed = Framed::new(stream, ldap3_proto::LdapCodec::default());
    while let Some(Ok(LdapMsg { msgid, op, ctrl })) = framed.next().await {
        let result = |code| LdapResult { code, matcheddn: String::new(), message: String::new(), referral: vec![] };
        let search = match op {
            LdapOp::BindRequest(_) => {
                let op = LdapOp::BindResponse(LdapBindResponse { res: result(LdapResultCode::Success), saslcreds: None });
                framed.send(LdapMsg { msgid, op, ctrl: vec![] }).await.unwrap();
                continue;
            }
            LdapOp::SearchRequest(search) => search,
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
    let snapshot = fetch(&config).await.unwrap();
    assert_eq!((snapshot.users.len(), snapshot.referrals), (10, 5));
}

#[tokio::test]
async fn a_server_that_does_not_page_is_taken_at_its_word() {
    let fake = Fake::start(|page| {
        let entries = if is_for_people(page.search) { (0..10).map(person).collect() } else { vec![] };
        Reply::Page(entries, LdapResultCode::Success, None)
    })
    .await;
    assert_eq!(fetch(&fake.config()).await.unwrap().users.len(), 10);
}

#[tokio::test]
async fn a_refused_page_size_is_lowered_until_the_server_takes_it() {
    for code in [LdapResultCode::AdminLimitExceeded, LdapResultCode::SizeLimitExceeded] {
        let limit = code.clone();
        let fake = Fake::start(move |page| if page.size > 60 { Reply::Page(vec![person(0)], limit.clone(), None) } else { ten_people(&page) }).await;
        assert_eq!(fetch(&fake.config()).await.unwrap().users.len(), 10, "{code:?}");
    }
}

#[tokio::test]
async fn an_answer_that_is_cut_short_is_an_error_at_every_place() {
    for (page, code, word) in [
        (0, LdapResultCode::SizeLimitExceeded, "size limit"),
        (6, LdapResultCode::SizeLimitExceeded, "size limit"),
        (6, LdapResultCode::AdminLimitExceeded, "limit"),
        (6, LdapResultCode::TimeLimitExceeded, "time limit"),
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
        let error = fetch(&config).await.unwrap_err();
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
        let error = fetch(&config).await.unwrap_err();
        assert!(error.message.contains(if silent { "did not answer in time" } else { "in the middle" }), "{error}");
    }
}

#[tokio::test]
async fn the_whole_run_has_a_deadline() {
    let fake = Fake::start(|_| Reply::Silence).await;
    let mut config = fake.config();
    config.connection.limits.run_within = std::time::Duration::from_millis(200);
    assert!(fetch(&config).await.unwrap_err().message.contains("took longer"));
}

#[tokio::test]
async fn pages_without_end_are_noticed() {
    let same_page = Fake::start(|_| Reply::Page(vec![person(1)], LdapResultCode::Success, Some(b"again".to_vec()))).await;
    assert!(fetch(&same_page.config()).await.unwrap_err().message.contains("without end"));
    let empty_pages = Fake::start(|_| Reply::Page(vec![], LdapResultCode::Success, Some(b"again".to_vec()))).await;
    assert!(fetch(&empty_pages.config()).await.unwrap_err().message.contains("without end"));
    let counter = std::sync::atomic::AtomicUsize::new(0);
    let ever_new = Fake::start(move |_| {
        let n = counter.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        Reply::Page(vec![person(n)], LdapResultCode::Success, Some(b"again".to_vec()))
    })
    .await;
    let mut config = ever_new.config();
    config.connection.limits.max_entries = 50;
    assert!(fetch(&config).await.unwrap_err().message.contains("more than 50 entries"));
}

#[tokio::test]
async fn nonsense_ends_the_run_and_nothing_else() {
    for bytes in [
        // An operation that does not exist, an entry without content, a result without a code, an endless length, no BER at all.
        &b"\x30\x05\x02\x01\x02\x7e\x00"[..],
        b"\x30\x05\x02\x01\x02\x64\x00",
        b"\x30\x05\x02\x01\x02\x65\x00",
        b"\x30\x84\x7f\xff\xff\xff\x02\x01\x02",
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
    ] {
        let fake = Fake::start(move |_| Reply::Bytes(bytes)).await;
        let mut config = fake.config();
        config.connection.limits.answer_within = std::time::Duration::from_millis(500);
        let error = fetch(&config).await.unwrap_err();
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
    let snapshot = fetch(&fake.config()).await.unwrap();
    assert_eq!(snapshot.groups[0].members.len(), 5);
    assert!(snapshot.problems.iter().next().is_none());
}

#[tokio::test]
async fn a_group_whose_ranges_break_off_fails_the_run() {
    let fake = Fake::start(|page| ranged_group(&page, |from| from < 4)).await;
    let error = fetch(&fake.config()).await.unwrap_err();
    assert!(error.phase == Phase::Groups && error.message.contains("cn=g,dc=x"), "{error}");
}

#[tokio::test]
async fn an_empty_password_is_never_sent() {
    let fake = Fake::start(|_| done(vec![])).await;
    let mut config = fake.config();
    config.connection.bind = Bind::Simple { name: "cn=svc,dc=x".to_owned(), password: crate::secret::Password::default() };
    assert_eq!(fetch(&config).await.unwrap_err().phase, Phase::Bind);
}

#[tokio::test]
async fn a_test_says_how_every_step_went() {
    let fake = Fake::start(|page| ranged_group(&page, |_| true)).await;
    let mut config = fake.config();
    let steps = test(&config).await;
    assert_eq!(steps.iter().map(|step| step.phase).collect::<Vec<_>>(), Phase::ALL);

    config.connection.servers.insert(0, ServerAddress::Tcp { tls: false, host: "127.0.0.1".to_owned(), port: 1 });
    let steps = test(&config).await;
    assert_eq!((steps[0].outcome, steps[1].outcome), (StepOutcome::Failed, StepOutcome::Passed));

    config.connection.servers.truncate(1);
    let steps = test(&config).await;
    assert!(steps[0].message.contains("Nothing listens") && steps[1..].iter().all(|step| step.outcome == StepOutcome::NotTried));
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
