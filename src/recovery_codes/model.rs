//! What a recovery code looks like, and how it is read back however somebody types it.

use zeroize::Zeroizing;

use crate::secret::random_bytes;

/// How many codes a set has.
pub const CODES: usize = 10;
/// Fewer unused ones than this, and it is time for a new set.
pub const FEW: i64 = 3;
/// The letters and digits of codes: nothing that looks like something else on paper (no 0 and O, no 1, I and L), and no U, so that few words come about.
const ALPHABET: &[u8; 30] = b"23456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Twelve of thirty: 58.9 bits.
const LENGTH: usize = 12;
/// As they are written, in groups.
const GROUP: usize = 4;

/// A recovery code, to be shown once.
#[derive(Clone)]
pub struct Code(Zeroizing<String>);

impl Code {
    /// A new one.
    pub fn new() -> Self {
        let mut code = Zeroizing::new(String::with_capacity(LENGTH));
        while code.len() < LENGTH {
            // 240 is the largest multiple of 30 in a byte: above it, the first letters would be likelier.
            let letters = random_bytes::<32>().into_iter().filter(|byte| *byte < 240).map(|byte| char::from(ALPHABET[usize::from(byte % 30)]));
            let missing = LENGTH - code.len();
            code.extend(letters.take(missing));
        }
        Self(code)
    }

    /// What somebody typed: capitals or not, with hyphens, blanks or neither. `None` for what can be no code.
    pub fn read(unverified: &str) -> Option<Self> {
        let letters = unverified.chars().filter(|c| c.is_alphanumeric()).take(LENGTH + 1).map(|c| c.to_ascii_uppercase());
        let code = Zeroizing::new(letters.collect::<String>());
        (code.len() == LENGTH && code.bytes().all(|byte| ALPHABET.contains(&byte))).then_some(Self(code))
    }

    /// As people read and type it: `K7QF-3MXD-9WTP`.
    pub fn shown(&self) -> String {
        self.0.as_bytes().chunks(GROUP).map(|group| String::from_utf8_lossy(group).into_owned()).collect::<Vec<_>>().join("-")
    }

    /// The bare letters, for the hash.
    pub(super) fn reveal(&self) -> &str {
        &self.0
    }
}

impl Default for Code {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Code(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_however_it_is_typed() {
        let code = Code::new();
        let shown = code.shown();
        assert_eq!(shown.len(), 14);
        for typed in [shown.clone(), shown.to_lowercase(), shown.replace('-', " "), format!("  {} ", shown.replace('-', ""))] {
            assert_eq!(Code::read(&typed).map(|code| code.shown()).as_ref(), Some(&shown), "{typed}");
        }
        let dashes = shown.replace('-', "\u{2013}");
        assert_eq!(Code::read(&dashes).map(|code| code.shown()), Some(shown));
        for bad in ["", "K7QF", "K7QF-3MXD-9WT", "K7QF-3MXD-9WTPX", "K7QF-3MXD-9WT0", "K7QF-3MXD-9WTO", "K7QF-3MXD-9WT\u{e9}", "%"] {
            assert!(Code::read(bad).is_none(), "{bad}");
        }
        assert!(!format!("{code:?}").contains(&code.shown()));
    }

    #[test]
    fn codes_use_the_whole_alphabet_and_nothing_that_looks_alike() {
        let all: String = (0..400).map(|_| Code::new().shown()).collect();
        for letter in ALPHABET {
            assert!(all.contains(char::from(*letter)), "{}", char::from(*letter));
        }
        assert!(!all.contains(['0', 'O', '1', 'I', 'L', 'U']));
        let bits = (ALPHABET.len() as f64).log2() * LENGTH as f64;
        assert!(bits >= 50.0, "{bits}");
    }
}
