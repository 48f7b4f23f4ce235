//! What is done with a directory as a whole: it is added, switched on and off, and removed.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Context as _;

use super::client::Vendor;
use super::settings::{ENABLED, URL};
use super::store::directories::{self as store, Kept};
use super::{DEFAULT, Texts, names, presets, scope, texts};
use crate::app::App;
use crate::audit::{self, Actor, Event, Kind};
use crate::config::Config;
use crate::language::{Text, t};
use crate::lease::Lease;
use crate::sessions::{self, AdminDeed};
use crate::settings::{self, Catalog as _, UpdateError, is_pinned, parse, write};
use crate::users;
use crate::web::Mistakes;

/// The longest name of a directory, in characters.
const NAME_MAX: usize = 32;
/// Names that mean something else in an address or a filter.
const RESERVED: [&str; 3] = ["new", "local", "directory"];
/// What the kind of server is remembered as, beside the settings.
const SERVER_KIND: &str = "server_kind";
/// Events about single people per removal; the counts in the event of the removal are always whole.
const DETAILS_MAX: usize = 300;
/// How long removing may keep the lease.
const REMOVING_WITHIN: Duration = Duration::from_secs(120);

/// Whether a text can be the name of a directory: 1 to 32 of `a-z`, `0-9` and `-`, neither first nor last a hyphen.
///
/// # Errors
/// A sentence that says what is allowed.
pub fn check_name(name: &str) -> Result<(), Text> {
    let is_slug =
        !name.is_empty() && name.len() <= NAME_MAX && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if !is_slug || name.starts_with('-') || name.ends_with('-') {
        return Err(t("directory-name-wrong"));
    }
    if RESERVED.contains(&name) { Err(t("directory-name-reserved")) } else { Ok(()) }
}

/// Whether nothing has been said about a directory yet: the one that is always there before anybody used it.
pub fn is_blank(texts: &Texts) -> bool {
    texts.text(URL.key).unwrap_or_default().is_empty() && !texts.is_enabled()
}

/// Whether the environment sets anything of [`DEFAULT`].
pub fn is_from_environment(config: &Config) -> bool {
    Texts::ENTRIES.iter().any(|entry| config.settings_from_environment.contains_key(entry.env))
}

/// Checks that a new directory may have this name.
///
/// # Errors
/// When the database cannot be read; inside, a sentence for the form.
pub async fn check_new_name(app: &App, name: &str) -> anyhow::Result<Result<(), Text>> {
    if let Err(sentence) = check_name(name) {
        return Ok(Err(sentence));
    }
    let is_taken = if name == DEFAULT {
        is_from_environment(&app.config) || !is_blank(&texts(app, name).await?)
    } else {
        names(&mut app.db.read().await?).await?.iter().any(|taken| taken == name)
    };
    Ok(if is_taken { Err(t("directory-name-taken")) } else { Ok(()) })
}

/// Adds a directory, switched off, with these settings.
///
/// # Errors
/// [`UpdateError::Mistakes`] (field `name`) when the name cannot be used or was taken a moment ago.
pub async fn add(app: &App, deed: &AdminDeed, name: &str, texts: &Texts, vendor: Vendor) -> Result<(), UpdateError> {
    if app.config.ui_config_disabled {
        return Err(UpdateError::ReadOnly);
    }
    if let Err(sentence) = check_new_name(app, name).await? {
        return Err(UpdateError::Mistakes(Mistakes::one("name", sentence)));
    }
    let current = super::texts(app, name).await?;
    let form: BTreeMap<String, String> = Texts::ENTRIES.iter().map(|entry| (entry.key.to_owned(), texts.get(entry.key))).collect();
    let (_, changes) = parse(&current, &super::pins(app, name), &form).map_err(|mistakes| UpdateError::Mistakes(mistakes.into()))?;
    let stored = async {
        let mut tx = app.db.begin().await?;
        if name != DEFAULT {
            store::insert(&mut tx, name, deed.now).await?;
        }
        write(&mut tx, &app.sealer, &scope(name), &changes, deed.now).await?;
        settings::remember(&mut tx, &scope(name), SERVER_KIND, presets::word(vendor), deed.now).await?;
        let event = deed.event(Kind::DirectoryAdded).on(None, name).with("server", vendor.label());
        audit::record(&mut tx, changes.for_audit().into_iter().fold(event, |event, (key, value)| event.with(&key, value))).await?;
        tx.commit().await
    };
    match stored.await {
        Ok(()) => Ok(()),
        Err(error) if error.as_database_error().is_some_and(|violation| violation.is_unique_violation()) => {
            Err(UpdateError::Mistakes(Mistakes::one("name", t("directory-name-taken"))))
        }
        Err(error) => Err(anyhow::Error::from(error).context("adding a directory").into()),
    }
}

/// Remembers which kind of server a directory is.
///
/// # Errors
/// When the database refuses.
pub async fn remember_kind(app: &App, name: &str, vendor: Vendor) -> sqlx::Result<()> {
    let mut tx = app.db.begin().await?;
    settings::remember(&mut tx, &scope(name), SERVER_KIND, presets::word(vendor), app.clock.now()).await?;
    tx.commit().await
}

/// The kinds of the servers, by directory, as far as they were recognised.
///
/// # Errors
/// When the database cannot be read.
pub async fn kinds(conn: &mut crate::db::Conn) -> sqlx::Result<BTreeMap<String, Vendor>> {
    let remembered = settings::remembered(conn, SERVER_KIND).await?;
    let one = |(scope, word): (String, String)| Some((scope.strip_prefix("directory:")?.to_owned(), presets::from_word(&word)?));
    Ok(remembered.into_iter().filter_map(one).collect())
}

/// Switches a directory on or off; everything else stays.
///
/// # Errors
/// [`UpdateError::Mistakes`] when it cannot be used as it is set up; [`UpdateError::ReadOnly`] when the environment decides.
pub async fn switch(app: &App, name: &str, deed: &AdminDeed, on: bool) -> Result<(), UpdateError> {
    let pins = super::pins(app, name);
    let Some(entry) = Texts::ENTRIES.iter().find(|entry| entry.key == ENABLED.key).filter(|entry| !is_pinned(&pins, entry)) else {
        return Err(UpdateError::ReadOnly);
    };
    let current = texts(app, name).await?;
    if on && let Err(mistakes) = current.read(name) {
        return Err(UpdateError::Mistakes(super::as_mistakes(mistakes)));
    }
    let mut changes = settings::Changes::default();
    changes.also(entry, if on { "true" } else { "false" });
    let stored = async {
        let mut tx = app.db.begin().await?;
        write(&mut tx, &app.sealer, &scope(name), &changes, deed.now).await?;
        audit::record(&mut tx, deed.event(Kind::SettingsChanged).on(None, name).with(ENABLED.key, on)).await?;
        tx.commit().await
    };
    Ok(stored.await.context("switching a directory")?)
}

/// What becomes of the people and groups of a directory that is removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// People and groups become local. Who could not sign in is blocked, so that nobody gains anything; administrators stay administrators.
    AsLocal,
    /// The same, and all people are blocked.
    Disabled,
    /// People and groups are deleted, passkeys and all.
    Delete,
}

impl Keep {
    /// Reads the word of the form and the audit log.
    pub fn from_word(text: &str) -> Option<Self> {
        [Self::AsLocal, Self::Disabled, Self::Delete].into_iter().find(|keep| keep.word() == text)
    }

    /// Its word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::AsLocal => "local",
            Self::Disabled => "disabled",
            Self::Delete => "delete",
        }
    }
}

/// Why a directory was not removed.
#[derive(Debug, thiserror::Error)]
pub enum NotRemoved {
    /// The environment sets it.
    #[error("the environment sets this directory")]
    FromEnvironment,
    /// A sync is going on.
    #[error("a sync is going on")]
    Running,
    /// Nobody who can sign in would be an administrator.
    #[error("nobody would be an administrator")]
    NoAdminLeft,
    /// The database failed.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// Removes a directory with its settings and runs; [`DEFAULT`] is cleared. What becomes of its people and groups is `keep`'s to say. Gives how many people
/// that were.
///
/// # Errors
/// [`NotRemoved`]; nothing has changed then.
pub async fn remove(app: &App, name: &str, deed: &AdminDeed, keep: Keep) -> Result<u64, NotRemoved> {
    if app.config.ui_config_disabled || (name == DEFAULT && is_from_environment(&app.config)) {
        return Err(NotRemoved::FromEnvironment);
    }
    let lease = Lease::take(&app.db, &scope(name), REMOVING_WITHIN, deed.now).await?.ok_or(NotRemoved::Running)?;
    let removed = remove_leased(app, name, deed, keep, &lease).await;
    if let Err(error) = lease.release(&app.db).await {
        tracing::warn!(%error, "the lease of a removed directory could not be given back; it runs out by itself");
    }
    removed
}

async fn remove_leased(app: &App, name: &str, deed: &AdminDeed, keep: Keep, lease: &Lease) -> Result<u64, NotRemoved> {
    let mut tx = app.db.begin().await?;
    if !lease.hold(&mut tx, REMOVING_WITHIN, deed.now).await? {
        return Err(NotRemoved::Running);
    }
    let administered = users::administered(&mut tx).await?;
    let people = store::people(&mut tx, name).await?;
    let ids: Vec<_> = people.iter().map(|person| person.id).collect();
    let out: Vec<_> = match keep {
        Keep::AsLocal => people.iter().filter(|person| !person.is_active).map(|person| person.id).collect(),
        Keep::Disabled | Keep::Delete => ids,
    };
    sessions::end_all(&mut tx, &out, deed.now).await?;
    match keep {
        Keep::AsLocal => store::make_local(&mut tx, name, Kept::AsTheyAre, deed.now).await?,
        Keep::Disabled => store::make_local(&mut tx, name, Kept::Blocked, deed.now).await?,
        Keep::Delete => store::delete_entries(&mut tx, name).await?,
    }
    if users::administered(&mut tx).await? < administered {
        return Err(NotRemoved::NoAdminLeft);
    }
    store::delete(&mut tx, name).await?;
    settings::forget(&mut tx, &scope(name)).await?;
    let count = people.len() as u64;
    let mut events = vec![deed.event(Kind::DirectoryRemoved).on(None, name).with("people", count).with("people_become", keep.word())];
    let kind = match keep {
        Keep::AsLocal => Kind::UserChanged,
        Keep::Disabled => Kind::UserBlocked,
        Keep::Delete => Kind::UserDeleted,
    };
    let actor = Actor::system("directory removal");
    events.extend(people.iter().take(DETAILS_MAX).map(|person| {
        Event::new(deed.now, kind, actor.clone())
            .on(person.id.uuid(), &person.username)
            .with("directory", name)
            .with("reason", "its directory was removed")
    }));
    audit::record_all(&mut tx, events).await?;
    tx.commit().await?;
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_words_that_fit_an_address() {
        for good in ["a", "company", "school-north", "2nd", &"x".repeat(32)] {
            assert!(check_name(good).is_ok(), "{good}");
        }
        for bad in ["", "Company", "a b", "-a", "a-", "ä", "../x", "new", "local", "directory", &"x".repeat(33)] {
            assert!(check_name(bad).is_err(), "{bad}");
        }
    }
}
