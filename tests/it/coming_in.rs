//! Who of a group has come in, and links for many at once.

use std::time::Duration;

use muster::audit::Kind;
use reqwest::StatusCode;

use crate::pages_support::{administrator, crowd, forge, group};
use crate::support::app::on_each_engine;
use crate::support::http::Answer;

/// The lines of the table: username and state.
fn states(page: &Answer) -> Vec<(String, String)> {
    page.texts("td[data-label=Username]").into_iter().zip(page.texts("td[data-label=State] .badge")).collect()
}

fn numbers(page: &Answer) -> Vec<String> {
    page.texts(".numbers dd")
}

#[tokio::test]
async fn the_page_says_who_of_a_group_has_come_in() {
    on_each_engine(async |app| {
        let (_, browser) = administrator(app, "root").await;
        let (ada, ben, cleo, dora) = (app.person("ada").await, app.person("ben").await, app.person("cleo").await, app.person("dora").await);
        let team = group(app, "team", true, &[ada.id, ben.id, cleo.id, dora.id]).await;
        app.person("stranger").await;
        app.enrol(&app.browser(), &app.passkeys(), &ada).await;
        app.access_link(&ben).await;
        app.execute("UPDATE users SET blocked_at = 1 WHERE id = $1", vec![dora.id.into()]).await;

        let path = format!("/admin/groups/{team}/coming-in");
        let page = browser.get(&path).await;
        let state = |name: &str, state: &str| (name.to_owned(), state.to_owned());
        let everyone = [state("ada", "Has a passkey"), state("ben", "Holds a link"), state("cleo", "Not yet"), state("dora", "Cannot sign in")];
        assert_eq!(states(&page), everyone);
        assert_eq!(numbers(&page), ["1", "1", "1", "1"]);
        for (word, line) in ["in", "linked", "out", "kept-out"].into_iter().zip(everyone.clone()) {
            assert_eq!(states(&browser.get(&format!("{path}?show={word}")).await), [line], "{word}");
        }
        assert_eq!(states(&browser.get(&format!("{path}?show=nonsense&page=99")).await), everyone);
        // A link that was taken back by a sign-out everywhere is none.
        app.execute("UPDATE users SET access_void_until = $2 WHERE id = $1", vec![ben.id.into(), (app.clock.now() + Duration::from_secs(1)).into()])
            .await;
        assert_eq!(numbers(&browser.get(&path).await), ["1", "0", "2", "1"]);

        let empty = group(app, "empty", true, &[]).await;
        assert!(browser.get(&format!("/admin/groups/{empty}/coming-in")).await.body.contains("Nobody is in this group"));
        assert_eq!(browser.get(&format!("/admin/groups/{}/coming-in", muster::id::GroupId::new())).await.status, StatusCode::NOT_FOUND);
        let (_, person) = (app.person("eve").await, app.browser());
        assert_ne!(person.get(&path).await.status, StatusCode::OK);
    })
    .await;
}

#[tokio::test]
async fn sheets_give_each_person_without_a_passkey_a_link_of_their_own() {
    on_each_engine(async |app| {
        let (_, browser) = administrator(app, "root").await;
        let (ada, ben, cleo) = (app.person("ada").await, app.person("ben").await, app.person("cleo").await);
        let team = group(app, "team", true, &[ada.id, ben.id, cleo.id]).await;
        app.enrol(&app.browser(), &app.passkeys(), &ada).await;
        let path = format!("/admin/groups/{team}/coming-in");
        let sheets = forge(app, &browser, &path, &[("whom", "without-link"), ("lifetime", "week"), ("form", "sheets")]).await;
        assert_eq!(sheets.status, StatusCode::OK);
        let links = sheets.texts(".sheet code");
        assert_eq!((links.len(), sheets.texts(".sheet svg.qr").len()), (2, 2));
        assert!(sheets.texts(".sheet h2")[0].ends_with(&ben.display_name) && sheets.texts(".sheet h2")[1].ends_with(&cleo.display_name));
        let made = app.audited(Kind::AccessLinkMade).await;
        assert_eq!(made.iter().filter(|(_, detail)| detail["group"] == "team").count(), 2);

        // Each opens its person's account, once.
        for (link, person) in links.iter().zip([&ben, &cleo]) {
            let theirs = app.browser();
            let open = theirs.get(link).await;
            let answer = theirs.submit(&open, open.url.path(), &[]).await;
            assert_eq!(answer.header("location"), "/account/passkeys/add");
            assert!(theirs.get("/account").await.texts("dd").contains(&person.username), "{}", person.username);
            assert_eq!(app.browser().get(link).await.status, StatusCode::GONE);
        }
        // Both were used, so both are without a link again; a week later one made now is too old.
        assert_eq!(numbers(&browser.get(&path).await), ["1", "0", "2"]);
        let again = forge(app, &browser, &path, &[("form", "sheets")]).await;
        app.clock.advance(Duration::from_secs(7 * 86_400 + 1));
        assert_eq!(app.browser().get(&again.texts(".sheet code")[0]).await.status, StatusCode::GONE);
    })
    .await;
}

#[tokio::test]
async fn a_table_holds_one_line_for_each_and_older_links_stop_when_asked() {
    on_each_engine(async |app| {
        let (_, browser) = administrator(app, "root").await;
        let (ada, ben) = (app.person("ada").await, app.person("ben").await);
        app.execute("UPDATE users SET display_name = '=1+1, \"x\"' WHERE id = $1", vec![ben.id.into()]).await;
        let team = group(app, "Büro Nord", true, &[ada.id, ben.id]).await;
        let old = app.access_link(&ada).await;
        let path = format!("/admin/groups/{team}/coming-in");

        // Who holds a link keeps it.
        let table = forge(app, &browser, &path, &[("form", "csv"), ("whom", "without-link")]).await;
        assert_eq!(table.header("content-type"), "text/csv; charset=utf-8");
        assert_eq!(table.header("content-disposition"), "attachment; filename=\"access-links-b-ro-nord.csv\"");
        assert_eq!(table.header("cache-control"), "no-store");
        let lines: Vec<&str> = table.body.lines().collect();
        assert_eq!(lines[0], "username,display_name,email,link,works_until");
        assert!(lines[1].starts_with("ben,\"'=1+1, \"\"x\"\"\",ben@example.org,http"), "{}", lines[1]);
        assert_eq!(lines.len(), 2);
        assert_eq!(app.browser().get(&old).await.status, StatusCode::OK);
        let refused = forge(app, &browser, &path, &[("form", "csv")]).await;
        assert_eq!(refused.status, StatusCode::CONFLICT);
        assert!(refused.body.contains("No link was made"));

        // For everyone: what was handed out before opens nothing any more.
        let ben_link = lines[1].split(',').rfind(|cell| cell.starts_with("http")).expect("a link").to_owned();
        let all = forge(app, &browser, &path, &[("form", "csv"), ("whom", "without-passkey"), ("lifetime", "day")]).await;
        assert_eq!(all.body.lines().count(), 3);
        for link in [old, ben_link] {
            assert_eq!(app.browser().get(&link).await.status, StatusCode::GONE);
        }
        let new = all.body.lines().nth(1).and_then(|line| line.split(',').find(|cell| cell.starts_with("http"))).expect("a link").to_owned();
        assert_eq!(app.browser().get(&new).await.status, StatusCode::OK);
    })
    .await;
}

#[tokio::test]
async fn a_thousand_links_are_made_at_once_and_the_page_says_how_many_are_left() {
    on_each_engine(async |app| {
        let (_, browser) = administrator(app, "root").await;
        let people = crowd(app, 1_200).await;
        let crew = group(app, "crew", false, &people).await;
        let path = format!("/admin/groups/{crew}/coming-in");
        let page = browser.get(&path).await;
        // Of fifty in a row one is missing in the directory.
        assert_eq!(numbers(&page), ["0", "0", "1,176", "24"]);
        assert_eq!(page.texts(".pager span").first().map(String::as_str), Some("1–50 of 1,200"));
        let table = forge(app, &browser, &path, &[("form", "csv")]).await;
        assert_eq!(table.body.lines().count(), 1_001);
        assert_eq!(numbers(&browser.get(&path).await), ["0", "1,000", "176", "24"]);
        // Those who hold a link and are not reached now are the first the next time.
        forge(app, &browser, &path, &[("form", "csv"), ("whom", "without-passkey"), ("lifetime", "month")]).await;
        let old = "SELECT COUNT(DISTINCT user_id) FROM access_links WHERE revoked_at IS NULL AND used_at IS NULL AND expires_at < $1";
        let in_two_weeks = app.clock.now() + Duration::from_secs(14 * 86_400);
        assert_eq!(app.count(old, vec![in_two_weeks.into()]).await, 176);
        forge(app, &browser, &path, &[("form", "csv"), ("whom", "without-passkey"), ("lifetime", "month")]).await;
        assert_eq!(app.count(old, vec![in_two_weeks.into()]).await, 0);
    })
    .await;
}
