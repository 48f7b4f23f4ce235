//! The SQL of clients, their secrets and the groups they are for.

pub(super) mod assertions;

use super::model::{Client, Lifetimes, Registration, SigningAlg};
use super::policy::Policies;
use super::{Filter, GroupLine, Line, OpenTo, Order, SecretLine};
use crate::clock::Timestamp;
use crate::db::{Conn, Query, Tx, query, query_list, query_per_engine};
use crate::id::{ClientId, GroupId, UserId};
use crate::secret::TokenHash;
use crate::users::pictures::Picture;

macro_rules! columns {
    () => {
        "id, client_id, name, is_public, redirect_uris, post_logout_redirect_uris, skip_consent, restricted, signing_alg, claims_in_id_token, require_pkce,
         code_seconds, access_minutes, id_token_minutes, refresh_days, require_par, initiate_login_uri, acts_alone, own_scopes, for_devices, policy,
         created_at, updated_at"
    };
}

#[derive(sqlx::FromRow)]
struct Row {
    id: ClientId,
    client_id: String,
    name: String,
    is_public: bool,
    redirect_uris: String,
    post_logout_redirect_uris: String,
    skip_consent: bool,
    restricted: bool,
    signing_alg: String,
    claims_in_id_token: bool,
    require_pkce: bool,
    code_seconds: Option<i64>,
    access_minutes: Option<i64>,
    id_token_minutes: Option<i64>,
    refresh_days: Option<i64>,
    require_par: bool,
    initiate_login_uri: String,
    acts_alone: bool,
    own_scopes: String,
    for_devices: bool,
    policy: String,
    created_at: Timestamp,
    updated_at: Timestamp,
}

fn uris(column: &str) -> sqlx::Result<Vec<String>> {
    serde_json::from_str(column).map_err(|error| sqlx::Error::Decode(error.into()))
}

fn small(column: Option<i64>) -> Option<u32> {
    column.and_then(|count| u32::try_from(count).ok())
}

fn as_json(uris: &[String]) -> String {
    serde_json::Value::from(uris.to_vec()).to_string()
}

fn policies(registration: &Registration) -> sqlx::Result<String> {
    serde_json::to_string(&registration.policies).map_err(|error| sqlx::Error::Encode(error.into()))
}

impl TryFrom<Row> for Client {
    type Error = sqlx::Error;
    fn try_from(row: Row) -> sqlx::Result<Self> {
        let signing_alg = SigningAlg::from_text(&row.signing_alg).ok_or_else(|| sqlx::Error::Decode("an unknown signing_alg".into()))?;
        let registration = Registration {
            name: row.name,
            is_public: row.is_public,
            redirect_uris: uris(&row.redirect_uris)?,
            post_logout_redirect_uris: uris(&row.post_logout_redirect_uris)?,
            skip_consent: row.skip_consent,
            signing_alg,
            claims_in_id_token: row.claims_in_id_token,
            require_pkce: row.require_pkce,
            require_par: row.require_par,
            lifetimes: Lifetimes {
                code_seconds: small(row.code_seconds),
                access_minutes: small(row.access_minutes),
                id_token_minutes: small(row.id_token_minutes),
                refresh_days: small(row.refresh_days),
            },
            initiate_login_uri: row.initiate_login_uri,
            acts_alone: row.acts_alone,
            own_scopes: row.own_scopes.split_whitespace().map(str::to_owned).collect(),
            for_devices: row.for_devices,
            policies: serde_json::from_str(&row.policy).map_err(|error| sqlx::Error::Decode(error.into()))?,
        };
        let Row { id, client_id, restricted, created_at, updated_at, .. } = row;
        Ok(Self { id, client_id, registration, restricted, created_at, updated_at })
    }
}

pub(super) async fn find(conn: &mut Conn, id: ClientId) -> sqlx::Result<Option<Client>> {
    let row: Option<Row> = query(concat!("SELECT ", columns!(), " FROM clients WHERE id = $1")).bind(id).optional(conn).await?;
    row.map(Client::try_from).transpose()
}

/// Finds a client that is about to change, and keeps everybody else from changing it until the transaction ends: what is written back was decided on what is read here.
pub(super) async fn find_to_change(tx: &mut Tx, id: ClientId) -> sqlx::Result<Option<Client>> {
    // SQLite has one transaction that writes at a time.
    let row: Option<Row> = query_per_engine(
        concat!("SELECT ", columns!(), " FROM clients WHERE id = $1"),
        concat!("SELECT ", columns!(), " FROM clients WHERE id = $1 FOR UPDATE"),
    )
    .bind(id)
    .optional(tx)
    .await?;
    row.map(Client::try_from).transpose()
}

pub(super) async fn find_by_client_id(conn: &mut Conn, client_id: &str) -> sqlx::Result<Option<Client>> {
    let row: Option<Row> = query(concat!("SELECT ", columns!(), " FROM clients WHERE client_id = $1 AND out_of_service_at IS NULL"))
        .bind(client_id)
        .optional(conn)
        .await?;
    row.map(Client::try_from).transpose()
}

/// `false` when there is one with this id already.
pub(super) async fn insert(tx: &mut Tx, client: &Client) -> sqlx::Result<bool> {
    let registration = &client.registration;
    let inserted = query(
        "INSERT INTO clients (id, client_id, name, is_public, redirect_uris, post_logout_redirect_uris, skip_consent, restricted, signing_alg,
                              claims_in_id_token, require_pkce, created_at, updated_at, code_seconds, access_minutes, id_token_minutes, refresh_days,
                              require_par, initiate_login_uri, acts_alone, own_scopes, for_devices, policy)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22) ON CONFLICT DO NOTHING",
    )
    .bind(client.id)
    .bind(&client.client_id)
    .bind(&registration.name)
    .bind(registration.is_public)
    .bind(as_json(&registration.redirect_uris))
    .bind(as_json(&registration.post_logout_redirect_uris))
    .bind(registration.skip_consent)
    .bind(client.restricted)
    .bind(registration.signing_alg.as_str())
    .bind(registration.claims_in_id_token)
    .bind(registration.require_pkce)
    .bind(client.created_at)
    .bind(registration.lifetimes.code_seconds.map(i64::from))
    .bind(registration.lifetimes.access_minutes.map(i64::from))
    .bind(registration.lifetimes.id_token_minutes.map(i64::from))
    .bind(registration.lifetimes.refresh_days.map(i64::from))
    .bind(registration.require_par)
    .bind(&registration.initiate_login_uri)
    .bind(registration.acts_alone)
    .bind(registration.own_scopes.join(" "))
    .bind(registration.for_devices)
    .bind(policies(registration)?)
    .execute(tx)
    .await?;
    Ok(inserted == 1)
}

pub(super) async fn update(tx: &mut Tx, id: ClientId, registration: &Registration, now: Timestamp) -> sqlx::Result<bool> {
    let updated = query(
        "UPDATE clients SET name = $2, is_public = $3, redirect_uris = $4, post_logout_redirect_uris = $5, skip_consent = $6, signing_alg = $7,
                            claims_in_id_token = $8, require_pkce = $9, updated_at = $10, code_seconds = $11, access_minutes = $12,
                            id_token_minutes = $13, refresh_days = $14, require_par = $15, initiate_login_uri = $16, acts_alone = $17,
                            own_scopes = $18, for_devices = $19, policy = $20
         WHERE id = $1",
    )
    .bind(id)
    .bind(&registration.name)
    .bind(registration.is_public)
    .bind(as_json(&registration.redirect_uris))
    .bind(as_json(&registration.post_logout_redirect_uris))
    .bind(registration.skip_consent)
    .bind(registration.signing_alg.as_str())
    .bind(registration.claims_in_id_token)
    .bind(registration.require_pkce)
    .bind(now)
    .bind(registration.lifetimes.code_seconds.map(i64::from))
    .bind(registration.lifetimes.access_minutes.map(i64::from))
    .bind(registration.lifetimes.id_token_minutes.map(i64::from))
    .bind(registration.lifetimes.refresh_days.map(i64::from))
    .bind(registration.require_par)
    .bind(&registration.initiate_login_uri)
    .bind(registration.acts_alone)
    .bind(registration.own_scopes.join(" "))
    .bind(registration.for_devices)
    .bind(policies(registration)?)
    .execute(tx)
    .await?;
    Ok(updated == 1)
}

pub(super) async fn set_restricted(tx: &mut Tx, id: ClientId, restricted: bool, now: Timestamp) -> sqlx::Result<bool> {
    let updated = query("UPDATE clients SET restricted = $2, updated_at = $3 WHERE id = $1").bind(id).bind(restricted).bind(now).execute(tx).await?;
    Ok(updated == 1)
}

pub(super) async fn delete(tx: &mut Tx, id: ClientId) -> sqlx::Result<bool> {
    Ok(query("DELETE FROM clients WHERE id = $1").bind(id).execute(tx).await? == 1)
}

macro_rules! matching {
    () => {
        r"((lower(name) LIKE $1 ESCAPE '\' OR $1 = '') AND (lower(name) LIKE $2 ESCAPE '\' OR $2 = '') AND (lower(name) LIKE $3 ESCAPE '\' OR $3 = '')
           OR client_id = $4) AND ($5 = '' OR ($5 = 'groups') = restricted)"
    };
}

// One text per order: a placeholder cannot stand for a column.
macro_rules! lines_by {
    ($order:literal) => {
        concat!(
            "SELECT id, client_id, name, is_public, restricted, created_at, logo FROM clients WHERE ",
            matching!(),
            " ORDER BY ",
            $order,
            " LIMIT $6 OFFSET $7"
        )
    };
}

fn bind(query: Query, filter: &Filter) -> Query {
    let [first, second, third] = &filter.patterns;
    query.bind(first).bind(second).bind(third).bind(&filter.client_id).bind(filter.access)
}

pub(super) async fn lines(conn: &mut Conn, filter: &Filter, order: Order, descending: bool, limit: i64, offset: i64) -> sqlx::Result<Vec<Line>> {
    let sql = match (order, descending) {
        (Order::Name, false) => lines_by!("lower(name), id"),
        (Order::Name, true) => lines_by!("lower(name) DESC, id DESC"),
        (Order::Created, false) => lines_by!("created_at, id"),
        (Order::Created, true) => lines_by!("created_at DESC, id DESC"),
    };
    bind(query(sql), filter).bind(limit).bind(offset).all(conn).await
}

pub(super) async fn count(conn: &mut Conn, filter: &Filter) -> sqlx::Result<i64> {
    let (count,): (i64,) = bind(query(concat!("SELECT COUNT(*) FROM clients WHERE ", matching!())), filter).one(conn).await?;
    Ok(count)
}

/// What the search box means to `LIKE`: the text anywhere, its own wildcards taken as they stand.
fn pattern(search: &str) -> String {
    let escaped = search.to_lowercase().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    format!("%{escaped}%")
}

/// Every client, for the command line.
pub(super) async fn all(conn: &mut Conn) -> sqlx::Result<Vec<Client>> {
    let rows: Vec<Row> = query(concat!("SELECT ", columns!(), " FROM clients ORDER BY lower(name), id")).all(conn).await?;
    rows.into_iter().map(Client::try_from).collect()
}

/// The allowed groups of every client, for the command line.
pub(super) async fn all_group_names(conn: &mut Conn) -> sqlx::Result<Vec<(ClientId, String)>> {
    query("SELECT cg.client_id, g.name FROM client_groups cg JOIN groups g ON g.id = cg.group_id ORDER BY g.name").all(conn).await
}

/// A secret as it is compared.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct KnownSecret {
    pub(super) secret_hash: TokenHash,
    pub(super) expires_at: Option<Timestamp>,
}

impl KnownSecret {
    pub(super) fn counts_at(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|expires_at| expires_at > now)
    }
}

/// The secrets, also those that have ended.
pub(super) async fn known_secrets(conn: &mut Conn, id: ClientId) -> sqlx::Result<Vec<KnownSecret>> {
    query("SELECT secret_hash, expires_at FROM client_secrets WHERE client_id = $1").bind(id).all(conn).await
}

pub(super) async fn secrets(conn: &mut Conn, id: ClientId) -> sqlx::Result<Vec<SecretLine>> {
    query("SELECT hint, name, created_at, expires_at, last_used_at FROM client_secrets WHERE client_id = $1 ORDER BY created_at, hint")
        .bind(id)
        .all(conn)
        .await
}

pub(super) async fn insert_secret(tx: &mut Tx, id: ClientId, hash: &TokenHash, line: &SecretLine) -> sqlx::Result<()> {
    query("INSERT INTO client_secrets (secret_hash, client_id, hint, created_at, name, expires_at) VALUES ($1, $2, $3, $4, $5, $6)")
        .bind(hash)
        .bind(id)
        .bind(&line.hint)
        .bind(line.created_at)
        .bind(&line.name)
        .bind(line.expires_at)
        .execute(tx)
        .await
        .map(|_| ())
}

/// Notes when a secret was used, unless a use after `before` is noted already.
pub(super) async fn note_use(tx: &mut Tx, hash: &TokenHash, at: Timestamp, before: Timestamp) -> sqlx::Result<()> {
    query("UPDATE client_secrets SET last_used_at = $2 WHERE secret_hash = $1 AND (last_used_at IS NULL OR last_used_at <= $3)")
        .bind(hash)
        .bind(at)
        .bind(before)
        .execute(tx)
        .await
        .map(|_| ())
}

pub(super) async fn delete_secret(tx: &mut Tx, id: ClientId, hint: &str) -> sqlx::Result<bool> {
    Ok(query("DELETE FROM client_secrets WHERE client_id = $1 AND hint = $2").bind(id).bind(hint).execute(tx).await? > 0)
}

pub(super) async fn delete_secrets(tx: &mut Tx, id: ClientId) -> sqlx::Result<u64> {
    query("DELETE FROM client_secrets WHERE client_id = $1").bind(id).execute(tx).await
}

/// Forgets what people agreed to. The rows belong to `oidc`, which stands above this slice; but a client cannot change where its answers go and keep them.
pub(super) async fn delete_consents(tx: &mut Tx, id: ClientId) -> sqlx::Result<u64> {
    query("DELETE FROM consents WHERE client_id = $1").bind(id).execute(tx).await
}

pub(super) async fn admits(conn: &mut Conn, client: ClientId, user: UserId) -> sqlx::Result<bool> {
    let row: Option<(i64,)> = query(
        "SELECT CAST(1 AS BIGINT) FROM client_groups cg JOIN groups g ON g.id = cg.group_id JOIN group_members m ON m.group_id = g.id
         WHERE cg.client_id = $1 AND m.user_id = $2 AND g.removed_at IS NULL LIMIT 1",
    )
    .bind(client)
    .bind(user)
    .optional(conn)
    .await?;
    Ok(row.is_some())
}

pub(super) async fn groups(conn: &mut Conn, id: ClientId) -> sqlx::Result<Vec<GroupLine>> {
    query(
        "SELECT g.id, g.name, g.display_name, g.removed_at FROM client_groups cg JOIN groups g ON g.id = cg.group_id
         WHERE cg.client_id = $1 ORDER BY g.name, g.id",
    )
    .bind(id)
    .all(conn)
    .await
}

/// Groups a client is not open to yet whose name fits the search.
pub(super) async fn other_groups(conn: &mut Conn, id: ClientId, search: &str, limit: i64) -> sqlx::Result<Vec<GroupLine>> {
    query(
        "SELECT g.id, g.name, g.display_name, g.removed_at FROM groups g
         WHERE g.removed_at IS NULL AND (g.name_key LIKE $2 ESCAPE '\\' OR lower(g.display_name) LIKE $2 ESCAPE '\\')
           AND NOT EXISTS (SELECT 1 FROM client_groups cg WHERE cg.client_id = $1 AND cg.group_id = g.id)
         ORDER BY g.name_key LIMIT $3",
    )
    .bind(id)
    .bind(pattern(search))
    .bind(limit)
    .all(conn)
    .await
}

/// The groups of these names (in their key form) that are there.
pub(super) async fn groups_by_key(conn: &mut Conn, keys: &[String]) -> sqlx::Result<Vec<(String, GroupId)>> {
    query_list("SELECT name_key, id FROM groups WHERE removed_at IS NULL AND name_key IN ({list})", keys.iter().map(Into::into)).all(conn).await
}

/// `false` when there is no such client or group, or it is open to that group already.
pub(super) async fn insert_group(tx: &mut Tx, id: ClientId, group: GroupId) -> sqlx::Result<bool> {
    let inserted = query(
        "INSERT INTO client_groups (client_id, group_id)
         SELECT c.id, g.id FROM clients c, groups g WHERE c.id = $1 AND g.id = $2 AND g.removed_at IS NULL ON CONFLICT DO NOTHING",
    )
    .bind(id)
    .bind(group)
    .execute(tx)
    .await?;
    Ok(inserted == 1)
}

pub(super) async fn delete_group(tx: &mut Tx, id: ClientId, group: GroupId) -> sqlx::Result<bool> {
    Ok(query("DELETE FROM client_groups WHERE client_id = $1 AND group_id = $2").bind(id).bind(group).execute(tx).await? == 1)
}

pub(super) async fn delete_groups(tx: &mut Tx, id: ClientId) -> sqlx::Result<u64> {
    query("DELETE FROM client_groups WHERE client_id = $1").bind(id).execute(tx).await
}

#[derive(sqlx::FromRow)]
struct OpenToRow {
    id: ClientId,
    name: String,
    initiate_login_uri: String,
    policy: String,
    logo: String,
}

/// The clients this person may use, by name; as [`admits`], for all of them but those a stranger registered: they would stand among the apps of the house, with an
/// address of their choice.
pub(super) async fn open_to(conn: &mut Conn, user: UserId) -> sqlx::Result<Vec<OpenTo>> {
    let rows: Vec<OpenToRow> = query(
        "SELECT c.id, c.name, c.initiate_login_uri, c.policy, c.logo FROM clients c
         WHERE (NOT c.restricted
            OR EXISTS (SELECT 1 FROM client_groups cg JOIN groups g ON g.id = cg.group_id JOIN group_members m ON m.group_id = g.id
                       WHERE cg.client_id = c.id AND m.user_id = $1 AND g.removed_at IS NULL))
           AND c.out_of_service_at IS NULL
           AND NOT EXISTS (SELECT 1 FROM registered_clients r WHERE r.client_id = c.id)
           AND NOT EXISTS (SELECT 1 FROM client_documents d WHERE d.client_id = c.id)
         ORDER BY lower(c.name), c.id LIMIT 1000",
    )
    .bind(user)
    .all(conn)
    .await?;
    let read = |row: OpenToRow| {
        let policies: Policies = serde_json::from_str(&row.policy).map_err(|error| sqlx::Error::Decode(error.into()))?;
        let OpenToRow { id, name, initiate_login_uri, logo, .. } = row;
        Ok(OpenTo { id, name, launch_url: policies.presentation.launch_url, initiate_login_uri, logo })
    };
    rows.into_iter().map(read).collect()
}

/// The last part of a logo's address; empty when the client has none.
pub(super) async fn logo(conn: &mut Conn, id: ClientId) -> sqlx::Result<String> {
    let row: Option<(String,)> = query("SELECT logo FROM clients WHERE id = $1").bind(id).optional(conn).await?;
    Ok(row.map(|(logo,)| logo).unwrap_or_default())
}

pub(super) async fn put_logo(tx: &mut Tx, id: ClientId, logo: &Picture, now: Timestamp) -> sqlx::Result<()> {
    query(
        "INSERT INTO client_logos (client_id, media_type, bytes, updated_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (client_id) DO UPDATE SET media_type = excluded.media_type, bytes = excluded.bytes, updated_at = excluded.updated_at",
    )
    .bind(id)
    .bind(logo.media_type)
    .bind(logo.bytes.clone())
    .bind(now)
    .execute(tx)
    .await?;
    query("UPDATE clients SET logo = $2, updated_at = $3 WHERE id = $1").bind(id).bind(logo.name()).bind(now).execute(tx).await.map(|_| ())
}

/// Whether there was one.
pub(super) async fn remove_logo(tx: &mut Tx, id: ClientId) -> sqlx::Result<bool> {
    query("UPDATE clients SET logo = '' WHERE id = $1").bind(id).execute(tx).await?;
    Ok(query("DELETE FROM client_logos WHERE client_id = $1").bind(id).execute(tx).await? == 1)
}

pub(super) async fn read_logo(conn: &mut Conn, id: ClientId, name: &str) -> sqlx::Result<Option<(String, Vec<u8>)>> {
    query("SELECT l.media_type, l.bytes FROM clients c JOIN client_logos l ON l.client_id = c.id WHERE c.id = $1 AND c.logo = $2 AND c.logo <> ''")
        .bind(id)
        .bind(name)
        .optional(conn)
        .await
}
