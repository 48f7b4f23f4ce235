//! Where the time of a run went, phase by phase, and which server it asked.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use crate::language::{Text, duration, t};

/// A part of a run, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Reach the server, agree on TLS, bind.
    #[serde(alias = "connecting")]
    Connect,
    /// Read people.
    People,
    /// Read groups.
    Groups,
    /// Compare with what is known.
    #[serde(alias = "planning")]
    Plan,
    /// Write what changes.
    #[serde(alias = "writing")]
    Write,
}

impl Stage {
    /// For people.
    pub fn label(self) -> Text {
        match self {
            Self::Connect => t("directory-stage-connect"),
            Self::People => t("directory-stage-people"),
            Self::Groups => t("directory-stage-groups"),
            Self::Plan => t("directory-stage-plan"),
            Self::Write => t("directory-stage-write"),
        }
    }

    /// The same while it goes on.
    pub fn doing(self) -> Text {
        match self {
            Self::Connect => t("directory-connecting"),
            Self::People => t("directory-reading-people"),
            Self::Groups => t("directory-reading-groups"),
            Self::Plan => t("directory-comparing"),
            Self::Write => t("directory-writing"),
        }
    }
}

/// How long a stage took.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageTime {
    /// Which.
    pub phase: Stage,
    /// In milliseconds.
    pub ms: u64,
}

impl StageTime {
    /// For people: `340 ms`, `2.1 s`, `3 minutes`.
    pub fn words(&self) -> String {
        match self.ms {
            0 => t("directory-took-under-ms"),
            ms @ 1..1_000 => t("directory-took-ms").with("ms", ms),
            ms @ 1_000..120_000 => t("directory-took-seconds").with("whole", ms / 1_000).with("tenths", ms % 1_000 / 100),
            ms => duration(Duration::from_millis(ms)),
        }
        .into()
    }
}

/// The way of a run: a stopwatch that notes each stage as it ends.
#[derive(Clone, Debug)]
pub struct Course {
    since: Instant,
    /// The stages so far, each once.
    pub stages: Vec<StageTime>,
    /// The server that answered; empty before one has.
    pub server: String,
}

impl Course {
    /// Starts the watch.
    pub fn begin() -> Self {
        Self { since: Instant::now(), stages: Vec::new(), server: String::new() }
    }

    /// Goes on after reading, whose stages were timed already.
    pub fn after_reading(stages: Vec<StageTime>, server: String) -> Self {
        Self { stages, server, ..Self::begin() }
    }

    /// A stage has ended; what is done again (planning anew) adds up.
    pub fn mark(&mut self, phase: Stage) {
        let now = Instant::now();
        let ms = u64::try_from(now.duration_since(self.since).as_millis()).unwrap_or(u64::MAX);
        self.since = now;
        match self.stages.iter_mut().find(|stage| stage.phase == phase) {
            Some(stage) => stage.ms = stage.ms.saturating_add(ms),
            None => self.stages.push(StageTime { phase, ms }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stages_are_noted_in_order_and_repeated_ones_once() {
        let mut course = Course::after_reading(vec![StageTime { phase: Stage::People, ms: 1_500 }], "ldap://x".to_owned());
        for stage in [Stage::Plan, Stage::Plan, Stage::Write] {
            course.mark(stage);
        }
        let stages: Vec<_> = course.stages.iter().map(|stage| stage.phase).collect();
        assert_eq!(stages, [Stage::People, Stage::Plan, Stage::Write]);
        for (ms, words) in [(0, "under 1 ms"), (20, "20 ms"), (1_500, "1.5 s"), (180_000, "3 minutes")] {
            assert_eq!(StageTime { phase: Stage::Write, ms }.words(), words);
        }
    }
}
