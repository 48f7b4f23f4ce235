//! Opening the database: where it is, how it is tuned, and bringing its tables up to date.

use std::borrow::Cow;
use std::str::FromStr;
use std::time::Duration;

use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, SqlSafeStr as _};

use super::checkpoint::Checkpoints;
use super::{Db, Engine, Pool, limits, writer::Writer};

/// How long a caller waits for a connection, and SQLite for another process's lock.
const WAIT_MAX: Duration = Duration::from_secs(10);

/// The migrations, oldest first: version, name, SQL in PostgreSQL's type names. Append-only; a released one never changes.
pub const MIGRATIONS: &[(i64, &str, &str)] = &[
    (1, "foundation", include_str!("../../migrations/0001_foundation.sql")),
    (2, "people", include_str!("../../migrations/0002_people.sql")),
    (3, "sign in", include_str!("../../migrations/0003_sign_in.sql")),
    (4, "directory", include_str!("../../migrations/0004_directory.sql")),
    (5, "openid", include_str!("../../migrations/0005_openid.sql")),
    (6, "directories", include_str!("../../migrations/0006_directories.sql")),
    (7, "directory plan", include_str!("../../migrations/0007_directory_plan.sql")),
    (8, "following", include_str!("../../migrations/0008_following.sql")),
    (9, "directory pages", include_str!("../../migrations/0009_directory_pages.sql")),
    (10, "directory passwords", include_str!("../../migrations/0010_directory_passwords.sql")),
    (11, "pictures", include_str!("../../migrations/0011_pictures.sql")),
    (13, "openid core", include_str!("../../migrations/0013_openid_core.sql")),
    (14, "client policy", include_str!("../../migrations/0014_client_policy.sql")),
    (15, "client authentication", include_str!("../../migrations/0015_client_authentication.sql")),
    (16, "tokens", include_str!("../../migrations/0016_tokens.sql")),
    (17, "logout", include_str!("../../migrations/0017_logout.sql")),
    (18, "registration", include_str!("../../migrations/0018_registration.sql")),
    (19, "client logos", include_str!("../../migrations/0019_client_logos.sql")),
    (20, "client errors", include_str!("../../migrations/0020_client_errors.sql")),
    (23, "people search", include_str!("../../migrations/0023_people_search.sql")),
    (24, "held forms", include_str!("../../migrations/0024_held_forms.sql")),
    (25, "devices", include_str!("../../migrations/0025_devices.sql")),
    (27, "recovery codes", include_str!("../../migrations/0027_recovery_codes.sql")),
    (28, "ways in", include_str!("../../migrations/0028_ways_in.sql")),
    (29, "sign-in problems", include_str!("../../migrations/0029_sign_in_problems.sql")),
    (30, "other device", include_str!("../../migrations/0030_other_device.sql")),
    (35, "registrations revision", include_str!("../../migrations/0035_registrations_revision.sql")),
    (38, "mail", include_str!("../../migrations/0038_mail.sql")),
    (39, "sign up", include_str!("../../migrations/0039_sign_up.sql")),
    (40, "own account", include_str!("../../migrations/0040_own_account.sql")),
    (41, "at risk", include_str!("../../migrations/0041_at_risk.sql")),
    (44, "passkey policies", include_str!("../../migrations/0044_passkey_policies.sql")),
    (45, "limits in force", include_str!("../../migrations/0045_limits_in_force.sql")),
    (47, "languages", include_str!("../../migrations/0047_languages.sql")),
    (48, "audit actor index", include_str!("../../migrations/0048_audit_actor_index.sql")),
    (51, "memberships by statement", include_str!("../../migrations/0051_memberships_by_statement.sql")),
    (54, "grants passkey model", include_str!("../../migrations/0054_grants_passkey_model.sql")),
    (56, "directory lookups", include_str!("../../migrations/0056_directory_lookups.sql")),
];

/// Why the database could not be opened; each reads as one sentence for the administrator.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// `DB_CONNECTION_STRING` is neither `sqlite://…` nor `postgres://…`.
    #[error("DB_CONNECTION_STRING must start with sqlite:// or postgres://; see the README for examples")]
    UnknownScheme,
    /// The folder of the SQLite file could not be made.
    #[error("the folder {folder} for the database cannot be created: {source}")]
    Folder {
        /// The folder.
        folder: String,
        /// Why not.
        source: std::io::Error,
    },
    /// The SQLite file could not be made.
    #[error("the database {file} cannot be created: {source}")]
    File {
        /// The file.
        file: String,
        /// Why not.
        source: std::io::Error,
    },
    /// A newer Muster has been here.
    #[error(
        "the database was last used by a newer Muster (its schema has step {found}, this binary knows {known}); \
         start the newer version again, or restore a backup made before the upgrade"
    )]
    Newer {
        /// The newest step applied to the database.
        found: i64,
        /// The newest step this binary knows.
        known: i64,
    },
    /// A migration that was applied reads differently now.
    #[error("step {0} of the database's schema is not the one this Muster ships; the binary was changed after a release")]
    Altered(i64),
    /// A migration failed and was undone.
    #[error("the database could not be brought up to date, and was left as it was: {0}")]
    Migration(#[source] MigrateError),
    /// The database cannot be reached or opened.
    #[error("the database cannot be opened: {0}")]
    Connect(#[from] sqlx::Error),
}

/// Opens the database at `connection_string`, makes missing folders, and applies missing migrations.
///
/// # Errors
/// See [`OpenError`]; nothing is half applied: each migration is one transaction.
pub async fn open(connection_string: &str) -> Result<Db, OpenError> {
    if connection_string.starts_with("postgres://") || connection_string.starts_with("postgresql://") {
        let options = PgConnectOptions::from_str(connection_string)?.application_name("muster");
        let pool = PgPoolOptions::new()
            .max_connections(16)
            .acquire_timeout(WAIT_MAX)
            .after_connect(|connection, _| Box::pin(limits::set(connection)))
            .connect_with(options.clone())
            .await;
        let pool = match pool {
            // The pool says only that it waited; one more try says for what.
            Err(sqlx::Error::PoolTimedOut) => match tokio::time::timeout(Duration::from_secs(3), options.connect()).await {
                Ok(Err(reason)) => return Err(reason.into()),
                Ok(Ok(_)) | Err(_) => return Err(sqlx::Error::PoolTimedOut.into()),
            },
            pool => pool?,
        };
        // On a connection of its own, without limits: they may take long, and wait for those of another instance.
        let mut connection = options.connect().await?;
        limits::lift(&mut connection).await?;
        explain(migrator(Engine::Postgres).run(&mut connection).await)?;
        connection.close().await?;
        return Ok(Db::Postgres(Pool::new(pool)));
    }
    let Some(file) = connection_string.strip_prefix("sqlite://") else { return Err(OpenError::UnknownScheme) };
    let file = file.split('?').next().unwrap_or(file);
    let folder = std::path::Path::new(file).parent().filter(|folder| !folder.as_os_str().is_empty());
    if let Some(folder) = folder {
        std::fs::create_dir_all(folder).map_err(|source| OpenError::Folder { folder: folder.display().to_string(), source })?;
    }
    create_private(file).map_err(|source| OpenError::File { file: file.to_owned(), source })?;
    let options = SqliteConnectOptions::new()
        .filename(file)
        .journal_mode(SqliteJournalMode::Wal)
        // An acknowledged write survives power loss; the writer's group commit pays for it.
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(WAIT_MAX)
        .foreign_keys(true)
        .statement_cache_capacity(256)
        // Rows come from a thread of SQLite's own: of large answers, many at a time, or the two wait for each other all the while.
        .row_buffer_size(1_000)
        .pragma("journal_size_limit", "67108864")
        // The file is read, not mapped: what is mapped counts as the process's memory, and a sync reads all of it.
        .pragma("cache_size", "-4000")
        // What SQLite puts aside, such as what a large statement may have to undo, goes beside the database: in a container with a read-only root nothing else
        // can be written to, and it would refuse the statement.
        .pragma("temp_store_directory", in_quotes(folder.unwrap_or(std::path::Path::new("."))));
    // A large import touches every index of a table all over.
    let writing = options.clone().pragma("cache_size", "-16000").pragma("wal_autocheckpoint", "0");
    let mut connection = patiently(async || writing.clone().connect().await).await?;
    let migrator = migrator(Engine::Sqlite);
    let mut migrated = migrator.run(&mut connection).await;
    // SQLite has no lock around the whole run. Where a step fails because another process that starts at the same moment was faster, that process has
    // come at least one step further; so there is nothing to lose in more rounds than there are steps.
    for _ in MIGRATIONS {
        match &migrated {
            Err(MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _)) => {
                tracing::debug!(%error, "a step of the schema failed; looking again");
                migrated = migrator.run(&mut connection).await;
            }
            _ => break,
        }
    }
    explain(migrated)?;
    let options = options.pragma("query_only", "true");
    let read = patiently(async || SqlitePoolOptions::new().max_connections(4).acquire_timeout(WAIT_MAX).connect_with(options.clone()).await).await?;
    let checkpoints = patiently(async || Checkpoints::start(&writing).await).await?;
    Ok(Db::Sqlite { read: Pool::new(read), writer: Writer::new(connection, Some(checkpoints)) })
}

/// Tries again while another process switches the file to its write-ahead log or, as the last one to leave, takes the log away: SQLite refuses at once
/// then, whatever its busy time-out says.
async fn patiently<T>(open: impl AsyncFn() -> Result<T, sqlx::Error>) -> Result<T, sqlx::Error> {
    const BUSY: &str = "5";
    let deadline = tokio::time::Instant::now() + WAIT_MAX;
    loop {
        match open().await {
            Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some(BUSY) && tokio::time::Instant::now() < deadline => {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            result => return result,
        }
    }
}

/// A path as SQL text.
fn in_quotes(path: &std::path::Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', "''"))
}

/// Makes a missing database file that nobody else can read; SQLite gives its write-ahead log the same rights.
fn create_private(file: &str) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file).map(|_| ())
}

fn migrator(engine: Engine) -> Migrator {
    let migrations = MIGRATIONS
        .iter()
        .map(|(version, name, sql)| {
            let sql = match engine {
                Engine::Sqlite => AssertSqlSafe(for_sqlite(sql)).into_sql_str(),
                Engine::Postgres if sql.contains(FOR_ONE_ENGINE) => AssertSqlSafe(without_lines_for(sql, "sqlite")).into_sql_str(),
                Engine::Postgres => sql.into_sql_str(),
            };
            Migration::new(*version, Cow::Borrowed(name), MigrationType::Simple, sql, false)
        })
        .collect();
    Migrator::with_migrations(migrations)
}

/// Where a migration says which engine the lines that follow are for: `-- for sqlite:`, `-- for postgres:`, and `-- for both:` again.
const FOR_ONE_ENGINE: &str = "-- for ";

/// The lines of a migration that are not for `other` alone.
fn without_lines_for(sql: &str, other: &str) -> String {
    let (mut kept, mut is_kept) = (String::with_capacity(sql.len()), true);
    for line in sql.lines() {
        if let Some(engine) = line.strip_prefix(FOR_ONE_ENGINE).and_then(|line| line.strip_suffix(':')) {
            is_kept = engine != other;
        } else if is_kept {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    kept
}

/// Writes PostgreSQL's type names as SQLite's, and makes each table strict so that SQLite checks the types too. SQLite's indexes include nothing besides
/// what they are ordered by.
fn for_sqlite(sql: &str) -> String {
    let mut translated = String::with_capacity(sql.len() + 256);
    for line in without_lines_for(sql, "postgres").lines() {
        if line.trim_start().starts_with("--") {
            continue;
        }
        let mut line = line.to_owned();
        for (postgres, sqlite) in [(" UUID", " BLOB"), (" BYTEA", " BLOB"), (" BOOLEAN", " INTEGER"), (" BIGINT", " INTEGER")] {
            line = line.replace(postgres, sqlite);
        }
        if let Some((before, _)) = line.split_once(" INCLUDE (") {
            line = format!("{before};");
        }
        translated.push_str(if line == ");" { ") STRICT;" } else { &line });
        translated.push('\n');
    }
    translated
}

fn explain(result: Result<(), MigrateError>) -> Result<(), OpenError> {
    match result {
        Ok(()) => Ok(()),
        Err(MigrateError::VersionMissing(found)) => Err(OpenError::Newer { found, known: MIGRATIONS.last().map_or(0, |(version, _, _)| *version) }),
        Err(MigrateError::VersionMismatch(version)) => Err(OpenError::Altered(version)),
        Err(error) => Err(OpenError::Migration(error)),
    }
}
