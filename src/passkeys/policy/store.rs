//! The SQL of passkey policies.

use uuid::Uuid;

use crate::authenticators::policies_of_person;
use crate::clock::Timestamp;
use crate::db::{Conn, Tx, query, query_per_engine};
use crate::id::{GroupId, UserId};

/// What applies to somebody: the policy for everybody, and those of their groups; see [`crate::authenticators::Applying::read`].
pub(super) async fn of_person(conn: &mut Conn, user: UserId) -> sqlx::Result<Option<String>> {
    let row: Option<(String,)> = query_per_engine(
        concat!("SELECT ", policies_of_person!(sqlite), " FROM users u WHERE u.id = $1"),
        concat!("SELECT ", policies_of_person!(postgres), " FROM users u WHERE u.id = $1"),
    )
    .bind(user)
    .optional(conn)
    .await?;
    Ok(row.map(|(policies,)| policies))
}

/// A policy as listed.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Line {
    /// Which one.
    pub id: Uuid,
    /// The group it is for; `None` for everybody.
    pub group_id: Option<GroupId>,
    /// What people call the group.
    pub group_name: Option<String>,
    /// How many are in the group.
    pub members: i64,
    /// When it was changed last.
    pub changed_at: Timestamp,
    pub(super) policy: String,
}

pub(super) async fn all(conn: &mut Conn) -> sqlx::Result<Vec<Line>> {
    query(
        "SELECT p.id, p.group_id, g.display_name AS group_name, p.changed_at, p.policy,
                (SELECT COUNT(*) FROM group_members m WHERE m.group_id = p.group_id) AS members
         FROM passkey_policies p LEFT JOIN groups g ON g.id = p.group_id
         ORDER BY p.group_id IS NOT NULL, g.name_key",
    )
    .all(conn)
    .await
}

pub(super) async fn find(conn: &mut Conn, group: Option<GroupId>) -> sqlx::Result<Option<(Uuid, String)>> {
    match group {
        None => query("SELECT id, policy FROM passkey_policies WHERE group_id IS NULL").optional(conn).await,
        Some(group) => query("SELECT id, policy FROM passkey_policies WHERE group_id = $1").bind(group).optional(conn).await,
    }
}

pub(super) async fn put(tx: &mut Tx, id: Uuid, group: Option<GroupId>, policy: &str, now: Timestamp) -> sqlx::Result<()> {
    query(
        "INSERT INTO passkey_policies (id, group_id, policy, changed_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (id) DO UPDATE SET policy = excluded.policy, changed_at = excluded.changed_at",
    )
    .bind(id)
    .bind(group.map(GroupId::uuid))
    .bind(policy)
    .bind(now)
    .execute(tx)
    .await
    .map(|_| ())
}

pub(super) async fn delete(tx: &mut Tx, id: Uuid) -> sqlx::Result<bool> {
    Ok(query("DELETE FROM passkey_policies WHERE id = $1").bind(id).execute(tx).await? == 1)
}

/// Another rule gives everybody their days anew.
pub(super) async fn forget_grace(tx: &mut Tx, id: Uuid) -> sqlx::Result<u64> {
    query("DELETE FROM passkey_grace WHERE policy_id = $1").bind(id).execute(tx).await
}

/// The first time counts.
pub(super) async fn note_lack(tx: &mut Tx, user: UserId, policy: Uuid, now: Timestamp) -> sqlx::Result<()> {
    query("INSERT INTO passkey_grace (user_id, policy_id, since) VALUES ($1, $2, $3) ON CONFLICT (user_id, policy_id) DO NOTHING")
        .bind(user)
        .bind(policy)
        .bind(now)
        .execute(tx)
        .await
        .map(|_| ())
}

/// A passkey of somebody who may sign in.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct Owned {
    pub(super) user_id: UserId,
    pub(super) username: String,
    pub(super) display_name: String,
    pub(super) is_admin: bool,
    pub(super) passkey_id: Uuid,
    pub(super) backup_eligible: bool,
    pub(super) attested: bool,
    pub(super) aaguid: Option<Uuid>,
}

/// The next passkeys after one, by person.
pub(super) async fn owned_after(conn: &mut Conn, after: (Uuid, Uuid), limit: i64) -> sqlx::Result<Vec<Owned>> {
    query(
        "SELECT u.id AS user_id, u.username, u.display_name, (u.local_admin OR u.directory_admin) AS is_admin, p.id AS passkey_id, p.backup_eligible,
                p.attested, p.aaguid
         FROM passkeys p JOIN users u ON u.id = p.user_id
         WHERE u.blocked_at IS NULL AND COALESCE(u.directory_state, 'active') = 'active' AND (p.user_id > $1 OR (p.user_id = $1 AND p.id > $2))
         ORDER BY p.user_id, p.id LIMIT $3",
    )
    .bind(after.0)
    .bind(after.1)
    .bind(limit)
    .all(conn)
    .await
}

/// Which of these groups' members lie after one person and up to another.
pub(super) async fn memberships(conn: &mut Conn, also: Option<GroupId>, from: UserId, up_to: UserId) -> sqlx::Result<Vec<(UserId, GroupId)>> {
    query(
        "SELECT m.user_id, m.group_id FROM group_members m
         WHERE m.user_id >= $1 AND m.user_id <= $2
           AND (m.group_id = $3 OR m.group_id IN (SELECT p.group_id FROM passkey_policies p WHERE p.group_id IS NOT NULL))",
    )
    .bind(from)
    .bind(up_to)
    .bind(also.map(GroupId::uuid).unwrap_or_default())
    .all(conn)
    .await
}
