//! The audit log: append-only, who did what to whom and from where. Written in the transaction of the deed, so that neither exists without the other.

pub mod admin;
mod store;
mod words;

use serde_json::{Map, Value};

use crate::clock::Timestamp;
use crate::db::{Conn, Tx};
use crate::id::{AuditEventId, UserId};
use crate::language::{Text, t};
use crate::web::Client;

pub use store::{Filter, Line};

/// What happened. The text form is stored and stable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The first administrator set the server up.
    SetUp,
    /// Someone signed in.
    SignIn,
    /// A sign-in was refused; the detail says why.
    SignInRefused,
    /// So many tries to get in failed that the next ones have to wait; the detail says from where and at which door.
    TooManyTries,
    /// An administrator let somebody try again who had to wait.
    LimitLifted,
    /// Someone signed in with a browser never seen for them.
    NewBrowser,
    /// Someone said that a sign-in with a new browser was not theirs; its sessions ended.
    NewBrowserDenied,
    /// Someone proved with a passkey once more that it is them; the detail says for what.
    ProofGiven,
    /// Such a proof was refused; the detail says why.
    ProofRefused,
    /// Someone signed out.
    SignOut,
    /// Sessions were ended by their owner or an administrator.
    SessionsEnded,
    /// Someone changed their directory password here.
    DirectoryPasswordChanged,
    /// A change of a directory password was refused; the detail says why.
    DirectoryPasswordRefused,
    /// A passkey was added.
    PasskeyAdded,
    /// A new passkey was refused; the detail says why.
    PasskeyRefused,
    /// A passkey was renamed.
    PasskeyRenamed,
    /// A passkey was removed.
    PasskeyRemoved,
    /// An administrator changed which passkeys will do; the detail says before and after.
    PasskeyPolicyChanged,
    /// All passkeys were given up at the command line, because the server moved to another host.
    PasskeysGivenUp,
    /// A one-time access link was made.
    AccessLinkMade,
    /// A one-time access link was used.
    AccessLinkUsed,
    /// A one-time access link was taken back.
    AccessLinkRevoked,
    /// A one-time access link was asked for by its person, and sent.
    AccessLinkRequested,
    /// A mail could not be sent.
    MailFailed,
    /// A person let another browser in from a device they were signed in on.
    OtherDeviceAllowed,
    /// A person refused another browser that wanted in as them.
    OtherDeviceDenied,
    /// A person made recovery codes; former ones open nothing any more.
    RecoveryCodesMade,
    /// A recovery code was used.
    RecoveryCodeUsed,
    /// A person's recovery codes were taken back.
    RecoveryCodesRevoked,
    /// A link to sign up with was made.
    SignUpLinkMade,
    /// A link to sign up with was taken back.
    SignUpLinkRevoked,
    /// Somebody asked for an account by their e-mail address.
    SignUpAsked,
    /// Somebody made their own account.
    SignedUp,
    /// A person was created.
    UserCreated,
    /// A person was changed.
    UserChanged,
    /// A person was kept out by an administrator.
    UserBlocked,
    /// A person was let in again by an administrator.
    UserUnblocked,
    /// A person was deleted.
    UserDeleted,
    /// Somebody took everything that is known about them with them, as a file.
    AccountExported,
    /// The directory disabled a person or no longer lists them.
    UserDisabled,
    /// A person came back in the directory.
    UserRestored,
    /// A group was created.
    GroupCreated,
    /// A group was changed.
    GroupChanged,
    /// A group was removed.
    GroupRemoved,
    /// A client was registered.
    ClientCreated,
    /// A client was changed.
    ClientChanged,
    /// A client was deleted.
    ClientDeleted,
    /// A client got a new secret.
    ClientSecretMade,
    /// An API was added.
    ApiCreated,
    /// An API was changed, or what a client may have there.
    ApiChanged,
    /// An API was deleted.
    ApiDeleted,
    /// A client exchanged a token it was sent for one of its own.
    TokenExchanged,
    /// A token that lets apps register themselves was made.
    RegistrationTokenMade,
    /// A token that lets apps register themselves was revoked.
    RegistrationTokenRevoked,
    /// A person let a client have something, or the client was set to need no asking.
    Authorized,
    /// A person or administrator took an authorization back.
    AuthorizationRevoked,
    /// A code or refresh token was used a second time; what it had given was revoked.
    TokenReuse,
    /// Settings were changed.
    SettingsChanged,
    /// A directory was added.
    DirectoryAdded,
    /// A directory was removed.
    DirectoryRemoved,
    /// An administrator tried somebody's directory password; the detail says how it went, never the password.
    DirectoryPasswordTried,
    /// A directory sync changed something.
    DirectorySynced,
    /// A directory sync was held back.
    DirectorySyncHeld,
    /// A directory sync failed.
    DirectorySyncFailed,
    /// An administrator confirmed a held sync.
    DirectorySyncConfirmed,
    /// A signing key was made or replaced.
    KeyRotated,
    /// An administrator withdrew a signing key: what it signed counts no more.
    KeyWithdrawn,
    /// An app could not be told, or did not want to hear, that a session ended.
    LogoutNoticeFailed,
}

macro_rules! kinds {
    ($($kind:ident = $text:literal, $label:expr;)*) => {
        impl Kind {
            /// Every kind, for filters.
            pub const ALL: &'static [Self] = &[$(Self::$kind),*];
            /// The stored form.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$kind => $text,)* }
            }
            /// For people.
            pub fn label(self) -> Text {
                match self { $(Self::$kind => $label,)* }
            }
            /// Reads the stored form.
            pub fn from_text(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$kind),)* _ => None }
            }
        }
    };
}

kinds! {
    SetUp = "set_up", t("kind-set-up");
    SignIn = "sign_in", t("kind-sign-in");
    SignInRefused = "sign_in_refused", t("kind-sign-in-refused");
    TooManyTries = "too_many_tries", t("kind-too-many-tries");
    LimitLifted = "limit_lifted", t("kind-limit-lifted");
    NewBrowser = "new_browser", t("kind-new-browser");
    NewBrowserDenied = "new_browser_denied", t("kind-new-browser-denied");
    ProofGiven = "proof_given", t("kind-proof-given");
    ProofRefused = "proof_refused", t("kind-proof-refused");
    SignOut = "sign_out", t("kind-sign-out");
    SessionsEnded = "sessions_ended", t("kind-sessions-ended");
    DirectoryPasswordChanged = "directory_password_changed", t("kind-directory-password-changed");
    DirectoryPasswordRefused = "directory_password_refused", t("kind-directory-password-refused");
    PasskeyAdded = "passkey_added", t("kind-passkey-added");
    PasskeyRefused = "passkey_refused", t("kind-passkey-refused");
    PasskeyRenamed = "passkey_renamed", t("kind-passkey-renamed");
    PasskeyRemoved = "passkey_removed", t("kind-passkey-removed");
    PasskeyPolicyChanged = "passkey_policy_changed", t("kind-passkey-policy-changed");
    PasskeysGivenUp = "passkeys_given_up", t("kind-passkeys-given-up");
    AccessLinkMade = "access_link_made", t("kind-access-link-made");
    AccessLinkUsed = "access_link_used", t("kind-access-link-used");
    AccessLinkRevoked = "access_link_revoked", t("kind-access-link-revoked");
    AccessLinkRequested = "access_link_requested", t("kind-access-link-requested");
    MailFailed = "mail_failed", t("kind-mail-failed");
    OtherDeviceAllowed = "other_device_allowed", t("kind-other-device-allowed");
    OtherDeviceDenied = "other_device_denied", t("kind-other-device-denied");
    RecoveryCodesMade = "recovery_codes_made", t("kind-recovery-codes-made");
    RecoveryCodeUsed = "recovery_code_used", t("kind-recovery-code-used");
    RecoveryCodesRevoked = "recovery_codes_revoked", t("kind-recovery-codes-revoked");
    SignUpLinkMade = "sign_up_link_made", t("kind-sign-up-link-made");
    SignUpLinkRevoked = "sign_up_link_revoked", t("kind-sign-up-link-revoked");
    SignUpAsked = "sign_up_asked", t("kind-sign-up-asked");
    SignedUp = "signed_up", t("kind-signed-up");
    UserCreated = "user_created", t("kind-user-created");
    UserChanged = "user_changed", t("kind-user-changed");
    UserBlocked = "user_blocked", t("kind-user-blocked");
    UserUnblocked = "user_unblocked", t("kind-user-unblocked");
    UserDeleted = "user_deleted", t("kind-user-deleted");
    AccountExported = "account_exported", t("kind-account-exported");
    UserDisabled = "user_disabled", t("kind-user-disabled");
    UserRestored = "user_restored", t("kind-user-restored");
    GroupCreated = "group_created", t("kind-group-created");
    GroupChanged = "group_changed", t("kind-group-changed");
    GroupRemoved = "group_removed", t("kind-group-removed");
    ClientCreated = "client_created", t("kind-client-created");
    ClientChanged = "client_changed", t("kind-client-changed");
    ClientDeleted = "client_deleted", t("kind-client-deleted");
    ClientSecretMade = "client_secret_made", t("kind-client-secret-made");
    ApiCreated = "api_created", t("kind-api-created");
    ApiChanged = "api_changed", t("kind-api-changed");
    ApiDeleted = "api_deleted", t("kind-api-deleted");
    TokenExchanged = "token_exchanged", t("kind-token-exchanged");
    RegistrationTokenMade = "registration_token_made", t("kind-registration-token-made");
    RegistrationTokenRevoked = "registration_token_revoked", t("kind-registration-token-revoked");
    Authorized = "authorized", t("kind-authorized");
    AuthorizationRevoked = "authorization_revoked", t("kind-authorization-revoked");
    TokenReuse = "token_reuse", t("kind-token-reuse");
    SettingsChanged = "settings_changed", t("kind-settings-changed");
    DirectoryAdded = "directory_added", t("kind-directory-added");
    DirectoryRemoved = "directory_removed", t("kind-directory-removed");
    DirectoryPasswordTried = "directory_password_tried", t("kind-directory-password-tried");
    DirectorySynced = "directory_synced", t("kind-directory-synced");
    DirectorySyncHeld = "directory_sync_held", t("kind-directory-sync-held");
    DirectorySyncFailed = "directory_sync_failed", t("kind-directory-sync-failed");
    DirectorySyncConfirmed = "directory_sync_confirmed", t("kind-directory-sync-confirmed");
    KeyRotated = "key_rotated", t("kind-key-rotated");
    KeyWithdrawn = "key_withdrawn", t("kind-key-withdrawn");
    LogoutNoticeFailed = "logout_notice_failed", t("kind-logout-notice-failed");
}

/// Who did it.
#[derive(Clone, Debug)]
pub struct Actor {
    /// The person, when it was one.
    pub id: Option<UserId>,
    /// Their username, or what did it: `command line`, `directory sync`.
    pub name: String,
}

impl Actor {
    /// A person.
    pub fn user(id: UserId, username: &str) -> Self {
        Self { id: Some(id), name: username.to_owned() }
    }

    /// Someone at the server's command line.
    pub fn command_line() -> Self {
        Self { id: None, name: "command line".to_owned() }
    }

    /// The server itself, in the words given.
    pub fn system(what: &str) -> Self {
        Self { id: None, name: what.to_owned() }
    }

    /// Nobody we know: an anonymous visitor.
    pub fn visitor() -> Self {
        Self { id: None, name: String::new() }
    }
}

/// An event about to be recorded.
#[derive(Clone, Debug)]
pub struct Event {
    /// When.
    pub at: Timestamp,
    /// What.
    pub kind: Kind,
    /// Who did it.
    pub actor: Actor,
    /// To whom or what.
    pub subject_id: Option<uuid::Uuid>,
    /// What the subject is called.
    pub subject_name: String,
    /// From where; empty for jobs and commands.
    pub client: Client,
    /// More, by name. Never a secret.
    pub detail: Map<String, Value>,
}

impl Event {
    /// An event without subject, client or detail yet.
    pub fn new(at: Timestamp, kind: Kind, actor: Actor) -> Self {
        Self { at, kind, actor, subject_id: None, subject_name: String::new(), client: Client::default(), detail: Map::new() }
    }

    /// Says to whom or what it happened.
    #[must_use]
    pub fn on(mut self, id: impl Into<Option<uuid::Uuid>>, name: &str) -> Self {
        self.subject_id = id.into();
        self.subject_name = name.to_owned();
        self
    }

    /// Says from where.
    #[must_use]
    pub fn from_client(mut self, client: &Client) -> Self {
        self.client = client.clone();
        self
    }

    /// Adds a detail.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.detail.insert(name.to_owned(), value.into());
        self
    }
}

/// Records an event in the transaction of the deed.
///
/// # Errors
/// When the database refuses.
pub async fn record(tx: &mut Tx, event: Event) -> sqlx::Result<()> {
    record_all(tx, vec![event]).await
}

/// [`record`] under an id that something else names too.
///
/// # Errors
/// When the database refuses.
pub async fn record_as(tx: &mut Tx, id: AuditEventId, event: Event) -> sqlx::Result<()> {
    store::insert(tx, std::iter::once((id, event))).await
}

/// Records many events with few statements.
///
/// # Errors
/// When the database refuses.
pub async fn record_all(tx: &mut Tx, events: Vec<Event>) -> sqlx::Result<()> {
    store::insert(tx, events.into_iter().map(|event| (AuditEventId::new(), event))).await
}

/// [`record_all`] for very many events: each is made when its turn comes, while the database works at those before it.
///
/// # Errors
/// When the database refuses.
pub async fn record_many(tx: &mut Tx, events: impl Iterator<Item = Event> + Send) -> sqlx::Result<()> {
    store::insert_many(tx, events.map(|event| (AuditEventId::new(), event))).await
}

/// A page of the log, newest first.
///
/// # Errors
/// When the database cannot be read.
pub async fn list(conn: &mut Conn, filter: &Filter) -> sqlx::Result<Vec<Line>> {
    store::list(conn, filter).await
}

/// What a person may see of the log: what happened to them, and what they let apps have; newest first, those before an event of the page before.
///
/// # Errors
/// When the database cannot be read.
pub async fn about(conn: &mut Conn, user: UserId, before: Option<(Timestamp, AuditEventId)>, limit: i64) -> sqlx::Result<Vec<Line>> {
    store::about(conn, user, before, limit).await
}

/// One event of those in [`about`]; `None` when it is somebody else's or gone.
///
/// # Errors
/// When the database cannot be read.
pub async fn find_about(conn: &mut Conn, user: UserId, id: AuditEventId) -> sqlx::Result<Option<Line>> {
    store::find_about(conn, user, id).await
}

/// Deletes events older than `before`; gives how many.
///
/// # Errors
/// When the database refuses.
pub async fn forget(tx: &mut Tx, before: Timestamp) -> sqlx::Result<u64> {
    store::delete_before(tx, before).await
}
