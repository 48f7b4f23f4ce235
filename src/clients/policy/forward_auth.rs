//! The app behind a reverse proxy that asks here, request by request, whether a person may pass.

use serde::{Deserialize, Serialize};

use super::{Policy, Typed};
use crate::clients::Mistakes;
use crate::config::Origin;
use crate::language::t;

/// Where, on the app's own address, a sign-in ends. Its requests are answered here and never reach the app.
pub const CALLBACK_PATH: &str = "/.muster/callback";
/// The most addresses an app may have.
const ADDRESSES_MAX: usize = 20;

/// The app behind a reverse proxy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ForwardAuth {
    /// Where people open the app: origins, such as `https://wiki.example.org`. Empty when no proxy asks for it.
    pub addresses: Vec<String>,
}

impl ForwardAuth {
    /// Whether a proxy asks for it.
    pub const fn is_on(&self) -> bool {
        !self.addresses.is_empty()
    }

    /// Whether this origin is one of the app's.
    pub fn has(&self, origin: &str) -> bool {
        self.addresses.iter().any(|address| address == origin)
    }

    /// Whether a sign-in of the app may end there.
    pub fn allows_redirect_to(&self, unverified_uri: &str) -> bool {
        unverified_uri.strip_suffix(CALLBACK_PATH).is_some_and(|origin| self.has(origin))
    }
}

impl Policy for ForwardAuth {
    fn from_typed(typed: &Typed) -> Self {
        Self { addresses: typed.lines("proxied_addresses") }
    }

    fn to_typed(&self, typed: &mut Typed) {
        typed.put_lines("proxied_addresses", &self.addresses);
    }

    fn check(&mut self, mistakes: &mut Mistakes) {
        let mut checked: Vec<String> = Vec::new();
        for typed in &self.addresses {
            match Origin::parse(typed.trim()) {
                Ok(origin) if checked.iter().any(|known| known == origin.as_str()) => {}
                Ok(origin) => checked.push(origin.as_str().to_owned()),
                Err(_) => {
                    let shown: String = typed.chars().take(120).collect();
                    mistakes.insert("proxied_addresses", t("client-proxied-wrong").with("address", shown).into());
                    return;
                }
            }
        }
        if checked.len() > ADDRESSES_MAX {
            mistakes.insert("proxied_addresses", t("client-proxied-many").with("max", ADDRESSES_MAX).with("count", checked.len()).into());
        }
        self.addresses = checked;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(lines: &[&str]) -> Result<ForwardAuth, String> {
        let mut policy = ForwardAuth { addresses: lines.iter().map(|line| (*line).to_owned()).collect() };
        let mut mistakes = Mistakes::new();
        policy.check(&mut mistakes);
        mistakes.remove("proxied_addresses").map_or(Ok(policy), Err)
    }

    #[test]
    fn an_address_is_an_origin_and_is_kept_in_one_spelling() {
        let policy = checked(&["https://Wiki.example.org/", " https://wiki.example.org:443", "http://10.0.0.7:8080"]).unwrap();
        assert_eq!(policy.addresses, ["https://wiki.example.org", "http://10.0.0.7:8080"]);
        assert!(policy.has("https://wiki.example.org") && !policy.has("http://wiki.example.org"));
        for wrong in
            ["wiki.example.org", "https://wiki.example.org/app", "https://a@wiki.example.org", "ftp://wiki.example.org", "https://*.example.org x"]
        {
            assert!(checked(&[wrong]).unwrap_err().contains("must be an http:// or https:// address"), "{wrong}");
        }
    }

    #[test]
    fn a_sign_in_ends_at_the_apps_own_callback_only() {
        let policy = checked(&["https://wiki.example.org"]).unwrap();
        assert!(policy.allows_redirect_to("https://wiki.example.org/.muster/callback"));
        for other in [
            "https://wiki.example.org/.muster/callback/",
            "https://wiki.example.org/.muster/callback?x=1",
            "https://wiki.example.org",
            "https://evil.example/.muster/callback",
            "https://wiki.example.org@evil.example/.muster/callback",
            "http://wiki.example.org/.muster/callback",
            "/.muster/callback",
        ] {
            assert!(!policy.allows_redirect_to(other), "{other}");
        }
        assert!(!ForwardAuth::default().allows_redirect_to("/.muster/callback"));
    }
}
