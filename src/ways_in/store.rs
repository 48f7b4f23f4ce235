//! The SQL of who is how near to being locked out: one statement whatever the number of people.

use crate::clock::Timestamp;
use crate::db::{Conn, Tx, Value, query, query_list, query_per_engine};
use crate::id::UserId;
use crate::users::lock_out::{lock_out_joins, lock_out_risk};

/// People who may sign in, with what they have; `risk` says what [`super::Ways::risk`] says. `$1` is since when a passkey counts as confirmed.
macro_rules! people_at_risk {
    ($engine:ident) => {
        concat!(
            "SELECT u.id, u.username, u.display_name, u.last_sign_in_at, (u.local_admin OR u.directory_admin) AS is_admin,
                COALESCE(p.live, 0) AS passkeys, COALESCE(p.live_synced, 0) AS synced, COALESCE(p.total, 0) - COALESCE(p.live, 0) AS unconfirmed,
                COALESCE(c.unused, 0) AS codes, ",
            lock_out_risk!(),
            " AS risk FROM users u ",
            lock_out_joins!($engine, "$1", "u.id"),
            "WHERE u.blocked_at IS NULL AND COALESCE(u.directory_state, 'active') = 'active'"
        )
    };
}

/// A line of the list.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Line {
    /// Who.
    pub id: UserId,
    /// Their sign-in name.
    pub username: String,
    /// What to call them.
    pub display_name: String,
    /// When they last signed in.
    pub last_sign_in_at: Option<Timestamp>,
    /// Whether they administer this server.
    pub is_admin: bool,
    /// Passkeys used or made lately.
    pub passkeys: i64,
    /// Those of them that are synced.
    pub synced: i64,
    /// Passkeys nobody has used for a year.
    pub unconfirmed: i64,
    /// Recovery codes that still work.
    pub codes: i64,
    /// [`super::Risk`], as its word.
    pub risk: String,
}

/// How many people there are at each level, and how many of them never came in.
pub(super) async fn counts(conn: &mut Conn, confirmed_since: Timestamp) -> sqlx::Result<Vec<(String, i64, i64)>> {
    macro_rules! counts {
        ($engine:ident) => {
            concat!(
                "SELECT risk, COUNT(*), COUNT(CASE WHEN last_sign_in_at IS NULL THEN 1 END) FROM (",
                people_at_risk!($engine),
                ") AS people GROUP BY risk"
            )
        };
    }
    query_per_engine(counts!(sqlite), counts!(postgres)).bind(confirmed_since).all(conn).await
}

/// A page of the people at one level: administrators first, then by name.
pub(super) async fn at_risk(conn: &mut Conn, confirmed_since: Timestamp, risk: &str, limit: i64, offset: i64) -> sqlx::Result<Vec<Line>> {
    macro_rules! at_risk {
        ($engine:ident) => {
            concat!(
                "SELECT * FROM (",
                people_at_risk!($engine),
                ") AS people WHERE risk = $2 ORDER BY is_admin DESC, lower(display_name), id LIMIT $3 OFFSET $4"
            )
        };
    }
    query_per_engine(at_risk!(sqlite), at_risk!(postgres)).bind(confirmed_since).bind(risk.to_owned()).bind(limit).bind(offset).all(conn).await
}

/// The level of each of these people who may sign in; a page of them, not more.
pub(super) async fn risks_of(conn: &mut Conn, confirmed_since: Timestamp, people: &[UserId]) -> sqlx::Result<Vec<(UserId, String)>> {
    // Of these people alone: the aggregates over everybody would be counted for nothing.
    query_list(
        concat!(
            "SELECT u.id, ",
            lock_out_risk!(),
            " FROM users u
             LEFT JOIN (SELECT user_id, COUNT(*) AS total, COUNT(CASE WHEN COALESCE(last_used_at, created_at) > {1} THEN 1 END) AS live,
                               COUNT(CASE WHEN COALESCE(last_used_at, created_at) > {1} AND backup_state THEN 1 END) AS live_synced
                        FROM passkeys WHERE user_id IN ({list}) GROUP BY user_id) p ON p.user_id = u.id
             LEFT JOIN (SELECT user_id, COUNT(*) AS unused FROM recovery_codes WHERE used_at IS NULL AND user_id IN ({list}) GROUP BY user_id) c
                       ON c.user_id = u.id
             WHERE u.id IN ({list}) AND u.blocked_at IS NULL AND COALESCE(u.directory_state, 'active') = 'active'"
        ),
        people.iter().map(|id| Value::from(*id)),
    )
    .bind(confirmed_since)
    .all(conn)
    .await
}

pub(super) async fn put_off_until(conn: &mut Conn, user: UserId) -> sqlx::Result<Option<Timestamp>> {
    let row: Option<(Timestamp,)> = query("SELECT until FROM advice_put_off WHERE user_id = $1").bind(user).optional(conn).await?;
    Ok(row.map(|(until,)| until))
}

pub(super) async fn put_off(tx: &mut Tx, user: UserId, until: Timestamp) -> sqlx::Result<()> {
    query("INSERT INTO advice_put_off (user_id, until) VALUES ($1, $2) ON CONFLICT (user_id) DO UPDATE SET until = excluded.until")
        .bind(user)
        .bind(until)
        .execute(tx)
        .await
        .map(|_| ())
}
