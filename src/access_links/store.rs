//! The SQL of access links. A link is used by the statement that reads it.

use super::crowd::{Arrival, Standing};
use super::model::{AccessLink, Purpose};
use crate::clock::Timestamp;
use crate::db::{Conn, Tx, Value, insert_rows, query, query_list};
use crate::id::{AccessLinkId, GroupId, UserId};
use crate::secret::TokenHash;

pub(super) struct New<'a> {
    pub(super) id: AccessLinkId,
    pub(super) code_hash: &'a TokenHash,
    pub(super) purpose: Purpose,
    pub(super) user: Option<UserId>,
    pub(super) created_by: Option<UserId>,
    pub(super) created_at: Timestamp,
    pub(super) expires_at: Timestamp,
}

pub(super) async fn insert(tx: &mut Tx, new: New<'_>) -> sqlx::Result<()> {
    query("INSERT INTO access_links (id, code_hash, purpose, user_id, created_by, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7)")
        .bind(new.id)
        .bind(new.code_hash)
        .bind(new.purpose.as_str())
        .bind(new.user)
        .bind(new.created_by)
        .bind(new.created_at)
        .bind(new.expires_at)
        .execute(tx)
        .await
        .map(|_| ())
}

pub(super) async fn insert_all(tx: &mut Tx, new: &[New<'_>]) -> sqlx::Result<()> {
    let row = |new: &New<'_>| -> [Value; 7] {
        [
            new.id.into(),
            new.code_hash.into(),
            new.purpose.as_str().into(),
            new.user.into(),
            new.created_by.into(),
            new.created_at.into(),
            new.expires_at.into(),
        ]
    };
    let rows: Vec<[Value; 7]> = new.iter().map(row).collect();
    insert_rows(tx, "INSERT INTO access_links (id, code_hash, purpose, user_id, created_by, created_at, expires_at) VALUES", rows, "")
        .await
        .map(|_| ())
}

pub(super) async fn find(conn: &mut Conn, code_hash: &TokenHash) -> sqlx::Result<Option<AccessLink>> {
    query("SELECT id, purpose, user_id, created_by, created_at, expires_at, used_at, revoked_at FROM access_links WHERE code_hash = $1")
        .bind(code_hash)
        .optional(conn)
        .await
}

/// Uses a sign-in link up; `None` when it opens nothing any more.
pub(super) async fn use_sign_in(tx: &mut Tx, code_hash: &TokenHash, now: Timestamp) -> sqlx::Result<Option<AccessLink>> {
    query(
        "UPDATE access_links SET used_at = $2
         WHERE code_hash = $1 AND purpose = 'sign_in' AND used_at IS NULL AND revoked_at IS NULL AND expires_at > $2
         RETURNING id, purpose, user_id, created_by, created_at, expires_at, used_at, revoked_at",
    )
    .bind(code_hash)
    .bind(now)
    .optional(tx)
    .await
}

/// Uses every set-up link up at once, so that two different ones cannot make two administrators; `true` when this one was among them.
pub(super) async fn use_set_up(tx: &mut Tx, code_hash: &TokenHash, now: Timestamp) -> sqlx::Result<bool> {
    let used: Vec<(TokenHash,)> = query(
        "UPDATE access_links SET used_at = $1 WHERE purpose = 'set_up' AND used_at IS NULL AND revoked_at IS NULL AND expires_at > $1
         RETURNING code_hash",
    )
    .bind(now)
    .all(tx)
    .await?;
    Ok(used.iter().any(|(used,)| used.matches(code_hash)))
}

pub(super) async fn revoke_set_up(tx: &mut Tx, now: Timestamp) -> sqlx::Result<u64> {
    query("UPDATE access_links SET revoked_at = $1 WHERE purpose = 'set_up' AND used_at IS NULL AND revoked_at IS NULL").bind(now).execute(tx).await
}

pub(super) async fn revoke(tx: &mut Tx, user: UserId, id: AccessLinkId, now: Timestamp) -> sqlx::Result<bool> {
    let revoked = query("UPDATE access_links SET revoked_at = $3 WHERE id = $1 AND user_id = $2 AND used_at IS NULL AND revoked_at IS NULL")
        .bind(id)
        .bind(user)
        .bind(now)
        .execute(tx)
        .await?;
    Ok(revoked == 1)
}

pub(super) async fn of_user(conn: &mut Conn, user: UserId) -> sqlx::Result<Vec<AccessLink>> {
    query(
        "SELECT id, purpose, user_id, created_by, created_at, expires_at, used_at, revoked_at FROM access_links
         WHERE user_id = $1 ORDER BY created_at DESC, id DESC LIMIT 50",
    )
    .bind(user)
    .all(conn)
    .await
}

pub(super) async fn delete_expired_before(tx: &mut Tx, before: Timestamp) -> sqlx::Result<u64> {
    query("DELETE FROM access_links WHERE expires_at < $1").bind(before).execute(tx).await
}

/// Takes back every link of these people that was not used.
pub(super) async fn revoke_links_of(tx: &mut Tx, people: &[UserId], now: Timestamp) -> sqlx::Result<()> {
    for chunk in people.chunks(500) {
        let sql = "UPDATE access_links SET revoked_at = {1}
                   WHERE user_id IN ({list}) AND purpose = 'sign_in' AND used_at IS NULL AND revoked_at IS NULL";
        query_list(sql, chunk.iter().map(|id| Value::from(*id))).bind(now).execute(tx).await?;
    }
    Ok(())
}

// Everyone in a group ($1) with how far they have come now ($2).
macro_rules! arrivals {
    () => {
        "SELECT u.id, u.username, u.username_key, u.display_name, u.email, u.last_sign_in_at, u.link_until,
                CASE WHEN u.blocked_at IS NOT NULL OR COALESCE(u.directory_state, 'active') <> 'active' THEN 'kept-out'
                     WHEN EXISTS (SELECT 1 FROM passkeys p WHERE p.user_id = u.id) THEN 'in'
                     WHEN u.link_until IS NOT NULL THEN 'linked'
                     ELSE 'out' END AS standing
         FROM (SELECT users.*, (SELECT MAX(l.expires_at) FROM access_links l
                                WHERE l.user_id = users.id AND l.purpose = 'sign_in' AND l.used_at IS NULL AND l.revoked_at IS NULL
                                      AND l.expires_at > $2 AND l.created_at > users.access_void_until) AS link_until
               FROM group_members m JOIN users ON users.id = m.user_id WHERE m.group_id = $1) AS u"
    };
}

pub(super) async fn arrivals(
    conn: &mut Conn,
    group: GroupId,
    standing: Option<Standing>,
    now: Timestamp,
    limit: i64,
    offset: i64,
) -> sqlx::Result<Vec<Arrival>> {
    query(concat!(
        "SELECT id, username, display_name, email, last_sign_in_at, link_until, standing FROM (",
        arrivals!(),
        ") AS arrivals WHERE $3 = '' OR standing = $3 ORDER BY username_key LIMIT $4 OFFSET $5"
    ))
    .bind(group)
    .bind(now)
    .bind(standing.map_or("", Standing::as_str))
    .bind(limit)
    .bind(offset)
    .all(conn)
    .await
}

pub(super) async fn count_arrivals(conn: &mut Conn, group: GroupId, now: Timestamp) -> sqlx::Result<Vec<(String, i64)>> {
    query(concat!("SELECT standing, COUNT(*) FROM (", arrivals!(), ") AS arrivals GROUP BY standing")).bind(group).bind(now).all(conn).await
}
