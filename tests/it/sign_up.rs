//! People who make their own account: by a link, by an invitation, openly.

use std::time::Duration;

use muster::audit::Kind;
use reqwest::StatusCode;

use crate::pages_support::{administrator, forge, group};
use crate::support::app::{Engine, TestApp};
use crate::support::http::{self, Answer, Browser};
use crate::support::mailbox::Mailbox;
use crate::support::wait_until;

const PATH: &str = "/admin/sign-up";

/// A server where people may sign up, with a mailbox, on each engine.
async fn where_people_sign_up(mode: &str, test: impl AsyncFn(&TestApp, &Mailbox)) {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        eprintln!("on {engine:?}");
        let mailbox = Mailbox::start().await;
        let environment = mailbox.environment();
        let mut variables: Vec<(&str, &str)> = environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
        variables.push(("ALLOW_USER_SIGNUPS", mode));
        let app = TestApp::start_with(engine, &variables).await;
        test(&app, &mailbox).await;
        app.stop().await;
    }
}

async fn link(app: &TestApp, browser: &Browser, fields: &[(&str, &str)]) -> String {
    let made = forge(app, browser, PATH, fields).await;
    assert_eq!(made.status, StatusCode::OK, "{:?}", made.texts(".mistake"));
    made.attribute("#c-link", "value").expect("a link")
}

async fn fill(browser: &Browser, link: &str, fields: &[(&str, &str)]) -> Answer {
    let page = browser.get(link).await;
    assert_eq!(page.status, StatusCode::OK);
    browser.submit(&page, page.url.path(), fields).await
}

const ADA: [(&str, &str); 4] = [("first_name", "Ada"), ("last_name", "Lovelace"), ("username", "ada"), ("email", "ada@example.org")];

#[tokio::test]
async fn a_link_makes_as_many_accounts_as_it_says_and_puts_them_in_its_groups() {
    where_people_sign_up("withToken", async |app, _| {
        let (_, root) = administrator(app, "root").await;
        let club = group(app, "Club", true, &[]).await;
        let link = link(app, &root, &[("note", "class 7b"), ("uses", "2"), ("groups", "club"), ("lifetime", "day")]).await;
        assert!(link.starts_with(&format!("{}/st/", app.url)));
        let browser = app.browser();
        // A mistake loses neither what was typed nor the use.
        let wrong = fill(&browser, &link, &[("first_name", "Ada"), ("username", "a da"), ("email", "nobody")]).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!((wrong.texts(".mistake").len(), wrong.attribute("#f-first_name", "value")), (2, Some("Ada".to_owned())));
        let taken = fill(&browser, &link, &[("first_name", "Ada"), ("username", "ROOT"), ("email", "root@example.org")]).await;
        assert!(taken.texts("#m-username")[0].contains("Somebody has this name") && taken.texts("#m-email")[0].contains("sign in instead"));
        let done = fill(&browser, &link, &ADA).await;
        assert_eq!(done.header("location"), "/account/passkeys/add");
        assert!(app.is_signed_in(&browser).await);
        let account = browser.get("/account").await;
        assert!(account.body.contains("Club"), "not in the group");
        let verified = "SELECT COUNT(*) FROM users WHERE username = 'ada' AND email_verified";
        assert_eq!(app.count(verified, vec![]).await, 0, "nobody confirmed the address");
        let (event, detail) = &app.audited(Kind::SignedUp).await[0];
        assert_eq!((event.subject_name.as_str(), detail["note"].as_str()), ("ada", Some("class 7b")));

        let ben = [("first_name", "Ben"), ("username", "ben"), ("email", "ben@example.org")];
        assert_eq!(fill(&app.browser(), &link, &ben).await.status, StatusCode::SEE_OTHER);
        let late = app.browser().get(&link).await;
        assert_eq!(late.status, StatusCode::GONE);
        assert!(late.body.contains("as often as it may be"));
        let members = "SELECT COUNT(*) FROM group_members WHERE group_id = $1";
        assert_eq!(app.count(members, vec![club.into()]).await, 2);
        let list = root.get(PATH).await;
        assert_eq!(list.texts("td[data-label=Used]"), ["2 of 2"]);
        assert_eq!(list.texts("td[data-label=Groups]"), ["Club"]);
        assert_eq!(list.texts("td[data-label=State] .badge"), ["Used up"]);
    })
    .await;
}

#[tokio::test]
async fn of_many_who_use_the_last_use_at_once_one_gets_an_account() {
    where_people_sign_up("withToken", async |app, _| {
        let (_, root) = administrator(app, "root").await;
        let link = link(app, &root, &[("note", "one"), ("uses", "1")]).await;
        let page = app.browser().get(&link).await;
        let answers = futures::future::join_all((0..6).map(|n| {
            let page = &page;
            async move {
                let (name, email) = (format!("p{n}"), format!("p{n}@example.org"));
                let fields = [("first_name", "P"), ("username", name.as_str()), ("email", email.as_str())];
                app.browser().submit(page, page.url.path(), &fields).await.status.as_u16()
            }
        }))
        .await;
        assert_eq!(answers.iter().filter(|status| **status == 303).count(), 1, "{answers:?}");
        assert_eq!(app.count("SELECT COUNT(*) FROM users", vec![]).await, 2);
    })
    .await;
}

#[tokio::test]
async fn a_link_ends_by_time_by_revocation_and_when_sign_up_is_switched_off() {
    where_people_sign_up("withToken", async |app, _| {
        let (_, root) = administrator(app, "root").await;
        let (first, second) = (link(app, &root, &[("note", "first")]).await, link(app, &root, &[("note", "second"), ("lifetime", "hour")]).await);
        let list = root.get(PATH).await;
        let revoke = list.attribute("td form", "action").expect("a form");
        // The newest stands first.
        assert_eq!(forge(app, &root, &revoke, &[]).await.status, StatusCode::SEE_OTHER);
        assert_eq!(forge(app, &root, &revoke, &[]).await.status, StatusCode::CONFLICT);
        let gone = app.browser().get(&second).await;
        assert_eq!(gone.status, StatusCode::GONE);
        assert!(gone.body.contains("taken back"));
        assert_eq!(app.browser().get(&first).await.status, StatusCode::OK);
        assert_eq!(app.audited(Kind::SignUpLinkRevoked).await.len(), 1);
        app.clock.advance(Duration::from_secs(8 * 86_400));
        assert_eq!(app.browser().get(&first).await.status, StatusCode::GONE);
        assert_eq!(app.browser().get("/st/nothing-of-ours").await.status, StatusCode::NOT_FOUND);
    })
    .await;
    let app = TestApp::start(Engine::Sqlite).await;
    let (_, root) = administrator(&app, "root").await;
    assert!(root.get(PATH).await.body.contains("switched off"));
    let made = link(&app, &root, &[("note", "too early")]).await;
    assert_eq!(app.browser().get(&made).await.status, StatusCode::NOT_FOUND);
    for path in ["/sign-up", "/admin/sign-up/019a0000-0000-7000-8000-000000000000"] {
        assert_eq!(app.browser().get(path).await.status, StatusCode::NOT_FOUND);
    }
    app.stop().await;
}

#[tokio::test]
async fn an_invitation_is_for_one_address_which_counts_as_confirmed() {
    where_people_sign_up("withToken", async |app, mailbox| {
        let (_, root) = administrator(app, "root").await;
        let crew = group(app, "crew", false, &[]).await;
        let wrong = forge(app, &root, PATH, &[("note", "x"), ("emails", "ada@example.org\nnobody"), ("groups", "nowhere")]).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(wrong.texts("#m-emails")[0].contains("“nobody”"));
        assert_eq!(wrong.texts("#f-emails"), ["ada@example.org nobody"]);
        let wrong = forge(app, &root, PATH, &[("note", "x"), ("groups", "crew")]).await;
        assert!(wrong.texts("#m-groups")[0].contains("“crew”"), "a directory's group can be filled");

        let sent = forge(app, &root, PATH, &[("note", "new people"), ("emails", "ada@example.org\nben@example.org\nada@example.org")]).await;
        assert!(sent.texts(".notice.good")[0].starts_with("2 invitations are"));
        let mails = mailbox.wait_for(2).await;
        let ada = mails.iter().find(|mail| mail.to == "ada@example.org").expect("her mail");
        // What she types as an address counts for nothing.
        let browser = app.browser();
        let page = browser.get(ada.link()).await;
        assert_eq!((page.attribute("#f-email", "name"), page.texts("dd")), (None, vec!["ada@example.org".to_owned()]));
        assert_eq!(browser.submit(&page, page.url.path(), &ADA[..3]).await.header("location"), "/account/passkeys/add");
        let stolen = [("first_name", "Eve"), ("username", "eve"), ("email", "root@example.org")];
        assert_eq!(forge(app, &app.browser(), page.url.path(), &stolen).await.status, StatusCode::GONE);
        let verified = "SELECT COUNT(*) FROM users WHERE username = 'ada' AND email_verified AND email = 'ada@example.org'";
        assert_eq!(app.count(verified, vec![]).await, 1);
        assert_eq!(app.count("SELECT COUNT(*) FROM group_members WHERE group_id = $1", vec![crew.into()]).await, 0);
    })
    .await;
}

#[tokio::test]
async fn open_sign_up_confirms_the_address_and_tells_nobody_who_has_an_account() {
    where_people_sign_up("open", async |app, mailbox| {
        app.person("ben").await;
        let browser = app.browser();
        assert!(browser.get("/sign-in").await.body.contains("/sign-up"));
        let page = browser.get("/sign-up").await;
        assert_eq!(browser.submit(&page, "/sign-up", &[("email", "nobody")]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
        let new = browser.submit(&page, "/sign-up", &[("email", "Ada@Example.org")]).await;
        let known = browser.submit(&page, "/sign-up", &[("email", "ben@example.org")]).await;
        assert_eq!((new.status, new.body.replace("Ada@Example.org", "")), (known.status, known.body.replace("ben@example.org", "")));
        let mails = mailbox.wait_for(2).await;
        let of = |to: &str| mails.iter().find(|mail| mail.to.eq_ignore_ascii_case(to)).expect("a mail");
        assert!(of("ben@example.org").content.contains("You have one already") && of("ben@example.org").link().ends_with("/sign-in"));
        let done = fill(&browser, of("ada@example.org").link(), &ADA[..3]).await;
        assert_eq!(done.header("location"), "/account/passkeys/add");
        assert_eq!(app.count("SELECT COUNT(*) FROM users WHERE username = 'ada' AND email_verified", vec![]).await, 1);
        assert_eq!(app.audited(Kind::SignUpAsked).await.len(), 2);

        // Nobody's mailbox is filled.
        for n in 0..5 {
            let request = reqwest::Client::new().post(format!("{}/sign-up", app.url)).header("x-forwarded-for", format!("203.0.113.{n}"));
            let request = request.header("sec-fetch-site", "same-origin").header("origin", &app.url).form(&[("email", "EVE@example.org")]);
            assert_eq!(request.send().await.expect("an answer").status(), StatusCode::OK);
        }
        wait_until("the wishes are answered", async || app.count("SELECT COUNT(*) FROM sign_up_wishes", vec![]).await == 0).await;
        wait_until("the outbox is empty", async || app.count("SELECT COUNT(*) FROM mails", vec![]).await == 0).await;
        assert_eq!(mailbox.received().iter().filter(|mail| mail.to.eq_ignore_ascii_case("eve@example.org")).count(), 3);
    })
    .await;
}

#[tokio::test]
async fn the_holder_of_a_link_goes_through_no_list_of_names() {
    where_people_sign_up("withToken", async |app, _| {
        let (_, root) = administrator(app, "root").await;
        let (first, second) = (link(app, &root, &[("note", "first"), ("uses", "9")]).await, link(app, &root, &[("note", "second")]).await);
        let ask = async |link: &str, from: &str, name: &str, email: &str| {
            let path = link.strip_prefix(&app.url).expect("a link of ours");
            let request = app.browser().request(reqwest::Method::POST, path).header("origin", &app.url).header("sec-fetch-site", "same-origin");
            let request = request.header("x-forwarded-for", from);
            // Without a first name nothing is made, whatever else is right.
            let answer = http::answer(request.form(&[("first_name", ""), ("username", name), ("email", email)])).await;
            (answer.status.as_u16(), answer.texts("#m-username").len())
        };
        for number in 0..60 {
            let name = if number % 2 == 0 { "root".to_owned() } else { format!("free{number}") };
            let from = format!("192.0.2.{number}");
            assert_eq!(ask(&first, &from, &name, "new@example.org").await, (422, usize::from(number % 2 == 0)), "{number}");
        }
        assert_eq!(ask(&first, "192.0.2.200", "root", "new@example.org").await, (429, 0), "the link was used for enough questions");
        assert_eq!(ask(&first, "192.0.2.200", "a b", "nobody").await.0, 422, "what is no name asks nothing");
        // Neither does a network get on with one link after the other.
        for number in 0..60 {
            assert_eq!(ask(&second, "2001:db8::1", "root", "new@example.org").await.0, 422, "{number}");
        }
        app.execute("DELETE FROM attempts WHERE network IS NULL", vec![]).await;
        assert_eq!(ask(&second, "2001:db8::2", "root", "new@example.org").await.0, 429, "the same household");
        assert_eq!(ask(&second, "2001:db8:1::1", "root", "new@example.org").await.0, 422);
        // Accounts that are made are no questions.
        app.execute("DELETE FROM attempts", vec![]).await;
        for number in 0..9 {
            let (name, email) = (format!("new{number}"), format!("new{number}@example.org"));
            let made = fill(&app.browser(), &first, &[("first_name", "N"), ("username", &name), ("email", &email)]).await;
            assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.body);
        }
        assert_eq!(app.count("SELECT COUNT(*) FROM attempts WHERE count > 0", vec![]).await, 0);
    })
    .await;
}
