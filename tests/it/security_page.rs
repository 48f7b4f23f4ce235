//! `docs/security.md` against what is there, and the headers every answer carries.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use reqwest::Method;

use crate::pages_support::administrator;
use crate::support::app::{Engine, TestApp};
use crate::support::http::{self, Answer};

const PAGE: &str = include_str!("../../docs/security.md");

fn repository() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The cells of every row of the tables that say what shows them.
fn rows() -> Vec<Vec<&'static str>> {
    let mut rows = Vec::new();
    let mut shows = false;
    for line in PAGE.lines() {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        if !line.starts_with('|') {
            shows = false;
        } else if cells.last() == Some(&"shown by") {
            shows = true;
        } else if shows && !line.starts_with("|---") {
            rows.push(cells);
        }
    }
    rows
}

/// The source of a test of this name in a file, from its name to its end.
fn source_in(file: &Path, name: &str) -> Option<String> {
    let text = std::fs::read_to_string(file).ok()?;
    let at = text.find(&format!("fn {name}()"))?;
    let is_test = text[..at].rfind("test]").is_some_and(|attribute| at - attribute < 200);
    is_test.then(|| text[at..].split("\n}\n").next().unwrap_or_default().to_owned())
}

/// The source of a test as the page names it: `module::name`.
fn source(test: &str) -> Option<String> {
    let (module, name) = test.rsplit_once("::")?;
    let in_tests = repository().join("tests/it").join(format!("{module}.rs"));
    let source = repository().join("src").join(module.replace("::", "/"));
    [in_tests, source.with_extension("rs"), source.join("mod.rs")].iter().find_map(|file| source_in(file, name))
}

/// The tests a row names.
fn tests_of<'a>(row: &[&'a str]) -> Vec<&'a str> {
    row.last().expect("a cell").split('`').filter(|part| part.contains("::")).collect()
}

/// The cases a row is about.
fn cases_of(row: &[&str]) -> Vec<u32> {
    let range = |part: &str| {
        let mut ends = part.split('–').map(|number| number.parse::<u32>().unwrap_or_else(|_| panic!("{part} is no case")));
        let first = ends.next().expect("a number");
        first..=ends.next().unwrap_or(first)
    };
    row[0].split(", ").flat_map(range).collect()
}

#[test]
fn every_test_the_page_names_is_there() {
    let mut named = 0;
    for row in &rows() {
        for test in tests_of(row) {
            assert!(source(test).is_some(), "{test} is named for {} and is not there", row[0]);
            named += 1;
        }
    }
    assert!(named > 100, "only {named} tests were read");
}

#[test]
fn every_requirement_of_the_three_chapters_has_a_row() {
    const REQUIREMENTS: [(&str, u32); 21] = [
        ("3.1", 1),
        ("3.2", 3),
        ("3.3", 5),
        ("3.4", 8),
        ("3.5", 8),
        ("3.6", 1),
        ("3.7", 5),
        ("6.1", 3),
        ("6.2", 12),
        ("6.3", 8),
        ("6.4", 6),
        ("6.5", 8),
        ("6.6", 4),
        ("6.7", 2),
        ("6.8", 4),
        ("7.1", 3),
        ("7.2", 4),
        ("7.3", 2),
        ("7.4", 5),
        ("7.5", 3),
        ("7.6", 2),
    ];
    let rows = rows();
    let wanted = REQUIREMENTS.iter().flat_map(|(section, count)| (1..=*count).map(move |n| format!("{section}.{n}")));
    for number in wanted {
        let row = rows.iter().find(|row| row[0] == number).unwrap_or_else(|| panic!("{number} has no row"));
        assert!(!row[2].is_empty(), "{number} says nothing");
        let claims = row[2].starts_with("holds") && !row[2].contains("there is none") && !row[2].contains(": ");
        assert!(!claims || !row[3].is_empty(), "{number} is said to hold and nothing shows it");
    }
}

/// The rows about the numbered cases.
fn case_rows() -> Vec<Vec<&'static str>> {
    rows().into_iter().filter(|row| row.len() == 3).collect()
}

#[test]
fn every_case_of_the_ceremonies_is_covered() {
    let covered: BTreeSet<u32> = case_rows().iter().flat_map(|row| cases_of(row)).collect();
    assert_eq!(covered, (1..=110).collect());
}

#[test]
fn the_forge_tries_every_case_the_page_says_it_does() {
    let tried = crate::forged_ceremonies::answers();
    let mut said = BTreeSet::new();
    for row in case_rows() {
        let by_table = ["::no_bent_registration", "::no_bent_sign_in", "::odd_registrations", "::odd_sign_ins"];
        if tests_of(&row).iter().any(|test| by_table.iter().any(|name| test.contains(name))) {
            // Those above are about the web around the ceremonies, and only use the forge.
            said.extend(cases_of(&row).into_iter().filter(|case| *case < 100));
        }
    }
    let tables: BTreeSet<u32> = tried.keys().copied().collect();
    assert_eq!(said.difference(&tables).collect::<Vec<_>>(), Vec::<&u32>::new(), "the page says so, and no answer has that number");
    assert_eq!(tables.difference(&said).collect::<Vec<_>>(), Vec::<&u32>::new(), "the page leaves them out");
}

#[test]
fn the_counts_of_the_three_tiers_are_those_of_the_tests() {
    let mut tiers: [(BTreeSet<u32>, BTreeSet<&str>); 3] = Default::default();
    for row in case_rows() {
        for test in tests_of(&row) {
            let source = source(test).expect("every_test_the_page_names_is_there");
            let forges = ["Forge::new", "Stage {"].iter().any(|mark| source.contains(mark));
            let tier = if source.contains("Page::open") {
                2
            } else if forges {
                0
            } else {
                1
            };
            tiers[tier].0.extend(cases_of(&row));
            tiers[tier].1.insert(test);
        }
    }
    let answers: usize = crate::forged_ceremonies::answers().values().sum();
    let names =
        ["answers bent by hand, through the real endpoints", "a password manager in software, and plain requests", "Chromium with a virtual device"];
    for (number, (name, (cases, tests))) in names.into_iter().zip(&tiers).enumerate() {
        let answers = if number == 0 { answers.to_string() } else { String::new() };
        let line = format!("| {name} | {} | {} | {answers} |", cases.len(), tests.len()).replace("|  |", "| |");
        assert!(PAGE.contains(&line), "docs/security.md should say: {line}");
    }
}

fn carries(answer: &Answer, what: &str) {
    let policy = answer.header("content-security-policy");
    assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{what}: {policy}");
    for (name, value) in [("x-content-type-options", "nosniff"), ("x-frame-options", "DENY"), ("referrer-policy", "same-origin")] {
        assert_eq!(answer.header(name), value, "{what}: {name}");
    }
    if answer.header("content-type").starts_with("text/html") {
        for directive in ["script-src 'self'", "style-src 'self'", "object-src 'none'", "base-uri 'none'", "form-action 'self'"] {
            assert!(policy.contains(directive), "{what}: {policy}");
        }
        assert!(!policy.contains("unsafe"), "{what}: {policy}");
        assert_eq!(answer.header("cross-origin-resource-policy"), "same-origin", "{what}");
        assert_eq!(answer.header("cache-control"), "no-store", "{what}");
    }
}

#[tokio::test]
async fn every_answer_carries_its_headers() {
    let app = TestApp::start(Engine::Sqlite).await;
    let (_, admin) = administrator(&app, "root").await;
    let visitor = app.browser();
    for path in ["/sign-in", "/lc/none", "/nowhere", "/healthz", "/account", "/.well-known/openid-configuration", "/api/oidc/userinfo", "/authorize"]
    {
        let answer = visitor.get(path).await;
        carries(&answer, path);
        assert_eq!(answer.header("cross-origin-opener-policy"), "", "{path} would be cut off from an app's pop-up");
    }
    carries(&app.post(&visitor, "/sign-in/start", &serde_json::json!({})).await, "JSON");
    carries(&app.post(&visitor, "/sign-in/finish", &serde_json::json!([])).await, "a refusal");
    for path in ["/account", "/account/passkeys", "/account/sessions", "/admin", "/admin/users", "/admin/clients", "/admin/settings"] {
        let answer = admin.get(path).await;
        carries(&answer, path);
        assert_eq!(answer.header("cross-origin-opener-policy") == "same-origin", path.starts_with("/admin"), "{path}");
    }
    app.stop().await;
}

#[tokio::test]
async fn whoever_uses_an_address_in_a_wrong_way_is_told_the_right_one() {
    let app = TestApp::start(Engine::Sqlite).await;
    let visitor = app.browser();
    for (path, method) in [("/api/oidc/token", "POST"), ("/api/oidc/introspect", "POST"), ("/sign-in/finish", "POST")] {
        let answer = visitor.get(path).await;
        assert_eq!(answer.status, 405, "{path}");
        let allowed = answer.header("allow");
        assert!(allowed.split(',').any(|allowed| allowed.trim() == method), "{path}: {allowed:?}");
    }
    app.stop().await;
}

#[tokio::test]
async fn cookies_are_small() {
    let app = TestApp::start(Engine::Sqlite).await;
    let (_, admin) = administrator(&app, "root").await;
    let cookies = admin.cookies("/");
    assert_eq!(cookies.split("; ").count(), 4, "{cookies}");
    assert!(cookies.split("; ").all(|cookie| cookie.len() < 200), "{cookies}");
    app.stop().await;
}

#[tokio::test]
async fn https_is_demanded_below_this_host_only_when_set() {
    for (value, wanted) in [("false", "max-age=31536000"), ("true", "max-age=31536000; includeSubDomains")] {
        let variables = [("APP_URL", "https://id.example.org"), ("HSTS_INCLUDE_SUBDOMAINS", value)];
        let app = TestApp::start_with(Engine::Sqlite, &variables).await;
        let answer = http::answer(app.browser().request(Method::GET, "/sign-in")).await;
        assert_eq!(answer.header("strict-transport-security"), wanted);
        app.stop().await;
    }
}

#[tokio::test]
async fn a_cookie_planted_by_a_neighbour_opens_nothing_and_changes_nobody() {
    let app = TestApp::start(Engine::Sqlite).await;
    let ada = app.person("ada").await;
    let thief = app.browser();
    app.sign_in_by_link(&thief, &ada).await;
    let planted = thief.cookies("/");
    // Under https the prefix keeps neighbours from setting it at all; here two cookies of one name arrive, and whichever counts, it opens one session only
    // and signing in ends what the planted one opened.
    let victim = app.browser();
    planted.split("; ").for_each(|cookie| victim.set_cookie(cookie));
    let (bob, passkeys) = (app.person("bob").await, app.passkeys());
    app.enrol(&app.browser(), &passkeys, &bob).await;
    assert_eq!(app.sign_in(&victim, &passkeys).await.status, 200);
    assert_eq!(victim.get("/account").await.texts("h1"), ["bob Example"]);
    assert!(!app.is_signed_in(&thief).await, "the planted cookie still opens a session");
    app.stop().await;
}
