//! What people see of their own account and do with it: activity, picture, a copy of it all, its end, and their first minutes. The seam for the next
//! test to come is between the pages of an account and its mails.

use std::time::Duration;

use muster::audit::Kind;
use muster::db::Value as DbValue;
use muster::users::User;
use reqwest::StatusCode;
use serde_json::json;

use crate::pages::look_at;
use crate::pages_support::{administrator, directory_person, find, forge, group, led_to};
use crate::proof::{long_ago, prove};
use crate::support::app::{Engine, TestApp, on_each_engine, on_each_engine_with};
use crate::support::authenticator::SoftwarePasskeys;
use crate::support::browser::Page;
use crate::support::forge::{Assertion, Forge};
use crate::support::http::{self, Answer, Browser};
use crate::support::mailbox::Mailbox;
use crate::support::wait_until;

/// Somebody with a passkey, signed in with it.
async fn enrolled(app: &TestApp, username: &str) -> (User, Browser, SoftwarePasskeys) {
    let (user, browser, passkeys) = (app.person(username).await, app.browser(), app.passkeys());
    app.enrol(&browser, &passkeys, &user).await;
    (user, browser, passkeys)
}

// ---- Activity ----

#[tokio::test]
async fn a_person_reads_what_happened_in_their_account_and_nobody_elses_name() {
    on_each_engine(async |app| {
        let (root, admin) = administrator(app, "root").await;
        let (ada, browser, passkeys) = enrolled(app, "ada").await;
        let (eve, eves, _) = enrolled(app, "eve").await;
        app.sign_in(&app.browser(), &passkeys).await;
        forge(app, &admin, &format!("/admin/users/{}/access-link", ada.id), &[("lifetime", "hour")]).await;
        forge(app, &admin, &format!("/admin/users/{}/edit", ada.id), &[("username", "ada"), ("first_name", "Augusta"), ("email", "ada@example.org")])
            .await;

        let page = browser.get("/account/activity").await;
        let said = page.texts(".activity tbody th");
        let passkey = browser.get("/account/passkeys").await.texts(".cards h2").remove(0);
        for expected in [
            "An administrator changed your first name, last name, display name.".to_owned(),
            "An administrator made a one-time sign-in link for you.".to_owned(),
            format!("You signed in with the passkey “{passkey}”."),
            format!("You added the passkey “{passkey}”."),
            "You came in by a one-time link.".to_owned(),
        ] {
            assert!(said.contains(&expected), "{expected} is not in {said:?}");
        }
        let words = page.texts("main").join(" ");
        for other in ["root Example", "eve Example"] {
            assert!(!words.contains(other), "{other} is on the page");
        }
        for other in [root.id.to_string(), eve.id.to_string()] {
            assert!(!page.body.contains(&other), "{other} is on the page");
        }
        // What an administrator did, the log says where; their person is not told.
        assert_eq!(page.texts(".tabs [aria-current]"), ["Activity"]);
        assert!(page.texts(".activity td").iter().any(|cell| cell.contains("Chrome on Linux")), "{:?}", page.texts(".activity td"));

        // An administrator's own page holds what happened to them, not what they did to others.
        let own = admin.get("/account/activity").await;
        let words = own.texts("main").join(" ");
        assert!(!words.contains("ada") && !words.contains("eve Example"), "{words}");

        // Each event has a page for the case that it was somebody else; to others it is not there.
        let links: Vec<String> = page.body.split('"').filter(|text| text.starts_with("/account/activity/")).map(str::to_owned).collect();
        assert!(links.len() >= 4, "{links:?}");
        for link in &links {
            let not_me = browser.get(link).await;
            assert_eq!(not_me.status, 200, "{link}");
            assert_eq!(eves.get(link).await.status, StatusCode::NOT_FOUND);
            assert_eq!(led_to(&app.browser().get(link).await), format!("/sign-in?back={}", link.replace('/', "%2F")));
        }
        assert_eq!(browser.get("/account/activity/nonsense").await.status, StatusCode::NOT_FOUND);
        assert_eq!(app.browser().get("/account/activity").await.location().expect("a redirect").path(), "/sign-in");
    })
    .await;
}

#[tokio::test]
async fn this_was_not_me_leads_to_what_ends_it() {
    on_each_engine(async |app| {
        let (ada, browser, passkeys) = enrolled(app, "ada").await;
        let stranger = app.browser();
        app.sign_in(&stranger, &passkeys).await;
        let of = async |kind: Kind| app.audited(kind).await.remove(0).0.id;
        let page = browser.get(&format!("/account/activity/{}", of(Kind::SignIn).await)).await;
        let passkey = page.attribute("a[href^='/account/passkeys/']", "href").expect("the passkey it was done with");
        assert_eq!(browser.get(&passkey).await.status, 200);
        assert!(page.body.contains("One other is signed in now"), "{}", page.body);
        let ended = browser.submit(&page, "/account/sessions/end-others", &[]).await;
        assert_eq!(led_to(&ended), "/account/sessions?notice=others-ended");
        assert!(!app.is_signed_in(&stranger).await && app.is_signed_in(&browser).await);

        // A link somebody else opened; codes somebody else made; what an administrator did.
        let used = browser.get(&format!("/account/activity/{}", of(Kind::AccessLinkUsed).await)).await;
        assert!(used.body.contains("/account/recovery/review") && !used.body.contains("Remove the passkey"), "{}", used.body);
        forge(app, &browser, "/account/recovery", &[]).await;
        let codes = browser.get(&format!("/account/activity/{}", of(Kind::RecoveryCodesMade).await)).await;
        assert!(codes.body.contains("Make new recovery codes."), "{}", codes.body);
        let (_, admin) = administrator(app, "root").await;
        forge(app, &admin, &format!("/admin/users/{}/edit", ada.id), &[("username", "ada"), ("phone", "123")]).await;
        let changed = browser.get(&format!("/account/activity/{}", of(Kind::UserChanged).await)).await;
        assert_eq!(changed.texts("h1"), ["Done by an administrator"]);
    })
    .await;
}

#[tokio::test]
async fn activity_comes_in_pages_and_says_when_there_is_nothing() {
    on_each_engine(async |app| {
        let (ada, browser, _) = enrolled(app, "ada").await;
        for n in 0..120_i64 {
            let sql = "INSERT INTO audit_events (id, at, kind, actor_id, actor_name, subject_id, subject_name, client_ip, user_agent, detail)
                       VALUES ($1, $2, 'sign_out', $3, 'ada', $3, 'ada', '192.0.2.1', '', '{}')";
            // Several in one instant: the id decides.
            let at = DbValue::from(1_000_000 + n / 7);
            app.execute(sql, vec![muster::id::AuditEventId::new().into(), at, ada.id.into()]).await;
        }
        let (mut seen, mut next, mut pages) = (std::collections::BTreeSet::new(), Some("/account/activity".to_owned()), 0);
        while let Some(address) = next {
            let page = browser.get(&address).await;
            pages += 1;
            for link in page.body.split('"').filter(|text| text.starts_with("/account/activity/")) {
                assert!(seen.insert(link.to_owned()), "{link} is on two pages");
            }
            next = page.attribute(".pager a[rel=next]", "href");
        }
        assert!(pages == 3 && seen.len() > 120, "{pages} pages, {} events", seen.len());
        let beyond = browser.get("/account/activity?before=1.019a0000-0000-7000-8000-000000000000").await;
        assert_eq!(beyond.texts(".empty strong"), ["Nothing older"]);
        app.execute("DELETE FROM audit_events", vec![]).await;
        assert_eq!(browser.get("/account/activity").await.texts(".empty strong"), ["Nothing yet"]);
    })
    .await;
}

// ---- Mail about new things ----

async fn with_mail(more: &[(&str, &str)], test: impl AsyncFn(&TestApp, &Mailbox)) {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        eprintln!("on {engine:?}");
        let mailbox = Mailbox::start().await;
        let environment = mailbox.environment();
        let mut variables: Vec<(&str, &str)> = environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
        variables.extend(more);
        let app = TestApp::start_with(engine, &variables).await;
        test(&app, &mailbox).await;
        app.stop().await;
    }
}

async fn confirm_address(app: &TestApp, user: &User) {
    app.execute("UPDATE users SET email_verified = TRUE WHERE id = $1", vec![user.id.into()]).await;
}

fn subject(content: &str) -> &str {
    content.lines().find_map(|line| line.strip_prefix("Subject: ")).unwrap_or_default()
}

#[tokio::test]
async fn a_person_hears_by_mail_of_new_passkeys_codes_and_browsers() {
    with_mail(&[], async |app, mailbox| {
        let ada = app.person("ada").await;
        confirm_address(app, &ada).await;
        let (browser, passkeys) = (app.browser(), app.passkeys());
        app.enrol(&browser, &passkeys, &ada).await;
        let mail = mailbox.wait_for(1).await.remove(0);
        assert_eq!((mail.to.as_str(), subject(&mail.content)), ("ada@example.org", "A passkey was added to your account at Muster"));
        assert!(mail.content.contains("When: ") && mail.content.contains("From: 10."), "{}", mail.content);
        // It leads to what to do, and nowhere without a sign-in.
        let path = mail.link().strip_prefix(&app.url).expect("a path here").to_owned();
        assert!(path.starts_with("/account/activity/"), "{path}");
        assert_eq!(app.browser().get(&path).await.location().expect("a redirect").path(), "/sign-in");
        let page = browser.get(&path).await;
        assert!(page.body.contains("You added the passkey"), "{}", page.body);

        // A browser nobody has seen for her.
        app.sign_in(&app.browser(), &passkeys).await;
        assert_eq!(subject(&mailbox.wait_for(2).await[1].content), "Signed in to Muster with a new browser");
        // One that was seen is no news.
        app.sign_in(&browser, &passkeys).await;
        let made = forge(app, &browser, "/account/recovery", &[]).await;
        assert_eq!(subject(&mailbox.wait_for(3).await[2].content), "New recovery codes for your account at Muster");
        for code in made.texts("#codes code") {
            assert!(mailbox.received().iter().all(|mail| !mail.content.contains(&code)), "a code is in a mail");
        }
        let elsewhere = app.browser();
        let ask = elsewhere.get("/sign-in/recovery").await;
        let code = made.texts("#codes code").remove(0);
        elsewhere.submit(&ask, "/sign-in/recovery", &[("username", "ada"), ("code", &code)]).await;
        // The code, and the browser it was used in.
        let subjects: Vec<String> = mailbox.wait_for(5).await.iter().skip(3).map(|mail| subject(&mail.content).to_owned()).collect();
        assert!(subjects.contains(&"A recovery code of your account at Muster was used".to_owned()), "{subjects:?}");

        // An administrator takes a passkey away: said so, without where the administrator is.
        let (_, admin) = administrator(app, "root").await;
        let page = admin.get(&format!("/admin/users/{}", ada.id)).await;
        let remove = page.body.split('"').find(|text| text.contains("/passkeys/") && text.ends_with("/remove")).expect("a form").to_owned();
        admin.submit(&page, &remove, &[]).await;
        let removed = mailbox.wait_for(6).await.remove(5);
        assert_eq!(subject(&removed.content), "A passkey was removed from your account at Muster");
        assert!(removed.content.contains("an administrator removed") && !removed.content.contains("From: 1") && !removed.content.contains("root"));
        // All of it was noted.
        let sent = "SELECT COUNT(*) FROM mails_sent WHERE user_id = $1";
        wait_until("the mails are noted", async || app.count(sent, vec![ada.id.into()]).await == 6).await;
    })
    .await;
}

/// What makes an answer another one.
type Bend = fn(&mut Assertion<'_>);

#[tokio::test]
async fn of_a_passkey_that_counts_backwards_its_person_hears_and_of_a_wrong_signature_not() {
    with_mail(&[], async |app, mailbox| {
        let ada = app.person("ada").await;
        confirm_address(app, &ada).await;
        let browser = app.browser();
        app.sign_in_by_link(&browser, &ada).await;
        let mut forge = Forge::new(&app.url);
        let started = app.post(&browser, "/account/passkeys/register/start", &json!({})).await.json();
        let credential = forge.registration(&started["publicKey"]).with(|it| it.authenticator.counter = 9).json();
        let body = json!({ "ceremony": started["ceremony"], "credential": credential });
        assert_eq!(app.post(&browser, "/account/passkeys/register/finish", &body).await.status, 200);
        mailbox.wait_for(1).await;

        let sign_in = async |bend: Bend| {
            let visitor = app.browser();
            let started = app.post(&visitor, "/sign-in/start", &json!({})).await.json();
            let credential = forge.assertion(&started["publicKey"]).with(bend).json();
            app.post(&visitor, "/sign-in/finish", &json!({ "ceremony": started["ceremony"], "credential": credential })).await.json()
        };
        // Whoever has no key must not be able to alarm anybody.
        let wrong: Bend = |it| (it.authenticator.counter, it.signature) = (3, Some(vec![0x30, 6, 2, 1, 1, 2, 1, 1]));
        assert_eq!(sign_in(wrong).await["error"], "refused");
        assert_eq!(sign_in(|it| it.authenticator.counter = 3).await["error"], "possible_copy");
        let mail = mailbox.wait_for(2).await.remove(1);
        assert_eq!(subject(&mail.content), "A passkey of your account at Muster may have been copied");
        // From there to the passkey, which shows what happened with it.
        let path = mail.link().strip_prefix(&app.url).expect("a path here").to_owned();
        let page = browser.get(&path).await;
        assert!(page.body.contains("may have been copied"), "{}", page.body);
        let passkey = page.attribute("a.danger[href^='/account/passkeys/']", "href").expect("the passkey");
        assert_eq!(browser.get(&passkey).await.texts("tbody th"), ["Sign-in refused", "Sign-in refused", "Passkey added"]);
        wait_until("the outbox is empty", async || app.count("SELECT COUNT(*) FROM mails", vec![]).await == 0).await;
        assert_eq!(mailbox.received().len(), 2);
    })
    .await;
}

#[tokio::test]
async fn no_mail_goes_to_an_address_nobody_confirmed_or_where_it_is_not_wanted() {
    with_mail(&[], async |app, mailbox| {
        enrolled(app, "ada").await;
        assert_eq!(app.count("SELECT COUNT(*) FROM mails", vec![]).await, 0);
        assert!(mailbox.received().is_empty());
    })
    .await;
    with_mail(&[("EMAIL_LOGIN_NOTIFICATION_ENABLED", "false")], async |app, mailbox| {
        let ada = app.person("ada").await;
        confirm_address(app, &ada).await;
        app.enrol(&app.browser(), &app.passkeys(), &ada).await;
        assert_eq!(app.count("SELECT COUNT(*) FROM mails", vec![]).await, 0);
        assert!(mailbox.received().is_empty());
    })
    .await;
    on_each_engine(async |app| {
        let ada = app.person("ada").await;
        confirm_address(app, &ada).await;
        app.enrol(&app.browser(), &app.passkeys(), &ada).await;
        assert_eq!(app.count("SELECT COUNT(*) FROM mails", vec![]).await, 0, "there is no mail server");
    })
    .await;
}

#[tokio::test]
async fn news_is_told_in_the_language_chosen_or_else_that_of_the_directory_or_else_that_of_the_installation() {
    for (default, none) in [("en", false), ("de", true)] {
        with_mail(&[("DEFAULT_LANGUAGE", default)], async |app, mailbox| {
            // Chosen, the directory's word, whether the mail is in German.
            let cases = [("en", "de", false), ("de", "en-GB", true), ("", "de-AT", true), ("", "en", false), ("", "tlh", none), ("", "", none)];
            for (number, (chosen, locale, is_german)) in cases.into_iter().enumerate() {
                let user = app.person(&format!("person{number}")).await;
                confirm_address(app, &user).await;
                app.execute("UPDATE users SET language = $2, locale = $3 WHERE id = $1", vec![user.id.into(), chosen.into(), locale.into()]).await;
                app.enrol(&app.browser(), &app.passkeys(), &user).await;
                let mails = mailbox.wait_for(number + 1).await;
                let subject = subject(&mails[number].content);
                let begins = if is_german { "Ihrem Konto bei Muster" } else { "A passkey was added" };
                assert!(subject.starts_with(begins), "chosen {chosen:?}, directory {locale:?}, installation {default}: {subject}");
            }
        })
        .await;
    }
}

#[tokio::test]
async fn links_for_a_group_are_mailed_in_the_language_of_each_person() {
    with_mail(&[], async |app, mailbox| {
        let (_, admin) = administrator(app, "root").await;
        let (ada, ben) = (app.person("ada").await, app.person("ben").await);
        app.execute("UPDATE users SET locale = 'de-DE' WHERE id = $1", vec![ada.id.into()]).await;
        app.execute("UPDATE users SET locale = 'de-DE', language = 'en' WHERE id = $1", vec![ben.id.into()]).await;
        let team = group(app, "team", true, &[ada.id, ben.id]).await;
        let sent =
            forge(app, &admin, &format!("/admin/groups/{team}/coming-in"), &[("whom", "without-link"), ("form", "mail"), ("lifetime", "week")]).await;
        assert_eq!(sent.status, 200, "{}", sent.body);
        let mails = mailbox.wait_for(2).await;
        let of = |name: &str| mails.iter().find(|mail| mail.to.starts_with(name)).map(|mail| subject(&mail.content));
        assert_eq!((of("ada"), of("ben")), (Some("Ihr Weg zu Muster"), Some("Your way into Muster")));
    })
    .await;
}

#[tokio::test]
async fn nobody_buries_a_mail_under_others() {
    with_mail(&[], async |app, mailbox| {
        let ada = app.person("ada").await;
        confirm_address(app, &ada).await;
        let browser = app.browser();
        app.enrol(&browser, &app.passkeys(), &ada).await;
        mailbox.wait_for(1).await;
        for _ in 0..5 {
            forge(app, &browser, "/account/recovery", &[]).await;
        }
        mailbox.wait_for(2).await;
        let written = async || app.count("SELECT COUNT(*) FROM mails", vec![]).await + i64::try_from(mailbox.received().len()).expect("few");
        wait_until("the outbox is empty", async || app.count("SELECT COUNT(*) FROM mails", vec![]).await == 0).await;
        assert_eq!(mailbox.received().len(), 2, "the same news again is none");
        for _ in 0..30 {
            app.clock.advance(Duration::from_secs(601));
            let made = forge(app, &browser, "/account/recovery", &[]).await;
            if made.status != 200 {
                // The proof is too old by now; a mail a day more or less is not what is looked at.
                break;
            }
        }
        assert!(written().await <= 20, "more than twenty a day");
    })
    .await;
}

// ---- Picture ----

fn png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    let picture = image::DynamicImage::ImageRgb8(image::RgbImage::from_pixel(width, height, image::Rgb([200, 30, 60])));
    picture.write_to(&mut std::io::Cursor::new(&mut bytes), image::ImageFormat::Png).expect("a picture");
    bytes
}

/// A form with a file, as a browser sends it (RFC 7578).
fn form_with(file: &[u8], fields: &[(&str, &str)]) -> Vec<u8> {
    let mut body = b"--limit\r\ncontent-disposition: form-data; name=\"picture\"; filename=\"me.png\"\r\ncontent-type: image/png\r\n\r\n".to_vec();
    body.extend_from_slice(file);
    for (name, value) in fields {
        body.extend_from_slice(format!("\r\n--limit\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}").as_bytes());
    }
    body.extend_from_slice(b"\r\n--limit--\r\n");
    body
}

async fn send_picture(app: &TestApp, browser: &Browser, file: Vec<u8>, sliders: &[(&str, &str)]) -> Answer {
    let request = browser.request(reqwest::Method::POST, "/account/picture").header("origin", &app.url).header("sec-fetch-site", "same-origin");
    http::answer(request.header("content-type", "multipart/form-data; boundary=limit").body(form_with(&file, sliders))).await
}

#[tokio::test]
async fn a_person_sends_a_picture_changes_it_and_takes_it_away() {
    on_each_engine(async |app| {
        let (ada, browser, _) = enrolled(app, "ada").await;
        assert!(browser.get("/account").await.body.contains("Add a picture"));
        let sent = send_picture(app, &browser, png(640, 320), &[("x", "0"), ("y", "50"), ("zoom", "200")]).await;
        assert_eq!(led_to(&sent), "/account/picture?notice=changed", "{}", sent.body);
        let page = browser.get("/account").await;
        let address = page.attribute("img.avatar", "src").expect("the picture");
        let picture = browser.get(&address).await;
        assert_eq!((picture.status, picture.header("content-type")), (StatusCode::OK, "image/jpeg"));
        assert_eq!(picture.header("x-content-type-options"), "nosniff");
        assert_eq!(picture.header("cache-control"), "private, max-age=31536000, immutable");
        assert!(picture.header("content-security-policy").contains("default-src 'none'"));

        // Another picture has another address, and the former is gone.
        send_picture(app, &browser, png(100, 100), &[]).await;
        let newer = browser.get("/account").await.attribute("img.avatar", "src").expect("the picture");
        assert_ne!(address, newer);
        assert_eq!(browser.get(&address).await.status, StatusCode::NOT_FOUND);
        assert_eq!(app.audited(Kind::UserChanged).await.len(), 2);

        let page = browser.get("/account/picture").await;
        let removed = browser.submit(&page, "/account/picture/remove", &[]).await;
        assert_eq!(led_to(&removed), "/account/picture?notice=removed");
        let page = browser.get("/account").await;
        assert_eq!((page.attribute("img.avatar", "src"), page.texts("span.avatar")), (None, vec!["AE".to_owned()]));
        assert!(find(app, ada.id).await.picture.is_empty());
        assert_eq!(led_to(&forge(app, &browser, "/account/picture/remove", &[]).await), "/account/picture", "there is none any more");
    })
    .await;
}

#[tokio::test]
async fn what_is_no_picture_or_too_much_of_one_is_refused_and_the_page_says_why() {
    on_each_engine(async |app| {
        let (ada, browser, _) = enrolled(app, "ada").await;
        let svg = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>".to_vec();
        let mut cut = png(64, 64);
        cut.truncate(cut.len() / 2);
        // The head of a PNG that says it has 60,000 by 60,000 pixels: a bomb of a few bytes.
        let mut bomb = png(8, 8);
        bomb[16..24].copy_from_slice(&[0, 0, 0xea, 0x60, 0, 0, 0xea, 0x60]);
        for (bytes, says) in [
            (svg, "neither JPEG nor PNG"),
            (b"MZ\x90\x00 a program".to_vec(), "neither JPEG nor PNG"),
            (b"<html><script>alert(1)</script>".to_vec(), "neither JPEG nor PNG"),
            (cut, "damaged"),
            (bomb, "picture"),
            (png(6_000, 6_000), "30 million"),
            (Vec::new(), "Choose a file first"),
            (vec![0xff; 5 * 1024 * 1024 + 1], "5 MiB"),
        ] {
            let refused = send_picture(app, &browser, bytes, &[("x", "30"), ("zoom", "150")]).await;
            assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{says}: {}", refused.body);
            let mistake = refused.texts(".mistake").join(" ");
            assert!(mistake.contains(says) || mistake.contains("taken"), "{says}: {mistake}");
            assert_eq!(refused.attribute("#f-zoom", "value").as_deref(), Some("150"), "what was chosen is kept");
        }
        assert!(find(app, ada.id).await.picture.is_empty());
        assert_eq!(app.count("SELECT COUNT(*) FROM user_pictures", vec![]).await, 0);
        // Nobody from elsewhere sends one for them, and nobody keeps the server busy with thousands.
        let request = browser.request(reqwest::Method::POST, "/account/picture").header("origin", "https://evil.example");
        let request = request.header("sec-fetch-site", "cross-site").header("content-type", "multipart/form-data; boundary=limit");
        assert_eq!(http::answer(request.body(form_with(&png(8, 8), &[]))).await.status, StatusCode::FORBIDDEN);
        let mut last = StatusCode::OK;
        for _ in 0..20 {
            last = send_picture(app, &browser, png(8, 8), &[]).await.status;
        }
        assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
    })
    .await;
}

#[tokio::test]
async fn many_pictures_at_once_leave_the_server_answering() {
    let app = TestApp::start(Engine::Sqlite).await;
    let (_, browser, _) = enrolled(&app, "ada").await;
    let large = png(4_000, 4_000);
    let sending = futures::future::join_all((0..6).map(|_| send_picture(&app, &browser, large.clone(), &[])));
    let asking = async {
        for _ in 0..10 {
            assert_eq!(app.browser().get("/sign-in").await.status, 200);
        }
    };
    let (sent, ()) = tokio::join!(sending, asking);
    for answer in sent {
        assert!(answer.status.is_redirection() || answer.status == StatusCode::SERVICE_UNAVAILABLE, "{}", answer.status);
    }
    app.stop().await;
}

#[tokio::test]
async fn a_picture_of_the_directory_is_the_directorys() {
    on_each_engine(async |app| {
        let eve = directory_person(app, "eve", false).await;
        let browser = app.browser();
        app.enrol(&browser, &app.passkeys(), &eve).await;
        let page = browser.get("/account/picture").await;
        assert!(page.body.contains("comes from the directory") && !page.body.contains("type=\"file\""), "{}", page.body);
        assert_eq!(send_picture(app, &browser, png(8, 8), &[]).await.status, StatusCode::CONFLICT);
        app.execute("UPDATE users SET picture = 'x' WHERE id = $1", vec![eve.id.into()]).await;
        assert_eq!(forge(app, &browser, "/account/picture/remove", &[]).await.status, StatusCode::CONFLICT);
    })
    .await;
    // A directory that has no pictures leaves them to people.
    on_each_engine(async |app| {
        let emptied =
            "INSERT INTO settings (scope, key, value, updated_at) VALUES ('directory:default', 'LDAP_ATTRIBUTE_USER_PROFILE_PICTURE', '', 1)";
        app.execute(emptied, vec![]).await;
        let eve = directory_person(app, "eve", false).await;
        let browser = app.browser();
        app.enrol(&browser, &app.passkeys(), &eve).await;
        let sent = send_picture(app, &browser, png(80, 80), &[]).await;
        assert_eq!(led_to(&sent), "/account/picture?notice=changed");
        let mut conn = app.app().db.read().await.expect("a connection");
        let known = muster::users::pictures::known(&mut conn, "default").await.expect("known");
        assert!(known.iter().all(|known| known.source.is_none()), "the pass over the directory would take it away");
    })
    .await;
}

// ---- Export ----

#[tokio::test]
async fn a_person_takes_a_copy_of_everything_and_no_secret_is_in_it() {
    on_each_engine(async |app| {
        let (ada, browser, passkeys) = enrolled(app, "ada").await;
        group(app, "crew", true, &[ada.id]).await;
        let codes = forge(app, &browser, "/account/recovery", &[]).await.texts("#codes code");
        send_picture(app, &browser, png(80, 80), &[]).await;
        app.sign_in(&app.browser(), &passkeys).await;
        forge(app, &browser, "/account/language", &[("language", "en")]).await;
        let page = browser.get("/account/export").await;
        let file = browser.submit(&page, "/account/export", &[]).await;
        assert_eq!((file.status, file.header("content-type")), (StatusCode::OK, "application/json"));
        assert!(file.header("content-disposition").starts_with("attachment; filename=\"account-ada-20"), "{}", file.header("content-disposition"));
        assert_eq!(file.header("cache-control"), "no-store");
        let known = file.json();
        assert_eq!((known["version"].as_u64(), known["profile"]["username"].as_str()), (Some(1), Some("ada")));
        assert_eq!(known["groups"], json!(["crew"]));
        assert_eq!((&known["profile"]["language"], &known["profile"]["chosen_language"]), (&json!(""), &json!("en")));
        assert_eq!(known["profile"]["picture"]["media_type"], "image/jpeg");
        assert_eq!((known["passkeys"].as_array().map(Vec::len), known["sessions"].as_array().map(Vec::len)), (Some(1), Some(2)));
        assert_eq!(known["recovery_codes"]["left"], 10);
        assert_eq!(known["activity_is_whole"], true);
        assert!(known["activity"].as_array().expect("a list").iter().any(|event| event["kind"] == "recovery_codes_made"));
        assert!(known["known_browsers"].as_array().is_some_and(|browsers| !browsers.is_empty()));
        // No key, code, cookie or hash.
        for secret in codes.iter().map(String::as_str).chain(["credential", "hash", "token", "\"cred\"", "counter"]) {
            assert!(!file.body.contains(secret), "{secret} is in the file");
        }
        for (name, value) in browser.cookies("/").split("; ").filter_map(|cookie| cookie.split_once('=')) {
            assert!(name.ends_with("language") || !file.body.contains(value), "the cookie {name} is in the file");
        }
        assert_eq!(app.audited(Kind::AccountExported).await.len(), 1);

        // Somebody who only has the session gets none.
        app.clock.advance(Duration::from_secs(11 * 60));
        assert_eq!(led_to(&browser.get("/account/export").await), "/account/prove?back=%2Faccount%2Fexport");
        let asked = forge(app, &browser, "/account/export", &[]).await;
        assert!(led_to(&asked).starts_with("/account/prove?form="));
        assert!(browser.follow(asked).await.body.contains("take everything that is known about you with you"));
        let by_link = app.browser();
        app.sign_in_by_link(&by_link, &ada).await;
        assert_eq!(by_link.get("/account/export").await.location().expect("a redirect").path(), "/account/prove");
    })
    .await;
}

#[tokio::test]
async fn a_copy_is_bounded_and_says_when_there_is_more() {
    let app = TestApp::start(Engine::Sqlite).await;
    let (ada, browser, _) = enrolled(&app, "ada").await;
    let sql = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10100)
               INSERT INTO audit_events (id, at, kind, actor_id, actor_name, subject_id, subject_name, client_ip, user_agent, detail)
               SELECT randomblob(16), i, 'sign_out', $1, 'ada', $1, 'ada', '', '', '{}' FROM n";
    app.execute(sql, vec![ada.id.into()]).await;
    let known = forge(&app, &browser, "/account/export", &[]).await.json();
    assert_eq!((known["activity"].as_array().map(Vec::len), known["activity_is_whole"].as_bool()), (Some(10_000), Some(false)));
    let mut last = StatusCode::OK;
    for _ in 0..10 {
        last = forge(&app, &browser, "/account/export", &[]).await.status;
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
    app.stop().await;
}

// ---- The end of an account ----

const DELETION: &[(&str, &str)] = &[("ALLOW_OWN_ACCOUNT_DELETION", "true")];

#[tokio::test]
async fn nobody_deletes_their_account_where_the_installation_does_not_let_them() {
    on_each_engine(async |app| {
        let (ada, browser, _) = enrolled(app, "ada").await;
        assert!(!browser.get("/account").await.body.contains("/account/delete"));
        assert_eq!(browser.get("/account/delete").await.status, StatusCode::NOT_FOUND);
        assert_eq!(forge(app, &browser, "/account/delete", &[("username", "ada")]).await.status, StatusCode::NOT_FOUND);
        assert_eq!(find(app, ada.id).await.username, "ada");
    })
    .await;
}

#[tokio::test]
async fn a_person_deletes_their_account_and_everything_of_it_ends() {
    with_mail(DELETION, async |app, mailbox| {
        let ada = app.person("ada").await;
        confirm_address(app, &ada).await;
        let (browser, passkeys) = long_ago(app, &ada).await;
        let elsewhere = app.browser();
        app.sign_in(&elsewhere, &passkeys).await;
        mailbox.wait_for(2).await;
        assert!(browser.get("/account").await.body.contains("/account/delete"));
        let page = browser.get("/account/delete").await;
        assert!(page.body.contains("cannot be undone"), "{}", page.body);

        // A stolen session is not enough, and a slip of the finger neither.
        let asked = browser.submit(&page, "/account/delete", &[("username", "ada")]).await;
        assert!(led_to(&asked).starts_with("/account/prove?form="), "{}", led_to(&asked));
        prove(app, &browser, &passkeys, json!({ "back": "/account/delete" })).await;
        let wrong = browser.submit(&page, "/account/delete", &[("username", "adam")]).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(wrong.attribute("#f-username", "value").as_deref(), Some("adam"), "what was typed is kept");

        let done = browser.submit(&page, "/account/delete", &[("username", " ADA ")]).await;
        assert_eq!(led_to(&done), "/sign-in?notice=deleted");
        assert_eq!(browser.follow(done).await.texts(".notice.good"), ["Your account was deleted, and you are signed out."]);
        assert!(!app.is_signed_in(&browser).await && !app.is_signed_in(&elsewhere).await);
        assert_eq!(app.sign_in(&app.browser(), &passkeys).await.status, StatusCode::NOT_FOUND);
        for table in ["SELECT COUNT(*) FROM users", "SELECT COUNT(*) FROM passkeys", "SELECT COUNT(*) FROM mails_sent"] {
            assert_eq!(app.count(table, vec![]).await, 0, "{table}");
        }
        let (event, detail) = app.audited(Kind::UserDeleted).await.remove(0);
        assert_eq!((event.actor_name.as_str(), detail["by"].as_str()), ("ada", Some("themselves")));
        let mail = mailbox.wait_for(3).await.remove(2);
        assert_eq!(subject(&mail.content), "Your account at Muster was deleted");
        assert!(!mail.content.contains("http"), "it leads nowhere: {}", mail.content);
        wait_until("the outbox is empty", async || app.count("SELECT COUNT(*) FROM mails", vec![]).await == 0).await;
        assert_eq!(app.count("SELECT COUNT(*) FROM mails_sent", vec![]).await, 0, "nothing of them is kept");
    })
    .await;
}

#[tokio::test]
async fn the_last_administrator_and_people_of_a_directory_stay() {
    on_each_engine_with(DELETION, async |app| {
        let (root, admin) = administrator(app, "root").await;
        // An administrator without a passkey could help nobody.
        let second = app.admin("second").await;
        let page = admin.get("/account/delete").await;
        assert!(page.body.contains("last administrator") && !page.body.contains("<form class=\"stack\""), "{}", page.body);
        let refused = forge(app, &admin, "/account/delete", &[("username", "root")]).await;
        assert_eq!(refused.status, StatusCode::CONFLICT);
        assert!(refused.body.contains("let them add a passkey"), "{}", refused.body);
        assert!(find(app, root.id).await.is_admin());
        app.enrol(&app.browser(), &app.passkeys(), &second).await;
        assert_eq!(led_to(&forge(app, &admin, "/account/delete", &[("username", "root")]).await), "/sign-in?notice=deleted");

        let eve = directory_person(app, "eve", false).await;
        let browser = app.browser();
        app.enrol(&browser, &app.passkeys(), &eve).await;
        assert!(!browser.get("/account").await.body.contains("/account/delete"));
        assert!(browser.get("/account/delete").await.body.contains("comes from the directory"));
        assert_eq!(forge(app, &browser, "/account/delete", &[("username", "eve")]).await.status, StatusCode::CONFLICT);
    })
    .await;
}

#[tokio::test]
async fn two_last_administrators_who_leave_at_once_leave_one() {
    on_each_engine_with(DELETION, async |app| {
        let (_, ada) = administrator(app, "ada").await;
        let (_, eve) = administrator(app, "eve").await;
        tokio::join!(forge(app, &ada, "/account/delete", &[("username", "ada")]), forge(app, &eve, "/account/delete", &[("username", "eve")]));
        assert_eq!(app.count("SELECT COUNT(*) FROM users WHERE local_admin", vec![]).await, 1);
    })
    .await;
}

#[tokio::test]
async fn two_administrators_who_remove_their_last_passkeys_at_once_keep_one() {
    on_each_engine(async |app| {
        let (_, ada) = administrator(app, "ada").await;
        let (_, eve) = administrator(app, "eve").await;
        let mut removes = Vec::new();
        for browser in [&ada, &eve] {
            // With codes, the last passkey of anybody else could go.
            forge(app, browser, "/account/recovery", &[]).await;
            let page = browser.get("/account/passkeys").await;
            removes.push(page.body.split('"').find(|text| text.ends_with("/remove")).expect("a form").to_owned());
        }
        let (one, two) = tokio::join!(forge(app, &ada, &removes[0], &[]), forge(app, &eve, &removes[1], &[]));
        let mut led = [led_to(&one), led_to(&two)];
        led.sort();
        assert_eq!(led, ["/account/passkeys?notice=last-admin", "/account/passkeys?notice=removed"]);
    })
    .await;
}

// ---- First minutes ----

#[tokio::test]
async fn the_first_minutes_go_step_by_step_and_on_where_the_person_stopped() {
    on_each_engine(async |app| {
        let ada = app.person("ada").await;
        let (browser, passkeys) = (app.browser(), app.passkeys());
        app.sign_in_by_link(&browser, &ada).await;
        assert_eq!(app.add_passkey(&browser, &passkeys).await.json()["next"], "/account/welcome");
        let heading = async |browser: &Browser| browser.get("/account/welcome").await.texts("section h2").remove(0);
        assert_eq!(heading(&browser).await, "Test your passkey now");
        assert!(browser.get("/account").await.body.contains("Your first steps are not done"));

        // Stopped here; days later, in another browser: the sign-in was the test.
        app.clock.advance(Duration::from_secs(3 * 86_400));
        let elsewhere = app.browser();
        app.sign_in(&elsewhere, &passkeys).await;
        assert_eq!(heading(&elsewhere).await, "Have a second way in");
        let page = elsewhere.get("/account/welcome").await;
        let codes = elsewhere.submit(&page, "/account/recovery", &[]).await;
        assert_eq!(codes.attribute("a.button.quiet", "href").as_deref(), Some("/account/welcome"), "back on the way");
        assert_eq!(heading(&elsewhere).await, "You are ready");
        let page = elsewhere.get("/account/welcome").await;
        assert_eq!(led_to(&elsewhere.submit(&page, "/account/welcome/done", &[]).await), "/account/apps");
        assert_eq!(led_to(&elsewhere.get("/account/welcome").await), "/account");
        assert!(!elsewhere.get("/account").await.body.contains("Your first steps are not done"));
        // A second passkey later is no new beginning.
        prove(app, &elsewhere, &passkeys, json!({})).await;
        assert_eq!(app.add_passkey(&elsewhere, &app.passkeys()).await.json()["next"], "/account/passkeys?notice=added");
    })
    .await;
}

#[tokio::test]
async fn each_first_step_can_be_left_out_by_a_plain_press() {
    on_each_engine(async |app| {
        let (ada, browser, _) = enrolled(app, "ada").await;
        for (step, says) in [("test", "Not tested."), ("second", "No second way in yet.")] {
            let page = browser.get("/account/welcome").await;
            assert_eq!(page.attribute("input[name=step]", "value").as_deref(), Some(step));
            assert_eq!(led_to(&browser.submit(&page, "/account/welcome/skip", &[("step", step)]).await), "/account/welcome");
            assert!(browser.get("/account/welcome").await.body.contains(says), "{says}");
        }
        assert_eq!(led_to(&forge(app, &browser, "/account/welcome/done", &[]).await), "/account/apps");
        assert_eq!(app.count("SELECT COUNT(*) FROM first_steps WHERE user_id = $1", vec![ada.id.into()]).await, 0);
        // Nothing there for who never began.
        let (_, bobs, _) = enrolled(app, "bob").await;
        app.execute("DELETE FROM first_steps", vec![]).await;
        assert_eq!(led_to(&bobs.get("/account/welcome").await), "/account");
        assert_eq!(led_to(&forge(app, &bobs, "/account/welcome/done", &[]).await), "/account/apps");
        assert_eq!(led_to(&forge(app, &bobs, "/account/welcome/skip", &[("step", "nonsense")]).await), "/account/welcome");
    })
    .await;
}

// ---- Greeting ----

/// Signs in as a browser would with the passkey of the very device, or of another one.
async fn sign_in_with(app: &TestApp, browser: &Browser, passkeys: &SoftwarePasskeys, attachment: &str, keep: bool) {
    let started = app.post(browser, "/sign-in/start", &json!({})).await.json();
    let mut credential = passkeys.sign_in(&started["publicKey"]).await.expect("a passkey");
    credential["authenticatorAttachment"] = json!(attachment);
    let body = json!({ "ceremony": started["ceremony"], "credential": credential, "keep": keep });
    let answer = app.post(browser, "/sign-in/finish", &body).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
}

async fn sign_out(browser: &Browser) {
    let page = browser.get("/sign-out").await;
    browser.submit(&page, "/sign-out", &[]).await;
}

#[tokio::test]
async fn a_browser_greets_who_used_it_last_if_it_is_theirs_and_forgets_at_a_press() {
    on_each_engine(async |app| {
        let (ada, first, passkeys) = enrolled(app, "ada").await;
        sign_out(&first).await;
        let browser = app.browser();
        assert_eq!(browser.get("/sign-in").await.texts("h1"), ["Sign in"], "nobody is known");
        // With a telephone or a key at somebody else's computer: nothing stays behind.
        sign_in_with(app, &browser, &passkeys, "cross-platform", false).await;
        sign_out(&browser).await;
        assert_eq!(browser.get("/sign-in").await.texts("h1"), ["Sign in"]);
        sign_in_with(app, &browser, &passkeys, "platform", false).await;
        sign_out(&browser).await;
        let page = browser.get("/sign-in?back=/account/apps").await;
        assert_eq!(page.texts("h1"), ["Welcome back, ada Example"]);
        // The cookie tells nothing by itself, and another one greets nobody.
        let greeting = browser.cookies("/").split("; ").find(|cookie| cookie.starts_with("muster-greeting=")).expect("a cookie").to_owned();
        assert!(!greeting.contains("ada") && !greeting.contains(&ada.id.to_string()));
        let forged = app.browser();
        forged.set_cookie(&greeting.replace("muster-greeting=", "muster-greeting=A"));
        assert_eq!(forged.get("/sign-in").await.texts("h1"), ["Sign in"]);

        let forgotten = browser.submit(&page, "/sign-in/forget", &[]).await;
        assert_eq!(led_to(&forgotten), "/sign-in?back=%2Faccount%2Fapps");
        assert_eq!(browser.get("/sign-in").await.texts("h1"), ["Sign in"]);
        // Whoever wants to stay signed in says that the browser is theirs; half a year is enough.
        sign_in_with(app, &browser, &passkeys, "cross-platform", true).await;
        sign_out(&browser).await;
        assert_eq!(browser.get("/sign-in").await.texts("h1"), ["Welcome back, ada Example"]);
        app.clock.advance(Duration::from_secs(181 * 86_400));
        assert_eq!(browser.get("/sign-in").await.texts("h1"), ["Sign in"]);
    })
    .await;
}

#[tokio::test]
async fn a_person_reads_their_own_pages_in_their_language() {
    let app = TestApp::start(Engine::Sqlite).await;
    let (_, browser, _) = enrolled(&app, "ada").await;
    browser.set_cookie("muster-language=de");
    for (path, heading) in [
        ("/account/activity", "Aktivität"),
        ("/account/picture", "Bild"),
        ("/account/export", "Ihre Daten"),
        ("/account/welcome", "Willkommen, ada Example"),
    ] {
        assert_eq!(browser.get(path).await.texts("h1"), [heading], "{path}");
    }
    let said = browser.get("/account/activity").await.texts(".activity tbody th");
    assert!(said.iter().any(|said| said.starts_with("Sie haben den Passkey")), "{said:?}");
    // Nothing on them is in no catalogue.
    browser.set_cookie("muster-language=en-XA");
    for path in ["/account/activity", "/account/picture", "/account/export", "/account/welcome"] {
        let page = browser.get(path).await;
        for part in ["main h1", "main h2", "main p", "main label", "main button", "main th", "main li", "main summary"] {
            for text in page.texts(part).iter().filter(|text| !text.trim().is_empty()) {
                assert!(text.contains('⟦'), "{path} {part}: {text}");
            }
        }
    }
    app.stop().await;
}

#[tokio::test]
async fn the_pages_of_ones_own_account_fit_a_phone_and_preview_a_picture_in_a_real_browser() {
    let app = TestApp::start_with(Engine::Sqlite, DELETION).await;
    let (_, browser, _) = enrolled(&app, "ada").await;
    let (_, admin) = administrator(&app, "root").await;
    let event = app.audited(Kind::PasskeyAdded).await.remove(1).0.id;
    let page = Page::open().await;
    page.goto(&app.url).await;
    for cookie in browser.cookies("/").split("; ") {
        let (name, value) = cookie.split_once('=').expect("a cookie has a value");
        page.set_cookie(name, value, &app.url).await;
    }
    for (name, path) in [
        ("own-activity", "/account/activity".to_owned()),
        ("own-not-me", format!("/account/activity/{event}")),
        ("own-picture", "/account/picture".into()),
        ("own-export", "/account/export".into()),
        ("own-delete", "/account/delete".into()),
        ("own-welcome-test", "/account/welcome".into()),
        ("own-profile", "/account".into()),
    ] {
        look_at(&page, name, &format!("{}{path}", app.url)).await;
    }
    // What will be kept of a picture is seen before it is sent; the sliders move it.
    page.goto(&format!("{}/account/picture", app.url)).await;
    let chosen = "(async () => {
        const canvas = document.createElement('canvas'); canvas.width = 400; canvas.height = 200;
        const drawing = canvas.getContext('2d'); drawing.fillStyle = '#f00'; drawing.fillRect(0, 0, 200, 200); drawing.fillStyle = '#00f'; drawing.fillRect(200, 0, 200, 200);
        const bytes = await new Promise((resolve) => canvas.toBlob(resolve, 'image/png'));
        const files = new DataTransfer(); files.items.add(new File([bytes], 'me.png', { type: 'image/png' }));
        const field = document.querySelector('#f-picture'); field.files = files.files; field.dispatchEvent(new Event('change'));
        return true;
    })()";
    page.eval(chosen).await;
    page.wait_for("!document.querySelector('#picture-preview').hidden").await;
    let colour = "[...document.querySelector('#picture-preview').getContext('2d').getImageData(60, 128, 1, 1).data].join()";
    page.wait_for(&format!("{colour} === '255,0,0,255'")).await;
    let right = "(() => { const x = document.querySelector('#f-x'); x.value = 100; x.dispatchEvent(new Event('input')); return true; })()";
    page.eval(right).await;
    page.wait_for(&format!("{colour} === '0,0,255,255'")).await;
    page.click("main button.primary").await;
    page.wait_for_element(".notice.good").await;
    page.wait_for("document.querySelector('img.avatar')?.complete && document.querySelector('img.avatar').naturalWidth === 200").await;
    assert_eq!(page.problems(), Vec::<String>::new());
    look_at(&page, "own-picture-changed", &format!("{}/account/picture", app.url)).await;
    forge(&app, &browser, "/account/welcome/skip", &[("step", "test")]).await;
    look_at(&page, "own-welcome-second", &format!("{}/account/welcome", app.url)).await;
    forge(&app, &browser, "/account/welcome/skip", &[("step", "second")]).await;
    look_at(&page, "own-welcome-done", &format!("{}/account/welcome", app.url)).await;

    let administration = Page::open().await;
    administration.goto(&app.url).await;
    for cookie in admin.cookies("/").split("; ") {
        let (name, value) = cookie.split_once('=').expect("a cookie has a value");
        administration.set_cookie(name, value, &app.url).await;
    }
    look_at(&administration, "people-with-risk", &format!("{}/admin/users", app.url)).await;

    let visitor = Page::open().await;
    visitor.goto(&app.url).await;
    let greeted = app.browser();
    let (_, _, passkeys) = enrolled(&app, "grace").await;
    sign_in_with(&app, &greeted, &passkeys, "platform", false).await;
    for cookie in greeted.cookies("/").split("; ").filter(|cookie| cookie.starts_with("muster-greeting=")) {
        let (name, value) = cookie.split_once('=').expect("a cookie has a value");
        visitor.set_cookie(name, value, &app.url).await;
    }
    look_at(&visitor, "sign-in-greeting", &format!("{}/sign-in", app.url)).await;
    assert_eq!(visitor.text("h1").await, "Welcome back, grace Example");
    app.stop().await;
}
