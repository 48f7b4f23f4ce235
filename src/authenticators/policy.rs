//! What policies mean for somebody with a passkey: pure. They are kept by [`crate::passkeys::policy`]; whoever holds a session or a grant asks here, too.

use std::time::Duration;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Held, Lack, Rule};
use crate::clock::Timestamp;

/// A column for a statement that reads a person `u`: the policies that apply to them, as JSON for [`Applying::read`]. So whoever is looked up comes with what
/// is wanted of them, without another question, and as it stands at that moment.
macro_rules! policies_of_person {
    (sqlite) => {
        policies_of_person!("json_group_array(json_array(hex(pp.id), pp.policy, pg.since, pp.changed_at))")
    };
    (postgres) => {
        policies_of_person!("COALESCE(CAST(json_agg(json_build_array(pp.id, pp.policy, pg.since, pp.changed_at)) AS TEXT), '[]')")
    };
    ($rows:literal) => {
        concat!(
            "(SELECT ",
            $rows,
            " FROM passkey_policies pp LEFT JOIN passkey_grace pg ON pg.policy_id = pp.id AND pg.user_id = u.id
              WHERE pp.group_id IS NULL OR pp.group_id IN (SELECT pm.group_id FROM group_members pm WHERE pm.user_id = u.id)) AS passkey_policies"
        )
    };
}
pub(crate) use policies_of_person;

/// Which passkeys will do for whom it applies to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Policy {
    /// Which passkeys.
    #[serde(flatten)]
    pub rule: Rule,
    /// How many days somebody whose passkey will not do can still use it, from the first time on.
    pub grace_days: u32,
    /// How old a sign-in may be at most, in minutes, when an app asks for it.
    pub proof_minutes: Option<u32>,
}

/// A policy that applies to somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InForce {
    /// Which one.
    pub id: Uuid,
    /// What it says.
    pub policy: Policy,
    /// Since when this person's passkey is too little for it, when that was noticed.
    pub lacking_since: Option<Timestamp>,
    /// When the policy was changed last.
    pub changed_at: Timestamp,
}

impl InForce {
    /// Until when a passkey that will not do can still be used.
    fn until(&self, now: Timestamp) -> Timestamp {
        self.end_of(self.lacking_since.unwrap_or(now))
    }

    /// When days of grace that begin at an instant are over.
    fn end_of(&self, begin: Timestamp) -> Timestamp {
        begin + Duration::from_secs(u64::from(self.policy.grace_days) * 86_400)
    }
}

/// One policy as [`policies_of_person`] gives it: which, what it says, since when the person's passkey is too little for it, when it was changed.
type Row = (Uuid, String, Option<Timestamp>, Timestamp);

/// All that applies to somebody, taken together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Applying(pub Vec<InForce>);

/// What somebody with a passkey may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It will do.
    Good,
    /// It will not, and can still be used until then.
    Until(Timestamp),
    /// It will not.
    Refused(Lack),
}

impl Applying {
    /// Reads what `policies_of_person` gives.
    ///
    /// # Errors
    /// When it is not what we wrote.
    pub fn read(json: &str) -> anyhow::Result<Self> {
        if json == "[]" {
            return Ok(Self::default());
        }
        let rows: Vec<Row> = serde_json::from_str(json).context("reading the passkey policies of a person")?;
        let in_force = |(id, policy, lacking_since, changed_at): Row| {
            let policy = serde_json::from_str(&policy).context("reading a passkey policy")?;
            Ok(InForce { id, policy, lacking_since, changed_at })
        };
        Ok(Self(rows.into_iter().map(in_force).collect::<anyhow::Result<_>>()?))
    }

    /// The strictest of what they say: every one has to be satisfied.
    pub fn rule(&self) -> Rule {
        self.0.iter().fold(Rule::default(), |rule, one| rule.and(&one.policy.rule))
    }

    /// How old a sign-in may be at most.
    pub fn proof_within(&self) -> Option<Duration> {
        let minutes = self.0.iter().filter_map(|one| one.policy.proof_minutes).min()?;
        Some(Duration::from_secs(u64::from(minutes) * 60))
    }

    /// Those a passkey is too little for.
    pub fn lacking(&self, held: Held) -> impl Iterator<Item = &InForce> {
        self.0.iter().filter(move |one| one.policy.rule.lack(held).is_some())
    }

    /// Whether somebody can sign in with a passkey. The soonest end counts.
    pub fn judge(&self, held: Held, now: Timestamp) -> Verdict {
        let ends = self.lacking(held).filter_map(|one| Some((one.until(now), one.policy.rule.lack(held)?)));
        match ends.min_by_key(|(until, _)| *until) {
            None => Verdict::Good,
            Some((until, _)) if now < until => Verdict::Until(until),
            Some((_, lack)) => Verdict::Refused(lack),
        }
    }

    /// Whether somebody who signed in with a passkey before goes on unasked: it will do, or they have been told that it will not and their days are not over.
    /// Whoever was not told yet is asked once more, which begins their days.
    pub fn lets_go_on(&self, held: Held, now: Timestamp) -> bool {
        self.lacking(held).all(|one| one.lacking_since.is_some_and(|since| now < one.end_of(since)))
    }

    /// Whether an app gets fresh tokens for somebody who signed in with a passkey, perhaps long ago. Nobody is there to be told, so for whom was not the days
    /// count from the last change of the policy; the days of the person themselves do not begin by it.
    pub fn lets_refresh(&self, held: Held, now: Timestamp) -> bool {
        self.lacking(held).all(|one| now < one.end_of(one.lacking_since.unwrap_or(one.changed_at)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_seconds(second)
    }

    fn hardware(grace_days: u32, lacking_since: Option<Timestamp>) -> InForce {
        let rule = Rule { device_bound: true, models: None };
        InForce { id: Uuid::nil(), policy: Policy { rule, grace_days, proof_minutes: None }, lacking_since, changed_at: at(900_000) }
    }

    const SYNCED: Held = Held { synced: true, model: None };
    const BOUND: Held = Held { synced: false, model: None };

    #[test]
    fn a_passkey_that_will_not_do_can_be_used_for_the_days_the_policy_gives_from_the_first_time_on() {
        let now = at(1_000_000);
        let judged = |one: InForce| Applying(vec![one]).judge(SYNCED, now);
        assert_eq!(judged(hardware(0, None)), Verdict::Refused(Lack::DeviceBound));
        assert_eq!(judged(hardware(1, None)), Verdict::Until(at(1_086_400)));
        assert_eq!(judged(hardware(1, Some(at(990_000)))), Verdict::Until(at(1_076_400)));
        assert_eq!(judged(hardware(1, Some(at(1_000_000 - 86_400)))), Verdict::Refused(Lack::DeviceBound));
        assert_eq!(Applying(vec![hardware(0, None)]).judge(BOUND, now), Verdict::Good);
        assert_eq!(Applying::default().judge(SYNCED, now), Verdict::Good);
    }

    #[test]
    fn of_several_policies_the_strictest_counts() {
        let now = at(1_000_000);
        let short = InForce { policy: Policy { proof_minutes: Some(5), ..Policy::default() }, ..hardware(0, None) };
        let long = InForce { policy: Policy { proof_minutes: Some(60), ..hardware(9, None).policy }, ..hardware(9, None) };
        let both = Applying(vec![short, long]);
        assert_eq!(both.proof_within(), Some(Duration::from_secs(300)));
        assert_eq!(both.rule(), Rule { device_bound: true, models: None });
        assert_eq!(Applying(vec![hardware(9, None), hardware(2, None)]).judge(SYNCED, now), Verdict::Until(now + Duration::from_secs(2 * 86_400)));
        assert_eq!(Applying(vec![hardware(9, None), hardware(0, None)]).judge(SYNCED, now), Verdict::Refused(Lack::DeviceBound));
    }

    #[test]
    fn a_session_goes_on_only_with_a_passkey_that_will_do_or_in_days_of_grace_that_have_begun() {
        let now = at(1_000_000);
        let goes_on = |one: InForce, held| Applying(vec![one]).lets_go_on(held, now);
        assert!(goes_on(hardware(0, None), BOUND) && Applying::default().lets_go_on(SYNCED, now));
        assert!(!goes_on(hardware(0, None), SYNCED) && !goes_on(hardware(9, None), SYNCED), "who was not told is asked");
        assert!(goes_on(hardware(1, Some(at(990_000))), SYNCED));
        assert!(!goes_on(hardware(1, Some(at(1_000_000 - 86_400))), SYNCED));
        let both = Applying(vec![hardware(9, Some(now)), hardware(9, None)]);
        assert!(!both.lets_go_on(SYNCED, now), "told of one of two");
    }

    #[test]
    fn for_fresh_tokens_the_days_count_from_the_change_where_the_person_was_not_told() {
        let refreshes = |one: InForce, held, now| Applying(vec![one]).lets_refresh(held, now);
        assert!(refreshes(hardware(0, None), BOUND, at(1_000_000)));
        assert!(!refreshes(hardware(0, None), SYNCED, at(900_001)));
        assert!(refreshes(hardware(1, None), SYNCED, at(900_000 + 86_399)) && !refreshes(hardware(1, None), SYNCED, at(900_000 + 86_400)));
        assert!(refreshes(hardware(1, Some(at(950_000))), SYNCED, at(950_000 + 86_399)));
    }

    #[test]
    fn what_a_statement_gives_is_read() {
        assert_eq!(Applying::read("[]").unwrap(), Applying::default());
        let sqlite = r#"[["00000000000000000000000000000000","{\"device_bound\":true,\"grace_days\":3}",null,900000000]]"#;
        assert_eq!(Applying::read(sqlite).unwrap(), Applying(vec![hardware(3, None)]));
        let postgres = r#"[["00000000-0000-0000-0000-000000000000", "{\"device_bound\":true,\"grace_days\":3}", 5000, 900000000]]"#;
        assert_eq!(Applying::read(postgres).unwrap(), Applying(vec![hardware(3, Some(at(5)))]));
        assert!(Applying::read("nonsense").is_err());
    }
}
