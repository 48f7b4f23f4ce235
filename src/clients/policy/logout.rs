//! What a client is told when a session ends (OpenID Connect Back-Channel Logout 1.0, section 2.2; Front-Channel Logout 1.0, section 2).
//!
//! An administrator may name any address for the back channel, also one in the private network: that is where self-hosted apps stand, and whoever administers
//! this server may look around there anyway. Addresses that strangers named (dynamic registration) go to the public Internet only; see [`crate::outbound`].

use serde::{Deserialize, Serialize};
use url::Url;

use super::{Policy, Typed};
use crate::clients::Mistakes;
use crate::clients::model::check_redirect_uri;
use crate::language::t;

/// What a client is told when a session ends. The fields are named as in client metadata (OpenID Connect Dynamic Registration).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Logout {
    /// Where we tell it, server to server; empty when it is not told that way.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub backchannel_logout_uri: String,
    /// It must be told which session ended, so it is not told of anything else.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub backchannel_logout_session_required: bool,
    /// The page of it that is loaded in the person's browser; empty when it is not told that way.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub frontchannel_logout_uri: String,
    /// That page gets the issuer and the session (`iss` and `sid`).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub frontchannel_logout_session_required: bool,
}

impl Logout {
    /// The origin of the page that is loaded in the browser, for the content security policy; `None` when there is none or it would not fit into one.
    pub fn frontchannel_origin(&self) -> Option<String> {
        let url = web(&self.frontchannel_logout_uri)?;
        let origin = url.origin().ascii_serialization();
        // Hosts may hold `;` and `,`, which would end the directive and begin another.
        origin.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._:/[]".contains(&b)).then_some(origin)
    }

    /// Notes when the page in the browser is not of the origin of a redirect URI (Front-Channel Logout 1.0, section 2).
    pub fn check_origin(&self, redirect_uris: &[String], mistakes: &mut Mistakes) {
        let Some(url) = web(&self.frontchannel_logout_uri).filter(|_| !mistakes.contains_key("frontchannel_logout_uri")) else { return };
        let is_known = redirect_uris.iter().any(|uri| uri.contains('*') || Url::parse(uri).is_ok_and(|known| known.origin() == url.origin()));
        if !is_known {
            mistakes.insert("frontchannel_logout_uri", t("client-front-channel-elsewhere").into());
        }
    }
}

fn web(uri: &str) -> Option<Url> {
    Url::parse(uri).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

fn is_good(uri: &str) -> bool {
    web(uri).is_some() && check_redirect_uri(uri).is_ok()
}

impl Policy for Logout {
    fn from_typed(typed: &Typed) -> Self {
        Self {
            backchannel_logout_uri: typed.text("backchannel_logout_uri").to_owned(),
            backchannel_logout_session_required: typed.is_on("backchannel_logout_session_required"),
            frontchannel_logout_uri: typed.text("frontchannel_logout_uri").to_owned(),
            frontchannel_logout_session_required: typed.is_on("frontchannel_logout_session_required"),
        }
    }

    fn to_typed(&self, typed: &mut Typed) {
        typed.put("backchannel_logout_uri", self.backchannel_logout_uri.as_str());
        typed.switch("backchannel_logout_session_required", self.backchannel_logout_session_required);
        typed.put("frontchannel_logout_uri", self.frontchannel_logout_uri.as_str());
        typed.switch("frontchannel_logout_session_required", self.frontchannel_logout_session_required);
    }

    fn check(&mut self, mistakes: &mut Mistakes) {
        for (field, uri) in
            [("backchannel_logout_uri", &mut self.backchannel_logout_uri), ("frontchannel_logout_uri", &mut self.frontchannel_logout_uri)]
        {
            *uri = uri.trim().to_owned();
            if !uri.is_empty() && !is_good(uri) {
                mistakes.insert(field, t("client-logout-wrong").into());
            }
        }
        if !mistakes.contains_key("frontchannel_logout_uri") && !self.frontchannel_logout_uri.is_empty() && self.frontchannel_origin().is_none() {
            mistakes.insert("frontchannel_logout_uri", t("client-logout-host").into());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mistakes(logout: Logout) -> Vec<&'static str> {
        let (mut logout, mut mistakes) = (logout, Mistakes::new());
        logout.check(&mut mistakes);
        logout.check_origin(&["https://app.example.org/cb".into(), "http://localhost:3000/cb".into()], &mut mistakes);
        mistakes.into_keys().collect()
    }

    #[test]
    fn only_addresses_that_can_be_called_are_kept() {
        let back = |uri: &str| mistakes(Logout { backchannel_logout_uri: uri.into(), ..Logout::default() });
        let front = |uri: &str| mistakes(Logout { frontchannel_logout_uri: uri.into(), ..Logout::default() });
        for good in ["", " https://app.example.org/logout?x=1 ", "http://app:3000/bcl", "http://10.0.0.7/", "https://other.example.org/"] {
            assert!(back(good).is_empty(), "{good}");
        }
        for bad in
            ["app.example.org", "app://logout", "javascript:alert(1)", "https://a.example/#x", "https://u:p@a.example/", "https://a.example/\r\nX: y"]
        {
            assert_eq!(back(bad), ["backchannel_logout_uri"], "{bad}");
            assert_eq!(front(bad), ["frontchannel_logout_uri"], "{bad}");
        }
        for good in ["", "https://app.example.org/logout", "http://localhost:3000/x?y"] {
            assert!(front(good).is_empty(), "{good}");
        }
        for elsewhere in
            ["https://other.example.org/", "http://app.example.org/", "https://app.example.org:444/", "https://app.example.org.evil.example/"]
        {
            assert_eq!(front(elsewhere), ["frontchannel_logout_uri"], "{elsewhere}");
        }
    }

    /// Header injection: an origin goes into the content security policy.
    #[test]
    fn no_host_name_ends_a_directive() {
        let origin = |uri: &str| Logout { frontchannel_logout_uri: uri.into(), ..Logout::default() }.frontchannel_origin();
        assert_eq!(origin("https://App.example.org:443/x?y").as_deref(), Some("https://app.example.org"));
        assert_eq!(origin("http://[::1]:3000/").as_deref(), Some("http://[::1]:3000"));
        for bad in [
            "https://a;script-src.example/",
            "https://a,b.example/",
            "https://a'b.example/",
            "https://*/",
            "https://a.example *",
            "data:text/html,x",
            "",
        ] {
            assert_eq!(origin(bad), None, "{bad}");
        }
    }
}
