//! What a client learns about people, and when it may sign them in.

pub mod extra;
pub mod groups;

use serde::{Deserialize, Serialize};

use self::extra::ExtraClaim;
use self::groups::{GroupFormat, GroupShape, GroupValue};
use super::{Choices, Policy, Typed, choices};
use crate::clients::Mistakes;
use crate::clients::model::check_redirect_uri;
use crate::language::t;
use crate::users::reserved_claims::{PERSON_CLAIMS, is_plain_name, is_reserved_claim};

/// The longest a client may let a sign-in be good for, in minutes: thirty days.
const SIGN_IN_MINUTES_MAX: u32 = 43_200;

/// What a client calls people (OpenID Connect Core, section 8).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubjectType {
    /// The same as at every other client.
    #[default]
    Public,
    /// Another one than at clients of other sectors, so that they cannot compare.
    Pairwise,
}

/// How well people must have proved who they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RequiredProof {
    /// In any way.
    #[default]
    Any,
    /// With a passkey.
    PhishingResistant,
    /// With a passkey that cannot leave its device.
    HardwareHeld,
}

/// What a client learns about people, and when it may sign them in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ClaimsPolicy {
    /// The shape of the group claim.
    pub groups: GroupShape,
    /// Claims of its own, a line each; [`extra`] says how they read.
    pub extra: Vec<String>,
    /// What it calls people.
    pub subject: SubjectType,
    /// The sector of pairwise subjects: a host name, kept from when they were switched on, so that subjects outlive a move of the app.
    pub sector: String,
    /// Where the redirect URIs of the sector are listed (OpenID Connect Core, section 8.1); its host is the sector then. Empty when nobody said.
    pub sector_identifier_uri: String,
    /// People are asked each time, whatever they agreed to before.
    pub ask_each_time: bool,
    /// Each sign-in to it is a new one.
    pub reauthenticate: bool,
    /// How old a sign-in may be at most, in minutes.
    pub sign_in_minutes: Option<u32>,
    /// How well people must have proved who they are.
    pub required_proof: RequiredProof,
    /// A redirect URI may have a `*` as its first host label or at its end.
    pub redirect_wildcards: bool,
}

impl ClaimsPolicy {
    /// Reads the column `policy` of a client, for statements that need nothing else of it.
    ///
    /// # Errors
    /// When it is not what we wrote.
    pub fn from_column(policy: &str) -> serde_json::Result<Self> {
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct OnlyThis {
            claims: ClaimsPolicy,
        }
        if policy == "{}" { Ok(Self::default()) } else { serde_json::from_str::<OnlyThis>(policy).map(|column| column.claims) }
    }

    /// Completes it with what else was registered, and notes what does not fit together: pairwise subjects need one sector (OpenID Connect Core, section 8.1).
    pub fn check_with(&mut self, redirect_uris: &[String], skip_consent: bool, mistakes: &mut Mistakes) {
        if self.ask_each_time && skip_consent {
            mistakes.insert("ask_each_time", t("client-ask-or-never").into());
        }
        if self.subject == SubjectType::Public || !self.sector.is_empty() || mistakes.contains_key("sector") {
            return;
        }
        let mut hosts: Vec<&str> = redirect_uris.iter().filter_map(|uri| host(uri)).collect();
        hosts.sort_unstable();
        hosts.dedup();
        match hosts[..] {
            [host] => self.sector = host.to_ascii_lowercase(),
            [] => {
                mistakes.insert("sector", t("client-sector-missing").into());
            }
            _ => {
                mistakes.insert("sector", t("client-sector-ambiguous").into());
            }
        }
    }
}

/// OpenID Connect Dynamic Registration, section 2: `https`.
fn is_list_address(uri: &str) -> bool {
    uri.starts_with("https://") && check_redirect_uri(uri).is_ok()
}

/// The host of a redirect URI as it is written, without port; of one with a wildcard what stands behind it. `None` for schemes of apps.
fn host(uri: &str) -> Option<&str> {
    let after = uri.strip_prefix("https://").or_else(|| uri.strip_prefix("http://"))?;
    let authority = after.split(['/', '?']).next()?;
    let host = if authority.starts_with('[') { authority.split_inclusive(']').next()? } else { authority.split(':').next()? };
    Some(host.strip_prefix("*.").unwrap_or(host)).filter(|host| !host.is_empty())
}

/// What of a group can be sent.
pub fn group_values() -> Choices {
    choices([("name", t("client-group-name")), ("id", t("client-group-id")), ("display_name", t("client-group-display-name"))])
}
/// In which form groups can be sent.
pub fn group_formats() -> Choices {
    choices([("list", t("client-groups-list")), ("spaces", t("client-groups-spaces")), ("commas", t("client-groups-commas"))])
}
/// What an app can call people.
pub fn subject_types() -> Choices {
    choices([("public", t("client-subject-public")), ("pairwise", t("client-subject-pairwise"))])
}
/// How people can be made to sign in.
pub fn required_proofs() -> Choices {
    choices([("any", t("client-proof-any")), ("phishing_resistant", t("client-proof-passkey")), ("hardware_held", t("client-proof-hardware"))])
}

const VALUES: [(&str, GroupValue); 3] = [("name", GroupValue::Name), ("id", GroupValue::Id), ("display_name", GroupValue::DisplayName)];
const FORMATS: [(&str, GroupFormat); 3] = [("list", GroupFormat::List), ("spaces", GroupFormat::Spaces), ("commas", GroupFormat::Commas)];
const SUBJECTS: [(&str, SubjectType); 2] = [("public", SubjectType::Public), ("pairwise", SubjectType::Pairwise)];
const PROOFS: [(&str, RequiredProof); 3] =
    [("any", RequiredProof::Any), ("phishing_resistant", RequiredProof::PhishingResistant), ("hardware_held", RequiredProof::HardwareHeld)];

fn read<T: Copy + Default>(choices: &[(&str, T)], typed: &str) -> T {
    choices.iter().find(|(name, _)| *name == typed).map(|(_, value)| *value).unwrap_or_default()
}

fn write<T: Copy + PartialEq>(choices: &[(&'static str, T)], value: T) -> &'static str {
    choices.iter().find(|(_, known)| *known == value).map_or("", |(name, _)| name)
}

impl Policy for ClaimsPolicy {
    fn from_typed(typed: &Typed) -> Self {
        let claim = typed.text("groups_claim").trim();
        Self {
            groups: GroupShape {
                claim: if claim.is_empty() { GroupShape::default().claim } else { claim.to_owned() },
                value: read(&VALUES, typed.text("groups_value")),
                format: read(&FORMATS, typed.text("groups_format")),
                prefix: typed.text("groups_prefix").to_owned(),
                directory_only: typed.is_on("groups_directory_only"),
                allowed_only: typed.is_on("groups_allowed_only"),
            },
            extra: typed.lines("extra_claims"),
            subject: read(&SUBJECTS, typed.text("subject_type")),
            sector: typed.text("sector").to_owned(),
            sector_identifier_uri: typed.text("sector_identifier_uri").to_owned(),
            ask_each_time: typed.is_on("ask_each_time"),
            reauthenticate: typed.is_on("reauthenticate"),
            sign_in_minutes: typed.number("sign_in_minutes"),
            required_proof: read(&PROOFS, typed.text("required_proof")),
            redirect_wildcards: typed.is_on("redirect_wildcards"),
        }
    }

    fn to_typed(&self, typed: &mut Typed) {
        typed.put("groups_claim", self.groups.claim.as_str());
        typed.put("groups_value", write(&VALUES, self.groups.value));
        typed.put("groups_format", write(&FORMATS, self.groups.format));
        typed.put("groups_prefix", self.groups.prefix.as_str());
        typed.switch("groups_directory_only", self.groups.directory_only);
        typed.switch("groups_allowed_only", self.groups.allowed_only);
        typed.put_lines("extra_claims", &self.extra);
        typed.put("subject_type", write(&SUBJECTS, self.subject));
        typed.put("sector", self.sector.as_str());
        typed.put("sector_identifier_uri", self.sector_identifier_uri.as_str());
        typed.switch("ask_each_time", self.ask_each_time);
        typed.switch("reauthenticate", self.reauthenticate);
        typed.put_number("sign_in_minutes", self.sign_in_minutes);
        typed.put("required_proof", write(&PROOFS, self.required_proof));
        typed.switch("redirect_wildcards", self.redirect_wildcards);
    }

    fn check(&mut self, mistakes: &mut Mistakes) {
        let claim = &self.groups.claim;
        if !is_plain_name(claim) {
            mistakes.insert("groups_claim", t("client-groups-claim-wrong").into());
        } else if claim != "groups" && (is_reserved_claim(claim) || PERSON_CLAIMS.contains(&claim.as_str())) {
            mistakes.insert("groups_claim", t("client-claim-taken").with("claim", claim).into());
        }
        self.groups.prefix = self.groups.prefix.trim().to_owned();
        if self.groups.prefix.chars().count() > 100 || self.groups.prefix.chars().any(char::is_control) {
            mistakes.insert("groups_prefix", t("client-groups-prefix-wrong").into());
        }
        match ExtraClaim::parse_all(&self.extra) {
            Err(mistake) => {
                mistakes.insert("extra_claims", mistake.into());
            }
            Ok(extra) if extra.iter().any(|extra| extra.path.first() == Some(&self.groups.claim)) => {
                mistakes.insert("extra_claims", t("client-claim-holds-groups").with("claim", &self.groups.claim).into());
            }
            Ok(_) => {}
        }
        self.sector = self.sector.trim().to_ascii_lowercase();
        let is_host = |host: &str| host.len() <= 253 && host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.:[]".contains(&b));
        if !is_host(&self.sector) {
            mistakes.insert("sector", t("client-sector-wrong").into());
        }
        self.sector_identifier_uri = self.sector_identifier_uri.trim().to_owned();
        if !self.sector_identifier_uri.is_empty() {
            match host(&self.sector_identifier_uri).filter(|_| is_list_address(&self.sector_identifier_uri)) {
                Some(host) => self.sector = host.to_ascii_lowercase(),
                None => {
                    mistakes.insert("sector_identifier_uri", t("client-sector-list-wrong").into());
                }
            }
        }
        if self.sign_in_minutes.is_some_and(|minutes| !(1..=SIGN_IN_MINUTES_MAX).contains(&minutes)) {
            mistakes.insert("sign_in_minutes", t("client-number-wrong").with("min", 1).with("max", SIGN_IN_MINUTES_MAX).into());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mistakes(change: impl FnOnce(&mut ClaimsPolicy)) -> Vec<&'static str> {
        let (mut policy, mut mistakes) = (ClaimsPolicy::default(), Mistakes::new());
        change(&mut policy);
        policy.check(&mut mistakes);
        mistakes.into_keys().collect()
    }

    #[test]
    fn everything_typed_is_kept_and_shown_again() {
        let policy = ClaimsPolicy {
            groups: GroupShape {
                claim: "roles".into(),
                value: GroupValue::Id,
                format: GroupFormat::Commas,
                prefix: "app-".into(),
                directory_only: true,
                allowed_only: true,
            },
            extra: vec!["tier = gold".into(), "role = admin if admins".into()],
            subject: SubjectType::Pairwise,
            sector: "example.org".into(),
            sector_identifier_uri: "https://example.org/sector.json".into(),
            ask_each_time: true,
            reauthenticate: true,
            sign_in_minutes: Some(60),
            required_proof: RequiredProof::HardwareHeld,
            redirect_wildcards: true,
        };
        let mut typed = Typed::default();
        policy.to_typed(&mut typed);
        assert_eq!(ClaimsPolicy::from_typed(&typed), policy);
        let column = serde_json::json!({ "claims": policy, "tokens": {} }).to_string();
        assert_eq!(ClaimsPolicy::from_column(&column).unwrap(), policy);
        assert_eq!(ClaimsPolicy::from_column("{}").unwrap(), ClaimsPolicy::default());
    }

    #[test]
    fn what_would_break_tokens_is_refused() {
        assert!(mistakes(|it| it.groups.claim = "roles".into()).is_empty());
        for bad in ["sub", "email", "aud", "nickname", "two words", ""] {
            assert_eq!(mistakes(|it| it.groups.claim = bad.into()), ["groups_claim"], "{bad}");
        }
        assert_eq!(mistakes(|it| it.extra = vec!["iss = evil".into()]), ["extra_claims"]);
        assert_eq!(mistakes(|it| (it.groups.claim, it.extra) = ("roles".into(), vec!["roles[] = x".into()])), ["extra_claims"]);
        assert_eq!(mistakes(|it| it.sector = "https://example.org".into()), ["sector"]);
        assert_eq!(mistakes(|it| it.sign_in_minutes = Some(0)), ["sign_in_minutes"]);
        for bad in ["http://example.org/sector.json", "example.org", "https://", "https://a@example.org/x", "javascript:alert(1)"] {
            assert_eq!(mistakes(|it| it.sector_identifier_uri = bad.into()), ["sector_identifier_uri"], "{bad}");
        }
    }

    #[test]
    fn a_sector_is_the_one_host_or_must_be_named() {
        let sector = |uris: &[&str], typed: &str| {
            let mut policy = ClaimsPolicy { subject: SubjectType::Pairwise, sector: typed.into(), ..ClaimsPolicy::default() };
            let mut mistakes = Mistakes::new();
            policy.check_with(&uris.iter().map(|&uri| uri.to_owned()).collect::<Vec<_>>(), false, &mut mistakes);
            if mistakes.is_empty() { Some(policy.sector) } else { None }
        };
        assert_eq!(
            sector(&["https://App.example.org:8443/cb", "https://app.example.org?x=1"], "").as_deref(),
            None,
            "written differently, to be safe"
        );
        assert_eq!(sector(&["https://app.example.org:8443/cb", "https://app.example.org?x=1"], "").as_deref(), Some("app.example.org"));
        assert_eq!(sector(&["https://*.example.org/cb"], "").as_deref(), Some("example.org"));
        assert_eq!(sector(&["http://[::1]:80/cb"], "").as_deref(), Some("[::1]"));
        assert_eq!(sector(&["https://a.example/cb", "https://b.example/cb"], ""), None);
        assert_eq!(sector(&["https://a.example/cb", "https://b.example/cb"], "b.example").as_deref(), Some("b.example"));
        assert_eq!(sector(&["app.immich:///cb"], ""), None);
        let mut listed = ClaimsPolicy { sector_identifier_uri: " https://Apps.example.org:8443/s.json".into(), ..ClaimsPolicy::default() };
        listed.check(&mut Mistakes::new());
        assert_eq!(listed.sector, "apps.example.org", "the host of the list");
    }
}
