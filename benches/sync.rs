//! `cargo bench --bench sync [-- PEOPLE] [SQLite|PostgreSQL] [times|memory|serving]`: a directory of a size, with a real slapd, on SQLite and on PostgreSQL. Each figure stands beside its limit, which is
//! measured in the same run where it is not fixed:
//! - how long a sync takes, the first one, one that changes nothing and one that changes everyone, beside `ldapsearch` reading the same attributes;
//! - the most memory the `muster` binary needs for the first two;
//! - how long requests take while a first import runs in the same server, beside the same requests at rest;
//! - how soon a change in slapd is in force;
//! - how long a page of the list of people takes.
//!
//! A sync's processor time stands beside its time by the clock: others who use the machine disturb it less.
//!
//! Measured with 100,000 people on 22 November 2026 on two processors, compilers held, without link-time optimisation, `ldapsearch` at 620 to 720 ms. Before and
//! after memberships were checked by the statement and events made while the database writes:
//!
//! | | SQLite | PostgreSQL | limit |
//! |---|---|---|---|
//! | first sync | 4.4 to 4.7 ×, then 4.1 × (2.9 s) | 7.5 ×, then 5.4 × (3.8 s) | 2.5 × (over) |
//! | unchanged | 1.47 to 1.55 ×, then 1.47 × (1.0 s) | 1.51 to 1.59 ×, then 1.64 × (1.1 s) | 1.3 × (over) |
//! | everyone changed | 4.1 ×, then 3.8 × | 9.1 ×, then 8.5 × | |
//!
//! Memory, requests while importing and lists were last measured a day before: 110 to 148 MB of 150; 1.4 to 3.4 × of 5; 8 to 30 ms of 20, over on PostgreSQL,
//! where searches have been found by the index of the search since (14 ms in the database instead of 21).
//!
//! The limit of the first sync is out of reach in one transaction with these indexes: reading takes one `ldapsearch` and what is left for comparing and writing
//! is 1 s, but the same rows alone take longer. SQLite, given them by a bare program in statements of 8,000 values, needs 2.0 s (people 1.2, memberships 0.4, events
//! 0.3, commit 0.1), and 1.8 s one by one without the eight indexes that are no constraint. PostgreSQL's `COPY` from `psql` needs 2.5 s (people 1.4, memberships
//! 0.7, events 0.4; with foreign keys on memberships 3.5 s), of which the people without any index are 0.3 s.
//!
//! Of an unchanged run, about 0.25 s after the last answer is one thread's work at the memberships and at the plan, and 0.45 s at the beginning is four
//! threads' on two processors: the server's, the reader's, SQLite's and the one that takes what SQLite read.

#![expect(clippy::panic, clippy::print_stdout, reason = "a bench prints what it measures and stops where it cannot measure")]

#[path = "sync/bare.rs"]
mod bare;
#[path = "sync/serving.rs"]
mod serving;
#[expect(dead_code, reason = "shared with the integration tests, which use all of it")]
#[path = "../tests/it/support/mod.rs"]
mod support;

use std::collections::BTreeMap;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use muster::app::App;
use muster::clock::Clock;
use muster::config::Config;
use muster::directory::{self, Order, Outcome, SyncReport};
use muster::server;

use support::slapd::{BASE, SERVICE_DN, SERVICE_PASSWORD, Slapd, large_organisation};
use support::{janitor, postgres};

const PEOPLE: usize = 10_000;
const USER_FILTER: &str = "(objectClass=inetOrgPerson)";
const GROUP_FILTER: &str = "(objectClass=groupOfNames)";
/// What a sync asks for with the default attribute names.
const USER_ATTRIBUTES: [&str; 15] = [
    "entryUUID",
    "uid",
    "mail",
    "givenName",
    "sn",
    "cn",
    "telephoneNumber",
    "preferredLanguage",
    "userAccountControl",
    "nsAccountLock",
    "accountExpires",
    "shadowExpire",
    "krbPrincipalExpiration",
    "primaryGroupID",
    "objectSid",
];
const GROUP_ATTRIBUTES: [&str; 5] = ["entryUUID", "cn", "member", "objectSid", "memberURL"];
/// How often what can be repeated is measured; the best counts.
const ROUNDS: usize = 5;
/// Times `ldapsearch`.
const FIRST_WITHIN: f64 = 2.5;
/// Times `ldapsearch`.
const UNCHANGED_WITHIN: f64 = 1.3;
const MEGABYTES: f64 = 150.0;

#[tokio::main]
async fn main() {
    let people = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(PEOPLE).max(200);
    let slapd = Slapd::start(&large_organisation(people)).await;
    println!(
        "{people} people, {} groups, {} memberships; the best of {ROUNDS} where it can be repeated; {} processors, load {}",
        people / 20,
        people * 3 / 2,
        std::thread::available_parallelism().map_or(1, usize::from),
        load()
    );
    let limit = best(|| ldapsearch(&slapd));
    println!("  {:<44}{:>8.0} ms", "ldapsearch, the same attributes", millis(limit));
    // Without a word for it, everything is measured.
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word.chars().all(char::is_alphabetic)).collect();
    let is_wanted =
        |word: &str, among: &[&str]| !words.iter().any(|given| among.contains(&given.as_str())) || words.iter().any(|given| given == word);
    for engine in ["SQLite", "PostgreSQL"].into_iter().filter(|engine| is_wanted(engine, &["SQLite", "PostgreSQL"])) {
        println!("{engine}");
        let folder = janitor::directory("bench");
        let database = async |name: &str| match engine {
            "SQLite" => format!("sqlite://{}", folder.path().join(name).display()),
            _ => postgres::database().await,
        };
        let is_part = |part| is_wanted(part, &["times", "memory", "serving"]);
        if is_part("times") {
            measure([&database("times").await, &database("bare").await], &slapd, people, limit).await;
        }
        if is_part("memory") {
            memory(&database("memory").await, &slapd).await;
        }
        if is_part("serving") {
            serving::measure(&database("serving").await, &slapd, people).await;
        }
    }
    println!("load at the end {}", load());
}

async fn measure([database, bare]: [&str; 2], slapd: &Slapd, people: usize, limit: Duration) {
    let app = open(database, slapd, "cn").await;
    let (first, report) = sync(&app).await;
    assert_eq!((report.outcome, report.counts.users.created), (Outcome::Applied, people), "{:?}", report.problems);
    assert_eq!(report.counts.memberships.added, people * 3 / 2, "memberships");
    tell("first sync", first, limit, Some(FIRST_WITHIN));
    open(bare, slapd, "cn").await.db.close().await;
    tell("its rows alone, written by the database itself", bare::measure(database, bare).await, limit, None);
    let mut unchanged = Took { wall: Duration::MAX, processor: Duration::MAX };
    for _ in 0..ROUNDS {
        let (took, report) = sync(&app).await;
        assert_eq!((report.outcome, report.counts.users.unchanged), (Outcome::Unchanged, people), "{report:?}");
        unchanged = Took { wall: unchanged.wall.min(took.wall), processor: unchanged.processor.min(took.processor) };
    }
    tell("unchanged", unchanged, limit, Some(UNCHANGED_WITHIN));
    app.db.close().await;
    // The same people called otherwise: every row changes.
    let app = open(database, slapd, "sn").await;
    let (changed, report) = sync(&app).await;
    assert_eq!((report.outcome, report.counts.users.updated), (Outcome::Applied, people), "{report:?}");
    tell("everyone changed", changed, limit, None);
    app.db.close().await;
}

/// The most memory the binary needs for a first and for an unchanged run.
async fn memory(database: &str, slapd: &Slapd) {
    for what in ["peak memory, first sync", "peak memory, unchanged"] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_muster"));
        command.args(["directory", "sync"]).env_clear().envs(variables(database, slapd, "cn")).stdout(Stdio::null());
        let mut child = command.spawn().unwrap_or_else(|error| panic!("cannot run muster: {error}"));
        let mut most = 0.0_f64;
        let status = loop {
            most = most.max(peak(child.id()));
            match child.try_wait() {
                Ok(Some(status)) => break status,
                _ => tokio::time::sleep(Duration::from_millis(2)).await,
            }
        };
        assert!(status.success(), "muster directory sync: {status}");
        println!("  {what:<44}{most:>8.0} MB{:>8} {MEGABYTES:.0} MB", verdict(most <= MEGABYTES));
    }
}

/// The most memory a process has had so far, in megabytes (10⁶ bytes); 0 once it has ended.
fn peak(process: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let kibibytes = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix("kB")?.trim().parse::<f64>().ok());
    kibibytes.unwrap_or(0.0) * 1024.0 / 1e6
}

fn variables(database: &str, slapd: &Slapd, display_name: &str) -> BTreeMap<String, String> {
    let variables = [
        ("DB_CONNECTION_STRING", database),
        ("LDAP_ATTRIBUTE_USER_DISPLAY_NAME", display_name),
        // As the generated ones look.
        ("ENCRYPTION_KEY", "muster-key-dGhlIGtleSB0aGF0IGV2ZXJ5IHRlc3QgaGVyZSBoYXM"),
        ("LDAP_ENABLED", "true"),
        ("LDAP_URL", &slapd.url()),
        ("LDAP_BIND_DN", SERVICE_DN),
        ("LDAP_BIND_PASSWORD", SERVICE_PASSWORD),
        ("LDAP_BASE", BASE),
        ("LDAP_USER_SEARCH_FILTER", USER_FILTER),
        ("LDAP_USER_GROUP_SEARCH_FILTER", GROUP_FILTER),
        ("LDAP_PAGE_SIZE", "1000"),
    ];
    variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

async fn open(database: &str, slapd: &Slapd, display_name: &str) -> App {
    let config = Config::from_variables(&variables(database, slapd, display_name), &server::setting_names()).expect("a valid configuration");
    server::open(config, Clock::system()).await.expect("the database opens")
}

/// How long something took: by the clock, and of the processors' time, which others who use them disturb less. A PostgreSQL server's own is not in it.
#[derive(Clone, Copy, Debug)]
struct Took {
    wall: Duration,
    processor: Duration,
}

async fn sync(app: &App) -> (Took, SyncReport) {
    let (began, used) = (Instant::now(), processor_time());
    let report = directory::sync(app, directory::DEFAULT, &Order::of_command(None)).await.expect("a run");
    (Took { wall: began.elapsed(), processor: processor_time().saturating_sub(used) }, report)
}

/// What this process has used of the processors so far, its ended children not included (proc(5): `utime` and `stime`, in hundredths of a second).
fn processor_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields).split_whitespace();
    let hundredths: u64 = fields.skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
    Duration::from_millis(hundredths * 10)
}

/// Reads people and groups as a sync does, and throws them away.
fn ldapsearch(slapd: &Slapd) -> Duration {
    let began = Instant::now();
    for (filter, attributes) in [(USER_FILTER, &USER_ATTRIBUTES[..]), (GROUP_FILTER, &GROUP_ATTRIBUTES[..])] {
        let mut command = Command::new("ldapsearch");
        command.args(["-x", "-LLL", "-H", &slapd.url(), "-D", SERVICE_DN, "-w", SERVICE_PASSWORD, "-b", BASE, "-E", "pr=1000/noprompt", filter]);
        let status = command.args(attributes).stdout(Stdio::null()).status().unwrap_or_else(|error| panic!("cannot run ldapsearch: {error}"));
        assert!(status.success(), "ldapsearch: {status}");
    }
    began.elapsed()
}

fn best(mut measured: impl FnMut() -> Duration) -> Duration {
    (0..ROUNDS).map(|_| measured()).min().expect("at least one round")
}

fn tell(what: &str, took: Took, limit: Duration, times: Option<f64>) {
    let ratio = took.wall.as_secs_f64() / limit.as_secs_f64();
    let beside = times.map_or_else(String::new, |times| format!("{:>8} {times} ×", verdict(ratio <= times)));
    println!("  {what:<44}{:>8.0} ms{ratio:>8.2} × ldapsearch, {:.0} ms of processors{beside}", millis(took.wall), millis(took.processor));
}

/// How a figure stands to the limit behind it.
const fn verdict(is_kept: bool) -> &'static str {
    if is_kept { "within" } else { "OVER" }
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

/// How many processes wanted a processor lately: this one is seldom alone.
fn load() -> String {
    std::fs::read_to_string("/proc/loadavg").unwrap_or_default().split(' ').take(2).collect::<Vec<_>>().join(" ")
}
