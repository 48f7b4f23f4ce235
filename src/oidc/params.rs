//! Parameters as they came, form-encoded, before anything is believed.

/// The most parameters one request may have.
const COUNT_MAX: usize = 60;

/// Names and values in the order they came.
#[derive(Clone, Debug, Default)]
pub struct Params(Vec<(String, String)>);

/// The text is no form, or has too many fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAForm;

impl Params {
    /// Reads a query string or a form's body.
    ///
    /// # Errors
    /// [`NotAForm`] for text that cannot be decoded, more than 60 parameters, or one with a NUL character, which no protocol has a use for.
    pub fn parse(unverified_text: &str) -> Result<Self, NotAForm> {
        let pairs: Vec<(String, String)> = serde_urlencoded::from_str(unverified_text).map_err(|_| NotAForm)?;
        let has_nul = pairs.iter().any(|(name, value)| name.contains('\0') || value.contains('\0'));
        if has_nul || pairs.len() > COUNT_MAX { Err(NotAForm) } else { Ok(Self(pairs)) }
    }

    /// The value of a parameter. One without a value counts as left out (RFC 6749 section 3.1).
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// Every value of a parameter that may come more than once, without empty ones.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(known, value)| known == name && !value.is_empty()).map(|(_, value)| value.as_str())
    }

    /// Whether a parameter is there, with a value or without.
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(known, _)| known == name)
    }

    /// Whether a parameter came more than once, which RFC 6749 section 3.1 forbids.
    pub fn is_repeated(&self, name: &str) -> bool {
        self.0.iter().filter(|(known, _)| known == name).count() > 1
    }

    /// Whether any of these came more than once.
    pub fn any_repeated(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.is_repeated(name))
    }

    /// The same with this parameter set, whatever it was.
    #[must_use]
    pub fn with(&self, name: &str, value: &str) -> Self {
        let others = self.0.iter().filter(|(known, _)| known != name).cloned();
        Self(others.chain([(name.to_owned(), value.to_owned())]).collect())
    }

    /// Only the parameters of these names, form-encoded again.
    pub fn encode_only(&self, names: &[&str]) -> String {
        let kept: Vec<&(String, String)> = self.0.iter().filter(|(name, _)| names.contains(&name.as_str())).collect();
        serde_urlencoded::to_string(kept).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_read_as_they_came() {
        let params = Params::parse("a=1&b=&a=2&c=x%20y+z").unwrap();
        assert_eq!((params.get("a"), params.get("b"), params.get("c"), params.get("d")), (Some("1"), None, Some("x y z"), None));
        assert!(params.has("b") && !params.has("d"));
        assert!(params.is_repeated("a") && !params.any_repeated(&["b", "c"]));
        assert_eq!(params.with("a", "3").encode_only(&["a", "c"]), "c=x+y+z&a=3");
        assert_eq!(params.encode_only(&["c", "a"]), "a=1&a=2&c=x+y+z");
        assert_eq!(Params::parse(&"a=1&".repeat(61)).unwrap_err(), NotAForm);
        assert_eq!(Params::parse("a=x%00y").unwrap_err(), NotAForm);
    }
}
