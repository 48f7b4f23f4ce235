//! Mail: the outbox, the settings, and sign-in links by e-mail.

use std::time::Duration;

use muster::audit::Kind;
use reqwest::StatusCode;

use crate::pages_support::{administrator, forge, group};
use crate::support::app::{Engine, TestApp};
use crate::support::mailbox::Mailbox;
use crate::support::wait_until;

/// A server that sends its mail to a mailbox, on each engine.
async fn with_mail(test: impl AsyncFn(&TestApp, &Mailbox)) {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        eprintln!("on {engine:?}");
        let mailbox = Mailbox::start().await;
        let environment = mailbox.environment();
        let mut variables: Vec<(&str, &str)> = environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
        variables.push(("EMAIL_ONE_TIME_ACCESS_AS_UNAUTHENTICATED_ENABLED", "true"));
        let app = TestApp::start_with(engine, &variables).await;
        test(&app, &mailbox).await;
        app.stop().await;
    }
}

#[tokio::test]
async fn a_test_mail_shows_whether_the_settings_are_right() {
    with_mail(async |app, mailbox| {
        let (_, browser) = administrator(app, "root").await;
        let page = browser.get("/admin/settings").await;
        let tested = browser.submit(&page, "/admin/settings/test-mail", &[]).await;
        assert!(tested.texts(".notice.good")[0].contains("root@example.org"), "{:?}", tested.texts(".notice"));
        let mail = &mailbox.received()[0];
        assert_eq!(mail.to, "root@example.org");
        for head in ["From: Muster <id@example.org>", "Subject: Test mail from Muster", "Auto-Submitted: auto-generated", "Date: ", "Message-ID: "] {
            assert!(mail.content.lines().any(|line| line.starts_with(head)), "{head} is missing: {}", mail.content);
        }
        mailbox.refuse(Some("550 5.7.1 no relaying here"));
        let refused = browser.submit(&page, "/admin/settings/test-mail", &[]).await;
        assert!(refused.body.contains("was not sent") && refused.body.contains("no relaying here"), "{}", refused.body);
        assert_eq!(mailbox.received().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn without_a_mail_server_nothing_offers_mail() {
    let app = TestApp::start(Engine::Sqlite).await;
    let (_, browser) = administrator(&app, "root").await;
    let ada = app.person("ada").await;
    assert_eq!(app.browser().get("/sign-in/email").await.status, StatusCode::NOT_FOUND);
    assert_eq!(forge(&app, &app.browser(), "/sign-in/email", &[("name", "ada")]).await.status, StatusCode::NOT_FOUND);
    assert!(!app.browser().get("/sign-in").await.body.contains("/sign-in/email"));
    assert_eq!(browser.get(&format!("/admin/users/{}", ada.id)).await.attribute("#f-send", "name"), None);
    let team = group(&app, "team", true, &[ada.id]).await;
    assert!(!browser.get(&format!("/admin/groups/{team}/coming-in")).await.body.contains("value=\"mail\""));
    let refused = forge(&app, &browser, &format!("/admin/groups/{team}/coming-in"), &[("form", "mail")]).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert_eq!(app.count("SELECT COUNT(*) FROM access_links WHERE user_id = $1", vec![ada.id.into()]).await, 0);
    let tested = forge(&app, &browser, "/admin/settings/test-mail", &[]).await;
    assert!(tested.body.contains("SMTP_HOST"), "{}", tested.body);
    app.stop().await;
}

#[tokio::test]
async fn a_link_somebody_asks_for_comes_by_mail_and_works_in_their_browser_alone() {
    with_mail(async |app, mailbox| {
        let ada = app.person("ada").await;
        let browser = app.browser();
        let page = browser.get("/sign-in").await;
        assert!(page.body.contains("/sign-in/email"));
        let ask = browser.get("/sign-in/email").await;
        assert_eq!(browser.submit(&ask, "/sign-in/email", &[("name", " ")]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
        let asked = browser.submit(&ask, "/sign-in/email", &[("name", "ADA@example.org")]).await;
        assert_eq!(asked.texts("h1"), ["Look into your mail"]);
        let mail = mailbox.wait_for(1).await.remove(0);
        assert_eq!(mail.to, "ada@example.org");

        // Somebody else who has the link cannot use it, and does not use it up.
        let thief = app.browser();
        let open = thief.get(mail.link()).await;
        assert!(!open.body.contains("ada"));
        let refused = thief.submit(&open, open.url.path(), &[]).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN);
        assert!(refused.body.contains("another browser"));
        assert!(!app.is_signed_in(&thief).await);
        let open = browser.get(mail.link()).await;
        assert_eq!(browser.submit(&open, open.url.path(), &[]).await.header("location"), "/account/passkeys/add");
        assert!(app.is_signed_in(&browser).await);
        assert_eq!(browser.get(mail.link()).await.status, StatusCode::GONE);
        assert_eq!(app.audited(Kind::AccessLinkRequested).await[0].0.subject_id, Some(ada.id.uuid()));
        // Nothing of it stays in the outbox.
        wait_until("the outbox is empty", async || app.count("SELECT COUNT(*) FROM mails", vec![]).await == 0).await;
        assert_eq!(app.count("SELECT COUNT(*) FROM link_requests", vec![]).await, 0);
    })
    .await;
}

/// Asks for a link to ada's account from the nth house of a street: the limit of an address is not what is looked at here.
async fn ask_from(app: &TestApp, n: u8) -> StatusCode {
    let request = reqwest::Client::new().post(format!("{}/sign-in/email", app.url)).header("x-forwarded-for", format!("203.0.113.{n}"));
    let request = request.header("sec-fetch-site", "same-origin").header("origin", &app.url).form(&[("name", "ada")]);
    request.send().await.expect("an answer").status()
}

#[tokio::test]
async fn asking_for_a_link_tells_nobody_who_there_is() {
    with_mail(async |app, mailbox| {
        let (ada, ben) = (app.person("ada").await, app.person("ben").await);
        app.admin("root").await;
        app.execute("UPDATE users SET blocked_at = 1 WHERE id = $1", vec![ben.id.into()]).await;
        let mut answers = Vec::new();
        for name in ["nobody", "nobody@example.org", "ben", "root", "ada"] {
            let browser = app.browser();
            let ask = browser.get("/sign-in/email").await;
            let answer = browser.submit(&ask, "/sign-in/email", &[("name", name)]).await;
            let heads: Vec<String> = answer.headers.keys().map(ToString::to_string).collect();
            answers.push((answer.status, answer.body.clone(), heads));
        }
        assert!(answers.iter().all(|answer| *answer == answers[0]), "the answers differ");
        // One of them exists, may come in and is no administrator.
        mailbox.wait_for(1).await;
        assert_eq!(app.count("SELECT COUNT(*) FROM link_requests", vec![]).await, 0, "the wishes before it were not answered");
        assert_eq!(mailbox.received().iter().map(|mail| mail.to.as_str()).collect::<Vec<_>>(), ["ada@example.org"]);

        // Nobody's mailbox is filled: three links to one network within the time one works. Elsewhere the owner still gets one.
        for _ in 0..5 {
            assert_eq!(ask_from(app, 1).await, StatusCode::OK);
        }
        let links = "SELECT COUNT(*) FROM access_links WHERE user_id = $1";
        wait_until("the job has run", async || app.count("SELECT COUNT(*) FROM link_requests", vec![]).await == 0).await;
        assert_eq!(app.count(links, vec![ada.id.into()]).await, 4);
        assert_eq!(ask_from(app, 2).await, StatusCode::OK);
        mailbox.wait_for(5).await;
        for n in 3..20 {
            assert_eq!(ask_from(app, n).await, StatusCode::OK);
        }
        wait_until("the job has run", async || app.count("SELECT COUNT(*) FROM link_requests", vec![]).await == 0).await;
        assert_eq!(app.count(links, vec![ada.id.into()]).await, 12);
        // What is too old is not sent.
        mailbox.wait_for(12).await;
        app.clock.advance(Duration::from_secs(16 * 60));
        assert_eq!(ask_from(app, 30).await, StatusCode::OK);
        mailbox.wait_for(13).await;
        assert_eq!(app.count(links, vec![ada.id.into()]).await, 13);
    })
    .await;
}

#[tokio::test]
async fn who_asks_again_and_again_has_to_wait() {
    with_mail(async |app, _| {
        app.person("ada").await;
        let browser = app.browser();
        let mut last = StatusCode::OK;
        for _ in 0..8 {
            last = forge(app, &browser, "/sign-in/email", &[("name", "ada")]).await.status;
        }
        assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
    })
    .await;
}

#[tokio::test]
async fn an_administrator_sends_a_link_to_one_person_or_to_a_group() {
    with_mail(async |app, mailbox| {
        let (_, browser) = administrator(app, "root").await;
        let (ada, ben) = (app.person("ada").await, app.person("ben").await);
        let path = format!("/admin/users/{}", ada.id);
        let page = browser.get(&path).await;
        let made = browser.submit(&page, &format!("{path}/access-link"), &[("send", "true"), ("lifetime", "day")]).await;
        assert!(made.texts(".notice.good")[0].contains("ada@example.org"));
        let mail = mailbox.wait_for(1).await.remove(0);
        assert_eq!(mail.link(), made.attribute("#c-link", "value").expect("the link"));
        assert_eq!(app.browser().get(mail.link()).await.status, StatusCode::OK);

        // To a group: who has no address gets a sheet.
        app.execute("UPDATE users SET email = NULL, email_key = NULL WHERE id = $1", vec![ben.id.into()]).await;
        let cleo = app.person("cleo").await;
        let team = group(app, "team", true, &[ada.id, ben.id, cleo.id]).await;
        let sent = forge(app, &browser, &format!("/admin/groups/{team}/coming-in"), &[("form", "mail"), ("whom", "without-passkey")]).await;
        assert!(sent.texts(".notice.good")[0].starts_with("2 links are on the way"), "{:?}", sent.texts(".notice"));
        assert_eq!(sent.texts(".sheet h2").len(), 1);
        assert!(sent.texts(".sheet .help")[0].contains("Your username is ben"));
        let all = mailbox.wait_for(3).await;
        let mut to: Vec<&str> = all[1..].iter().map(|mail| mail.to.as_str()).collect();
        to.sort_unstable();
        assert_eq!(to, ["ada@example.org", "cleo@example.org"]);
        // The one ada had before opens nothing any more.
        assert_eq!(app.browser().get(mail.link()).await.status, StatusCode::GONE);
    })
    .await;
}

#[tokio::test]
async fn a_mail_server_that_is_busy_is_asked_again_and_one_that_refuses_is_not() {
    with_mail(async |app, mailbox| {
        let (_, browser) = administrator(app, "root").await;
        let ada = app.person("ada").await;
        let path = format!("/admin/users/{}/access-link", ada.id);
        mailbox.refuse(Some("451 4.3.0 come back later"));
        forge(app, &browser, &path, &[("send", "true")]).await;
        wait_until("the job has run", async || app.count("SELECT COUNT(*) FROM mails WHERE problem <> ''", vec![]).await == 1).await;
        let page = browser.get("/admin/settings").await;
        assert!(page.texts("#mail .notice")[0].contains("come back later"), "{:?}", page.texts("#mail .notice"));
        // What waits says nothing in clear.
        assert_eq!(app.count("SELECT COUNT(*) FROM mails WHERE substr(sealed, 1, 8) = $1", vec!["Your way".as_bytes().into()]).await, 0);
        mailbox.refuse(None);
        app.clock.advance(Duration::from_secs(11));
        mailbox.wait_for(1).await;

        mailbox.refuse(Some("550 5.1.1 nobody of that name"));
        forge(app, &browser, &path, &[("send", "true")]).await;
        wait_until("the job has run", async || app.audited(Kind::MailFailed).await.len() == 1).await;
        assert!(app.audited(Kind::MailFailed).await[0].1["reason"].as_str().expect("a reason").contains("nobody of that name"));
        assert_eq!(app.count("SELECT COUNT(*) FROM mails", vec![]).await, 0);
    })
    .await;
}
