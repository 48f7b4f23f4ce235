//! What a sync run did, as it is stored, printed and shown.

use serde::{Deserialize, Serialize};

use super::course::Stage;
use super::model::Problem;
use super::plan::Changes;
use crate::clock::Timestamp;
use crate::id::SyncRunId;
use crate::language::{Text, t};

/// What made a run start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// The server started.
    Start,
    /// An hour had passed.
    Schedule,
    /// An administrator asked for it on the page.
    Admin,
    /// Somebody asked for it at the server's command line.
    Command,
    /// The server told of changes, and only those were looked at.
    Follow,
    /// Following lost track of the changes, or cannot tell what one means: everything is read.
    CatchUp,
}

impl Trigger {
    /// As stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Schedule => "schedule",
            Self::Admin => "admin",
            Self::Command => "command",
            Self::Follow => "follow",
            Self::CatchUp => "catch_up",
        }
    }

    /// Reads [`as_str`](Self::as_str).
    pub fn from_stored(text: &str) -> Option<Self> {
        [Self::Start, Self::Schedule, Self::Admin, Self::Command, Self::Follow, Self::CatchUp].into_iter().find(|trigger| trigger.as_str() == text)
    }

    /// For people.
    pub fn label(self) -> Text {
        match self {
            Self::Start => t("directory-by-start"),
            Self::Schedule => t("directory-by-schedule"),
            Self::Admin => t("directory-by-administrator"),
            Self::Command => t("directory-by-command"),
            Self::Follow => t("directory-by-following"),
            Self::CatchUp => t("directory-by-catching-up"),
        }
    }
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Changes were made.
    Applied,
    /// Nothing had changed.
    Unchanged,
    /// Nothing was written, on request.
    Previewed,
    /// Nothing was written: an administrator has to confirm.
    Held,
    /// Nothing was written: the directory could not be read.
    Failed,
}

impl Outcome {
    /// As stored and printed.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Unchanged => "unchanged",
            Self::Previewed => "previewed",
            Self::Held => "held",
            Self::Failed => "failed",
        }
    }

    /// Reads [`as_str`](Self::as_str).
    pub fn from_stored(text: &str) -> Option<Self> {
        [Self::Applied, Self::Unchanged, Self::Previewed, Self::Held, Self::Failed].into_iter().find(|outcome| outcome.as_str() == text)
    }
}

/// How far a run that is going on has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// What it does now.
    pub phase: Stage,
    /// Entries of people read.
    pub people: usize,
    /// Entries of groups read.
    pub groups: usize,
}

/// People, counted. Every entry the user filter found is in one of created, updated, disabled, restored, unchanged or skipped; people who left are in
/// disabled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct UserCounts {
    /// New here.
    pub created: usize,
    /// Known, something changed.
    pub updated: usize,
    /// Lost access: left, or disabled there. Includes those deleted when soft delete is off.
    pub disabled: usize,
    /// Had lost access, and are back.
    pub restored: usize,
    /// Known, nothing changed.
    pub unchanged: usize,
    /// Found, but not usable.
    pub skipped: usize,
    /// Local accounts that became the directory's.
    pub linked: usize,
    /// Had left long ago, and are deleted now.
    pub deleted: usize,
    /// Not in the directory any more, and kept as they are because the settings say so.
    pub missing: usize,
}

/// Groups, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct GroupCounts {
    /// New here.
    pub created: usize,
    /// Known, something changed (or back again).
    pub updated: usize,
    /// Not there any more.
    pub removed: usize,
    /// Known, nothing changed.
    pub unchanged: usize,
    /// Found, but not usable.
    pub skipped: usize,
}

/// Memberships, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MembershipCounts {
    /// People who joined a group.
    pub added: usize,
    /// People who left one.
    pub removed: usize,
}

/// What a plan changes, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// People.
    pub users: UserCounts,
    /// Groups.
    pub groups: GroupCounts,
    /// Who is in which.
    pub memberships: MembershipCounts,
}

impl Counts {
    /// Whether applying would write nothing.
    pub fn nothing_changes(&self) -> bool {
        let Self { users, groups, memberships } = self;
        users.created
            + users.updated
            + users.disabled
            + users.restored
            + users.linked
            + users.deleted
            + groups.created
            + groups.updated
            + groups.removed
            + memberships.added
            + memberships.removed
            == 0
    }
}

/// The result of a run: what `muster directory sync --format json` prints and the page of runs shows.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SyncReport {
    /// The run.
    pub run_id: SyncRunId,
    /// How it ended.
    pub outcome: Outcome,
    /// People, groups and memberships.
    #[serde(flatten)]
    pub counts: Counts,
    /// What to look at; why the run failed when it did.
    pub problems: Vec<Problem>,
    /// Why it waits for an administrator (in a preview: would wait).
    pub held_because: Option<String>,
    /// From the first connection to the last write, in milliseconds.
    pub duration_ms: u64,
    /// Entry by entry, the first of them; not part of what is printed as JSON.
    #[serde(skip, default)]
    pub changes: Changes,
}

/// A run as it is remembered.
#[derive(Clone, Debug)]
pub struct Run {
    /// Its identity.
    pub id: SyncRunId,
    /// What made it start.
    pub started_by: Trigger,
    /// When it started.
    pub started_at: Timestamp,
    /// When it ended; `None` while it goes on.
    pub finished_at: Option<Timestamp>,
    /// How it ended; `None` while it goes on.
    pub outcome: Option<Outcome>,
    /// How far it has come, while it goes on.
    pub progress: Option<Progress>,
    /// What it changed, or would have changed.
    pub counts: Counts,
    /// Why it was held back.
    pub held_because: Option<String>,
    /// Until when it can be confirmed, if it was held back.
    pub held_until: Option<Timestamp>,
    /// When an administrator confirmed it.
    pub confirmed_at: Option<Timestamp>,
    /// When an administrator decided against it.
    pub discarded_at: Option<Timestamp>,
}

impl Run {
    /// Whether it was held back too long ago to be confirmed still.
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.held_until.is_some_and(|until| until <= now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_prints_the_fields_of_the_contract() {
        let report = SyncReport {
            run_id: crate::id::SyncRunId::new(),
            outcome: Outcome::Applied,
            counts: Counts::default(),
            problems: vec![],
            held_because: None,
            duration_ms: 5,
            changes: Changes::default(),
        };
        let json = serde_json::to_value(&report).unwrap();
        let mut names: Vec<_> = json.as_object().unwrap().keys().map(String::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["duration_ms", "groups", "held_because", "memberships", "outcome", "problems", "run_id", "users"]);
        assert_eq!(json["outcome"], "applied");
    }
}
