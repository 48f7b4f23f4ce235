//! Making tokens: those of a grant that still counts are stored in the transaction that used a code or refresh token up, and signed after it.

use std::time::Duration;

use super::acr::Class;
use super::claims_request::Named;
use super::error::OAuthError;
use super::id_token;
use super::scope::{Scope, Scopes};
use super::store::{self, NewToken};
use super::token::Tokens;
use crate::app::App;
use crate::clients::{self, AuthenticatedClient};
use crate::clock::Timestamp;
use crate::db::Tx;
use crate::id::GrantId;
use crate::secret::SecretToken;

/// How long a client's access tokens are good for.
pub(super) fn access_lifetime(app: &App, client: &clients::Client) -> Duration {
    let own = client.registration.lifetimes.access_minutes;
    own.map_or_else(|| app.settings().access_token_lifetime.minutes(), |minutes| Duration::from_secs(u64::from(minutes) * 60))
}

/// Tokens that are stored, and what the ID token that goes with them will say.
pub(super) struct Minted {
    pub(super) grant: store::Grant,
    granted: Scopes,
    access: SecretToken,
    refresh: Option<SecretToken>,
    /// Until when the refresh token is good.
    pub(super) refresh_until: Option<Timestamp>,
    lifetime: Duration,
}

/// Makes and stores the tokens of a grant that still counts. Signing is left for after the commit: it takes longer than the statements here.
pub(super) async fn mint(
    tx: &mut Tx,
    app: &App,
    client: &AuthenticatedClient,
    grant: GrantId,
    narrowed: Option<Scopes>,
    now: Timestamp,
) -> Result<Minted, OAuthError> {
    let grant = store::find_live_grant(tx, grant).await?.ok_or_else(|| {
        tracing::info!(client.id = client.client_id, "refused tokens: the grant was revoked or its person may no longer use the client");
        OAuthError::InvalidGrant("what the person granted no longer counts")
    })?;
    let granted = Scopes::parse(&grant.scopes);
    let scopes = narrowed.unwrap_or_else(|| granted.clone());
    if scopes.is_empty() || !scopes.is_within(&granted) {
        return Err(OAuthError::InvalidScope("scope names something that was not granted"));
    }
    let settings = app.settings();
    let lifetime = access_lifetime(app, client);
    let own = client.registration.lifetimes.refresh_days;
    let unused = own.map_or_else(|| settings.refresh_token_lifetime.days(), |days| Duration::from_secs(u64::from(days) * 86_400));
    // However often it is exchanged, it ends with the grant.
    let refresh_until = (now + unused).min(grant.created_at + settings.refresh_token_end.days());
    let access = SecretToken::new("muster_at_");
    let refresh = granted.contains(Scope::OfflineAccess).then(|| SecretToken::new("muster_rt_"));
    let (access_hash, refresh_hash) = (access.hash(), refresh.as_ref().map(SecretToken::hash));
    let access_scopes = scopes.to_string();
    let token = |hash, kind, scopes, expires_at| NewToken { hash, kind, grant: grant.id, scopes, created_at: now, expires_at };
    let mut tokens = vec![token(&access_hash, "access", access_scopes.as_str(), now + lifetime)];
    tokens.extend(refresh_hash.as_ref().map(|hash| token(hash, "refresh", grant.scopes.as_str(), refresh_until)));
    store::insert_tokens(tx, &tokens).await?;
    let refresh_until = refresh.is_some().then_some(refresh_until);
    Ok(Minted { grant, granted: scopes, access, refresh, refresh_until, lifetime })
}

impl Minted {
    /// The answer, with a signed ID token when `openid` was granted.
    pub(super) async fn sign(self, app: &App, client: &AuthenticatedClient, nonce: Option<&str>, now: Timestamp) -> Result<Tokens, OAuthError> {
        let id_token = if self.granted.contains(Scope::OpenId) {
            let sid = self.grant.session_id.map(|session| id_token::sid(session, client.id));
            let about = id_token::About {
                client_id: &client.client_id,
                subject: &app.subjects.of(&client.registration.policies.claims, self.grant.user_id),
                auth_at: self.grant.auth_at,
                amr: &self.grant.amr,
                acr: if self.grant.acr.is_empty() { Class::of(self.grant.amr.split(' ')).as_str() } else { &self.grant.acr },
                sid: sid.as_deref(),
                nonce,
                lifetime: client
                    .registration
                    .lifetimes
                    .id_token_minutes
                    .map_or(self.lifetime, |minutes| Duration::from_secs(u64::from(minutes) * 60)),
                access_token: self.access.reveal(),
            };
            let named = Named::from_text(&self.grant.claims).id_token;
            let scopes = if client.registration.claims_in_id_token { self.granted.clone() } else { Scopes::default() };
            let claims = if client.registration.claims_in_id_token || !named.is_empty() {
                let known = super::claims_of(
                    app,
                    &mut app.db.read().await?,
                    (client.id, &client.registration.policies.claims),
                    self.grant.user_id,
                    &scopes,
                    &named,
                )
                .await?;
                Some(known.ok_or(OAuthError::InvalidGrant("the person is gone"))?)
            } else {
                None
            };
            let keys = app.keys.current();
            Some(id_token::sign(&app.config.origin, keys.active(client.registration.signing_alg)?, &about, claims, now)?)
        } else {
            None
        };
        Ok(Tokens {
            access_token: self.access.reveal().to_owned(),
            token_type: "Bearer",
            expires_in: self.lifetime.as_secs(),
            scope: self.granted.to_string(),
            id_token,
            refresh_token: self.refresh.map(|token| token.reveal().to_owned()),
        })
    }
}

/// Ends the transaction in which a code or token was used. A check that failed leaves it used; our own failure, and a scope that was merely too wide, give
/// nothing away and leave it as it was.
pub(super) async fn settle(tx: Tx, minted: Result<Minted, OAuthError>) -> Result<Minted, OAuthError> {
    if matches!(minted, Err(OAuthError::Internal(_) | OAuthError::InvalidScope(_))) {
        drop(tx);
    } else {
        tx.commit().await?;
    }
    minted
}
