//! Lists: which page of how many, sortable column heads, and the addresses that lead to the others.

use serde::Serialize;

use crate::language::t;

/// How many lines a page of a list has.
pub const PAGE_LINES: i64 = 50;
/// How many words of a search count; what follows belongs to the last one.
pub const WORDS_MAX: usize = 3;

/// Which page of a list this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pages {
    /// This page, from 1.
    pub page: i64,
    /// How many lines there are on all pages.
    pub total: i64,
    /// Whether more were found than are counted and listed.
    pub is_more: bool,
}

impl Pages {
    /// The page asked for, or the nearest there is.
    pub fn new(unverified_page: &str, total: i64) -> Self {
        let last = ((total + PAGE_LINES - 1) / PAGE_LINES).max(1);
        Self { page: unverified_page.parse().unwrap_or(1).clamp(1, last), total, is_more: false }
    }

    /// [`new`](Self::new) for a list of which only the first `counted` lines are counted.
    pub fn of_counted(unverified_page: &str, total: i64, counted: i64) -> Self {
        Self { is_more: total > counted, ..Self::new(unverified_page, total.min(counted)) }
    }

    /// How many lines come before this page.
    pub const fn offset(self) -> i64 {
        (self.page - 1) * PAGE_LINES
    }

    /// The page before, if there is one.
    pub fn previous(self) -> Option<i64> {
        (self.page > 1).then_some(self.page - 1)
    }

    /// The page after, if there is one.
    pub fn next(self) -> Option<i64> {
        (self.page * PAGE_LINES < self.total).then_some(self.page + 1)
    }

    /// Such as `51–100 of 1,234`.
    pub fn words(self) -> String {
        let (first, last) = (self.offset() + 1, (self.page * PAGE_LINES).min(self.total));
        if self.total <= PAGE_LINES {
            return grouped(self.total);
        }
        let words = if self.is_more { t("list-lines-of-more") } else { t("list-lines") };
        words.with("first", grouped(first)).with("last", grouped(last)).with("total", grouped(self.total)).into()
    }
}

/// The links of a list's foot.
#[derive(Clone, Debug)]
pub struct Pager {
    /// Which lines these are.
    pub words: String,
    /// The address of the page before.
    pub previous: Option<String>,
    /// The address of the page after.
    pub next: Option<String>,
}

/// The head of a column that can be sorted by.
#[derive(Clone, Debug)]
pub struct Head {
    /// What the column shows.
    pub label: String,
    /// `ascending`, `descending`, or empty when the list is sorted by another column.
    pub sorted: &'static str,
    /// Where a click leads.
    pub href: String,
}

/// What a list is sorted by, as the address has it: a column's name, with `-` in front for the other way round.
pub fn sort_words(unverified_sort: &str) -> (&str, bool) {
    unverified_sort.strip_prefix('-').map_or((unverified_sort, false), |column| (column, true))
}

/// The head of `column`. A click sorts by it, in its natural direction first (`descending_first` for instants and counts), then the other way.
pub fn head(label: impl Into<String>, column: &str, descending_first: bool, now_by: (&str, bool), href: impl Fn(&str) -> String) -> Head {
    let (by, descending) = now_by;
    let sorted = match (by == column, descending) {
        (false, _) => "",
        (true, false) => "ascending",
        (true, true) => "descending",
    };
    let turn_down = if by == column { !descending } else { descending_first };
    Head { label: label.into(), sorted, href: href(&if turn_down { format!("-{column}") } else { column.to_owned() }) }
}

/// `path` with a query; parameters without a value are left out.
pub fn address(path: &str, parameters: &impl Serialize) -> String {
    let query = serde_urlencoded::to_string(parameters).unwrap_or_default();
    let given: Vec<&str> = query.split('&').filter(|pair| !pair.is_empty() && !pair.ends_with('=')).collect();
    if given.is_empty() { path.to_owned() } else { format!("{path}?{}", given.join("&")) }
}

/// A number with its thousands apart, as the language of the request writes it.
pub fn grouped(number: i64) -> String {
    let (digits, separator) = (number.unsigned_abs().to_string(), t("list-thousands").to_string());
    let mut text = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push_str(&separator);
        }
        text.push(digit);
    }
    if number < 0 { format!("-{text}") } else { text }
}

/// The words of a search: each must occur. Missing ones are empty.
pub fn words(search: &str) -> [String; WORDS_MAX] {
    let mut words = search.split_whitespace();
    std::array::from_fn(|place| {
        let word = if place + 1 < WORDS_MAX { words.next().unwrap_or_default().to_owned() } else { words.by_ref().collect::<Vec<_>>().join(" ") };
        word.chars().take(100).collect()
    })
}

/// The words of a search as `LIKE` patterns (escape character `\`): each must occur. Missing ones are empty.
pub fn patterns(search: &str) -> [String; WORDS_MAX] {
    let mut words = search.split_whitespace();
    std::array::from_fn(|place| {
        let word = if place + 1 < WORDS_MAX { words.next().unwrap_or_default().to_owned() } else { words.by_ref().collect::<Vec<_>>().join(" ") };
        if word.is_empty() { word } else { format!("%{}%", escaped(&word)) }
    })
}

fn escaped(word: &str) -> String {
    word.chars().take(100).flat_map(|c| matches!(c, '%' | '_' | '\\').then_some('\\').into_iter().chain([c])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_cover_every_line_once() {
        for total in [0, 1, 49, 50, 51, 100, 101, 1_234] {
            let (mut seen, mut page) = (0, Pages::new("1", total));
            loop {
                assert_eq!(page.offset(), seen);
                seen += PAGE_LINES.min(total - seen);
                let Some(next) = page.next() else { break };
                page = Pages::new(&next.to_string(), total);
                assert_eq!(page.previous(), Some(next - 1));
            }
            assert_eq!(seen, total);
        }
    }

    #[test]
    fn a_page_that_is_not_there_becomes_the_nearest() {
        for (asked, page) in [("0", 1), ("-7", 1), ("3", 3), ("4", 3), ("99999999999999999999", 1), ("x", 1)] {
            assert_eq!(Pages::new(asked, 101).page, page, "{asked}");
        }
        assert_eq!(Pages::new("2", 1_234).words(), "51–100 of 1,234");
        assert_eq!(Pages::new("1", 7).words(), "7");
        let many = Pages::of_counted("99", 2_001, 2_000);
        assert_eq!((many.page, many.next(), many.words().as_str()), (40, None, "1,951–2,000 of more than 2,000"));
        assert_eq!(Pages::of_counted("1", 2_000, 2_000).words(), "1–50 of 2,000");
    }

    #[test]
    fn what_a_person_searches_for_is_taken_literally() {
        assert_eq!(patterns("  50%_\\ "), ["%50\\%\\_\\\\%".to_owned(), String::new(), String::new()]);
        assert_eq!(patterns("ada  love lace x"), ["%ada%".to_owned(), "%love%".into(), "%lace x%".into()]);
        assert_eq!(patterns(" "), [const { String::new() }; 3]);
    }

    #[test]
    fn addresses_leave_out_what_is_not_given() {
        assert_eq!(address("/x", &[("q", "a&b"), ("page", "")]), "/x?q=a%26b");
        assert_eq!(address("/x", &[("q", "")]), "/x");
    }

    #[test]
    fn a_second_click_turns_the_order() {
        let of = |by| head("Seen", "seen", true, sort_words(by), |sort| sort.to_owned());
        assert_eq!((of("name").sorted, of("name").href), ("", "-seen".into()));
        assert_eq!((of("-seen").sorted, of("-seen").href), ("descending", "seen".into()));
        assert_eq!((of("seen").sorted, of("seen").href), ("ascending", "-seen".into()));
    }
}
