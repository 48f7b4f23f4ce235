//! One-time links: the first administrator's, and those for people without a passkey.

use std::time::Duration;

use muster::access_links;
use muster::audit::{Actor, Kind};
use muster::web::Client;

use crate::support::app::{Engine, TestApp, on_each_engine};
use crate::support::http::{Answer, Browser};
use crate::support::process::Muster;

async fn press(browser: &Browser, page: &Answer) -> Answer {
    let path = page.url.path().to_owned();
    browser.submit(page, &path, &[]).await
}

const ADA: [(&str, &str); 4] = [("first_name", "Ada"), ("last_name", "Lovelace"), ("username", "ada"), ("email", "ada@example.org")];

#[tokio::test]
async fn the_set_up_link_makes_the_first_administrator_once() {
    on_each_engine(async |app| {
        let link = app.setup_link().expect("a link at the first start").to_owned();
        assert!(link.starts_with(&format!("{}/lc/", app.url)));
        let (browser, passkeys) = (app.browser(), app.passkeys());
        let page = browser.get(&link).await;
        assert_eq!(page.status, 200);
        let path = page.url.path().to_owned();

        // A mistake loses neither what was typed nor the link.
        let wrong = browser.submit(&page, &path, &[("first_name", "Ada"), ("username", "a da"), ("email", "nobody")]).await;
        assert_eq!(wrong.status, 422);
        assert_eq!(wrong.texts(".mistake").len(), 2);
        assert_eq!(wrong.attribute("#f-first_name", "value").as_deref(), Some("Ada"));
        assert_eq!(wrong.attribute("#f-username", "value").as_deref(), Some("a da"));
        assert!(!app.is_signed_in(&browser).await);

        let done = browser.submit(&wrong, &path, &ADA).await;
        assert_eq!(done.header("location"), "/account/passkeys/add");
        assert_eq!(browser.follow(done).await.status, 200);
        // An administrator in name, but the administration wants the passkey first.
        assert_eq!(app.add_passkey(&browser, &passkeys).await.status, 200);
        assert_eq!(app.sign_in(&app.browser(), &passkeys).await.status, 200);
        assert!(browser.get("/account").await.texts("dd").contains(&"Administrator".to_owned()));
        assert_eq!(app.audited(Kind::SetUp).await.len(), 1);
        assert_eq!(app.audited(Kind::UserCreated).await.len(), 1);

        let late = app.browser();
        let answer = late.get(&link).await;
        assert_eq!(answer.status, 410);
        assert!(answer.body.contains("used already"), "{}", answer.body);
        assert_eq!(late.submit(&page, &path, &ADA).await.status, 410);
        assert_eq!(app.count("SELECT COUNT(*) FROM users", vec![]).await, 1);
    })
    .await;
}

#[tokio::test]
async fn of_several_set_ups_at_once_one_makes_an_administrator() {
    on_each_engine(async |app| {
        let link = app.setup_link().expect("a link").to_owned();
        let page = app.browser().get(&link).await;
        let path = page.url.path().to_owned();
        let answers = futures::future::join_all((0..6).map(|n| {
            let (page, path) = (&page, &path);
            async move {
                let name = format!("ada{n}");
                let email = format!("{name}@example.org");
                app.browser().submit(page, path, &[("first_name", "Ada"), ("username", &name), ("email", &email)]).await.status.as_u16()
            }
        }))
        .await;
        let done = answers.iter().filter(|status| **status == 303).count();
        assert_eq!((done, answers.iter().filter(|status| **status == 410).count()), (1, 5), "{answers:?}");
        assert_eq!(app.count("SELECT COUNT(*) FROM users", vec![]).await, 1);
    })
    .await;
}

#[tokio::test]
async fn each_start_makes_a_new_set_up_link_until_there_is_an_administrator() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let app = TestApp::start(engine).await;
        let path = |link: &str| link.split_once("/lc/").map(|(_, code)| format!("/lc/{code}")).expect("a link");
        let first = path(app.setup_link().expect("a link"));
        assert_eq!(app.browser().get(&first).await.status, 200);
        let app = app.restart(&[]).await;
        let second = path(app.setup_link().expect("another link"));
        assert_ne!(first, second);
        let voided = app.browser().get(&first).await;
        assert_eq!(voided.status, 410);
        assert!(voided.body.contains("replaced"), "{}", voided.body);
        let page = app.browser().get(&second).await;
        assert_eq!(page.status, 200);
        app.clock.advance(Duration::from_secs(24 * 3600 + 1));
        let expired = app.browser().get(&second).await;
        assert_eq!(expired.status, 410);
        assert!(expired.body.contains("too old"));
        assert_eq!(app.browser().submit(&page, &second, &ADA).await.status, 410);
        // With the directory from the environment the admin group names the administrator.
        let app = app.restart(&[("LDAP_ENABLED", "true")]).await;
        assert_eq!(app.setup_link(), None);
        let app = app.restart(&[("LDAP_ENABLED", "false")]).await;
        assert!(app.setup_link().is_some());
        app.admin("root").await;
        let app = app.restart(&[]).await;
        assert_eq!(app.setup_link(), None);
        app.stop().await;
    }
}

#[tokio::test]
async fn looking_at_a_link_does_not_use_it_and_pressing_its_button_does() {
    on_each_engine(async |app| {
        let ada = app.person("ada").await;
        let link = app.access_link(&ada).await;
        for _ in 0..3 {
            let page = app.browser().get(&link).await;
            assert_eq!(page.status, 200);
            assert!(!page.body.contains("ada"), "the page says whose link it is");
            assert_eq!(page.texts("main button"), ["Continue"]);
        }
        let stored = app
            .count("SELECT COUNT(*) FROM access_links WHERE code_hash = $1", vec![link.rsplit_once('/').expect("a code").1.as_bytes().into()])
            .await;
        assert_eq!(stored, 0, "the code itself is stored");
        let browser = app.browser();
        let page = browser.get(&link).await;
        let answer = press(&browser, &page).await;
        assert_eq!(answer.header("location"), "/account/passkeys/add");
        let add = browser.follow(answer).await;
        assert!(add.body.contains("one-time link") && add.texts("a").contains(&"Not now".to_owned()));
        assert!(app.is_signed_in(&browser).await);
        assert_eq!(app.audited(Kind::AccessLinkUsed).await.len(), 1);

        let late = app.browser();
        assert_eq!(press(&late, &page).await.status, 410);
        assert_eq!(late.get(&link).await.status, 410);
        assert!(!app.is_signed_in(&late).await);
        let unknown = late.get("/lc/nothing-of-ours").await;
        assert_eq!(unknown.status, 404);
        assert!(unknown.body.contains("ask your administrator"), "{}", unknown.body);
    })
    .await;
}

#[tokio::test]
async fn of_many_presses_at_once_one_gets_in() {
    on_each_engine(async |app| {
        let ada = app.person("ada").await;
        let page = app.browser().get(&app.access_link(&ada).await).await;
        let answers = futures::future::join_all((0..8).map(|_| async { press(&app.browser(), &page).await.status.as_u16() })).await;
        assert_eq!(answers.iter().filter(|status| **status == 303).count(), 1, "{answers:?}");
        assert_eq!(app.count("SELECT COUNT(*) FROM sessions", vec![]).await, 1);
    })
    .await;
}

#[tokio::test]
async fn a_link_ends_by_time_by_revocation_and_with_its_person() {
    on_each_engine(async |app| {
        let (ada, actor, client) = (app.person("ada").await, Actor::command_line(), Client::default());
        let browser = app.browser();

        let link = app.access_link(&ada).await;
        let page = browser.get(&link).await;
        app.clock.advance(Duration::from_secs(3601));
        assert_eq!(browser.get(&link).await.status, 410);
        assert_eq!(press(&browser, &page).await.status, 410);

        let link = app.access_link(&ada).await;
        let page = browser.get(&link).await;
        let links = access_links::of_user(&mut app.app().db.read().await.expect("a connection"), ada.id).await.expect("links");
        assert_eq!(links.len(), 2);
        assert!(access_links::revoke(app.app(), &actor, &client, &ada, links[0].id).await.expect("revoked"));
        assert!(!access_links::revoke(app.app(), &actor, &client, &ada, links[0].id).await.expect("a second time it is no news"));
        assert!(browser.get(&link).await.body.contains("taken back"));
        assert_eq!(press(&browser, &page).await.status, 410);
        assert_eq!(app.audited(Kind::AccessLinkRevoked).await.len(), 1);

        let page = browser.get(&app.access_link(&ada).await).await;
        app.execute("UPDATE users SET blocked_at = 1 WHERE id = $1", vec![ada.id.into()]).await;
        let refused = press(&browser, &page).await;
        assert_eq!(refused.status, 410);
        assert_eq!(app.last_reason(Kind::SignInRefused).await, "disabled");
        app.execute("UPDATE users SET blocked_at = NULL WHERE id = $1", vec![ada.id.into()]).await;
        assert_eq!(press(&browser, &page).await.status, 410, "a refused try uses the link up");

        // Signed out everywhere: links made before are void too.
        let page = browser.get(&app.access_link(&ada).await).await;
        app.execute("UPDATE users SET access_void_until = $2 WHERE id = $1", vec![ada.id.into(), app.clock.now().into()]).await;
        assert_eq!(press(&browser, &page).await.status, 410);
        assert!(!app.is_signed_in(&browser).await);
    })
    .await;
}

#[tokio::test]
async fn the_command_line_makes_a_link_for_an_existing_person() {
    let mut muster = Muster::new();
    muster.serve().await;
    let browser = Browser::new(&muster.url());
    let page = browser.get(&muster.setup_link().expect("a link in the log")).await;
    let path = page.url.path().to_owned();
    assert_eq!(browser.submit(&page, &path, &ADA).await.status, 303);

    let said = muster.run(["one-time-access-token", "ADA", "--lifetime", "2h", "--format", "json"]).await;
    assert_eq!(said.status, 0, "{said:?}");
    let link = said.json();
    let mut names: Vec<&String> = link.as_object().expect("an object").keys().collect();
    names.sort();
    assert_eq!(names, ["expires_at", "url"]);
    let expires_at: jiff::Timestamp = link["expires_at"].as_str().expect("text").parse().expect("RFC 3339");
    let from_now = expires_at.as_second() - muster::clock::Clock::system().now().as_seconds();
    assert!((7100..=7200).contains(&from_now), "{from_now}");
    let visitor = Browser::new(&muster.url());
    let page = visitor.get(link["url"].as_str().expect("a link")).await;
    assert_eq!(press(&visitor, &page).await.header("location"), "/account/passkeys/add");
    assert_eq!(visitor.get("/account").await.texts("h1"), ["Ada Lovelace"]);

    let human = muster.run(["access-link", "ada@example.org"]).await;
    assert!(human.stdout.starts_with(&format!("{}/lc/", muster.url())), "{human:?}");
    let nobody = muster.run(["one-time-access-token", "nobody"]).await;
    assert_eq!(nobody.status, 1);
    assert!(nobody.stdout.is_empty() && nobody.stderr.contains("nobody"), "{nobody:?}");
    assert_eq!(muster.run(["one-time-access-token", "ada", "--lifetime", "forever"]).await.status, 2);

    // Signed out everywhere by command: on the next request.
    let revoked = muster.run(["sessions", "revoke", "ada", "--format", "json"]).await;
    assert_eq!(revoked.json()["sessions_ended"], 2, "{revoked:?}");
    assert_eq!(visitor.get("/account").await.status, 303);
    assert_eq!(browser.get("/account").await.status, 303);
    let page = visitor.get(human.stdout.lines().next().expect("a link")).await;
    assert_eq!(press(&visitor, &page).await.status, 410, "a link from before works on");
    assert!(!muster.log().contains(link["url"].as_str().expect("a link")), "a link is in the server's log");
    muster.stop().await;
}
