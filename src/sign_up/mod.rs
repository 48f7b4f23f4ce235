//! People who make their own account: by a link an administrator made (`/st/<token>`, as often as it says), by a link sent to one address (an invitation), or
//! openly, with a link to the address they give (`/sign-up`). Opening a link changes nothing; the form on its page makes the account and uses it up, both or
//! neither. The new person adds a passkey next, as after any link.

pub mod admin;
pub mod http;
pub mod model;
mod open;
mod store;

use std::time::Duration;

pub use model::{Draft, LinkDraft, State};
pub use open::keep_answering;
pub use store::Link;

use crate::app::App;
use crate::attempts::{self, Allowance, Subject};
use crate::audit::{self, Actor, Event, Kind};
use crate::clock::{Timestamp, duration_for_people};
use crate::db::{Conn, Tx};
use crate::groups;
use crate::id::{GroupId, SignUpLinkId};
use crate::language::{instant, speaking, t};
use crate::mail::{self, Mail};
use crate::secret::{SecretToken, TokenHash};
use crate::sessions::AdminDeed;
use crate::users::{self, User};
use crate::web::{Client, Mistakes};

/// How often a link, and a network, may ask within an hour whether a name is taken, beyond the accounts that are made: the page has to tell, or nobody could
/// choose another; but it must be no way to go through a list of names.
const QUESTIONS: Allowance = Allowance { count: 60, within: Duration::from_secs(3600), from_the_last: false };

/// How long the record of a link that has ended is kept.
const KEPT_FOR: Duration = Duration::from_secs(30 * 86_400);

/// A link just made. The address is shown once and never again.
#[derive(Debug)]
pub struct Made {
    /// The full address; of invitations none, for they are in the mails.
    pub url: Option<String>,
    /// How many invitations were sent.
    pub sent: usize,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// Why nothing was made.
#[derive(Debug, thiserror::Error)]
pub enum MakeError {
    /// The form has mistakes.
    #[error("the form has mistakes")]
    Mistakes(Mistakes),
    /// Something failed.
    #[error(transparent)]
    Internal(#[from] anyhow::Error),
}

impl From<sqlx::Error> for MakeError {
    fn from(error: sqlx::Error) -> Self {
        Self::Internal(error.into())
    }
}

/// Makes a link to sign up with, or one for each address and sends it there.
///
/// # Errors
/// [`MakeError::Mistakes`] for what is typed wrong: also a group that is not here or not local, and addresses where no mail can be sent.
pub async fn make(app: &App, deed: &AdminDeed, draft: &LinkDraft) -> Result<Made, MakeError> {
    let mut terms = draft.check().map_err(MakeError::Mistakes)?;
    let settings = app.settings();
    if !terms.emails.is_empty() && !mail::is_configured(&settings) {
        return Err(MakeError::Mistakes(Mistakes::one("emails", t("sign-up-links-cannot-mail"))));
    }
    let mut tx = app.db.begin().await?;
    let groups = local_groups(&mut tx, &terms.groups).await?;
    let expires_at = deed.now + terms.lifetime;
    let emails: Vec<Option<String>> = if terms.emails.is_empty() { vec![None] } else { terms.emails.drain(..).map(Some).collect() };
    let (mut url, mut mails) = (None, Vec::new());
    let mut events = Vec::with_capacity(emails.len());
    for email in emails {
        let token = SecretToken::new("");
        let uses_max = if email.is_some() { 1 } else { terms.uses_max };
        let note = terms.note.clone();
        let id = SignUpLinkId::new();
        let created_by = Some(deed.admin.user.id);
        let address = address(app, &token);
        if let Some(to) = &email {
            mails.push(invitation(app, to, &address, expires_at, deed.now).map_err(anyhow::Error::from)?);
        } else {
            url = Some(address);
        }
        let mut event = deed.event(Kind::SignUpLinkMade).on(id.uuid(), &terms.note).with("lifetime", duration_for_people(terms.lifetime));
        event = event.with("uses", uses_max.to_string()).with("groups", terms.groups.clone());
        events.push(if let Some(to) = &email { event.with("sent_to", to.as_str()) } else { event });
        let new = store::New { id, token_hash: token.hash(), note, email, uses_max, created_by, created_at: deed.now, expires_at };
        store::insert(&mut tx, &new, &groups).await?;
    }
    let sent = mails.len();
    mail::queue_all(&mut tx, &app.sealer, &mails, deed.now).await?;
    audit::record_all(&mut tx, events).await?;
    tx.commit().await?;
    Ok(Made { url, sent, expires_at })
}

/// The local groups of these names; a mistake of the field `groups` for those that are not there.
async fn local_groups(conn: &mut Conn, names: &[String]) -> Result<Vec<GroupId>, MakeError> {
    let found = groups::find_local(conn, names).await?;
    let quoted = |name: &String| String::from(t("sign-up-links-quoted").with("name", name));
    let unknown: Vec<String> = names.iter().zip(&found).filter(|(_, id)| id.is_none()).map(|(name, _)| quoted(name)).collect();
    if !unknown.is_empty() {
        return Err(MakeError::Mistakes(Mistakes::one("groups", t("sign-up-links-no-group").with("names", unknown.join(", ")))));
    }
    Ok(found.into_iter().flatten().collect())
}

/// Links, newest first.
///
/// # Errors
/// When the database cannot be read.
pub async fn links(conn: &mut Conn, limit: i64, offset: i64) -> sqlx::Result<Vec<Link>> {
    store::links(conn, limit, offset).await
}

/// How many links there are.
///
/// # Errors
/// When the database cannot be read.
pub async fn count(conn: &mut Conn) -> sqlx::Result<i64> {
    store::count(conn).await
}

/// Takes back a link; `false` when it is none that still works.
///
/// # Errors
/// When the database refuses.
pub async fn revoke(app: &App, deed: &AdminDeed, id: SignUpLinkId) -> sqlx::Result<bool> {
    let mut tx = app.db.begin().await?;
    let note = store::revoke(&mut tx, id, deed.now).await?;
    if let Some(note) = &note {
        audit::record(&mut tx, deed.event(Kind::SignUpLinkRevoked).on(id.uuid(), note)).await?;
    }
    tx.commit().await?;
    Ok(note.is_some())
}

/// Looks at a link without using it.
///
/// # Errors
/// When the database cannot be read.
pub async fn look(app: &App, unverified_token: &str) -> sqlx::Result<Option<Link>> {
    store::find(&mut app.db.read().await?, &TokenHash::of(unverified_token)).await
}

/// For whom questions about names are counted.
fn askers(link: SignUpLinkId, client: &Client) -> Vec<Subject> {
    let network = |ip| Subject::network("sign-up questions from", ip).shown_from("Signing up: names that are taken", attempts::network(ip));
    [Subject::new("sign-up questions with", &link.to_string())].into_iter().chain(client.ip.map(network)).collect()
}

/// Counts a question about a name before it is asked; how long to wait when there were too many.
///
/// # Errors
/// When the database refuses.
pub async fn ask_about_name(app: &App, link: SignUpLinkId, client: &Client, now: Timestamp) -> sqlx::Result<Result<(), Duration>> {
    let mut tx = app.db.begin().await?;
    for asker in askers(link, client) {
        if let Err(wait) = attempts::take(&mut tx, &asker, QUESTIONS, now).await? {
            return Ok(Err(wait));
        }
    }
    tx.commit().await?;
    Ok(Ok(()))
}

/// What became of a sign-up.
#[derive(Debug)]
pub enum SignedUp {
    /// There is an account now.
    Done(Box<User>),
    /// The link opens nothing any more, or somebody was quicker.
    LinkGone,
    /// Username or e-mail address belong to someone else; the link still works.
    Taken,
}

/// Makes an account and counts the link's use: both or neither. The draft has been checked. Where the link was sent to an address, the account has that one,
/// verified. The question about its name ([`ask_about_name`]) counts no more.
///
/// # Errors
/// When the database refuses.
pub async fn sign_up(app: &App, now: Timestamp, client: &Client, unverified_token: &str, draft: &Draft) -> sqlx::Result<SignedUp> {
    let mut tx = app.db.begin().await?;
    let Some(link) = store::use_once(&mut tx, &TokenHash::of(unverified_token), now).await? else { return Ok(SignedUp::LinkGone) };
    let email = link.email.as_deref().unwrap_or(&draft.email);
    let mut user = User::new_local(&draft.username, Some(email), &draft.first_name, &draft.last_name, now);
    user.email_verified = link.email.is_some();
    match users::insert(&mut tx, &user).await {
        Ok(()) => {}
        // The transaction goes, and the use with it.
        Err(sqlx::Error::Database(error)) if error.is_unique_violation() => return Ok(SignedUp::Taken),
        Err(error) => return Err(error),
    }
    store::join_groups(&mut tx, link.id, user.id).await?;
    users::signed_in(&mut tx, user.id, now).await?;
    let event = |kind| Event::new(now, kind, Actor::user(user.id, &user.username)).on(user.id.uuid(), &user.username).from_client(client);
    let used = event(Kind::SignedUp).with("link", link.id.to_string()).with("note", link.note.as_str());
    audit::record_all(&mut tx, vec![used, event(Kind::UserCreated)]).await?;
    for asker in askers(link.id, client) {
        attempts::give_back(&mut tx, &asker).await?;
    }
    tx.commit().await?;
    Ok(SignedUp::Done(Box::new(user)))
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

fn address(app: &App, token: &SecretToken) -> String {
    app.config.origin.url(&format!("/st/{}", token.reveal()))
}

/// The mail of an invitation.
fn invitation(app: &App, to: &str, url: &str, expires_at: Timestamp, now: Timestamp) -> Result<Mail, askama::Error> {
    use askama::Template as _;
    let settings = app.settings();
    // Nobody knows yet what they read.
    speaking(settings.default_language, || {
        let text = model::InvitationText { app_name: &settings.app_name, url, until: instant(expires_at) }.render()?;
        let subject = t("mail-invitation-subject").with("app", &settings.app_name).into();
        Ok(Mail { to: to.to_owned(), about: None, subject, text, useful_for: expires_at.since(now) })
    })
}

/// Makes a link for somebody who asked, to go to their address; gives its address here.
async fn make_for(tx: &mut Tx, app: &App, email: &str, lifetime: Duration, now: Timestamp) -> sqlx::Result<String> {
    let token = SecretToken::new("");
    let (id, email, expires_at) = (SignUpLinkId::new(), Some(email.to_owned()), now + lifetime);
    let new = store::New { id, token_hash: token.hash(), note: String::new(), email, uses_max: 1, created_by: None, created_at: now, expires_at };
    store::insert(tx, &new, &[]).await?;
    Ok(address(app, &token))
}
