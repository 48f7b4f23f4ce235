//! `muster one-time-access-token`: a way in for somebody who has no passkey, from the server's shell.

use std::time::Duration;

use serde::Serialize;

use super::{Failed, Format, app, say, say_json};
use crate::access_links::{self, model::parse_lifetime};
use crate::audit::Actor;
use crate::users;
use crate::web::Client;

/// The command's arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Username or e-mail address of an existing person.
    user: String,
    /// How long the link works, such as 30m, 12h or 7d; at most 30d.
    #[arg(long, default_value = "1h", value_parser = parse_lifetime)]
    lifetime: Duration,
    /// How to print the result.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// The result; its field names are a contract.
#[derive(Serialize)]
struct Link {
    url: String,
    expires_at: String,
}

pub(super) async fn run(arguments: Arguments) -> Result<(), Failed> {
    let app = app().await?;
    let user = users::find_by_name(&mut app.db.read().await?, &arguments.user).await?;
    let user = user.ok_or_else(|| anyhow::anyhow!("there is no person with the username or e-mail address \"{}\"", arguments.user))?;
    let made = access_links::make(&app, &Actor::command_line(), &Client::default(), &user, arguments.lifetime)
        .await
        .map_err(|error| Failed::Command(error.into()))?;
    app.db.close().await;
    match arguments.format {
        Format::Json => say_json(&Link { url: made.url, expires_at: made.expires_at.rfc3339() }),
        Format::Human => {
            say(&made.url)?;
            say(&format!("It signs {} in once, until {}.", user.username, made.expires_at.for_people()))
        }
    }
}
