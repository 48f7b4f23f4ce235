//! Leases: one holder at a time across every instance and command that shares the database. A holder that dies loses the lease when it expires.

use std::time::Duration;

use crate::clock::Timestamp;
use crate::db::{Db, Tx, query};
use crate::secret::{base64url, random_bytes};

/// How far the clocks of instances may differ. A lease that lies further ahead than that was taken before a clock was set back, and its holder, if there is
/// one still, prolongs it by the right clock.
const CLOCKS_DIFFER_BY: Duration = Duration::from_secs(3600);

/// A lease that is held. Give it back with [`release`](Self::release); one that is only dropped runs out.
#[derive(Clone, Debug)]
pub struct Lease {
    name: String,
    holder: String,
}

impl Lease {
    /// Takes the lease when nobody holds it, its holder let it run out, or it would run out only when no holder can have meant it to; `None` when someone else
    /// holds it.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn take(db: &Db, name: &str, lifetime: Duration, now: Timestamp) -> sqlx::Result<Option<Self>> {
        let holder = base64url(&random_bytes::<12>());
        let mut tx = db.begin().await?;
        let taken = query(
            "INSERT INTO leases (name, holder, expires_at) VALUES ($1, $2, $3)
             ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, expires_at = excluded.expires_at
             WHERE leases.expires_at <= $4 OR leases.expires_at > $5",
        )
        .bind(name)
        .bind(&holder)
        .bind(now + lifetime)
        .bind(now)
        .bind(now + lifetime + CLOCKS_DIFFER_BY)
        .execute(&mut tx)
        .await?;
        tx.commit().await?;
        Ok((taken == 1).then(|| Self { name: name.to_owned(), holder }))
    }

    /// Prolongs the lease; `false` when it was lost meanwhile.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn prolong(&self, db: &Db, lifetime: Duration, now: Timestamp) -> sqlx::Result<bool> {
        let mut tx = db.begin().await?;
        let kept = self.hold(&mut tx, lifetime, now).await?;
        tx.commit().await?;
        Ok(kept)
    }

    /// Prolongs the lease inside the transaction of what it protects: until that ends nobody else can take it, however long it takes; `false` when it was
    /// lost meanwhile.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn hold(&self, tx: &mut Tx, lifetime: Duration, now: Timestamp) -> sqlx::Result<bool> {
        let kept = query("UPDATE leases SET expires_at = $3 WHERE name = $1 AND holder = $2")
            .bind(&self.name)
            .bind(&self.holder)
            .bind(now + lifetime)
            .execute(tx)
            .await?;
        Ok(kept == 1)
    }

    /// Gives the lease back.
    ///
    /// # Errors
    /// When the database refuses; the lease then runs out by itself.
    pub async fn release(self, db: &Db) -> sqlx::Result<()> {
        let mut tx = db.begin().await?;
        query("DELETE FROM leases WHERE name = $1 AND holder = $2").bind(&self.name).bind(&self.holder).execute(&mut tx).await?;
        tx.commit().await
    }
}
