//! Directory passwords: what they open, what they never open, and what an attacker learns from trying. In one file, because every test begins with the same few
//! people of one directory.

use std::time::{Duration, Instant};

use muster::audit::Kind;
use muster::clients::{self, Authority, Registration};
use muster::directory::{self, Order};
use muster::directory_passwords as passwords;
use muster::id::ClientId;
use muster::secret::{base64url, random_bytes};
use muster::users::{self, User};
use reqwest::Method;
use serde_json::json;

use crate::enumeration::rank_difference;
use crate::oidc_support::{Client, REDIRECT_URI, claims};
use crate::pages::look_at;
use crate::pages_support::{administrator, forge, led_to};
use crate::support::app::{Engine, TestApp};
use crate::support::browser::Page;
use crate::support::http::{self, Answer, Browser};
use crate::support::ldap_tools::LdapTools;
use crate::support::samba::{self, Samba};
use crate::support::slapd::{BASE, Options, SERVICE_DN, SERVICE_PASSWORD, Slapd, group, organisation, person, person_dn};
use crate::support::virtual_authenticator::Device;
use crate::support::wait_until;

const PAGE: &str = "/sign-in/password";
const CHANGE: &str = "/account/password";
const ADD: &str = "/account/passkeys/add";
/// What a person of the test directory types.
fn password_of(uid: &str) -> String {
    format!("Opensesame of {uid}")
}

/// Ada, Grace (an administrator) and Linus, each with a password.
fn people() -> String {
    let with_password = |uid: &str, first: &str, last: &str| {
        let entry = person(uid, first, last);
        format!("{}\nuserPassword: {}\n\n", entry.trim_end(), password_of(uid))
    };
    let people = [with_password("ada", "Ada", "Lovelace"), with_password("grace", "Grace", "Hopper"), with_password("linus", "Linus", "Torvalds")];
    people.concat() + &group("admins", &["grace"])
}

/// An installation that has synced a slapd, with more settings.
async fn synced(engine: Engine, slapd: &Slapd, more: &[(&str, &str)]) -> TestApp {
    eprintln!("on {engine:?}");
    let authority = std::fs::read_to_string(slapd.authority()).expect("the authority");
    let url = slapd.tls_url();
    let mut variables = vec![
        ("LDAP_ENABLED", "true"),
        ("LDAP_URL", url.as_str()),
        ("LDAP_CA_CERTIFICATE", authority.as_str()),
        ("LDAP_BIND_DN", SERVICE_DN),
        ("LDAP_BIND_PASSWORD", SERVICE_PASSWORD),
        ("LDAP_BASE", BASE),
        ("LDAP_USER_SEARCH_FILTER", "(objectClass=inetOrgPerson)"),
        ("LDAP_ADMIN_GROUP_NAME", "admins"),
    ];
    variables.extend(more);
    let app = TestApp::start_with(engine, &variables).await;
    sync(&app).await;
    app
}

async fn sync(app: &TestApp) {
    let report = directory::sync(app.app(), "default", &Order::of_command(None)).await.expect("a run");
    assert!(!user(app, "ada").await.is_disabled(), "{report:?}");
}

async fn user(app: &TestApp, username: &str) -> User {
    users::find_by_name(&mut app.app().db.read().await.expect("a connection"), username).await.expect("an answer").expect("somebody")
}

/// Types a name and a password.
async fn type_in(browser: &Browser, name: &str, password: &str) -> Answer {
    let page = browser.get(PAGE).await;
    assert_eq!(page.status, 200, "{}", page.body);
    browser.submit(&page, PAGE, &[("username", name), ("password", password)]).await
}

/// [`type_in`] from an address.
async fn type_in_from(app: &TestApp, ip: &str, name: &str, password: &str) -> Answer {
    let request = app.browser().request(Method::POST, PAGE).header("origin", &app.url).header("sec-fetch-site", "same-origin");
    http::answer(request.header("x-forwarded-for", ip).form(&[("username", name), ("password", password)])).await
}

fn path(answer: &Answer) -> String {
    answer.location().map(|to| to.path().to_owned()).unwrap_or_default()
}

async fn client(app: &TestApp) -> Client {
    let registration = Registration { name: "Wiki".into(), redirect_uris: vec![REDIRECT_URI.into()], skip_consent: true, ..Registration::default() };
    let registered =
        clients::register(app.app(), Authority::CommandLine, ClientId::new(), registration, &[], app.clock.now()).await.expect("a client");
    Client {
        base: app.url.clone(),
        id: registered.client.id,
        client_id: registered.client.client_id,
        secret: registered.secret.map(|secret| secret.reveal().to_owned()),
        redirect_uri: REDIRECT_URI.into(),
        verifier: base64url(&random_bytes::<32>()),
    }
}

/// What can be compared of two answers: everything but the time, the request's id and what was typed.
fn shape(answer: &Answer, typed: &str) -> (u16, Vec<(String, String)>, String) {
    let mut headers: Vec<(String, String)> =
        answer.headers.iter().map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())).collect();
    headers.retain(|(name, _)| !["date", "x-request-id", "content-length"].contains(&name.as_str()));
    headers.sort();
    let escaped = typed.replace('&', "&#38;").replace('<', "&#60;").replace('>', "&#62;").replace('"', "&#34;").replace('\'', "&#39;");
    (answer.status.as_u16(), headers, answer.body.replace(&format!("value=\"{escaped}\""), "value=\"\""))
}

#[tokio::test]
async fn nothing_of_it_is_there_unless_switched_on() {
    let slapd = Slapd::start(&people()).await;
    let app = synced(Engine::Sqlite, &slapd, &[]).await;
    let browser = app.browser();
    assert!(!browser.get("/sign-in").await.body.contains(PAGE));
    assert_eq!(browser.get(PAGE).await.status, 404);
    assert_eq!(type_in_from(&app, "10.1.0.1", "ada", &password_of("ada")).await.status, 404);
    let ada = user(&app, "ada").await;
    app.enrol(&browser, &app.passkeys(), &ada).await;
    assert!(!browser.get("/account").await.body.contains(CHANGE));
    assert_eq!(browser.get(CHANGE).await.status, 404);
    assert!(app.audited(Kind::SignInRefused).await.is_empty());
    app.stop().await;
}

#[tokio::test]
async fn a_person_without_a_passkey_comes_in_once_to_add_one_and_nothing_else() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let slapd = Slapd::start(&people()).await;
        let app = synced(engine, &slapd, &[("LDAP_PASSWORD_SIGN_IN", "first"), ("LDAP_PASSWORD_WRITE_BACK", "true")]).await;
        let (browser, other) = (app.browser(), app.browser());
        let link = browser.get("/sign-in").await.attribute(&format!("a[href^='{PAGE}']"), "href");
        assert_eq!(link.as_deref(), Some(PAGE));

        // A mistake keeps the name and never the password.
        let wrong = type_in(&browser, "grace", "not this").await;
        assert_eq!(wrong.status, 422);
        assert_eq!(wrong.attribute("#f-username", "value").as_deref(), Some("grace"));
        assert!(!wrong.body.contains("not this"));
        assert!(!app.is_signed_in(&browser).await);

        let password = password_of("grace");
        assert_eq!(path(&type_in(&browser, "grace", &password).await), ADD);
        assert_eq!(path(&type_in(&other, "grace@example.org", &password).await), ADD, "by e-mail address too");
        let (signed_in, detail) = app.audited(Kind::SignIn).await.remove(0);
        assert_eq!((signed_in.actor_name.as_str(), &detail["method"], &detail["amr"]), ("grace", &"directory_password".into(), &"pwd".into()));

        // The session opens nothing but that page: not the account, not the administration (Grace is an administrator), not an app.
        for page in ["/account", "/account/sessions", "/account/apps", "/account/passkeys", CHANGE, "/admin", "/admin/users", "/admin/settings"] {
            let answer = browser.get(page).await;
            assert!(page == "/admin" || path(&answer) == ADD, "{page}: {} {:?}", answer.status, answer.location());
            assert!(answer.status.is_redirection(), "{page}");
        }
        for action in ["/account/sessions/end-others", "/admin/settings", CHANGE] {
            let request = browser.request(Method::POST, action).header("origin", &app.url).header("sec-fetch-site", "same-origin");
            assert_eq!(path(&http::answer(request.form(&[("old", "x")])).await), ADD, "{action}");
        }
        let client = client(&app).await;
        assert_eq!(path(&browser.get(&client.request(&[])).await), "/sign-in", "an app got something");
        let add = browser.get(ADD).await;
        assert!(add.status == 200 && add.texts("nav a").is_empty() && add.body.contains("no longer works"), "{}", add.body);

        // The first passkey ends all that: the session is one of the passkey, the other browser's is over, the password opens nothing.
        let passkeys = app.passkeys();
        assert_eq!(app.add_passkey(&browser, &passkeys).await.status, 200);
        assert_eq!(browser.get("/admin/users").await.status, 200);
        assert_eq!(path(&other.get(ADD).await), "/sign-in");
        let late = app.add_passkey(&other, &app.passkeys()).await;
        assert!(late.status.is_redirection(), "a second passkey by the same password: {}", late.status);
        let refused = type_in(&other, "grace", &password).await;
        assert_eq!(shape(&refused, "grace"), shape(&wrong, "grace"), "in other words than a wrong password");
        assert_eq!(app.last_reason(Kind::SignInRefused).await, "has_a_passkey");
        assert_eq!(app.sign_in(&app.browser(), &passkeys).await.status, 200);
        assert_eq!(app.count("SELECT COUNT(*) FROM passkeys", vec![]).await, 1);

        // Whoever lets it lie has an hour.
        let slow = app.browser();
        assert_eq!(path(&type_in(&slow, "ada", &password_of("ada")).await), ADD);
        app.clock.advance(Duration::from_secs(3601));
        assert_eq!(path(&slow.get(ADD).await), "/sign-in");

        // And everybody may leave.
        assert_eq!(path(&type_in(&slow, "ada", &password_of("ada")).await), ADD);
        let page = slow.get("/sign-out").await;
        slow.submit(&page, "/sign-out", &[]).await;
        assert_eq!(path(&slow.get(ADD).await), "/sign-in");
        app.stop().await;
    }
}

#[tokio::test]
async fn nobody_learns_from_a_refusal_who_exists_who_is_disabled_or_who_has_a_passkey() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let slapd = Slapd::start(&people()).await;
        let app = synced(engine, &slapd, &[("LDAP_PASSWORD_SIGN_IN", "first")]).await;
        app.person("local").await;
        app.execute("UPDATE users SET blocked_at = 1 WHERE username = 'linus'", vec![]).await;
        let grace = user(&app, "grace").await;
        app.enrol(&app.browser(), &app.passkeys(), &grace).await;

        let (linus, grace) = (password_of("linus"), password_of("grace"));
        let tries: [(&str, &str, &str); 12] = [
            ("nobody", "x", "unknown_person"),
            ("ada", "wrong", "wrong_password"),
            ("ada@example.org", "wrong", "wrong_password"),
            ("local", "x", "directory_passwords_are_off"),
            ("linus", &linus, "disabled"),
            ("grace", &grace, "has_a_passkey"),
            ("*)(uid=*", "x", "unknown_person"),
            ("ada)(|(uid=*", "x", "unknown_person"),
            ("*", &linus, "unknown_person"),
            ("uid=ada,ou=people,dc=example,dc=org", "Opensesame of ada", "unknown_person"),
            (SERVICE_DN, SERVICE_PASSWORD, "unknown_person"),
            ("cn=muster", SERVICE_PASSWORD, "unknown_person"),
        ];
        let mut shapes = Vec::new();
        for (name, password, reason) in tries {
            let began = Instant::now();
            let answer = type_in(&app.browser(), name, password).await;
            assert!(began.elapsed() >= Duration::from_millis(500), "{name}: answered before the beat");
            assert_eq!((answer.status.as_u16(), app.last_reason(Kind::SignInRefused).await.as_str()), (422, reason), "{name}");
            shapes.push((name, shape(&answer, name)));
        }
        for (name, shape) in &shapes {
            assert_eq!(shape, &shapes[0].1, "{name}");
        }
        // What was typed as a name nobody has may be a password: it is kept nowhere.
        let events = app.audited(Kind::SignInRefused).await;
        assert!(events.iter().all(|(line, _)| ["", "ada", "local", "linus", "grace"].contains(&line.subject_name.as_str())), "{events:?}");
        let log: String = events.iter().map(|(line, detail)| format!("{line:?}{detail}")).collect();
        assert!(!log.contains("Opensesame") && !log.contains("uid=*"), "{log}");
        app.stop().await;
    }
}

#[tokio::test]
async fn what_cannot_be_a_name_or_a_password_is_not_asked_about() {
    let slapd = Slapd::start(&people()).await;
    let app = synced(Engine::Sqlite, &slapd, &[("LDAP_PASSWORD_SIGN_IN", "first")]).await;
    let (long_name, long_password) = ("a".repeat(321), "p".repeat(513));
    for (name, password, field) in [
        ("", "x", "#m-username"),
        (long_name.as_str(), "x", "#m-username"),
        ("a\0b", "x", "#m-username"),
        ("ada", "", "#m-password"),
        ("ada", long_password.as_str(), "#m-password"),
        ("ada", "x\0", "#m-password"),
    ] {
        let answer = type_in_from(&app, "10.1.0.2", name, password).await;
        assert_eq!((answer.status.as_u16(), answer.texts(field).len()), (422, 1), "{name:?} {password:?}");
    }
    assert!(app.audited(Kind::SignInRefused).await.is_empty());
    app.stop().await;
}

#[tokio::test]
async fn at_most_three_wrong_passwords_of_a_person_reach_the_directory() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let slapd = Slapd::start(&people()).await;
        let app = synced(engine, &slapd, &[("LDAP_PASSWORD_SIGN_IN", "first")]).await;
        let statuses = async |name: &'static str, count: usize| {
            let tries = (0..count).map(|n| {
                let app = &app;
                async move { type_in_from(app, &format!("10.2.{n}.1"), name, "wrong").await.status.as_u16() }
            });
            let mut statuses = futures::future::join_all(tries).await;
            statuses.sort_unstable();
            statuses
        };
        // All at once, and the same for a name nobody has.
        assert_eq!(statuses("ada", 6).await, [422, 422, 422, 429, 429, 429]);
        assert_eq!(statuses("nobody", 6).await, [422, 422, 422, 429, 429, 429]);
        let right = type_in_from(&app, "10.3.0.1", "ADA ", &password_of("ada")).await;
        assert_eq!(right.status, 429, "however the name is spelled");
        assert!(right.header("retry-after").parse::<u64>().expect("seconds") > 800);
        assert!(right.body.contains("Wait 15 minutes"), "{}", right.body);
        // By the other name, nothing shows; but the directory is not asked.
        let right = type_in_from(&app, "10.3.0.1", "ada@example.org", &password_of("ada")).await;
        assert_eq!((right.status.as_u16(), app.last_reason(Kind::SignInRefused).await.as_str()), (422, "too_many_tries"));

        app.clock.advance(Duration::from_secs(15 * 60 + 1));
        assert_eq!(path(&type_in_from(&app, "10.3.0.1", "ada", &password_of("ada")).await), ADD);
        // Who was right begins anew.
        assert_eq!(statuses("ada", 2).await, [422, 422]);
        assert_eq!(path(&type_in_from(&app, "10.3.0.1", "ada", &password_of("ada")).await), ADD);
        assert_eq!(statuses("ada", 3).await, [422, 422, 422]);
        app.stop().await;
    }
}

#[tokio::test]
async fn a_network_guesses_thirty_times_whatever_its_addresses_and_names() {
    let slapd = Slapd::start(&people()).await;
    let app = synced(Engine::Sqlite, &slapd, &[("LDAP_PASSWORD_SIGN_IN", "first")]).await;
    let tries = (0..36).map(|n| {
        let app = &app;
        async move { type_in_from(app, &format!("2001:db8::{n:x}"), &format!("name{n}"), "wrong").await.status.as_u16() }
    });
    let statuses = futures::future::join_all(tries).await;
    assert_eq!(statuses.iter().filter(|status| **status == 422).count(), 30, "{statuses:?}");
    assert_eq!(type_in_from(&app, "2001:db8::ffff", "ada", &password_of("ada")).await.status, 429);
    assert_eq!(path(&type_in_from(&app, "2001:db8:0:1::1", "ada", &password_of("ada")).await), ADD);
    // Another instance on the same database counts on: what is counted is in the database.
    assert!(app.count("SELECT COUNT(*) FROM attempts", vec![]).await >= 31);
    app.clock.advance(Duration::from_secs(3600));
    passwords::sweep(app.app(), app.clock.now()).await.expect("swept");
    assert_eq!(app.count("SELECT COUNT(*) FROM attempts", vec![]).await, 0);
    app.stop().await;
}

#[tokio::test]
async fn a_form_from_another_site_neither_signs_in_nor_changes_a_password() {
    let slapd = Slapd::start(&people()).await;
    let app = synced(Engine::Sqlite, &slapd, &[("LDAP_PASSWORD_SIGN_IN", "always"), ("LDAP_PASSWORD_WRITE_BACK", "true")]).await;
    let browser = app.browser();
    let forge = async |action: &str, fields: &[(&str, &str)]| {
        let request = browser.request(Method::POST, action).header("origin", "https://evil.example").header("sec-fetch-site", "cross-site");
        http::answer(request.form(fields)).await.status
    };
    let password = password_of("ada");
    assert_eq!(forge(PAGE, &[("username", "ada"), ("password", &password)]).await, 403);
    assert!(!app.is_signed_in(&browser).await);
    assert_eq!(path(&type_in(&browser, "ada", &password).await), "/account");
    assert_eq!(forge(CHANGE, &[("old", &password), ("new", "Evil-1234567"), ("again", "Evil-1234567")]).await, 403);
    assert_eq!(path(&type_in(&app.browser(), "ada", &password).await), "/account", "the password was changed");
    app.stop().await;
}

#[tokio::test]
async fn a_password_beside_passkeys_opens_a_session_that_says_so_and_never_the_administration() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let slapd = Slapd::start(&people()).await;
        let app = synced(engine, &slapd, &[("LDAP_PASSWORD_SIGN_IN", "always")]).await;
        let (browser, password) = (app.browser(), password_of("grace"));

        // On the way to an app, by password.
        let client = client(&app).await;
        let asked = browser.follow(browser.get(&client.request(&[])).await).await;
        let way = asked.attribute(&format!("a[href^='{PAGE}']"), "href").expect("a way to the password page");
        let page = browser.get(&way).await;
        assert!(page.texts("h1")[0].contains("Wiki"), "{}", page.body);
        let answer = browser.submit(&page, PAGE, &[("username", "grace"), ("password", "wrong")]).await;
        let answer = browser.submit(&answer, PAGE, &[("username", "grace"), ("password", &password)]).await;
        assert_eq!(path(&answer), "/authorize/continue", "a mistake lost the way");
        let tokens = client.tokens(&browser, &[]).await;
        assert_eq!(claims(&tokens)["amr"], serde_json::json!(["pwd"]));

        assert!(browser.get("/account/sessions").await.texts(".help").contains(&"with the directory password".to_owned()));
        let admin = browser.get("/admin/users").await;
        assert_eq!(admin.status, 403);
        assert!(admin.body.contains("needs a passkey"), "{}", admin.body);

        // The first passkey may be added with it, but no second: what was phished must not stay.
        let passkeys = app.passkeys();
        assert_eq!(app.add_passkey(&browser, &passkeys).await.status, 200);
        assert_eq!(browser.get("/admin/users").await.status, 200, "the session is one of the passkey now");
        let by_password = app.browser();
        assert_eq!(path(&type_in(&by_password, "grace", &password).await), "/account");
        assert_eq!(app.add_passkey(&by_password, &app.passkeys()).await.status, 403);
        assert_eq!(path(&by_password.get(ADD).await), "/account/passkeys");
        assert!(by_password.get("/account/passkeys").await.body.contains("sign in with one of them"));
        assert_eq!(by_password.get("/admin/users").await.status, 403);
        let id = user(&app, "grace").await.id;
        let shown = browser.get(&format!("/admin/users/{id}")).await;
        let methods = shown.texts("td .quiet");
        assert!(methods.contains(&"with the directory password".to_owned()) && methods.contains(&"with a passkey".to_owned()), "{methods:?}");

        // Kept out here, however right the password.
        let ada = app.browser();
        assert_eq!(path(&type_in(&ada, "ada", &password_of("ada")).await), "/account");
        app.execute("UPDATE users SET blocked_at = 1 WHERE username = 'ada'", vec![]).await;
        assert!(!app.is_signed_in(&ada).await);
        assert_eq!(type_in(&ada, "ada", &password_of("ada")).await.status, 422);
        app.stop().await;
    }
}

#[tokio::test]
async fn a_hash_opens_a_session_only_while_the_directory_is_down_and_only_while_it_should() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let mut slapd = Slapd::start(&people()).await;
        let app = synced(engine, &slapd, &[("LDAP_PASSWORD_SIGN_IN", "always"), ("LDAP_PASSWORD_CACHE", "true")]).await;
        let hashes = async || app.count("SELECT COUNT(*) FROM directory_password_hashes", vec![]).await;
        let enters = async |uid: &str, password: &str| match type_in_from(&app, "10.4.0.1", uid, password).await.status.as_u16() {
            303 => true,
            422 => false,
            status => panic!("{status}"),
        };
        for uid in ["ada", "grace", "linus"] {
            assert!(enters(uid, &password_of(uid)).await);
        }
        assert_eq!(hashes().await, 3);
        let in_the_clear = "SELECT COUNT(*) FROM directory_password_hashes WHERE sealed_hash LIKE '%argon%' OR sealed_hash LIKE '%Opensesame%'";
        assert_eq!(app.count(in_the_clear, vec![]).await, 0, "whoever reads the database can guess");

        // The directory says no: what it said before counts no more. It has the last word while it is there.
        assert!(!enters("linus", "wrong").await);
        assert_eq!(hashes().await, 2);
        let changed = format!("dn: {}\nchangetype: modify\nreplace: userPassword\nuserPassword: Another one\n", person_dn("grace"));
        slapd.tools().modify(&changed).await;
        assert!(!enters("grace", &password_of("grace")).await, "the hash was asked while the directory was there");
        assert!(enters("grace", "Another one").await);

        slapd.stop().await;
        assert!(enters("ada", &password_of("ada")).await);
        let (_, detail) = app.audited(Kind::SignIn).await.remove(0);
        assert_eq!(detail["directory_was_down"], true);
        assert!(!enters("ada", "wrong").await && enters("grace", "Another one").await && !enters("grace", &password_of("grace")).await);
        assert!(!enters("linus", &password_of("linus")).await);
        assert_eq!(app.last_reason(Kind::SignInRefused).await, "directory_unreachable");
        assert_eq!(hashes().await, 2, "a wrong password during an outage is not the directory's word");

        // Signed out everywhere, kept out, unused for a month, switched off: gone, each by itself.
        app.clock.advance(Duration::from_secs(901));
        let now = app.clock.now();
        app.execute("UPDATE users SET access_void_until = $1 WHERE username = 'grace'", vec![now.into()]).await;
        assert!(!enters("grace", "Another one").await);
        passwords::sweep(app.app(), now).await.expect("swept");
        assert_eq!(hashes().await, 1);
        app.clock.advance(Duration::from_secs(31 * 86_400));
        assert!(!enters("ada", &password_of("ada")).await, "after a month");
        slapd.start_again().await;
        assert!(enters("ada", &password_of("ada")).await);
        assert_eq!(hashes().await, 1);
        let app = app.restart(&[("LDAP_PASSWORD_CACHE", "false")]).await;
        slapd.stop().await;
        assert_eq!(type_in_from(&app, "10.4.0.1", "ada", &password_of("ada")).await.status, 422);
        passwords::sweep(app.app(), app.clock.now()).await.expect("swept");
        assert_eq!(app.count("SELECT COUNT(*) FROM directory_password_hashes", vec![]).await, 0);
        app.stop().await;
    }
}

#[tokio::test]
async fn a_right_password_opens_nothing_once_the_directory_has_disabled_the_entry_or_shows_it_no_more() {
    let mut slapd = Slapd::start(&people()).await;
    let settings = [
        ("LDAP_PASSWORD_SIGN_IN", "always"),
        ("LDAP_PASSWORD_CACHE", "true"),
        // Nothing but the password's own way asks for the person.
        ("LDAP_SYNC_AT_SIGN_IN", "false"),
        ("LDAP_FOLLOW_CHANGES", "false"),
        ("LDAP_USER_SEARCH_FILTER", "(&(objectClass=inetOrgPerson)(!(title=gone)))"),
        // A rule of the organisation's own, of which slapd knows nothing when it is asked whether a password is right.
        ("LDAP_USER_DISABLED_WHEN", "employeeType = former"),
    ];
    let app = synced(Engine::Sqlite, &slapd, &settings).await;
    let enters = async |uid: &str| type_in_from(&app, "10.4.0.2", uid, &password_of(uid)).await.status == 303;
    let hashes = async || app.count("SELECT COUNT(*) FROM directory_password_hashes", vec![]).await;
    assert!(enters("ada").await && enters("linus").await);
    assert_eq!(hashes().await, 2);
    for (uid, attribute, value, reason) in
        [("ada", "employeeType", "former", "refused_by_the_directory"), ("linus", "title", "gone", "not_in_the_directory_any_more")]
    {
        slapd.tools().modify(&format!("dn: {}\nchangetype: modify\nreplace: {attribute}\n{attribute}: {value}\n", person_dn(uid))).await;
        assert!(!enters(uid).await, "{uid}");
        assert_eq!(app.last_reason(Kind::SignInRefused).await, reason);
    }
    assert_eq!(hashes().await, 0, "the directory has said no");
    slapd.stop().await;
    assert!(!enters("ada").await && !enters("linus").await, "an outage gives nobody back what they lost");
    app.stop().await;
}

#[tokio::test]
async fn a_person_changes_their_directory_password_and_other_browsers_are_signed_out() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let slapd = Slapd::start(&people()).await;
        let app = synced(engine, &slapd, &[("LDAP_PASSWORD_WRITE_BACK", "true")]).await;
        let (ada, passkeys) = (user(&app, "ada").await, app.passkeys());
        let (here, there) = (app.browser(), app.browser());
        app.enrol(&here, &passkeys, &ada).await;
        app.sign_in(&there, &passkeys).await;
        assert!(here.get("/account").await.body.contains(CHANGE));
        let binds = async |password: &str| {
            let tools = LdapTools { url: slapd.url(), bind_dn: person_dn("ada"), password: password.to_owned() };
            tools.bind_code().await == 0
        };
        let old = password_of("ada");
        let change = async |old: &str, new: &str, again: &str| {
            let page = here.get(CHANGE).await;
            here.submit(&page, CHANGE, &[("old", old), ("new", new), ("again", again)]).await
        };
        for (old, new, again, field) in [
            ("", "New-password-1", "New-password-1", "#m-old"),
            (old.as_str(), "", "", "#m-new"),
            (old.as_str(), "New-password-1", "New-password-2", "#m-again"),
            (old.as_str(), old.as_str(), old.as_str(), "#m-new"),
            ("wrong", "New-password-1", "New-password-1", "#m-old"),
        ] {
            let answer = change(old, new, again).await;
            assert_eq!((answer.status.as_u16(), answer.texts(field).len()), (422, 1), "{old} {new} {again}: {:?}", answer.texts(".mistake"));
            assert!(!answer.body.contains("New-password"), "what was typed came back");
        }
        assert!(app.is_signed_in(&there).await && binds(&old).await);
        let changed = change(&old, "New-password-1", "New-password-1").await;
        assert_eq!(path(&changed), "/account");
        assert!(here.follow(changed).await.body.contains("was changed"));
        assert!(binds("New-password-1").await && !binds(&old).await);
        assert!(app.is_signed_in(&here).await && !app.is_signed_in(&there).await);
        let events = app.audited(Kind::DirectoryPasswordChanged).await;
        assert_eq!((events.len(), events[0].0.actor_name.as_str(), &events[0].1["sessions"]), (1, "ada", &1.into()));
        assert_eq!(app.last_reason(Kind::DirectoryPasswordRefused).await, "wrong_password");
        assert!(!format!("{events:?}").contains("New-password"));

        // Somebody at a browser left open guesses the old one.
        for _ in 0..3 {
            assert_eq!(change("wrong", "New-password-2", "New-password-2").await.texts("#m-old").len(), 1);
        }
        let limited = change("New-password-1", "New-password-2", "New-password-2").await;
        assert!(limited.texts(".notice.bad")[0].contains("too many"), "{}", limited.body);
        assert!(binds("New-password-1").await);

        // Nothing goes over a line somebody can listen to.
        let app = app.restart(&[("LDAP_URL", &slapd.url())]).await;
        let open = app.browser();
        app.clock.advance(Duration::from_secs(901));
        app.enrol(&open, &app.passkeys(), &ada).await;
        let page = open.get(CHANGE).await;
        let fields = [("old", "New-password-1"), ("new", "New-password-3"), ("again", "New-password-3")];
        let answer = open.submit(&page, CHANGE, &fields).await;
        assert!(answer.texts(".notice.bad")[0].contains("secure connection"), "{}", answer.body);
        assert!(binds("New-password-1").await);
        app.stop().await;
    }
}

#[tokio::test]
async fn active_directory_says_when_a_right_password_must_be_changed_and_takes_a_new_one() {
    let domain = Samba::start().await;
    let authority = std::fs::read_to_string(domain.authority()).expect("the authority");
    for (name, first, last) in [("ada", "Ada", "Lovelace"), ("grace", "Grace", "Hopper")] {
        domain.add_user(name, first, last).await;
        domain.set_password(name, "Opensesame-1").await;
    }
    let app = TestApp::start_with(
        Engine::Sqlite,
        &[
            ("LDAP_ENABLED", "true"),
            ("LDAP_URL", &domain.tls_url()),
            ("LDAP_CA_CERTIFICATE", &authority),
            ("LDAP_BIND_DN", samba::ADMIN),
            ("LDAP_BIND_PASSWORD", samba::ADMIN_PASSWORD),
            ("LDAP_BASE", samba::BASE),
            ("LDAP_USER_SEARCH_FILTER", "(&(objectCategory=person)(objectClass=user)(mail=*))"),
            ("LDAP_USER_GROUP_SEARCH_FILTER", "(&(objectClass=group)(!(isCriticalSystemObject=TRUE)))"),
            ("LDAP_ATTRIBUTE_USER_UNIQUE_IDENTIFIER", "objectGUID"),
            ("LDAP_ATTRIBUTE_USER_USERNAME", "sAMAccountName"),
            ("LDAP_ATTRIBUTE_GROUP_UNIQUE_IDENTIFIER", "objectGUID"),
            ("LDAP_ATTRIBUTE_GROUP_NAME", "sAMAccountName"),
            ("LDAP_PASSWORD_SIGN_IN", "always"),
            ("LDAP_PASSWORD_WRITE_BACK", "true"),
        ],
    )
    .await;
    sync(&app).await;

    let browser = app.browser();
    assert_eq!(path(&type_in(&browser, "ada", "Opensesame-1").await), "/account");
    let change = async |old: &str, new: &str| {
        let page = browser.get(CHANGE).await;
        browser.submit(&page, CHANGE, &[("old", old), ("new", new), ("again", new)]).await
    };
    assert_eq!(change("Opensesame-2", "Opensesame-3").await.texts("#m-old").len(), 1);
    let weak = change("Opensesame-1", "short").await;
    let sentence = weak.texts("#m-new").concat();
    assert!(["short", "simple", "recently"].iter().any(|word| sentence.contains(word)), "{sentence:?}: {:?}", weak.texts(".mistake"));
    // A domain keeps passwords for a day before they can be changed; here it does not.
    domain.set(samba::BASE, "minPwdAge", "0").await;
    let changed = change("Opensesame-1", "Opensesame-3 ä").await;
    assert_eq!(path(&changed), "/account", "{:?}", changed.texts(".mistake"));
    assert_eq!(path(&type_in(&app.browser(), "ada", "Opensesame-3 ä").await), "/account");

    // Only who knows the password learns that it must be changed.
    domain.set(&samba::user_dn("grace"), "pwdLastSet", "0").await;
    let wrong = type_in(&app.browser(), "grace", "wrong").await;
    let right = type_in(&app.browser(), "grace", "Opensesame-1").await;
    assert_eq!((wrong.status.as_u16(), right.status.as_u16()), (422, 422));
    assert!(!wrong.body.contains("new password") && right.body.contains("choose a new password"), "{:?}", right.texts(".notice"));
    assert_eq!(app.last_reason(Kind::SignInRefused).await, "password_must_be_changed");
    app.stop().await;
}

#[tokio::test]
async fn a_person_who_was_moved_comes_in_and_whoever_stands_where_they_were_does_not() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let slapd = Slapd::start(&people()).await;
        // Nobody is asked for at sign-in: only the password's own question can notice.
        let more = [("LDAP_PASSWORD_SIGN_IN", "always"), ("LDAP_PASSWORD_WRITE_BACK", "true"), ("LDAP_SYNC_AT_SIGN_IN", "false")];
        let app = synced(engine, &slapd, &more).await;
        slapd.tools().rename(&person_dn("ada"), "uid=ada", Some(&format!("ou=groups,{BASE}"))).await;
        let stranger = person("ada", "Someone", "Else");
        slapd.tools().add(&format!("{}\nuserPassword: the stranger's\n\n", stranger.trim_end())).await;
        assert_eq!(type_in(&app.browser(), "ada", "the stranger's").await.status, 422, "somebody else's password opened an account");
        assert_eq!(app.last_reason(Kind::SignInRefused).await, "wrong_password");
        let browser = app.browser();
        assert_eq!(path(&type_in(&browser, "ada", &password_of("ada")).await), "/account");
        // Changing it finds them too.
        let page = browser.get(CHANGE).await;
        let old = password_of("ada");
        let changed = browser.submit(&page, CHANGE, &[("old", &old), ("new", "New-password-1"), ("again", "New-password-1")]).await;
        assert_eq!(path(&changed), "/account", "{:?}", changed.texts(".mistake"));

        slapd.tools().delete(&person_dn("grace")).await;
        assert_eq!(type_in(&app.browser(), "grace", &password_of("grace")).await.status, 422);
        assert_eq!(app.last_reason(Kind::SignInRefused).await, "not_in_the_directory_any_more");
        app.stop().await;
    }
}

#[tokio::test]
async fn a_hash_goes_when_the_directory_tells_that_the_password_was_changed_since() {
    let slapd = Slapd::start_with(&Options { password_policy: true, ..Options::default() }, &people()).await;
    let app = synced(Engine::Sqlite, &slapd, &[("LDAP_PASSWORD_SIGN_IN", "always"), ("LDAP_PASSWORD_CACHE", "true")]).await;
    for uid in ["ada", "linus"] {
        assert_eq!(type_in_from(&app, "10.4.0.3", uid, &password_of(uid)).await.status, 303);
    }
    // The directory keeps times to the second.
    let ada = user(&app, "ada").await.id;
    app.execute("UPDATE directory_password_hashes SET confirmed_at = confirmed_at - 5000 WHERE user_id = $1", vec![ada.into()]).await;
    let changed = format!("dn: {}\nchangetype: modify\nreplace: userPassword\nuserPassword: Another one\n", person_dn("ada"));
    slapd.tools().modify(&changed).await;
    passwords::sweep(app.app(), app.clock.now()).await.expect("swept");
    let linus = user(&app, "linus").await.id;
    assert_eq!(app.count("SELECT COUNT(*) FROM directory_password_hashes", vec![]).await, 1);
    let of_linus = app.count("SELECT COUNT(*) FROM directory_password_hashes WHERE user_id = $1", vec![linus.into()]).await;
    assert_eq!(of_linus, 1, "who changed nothing keeps theirs");
    app.stop().await;
}

#[tokio::test]
async fn a_password_openldap_wants_changed_opens_nothing_and_can_be_changed_here() {
    let slapd = Slapd::start_with(&Options { password_policy: true, ..Options::default() }, &people()).await;
    slapd.tools().modify(&format!("dn: cn=policy,{BASE}\nchangetype: modify\nadd: pwdMustChange\npwdMustChange: TRUE\n")).await;
    let app = synced(Engine::Sqlite, &slapd, &[("LDAP_PASSWORD_SIGN_IN", "always"), ("LDAP_PASSWORD_WRITE_BACK", "true")]).await;
    let browser = app.browser();
    assert_eq!(path(&type_in(&browser, "ada", &password_of("ada")).await), "/account");
    let reset = |uid: &str| format!("dn: {}\nchangetype: modify\nreplace: pwdReset\npwdReset: TRUE\n", person_dn(uid));
    slapd.tools().modify(&reset("ada")).await;
    let right = type_in(&app.browser(), "ada", &password_of("ada")).await;
    let wrong = type_in(&app.browser(), "ada", "wrong").await;
    assert_eq!((right.status.as_u16(), wrong.status.as_u16()), (422, 422));
    assert!(right.body.contains("choose a new password") && !wrong.body.contains("new password"), "{:?}", right.texts(".notice"));
    let reasons: Vec<_> = app.audited(Kind::SignInRefused).await.into_iter().map(|(_, detail)| detail["reason"].clone()).collect();
    assert_eq!(reasons, ["wrong_password", "password_must_be_changed"]);
    let (page, old) = (browser.get(CHANGE).await, password_of("ada"));
    let changed = browser.submit(&page, CHANGE, &[("old", &old), ("new", "New-password-1"), ("again", "New-password-1")]).await;
    assert_eq!(path(&changed), "/account", "{:?}", changed.texts(".mistake"));
    assert_eq!(path(&type_in(&app.browser(), "ada", "New-password-1").await), "/account", "and it is good again");
    app.stop().await;
}

#[tokio::test]
async fn after_the_first_passkey_a_person_goes_on_to_the_app_they_came_from() {
    let slapd = Slapd::start(&people()).await;
    let app = synced(Engine::Sqlite, &slapd, &[("LDAP_PASSWORD_SIGN_IN", "first")]).await;
    let client = client(&app).await;
    let page = Page::open().await;
    let _device = page.plug_in(Device::default()).await;
    page.before_every_page("PublicKeyCredential.isConditionalMediationAvailable = async () => false;").await;
    page.goto(&format!("{}{}", app.url, client.request(&[]))).await;
    page.wait_for_path("/sign-in").await;
    page.click(&format!("a[href^='{PAGE}']")).await;
    page.wait_for_path(PAGE).await;
    page.fill("#f-username", "ada").await;
    page.fill("#f-password", &password_of("ada")).await;
    page.click("form button").await;
    page.wait_for_path(ADD).await;
    page.wait_for_text("Then you go on to Wiki").await;
    page.click("#add-passkey button").await;
    page.wait_for_text("Test your passkey now").await;
    page.click("main button.link").await;
    page.wait_for_text("Have a second way in").await;
    page.click("main button.link").await;
    page.wait_for_text("Go on to Wiki").await;
    page.click("main button.primary").await;
    // The app is nowhere; what counts is that a code was made for it, with the passkey.
    let codes = "SELECT COUNT(*) FROM authorization_codes";
    wait_until("the app to get its code", async || app.count(codes, vec![]).await == 1).await;
    assert_eq!(app.audited(Kind::PasskeyAdded).await.len(), 1);

    // A page here is a way back as well, another site is none.
    for (back, next) in [("/account/sessions", "/account/sessions"), ("https://evil.example/", "/account/apps")] {
        let (browser, uid) = (app.browser(), if back.starts_with('/') { "grace" } else { "linus" });
        let page = browser.get(&format!("{PAGE}?{}", serde_urlencoded::to_string([("back", back)]).expect("a query"))).await;
        let typed = browser.submit(&page, PAGE, &[("username", uid), ("password", &password_of(uid))]).await;
        let add = browser.follow(typed).await;
        let kept = add.attribute("#add-passkey", "data-back").expect("the form");
        let started = app.post(&browser, "/account/passkeys/register/start", &json!({})).await.json();
        let credential = app.passkeys().register(&started["publicKey"]).await.expect("a passkey");
        let body = json!({ "ceremony": started["ceremony"], "credential": credential, "back": back });
        let finished = app.post(&browser, "/account/passkeys/register/finish", &body).await;
        assert_eq!((finished.json()["next"].as_str(), kept.as_str()), (Some("/account/welcome"), if back.starts_with('/') { back } else { "" }));
        assert_eq!(led_to(&forge(&app, &browser, "/account/welcome/done", &[]).await), next);
    }
    app.stop().await;
}

/// How many tries of each kind are measured: enough to see a difference of a fifth of what answers scatter.
const MEASURED: u32 = 24;

#[tokio::test]
async fn how_long_a_refusal_takes_does_not_tell_whether_somebody_exists() {
    let uid = |number: u32| format!("person{number:06}");
    let slapd = Slapd::start(&(people() + &organisation(MEASURED as usize, 1))).await;
    let app = synced(Engine::Sqlite, &slapd, &[("LDAP_PASSWORD_SIGN_IN", "first")]).await;
    let try_at = async |number: u32, name: &str| {
        let began = Instant::now();
        let answer = type_in_from(&app, &format!("10.{}.{}.1", 10 + number % 2, number), name, "wrong").await;
        assert_eq!(answer.status, 422);
        began.elapsed()
    };
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    for number in 1..=MEASURED {
        // Side by side, so that what else the machine does meets both; who goes first changes.
        let (somebody, nobody) = (uid(number), format!("nobody{number:06}"));
        let (one, other) = if number % 2 == 0 {
            tokio::join!(try_at(2 * number, &somebody), try_at(2 * number + 1, &nobody))
        } else {
            let (other, one) = tokio::join!(try_at(2 * number + 1, &nobody), try_at(2 * number, &somebody));
            (one, other)
        };
        known.push(one);
        unknown.push(other);
    }
    let reasons = app.audited(Kind::SignInRefused).await;
    let of = |reason: &str| reasons.iter().filter(|(_, detail)| detail["reason"] == reason).count();
    assert_eq!((of("wrong_password"), of("unknown_person")), (MEASURED as usize, MEASURED as usize), "both kinds were asked about");
    let apart = rank_difference(&known, &unknown);
    known.sort_unstable();
    unknown.sort_unstable();
    let middle = (known[known.len() / 2], unknown[unknown.len() / 2]);
    eprintln!("medians {middle:?}, {apart:.2} standard deviations apart");
    // By chance as far apart once in sixteen thousand runs.
    assert!(apart < 4.0, "{apart:.2} standard deviations apart: {known:?} {unknown:?}");
    app.stop().await;
}

#[tokio::test]
async fn the_pages_fit_every_screen() {
    let slapd = Slapd::start(&people()).await;
    let app = synced(Engine::Sqlite, &slapd, &[("LDAP_PASSWORD_SIGN_IN", "always"), ("LDAP_PASSWORD_WRITE_BACK", "true")]).await;
    let page = Page::open().await;
    look_at(&page, "sign-in-with-password-offered", &format!("{}/sign-in", app.url)).await;
    look_at(&page, "sign-in-password", &format!("{}{PAGE}", app.url)).await;
    page.fill("#f-username", "ada").await;
    page.fill("#f-password", &password_of("ada")).await;
    page.click("form button").await;
    page.wait_for_path("/account").await;
    look_at(&page, "account-password", &format!("{}{CHANGE}", app.url)).await;
    look_at(&page, "passkeys-by-password", &format!("{}/account/passkeys", app.url)).await;
    let (_, admin) = administrator(&app, "root").await;
    assert_eq!(admin.get("/admin/audit").await.status, 200);
    app.stop().await;
}
