//! In which language a page answers, how it is chosen, and that no page says anything that is in no catalogue.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use muster::clients::catalogue::{self, Step};
use muster::language::{Language, speaking, told};
use reqwest::{Method, StatusCode};
use scraper::{Html, Node, Selector};

use crate::oidc_support::on_both_databases;
use crate::pages::furnish;
use crate::pages_support::{administrator, directory_person, forge, group};
use crate::support::app::{Engine, TestApp};
use crate::support::http::{Answer, Browser, answer};
use crate::support::mailbox::Mailbox;
use crate::support::slapd::{self, BASE, SERVICE_DN, SERVICE_PASSWORD, Slapd};
use crate::support::wait_until;

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

fn without_tags(text: &str) -> String {
    text.split('<').enumerate().map(|(place, piece)| if place == 0 { piece } else { piece.split_once('>').map_or("", |(_, said)| said) }).collect()
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
                // What is said without scripts is read as a text with tags in it.
                let is_markup = node.ancestors().any(|above| above.value().as_element().is_some_and(|element| element.name() == "noscript"));
                let text = &if is_markup { without_tags(text) } else { text.to_string() };
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

/// No text on the page is in no catalogue.
#[track_caller]
fn is_whole(page: &Answer, data: &[&str]) {
    let known: Vec<&str> = ALWAYS.iter().chain(data).copied().collect();
    assert!(page.header("content-type").starts_with("text/html") && page.body.contains('⟦'), "{}: {} {}", page.url, page.status, page.body);
    assert_eq!(unbracketed(page, &known), Vec::<String>::new(), "{}", page.url);
}

/// A server where everything is offered that a visitor can be offered.
async fn open_house() -> (TestApp, Mailbox) {
    let mailbox = Mailbox::start().await;
    let environment = mailbox.environment();
    let mut variables: Vec<(&str, &str)> = environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
    variables.extend([
        ("EMAIL_ONE_TIME_ACCESS_AS_UNAUTHENTICATED_ENABLED", "true"),
        ("ALLOW_USER_SIGNUPS", "open"),
        ("ALLOW_OWN_ACCOUNT_DELETION", "true"),
    ]);
    let app = TestApp::start_with(Engine::Sqlite, &variables).await;
    (app, mailbox)
}

#[tokio::test]
async fn every_text_of_a_visitors_pages_is_in_the_catalogue() {
    let (app, _mailbox) = open_house().await;
    let ada = app.person("ada").await;
    let browser = in_brackets(&app);
    let link = app.access_link(&ada).await;
    let link = link.strip_prefix(&app.url).unwrap();
    let setup = app.setup_link().unwrap().strip_prefix(&app.url).unwrap().to_owned();
    for path in [
        "/sign-in",
        "/sign-in?notice=signed-out",
        "/sign-in/email",
        "/sign-in/recovery",
        "/sign-in/device",
        "/sign-up",
        "/signed-out",
        "/no/such/page",
    ] {
        is_whole(&browser.get(path).await, &[]);
    }
    for path in
        [link, &setup, "/lc/nonsense", "/st/nonsense", "/authorize", "/authorize/continue?request=x", "/api/oidc/end-session?client_id=a&client_id=b"]
    {
        is_whole(&browser.get(path).await, &[]);
    }
    for (page, path, fields) in [
        ("/sign-in/recovery", "/sign-in/recovery", vec![("username", ""), ("code", "")]),
        ("/sign-in/recovery", "/sign-in/recovery", vec![("username", "ada"), ("code", "K7QF-3MXD-9WTP")]),
        ("/sign-in/recovery", "/sign-in/recovery", vec![("username", "ada"), ("code", "x")]),
        ("/sign-in/email", "/sign-in/email", vec![("name", "")]),
        ("/sign-in/email", "/sign-in/email", vec![("name", "ada")]),
        ("/sign-up", "/sign-up", vec![("email", "nobody")]),
        ("/sign-up", "/sign-up", vec![("email", "new@example.org")]),
        (setup.as_str(), setup.as_str(), vec![("first_name", ""), ("last_name", ""), ("username", "a b"), ("email", "nobody")]),
    ] {
        let form = browser.get(page).await;
        is_whole(&browser.submit(&form, path, &fields).await, &["new@example.org"]);
    }
    let form = browser.get("/sign-in/device").await;
    let waiting = browser.submit(&form, "/sign-in/device", &[]).await;
    is_whole(&browser.follow(waiting).await, &[&app.url]);
    let used = browser.get(link).await;
    browser.submit(&used, link, &[]).await;
    is_whole(&in_brackets(&app).get(link).await, &[]);
    app.stop().await;
}

#[tokio::test]
async fn every_text_of_a_persons_pages_is_in_the_catalogue() {
    let (app, _mailbox) = open_house().await;
    let ada = app.person("ada").await;
    let browser = in_brackets(&app);
    let data = ["ada Example", "ada@example.org", "ada", "AE", "Example"];
    app.sign_in_by_link(&browser, &ada).await;
    is_whole(&browser.get("/account/passkeys/add").await, &data);
    assert_eq!(app.add_passkey(&browser, &app.passkeys()).await.status, 200);
    for path in [
        "/account/apps",
        "/account/passkeys/add",
        "/account/passkeys/here",
        "/account/recovery",
        "/account/recovery/review",
        "/account/sessions",
        "/account/approve",
        "/device",
        "/account",
        "/account/passkeys",
        "/account/passkeys?notice=added",
        "/account/activity",
        "/account/export",
        "/account/delete",
        "/account/picture",
        "/account/welcome",
    ] {
        is_whole(&browser.get(path).await, &data);
    }
    for path in [
        "/sign-out",
        "/account/approve?code=BCDF-GHJK",
        "/device?user_code=BCDF-GHJK",
        "/admin",
        "/account/passkeys/019a0000-0000-7000-8000-000000000000",
    ] {
        is_whole(&browser.get(path).await, &data);
    }
    let form = browser.get("/account/recovery").await;
    is_whole(&browser.submit(&form, "/account/recovery", &[]).await, &[&data[..], &[&app.url, "/sign-in/recovery"]].concat());
    is_whole(&browser.get("/account/recovery").await, &data);
    app.clock.advance(std::time::Duration::from_secs(11 * 60));
    let proof = browser.get_followed("/account/passkeys/add").await;
    assert_eq!(proof.url.path(), "/account/prove");
    is_whole(&proof, &data);
    app.stop().await;
}

#[tokio::test]
async fn every_text_of_the_administrations_pages_about_people_is_in_the_catalogue() {
    let (app, _mailbox) = open_house().await;
    let (_, browser) = administrator(&app, "root").await;
    browser.set_cookie("muster-language=en-XA");
    let (ada, eve) = (app.person("ada").await, directory_person(&app, "eve", false).await);
    let (team, listed) = (group(&app, "team", true, &[ada.id]).await, group(&app, "listed", false, &[eve.id]).await);
    let people = ["root Example", "root@example.org", "root", "ada Example", "ada@example.org", "ada", "eve Example", "eve@example.org", "eve"];
    let data = [&people[..], &["AE", "EE", "Example", "team", "listed", "default", "class 7b", "K7QF-3M"]].concat();
    for path in [
        "/admin/users".to_owned(),
        "/admin/users?q=nobody".into(),
        "/admin/users?notice=created".into(),
        "/admin/users/new".into(),
        format!("/admin/users/{}", ada.id),
        format!("/admin/users/{}/edit", ada.id),
        format!("/admin/users/{}", eve.id),
        "/admin/groups".into(),
        "/admin/groups?q=none".into(),
        "/admin/groups/new".into(),
        format!("/admin/groups/{team}"),
        format!("/admin/groups/{team}?notice=added"),
        format!("/admin/groups/{team}/edit"),
        format!("/admin/groups/{team}/coming-in"),
        format!("/admin/groups/{listed}"),
        "/admin/sign-up".into(),
        "/admin/sign-in-problems".into(),
        "/admin/sign-in-problems?code=x".into(),
        "/admin/lock-out".into(),
        "/admin/lock-out?level=no_way".into(),
        "/admin/audit?kind=key_withdrawn".into(),
        "/admin/audit?person=nobody".into(),
    ] {
        is_whole(&browser.get(&path).await, &data);
    }
    for (path, fields) in [
        ("/admin/users/new".to_owned(), vec![("username", "a b"), ("email", "nobody"), ("phone", "call me")]),
        ("/admin/groups/new".into(), vec![("name", "a,b")]),
        (format!("/admin/groups/{team}/members"), vec![("people", "nobody")]),
        (format!("/admin/users/{}/access-link", ada.id), vec![("lifetime", "day")]),
        (format!("/admin/groups/{team}/coming-in"), vec![("form", "sheets"), ("whom", "without-passkey")]),
        ("/admin/sign-up".into(), vec![("note", ""), ("uses", "0"), ("emails", "nobody"), ("groups", "none")]),
        ("/admin/sign-up".into(), vec![("note", "class 7b")]),
    ] {
        is_whole(&forge(&app, &browser, &path, &fields).await, &data);
    }
    app.stop().await;
}

/// What is wrong with a page, leaving out addresses, numbers, names with signs in them, and words of `data`.
fn untold(page: &Answer, data: &BTreeSet<String>) -> Vec<String> {
    let is_text = |word: &str| {
        let word = word.trim_matches(|c: char| c.is_ascii_punctuation() || "“”„’…·→←–×".contains(c));
        // One letter stands for a picture.
        word.chars().count() > 1
            && word.chars().any(char::is_alphabetic)
            && !word.contains(|c: char| c.is_ascii_digit() || "@:/_=.<>{}".contains(c))
            && !data.contains(word)
    };
    unbracketed(page, ALWAYS).into_iter().filter(|text| text.split_whitespace().any(is_text)).collect()
}

/// The words of these texts.
fn words<'t>(texts: impl IntoIterator<Item = &'t str>) -> impl Iterator<Item = String> {
    let texts: Vec<String> = texts.into_iter().flat_map(str::split_whitespace).map(str::to_owned).collect();
    texts.into_iter().map(|word| word.trim_matches(|c: char| c.is_ascii_punctuation() || "“”→".contains(c)).to_owned())
}

/// What apps call their own fields, menus and files, which stays in every language.
fn words_of_apps() -> BTreeSet<String> {
    let own = catalogue::all().flat_map(|app| {
        let steps = app.steps.iter().flat_map(|step| match step {
            Step::Do(_) => Vec::new(),
            Step::Fields(at, fields) => std::iter::once(*at).chain(fields.iter().flat_map(|(name, value)| [*name, *value])).collect(),
            Step::Lines(at, _) => vec![*at],
        });
        let is_own = |text: &&str| speaking(Language::Bracketed, || told(text)) == **text;
        steps.chain([app.name]).filter(is_own).collect::<Vec<_>>()
    });
    words(own).collect()
}

#[tokio::test]
async fn every_text_of_every_page_the_administration_leads_to_is_in_the_catalogue() {
    let app = TestApp::start(Engine::Sqlite).await;
    let (_, browser) = administrator(&app, "root").await;
    furnish(&app, &browser).await;
    browser.set_cookie("muster-language=en-XA");
    let mut data = words_of_apps();
    data.extend(words([
        "root ada eve bob mallory Mallory Example AE EE RE M Ada Zoe Mia Élodie Ben tom Ivy Otto Weber Lovelace Hopper Babbage Ritchie Nakamura Østergaard",
        "team crew default Wiki Nextcloud Documents Declared Editors of the developers read Read your documents write Change",
        "Active Directory Samba 389 Server FreeIPA lldap OpenLDAP nginx Caddy Traefik Passkey declared otp token",
        "ES JWT RS EdDSA PS RSA EC Chrome Firefox Safari Edge Brave openid email profile groups phone offline_access none code",
    ]));
    let (mut waiting, mut known) = (VecDeque::from(["/admin".to_owned(), "/account".to_owned()]), BTreeSet::new());
    let (mut pages, mut wrong) = (0, BTreeMap::new());
    while let Some(path) = waiting.pop_front() {
        // One of many people, and one page of a long list, is like the others.
        let is_alike = path.contains("page=") || path.contains("sort=") || path.contains("before=");
        let people = known.iter().filter(|path: &&String| path.starts_with("/admin/users/0")).count();
        if is_alike || (people > 12 && path.starts_with("/admin/users/0")) || !known.insert(path.clone()) {
            continue;
        }
        let page = browser.get(&path).await;
        if let Some(to) = page.location() {
            waiting.push_back(format!("{}?{}", to.path(), to.query().unwrap_or_default()));
            continue;
        }
        if !page.header("content-type").starts_with("text/html") {
            continue;
        }
        pages += 1;
        for text in untold(&page, &data) {
            wrong.entry(text).or_insert_with(|| path.clone());
        }
        let html = Html::parse_document(&page.body);
        for link in html.select(&Selector::parse("a[href]").expect("a selector")) {
            let to = page.url.join(link.attr("href").unwrap_or_default()).expect("an address");
            if to.origin() == page.url.origin() && ["/admin", "/account"].iter().any(|room| to.path().starts_with(room)) {
                waiting.push_back(to.query().map_or_else(|| to.path().to_owned(), |query| format!("{}?{query}", to.path())));
            }
        }
    }
    assert_eq!(wrong, BTreeMap::new(), "on {pages} pages");
    assert!(pages > 60, "only {pages} pages were found");
    app.stop().await;
}

/// A directory's page.
const HERE: &str = "/admin/directories/default";

#[tokio::test]
async fn every_text_about_a_directory_and_what_it_answers_is_in_the_catalogue() {
    let dup = slapd::person("dup", "Dup", "Licate").replace("mail: dup@example.org", "mail: nobody");
    let mut directory = Slapd::start(&(slapd::person("ada", "Ada", "Lovelace") + &dup + &slapd::group("team", &["ada"]))).await;
    let url = directory.url();
    let app = TestApp::start_with(
        Engine::Sqlite,
        &[
            ("LDAP_ENABLED", "true"),
            ("LDAP_URL", &url),
            ("LDAP_BIND_DN", SERVICE_DN),
            ("LDAP_BIND_PASSWORD", SERVICE_PASSWORD),
            ("LDAP_BASE", BASE),
            ("LDAP_USER_SEARCH_FILTER", "(&(objectClass=inetOrgPerson)(!(employeeType=guest)))"),
            ("LDAP_ADMIN_GROUP_NAME", "nobody here"),
            ("LDAP_DEFAULT_GROUPS", "no such group"),
            ("LDAP_FOLLOW_CHANGES", "false"),
            ("LDAP_SYNC_INTERVAL", "never"),
        ],
    )
    .await;
    let (_, browser) = administrator(&app, "root").await;
    app.person("dup").await;
    browser.set_cookie("muster-language=en-XA");
    let data: BTreeSet<String> =
        words(["root Root ada Ada Lovelace dup Dup Licate team default Example nobody OpenLDAP inetOrgPerson employeeType guest FALSE TRUE dcObject organization organizationalRole simpleSecurityObject person example muster Passkey otp Active Directory Samba 389 Server FreeIPA lldap"]).collect();
    let whole = |page: &Answer| assert_eq!(untold(page, &data), Vec::<String>::new(), "{}", page.url);
    for path in ["/settings", "/runs", "/preview", "/explain", "/test-sign-in", "/remove", ""] {
        whole(&browser.get(&format!("{HERE}{path}")).await);
    }
    let press = async |action: &str| {
        let answer = browser.submit(&browser.get(HERE).await, &format!("{HERE}/{action}"), &[]).await;
        let page = browser.follow(answer).await;
        let here = page.url.to_string();
        if page.url.path().contains("/runs/") {
            wait_until("the run to end", async || !browser.get(&here).await.body.contains("still running")).await;
            return browser.get(&here).await;
        }
        page
    };
    let tried = press("test").await;
    assert!(tried.body.contains("found, such as") && !tried.texts(".steps li.bad").iter().any(|_| true), "{}", tried.body);
    whole(&tried);
    whole(&press("preview").await);
    let run = press("sync").await;
    assert!(run.body.contains("is not an e-mail address") && run.body.contains("nobody here"), "{}", run.body);
    whole(&run);
    for who in ["ada", "dup", "nobody", BASE, SERVICE_DN] {
        whole(&browser.get(&format!("{HERE}/explain?who={}", who.replace('=', "%3D").replace(',', "%2C"))).await);
    }
    let form = browser.get(&format!("{HERE}/test-sign-in")).await;
    for (person, password) in [("", ""), ("ada", "wrong"), ("nobody", "wrong")] {
        whole(&browser.submit(&form, &format!("{HERE}/test-sign-in"), &[("person", person), ("password", password)]).await);
    }
    directory.stop().await;
    whole(&press("test").await);
    whole(&press("sync").await);
    whole(&browser.get(&format!("{HERE}/explain?who=ada")).await);
    for path in ["/admin", "/admin/directories", HERE, &format!("{HERE}/runs"), "/admin/audit"] {
        whole(&browser.get(path).await);
    }

    browser.set_cookie("muster-language=de");
    let german = browser.get(run.url.as_str()).await;
    assert!(german.texts("#problems").iter().any(|text| text.contains("\"nobody\" ist keine E-Mail-Adresse.")), "{:?}", german.texts("#problems"));
    app.stop().await;
}

#[tokio::test]
async fn an_app_may_ask_for_a_language_and_the_browser_and_the_person_outdo_it() {
    on_both_databases(async |provider| {
        let client = provider.client_with(|registration| registration.skip_consent = false, &[]).await;
        let request = client.request(&[("ui_locales", "tlh fr-CA de")]);
        let browser = provider.browser();
        let sign_in = browser.get_followed(&request).await;
        assert_eq!((lang(&sign_in).as_str(), sign_in.texts("h1")[0].as_str()), ("fr", "Connectez-vous pour continuer vers Wiki"));
        let on_the_way = format!("{}?{}", sign_in.url.path(), sign_in.url.query().unwrap());
        let asked_in_arabic = get_as(&browser, &on_the_way, "ar").await;
        assert_eq!(lang(&asked_in_arabic), "fr", "the app knows better than the browser's settings");
        for way in ["/sign-in/recovery", "/sign-in/device"] {
            assert_eq!(lang(&browser.get(&format!("{way}?{}", sign_in.url.query().unwrap())).await), "fr", "{way}");
        }

        browser.set_cookie("muster-language=es");
        let chosen = browser.get(&on_the_way).await;
        assert_eq!(lang(&chosen), "es");

        let ada = provider.person("ada").await;
        provider.sign_in(&browser, &ada).await;
        assert_eq!(lang(&browser.get_followed(&request).await), "es", "she has chosen none");
        let profile = browser.get("/account").await;
        let saved = browser.submit(&profile, "/account/language", &[("language", "de")]).await;
        assert!(saved.header("set-cookie").contains("muster-language=de"), "{}", saved.header("set-cookie"));
        browser.set_cookie("muster-language=es");
        let consent = browser.get_followed(&request).await;
        assert_eq!((lang(&consent).as_str(), consent.texts("h1")[0].as_str()), ("de", "Bei Wiki anmelden?"));
        assert_eq!(consent.texts(".languages button"), Vec::<String>::new(), "what is chosen in the account is changed there");
        assert_eq!(lang(&provider.browser_of(&ada).await.get("/account").await), "de", "in every browser");

        let back = browser.submit(&browser.get("/account").await, "/account/language", &[("language", "")]).await;
        assert!(back.status.is_redirection());
        assert_eq!(lang(&browser.get("/account").await), "es", "as the browser has it again");
    })
    .await;
}

#[tokio::test]
async fn apps_hear_the_language_a_person_chose_unless_the_directory_knows_one() {
    on_both_databases(async |provider| {
        let client = provider.client().await;
        let ada = provider.person("ada").await;
        let browser = provider.browser_of(&ada).await;
        let locale = async || client.tokens(&browser, &[("scope", "openid profile")]).await["access_token"].as_str().unwrap().to_owned();
        let heard = async |token: String| provider.userinfo(&token).await.json()["locale"].clone();
        assert_eq!(heard(locale().await).await, serde_json::Value::Null);
        browser.submit(&browser.get("/account").await, "/account/language", &[("language", "de")]).await;
        assert_eq!(heard(locale().await).await, "de");
        provider.execute(muster::db::query("UPDATE users SET locale = 'de-AT' WHERE id = $1").bind(ada.id)).await;
        assert_eq!(heard(locale().await).await, "de-AT");
    })
    .await;
}

#[tokio::test]
async fn mails_are_written_in_the_language_of_who_gets_them() {
    let (app, mailbox) = open_house().await;
    let (ada, eve) = (app.person("ada").await, app.person("eve").await);
    app.execute("UPDATE users SET language = 'de' WHERE id = $1", vec![ada.id.into()]).await;
    let visitor = app.browser();
    visitor.set_cookie("muster-language=fr");
    let form = visitor.get("/sign-in/email").await;
    visitor.submit(&form, "/sign-in/email", &[("name", "ada")]).await;
    let mails = mailbox.wait_for(1).await;
    assert!(mails[0].content.contains("Subject: Ihr Anmeldelink"), "{}", mails[0].content);
    visitor.set_cookie("muster-language=de");
    visitor.submit(&form, "/sign-in/email", &[("name", "eve")]).await;
    let mails = mailbox.wait_for(2).await;
    assert!(mails[1].content.contains("Subject: Ihr Anmeldelink"), "who chose none is answered as they asked: {}", mails[1].content);
    let form = visitor.get("/sign-up").await;
    visitor.submit(&form, "/sign-up", &[("email", "new@example.org")]).await;
    let mails = mailbox.wait_for(3).await;
    assert!(mails[2].content.contains("Subject: Ihr Konto bei Muster"), "{}", mails[2].content);
    assert_eq!(eve.language, "");
    app.stop().await;
}

#[tokio::test]
async fn settings_and_what_is_wrong_with_them_are_said_in_german() {
    let app = TestApp::start(Engine::Sqlite).await;
    let (_, browser) = administrator(&app, "root").await;
    let label = |page: &Answer, key: &str| page.texts(&format!("label[for='f-{key}']"));
    let english = browser.get("/admin/settings").await;
    assert_eq!(label(&english, "app_name"), ["Name of this installation"]);

    browser.set_cookie("muster-language=de");
    let german = browser.get("/admin/settings").await;
    assert_eq!((german.texts("h1")[0].as_str(), german.texts("section h2")[0].as_str()), ("Einstellungen", "Allgemein"));
    assert_eq!(label(&german, "app_name"), ["Name dieser Installation"]);
    assert!(german.texts("#f-sign_up option").contains(&"Niemand".to_owned()), "{:?}", german.texts("#f-sign_up option"));
    let refused = browser.submit(&german, "/admin/settings", &[("session_lifetime", "0")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(refused.texts("#m-session_lifetime"), ["Erlaubt ist hier: eine ganze Zahl von 1 bis 525600."]);

    let new = browser.get("/admin/directories/new").await;
    assert_eq!((new.texts("h1")[0].as_str(), label(&new, "LDAP_URL")), ("Verzeichnis verbinden", vec!["Adresse".to_owned()]));
    let refused = browser.submit(&new, "/admin/directories/new", &[("name", "No Name")]).await;
    assert_eq!(refused.texts("#m-LDAP_URL"), ["Die Adresse fehlt, etwa ldaps://ldap.example.org."]);
    app.stop().await;
}
