//! How a client proves who it is.

use serde::{Deserialize, Serialize};
use url::Url;

use super::{Choices, Policy, Typed, choices};
use crate::clients::Mistakes;
use crate::jose::{Alg, KeySet};
use crate::language::{Text, t, told};

/// The longest set of keys, in bytes.
const JWKS_BYTES_MAX: usize = 32 * 1024;
/// The longest address, subject or audience, in bytes.
const TEXT_BYTES_MAX: usize = 1000;
/// The most issuers a client may trust for its workloads; the form has a place for each.
pub const WORKLOADS_MAX: usize = 5;

/// Which way a confidential client proves who it is. A public client has none, whatever stands here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Allowed {
    /// A secret, in the header or in the form.
    #[default]
    Secret,
    /// A secret in the `Authorization` header only.
    ClientSecretBasic,
    /// A secret in the form only.
    ClientSecretPost,
    /// A JWT signed with a key of its own (RFC 7523; OpenID Connect Core, section 9).
    PrivateKeyJwt,
    /// Only the tokens of its platform; see [`Workload`].
    Workload,
}

impl Allowed {
    /// Each, as stored, with its text for the form.
    pub fn choices() -> Choices {
        choices([
            ("secret", t("client-auth-secret")),
            ("client_secret_basic", t("client-auth-basic")),
            ("client_secret_post", t("client-auth-post")),
            ("private_key_jwt", t("client-auth-key")),
            ("workload", t("client-workloads")),
        ])
    }

    /// As stored, and as forms name it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Secret => "secret",
            Self::ClientSecretBasic => "client_secret_basic",
            Self::ClientSecretPost => "client_secret_post",
            Self::PrivateKeyJwt => "private_key_jwt",
            Self::Workload => "workload",
        }
    }

    /// Reads [`as_str`](Self::as_str).
    pub fn from_text(text: &str) -> Option<Self> {
        [Self::Secret, Self::ClientSecretBasic, Self::ClientSecretPost, Self::PrivateKeyJwt, Self::Workload]
            .into_iter()
            .find(|one| one.as_str() == text)
    }

    /// Whether secrets are of any use to it.
    pub const fn uses_secrets(self) -> bool {
        matches!(self, Self::Secret | Self::ClientSecretBasic | Self::ClientSecretPost)
    }
}

/// An issuer whose tokens prove that a program is this client: a Kubernetes cluster, a build service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Workload {
    /// The `iss` of its tokens; its keys are found by its metadata (OpenID Connect Discovery, section 4).
    pub issuer: String,
    /// The `sub` of the tokens. `*` stands for one or more characters other than a colon.
    pub subject: String,
    /// The `aud` the tokens must have; empty for the address of this server.
    pub audience: String,
    /// A token may be used again until it runs out, as Kubernetes means it.
    pub reusable: bool,
}

impl Workload {
    /// Whether a subject fits the pattern.
    pub fn admits(&self, subject: &str) -> bool {
        fits(&self.subject, subject)
    }

    fn is_empty(&self) -> bool {
        self.issuer.is_empty() && self.subject.is_empty() && self.audience.is_empty()
    }
}

/// `*` stands for one or more characters other than a colon, for colons part the fields of what platforms call their programs: `repo:org/*` must not let in
/// `repo:org/app:pull_request`.
fn fits(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((before, after)) => {
            let Some(rest) = text.strip_prefix(before) else { return false };
            let reach = rest.find(':').unwrap_or(rest.len());
            let ends = rest.char_indices().map(|(at, _)| at).chain([rest.len()]).filter(|at| (1..=reach).contains(at));
            ends.into_iter().any(|at| fits(after, &rest[at..]))
        }
    }
}

/// How a client proves who it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Authentication {
    /// Which way.
    pub method: Allowed,
    /// Its public keys as a JWK set (JSON); empty when it has none or they are at `jwks_uri`.
    pub jwks: String,
    /// Where its public keys are.
    pub jwks_uri: String,
    /// The one algorithm its assertions are signed with (`token_endpoint_auth_signing_alg`); otherwise any its keys allow.
    pub assertion_alg: Option<Alg>,
    /// The rules of FAPI 2.0: an assertion names this server's issuer as its audience, as one string and nothing else (draft-ietf-oauth-rfc7523bis), is not signed
    /// with RS256, and a request object has an audience and runs out within an hour.
    pub strict: bool,
    /// Issuers whose tokens prove that a program is this client.
    pub workloads: Vec<Workload>,
    /// The one algorithm its request objects are signed with (`request_object_signing_alg`); otherwise any its keys allow.
    pub request_object_alg: Option<Alg>,
    /// Authorization requests that are not signed (RFC 9101) are refused.
    pub require_signed_request: bool,
}

impl Authentication {
    /// Whether it has registered keys.
    pub const fn has_keys(&self) -> bool {
        !self.jwks.is_empty() || !self.jwks_uri.is_empty()
    }

    /// The algorithms an assertion of its own may have.
    pub fn assertion_algs(&self) -> Vec<Alg> {
        self.algs(self.assertion_alg)
    }

    /// The algorithms a request object may have.
    pub fn request_object_algs(&self) -> Vec<Alg> {
        self.algs(self.request_object_alg)
    }

    fn algs(&self, only: Option<Alg>) -> Vec<Alg> {
        let offered: &[Alg] = if self.strict { &Alg::STRICT } else { &Alg::ALL };
        offered.iter().copied().filter(|alg| only.is_none_or(|only| only == *alg)).collect()
    }
}

/// The name of a field of the nth issuer.
fn field(part: &str, number: usize) -> String {
    format!("workload_{part}_{number}")
}

impl Policy for Authentication {
    fn from_typed(typed: &Typed) -> Self {
        let text = |field: &str| typed.text(field).trim().to_owned();
        let workload = |number| Workload {
            issuer: text(&field("issuer", number)),
            subject: text(&field("subject", number)),
            audience: text(&field("audience", number)),
            reusable: typed.is_on(&field("reusable", number)),
        };
        Self {
            // The form offers these and nothing else; one that does not name it means what most clients do.
            method: Allowed::from_text(typed.text("auth_method")).unwrap_or_default(),
            jwks: text("jwks"),
            jwks_uri: text("jwks_uri"),
            assertion_alg: Alg::from_text(typed.text("assertion_alg")),
            strict: typed.is_on("auth_strict"),
            workloads: (1..=WORKLOADS_MAX).map(workload).filter(|workload| !workload.is_empty()).collect(),
            request_object_alg: Alg::from_text(typed.text("request_object_alg")),
            require_signed_request: typed.is_on("require_signed_request"),
        }
    }

    fn to_typed(&self, typed: &mut Typed) {
        typed.put("auth_method", self.method.as_str());
        typed.put("jwks", &self.jwks);
        typed.put("jwks_uri", &self.jwks_uri);
        typed.put("assertion_alg", self.assertion_alg.map_or("", Alg::as_str));
        typed.switch("auth_strict", self.strict);
        for (number, workload) in (1..).zip(&self.workloads) {
            typed.put(&field("issuer", number), &workload.issuer);
            typed.put(&field("subject", number), &workload.subject);
            typed.put(&field("audience", number), &workload.audience);
            typed.switch(&field("reusable", number), workload.reusable);
        }
        typed.put("request_object_alg", self.request_object_alg.map_or("", Alg::as_str));
        typed.switch("require_signed_request", self.require_signed_request);
    }

    fn check(&mut self, mistakes: &mut Mistakes) {
        if !self.jwks.is_empty() {
            if self.jwks.len() > JWKS_BYTES_MAX {
                mistakes.insert("jwks", t("client-keys-long").into());
            } else if let Err(why) = KeySet::parse(self.jwks.as_bytes()) {
                mistakes.insert("jwks", t("client-keys-unusable").with("why", told(why.to_string())).into());
            }
        }
        if !self.jwks_uri.is_empty() {
            if !self.jwks.is_empty() {
                mistakes.insert("jwks_uri", t("client-keys-twice").into());
            } else if let Err(why) = check_address(&self.jwks_uri) {
                mistakes.insert("jwks_uri", why.into());
            }
        }
        let needs_keys = self.method == Allowed::PrivateKeyJwt || self.require_signed_request;
        if needs_keys && !self.has_keys() {
            mistakes.insert("jwks", t("client-keys-missing").into());
        }
        if self.strict && self.assertion_alg == Some(Alg::Rs256) {
            mistakes.insert("assertion_alg", t("client-strict-rs256").into());
        }
        if self.strict && self.request_object_alg == Some(Alg::Rs256) {
            mistakes.insert("request_object_alg", t("client-strict-rs256").into());
        }
        if self.method == Allowed::Workload && self.workloads.is_empty() {
            mistakes.insert("workloads", t("client-workload-missing").into());
        }
        if self.workloads.len() > WORKLOADS_MAX {
            mistakes.insert("workloads", t("client-workloads-many").with("max", WORKLOADS_MAX).into());
        }
        if let Some(mistake) = self.workloads.iter().find_map(|workload| check_workload(workload).err()) {
            mistakes.insert("workloads", mistake.into());
        }
    }
}

/// An address whose answer is believed: https, or this very computer.
fn check_address(address: &str) -> Result<(), Text> {
    if address.len() > TEXT_BYTES_MAX || !address.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(t("client-address-wrong"));
    }
    let url = Url::parse(address).map_err(|_| t("client-keys-no-address"))?;
    if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
        return Err(t("client-address-password"));
    }
    let is_here = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    if url.scheme() == "https" || (url.scheme() == "http" && is_here) { Ok(()) } else { Err(t("client-address-https")) }
}

fn check_workload(workload: &Workload) -> Result<(), Text> {
    let shown = |text: &str| text.chars().take(120).collect::<String>();
    check_address(&workload.issuer).map_err(|why| t("client-issuer-wrong").with("issuer", shown(&workload.issuer)).with("why", why))?;
    if workload.issuer.contains('?') {
        return Err(t("client-issuer-query").with("issuer", shown(&workload.issuer)));
    }
    let subject = &workload.subject;
    if subject.is_empty() {
        return Err(t("client-subject-missing").with("issuer", shown(&workload.issuer)));
    }
    if subject.len() > TEXT_BYTES_MAX || workload.audience.len() > TEXT_BYTES_MAX {
        return Err(t("client-subject-long"));
    }
    // A pattern that begins with `*` or has many of them says too little, and costs too much to compare.
    if subject.starts_with('*') || subject.contains("**") || subject.matches('*').count() > 2 {
        return Err(t("client-subject-wildcards").with("subject", shown(subject)));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mistakes(change: impl FnOnce(&mut Authentication)) -> Vec<&'static str> {
        let mut policy = Authentication::default();
        change(&mut policy);
        let mut mistakes = Mistakes::new();
        policy.check(&mut mistakes);
        mistakes.into_keys().collect()
    }

    const KEYS: &str = r#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;

    fn github(subject: &str) -> Workload {
        Workload { issuer: "https://token.actions.githubusercontent.com".into(), subject: subject.into(), ..Workload::default() }
    }

    #[test]
    fn a_star_stands_for_one_field_of_a_subject_at_most() {
        for (pattern, subject, expected) in [
            ("repo:org/app:ref:refs/heads/main", "repo:org/app:ref:refs/heads/main", true),
            ("repo:org/app:ref:refs/heads/*", "repo:org/app:ref:refs/heads/feature/x", true),
            ("repo:org/app:ref:refs/heads/*", "repo:org/app:ref:refs/heads/", false),
            ("repo:org/*:ref:refs/heads/main", "repo:org/app:ref:refs/heads/main", true),
            ("repo:org/*", "repo:org/app:pull_request", false),
            ("repo:org/*:ref:*", "repo:org/app:ref:refs/tags/v1", true),
            ("repo:org/*-app", "repo:org/my-app-app", true),
            ("repo:org/*", "repo:organisation/app", false),
            ("system:serviceaccount:prod:*", "system:serviceaccount:prod:wiki", true),
            ("system:serviceaccount:prod:*", "system:serviceaccount:test:wiki", false),
            ("é*", "éé", true),
            ("a", "A", false),
        ] {
            assert_eq!(fits(pattern, subject), expected, "{pattern} {subject}");
        }
    }

    #[test]
    fn what_is_entered_fits_together() {
        assert!(mistakes(|_| {}).is_empty());
        assert!(mistakes(|it| (it.method, it.jwks) = (Allowed::PrivateKeyJwt, KEYS.into())).is_empty());
        assert!(mistakes(|it| (it.method, it.jwks_uri) = (Allowed::PrivateKeyJwt, "https://app.example.org/jwks".into())).is_empty());
        assert_eq!(mistakes(|it| it.method = Allowed::PrivateKeyJwt), ["jwks"]);
        assert_eq!(mistakes(|it| it.require_signed_request = true), ["jwks"]);
        assert_eq!(mistakes(|it| (it.jwks, it.jwks_uri) = (KEYS.into(), "https://a.example/".into())), ["jwks_uri"]);
        assert_eq!(mistakes(|it| it.jwks = "{}".into()), ["jwks"]);
        assert_eq!(mistakes(|it| it.jwks = KEYS.replace("\"x\"", "\"d\":\"AA\",\"x\"")), ["jwks"], "a private key");
        for bad in
            ["http://app.example.org/jwks", "https://u:p@a.example/", "file:///etc/passwd", "jwks", "https://a.example/#x", "https://a.example/ x"]
        {
            assert_eq!(mistakes(|it| it.jwks_uri = bad.into()), ["jwks_uri"], "{bad}");
        }
        assert_eq!(mistakes(|it| (it.strict, it.assertion_alg) = (true, Some(Alg::Rs256))), ["assertion_alg"]);
        assert_eq!(mistakes(|it| it.method = Allowed::Workload), ["workloads"]);
        assert!(mistakes(|it| (it.method, it.workloads) = (Allowed::Workload, vec![github("repo:org/app:ref:*")])).is_empty());
        for bad in ["", "*", "a**", "a*b*c*"] {
            assert_eq!(mistakes(|it| it.workloads = vec![github(bad)]), ["workloads"], "{bad}");
        }
        assert_eq!(mistakes(|it| it.workloads = vec![Workload { issuer: "http://ci.example.org".into(), ..github("x") }]), ["workloads"]);
    }

    #[test]
    fn a_form_shows_what_it_read() {
        let policy = Authentication {
            method: Allowed::PrivateKeyJwt,
            jwks: KEYS.into(),
            jwks_uri: String::new(),
            assertion_alg: Some(Alg::Es256),
            strict: true,
            workloads: vec![github("a"), Workload { reusable: true, audience: "muster".into(), ..github("b") }],
            request_object_alg: Some(Alg::Ps256),
            require_signed_request: true,
        };
        let mut typed = Typed::default();
        policy.to_typed(&mut typed);
        assert_eq!(Authentication::from_typed(&typed), policy);
        assert_eq!(serde_json::from_str::<Authentication>(&serde_json::to_string(&policy).unwrap()).unwrap(), policy);
    }

    #[test]
    fn strict_rules_leave_rs256_out() {
        let strict = Authentication { strict: true, ..Authentication::default() };
        assert_eq!(strict.assertion_algs(), Alg::STRICT);
        assert_eq!(Authentication { assertion_alg: Some(Alg::Rs256), ..Authentication::default() }.assertion_algs(), [Alg::Rs256]);
        assert!(Authentication { request_object_alg: Some(Alg::Rs256), ..strict }.request_object_algs().is_empty());
    }
}
