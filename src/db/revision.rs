//! How copies in memory stay true: a number in the database that grows with each change of what they are copies of, whichever instance or command makes it
//! (triggers do; see the migration "registrations revision"). Whoever wants to use a copy has the number read first, together with others who want to.

use super::{Db, SharedReads, query};

/// How often clients, their secrets, APIs and rights at them had been changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, sqlx::Type)]
#[sqlx(transparent)]
pub struct Revision(i64);

#[cfg(test)]
impl Revision {
    /// For tests of what depends on it.
    pub(super) const fn of(number: i64) -> Self {
        Self(number)
    }
}

/// Reads the number for everyone who asks.
#[derive(Debug)]
pub struct Revisions(SharedReads<(), Revision>);

impl Revisions {
    /// Those of a database.
    pub fn new(db: Db) -> Self {
        Self(SharedReads::new(move |_| read(db.clone())))
    }

    /// The number as it stands when this is called, or newer.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn current(&self) -> sqlx::Result<Revision> {
        self.0.ask(()).await?.ok_or(sqlx::Error::RowNotFound)
    }
}

async fn read(db: Db) -> sqlx::Result<Vec<((), Revision)>> {
    let (number,): (i64,) = query("SELECT number FROM revisions WHERE name = 'registrations'").one(&mut db.read().await?).await?;
    Ok(vec![((), Revision(number))])
}
