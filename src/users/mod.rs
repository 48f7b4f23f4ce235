//! People: local ones an administrator made, and those a directory lists. A directory's people are read-only here; only the sync writes what the
//! directory says, and only people write what people decide (blocking).
//!
//! The verbs of the administration take an [`AdminDeed`], the proof; that name (and ending sessions) is all this slice takes from above.

pub mod admin;
pub mod http;
mod list;
pub(crate) mod lock_out;
pub mod model;
pub mod pictures;
pub mod profile;
pub mod reserved_claims;
mod store;

use pictures::Picture;

pub use list::{AtRisk, COUNTED, Filter, Line, Order, Record};
pub use model::{Source, User, language_read};
pub use profile::{Draft, Refusal};

use crate::account_news::{self, News};
use crate::app::App;
use crate::audit::{self, Event, Kind};
use crate::clock::Timestamp;
use crate::db::{Conn, Tx};
use crate::id::{AuditEventId, ClientId, UserId};
use crate::language::{Language, t};
use crate::sessions::{self, AdminDeed, RoutineDeed, SignedIn};
use crate::web::list::Pages;
use crate::web::{Client, Mistakes};

/// Finds a person by id.
///
/// # Errors
/// When the database cannot be read.
pub async fn find(conn: &mut Conn, id: UserId) -> sqlx::Result<Option<User>> {
    store::find(conn, id).await
}

/// Finds a person by username or e-mail, upper and lower case alike.
///
/// # Errors
/// When the database cannot be read.
pub async fn find_by_name(conn: &mut Conn, username_or_email: &str) -> sqlx::Result<Option<User>> {
    store::find_by_key(conn, &model::key(username_or_email)).await
}

/// Finds the person a directory's entry has become.
///
/// # Errors
/// When the database cannot be read.
pub async fn find_by_entry(conn: &mut Conn, directory: &str, entry_id: &str) -> sqlx::Result<Option<User>> {
    store::find_by_entry(conn, directory, entry_id).await
}

/// How many people there are, by where they come from (`local` or a directory's name) and their state (`active`, `blocked`, `disabled`, `missing`).
///
/// # Errors
/// When the database cannot be read.
pub async fn count_by_state(conn: &mut Conn) -> sqlx::Result<Vec<(String, String, i64)>> {
    store::count_by_state(conn).await
}

/// Finds many people by username or e-mail with one statement: for each name, in order, who it is and their username.
///
/// # Errors
/// When the database cannot be read.
pub async fn find_by_names(conn: &mut Conn, usernames_or_emails: &[&str]) -> sqlx::Result<Vec<Option<(UserId, String)>>> {
    let keys: Vec<String> = usernames_or_emails.iter().map(|name| model::key(name)).collect();
    let found = store::find_by_keys(conn, &keys).await?;
    let by = |fits: &dyn Fn(&store::Named) -> bool| found.iter().find(|named| fits(named));
    // As in `find_by_name`, the username counts first.
    let named = keys.iter().map(|key| by(&|named| named.username_key == *key).or_else(|| by(&|named| named.email_key.as_ref() == Some(key))));
    Ok(named.map(|named| named.map(|named| (named.id, named.username.clone()))).collect())
}

/// Whether anyone who can sign in is an administrator.
///
/// # Errors
/// When the database cannot be read.
pub async fn has_admin(conn: &mut Conn) -> sqlx::Result<bool> {
    store::has_admin(conn).await
}

/// Who is there to administer this server. Less than before is what the directory must not bring about by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Administered {
    /// By nobody who may come in.
    ByNobody,
    /// By people who may come in, none of whom has a passkey (yet).
    ByNobodyAble,
    /// By somebody who can sign in with a passkey.
    BySomebody,
}

/// Who is there to administer this server.
///
/// # Errors
/// When the database cannot be read.
pub async fn administered(conn: &mut Conn) -> sqlx::Result<Administered> {
    Ok(match store::has_admin(conn).await? {
        false => Administered::ByNobody,
        true if store::able_admins(conn).await?.is_empty() => Administered::ByNobodyAble,
        true => Administered::BySomebody,
    })
}

/// Whether anyone else could administer this server now: an administrator who may come in and has a passkey. Who has none can do nothing here until they
/// have come in another way and added one, and whether they can is not certain: a link may be lost, a directory not answer.
///
/// # Errors
/// When the database cannot be read.
pub async fn has_other_able_admin(conn: &mut Conn, than: UserId) -> sqlx::Result<bool> {
    Ok(store::able_admins(conn).await?.into_iter().any(|id| id != than))
}

/// [`has_other_able_admin`], and keeps administrators as they are until the transaction ends. To be called before a row of one of them is locked otherwise.
///
/// # Errors
/// When the database refuses.
pub async fn lock_other_able_admin(tx: &mut Tx, than: UserId) -> sqlx::Result<bool> {
    Ok(store::lock_able_admins(tx).await?.into_iter().any(|id| id != than))
}

/// Stores a new local person. The caller audits and commits.
///
/// # Errors
/// When the database refuses, also because username or e-mail are taken (a unique violation).
pub async fn insert(tx: &mut Tx, user: &User) -> sqlx::Result<()> {
    store::insert(tx, user).await
}

/// Notes the language somebody chose to read, or that they chose none.
///
/// # Errors
/// When the database refuses.
pub async fn choose_language(tx: &mut Tx, id: UserId, language: Option<Language>) -> sqlx::Result<()> {
    store::set_language(tx, id, language.map_or("", Language::tag)).await
}

/// Notes when someone signed in last.
///
/// # Errors
/// When the database refuses.
pub async fn signed_in(tx: &mut Tx, id: UserId, now: Timestamp) -> sqlx::Result<()> {
    store::set_last_sign_in(tx, id, now).await
}

/// Voids every session and token a person has been given up to `now`; see `users.access_void_until`.
///
/// # Errors
/// When the database refuses.
pub async fn void_access(tx: &mut Tx, id: UserId, now: Timestamp) -> sqlx::Result<()> {
    store::void_access(tx, id, now).await
}

/// A page of the list of people: which one it is, of how many lines, and its lines. Of a search or a filter, the first [`COUNTED`] people are counted and
/// listed.
///
/// # Errors
/// When the database cannot be read.
pub async fn page(conn: &mut Conn, filter: &Filter, order: Order, descending: bool, unverified_page: &str) -> sqlx::Result<(Pages, Vec<Line>)> {
    list::page(conn, filter, order, descending, unverified_page).await
}

/// Everyone in the order of their username keys, a batch at a time: those after `username_key` (empty begins).
///
/// # Errors
/// When the database cannot be read.
pub async fn records_after(conn: &mut Conn, username_key: &str, limit: i64) -> sqlx::Result<Vec<Record>> {
    list::records_after(conn, username_key, limit).await
}

/// One person as [`records_after`] gives them.
///
/// # Errors
/// When the database cannot be read.
pub async fn record(conn: &mut Conn, id: UserId) -> sqlx::Result<Option<Record>> {
    list::record(conn, id).await
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

/// Makes a local person.
///
/// # Errors
/// [`Error::Mistakes`] for what is typed wrong or taken.
pub async fn create(app: &App, deed: &AdminDeed, draft: &Draft) -> Result<UserId, Error> {
    let profile = draft.check()?;
    let mut user = User::new_local(&profile.username, None, "", "", deed.now);
    profile.apply(&mut user);
    let mut tx = app.db.begin().await?;
    store::insert(&mut tx, &user).await.map_err(name_what_is_taken)?;
    audit::record(&mut tx, deed.event(Kind::UserCreated).on(user.id.uuid(), &user.username)).await?;
    tx.commit().await?;
    Ok(user.id)
}

/// Changes what is written about a local person.
///
/// # Errors
/// [`Error::Mistakes`] for what is typed wrong or taken; refused for a directory's people.
pub async fn edit(app: &App, deed: &AdminDeed, id: UserId, draft: &Draft) -> Result<(), Error> {
    let mut tx = app.db.begin().await?;
    let user = local(&mut tx, id).await?;
    let profile = draft.check()?;
    let changes = profile.changes(&user);
    if changes.is_empty() {
        return Ok(());
    }
    if !store::update_local(&mut tx, id, &profile, deed.now).await.map_err(name_what_is_taken)? {
        return Err(Refusal::FromDirectory.into());
    }
    let event = deed.event(Kind::UserChanged).on(id.uuid(), &profile.username);
    audit::record(&mut tx, changes.into_iter().fold(event, |event, (field, change)| event.with(field, change))).await?;
    tx.commit().await?;
    Ok(())
}

/// Keeps somebody out, whatever the directory says: their sessions and what apps hold of them end at once.
///
/// # Errors
/// Refused for oneself and for the last administrator who can sign in.
pub async fn block(app: &App, deed: &AdminDeed, id: UserId) -> Result<(), Error> {
    let mut tx = app.db.begin().await?;
    let able_admins = store::lock_able_admins(&mut tx).await?;
    let user = store::find(&mut tx, id).await?.ok_or(Refusal::NotFound)?;
    profile::may_be_kept_out(&user, deed.admin.user.id, &able_admins)?;
    if store::block(&mut tx, id, deed.now).await? {
        store::void_access(&mut tx, id, deed.now).await?;
        sessions::end_all(&mut tx, &[id], deed.now).await?;
        audit::record(&mut tx, deed.event(Kind::UserBlocked).on(id.uuid(), &user.username)).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// Lets somebody in again, as far as administrators decide; what the directory says stays.
///
/// # Errors
/// Refused when there is no such person.
pub async fn unblock(app: &App, deed: &AdminDeed, id: UserId) -> Result<(), Error> {
    let mut tx = app.db.begin().await?;
    let user = store::find(&mut tx, id).await?.ok_or(Refusal::NotFound)?;
    if store::unblock(&mut tx, id, deed.now).await? {
        audit::record(&mut tx, deed.event(Kind::UserUnblocked).on(id.uuid(), &user.username)).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// Makes a local person an administrator.
///
/// # Errors
/// Refused for a directory's people: its admin group says who administers.
pub async fn make_admin(app: &App, deed: &AdminDeed, id: UserId) -> Result<(), Error> {
    let mut tx = app.db.begin().await?;
    let user = local(&mut tx, id).await?;
    if store::grant_local_admin(&mut tx, id, deed.now).await? {
        audit::record(&mut tx, deed.event(Kind::UserChanged).on(id.uuid(), &user.username).with("administrator", "no → yes")).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// Takes back what [`make_admin`] gave. Open for a directory's people too: one may have been local before.
///
/// # Errors
/// Refused for the last administrator who can sign in.
pub async fn unmake_admin(app: &App, deed: &AdminDeed, id: UserId) -> Result<(), Error> {
    let mut tx = app.db.begin().await?;
    let able_admins = store::lock_able_admins(&mut tx).await?;
    let user = store::find(&mut tx, id).await?.ok_or(Refusal::NotFound)?;
    if !user.directory_admin {
        profile::must_not_be_last(&user, &able_admins)?;
    }
    if store::revoke_local_admin(&mut tx, id, deed.now).await? {
        audit::record(&mut tx, deed.event(Kind::UserChanged).on(id.uuid(), &user.username).with("administrator", "yes → no")).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// Signs somebody out everywhere: every browser, and what apps hold of them.
///
/// # Errors
/// Refused when there is no such person.
pub async fn end_sessions(app: &App, deed: &RoutineDeed, id: UserId) -> Result<(), Error> {
    let mut tx = app.db.begin().await?;
    let user = store::find(&mut tx, id).await?.ok_or(Refusal::NotFound)?;
    store::void_access(&mut tx, id, deed.now).await?;
    let ended = sessions::end_all(&mut tx, &[id], deed.now).await?;
    let event = deed.event(Kind::SessionsEnded).on(id.uuid(), &user.username).with("sessions", ended);
    audit::record(&mut tx, event).await?;
    tx.commit().await?;
    Ok(())
}

/// Deletes a local person with everything that is theirs; the audit log keeps their name.
///
/// # Errors
/// Refused for a directory's people, for oneself and for the last administrator who can sign in.
pub async fn delete(app: &App, deed: &AdminDeed, id: UserId) -> Result<(), Error> {
    let mut tx = app.db.begin().await?;
    let able_admins = store::lock_able_admins(&mut tx).await?;
    let user = local(&mut tx, id).await?;
    profile::may_be_kept_out(&user, deed.admin.user.id, &able_admins)?;
    sessions::end_all(&mut tx, &[id], deed.now).await?;
    if !store::delete_local(&mut tx, id).await? {
        return Err(Refusal::FromDirectory.into());
    }
    let email = user.email.unwrap_or_default();
    audit::record(&mut tx, deed.event(Kind::UserDeleted).on(id.uuid(), &user.username).with("name", user.display_name).with("email", email)).await?;
    tx.commit().await?;
    Ok(())
}

/// Deletes somebody who wants it, with everything that is theirs; gives the apps to tell in their browser. Their other apps are told, and they get a mail.
///
/// # Errors
/// Refused where the installation does not let people do it, for a directory's people, and for the last administrator who can sign in.
pub async fn delete_own(app: &App, now: Timestamp, client: &Client, signed_in: &SignedIn) -> Result<Vec<ClientId>, OwnError> {
    if !app.settings().own_account_deletion {
        return Err(Refusal::NotOffered.into());
    }
    let id = signed_in.user.id;
    let mut tx = app.db.begin().await?;
    let able_admins = store::lock_able_admins(&mut tx).await?;
    let user = store::find(&mut tx, id).await?.ok_or(Refusal::NotFound)?;
    profile::may_leave(&user, &able_admins)?;
    let ended = sessions::end(&mut tx, id, signed_in.session.id, now).await?;
    sessions::end_all(&mut tx, &[id], now).await?;
    let event = AuditEventId::new();
    account_news::tell(&mut tx, app, &user, News::AccountDeleted, client, event, now).await.map_err(OwnError::Internal)?;
    if !store::delete_local(&mut tx, id).await? {
        return Err(Refusal::FromDirectory.into());
    }
    let deleted = Event::new(now, Kind::UserDeleted, signed_in.actor()).on(id.uuid(), &user.username).from_client(client);
    audit::record_as(&mut tx, event, deleted.with("by", "themselves")).await?;
    tx.commit().await?;
    Ok(ended.front_channel)
}

/// Why somebody may not delete their own account now; `None` when they may.
///
/// # Errors
/// When the database cannot be read.
pub async fn stays_because(app: &App, conn: &mut Conn, user: &User) -> sqlx::Result<Option<Refusal>> {
    if !app.settings().own_account_deletion {
        return Ok(Some(Refusal::NotOffered));
    }
    Ok(profile::may_leave(user, &store::able_admins(conn).await?).err())
}

/// Why somebody's own wish was not done.
#[derive(Debug, thiserror::Error)]
pub enum OwnError {
    /// A rule forbids it.
    #[error("refused: {0}")]
    Refused(Refusal),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    /// Something else failed.
    #[error(transparent)]
    Internal(anyhow::Error),
}

impl From<Refusal> for OwnError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// Stores the picture somebody sent of themselves, or takes it away.
///
/// # Errors
/// When the database refuses.
pub async fn change_own_picture(app: &App, now: Timestamp, client: &Client, signed_in: &SignedIn, picture: Option<&Picture>) -> sqlx::Result<()> {
    let user = &signed_in.user;
    let mut tx = app.db.begin().await?;
    match picture {
        Some(picture) => pictures::put_own(&mut tx, user.id, picture, now).await?,
        None => pictures::remove(&mut tx, user.id).await?,
    }
    let event = Event::new(now, Kind::UserChanged, signed_in.actor()).on(user.id.uuid(), &user.username).from_client(client);
    audit::record(&mut tx, event.with("picture", if picture.is_some() { "changed" } else { "removed" })).await?;
    tx.commit().await
}

/// A person no directory has a say in.
async fn local(tx: &mut Tx, id: UserId) -> Result<User, Error> {
    let user = store::find(tx, id).await?.ok_or(Refusal::NotFound)?;
    if user.directory.is_some() { Err(Refusal::FromDirectory.into()) } else { Ok(user) }
}

/// The two unique names of a person: asking first would leave a gap, so the database's refusal is translated.
fn name_what_is_taken(error: sqlx::Error) -> Error {
    let Some(violation) = error.as_database_error().filter(|error| error.is_unique_violation()) else { return error.into() };
    // SQLite names the column in the message, PostgreSQL the constraint; both contain the column's name.
    if violation.message().contains("email_key") {
        Mistakes::one("email", t("person-email-taken")).into()
    } else {
        Mistakes::one("username", t("person-username-taken")).into()
    }
}
