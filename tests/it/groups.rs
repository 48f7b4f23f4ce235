//! Groups in the administration and on the command line.

use muster::audit::Kind;
use muster::db::{Value, add_rows, query};
use muster::id::{GroupId, UserId};
use reqwest::StatusCode;
use serde_json::json;

use crate::pages_support::{administrator, crowd, directory_person, find_group, forge, group, led_to};
use crate::support::app::{Engine, TestApp, on_each_engine};
use crate::support::wait_until;
use crate::users::shell;

#[tokio::test]
async fn a_local_group_is_added_filled_renamed_emptied_and_deleted() {
    on_each_engine(async |app| {
        let (_, browser) = administrator(app, "root").await;
        let (ada, eve) = (app.person("ada").await, directory_person(app, "eve", false).await);
        let page = browser.get("/admin/groups/new").await;
        let answer = browser.submit(&page, "/admin/groups/new", &[("name", "Büro Nord")]).await;
        let shown = browser.follow(answer).await;
        let path = shown.url.path().to_owned();
        assert_eq!(shown.texts("h1"), ["Büro Nord"]);

        let answer = browser.submit(&shown, &format!("{path}/members"), &[("people", "ADA@example.org\r\n\r\n eve \r\nada")]).await;
        assert_eq!(led_to(&answer), format!("{path}?notice=added"));
        let shown = browser.get(&path).await;
        assert_eq!(shown.texts("td[data-label=Username]"), ["ada", "eve"]);
        assert_eq!(led_to(&browser.submit(&shown, &format!("{path}/members"), &[("people", "ada")]).await), format!("{path}?notice=already"));
        assert_eq!(app.audited(Kind::GroupChanged).await[0].1, json!({ "added": "ada, eve, ada" }));
        // The person's page names the group, and leads to it.
        let person = browser.get(&format!("/admin/users/{}", ada.id)).await;
        assert_eq!(person.attribute("a.badge", "href").as_deref(), Some(path.as_str()));

        let edit = browser.get(&format!("{path}/edit")).await;
        let answer = browser.submit(&edit, &format!("{path}/edit"), &[("name", "north"), ("display_name", "Office North")]).await;
        assert_eq!(led_to(&answer), format!("{path}?notice=saved"));
        assert_eq!(app.audited(Kind::GroupChanged).await[0].1, json!({ "name": "Büro Nord → north", "display_name": "Büro Nord → Office North" }));

        let shown = browser.get(&path).await;
        let answer = browser.submit(&shown, &format!("{path}/members/{}/remove", eve.id), &[]).await;
        assert_eq!(led_to(&answer), format!("{path}?notice=removed"));
        assert_eq!(browser.get(&path).await.texts("td[data-label=Username]"), ["ada"]);
        assert_eq!(led_to(&browser.submit(&shown, &format!("{path}/delete"), &[]).await), "/admin/groups?notice=deleted");
        assert_eq!(browser.get(&path).await.status, StatusCode::NOT_FOUND);
        assert_eq!(app.audited(Kind::GroupRemoved).await[0].0.subject_name, "north");
    })
    .await;
}

#[tokio::test]
async fn a_membership_needs_its_group_and_its_person_and_ends_with_either() {
    on_each_engine(async |app| {
        let (ada, eve) = (app.person("ada").await, app.person("eve").await);
        let (team, office) = (group(app, "team", true, &[]).await, group(app, "office", true, &[]).await);
        let refused = async |rows: Vec<[Value; 2]>| {
            let mut tx = app.app().db.begin().await.expect("a transaction");
            let added = add_rows(&mut tx, "group_members", "group_id, user_id", rows).await;
            added.is_err_and(|error| error.as_database_error().is_some_and(|error| error.is_foreign_key_violation()))
        };
        assert!(refused(vec![[team.into(), ada.id.into()], [team.into(), UserId::new().into()]]).await, "a person who is not there");
        assert!(refused(vec![[team.into(), ada.id.into()], [GroupId::new().into(), ada.id.into()]]).await, "a group that is not there");
        assert_eq!(app.count("SELECT COUNT(*) FROM group_members", vec![]).await, 0);

        let mut tx = app.app().db.begin().await.expect("a transaction");
        let rows: Vec<[Value; 2]> =
            [(team, ada.id), (team, eve.id), (office, ada.id), (office, eve.id)].map(|(group, user)| [group.into(), user.into()]).into();
        assert_eq!(add_rows(&mut tx, "group_members", "group_id, user_id", rows).await.expect("memberships"), 4);
        tx.commit().await.expect("committed");
        app.execute("DELETE FROM users WHERE id = $1", vec![ada.id.into()]).await;
        assert_eq!(app.count("SELECT COUNT(*) FROM group_members WHERE user_id = $1", vec![eve.id.into()]).await, 2);
        app.execute("DELETE FROM groups WHERE id = $1", vec![team.into()]).await;
        assert_eq!(app.count("SELECT COUNT(*) FROM group_members WHERE group_id = $1", vec![office.into()]).await, 1);
        assert_eq!(app.count("SELECT COUNT(*) FROM group_members", vec![]).await, 1);
    })
    .await;
}

#[tokio::test]
async fn a_person_who_is_deleted_while_they_join_is_in_no_group() {
    let app = TestApp::start(Engine::Postgres).await;
    let (ada, team) = (app.person("ada").await, group(&app, "team", true, &[]).await);
    const WAITING: &str = "SELECT COUNT(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()";
    // Whoever deletes waits for the membership, and takes it along.
    let mut joining = app.app().db.begin().await.expect("a transaction");
    let row: [[Value; 2]; 1] = [[team.into(), ada.id.into()]];
    add_rows(&mut joining, "group_members", "group_id, user_id", row).await.expect("a membership");
    let mut deleting = app.app().db.begin().await.expect("a transaction");
    {
        let mut delete = std::pin::pin!(query("DELETE FROM users WHERE id = $1").bind(ada.id).execute(&mut deleting));
        tokio::select! {
            done = &mut delete => panic!("did not wait: {done:?}"),
            () = wait_until("the deletion to wait for the membership", async || app.count(WAITING, vec![]).await == 1) => {}
        }
        joining.commit().await.expect("committed");
        delete.await.expect("deleted");
    }
    deleting.commit().await.expect("committed");
    assert_eq!(app.count("SELECT COUNT(*) FROM group_members", vec![]).await, 0);
    app.stop().await;
}

#[tokio::test]
async fn a_mistake_about_a_group_is_named_and_changes_nothing() {
    on_each_engine(async |app| {
        let (_, browser) = administrator(app, "root").await;
        let ada = app.person("ada").await;
        let team = group(app, "team", true, &[]).await;
        let path = format!("/admin/groups/{team}");
        let answer = forge(app, &browser, &format!("{path}/members"), &[("people", "ada\n<i>nobody</i>\nmallory")]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer.texts("#m-people")[0].contains("“<i>nobody</i>”, “mallory”"), "{:?}", answer.texts("#m-people"));
        assert_eq!(answer.texts("#f-people"), ["ada <i>nobody</i> mallory"]);
        assert_eq!(app.count("SELECT COUNT(*) FROM group_members WHERE user_id = $1", vec![ada.id.into()]).await, 0);
        assert_eq!(forge(app, &browser, &format!("{path}/members"), &[("people", " ")]).await.texts("#m-people").len(), 1);

        let answer = forge(app, &browser, "/admin/groups/new", &[("name", "TEAM"), ("display_name", "Kept")]).await;
        assert!(answer.texts("#m-name")[0].contains("Another group has this name"));
        assert_eq!(answer.attribute("#f-display_name", "value").as_deref(), Some("Kept"));
        let answer = forge(app, &browser, &format!("{path}/edit"), &[("name", "a,b")]).await;
        assert!(answer.texts("#m-name")[0].contains("commas"));
        assert_eq!(find_group(app, team).await.expect("still there").name, "team");
    })
    .await;
}

#[tokio::test]
async fn a_directorys_groups_are_changed_by_no_verb() {
    on_each_engine(async |app| {
        let (_, browser) = administrator(app, "root").await;
        let (ada, eve) = (app.person("ada").await, directory_person(app, "eve", false).await);
        let crew = group(app, "crew", false, &[eve.id]).await;
        let path = format!("/admin/groups/{crew}");
        let page = browser.get(&path).await;
        assert!(page.body.contains("cn=crew,ou=groups,dc=example,dc=org"));
        assert_eq!(page.texts("td[data-label=Username]"), ["eve"]);
        let remove = format!("members/{}/remove", eve.id);
        for verb in ["edit", "members", remove.as_str(), "delete"] {
            assert!(!page.body.contains(&format!("{path}/{verb}")), "the page offers {verb}");
            let answer = forge(app, &browser, &format!("{path}/{verb}"), &[("name", "mallory"), ("people", "ada")]).await;
            assert_eq!(answer.status, StatusCode::CONFLICT, "{verb}");
            assert!(answer.body.contains("comes from the directory"), "{verb}");
        }
        assert_eq!(browser.get(&format!("{path}/edit")).await.status, StatusCode::CONFLICT);
        assert_eq!(find_group(app, crew).await.expect("still there").name, "crew");
        let members = "SELECT COUNT(*) FROM group_members WHERE group_id = $1 AND user_id = $2";
        assert_eq!(app.count(members, vec![crew.into(), eve.id.into()]).await, 1);
        assert_eq!(app.count(members, vec![crew.into(), ada.id.into()]).await, 0);

        // One that left its directory is nowhere to be seen.
        app.execute("UPDATE groups SET removed_at = 1 WHERE id = $1", vec![crew.into()]).await;
        assert_eq!(browser.get(&path).await.status, StatusCode::NOT_FOUND);
        assert!(browser.get("/admin/groups").await.texts("tbody th").is_empty());
    })
    .await;
}

#[tokio::test]
async fn the_list_of_groups_counts_finds_and_sorts() {
    on_each_engine(async |app| {
        let (_, browser) = administrator(app, "root").await;
        let people = crowd(app, 60).await;
        group(app, "Alpha", true, &people[..3]).await;
        group(app, "beta", false, &people).await;
        group(app, "gamma", true, &[]).await;
        for (query, expected) in [
            ("", vec!["Alpha 3", "beta 60", "gamma 0"]),
            ("sort=-name", vec!["gamma 0", "beta 60", "Alpha 3"]),
            ("sort=-members", vec!["beta 60", "Alpha 3", "gamma 0"]),
            ("sort=members", vec!["gamma 0", "Alpha 3", "beta 60"]),
            ("q=ALPHA", vec!["Alpha 3"]),
            ("source=directory", vec!["beta 60"]),
            ("q=%25", vec![]),
        ] {
            let page = browser.get(&format!("/admin/groups?{query}")).await;
            let (names, counts) = (page.texts("tbody th a"), page.texts("td[data-label=Members]"));
            let listed: Vec<_> = names.iter().zip(&counts).map(|(name, count)| format!("{name} {count}")).collect();
            assert_eq!(listed, expected, "{query}");
        }
        let beta = browser.get("/admin/groups?q=beta").await.attribute("tbody th a", "href").expect("a link");
        let first = browser.get(&beta).await;
        assert_eq!(first.texts("tbody tr").len(), 50);
        assert_eq!(browser.get(&first.attribute("a[rel=next]", "href").expect("a second page")).await.texts("tbody tr").len(), 10);
        assert_eq!(browser.get(&format!("{beta}?q=p000042")).await.texts("td[data-label=Username]"), ["p000042"]);
    })
    .await;
}

#[tokio::test]
async fn the_command_line_lists_groups_with_the_promised_fields() {
    on_each_engine(async |app| {
        let (ada, eve) = (app.person("ada").await, directory_person(app, "eve", false).await);
        let team = group(app, "team", true, &[eve.id, ada.id]).await;
        let crew = group(app, "Crew", false, &[]).await;
        let gone = group(app, "gone", false, &[ada.id]).await;
        app.execute("UPDATE groups SET removed_at = 1 WHERE id = $1", vec![gone.into()]).await;
        let shell = shell(app);
        let listed = shell.run(["groups", "list", "--format", "json"]).await;
        let expected = json!([
            { "id": crew, "name": "Crew", "display_name": "Crew", "source": "default", "members": [] },
            { "id": team, "name": "team", "display_name": "team", "source": "local", "members": ["ada", "eve"] },
        ]);
        assert_eq!((listed.status, listed.json()), (0, expected));
        assert_eq!(shell.run(["groups", "list"]).await.stdout.lines().count(), 3);
        // More groups than one batch.
        for n in 0..120 {
            group(app, &format!("many-{n:03}"), true, &[ada.id]).await;
        }
        let listed = shell.run(["groups", "list", "--format", "json"]).await.json();
        let full = listed.as_array().expect("an array").iter().filter(|group| group["members"] == json!(["ada"])).count();
        assert_eq!((listed.as_array().expect("an array").len(), full), (122, 120));
    })
    .await;
}
