//! The OpenID provider: OpenID Connect Core's authorization code flow with PKCE, its metadata and keys, userinfo, refresh, sign-out.
//!
//! A request's way: [`request::validate`] makes it trustworthy, [`authorize::decide`] says what happens next, `issue_code` stores a grant and its code,
//! `redeem::code` turns the code into tokens (`mint`), [`claims::for_scope`] is what they tell. Codes and tokens are opaque and stored hashed; they belong to a
//! grant, and every statement that uses one asks whether grant, person and client still stand, so that revoking is one write.

mod access;
pub mod account;
pub mod acr;
pub mod answer;
pub mod authorize;
pub mod back_channel;
pub mod check;
pub mod claims;
pub mod claims_request;
pub mod consent;
pub mod decision;
pub mod device;
pub mod discovery;
pub mod dpop;
pub mod end_session;
pub mod error;
mod exchange;
pub mod front_channel;
pub mod id_token;
pub mod introspect;
pub mod keys;
pub mod last_errors;
mod logout_token;
pub mod lookups;
mod machine;
mod mint;
mod other_passkey;
pub mod params;
pub mod proxied;
pub mod pushed;
mod redeem;
pub mod registration;
pub mod request;
mod request_object;
pub mod resources;
pub mod revoke;
pub mod scope;
mod store;
pub mod subject;
pub mod successor;
pub mod token;
pub mod userinfo;

use std::collections::BTreeSet;
use std::time::Duration;

use acr::Class;
use claims::Claims;
use claims_request::Named;
use error::OAuthError;
use request::AuthorizationRequest;
use scope::{Scope, Scopes};
use store::{NewCode, NewGrant};

use crate::app::App;
use crate::audit::{self, Event, Kind};
use crate::clients::policy::ClaimsPolicy;
use crate::clients::{self, AuthenticatedClient, metadata_document};
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::error::AppError;
use crate::groups::Membership;
use crate::id::{ClientId, GrantId, UserId};
use crate::secret::{SecretToken, TokenHash};
use crate::sessions::{Farewell, SignedIn};
use crate::{groups, sessions, users, web};

/// How long a code can be redeemed; RFC 6749 section 4.1.2 allows ten minutes, apps that start slowly need more than a few seconds.
const CODE_LIFETIME: Duration = Duration::from_secs(120);

/// Whether the person has just been asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Agreement {
    /// They pressed the button for this very request.
    Given,
    /// They were not asked; what they agreed to before counts.
    NotAsked,
    /// They have no passkey that the client takes, and go back to it.
    Stopped,
}

/// An app as its user's page lists it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct AppLine {
    /// The client.
    pub id: ClientId,
    /// Its name.
    pub name: String,
    /// What it may learn.
    pub scopes: String,
    /// What it may do at which APIs, as stored.
    pub permissions: String,
    /// The last part of its logo's address; empty when it has none.
    pub logo: String,
    /// Since when.
    pub granted_at: Timestamp,
    /// When it last signed the person in.
    pub last_used_at: Timestamp,
}

/// Grants what was asked for and gives the code for it; `None` when the request was pushed and answered before. The caller has decided that it may be
/// ([`authorize::decide`]).
async fn issue_code(
    app: &App,
    request: &AuthorizationRequest,
    person: &SignedIn,
    agreement: Agreement,
    browser: &web::Client,
    now: Timestamp,
) -> anyhow::Result<Option<SecretToken>> {
    let code = SecretToken::new("muster_ac_");
    let (user, client, grant) = (person.user.id, &request.client, GrantId::new());
    let scopes = request.scopes.to_string();
    let mut tx = app.db.begin().await?;
    if let Some(pushed) = &request.pushed
        && !store::pushed::consume(&mut tx, &TokenHash::of(pushed), client.id, now).await?
    {
        return Ok(None);
    }
    let new = NewGrant {
        id: grant,
        user,
        client: client.id,
        session: Some(person.session.id),
        scopes: &scopes,
        claims: &request.named.to_text(),
        permissions: &request.apis.to_text(),
        nonce: request.nonce.as_deref(),
        auth_at: person.session.auth_at,
        amr: &person.session.method.amr().join(" "),
        acr: request.acr.named(Class::of(person.session.method.amr().iter().copied())).as_str(),
        passkey_model: person.session.method.held().and_then(|held| held.model),
        created_at: now,
    };
    store::insert_grant(&mut tx, new).await?;
    let new = NewCode {
        hash: &code.hash(),
        grant,
        client: client.id,
        redirect_uri: &request.reply_to.redirect_uri,
        code_challenge: request.code_challenge.as_deref(),
        jkt: request.dpop_jkt.as_deref(),
        expires_at: now + client.code_lifetime(CODE_LIFETIME),
    };
    store::insert_code(&mut tx, new).await?;
    // The app of a check knows of no session that it could be told the end of.
    if !request.is_check {
        sessions::apps::take_part(&mut tx, person.session.id, user, client.id, now).await?;
    }
    match agreement {
        // Who checks an app agrees to nothing.
        _ if request.is_check => {}
        Agreement::Given => {
            store::put_consent(&mut tx, user, client.id, &request.reach(), &request.apis, now).await?;
        }
        Agreement::NotAsked | Agreement::Stopped => store::touch_consent(&mut tx, user, client.id, now).await?,
    }
    let event = Event::new(now, Kind::Authorized, person.actor()).on(client.id.uuid(), &client.registration.name).from_client(browser);
    let event = event.with("scopes", scopes.as_str()).with("asked", agreement == Agreement::Given);
    audit::record(&mut tx, if request.is_check { event.with("check", true) } else { event }).await?;
    tx.commit().await?;
    Ok(Some(code))
}

/// The claims of a person for a client.
async fn claims_of(
    app: &App,
    person: &store::Person,
    (client, policy): (ClientId, &ClaimsPolicy),
    scopes: &Scopes,
    named: &BTreeSet<String>,
) -> sqlx::Result<Claims> {
    let with_groups = scopes.contains(Scope::Groups) || named.contains("groups") || !policy.extra.is_empty();
    let groups = match person.groups()? {
        _ if !with_groups => Vec::new(),
        Some(groups) => groups,
        None => groups::of_user(&mut app.db.read().await?, person.user.id).await?,
    };
    Ok(claims::for_request(&known_of(app, (client, policy), &person.user, groups).await?, scopes, named))
}

/// What is known about a person that a client may get. Without their groups where nobody asks for them.
async fn known_of<'a>(
    app: &'a App,
    (client, policy): (ClientId, &'a ClaimsPolicy),
    user: &'a users::User,
    groups: Vec<Membership>,
) -> sqlx::Result<claims::Known<'a>> {
    let looks = policy.groups.allowed_only && !groups.is_empty();
    let allowed = if looks { clients::allowed_groups(&mut app.db.read().await?, client).await? } else { Vec::new() };
    let allowed = allowed.into_iter().map(|group| group.id).collect();
    Ok(claims::Known { origin: &app.config.origin, subject: app.subjects.of(policy, user.id), user, groups, allowed, policy })
}

/// The groups of a person that a client gets, each as its policy wants it.
async fn groups_for(conn: &mut Conn, client: ClientId, policy: &ClaimsPolicy, user: UserId) -> sqlx::Result<Vec<String>> {
    let groups = groups::of_user(conn, user).await?;
    let allowed = if policy.groups.allowed_only && !groups.is_empty() { clients::allowed_groups(conn, client).await? } else { Vec::new() };
    Ok(claims::group_list(&policy.groups, &groups, &allowed.into_iter().map(|group| group.id).collect()))
}

/// What an access token for this server opens. `proof` is of the key its presenter holds: a token bound to a key needs that key, and a proof does not turn a token
/// that is not bound into one that is. It is used up when the token is one that counts, so that whoever has none has nothing written down here.
async fn claims_of_access_token(app: &App, unverified_token: &str, proof: Option<dpop::Proof>, now: Timestamp) -> Result<Claims, OAuthError> {
    let token = app.lookups.userinfo_token(TokenHash::of(unverified_token), now).await?;
    let jkt = proof.as_ref().map(|proof| proof.jkt.as_str());
    let token = token.filter(|token| token.jkt.as_deref() == jkt).ok_or(OAuthError::InvalidToken)?;
    if let Some(proof) = proof {
        let has_nonce = proof.has_nonce();
        proof.use_up(app, now).await?;
        if !has_nonce && token.token_policy()?.require_dpop_nonce {
            return Err(OAuthError::UseDpopNonce(app.nonces.current(now)));
        }
    }
    let scopes = Scopes::parse(&token.scopes);
    if !scopes.contains(Scope::OpenId) {
        return Err(OAuthError::InsufficientScope);
    }
    if !metadata_document::is_served_as(&app.settings(), &token.client_id) {
        return Err(OAuthError::InvalidToken);
    }
    let named = Named::from_text(&token.claims).userinfo;
    Ok(claims_of(app, &token.person, (token.client_row, &token.claims_policy()?), &scopes, &named).await?)
}

/// Revokes what a client gives back: a refresh token takes its whole grant along, an access token goes alone (RFC 7009 section 2.1).
async fn give_back(app: &App, client: &AuthenticatedClient, unverified_token: &str, now: Timestamp) -> sqlx::Result<()> {
    let jwt = access::read(&app.config.origin, &app.keys.current(), unverified_token, now);
    let hash = jwt.as_ref().map_or_else(|| TokenHash::of(unverified_token), access::Read::hash);
    let mut tx = app.db.begin().await?;
    if let Some(jwt) = jwt.as_ref().filter(|jwt| jwt.is_a_machines()) {
        if jwt.client_id == client.client_id {
            store::proofs::revoke_jwt(&mut tx, &hash, Timestamp::from_seconds(jwt.exp)).await?;
        }
        return tx.commit().await;
    }
    // A row that was found by what is no JWT must not be a JWT's.
    let found = store::token_of_client(&mut tx, &hash, client.id).await?.filter(|(kind, _)| (kind == "jwt") == jwt.is_some());
    match found {
        Some((kind, grant)) if kind == "refresh" => {
            store::revoke_grant(&mut tx, grant, "given back", now).await?;
        }
        Some(_) => store::delete_token(&mut tx, &hash).await?,
        None => {
            store::machines::delete(&mut tx, &hash, client.id).await?;
        }
    }
    tx.commit().await
}

/// Signs a person out because an app asked: all that was granted to it in the session ends, of other apps what needs the person to be there; every app that
/// took part is told. Gives how the browser goes on, to `back_to` in the end.
async fn end_session(
    app: &App,
    person: &SignedIn,
    asking: Option<ClientId>,
    back_to: Option<String>,
    browser: &web::Client,
    now: Timestamp,
) -> anyhow::Result<Farewell> {
    let (user, session) = (person.user.id, person.session.id);
    let mut tx = app.db.begin().await?;
    let revoked = store::revoke_grants_of_session(&mut tx, session, asking, "signed out", now).await?;
    let ended = sessions::sign_out(&mut tx, user, session, now).await?;
    let event = Event::new(now, Kind::SignOut, person.actor()).on(user.uuid(), &person.user.username).from_client(browser);
    audit::record(&mut tx, event.with("grants_revoked", i64::try_from(revoked).unwrap_or(i64::MAX))).await?;
    tx.commit().await?;
    Ok(Farewell::new(session, ended.front_channel, back_to, now))
}

/// The apps a person lets know who they are, by name.
///
/// # Errors
/// When the database cannot be read.
pub async fn apps_of_user(app: &App, user: UserId) -> sqlx::Result<Vec<AppLine>> {
    store::apps_of_user(&mut app.db.read().await?, user).await
}

/// Takes back what a person let an app have: it will ask again, and its tokens are dead at once.
///
/// # Errors
/// Not found, when there is no such app.
pub async fn take_back(app: &App, person: &SignedIn, client: ClientId, browser: &web::Client, now: Timestamp) -> Result<(), AppError> {
    let mut tx = app.db.begin().await?;
    let client = clients::find(&mut tx, client).await?.ok_or(AppError::NotFound)?;
    let asked = store::delete_consent(&mut tx, person.user.id, client.id).await?;
    let revoked = store::revoke_grants_to(&mut tx, person.user.id, client.id, "taken back", now).await?;
    if asked || revoked > 0 {
        let event = Event::new(now, Kind::AuthorizationRevoked, person.actor()).on(client.id.uuid(), &client.registration.name);
        audit::record(&mut tx, event.from_client(browser)).await?;
    }
    Ok(tx.commit().await?)
}

/// Deletes codes, tokens and grants that have run out, and apps that registered themselves and are not used; gives how many codes and tokens. Small
/// transactions, so that nobody waits for it.
///
/// # Errors
/// When the database refuses.
pub async fn sweep(app: &App, now: Timestamp) -> anyhow::Result<u64> {
    registration::sweep(app, now).await?;
    let mut swept = 0;
    loop {
        let mut tx = app.db.begin().await?;
        let kept = store::keep_used_codes(&mut tx, now).await?;
        let mut grants = store::sweep_codes(&mut tx, now).await?;
        grants.extend(store::sweep_tokens(&mut tx, now).await?);
        let mut count = u64::try_from(grants.len()).unwrap_or(u64::MAX);
        count += store::pushed::sweep(&mut tx, now - pushed::KEPT).await?;
        count += store::machines::sweep(&mut tx, now).await?;
        count += store::proofs::sweep(&mut tx, now).await?;
        let (devices, unfetched) = store::devices::sweep(&mut tx, now - device::KEPT).await?;
        count += devices;
        grants.extend(unfetched);
        grants.sort_unstable();
        grants.dedup();
        store::delete_empty_grants(&mut tx, &grants).await?;
        tx.commit().await?;
        swept += count;
        if count + kept == 0 {
            return Ok(swept);
        }
    }
}
