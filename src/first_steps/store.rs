//! The SQL of who is on the way.

use crate::clock::Timestamp;
use crate::db::{Conn, Tx, query};
use crate::id::UserId;

/// Somebody on the way.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Row {
    /// Since when.
    pub started_at: Timestamp,
    /// The app's request they were on the way with, sealed; or empty.
    pub(super) request: String,
    /// The page here they were on the way to; or empty.
    pub(super) back: String,
    /// Whether they left the test out.
    pub test_skipped: bool,
    /// Whether they left the second way in out.
    pub second_skipped: bool,
}

pub(super) async fn put(tx: &mut Tx, user: UserId, row: &Row) -> sqlx::Result<()> {
    query(
        "INSERT INTO first_steps (user_id, started_at, request, back, test_skipped, second_skipped) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (user_id) DO UPDATE SET started_at = excluded.started_at, request = excluded.request, back = excluded.back,
                                             test_skipped = excluded.test_skipped, second_skipped = excluded.second_skipped",
    )
    .bind(user)
    .bind(row.started_at)
    .bind(&row.request)
    .bind(&row.back)
    .bind(row.test_skipped)
    .bind(row.second_skipped)
    .execute(tx)
    .await
    .map(|_| ())
}

pub(super) async fn find(conn: &mut Conn, user: UserId) -> sqlx::Result<Option<Row>> {
    query("SELECT started_at, request, back, test_skipped, second_skipped FROM first_steps WHERE user_id = $1").bind(user).optional(conn).await
}

pub(super) async fn skip_test(tx: &mut Tx, user: UserId) -> sqlx::Result<()> {
    query("UPDATE first_steps SET test_skipped = TRUE WHERE user_id = $1").bind(user).execute(tx).await.map(|_| ())
}

pub(super) async fn skip_second(tx: &mut Tx, user: UserId) -> sqlx::Result<()> {
    query("UPDATE first_steps SET second_skipped = TRUE WHERE user_id = $1").bind(user).execute(tx).await.map(|_| ())
}

pub(super) async fn delete(tx: &mut Tx, user: UserId) -> sqlx::Result<()> {
    query("DELETE FROM first_steps WHERE user_id = $1").bind(user).execute(tx).await.map(|_| ())
}
