//! Turning an authorization code or a refresh token into tokens. Each is good once; a second use revokes what the first gave.

use std::time::Duration;

use super::error::OAuthError;
use super::mint::{Minted, access_lifetime, mint, settle};
use super::scope::Scopes;
use super::store;
use super::token::{self, Proof, Tokens};
use crate::app::App;
use crate::audit::{self, Actor, Event, Kind};
use crate::clients::AuthenticatedClient;
use crate::clock::Timestamp;
use crate::db::Tx;
use crate::id::GrantId;
use crate::secret::TokenHash;
use crate::web;

/// A refresh token that was just exchanged still gives fresh tokens for this long: two tabs of an app may refresh at the same time.
const REFRESH_REUSE_WITHIN: Duration = Duration::from_secs(20);

/// Redeems an authorization code. It is used up even when a check after that fails; a second use revokes what the first gave (RFC 6749 section 4.1.2).
pub(super) async fn code(
    app: &App,
    client: &AuthenticatedClient,
    unverified_code: &str,
    proof: &Proof<'_>,
    browser: &web::Client,
    now: Timestamp,
) -> Result<Tokens, OAuthError> {
    let hash = TokenHash::of(unverified_code);
    let mut tx = app.db.begin().await?;
    // A second use, however late, must find what the first gave: the row stays for as long as the tokens.
    let kept_until = now + access_lifetime(app, client);
    let Some(redeemed) = store::redeem_code(&mut tx, &hash, client.id, now, kept_until).await? else {
        if let Some(grant) = store::grant_of_used_code(&mut tx, &hash, client.id).await? {
            revoke_after_reuse(&mut tx, grant, client, "code", browser, now).await?;
        }
        tx.commit().await?;
        return Err(OAuthError::InvalidGrant("the code is unknown, expired, used or another client's"));
    };
    let minted = match token::check_proof(proof, &redeemed.redirect_uri, redeemed.code_challenge.as_deref()) {
        Err(why) => Err(OAuthError::InvalidGrant(why)),
        Ok(()) => mint(&mut tx, app, client, redeemed.grant_id, None, now).await,
    };
    if let Ok(Minted { refresh_until: Some(refresh_until), .. }) = &minted {
        store::keep_code(&mut tx, &hash, *refresh_until).await?;
    }
    let minted = settle(tx, minted).await?;
    let nonce = minted.grant.nonce.clone();
    minted.sign(app, client, nonce.as_deref(), now).await
}

/// Exchanges a refresh token for fresh tokens (RFC 6749 section 6). Each is good once; a second use after a short while revokes the grant, because two
/// parties hold it then (RFC 9700 section 4.14.2).
pub(super) async fn refresh(
    app: &App,
    client: &AuthenticatedClient,
    unverified_token: &str,
    narrowed: Option<Scopes>,
    browser: &web::Client,
    now: Timestamp,
) -> Result<Tokens, OAuthError> {
    const UNKNOWN: OAuthError = OAuthError::InvalidGrant("the refresh token is unknown, expired, revoked or another client's");
    let hash = TokenHash::of(unverified_token);
    let mut tx = app.db.begin().await?;
    let grant = match store::rotate_refresh_token(&mut tx, &hash, client.id, now).await? {
        Some(grant) => grant,
        None => match store::used_refresh_token(&mut tx, &hash, client.id).await? {
            Some((grant, used_at)) if now.since(used_at) <= REFRESH_REUSE_WITHIN => grant,
            Some((grant, _)) => {
                revoke_after_reuse(&mut tx, grant, client, "refresh token", browser, now).await?;
                tx.commit().await?;
                return Err(UNKNOWN);
            }
            None => return Err(UNKNOWN),
        },
    };
    let minted = mint(&mut tx, app, client, grant, narrowed, now).await;
    settle(tx, minted).await?.sign(app, client, None, now).await
}

async fn revoke_after_reuse(
    tx: &mut Tx,
    grant: GrantId,
    client: &AuthenticatedClient,
    what: &str,
    browser: &web::Client,
    now: Timestamp,
) -> sqlx::Result<()> {
    if !store::revoke_grant(tx, grant, "reuse", now).await? {
        return Ok(());
    }
    let user = store::user_of_grant(tx, grant).await?;
    let (id, name) = user.map_or((None, String::new()), |(id, name)| (Some(id.uuid()), name));
    let actor = Actor { id: None, name: client.registration.name.clone() };
    let event = Event::new(now, Kind::TokenReuse, actor).on(id, &name).from_client(browser);
    audit::record(tx, event.with("client_id", client.client_id.as_str()).with("token", what)).await
}
