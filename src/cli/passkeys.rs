//! `muster passkeys`: the host they belong to. Works also where the server refuses to start because of it.

use clap::Subcommand;

use super::{Failed, columns};
use crate::clock::Clock;
use crate::db;
use crate::installation;
use crate::passkeys::rp_id;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Shows the host passkeys belong to, how many there are, and which other addresses may use them.
    Host,
    /// Deletes all passkeys because the server has moved to another host, where they do not work. Everybody has to add one again.
    GiveUp {
        /// How many there are; has to be right, so that nobody does this by accident.
        #[arg(long)]
        count: i64,
    },
}

pub(super) async fn run(command: Command) -> Result<(), Failed> {
    let config = super::config()?;
    let db = db::open(config.db_connection_string.reveal()).await.map_err(anyhow::Error::from)?;
    match command {
        Command::Host => {
            let stored = installation::get(&mut db.read().await?, rp_id::FACT).await?;
            let (passkeys, people) = rp_id::count(&db).await?;
            let related = rp_id::related(&config, stored.as_deref().unwrap_or_else(|| config.origin.host()));
            columns(&[
                ["Host".to_owned(), stored.unwrap_or_else(|| "none yet".to_owned())],
                ["Passkeys".to_owned(), passkeys.to_string()],
                ["People".to_owned(), people.to_string()],
                ["Related origins".to_owned(), if related.is_empty() { "none".to_owned() } else { related.join(", ") }],
            ])
        }
        Command::GiveUp { count } => {
            let former = rp_id::give_up(&db, &config, count, Clock::system().now()).await?;
            super::say(&format!(
                "{count} passkeys of {former} are gone. `muster one-time-access-token <username>` makes a link for the first administrator."
            ))
        }
    }
}
