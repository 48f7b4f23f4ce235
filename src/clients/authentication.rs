//! How a client proves who it is at the token endpoint (RFC 6749 section 2.3): `client_secret_basic`, `client_secret_post` or `none`. Pure; the verb
//! [`super::authenticate`] looks the client up and compares.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};

use super::Client;
use crate::secret::{SecretToken, TokenHash};

/// A client that has proved who it is; the only way to redeem a code or use a refresh token. A public client has proved nothing but is known: PKCE and the
/// binding of codes protect it.
#[derive(Clone, Debug)]
pub struct AuthenticatedClient(pub(super) Client);

impl std::ops::Deref for AuthenticatedClient {
    type Target = Client;
    fn deref(&self) -> &Client {
        &self.0
    }
}

/// Why a client was not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotAuthenticated {
    /// More than one method, or a `client_id` that contradicts the header: `invalid_request`.
    Contradictory,
    /// No client, or not its secret: `invalid_client`.
    Refused,
}

/// What a request presents.
#[derive(Clone, Debug)]
pub struct Presented {
    /// In the order to try: as decoded, then as it came.
    pub(super) candidates: Vec<(String, Option<SecretToken>)>,
}

/// Reads the `Authorization` header and the form's `client_id` and `client_secret`.
///
/// # Errors
/// `Contradictory` for two methods at once, `Refused` when there is no client to be seen.
pub fn presented(authorization: Option<&str>, client_id: Option<&str>, client_secret: Option<&str>) -> Result<Presented, NotAuthenticated> {
    // An empty secret is what libraries send for a public client.
    let client_secret = client_secret.filter(|secret| !secret.is_empty());
    match authorization {
        Some(header) => {
            if client_secret.is_some() {
                return Err(NotAuthenticated::Contradictory);
            }
            let candidates = basic(header).ok_or(NotAuthenticated::Refused)?;
            // Many clients repeat their id in the body; it must be the same one.
            if client_id.is_some_and(|id| candidates.iter().all(|(candidate, _)| candidate != id)) {
                return Err(NotAuthenticated::Contradictory);
            }
            Ok(Presented { candidates })
        }
        None => {
            let id = client_id.ok_or(NotAuthenticated::Refused)?;
            Ok(Presented { candidates: vec![(id.to_owned(), client_secret.map(SecretToken::unverified))] })
        }
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

/// Whether the secret presented is one of the client's. Looks at all of them, so that the time tells nothing.
pub(super) fn is_one_of(presented: &SecretToken, known: &[TokenHash]) -> bool {
    let hash = presented.hash();
    known.iter().fold(false, |found, known| known.matches(&hash) | found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(text: &str) -> String {
        format!("Basic {}", STANDARD.encode(text))
    }

    fn ids(presented: &Presented) -> Vec<(&str, Option<&str>)> {
        presented.candidates.iter().map(|(id, secret)| (id.as_str(), secret.as_ref().map(SecretToken::reveal))).collect()
    }

    #[test]
    fn basic_credentials_are_form_decoded_and_tried_raw_too() {
        let seen = presented(Some(&header("wiki:a%2Db+c")), None, None).unwrap();
        assert_eq!(ids(&seen), [("wiki", Some("a-b c")), ("wiki", Some("a%2Db+c"))]);
        let seen = presented(Some(&header("wiki:plain-secret_~.")), Some("wiki"), None).unwrap();
        assert_eq!(ids(&seen), [("wiki", Some("plain-secret_~."))]);
        let seen = presented(Some(&header("wiki:a&b=c:d")), None, None).unwrap();
        assert_eq!(ids(&seen)[0], ("wiki", Some("a&b=c:d")));
    }

    #[test]
    fn a_client_proves_itself_in_one_way_only() {
        assert_eq!(presented(Some(&header("a:b")), None, Some("b")).unwrap_err(), NotAuthenticated::Contradictory);
        assert_eq!(presented(Some(&header("a:b")), Some("c"), None).unwrap_err(), NotAuthenticated::Contradictory);
        for bad in ["Bearer abc", "Basic", "Basic !!!", "Basic YQ=="] {
            assert_eq!(presented(Some(bad), None, None).unwrap_err(), NotAuthenticated::Refused, "{bad}");
        }
        assert_eq!(presented(None, None, Some("b")).unwrap_err(), NotAuthenticated::Refused);
    }

    #[test]
    fn any_of_several_secrets_fits_and_nothing_else() {
        let (a, b, c) = (SecretToken::new(""), SecretToken::new(""), SecretToken::new(""));
        let known = [a.hash(), b.hash()];
        assert!(is_one_of(&a, &known) && is_one_of(&b, &known));
        assert!(!is_one_of(&c, &known) && !is_one_of(&c, &[]));
    }
}
