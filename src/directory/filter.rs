//! Search filters as administrators paste them: over several lines, indented, with a blank at the end, sometimes without the outer parentheses. The wire
//! form (RFC 4515) has none of that, so a filter is read here first: white space between components goes, and a mistake is named with its place.

use std::fmt;

use super::attributes::is_attribute_name;

/// The longest filter read, in bytes.
const MAX_LENGTH: usize = 8 * 1024;
/// How deep filters may nest: servers and parsers recurse.
const MAX_DEPTH: usize = 32;

/// A search filter in the form of RFC 4515, without white space between components.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Filter(String);

/// A filter that cannot be read: what is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message} at character {position}")]
pub struct FilterError {
    /// Counted in characters from 1, over all lines.
    pub position: usize,
    /// What was found or missed there.
    pub message: String,
}

impl Filter {
    /// Reads a filter. White space between components is dropped, also at a line's end inside an assertion; other blanks in a value are kept. Outer
    /// parentheses may be missing.
    ///
    /// # Errors
    /// [`FilterError`] when the text is empty, longer than 8 KiB, nested more than 32 deep, or not a filter of RFC 4515 section 3.
    pub fn parse(text: &str) -> Result<Self, FilterError> {
        let text = text.trim_end();
        let mut reader = Reader { text, at: 0, output: String::with_capacity(text.len()) };
        if text.len() > MAX_LENGTH {
            return reader.error("the filter is longer than 8 KiB");
        }
        reader.skip_white_space();
        match reader.peek() {
            None => return reader.error("the filter is empty; \"(objectClass=*)\" would match every entry"),
            Some('(') => reader.filter(0)?,
            Some(_) => {
                reader.output.push('(');
                reader.item()?;
                reader.output.push(')');
            }
        }
        reader.skip_white_space();
        match reader.peek() {
            None => Ok(Self(reader.output)),
            Some(')') => reader.error("there is a \")\" too many"),
            Some('(') => reader.error("a second filter begins; join the two as (&(…)(…)) or (|(…)(…)),"),
            Some(_) => reader.error("there is text behind the end of the filter"),
        }
    }

    /// Entries that fit `attribute:rule:=value` (RFC 4515 section 3). `None` when attribute or rule is not one.
    pub fn matching(attribute: &str, rule: &str, value: &[u8]) -> Option<Self> {
        let is_sound = is_attribute_name(attribute) && is_attribute_name(rule);
        is_sound.then(|| Self(format!("({attribute}:{rule}:={})", escaped(value))))
    }

    /// Entries that have at least one of some attributes. `None` when no attribute is given.
    pub fn present<'a>(attributes: impl IntoIterator<Item = &'a str>) -> Option<Self> {
        let items: String = attributes.into_iter().filter(|name| is_attribute_name(name)).map(|name| format!("({name}=*)")).collect();
        (!items.is_empty()).then(|| Self(format!("(|{items})")))
    }

    /// Entries where one of `attributes` has exactly this value. Every byte that is neither letter nor digit is escaped (RFC 4515 section 3), so whatever
    /// somebody typed is a value and nothing else. `None` when no attribute is given.
    pub fn equals<'a>(attributes: impl IntoIterator<Item = &'a str>, value: &[u8]) -> Option<Self> {
        let escaped = escaped(value);
        let items: Vec<String> = attributes.into_iter().filter(|name| is_attribute_name(name)).map(|name| format!("({name}={escaped})")).collect();
        match items.as_slice() {
            [] => None,
            [item] => Some(Self(item.clone())),
            several => Some(Self(format!("(|{})", several.concat()))),
        }
    }

    /// Entries that fit any of some filters; without one, none at all ("absolute false" of RFC 4526).
    pub fn any(filters: impl IntoIterator<Item = Self>) -> Self {
        let mut parts: Vec<String> = filters.into_iter().map(|filter| filter.0).collect();
        match (parts.pop(), parts.is_empty()) {
            (Some(only), true) => Self(only),
            (last, _) => Self(format!("(|{}{})", parts.concat(), last.unwrap_or_default())),
        }
    }

    /// Entries that fit either filter.
    #[must_use]
    pub fn or(&self, other: &Self) -> Self {
        Self(format!("(|{}{})", self.0, other.0))
    }

    /// Entries that fit both filters.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        Self(format!("(&{}{})", self.0, other.0))
    }

    /// The wire form.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// This filter and everything it is made of, outer before inner, each with how deep it stands.
    pub fn parts(&self) -> Vec<(usize, Self)> {
        let mut open = Vec::new();
        let mut parts = Vec::new();
        // Inside values parentheses are escaped, so each one here opens or closes a filter.
        for (at, character) in self.0.char_indices() {
            match character {
                '(' => {
                    open.push((at, parts.len()));
                    parts.push((open.len() - 1, Self(String::new())));
                }
                ')' => {
                    if let Some((start, place)) = open.pop() {
                        parts[place].1 = Self(self.0[start..=at].to_owned());
                    }
                }
                _ => {}
            }
        }
        parts
    }

    /// What joins the filters inside: `&`, `|`, `!`; `None` for a single assertion.
    pub fn operator(&self) -> Option<char> {
        self.0.chars().nth(1).filter(|character| matches!(character, '&' | '|' | '!'))
    }

    /// The attribute a single assertion is about.
    pub fn attribute(&self) -> Option<&str> {
        let inside = self.0.strip_prefix('(').filter(|_| self.operator().is_none())?;
        let end = inside.find(['=', '~', '<', '>', ':'])?;
        inside.get(..end).filter(|name| !name.is_empty())
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A value as it stands in a filter: every byte that is neither letter nor digit escaped.
fn escaped(value: &[u8]) -> String {
    use fmt::Write as _;
    let mut escaped = String::with_capacity(value.len() * 3);
    for &byte in value {
        if byte.is_ascii_alphanumeric() {
            escaped.push(char::from(byte));
        } else {
            let _ = write!(escaped, "\\{byte:02x}");
        }
    }
    escaped
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    output: String,
}

impl<'t> Reader<'t> {
    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn skip_white_space(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    fn error<T>(&self, message: impl Into<String>) -> Result<T, FilterError> {
        Err(FilterError { position: self.text.get(..self.at).map_or(0, |read| read.chars().count()) + 1, message: message.into() })
    }

    /// From `(` to its `)`, white space around it dropped.
    fn filter(&mut self, depth: usize) -> Result<(), FilterError> {
        if depth == MAX_DEPTH {
            return self.error("the filter is nested more than 32 deep");
        }
        self.at += 1;
        self.output.push('(');
        self.skip_white_space();
        match self.peek() {
            Some(operator @ ('&' | '|' | '!')) => {
                self.at += 1;
                self.output.push(operator);
                self.components(operator, depth)?;
            }
            Some('(') => return self.error("a \"(\" directly behind a \"(\"; \"&\", \"|\" or \"!\" is missing"),
            Some(')') => return self.error("the parentheses are empty"),
            _ => self.item()?,
        }
        if self.peek() != Some(')') {
            return self.error("a \")\" is missing");
        }
        self.at += 1;
        self.output.push(')');
        Ok(())
    }

    fn components(&mut self, operator: char, depth: usize) -> Result<(), FilterError> {
        let mut count = 0;
        loop {
            self.skip_white_space();
            match self.peek() {
                Some('(') if operator == '!' && count == 1 => return self.error("\"!\" takes one filter only; join several as (!(|(…)(…)))"),
                Some('(') => self.filter(depth + 1)?,
                Some(')') | None if count == 0 => return self.error(format!("\"{operator}\" is followed by no filter")),
                Some(')') | None => return Ok(()),
                Some(_) => return self.error("a \"(\" is missing"),
            }
            count += 1;
        }
    }

    /// `attribute operator value`, up to but not including the `)`.
    fn item(&mut self) -> Result<(), FilterError> {
        let start = self.at;
        let end = self.rest().find(['=', ')', '(']).map_or(self.text.len(), |length| start + length);
        if !self.text[end..].starts_with('=') {
            self.at = end;
            return self.error("a \"=\" is missing");
        }
        let before = self.text[start..end].trim_end();
        let attribute = before.trim_end_matches(['~', '<', '>', ':']);
        let operator = &before[attribute.len()..];
        if !matches!(operator, "" | "~" | "<" | ">" | ":") || !is_attribute(attribute.trim_end(), operator == ":") {
            return self.error(format!("\"{before}\" is not an attribute name"));
        }
        self.output.push_str(attribute.trim_end());
        self.output.push_str(operator);
        self.output.push('=');
        self.at = end + 1;
        self.value(operator)
    }

    fn value(&mut self, operator: &str) -> Result<(), FilterError> {
        let mut value = String::new();
        while let Some(character) = self.peek() {
            match character {
                ')' => break,
                '(' => return self.error("a \"(\" inside a value must be written \\28"),
                '\0' => return self.error("a NUL inside a value must be written \\00"),
                '*' if !operator.is_empty() => return self.error("a \"*\" is only a wildcard with \"=\"; the character itself is written \\2a"),
                '\\' if !self.rest().get(1..3).is_some_and(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit())) => {
                    return self.error("a \"\\\" must be followed by two hexadecimal digits; the character itself is written \\5c");
                }
                _ => {}
            }
            if value.ends_with('*') && character == '*' {
                return self.error("two \"*\" directly behind each other");
            }
            value.push(character);
            self.at += character.len_utf8();
        }
        // Blanks belong to the value, an indented line break does not.
        let (leading, trailing) = (&value[..value.len() - value.trim_start().len()], &value[value.trim_end().len()..]);
        let from = if leading.contains('\n') { leading.len() } else { 0 };
        let to = if trailing.contains('\n') { value.len() - trailing.len() } else { value.len() };
        self.output.push_str(value.get(from..to).unwrap_or(""));
        Ok(())
    }
}

/// An attribute description, with a matching rule behind it (`memberOf:1.2.840…`) when the operator is `:=`.
fn is_attribute(text: &str, extensible: bool) -> bool {
    let (description, rules) = text.split_once(':').map_or((text, None), |(description, rules)| (description, Some(rules)));
    let rule = rules.map(|rules| rules.strip_prefix("dn:").unwrap_or(rules));
    match rule {
        None => is_attribute_name(description),
        Some(_) if !extensible => false,
        Some("dn") => is_attribute_name(description),
        Some(rule) => is_attribute_name(rule) && (description.is_empty() || is_attribute_name(description)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_over_several_lines_become_their_wire_form() {
        for (text, wire) in [
            ("(objectClass=person)", "(objectClass=person)"),
            (" objectClass=person ", "(objectClass=person)"),
            ("objectClass=person\n", "(objectClass=person)"),
            (
                "(&\n    (objectClass=user)\n    (!(objectClass=computer))\n    (memberOf:1.2.840.113556.1.4.1941:=\n       CN=Staff,DC=corp\n    )\n)\n",
                "(&(objectClass=user)(!(objectClass=computer))(memberOf:1.2.840.113556.1.4.1941:=CN=Staff,DC=corp))",
            ),
            ("( | (cn=a b) ( sn ~= c ) (n>=1)(m<=2) )", "(|(cn=a b)(sn~= c )(n>=1)(m<=2))"),
            ("(cn=\\28x\\29*é)", "(cn=\\28x\\29*é)"),
            ("(:dn:2.4.6.8.10:=Dino)", "(:dn:2.4.6.8.10:=Dino)"),
            ("(cn;lang-de=*)", "(cn;lang-de=*)"),
        ] {
            assert_eq!(Filter::parse(text).map(|filter| filter.0), Ok(wire.to_owned()), "{text}");
        }
    }

    #[test]
    fn rules_and_presence_take_attributes_only() {
        let filter = Filter::matching("memberOf", "1.2.840.113556.1.4.1941", b"CN=*)(uid=*").unwrap();
        assert_eq!(filter.as_str(), "(memberOf:1.2.840.113556.1.4.1941:=CN\\3d\\2a\\29\\28uid\\3d\\2a)");
        assert_eq!(Filter::parse(filter.as_str()), Ok(filter));
        assert!(Filter::matching("a=*)(x", "1.2", b"").is_none() && Filter::matching("a", "", b"").is_none());
        assert_eq!(Filter::present(["a", "b", "c="]).unwrap().as_str(), "(|(a=*)(b=*))");
        assert_eq!(Filter::present([]), None);
    }

    #[test]
    fn a_value_somebody_typed_cannot_leave_its_place() {
        let wire = |value: &str| Filter::equals(["uid"], value.as_bytes()).unwrap().0;
        assert_eq!(wire("ada1"), "(uid=ada1)");
        assert_eq!(wire("*)(uid=*"), "(uid=\\2a\\29\\28uid\\3d\\2a)");
        assert_eq!(wire("\\28\0é"), "(uid=\\5c28\\00\\c3\\a9)");
        let both = Filter::equals(["uid", "mail"], b"x").unwrap();
        assert_eq!(both.as_str(), "(|(uid=x)(mail=x))");
        assert_eq!(both.and(&Filter::parse("a=b").unwrap()).as_str(), "(&(|(uid=x)(mail=x))(a=b))");
        assert!(Filter::equals(["uid=*)(x"], b"x").is_none() && Filter::equals([], b"x").is_none());
    }

    #[test]
    fn a_filter_is_taken_apart_outer_before_inner() {
        let filter = Filter::parse("(&(objectClass=person)(!(|(employeeType=former)(cn~=x\\29)))(memberOf:1.2.3:=cn=a))").unwrap();
        let parts: Vec<_> = filter.parts().into_iter().map(|(depth, part)| (depth, part.operator(), part.attribute().map(str::to_owned))).collect();
        let of = |name: &str| Some(name.to_owned());
        assert_eq!(
            parts,
            [
                (0, Some('&'), None),
                (1, None, of("objectClass")),
                (1, Some('!'), None),
                (2, Some('|'), None),
                (3, None, of("employeeType")),
                (3, None, of("cn")),
                (1, None, of("memberOf")),
            ]
        );
        assert_eq!(filter.parts()[2].1.as_str(), "(!(|(employeeType=former)(cn~=x\\29)))");
    }

    #[test]
    fn mistakes_are_named_with_their_place() {
        for (text, position, word) in [
            ("", 1, "empty"),
            ("  \n ", 1, "empty"),
            ("(objectClass=person", 20, "\")\" is missing"),
            ("(objectClass=person))", 21, "too many"),
            ("(cn=a)(cn=b)", 7, "second filter"),
            ("(&)", 3, "no filter"),
            ("(&(cn=a)cn=b)", 9, "\"(\" is missing"),
            ("(!(cn=a)(cn=b))", 9, "one filter only"),
            ("((cn=a))", 2, "missing"),
            ("()", 2, "empty"),
            ("(person)", 8, "\"=\" is missing"),
            ("(ä=1)", 2, "attribute name"),
            ("(=x)", 2, "attribute name"),
            ("(c n=x)", 2, "attribute name"),
            ("(cn=a\\zz)", 6, "hexadecimal"),
            ("(cn=a(b)", 6, "\\28"),
            ("(cn>=*)", 6, "wildcard"),
            ("(cn=a**b)", 7, "two"),
        ] {
            let error = Filter::parse(text).unwrap_err();
            assert_eq!(error.position, position, "{text}: {error}");
            assert!(error.message.contains(word), "{text}: {error}");
        }
        assert!(Filter::parse(&"(!".repeat(40)).unwrap_err().message.contains("32 deep"));
    }
}
