//! The SQL of assertions that were accepted: each counts once.

use crate::clock::Timestamp;
use crate::db::{Tx, query};
use crate::secret::TokenHash;

/// Remembers an assertion; `false` when it is remembered already. Its row decides between two instances that see it at the same moment.
pub(in crate::clients) async fn insert(tx: &mut Tx, trace: &TokenHash, good_until: Timestamp) -> sqlx::Result<bool> {
    let inserted = query("INSERT INTO used_assertions (assertion_hash, expires_at) VALUES ($1, $2) ON CONFLICT DO NOTHING")
        .bind(trace)
        .bind(good_until)
        .execute(tx)
        .await?;
    Ok(inserted == 1)
}

/// Forgets those that have run out, a batch at a time.
pub(in crate::clients) async fn sweep(tx: &mut Tx, now: Timestamp) -> sqlx::Result<u64> {
    query(
        "DELETE FROM used_assertions WHERE assertion_hash IN
         (SELECT assertion_hash FROM used_assertions WHERE expires_at <= $1 ORDER BY expires_at LIMIT 1000)",
    )
    .bind(now)
    .execute(tx)
    .await
}
