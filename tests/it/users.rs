//! People in the administration and on the command line.

use std::collections::BTreeSet;
use std::time::Instant;

use muster::audit::Kind;
use muster::users::User;
use reqwest::StatusCode;
use serde_json::json;

use crate::pages_support::{administrator, crowd, directory_person, find, forge, group, led_to};
use crate::support::app::{Engine, TestApp, on_each_engine};
use crate::support::http::Browser;
use crate::support::process::Muster;

#[tokio::test]
async fn a_local_person_is_added_changed_and_deleted() {
    on_each_engine(async |app| {
        let (root, browser) = administrator(app, "root").await;
        let page = browser.get("/admin/users/new").await;
        let fields = [("username", "ada"), ("first_name", "Ada"), ("last_name", "Lovelace"), ("email", "Ada@Example.org"), ("phone", "+44 20 1234")];
        let answer = browser.submit(&page, "/admin/users/new", &fields).await;
        let shown = browser.follow(answer).await;
        assert_eq!(shown.texts("h1"), ["Ada Lovelace"]);
        assert!(shown.texts(".notice.good")[0].contains("added"), "{:?}", shown.texts(".notice"));
        let path = shown.url.path().to_owned();

        let edit = browser.get(&format!("{path}/edit")).await;
        assert_eq!(edit.attribute("#f-email", "value").as_deref(), Some("Ada@Example.org"));
        let answer = browser.submit(&edit, &format!("{path}/edit"), &[("display_name", "Countess"), ("email_verified", "true")]).await;
        assert_eq!(led_to(&answer), format!("{path}?notice=saved"));
        let ada = found(app, "countess").await.expect("found by her new name");
        assert_eq!((ada.username.as_str(), ada.email_verified, ada.phone.as_deref()), ("ada", true, Some("+44 20 1234")));
        let (event, detail) = &app.audited(Kind::UserChanged).await[0];
        assert_eq!((event.actor_name.as_str(), event.subject_id), ("root", Some(ada.id.uuid())));
        assert_eq!(*detail, json!({ "display_name": "Ada Lovelace → Countess", "email_verified": "no → yes" }));

        // Saving what is already so writes nothing.
        let edit = browser.get(&format!("{path}/edit")).await;
        browser.submit(&edit, &format!("{path}/edit"), &[]).await;
        assert_eq!(app.audited(Kind::UserChanged).await.len(), 1);

        let page = browser.get(&path).await;
        let answer = browser.submit(&page, &format!("{path}/delete"), &[]).await;
        assert_eq!(led_to(&answer), "/admin/users?notice=deleted");
        assert_eq!(browser.get(&path).await.status, StatusCode::NOT_FOUND);
        let (event, detail) = &app.audited(Kind::UserDeleted).await[0];
        assert_eq!((event.subject_name.as_str(), event.actor_id), ("ada", Some(root.id.uuid())));
        assert_eq!(detail["email"], "Ada@Example.org");
    })
    .await;
}

#[tokio::test]
async fn every_mistake_is_named_and_what_was_typed_stays() {
    on_each_engine(async |app| {
        let (_, browser) = administrator(app, "root").await;
        let page = browser.get("/admin/users/new").await;
        let typed = [("username", "a da"), ("email", "not an address"), ("phone", "call me"), ("first_name", "<b>Ada</b>")];
        let answer = browser.submit(&page, "/admin/users/new", &typed).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        for (field, value) in typed {
            assert_eq!(answer.attribute(&format!("#f-{field}"), "value").as_deref(), Some(value));
        }
        for field in ["username", "email", "phone"] {
            assert_eq!(answer.texts(&format!("#m-{field}")).len(), 1, "{field}");
            assert_eq!(answer.attribute(&format!("#f-{field}"), "aria-invalid").as_deref(), Some("true"));
        }
        assert_eq!(app.count("SELECT COUNT(*) FROM users", vec![]).await, 1);

        // Taken, in another spelling, by a username or an address.
        app.person("ada").await;
        let answer = forge(app, &browser, "/admin/users/new", &[("username", "ADA")]).await;
        assert!(answer.texts("#m-username")[0].contains("Somebody else has this username"));
        let answer = forge(app, &browser, "/admin/users/new", &[("username", "ada2"), ("email", "ADA@example.ORG")]).await;
        assert!(answer.texts("#m-email")[0].contains("Somebody else has this address"));
        assert_eq!(answer.attribute("#f-username", "value").as_deref(), Some("ada2"));
        assert_eq!(app.count("SELECT COUNT(*) FROM users", vec![]).await, 2);
        // The database is well after the refusal.
        assert_eq!(led_to(&forge(app, &browser, "/admin/users/new", &[("username", "ada2")]).await).split('?').nth(1), Some("notice=created"));
    })
    .await;
}

#[tokio::test]
async fn a_directorys_people_are_changed_by_no_verb() {
    on_each_engine(async |app| {
        let (_, browser) = administrator(app, "root").await;
        let eve = directory_person(app, "eve", false).await;
        let path = format!("/admin/users/{}", eve.id);
        let page = browser.get(&path).await;
        assert!(page.body.contains("uid=eve,ou=people,dc=example,dc=org"));
        for verb in ["edit", "delete", "make-admin"] {
            assert!(!page.body.contains(&format!("{path}/{verb}")), "the page offers {verb}");
            let answer = forge(app, &browser, &format!("{path}/{verb}"), &[("username", "mallory")]).await;
            assert_eq!(answer.status, StatusCode::CONFLICT, "{verb}");
            assert!(answer.body.contains("comes from the directory"), "{verb}: {}", answer.body);
        }
        assert_eq!(browser.get(&format!("{path}/edit")).await.status, StatusCode::CONFLICT);
        let after = find(app, eve.id).await;
        assert_eq!((after.username, after.local_admin, after.updated_at), (eve.username, false, eve.updated_at));

        // What people decide, people may decide about them too.
        let answer = browser.submit(&page, &format!("{path}/block"), &[]).await;
        assert_eq!(led_to(&answer), format!("{path}?notice=blocked"));
        assert!(find(app, eve.id).await.blocked_at.is_some());
    })
    .await;
}

#[tokio::test]
async fn blocking_ends_everything_at_once_and_unblocking_brings_no_session_back() {
    on_each_engine(async |app| {
        let (_, admin) = administrator(app, "root").await;
        let (ada, browser, passkeys) = (app.person("ada").await, app.browser(), app.passkeys());
        app.enrol(&browser, &passkeys, &ada).await;
        assert!(app.is_signed_in(&browser).await);
        let path = format!("/admin/users/{}", ada.id);
        let page = admin.get(&path).await;
        assert_eq!(page.texts("tbody tr").len(), 1, "her session is listed");
        admin.submit(&page, &format!("{path}/block"), &[]).await;
        assert!(!app.is_signed_in(&browser).await);
        assert_ne!(app.sign_in(&app.browser(), &passkeys).await.status, StatusCode::OK);
        let blocked = admin.get(&path).await;
        assert_eq!(blocked.texts(".badge.bad"), ["Blocked"]);
        admin.submit(&blocked, &format!("{path}/unblock"), &[]).await;
        assert!(!app.is_signed_in(&browser).await, "the session before the block is back");
        assert_eq!(app.sign_in(&browser, &passkeys).await.status, StatusCode::OK);
        assert_eq!(app.audited(Kind::UserBlocked).await.len() + app.audited(Kind::UserUnblocked).await.len(), 2);
    })
    .await;
}

#[tokio::test]
async fn an_administrator_signs_somebody_out_everywhere() {
    on_each_engine(async |app| {
        let (_, admin) = administrator(app, "root").await;
        let (ada, browsers) = (app.person("ada").await, [app.browser(), app.browser()]);
        for browser in &browsers {
            app.sign_in_by_link(browser, &ada).await;
        }
        let path = format!("/admin/users/{}", ada.id);
        let answer = admin.submit(&admin.get(&path).await, &format!("{path}/end-sessions"), &[]).await;
        assert_eq!(led_to(&answer), format!("{path}?notice=signed-out"));
        for browser in &browsers {
            assert!(!app.is_signed_in(browser).await);
        }
        assert_eq!(app.audited(Kind::SessionsEnded).await[0].1["sessions"], 2);
        assert!(app.is_signed_in(&admin).await, "nobody else was signed out");
    })
    .await;
}

#[tokio::test]
async fn nobody_shuts_themselves_or_the_last_administrator_out() {
    on_each_engine(async |app| {
        let (root, browser) = administrator(app, "root").await;
        let own = format!("/admin/users/{}", root.id);
        for (verb, says) in
            [("block", "cannot do this to yourself"), ("delete", "cannot do this to yourself"), ("unmake-admin", "last administrator")]
        {
            let answer = forge(app, &browser, &format!("{own}/{verb}"), &[]).await;
            assert_eq!(answer.status, StatusCode::CONFLICT, "{verb}");
            assert!(answer.body.contains(says), "{verb}: {}", answer.body);
            assert!(!browser.get(&own).await.body.contains(&format!("{own}/{verb}")), "the page offers {verb}");
        }
        // A second one, who is blocked, does not count.
        let second = app.admin("second").await;
        assert_eq!(led_to(&forge(app, &browser, &format!("/admin/users/{}/block", second.id), &[]).await).split('=').nth(1), Some("blocked"));
        assert_eq!(forge(app, &browser, &format!("{own}/unmake-admin"), &[]).await.status, StatusCode::CONFLICT);
        forge(app, &browser, &format!("/admin/users/{}/unblock", second.id), &[]).await;
        // Nor does one without a passkey, who could not come in and undo it.
        let refused = forge(app, &browser, &format!("{own}/unmake-admin"), &[]).await;
        assert_eq!(refused.status, StatusCode::CONFLICT);
        assert!(refused.body.contains("let them add a passkey"), "{}", refused.body);
        app.enrol(&app.browser(), &app.passkeys(), &second).await;
        // Now it is theirs to give away, and the pages close at once.
        assert_eq!(led_to(&forge(app, &browser, &format!("{own}/unmake-admin"), &[]).await), "/account");
        assert_eq!(browser.get("/admin/users").await.status, StatusCode::FORBIDDEN);
        assert!(find(app, second.id).await.is_admin());
    })
    .await;
}

#[tokio::test]
async fn two_administrators_who_block_each_other_at_once_leave_one() {
    on_each_engine(async |app| {
        for round in 0..5 {
            let (ada, ada_at) = administrator(app, &format!("ada{round}")).await;
            let (eve, eve_at) = administrator(app, &format!("eve{round}")).await;
            let (ada_path, eve_path) = (format!("/admin/users/{}/block", ada.id), format!("/admin/users/{}/block", eve.id));
            tokio::join!(forge(app, &ada_at, &eve_path, &[]), forge(app, &eve_at, &ada_path, &[]));
            let able = [find(app, ada.id).await, find(app, eve.id).await].into_iter().filter(|user| !user.is_disabled()).collect::<Vec<_>>();
            assert!(!able.is_empty(), "nobody is left");
            // The next round begins with nobody able.
            for user in able {
                app.execute("UPDATE users SET blocked_at = 1 WHERE id = $1", vec![user.id.into()]).await;
            }
        }
    })
    .await;
}

#[tokio::test]
async fn an_administrator_is_made_and_unmade() {
    on_each_engine(async |app| {
        let (_, browser) = administrator(app, "root").await;
        let ada = app.person("ada").await;
        let path = format!("/admin/users/{}", ada.id);
        let page = browser.get(&path).await;
        assert_eq!(led_to(&browser.submit(&page, &format!("{path}/make-admin"), &[]).await), format!("{path}?notice=made-admin"));
        assert!(find(app, ada.id).await.is_admin());
        let page = browser.get(&path).await;
        assert_eq!(page.texts(".heading .badge.accent"), ["Administrator"]);
        assert_eq!(led_to(&browser.submit(&page, &format!("{path}/unmake-admin"), &[]).await), format!("{path}?notice=unmade-admin"));
        assert!(!find(app, ada.id).await.is_admin());
        let details: Vec<_> = app.audited(Kind::UserChanged).await.into_iter().map(|(_, detail)| detail["administrator"].clone()).collect();
        assert_eq!(details, [json!("yes → no"), json!("no → yes")]);
    })
    .await;
}

#[tokio::test]
async fn a_one_time_link_is_shown_once_and_can_be_taken_back() {
    on_each_engine(async |app| {
        let (_, admin) = administrator(app, "root").await;
        let ada = app.person("ada").await;
        let path = format!("/admin/users/{}", ada.id);
        let made = admin.submit(&admin.get(&path).await, &format!("{path}/access-link"), &[("lifetime", "hour")]).await;
        let link = made.attribute("#c-link", "value").expect("the link");
        // And on a sheet of paper for this one person.
        assert_eq!((made.texts(".sheet svg.qr path").len(), made.texts(".sheet code")), (1, vec![link.clone()]));
        assert_eq!(made.texts(".sheet h2"), ["Welcome to Muster, ada Example"]);
        let page = admin.get(&path).await;
        assert!(!page.body.contains(link.rsplit('/').next().expect("a code")), "the link is shown again");
        let (browser, opened) = (app.browser(), link.strip_prefix(&app.url).expect("a path here"));
        assert_eq!(browser.get(opened).await.status, StatusCode::OK);
        let action = page.body.split('"').find(|text| text.ends_with("/revoke")).expect("a way to take it back").to_owned();
        admin.submit(&page, &action, &[]).await;
        assert_eq!(browser.get(opened).await.status, StatusCode::GONE);

        forge(app, &admin, &format!("{path}/block"), &[]).await;
        assert_eq!(forge(app, &admin, &format!("{path}/access-link"), &[]).await.status, StatusCode::CONFLICT);
        assert!(!admin.get(&path).await.body.contains(&format!("{path}/access-link\"")), "a blocked person's page offers a link");
    })
    .await;
}

#[tokio::test]
async fn the_list_finds_filters_and_sorts() {
    on_each_engine(async |app| {
        let (_, browser) = administrator(app, "root").await;
        let (_, eve) = (app.person("ada").await, directory_person(app, "eve", true).await);
        let gone = directory_person(app, "gone", false).await;
        app.execute("UPDATE users SET directory_state = 'missing' WHERE id = $1", vec![gone.id.into()]).await;
        app.execute("UPDATE users SET last_sign_in_at = $2 WHERE id = $1", vec![eve.id.into(), app.clock.now().into()]).await;
        app.execute("UPDATE users SET display_name = 'Zora_50%' WHERE username = 'ada'", vec![]).await;
        app.execute("UPDATE users SET search_text = 'ada ada@example.org zora_50%' WHERE username = 'ada'", vec![]).await;
        for (query, expected) in [
            ("", "root eve gone ada"),
            ("sort=name", "eve gone root ada"),
            ("sort=-name", "ada root gone eve"),
            ("sort=username", "ada eve gone root"),
            ("sort=-username", "root gone eve ada"),
            ("sort=-seen&admins=true", "eve root"),
            ("q=EVE", "eve"),
            ("q=example.org+eve", "eve"),
            ("q=%25", "ada"),
            ("q=a_5", "ada"),
            ("q=a%255", ""),
            ("q=nobody", ""),
            ("source=local&sort=username", "ada root"),
            ("source=directory&sort=username", "eve gone"),
            ("state=missing", "gone"),
            ("state=active&sort=username", "ada eve root"),
            ("admins=true&source=directory", "eve"),
            ("sort=nonsense&state=nonsense&page=nonsense", "root eve gone ada"),
        ] {
            let page = browser.get(&format!("/admin/users?{query}")).await;
            assert_eq!(page.status, StatusCode::OK, "{query}");
            let mut listed = page.texts("td[data-label=Username]");
            let mut expected: Vec<_> = expected.split_whitespace().map(str::to_owned).collect();
            if !query.contains("sort=") || query.contains("nonsense") {
                listed.sort();
                expected.sort();
            }
            assert_eq!(listed, expected, "{query}");
        }
        let empty = browser.get("/admin/users?q=nobody").await;
        assert_eq!(empty.texts(".empty strong"), ["Nobody fits"]);
        assert_eq!(empty.attribute("#q", "value").as_deref(), Some("nobody"));
        assert_eq!(browser.get("/admin/users?sort=-seen").await.attribute("th[aria-sort]", "aria-sort").as_deref(), Some("descending"));
    })
    .await;
}

#[tokio::test]
async fn every_line_of_a_list_is_on_exactly_one_page_in_every_order() {
    on_each_engine(async |app| {
        let (_, browser) = administrator(app, "root").await;
        crowd(app, 160).await;
        for sort in ["name", "-name", "username", "-username", "created", "-created", "seen", "-seen"] {
            let (mut seen, mut next) = (Vec::new(), Some(format!("/admin/users?sort={sort}")));
            while let Some(path) = next {
                let page = browser.get(&path).await;
                seen.extend(page.texts("td[data-label=Username]"));
                next = page.attribute("a[rel=next]", "href");
                assert!(seen.len() <= 161, "{sort}: pages repeat lines");
            }
            assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), 161, "{sort}");
        }
        let page = browser.get("/admin/users?q=example&page=2").await;
        assert_eq!(page.texts(".pager span")[0], "51–100 of 161");
    })
    .await;
}

#[tokio::test]
async fn the_administration_is_closed_to_everyone_else() {
    on_each_engine(async |app| {
        let (root, _) = administrator(app, "root").await;
        let ada = app.person("ada").await;
        let team = group(app, "team", true, &[ada.id]).await;
        let (user, by_link) = (app.browser(), app.browser());
        app.enrol(&user, &app.passkeys(), &ada).await;
        app.sign_in_by_link(&by_link, &root).await;
        let target = format!("/admin/users/{}", ada.id);
        let gets = ["/admin/users", "/admin/users/new", &target, &format!("{target}/edit"), "/admin/groups", "/admin/groups/new"];
        let gets = gets.into_iter().chain(["/admin/audit", "/admin/settings"]);
        for path in gets {
            assert!(led_to(&app.browser().get(path).await).starts_with("/sign-in?back="), "{path}");
            assert_eq!(user.get(path).await.status, StatusCode::FORBIDDEN, "{path}");
            assert_eq!(led_to(&by_link.get(path).await), "/account/passkeys/add", "{path}");
        }
        let on_person = ["edit", "block", "unblock", "make-admin", "unmake-admin", "end-sessions", "delete", "access-link"];
        let on_group = ["edit", "members", "delete"].map(|verb| format!("/admin/groups/{team}/{verb}"));
        let posts = on_person.iter().map(|verb| format!("{target}/{verb}")).chain(on_group);
        let posts = posts.chain(["/admin/users/new".into(), "/admin/groups/new".into(), "/admin/settings".into()]);
        for path in posts.chain([format!("/admin/groups/{team}/members/{}/remove", ada.id)]) {
            let fields = [("username", "mallory"), ("name", "mallory"), ("people", "root"), ("app_name", "Mallory")];
            assert!(led_to(&forge(app, &app.browser(), &path, &fields).await).starts_with("/sign-in"), "{path}");
            assert_eq!(forge(app, &user, &path, &fields).await.status, StatusCode::FORBIDDEN, "{path}");
            assert_eq!(led_to(&forge(app, &by_link, &path, &fields).await), "/account/passkeys/add", "{path}");
        }
        assert!(!find(app, ada.id).await.is_admin());
        assert_eq!(app.count("SELECT COUNT(*) FROM users", vec![]).await, 2);
        assert_eq!(app.count("SELECT COUNT(*) FROM settings", vec![]).await, 0);
        // An administrator's browser, led here by another site, does nothing either.
        let (_, admin) = administrator(app, "second").await;
        let request = admin.request(reqwest::Method::POST, &format!("{target}/block")).header("sec-fetch-site", "cross-site");
        assert_eq!(crate::support::http::answer(request.form(&[("a", "b")])).await.status, StatusCode::FORBIDDEN);
        assert!(find(app, ada.id).await.blocked_at.is_none());
    })
    .await;
}

#[tokio::test]
async fn the_command_line_lists_everyone_with_the_promised_fields() {
    on_each_engine(async |app| {
        let ada = app.person("ada").await;
        let eve = directory_person(app, "eve", true).await;
        group(app, "team", true, &[ada.id, eve.id]).await;
        group(app, "crew", false, &[eve.id]).await;
        app.enrol(&app.browser(), &app.passkeys(), &ada).await;
        let shell = shell(app);
        let listed = shell.run(["users", "list", "--format", "json"]).await;
        assert_eq!(listed.status, 0, "{listed:#?}");
        let expected = json!([
            {
                "id": ada.id, "username": "ada", "email": "ada@example.org", "email_verified": false, "first_name": "ada", "last_name": "Example",
                "display_name": "ada Example", "phone": null, "is_admin": false, "is_disabled": false, "source": "local", "groups": ["team"], "passkeys": 1
            },
            {
                "id": eve.id, "username": "eve", "email": "eve@example.org", "email_verified": false, "first_name": "eve", "last_name": "Example",
                "display_name": "eve Example", "phone": null, "is_admin": true, "is_disabled": false, "source": "default", "groups": ["crew", "team"],
                "passkeys": 0
            },
        ]);
        assert_eq!(listed.json(), expected);
        assert_eq!(shell.run(["users", "show", "EVE@example.org", "--format", "json"]).await.json(), expected[1]);
        assert!(shell.run(["users", "show", "ada"]).await.stdout.contains("ada@example.org"));
        assert_eq!(shell.run(["users", "list"]).await.stdout.lines().count(), 3);
        let nobody = shell.run(["users", "show", "mallory"]).await;
        assert_eq!((nobody.status, nobody.stdout.as_str()), (1, ""));
        assert!(nobody.stderr.contains("mallory"));
    })
    .await;
}

#[tokio::test]
async fn the_command_line_lists_more_people_than_one_batch() {
    on_each_engine(async |app| {
        crowd(app, 2_000).await;
        let listed = shell(app).run(["users", "list", "--format", "json"]).await.json();
        let names: Vec<_> = listed.as_array().expect("an array").iter().map(|person| person["username"].as_str().expect("text").to_owned()).collect();
        assert_eq!(names, (0..2_000).map(|n| format!("p{n:06}")).collect::<Vec<_>>());
    })
    .await;
}

/// The command line on the same database as a server in this process.
pub(crate) fn shell(app: &TestApp) -> Muster {
    let config = app.configuration(&[]);
    let mut shell = Muster::new();
    shell.set("DB_CONNECTION_STRING", config.db_connection_string.reveal());
    shell.set("ENCRYPTION_KEY", config.encryption_key.as_ref().expect("the tests set a key").reveal());
    shell.set("APP_URL", &app.url);
    shell
}

async fn found(app: &TestApp, text: &str) -> Option<User> {
    let mut conn = app.app().db.read().await.expect("a connection");
    let filter = muster::users::Filter { words: muster::web::list::words(text), ..Default::default() };
    let (_, lines) = muster::users::page(&mut conn, &filter, muster::users::Order::Name, false, "1").await.expect("lines");
    match lines.as_slice() {
        [line] => muster::users::find(&mut conn, line.id).await.expect("an answer"),
        _ => None,
    }
}

/// `cargo test --release -- --ignored --nocapture measured`: prints what each page of the list costs with 100,000 people.
#[tokio::test]
#[ignore = "a measurement: takes a minute and says something in a release build only"]
async fn measured_pages_of_100_000_people() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let app = TestApp::start(engine).await;
        let (_, browser) = administrator(&app, "root").await;
        let people = crowd(&app, 100_000).await;
        let everyone = group(&app, "everyone", false, &[]).await;
        let mut tx = app.app().db.begin().await.expect("a transaction");
        for chunk in people.chunks(10_000) {
            let rows: Vec<[muster::db::Value; 2]> = chunk.iter().map(|person| [everyone.into(), (*person).into()]).collect();
            muster::db::insert_rows(&mut tx, "INSERT INTO group_members (group_id, user_id) VALUES", rows, "").await.expect("members");
        }
        tx.commit().await.expect("committed");
        if engine == Engine::Postgres {
            app.execute("ANALYZE", vec![]).await;
        }
        let group = format!("/admin/groups/{everyone}");
        let paths =
            ["", "?sort=-name", "?sort=username", "?sort=-seen", "?sort=seen", "?sort=created", "?page=1000", "?page=2000&sort=-seen", "?q=ada"];
        let more = ["?q=p077777", "?q=nobody+here", "?q=ada+hopper&sort=-seen", "?state=missing", "?admins=true", "?source=local", "?state=blocked"];
        let paths = paths.iter().chain(&more).map(|query| format!("/admin/users{query}"));
        for path in paths.chain([group.clone(), format!("{group}?page=1900"), format!("{group}?q=ada"), "/admin/groups?sort=-members".into()]) {
            println!("{engine:?} {path}: {:?}", fastest(&browser, &path).await);
        }
        let began = Instant::now();
        let listed = shell(&app).run(["users", "list", "--format", "json"]).await;
        println!("{engine:?} users list: {:?}, {} bytes", began.elapsed(), listed.stdout.len());
        app.stop().await;
    }
}

async fn fastest(browser: &Browser, path: &str) -> std::time::Duration {
    let mut fastest = std::time::Duration::MAX;
    for _ in 0..7 {
        let began = Instant::now();
        assert_eq!(browser.get(path).await.status, StatusCode::OK, "{path}");
        fastest = fastest.min(began.elapsed());
    }
    fastest
}
