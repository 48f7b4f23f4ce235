//! What can go wrong between an app and this server, and how it is told to an administrator: what happened, and what to do about it.

use serde::{Deserialize, Serialize};

use crate::clients::Client;
use crate::clients::model::check_redirect_uri;
use crate::language::{Text, t};

/// The longest text taken over from a request, in bytes.
const TEXT_BYTES_MAX: usize = 500;

/// A mistake. What came from outside is cut to a bearable length by [`Mistake::cut`]; secrets, codes and tokens never get in here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Mistake {
    /// No client of this id is registered.
    UnknownClient {
        /// What the request said.
        client_id: String,
    },
    /// The redirect URI is not one of the client's.
    RedirectUri {
        /// What the request said.
        uri: String,
    },
    /// At the token endpoint, another redirect URI than in the authorization request.
    OtherRedirectUri {
        /// What the request said.
        uri: String,
    },
    /// A secret that is none of the client's.
    WrongSecret,
    /// A client with secrets sent none.
    NoSecret,
    /// A public client sent one.
    NeedlessSecret,
    /// The code was redeemed before.
    CodeUsed,
    /// The code came too late.
    CodeExpired {
        /// How late, in seconds.
        seconds: u64,
    },
    /// The code was never given, or to another client.
    CodeUnknown,
    /// The request has no code challenge.
    PkceMissing,
    /// The code verifier does not fit.
    PkceMismatch,
    /// The person is in none of the groups the client is open to.
    NotAdmitted {
        /// Who.
        username: String,
    },
    /// None of the scopes asked for exists.
    UnknownScope {
        /// What the request said.
        scope: String,
    },
    /// The person's sign-in is not as good as was decided for the client.
    ProofMissing {
        /// Who.
        username: String,
    },
    /// The client must push its requests.
    NotPushed,
    /// Anything else, in the words the app got.
    Other {
        /// Where: the path of the endpoint.
        at: String,
        /// The error code.
        error: String,
        /// What was wrong.
        description: String,
    },
}

/// A mistake in plain words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// What happened.
    pub what: String,
    /// What to do about it.
    pub then: String,
    /// A redirect URI that can be added to the client after review.
    pub addable: Option<String>,
}

impl Mistake {
    /// The same with what came from outside cut to a bearable length and without control characters.
    #[must_use]
    pub fn cut(self) -> Self {
        match self {
            Self::UnknownClient { client_id } => Self::UnknownClient { client_id: short(&client_id) },
            Self::RedirectUri { uri } => Self::RedirectUri { uri: short(&uri) },
            Self::OtherRedirectUri { uri } => Self::OtherRedirectUri { uri: short(&uri) },
            Self::NotAdmitted { username } => Self::NotAdmitted { username: short(&username) },
            Self::ProofMissing { username } => Self::ProofMissing { username: short(&username) },
            Self::UnknownScope { scope } => Self::UnknownScope { scope: short(&scope) },
            other => other,
        }
    }

    /// In plain words; `client` is the one it happened to, as it is now.
    pub fn told(&self, client: Option<&Client>) -> Told {
        let told = |what: Text, then: Text| Told { what: what.into(), then: then.into(), addable: None };
        match self {
            Self::UnknownClient { client_id } => told(t("error-client").with("client_id", client_id), t("error-client-then")),
            Self::RedirectUri { uri } => redirect_uri(uri, client),
            Self::OtherRedirectUri { uri } => told(t("error-other-uri").with("uri", uri), t("error-other-uri-then")),
            Self::WrongSecret => told(t("error-secret"), t("error-secret-then")),
            Self::NoSecret => told(t("error-no-secret"), t("error-no-secret-then")),
            Self::NeedlessSecret => told(t("error-needless-secret"), t("error-needless-secret-then")),
            Self::CodeUsed => told(t("error-code-used"), t("error-code-used-then")),
            Self::CodeExpired { seconds } => told(t("error-code-expired").with("seconds", seconds), t("error-code-expired-then")),
            Self::CodeUnknown => told(t("error-code-unknown"), t("error-code-unknown-then")),
            Self::PkceMissing => told(t("error-pkce"), t("error-pkce-then")),
            Self::PkceMismatch => told(t("error-pkce-mismatch"), t("error-pkce-mismatch-then")),
            Self::NotAdmitted { username } => told(t("error-not-admitted").with("username", username), t("error-not-admitted-then")),
            Self::UnknownScope { scope } => told(t("error-scope").with("scope", scope), t("error-scope-then")),
            Self::ProofMissing { username } => told(t("error-proof").with("username", username), t("error-proof-then")),
            Self::NotPushed => told(t("error-not-pushed"), t("error-not-pushed-then")),
            Self::Other { at, error, description } => {
                told(t("error-other").with("at", at).with("error", error).with("description", description), hint(error, description))
            }
        }
    }
}

/// What to do about an error that has no case of its own.
fn hint(error: &str, description: &str) -> Text {
    match error {
        "invalid_client" if description.contains("expired") || description.contains("iat") || description.contains("exp") => t("error-hint-clock"),
        "invalid_client" => t("error-hint-proof"),
        "unsupported_grant_type" | "unauthorized_client" => t("error-hint-grant"),
        "unsupported_response_type" => t("error-hint-flow"),
        "invalid_scope" => t("error-hint-scope"),
        _ => t("error-hint-other"),
    }
}

fn redirect_uri(uri: &str, client: Option<&Client>) -> Told {
    let registered = client.map(|client| client.registration.redirect_uris.as_slice()).unwrap_or_default();
    if client.is_some_and(|client| client.allows_redirect_to(uri)) {
        let then = t("error-uri-now-registered").into();
        return Told { what: t("error-uri-was").with("uri", uri).into(), then, addable: None };
    }
    let what = match registered {
        [] => t("error-uri-none"),
        [one] => t("error-uri-one").with("known", one),
        several => {
            let quoted: Vec<String> = several.iter().map(|uri| t("error-uri-quoted").with("uri", uri).into()).collect();
            t("error-uri-several").with("known", quoted.join(", "))
        }
    };
    let what = what.with("uri", uri).into();
    match check_redirect_uri(uri) {
        Ok(()) => {
            let then = difference(uri, registered).unwrap_or_else(|| t("error-uri-if-yours"));
            Told { what, then: then.into(), addable: Some(uri.to_owned()) }
        }
        Err(why) => Told { what, then: t("error-uri-not-addable").with("why", why).into(), addable: None },
    }
}

/// What tells a URI apart from a registered one, where that is the usual slip.
fn difference(uri: &str, registered: &[String]) -> Option<Text> {
    let same = |form: &dyn Fn(&str) -> String| registered.iter().any(|known| form(known) == form(uri));
    let without_scheme = |uri: &str| uri.split_once("://").map_or(uri, |(_, rest)| rest).to_owned();
    if same(&|uri| uri.trim_end_matches('/').to_owned()) {
        return Some(t("error-uri-slash"));
    }
    if same(&str::to_ascii_lowercase) {
        return Some(t("error-uri-case"));
    }
    if same(&without_scheme) {
        return Some(t("error-uri-scheme"));
    }
    if same(&|uri| without_scheme(uri).split('?').next().unwrap_or_default().to_owned()) {
        return Some(t("error-uri-query"));
    }
    None
}

/// The host of a redirect URI is none of those registered: worth a second look before it is added.
pub fn is_new_host(uri: &str, registered: &[String]) -> bool {
    let host = |uri: &str| url::Url::parse(uri).ok().and_then(|url| url.host_str().map(str::to_ascii_lowercase));
    let of_uri = host(uri);
    !registered.iter().any(|known| host(&known.replace('*', "wildcard")) == of_uri)
}

fn short(text: &str) -> String {
    let clean: String = text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    match clean.char_indices().map(|(at, _)| at).find(|at| *at >= TEXT_BYTES_MAX) {
        Some(end) => format!("{}…", clean.get(..end).unwrap_or_default()),
        None => clean,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clients::Registration;
    use crate::clock::Timestamp;
    use crate::id::ClientId;

    fn client(uris: &[&str]) -> Client {
        let redirect_uris = uris.iter().map(|&uri| uri.to_owned()).collect();
        let registration = Registration { name: "Wiki".into(), redirect_uris, ..Registration::default() };
        let (created_at, updated_at) = (Timestamp::EPOCH, Timestamp::EPOCH);
        Client { id: ClientId::new(), client_id: "wiki".into(), registration, restricted: false, created_at, updated_at }
    }

    fn told(uri: &str) -> Told {
        Mistake::RedirectUri { uri: uri.to_owned() }.told(Some(&client(&["https://wiki.example.org/cb", "https://wiki.example.org/Other?x=1"])))
    }

    #[test]
    fn a_refused_redirect_uri_is_compared_with_what_is_registered() {
        let told_of = told("https://wiki.example.org/cb/");
        assert!(
            told_of.what.contains("“https://wiki.example.org/cb/” is not registered. Registered are “https://wiki.example.org/cb”, "),
            "{told_of:?}"
        );
        assert!(told_of.then.contains("slash at the end"));
        assert_eq!(told_of.addable.as_deref(), Some("https://wiki.example.org/cb/"));
        for (uri, word) in [
            ("http://wiki.example.org/cb", "http and https"),
            ("https://wiki.example.org/CB", "capital letters"),
            ("https://wiki.example.org/Other", "question mark"),
            ("https://other.example/cb", "Anyone can cause this line"),
        ] {
            assert!(told(uri).then.contains(word), "{uri}: {:?}", told(uri));
        }
        assert!(told("https://wiki.example.org/cb").then.contains("registered now"));
        for bad in ["javascript:alert(1)", "https://wiki.example.org/cb#x", "https://u:p@evil.example/cb", "https://*.example.org/cb"] {
            let told_of = told(bad);
            assert!(told_of.addable.is_none() && told_of.then.contains("cannot be added"), "{bad}");
        }
    }

    #[test]
    fn what_comes_from_outside_is_cut() {
        let Mistake::UnknownClient { client_id } = (Mistake::UnknownClient { client_id: format!("a\u{1b}[2J{}", "ä".repeat(5000)) }).cut() else {
            panic!()
        };
        assert!(client_id.len() < TEXT_BYTES_MAX + 10 && !client_id.contains('\u{1b}'));
    }

    #[test]
    fn a_mistake_is_kept_as_json_and_read_again() {
        let mistake = Mistake::CodeExpired { seconds: 7 };
        let text = serde_json::to_string(&mistake).unwrap();
        assert_eq!(text, r#"{"kind":"code_expired","seconds":7}"#);
        assert_eq!(serde_json::from_str::<Mistake>(&text).unwrap(), mistake);
    }

    #[test]
    fn a_host_not_seen_before_is_noticed() {
        let registered = ["https://wiki.example.org/cb".to_owned()];
        assert!(!is_new_host("https://WIKI.example.org:8443/x", &registered) && is_new_host("https://wiki.example.org.evil.example/cb", &registered));
    }
}
