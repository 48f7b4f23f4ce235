//! An administrator adds, sets up, tries and removes directories, on the pages, against real servers.

use muster::audit::Kind;

use crate::pages::{look_at, screenshots};
use crate::pages_support::administrator;
use crate::support::app::{Engine, TestApp, on_each_engine};
use crate::support::browser::{Page, View};
use crate::support::http::{Answer, Browser};
use crate::support::samba::{self, Samba};
use crate::support::slapd::{BASE, SERVICE_DN, SERVICE_PASSWORD, Slapd, group, organisation, person, person_dn};
use crate::support::wait_until;

const LIST: &str = "/admin/directories";
const NEW: &str = "/admin/directories/new";

/// Submits the first step.
async fn connect(browser: &Browser, page: &Answer, fields: &[(&str, &str)]) -> Answer {
    browser.submit(page, NEW, fields).await
}

/// Presses another button of the settings form than the one that saves.
async fn press(browser: &Browser, page: &Answer, action: &str, button: &str, fields: &[(&str, &str)]) -> Answer {
    let mut page = page.clone();
    page.body = page.body.replacen(&format!("action=\"{action}\""), &format!("action=\"{button}\""), 1);
    browser.submit(&page, button, fields).await
}

/// Goes through both steps with an account that may read, and switches the directory on.
async fn set_up(browser: &Browser, name: &str, url: &str, account: (&str, &str)) {
    let page = browser.get(NEW).await;
    let typed = [("name", name), ("LDAP_URL", url), ("LDAP_BIND_DN", account.0), ("LDAP_BIND_PASSWORD", account.1)];
    let connected = connect(browser, &page, &typed).await;
    assert_eq!(connected.header("location"), format!("{LIST}/{name}/set-up"), "{:?}", connected.texts(".notice, .mistake"));
    let page = browser.follow(connected).await;
    let saved = browser.submit(&page, &format!("{LIST}/{name}/settings"), &[("then", "use")]).await;
    assert_eq!(saved.header("location"), format!("{LIST}/{name}?notice=switched-on"), "{:?}", saved.texts(".notice, .mistake"));
}

/// Syncs now, and gives the badge of the run.
async fn sync(browser: &Browser, name: &str) -> String {
    let page = browser.get(&format!("{LIST}/{name}")).await;
    let answer = browser.submit(&page, &format!("{LIST}/{name}/sync"), &[]).await;
    browser.follow(answer).await.texts(".badge")[0].clone()
}

#[tokio::test]
async fn openldap_is_recognised_and_correct_without_edits() {
    let ldif = person("ada", "Ada", "Lovelace") + &person("linus", "Linus", "Torvalds") + &group("admins", &["ada"]);
    let slapd = Slapd::start(&ldif).await;
    on_each_engine(async |app| {
        let (_, browser) = administrator(app, "root").await;
        let list = browser.get(LIST).await;
        assert_eq!(list.texts(".empty a.button"), ["Connect a directory"]);
        let page = browser.get(NEW).await;
        let typed = [("name", "company"), ("LDAP_URL", &slapd.url()), ("LDAP_BIND_DN", SERVICE_DN), ("LDAP_BIND_PASSWORD", SERVICE_PASSWORD)];
        let page = browser.follow(connect(&browser, &page, &typed).await).await;
        assert_eq!(page.url.path(), "/admin/directories/company/set-up");
        assert!(page.texts("#recognised .notice")[0].contains("OpenLDAP"), "{:?}", page.texts("#recognised"));
        assert_eq!(page.attribute("#f-LDAP_BASE", "value").as_deref(), Some(BASE));
        assert_eq!(page.texts("#sample .numbers dd"), ["2", "1", "1", "0"], "{:?}", page.texts("#sample"));
        assert!(page.texts("#sample tbody")[0].contains("Ada Lovelace") && !page.body.contains(SERVICE_PASSWORD));
        assert_eq!(app.count("SELECT COUNT(*) FROM users WHERE directory IS NOT NULL", vec![]).await, 0);

        let save = "/admin/directories/company/settings";
        let previewed = browser.submit(&page, save, &[("LDAP_ADMIN_GROUP_NAME", "admins"), ("then", "preview")]).await;
        assert!(previewed.body.contains("This is what a sync would change"), "{:?}", previewed.texts(".notice, .mistake"));
        assert!(previewed.body.contains("Switched off"));
        let on = browser.submit(&previewed, "/admin/directories/company/switch-on", &[]).await;
        assert_eq!(on.header("location"), "/admin/directories/company?notice=switched-on");
        assert_eq!(sync(&browser, "company").await, "Applied");
        assert_eq!(app.count("SELECT COUNT(*) FROM users WHERE directory = 'company'", vec![]).await, 2);
        assert_eq!(app.count("SELECT COUNT(*) FROM users WHERE directory_admin", vec![]).await, 1);
        let row = browser.get(LIST).await.texts("tbody tr");
        assert!(row.len() == 1 && row[0].contains("OpenLDAP") && row[0].contains("In use"), "{row:?} {:?}", browser.get(LIST).await.body);

        let (event, detail) = &app.audited(Kind::DirectoryAdded).await[0];
        assert_eq!((event.actor_name.as_str(), detail["LDAP_BIND_PASSWORD"].as_str()), ("root", Some("(changed)")));
        let readable = app.count("SELECT COUNT(*) FROM settings WHERE value LIKE $1", vec![format!("%{SERVICE_PASSWORD}%").into()]).await;
        assert_eq!(readable, 0, "sealed in the database");
    })
    .await;
}

#[tokio::test]
async fn a_samba_domain_is_recognised_and_correct_without_edits() {
    let domain = Samba::start().await;
    domain.add_user("ada", "Ada", "Lovelace").await;
    domain.add_user("linus", "Linus", "Torvalds").await;
    domain.set_disabled(&samba::user_dn("linus"), true).await;
    domain.add_group("Engineers", &[&samba::user_dn("ada")]).await;
    let app = TestApp::start(Engine::Sqlite).await;
    let (_, browser) = administrator(&app, "root").await;
    let authority = std::fs::read_to_string(domain.authority()).expect("the authority");
    let page = browser.get(NEW).await;
    let typed = [
        ("name", "corp"),
        ("LDAP_URL", &domain.tls_url()),
        ("LDAP_CA_CERTIFICATE", &authority),
        ("LDAP_BIND_DN", samba::ADMIN),
        ("LDAP_BIND_PASSWORD", samba::ADMIN_PASSWORD),
    ];
    let connected = connect(&browser, &page, &typed).await;
    assert_eq!(connected.status, 303, "{:?}", connected.texts(".notice, .mistake"));
    let page = browser.follow(connected).await;
    assert!(page.texts("#recognised .notice")[0].contains("Samba"), "{:?}", page.texts("#recognised"));
    assert!(page.texts("#recognised dd").iter().any(|fact| fact.contains("valid until")), "{:?}", page.texts("#recognised dd"));
    assert_eq!(page.attribute("#f-LDAP_BASE", "value").as_deref(), Some(samba::BASE));
    let people = page.texts("#sample tbody tr").join(" | ");
    assert!(people.contains("Ada Lovelace") && people.contains("Disabled there") && !people.contains("krbtgt"), "{people}");
    let saved = browser.submit(&page, "/admin/directories/corp/settings", &[("then", "use")]).await;
    assert_eq!(saved.status, 303, "{:?}", saved.texts(".mistake"));
    assert_eq!(sync(&browser, "corp").await, "Applied");
    assert_eq!(app.count("SELECT COUNT(*) FROM users WHERE directory = 'corp' AND directory_state = 'active'", vec![]).await, 1);
    assert_eq!(app.count("SELECT COUNT(*) FROM users WHERE directory = 'corp' AND directory_state = 'disabled'", vec![]).await, 1);
    assert_eq!(app.count("SELECT COUNT(*) FROM groups WHERE directory = 'corp' AND name = 'Engineers'", vec![]).await, 1);
    app.stop().await;
}

#[tokio::test]
async fn mistakes_of_the_first_step_are_named_and_keep_what_was_typed_but_never_show_the_password() {
    let slapd = Slapd::start(&person("ada", "Ada", "Lovelace")).await;
    let app = TestApp::start(Engine::Sqlite).await;
    let (_, browser) = administrator(&app, "root").await;
    let page = browser.get(NEW).await;
    for bad in ["", "Company", "a b", "new", "../x"] {
        let refused = connect(&browser, &page, &[("name", bad), ("LDAP_URL", "ldaps://ldap.example.org")]).await;
        assert_eq!((refused.status.as_u16(), refused.texts("#m-name").len()), (422, 1), "{bad}");
        assert_eq!(refused.attribute("#f-LDAP_URL", "value").as_deref(), Some("ldaps://ldap.example.org"));
    }
    let refused = connect(&browser, &page, &[("name", "company"), ("LDAP_URL", "ldap.example.org"), ("LDAP_BIND_DN", "")]).await;
    assert!(!refused.texts("#m-LDAP_URL")[0].is_empty() && refused.texts("#m-LDAP_BIND_DN")[0].contains("anonymously"));

    // A name nobody is called by: the server says no, and everything typed is still there, the password sealed.
    let typed =
        [("name", "company"), ("LDAP_URL", &slapd.url()), ("LDAP_BIND_DN", "cn=nobody,dc=example,dc=org"), ("LDAP_BIND_PASSWORD", SERVICE_PASSWORD)];
    let refused = connect(&browser, &page, &typed).await;
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains("The server could not be asked") && !refused.body.contains(SERVICE_PASSWORD));
    assert_eq!(app.count("SELECT COUNT(*) FROM directories", vec![]).await, 0);
    // Another address does not get the password: it must be typed anew.
    let trap = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let elsewhere = format!("ldap://{}", trap.local_addr().expect("an address"));
    let diverted = connect(&browser, &refused, &[("LDAP_URL", &elsewhere), ("LDAP_BIND_DN", SERVICE_DN)]).await;
    assert_eq!(diverted.status, 422);
    assert!(tokio::time::timeout(std::time::Duration::ZERO, trap.accept()).await.is_err(), "nobody called there");
    // The same one does, without typing it again.
    let connected = connect(&browser, &refused, &[("LDAP_BIND_DN", SERVICE_DN)]).await;
    assert_eq!(connected.header("location"), "/admin/directories/company/set-up", "{:?}", connected.texts(".notice, .mistake"));
    // What another session kept opens nothing here.
    let (_, other) = administrator(&app, "second").await;
    let mut stolen = refused.clone();
    stolen.body = stolen.body.replace("value=\"company\"", "value=\"stolen\"");
    assert_eq!(connect(&other, &stolen, &[("LDAP_BIND_DN", SERVICE_DN)]).await.status, 422);

    let taken = connect(&browser, &page, &typed).await;
    assert!(taken.texts("#m-name")[0].contains("There is a directory of this name"));
    app.stop().await;
}

#[tokio::test]
async fn the_settings_are_tried_before_they_are_saved_and_a_preset_fills_the_form() {
    let slapd = Slapd::start(&organisation(12, 2)).await;
    let app = TestApp::start(Engine::Sqlite).await;
    let (_, browser) = administrator(&app, "root").await;
    set_up(&browser, "company", &slapd.url(), (SERVICE_DN, SERVICE_PASSWORD)).await;
    let save = "/admin/directories/company/settings";
    let page = browser.get(save).await;
    assert!(page.texts(".notice.warn")[0].contains("not encrypted"));
    let narrow = [("LDAP_USER_SEARCH_FILTER", "(uid=person000001)")];
    let sampled = press(&browser, &page, save, "/admin/directories/company/settings/look", &narrow).await;
    assert_eq!(sampled.texts("#sample .numbers dd")[0], "1", "{:?}", sampled.texts(".notice"));
    assert_eq!(sampled.texts("#f-LDAP_USER_SEARCH_FILTER")[0].trim(), "(uid=person000001)");
    let previewed = press(&browser, &page, save, "/admin/directories/company/preview", &narrow).await;
    assert_eq!(previewed.texts("#preview tbody tr:first-child td")[0], "1", "{:?}", previewed.texts("#preview"));
    assert!(!browser.get(save).await.body.contains("(uid=person000001)"), "nothing was saved");

    // A password that was typed outlives a look, without being shown, and is saved in the end.
    let wrong = [("LDAP_BIND_PASSWORD", "not-the-password")];
    let tested = press(&browser, &page, save, "/admin/directories/company/test", &wrong).await;
    assert!(tested.texts(".steps li.bad").len() == 1 && !tested.body.contains("not-the-password"), "{:?}", tested.texts(".steps li"));
    assert_eq!(browser.submit(&tested, save, &[]).await.header("location"), "/admin/directories/company?notice=saved");
    let broken = browser.submit(&browser.get("/admin/directories/company").await, "/admin/directories/company/test", &[]).await;
    assert_eq!(broken.texts(".steps li.bad").len(), 1, "the password typed before the look was saved: {:?}", broken.texts(".steps li"));

    let filled = press(&browser, &browser.get(save).await, save, "/admin/directories/company/settings/fill", &[("kind", "active-directory")]).await;
    assert_eq!(filled.attribute("#f-LDAP_ATTRIBUTE_USER_UNIQUE_IDENTIFIER", "value").as_deref(), Some("objectGUID"));
    assert_eq!(filled.attribute("#f-LDAP_URL", "value"), Some(slapd.url()));
    assert_eq!(browser.get(save).await.attribute("#f-LDAP_ATTRIBUTE_USER_UNIQUE_IDENTIFIER", "value").as_deref(), Some("entryUUID"));
    app.stop().await;
}

#[tokio::test]
async fn a_persons_directory_password_is_tried_without_leaving_a_trace_of_it() {
    let ada = person("ada", "Ada", "Lovelace").replace("\n\n", "\nuserPassword: open-sesame-ada\n\n");
    let slapd = Slapd::start(&ada).await;
    let app = TestApp::start(Engine::Sqlite).await;
    let (_, browser) = administrator(&app, "root").await;
    set_up(&browser, "company", &slapd.url(), (SERVICE_DN, SERVICE_PASSWORD)).await;
    let path = "/admin/directories/company/test-sign-in";
    let page = browser.get(path).await;
    for who in ["ada", "ada@example.org", &person_dn("ada")] {
        let right = browser.submit(&page, path, &[("person", who), ("password", "open-sesame-ada")]).await;
        assert_eq!(right.texts("[role=status] p")[0], "The password is right.", "{who}: {:?}", right.texts("[role=status] p"));
        assert!(!right.body.contains("open-sesame-ada"));
    }
    let wrong = browser.submit(&page, path, &[("person", "ada"), ("password", "wrong-horse")]).await;
    assert_eq!(wrong.texts("[role=status] p")[0], "The password is wrong.");
    let nobody = browser.submit(&page, path, &[("person", "*"), ("password", "x")]).await;
    assert!(nobody.texts("[role=status] p")[0].contains("nobody by that name"), "{:?}", nobody.texts("[role=status] p"));
    assert_eq!(browser.submit(&page, path, &[("person", "ada"), ("password", "")]).await.status, 422);
    let tried = app.audited(Kind::DirectoryPasswordTried).await;
    assert_eq!(tried.len(), 5);
    assert!(!format!("{tried:?}").contains("sesame") && !format!("{tried:?}").contains("horse"));
    let mut last = 0;
    for _ in 0..10 {
        last = browser.submit(&page, path, &[("person", "nobody"), ("password", "x")]).await.status.as_u16();
    }
    assert_eq!(last, 429, "ten tries in a row are enough");
    assert_eq!(app.count("SELECT COUNT(*) FROM users WHERE username = 'ada'", vec![]).await, 0, "nobody was taken over by it");
    app.stop().await;
}

#[tokio::test]
async fn a_directory_is_removed_with_its_people_kept_blocked_or_deleted() {
    let slapd = Slapd::start(&organisation(6, 2)).await;
    on_each_engine(async |app| {
        let (_, browser) = administrator(app, "root").await;
        for (keep, local, blocked) in [("local", 6, 0), ("disabled", 6, 6), ("delete", 0, 0)] {
            let name = format!("to-{keep}");
            set_up(&browser, &name, &slapd.url(), (SERVICE_DN, SERVICE_PASSWORD)).await;
            assert_eq!(sync(&browser, &name).await, "Applied");
            let path = format!("{LIST}/{name}/remove");
            let page = browser.get(&path).await;
            assert!(page.body.contains("6 people and 2 groups"), "{:?}", page.texts(".heading"));
            assert_eq!(browser.submit(&page, &path, &[]).await.status, 422, "nothing is chosen for the administrator");
            if keep == "delete" {
                let refused = browser.submit(&page, &path, &[("keep", keep), ("name", "another")]).await;
                assert_eq!(refused.status, 422);
                assert_eq!(app.count("SELECT COUNT(*) FROM users WHERE directory IS NOT NULL", vec![]).await, 6);
            }
            let removed = browser.submit(&page, &path, &[("keep", keep), ("name", &name)]).await;
            assert_eq!(removed.header("location"), format!("{LIST}?notice=removed"), "{:?}", removed.texts("main"));
            let count = async |sql: &'static str| app.count(sql, vec![]).await;
            assert_eq!(count("SELECT COUNT(*) FROM users WHERE username LIKE 'person%' AND directory IS NULL").await, local, "{keep}");
            assert_eq!(count("SELECT COUNT(*) FROM users WHERE blocked_at IS NOT NULL").await, blocked, "{keep}");
            assert_eq!(count("SELECT COUNT(*) FROM users WHERE directory IS NOT NULL").await, 0);
            assert_eq!(count("SELECT COUNT(*) FROM settings WHERE scope LIKE 'directory:%'").await, 0);
            assert_eq!(browser.get(&format!("{LIST}/{name}")).await.status, 404);
            app.execute("DELETE FROM users WHERE username LIKE 'person%'", vec![]).await;
            app.execute("DELETE FROM groups", vec![]).await;
        }
        assert_eq!(app.audited(Kind::DirectoryRemoved).await.len(), 3);
    })
    .await;
}

#[tokio::test]
async fn two_directories_with_the_same_person_and_group_do_not_take_turns() {
    let [north, south] = [
        Slapd::start(&(person("ada", "Ada", "Lovelace") + &person("grace", "Grace", "Hopper") + &group("team", &["ada"]))).await,
        Slapd::start(&(person("ada", "Ada", "Yonath") + &person("linus", "Linus", "Torvalds") + &group("team", &["linus"]))).await,
    ];
    on_each_engine(async |app| {
        let (_, browser) = administrator(app, "root").await;
        for (name, slapd) in [("north", &north), ("south", &south)] {
            set_up(&browser, name, &slapd.url(), (SERVICE_DN, SERVICE_PASSWORD)).await;
            sync(&browser, name).await;
        }
        for name in ["north", "south", "north"] {
            assert_eq!(sync(&browser, name).await, "Nothing had changed", "{name}");
        }
        let count = async |sql: &'static str| app.count(sql, vec![]).await;
        assert_eq!(count("SELECT COUNT(*) FROM users WHERE username = 'ada' AND directory = 'north' AND last_name = 'Lovelace'").await, 1);
        assert_eq!(count("SELECT COUNT(*) FROM users WHERE directory = 'south'").await, 1, "Linus alone");
        assert_eq!(count("SELECT COUNT(*) FROM groups WHERE directory IS NOT NULL").await, 1, "who came first has the name");
    })
    .await;
}

#[tokio::test]
async fn people_and_groups_show_their_directory_and_its_mark_and_can_be_listed_by_it() {
    let [north, south] = [
        Slapd::start(&(person("ada", "Ada", "Lovelace") + &group("team", &["ada"]))).await,
        Slapd::start(&person("linus", "Linus", "Torvalds")).await,
    ];
    let app = TestApp::start(Engine::Sqlite).await;
    let (_, browser) = administrator(&app, "root").await;
    for (name, slapd) in [("north", &north), ("south", &south)] {
        set_up(&browser, name, &slapd.url(), (SERVICE_DN, SERVICE_PASSWORD)).await;
        let save = format!("{LIST}/{name}/settings");
        browser.submit(&browser.get(&save).await, &save, &[("LDAP_TAG", &format!("schools/{name}"))]).await;
        assert_eq!(sync(&browser, name).await, "Applied");
    }
    let people = browser.get("/admin/users?source=north").await.texts("tbody tr");
    assert!(people.len() == 1 && people[0].contains("Ada") && people[0].contains("schools/north"), "{people:?}");
    assert_eq!(browser.get("/admin/users?source=directory").await.texts("tbody tr").len(), 2);
    assert_eq!(browser.get("/admin/users?source=local").await.texts("tbody tr").len(), 1);
    assert_eq!(browser.get("/admin/groups?source=north").await.texts("tbody tr").len(), 1);
    assert_eq!(browser.get("/admin/groups?source=south").await.texts("tbody tr").len(), 0);
    app.stop().await;
}

#[tokio::test]
async fn a_directory_that_does_not_answer_holds_up_no_other() {
    // Takes connections and never says a word.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("ldap://{}", silent.local_addr().expect("an address"));
    let slapd = Slapd::start(&person("ada", "Ada", "Lovelace")).await;
    let account = [("LDAP_BIND_DN", SERVICE_DN), ("LDAP_BIND_PASSWORD", SERVICE_PASSWORD)];
    let default = [("LDAP_ENABLED", "true"), ("LDAP_URL", url.as_str()), ("LDAP_BASE", BASE), ("LDAP_ANSWER_SECONDS", "600")];
    let app = TestApp::start_with(Engine::Sqlite, &[&default[..], &account[..]].concat()).await;
    let (_, browser) = administrator(&app, "root").await;
    set_up(&browser, "north", &slapd.url(), (SERVICE_DN, SERVICE_PASSWORD)).await;
    let runs = async |sql: &'static str| app.count(sql, vec![]).await;
    let goes_on = "SELECT COUNT(*) FROM sync_runs WHERE directory = 'default' AND outcome IS NULL";
    wait_until("the silent one to be asked", async || runs(goes_on).await == 1).await;
    let first = "SELECT COUNT(*) FROM sync_runs WHERE directory = 'north' AND started_by <> 'follow' AND outcome IS NOT NULL";
    wait_until("the first run of the other", async || runs(first).await > 0).await;
    app.clock.advance(std::time::Duration::from_secs(3_601));
    let hourly = "SELECT COUNT(*) FROM sync_runs WHERE directory = 'north' AND started_by = 'schedule' AND outcome IS NOT NULL";
    wait_until("its hourly run", async || runs(hourly).await == 1).await;
    assert_eq!(runs(goes_on).await, 1, "the silent one is still asked");
    app.stop().await;
}

#[tokio::test]
async fn where_the_environment_alone_decides_nothing_is_added_switched_or_removed_here() {
    let app =
        TestApp::start_with(Engine::Sqlite, &[("UI_CONFIG_DISABLED", "true"), ("LDAP_URL", "ldaps://ldap.example.org"), ("LDAP_BASE", "dc=x")]).await;
    let (_, browser) = administrator(&app, "root").await;
    assert_eq!(browser.get(NEW).await.status, 409);
    let page = browser.get("/admin/directories/default").await;
    assert!(
        page.body.contains("Set by the environment") && page.texts("button").iter().all(|label| label != "Switch on"),
        "{:?}",
        page.texts("button")
    );
    for action in ["switch-on", "remove"] {
        let request = browser.request(reqwest::Method::POST, &format!("{LIST}/default/{action}")).header("origin", &app.url);
        let answer = crate::support::http::answer(request.header("sec-fetch-site", "same-origin").form(&[("keep", "local")])).await;
        assert_eq!(answer.status, 409, "{action}");
    }
    app.stop().await;
}

#[tokio::test]
async fn the_guided_set_up_works_in_a_real_browser_on_every_screen() {
    let slapd = Slapd::start(&organisation(40, 4)).await;
    let app = TestApp::start(Engine::Sqlite).await;
    let (_, admin) = administrator(&app, "root").await;
    let page = Page::open().await;
    page.goto(&app.url).await;
    for cookie in admin.cookies("/").split("; ") {
        let (name, value) = cookie.split_once('=').expect("a cookie has a value");
        page.set_cookie(name, value, &app.url).await;
    }
    look_at(&page, "set-up-none", &format!("{}{LIST}", app.url)).await;
    page.look(View::PHONE).await;
    page.goto(&format!("{}{NEW}", app.url)).await;
    let fill = async |field: &str, text: &str| page.eval(&format!("document.querySelector('#{field}').value = {text:?}")).await;
    fill("f-name", "company").await;
    fill("f-LDAP_URL", &slapd.url()).await;
    fill("f-bind", "anonymous").await;
    assert_eq!(page.eval("document.querySelector('#f-LDAP_BIND_DN').checkVisibility()").await, false, "nobody to name");
    fill("f-bind", "account").await;
    assert_eq!(page.eval("document.querySelector('#f-LDAP_BIND_DN').checkVisibility()").await, true);
    fill("f-LDAP_BIND_DN", SERVICE_DN).await;
    fill("f-LDAP_BIND_PASSWORD", SERVICE_PASSWORD).await;
    page.eval("document.querySelector('main form button.primary').click()").await;
    page.wait_for("location.pathname === '/admin/directories/company/set-up'").await;
    for (name, path) in [("set-up", "set-up"), ("set-up-settings", "settings"), ("set-up-remove", "remove"), ("set-up-test-sign-in", "test-sign-in")]
    {
        look_at(&page, name, &format!("{}{LIST}/company/{path}", app.url)).await;
    }
    page.look(View::DESKTOP).await;
    page.goto(&format!("{}{LIST}/company/set-up", app.url)).await;
    page.eval("document.querySelector('button[value=preview]').click()").await;
    page.wait_for("document.querySelector('#preview')").await;
    if let Some(folder) = screenshots() {
        page.screenshot(&folder.join("set-up-previewed-desktop.png")).await;
    }
    page.eval("document.querySelector('form[action$=switch-on] button').click()").await;
    page.wait_for("location.search === '?notice=switched-on'").await;
    look_at(&page, "set-up-list", &format!("{}{LIST}", app.url)).await;
    assert_eq!(page.problems(), Vec::<String>::new());
    app.stop().await;
}
