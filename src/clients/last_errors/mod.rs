//! What lately went wrong when apps signed people in, for administrators: the latest mistakes of each client, each once with a count. Bounded in every way:
//! twenty lines for a client, ten writes a minute, texts of requests cut; no secrets, codes or tokens.

pub mod admin;
pub mod model;
mod store;

pub use model::{Mistake, Told};

use super::{Authority, Client, Refused};
use crate::app::App;
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::id::{ClientErrorId, ClientId};
use crate::secret::sha256;
use crate::sessions::AdminSession;

/// How many lines are kept for a client, and for requests of no known client.
const KEPT: i64 = 20;

/// A mistake, and how often it was made.
#[derive(Clone, Debug)]
pub struct Line {
    /// Its row.
    pub id: ClientErrorId,
    /// What went wrong.
    pub mistake: Mistake,
    /// How often.
    pub count: i64,
    /// When first.
    pub first_at: Timestamp,
    /// When last.
    pub last_at: Timestamp,
}

/// A line as a page shows it.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The line.
    pub line: Line,
    /// In plain words.
    pub told: Told,
}

/// Notes a mistake of a client, or of a request that names none we know. Beyond ten a minute nothing is written; a failure is logged and otherwise ignored, for
/// the app gets its answer all the same.
pub async fn note(app: &App, client: Option<ClientId>, mistake: Mistake, now: Timestamp) {
    if !app.limits.client_errors.admits(client) {
        return;
    }
    if let Err(error) = write(app, client, &mistake.cut(), now).await {
        tracing::warn!(cause = format!("{error:#}"), "a client's error could not be noted");
    }
}

async fn write(app: &App, client: Option<ClientId>, mistake: &Mistake, now: Timestamp) -> anyhow::Result<()> {
    let value = serde_json::to_value(mistake)?;
    let kind = value.get("kind").and_then(serde_json::Value::as_str).unwrap_or_default();
    // How late a code was is not what makes two mistakes different.
    let what = if matches!(mistake, Mistake::CodeExpired { .. }) { kind.to_owned() } else { value.to_string() };
    let owner = client.map(|client| client.to_string()).unwrap_or_default();
    let digest = sha256(format!("{owner}\0{what}").as_bytes());
    let mut tx = app.db.begin().await?;
    store::count(&mut tx, client, &digest, &value.to_string(), kind, now).await?;
    store::keep_latest(&mut tx, client, KEPT).await?;
    Ok(tx.commit().await?)
}

/// The last errors of a client, the latest first.
///
/// # Errors
/// When the database cannot be read.
pub async fn of_client(conn: &mut Conn, client: &Client) -> sqlx::Result<Vec<Shown>> {
    let rows = store::of_client(conn, client.id).await?;
    rows.into_iter().map(|row| row.read().map(|line| Shown { told: line.mistake.told(Some(client)), line })).collect()
}

/// The last errors of requests that name no client we know, the latest first.
///
/// # Errors
/// When the database cannot be read.
pub async fn of_nobody(conn: &mut Conn) -> sqlx::Result<Vec<Shown>> {
    let rows = store::of_nobody(conn).await?;
    rows.into_iter().map(|row| row.read().map(|line| Shown { told: line.mistake.told(None), line })).collect()
}

/// Forgets the last errors of a client.
///
/// # Errors
/// When the database refuses.
pub async fn forget(app: &App, _by: &AdminSession, client: ClientId) -> anyhow::Result<()> {
    let mut tx = app.db.begin().await?;
    store::delete_all(&mut tx, client).await?;
    Ok(tx.commit().await?)
}

/// Forgets those of no known client.
///
/// # Errors
/// When the database refuses.
pub async fn forget_unattributed(app: &App, _by: &AdminSession) -> anyhow::Result<()> {
    let mut tx = app.db.begin().await?;
    store::delete_unattributed(&mut tx).await?;
    Ok(tx.commit().await?)
}

/// The client and the refused redirect URI of a line that can be added; `None` when there is no such line (any more), or the URI cannot be a client's.
///
/// # Errors
/// When the database cannot be read.
pub async fn addable(conn: &mut Conn, client: ClientId, id: ClientErrorId) -> sqlx::Result<Option<(Client, Shown, String)>> {
    let Some(row) = store::find(conn, client, id).await? else { return Ok(None) };
    let Some(client) = super::find(conn, client).await? else { return Ok(None) };
    let line = row.read()?;
    let told = line.mistake.told(Some(&client));
    let uri = told.addable.clone();
    Ok(uri.map(|uri| (client, Shown { line, told }, uri)))
}

/// Adds the refused redirect URI of a line to its client. `reviewed` is the URI the administrator saw; another one is not added.
///
/// # Errors
/// [`Refused::Gone`] when line or client are, or the URI is not the one reviewed; [`Refused::Mistakes`] when the client cannot have it.
pub async fn add_redirect_uri(
    app: &App,
    by: Authority<'_>,
    client: ClientId,
    id: ClientErrorId,
    reviewed: &str,
    now: Timestamp,
) -> Result<(), Refused> {
    let found = addable(&mut app.db.read().await?, client, id).await?;
    let (client, _, uri) = found.filter(|(_, _, uri)| uri == reviewed).ok_or(Refused::Gone)?;
    let mut registration = client.registration;
    registration.redirect_uris.push(uri);
    super::update(app, by, client.id, registration, now).await?;
    let mut tx = app.db.begin().await?;
    store::delete(&mut tx, id).await?;
    Ok(tx.commit().await?)
}
