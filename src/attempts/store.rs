//! The table of counted guesses.

use super::{Allowance, Subject};
use crate::clock::Timestamp;
use crate::db::{Conn, Tx, query};
use crate::id::UserId;
use crate::secret::base64url;

/// Counts one more and gives how many that makes; `None` when the allowance is used up.
pub(super) async fn count(tx: &mut Tx, subject: &Subject, allowance: Allowance, now: Timestamp) -> sqlx::Result<Option<i64>> {
    let taken: Option<(i64,)> = query(
        "INSERT INTO attempts (subject, count, expires_at, door, network, user_id, allowed) VALUES ($1, 1, $2, $6, $7, $8, $5)
         ON CONFLICT (subject) DO UPDATE SET
             allowed = excluded.allowed,
             count = CASE WHEN attempts.expires_at <= $3 THEN 1 ELSE attempts.count + 1 END,
             expires_at = CASE WHEN $4 OR attempts.expires_at <= $3 THEN excluded.expires_at ELSE attempts.expires_at END
         WHERE attempts.count < $5 OR attempts.expires_at <= $3
         RETURNING count",
    )
    .bind(subject.hash.clone())
    .bind(now + allowance.within)
    .bind(now)
    .bind(allowance.from_the_last)
    .bind(allowance.count)
    .bind(subject.door)
    .bind(subject.network.clone())
    .bind(subject.user.map(UserId::uuid))
    .optional(tx)
    .await?;
    Ok(taken.map(|(count,)| count))
}

/// Somebody who has to wait.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct UsedUp {
    subject: Vec<u8>,
    /// At what.
    pub door: String,
    /// From where, as administrators write it.
    pub network: Option<String>,
    /// Who.
    pub user_id: Option<UserId>,
    /// Their sign-in name.
    pub username: Option<String>,
    /// How often they tried.
    pub count: i64,
    /// Until when they wait.
    pub expires_at: Timestamp,
}

impl UsedUp {
    /// In addresses.
    pub fn id(&self) -> String {
        base64url(&self.subject)
    }
}

pub(super) async fn used_up(conn: &mut Conn, now: Timestamp, limit: i64) -> sqlx::Result<Vec<UsedUp>> {
    query(
        "SELECT a.subject, a.door, a.network, a.user_id, u.username, a.count, a.expires_at FROM attempts a LEFT JOIN users u ON u.id = a.user_id
         WHERE a.door <> '' AND a.count >= a.allowed AND a.expires_at > $1 ORDER BY a.expires_at DESC LIMIT $2",
    )
    .bind(now)
    .bind(limit)
    .all(conn)
    .await
}

pub(super) async fn find_used_up(conn: &mut Conn, subject: &[u8], now: Timestamp) -> sqlx::Result<Option<UsedUp>> {
    query(
        "SELECT a.subject, a.door, a.network, a.user_id, u.username, a.count, a.expires_at FROM attempts a LEFT JOIN users u ON u.id = a.user_id
         WHERE a.subject = $1 AND a.door <> '' AND a.count >= a.allowed AND a.expires_at > $2",
    )
    .bind(subject.to_vec())
    .bind(now)
    .optional(conn)
    .await
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
