//! The page somebody sees who has just signed out, while their browser tells apps (OpenID Connect Front-Channel Logout 1.0). What it needs travels sealed in
//! its address: nothing is stored, and nobody else can make one.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Next;
use crate::app::App;
use crate::clock::Timestamp;
use crate::id::{ClientId, SessionId};
use crate::secret::Sealer;

const PURPOSE: &str = "farewell";
/// After this the page only says that they are signed out: an address found in a browser's history tells apps nothing.
const LIFETIME: Duration = Duration::from_secs(120);
/// The most apps told in the browser; there is no room in an address for more, nor in a browser.
const APPS_MAX: usize = 50;

/// Who is to be told, and where the person goes then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Farewell {
    /// The session that ended.
    pub session: SessionId,
    /// The apps to tell.
    pub apps: Vec<ClientId>,
    /// The app's address they are sent on to, checked before; our own page when there is none.
    pub back_to: Option<String>,
    /// When it ended.
    at: Timestamp,
}

impl Farewell {
    /// After a session that ended now.
    pub fn new(session: SessionId, mut apps: Vec<ClientId>, back_to: Option<String>, now: Timestamp) -> Self {
        if apps.len() > APPS_MAX {
            tracing::warn!(apps = apps.len(), told = APPS_MAX, "too many apps to tell in the browser that a session ended");
            apps.truncate(APPS_MAX);
        }
        Self { session, apps, back_to, at: now }
    }

    /// Where the browser goes first: to the page that tells the apps, or straight on when there are none.
    pub fn location(&self, app: &App) -> String {
        match &self.back_to {
            _ if !self.apps.is_empty() => format!("/signed-out?then={}", self.seal(&app.sealer)),
            Some(back_to) => back_to.clone(),
            None => Next::after_sign_out().to_owned(),
        }
    }

    fn seal(&self, sealer: &Sealer) -> String {
        sealer.seal_text(PURPOSE, &serde_json::to_string(self).unwrap_or_default())
    }

    /// Opens what an address carries; `None` when it is not ours or too old.
    pub fn unseal(sealer: &Sealer, unverified_sealed: &str, now: Timestamp) -> Option<Self> {
        let text = sealer.unseal_text(PURPOSE, unverified_sealed).ok()?;
        serde_json::from_str(&text).ok().filter(|farewell: &Self| now.since(farewell.at) < LIFETIME)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_farewell_opens_for_two_minutes_and_only_as_it_was_sealed() {
        let (sealer, then) = (Sealer::new(&[1; 32]), Timestamp::from_seconds(1_000_000));
        let farewell = Farewell::new(SessionId::new(), vec![ClientId::new()], Some("https://app.example.org/?a=b".into()), then);
        let sealed = farewell.seal(&sealer);
        assert_eq!(Farewell::unseal(&sealer, &sealed, then + Duration::from_secs(119)), Some(farewell));
        assert_eq!(Farewell::unseal(&sealer, &sealed, then + Duration::from_secs(120)), None);
        assert_eq!(Farewell::unseal(&Sealer::new(&[2; 32]), &sealed, then), None);
        assert_eq!(Farewell::unseal(&sealer, "", then), None);
    }

    #[test]
    fn an_address_is_never_too_long_for_a_browser_and_a_proxy() {
        let apps: Vec<ClientId> = (0..200).map(|_| ClientId::new()).collect();
        let farewell = Farewell::new(SessionId::new(), apps, Some("x".repeat(1000)), Timestamp::EPOCH);
        assert_eq!(farewell.apps.len(), APPS_MAX);
        assert!(farewell.seal(&Sealer::new(&[1; 32])).len() < 7000);
    }
}
