//! The SQL of notices on their way to apps. `sessions::apps` writes them.

use crate::clock::Timestamp;
use crate::db::{Conn, Tx, Value, query, query_list};
use crate::id::{ClientId, LogoutNoticeId, SessionId, UserId};

/// A notice that is due.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(in crate::oidc) struct Notice {
    pub(in crate::oidc) id: LogoutNoticeId,
    pub(in crate::oidc) user_id: UserId,
    pub(in crate::oidc) session_id: Option<SessionId>,
    pub(in crate::oidc) created_at: Timestamp,
    /// How often it was tried, this time included.
    pub(in crate::oidc) attempts: i64,
}

/// The clients there are due notices for.
pub(in crate::oidc) async fn clients_due(conn: &mut Conn, now: Timestamp) -> sqlx::Result<Vec<ClientId>> {
    let rows: Vec<(ClientId,)> = query("SELECT DISTINCT client_id FROM logout_notices WHERE due_at <= $1").bind(now).all(conn).await?;
    Ok(rows.into_iter().map(|(client,)| client).collect())
}

/// Takes some due notices of a client, for this instance alone until `until`: of two instances one gets a row.
pub(in crate::oidc) async fn claim(tx: &mut Tx, client: ClientId, count: i64, now: Timestamp, until: Timestamp) -> sqlx::Result<Vec<Notice>> {
    query(
        "UPDATE logout_notices SET due_at = $4, attempts = attempts + 1
         WHERE due_at <= $3 AND id IN (SELECT id FROM logout_notices WHERE client_id = $1 AND due_at <= $3 ORDER BY due_at, id LIMIT $2)
         RETURNING id, user_id, session_id, created_at, attempts",
    )
    .bind(client)
    .bind(count)
    .bind(now)
    .bind(until)
    .all(tx)
    .await
}

/// Deletes notices that need no further try.
pub(in crate::oidc) async fn settle(tx: &mut Tx, notices: &[LogoutNoticeId]) -> sqlx::Result<u64> {
    query_list("DELETE FROM logout_notices WHERE id IN ({list})", notices.iter().map(|id| Value::from(*id))).execute(tx).await
}

/// Puts a notice off.
pub(in crate::oidc) async fn put_off(tx: &mut Tx, notice: LogoutNoticeId, until: Timestamp) -> sqlx::Result<u64> {
    query("UPDATE logout_notices SET due_at = $2 WHERE id = $1").bind(notice).bind(until).execute(tx).await
}

/// Puts every notice of a client that is due before off: an app that does not answer is not asked for each.
pub(in crate::oidc) async fn put_off_all(tx: &mut Tx, client: ClientId, until: Timestamp) -> sqlx::Result<u64> {
    query("UPDATE logout_notices SET due_at = $2 WHERE client_id = $1 AND due_at < $2").bind(client).bind(until).execute(tx).await
}

/// Deletes every notice of a client, which wants none any more.
pub(in crate::oidc) async fn forget(tx: &mut Tx, client: ClientId) -> sqlx::Result<u64> {
    query("DELETE FROM logout_notices WHERE client_id = $1").bind(client).execute(tx).await
}
