//! What goes wrong in the protocol. [`AuthorizeError`] ends at a browser, [`OAuthError`] at a program.

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue, PRAGMA, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Json, Response};
use serde::Serialize;
use serde_json::json;

use super::answer::ReplyTo;
use crate::clients::{Authentication, NotAuthenticated};
use crate::jose::Alg;

/// Why an authorization request was not answered with a code. The variant is the security rule of RFC 6749 section 4.1.2.1: an answer goes to a redirect
/// URI only after that URI has been found to be the client's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuthorizeError {
    /// Client or redirect URI cannot be trusted: the person sees a page, nobody is redirected.
    ShowPage {
        /// The heading.
        title: String,
        /// What is wrong and who can mend it.
        message: String,
    },
    /// The client is told.
    Redirect {
        /// A redirect URI of the client, and how it wants its answer.
        reply_to: ReplyTo,
        /// The error code.
        error: AuthorizeErrorCode,
        /// For the app's developer: printable ASCII without quotes and backslashes.
        description: &'static str,
    },
}

/// Error codes of the authorization endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthorizeErrorCode {
    /// RFC 6749 section 4.1.2.1.
    InvalidRequest,
    /// RFC 6749 section 4.1.2.1.
    InvalidScope,
    /// RFC 6749 section 4.1.2.1.
    AccessDenied,
    /// RFC 6749 section 4.1.2.1.
    UnsupportedResponseType,
    /// RFC 8707 section 2.
    InvalidTarget,
    /// OpenID Connect Core, section 3.1.2.6.
    LoginRequired,
    /// OpenID Connect Core, section 3.1.2.6.
    ConsentRequired,
    /// OpenID Connect Core Error Code unmet_authentication_requirements 1.0.
    UnmetAuthenticationRequirements,
    /// RFC 9101 section 7: the request object cannot be read, or nobody who counts signed it.
    InvalidRequestObject,
    /// OpenID Connect Core, section 3.1.2.6.
    RequestNotSupported,
    /// OpenID Connect Core, section 3.1.2.6.
    RequestUriNotSupported,
    /// OpenID Connect Core, section 3.1.2.6.
    RegistrationNotSupported,
}

impl AuthorizeErrorCode {
    /// As the client reads it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::InvalidScope => "invalid_scope",
            Self::AccessDenied => "access_denied",
            Self::UnsupportedResponseType => "unsupported_response_type",
            Self::InvalidTarget => "invalid_target",
            Self::LoginRequired => "login_required",
            Self::ConsentRequired => "consent_required",
            Self::UnmetAuthenticationRequirements => "unmet_authentication_requirements",
            Self::InvalidRequestObject => "invalid_request_object",
            Self::RequestNotSupported => "request_not_supported",
            Self::RequestUriNotSupported => "request_uri_not_supported",
            Self::RegistrationNotSupported => "registration_not_supported",
        }
    }
}

/// An error for a program: JSON (RFC 6749 section 5.2), or a challenge (RFC 6750 section 3).
#[derive(Debug)]
pub enum OAuthError {
    /// The request is malformed.
    InvalidRequest(&'static str),
    /// The client is unknown or did not prove who it is. Status 401 with a challenge.
    InvalidClient,
    /// The client's assertion does not count (RFC 7523 section 3.2).
    InvalidAssertion(&'static str),
    /// The code or refresh token is not (or no longer) good for this client.
    InvalidGrant(&'static str),
    /// The grant type is not offered.
    UnsupportedGrantType,
    /// More was asked for than was granted.
    InvalidScope(&'static str),
    /// RFC 8707 section 2: the API is not known, or not open to the client or grant.
    InvalidTarget(&'static str),
    /// RFC 9449 section 5: the proof of the key is missing or wrong.
    InvalidDpopProof(&'static str),
    /// RFC 9449 section 8: the proof must hold this nonce.
    UseDpopNonce(String),
    /// The client may not do this.
    UnauthorizedClient(&'static str),
    /// A pushed request that the authorization endpoint would refuse (RFC 9126 section 2.3).
    Authorization(AuthorizeErrorCode, &'static str),
    /// RFC 9126 section 2.3: more requests than may be; seconds to wait.
    TooMany(u64),
    /// RFC 8628 section 3.5: nobody has decided yet.
    AuthorizationPending,
    /// RFC 8628 section 3.5: asked too often.
    SlowDown,
    /// RFC 8628 section 3.5: the person said no.
    AccessDenied,
    /// RFC 8628 section 3.5: nobody decided in time.
    ExpiredToken,
    /// RFC 7009: what kind of token it is cannot be handled.
    UnsupportedTokenType,
    /// Userinfo without an access token: a bare challenge, no error code (RFC 6750 section 3.1).
    NoToken,
    /// Userinfo with an access token that is unknown, expired or revoked.
    InvalidToken,
    /// Userinfo with an access token that does not include `openid`.
    InsufficientScope,
    /// Ours.
    Internal(anyhow::Error),
}

impl From<sqlx::Error> for OAuthError {
    fn from(error: sqlx::Error) -> Self {
        Self::Internal(error.into())
    }
}

impl From<anyhow::Error> for OAuthError {
    fn from(error: anyhow::Error) -> Self {
        Self::Internal(error)
    }
}

impl From<NotAuthenticated> for OAuthError {
    fn from(failed: NotAuthenticated) -> Self {
        match failed {
            NotAuthenticated::Contradictory => Self::InvalidRequest("use one client authentication method, with one client_id"),
            NotAuthenticated::Refused => Self::InvalidClient,
            NotAuthenticated::Assertion(why) => Self::InvalidAssertion(why),
        }
    }
}

impl From<Authentication> for OAuthError {
    fn from(failed: Authentication) -> Self {
        match failed {
            Authentication::Failed(why) => why.into(),
            Authentication::Internal(error) => error.into(),
        }
    }
}

impl OAuthError {
    /// Error code and description, for an administrator.
    pub(super) fn for_people(&self) -> String {
        let (_, error, description, _) = self.parts();
        format!("{error} ({description})")
    }

    /// Status, error code, description, challenge.
    const fn parts(&self) -> (StatusCode, &'static str, &'static str, Option<&'static str>) {
        const BAD: StatusCode = StatusCode::BAD_REQUEST;
        match self {
            Self::InvalidRequest(why) => (BAD, "invalid_request", why, None),
            Self::InvalidClient => (
                StatusCode::UNAUTHORIZED,
                "invalid_client",
                "the client is unknown, its secret is wrong, or it may not prove itself in this way",
                Some("Basic realm=\"token\""),
            ),
            Self::InvalidAssertion(why) => (StatusCode::UNAUTHORIZED, "invalid_client", why, Some("Basic realm=\"token\"")),
            Self::InvalidGrant(why) => (BAD, "invalid_grant", why, None),
            Self::UnsupportedGrantType => (BAD, "unsupported_grant_type", "the grant_type is not one of those the metadata names", None),
            Self::InvalidScope(why) => (BAD, "invalid_scope", why, None),
            Self::InvalidTarget(why) => (BAD, "invalid_target", why, None),
            Self::InvalidDpopProof(why) => (BAD, "invalid_dpop_proof", why, None),
            Self::UseDpopNonce(_) => (BAD, "use_dpop_nonce", "put the nonce of the DPoP-Nonce header into the proof", None),
            Self::UnauthorizedClient(why) => (BAD, "unauthorized_client", why, None),
            Self::Authorization(error, why) => (BAD, error.as_str(), why, None),
            Self::TooMany(_) => (
                StatusCode::TOO_MANY_REQUESTS,
                "temporarily_unavailable",
                "too many requests were pushed from this address; wait and try again",
                None,
            ),
            Self::AuthorizationPending => (BAD, "authorization_pending", "the person has not decided yet", None),
            Self::SlowDown => (BAD, "slow_down", "ask less often", None),
            Self::AccessDenied => (BAD, "access_denied", "the person did not agree", None),
            Self::ExpiredToken => (BAD, "expired_token", "nobody decided in time; start again", None),
            Self::UnsupportedTokenType => (BAD, "unsupported_token_type", "only access and refresh tokens can be revoked", None),
            Self::NoToken => (StatusCode::UNAUTHORIZED, "invalid_token", "send an access token", Some("Bearer")),
            Self::InvalidToken => (
                StatusCode::UNAUTHORIZED,
                "invalid_token",
                "the access token is unknown, expired or revoked",
                Some("Bearer error=\"invalid_token\", error_description=\"the access token is unknown, expired or revoked\""),
            ),
            Self::InsufficientScope => (
                StatusCode::FORBIDDEN,
                "insufficient_scope",
                "the access token does not include the scope openid",
                Some("Bearer error=\"insufficient_scope\", scope=\"openid\""),
            ),
            Self::Internal(_) => (StatusCode::INTERNAL_SERVER_ERROR, "server_error", "something went wrong on our side; try again", None),
        }
    }
}

impl OAuthError {
    /// What a resource says in `WWW-Authenticate` (RFC 6750 section 3, RFC 9449 section 7.1, RFC 9728 section 5.1): the scheme, the error where there is
    /// one to name, and where the resource describes itself. `None` for errors that are not about the token.
    pub(super) fn challenge(&self, is_dpop: bool, metadata: &str) -> Option<String> {
        let (scheme, algs) =
            if is_dpop { ("DPoP", format!(", algs=\"{}\"", Alg::STRICT.map(Alg::as_str).join(" "))) } else { ("Bearer", String::new()) };
        let (_, error, description, _) = self.parts();
        let said = match self {
            Self::NoToken => String::new(),
            Self::InvalidToken | Self::InvalidDpopProof(_) | Self::UseDpopNonce(_) => {
                format!("error=\"{error}\", error_description=\"{description}\", ")
            }
            Self::InsufficientScope => format!("error=\"{error}\", scope=\"openid\", "),
            _ => return None,
        };
        Some(format!("{scheme} {said}resource_metadata=\"{metadata}\"{algs}"))
    }
}

/// What a program was told, for those who look on ([`super::last_errors`]).
#[derive(Clone, Copy, Debug)]
pub struct Refusal {
    /// The error code.
    pub(super) error: &'static str,
    /// What was wrong.
    pub(super) description: &'static str,
}

impl IntoResponse for OAuthError {
    fn into_response(self) -> Response {
        let (status, error, description, challenge) = self.parts();
        match &self {
            // One line with the cause; `web::request_log` adds the one with the status.
            Self::Internal(cause) => tracing::error!(cause = format!("{cause:#}"), "a protocol request failed"),
            other => tracing::info!(error, description, "refused a protocol request: {other:?}"),
        }
        let mut headers = no_store();
        if let Some(challenge) = challenge {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        if let Self::UseDpopNonce(nonce) = &self
            && let Ok(nonce) = HeaderValue::from_str(nonce)
        {
            headers.insert(DPOP_NONCE, nonce);
        }
        if let Self::TooMany(seconds) = &self {
            headers.insert(RETRY_AFTER, HeaderValue::from(*seconds));
        }
        let mut response = (status, headers, Json(json!({ "error": error, "error_description": description }))).into_response();
        response.extensions_mut().insert(Refusal { error, description });
        response
    }
}

/// The header that brings a nonce for DPoP proofs (RFC 9449 section 8.1).
pub const DPOP_NONCE: HeaderName = HeaderName::from_static("dpop-nonce");

/// RFC 6749 section 5.1: answers that may hold tokens are stored by nobody.
pub fn no_store() -> HeaderMap {
    const NO_STORE: [(HeaderName, HeaderValue); 2] =
        [(CACHE_CONTROL, HeaderValue::from_static("no-store")), (PRAGMA, HeaderValue::from_static("no-cache"))];
    HeaderMap::from_iter(NO_STORE)
}

/// An answer with tokens or with what they open, which nobody may keep.
pub fn kept_nowhere(answer: &impl Serialize) -> Response {
    /// As long as most answers, in bytes.
    const LENGTH: usize = 1_500;
    /// As many headers as an answer has, those that every answer carries included.
    const HEADERS: usize = 20;
    let mut body = Vec::with_capacity(LENGTH);
    if let Err(error) = serde_json::to_writer(&mut body, answer) {
        return OAuthError::Internal(error.into()).into_response();
    }
    let mut response = Response::new(Body::from(body));
    let headers = response.headers_mut();
    headers.reserve(HEADERS);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.extend(no_store());
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptions_keep_to_the_characters_rfc_6749_allows() {
        let errors = [
            OAuthError::InvalidClient,
            OAuthError::UnsupportedGrantType,
            OAuthError::UnsupportedTokenType,
            OAuthError::NoToken,
            OAuthError::InvalidToken,
            OAuthError::InsufficientScope,
            OAuthError::TooMany(1),
        ];
        for error in errors {
            let (_, _, description, _) = error.parts();
            assert!(description.bytes().all(|b| matches!(b, 0x20..=0x21 | 0x23..=0x5b | 0x5d..=0x7e)), "{description}");
        }
    }
}
