//! Further attributes of a person that apps may get as claims.

use std::collections::BTreeSet;

use super::entry::{RawEntry, is_secret, is_unwanted, text_or_base64};
use super::source::Source;
use crate::directory::model::{Extra, Extras};

/// The most claims of one directory.
pub const MAX_CLAIMS: usize = 50;
/// The longest name of a claim, in characters.
const MAX_NAME: usize = 100;
/// The longest value, in bytes. A longer one is left out, not cut: half an identifier is another one.
const MAX_VALUE: usize = 2048;
/// The most values of a list.
const MAX_VALUES: usize = 200;
/// The most bytes of all claims of one person: they travel in every token.
const MAX_ALL: usize = 16 * 1024;

pub use crate::users::reserved_claims::{PERSON_CLAIMS, is_reserved_claim};

/// One claim and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomClaim {
    /// The claim's name.
    pub name: String,
    /// Alternatives, the best first. A list takes the values of the first attribute that has any.
    pub sources: Vec<Source>,
    /// Whether it is a list of all values (in byte order, each once) or one value.
    pub is_list: bool,
}

impl CustomClaim {
    /// Reads lines of the form `claim = attribute` or `claim[] = attribute`, the second for a list of all values. In place of an attribute there may be
    /// alternatives, and for a single value a template.
    ///
    /// # Errors
    /// One sentence that names the line and its mistake: no `=`, a name that is reserved ([`is_reserved_claim`]), used twice, longer than 100 characters or
    /// with other characters than letters, digits and `_ - . : /`, an attribute that cannot be read or holds secrets, a template for a list, more than
    /// [`MAX_CLAIMS`].
    pub fn parse_all(text: &str) -> Result<Vec<Self>, String> {
        let claims = text.lines().map(str::trim).filter(|line| !line.is_empty()).map(Self::parse).collect::<Result<Vec<_>, _>>()?;
        if claims.len() > MAX_CLAIMS {
            return Err(format!("there are {} claims, more than {MAX_CLAIMS}", claims.len()));
        }
        let mut seen = BTreeSet::new();
        match claims.iter().find(|claim| !seen.insert(claim.name.as_str())) {
            Some(twice) => Err(format!("the claim {:?} is there twice", twice.name)),
            None => Ok(claims),
        }
    }

    fn parse(line: &str) -> Result<Self, String> {
        let Some((name, from)) = line.split_once('=') else {
            return Err(format!("{line:?} is not of the form: claim = attribute, or claim[] = attribute for a list"));
        };
        let name = name.trim();
        let (name, is_list) = name.strip_suffix("[]").map_or((name, false), |name| (name.trim_end(), true));
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | ':' | '/');
        if name.is_empty() || name.len() > MAX_NAME || !name.chars().all(is_plain) {
            return Err(format!("{name:?} cannot be the name of a claim: 1 to {MAX_NAME} letters, digits and _ - . : /"));
        }
        if is_reserved_claim(name) {
            return Err(format!("the claim {name:?} is filled by Muster itself or decides whether a token is valid; choose another name"));
        }
        let sources = Source::parse_all(from).map_err(|error| format!("claim {name:?}: {error}"))?;
        if sources.is_empty() {
            return Err(format!("claim {name:?}: there is no attribute behind \"=\""));
        }
        if let Some(secret) = sources.iter().flat_map(Source::attributes).find(|attribute| is_secret(attribute)) {
            return Err(format!("claim {name:?}: {secret} holds a secret and is never given to apps"));
        }
        if is_list && sources.iter().any(|source| matches!(source, Source::Template(_))) {
            return Err(format!("claim {name:?}: a template makes one text; write {name} = … without [], or name an attribute"));
        }
        Ok(Self { name: name.to_owned(), sources, is_list })
    }

    /// The attributes it needs.
    pub fn attributes(&self) -> impl Iterator<Item = &str> {
        self.sources.iter().flat_map(Source::attributes)
    }
}

/// The claims of an entry; `single` gives the value of a source for one text, `report` takes what was left out with its attribute.
pub(super) fn extras_of(
    entry: &RawEntry,
    claims: &[CustomClaim],
    mut single: impl FnMut(&Source) -> Option<String>,
    mut report: impl FnMut(String, String),
) -> Extras {
    let (mut extras, mut room) = (Extras::new(), MAX_ALL);
    for claim in claims {
        let label = || claim.sources.iter().map(Source::text).collect::<Vec<_>>().join(" | ");
        let is_short = |text: &String| text.len() <= MAX_VALUE;
        let extra = if claim.is_list {
            let all = claim.attributes().map(|attribute| list(entry, attribute)).find(|values| !values.is_empty()).unwrap_or_default();
            let found = all.len();
            let kept: Vec<String> = all.into_iter().filter(is_short).take(MAX_VALUES).collect();
            if kept.len() < found {
                let left_out = found - kept.len();
                let what = format!(
                    "{left_out} of {found} values of the claim {:?} were left out: at most {MAX_VALUES} of at most {MAX_VALUE} bytes are kept.",
                    claim.name
                );
                report(label(), what);
            }
            (!kept.is_empty()).then_some(Extra::Many(kept))
        } else {
            let text = claim.sources.iter().find_map(&mut single);
            let is_kept = text.as_ref().is_none_or(is_short);
            if !is_kept {
                report(label(), format!("The value of the claim {:?} is longer than {MAX_VALUE} bytes and was left out.", claim.name));
            }
            text.filter(|_| is_kept).map(Extra::One)
        };
        let Some(extra) = extra else { continue };
        let size = claim.name.len() + size_of_values(&extra);
        if size > room {
            report(label(), format!("The claim {:?} was left out: all claims of a person have {MAX_ALL} bytes together.", claim.name));
            continue;
        }
        room -= size;
        extras.insert(claim.name.clone(), extra);
    }
    extras
}

fn size_of_values(extra: &Extra) -> usize {
    match extra {
        Extra::One(text) => text.len(),
        Extra::Many(texts) => texts.iter().map(|text| text.len() + 3).sum(),
    }
}

/// All values of an attribute, in byte order, each once.
fn list(entry: &RawEntry, attribute: &str) -> BTreeSet<String> {
    entry
        .values_and_range(attribute)
        .filter_map(|value| text_or_base64(attribute, value))
        .map(|text| clean(&text))
        .filter(|text| !text.is_empty())
        .collect()
}

/// Without control characters, which PostgreSQL and apps do not take.
pub(super) fn clean(text: &str) -> String {
    text.chars().filter(|c| !is_unwanted(*c)).collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_name_a_claim_and_its_attribute() {
        let claims =
            CustomClaim::parse_all("department = departmentNumber | ou\n\n roles[] = employeeType\nhttps://x.example/n = {sn:upper}\n").unwrap();
        assert!(CustomClaim::parse_all("nickname = eduPersonNickname\nwebsite = labeledURI").is_ok(), "standard claims Muster has no field for");
        let shape: Vec<_> = claims.iter().map(|claim| (claim.name.as_str(), claim.is_list, claim.sources.len())).collect();
        assert_eq!(shape, [("department", false, 2), ("roles", true, 1), ("https://x.example/n", false, 1)]);
        assert_eq!(claims.iter().flat_map(CustomClaim::attributes).collect::<Vec<_>>(), ["departmentNumber", "ou", "employeeType", "sn"]);
    }

    #[test]
    fn a_mistake_is_named_with_its_line() {
        let many: String = (0..=MAX_CLAIMS).map(|n| format!("c{n} = ou\n")).collect();
        for (text, word) in [
            ("department", "\"department\" is not of the form"),
            ("= ou", "\"\" cannot be the name"),
            ("a b = ou", "\"a b\" cannot be the name"),
            ("x =", "no attribute"),
            ("x = a b", "claim \"x\": \"a b\" is not an attribute name"),
            ("x[] = {a} {b}", "without []"),
            ("SUB = uid", "choose another name"),
            ("groups = ou", "choose another name"),
            ("email_verified = x", "choose another name"),
            ("x = userPassword", "secret"),
            ("x = {sn}{sambaNTPassword}", "secret"),
            ("x = a\nx[] = b", "\"x\" is there twice"),
            (&many, "more than 50"),
        ] {
            let error = CustomClaim::parse_all(text).unwrap_err();
            assert!(error.contains(word), "{text}: {error}");
        }
    }
}
