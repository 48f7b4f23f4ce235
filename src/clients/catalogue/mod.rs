//! What is known about well-known apps: how each asks, and what its administrator types where, in the app's own words. One entry is the source of the page on
//! which an app is registered, of `muster clients create --template`, and of `docs/apps/` (the test `apps_pages` writes them). Data only, file by topic; this
//! file says what an entry holds, finds entries, and puts a real app's values into them.
//!
//! To add an app, copy the entry of a similar one and look every value up in the app's own documentation; what cannot be looked up is left out.

mod developing;
mod files;
mod generic;
mod home;
mod infrastructure;
mod media;
mod network;
mod reading;
mod working;

use super::model::{Registration, SigningAlg, check_redirect_uri};
use crate::language::{Text, t};

/// An app, and how it is connected. In its texts stand placeholders: `{app}` and `{host}` for the app's address and the host in it; and, where values are
/// typed into the app, `{issuer}`, `{discovery}`, `{authorization}`, `{token}`, `{userinfo}`, `{jwks}`, `{end_session}`, `{client_id}`, `{client_secret}` and
/// `{name}`, what this installation is called.
#[derive(Clone, Copy, Debug)]
pub struct Template {
    /// Names it in addresses, at the command line and in the documentation: small letters, digits and hyphens.
    pub id: &'static str,
    /// What its makers call it.
    pub name: &'static str,
    /// What it is, in a few words.
    pub what: &'static str,
    /// Other words people may look for.
    pub also: &'static str,
    /// What kind of app it is.
    pub topic: Topic,
    /// An address such as it may have, for the question; empty when its address is the same for everyone.
    pub example: &'static str,
    /// Where answers go.
    pub redirect_uris: &'static [&'static str],
    /// Where people may be sent after sign-out.
    pub post_logout_redirect_uris: &'static [&'static str],
    /// Where it is told that a session ended (OpenID Connect Back-Channel Logout 1.0); empty where the app has no such place, or none is documented.
    pub backchannel_logout_uri: &'static str,
    /// Where people open it.
    pub launch_url: &'static str,
    /// It has no secret.
    pub is_public: bool,
    /// It always uses PKCE, so that requests without it may be refused.
    pub require_pkce: bool,
    /// It reads the ID token only, or may.
    pub claims_in_id_token: bool,
    /// How its ID tokens are signed.
    pub signing_alg: SigningAlg,
    /// It gets tokens for itself.
    pub acts_alone: bool,
    /// A reverse proxy in front of it asks here.
    pub is_proxied: bool,
    /// The scopes it asks for.
    pub scopes: &'static str,
    /// What it does with groups, in a sentence; empty when nothing is known.
    pub groups: &'static str,
    /// What to do in the app, in order.
    pub steps: &'static [Step],
    /// What goes wrong, each in a sentence or two that say what to do.
    pub pitfalls: &'static [&'static str],
    /// The app's own documentation of this; empty for the general kinds.
    pub documentation: &'static str,
    /// The version this project's own tests sign in to; empty when the values were only looked up.
    pub tried: &'static str,
}

/// Something to do in an app.
#[derive(Clone, Copy, Debug)]
pub enum Step {
    /// Something without a value.
    Do(&'static str),
    /// A page of the app, and what to type into its fields: name and value.
    Fields(&'static str, &'static [(&'static str, &'static str)]),
    /// A file or the environment of the app, and the lines to put there.
    Lines(&'static str, &'static str),
}

/// What kind of app it is; the order of the grid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    /// Any app that is not listed.
    General,
    /// Files and pictures.
    Files,
    /// Films, music, books.
    Media,
    /// Notes, tasks, documents, talk.
    Working,
    /// Feeds and bookmarks.
    Reading,
    /// Household.
    Home,
    /// Source code and deployment.
    Developing,
    /// Machines and what watches them.
    Infrastructure,
    /// Proxies and private networks.
    Network,
}

impl Topic {
    /// Every topic, in the order of the grid.
    pub const ALL: [Self; 9] =
        [Self::General, Self::Files, Self::Media, Self::Working, Self::Reading, Self::Home, Self::Developing, Self::Infrastructure, Self::Network];

    /// The heading.
    pub fn heading(self) -> Text {
        match self {
            Self::General => t("app-topic-general"),
            Self::Files => t("app-topic-files"),
            Self::Media => t("app-topic-media"),
            Self::Working => t("app-topic-working"),
            Self::Reading => t("app-topic-reading"),
            Self::Home => t("app-topic-home"),
            Self::Developing => t("app-topic-developing"),
            Self::Infrastructure => t("app-topic-infrastructure"),
            Self::Network => t("app-topic-network"),
        }
    }
}

impl Template {
    /// What most apps are: confidential, with the claims in the ID token too (many never ask userinfo), signed with what everyone understands.
    const APP: Self = Self {
        id: "",
        name: "",
        what: "",
        also: "",
        topic: Topic::General,
        example: "",
        redirect_uris: &[],
        post_logout_redirect_uris: &[],
        backchannel_logout_uri: "",
        launch_url: "{app}",
        is_public: false,
        require_pkce: false,
        claims_in_id_token: true,
        signing_alg: SigningAlg::Rs256,
        acts_alone: false,
        is_proxied: false,
        scopes: "openid profile email",
        groups: "",
        steps: &[],
        pitfalls: &[],
        documentation: "",
        tried: "",
    };

    /// Whether it is one of the general kinds, of which only the form is known.
    pub fn is_general(&self) -> bool {
        self.topic == Topic::General
    }

    /// Whether its address has to be asked for.
    pub const fn asks_for_address(&self) -> bool {
        !self.example.is_empty()
    }

    /// What the question for its address adds.
    pub fn address_help(&self) -> Text {
        t("client-address-help").with("example", self.example)
    }

    /// What is registered for it, with the placeholders for its address still in place; [`place`] takes them out.
    pub fn registration(&self) -> Registration {
        let owned = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect();
        let mut registration = Registration {
            name: if self.is_general() { String::new() } else { self.name.to_owned() },
            is_public: self.is_public,
            redirect_uris: owned(self.redirect_uris),
            post_logout_redirect_uris: owned(self.post_logout_redirect_uris),
            signing_alg: self.signing_alg,
            claims_in_id_token: self.claims_in_id_token,
            require_pkce: self.require_pkce,
            acts_alone: self.acts_alone,
            ..Registration::default()
        };
        self.id.clone_into(&mut registration.policies.presentation.template);
        self.launch_url.clone_into(&mut registration.policies.presentation.launch_url);
        self.backchannel_logout_uri.clone_into(&mut registration.policies.logout.backchannel_logout_uri);
        if self.is_proxied {
            registration.policies.forward_auth.addresses = vec!["{app}".to_owned()];
        }
        registration
    }

    /// Whether every word of a search occurs in what it is called.
    fn fits(&self, words: &[String]) -> bool {
        let text = format!("{} {} {} {}", self.name, self.id, self.what, self.also).to_lowercase();
        words.iter().all(|word| text.contains(word.as_str()))
    }
}

/// Every app, topic by topic, each topic by name.
pub fn all() -> impl Iterator<Item = &'static Template> {
    [generic::APPS, files::APPS, media::APPS, working::APPS, reading::APPS, home::APPS, developing::APPS, infrastructure::APPS, network::APPS]
        .into_iter()
        .flatten()
}

/// The app of this id.
pub fn find(id: &str) -> Option<&'static Template> {
    all().find(|template| template.id == id)
}

/// The apps in whose name or description every word occurs; all of them for no words.
pub fn search(unverified_words: &str) -> Vec<&'static Template> {
    let words: Vec<String> = unverified_words.split_whitespace().take(5).map(str::to_lowercase).collect();
    all().filter(|template| template.fits(&words)).collect()
}

/// Reads the address of an app as people type it: `cloud.example.org` is `https://cloud.example.org`, and a slash at the end does not count.
///
/// # Errors
/// What is wrong with it, in a sentence.
pub fn address(unverified: &str) -> Result<String, Text> {
    let typed = unverified.trim();
    let whole = if typed.contains("://") { typed.to_owned() } else { format!("https://{typed}") };
    let whole = whole.trim_end_matches('/');
    let is_web = whole.starts_with("https://") || whole.starts_with("http://");
    if !is_web || whole.contains(['?', '\'', '$', '&']) || check_redirect_uri(whole).is_err() {
        return Err(t("client-no-app-address"));
    }
    Ok(whole.to_owned())
}

/// The host, and the port where it is not the usual one, of an [`address`].
fn host(address: &str) -> &str {
    let after = address.split_once("://").map_or(address, |(_, rest)| rest);
    after.split('/').next().unwrap_or(after)
}

/// Puts the app's address, if it is known and good, where `{app}` and `{host}` stand in what is registered.
pub fn place(registration: &mut Registration) {
    let Ok(address) = address(&registration.policies.presentation.address) else { return };
    let fill = |text: &mut String| *text = text.replace("{app}", &address).replace("{host}", host(&address));
    registration.redirect_uris.iter_mut().for_each(fill);
    registration.post_logout_redirect_uris.iter_mut().for_each(fill);
    fill(&mut registration.initiate_login_uri);
    fill(&mut registration.policies.presentation.launch_url);
    fill(&mut registration.policies.logout.backchannel_logout_uri);
    // A proxy guards a whole host, whatever the path.
    let path = address.find("://").and_then(|at| address[at + 3..].find('/').map(|slash| at + 3 + slash)).unwrap_or(address.len());
    let origin = &address[..path];
    registration.policies.forward_auth.addresses.iter_mut().for_each(|text| *text = text.replace("{app}", origin));
}

/// Whether something registered still waits for the app's address.
pub fn waits_for_address(registration: &Registration) -> bool {
    let uris = registration.redirect_uris.iter().chain(&registration.post_logout_redirect_uris);
    let policies = &registration.policies;
    let single = [&policies.presentation.launch_url, &registration.initiate_login_uri, &policies.logout.backchannel_logout_uri];
    uris.chain(single).chain(&policies.forward_auth.addresses).any(|text| has_placeholder(text))
}

fn has_placeholder(text: &str) -> bool {
    text.contains("{app}") || text.contains("{host}")
}

/// What stands in an app's steps in place of the placeholders.
#[derive(Clone, Debug)]
pub struct Values {
    /// The app's address.
    pub app: String,
    /// This server's origin.
    pub issuer: String,
    /// What this installation is called.
    pub name: String,
    /// The client ID.
    pub client_id: String,
    /// The secret, or what stands for it.
    pub client_secret: String,
}

impl Values {
    /// The text with every placeholder filled in.
    pub fn fill(&self, text: &str) -> String {
        let at = |path: &str| format!("{}{path}", self.issuer);
        // Names go into the files of others, between quotes of any kind.
        let name: String = self.name.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_' | '.')).collect();
        let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
        [
            ("{app}", self.app.as_str()),
            ("{host}", host(&self.app)),
            ("{issuer}", &self.issuer),
            ("{discovery}", &at("/.well-known/openid-configuration")),
            ("{authorization}", &at("/authorize")),
            ("{token}", &at("/api/oidc/token")),
            ("{userinfo}", &at("/api/oidc/userinfo")),
            ("{jwks}", &at("/.well-known/jwks.json")),
            ("{end_session}", &at("/api/oidc/end-session")),
            ("{client_id}", &self.client_id),
            ("{client_secret}", &self.client_secret),
            ("{name}", &name),
        ]
        .into_iter()
        .fold(text.to_owned(), |text, (placeholder, value)| text.replace(placeholder, value))
    }
}

#[cfg(test)]
mod tests;
