//! The SQL of lists of people: the page of the administration, and everyone for the command line. Measured with 100,000 people (tests/it/users.rs).

use crate::clock::Timestamp;
use crate::db::{Conn, Query, Value, query, query_found, query_per_engine};
use crate::id::UserId;
use crate::users::lock_out::{lock_out_joins, lock_out_risk};
use crate::web::list::{PAGE_LINES, Pages, WORDS_MAX};

/// Which people to list; empty fields do not filter.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Texts that must all be in [`search_text`](super::model::search_text).
    pub words: [String; WORDS_MAX],
    /// `local`, `directory` (any), or the name of one.
    pub source: String,
    /// `active`, `blocked`, `disabled` or `missing`.
    pub state: &'static str,
    /// Only administrators.
    pub admins: bool,
    /// Only those who may sign in and are so near to being locked out.
    pub risk: Option<AtRisk>,
}

/// A level of the forecast to filter by; the rule is that of `ways_in`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AtRisk {
    /// Its word, as `ways_in::Risk` writes it.
    pub word: &'static str,
    /// Since when a passkey counts as confirmed.
    pub confirmed_since: Timestamp,
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

/// How many people a search or filter counts and lists. Who finds more narrows it down.
pub const COUNTED: i64 = 2_000;

impl Filter {
    fn is_everyone(&self) -> bool {
        self.words.iter().all(String::is_empty) && self.source.is_empty() && self.state.is_empty() && !self.admins && self.risk.is_none()
    }
}

// The words are searched for as they are: no text is a pattern here, and looking for a text takes a third of the time of `LIKE`.
macro_rules! matching {
    ($find:literal) => {
        concat!(
            "($1 = '' OR ",
            $find,
            "(search_text, $1) > 0) AND ($2 = '' OR ",
            $find,
            "(search_text, $2) > 0) AND ($3 = '' OR ",
            $find,
            "(search_text, $3) > 0)
             AND ($4 = '' OR directory = $4 OR ($4 = 'local' AND directory IS NULL) OR ($4 = 'directory' AND directory IS NOT NULL))
             AND (NOT $5 OR local_admin OR directory_admin)
             AND ($6 = '' OR $6 = CASE WHEN blocked_at IS NOT NULL THEN 'blocked' ELSE COALESCE(directory_state, 'active') END)"
        )
    };
}

macro_rules! columns {
    () => {
        "SELECT id, username, display_name, email, directory, directory_state, blocked_at, local_admin, directory_admin, created_at, last_sign_in_at FROM users "
    };
}

// One text per order, so that each uses its index; `id` makes every order total, or lines would repeat across pages.
macro_rules! by {
    ($order:expr, $descending:expr, $text:ident) => {
        match ($order, $descending) {
            (Order::Name, false) => $text!("id", "lower(display_name), id"),
            (Order::Name, true) => $text!("id", "lower(display_name) DESC, id DESC"),
            (Order::Username, false) => $text!("username_key", "username_key"),
            (Order::Username, true) => $text!("username_key", "username_key DESC"),
            (Order::Created, false) => $text!("id", "created_at, id"),
            (Order::Created, true) => $text!("id", "created_at DESC, id DESC"),
            (Order::LastSignIn, false) => $text!("id", "COALESCE(last_sign_in_at, 0), id"),
            (Order::LastSignIn, true) => $text!("id", "COALESCE(last_sign_in_at, 0) DESC, id DESC"),
        }
    };
}

// A page far down: the index alone says who is on it, and only these rows are read.
macro_rules! of_everyone {
    ($key:literal, $order:literal) => {
        query(concat!(columns!(), "WHERE ", $key, " IN (SELECT ", $key, " FROM users ORDER BY ", $order, " LIMIT $1 OFFSET $2) ORDER BY ", $order))
    };
}

// Few fit: they were found already, and only these rows are read and sorted.
macro_rules! of_few {
    ($key:literal, $order:literal) => {
        concat!("ORDER BY ", $order, " LIMIT ? OFFSET ?")
    };
}

// Many fit: the first of them are soon found in the order of the list.
macro_rules! of_many {
    ($key:literal, $order:literal) => {
        query_per_engine(
            concat!(columns!(), "WHERE ", matching!("instr"), " ORDER BY ", $order, " LIMIT $7 OFFSET $8"),
            concat!(columns!(), "WHERE ", matching!("strpos"), " ORDER BY ", $order, " LIMIT $7 OFFSET $8"),
        )
    };
}

// The same of those who may sign in and are at a level of the forecast; for the filter alone, because it looks at everybody's passkeys.
macro_rules! at_risk {
    ($engine:ident, $before:expr, $find:literal, $after:expr) => {
        concat!(
            $before,
            lock_out_joins!($engine, "$7", "users.id"),
            "WHERE blocked_at IS NULL AND COALESCE(directory_state, 'active') = 'active' AND ",
            lock_out_risk!(),
            " = $8 AND ",
            matching!($find),
            $after
        )
    };
}

macro_rules! of_many_at_risk {
    ($key:literal, $order:literal) => {
        query_per_engine(
            at_risk!(sqlite, columns!(), "instr", concat!(" ORDER BY ", $order, " LIMIT $9 OFFSET $10")),
            at_risk!(postgres, columns!(), "strpos", concat!(" ORDER BY ", $order, " LIMIT $9 OFFSET $10")),
        )
    };
}

fn bind(query: Query, filter: &Filter) -> Query {
    let [first, second, third] = &filter.words;
    let query = query.bind(first).bind(second).bind(third).bind(filter.source.clone()).bind(filter.admins).bind(filter.state);
    match filter.risk {
        Some(AtRisk { word, confirmed_since }) => query.bind(confirmed_since).bind(word),
        None => query,
    }
}

/// The page asked for, or the nearest there is, with its lines.
pub(super) async fn page(
    conn: &mut Conn,
    filter: &Filter,
    order: Order,
    descending: bool,
    unverified_page: &str,
) -> sqlx::Result<(Pages, Vec<Line>)> {
    if filter.is_everyone() {
        let (total,): (i64,) = query("SELECT COUNT(*) FROM users").one(conn).await?;
        let pages = Pages::new(unverified_page, total);
        let limit = PAGE_LINES.min(total - pages.offset());
        // What is nearer to the end is counted from there.
        let behind = total - pages.offset() - limit;
        let is_turned = behind < pages.offset();
        let offset = if is_turned { behind } else { pages.offset() };
        let mut lines: Vec<Line> = by!(order, descending != is_turned, of_everyone).bind(limit).bind(offset).all(conn).await?;
        if is_turned {
            lines.reverse();
        }
        return Ok((pages, lines));
    }
    // One walk through the index of the search says who fits; counting and listing them are no further ones. The order is that index's, or PostgreSQL would
    // take the table, which is three times as large, for no slower.
    let finding = match filter.risk {
        None => query_per_engine(
            concat!("SELECT id FROM users WHERE ", matching!("instr"), " ORDER BY search_text, id LIMIT 2001"),
            concat!("SELECT id FROM users WHERE ", matching!("strpos"), " ORDER BY search_text, id LIMIT 2001"),
        ),
        Some(_) => query_per_engine(
            at_risk!(sqlite, "SELECT id FROM users ", "instr", " LIMIT 2001"),
            at_risk!(postgres, "SELECT id FROM users ", "strpos", " LIMIT 2001"),
        ),
    };
    let found: Vec<(UserId,)> = bind(finding, filter).all(conn).await?;
    let pages = Pages::of_counted(unverified_page, i64::try_from(found.len()).unwrap_or(i64::MAX), COUNTED);
    if found.is_empty() {
        return Ok((pages, Vec::new()));
    }
    let lines = if pages.is_more && filter.risk.is_some() {
        bind(by!(order, descending, of_many_at_risk), filter)
    } else if pages.is_more {
        bind(by!(order, descending, of_many), filter)
    } else {
        let after: &str = by!(order, descending, of_few);
        query_found(concat!(columns!(), "WHERE id IN"), found.iter().map(|(id,)| Value::from(*id)), after)
    };
    Ok((pages, lines.bind(PAGE_LINES).bind(pages.offset()).all(conn).await?))
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
