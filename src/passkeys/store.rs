//! The SQL of passkeys and ceremonies.

use uuid::Uuid;

use super::model::{Ceremony, Passkey, Purpose};
use crate::clock::Timestamp;
use crate::db::{Conn, Tx, query, query_per_engine};
use crate::id::{PasskeyId, SessionId, UserId};
use crate::secret::TokenHash;
use crate::web::Client;

pub(super) struct NewCeremony<'a> {
    pub(super) token_hash: &'a TokenHash,
    pub(super) purpose: Purpose,
    pub(super) browser_hash: &'a TokenHash,
    pub(super) user: Option<UserId>,
    pub(super) state: &'a str,
    pub(super) challenge: &'a str,
    pub(super) created_at: Timestamp,
    pub(super) expires_at: Timestamp,
}

pub(super) async fn insert_ceremony(tx: &mut Tx, new: NewCeremony<'_>) -> sqlx::Result<()> {
    query(
        "INSERT INTO ceremonies (token_hash, purpose, browser_hash, user_id, state, challenge, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(new.token_hash)
    .bind(new.purpose.as_str())
    .bind(new.browser_hash)
    .bind(new.user)
    .bind(new.state)
    .bind(new.challenge)
    .bind(new.created_at)
    .bind(new.expires_at)
    .execute(tx)
    .await
    .map(|_| ())
}

/// Whoever gets the row is the only one who does.
pub(super) async fn take_ceremony(tx: &mut Tx, token_hash: &TokenHash) -> sqlx::Result<Option<Ceremony>> {
    query("DELETE FROM ceremonies WHERE token_hash = $1 RETURNING purpose, browser_hash, user_id, state, challenge, expires_at")
        .bind(token_hash)
        .optional(tx)
        .await
}

pub(super) async fn delete_expired_ceremonies(tx: &mut Tx, now: Timestamp) -> sqlx::Result<u64> {
    query("DELETE FROM ceremonies WHERE expires_at <= $1").bind(now).execute(tx).await
}

pub(super) async fn of_user(conn: &mut Conn, user: UserId) -> sqlx::Result<Vec<Passkey>> {
    query(
        "SELECT id, user_id, credential_id, credential, name, aaguid, attested, transports, attachment, backup_eligible, backup_state, sign_count, created_at,
                created_user_agent, last_used_at, last_used_ip, last_used_user_agent, use_count
         FROM passkeys WHERE user_id = $1 ORDER BY created_at, id",
    )
    .bind(user)
    .all(conn)
    .await
}

pub(super) async fn has_any(conn: &mut Conn, user: UserId) -> sqlx::Result<bool> {
    let (count,): (i64,) = query("SELECT COUNT(*) FROM (SELECT 1 FROM passkeys WHERE user_id = $1 LIMIT 1) AS p").bind(user).one(conn).await?;
    Ok(count == 1)
}

pub(super) async fn find_by_credential_id(conn: &mut Conn, credential_id: &[u8]) -> sqlx::Result<Option<Passkey>> {
    query(
        "SELECT id, user_id, credential_id, credential, name, aaguid, attested, transports, attachment, backup_eligible, backup_state, sign_count, created_at,
                created_user_agent, last_used_at, last_used_ip, last_used_user_agent, use_count
         FROM passkeys WHERE credential_id = $1",
    )
    .bind(credential_id)
    .optional(conn)
    .await
}

/// `false` when the credential id is taken, by whomever.
pub(super) async fn insert(tx: &mut Tx, passkey: &Passkey) -> sqlx::Result<bool> {
    let inserted = query(
        "INSERT INTO passkeys (id, user_id, credential_id, credential, name, aaguid, transports, attachment, backup_eligible, backup_state, sign_count,
                               created_at, created_user_agent, last_used_at, last_used_ip, last_used_user_agent, use_count, attested)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18) ON CONFLICT (credential_id) DO NOTHING",
    )
    .bind(passkey.id)
    .bind(passkey.user_id)
    .bind(passkey.credential_id.clone())
    .bind(&passkey.credential)
    .bind(&passkey.name)
    .bind(passkey.aaguid)
    .bind(&passkey.transports)
    .bind(passkey.attachment.clone())
    .bind(passkey.backup_eligible)
    .bind(passkey.backup_state)
    .bind(passkey.sign_count)
    .bind(passkey.created_at)
    .bind(&passkey.created_user_agent)
    .bind(passkey.last_used_at)
    .bind(&passkey.last_used_ip)
    .bind(&passkey.last_used_user_agent)
    .bind(passkey.use_count)
    .bind(passkey.attested)
    .execute(tx)
    .await?;
    Ok(inserted == 1)
}

pub(super) struct Use<'a> {
    pub(super) credential: &'a str,
    pub(super) backup_eligible: bool,
    pub(super) backup_state: bool,
    pub(super) sign_count: i64,
    pub(super) client: &'a Client,
}

/// Notes a use; `false` when the passkey was removed meanwhile, or another sign-in has used this counter (two at once with one answer's counter).
pub(super) async fn note_use(tx: &mut Tx, id: PasskeyId, used: Use<'_>, now: Timestamp) -> sqlx::Result<bool> {
    let noted = query(
        "UPDATE passkeys SET credential = $2, backup_eligible = $3, backup_state = $4, sign_count = $5, last_used_at = $6, last_used_ip = $7,
                             last_used_user_agent = $8, use_count = use_count + 1
         WHERE id = $1 AND (sign_count < $5 OR (sign_count = 0 AND $5 = 0))",
    )
    .bind(id)
    .bind(used.credential)
    .bind(used.backup_eligible)
    .bind(used.backup_state)
    .bind(used.sign_count)
    .bind(now)
    .bind(used.client.ip_text())
    .bind(&used.client.user_agent)
    .execute(tx)
    .await?;
    Ok(noted == 1)
}

pub(super) async fn rename(tx: &mut Tx, user: UserId, id: PasskeyId, name: &str) -> sqlx::Result<bool> {
    Ok(query("UPDATE passkeys SET name = $3 WHERE id = $1 AND user_id = $2").bind(id).bind(user).bind(name).execute(tx).await? == 1)
}

#[derive(sqlx::FromRow)]
pub(super) struct Named {
    pub(super) id: PasskeyId,
    pub(super) name: String,
    pub(super) backup_eligible: bool,
    pub(super) attested: bool,
    pub(super) aaguid: Option<Uuid>,
}

/// A person's passkeys, kept from other removals until the transaction ends, so that of two at once only one can see the last but one.
pub(super) async fn lock_of_user(tx: &mut Tx, user: UserId) -> sqlx::Result<Vec<Named>> {
    query_per_engine(
        "SELECT id, name, backup_eligible, attested, aaguid FROM passkeys WHERE user_id = $1 ORDER BY id",
        "SELECT id, name, backup_eligible, attested, aaguid FROM passkeys WHERE user_id = $1 ORDER BY id FOR UPDATE",
    )
    .bind(user)
    .all(tx)
    .await
}

/// Keeps a person and their session as they are until the transaction ends, so that of two passkeys added at once the second sees the first, and none
/// outlives the moment somebody is put out. `false` when that moment has passed: the session is gone, or the person may not come in.
pub(super) async fn lock_person(tx: &mut Tx, user: UserId, session: SessionId) -> sqlx::Result<bool> {
    let row: Option<(UserId,)> = query_per_engine(
        "SELECT u.id FROM users u JOIN sessions s ON s.user_id = u.id
         WHERE u.id = $1 AND s.id = $2 AND s.created_at > u.access_void_until AND u.blocked_at IS NULL AND COALESCE(u.directory_state, 'active') = 'active'",
        "SELECT u.id FROM users u JOIN sessions s ON s.user_id = u.id
         WHERE u.id = $1 AND s.id = $2 AND s.created_at > u.access_void_until AND u.blocked_at IS NULL AND COALESCE(u.directory_state, 'active') = 'active'
         FOR UPDATE",
    )
    .bind(user)
    .bind(session)
    .optional(tx)
    .await?;
    Ok(row.is_some())
}

pub(super) async fn delete(tx: &mut Tx, user: UserId, id: PasskeyId) -> sqlx::Result<bool> {
    Ok(query("DELETE FROM passkeys WHERE id = $1 AND user_id = $2").bind(id).bind(user).execute(tx).await? == 1)
}

/// How many passkeys there are, and of how many people.
pub(super) async fn count(conn: &mut Conn) -> sqlx::Result<(i64, i64)> {
    query("SELECT COUNT(*), COUNT(DISTINCT user_id) FROM passkeys").one(conn).await
}

pub(super) async fn delete_all(tx: &mut Tx) -> sqlx::Result<u64> {
    query("DELETE FROM passkeys").execute(tx).await
}

pub(super) async fn any(conn: &mut Conn) -> sqlx::Result<bool> {
    let row: Option<(i64,)> = query("SELECT CAST(1 AS BIGINT) FROM passkeys LIMIT 1").optional(conn).await?;
    Ok(row.is_some())
}
