//! The SQL of sessions. Every statement that reads a session for use also asks whether its person may still come in.

use super::Method;
use crate::authenticators::policies_of_person;
use crate::clock::Timestamp;
use crate::db::{Conn, Tx, Value, query, query_list, query_per_engine};
use crate::id::{NewBrowserId, SessionId, UserId};
use crate::secret::TokenHash;
use crate::users::User;

/// A session as listed.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Line {
    /// What to call it.
    pub id: SessionId,
    /// When it was started.
    pub created_at: Timestamp,
    /// When it was last used, to the minute.
    pub last_seen_at: Timestamp,
    /// From which address it was started.
    pub client_ip: String,
    /// With which browser.
    pub user_agent: String,
    /// What tower-sessions keeps.
    state: String,
}

impl Line {
    /// How it was started; `None` for a row nobody can read.
    pub fn method(&self) -> Option<Method> {
        super::method_of(&self.state)
    }
}

#[derive(sqlx::FromRow)]
pub(super) struct Live {
    pub(super) state: String,
    pub(super) last_seen_at: Timestamp,
    pub(super) expires_at: Timestamp,
}

pub(super) struct New<'a> {
    pub(super) token_hash: &'a TokenHash,
    pub(super) id: SessionId,
    pub(super) user: UserId,
    pub(super) state: &'a str,
    pub(super) created_at: Timestamp,
    pub(super) expires_at: Timestamp,
    pub(super) client_ip: &'a str,
    pub(super) user_agent: &'a str,
    pub(super) device: &'a str,
    pub(super) kept: bool,
}

/// `false` when the token is taken already.
pub(super) async fn insert(tx: &mut Tx, new: New<'_>) -> sqlx::Result<bool> {
    let inserted = query(
        "INSERT INTO sessions (token_hash, id, user_id, state, created_at, last_seen_at, expires_at, client_ip, user_agent, device, kept)
         VALUES ($1, $2, $3, $4, $5, $5, $6, $7, $8, $9, $10) ON CONFLICT (token_hash) DO NOTHING",
    )
    .bind(new.token_hash)
    .bind(new.id)
    .bind(new.user)
    .bind(new.state)
    .bind(new.created_at)
    .bind(new.expires_at)
    .bind(new.client_ip)
    .bind(new.user_agent)
    .bind(new.device)
    .bind(new.kept)
    .execute(tx)
    .await?;
    Ok(inserted == 1)
}

pub(super) async fn update_state(tx: &mut Tx, token_hash: &TokenHash, state: &str) -> sqlx::Result<()> {
    query("UPDATE sessions SET state = $2 WHERE token_hash = $1").bind(token_hash).bind(state).execute(tx).await.map(|_| ())
}

pub(super) async fn find_live(conn: &mut Conn, token_hash: &TokenHash, now: Timestamp, idle_since: Timestamp) -> sqlx::Result<Option<Live>> {
    query(
        "SELECT s.state, s.last_seen_at, s.expires_at FROM sessions s JOIN users u ON u.id = s.user_id
         WHERE s.token_hash = $1 AND s.expires_at > $2 AND (s.last_seen_at > $3 OR s.kept) AND s.created_at > u.access_void_until
           AND u.blocked_at IS NULL AND COALESCE(u.directory_state, 'active') = 'active'",
    )
    .bind(token_hash)
    .bind(now)
    .bind(idle_since)
    .optional(conn)
    .await
}

/// Whose session it is, as they are now, and the passkey policies that apply to them.
#[derive(sqlx::FromRow)]
pub(super) struct Holder {
    #[sqlx(flatten)]
    pub(super) user: User,
    /// See [`crate::authenticators::Applying::read`].
    pub(super) passkey_policies: String,
}

macro_rules! find_holder {
    ($engine:ident) => {
        concat!(
            "SELECT u.id, u.user_handle, u.username, u.email, u.email_verified, u.first_name, u.last_name, u.display_name, u.phone, u.local_admin,
                    u.directory_admin, u.directory, u.entry_id, u.entry_dn, u.directory_state, u.directory_state_at, u.blocked_at, u.access_void_until,
                    u.created_at, u.updated_at, u.last_sign_in_at, u.locale, u.language, u.directory_attributes, u.picture, ",
            policies_of_person!($engine),
            " FROM users u WHERE u.id = $1"
        )
    };
}

/// The holder of a session, with one question for both, because every page asks it.
pub(super) async fn find_holder(conn: &mut Conn, user: UserId) -> sqlx::Result<Option<Holder>> {
    query_per_engine(find_holder!(sqlite), find_holder!(postgres)).bind(user).optional(conn).await
}

/// Whether a person has a passkey. The rows belong to `passkeys`, which stands above this slice; but a session for the first passkey must not outlive it.
pub(super) async fn has_passkey(conn: &mut Conn, user: UserId) -> sqlx::Result<bool> {
    let (count,): (i64,) = query("SELECT COUNT(*) FROM (SELECT 1 FROM passkeys WHERE user_id = $1 LIMIT 1) AS p").bind(user).one(conn).await?;
    Ok(count == 1)
}

pub(super) async fn touch(tx: &mut Tx, token_hash: &TokenHash, now: Timestamp) -> sqlx::Result<()> {
    query("UPDATE sessions SET last_seen_at = $2 WHERE token_hash = $1").bind(token_hash).bind(now).execute(tx).await.map(|_| ())
}

pub(super) async fn touch_by_id(tx: &mut Tx, id: SessionId, now: Timestamp) -> sqlx::Result<()> {
    query("UPDATE sessions SET last_seen_at = $2 WHERE id = $1 AND last_seen_at < $2").bind(id).bind(now).execute(tx).await.map(|_| ())
}

pub(super) async fn delete_by_token(tx: &mut Tx, token_hash: &TokenHash) -> sqlx::Result<()> {
    query("DELETE FROM sessions WHERE token_hash = $1").bind(token_hash).execute(tx).await.map(|_| ())
}

pub(super) async fn of_user(conn: &mut Conn, user: UserId, now: Timestamp, idle_since: Timestamp) -> sqlx::Result<Vec<Line>> {
    query(
        "SELECT s.id, s.created_at, s.last_seen_at, s.client_ip, s.user_agent, s.state FROM sessions s JOIN users u ON u.id = s.user_id
         WHERE s.user_id = $1 AND s.expires_at > $2 AND (s.last_seen_at > $3 OR s.kept) AND s.created_at > u.access_void_until
         ORDER BY s.last_seen_at DESC LIMIT 200",
    )
    .bind(user)
    .bind(now)
    .bind(idle_since)
    .all(conn)
    .await
}

pub(super) async fn delete(tx: &mut Tx, user: UserId, session: SessionId) -> sqlx::Result<bool> {
    Ok(query("DELETE FROM sessions WHERE user_id = $1 AND id = $2").bind(user).bind(session).execute(tx).await? == 1)
}

/// Revokes what apps were given in a session. The rows belong to `oidc`, which stands above this slice; but a session cannot end without them, or whoever
/// signs out because a browser was stolen would leave the thief with tokens.
pub(super) async fn revoke_grants(tx: &mut Tx, user: UserId, session: SessionId, now: Timestamp) -> sqlx::Result<u64> {
    query("UPDATE grants SET revoked_at = $3, revoked_because = 'session ended' WHERE user_id = $1 AND session_id = $2 AND revoked_at IS NULL")
        .bind(user)
        .bind(session)
        .bind(now)
        .execute(tx)
        .await
}

/// [`revoke_grants`] at a plain sign-out: what an app may do while the person is away stays, as OpenID Connect Back-Channel Logout 1.0, section 2.7 wants it.
pub(super) async fn revoke_online_grants(tx: &mut Tx, user: UserId, session: SessionId, now: Timestamp) -> sqlx::Result<u64> {
    query(
        "UPDATE grants SET revoked_at = $3, revoked_because = 'signed out'
         WHERE user_id = $1 AND session_id = $2 AND revoked_at IS NULL AND ' ' || scopes || ' ' NOT LIKE '% offline_access %'",
    )
    .bind(user)
    .bind(session)
    .bind(now)
    .execute(tx)
    .await
}

/// [`revoke_grants`] for every session of a person but one, while the others are still there.
pub(super) async fn revoke_grants_of_others(tx: &mut Tx, user: UserId, except: SessionId, now: Timestamp) -> sqlx::Result<u64> {
    query(
        "UPDATE grants SET revoked_at = $3, revoked_because = 'session ended' WHERE revoked_at IS NULL
           AND session_id IN (SELECT s.id FROM sessions s WHERE s.user_id = $1 AND s.id <> $2)",
    )
    .bind(user)
    .bind(except)
    .bind(now)
    .execute(tx)
    .await
}

pub(super) async fn delete_all(tx: &mut Tx, users: &[UserId], except: Option<SessionId>) -> sqlx::Result<u64> {
    let mut deleted = 0;
    for chunk in users.chunks(500) {
        deleted += query_list("DELETE FROM sessions WHERE user_id IN ({list}) AND id <> {1}", chunk.iter().map(|id| Value::from(*id)))
            .bind(except.map_or(uuid::Uuid::nil(), SessionId::uuid))
            .execute(tx)
            .await?;
    }
    Ok(deleted)
}

/// Deletes sessions that have run out and those of people who may no longer come in, a batch at a time; gives which.
pub(super) async fn delete_expired(tx: &mut Tx, now: Timestamp, idle_since: Timestamp) -> sqlx::Result<Vec<SessionId>> {
    let rows: Vec<(SessionId,)> = query(
        "DELETE FROM sessions WHERE token_hash IN (
             SELECT token_hash FROM sessions WHERE expires_at <= $1 OR (last_seen_at <= $2 AND NOT kept)
             UNION SELECT s.token_hash FROM sessions s JOIN users u ON u.id = s.user_id
                   WHERE s.created_at <= u.access_void_until OR u.blocked_at IS NOT NULL OR u.directory_state <> 'active'
             LIMIT 1000)
         RETURNING id",
    )
    .bind(now)
    .bind(idle_since)
    .all(tx)
    .await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// A form that waits for a proof.
#[derive(sqlx::FromRow)]
pub(super) struct HeldForm {
    pub(super) session_id: SessionId,
    pub(super) path: String,
    pub(super) body: String,
    pub(super) back_to: String,
    pub(super) expires_at: Timestamp,
}

pub(super) async fn insert_form(tx: &mut Tx, token_hash: &TokenHash, user: UserId, form: &HeldForm, now: Timestamp) -> sqlx::Result<()> {
    query(
        "INSERT INTO held_forms (token_hash, session_id, user_id, path, body, back_to, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(token_hash)
    .bind(form.session_id)
    .bind(user)
    .bind(&form.path)
    .bind(&form.body)
    .bind(&form.back_to)
    .bind(now)
    .bind(form.expires_at)
    .execute(tx)
    .await
    .map(|_| ())
}

pub(super) async fn find_form(conn: &mut Conn, token_hash: &TokenHash) -> sqlx::Result<Option<HeldForm>> {
    query("SELECT session_id, path, body, back_to, expires_at FROM held_forms WHERE token_hash = $1").bind(token_hash).optional(conn).await
}

/// Whoever gets the row is the only one who does.
pub(super) async fn take_form(tx: &mut Tx, token_hash: &TokenHash) -> sqlx::Result<Option<HeldForm>> {
    query("DELETE FROM held_forms WHERE token_hash = $1 RETURNING session_id, path, body, back_to, expires_at").bind(token_hash).optional(tx).await
}

/// Leaves a session its newest forms.
pub(super) async fn delete_oldest_forms(tx: &mut Tx, session: SessionId, kept: i64) -> sqlx::Result<u64> {
    query(
        "DELETE FROM held_forms WHERE session_id = $1 AND token_hash NOT IN
             (SELECT token_hash FROM held_forms WHERE session_id = $1 ORDER BY created_at DESC LIMIT $2)",
    )
    .bind(session)
    .bind(kept)
    .execute(tx)
    .await
}

pub(super) async fn delete_expired_forms(tx: &mut Tx, now: Timestamp) -> sqlx::Result<u64> {
    query("DELETE FROM held_forms WHERE expires_at <= $1").bind(now).execute(tx).await
}

/// A browser of a person.
pub(super) struct Device<'a> {
    pub(super) user: UserId,
    pub(super) device: &'a str,
    pub(super) browser: &'a str,
}

/// Whether this browser is known for this person, and whether any is.
pub(super) async fn knows_device(tx: &mut Tx, device: &Device<'_>) -> sqlx::Result<(bool, bool)> {
    let (same, any): (i64, i64) =
        query("SELECT COALESCE(SUM(CASE WHEN device = $2 AND browser = $3 THEN 1 ELSE 0 END), 0), COUNT(*) FROM devices WHERE user_id = $1")
            .bind(device.user)
            .bind(device.device)
            .bind(device.browser)
            .one(tx)
            .await?;
    Ok((same > 0, any > 0))
}

pub(super) async fn note_device(tx: &mut Tx, device: &Device<'_>, now: Timestamp) -> sqlx::Result<()> {
    query(
        "INSERT INTO devices (user_id, device, browser, first_seen_at, last_seen_at) VALUES ($1, $2, $3, $4, $4)
         ON CONFLICT (user_id, device, browser) DO UPDATE SET last_seen_at = excluded.last_seen_at",
    )
    .bind(device.user)
    .bind(device.device)
    .bind(device.browser)
    .bind(now)
    .execute(tx)
    .await
    .map(|_| ())
}

pub(super) async fn delete_oldest_devices(tx: &mut Tx, user: UserId, kept: i64) -> sqlx::Result<u64> {
    query(
        "DELETE FROM devices WHERE user_id = $1 AND last_seen_at <
             (SELECT MIN(last_seen_at) FROM (SELECT last_seen_at FROM devices WHERE user_id = $1 ORDER BY last_seen_at DESC LIMIT $2) AS newest)",
    )
    .bind(user)
    .bind(kept)
    .execute(tx)
    .await
}

pub(super) async fn forget_device(tx: &mut Tx, user: UserId, device: &str) -> sqlx::Result<u64> {
    query("DELETE FROM devices WHERE user_id = $1 AND device = $2").bind(user).bind(device).execute(tx).await
}

/// A sign-in with a browser never seen for its person.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct NewBrowser {
    /// What to call it.
    pub id: NewBrowserId,
    /// The hash of its cookie.
    pub(super) device: String,
    /// Its kind, for people.
    pub browser: String,
    /// From which address.
    pub client_ip: String,
    /// When.
    pub at: Timestamp,
}

pub(super) async fn insert_new_browser(tx: &mut Tx, user: UserId, new: &NewBrowser) -> sqlx::Result<()> {
    query("INSERT INTO new_browsers (id, user_id, device, browser, client_ip, at) VALUES ($1, $2, $3, $4, $5, $6)")
        .bind(new.id)
        .bind(user)
        .bind(&new.device)
        .bind(&new.browser)
        .bind(&new.client_ip)
        .bind(new.at)
        .execute(tx)
        .await
        .map(|_| ())
}

/// What nobody has answered about, as far as a browser that was known before may answer.
pub(super) async fn unanswered(conn: &mut Conn, user: UserId, device: &str, since: Timestamp) -> sqlx::Result<Vec<NewBrowser>> {
    query(
        "SELECT n.id, n.device, n.browser, n.client_ip, n.at FROM new_browsers n
         WHERE n.user_id = $1 AND n.answered_at IS NULL AND n.at > $3 AND n.device <> $2
           AND EXISTS (SELECT 1 FROM devices d WHERE d.user_id = $1 AND d.device = $2 AND d.first_seen_at < n.at)
         ORDER BY n.at DESC, n.id DESC LIMIT 5",
    )
    .bind(user)
    .bind(device)
    .bind(since)
    .all(conn)
    .await
}

pub(super) async fn answer_new_browser(tx: &mut Tx, user: UserId, id: NewBrowserId, now: Timestamp) -> sqlx::Result<u64> {
    query("UPDATE new_browsers SET answered_at = $3 WHERE user_id = $1 AND id = $2").bind(user).bind(id).bind(now).execute(tx).await
}

/// The sessions of a person in one browser.
pub(super) async fn of_device(tx: &mut Tx, user: UserId, device: &str) -> sqlx::Result<Vec<SessionId>> {
    let rows: Vec<(SessionId,)> = query("SELECT id FROM sessions WHERE user_id = $1 AND device = $2").bind(user).bind(device).all(tx).await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

pub(super) async fn delete_old_devices(tx: &mut Tx, unused_since: Timestamp, asked_before: Timestamp) -> sqlx::Result<()> {
    query("DELETE FROM devices WHERE last_seen_at < $1").bind(unused_since).execute(tx).await?;
    query("DELETE FROM new_browsers WHERE at < $1").bind(asked_before).execute(tx).await?;
    Ok(())
}

/// Whether anybody has signed in with this browser.
pub(super) async fn is_device(conn: &mut Conn, device: &str) -> sqlx::Result<bool> {
    let row: Option<(i64,)> = query("SELECT CAST(1 AS BIGINT) FROM devices WHERE device = $1 LIMIT 1").bind(device).optional(conn).await?;
    Ok(row.is_some())
}

/// A browser somebody is known with.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct KnownBrowser {
    /// Its kind, such as `Chrome on Linux`.
    pub browser: String,
    /// When they first signed in with it.
    pub first_seen_at: Timestamp,
    /// When they last did.
    pub last_seen_at: Timestamp,
}

pub(super) async fn devices_of_user(conn: &mut Conn, user: UserId, limit: i64) -> sqlx::Result<Vec<KnownBrowser>> {
    query("SELECT browser, first_seen_at, last_seen_at FROM devices WHERE user_id = $1 ORDER BY last_seen_at DESC, device LIMIT $2")
        .bind(user)
        .bind(limit)
        .all(conn)
        .await
}
