//! What a client's tokens are and where they count.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Choices, Policy, Typed, choices};
use crate::clients::model::{Client, Registration};
use crate::clients::{Mistakes, SigningAlg};
use crate::language::{Text, t};

/// A set of rules taken over as a whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Profile {
    /// Each rule as the other fields say.
    #[default]
    Plain,
    /// FAPI 2.0 Security Profile: pushed requests, PKCE, tokens bound to keys, short codes, strong algorithms.
    Fapi2,
}

impl Profile {
    /// Each, as forms name it, with its text there.
    pub fn choices() -> Choices {
        choices([("", t("client-profile-plain")), ("fapi2", t("client-profile-fapi2"))])
    }
}

/// Whether a client may exchange tokens it was sent for tokens of its own (RFC 8693).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Exchange {
    /// No.
    #[default]
    Off,
    /// Yes; the new token says for whom the client acts (`act`).
    Delegation,
    /// Yes; the new token looks as if the person's own app had got it.
    Impersonation,
}

impl Exchange {
    /// Each, as forms name it, with its text there.
    pub fn choices() -> Choices {
        choices([
            ("", t("client-exchange-off")),
            ("delegation", t("client-exchange-delegation")),
            ("impersonation", t("client-exchange-impersonation")),
        ])
    }
}

/// What a client's tokens are and where they count.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TokenPolicy {
    /// A set of rules taken over as a whole.
    pub profile: Profile,
    /// Tokens are bound to a key of the client, or not given (RFC 9449).
    pub require_dpop: bool,
    /// Its DPoP proofs must hold a nonce of ours, so that none can be made ahead.
    pub require_dpop_nonce: bool,
    /// The API its tokens are for when a request names none (RFC 8707); empty when that is this server.
    pub default_resource: String,
    /// Whether it may exchange tokens.
    pub exchange: Exchange,
}

/// The longest life of a code under FAPI 2.0 (section 5.3.2.1, item 11).
const FAPI2_CODE_MAX: Duration = Duration::from_secs(60);

impl Policy for TokenPolicy {
    fn from_typed(typed: &Typed) -> Self {
        Self {
            profile: if typed.text("profile") == "fapi2" { Profile::Fapi2 } else { Profile::Plain },
            require_dpop: typed.is_on("require_dpop"),
            require_dpop_nonce: typed.is_on("require_dpop_nonce"),
            default_resource: typed.text("default_resource").to_owned(),
            exchange: match typed.text("exchange") {
                "delegation" => Exchange::Delegation,
                "impersonation" => Exchange::Impersonation,
                _ => Exchange::Off,
            },
        }
    }

    fn to_typed(&self, typed: &mut Typed) {
        typed.put("profile", if self.profile == Profile::Fapi2 { "fapi2" } else { "" });
        typed.switch("require_dpop", self.require_dpop);
        typed.switch("require_dpop_nonce", self.require_dpop_nonce);
        typed.put("default_resource", self.default_resource.as_str());
        let exchange = match self.exchange {
            Exchange::Off => "",
            Exchange::Delegation => "delegation",
            Exchange::Impersonation => "impersonation",
        };
        typed.put("exchange", exchange);
    }

    fn check(&mut self, mistakes: &mut Mistakes) {
        self.default_resource = self.default_resource.trim().to_owned();
        let resource = self.default_resource.as_str();
        if !resource.is_empty() && (resource.len() > 500 || resource.contains('#') || url::Url::parse(resource).is_err()) {
            mistakes.insert("default_resource", t("client-resource-wrong").into());
        }
    }
}

impl TokenPolicy {
    /// Whether the client keeps to FAPI 2.0.
    pub const fn is_fapi2(&self) -> bool {
        matches!(self.profile, Profile::Fapi2)
    }

    /// Whether its tokens must be bound to a key.
    pub const fn needs_dpop(&self) -> bool {
        self.require_dpop || self.is_fapi2()
    }
}

impl Client {
    /// Whether its authorization requests must be pushed (RFC 9126).
    pub const fn needs_par(&self) -> bool {
        self.registration.require_par || self.registration.policies.tokens.is_fapi2()
    }

    /// How long its codes are good for.
    pub fn code_lifetime(&self, otherwise: Duration) -> Duration {
        let lifetime = self.registration.lifetimes.code_seconds.map_or(otherwise, |seconds| Duration::from_secs(seconds.into()));
        if self.registration.policies.tokens.is_fapi2() { lifetime.min(FAPI2_CODE_MAX) } else { lifetime }
    }
}

impl Registration {
    /// Takes over what the profile it keeps to demands, and notes what contradicts that.
    pub(in crate::clients) fn check_profile(&mut self, mistakes: &mut Mistakes) {
        let tokens = &self.policies.tokens;
        if tokens.exchange != Exchange::Off && self.is_public {
            mistakes.insert("exchange", t("client-exchange-public").into());
        }
        if !tokens.is_fapi2() {
            return;
        }
        self.policies.authentication.strict = true;
        if let Some(breach) = self.breaches().into_iter().next() {
            mistakes.insert("profile", breach.into());
        }
    }

    /// What contradicts the profile it keeps to; nothing where it keeps to none. What is saved has no breach; what was saved before a rule was known may have one, and is
    /// not served as long as it has.
    pub fn breaches(&self) -> Vec<Text> {
        if !self.policies.tokens.is_fapi2() {
            return Vec::new();
        }
        let authentication = &self.policies.authentication;
        let rules: [(bool, fn() -> Text); 7] = [
            (self.is_public, || t("client-fapi-public")),
            (!self.is_public && authentication.method.uses_secrets(), || t("client-fapi-secret")),
            (!authentication.workloads.is_empty(), || t("client-fapi-platform")),
            // Section 5.3.2.2: exact https addresses.
            (self.redirect_uris.iter().any(|uri| !uri.starts_with("https://") || uri.contains('*')), || t("client-fapi-uris")),
            (self.signing_alg == SigningAlg::Rs256, || t("client-fapi-rs256")),
            // The grants of the profile are the code's (section 5.3.2.2) and that of a client for itself; a device's is begun by whoever holds the device, not by the browser.
            (self.for_devices, || t("client-fapi-devices")),
            // A proxy's sign-in is neither pushed nor bound to a key.
            (self.policies.forward_auth.is_on(), || t("client-fapi-proxy")),
        ];
        rules.into_iter().filter(|(is_breach, _)| *is_breach).map(|(_, words)| words()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clients::policy::authentication::Allowed;

    #[test]
    fn what_a_form_shows_is_read_from_it_again() {
        let policy = TokenPolicy {
            profile: Profile::Fapi2,
            require_dpop: true,
            require_dpop_nonce: true,
            default_resource: "https://api.example.org".into(),
            exchange: Exchange::Impersonation,
        };
        let mut typed = Typed::default();
        policy.to_typed(&mut typed);
        assert_eq!(TokenPolicy::from_typed(&typed), policy);
    }

    #[test]
    fn fapi_2_needs_a_confidential_client_and_a_strong_algorithm() {
        let mistakes = |is_public, signing_alg| {
            let redirect_uris = vec!["https://app.example.org/callback".to_owned()];
            let mut registration = Registration { is_public, signing_alg, redirect_uris, ..Registration::default() };
            registration.policies.tokens.profile = Profile::Fapi2;
            registration.policies.authentication.method = Allowed::PrivateKeyJwt;
            let mut mistakes = Mistakes::new();
            registration.check_profile(&mut mistakes);
            mistakes.contains_key("profile")
        };
        assert!(mistakes(true, SigningAlg::Es256) && mistakes(false, SigningAlg::Rs256));
        assert!(!mistakes(false, SigningAlg::Es256) && !mistakes(false, SigningAlg::EdDsa));
    }

    #[test]
    fn what_fapi_2_forbids_is_found_wherever_it_stands() {
        let kept = || {
            let redirect_uris = vec!["https://app.example.org/callback".to_owned()];
            let mut it = Registration { signing_alg: SigningAlg::Es256, redirect_uris, ..Registration::default() };
            it.policies.tokens.profile = Profile::Fapi2;
            it.policies.authentication.method = Allowed::PrivateKeyJwt;
            it
        };
        assert!(kept().breaches().is_empty());
        let breaks: [fn(&mut Registration); 9] = [
            |it| it.is_public = true,
            |it| it.policies.authentication.method = Allowed::ClientSecretPost,
            |it| it.policies.authentication.workloads.push(crate::clients::policy::authentication::Workload::default()),
            |it| it.redirect_uris.push("https://*.example.org/callback".to_owned()),
            |it| it.redirect_uris.push("http://localhost/callback".to_owned()),
            |it| it.redirect_uris.push("com.example.app:/callback".to_owned()),
            |it| it.signing_alg = SigningAlg::Rs256,
            |it| it.for_devices = true,
            |it| it.policies.forward_auth.addresses.push("https://wiki.example.org".to_owned()),
        ];
        for (number, change) in breaks.into_iter().enumerate() {
            let mut it = kept();
            change(&mut it);
            assert_eq!(it.breaches().len(), 1, "{number}");
            it.policies.tokens.profile = Profile::Plain;
            assert!(it.breaches().is_empty(), "{number}");
        }
    }
}
