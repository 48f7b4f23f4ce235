//! The apps that took part in a session, and that each of them that wants to is told when it ends (OpenID Connect Back-Channel Logout 1.0, section 2.4).
//!
//! The notice is written in the transaction that ends the session: neither a crash nor an app that is down loses it. `oidc::back_channel` sends it.

use std::sync::LazyLock;

use tokio::sync::watch;

use crate::app::App;
use crate::clients::{self, LogoutWishes};
use crate::clock::Timestamp;
use crate::db::{Signal, Tx, Value, insert_rows, query, query_list};
use crate::id::{ClientId, LogoutNoticeId, SessionId, UserId};

/// Raised when notices were written: whoever sends them need not wait until they look again. One for the whole process, because it says no more than that.
pub static NOTICES_WRITTEN: Signal = LazyLock::new(|| watch::Sender::new(0));

/// How many sessions or people one statement names.
const IDS: usize = 500;

/// An app that took part in a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
struct TookPart {
    session_id: Option<SessionId>,
    client_id: ClientId,
    user_id: UserId,
}

/// Notes that an app is given something in a session. The caller commits.
///
/// # Errors
/// When the database refuses.
pub async fn take_part(tx: &mut Tx, session: SessionId, user: UserId, client: ClientId, now: Timestamp) -> sqlx::Result<()> {
    query("INSERT INTO session_apps (session_id, client_id, user_id, since) VALUES ($1, $2, $3, $4) ON CONFLICT (session_id, client_id) DO NOTHING")
        .bind(session)
        .bind(client)
        .bind(user)
        .bind(now)
        .execute(tx)
        .await
        .map(|_| ())
}

/// Tells the apps of one session of a person; gives those that want to be told in the browser too (OpenID Connect Front-Channel Logout 1.0).
pub(super) async fn of_session(tx: &mut Tx, user: UserId, session: SessionId, now: Timestamp) -> sqlx::Result<Vec<ClientId>> {
    let ended: Vec<TookPart> = query("DELETE FROM session_apps WHERE session_id = $1 AND user_id = $2 RETURNING session_id, client_id, user_id")
        .bind(session)
        .bind(user)
        .all(tx)
        .await?;
    if ended.is_empty() {
        return Ok(Vec::new());
    }
    let wishes = clients::logout_wishes(tx).await?;
    write(tx, &ended, &wishes, now).await?;
    Ok(ended.iter().map(|app| app.client_id).filter(|client| wishes.wants_front_channel(*client)).collect())
}

/// Tells the apps of every session of these people but one, and those that have something of them without a session (devices) when everything ends.
pub(super) async fn of_people(tx: &mut Tx, users: &[UserId], except: Option<SessionId>, now: Timestamp) -> sqlx::Result<()> {
    let wishes = clients::logout_wishes(tx).await?;
    for chunk in users.chunks(IDS) {
        let list = || chunk.iter().map(|id| Value::from(*id));
        let sql = "DELETE FROM session_apps WHERE user_id IN ({list}) AND session_id <> {1} RETURNING session_id, client_id, user_id";
        let mut ended: Vec<TookPart> = query_list(sql, list()).bind(except.map_or(uuid::Uuid::nil(), SessionId::uuid)).all(tx).await?;
        if except.is_none() && wishes.any_back_channel() {
            let sql =
                "SELECT DISTINCT session_id, client_id, user_id FROM grants WHERE user_id IN ({list}) AND session_id IS NULL AND revoked_at IS NULL";
            ended.extend(query_list(sql, list()).all::<TookPart>(tx).await?);
        }
        write(tx, &ended, &wishes, now).await?;
    }
    Ok(())
}

/// Tells the apps of sessions that are gone.
async fn of_gone(tx: &mut Tx, sessions: &[SessionId], now: Timestamp) -> sqlx::Result<()> {
    let wishes = clients::logout_wishes(tx).await?;
    for chunk in sessions.chunks(IDS) {
        let sql = "DELETE FROM session_apps WHERE session_id IN ({list}) RETURNING session_id, client_id, user_id";
        let ended: Vec<TookPart> = query_list(sql, chunk.iter().map(|id| Value::from(*id))).all(tx).await?;
        write(tx, &ended, &wishes, now).await?;
    }
    Ok(())
}

async fn write(tx: &mut Tx, ended: &[TookPart], wishes: &LogoutWishes, now: Timestamp) -> sqlx::Result<()> {
    let rows: Vec<[Value; 7]> = ended
        .iter()
        .filter(|app| wishes.wants_back_channel(app.client_id, app.session_id.is_some()))
        .map(|app| -> [Value; 7] {
            let id = LogoutNoticeId::new();
            [id.into(), app.client_id.into(), app.user_id.into(), app.session_id.into(), now.into(), now.into(), 0_i64.into()]
        })
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    let insert = "INSERT INTO logout_notices (id, client_id, user_id, session_id, created_at, due_at, attempts) VALUES";
    insert_rows(tx, insert, rows, "").await?;
    tx.announce(&NOTICES_WRITTEN);
    Ok(())
}

/// Deletes sessions that have run out, or whose person may no longer come in, a batch at a time, and tells their apps; gives how many.
pub(super) async fn sweep(app: &App, now: Timestamp, idle_since: Timestamp) -> anyhow::Result<u64> {
    let mut swept = 0;
    loop {
        let mut tx = app.db.begin().await?;
        let ended = super::store::delete_expired(&mut tx, now, idle_since).await?;
        of_gone(&mut tx, &ended, now).await?;
        tx.commit().await?;
        swept += u64::try_from(ended.len()).unwrap_or(u64::MAX);
        if ended.is_empty() {
            break;
        }
    }
    tell_of_orphans(app, now).await?;
    Ok(swept)
}

/// What is left of sessions nobody has any more, however they went: the net under everything else. Someone who proves anew who they are has no row for a
/// moment, so this looks twice.
async fn tell_of_orphans(app: &App, now: Timestamp) -> anyhow::Result<()> {
    const ORPHANS: &str =
        "SELECT DISTINCT a.session_id FROM session_apps a WHERE NOT EXISTS (SELECT 1 FROM sessions s WHERE s.id = a.session_id) LIMIT 10000";
    let first: Vec<(SessionId,)> = query(ORPHANS).all(&mut app.db.read().await?).await?;
    if first.is_empty() {
        return Ok(());
    }
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    let mut tx = app.db.begin().await?;
    let second: Vec<(SessionId,)> = query(ORPHANS).all(&mut tx).await?;
    let gone: Vec<SessionId> = second.into_iter().filter(|orphan| first.contains(orphan)).map(|(session,)| session).collect();
    of_gone(&mut tx, &gone, now).await?;
    Ok(tx.commit().await?)
}
