//! `muster directory`: the connection to the LDAP directory, from the server's shell.

use std::time::Duration;

use serde::Serialize;

use super::{Failed, Format, app, say, say_json};
use crate::app::App;
use crate::directory::explain::Explanation;
use crate::directory::history::{self, Which};
use crate::directory::settings::SettingError;
use crate::directory::{self, Order, Outcome, Step, StepOutcome, SyncReport};
use crate::id::SyncRunId;

/// What can be done with a directory.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Checks the connection step by step, reading what a sync would read. Changes nothing.
    Test(Choice),
    /// Shows what a sync would change, and changes nothing.
    Preview(Choice),
    /// Explains why somebody is or is not a user here: the entry, the filter part by part, the fields, the groups, and the verdict. Changes nothing.
    Explain {
        /// A username, an e-mail address or a DN.
        who: String,
        #[command(flatten)]
        choice: Choice,
    },
    /// Lists the latest runs, newest first.
    Runs(Choice),
    /// Brings people and groups up to date with the directory.
    Sync {
        #[command(flatten)]
        choice: Choice,
        /// Applies what this run, which was held back, would have changed, provided that it still is the same.
        #[arg(long, value_name = "RUN_ID")]
        confirm: Option<SyncRunId>,
    },
}

/// Which directory, and how to print the result.
#[derive(Debug, clap::Args)]
pub(super) struct Choice {
    /// The directory's name.
    #[arg(long, value_name = "NAME", default_value = directory::DEFAULT)]
    source: String,
    /// How to print the result.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// The result of a test; its field names are a contract.
#[derive(Serialize)]
struct Tested {
    passed: bool,
    steps: Vec<Step>,
}

pub(super) async fn run(command: Command) -> Result<(), Failed> {
    let choice = match &command {
        Command::Test(choice) | Command::Preview(choice) | Command::Runs(choice) | Command::Explain { choice, .. } | Command::Sync { choice, .. } => {
            choice
        }
    };
    let (format, source) = (choice.format, choice.source.clone());
    let app = app().await?;
    let names = directory::names(&mut app.db.read().await.map_err(anyhow::Error::from)?).await.map_err(anyhow::Error::from)?;
    if !names.contains(&source) {
        let message = format!("there is no directory named {source:?}; there is: {}", names.join(", "));
        return Err(Failed::Command(anyhow::anyhow!(message)));
    }
    let done = match command {
        Command::Test(_) => test(&app, &source, format).await,
        Command::Preview(_) => match directory::preview(&app, &source).await {
            Ok(report) => tell(&report, format),
            Err(error) => Err(Failed::Command(error.into())),
        },
        Command::Explain { who, .. } => explain(&app, &source, &who, format).await,
        Command::Runs(_) => runs(&app, &source, format).await,
        Command::Sync { confirm, .. } => match directory::sync(&app, &source, &Order::of_command(confirm)).await {
            Ok(report) => tell(&report, format),
            Err(error) => Err(Failed::Command(error.into())),
        },
    };
    app.db.close().await;
    done
}

async fn test(app: &App, source: &str, format: Format) -> Result<(), Failed> {
    let steps = match directory::test(app, source).await? {
        Ok(steps) => steps,
        Err(mistakes) => return Err(Failed::Command(anyhow::anyhow!(settings_sentence(&mistakes)))),
    };
    let passed = steps.iter().all(|step| matches!(step.outcome, StepOutcome::Passed | StepOutcome::Warning));
    match format {
        Format::Json => say_json(&Tested { passed, steps })?,
        Format::Human => {
            for Step { phase, outcome, message } in &steps {
                let mark = match outcome {
                    StepOutcome::Passed => "ok     ",
                    StepOutcome::Warning => "warning",
                    StepOutcome::Failed => "FAILED ",
                    StepOutcome::NotTried => "-      ",
                };
                say(&format!("{mark}  {}: {message}", phase.label()))?;
            }
        }
    }
    if passed { Ok(()) } else { Err(Failed::Told) }
}

/// How long the directory may take to answer about one entry.
const EXPLAIN_WITHIN: Duration = Duration::from_secs(60);

/// Prints an explanation; the status says whether the person can sign in.
async fn explain(app: &App, source: &str, who: &str, format: Format) -> Result<(), Failed> {
    let explanation = directory::explain::explain(app, source, who, EXPLAIN_WITHIN).await.map_err(|error| Failed::Command(error.into()))?;
    match format {
        Format::Json => say_json(&explanation)?,
        Format::Human => say(&explained(&explanation))?,
    }
    if explanation.verdict.may_sign_in { Ok(()) } else { Err(Failed::Told) }
}

fn explained(explanation: &Explanation) -> String {
    let mut lines = vec![explanation.verdict.sentence.clone()];
    lines.extend(explanation.verdict.reasons.iter().map(|reason| format!("  {reason}")));
    lines.extend(explanation.several.iter().map(|dn| format!("  - {dn}")));
    if let Some(entry) = &explanation.entry {
        lines.push(format!("\nEntry     {}\nServer    {}", entry.dn, entry.server));
        lines.push(format!("In scope  {}", if entry.is_below_bases { "yes, below a base for people" } else { "NO: not below any base for people" }));
        lines.push("\nFilter for people".to_owned());
        for part in &entry.filter {
            let mark = match part.fits {
                Some(true) => "fits   ",
                Some(false) => "FAILS  ",
                None => "unknown",
            };
            let has = if part.has.is_empty() { String::new() } else { format!("   ({})", part.has) };
            lines.push(format!("  {mark}  {}{}{has}", "  ".repeat(part.depth), part.text));
        }
        lines.push("\nFields".to_owned());
        for field in &entry.fields {
            let value = if field.value.is_empty() { "-" } else { &field.value };
            let from = if field.used.is_empty() { &field.attributes } else { &field.used };
            lines.push(format!("  {}: {value}   ({from}){}{}", field.label, if field.note.is_empty() { "" } else { " " }, field.note));
        }
        lines.push("\nGroups".to_owned());
        lines.extend(entry.groups.iter().map(|group| format!("  {} ({})", group.name, group.path)));
        if entry.groups.is_empty() {
            lines.push("  none".to_owned());
        }
        lines.push("\nWhat the entry has".to_owned());
        for attribute in &entry.attributes {
            lines.extend(attribute.values.iter().map(|value| format!("  {}: {value}", attribute.name)));
        }
    }
    lines.join("\n")
}

/// How many runs are listed.
const RUNS_LISTED: i64 = 50;

/// A run as a line of the list; its field names are a contract.
#[derive(Serialize)]
struct Listed {
    run_id: SyncRunId,
    started_at: String,
    finished_at: Option<String>,
    started_by: &'static str,
    asked_by: String,
    outcome: &'static str,
    #[serde(flatten)]
    counts: directory::report::Counts,
}

async fn runs(app: &App, source: &str, format: Format) -> Result<(), Failed> {
    let lines = history::runs(&mut app.db.read().await?, source, Which::All, RUNS_LISTED, 0).await?;
    let listed = lines.into_iter().map(|run| Listed {
        run_id: run.id,
        started_at: run.started_at.rfc3339(),
        finished_at: run.finished_at.map(crate::clock::Timestamp::rfc3339),
        started_by: run.started_by.as_str(),
        asked_by: run.asked_by,
        outcome: run.outcome.map_or("running", Outcome::as_str),
        counts: run.counts,
    });
    let listed: Vec<Listed> = listed.collect();
    match format {
        Format::Json => say_json(&listed),
        Format::Human if listed.is_empty() => say("No run yet."),
        Format::Human => {
            let line = |run: &Listed| format!("{}  {}  {:<9}  by {}", run.run_id, run.started_at, run.outcome, run.started_by);
            say(&listed.iter().map(line).collect::<Vec<_>>().join("\n"))
        }
    }
}

fn settings_sentence(mistakes: &[SettingError]) -> String {
    let each = mistakes.iter().map(|SettingError { key, message }| format!("{key}: {message}")).collect::<Vec<_>>().join("; ");
    format!("the directory's settings cannot be used: {each}")
}

/// Prints a report; the status follows from its outcome.
fn tell(report: &SyncReport, format: Format) -> Result<(), Failed> {
    match format {
        Format::Json => say_json(report)?,
        Format::Human => say(&summary(report))?,
    }
    if matches!(report.outcome, Outcome::Held | Outcome::Failed) { Err(Failed::Told) } else { Ok(()) }
}

/// How many problems are written out for people.
const PROBLEMS_SHOWN: usize = 20;

fn summary(report: &SyncReport) -> String {
    let headline = match report.outcome {
        Outcome::Applied => "The directory was synced.",
        Outcome::Unchanged => "Nothing had changed.",
        Outcome::Previewed => "A sync would change this. Nothing was written.",
        Outcome::Held => "Held back: nothing was changed, because this needs a person's decision.",
        Outcome::Failed => "The directory could not be read, and nothing was changed.",
    };
    let mut lines = vec![headline.to_owned()];
    if report.outcome != Outcome::Failed {
        let (users, groups, memberships) = (report.counts.users, report.counts.groups, report.counts.memberships);
        let rare = [(users.linked, "linked"), (users.deleted, "who had left deleted for good"), (users.missing, "missing and kept as they are")];
        let rare: String = rare.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!(", {count} {what}")).collect();
        lines.push(format!(
            "  People       {} created, {} updated, {} disabled, {} restored, {} unchanged, {} skipped{rare}",
            users.created, users.updated, users.disabled, users.restored, users.unchanged, users.skipped
        ));
        lines.push(format!(
            "  Groups       {} created, {} updated, {} removed, {} unchanged, {} skipped",
            groups.created, groups.updated, groups.removed, groups.unchanged, groups.skipped
        ));
        lines.push(format!("  Memberships  {} added, {} removed", memberships.added, memberships.removed));
    }
    if let Some(reason) = &report.held_because {
        lines.push(format!("\n{reason}"));
        if report.outcome == Outcome::Held {
            lines.push(format!("If this is meant to happen, apply exactly this with:\n  muster directory sync --confirm {}", report.run_id));
        }
    }
    if !report.problems.is_empty() {
        lines.push("\nTo look at:".to_owned());
    }
    for problem in report.problems.iter().take(PROBLEMS_SHOWN) {
        let place = [problem.dn.as_str(), problem.attribute.as_deref().unwrap_or_default()].into_iter().filter(|part| !part.is_empty());
        let place = place.collect::<Vec<_>>().join(", ");
        lines.push(format!("  - {}{}{}", place, if place.is_empty() { "" } else { ": " }, problem.message));
    }
    if report.problems.len() > PROBLEMS_SHOWN {
        lines.push(format!("  … and {} more; --format json has them all.", report.problems.len() - PROBLEMS_SHOWN));
    }
    lines.join("\n")
}
