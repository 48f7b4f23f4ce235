//! What is entered in an app so that it finds this server, with the one sight of a new secret.

use askama::Template;
use askama_web::WebTemplate;

use crate::app::App;
use crate::clients::{Client, Registered};
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
        Self { chrome: admin.chrome(app), client: registered.client, secret, is_new, endpoints: Endpoints::new(app) }
    }
}
