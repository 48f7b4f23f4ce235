//! Clients that act for themselves (RFC 6749 section 4.4): an access token without a person.

use std::sync::Arc;

use super::access::{About, Access, within_profile};
use super::error::OAuthError;
use super::mint::{Wanted, access_lifetime};
use super::store::machines as store;
use super::token::Tokens;
use crate::apis::{self, Permissions};
use crate::app::App;
use crate::clients::AuthenticatedClient;
use crate::clock::Timestamp;

/// Gives a client an access token for itself. It opens nothing here; an API asks about it at the introspection endpoint.
///
/// A JWT for an API is signed and not stored: who asks about it here is told by its signature, and by what its client may still have.
pub(super) async fn grant(app: &App, client: &AuthenticatedClient, wanted: Wanted<'_>, now: Timestamp) -> Result<Tokens, OAuthError> {
    let registration = &client.registration;
    if !registration.acts_alone || registration.is_public {
        return Err(OAuthError::UnauthorizedClient("this client may not use client_credentials"));
    }
    const TOO_MUCH: OAuthError = OAuthError::InvalidScope("scope names something this client may not have");
    let lifetime = access_lifetime(app, client);
    let jkt = wanted.jkt.map(str::to_owned);
    let resource = wanted.resource.or(Some(registration.policies.tokens.default_resource.as_str())).filter(|resource| !resource.is_empty());
    let access = match resource {
        None => Access::new(None, granted(&registration.own_scopes, wanted.scope).ok_or(TOO_MUCH)?, jkt, None, now, lifetime),
        Some(identifier) => {
            let opened = match client.revision() {
                Some(revision) => apis::open_as_of(app, revision, identifier, client.id).await?,
                None => apis::open_by_identifier(&mut app.db.read().await?, identifier, client.id).await?.map(Arc::new),
            };
            let opened = opened.ok_or(OAuthError::InvalidTarget("resource names no API that is known here"))?;
            let allowed = opened.for_itself().ok_or(OAuthError::InvalidTarget("this client may not use the API that resource names for itself"))?;
            let scopes = wanted.scope.map_or_else(|| allowed.clone(), Permissions::parse);
            if !scopes.is_within(&allowed) {
                return Err(TOO_MUCH);
            }
            let lifetime = opened.api.lifetime(lifetime);
            Access::new(Some(within_profile(opened.api.clone(), registration)), scopes.to_string(), jkt, None, now, lifetime)
        }
    };
    if !access.is_jwt() {
        let mut tx = app.db.begin().await?;
        store::insert(&mut tx, &access.hash(), client.id, &access, now).await?;
        tx.commit().await?;
    }
    let about = About { sub: &client.client_id, client_id: &client.client_id, ..About::default() };
    Ok(Tokens {
        access_token: access.reveal(&app.config.origin, &app.keys.current(), &about)?,
        issued_token_type: None,
        token_type: access.token_type(),
        expires_in: access.expires_in(),
        scope: access.scopes,
        id_token: None,
        refresh_token: None,
        dpop_nonce: None,
    })
}

/// The scopes of a token: those asked for, all when none is named. `None` when one is not the client's.
fn granted(own: &[String], asked: Option<&str>) -> Option<String> {
    let Some(asked) = asked else { return Some(own.join(" ")) };
    let mut chosen: Vec<&str> = Vec::new();
    for scope in asked.split(' ').filter(|scope| !scope.is_empty()) {
        if !own.iter().any(|known| known == scope) {
            return None;
        }
        if !chosen.contains(&scope) {
            chosen.push(scope);
        }
    }
    Some(chosen.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_gets_its_own_scopes_and_no_others() {
        let own = ["read".to_owned(), "write".to_owned()];
        assert_eq!(granted(&own, None).as_deref(), Some("read write"));
        assert_eq!(granted(&own, Some("write  write")).as_deref(), Some("write"));
        assert_eq!(granted(&[], None).as_deref(), Some(""));
        for refused in ["admin", "read admin", "READ", "openid"] {
            assert_eq!(granted(&own, Some(refused)), None, "{refused}");
        }
    }
}
