//! The SQL of people.

use super::model::{User, key, search_text};
use crate::clock::Timestamp;
use crate::db::{Conn, Tx, query};
use crate::id::UserId;

pub(super) async fn find(conn: &mut Conn, id: UserId) -> sqlx::Result<Option<User>> {
    query(
        "SELECT id, user_handle, username, email, email_verified, first_name, last_name, display_name, phone, local_admin, directory_admin,
                directory, entry_id, entry_dn, directory_state, directory_state_at, blocked_at, access_void_until, created_at, updated_at, last_sign_in_at
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
                directory, entry_id, entry_dn, directory_state, directory_state_at, blocked_at, access_void_until, created_at, updated_at, last_sign_in_at
         FROM users WHERE username_key = $1 OR email_key = $1 ORDER BY CASE WHEN username_key = $1 THEN 0 ELSE 1 END LIMIT 1",
    )
    .bind(key)
    .optional(conn)
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

pub(super) async fn void_access(tx: &mut Tx, id: UserId, now: Timestamp) -> sqlx::Result<()> {
    query("UPDATE users SET access_void_until = $2 WHERE id = $1 AND access_void_until < $2").bind(id).bind(now).execute(tx).await.map(|_| ())
}
