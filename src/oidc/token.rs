//! The token endpoint (RFC 6749 sections 4.1.3 and 6): a code or a refresh token in, tokens out.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::error::{DPOP_NONCE, OAuthError, kept_nowhere};
use super::mint::Wanted;
use super::params::Params;
use super::{device, dpop, exchange, last_errors, redeem};
use crate::app::App;
use crate::clients::metadata_document::{self, Unusable};
use crate::clients::{self, Audiences, AuthenticatedClient, Sent};
use crate::clock::Timestamp;
use crate::db::Revision;
use crate::secret::{base64url, equal, sha256};
use crate::web;

/// A successful answer (RFC 6749 section 5.1; OpenID Connect Core, section 3.1.3.3).
#[derive(Serialize)]
pub struct Tokens {
    /// Opens userinfo.
    pub access_token: String,
    /// What a token exchange gave (RFC 8693 section 2.2.1).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issued_token_type: Option<&'static str>,
    /// `Bearer` (RFC 6750), or `DPoP` for a token that is bound to a key (RFC 9449).
    pub token_type: &'static str,
    /// Seconds the access token is good for.
    pub expires_in: u64,
    /// What the access token covers; left out when there is nothing to name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub scope: String,
    /// Who the person is; given when `openid` was granted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_token: Option<String>,
    /// Given when `offline_access` was granted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    /// The nonce for the client's next DPoP proof; a header of the answer.
    #[serde(skip)]
    pub dpop_nonce: Option<String>,
}

impl IntoResponse for Tokens {
    fn into_response(self) -> Response {
        let mut response = kept_nowhere(&self);
        if let Some(nonce) = self.dpop_nonce.as_deref().and_then(|nonce| HeaderValue::from_str(nonce).ok()) {
            response.headers_mut().insert(DPOP_NONCE, nonce);
        }
        response
    }
}

/// `POST /api/oidc/token`.
pub async fn post(State(app): State<App>, browser: web::Client, headers: HeaderMap, body: Bytes) -> Result<Tokens, OAuthError> {
    let now = app.clock.now();
    let params = form(&headers, &body)?;
    let grant_type = params.get("grant_type").ok_or(OAuthError::InvalidRequest("grant_type is missing"))?;
    up_to_date(&app, &params, &browser, now).await?;
    let looked = redeem::look_up(&app, &params, now).await?;
    let client = authenticate_as_of(&app, &headers, &params, looked.as_of()).await?;
    let mut proof = proof_of_key(&app, &headers, &client, now)?;
    let jkt = proof.as_ref().map(|proof| proof.jkt.clone());
    // Anybody can be a public client, and send it proofs without end. Who holds nothing that can be used as it is has nothing written down until something is given.
    let is_nobody = client.registration.is_public && matches!(looked, redeem::Looked::Nothing);
    if let Some(proof) = proof.take_if(|_| !is_nobody) {
        proof.use_up(&app, now).await?;
    }
    if params.is_repeated("resource") && grant_type != exchange::GRANT_TYPE {
        return Err(OAuthError::InvalidTarget("an access token is for one resource; ask for each of them"));
    }
    let wanted = Wanted { scope: params.get("scope"), resource: params.get("resource"), jkt: jkt.as_deref(), kept: None, follows: None };
    let given = match grant_type {
        "authorization_code" => {
            let code = params.get("code").ok_or(OAuthError::InvalidRequest("code is missing"))?;
            let proof = Proof { redirect_uri: params.get("redirect_uri"), code_verifier: params.get("code_verifier") };
            // The authorization request said what for (RFC 6749 section 4.1.3 has no scope here).
            redeem::code(&app, &client, (code, looked), &proof, Wanted { scope: None, ..wanted }, &browser, now).await
        }
        "refresh_token" => {
            let refresh_token = params.get("refresh_token").ok_or(OAuthError::InvalidRequest("refresh_token is missing"))?;
            redeem::refresh(&app, &client, (refresh_token, looked), wanted, &browser, now).await
        }
        "client_credentials" => super::machine::grant(&app, &client, wanted, now).await,
        device::GRANT_TYPE => {
            let device_code = params.get("device_code").ok_or(OAuthError::InvalidRequest("device_code is missing"))?;
            Box::pin(device::redeem(&app, &client, device_code, Wanted { scope: None, ..wanted }, now)).await
        }
        exchange::GRANT_TYPE => Box::pin(exchange::grant(&app, &client, &params, wanted, &browser, now)).await,
        _ => Err(OAuthError::UnsupportedGrantType),
    };
    if let (Ok(_), Some(proof)) = (&given, proof) {
        Box::pin(proof.use_up(&app, now)).await?;
    }
    given.map(|tokens| Tokens { dpop_nonce: jkt.is_some().then(|| app.nonces.current(now)), ..tokens })
}

/// Sees to it that a client that is described by a document is the one it describes now. Such clients have no secret, so none comes in the header.
async fn up_to_date(app: &App, params: &Params, from: &web::Client, now: Timestamp) -> Result<(), OAuthError> {
    let Some(client_id) = last_errors::claimed(params, None) else { return Ok(()) };
    metadata_document::bring_up_to_date(app, &client_id, from, now).await.map_err(|unusable| match unusable {
        Unusable::Said(why) => {
            tracing::info!(client.id = client_id, "refused tokens: {why}");
            OAuthError::InvalidClient
        }
        Unusable::Internal(error) => error.into(),
    })
}

/// The proof of a key that a token request has; none is needed unless the client must prove one.
fn proof_of_key(app: &App, headers: &HeaderMap, client: &AuthenticatedClient, now: Timestamp) -> Result<Option<dpop::Proof>, OAuthError> {
    let policy = &client.registration.policies.tokens;
    let url = app.config.origin.url("/api/oidc/token");
    let expected = dpop::Expected { method: "POST", url: &url, access_token: None, with_nonce: policy.require_dpop_nonce };
    let proof = dpop::look(app, headers, expected, now)?;
    if proof.is_none() && policy.needs_dpop() {
        return Err(OAuthError::InvalidDpopProof("this client must send a DPoP proof"));
    }
    Ok(proof)
}

/// Reads a form body as RFC 6749 section 3.2 wants it: form-encoded, no parameter twice.
pub(super) fn form(headers: &HeaderMap, body: &Bytes) -> Result<Params, OAuthError> {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Err(OAuthError::InvalidRequest("the body must be application/x-www-form-urlencoded"));
    }
    let unreadable = OAuthError::InvalidRequest("the body cannot be read");
    let Some(params) = std::str::from_utf8(body).ok().and_then(|text| Params::parse(text).ok()) else { return Err(unreadable) };
    let names = [
        "grant_type",
        "code",
        "redirect_uri",
        "code_verifier",
        "client_id",
        "client_secret",
        "client_assertion",
        "client_assertion_type",
        "refresh_token",
        "scope",
        "token",
        "token_type_hint",
        "device_code",
        "subject_token",
        "subject_token_type",
        "actor_token",
        "actor_token_type",
        "requested_token_type",
    ];
    if params.any_repeated(&names) {
        return Err(OAuthError::InvalidRequest("a parameter came more than once"));
    }
    Ok(params)
}

/// Endpoints at which clients prove who they are.
const PROVING: [&str; 5] = ["/api/oidc/token", "/api/oidc/par", "/api/oidc/introspect", "/api/oidc/revoke", "/api/oidc/device/authorize"];

/// Finds out which client it is.
pub(super) async fn authenticate(app: &App, headers: &HeaderMap, params: &Params) -> Result<AuthenticatedClient, OAuthError> {
    authenticate_as_of(app, headers, params, None).await
}

/// The same, when it was read a moment ago how new copies of clients must be.
async fn authenticate_as_of(app: &App, headers: &HeaderMap, params: &Params, as_of: Option<Revision>) -> Result<AuthenticatedClient, OAuthError> {
    let authorization = match headers.get(AUTHORIZATION) {
        Some(value) => Some(value.to_str().map_err(|_| OAuthError::InvalidClient)?),
        None => None,
    };
    let presented = clients::presented(Sent {
        authorization,
        client_id: params.get("client_id"),
        client_secret: params.get("client_secret"),
        assertion_type: params.get("client_assertion_type"),
        assertion: params.get("client_assertion"),
    })?;
    let origin = &app.config.origin;
    let audiences = || Audiences { issuer: origin.as_str().to_owned(), endpoints: PROVING.map(|path| origin.url(path)).to_vec() };
    let client = clients::authenticate(app, &presented, audiences, as_of, app.clock.now()).await?;
    if !metadata_document::is_served(&app.settings(), &client) {
        return Err(OAuthError::InvalidClient);
    }
    if !client.registration.breaches().is_empty() {
        return Err(OAuthError::UnauthorizedClient(
            "this client keeps to FAPI 2.0 and has a setting that FAPI 2.0 forbids; save it again on its page",
        ));
    }
    Ok(client)
}

/// What the client adds to a code to prove that it asked for it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Proof<'a> {
    pub(super) redirect_uri: Option<&'a str>,
    pub(super) code_verifier: Option<&'a str>,
}

/// Checks what a code was bound to. A code asked for without challenge takes no verifier either: otherwise an attacker could strip the challenge from the
/// request and the client would not notice (RFC 9700 section 2.1.1).
pub(super) fn check_proof(proof: &Proof<'_>, redirect_uri: &str, code_challenge: Option<&str>) -> Result<(), &'static str> {
    if proof.redirect_uri != Some(redirect_uri) {
        return Err("redirect_uri differs from the one in the authorization request");
    }
    match (code_challenge, proof.code_verifier) {
        (None, None) => Ok(()),
        (None, Some(_)) => Err("a code_verifier came, but the authorization request had no code_challenge"),
        (Some(_), None) => Err("code_verifier is missing"),
        (Some(challenge), Some(verifier)) => {
            // RFC 7636 section 4.1.
            let well_formed = (43..=128).contains(&verifier.len()) && verifier.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b));
            let fits = equal(base64url(&sha256(verifier.as_bytes())).as_bytes(), challenge.as_bytes());
            if well_formed && fits { Ok(()) } else { Err("code_verifier does not fit the code_challenge") }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const URI: &str = "https://wiki.example.org/cb";
    // The example of RFC 7636, appendix B.
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    fn fits(redirect_uri: Option<&str>, code_verifier: Option<&str>, challenge: Option<&str>) -> bool {
        check_proof(&Proof { redirect_uri, code_verifier }, URI, challenge).is_ok()
    }

    #[test]
    fn a_code_is_worth_nothing_without_what_it_was_bound_to() {
        assert!(fits(Some(URI), Some(VERIFIER), Some(CHALLENGE)) && fits(Some(URI), None, None));
        assert!(!fits(None, None, None) && !fits(Some("https://wiki.example.org/cb/"), None, None));
        assert!(!fits(Some(URI), None, Some(CHALLENGE)), "verifier left out");
        assert!(!fits(Some(URI), Some(VERIFIER), None), "challenge stripped");
        assert!(!fits(Some(URI), Some(CHALLENGE), Some(CHALLENGE)), "plain");
        let long = "a".repeat(129);
        let challenge = base64url(&sha256(long.as_bytes()));
        assert!(!fits(Some(URI), Some(&long), Some(&challenge)));
    }
}
