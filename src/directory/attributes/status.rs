//! When an account counts as disabled: rules over attributes, each only where the entry has the attribute.

use super::super::model::counted;
use super::entry::{RawEntry, text_of};
use super::source::is_attribute_name;
use crate::clock::Timestamp;
use crate::users::model::key;

/// The most rules of one directory.
const MAX_RULES: usize = 20;
/// `ADS_UF_ACCOUNTDISABLE` in `userAccountControl`.
const ACCOUNT_DISABLED: i64 = 2;
/// The value of `pwdAccountLockedTime` that no time unlocks (draft-behera-ldap-password-policy-11 section 5.3.3).
const LOCKED_FOR_GOOD: &str = "000001010000Z";
/// `accountExpires` of an account that never does.
const NEVER: i64 = i64::MAX;
/// Seconds from 1601, where Active Directory's clock begins, to 1970.
const SECONDS_1601_TO_1970: i64 = 11_644_473_600;

/// One sign that the directory has locked an account out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DisabledRule {
    /// `userAccountControl` with bit 2 (Active Directory, Samba).
    UserAccountControl,
    /// `nsAccountLock: TRUE` (389 Directory Server, FreeIPA).
    NsAccountLock,
    /// `pwdAccountLockedTime: 000001010000Z`: locked by an administrator (OpenLDAP). A lock after wrong passwords, which ends by itself, is none.
    LockedForGood,
    /// `shadowExpire`, days since 1970, has come; a negative number never comes.
    ShadowExpire,
    /// `accountExpires` (Active Directory, Samba), in 100 ns since 1601, has come; 0 and the largest number never come.
    AccountExpires,
    /// `krbPrincipalExpiration` (FreeIPA), a generalized time (RFC 4517 section 3.3.13), has come.
    KrbPrincipalExpiration,
    /// An attribute has this value, whatever its case.
    Is {
        /// Which one.
        attribute: String,
        /// Compared without case.
        value: String,
    },
    /// The attribute is there at all.
    Present(String),
}

/// The known rules by their attribute.
static KNOWN: [(&str, DisabledRule); 6] = [
    ("userAccountControl", DisabledRule::UserAccountControl),
    ("nsAccountLock", DisabledRule::NsAccountLock),
    ("pwdAccountLockedTime", DisabledRule::LockedForGood),
    ("shadowExpire", DisabledRule::ShadowExpire),
    ("accountExpires", DisabledRule::AccountExpires),
    ("krbPrincipalExpiration", DisabledRule::KrbPrincipalExpiration),
];

impl DisabledRule {
    /// Reads rules, one per line or with `|` between them: a known attribute, `attribute = value`, `attribute = *` (has any value), or another attribute
    /// alone (likewise).
    ///
    /// # Errors
    /// One sentence when a line is none of these, or there are more than 20.
    pub fn parse_all(text: &str) -> Result<Vec<Self>, String> {
        let rules = text.split(['|', '\n']).map(str::trim).filter(|rule| !rule.is_empty()).map(Self::parse).collect::<Result<Vec<_>, _>>()?;
        if rules.len() > MAX_RULES {
            return Err(format!("there are {}, more than {MAX_RULES}", counted(rules.len(), "rule", "rules")));
        }
        Ok(rules)
    }

    fn parse(text: &str) -> Result<Self, String> {
        let (attribute, value) = text.split_once('=').map_or((text, None), |(attribute, value)| (attribute.trim(), Some(value.trim())));
        if !is_attribute_name(attribute) {
            return Err(format!(
                "{attribute:?} is not an attribute name; a rule is one such as userAccountControl, or attribute = value, such as employeeType = former"
            ));
        }
        match value {
            Some("") => Err(format!("there is no value behind \"{attribute} =\"; \"{attribute} = *\" means any")),
            Some("*") => Ok(Self::Present(attribute.to_owned())),
            Some(value) => Ok(Self::Is { attribute: attribute.to_owned(), value: value.to_owned() }),
            None => {
                let known = KNOWN.iter().find(|(name, _)| name.eq_ignore_ascii_case(attribute));
                Ok(known.map_or_else(|| Self::Present(attribute.to_owned()), |(_, rule)| rule.clone()))
            }
        }
    }

    /// The attribute it looks at.
    pub fn attribute(&self) -> &str {
        match self {
            Self::Is { attribute, .. } | Self::Present(attribute) => attribute,
            known => KNOWN.iter().find(|(_, rule)| rule == known).map_or("", |(name, _)| name),
        }
    }

    /// Why the entry counts as disabled by this rule at `now`, for people; `None` when it does not.
    ///
    /// # Errors
    /// One sentence when the value cannot be read; the account then counts as not disabled by it.
    pub(super) fn judge(&self, entry: &RawEntry, now: Timestamp) -> Result<Option<String>, String> {
        let attribute = self.attribute();
        let text = || entry.values_of(attribute).find_map(|value| text_of(attribute, value));
        let because = |is_so: bool, reason: &dyn Fn() -> String| Ok(is_so.then(reason));
        let Some(text) = text() else {
            let is_there = matches!(self, Self::Present(_)) && entry.values_of(attribute).next().is_some();
            return because(is_there, &|| format!("{attribute} is there"));
        };
        let unreadable = |expected: &str| {
            let shown: String = text.chars().take(60).collect();
            Err(format!("{shown:?} is not {expected}; the account counts as not disabled by it."))
        };
        let expired = |at: Option<Timestamp>| match at {
            Some(at) if at <= now => Ok(Some(format!("the account expired on {} ({attribute})", at.day_for_people()))),
            _ => Ok(None),
        };
        match self {
            Self::UserAccountControl => match text.parse::<i64>() {
                Ok(flags) => because(flags & ACCOUNT_DISABLED != 0, &|| "the account is disabled (bit 2 of userAccountControl)".to_owned()),
                Err(_) => unreadable("a number"),
            },
            Self::NsAccountLock => because(text.eq_ignore_ascii_case("true"), &|| "the account is locked (nsAccountLock)".to_owned()),
            Self::LockedForGood => because(text == LOCKED_FOR_GOOD, &|| "the account is locked for good (pwdAccountLockedTime)".to_owned()),
            Self::ShadowExpire => match text.parse::<i64>() {
                Ok(day) if day < 0 => Ok(None),
                Ok(day) => expired(Some(Timestamp::from_seconds(day.saturating_mul(86_400)))),
                Err(_) => unreadable("a number of days since 1970"),
            },
            Self::AccountExpires => match text.parse::<i64>() {
                Ok(0 | NEVER) => Ok(None),
                Ok(at) if at > 0 => expired(Some(Timestamp::from_seconds(at / 10_000_000 - SECONDS_1601_TO_1970))),
                _ => unreadable("a time in units of 100 ns since 1601"),
            },
            Self::KrbPrincipalExpiration => match generalized_time(&text) {
                Some(at) => expired(Some(at)),
                None => unreadable("a time such as 20301231235959Z"),
            },
            Self::Is { value, .. } => {
                let wanted = key(value);
                let is_so = entry.values_of(attribute).filter_map(|value| text_of(attribute, value)).any(|text| key(&text) == wanted);
                because(is_so, &|| format!("{attribute} is {value:?}"))
            }
            Self::Present(_) => because(true, &|| format!("{attribute} is there")),
        }
    }
}

/// Why the directory has locked an account out, by the first rule that says so; what could not be read goes to `report` with its attribute.
pub(super) fn disabled_because(entry: &RawEntry, rules: &[DisabledRule], now: Timestamp, mut report: impl FnMut(&str, String)) -> Option<String> {
    rules.iter().find_map(|rule| {
        rule.judge(entry, now).unwrap_or_else(|message| {
            report(rule.attribute(), message);
            None
        })
    })
}

/// A generalized time of RFC 4517 section 3.3.13: `20301231235959Z`, minutes, seconds and fractions optional, or with an offset such as `+0100`.
fn generalized_time(text: &str) -> Option<Timestamp> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    // A fraction of an hour or a minute is not worth telling apart from none.
    let zone = rest.strip_prefix(['.', ',']).map_or(rest, |fraction| fraction.trim_start_matches(|c: char| c.is_ascii_digit()));
    let number = |from: usize, length: usize| digits.get(from..from + length)?.parse::<i8>().ok();
    let part = |from: usize| if digits.len() > from { number(from, 2) } else { Some(0) };
    if !matches!(digits.len(), 10 | 12 | 14) {
        return None;
    }
    let year = digits.get(..4)?.parse::<i16>().ok()?;
    let moment = jiff::civil::DateTime::new(year, number(4, 2)?, number(6, 2)?, number(8, 2)?, part(10)?, part(12)?.min(59), 0).ok()?;
    let offset = match zone.as_bytes() {
        b"Z" => 0,
        [sign @ (b'+' | b'-'), clock @ ..] if matches!(clock.len(), 2 | 4) && clock.is_ascii() => {
            let clock = std::str::from_utf8(clock).ok()?;
            let minutes = clock.get(..2)?.parse::<i64>().ok()? * 60 + clock.get(2..4).map_or(Some(0), |minutes| minutes.parse().ok())?;
            if *sign == b'+' { minutes } else { -minutes }
        }
        _ => return None,
    };
    let seconds = moment.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_second();
    Some(Timestamp::from_seconds(seconds - offset * 60))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 21 November 2026, 12:00 UTC.
    const NOW: Timestamp = Timestamp::from_seconds(1_795_262_400);

    fn disabled(rules: &str, attribute: &str, value: &str) -> (bool, usize) {
        let entry = RawEntry { dn: String::new(), attributes: vec![(attribute.to_owned(), vec![value.as_bytes().to_vec()])] };
        let mut problems = 0;
        let because = disabled_because(&entry, &DisabledRule::parse_all(rules).unwrap(), NOW, |_, _| problems += 1);
        (because.is_some(), problems)
    }

    #[test]
    fn known_rules_read_what_each_server_writes() {
        for (attribute, value, expected) in [
            ("userAccountControl", "514", (true, 0)),
            ("useraccountcontrol", "66050", (true, 0)),
            ("userAccountControl", "512", (false, 0)),
            ("userAccountControl", "x", (false, 1)),
            ("nsAccountLock", "TRUE", (true, 0)),
            ("nsaccountlock", "false", (false, 0)),
            ("pwdAccountLockedTime", "000001010000Z", (true, 0)),
            ("pwdAccountLockedTime", "20261121110000Z", (false, 0)),
            ("shadowExpire", "-1", (false, 0)),
            ("shadowExpire", "0", (true, 0)),
            ("shadowExpire", "20778", (true, 0)),
            ("shadowExpire", "20779", (false, 0)),
            ("shadowExpire", "soon", (false, 1)),
            ("accountExpires", "0", (false, 0)),
            ("accountExpires", "9223372036854775807", (false, 0)),
            // 21 November 2026 at 12:00 and at 13:00.
            ("accountExpires", "134397360000000000", (true, 0)),
            ("accountExpires", "134397396000000000", (false, 0)),
            ("accountExpires", "-5", (false, 1)),
            ("krbPrincipalExpiration", "20261121120000Z", (true, 0)),
            ("krbPrincipalExpiration", "20261121120100Z", (false, 0)),
            ("krbPrincipalExpiration", "2026112112Z", (true, 0)),
            ("krbPrincipalExpiration", "20261121125900.5+0100", (true, 0)),
            ("krbPrincipalExpiration", "20261121110000-0200", (false, 0)),
            ("krbPrincipalExpiration", "20261321110000Z", (false, 1)),
            ("krbPrincipalExpiration", "tomorrow", (false, 1)),
        ] {
            assert_eq!(disabled(attribute, attribute, value), expected, "{attribute}: {value}");
        }
    }

    #[test]
    fn own_rules_compare_without_case_or_ask_for_presence() {
        assert_eq!(disabled("employeeType = Former", "employeetype", "FORMER"), (true, 0));
        assert_eq!(disabled("employeeType = former | loginDisabled=TRUE", "loginDisabled", "true"), (true, 0));
        assert_eq!(disabled("employeeType = former", "employeeType", "formerly"), (false, 0));
        assert_eq!(disabled("departed", "departed", "2020"), (true, 0));
        assert_eq!(disabled("pwdAccountLockedTime = *", "pwdAccountLockedTime", "20261121110000Z"), (true, 0));
        assert_eq!(disabled("userAccountControl", "nsAccountLock", "TRUE"), (false, 0), "only the rules that are set count");
    }

    #[test]
    fn mistakes_are_named() {
        for (text, word) in [
            ("two words", "\"two words\" is not an attribute name"),
            ("a =", "no value"),
            ("= x", "not an attribute name"),
            (&"a|".repeat(21), "21 rules"),
        ] {
            let error = DisabledRule::parse_all(text).unwrap_err();
            assert!(error.contains(word), "{error}");
        }
        assert_eq!(DisabledRule::parse_all(" \n "), Ok(vec![]));
    }
}
