//! Registering, changing and deleting clients inside a transaction of the caller, with no person who looks on.

use super::model::{Client, Registration};
use super::{Authority, NewSecret, Registered, changed, secrets, store};
use crate::audit::{self, Kind};
use crate::clock::Timestamp;
use crate::db::{Tx, Value, query_list};
use crate::id::ClientId;
use crate::secret::SecretToken;

/// Registers a client, open to everyone. Its registration was checked. Without a `client_id` it is called by its row. `None` when there is one of that name.
///
/// # Errors
/// When the database refuses.
pub async fn insert_within(
    tx: &mut Tx,
    by: Authority<'_>,
    client_id: Option<&str>,
    registration: Registration,
    now: Timestamp,
) -> sqlx::Result<Option<Registered>> {
    let id = ClientId::new();
    let client_id = client_id.map_or_else(|| id.to_string(), str::to_owned);
    let client = Client { id, client_id, registration, restricted: false, created_at: now, updated_at: now };
    if !store::insert(tx, &client).await? {
        return Ok(None);
    }
    let secret = if !has_secrets(&client.registration) { None } else { Some(secrets::insert(tx, id, &NewSecret::default(), now).await?) };
    let event = by.event(now, Kind::ClientCreated, &client).with("redirect_uris", client.registration.redirect_uris.clone());
    audit::record(tx, event.with("client_id", client.client_id.as_str())).await?;
    Ok(Some(Registered { client, secret }))
}

/// Finds a client that is about to change; nobody else changes it until the transaction ends. `None` when it is gone.
///
/// # Errors
/// When the database cannot be read.
pub async fn find_to_change(tx: &mut Tx, id: ClientId) -> sqlx::Result<Option<Client>> {
    store::find_to_change(tx, id).await
}

/// Changes a client to a registration that was checked; `before` was found to be changed ([`find_to_change`]). One that no longer proves itself with secrets loses them,
/// one that begins to gets one. Where nobody here vouches for it and its answers go to other places than before, people are asked anew. Gives the names of the fields
/// that changed.
///
/// # Errors
/// When the database refuses.
pub async fn replace_within(
    tx: &mut Tx,
    by: Authority<'_>,
    before: &Client,
    registration: &Registration,
    now: Timestamp,
) -> sqlx::Result<(Vec<&'static str>, Option<SecretToken>)> {
    let fields = changed(&before.registration, registration);
    if fields.is_empty() {
        return Ok((fields, None));
    }
    store::update(tx, before.id, registration, now).await?;
    // People agreed to be sent where its answers went then.
    if registration.policies.provenance.is_stranger() && before.registration.places() != registration.places() {
        store::delete_consents(tx, before.id).await?;
    }
    let secret = match (has_secrets(&before.registration), has_secrets(registration)) {
        (true, false) => {
            store::delete_secrets(tx, before.id).await?;
            None
        }
        (false, true) => Some(secrets::insert(tx, before.id, &NewSecret::default(), now).await?),
        _ => None,
    };
    let event = by.event(now, Kind::ClientChanged, &Client { registration: registration.clone(), ..before.clone() });
    let event = event.with("changed", fields.clone()).with("redirect_uris", registration.redirect_uris.clone());
    audit::record(tx, event).await?;
    Ok((fields, secret))
}

/// Whether a client proves itself with a secret.
fn has_secrets(registration: &Registration) -> bool {
    !registration.is_public && registration.policies.authentication.method.uses_secrets()
}

/// Deletes a client with everything it had.
///
/// # Errors
/// When the database refuses.
pub async fn delete_within(tx: &mut Tx, by: Authority<'_>, client: &Client, now: Timestamp) -> sqlx::Result<()> {
    store::delete(tx, client.id).await?;
    audit::record(tx, by.event(now, Kind::ClientDeleted, client)).await
}

/// Deletes clients nobody uses. They are so many that the audit log would be nothing else; the server's log says how many.
///
/// # Errors
/// When the database refuses.
pub async fn forget(tx: &mut Tx, clients: &[ClientId]) -> sqlx::Result<u64> {
    query_list("DELETE FROM clients WHERE id IN ({list})", clients.iter().map(|id| Value::from(*id))).execute(tx).await
}
