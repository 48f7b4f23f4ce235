//! The SQL of the audit log.

use super::Event;
use crate::clock::Timestamp;
use crate::db::{Conn, Tx, Value, add_rows, insert_rows, query};
use crate::id::{AuditEventId, UserId};

/// Which events to list. Pages are cut by the last line seen (`before`), so they cost the same however deep.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only events by or about this person.
    pub user: Option<UserId>,
    /// Only this kind (stored form).
    pub kind: Option<String>,
    /// Only events older than this one.
    pub before: Option<(Timestamp, AuditEventId)>,
    /// How many at most.
    pub limit: i64,
}

/// A line of the log as stored.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Line {
    /// The event.
    pub id: AuditEventId,
    /// When.
    pub at: Timestamp,
    /// What, in stored form.
    pub kind: String,
    /// Who, when a person did it.
    pub actor_id: Option<uuid::Uuid>,
    /// Who, by name.
    pub actor_name: String,
    /// To whom or what.
    pub subject_id: Option<uuid::Uuid>,
    /// To whom or what, by name.
    pub subject_name: String,
    /// From which address.
    pub client_ip: String,
    /// With which browser.
    pub user_agent: String,
    /// More, as a JSON object.
    pub detail: String,
}

/// More events than this at a time are many.
const FEW: usize = 50;

const COLUMNS: &str = "id, at, kind, actor_id, actor_name, subject_id, subject_name, client_ip, user_agent, detail";

pub(super) async fn insert(tx: &mut Tx, events: impl ExactSizeIterator<Item = (AuditEventId, Event)>) -> sqlx::Result<()> {
    // A deed has one or two, which are not worth the way of many.
    if events.len() > FEW {
        return insert_many(tx, events).await;
    }
    insert_rows(tx, &format!("INSERT INTO audit_events ({COLUMNS}) VALUES"), events.map(row), "").await.map(|_| ())
}

/// A first import has an event for each person.
pub(super) async fn insert_many(tx: &mut Tx, events: impl Iterator<Item = (AuditEventId, Event)>) -> sqlx::Result<()> {
    add_rows(tx, "audit_events", COLUMNS, events.map(row)).await.map(|_| ())
}

fn row((id, event): (AuditEventId, Event)) -> [Value; 10] {
    [
        id.into(),
        event.at.into(),
        event.kind.as_str().into(),
        event.actor.id.into(),
        event.actor.name.into(),
        event.subject_id.into(),
        event.subject_name.into(),
        event.client.ip_text().into(),
        event.client.user_agent.into(),
        serde_json::Value::Object(event.detail).to_string().into(),
    ]
}

pub(super) async fn list(conn: &mut Conn, filter: &Filter) -> sqlx::Result<Vec<Line>> {
    let (before_at, before_id) = filter.before.map_or((Timestamp::from_millis(i64::MAX), None), |(at, id)| (at, Some(id)));
    // One text per filter rather than `OR $n IS NULL`, so that each uses its index.
    let sql = match (filter.user.is_some(), filter.kind.is_some()) {
        (false, false) => {
            "SELECT id, at, kind, actor_id, actor_name, subject_id, subject_name, client_ip, user_agent, detail FROM audit_events
             WHERE (at < $1 OR (at = $1 AND id < $2)) ORDER BY at DESC, id DESC LIMIT $3"
        }
        (false, true) => {
            "SELECT id, at, kind, actor_id, actor_name, subject_id, subject_name, client_ip, user_agent, detail FROM audit_events
             WHERE (at < $1 OR (at = $1 AND id < $2)) AND kind = $4 ORDER BY at DESC, id DESC LIMIT $3"
        }
        (true, false) => {
            "SELECT id, at, kind, actor_id, actor_name, subject_id, subject_name, client_ip, user_agent, detail FROM audit_events
             WHERE (at < $1 OR (at = $1 AND id < $2)) AND (actor_id = $4 OR subject_id = $4) ORDER BY at DESC, id DESC LIMIT $3"
        }
        (true, true) => {
            "SELECT id, at, kind, actor_id, actor_name, subject_id, subject_name, client_ip, user_agent, detail FROM audit_events
             WHERE (at < $1 OR (at = $1 AND id < $2)) AND (actor_id = $4 OR subject_id = $4) AND kind = $5 ORDER BY at DESC, id DESC LIMIT $3"
        }
    };
    let mut q = query(sql).bind(before_at).bind(before_id).bind(filter.limit);
    if let Some(user) = filter.user {
        q = q.bind(user);
    }
    if let Some(kind) = &filter.kind {
        q = q.bind(kind);
    }
    q.all(conn).await
}

/// What somebody did themselves to something that is not a person. Their deeds as an administrator, and the names in them, are not among these.
macro_rules! own_deeds {
    () => {
        "kind IN ('authorized', 'authorization_revoked')"
    };
}

pub(super) async fn about(conn: &mut Conn, user: UserId, before: Option<(Timestamp, AuditEventId)>, limit: i64) -> sqlx::Result<Vec<Line>> {
    let (before_at, before_id) = before.map_or((Timestamp::from_millis(i64::MAX), None), |(at, id)| (at, Some(id)));
    // Each half follows its index and reads no more than a page.
    query(concat!(
        "SELECT * FROM (SELECT id, at, kind, actor_id, actor_name, subject_id, subject_name, client_ip, user_agent, detail FROM audit_events
                        WHERE subject_id = $1 AND (at < $2 OR (at = $2 AND id < $3)) ORDER BY at DESC, id DESC LIMIT $4) AS happened
         UNION ALL
         SELECT * FROM (SELECT id, at, kind, actor_id, actor_name, subject_id, subject_name, client_ip, user_agent, detail FROM audit_events
                        WHERE actor_id = $1 AND ",
        own_deeds!(),
        " AND (at < $2 OR (at = $2 AND id < $3)) ORDER BY at DESC, id DESC LIMIT $4) AS did
         ORDER BY at DESC, id DESC LIMIT $4"
    ))
    .bind(user)
    .bind(before_at)
    .bind(before_id)
    .bind(limit)
    .all(conn)
    .await
}

pub(super) async fn find_about(conn: &mut Conn, user: UserId, id: AuditEventId) -> sqlx::Result<Option<Line>> {
    query(concat!(
        "SELECT id, at, kind, actor_id, actor_name, subject_id, subject_name, client_ip, user_agent, detail FROM audit_events
         WHERE id = $1 AND (subject_id = $2 OR (actor_id = $2 AND ",
        own_deeds!(),
        "))"
    ))
    .bind(id)
    .bind(user)
    .optional(conn)
    .await
}

pub(super) async fn delete_before(tx: &mut Tx, before: Timestamp) -> sqlx::Result<u64> {
    query("DELETE FROM audit_events WHERE at < $1").bind(before).execute(tx).await
}
