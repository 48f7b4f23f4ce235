//! Who is how near to being locked out. Pure; the SQL of the list says the same, and a test compares the two over every case.

use std::time::Duration;

use crate::clock::Timestamp;
use crate::language::{Text, t};
use crate::passkeys::Passkey;

/// A passkey that was neither used nor made within this time may not exist any more.
pub const CONFIRMED_WITHIN: Duration = Duration::from_secs(400 * 86_400);
/// With one passkey for this long, it is time for a second.
const ADVISED_AFTER: Duration = Duration::from_secs(7 * 86_400);
/// How long the advice stays away when it is put off.
pub const PUT_OFF_FOR: Duration = Duration::from_secs(30 * 86_400);

/// The ways somebody has to come in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ways {
    /// Passkeys used or made lately.
    pub passkeys: usize,
    /// Those of them that are in a password manager which has copies of them.
    pub synced: usize,
    /// Passkeys nobody has used for a year.
    pub unconfirmed: usize,
    /// Recovery codes that still work.
    pub codes: i64,
}

impl Ways {
    /// Counts what somebody has.
    pub fn of(passkeys: &[Passkey], codes: i64, now: Timestamp) -> Self {
        let confirmed = |passkey: &&Passkey| passkey.last_used_at.unwrap_or(passkey.created_at) > now - CONFIRMED_WITHIN;
        let live: Vec<&Passkey> = passkeys.iter().filter(confirmed).collect();
        let synced = live.iter().filter(|passkey| passkey.backup_state).count();
        Self { passkeys: live.len(), synced, unconfirmed: passkeys.len() - live.len(), codes }
    }

    /// How near to being locked out this is.
    pub const fn risk(&self) -> Risk {
        match (self.passkeys, self.synced, self.unconfirmed, self.codes) {
            (0, _, 0, 0) => Risk::NoWay,
            (2.., ..) | (1, _, _, 1..) => Risk::Low,
            (1, 1.., _, _) => Risk::OneAccount,
            _ => Risk::OneThing,
        }
    }
}

/// How near somebody is to being locked out, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Risk {
    /// There is no way in: only a link of an administrator helps.
    NoWay,
    /// One thing lost, and there is none: a telephone, a key, a sheet of paper.
    OneThing,
    /// One account lost, and there is none: that of a password manager.
    OneAccount,
    /// Something may be lost.
    Low,
}

impl Risk {
    /// Every level, the worst first.
    pub const ALL: [Self; 4] = [Self::NoWay, Self::OneThing, Self::OneAccount, Self::Low];

    /// The word in addresses and SQL.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoWay => "no_way",
            Self::OneThing => "one_thing",
            Self::OneAccount => "one_account",
            Self::Low => "low",
        }
    }

    /// Reads the word.
    pub fn from_text(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|risk| risk.as_str() == text)
    }

    /// For administrators.
    pub fn label(self) -> Text {
        match self {
            Self::NoWay => t("risk-no-way"),
            Self::OneThing => t("risk-one-thing"),
            Self::OneAccount => t("risk-one-account"),
            Self::Low => t("risk-low"),
        }
    }

    /// The class of its badge.
    pub const fn class(self) -> &'static str {
        match self {
            Self::NoWay => "bad",
            Self::OneThing => "warn",
            Self::OneAccount => "",
            Self::Low => "good",
        }
    }
}

/// What the account page says: how things stand, in a heading and a sentence with the next step.
#[derive(Clone, Debug)]
pub struct Outlook {
    /// How near it is.
    pub risk: Risk,
    /// Under "Your way in".
    pub heading: Text,
    /// One sentence, and what to do.
    pub sentence: Text,
}

/// Says how things stand.
pub fn outlook(ways: Ways) -> Outlook {
    let risk = ways.risk();
    let (heading, sentence) = match (risk, ways.passkeys, ways.codes) {
        (Risk::NoWay, ..) => (t("outlook-no-way"), t("outlook-no-way-next")),
        (Risk::OneThing, 0, 1..) => (t("outlook-paper"), t("outlook-paper-next")),
        (Risk::OneThing, 0, _) => (t("outlook-gone"), t("outlook-gone-next")),
        (Risk::OneThing, ..) => (t("outlook-device"), t("outlook-device-next")),
        (Risk::OneAccount, ..) => (t("outlook-manager"), t("outlook-manager-next")),
        (Risk::Low, 1, 1..=2) => (t("outlook-lose-passkey"), t("outlook-few-next")),
        (Risk::Low, 1, _) => (t("outlook-lose-passkey"), t("outlook-codes-next")),
        (Risk::Low, _, 0) => (t("outlook-lose-device"), t("outlook-second-next")),
        (Risk::Low, ..) => (t("outlook-lose-device"), t("outlook-good-next")),
    };
    Outlook { risk, heading, sentence }
}

/// Whether to advise a second passkey: where the only one is bound to its device, or has been the only one for a week; unless that was put off.
pub fn advises_second(passkeys: &[Passkey], put_off_until: Option<Timestamp>, now: Timestamp) -> bool {
    let [only] = passkeys else { return false };
    let is_due = !only.backup_eligible || now.since(only.created_at) >= ADVISED_AFTER;
    is_due && put_off_until.is_none_or(|until| now >= until)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ways(passkeys: usize, synced: usize, unconfirmed: usize, codes: i64) -> Ways {
        Ways { passkeys, synced, unconfirmed, codes }
    }

    #[test]
    fn how_near_somebody_is_to_being_locked_out() {
        for (of, risk) in [
            (ways(0, 0, 0, 0), Risk::NoWay),
            (ways(0, 0, 0, 10), Risk::OneThing),
            (ways(0, 0, 2, 0), Risk::OneThing),
            (ways(0, 0, 2, 3), Risk::OneThing),
            (ways(1, 0, 0, 0), Risk::OneThing),
            (ways(1, 0, 3, 0), Risk::OneThing),
            (ways(1, 1, 0, 0), Risk::OneAccount),
            (ways(1, 0, 0, 1), Risk::Low),
            (ways(1, 1, 0, 10), Risk::Low),
            (ways(2, 0, 0, 0), Risk::Low),
        ] {
            assert_eq!(of.risk(), risk, "{of:?}");
        }
    }

    #[test]
    fn every_outlook_has_a_heading_and_a_next_step() {
        for passkeys in 0..3 {
            for codes in [0, 1, 10] {
                for unconfirmed in 0..2 {
                    let outlook = outlook(ways(passkeys, 0, unconfirmed, codes));
                    let (heading, sentence) = (outlook.heading.to_string(), outlook.sentence.to_string());
                    assert!(!heading.ends_with('.') && sentence.ends_with('.'), "{heading} {sentence}");
                }
            }
        }
        assert!(outlook(ways(1, 0, 0, 0)).heading.to_string().contains("one device away"));
        assert!(outlook(ways(1, 1, 0, 0)).heading.to_string().contains("one password manager"));
    }
}
