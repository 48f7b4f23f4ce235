//! The form of a client: what was typed, and how it is shown again with what is wrong.

use serde::Deserialize;

use super::parts::Parts;
use crate::clients::catalogue;
use crate::clients::model::{Lifetimes, Mistakes, Registration, SigningAlg};
use crate::clients::policy::authentication::{Allowed, WORKLOADS_MAX};
use crate::clients::policy::tokens::{Exchange, Profile};
use crate::clients::policy::{Choices, Policies, Policy as _, Typed, choices, claims};
use crate::language::t;

/// What was typed into the form of a client.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ClientForm {
    pub(super) id: String,
    name: String,
    redirect_uris: String,
    post_logout_redirect_uris: String,
    is_public: Option<String>,
    skip_consent: Option<String>,
    claims_in_id_token: Option<String>,
    require_pkce: Option<String>,
    require_par: Option<String>,
    signing_alg: String,
    code_seconds: String,
    access_minutes: String,
    id_token_minutes: String,
    refresh_days: String,
    initiate_login_uri: String,
    acts_alone: Option<String>,
    own_scopes: String,
    for_devices: Option<String>,
    /// What was searched for among the groups.
    pub(super) group_search: String,
    /// The button of that search.
    pub(super) find_groups: Option<String>,
    /// The fields of the policies, and a field for each group that was chosen.
    #[serde(flatten)]
    typed: Typed,
}

/// A number that may be left out; what is none counts as one that is out of every range.
fn whole(typed: &str) -> Option<u32> {
    let typed = typed.trim();
    (!typed.is_empty()).then(|| typed.parse().unwrap_or(u32::MAX))
}

/// What the fields of groups are called, before the id.
const GROUP: &str = "group_";

impl ClientForm {
    /// The groups that were chosen: id as text, and name.
    pub(super) fn chosen_groups(&self) -> Vec<(String, String)> {
        self.typed.beginning(GROUP).map(|(id, name)| (id.to_owned(), name.to_owned())).collect()
    }

    /// What is to be registered: as typed, with the app's address where its placeholders stand.
    pub(super) fn registration(&self) -> Registration {
        let mut registration = self.as_typed();
        catalogue::place(&mut registration);
        registration
    }

    fn as_typed(&self) -> Registration {
        let lines = |text: &str| text.lines().map(str::to_owned).collect();
        Registration {
            name: self.name.clone(),
            is_public: self.is_public.is_some(),
            redirect_uris: lines(&self.redirect_uris),
            post_logout_redirect_uris: lines(&self.post_logout_redirect_uris),
            skip_consent: self.skip_consent.is_some(),
            // The form offers these and nothing else.
            signing_alg: SigningAlg::from_text(&self.signing_alg).unwrap_or_default(),
            claims_in_id_token: self.claims_in_id_token.is_some(),
            require_pkce: self.require_pkce.is_some(),
            require_par: self.require_par.is_some(),
            lifetimes: Lifetimes {
                code_seconds: whole(&self.code_seconds),
                access_minutes: whole(&self.access_minutes),
                id_token_minutes: whole(&self.id_token_minutes),
                refresh_days: whole(&self.refresh_days),
            },
            initiate_login_uri: self.initiate_login_uri.clone(),
            acts_alone: self.acts_alone.is_some(),
            own_scopes: self.own_scopes.split_whitespace().map(str::to_owned).collect(),
            for_devices: self.for_devices.is_some(),
            policies: Policies::from_typed(&self.typed),
        }
    }

    /// The fields as they were typed, with what is wrong.
    pub(super) fn fields(self, mistakes: Mistakes) -> Fields {
        let registration = self.as_typed();
        Fields {
            code_seconds: self.code_seconds,
            access_minutes: self.access_minutes,
            id_token_minutes: self.id_token_minutes,
            refresh_days: self.refresh_days,
            typed: self.typed,
            ..Fields::new(registration, mistakes)
        }
    }
}

/// The fields as the template shows them.
pub(super) struct Fields {
    pub(super) name: String,
    pub(super) redirect_uris: String,
    pub(super) post_logout_redirect_uris: String,
    pub(super) is_public: bool,
    pub(super) skip_consent: bool,
    pub(super) claims_in_id_token: bool,
    pub(super) require_pkce: bool,
    pub(super) require_par: bool,
    pub(super) signing_alg: &'static str,
    pub(super) code_seconds: String,
    pub(super) access_minutes: String,
    pub(super) id_token_minutes: String,
    pub(super) refresh_days: String,
    pub(super) initiate_login_uri: String,
    pub(super) acts_alone: bool,
    pub(super) own_scopes: String,
    pub(super) for_devices: bool,
    pub(super) typed: Typed,
    pub(super) mistakes: Mistakes,
    /// It is an app that is there, with pages of its own to lead to.
    pub(super) is_registered: bool,
    /// The parts that fold.
    pub(super) parts: Parts,
    /// What there is to choose from.
    pub(super) choices: Offered,
}

/// What the fields of the form let one choose from.
pub(super) struct Offered {
    /// How ID tokens can be signed.
    pub(super) signing_algs: Choices,
    /// How an app may prove who it is.
    pub(super) auth_methods: Choices,
    /// The algorithms an app may sign with, for the fields of its keys.
    pub(super) client_algs: Choices,
    pub(super) profiles: Choices,
    pub(super) exchanges: Choices,
    pub(super) group_values: Choices,
    pub(super) group_formats: Choices,
    pub(super) subject_types: Choices,
    pub(super) required_proofs: Choices,
}

impl Offered {
    fn new() -> Self {
        let as_named = |name: &'static str| (name, name.to_owned());
        let mut client_algs = choices([("", t("client-alg-any"))]);
        client_algs.extend(["RS256", "PS256", "ES256", "EdDSA"].map(as_named));
        Self {
            signing_algs: choices([
                ("RS256", t("client-alg-rs256")),
                ("ES256", t("client-alg-es256")),
                ("PS256", t("client-alg-ps256")),
                ("EdDSA", t("client-alg-eddsa")),
            ]),
            auth_methods: Allowed::choices(),
            client_algs,
            profiles: Profile::choices(),
            exchanges: Exchange::choices(),
            group_values: claims::group_values(),
            group_formats: claims::group_formats(),
            subject_types: claims::subject_types(),
            required_proofs: claims::required_proofs(),
        }
    }
}

impl Fields {
    pub(super) fn new(registration: Registration, mistakes: Mistakes) -> Self {
        let text = |number: Option<u32>| number.map(|number| number.to_string()).unwrap_or_default();
        let mut typed = Typed::default();
        registration.policies.to_typed(&mut typed);
        let parts = Parts::new(&registration, &mistakes);
        Self {
            typed,
            parts,
            require_par: registration.require_par,
            code_seconds: text(registration.lifetimes.code_seconds),
            access_minutes: text(registration.lifetimes.access_minutes),
            id_token_minutes: text(registration.lifetimes.id_token_minutes),
            refresh_days: text(registration.lifetimes.refresh_days),
            initiate_login_uri: registration.initiate_login_uri,
            acts_alone: registration.acts_alone,
            own_scopes: registration.own_scopes.join("\n"),
            for_devices: registration.for_devices,
            name: registration.name,
            redirect_uris: registration.redirect_uris.join("\n"),
            post_logout_redirect_uris: registration.post_logout_redirect_uris.join("\n"),
            is_public: registration.is_public,
            skip_consent: registration.skip_consent,
            claims_in_id_token: registration.claims_in_id_token,
            require_pkce: registration.require_pkce,
            signing_alg: registration.signing_alg.as_str(),
            mistakes,
            is_registered: false,
            choices: Offered::new(),
        }
    }

    /// What stands in a field of one of the issuers.
    pub(super) fn workload(&self, part: &str, number: &usize) -> String {
        self.typed.text(&format!("workload_{part}_{number}")).to_owned()
    }

    /// Whether anything stands in a field of issuers, or is wrong there.
    pub(super) fn has_workloads(&self) -> bool {
        !self.mistake("workloads").is_empty() || (1..=WORKLOADS_MAX).any(|number| !self.workload("issuer", &number).is_empty())
    }

    /// The places for issuers.
    pub(super) fn workload_places(&self) -> Vec<usize> {
        (1..=WORKLOADS_MAX).collect()
    }

    /// What is wrong with a field; empty when nothing is.
    pub(super) fn mistake(&self, field: &str) -> &str {
        self.mistakes.get(field).map_or("", String::as_str)
    }
}
