//! The history of runs as its pages show it: lists by outcome, and what belongs to one run besides its row in [`runs`](super::runs).

use super::super::course::{Course, StageTime};
use super::super::plan::Changes;
use super::super::report::{Counts, Outcome, Trigger};
use crate::clock::Timestamp;
use crate::db::{Conn, Tx, query};
use crate::id::{SyncRunId, UserId};

/// A line of the history.
#[derive(Clone, Debug)]
pub struct Line {
    /// The run.
    pub id: SyncRunId,
    /// What made it start.
    pub started_by: Trigger,
    /// Who asked for it; empty when nobody did.
    pub asked_by: String,
    /// When it started.
    pub started_at: Timestamp,
    /// When it ended; `None` while it goes on.
    pub finished_at: Option<Timestamp>,
    /// How it ended; `None` while it goes on.
    pub outcome: Option<Outcome>,
    /// What it changed, or would have changed.
    pub counts: Counts,
    /// Whether an administrator confirmed it.
    pub is_confirmed: bool,
    /// Whether an administrator decided against it.
    pub is_discarded: bool,
}

#[derive(sqlx::FromRow)]
struct LineRow {
    id: SyncRunId,
    started_by: String,
    asked_by_name: String,
    started_at: Timestamp,
    finished_at: Option<Timestamp>,
    outcome: Option<String>,
    counts: String,
    confirmed_at: Option<Timestamp>,
    discarded_at: Option<Timestamp>,
}

/// The runs of a directory with an outcome (`running` for those that go on, empty for all), newest first.
pub(in super::super) async fn lines(conn: &mut Conn, directory: &str, outcome: &str, limit: i64, offset: i64) -> sqlx::Result<Vec<Line>> {
    let rows: Vec<LineRow> = query(
        "SELECT id, started_by, asked_by_name, started_at, finished_at, outcome, counts, confirmed_at, discarded_at
         FROM sync_runs WHERE directory = $1 AND ($2 = '' OR COALESCE(outcome, 'running') = $2)
         ORDER BY started_at DESC, id DESC LIMIT $3 OFFSET $4",
    )
    .bind(directory)
    .bind(outcome)
    .bind(limit)
    .bind(offset)
    .all(conn)
    .await?;
    let line = |row: LineRow| Line {
        id: row.id,
        started_by: Trigger::from_stored(&row.started_by).unwrap_or(Trigger::Schedule),
        asked_by: row.asked_by_name,
        started_at: row.started_at,
        finished_at: row.finished_at,
        outcome: row.outcome.as_deref().and_then(Outcome::from_stored),
        counts: serde_json::from_str(&row.counts).unwrap_or_default(),
        is_confirmed: row.confirmed_at.is_some(),
        is_discarded: row.discarded_at.is_some(),
    };
    Ok(rows.into_iter().map(line).collect())
}

/// How many [`lines`] there are.
pub(in super::super) async fn count(conn: &mut Conn, directory: &str, outcome: &str) -> sqlx::Result<i64> {
    let (count,): (i64,) = query("SELECT COUNT(*) FROM sync_runs WHERE directory = $1 AND ($2 = '' OR COALESCE(outcome, 'running') = $2)")
        .bind(directory)
        .bind(outcome)
        .one(conn)
        .await?;
    Ok(count)
}

/// Notes who asked for a run.
pub(in super::super) async fn asked_by(tx: &mut Tx, id: SyncRunId, who: Option<UserId>, name: &str) -> sqlx::Result<()> {
    query("UPDATE sync_runs SET asked_by = $2, asked_by_name = $3 WHERE id = $1").bind(id).bind(who).bind(name).execute(tx).await.map(|_| ())
}

/// Notes which way a run took.
pub(in super::super) async fn course(tx: &mut Tx, id: SyncRunId, course: &Course) -> sqlx::Result<()> {
    let stages = serde_json::to_string(&course.stages).expect("invariant: stages are plain structs");
    query("UPDATE sync_runs SET server = $2, phases = $3 WHERE id = $1").bind(id).bind(&course.server).bind(stages).execute(tx).await.map(|_| ())
}

/// What a run's page shows besides its row.
#[derive(Clone, Debug, Default)]
pub struct Detail {
    /// Who asked for it, when it was a person who is known here.
    pub asked_by: Option<UserId>,
    /// What they were called then; empty when nobody asked.
    pub asked_by_name: String,
    /// The server that answered; empty when none did.
    pub server: String,
    /// Where its time went.
    pub stages: Vec<StageTime>,
    /// Who decided about it when it was held back; empty when nobody did, or they are gone.
    pub decided_by: String,
    /// Entry by entry.
    pub changes: Changes,
}

#[derive(sqlx::FromRow)]
struct DetailRow {
    asked_by: Option<UserId>,
    asked_by_name: String,
    server: String,
    phases: String,
    decided_by: Option<String>,
    changes: String,
    changes_total: i64,
}

/// What a run's page shows besides its row.
pub(in super::super) async fn detail(conn: &mut Conn, id: SyncRunId) -> sqlx::Result<Detail> {
    let row: Option<DetailRow> = query(
        "SELECT r.asked_by, r.asked_by_name, r.server, r.phases, u.username AS decided_by, r.changes, r.changes_total
         FROM sync_runs r LEFT JOIN users u ON u.id = COALESCE(r.confirmed_by, r.discarded_by) WHERE r.id = $1",
    )
    .bind(id)
    .optional(conn)
    .await?;
    Ok(row.map_or_else(Detail::default, |row| Detail {
        asked_by: row.asked_by,
        asked_by_name: row.asked_by_name,
        server: row.server,
        stages: serde_json::from_str(&row.phases).unwrap_or_default(),
        decided_by: row.decided_by.unwrap_or_default(),
        changes: changes(&row.changes, row.changes_total),
    }))
}

/// Reads stored changes.
pub(super) fn changes(list: &str, total: i64) -> Changes {
    Changes { list: serde_json::from_str(list).unwrap_or_default(), total: usize::try_from(total).unwrap_or_default() }
}

/// When the last run ended that read the whole directory and agreed with what it read, and how the last such run went: for warnings and metrics. Changes that
/// are followed meanwhile tell nothing about the rest, so they do not count.
#[derive(Clone, Debug, Default)]
pub struct LastRuns {
    /// When the last good one ended.
    pub good_at: Option<Timestamp>,
    /// When the first of all began, for those that never had a good one.
    pub first_at: Option<Timestamp>,
    /// When the last one that ended began and ended.
    pub last: Option<(Timestamp, Timestamp)>,
    /// How it ended.
    pub outcome: Option<Outcome>,
}

/// [`LastRuns`] of a directory.
pub(in super::super) async fn last_runs(conn: &mut Conn, directory: &str) -> sqlx::Result<LastRuns> {
    let (good_at, first_at): (Option<Timestamp>, Option<Timestamp>) = query(
        "SELECT (SELECT MAX(finished_at) FROM sync_runs WHERE directory = $1 AND started_by <> 'follow' AND outcome IN ('applied', 'unchanged')),
                (SELECT MIN(started_at) FROM sync_runs WHERE directory = $1 AND started_by <> 'follow')",
    )
    .bind(directory)
    .one(&mut *conn)
    .await?;
    let last: Option<(Timestamp, Option<Timestamp>, Option<String>)> = query(
        "SELECT started_at, finished_at, outcome FROM sync_runs WHERE directory = $1 AND started_by <> 'follow' AND outcome IS NOT NULL
         ORDER BY started_at DESC, id DESC LIMIT 1",
    )
    .bind(directory)
    .optional(conn)
    .await?;
    let outcome = last.as_ref().and_then(|(_, _, outcome)| Outcome::from_stored(outcome.as_deref()?));
    Ok(LastRuns { good_at, first_at, last: last.and_then(|(from, to, _)| Some((from, to?))), outcome })
}
