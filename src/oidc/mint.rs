//! Making tokens: those of a grant that still counts are stored in the transaction that used a code or refresh token up, and signed after it.

use std::time::Duration;

use super::access::{self, Access};
use super::acr::Class;
use super::claims_request::Named;
use super::decision::takes;
use super::error::OAuthError;
use super::id_token;
use super::resources;
use super::scope::{Scope, Scopes};
use super::store::{self, NewToken, Spent};
use super::token::Tokens;
use crate::apis::{self, Api, Permissions, Reach};
use crate::app::App;
use crate::authenticators::Applying;
use crate::clients::policy::ClaimsPolicy;
use crate::clients::{self, AuthenticatedClient};
use crate::clock::Timestamp;
use crate::db::{Conn, Tx};
use crate::id::ClientId;
use crate::secret::{SecretToken, TokenHash};
use crate::{groups, users};

/// How long a client's access tokens are good for.
pub(super) fn access_lifetime(app: &App, client: &clients::Client) -> Duration {
    let own = client.registration.lifetimes.access_minutes;
    own.map_or_else(|| app.settings().access_token_lifetime.minutes(), |minutes| Duration::from_secs(u64::from(minutes) * 60))
}

/// How long a client's refresh tokens that are not used are good for.
pub(super) fn refresh_lifetime(app: &App, client: &clients::Client) -> Duration {
    let own = client.registration.lifetimes.refresh_days;
    own.map_or_else(|| app.settings().refresh_token_lifetime.days(), |days| Duration::from_secs(u64::from(days) * 86_400))
}

/// What a token request says besides the code or refresh token it uses.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Wanted<'a> {
    /// Less than was granted, when given.
    pub(super) scope: Option<&'a str>,
    /// Which of the APIs that were granted the access token is for.
    pub(super) resource: Option<&'a str>,
    /// The key the client has proved to hold.
    pub(super) jkt: Option<&'a str>,
    /// The refresh token that was used stays the one to use.
    pub(super) kept: Option<&'a TokenHash>,
}

/// Tokens about to be stored, and what the ID token that goes with them will say.
pub(super) struct Minted {
    pub(super) grant: store::Grant,
    person: store::Person,
    granted: Scopes,
    access: Access,
    refresh: Option<SecretToken>,
    /// Until when the refresh token is good, the new one or the one that was kept.
    refresh_until: Timestamp,
    /// The key a new refresh token is bound to.
    refresh_jkt: Option<String>,
    lifetime: Duration,
}

/// Makes the tokens of a grant that still counts. Storing them is left to the caller, and signing for after that: it takes longer than the statements here.
pub(super) async fn mint(
    conn: &mut Conn,
    app: &App,
    client: &AuthenticatedClient,
    granted: Option<store::Granted>,
    wanted: Wanted<'_>,
    now: Timestamp,
) -> Result<Minted, OAuthError> {
    let store::Granted { grant, person, passkey_policies, .. } = granted.filter(|granted| granted.counts).ok_or_else(|| {
        tracing::info!(client.id = client.client_id, "refused tokens: the grant was revoked or its person may no longer use the client");
        OAuthError::InvalidGrant("what the person granted no longer counts")
    })?;
    if !is_still_enough(app, client, &grant, &passkey_policies, now)? {
        tracing::info!(client.id = client.client_id, "refused tokens: the passkey of the sign-in is not of the kind that is wanted now");
        return Err(OAuthError::InvalidGrant("the person has to sign in again: another kind of passkey is wanted now than they signed in with"));
    }
    let (granted, reach) = (Scopes::parse(&grant.scopes), Reach::from_text(&grant.permissions));
    let target = if reach.is_empty() && wanted.resource.is_none() { None } else { target(conn, app, client, &reach, wanted.resource).await? };
    let narrowed = wanted.scope.map(Permissions::parse);
    let scopes = wanted.scope.map_or_else(|| granted.clone(), Scopes::parse);
    // A word that means nothing here is left out, as it was when it was asked for; with APIs every word means something.
    let is_more = narrowed.as_ref().is_some_and(|words| !reach.is_empty() && !words.is_within(&every_word(&granted, &reach)));
    if is_more || !scopes.is_within(&granted) {
        return Err(OAuthError::InvalidScope("scope names something that was not granted"));
    }
    let lifetime = access_lifetime(app, client);
    let jkt = wanted.jkt.map(str::to_owned);
    let access = match target {
        None if scopes.is_empty() => return Err(OAuthError::InvalidScope("scope names nothing that was granted here")),
        None => Access::new(None, scopes.to_string(), jkt, None, now, lifetime),
        Some((api, permissions)) => {
            let permissions = narrowed.map_or_else(|| permissions.clone(), |words| permissions.within(&words));
            let lifetime = api.lifetime(lifetime);
            Access::new(Some(access::within_profile(api, &client.registration)), permissions.to_string(), jkt, None, now, lifetime)
        }
    };
    // However often it is exchanged, it ends with the grant.
    let refresh_until = (now + refresh_lifetime(app, client)).min(grant.created_at + app.settings().refresh_token_end.days());
    let refresh = (granted.contains(Scope::OfflineAccess) && wanted.kept.is_none()).then(|| SecretToken::new("muster_rt_"));
    // What a confidential client proves itself with protects its refresh tokens (RFC 9449 section 5).
    let refresh_jkt = wanted.jkt.filter(|_| client.registration.is_public).map(str::to_owned);
    Ok(Minted { grant, person, granted: scopes, access, refresh, refresh_until, refresh_jkt, lifetime })
}

/// Whether the sign-in a grant came by would do now: for its client, and for the policies that apply to its person.
fn is_still_enough(app: &App, client: &AuthenticatedClient, grant: &store::Grant, passkey_policies: &str, now: Timestamp) -> anyhow::Result<bool> {
    let held = grant.held().map(|held| held.as_known(app.authenticators.get().as_deref()));
    let is_for_client = takes(&client.registration.policies, Class::of(grant.amr.split(' ')), held);
    Ok(is_for_client && held.map_or(Ok(true), |held| Applying::read(passkey_policies).map(|applying| applying.lets_refresh(held, now)))?)
}

/// The API an access token is for, with what the client may still have there; `None` for this server.
async fn target(
    conn: &mut Conn,
    app: &App,
    client: &AuthenticatedClient,
    reach: &Reach,
    unverified_resource: Option<&str>,
) -> Result<Option<(Api, Permissions)>, OAuthError> {
    const NOT_GRANTED: OAuthError = OAuthError::InvalidTarget("resource names no API that was granted, or one that is gone");
    let opened = match unverified_resource {
        Some(identifier) if identifier == resources::userinfo(&app.config.origin) => return Ok(None),
        Some(identifier) => apis::open_by_identifier(conn, identifier, client.id).await?,
        None => match (reach.only(), reach.is_empty()) {
            (_, true) => return Ok(None),
            (Some(only), _) => apis::open(conn, only, client.id).await?,
            (None, _) => return Err(OAuthError::InvalidTarget("several APIs were granted; name one of them in resource")),
        },
    };
    let opened = opened.ok_or(NOT_GRANTED)?;
    let granted = reach.at(opened.api.id).ok_or(NOT_GRANTED)?;
    let allowed = opened.for_people().ok_or(NOT_GRANTED)?;
    let permissions = granted.within(&allowed);
    Ok(Some((opened.api, permissions)))
}

/// Everything a grant's scope may be narrowed to.
fn every_word(granted: &Scopes, reach: &Reach) -> Permissions {
    let ours: Permissions = granted.iter().map(Scope::as_str).collect();
    reach.apis().filter_map(|api| reach.at(api)).fold(ours, |all, permissions| all.and(permissions))
}

/// The rows of tokens: that of the access token, and that of the refresh token where there is one.
macro_rules! rows {
    ($minted:expr, $now:expr => $access:ident, $refresh:ident) => {
        let minted: &Minted = $minted;
        let (access_hash, refresh_hash) = (minted.access.hash(), minted.refresh.as_ref().map(SecretToken::hash));
        let $access = minted.access.row(&access_hash, minted.grant.id, None);
        let $refresh = refresh_hash.as_ref().map(|hash| NewToken {
            jkt: minted.refresh_jkt.as_deref(),
            ..NewToken::plain(hash, "refresh", &minted.grant, $now, minted.refresh_until)
        });
    };
}

impl Minted {
    /// Stores the tokens in the transaction that used something up for them.
    async fn store(&self, tx: &mut Tx, kept: Option<&TokenHash>, now: Timestamp) -> sqlx::Result<()> {
        rows!(self, now => access, refresh);
        store::insert_tokens(tx, &access, refresh.as_ref()).await?;
        if let Some(hash) = kept {
            store::keep_refresh_token(tx, hash, self.refresh_until).await?;
        }
        Ok(())
    }

    /// Uses something up and stores the tokens for it, in one statement; `false` when it cannot be used any more.
    pub(super) async fn spend(&self, app: &App, client: ClientId, spent: Spent<'_>, now: Timestamp) -> sqlx::Result<bool> {
        rows!(self, now => access, refresh);
        store::spend(&app.db, spent, client, now, &access, refresh.as_ref()).await
    }

    /// The answer, with a signed ID token when `openid` was granted.
    pub(super) async fn sign(self, app: &App, client: &AuthenticatedClient, nonce: Option<&str>, now: Timestamp) -> Result<Tokens, OAuthError> {
        let keys = app.keys.current();
        let acr = if self.grant.acr.is_empty() { Class::of(self.grant.amr.split(' ')).as_str() } else { &self.grant.acr };
        let access_token = reveal(app, &self.access, &self.grant, &client.client_id, &client.registration.policies.claims).await?;
        let id_token = if self.granted.contains(Scope::OpenId) {
            let sid = self.grant.session_id.map(|session| id_token::sid(session, client.id));
            let about = id_token::About {
                client_id: &client.client_id,
                subject: &app.subjects.of(&client.registration.policies.claims, self.grant.user_id),
                auth_at: self.grant.auth_at,
                amr: &self.grant.amr,
                acr,
                sid: sid.as_deref(),
                nonce,
                lifetime: client
                    .registration
                    .lifetimes
                    .id_token_minutes
                    .map_or(self.lifetime, |minutes| Duration::from_secs(u64::from(minutes) * 60)),
                access_token: &access_token,
            };
            let named = Named::from_text(&self.grant.claims).id_token;
            let scopes = if client.registration.claims_in_id_token { self.granted.clone() } else { Scopes::default() };
            let claims = if client.registration.claims_in_id_token || !named.is_empty() {
                Some(super::claims_of(app, &self.person, (client.id, &client.registration.policies.claims), &scopes, &named).await?)
            } else {
                None
            };
            Some(id_token::sign(&app.config.origin, keys.active(client.registration.signing_alg)?, &about, claims, now)?)
        } else {
            None
        };
        Ok(Tokens {
            access_token,
            issued_token_type: None,
            token_type: self.access.token_type(),
            expires_in: self.access.expires_in(),
            scope: self.access.scopes,
            id_token,
            refresh_token: self.refresh.map(|token| token.reveal().to_owned()),
            dpop_nonce: None,
        })
    }
}

/// An access token of a grant as its client gets it; signed when it is a JWT. The subject is what the grant's own client calls the person, whose policy is given.
pub(super) async fn reveal(app: &App, access: &Access, grant: &store::Grant, client_id: &str, policy: &ClaimsPolicy) -> Result<String, OAuthError> {
    let sub = app.subjects.of(policy, grant.user_id);
    let names: Option<Vec<String>> = if access.wants_groups() {
        let mut conn = app.db.read().await?;
        let user = users::find(&mut conn, grant.user_id).await?.ok_or(OAuthError::InvalidGrant("the person is gone"))?;
        Some(groups::of_user(&mut conn, user.id).await?.into_iter().map(|group| group.name).collect())
    } else {
        None
    };
    let acr = if grant.acr.is_empty() { Class::of(grant.amr.split(' ')).as_str() } else { &grant.acr };
    let about = access::About { sub: &sub, client_id, auth_at: Some(grant.auth_at), acr, amr: &grant.amr, groups: names.as_deref() };
    Ok(access.reveal(&app.config.origin, &app.keys.current(), &about)?)
}

/// Stores the tokens and ends the transaction in which a code or token was used. A check that failed leaves it used; our own failure, and a scope or API that
/// was merely not among those granted, give nothing away and leave it as it was.
pub(super) async fn settle(mut tx: Tx, minted: Result<Minted, OAuthError>, kept: Option<&TokenHash>, now: Timestamp) -> Result<Minted, OAuthError> {
    match &minted {
        Ok(minted) => minted.store(&mut tx, kept, now).await?,
        Err(OAuthError::Internal(_) | OAuthError::InvalidScope(_) | OAuthError::InvalidTarget(_)) => return minted,
        Err(_) => {}
    }
    tx.commit().await?;
    minted
}
