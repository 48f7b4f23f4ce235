//! The SQL of settings.

use std::collections::BTreeMap;

use crate::clock::Timestamp;
use crate::db::{Conn, Tx, query};

pub(super) async fn in_scope(conn: &mut Conn, scope: &str) -> sqlx::Result<BTreeMap<String, String>> {
    let rows: Vec<(String, String)> = query("SELECT key, value FROM settings WHERE scope = $1").bind(scope).all(conn).await?;
    Ok(rows.into_iter().collect())
}

pub(super) async fn put(tx: &mut Tx, scope: &str, key: &str, value: &str, now: Timestamp) -> sqlx::Result<()> {
    query(
        "INSERT INTO settings (scope, key, value, updated_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (scope, key) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at",
    )
    .bind(scope)
    .bind(key)
    .bind(value)
    .bind(now)
    .execute(tx)
    .await
    .map(|_| ())
}

pub(super) async fn last_changed_at(conn: &mut Conn) -> sqlx::Result<Option<Timestamp>> {
    let (at,): (Option<Timestamp>,) = query("SELECT max(updated_at) FROM settings").one(conn).await?;
    Ok(at)
}

pub(super) async fn everywhere(conn: &mut Conn, key: &str) -> sqlx::Result<BTreeMap<String, String>> {
    let rows: Vec<(String, String)> = query("SELECT scope, value FROM settings WHERE key = $1").bind(key).all(conn).await?;
    Ok(rows.into_iter().collect())
}

pub(super) async fn delete_scope(tx: &mut Tx, scope: &str) -> sqlx::Result<u64> {
    query("DELETE FROM settings WHERE scope = $1").bind(scope).execute(tx).await
}
