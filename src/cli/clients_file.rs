//! `muster clients apply`: clients from a file.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use super::{Failed, Format, app, say, say_json};
use crate::clients::Authority;
use crate::clients::file::{self, Fate, Mode, NotApplied, Report};
use crate::config::ConfigError;

/// A file of clients.
#[derive(Args)]
pub(super) struct Apply {
    /// The TOML file; docs/clients-file.md describes it.
    file: PathBuf,
    /// Only say what would change.
    #[arg(long)]
    dry_run: bool,
    /// How to print.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Serialize)]
struct Line<'a> {
    client_id: &'a str,
    name: &'a str,
    outcome: &'static str,
    fields: &'a [&'static str],
}

#[derive(Serialize)]
struct Printed<'a> {
    applied: bool,
    clients: Vec<Line<'a>>,
    groups_missing: &'a [String],
}

pub(super) async fn apply(arguments: Apply) -> Result<(), Failed> {
    let app = app().await?;
    let mode = if arguments.dry_run { Mode::DryRun } else { Mode::Apply };
    let report = file::apply(&app, Authority::CommandLine, &arguments.file, mode, app.clock.now()).await.map_err(|refused| match refused {
        NotApplied::Mistakes(mistakes) => Failed::Config(ConfigError(mistakes.join("\n"))),
        NotApplied::Internal(error) => Failed::Command(error),
    })?;
    if arguments.format == Format::Json {
        return say_json(&printed(&report, mode));
    }
    for line in &report.lines {
        let fields = if line.fields.is_empty() { String::new() } else { format!("  ({})", line.fields.join(", ")) };
        say(&format!("{:<9}  {}  {}{fields}", line.fate.as_str(), line.client_id, line.name))?;
    }
    for group in &report.groups_missing {
        say(&format!("There is no group named {group} yet; whoever is in it can sign in once it is there."))?;
    }
    let count = |fate| report.count(fate);
    let counts = format!(
        "{} created, {} changed, {} unchanged, {} removed",
        count(Fate::Created),
        count(Fate::Changed),
        count(Fate::Unchanged),
        count(Fate::Removed)
    );
    say(&if mode == Mode::DryRun { format!("Nothing was changed. It would be: {counts}.") } else { format!("{counts}.") })
}

fn printed(report: &Report, mode: Mode) -> Printed<'_> {
    Printed {
        applied: mode == Mode::Apply,
        clients: report
            .lines
            .iter()
            .map(|line| Line { client_id: &line.client_id, name: &line.name, outcome: line.fate.as_str(), fields: &line.fields })
            .collect(),
        groups_missing: &report.groups_missing,
    }
}
