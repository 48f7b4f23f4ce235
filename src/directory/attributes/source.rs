//! Where a field comes from: an attribute, or a template that puts several together. Several alternatives stand behind each other with `|`.

use std::fmt;

/// The longest text of alternatives, in bytes.
const MAX_LENGTH: usize = 1000;
/// The most parts of one template.
const MAX_PARTS: usize = 32;

/// One alternative of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// The values of an attribute, by its description (RFC 4512 section 2.5).
    Attribute(String),
    /// A text made of attributes.
    Template(Template),
}

/// A text with attributes in braces: `{givenName} {sn}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    text: String,
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Literal(String),
    Value { attribute: String, functions: Vec<Function> },
}

impl Part {
    fn attribute(&self) -> Option<&str> {
        match self {
            Self::Value { attribute, .. } => Some(attribute),
            Self::Literal(_) => None,
        }
    }
}

/// What can be done to a value in a template: `{mail:local}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Function {
    Local,
    Domain,
    Lower,
    Upper,
}

impl Function {
    const ALL: [(&'static str, Self); 4] = [("local", Self::Local), ("domain", Self::Domain), ("lower", Self::Lower), ("upper", Self::Upper)];

    fn apply(self, value: &str) -> String {
        match self {
            Self::Local => value.split_once('@').map_or(value, |(local, _)| local).to_owned(),
            Self::Domain => value.split_once('@').map_or("", |(_, domain)| domain).to_owned(),
            Self::Lower => value.to_lowercase(),
            Self::Upper => value.to_uppercase(),
        }
    }
}

impl Source {
    /// Reads alternatives, the best first; none of an empty text.
    ///
    /// # Errors
    /// One sentence that names the mistake: no attribute name of RFC 4512 section 2.5, a brace without its other half, an unknown function, more than
    /// 1,000 bytes or 32 parts of a template.
    pub fn parse_all(text: &str) -> Result<Vec<Self>, String> {
        if text.len() > MAX_LENGTH {
            return Err(format!("it is longer than {MAX_LENGTH} bytes"));
        }
        text.split('|').map(str::trim).filter(|alternative| !alternative.is_empty()).map(Self::parse).collect()
    }

    fn parse(text: &str) -> Result<Self, String> {
        if text.contains(['{', '}']) {
            return Template::parse(text).map(Self::Template);
        }
        if is_attribute_name(text) {
            return Ok(Self::Attribute(text.to_owned()));
        }
        Err(format!(
            "{text:?} is not an attribute name: letters, digits and \"-\", such as entryUUID; several are written a | b, and put together {{a}} {{b}}"
        ))
    }

    /// The attributes it needs.
    pub fn attributes(&self) -> impl Iterator<Item = &str> {
        let (one, several) = match self {
            Self::Attribute(name) => (Some(name.as_str()), &[][..]),
            Self::Template(template) => (None, template.parts.as_slice()),
        };
        one.into_iter().chain(several.iter().filter_map(Part::attribute))
    }

    /// As it is written in the settings.
    pub fn text(&self) -> &str {
        match self {
            Self::Attribute(name) => name,
            Self::Template(template) => &template.text,
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

impl Template {
    fn parse(text: &str) -> Result<Self, String> {
        let mistake = |what: &str| Err(format!("the template {text:?} {what}"));
        let (mut parts, mut rest) = (Vec::new(), text);
        while !rest.is_empty() {
            let Some(brace) = rest.find(['{', '}']) else {
                parts.push(Part::Literal(rest.to_owned()));
                break;
            };
            if brace > 0 {
                parts.push(Part::Literal(rest[..brace].to_owned()));
            }
            if rest[brace..].starts_with('}') {
                return mistake("has a \"}\" without a \"{\" before it");
            }
            let inside = &rest[brace + 1..];
            let Some(end) = inside.find(['{', '}']).filter(|end| inside[*end..].starts_with('}')) else {
                return mistake("has a \"{\" without a \"}\" behind it");
            };
            let mut words = inside[..end].split(':').map(str::trim);
            let attribute = words.next().unwrap_or_default();
            if attribute.is_empty() {
                return mistake("names no attribute between \"{\" and \"}\"");
            }
            if !is_attribute_name(attribute) {
                return mistake(&format!("has {attribute:?} in braces, which is not an attribute name"));
            }
            let mut functions = Vec::new();
            for word in words {
                match Function::ALL.iter().find(|(name, _)| name.eq_ignore_ascii_case(word)) {
                    Some((_, function)) => functions.push(*function),
                    None => {
                        let known = Function::ALL.map(|(name, _)| name).join(", ");
                        return mistake(&format!("has {word:?} behind a \":\"; there are: {known}"));
                    }
                }
            }
            parts.push(Part::Value { attribute: attribute.to_owned(), functions });
            rest = &inside[end + 1..];
        }
        if parts.len() > MAX_PARTS {
            return mistake(&format!("has more than {MAX_PARTS} parts"));
        }
        Ok(Self { text: text.to_owned(), parts })
    }

    /// The text with every attribute's value in its place; `None` when no attribute has one. What is missing leaves no doubled, leading or trailing blanks.
    pub fn fill(&self, mut value_of: impl FnMut(&str) -> Option<String>) -> Option<String> {
        let (mut text, mut is_filled) = (String::new(), false);
        for part in &self.parts {
            match part {
                Part::Literal(literal) => text.push_str(literal),
                Part::Value { attribute, functions } => {
                    if let Some(value) = value_of(attribute) {
                        let value = functions.iter().fold(value, |value, function| function.apply(&value));
                        is_filled |= !value.trim().is_empty();
                        text.push_str(&value);
                    }
                }
            }
        }
        let words: Vec<&str> = text.split(' ').filter(|word| !word.is_empty()).collect();
        is_filled.then(|| words.join(" "))
    }
}

/// Whether a text is an attribute description of RFC 4512 section 2.5.
pub(in super::super) fn is_attribute_name(name: &str) -> bool {
    let (base, options) = name.split_once(';').map_or((name, None), |(base, options)| (base, Some(options)));
    let word = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let numeric = base.contains('.') && base.split('.').all(|arc| !arc.is_empty() && arc.bytes().all(|byte| byte.is_ascii_digit()));
    (numeric || (word(base) && base.starts_with(|first: char| first.is_ascii_alphabetic())))
        && options.is_none_or(|options| options.split(';').all(word))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn filled(template: &str, values: &[(&str, &str)]) -> Option<String> {
        match Source::parse_all(template).unwrap().remove(0) {
            Source::Template(template) => template.fill(|name| values.iter().find(|(other, _)| *other == name).map(|(_, value)| (*value).to_owned())),
            Source::Attribute(name) => panic!("{name} is no template"),
        }
    }

    #[test]
    fn a_template_puts_attributes_together_and_what_is_missing_leaves_no_blanks() {
        let ada = [("givenName", "Ada"), ("sn", "Lovelace"), ("mail", "Ada.L@Example.org"), ("cn;lang-de", "Äda")];
        for (template, text) in [
            ("{givenName} {sn}", Some("Ada Lovelace")),
            ("{givenName} {initials} {sn}", Some("Ada Lovelace")),
            ("{initials} {sn}", Some("Lovelace")),
            ("{givenName} {initials}", Some("Ada")),
            ("{initials} {title}", None),
            ("{mail:local}", Some("Ada.L")),
            ("{mail:local:lower}", Some("ada.l")),
            ("{mail:domain:UPPER}", Some("EXAMPLE.ORG")),
            ("{sn:domain}", None),
            ("{ sn : upper }", Some("LOVELACE")),
            ("{cn;lang-de:upper}", Some("ÄDA")),
            ("{sn}@example.org", Some("Lovelace@example.org")),
        ] {
            assert_eq!(filled(template, &ada).as_deref(), text, "{template}");
        }
    }

    #[test]
    fn alternatives_are_read_in_their_order() {
        let sources = Source::parse_all(" displayName | {givenName} {sn} || cn;lang-de |").unwrap();
        assert_eq!(sources.iter().map(Source::text).collect::<Vec<_>>(), ["displayName", "{givenName} {sn}", "cn;lang-de"]);
        assert_eq!(sources.iter().flat_map(Source::attributes).collect::<Vec<_>>(), ["displayName", "givenName", "sn", "cn;lang-de"]);
        assert_eq!(Source::parse_all(" "), Ok(vec![]));
    }

    #[test]
    fn a_mistake_is_named() {
        for (text, word) in [
            ("u id", "\"u id\" is not an attribute name"),
            ("{sn", "without a \"}\""),
            ("sn}", "without a \"{\""),
            ("{a{b}}", "without a \"}\""),
            ("{} x", "names no attribute"),
            ("{:lower}", "names no attribute"),
            ("{u id}", "\"u id\" in braces"),
            ("{sn:shout}", "there are: local, domain, lower, upper"),
            ("uid | {sn:}", "\"\" behind"),
            (&"{a}".repeat(40), "more than 32"),
            (&"a".repeat(1001), "longer than 1000"),
        ] {
            let error = Source::parse_all(text).unwrap_err();
            assert!(error.contains(word), "{text}: {error}");
        }
    }

    proptest! {
        #[test]
        fn reading_and_filling_never_panic_and_injections_stay_text(text in ".{0,60}", value in "\\PC{0,20}") {
            if let Ok(sources) = Source::parse_all(&text) {
                for source in sources {
                    if let Source::Template(template) = source {
                        let _ = template.fill(|_| Some(value.clone()));
                    }
                }
            }
            // Whatever a value holds, it is not read as a template again.
            let braces = format!("{{sn}}{value}");
            prop_assert_eq!(filled("{x}", &[("x", &braces)]).map(|text| text.replace(' ', "")), Some(braces.replace(' ', "")));
        }

        #[test]
        fn a_filled_template_has_no_needless_blanks(parts in prop::collection::vec(prop::option::of("[a-z]{1,5}"), 1..6)) {
            let template = (0..parts.len()).map(|n| format!("{{a{n}}}")).collect::<Vec<_>>().join(" ");
            let values: Vec<(String, String)> = parts.iter().enumerate().filter_map(|(n, part)| Some((format!("a{n}"), part.clone()?))).collect();
            let pairs: Vec<(&str, &str)> = values.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            let expected = pairs.iter().map(|(_, value)| *value).collect::<Vec<_>>().join(" ");
            prop_assert_eq!(filled(&template, &pairs), Some(expected).filter(|text| !text.is_empty()));
        }
    }
}
