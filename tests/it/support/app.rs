//! A Muster inside the test process, on either database, with a clock that can be moved and people who can be made.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use muster::app::App;
use muster::audit::{self, Actor};
use muster::clock::Clock;
use muster::config::Config;
use muster::db;
use muster::server::{self, Running};
use muster::users::{self, User};
use muster::web::Client;
use muster::{access_links, audit::Filter};
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::authenticator::SoftwarePasskeys;
use super::http::{self, Answer, Browser};
use super::{free_port, janitor, postgres};

/// Which database a test runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Engine {
    Sqlite,
    Postgres,
}

/// A server in this process, for `http://localhost:` and a free port.
pub(crate) struct TestApp {
    running: Running,
    /// The clock everything here follows.
    pub(crate) clock: Clock,
    /// The public URL.
    pub(crate) url: String,
    environment: BTreeMap<String, String>,
    _directory: TempDir,
}

/// Runs a test on SQLite and then on PostgreSQL, each with a server and an empty database of its own.
pub(crate) async fn on_each_engine(test: impl AsyncFn(&TestApp)) {
    on_each_engine_with(&[], test).await;
}

/// [`on_each_engine`], with more variables set.
pub(crate) async fn on_each_engine_with(variables: &[(&str, &str)], test: impl AsyncFn(&TestApp)) {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        // Shown when the test fails.
        eprintln!("on {engine:?}");
        let app = TestApp::start_with(engine, variables).await;
        test(&app).await;
        app.stop().await;
    }
}

impl TestApp {
    /// A server on an empty database.
    pub(crate) async fn start(engine: Engine) -> Self {
        Self::start_with(engine, &[]).await
    }

    /// A server on an empty database, with more variables set. It believes `X-Forwarded-For`, so that a test can be many visitors.
    pub(crate) async fn start_with(engine: Engine, variables: &[(&str, &str)]) -> Self {
        let directory = janitor::directory("app");
        let database = match engine {
            Engine::Sqlite => format!("sqlite://{}", directory.path().join("muster.db").display()),
            Engine::Postgres => postgres::database().await,
        };
        let port = free_port();
        let url = format!("http://localhost:{port}");
        let mut environment: BTreeMap<String, String> = [
            ("APP_URL", url.as_str()),
            ("HOST", "127.0.0.1"),
            ("PORT", &port.to_string()),
            ("DB_CONNECTION_STRING", &database),
            // As the generated ones look: stretching a typed key takes a while.
            ("ENCRYPTION_KEY", "muster-key-dGhlIGtleSB0aGF0IGV2ZXJ5IHRlc3QgaGVyZSBoYXM"),
            ("TRUST_PROXY", "true"),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
        environment.extend(variables.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())));
        let clock = Clock::system();
        let running = server::start(configuration(&environment), clock.clone()).await.expect("the server starts");
        Self { running, clock, url, environment, _directory: directory }
    }

    /// What a handler gets.
    pub(crate) fn app(&self) -> &App {
        &self.running.app
    }

    /// Has the server read its files again, as SIGHUP does.
    pub(crate) async fn reload(&self) {
        self.running.reload().await;
    }

    /// The one-time set-up link of this start.
    pub(crate) fn setup_link(&self) -> Option<&str> {
        self.running.setup_link.as_deref()
    }

    /// The configuration this server was started with, some variables replaced.
    pub(crate) fn configuration(&self, variables: &[(&str, &str)]) -> Config {
        let mut environment = self.environment.clone();
        environment.extend(variables.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())));
        configuration(&environment)
    }

    /// Somebody at a browser who has never been here.
    pub(crate) fn browser(&self) -> Browser {
        Browser::new(&self.url)
    }

    /// A password manager with nothing in it.
    pub(crate) fn passkeys(&self) -> SoftwarePasskeys {
        SoftwarePasskeys::new(&self.url)
    }

    /// A new local person, who has no passkey.
    pub(crate) async fn person(&self, username: &str) -> User {
        self.insert(username, false).await
    }

    /// A new local administrator, who has no passkey.
    pub(crate) async fn admin(&self, username: &str) -> User {
        self.insert(username, true).await
    }

    async fn insert(&self, username: &str, is_admin: bool) -> User {
        let email = format!("{username}@example.org");
        // A moment ago: nobody uses an account within the millisecond it is made.
        let mut user = User::new_local(username, Some(&email), username, "Example", self.clock.now() - Duration::from_secs(1));
        user.local_admin = is_admin;
        let mut tx = self.app().db.begin().await.expect("a transaction");
        users::insert(&mut tx, &user).await.expect("a new person");
        tx.commit().await.expect("committed");
        user
    }

    /// Runs a statement: what the sync or another administrator would have done.
    pub(crate) async fn execute(&self, sql: &'static str, values: Vec<db::Value>) -> u64 {
        let mut tx = self.app().db.begin().await.expect("a transaction");
        let changed = values.into_iter().fold(db::query(sql), db::Query::bind).execute(&mut tx).await.expect("the statement runs");
        tx.commit().await.expect("committed");
        changed
    }

    /// One number out of the database.
    pub(crate) async fn count(&self, sql: &'static str, values: Vec<db::Value>) -> i64 {
        let mut conn = self.app().db.read().await.expect("a connection");
        let row: (i64,) = values.into_iter().fold(db::query(sql), db::Query::bind).one(&mut conn).await.expect("a row");
        row.0
    }

    /// A one-time sign-in link.
    pub(crate) async fn access_link(&self, user: &User) -> String {
        let lifetime = Duration::from_secs(3600);
        access_links::make(self.app(), &Actor::command_line(), &Client::default(), user, lifetime).await.expect("a link").url
    }

    /// Signs someone in by a one-time link.
    pub(crate) async fn sign_in_by_link(&self, browser: &Browser, user: &User) {
        let page = browser.get(&self.access_link(user).await).await;
        let path = page.url.path().to_owned();
        let answer = browser.submit(&page, &path, &[]).await;
        assert_eq!(answer.location().map(|to| to.path().to_owned()).as_deref(), Some("/account/passkeys/add"), "{}", answer.body);
    }

    /// Signs someone in by a one-time link and adds a passkey, which the session then counts as made by.
    pub(crate) async fn enrol(&self, browser: &Browser, passkeys: &SoftwarePasskeys, user: &User) {
        self.sign_in_by_link(browser, user).await;
        let answer = self.add_passkey(browser, passkeys).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
    }

    /// Adds a passkey for whoever is signed in at this browser; gives the server's last answer.
    pub(crate) async fn add_passkey(&self, browser: &Browser, passkeys: &SoftwarePasskeys) -> Answer {
        let started = self.post(browser, "/account/passkeys/register/start", &json!({})).await;
        if started.status != 200 {
            return started;
        }
        let started = started.json();
        let credential = passkeys.register(&started["publicKey"]).await.expect("the password manager makes a passkey");
        self.post(browser, "/account/passkeys/register/finish", &json!({ "ceremony": started["ceremony"], "credential": credential })).await
    }

    /// Signs in with a passkey; gives the server's last answer.
    pub(crate) async fn sign_in(&self, browser: &Browser, passkeys: &SoftwarePasskeys) -> Answer {
        let started = self.post(browser, "/sign-in/start", &json!({})).await.json();
        let credential = passkeys.sign_in(&started["publicKey"]).await.expect("the password manager has a passkey");
        self.post(browser, "/sign-in/finish", &json!({ "ceremony": started["ceremony"], "credential": credential })).await
    }

    /// Posts JSON as the pages' script does, each time from another address, so that no limit is in a test's way.
    pub(crate) async fn post(&self, browser: &Browser, path: &str, body: &Value) -> Answer {
        static NEXT: AtomicU32 = AtomicU32::new(0x0a00_0001);
        let ip = std::net::Ipv4Addr::from_bits(NEXT.fetch_add(1, Ordering::Relaxed));
        let request = browser.request(Method::POST, path).header("origin", &self.url).header("sec-fetch-site", "same-origin");
        http::answer(request.header("x-forwarded-for", ip.to_string()).json(body)).await
    }

    /// Whether this browser is signed in.
    pub(crate) async fn is_signed_in(&self, browser: &Browser) -> bool {
        browser.get("/account").await.status == 200
    }

    /// The newest events of a kind, newest first, with their details.
    pub(crate) async fn audited(&self, kind: audit::Kind) -> Vec<(audit::Line, Value)> {
        let mut conn = self.app().db.read().await.expect("a connection");
        let filter = Filter { user: None, kind: Some(kind.as_str().to_owned()), before: None, limit: 500 };
        let lines = audit::list(&mut conn, &filter).await.expect("the audit log");
        lines.into_iter().map(|line| (line.clone(), serde_json::from_str(&line.detail).expect("JSON"))).collect()
    }

    /// The reason of the newest refusal of a kind; empty when there is none.
    pub(crate) async fn last_reason(&self, kind: audit::Kind) -> String {
        self.audited(kind).await.first().and_then(|(_, detail)| detail["reason"].as_str().map(str::to_owned)).unwrap_or_default()
    }

    /// Stops the server and starts another on the same database, with some variables replaced.
    pub(crate) async fn restart(self, variables: &[(&str, &str)]) -> Self {
        let Self { running, clock, mut environment, _directory, .. } = self;
        running.stop().await;
        let port = free_port();
        environment.insert("APP_URL".to_owned(), format!("http://localhost:{port}"));
        environment.insert("PORT".to_owned(), port.to_string());
        environment.extend(variables.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())));
        let running = server::start(configuration(&environment), clock.clone()).await.expect("the server starts again");
        Self { running, clock, url: environment["APP_URL"].clone(), environment, _directory }
    }

    /// Stops the server.
    pub(crate) async fn stop(self) {
        self.running.stop().await;
    }
}

fn configuration(environment: &BTreeMap<String, String>) -> Config {
    let mut names = server::setting_names();
    names.push("LDAP_ENABLED");
    Config::from_variables(environment, &names).expect("a valid configuration")
}
