//! `muster clients registration-token`: tokens with which apps may register themselves.

use clap::Subcommand;
use serde::Serialize;

use super::{Failed, Format, app, say, say_json};
use crate::audit::Actor;
use crate::id::RegistrationTokenId;
use crate::oidc::registration::{self, Wanted};
use crate::web;

/// Tokens with which apps may register themselves.
#[derive(Subcommand)]
pub(super) enum Command {
    /// Makes a token and prints it; it is shown this once.
    Create {
        /// What it is for.
        #[arg(long, default_value = "")]
        note: String,
        /// Days it is good for.
        #[arg(long, default_value_t = 7)]
        days: u32,
        /// Apps that may register with it.
        #[arg(long, default_value_t = 1)]
        uses: u32,
        /// How to print.
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Lists the tokens.
    List {
        /// How to print.
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Revokes a token; apps that registered with it stay.
    Revoke {
        /// The token's id, as `list` prints it.
        id: RegistrationTokenId,
        /// How to print.
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
}

#[derive(Serialize)]
struct Made<'a> {
    id: RegistrationTokenId,
    token: &'a str,
    registration_endpoint: String,
}

#[derive(Serialize)]
struct Line {
    id: RegistrationTokenId,
    begins_with: String,
    note: String,
    state: &'static str,
    uses: i64,
    uses_max: i64,
    created_at: String,
    expires_at: String,
}

#[derive(Serialize)]
struct Revoked {
    id: RegistrationTokenId,
}

pub(super) async fn run(command: Command) -> Result<(), Failed> {
    let app = app().await?;
    let now = app.clock.now();
    let nowhere = web::Client::default();
    match command {
        Command::Create { note, days, uses, format } => {
            let wanted = Wanted { note, days, uses };
            if let Some(mistake) = wanted.mistake() {
                return Err(Failed::Command(anyhow::anyhow!("{mistake}")));
            }
            let (id, token) = registration::make_token(&app, &wanted, Actor::command_line(), &nowhere, now).await?;
            let endpoint = app.config.origin.url("/api/oidc/register");
            if format == Format::Json {
                return say_json(&Made { id, token: token.reveal(), registration_endpoint: endpoint });
            }
            say(&format!("Initial access token:  {}", token.reveal()))?;
            say(&format!("Registration endpoint: {endpoint}"))
        }
        Command::List { format } => {
            let lines: Vec<Line> = registration::tokens(&app)
                .await?
                .into_iter()
                .map(|line| Line {
                    id: line.id,
                    state: line.state(now),
                    begins_with: line.hint,
                    note: line.note,
                    uses: line.uses,
                    uses_max: line.uses_max,
                    created_at: line.created_at.rfc3339(),
                    expires_at: line.expires_at.rfc3339(),
                })
                .collect();
            if format == Format::Json {
                return say_json(&lines);
            }
            if lines.is_empty() {
                return say("There is no token; `muster clients registration-token create` makes one.");
            }
            for line in lines {
                say(&format!(
                    "{}  {}…  {}  {} of {} used, until {}  {}",
                    line.id, line.begins_with, line.state, line.uses, line.uses_max, line.expires_at, line.note
                ))?;
            }
            Ok(())
        }
        Command::Revoke { id, format } => {
            if !registration::revoke_token(&app, id, Actor::command_line(), &nowhere, now).await? {
                return Err(Failed::Command(anyhow::anyhow!("there is no token of this id that is not revoked yet")));
            }
            if format == Format::Json { say_json(&Revoked { id }) } else { say("Revoked. Apps that registered with it stay.") }
        }
    }
}
