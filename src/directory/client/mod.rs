//! Talking to the server. The only place that knows ldap3, and the only one that waits for the network; no transaction may be open meanwhile.
//!
//! [`fetch`] reads everything or fails: an answer that was cut short, timed out, or ended in any result but success gives a [`FetchError`], never a smaller
//! [`Snapshot`]. [`test()`] goes the same way one step at a time and says what each found.

mod certificate;
mod connection;
mod explain;
mod password;
mod person;
mod recognise;
#[cfg(test)]
mod tests;
mod tls;

use serde::Serialize;
use tokio_util::task::AbortOnDropHandle;

pub use self::certificate::CertificateFacts;
use self::connection::{Connection, Tally};
pub use self::password::{PasswordVerdict, Refusal, check_password};
pub use self::person::{PersonKey, RawPerson, find_person};
pub use self::recognise::{FollowMethod, Follows, Recognised, Vendor, recognise};
use super::attributes::{self, Field, RawEntry};
use super::config::{Bind, DirectoryConfig, ServerAddress};
use super::membership::{self, Members, Resolved};
use super::model::{DirectoryUser, Snapshot, counted};

/// How far a run or a test has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Resolve the name, open a socket.
    Connect,
    /// Start the protocol, encrypted for `ldaps`.
    Tls,
    /// Say who asks.
    Bind,
    /// Look at the base DN.
    Base,
    /// Read people.
    Users,
    /// Read groups.
    Groups,
}

impl Phase {
    /// All of them, in order.
    pub const ALL: [Self; 6] = [Self::Connect, Self::Tls, Self::Bind, Self::Base, Self::Users, Self::Groups];

    /// For people.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Connect => "Reach the server",
            Self::Tls => "Secure the connection",
            Self::Bind => "Bind",
            Self::Base => "Find the base DN",
            Self::Users => "Read people",
            Self::Groups => "Read groups",
        }
    }
}

/// Why the directory could not be read. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct FetchError {
    /// Where it ended.
    pub phase: Phase,
    /// What happened and what to do, in one or two sentences. Contains no secret.
    pub message: String,
}

/// Reads the whole directory.
///
/// Servers are tried in their order until one can be reached; a refused bind is final, because trying a wrong password on every server locks accounts.
/// The work runs in a task of its own: ldap3 panics on some malformed answers, and that must end this run and nothing else.
///
/// # Errors
/// [`FetchError`] when anything at all went wrong, or the whole took longer than [`Limits::run_within`](super::config::Limits::run_within).
pub async fn fetch(config: &DirectoryConfig) -> Result<Snapshot, FetchError> {
    let owned = config.clone();
    guarded(config, Phase::Connect, async move {
        let mut connection = open(&owned).await?;
        read_everything(&owned, &mut connection).await
    })
    .await
}

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

/// Checks the connection step by step, reading what a sync would read. Always one [`Step`] per [`Phase`], except that every server that was tried has its own
/// for [`Phase::Connect`].
pub async fn test(config: &DirectoryConfig) -> Vec<Step> {
    let owned = config.clone();
    // What was found survives a panic or the deadline of the run.
    let steps = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let report = {
        let steps = std::sync::Arc::clone(&steps);
        move |phase, outcome, message: String| {
            if let Ok(mut steps) = steps.lock() {
                steps.push(Step { phase, outcome, message });
            }
        }
    };
    let result = guarded(config, Phase::Connect, async move { run_test(&owned, report).await }).await;
    let mut steps = steps.lock().map(|mut steps| std::mem::take(&mut *steps)).unwrap_or_default();
    if let Err(FetchError { phase, message }) = result {
        // A failure from outside the steps (deadline, panic) belongs to the step that was running.
        let running = steps.last().map_or(Some(phase), |step| Phase::ALL.into_iter().find(|phase| *phase > step.phase));
        let phase = if phase == Phase::Connect && !steps.is_empty() { running.unwrap_or(phase) } else { phase };
        steps.push(Step { phase, outcome: StepOutcome::Failed, message });
    }
    for phase in Phase::ALL {
        if !steps.iter().any(|step| step.phase == phase) {
            steps.push(Step { phase, outcome: StepOutcome::NotTried, message: "Not tried, because an earlier step failed.".to_owned() });
        }
    }
    steps
}

/// Runs `work` in a task that cannot take anything else down, within the time of a whole run.
async fn guarded<T: Send + 'static>(
    config: &DirectoryConfig,
    phase: Phase,
    work: impl Future<Output = Result<T, FetchError>> + Send + 'static,
) -> Result<T, FetchError> {
    let within = config.connection.limits.run_within;
    let task = AbortOnDropHandle::new(tokio::spawn(work));
    match tokio::time::timeout(within, task).await {
        Ok(Ok(result)) => result,
        Ok(Err(_)) => Err(FetchError { phase, message: "The server sent an answer that cannot be read.".to_owned() }),
        Err(_) => {
            let message = format!("Reading the directory took longer than {}.", crate::clock::duration_for_people(within));
            Err(FetchError { phase, message })
        }
    }
}

/// Connects to the first server that can be reached, and binds.
async fn open(config: &DirectoryConfig) -> Result<Connection, FetchError> {
    let mut unreachable = Vec::new();
    for server in &config.connection.servers {
        let reached = async {
            let (stream, _) = connection::connect(server, config.connection.limits.connect_within).await?;
            Connection::start(config, server, stream).await
        };
        match reached.await {
            Ok(mut connection) => {
                connection.bind(&config.connection.bind).await?;
                return Ok(connection);
            }
            Err(error) => unreachable.push(error),
        }
    }
    Err(joined(unreachable))
}

fn joined(errors: Vec<FetchError>) -> FetchError {
    let phase = errors.last().map_or(Phase::Connect, |error| error.phase);
    let message = errors.into_iter().map(|error| error.message).collect::<Vec<_>>().join(" ");
    FetchError { phase, message: if message.is_empty() { "No address is configured.".to_owned() } else { message } }
}

async fn read_everything(config: &DirectoryConfig, connection: &mut Connection) -> Result<Snapshot, FetchError> {
    let mut snapshot = Snapshot::default();
    let users = read_users(config, connection, &mut snapshot).await?;
    let groups = read_groups(config, connection, &mut snapshot).await?;
    snapshot.referrals = users.referrals + groups.referrals;
    Ok(snapshot)
}

async fn read_users(config: &DirectoryConfig, connection: &mut Connection, snapshot: &mut Snapshot) -> Result<Tally, FetchError> {
    let requested = config.attributes.requested_for_users();
    let each_page = |page: Vec<RawEntry>| {
        for entry in &page {
            match attributes::user(entry, &config.attributes, &mut snapshot.problems) {
                Ok(user) => snapshot.users.push(user),
                Err(skipped) => snapshot.skipped_users.push(skipped),
            }
        }
    };
    connection.search(Phase::Users, &config.search.base_dn, config.search.user_filter.as_str(), &requested, each_page).await
}

/// A group whose members did not fit into one answer: which one, and where each attribute goes on.
struct Unfinished {
    place: usize,
    attribute: String,
    from: u32,
}

async fn read_groups(config: &DirectoryConfig, connection: &mut Connection, snapshot: &mut Snapshot) -> Result<Tally, FetchError> {
    let requested = config.attributes.requested_for_groups();
    let members = Members::new(&snapshot.users, &snapshot.skipped_users);
    let (mut resolved, mut unfinished): (Vec<Resolved>, Vec<Unfinished>) = (Vec::new(), Vec::new());
    let each_page = |page: Vec<RawEntry>| {
        for entry in &page {
            let group = match attributes::group(entry, &config.attributes, &mut snapshot.problems) {
                Ok(group) => group,
                Err(skipped) => {
                    snapshot.skipped_groups.push(skipped);
                    continue;
                }
            };
            let mut found = Resolved::default();
            for value in attributes::member_values(entry, &config.attributes) {
                members.resolve(value, &mut found);
            }
            for attribute in config.attributes.names(Field::GroupMember) {
                if let Some((_, Some(from))) = entry.ranged(attribute) {
                    unfinished.push(Unfinished { place: snapshot.groups.len(), attribute: attribute.clone(), from });
                }
            }
            snapshot.groups.push(group);
            resolved.push(found);
        }
    };
    let tally = connection.search(Phase::Groups, &config.search.base_dn, config.search.group_filter.as_str(), &requested, each_page).await?;
    for Unfinished { place, attribute, from } in unfinished {
        read_ranges(connection, &snapshot.groups[place].dn, &attribute, from, |value| members.resolve(value, &mut resolved[place])).await?;
    }
    let member_attribute = config.attributes.names(Field::GroupMember).join(" | ");
    membership::complete(&mut snapshot.groups, resolved, &snapshot.skipped_groups, &member_attribute, &mut snapshot.problems);
    Ok(tally)
}

/// Follows `member;range=0-1499` to `range=…-*`: Active Directory sends no more than 1,500 values at a time. A group is read whole or the run fails.
async fn read_ranges(connection: &mut Connection, dn: &str, attribute: &str, from: u32, mut each: impl FnMut(&[u8])) -> Result<(), FetchError> {
    let mut from = from;
    loop {
        let entry = connection.read(Phase::Groups, dn, &[format!("{attribute};range={from}-*")]).await?;
        let part = entry.as_ref().and_then(|entry| entry.ranged(attribute));
        let Some((values, next)) = part else {
            let message = format!("The members of {dn:?} changed while they were being read, or the server stopped sending them. Try again.");
            return Err(FetchError { phase: Phase::Groups, message });
        };
        values.iter().for_each(|value| each(value));
        match next {
            None => return Ok(()),
            Some(next) if next > from => from = next,
            Some(_) => return Err(FetchError { phase: Phase::Groups, message: format!("The server repeats the members of {dn:?} without end.") }),
        }
    }
}

async fn run_test(config: &DirectoryConfig, mut report: impl FnMut(Phase, StepOutcome, String)) -> Result<(), FetchError> {
    use StepOutcome::{Failed, Passed, Warning};
    let mut opened = None;
    for server in &config.connection.servers {
        let (stream, address) = match connection::connect(server, config.connection.limits.connect_within).await {
            Ok(connected) => connected,
            Err(error) => {
                report(Phase::Connect, Failed, error.message);
                continue;
            }
        };
        report(Phase::Connect, Passed, format!("{server} answers at {address}."));
        match Connection::start(config, server, stream).await {
            Ok(connection) => {
                let (outcome, message) = secured(config, server);
                report(Phase::Tls, outcome, message);
                opened = Some(connection);
                break;
            }
            Err(error) => report(Phase::Tls, Failed, error.message),
        }
    }
    let Some(mut connection) = opened else { return Ok(()) };

    connection.bind(&config.connection.bind).await?;
    report(Phase::Bind, Passed, bound(&config.connection.bind));

    if connection.read(Phase::Base, &config.search.base_dn, &["1.1".to_owned()]).await?.is_some() {
        report(Phase::Base, Passed, format!("{:?} exists.", config.search.base_dn));
    } else {
        report(
            Phase::Base,
            Warning,
            format!("The server shows nothing at {:?}. The bind account may have no right to see it.", config.search.base_dn),
        );
    }

    let mut snapshot = Snapshot::default();
    read_users(config, &mut connection, &mut snapshot).await?;
    let problems_of_users = snapshot.problems.iter().len();
    let hint = skipped_sentence(snapshot.skipped_users.len()) + &first_problem(&snapshot, 0);
    if snapshot.users.is_empty() {
        let message = format!(
            "The filter {} finds nobody that could be used below {:?}.{hint} Check filter, attributes and the bind account's rights.",
            config.search.user_filter, config.search.base_dn
        );
        report(Phase::Users, Warning, message);
    } else {
        let outcome = if hint.is_empty() { Passed } else { Warning };
        report(
            Phase::Users,
            outcome,
            format!("{} found, such as {}.{hint}", counted(snapshot.users.len(), "person", "people"), sample(&snapshot.users)),
        );
    }

    read_groups(config, &mut connection, &mut snapshot).await?;
    let memberships: usize = snapshot.groups.iter().map(|group| group.members.len()).sum();
    let hint = skipped_sentence(snapshot.skipped_groups.len()) + &first_problem(&snapshot, problems_of_users);
    if snapshot.groups.is_empty() {
        report(
            Phase::Groups,
            Warning,
            format!("The filter {} finds no group that could be used below {:?}.{hint}", config.search.group_filter, config.search.base_dn),
        );
    } else {
        let outcome = if hint.is_empty() { Passed } else { Warning };
        let (groups, memberships) = (counted(snapshot.groups.len(), "group", "groups"), counted(memberships, "membership", "memberships"));
        report(Phase::Groups, outcome, format!("{groups} found with {memberships}.{hint}"));
    }
    Ok(())
}

fn secured(config: &DirectoryConfig, server: &ServerAddress) -> (StepOutcome, String) {
    match (server.is_tls(), config.connection.skip_cert_verify) {
        (true, false) => (StepOutcome::Passed, "The connection is encrypted and the server's certificate is valid.".to_owned()),
        (true, true) => (
            StepOutcome::Warning,
            "The connection is encrypted, but the server's certificate is not checked: anybody between could read and change what is sent."
                .to_owned(),
        ),
        (false, _) if !config.connection.bind.is_anonymous() => (
            StepOutcome::Warning,
            "The connection is not encrypted: the bind password can be read on its way. Use ldaps:// where the server has it.".to_owned(),
        ),
        (false, _) => (StepOutcome::Warning, "The connection is not encrypted.".to_owned()),
    }
}

fn bound(bind: &Bind) -> String {
    match bind {
        Bind::Anonymous => "Asking anonymously.".to_owned(),
        Bind::Simple { name, .. } => format!("Bound as {name:?}."),
        Bind::External => "Bound as whom the connection proves.".to_owned(),
    }
}

fn sample(users: &[DirectoryUser]) -> String {
    users.iter().take(3).map(|user| format!("{} ({})", user.display_name, user.username)).collect::<Vec<_>>().join(", ")
}

fn skipped_sentence(count: usize) -> String {
    if count == 0 { String::new() } else { format!(" {} had to be skipped.", counted(count, "entry", "entries")) }
}

fn first_problem(snapshot: &Snapshot, from: usize) -> String {
    snapshot.problems.iter().nth(from).map_or_else(String::new, |problem| format!(" To look at: {}: {}", problem.dn, problem.message))
}
