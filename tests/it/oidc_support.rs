//! A provider in the test process, people who are signed in without a ceremony, and a client's side of the protocol.

use std::collections::BTreeMap;
use std::time::Duration;

use muster::clients::{self, Authority, Registration};
use muster::clock::{Clock, Timestamp};
use muster::config::Config;
use muster::db::query;
use muster::id::{ClientId, GroupId, SessionId};
use muster::secret::{TokenHash, base64url, from_base64url, random_bytes, sha256};
use muster::server::{self, Running};
use muster::sessions::{Method, SessionState};
use muster::users::{self, User};
use reqwest::header::{AUTHORIZATION, HeaderMap};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::http::{Answer, Browser, answer};
use crate::support::{free_port, janitor, postgres};

pub(crate) const REDIRECT_URI: &str = "https://wiki.example.org/callback?tenant=1";
pub(crate) const SIGNED_OUT_URI: &str = "https://wiki.example.org/signed-out";
/// 128 characters, some of which need encoding.
pub(crate) const STATE: &str =
    "state-with spaces&signs=%20+äÖ/?#-0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123";

/// A running provider. Time passes when [`Provider::wait`] says so.
pub(crate) struct Provider {
    pub(crate) running: Running,
    pub(crate) base: String,
    clock: Clock,
    variables: BTreeMap<String, String>,
    _directory: TempDir,
}

/// Runs a test on SQLite and on PostgreSQL.
pub(crate) async fn on_both_databases(test: impl AsyncFn(&Provider)) {
    for database in [None, Some(postgres::database().await)] {
        let provider = Provider::start(database).await;
        test(&provider).await;
        provider.running.stop().await;
    }
}

impl Provider {
    /// On PostgreSQL when a connection string is given, else on SQLite.
    pub(crate) async fn start(database: Option<String>) -> Self {
        let directory = janitor::directory("provider");
        let port = free_port();
        let base = format!("http://localhost:{port}");
        let sqlite = format!("sqlite://{}", directory.path().join("muster.db").display());
        let variables = BTreeMap::from(
            [
                ("APP_URL", base.clone()),
                ("HOST", "127.0.0.1".to_owned()),
                ("PORT", port.to_string()),
                ("DB_CONNECTION_STRING", database.unwrap_or(sqlite)),
                ("ENCRYPTION_KEY", "a key for the tests that nobody else uses".to_owned()),
            ]
            .map(|(name, value)| (name.to_owned(), value)),
        );
        let config = Config::from_variables(&variables, &server::setting_names()).expect("a valid configuration");
        let clock = Clock::system();
        let running = server::start(config, clock.clone()).await.expect("the provider starts");
        Self { running, base, clock, variables, _directory: directory }
    }

    /// Another server on the same database, with the same clock.
    pub(crate) async fn another_instance(&self) -> Running {
        let mut variables = self.variables.clone();
        variables.insert("PORT".to_owned(), free_port().to_string());
        let config = Config::from_variables(&variables, &server::setting_names()).expect("a valid configuration");
        server::start(config, self.clock.clone()).await.expect("another instance starts")
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Lets time pass.
    pub(crate) fn wait(&self, duration: Duration) {
        self.clock.advance(duration);
    }

    /// A browser nobody is signed in to.
    pub(crate) fn browser(&self) -> Browser {
        Browser::new(&self.base)
    }

    /// A person, not signed in yet.
    pub(crate) async fn person(&self, username: &str) -> User {
        let email = format!("{username}@example.org");
        let user = User { email_verified: true, ..User::new_local(username, Some(&email), "Ada", "Lovelace", self.now()) };
        let mut tx = self.running.app.db.begin().await.expect("a transaction");
        users::insert(&mut tx, &user).await.expect("a new person");
        tx.commit().await.expect("stored");
        user
    }

    /// Signs a person in to a browser, as a ceremony with a synced passkey would.
    pub(crate) async fn sign_in(&self, browser: &Browser, user: &User) {
        let cookie = tower_sessions::session::Id::default();
        let now = self.now();
        let method = Method::Passkey { synced: true, model: None };
        let state = SessionState {
            id: SessionId::new(),
            user: user.id,
            method,
            auth_at: now,
            client_ip: String::new(),
            user_agent: String::new(),
            device: String::new(),
            kept: false,
        };
        let expires_at = now + Duration::from_secs(7 * 24 * 3600);
        let insert = query(
            "INSERT INTO sessions (token_hash, id, user_id, state, created_at, last_seen_at, expires_at, client_ip, user_agent)
             VALUES ($1, $2, $3, $4, $5, $5, $6, '', '')",
        );
        let insert = insert.bind(&TokenHash::of(&cookie.to_string())).bind(state.id).bind(user.id);
        self.execute(insert.bind(json!({ "session": state }).to_string()).bind(now).bind(expires_at)).await;
        browser.set_cookie(&format!("muster={cookie}; Path=/; HttpOnly; SameSite=Lax"));
    }

    /// A browser with a person signed in.
    pub(crate) async fn browser_of(&self, user: &User) -> Browser {
        let browser = self.browser();
        self.sign_in(&browser, user).await;
        browser
    }

    /// An administrator at a browser.
    pub(crate) async fn administrator(&self) -> (User, Browser) {
        let boss = self.person("boss").await;
        self.execute(query("UPDATE users SET local_admin = $2 WHERE id = $1").bind(boss.id).bind(true)).await;
        let browser = self.browser_of(&boss).await;
        (boss, browser)
    }

    /// A group with members, as a directory sync would leave it.
    pub(crate) async fn group(&self, name: &str, members: &[&User]) -> GroupId {
        let id = GroupId::new();
        let insert = "INSERT INTO groups (id, name, name_key, display_name, created_at, updated_at) VALUES ($1, $2, $2, $2, $3, $3)";
        self.execute(query(insert).bind(id).bind(name).bind(self.now())).await;
        for member in members {
            self.execute(query("INSERT INTO group_members (group_id, user_id) VALUES ($1, $2)").bind(id).bind(member.id)).await;
        }
        id
    }

    /// Changes the database behind the provider's back, as another instance would.
    pub(crate) async fn execute(&self, statement: muster::db::Query) -> u64 {
        let mut tx = self.running.app.db.begin().await.expect("a transaction");
        let changed = statement.execute(&mut tx).await.expect("the statement runs");
        tx.commit().await.expect("stored");
        changed
    }

    /// How many rows a query counts.
    pub(crate) async fn count(&self, sql: &'static str) -> i64 {
        let (count,): (i64,) = query(sql).one(&mut self.running.app.db.read().await.expect("a connection")).await.expect("a count");
        count
    }

    /// Registers a confidential client that needs no consent and may be used by everyone.
    pub(crate) async fn client(&self) -> Client {
        self.client_with(|_| {}, &[]).await
    }

    /// Registers a client with some decisions changed.
    pub(crate) async fn client_with(&self, change: impl FnOnce(&mut Registration), groups: &[&str]) -> Client {
        let mut registration = Registration {
            name: "Wiki".into(),
            redirect_uris: vec![REDIRECT_URI.into()],
            post_logout_redirect_uris: vec![SIGNED_OUT_URI.into()],
            skip_consent: true,
            claims_in_id_token: true,
            ..Registration::default()
        };
        change(&mut registration);
        let groups: Vec<String> = groups.iter().map(|&name| name.to_owned()).collect();
        let registered = clients::register(&self.running.app, Authority::CommandLine, ClientId::new(), registration, &groups, self.now()).await;
        let registered = registered.expect("a client");
        Client {
            base: self.base.clone(),
            id: registered.client.id,
            client_id: registered.client.client_id,
            secret: registered.secret.map(|secret| secret.reveal().to_owned()),
            redirect_uri: registered.client.registration.redirect_uris[0].clone(),
            verifier: base64url(&random_bytes::<32>()),
        }
    }

    /// Sends an access token to userinfo.
    pub(crate) async fn userinfo(&self, access_token: &str) -> Answer {
        answer(plain().get(format!("{}/api/oidc/userinfo", self.base)).bearer_auth(access_token)).await
    }
}

/// An HTTP client with no memory, as apps have one.
pub(crate) fn plain() -> reqwest::Client {
    reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().expect("a client")
}

/// The app's side.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    pub(crate) base: String,
    pub(crate) id: ClientId,
    pub(crate) client_id: String,
    pub(crate) secret: Option<String>,
    pub(crate) redirect_uri: String,
    pub(crate) verifier: String,
}

/// How a client proves itself.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Proof {
    Basic,
    Post,
    None,
}

impl Client {
    /// The parameters of a request for `openid` with PKCE; those given replace or add, and `("name", "")` leaves one out.
    pub(crate) fn parameters(&self, changed: &[(&str, &str)]) -> Vec<(String, String)> {
        let challenge = base64url(&sha256(self.verifier.as_bytes()));
        let mut parameters: BTreeMap<String, String> = [
            ("client_id", self.client_id.as_str()),
            ("redirect_uri", &self.redirect_uri),
            ("response_type", "code"),
            ("scope", "openid"),
            ("state", STATE),
            ("nonce", "n-0S6_WzA2Mj"),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        parameters.extend(changed.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())));
        parameters.into_iter().filter(|(_, value)| !value.is_empty()).collect()
    }

    /// The address of such a request.
    pub(crate) fn request(&self, changed: &[(&str, &str)]) -> String {
        format!("/authorize?{}", serde_urlencoded::to_string(self.parameters(changed)).expect("a query"))
    }

    /// Sends a person there; they are signed in and need not be asked.
    pub(crate) async fn code(&self, browser: &Browser, changed: &[(&str, &str)]) -> String {
        let answer = browser.get(&self.request(changed)).await;
        answered(&answer).remove("code").unwrap_or_else(|| panic!("no code: {} {:?}\n{}", answer.status, answer.location(), answer.body))
    }

    /// Calls the token endpoint; `("name", "")` leaves a parameter out.
    pub(crate) async fn token_request(&self, proof: Proof, parameters: &[(&str, &str)]) -> Answer {
        self.post("/api/oidc/token", proof, parameters).await
    }

    /// Calls an endpoint of ours with the client's proof.
    pub(crate) async fn post(&self, path: &str, proof: Proof, parameters: &[(&str, &str)]) -> Answer {
        let mut form: Vec<(&str, &str)> = parameters.iter().copied().filter(|(_, value)| !value.is_empty()).collect();
        let mut headers = HeaderMap::new();
        let secret = self.secret.as_deref().unwrap_or_default();
        match proof {
            Proof::Basic => {
                use base64::Engine as _;
                let encoded = base64::engine::general_purpose::STANDARD.encode(format!("{}:{secret}", self.client_id));
                headers.insert(AUTHORIZATION, format!("Basic {encoded}").parse().expect("a header"));
            }
            Proof::Post => form.extend([("client_id", self.client_id.as_str()), ("client_secret", secret)]),
            Proof::None => form.push(("client_id", &self.client_id)),
        }
        answer(plain().post(format!("{}{path}", self.base)).headers(headers).form(&form)).await
    }

    /// Redeems a code as it should be done, but for what is changed.
    pub(crate) async fn redeem(&self, code: &str, changed: &[(&str, &str)]) -> Answer {
        let mut parameters: BTreeMap<&str, &str> = BTreeMap::from([
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", self.redirect_uri.as_str()),
            ("code_verifier", &self.verifier),
        ]);
        parameters.extend(changed.iter().copied());
        let proof = if self.secret.is_some() { Proof::Basic } else { Proof::None };
        self.token_request(proof, &parameters.into_iter().collect::<Vec<_>>()).await
    }

    /// Uses a refresh token.
    pub(crate) async fn refresh(&self, refresh_token: &str) -> Answer {
        let proof = if self.secret.is_some() { Proof::Basic } else { Proof::None };
        self.token_request(proof, &[("grant_type", "refresh_token"), ("refresh_token", refresh_token)]).await
    }

    /// The whole way to tokens for a person who is signed in.
    pub(crate) async fn tokens(&self, browser: &Browser, changed: &[(&str, &str)]) -> Value {
        let code = self.code(browser, changed).await;
        succeeded(&self.redeem(&code, &[]).await)
    }
}

/// The parameters of an answer that was redirected to the client; empty when this is no redirect to it.
pub(crate) fn answered(answer: &Answer) -> BTreeMap<String, String> {
    let Some(location) = answer.location() else { return BTreeMap::new() };
    location.query_pairs().into_owned().collect()
}

/// The tokens of a token endpoint's answer.
pub(crate) fn succeeded(answer: &Answer) -> Value {
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.header("cache-control"), "no-store");
    answer.json()
}

/// Checks that a program was told of an error as RFC 6749 section 5.2 says, with this status and code.
pub(crate) fn assert_refused(answer: &Answer, status: u16, error: &str) {
    assert_eq!((answer.status.as_u16(), answer.json()["error"].as_str()), (status, Some(error)), "{}", answer.body);
    assert_eq!(answer.header("cache-control"), "no-store");
    assert!(answer.header("content-type").starts_with("application/json"));
    let description = answer.json()["error_description"].as_str().unwrap_or_default().to_owned();
    assert!(description.bytes().all(|b| matches!(b, 0x20..=0x21 | 0x23..=0x5b | 0x5d..=0x7e)), "{description}");
}

/// The claims of an ID token, not verified; a foreign client verifies them in `oidc_foreign_clients`.
pub(crate) fn claims(tokens: &Value) -> Value {
    part(tokens["id_token"].as_str().expect("an ID token"), 1)
}

/// The header of an ID token.
pub(crate) fn header(tokens: &Value) -> Value {
    part(tokens["id_token"].as_str().expect("an ID token"), 0)
}

fn part(token: &str, number: usize) -> Value {
    let encoded = token.split('.').nth(number).expect("three parts");
    serde_json::from_slice(&from_base64url(encoded).expect("base64url")).expect("JSON")
}
