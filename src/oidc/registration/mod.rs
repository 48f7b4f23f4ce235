//! Apps that register themselves (RFC 7591) and manage their registration (RFC 7592): off, with an initial access token, or open within limits. What they say is
//! read by [`crate::clients::metadata`]. Nobody here checked them: people are always asked, and they are never apps of the house.

pub mod admin;
pub mod http;

use std::time::Duration;

use serde_json::{Map, Value};

use super::scope::{Scope, Scopes};
use super::store::registration::{self as store, NewToken};
use crate::app::App;
use crate::attempts::{self, Allowance, Subject};
use crate::audit::{self, Actor, Event, Kind};
use crate::clients::{self, Authority, Client, RegisteredBy, metadata};
use crate::clock::Timestamp;
use crate::db::Tx;
use crate::id::RegistrationTokenId;
use crate::language::{Language, Text, speaking, t};
use crate::outbound::NamedBy;
use crate::secret::{SecretToken, TokenHash};
use crate::settings::RegistrationMode;
use crate::web;

/// Registrations one address may make without a token.
const PER_NETWORK: Allowance = Allowance { count: 20, within: Duration::from_secs(60 * 60), from_the_last: false };
/// Changes one app may make to its registration; each stands in the audit log.
const CHANGES_PER_APP: Allowance = Allowance { count: 20, within: Duration::from_secs(60 * 60), from_the_last: false };
/// Lists of a sector one address may have fetched by registering.
const SECTORS_PER_NETWORK: Allowance = Allowance { count: 20, within: Duration::from_secs(60 * 60), from_the_last: false };
/// How long a token that ended stays listed.
const ENDED_TOKENS_KEPT: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// The metadata that has something fetched.
const SECTOR: &str = "sector_identifier_uri";
/// What initial access tokens begin with, so that scanners find leaks.
const INITIAL_PREFIX: &str = "muster_it_";
/// What registration access tokens begin with.
const ACCESS_PREFIX: &str = "muster_rt_";

/// Why a request about a registration was refused.
#[derive(Debug)]
pub enum Refused {
    /// There is no registration here: it is off.
    Off,
    /// The token is missing or not (or no longer) good: 401.
    Token,
    /// What the app says about itself cannot be used (RFC 7591 section 3.2.2).
    Metadata(metadata::Unusable),
    /// Too many from this address; seconds to wait.
    TooMany(u64),
    /// As many apps as the settings allow.
    Full,
    /// Ours.
    Internal(anyhow::Error),
}

impl From<sqlx::Error> for Refused {
    fn from(error: sqlx::Error) -> Self {
        Self::Internal(error.into())
    }
}

impl From<metadata::Unusable> for Refused {
    fn from(unusable: metadata::Unusable) -> Self {
        Self::Metadata(unusable)
    }
}

/// Registers an app. `initial` is the initial access token it showed.
///
/// # Errors
/// [`Refused`]; nothing was registered, and the token was not used, then.
pub async fn register(app: &App, initial: Option<&str>, said: &Map<String, Value>, from: &web::Client, now: Timestamp) -> Result<Value, Refused> {
    let settings = app.settings();
    if settings.client_registration == RegistrationMode::Off {
        return Err(Refused::Off);
    }
    if said.contains_key(SECTOR) {
        // Nobody who may not register has addresses fetched here, nor does anybody have many fetched.
        let mut tx = app.db.begin().await?;
        let is_good = match initial {
            Some(token) => store::is_good(&mut tx, &TokenHash::of(token), now).await?,
            None => settings.client_registration == RegistrationMode::Open,
        };
        if !is_good {
            return Err(Refused::Token);
        }
        let subject = from.ip.map_or_else(|| Subject::new("client sector", ""), |ip| Subject::network("client sector", ip));
        may_fetch(tx, &subject, SECTORS_PER_NETWORK, now).await?;
        fits_its_sector(app, &metadata::read(said, RegisteredBy::Itself)?).await?;
    }
    let mut tx = app.db.begin().await?;
    match initial {
        Some(token) => {
            if !store::use_token(&mut tx, &TokenHash::of(token), now).await? {
                return Err(Refused::Token);
            }
        }
        None if settings.client_registration == RegistrationMode::Token => return Err(Refused::Token),
        None => {
            if let Some(ip) = from.ip
                && let Err(wait) = attempts::take(
                    &mut tx,
                    &Subject::network("client registration", ip).shown_from("Apps registering themselves", attempts::network(ip)),
                    PER_NETWORK,
                    now,
                )
                .await?
            {
                return Err(Refused::TooMany(wait.as_secs() + 1));
            }
        }
    }
    let registration = metadata::read(said, RegisteredBy::Itself)?;
    store::take_turn(&mut tx, now).await?;
    if store::count(&mut tx).await? >= i64::from(settings.client_registration_limit.0) {
        return Err(Refused::Full);
    }
    let registered = clients::insert_within(&mut tx, Authority::Itself(from), None, registration, now).await?;
    let registered = registered.ok_or_else(|| Refused::Internal(anyhow::anyhow!("a new client has the id of another")))?;
    let access = SecretToken::new(ACCESS_PREFIX);
    store::insert(&mut tx, registered.client.id, &access.hash(), &from.ip_text(), now).await?;
    tx.commit().await?;
    Ok(answer(app, &registered.client, registered.secret.as_ref(), access.reveal()))
}

/// Takes one of the attempts, for good; the rest goes on without a transaction, since something is fetched.
async fn may_fetch(mut tx: Tx, subject: &Subject, allowance: Allowance, now: Timestamp) -> Result<(), Refused> {
    let taken = attempts::take(&mut tx, subject, allowance, now).await?;
    tx.commit().await?;
    taken.map_err(|wait| Refused::TooMany(wait.as_secs() + 1))
}

/// The list at the `sector_identifier_uri`, if it names one, must have its redirect URIs (OpenID Connect Dynamic Registration, section 5).
async fn fits_its_sector(app: &App, registration: &clients::Registration) -> Result<(), Refused> {
    clients::sector::verify(&app.outbound, registration, NamedBy::Stranger).await.map_err(|why| {
        let why = speaking(Language::English, || why.words().to_string());
        metadata::Unusable { error: "invalid_client_metadata", description: format!("{SECTOR}: {why}") }.into()
    })
}

/// What an app is told about its registration (RFC 7591 section 3.2.1, RFC 7592 section 3).
fn answer(app: &App, client: &Client, secret: Option<&SecretToken>, access: &str) -> Value {
    let asked = client.registration.policies.provenance.said.get("scope").and_then(Value::as_str);
    let scopes =
        asked.map_or_else(|| Scope::ALL.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(" "), |scope| Scopes::parse(scope).to_string());
    let mut metadata = metadata::write(&client.registration, &scopes);
    metadata.insert("client_id".to_owned(), client.client_id.clone().into());
    metadata.insert("client_id_issued_at".to_owned(), client.created_at.as_seconds().into());
    if let Some(secret) = secret {
        metadata.insert("client_secret".to_owned(), secret.reveal().into());
        // It does not expire.
        metadata.insert("client_secret_expires_at".to_owned(), 0.into());
    }
    metadata.insert("registration_access_token".to_owned(), access.into());
    metadata.insert("registration_client_uri".to_owned(), app.config.origin.url(&format!("/api/oidc/register/{}", client.client_id)).into());
    Value::Object(metadata)
}

/// The client that a registration access token manages. Unknown client and wrong token look the same (RFC 7592 section 2.1).
async fn managed(conn: &mut crate::db::Conn, client_id: &str, access: &str) -> Result<Client, Refused> {
    let client = clients::find_by_client_id(conn, client_id).await?.ok_or(Refused::Token)?;
    let hash = store::access_hash(conn, client.id).await?.ok_or(Refused::Token)?;
    if hash.matches(&TokenHash::of(access)) { Ok(client) } else { Err(Refused::Token) }
}

/// What is registered about an app.
///
/// # Errors
/// [`Refused::Token`].
pub async fn look(app: &App, client_id: &str, access: &str) -> Result<Value, Refused> {
    let client = managed(&mut app.db.read().await?, client_id, access).await?;
    Ok(answer(app, &client, None, access))
}

/// Puts what an app says about itself now in the place of what it said before (RFC 7592 section 2.2). What is left out is forgotten.
///
/// # Errors
/// [`Refused::Token`]; [`Refused::Metadata`], also when the client's ID or secret in it is another.
pub async fn replace(
    app: &App,
    client_id: &str,
    access: &str,
    said: &Map<String, Value>,
    from: &web::Client,
    now: Timestamp,
) -> Result<Value, Refused> {
    if said.contains_key(SECTOR) {
        managed(&mut app.db.read().await?, client_id, access).await?;
        may_fetch(app.db.begin().await?, &Subject::new("client sector", client_id), CHANGES_PER_APP, now).await?;
        fits_its_sector(app, &metadata::read(said, RegisteredBy::Itself)?).await?;
    }
    let mut tx = app.db.begin().await?;
    let before = managed(&mut tx, client_id, access).await?;
    // As it is when its turn comes: two changes at once, of the app or of an administrator, must not undo each other.
    let before = clients::find_to_change(&mut tx, before.id).await?.ok_or(Refused::Token)?;
    if let Err(wait) = attempts::take(&mut tx, &Subject::new("client registration change", client_id), CHANGES_PER_APP, now).await? {
        return Err(Refused::TooMany(wait.as_secs() + 1));
    }
    let invalid = |description: &str| metadata::Unusable { error: "invalid_client_metadata", description: description.to_owned() };
    if said.get("client_id").and_then(Value::as_str) != Some(client_id) {
        return Err(invalid("client_id must be the one that was given").into());
    }
    let ours = ["registration_access_token", "registration_client_uri", "client_secret_expires_at", "client_id_issued_at"];
    if let Some(name) = ours.into_iter().find(|name| said.contains_key(*name)) {
        return Err(invalid(&format!("{name} must not be sent")).into());
    }
    if let Some(secret) = said.get("client_secret")
        && !clients::has_secret(&mut tx, before.id, secret.as_str().unwrap_or_default(), now).await?
    {
        return Err(invalid("client_secret is not the one that was given; leave it out").into());
    }
    let registration = metadata::with_decisions(metadata::read(said, RegisteredBy::Itself)?, &before.registration)?;
    let (_, secret) = clients::replace_within(&mut tx, Authority::Itself(from), &before, &registration, now).await?;
    tx.commit().await?;
    let client = Client { registration, ..before };
    Ok(answer(app, &client, secret.as_ref(), access))
}

/// Deletes an app that asks for it (RFC 7592 section 2.3).
///
/// # Errors
/// [`Refused::Token`].
pub async fn remove(app: &App, client_id: &str, access: &str, from: &web::Client, now: Timestamp) -> Result<(), Refused> {
    let mut tx = app.db.begin().await?;
    let client = managed(&mut tx, client_id, access).await?;
    clients::delete_within(&mut tx, Authority::Itself(from), &client, now).await?;
    Ok(tx.commit().await?)
}

/// An initial access token as listed: never the token itself.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct TokenLine {
    /// Its row.
    pub id: RegistrationTokenId,
    /// Its first characters.
    pub hint: String,
    /// What whoever made it wrote about it.
    pub note: String,
    /// Who made it.
    pub made_by: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// Until when it is good.
    pub expires_at: Timestamp,
    /// How many apps were registered with it.
    pub uses: i64,
    /// How many may be.
    pub uses_max: i64,
    /// When it was used last.
    pub last_used_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

impl TokenLine {
    /// Whether an app can register with it.
    pub fn state(&self, now: Timestamp) -> &'static str {
        if self.revoked_at.is_some() {
            "revoked"
        } else if self.expires_at <= now {
            "expired"
        } else if self.uses >= self.uses_max {
            "used up"
        } else {
            "good"
        }
    }

    /// [`state`](Self::state), for people.
    pub fn state_for_people(&self, now: Timestamp) -> Text {
        match self.state(now) {
            "revoked" => t("client-registration-state-revoked"),
            "expired" => t("client-registration-state-expired"),
            "used up" => t("client-registration-state-used-up"),
            _ => t("client-registration-good"),
        }
    }
}

/// A token to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// What it is for.
    pub note: String,
    /// Days it is good for.
    pub days: u32,
    /// Apps that may register with it.
    pub uses: u32,
}

impl Wanted {
    /// The most days a token may be good for.
    pub const DAYS_MAX: u32 = 365;
    /// The most apps that may register with one token.
    pub const USES_MAX: u32 = 1000;

    /// What is wrong with it, if anything.
    pub fn mistake(&self) -> Option<String> {
        if self.note.chars().count() > 100 || self.note.chars().any(char::is_control) {
            return Some(t("client-registration-note-mistake").into());
        }
        if !(1..=Self::DAYS_MAX).contains(&self.days) {
            return Some(t("client-registration-days-mistake").with("max", Self::DAYS_MAX).into());
        }
        if !(1..=Self::USES_MAX).contains(&self.uses) {
            return Some(t("client-registration-uses-mistake").with("max", Self::USES_MAX).into());
        }
        None
    }
}

/// Makes an initial access token; shown once. What is wanted was found to have no mistake.
///
/// # Errors
/// When the database refuses.
pub async fn make_token(
    app: &App,
    wanted: &Wanted,
    actor: Actor,
    from: &web::Client,
    now: Timestamp,
) -> anyhow::Result<(RegistrationTokenId, SecretToken)> {
    let token = SecretToken::new(INITIAL_PREFIX);
    let id = RegistrationTokenId::new();
    let hint: String = token.reveal().chars().take(INITIAL_PREFIX.len() + 6).collect();
    let new = NewToken {
        id,
        hash: &token.hash(),
        hint: &hint,
        note: wanted.note.trim(),
        made_by: &actor.name.clone(),
        created_at: now,
        expires_at: now + Duration::from_secs(u64::from(wanted.days) * 24 * 60 * 60),
        uses_max: i64::from(wanted.uses),
    };
    let mut tx = app.db.begin().await?;
    store::insert_token(&mut tx, new).await?;
    let event = Event::new(now, Kind::RegistrationTokenMade, actor).on(id.uuid(), wanted.note.trim()).from_client(from);
    audit::record(&mut tx, event.with("days", i64::from(wanted.days)).with("uses", i64::from(wanted.uses))).await?;
    tx.commit().await?;
    Ok((id, token))
}

/// The tokens, newest first; those that ended are listed for a month.
///
/// # Errors
/// When the database cannot be read.
pub async fn tokens(app: &App) -> sqlx::Result<Vec<TokenLine>> {
    store::tokens(&mut app.db.read().await?).await
}

/// Revokes a token; apps that registered with it stay. `false` when there is none or it was revoked before.
///
/// # Errors
/// When the database refuses.
pub async fn revoke_token(app: &App, id: RegistrationTokenId, actor: Actor, from: &web::Client, now: Timestamp) -> anyhow::Result<bool> {
    let mut tx = app.db.begin().await?;
    let Some(note) = store::revoke_token(&mut tx, id, now).await? else { return Ok(false) };
    audit::record(&mut tx, Event::new(now, Kind::RegistrationTokenRevoked, actor).on(id.uuid(), &note).from_client(from)).await?;
    tx.commit().await?;
    Ok(true)
}

/// Deletes apps that registered themselves and that nobody used for as long as the settings say, and tokens that ended long ago; gives how many apps.
///
/// # Errors
/// When the database refuses.
pub async fn sweep(app: &App, now: Timestamp) -> anyhow::Result<u64> {
    let before = now - app.settings().client_registration_unused_days.days();
    let mut swept = 0;
    loop {
        let mut tx = app.db.begin().await?;
        let unused = store::unused(&mut tx, before).await?;
        clients::forget(&mut tx, &unused).await?;
        store::sweep_tokens(&mut tx, now - ENDED_TOKENS_KEPT).await?;
        tx.commit().await?;
        swept += u64::try_from(unused.len()).unwrap_or(u64::MAX);
        if unused.is_empty() {
            break;
        }
    }
    if swept > 0 {
        tracing::info!(count = swept, "deleted apps that registered themselves and were not used");
    }
    Ok(swept)
}
