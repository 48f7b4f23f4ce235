//! `docs/directory.md` as tests use it: the commands it gives are the ones that are run, and the settings it lists are the ones there are.

use std::fmt::Write as _;

use muster::directory::attributes::ROWS;
use muster::directory::settings::SETTINGS;
use muster::settings::Input;

/// The page, relative to the crate.
const PAGE: &str = "docs/directory.md";
const BEGIN: &str = "<!-- settings: begin, written by the test directory_page -->\n";
const END: &str = "<!-- settings: end -->\n";

/// The password the page's placeholders stand for in tests.
pub(crate) const PASSWORD: &str = "Opensesame-by-the-page-1";

fn page() -> String {
    std::fs::read_to_string(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(PAGE)).expect("the page is there")
}

/// The fenced blocks of a language below a heading (`### …`), in order.
///
/// Panics when there is no such heading.
pub(crate) fn blocks(heading: &str, language: &str) -> Vec<String> {
    let page = page();
    let (_, rest) = page.split_once(&format!("\n### {heading}\n")).unwrap_or_else(|| panic!("{PAGE} has no heading {heading:?}"));
    let section = rest.split("\n### ").next().unwrap_or(rest).split("\n## ").next().unwrap_or_default();
    let fenced = section.split("```").skip(1).step_by(2);
    fenced.filter_map(|block| block.strip_prefix(&format!("{language}\n"))).map(|block| block.replace("{SSHA}…", PASSWORD)).collect()
}

/// A cell of a Markdown table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('*', "\\*").replace('<', "&lt;")
}

fn code(text: &str) -> String {
    let lines = text.split('\n').filter(|line| !line.is_empty()).map(|line| format!("`{}`", line.replace('|', "\\|")));
    lines.collect::<Vec<_>>().join("<br>")
}

/// The tables of all settings, one for each section of the settings page.
fn tables() -> String {
    let sections = SETTINGS.iter().map(|setting| setting.section);
    let mut order: Vec<&str> = Vec::new();
    for section in sections {
        if !order.contains(&section) {
            order.push(section);
        }
    }
    let mut text = String::new();
    for section in order {
        write!(text, "\n**{section}**\n\n| variable | default | meaning |\n|---|---|---|\n").expect("a string takes all text");
        let attributes = ROWS.iter().filter(|_| section == "Attributes").map(|row| (row.key, row.default, row.label, row.help, Input::Text));
        let others = SETTINGS.iter().filter(|setting| setting.section == section);
        for (key, default, label, help, input) in attributes.chain(others.map(|one| (one.key, one.default, one.label, one.help, one.input))) {
            let choices = match input {
                Input::Choice(choices) => choices.iter().map(|choice| format!(" `{}`: {}.", choice.value, cell(choice.label))).collect(),
                _ => String::new(),
            };
            writeln!(text, "| `{key}` | {} | {}. {}{choices} |", code(default), cell(label), cell(help)).expect("a string takes all text");
        }
    }
    text
}

/// With `MUSTER_WRITE_DOCS=1` the page is brought up to date instead.
#[test]
fn the_page_lists_every_setting_with_its_default() {
    let page = page();
    let (before, rest) = page.split_once(BEGIN).expect("the page says where the tables begin");
    let (written, after) = rest.split_once(END).expect("the page says where the tables end");
    let tables = format!("{}\n", tables());
    if std::env::var_os("MUSTER_WRITE_DOCS").is_some() {
        std::fs::write(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(PAGE), format!("{before}{BEGIN}{tables}{END}{after}")).expect("written");
        return;
    }
    for (is, should) in written.lines().zip(tables.lines()) {
        assert_eq!(is, should, "{PAGE}: run this test with MUSTER_WRITE_DOCS=1");
    }
    assert_eq!(written.len(), tables.len(), "{PAGE}: run this test with MUSTER_WRITE_DOCS=1");
}
