//! Turning an authorization code or a refresh token into tokens. Each is good once; a second use revokes what the first gave.

use std::time::Duration;

use super::error::OAuthError;
use super::mint::{Wanted, access_lifetime, mint, refresh_lifetime, settle};
use super::store::{self, KeptUntil};
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
    wanted: Wanted<'_>,
    browser: &web::Client,
    now: Timestamp,
) -> Result<Tokens, OAuthError> {
    let hash = TokenHash::of(unverified_code);
    let mut tx = app.db.begin().await?;
    // A second use, however late, must find what the first gave: the row stays for as long as the tokens.
    let plain = now + access_lifetime(app, client);
    let kept_until = KeptUntil { plain, offline: plain.max(now + refresh_lifetime(app, client)) };
    let Some(redeemed) = store::redeem_code(&mut tx, &hash, client.id, now, kept_until).await? else {
        if let Some(grant) = store::grant_of_used_code(&mut tx, &hash, client.id).await? {
            revoke_after_reuse(&mut tx, grant, client, "code", browser, now).await?;
        }
        tx.commit().await?;
        return Err(OAuthError::InvalidGrant("the code is unknown, expired, used or another client's"));
    };
    let minted = match token::check_proof(proof, &redeemed.redirect_uri, redeemed.code_challenge.as_deref()) {
        Err(why) => Err(OAuthError::InvalidGrant(why)),
        // RFC 9449 section 10.
        Ok(()) if redeemed.jkt.is_some() && redeemed.jkt.as_deref() != wanted.jkt => {
            Err(OAuthError::InvalidGrant("the code is bound to a key, and the DPoP proof is not that key's"))
        }
        Ok(()) => mint(&mut tx, app, client, Some(redeemed.granted), wanted, now).await,
    };
    let minted = settle(tx, minted).await?;
    let nonce = minted.grant.nonce.clone();
    minted.sign(app, client, nonce.as_deref(), now).await
}

/// Exchanges a refresh token for fresh tokens (RFC 6749 section 6). One that is bound to a key is unknown to who does not prove to hold it. Each is good once; a second use after a short while revokes the grant, because two
/// parties hold it then (RFC 9700 section 4.14.2).
pub(super) async fn refresh(
    app: &App,
    client: &AuthenticatedClient,
    unverified_token: &str,
    wanted: Wanted<'_>,
    browser: &web::Client,
    now: Timestamp,
) -> Result<Tokens, OAuthError> {
    const UNKNOWN: OAuthError = OAuthError::InvalidGrant("the refresh token is unknown, expired, revoked or another client's");
    let hash = TokenHash::of(unverified_token);
    let mut tx = app.db.begin().await?;
    // FAPI 2.0 section 5.3.2.1: no rotation; the client proves itself and a key each time.
    let kept = client.registration.policies.tokens.is_fapi2();
    let live = if kept {
        match store::find_refresh_token(&mut tx, &hash, client.id, wanted.jkt, now).await? {
            Some(grant) => store::find_granted(&mut tx, grant).await?,
            None => None,
        }
    } else {
        store::rotate_refresh_token(&mut tx, &hash, client.id, wanted.jkt, now).await?
    };
    let granted = match live {
        Some(granted) => Some(granted),
        None => match store::used_refresh_token(&mut tx, &hash, client.id, wanted.jkt).await? {
            Some((grant, used_at)) if now.since(used_at) <= REFRESH_REUSE_WITHIN => store::find_granted(&mut tx, grant).await?,
            Some((grant, _)) => {
                revoke_after_reuse(&mut tx, grant, client, "refresh token", browser, now).await?;
                tx.commit().await?;
                return Err(UNKNOWN);
            }
            None => return Err(UNKNOWN),
        },
    };
    let wanted = Wanted { kept: kept.then_some(&hash), ..wanted };
    let minted = mint(&mut tx, app, client, granted, wanted, now).await;
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
