//! Pushed authorization requests (RFC 9126): an app sends its request ahead, proves who it is, and sends the person with a name for it.

use std::time::Duration;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Json, Response};
use serde_json::json;

use super::error::{AuthorizeError, AuthorizeErrorCode, OAuthError, no_store};
use super::params::Params;
use super::store::pushed as store;
use super::{dpop, request, request_object, resources, token};
use crate::app::App;
use crate::attempts::{self, Allowance, Subject};
use crate::clients::AuthenticatedClient;
use crate::clients::metadata_document::{self, Unusable};
use crate::clock::Timestamp;
use crate::error::AppError;
use crate::id::ClientId;
use crate::language::t;
use crate::secret::{SecretToken, TokenHash};
use crate::web;

/// What such a name begins with (RFC 9126 section 2.2).
const PREFIX: &str = "urn:ietf:params:oauth:request_uri:";
/// How soon the person must come.
const COME_WITHIN: Duration = Duration::from_secs(90);
/// How long a request is kept after that, so that it cannot be answered twice: longer than one may take to sign in.
pub(super) const KEPT: Duration = Duration::from_secs(2 * 60 * 60);
/// Requests one network may push in the name of apps that anybody can be: public ones, and ones nobody registered here.
const PER_NETWORK: Allowance = Allowance { count: 1_000, within: Duration::from_secs(60 * 60), from_the_last: false };

/// Whether a `request_uri` is one of these names.
pub(super) fn is_pushed(request_uri: &str) -> bool {
    request_uri.starts_with(PREFIX)
}

/// `POST /api/oidc/par`.
pub async fn post(State(app): State<App>, browser: web::Client, headers: HeaderMap, body: Bytes) -> Result<Response, OAuthError> {
    let now = app.clock.now();
    let params = token::form(&headers, &body)?;
    if let Some(client_id) = params.get("client_id") {
        metadata_document::bring_in(&app, client_id, &browser, now).await.map_err(|unusable| match unusable {
            Unusable::Said(why) => {
                tracing::info!(client.id = client_id, "refused a pushed request: {why}");
                OAuthError::InvalidClient
            }
            Unusable::Internal(error) => error.into(),
        })?;
    }
    let client = token::authenticate(&app, &headers, &params).await?;
    if params.has("request_uri") {
        return Err(OAuthError::InvalidRequest("request_uri cannot be pushed"));
    }
    // A client that proved itself in the header need not name itself in the form.
    let params = params.with("client_id", &client.client_id);
    let told = |error| match error {
        AuthorizeError::Redirect { error, description, .. } => OAuthError::Authorization(error, description),
        AuthorizeError::ShowPage { .. } => OAuthError::InvalidRequest("redirect_uri is missing or not registered for this client"),
    };
    let params = if params.has("request") {
        let opened = request_object::open_of(&app, &params, &client, now).await;
        opened.map_err(|refused| OAuthError::Authorization(refused.error, refused.description))?
    } else if client.registration.policies.authentication.require_signed_request {
        return Err(OAuthError::Authorization(AuthorizeErrorCode::InvalidRequest, "this client must sign its requests (RFC 9101)"));
    } else {
        params
    };
    let (params, proof) = bound(&app, &headers, &client, params, now)?;
    let request = request::validate(&params, Some((*client).clone())).map_err(told)?;
    resources::resolve(&mut app.db.read().await?, &app.config.origin, &client, &request.unverified_resources, &request.scope_words).await?;
    admit(&app, &client, &browser, now).await?;
    if let Some(proof) = proof {
        proof.use_up(&app, now).await?;
    }
    let uri = push(&app, client.id, &params.encode_only(request::NAMES), now).await?;
    let answer = json!({ "request_uri": uri, "expires_in": COME_WITHIN.as_secs() });
    Ok((StatusCode::CREATED, no_store(), Json(answer)).into_response())
}

/// Counts a request of an app that anybody can be: it is kept for hours, and strangers must not fill the database with them.
///
/// # Errors
/// [`OAuthError::TooMany`]; our own failure.
async fn admit(app: &App, client: &AuthenticatedClient, browser: &web::Client, now: Timestamp) -> Result<(), OAuthError> {
    let registration = &client.registration;
    let Some(ip) = browser.ip.filter(|_| registration.is_public || registration.policies.provenance.is_stranger()) else { return Ok(()) };
    let mut tx = app.db.begin().await?;
    let taken = attempts::take(&mut tx, &Subject::network("pushed requests", ip), PER_NETWORK, now).await?;
    tx.commit().await?;
    taken.map_err(|wait| OAuthError::TooMany(wait.as_secs() + 1))
}

/// Keeps a request that was found good, and gives the name for it.
pub(super) async fn push(app: &App, client: ClientId, parameters: &str, now: Timestamp) -> sqlx::Result<String> {
    let uri = SecretToken::new(PREFIX);
    let mut tx = app.db.begin().await?;
    store::insert(&mut tx, &uri.hash(), client, parameters, now + COME_WITHIN).await?;
    tx.commit().await?;
    Ok(uri.reveal().to_owned())
}

/// The request, bound to the key its push proves to hold (RFC 9449 section 10.1), and the proof, to be used up when the request is admitted.
fn bound(
    app: &App,
    headers: &HeaderMap,
    client: &AuthenticatedClient,
    params: Params,
    now: Timestamp,
) -> Result<(Params, Option<dpop::Proof>), OAuthError> {
    let url = app.config.origin.url("/api/oidc/par");
    let with_nonce = client.registration.policies.tokens.require_dpop_nonce;
    let expected = dpop::Expected { method: "POST", url: &url, access_token: None, with_nonce };
    match (dpop::look(app, headers, expected, now)?, params.get("dpop_jkt")) {
        (Some(proof), Some(named)) if proof.jkt != named => {
            Err(OAuthError::InvalidDpopProof("dpop_jkt names another key than the one of the DPoP proof"))
        }
        (Some(proof), _) => Ok((params.with("dpop_jkt", &proof.jkt), Some(proof))),
        (None, _) => Ok((params, None)),
    }
}

/// Opens the request a person came with. It may be opened again until it is answered: people reload pages.
///
/// # Errors
/// A page, when it is unknown, ran out, was answered, or is another client's.
pub(super) async fn open(app: &App, params: &Params, unverified_uri: &str, now: Timestamp) -> Result<Params, AppError> {
    let refused = || AppError::refused(t("authorize-too-old"), t("authorize-announced-too-old"));
    if params.any_repeated(&["client_id", "request_uri"]) {
        return Err(refused());
    }
    let found = store::find(&mut app.db.read().await?, &TokenHash::of(unverified_uri), now).await?;
    let (parameters, client_id) = found.ok_or_else(refused)?;
    if params.get("client_id") != Some(client_id.as_str()) {
        return Err(refused());
    }
    // What the address says besides counts for nothing (RFC 9126 section 4).
    Params::parse(&parameters).map_err(|_| refused())
}
