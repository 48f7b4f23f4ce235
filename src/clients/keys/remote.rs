//! Keys of others that are fetched: those of a client by its `jwks_uri`, those of a platform by its metadata. Kept in memory of the instance for a bounded time,
//! fetched anew when a token names a key that is not there, and never more often than every half minute, whoever asks.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::Deserialize;

use crate::clock::Timestamp;
use crate::jose::KeySet;
use crate::outbound::{Limits, NamedBy, Outbound};

/// How long keys are believed without asking again, when the other server does not say; and the bounds of what it may say.
const FRESH: Duration = Duration::from_secs(10 * 60);
const FRESH_AT_LEAST: Duration = Duration::from_secs(60);
const FRESH_AT_MOST: Duration = Duration::from_secs(24 * 60 * 60);
/// How much longer they serve when the other server does not answer.
const STALE: Duration = Duration::from_secs(60 * 60);
/// How soon after one request the next may follow, because a token names an unknown key.
const AGAIN_FOR_UNKNOWN: Duration = Duration::from_secs(30);
/// How soon after one that failed.
const AGAIN_AFTER_FAILURE: Duration = Duration::from_secs(10);
/// The most sources remembered.
const SOURCES_MAX: usize = 1000;

/// Where keys are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source<'a> {
    /// A JWK set at this address.
    Jwks(&'a str),
    /// Where the metadata of this issuer says (OpenID Connect Discovery, section 4).
    Issuer(&'a str),
}

/// There are no keys to be had; why, for the log and the administrator.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NoKeys(pub String);

/// The keys fetched so far.
#[derive(Debug, Default)]
pub struct RemoteKeys(Mutex<HashMap<String, Arc<tokio::sync::Mutex<Known>>>>);

/// What is known of one source. Locked while it is asked, so that it is asked once for all who wait.
#[derive(Clone, Debug, Default)]
struct Known {
    keys: Option<Arc<KeySet>>,
    fresh_until: Option<Timestamp>,
    asked_at: Option<Timestamp>,
    /// Why the last time failed.
    failure: Option<NoKeys>,
}

impl Known {
    /// Whether to ask the other server now.
    fn is_due(&self, wants_newer: bool, now: Timestamp) -> bool {
        let Some(asked_at) = self.asked_at else { return true };
        let since = now.since(asked_at);
        if self.failure.is_some() {
            return since >= AGAIN_AFTER_FAILURE && (self.keys.is_none() || wants_newer || self.is_old(now));
        }
        self.keys.is_none() || self.is_old(now) || (wants_newer && since >= AGAIN_FOR_UNKNOWN)
    }

    fn is_old(&self, now: Timestamp) -> bool {
        self.fresh_until.is_none_or(|until| now >= until)
    }

    /// What serves now.
    fn usable(&self, now: Timestamp) -> Result<Arc<KeySet>, NoKeys> {
        let served = self.keys.as_ref().filter(|_| self.fresh_until.is_some_and(|until| now < until + STALE));
        served.cloned().ok_or_else(|| self.failure.clone().unwrap_or_else(|| NoKeys("There are no keys.".to_owned())))
    }

    fn note(&mut self, fetched: Result<(KeySet, Option<Duration>), NoKeys>, now: Timestamp) {
        self.asked_at = Some(now);
        match fetched {
            Ok((keys, keep_for)) => {
                self.keys = Some(Arc::new(keys));
                self.fresh_until = Some(now + keep_for.unwrap_or(FRESH).clamp(FRESH_AT_LEAST, FRESH_AT_MOST));
                self.failure = None;
            }
            Err(failure) => self.failure = Some(failure),
        }
    }
}

impl RemoteKeys {
    /// The keys of a source. `wants_newer` says that a token named a key the last answer did not have: then it is asked again, unless it was just asked.
    ///
    /// # Errors
    /// [`NoKeys`], when the other server does not answer as it should and what it said before is too old.
    pub async fn get(
        &self,
        outbound: &Outbound,
        source: Source<'_>,
        named_by: NamedBy,
        wants_newer: bool,
        now: Timestamp,
    ) -> Result<Arc<KeySet>, NoKeys> {
        let known = self.known(source, named_by);
        let mut known = known.lock().await;
        if known.is_due(wants_newer, now) {
            let fetched = fetch(outbound, source, named_by).await;
            if let Err(failure) = &fetched {
                tracing::warn!(source = ?source, cause = %failure, "the keys of another server cannot be fetched");
            }
            known.note(fetched, now);
        }
        known.usable(now)
    }

    /// The place of a source. Who named it belongs to it: what an administrator's address gave must not answer for a stranger's.
    fn known(&self, source: Source<'_>, named_by: NamedBy) -> Arc<tokio::sync::Mutex<Known>> {
        let name = format!("{named_by:?} {source:?}");
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = all.get(&name) {
            return Arc::clone(known);
        }
        if all.len() >= SOURCES_MAX {
            // Those that are being asked stay; the others are fetched anew when they are needed.
            all.retain(|_, known| Arc::strong_count(known) > 1);
        }
        Arc::clone(all.entry(name).or_default())
    }
}

async fn fetch(outbound: &Outbound, source: Source<'_>, named_by: NamedBy) -> Result<(KeySet, Option<Duration>), NoKeys> {
    let address = match source {
        Source::Jwks(address) => address.to_owned(),
        Source::Issuer(issuer) => jwks_uri_of(outbound, issuer, named_by).await?,
    };
    let (body, keep_for) = document(outbound, &address, named_by).await?;
    let keys = KeySet::parse(&body).map_err(|why| NoKeys(format!("What “{address}” answers cannot be used: {why}.")))?;
    Ok((keys, keep_for))
}

async fn jwks_uri_of(outbound: &Outbound, issuer: &str, named_by: NamedBy) -> Result<String, NoKeys> {
    #[derive(Deserialize)]
    struct Metadata {
        issuer: String,
        jwks_uri: String,
    }
    let address = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
    let (body, _) = document(outbound, &address, named_by).await?;
    let metadata: Metadata = serde_json::from_slice(&body).map_err(|_| NoKeys(format!("What “{address}” answers is no metadata of an issuer.")))?;
    // Or one server could answer for another (OpenID Connect Discovery, section 4.3).
    if metadata.issuer != issuer {
        return Err(NoKeys(format!("“{address}” belongs to another issuer.")));
    }
    // An issuer reached by https does not have its keys looked up without it.
    if issuer.starts_with("https://") && !metadata.jwks_uri.starts_with("https://") {
        return Err(NoKeys(format!("The jwks_uri of “{issuer}” does not begin with https://.")));
    }
    Ok(metadata.jwks_uri)
}

async fn document(outbound: &Outbound, address: &str, named_by: NamedBy) -> Result<(Vec<u8>, Option<Duration>), NoKeys> {
    let answer = outbound.get(address, named_by, Limits::DOCUMENT).await.map_err(|why| NoKeys(why.to_string()))?;
    if answer.status != 200 {
        return Err(NoKeys(format!("“{address}” answers with status {}.", answer.status)));
    }
    Ok((answer.body, answer.keep_for))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SET: &[u8] = br#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(1_000 + seconds)
    }

    fn fetched(keep_for: Option<u64>) -> Result<(KeySet, Option<Duration>), NoKeys> {
        Ok((KeySet::parse(SET).unwrap(), keep_for.map(Duration::from_secs)))
    }

    fn failed() -> Result<(KeySet, Option<Duration>), NoKeys> {
        Err(NoKeys("no".into()))
    }

    #[test]
    fn keys_are_asked_for_again_when_they_are_old_or_one_is_missing_and_not_more_often() {
        let mut known = Known::default();
        assert!(known.is_due(false, at(0)) && known.usable(at(0)).is_err());
        known.note(fetched(None), at(0));
        assert!(!known.is_due(false, at(599)) && known.is_due(false, at(600)));
        assert!(!known.is_due(true, at(29)) && known.is_due(true, at(30)));
        known.note(fetched(Some(0)), at(0));
        assert!(!known.is_due(false, at(59)) && known.is_due(false, at(60)), "also when nothing may be kept");
        known.note(fetched(Some(1_000_000)), at(0));
        assert!(known.is_due(false, at(86_400)));
    }

    #[test]
    fn an_outage_is_borne_for_an_hour_and_does_not_make_us_ask_all_the_time() {
        let mut known = Known::default();
        known.note(failed(), at(0));
        assert!(!known.is_due(true, at(9)) && known.is_due(false, at(10)));
        assert_eq!(known.usable(at(0)).unwrap_err(), NoKeys("no".into()));
        known.note(fetched(None), at(10));
        known.note(failed(), at(700));
        assert!(!known.is_due(true, at(709)) && known.is_due(false, at(710)));
        assert!(known.usable(at(710)).is_ok() && known.usable(at(610 + 3599)).is_ok() && known.usable(at(610 + 3600)).is_err());
    }

    #[test]
    fn the_memory_is_bounded_and_keeps_who_named_an_address_apart() {
        let all = RemoteKeys::default();
        let mine = all.known(Source::Jwks("https://a.example/"), NamedBy::Administrator);
        assert!(Arc::ptr_eq(&mine, &all.known(Source::Jwks("https://a.example/"), NamedBy::Administrator)));
        assert!(!Arc::ptr_eq(&mine, &all.known(Source::Jwks("https://a.example/"), NamedBy::Stranger)));
        assert!(!Arc::ptr_eq(&mine, &all.known(Source::Issuer("https://a.example/"), NamedBy::Administrator)));
        for number in 0..3 * SOURCES_MAX {
            all.known(Source::Jwks(&number.to_string()), NamedBy::Stranger);
        }
        assert!(all.0.lock().unwrap().len() <= SOURCES_MAX);
        assert!(Arc::ptr_eq(&mine, &all.known(Source::Jwks("https://a.example/"), NamedBy::Administrator)), "in use");
    }
}
