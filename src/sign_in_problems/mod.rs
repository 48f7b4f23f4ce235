//! Why somebody could not sign in. Whoever is refused, or whose browser gives no passkey, sees a sentence with a next step and a short code; an administrator
//! looks the code up and finds the cause: the address expected and received, the device's flags, the provider. Kept for some days, at most
//! [`KEPT_MAX`] of them, and never with a challenge, an answer, a code or a token in it.
//!
//! What a browser says by itself is anonymous: which of the known errors it was, how long the prompt was open, what the browser can do. No address is kept
//! with it.

pub mod http;
pub mod model;
mod store;

use serde_json::{Map, Value};

pub use model::{Code, Told};
pub use store::Line;

use crate::app::App;
use crate::clock::Timestamp;
use crate::db::{Conn, Tx};
use crate::id::UserId;
use crate::web::Client;

/// How many are kept by each sweep, whatever comes.
pub const KEPT_MAX: i64 = 10_000;

/// A problem about to be filed.
#[derive(Clone, Debug)]
pub struct Filed<'a> {
    /// `sign_in`, `register` or `proof`.
    pub operation: &'static str,
    /// A word for what went wrong; see [`model::explain`].
    pub cause: &'a str,
    /// Whose it was, when that is known.
    pub user: Option<UserId>,
    /// From which address; empty for what a browser tells by itself.
    pub client_ip: String,
    /// With which browser.
    pub user_agent: &'a str,
    /// More, by name. Never a secret.
    pub detail: Map<String, Value>,
}

/// Files a problem; gives the code for the person. The caller commits.
///
/// # Errors
/// When the database refuses.
pub async fn file(tx: &mut Tx, filed: &Filed<'_>, now: Timestamp) -> sqlx::Result<Code> {
    loop {
        let code = Code::new();
        if store::insert(tx, &code, filed, now).await? {
            return Ok(code);
        }
    }
}

/// Files what a browser tells; `None` when it says nothing known here.
///
/// # Errors
/// When the database refuses.
pub async fn tell(app: &App, now: Timestamp, client: &Client, unverified: &Told) -> sqlx::Result<Option<Code>> {
    let Some((operation, cause, mut detail)) = unverified.read() else { return Ok(None) };
    if cause == "browser_wrong_address" {
        detail.insert("expected".to_owned(), app.config.origin.as_str().into());
    }
    let filed = Filed { operation, cause: &cause, user: None, client_ip: String::new(), user_agent: &client.user_agent, detail };
    let mut tx = app.db.begin().await?;
    let code = file(&mut tx, &filed, now).await?;
    tx.commit().await?;
    Ok(Some(code))
}

/// Looks a code up.
///
/// # Errors
/// When the database cannot be read.
pub async fn find(conn: &mut Conn, code: &Code) -> sqlx::Result<Option<Line>> {
    store::find(conn, code).await
}

/// The latest problems, newest first.
///
/// # Errors
/// When the database cannot be read.
pub async fn latest(conn: &mut Conn, limit: i64) -> sqlx::Result<Vec<Line>> {
    store::latest(conn, limit).await
}

/// Forgets what is old.
///
/// # Errors
/// When the database refuses.
pub async fn sweep(app: &App, now: Timestamp) -> anyhow::Result<u64> {
    let mut tx = app.db.begin().await?;
    let swept = store::forget(&mut tx, now - app.settings().sign_in_problem_retention.days(), KEPT_MAX).await?;
    tx.commit().await?;
    Ok(swept)
}
