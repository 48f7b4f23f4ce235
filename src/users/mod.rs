//! People: local ones an administrator made, and those a directory lists. A directory's people are read-only here; only the sync writes what the
//! directory says, and only people write what people decide (blocking).

pub mod model;
mod store;

pub use model::{Source, User};

use crate::clock::Timestamp;
use crate::db::{Conn, Tx};
use crate::id::UserId;

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

/// Whether anyone who can sign in is an administrator.
///
/// # Errors
/// When the database cannot be read.
pub async fn has_admin(conn: &mut Conn) -> sqlx::Result<bool> {
    store::has_admin(conn).await
}

/// Stores a new local person. The caller audits and commits.
///
/// # Errors
/// When the database refuses, also because username or e-mail are taken (a unique violation).
pub async fn insert(tx: &mut Tx, user: &User) -> sqlx::Result<()> {
    store::insert(tx, user).await
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
