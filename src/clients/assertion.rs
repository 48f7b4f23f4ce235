//! What an assertion must say (RFC 7523 section 3; OpenID Connect Core, section 9; draft-ietf-oauth-rfc7523bis). Pure.

use std::time::Duration;

use serde::Deserialize;

use super::policy::authentication::Workload;
use crate::clock::Timestamp;
use crate::id::ClientId;
use crate::jose::{Audience, Header, NumericDate};
use crate::secret::TokenHash;

/// How far clocks may be apart. FAPI 2.0 (security profile, section 5.3.2.1) wants 10 seconds borne and 60 refused.
pub(super) const SKEW: Duration = Duration::from_secs(30);
/// How long an assertion a client made may be good for: it is remembered that long.
const OWN_LASTS_AT_MOST: Duration = Duration::from_secs(60 * 60);
/// How long the token of a platform may be good for.
const WORKLOAD_LASTS_AT_MOST: Duration = Duration::from_secs(24 * 60 * 60);
/// The longest name of an assertion, in bytes.
const JTI_BYTES_MAX: usize = 1000;

/// The claims of an assertion.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Claims {
    pub(super) iss: String,
    pub(super) sub: String,
    aud: Audience,
    exp: NumericDate,
    nbf: Option<NumericDate>,
    iat: Option<NumericDate>,
    jti: Option<String>,
}

/// Who made an assertion, before anybody vouched for it.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Maker {
    pub(super) iss: String,
    pub(super) sub: String,
}

/// Names under which this server is addressed.
#[derive(Clone, Debug)]
pub struct Audiences {
    /// The issuer, which every client may use.
    pub issuer: String,
    /// Addresses of endpoints at which clients prove themselves; what OpenID Connect Core, section 9, has clients use.
    pub endpoints: Vec<String>,
}

/// Whose assertion it must be.
#[derive(Clone, Copy, Debug)]
pub(super) enum Expected<'a> {
    /// The client's own, for this server; `strict` for the issuer as one string only.
    Own { client_id: &'a str, strict: bool },
    /// A token of this platform.
    Workload(&'a Workload),
}

/// Whether the header says that this may be an assertion: tokens of other kinds must not serve as one (RFC 8725 section 3.11). Most clients say `JWT` or nothing.
pub(super) fn is_kind(header: &Header) -> bool {
    header.typ.is_none() || header.is_typ("JWT") || header.is_typ("client-authentication+jwt")
}

/// Checks the claims of an assertion whose signature was right; gives until when it could be used again, which is how long it must be remembered.
pub(super) fn check(claims: &Claims, expected: Expected<'_>, audiences: &Audiences, now: Timestamp) -> Result<Timestamp, &'static str> {
    let lasts_at_most = match expected {
        Expected::Own { client_id, strict } => {
            if claims.iss != client_id || claims.sub != client_id {
                return Err("iss and sub of the client_assertion must both be the client_id");
            }
            if !is_for_us(&claims.aud, audiences, strict) {
                return Err(if strict {
                    "aud of the client_assertion must be the issuer of this server, as one string"
                } else {
                    "aud of the client_assertion must be the issuer of this server"
                });
            }
            if claims.jti.is_none() {
                return Err("jti is missing in the client_assertion");
            }
            OWN_LASTS_AT_MOST
        }
        Expected::Workload(workload) => {
            if claims.iss != workload.issuer || !workload.admits(&claims.sub) {
                return Err("iss or sub of the client_assertion is not one this client trusts");
            }
            let audience = if workload.audience.is_empty() { &audiences.issuer } else { &workload.audience };
            if !claims.aud.contains(audience) {
                return Err("aud of the client_assertion is not the audience this client is registered with");
            }
            WORKLOAD_LASTS_AT_MOST
        }
    };
    if claims.jti.as_ref().is_some_and(|jti| jti.is_empty() || jti.len() > JTI_BYTES_MAX) {
        return Err("jti of the client_assertion is empty or too long");
    }
    if claims.exp.0 + SKEW <= now {
        return Err("the client_assertion has run out (exp)");
    }
    if claims.exp.0 > now + lasts_at_most + SKEW {
        return Err("the client_assertion is good for too long (exp); make a new one for each request");
    }
    if [claims.nbf, claims.iat].into_iter().flatten().any(|at| at.0 > now + SKEW) {
        return Err("the client_assertion is not good yet (nbf or iat); compare the clocks");
    }
    Ok(claims.exp.0 + SKEW)
}

/// An audience of several must be ours altogether: whoever else is named could use the assertion here.
fn is_for_us(aud: &Audience, audiences: &Audiences, strict: bool) -> bool {
    let is_ours = |one: &String| *one == audiences.issuer || audiences.endpoints.contains(one);
    match aud {
        _ if strict => aud.is_just(&audiences.issuer),
        Audience::One(one) => is_ours(one),
        Audience::Several(several) => !several.is_empty() && several.iter().all(is_ours),
    }
}

/// What is remembered of an assertion: who it came from and its `jti`; the token itself when it has none. `signed` is what the signature is about, for the
/// signature of the same could be written in another way.
pub(super) fn trace(client: ClientId, claims: &Claims, signed: &str) -> TokenHash {
    let name = claims.jti.as_deref().map_or_else(|| format!("token {signed}"), |jti| format!("jti {jti}"));
    TokenHash::of(&format!("{client} {} {} {name}", claims.iss.len(), claims.iss))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    const NOW: i64 = 1_700_000_000;

    fn audiences() -> Audiences {
        Audiences { issuer: "https://id.example.org".into(), endpoints: vec!["https://id.example.org/api/oidc/token".into()] }
    }

    fn claims(changed: &Value) -> Claims {
        let mut claims = json!({ "iss": "wiki", "sub": "wiki", "aud": "https://id.example.org", "exp": NOW + 60, "iat": NOW, "jti": "1" });
        for (name, value) in changed.as_object().unwrap() {
            claims[name] = value.clone();
        }
        serde_json::from_value(claims).unwrap()
    }

    fn own(changed: &Value, strict: bool) -> Result<Timestamp, &'static str> {
        check(&claims(changed), Expected::Own { client_id: "wiki", strict }, &audiences(), Timestamp::from_seconds(NOW))
    }

    #[test]
    fn the_audience_is_this_server_and_nobody_else() {
        let (issuer, token) = ("https://id.example.org", "https://id.example.org/api/oidc/token");
        for (aud, usually, strictly) in [
            (json!(issuer), true, true),
            (json!([issuer]), true, false),
            (json!(token), true, false),
            (json!([issuer, token]), true, false),
            (json!([issuer, "https://evil.example"]), false, false),
            (json!([]), false, false),
            (json!("https://id.example.org/"), false, false),
            (json!("https://evil.example"), false, false),
            (json!("wiki"), false, false),
        ] {
            assert_eq!((own(&json!({ "aud": aud }), false).is_ok(), own(&json!({ "aud": aud }), true).is_ok()), (usually, strictly), "{aud}");
        }
    }

    #[test]
    fn an_assertion_is_the_clients_own_fresh_and_has_a_name() {
        assert_eq!(own(&json!({}), false), Ok(Timestamp::from_seconds(NOW + 90)));
        for good in
            [json!({ "iat": NOW + 8, "nbf": NOW + 8 }), json!({ "exp": NOW - 8 }), json!({ "exp": NOW + 3600 }), json!({ "iat": NOW - 86_400 })]
        {
            assert!(own(&good, true).is_ok(), "{good}");
        }
        for bad in [
            json!({ "iss": "other" }),
            json!({ "sub": "other" }),
            json!({ "iss": "other", "sub": "other" }),
            json!({ "jti": null }),
            json!({ "jti": "" }),
            json!({ "jti": "x".repeat(1001) }),
            json!({ "exp": NOW - 300 }),
            json!({ "exp": NOW + 86_400 }),
            json!({ "nbf": NOW + 61 }),
            json!({ "iat": NOW + 61 }),
        ] {
            assert!(own(&bad, false).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_platforms_token_is_checked_for_issuer_subject_and_audience() {
        let workload = Workload { issuer: "https://ci.example".into(), subject: "repo:org/app:ref:*".into(), ..Workload::default() };
        let named = Workload { audience: "muster".into(), ..workload.clone() };
        let passes = |workload: &Workload, changed: &Value| {
            let mut all = json!({ "iss": "https://ci.example", "sub": "repo:org/app:ref:main" });
            all.as_object_mut().unwrap().extend(changed.as_object().unwrap().clone());
            check(&claims(&all), Expected::Workload(workload), &audiences(), Timestamp::from_seconds(NOW)).is_ok()
        };
        assert!(passes(&workload, &json!({})) && passes(&workload, &json!({ "jti": null, "exp": NOW + 3600 * 20 })));
        assert!(passes(&named, &json!({ "aud": ["muster", "vault"] })) && !passes(&named, &json!({})));
        assert!(!passes(&workload, &json!({ "sub": "repo:org/other:ref:main" })) && !passes(&workload, &json!({ "iss": "https://ci.example/" })));
        assert!(!passes(&workload, &json!({ "aud": "vault" })) && !passes(&workload, &json!({ "exp": NOW - 60 })));
    }

    #[test]
    fn an_assertion_is_known_again_by_its_jti_whatever_key_signed_it() {
        let (one, two) = (ClientId::new(), ClientId::new());
        let same = |a: &TokenHash, b: &TokenHash| a.matches(b);
        assert!(same(&trace(one, &claims(&json!({})), "x"), &trace(one, &claims(&json!({ "exp": NOW + 50 })), "y")));
        assert!(!same(&trace(one, &claims(&json!({})), "x"), &trace(two, &claims(&json!({})), "x")));
        assert!(!same(&trace(one, &claims(&json!({})), "x"), &trace(one, &claims(&json!({ "jti": "2" })), "x")));
        let nameless = claims(&json!({ "jti": null }));
        assert!(same(&trace(one, &nameless, "x"), &trace(one, &nameless, "x")) && !same(&trace(one, &nameless, "x"), &trace(one, &nameless, "y")));
    }
}
