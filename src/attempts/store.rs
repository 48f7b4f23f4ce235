//! The table of counted guesses.

use super::Allowance;
use crate::clock::Timestamp;
use crate::db::{Conn, Tx, query};

/// Counts one more and gives how many that makes; `None` when the allowance is used up.
pub(super) async fn count(tx: &mut Tx, subject: &[u8], allowance: Allowance, now: Timestamp) -> sqlx::Result<Option<i64>> {
    let taken: Option<(i64,)> = query(
        "INSERT INTO attempts (subject, count, expires_at) VALUES ($1, 1, $2)
         ON CONFLICT (subject) DO UPDATE SET
             count = CASE WHEN attempts.expires_at <= $3 THEN 1 ELSE attempts.count + 1 END,
             expires_at = CASE WHEN $4 OR attempts.expires_at <= $3 THEN excluded.expires_at ELSE attempts.expires_at END
         WHERE attempts.count < $5 OR attempts.expires_at <= $3
         RETURNING count",
    )
    .bind(subject.to_vec())
    .bind(now + allowance.within)
    .bind(now)
    .bind(allowance.from_the_last)
    .bind(allowance.count)
    .optional(tx)
    .await?;
    Ok(taken.map(|(count,)| count))
}

/// Until when there is nothing left of an allowance; `None` when there is.
pub(super) async fn used_up_until(conn: &mut Conn, subject: &[u8], count: i64, now: Timestamp) -> sqlx::Result<Option<Timestamp>> {
    let until: Option<(Timestamp,)> = query("SELECT expires_at FROM attempts WHERE subject = $1 AND count >= $2 AND expires_at > $3")
        .bind(subject.to_vec())
        .bind(count)
        .bind(now)
        .optional(conn)
        .await?;
    Ok(until.map(|(until,)| until))
}

pub(super) async fn expires_at(tx: &mut Tx, subject: &[u8]) -> sqlx::Result<Option<Timestamp>> {
    let until: Option<(Timestamp,)> = query("SELECT expires_at FROM attempts WHERE subject = $1").bind(subject.to_vec()).optional(tx).await?;
    Ok(until.map(|(until,)| until))
}

pub(super) async fn count_less(tx: &mut Tx, subject: &[u8]) -> sqlx::Result<()> {
    query("UPDATE attempts SET count = count - 1 WHERE subject = $1 AND count > 0").bind(subject.to_vec()).execute(tx).await.map(|_| ())
}

pub(super) async fn delete(tx: &mut Tx, subject: &[u8]) -> sqlx::Result<()> {
    query("DELETE FROM attempts WHERE subject = $1").bind(subject.to_vec()).execute(tx).await.map(|_| ())
}

pub(super) async fn delete_expired(tx: &mut Tx, now: Timestamp) -> sqlx::Result<u64> {
    query("DELETE FROM attempts WHERE expires_at <= $1").bind(now).execute(tx).await
}
