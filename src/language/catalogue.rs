//! The catalogues: embedded, read once.

use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};

use super::Language;

/// One file of a catalogue.
struct File {
    language: Language,
    name: &'static str,
    text: &'static str,
}

macro_rules! files {
    ($($language:ident $tag:literal: $($name:literal)*;)*) => {
        const FILES: &[File] = &[$($(File {
            language: Language::$language,
            name: concat!($tag, "/", $name, ".ftl"),
            text: include_str!(concat!("../../locales/", $tag, "/", $name, ".ftl")),
        },)*)*];
    };
}

files! {
    English "en": "access-links" "account" "administration" "apis" "audit" "check" "clients" "coming-in" "common" "deeds" "directory" "errors" "groups" "keys" "limits" "lock-out" "mail" "mistakes" "oidc" "other-device" "own-account" "passkey-kinds" "passkeys" "passwords" "people" "policies" "recovery" "script" "sessions" "settings" "sign-in-problems" "sign-in" "sign-up-links" "sign-up" "told-apps" "told-directory" "told";
    German "de": "access-links" "account" "administration" "apis" "audit" "check" "clients" "coming-in" "common" "deeds" "directory" "errors" "groups" "keys" "limits" "lock-out" "mail" "mistakes" "oidc" "other-device" "own-account" "passkey-kinds" "passkeys" "passwords" "people" "policies" "recovery" "script" "sessions" "setting-texts" "settings" "sign-in-problems" "sign-in" "sign-up-links" "sign-up" "told-apps" "told-directory" "told";
    French "fr": "access-links" "account" "common" "deeds" "errors" "oidc" "other-device" "passkeys" "passwords" "recovery" "script" "sessions" "sign-in" "sign-up";
    Spanish "es": "access-links" "account" "common" "deeds" "errors" "oidc" "other-device" "passkeys" "passwords" "recovery" "script" "sessions" "sign-in" "sign-up";
    Arabic "ar": "access-links" "account" "common" "deeds" "errors" "oidc" "other-device" "passkeys" "passwords" "recovery" "script" "sessions" "sign-in" "sign-up";
}

/// One catalogue per language one can choose, in their order.
static CATALOGUES: LazyLock<[FluentBundle<FluentResource>; Language::OFFERED.len()]> = LazyLock::new(|| Language::OFFERED.map(read));

fn read(language: Language) -> FluentBundle<FluentResource> {
    let mut bundle = FluentBundle::new_concurrent(vec![language.tag().parse().unwrap_or_default()]);
    // Names in Latin letters inside a text from right to left would pull their surroundings along without isolation marks; elsewhere nobody needs them.
    bundle.set_use_isolating(language.direction() == "rtl");
    for file in FILES.iter().filter(|file| file.language == language) {
        // A file with a mistake loses the message it is in; a test reads them all.
        let resource = FluentResource::try_new(file.text.to_owned()).unwrap_or_else(|(resource, errors)| {
            tracing::error!(file = file.name, ?errors, "a catalogue of texts has mistakes");
            resource
        });
        if let Err(errors) = bundle.add_resource(resource) {
            tracing::error!(file = file.name, ?errors, "a catalogue of texts says something twice");
        }
    }
    bundle
}

/// The files of a language.
pub(super) fn texts(language: Language) -> impl Iterator<Item = &'static str> {
    FILES.iter().filter(move |file| file.language == language).map(|file| file.text)
}

/// Reads the catalogues, so that the first visitor need not wait for it.
pub(super) fn open() {
    LazyLock::force(&CATALOGUES);
}

/// A text in a language, or in English where that lacks it; the id itself where nobody has it, which a test rules out.
pub(super) fn say(language: Language, id: &str, arguments: &FluentArgs<'_>) -> String {
    let wanted = Language::OFFERED.iter().position(|offered| *offered == language).unwrap_or_default();
    let found = [wanted, 0].into_iter().map(|position| &CATALOGUES[position]).find_map(|catalogue| {
        let pattern = catalogue.get_message(id)?.value()?;
        let mut errors = Vec::new();
        let text = catalogue.format_pattern(pattern, Some(arguments), &mut errors);
        debug_assert!(errors.is_empty(), "{id} in {}: {errors:?}", language.tag());
        Some(text.into_owned())
    });
    debug_assert!(found.is_some(), "there is no text {id}");
    let text = found.unwrap_or_else(|| id.to_owned());
    if language == Language::Bracketed { format!("⟦{text}⟧") } else { text }
}

/// A text whose English stands in the code: that in English, and where the language's catalogue has nothing.
pub(super) fn say_or(language: Language, id: &str, english: &str) -> String {
    let own = || {
        let position = Language::OFFERED.iter().position(|offered| *offered == language)?;
        let pattern = CATALOGUES[position].get_message(id)?.value()?;
        let mut errors = Vec::new();
        let text = CATALOGUES[position].format_pattern(pattern, None, &mut errors);
        debug_assert!(errors.is_empty(), "{id} in {}: {errors:?}", language.tag());
        Some(text.into_owned())
    };
    match language {
        Language::English => english.to_owned(),
        Language::Bracketed => format!("⟦{english}⟧"),
        _ => own().unwrap_or_else(|| english.to_owned()),
    }
}

/// How the ids of texts begin whose English stands in the code, so that no English file has them.
#[cfg(test)]
const IN_CODE: &str = "setting-";

/// The ids of such texts in a language's catalogue.
#[cfg(test)]
pub(super) fn in_code(language: Language) -> std::collections::BTreeSet<String> {
    let lines = FILES.iter().filter(|file| file.language == language).flat_map(|file| file.text.lines());
    lines.filter_map(|line| line.split_once(" =")).map(|(id, _)| id.to_owned()).filter(|id| id.starts_with(IN_CODE)).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::path::{Path, PathBuf};

    use fluent_syntax::ast::{Entry, Expression, InlineExpression, Message, PatternElement};
    use fluent_syntax::parser::parse;

    use super::super::told;
    use super::*;

    /// What is in a message that its translations have to have too: placeables and tags.
    #[derive(Clone, Debug, Default, PartialEq, Eq)]
    struct Inside {
        placeables: BTreeSet<String>,
        tags: BTreeSet<String>,
    }

    fn look_at(message: &Message<&str>) -> Inside {
        fn inline(expression: &InlineExpression<&str>, inside: &mut Inside) {
            match expression {
                InlineExpression::VariableReference { id } => drop(inside.placeables.insert(id.name.to_owned())),
                InlineExpression::FunctionReference { arguments, .. } => arguments.positional.iter().for_each(|argument| inline(argument, inside)),
                InlineExpression::Placeable { expression } => whole(expression, inside),
                InlineExpression::StringLiteral { .. } | InlineExpression::NumberLiteral { .. } => {}
                InlineExpression::MessageReference { .. } | InlineExpression::TermReference { .. } => panic!("a text stands for itself"),
            }
        }
        fn whole(expression: &Expression<&str>, inside: &mut Inside) {
            match expression {
                Expression::Inline(expression) => inline(expression, inside),
                Expression::Select { selector, variants } => {
                    inline(selector, inside);
                    variants.iter().for_each(|variant| elements(&variant.value.elements, inside));
                }
            }
        }
        fn elements(pattern: &[PatternElement<&str>], inside: &mut Inside) {
            for element in pattern {
                match element {
                    PatternElement::TextElement { value } => {
                        inside.tags.extend(value.split('<').skip(1).filter_map(|rest| rest.split_once('>')).map(|(tag, _)| tag.to_owned()));
                    }
                    PatternElement::Placeable { expression } => whole(expression, inside),
                }
            }
        }
        let mut inside = Inside::default();
        elements(&message.value.as_ref().expect("a message has a text").elements, &mut inside);
        inside
    }

    /// The messages of a language.
    fn messages(language: Language) -> BTreeMap<String, Inside> {
        let mut messages = BTreeMap::new();
        for file in FILES.iter().filter(|file| file.language == language) {
            let resource = parse(file.text).unwrap_or_else(|(_, errors)| panic!("{}: {errors:?}", file.name));
            for entry in resource.body {
                match entry {
                    Entry::Message(message) => {
                        assert!(message.attributes.is_empty(), "{}: {} has attributes", file.name, message.id.name);
                        let former = messages.insert(message.id.name.to_owned(), look_at(&message));
                        assert_eq!(former, None, "{} is in {} twice", message.id.name, language.tag());
                    }
                    Entry::Comment(_) | Entry::GroupComment(_) | Entry::ResourceComment(_) => {}
                    Entry::Term(_) | Entry::Junk { .. } => panic!("{}: {entry:?}", file.name),
                }
            }
        }
        messages
    }

    #[test]
    fn every_file_is_embedded() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("locales");
        let mut found = BTreeSet::new();
        for folder in std::fs::read_dir(&root).unwrap() {
            for file in std::fs::read_dir(folder.unwrap().path()).unwrap() {
                found.insert(file.unwrap().path().strip_prefix(&root).unwrap().to_str().unwrap().to_owned());
            }
        }
        assert_eq!(found, FILES.iter().map(|file| file.name.to_owned()).collect());
    }

    #[test]
    fn german_says_everything_and_the_others_nothing_that_english_does_not() {
        let english = messages(Language::English);
        for language in Language::OFFERED {
            let own = messages(language);
            // What English has in the code has nothing filled in; that it is whole is tested where it is declared.
            let in_code = |id: &str| id.starts_with(IN_CODE);
            assert!(own.iter().filter(|(id, _)| in_code(id)).all(|(_, inside)| inside.placeables.is_empty()), "{}", language.tag());
            for (id, inside) in own.iter().filter(|(id, _)| !in_code(id)) {
                let model = english.get(id).unwrap_or_else(|| panic!("{id} in {} is no text of ours", language.tag()));
                assert_eq!(inside, model, "{id} in {} has other placeables or tags", language.tag());
            }
            let missing: Vec<&String> = english.keys().filter(|id| !own.contains_key(*id)).collect();
            assert!(language != Language::German || missing.is_empty(), "German lacks {missing:?}");
        }
    }

    /// Every file below a folder whose name ends so.
    fn files_below(folder: &str, endings: &[&str]) -> Vec<(PathBuf, String)> {
        let mut found = Vec::new();
        let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if endings.iter().any(|ending| path.extension().is_some_and(|found| found == *ending)) {
                    let text = std::fs::read_to_string(&path).unwrap();
                    found.push((path, text));
                }
            }
        }
        found
    }

    /// The ids in calls of `t` and `marked` in a file.
    fn ids_in(text: &str) -> Vec<&str> {
        let mut ids = Vec::new();
        for function in ["t(", "marked("] {
            for (position, _) in text.match_indices(function) {
                let before = text[..position].chars().next_back().unwrap_or(' ');
                let line = text[..position].rsplit('\n').next().unwrap_or_default();
                if line.trim_start().starts_with("//") {
                    continue;
                }
                let Some(rest) = text[position + function.len()..].trim_start().strip_prefix('"') else { continue };
                let end = rest.find('"').unwrap_or(0);
                let is_ours = !before.is_alphanumeric() && !matches!(before, '_' | '.');
                if is_ours && rest[end + 1..].trim_start().starts_with([')', ',']) {
                    ids.push(&rest[..end]);
                }
            }
        }
        ids
    }

    #[test]
    fn every_text_named_exists_and_every_text_is_named() {
        let english = messages(Language::English);
        let mut sources = files_below("src", &["rs"]);
        sources.extend(files_below("templates", &["html", "txt"]));
        for (path, source) in &sources {
            for id in ids_in(source) {
                assert!(english.contains_key(id), "{} names {id}, which is in no catalogue", path.display());
            }
        }
        let unused: Vec<&String> = english
            .keys()
            .filter(|id| !id.starts_with(told::PREFIX))
            .filter(|id| !sources.iter().any(|(_, source)| source.contains(&format!("\"{id}\""))))
            .collect();
        assert!(unused.is_empty(), "nobody names {unused:?}");
    }
}
