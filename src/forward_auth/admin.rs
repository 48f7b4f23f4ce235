//! `/admin/clients/{id}/proxy`: what to put into the proxy, with the app's real values.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use askama::Template;
use askama_web::WebTemplate;
use axum::extract::{Path, State};

use super::question::SIGN_OUT_PATH;
use super::snippets::{self, Snippet, Values};
use crate::app::App;
use crate::clients;
use crate::config::TrustProxy;
use crate::error::AppError;
use crate::id::ClientId;
use crate::sessions::AdminSession;
use crate::web::Chrome;

/// The page.
#[derive(Template, WebTemplate)]
#[template(path = "forward_auth/proxy.html")]
pub struct ProxyPage {
    chrome: Chrome,
    id: ClientId,
    title: String,
    addresses: Vec<String>,
    /// Nobody's headers are believed, so nothing would pass.
    trusts_nobody: bool,
    snippets: [Snippet; 3],
}

impl ProxyPage {
    /// The app's addresses that the texts do not name.
    fn other_addresses(&self) -> String {
        self.addresses.get(1..).unwrap_or_default().join(", ")
    }

    /// Where people sign out.
    fn sign_out_page(&self) -> String {
        format!("{}{SIGN_OUT_PATH}", self.addresses.first().map_or("", String::as_str))
    }

    /// Where it is decided who may use the app.
    fn groups_page(&self) -> String {
        format!("/admin/clients/{}#groups", self.id)
    }
}

/// `GET /admin/clients/{id}/proxy`.
///
/// # Errors
/// Not found, when there is no such app or no proxy guards it.
pub async fn show(State(app): State<App>, admin: AdminSession, Path(id): Path<ClientId>) -> Result<ProxyPage, AppError> {
    let client = clients::find(&mut app.db.read().await?, id).await?.ok_or(AppError::NotFound)?;
    let addresses = client.registration.policies.forward_auth.addresses;
    let address = addresses.first().ok_or(AppError::NotFound)?;
    // Listening on every address, it is reached at the loopback one by a proxy on this computer.
    let host = if app.config.host.is_unspecified() { IpAddr::V4(Ipv4Addr::LOCALHOST) } else { app.config.host };
    let provider = SocketAddr::new(host, app.config.port).to_string();
    let values = Values { provider: &provider, client_id: &client.client_id, address, app: "127.0.0.1:8080" };
    Ok(ProxyPage {
        chrome: admin.chrome(&app),
        id,
        title: client.registration.name,
        snippets: snippets::all(values),
        trusts_nobody: app.config.trust_proxy == TrustProxy::No,
        addresses,
    })
}
