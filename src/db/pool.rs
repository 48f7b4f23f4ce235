//! Connections kept warm. sqlx's pool asks a connection whether it is alive whenever one is taken and again when it comes back; both together cost more than
//! most statements. Here a connection that was in use a moment ago is taken for alive, and only others are asked.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use sqlx::Database;
use sqlx::pool::PoolConnection;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, TryAcquireError};

/// For so long after its last use a connection counts as alive unasked.
const ALIVE_FOR: Duration = Duration::from_secs(1);
/// So long after it was taken from sqlx's pool a connection goes back there, where old ones are replaced.
const KEPT_FOR: Duration = Duration::from_secs(600);

/// A pool of connections. Cheap to clone.
pub struct Pool<DB: Database>(Arc<Inner<DB>>);

struct Inner<DB: Database> {
    opened: sqlx::Pool<DB>,
    /// One for each connection there may be. Who holds one finds a connection here or in sqlx's pool.
    places: Arc<Semaphore>,
    wait_max: Duration,
    /// The one used last is on top.
    warm: Mutex<Vec<Warm<DB>>>,
}

struct Warm<DB: Database> {
    connection: PoolConnection<DB>,
    since: Instant,
    used_at: Instant,
}

impl<DB: Database> Pool<DB> {
    /// Takes over what sqlx opened.
    pub(super) fn new(opened: sqlx::Pool<DB>) -> Self {
        let places = usize::try_from(opened.options().get_max_connections()).unwrap_or(1);
        let wait_max = opened.options().get_acquire_timeout();
        Self(Arc::new(Inner { opened, places: Arc::new(Semaphore::new(places)), wait_max, warm: Mutex::default() }))
    }

    /// Takes a connection out.
    ///
    /// # Errors
    /// When none comes free within the pool's time-out, or none can be opened.
    pub(super) async fn take(&self) -> sqlx::Result<Taken<DB>> {
        let place = match Arc::clone(&self.0.places).try_acquire_owned() {
            Ok(place) => place,
            Err(TryAcquireError::Closed) => return Err(sqlx::Error::PoolClosed),
            Err(TryAcquireError::NoPermits) => {
                let waiting = tokio::time::timeout(self.0.wait_max, Arc::clone(&self.0.places).acquire_owned());
                waiting.await.map_err(|_| sqlx::Error::PoolTimedOut)?.map_err(|_| sqlx::Error::PoolClosed)?
            }
        };
        let (connection, since) = match self.0.warmest() {
            Some(Warm { connection, since, .. }) => (connection, since),
            // On the heap: all it takes to open a connection would be part of every request else.
            None => (Box::pin(self.0.opened.acquire()).await?, Instant::now()),
        };
        Ok(Taken { connection: Some(connection), since, is_whole: true, pool: Arc::clone(&self.0), _place: place })
    }

    /// Waits until every connection is back, and closes them.
    pub(super) async fn close(&self) {
        self.0.places.close();
        drop(self.0.all_warm());
        self.0.opened.close().await;
    }
}

impl<DB: Database> Inner<DB> {
    fn warm(&self) -> std::sync::MutexGuard<'_, Vec<Warm<DB>>> {
        self.warm.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn all_warm(&self) -> Vec<Warm<DB>> {
        std::mem::take(&mut *self.warm())
    }

    /// The connection used last, when that was a moment ago; otherwise all go back to sqlx's pool, for the others are no fresher.
    fn warmest(&self) -> Option<Warm<DB>> {
        let warmest = self.warm().pop()?;
        let now = Instant::now();
        if now - warmest.used_at < ALIVE_FOR && now - warmest.since < KEPT_FOR {
            return Some(warmest);
        }
        drop((warmest, self.all_warm()));
        None
    }
}

/// A connection taken out of a [`Pool`]; goes back when dropped.
pub(super) struct Taken<DB: Database> {
    /// There until it is dropped.
    connection: Option<PoolConnection<DB>>,
    since: Instant,
    /// No statement was left in the middle.
    is_whole: bool,
    pool: Arc<Inner<DB>>,
    /// Given up after the connection.
    _place: OwnedSemaphorePermit,
}

impl<DB: Database> Taken<DB> {
    /// Notes that a statement begins: until [`end`](Self::end) the connection is not to be used by others unasked.
    pub(super) const fn begin(&mut self) {
        self.is_whole = false;
    }

    /// Notes that a statement came to its end.
    pub(super) const fn end(&mut self) {
        self.is_whole = true;
    }

    /// Closes the connection instead of giving it back.
    pub(super) fn give_up(&mut self) {
        self.is_whole = false;
        if let Some(connection) = &mut self.connection {
            connection.close_on_drop();
        }
    }
}

impl<DB: Database> Deref for Taken<DB> {
    type Target = DB::Connection;
    fn deref(&self) -> &DB::Connection {
        self.connection.as_ref().expect("invariant: there until dropped")
    }
}

impl<DB: Database> DerefMut for Taken<DB> {
    fn deref_mut(&mut self) -> &mut DB::Connection {
        self.connection.as_mut().expect("invariant: there until dropped")
    }
}

impl<DB: Database> Drop for Taken<DB> {
    fn drop(&mut self) {
        let Some(connection) = self.connection.take() else { return };
        // sqlx looks whether one that was left in the middle of something is of use still.
        if self.is_whole {
            let mut warm = self.pool.warm();
            if !self.pool.places.is_closed() {
                warm.push(Warm { connection, since: self.since, used_at: Instant::now() });
            }
        }
    }
}

impl<DB: Database> Clone for Pool<DB> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<DB: Database> fmt::Debug for Pool<DB> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("opened", &self.0.opened).finish_non_exhaustive()
    }
}

impl<DB: Database> fmt::Debug for Taken<DB> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Taken").field("is_whole", &self.is_whole).finish_non_exhaustive()
    }
}
