//! The table of facts about this installation.

use crate::db::{Conn, Tx, query, query_per_engine};

pub(super) async fn find(conn: &mut Conn, name: &str) -> sqlx::Result<Option<String>> {
    let row: Option<(String,)> = query("SELECT value FROM installation WHERE name = $1").bind(name).optional(conn).await?;
    Ok(row.map(|(value,)| value))
}

/// SQLite has one writer anyway.
pub(super) async fn lock(tx: &mut Tx, name: &str) -> sqlx::Result<Option<String>> {
    let row: Option<(String,)> =
        query_per_engine("SELECT value FROM installation WHERE name = $1", "SELECT value FROM installation WHERE name = $1 FOR UPDATE")
            .bind(name)
            .optional(tx)
            .await?;
    Ok(row.map(|(value,)| value))
}

/// Leaves a fact that is there as it is.
pub(super) async fn insert_if_new(tx: &mut Tx, name: &str, value: &str) -> sqlx::Result<()> {
    let sql = "INSERT INTO installation (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING";
    query(sql).bind(name).bind(value).execute(tx).await.map(|_| ())
}

pub(super) async fn update(tx: &mut Tx, name: &str, value: &str) -> sqlx::Result<()> {
    query("UPDATE installation SET value = $2 WHERE name = $1").bind(name).bind(value).execute(tx).await.map(|_| ())
}
