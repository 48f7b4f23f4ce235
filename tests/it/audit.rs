//! The audit log in the administration and on the command line.

use std::collections::BTreeSet;

use muster::audit::{self, Actor, Event, Kind};
use muster::web::Client;
use reqwest::StatusCode;

use crate::pages_support::{administrator, forge, led_to};
use crate::support::app::{TestApp, on_each_engine};
use crate::users::shell;

/// So many refused sign-ins, two of them at each instant, so that the order depends on more than time.
async fn refusals(app: &TestApp, count: i64) {
    let now = app.clock.now();
    let client = Client { ip: Some("192.0.2.7".parse().expect("an address")), user_agent: "curl/8.9".into(), ..Client::default() };
    let at = |n: i64| muster::clock::Timestamp::from_millis(now.as_millis() - 1_000_000 + n / 2);
    let event =
        |n| Event::new(at(n), Kind::SignInRefused, Actor::visitor()).from_client(&client).with("attempt_number", n).with("reason", "<b>why</b>");
    let mut tx = app.app().db.begin().await.expect("a transaction");
    audit::record_all(&mut tx, (0..count).map(event).collect()).await.expect("recorded");
    tx.commit().await.expect("committed");
}

#[tokio::test]
async fn the_log_reads_newest_first_and_every_event_is_on_exactly_one_page() {
    on_each_engine(async |app| {
        let (_, browser) = administrator(app, "root").await;
        refusals(app, 131).await;
        let mut next = Some("/admin/audit?kind=sign_in_refused".to_owned());
        let (mut seen, mut pages) = (Vec::new(), 0);
        while let Some(path) = next {
            let page = browser.get(&path).await;
            let details = page.texts("tbody .quiet");
            seen.extend(details.iter().filter_map(|detail| detail.strip_prefix("attempt number: ")?.parse::<i64>().ok()));
            next = page.attribute("a[rel=next]", "href");
            pages += 1;
            assert!(pages < 10, "the pages go in circles");
        }
        assert_eq!((pages, seen.len(), seen.iter().collect::<BTreeSet<_>>().len()), (3, 131, 131));
        assert!(seen.windows(2).all(|pair| pair[0] / 2 >= pair[1] / 2), "not newest first");
        let page = browser.get("/admin/audit?kind=sign_in_refused").await;
        assert!(page.texts("tbody .quiet").contains(&"reason: <b>why</b>".to_owned()), "text from outside is text");
        assert_eq!(page.texts("tbody td[data-label=Who]")[0], "a visitor");
        assert!(page.texts("tbody td[data-label=From]")[0].starts_with("192.0.2.7"));
    })
    .await;
}

#[tokio::test]
async fn the_log_is_filtered_by_person_also_after_they_are_gone() {
    on_each_engine(async |app| {
        let (root, browser) = administrator(app, "root").await;
        let (ada, eve) = (app.person("ada").await, app.person("eve").await);
        for id in [ada.id, eve.id] {
            forge(app, &browser, &format!("/admin/users/{id}/block"), &[]).await;
        }
        let labels = async |query: &str| browser.get(&format!("/admin/audit?{query}")).await.texts("tbody strong, tbody .badge");
        assert_eq!(labels("person=ADA@example.org").await, ["Person blocked"]);
        assert_eq!(labels(&format!("person={}", ada.id)).await, ["Person blocked"]);
        assert_eq!(labels("kind=user_blocked").await.len(), 2);
        assert_eq!(labels("kind=user_blocked&person=eve").await.len(), 1);
        assert_eq!(labels("kind=user_deleted&person=eve").await.len(), 0);
        assert_eq!(labels("kind=user_blocked&person=root").await.len(), 2, "as the one who did it");
        let nobody = browser.get("/admin/audit?person=mallory").await;
        assert_eq!((nobody.status, nobody.texts("#m-person").len(), nobody.texts("tbody tr").len()), (StatusCode::OK, 1, 0));

        assert_eq!(led_to(&forge(app, &browser, &format!("/admin/users/{}/delete", ada.id), &[]).await), "/admin/users?notice=deleted");
        assert_eq!(labels(&format!("person={}", ada.id)).await, ["Person deleted", "Person blocked"]);
        let page = browser.get(&format!("/admin/audit?person={}", ada.id)).await;
        assert!(page.texts("tbody td[data-label=What]")[0].contains("ada"));
        assert_eq!(page.attribute("tbody td[data-label=Who] a", "href").as_deref(), Some(format!("/admin/users/{}", root.id).as_str()));
    })
    .await;
}

#[tokio::test]
async fn the_command_line_lists_events() {
    on_each_engine(async |app| {
        let ada = app.person("ada").await;
        refusals(app, 1_005).await;
        app.access_link(&ada).await;
        let shell = shell(app);
        let newest = shell.run(["audit", "list", "--limit", "1", "--format", "json"]).await.json();
        let event = &newest[0];
        assert_eq!(
            (event["kind"].as_str(), event["actor"].as_str(), event["subject"].as_str()),
            (Some("access_link_made"), Some("command line"), Some("ada"))
        );
        assert_eq!(event["subject_id"], serde_json::json!(ada.id));
        assert!(event["at"].as_str().is_some_and(|at| at.ends_with('Z')) && event["detail"].is_object());
        let count = async |arguments: [&str; 8]| shell.run(arguments).await.json().as_array().expect("an array").len();
        assert_eq!(count(["audit", "list", "--limit", "5000", "--kind", "sign_in_refused", "--format", "json"]).await, 1_005);
        assert_eq!(count(["audit", "list", "--limit", "5000", "--user", "ada", "--format", "json"]).await, 1);
        let unknown = shell.run(["audit", "list", "--kind", "nonsense"]).await;
        assert!(unknown.status == 2 && unknown.stderr.contains("sign_in_refused"), "{unknown:#?}");
        assert_eq!(shell.run(["audit", "list", "--limit", "3"]).await.stdout.lines().count(), 3);
    })
    .await;
}
