//! Secrets as types. A [`SecretToken`] is shown once and never stored; a [`TokenHash`] is what the database keeps; a [`Sealer`] encrypts what must be
//! read back (bind passwords, signing keys). The only user of the operating system's randomness besides `id`.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::{constant_time, digest, rand};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use zeroize::Zeroizing;

/// Random bytes from the operating system.
///
/// # Panics
/// When the operating system has no randomness to give; nothing safe could be done then.
pub fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    rand::fill(&mut bytes).expect("invariant: the operating system gives randomness");
    bytes
}

/// SHA-256. Enough for what has full entropy (tokens of 256 random bits); never for what a person chose.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest::digest(&digest::SHA256, bytes).as_ref());
    hash
}

/// Base64url without padding (RFC 4648 section 5).
pub fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Decodes base64url without padding; `None` when the text is anything else.
pub fn from_base64url(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

/// Whether two byte strings are equal, in a time that tells nothing of where they differ.
pub fn equal(a: &[u8], b: &[u8]) -> bool {
    constant_time::verify_slices_are_equal(a, b).is_ok()
}

/// A bearer secret of 256 random bits, as text with a short prefix that says what it opens (`muster_at_…`), so that scanners find leaks.
/// Shown once; only its [`hash`](Self::hash) is stored.
#[derive(Clone)]
pub struct SecretToken(Zeroizing<String>);

impl SecretToken {
    /// A new secret: `prefix` and 43 characters of base64url.
    pub fn new(prefix: &str) -> Self {
        Self(Zeroizing::new(format!("{prefix}{}", base64url(&random_bytes::<32>()))))
    }

    /// A secret made of a MAC: as hard to guess as the MAC's key, and the same for the same text.
    pub fn derived(prefix: &str, mac: &[u8]) -> Self {
        Self(Zeroizing::new(format!("{prefix}{}", base64url(mac))))
    }

    /// Takes a secret that came from outside, to be looked up by its hash.
    pub fn unverified(text: &str) -> Self {
        Self(Zeroizing::new(text.to_owned()))
    }

    /// The text itself, for the one response that shows it.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What the database keeps.
    pub fn hash(&self) -> TokenHash {
        TokenHash(sha256(self.0.as_bytes()).to_vec())
    }
}

impl fmt::Debug for SecretToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretToken(…)")
    }
}

/// The SHA-256 of a [`SecretToken`]: the only form a store function accepts.
#[derive(Clone, PartialEq, Eq, Hash, sqlx::Type)]
#[sqlx(transparent)]
pub struct TokenHash(Vec<u8>);

impl TokenHash {
    /// The hash of a text that came from outside.
    pub fn of(unverified_text: &str) -> Self {
        SecretToken::unverified(unverified_text).hash()
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Compares in constant time.
    pub fn matches(&self, other: &Self) -> bool {
        equal(&self.0, &other.0)
    }
}

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenHash(…)")
    }
}

impl From<&TokenHash> for crate::db::Value {
    fn from(hash: &TokenHash) -> Self {
        Self::Bytes(Some(hash.0.clone()))
    }
}

/// A secret an administrator typed (a bind password): kept out of logs, wiped when dropped.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Password(Zeroizing<String>);

impl Password {
    /// Wraps the text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The text, for the call that needs it.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether nothing was typed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_empty() { "Password(empty)" } else { "Password(…)" })
    }
}

/// Seals with AES-256-GCM under the key made from `ENCRYPTION_KEY`. What a seal is for is bound into it, so one sealed value cannot stand in for another.
pub struct Sealer(RandomizedNonceKey);

/// The seal is broken: another `ENCRYPTION_KEY`, another purpose, or changed bytes.
#[derive(Debug, thiserror::Error)]
#[error("the value cannot be unsealed: it was sealed with another ENCRYPTION_KEY, for another purpose, or was altered")]
pub struct Unsealable;

impl Sealer {
    /// A sealer for one 256-bit key.
    pub fn new(key: &[u8; 32]) -> Self {
        Self(RandomizedNonceKey::new(&AES_256_GCM, key).expect("invariant: an AES-256 key has 32 bytes"))
    }

    /// Encrypts and authenticates; the result is nonce, ciphertext and tag.
    pub fn seal(&self, purpose: &str, plaintext: &[u8]) -> Vec<u8> {
        let mut buffer = plaintext.to_vec();
        let nonce = self.0.seal_in_place_append_tag(Aad::from(purpose), &mut buffer).expect("invariant: AES-GCM seals what fits in memory");
        [nonce.as_ref().as_slice(), &buffer].concat()
    }

    /// Decrypts what [`seal`](Self::seal) made for the same purpose.
    ///
    /// # Errors
    /// [`Unsealable`] when key, purpose or bytes differ.
    pub fn unseal(&self, purpose: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Unsealable> {
        let (nonce, ciphertext) = sealed.split_at_checked(NONCE_LEN).ok_or(Unsealable)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| Unsealable)?;
        let mut buffer = Zeroizing::new(ciphertext.to_vec());
        let length = self.0.open_in_place(nonce, Aad::from(purpose), &mut buffer).map_err(|_| Unsealable)?.len();
        buffer.truncate(length);
        Ok(buffer)
    }

    /// [`seal`](Self::seal) as base64url text, for a column or a URL.
    pub fn seal_text(&self, purpose: &str, plaintext: &str) -> String {
        base64url(&self.seal(purpose, plaintext.as_bytes()))
    }

    /// [`unseal`](Self::unseal) of [`seal_text`](Self::seal_text).
    ///
    /// # Errors
    /// [`Unsealable`] when the text is not one sealed here for this purpose.
    pub fn unseal_text(&self, purpose: &str, unverified_sealed: &str) -> Result<Zeroizing<String>, Unsealable> {
        let bytes = self.unseal(purpose, &from_base64url(unverified_sealed).ok_or(Unsealable)?)?;
        Ok(Zeroizing::new(String::from_utf8(bytes.to_vec()).map_err(|_| Unsealable)?))
    }
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealer(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_value_opens_with_the_same_key_and_purpose_only() {
        let sealer = Sealer::new(&[7; 32]);
        let sealed = sealer.seal_text("bind password", "s3cret");
        assert_eq!(sealer.unseal_text("bind password", &sealed).unwrap().as_str(), "s3cret");
        assert!(sealer.unseal_text("signing key", &sealed).is_err());
        assert!(Sealer::new(&[8; 32]).unseal_text("bind password", &sealed).is_err());
        assert!(sealer.unseal_text("bind password", &sealed[..sealed.len() - 2]).is_err());
        assert!(sealer.unseal_text("bind password", "").is_err());
    }

    #[test]
    fn secrets_do_not_print() {
        let token = SecretToken::new("muster_at_");
        assert!(!format!("{token:?}{:?}{:?}", token.hash(), Password::new("hunter2")).contains("hunter2"));
        assert!(token.reveal().len() == "muster_at_".len() + 43);
    }

    #[test]
    fn two_secrets_differ_and_so_do_their_hashes() {
        let (a, b) = (SecretToken::new(""), SecretToken::new(""));
        assert!(!a.hash().matches(&b.hash()));
        assert!(a.hash().matches(&TokenHash::of(a.reveal())));
    }
}
