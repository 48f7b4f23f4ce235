//! The SQL of APIs and of what clients may have there.

use super::model::{Api, Opened, Right, Terms, TokenFormat};
use super::permissions::Permissions;
use super::{ClientLine, Line};
use crate::clients::SigningAlg;
use crate::clock::Timestamp;
use crate::db::{Conn, Tx, Value, query, query_list};
use crate::id::{ApiId, ClientId};

macro_rules! columns {
    () => {
        "a.id, a.identifier, a.name, a.permissions, a.token_format, a.signing_alg, a.access_minutes, a.with_groups, a.open_to_all, a.created_at, a.updated_at"
    };
}

#[derive(sqlx::FromRow)]
struct Row {
    id: ApiId,
    identifier: String,
    name: String,
    permissions: String,
    token_format: String,
    signing_alg: String,
    access_minutes: Option<i64>,
    with_groups: bool,
    open_to_all: bool,
    created_at: Timestamp,
    updated_at: Timestamp,
}

#[derive(sqlx::FromRow)]
struct OpenedRow {
    #[sqlx(flatten)]
    api: Row,
    for_people: Option<String>,
    for_itself: Option<String>,
    serves: Option<bool>,
}

impl TryFrom<Row> for Api {
    type Error = sqlx::Error;
    fn try_from(row: Row) -> sqlx::Result<Self> {
        let unknown = |what: &'static str| sqlx::Error::Decode(what.into());
        let terms = Terms {
            identifier: row.identifier,
            name: row.name,
            permissions: serde_json::from_str(&row.permissions).map_err(|error| sqlx::Error::Decode(error.into()))?,
            token_format: TokenFormat::from_text(&row.token_format).ok_or_else(|| unknown("an unknown token_format"))?,
            signing_alg: SigningAlg::from_text(&row.signing_alg).ok_or_else(|| unknown("an unknown signing_alg"))?,
            access_minutes: row.access_minutes.and_then(|minutes| u32::try_from(minutes).ok()),
            with_groups: row.with_groups,
            open_to_all: row.open_to_all,
        };
        Ok(Self { id: row.id, terms, created_at: row.created_at, updated_at: row.updated_at })
    }
}

fn right(for_people: Option<&str>, for_itself: Option<&str>, serves: bool) -> Right {
    Right { for_people: for_people.map(Permissions::parse), for_itself: for_itself.map(Permissions::parse), serves }
}

impl TryFrom<OpenedRow> for Opened {
    type Error = sqlx::Error;
    fn try_from(row: OpenedRow) -> sqlx::Result<Self> {
        let right = right(row.for_people.as_deref(), row.for_itself.as_deref(), row.serves.unwrap_or(false));
        Ok(Self::new(row.api.try_into()?, right))
    }
}

pub(super) async fn insert(tx: &mut Tx, id: ApiId, terms: &Terms, now: Timestamp) -> sqlx::Result<()> {
    query(
        "INSERT INTO apis (id, identifier, name, permissions, token_format, signing_alg, access_minutes, with_groups, open_to_all, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)",
    )
    .bind(id)
    .bind(&terms.identifier)
    .bind(&terms.name)
    .bind(permissions(terms)?)
    .bind(terms.token_format.as_str())
    .bind(terms.signing_alg.as_str())
    .bind(terms.access_minutes.map(i64::from))
    .bind(terms.with_groups)
    .bind(terms.open_to_all)
    .bind(now)
    .execute(tx)
    .await
    .map(|_| ())
}

fn permissions(terms: &Terms) -> sqlx::Result<String> {
    serde_json::to_string(&terms.permissions).map_err(|error| sqlx::Error::Encode(error.into()))
}

pub(super) async fn update(tx: &mut Tx, id: ApiId, terms: &Terms, now: Timestamp) -> sqlx::Result<()> {
    query(
        "UPDATE apis SET identifier = $2, name = $3, permissions = $4, token_format = $5, signing_alg = $6, access_minutes = $7, with_groups = $8,
                         open_to_all = $9, updated_at = $10 WHERE id = $1",
    )
    .bind(id)
    .bind(&terms.identifier)
    .bind(&terms.name)
    .bind(permissions(terms)?)
    .bind(terms.token_format.as_str())
    .bind(terms.signing_alg.as_str())
    .bind(terms.access_minutes.map(i64::from))
    .bind(terms.with_groups)
    .bind(terms.open_to_all)
    .bind(now)
    .execute(tx)
    .await
    .map(|_| ())
}

pub(super) async fn delete(tx: &mut Tx, id: ApiId) -> sqlx::Result<()> {
    query("DELETE FROM apis WHERE id = $1").bind(id).execute(tx).await.map(|_| ())
}

pub(super) async fn find(conn: &mut Conn, id: ApiId) -> sqlx::Result<Option<Api>> {
    let row: Option<Row> = query(concat!("SELECT ", columns!(), " FROM apis a WHERE a.id = $1")).bind(id).optional(conn).await?;
    row.map(Api::try_from).transpose()
}

pub(super) async fn find_all(conn: &mut Conn, ids: impl IntoIterator<Item = ApiId>) -> sqlx::Result<Vec<Api>> {
    let rows: Vec<Row> =
        query_list(concat!("SELECT ", columns!(), " FROM apis a WHERE a.id IN ({list}) ORDER BY a.name, a.id"), ids.into_iter().map(Value::from))
            .all(conn)
            .await?;
    rows.into_iter().map(Api::try_from).collect()
}

pub(super) async fn open(conn: &mut Conn, id: ApiId, client: ClientId) -> sqlx::Result<Option<Opened>> {
    let row: Option<OpenedRow> = query(concat!(
        "SELECT ",
        columns!(),
        ", r.for_people, r.for_itself, r.serves FROM apis a LEFT JOIN api_clients r ON r.api_id = a.id AND r.client_id = $2 WHERE a.id = $1"
    ))
    .bind(id)
    .bind(client)
    .optional(conn)
    .await?;
    row.map(Opened::try_from).transpose()
}

pub(super) async fn open_by_identifier(conn: &mut Conn, identifier: &str, client: ClientId) -> sqlx::Result<Option<Opened>> {
    let row: Option<OpenedRow> = query(concat!(
        "SELECT ",
        columns!(),
        ", r.for_people, r.for_itself, r.serves FROM apis a LEFT JOIN api_clients r ON r.api_id = a.id AND r.client_id = $2 WHERE a.identifier = $1"
    ))
    .bind(identifier)
    .bind(client)
    .optional(conn)
    .await?;
    row.map(Opened::try_from).transpose()
}

pub(super) async fn lines(conn: &mut Conn, limit: i64, offset: i64) -> sqlx::Result<Vec<Line>> {
    query(
        "SELECT a.id, a.identifier, a.name, a.token_format, a.open_to_all, a.created_at,
                (SELECT COUNT(*) FROM api_clients r WHERE r.api_id = a.id) AS clients
         FROM apis a ORDER BY lower(a.name), a.id LIMIT $1 OFFSET $2",
    )
    .bind(limit)
    .bind(offset)
    .all(conn)
    .await
}

pub(super) async fn count(conn: &mut Conn) -> sqlx::Result<i64> {
    let (count,): (i64,) = query("SELECT COUNT(*) FROM apis").one(conn).await?;
    Ok(count)
}

pub(super) async fn put_right(tx: &mut Tx, api: ApiId, client: ClientId, right: &Right) -> sqlx::Result<()> {
    query(
        "INSERT INTO api_clients (api_id, client_id, for_people, for_itself, serves) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (api_id, client_id) DO UPDATE SET for_people = excluded.for_people, for_itself = excluded.for_itself, serves = excluded.serves",
    )
    .bind(api)
    .bind(client)
    .bind(right.for_people.as_ref().map(ToString::to_string))
    .bind(right.for_itself.as_ref().map(ToString::to_string))
    .bind(right.serves)
    .execute(tx)
    .await
    .map(|_| ())
}

pub(super) async fn delete_right(tx: &mut Tx, api: ApiId, client: ClientId) -> sqlx::Result<bool> {
    Ok(query("DELETE FROM api_clients WHERE api_id = $1 AND client_id = $2").bind(api).bind(client).execute(tx).await? == 1)
}

#[derive(sqlx::FromRow)]
struct ClientRow {
    id: ClientId,
    name: String,
    for_people: Option<String>,
    for_itself: Option<String>,
    serves: bool,
}

pub(super) async fn clients(conn: &mut Conn, api: ApiId) -> sqlx::Result<Vec<ClientLine>> {
    let rows: Vec<ClientRow> = query(
        "SELECT c.id, c.name, r.for_people, r.for_itself, r.serves FROM api_clients r JOIN clients c ON c.id = r.client_id
         WHERE r.api_id = $1 ORDER BY lower(c.name), c.id LIMIT 500",
    )
    .bind(api)
    .all(conn)
    .await?;
    let line =
        |row: ClientRow| ClientLine { id: row.id, name: row.name, right: right(row.for_people.as_deref(), row.for_itself.as_deref(), row.serves) };
    Ok(rows.into_iter().map(line).collect())
}

/// Clients of this `client_id`, or of this name in lower case.
pub(super) async fn clients_called(conn: &mut Conn, text: &str, lower: &str) -> sqlx::Result<Vec<ClientId>> {
    let rows: Vec<(ClientId,)> =
        query("SELECT id FROM clients WHERE client_id = $1 OR lower(name) = $2 ORDER BY id LIMIT 2").bind(text).bind(lower).all(conn).await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}
