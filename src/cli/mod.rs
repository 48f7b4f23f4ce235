//! The command line. Results go to standard output, everything else to standard error; exit status 0 done, 1 refused or failed, 2 wrong usage or
//! configuration. Commands work beside a running server: they share its database.

mod access_link;
mod audit;
mod client_secrets;
mod clients;
mod clients_file;
mod directory;
mod groups;
mod keys;
mod passkeys;
mod print;
mod registration_tokens;
mod serve;
mod sessions;
mod users;

use std::io::Write as _;
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};
use serde::Serialize;

use print::{JsonArray, columns};

use crate::app::App;
use crate::clock::Clock;
use crate::config::{Config, ConfigError};
use crate::server;

/// A self-hosted identity provider: passkeys for people, OpenID Connect for apps, people from the LDAP directory you already have.
#[derive(Parser)]
#[command(name = "muster", version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Runs the server (what happens without a command).
    Serve,
    /// Makes a one-time sign-in link for an existing person and prints it.
    #[command(alias = "access-link")]
    OneTimeAccessToken(access_link::Arguments),
    /// Checks the LDAP directory, shows what a sync would change, or syncs.
    #[command(subcommand)]
    Directory(directory::Command),
    /// Shows people.
    #[command(subcommand)]
    Users(users::Command),
    /// Shows groups.
    #[command(subcommand)]
    Groups(groups::Command),
    /// Shows the audit log.
    #[command(subcommand)]
    Audit(audit::Command),
    /// Ends sessions.
    #[command(subcommand)]
    Sessions(sessions::Command),
    /// Prints the version.
    Version {
        /// How to print it.
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Asks the running server whether it is well; for container health checks.
    Healthcheck,
    /// The host passkeys belong to, and giving them up when the server moves to another.
    #[command(subcommand)]
    Passkeys(passkeys::Command),
    /// Registered apps (OpenID clients).
    #[command(subcommand)]
    Clients(clients::Clients),
    /// Keys ID tokens are signed with.
    #[command(subcommand)]
    Keys(keys::Keys),
}

/// The version as programs read it; the name is a promise.
#[derive(Serialize)]
struct Version {
    version: &'static str,
}

/// How results are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Human,
    /// For programs: stable names, snake_case.
    Json,
}

/// Why a command did not do what it was asked; decides the exit status.
pub enum Failed {
    /// Refused or failed: status 1. The result, if any, has been printed.
    Command(anyhow::Error),
    /// Wrong configuration, or usage that clap could not judge: status 2.
    Config(ConfigError),
    /// The outcome has been printed and is itself the failure: status 1.
    Told,
}

impl From<anyhow::Error> for Failed {
    fn from(error: anyhow::Error) -> Self {
        Self::Command(error)
    }
}

impl From<sqlx::Error> for Failed {
    fn from(error: sqlx::Error) -> Self {
        Self::Command(error.into())
    }
}

impl From<ConfigError> for Failed {
    fn from(error: ConfigError) -> Self {
        Self::Config(error)
    }
}

/// Runs the command the process was started with.
pub async fn run() -> ExitCode {
    match dispatch(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failed::Told) => ExitCode::FAILURE,
        Err(Failed::Command(error)) => {
            complain(&in_words(&error));
            ExitCode::FAILURE
        }
        Err(Failed::Config(error)) => {
            complain(&error.to_string());
            ExitCode::from(2)
        }
    }
}

async fn dispatch(arguments: Arguments) -> Result<(), Failed> {
    match arguments.command.unwrap_or(Command::Serve) {
        Command::Serve => serve::serve(config()?).await,
        Command::OneTimeAccessToken(arguments) => access_link::run(arguments).await,
        Command::Directory(command) => directory::run(command).await,
        Command::Users(command) => users::run(command).await,
        Command::Groups(command) => groups::run(command).await,
        Command::Audit(command) => audit::run(command).await,
        Command::Sessions(command) => sessions::run(command).await,
        Command::Passkeys(command) => passkeys::run(command).await,
        Command::Version { format: Format::Human } => say(env!("CARGO_PKG_VERSION")),
        Command::Version { format: Format::Json } => say_json(&Version { version: env!("CARGO_PKG_VERSION") }),
        Command::Healthcheck => serve::healthcheck(&config()?).await,
        Command::Clients(command) => clients::run(command).await,
        Command::Keys(command) => keys::run(command).await,
    }
}

/// Reads and checks the configuration.
fn config() -> Result<Config, Failed> {
    let config = Config::from_environment(&server::setting_names())?;
    server::check_settings(&config)?;
    Ok(config)
}

/// Opens what a command works on.
async fn app() -> Result<App, Failed> {
    let config = config()?;
    // Whoever waits at the command line is told for what.
    serve::start_logging(&config, "warn,muster::progress=info");
    Ok(server::open(config, Clock::system()).await?)
}

/// Prints a result.
fn say(text: &str) -> Result<(), Failed> {
    writeln!(std::io::stdout(), "{text}").map_err(print::unprinted)
}

/// Prints a result as JSON.
fn say_json(value: &impl Serialize) -> Result<(), Failed> {
    say(&serde_json::to_string_pretty(value).map_err(|error| Failed::Command(error.into()))?)
}

/// An error and what caused it. Some errors say their cause themselves; it is not said twice.
fn in_words(error: &anyhow::Error) -> String {
    let mut words = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if words.is_empty() {
            words = cause;
        } else if !words.contains(&cause) {
            words.push_str(": ");
            words.push_str(&cause);
        }
    }
    words
}

fn complain(text: &str) {
    // Nothing is left to do when standard error is closed.
    let _closed = writeln!(std::io::stderr(), "muster: {text}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_is_said_once() {
        let refused = || std::io::Error::other("connection refused");
        let plain = anyhow::Error::new(refused()).context("the server cannot be reached");
        assert_eq!(in_words(&plain), "the server cannot be reached: connection refused");
        let said_twice = anyhow::Error::new(sqlx::Error::Io(refused())).context("opening");
        assert_eq!(in_words(&said_twice).matches("connection refused").count(), 1);
    }
}
