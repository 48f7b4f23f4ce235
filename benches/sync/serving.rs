//! What a server that follows a large directory does beside syncing: it answers, it follows, it shows lists.

use std::time::{Duration, Instant};

use muster::clients::{self, Authority, Registration};
use muster::clock::Clock;
use muster::config::Config;
use muster::db::query;
use muster::id::{ClientId, SessionId};
use muster::secret::{TokenHash, base64url, sha256};
use muster::server::{self, Running};
use muster::sessions::{Method, SessionState};
use muster::users::{self, User};
use serde_json::{Value, json};

use super::support::free_port;
use super::support::slapd::{BASE, Slapd, person_dn};
use super::{millis, variables, verdict};

const REDIRECT_URI: &str = "https://app.example.org/callback";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
/// Times the slowest of a hundred at rest.
const WHILE_IMPORTING: f64 = 5.0;
const IN_FORCE_WITHIN: Duration = Duration::from_secs(1);
const LIST_WITHIN: Duration = Duration::from_millis(20);
/// How many rounds of requests are made at rest.
const AT_REST: usize = 300;
/// How many changes are followed.
const CHANGES: usize = 50;
/// How many changes of memberships are followed.
const JOINS: usize = 20;
/// How often each page is asked for.
const PAGES: usize = 20;
/// What one round of requests asks for.
const REQUESTS: [&str; 4] = ["readyz", "sign-in page", "userinfo", "token refresh"];

/// Starts a server on an empty database, which begins its first import at once.
pub(crate) async fn measure(database: &str, slapd: &Slapd, people: usize) {
    let port = free_port();
    let base = format!("http://localhost:{port}");
    let mut variables = variables(database, slapd, "cn");
    for (name, value) in [("APP_URL", base.as_str()), ("HOST", "127.0.0.1"), ("PORT", &port.to_string()), ("LDAP_FOLLOW_CHANGES", "true")] {
        variables.insert(name.to_owned(), value.to_owned());
    }
    let config = Config::from_variables(&variables, &server::setting_names()).expect("a valid configuration");
    let running = server::start(config, Clock::system()).await.expect("the server starts");
    let mut visitor = Visitor::new(&running, base).await;
    let mut importing = Vec::new();
    while !is_imported(&running, people).await {
        importing.push(visitor.round().await);
    }
    follows(&running).await;
    let mut at_rest = Vec::new();
    for _ in 0..AT_REST {
        at_rest.push(visitor.round().await);
    }
    for (place, request) in REQUESTS.into_iter().enumerate() {
        let [slow, usual] = [&importing, &at_rest].map(|rounds| percentile(rounds.iter().map(|round| round[place]).collect(), 99));
        let ratio = slow.as_secs_f64() / usual.as_secs_f64();
        let what = format!("{request} while importing, p99 of {}", importing.len());
        println!(
            "  {what:<44}{:>8.1} ms{ratio:>8.1} × at rest ({:.1} ms){:>8} {WHILE_IMPORTING} ×",
            millis(slow),
            millis(usual),
            verdict(ratio <= WHILE_IMPORTING)
        );
    }
    follow(&running, slapd).await;
    follow_memberships(&running, slapd, people).await;
    lists(&visitor, people).await;
    running.stop().await;
}

async fn number(running: &Running, sql: &'static str) -> i64 {
    let mut conn = running.app.db.read().await.expect("a connection");
    let (number,): (i64,) = query(sql).one(&mut conn).await.expect("a number");
    number
}

async fn is_imported(running: &Running, people: usize) -> bool {
    let failed = number(running, "SELECT COUNT(*) FROM sync_runs WHERE outcome IN ('failed', 'held')").await;
    assert_eq!(failed, 0, "the import failed");
    let done = number(running, "SELECT COUNT(*) FROM sync_runs WHERE outcome = 'applied'").await;
    done > 0 && usize::try_from(number(running, "SELECT COUNT(*) FROM users WHERE directory IS NOT NULL").await) == Ok(people)
}

/// Waits until changes are followed and nothing runs.
async fn follows(running: &Running) {
    let deadline = Instant::now() + Duration::from_secs(120);
    loop {
        let following = number(running, "SELECT COUNT(*) FROM directory_following WHERE since IS NOT NULL AND problem = ''").await;
        if following == 1 && number(running, "SELECT COUNT(*) FROM sync_runs WHERE outcome IS NULL").await == 0 {
            tokio::time::sleep(Duration::from_secs(2)).await;
            return;
        }
        assert!(Instant::now() < deadline, "waited in vain for changes to be followed");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// From the moment `ldapmodify` is started, so its own time is part of it, to the moment the row is read.
async fn follow(running: &Running, slapd: &Slapd) {
    let mut took = Vec::new();
    for change in 1..=CHANGES {
        let (uid, name) = (format!("person{change:06}"), format!("Renamed {change}"));
        let begun = Instant::now();
        slapd.tools().modify(&format!("dn: {}\nchangetype: modify\nreplace: cn\ncn: {name}\n", person_dn(&uid))).await;
        loop {
            let mut conn = running.app.db.read().await.expect("a connection");
            let (now,): (String,) = query("SELECT display_name FROM users WHERE username = $1").bind(&uid).one(&mut conn).await.expect("a person");
            drop(conn);
            if now == name {
                break;
            }
            assert!(begun.elapsed() < Duration::from_secs(60), "{uid} was not followed");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        took.push(begun.elapsed());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    for percent in [50, 99] {
        let what = format!("a change is in force, p{percent} of {CHANGES}");
        let within = percentile(took.clone(), percent);
        println!("  {what:<44}{:>8.0} ms{:>8} {:.0} ms", millis(within), verdict(within <= IN_FORCE_WITHIN), millis(IN_FORCE_WITHIN));
    }
}

/// Somebody joins a team: from the moment `ldapmodify` is started to the moment the row is read.
async fn follow_memberships(running: &Running, slapd: &Slapd, people: usize) {
    let mut took = Vec::new();
    for change in 1..=JOINS {
        let uid = format!("person{:06}", people - change);
        let begun = Instant::now();
        slapd.tools().modify(&format!("dn: cn=team0001,ou=groups,{BASE}\nchangetype: modify\nadd: member\nmember: {}\n", person_dn(&uid))).await;
        loop {
            let mut conn = running.app.db.read().await.expect("a connection");
            let joined: Option<(String,)> = query(
                "SELECT g.name FROM users u JOIN group_members m ON m.user_id = u.id JOIN groups g ON g.id = m.group_id
                 WHERE u.username = $1 AND g.name = 'team0001'",
            )
            .bind(&uid)
            .optional(&mut conn)
            .await
            .expect("an answer");
            drop(conn);
            if joined.is_some() {
                break;
            }
            assert!(begun.elapsed() < Duration::from_secs(60), "the membership of {uid} was not followed");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        took.push(begun.elapsed());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // The next database is measured with the same directory.
    for change in 1..=JOINS {
        let member = person_dn(&format!("person{:06}", people - change));
        slapd.tools().modify(&format!("dn: cn=team0001,ou=groups,{BASE}\nchangetype: modify\ndelete: member\nmember: {member}\n")).await;
    }
    for percent in [50, 99] {
        let what = format!("a membership is in force, p{percent} of {JOINS}");
        let within = percentile(took.clone(), percent);
        println!("  {what:<44}{:>8.0} ms{:>8} {:.0} ms", millis(within), verdict(within <= IN_FORCE_WITHIN), millis(IN_FORCE_WITHIN));
    }
}

async fn lists(visitor: &Visitor, people: usize) {
    let last = people.div_ceil(50);
    for (what, query) in [
        ("first", String::new()),
        ("middle", format!("?page={}", last / 2)),
        ("deepest", format!("?page={last}")),
        ("deepest by username", format!("?page={last}&sort=username")),
        ("search for one", format!("?q=number{:06}", people / 2)),
        ("search for two words", "?q=person+example".to_owned()),
        ("search for nobody", "?q=zzzz".to_owned()),
    ] {
        let mut took = Vec::new();
        for _ in 0..PAGES {
            took.push(visitor.timed(visitor.http.get(format!("{}/admin/users{query}", visitor.base)).header("cookie", &visitor.cookie)).await);
        }
        let (usual, slow) = (percentile(took.clone(), 50), percentile(took, 99));
        let what = format!("list of people, {what}: median");
        println!(
            "  {what:<44}{:>8.1} ms{:>8} {:.0} ms (slowest {:.1} ms)",
            millis(usual),
            verdict(usual <= LIST_WITHIN),
            millis(LIST_WITHIN),
            millis(slow)
        );
    }
}

fn percentile(mut took: Vec<Duration>, percent: usize) -> Duration {
    took.sort_unstable();
    let place = (took.len() * percent).div_ceil(100).saturating_sub(1);
    took.get(place).copied().unwrap_or_default()
}

/// An administrator with a session, and an app they use.
struct Visitor {
    http: reqwest::Client,
    base: String,
    cookie: String,
    client: String,
    secret: String,
    refresh_token: String,
    access_token: String,
}

impl Visitor {
    async fn new(running: &Running, base: String) -> Self {
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().expect("a client");
        let cookie = signed_in(running).await;
        let registration =
            Registration { name: "App".into(), redirect_uris: vec![REDIRECT_URI.into()], skip_consent: true, ..Registration::default() };
        let now = running.app.clock.now();
        let registered = clients::register(&running.app, Authority::CommandLine, ClientId::new(), registration, &[], now).await.expect("a client");
        let secret = registered.secret.expect("a secret").reveal().to_owned();
        let client = registered.client.client_id;
        let challenge = base64url(&sha256(VERIFIER.as_bytes()));
        let parameters = [
            ("client_id", client.as_str()),
            ("redirect_uri", REDIRECT_URI),
            ("response_type", "code"),
            ("scope", "openid profile email offline_access"),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ];
        let authorize = format!("{base}/authorize?{}", serde_urlencoded::to_string(parameters).expect("a query"));
        let answer = http.get(&authorize).header("cookie", &cookie).send().await.expect("an answer");
        let location = answer.headers()["location"].to_str().expect("a location").to_owned();
        let url = url::Url::parse(&location).unwrap_or_else(|_| panic!("{location}"));
        let code = url.query_pairs().find(|(name, _)| name == "code").map_or_else(|| panic!("{location}"), |(_, code)| code.into_owned());
        let mut visitor = Self { http, base, cookie, client, secret, refresh_token: String::new(), access_token: String::new() };
        visitor.tokens(&[("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", REDIRECT_URI), ("code_verifier", VERIFIER)]).await;
        visitor
    }

    async fn tokens(&mut self, form: &[(&str, &str)]) {
        let token = format!("{}/api/oidc/token", self.base);
        let answer = self.http.post(token).basic_auth(&self.client, Some(&self.secret)).form(form).send().await.expect("an answer");
        let tokens: Value = answer.json().await.expect("JSON");
        let text = |name: &str| tokens[name].as_str().unwrap_or_else(|| panic!("{tokens}")).to_owned();
        (self.refresh_token, self.access_token) = (text("refresh_token"), text("access_token"));
    }

    async fn timed(&self, request: reqwest::RequestBuilder) -> Duration {
        let begun = Instant::now();
        let answer = request.send().await.expect("an answer");
        let status = answer.status();
        answer.bytes().await.expect("a body");
        assert!(status.is_success(), "{status}");
        begun.elapsed()
    }

    /// One of each of [`REQUESTS`].
    async fn round(&mut self) -> [Duration; REQUESTS.len()] {
        let ready = self.timed(self.http.get(format!("{}/readyz", self.base))).await;
        let page = self.timed(self.http.get(format!("{}/sign-in", self.base))).await;
        let userinfo = self.timed(self.http.get(format!("{}/api/oidc/userinfo", self.base)).bearer_auth(&self.access_token)).await;
        let begun = Instant::now();
        let refresh_token = self.refresh_token.clone();
        self.tokens(&[("grant_type", "refresh_token"), ("refresh_token", &refresh_token)]).await;
        [ready, page, userinfo, begun.elapsed()]
    }
}

/// The cookie of a local administrator who signed in with a passkey.
async fn signed_in(running: &Running) -> String {
    let now = running.app.clock.now();
    let user = User { local_admin: true, ..User::new_local("ada", Some("ada@example.org"), "Ada", "Lovelace", now) };
    let cookie = tower_sessions::session::Id::default();
    let state = SessionState {
        id: SessionId::new(),
        user: user.id,
        method: Method::Passkey { synced: true, model: None },
        auth_at: now,
        client_ip: String::new(),
        user_agent: String::new(),
        device: String::new(),
        kept: false,
    };
    let mut tx = running.app.db.begin().await.expect("a transaction");
    users::insert(&mut tx, &user).await.expect("a person");
    query(
        "INSERT INTO sessions (token_hash, id, user_id, state, created_at, last_seen_at, expires_at, client_ip, user_agent)
         VALUES ($1, $2, $3, $4, $5, $5, $6, '', '')",
    )
    .bind(&TokenHash::of(&cookie.to_string()))
    .bind(state.id)
    .bind(user.id)
    .bind(json!({ "session": state }).to_string())
    .bind(now)
    .bind(now + Duration::from_secs(3600))
    .execute(&mut tx)
    .await
    .expect("a session");
    tx.commit().await.expect("stored");
    format!("muster={cookie}")
}
