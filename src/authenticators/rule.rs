//! Which passkeys will do: pure.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Metadata;
use crate::language::t;

/// Which passkeys will do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Rule {
    /// Only those that cannot leave their device.
    pub device_bound: bool,
    /// Only those on authenticators of these models (AAGUIDs), which the authenticator has to prove; `None`: on any. An empty set admits none.
    pub models: Option<BTreeSet<Uuid>>,
}

/// What is known of a passkey.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// It can be copied to other devices.
    pub synced: bool,
    /// The model of its authenticator, where that was proved when the passkey was made.
    pub model: Option<Uuid>,
}

impl Held {
    /// What is left of it where something has become known against its model since.
    #[must_use]
    pub fn as_known(self, metadata: Option<&Metadata>) -> Self {
        let is_sound = |id: &Uuid| metadata.and_then(|metadata| metadata.model(*id)).is_none_or(|model| model.compromised.is_empty());
        Self { model: self.model.filter(is_sound), ..self }
    }
}

/// Why a passkey will not do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lack {
    /// It can be copied to other devices.
    DeviceBound,
    /// Its authenticator is of another model, or has not proved of which.
    Model,
}

impl Lack {
    /// A word for the audit log.
    pub const fn code(self) -> &'static str {
        match self {
            Self::DeviceBound => "policy_synced",
            Self::Model => "policy_model",
        }
    }
}

impl Rule {
    /// Whether every passkey will do.
    pub const fn is_open(&self) -> bool {
        !self.device_bound && self.models.is_none()
    }

    /// What a passkey lacks; `None` when it will do.
    pub fn lack(&self, held: Held) -> Option<Lack> {
        if self.device_bound && held.synced {
            return Some(Lack::DeviceBound);
        }
        let models = self.models.as_ref()?;
        if held.model.is_some_and(|model| models.contains(&model)) { None } else { Some(Lack::Model) }
    }

    /// This rule and another: a passkey will do when both say so.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        let models = match (&self.models, &other.models) {
            (Some(ours), Some(theirs)) => Some(ours & theirs),
            (Some(models), None) | (None, Some(models)) => Some(models.clone()),
            (None, None) => None,
        };
        Self { device_bound: self.device_bound || other.device_bound, models }
    }

    /// What is wanted, for people, to stand after "wants" or "is": `a passkey that stays on one device`. Empty for an open rule.
    pub fn words(&self, metadata: Option<&Metadata>) -> String {
        /// More would not be read.
        const NAMED_MAX: usize = 6;
        let Some(models) = &self.models else {
            return if self.device_bound { t("passkey-kind-device-bound").to_string() } else { String::new() };
        };
        let mut names: Vec<String> = models.iter().map(|model| Metadata::name_in(metadata, *model)).collect();
        names.sort();
        names.dedup();
        let more = names.len().saturating_sub(NAMED_MAX);
        names.truncate(NAMED_MAX);
        let listed = names.join(", ");
        let text = match (names.len(), more) {
            (0, _) => t("passkey-kind-none"),
            (1, _) => t("passkey-kind-model").with("names", listed),
            (_, 0) => t("passkey-kind-models").with("names", listed),
            _ => t("passkey-kind-models-more").with("names", listed).with("more", more.to_string()),
        };
        text.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: Uuid = Uuid::from_u128(1);
    const OTHER: Uuid = Uuid::from_u128(2);

    fn only(models: &[Uuid]) -> Rule {
        Rule { device_bound: false, models: Some(models.iter().copied().collect()) }
    }

    #[test]
    fn a_passkey_has_to_be_all_that_is_wanted() {
        let (synced, bound) = (Held { synced: true, model: None }, Held { synced: false, model: None });
        let attested = Held { synced: false, model: Some(KEY) };
        let hardware = Rule { device_bound: true, models: None };
        assert_eq!((Rule::default().lack(synced), Rule::default().is_open()), (None, true));
        assert_eq!(hardware.lack(synced), Some(Lack::DeviceBound));
        assert_eq!((hardware.lack(bound), hardware.lack(attested)), (None, None));
        assert_eq!((only(&[KEY]).lack(bound), only(&[KEY]).lack(attested)), (Some(Lack::Model), None), "of a model nobody has proved");
        assert_eq!(only(&[OTHER]).lack(attested), Some(Lack::Model));
    }

    #[test]
    fn of_two_rules_the_stricter_part_of_each_counts() {
        let hardware = Rule { device_bound: true, models: None };
        assert_eq!(hardware.and(&Rule::default()), hardware);
        assert_eq!(only(&[KEY, OTHER]).and(&hardware), Rule { device_bound: true, ..only(&[KEY, OTHER]) });
        assert_eq!(only(&[KEY, OTHER]).and(&only(&[OTHER])), only(&[OTHER]));
        let contradiction = only(&[KEY]).and(&only(&[OTHER]));
        assert_eq!(contradiction.lack(Held { synced: false, model: Some(KEY) }), Some(Lack::Model));
        assert!(!contradiction.is_open() && contradiction.words(None).contains("contradict"));
    }

    #[test]
    fn what_is_wanted_is_said_in_words() {
        assert_eq!(Rule::default().words(None), "");
        assert!(Rule { device_bound: true, models: None }.words(None).contains("security key"));
        assert!(only(&[KEY]).words(None).ends_with(&KEY.to_string()), "without metadata there is only the number");
    }
}
