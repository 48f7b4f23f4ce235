//! The SQL of the outbox.

use crate::clock::Timestamp;
use crate::db::{Conn, Tx, Value, insert_rows, query};
use crate::id::{MailId, UserId};

pub(super) struct New {
    pub(super) id: MailId,
    pub(super) recipient: String,
    pub(super) user: Option<UserId>,
    pub(super) sealed: Vec<u8>,
    pub(super) expires_at: Timestamp,
}

pub(super) async fn insert(tx: &mut Tx, new: Vec<New>, now: Timestamp) -> sqlx::Result<()> {
    let rows = new.into_iter().map(|new| -> [Value; 9] {
        let (zero, nothing) = (0_i64.into(), "".into());
        [new.id.into(), new.recipient.into(), new.user.into(), new.sealed.into(), now.into(), now.into(), new.expires_at.into(), zero, nothing]
    });
    let sql = "INSERT INTO mails (id, recipient, user_id, sealed, created_at, due_at, expires_at, attempts, problem) VALUES";
    insert_rows(tx, sql, rows, "").await.map(|_| ())
}

pub(super) async fn any_due(conn: &mut Conn, now: Timestamp) -> sqlx::Result<bool> {
    let row: Option<(i64,)> = query("SELECT CAST(1 AS BIGINT) FROM mails WHERE due_at <= $1 LIMIT 1").bind(now).optional(conn).await?;
    Ok(row.is_some())
}

pub(super) async fn any_expired(conn: &mut Conn, now: Timestamp) -> sqlx::Result<bool> {
    let row: Option<(i64,)> = query("SELECT CAST(1 AS BIGINT) FROM mails WHERE expires_at <= $1 LIMIT 1").bind(now).optional(conn).await?;
    Ok(row.is_some())
}

pub(super) async fn delete_expired(tx: &mut Tx, now: Timestamp) -> sqlx::Result<u64> {
    query("DELETE FROM mails WHERE expires_at <= $1").bind(now).execute(tx).await
}

/// A mail whose turn it is.
#[derive(sqlx::FromRow)]
pub(super) struct Taken {
    pub(super) id: MailId,
    pub(super) recipient: String,
    pub(super) user_id: Option<UserId>,
    pub(super) sealed: Vec<u8>,
    pub(super) expires_at: Timestamp,
    /// Tries, this one included.
    pub(super) attempts: i64,
}

/// Takes mails that are due; nobody else gets them before `until`. Of two who take at once, the second finds them moved on.
pub(super) async fn take(tx: &mut Tx, limit: i64, now: Timestamp, until: Timestamp) -> sqlx::Result<Vec<Taken>> {
    query(
        "UPDATE mails SET due_at = $3, attempts = attempts + 1
         WHERE id IN (SELECT id FROM mails WHERE due_at <= $1 ORDER BY due_at, id LIMIT $2) AND due_at <= $1
         RETURNING id, recipient, user_id, sealed, expires_at, attempts",
    )
    .bind(now)
    .bind(limit)
    .bind(until)
    .all(tx)
    .await
}

pub(super) async fn put_back(tx: &mut Tx, id: MailId, due_at: Timestamp, problem: &str) -> sqlx::Result<()> {
    query("UPDATE mails SET due_at = $2, problem = $3 WHERE id = $1").bind(id).bind(due_at).bind(problem).execute(tx).await.map(|_| ())
}

pub(super) async fn delete(tx: &mut Tx, id: MailId) -> sqlx::Result<()> {
    query("DELETE FROM mails WHERE id = $1").bind(id).execute(tx).await.map(|_| ())
}

/// How the outbox stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct Standing {
    /// How many mails wait.
    pub waiting: i64,
    /// What went wrong with the one that waits longest; empty when nothing did.
    pub problem: String,
}

pub(super) async fn standing(conn: &mut Conn) -> sqlx::Result<Standing> {
    query(
        "SELECT COUNT(*) AS waiting, COALESCE((SELECT m.problem FROM mails m WHERE m.problem <> '' ORDER BY m.created_at LIMIT 1), '') AS problem
         FROM mails",
    )
    .one(conn)
    .await
}

/// A mail that was sent.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Sent {
    /// When the mail server took it.
    pub at: Timestamp,
    /// To which address.
    pub recipient: String,
    /// Its first line.
    pub subject: String,
}

/// Notes a mail somebody was sent; not for people who are gone.
pub(super) async fn insert_sent(tx: &mut Tx, id: MailId, user: UserId, sent: &Sent) -> sqlx::Result<()> {
    query(
        "INSERT INTO mails_sent (id, user_id, recipient, subject, at) SELECT $1, id, $3, $4, $5 FROM users WHERE id = $2 ON CONFLICT (id) DO NOTHING",
    )
    .bind(id)
    .bind(user)
    .bind(&sent.recipient)
    .bind(&sent.subject)
    .bind(sent.at)
    .execute(tx)
    .await
    .map(|_| ())
}

pub(super) async fn sent_to(conn: &mut Conn, user: UserId, limit: i64) -> sqlx::Result<Vec<Sent>> {
    query("SELECT at, recipient, subject FROM mails_sent WHERE user_id = $1 ORDER BY at DESC, id DESC LIMIT $2")
        .bind(user)
        .bind(limit)
        .all(conn)
        .await
}

pub(super) async fn delete_sent_before(tx: &mut Tx, before: Timestamp) -> sqlx::Result<u64> {
    query("DELETE FROM mails_sent WHERE at < $1").bind(before).execute(tx).await
}
