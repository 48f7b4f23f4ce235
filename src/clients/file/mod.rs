//! Clients declared in a TOML file, so that a whole installation can live in version control. The file is read as a whole (`reading`), compared with what is
//! there (`plan`, pure), and applied in one transaction; a mistake anywhere leaves everything as it was.
//!
//! A client that is no longer in the file goes out of service at once: nobody signs in to it, its tokens do not count. It is kept, with what people agreed to, so
//! that a mistake in the file costs nothing; it comes back with the next file that has it. Only a person deletes it, on its page.

mod plan;
mod reading;
mod store;

use std::collections::BTreeSet;
use std::path::Path;

use super::{Authority, Client, RegisteredBy, SecretLine, store as clients};
use crate::app::App;
use crate::audit::{self, Kind};
use crate::clock::Timestamp;
use crate::db::Tx;
use crate::id::ClientId;
use crate::users;
use plan::{Known, Step};
use reading::Declared;

/// What secrets of the file are called in the list of a client's secrets; nothing of a secret that a person chose is shown.
const SECRET_HINT: &str = "from the file";
/// The longest file, in bytes.
const FILE_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// Whether anything is to be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Everything the file says.
    Apply,
    /// Only say what would change.
    DryRun,
}

/// What became, or would become, of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is new.
    Created,
    /// It differed.
    Changed,
    /// It was so already.
    Unchanged,
    /// The file no longer has it: out of service.
    Removed,
}

impl Fate {
    /// As programs read it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Changed => "changed",
            Self::Unchanged => "unchanged",
            Self::Removed => "removed",
        }
    }
}

/// A client of the file and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What the protocol calls `client_id`.
    pub client_id: String,
    /// Its name.
    pub name: String,
    /// What became of it.
    pub fate: Fate,
    /// Which fields changed.
    pub fields: Vec<&'static str>,
}

/// What a file did, or would do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Client by client.
    pub lines: Vec<Line>,
    /// Groups the file names that are not there yet; clients open to them are closed to everyone else already.
    pub groups_missing: Vec<String>,
}

impl Report {
    /// How many clients had this fate.
    pub fn count(&self, fate: Fate) -> usize {
        self.lines.iter().filter(|line| line.fate == fate).count()
    }
}

/// Why a file was not applied. Nothing of it was.
#[derive(Debug, thiserror::Error)]
pub enum NotApplied {
    /// What is wrong in it; each line names file, client and field.
    #[error("{}", .0.join("\n"))]
    Mistakes(Vec<String>),
    /// Ours.
    #[error(transparent)]
    Internal(#[from] anyhow::Error),
}

impl From<sqlx::Error> for NotApplied {
    fn from(error: sqlx::Error) -> Self {
        Self::Internal(error.into())
    }
}

/// The name of a file, without its folders.
pub fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

/// Applies a file: afterwards the clients of the file are those it declares, as it declares them. Applying it again changes nothing. Instances that apply at once
/// take turns.
///
/// # Errors
/// [`NotApplied::Mistakes`] when the file, or a secret it refers to, cannot be read, or something in it cannot be used.
pub async fn apply(app: &App, by: Authority<'_>, path: &Path, mode: Mode, now: Timestamp) -> Result<Report, NotApplied> {
    let file = name_of(path);
    let declared = read(path).map_err(NotApplied::Mistakes)?;
    if mode == Mode::DryRun {
        let mut conn = app.db.read().await?;
        let known = store::known(&mut conn).await?;
        let steps = plan::plan(&file, &declared, &known).map_err(NotApplied::Mistakes)?;
        let groups_missing = missing_groups(&mut conn, &declared).await?;
        return Ok(Report { lines: steps.iter().map(|step| step.line(&declared, &known)).collect(), groups_missing });
    }
    let mut tx = app.db.begin().await?;
    store::take_turn(&mut tx, now).await?;
    let known = store::known(&mut tx).await?;
    let steps = plan::plan(&file, &declared, &known).map_err(NotApplied::Mistakes)?;
    // Before any is given: one may move from a client to another, and no two have the same at any time.
    for step in &steps {
        if let Step::Change { known: was, fields, .. } = step
            && fields.contains(&"secrets")
        {
            clients::delete_secrets(&mut tx, known[*was].client.id).await?;
        }
    }
    for step in &steps {
        carry_out(&mut tx, by, step, &declared, &known, now).await?;
    }
    store::link_groups(&mut tx).await?;
    let groups_missing = missing_groups(&mut tx, &declared).await?;
    tx.commit().await?;
    Ok(Report { lines: steps.iter().map(|step| step.line(&declared, &known)).collect(), groups_missing })
}

/// Opens clients of the file to groups they name that have come about since.
///
/// # Errors
/// When the database refuses.
pub async fn follow_groups(app: &App) -> anyhow::Result<()> {
    if !store::groups_to_link(&mut app.db.read().await?).await? {
        return Ok(());
    }
    let mut tx = app.db.begin().await?;
    store::link_groups(&mut tx).await?;
    Ok(tx.commit().await?)
}

/// Reads a file and the secrets it refers to.
fn read(path: &Path) -> Result<Vec<Declared>, Vec<String>> {
    let shown = path.display();
    let complain = |why: String| vec![format!("{shown}: {why}")];
    let length = std::fs::metadata(path).map_err(|error| complain(format!("the file of clients cannot be read: {error}.")))?.len();
    if length > FILE_BYTES_MAX {
        return Err(complain(format!("the file of clients is longer than {} MiB.", FILE_BYTES_MAX / 1024 / 1024)));
    }
    let text = std::fs::read_to_string(path).map_err(|error| complain(format!("the file of clients cannot be read: {error}.")))?;
    let folder = path.parent().unwrap_or_else(|| Path::new(""));
    reading::parse(&text, &|source| source.read(folder)).map_err(|mistakes| mistakes.iter().map(|mistake| format!("{shown}: {mistake}")).collect())
}

/// Checks a file as far as that is possible without the database.
///
/// # Errors
/// The mistakes; each names file, client and field.
pub fn check(path: &Path) -> Result<(), Vec<String>> {
    read(path).map(|_| ())
}

async fn missing_groups(conn: &mut crate::db::Conn, declared: &[Declared]) -> sqlx::Result<Vec<String>> {
    let wanted: BTreeSet<&String> = declared.iter().flat_map(|client| client.groups.iter().flatten()).collect();
    let keys: Vec<String> = wanted.iter().map(|name| users::model::key(name)).collect();
    let mut found = BTreeSet::new();
    for some in keys.chunks(500) {
        found.extend(clients::groups_by_key(conn, some).await?.into_iter().map(|(key, _)| key));
    }
    Ok(wanted.into_iter().filter(|name| !found.contains(&users::model::key(name))).cloned().collect())
}

async fn carry_out(tx: &mut Tx, by: Authority<'_>, step: &Step, declared: &[Declared], known: &[Known], now: Timestamp) -> sqlx::Result<()> {
    match step {
        Step::Create { declared: at, registration } => {
            let new = &declared[*at];
            let id = ClientId::new();
            let restricted = new.groups.is_some();
            let client =
                Client { id, client_id: new.client_id.clone(), registration: (**registration).clone(), restricted, created_at: now, updated_at: now };
            if !clients::insert(tx, &client).await? {
                return Err(sqlx::Error::Protocol(format!("the client {} came about at this very moment; apply the file again", new.client_id)));
            }
            put_secrets(tx, id, new, now).await?;
            store::put_groups(tx, id, new.groups.as_deref()).await?;
            let event = by.event(now, Kind::ClientCreated, &client).with("client_id", new.client_id.as_str());
            audit::record(tx, event.with("redirect_uris", client.registration.redirect_uris.clone()).with("restricted", restricted)).await
        }
        Step::Change { declared: at, known: was, registration, fields } => {
            let (new, was) = (&declared[*at], &known[*was]);
            let id = was.client.id;
            clients::update(tx, id, registration, now).await?;
            store::set_out_of_service(tx, id, None).await?;
            if fields.contains(&"allowed_groups") {
                clients::delete_groups(tx, id).await?;
                store::put_groups(tx, id, new.groups.as_deref()).await?;
                clients::set_restricted(tx, id, new.groups.is_some(), now).await?;
            }
            if fields.contains(&"secrets") {
                put_secrets(tx, id, new, now).await?;
            }
            let client = Client { registration: (**registration).clone(), ..was.client.clone() };
            audit::record(tx, by.event(now, Kind::ClientChanged, &client).with("changed", fields.clone())).await
        }
        Step::Keep { .. } => Ok(()),
        Step::Remove { known: at } => {
            let client = &known[*at].client;
            let mut registration = client.registration.clone();
            registration.policies.provenance.out_of_service = true;
            clients::update(tx, client.id, &registration, now).await?;
            store::set_out_of_service(tx, client.id, Some(now)).await?;
            audit::record(tx, by.event(now, Kind::ClientChanged, client).with("changed", vec!["out_of_service"])).await
        }
    }
}

async fn put_secrets(tx: &mut Tx, id: ClientId, declared: &Declared, now: Timestamp) -> sqlx::Result<()> {
    for (number, secret) in declared.secrets.iter().enumerate() {
        let hint = if number == 0 { SECRET_HINT.to_owned() } else { format!("{SECRET_HINT} ({})", number + 1) };
        let line = SecretLine { hint, name: String::new(), created_at: now, expires_at: None, last_used_at: None };
        clients::insert_secret(tx, id, &secret.hash(), &line).await?;
    }
    Ok(())
}

/// Whether a client came from a file.
fn is_of_a_file(client: &Client) -> bool {
    client.registration.policies.provenance.registered_by == RegisteredBy::File
}
