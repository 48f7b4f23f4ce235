//! A server that moves to another address, and the passkeys that belong to the old one.

use muster::clock::Clock;
use muster::server;
use serde_json::json;

use crate::support::app::{Engine, TestApp, on_each_engine};
use crate::support::forge::Forge;
use crate::support::http::Browser;
use crate::support::janitor;
use crate::support::process::Muster;

/// An installation on the database of a server in this process.
fn beside(app: &TestApp) -> Muster {
    let mut muster = Muster::new();
    muster.set("DB_CONNECTION_STRING", app.app().config.db_connection_string.reveal());
    muster.set("ENCRYPTION_KEY", "muster-key-dGhlIGtleSB0aGF0IGV2ZXJ5IHRlc3QgaGVyZSBoYXM");
    muster
}

#[tokio::test]
async fn a_server_whose_address_would_orphan_passkeys_does_not_start_and_says_how_to_go_on() {
    on_each_engine(async |app| {
        for name in ["ada", "grace"] {
            app.enrol(&app.browser(), &app.passkeys(), &app.person(name).await).await;
        }
        let mut moved = beside(app);
        moved.set("APP_URL", "https://id.new.example");
        let refused = moved.run(["serve"]).await;
        assert_eq!((refused.status, refused.stdout.as_str()), (1, ""), "{refused:?}");
        for part in [
            "id.new.example",
            "the 2 passkeys (of 2 people)",
            "belong to localhost",
            "set APP_URL back",
            "PASSKEY_RP_ID=localhost",
            "give-up --count 2",
            "docs/moving.md",
        ] {
            assert!(refused.stderr.contains(part), "{part}: {refused:?}");
        }
        assert_eq!(app.count("SELECT COUNT(*) FROM passkeys", vec![]).await, 2);
        let shown = moved.run(["passkeys", "host"]).await;
        assert!(shown.stdout.contains("localhost") && shown.stdout.contains("https://id.new.example"), "{shown:?}");

        // On with the old host under the new address.
        moved.set("PASSKEY_RP_ID", "localhost");
        let people = moved.run(["users", "list", "--format", "json"]).await;
        assert_eq!(people.status, 0, "{people:?}");
        // Without them, on purpose only.
        moved.unset("PASSKEY_RP_ID");
        for (count, says) in [("1", "there are 2 passkeys"), ("3", "there are 2 passkeys")] {
            let refused = moved.run(["passkeys", "give-up", "--count", count]).await;
            assert!(refused.status == 1 && refused.stderr.contains(says), "{refused:?}");
        }
        assert_eq!(app.count("SELECT COUNT(*) FROM passkeys", vec![]).await, 2);
        let given_up = moved.run(["passkeys", "give-up", "--count", "2"]).await;
        assert_eq!(given_up.status, 0, "{given_up:?}");
        assert_eq!(app.count("SELECT COUNT(*) FROM passkeys", vec![]).await, 0);
        let link = moved.run(["one-time-access-token", "ada"]).await;
        assert!(link.status == 0 && link.stdout.contains("https://id.new.example/lc/"), "{link:?}");
        let again = moved.run(["passkeys", "give-up", "--count", "0"]).await;
        assert!(again.status == 1 && again.stderr.contains("nothing to give up"), "{again:?}");
    })
    .await;
}

#[tokio::test]
async fn passkeys_go_on_under_a_related_address_and_browsers_are_told_of_it() {
    let app = TestApp::start(Engine::Sqlite).await;
    assert_eq!(app.browser().get("/.well-known/webauthn").await.status, 404, "there is nothing to tell");
    let mut config = app.configuration(&[("APP_URL", "https://id.new.example"), ("PASSKEY_RP_ID", "id.old.example"), ("PORT", "0")]);
    let folder = janitor::directory("moved");
    config.db_connection_string = muster::secret::Password::new(format!("sqlite://{}/muster.db", folder.path().display()));
    let moved = server::start(config, Clock::system()).await.expect("the server starts");
    let at = format!("http://{}", moved.address);
    let told = Browser::new(&at).get("/.well-known/webauthn").await;
    assert_eq!((told.status.as_u16(), told.header("content-type")), (200, "application/json"));
    assert_eq!(told.json(), json!({ "origins": ["https://id.new.example"] }));
    let started = Browser::new(&at)
        .request(reqwest::Method::POST, "/sign-in/start")
        .header("origin", "https://id.new.example")
        .header("sec-fetch-site", "same-origin")
        .json(&json!({}));
    let options = crate::support::http::answer(started).await.json();
    assert_eq!(options["publicKey"]["rpId"], "id.old.example");
    moved.stop().await;
    app.stop().await;
}

#[tokio::test]
async fn of_two_instances_with_other_addresses_on_one_database_the_first_passkey_says_whose_it_is() {
    on_each_engine(async |app| {
        // The other one starts while there are no passkeys, and says where they will belong.
        let other = app.configuration(&[("APP_URL", "http://other.localhost:1"), ("PORT", "0")]);
        let other = server::start(other, Clock::system()).await.expect("the server starts");
        let (ada, grace) = (app.person("ada").await, app.person("grace").await);
        app.enrol(&app.browser(), &app.passkeys(), &ada).await;
        assert_eq!(app.count("SELECT COUNT(*) FROM installation WHERE name = 'rp_id' AND value = 'localhost'", vec![]).await, 1);
        other.stop().await;
        let refused = server::start(app.configuration(&[("APP_URL", "http://other.localhost:1"), ("PORT", "0")]), Clock::system()).await;
        assert!(refused.is_err_and(|error| error.to_string().contains("the one passkey")));

        // Had it been the other's: this one keeps none that would work nowhere.
        app.execute("UPDATE installation SET value = 'other.localhost' WHERE name = 'rp_id'", vec![]).await;
        let browser = app.browser();
        app.sign_in_by_link(&browser, &grace).await;
        let started = app.post(&browser, "/account/passkeys/register/start", &json!({})).await.json();
        let credential = Forge::new(&app.url).registration(&started["publicKey"]).json();
        let body = json!({ "ceremony": started["ceremony"], "credential": credential });
        let kept = app.post(&browser, "/account/passkeys/register/finish", &body).await;
        assert_eq!((kept.status.as_u16(), kept.json()["error"].as_str()), (400, Some("wrong_address")), "{}", kept.body);
        assert_eq!(app.count("SELECT COUNT(*) FROM passkeys WHERE user_id = $1", vec![grace.id.into()]).await, 0);
    })
    .await;
}

#[tokio::test]
async fn addresses_no_browser_would_honour_and_lists_nobody_can_read_are_refused_at_start() {
    for (variables, says) in [
        (&[("PASSKEY_RP_ID", "not a host")][..], "PASSKEY_RP_ID"),
        (&[("PASSKEY_RELATED_ORIGINS", "id.example.org")], "PASSKEY_RELATED_ORIGINS"),
        (&[("PASSKEY_RELATED_ORIGINS", "http://id.example.org")], "https://"),
        (
            &[("PASSKEY_RELATED_ORIGINS", "https://a.a1.org,https://a.a2.org,https://a.a3.org,https://a.a4.org,https://a.a5.org,https://a.a6.org")],
            "more than 5",
        ),
        (&[("PASSKEY_METADATA_FILE", "/nowhere/models.jwt")], "PASSKEY_METADATA_FILE names /nowhere/models.jwt, which cannot be read"),
        (&[("PASSKEY_METADATA_FILE", "/etc/hostname")], "is not the file of the FIDO Metadata Service"),
        (&[("PASSKEY_METADATA_ROOT_FILE", "/etc/hostname")], "PASSKEY_METADATA_FILE is not"),
        (&[("PASSKEY_META", "x")], "PASSKEY_META is not a variable"),
    ] {
        let mut muster = Muster::new();
        muster.set("APP_URL", "https://id.example.org");
        for (name, value) in variables {
            muster.set(name, value);
        }
        let refused = muster.run(["serve"]).await;
        assert!(refused.status == 2 && refused.stderr.contains(says), "{variables:?}: {refused:?}");
    }
}
