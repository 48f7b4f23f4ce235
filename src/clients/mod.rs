//! Registered OpenID clients: the apps people sign in to. What a client may do is decided when it is registered ([`model`]); how it proves who it is at the
//! token endpoint stands in [`authentication`] and `proving`, with its [`secrets`] and its [`keys`]. Whom it is open to is changed in `admission`.
//!
//! A client that is restricted to groups stays closed when its groups vanish.

pub mod admin;
mod admission;
mod assertion;
pub mod authentication;
pub mod catalogue;
pub mod file;
pub mod http;
pub mod keys;
pub mod last_errors;
pub mod logos;
pub mod metadata;
pub mod metadata_document;
pub mod model;
pub mod policy;
mod proving;
pub mod redirect_pattern;
pub mod secrets;
pub mod sector;
mod store;
mod told;
mod unattended;

use std::collections::BTreeMap;

pub use admission::{allow_group, disallow_group, restrict};
pub use assertion::Audiences;
pub use authentication::{AuthenticatedClient, Method, NotAuthenticated, Presented, Sent, presented};
pub use keys::RemoteKeys;
pub use logos::Face;
pub use model::{Client, Lifetimes, Mistakes, Registration, SigningAlg};
pub use policy::Policies;
pub use policy::provenance::{Provenance, RegisteredBy};
pub use proving::{Authentication, Known, authenticate, sweep, vouched_for};
pub use secrets::{NewSecret, SecretLine, SecretUses, delete_secret, make_secret};
pub use told::{LastNotice, LogoutWishes, Outcome, last_notice, logout_wishes, note_notice};
pub use unattended::{delete_within, find_to_change, forget, insert_within, replace_within};

use crate::app::App;
use crate::audit::{self, Actor, Event, Kind};
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::id::{ClientId, GroupId, UserId};
use crate::language::t;
use crate::outbound::NamedBy;
use crate::secret::SecretToken;
use crate::sessions::FreshAdmin;
use crate::web::list::WORDS_MAX;
use crate::{users, web};

/// On whose authority a client is changed.
#[derive(Clone, Copy, Debug)]
pub enum Authority<'a> {
    /// An administrator, at this browser.
    Admin(&'a FreshAdmin, &'a web::Client),
    /// Someone at the server's command line.
    CommandLine,
    /// The file of this name.
    File(&'a str),
    /// The app itself, from there.
    Itself(&'a web::Client),
    /// The document that describes the app, which was fetched because someone came from there.
    Document(&'a web::Client),
}

impl Authority<'_> {
    fn event(&self, now: Timestamp, kind: Kind, client: &Client) -> Event {
        let event = match self {
            Self::Admin(admin, browser) => Event::new(now, kind, admin.actor()).from_client(browser),
            Self::CommandLine => Event::new(now, kind, Actor::command_line()),
            Self::File(name) => Event::new(now, kind, Actor::system(&format!("the file {name}"))),
            Self::Itself(from) => Event::new(now, kind, Actor::system("the app itself")).from_client(from),
            Self::Document(from) => Event::new(now, kind, Actor::system("the app's document")).from_client(from),
        };
        event.on(client.id.uuid(), &client.registration.name)
    }
}

/// Why a change was refused.
#[derive(Debug)]
pub enum Refused {
    /// What was typed cannot be used; by field.
    Mistakes(Mistakes),
    /// There is no such client (any more).
    Gone,
    /// There is one with this id already: the form was sent twice.
    AlreadyThere,
    /// Ours.
    Internal(anyhow::Error),
}

impl From<sqlx::Error> for Refused {
    fn from(error: sqlx::Error) -> Self {
        Self::Internal(error.into())
    }
}

/// A client just registered, with the one sight of its secret; public clients have none.
#[derive(Debug)]
pub struct Registered {
    /// The client.
    pub client: Client,
    /// Its secret.
    pub secret: Option<SecretToken>,
}

/// A line of the list.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Line {
    /// Our row.
    pub id: ClientId,
    /// What the protocol calls `client_id`.
    pub client_id: String,
    /// Its name.
    pub name: String,
    /// Whether it has no secret.
    pub is_public: bool,
    /// Whether it is for some groups only.
    pub restricted: bool,
    /// When it was registered.
    pub created_at: Timestamp,
    /// The last part of its logo's address; empty when it has none.
    pub logo: String,
}

impl Line {
    /// How it is shown.
    pub fn face(&self) -> Face {
        Face::new(&self.id.to_string(), &self.name, &self.logo)
    }
}

/// A client that somebody may use.
#[derive(Clone, Debug)]
pub struct OpenTo {
    /// Our row.
    pub id: ClientId,
    /// Its name.
    pub name: String,
    /// Where people open it; empty when nobody said.
    pub launch_url: String,
    /// Where it begins a sign-in; empty when it does not say.
    pub initiate_login_uri: String,
    /// The last part of its logo's address; empty when it has none.
    pub logo: String,
}

/// What the list is sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The name, without regard to case.
    Name,
    /// When they were registered.
    Created,
}

/// Which clients to list; empty fields do not filter.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// `LIKE` patterns for the name in lower case, each of which must fit.
    pub patterns: [String; WORDS_MAX],
    /// A whole client id, which fits as well as a name does.
    pub client_id: String,
    /// `everyone` or `groups`: whom the app is open to.
    pub access: &'static str,
}

/// A group as a client's page shows it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct GroupLine {
    /// The group.
    pub id: GroupId,
    /// Its name.
    pub name: String,
    /// What people call it.
    pub display_name: String,
    /// Since when its directory no longer lists it: nobody is in it then.
    pub removed_at: Option<Timestamp>,
}

/// Finds a client by what the protocol calls `client_id`.
///
/// # Errors
/// When the database cannot be read.
pub async fn find_by_client_id(conn: &mut Conn, client_id: &str) -> sqlx::Result<Option<Client>> {
    store::find_by_client_id(conn, client_id).await
}

/// Finds a client by our row.
///
/// # Errors
/// When the database cannot be read.
pub async fn find(conn: &mut Conn, id: ClientId) -> sqlx::Result<Option<Client>> {
    store::find(conn, id).await
}

/// Every client with the names of its allowed groups, by name.
///
/// # Errors
/// When the database cannot be read.
pub async fn all(conn: &mut Conn) -> sqlx::Result<Vec<(Client, Vec<String>)>> {
    let mut names: BTreeMap<ClientId, Vec<String>> = BTreeMap::new();
    for (client, name) in store::all_group_names(conn).await? {
        names.entry(client).or_default().push(name);
    }
    let clients = store::all(conn).await?;
    Ok(clients.into_iter().map(|client| (names.remove(&client.id).unwrap_or_default(), client)).map(|(names, client)| (client, names)).collect())
}

/// A page of the list.
///
/// # Errors
/// When the database cannot be read.
pub async fn lines(conn: &mut Conn, filter: &Filter, order: Order, descending: bool, limit: i64, offset: i64) -> sqlx::Result<Vec<Line>> {
    store::lines(conn, filter, order, descending, limit, offset).await
}

/// How many clients fit.
///
/// # Errors
/// When the database cannot be read.
pub async fn count(conn: &mut Conn, filter: &Filter) -> sqlx::Result<i64> {
    store::count(conn, filter).await
}

/// Whether this person may use the client: everyone may, or only people in one of its groups.
///
/// # Errors
/// When the database cannot be read.
pub async fn admits(conn: &mut Conn, client: &Client, user: UserId) -> sqlx::Result<bool> {
    if !client.restricted {
        return Ok(true);
    }
    store::admits(conn, client.id, user).await
}

/// Whether this is a secret of the client.
///
/// # Errors
/// When the database cannot be read.
pub async fn has_secret(conn: &mut Conn, id: ClientId, unverified_secret: &str, now: Timestamp) -> sqlx::Result<bool> {
    let known = store::known_secrets(conn, id).await?;
    let good = known.iter().filter(|secret| secret.counts_at(now)).map(|secret| &secret.secret_hash);
    Ok(authentication::which_of(&SecretToken::unverified(unverified_secret), good).is_some())
}

/// The groups a client is open to, those that are there.
///
/// # Errors
/// When the database cannot be read.
pub async fn allowed_groups(conn: &mut Conn, client: ClientId) -> sqlx::Result<Vec<GroupLine>> {
    Ok(store::groups(conn, client).await?.into_iter().filter(|group| group.removed_at.is_none()).collect())
}

/// The clients this person may use, by name; at most 1,000.
///
/// # Errors
/// When the database cannot be read.
pub async fn open_to(conn: &mut Conn, user: UserId) -> sqlx::Result<Vec<OpenTo>> {
    store::open_to(conn, user).await
}

/// Registers a client. `id` is chosen by the caller, so that a form sent twice makes one client. Naming groups restricts it to them.
///
/// # Errors
/// [`Refused::Mistakes`] for what was typed, including names of groups that are not there (field `allowed_groups`); [`Refused::AlreadyThere`].
pub async fn register(
    app: &App,
    by: Authority<'_>,
    id: ClientId,
    registration: Registration,
    allowed_groups: &[String],
    now: Timestamp,
) -> Result<Registered, Refused> {
    let checked = match registration.checked() {
        Ok(registration) => with_sector(app, registration, NamedBy::Administrator).await,
        Err(mistakes) => Err(mistakes),
    };
    let mut tx = app.db.begin().await?;
    let groups = find_groups(&mut tx, allowed_groups).await?;
    let (registration, groups) = match (checked, groups) {
        (Ok(registration), Ok(groups)) => (registration, groups),
        (checked, groups) => {
            let mut mistakes = checked.err().unwrap_or_default();
            mistakes.extend(groups.err().map(|mistake| ("allowed_groups", mistake)));
            return Err(Refused::Mistakes(mistakes));
        }
    };
    let client = Client { id, client_id: id.to_string(), registration, restricted: !groups.is_empty(), created_at: now, updated_at: now };
    if !store::insert(&mut tx, &client).await? {
        return Err(Refused::AlreadyThere);
    }
    for group in groups {
        store::insert_group(&mut tx, id, group).await?;
    }
    let secret = if client.registration.is_public || !client.registration.policies.authentication.method.uses_secrets() {
        None
    } else {
        Some(secrets::insert(&mut tx, id, &NewSecret::default(), now).await?)
    };
    let event = by.event(now, Kind::ClientCreated, &client).with("redirect_uris", client.registration.redirect_uris.clone());
    audit::record(&mut tx, event.with("restricted", client.restricted)).await?;
    tx.commit().await?;
    Ok(Registered { client, secret })
}

/// A registration whose sector, when it names a list of it, has its redirect URIs.
async fn with_sector(app: &App, registration: Registration, named_by: NamedBy) -> Result<Registration, Mistakes> {
    match sector::verify(&app.outbound, &registration, named_by).await {
        Ok(()) => Ok(registration),
        Err(unlisted) => Err(Mistakes::from([("sector_identifier_uri", unlisted.words().to_string())])),
    }
}

/// The groups of these names; the sentence for the form when one is not there.
async fn find_groups(conn: &mut Conn, names: &[String]) -> sqlx::Result<Result<Vec<GroupId>, String>> {
    let wanted: BTreeMap<String, &str> =
        names.iter().map(|name| name.trim()).filter(|name| !name.is_empty()).map(|name| (users::model::key(name), name)).collect();
    if wanted.len() > 1000 {
        return Ok(Err(t("client-groups-many").into()));
    }
    let keys: Vec<String> = wanted.keys().cloned().collect();
    let found: BTreeMap<String, GroupId> = store::groups_by_key(conn, &keys).await?.into_iter().collect();
    let missing: Vec<&str> = wanted.iter().filter(|(key, _)| !found.contains_key(*key)).map(|(_, name)| *name).collect();
    if missing.is_empty() {
        return Ok(Ok(found.into_values().collect()));
    }
    Ok(Err(t("client-groups-unknown").with("names", missing.join(", ")).into()))
}

/// Changes what was decided about a client. One that becomes public loses its secrets.
///
/// # Errors
/// [`Refused::Mistakes`] for what was typed; [`Refused::Gone`].
pub async fn update(app: &App, by: Authority<'_>, id: ClientId, registration: Registration, now: Timestamp) -> Result<(), Refused> {
    let mut registration = registration.checked().map_err(Refused::Mistakes)?;
    let known = store::find(&mut app.db.read().await?, id).await?.ok_or(Refused::Gone)?.registration;
    let sector_of = |it: &Registration| (it.policies.claims.sector_identifier_uri.clone(), it.redirect_uris.clone());
    if sector_of(&known) != sector_of(&registration) {
        registration = with_sector(app, registration, known.policies.provenance.named_by()).await.map_err(Refused::Mistakes)?;
    }
    let mut tx = app.db.begin().await?;
    let before = store::find_to_change(&mut tx, id).await?.ok_or(Refused::Gone)?;
    changeable(&before)?;
    // A form does not say who registered the client.
    registration.policies.provenance = before.registration.policies.provenance.clone();
    if registration.skip_consent && registration.policies.provenance.is_stranger() {
        let mistake = t("client-stranger-consent").to_string();
        return Err(Refused::Mistakes(Mistakes::from([("skip_consent", mistake.clone()), ("provenance", mistake)])));
    }
    if before.registration == registration {
        return Ok(());
    }
    store::update(&mut tx, id, &registration, now).await?;
    if registration.is_public {
        store::delete_secrets(&mut tx, id).await?;
    }
    let event = by.event(now, Kind::ClientChanged, &Client { registration: registration.clone(), ..before.clone() });
    audit::record(&mut tx, event.with("changed", changed(&before.registration, &registration))).await?;
    Ok(tx.commit().await?)
}

/// Only the file changes a client of the file.
fn changeable(client: &Client) -> Result<(), Refused> {
    let provenance = &client.registration.policies.provenance;
    if provenance.registered_by != RegisteredBy::File {
        return Ok(());
    }
    let mistake = if provenance.out_of_service { t("client-file-out-of-service") } else { t("client-file-only") };
    let mistake: String = mistake.with("file", &provenance.file).into();
    Err(Refused::Mistakes(Mistakes::from([("provenance", mistake)])))
}

/// The names of the fields that differ.
fn changed(before: &Registration, after: &Registration) -> Vec<&'static str> {
    [
        ("name", before.name != after.name),
        ("public", before.is_public != after.is_public),
        ("redirect_uris", before.redirect_uris != after.redirect_uris),
        ("post_logout_redirect_uris", before.post_logout_redirect_uris != after.post_logout_redirect_uris),
        ("skip_consent", before.skip_consent != after.skip_consent),
        ("signing_alg", before.signing_alg != after.signing_alg),
        ("claims_in_id_token", before.claims_in_id_token != after.claims_in_id_token),
        ("require_pkce", before.require_pkce != after.require_pkce),
        ("require_par", before.require_par != after.require_par),
        ("lifetimes", before.lifetimes != after.lifetimes),
        ("initiate_login_uri", before.initiate_login_uri != after.initiate_login_uri),
        ("acts_alone", before.acts_alone != after.acts_alone),
        ("own_scopes", before.own_scopes != after.own_scopes),
        ("for_devices", before.for_devices != after.for_devices),
    ]
    .into_iter()
    .filter_map(|(name, differs)| differs.then_some(name))
    .chain(before.policies.changed(&after.policies))
    .collect()
}

/// Deletes a client with its secrets, consents, codes and tokens; not one that the file still has.
///
/// # Errors
/// [`Refused::Gone`] when there is no such client; [`Refused::Mistakes`] (field `provenance`) for one of the file.
pub async fn delete(app: &App, by: Authority<'_>, id: ClientId, now: Timestamp) -> Result<(), Refused> {
    let mut tx = app.db.begin().await?;
    let client = store::find(&mut tx, id).await?.ok_or(Refused::Gone)?;
    if client.registration.policies.provenance.is_kept_by_file() {
        changeable(&client)?;
    }
    store::delete(&mut tx, id).await?;
    audit::record(&mut tx, by.event(now, Kind::ClientDeleted, &client)).await?;
    Ok(tx.commit().await?)
}
