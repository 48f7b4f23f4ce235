//! Groups of people: local ones, and those a directory lists (read-only here). A person's groups are what apps receive in the `groups` claim.

mod store;

use crate::db::Conn;
use crate::id::{GroupId, UserId};

/// A group a person is in.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Membership {
    /// The group.
    pub id: GroupId,
    /// Its name, as apps see it.
    pub name: String,
}

/// The groups a person is in, by name.
///
/// # Errors
/// When the database cannot be read.
pub async fn of_user(conn: &mut Conn, user: UserId) -> sqlx::Result<Vec<Membership>> {
    store::of_user(conn, user).await
}
