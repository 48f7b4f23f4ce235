//! Turning an authorization code or a refresh token into tokens. Each is good once; a second use revokes what the first gave.

use super::error::OAuthError;
use super::mint::{Minted, Wanted, access_lifetime, mint, refresh_lifetime, settle};
use super::params::Params;
use super::store::{self, FoundCode, FoundRefresh, KeptUntil, Redeemed, Spent};
use super::successor::{SecondUse, second_use};
use super::token::{self, Proof, Tokens};
use crate::app::App;
use crate::audit::{self, Actor, Event, Kind};
use crate::clients::AuthenticatedClient;
use crate::clock::Timestamp;
use crate::db::{Revision, Tx};
use crate::id::GrantId;
use crate::secret::{SecretToken, TokenHash};
use crate::web;

/// What a token request wants to use up, as it stood before its client had proved who it is: one statement finds it and says how new copies of the client
/// must be. Nothing when it cannot be used as it is; then it is looked at again once the client is known.
pub(super) enum Looked {
    /// A code.
    Code(Box<FoundCode>),
    /// A refresh token.
    Refresh(Box<FoundRefresh>),
    /// Nothing that can be used.
    Nothing,
}

impl Looked {
    /// What copies must be as new as.
    pub(super) const fn as_of(&self) -> Option<Revision> {
        match self {
            Self::Code(code) => Some(code.found.as_of),
            Self::Refresh(refresh) => Some(refresh.found.as_of),
            Self::Nothing => None,
        }
    }
}

/// Looks up what a token request wants to use up. Who asks has proved nothing yet: tell them nothing of it.
pub(super) async fn look_up(app: &App, params: &Params, now: Timestamp) -> sqlx::Result<Looked> {
    let looked = match (params.get("grant_type"), params.get("code"), params.get("refresh_token")) {
        (Some("authorization_code"), Some(code), _) => app.lookups.code(TokenHash::of(code), now).await?.map(|found| Looked::Code(Box::new(found))),
        (Some("refresh_token"), _, Some(token)) => {
            app.lookups.refresh_token(TokenHash::of(token), now).await?.map(|found| Looked::Refresh(Box::new(found)))
        }
        _ => None,
    };
    Ok(looked.unwrap_or(Looked::Nothing))
}

/// Redeems an authorization code. It is used up even when a check after that fails; a second use revokes what the first gave (RFC 6749 section 4.1.2).
pub(super) async fn code(
    app: &App,
    client: &AuthenticatedClient,
    (unverified_code, looked): (&str, Looked),
    proof: &Proof<'_>,
    wanted: Wanted<'_>,
    browser: &web::Client,
    now: Timestamp,
) -> Result<Tokens, OAuthError> {
    let hash = TokenHash::of(unverified_code);
    // A second use, however late, must find what the first gave: the row stays for as long as the tokens (`store::keep_used_codes`).
    let plain = now + access_lifetime(app, client);
    let kept_until = KeptUntil { plain, offline: plain.max(now + refresh_lifetime(app, client)) };
    if let Looked::Code(found) = looked
        && let Some(minted) = code_at_once(app, client, *found, (&hash, kept_until), proof, wanted, now).await?
    {
        let nonce = minted.grant.nonce.clone();
        return minted.sign(app, client, nonce.as_deref(), now).await;
    }
    // On the heap, because it is rare: it would make every request larger.
    Box::pin(code_held(app, client, (&hash, kept_until), proof, wanted, browser, now)).await
}

/// Redeems a code with which not all is well, or which somebody else is redeeming too: with the code held, so that what must be used up or revoked is.
async fn code_held(
    app: &App,
    client: &AuthenticatedClient,
    (hash, kept_until): (&TokenHash, KeptUntil),
    proof: &Proof<'_>,
    wanted: Wanted<'_>,
    browser: &web::Client,
    now: Timestamp,
) -> Result<Tokens, OAuthError> {
    let mut tx = app.db.begin().await?;
    let Some(redeemed) = store::redeem_code(&mut tx, hash, client.id, now, kept_until).await? else {
        if let Some(grant) = store::grant_of_used_code(&mut tx, hash, client.id).await? {
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

/// Redeems a code with which all is well, as it was found: decides, and then uses it up and stores the tokens in one statement. `None` when anything is not well,
/// also when somebody else was faster.
async fn code_at_once(
    app: &App,
    client: &AuthenticatedClient,
    FoundCode { found, redeemed }: FoundCode,
    (hash, kept_until): (&TokenHash, KeptUntil),
    proof: &Proof<'_>,
    wanted: Wanted<'_>,
    now: Timestamp,
) -> Result<Option<Minted>, OAuthError> {
    if found.client != client.id || !redeemed.granted.counts || check_binding(&redeemed, proof, wanted).is_err() {
        return Ok(None);
    }
    let mut conn = app.db.read().await?;
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

/// Exchanges a refresh token for fresh tokens (RFC 6749 section 6). One that is bound to a key is unknown to who does not prove to hold it. Each is good once. A second use
/// is answered as the first for a short while (see [`super::successor`]); after that it revokes the grant, because two parties hold the token then (RFC 9700 section 4.14.2).
pub(super) async fn refresh(
    app: &App,
    client: &AuthenticatedClient,
    (unverified_token, looked): (&str, Looked),
    wanted: Wanted<'_>,
    browser: &web::Client,
    now: Timestamp,
) -> Result<Tokens, OAuthError> {
    let token = SecretToken::unverified(unverified_token);
    let hash = token.hash();
    let wanted = Wanted { follows: Some(&token), ..wanted };
    if let Looked::Refresh(found) = looked
        && !is_kept(client)
        && let Some(minted) = refresh_at_once(app, client, *found, &hash, wanted, now).await?
    {
        return minted.sign(app, client, None, now).await;
    }
    // As for codes.
    Box::pin(refresh_held(app, client, (&token, &hash), wanted, browser, now)).await
}

/// Whether a client keeps its refresh tokens. FAPI 2.0 section 5.3.2.1: no rotation; the client proves itself and a key each time.
fn is_kept(client: &AuthenticatedClient) -> bool {
    client.registration.policies.tokens.is_fapi2()
}

/// Exchanges a refresh token that cannot be as it was found, with the token held.
async fn refresh_held(
    app: &App,
    client: &AuthenticatedClient,
    (token, hash): (&SecretToken, &TokenHash),
    wanted: Wanted<'_>,
    browser: &web::Client,
    now: Timestamp,
) -> Result<Tokens, OAuthError> {
    const UNKNOWN: OAuthError = OAuthError::InvalidGrant("the refresh token is unknown, expired, revoked or another client's");
    let kept = is_kept(client);
    let mut tx = app.db.begin().await?;
    let live = if kept {
        match store::find_refresh_token(&mut tx, hash, client.id, wanted.jkt, now).await? {
            Some(grant) => store::find_granted(&mut tx, grant).await?,
            None => None,
        }
    } else {
        store::rotate_refresh_token(&mut tx, hash, client.id, wanted.jkt, now).await?
    };
    let (granted, again) = match live {
        Some(granted) => (Some(granted), None),
        None => {
            let (grant, used_at) = store::used_refresh_token(&mut tx, hash, client.id, wanted.jkt).await?.ok_or(UNKNOWN)?;
            let next = app.successors.of(token);
            let given = store::successor(&mut tx, &next.hash(), grant).await?;
            let jkt = wanted.jkt.filter(|_| client.registration.is_public);
            match second_use(used_at, given.as_ref(), jkt, now) {
                SecondUse::AnsweredAgain => (store::find_granted(&mut tx, grant).await?, Some(next)),
                SecondUse::Unknown => return Err(UNKNOWN),
                SecondUse::Theft => {
                    revoke_after_reuse(&mut tx, grant, client, "refresh token", browser, now).await?;
                    tx.commit().await?;
                    return Err(UNKNOWN);
                }
            }
        }
    };
    let next_hash = again.as_ref().map(SecretToken::hash);
    let wanted = Wanted { kept: kept.then_some(hash).or(next_hash.as_ref()), ..wanted };
    let minted = mint(&mut tx, app, client, granted, wanted, now).await;
    let tokens = settle(tx, minted, wanted.kept, now).await?.sign(app, client, None, now).await?;
    Ok(Tokens { refresh_token: again.map(|token| token.reveal().to_owned()).or(tokens.refresh_token), ..tokens })
}

/// As [`code_at_once`] for codes.
async fn refresh_at_once(
    app: &App,
    client: &AuthenticatedClient,
    FoundRefresh { found, jkt, granted }: FoundRefresh,
    hash: &TokenHash,
    wanted: Wanted<'_>,
    now: Timestamp,
) -> Result<Option<Minted>, OAuthError> {
    let is_bound_to_another_key = jkt.is_some() && jkt.as_deref() != wanted.jkt;
    if found.client != client.id || is_bound_to_another_key || !granted.counts {
        return Ok(None);
    }
    let mut conn = app.db.read().await?;
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
