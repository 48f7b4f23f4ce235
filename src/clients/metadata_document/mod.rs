//! Clients whose `client_id` is the https address of a document that describes them (draft-ietf-oauth-client-id-metadata-document), as MCP clients have.
//!
//! The document is fetched when someone comes from such a client, before anything else looks it up, and kept as a row like any other client
//! (`registered_by: document`); so the rest of the provider knows nothing of documents. It is fetched again when its cache time is over, within bounds. No network
//! inside a transaction; the fetch goes through [`crate::outbound`] as an address a stranger named.

mod model;
mod store;

use std::time::Duration;

use super::{Authority, Client, RegisteredBy, forget, insert_within, metadata, replace_within, store as clients};
use crate::app::App;
use crate::attempts::{self, Allowance, Subject};
use crate::clock::Timestamp;
use crate::outbound::{Limits, NamedBy, Unanswered};
use crate::settings::Settings;
use crate::web;
pub use model::is_document;

/// What a fetch may cost.
const LIMITS: Limits = Limits { within: Duration::from_secs(5), bytes: 64 * 1024 };
/// How long a document is taken as it is when it does not say, and the bounds of what it may say.
const KEPT: Duration = Duration::from_secs(60 * 60);
const KEPT_MIN: Duration = Duration::from_secs(60);
const KEPT_MAX: Duration = Duration::from_secs(24 * 60 * 60);
/// How long after the last good fetch a document counts that cannot be reached now.
const KEPT_UNREACHED: Duration = Duration::from_secs(24 * 60 * 60);
/// Fetches one address may cause.
const PER_NETWORK: Allowance = Allowance { count: 20, within: Duration::from_secs(60), from_the_last: false };
/// Fetches of one document.
const PER_DOCUMENT: Allowance = Allowance { count: 5, within: Duration::from_secs(60), from_the_last: false };

/// Why there is no such client now.
#[derive(Debug)]
pub enum Unusable {
    /// For the person who came from the app, and for its developer: a sentence.
    Said(String),
    /// Ours.
    Internal(anyhow::Error),
}

impl From<sqlx::Error> for Unusable {
    fn from(error: sqlx::Error) -> Self {
        Self::Internal(error.into())
    }
}

/// Whether a client may be used as the settings are: one of a document only while its host is allowed.
pub fn is_served(settings: &Settings, client: &Client) -> bool {
    client.registration.policies.provenance.registered_by != RegisteredBy::Document || allowed(settings, &client.client_id)
}

/// [`is_served`] for a client of which only its `client_id` is at hand, which tells whether it is a document: no other client's looks like an address.
pub fn is_served_as(settings: &Settings, client_id: &str) -> bool {
    !is_document(client_id) || allowed(settings, client_id)
}

fn allowed(settings: &Settings, client_id: &str) -> bool {
    settings.client_documents && model::host_is_allowed(&settings.client_document_hosts, client_id)
}

/// Sees to it that the client of this `client_id` is there as its document says. Does nothing for a `client_id` that is no such address, and while it is fresh.
///
/// # Errors
/// [`Unusable::Said`] when documents are off, the host is not allowed, or the document cannot be fetched or used.
pub async fn bring_in(app: &App, unverified_client_id: &str, browser: &web::Client, now: Timestamp) -> Result<(), Unusable> {
    if !is_document(unverified_client_id) {
        return Ok(());
    }
    let settings = app.settings();
    if !allowed(&settings, unverified_client_id) {
        return Err(Unusable::Said(
            "This server does not know the app that sent you here, and does not take apps from its address. Tell the people who run this server."
                .to_owned(),
        ));
    }
    let url = unverified_client_id;
    model::check_address(url).map_err(|why| Unusable::Said(format!("The app's client_id cannot be used: {why}")))?;
    let known = store::find(&mut app.db.read().await?, url).await?;
    if known.as_ref().is_some_and(|known| now < known.fresh_until) {
        return Ok(());
    }
    let usable = known.as_ref().is_some_and(|known| now.since(known.fetched_at) < KEPT_UNREACHED);
    let limit = i64::from(settings.client_registration_limit.0);
    // Whoever wants nobody else to come in could bring as many documents as there is room for; those nobody agreed to make room.
    if known.is_none() && is_full(app, limit).await? {
        return Err(Unusable::Said("This server knows as many apps of this kind as it takes. Tell the people who run this server.".to_owned()));
    }
    if !may_fetch(app, url, browser, now).await? {
        return if usable { Ok(()) } else { Err(Unusable::Said("The app's document was asked for too often. Try again in a minute.".to_owned())) };
    }
    let answer = match app.outbound.get(url, NamedBy::Stranger, LIMITS).await {
        Ok(answer) if answer.status < 500 => answer,
        Ok(answer) if !usable => return Err(Unusable::Said(format!("The app's document cannot be fetched: its server answered {}.", answer.status))),
        Err(why @ (Unanswered::NotAllowed(_) | Unanswered::TooLong(_))) => {
            return Err(Unusable::Said(format!("The app's document cannot be used. {why}")));
        }
        Err(why) if !usable => return Err(Unusable::Said(format!("The app's document cannot be fetched. {why}"))),
        Ok(_) | Err(_) => {
            tracing::warn!(client.id = url, "the document of a client cannot be reached; what it said before counts for now");
            return Ok(());
        }
    };
    let registration = model::read(url, &answer).map_err(|why| Unusable::Said(format!("The app's document cannot be used: {why}")))?;
    let fresh_until = now + answer.keep_for.unwrap_or(KEPT).clamp(KEPT_MIN, KEPT_MAX);
    let mut tx = app.db.begin().await?;
    let by = Authority::Document(browser);
    let known = match clients::find_by_client_id(&mut tx, url).await? {
        Some(known) => clients::find_to_change(&mut tx, known.id).await?,
        None => None,
    };
    let id = match known {
        Some(before) => {
            let registration = metadata::with_decisions(registration, &before.registration)
                .map_err(|why| Unusable::Said(format!("The app's document cannot be used: {}.", why.description.trim_end_matches('.'))))?;
            replace_within(&mut tx, by, &before, &registration, now).await?;
            before.id
        }
        None => {
            if store::count(&mut tx).await? >= limit
                && let Some(unused) = store::oldest_unused(&mut tx).await?
            {
                forget(&mut tx, &[unused]).await?;
            }
            match insert_within(&mut tx, by, Some(url), registration, now).await? {
                Some(registered) => registered.client.id,
                // Someone else came from it at the same moment.
                None => return Ok(()),
            }
        }
    };
    store::put(&mut tx, id, now, fresh_until).await?;
    tx.commit().await?;
    Ok(())
}

/// [`bring_in`] for a client that comes for itself, with what it was given: only one that is here already, for another was given nothing. Its document may have been
/// taken back since, or a key in it.
///
/// # Errors
/// As [`bring_in`].
pub async fn bring_up_to_date(app: &App, unverified_client_id: &str, from: &web::Client, now: Timestamp) -> Result<(), Unusable> {
    if !is_document(unverified_client_id) || store::find(&mut app.db.read().await?, unverified_client_id).await?.is_none() {
        return Ok(());
    }
    bring_in(app, unverified_client_id, from, now).await
}

async fn may_fetch(app: &App, url: &str, browser: &web::Client, now: Timestamp) -> sqlx::Result<bool> {
    let mut tx = app.db.begin().await?;
    let mut may = true;
    if let Some(ip) = browser.ip {
        may = attempts::take(&mut tx, &Subject::network("client document", ip), PER_NETWORK, now).await?.is_ok();
    }
    may = may && attempts::take(&mut tx, &Subject::new("client document", url), PER_DOCUMENT, now).await?.is_ok();
    tx.commit().await?;
    Ok(may)
}

/// Whether there is no room for one more, and none can be made.
async fn is_full(app: &App, limit: i64) -> sqlx::Result<bool> {
    let mut conn = app.db.read().await?;
    Ok(store::count(&mut conn).await? >= limit && store::oldest_unused(&mut conn).await?.is_none())
}
