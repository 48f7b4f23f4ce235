//! Which directories there are.

use crate::db::{Conn, query};

/// The names of those that were added, in order.
pub(in super::super) async fn names(conn: &mut Conn) -> sqlx::Result<Vec<String>> {
    let rows: Vec<(String,)> = query("SELECT name FROM directories ORDER BY name").all(conn).await?;
    Ok(rows.into_iter().map(|(name,)| name).collect())
}
