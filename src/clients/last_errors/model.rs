//! What can go wrong between an app and this server, and how it is told to an administrator: what happened, and what to do about it.

use serde::{Deserialize, Serialize};

use crate::clients::Client;
use crate::clients::model::check_redirect_uri;

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
        let told = |what: String, then: &str| Told { what, then: then.to_owned(), addable: None };
        match self {
            Self::UnknownClient { client_id } => told(
                format!("An app came with the client ID “{client_id}”, which is not registered."),
                "Compare the client ID in the app with the one on its page here. If the app was deleted here, register it again.",
            ),
            Self::RedirectUri { uri } => redirect_uri(uri, client),
            Self::OtherRedirectUri { uri } => told(
                format!("The app redeemed a code with the redirect_uri “{uri}”, but had asked for the code with another one."),
                "The app must send the same redirect_uri twice. Often it stands behind a proxy and works out its own address wrongly: set its public address (external URL).",
            ),
            Self::WrongSecret => told(
                "The app sent a client secret that is not one of its secrets here.".to_owned(),
                "Make a new secret, enter it in the app without spaces around it, and delete the old one.",
            ),
            Self::NoSecret => told(
                "The app sent no client secret.".to_owned(),
                "Enter the secret in the app. If the app cannot keep one (it runs in the browser or on people’s devices), make it a public client here.",
            ),
            Self::NeedlessSecret => told(
                "The app sent a client secret, but it is a public client here, which has none.".to_owned(),
                "Leave the secret in the app empty, or switch “Public client” off here and make a secret.",
            ),
            Self::CodeUsed => told(
                "The app redeemed the same code twice.".to_owned(),
                "A reload of the app’s callback page does this once in a while. If it happens at every sign-in, two parts of the app both handle the answer.",
            ),
            Self::CodeExpired { seconds } => told(
                format!("The app redeemed a code {seconds} seconds after it had run out."),
                "The app takes too long between the answer and the token request. Look whether it reaches this server slowly; codes can be given longer under “How long”.",
            ),
            Self::CodeUnknown => told(
                "The app sent a code that was never given to it.".to_owned(),
                "Codes belong to one app: look whether two apps share a callback address, or whether the code was cut off on its way.",
            ),
            Self::PkceMissing => told(
                "The app did not use PKCE, which is required for it.".to_owned(),
                "Switch PKCE (S256) on in the app. If it has no such setting, switch “Require PKCE” off here; public clients cannot do without.",
            ),
            Self::PkceMismatch => told(
                "The app’s PKCE code_verifier does not belong to its sign-in.".to_owned(),
                "This happens when a sign-in is begun in two tabs, or when the app runs on several servers that do not share their sessions.",
            ),
            Self::NotAdmitted { username } => told(
                format!("{username} is in none of the groups the app is open to."),
                "Add the person to one of the groups under “Who may use it”, or allow one of theirs.",
            ),
            Self::UnknownScope { scope } => told(
                format!("The app asked for the scope “{scope}”, of which nothing is known here."),
                "An OpenID Connect app asks for openid, and usually for profile, email and groups.",
            ),
            Self::ProofMissing { username } => told(
                format!("{username} signed in, but not in the way this app requires."),
                "The person needs the kind of passkey chosen under “How people sign in”.",
            ),
            Self::NotPushed => told(
                "The app did not announce its sign-in first (PAR), which is required for it.".to_owned(),
                "Switch pushed authorization requests on in the app, or “Require pushed requests” off here.",
            ),
            Self::Other { at, error, description } => told(format!("{at} answered {error}: {description}."), hint(error, description)),
        }
    }
}

/// What to do about an error that has no case of its own.
fn hint(error: &str, description: &str) -> &'static str {
    match error {
        "invalid_client" if description.contains("expired") || description.contains("iat") || description.contains("exp") => {
            "The app proves itself with a signed statement whose time does not fit: compare the clocks of both servers."
        }
        "invalid_client" => "Compare how the app proves who it is with what is set here.",
        "unsupported_grant_type" | "unauthorized_client" => "The app uses a way to get tokens that is not switched on for it here.",
        "unsupported_response_type" => "Choose the authorization code flow in the app (response_type code).",
        "invalid_scope" => "The app asked for more than it was granted.",
        _ => "The app’s documentation or its makers can tell why it sends this.",
    }
}

fn redirect_uri(uri: &str, client: Option<&Client>) -> Told {
    let registered = client.map(|client| client.registration.redirect_uris.as_slice()).unwrap_or_default();
    if client.is_some_and(|client| client.allows_redirect_to(uri)) {
        let then = "It is registered now; nothing is left to do.".to_owned();
        return Told { what: format!("redirect_uri “{uri}” was not registered."), then, addable: None };
    }
    let known = match registered {
        [] => "None is registered.".to_owned(),
        [one] => format!("Registered is “{one}”."),
        several => format!("Registered are {}.", several.iter().map(|uri| format!("“{uri}”")).collect::<Vec<_>>().join(", ")),
    };
    let what = format!("redirect_uri “{uri}” is not registered. {known}");
    match check_redirect_uri(uri) {
        Ok(()) => {
            let then =
                difference(uri, registered).unwrap_or("If it is an address of your app, add it. Anyone can cause this line, so be sure that it is.");
            Told { what, then: then.to_owned(), addable: Some(uri.to_owned()) }
        }
        Err(why) => Told { what, then: format!("It cannot be added: {why}"), addable: None },
    }
}

/// What tells a URI apart from a registered one, where that is the usual slip.
fn difference(uri: &str, registered: &[String]) -> Option<&'static str> {
    let same = |form: &dyn Fn(&str) -> String| registered.iter().any(|known| form(known) == form(uri));
    let without_scheme = |uri: &str| uri.split_once("://").map_or(uri, |(_, rest)| rest).to_owned();
    if same(&|uri| uri.trim_end_matches('/').to_owned()) {
        return Some("It differs only in the slash at the end. Correct the one in the app, or add this one.");
    }
    if same(&str::to_ascii_lowercase) {
        return Some("It differs only in capital letters. Correct the one in the app, or add this one.");
    }
    if same(&without_scheme) {
        return Some(
            "It differs only in http and https: the app stands behind a proxy and does not know it. Set its public address to https; do not add an http address.",
        );
    }
    if same(&|uri| without_scheme(uri).split('?').next().unwrap_or_default().to_owned()) {
        return Some("It differs in what stands behind the question mark. Correct the one in the app, or add this one.");
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
