//! Texts with what is filled in. Templates escape a [`Text`] as they escape everything; a [`Marked`] text brings markup of its own and escapes the rest itself.

use std::borrow::Cow;
use std::fmt;

use askama::filters::HtmlSafe;
use fluent_bundle::{FluentArgs, FluentValue};

use super::{Language, catalogue, choice, dates};

/// The text `id` of the catalogue, in the language of the request.
pub fn t(id: &'static str) -> Text {
    Text { language: choice::current_for_text(), id, arguments: Vec::new() }
}

/// The text `id` of the catalogue, with markup in it: `<strong>`, `<em>` and `<code>` as they are, other tags as [`link`](Marked::link) and
/// [`class`](Marked::class) say.
pub fn marked(id: &'static str) -> Marked {
    Marked { text: t(id), pieces: Vec::new(), tags: Vec::new() }
}

/// A text whose English stands in the code, because more is made of it than pages: in other languages, it is the text `id` of the catalogue.
pub fn worded(id: &str, english: &str) -> String {
    catalogue::say_or(choice::current_for_text(), id, english)
}

/// A text of the catalogue; see [`t`].
#[derive(Clone, Debug)]
#[must_use]
pub struct Text {
    language: Language,
    id: &'static str,
    arguments: Vec<(&'static str, FluentValue<'static>)>,
}

impl Text {
    /// Fills in what the catalogue calls `$name`. Numbers choose plurals.
    pub fn with(mut self, name: &'static str, argument: impl Argument) -> Self {
        self.arguments.push((name, argument.value()));
        self
    }

    /// Never: for templates that leave out what is empty.
    pub const fn is_empty(&self) -> bool {
        false
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let arguments: FluentArgs<'_> = self.arguments.iter().cloned().collect();
        f.write_str(&catalogue::say(self.language, self.id, &arguments))
    }
}

impl From<Text> for String {
    fn from(text: Text) -> Self {
        text.to_string()
    }
}

impl From<Text> for Cow<'static, str> {
    fn from(text: Text) -> Self {
        Self::Owned(text.to_string())
    }
}

/// What can be filled into a text.
pub trait Argument {
    /// As the catalogue takes it.
    fn value(&self) -> FluentValue<'static>;
}

macro_rules! arguments {
    ($($number:ty)*) => {
        $(impl Argument for $number {
            fn value(&self) -> FluentValue<'static> {
                FluentValue::from(*self)
            }
        })*
    };
}
arguments! { i32 i64 u8 u16 u32 u64 usize }

impl Argument for str {
    fn value(&self) -> FluentValue<'static> {
        FluentValue::from(self.to_owned())
    }
}

impl Argument for String {
    fn value(&self) -> FluentValue<'static> {
        FluentValue::from(self.clone())
    }
}

impl Argument for Cow<'_, str> {
    fn value(&self) -> FluentValue<'static> {
        FluentValue::from(self.clone().into_owned())
    }
}

impl Argument for Text {
    fn value(&self) -> FluentValue<'static> {
        FluentValue::from(self.to_string())
    }
}

impl<T: Argument + ?Sized> Argument for &T {
    fn value(&self) -> FluentValue<'static> {
        (**self).value()
    }
}

/// A text of the catalogue with markup in it; see [`marked`].
#[derive(Clone, Debug)]
#[must_use]
pub struct Marked {
    text: Text,
    /// HTML that stands where the formatted text has a mark of [`FIRST_PIECE`].
    pieces: Vec<String>,
    /// Tags of the catalogue, with how they begin and end on the page.
    tags: Vec<(&'static str, String, &'static str)>,
}

/// The first of the private characters that stand for pieces while the text is put together; there are as many as anyone needs.
const FIRST_PIECE: u32 = 0xE000;
const PIECES_MAX: usize = 100;

impl Marked {
    /// Fills in what the catalogue calls `$name`, escaped. Numbers choose plurals.
    pub fn with(mut self, name: &'static str, argument: impl Argument) -> Self {
        match argument.value() {
            FluentValue::String(text) => self.piece(name, escaped(&text)),
            other => {
                self.text.arguments.push((name, other));
                self
            }
        }
    }

    /// Fills in an instant, which `pages.js` then shows in the reader's time zone.
    pub fn time(self, name: &'static str, at: impl dates::Instant) -> Self {
        let at = at.timestamp();
        let html = format!(r#"<time class="nowrap" datetime="{}">{}</time>"#, at.rfc3339(), escaped(&dates::instant(at)));
        self.piece(name, html)
    }

    /// Fills in the day of an instant, likewise.
    pub fn day(self, name: &'static str, at: impl dates::Instant) -> Self {
        let at = at.timestamp();
        let html = format!(r#"<time class="nowrap" datetime="{}" data-day>{}</time>"#, at.rfc3339(), escaped(&dates::day(at)));
        self.piece(name, html)
    }

    /// What stands between `<tag>` and `</tag>` leads to `href`.
    pub fn link(mut self, tag: &'static str, href: impl fmt::Display) -> Self {
        self.tags.push((tag, format!(r#"<a href="{}">"#, escaped(&href.to_string())), "</a>"));
        self
    }

    /// What stands between `<tag>` and `</tag>` is strong and has this class.
    pub fn class(mut self, tag: &'static str, class: &'static str) -> Self {
        self.tags.push((tag, format!(r#"<strong class="{class}">"#), "</strong>"));
        self
    }

    fn piece(mut self, name: &'static str, html: String) -> Self {
        debug_assert!(self.pieces.len() < PIECES_MAX, "{}: too much to fill in", self.text.id);
        let mark = u32::try_from(self.pieces.len()).ok().and_then(|position| char::from_u32(FIRST_PIECE + position)).unwrap_or_default();
        self.text.arguments.push((name, FluentValue::from(mark.to_string())));
        self.pieces.push(html);
        self
    }

    /// The formatted text with its tags as HTML, and every piece where its mark is.
    fn as_html(&self, text: &str) -> String {
        let mut html = String::with_capacity(text.len() * 2);
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            let piece = usize::try_from(u32::from(c).wrapping_sub(FIRST_PIECE)).ok().and_then(|position| self.pieces.get(position));
            let after = &rest[c.len_utf8()..];
            rest = after;
            if let Some(piece) = piece {
                html.push_str(piece);
            } else if c == '<'
                && let Some((tag, after)) = after.split_once('>')
            {
                html.push_str(self.tag(tag));
                rest = after;
            } else {
                escape_into(&mut html, c);
            }
        }
        html
    }

    /// The HTML of `<name>` or `</name>`; nothing for a tag nobody knows.
    fn tag(&self, name: &str) -> &str {
        if let Some((_, begin, _)) = self.tags.iter().find(|(tag, ..)| *tag == name) {
            return begin;
        }
        if let Some(closing) = name.strip_prefix('/')
            && let Some((_, _, end)) = self.tags.iter().find(|(tag, ..)| *tag == closing)
        {
            return end;
        }
        match name {
            "strong" => "<strong>",
            "/strong" => "</strong>",
            "em" => "<em>",
            "/em" => "</em>",
            "code" => "<code>",
            "/code" => "</code>",
            _ => {
                debug_assert!(false, "{}: nobody says what <{name}> is", self.text.id);
                ""
            }
        }
    }
}

impl fmt::Display for Marked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.as_html(&self.text.to_string()))
    }
}

impl HtmlSafe for Marked {}

/// Text as HTML, in elements and quoted attributes.
fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    text.chars().for_each(|c| escape_into(&mut html, c));
    html
}

fn escape_into(html: &mut String, c: char) {
    match c {
        '&' => html.push_str("&#38;"),
        '<' => html.push_str("&#60;"),
        '>' => html.push_str("&#62;"),
        '"' => html.push_str("&#34;"),
        '\'' => html.push_str("&#39;"),
        _ => html.push(c),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use crate::language::speaking;

    fn in_all(text: impl Fn() -> String) -> [String; 3] {
        [Language::English, Language::German, Language::Bracketed].map(|language| speaking(language, &text))
    }

    #[test]
    fn a_text_is_said_in_the_language_of_the_moment() {
        assert_eq!(in_all(|| t("sign-in").into()), ["Sign in", "Anmelden", "⟦Sign in⟧"]);
        assert_eq!(t("sign-in").to_string(), "Sign in", "outside of any request");
        let to = |language| speaking(language, || t("sign-in-to-app").with("app", "Wiki").to_string());
        assert_eq!(to(Language::English), "Sign in to continue to Wiki");
        assert!(to(Language::Arabic).contains("\u{2068}Wiki\u{2069}"), "isolated from what runs the other way");
    }

    #[test]
    fn what_a_language_lacks_is_said_in_english() {
        let missing = |language| speaking(language, || t("instant-unknown").to_string());
        assert_eq!(missing(Language::French), missing(Language::English));
    }

    #[test]
    fn numbers_choose_plurals() {
        let days = |count: u32| in_all(|| t("sign-in-keep-help").with("days", count).into());
        assert!(days(30)[0].starts_with("For 30 days.") && days(1)[1].contains("1 Tag"), "{:?}", days(1));
    }

    #[test]
    fn markup_comes_from_the_catalogue_alone() {
        let hostile = "<b onclick=\"x\">&'</strong>\u{E001}";
        let text = marked("sign-in").with("name", hostile).link("there", r#"/a?b="c"&d"#).time("at", Timestamp::EPOCH);
        assert_eq!(
            text.as_html("<strong>\u{E000}</strong> & <there>there</there>, \u{E001}"),
            "<strong>&#60;b onclick=&#34;x&#34;&#62;&#38;&#39;&#60;/strong&#62;\u{E001}</strong> &#38; <a href=\"/a?b=&#34;c&#34;&#38;d\">there</a>, \
             <time class=\"nowrap\" datetime=\"1970-01-01T00:00:00.000Z\">1 Jan 1970, 00:00 UTC</time>",
            "what is filled in is looked at no more"
        );
    }
}
