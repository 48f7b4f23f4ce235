//! The SQL of lists of people: the page of the administration, and everyone for the command line. Measured with 100,000 people (tests/it/users.rs).

use crate::clock::Timestamp;
use crate::db::{Conn, Query, query};
use crate::id::UserId;
use crate::web::list::WORDS_MAX;

/// Which people to list; empty fields do not filter.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// `LIKE` patterns for [`search_text`](super::model::search_text), each of which must fit.
    pub patterns: [String; WORDS_MAX],
    /// `local`, `directory` (any), or the name of one.
    pub source: String,
    /// `active`, `blocked`, `disabled` or `missing`.
    pub state: &'static str,
    /// Only administrators.
    pub admins: bool,
}

/// What a list of people is sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// What they are called, without regard to case.
    Name,
    /// Their sign-in name.
    Username,
    /// When their row was made.
    Created,
    /// When they last signed in; who never did counts as longest ago.
    LastSignIn,
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
    /// Their e-mail address.
    pub email: Option<String>,
    /// The directory they come from.
    pub directory: Option<String>,
    /// What the directory says.
    pub directory_state: Option<String>,
    /// Since when an administrator keeps them out.
    pub blocked_at: Option<Timestamp>,
    /// An administrator made them one here.
    pub local_admin: bool,
    /// The directory's admin group lists them.
    pub directory_admin: bool,
    /// When the row was made.
    pub created_at: Timestamp,
    /// When they last signed in.
    pub last_sign_in_at: Option<Timestamp>,
}

macro_rules! matching {
    () => {
        r"($1 = '' OR search_text LIKE $1 ESCAPE '\') AND ($2 = '' OR search_text LIKE $2 ESCAPE '\') AND ($3 = '' OR search_text LIKE $3 ESCAPE '\')
          AND ($4 = '' OR directory = $4 OR ($4 = 'local' AND directory IS NULL) OR ($4 = 'directory' AND directory IS NOT NULL)) AND (NOT $5 OR local_admin OR directory_admin)
          AND ($6 = '' OR $6 = CASE WHEN blocked_at IS NOT NULL THEN 'blocked' ELSE COALESCE(directory_state, 'active') END)"
    };
}

// One text per order, so that each uses its index; `id` makes every order total, or lines would repeat across pages.
macro_rules! lines_by {
    ($order:literal) => {
        concat!(
            "SELECT id, username, display_name, email, directory, directory_state, blocked_at, local_admin, directory_admin, created_at, last_sign_in_at
             FROM users WHERE ",
            matching!(),
            " ORDER BY ",
            $order,
            " LIMIT $7 OFFSET $8"
        )
    };
}

fn bind(query: Query, filter: &Filter) -> Query {
    let [first, second, third] = &filter.patterns;
    query.bind(first).bind(second).bind(third).bind(filter.source.clone()).bind(filter.admins).bind(filter.state)
}

pub(super) async fn lines(conn: &mut Conn, filter: &Filter, order: Order, descending: bool, limit: i64, offset: i64) -> sqlx::Result<Vec<Line>> {
    let sql = match (order, descending) {
        (Order::Name, false) => lines_by!("lower(display_name), id"),
        (Order::Name, true) => lines_by!("lower(display_name) DESC, id DESC"),
        (Order::Username, false) => lines_by!("username_key"),
        (Order::Username, true) => lines_by!("username_key DESC"),
        (Order::Created, false) => lines_by!("created_at, id"),
        (Order::Created, true) => lines_by!("created_at DESC, id DESC"),
        (Order::LastSignIn, false) => lines_by!("COALESCE(last_sign_in_at, 0), id"),
        (Order::LastSignIn, true) => lines_by!("COALESCE(last_sign_in_at, 0) DESC, id DESC"),
    };
    bind(query(sql), filter).bind(limit).bind(offset).all(conn).await
}

pub(super) async fn count(conn: &mut Conn, filter: &Filter) -> sqlx::Result<i64> {
    let (count,): (i64,) = bind(query(concat!("SELECT COUNT(*) FROM users WHERE ", matching!())), filter).one(conn).await?;
    Ok(count)
}

/// Someone as the command line lists them.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Record {
    /// Who.
    pub id: UserId,
    /// Their sign-in name.
    pub username: String,
    /// The form in which it is compared and sorted.
    pub username_key: String,
    /// Their e-mail address.
    pub email: Option<String>,
    /// Whether the address is known to be theirs.
    pub email_verified: bool,
    /// Given name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
    /// What to call them.
    pub display_name: String,
    /// Telephone number.
    pub phone: Option<String>,
    /// Whether they administer this server.
    pub is_admin: bool,
    /// Whether they are kept out.
    pub is_disabled: bool,
    /// The directory they come from.
    pub directory: Option<String>,
    /// How many passkeys they have.
    pub passkeys: i64,
}

pub(super) async fn records_after(conn: &mut Conn, username_key: &str, limit: i64) -> sqlx::Result<Vec<Record>> {
    query(
        "SELECT id, username, username_key, email, email_verified, first_name, last_name, display_name, phone, (local_admin OR directory_admin) AS is_admin,
                (blocked_at IS NOT NULL OR COALESCE(directory_state, 'active') <> 'active') AS is_disabled, directory,
                (SELECT COUNT(*) FROM passkeys p WHERE p.user_id = users.id) AS passkeys
         FROM users WHERE username_key > $1 ORDER BY username_key LIMIT $2",
    )
    .bind(username_key)
    .bind(limit)
    .all(conn)
    .await
}

pub(super) async fn record(conn: &mut Conn, id: UserId) -> sqlx::Result<Option<Record>> {
    query(
        "SELECT id, username, username_key, email, email_verified, first_name, last_name, display_name, phone, (local_admin OR directory_admin) AS is_admin,
                (blocked_at IS NOT NULL OR COALESCE(directory_state, 'active') <> 'active') AS is_disabled, directory,
                (SELECT COUNT(*) FROM passkeys p WHERE p.user_id = users.id) AS passkeys
         FROM users WHERE id = $1",
    )
    .bind(id)
    .optional(conn)
    .await
}
