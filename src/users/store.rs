//! The SQL of people.

use super::model::{User, key, search_text};
use super::pictures::{Known, Picture};
use super::profile::Profile;
use crate::clock::Timestamp;
use crate::db::{Conn, Engine, Tx, Value, query, query_list};
use crate::id::UserId;

pub(super) async fn find(conn: &mut Conn, id: UserId) -> sqlx::Result<Option<User>> {
    query(
        "SELECT id, user_handle, username, email, email_verified, first_name, last_name, display_name, phone, local_admin, directory_admin,
                directory, entry_id, entry_dn, directory_state, directory_state_at, blocked_at, access_void_until, created_at, updated_at, last_sign_in_at,
                locale, language, directory_attributes, picture
         FROM users WHERE id = $1",
    )
    .bind(id)
    .optional(conn)
    .await
}

pub(super) async fn find_by_key(conn: &mut Conn, key: &str) -> sqlx::Result<Option<User>> {
    // Two people may share a text as username and as e-mail; the username counts first.
    query(
        "SELECT id, user_handle, username, email, email_verified, first_name, last_name, display_name, phone, local_admin, directory_admin,
                directory, entry_id, entry_dn, directory_state, directory_state_at, blocked_at, access_void_until, created_at, updated_at, last_sign_in_at,
                locale, language, directory_attributes, picture
         FROM users WHERE username_key = $1 OR email_key = $1 ORDER BY CASE WHEN username_key = $1 THEN 0 ELSE 1 END LIMIT 1",
    )
    .bind(key)
    .optional(conn)
    .await
}

pub(super) async fn find_by_entry(conn: &mut Conn, directory: &str, entry_id: &str) -> sqlx::Result<Option<User>> {
    query(
        "SELECT id, user_handle, username, email, email_verified, first_name, last_name, display_name, phone, local_admin, directory_admin,
                directory, entry_id, entry_dn, directory_state, directory_state_at, blocked_at, access_void_until, created_at, updated_at, last_sign_in_at,
                locale, language, directory_attributes, picture
         FROM users WHERE directory = $1 AND entry_id = $2",
    )
    .bind(directory)
    .bind(entry_id)
    .optional(conn)
    .await
}

pub(super) async fn count_by_state(conn: &mut Conn) -> sqlx::Result<Vec<(String, String, i64)>> {
    query(
        "SELECT COALESCE(directory, 'local') AS source,
                CASE WHEN blocked_at IS NOT NULL THEN 'blocked' ELSE COALESCE(directory_state, 'active') END AS state, COUNT(*)
         FROM users GROUP BY source, state ORDER BY source, state",
    )
    .all(conn)
    .await
}

#[derive(sqlx::FromRow)]
pub(super) struct Named {
    pub(super) id: UserId,
    pub(super) username: String,
    pub(super) username_key: String,
    pub(super) email_key: Option<String>,
}

pub(super) async fn find_by_keys(conn: &mut Conn, keys: &[String]) -> sqlx::Result<Vec<Named>> {
    query_list(
        "SELECT id, username, username_key, email_key FROM users WHERE username_key IN ({list}) OR email_key IN ({list})",
        keys.iter().map(Value::from),
    )
    .all(conn)
    .await
}

pub(super) async fn has_admin(conn: &mut Conn) -> sqlx::Result<bool> {
    let row: Option<(i64,)> = query(
        "SELECT CAST(1 AS BIGINT) FROM users
         WHERE (local_admin OR directory_admin) AND blocked_at IS NULL AND COALESCE(directory_state, 'active') = 'active' LIMIT 1",
    )
    .optional(conn)
    .await?;
    Ok(row.is_some())
}

pub(super) async fn insert(tx: &mut Tx, user: &User) -> sqlx::Result<()> {
    let search = search_text(&user.username, user.email.as_deref(), &user.display_name, &user.first_name, &user.last_name);
    query(
        "INSERT INTO users (id, user_handle, username, username_key, email, email_key, email_verified, first_name, last_name, display_name, phone,
                            search_text, local_admin, directory_admin, access_void_until, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $16)",
    )
    .bind(user.id)
    .bind(user.user_handle)
    .bind(&user.username)
    .bind(key(&user.username))
    .bind(user.email.clone())
    .bind(user.email.as_deref().map(key))
    .bind(user.email_verified)
    .bind(&user.first_name)
    .bind(&user.last_name)
    .bind(&user.display_name)
    .bind(user.phone.clone())
    .bind(search)
    .bind(user.local_admin)
    .bind(user.directory_admin)
    .bind(user.access_void_until)
    .bind(user.created_at)
    .execute(tx)
    .await
    .map(|_| ())
}

pub(super) async fn set_last_sign_in(tx: &mut Tx, id: UserId, now: Timestamp) -> sqlx::Result<()> {
    query("UPDATE users SET last_sign_in_at = $2 WHERE id = $1").bind(id).bind(now).execute(tx).await.map(|_| ())
}

pub(super) async fn set_language(tx: &mut Tx, id: UserId, tag: &str) -> sqlx::Result<()> {
    query("UPDATE users SET language = $2 WHERE id = $1").bind(id).bind(tag).execute(tx).await.map(|_| ())
}

pub(super) async fn void_access(tx: &mut Tx, id: UserId, now: Timestamp) -> sqlx::Result<()> {
    query("UPDATE users SET access_void_until = $2 WHERE id = $1 AND access_void_until < $2").bind(id).bind(now).execute(tx).await.map(|_| ())
}

/// Administrators who may come in and have a passkey, without which nobody administers: whoever has none yet (or no more) could help nobody.
pub(super) async fn able_admins(conn: &mut Conn) -> sqlx::Result<Vec<UserId>> {
    let rows: Vec<(UserId,)> = query(
        "SELECT id FROM users
         WHERE (local_admin OR directory_admin) AND blocked_at IS NULL AND COALESCE(directory_state, 'active') = 'active'
           AND EXISTS (SELECT 1 FROM passkeys WHERE passkeys.user_id = users.id) ORDER BY id",
    )
    .all(conn)
    .await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// [`able_admins`]. On PostgreSQL the rows of all administrators are locked first, so that two administrators cannot keep each other out at once; SQLite has
/// one writer anyway.
pub(super) async fn lock_able_admins(tx: &mut Tx) -> sqlx::Result<Vec<UserId>> {
    if tx.engine() == Engine::Postgres {
        let _locked: Vec<(UserId,)> = query("SELECT id FROM users WHERE local_admin OR directory_admin ORDER BY id FOR UPDATE").all(tx).await?;
    }
    // A statement of its own: it sees what was committed while the one before waited.
    able_admins(tx).await
}

/// `false` when there is no such local person: the condition keeps a directory's people as the directory has them.
pub(super) async fn update_local(tx: &mut Tx, id: UserId, profile: &Profile, now: Timestamp) -> sqlx::Result<bool> {
    let email = profile.email.as_deref();
    let search = search_text(&profile.username, email, &profile.display_name, &profile.first_name, &profile.last_name);
    let updated = query(
        "UPDATE users SET username = $2, username_key = $3, email = $4, email_key = $5, email_verified = $6, first_name = $7, last_name = $8,
                          display_name = $9, phone = $10, search_text = $11, updated_at = $12
         WHERE id = $1 AND directory IS NULL",
    )
    .bind(id)
    .bind(&profile.username)
    .bind(key(&profile.username))
    .bind(profile.email.clone())
    .bind(email.map(key))
    .bind(profile.email_verified)
    .bind(&profile.first_name)
    .bind(&profile.last_name)
    .bind(&profile.display_name)
    .bind(profile.phone.clone())
    .bind(search)
    .bind(now)
    .execute(tx)
    .await?;
    Ok(updated == 1)
}

/// `false` when there is no such person or it was so already.
pub(super) async fn block(tx: &mut Tx, id: UserId, now: Timestamp) -> sqlx::Result<bool> {
    let updated =
        query("UPDATE users SET blocked_at = $2, updated_at = $2 WHERE id = $1 AND blocked_at IS NULL").bind(id).bind(now).execute(tx).await?;
    Ok(updated == 1)
}

/// `false` when there is no such person or it was so already.
pub(super) async fn unblock(tx: &mut Tx, id: UserId, now: Timestamp) -> sqlx::Result<bool> {
    let updated =
        query("UPDATE users SET blocked_at = NULL, updated_at = $2 WHERE id = $1 AND blocked_at IS NOT NULL").bind(id).bind(now).execute(tx).await?;
    Ok(updated == 1)
}

/// `false` when there is no such local person or it was so already.
pub(super) async fn grant_local_admin(tx: &mut Tx, id: UserId, now: Timestamp) -> sqlx::Result<bool> {
    let updated = query("UPDATE users SET local_admin = TRUE, updated_at = $2 WHERE id = $1 AND directory IS NULL AND NOT local_admin")
        .bind(id)
        .bind(now)
        .execute(tx)
        .await?;
    Ok(updated == 1)
}

/// `false` when there is no such person or it was so already.
pub(super) async fn revoke_local_admin(tx: &mut Tx, id: UserId, now: Timestamp) -> sqlx::Result<bool> {
    let updated = query("UPDATE users SET local_admin = FALSE, updated_at = $2 WHERE id = $1 AND local_admin").bind(id).bind(now).execute(tx).await?;
    Ok(updated == 1)
}

/// `false` when there is no such local person.
pub(super) async fn delete_local(tx: &mut Tx, id: UserId) -> sqlx::Result<bool> {
    Ok(query("DELETE FROM users WHERE id = $1 AND directory IS NULL").bind(id).execute(tx).await? == 1)
}

pub(super) async fn picture_sources(conn: &mut Conn, directory: &str) -> sqlx::Result<Vec<Known>> {
    query(
        "SELECT users.id AS \"user\", users.entry_id, users.directory_state = 'active' AS is_active,
                CASE WHEN user_pictures.source_stamp <> 'own' THEN user_pictures.source_hash END AS source,
                COALESCE(user_pictures.source_stamp, '') AS stamp
         FROM users LEFT JOIN user_pictures ON user_pictures.user_id = users.id
         WHERE users.directory = $1 AND users.entry_id IS NOT NULL",
    )
    .bind(directory)
    .all(conn)
    .await
}

pub(super) async fn put_picture(tx: &mut Tx, user: UserId, source: &[u8; 32], stamp: &str, picture: &Picture, now: Timestamp) -> sqlx::Result<()> {
    query(
        "INSERT INTO user_pictures (user_id, source_hash, source_stamp, media_type, bytes, updated_at) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (user_id) DO UPDATE SET source_hash = excluded.source_hash, source_stamp = excluded.source_stamp, media_type = excluded.media_type,
                                             bytes = excluded.bytes, updated_at = excluded.updated_at",
    )
    .bind(user)
    .bind(source.to_vec())
    .bind(stamp)
    .bind(picture.media_type)
    .bind(picture.bytes.clone())
    .bind(now)
    .execute(tx)
    .await?;
    query("UPDATE users SET picture = $2 WHERE id = $1").bind(user).bind(picture.name()).execute(tx).await.map(|_| ())
}

/// A row without a picture, which is shown nowhere because the person's own row names none.
pub(super) async fn leave_picture_out(tx: &mut Tx, user: UserId, source: &[u8; 32], stamp: &str, now: Timestamp) -> sqlx::Result<()> {
    let nothing = Picture { media_type: "", bytes: Vec::new() };
    put_picture(tx, user, source, stamp, &nothing, now).await?;
    query("UPDATE users SET picture = '' WHERE id = $1").bind(user).execute(tx).await.map(|_| ())
}

pub(super) async fn is_own_picture(conn: &mut Conn, user: UserId) -> sqlx::Result<bool> {
    let row: Option<(i64,)> =
        query("SELECT CAST(1 AS BIGINT) FROM user_pictures WHERE user_id = $1 AND source_stamp = 'own'").bind(user).optional(conn).await?;
    Ok(row.is_some())
}

pub(super) async fn stamp_picture(tx: &mut Tx, user: UserId, stamp: &str) -> sqlx::Result<()> {
    query("UPDATE user_pictures SET source_stamp = $2 WHERE user_id = $1").bind(user).bind(stamp).execute(tx).await.map(|_| ())
}

pub(super) async fn remove_picture(tx: &mut Tx, user: UserId) -> sqlx::Result<()> {
    query("DELETE FROM user_pictures WHERE user_id = $1").bind(user).execute(tx).await?;
    query("UPDATE users SET picture = '' WHERE id = $1").bind(user).execute(tx).await.map(|_| ())
}

pub(super) async fn picture(conn: &mut Conn, user: UserId, name: &str) -> sqlx::Result<Option<(String, Vec<u8>)>> {
    query(
        "SELECT user_pictures.media_type, user_pictures.bytes FROM users JOIN user_pictures ON user_pictures.user_id = users.id
         WHERE users.id = $1 AND users.picture = $2 AND users.picture <> '' AND users.blocked_at IS NULL
               AND COALESCE(users.directory_state, 'active') = 'active'",
    )
    .bind(user)
    .bind(name)
    .optional(conn)
    .await
}
