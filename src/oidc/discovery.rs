//! What apps read about this server: its metadata (OpenID Connect Discovery, section 3; RFC 8414) and its public keys.

use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderValue, IF_NONE_MATCH};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use openidconnect::core::{
    CoreAuthDisplay, CoreClaimName, CoreClaimType, CoreClientAuthMethod, CoreGrantType, CoreJsonWebKey, CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm, CoreResponseMode, CoreResponseType, CoreSubjectIdentifierType,
};
use openidconnect::{
    AdditionalProviderMetadata, AuthUrl, AuthenticationContextClass, IssuerUrl, JsonWebKeySetUrl, ProviderMetadata, ResponseTypes, TokenUrl,
    UserInfoUrl,
};
use serde::{Deserialize, Serialize};

use super::keys::{Published, jws_alg};
use super::{acr, claims, scope};
use crate::app::App;
use crate::config::Origin;
use crate::error::AppError;
use crate::jose::Alg;

/// Metadata openidconnect has no field for. Only names that are registered (IANA OAuth authorization server metadata).
#[derive(Clone, Debug, Serialize, Deserialize)]
struct More {
    end_session_endpoint: String,
    introspection_endpoint: String,
    introspection_endpoint_auth_methods_supported: Vec<String>,
    introspection_endpoint_auth_signing_alg_values_supported: Vec<String>,
    revocation_endpoint: String,
    revocation_endpoint_auth_methods_supported: Vec<String>,
    revocation_endpoint_auth_signing_alg_values_supported: Vec<String>,
    code_challenge_methods_supported: Vec<String>,
    prompt_values_supported: Vec<String>,
    pushed_authorization_request_endpoint: String,
    require_pushed_authorization_requests: bool,
    require_signed_request_object: bool,
    device_authorization_endpoint: String,
    authorization_response_iss_parameter_supported: bool,
    backchannel_logout_supported: bool,
    backchannel_logout_session_supported: bool,
    frontchannel_logout_supported: bool,
    frontchannel_logout_session_supported: bool,
}

impl AdditionalProviderMetadata for More {}

type Metadata = ProviderMetadata<
    More,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

/// The metadata of the server at this origin.
///
/// # Errors
/// When the origin is no URL, which the configuration has made sure of.
pub fn document(origin: &Origin) -> anyhow::Result<Published> {
    let words = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
    let proofs = words(&["client_secret_basic", "client_secret_post", "private_key_jwt"]);
    let algs = || Alg::ALL.map(jws_alg).to_vec();
    let alg_words = || words(&Alg::ALL.map(Alg::as_str));
    let more = More {
        end_session_endpoint: origin.url("/api/oidc/end-session"),
        introspection_endpoint: origin.url("/api/oidc/introspect"),
        introspection_endpoint_auth_methods_supported: proofs.clone(),
        introspection_endpoint_auth_signing_alg_values_supported: alg_words(),
        revocation_endpoint: origin.url("/api/oidc/revoke"),
        revocation_endpoint_auth_methods_supported: [proofs, words(&["none"])].concat(),
        revocation_endpoint_auth_signing_alg_values_supported: alg_words(),
        code_challenge_methods_supported: words(&["S256"]),
        prompt_values_supported: words(&["none", "login", "consent", "select_account"]),
        pushed_authorization_request_endpoint: origin.url("/api/oidc/par"),
        // Of single clients only.
        require_pushed_authorization_requests: false,
        require_signed_request_object: false,
        device_authorization_endpoint: origin.url("/api/oidc/device/authorize"),
        authorization_response_iss_parameter_supported: true,
        backchannel_logout_supported: true,
        backchannel_logout_session_supported: true,
        frontchannel_logout_supported: true,
        frontchannel_logout_session_supported: true,
    };
    let metadata = Metadata::new(
        IssuerUrl::new(origin.as_str().to_owned())?,
        AuthUrl::new(origin.url("/authorize"))?,
        JsonWebKeySetUrl::new(origin.url("/.well-known/jwks.json"))?,
        vec![ResponseTypes::new(vec![CoreResponseType::Code])],
        vec![CoreSubjectIdentifierType::Public, CoreSubjectIdentifierType::Pairwise],
        algs(),
        more,
    )
    .set_token_endpoint(Some(TokenUrl::new(origin.url("/api/oidc/token"))?))
    .set_userinfo_endpoint(Some(UserInfoUrl::new(origin.url("/api/oidc/userinfo"))?))
    .set_scopes_supported(Some(scope::Scope::ALL.iter().map(|scope| openidconnect::Scope::new(scope.as_str().to_owned())).collect()))
    .set_response_modes_supported(Some(vec![CoreResponseMode::Query, CoreResponseMode::Fragment, CoreResponseMode::FormPost]))
    .set_acr_values_supported(Some(acr::Class::ALL.iter().map(|class| AuthenticationContextClass::new(class.as_str().to_owned())).collect()))
    .set_grant_types_supported(Some(vec![
        CoreGrantType::AuthorizationCode,
        CoreGrantType::RefreshToken,
        CoreGrantType::ClientCredentials,
        CoreGrantType::DeviceCode,
    ]))
    .set_token_endpoint_auth_methods_supported(Some(vec![
        CoreClientAuthMethod::ClientSecretBasic,
        CoreClientAuthMethod::ClientSecretPost,
        CoreClientAuthMethod::PrivateKeyJwt,
        CoreClientAuthMethod::None,
    ]))
    .set_token_endpoint_auth_signing_alg_values_supported(Some(algs()))
    .set_claim_types_supported(Some(vec![CoreClaimType::Normal]))
    .set_claims_supported(Some(claims::NAMES.iter().map(|&name| CoreClaimName::new(name.to_owned())).collect()))
    .set_claims_parameter_supported(Some(true))
    .set_request_parameter_supported(Some(true))
    .set_request_object_signing_alg_values_supported(Some(algs()))
    // The default would be true (Discovery, section 3).
    .set_request_uri_parameter_supported(Some(false));
    Ok(Published::new(&metadata)?)
}

/// `GET /.well-known/openid-configuration` and `GET /.well-known/oauth-authorization-server`.
pub async fn metadata(State(app): State<App>, headers: HeaderMap) -> Result<Response, AppError> {
    Ok(serve(&app.metadata, &headers))
}

/// `GET /.well-known/jwks.json`.
pub async fn jwks(State(app): State<App>, headers: HeaderMap) -> Response {
    serve(app.keys.current().published(), &headers)
}

fn serve(published: &Published, headers: &HeaderMap) -> Response {
    const FIVE_MINUTES: HeaderValue = HeaderValue::from_static("public, max-age=300");
    let known = headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok()).flat_map(|line| line.split(','));
    // Weak comparison, as RFC 9110 section 13.1.2 wants it; a compressing layer may have weakened the tag.
    let unchanged = known.map(|tag| tag.trim().trim_start_matches("W/")).any(|tag| tag == published.etag || tag == "*");
    let caching = [(CACHE_CONTROL, FIVE_MINUTES), (ETAG, HeaderValue::from_str(&published.etag).unwrap_or(HeaderValue::from_static("\"\"")))];
    if unchanged {
        return (StatusCode::NOT_MODIFIED, caching).into_response();
    }
    (caching, [(CONTENT_TYPE, HeaderValue::from_static("application/json"))], published.body.clone()).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    /// The one module of the Config plan, and the members of it that need no server to ask.
    #[test]
    fn oidcc_discovery_endpoint_verification() {
        let origin = Origin::parse("https://id.example.org").unwrap();
        let metadata: Value = serde_json::from_slice(&document(&origin).unwrap().body).unwrap();
        assert_eq!(metadata["issuer"], "https://id.example.org");
        let endpoints = metadata.as_object().unwrap().iter().filter(|(name, _)| name.ends_with("_endpoint") || name.ends_with("_uri"));
        let mut count = 0;
        for (name, value) in endpoints {
            assert!(value.as_str().is_some_and(|address| address.starts_with("https://id.example.org/")), "{name}: {value}");
            count += 1;
        }
        assert!(count >= 9);
        for name in ["authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri", "end_session_endpoint"] {
            assert!(metadata[name].is_string(), "{name}");
        }
        let list = |name: &str| metadata[name].as_array().unwrap_or_else(|| panic!("{name}")).clone();
        assert_eq!(
            (list("response_types_supported"), list("subject_types_supported")),
            (vec![json!("code")], vec![json!("public"), json!("pairwise")])
        );
        assert!(list("id_token_signing_alg_values_supported").contains(&json!("RS256")));
        assert!(!list("id_token_signing_alg_values_supported").contains(&json!("none")));
        assert!(list("scopes_supported").contains(&json!("openid")) && list("scopes_supported").contains(&json!("address")));
        for name in ["claims_supported", "grant_types_supported", "code_challenge_methods_supported", "token_endpoint_auth_methods_supported"] {
            assert!(!list(name).is_empty(), "{name}");
        }
        for name in ["request_object_signing_alg_values_supported", "token_endpoint_auth_signing_alg_values_supported"] {
            assert!(list(name).contains(&json!("RS256")) && list(name).contains(&json!("PS256")) && !list(name).contains(&json!("none")), "{name}");
        }
        // What is not offered is not named, and what would count as offered when unnamed is named as not.
        assert_eq!((&metadata["request_parameter_supported"], &metadata["request_uri_parameter_supported"]), (&json!(true), &json!(false)));
        for name in ["registration_endpoint", "check_session_iframe", "userinfo_signing_alg_values_supported"] {
            assert!(metadata.get(name).is_none(), "{name}");
        }
    }
}
