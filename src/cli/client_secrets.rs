//! `muster clients secret`: an app's secrets, so that they can be changed from a script.

use clap::Subcommand;
use serde::Serialize;

use super::{Failed, Format, app, say, say_json};
use crate::app::App;
use crate::clients::secrets::{self, Standing};
use crate::clients::{self, Authority, Client, NewSecret, Refused, SecretLine};
use crate::clock::Timestamp;

/// Secrets of an app.
#[derive(Subcommand)]
pub(super) enum Secret {
    /// Lists the secrets of a client: how they begin, never the secrets themselves.
    List {
        /// The client ID.
        client: String,
        /// How to print.
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Makes one more secret and prints it; it is shown this once.
    Add {
        /// The client ID.
        client: String,
        /// What to call it.
        #[arg(long, default_value = "")]
        name: String,
        /// After how many days it ends by itself.
        #[arg(long)]
        days: Option<u32>,
        /// How to print.
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Deletes a secret; an app that still uses it can no longer sign anyone in.
    Delete {
        /// The client ID.
        client: String,
        /// How it begins, as `list` prints it.
        secret: String,
        /// How to print.
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
}

#[derive(Serialize)]
struct Line {
    secret: String,
    name: String,
    created_at: String,
    expires_at: Option<String>,
    last_used_at: Option<String>,
    has_ended: bool,
}

impl Line {
    fn new(line: SecretLine, now: Timestamp) -> Self {
        let has_ended = line.standing(now) == Standing::Ended;
        let SecretLine { hint, name, created_at, expires_at, last_used_at } = line;
        let text = |at: Timestamp| at.rfc3339();
        Self { secret: hint, name, created_at: text(created_at), expires_at: expires_at.map(text), last_used_at: last_used_at.map(text), has_ended }
    }
}

#[derive(Serialize)]
struct Made<'a> {
    client_id: &'a str,
    client_secret: &'a str,
}

#[derive(Serialize)]
struct Deleted<'a> {
    client_id: &'a str,
    secret: &'a str,
}

pub(super) async fn run(command: Secret) -> Result<(), Failed> {
    let app = app().await?;
    let now = app.clock.now();
    match command {
        Secret::List { client, format } => {
            let client = find(&app, &client).await?;
            let lines: Vec<Line> = secrets::secrets(&app, client.id).await?.into_iter().map(|line| Line::new(line, now)).collect();
            if format == Format::Json {
                return say_json(&lines);
            }
            for line in lines {
                let end = line.expires_at.map_or_else(|| "no end".to_owned(), |at| format!("{} {at}", if line.has_ended { "ended" } else { "ends" }));
                let used = line.last_used_at.map_or_else(|| "never used".to_owned(), |at| format!("last used {at}"));
                say(&format!("{}…  {}  (made {}; {end}; {used})", line.secret, line.name, line.created_at))?;
            }
            Ok(())
        }
        Secret::Add { client, name, days, format } => {
            let client = find(&app, &client).await?;
            let made = clients::make_secret(&app, Authority::CommandLine, client.id, &NewSecret { name, days }, now).await.map_err(failed)?;
            let secret = made.secret.as_ref().map_or("", |secret| secret.reveal());
            if format == Format::Json {
                return say_json(&Made { client_id: &client.client_id, client_secret: secret });
            }
            say(&format!("Client secret: {secret}"))
        }
        Secret::Delete { client, secret, format } => {
            let client = find(&app, &client).await?;
            let secret = secret.trim_end_matches('…');
            clients::delete_secret(&app, Authority::CommandLine, client.id, secret, now).await.map_err(failed)?;
            if format == Format::Json { say_json(&Deleted { client_id: &client.client_id, secret }) } else { say("Deleted.") }
        }
    }
}

async fn find(app: &App, client_id: &str) -> Result<Client, Failed> {
    let found = clients::find_by_client_id(&mut app.db.read().await?, client_id).await?;
    found.ok_or_else(|| Failed::Command(anyhow::anyhow!("there is no client with the ID {client_id}; muster clients list shows them")))
}

fn failed(refused: Refused) -> Failed {
    match refused {
        Refused::Mistakes(mistakes) => {
            let lines: Vec<String> =
                mistakes.into_iter().map(|(field, mistake)| if field == "secret" { mistake } else { format!("--{field}: {mistake}") }).collect();
            Failed::Command(anyhow::anyhow!("{}", lines.join("\n")))
        }
        Refused::Gone | Refused::AlreadyThere => Failed::Command(anyhow::anyhow!("there is no such secret; muster clients secret list shows them")),
        Refused::Internal(error) => Failed::Command(error),
    }
}
