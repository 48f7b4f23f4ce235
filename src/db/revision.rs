//! How copies in memory stay true: a number in the database that grows with each change of what they are copies of, whichever instance or command makes it
//! (triggers do; see the migration "registrations revision"). Whoever wants to use a copy has the number read first. Those who ask while it is being read
//! share the next reading, so under load a reading serves many; none gets an answer that was read before they asked.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use super::{Db, query};

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
#[derive(Debug, Default)]
pub struct Revisions(Arc<Mutex<Callers>>);

#[derive(Debug, Default)]
struct Callers {
    /// Someone is reading for the others.
    is_read: bool,
    waiting: Vec<oneshot::Sender<sqlx::Result<Revision>>>,
}

impl Revisions {
    /// The number as it stands when this is called, or newer.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn current(&self, db: &Db) -> sqlx::Result<Revision> {
        let (sender, receiver) = oneshot::channel();
        let is_read = {
            let mut callers = lock(&self.0);
            callers.waiting.push(sender);
            std::mem::replace(&mut callers.is_read, true)
        };
        if !is_read {
            // On a task of its own: a caller who goes away leaves nobody waiting.
            tokio::spawn(answer(db.clone(), Reader { callers: Arc::clone(&self.0), is_done: false }));
        }
        receiver.await.unwrap_or(Err(sqlx::Error::WorkerCrashed))
    }
}

/// How long a reading may take. Everybody waits for it, so a connection that has died silently must not hold it up.
const READ_WITHIN: std::time::Duration = std::time::Duration::from_secs(5);

/// Whoever reads for the others. Should it crash, the next caller can read again, and who still waits is told that there is no answer.
struct Reader {
    callers: Arc<Mutex<Callers>>,
    is_done: bool,
}

impl Drop for Reader {
    fn drop(&mut self) {
        if !self.is_done {
            *lock(&self.callers) = Callers::default();
        }
    }
}

async fn answer(db: Db, mut reader: Reader) {
    loop {
        let waiting = {
            let mut callers = lock(&reader.callers);
            if callers.waiting.is_empty() {
                callers.is_read = false;
                reader.is_done = true;
                return;
            }
            std::mem::take(&mut callers.waiting)
        };
        let number = tokio::time::timeout(READ_WITHIN, Box::pin(read(&db))).await.unwrap_or(Err(sqlx::Error::PoolTimedOut));
        for caller in waiting {
            let answer = number.as_ref().copied().map_err(|error| sqlx::Error::Protocol(format!("the revision cannot be read: {error}")));
            let _gone = caller.send(answer);
        }
    }
}

async fn read(db: &Db) -> sqlx::Result<Revision> {
    let (number,): (i64,) = query("SELECT number FROM revisions WHERE name = 'registrations'").one(&mut db.read().await?).await?;
    Ok(Revision(number))
}

fn lock(callers: &Mutex<Callers>) -> MutexGuard<'_, Callers> {
    callers.lock().unwrap_or_else(PoisonError::into_inner)
}
