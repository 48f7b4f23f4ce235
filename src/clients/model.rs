//! What a client is: its redirect URIs and how they are compared, what an administrator may enter, how its tokens are signed.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use url::Url;

use super::policy::{Policies, Policy as _};
use super::redirect_pattern;
use crate::clock::Timestamp;
use crate::id::ClientId;
use crate::language::{Text, t};

/// The most redirect URIs a client may have.
const REDIRECT_URIS_MAX: usize = 50;
/// The longest redirect URI, in bytes.
const REDIRECT_URI_BYTES_MAX: usize = 1000;
/// The longest name, in characters.
const NAME_CHARS_MAX: usize = 100;

/// The algorithm a client's ID tokens are signed with.
pub use crate::jose::Alg as SigningAlg;

/// How long what a client gets is good for, where that differs from the settings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Lifetimes {
    /// Codes, in seconds.
    pub code_seconds: Option<u32>,
    /// Access tokens, in minutes.
    pub access_minutes: Option<u32>,
    /// ID tokens, in minutes; otherwise as long as the access token.
    pub id_token_minutes: Option<u32>,
    /// Refresh tokens that are not used, in days.
    pub refresh_days: Option<u32>,
}

impl Lifetimes {
    /// The mistakes by field. Codes: 10 seconds to 10 minutes, the most RFC 6749 section 4.1.2 allows. Access and ID tokens: up to a day, the longest a retired
    /// key stays published. Refresh tokens: up to a year.
    fn mistakes(self) -> impl Iterator<Item = (&'static str, String)> {
        [
            ("code_seconds", self.code_seconds, 10, 600),
            ("access_minutes", self.access_minutes, 1, 1_440),
            ("id_token_minutes", self.id_token_minutes, 1, 1_440),
            ("refresh_days", self.refresh_days, 1, 365),
        ]
        .into_iter()
        .filter(|(_, value, min, max)| value.is_some_and(|value| !(*min..=*max).contains(&value)))
        .map(|(field, _, min, max)| (field, t("client-number-wrong").with("min", min).with("max", max).into()))
    }
}

/// What an administrator decides about a client.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Registration {
    /// What people see on the consent page.
    pub name: String,
    /// A public client has no secret (RFC 6749 section 2.1).
    pub is_public: bool,
    /// Where answers may go.
    pub redirect_uris: Vec<String>,
    /// Where people may be sent after sign-out.
    pub post_logout_redirect_uris: Vec<String>,
    /// People are not asked.
    pub skip_consent: bool,
    /// How its ID tokens are signed.
    pub signing_alg: SigningAlg,
    /// The claims of the scopes stand in the ID token too, not at userinfo alone.
    pub claims_in_id_token: bool,
    /// Requests without PKCE are refused; always so for public clients.
    pub require_pkce: bool,
    /// Requests that were not pushed (RFC 9126) are refused.
    pub require_par: bool,
    /// How long what it gets is good for.
    pub lifetimes: Lifetimes,
    /// Where the app begins a sign-in itself (OpenID Connect Core, section 4); empty when it does not say.
    pub initiate_login_uri: String,
    /// It may get access tokens for itself (RFC 6749 section 4.4).
    pub acts_alone: bool,
    /// The scopes of such tokens; ours to store, the app's APIs' to understand.
    pub own_scopes: Vec<String>,
    /// Devices without a browser may sign people in to it (RFC 8628).
    pub for_devices: bool,
    /// What else was decided, policy by policy.
    pub policies: Policies,
}

/// A registered client.
#[derive(Clone, Debug)]
pub struct Client {
    /// Our row.
    pub id: ClientId,
    /// What the protocol calls `client_id`.
    pub client_id: String,
    /// What was decided about it.
    pub registration: Registration,
    /// Only people in one of its allowed groups may use it; stays set when those groups vanish.
    pub restricted: bool,
    /// When it was registered.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl Client {
    /// Whether an answer may go to this redirect URI.
    pub fn allows_redirect_to(&self, unverified_uri: &str) -> bool {
        let wildcards = self.registration.policies.claims.redirect_wildcards;
        let is_registered = |registered: &String| {
            if registered.contains('*') {
                wildcards && redirect_pattern::matches(registered, unverified_uri)
            } else {
                matches(registered, unverified_uri)
            }
        };
        self.registration.redirect_uris.iter().any(is_registered) || self.registration.policies.forward_auth.allows_redirect_to(unverified_uri)
    }

    /// Whether people may be sent there after sign-out.
    pub fn allows_post_logout_redirect_to(&self, unverified_uri: &str) -> bool {
        self.registration.post_logout_redirect_uris.iter().any(|registered| matches(registered, unverified_uri))
    }

    /// Whether its authorization requests need a code challenge.
    pub const fn needs_pkce(&self) -> bool {
        self.registration.is_public || self.registration.require_pkce || self.registration.policies.tokens.is_fapi2()
    }
}

/// What is wrong with a form, by field.
pub type Mistakes = BTreeMap<&'static str, String>;

impl Registration {
    /// The places its answers go to, as the page that asks people names them: hosts, and schemes of apps.
    pub fn places(&self) -> BTreeSet<String> {
        self.redirect_uris.iter().map(|uri| place(uri)).collect()
    }

    /// Trims what was typed and checks it.
    ///
    /// # Errors
    /// The mistakes by field.
    pub fn checked(mut self) -> Result<Self, Mistakes> {
        let mut mistakes = Mistakes::new();
        self.name = self.name.trim().to_owned();
        if self.name.is_empty() {
            mistakes.insert("name", t("client-name-missing").into());
        } else if self.name.chars().count() > NAME_CHARS_MAX || self.name.chars().any(char::is_control) {
            mistakes.insert("name", t("client-name-wrong").with("max", NAME_CHARS_MAX).into());
        }
        let wildcards = self.policies.claims.redirect_wildcards;
        for (field, uris, wildcards) in
            [("redirect_uris", &mut self.redirect_uris, wildcards), ("post_logout_redirect_uris", &mut self.post_logout_redirect_uris, false)]
        {
            *uris = tidy(uris);
            if let Err(mistake) = check_redirect_uris(uris, wildcards) {
                mistakes.insert(field, mistake.into());
            }
        }
        self.initiate_login_uri = self.initiate_login_uri.trim().to_owned();
        if let Err(mistake) = check_initiate_login_uri(&self.initiate_login_uri) {
            mistakes.insert("initiate_login_uri", mistake.into());
        }
        self.own_scopes = tidy(&self.own_scopes);
        if let Err(mistake) = check_own_scopes(&self.own_scopes) {
            mistakes.insert("own_scopes", mistake.into());
        }
        if self.acts_alone && self.is_public {
            mistakes.insert("acts_alone", t("client-acts-alone-public").into());
        }
        mistakes.extend(self.lifetimes.mistakes());
        self.policies.check(&mut mistakes);
        self.policies.claims.check_with(&self.redirect_uris, self.skip_consent, &mut mistakes);
        self.policies.logout.check_origin(&self.redirect_uris, &mut mistakes);
        self.check_profile(&mut mistakes);
        let needs_none = self.acts_alone || self.for_devices || self.policies.forward_auth.is_on();
        if self.redirect_uris.is_empty() && !needs_none && !mistakes.contains_key("redirect_uris") {
            mistakes.insert("redirect_uris", t("client-redirect-uris-missing").into());
        }
        if mistakes.is_empty() { Ok(self) } else { Err(mistakes) }
    }
}

fn place(redirect_uri: &str) -> String {
    match Url::parse(redirect_uri) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => url.host_str().unwrap_or_default().to_owned(),
        Ok(url) => format!("{}:", url.scheme()),
        Err(_) => redirect_uri.to_owned(),
    }
}

/// Trimmed, without empty lines and repetitions.
fn tidy(uris: &[String]) -> Vec<String> {
    let mut tidied: Vec<String> = Vec::new();
    for uri in uris.iter().map(|uri| uri.trim()).filter(|uri| !uri.is_empty()) {
        if !tidied.iter().any(|known| known == uri) {
            tidied.push(uri.to_owned());
        }
    }
    tidied
}

/// OpenID Connect Dynamic Registration, section 2: `https`. Without TLS only on the person's own computer.
fn check_initiate_login_uri(uri: &str) -> Result<(), Text> {
    if uri.is_empty() {
        return Ok(());
    }
    check_redirect_uri(uri).map_err(|_| t("client-login-no-address"))?;
    if uri.starts_with("https://") || without_loopback_port(uri).is_some() { Ok(()) } else { Err(t("client-address-https")) }
}

/// RFC 6749 section 3.3; the names of ours mean people's claims.
fn check_own_scopes(scopes: &[String]) -> Result<(), Text> {
    const OURS: [&str; 7] = ["openid", "profile", "email", "address", "phone", "groups", "offline_access"];
    const SCOPES_MAX: usize = 50;
    if scopes.len() > SCOPES_MAX {
        return Err(t("client-scopes-many").with("max", SCOPES_MAX).with("count", scopes.len()));
    }
    for scope in scopes {
        let shown: String = scope.chars().take(120).collect();
        if scope.len() > 200 || !scope.bytes().all(|b| matches!(b, 0x21 | 0x23..=0x5b | 0x5d..=0x7e)) {
            return Err(t("client-scope-wrong").with("scope", shown));
        }
        if OURS.contains(&scope.as_str()) {
            return Err(t("client-scope-person").with("scope", shown));
        }
    }
    Ok(())
}

fn check_redirect_uris(uris: &[String], wildcards: bool) -> Result<(), Text> {
    if uris.len() > REDIRECT_URIS_MAX {
        return Err(t("client-uris-many").with("max", REDIRECT_URIS_MAX).with("count", uris.len()));
    }
    // What a pattern would be with a name in place of its wildcard is a redirect URI like any other.
    let check = |uri: &String| {
        if uri.contains('*') && wildcards {
            redirect_pattern::check(uri).and_then(|()| check_redirect_uri(&uri.replace('*', "wildcard")))
        } else {
            check_redirect_uri(uri)
        }
    };
    let shown = |uri: &String| uri.chars().take(120).collect::<String>();
    uris.iter().try_for_each(|uri| check(uri).map_err(|why| t("client-uri-wrong").with("uri", shown(uri)).with("why", why)))
}

/// Checks a redirect URI an administrator typed: absolute, without fragment (RFC 6749 section 3.1.2), nothing a browser would run, nothing that looks
/// like a pattern (comparison is exact, RFC 9700 section 2.1).
///
/// # Errors
/// What is wrong, to stand after the URI.
pub fn check_redirect_uri(uri: &str) -> Result<(), Text> {
    const SCHEMES_THAT_RUN: [&str; 9] = ["javascript", "data", "vbscript", "file", "blob", "about", "filesystem", "view-source", "mailto"];
    if uri.len() > REDIRECT_URI_BYTES_MAX {
        return Err(t("client-uri-long"));
    }
    if !uri.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(t("client-uri-characters"));
    }
    if uri.contains('#') {
        return Err(t("client-uri-fragment"));
    }
    if uri.contains('*') {
        return Err(t("client-uri-no-wildcards"));
    }
    if uri.bytes().any(|b| b"\\<>\"^`{|}".contains(&b)) {
        return Err(t("client-uri-foreign-character"));
    }
    let url = Url::parse(uri).map_err(|_| t("client-uri-not-full"))?;
    if SCHEMES_THAT_RUN.contains(&url.scheme()) {
        return Err(t("client-uri-cannot-receive"));
    }
    if matches!(url.scheme(), "http" | "https") {
        let prefix = format!("{}://", url.scheme());
        if !uri.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(&prefix)) || !url.has_host() {
            return Err(t("client-uri-not-full"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(t("client-uri-password"));
        }
    }
    Ok(())
}

/// Whether a URI that came is a registered one: the same string (RFC 3986 section 6.2.1), or the same but for the port when both go to this computer by
/// http, where a native app listens on whatever port was free (RFC 8252 section 7.3). Never through a parsed URL: two parsers that disagree are a hole.
fn matches(registered: &str, unverified_uri: &str) -> bool {
    if registered == unverified_uri {
        return true;
    }
    matches!((without_loopback_port(registered), without_loopback_port(unverified_uri)), (Some(a), Some(b)) if a == b)
}

/// Host and rest of a loopback http URI, without the port; `None` for every other URI.
fn without_loopback_port(uri: &str) -> Option<(&'static str, &str)> {
    let after_scheme = uri.strip_prefix("http://")?;
    let (host, after_host) = ["127.0.0.1", "[::1]", "localhost"].into_iter().find_map(|host| Some((host, after_scheme.strip_prefix(host)?)))?;
    let rest = match after_host.strip_prefix(':') {
        Some(port_and_rest) => {
            let digits = port_and_rest.bytes().take_while(u8::is_ascii_digit).count();
            port_and_rest[..digits].parse::<u16>().ok()?;
            &port_and_rest[digits..]
        }
        None => after_host,
    };
    // What follows must end the authority: `http://localhost:1@evil.example` goes somewhere else.
    (rest.is_empty() || rest.starts_with(['/', '?'])).then_some((host, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redirect_uris_are_compared_as_strings() {
        let registered = "https://app.example.org/callback?tenant=1";
        assert!(matches(registered, registered));
        for other in [
            "https://app.example.org/callback",
            "https://app.example.org/callback?tenant=1&x=2",
            "https://app.example.org/callback?tenant=2",
            "https://app.example.org/callback/?tenant=1",
            "https://app.example.org:443/callback?tenant=1",
            "https://APP.example.org/callback?tenant=1",
            "https://app.example.org/./callback?tenant=1",
            "https://app.example.org/callback?tenant=1#",
            "https://app.example.org.evil.example/callback?tenant=1",
            "https://app.example.org@evil.example/callback?tenant=1",
            "http://app.example.org/callback?tenant=1",
            " https://app.example.org/callback?tenant=1",
            "https://app.example.org/callback%3Ftenant=1",
        ] {
            assert!(!matches(registered, other), "{other}");
        }
        assert!(!matches("https://host", "https://host/"));
    }

    #[test]
    fn on_the_persons_own_computer_the_port_is_free() {
        for (registered, came) in [
            ("http://127.0.0.1/callback", "http://127.0.0.1:51004/callback"),
            ("http://127.0.0.1:8000/callback", "http://127.0.0.1/callback"),
            ("http://[::1]:1/cb?x=1", "http://[::1]:2/cb?x=1"),
            ("http://localhost:8085/auth/callback", "http://localhost:18000/auth/callback"),
            ("http://localhost", "http://localhost:1"),
        ] {
            assert!(matches(registered, came), "{registered} {came}");
        }
        for (registered, came) in [
            ("http://127.0.0.1/callback", "http://localhost/callback"),
            ("http://127.0.0.1/callback", "http://127.0.0.1:1/other"),
            ("http://127.0.0.1/callback", "http://127.0.0.1:/callback"),
            ("http://127.0.0.1/callback", "http://127.0.0.1:99999/callback"),
            ("http://127.0.0.1/callback", "http://127.0.0.1:1@evil.example/callback"),
            ("http://127.0.0.1/callback", "http://127.0.0.1.evil.example/callback"),
            ("http://localhost/callback", "http://localhost:1.evil.example/callback"),
            ("http://localhost/", "http://localhost:80\\@evil.example/"),
            ("http://127.0.0.1/callback", "https://127.0.0.1:1/callback"),
            ("https://127.0.0.1/callback", "https://127.0.0.1:1/callback"),
            ("http://192.0.2.1/callback", "http://192.0.2.1:1/callback"),
        ] {
            assert!(!matches(registered, came), "{registered} {came}");
        }
    }

    #[test]
    fn only_uris_that_can_receive_an_answer_are_registered() {
        for good in [
            "https://host",
            "https://app.example.org/cb?x=1",
            "http://10.0.0.7:3000/cb",
            "http://[::1]/",
            "app.immich:///oauth-callback",
            "audiobookshelf://oauth",
            "com.example.app:/cb",
        ] {
            assert!(check_redirect_uri(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "/callback",
            "app.example.org/callback",
            "https://app.example.org/cb#",
            "https://app.example.org/cb#x",
            "https://*.example.org/cb",
            "https://app.example.org/*",
            "javascript:alert(1)",
            "JavaScript:alert(1)",
            "data:text/html,x",
            "vbscript:x",
            "file:///etc/passwd",
            "https://u:p@app.example.org/cb",
            "https:app.example.org/cb",
            "https:/app.example.org/cb",
            "https://app.example.org/c b",
            "https://app.example.org/\u{e4}",
            "https://app.example.org\\@evil.example/",
            "https://app.example.org/\"><script>",
        ] {
            assert!(check_redirect_uri(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_a_client_may_do_fits_together() {
        let good = || Registration { name: "Wiki".into(), redirect_uris: vec!["https://a.example/cb".into()], ..Registration::default() };
        let mistakes = |change: &dyn Fn(&mut Registration)| {
            let mut registration = good();
            change(&mut registration);
            registration.checked().err().unwrap_or_default().into_keys().collect::<Vec<_>>()
        };
        assert!(mistakes(&|_| {}).is_empty());
        assert!(mistakes(&|it| (it.redirect_uris, it.acts_alone) = (vec![], true)).is_empty(), "a machine has nowhere to send people");
        assert!(mistakes(&|it| (it.redirect_uris, it.for_devices) = (vec![], true)).is_empty());
        assert_eq!(mistakes(&|it| it.redirect_uris = vec![]), ["redirect_uris"]);
        assert_eq!(mistakes(&|it| (it.is_public, it.acts_alone) = (true, true)), ["acts_alone"]);
        for good in ["", "https://app.example.org/login", "http://localhost:3000/login"] {
            assert!(mistakes(&|it| it.initiate_login_uri = good.into()).is_empty(), "{good}");
        }
        for bad in ["http://app.example.org/login", "javascript:alert(1)", "app://login", "https://a.example/#x"] {
            assert_eq!(mistakes(&|it| it.initiate_login_uri = bad.into()), ["initiate_login_uri"], "{bad}");
        }
        for bad in ["two words", "\"", "openid", "é"] {
            assert_eq!(mistakes(&|it| it.own_scopes = vec![bad.into()]), ["own_scopes"], "{bad}");
        }
        assert_eq!(mistakes(&|it| it.lifetimes.code_seconds = Some(601)), ["code_seconds"]);
        assert_eq!(
            mistakes(&|it| (it.lifetimes.access_minutes, it.lifetimes.refresh_days) = (Some(0), Some(366))),
            ["access_minutes", "refresh_days"]
        );
        assert!(mistakes(&|it| it.lifetimes.id_token_minutes = Some(1_440)).is_empty());
    }

    #[test]
    fn a_place_is_what_people_are_told() {
        let places = |uris: &[&str]| {
            let redirect_uris = uris.iter().map(|&uri| uri.to_owned()).collect();
            Registration { redirect_uris, ..Registration::default() }.places().into_iter().collect::<Vec<_>>()
        };
        assert_eq!(places(&["https://a.example/cb", "https://A.example:8443/other?x=1"]), ["a.example"]);
        assert_eq!(places(&["https://a.example/cb", "https://b.example/cb", "com.example.app:/cb"]), ["a.example", "b.example", "com.example.app:"]);
        assert_eq!(places(&["http://127.0.0.1:1/cb", "http://localhost/cb"]), ["127.0.0.1", "localhost"]);
    }

    #[test]
    fn a_mistake_names_the_line_it_is_in() {
        let lines = |text: &str| text.lines().map(str::to_owned).collect();
        let typed =
            Registration { name: " ".into(), redirect_uris: lines("https://a.example/cb\n\n https://a.example/cb \nfoo"), ..Registration::default() };
        let mistakes = typed.clone().checked().unwrap_err();
        assert!(mistakes["name"].starts_with("Enter a name"));
        assert!(mistakes["redirect_uris"].contains("“foo”"), "{mistakes:?}");
        let fixed = Registration { name: " Wiki ".into(), redirect_uris: lines("https://a.example/cb\n\n https://a.example/cb "), ..typed };
        let checked = fixed.checked().unwrap();
        assert_eq!((checked.name.as_str(), checked.redirect_uris.len()), ("Wiki", 1));
    }
}
