//! Trying a connection out, one step at a time, reading what a run would read.

use std::sync::{Arc, Mutex};

use serde::Serialize;

use super::super::config::{Bind, DirectoryConfig, ServerAddress};
use super::super::model::{DirectoryUser, Snapshot, counted};
use super::connection::{self, Connection, Socket};
use super::{FetchError, Phase, Recognised, Tally, guarded, own, read_groups, read_users, recognise, referral_problem, servers};
use crate::clock::Timestamp;

/// How one step of [`test()`] went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StepOutcome {
    /// As it should be.
    Passed,
    /// It works, and something should be looked at.
    Warning,
    /// It does not work.
    Failed,
    /// Not tried, because an earlier step failed.
    NotTried,
}

/// One step of [`test()`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    /// Which.
    pub phase: Phase,
    /// How it went.
    pub outcome: StepOutcome,
    /// What was found, in a sentence.
    pub message: String,
}

/// Days before the end of a certificate from which on it is warned of.
const CERTIFICATE_WARNING_DAYS: u64 = 30;

/// Takes down how the steps went. What was found survives a panic or the deadline of the whole.
#[derive(Clone, Default)]
struct Steps(Arc<Mutex<Vec<Step>>>);

impl Steps {
    fn report(&self, phase: Phase, outcome: StepOutcome, message: impl Into<String>) {
        if let Ok(mut steps) = self.0.lock() {
            steps.push(Step { phase, outcome, message: message.into() });
        }
    }

    fn take(&self) -> Vec<Step> {
        self.0.lock().map(|mut steps| std::mem::take(&mut *steps)).unwrap_or_default()
    }
}

/// Checks the connection step by step, reading what a run would read. Always one [`Step`] per [`Phase`] in their order, except that every server that was
/// tried has its own for reaching and securing it.
pub async fn test(config: &DirectoryConfig, now: Timestamp) -> Vec<Step> {
    let (owned, steps) = (config.clone(), Steps::default());
    let reported = steps.clone();
    let result = guarded(config.connection.limits.run_within, Phase::Resolve, async move { run(&owned, now, &reported).await }).await;
    let mut steps = steps.take();
    if let Err(FetchError { phase, message }) = result {
        // A failure from outside the steps (deadline, panic) belongs to the step that was running.
        let running = steps.last().map_or(Some(phase), |step| Phase::ALL.into_iter().find(|phase| *phase > step.phase));
        let phase = if phase == Phase::Resolve && !steps.is_empty() { running.unwrap_or(phase) } else { phase };
        steps.push(Step { phase, outcome: StepOutcome::Failed, message });
    }
    for phase in Phase::ALL {
        if !steps.iter().any(|step| step.phase == phase) {
            steps.push(Step { phase, outcome: StepOutcome::NotTried, message: "Not tried, because an earlier step failed.".to_owned() });
        }
    }
    steps
}

async fn run(config: &DirectoryConfig, now: Timestamp, steps: &Steps) -> Result<(), FetchError> {
    use StepOutcome::Passed;
    let Some(mut connection) = reach(config, now, steps).await else { return Ok(()) };

    let before = recognise::read(&mut connection).await.unwrap_or_default();
    connection.bind(&config.connection.bind).await?;
    steps.report(Phase::Bind, Passed, bound(&config.connection.bind));

    let recognised = recognise::after_bind(&mut connection, before).await?;
    steps.report(Phase::Server, Passed, described(&recognised));

    check_bases(config, &mut connection, steps).await?;
    read(config, now, &recognised, &mut connection, steps).await?;
    connection.close().await;
    Ok(())
}

/// The first server that can be reached and secured; every one that was tried is reported.
async fn reach(config: &DirectoryConfig, now: Timestamp, steps: &Steps) -> Option<Connection> {
    use StepOutcome::{Failed, Passed};
    let within = config.connection.limits.connect_within;
    for server in servers::in_turn(config) {
        let addresses = match connection::resolve(server, within).await {
            Ok(addresses) => addresses,
            Err(error) => {
                steps.report(error.phase, Failed, error.message);
                continue;
            }
        };
        steps.report(Phase::Resolve, Passed, resolved(server, &addresses));
        let socket = match connection::connect(server, &addresses, within).await {
            Ok(socket) => socket,
            Err(error) => {
                steps.report(error.phase, Failed, error.message);
                continue;
            }
        };
        let at = match &socket {
            Socket::Tcp(_, address) => format!("{server} answers at {address}."),
            Socket::Unix(_) => format!("{server} answers."),
        };
        steps.report(Phase::Connect, Passed, at);
        match Connection::start(config, server, socket).await {
            Ok(connection) => {
                let (outcome, message) = secured(config, &connection, now);
                steps.report(Phase::Tls, outcome, message);
                return Some(connection);
            }
            Err(error) => steps.report(error.phase, Failed, error.message),
        }
    }
    None
}

fn resolved(server: &ServerAddress, addresses: &[std::net::SocketAddr]) -> String {
    match server {
        ServerAddress::Unix { .. } => format!("{server} is a socket on this machine."),
        ServerAddress::Tcp { host, .. } if host.parse::<std::net::IpAddr>().is_ok() => format!("{server} is an address, not a name."),
        ServerAddress::Tcp { host, .. } => {
            let addresses: Vec<String> = addresses.iter().map(|address| address.ip().to_string()).collect();
            format!("{host} leads to {}.", addresses.join(", "))
        }
    }
}

fn secured(config: &DirectoryConfig, connection: &Connection, now: Timestamp) -> (StepOutcome, String) {
    if connection.server().is_local_socket() {
        return (StepOutcome::Passed, "The connection does not leave this machine.".to_owned());
    }
    if !connection.is_private() {
        let reading = if config.connection.bind.is_anonymous() { "" } else { ": the bind password can be read on its way" };
        return (
            StepOutcome::Warning,
            format!("The connection is not encrypted{reading}. Use ldaps:// or switch on StartTLS where the server has it."),
        );
    }
    let certificate = connection.certificate();
    let facts = certificate.map_or_else(String::new, |certificate| {
        format!(
            " The certificate is for {}, from {:?}, valid until {}.",
            certificate.names_for_people(),
            certificate.issuer,
            certificate.not_after.day_for_people()
        )
    });
    if config.connection.skip_cert_verify {
        let message = "The connection is encrypted, but the server's certificate is not checked: anybody between could read and change what is sent.";
        return (StepOutcome::Warning, format!("{message}{facts}"));
    }
    match certificate.map(|certificate| certificate.not_after.since(now).as_secs() / 86_400) {
        Some(days) if days < CERTIFICATE_WARNING_DAYS => (
            StepOutcome::Warning,
            format!(
                "The connection is encrypted and the server's certificate is valid, but only for {} more. Have it renewed.{facts}",
                counted(usize::try_from(days).unwrap_or(usize::MAX), "day", "days")
            ),
        ),
        _ => (StepOutcome::Passed, format!("The connection is encrypted and the server's certificate is valid.{facts}")),
    }
}

fn bound(bind: &Bind) -> String {
    match bind {
        Bind::Anonymous => "Asking anonymously.".to_owned(),
        Bind::Simple { name, .. } => format!("Bound as {name:?}."),
        Bind::External => "Bound as whom the connection proves.".to_owned(),
    }
}

fn described(recognised: &Recognised) -> String {
    let Recognised { vendor, version, naming_contexts, .. } = recognised;
    let version = if version.is_empty() { String::new() } else { format!(" ({version})") };
    let contexts = if naming_contexts.is_empty() { String::new() } else { format!(" It holds {}.", naming_contexts.join(", ")) };
    format!("The server is {}{version}.{contexts}", vendor.label())
}

/// Whether every place that is searched exists.
async fn check_bases(config: &DirectoryConfig, connection: &mut Connection, steps: &Steps) -> Result<(), FetchError> {
    let mut bases: Vec<&str> = Vec::new();
    for base in config.search.user_bases.iter().chain(&config.search.group_bases) {
        if !bases.contains(&base.as_str()) {
            bases.push(base);
        }
    }
    let (mut seen, mut unseen) = (Vec::new(), Vec::new());
    for base in bases {
        let found = connection.read(Phase::Base, base, &["1.1".to_owned()]).await?.is_some();
        if found { &mut seen } else { &mut unseen }.push(format!("{base:?}"));
    }
    if unseen.is_empty() {
        let message = if let [base] = seen.as_slice() { format!("{base} exists.") } else { format!("{} exist.", seen.join(", ")) };
        steps.report(Phase::Base, StepOutcome::Passed, message);
    } else {
        let message = format!("The server shows nothing at {}. The bind account may have no right to see it.", unseen.join(", "));
        steps.report(Phase::Base, StepOutcome::Warning, message);
    }
    Ok(())
}

/// Reads people and groups as a run would, and says how the server handled its pages meanwhile.
async fn read(
    config: &DirectoryConfig,
    now: Timestamp,
    recognised: &Recognised,
    connection: &mut Connection,
    steps: &Steps,
) -> Result<(), FetchError> {
    use StepOutcome::{Passed, Warning};
    let mut snapshot = Snapshot::default();
    let (users, own) = match read_users(config, now, connection, &mut snapshot).await {
        Ok(read) => read,
        Err(error) => {
            steps.report(Phase::Paging, if recognised.pages { Passed } else { Warning }, paging(recognised, None));
            return Err(error);
        }
    };
    let pages = recognised.pages || users.in_pages;
    steps.report(Phase::Paging, if pages { Passed } else { Warning }, paging(recognised, Some((config, &users))));

    let bind_account = own::left_out(config, connection).await?;
    let people: Vec<&DirectoryUser> = snapshot.users.iter().filter(|user| Some(user.dn_key) != bind_account).collect();
    let filter = &config.search.user_filter;
    let problems_of_users = snapshot.problems.iter().len();
    let hint = skipped_sentence(snapshot.skipped_users.len()) + &first_problem(&snapshot, 0);
    if people.is_empty() {
        let places = config.search.user_bases.join("; ");
        let message = format!(
            "The filter {filter} finds nobody that could be used below {places:?}.{hint} Check filter, attributes and the bind account's rights."
        );
        steps.report(Phase::Users, Warning, message);
    } else {
        let hint = hint + &referral_problem(&users).map_or_else(String::new, |sentence| format!(" {sentence}"));
        let outcome = if hint.is_empty() { Passed } else { Warning };
        let count = counted(people.len(), "person", "people");
        steps.report(Phase::Users, outcome, format!("{count} found, such as {}.{hint}", sample(&people)));
    }

    read_groups(config, connection, &mut snapshot, own).await?;
    let filter = &config.search.group_filter;
    let memberships: usize = snapshot.groups.iter().map(|group| group.members.len()).sum();
    let hint = skipped_sentence(snapshot.skipped_groups.len()) + &first_problem(&snapshot, problems_of_users);
    if snapshot.groups.is_empty() {
        let places = config.search.group_bases.join("; ");
        steps.report(Phase::Groups, Warning, format!("The filter {filter} finds no group that could be used below {places:?}.{hint}"));
    } else {
        let outcome = if hint.is_empty() { Passed } else { Warning };
        let (groups, memberships) = (counted(snapshot.groups.len(), "group", "groups"), counted(memberships, "membership", "memberships"));
        let names: Vec<&str> = snapshot.groups.iter().take(3).map(|group| group.display_name.as_str()).collect();
        steps.report(Phase::Groups, outcome, format!("{groups} found with {memberships}, such as {}.{hint}", names.join(", ")));
    }
    Ok(())
}

/// How the server sends large answers; `read` is what a search of people found when it came that far.
fn paging(recognised: &Recognised, read: Option<(&DirectoryConfig, &Tally)>) -> String {
    match read {
        Some((config, tally)) if tally.page_size < config.connection.limits.page_size => format!(
            "The server sends large answers in pages of {}; it refused pages of {}, as are configured.",
            tally.page_size, config.connection.limits.page_size
        ),
        Some((_, tally)) if tally.in_pages => format!("The server sends large answers in pages of {}.", tally.page_size),
        _ if recognised.pages => "The server says that it sends large answers in pages.".to_owned(),
        _ => "The server sends everything in one piece. If a size limit cuts its answer short one day, runs will fail and say so; have the limit raised for \
              the bind account."
            .to_owned(),
    }
}

fn sample(users: &[&DirectoryUser]) -> String {
    users.iter().take(3).map(|user| format!("{} ({})", user.display_name, user.username)).collect::<Vec<_>>().join(", ")
}

fn skipped_sentence(count: usize) -> String {
    if count == 0 { String::new() } else { format!(" {} had to be skipped.", counted(count, "entry", "entries")) }
}

fn first_problem(snapshot: &Snapshot, from: usize) -> String {
    snapshot.problems.iter().nth(from).map_or_else(String::new, |problem| format!(" To look at: {}: {}", problem.dn, problem.message))
}
