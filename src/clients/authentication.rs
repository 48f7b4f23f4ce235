//! How a client proves who it is at the token endpoint (RFC 6749 section 2.3): `client_secret_basic`, `client_secret_post`, `private_key_jwt`, a token of its
//! platform, or `none`. Pure: [`presented`] reads what came, `may_use` says what counts for whom; the verb [`super::authenticate`] looks the client and its keys
//! up and compares.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};

use super::policy::authentication::Allowed;
use super::{Client, Registration};
use crate::db::Revision;
use crate::jose::{Jws, JwsError};
use crate::secret::{SecretToken, TokenHash};

/// The only kind of assertion there is (RFC 7523 section 2.2).
pub const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// The longest assertion, in bytes; tokens of platforms are long.
const ASSERTION_BYTES_MAX: usize = 16 * 1024;

/// A client that has proved who it is; the only way to redeem a code or use a refresh token. A public client has proved nothing but is known: PKCE and the
/// binding of codes protect it.
#[derive(Clone, Debug)]
pub struct AuthenticatedClient {
    pub(super) client: Arc<Client>,
    pub(super) method: Method,
    pub(super) revision: Option<Revision>,
}

impl AuthenticatedClient {
    /// What was read before it was let in: copies that are as new are good enough for this request. `None` when nothing was.
    pub const fn revision(&self) -> Option<Revision> {
        self.revision
    }

    /// How it proved itself, for policies that want it done well.
    pub const fn method(&self) -> Method {
        self.method
    }
}

impl std::ops::Deref for AuthenticatedClient {
    type Target = Client;
    fn deref(&self) -> &Client {
        &self.client
    }
}

/// How a client proved who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Not at all: a public client.
    None,
    /// A secret in the header.
    ClientSecretBasic,
    /// A secret in the form.
    ClientSecretPost,
    /// A JWT signed with its own key.
    PrivateKeyJwt,
    /// A token of the platform it runs on.
    Workload,
}

impl Method {
    /// As the metadata and the log name it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::ClientSecretBasic => "client_secret_basic",
            Self::ClientSecretPost => "client_secret_post",
            Self::PrivateKeyJwt => "private_key_jwt",
            Self::Workload => "workload",
        }
    }

    /// Whether the client showed that it holds a key, without giving a secret away: what FAPI 2.0 wants (security profile, section 5.3.2.1).
    pub const fn is_asymmetric(self) -> bool {
        matches!(self, Self::PrivateKeyJwt | Self::Workload)
    }
}

/// Why a client was not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotAuthenticated {
    /// More than one method, or a `client_id` that contradicts the header: `invalid_request`.
    Contradictory,
    /// No client, or not its secret: `invalid_client`.
    Refused,
    /// Its assertion does not count, for this reason: `invalid_client`. Printable ASCII for the app's developer.
    Assertion(&'static str),
}

/// What of a request says who its client is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sent<'a> {
    /// The `Authorization` header.
    pub authorization: Option<&'a str>,
    /// `client_id` of the form.
    pub client_id: Option<&'a str>,
    /// `client_secret` of the form.
    pub client_secret: Option<&'a str>,
    /// `client_assertion_type` of the form.
    pub assertion_type: Option<&'a str>,
    /// `client_assertion` of the form.
    pub assertion: Option<&'a str>,
}

/// What a request presents.
#[derive(Clone, Debug)]
pub struct Presented(pub(super) Proof);

/// The one proof a request has.
#[derive(Clone, Debug)]
pub(super) enum Proof {
    /// Names and secrets in the order to try: as decoded, then as they came. Without a secret it is a public client, or nobody.
    Secret { candidates: Vec<(String, Option<SecretToken>)>, method: Method },
    /// A JWT, not verified yet, and the client the form names.
    Assertion { client_id: Option<String>, jws: Box<Jws> },
}

/// Reads what came.
///
/// # Errors
/// `Contradictory` for two methods at once, `Refused` when there is no client to be seen, `Assertion` for one that cannot be read.
pub fn presented(sent: Sent<'_>) -> Result<Presented, NotAuthenticated> {
    // An empty secret is what libraries send for a public client.
    let client_secret = sent.client_secret.filter(|secret| !secret.is_empty());
    let ways = [sent.authorization.is_some(), client_secret.is_some(), sent.assertion.is_some() || sent.assertion_type.is_some()];
    if ways.into_iter().filter(|way| *way).count() > 1 {
        return Err(NotAuthenticated::Contradictory);
    }
    if sent.assertion.is_some() || sent.assertion_type.is_some() {
        return assertion(sent).map(Presented).map_err(NotAuthenticated::Assertion);
    }
    match sent.authorization {
        Some(header) => {
            let candidates = basic(header).ok_or(NotAuthenticated::Refused)?;
            // Many clients repeat their id in the body; it must be the same one.
            if sent.client_id.is_some_and(|id| candidates.iter().all(|(candidate, _)| candidate != id)) {
                return Err(NotAuthenticated::Contradictory);
            }
            Ok(Presented(Proof::Secret { candidates, method: Method::ClientSecretBasic }))
        }
        None => {
            let id = sent.client_id.ok_or(NotAuthenticated::Refused)?;
            let candidates = vec![(id.to_owned(), client_secret.map(SecretToken::unverified))];
            Ok(Presented(Proof::Secret { candidates, method: Method::ClientSecretPost }))
        }
    }
}

fn assertion(sent: Sent<'_>) -> Result<Proof, &'static str> {
    if sent.assertion_type != Some(ASSERTION_TYPE) {
        return Err("client_assertion_type must be urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
    }
    let jws = Jws::parse(sent.assertion.ok_or("client_assertion is missing")?, ASSERTION_BYTES_MAX).map_err(why)?;
    Ok(Proof::Assertion { client_id: sent.client_id.map(str::to_owned), jws: Box::new(jws) })
}

/// What is wrong with an assertion, for the app's developer.
pub(super) const fn why(error: JwsError) -> &'static str {
    match error {
        JwsError::TooLong => "the client_assertion is too long",
        JwsError::Malformed => "the client_assertion is not a signed JWT",
        JwsError::Algorithm => "the client_assertion is signed with an algorithm that is not accepted for this client",
        JwsError::Critical => "the client_assertion demands an extension that is not supported (crit)",
        JwsError::Key | JwsError::UnknownKey => "the client_assertion is signed with a key that is not registered for this client",
        JwsError::Signature => "the signature of the client_assertion is wrong",
        JwsError::Claims => "a claim of the client_assertion is missing or has the wrong form",
    }
}

/// Whether a client may prove itself in this way.
pub(super) fn may_use(registration: &Registration, method: Method) -> bool {
    let policy = &registration.policies.authentication;
    match method {
        Method::None => registration.is_public,
        _ if registration.is_public => false,
        Method::ClientSecretBasic => matches!(policy.method, Allowed::Secret | Allowed::ClientSecretBasic),
        Method::ClientSecretPost => matches!(policy.method, Allowed::Secret | Allowed::ClientSecretPost),
        Method::PrivateKeyJwt => policy.method == Allowed::PrivateKeyJwt,
        // Beside whatever else it uses: programs move over one by one.
        Method::Workload => !policy.workloads.is_empty(),
    }
}

/// RFC 6749 section 2.3.1 has id and secret form-encoded inside Basic; many clients leave that out, so the text as it came is tried too.
fn basic(header: &str) -> Option<Vec<(String, Option<SecretToken>)>> {
    let (scheme, encoded) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let encoded = encoded.trim();
    let bytes = STANDARD.decode(encoded).or_else(|_| STANDARD_NO_PAD.decode(encoded)).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let (id, secret) = text.split_once(':')?;
    let pair = |id: String, secret: String| (id, (!secret.is_empty()).then(|| SecretToken::unverified(&secret)));
    let raw = pair(id.to_owned(), secret.to_owned());
    Some(match (form_decoded(id), form_decoded(secret)) {
        (Some(decoded_id), Some(decoded_secret)) if (decoded_id.as_str(), decoded_secret.as_str()) != (id, secret) => {
            vec![pair(decoded_id, decoded_secret), raw]
        }
        _ => vec![raw],
    })
}

/// Decodes one `application/x-www-form-urlencoded` value; `None` when a decoder would have to guess.
fn form_decoded(text: &str) -> Option<String> {
    let pairs: Vec<(String, String)> = serde_urlencoded::from_str(&format!("v={}", text.replace('&', "%26"))).ok()?;
    pairs.into_iter().next().map(|(_, value)| value)
}

/// Which of the client's secrets was presented. Looks at all of them, so that the time tells nothing.
pub(super) fn which_of<'a>(presented: &SecretToken, known: impl IntoIterator<Item = &'a TokenHash>) -> Option<&'a TokenHash> {
    let hash = presented.hash();
    known.into_iter().fold(None, |found, known| if known.matches(&hash) { Some(known) } else { found })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::base64url;

    fn header(text: &str) -> String {
        format!("Basic {}", STANDARD.encode(text))
    }

    fn sent<'a>(authorization: Option<&'a str>, client_id: Option<&'a str>, client_secret: Option<&'a str>) -> Sent<'a> {
        Sent { authorization, client_id, client_secret, ..Sent::default() }
    }

    fn ids(presented: &Presented) -> Vec<(&str, Option<&str>)> {
        let Proof::Secret { candidates, .. } = &presented.0 else { panic!("{presented:?}") };
        candidates.iter().map(|(id, secret)| (id.as_str(), secret.as_ref().map(SecretToken::reveal))).collect()
    }

    #[test]
    fn basic_credentials_are_form_decoded_and_tried_raw_too() {
        let seen = presented(sent(Some(&header("wiki:a%2Db+c")), None, None)).unwrap();
        assert_eq!(ids(&seen), [("wiki", Some("a-b c")), ("wiki", Some("a%2Db+c"))]);
        let seen = presented(sent(Some(&header("wiki:plain-secret_~.")), Some("wiki"), None)).unwrap();
        assert_eq!(ids(&seen), [("wiki", Some("plain-secret_~."))]);
        let seen = presented(sent(Some(&header("wiki:a&b=c:d")), None, None)).unwrap();
        assert_eq!(ids(&seen)[0], ("wiki", Some("a&b=c:d")));
    }

    #[test]
    fn a_client_proves_itself_in_one_way_only() {
        let refused = |sent: Sent<'_>| presented(sent).unwrap_err();
        assert_eq!(refused(sent(Some(&header("a:b")), None, Some("b"))), NotAuthenticated::Contradictory);
        assert_eq!(refused(sent(Some(&header("a:b")), Some("c"), None)), NotAuthenticated::Contradictory);
        let both = |sent| Sent { assertion: Some("a.b.c"), assertion_type: Some(ASSERTION_TYPE), ..sent };
        let basic = header("a:b");
        assert_eq!(refused(both(sent(Some(&basic), None, None))), NotAuthenticated::Contradictory);
        assert_eq!(refused(both(sent(None, Some("a"), Some("b")))), NotAuthenticated::Contradictory);
        for bad in ["Bearer abc", "Basic", "Basic !!!", "Basic YQ=="] {
            assert_eq!(refused(sent(Some(bad), None, None)), NotAuthenticated::Refused, "{bad}");
        }
        assert_eq!(refused(sent(None, None, Some("b"))), NotAuthenticated::Refused);
    }

    #[test]
    fn an_assertion_is_read_only_when_it_says_that_it_is_one() {
        let token = format!("{}.e30.AA", base64url(br#"{"alg":"ES256"}"#));
        let read = |assertion_type, assertion| presented(Sent { assertion_type, assertion, client_id: Some("a"), ..Sent::default() });
        assert!(matches!(read(Some(ASSERTION_TYPE), Some(token.as_str())).unwrap().0, Proof::Assertion { client_id: Some(id), .. } if id == "a"));
        let long = format!("{token}{}", "A".repeat(ASSERTION_BYTES_MAX));
        let unsigned = format!("{}.e30.", base64url(br#"{"alg":"none"}"#));
        for (assertion_type, assertion) in [
            (None, Some(token.as_str())),
            (Some("urn:ietf:params:oauth:client-assertion-type:saml2-bearer"), Some(token.as_str())),
            (Some(ASSERTION_TYPE), None),
            (Some(ASSERTION_TYPE), Some("")),
            (Some(ASSERTION_TYPE), Some(long.as_str())),
            (Some(ASSERTION_TYPE), Some(unsigned.as_str())),
        ] {
            assert!(matches!(read(assertion_type, assertion), Err(NotAuthenticated::Assertion(_))), "{assertion_type:?} {assertion:?}");
        }
    }

    #[test]
    fn a_client_uses_the_way_it_is_registered_for_and_no_other() {
        use super::super::policy::authentication::{Authentication, Workload};
        const ALL: [Method; 5] = [Method::None, Method::ClientSecretBasic, Method::ClientSecretPost, Method::PrivateKeyJwt, Method::Workload];
        let ways = |is_public, method, workloads: usize| {
            let mut registration = Registration { is_public, ..Registration::default() };
            registration.policies.authentication =
                Authentication { method, workloads: vec![Workload::default(); workloads], ..Authentication::default() };
            ALL.into_iter().filter(|method| may_use(&registration, *method)).map(Method::as_str).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(ways(false, Allowed::Secret, 0), "client_secret_basic client_secret_post");
        assert_eq!(ways(false, Allowed::Secret, 1), "client_secret_basic client_secret_post workload");
        assert_eq!(ways(false, Allowed::ClientSecretBasic, 0), "client_secret_basic");
        assert_eq!(ways(false, Allowed::ClientSecretPost, 0), "client_secret_post");
        assert_eq!(ways(false, Allowed::PrivateKeyJwt, 0), "private_key_jwt");
        assert_eq!(ways(false, Allowed::Workload, 1), "workload");
        assert_eq!(ways(true, Allowed::PrivateKeyJwt, 1), "none");
    }

    #[test]
    fn any_of_several_secrets_fits_and_nothing_else() {
        let (a, b, c) = (SecretToken::new(""), SecretToken::new(""), SecretToken::new(""));
        let known = [a.hash(), b.hash()];
        assert_eq!((which_of(&a, &known), which_of(&b, &known)), (Some(&known[0]), Some(&known[1])));
        assert!(which_of(&c, &known).is_none() && which_of(&c, &[]).is_none());
    }
}
