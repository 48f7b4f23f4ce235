//! Lists on the pages of previews and runs: what changes entry by entry, and what to look at; searched, filtered and a page at a time.

use super::super::model::Problem;
use super::super::plan::{ChangeKind, Changes, EntryChange, What};
use crate::language::{Text, t, told};
use crate::web::list::{PAGE_LINES, Pager, Pages};

/// What the address of such a page says.
#[derive(Clone, Debug, Default, serde::Deserialize, serde::Serialize)]
#[serde(default)]
pub struct ListQuery {
    /// Words to search for, in changes and problems alike.
    pub(super) q: String,
    /// One of [`filters`].
    pub(super) show: String,
    /// The page of changes.
    page: String,
    /// The page of problems.
    problems: String,
}

/// The filter's values and what people read.
fn filters() -> [(&'static str, Text); 9] {
    [
        ("", t("directory-filter-all")),
        ("created", t("directory-filter-created")),
        ("updated", t("directory-filter-updated")),
        ("disabled", t("directory-filter-disabled")),
        ("restored", t("directory-filter-restored")),
        ("linked", t("directory-filter-linked")),
        ("skipped", t("directory-filter-skipped")),
        ("groups", t("directory-groups")),
        ("memberships", t("directory-memberships")),
    ]
}

/// Whether a filter of [`filters`] shows a change; an unknown one shows all.
fn shows(filter: &str, change: &EntryChange) -> bool {
    let is_person = change.what == What::Person;
    match filter {
        "created" => is_person && change.kind == ChangeKind::Created,
        "updated" => is_person && change.kind == ChangeKind::Updated,
        "disabled" => is_person && matches!(change.kind, ChangeKind::Disabled | ChangeKind::Deleted | ChangeKind::Missing),
        "restored" => is_person && change.kind == ChangeKind::Restored,
        "linked" => is_person && change.kind == ChangeKind::Linked,
        "skipped" => change.kind == ChangeKind::Skipped,
        "groups" => change.what == What::Group,
        "memberships" => change.what == What::Membership,
        _ => true,
    }
}

/// A change for a badge: class and words.
pub(super) fn badge(change: &EntryChange) -> (&'static str, Text) {
    match (change.what, change.kind) {
        (What::Group, ChangeKind::Created) => ("good", t("directory-change-new-group")),
        (What::Group, ChangeKind::Updated) => ("accent", t("directory-change-group")),
        (What::Group, ChangeKind::Restored) => ("good", t("directory-change-group-back")),
        (What::Group, ChangeKind::Skipped) => ("warn", t("directory-change-group-skipped")),
        (_, ChangeKind::Created) => ("good", t("directory-change-new")),
        (_, ChangeKind::Updated) => ("accent", t("directory-change-changes")),
        (_, ChangeKind::Restored) => ("good", t("directory-change-back")),
        (_, ChangeKind::Skipped) => ("warn", t("directory-change-skipped")),
        (_, ChangeKind::Linked) => ("accent", t("directory-change-linked")),
        (_, ChangeKind::Missing) => ("warn", t("directory-change-missing")),
        (_, ChangeKind::Disabled) => ("bad", t("directory-change-disabled")),
        (_, ChangeKind::Deleted) => ("bad", t("directory-change-deleted")),
        (_, ChangeKind::Removed) => ("bad", t("directory-change-removed")),
        (_, ChangeKind::Joined) => ("good", t("directory-change-joins")),
        (_, ChangeKind::Left) => ("warn", t("directory-change-leaves")),
    }
}

/// A page of changes and a page of problems.
pub(super) struct Lists {
    pub(super) query: ListQuery,
    /// What the changes can be filtered by: values and what people read.
    pub(super) filters: [(&'static str, Text); 9],
    /// Where the search form goes.
    pub(super) action: String,
    pub(super) changes: Vec<EntryChange>,
    pub(super) changes_pager: Pager,
    /// How many changes there are without search and filter.
    pub(super) changes_total: usize,
    /// How many of them cannot be listed.
    pub(super) unlisted: usize,
    pub(super) problems: Vec<Problem>,
    pub(super) problems_pager: Pager,
    /// How many problems there are without the search.
    pub(super) problems_total: usize,
}

impl Lists {
    /// Whether there is anything to search in.
    pub(super) const fn is_searchable(&self) -> bool {
        self.changes_total + self.problems_total > 5
    }

    /// What of these changes and problems the page at `action` shows.
    pub(super) fn new(action: String, query: ListQuery, changes: Changes, problems: Vec<Problem>) -> Self {
        let words = query.q.trim().to_lowercase();
        let address = |page: String, problems: String, anchor: &str| {
            crate::web::list::address(&action, &ListQuery { page, problems, ..query.clone() }) + anchor
        };
        let (listed, changes_total, problems_total) = (changes.list.len(), changes.total.max(changes.list.len()), problems.len());
        let fitting: Vec<EntryChange> =
            changes.list.into_iter().filter(|change| shows(&query.show, change) && (words.is_empty() || change.fits(&words))).collect();
        let (changes, changes_pager) = page_of(fitting, &query.page, |page| address(page, query.problems.clone(), "#changes"));
        let fits = |problem: &Problem| {
            words.is_empty()
                || [problem.dn.as_str(), problem.attribute.as_deref().unwrap_or_default(), &problem.message, &told(&problem.message)]
                    .iter()
                    .any(|text| text.to_lowercase().contains(&words))
        };
        let (problems, problems_pager) =
            page_of(problems.into_iter().filter(fits).collect(), &query.problems, |page| address(query.page.clone(), page, "#problems"));
        Self {
            query,
            filters: filters(),
            action,
            changes,
            changes_pager,
            changes_total,
            unlisted: changes_total - listed,
            problems,
            problems_pager,
            problems_total,
        }
    }
}

/// The lines of the page asked for, and the links to the others.
fn page_of<T>(lines: Vec<T>, unverified_page: &str, address: impl Fn(String) -> String) -> (Vec<T>, Pager) {
    let pages = Pages::new(unverified_page, i64::try_from(lines.len()).unwrap_or(i64::MAX));
    let number = |page: i64| if page == 1 { String::new() } else { page.to_string() };
    let pager = Pager {
        words: pages.words(),
        previous: pages.previous().map(|page| address(number(page))),
        next: pages.next().map(|page| address(number(page))),
    };
    let (skip, take) = (usize::try_from(pages.offset()).unwrap_or_default(), usize::try_from(PAGE_LINES).unwrap_or_default());
    (lines.into_iter().skip(skip).take(take).collect(), pager)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(kind: ChangeKind, what: What, name: &str) -> EntryChange {
        EntryChange { kind, what, name: name.to_owned(), dn: format!("uid={name},dc=x"), fields: Vec::new(), reason: String::new() }
    }

    fn lists(query: &str) -> Lists {
        let mut list: Vec<EntryChange> = (0..120).map(|number| change(ChangeKind::Created, What::Person, &format!("person{number:03}"))).collect();
        list.push(change(ChangeKind::Deleted, What::Person, "gone"));
        list.push(change(ChangeKind::Removed, What::Group, "club"));
        list.push(change(ChangeKind::Joined, What::Membership, "ada → club"));
        let problem = |dn: &str| Problem { dn: dn.to_owned(), attribute: Some("mail".to_owned()), message: "Strange.".to_owned() };
        let query = serde_urlencoded::from_str(query).unwrap();
        Lists::new("/p".to_owned(), query, Changes { list, total: 5_000 }, vec![problem("uid=ada"), problem("uid=bob")])
    }

    #[test]
    fn a_search_narrows_changes_and_problems_and_a_filter_changes_only() {
        for (query, changes, problems) in [
            ("", "123", "2"),
            ("show=created", "120", "2"),
            ("show=disabled", "1", "2"),
            ("show=groups", "1", "2"),
            ("show=memberships", "1", "2"),
            ("show=nonsense", "123", "2"),
            ("q=PERSON001", "1", "0"),
            ("q=uid%3Dada", "1", "1"),
        ] {
            let lists = lists(query);
            let (found, of) = (lists.changes_pager.words.rsplit(' ').next().unwrap().to_owned(), lists.problems_pager.words);
            assert_eq!((found.as_str(), of.as_str()), (changes, problems), "{query}");
            assert_eq!((lists.changes_total, lists.unlisted), (5_000, 4_877));
        }
    }

    #[test]
    fn each_list_has_pages_of_its_own_and_keeps_search_and_filter() {
        let second = lists("show=created&page=2&q=person");
        assert_eq!((second.changes.len(), second.changes[0].name.as_str()), (50, "person050"));
        assert_eq!(second.changes_pager.previous.as_deref(), Some("/p?q=person&show=created#changes"));
        assert_eq!(second.changes_pager.next.as_deref(), Some("/p?q=person&show=created&page=3#changes"));
    }
}
