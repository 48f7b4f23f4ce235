//! Mail to people about new things in their account: what somebody who got in would do first. Written in the transaction of the deed, to the confirmed address
//! alone, where mail can be sent and the installation wants it ([`Settings::account_news`](crate::settings::Settings)). It names what, when and from where, and
//! the page that says what to do if it was somebody else; it never holds a secret or a link that signs in.
//!
//! The same news is told once within ten minutes, and a person gets at most twenty such mails a day: whoever is in an account must not be able to bury the
//! one mail that counts under others, nor fill a mailbox.

use std::time::Duration;

use askama::Template;

use crate::app::App;
use crate::attempts::{self, Allowance, Subject};
use crate::clock::Timestamp;
use crate::db::Tx;
use crate::id::AuditEventId;
use crate::language::{Text, instant, speaking, t};
use crate::mail::{self, Mail};
use crate::users::User;
use crate::web::{Client, user_agent};

/// How long such a mail is worth sending.
const USEFUL_FOR: Duration = Duration::from_secs(3 * 86_400);
/// The same news again.
const SAME: Allowance = Allowance { count: 1, within: Duration::from_secs(600), from_the_last: false };
/// News for one person.
const PER_PERSON: Allowance = Allowance { count: 20, within: Duration::from_secs(86_400), from_the_last: false };

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News<'a> {
    /// A passkey was added.
    PasskeyAdded {
        /// What it is called.
        name: &'a str,
    },
    /// A passkey was removed.
    PasskeyRemoved {
        /// What it was called.
        name: &'a str,
        /// Whether an administrator did it.
        by_administrator: bool,
    },
    /// A sign-in with a passkey was blocked because its counter went backwards.
    PossibleCopy {
        /// What it is called.
        name: &'a str,
    },
    /// A new set of recovery codes was made.
    RecoveryCodesMade,
    /// A recovery code was used.
    RecoveryCodeUsed {
        /// How many are left.
        left: i64,
    },
    /// Somebody signed in with a browser never seen for the person.
    NewBrowser,
    /// The person deleted their account.
    AccountDeleted,
}

impl News<'_> {
    /// The stable word it is counted by.
    const fn word(self) -> &'static str {
        match self {
            Self::PasskeyAdded { .. } => "passkey_added",
            Self::PasskeyRemoved { .. } => "passkey_removed",
            Self::PossibleCopy { .. } => "possible_copy",
            Self::RecoveryCodesMade => "recovery_codes_made",
            Self::RecoveryCodeUsed { .. } => "recovery_code_used",
            Self::NewBrowser => "new_browser",
            Self::AccountDeleted => "account_deleted",
        }
    }

    /// What makes two of one kind different news.
    fn particulars(self, client: &Client) -> String {
        match self {
            Self::PasskeyAdded { name } | Self::PasskeyRemoved { name, .. } | Self::PossibleCopy { name } => name.to_owned(),
            Self::NewBrowser => client.device.clone(),
            Self::RecoveryCodeUsed { left } => left.to_string(),
            Self::RecoveryCodesMade | Self::AccountDeleted => String::new(),
        }
    }

    fn subject(self, app_name: &str) -> Text {
        let subject = match self {
            Self::PasskeyAdded { .. } => t("news-passkey-added-subject"),
            Self::PasskeyRemoved { .. } => t("news-passkey-removed-subject"),
            Self::PossibleCopy { .. } => t("news-possible-copy-subject"),
            Self::RecoveryCodesMade => t("news-codes-made-subject"),
            Self::RecoveryCodeUsed { .. } => t("news-code-used-subject"),
            Self::NewBrowser => t("news-new-browser-subject"),
            Self::AccountDeleted => t("news-deleted-subject"),
        };
        subject.with("app", app_name)
    }

    fn sentence(self) -> Text {
        match self {
            Self::PasskeyAdded { name } => t("news-passkey-added").with("passkey", name),
            Self::PasskeyRemoved { name, by_administrator: false } => t("news-passkey-removed").with("passkey", name),
            Self::PasskeyRemoved { name, by_administrator: true } => t("news-passkey-removed-by-administrator").with("passkey", name),
            Self::PossibleCopy { name } => t("news-possible-copy").with("passkey", name),
            Self::RecoveryCodesMade => t("news-codes-made"),
            Self::RecoveryCodeUsed { left } => t("news-code-used").with("left", left),
            Self::NewBrowser => t("news-new-browser"),
            Self::AccountDeleted => t("news-deleted"),
        }
    }
}

#[derive(Template)]
#[template(path = "mail/account_news.txt")]
struct Body<'a> {
    name: &'a str,
    what: Text,
    at: String,
    browser: String,
    client_ip: String,
    /// The page that says what to do; empty when there is no account to open it with.
    url: String,
}

/// Writes a mail about what was done into the outbox, if the person is to have one. `event` is what the audit log calls it. The caller commits.
///
/// # Errors
/// When the database refuses, or the text cannot be written.
pub async fn tell(tx: &mut Tx, app: &App, user: &User, news: News<'_>, client: &Client, event: AuditEventId, now: Timestamp) -> anyhow::Result<()> {
    let settings = app.settings();
    let Some(to) = user.email.as_ref().filter(|_| user.email_verified && settings.account_news && mail::is_configured(&settings)) else {
        return Ok(());
    };
    let same = Subject::new("account news", &format!("{} {} {}", user.id, news.word(), news.particulars(client)));
    let all = Subject::new("account news for", &user.id.to_string());
    if attempts::take(tx, &same, SAME, now).await?.is_err() || attempts::take(tx, &all, PER_PERSON, now).await?.is_err() {
        return Ok(());
    }
    let is_gone = news == News::AccountDeleted;
    let mail = speaking(user.reads().unwrap_or(settings.default_language), || -> askama::Result<Mail> {
        let text = Body {
            name: &user.display_name,
            what: news.sentence(),
            at: instant(now),
            browser: if client.user_agent.is_empty() { String::new() } else { user_agent::describe(&client.user_agent) },
            client_ip: client.ip_text(),
            url: if is_gone { String::new() } else { app.config.origin.url(&format!("/account/activity/{event}")) },
        };
        let about = (!is_gone).then_some(user.id);
        Ok(Mail { to: to.clone(), about, subject: news.subject(&settings.app_name).into(), text: text.render()?, useful_for: USEFUL_FOR })
    })?;
    Ok(mail::queue(tx, &app.sealer, &mail, now).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_piece_of_news_has_a_subject_of_one_line_and_a_sentence() {
        let all = [
            News::PasskeyAdded { name: "Key" },
            News::PasskeyRemoved { name: "Key", by_administrator: false },
            News::PasskeyRemoved { name: "Key", by_administrator: true },
            News::PossibleCopy { name: "Key" },
            News::RecoveryCodesMade,
            News::RecoveryCodeUsed { left: 3 },
            News::NewBrowser,
            News::AccountDeleted,
        ];
        for news in all {
            assert!(news.sentence().to_string().ends_with('.') && !news.subject("Muster").to_string().contains('\n'), "{news:?}");
        }
        let device = |device: &str| Client { device: device.to_owned(), ..Client::default() };
        assert_ne!(News::NewBrowser.particulars(&device("a")), News::NewBrowser.particulars(&device("b")));
        assert_ne!(News::PasskeyAdded { name: "a" }.particulars(&device("")), News::PasskeyAdded { name: "b" }.particulars(&device("")));
    }
}
