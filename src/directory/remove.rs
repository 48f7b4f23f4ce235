//! Taking a directory away, with what becomes of its people.

use super::{DEFAULT, run, scope, store};
use crate::app::App;
use crate::audit::{self, Kind};
use crate::sessions::{self, AdminDeed};
use crate::users;

/// What becomes of the people of a directory that is taken away. Its groups become local ones, unless the people are deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// They become local accounts, with passkeys, groups and role. Who could not sign in still cannot: they are blocked.
    AsLocal,
    /// They become local accounts that are blocked.
    Disabled,
    /// They and its groups are deleted.
    Delete,
}

impl Keep {
    /// As in forms and in the audit log.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AsLocal => "as_local",
            Self::Disabled => "disabled",
            Self::Delete => "delete",
        }
    }

    /// Reads [`as_str`](Self::as_str).
    pub fn from_text(text: &str) -> Option<Self> {
        [Self::AsLocal, Self::Disabled, Self::Delete].into_iter().find(|keep| keep.as_str() == text)
    }
}

/// Why a directory was not taken away; nothing has changed then.
#[derive(Debug, thiserror::Error)]
pub enum RemoveError {
    /// There is none of this name.
    #[error("there is no such directory")]
    Unknown,
    /// The one that is always there is switched on: its people would come back with the next run.
    #[error("switch the directory off first (LDAP_ENABLED)")]
    SwitchedOn,
    /// A run is going on.
    #[error("a run is going on; wait for its end")]
    Running,
    /// Nobody who can sign in would be an administrator.
    #[error("nobody who can sign in would be an administrator of this server any more")]
    NoAdminLeft,
    /// The database failed.
    #[error("the database failed: {0}")]
    Database(#[from] sqlx::Error),
    /// The settings cannot be read.
    #[error(transparent)]
    Settings(anyhow::Error),
}

/// Takes a directory away: its settings, its runs, and its people and groups as `keep` says, in one transaction. Gives how many people it had. Of [`DEFAULT`],
/// which is always there, only people, groups, runs and stored settings go.
///
/// # Errors
/// [`RemoveError`]; nothing has changed then.
pub async fn remove(app: &App, deed: &AdminDeed, name: &str, keep: Keep) -> Result<u64, RemoveError> {
    if !super::names(&mut app.db.read().await?).await?.iter().any(|known| known == name) {
        return Err(RemoveError::Unknown);
    }
    if name == DEFAULT && super::texts(app, name).await.map_err(RemoveError::Settings)?.is_enabled() {
        return Err(RemoveError::SwitchedOn);
    }
    let Some(lease) = run::try_lease(app, name).await? else { return Err(RemoveError::Running) };
    let removed = under_lease(app, deed, name, keep).await;
    if let Err(error) = lease.release(&app.db).await {
        tracing::warn!(%error, "the lease of a directory that was taken away could not be given back; it runs out by itself");
    }
    removed
}

async fn under_lease(app: &App, deed: &AdminDeed, name: &str, keep: Keep) -> Result<u64, RemoveError> {
    let mut tx = app.db.begin().await?;
    let had_admin = users::has_admin(&mut tx).await?;
    let people = match keep {
        Keep::AsLocal => {
            store::directories::groups_become_local(&mut tx, name, deed.now).await?;
            store::directories::people_become_local(&mut tx, name, false, deed.now).await?
        }
        Keep::Disabled => {
            let ids = store::directories::people(&mut tx, name).await?;
            sessions::end_all(&mut tx, &ids, None).await?;
            store::directories::groups_become_local(&mut tx, name, deed.now).await?;
            store::directories::people_become_local(&mut tx, name, true, deed.now).await?
        }
        Keep::Delete => store::directories::delete_people_and_groups(&mut tx, name).await?,
    };
    if had_admin && !users::has_admin(&mut tx).await? {
        return Err(RemoveError::NoAdminLeft);
    }
    store::directories::forget(&mut tx, name, &scope(name)).await?;
    let event = deed.event(Kind::SettingsChanged).on(None, name);
    audit::record(&mut tx, event.with("directory", "removed").with("people", people).with("kept", keep.as_str())).await?;
    tx.commit().await?;
    Ok(people)
}
