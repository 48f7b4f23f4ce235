//! The ways a person has to come in, and what becomes of them when one is lost: recovery codes and their pages, what an administrator may take away (never
//! without leaving a way), and the forecast of who is one lost telephone away from being locked out.

pub mod admin;
pub mod http;
pub mod model;
mod store;

use std::collections::HashMap;
use std::time::Duration;

use crate::access_links::{self, Made};
use crate::account_news::{self, News};
use crate::app::App;
use crate::audit::{self, Kind};
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::id::{AuditEventId, PasskeyId, UserId};
use crate::sessions::{self, AdminDeed};
use crate::users::{self, User};
use crate::web::Client;
use crate::web::list::{PAGE_LINES, Pages};
use crate::{passkeys, recovery_codes};

pub use model::{Outlook, Risk, Ways};
pub use store::Line;

/// How long the link works that takes the place of somebody's last passkey.
const LINK_LIFETIME: Duration = Duration::from_secs(86_400);

/// How a person stands, for their own account page.
#[derive(Clone, Debug)]
pub struct OwnStanding {
    /// What to tell them.
    pub outlook: Outlook,
    /// How many recovery codes still work.
    pub codes: i64,
    /// Whether to advise a second passkey.
    pub advises_second: bool,
}

/// How a person stands.
///
/// # Errors
/// When the database cannot be read.
pub async fn standing_of(conn: &mut Conn, user: UserId, now: Timestamp) -> sqlx::Result<OwnStanding> {
    let passkeys = passkeys::of_user(conn, user).await?;
    let codes = recovery_codes::standing(conn, user).await?.unused;
    let put_off_until = store::put_off_until(conn, user).await?;
    let outlook = model::outlook(Ways::of(&passkeys, codes, now));
    Ok(OwnStanding { outlook, codes, advises_second: model::advises_second(&passkeys, put_off_until, now) })
}

/// Puts the advice to add a second passkey off.
///
/// # Errors
/// When the database refuses.
pub async fn put_advice_off(app: &App, user: UserId, now: Timestamp) -> sqlx::Result<()> {
    let mut tx = app.db.begin().await?;
    store::put_off(&mut tx, user, now + model::PUT_OFF_FOR).await?;
    tx.commit().await
}

/// How many people stand at a level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    /// The level.
    pub risk: Risk,
    /// How many who may sign in.
    pub people: i64,
    /// How many of them never did.
    pub never_came: i64,
}

/// How many people stand at each level, the worst first.
///
/// # Errors
/// When the database cannot be read.
pub async fn counts(conn: &mut Conn, now: Timestamp) -> sqlx::Result<Vec<Count>> {
    let found = store::counts(conn, now - model::CONFIRMED_WITHIN).await?;
    let count = |risk: Risk| {
        let (people, never_came) = found.iter().find(|(word, ..)| word == risk.as_str()).map_or((0, 0), |(_, people, never)| (*people, *never));
        Count { risk, people, never_came }
    };
    Ok(Risk::ALL.into_iter().map(count).collect())
}

/// A page of the people at one level: administrators first, then by name.
///
/// # Errors
/// When the database cannot be read.
pub async fn at_risk(conn: &mut Conn, risk: Risk, pages: Pages, now: Timestamp) -> sqlx::Result<Vec<Line>> {
    store::at_risk(conn, now - model::CONFIRMED_WITHIN, risk.as_str(), PAGE_LINES, pages.offset()).await
}

/// The level of each of a page of people who may sign in, with one statement.
///
/// # Errors
/// When the database cannot be read.
pub async fn risks_of(conn: &mut Conn, people: &[UserId], now: Timestamp) -> sqlx::Result<HashMap<UserId, Risk>> {
    let found = store::risks_of(conn, now - model::CONFIRMED_WITHIN, people).await?;
    Ok(found.into_iter().filter_map(|(id, risk)| Some((id, Risk::from_text(&risk)?))).collect())
}

/// What became of an administrator's taking a passkey away.
#[derive(Debug)]
pub enum TakenAway {
    /// It is gone; the person has others.
    Done,
    /// It was the person's last one, so here is a link for them.
    WithLink {
        /// Whose it was.
        user: Box<User>,
        /// What it was called.
        passkey: String,
        /// The link that takes its place, shown once.
        link: Made,
    },
    /// There is no such person or passkey.
    NotFound,
    /// One's own are managed in one's own account.
    IsOwn,
}

/// Takes a passkey away from a person and signs them out everywhere. Who may come in and has no other passkey gets a one-time link in the same step.
///
/// # Errors
/// When the database refuses.
pub async fn take_passkey_away(app: &App, deed: &AdminDeed, id: UserId, passkey: PasskeyId) -> anyhow::Result<TakenAway> {
    if id == deed.admin.user.id {
        return Ok(TakenAway::IsOwn);
    }
    let mut tx = app.db.begin().await?;
    recovery_codes::lock(&mut tx, id).await?;
    let Some(user) = users::find(&mut tx, id).await? else { return Ok(TakenAway::NotFound) };
    let Some((name, left)) = passkeys::take_away(&mut tx, id, passkey).await? else { return Ok(TakenAway::NotFound) };
    users::void_access(&mut tx, id, deed.now).await?;
    let ended = sessions::end_all(&mut tx, &[id], deed.now).await?;
    let event = deed.event(Kind::PasskeyRemoved).on(id.uuid(), &user.username).with("passkey", name.as_str());
    let event_id = AuditEventId::new();
    audit::record_as(&mut tx, event_id, event.with("passkeys_left", left).with("sessions", ended)).await?;
    let news = News::PasskeyRemoved { name: &name, by_administrator: true };
    // Where the administrator is, is theirs.
    account_news::tell(&mut tx, app, &user, news, &Client::default(), event_id, deed.now).await?;
    let done = if left == 0 && !user.is_disabled() {
        // Links made up to this instant are void with the sessions.
        let later = deed.now + Duration::from_millis(1);
        let link = access_links::make_in(&mut tx, app, &deed.admin.actor(), &deed.client, &user, LINK_LIFETIME, later).await?;
        TakenAway::WithLink { user: Box::new(user), passkey: name, link }
    } else {
        TakenAway::Done
    };
    tx.commit().await?;
    Ok(done)
}

/// Takes a person's recovery codes back, for when the paper was lost or seen; `false` when there is no such person.
///
/// # Errors
/// When the database refuses.
pub async fn revoke_codes(app: &App, deed: &AdminDeed, id: UserId) -> anyhow::Result<bool> {
    let mut tx = app.db.begin().await?;
    let Some(user) = users::find(&mut tx, id).await? else { return Ok(false) };
    let unused = recovery_codes::revoke(&mut tx, id).await?;
    audit::record(&mut tx, deed.event(Kind::RecoveryCodesRevoked).on(id.uuid(), &user.username).with("codes", unused)).await?;
    tx.commit().await?;
    Ok(true)
}
