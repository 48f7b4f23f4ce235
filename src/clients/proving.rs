//! Finding out which client a request comes from: its proof, which [`authentication`] has read, is checked against what is stored.

use std::sync::Arc;

use super::assertion::{self, Audiences, Expected, Maker};
use super::authentication::{self, AuthenticatedClient, Method, NotAuthenticated, Presented, Proof};
use super::model::Client;
use super::{keys, store};
use crate::app::App;
use crate::clock::Timestamp;
use crate::db::Revision;
use crate::jose::Jws;
use crate::secret::SecretToken;
use crate::sessions::AdminSession;

/// Finds out which client a request comes from and checks its proof. An assertion counts once, on every instance. `as_of` is how new copies must be, for who
/// has read it for this request already.
///
/// # Errors
/// `Refused` for an unknown client, a wrong or missing secret, or a way of proving itself that is not the client's; `Assertion` for one that does not count.
pub async fn authenticate(
    app: &App,
    presented: &Presented,
    audiences: impl FnOnce() -> Audiences,
    as_of: Option<Revision>,
    now: Timestamp,
) -> Result<AuthenticatedClient, Authentication> {
    match &presented.0 {
        Proof::Secret { candidates, method } => {
            let revision = match as_of {
                Some(revision) => revision,
                None => app.revisions.current().await?,
            };
            for (client_id, secret) in candidates {
                if let Some(authenticated) = by_secret(app, revision, client_id, secret.as_ref(), *method, now).await? {
                    return Ok(authenticated);
                }
            }
            Err(Authentication::Failed(NotAuthenticated::Refused))
        }
        Proof::Assertion { client_id, jws } => Box::pin(by_assertion(app, client_id.as_deref(), jws, &audiences(), now)).await,
    }
}

/// A client with its secrets, as instances keep copies of it.
#[derive(Debug)]
pub struct Known {
    client: Arc<Client>,
    secrets: Vec<store::KnownSecret>,
}

/// The client as it stands at this revision or later.
async fn known(app: &App, revision: Revision, client_id: &str) -> sqlx::Result<Option<Arc<Known>>> {
    if let Some(copy) = app.known_clients.get(client_id, revision) {
        return Ok(Some(copy));
    }
    let mut conn = app.db.read().await?;
    let Some(client) = store::find_by_client_id(&mut conn, client_id).await? else { return Ok(None) };
    let secrets = store::known_secrets(&mut conn, client.id).await?;
    let known = Arc::new(Known { client: Arc::new(client), secrets });
    app.known_clients.put(client_id.to_owned(), revision, Arc::clone(&known));
    Ok(Some(known))
}

async fn by_secret(
    app: &App,
    revision: Revision,
    client_id: &str,
    secret: Option<&SecretToken>,
    method: Method,
    now: Timestamp,
) -> sqlx::Result<Option<AuthenticatedClient>> {
    let Some(known) = known(app, revision, client_id).await? else { return Ok(None) };
    let method = if secret.is_none() { Method::None } else { method };
    if !authentication::may_use(&known.client.registration, method) {
        return refused_as_if_unknown(app).await;
    }
    if let Some(secret) = secret {
        let good = known.secrets.iter().filter(|secret| secret.counts_at(now)).map(|secret| &secret.secret_hash);
        let Some(used) = authentication::which_of(secret, good) else { return refused_as_if_unknown(app).await };
        app.secret_uses.note(used, now);
    }
    Ok(Some(AuthenticatedClient { client: Arc::clone(&known.client), method, revision: Some(revision) }))
}

/// A client that is known comes out of memory, one that is not was looked for in the database: so that time does not tell which ids exist, for a refused
/// one as much is looked for and not found.
async fn refused_as_if_unknown(app: &App) -> sqlx::Result<Option<AuthenticatedClient>> {
    store::find_by_client_id(&mut app.db.read().await?, "").await?;
    Ok(None)
}

/// Its own assertion names the client as issuer and subject; a token of a platform does not, so there the form must.
async fn by_assertion(
    app: &App,
    client_id: Option<&str>,
    jws: &Jws,
    audiences: &Audiences,
    now: Timestamp,
) -> Result<AuthenticatedClient, Authentication> {
    let refused = |why| Authentication::Failed(NotAuthenticated::Assertion(why));
    let maker: Maker = jws.unverified_claims().map_err(|error| refused(authentication::why(error)))?;
    let client_id = client_id.unwrap_or(&maker.sub);
    let revision = app.revisions.current().await?;
    let found = known(app, revision, client_id).await?;
    let client = found.map(|known| Arc::clone(&known.client)).ok_or(refused("the client that the client_assertion names is not known"))?;
    let policy = &client.registration.policies.authentication;
    let workload = policy.workloads.iter().find(|workload| workload.issuer == maker.iss && workload.admits(&maker.sub));
    let method = if workload.is_some() { Method::Workload } else { Method::PrivateKeyJwt };
    if !authentication::may_use(&client.registration, method) {
        return Err(refused("this client is not registered for this way of proving itself"));
    }
    if !assertion::is_kind(jws.header()) {
        return Err(refused("typ of the client_assertion says that it is something else"));
    }
    let expected = workload.map_or(Expected::Own { client_id: &client.client_id, strict: policy.strict }, Expected::Workload);
    let verified = match workload {
        Some(workload) => keys::verify_of_issuer(app, &workload.issuer, jws, now).await,
        None => keys::verify(app, &client, jws, &policy.assertion_algs(), now).await,
    };
    let claims: assertion::Claims = verified.and_then(|verified| verified.claims()).map_err(|error| refused(authentication::why(error)))?;
    let good_until = assertion::check(&claims, expected, audiences, now).map_err(refused)?;
    if !workload.is_some_and(|workload| workload.reusable) {
        let mut tx = app.db.begin().await?;
        let is_first = store::assertions::insert(&mut tx, &assertion::trace(client.id, &claims, jws.signed()), good_until).await?;
        tx.commit().await?;
        if !is_first {
            return Err(refused("the client_assertion was used before (jti)"));
        }
    }
    // Proving took its time, of a key server perhaps: what is looked up from here on is as of now.
    let revision = app.revisions.current().await?;
    Ok(AuthenticatedClient { client, method, revision: Some(revision) })
}

/// Forgets assertions that would be refused for their age.
///
/// # Errors
/// When the database refuses.
pub async fn sweep(app: &App, now: Timestamp) -> sqlx::Result<()> {
    loop {
        let mut tx = app.db.begin().await?;
        let swept = store::assertions::sweep(&mut tx, now).await?;
        tx.commit().await?;
        if swept == 0 {
            return Ok(());
        }
    }
}

/// A client an administrator checks: they stand for it, so that nobody needs its secret. It counts as having proved itself in the best way.
pub fn vouched_for(_by: &AdminSession, client: Client) -> AuthenticatedClient {
    AuthenticatedClient { client: Arc::new(client), method: Method::PrivateKeyJwt, revision: None }
}

/// Why [`authenticate`] gave no client.
#[derive(Debug)]
pub enum Authentication {
    /// The client's fault.
    Failed(NotAuthenticated),
    /// The database's.
    Internal(sqlx::Error),
}

impl From<sqlx::Error> for Authentication {
    fn from(error: sqlx::Error) -> Self {
        Self::Internal(error)
    }
}
