//! Which passkeys a client takes, besides what [`super::claims::RequiredProof`] says.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Policy, Typed};
use crate::clients::Mistakes;
use crate::language::t;

/// The most models a client names.
const MODELS_MAX: usize = 100;

/// Which passkeys a client takes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PasskeyPolicy {
    /// Models of authenticators (AAGUIDs), which they have to have proved; empty: any. As typed until it is checked.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub models: Vec<String>,
}

impl PasskeyPolicy {
    /// The models; `None` for any.
    pub fn models(&self) -> Option<std::collections::BTreeSet<Uuid>> {
        (!self.models.is_empty()).then(|| self.models.iter().filter_map(|model| Uuid::try_parse(model).ok()).collect())
    }
}

impl Policy for PasskeyPolicy {
    fn from_typed(typed: &Typed) -> Self {
        Self { models: typed.lines("passkey_models") }
    }

    fn to_typed(&self, typed: &mut Typed) {
        typed.put_lines("passkey_models", &self.models);
    }

    fn check(&mut self, mistakes: &mut Mistakes) {
        for model in &mut self.models {
            // What follows # is for people.
            let id = model.split('#').next().unwrap_or_default().trim();
            match Uuid::try_parse(id) {
                Ok(id) => *model = id.to_string(),
                Err(_) => {
                    mistakes.insert("passkey_models", t("policy-mistake-no-id").with("id", id).into());
                }
            }
        }
        if self.models.len() > MODELS_MAX {
            mistakes.insert("passkey_models", t("policy-mistake-many").with("max", MODELS_MAX).into());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(models: &[&str]) -> Result<Vec<String>, String> {
        let (mut policy, mut mistakes) = (PasskeyPolicy { models: models.iter().map(|text| (*text).to_owned()).collect() }, Mistakes::new());
        policy.check(&mut mistakes);
        mistakes.remove("passkey_models").map_or(Ok(policy.models), Err)
    }

    #[test]
    fn models_are_ids_with_or_without_their_names() {
        assert_eq!(checked(&["CB69481E-8FF7-4039-93EC-0A2729A154A8 # YubiKey 5"]), Ok(vec!["cb69481e-8ff7-4039-93ec-0a2729a154a8".into()]));
        assert!(checked(&["YubiKey 5"]).unwrap_err().contains("YubiKey 5"));
        assert_eq!(PasskeyPolicy::default().models(), None);
        assert_eq!(PasskeyPolicy { models: vec!["nonsense".into()] }.models(), Some(Default::default()), "what cannot be read admits nobody");
    }
}
