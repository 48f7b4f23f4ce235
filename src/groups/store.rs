//! The SQL of groups.

use super::Membership;
use super::model::{Group, Names};
use crate::clock::Timestamp;
use crate::db::{Conn, Query, Tx, Value, insert_rows, query, query_list};
use crate::id::{GroupId, UserId};
use crate::users::model::key;
use crate::web::list::WORDS_MAX;

pub(super) async fn of_user(conn: &mut Conn, user: UserId) -> sqlx::Result<Vec<Membership>> {
    query(
        "SELECT g.id, g.name, g.display_name, g.directory FROM group_members m JOIN groups g ON g.id = m.group_id
         WHERE m.user_id = $1 AND g.removed_at IS NULL ORDER BY g.name",
    )
    .bind(user)
    .all(conn)
    .await
}

/// The group names of everyone whose username key lies after the first and up to the second: one statement for a batch of people.
pub(super) async fn of_users_between(conn: &mut Conn, after: &str, up_to: &str) -> sqlx::Result<Vec<(UserId, String)>> {
    query(
        "SELECT m.user_id, g.name FROM users u JOIN group_members m ON m.user_id = u.id JOIN groups g ON g.id = m.group_id
         WHERE u.username_key > $1 AND u.username_key <= $2 AND g.removed_at IS NULL ORDER BY m.user_id, g.name",
    )
    .bind(after)
    .bind(up_to)
    .all(conn)
    .await
}

pub(super) async fn find(conn: &mut Conn, id: GroupId) -> sqlx::Result<Option<Group>> {
    query("SELECT id, name, display_name, directory, entry_dn, created_at, updated_at FROM groups WHERE id = $1 AND removed_at IS NULL")
        .bind(id)
        .optional(conn)
        .await
}

pub(super) async fn find_local(conn: &mut Conn, keys: &[String]) -> sqlx::Result<Vec<(GroupId, String)>> {
    query_list(
        "SELECT id, name_key FROM groups WHERE name_key IN ({list}) AND directory IS NULL AND removed_at IS NULL",
        keys.iter().map(Value::from),
    )
    .all(conn)
    .await
}

/// Which groups to list; empty fields do not filter.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// `LIKE` patterns for the names, each of which must fit one.
    pub patterns: [String; WORDS_MAX],
    /// `local`, `directory` (any), or the name of one.
    pub source: String,
}

/// What a list of groups is sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Its name, without regard to case.
    Name,
    /// How many people are in it.
    Members,
    /// When its row was made.
    Created,
}

/// A line of the list.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Line {
    /// Which.
    pub id: GroupId,
    /// Its name, as apps see it.
    pub name: String,
    /// What pages call it.
    pub display_name: String,
    /// The directory it comes from.
    pub directory: Option<String>,
    /// How many people are in it.
    pub members: i64,
    /// When its row was made.
    pub created_at: Timestamp,
}

macro_rules! matching {
    () => {
        r"g.removed_at IS NULL AND ($4 = '' OR g.directory = $4 OR ($4 = 'local' AND g.directory IS NULL) OR ($4 = 'directory' AND g.directory IS NOT NULL))
          AND ($1 = '' OR g.name_key LIKE $1 ESCAPE '\' OR lower(g.display_name) LIKE $1 ESCAPE '\')
          AND ($2 = '' OR g.name_key LIKE $2 ESCAPE '\' OR lower(g.display_name) LIKE $2 ESCAPE '\')
          AND ($3 = '' OR g.name_key LIKE $3 ESCAPE '\' OR lower(g.display_name) LIKE $3 ESCAPE '\')"
    };
}

// The page is cut first and its members counted after, except where the count decides the order.
macro_rules! lines_by {
    ($order:literal) => {
        concat!(
            "SELECT id, name, display_name, directory, created_at, (SELECT COUNT(*) FROM group_members m WHERE m.group_id = cut.id) AS members
             FROM (SELECT g.id, g.name, g.name_key, g.display_name, g.directory, g.created_at FROM groups g WHERE ",
            matching!(),
            " ORDER BY ",
            $order,
            " LIMIT $5 OFFSET $6) AS cut ORDER BY ",
            $order
        )
    };
}
macro_rules! lines_by_members {
    ($order:literal) => {
        concat!(
            "SELECT g.id, g.name, g.display_name, g.directory, g.created_at, COALESCE(c.members, 0) AS members
             FROM groups g LEFT JOIN (SELECT group_id, COUNT(*) AS members FROM group_members GROUP BY group_id) c ON c.group_id = g.id WHERE ",
            matching!(),
            " ORDER BY ",
            $order,
            " LIMIT $5 OFFSET $6"
        )
    };
}

fn bind(query: Query, filter: &Filter) -> Query {
    let [first, second, third] = &filter.patterns;
    query.bind(first).bind(second).bind(third).bind(filter.source.clone())
}

pub(super) async fn lines(conn: &mut Conn, filter: &Filter, order: Order, descending: bool, limit: i64, offset: i64) -> sqlx::Result<Vec<Line>> {
    let sql = match (order, descending) {
        (Order::Name, false) => lines_by!("name_key"),
        (Order::Name, true) => lines_by!("name_key DESC"),
        (Order::Created, false) => lines_by!("created_at, id"),
        (Order::Created, true) => lines_by!("created_at DESC, id DESC"),
        (Order::Members, false) => lines_by_members!("members, g.name_key"),
        (Order::Members, true) => lines_by_members!("members DESC, g.name_key"),
    };
    bind(query(sql), filter).bind(limit).bind(offset).all(conn).await
}

pub(super) async fn count(conn: &mut Conn, filter: &Filter) -> sqlx::Result<i64> {
    let (count,): (i64,) = bind(query(concat!("SELECT COUNT(*) FROM groups g WHERE ", matching!())), filter).one(conn).await?;
    Ok(count)
}

/// Somebody in a group, as its page lists them.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Member {
    /// Who.
    pub id: UserId,
    /// Their sign-in name.
    pub username: String,
    /// What to call them.
    pub display_name: String,
    /// Their e-mail address.
    pub email: Option<String>,
    /// Whether they are kept out.
    pub is_disabled: bool,
}

pub(super) async fn members(conn: &mut Conn, group: GroupId, pattern: &str, limit: i64, offset: i64) -> sqlx::Result<Vec<Member>> {
    query(
        r"SELECT u.id, u.username, u.display_name, u.email,
                (u.blocked_at IS NOT NULL OR COALESCE(u.directory_state, 'active') <> 'active') AS is_disabled
         FROM group_members m JOIN users u ON u.id = m.user_id
         WHERE m.group_id = $1 AND ($2 = '' OR u.search_text LIKE $2 ESCAPE '\') ORDER BY u.username_key LIMIT $3 OFFSET $4",
    )
    .bind(group)
    .bind(pattern)
    .bind(limit)
    .bind(offset)
    .all(conn)
    .await
}

pub(super) async fn count_members(conn: &mut Conn, group: GroupId, pattern: &str) -> sqlx::Result<i64> {
    let (count,): (i64,) = if pattern.is_empty() {
        query("SELECT COUNT(*) FROM group_members WHERE group_id = $1").bind(group).one(conn).await?
    } else {
        query(r"SELECT COUNT(*) FROM group_members m JOIN users u ON u.id = m.user_id WHERE m.group_id = $1 AND u.search_text LIKE $2 ESCAPE '\'")
            .bind(group)
            .bind(pattern)
            .one(conn)
            .await?
    };
    Ok(count)
}

/// A group as the command line lists it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Record {
    /// Which.
    pub id: GroupId,
    /// Its name, as apps see it.
    pub name: String,
    /// The form in which it is compared and sorted.
    pub name_key: String,
    /// What pages call it.
    pub display_name: String,
    /// The directory it comes from.
    pub directory: Option<String>,
}

pub(super) async fn records_after(conn: &mut Conn, name_key: &str, limit: i64) -> sqlx::Result<Vec<Record>> {
    query("SELECT id, name, name_key, display_name, directory FROM groups WHERE name_key > $1 AND removed_at IS NULL ORDER BY name_key LIMIT $2")
        .bind(name_key)
        .bind(limit)
        .all(conn)
        .await
}

/// The usernames in every group whose name key lies after the first and up to the second: one statement for a batch of groups.
pub(super) async fn members_between(conn: &mut Conn, after: &str, up_to: &str) -> sqlx::Result<Vec<(GroupId, String)>> {
    query(
        "SELECT m.group_id, u.username FROM groups g JOIN group_members m ON m.group_id = g.id JOIN users u ON u.id = m.user_id
         WHERE g.name_key > $1 AND g.name_key <= $2 AND g.removed_at IS NULL ORDER BY m.group_id, u.username_key",
    )
    .bind(after)
    .bind(up_to)
    .all(conn)
    .await
}

pub(super) async fn insert(tx: &mut Tx, id: GroupId, names: &Names, now: Timestamp) -> sqlx::Result<()> {
    query("INSERT INTO groups (id, name, name_key, display_name, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $5)")
        .bind(id)
        .bind(&names.name)
        .bind(key(&names.name))
        .bind(&names.display_name)
        .bind(now)
        .execute(tx)
        .await
        .map(|_| ())
}

/// `false` when there is no such local group: the condition keeps a directory's groups as the directory has them.
pub(super) async fn rename_local(tx: &mut Tx, id: GroupId, names: &Names, now: Timestamp) -> sqlx::Result<bool> {
    let renamed = query("UPDATE groups SET name = $2, name_key = $3, display_name = $4, updated_at = $5 WHERE id = $1 AND directory IS NULL")
        .bind(id)
        .bind(&names.name)
        .bind(key(&names.name))
        .bind(&names.display_name)
        .bind(now)
        .execute(tx)
        .await?;
    Ok(renamed == 1)
}

/// `false` when there is no such local group.
pub(super) async fn delete_local(tx: &mut Tx, id: GroupId) -> sqlx::Result<bool> {
    Ok(query("DELETE FROM groups WHERE id = $1 AND directory IS NULL").bind(id).execute(tx).await? == 1)
}

/// Gives how many were not in it before.
pub(super) async fn add_members(tx: &mut Tx, id: GroupId, people: &[UserId]) -> sqlx::Result<u64> {
    let rows: Vec<[Value; 2]> = people.iter().map(|person| [id.into(), (*person).into()]).collect();
    insert_rows(tx, "INSERT INTO group_members (group_id, user_id) VALUES", rows, "ON CONFLICT (group_id, user_id) DO NOTHING").await
}

/// `false` when they were not in it.
pub(super) async fn remove_member(tx: &mut Tx, id: GroupId, person: UserId) -> sqlx::Result<bool> {
    Ok(query("DELETE FROM group_members WHERE group_id = $1 AND user_id = $2").bind(id).bind(person).execute(tx).await? == 1)
}
