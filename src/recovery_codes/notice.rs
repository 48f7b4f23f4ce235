//! Mails about recovery: whoever holds the account's address hears of it, wherever it was done.

use std::time::Duration;

use askama::Template;

use crate::app::App;
use crate::clock::Timestamp;
use crate::db::Tx;
use crate::language::{Text, speaking, t};
use crate::mail::{self, Mail};
use crate::users::User;
use crate::web::{Client, user_agent};

/// How long such a mail is worth sending.
const USEFUL_FOR: Duration = Duration::from_secs(3 * 86_400);

#[derive(Template)]
#[template(path = "mail/recovery.txt")]
struct Body<'a> {
    name: &'a str,
    what: String,
    browser: String,
    client_ip: String,
    url: String,
}

/// Writes a mail about what was done into the outbox, where mail can be sent and the person has an address. The caller commits.
pub(super) async fn queue(tx: &mut Tx, app: &App, user: &User, client: &Client, what: impl Fn() -> Text, now: Timestamp) -> anyhow::Result<()> {
    let settings = app.settings();
    let Some(to) = user.email.as_ref().filter(|_| mail::is_configured(&settings)) else { return Ok(()) };
    let mail = speaking(user.chosen_language().unwrap_or(settings.default_language), || -> askama::Result<Mail> {
        let text = Body {
            name: &user.display_name,
            what: what().into(),
            browser: if client.user_agent.is_empty() { String::new() } else { user_agent::in_words(&client.user_agent) },
            client_ip: client.ip_text(),
            url: app.config.origin.url("/account/recovery"),
        };
        let subject = t("mail-recovery-subject").with("app", &settings.app_name).into();
        Ok(Mail { to: to.clone(), subject, text: text.render()?, useful_for: USEFUL_FOR })
    })?;
    mail::queue(tx, &app.sealer, &mail, now).await?;
    Ok(())
}
