//! Signed authorization requests (RFC 9101). Where a request comes as a JWT, what the JWT says is the request and nothing beside it: parameters outside count for
//! nothing but to find the client and, when the JWT is refused, to tell it so (section 6.3; OpenID Connect Core, section 6.1, would mix the two).

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::error::{AuthorizeError, AuthorizeErrorCode};
use super::params::Params;
use super::request;
use crate::app::App;
use crate::clients::{self, Client};
use crate::clock::Timestamp;
use crate::jose::{Audience, Header, Jws, JwsError, NumericDate};

/// The longest request object, in bytes.
const BYTES_MAX: usize = 16 * 1024;
/// How far clocks may be apart.
const SKEW: Duration = Duration::from_secs(30);
/// How long a request object is good for at most, and how old it may be, under the strict rules (FAPI 2.0 message signing, section 5.3.1).
const STRICT_LASTS_AT_MOST: Duration = Duration::from_secs(60 * 60);

/// Claims about the object itself.
#[derive(Clone, Debug, Deserialize)]
struct About {
    iss: Option<String>,
    sub: Option<String>,
    aud: Option<Audience>,
    exp: Option<NumericDate>,
    nbf: Option<NumericDate>,
    iat: Option<NumericDate>,
}

/// A request object that does not count.
pub(super) struct Refused {
    /// What is known of the request: what the object says once the client has signed it, otherwise what stands beside it.
    params: Box<Params>,
    pub(super) error: AuthorizeErrorCode,
    pub(super) description: &'static str,
}

/// What counts of a request that may have come as a JWT: what the JWT says when there is one, otherwise the request as it came.
///
/// # Errors
/// [`AuthorizeError`], told to the client where the request names a redirect URI of its; a database that cannot be read looks like an unknown client and is logged.
pub(super) async fn open(app: &App, params: Params, now: Timestamp) -> Result<Params, AuthorizeError> {
    if !params.has("request") || params.any_repeated(&["client_id", "request"]) {
        return Ok(params);
    }
    let client = match (params.get("client_id"), app.db.read().await) {
        (Some(client_id), Ok(mut conn)) => clients::find_by_client_id(&mut conn, client_id).await,
        (None, _) => Ok(None),
        (_, Err(error)) => Err(error),
    };
    match client {
        Ok(Some(client)) => open_of(app, &params, &client, now).await.map_err(|refused| {
            let Refused { params, error, description } = refused;
            request::refuse_early(&params, &client, error, description)
        }),
        // `validate` says so.
        Ok(None) => Ok(params),
        Err(error) => {
            tracing::error!(%error, "a client cannot be read");
            Ok(params)
        }
    }
}

/// [`open`] for a client that is known. The request has the parameter `request`.
///
/// # Errors
/// [`Refused`].
pub(super) async fn open_of(app: &App, params: &Params, client: &Client, now: Timestamp) -> Result<Params, Refused> {
    use AuthorizeErrorCode::{InvalidRequest, InvalidRequestObject, RequestNotSupported};
    let refuse = |params: &Params, error: AuthorizeErrorCode, description: &'static str| {
        tracing::info!(client.id = client.client_id, error = error.as_str(), "refused a request object: {description}");
        Err(Refused { params: Box::new(params.clone()), error, description })
    };
    let policy = &client.registration.policies.authentication;
    if params.has("request_uri") {
        return refuse(params, InvalidRequest, "request and request_uri exclude each other");
    }
    if !policy.has_keys() {
        return refuse(params, RequestNotSupported, "no keys are registered for this client, so its request objects cannot be checked");
    }
    let jws = match Jws::parse(params.get("request").unwrap_or_default(), BYTES_MAX) {
        Ok(jws) if is_kind(jws.header()) => jws,
        Ok(_) => return refuse(params, InvalidRequestObject, "typ of the request object says that it is something else"),
        Err(error) => return refuse(params, InvalidRequestObject, why(error)),
    };
    let verified = clients::keys::verify(app, client, &jws, &policy.request_object_algs(), now).await;
    let claims: Map<String, Value> = match verified.and_then(|verified| verified.claims()) {
        Ok(claims) => claims,
        Err(error) => return refuse(params, InvalidRequestObject, why(error)),
    };
    let inner = match parameters(&claims, &client.client_id) {
        Ok(inner) => inner,
        Err(why) => return refuse(params, InvalidRequestObject, why),
    };
    // From here on its redirect URI is the client's word.
    match check(&claims, client, app.config.origin.as_str(), now) {
        Ok(()) => Ok(inner),
        Err(why) => refuse(&inner, InvalidRequestObject, why),
    }
}

fn is_kind(header: &Header) -> bool {
    header.typ.is_none() || header.is_typ("JWT") || header.is_typ("oauth-authz-req+jwt")
}

const fn why(error: JwsError) -> &'static str {
    match error {
        JwsError::TooLong => "the request object is too long",
        JwsError::Malformed => "the request object is not a signed JWT",
        JwsError::Algorithm => "the request object is not signed, or with an algorithm that is not accepted for this client",
        JwsError::Critical => "the request object demands an extension that is not supported (crit)",
        JwsError::Key | JwsError::UnknownKey => "the request object is signed with a key that is not registered for this client",
        JwsError::Signature => "the signature of the request object is wrong",
        JwsError::Claims => "the request object holds no JSON object",
    }
}

/// The parameters a request object holds, as they would have come in the address. A member that is no string is written as JSON, which `max_age` and `claims` are.
fn parameters(claims: &Map<String, Value>, client_id: &str) -> Result<Params, &'static str> {
    // RFC 9101 section 4: or there would be no end.
    if claims.contains_key("request") || claims.contains_key("request_uri") {
        return Err("a request object must not hold request or request_uri");
    }
    let mut pairs: Vec<(&str, String)> = Vec::new();
    for name in request::NAMES {
        match claims.get(*name) {
            None | Some(Value::Null) => {}
            Some(Value::String(text)) => pairs.push((*name, text.clone())),
            // RFC 8707 section 2.1: several resources are an array here.
            Some(Value::Array(several)) if *name == "resource" => {
                pairs.extend(several.iter().filter_map(Value::as_str).map(|one| (*name, one.to_owned())));
            }
            Some(other) => pairs.push((*name, other.to_string())),
        }
    }
    let encoded = serde_urlencoded::to_string(pairs).map_err(|_| "the request object cannot be read")?;
    let params = Params::parse(&encoded).map_err(|_| "the request object cannot be read")?;
    match params.get("client_id") {
        Some(inner) if inner == client_id => Ok(params),
        _ => Err("client_id in the request object must be the one beside it"),
    }
}

/// Who made it, for whom, and when.
fn check(claims: &Map<String, Value>, client: &Client, issuer: &str, now: Timestamp) -> Result<(), &'static str> {
    let about = About::deserialize(&Value::Object(claims.clone())).map_err(|_| "a claim of the request object has the wrong form")?;
    if about.iss.as_ref().is_some_and(|iss| *iss != client.client_id) {
        return Err("iss of the request object must be the client_id");
    }
    // What names the client as its subject is a client assertion (RFC 9101 section 10.8).
    if about.sub.as_ref().is_some_and(|sub| *sub == client.client_id) {
        return Err("sub of the request object must not be the client_id");
    }
    if about.aud.as_ref().is_some_and(|aud| !aud.contains(issuer)) {
        return Err("aud of the request object must be the issuer of this server");
    }
    if about.exp.is_some_and(|exp| exp.0 + SKEW <= now) {
        return Err("the request object has run out (exp)");
    }
    if [about.nbf, about.iat].into_iter().flatten().any(|at| at.0 > now + SKEW) {
        return Err("the request object is not good yet (nbf or iat)");
    }
    if client.registration.policies.authentication.strict {
        let (Some(_), Some(exp), Some(nbf)) = (about.aud, about.exp, about.nbf) else {
            return Err("the request object of this client must have aud, exp and nbf");
        };
        if exp.0.since(nbf.0) > STRICT_LASTS_AT_MOST || now.since(nbf.0) > STRICT_LASTS_AT_MOST {
            return Err("the request object of this client may be good for an hour at most (nbf, exp)");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oidc::request::tests::client;
    use serde_json::json;

    const ISSUER: &str = "https://id.example.org";
    const NOW: i64 = 1_700_000_000;

    fn object(more: &Value) -> Map<String, Value> {
        let mut claims = json!({ "client_id": "wiki", "redirect_uri": "https://wiki.example.org/cb", "scope": "openid" });
        claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        claims.as_object().unwrap().clone()
    }

    #[test]
    fn what_the_object_says_is_the_request() {
        let params = parameters(
            &object(&json!({ "max_age": 60, "claims": { "id_token": { "email": null } }, "state": "a b&c", "extra": 1, "nonce": null })),
            "wiki",
        )
        .unwrap();
        assert_eq!((params.get("max_age"), params.get("state"), params.get("nonce"), params.get("extra")), (Some("60"), Some("a b&c"), None, None));
        assert_eq!(params.get("claims"), Some(r#"{"id_token":{"email":null}}"#));
        for bad in [
            json!({ "request": "x" }),
            json!({ "request_uri": "x" }),
            json!({ "client_id": "other" }),
            json!({ "client_id": 7 }),
            json!({ "state": "\0" }),
        ] {
            assert!(parameters(&object(&bad), "wiki").is_err(), "{bad}");
        }
        let mut nameless = object(&json!({}));
        nameless.remove("client_id");
        assert!(parameters(&nameless, "wiki").is_err());
    }

    #[test]
    fn an_object_is_the_clients_for_us_and_in_time() {
        let mut wiki = client();
        let passes = |client: &Client, more: Value| check(&object(&more), client, ISSUER, Timestamp::from_seconds(NOW)).is_ok();
        for good in [
            json!({}),
            json!({ "iss": "wiki", "aud": ISSUER, "exp": NOW + 60, "nbf": NOW + 8, "iat": NOW + 8 }),
            json!({ "aud": [ISSUER, "https://other.example"] }),
            json!({ "exp": NOW + 86_400 }),
            json!({ "sub": "somebody" }),
        ] {
            assert!(passes(&wiki, good.clone()), "{good}");
        }
        for bad in [
            json!({ "iss": "other" }),
            json!({ "aud": "https://other.example" }),
            json!({ "exp": NOW - 300 }),
            json!({ "nbf": NOW + 61 }),
            json!({ "iat": NOW + 61 }),
            json!({ "exp": "soon" }),
            json!({ "sub": "wiki" }),
        ] {
            assert!(!passes(&wiki, bad.clone()), "{bad}");
        }
        wiki.registration.policies.authentication.strict = true;
        let strict = |exp: i64, nbf: i64| json!({ "aud": ISSUER, "exp": NOW + exp, "nbf": NOW + nbf });
        assert!(passes(&wiki, strict(60, 0)) && passes(&wiki, strict(3_600, 0)) && passes(&wiki, strict(60, 8)));
        assert!(!passes(&wiki, strict(3_601, 0)) && !passes(&wiki, strict(60, -3_700)));
        assert!(!passes(&wiki, json!({ "exp": NOW + 60, "nbf": NOW })) && !passes(&wiki, json!({ "aud": ISSUER, "exp": NOW + 60 })));
    }
}
