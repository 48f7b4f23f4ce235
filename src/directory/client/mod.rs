//! Talking to the server. The only place that knows ldap3, and the only one that waits for the network; no transaction may be open meanwhile.
//!
//! [`fetch`] reads everything or fails: an answer that was cut short, timed out, or ended in any result but success gives a [`FetchError`], never a smaller
//! [`Snapshot`]. [`test()`] goes the same way one step at a time and says what each found.

mod ber;
mod certificate;
mod connection;
mod entries;
mod explain;
mod inspect;
mod own;
mod password;
mod password_times;
mod person;
mod pictures;
mod read;
mod recognise;
mod search;
mod servers;
mod so_far;
mod some_groups;
mod standing;
#[cfg(test)]
mod tests;
mod tls;
mod trial;
mod watch;
mod wire;

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use tokio_util::task::AbortOnDropHandle;

pub use self::certificate::CertificateFacts;
use self::connection::Connection;
pub use self::entries::{Part, read_groups_for, read_part};
pub(super) use self::inspect::mapped;
pub use self::inspect::{Inspected, Looked, SeenGroup, inspect};
pub use self::password::{PasswordChange, PasswordVerdict, Refusal, change_password, check_password};
pub use self::password_times::password_changes;
pub use self::person::{PersonKey, RawPerson, find_person, read_entry};
pub use self::pictures::{Picture, PictureEntry, PictureProblem, Pictures, list_pictures, pictures};
use self::read::{read_groups, read_users};
pub use self::recognise::{FollowMethod, Follows, Recognised, Vendor, recognise};
use self::search::Tally;
pub use self::so_far::SoFar;
pub use self::some_groups::{SomeGroups, can_ask_which_list_a_group, can_ask_who_lists, groups_listing, read_some_groups};
pub use self::trial::{Step, StepOutcome, test};
pub use self::watch::{Cursor, Mode, Notice, Touch, watch};
use super::config::DirectoryConfig;
use super::course::{Course, Stage};
use super::membership;
use super::model::Snapshot;
use crate::clock::Timestamp;

/// How far a run or a test has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Find the addresses behind the server's name.
    Resolve,
    /// Open a socket.
    Connect,
    /// Start the protocol, encrypted where it is configured.
    Tls,
    /// Say who asks.
    Bind,
    /// Ask what the server is.
    Server,
    /// Look at the base DN.
    Base,
    /// See whether large answers come in pages.
    Paging,
    /// Read people.
    Users,
    /// Read groups.
    Groups,
}

impl Phase {
    /// All of them, in order.
    pub const ALL: [Self; 9] =
        [Self::Resolve, Self::Connect, Self::Tls, Self::Bind, Self::Server, Self::Base, Self::Paging, Self::Users, Self::Groups];

    /// For people.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Resolve => "Find the server's address",
            Self::Connect => "Reach the server",
            Self::Tls => "Secure the connection",
            Self::Bind => "Bind",
            Self::Server => "Recognise the server",
            Self::Base => "Find the base DN",
            Self::Paging => "Read in pages",
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

/// Reads the whole directory; `now` decides which accounts have expired.
///
/// Servers are tried in their order (or any) until one can be reached; a refused bind is final, because trying a wrong password on every server locks
/// accounts. The work runs in a task of its own: ldap3 panics on some malformed answers, and that must end this run and nothing else.
///
/// # Errors
/// [`FetchError`] when anything at all went wrong, or the whole took longer than [`Limits::run_within`](super::config::Limits::run_within).
pub async fn fetch(config: &DirectoryConfig, now: Timestamp) -> Result<Snapshot, FetchError> {
    fetch_noting(config, now, Arc::default()).await
}

/// [`fetch`] that tells `so_far` what has arrived.
///
/// # Errors
/// As [`fetch`].
pub async fn fetch_noting(config: &DirectoryConfig, now: Timestamp, so_far: Arc<SoFar>) -> Result<Snapshot, FetchError> {
    let owned = config.clone();
    guarded(config.connection.limits.run_within, Phase::Connect, async move {
        let mut course = Course::begin();
        let mut opened = servers::open(&owned).await?;
        opened.connection.note_in(so_far);
        course.mark(Stage::Connect);
        let mut snapshot = read_everything(&owned, now, &mut opened.connection, &mut course).await?;
        snapshot.server = opened.connection.server().to_string();
        let facts = standing::facts(&owned, &mut opened.connection).await;
        (snapshot.facts, snapshot.stages) = (facts, course.stages);
        for error in opened.passed_over {
            snapshot.problems.report("", None, format!("{} {} was asked instead.", error.message, snapshot.server));
        }
        opened.connection.close().await;
        Ok(snapshot)
    })
    .await
}

/// Runs `work` in a task that cannot take anything else down, within a time.
async fn guarded<T: Send + 'static>(
    within: Duration,
    phase: Phase,
    work: impl Future<Output = Result<T, FetchError>> + Send + 'static,
) -> Result<T, FetchError> {
    let task = AbortOnDropHandle::new(tokio::spawn(work));
    match tokio::time::timeout(within, task).await {
        Ok(Ok(result)) => result,
        Ok(Err(_)) => Err(FetchError { phase, message: "The server sent an answer that cannot be read.".to_owned() }),
        Err(_) => {
            let message = format!("The directory took longer than {}.", crate::clock::duration_for_people(within));
            Err(FetchError { phase, message })
        }
    }
}

async fn read_everything(config: &DirectoryConfig, now: Timestamp, connection: &mut Connection, course: &mut Course) -> Result<Snapshot, FetchError> {
    let mut snapshot = Snapshot::default();
    let (mut found, own) = read_users(config, now, connection, &mut snapshot).await?;
    course.mark(Stage::People);
    found.add(read_groups(config, connection, &mut snapshot, own).await?);
    course.mark(Stage::Groups);
    if let Some(wanted) = &config.placement.import_group {
        membership::only_members(&mut snapshot, wanted, config).map_err(|message| FetchError { phase: Phase::Groups, message })?;
    }
    if let Some(own) = own::left_out(config, connection).await? {
        membership::leave_out_bind_account(&mut snapshot, own);
    }
    if let Some(message) = referral_problem(&found) {
        snapshot.problems.report("", None, message);
    }
    snapshot.referrals = found.referrals;
    Ok(snapshot)
}

/// What to say about places the server pointed to on other servers. Active Directory points to its own DNS and configuration partitions in every search of
/// a whole domain; nobody is there.
fn referral_problem(found: &Tally) -> Option<String> {
    let usual = |place: &String| {
        let place = place.to_ascii_lowercase();
        ["/cn=configuration", "/dc=domaindnszones", "/dc=forestdnszones"].iter().any(|partition| place.contains(partition))
    };
    let places: Vec<&str> = found.places.iter().filter(|place| !usual(place)).map(String::as_str).collect();
    if found.referrals == 0 || (places.is_empty() && !found.places.is_empty()) {
        return None;
    }
    let to = if places.is_empty() { String::new() } else { format!(": {}", places.join(", ")) };
    Some(format!(
        "The server says that parts of the directory are on other servers{to}. They were not read: following would send the bind password there. If people or \
         groups from there are missing, add that server as a directory of its own."
    ))
}
