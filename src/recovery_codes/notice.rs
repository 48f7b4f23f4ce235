//! Mails about recovery: whoever holds the account's address hears of it, wherever it was done.

use std::time::Duration;

use askama::Template;

use crate::app::App;
use crate::clock::Timestamp;
use crate::db::Tx;
use crate::mail::{self, Mail};
use crate::users::User;
use crate::web::{Client, user_agent};

/// How long such a mail is worth sending.
const USEFUL_FOR: Duration = Duration::from_secs(3 * 86_400);

#[derive(Template)]
#[template(path = "mail/recovery.txt")]
struct Text<'a> {
    name: &'a str,
    what: &'a str,
    browser: String,
    client_ip: String,
    url: String,
}

/// Writes a mail about what was done into the outbox, where mail can be sent and the person has an address. The caller commits.
pub(super) async fn queue(tx: &mut Tx, app: &App, user: &User, client: &Client, what: &str, now: Timestamp) -> anyhow::Result<()> {
    let settings = app.settings();
    let Some(to) = user.email.as_ref().filter(|_| mail::is_configured(&settings)) else { return Ok(()) };
    let browser = if client.user_agent.is_empty() { String::new() } else { user_agent::describe(&client.user_agent) };
    let text =
        Text { name: &user.display_name, what, browser, client_ip: client.ip_text(), url: app.config.origin.url("/account/recovery") }.render()?;
    let mail = Mail { to: to.clone(), subject: format!("Your recovery codes at {}", settings.app_name), text, useful_for: USEFUL_FOR };
    mail::queue(tx, &app.sealer, &mail, now).await?;
    Ok(())
}
