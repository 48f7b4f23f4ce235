//! What tests of the sync share: the binary configured for a directory, on either database, and what it knows afterwards.

use std::collections::BTreeMap;

use muster::db::{self, Db, Value};
use serde_json::Value as Json;

use crate::support::app::Engine;
use crate::support::postgres;
use crate::support::process::{Muster, Said};
use crate::support::slapd::{BASE, SERVICE_DN, SERVICE_PASSWORD, Slapd};

/// An installation of the binary, and its database from outside.
pub(crate) struct Site {
    pub(crate) muster: Muster,
    pub(crate) engine: Engine,
    database: String,
}

/// Runs a test on SQLite and then on PostgreSQL, each with a directory of its own that holds the entries of `ldif`.
pub(crate) async fn on_each_database(ldif: &str, test: impl AsyncFn(&mut Site, &mut Slapd)) {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        // Shown when the test fails.
        eprintln!("on {engine:?}");
        let mut slapd = Slapd::start(ldif).await;
        let mut site = Site::new(engine).await;
        site.use_slapd(&slapd);
        test(&mut site, &mut slapd).await;
    }
}

impl Site {
    /// An installation that has never run and knows no directory.
    pub(crate) async fn new(engine: Engine) -> Self {
        let mut muster = Muster::new();
        let database = match engine {
            Engine::Sqlite => format!("sqlite://{}", muster.directory().join("data/muster.db").display()),
            Engine::Postgres => postgres::database().await,
        };
        muster.set("DB_CONNECTION_STRING", &database);
        // As the generated ones look: stretching a typed key takes a while.
        muster.set("ENCRYPTION_KEY", "muster-key-dGhlIGtleSB0aGF0IGV2ZXJ5IHRlc3QgaGVyZSBoYXM");
        // Tests say themselves when a directory is read; those about following and signing in turn these on.
        muster.set("LDAP_FOLLOW_CHANGES", "false").set("LDAP_SYNC_AT_SIGN_IN", "false");
        Self { muster, engine, database }
    }

    /// Points it at a slapd.
    pub(crate) fn use_slapd(&mut self, slapd: &Slapd) {
        self.set(&[
            ("LDAP_ENABLED", "true"),
            ("LDAP_URL", &slapd.url()),
            ("LDAP_BIND_DN", SERVICE_DN),
            ("LDAP_BIND_PASSWORD", SERVICE_PASSWORD),
            ("LDAP_BASE", BASE),
            ("LDAP_USER_SEARCH_FILTER", "(objectClass=inetOrgPerson)"),
            ("LDAP_ADMIN_GROUP_NAME", "admins"),
        ]);
    }

    /// Sets variables.
    pub(crate) fn set(&mut self, variables: &[(&str, &str)]) {
        for (name, value) in variables {
            self.muster.set(name, value);
        }
    }

    /// Syncs, and asserts how it ended (with the exit status that goes with it).
    pub(crate) async fn sync(&self, outcome: &str) -> Json {
        expect(&self.muster.run(["directory", "sync", "--format", "json"]).await, outcome)
    }

    /// Syncs with a confirmation.
    pub(crate) async fn confirm(&self, run: &Json, outcome: &str) -> Json {
        let run = run["run_id"].as_str().expect("a run's id");
        expect(&self.muster.run(["directory", "sync", "--confirm", run, "--format", "json"]).await, outcome)
    }

    /// Everyone by username, as `muster users list` says.
    pub(crate) async fn users(&self) -> BTreeMap<String, Json> {
        by_name(&self.muster.run(["users", "list", "--format", "json"]).await.json(), "username")
    }

    /// One person.
    ///
    /// Panics when nobody has the username.
    pub(crate) async fn user(&self, username: &str) -> Json {
        let users = self.users().await;
        users.get(username).unwrap_or_else(|| panic!("no {username} among {:?}", users.keys())).clone()
    }

    /// Every group's members, by name.
    pub(crate) async fn groups(&self) -> BTreeMap<String, Vec<String>> {
        let groups = by_name(&self.muster.run(["groups", "list", "--format", "json"]).await.json(), "name");
        let members = |group: &Json| group["members"].as_array().expect("members").iter().map(text).collect();
        groups.iter().map(|(name, group)| (name.clone(), members(group))).collect()
    }

    /// The database, opened from outside.
    pub(crate) async fn database(&self) -> Db {
        db::open(&self.database).await.expect("the database opens")
    }

    /// One number out of the database.
    pub(crate) async fn count(&self, sql: &'static str) -> i64 {
        self.one(sql).await
    }

    /// One text out of the database.
    pub(crate) async fn text(&self, sql: &'static str) -> String {
        self.one(sql).await
    }

    async fn one<T>(&self, sql: &'static str) -> T
    where
        (T,): db::Row,
    {
        let database = self.database().await;
        let mut conn = database.read().await.expect("a connection");
        let (value,): (T,) = db::query(sql).one(&mut conn).await.expect("a row");
        drop(conn);
        database.close().await;
        value
    }

    /// Runs a statement.
    pub(crate) async fn execute(&self, sql: &'static str, values: Vec<Value>) {
        let database = self.database().await;
        let mut tx = database.begin().await.expect("a transaction");
        values.into_iter().fold(db::query(sql), db::Query::bind).execute(&mut tx).await.expect("the statement runs");
        tx.commit().await.expect("committed");
        database.close().await;
    }

    /// When people and groups were last written to: changes exactly when something was.
    pub(crate) async fn last_write(&self) -> (i64, i64, i64) {
        let users = self.count("SELECT COALESCE(MAX(updated_at), 0) FROM users").await;
        let groups = self.count("SELECT COALESCE(MAX(updated_at), 0) FROM groups").await;
        (users, groups, self.count("SELECT COUNT(*) FROM audit_events").await)
    }
}

/// A report as printed, after asserting its outcome and the exit status that goes with it.
pub(crate) fn expect(said: &Said, outcome: &str) -> Json {
    let report = said.json();
    assert_eq!(report["outcome"], outcome, "{said:#?}");
    assert_eq!(said.status, i32::from(matches!(outcome, "held" | "failed")), "{said:#?}");
    report
}

/// The messages of a report's problems.
pub(crate) fn messages(report: &Json) -> Vec<String> {
    report["problems"].as_array().expect("problems").iter().map(|problem| text(&problem["message"])).collect()
}

fn by_name(list: &Json, field: &str) -> BTreeMap<String, Json> {
    list.as_array().expect("a list").iter().map(|one| (text(&one[field]), one.clone())).collect()
}

/// A JSON text as text.
pub(crate) fn text(value: &Json) -> String {
    value.as_str().expect("a text").to_owned()
}
