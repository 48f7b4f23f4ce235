//! Every page there is, as a visitor, a person and an administrator: what they lead to exists, and in a real browser nothing on them goes wrong.

use std::collections::{BTreeSet, VecDeque};
use std::path::PathBuf;

use muster::clients::{self, Authority, Registration, file};
use muster::id::{ClientId, UserId};
use reqwest::StatusCode;
use scraper::{Html, Selector};
use url::Url;

use crate::oidc_support::plain;
use crate::pages_support::{administrator, crowd, directory_person, forge, group};
use crate::support::access::Rules;
use crate::support::app::{Engine, TestApp};
use crate::support::browser::{Page, View};
use crate::support::http::{Answer, Browser, answer};
use crate::support::janitor;

/// Something of everything that pages show. Gives somebody local and somebody from the directory.
pub(crate) async fn furnish(app: &TestApp, admin: &Browser) -> [UserId; 2] {
    let ada = app.person("ada").await;
    let eve = directory_person(app, "eve", true).await;
    crowd(app, 120).await;
    group(app, "team", true, &[ada.id, eve.id]).await;
    group(app, "crew", false, &[eve.id]).await;
    app.enrol(&app.browser(), &app.passkeys(), &ada).await;
    app.sign_in_by_link(&app.browser(), &eve).await;
    app.access_link(&eve).await;
    forge(app, admin, "/admin/users/new", &[("username", "mallory"), ("first_name", "Mallory"), ("email", "mallory@example.org")]).await;
    let wiki = [("name", "Wiki"), ("redirect_uris", "https://wiki.example.org/callback"), ("proxied_addresses", "https://wiki.example.org")];
    let page = admin.get("/admin/clients/new").await;
    let registered = admin.submit(&page, "/admin/clients", &wiki).await;
    assert!(registered.status.is_success() || registered.status.is_redirection(), "{}", registered.body);
    let page = admin.get("/admin/clients/new?app=nextcloud").await;
    let registered = admin.submit(&page, "/admin/clients", &[("app_url", "https://cloud.example.org")]).await;
    assert!(registered.status.is_success(), "{}", registered.body);
    let docs = [
        ("name", "Documents"),
        ("identifier", "https://docs.example.org"),
        ("permissions", "docs:read Read your documents\ndocs:write Change your documents"),
        ("token_format", "jwt"),
        ("signing_alg", "ES256"),
    ];
    forge(app, admin, "/admin/apis/new", &docs).await;
    let api = admin.get(&admin.get("/admin/apis").await.attribute("tbody a", "href").expect("the API")).await;
    let wiki = [("app", "Wiki"), ("people", "true"), ("people:docs:read", "true"), ("serves", "true")];
    let allowed = admin.submit(&api, &format!("{}/clients", api.url.path()), &wiki).await;
    assert!(allowed.status.is_redirection(), "{} {}", allowed.status, allowed.body);
    forge(app, admin, "/admin/settings", &[("session_lifetime", "600"), ("client_registration", "token")]).await;
    forge(app, admin, "/admin/clients/registration", &[("note", "Editors of the developers"), ("days", "30"), ("uses", "25")]).await;
    declared(app).await;
    [ada.id, eve.id]
}

/// An app of the file, which pages show and do not change.
async fn declared(app: &TestApp) {
    let folder = janitor::directory("clients");
    let path = folder.path().join("clients.toml");
    let client =
        "[[client]]\nclient_id = \"declared\"\nname = \"Declared\"\nredirect_uris = [\"https://declared.example.org/cb\"]\nis_public = true\n";
    std::fs::write(&path, client).expect("own directory");
    let by = Authority::File("clients.toml");
    file::apply(app.app(), by, &path, file::Mode::Apply, app.clock.now()).await.expect("a good file");
}

/// The page that asks whether a device may, for a television that has just asked.
async fn device(app: &TestApp) -> String {
    let registration = Registration { name: "Television".into(), is_public: true, for_devices: true, ..Registration::default() };
    let made = clients::register(app.app(), Authority::CommandLine, ClientId::new(), registration, &[], app.clock.now()).await.expect("a client");
    let form = [("client_id", made.client.client_id.as_str()), ("scope", "openid profile email")];
    let asked = answer(plain().post(format!("{}/api/oidc/device/authorize", app.url)).form(&form)).await.json();
    let complete = asked["verification_uri_complete"].as_str().expect("an address");
    complete.strip_prefix(&app.url).expect("an address here").to_owned()
}

#[tokio::test]
async fn every_link_and_every_form_leads_somewhere_for_everyone() {
    let app = TestApp::start(Engine::Sqlite).await;
    let (_, admin) = administrator(&app, "root").await;
    furnish(&app, &admin).await;
    let person = app.browser();
    let bob = app.person("bob").await;
    app.enrol(&person, &app.passkeys(), &bob).await;
    let by_link = app.browser();
    app.sign_in_by_link(&by_link, &bob).await;

    for (who, browser, pages_min) in
        [("a visitor", app.browser(), 1), ("a person", person, 4), ("a person by a link", by_link, 4), ("an administrator", admin, 60)]
    {
        let seen = crawl(&app, who, &browser).await;
        assert!(seen >= pages_min, "{who} sees only {seen} pages");
    }
    app.stop().await;
}

/// Opens every page that can be reached from the start by links, and looks at where each form goes. Gives how many pages there were.
async fn crawl(app: &TestApp, who: &str, browser: &Browser) -> usize {
    let start: Url = app.url.parse().expect("a URL");
    let (mut waiting, mut known) = (VecDeque::from([start.clone()]), BTreeSet::new());
    let mut actions = BTreeSet::new();
    let mut pages = 0;
    while let Some(url) = waiting.pop_front() {
        if url.origin() != start.origin() || !known.insert(url.to_string()) {
            continue;
        }
        assert!(known.len() < 2_000, "{who}: there is no end of pages");
        let page = browser.get(url.as_str()).await;
        if let Some(to) = page.location() {
            waiting.push_back(to);
            continue;
        }
        assert_eq!(page.status, StatusCode::OK, "{who}: {url}");
        if !page.header("content-type").starts_with("text/html") {
            continue;
        }
        pages += 1;
        well_formed(who, &page);
        let html = Html::parse_document(&page.body);
        for element in html.select(&Selector::parse("[href], [src]").expect("a selector")) {
            let address = element.attr("href").or(element.attr("src")).expect("one of them");
            let mut to = page.url.join(address).unwrap_or_else(|error| panic!("{who}: {url} leads to {address}: {error}"));
            to.set_fragment(None);
            waiting.push_back(to);
        }
        for form in html.select(&Selector::parse("form").expect("a selector")) {
            if form.attr("method").is_some_and(|method| method.eq_ignore_ascii_case("post")) {
                let action = page.url.join(form.attr("action").unwrap_or_default()).expect("an action is a URL");
                actions.insert(action.path().to_owned());
            }
        }
    }
    for action in actions {
        // Asked in the wrong way on purpose: a form's target that does not exist is not found, one that takes only forms says so.
        let answer = browser.get(&action).await;
        assert_ne!(answer.status, StatusCode::NOT_FOUND, "{who}: the form for {action} leads nowhere");
    }
    pages
}

/// What every page has: a title, a heading, names for its fields, ids that are used once, and nothing the content security policy would stop.
fn well_formed(who: &str, page: &Answer) {
    let at = format!("{who}: {}", page.url);
    let html = Html::parse_document(&page.body);
    let count = |selector: &str| html.select(&Selector::parse(selector).expect("a selector")).count();
    assert_eq!(count("h1"), 1, "{at} has not one main heading");
    assert_eq!(count("main"), 1, "{at} has not one main part");
    assert_eq!(count("html[lang]") * count("title") * count("meta[name=viewport]"), 1, "{at}");
    assert_eq!(count("[style], style, script:not([src]), [onclick]"), 0, "{at} has inline script or style");
    assert!(count("nav [aria-current]") <= 1, "{at} is in two places of the navigation");
    let mut ids = BTreeSet::new();
    for element in html.select(&Selector::parse("[id]").expect("a selector")) {
        assert!(ids.insert(element.attr("id").expect("an id")), "{at} uses the id {:?} twice", element.attr("id"));
    }
    for element in html.select(&Selector::parse("[for], [aria-describedby]").expect("a selector")) {
        let named = element.attr("for").or(element.attr("aria-describedby")).expect("one of them");
        for id in named.split_whitespace() {
            assert!(ids.contains(id), "{at} names the id {id}, which is not there");
        }
    }
    for field in html.select(&Selector::parse("input:not([type=hidden]), select, textarea").expect("a selector")) {
        let named = field.attr("id").map(|id| format!("label[for='{id}']")).is_some_and(|label| count(&label) == 1);
        let label = named || field.ancestors().filter_map(scraper::ElementRef::wrap).any(|around| around.value().name() == "label");
        assert!(label || field.attr("aria-label").is_some(), "{at} has a field without a label: {}", field.html());
    }
}

/// Scripts of a page share their names: the second that declares one does not run at all.
#[test]
fn no_two_scripts_declare_the_same_name() {
    let mut declared = std::collections::BTreeMap::new();
    for file in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/static")).expect("the folder of scripts") {
        let path = file.expect("a file").path();
        if path.extension().is_none_or(|extension| extension != "js") {
            continue;
        }
        for line in std::fs::read_to_string(&path).expect("a script").lines() {
            let mut words = line.strip_prefix("async ").unwrap_or(line).split([' ', '(', '=', ';']);
            if matches!(words.next(), Some("const" | "let" | "class" | "function")) {
                let name = words.next().expect("a name").to_owned();
                let other = declared.insert(name.clone(), path.clone());
                assert_eq!(other.filter(|other| *other != path), None, "{name} is declared in {} too", path.display());
            }
        }
    }
    assert!(declared.len() > 20, "{declared:?}");
}

#[tokio::test]
async fn every_page_fits_a_phone_and_breaks_no_rule_of_its_own_in_a_real_browser() {
    let app = TestApp::start(Engine::Sqlite).await;
    let (root, admin) = administrator(&app, "root").await;
    let [ada, eve] = furnish(&app, &admin).await;
    let team = admin.get("/admin/groups?q=team").await.attribute("tbody th a", "href").expect("a link");
    let crew = admin.get("/admin/groups?q=crew").await.attribute("tbody th a", "href").expect("a link");
    let wiki = admin.get("/admin/clients?q=wiki").await.attribute("tbody th a", "href").expect("a link");
    let cloud = admin.get("/admin/clients?q=nextcloud").await.attribute("tbody th a", "href").expect("a link");
    let declared = admin.get("/admin/clients?q=declared").await.attribute("tbody th a", "href").expect("a link");
    let api = admin.get("/admin/apis").await.attribute("tbody a", "href").expect("a link");
    let device = device(&app).await;
    let stopped = wiki.replace("/admin/clients/", "/forward-auth/");
    let pages = [
        ("people", "/admin/users".to_owned()),
        ("people-empty", "/admin/users?q=nobody".into()),
        ("person-new", "/admin/users/new".into()),
        ("person-local", format!("/admin/users/{ada}")),
        ("person-directory", format!("/admin/users/{eve}")),
        ("person-self", format!("/admin/users/{}", root.id)),
        ("person-edit", format!("/admin/users/{ada}/edit")),
        ("groups", "/admin/groups".into()),
        ("group-coming-in", format!("{team}/coming-in")),
        ("sign-up-links", "/admin/sign-up".into()),
        ("group-local", team),
        ("group-directory", crew),
        ("group-new", "/admin/groups/new".into()),
        ("apps", "/admin/clients".into()),
        ("app-choose", "/admin/clients/catalogue".into()),
        ("app-choose-none", "/admin/clients/catalogue?q=no+such+app".into()),
        ("app-new", "/admin/clients/new".into()),
        ("app-new-known", "/admin/clients/new?app=nextcloud".into()),
        ("app-proxy", format!("{wiki}/proxy")),
        ("app-behind-proxy-failed", format!("{stopped}/failed")),
        ("app-behind-proxy-refused", format!("{stopped}/refused")),
        ("app-new-proxied", "/admin/clients/new?app=proxied-app".into()),
        ("app-declared", declared),
        ("app-registration", "/admin/clients/registration".into()),
        ("apis", "/admin/apis".into()),
        ("api-new", "/admin/apis/new".into()),
        ("api-edit", format!("{api}/edit")),
        ("api", api),
        ("keys", "/admin/keys".into()),
        ("device", "/device".into()),
        ("device-confirm", device),
        ("app", wiki),
        ("app-known", cloud),
        ("lock-out", "/admin/lock-out".into()),
        ("limits", "/admin/limits".into()),
        ("passkey-policies", "/admin/passkey-policies".into()),
        ("passkey-policy", "/admin/passkey-policies/everyone".into()),
        ("sign-in-problems", "/admin/sign-in-problems".into()),
        ("account-recovery", "/account/recovery".into()),
        ("account-passkey-add", "/account/passkeys/add".into()),
        ("audit", "/admin/audit".into()),
        ("overview", "/admin".into()),
        ("directories", "/admin/directories".into()),
        ("directory-new", "/admin/directories/new".into()),
        ("directory", "/admin/directories/default".into()),
        ("directory-settings", "/admin/directories/default/settings".into()),
        ("directory-test-sign-in", "/admin/directories/default/test-sign-in".into()),
        ("directory-remove", "/admin/directories/default/remove".into()),
        ("directory-preview-empty", "/admin/directories/default/preview".into()),
        ("directory-runs-empty", "/admin/directories/default/runs".into()),
        ("directory-explain-empty", "/admin/directories/default/explain".into()),
        ("settings", "/admin/settings".into()),
        ("account", "/account".into()),
        ("account-passkeys", "/account/passkeys".into()),
        ("account-sessions", "/account/sessions".into()),
        ("account-apps", "/account/apps".into()),
        ("account-activity", "/account/activity".into()),
        ("account-picture", "/account/picture".into()),
        ("account-export", "/account/export".into()),
        ("account-welcome", "/account/welcome".into()),
        ("people-at-risk", "/admin/users?risk=no_way".into()),
        ("sign-out", "/sign-out".into()),
        ("signed-out", "/signed-out".into()),
        ("error", "/no/such/page".into()),
    ];
    let page = Page::open().await;
    page.goto(&app.url).await;
    for cookie in admin.cookies("/").split("; ") {
        let (name, value) = cookie.split_once('=').expect("a cookie has a value");
        page.set_cookie(name, value, &app.url).await;
    }
    for (name, path) in &pages {
        look_at(&page, name, &format!("{}{path}", app.url)).await;
    }
    let visitor = Page::open().await;
    let link = app.access_link(&app.person("carol").await).await;
    for (name, url) in [
        ("sign-in", format!("{}/sign-in", app.url)),
        ("recovery-sign-in", format!("{}/sign-in/recovery", app.url)),
        ("other-device", format!("{}/sign-in/device", app.url)),
        ("one-time-link", link),
    ] {
        look_at(&visitor, name, &url).await;
    }
    app.stop().await;
}

/// Opens a page in every size and colour.
pub(crate) async fn look_at(page: &Page, name: &str, url: &str) {
    for (look, view) in [("desktop", View::DESKTOP), ("phone", View::PHONE), ("dark", View::DESKTOP.dark()), ("phone-dark", View::PHONE.dark())] {
        page.look(view).await;
        page.forget_problems();
        page.goto(url).await;
        let is_wider = page.eval("document.documentElement.scrollWidth > document.documentElement.clientWidth").await;
        assert_eq!(is_wider, false, "{name} has to be pushed sideways on a {look}");
        // The browser itself reports a page that is not there.
        let problems = if name == "error" { Vec::new() } else { page.problems() };
        assert_eq!(problems, Vec::<String>::new(), "{name} on a {look}");
        let rules = match look {
            "desktop" => Some(Rules::All),
            "phone" => Some(Rules::Layout),
            "dark" => Some(Rules::Colours),
            _ => None,
        };
        if let Some(rules) = rules {
            assert_eq!(page.broken_rules(rules).await, Vec::<String>::new(), "{name} on a {look}");
        }
        if let Some(folder) = screenshots() {
            page.screenshot(&folder.join(format!("{name}-{look}.png"))).await;
        }
    }
    assert_eq!(page.strains().await, Vec::<String>::new(), "{name}");
}

/// `MUSTER_SCREENSHOTS`: a folder to look at the pages in.
#[expect(clippy::disallowed_methods, reason = "for the person who runs the tests")]
pub(crate) fn screenshots() -> Option<PathBuf> {
    std::env::var("MUSTER_SCREENSHOTS").ok().map(PathBuf::from)
}
