//! Token exchange (RFC 8693), for clients that are allowed to: an API that was sent a person's token calls another API on their behalf, with a token of its
//! own. It only ever narrows: the new token has no permission the old one had not, ends no later, belongs to the same grant and dies with it, and is bound
//! to a key when the old one was.

use serde_json::{Value, json};

use super::access::{self, Access, within_profile};
use super::error::OAuthError;
use super::mint::{self, Wanted, access_lifetime};
use super::params::Params;
use super::store::{self, LiveToken};
use super::token::Tokens;
use crate::apis::{self, Permissions};
use crate::app::App;
use crate::audit::{self, Actor, Event, Kind};
use crate::clients::policy::tokens::Exchange;
use crate::clients::{self, AuthenticatedClient, metadata_document};
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::secret::TokenHash;
use crate::web;

/// The grant type (RFC 8693 section 2.1).
pub(super) const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
/// RFC 8693 section 3.
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
/// RFC 8693 section 3: an access token that is a JWT may be called so too.
const JWT: &str = "urn:ietf:params:oauth:token-type:jwt";
/// The longest chain of those who act for each other.
const ACTORS_MAX: usize = 5;

/// Exchanges the access token of a person that was sent to the client for one of the client's own.
pub(super) async fn grant(
    app: &App,
    client: &AuthenticatedClient,
    params: &Params,
    wanted: Wanted<'_>,
    browser: &web::Client,
    now: Timestamp,
) -> Result<Tokens, OAuthError> {
    const UNACCEPTABLE: OAuthError = OAuthError::InvalidRequest("the subject_token is unknown, expired or revoked, or was not meant for this client");
    let policy = client.registration.policies.tokens.exchange;
    if policy == Exchange::Off || client.registration.is_public {
        return Err(OAuthError::UnauthorizedClient("this client may not exchange tokens"));
    }
    let unverified_subject = params.get("subject_token").ok_or(OAuthError::InvalidRequest("subject_token is missing"))?;
    if !params.get("subject_token_type").is_some_and(is_access_token) {
        return Err(OAuthError::InvalidRequest("subject_token_type must be that of an access token"));
    }
    if params.get("requested_token_type").is_some_and(|kind| !is_access_token(kind)) {
        return Err(OAuthError::InvalidRequest("requested_token_type must be that of an access token"));
    }
    let target = target(params)?;
    let mut conn = app.db.read().await?;
    let subject = live_token(app, &mut conn, unverified_subject, now).await?.ok_or(UNACCEPTABLE)?;
    let source = subject.api_id.ok_or(UNACCEPTABLE)?;
    if !apis::open(&mut conn, source, client.id).await?.is_some_and(|opened| opened.serves()) {
        return Err(UNACCEPTABLE);
    }
    if !clients::admits(&mut conn, client, subject.user_id).await? {
        return Err(OAuthError::InvalidRequest("the person of the subject_token may not use this client"));
    }
    let acting = acting(app, &mut conn, client, params, policy, &subject, now).await?;
    let opened =
        apis::open_by_identifier(&mut conn, target, client.id).await?.ok_or(OAuthError::InvalidTarget("the target is no API that is known here"))?;
    let allowed = opened.for_people().ok_or(OAuthError::InvalidTarget("this client may not use the target for people"))?;
    let has = still_allowed(&mut conn, &subject).await?.ok_or(UNACCEPTABLE)?;
    let scopes = narrowed(&has, &allowed, wanted.scope).ok_or(OAuthError::InvalidScope("scope names more than the subject_token has"))?;
    if subject.jkt.is_some() && wanted.jkt.is_none() {
        return Err(OAuthError::InvalidDpopProof("the subject_token is bound to a key, so the new token must be too: send a DPoP proof"));
    }
    let grant = store::find_live_grant(&mut conn, subject.grant_id).await?.ok_or(UNACCEPTABLE)?;
    drop(conn);

    let claims_policy = subject.claims_policy()?;
    let lifetime = opened.api.lifetime(access_lifetime(app, client)).min(subject.expires_at.since(now));
    let (from, to) = (subject.audience.unwrap_or_default(), opened.api.terms.identifier.clone());
    let acts = acting.is_some();
    let access =
        Access::new(Some(within_profile(opened.api, &client.registration)), scopes.to_string(), wanted.jkt.map(str::to_owned), acting, now, lifetime);
    let mut tx = app.db.begin().await?;
    store::insert_tokens(&mut tx, &access.row(&access.hash(), subject.grant_id, Some(client.id)), None).await?;
    let actor = Actor { id: None, name: client.registration.name.clone() };
    let event = Event::new(now, Kind::TokenExchanged, actor).on(subject.user_id.uuid(), &subject.username).from_client(browser);
    let event = event.with("client_id", client.client_id.as_str()).with("from", from).with("to", to).with("scopes", access.scopes.as_str());
    audit::record(&mut tx, event.with("delegation", acts)).await?;
    tx.commit().await?;
    Ok(Tokens {
        access_token: mint::reveal(app, &access, &grant, &client.client_id, &claims_policy).await?,
        issued_token_type: Some(ACCESS_TOKEN),
        token_type: access.token_type(),
        expires_in: access.expires_in(),
        scope: access.scopes,
        id_token: None,
        refresh_token: None,
        dpop_nonce: None,
    })
}

fn is_access_token(kind: &str) -> bool {
    kind == ACCESS_TOKEN || kind == JWT
}

/// The one API the new token is for: `resource` and `audience` name it by identifier.
fn target(params: &Params) -> Result<&str, OAuthError> {
    let mut named = params.all("resource").chain(params.all("audience"));
    let target = named.next().ok_or(OAuthError::InvalidTarget("name the API that the token is for in resource or audience"))?;
    if named.all(|other| other == target) { Ok(target) } else { Err(OAuthError::InvalidTarget("a token is for one API; ask for each of them")) }
}

/// The permissions of the new token: those asked for, or all the two have in common. `None` when it would be more than the subject has, or when none is left
/// of several.
fn narrowed(subject: &str, allowed: &Permissions, asked: Option<&str>) -> Option<Permissions> {
    let most = Permissions::parse(subject).within(allowed);
    match asked.map(Permissions::parse) {
        Some(asked) => asked.is_within(&most).then_some(asked),
        None => (!most.is_empty() || allowed.is_empty()).then_some(most),
    }
}

/// A person's access token of ours, in either form; a refresh token is none.
pub(super) async fn live_token(app: &App, conn: &mut Conn, unverified_token: &str, now: Timestamp) -> sqlx::Result<Option<LiveToken>> {
    let jwt = access::read(&app.config.origin, &app.keys.current(), unverified_token, now);
    let (hash, kind) = jwt.map_or_else(|| (TokenHash::of(unverified_token), "access"), |jwt| (jwt.hash(), "jwt"));
    let found = store::find_live_token(conn, &hash, now).await?.filter(|token| token.kind == kind);
    Ok(found.filter(|token| metadata_document::is_served_as(&app.settings(), &token.client_id)))
}

/// Who acts for the person in the new token (RFC 8693 section 4.1): the client, before whoever did so already. `None` for nobody.
async fn acting(
    app: &App,
    conn: &mut Conn,
    client: &AuthenticatedClient,
    params: &Params,
    policy: Exchange,
    subject: &LiveToken,
    now: Timestamp,
) -> Result<Option<Value>, OAuthError> {
    let before: Option<Value> = subject.act.as_deref().and_then(|act| serde_json::from_str(act).ok());
    match (params.get("actor_token"), params.get("actor_token_type")) {
        (None, None) if policy == Exchange::Impersonation => return Ok(before),
        (None, None) => {}
        (Some(unverified_actor), Some(kind)) if is_access_token(kind) => {
            if !is_own(app, conn, client, unverified_actor, now).await? {
                return Err(OAuthError::InvalidRequest("the actor_token must be one this client got for itself"));
            }
        }
        _ => return Err(OAuthError::InvalidRequest("actor_token and the actor_token_type of an access token belong together")),
    }
    if before.as_ref().is_some_and(|act| depth(act) >= ACTORS_MAX) {
        return Err(OAuthError::InvalidRequest("the subject_token was exchanged too often"));
    }
    Ok(Some(match before {
        Some(before) => json!({ "sub": client.client_id, "act": before }),
        None => json!({ "sub": client.client_id }),
    }))
}

fn depth(act: &Value) -> usize {
    std::iter::successors(Some(act), |act| act.get("act")).take(ACTORS_MAX + 1).count()
}

/// Whether the client got this token for itself.
async fn is_own(app: &App, conn: &mut Conn, client: &AuthenticatedClient, unverified_token: &str, now: Timestamp) -> sqlx::Result<bool> {
    if let Some(jwt) = access::read(&app.config.origin, &app.keys.current(), unverified_token, now) {
        return Ok(jwt.is_a_machines() && jwt.client_id == client.client_id && !store::proofs::is_revoked(conn, &jwt.hash()).await?);
    }
    let found = store::machines::find_live(conn, &TokenHash::of(unverified_token), now).await?;
    Ok(found.is_some_and(|token| token.client_id == client.client_id))
}

/// What of a person's token its holder may still have; `None` when it may have nothing there any more, or is gone or out of service.
pub(super) async fn still_allowed(conn: &mut Conn, token: &LiveToken) -> sqlx::Result<Option<String>> {
    let Some(api) = token.api_id else { return Ok(Some(token.scopes.clone())) };
    let Some(holder) = clients::find_by_client_id(conn, &token.client_id).await? else { return Ok(None) };
    let allowed = apis::open(conn, api, holder.id).await?.and_then(|opened| opened.for_people());
    Ok(allowed.map(|allowed| Permissions::parse(&token.scopes).within(&allowed).to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exchange_never_widens() {
        let allowed = Permissions::parse("read write admin");
        let narrowed = |asked: Option<&str>| super::narrowed("read write own", &allowed, asked).map(|scopes| scopes.to_string());
        assert_eq!(narrowed(None).as_deref(), Some("read write"));
        assert_eq!(narrowed(Some("read")).as_deref(), Some("read"));
        for more in ["admin", "read admin", "own", "other"] {
            assert_eq!(narrowed(Some(more)), None, "{more}");
        }
        assert_eq!(super::narrowed("own", &allowed, None), None, "nothing is left");
        assert_eq!(
            super::narrowed("own", &Permissions::default(), None),
            Some(Permissions::default()),
            "the target has no permissions to tell apart"
        );
    }

    #[test]
    fn one_target_may_be_named_in_two_ways() {
        let target = |text: &str| target(&Params::parse(text).unwrap()).map(str::to_owned).ok();
        assert_eq!(target("resource=urn:a&audience=urn:a").as_deref(), Some("urn:a"));
        assert_eq!(target("audience=urn:a").as_deref(), Some("urn:a"));
        assert_eq!((target(""), target("resource=urn:a&resource=urn:b"), target("resource=urn:a&audience=urn:b")), (None, None, None));
    }

    #[test]
    fn a_chain_of_actors_has_an_end() {
        let mut act = json!({ "sub": "a" });
        assert_eq!(depth(&act), 1);
        for _ in 0..10 {
            act = json!({ "sub": "b", "act": act });
        }
        assert!(depth(&act) > ACTORS_MAX);
    }
}
