//! Time. One instant per request or job, taken here and passed down as `now`; everything that decides is a function of it.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// An instant in milliseconds since the Unix epoch, UTC. Stored as a 64-bit integer on both databases, so comparing in SQL is exact.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, sqlx::Type)]
#[sqlx(transparent)]
#[serde(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The Unix epoch; earlier than anything that happened here.
    pub const EPOCH: Self = Self(0);

    /// Builds an instant from milliseconds since the Unix epoch.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Builds an instant from seconds since the Unix epoch.
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1000))
    }

    /// Milliseconds since the Unix epoch.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since the Unix epoch, rounded down: the `NumericDate` of RFC 7519 section 2.
    pub const fn as_seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// How long ago `earlier` was; zero when it lies in the future.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// RFC 3339 in UTC with milliseconds, such as `2026-11-21T10:15:00.000Z`.
    pub fn rfc3339(self) -> String {
        self.jiff().map_or_else(|| "out of range".to_owned(), |t| t.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string())
    }

    /// For people: `21 Nov 2026, 10:15 UTC`.
    pub fn for_people(self) -> String {
        self.jiff().map_or_else(|| "out of range".to_owned(), |t| t.strftime("%-d %b %Y, %H:%M UTC").to_string())
    }

    /// Only the day, for people: `21 Nov 2026`, in UTC.
    pub fn day_for_people(self) -> String {
        self.jiff().map_or_else(|| "out of range".to_owned(), |t| t.strftime("%-d %b %Y").to_string())
    }

    /// The date and time of day in UTC; `None` for an instant no calendar has.
    pub fn civil(self) -> Option<jiff::civil::DateTime> {
        self.jiff().map(|t| t.to_zoned(jiff::tz::TimeZone::UTC).datetime())
    }

    fn jiff(self) -> Option<jiff::Timestamp> {
        jiff::Timestamp::from_millisecond(self.0).ok()
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rfc3339())
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rfc3339())
    }
}

impl std::ops::Add<Duration> for Timestamp {
    type Output = Self;
    fn add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)))
    }
}

impl std::ops::Sub<Duration> for Timestamp {
    type Output = Self;
    fn sub(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)))
    }
}

/// Where `now` comes from: the system, plus whatever a test has advanced it by.
#[derive(Clone, Default)]
pub struct Clock {
    advanced_millis: Arc<AtomicI64>,
}

impl Clock {
    /// The system's clock.
    pub fn system() -> Self {
        Self::default()
    }

    /// The current instant.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the system's clock")]
    pub fn now(&self) -> Timestamp {
        let since_epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        let millis = i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX);
        Timestamp(millis.saturating_add(self.advanced_millis.load(Ordering::Relaxed)))
    }

    /// Moves this clock, and every clone of it, forward. For tests: an hour passes without anyone waiting.
    pub fn advance(&self, by: Duration) {
        self.advanced_millis.fetch_add(i64::try_from(by.as_millis()).unwrap_or(0), Ordering::Relaxed);
    }
}

/// A duration for people: `45 seconds`, `20 minutes`, `3 hours`, `2 days`; the largest unit that keeps at least one whole.
pub fn duration_for_people(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (count, unit) = match seconds {
        0..60 => (seconds, "second"),
        60..3600 => (seconds / 60, "minute"),
        3600..86_400 => (seconds / 3600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_print_as_rfc_3339_and_for_people() {
        let t = Timestamp::from_millis(1_795_256_100_123);
        assert_eq!(t.rfc3339(), "2026-11-21T10:15:00.123Z");
        assert_eq!(t.for_people(), "21 Nov 2026, 10:15 UTC");
    }

    #[test]
    fn arithmetic_saturates_instead_of_wrapping() {
        assert_eq!(Timestamp::EPOCH.since(Timestamp::from_seconds(5)), Duration::ZERO);
        assert_eq!((Timestamp::from_millis(i64::MAX) + Duration::from_secs(1)).as_millis(), i64::MAX);
    }

    #[test]
    fn durations_read_as_people_say_them() {
        assert_eq!(duration_for_people(Duration::from_secs(1)), "1 second");
        assert_eq!(duration_for_people(Duration::from_secs(7200)), "2 hours");
    }
}
