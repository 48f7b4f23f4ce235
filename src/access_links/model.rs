//! What an access link opens, and for how long.

use std::time::Duration;

use crate::clock::Timestamp;
use crate::id::{AccessLinkId, UserId};
use crate::secret::TokenHash;
use crate::users::User;

/// How long the link to the first administrator's account works.
pub const SET_UP_LIFETIME: Duration = Duration::from_secs(24 * 3600);
/// How long a sign-in link works at most.
pub const LIFETIME_MAX: Duration = Duration::from_secs(30 * 86_400);

/// A one-time access link, without its code.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct AccessLink {
    /// What to call it.
    pub id: AccessLinkId,
    /// `sign_in`, or `set_up` for the first administrator.
    pub purpose: String,
    /// Whom it signs in; nobody yet for `set_up`.
    pub user_id: Option<UserId>,
    /// Who made it; nobody for the command line and the server.
    pub created_by: Option<UserId>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// When it was used.
    pub used_at: Option<Timestamp>,
    /// When it was taken back.
    pub revoked_at: Option<Timestamp>,
    /// The browser it works in, when its person asked for it there.
    pub browser_hash: Option<TokenHash>,
}

/// What a link is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Makes the first administrator.
    SetUp,
    /// Signs its person in.
    SignIn,
}

impl Purpose {
    /// The stored form.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SetUp => "set_up",
            Self::SignIn => "sign_in",
        }
    }
}

/// Whether a link still opens anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It does.
    Usable,
    /// It was used.
    Used,
    /// It was taken back, or replaced by a newer one.
    Revoked,
    /// It ran out.
    Expired,
}

impl AccessLink {
    /// Whether it still opens anything. What happened to it counts before the time that has passed since.
    pub fn state(&self, now: Timestamp) -> State {
        if self.used_at.is_some() {
            State::Used
        } else if self.revoked_at.is_some() {
            State::Revoked
        } else if now >= self.expires_at {
            State::Expired
        } else {
            State::Usable
        }
    }

    /// Whether it makes the first administrator.
    pub fn is_set_up(&self) -> bool {
        self.purpose == Purpose::SetUp.as_str()
    }
}

/// Whether someone may come in by a link made at `created_at`: they are not kept out, and were not signed out everywhere since.
pub fn admits(user: &User, created_at: Timestamp) -> bool {
    !user.is_disabled() && created_at > user.access_void_until
}

/// Reads a lifetime as the command line takes it: a whole number and a unit, such as `30m`, `12h` or `7d`.
///
/// # Errors
/// What is allowed.
pub fn parse_lifetime(text: &str) -> Result<Duration, String> {
    let allowed = || "a number with m, h or d, such as 30m, 12h or 7d; from 1 minute to 30 days".to_owned();
    let text = text.trim();
    let seconds = match text.char_indices().next_back() {
        Some((at, 'm')) => Some((at, 60)),
        Some((at, 'h')) => Some((at, 3600)),
        Some((at, 'd')) => Some((at, 86_400)),
        _ => None,
    };
    let (at, unit) = seconds.ok_or_else(allowed)?;
    let count: u64 = text[..at].parse().map_err(|_| allowed())?;
    let lifetime = Duration::from_secs(count.checked_mul(unit).ok_or_else(allowed)?);
    if lifetime.is_zero() || lifetime > LIFETIME_MAX { Err(allowed()) } else { Ok(lifetime) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_ends_by_use_by_revocation_and_by_time() {
        let at = Timestamp::from_seconds;
        let link = AccessLink {
            id: AccessLinkId::new(),
            purpose: "sign_in".into(),
            user_id: None,
            created_by: None,
            created_at: at(0),
            expires_at: at(60),
            used_at: None,
            revoked_at: None,
            browser_hash: None,
        };
        assert_eq!(link.state(at(59)), State::Usable);
        assert_eq!(link.state(at(60)), State::Expired);
        assert_eq!(AccessLink { used_at: Some(at(1)), ..link.clone() }.state(at(99)), State::Used);
        assert_eq!(AccessLink { revoked_at: Some(at(1)), ..link }.state(at(2)), State::Revoked);
    }

    #[test]
    fn a_link_made_before_someone_was_signed_out_everywhere_admits_them_no_more() {
        let at = Timestamp::from_seconds;
        let mut ada = User::new_local("ada", None, "", "", at(0));
        assert!(admits(&ada, at(1)));
        ada.access_void_until = at(1);
        assert!(!admits(&ada, at(1)) && admits(&ada, at(2)));
        ada.blocked_at = Some(at(1));
        assert!(!admits(&ada, at(2)));
    }

    #[test]
    fn lifetimes_are_a_number_and_a_unit_up_to_30_days() {
        assert_eq!(parse_lifetime("90m"), Ok(Duration::from_secs(5400)));
        assert_eq!(parse_lifetime("30d"), Ok(LIFETIME_MAX));
        for bad in ["", "h", "1", "0h", "-1h", "31d", "1.5h", "1 h", "99999999999999999999d", "18446744073709551615d", "1ü"] {
            assert!(parse_lifetime(bad).is_err(), "{bad:?}");
        }
    }
}
