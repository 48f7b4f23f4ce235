//! Sync runs as they are remembered.

use std::time::Duration;

use super::super::model::Problem;
use super::super::plan::{Changes, PlanDigest};
use super::super::report::{Outcome, Progress, Run, SyncReport, Trigger};
use crate::clock::Timestamp;
use crate::db::{Conn, Tx, query};
use crate::id::{SyncRunId, UserId};

#[derive(sqlx::FromRow)]
struct RunRow {
    id: SyncRunId,
    started_by: String,
    started_at: Timestamp,
    finished_at: Option<Timestamp>,
    outcome: Option<String>,
    progress: String,
    counts: String,
    held_because: Option<String>,
    held_until: Option<Timestamp>,
    confirmed_at: Option<Timestamp>,
    discarded_at: Option<Timestamp>,
}

impl From<RunRow> for Run {
    fn from(row: RunRow) -> Self {
        Self {
            id: row.id,
            started_by: Trigger::from_stored(&row.started_by).unwrap_or(Trigger::Schedule),
            started_at: row.started_at,
            finished_at: row.finished_at,
            progress: serde_json::from_str(&row.progress).ok().filter(|_| row.outcome.is_none()),
            outcome: row.outcome.as_deref().and_then(Outcome::from_stored),
            counts: serde_json::from_str(&row.counts).unwrap_or_default(),
            held_because: row.held_because,
            held_until: row.held_until,
            confirmed_at: row.confirmed_at,
            discarded_at: row.discarded_at,
        }
    }
}

/// Notes that a run has started.
pub(in super::super) async fn start(tx: &mut Tx, id: SyncRunId, directory: &str, by: Trigger, now: Timestamp) -> sqlx::Result<()> {
    query("INSERT INTO sync_runs (id, directory, started_by, started_at, counts, problems) VALUES ($1, $2, $3, $4, '{}', '[]')")
        .bind(id)
        .bind(directory)
        .bind(by.as_str())
        .bind(now)
        .execute(tx)
        .await
        .map(|_| ())
}

/// Ends the runs nobody is carrying out any more; whoever calls holds the lease. `problems` is what they get to say.
pub(in super::super) async fn end_interrupted(tx: &mut Tx, directory: &str, problems: &[Problem], now: Timestamp) -> sqlx::Result<u64> {
    query("UPDATE sync_runs SET outcome = $2, finished_at = $3, problems = $4 WHERE directory = $1 AND outcome IS NULL")
        .bind(directory)
        .bind(Outcome::Failed.as_str())
        .bind(now)
        .bind(json(problems))
        .execute(tx)
        .await
}

/// A plan that waits for an administrator.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Held {
    pub(in super::super) digest: PlanDigest,
    /// When it can be confirmed no longer.
    pub(in super::super) until: Timestamp,
}

/// Takes the row of a run away that came to nothing.
pub(in super::super) async fn remove(tx: &mut Tx, id: SyncRunId) -> sqlx::Result<()> {
    query("DELETE FROM sync_runs WHERE id = $1").bind(id).execute(tx).await.map(|_| ())
}

/// Notes how a run has ended.
pub(in super::super) async fn finish(tx: &mut Tx, report: &SyncReport, held: Option<Held>, now: Timestamp) -> sqlx::Result<()> {
    query(
        "UPDATE sync_runs SET outcome = $2, finished_at = $3, counts = $4, problems = $5, held_because = $6, held_digest = $7, held_until = $8,
                              changes = $9, changes_total = $10 WHERE id = $1",
    )
    .bind(report.run_id)
    .bind(report.outcome.as_str())
    .bind(now)
    .bind(json(&report.counts))
    .bind(json(&report.problems))
    .bind(report.held_because.clone())
    .bind(held.map(|held| held.digest.as_bytes().to_vec()))
    .bind(held.map(|held| held.until))
    .bind(json(&report.changes.list))
    .bind(i64::try_from(report.changes.total).unwrap_or(i64::MAX))
    .execute(tx)
    .await
    .map(|_| ())
}

/// Forgets runs that started before `before`, and of those that followed changes all but the newest [`FOLLOWED_KEPT`].
pub(in super::super) async fn forget(tx: &mut Tx, directory: &str, before: Timestamp) -> sqlx::Result<u64> {
    let old = query("DELETE FROM sync_runs WHERE directory = $1 AND started_at < $2").bind(directory).bind(before).execute(&mut *tx).await?;
    let many = query(
        "DELETE FROM sync_runs WHERE directory = $1 AND started_by = 'follow' AND started_at <
         (SELECT started_at FROM sync_runs WHERE directory = $1 AND started_by = 'follow' ORDER BY started_at DESC LIMIT 1 OFFSET $2)",
    )
    .bind(directory)
    .bind(FOLLOWED_KEPT)
    .execute(tx)
    .await?;
    Ok(old + many)
}

/// Forgets what runs listed that read everything and changed nothing, except for the newest [`LISTS_KEPT`]: such runs say the same hour by hour, each in up to
/// a megabyte.
pub(in super::super) async fn forget_lists(tx: &mut Tx, directory: &str) -> sqlx::Result<u64> {
    let said = [Problem { dn: String::new(), attribute: None, message: LISTS_GONE.to_owned() }];
    // Those before the twice as many newest have been through this.
    query(
        "UPDATE sync_runs SET problems = CASE WHEN problems = '[]' THEN problems ELSE $3 END, changes = '[]'
         WHERE directory = $1 AND started_by <> 'follow' AND outcome IN ('unchanged', 'held', 'failed')
           AND started_at < (SELECT started_at FROM sync_runs WHERE directory = $1 AND started_by <> 'follow' ORDER BY started_at DESC LIMIT 1 OFFSET $2)
           AND started_at >= COALESCE((SELECT started_at FROM sync_runs WHERE directory = $1 AND started_by <> 'follow'
                                       ORDER BY started_at DESC LIMIT 1 OFFSET $4), 0)",
    )
    .bind(directory)
    .bind(LISTS_KEPT - 1)
    .bind(json(&said[..]))
    .bind(LISTS_KEPT * 2)
    .execute(tx)
    .await
}

/// Runs that changed nothing whose lists are remembered, per directory.
const LISTS_KEPT: i64 = 200;
const LISTS_GONE: &str = "What there was to look at is kept for the latest 200 runs.";

/// Runs that followed changes, remembered per directory: a busy one has many.
const FOLLOWED_KEPT: i64 = 2_000;

/// Notes how far the run that is going on has come.
pub(in super::super) async fn progress(tx: &mut Tx, id: SyncRunId, progress: Progress) -> sqlx::Result<()> {
    query("UPDATE sync_runs SET progress = $2 WHERE id = $1 AND outcome IS NULL").bind(id).bind(json(&progress)).execute(tx).await.map(|_| ())
}

/// How far the clocks of instances may differ.
const CLOCKS_DIFFER_BY: Duration = Duration::from_secs(60);

/// The last run that read the whole directory, or tried to; also while it goes on. One that began later than `now` is none to go by: the clock was set back
/// since.
pub(in super::super) async fn latest_whole(conn: &mut Conn, directory: &str, now: Timestamp) -> sqlx::Result<Option<Run>> {
    let row: Option<RunRow> = query(
        "SELECT id, started_by, started_at, finished_at, outcome, progress, counts, held_because, held_until, confirmed_at, discarded_at
         FROM sync_runs WHERE directory = $1 AND started_by <> 'follow' AND started_at <= $2 ORDER BY started_at DESC, id DESC LIMIT 1",
    )
    .bind(directory)
    .bind(now + CLOCKS_DIFFER_BY)
    .optional(conn)
    .await?;
    Ok(row.map(Run::from))
}

/// When the last run ended that read the whole directory and agreed with what it read.
pub(in super::super) async fn last_agreed(conn: &mut Conn, directory: &str) -> sqlx::Result<Option<Timestamp>> {
    let row: Option<(Option<Timestamp>,)> = query(
        "SELECT finished_at FROM sync_runs WHERE directory = $1 AND started_by <> 'follow' AND outcome IN ('applied', 'unchanged')
         ORDER BY started_at DESC, id DESC LIMIT 1",
    )
    .bind(directory)
    .optional(conn)
    .await?;
    Ok(row.and_then(|(at,)| at))
}

/// The latest runs, newest first.
pub(in super::super) async fn latest(conn: &mut Conn, directory: &str, limit: i64) -> sqlx::Result<Vec<Run>> {
    let rows: Vec<RunRow> = query(
        "SELECT id, started_by, started_at, finished_at, outcome, progress, counts, held_because, held_until, confirmed_at, discarded_at
         FROM sync_runs WHERE directory = $1 ORDER BY started_at DESC, id DESC LIMIT $2",
    )
    .bind(directory)
    .bind(limit)
    .all(conn)
    .await?;
    Ok(rows.into_iter().map(Run::from).collect())
}

/// The latest run of every directory that has one.
pub(in super::super) async fn latest_of_each(conn: &mut Conn) -> sqlx::Result<Vec<(String, Run)>> {
    of_each(
        conn,
        "SELECT directory, id, started_by, started_at, finished_at, outcome, progress, counts, held_because, held_until, confirmed_at, discarded_at
         FROM sync_runs r WHERE outcome IS NOT NULL AND started_at = (SELECT MAX(started_at) FROM sync_runs WHERE directory = r.directory AND outcome IS NOT NULL)
         ORDER BY id",
    )
    .await
}

/// The directories for which somebody has to decide about a run; see [`waiting`].
pub(in super::super) async fn waiting_of_each(conn: &mut Conn) -> sqlx::Result<Vec<String>> {
    let runs = of_each(
        conn,
        "SELECT directory, id, started_by, started_at, finished_at, outcome, progress, counts, held_because, held_until, confirmed_at, discarded_at
         FROM sync_runs r WHERE outcome = 'held' AND confirmed_at IS NULL AND discarded_at IS NULL
           AND started_at = (SELECT MAX(started_at) FROM sync_runs WHERE directory = r.directory
                             AND started_by <> 'follow' AND outcome IN ('applied', 'unchanged', 'held'))",
    )
    .await?;
    Ok(runs.into_iter().map(|(directory, _)| directory).collect())
}

#[derive(sqlx::FromRow)]
struct RunOf {
    directory: String,
    #[sqlx(flatten)]
    run: RunRow,
}

async fn of_each(conn: &mut Conn, sql: &'static str) -> sqlx::Result<Vec<(String, Run)>> {
    let rows: Vec<RunOf> = query(sql).all(conn).await?;
    Ok(rows.into_iter().map(|row| (row.directory, Run::from(row.run))).collect())
}

/// One run.
pub(in super::super) async fn find(conn: &mut Conn, directory: &str, id: SyncRunId) -> sqlx::Result<Option<Run>> {
    let row: Option<RunRow> = query(
        "SELECT id, started_by, started_at, finished_at, outcome, progress, counts, held_because, held_until, confirmed_at, discarded_at
         FROM sync_runs WHERE directory = $1 AND id = $2",
    )
    .bind(directory)
    .bind(id)
    .optional(conn)
    .await?;
    Ok(row.map(Run::from))
}

/// What there was to say about a run.
pub(in super::super) async fn problems(conn: &mut Conn, id: SyncRunId) -> sqlx::Result<Vec<Problem>> {
    let row: Option<(String,)> = query("SELECT problems FROM sync_runs WHERE id = $1").bind(id).optional(conn).await?;
    Ok(row.and_then(|(problems,)| serde_json::from_str(&problems).ok()).unwrap_or_default())
}

/// What a run changed or would have changed: the first [`Changes::MAX`], and how many there are.
pub(in super::super) async fn changes(conn: &mut Conn, directory: &str, id: SyncRunId) -> sqlx::Result<Changes> {
    let row: Option<(String, i64)> =
        query("SELECT changes, changes_total FROM sync_runs WHERE directory = $1 AND id = $2").bind(directory).bind(id).optional(conn).await?;
    let (list, total) = row.unwrap_or_default();
    Ok(Changes { list: serde_json::from_str(&list).unwrap_or_default(), total: usize::try_from(total).unwrap_or_default() })
}

/// When the run that is going on started.
pub(in super::super) async fn running_since(conn: &mut Conn, directory: &str) -> sqlx::Result<Option<Timestamp>> {
    let row: Option<(Timestamp,)> =
        query("SELECT started_at FROM sync_runs WHERE directory = $1 AND outcome IS NULL ORDER BY started_at DESC LIMIT 1")
            .bind(directory)
            .optional(conn)
            .await?;
    Ok(row.map(|(at,)| at))
}

/// The run that waits for an administrator: the last one that read the directory to the end, when it was held back and nobody has decided about its plan.
pub(in super::super) async fn waiting(conn: &mut Conn, directory: &str) -> sqlx::Result<Option<Run>> {
    let row: Option<RunRow> = query(
        "SELECT id, started_by, started_at, finished_at, outcome, progress, counts, held_because, held_until, confirmed_at, discarded_at
         FROM sync_runs WHERE directory = $1 AND started_by <> 'follow' AND outcome IN ('applied', 'unchanged', 'held')
         ORDER BY started_at DESC, id DESC LIMIT 1",
    )
    .bind(directory)
    .optional(conn)
    .await?;
    Ok(row.map(Run::from).filter(|run| run.outcome == Some(Outcome::Held) && run.confirmed_at.is_none() && run.discarded_at.is_none()))
}

/// The plan of a held run nobody has decided about.
pub(in super::super) async fn held(conn: &mut Conn, directory: &str, id: SyncRunId) -> sqlx::Result<Option<Held>> {
    let row: Option<(Option<Vec<u8>>, Option<Timestamp>)> = query(
        "SELECT held_digest, held_until FROM sync_runs
         WHERE directory = $1 AND id = $2 AND outcome = 'held' AND confirmed_at IS NULL AND discarded_at IS NULL",
    )
    .bind(directory)
    .bind(id)
    .optional(conn)
    .await?;
    // Runs of a version that knew no end of the time to decide can be decided about still.
    Ok(row.and_then(|(digest, until)| {
        Some(Held { digest: PlanDigest::from_stored(&digest?)?, until: until.unwrap_or(Timestamp::from_millis(i64::MAX)) })
    }))
}

#[derive(sqlx::FromRow)]
struct Decision {
    held_digest: Option<Vec<u8>>,
    discarded_by: Option<UserId>,
    discarded_at: Option<Timestamp>,
}

/// Whether the run before this one was held back with the same plan, and who discarded that plan, if anyone.
pub(in super::super) async fn held_before(
    conn: &mut Conn,
    directory: &str,
    except: SyncRunId,
    digest: PlanDigest,
) -> sqlx::Result<Option<Option<(UserId, Timestamp)>>> {
    let before: Option<Decision> = query(
        "SELECT held_digest, discarded_by, discarded_at FROM sync_runs
         WHERE directory = $1 AND id <> $2 AND started_by <> 'follow' AND outcome IN ('applied', 'unchanged', 'held')
         ORDER BY started_at DESC, id DESC LIMIT 1",
    )
    .bind(directory)
    .bind(except)
    .optional(conn)
    .await?;
    let same = before.filter(|run| run.held_digest.as_deref() == Some(digest.as_bytes().as_slice()));
    Ok(same.map(|run| run.discarded_by.zip(run.discarded_at)))
}

/// Notes that a held run was confirmed; `false` when somebody has decided about it before.
pub(in super::super) async fn confirm(tx: &mut Tx, id: SyncRunId, by: Option<UserId>, now: Timestamp) -> sqlx::Result<bool> {
    decide(
        tx,
        "UPDATE sync_runs SET confirmed_by = $2, confirmed_at = $3 WHERE id = $1 AND confirmed_at IS NULL AND discarded_at IS NULL",
        id,
        by,
        now,
    )
    .await
}

/// Notes that an administrator decided against a held run; `false` when somebody has decided about it before.
pub(in super::super) async fn discard(tx: &mut Tx, id: SyncRunId, by: Option<UserId>, now: Timestamp) -> sqlx::Result<bool> {
    decide(
        tx,
        "UPDATE sync_runs SET discarded_by = $2, discarded_at = $3
         WHERE id = $1 AND outcome = 'held' AND confirmed_at IS NULL AND discarded_at IS NULL",
        id,
        by,
        now,
    )
    .await
}

async fn decide(tx: &mut Tx, sql: &'static str, id: SyncRunId, by: Option<UserId>, now: Timestamp) -> sqlx::Result<bool> {
    Ok(query(sql).bind(id).bind(by).bind(now).execute(tx).await? == 1)
}

/// How many people and groups are known from a directory and present there.
pub(in super::super) async fn known_counts(conn: &mut Conn, directory: &str) -> sqlx::Result<(i64, i64, i64)> {
    query(
        "SELECT (SELECT COUNT(*) FROM users WHERE directory = $1 AND directory_state = 'active'),
                (SELECT COUNT(*) FROM users WHERE directory = $1 AND directory_state <> 'active'),
                (SELECT COUNT(*) FROM groups WHERE directory = $1 AND removed_at IS NULL)",
    )
    .bind(directory)
    .one(conn)
    .await
}

fn json(value: &(impl serde::Serialize + ?Sized)) -> String {
    serde_json::to_string(value).expect("invariant: counts and problems are plain structs and texts")
}
