//! The SQL of sign-in problems.

use super::{Filed, model::Code};
use crate::clock::Timestamp;
use crate::db::{Conn, Tx, query};
use crate::id::UserId;

/// A problem as an administrator looks it up.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Line {
    /// Its code, without the hyphen.
    pub code: String,
    /// When.
    pub at: Timestamp,
    /// `sign_in`, `register` or `proof`.
    pub operation: String,
    /// A word for what went wrong.
    pub cause: String,
    /// Whose it was, when that is known.
    pub user_id: Option<UserId>,
    /// What they are called.
    pub display_name: Option<String>,
    /// From which address; empty when the browser told it.
    pub client_ip: String,
    /// With which browser.
    pub user_agent: String,
    /// More, as a JSON object.
    pub detail: String,
}

/// `false` when the code is taken.
pub(super) async fn insert(tx: &mut Tx, code: &Code, filed: &Filed<'_>, now: Timestamp) -> sqlx::Result<bool> {
    let inserted = query(
        "INSERT INTO sign_in_problems (code, at, operation, cause, user_id, client_ip, user_agent, detail) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (code) DO NOTHING",
    )
    .bind(code.as_str().to_owned())
    .bind(now)
    .bind(filed.operation)
    .bind(filed.cause.to_owned())
    .bind(filed.user)
    .bind(filed.client_ip.clone())
    .bind(filed.user_agent.to_owned())
    .bind(serde_json::Value::Object(filed.detail.clone()).to_string())
    .execute(tx)
    .await?;
    Ok(inserted == 1)
}

pub(super) async fn find(conn: &mut Conn, code: &Code) -> sqlx::Result<Option<Line>> {
    query(
        "SELECT p.code, p.at, p.operation, p.cause, p.user_id, u.display_name, p.client_ip, p.user_agent, p.detail
         FROM sign_in_problems p LEFT JOIN users u ON u.id = p.user_id WHERE p.code = $1",
    )
    .bind(code.as_str().to_owned())
    .optional(conn)
    .await
}

/// The latest ones, newest first.
pub(super) async fn latest(conn: &mut Conn, limit: i64) -> sqlx::Result<Vec<Line>> {
    query(
        "SELECT p.code, p.at, p.operation, p.cause, p.user_id, u.display_name, p.client_ip, p.user_agent, p.detail
         FROM sign_in_problems p LEFT JOIN users u ON u.id = p.user_id ORDER BY p.at DESC, p.code DESC LIMIT $1",
    )
    .bind(limit)
    .all(conn)
    .await
}

/// Deletes what is older than `before`, and all but `kept` of the rest: what browsers tell goes first, which anybody could send, then what is oldest.
pub(super) async fn forget(tx: &mut Tx, before: Timestamp, kept: i64) -> sqlx::Result<u64> {
    let old = query("DELETE FROM sign_in_problems WHERE at < $1").bind(before).execute(tx).await?;
    let many = query(
        "DELETE FROM sign_in_problems WHERE code IN (SELECT code FROM sign_in_problems
         ORDER BY CASE WHEN cause LIKE 'browser!_%' ESCAPE '!' THEN 1 ELSE 0 END, at DESC, code DESC LIMIT 1000000 OFFSET $1)",
    )
    .bind(kept)
    .execute(tx)
    .await?;
    Ok(old + many)
}
