//! The parts of a client's form that fold: what each says in one line, and which have to be open because something in them is wrong. Pure.

use crate::clients::model::{Lifetimes, Mistakes, Registration};
use crate::clients::policy::{Policy, Typed};
use crate::language::{Text, t};

/// A part of the form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// What is decided in it, in a line.
    pub(super) summary: String,
    /// Something in it is wrong.
    pub(super) is_open: bool,
}

/// Every part that folds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Parts {
    /// How people are signed in to it.
    pub(super) sign_in: Part,
    /// How it proves who it is.
    pub(super) proof: Part,
    /// What it learns.
    pub(super) claims: Part,
    /// What it gets.
    pub(super) tokens: Part,
    /// What happens at sign-out.
    pub(super) sign_out: Part,
    /// Devices, programs and proxies.
    pub(super) other: Part,
}

/// The fields that are always in sight.
const IN_SIGHT: [&str; 5] = ["name", "redirect_uris", "allowed_groups", "launch_url", "app_url"];

impl Parts {
    /// The parts of what is (to be) registered, with what is wrong with it. A mistake that belongs to no part opens them all.
    pub(super) fn new(registration: &Registration, mistakes: &Mistakes) -> Self {
        let policies = &registration.policies;
        let sign_in = ["initiate_login_uri", "skip_consent", "require_pkce", "require_par"];
        let lifetimes = ["code_seconds", "access_minutes", "id_token_minutes", "refresh_days", "signing_alg"];
        let owners = [
            Owner::new(&sign_in),
            Owner::new(&["is_public"]).with(&policies.authentication),
            Owner::new(&["claims_in_id_token", "passkey_models"]).with(&policies.claims),
            Owner::new(&lifetimes).with(&policies.tokens),
            Owner::new(&["post_logout_redirect_uris"]).with(&policies.logout),
            Owner::new(&["for_devices", "acts_alone", "own_scopes"]).with(&policies.forward_auth),
        ];
        let is_stray = |field: &str| !IN_SIGHT.contains(&field) && !owners.iter().any(|owner| owner.has(field));
        let has_stray = mistakes.keys().any(|field| is_stray(field));
        let [sign_in, proof, claims, tokens, sign_out, other] = owners.map(|owner| {
            let is_open = has_stray || mistakes.keys().any(|field| owner.has(field));
            (is_open, owner.is_changed)
        });
        let part = |(is_open, is_changed): (bool, bool), said: String| Part {
            summary: if is_changed { t("client-part-more").with("summary", said).into() } else { said },
            is_open,
        };
        Self {
            sign_in: part(sign_in, signs_in(registration)),
            proof: part(proof, if registration.is_public { t("client-part-public") } else { t("client-with-secret") }.into()),
            claims: part(claims, if registration.claims_in_id_token { t("client-part-in-id-token") } else { t("client-part-userinfo") }.into()),
            tokens: part(tokens, lasts(registration)),
            sign_out: part(sign_out, returns(registration)),
            other: Part { summary: other_ways(registration), is_open: other.0 },
        }
    }
}

fn signs_in(registration: &Registration) -> String {
    let asked = if registration.skip_consent { t("client-part-not-asked") } else { t("client-part-asked") };
    let pkce = (registration.require_pkce || registration.is_public).then(|| t("client-part-pkce"));
    let pushed = registration.require_par.then(|| t("client-part-pushed"));
    let said: Vec<String> = [Some(asked), pkce, pushed].into_iter().flatten().map(String::from).collect();
    said.join(", ")
}

fn lasts(registration: &Registration) -> String {
    let is_usual = registration.lifetimes == Lifetimes::default();
    let said = if is_usual { t("client-part-usual-lifetimes") } else { t("client-part-own-lifetimes") };
    said.with("alg", registration.signing_alg.as_str()).into()
}

fn returns(registration: &Registration) -> String {
    match registration.post_logout_redirect_uris.len() {
        0 => t("client-part-stay").into(),
        1 => t("client-part-one-address").into(),
        count => t("client-part-addresses").with("count", count).into(),
    }
}

fn other_ways(registration: &Registration) -> String {
    let ways = [
        (registration.for_devices, t("client-for-devices")),
        (registration.acts_alone, t("client-acts-alone")),
        (registration.policies.forward_auth.is_on(), t("client-part-proxy")),
    ];
    let used: Vec<String> = ways.into_iter().filter_map(|(on, way): (bool, Text)| on.then(|| way.into())).collect();
    if used.is_empty() { t("client-part-unused").into() } else { used.join("; ") }
}

/// Which fields a part has.
struct Owner<'a> {
    fields: &'a [&'a str],
    /// What its policy shows; a switch that is off is not among it.
    shown: Typed,
    refused: Mistakes,
    is_changed: bool,
}

impl<'a> Owner<'a> {
    fn new(fields: &'a [&'a str]) -> Self {
        Self { fields, shown: Typed::default(), refused: Mistakes::new(), is_changed: false }
    }

    fn with<P: Policy + Clone + Default + PartialEq>(mut self, policy: &P) -> Self {
        policy.to_typed(&mut self.shown);
        policy.clone().check(&mut self.refused);
        self.is_changed = *policy != P::default();
        self
    }

    fn has(&self, field: &str) -> bool {
        self.fields.contains(&field) || self.shown.is_on(field) || self.refused.contains_key(field)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(mistakes: &[&'static str]) -> Vec<&'static str> {
        let mistakes = mistakes.iter().map(|field| (*field, "No.".to_owned())).collect();
        let parts = Parts::new(&Registration::default(), &mistakes);
        [
            ("sign_in", parts.sign_in),
            ("proof", parts.proof),
            ("claims", parts.claims),
            ("tokens", parts.tokens),
            ("sign_out", parts.sign_out),
            ("other", parts.other),
        ]
        .into_iter()
        .filter_map(|(name, part)| part.is_open.then_some(name))
        .collect()
    }

    #[test]
    fn a_mistake_opens_the_part_it_is_in() {
        assert!(open(&[]).is_empty() && open(&IN_SIGHT).is_empty());
        assert_eq!(open(&["refresh_days", "own_scopes"]), ["tokens", "other"]);
        assert_eq!(open(&["a field nobody knows"]).len(), 6, "it is found in any case");
    }

    #[test]
    fn a_part_says_in_a_line_what_is_decided_in_it() {
        let parts = Parts::new(&Registration::default(), &Mistakes::new());
        assert_eq!((parts.sign_in.summary.as_str(), parts.tokens.summary.as_str()), ("People are asked once", "RS256, lifetimes as in the settings"));
        let registration = Registration { is_public: true, for_devices: true, skip_consent: true, ..Registration::default() };
        let parts = Parts::new(&registration, &Mistakes::new());
        assert_eq!(parts.sign_in.summary, "People are not asked, with PKCE only");
        assert_eq!((parts.proof.summary.as_str(), parts.other.summary.as_str()), ("Public: no secret, always PKCE", "Devices without a browser"));
    }
}
