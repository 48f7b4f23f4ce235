//! Whether a page can be used by everyone: the rules of axe-core, whose version is locked in `tests/axe`, and what no list of rules sees: how a page
//! bears a narrow window, wider spacing of its text, less motion and the colours of the system.

use std::path::Path;
use std::sync::LazyLock;

use serde_json::json;

use super::browser::{Page, View};

/// The window of a page of 1280 px at 400 % (WCAG 2.2, 1.4.10).
const NARROW: View = View { size: (320, 640), dark: false };
/// The same at 200 % (WCAG 2.2, 1.4.4).
const ZOOMED: View = View { size: (640, 400), dark: false };

/// Which of axe's rules are asked.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Rules {
    /// Everything in WCAG 2.2 up to AA, and best practice.
    All,
    /// What another layout of the same page may break.
    Layout,
    /// What other colours of the same page may break.
    Colours,
}

static AXE: LazyLock<String> = LazyLock::new(|| {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/axe/node_modules/axe-core/axe.min.js");
    std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error} (scripts/test installs what the tests need)", file.display()))
});

impl Page {
    /// What axe finds on the page: the rule, what it asks for, and the elements.
    pub(crate) async fn broken_rules(&self, rules: Rules) -> Vec<String> {
        if self.eval("typeof axe").await != "object" {
            self.eval(&format!("{}; 1", *AXE)).await;
        }
        let only = match rules {
            Rules::All => json!({ "type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }),
            Rules::Layout => json!({ "type": "rule", "values": ["target-size", "scrollable-region-focusable"] }),
            Rules::Colours => json!({ "type": "rule", "values": ["color-contrast", "link-in-text-block"] }),
        };
        let found = self
            .eval(&format!(
                "axe.run(document, {{ runOnly: {only}, resultTypes: ['violations'] }}).then(({{ violations }}) => violations.map((rule) =>
                     `${{rule.id}}: ${{rule.help}}: ` + rule.nodes.slice(0, 4).map((node) => node.html + ' (' + node.failureSummary.replaceAll('\\n', ' ') + ')').join(' | ')))"
            ))
            .await;
        found.as_array().expect("a list").iter().map(|line| line.as_str().expect("a line").to_owned()).collect()
    }

    /// What is wrong with the page as it stands in narrow windows and with other preferences; leaves it in [`View::DESKTOP`].
    pub(crate) async fn strains(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        for (view, what) in [(NARROW, "at 320 px"), (ZOOMED, "at 200 %")] {
            self.look(view).await;
            if self.eval(SIDEWAYS).await == true {
                wrong.push(format!("has to be pushed sideways {what}: {}", self.eval(WIDEST).await));
            }
        }
        self.look(View::DESKTOP).await;
        for (what, preference, script) in [
            ("is cut off by wider spacing", None, SPACING),
            ("moves although less motion is wanted", Some(("prefers-reduced-motion", "reduce")), MOTION),
            ("is not seen in the system's colours", Some(("forced-colors", "active")), SEEN),
        ] {
            if let Some((feature, value)) = preference {
                self.prefer(feature, value).await;
            }
            let found = self.eval(script).await;
            wrong.extend(found.as_array().expect("a list").iter().map(|element| format!("{what}: {}", element.as_str().unwrap_or_default())));
        }
        self.look(View::DESKTOP).await;
        wrong
    }
}

const SIDEWAYS: &str = "document.documentElement.scrollWidth > document.documentElement.clientWidth";

/// How wide it is, and the innermost elements without which it would not be.
const WIDEST: &str = "(() => {
    const root = document.documentElement;
    const width = root.scrollWidth;
    const guilty = [...document.querySelectorAll('body *')].filter((one) => {
        const was = one.style.display;
        one.style.setProperty('display', 'none', 'important');
        const fits = root.scrollWidth <= root.clientWidth;
        one.style.display = was;
        return fits;
    });
    return `${width} px: ` + guilty.slice(-2).map((one) => one.outerHTML.slice(0, 160)).join(' ');
})()";

/// WCAG 2.2, 1.4.12: which boxes cut text off that they showed before. Tables and such that scroll by themselves cut nothing off.
const SPACING: &str = "(() => {
    const cuts = () => [...document.querySelectorAll('body *')].filter((one) => {
        const style = getComputedStyle(one);
        if (one.clientWidth < 2 || one.clientHeight < 2 || !one.innerText?.trim() || !one.checkVisibility()) return false;
        const hides = (how) => how === 'hidden' || how === 'clip';
        const held = one.matches('button, .button, .badge, summary');
        return ((held || hides(style.overflowX)) && one.scrollWidth > one.clientWidth + 1) || ((held || hides(style.overflowY)) && one.scrollHeight > one.clientHeight + 1);
    });
    const before = new Set(cuts());
    const sheet = new CSSStyleSheet();
    sheet.replaceSync('* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important } p { margin-bottom: 2em !important }');
    document.adoptedStyleSheets = [sheet];
    const lost = cuts().filter((one) => !before.has(one)).map((one) => one.outerHTML.slice(0, 200));
    if (document.documentElement.scrollWidth > document.documentElement.clientWidth) lost.push('the page is wider than its window');
    document.adoptedStyleSheets = [];
    return lost;
})()";

const MOTION: &str = "[...document.querySelectorAll('*')].filter((one) => {
    const style = getComputedStyle(one);
    const long = (times) => times.split(', ').some((time) => parseFloat(time) > 0.001);
    return long(style.transitionDuration) || (style.animationName !== 'none' && long(style.animationDuration)) || style.scrollBehavior === 'smooth';
}).map((one) => one.outerHTML.slice(0, 200))";

/// Buttons and fields keep an edge or colours of their own where the system chooses colours.
const SEEN: &str = "[...document.querySelectorAll('button:not(.link), .button, input:not([type=hidden]), select, textarea, summary')].filter((one) => {
    if (!one.checkVisibility()) return false;
    const style = getComputedStyle(one);
    if (one.matches('summary, [type=checkbox], [type=radio]')) return style.color === style.backgroundColor;
    const around = getComputedStyle(document.body).backgroundColor;
    return style.color === style.backgroundColor || (style.borderTopWidth === '0px' && style.outlineStyle === 'none') || style.borderTopColor === around;
}).map((one) => one.outerHTML.slice(0, 200))";
