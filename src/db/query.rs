//! A query: SQL text and the values bound to it, run on either engine.

use futures::{Stream, TryStreamExt as _};
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

/// A query with a short list, `{list}`, whose text is kept by the database. Lists of a few lengths have a text each: a list is filled up to the next one with its
/// last value, so it must not matter how often a value stands in it. `IN ({list})` with one value is as cheap as `=`.
#[derive(Debug)]
pub struct ListQuery([(SqlStr, SqlStr); LIST_LENGTHS.len()]);

/// How long the lists of a [`ListQuery`] are.
const LIST_LENGTHS: [usize; 5] = [1, 4, 16, 32, LIST_MAX];
/// How many values the list of a [`ListQuery`] has at most.
pub(super) const LIST_MAX: usize = 64;

impl ListQuery {
    /// A query the two engines need in different words. It has no other placeholders.
    pub fn new(sqlite: &'static str, postgres: &'static str) -> Self {
        let text = |sql: &str, length: usize| {
            let places = (1..=length).map(|n| format!("${n}")).collect::<Vec<_>>().join(",");
            AssertSqlSafe(sql.replace("{list}", &places)).into_sql_str()
        };
        Self(LIST_LENGTHS.map(|length| (text(sqlite, length), text(postgres, length))))
    }

    /// The query for this list, of one to 64 values.
    pub fn of(&self, list: impl IntoIterator<Item = impl Into<Value>>) -> Query {
        let mut values: Vec<Value> = list.into_iter().map(Into::into).collect();
        let place = LIST_LENGTHS.iter().position(|length| values.len() <= *length).unwrap_or(LIST_LENGTHS.len() - 1);
        let last = values.last().cloned().unwrap_or(Value::Int(None));
        values.resize(LIST_LENGTHS[place], last);
        let (sqlite, postgres) = self.0[place].clone();
        Query { sqlite, postgres, values, cached: true }
    }
}

/// Rows by ids that were found before: `before` goes up to and including `IN`, `after` follows the list. The first placeholders are the list's; what is bound
/// afterwards stands for the question marks of `after`, in their order. For lists of up to 2,000 ids, which [`query_list`] is too slow for on SQLite.
pub fn query_found(before: &str, ids: impl IntoIterator<Item = Value>, after: &str) -> Query {
    let values: Vec<Value> = ids.into_iter().collect();
    let mut count = values.len();
    let places = |place: &dyn Fn(usize) -> String| (1..=values.len()).map(place).collect::<Vec<_>>().join(",");
    let sqlite = format!("{before} ({}) {after}", places(&|_| "?".to_owned()));
    let mut postgres = format!("{before} ({}) ", places(&|n| format!("${n}")));
    for part in after.split_inclusive('?') {
        postgres.push_str(part.trim_end_matches('?'));
        if part.ends_with('?') {
            count += 1;
            postgres.push_str(&format!("${count}"));
        }
    }
    Query { sqlite: AssertSqlSafe(sqlite).into_sql_str(), postgres: AssertSqlSafe(postgres).into_sql_str(), values, cached: false }
}

/// Inserts many rows with as few statements as the engines' limits allow. `before` is the statement up to and including `VALUES`, `after` what
/// follows the rows (such as `ON CONFLICT DO NOTHING`). Serves `UPDATE … FROM (VALUES` and `… IN (VALUES` as well; both engines name the columns of such
/// rows `column1`, `column2`, …. Returns how many rows were written.
///
/// # Errors
/// When the database refuses a row; earlier chunks of the same call stay part of the surrounding transaction.
pub async fn insert_rows<const N: usize>(
    conn: &mut Conn,
    before: &str,
    rows: impl IntoIterator<Item = [Value; N]>,
    after: &'static str,
) -> sqlx::Result<u64> {
    // SQLite keeps a full statement prepared and each one means waking the thread that runs it and being woken by it; PostgreSQL plans each one anew.
    let placeholders_max = match conn.engine() {
        Engine::Sqlite => 8_000,
        Engine::Postgres => 12_000,
    };
    let chunk_max = placeholders_max / N.max(1);
    let mut rows = rows.into_iter().peekable();
    let engine = conn.engine();
    let mut full = None;
    let mut prepare = || {
        rows.peek()?;
        let mut values = Vec::with_capacity(chunk_max * N);
        let count = rows.by_ref().take(chunk_max).map(|row| values.extend(row)).count();
        let is_full = count == chunk_max;
        let text = match &full {
            Some(text) if is_full => SqlStr::clone(text),
            _ => AssertSqlSafe(rows_text(engine, before, count, N, after)).into_sql_str(),
        };
        if is_full {
            full = Some(text.clone());
        }
        Some(Ready::new(engine, text, values, engine == Engine::Sqlite && is_full))
    };
    let (mut written, mut next) = (0, prepare());
    while let Some(statement) = next {
        let mut running = std::pin::pin!(statement.execute(conn));
        // It is on its way once it has been looked at, and the next one is made ready meanwhile.
        let early = futures::poll!(running.as_mut());
        next = prepare();
        written += match early {
            std::task::Poll::Ready(done) => done?,
            std::task::Poll::Pending => running.await?,
        };
    }
    Ok(written)
}

/// A statement with places for `count` rows of `columns` values.
fn rows_text(engine: Engine, before: &str, count: usize, columns: usize, after: &str) -> String {
    let mut text = String::with_capacity(before.len() + after.len() + count * columns * 7);
    text.push_str(before);
    for row in 0..count {
        text.push_str(if row == 0 { " (" } else { ",(" });
        for column in 0..columns {
            text.push_str(if column == 0 { "" } else { "," });
            // SQLite takes `$1` for a name and looks each one up among all before it: thousands of them would cost quadratic time.
            match engine {
                Engine::Sqlite => text.push('?'),
                Engine::Postgres => {
                    text.push('$');
                    text.push_str(&(row * columns + column + 1).to_string());
                }
            }
        }
        text.push(')');
    }
    text.push(' ');
    text.push_str(after);
    text
}

/// Adds many rows to a table: on SQLite by [`insert_rows`], on PostgreSQL by `COPY`, which takes a fraction of the time there. Both check every constraint.
/// `columns` is their names with commas. Returns how many rows were added.
///
/// # Errors
/// As [`insert_rows`].
pub async fn add_rows<const N: usize>(
    conn: &mut Conn,
    table: &'static str,
    columns: &'static str,
    rows: impl IntoIterator<Item = [Value; N]>,
) -> sqlx::Result<u64> {
    /// How much is sent at a time, in bytes.
    const SENT: usize = 64 * 1024;
    let mut rows = rows.into_iter().peekable();
    if rows.peek().is_none() {
        return Ok(0);
    }
    let Borrowed::Postgres(connection) = conn.borrow() else {
        return insert_rows(conn, &format!("INSERT INTO {table} ({columns}) VALUES"), rows, "").await;
    };
    let mut copy = connection.copy_in_raw(&format!("COPY {table} ({columns}) FROM STDIN")).await?;
    let mut text = Vec::with_capacity(2 * SENT);
    for row in rows {
        for (column, value) in row.into_iter().enumerate() {
            if column > 0 {
                text.push(b'\t');
            }
            copy_text(&mut text, value);
        }
        text.push(b'\n');
        if text.len() >= SENT {
            copy.send(text.as_slice()).await?;
            text.clear();
        }
    }
    copy.send(text.as_slice()).await?;
    let added = copy.finish().await;
    conn.settle(added)
}

/// A value in the text format of PostgreSQL's `COPY`.
fn copy_text(text: &mut Vec<u8>, value: Value) {
    let plain = match value {
        Value::Int(value) => value.map(|value| value.to_string()),
        Value::Bool(value) => value.map(|value| if value { "t" } else { "f" }.to_owned()),
        Value::Uuid(value) => value.map(|value| value.simple().to_string()),
        Value::Bytes(value) => value.map(|bytes| {
            let digit = |digit: u8| char::from(b"0123456789abcdef"[usize::from(digit)]);
            "\\\\x".chars().chain(bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])).collect()
        }),
        Value::Text(Some(value)) => {
            for byte in value.bytes() {
                match byte {
                    b'\\' => text.extend_from_slice(b"\\\\"),
                    b'\t' => text.extend_from_slice(b"\\t"),
                    b'\n' => text.extend_from_slice(b"\\n"),
                    b'\r' => text.extend_from_slice(b"\\r"),
                    0 => text.extend_from_slice("\u{fffd}".as_bytes()),
                    _ => text.push(byte),
                }
            }
            return;
        }
        Value::Text(None) => None,
    };
    text.extend_from_slice(plain.as_deref().unwrap_or("\\N").as_bytes());
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
        let Parts { sql, values, cached } = self.split(conn.engine());
        Ready::new(conn.engine(), sql, values, cached).execute(conn).await
    }

    /// The first row, if there is one.
    ///
    /// # Errors
    /// When the database refuses the query or a column does not fit the row type.
    pub async fn optional<R: Row>(self, conn: &mut Conn) -> sqlx::Result<Option<R>> {
        let parts = self.split(conn.engine());
        let row = match conn.borrow() {
            Borrowed::Sqlite(c) => {
                sqlx::query_as_with::<Sqlite, R, _>(parts.sql, sqlite(parts.values)).persistent(parts.cached).fetch_optional(c).await
            }
            Borrowed::Postgres(c) => {
                sqlx::query_as_with::<Postgres, R, _>(parts.sql, postgres(parts.values)).persistent(parts.cached).fetch_optional(c).await
            }
        };
        conn.settle(row)
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
        let rows = match conn.borrow() {
            Borrowed::Sqlite(c) => sqlx::query_as_with::<Sqlite, R, _>(parts.sql, sqlite(parts.values)).persistent(parts.cached).fetch_all(c).await,
            Borrowed::Postgres(c) => {
                sqlx::query_as_with::<Postgres, R, _>(parts.sql, postgres(parts.values)).persistent(parts.cached).fetch_all(c).await
            }
        };
        conn.settle(rows)
    }

    /// Hands every row on as it comes, so that they are never all in memory.
    ///
    /// # Errors
    /// As [`optional`](Self::optional); the rows before the failure were handed on.
    pub async fn each<R: Row>(self, conn: &mut Conn, mut each: impl FnMut(R)) -> sqlx::Result<()> {
        let parts = self.split(conn.engine());
        let handed = match conn.borrow() {
            Borrowed::Sqlite(c) => {
                hand_on(sqlx::query_as_with::<Sqlite, R, _>(parts.sql, sqlite(parts.values)).persistent(parts.cached).fetch(c), &mut each).await
            }
            Borrowed::Postgres(c) => {
                hand_on(sqlx::query_as_with::<Postgres, R, _>(parts.sql, postgres(parts.values)).persistent(parts.cached).fetch(c), &mut each).await
            }
        };
        conn.settle(handed)
    }

    /// What SQLite gets.
    pub(super) fn for_sqlite(self) -> (SqlStr, SqliteArguments) {
        (self.sqlite, sqlite(self.values))
    }

    fn split(self, engine: Engine) -> Parts {
        let sql = match engine {
            Engine::Sqlite => self.sqlite,
            Engine::Postgres => self.postgres,
        };
        Parts { sql, values: self.values, cached: self.cached }
    }
}

async fn hand_on<R>(mut rows: impl Stream<Item = sqlx::Result<R>> + Unpin, each: &mut impl FnMut(R)) -> sqlx::Result<()> {
    while let Some(row) = rows.try_next().await? {
        each(row);
    }
    Ok(())
}

/// A statement as its engine takes it.
enum Ready {
    Sqlite(SqlStr, SqliteArguments, bool),
    Postgres(SqlStr, PgArguments, bool),
}

impl Ready {
    fn new(engine: Engine, sql: SqlStr, values: Vec<Value>, cached: bool) -> Self {
        match engine {
            Engine::Sqlite => Self::Sqlite(sql, sqlite(values), cached),
            Engine::Postgres => Self::Postgres(sql, postgres(values), cached),
        }
    }

    /// Runs it; gives the number of rows it changed.
    async fn execute(self, conn: &mut Conn) -> sqlx::Result<u64> {
        let done = match (self, conn.borrow()) {
            (Self::Sqlite(sql, arguments, cached), Borrowed::Sqlite(c)) => {
                sqlx::query_with(sql, arguments).persistent(cached).execute(c).await.map(|done| done.rows_affected())
            }
            (Self::Postgres(sql, arguments, cached), Borrowed::Postgres(c)) => {
                sqlx::query_with(sql, arguments).persistent(cached).execute(c).await.map(|done| done.rows_affected())
            }
            _ => unreachable!("invariant: a statement is made ready for the engine of its connection"),
        };
        conn.settle(done)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_all_lengths_share_a_few_texts() {
        let query = ListQuery::new("SELECT a FROM t WHERE a IN ({list})", "SELECT b FROM t WHERE b IN ({list})");
        let of = |count: i64| query.of(0..count);
        assert_eq!((of(1).sqlite.as_str(), of(1).postgres.as_str()), ("SELECT a FROM t WHERE a IN ($1)", "SELECT b FROM t WHERE b IN ($1)"));
        assert_eq!((of(2).sqlite.as_str(), of(2).values.len()), ("SELECT a FROM t WHERE a IN ($1,$2,$3,$4)", 4));
        assert!(matches!(of(3).values[..], [Value::Int(Some(0)), Value::Int(Some(1)), Value::Int(Some(2)), Value::Int(Some(2))]));
        for count in 1..=64 {
            assert_eq!(of(count).postgres.as_str().matches('$').count(), of(count).values.len(), "{count}");
        }
    }

    #[test]
    fn values_are_written_as_copy_reads_them() {
        let written = |value: Value| {
            let mut text = Vec::new();
            copy_text(&mut text, value);
            String::from_utf8(text).unwrap()
        };
        for (value, expected) in [
            (Value::from(-7_i64), "-7"),
            (Value::from(true), "t"),
            (Value::from(false), "f"),
            (Value::from(Uuid::nil()), "00000000000000000000000000000000"),
            (Value::from(&[0_u8, 0xab][..]), "\\\\x00ab"),
            (Value::from("Zoë \\. \t\r\n \\N \0"), "Zoë \\\\. \\t\\r\\n \\\\N \u{fffd}"),
            (Value::from(""), ""),
            (Value::Text(None), "\\N"),
            (Value::Int(None), "\\N"),
            (Value::Bytes(None), "\\N"),
        ] {
            assert_eq!(written(value.clone()), expected, "{value:?}");
        }
    }
}
