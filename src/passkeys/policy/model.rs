//! The form of a policy: pure. What a policy means for somebody with a passkey is in [`crate::authenticators`].

use serde::Deserialize;
use uuid::Uuid;

use crate::authenticators::{Metadata, Policy, Rule};
use crate::clock::Timestamp;
use crate::language::{Text, t};
use crate::web::Mistakes;

/// The most days a policy may give.
pub const GRACE_DAYS_MAX: u32 = 365;
/// The most minutes a proof may be old: a year.
const PROOF_MINUTES_MAX: u32 = 525_600;
/// The most models a policy names.
const MODELS_MAX: usize = 500;

/// What was typed into the form of a policy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Draft {
    /// A switch: any text is on.
    pub device_bound: Option<String>,
    /// Models, one per line.
    pub models: String,
    /// A number.
    pub grace_days: String,
    /// A number, or nothing.
    pub proof_minutes: String,
    /// How many people the page said would be locked out, when it said so.
    pub confirmed: String,
}

impl Draft {
    /// What stands in the form of a policy.
    pub fn of(policy: &Policy, metadata: Option<&Metadata>) -> Self {
        let line = |id: &Uuid| match metadata.and_then(|metadata| metadata.model(*id)) {
            Some(model) => format!("{id} # {}", model.name),
            None => id.to_string(),
        };
        Self {
            device_bound: policy.rule.device_bound.then(|| "true".to_owned()),
            models: policy.rule.models.iter().flatten().map(line).collect::<Vec<_>>().join("\n"),
            grace_days: policy.grace_days.to_string(),
            proof_minutes: policy.proof_minutes.map(|minutes| minutes.to_string()).unwrap_or_default(),
            confirmed: String::new(),
        }
    }

    /// What it says. Models may be named by their id or, where the list of models knows it, by their name.
    ///
    /// # Errors
    /// A sentence for each field that cannot be read.
    pub fn check(&self, metadata: Option<&Metadata>, now: Timestamp) -> Result<Policy, Mistakes> {
        let mut mistakes = Mistakes::default();
        let mut policy = Policy { rule: Rule { device_bound: self.device_bound.is_some(), models: None }, ..Policy::default() };
        match read_models(&self.models, metadata, now) {
            Ok(models) => policy.rule.models = models,
            Err(sentence) => mistakes.add("models", sentence),
        }
        match whole(&self.grace_days, 0, GRACE_DAYS_MAX) {
            Ok(days) => policy.grace_days = days.unwrap_or_default(),
            Err(sentence) => mistakes.add("grace_days", sentence),
        }
        match whole(&self.proof_minutes, 1, PROOF_MINUTES_MAX) {
            Ok(minutes) => policy.proof_minutes = minutes,
            Err(sentence) => mistakes.add("proof_minutes", sentence),
        }
        if mistakes.is_empty() { Ok(policy) } else { Err(mistakes) }
    }
}

fn whole(typed: &str, min: u32, max: u32) -> Result<Option<u32>, Text> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Ok(None);
    }
    typed.parse().ok().filter(|n| (min..=max).contains(n)).map(Some).ok_or_else(|| t("policy-mistake-whole").with("min", min).with("max", max))
}

/// The models of a form; what follows `#` is for people.
fn read_models(typed: &str, metadata: Option<&Metadata>, now: Timestamp) -> Result<Option<std::collections::BTreeSet<Uuid>>, Text> {
    let lines = typed.lines().map(|line| line.split('#').next().unwrap_or_default().trim()).filter(|line| !line.is_empty());
    let mut models = std::collections::BTreeSet::new();
    for line in lines {
        let Some(metadata) = metadata else {
            return Err(t("policy-mistake-no-list"));
        };
        if !metadata.is_current(now) {
            return Err(t("policy-mistake-list-old").with("day", &metadata.next_update));
        }
        let ids = Uuid::try_parse(line).map_or_else(|_| metadata.named(line), |id| vec![id]);
        if ids.is_empty() {
            return Err(t("policy-mistake-unknown").with("line", line));
        }
        for id in ids {
            let model = metadata.model(id).ok_or_else(|| t("policy-mistake-no-model").with("id", id.to_string()))?;
            if !model.compromised.is_empty() {
                return Err(t("policy-mistake-compromised").with("name", &model.name).with("why", &model.compromised));
            }
            if !model.can_prove() {
                return Err(t("policy-mistake-unproved").with("name", &model.name));
            }
            models.insert(id);
        }
    }
    if models.len() > MODELS_MAX {
        return Err(t("policy-mistake-many").with("max", MODELS_MAX));
    }
    Ok(Some(models).filter(|models| !models.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_seconds(second)
    }

    #[test]
    fn a_form_says_what_is_wrong_field_by_field() {
        let typed = Draft { models: "YubiKey".into(), grace_days: "-1".into(), proof_minutes: "soon".into(), ..Draft::default() };
        let mistakes = typed.check(None, at(0)).unwrap_err();
        assert!(mistakes.of("models").contains("PASSKEY_METADATA_FILE"));
        assert!(mistakes.of("grace_days").contains("0 to 365") && mistakes.of("proof_minutes").contains("1 to"));
        let good = Draft { device_bound: Some("true".into()), grace_days: " 14 ".into(), ..Draft::default() };
        let policy = good.check(None, at(0)).unwrap();
        assert_eq!(policy, Policy { rule: Rule { device_bound: true, models: None }, grace_days: 14, proof_minutes: None });
        assert_eq!(Draft::of(&policy, None).check(None, at(0)), Ok(policy.clone()));
        assert_eq!(serde_json::from_str::<Policy>(&serde_json::to_string(&policy).unwrap()).unwrap(), policy);
        assert_eq!(serde_json::from_str::<Policy>("{}").unwrap(), Policy::default());
    }
}
