//! Settings in the administration.

use muster::audit::Kind;
use muster::settings::Settings;
use reqwest::StatusCode;
use serde_json::json;

use crate::pages_support::{administrator, forge, led_to};
use crate::support::app::{Engine, TestApp, on_each_engine};

const PATH: &str = "/admin/settings";

#[tokio::test]
async fn a_saved_setting_is_in_force_at_once_and_after_a_restart() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let app = TestApp::start(engine).await;
        let (_, browser) = administrator(&app, "root").await;
        let page = browser.get(PATH).await;
        assert_eq!(page.attribute("#f-app_name", "value").as_deref(), Some("Muster"));
        assert!(page.texts("label").contains(&"Name of this installation".to_owned()));
        let answer = browser.submit(&page, PATH, &[("app_name", "Example & Sons"), ("session_lifetime", "600")]).await;
        assert_eq!(led_to(&answer), "/admin/settings?notice=saved");
        let page = browser.get(PATH).await;
        assert_eq!(page.texts(".home"), ["Example & Sons"]);
        assert_eq!(app.app().settings().session_lifetime.0, 600);
        let started = app.post(&browser, "/account/passkeys/register/start", &json!({})).await;
        assert_eq!(started.json()["publicKey"]["rp"]["name"], "Example & Sons", "the browser's prompt follows");
        let (event, detail) = &app.audited(Kind::SettingsChanged).await[0];
        assert_eq!((event.actor_name.as_str(), detail), ("root", &json!({ "app_name": "Example & Sons", "session_lifetime": "600" })));
        // Sending the same again changes nothing and is not worth a line in the log.
        assert_eq!(led_to(&browser.submit(&page, PATH, &[]).await), "/admin/settings?notice=unchanged");
        assert_eq!(app.audited(Kind::SettingsChanged).await.len(), 1);
        let app = app.restart(&[]).await;
        assert_eq!(app.app().settings().app_name, "Example & Sons");
        app.stop().await;
    }
}

#[tokio::test]
async fn a_mistake_saves_nothing_and_keeps_what_was_typed() {
    on_each_engine(async |app| {
        let (_, browser) = administrator(app, "root").await;
        let page = browser.get(PATH).await;
        let answer = browser.submit(&page, PATH, &[("app_name", "New name"), ("session_lifetime", "0"), ("audit_log_retention", "soon")]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(answer.texts("#m-session_lifetime"), ["This must be a whole number from 1 to 525600."]);
        assert_eq!(answer.texts("#m-audit_log_retention").len(), 1);
        for (field, value) in [("app_name", "New name"), ("session_lifetime", "0"), ("audit_log_retention", "soon")] {
            assert_eq!(answer.attribute(&format!("#f-{field}"), "value").as_deref(), Some(value));
        }
        assert_eq!(app.count("SELECT COUNT(*) FROM settings", vec![]).await, 0);
        assert_eq!(app.app().settings().app_name, "Muster");
    })
    .await;
}

#[tokio::test]
async fn what_the_environment_pins_is_shown_with_its_variable_and_cannot_be_changed() {
    let app = TestApp::start_with(Engine::Sqlite, &[("APP_NAME", "Pinned")]).await;
    let (_, browser) = administrator(&app, "root").await;
    let page = browser.get(PATH).await;
    assert!(page.attribute("#f-app_name", "readonly").is_some());
    assert!(page.texts("#h-app_name")[0].contains("APP_NAME"));
    assert!(page.attribute("#f-session_lifetime", "readonly").is_none());
    let answer = forge(&app, &browser, PATH, &[("app_name", "Mallory"), ("session_lifetime", "700"), ("account_news", "true")]).await;
    assert_eq!(led_to(&answer), "/admin/settings?notice=saved");
    assert_eq!((app.app().settings().app_name.as_str(), app.app().settings().session_lifetime.0), ("Pinned", 700));
    assert_eq!(app.audited(Kind::SettingsChanged).await[0].1, json!({ "session_lifetime": "700" }));
    app.stop().await;
}

#[tokio::test]
async fn with_ui_config_disabled_the_page_says_so_and_refuses() {
    let app = TestApp::start_with(Engine::Sqlite, &[("UI_CONFIG_DISABLED", "true")]).await;
    let (_, browser) = administrator(&app, "root").await;
    let page = browser.get(PATH).await;
    assert!(page.texts(".notice")[0].contains("UI_CONFIG_DISABLED"));
    assert!(page.texts("form[action='/admin/settings'] button").is_empty(), "nothing to press");
    assert!(page.attribute("#f-app_name", "readonly").is_some());
    let answer = forge(&app, &browser, PATH, &[("app_name", "Mallory")]).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert!(answer.body.contains("UI_CONFIG_DISABLED"));
    assert_eq!(app.count("SELECT COUNT(*) FROM settings", vec![]).await, 0);
    app.stop().await;
}

#[test]
fn the_page_of_settings_has_each_with_its_variable_and_default() {
    let page = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/settings.md");
    let page = std::fs::read_to_string(page).expect("the page is there");
    let defaults = Settings::default();
    for entry in Settings::CATALOG {
        let default = Some(defaults.get(entry.key)).filter(|default| !default.is_empty() && !entry.input.is_secret());
        let row = format!("| `{}` | {} | ", entry.env, default.map(|default| format!("`{default}`")).unwrap_or_default());
        assert!(page.contains(&row), "docs/settings.md has no row that begins with {row}");
    }
}
