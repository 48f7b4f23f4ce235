//! Checking an app: its flow, run in the administrator's browser against a redirect URI of our own that counts for this one run and is never added to the app,
//! and what it would get about anyone. What a run is given is revoked before its page is shown.

pub mod http;
pub mod look;

use std::collections::BTreeSet;
use std::time::Duration;

use openidconnect::UserInfoClaims;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::error::OAuthError;
use super::mint::Wanted;
use super::params::Params;
use super::scope::{Scope, Scopes};
use super::store;
use super::token::Proof;
use super::{claims_of_access_token, known_of, redeem, resources};
use crate::app::App;
use crate::audit::{self, Event, Kind};
use crate::clients::{self, Client, SigningAlg};
use crate::clock::Timestamp;
use crate::id::{ClientId, UserId};
use crate::language::t;
use crate::secret::{TokenHash, base64url, from_base64url, random_bytes, sha256};
use crate::sessions::AdminSession;
use crate::users::User;
use crate::{groups, web};

/// How long a run may take: long enough to sign in again.
const RUN_WITHIN: Duration = Duration::from_secs(30 * 60);
const PURPOSE: &str = "check of a client";
const PATH: &str = "/admin/clients/check?run=";

/// A run of a check. It travels sealed in its own redirect URI, so nothing is stored, and nobody can make one up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Run {
    client: ClientId,
    /// Who checks; nobody else can end it.
    admin: UserId,
    verifier: String,
    nonce: String,
    scopes: String,
    /// How far the browser's clock was ahead, in seconds.
    clock_ahead: Option<i64>,
    started_at: Timestamp,
}

impl Run {
    fn new(client: ClientId, admin: UserId, scopes: &Scopes, clock_ahead: Option<i64>, now: Timestamp) -> Self {
        let secret = || base64url(&random_bytes::<32>());
        Self { client, admin, verifier: secret(), nonce: secret(), scopes: scopes.to_string(), clock_ahead, started_at: now }
    }

    fn seal(&self, app: &App) -> String {
        app.sealer.seal_text(PURPOSE, &serde_json::to_string(self).unwrap_or_default())
    }

    /// Opens what came back; `None` when it was not made here or took too long.
    fn open(app: &App, unverified_sealed: &str, now: Timestamp) -> Option<Self> {
        let text = app.sealer.unseal_text(PURPOSE, unverified_sealed).ok()?;
        serde_json::from_str::<Self>(&text).ok().filter(|run| now.since(run.started_at) <= RUN_WITHIN)
    }

    fn state(&self) -> String {
        base64url(&sha256(format!("state {}", self.verifier).as_bytes()))
    }
}

/// Where the answers of a run go.
fn redirect_uri(app: &App, sealed: &str) -> String {
    app.config.origin.url(&format!("{PATH}{sealed}"))
}

/// Lends the client the redirect URI of a check, for this one request, when it is one made here for this client and still in time. `true` then.
pub(super) fn lend(app: &App, params: &Params, client: Option<Client>, now: Timestamp) -> (Option<Client>, bool) {
    let Some(mut client) = client else { return (None, false) };
    let Some(uri) = params.get("redirect_uri") else { return (Some(client), false) };
    let run = uri.strip_prefix(&app.config.origin.url(PATH)).and_then(|sealed| Run::open(app, sealed, now));
    let is_check = run.is_some_and(|run| run.client == client.id);
    if is_check {
        client.registration.redirect_uris.push(uri.to_owned());
    }
    (Some(client), is_check)
}

/// The request of a new run, as the app would send it; pushed first where the app must.
async fn begin(app: &App, client: &Client, run: &Run, now: Timestamp) -> Result<String, sqlx::Error> {
    let sealed = run.seal(app);
    let challenge = base64url(&sha256(run.verifier.as_bytes()));
    let (uri, state) = (redirect_uri(app, &sealed), run.state());
    let parameters = [
        ("client_id", client.client_id.as_str()),
        ("redirect_uri", &uri),
        ("response_type", "code"),
        ("scope", &run.scopes),
        ("state", &state),
        ("nonce", &run.nonce),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ];
    let encoded = serde_urlencoded::to_string(parameters).unwrap_or_default();
    if !client.needs_par() {
        return Ok(format!("/authorize?{encoded}"));
    }
    let request_uri = super::pushed::push(app, client.id, &encoded, now).await?;
    let named = serde_urlencoded::to_string([("client_id", client.client_id.as_str()), ("request_uri", &request_uri)]).unwrap_or_default();
    Ok(format!("/authorize?{named}"))
}

/// What a run was given.
struct Given {
    token_type: &'static str,
    expires_in: u64,
    scope: String,
    has_refresh_token: bool,
    header: Value,
    id_token: Value,
    id_token_bytes: usize,
    userinfo: Value,
}

/// Redeems the code of a run, looks at what it gives, and revokes it at once, whatever went wrong in between.
async fn end(
    app: &App,
    admin: &AdminSession,
    client: Client,
    (run, sealed): (&Run, &str),
    code: &str,
    browser: &web::Client,
    now: Timestamp,
) -> Result<Given, OAuthError> {
    let uri = redirect_uri(app, sealed);
    let proof = Proof { redirect_uri: Some(&uri), code_verifier: Some(&run.verifier) };
    let vouched = clients::vouched_for(admin, client);
    let looked = async {
        // Whatever API the client's tokens are for otherwise, this one is for userinfo.
        let resource = resources::userinfo(&app.config.origin);
        let wanted = Wanted { resource: Some(&resource), ..Wanted::default() };
        let tokens = redeem::code(app, &vouched, (code, redeem::Looked::Nothing), &proof, wanted, browser, now).await?;
        let (standard, additional) = claims_of_access_token(app, &tokens.access_token, None, now).await?;
        let id_token = tokens.id_token.clone().unwrap_or_default();
        Ok(Given {
            token_type: tokens.token_type,
            expires_in: tokens.expires_in,
            scope: tokens.scope.clone(),
            has_refresh_token: tokens.refresh_token.is_some(),
            header: part(&id_token, 0),
            id_token: part(&id_token, 1),
            id_token_bytes: id_token.len(),
            userinfo: serde_json::to_value(UserInfoClaims::new(standard, additional)).unwrap_or_default(),
        })
    };
    let looked = looked.await;
    let mut tx = app.db.begin().await?;
    if let Some(grant) = store::grant_of_used_code(&mut tx, &TokenHash::of(code), vouched.id).await?
        && store::revoke_grant(&mut tx, grant, "check", now).await?
    {
        let event = Event::new(now, Kind::AuthorizationRevoked, admin.actor()).on(vouched.id.uuid(), &vouched.registration.name);
        audit::record(&mut tx, event.from_client(browser).with("check", true)).await?;
    }
    tx.commit().await?;
    looked
}

fn part(token: &str, number: usize) -> Value {
    let bytes = token.split('.').nth(number).and_then(from_base64url);
    bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
}

/// What an app would get about a person.
struct Foreseen {
    /// Whether it would get anything; why not.
    refusals: Vec<String>,
    id_token: Value,
    id_token_bytes: usize,
    userinfo: Value,
    groups: usize,
}

/// Foresees what a client would get about a person with these scopes. Nobody signs in, and nothing is made.
async fn foresee(app: &App, client: &Client, user: &User, scopes: &Scopes, now: Timestamp) -> anyhow::Result<Foreseen> {
    let policy = &client.registration.policies.claims;
    let groups = groups::of_user(&mut app.db.read().await?, user.id).await?;
    let known = known_of(app, (client.id, policy), user, groups.clone()).await?;
    let mut conn = app.db.read().await?;
    let admitted = clients::admits(&mut conn, client, user.id).await?;
    let allowed = if admitted { Vec::new() } else { clients::allowed_groups(&mut conn, client.id).await? };
    drop(conn);
    let json = |scopes: &Scopes| {
        let (standard, additional) = super::claims::for_request(&known, scopes, &BTreeSet::new());
        serde_json::to_value(UserInfoClaims::new(standard, additional)).unwrap_or_default()
    };
    let userinfo = json(scopes);
    let mut id_token = if client.registration.claims_in_id_token { userinfo.clone() } else { json(&Scopes::default()) };
    let lifetime = super::mint::access_lifetime(app, client);
    let lifetime = client.registration.lifetimes.id_token_minutes.map_or(lifetime, |minutes| Duration::from_secs(u64::from(minutes) * 60));
    if let Some(claims) = id_token.as_object_mut() {
        claims.insert("iss".to_owned(), json!(app.config.origin.as_str()));
        claims.insert("aud".to_owned(), json!([client.client_id]));
        claims.insert("iat".to_owned(), json!(now.as_seconds()));
        claims.insert("exp".to_owned(), json!((now + lifetime).as_seconds()));
    }
    Ok(Foreseen {
        refusals: refusals(user, client, admitted, &allowed),
        id_token_bytes: estimate(client, &id_token),
        id_token,
        userinfo,
        groups: groups.len(),
    })
}

/// About how long the signed ID token would be: what is the same in each (times, hashes, session) and the signature come on top of its claims.
fn estimate(client: &Client, claims: &Value) -> usize {
    const SAME_IN_EACH: usize = 250;
    let signature = if matches!(client.registration.signing_alg, SigningAlg::Rs256 | SigningAlg::Ps256) { 342 } else { 86 };
    (claims.to_string().len() + SAME_IN_EACH) * 4 / 3 + signature + 90
}

/// Why a person would not get in; empty when they would.
fn refusals(user: &User, client: &Client, admitted: bool, allowed: &[clients::GroupLine]) -> Vec<String> {
    let name = &user.display_name;
    let mut why = Vec::new();
    if user.blocked_at.is_some() {
        why.push(t("preview-blocked").with("name", name).into());
    }
    match user.directory_state.as_deref() {
        Some("disabled") => why.push(t("preview-disabled").with("name", name).into()),
        Some("missing") => why.push(t("preview-missing").with("name", name).into()),
        _ => {}
    }
    if !admitted {
        let names: Vec<&str> = allowed.iter().map(|group| group.display_name.as_str()).collect();
        why.push(if names.is_empty() {
            t("preview-open-to-none").with("app", &client.registration.name).into()
        } else {
            t("preview-not-admitted").with("name", name).with("app", &client.registration.name).with("groups", names.join(", ")).into()
        });
    }
    why
}

/// The scopes of a check: those ticked, and `openid`.
fn ticked(params: &Params) -> Scopes {
    let is_first = !params.has("asked");
    let usual = |scope: &Scope| matches!(scope, Scope::OpenId | Scope::Profile | Scope::Email | Scope::Groups);
    let is_ticked = |scope: &Scope| *scope == Scope::OpenId || params.has(&format!("scope_{}", scope.as_str()));
    Scope::ALL.into_iter().filter(|scope| if is_first { usual(scope) } else { is_ticked(scope) }).collect()
}
