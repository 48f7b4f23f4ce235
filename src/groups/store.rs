//! The SQL of groups.

use super::Membership;
use crate::db::{Conn, query};
use crate::id::UserId;

pub(super) async fn of_user(conn: &mut Conn, user: UserId) -> sqlx::Result<Vec<Membership>> {
    query(
        "SELECT g.id, g.name FROM group_members m JOIN groups g ON g.id = m.group_id
         WHERE m.user_id = $1 AND g.removed_at IS NULL ORDER BY g.name",
    )
    .bind(user)
    .all(conn)
    .await
}
