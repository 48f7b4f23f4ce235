//! A query: SQL text and the values bound to it, run on either engine.

use sqlx::postgres::{PgArguments, PgRow};
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{AssertSqlSafe, FromRow, Postgres, SqlSafeStr, SqlStr, Sqlite};
use uuid::Uuid;

use super::{Borrowed, Conn, Engine};
use crate::clock::Timestamp;

/// What can be bound to a placeholder.
#[derive(Clone, Debug)]
pub enum Value {
    /// A 64-bit integer (`BIGINT`).
    Int(Option<i64>),
    /// A truth value (`BOOLEAN`).
    Bool(Option<bool>),
    /// Text (`TEXT`).
    Text(Option<String>),
    /// A UUID (`UUID`; 16 bytes on SQLite).
    Uuid(Option<Uuid>),
    /// Bytes (`BYTEA`).
    Bytes(Option<Vec<u8>>),
}

macro_rules! value_from {
    ($($type:ty => $variant:ident($value:ident) $convert:expr;)*) => {$(
        impl From<$type> for Value {
            fn from($value: $type) -> Self {
                Self::$variant(Some($convert))
            }
        }
        impl From<Option<$type>> for Value {
            fn from(value: Option<$type>) -> Self {
                Self::$variant(value.map(|$value| $convert))
            }
        }
    )*};
}

value_from! {
    i64 => Int(v) v;
    Timestamp => Int(v) v.as_millis();
    bool => Bool(v) v;
    String => Text(v) v;
    &str => Text(v) v.to_owned();
    &String => Text(v) v.clone();
    Uuid => Uuid(v) v;
    Vec<u8> => Bytes(v) v;
    &[u8] => Bytes(v) v.to_vec();
}

/// A row type that both engines can fill: `#[derive(sqlx::FromRow)]` gives it, and tuples have it.
pub trait Row: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin {}
impl<T> Row for T where T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin {}

/// SQL text with the values bound so far.
#[derive(Debug)]
#[must_use = "a query does nothing until it is run"]
pub struct Query {
    sqlite: SqlStr,
    postgres: SqlStr,
    values: Vec<Value>,
    cached: bool,
}

/// A query whose text both engines understand.
pub fn query(sql: &'static str) -> Query {
    Query { sqlite: sql.into_sql_str(), postgres: sql.into_sql_str(), values: Vec::new(), cached: true }
}

/// A query the two engines need in different words.
pub fn query_per_engine(sqlite: &'static str, postgres: &'static str) -> Query {
    Query { sqlite: sqlite.into_sql_str(), postgres: postgres.into_sql_str(), values: Vec::new(), cached: true }
}

/// A query in which `{list}` stands for the given values, such as `WHERE id IN ({list})`. The list takes the first placeholders: what is bound
/// afterwards is numbered from `$(n + 1)`, so such a query writes its other placeholders as `{1}`, `{2}`, ….
///
/// Keep lists short, about 500 values: SQLite looks numbered placeholders up by name, which costs the square of their number (and it allows 32,766,
/// PostgreSQL 65,535). An empty list becomes `NULL`, which matches nothing.
pub fn query_list(sql: &'static str, list: impl IntoIterator<Item = Value>) -> Query {
    let values: Vec<Value> = list.into_iter().collect();
    let places = if values.is_empty() { "NULL".to_owned() } else { (1..=values.len()).map(|n| format!("${n}")).collect::<Vec<_>>().join(",") };
    let mut text = sql.replace("{list}", &places);
    for n in (1..=9).rev() {
        text = text.replace(&format!("{{{n}}}"), &format!("${}", values.len() + n));
    }
    let text = AssertSqlSafe(text).into_sql_str();
    Query { sqlite: text.clone(), postgres: text, values, cached: false }
}

/// Inserts many rows with as few statements as the engines' limits allow. `before` is the statement up to and including `VALUES`, `after` what
/// follows the rows (such as `ON CONFLICT DO NOTHING`). Serves `UPDATE … FROM (VALUES` and `… IN (VALUES` as well; both engines name the columns of such
/// rows `column1`, `column2`, …. Returns how many rows were written.
///
/// # Errors
/// When the database refuses a row; earlier chunks of the same call stay part of the surrounding transaction.
pub async fn insert_rows<const N: usize>(
    conn: &mut Conn,
    before: &'static str,
    rows: impl IntoIterator<Item = [Value; N]>,
    after: &'static str,
) -> sqlx::Result<u64> {
    const PLACEHOLDERS_MAX: usize = 12_000;
    let mut rows = rows.into_iter().peekable();
    let mut written = 0;
    while rows.peek().is_some() {
        let chunk: Vec<[Value; N]> = rows.by_ref().take(PLACEHOLDERS_MAX / N.max(1)).collect();
        let mut text = String::with_capacity(before.len() + after.len() + chunk.len() * N * 7);
        text.push_str(before);
        for row in 0..chunk.len() {
            text.push_str(if row == 0 { " (" } else { ",(" });
            for column in 0..N {
                text.push_str(if column == 0 { "" } else { "," });
                // SQLite takes `$1` for a name and looks each one up among all before it: thousands of them would cost quadratic time.
                match conn.engine() {
                    Engine::Sqlite => text.push('?'),
                    Engine::Postgres => {
                        text.push('$');
                        text.push_str(&(row * N + column + 1).to_string());
                    }
                }
            }
            text.push(')');
        }
        text.push(' ');
        text.push_str(after);
        let text = AssertSqlSafe(text).into_sql_str();
        let values = chunk.into_iter().flatten().collect();
        written += Query { sqlite: text.clone(), postgres: text, values, cached: false }.execute(conn).await?;
    }
    Ok(written)
}

impl Query {
    /// Binds the next placeholder.
    pub fn bind(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self
    }

    /// Runs a statement; gives the number of rows it changed.
    ///
    /// # Errors
    /// When the database refuses it.
    pub async fn execute(self, conn: &mut Conn) -> sqlx::Result<u64> {
        let parts = self.split(conn.engine());
        Ok(match conn.borrow() {
            Borrowed::Sqlite(c) => sqlx::query_with(parts.sql, sqlite(parts.values)).persistent(parts.cached).execute(c).await?.rows_affected(),
            Borrowed::Postgres(c) => sqlx::query_with(parts.sql, postgres(parts.values)).persistent(parts.cached).execute(c).await?.rows_affected(),
        })
    }

    /// The first row, if there is one.
    ///
    /// # Errors
    /// When the database refuses the query or a column does not fit the row type.
    pub async fn optional<R: Row>(self, conn: &mut Conn) -> sqlx::Result<Option<R>> {
        let parts = self.split(conn.engine());
        match conn.borrow() {
            Borrowed::Sqlite(c) => {
                sqlx::query_as_with::<Sqlite, R, _>(parts.sql, sqlite(parts.values)).persistent(parts.cached).fetch_optional(c).await
            }
            Borrowed::Postgres(c) => {
                sqlx::query_as_with::<Postgres, R, _>(parts.sql, postgres(parts.values)).persistent(parts.cached).fetch_optional(c).await
            }
        }
    }

    /// The one row there is.
    ///
    /// # Errors
    /// As [`optional`](Self::optional), and `RowNotFound` when there is none.
    pub async fn one<R: Row>(self, conn: &mut Conn) -> sqlx::Result<R> {
        self.optional(conn).await?.ok_or(sqlx::Error::RowNotFound)
    }

    /// All rows.
    ///
    /// # Errors
    /// As [`optional`](Self::optional).
    pub async fn all<R: Row>(self, conn: &mut Conn) -> sqlx::Result<Vec<R>> {
        let parts = self.split(conn.engine());
        match conn.borrow() {
            Borrowed::Sqlite(c) => sqlx::query_as_with::<Sqlite, R, _>(parts.sql, sqlite(parts.values)).persistent(parts.cached).fetch_all(c).await,
            Borrowed::Postgres(c) => {
                sqlx::query_as_with::<Postgres, R, _>(parts.sql, postgres(parts.values)).persistent(parts.cached).fetch_all(c).await
            }
        }
    }

    fn split(self, engine: Engine) -> Parts {
        let sql = match engine {
            Engine::Sqlite => self.sqlite,
            Engine::Postgres => self.postgres,
        };
        Parts { sql, values: self.values, cached: self.cached }
    }
}

struct Parts {
    sql: SqlStr,
    values: Vec<Value>,
    cached: bool,
}

fn sqlite(values: Vec<Value>) -> SqliteArguments {
    let mut arguments = SqliteArguments::default();
    for value in values {
        bind(&mut arguments, value);
    }
    arguments
}

fn postgres(values: Vec<Value>) -> PgArguments {
    let mut arguments = PgArguments::default();
    for value in values {
        bind(&mut arguments, value);
    }
    arguments
}

fn bind<'q, A: sqlx::Arguments>(arguments: &mut A, value: Value)
where
    A::Database: sqlx::Database<Arguments = A>,
    Option<i64>: sqlx::Encode<'q, A::Database> + sqlx::Type<A::Database> + 'q,
    Option<bool>: sqlx::Encode<'q, A::Database> + sqlx::Type<A::Database> + 'q,
    Option<String>: sqlx::Encode<'q, A::Database> + sqlx::Type<A::Database> + 'q,
    Option<Uuid>: sqlx::Encode<'q, A::Database> + sqlx::Type<A::Database> + 'q,
    Option<Vec<u8>>: sqlx::Encode<'q, A::Database> + sqlx::Type<A::Database> + 'q,
{
    let added = match value {
        Value::Int(v) => arguments.add(v),
        Value::Bool(v) => arguments.add(v),
        // PostgreSQL has no text with NUL in it and would refuse the statement, which to a visitor looks like our fault; on both engines, so that they
        // store and find the same.
        Value::Text(v) => arguments.add(v.map(|text| if text.contains('\0') { text.replace('\0', "\u{fffd}") } else { text })),
        Value::Uuid(v) => arguments.add(v),
        Value::Bytes(v) => arguments.add(v),
    };
    added.expect("invariant: integers, truth values, text, UUIDs and bytes always encode");
}
