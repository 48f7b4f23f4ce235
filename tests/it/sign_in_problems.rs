//! Why somebody could not sign in, looked up by the code they saw.

use muster::audit::Kind;
use serde_json::{Value, json};

use crate::pages_support::administrator;
use crate::support::app::{TestApp, on_each_engine};
use crate::support::authenticator::SoftwarePasskeys;
use crate::support::http::{Answer, Browser};

/// Signs in with an answer that `bend` has changed.
async fn bent(app: &TestApp, passkeys: &SoftwarePasskeys, bend: impl FnOnce(&mut Value)) -> Answer {
    let browser = app.browser();
    let started = app.post(&browser, "/sign-in/start", &json!({})).await.json();
    let mut credential = passkeys.sign_in(&started["publicKey"]).await.expect("a passkey");
    bend(&mut credential);
    app.post(&browser, "/sign-in/finish", &json!({ "ceremony": started["ceremony"], "credential": credential })).await
}

async fn look_up(admin: &Browser, code: &str) -> Answer {
    admin.get(&format!("/admin/sign-in-problems?code={code}")).await
}

#[tokio::test]
async fn a_refusal_has_a_code_under_which_an_administrator_finds_the_cause() {
    on_each_engine(async |app| {
        let (_, root) = administrator(app, "root").await;
        assert!(root.get("/admin/sign-in-problems").await.body.contains("No problems"));
        let (ada, passkeys) = (app.person("ada").await, app.passkeys());
        app.enrol(&app.browser(), &passkeys, &ada).await;

        // Another address than the one configured.
        let browser = app.browser();
        let started = app.post(&browser, "/sign-in/start", &json!({})).await.json();
        let mut credential = passkeys.sign_in(&started["publicKey"]).await.expect("a passkey");
        let text = credential["response"]["clientDataJSON"].as_str().expect("text");
        let mut said: Value = serde_json::from_slice(&from_base64url(text)).expect("JSON");
        said["origin"] = "https://wrong.example".into();
        credential["response"]["clientDataJSON"] = crate::support::forge::base64url(said.to_string().as_bytes()).into();
        let refused = app.post(&browser, "/sign-in/finish", &json!({ "ceremony": started["ceremony"], "credential": credential })).await;
        assert_eq!((refused.status.as_u16(), refused.json()["error"].as_str()), (400, Some("wrong_address")));
        let code = refused.json()["problem"].as_str().expect("a code").to_owned();
        assert_eq!((code.len(), code.find('-')), (7, Some(4)), "{code}");
        let found = look_up(&root, &code.to_lowercase()).await;
        let shown = found.texts("#found").join(" ");
        assert!(shown.contains("https://wrong.example") && shown.contains(&app.url) && shown.contains("APP_URL"), "{shown}");
        assert!(shown.contains("UP, UV, BE, BS"), "{shown}");
        assert_eq!(app.audited(Kind::SignInRefused).await[0].1["code"], code.as_str());

        // A wrong signature: whose passkey it is, is known; nothing that could be used again is kept.
        let refused = bent(app, &passkeys, |credential| credential["response"]["signature"] = "AAAA".into()).await;
        let code = refused.json()["problem"].as_str().expect("a code").to_owned();
        let found = look_up(&root, &code.replace('-', "")).await;
        assert_eq!(found.texts("#found a"), ["ada Example"]);
        for secret in ["AAAA", "challenge", "userHandle"] {
            assert_eq!(app.count("SELECT COUNT(*) FROM sign_in_problems WHERE detail LIKE $1", vec![format!("%{secret}%").into()]).await, 0);
        }

        // A passkey nobody here has.
        app.execute("DELETE FROM passkeys WHERE user_id = $1", vec![ada.id.into()]).await;
        let refused = bent(app, &passkeys, |_| {}).await;
        assert_eq!(refused.status, 404);
        let code = refused.json()["problem"].as_str().expect("a code").to_owned();
        assert!(look_up(&root, &code).await.texts("#found h3")[0].contains("Nobody here has this passkey"));

        assert!(root.get("/admin/sign-in-problems").await.texts(".rows > li").len() >= 3);
        assert!(look_up(&root, "2222-22").await.body.contains("There is no problem with this code"));
        assert!(look_up(&root, "%3Cscript%3E").await.body.contains("six letters and digits"));
        assert_eq!(app.browser().get("/admin/sign-in-problems").await.status, 303);
    })
    .await;
}

fn from_base64url(text: &str) -> Vec<u8> {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(text).expect("base64url")
}

#[tokio::test]
async fn what_a_browser_tells_is_kept_without_saying_who_it_was() {
    on_each_engine(async |app| {
        let (_, root) = administrator(app, "root").await;
        let told = json!({ "operation": "sign_in", "name": "NotAllowedError", "millis": 40, "can": ["immediateGet", "my name is Ada"], "in_app": true, "address": "x" });
        let answer = app.post(&app.browser(), "/sign-in/problem", &told).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let code = answer.json()["code"].as_str().expect("a code").to_owned();
        let shown = look_up(&root, &code).await.texts("#found").join(" ");
        assert!(shown.contains("less than a second") && shown.contains("immediateGet") && !shown.contains("Ada"), "{shown}");
        assert_eq!(app.count("SELECT COUNT(*) FROM sign_in_problems WHERE client_ip <> '' OR user_id IS NOT NULL", vec![]).await, 0);
        // The address it was open at is the one thing of its own it may say.
        let told = json!({ "operation": "sign_in", "name": "wrong_address", "address": "http://127.0.0.1:1\u{202e}" });
        let code = app.post(&app.browser(), "/sign-in/problem", &told).await.json()["code"].as_str().expect("a code").to_owned();
        let shown = look_up(&root, &code).await.texts("#found").join(" ");
        assert!(shown.contains("http://127.0.0.1:1") && shown.contains(&app.url), "{shown}");

        let refused = async |told: Value| app.post(&app.browser(), "/sign-in/problem", &told).await.status.as_u16();
        assert_eq!(refused(json!({ "operation": "nonsense" })).await, 422);
        assert!([400, 422].contains(&refused(json!([])).await));
        assert_eq!(refused(json!({ "operation": "sign_in", "name": "x".repeat(4_000) })).await, 413);
        let request = app.browser().request(reqwest::Method::POST, "/sign-in/problem").header("origin", "https://evil.example");
        assert_eq!(crate::support::http::answer(request.header("sec-fetch-site", "cross-site").json(&told)).await.status, 403);
        let flood = async || app.browser().post_json("/sign-in/problem", &json!({ "operation": "proof" })).await.status.as_u16();
        let mut statuses = Vec::new();
        for _ in 0..40 {
            statuses.push(flood().await);
        }
        assert!(statuses.contains(&429), "{statuses:?}");
    })
    .await;
}

#[tokio::test]
async fn problems_are_forgotten_in_time_and_never_too_many() {
    on_each_engine(async |app| {
        let told = json!({ "operation": "register", "name": "AbortError" });
        let old = app.post(&app.browser(), "/sign-in/problem", &told).await.json()["code"].clone();
        app.clock.advance(std::time::Duration::from_secs(10 * 86_400));
        app.post(&app.browser(), "/sign-in/problem", &told).await;
        muster::sign_in_problems::sweep(app.app(), app.clock.now()).await.expect("swept");
        assert_eq!(app.count("SELECT COUNT(*) FROM sign_in_problems", vec![]).await, 2);
        app.clock.advance(std::time::Duration::from_secs(5 * 86_400));
        muster::sign_in_problems::sweep(app.app(), app.clock.now()).await.expect("swept");
        assert_eq!(app.count("SELECT COUNT(*) FROM sign_in_problems", vec![]).await, 1);
        let gone = old.as_str().expect("a code").replace('-', "");
        assert_eq!(app.count("SELECT COUNT(*) FROM sign_in_problems WHERE code = $1", vec![gone.into()]).await, 0);
    })
    .await;
}
