//! Directory passwords: for the first hour of people without a passkey, and beside passkeys where an organisation must. Off unless a directory's settings
//! say otherwise.
//!
//! A sign-in goes one way: [`attempts`] are counted before anything else; `model::admission` decides (pure) whether this person's password may open
//! anything; the server is asked by a bind on a connection of its own ([`client::check_password`]); one transaction notes the sign-in. What holds for all:
//! - Every refusal reads the same and comes at the same beat ([`Beat`]): nobody learns who exists, who is disabled and who has a passkey. Where no
//!   bind is needed, the server is asked about nobody, so that its share of the time is there too. Only a password that the server calls right and out of
//!   date has a sentence of its own.
//! - At most [`WRONG_TRIES`] wrong passwords of a person reach the directory in a quarter of an hour: fewer than what locks an account there.
//! - A password is never kept, except as a hash for outages where that is switched on, and never written to any log.

mod change;
mod hash;
pub mod http;
mod model;
mod store;

use std::collections::HashMap;
use std::time::Duration;

pub use change::{Change, Changed, Form, change};

use self::model::{WhyNot, admission};
use crate::app::App;
use crate::attempts::{self, Allowance, Beat, Subject};
use crate::audit::{self, Actor, Event, Kind};
use crate::clock::Timestamp;
use crate::directory;
use crate::directory::client::{self, FetchError, PasswordVerdict, PersonKey, RawPerson, Refusal};
use crate::directory::config::{DirectoryConfig, PasswordSignIn};
use crate::directory::model::EntryId;
use crate::id::UserId;
use crate::passkeys;
use crate::secret::{Password, SecretToken};
use crate::sessions::Method;
use crate::users::{self, User};
use crate::web::Client;

/// Wrong passwords of one person, or under one typed name, until the next has to wait.
pub const WRONG_TRIES: i64 = 3;
/// A quarter of an hour without a try, and there are more.
const PER_ACCOUNT: Allowance = Allowance { count: WRONG_TRIES, within: Duration::from_secs(15 * 60), from_the_last: true };
/// Wrong passwords from one network: an office on its first day, and no more.
const PER_NETWORK: Allowance = Allowance { count: 30, within: Duration::from_secs(15 * 60), from_the_last: false };
/// How long the directory may take to say whether a password is right.
const ASK_WITHIN: Duration = Duration::from_secs(5);

/// How long it may take to say whose passwords were changed.
const CHANGES_WITHIN: Duration = Duration::from_secs(30);
/// How long it may take to say where a person's entry is now.
const LOOK_UP_WITHIN: Duration = Duration::from_secs(3);

/// What became of a sign-in.
#[derive(Debug)]
pub enum SignIn {
    /// The password is right and opens a session; the caller starts it.
    Done {
        /// Who it is.
        user: Box<User>,
        /// How it counts.
        method: Method,
    },
    /// No directory lets passwords open anything.
    NotOffered,
    /// For whatever reason; there is one sentence for all.
    Refused,
    /// The directory says that the password is right and has to be changed first.
    ChangeFirst {
        /// Because it is too old; otherwise somebody else has set it, or wants it changed.
        has_expired: bool,
    },
    /// Too many tries under this name or from this network.
    TooMany {
        /// How long to wait.
        wait: Duration,
    },
}

/// Whether any directory lets passwords open something: whether the sign-in page offers it.
///
/// # Errors
/// When the database cannot be read.
pub async fn offers_sign_in(app: &App) -> anyhow::Result<bool> {
    Ok(!offering(app).await?.is_empty())
}

/// Whether a person can change their directory password here.
///
/// # Errors
/// When the database cannot be read.
pub async fn offers_change(app: &App, user: &User) -> anyhow::Result<bool> {
    Ok(change::directory_of(app, user).await?.is_some())
}

/// The directories that are on, can be read, and let passwords open something.
async fn offering(app: &App) -> anyhow::Result<Vec<DirectoryConfig>> {
    let mut all = in_use(app).await?;
    all.retain(|config| config.passwords.sign_in != PasswordSignIn::Off);
    Ok(all)
}

/// The directories that are on and whose settings can be read.
async fn in_use(app: &App) -> anyhow::Result<Vec<DirectoryConfig>> {
    let names = directory::names(&mut app.db.read().await?).await?;
    let mut all = Vec::with_capacity(names.len());
    for name in names {
        let texts = directory::texts(app, &name).await?;
        if texts.is_enabled() {
            all.extend(texts.read(&name).ok());
        }
    }
    Ok(all)
}

/// Signs somebody in with the password their directory knows. `unverified_name` is a username or an e-mail address. Whether it was right is audited, the
/// password and a name nobody has are not.
///
/// # Errors
/// When the database refuses.
pub async fn sign_in(app: &App, now: Timestamp, client: &Client, unverified_name: &str, password: &Password) -> anyhow::Result<SignIn> {
    let directories = offering(app).await?;
    if directories.is_empty() {
        return Ok(SignIn::NotOffered);
    }
    let tried = Tried::new(client, unverified_name);
    if let Err(wait) = tried.count(app, now).await? {
        tracing::info!(client.ip = client.ip_text(), "a sign-in with a directory password has to wait: too many tries");
        return Ok(SignIn::TooMany { wait });
    }
    let beat = Beat::start();
    let person = who(app, &directories, unverified_name, now).await?;
    let judged = match &person {
        Ok(candidate) => judge(app, now, candidate, password).await?,
        Err(not) => {
            ask_about_nobody(&directories[0], now).await;
            Judged::Refused(not.why)
        }
    };
    let outcome = match (judged, person) {
        (Judged::Right { by_hash }, Ok(candidate)) => admit(app, now, client, &tried, candidate, password, by_hash).await?,
        (Judged::Refused(why) | Judged::ChangeFirst(why), person) => {
            let user = person.map_or_else(|not| not.user, |candidate| Some(candidate.user));
            refuse(app, now, client, user.as_ref(), why).await?;
            if matches!(judged, Judged::ChangeFirst(_)) { SignIn::ChangeFirst { has_expired: why == WhyNot::Expired } } else { SignIn::Refused }
        }
        (Judged::Right { .. }, Err(_)) => SignIn::Refused,
    };
    if !matches!(outcome, SignIn::Done { .. }) {
        beat.next().await;
    }
    Ok(outcome)
}

/// Somebody whose password may open something, if it is right.
struct Candidate {
    user: User,
    config: DirectoryConfig,
}

/// Somebody whose password is not even looked at.
struct Not {
    user: Option<User>,
    why: WhyNot,
}

/// Looks a typed name up, and counts a try of the person it is. What the person has tried under another of their names counts too, silently: to say so would
/// tell that the two names belong together.
async fn who(app: &App, directories: &[DirectoryConfig], unverified_name: &str, now: Timestamp) -> anyhow::Result<Result<Candidate, Not>> {
    let (user, has_passkey) = {
        let mut conn = app.db.read().await?;
        match users::find_by_name(&mut conn, unverified_name).await? {
            Some(user) => {
                let has_passkey = passkeys::has_any(&mut conn, user.id).await?;
                (user, has_passkey)
            }
            None => return Ok(Err(Not { user: None, why: WhyNot::Unknown })),
        }
    };
    let config = directories.iter().find(|config| user.directory.as_ref() == Some(&config.name));
    let sign_in = config.map_or(PasswordSignIn::Off, |config| config.passwords.sign_in);
    if let Err(why) = admission(&user, sign_in, has_passkey) {
        return Ok(Err(Not { user: Some(user), why }));
    }
    let Some(config) = config else {
        return Ok(Err(Not { user: Some(user), why: WhyNot::NoDirectoryPassword }));
    };
    let mut tx = app.db.begin().await?;
    let counted = attempts::take(&mut tx, &account(&user), PER_ACCOUNT, now).await?;
    tx.commit().await?;
    Ok(match counted {
        Ok(()) => Ok(Candidate { config: config.clone(), user }),
        Err(_) => Err(Not { user: Some(user), why: WhyNot::TooManyTries }),
    })
}

#[derive(Clone, Copy)]
enum Judged {
    Right { by_hash: bool },
    Refused(WhyNot),
    ChangeFirst(WhyNot),
}

/// Has the directory judge a password; during an outage the hash, where there may be one.
async fn judge(app: &App, now: Timestamp, candidate: &Candidate, password: &Password) -> anyhow::Result<Judged> {
    let Candidate { user, config } = candidate;
    let asked = match dn_now(config, user, now).await {
        Ok(Ok(dn)) => client::check_password(config, &dn, password, ASK_WITHIN).await,
        Ok(Err(why)) => {
            ask_whether_right_for_nobody(config).await;
            forget_hash(app, user).await?;
            return Ok(Judged::Refused(why));
        }
        Err(error) => Err(error),
    };
    let refused = match asked {
        Ok(PasswordVerdict::Right) => return Ok(Judged::Right { by_hash: false }),
        Ok(PasswordVerdict::Wrong) => Judged::Refused(WhyNot::WrongPassword),
        Ok(PasswordVerdict::Refused(Refusal::Expired)) => Judged::ChangeFirst(WhyNot::Expired),
        Ok(PasswordVerdict::Refused(Refusal::MustChange)) => Judged::ChangeFirst(WhyNot::MustChange),
        Ok(PasswordVerdict::Refused(Refusal::Locked)) => Judged::Refused(WhyNot::LockedThere),
        Ok(PasswordVerdict::Refused(Refusal::Disabled | Refusal::AccountExpired | Refusal::NotNow | Refusal::NotHere | Refusal::Unsaid)) => {
            Judged::Refused(WhyNot::NotAdmittedThere)
        }
        Err(FetchError { message, .. }) => {
            tracing::warn!(directory = config.name, cause = message, "the directory could not be asked whether a password is right");
            let right = config.keeps_hashes() && hash::was_right(app, user, &config.name, password, now).await?;
            return Ok(if right { Judged::Right { by_hash: true } } else { Judged::Refused(WhyNot::Unreachable) });
        }
    };
    forget_hash(app, user).await?;
    Ok(refused)
}

/// Whatever was right before, the directory says no now.
async fn forget_hash(app: &App, user: &User) -> sqlx::Result<()> {
    let mut tx = app.db.begin().await?;
    store::delete_hash(&mut tx, user.id).await?;
    tx.commit().await
}

/// Where a person's entry is now, asked of the directory: since the last sync it may have been moved, and somebody else may be where it was. Inside, why they
/// are not let in although they are known here: the entry is not among those taken over any more, or disabled by the settings' rules, of which a bind need
/// know nothing.
async fn dn_now(config: &DirectoryConfig, user: &User, now: Timestamp) -> Result<Result<String, WhyNot>, FetchError> {
    let Some(id) = user.entry_id.as_deref().map(EntryId::from) else { return Ok(Err(WhyNot::GoneThere)) };
    let found = client::find_person(config, PersonKey::Id(&id), now, LOOK_UP_WITHIN).await?;
    let Some(person) = found.filter(RawPerson::is_in_scope) else { return Ok(Err(WhyNot::GoneThere)) };
    if person.user.is_ok_and(|user| user.is_disabled) {
        return Ok(Err(WhyNot::NotAdmittedThere));
    }
    Ok(Ok(person.entry.dn))
}

/// Asks the server as if about somebody, with an id, a name and a password nobody has: what does not get as far as a bind takes as long as what does.
async fn ask_about_nobody(config: &DirectoryConfig, now: Timestamp) {
    let id = EntryId::from(uuid::Uuid::from_bytes(crate::secret::random_bytes()).to_string().as_str());
    if let Err(error) = client::find_person(config, PersonKey::Id(&id), now, LOOK_UP_WITHIN).await {
        tracing::debug!(directory = config.name, cause = error.message, "the directory could not be asked about nobody");
        return;
    }
    ask_whether_right_for_nobody(config).await;
}

async fn ask_whether_right_for_nobody(config: &DirectoryConfig) {
    let random = SecretToken::new("");
    let dn = format!("cn=nobody-{},{}", uuid::Uuid::from_bytes(crate::secret::random_bytes()), config.search.base_dn);
    if let Err(error) = client::check_password(config, &dn, &Password::new(random.reveal()), ASK_WITHIN).await {
        tracing::debug!(directory = config.name, cause = error.message, "the directory could not be asked about nobody");
    }
}

/// Notes a sign-in, after looking once more whether the person may come in.
async fn admit(
    app: &App,
    now: Timestamp,
    client: &Client,
    tried: &Tried,
    candidate: Candidate,
    password: &Password,
    by_hash: bool,
) -> anyhow::Result<SignIn> {
    let Candidate { user: before, config, .. } = candidate;
    let kept = if config.keeps_hashes() && !by_hash { Some(hash::make(app, password).await?) } else { None };
    // What became of them is read again below; during an outage what is known counts.
    directory::refresh_person(app, &before, now).await;
    let mut tx = app.db.begin().await?;
    let Some(user) = users::find(&mut tx, before.id).await? else { return Ok(SignIn::Refused) };
    let has_passkey = passkeys::has_any(&mut tx, user.id).await?;
    if let Err(why) = admission(&user, config.passwords.sign_in, has_passkey) {
        drop(tx);
        refuse(app, now, client, Some(&user), why).await?;
        return Ok(SignIn::Refused);
    }
    tried.was_right(&mut tx, &user).await?;
    match kept {
        Some(sealed) => store::put_hash(&mut tx, user.id, &config.name, &sealed, now).await?,
        None if by_hash => store::note_hash_use(&mut tx, user.id, now).await?,
        None => store::delete_hash(&mut tx, user.id).await?,
    }
    users::signed_in(&mut tx, user.id, now).await?;
    let method = Method::DirectoryPassword { first: config.passwords.sign_in == PasswordSignIn::First };
    let mut event = Event::new(now, Kind::SignIn, Actor::user(user.id, &user.username)).on(user.id.uuid(), &user.username).from_client(client);
    event = event.with("method", METHOD).with("amr", method.amr().join(" ")).with("directory", config.name.as_str());
    if method.is_for_first_passkey() {
        event = event.with("only_for", "a first passkey");
    }
    if by_hash {
        event = event.with("directory_was_down", true);
    }
    audit::record(&mut tx, event).await?;
    tx.commit().await?;
    Ok(SignIn::Done { user: Box::new(user), method })
}

/// What the audit log calls the method.
const METHOD: &str = "directory_password";

async fn refuse(app: &App, now: Timestamp, client: &Client, user: Option<&User>, why: WhyNot) -> sqlx::Result<()> {
    let mut event = Event::new(now, Kind::SignInRefused, Actor::visitor()).from_client(client).with("method", METHOD).with("reason", why.as_str());
    if let Some(user) = user {
        event = event.on(user.id.uuid(), &user.username);
    }
    let mut tx = app.db.begin().await?;
    audit::record(&mut tx, event).await?;
    tx.commit().await
}

/// Tries at a person, whichever of their names is typed.
fn account(user: &User) -> Subject {
    Subject::new("directory password of", &user.id.to_string()).shown_at("Their directory password", user.id)
}

/// What a try is counted for, before anybody knows whether the name is somebody's.
struct Tried {
    network: Option<Subject>,
    name: Option<Subject>,
}

impl Tried {
    fn new(client: &Client, unverified_name: &str) -> Self {
        let name = Subject::new("directory password under", &users::model::key(unverified_name));
        Self { name: Some(name), ..Self::by_network(client) }
    }

    fn by_network(client: &Client) -> Self {
        Self {
            network: client.ip.map(|ip| Subject::network("directory password from", ip).shown_from("Directory passwords", attempts::network(ip))),
            name: None,
        }
    }

    /// Counts the try, or says how long to wait.
    async fn count(&self, app: &App, now: Timestamp) -> sqlx::Result<Result<(), Duration>> {
        let mut tx = app.db.begin().await?;
        for (subject, allowance) in [(&self.network, PER_NETWORK), (&self.name, PER_ACCOUNT)] {
            let Some(subject) = subject else { continue };
            if let Err(wait) = attempts::take(&mut tx, subject, allowance, now).await? {
                return Ok(Err(wait));
            }
        }
        tx.commit().await?;
        Ok(Ok(()))
    }

    /// Takes the try back: it was no guess.
    async fn was_right(&self, tx: &mut crate::db::Tx, user: &User) -> sqlx::Result<()> {
        attempts::forget(tx, &account(user)).await?;
        if let Some(name) = &self.name {
            attempts::forget(tx, name).await?;
        }
        if let Some(network) = &self.network {
            attempts::give_back(tx, network).await?;
        }
        Ok(())
    }
}

/// Forgets what is over: counted tries, and hashes that are no longer to be kept (unused for a month, of people who may not come in, of directories that
/// are off or keep none, of passwords that were changed in the directory since).
///
/// # Errors
/// When the database refuses.
pub async fn sweep(app: &App, now: Timestamp) -> anyhow::Result<()> {
    let keeping: Vec<DirectoryConfig> = in_use(app).await?.into_iter().filter(DirectoryConfig::keeps_hashes).collect();
    for config in &keeping {
        forget_changed(app, config).await?;
    }
    let keeping: Vec<String> = keeping.into_iter().map(|config| config.name).collect();
    let mut tx = app.db.begin().await?;
    attempts::sweep(&mut tx, now).await?;
    store::sweep_hashes(&mut tx, &keeping, now - hash::KEPT_FOR).await?;
    tx.commit().await?;
    Ok(())
}

/// Forgets hashes of passwords that were changed in the directory since it called them right, where it tells when that was. A directory that cannot be asked
/// is asked again the next time.
async fn forget_changed(app: &App, config: &DirectoryConfig) -> anyhow::Result<()> {
    let kept = store::hashes_of(&mut app.db.read().await?, &config.name).await?;
    if kept.is_empty() {
        return Ok(());
    }
    let kept: Vec<(UserId, EntryId, Timestamp)> = kept.into_iter().map(|(user, entry, at)| (user, EntryId::from(entry.as_str()), at)).collect();
    let ids: Vec<EntryId> = kept.iter().map(|(_, entry, _)| entry.clone()).collect();
    let changes: HashMap<EntryId, Timestamp> = match client::password_changes(config, &ids, CHANGES_WITHIN).await {
        Ok(changes) => changes.into_iter().collect(),
        Err(error) => {
            tracing::debug!(directory = config.name, cause = error.message, "the directory could not be asked whose password was changed");
            return Ok(());
        }
    };
    let is_outdated = |(_, entry, confirmed_at): &&(UserId, EntryId, Timestamp)| changes.get(entry).is_some_and(|at| at > confirmed_at);
    let outdated: Vec<UserId> = kept.iter().filter(is_outdated).map(|(user, ..)| *user).collect();
    if outdated.is_empty() {
        return Ok(());
    }
    let mut tx = app.db.begin().await?;
    for user in outdated {
        store::delete_hash(&mut tx, user).await?;
    }
    tx.commit().await?;
    Ok(())
}
