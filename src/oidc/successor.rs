//! What follows on a refresh token that was exchanged. Each is good once, but an answer can get lost, and two tabs of an app may refresh at the same time: for a short
//! while the same question gets the same answer. So the refresh token that follows is made of the one before by a key of this installation. There is one chain only,
//! whoever asks: a thief who comes within that while gets no chain of their own, but the one the app goes on with, and whoever of the two comes second with the next
//! token ends both (RFC 9700 section 4.14.2).

use std::time::Duration;

use anyhow::Context as _;
use aws_lc_rs::hmac;

use super::store::Successor;
use crate::clock::Timestamp;
use crate::db::Db;
use crate::installation;
use crate::secret::{Sealer, SecretToken, base64url, from_base64url, random_bytes};

/// What refresh tokens begin with, so that scanners find leaks.
pub(super) const PREFIX: &str = "muster_rt_";
/// How long an exchanged refresh token gives the same one again.
const ANSWERED_AGAIN_WITHIN: Duration = Duration::from_secs(20);

/// Makes the refresh tokens that follow on others.
pub struct Successors(hmac::Key);

impl std::fmt::Debug for Successors {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Successors(…)")
    }
}

impl Successors {
    /// Reads the installation's key, after making one at the first start.
    ///
    /// # Errors
    /// When the database refuses or the key cannot be unsealed.
    pub async fn open(db: &Db, sealer: &Sealer) -> anyhow::Result<Self> {
        const PURPOSE: &str = "successors of refresh tokens";
        let new = sealer.seal_text(PURPOSE, &base64url(&random_bytes::<32>()));
        let sealed = installation::get_or_set(db, "refresh_successor_key", &new).await?;
        let key = sealer.unseal_text(PURPOSE, &sealed).context("the key of refresh tokens")?;
        Ok(Self::new(&from_base64url(&key).context("the key of refresh tokens")?))
    }

    fn new(key: &[u8]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, key))
    }

    /// The refresh token that follows on this one. Nobody can tell without the key, also who has the one before.
    pub(super) fn of(&self, before: &SecretToken) -> SecretToken {
        SecretToken::derived(PREFIX, hmac::sign(&self.0, before.reveal().as_bytes()).as_ref())
    }
}

/// What the second use of a refresh token means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SecondUse {
    /// The answer to the first did not arrive, or two came at once: it is answered as before.
    AnsweredAgain,
    /// Two parties have it.
    Theft,
    /// What it gave is not known any more. Nothing is given, and nobody is accused.
    Unknown,
}

/// Judges a second use at `now` of a refresh token that was used at `used_at`, by whoever proved to hold the key `jkt`. Once the successor was used its answer has
/// arrived; one that is bound to another key was given to somebody else.
pub(super) fn second_use(used_at: Timestamp, successor: Option<&Successor>, jkt: Option<&str>, now: Timestamp) -> SecondUse {
    match successor {
        _ if now.since(used_at) > ANSWERED_AGAIN_WITHIN => SecondUse::Theft,
        None => SecondUse::Unknown,
        Some(successor) if successor.used_at.is_none() && successor.jkt.as_deref() == jkt => SecondUse::AnsweredAgain,
        Some(_) => SecondUse::Theft,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_follows_is_the_same_each_time_and_told_by_the_key_alone() {
        let (one, other) = (Successors::new(&[7; 32]), Successors::new(&[8; 32]));
        let first = SecretToken::new(PREFIX);
        let second = one.of(&first);
        assert_eq!(second.hash(), one.of(&first).hash());
        assert_eq!((second.reveal().len(), second.reveal().starts_with(PREFIX)), (first.reveal().len(), true));
        for differs in [other.of(&first), one.of(&second), one.of(&SecretToken::new(PREFIX)), first] {
            assert_ne!(differs.hash(), second.hash());
        }
    }

    #[test]
    fn a_lost_answer_is_given_again_and_anything_else_is_theft() {
        let at = |seconds: i64| Timestamp::from_seconds(1_000 + seconds);
        let unused = |jkt: Option<&str>| Successor { used_at: None, jkt: jkt.map(str::to_owned) };
        let used = Successor { used_at: Some(at(5)), jkt: None };
        let judged = |successor: Option<&Successor>, jkt: Option<&str>, seconds| second_use(at(0), successor, jkt, at(seconds));
        assert_eq!(judged(Some(&unused(None)), None, 20), SecondUse::AnsweredAgain);
        assert_eq!(judged(Some(&unused(Some("key"))), Some("key"), 0), SecondUse::AnsweredAgain);
        assert_eq!(judged(Some(&unused(None)), None, 21), SecondUse::Theft, "too late");
        assert_eq!(judged(None, None, 21), SecondUse::Theft);
        assert_eq!(judged(Some(&used), None, 6), SecondUse::Theft, "its answer had arrived");
        assert_eq!(judged(Some(&unused(Some("thief"))), None, 6), SecondUse::Theft, "somebody else had it first");
        assert_eq!(judged(Some(&unused(None)), Some("key"), 6), SecondUse::Theft);
        assert_eq!(judged(None, None, 6), SecondUse::Unknown, "exchanged before this was known, or while the key was another");
    }
}
