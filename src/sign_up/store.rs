//! The SQL of links to sign up with. A link's use is counted by the statement that reads it.

use crate::clock::Timestamp;
use crate::db::{Conn, Tx, Value, insert_rows, query, query_per_engine};
use crate::id::{GroupId, SignUpLinkId, SignUpWishId, UserId};
use crate::secret::TokenHash;

/// A link, without its token.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Link {
    /// What to call it.
    pub id: SignUpLinkId,
    /// What the administrator wrote.
    pub note: String,
    /// The address it was sent to.
    pub email: Option<String>,
    /// How often it works.
    pub uses_max: i64,
    /// How often it was used.
    pub uses: i64,
    /// Who made it; nobody when somebody asked for it themselves.
    pub created_by: Option<UserId>,
    /// What to call who made it, when they are still here.
    pub created_by_name: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// When it was taken back.
    pub revoked_at: Option<Timestamp>,
    /// The groups it puts people in, by name, with commas.
    pub groups: String,
}

pub(super) struct New {
    pub(super) id: SignUpLinkId,
    pub(super) token_hash: TokenHash,
    pub(super) note: String,
    pub(super) email: Option<String>,
    pub(super) uses_max: i64,
    pub(super) created_by: Option<UserId>,
    pub(super) created_at: Timestamp,
    pub(super) expires_at: Timestamp,
}

pub(super) async fn insert(tx: &mut Tx, new: &New, groups: &[GroupId]) -> sqlx::Result<()> {
    query(
        "INSERT INTO sign_up_links (id, token_hash, note, email, uses_max, uses, created_by, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, 0, $6, $7, $8)",
    )
    .bind(new.id)
    .bind(&new.token_hash)
    .bind(&new.note)
    .bind(new.email.clone())
    .bind(new.uses_max)
    .bind(new.created_by)
    .bind(new.created_at)
    .bind(new.expires_at)
    .execute(tx)
    .await?;
    let rows: Vec<[Value; 2]> = groups.iter().map(|group| [new.id.into(), (*group).into()]).collect();
    insert_rows(tx, "INSERT INTO sign_up_link_groups (link_id, group_id) VALUES", rows, "ON CONFLICT (link_id, group_id) DO NOTHING")
        .await
        .map(|_| ())
}

macro_rules! columns {
    ($aggregate:literal) => {
        concat!(
            "SELECT l.id, l.note, l.email, l.uses_max, l.uses, l.created_by, u.display_name AS created_by_name, l.created_at, l.expires_at, l.revoked_at,
                    COALESCE((SELECT ",
            $aggregate,
            " FROM sign_up_link_groups s JOIN groups g ON g.id = s.group_id WHERE s.link_id = l.id), '') AS groups
             FROM sign_up_links l LEFT JOIN users u ON u.id = l.created_by "
        )
    };
}

macro_rules! links {
    ($rest:literal) => {
        query_per_engine(
            concat!(columns!("group_concat(g.display_name, ', ')"), $rest),
            concat!(columns!("string_agg(g.display_name, ', ' ORDER BY g.name_key)"), $rest),
        )
    };
}

pub(super) async fn find(conn: &mut Conn, token_hash: &TokenHash) -> sqlx::Result<Option<Link>> {
    links!("WHERE l.token_hash = $1").bind(token_hash).optional(conn).await
}

/// Those administrators made, newest first.
pub(super) async fn links(conn: &mut Conn, limit: i64, offset: i64) -> sqlx::Result<Vec<Link>> {
    links!("WHERE l.created_by IS NOT NULL ORDER BY l.created_at DESC, l.id DESC LIMIT $1 OFFSET $2").bind(limit).bind(offset).all(conn).await
}

pub(super) async fn count(conn: &mut Conn) -> sqlx::Result<i64> {
    let (count,): (i64,) = query("SELECT COUNT(*) FROM sign_up_links WHERE created_by IS NOT NULL").one(conn).await?;
    Ok(count)
}

/// Gives the note; `None` when the link does not work any more.
pub(super) async fn revoke(tx: &mut Tx, id: SignUpLinkId, now: Timestamp) -> sqlx::Result<Option<String>> {
    let row: Option<(String,)> =
        query("UPDATE sign_up_links SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL AND uses < uses_max AND expires_at > $2 RETURNING note")
            .bind(id)
            .bind(now)
            .optional(tx)
            .await?;
    Ok(row.map(|(note,)| note))
}

/// What a link gives to who used it.
#[derive(sqlx::FromRow)]
pub(super) struct Used {
    pub(super) id: SignUpLinkId,
    pub(super) note: String,
    pub(super) email: Option<String>,
}

/// Counts a use; `None` when the link opens nothing any more.
pub(super) async fn use_once(tx: &mut Tx, token_hash: &TokenHash, now: Timestamp) -> sqlx::Result<Option<Used>> {
    query(
        "UPDATE sign_up_links SET uses = uses + 1 WHERE token_hash = $1 AND revoked_at IS NULL AND uses < uses_max AND expires_at > $2
         RETURNING id, note, email",
    )
    .bind(token_hash)
    .bind(now)
    .optional(tx)
    .await
}

/// Puts somebody in the groups of a link that are still here and still local.
pub(super) async fn join_groups(tx: &mut Tx, link: SignUpLinkId, user: UserId) -> sqlx::Result<()> {
    query(
        "INSERT INTO group_members (group_id, user_id)
         SELECT g.id, $2 FROM sign_up_link_groups s JOIN groups g ON g.id = s.group_id
         WHERE s.link_id = $1 AND g.directory IS NULL AND g.removed_at IS NULL",
    )
    .bind(link)
    .bind(user)
    .execute(tx)
    .await
    .map(|_| ())
}

pub(super) async fn delete_expired_before(tx: &mut Tx, before: Timestamp) -> sqlx::Result<u64> {
    query("DELETE FROM sign_up_links WHERE expires_at < $1").bind(before).execute(tx).await
}

/// An address somebody typed who wants an account.
#[derive(sqlx::FromRow)]
pub(super) struct Wish {
    pub(super) email: String,
    pub(super) client_ip: String,
    pub(super) user_agent: String,
    /// The tag of the language it was asked for in.
    pub(super) language: String,
    pub(super) created_at: Timestamp,
}

pub(super) async fn insert_wish(tx: &mut Tx, id: SignUpWishId, wish: &Wish) -> sqlx::Result<()> {
    query("INSERT INTO sign_up_wishes (id, email, client_ip, user_agent, language, created_at) VALUES ($1, $2, $3, $4, $5, $6)")
        .bind(id)
        .bind(&wish.email)
        .bind(&wish.client_ip)
        .bind(&wish.user_agent)
        .bind(&wish.language)
        .bind(wish.created_at)
        .execute(tx)
        .await
        .map(|_| ())
}

pub(super) async fn any_wish(conn: &mut Conn) -> sqlx::Result<bool> {
    let row: Option<(i64,)> = query("SELECT CAST(1 AS BIGINT) FROM sign_up_wishes LIMIT 1").optional(conn).await?;
    Ok(row.is_some())
}

/// Takes the oldest wish out; of two instances that take at once, one gets it.
pub(super) async fn take_wish(tx: &mut Tx) -> sqlx::Result<Option<Wish>> {
    query(
        "DELETE FROM sign_up_wishes WHERE id = (SELECT id FROM sign_up_wishes ORDER BY created_at, id LIMIT 1)
         RETURNING email, client_ip, user_agent, language, created_at",
    )
    .optional(tx)
    .await
}

/// How many links went to an address because somebody asked, since then.
pub(super) async fn count_sent(conn: &mut Conn, email: &str, since: Timestamp) -> sqlx::Result<i64> {
    let (count,): (i64,) = query("SELECT COUNT(*) FROM sign_up_links WHERE email = $1 AND created_by IS NULL AND created_at > $2")
        .bind(email)
        .bind(since)
        .one(conn)
        .await?;
    Ok(count)
}
