//! Turning an authorization code or a refresh token into tokens. Each is good once; a second use revokes what the first gave.

use std::time::Duration;

use super::error::OAuthError;
use super::mint::{Minted, Wanted, access_lifetime, mint, refresh_lifetime, settle};
use super::store::{self, KeptUntil, Redeemed, Spent};
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
    // A second use, however late, must find what the first gave: the row stays for as long as the tokens.
    let plain = now + access_lifetime(app, client);
    let kept_until = KeptUntil { plain, offline: plain.max(now + refresh_lifetime(app, client)) };
    if let Some(minted) = code_at_once(app, client, &hash, proof, wanted, kept_until, now).await? {
        let nonce = minted.grant.nonce.clone();
        return minted.sign(app, client, nonce.as_deref(), now).await;
    }
    let mut tx = app.db.begin().await?;
    let Some(redeemed) = store::redeem_code(&mut tx, &hash, client.id, now, kept_until).await? else {
        if let Some(grant) = store::grant_of_used_code(&mut tx, &hash, client.id).await? {
            revoke_after_reuse(&mut tx, grant, client, "code", browser, now).await?;
        }
        tx.commit().await?;
        return Err(OAuthError::InvalidGrant("the code is unknown, expired, used or another client's"));
    };
    let minted = match check_binding(&redeemed, proof, wanted) {
        Err(why) => Err(OAuthError::InvalidGrant(why)),
        Ok(()) => mint(&mut tx, app, client, Some(redeemed.granted), wanted, now).await,
    };
    let minted = settle(tx, minted, None, now).await?;
    let nonce = minted.grant.nonce.clone();
    minted.sign(app, client, nonce.as_deref(), now).await
}

/// Redeems a code with which all is well: looks first, decides, and then uses it up and stores the tokens in one statement. `None` when anything is not well,
/// also when somebody else was faster: then it is looked at with the code held, so that what must be used up or revoked is.
async fn code_at_once(
    app: &App,
    client: &AuthenticatedClient,
    hash: &TokenHash,
    proof: &Proof<'_>,
    wanted: Wanted<'_>,
    kept_until: KeptUntil,
    now: Timestamp,
) -> Result<Option<Minted>, OAuthError> {
    let mut conn = app.db.read().await?;
    let Some(redeemed) = store::find_code(&mut conn, hash, client.id, now).await? else { return Ok(None) };
    if !redeemed.granted.counts || check_binding(&redeemed, proof, wanted).is_err() {
        return Ok(None);
    }
    let Ok(minted) = mint(&mut conn, app, client, Some(redeemed.granted), wanted, now).await else { return Ok(None) };
    drop(conn);
    Ok(minted.spend(app, client.id, Spent::Code { hash, kept_until }, now).await?.then_some(minted))
}

/// Checks that whoever redeems a code is who asked for it.
fn check_binding(redeemed: &Redeemed, proof: &Proof<'_>, wanted: Wanted<'_>) -> Result<(), &'static str> {
    token::check_proof(proof, &redeemed.redirect_uri, redeemed.code_challenge.as_deref())?;
    // RFC 9449 section 10.
    if redeemed.jkt.is_some() && redeemed.jkt.as_deref() != wanted.jkt {
        return Err("the code is bound to a key, and the DPoP proof is not that key's");
    }
    if !redeemed.in_session {
        return Err("the session the code was given in has ended");
    }
    Ok(())
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
    // FAPI 2.0 section 5.3.2.1: no rotation; the client proves itself and a key each time.
    let kept = client.registration.policies.tokens.is_fapi2();
    if !kept && let Some(minted) = refresh_at_once(app, client, &hash, wanted, now).await? {
        return minted.sign(app, client, None, now).await;
    }
    let mut tx = app.db.begin().await?;
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
    settle(tx, minted, wanted.kept, now).await?.sign(app, client, None, now).await
}

/// As [`code_at_once`] for codes.
async fn refresh_at_once(
    app: &App,
    client: &AuthenticatedClient,
    hash: &TokenHash,
    wanted: Wanted<'_>,
    now: Timestamp,
) -> Result<Option<Minted>, OAuthError> {
    let mut conn = app.db.read().await?;
    let granted = store::find_refresh(&mut conn, hash, client.id, wanted.jkt, now).await?;
    let Some(granted) = granted.filter(|granted| granted.counts) else { return Ok(None) };
    let Ok(minted) = mint(&mut conn, app, client, Some(granted), wanted, now).await else { return Ok(None) };
    drop(conn);
    Ok(minted.spend(app, client.id, Spent::Refresh { hash, jkt: wanted.jkt }, now).await?.then_some(minted))
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
