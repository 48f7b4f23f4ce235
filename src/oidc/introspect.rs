//! Token introspection (RFC 7662): whether a token counts, for a server that was handed one. Of a JWT too: it may have been taken back since it was signed.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::{Value, json};

use super::access::{self, token_type};
use super::error::{OAuthError, kept_nowhere};
use super::scope::{Scope, Scopes};
use super::store::LiveToken;
use super::{exchange, store, token};
use crate::apis::{self, Permissions};
use crate::app::App;
use crate::clients::policy::claims::SubjectType;
use crate::clients::{self, Client, metadata_document};
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::id::ApiId;
use crate::secret::TokenHash;

/// `POST /api/oidc/introspect`. Only a client that can prove who it is may ask, or anyone could try tokens here (RFC 7662 section 2.1); about an API's token
/// only whoever runs the API, and the client it was given to.
pub async fn post(State(app): State<App>, headers: HeaderMap, body: Bytes) -> Result<Response, OAuthError> {
    let now = app.clock.now();
    let params = token::form(&headers, &body)?;
    let client = token::authenticate(&app, &headers, &params).await?;
    if client.registration.is_public {
        return Err(OAuthError::InvalidClient);
    }
    let unverified_token = params.get("token").ok_or(OAuthError::InvalidRequest("token is missing"))?;
    let mut answer = match access::read(&app.config.origin, &app.keys.current(), unverified_token, now) {
        Some(jwt) if jwt.is_a_machines() => about_machine_jwt(&mut app.db.read().await?, &client, &jwt).await?,
        Some(jwt) => {
            let found = app.lookups.live_token(jwt.hash(), now).await?.filter(|token| token.kind == "jwt");
            about_person(&app, &client, found).await?
        }
        None => {
            let hash = TokenHash::of(unverified_token);
            // A row that was found by what is no JWT must not be a JWT's.
            match app.lookups.live_token(hash.clone(), now).await?.filter(|token| token.kind != "jwt") {
                Some(found) => about_person(&app, &client, Some(found)).await?,
                None => about_machine(&app, &client, &hash, now).await?,
            }
        }
    };
    if let Some(answer) = answer.as_mut().and_then(Value::as_object_mut) {
        answer.insert("active".to_owned(), true.into());
        answer.insert("iss".to_owned(), app.config.origin.as_str().into());
        answer.retain(|_, value| !value.is_null());
    }
    Ok(kept_nowhere(&answer.unwrap_or_else(|| json!({ "active": false }))))
}

/// Whether `asking` may know about a token that `holder` was given, for an API or for userinfo. Apps of the house may look at each other's tokens for userinfo; one for
/// which nobody here vouches at its own only.
async fn may_know(conn: &mut Conn, asking: &Client, holder: &str, api: Option<ApiId>) -> sqlx::Result<bool> {
    match api {
        _ if holder == asking.client_id => Ok(true),
        Some(api) => Ok(apis::open(conn, api, asking.id).await?.is_some_and(|opened| opened.serves())),
        None => Ok(!asking.registration.policies.provenance.is_stranger()),
    }
}

fn cnf(jkt: Option<&str>) -> Value {
    jkt.map_or(Value::Null, |jkt| json!({ "jkt": jkt }))
}

async fn about_person(app: &App, asking: &Client, found: Option<LiveToken>) -> sqlx::Result<Option<Value>> {
    let Some(token) = found.filter(|token| metadata_document::is_served_as(&app.settings(), &token.client_id)) else { return Ok(None) };
    let mut conn = app.db.read().await?;
    let Some(scopes) = exchange::still_allowed(&mut conn, &token).await? else { return Ok(None) };
    let policy = token.claims_policy()?;
    let sub = app.subjects.of(&policy, token.user_id);
    // Whoever runs the API learns the name; an app only with `profile`, and nobody through an app that must not be able to compare.
    let is_named = Scopes::parse(&token.scopes).contains(Scope::Profile)
        || (policy.subject == SubjectType::Public && token.api_id.is_some() && token.client_id != asking.client_id);
    let is_access = token.kind != "refresh";
    // A refresh token is its client's own business.
    let allowed = if is_access { may_know(&mut conn, asking, &token.client_id, token.api_id).await? } else { token.client_id == asking.client_id };
    Ok(allowed.then(|| {
        json!({
            "scope": scopes,
            "client_id": token.client_id,
            "username": is_named.then_some(&token.username),
            "token_type": if is_access { token_type(token.jkt.is_some()) } else { "refresh_token" },
            "exp": token.expires_at.as_seconds(),
            "iat": token.created_at.as_seconds(),
            "sub": sub,
            "aud": token.audience,
            "act": token.act.as_deref().and_then(|act| serde_json::from_str::<Value>(act).ok()),
            "cnf": cnf(token.jkt.as_deref()),
        })
    }))
}

async fn about_machine(app: &App, asking: &Client, hash: &TokenHash, now: Timestamp) -> sqlx::Result<Option<Value>> {
    let mut conn = app.db.read().await?;
    let Some(token) = store::machines::find_live(&mut conn, hash, now).await? else { return Ok(None) };
    if !may_know(&mut conn, asking, &token.client_id, token.api_id).await? {
        return Ok(None);
    }
    let scopes = match token.api_id {
        None => token.scopes.clone(),
        Some(api) => {
            let Some(holder) = clients::find_by_client_id(&mut conn, &token.client_id).await? else { return Ok(None) };
            let Some(allowed) = apis::open(&mut conn, api, holder.id).await?.and_then(|opened| opened.for_itself()) else { return Ok(None) };
            Permissions::parse(&token.scopes).within(&allowed).to_string()
        }
    };
    Ok(Some(of_machine(&token.client_id, &scopes, token.created_at, token.expires_at, token.audience.as_deref(), token.jkt.as_deref())))
}

/// Without a person, the client is the subject (RFC 9068 section 2.2).
fn of_machine(client_id: &str, scopes: &str, created_at: Timestamp, expires_at: Timestamp, audience: Option<&str>, jkt: Option<&str>) -> Value {
    json!({
        "scope": scopes,
        "client_id": client_id,
        "token_type": token_type(jkt.is_some()),
        "exp": expires_at.as_seconds(),
        "iat": created_at.as_seconds(),
        "sub": client_id,
        "aud": audience,
        "cnf": cnf(jkt),
    })
}

/// A JWT a client got for itself has no row: it counts as long as the client may still have what it says, and has not given it back.
async fn about_machine_jwt(conn: &mut Conn, asking: &Client, jwt: &access::Read) -> sqlx::Result<Option<Value>> {
    let Some(holder) = clients::find_by_client_id(conn, &jwt.client_id).await?.filter(|holder| holder.registration.acts_alone) else {
        return Ok(None);
    };
    let Some(opened) = apis::open_by_identifier(conn, &jwt.aud, holder.id).await? else { return Ok(None) };
    let still = opened.for_itself().is_some_and(|allowed| Permissions::parse(&jwt.scope).is_within(&allowed));
    if !still || store::proofs::is_revoked(conn, &jwt.hash()).await? || !may_know(conn, asking, &jwt.client_id, Some(opened.api.id)).await? {
        return Ok(None);
    }
    let (iat, exp) = (Timestamp::from_seconds(jwt.iat), Timestamp::from_seconds(jwt.exp));
    let jkt = jwt.cnf.as_ref().map(|cnf| cnf.jkt.as_str());
    Ok(Some(of_machine(&jwt.client_id, &jwt.scope, iat, exp, Some(&jwt.aud), jkt)))
}
