//! Named APIs: servers that take access tokens of ours, with the permissions apps may have there (RFC 8707). An API says what its tokens look like
//! (opaque, or JWTs as RFC 9068 has them) and how long they count; an administrator says which app may have which permission, for people and for itself.

pub mod admin;
pub mod model;
pub mod permissions;
mod store;

use std::sync::Arc;

pub use model::{Api, Draft, Opened, Right, Terms, TokenFormat};
pub use permissions::{Permissions, Reach};

use crate::app::App;
use crate::audit::{self, Kind};
use crate::clients;
use crate::clock::Timestamp;
use crate::db::{Conn, Revision, Tx};
use crate::id::{ApiId, ClientId};
use crate::language::t;
use crate::sessions::AdminDeed;
use crate::web::Mistakes;

/// A line of the list.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Line {
    /// The API.
    pub id: ApiId,
    /// Its identifier.
    pub identifier: String,
    /// Its name.
    pub name: String,
    /// `opaque` or `jwt`.
    pub token_format: String,
    /// Any client may ask for it.
    pub open_to_all: bool,
    /// How many clients have something there.
    pub clients: i64,
    /// When it was added.
    pub created_at: Timestamp,
}

/// A client that has something at an API.
#[derive(Clone, Debug)]
pub struct ClientLine {
    /// The client.
    pub id: ClientId,
    /// Its name.
    pub name: String,
    /// What.
    pub right: Right,
}

impl ClientLine {
    /// Whether it may ask people for this permission.
    pub fn asks_for(&self, permission: &str) -> bool {
        self.right.for_people.as_ref().is_some_and(|allowed| allowed.contains(permission))
    }

    /// Whether it may have this permission for itself.
    pub fn has_itself(&self, permission: &str) -> bool {
        self.right.for_itself.as_ref().is_some_and(|allowed| allowed.contains(permission))
    }
}

/// Why a verb did nothing.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such API or client (any more).
    #[error("it is gone")]
    Gone,
    /// The form has mistakes.
    #[error("the form has mistakes")]
    Mistakes(Mistakes),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

impl From<Mistakes> for Error {
    fn from(mistakes: Mistakes) -> Self {
        Self::Mistakes(mistakes)
    }
}

/// Finds an API.
///
/// # Errors
/// When the database cannot be read.
pub async fn find(conn: &mut Conn, id: ApiId) -> sqlx::Result<Option<Api>> {
    store::find(conn, id).await
}

/// Finds several APIs, by name; those that are gone are left out.
///
/// # Errors
/// When the database cannot be read.
pub async fn find_all(conn: &mut Conn, ids: impl IntoIterator<Item = ApiId>) -> sqlx::Result<Vec<Api>> {
    store::find_all(conn, ids).await
}

/// An API as a client sees it.
///
/// # Errors
/// When the database cannot be read.
pub async fn open(conn: &mut Conn, id: ApiId, client: ClientId) -> sqlx::Result<Option<Opened>> {
    store::open(conn, id, client).await
}

/// An API as a client sees it, by the identifier a request names. One that is a host alone may come with a slash behind it: that is how libraries print
/// such addresses.
///
/// # Errors
/// When the database cannot be read.
pub async fn open_by_identifier(conn: &mut Conn, unverified_identifier: &str, client: ClientId) -> sqlx::Result<Option<Opened>> {
    if let Some(opened) = store::open_by_identifier(conn, unverified_identifier, client).await? {
        return Ok(Some(opened));
    }
    match unverified_identifier.strip_suffix('/').filter(|rest| rest.matches('/').count() == 2 && rest.contains("://")) {
        Some(host) => store::open_by_identifier(conn, host, client).await,
        None => Ok(None),
    }
}

/// [`open_by_identifier`], from a copy where there is one that is as new as `revision`.
///
/// # Errors
/// When the database cannot be read.
pub async fn open_as_of(app: &App, revision: Revision, unverified_identifier: &str, client: ClientId) -> sqlx::Result<Option<Arc<Opened>>> {
    let key = (unverified_identifier.to_owned(), client);
    if let Some(copy) = app.opened_apis.get(&key, revision) {
        return Ok(Some(copy));
    }
    let Some(opened) = open_by_identifier(&mut app.db.read().await?, unverified_identifier, client).await? else { return Ok(None) };
    let opened = Arc::new(opened);
    app.opened_apis.put(key, revision, Arc::clone(&opened));
    Ok(Some(opened))
}

/// What people read about what is reached: the sentences of its permissions, and the name of an API that is reached without one.
///
/// # Errors
/// When the database cannot be read.
pub async fn for_people(conn: &mut Conn, reach: &Reach) -> sqlx::Result<Vec<(String, Vec<String>)>> {
    if reach.is_empty() {
        return Ok(Vec::new());
    }
    Ok(words(&store::find_all(conn, reach.apis()).await?, reach))
}

/// [`for_people`], of APIs that were found already; those that are not reached are left out.
pub fn words(apis: &[Api], reach: &Reach) -> Vec<(String, Vec<String>)> {
    let words = |api: &Api| {
        let granted = reach.at(api.id)?;
        let sentences = api.terms.permissions.iter().filter(|it| granted.contains(&it.name)).map(|it| it.for_people().to_owned()).collect();
        Some((api.terms.name.clone(), sentences))
    };
    apis.iter().filter_map(words).collect()
}

/// A page of the list, by name.
///
/// # Errors
/// When the database cannot be read.
pub async fn lines(conn: &mut Conn, limit: i64, offset: i64) -> sqlx::Result<Vec<Line>> {
    store::lines(conn, limit, offset).await
}

/// How many APIs there are.
///
/// # Errors
/// When the database cannot be read.
pub async fn count(conn: &mut Conn) -> sqlx::Result<i64> {
    store::count(conn).await
}

/// The clients that have something at an API, by name; at most 500.
///
/// # Errors
/// When the database cannot be read.
pub async fn clients_of(conn: &mut Conn, api: ApiId) -> sqlx::Result<Vec<ClientLine>> {
    store::clients(conn, api).await
}

/// Adds an API. For whoever has the right to: [`create`] is the administrator's.
///
/// # Errors
/// When another API has the identifier, or the database refuses.
pub async fn insert(tx: &mut Tx, id: ApiId, terms: &Terms, now: Timestamp) -> sqlx::Result<()> {
    store::insert(tx, id, terms, now).await
}

/// Sets what a client may have at an API. For whoever has the right to: [`allow`] is the administrator's.
///
/// # Errors
/// When one of the two is gone, or the database refuses.
pub async fn put_right(tx: &mut Tx, api: ApiId, client: ClientId, right: &Right) -> sqlx::Result<()> {
    store::put_right(tx, api, client, right).await
}

/// Adds an API.
///
/// # Errors
/// [`Error::Mistakes`] for what is typed wrong or taken.
pub async fn create(app: &App, deed: &AdminDeed, draft: &Draft) -> Result<ApiId, Error> {
    let terms = draft.check(app.config.origin.as_str())?;
    let id = ApiId::new();
    let mut tx = app.db.begin().await?;
    store::insert(&mut tx, id, &terms, deed.now).await.map_err(name_what_is_taken)?;
    audit::record(&mut tx, deed.event(Kind::ApiCreated).on(id.uuid(), &terms.name).with("identifier", terms.identifier)).await?;
    tx.commit().await?;
    Ok(id)
}

/// Changes an API. Tokens that were given before stay what they are until they expire.
///
/// # Errors
/// [`Error::Mistakes`] for what is typed wrong or taken; [`Error::Gone`].
pub async fn update(app: &App, deed: &AdminDeed, id: ApiId, draft: &Draft) -> Result<(), Error> {
    let terms = draft.check(app.config.origin.as_str())?;
    let mut tx = app.db.begin().await?;
    let before = store::find(&mut tx, id).await?.ok_or(Error::Gone)?.terms;
    if before == terms {
        return Ok(());
    }
    store::update(&mut tx, id, &terms, deed.now).await.map_err(name_what_is_taken)?;
    let changed = [
        ("identifier", before.identifier != terms.identifier),
        ("name", before.name != terms.name),
        ("permissions", before.permissions != terms.permissions),
        ("token_format", before.token_format != terms.token_format),
        ("signing_alg", before.signing_alg != terms.signing_alg),
        ("access_minutes", before.access_minutes != terms.access_minutes),
        ("with_groups", before.with_groups != terms.with_groups),
        ("open_to_all", before.open_to_all != terms.open_to_all),
    ];
    let changed: Vec<&str> = changed.into_iter().filter_map(|(name, differs)| differs.then_some(name)).collect();
    audit::record(&mut tx, deed.event(Kind::ApiChanged).on(id.uuid(), &terms.name).with("changed", changed)).await?;
    tx.commit().await?;
    Ok(())
}

/// Deletes an API: its opaque tokens count for nothing from then on, and introspection says so of its JWTs.
///
/// # Errors
/// [`Error::Gone`].
pub async fn delete(app: &App, deed: &AdminDeed, id: ApiId) -> Result<(), Error> {
    let mut tx = app.db.begin().await?;
    let api = store::find(&mut tx, id).await?.ok_or(Error::Gone)?;
    store::delete(&mut tx, id).await?;
    audit::record(&mut tx, deed.event(Kind::ApiDeleted).on(id.uuid(), &api.terms.name)).await?;
    tx.commit().await?;
    Ok(())
}

/// Finds the client an administrator means by its client ID or its name.
///
/// # Errors
/// [`Error::Mistakes`] (field `app`) when there is none, or more than one of the name.
pub async fn client_called(conn: &mut Conn, unverified_text: &str) -> Result<ClientId, Error> {
    let text = unverified_text.trim();
    match store::clients_called(conn, text, &text.to_lowercase()).await?[..] {
        [only] => Ok(only),
        [] => Err(Mistakes::one("app", t("api-app-unknown")).into()),
        _ => Err(Mistakes::one("app", t("api-app-ambiguous")).into()),
    }
}

/// Says what a client may have at an API; nothing takes it off the list.
///
/// # Errors
/// [`Error::Gone`]; [`Error::Mistakes`] (field `app`) for a public client that should have something for itself or run the API: it cannot prove who it is.
pub async fn allow(app: &App, deed: &AdminDeed, id: ApiId, client: ClientId, right: &Right) -> Result<(), Error> {
    let mut tx = app.db.begin().await?;
    let api = store::find(&mut tx, id).await?.ok_or(Error::Gone)?;
    let client = clients::find(&mut tx, client).await?.ok_or(Error::Gone)?;
    if client.registration.is_public && (right.for_itself.is_some() || right.serves) {
        let mistake = t("api-app-public");
        return Err(Mistakes::one("app", mistake).into());
    }
    if right.is_empty() {
        store::delete_right(&mut tx, id, client.id).await?;
    } else {
        store::put_right(&mut tx, id, client.id, right).await?;
    }
    let words = |permissions: &Option<Permissions>| permissions.as_ref().map_or_else(|| "—".to_owned(), ToString::to_string);
    let event = deed.event(Kind::ApiChanged).on(id.uuid(), &api.terms.name).with("app", client.registration.name.as_str());
    let event = event.with("for_people", words(&right.for_people)).with("for_itself", words(&right.for_itself)).with("serves", right.serves);
    audit::record(&mut tx, event).await?;
    tx.commit().await?;
    Ok(())
}

fn name_what_is_taken(error: sqlx::Error) -> Error {
    if error.as_database_error().is_some_and(|error| error.is_unique_violation()) {
        return Mistakes::one("identifier", t("api-identifier-taken")).into();
    }
    error.into()
}
