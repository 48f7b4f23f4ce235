//! Settings an administrator can change while the server runs. Declared once in a catalog, set by the environment, the database or the default, in that
//! order; a change is published to everyone who holds the receiver, also to other instances within [`RELOAD_EVERY`].
//!
//! The same machinery serves every struct declared with the `settings!` macro: [`Settings`] (scope `app`) and a directory's configuration
//! (scope `directory:<name>`). Secrets are sealed before they are stored.

pub mod admin;
mod catalog;
mod language;
mod other_device;
mod registration_mode;
mod sign_up_mode;
mod store;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;

pub(crate) use catalog::settings;
pub use catalog::{Choice, Entry, Input, SettingValue, Whole, heading_of, label_of};

pub use other_device::OtherDevice;
pub use registration_mode::RegistrationMode;
pub use sign_up_mode::SignUpMode;

use crate::app::App;
use crate::audit::{self, Kind};
use crate::clock::Timestamp;
use crate::config::{Config, ConfigError, unparsable};
use crate::db::{Conn, Db, Tx};
use crate::language::{Language, t};
use crate::mail::{SenderAddress, SmtpTls};
use crate::secret::{Password, Sealer};
use crate::sessions::AdminDeed;
use crate::web::Mistakes;

/// How soon another instance follows a change.
pub const RELOAD_EVERY: Duration = Duration::from_secs(2);

settings! {
    /// What an administrator can set for the whole installation.
    pub struct Settings {
        /// Name of this installation.
        ///
        /// Shown on the sign-in page and to the passkey prompt of the browser.
        app_name: String = "Muster".to_owned(), "APP_NAME", "General";
        /// Language where nobody chose one.
        ///
        /// For mails to people who chose none, and for browsers that ask for no language there is.
        default_language: Language = Language::English, "DEFAULT_LANGUAGE", "General";
        /// Session lifetime in minutes.
        ///
        /// A person has to sign in again this long after signing in, however busy they were.
        session_lifetime: Whole<1, 525_600> = Whole(10_080), "SESSION_DURATION", "Sessions";
        /// Idle time in minutes.
        ///
        /// A session that is not used for this long ends.
        session_idle_lifetime: Whole<1, 525_600> = Whole(1_440), "SESSION_IDLE_DURATION", "Sessions";
        /// Days somebody who wants to stay signed in does.
        ///
        /// The sign-in page offers to stay signed in on this browser. Such a session lasts this long and does not end by idleness. 0: not offered.
        session_kept_lifetime: Whole<0, 400> = Whole(30), "SESSION_KEPT_DURATION_DAYS", "Sessions";
        /// Minutes a touch of the passkey counts.
        ///
        /// Whoever is about to do something a thief of their session must not be able to do is asked for their passkey once more when they used it longer ago.
        proof_lifetime: Whole<1, 1_440> = Whole(10), "PROOF_DURATION", "Sessions";
        /// Failed tries to sign in until the next has to wait.
        ///
        /// Counted for each address (IPv6: each /64 network), for passkeys and sign-in links; ten times as many for apps that prove who they are. A browser somebody has signed in with before is counted by itself. Directory passwords have narrower limits of their own.
        failed_tries: Whole<5, 100_000> = Whole(60), "FAILED_TRIES", "Limits";
        /// The same for a whole network.
        ///
        /// Counted for the network around an address (IPv4: /24, IPv6: /48), so that nobody with many addresses tries for ever. Less than the number above counts as that.
        failed_tries_of_network: Whole<5, 1_000_000> = Whole(600), "FAILED_TRIES_NETWORK", "Limits";
        /// Minutes for which a failed try counts.
        ///
        /// Counted from the first one. The audit log says when a limit was reached.
        failed_tries_within: Whole<1, 1_440> = Whole(15), "FAILED_TRIES_WITHIN", "Limits";
        /// Https for everything below this host too.
        ///
        /// Tells browsers that no host below this server's name is ever to be reached without https (HSTS, includeSubDomains). Only where that is so.
        hsts_subdomains: bool = false, "HSTS_INCLUDE_SUBDOMAINS", "Limits";
        /// Access token lifetime in minutes.
        ///
        /// How long an app may use an access token before it has to refresh.
        access_token_lifetime: Whole<1, 1_440> = Whole(60), "ACCESS_TOKEN_DURATION", "Apps";
        /// Refresh token lifetime in days.
        ///
        /// An app that does not refresh for this long has to send the person through sign-in again.
        refresh_token_lifetime: Whole<1, 365> = Whole(30), "REFRESH_TOKEN_DURATION_DAYS", "Apps";
        /// Longest time an app stays connected, in days.
        ///
        /// This long after a sign-in its refresh tokens end, however often they were used, and the app has to send the person through sign-in again.
        refresh_token_end: Whole<1, 3_650> = Whole(365), "REFRESH_TOKEN_END_DAYS", "Apps";
        /// Apps may register themselves.
        ///
        /// Over the protocol (dynamic client registration, RFC 7591). People are always asked before such an app learns who they are.
        client_registration: RegistrationMode = RegistrationMode::Off, "CLIENT_REGISTRATION", "Apps nobody registers here";
        /// How many such apps at most.
        ///
        /// When there are as many, no other app can register itself until unused ones are deleted. Apps described by a document are counted by themselves.
        client_registration_limit: Whole<1, 100_000> = Whole(500), "CLIENT_REGISTRATION_LIMIT", "Apps nobody registers here";
        /// Days until an unused one is deleted.
        ///
        /// Such an app that nobody has signed in to for this long is deleted.
        client_registration_unused_days: Whole<1, 3_650> = Whole(30), "CLIENT_REGISTRATION_UNUSED_DAYS", "Apps nobody registers here";
        /// Apps described by a document.
        ///
        /// Take the https address of a document for a client ID, as MCP clients have it. The document is fetched; people are always asked.
        client_documents: bool = false, "CLIENT_ID_METADATA_DOCUMENTS", "Apps nobody registers here";
        /// Hosts of such documents.
        ///
        /// Names separated by commas; *.example.org stands for everything below example.org. Empty: every host of the public Internet.
        client_document_hosts: String = String::new(), "CLIENT_ID_METADATA_DOCUMENT_HOSTS", "Apps nobody registers here";
        /// Days until a signing key is changed.
        ///
        /// The keys that sign ID tokens are changed this often by themselves; 0 means never. The next key is published well before it signs, so apps notice nothing.
        key_rotation: Whole<0, 3_650> = Whole(0), "KEY_ROTATION_DAYS", "Apps";
        /// Who may make an account of their own.
        ///
        /// People of a directory need none. Links are made under People, Sign-up. For everyone, mail has to be set up: the address is confirmed by a mail.
        sign_up: SignUpMode = SignUpMode::Off, "ALLOW_USER_SIGNUPS", "Sign-up";
        /// People may delete their own account.
        ///
        /// Never people of a directory, who would come back with the next sync, and never the last administrator who can sign in.
        own_account_deletion: bool = false, "ALLOW_OWN_ACCOUNT_DELETION", "Sign-up";
        /// Mail server.
        ///
        /// Its name or address. Without one no mail is sent, and pages do not offer it.
        smtp_host: String = String::new(), "SMTP_HOST", "Mail";
        /// Port of the mail server.
        ///
        /// 0 means the usual one: 587 with STARTTLS, 465 with TLS, 25 without.
        smtp_port: Whole<0, 65_535> = Whole(0), "SMTP_PORT", "Mail";
        /// Encryption of mail.
        ///
        /// How the connection to the mail server is protected.
        smtp_tls: SmtpTls = SmtpTls::StartTls, "SMTP_TLS", "Mail";
        /// Do not check the mail server's certificate.
        ///
        /// Whoever stands between could then read sign-in links and take the password. For a test only.
        smtp_skip_cert_verify: bool = false, "SMTP_SKIP_CERT_VERIFY", "Mail";
        /// Username at the mail server.
        ///
        /// Empty when it wants none.
        smtp_user: String = String::new(), "SMTP_USER", "Mail";
        /// Password at the mail server.
        ///
        /// Stored sealed, never shown again.
        smtp_password: Password = Password::default(), "SMTP_PASSWORD", "Mail";
        /// Sender of mail.
        ///
        /// An address, such as id@example.org, or with a name: Example <id@example.org>.
        smtp_from: SenderAddress = SenderAddress::default(), "SMTP_FROM", "Mail";
        /// Sign-in links by e-mail for who asks.
        ///
        /// Anyone who cannot sign in may have a link sent to the address of their account. Then whoever reads their mail can sign in as them, so administrators never get one.
        email_link_on_request: bool = false, "EMAIL_ONE_TIME_ACCESS_AS_UNAUTHENTICATED_ENABLED", "Mail";
        /// Mail about new things in an account.
        ///
        /// Whoever has a confirmed address is told when a passkey is added or removed, when recovery codes are made or used, and of a sign-in with a browser never seen for them: what, when, from where, and what to do if it was somebody else.
        account_news: bool = true, "EMAIL_LOGIN_NOTIFICATION_ENABLED", "Mail";
        /// Sign in with another device.
        ///
        /// Whoever is signed in on their telephone lets another browser in with it: for televisions and computers without passkeys. It can be tricked out of people, a passkey cannot; so administrators are left out.
        other_device: OtherDevice = OtherDevice::People, "SIGN_IN_WITH_OTHER_DEVICE", "Sign-in";
        /// Days to keep sign-in problems.
        ///
        /// Why somebody could not sign in is kept this long under the short code they saw.
        sign_in_problem_retention: Whole<1, 365> = Whole(14), "SIGN_IN_PROBLEM_RETENTION_DAYS", "Audit log";
        /// Days to keep the audit log.
        ///
        /// Older events are deleted once a day.
        audit_log_retention: Whole<1, 3_650> = Whole(90), "AUDIT_LOG_RETENTION_DAYS", "Audit log";
        /// Days to keep the history of directory syncs.
        ///
        /// Older runs, with what they changed and what they reported, are deleted as new ones end.
        sync_run_retention: Whole<1, 3_650> = Whole(90), "DIRECTORY_RUN_RETENTION_DAYS", "Directories";
    }
}

/// The scope [`Settings`] are stored under.
pub const APP_SCOPE: &str = "app";

/// A struct declared with `settings!`, as the functions here see it.
pub trait Catalog: Default {
    /// Every declared setting.
    const ENTRIES: &'static [Entry];
    /// Sets one by key from text.
    ///
    /// # Errors
    /// What is allowed.
    fn set(&mut self, key: &str, text: &str) -> Result<(), String>;
    /// Prints one by key.
    fn get(&self, key: &str) -> String;
}

impl Catalog for Settings {
    const ENTRIES: &'static [Entry] = Self::CATALOG;
    fn set(&mut self, key: &str, text: &str) -> Result<(), String> {
        Self::set(self, key, text)
    }
    fn get(&self, key: &str) -> String {
        Self::get(self, key)
    }
}

/// Who decides a setting's value: the environment pins it, the database holds what an administrator chose.
pub fn is_pinned(config: &Config, entry: &Entry) -> bool {
    config.ui_config_disabled || config.settings_from_environment.contains_key(entry.env)
}

/// Checks what the environment sets, before anything starts.
///
/// # Errors
/// [`ConfigError`] for the first value that does not parse; a secret's value is not shown.
pub fn check_environment<C: Catalog>(config: &Config) -> Result<(), ConfigError> {
    let mut values = C::default();
    for entry in C::ENTRIES {
        if let Some(text) = config.settings_from_environment.get(entry.env) {
            let shown = if entry.input.is_secret() { "(a secret)" } else { text };
            values.set(entry.key, text).map_err(|allowed| unparsable(entry.env, shown, &allowed))?;
        }
    }
    Ok(())
}

/// The values in force: environment before database before default. A stored value this version cannot use is logged and passed over.
///
/// # Errors
/// When the database cannot be read.
pub async fn load<C: Catalog>(db: &Db, config: &Config, sealer: &Sealer, scope: &str) -> anyhow::Result<C> {
    let stored = store::in_scope(&mut db.read().await?, scope).await.context("reading settings")?;
    let mut values = C::default();
    for entry in C::ENTRIES {
        if let Some(text) = config.settings_from_environment.get(entry.env) {
            values.set(entry.key, text).map_err(|allowed| anyhow::anyhow!("{} must be {allowed}", entry.env))?;
        } else if let Some(text) = stored.get(entry.key).filter(|_| !config.ui_config_disabled) {
            let text = match entry.input {
                Input::Secret | Input::SecretLines => match sealer.unseal_text(&purpose(scope, entry.key), text) {
                    Ok(secret) => secret.to_string(),
                    Err(error) => {
                        tracing::error!(setting = entry.key, %error, "a stored secret cannot be read; enter it again");
                        continue;
                    }
                },
                _ => text.clone(),
            };
            if let Err(allowed) = values.set(entry.key, &text) {
                tracing::warn!(setting = entry.key, allowed, "a stored setting cannot be used; the default applies");
            }
        }
    }
    Ok(values)
}

/// What a form changes: only keys whose new value differs, already checked.
#[derive(Debug, Default)]
pub struct Changes(Vec<(Entry, String)>);

impl Changes {
    /// Whether nothing differs.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds a change no form field stands for, such as taking a secret away.
    pub fn also(&mut self, entry: &Entry, value: &str) {
        self.0.retain(|(changed, _)| changed.key != entry.key);
        self.0.push((*entry, value.to_owned()));
    }

    /// `key: new value` for the audit log; secrets as `(changed)`.
    pub fn for_audit(&self) -> BTreeMap<String, String> {
        let shown = |(entry, value): &(Entry, String)| if entry.input.is_secret() { "(changed)".to_owned() } else { value.clone() };
        self.0.iter().map(|change| (change.0.key.to_owned(), shown(change))).collect()
    }
}

/// Compares a submitted form with the values in force. A missing switch means off; an empty secret means unchanged; a pinned setting is passed over.
/// Pure: gives the new values with the changes, or a message per field.
///
/// # Errors
/// `key → what it must be`, for every field that does not parse.
pub fn parse<C: Catalog + Clone>(current: &C, config: &Config, form: &BTreeMap<String, String>) -> Result<(C, Changes), BTreeMap<String, String>> {
    let (mut values, mut changes, mut mistakes) = (current.clone(), Changes::default(), BTreeMap::new());
    for entry in C::ENTRIES.iter().filter(|entry| !is_pinned(config, entry)) {
        let text = match (entry.input, form.get(entry.key)) {
            (Input::Switch, submitted) => submitted.map_or("false", String::as_str),
            (Input::Secret | Input::SecretLines, Some(text)) if text.is_empty() => continue,
            (_, Some(text)) => text,
            (_, None) => continue,
        };
        match values.set(entry.key, text) {
            Ok(()) if values.get(entry.key) != current.get(entry.key) => changes.0.push((*entry, values.get(entry.key))),
            Ok(()) => {}
            Err(allowed) => {
                mistakes.insert(entry.key.to_owned(), t("settings-must-be").with("allowed", allowed).into());
            }
        }
    }
    if mistakes.is_empty() { Ok((values, changes)) } else { Err(mistakes) }
}

/// Stores changes; the caller audits them and commits.
///
/// # Errors
/// When the database refuses.
pub async fn write(tx: &mut Tx, sealer: &Sealer, scope: &str, changes: &Changes, now: Timestamp) -> sqlx::Result<()> {
    for (entry, value) in &changes.0 {
        let stored = if entry.input.is_secret() { sealer.seal_text(&purpose(scope, entry.key), value) } else { value.clone() };
        store::put(tx, scope, entry.key, &stored, now).await?;
    }
    Ok(())
}

/// Keeps a text beside the settings of a scope that is no setting: nobody chooses it, and no form shows it.
///
/// # Errors
/// When the database refuses.
pub async fn remember(tx: &mut Tx, scope: &str, key: &str, text: &str, now: Timestamp) -> sqlx::Result<()> {
    store::put(tx, scope, key, text, now).await
}

/// What is stored under a key in any scope, by scope. For what was [remembered](remember) and for settings that are no secrets.
///
/// # Errors
/// When the database cannot be read.
pub async fn remembered(conn: &mut Conn, key: &str) -> sqlx::Result<BTreeMap<String, String>> {
    store::everywhere(conn, key).await
}

/// Forgets everything of a scope; gives how many texts that were.
///
/// # Errors
/// When the database refuses.
pub async fn forget(tx: &mut Tx, scope: &str) -> sqlx::Result<u64> {
    store::delete_scope(tx, scope).await
}

/// Why settings were not saved.
#[derive(Debug, thiserror::Error)]
pub enum UpdateError {
    /// `UI_CONFIG_DISABLED`: the environment alone decides.
    #[error("refused: the environment alone decides")]
    ReadOnly,
    /// What must be different, by key.
    #[error("the form has mistakes")]
    Mistakes(Mistakes),
    /// The database failed.
    #[error(transparent)]
    Internal(#[from] anyhow::Error),
}

/// Saves what a submitted form changes and puts it into force here at once, at other instances within [`RELOAD_EVERY`]. Gives whether anything differed.
///
/// # Errors
/// [`UpdateError::Mistakes`] when a field does not parse; nothing is saved then. [`UpdateError::ReadOnly`] under `UI_CONFIG_DISABLED`.
pub async fn update(app: &App, deed: &AdminDeed, form: &BTreeMap<String, String>) -> Result<bool, UpdateError> {
    if app.config.ui_config_disabled {
        return Err(UpdateError::ReadOnly);
    }
    // What is stored, not what this instance has in force: another instance may have changed it a moment ago.
    let current: Settings = load(&app.db, &app.config, &app.sealer, APP_SCOPE).await?;
    let (values, changes) = parse(&current, &app.config, form).map_err(|mistakes| UpdateError::Mistakes(mistakes.into()))?;
    if changes.is_empty() {
        return Ok(false);
    }
    let stored = async {
        let mut tx = app.db.begin().await?;
        write(&mut tx, &app.sealer, APP_SCOPE, &changes, deed.now).await?;
        let event = deed.event(Kind::SettingsChanged);
        audit::record(&mut tx, changes.for_audit().into_iter().fold(event, |event, (key, value)| event.with(&key, value))).await?;
        tx.commit().await
    };
    stored.await.context("storing settings")?;
    app.settings.send_replace(Arc::new(values));
    Ok(true)
}

/// The instant of the last change in any scope: what instances poll to notice each other's changes.
///
/// # Errors
/// When the database cannot be read.
pub async fn last_changed_at(conn: &mut Conn) -> sqlx::Result<Option<Timestamp>> {
    store::last_changed_at(conn).await
}

fn purpose(scope: &str, key: &str) -> String {
    format!("setting {scope} {key}")
}
