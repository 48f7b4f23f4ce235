//! The directory: people and groups come, read-only, from the LDAP server an organisation already has.
//!
//! A run goes one way: [`client::fetch`] reads everything into a [`model::Snapshot`] (network, no transaction open); [`plan::reconcile`] compares it with
//! what is known and makes a [`plan::Plan`] (pure; a preview stops here, and so does a run the guard holds back); the store applies the plan in one
//! transaction. Whatever goes wrong before the last step, nothing has changed.
//!
//! What holds for every run:
//! - A person is an entry id. Names and DNs are attributes: who is renamed or moved keeps the account and its passkeys, and who gets a name someone else
//!   had before gets a new account.
//! - Absence needs proof: every page arrived, the server said success, the answer was not empty, and not too many are gone ([`model::Guard`]).
//! - An entry with a mistake in it is reported and skipped, and counts as present.
//! - Nobody who belongs here by another way (a local account, another directory) is ever touched.
//! - Nobody is deleted (unless soft delete is off): who leaves is disabled, sessions and tokens are dead at once, and a return restores them.
//! - One run at a time, across instances and commands; a run that is killed leaves nothing half-applied.
//!
//! There is one directory for now, [`DEFAULT`]; the store takes its name everywhere.

pub mod admin;
pub mod attributes;
pub mod client;
pub mod config;
pub mod dn;
pub mod filter;
mod journal;
pub mod membership;
pub mod model;
pub mod plan;
pub mod report;
mod run;
pub mod settings;
mod store;
pub mod texts;

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Context as _;

pub use client::{Phase, Step, StepOutcome};
pub use report::{Outcome, Run, SyncReport, Trigger};
pub use run::{Order, SyncError, preview, sync, sync_if_due};
pub use texts::Texts;

use self::config::DirectoryConfig;
use self::model::Problem;
use self::settings::{BIND_PASSWORD, SettingError, URL};
use crate::app::App;
use crate::audit::{self, Kind};
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::id::SyncRunId;
use crate::sessions::AdminDeed;
use crate::settings::{Catalog as _, Changes, UpdateError, is_pinned, load, parse, write};
use crate::web::Mistakes;

/// The directory's name: what its people and groups carry as their source.
pub const DEFAULT: &str = "default";
/// Where its settings are stored.
pub const SCOPE: &str = "directory:default";
/// How long after a run began the next one begins by itself.
pub const INTERVAL: Duration = Duration::from_secs(3600);

/// The settings in force, unchecked: the environment before the database before the defaults.
///
/// # Errors
/// When the database cannot be read.
pub async fn texts(app: &App) -> anyhow::Result<Texts> {
    load(&app.db, &app.config, &app.sealer, SCOPE).await
}

/// The directory as configured, whether it is switched on or not; or what is wrong with its settings.
///
/// # Errors
/// When the database cannot be read.
pub async fn config(app: &App) -> anyhow::Result<Result<DirectoryConfig, Vec<SettingError>>> {
    Ok(texts(app).await?.read(DEFAULT))
}

/// How the directory stands: what its page begins with.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The run that is going on.
    pub running: Option<Run>,
    /// The last run that ended.
    pub last: Option<Run>,
    /// The run that waits for an administrator.
    pub waiting: Option<Run>,
    /// The latest runs, newest first.
    pub runs: Vec<Run>,
    /// When the next run begins by itself.
    pub next_at: Option<Timestamp>,
    /// People known from it who may sign in.
    pub active_users: i64,
    /// People known from it who may not.
    pub inactive_users: i64,
    /// Groups it has.
    pub groups: i64,
}

/// How many runs the page lists.
const RUNS_LISTED: i64 = 20;

/// How the directory stands.
///
/// # Errors
/// When the database cannot be read.
pub async fn standing(conn: &mut Conn) -> sqlx::Result<Standing> {
    let runs = store::runs::latest(conn, DEFAULT, RUNS_LISTED).await?;
    let (active_users, inactive_users, groups) = store::runs::known_counts(conn, DEFAULT).await?;
    Ok(Standing {
        running: runs.iter().find(|run| run.outcome.is_none()).cloned(),
        last: runs.iter().find(|run| run.outcome.is_some()).cloned(),
        waiting: store::runs::waiting(conn, DEFAULT).await?,
        next_at: runs.first().map(|run| run.started_at + INTERVAL),
        runs,
        active_users,
        inactive_users,
        groups,
    })
}

/// One run, with what there was to say about it.
///
/// # Errors
/// When the database cannot be read.
pub async fn find_run(conn: &mut Conn, id: SyncRunId) -> sqlx::Result<Option<(Run, Vec<Problem>)>> {
    match store::runs::find(conn, DEFAULT, id).await? {
        Some(run) => Ok(Some((run, store::runs::problems(conn, id).await?))),
        None => Ok(None),
    }
}

/// Decides against a run that was held back; its plan is not offered again. `false` when somebody had decided already.
///
/// # Errors
/// When the database refuses.
pub async fn discard(app: &App, deed: &AdminDeed, id: SyncRunId) -> sqlx::Result<bool> {
    let mut tx = app.db.begin().await?;
    if !store::runs::discard(&mut tx, id, Some(deed.admin.user.id), deed.now).await? {
        return Ok(false);
    }
    audit::record(&mut tx, deed.event(Kind::DirectorySyncHeld).on(id.uuid(), DEFAULT).with("discarded", true)).await?;
    tx.commit().await?;
    Ok(true)
}

/// Checks the connection step by step; see [`client::test()`].
///
/// # Errors
/// When the database cannot be read.
pub async fn test(app: &App) -> anyhow::Result<Result<Vec<Step>, Vec<SettingError>>> {
    Ok(match config(app).await? {
        Ok(config) => Ok(client::test(&config).await),
        Err(mistakes) => Err(mistakes),
    })
}

/// [`test()`] with what is typed in the form, giving up after `within`; tells also whether the form holds what is not saved.
///
/// # Errors
/// As [`change_settings`], except that nothing is written.
pub async fn test_typed(app: &App, form: &BTreeMap<String, String>, within: Duration) -> Result<(Vec<Step>, bool), UpdateError> {
    let (values, changes) = typed(app, form).await?;
    match values.read(DEFAULT) {
        Ok(mut config) => {
            config.connection.limits.run_within = within;
            Ok((client::test(&config).await, !changes.is_empty()))
        }
        Err(mistakes) => Err(UpdateError::Mistakes(as_mistakes(mistakes))),
    }
}

/// Saves what a submitted form changes; gives whether anything differed. In force from the next run on.
///
/// # Errors
/// [`UpdateError::Mistakes`] when a field cannot be used, or a new address would get a bind password that was entered for another server.
pub async fn change_settings(app: &App, deed: &AdminDeed, form: &BTreeMap<String, String>) -> Result<bool, UpdateError> {
    if app.config.ui_config_disabled {
        return Err(UpdateError::ReadOnly);
    }
    let (values, changes) = typed(app, form).await?;
    let mistakes = values.mistakes(DEFAULT);
    if !mistakes.is_empty() {
        return Err(UpdateError::Mistakes(as_mistakes(mistakes)));
    }
    if changes.is_empty() {
        return Ok(false);
    }
    let stored = async {
        let mut tx = app.db.begin().await?;
        write(&mut tx, &app.sealer, SCOPE, &changes, deed.now).await?;
        let event = deed.event(Kind::SettingsChanged).on(None, DEFAULT);
        audit::record(&mut tx, changes.for_audit().into_iter().fold(event, |event, (key, value)| event.with(&key, value))).await?;
        tx.commit().await
    };
    stored.await.context("storing the directory's settings")?;
    Ok(true)
}

/// A submitted form over the settings in force, and what it changes.
async fn typed(app: &App, form: &BTreeMap<String, String>) -> Result<(Texts, Changes), UpdateError> {
    let current = texts(app).await?;
    let (mut values, mut changes) = parse(&current, &app.config, form).map_err(|mistakes| UpdateError::Mistakes(mistakes.into()))?;
    let password = Texts::ENTRIES.iter().find(|entry| entry.key == BIND_PASSWORD.key);
    let password_is_pinned = password.is_some_and(|entry| is_pinned(&app.config, entry));
    let retyped = form.get(BIND_PASSWORD.key).is_some_and(|text| !text.is_empty()) && !password_is_pinned;
    if let Some(entry) = password.filter(|_| values.has_needless_password() && !retyped && !password_is_pinned) {
        // Who empties the bind DN wants to ask anonymously.
        values.forget_password();
        changes.also(entry, "");
    }
    if values.sends_password_elsewhere(&current, retyped) {
        let mut mistakes = Mistakes::default();
        if password_is_pinned {
            let sentence = format!(
                "The bind password comes from the environment ({}), so the address must be set there too ({}): nobody can send the password to another server from here.",
                BIND_PASSWORD.key, URL.key
            );
            mistakes.add(URL.key, sentence);
        } else {
            mistakes.add(
                BIND_PASSWORD.key,
                "Enter the bind password again: the address has changed, and the stored password was meant for the other server.",
            );
        }
        return Err(UpdateError::Mistakes(mistakes));
    }
    Ok((values, changes))
}

fn as_mistakes(errors: Vec<SettingError>) -> Mistakes {
    let mut mistakes = Mistakes::default();
    for SettingError { key, message } in errors {
        // Messages stand after a setting's name elsewhere; here they are a sentence of their own.
        let mut letters = message.chars();
        let sentence = letters.next().map(|first| first.to_uppercase().chain(letters).collect::<String>()).unwrap_or_default();
        mistakes.add(key, format!("{sentence}."));
    }
    mistakes
}
