//! `muster sessions`: ending what somebody has open, from the server's shell.

use serde::Serialize;

use super::{Failed, Format, app, say, say_json};
use crate::audit::{self, Actor, Event, Kind};
use crate::{sessions, users};

/// What can be done with sessions.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Signs a person out everywhere: ends their sessions, and voids one-time links and what apps were given.
    Revoke {
        /// Username or e-mail address.
        user: String,
        /// How to print the result.
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
}

/// The result; its field names are a contract.
#[derive(Serialize)]
struct Revoked {
    username: String,
    sessions_ended: u64,
}

pub(super) async fn run(command: Command) -> Result<(), Failed> {
    let Command::Revoke { user: name, format } = command;
    let app = app().await?;
    let now = app.clock.now();
    let user = users::find_by_name(&mut app.db.read().await?, &name).await?;
    let user = user.ok_or_else(|| anyhow::anyhow!("there is no person with the username or e-mail address \"{name}\""))?;
    let mut tx = app.db.begin().await?;
    users::void_access(&mut tx, user.id, now).await?;
    let ended = sessions::end_all(&mut tx, &[user.id], now).await?;
    let event = Event::new(now, Kind::SessionsEnded, Actor::command_line()).on(user.id.uuid(), &user.username);
    audit::record(&mut tx, event.with("count", ended).with("tokens_voided", true)).await?;
    tx.commit().await?;
    app.db.close().await;
    match format {
        Format::Json => say_json(&Revoked { username: user.username, sessions_ended: ended }),
        Format::Human => say(&format!("{} was signed out everywhere; sessions ended: {ended}. What apps were given works no more.", user.username)),
    }
}
