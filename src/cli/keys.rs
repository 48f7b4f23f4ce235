//! `muster keys`: what ID tokens are signed with.

use clap::Subcommand;
use serde::Serialize;

use super::clients::signing_alg;
use super::{Failed, Format, app, say, say_json};
use crate::audit::Actor;
use crate::clients::SigningAlg;
use crate::oidc::keys::{self, Line};

/// Signing keys.
#[derive(Subcommand)]
pub(super) enum Keys {
    /// Lists the keys.
    List {
        /// How to print.
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Lets the next key sign, retires the one that did, and makes another next one. Running servers follow within seconds.
    Rotate {
        /// Only this algorithm: RS256, ES256, PS256 or EdDSA.
        #[arg(long, value_parser = signing_alg)]
        alg: Option<SigningAlg>,
        /// How to print.
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Withdraws a key that somebody else may have: every token it signed is invalid at once. Running servers follow within seconds, apps when they fetch the keys
    /// again.
    Withdraw {
        /// The key's id, as listed.
        kid: String,
        /// How to print.
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
}

#[derive(Serialize)]
struct Key {
    kid: String,
    alg: SigningAlg,
    state: &'static str,
    created_at: String,
    retired_at: Option<String>,
}

impl From<Line> for Key {
    fn from(line: Line) -> Self {
        Self {
            kid: line.kid,
            alg: line.alg,
            state: line.state.as_str(),
            created_at: line.created_at.rfc3339(),
            retired_at: line.retired_at.map(|at| at.rfc3339()),
        }
    }
}

pub(super) async fn run(command: Keys) -> Result<(), Failed> {
    let app = app().await?;
    let format = match command {
        Keys::List { format } => format,
        Keys::Rotate { alg, format } => {
            let algs = alg.map_or_else(|| SigningAlg::ALL.to_vec(), |alg| vec![alg]);
            keys::rotate(&app, &algs, &Actor::command_line(), app.clock.now()).await?;
            format
        }
        Keys::Withdraw { kid, format } => {
            if !keys::withdraw(&app, &kid, &Actor::command_line(), None, app.clock.now()).await? {
                return Err(Failed::Command(anyhow::anyhow!("there is no key {kid}; muster keys list shows them")));
            }
            format
        }
    };
    let lines: Vec<Key> = keys::list(&app).await?.into_iter().map(Key::from).collect();
    if format == Format::Json {
        return say_json(&lines);
    }
    for key in lines {
        say(&format!("{}  {:6} {:8} made {}", key.kid, key.alg.as_str(), key.state, key.created_at))?;
    }
    Ok(())
}
