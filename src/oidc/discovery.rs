//! What apps read about this server: its metadata (OpenID Connect Discovery, section 3; RFC 8414) and its public keys.

use axum::body::Body;
use axum::extract::State;
use axum::http::header::{
    ACCEPT_ENCODING, ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, HeaderValue, IF_NONE_MATCH, VARY,
};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
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
use super::{acr, claims, exchange, resources, scope};
use crate::app::App;
use crate::config::Origin;
use crate::error::AppError;
use crate::jose::Alg;
use crate::settings::{RegistrationMode, Settings};

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
    dpop_signing_alg_values_supported: Vec<String>,
    protected_resources: Vec<String>,
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
        dpop_signing_alg_values_supported: Alg::STRICT.map(|alg| alg.as_str().to_owned()).to_vec(),
        protected_resources: vec![resources::userinfo(origin)],
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
        CoreGrantType::Extension(exchange::GRANT_TYPE.to_owned()),
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
    Published::new(&metadata)
}

/// The metadata as it is under each way the settings can be: nothing is printed per request.
#[derive(Clone, Debug)]
pub struct Variants {
    /// By whether apps may register themselves, and whether documents are client IDs.
    variants: [[Published; 2]; 2],
}

impl Variants {
    /// Prints every variant.
    ///
    /// # Errors
    /// As [`document`].
    pub fn new(origin: &Origin) -> anyhow::Result<Self> {
        let plain = document(origin)?;
        let variant = |registration: bool, documents: bool| -> anyhow::Result<Published> {
            let mut metadata: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(&plain.body)?;
            if registration {
                metadata.insert("registration_endpoint".to_owned(), origin.url("/api/oidc/register").into());
            }
            metadata.insert("client_id_metadata_document_supported".to_owned(), documents.into());
            Published::new(&metadata)
        };
        Ok(Self { variants: [[variant(false, false)?, variant(false, true)?], [variant(true, false)?, variant(true, true)?]] })
    }

    /// What holds under these settings.
    pub fn of(&self, settings: &Settings) -> &Published {
        &self.variants[usize::from(settings.client_registration != RegistrationMode::Off)][usize::from(settings.client_documents)]
    }
}

/// `GET /.well-known/openid-configuration` and `GET /.well-known/oauth-authorization-server`.
pub async fn metadata(State(app): State<App>, headers: HeaderMap) -> Result<Response, AppError> {
    Ok(serve(app.metadata.of(&app.settings()), &headers))
}

/// `GET /.well-known/jwks.json`.
pub async fn jwks(State(app): State<App>, headers: HeaderMap) -> Response {
    serve(app.keys.current().published(), &headers)
}

/// How many headers an answer with a document has, those that every answer carries included.
const HEADERS: usize = 20;

/// The answer with a document. Apps that run in a browser read it from their own origin, so it says itself that they may: for what so many ask and nobody may
/// change, that is all a layer would do.
fn serve(published: &Published, headers: &HeaderMap) -> Response {
    const FIVE_MINUTES: HeaderValue = HeaderValue::from_static("public, max-age=300");
    const EVERYONE: HeaderValue = HeaderValue::from_static("*");
    let known = headers.get_all(IF_NONE_MATCH).iter().flat_map(|line| line.as_bytes().split(|byte| *byte == b',')).map(<[u8]>::trim_ascii);
    // Weak comparison, as RFC 9110 section 13.1.2 wants it; the compressed form has a weak tag.
    let is_known = known.map(|tag| tag.strip_prefix(b"W/").unwrap_or(tag)).any(|tag| tag == published.etag.as_bytes() || tag == b"*");
    let is_compressed = !is_known && takes_gzip(headers);
    let (status, body, etag) = match (is_known, is_compressed) {
        (true, _) => (StatusCode::NOT_MODIFIED, Body::empty(), &published.etag),
        (false, true) => (StatusCode::OK, Body::from(published.gzip.clone()), &published.weak_etag),
        (false, false) => (StatusCode::OK, Body::from(published.body.clone()), &published.etag),
    };
    // Room for these and for what every answer carries, made once.
    let mut said = HeaderMap::with_capacity(HEADERS);
    said.insert(CACHE_CONTROL, FIVE_MINUTES);
    // Said with every form, or a cache would take one for all (RFC 9110, sections 12.5.5 and 15.4.5).
    said.insert(VARY, HeaderValue::from_static("accept-encoding"));
    said.insert(ETAG, etag.clone());
    said.insert(ACCESS_CONTROL_ALLOW_ORIGIN, EVERYONE);
    if !is_known {
        said.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    if is_compressed {
        said.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    let mut response = Response::new(body);
    (*response.status_mut(), *response.headers_mut()) = (status, said);
    response
}

/// Whether the answer may come compressed with gzip (RFC 9110 section 12.5.3).
fn takes_gzip(headers: &HeaderMap) -> bool {
    let codings = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok()).flat_map(|line| line.split(','));
    codings.map(|coding| coding.split_once(';').unwrap_or((coding, ""))).any(|(coding, weight)| {
        let is_refused = weight
            .trim()
            .strip_prefix(['q', 'Q'])
            .and_then(|weight| weight.strip_prefix('='))
            .and_then(|weight| weight.parse().ok())
            .is_some_and(|weight: f32| weight <= 0.0);
        coding.trim().eq_ignore_ascii_case("gzip") && !is_refused
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn compressed_bytes_go_to_whoever_takes_them_and_are_the_same_document() {
        use std::io::Read as _;
        let document = Published::new(&json!({ "issuer": "https://id.example.org" })).unwrap();
        let mut text = Vec::new();
        flate2::read::GzDecoder::new(&document.gzip[..]).read_to_end(&mut text).unwrap();
        assert_eq!(text, document.body);
        let served = |accepted: &str| {
            let headers = HeaderMap::from_iter([(ACCEPT_ENCODING, accepted.parse().unwrap())]);
            serve(&document, &headers).headers().contains_key(CONTENT_ENCODING)
        };
        assert!(served("gzip") && served("br, GZIP;q=0.5") && !served("br") && !served("gzip;q=0, br") && !served("identity"));
        let known = HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static("gzip")), (IF_NONE_MATCH, document.weak_etag.clone())]);
        assert_eq!(serve(&document, &known).status(), StatusCode::NOT_MODIFIED);
    }

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
