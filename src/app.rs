//! The one bag everyone may hold: fields, and accessors to them. Cheap to clone.

use std::ops::Deref;
use std::sync::Arc;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use webauthn_rs::Webauthn;

use crate::apis::Opened;
use crate::authenticators;
use crate::clients::{Known, RemoteKeys, SecretUses};
use crate::clock::Clock;
use crate::config::Config;
use crate::db::{Copies, Db, Revisions};
use crate::directory::Outages;
use crate::id::ClientId;
use crate::oidc::discovery::Variants;
use crate::oidc::dpop::Nonces;
use crate::oidc::keys::Keys;
use crate::oidc::lookups::Lookups;
use crate::oidc::subject::Subjects;
use crate::oidc::successor::Successors;
use crate::outbound::Outbound;
use crate::recovery_codes::Hasher;
use crate::secret::Sealer;
use crate::settings::Settings;
use crate::web::csp_reports::Reports;
use crate::web::rate_limit::Limits;

/// Everything a request or job needs.
#[derive(Clone)]
pub struct App(Arc<Fields>);

/// The fields behind [`App`].
pub struct Fields {
    /// Boot configuration.
    pub config: Config,
    /// The database.
    pub db: Db,
    /// Where `now` comes from.
    pub clock: Clock,
    /// Seals what must be read back.
    pub sealer: Sealer,
    /// Settings in force; see [`App::settings`].
    pub settings: watch::Sender<Arc<Settings>>,
    /// The WebAuthn relying party.
    pub webauthn: Webauthn,
    /// The host passkeys belong to.
    pub rp_id: String,
    /// The list of authenticator models.
    pub authenticators: authenticators::Known,
    /// The keys ID tokens are signed with.
    pub keys: Keys,
    /// Makes and knows nonces for DPoP proofs.
    pub nonces: Nonces,
    /// What clients call people.
    pub subjects: Subjects,
    /// Makes the refresh tokens that follow on others.
    pub successors: Successors,
    /// Turns recovery codes into what is stored of them.
    pub recovery_codes: Hasher,
    /// What apps read about this server.
    pub metadata: Variants,
    /// Limits per client address.
    pub limits: Limits,
    /// What browsers reported of our pages.
    pub csp_reports: Reports,
    /// Directories that did not answer lately.
    pub outages: Outages,
    /// Requests to other servers.
    pub outbound: Outbound,
    /// Keys of clients and platforms that were fetched.
    pub remote_keys: RemoteKeys,
    /// Uses of clients' secrets that are not written yet.
    pub secret_uses: SecretUses,
    /// Codes and tokens that requests bring.
    pub lookups: Lookups,
    /// Says whether the copies below still hold.
    pub revisions: Revisions,
    /// Clients with their secrets, by `client_id`.
    pub known_clients: Copies<String, Known>,
    /// APIs as clients see them, by the identifier a request named.
    pub opened_apis: Copies<(String, ClientId), Opened>,
    /// Cancelled when the server stops.
    pub stopping: CancellationToken,
}

impl App {
    /// Bundles the fields.
    pub fn new(fields: Fields) -> Self {
        Self(Arc::new(fields))
    }

    /// The settings in force now. Take them once per request.
    pub fn settings(&self) -> Arc<Settings> {
        Arc::clone(&self.0.settings.borrow())
    }
}

impl Deref for App {
    type Target = Fields;
    fn deref(&self) -> &Fields {
        &self.0
    }
}
