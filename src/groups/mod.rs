//! Groups of people: local ones, and those a directory lists (read-only here). A person's groups are what apps receive in the `groups` claim.

pub mod admin;
pub mod model;
mod store;

pub use model::{Draft, Group, Refusal};
pub use store::{Filter, Line, Member, Order, Record};

use crate::app::App;
use crate::audit::{self, Kind};
use crate::db::{Conn, Tx};
use crate::id::{GroupId, UserId};
use crate::language::t;
use crate::sessions::AdminDeed;
use crate::users;
use crate::web::Mistakes;

/// How many people can be added at once.
const ADDED_MAX: usize = 500;

/// A group a person is in.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Membership {
    /// The group.
    pub id: GroupId,
    /// Its name, as apps see it.
    pub name: String,
    /// What people call it.
    pub display_name: String,
    /// The directory that lists it; `None` for local ones.
    pub directory: Option<String>,
}

/// The groups a person is in, by name.
///
/// # Errors
/// When the database cannot be read.
pub async fn of_user(conn: &mut Conn, user: UserId) -> sqlx::Result<Vec<Membership>> {
    store::of_user(conn, user).await
}

/// The group names of a batch of people: those whose username key lies after `after` and up to `up_to`. Sorted by person.
///
/// # Errors
/// When the database cannot be read.
pub async fn of_users_between(conn: &mut Conn, after: &str, up_to: &str) -> sqlx::Result<Vec<(UserId, String)>> {
    store::of_users_between(conn, after, up_to).await
}

/// Finds a group that is there; one that left its directory is not.
///
/// # Errors
/// When the database cannot be read.
pub async fn find(conn: &mut Conn, id: GroupId) -> sqlx::Result<Option<Group>> {
    store::find(conn, id).await
}

/// Finds local groups by name, in the order of the names; `None` where there is none.
///
/// # Errors
/// When the database cannot be read.
pub async fn find_local(conn: &mut Conn, names: &[String]) -> sqlx::Result<Vec<Option<GroupId>>> {
    let keys: Vec<String> = names.iter().map(|name| users::model::key(name)).collect();
    let found = store::find_local(conn, &keys).await?;
    Ok(keys.iter().map(|key| found.iter().find(|(_, known)| known == key).map(|(id, _)| *id)).collect())
}

/// A page of the list of groups, members counted.
///
/// # Errors
/// When the database cannot be read.
pub async fn lines(conn: &mut Conn, filter: &Filter, order: Order, descending: bool, limit: i64, offset: i64) -> sqlx::Result<Vec<Line>> {
    store::lines(conn, filter, order, descending, limit, offset).await
}

/// How many groups a filter fits.
///
/// # Errors
/// When the database cannot be read.
pub async fn count(conn: &mut Conn, filter: &Filter) -> sqlx::Result<i64> {
    store::count(conn, filter).await
}

/// A page of a group's members whose names fit a `LIKE` pattern; empty fits all.
///
/// # Errors
/// When the database cannot be read.
pub async fn members(conn: &mut Conn, group: GroupId, pattern: &str, limit: i64, offset: i64) -> sqlx::Result<Vec<Member>> {
    store::members(conn, group, pattern, limit, offset).await
}

/// How many members of a group a pattern fits.
///
/// # Errors
/// When the database cannot be read.
pub async fn count_members(conn: &mut Conn, group: GroupId, pattern: &str) -> sqlx::Result<i64> {
    store::count_members(conn, group, pattern).await
}

/// Every group in the order of their name keys, a batch at a time: those after `name_key` (empty begins).
///
/// # Errors
/// When the database cannot be read.
pub async fn records_after(conn: &mut Conn, name_key: &str, limit: i64) -> sqlx::Result<Vec<Record>> {
    store::records_after(conn, name_key, limit).await
}

/// The usernames in a batch of groups: those whose name key lies after `after` and up to `up_to`. Sorted by group.
///
/// # Errors
/// When the database cannot be read.
pub async fn members_between(conn: &mut Conn, after: &str, up_to: &str) -> sqlx::Result<Vec<(GroupId, String)>> {
    store::members_between(conn, after, up_to).await
}

/// Why a verb of the administration did nothing.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A rule forbids it.
    #[error("refused: {0}")]
    Refused(Refusal),
    /// The form has mistakes.
    #[error("the form has mistakes")]
    Mistakes(Mistakes),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<Mistakes> for Error {
    fn from(mistakes: Mistakes) -> Self {
        Self::Mistakes(mistakes)
    }
}

/// Makes a local group.
///
/// # Errors
/// [`Error::Mistakes`] for what is typed wrong or taken.
pub async fn create(app: &App, deed: &AdminDeed, draft: &Draft) -> Result<GroupId, Error> {
    let names = draft.check()?;
    let id = GroupId::new();
    let mut tx = app.db.begin().await?;
    store::insert(&mut tx, id, &names, deed.now).await.map_err(name_what_is_taken)?;
    audit::record(&mut tx, deed.event(Kind::GroupCreated).on(id.uuid(), &names.name)).await?;
    tx.commit().await?;
    Ok(id)
}

/// Renames a local group.
///
/// # Errors
/// [`Error::Mistakes`] for what is typed wrong or taken; refused for a directory's groups.
pub async fn rename(app: &App, deed: &AdminDeed, id: GroupId, draft: &Draft) -> Result<(), Error> {
    let mut tx = app.db.begin().await?;
    let group = local(&mut tx, id).await?;
    let names = draft.check()?;
    let mut event = deed.event(Kind::GroupChanged).on(id.uuid(), &names.name);
    for (field, before, after) in [("name", &group.name, &names.name), ("display_name", &group.display_name, &names.display_name)] {
        if before != after {
            event = event.with(field, format!("{before} → {after}"));
        }
    }
    if event.detail.is_empty() {
        return Ok(());
    }
    if !store::rename_local(&mut tx, id, &names, deed.now).await.map_err(name_what_is_taken)? {
        return Err(Refusal::FromDirectory.into());
    }
    audit::record(&mut tx, event).await?;
    tx.commit().await?;
    Ok(())
}

/// Adds people to a local group, named by username or e-mail, one per line; who is in it already stays. Nobody is added when a line has a mistake.
/// Gives how many were added.
///
/// # Errors
/// [`Error::Mistakes`] (field `people`) when a line names nobody; refused for a directory's groups.
pub async fn add_members(app: &App, deed: &AdminDeed, id: GroupId, unverified_people: &str) -> Result<u64, Error> {
    let lines: Vec<&str> = unverified_people.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let mut tx = app.db.begin().await?;
    let group = local(&mut tx, id).await?;
    if lines.is_empty() {
        return Err(Mistakes::one("people", t("group-people-missing")).into());
    }
    if lines.len() > ADDED_MAX {
        return Err(Mistakes::one("people", t("group-people-too-many").with("count", ADDED_MAX)).into());
    }
    let found = users::find_by_names(&mut tx, &lines).await?;
    let unknown: Vec<&str> = lines.iter().zip(&found).filter(|(_, found)| found.is_none()).map(|(line, _)| *line).collect();
    if !unknown.is_empty() {
        let names = unknown.iter().take(5).map(|name| String::from(t("group-quoted").with("name", name))).collect::<Vec<_>>().join(", ");
        let sentence = match unknown.len() {
            0..=5 => t("group-people-unknown").with("names", names),
            count => t("group-people-unknown-and-more").with("names", names).with("more", count - 5),
        };
        return Err(Mistakes::one("people", sentence).into());
    }
    let (people, names): (Vec<UserId>, Vec<String>) = found.into_iter().flatten().unzip();
    let added = store::add_members(&mut tx, id, &people).await?;
    if added > 0 {
        let names = names.join(", ");
        audit::record(&mut tx, deed.event(Kind::GroupChanged).on(id.uuid(), &group.name).with("added", names)).await?;
        tx.commit().await?;
    }
    Ok(added)
}

/// Takes somebody out of a local group.
///
/// # Errors
/// Refused for a directory's groups.
pub async fn remove_member(app: &App, deed: &AdminDeed, id: GroupId, person: UserId) -> Result<(), Error> {
    let mut tx = app.db.begin().await?;
    let group = local(&mut tx, id).await?;
    let username = users::find(&mut tx, person).await?.map(|user| user.username).unwrap_or_default();
    if store::remove_member(&mut tx, id, person).await? {
        audit::record(&mut tx, deed.event(Kind::GroupChanged).on(id.uuid(), &group.name).with("removed", username)).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// Deletes a local group. Apps that only it could use can be used by nobody then.
///
/// # Errors
/// Refused for a directory's groups.
pub async fn delete(app: &App, deed: &AdminDeed, id: GroupId) -> Result<(), Error> {
    let mut tx = app.db.begin().await?;
    let group = local(&mut tx, id).await?;
    if !store::delete_local(&mut tx, id).await? {
        return Err(Refusal::FromDirectory.into());
    }
    audit::record(&mut tx, deed.event(Kind::GroupRemoved).on(id.uuid(), &group.name)).await?;
    tx.commit().await?;
    Ok(())
}

/// A group no directory has a say in.
async fn local(tx: &mut Tx, id: GroupId) -> Result<Group, Error> {
    let group = store::find(tx, id).await?.ok_or(Refusal::NotFound)?;
    if group.directory.is_some() { Err(Refusal::FromDirectory.into()) } else { Ok(group) }
}

/// Names are unique, also among groups that left their directory and may come back.
fn name_what_is_taken(error: sqlx::Error) -> Error {
    if error.as_database_error().is_some_and(|error| error.is_unique_violation()) {
        return Mistakes::one("name", t("group-name-taken")).into();
    }
    error.into()
}
