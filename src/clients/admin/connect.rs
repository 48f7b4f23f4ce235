//! What is entered in an app so that it finds this server, with the one sight of a new secret.

use askama::Template;
use askama_web::WebTemplate;

use crate::app::App;
use crate::clients::catalogue::{self, Step, Values};
use crate::clients::{Client, Registered};
use crate::language::{Text, t, told};
use crate::sessions::AdminSession;
use crate::web::Chrome;

/// Shown once: the secret, and what the app needs to know about this server.
#[derive(Template, WebTemplate)]
#[template(path = "clients/created.html")]
pub(super) struct CreatedPage {
    chrome: Chrome,
    client: Client,
    secret: Option<String>,
    is_new: bool,
    endpoints: Endpoints,
    /// How the app is connected, if it is a known one.
    guide: Option<Guide>,
}

/// What apps ask for when they cannot read the metadata.
pub(super) struct Endpoints {
    pub(super) issuer: String,
    pub(super) discovery: String,
    pub(super) authorization: String,
    pub(super) token: String,
    pub(super) userinfo: String,
    pub(super) jwks: String,
    pub(super) end_session: String,
}

impl Endpoints {
    pub(super) fn new(app: &App) -> Self {
        let origin = &app.config.origin;
        Self {
            issuer: origin.as_str().to_owned(),
            discovery: origin.url("/.well-known/openid-configuration"),
            authorization: origin.url("/authorize"),
            token: origin.url("/api/oidc/token"),
            userinfo: origin.url("/api/oidc/userinfo"),
            jwks: origin.url("/.well-known/jwks.json"),
            end_session: origin.url("/api/oidc/end-session"),
        }
    }
}

impl CreatedPage {
    pub(super) fn new(app: &App, admin: &AdminSession, registered: Registered, is_new: bool) -> Self {
        let secret = registered.secret.map(|secret| secret.reveal().to_owned());
        let guide = Guide::new(app, &registered.client, secret.as_deref());
        Self { chrome: admin.chrome(app), client: registered.client, secret, is_new, endpoints: Endpoints::new(app), guide }
    }

    /// Where it says what to put into the proxy.
    fn proxy_page(&self) -> String {
        format!("/admin/clients/{}/proxy", self.client.id)
    }
}

/// What to do in an app, in its own words, with the values of this client in place.
pub(super) struct Guide {
    pub(super) known: &'static catalogue::Template,
    pub(super) steps: Vec<GuideStep>,
    pub(super) pitfalls: Vec<String>,
}

/// A step, filled in. `id` tells what can be copied apart on the page.
pub(super) enum GuideStep {
    Do(String),
    Fields { at: String, fields: Vec<GuideField> },
    Lines { at: String, text: String, id: String },
}

/// A field of the app, and what to type into it.
pub(super) struct GuideField {
    pub(super) label: &'static str,
    pub(super) value: String,
    /// It is of this client, so it is copied; the others are chosen or typed.
    pub(super) is_own: bool,
    pub(super) id: String,
}

impl Guide {
    /// The guide to a client's app; `None` when the catalogue has no entry for it, or a general one that says no more than the addresses do.
    pub(super) fn new(app: &App, client: &Client, secret: Option<&str>) -> Option<Self> {
        let presentation = &client.registration.policies.presentation;
        let known = catalogue::find(&presentation.template).filter(|known| !known.is_general())?;
        let or = |text: &str, missing: Text| if text.is_empty() { String::from(missing) } else { text.to_owned() };
        let values = Values {
            app: or(&presentation.address, t("client-guide-address")),
            issuer: app.config.origin.as_str().to_owned(),
            name: app.settings().app_name.clone(),
            client_id: client.client_id.clone(),
            client_secret: or(secret.unwrap_or_default(), t("client-guide-secret")),
        };
        let field = |step: usize, place: usize, (label, value): (&'static str, &str)| GuideField {
            label,
            value: values.fill(value),
            is_own: value.contains('{'),
            id: format!("guide-{step}-{place}"),
        };
        let steps = known.steps.iter().enumerate().map(|(number, step)| match *step {
            Step::Do(text) => GuideStep::Do(values.fill(&told(text))),
            Step::Fields(at, fields) => GuideStep::Fields {
                at: values.fill(&told(at)),
                fields: fields.iter().enumerate().map(|(place, pair)| field(number, place, *pair)).collect(),
            },
            Step::Lines(at, text) => GuideStep::Lines { at: values.fill(&told(at)), text: values.fill(text), id: format!("guide-{number}") },
        });
        Some(Self { known, steps: steps.collect(), pitfalls: known.pitfalls.iter().map(|text| values.fill(&told(text))).collect() })
    }
}
