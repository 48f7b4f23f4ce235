//! Where a person goes after signing in: one of a few places here, never a URL from the request.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::language::Language;
use crate::language::choice::first_of;
use crate::secret::Sealer;

const PURPOSE: &str = "authorization request";

/// An authorization request that waits for the person to sign in or to agree. Travels sealed in the address, so nothing is stored before they do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingAuthorization {
    /// What the client is called, for the sign-in page.
    pub client_name: String,
    /// The request's parameters as they came, form-encoded; validated again when it goes on.
    pub parameters: String,
    /// The name it was pushed under (RFC 9126), which is used up when it is answered; empty when it was not pushed.
    #[serde(default)]
    pub pushed: String,
    /// When it came: a sign-in after this instant satisfies `prompt=login`.
    pub started_at: Timestamp,
}

impl PendingAuthorization {
    /// Seals it for the address.
    pub fn seal(&self, sealer: &Sealer) -> String {
        sealer.seal_text(PURPOSE, &serde_json::to_string(self).unwrap_or_default())
    }

    /// The language the app asks for in `ui_locales` (OpenID Connect Core section 3.1.2.1).
    pub fn language(&self) -> Option<Language> {
        let unverified_wish = url::form_urlencoded::parse(self.parameters.as_bytes()).find(|(name, _)| name == "ui_locales")?.1;
        first_of(unverified_wish.split(' ').take(32))
    }

    /// Opens what [`seal`](Self::seal) made; `None` for anything else.
    pub fn unseal(sealer: &Sealer, unverified_sealed: &str) -> Option<Self> {
        let text = sealer.unseal_text(PURPOSE, unverified_sealed).ok()?;
        serde_json::from_str(&text).ok()
    }
}

/// Where a person goes after signing in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// The account page.
    Account,
    /// A page here that asked for a sign-in; a path and query under one of our own prefixes.
    Page(String),
    /// On with an authorization request, given in its sealed form.
    Authorize(String),
}

impl Next {
    /// Reads `request` (sealed) or `back` (a path here) of the sign-in page's address; anything unknown leads to the account page.
    pub fn from_query(unverified_request: Option<&str>, unverified_back: Option<&str>) -> Self {
        match (unverified_request, unverified_back) {
            (Some(sealed), _) if sealed.len() <= 8192 => Self::Authorize(sealed.to_owned()),
            (_, Some(path)) if is_own_page(path) => Self::Page(path.to_owned()),
            _ => Self::Account,
        }
    }

    /// Where a person goes who has signed out here.
    pub const fn after_sign_out() -> &'static str {
        "/sign-in?notice=signed-out"
    }

    /// The address to redirect to.
    pub fn location(&self) -> String {
        match self {
            Self::Account => "/account".to_owned(),
            Self::Page(path) => path.clone(),
            Self::Authorize(sealed) => format!("/authorize/continue?request={sealed}"),
        }
    }

    /// The same as the two fields `request` and `back` of a form, of which at most one is filled.
    pub fn fields(self) -> (String, String) {
        match self {
            Self::Authorize(sealed) => (sealed, String::new()),
            Self::Page(path) => (String::new(), path),
            Self::Account => (String::new(), String::new()),
        }
    }

    /// The query of the sign-in page that leads there: empty or beginning with `?`.
    pub fn sign_in_query(&self) -> String {
        match self {
            Self::Account => String::new(),
            Self::Page(path) => format!("?{}", serde_urlencoded::to_string([("back", path)]).unwrap_or_default()),
            Self::Authorize(sealed) => format!("?request={sealed}"),
        }
    }
}

fn is_own_page(path: &str) -> bool {
    let ours = ["/account", "/admin", "/device"]
        .iter()
        .any(|prefix| path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?'])));
    ours && path.len() <= 2000 && path.bytes().all(|b| b.is_ascii_graphic() && b != b'\\')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_led_to_another_site() {
        for bad in ["//evil.example", "https://evil.example", "/\\evil.example", "/accountant", "/admin\r\nX: y", "/sign-in", ""] {
            assert_eq!(Next::from_query(None, Some(bad)), Next::Account, "{bad:?}");
        }
        assert_eq!(Next::from_query(None, Some("/admin/users?q=a")).location(), "/admin/users?q=a");
    }

    #[test]
    fn an_app_may_say_which_languages_the_person_reads() {
        let language = |parameters: &str| {
            let pending = PendingAuthorization {
                client_name: String::new(),
                parameters: parameters.into(),
                pushed: String::new(),
                started_at: Timestamp::EPOCH,
            };
            pending.language()
        };
        assert_eq!(language("client_id=x&ui_locales=tlh+fr-CA%20de"), Some(Language::French));
        assert_eq!(language("client_id=x&ui_locales=tlh"), None);
        assert_eq!(language("client_id=x"), None);
    }

    #[test]
    fn a_pending_request_opens_only_as_it_was_sealed() {
        let sealer = Sealer::new(&[1; 32]);
        let pending = PendingAuthorization {
            client_name: "Wiki".into(),
            parameters: "client_id=x".into(),
            pushed: String::new(),
            started_at: Timestamp::EPOCH,
        };
        let sealed = pending.seal(&sealer);
        assert_eq!(PendingAuthorization::unseal(&sealer, &sealed), Some(pending));
        assert_eq!(PendingAuthorization::unseal(&Sealer::new(&[2; 32]), &sealed), None);
    }
}
