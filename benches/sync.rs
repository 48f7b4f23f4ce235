//! `cargo bench --bench sync [-- PEOPLE]`: how long a sync takes with a real slapd, the first one, one that changes nothing and one that changes everyone, on SQLite and on PostgreSQL.
//! The limit to compare with is measured in the same run: `ldapsearch` reading the same attributes in pages of the same size.

#![expect(clippy::panic, clippy::print_stdout, reason = "a bench prints what it measures and stops where it cannot measure")]

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

use support::slapd::{BASE, SERVICE_DN, SERVICE_PASSWORD, Slapd, organisation};
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

#[tokio::main]
async fn main() {
    let people = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(PEOPLE);
    let groups = people / 100;
    let slapd = Slapd::start(&organisation(people, groups)).await;
    println!("{people} people, {groups} groups, {people} memberships; the best of {ROUNDS} where it can be repeated");
    let limit = best(|| ldapsearch(&slapd));
    println!("  {:<34}{:>8.0} ms", "ldapsearch, the same attributes", millis(limit));
    for (name, database) in [("SQLite", None), ("PostgreSQL", Some(postgres::database().await))] {
        measure(name, database, &slapd, people, limit).await;
    }
}

async fn measure(name: &str, database: Option<String>, slapd: &Slapd, people: usize, limit: Duration) {
    let folder = janitor::directory("bench");
    let database = database.unwrap_or_else(|| format!("sqlite://{}", folder.path().join("muster.db").display()));
    let app = open(&database, slapd, "cn").await;
    let (first, report) = sync(&app).await;
    assert_eq!((report.outcome, report.counts.users.created), (Outcome::Applied, people), "{report:?}");
    tell(&format!("{name}, first sync"), first, limit);
    let mut unchanged = Duration::MAX;
    for _ in 0..ROUNDS {
        let (took, report) = sync(&app).await;
        assert_eq!((report.outcome, report.counts.users.unchanged), (Outcome::Unchanged, people), "{report:?}");
        unchanged = unchanged.min(took);
    }
    tell(&format!("{name}, unchanged"), unchanged, limit);
    app.db.close().await;
    // The same people called otherwise: every row changes.
    let app = open(&database, slapd, "sn").await;
    let (changed, report) = sync(&app).await;
    assert_eq!((report.outcome, report.counts.users.updated), (Outcome::Applied, people), "{report:?}");
    tell(&format!("{name}, everyone changed"), changed, limit);
    app.db.close().await;
}

async fn open(database: &str, slapd: &Slapd, display_name: &str) -> App {
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
    ];
    let variables: BTreeMap<String, String> = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let config = Config::from_variables(&variables, &server::setting_names()).expect("a valid configuration");
    server::open(config, Clock::system()).await.expect("the database opens")
}

async fn sync(app: &App) -> (Duration, SyncReport) {
    let began = Instant::now();
    let report = directory::sync(app, directory::DEFAULT, &Order::of_command(None)).await.expect("a run");
    (began.elapsed(), report)
}

/// Reads people and groups as a sync does, and throws them away.
fn ldapsearch(slapd: &Slapd) -> Duration {
    let began = Instant::now();
    for (filter, attributes) in [(USER_FILTER, &USER_ATTRIBUTES[..]), (GROUP_FILTER, &GROUP_ATTRIBUTES[..])] {
        let mut command = Command::new("ldapsearch");
        command.args(["-x", "-LLL", "-H", &slapd.url(), "-D", SERVICE_DN, "-w", SERVICE_PASSWORD, "-b", BASE, "-E", "pr=500/noprompt", filter]);
        let status = command.args(attributes).stdout(Stdio::null()).status().unwrap_or_else(|error| panic!("cannot run ldapsearch: {error}"));
        assert!(status.success(), "ldapsearch: {status}");
    }
    began.elapsed()
}

fn best(mut measured: impl FnMut() -> Duration) -> Duration {
    (0..ROUNDS).map(|_| measured()).min().expect("at least one round")
}

fn tell(what: &str, took: Duration, limit: Duration) {
    println!("  {what:<34}{:>8.0} ms{:>8.2} × ldapsearch", millis(took), took.as_secs_f64() / limit.as_secs_f64());
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
