//! Which language a request is answered in. What is known about it comes in bit by bit while the request goes through the rooms: the browser's headers first, the
//! app's wish with the pending sign-in, the person's own choice with their session. [`hear`] takes each in; what counts more wins, in whatever order they come.

use std::cell::Cell;

use super::Language;

/// Where a wish for a language comes from; a later one counts more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// Nobody said anything: the installation's.
    Installation,
    /// `Accept-Language` (RFC 9110 section 12.5.4): what the browser was set up with.
    Header,
    /// `ui_locales` of the app's request (OpenID Connect Core section 3.1.2.1).
    App,
    /// The cookie: what was chosen in this browser.
    Browser,
    /// What the person chose in their account.
    Person,
}

/// The language of one request.
struct Conversation {
    language: Cell<Language>,
    source: Cell<Source>,
    /// Whether anything was said in it, so that the answer depends on it.
    has_spoken: Cell<bool>,
}

tokio::task_local! {
    static CONVERSATION: Conversation;
}

/// What became of a conversation.
#[derive(Clone, Copy, Debug)]
pub struct Spoken {
    /// The language at its end.
    pub language: Language,
    /// Whether any text was asked for.
    pub any: bool,
}

/// Runs what answers a request, beginning in `language`.
pub async fn converse<T>(language: Language, source: Source, answering: impl Future<Output = T>) -> (T, Spoken) {
    let conversation = Conversation { language: Cell::new(language), source: Cell::new(source), has_spoken: Cell::new(false) };
    let whole = async {
        let answer = answering.await;
        (answer, CONVERSATION.with(|c| Spoken { language: c.language.get(), any: c.has_spoken.get() }))
    };
    CONVERSATION.scope(conversation, whole).await
}

/// Takes in a wish. Outside of requests nobody listens.
pub fn hear(source: Source, language: Option<Language>) {
    let Some(language) = language else { return };
    let _ = CONVERSATION.try_with(|c| {
        if source >= c.source.get() {
            c.language.set(language);
            c.source.set(source);
        }
    });
}

/// The language of the request, or English outside of any.
pub fn current() -> Language {
    CONVERSATION.try_with(|c| c.language.get()).unwrap_or_default()
}

/// [`current`], for a text that goes into the answer.
pub(super) fn current_for_text() -> Language {
    CONVERSATION
        .try_with(|c| {
            c.has_spoken.set(true);
            c.language.get()
        })
        .unwrap_or_default()
}

/// Whether the person chose their language in their account, so that the browser's choice changes nothing.
pub fn is_the_persons() -> bool {
    CONVERSATION.try_with(|c| c.source.get() == Source::Person).unwrap_or(false)
}

/// Does something in another language than the request's, such as writing a mail to somebody else.
pub fn speaking<T>(language: Language, act: impl FnOnce() -> T) -> T {
    let conversation = Conversation { language: Cell::new(language), source: Cell::new(Source::Person), has_spoken: Cell::new(false) };
    CONVERSATION.sync_scope(conversation, act)
}

/// The first language of a list in order of preference that there is, such as `ui_locales` (space-separated).
pub fn first_of<'a>(ranges: impl IntoIterator<Item = &'a str>) -> Option<Language> {
    ranges.into_iter().find_map(Language::for_range)
}

/// The most wanted language of an `Accept-Language` header that there is. Weights count; of equal ones the first (RFC 9110 section 12.5.4). Only the first 32 are read.
pub fn from_accept_language(header: &str) -> Option<Language> {
    let mut best: Option<(u16, Language)> = None;
    for wish in header.split(',').take(32) {
        let (range, weight) = wish.split_once(';').map_or((wish, 1000), |(range, weight)| (range, thousandths(weight)));
        let Some(language) = Language::for_range(range.trim()) else { continue };
        if weight > best.map_or(0, |(weight, _)| weight) {
            best = Some((weight, language));
        }
    }
    best.map(|(_, language)| language)
}

/// The weight in `q=0.8`, in thousandths; none is 0, as if it were not wanted.
fn thousandths(parameter: &str) -> u16 {
    let Some((name, value)) = parameter.split_once('=') else { return 0 };
    if !name.trim().eq_ignore_ascii_case("q") {
        return 0;
    }
    let (whole, fraction) = value.trim().split_once('.').unwrap_or((value.trim(), ""));
    let is_number = fraction.len() <= 3 && fraction.bytes().all(|digit| digit.is_ascii_digit());
    match whole {
        "1" => 1000,
        "0" if is_number => format!("{fraction:0<3}").parse().unwrap_or(0),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_decide_and_of_equals_the_first() {
        assert_eq!(from_accept_language("en;q=0.5, de-DE;q=0.9, fr;q=0.9"), Some(Language::German));
        assert_eq!(from_accept_language("tlh, ar;q=0.125"), Some(Language::Arabic));
        assert_eq!(from_accept_language("de;q=0, en;q=0.001"), Some(Language::English));
        assert_eq!(from_accept_language("es-419,es;q=0.9,en;q=0.8"), Some(Language::Spanish));
    }

    #[test]
    fn nonsense_is_no_wish() {
        for nonsense in ["", "*", "tlh", "de;q=2", "de;q=x", "de;level=1", "de;q=0.1234", ";;;,,,"] {
            assert_eq!(from_accept_language(nonsense), None, "{nonsense:?}");
        }
        let long = format!("{}de", "tlh,".repeat(32));
        assert_eq!(from_accept_language(&long), None, "nobody reads that far");
    }

    #[tokio::test]
    async fn what_counts_more_wins_in_whatever_order_it_comes() {
        let (in_between, spoken) = converse(Language::French, Source::Header, async {
            hear(Source::Browser, Some(Language::German));
            hear(Source::App, Some(Language::Spanish));
            hear(Source::Browser, None);
            let in_between = current();
            assert_eq!(speaking(Language::English, current), Language::English);
            hear(Source::Person, Some(Language::Arabic));
            in_between
        })
        .await;
        assert_eq!((in_between, spoken.language, spoken.any), (Language::German, Language::Arabic, false));
        assert_eq!(current(), Language::English, "outside of requests");
    }
}
