//! The short code, the number that is matched, and what somebody who waits sees.

use std::time::Duration;

use crate::clock::Timestamp;
use crate::id::UserId;
use crate::secret::random_bytes;

/// How long somebody has to let the other browser in.
pub const LIFETIME: Duration = Duration::from_secs(300);
/// How long a browser that was allowed has at least to come in: who decides in the last second has let it in all the same.
pub const COME_IN_WITHIN: Duration = Duration::from_secs(60);
/// How long a refusal counts against the network that asked.
pub const REFUSED_FOR: Duration = Duration::from_secs(900);
/// No vowels, so that no words come about, and nothing that looks like something else.
const ALPHABET: &[u8; 24] = b"BCDFGHJKMNPQRSTVWXZ24679";
const LENGTH: usize = 8;

/// A new code, without its hyphen: 36.7 bits, good for five minutes, with tries limited.
pub fn new_code() -> String {
    let mut code = String::with_capacity(LENGTH);
    while code.len() < LENGTH {
        // 240 is the largest multiple of 24 in a byte: above it, the first letters would be likelier.
        let letters = random_bytes::<16>().into_iter().filter(|byte| *byte < 240).map(|byte| char::from(ALPHABET[usize::from(byte % 24)]));
        let missing = LENGTH - code.len();
        code.extend(letters.take(missing));
    }
    code
}

/// What a person typed, as codes are kept. `None` for what can be no code.
pub fn normal(typed: &str) -> Option<String> {
    let code: String = typed.chars().filter(|c| c.is_alphanumeric()).take(LENGTH + 1).map(|c| c.to_ascii_uppercase()).collect();
    (code.len() == LENGTH && code.bytes().all(|byte| ALPHABET.contains(&byte))).then_some(code)
}

/// A code as people read it.
pub fn shown(code: &str) -> String {
    code.split_at_checked(LENGTH / 2).map_or_else(|| code.to_owned(), |(first, second)| format!("{first}-{second}"))
}

/// The number the waiting browser shows, and three different ones in the order the person sees them, it among them.
pub fn new_numbers() -> (i64, [i64; 3]) {
    let [place, rest @ ..] = random_bytes::<33>();
    let mut choices = [0; 3];
    let mut filled = 0;
    // From 10 to 99; a byte below 180 gives each as often as the others. Thirty-two bytes hold three different ones all but certainly; the rest is counted up.
    for number in rest.into_iter().filter(|byte| *byte < 180).map(|byte| 10 + i64::from(byte % 90)).chain(10..) {
        if !choices.contains(&number) {
            choices[filled] = number;
            filled += 1;
        }
        if filled == choices.len() {
            break;
        }
    }
    (choices[usize::from(place % 3)], choices)
}

/// A browser that waits, or has waited.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Request {
    /// The number it shows.
    pub number: i64,
    /// The three the person sees, with blanks between.
    pub choices: String,
    /// From which address it asks.
    pub client_ip: String,
    /// Which browser it is.
    pub user_agent: String,
    /// When it asked.
    pub created_at: Timestamp,
    /// When it no longer may.
    pub expires_at: Timestamp,
    /// What the person decided, when they have.
    pub outcome: Option<String>,
    /// Who let it in.
    pub user_id: Option<UserId>,
    /// When it came in.
    pub used_at: Option<Timestamp>,
}

/// How it stands with a browser that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Nobody has decided.
    Waiting,
    /// It may come in.
    Allowed(UserId),
    /// It may not, or may no longer.
    Over,
}

impl Request {
    /// How it stands now.
    pub fn state(&self, now: Timestamp) -> State {
        match (self.outcome.as_deref(), self.user_id) {
            _ if now >= self.expires_at || self.used_at.is_some() => State::Over,
            (None, _) => State::Waiting,
            (Some("allowed"), Some(user)) => State::Allowed(user),
            _ => State::Over,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_however_it_is_typed() {
        let code = new_code();
        for typed in [code.clone(), shown(&code), shown(&code).to_lowercase(), format!(" {code} ")] {
            assert_eq!(normal(&typed).as_ref(), Some(&code), "{typed}");
        }
        for bad in ["", "BCDF", "BCDF-GHJA", "BCDFGHJKM", "%"] {
            assert_eq!(normal(bad), None, "{bad}");
        }
    }

    #[test]
    fn three_different_numbers_of_two_digits_with_the_right_one_anywhere() {
        let mut places = [0; 3];
        for _ in 0..300 {
            let (number, choices) = new_numbers();
            assert!(choices.iter().all(|choice| (10..100).contains(choice)), "{choices:?}");
            assert!(choices[0] != choices[1] && choices[1] != choices[2] && choices[0] != choices[2], "{choices:?}");
            places[choices.iter().position(|choice| *choice == number).unwrap()] += 1;
        }
        assert!(places.iter().all(|count| *count > 50), "{places:?}");
    }

    #[test]
    fn a_browser_waits_until_it_is_let_in_refused_or_late() {
        let at = Timestamp::from_seconds;
        let waiting = Request {
            number: 17,
            choices: "17 42 80".into(),
            client_ip: String::new(),
            user_agent: String::new(),
            created_at: at(0),
            expires_at: at(300),
            outcome: None,
            user_id: None,
            used_at: None,
        };
        let user = UserId::new();
        let allowed = Request { outcome: Some("allowed".into()), user_id: Some(user), ..waiting.clone() };
        assert_eq!(waiting.state(at(299)), State::Waiting);
        assert_eq!(waiting.state(at(300)), State::Over);
        assert_eq!(allowed.state(at(10)), State::Allowed(user));
        assert_eq!(allowed.state(at(300)), State::Over);
        assert_eq!(Request { used_at: Some(at(11)), ..allowed.clone() }.state(at(12)), State::Over);
        for no in ["denied", "wrong_number"] {
            assert_eq!(Request { outcome: Some(no.into()), ..allowed.clone() }.state(at(10)), State::Over);
        }
    }
}
