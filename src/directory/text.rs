//! Texts of which there are very many: a run holds a dozen for each person, most of them shorter than what a `String` needs to say where its bytes are.

use std::borrow::{Borrow, Cow};
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;

/// Bytes that fit beside the length, so that the whole is as large as a `String` alone.
const SHORT: usize = 22;

/// A text that does not change. Up to 22 bytes are kept in place, longer ones in exactly the memory they need.
#[derive(Clone)]
pub struct Text(Form);

#[derive(Clone)]
enum Form {
    Short(u8, [u8; SHORT]),
    Long(Box<str>),
}

impl Text {
    /// The text.
    pub fn as_str(&self) -> &str {
        match &self.0 {
            // Always valid: these are the bytes of a text, and all of it.
            Form::Short(length, bytes) => bytes.get(..usize::from(*length)).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default(),
            Form::Long(text) => text,
        }
    }
}

impl Default for Text {
    fn default() -> Self {
        Self(Form::Short(0, [0; SHORT]))
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        let mut bytes = [0; SHORT];
        match (bytes.get_mut(..text.len()), u8::try_from(text.len())) {
            (Some(place), Ok(length)) => {
                place.copy_from_slice(text.as_bytes());
                Self(Form::Short(length, bytes))
            }
            _ => Self(Form::Long(text.into())),
        }
    }
}

impl From<&String> for Text {
    fn from(text: &String) -> Self {
        text.as_str().into()
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        if text.len() <= SHORT { text.as_str().into() } else { Self(Form::Long(text.into_boxed_str())) }
    }
}

impl From<Cow<'_, str>> for Text {
    fn from(text: Cow<'_, str>) -> Self {
        match text {
            Cow::Borrowed(text) => text.into(),
            Cow::Owned(text) => text.into(),
        }
    }
}

impl Deref for Text {
    type Target = str;
    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl AsRef<str> for Text {
    fn as_ref(&self) -> &str {
        self
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Text {}

impl Hash for Text {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl Borrow<str> for Text {
    fn borrow(&self) -> &str {
        self
    }
}

impl PartialEq<str> for Text {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<&str> for Text {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

impl PartialEq<Text> for String {
    fn eq(&self, other: &Text) -> bool {
        self.as_str() == other.as_str()
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self)
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_text_takes_no_more_room_than_the_head_of_a_string() {
        assert_eq!((size_of::<Text>(), size_of::<Option<Text>>()), (size_of::<String>(), size_of::<String>()));
    }

    proptest! {
        #[test]
        fn every_text_comes_out_as_it_went_in(text in "\\PC{0,40}") {
            let short = Text::from(text.as_str());
            prop_assert_eq!(short.as_str(), &text);
            prop_assert_eq!(Text::from(text.clone()), Text::from(&text));
            prop_assert_eq!(Text::from(&text).to_string(), text);
        }
    }
}
