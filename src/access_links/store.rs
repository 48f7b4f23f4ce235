//! The SQL of access links. A link is used by the statement that reads it.

use super::crowd::{Arrival, Standing};
use super::model::{AccessLink, Purpose};
use crate::clock::Timestamp;
use crate::db::{Conn, Tx, Value, insert_rows, query, query_list};
use crate::id::{AccessLinkId, GroupId, LinkRequestId, UserId};
use crate::secret::TokenHash;

pub(super) struct New<'a> {
    pub(super) id: AccessLinkId,
    pub(super) code_hash: &'a TokenHash,
    pub(super) purpose: Purpose,
    pub(super) user: Option<UserId>,
    pub(super) created_by: Option<UserId>,
    pub(super) created_at: Timestamp,
    pub(super) expires_at: Timestamp,
    /// The browser it works in; any when there is none.
    pub(super) browser_hash: Option<TokenHash>,
}

pub(super) async fn insert(tx: &mut Tx, new: New<'_>) -> sqlx::Result<()> {
    insert_all(tx, &[new]).await
}

pub(super) async fn insert_all(tx: &mut Tx, new: &[New<'_>]) -> sqlx::Result<()> {
    let row = |new: &New<'_>| -> [Value; 8] {
        [
            new.id.into(),
            new.code_hash.into(),
            new.purpose.as_str().into(),
            new.user.into(),
            new.created_by.into(),
            new.created_at.into(),
            new.expires_at.into(),
            Value::Bytes(new.browser_hash.as_ref().map(|hash| hash.as_bytes().to_vec())),
        ]
    };
    let rows: Vec<[Value; 8]> = new.iter().map(row).collect();
    let sql = "INSERT INTO access_links (id, code_hash, purpose, user_id, created_by, created_at, expires_at, browser_hash) VALUES";
    insert_rows(tx, sql, rows, "").await.map(|_| ())
}

pub(super) async fn find(conn: &mut Conn, code_hash: &TokenHash) -> sqlx::Result<Option<AccessLink>> {
    query("SELECT id, purpose, user_id, created_by, created_at, expires_at, used_at, revoked_at, browser_hash FROM access_links WHERE code_hash = $1")
        .bind(code_hash)
        .optional(conn)
        .await
}

/// Uses a sign-in link up; `None` when it opens nothing any more, or not in this browser.
pub(super) async fn use_sign_in(tx: &mut Tx, code_hash: &TokenHash, browser: Option<&TokenHash>, now: Timestamp) -> sqlx::Result<Option<AccessLink>> {
    query(
        "UPDATE access_links SET used_at = $2
         WHERE code_hash = $1 AND purpose = 'sign_in' AND used_at IS NULL AND revoked_at IS NULL AND expires_at > $2
               AND (browser_hash IS NULL OR browser_hash = $3)
         RETURNING id, purpose, user_id, created_by, created_at, expires_at, used_at, revoked_at, browser_hash",
    )
    .bind(code_hash)
    .bind(now)
    .bind(Value::Bytes(browser.map(|hash| hash.as_bytes().to_vec())))
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
        "SELECT id, purpose, user_id, created_by, created_at, expires_at, used_at, revoked_at, browser_hash FROM access_links
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
        "SELECT u.id, u.username, u.username_key, u.display_name, u.email, u.language, u.locale, u.last_sign_in_at, u.link_until,
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

/// By username; those who hold a link by when it ends, so that renewing a thousand at a time reaches everyone.
pub(super) async fn arrivals(
    conn: &mut Conn,
    group: GroupId,
    standing: Option<Standing>,
    now: Timestamp,
    limit: i64,
    offset: i64,
) -> sqlx::Result<Vec<Arrival>> {
    query(concat!(
        "SELECT id, username, display_name, email, language, locale, last_sign_in_at, link_until, standing FROM (",
        arrivals!(),
        ") AS arrivals WHERE $3 = '' OR standing = $3 ORDER BY CASE WHEN $3 = 'linked' THEN link_until ELSE 0 END, username_key LIMIT $4 OFFSET $5"
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

/// A wish for a link that waits for its answer.
#[derive(sqlx::FromRow)]
pub(super) struct Wish {
    pub(super) asked_for: String,
    pub(super) browser_hash: TokenHash,
    pub(super) client_ip: String,
    pub(super) user_agent: String,
    /// The tag of the language it was asked for in.
    pub(super) language: String,
    pub(super) created_at: Timestamp,
}

pub(super) async fn insert_wish(tx: &mut Tx, id: LinkRequestId, wish: &Wish) -> sqlx::Result<()> {
    query("INSERT INTO link_requests (id, asked_for, browser_hash, client_ip, user_agent, language, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)")
        .bind(id)
        .bind(&wish.asked_for)
        .bind(&wish.browser_hash)
        .bind(&wish.client_ip)
        .bind(&wish.user_agent)
        .bind(&wish.language)
        .bind(wish.created_at)
        .execute(tx)
        .await
        .map(|_| ())
}

pub(super) async fn any_wish(conn: &mut Conn) -> sqlx::Result<bool> {
    let row: Option<(i64,)> = query("SELECT CAST(1 AS BIGINT) FROM link_requests LIMIT 1").optional(conn).await?;
    Ok(row.is_some())
}

/// Takes the oldest wish out; of two instances that take at once, one gets it.
pub(super) async fn take_wish(tx: &mut Tx) -> sqlx::Result<Option<Wish>> {
    query(
        "DELETE FROM link_requests WHERE id = (SELECT id FROM link_requests ORDER BY created_at, id LIMIT 1)
         RETURNING asked_for, browser_hash, client_ip, user_agent, language, created_at",
    )
    .optional(tx)
    .await
}
