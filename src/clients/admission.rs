//! Whom a client is open to.

use super::{Authority, Refused, changeable, store};
use crate::app::App;
use crate::audit::{self, Kind};
use crate::clock::Timestamp;
use crate::id::{ClientId, GroupId};

/// Opens a client to one more group; from then on only people in its groups may use it.
///
/// # Errors
/// [`Refused::Gone`] when there is no such client or group.
pub async fn allow_group(app: &App, by: Authority<'_>, id: ClientId, group: GroupId, now: Timestamp) -> Result<(), Refused> {
    let mut tx = app.db.begin().await?;
    let client = store::find(&mut tx, id).await?.ok_or(Refused::Gone)?;
    changeable(&client)?;
    if !store::insert_group(&mut tx, id, group).await? {
        return Err(Refused::Gone);
    }
    store::set_restricted(&mut tx, id, true, now).await?;
    audit::record(&mut tx, by.event(now, Kind::ClientChanged, &client).with("group_allowed", group.to_string())).await?;
    Ok(tx.commit().await?)
}

/// Closes a client to a group. It stays restricted, also when this was its last group.
///
/// # Errors
/// [`Refused::Gone`] when there is no such client, or it was not open to the group.
pub async fn disallow_group(app: &App, by: Authority<'_>, id: ClientId, group: GroupId, now: Timestamp) -> Result<(), Refused> {
    let mut tx = app.db.begin().await?;
    let client = store::find(&mut tx, id).await?.ok_or(Refused::Gone)?;
    changeable(&client)?;
    if !store::delete_group(&mut tx, id, group).await? {
        return Err(Refused::Gone);
    }
    audit::record(&mut tx, by.event(now, Kind::ClientChanged, &client).with("group_disallowed", group.to_string())).await?;
    Ok(tx.commit().await?)
}

/// Opens a client to everyone, or closes it to everyone outside its groups.
///
/// # Errors
/// [`Refused::Gone`] when there is no such client.
pub async fn restrict(app: &App, by: Authority<'_>, id: ClientId, restricted: bool, now: Timestamp) -> Result<(), Refused> {
    let mut tx = app.db.begin().await?;
    let client = store::find(&mut tx, id).await?.ok_or(Refused::Gone)?;
    changeable(&client)?;
    if !restricted {
        store::delete_groups(&mut tx, id).await?;
    }
    store::set_restricted(&mut tx, id, restricted, now).await?;
    audit::record(&mut tx, by.event(now, Kind::ClientChanged, &client).with("restricted", restricted)).await?;
    Ok(tx.commit().await?)
}
