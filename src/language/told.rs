//! Texts that were put together in English by whoever could not know who reads them: a run of a directory stores what it found, the command line prints it, the log
//! has it, and the pages show it later. [`told`] says such a text in the reader's language.
//!
//! The catalogue has the form of each, under ids that begin with [`PREFIX`]: `told-gone = { $name } has left.` The English one finds what was filled in, the
//! reader's one fills it in again. So rows of older versions are translated as well, and what no form fits is shown as it is. Names of places mean something:
//! one that begins with `count` is a whole number (and may choose a plural), `day` is a day, one that ends with `-told` is such
//! a text itself, of one form; whatever else is data and stays.

use std::borrow::Cow;
use std::sync::LazyLock;

use fluent_bundle::{FluentArgs, FluentValue};
use fluent_syntax::ast::{Entry, Expression, InlineExpression, Message, PatternElement};
use fluent_syntax::unicode::unescape_unicode_to_string;

use super::{Language, catalogue, choice, dates};

/// How the ids of forms begin. Nobody names them: a test finds the English of each in the code.
pub(super) const PREFIX: &str = "told-";
/// The most sentences of one text that are looked at one by one.
const SENTENCES_MAX: usize = 30;

/// A text with places to fill in.
struct Form {
    id: &'static str,
    beginning: Cow<'static, str>,
    /// Name of the place, and what stands behind it.
    places: Vec<(&'static str, Cow<'static, str>)>,
}

static FORMS: LazyLock<Vec<Form>> = LazyLock::new(|| {
    let texts = catalogue::texts(Language::English);
    let entries = texts.flat_map(|text| fluent_syntax::parser::parse(text).unwrap_or_else(|(resource, _)| resource).body);
    let forms = entries.filter_map(|entry| match entry {
        Entry::Message(message) if message.id.name.starts_with(PREFIX) => Form::read(&message),
        _ => None,
    });
    forms.collect()
});

impl Form {
    /// `None` for a message with anything but text and places in it, which a test rules out.
    fn read(message: &Message<&'static str>) -> Option<Self> {
        let mut form = Self { id: message.id.name, beginning: Cow::Borrowed(""), places: Vec::new() };
        for element in &message.value.as_ref()?.elements {
            let text = match element {
                PatternElement::TextElement { value } => Cow::Borrowed(*value),
                PatternElement::Placeable { expression: Expression::Inline(InlineExpression::StringLiteral { value }) } => {
                    unescape_unicode_to_string(value)
                }
                PatternElement::Placeable { expression: Expression::Inline(InlineExpression::VariableReference { id }) } => {
                    form.places.push((id.name, Cow::Borrowed("")));
                    continue;
                }
                PatternElement::Placeable { .. } => return None,
            };
            let before = form.places.last_mut().map_or(&mut form.beginning, |(_, behind)| behind);
            *before = if before.is_empty() { text } else { Cow::Owned(format!("{before}{text}")) };
        }
        Some(form)
    }

    /// What stands in the places of a text; `None` when it has not this form.
    fn filled<'t>(&self, text: &'t str) -> Option<Vec<(&'static str, &'t str)>> {
        let mut rest = text.strip_prefix(&*self.beginning)?;
        let mut filled = Vec::with_capacity(self.places.len());
        let mut places = self.places.iter().peekable();
        while let Some((name, behind)) = places.next() {
            // The last place reaches to the end of the text, the others as far as they must.
            let (value, after) = if places.peek().is_none() { (rest.strip_suffix(&**behind)?, "") } else { rest.split_once(&**behind)? };
            if name.starts_with("count") && value.parse::<u64>().is_err() {
                return None;
            }
            filled.push((*name, value));
            rest = after;
        }
        rest.is_empty().then_some(filled)
    }

    /// How much of the text is the form's own.
    fn weight(&self) -> usize {
        self.beginning.len() + self.places.iter().map(|(_, behind)| behind.len()).sum::<usize>()
    }

    /// Says it with what was filled in.
    fn tell(&self, language: Language, filled: Vec<(&'static str, &str)>) -> Option<Told> {
        let mut weight = self.weight();
        let value = |(name, text): (&'static str, &str)| {
            let value = match text.parse::<u64>() {
                Ok(count) if name.starts_with("count") => FluentValue::from(count),
                _ if name.ends_with("-told") => match tell_whole(language, text) {
                    Some(told) => {
                        weight += told.weight;
                        FluentValue::from(told.text)
                    }
                    // A text within a text has one form; this is the end of another and more.
                    None if text.contains(". ") => return None,
                    None => FluentValue::from(text.to_owned()),
                },
                _ if name == "day" => FluentValue::from(dates::day_told(text).unwrap_or_else(|| text.to_owned())),
                _ => FluentValue::from(text.to_owned()),
            };
            Some((name, value))
        };
        let arguments: FluentArgs<'_> = filled.into_iter().map(value).collect::<Option<_>>()?;
        Some(Told { text: catalogue::say(language, self.id, &arguments), weight })
    }
}

/// A text that was put together in English, in the language of the request; as it is where no form fits it.
pub fn told(english: impl AsRef<str>) -> String {
    let english = english.as_ref();
    match choice::current_for_text() {
        Language::English => english.to_owned(),
        language => tell(language, english).map_or_else(|| english.to_owned(), |told| told.text),
    }
}

/// What was said, and how much of the English text forms said themselves: of several ways to read it, the one with the most is meant.
#[derive(Clone, Default)]
struct Told {
    text: String,
    weight: usize,
}

/// One text, or several sentences each of which has a form.
fn tell(language: Language, english: &str) -> Option<Told> {
    let may_end = |(blank, _): &(usize, &str)| english[..*blank].ends_with(['.', ')', '?', '!']);
    let blanks: Vec<usize> = english.match_indices(' ').filter(may_end).map(|(blank, _)| blank).take(SENTENCES_MAX).collect();
    let begins: Vec<usize> = std::iter::once(0).chain(blanks.iter().map(|blank| blank + 1)).collect();
    let ends: Vec<usize> = blanks.into_iter().chain([english.len()]).collect();
    // What is said from each beginning on, found from the end.
    let mut said: Vec<Option<Told>> = vec![None; begins.len()];
    said.push(Some(Told::default()));
    for (first, begin) in begins.iter().enumerate().rev() {
        let ways = ends.iter().enumerate().skip(first).filter_map(|(last, end)| {
            let rest = said[last + 1].as_ref()?;
            let piece = tell_whole(language, &english[*begin..*end])?;
            let text = if rest.text.is_empty() { piece.text } else { format!("{} {}", piece.text, rest.text) };
            Some(Told { text, weight: piece.weight + rest.weight })
        });
        said[first] = ways.max_by_key(|told| told.weight);
    }
    said.swap_remove(0)
}

/// A text that one form fits as a whole.
fn tell_whole(language: Language, english: &str) -> Option<Told> {
    FORMS.iter().filter_map(|form| form.tell(language, form.filled(english)?)).max_by_key(|told| told.weight)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;
    use crate::language::speaking;

    fn german(english: &str) -> String {
        speaking(Language::German, || told(english))
    }

    #[test]
    fn what_was_filled_in_is_found_and_filled_in_again() {
        assert_eq!(german("Not in the directory any more."), "Nicht mehr im Verzeichnis.");
        assert_eq!(german("No such text"), "No such text", "shown as it is");
        assert_eq!(german(""), "");
        assert_eq!(
            german("The username \"ada\" belongs to \"Ada\" (uid=ada,dc=x). The entry was skipped; rename one of the two."),
            "Der Benutzername \"ada\" gehört \"Ada\" (uid=ada,dc=x). Der Eintrag wurde übergangen; benennen Sie einen der beiden um."
        );
        let refused = "Bind DN or password is wrong. (ldaps://dc1.example:636 answered with code 49, \"80090308: data 52e, v4f7c\")";
        assert_eq!(
            german(refused),
            "Bind DN oder Passwort ist falsch. (ldaps://dc1.example:636 hat mit Code 49, \"80090308: data 52e, v4f7c\" geantwortet)"
        );
        let bracketed = speaking(Language::Bracketed, || told(refused));
        assert!(bracketed.starts_with("⟦Bind DN or password is wrong.⟧ ⟦("), "{bracketed}");
    }

    #[test]
    fn days_are_said_as_everywhere() {
        let english = "the account expired on 3 May 2026 (accountExpires)";
        assert_eq!(german(english), "das Konto ist am 3. Mai 2026 abgelaufen (accountExpires)");
    }

    #[test]
    fn a_full_stop_inside_a_name_ends_no_sentence() {
        assert_eq!(
            german(
                "2 people found, such as Ada (ada), Dr. Who (who). 1 entry had to be skipped. To look at: uid=x: \"x\" names no language, such as de or pt-BR; it was ignored."
            ),
            "2 Personen gefunden, etwa Ada (ada), Dr. Who (who). Übergangen werden mussten: 1 Eintrag. Anzusehen: uid=x: \"x\" nennt keine Sprache, wie etwa de oder pt-BR; das wurde nicht beachtet."
        );
    }

    #[test]
    fn numbers_choose_plurals_and_texts_within_texts_are_told_too() {
        let guard =
            |lost: u32| format!("{lost} of 40 people (25 %) would lose access; without confirmation 8 may (LDAP_GUARD_PERCENT, LDAP_GUARD_MINIMUM).");
        assert!(german(&guard(10)).starts_with("10 von 40 Personen (25 %) würden den Zugang verlieren"), "{}", german(&guard(10)));
        assert!(
            german(
                "The server's size limit cut its answer short at 1 entry. Have the limit raised for the bind account, or narrow filter or base DN."
            )
            .contains("1 Eintrag")
        );
    }

    /// The text of a form with something in each place.
    fn example(form: &Form) -> String {
        let place = |(name, behind): &(&str, Cow<'_, str>)| format!("{}{behind}", if name.starts_with("count") { "3" } else { "“x”" });
        form.places.iter().map(place).fold(form.beginning.to_string(), |text, place| text + &place)
    }

    #[test]
    fn every_form_finds_itself() {
        let messages: usize = catalogue::texts(Language::English).map(|text| text.lines().filter(|line| line.starts_with(PREFIX)).count()).sum();
        assert_eq!(FORMS.len(), messages, "a form has text and places only");
        for form in FORMS.iter() {
            let text = example(form);
            let behind: Vec<&str> = form.places.iter().map(|(_, behind)| &**behind).collect();
            assert!(behind.iter().rev().skip(1).all(|text| !text.is_empty()), "{}: nothing parts two places", form.id);
            assert!(form.weight() >= 2, "{}: fits everything", form.id);
            let best = FORMS.iter().filter(|other| other.filled(&text).is_some()).max_by_key(|other| other.weight());
            assert_eq!(best.map(|best| best.id), Some(form.id), "{text}");
            // One word may be a name that is the same everywhere.
            let own_words = form.beginning.split_whitespace().chain(behind.iter().flat_map(|text| text.split_whitespace()));
            let is_a_name = own_words.filter(|word| word.chars().any(char::is_alphabetic)).count() < 2;
            assert!(german(&text) != text || is_a_name, "{}: {text} is the same in German", form.id);
        }
    }

    /// The string literals of a source, without its tests: `{…}` as `{}`, several of them behind one another as one.
    fn literals(source: &str) -> Vec<String> {
        let source = source.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        let (mut found, mut rest) = (Vec::new(), source);
        while let Some(c) = rest.chars().next() {
            let after = &rest[c.len_utf8()..];
            rest = match c {
                '/' if after.starts_with('/') => after.split_once('\n').map_or("", |(_, next)| next),
                // A character or a lifetime.
                '\'' if after.starts_with('\\') => after.get(2..).and_then(|next| next.split_once('\'')).map_or(after, |(_, next)| next),
                '\'' => {
                    let mut next = after.chars();
                    next.next();
                    if next.next() == Some('\'') { next.as_str() } else { after }
                }
                '"' => {
                    let (text, next) = literal(after);
                    found.push(places_as_braces(&text));
                    next
                }
                _ => after,
            };
        }
        found
    }

    /// What a literal says, from behind its opening quote, and what follows it.
    fn literal(source: &str) -> (String, &str) {
        let (mut text, mut chars) = (String::new(), source.chars());
        while let Some(c) = chars.next() {
            match c {
                '"' => break,
                '\\' => match chars.next() {
                    Some('\n') => chars = chars.as_str().trim_start().chars(),
                    Some('n') => text.push('\n'),
                    Some(escaped) => text.push(escaped),
                    None => break,
                },
                c => text.push(c),
            }
        }
        (text, chars.as_str())
    }

    fn places_as_braces(text: &str) -> String {
        let mut pieces = text.split('{');
        let mut said = pieces.next().unwrap_or_default().to_owned();
        for piece in pieces {
            let behind = piece.split_once('}').map_or(piece, |(_, behind)| behind);
            if !said.ends_with("{}") {
                said += "{}";
            }
            said += behind;
        }
        // Whether a name was put into quotes by hand or by `{:?}` makes no difference.
        said.replace("\"{}\"", "{}")
    }

    /// A form in the same way.
    fn as_literal(form: &Form) -> String {
        places_as_braces(&form.places.iter().fold(form.beginning.to_string(), |text, (_, behind)| format!("{text}{{}}{behind}")))
    }

    fn sources(folder: &Path, found: &mut Vec<(String, String)>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") && path.file_name().is_some_and(|name| name != "tests.rs") {
                found.push((path.display().to_string(), std::fs::read_to_string(&path).unwrap()));
            }
        }
    }

    fn all_sources() -> Vec<(String, String)> {
        let mut found = Vec::new();
        sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
        found
    }

    #[test]
    fn the_english_of_every_form_is_in_the_code() {
        let said: BTreeSet<String> = all_sources().iter().flat_map(|(_, source)| literals(source)).collect();
        let missing = FORMS.iter().filter(|form| {
            let text = as_literal(form);
            // What is counted stands apart from its number, and may get its plural there.
            let counted = text.strip_prefix("{} ").or_else(|| text.strip_prefix("1 ")).unwrap_or(&text);
            let is_counted = said.contains(counted) || counted.strip_suffix('s').is_some_and(|one| said.contains(one));
            !is_counted && !said.iter().any(|literal| literal.contains(&text))
        });
        assert_eq!(missing.map(|form| (form.id, as_literal(form))).collect::<Vec<_>>(), Vec::new(), "nobody says this any more");
    }

    #[test]
    fn every_sentence_about_a_directory_has_a_form() {
        let forms: Vec<String> = FORMS.iter().map(as_literal).filter(|text| text.len() >= 10 || text.ends_with('.')).collect();
        let mut missing = Vec::new();
        // What a setting is called and means stands in a file of its own.
        for (path, source) in all_sources().iter().filter(|(path, _)| path.contains("/src/directory/") && !path.ends_with("/table.rs")) {
            for literal in literals(source) {
                let is_sentence = literal.ends_with('.') && literal.contains(' ') && literal.starts_with(|c: char| c.is_uppercase() || c == '{');
                if is_sentence && !forms.iter().any(|form| literal.contains(form.as_str())) {
                    missing.push(format!("{path}: {literal}"));
                }
            }
        }
        assert_eq!(missing, Vec::<String>::new(), "without a form in told-directory.ftl");
    }
}
