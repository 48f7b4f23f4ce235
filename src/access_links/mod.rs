//! One-time access links, `<APP_URL>/lc/<code>`: for who has no passkey yet or lost the last one, and for the first administrator. The code is 256
//! random bits, stored hashed. Opening a link (a mail scanner does) shows a page with one button; only the button uses the link up, by one conditional
//! statement. The session it gives is marked as made by a link and asks for a passkey first.

pub mod admin;
pub mod by_mail;
pub mod coming_in;
pub mod crowd;
pub mod http;
pub mod model;
mod sheet;
mod store;

use std::time::Duration;

pub use model::{AccessLink, State};
pub use sheet::Sheet;

use crate::app::App;
use crate::audit::{self, Actor, Event, Kind};
use crate::clock::{Timestamp, duration_for_people};
use crate::db::{Conn, Tx};
use crate::directory;
use crate::id::{AccessLinkId, UserId};
use crate::mail;
use crate::secret::{SecretToken, TokenHash};
use crate::users::{self, User};
use crate::web::Client;
use model::{Purpose, SET_UP_LIFETIME};

/// How long the record of a link that has ended is kept.
const KEPT_FOR: Duration = Duration::from_secs(30 * 86_400);

/// A link just made. The address is shown once and never again.
#[derive(Debug)]
pub struct Made {
    /// The full address.
    pub url: String,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// Why no link is made.
#[derive(Debug, thiserror::Error)]
pub enum MakeError {
    /// The person is kept out and the link would open nothing.
    #[error("{0} is disabled and could not come in by a link; enable the account first")]
    Disabled(String),
    /// The link cannot be sent: the person has no e-mail address.
    #[error("{0} has no e-mail address to send a link to")]
    NoAddress(String),
    /// The mail could not be written.
    #[error(transparent)]
    Mail(#[from] askama::Error),
    /// The database refused.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// Makes a sign-in link for a person. `lifetime` is cut at [`model::LIFETIME_MAX`].
///
/// # Errors
/// [`MakeError`].
pub async fn make(app: &App, actor: &Actor, client: &Client, user: &User, lifetime: Duration) -> Result<Made, MakeError> {
    make_link(app, actor, client, user, lifetime, None).await
}

/// [`make`], and sends the link to the person's e-mail address.
///
/// # Errors
/// [`MakeError`]; no link is made then.
pub async fn make_and_send(app: &App, actor: &Actor, client: &Client, user: &User, lifetime: Duration) -> Result<Made, MakeError> {
    let Some(email) = &user.email else { return Err(MakeError::NoAddress(user.username.clone())) };
    make_link(app, actor, client, user, lifetime, Some(email)).await
}

async fn make_link(app: &App, actor: &Actor, client: &Client, user: &User, lifetime: Duration, mail_to: Option<&str>) -> Result<Made, MakeError> {
    if user.is_disabled() {
        return Err(MakeError::Disabled(user.username.clone()));
    }
    let mut tx = app.db.begin().await?;
    let made = write(&mut tx, app, actor, client, user, lifetime, mail_to, app.clock.now()).await?;
    tx.commit().await?;
    Ok(made)
}

/// Makes a sign-in link as part of something else, for somebody who may come in. `now` has to be later than the instant up to which their access is void.
/// The caller commits.
///
/// # Errors
/// When the database refuses.
pub async fn make_in(
    tx: &mut Tx,
    app: &App,
    actor: &Actor,
    client: &Client,
    user: &User,
    lifetime: Duration,
    now: Timestamp,
) -> Result<Made, MakeError> {
    write(tx, app, actor, client, user, lifetime, None, now).await
}

#[expect(clippy::too_many_arguments, reason = "the parts of one row and of its event")]
async fn write(
    tx: &mut Tx,
    app: &App,
    actor: &Actor,
    client: &Client,
    user: &User,
    lifetime: Duration,
    mail_to: Option<&str>,
    now: Timestamp,
) -> Result<Made, MakeError> {
    let lifetime = lifetime.min(model::LIFETIME_MAX);
    let code = SecretToken::new("");
    let new = store::New {
        id: AccessLinkId::new(),
        code_hash: &code.hash(),
        purpose: Purpose::SignIn,
        user: Some(user.id),
        created_by: actor.id,
        created_at: now,
        expires_at: now + lifetime,
        browser_hash: None,
    };
    let expires_at = new.expires_at;
    let event = Event::new(now, Kind::AccessLinkMade, actor.clone()).on(user.id.uuid(), &user.username).from_client(client);
    let mut event = event.with("access_link", new.id.to_string()).with("lifetime", duration_for_people(lifetime));
    let url = address(app, &code);
    store::insert(tx, new).await?;
    if let Some(email) = mail_to {
        let mail = by_mail::from_administrator(app, email, (user.id, &user.display_name, user.reads()), &url, expires_at, now)?;
        mail::queue(tx, &app.sealer, &mail, now).await?;
        event = event.with("sent_to", email);
    }
    audit::record(tx, event).await?;
    Ok(Made { url, expires_at })
}

/// The latest links of a person, newest first, whatever became of them.
///
/// # Errors
/// When the database cannot be read.
pub async fn of_user(conn: &mut Conn, user: UserId) -> sqlx::Result<Vec<AccessLink>> {
    store::of_user(conn, user).await
}

/// Takes back a link of a person that was not used; `false` when there is none.
///
/// # Errors
/// When the database refuses.
pub async fn revoke(app: &App, actor: &Actor, client: &Client, user: &User, id: AccessLinkId) -> sqlx::Result<bool> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let revoked = store::revoke(&mut tx, user.id, id, now).await?;
    if revoked {
        let event = Event::new(now, Kind::AccessLinkRevoked, actor.clone()).on(user.id.uuid(), &user.username).from_client(client);
        audit::record(&mut tx, event.with("access_link", id.to_string())).await?;
    }
    tx.commit().await?;
    Ok(revoked)
}

/// Looks at a link without using it.
///
/// # Errors
/// When the database cannot be read.
pub async fn look(app: &App, unverified_code: &str) -> sqlx::Result<Option<AccessLink>> {
    store::find(&mut app.db.read().await?, &TokenHash::of(unverified_code)).await
}

/// Uses a sign-in link; gives the person, or `None` when the link opens nothing (any more) or its person may not come in. The directory they come from is
/// asked for them first. A link its person asked for works in the browser that asked alone. The caller starts the session.
///
/// # Errors
/// When the database refuses.
pub async fn consume(app: &App, now: Timestamp, client: &Client, browser: Option<&TokenHash>, unverified_code: &str) -> sqlx::Result<Option<User>> {
    let whose = {
        let mut conn = app.db.read().await?;
        match store::find(&mut conn, &TokenHash::of(unverified_code)).await?.filter(|link| link.state(now) == State::Usable) {
            Some(AccessLink { user_id: Some(user), .. }) => users::find(&mut conn, user).await?,
            _ => None,
        }
    };
    if let Some(user) = whose {
        directory::refresh_person(app, &user, now).await;
    }
    let mut tx = app.db.begin().await?;
    let Some(link) = store::use_sign_in(&mut tx, &TokenHash::of(unverified_code), browser, now).await? else { return Ok(None) };
    let user = match link.user_id {
        Some(user) => users::find(&mut tx, user).await?,
        None => None,
    };
    let Some(user) = user else { return Ok(None) };
    let admitted = model::admits(&user, link.created_at);
    let (kind, actor) = if admitted { (Kind::AccessLinkUsed, Actor::user(user.id, &user.username)) } else { (Kind::SignInRefused, Actor::visitor()) };
    let mut event = Event::new(now, kind, actor).on(user.id.uuid(), &user.username).from_client(client).with("access_link", link.id.to_string());
    if admitted {
        users::signed_in(&mut tx, user.id, now).await?;
    } else {
        event = event.with("reason", if user.is_disabled() { "disabled" } else { "signed_out_everywhere_since" });
    }
    audit::record(&mut tx, event).await?;
    // Used up either way.
    tx.commit().await?;
    Ok(admitted.then_some(user))
}

/// At a start without an administrator: makes the link that makes one, and voids the link of an earlier start. `None` when there is an administrator, or
/// when the directory will name one.
///
/// # Errors
/// When the database refuses.
pub async fn renew_set_up(app: &App, now: Timestamp) -> anyhow::Result<Option<String>> {
    let mut tx = app.db.begin().await?;
    store::revoke_set_up(&mut tx, now).await?;
    let has_admin = users::has_admin(&mut tx).await?;
    let from_directory = app.config.settings_from_environment.get("LDAP_ENABLED").and_then(|text| crate::config::parse_flag(text)) == Some(true);
    if has_admin || from_directory {
        let is_half_set_up = has_admin && !crate::passkeys::any(&mut tx).await?;
        tx.commit().await?;
        if is_half_set_up {
            tracing::info!(
                target: "muster::start",
                "There is an administrator but nobody has a passkey yet, so nobody can sign in. Run `muster one-time-access-token <user>` \
                 for the administrator and open the link it prints"
            );
        }
        if !has_admin {
            tracing::info!(
                target: "muster::start",
                "There is no administrator yet. The directory names them by its admin group (LDAP_ADMIN_GROUP_NAME); after the first sync run \
                 `muster one-time-access-token <user>` for a member and open the link it prints"
            );
        }
        return Ok(None);
    }
    let code = SecretToken::new("");
    let new = store::New {
        id: AccessLinkId::new(),
        code_hash: &code.hash(),
        purpose: Purpose::SetUp,
        user: None,
        created_by: None,
        created_at: now,
        expires_at: now + SET_UP_LIFETIME,
        browser_hash: None,
    };
    store::insert(&mut tx, new).await?;
    tx.commit().await?;
    Ok(Some(address(app, &code)))
}

/// What became of a set-up.
#[derive(Debug)]
pub enum SetUp {
    /// There is an administrator now.
    Done(Box<User>),
    /// The link opens nothing any more, or somebody was quicker.
    LinkGone,
    /// Username or e-mail belong to someone else; the link still works.
    NameTaken,
}

/// Makes the first administrator and uses the set-up link up: both or neither. The fields have been checked.
///
/// # Errors
/// When the database refuses.
pub async fn set_up(app: &App, now: Timestamp, client: &Client, unverified_code: &str, mut admin: User) -> sqlx::Result<SetUp> {
    admin.local_admin = true;
    admin.last_sign_in_at = Some(now);
    let mut tx = app.db.begin().await?;
    if !store::use_set_up(&mut tx, &TokenHash::of(unverified_code), now).await? || users::has_admin(&mut tx).await? {
        return Ok(SetUp::LinkGone);
    }
    match users::insert(&mut tx, &admin).await {
        Ok(()) => {}
        Err(sqlx::Error::Database(error)) if error.is_unique_violation() => return Ok(SetUp::NameTaken),
        Err(error) => return Err(error),
    }
    users::signed_in(&mut tx, admin.id, now).await?;
    let event = |kind| Event::new(now, kind, Actor::user(admin.id, &admin.username)).on(admin.id.uuid(), &admin.username).from_client(client);
    audit::record_all(&mut tx, vec![event(Kind::SetUp), event(Kind::UserCreated)]).await?;
    tx.commit().await?;
    Ok(SetUp::Done(Box::new(admin)))
}

/// Forgets links that ended long ago.
///
/// # Errors
/// When the database refuses.
pub async fn sweep(app: &App, now: Timestamp) -> anyhow::Result<u64> {
    let mut tx = app.db.begin().await?;
    let swept = store::delete_expired_before(&mut tx, now - KEPT_FOR).await?;
    tx.commit().await?;
    Ok(swept)
}

/// The address of a link.
fn address(app: &App, code: &SecretToken) -> String {
    app.config.origin.url(&format!("/lc/{}", code.reveal()))
}
