//! Instants and durations in words.

use std::time::Duration;

use jiff::civil::DateTime;

use super::{Text, t};
use crate::clock::Timestamp;

/// A [`Timestamp`], or a reference to one as templates have it.
pub trait Instant {
    /// Itself.
    fn timestamp(&self) -> Timestamp;
}

impl Instant for Timestamp {
    fn timestamp(&self) -> Timestamp {
        *self
    }
}

impl<T: Instant + ?Sized> Instant for &T {
    fn timestamp(&self) -> Timestamp {
        (**self).timestamp()
    }
}

/// An instant to the minute, in UTC: `21 Nov 2026, 10:15 UTC`.
pub fn instant(at: impl Instant) -> String {
    match at.timestamp().civil() {
        Some(civil) => dated(t("instant"), civil).with("time", civil.strftime("%H:%M").to_string()).into(),
        None => t("instant-unknown").into(),
    }
}

/// Only the day of an instant, in UTC: `21 Nov 2026`.
pub fn day(at: impl Instant) -> String {
    at.timestamp().civil().map_or_else(|| t("instant-unknown"), |civil| dated(t("day"), civil)).into()
}

/// The same of a day that was written in English ([`Timestamp::day_for_people`]); `None` for any other text.
pub(super) fn day_told(english: &str) -> Option<String> {
    let date = jiff::civil::Date::strptime("%d %b %Y", english).ok()?;
    Some(dated(t("day"), date.at(0, 0, 0, 0)).into())
}

/// Fills in the date, as texts: a year has no thousands.
fn dated(text: Text, civil: DateTime) -> Text {
    let month = match civil.month() {
        1 => t("month-1"),
        2 => t("month-2"),
        3 => t("month-3"),
        4 => t("month-4"),
        5 => t("month-5"),
        6 => t("month-6"),
        7 => t("month-7"),
        8 => t("month-8"),
        9 => t("month-9"),
        10 => t("month-10"),
        11 => t("month-11"),
        _ => t("month-12"),
    };
    text.with("day", civil.day().to_string()).with("month", month).with("year", civil.year().to_string())
}

/// A duration: `45 seconds`, `20 minutes`, `3 hours`, `2 days`; the largest unit that keeps at least one whole.
pub fn duration(duration: Duration) -> Text {
    let seconds = duration.as_secs();
    match seconds {
        0..60 => t("duration-seconds").with("count", seconds),
        60..3600 => t("duration-minutes").with("count", seconds / 60),
        3600..86_400 => t("duration-hours").with("count", seconds / 3600),
        _ => t("duration-days").with("count", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::duration_for_people;
    use crate::language::{Language, speaking};

    #[test]
    fn instants_read_as_each_language_writes_them() {
        let at = Timestamp::from_millis(1_795_256_100_123);
        assert_eq!((instant(at), day(at)), (at.for_people(), at.day_for_people()), "English is what the command line prints");
        assert_eq!(speaking(Language::German, || (instant(at), day(at))), ("21. Nov. 2026, 10:15 UTC".to_owned(), "21. Nov. 2026".to_owned()));
    }

    #[test]
    fn durations_read_as_people_say_them() {
        for seconds in [1, 45, 60, 7200, 86_400, 200_000] {
            let span = Duration::from_secs(seconds);
            assert_eq!(duration(span).to_string(), duration_for_people(span));
        }
        assert_eq!(speaking(Language::German, || duration(Duration::from_secs(7200)).to_string()), "2 Stunden");
    }
}
