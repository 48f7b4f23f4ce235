//! In which language a page answers, how it is chosen, and that no page says anything that is in no catalogue.

use reqwest::{Method, StatusCode};
use scraper::{Html, Node};

use crate::support::app::{Engine, TestApp};
use crate::support::http::{Answer, Browser, answer};

/// Opens a page as a browser set up with these languages does.
async fn get_as(browser: &Browser, path: &str, accept_language: &str) -> Answer {
    answer(browser.request(Method::GET, path).header("accept-language", accept_language)).await
}

fn lang(page: &Answer) -> String {
    page.attribute("html", "lang").unwrap_or_default()
}

/// Presses the button of a language below a page.
async fn choose(browser: &Browser, page: &Answer, language: &str) -> Answer {
    let answer = browser.submit(page, "/language", &[("language", language)]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    answer
}

#[tokio::test]
async fn a_visitor_reads_the_language_their_browser_asks_for_unless_they_choose_another() {
    let app = TestApp::start(Engine::Sqlite).await;
    let browser = app.browser();
    let plain = browser.get("/sign-in").await;
    assert_eq!((lang(&plain).as_str(), plain.texts("h1")[0].as_str()), ("en", "Sign in"));
    assert_eq!(plain.header("content-language"), "en");

    let german = get_as(&browser, "/sign-in", "tlh, de-AT;q=0.9, en;q=0.8").await;
    assert_eq!((lang(&german).as_str(), german.texts("h1")[0].as_str()), ("de", "Anmelden"));
    assert_eq!(german.header("content-language"), "de");
    assert!(german.headers.get_all("vary").iter().any(|value| value == "accept-language, cookie"), "{:?}", german.headers);

    let page = browser.get("/sign-in?back=/account/apps?a=b").await;
    let chosen = choose(&browser, &page, "fr").await;
    let cookie = chosen.header("set-cookie").to_lowercase();
    for part in ["muster-language=fr", "httponly", "samesite=lax", "path=/", "max-age=31536000"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert_eq!(chosen.location().unwrap().as_str(), page.url.as_str(), "back where they were");
    let french = get_as(&browser, "/sign-in", "de").await;
    assert_eq!((lang(&french).as_str(), french.texts("h1")[0].as_str()), ("fr", "Se connecter"));
    assert_eq!(french.texts(".languages [aria-current]"), ["Français"]);
    app.stop().await;
}

#[tokio::test]
async fn arabic_runs_from_right_to_left() {
    let app = TestApp::start(Engine::Sqlite).await;
    let page = get_as(&app.browser(), "/sign-in", "ar-EG").await;
    assert_eq!(page.attribute("html", "dir").as_deref(), Some("rtl"));
    assert_eq!(page.texts("h1"), ["تسجيل الدخول"]);
    let css = include_str!("../../static/app.css");
    let one_sided = css.lines().filter(|line| {
        let property = line.trim().split(':').next().unwrap_or_default();
        let is_one_sided = ["-left", "-right"].iter().any(|side| property.ends_with(side) || property.contains(&format!("{side}-")));
        (is_one_sided || property == "left" || property == "right") && line.trim().ends_with(';')
    });
    assert_eq!(one_sided.collect::<Vec<_>>(), Vec::<&str>::new(), "sides that do not turn round with the page");
    app.stop().await;
}

#[tokio::test]
async fn a_choice_is_kept_for_languages_that_exist_and_leads_to_no_other_site() {
    let app = TestApp::start(Engine::Sqlite).await;
    let browser = app.browser();
    let page = browser.get("/sign-in").await;
    for (language, back, to) in [("tlh", "/sign-in", "/sign-in"), ("de-AT", "//evil.example/", "/"), ("", "https://evil.example/", "/")] {
        let answer = browser.submit(&page, "/language", &[("language", language), ("back", back)]).await;
        assert_eq!(answer.location().map(|to| to.as_str().to_owned()), Some(format!("{}{to}", app.url)));
        assert_eq!(answer.header("set-cookie"), "");
    }
    let from_elsewhere = browser.request(Method::POST, "/language").header("origin", "https://evil.example").header("sec-fetch-site", "cross-site");
    let refused = answer(from_elsewhere.form(&[("language", "ar"), ("back", "/")])).await;
    assert_eq!((refused.status, refused.header("set-cookie")), (StatusCode::FORBIDDEN, ""));
    app.stop().await;
}

/// What a page says outside of `⟦brackets⟧`, where every text of a catalogue stands: data, or a text somebody forgot. Words in `data` are let pass.
fn unbracketed(page: &Answer, data: &[&str]) -> Vec<String> {
    let html = Html::parse_document(&page.body);
    let mut found = Vec::new();
    let mut look = |text: &str, inside: bool| {
        let mut depth = usize::from(inside);
        let mut outside = String::new();
        for c in text.chars() {
            match c {
                '⟦' => depth += 1,
                '⟧' => depth = depth.saturating_sub(1),
                _ if depth == 0 => outside.push(c),
                _ => {}
            }
        }
        let mut outside = outside;
        for known in data {
            outside = outside.replace(known, "");
        }
        if outside.chars().any(char::is_alphabetic) {
            found.push(outside.split_whitespace().collect::<Vec<_>>().join(" "));
        }
    };
    // Brackets may open in one node and close in another, with a link between them: the page's text is read as one, element by element of the body.
    let mut depth = 0_usize;
    for node in html.root_element().descendants() {
        match node.value() {
            Node::Text(text) => {
                let is_hidden = node
                    .ancestors()
                    .filter_map(|above| above.value().as_element().map(scraper::node::Element::name))
                    .any(|name| matches!(name, "script" | "style" | "code" | "time" | "textarea"));
                if !is_hidden {
                    look(text, depth > 0);
                }
                depth = (depth + text.matches('⟦').count()).saturating_sub(text.matches('⟧').count());
            }
            Node::Element(element) => {
                for name in ["title", "alt", "aria-label", "placeholder", "content", "value"] {
                    let is_said = name != "value" || element.attr("type").is_some_and(|kind| matches!(kind, "submit" | "button"));
                    let is_said = is_said && (name != "content" || element.attr("name") == Some("description"));
                    if is_said && let Some(text) = element.attr(name) {
                        look(text, false);
                    }
                }
            }
            _ => {}
        }
    }
    found
}

/// Whose pages show every text in brackets.
fn in_brackets(app: &TestApp) -> Browser {
    let browser = app.browser();
    browser.set_cookie("muster-language=en-XA");
    browser
}

/// What is data on every page: the installation's name, and what languages call themselves.
const ALWAYS: &[&str] = &["Muster", "English", "Deutsch", "Français", "Español", "العربية"];

#[tokio::test]
async fn every_text_of_a_visitors_pages_is_in_the_catalogue() {
    let app = TestApp::start(Engine::Sqlite).await;
    let browser = in_brackets(&app);
    for path in ["/sign-in"] {
        let page = browser.get(path).await;
        assert!(page.body.contains('⟦'), "{path}");
        assert_eq!(unbracketed(&page, ALWAYS), Vec::<String>::new(), "{path}");
    }
    app.stop().await;
}
