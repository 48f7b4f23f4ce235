//! Claims whose JSON has more than one form (RFC 7519 section 4.1).

use serde::{Deserialize, Deserializer};

use crate::clock::Timestamp;

/// The `aud` claim: one string, or several.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Audience {
    /// One, as a string.
    One(String),
    /// An array, also of one.
    Several(Vec<String>),
}

impl Audience {
    /// Whether one of the values is this one.
    pub fn contains(&self, audience: &str) -> bool {
        match self {
            Self::One(one) => one == audience,
            Self::Several(several) => several.iter().any(|one| one == audience),
        }
    }

    /// Whether it is this string and nothing else, not even an array of one.
    pub fn is_just(&self, audience: &str) -> bool {
        matches!(self, Self::One(one) if one == audience)
    }
}

/// Seconds since the Unix epoch, whole or not (RFC 7519 section 2). What lies outside the years 1970 to 9999 cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NumericDate(pub Timestamp);

impl<'de> Deserialize<'de> for NumericDate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        const YEAR_10_000: f64 = 253_402_300_800.0;
        let seconds = f64::deserialize(deserializer)?;
        if !(0.0..YEAR_10_000).contains(&seconds) {
            return Err(serde::de::Error::custom("a time out of range"));
        }
        #[expect(clippy::cast_possible_truncation, reason = "in range, as was just checked")]
        let millis = (seconds * 1000.0) as i64;
        Ok(Self(Timestamp::from_millis(millis)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_audience_is_a_string_or_an_array() {
        let read = |text: &str| serde_json::from_str::<Audience>(text).unwrap();
        assert!(read("\"a\"").is_just("a") && read("\"a\"").contains("a"));
        assert!(read("[\"b\",\"a\"]").contains("a") && !read("[\"a\"]").is_just("a"));
        assert!(!read("[]").contains("a"));
        for bad in ["7", "null", "{}", "[7]"] {
            assert!(serde_json::from_str::<Audience>(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_time_may_have_a_fraction_and_no_time_overflows() {
        let read = |text: &str| serde_json::from_str::<NumericDate>(text).map(|date| date.0.as_millis()).ok();
        assert_eq!((read("1700000000"), read("1700000000.5"), read("0")), (Some(1_700_000_000_000), Some(1_700_000_000_500), Some(0)));
        for bad in ["-1", "1e300", "253402300800", "\"1700000000\"", "null", "9223372036854775807"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
