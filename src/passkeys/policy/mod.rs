//! Policies: which passkeys will do, for everybody and for groups. A new passkey has to satisfy all that apply to its person; one that is there and does not can
//! be used for the days the policy gives, and then no more. Clients have a policy of their own ([`crate::clients::policy::passkeys`]).
//!
//! User verification is no choice here: it is required always and of everybody ([`super::gate`]).

pub mod admin;
mod forecast;
pub mod model;
mod store;

use anyhow::Context as _;
use uuid::Uuid;

pub use forecast::{Forecast, Person};
pub use model::Draft;
pub use store::Line;

use super::Passkey;
use crate::app::App;
use crate::audit::{self, Kind};
use crate::authenticators::{Applying, Held, Metadata, Policy};
use crate::clock::Timestamp;
use crate::db::{Conn, Tx};
use crate::groups::{self, Group};
use crate::id::{GroupId, UserId};
use crate::installation;
use crate::language::t;
use crate::sessions::AdminDeed;
use crate::web::Mistakes;

impl Line {
    /// What it says.
    ///
    /// # Errors
    /// When it is not what we wrote.
    pub fn read(&self) -> anyhow::Result<Policy> {
        parse(&self.policy)
    }
}

fn parse(policy: &str) -> anyhow::Result<Policy> {
    serde_json::from_str(policy).context("reading a passkey policy")
}

/// What is known of a passkey: its model only where that was proved, and where nothing has become known against it since.
pub fn held(synced: bool, attested: bool, aaguid: Option<Uuid>, metadata: Option<&Metadata>) -> Held {
    Held { synced, model: aaguid.filter(|_| attested) }.as_known(metadata)
}

impl Passkey {
    /// What is known of it.
    pub fn held(&self, metadata: Option<&Metadata>) -> Held {
        held(self.backup_eligible, self.attested, self.aaguid, metadata)
    }
}

/// What applies to somebody.
///
/// # Errors
/// When the database cannot be read.
pub async fn of_person(conn: &mut Conn, user: UserId) -> anyhow::Result<Applying> {
    match store::of_person(conn, user).await? {
        Some(policies) => Applying::read(&policies),
        None => Ok(Applying::default()),
    }
}

/// Notes when somebody first used a passkey that will not do: their days begin.
///
/// # Errors
/// When the database refuses.
pub(super) async fn note_lack(tx: &mut Tx, user: UserId, applying: &Applying, held: Held, now: Timestamp) -> sqlx::Result<()> {
    for one in applying.lacking(held).filter(|one| one.lacking_since.is_none()) {
        store::note_lack(tx, user, one.id, now).await?;
    }
    Ok(())
}

/// Every policy, that for everybody first.
///
/// # Errors
/// When the database cannot be read.
pub async fn all(conn: &mut Conn) -> sqlx::Result<Vec<Line>> {
    store::all(conn).await
}

/// What stands in addresses for everybody.
const EVERYONE: &str = "everyone";

/// Whom a policy is for.
#[derive(Clone, Debug)]
pub enum Scope {
    /// Everybody.
    Everyone,
    /// The people of a group.
    Group(Box<Group>),
}

impl Scope {
    /// Reads it from an address: `everyone`, or the id of a group that is there.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn find(conn: &mut Conn, unverified: &str) -> sqlx::Result<Option<Self>> {
        if unverified == EVERYONE {
            return Ok(Some(Self::Everyone));
        }
        let Ok(id) = unverified.parse::<GroupId>() else { return Ok(None) };
        Ok(groups::find(conn, id).await?.map(|group| Self::Group(Box::new(group))))
    }

    /// The group.
    pub fn group(&self) -> Option<GroupId> {
        match self {
            Self::Everyone => None,
            Self::Group(group) => Some(group.id),
        }
    }

    /// For people, after "Passkeys of".
    pub fn name(&self) -> &str {
        match self {
            Self::Everyone => "everybody",
            Self::Group(group) => &group.display_name,
        }
    }
}

/// The policy of a scope; the open one where there is none.
///
/// # Errors
/// When the database cannot be read.
pub async fn find(conn: &mut Conn, scope: &Scope) -> anyhow::Result<Option<Policy>> {
    store::find(conn, scope.group()).await?.map(|(_, policy)| parse(&policy)).transpose()
}

/// What became of a form.
#[derive(Debug)]
pub enum Saved {
    /// It is in force.
    Done,
    /// It would lock people out; the administrator has not said yet that it may.
    WouldLockOut(Forecast),
    /// Something is wrong with it.
    Mistakes(Mistakes),
}

/// Puts a policy in force. One that locks people out has to be confirmed with their number; one that leaves no administrator a passkey is refused.
///
/// # Errors
/// When the database refuses.
pub async fn save(app: &App, deed: &AdminDeed, scope: &Scope, draft: &Draft) -> anyhow::Result<Saved> {
    let metadata = app.authenticators.get();
    let policy = match draft.check(metadata.as_deref(), deed.now) {
        Ok(policy) => policy,
        Err(mistakes) => return Ok(Saved::Mistakes(mistakes)),
    };
    let mut tx = app.db.begin().await?;
    // Two administrators at once could together lock out the last of them.
    installation::lock(&mut tx, "rp_id").await?;
    let former = store::find(&mut tx, scope.group()).await?;
    let before = former.as_ref().map(|(_, policy)| parse(policy)).transpose()?;
    if before.as_ref().map(|before| &before.rule) != Some(&policy.rule) && !policy.rule.is_open() {
        let forecast = forecast::of(&mut tx, scope, &policy.rule, metadata.as_deref()).await?;
        if !forecast.leaves_an_administrator {
            return Ok(Saved::Mistakes(Mistakes::one("policy", t("policy-mistake-nobody-left"))));
        }
        if forecast.people > 0 && draft.confirmed != forecast.people.to_string() {
            return Ok(Saved::WouldLockOut(forecast));
        }
    }
    let id = former.map_or_else(|| scope.group().map_or_else(Uuid::nil, GroupId::uuid), |(id, _)| id);
    let text = serde_json::to_string(&policy).context("storing a passkey policy")?;
    store::put(&mut tx, id, scope.group(), &text, deed.now).await?;
    if before.as_ref().is_none_or(|before| before.rule != policy.rule) {
        store::forget_grace(&mut tx, id).await?;
    }
    let event = deed.event(Kind::PasskeyPolicyChanged).on(scope.group().map_or_else(Uuid::nil, GroupId::uuid), scope.name());
    let event = event.with("before", before.map(|before| said(&before)).unwrap_or_default()).with("after", said(&policy));
    audit::record(&mut tx, event).await?;
    tx.commit().await?;
    Ok(Saved::Done)
}

/// Takes a policy away; `false` when there is none.
///
/// # Errors
/// When the database refuses.
pub async fn remove(app: &App, deed: &AdminDeed, scope: &Scope) -> anyhow::Result<bool> {
    let mut tx = app.db.begin().await?;
    let Some((id, former)) = store::find(&mut tx, scope.group()).await? else { return Ok(false) };
    store::delete(&mut tx, id).await?;
    let event = deed.event(Kind::PasskeyPolicyChanged).on(scope.group().map_or_else(Uuid::nil, GroupId::uuid), scope.name());
    audit::record(&mut tx, event.with("before", said(&parse(&former)?)).with("after", "none")).await?;
    tx.commit().await?;
    Ok(true)
}

/// A policy in one line, for the audit log.
fn said(policy: &Policy) -> String {
    let mut parts = Vec::new();
    if policy.rule.device_bound {
        parts.push("not synced".to_owned());
    }
    if let Some(models) = &policy.rule.models {
        parts.push(format!("models {}", models.iter().map(Uuid::to_string).collect::<Vec<_>>().join(" ")));
    }
    if let Some(minutes) = policy.proof_minutes {
        parts.push(format!("proof within {minutes} min"));
    }
    parts.push(format!("{} days of grace", policy.grace_days));
    parts.join(", ")
}
