//! What stands in the database before the server starts: a person in ten groups, apps, an API, and codes and tokens to use up.

use std::collections::BTreeMap;
use std::time::Duration;

use muster::apis::{self, Draft, Permissions, Right};
use muster::app::App;
use muster::clients::{self, Authority, Registration, SigningAlg};
use muster::clock::Clock;
use muster::config::Config;
use muster::db::{Value, add_rows, query};
use muster::id::{ApiId, ClientId, GrantId, GroupId, SessionId, UserId};
use muster::secret::{SecretToken, TokenHash, base64url, sha256};
use muster::server;
use muster::sessions::{Method, SessionState};
use muster::users::{self, User};
use serde_json::json;

pub(crate) const REDIRECT_URI: &str = "https://app.example.org/callback";
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const SCOPES: &str = "openid profile email groups offline_access";

/// An app that can prove who it is.
pub(crate) struct Client {
    id: ClientId,
    pub(crate) client_id: String,
    pub(crate) basic: String,
}

/// What requests are made of.
pub(crate) struct Seeded {
    app: App,
    user: UserId,
    session: SessionId,
    /// Of the person's browser.
    pub(crate) cookie: String,
    /// By the algorithm its ID tokens are signed with.
    pub(crate) apps: BTreeMap<&'static str, Client>,
    /// Acts for itself.
    pub(crate) machine: Client,
}

/// The identifier of the API whose JWTs are signed so.
pub(crate) fn api(alg: SigningAlg) -> String {
    format!("https://{}.example.org/api", alg.as_str().to_lowercase())
}

/// Fills an empty database.
pub(crate) async fn fill(config: Config) -> Seeded {
    let app = server::open(config, Clock::system()).await.expect("the database opens");
    let now = app.clock.now();
    let user = User::new_local("ada", Some("ada@example.org"), "Ada", "Lovelace", now);
    let mut tx = app.db.begin().await.expect("a transaction");
    users::insert(&mut tx, &user).await.expect("a person");
    for number in 0..10 {
        let (id, name) = (GroupId::new(), format!("group-{number}"));
        let group = query("INSERT INTO groups (id, name, name_key, display_name, created_at, updated_at) VALUES ($1, $2, $2, $2, $3, $3)");
        group.bind(id).bind(name).bind(now).execute(&mut tx).await.expect("a group");
        query("INSERT INTO group_members (group_id, user_id) VALUES ($1, $2)").bind(id).bind(user.id).execute(&mut tx).await.expect("a member");
    }
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
    let session = "INSERT INTO sessions (token_hash, id, user_id, state, created_at, last_seen_at, expires_at, client_ip, user_agent)
                   VALUES ($1, $2, $3, $4, $5, $5, $6, '', '')";
    let values = query(session).bind(&TokenHash::of(&cookie.to_string())).bind(state.id).bind(user.id);
    let values = values.bind(json!({ "session": state }).to_string()).bind(now).bind(now + Duration::from_secs(86_400));
    values.execute(&mut tx).await.expect("a session");
    tx.commit().await.expect("stored");

    let mut apps = BTreeMap::new();
    for alg in [SigningAlg::Rs256, SigningAlg::Es256, SigningAlg::EdDsa] {
        let registration = Registration {
            name: format!("App {alg}"),
            redirect_uris: vec![REDIRECT_URI.into()],
            skip_consent: true,
            signing_alg: alg,
            claims_in_id_token: true,
            ..Registration::default()
        };
        apps.insert(alg.as_str(), register(&app, registration).await);
    }
    let machine =
        register(&app, Registration { name: "Machine".into(), acts_alone: true, own_scopes: vec!["read".into()], ..Registration::default() }).await;
    let mut tx = app.db.begin().await.expect("a transaction");
    for alg in [SigningAlg::Rs256, SigningAlg::Es256] {
        let draft = Draft {
            name: format!("API {alg}"),
            identifier: api(alg),
            permissions: "read Read\nwrite Write".to_owned(),
            token_format: "jwt".to_owned(),
            signing_alg: alg.as_str().to_owned(),
            ..Draft::default()
        };
        let id = ApiId::new();
        apis::insert(&mut tx, id, &draft.check(app.config.origin.as_str()).expect("a good draft"), now).await.expect("an API");
        let right = Right { for_itself: Some(Permissions::parse("read write")), ..Right::default() };
        apis::put_right(&mut tx, id, machine.id, &right).await.expect("a right");
    }
    tx.commit().await.expect("stored");
    Seeded { user: user.id, session: state.id, cookie: format!("muster={cookie}"), apps, machine, app }
}

async fn register(app: &App, registration: Registration) -> Client {
    let registered = clients::register(app, Authority::CommandLine, ClientId::new(), registration, &[], app.clock.now()).await.expect("a client");
    let secret = registered.secret.expect("a secret");
    let client_id = registered.client.client_id;
    let basic = format!("Basic {}", base64(&format!("{client_id}:{}", secret.reveal())));
    Client { id: registered.client.id, client_id, basic }
}

fn base64(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}

impl Seeded {
    /// Grants to an app, each with a code.
    pub(crate) async fn codes(&self, client: &Client, count: usize) -> Vec<String> {
        let grants = self.grants(client, count).await;
        let codes: Vec<String> = grants.iter().map(|_| SecretToken::new("muster_ac_").reveal().to_owned()).collect();
        let later = self.app.clock.now() + Duration::from_secs(86_400);
        let rows = grants.iter().zip(&codes).map(|(grant, code)| -> [Value; 6] {
            let challenge = base64url(&sha256(VERIFIER.as_bytes()));
            [(&TokenHash::of(code)).into(), (*grant).into(), client.id.into(), REDIRECT_URI.into(), challenge.into(), later.into()]
        });
        let mut tx = self.app.db.begin().await.expect("a transaction");
        add_rows(&mut tx, "authorization_codes", "code_hash, grant_id, client_id, redirect_uri, code_challenge, expires_at", rows)
            .await
            .expect("codes");
        tx.commit().await.expect("stored");
        codes
    }

    /// Grants to an app, each with a token of this kind.
    pub(crate) async fn tokens(&self, client: &Client, kind: &str, count: usize) -> Vec<String> {
        let grants = self.grants(client, count).await;
        let tokens: Vec<String> = grants.iter().map(|_| SecretToken::new("muster_").reveal().to_owned()).collect();
        let now = self.app.clock.now();
        let rows = grants.iter().zip(&tokens).map(|(grant, token)| -> [Value; 6] {
            [(&TokenHash::of(token)).into(), kind.into(), (*grant).into(), SCOPES.into(), now.into(), (now + Duration::from_secs(86_400)).into()]
        });
        let mut tx = self.app.db.begin().await.expect("a transaction");
        add_rows(&mut tx, "tokens", "token_hash, kind, grant_id, scopes, created_at, expires_at", rows).await.expect("tokens");
        tx.commit().await.expect("stored");
        tokens
    }

    async fn grants(&self, client: &Client, count: usize) -> Vec<GrantId> {
        let grants: Vec<GrantId> = (0..count).map(|_| GrantId::new()).collect();
        let now = self.app.clock.now();
        let rows = grants.iter().map(|grant| -> [Value; 11] {
            [
                (*grant).into(),
                self.user.into(),
                client.id.into(),
                self.session.into(),
                SCOPES.into(),
                "a nonce of some length".into(),
                now.into(),
                "hwk user pop".into(),
                now.into(),
                "".into(),
                "".into(),
            ]
        });
        let mut tx = self.app.db.begin().await.expect("a transaction");
        let columns = "id, user_id, client_id, session_id, scopes, nonce, auth_at, amr, created_at, acr, claims";
        add_rows(&mut tx, "grants", columns, rows).await.expect("grants");
        tx.commit().await.expect("stored");
        grants
    }
}
