//! The directory: people and groups come, read-only, from the LDAP server an organisation already has.
//!
//! A run goes one way: [`client::fetch`] reads everything into a [`model::Snapshot`] (network, no transaction open); [`plan::reconcile`] compares it with
//! what is known and makes a [`plan::Plan`] (pure; a preview stops here, and so does a run the guard holds back); the store applies the plan in one
//! transaction. Whatever goes wrong before the last step, nothing has changed.
//!
//! What holds for every run:
//! - A person is an entry id. Names and DNs are attributes: who is renamed or moved keeps the account and its passkeys, and who gets a name someone else
//!   had before gets a new account.
//! - Absence needs proof: every page arrived, the server said success, the answer was not empty, and not too many are gone ([`config::Guard`]).
//! - An entry with a mistake in it is reported and skipped, and counts as present.
//! - Nobody who belongs here by another way (a local account, another directory) is ever touched.
//! - Nobody is deleted (unless soft delete is off): who leaves is disabled, sessions and tokens are dead at once, and a return restores them.
//! - Between runs changes are followed as they happen where the server tells of them ([`follow`]), and each person is asked for when they sign in. Both go
//!   through the same plan and the same single transaction, and leave to a run what they cannot be sure of.
//! - One run at a time, across instances and commands; a run that is killed leaves nothing half-applied.
//!
//! There may be several directories. Each has a name, and everything of it (settings, people, groups, runs, lease) is kept under that name; [`DEFAULT`] is
//! always there, and only its settings can come from the environment.

pub mod admin;
pub mod attributes;
pub mod client;
pub mod config;
pub mod course;
pub mod dn;
pub mod explain;
pub mod filter;
pub mod follow;
pub mod history;
mod journal;
mod measures;
pub mod membership;
pub mod model;
pub mod pictures;
pub mod plan;
pub mod presets;
pub mod preview;
mod progress;
pub mod report;
mod run;
mod schedule;
pub mod settings;
mod sources;
mod store;
pub mod text;
pub mod texts;
pub mod warnings;
mod whole;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Context as _;

pub use client::{Phase, Step, StepOutcome};
pub use follow::{Following, Outages, Refreshed, keep_following, refresh_person};
pub use measures::{Measures, measures};
pub use preview::{keep_preview, kept_preview};
pub use report::{Outcome, Progress, Run, SyncReport, Trigger};
pub use run::{Order, SyncError, preview, preview_of, sync, sync_if_due};
pub use schedule::keep_synced;
pub use sources::{Sources, sources};
pub use texts::Texts;
pub use warnings::standing_warnings;
pub use whole::{Keep, NotRemoved, add, check_name, check_new_name, is_blank, is_from_environment, kinds, remember_kind, remove, switch};

use self::config::DirectoryConfig;
use self::model::Problem;
use self::settings::{BIND_PASSWORD, SettingError, URL};
use crate::app::App;
use crate::audit::{self, Kind};
use crate::clock::Timestamp;
use crate::config::Config;
use crate::db::Conn;
use crate::id::SyncRunId;
use crate::language::{t, told};
use crate::sessions::{AdminDeed, RoutineDeed};
use crate::settings::{Catalog as _, Changes, UpdateError, is_pinned, load, parse, write};
use crate::web::Mistakes;

/// The name of the directory that is always there, and that the environment can set: what its people and groups carry as their source.
pub const DEFAULT: &str = "default";

/// Where a directory's settings are stored, and the name of its lease.
pub fn scope(directory: &str) -> String {
    format!("directory:{directory}")
}

/// The names of all directories, [`DEFAULT`] first.
///
/// # Errors
/// When the database cannot be read.
pub async fn names(conn: &mut Conn) -> sqlx::Result<Vec<String>> {
    let mut names = vec![DEFAULT.to_owned()];
    names.extend(store::directories::names(conn).await?);
    Ok(names)
}

/// What pins the settings of a directory: the environment for [`DEFAULT`], nothing for the others.
pub fn pins<'a>(app: &'a App, directory: &str) -> Cow<'a, Config> {
    if directory == DEFAULT { Cow::Borrowed(&app.config) } else { Cow::Owned(app.config.without_settings()) }
}

/// Whether the pictures of a directory's people are the directory's: it has an attribute for them. Otherwise people send their own.
///
/// # Errors
/// When the settings cannot be read.
pub async fn rules_pictures(app: &App, directory: &str) -> anyhow::Result<bool> {
    const ATTRIBUTE: &str = "LDAP_ATTRIBUTE_USER_PROFILE_PICTURE";
    Ok(texts(app, directory).await?.text(ATTRIBUTE).is_some_and(|text| !text.trim().is_empty()))
}

/// The settings in force, unchecked: the environment before the database before the defaults.
///
/// # Errors
/// When the database cannot be read.
pub async fn texts(app: &App, directory: &str) -> anyhow::Result<Texts> {
    load(&app.db, &pins(app, directory), &app.sealer, &scope(directory)).await
}

/// A directory as configured, whether it is switched on or not; or what is wrong with its settings.
///
/// # Errors
/// When the database cannot be read.
pub async fn config(app: &App, directory: &str) -> anyhow::Result<Result<DirectoryConfig, Vec<SettingError>>> {
    Ok(texts(app, directory).await?.read(directory))
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
    /// How its changes are followed; `None` when they are not to be.
    pub following: Option<Following>,
    /// When the latest run that read everything began; the schedule counts from here.
    pub last_started_at: Option<Timestamp>,
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
pub async fn standing(conn: &mut Conn, directory: &str, now: Timestamp) -> sqlx::Result<Standing> {
    let runs = store::runs::latest(conn, directory, RUNS_LISTED).await?;
    let (active_users, inactive_users, groups) = store::runs::known_counts(conn, directory).await?;
    Ok(Standing {
        running: runs.iter().find(|run| run.outcome.is_none()).cloned(),
        last: runs.iter().find(|run| run.outcome.is_some()).cloned(),
        waiting: store::runs::waiting(conn, directory).await?,
        following: store::following::find(conn, directory).await?,
        last_started_at: store::runs::latest_whole(conn, directory, now).await?.map(|run| run.started_at),
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
pub async fn find_run(conn: &mut Conn, directory: &str, id: SyncRunId) -> sqlx::Result<Option<(Run, Vec<Problem>)>> {
    match store::runs::find(conn, directory, id).await? {
        Some(run) => Ok(Some((run, store::runs::problems(conn, id).await?))),
        None => Ok(None),
    }
}

/// What a run changed or would have changed, entry by entry: the first [`plan::Changes::MAX`], to be searched and paged with [`plan::Changes::page`].
///
/// # Errors
/// When the database cannot be read.
pub async fn changes_of_run(conn: &mut Conn, directory: &str, id: SyncRunId) -> sqlx::Result<plan::Changes> {
    store::runs::changes(conn, directory, id).await
}

/// Decides against a run that was held back; its plan is not offered again. `false` when somebody had decided already.
///
/// # Errors
/// When the database refuses.
pub async fn discard(app: &App, directory: &str, deed: &RoutineDeed, id: SyncRunId) -> sqlx::Result<bool> {
    let mut tx = app.db.begin().await?;
    if !store::runs::discard(&mut tx, id, Some(deed.admin.user.id), deed.now).await? {
        return Ok(false);
    }
    audit::record(&mut tx, deed.event(Kind::DirectorySyncHeld).on(id.uuid(), directory).with("discarded", true)).await?;
    tx.commit().await?;
    Ok(true)
}

/// Checks the connection step by step; see [`client::test()`].
///
/// # Errors
/// When the database cannot be read.
pub async fn test(app: &App, directory: &str) -> anyhow::Result<Result<Vec<Step>, Vec<SettingError>>> {
    Ok(match config(app, directory).await? {
        Ok(config) => Ok(client::test(&config, app.clock.now()).await),
        Err(mistakes) => Err(mistakes),
    })
}

/// [`test()`] with what is typed in the form, giving up after `within`; tells also whether the form holds what is not saved.
///
/// # Errors
/// As [`change_settings`], except that nothing is written.
pub async fn test_typed(app: &App, directory: &str, form: &BTreeMap<String, String>, within: Duration) -> Result<(Vec<Step>, bool), UpdateError> {
    let (values, changes) = typed(app, directory, form).await?;
    match values.read(directory) {
        Ok(mut config) => {
            config.connection.limits.run_within = within;
            Ok((client::test(&config, app.clock.now()).await, !changes.is_empty()))
        }
        Err(mistakes) => Err(UpdateError::Mistakes(as_mistakes(mistakes))),
    }
}

/// [`preview()`] with what is typed in the form; tells also whether the form holds what is not saved.
///
/// # Errors
/// As [`change_settings`], except that nothing is written.
pub async fn preview_typed(app: &App, directory: &str, form: &BTreeMap<String, String>) -> Result<(SyncReport, bool), UpdateError> {
    let (values, changes) = typed(app, directory, form).await?;
    let config = values.read(directory).map_err(|mistakes| UpdateError::Mistakes(as_mistakes(mistakes)))?;
    match preview_of(app, &config).await {
        Ok(report) => Ok((report, !changes.is_empty())),
        Err(error) => Err(anyhow::Error::from(error).into()),
    }
}

/// The settings as typed in a form over those in force, checked; tells also whether the form holds what is not saved.
///
/// # Errors
/// As [`change_settings`], except that nothing is written.
pub async fn config_typed(app: &App, directory: &str, form: &BTreeMap<String, String>) -> Result<(DirectoryConfig, bool), UpdateError> {
    let (values, changes) = typed(app, directory, form).await?;
    let config = values.read(directory).map_err(|mistakes| UpdateError::Mistakes(as_mistakes(mistakes)))?;
    Ok((config, !changes.is_empty()))
}

/// How a directory stands, in a line of the list.
#[derive(Clone, Debug)]
pub struct Overview {
    /// Its name.
    pub name: String,
    /// Its settings.
    pub texts: Texts,
    /// What kind of server it is, when that is known.
    pub kind: Option<client::Vendor>,
    /// People known from it who may sign in.
    pub active_users: i64,
    /// People known from it who may not.
    pub inactive_users: i64,
    /// Groups it has.
    pub groups: i64,
    /// The last run that ended.
    pub last: Option<Run>,
    /// Whether a run waits for an administrator.
    pub waits: bool,
    /// What an administrator should look at.
    pub warnings: Vec<String>,
}

impl Overview {
    /// What kind of server it is, for people.
    pub fn kind_name(&self) -> Option<String> {
        self.kind.map(presets::name)
    }
}

/// How all directories stand, [`DEFAULT`] first; that one only when something has been said about it.
///
/// # Errors
/// When the database cannot be read.
pub async fn overview(app: &App) -> anyhow::Result<Vec<Overview>> {
    let mut conn = app.db.read().await?;
    let (names, kinds) = (names(&mut conn).await?, kinds(&mut conn).await?);
    let totals = store::directories::totals(&mut conn).await?;
    let mut latest: BTreeMap<String, Run> = store::runs::latest_of_each(&mut conn).await?.into_iter().collect();
    let waiting = store::runs::waiting_of_each(&mut conn).await?;
    drop(conn);
    let mut overview = Vec::new();
    for name in names {
        let texts = texts(app, &name).await?;
        let [active_users, inactive_users, groups] = totals.get(&name).copied().unwrap_or_default();
        let last = latest.remove(&name);
        if name == DEFAULT && is_blank(&texts) && last.is_none() && active_users + inactive_users + groups == 0 && !is_from_environment(&app.config) {
            continue;
        }
        overview.push(Overview {
            kind: kinds.get(&name).copied(),
            waits: waiting.contains(&name),
            warnings: standing_warnings(&name, &texts),
            texts,
            active_users,
            inactive_users,
            groups,
            last,
            name,
        });
    }
    Ok(overview)
}

/// Saves what a submitted form changes; gives whether anything differed. In force from the next run on.
///
/// # Errors
/// [`UpdateError::Mistakes`] when a field cannot be used, or a new address would get a bind password that was entered for another server.
pub async fn change_settings(app: &App, directory: &str, deed: &AdminDeed, form: &BTreeMap<String, String>) -> Result<bool, UpdateError> {
    if app.config.ui_config_disabled {
        return Err(UpdateError::ReadOnly);
    }
    let (values, changes) = typed(app, directory, form).await?;
    let mistakes = values.mistakes(directory);
    if !mistakes.is_empty() {
        return Err(UpdateError::Mistakes(as_mistakes(mistakes)));
    }
    if changes.is_empty() {
        return Ok(false);
    }
    let stored = async {
        let mut tx = app.db.begin().await?;
        write(&mut tx, &app.sealer, &scope(directory), &changes, deed.now).await?;
        let event = deed.event(Kind::SettingsChanged).on(None, directory);
        audit::record(&mut tx, changes.for_audit().into_iter().fold(event, |event, (key, value)| event.with(&key, value))).await?;
        tx.commit().await
    };
    stored.await.context("storing the directory's settings")?;
    Ok(true)
}

/// A submitted form over the settings in force, and what it changes.
async fn typed(app: &App, directory: &str, form: &BTreeMap<String, String>) -> Result<(Texts, Changes), UpdateError> {
    let (current, pins) = (texts(app, directory).await?, pins(app, directory));
    let (mut values, mut changes) = parse(&current, &pins, form).map_err(|mistakes| UpdateError::Mistakes(mistakes.into()))?;
    let password = Texts::ENTRIES.iter().find(|entry| entry.key == BIND_PASSWORD.key);
    let password_is_pinned = password.is_some_and(|entry| is_pinned(&pins, entry));
    let retyped = form.get(BIND_PASSWORD.key).is_some_and(|text| !text.is_empty()) && !password_is_pinned;
    if let Some(entry) = password.filter(|_| values.has_needless_password() && !retyped && !password_is_pinned) {
        // Who empties the bind DN wants to ask anonymously.
        values.forget_password();
        changes.also(entry, "");
    }
    if values.sends_password_elsewhere(&current, retyped) {
        let mut mistakes = Mistakes::default();
        if password_is_pinned {
            mistakes.add(URL.key, t("directory-password-pinned").with("password", BIND_PASSWORD.key).with("address", URL.key));
        } else {
            mistakes.add(BIND_PASSWORD.key, t("directory-password-again"));
        }
        return Err(UpdateError::Mistakes(mistakes));
    }
    Ok((values, changes))
}

fn as_mistakes(errors: Vec<SettingError>) -> Mistakes {
    let mut mistakes = Mistakes::default();
    for SettingError { key, message } in errors {
        mistakes.add(key, sentence(&message));
    }
    mistakes
}

/// A message that stands after a setting's name elsewhere, as a sentence of its own.
fn sentence(message: &str) -> String {
    let message = told(message);
    let mut letters = message.chars();
    let text = letters.next().map(|first| first.to_uppercase().chain(letters).collect::<String>()).unwrap_or_default();
    format!("{text}.")
}
