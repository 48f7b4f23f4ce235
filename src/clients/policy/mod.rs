//! What an administrator decides about a client, policy by policy. Each policy is a struct in a file of its own with the same four things: how it is kept (serde,
//! every field with a default, so that clients registered earlier read well), how it is read from the form ([`Policy::from_typed`]), how it is shown in it again
//! ([`Policy::to_typed`]; the partial is `templates/clients/policy/<name>.html`), and what it refuses ([`Policy::check`]).

pub mod authentication;
pub mod claims;
pub mod forward_auth;
pub mod logout;
pub mod passkeys;
pub mod presentation;
pub mod provenance;
pub mod tokens;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

pub use authentication::Authentication;
pub use claims::ClaimsPolicy;
pub use forward_auth::ForwardAuth;
pub use logout::Logout;
pub use passkeys::PasskeyPolicy;
pub use presentation::Presentation;
pub use provenance::Provenance;
pub use tokens::TokenPolicy;

use super::Mistakes;
use crate::authenticators::Rule;
use crate::language::Text;
use claims::RequiredProof;

/// A part of a client's registration.
pub trait Policy: Sized {
    /// Reads it from a form.
    fn from_typed(typed: &Typed) -> Self;
    /// Writes it as a form shows it.
    fn to_typed(&self, typed: &mut Typed);
    /// Trims it and notes what is wrong, by field.
    fn check(&mut self, mistakes: &mut Mistakes);
}

/// All policies of a client.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Policies {
    /// How it proves who it is.
    #[serde(skip_serializing_if = "is_default")]
    pub authentication: Authentication,
    /// What its tokens are and where they count.
    #[serde(skip_serializing_if = "is_default")]
    pub tokens: TokenPolicy,
    /// What it is told when a session ends.
    #[serde(skip_serializing_if = "is_default")]
    pub logout: Logout,
    /// What it learns about people, and when it may sign them in.
    #[serde(skip_serializing_if = "is_default")]
    pub claims: ClaimsPolicy,
    /// Which passkeys it takes.
    #[serde(skip_serializing_if = "is_default")]
    pub passkeys: PasskeyPolicy,
    /// How people meet it.
    #[serde(skip_serializing_if = "is_default")]
    pub presentation: Presentation,
    /// Who registered it.
    #[serde(skip_serializing_if = "is_default")]
    pub provenance: Provenance,
    /// The proxy that asks for it.
    #[serde(skip_serializing_if = "is_default")]
    pub forward_auth: ForwardAuth,
}

fn is_default<T: Default + PartialEq>(policy: &T) -> bool {
    *policy == T::default()
}

impl Policies {
    /// Which passkeys it takes, all in one rule.
    pub fn passkey_rule(&self) -> Rule {
        Rule { device_bound: self.claims.required_proof == RequiredProof::HardwareHeld, models: self.passkeys.models() }
    }

    /// The names of the policies that differ, for the audit log.
    pub fn changed(&self, after: &Self) -> Vec<&'static str> {
        [
            ("authentication", self.authentication != after.authentication),
            ("tokens", self.tokens != after.tokens),
            ("logout", self.logout != after.logout),
            ("claims", self.claims != after.claims),
            ("passkeys", self.passkeys != after.passkeys),
            ("presentation", self.presentation != after.presentation),
            ("provenance", self.provenance != after.provenance),
            ("forward_auth", self.forward_auth != after.forward_auth),
        ]
        .into_iter()
        .filter_map(|(name, differs)| differs.then_some(name))
        .collect()
    }
}

impl Policy for Policies {
    fn from_typed(typed: &Typed) -> Self {
        Self {
            authentication: Policy::from_typed(typed),
            tokens: Policy::from_typed(typed),
            logout: Policy::from_typed(typed),
            claims: Policy::from_typed(typed),
            passkeys: Policy::from_typed(typed),
            presentation: Policy::from_typed(typed),
            provenance: Policy::from_typed(typed),
            forward_auth: Policy::from_typed(typed),
        }
    }

    fn to_typed(&self, typed: &mut Typed) {
        self.authentication.to_typed(typed);
        self.tokens.to_typed(typed);
        self.logout.to_typed(typed);
        self.claims.to_typed(typed);
        self.passkeys.to_typed(typed);
        self.presentation.to_typed(typed);
        self.provenance.to_typed(typed);
        self.forward_auth.to_typed(typed);
    }

    fn check(&mut self, mistakes: &mut Mistakes) {
        self.authentication.check(mistakes);
        self.tokens.check(mistakes);
        self.logout.check(mistakes);
        self.claims.check(mistakes);
        self.passkeys.check(mistakes);
        self.presentation.check(mistakes);
        self.provenance.check(mistakes);
        self.forward_auth.check(mistakes);
    }
}

/// What a field lets one choose from: each as forms name it, with its text.
pub type Choices = Vec<(&'static str, String)>;

/// Says the texts of what can be chosen.
pub fn choices<const N: usize>(texts: [(&'static str, Text); N]) -> Choices {
    texts.into_iter().map(|(value, text)| (value, text.into())).collect()
}

/// What stands in the fields of a form, by name. A switch that is off is not there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Typed {
    fields: BTreeMap<String, String>,
    /// Which fields are switches, as far as they were set here.
    #[serde(skip)]
    switches: BTreeSet<String>,
}

impl Typed {
    /// What stands in a field; `""` when it is not there.
    pub fn text(&self, field: &str) -> &str {
        self.fields.get(field).map_or("", String::as_str)
    }

    /// Whether a switch is on.
    pub fn is_on(&self, field: &str) -> bool {
        self.fields.contains_key(field)
    }

    /// The lines of a field, trimmed, without empty ones.
    pub fn lines(&self, field: &str) -> Vec<String> {
        self.text(field).lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
    }

    /// A number that may be left out; what is none counts as one that is out of every range.
    pub fn number(&self, field: &str) -> Option<u32> {
        let typed = self.text(field).trim();
        (!typed.is_empty()).then(|| typed.parse().unwrap_or(u32::MAX))
    }

    /// The fields whose names begin so: the rest of the name, and what stands in each.
    pub fn beginning<'a>(&'a self, start: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.fields.iter().filter_map(move |(name, text)| Some((name.strip_prefix(start)?, text.as_str())))
    }

    /// Puts text into a field.
    pub fn put(&mut self, field: &str, text: impl Into<String>) {
        self.fields.insert(field.to_owned(), text.into());
    }

    /// Sets a switch.
    pub fn switch(&mut self, field: &str, on: bool) {
        self.switches.insert(field.to_owned());
        if on {
            self.put(field, "true");
        } else {
            self.fields.remove(field);
        }
    }

    /// Every field that was put or switched here, and whether it is a switch.
    pub fn names(&self) -> BTreeMap<&str, bool> {
        let fields = self.fields.keys().map(|name| (name.as_str(), self.switches.contains(name)));
        fields.chain(self.switches.iter().map(|name| (name.as_str(), true))).collect()
    }

    /// Puts lines into a field.
    pub fn put_lines(&mut self, field: &str, lines: &[String]) {
        self.put(field, lines.join("\n"));
    }

    /// Puts a number that may be left out into a field.
    pub fn put_number(&mut self, field: &str, number: Option<u32>) {
        self.put(field, number.map(|number| number.to_string()).unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_registered_before_a_policy_existed_reads_well_and_is_kept_small() {
        assert_eq!(serde_json::from_str::<Policies>("{}").unwrap(), Policies::default());
        assert_eq!(serde_json::to_string(&Policies::default()).unwrap(), "{}");
    }

    #[test]
    fn what_a_form_shows_is_read_from_it_again() {
        let mut typed = Typed::default();
        Policies::default().to_typed(&mut typed);
        assert_eq!(Policies::from_typed(&typed), Policies::default());
    }
}
