//! Clients that act for themselves (RFC 6749 section 4.4): an access token without a person.

use super::error::OAuthError;
use super::mint::access_lifetime;
use super::store::machines as store;
use super::token::Tokens;
use crate::app::App;
use crate::clients::AuthenticatedClient;
use crate::clock::Timestamp;
use crate::secret::SecretToken;

/// Gives a client an access token for itself. It opens nothing here; an API asks about it at the introspection endpoint.
pub(super) async fn grant(app: &App, client: &AuthenticatedClient, scope: Option<&str>, now: Timestamp) -> Result<Tokens, OAuthError> {
    let registration = &client.registration;
    if !registration.acts_alone || registration.is_public {
        return Err(OAuthError::UnauthorizedClient("this client may not use client_credentials"));
    }
    let scope = granted(&registration.own_scopes, scope).ok_or(OAuthError::InvalidScope("scope names something this client may not have"))?;
    let lifetime = access_lifetime(app, client);
    let token = SecretToken::new("muster_at_");
    let mut tx = app.db.begin().await?;
    store::insert(&mut tx, &token.hash(), client.id, &scope, now, now + lifetime).await?;
    tx.commit().await?;
    Ok(Tokens {
        access_token: token.reveal().to_owned(),
        token_type: "Bearer",
        expires_in: lifetime.as_secs(),
        scope,
        id_token: None,
        refresh_token: None,
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
