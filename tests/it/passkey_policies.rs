//! Which passkeys will do: policies for everybody and for groups, from the form to the sign-in, on both databases.

use std::time::Duration;

use muster::audit::Kind;
use muster::clients::policy::Policies;
use muster::clients::policy::claims::RequiredProof;
use muster::clients::{self, Authority, Registration as Registered};
use muster::clock::Timestamp;
use muster::db::query;
use muster::id::ClientId;
use muster::users::User;
use serde_json::{Value, json};

use crate::forward_auth::{Jar, WIKI, ask, guarded, open, who};
use crate::oidc_support::{Provider, assert_refused, on_both_databases};
use crate::pages_support::{administrator, forge as send, group, led_to};
use crate::support::app::{TestApp, on_each_engine, on_each_engine_with};
use crate::support::browser::Page;
use crate::support::forge::{self, Assertion, Forge, Registration};
use crate::support::http::{Answer, Browser};
use crate::support::makers::{Maker, Publisher};
use crate::support::virtual_authenticator::Device;

/// What makes an answer another one.
type Bend<'a> = &'a dyn Fn(&mut Registration<'_>);

const DAY: Duration = Duration::from_secs(86_400);

async fn register(app: &TestApp, browser: &Browser, forge: &mut Forge, bend: impl FnOnce(&mut Registration<'_>)) -> Answer {
    let started = app.post(browser, "/account/passkeys/register/start", &json!({})).await;
    if started.status != 200 {
        return started;
    }
    let started = started.json();
    let credential = forge.registration(&started["publicKey"]).with(bend).json();
    app.post(browser, "/account/passkeys/register/finish", &json!({ "ceremony": started["ceremony"], "credential": credential })).await
}

async fn sign_in(app: &TestApp, browser: &Browser, forge: &Forge, bend: impl FnOnce(&mut Assertion<'_>)) -> Answer {
    let started = app.post(browser, "/sign-in/start", &json!({})).await.json();
    let credential = forge.assertion(&started["publicKey"]).with(bend).json();
    app.post(browser, "/sign-in/finish", &json!({ "ceremony": started["ceremony"], "credential": credential })).await
}

/// Somebody who has one passkey: synced or bound to its device.
async fn with_passkey(app: &TestApp, user: &User, synced: bool) -> (Browser, Forge) {
    let (browser, mut forge) = (app.browser(), Forge::new(&app.url));
    app.sign_in_by_link(&browser, user).await;
    let flags = if synced { forge::BACKUP_ELIGIBLE | forge::BACKED_UP } else { 0 };
    let added = register(app, &browser, &mut forge, |it| it.authenticator.flags |= flags).await;
    assert_eq!(added.status, 200, "{}", added.body);
    (browser, forge)
}

fn synced(it: &mut Assertion<'_>) {
    it.authenticator.flags |= forge::BACKUP_ELIGIBLE | forge::BACKED_UP;
}

const EVERYONE: &str = "/admin/passkey-policies/everyone";

/// Saves a policy, confirming what it asks.
async fn put(app: &TestApp, browser: &Browser, path: &str, fields: &[(&str, &str)]) {
    let mut answer = send(app, browser, path, fields).await;
    if answer.status == 422 {
        let confirmed = answer.attribute("input[name=confirmed]", "value").unwrap_or_else(|| panic!("{}", answer.body));
        answer = send(app, browser, path, &[fields, &[("confirmed", confirmed.as_str())]].concat()).await;
    }
    assert_eq!(led_to(&answer), "/admin/passkey-policies?notice=saved", "{}", answer.body);
}

#[tokio::test]
async fn a_policy_shows_whom_it_would_lock_out_and_never_locks_out_the_last_administrator() {
    on_each_engine(async |app| {
        let (root, admin) = administrator(app, "root").await;
        let (ada, grace) = (app.person("ada").await, app.person("grace").await);
        with_passkey(app, &ada, true).await;
        with_passkey(app, &grace, false).await;
        let hardware = [("device_bound", "true"), ("grace_days", "7"), ("proof_minutes", "")];

        let refused = send(app, &admin, EVERYONE, &hardware).await;
        assert_eq!(refused.status, 422);
        assert!(refused.texts(".notice.bad")[0].starts_with("No administrator has such a passkey"), "{}", refused.body);
        assert!(refused.attribute("#f-device_bound", "checked").is_some(), "what was typed stays");

        let mut own = Forge::new(&app.url);
        assert_eq!(register(app, &admin, &mut own, |_| {}).await.status, 200);
        let asked = send(app, &admin, EVERYONE, &hardware).await;
        assert_eq!(asked.status, 422, "{}", asked.body);
        assert!(asked.texts(".notice.warn")[0].contains("1 person has passkeys, and none that would do"), "{}", asked.body);
        assert_eq!(asked.texts(".notice.warn li a"), ["ada Example"], "grace has another, root has two");
        assert_eq!(app.count("SELECT COUNT(*) FROM passkey_policies", vec![]).await, 0, "nothing was saved yet");
        // A number that is not theirs confirms nothing.
        assert_eq!(send(app, &admin, EVERYONE, &[&hardware[..], &[("confirmed", "2")]].concat()).await.status, 422);
        put(app, &admin, EVERYONE, &hardware).await;
        let (event, detail) = &app.audited(Kind::PasskeyPolicyChanged).await[0];
        assert_eq!((event.actor_name.as_str(), detail["after"].as_str()), ("root", Some("not synced, 7 days of grace")));

        // The administrator signed in with the other one, and is asked like everybody.
        assert_eq!(led_to(&admin.get("/account/passkeys").await), "/account/prove?back=%2Faccount%2Fpasskeys");
        assert_eq!(prove(app, &admin, &own, json!({ "back": "/account/passkeys" }), |_| {}).await.json()["next"], "/account/passkeys");
        // The last administrator keeps the one that will do.
        let page = admin.get("/account/passkeys").await;
        assert_eq!(page.texts(".badge.warn").iter().filter(|badge| badge.contains("Not of the kind")).count(), 1);
        let bound = app.count("SELECT COUNT(*) FROM passkeys WHERE user_id = $1", vec![root.id.into()]).await;
        assert_eq!(bound, 2);
        let id = page.attribute(".card:nth-child(2)", "id").expect("the second card").replace("passkey-", "");
        let kept = send(app, &admin, &format!("/account/passkeys/{id}/remove"), &[]).await;
        assert_eq!(led_to(&kept), "/account/passkeys?notice=last-admin");

        // A wrong form keeps what was typed, and a policy goes away again.
        let wrong = send(app, &admin, EVERYONE, &[("grace_days", "many"), ("models", "YubiKey 5"), ("proof_minutes", "0")]).await;
        assert_eq!((wrong.status.as_u16(), wrong.texts("#m-grace_days").len(), wrong.texts("#m-proof_minutes").len()), (422, 1, 1));
        assert!(wrong.texts("#m-models")[0].contains("PASSKEY_METADATA_FILE") && wrong.texts("#f-models")[0].contains("YubiKey 5"));
        assert_eq!(led_to(&send(app, &admin, &format!("{EVERYONE}/remove"), &[]).await), "/admin/passkey-policies?notice=removed");
        assert_eq!(send(app, &admin, &format!("{EVERYONE}/remove"), &[]).await.status, 404);
        assert_eq!(admin.get("/admin/passkey-policies/0198c0de-0000-7000-8000-000000000000").await.status, 404, "a group that is not there");
    })
    .await;
}

#[tokio::test]
async fn a_synced_passkey_signs_in_for_the_days_of_grace_and_then_says_what_is_wanted() {
    on_each_engine(async |app| {
        let (_, admin) = administrator(app, "root").await;
        assert_eq!(register(app, &admin, &mut Forge::new(&app.url), |_| {}).await.status, 200);
        let (ada, grace) = (app.person("ada").await, app.person("grace").await);
        let (_, hers) = with_passkey(app, &ada, true).await;
        let (_, other) = with_passkey(app, &grace, true).await;
        let engineers = group(app, "engineers", true, &[ada.id]).await;
        put(app, &admin, &format!("/admin/passkey-policies/{engineers}"), &[("device_bound", "true"), ("grace_days", "2")]).await;

        // Somebody else is not meant.
        assert_eq!(sign_in(app, &app.browser(), &other, synced).await.json()["next"], "/account");
        // Days pass before she comes: hers begin when she does.
        app.clock.advance(3 * DAY);
        let browser = app.browser();
        let let_in = sign_in(app, &browser, &hers, synced).await;
        assert_eq!((let_in.status.as_u16(), let_in.json()["next"].as_str()), (200, Some("/account/passkeys/wanted")), "{}", let_in.body);
        let page = browser.get("/account/passkeys/wanted").await;
        assert!(page.texts("p").concat().contains("stays on one device"), "{}", page.body);
        assert!(app.audited(Kind::SignIn).await[0].1["unsuitable_from"].is_string());
        // What she adds now has to be of the right kind.
        let another = register(app, &browser, &mut Forge::new(&app.url), |it| it.authenticator.flags |= forge::BACKUP_ELIGIBLE).await;
        assert_eq!((another.status.as_u16(), another.json()["error"].as_str()), (403, Some("unsuitable")));
        assert!(another.json()["message"].as_str().is_some_and(|said| said.contains("security key")), "{}", another.body);
        assert_eq!(app.audited(Kind::PasskeyRefused).await[0].1["reason"], "policy_synced");

        app.clock.advance(2 * DAY);
        let refused = sign_in(app, &app.browser(), &hers, synced).await;
        assert_eq!((refused.status.as_u16(), refused.json()["error"].as_str()), (403, Some("unsuitable")), "{}", refused.body);
        assert!(refused.json()["message"].as_str().is_some_and(|said| said.contains("one-time link")), "there is a way on: {}", refused.body);
        assert!(refused.json()["problem"].is_string());
        let (event, detail) = &app.audited(Kind::SignInRefused).await[0];
        assert_eq!((event.subject_name.as_str(), detail["reason"].as_str()), ("ada", Some("policy_synced")));

        // The way on: a link, and a passkey of the kind wanted.
        let (browser, mut bound) = (app.browser(), Forge::new(&app.url));
        app.sign_in_by_link(&browser, &ada).await;
        assert!(browser.get("/account/passkeys/add").await.texts(".notice").concat().contains("Wanted is a passkey that stays on one device"));
        let added = register(app, &browser, &mut bound, |_| {}).await;
        assert_eq!(added.status, 200, "{}", added.body);
        assert_eq!(sign_in(app, &app.browser(), &bound, |_| {}).await.json()["next"], "/account");
        // That it can be copied now makes it one that will not do.
        let copied = sign_in(app, &app.browser(), &bound, synced).await;
        assert_eq!((copied.status.as_u16(), copied.json()["error"].as_str()), (403, Some("unsuitable")), "{}", copied.body);
        assert_eq!(app.audited(Kind::SignInRefused).await[0].1["reason"], "policy_synced");
        assert_eq!(sign_in(app, &app.browser(), &bound, |_| {}).await.status, 200, "it is still what it was");

        // Days later another administrator lifts it.
        let (_, second) = administrator(app, "second").await;
        put(app, &second, &format!("/admin/passkey-policies/{engineers}"), &[("grace_days", "2"), ("proof_minutes", "5")]).await;
        assert_eq!(sign_in(app, &app.browser(), &hers, synced).await.status, 200, "every passkey will do again");
    })
    .await;
}

#[tokio::test]
async fn a_passkey_of_a_listed_model_is_kept_and_every_other_is_refused() {
    let publisher = Publisher::new();
    let (listed, other, broken) = (Maker::new("Sturdy Key", 0x51), Maker::new("Other Key", 0x52), Maker::new("Broken Key", 0x53));
    let entries = [listed.entry(&["FIDO_CERTIFIED_L1"]), other.entry(&[]), broken.entry(&["FIDO_CERTIFIED", "ATTESTATION_KEY_COMPROMISE"])];
    publisher.publish(&entries, "2099-01-01");
    let (file, root) = (publisher.file(), publisher.root_file());
    let variables = [("PASSKEY_METADATA_FILE", file.to_str().expect("text")), ("PASSKEY_METADATA_ROOT_FILE", root.to_str().expect("text"))];
    on_each_engine_with(&variables, async |app| {
        publisher.publish(&entries, "2099-01-01");
        app.reload().await;
        let (_, admin) = administrator(app, "root").await;
        let ada = app.person("ada").await;
        let (browser, _) = with_passkey(app, &ada, true).await;
        let keys = group(app, "keys", true, &[ada.id]).await;
        let path = format!("/admin/passkey-policies/{keys}");

        let page = admin.get("/admin/passkey-policies").await;
        assert!(page.texts("td, th").contains(&"Sturdy Key".to_owned()), "{}", page.body);
        for (models, says) in
            [("Broken Key", "ATTESTATION_KEY_COMPROMISE"), ("Nobody's Key", "neither the id"), ("00000000-0000-0000-0000-0000000000aa", "no model")]
        {
            let refused = send(app, &admin, &path, &[("models", models), ("grace_days", "1")]).await;
            assert!(refused.status == 422 && refused.texts("#m-models")[0].contains(says), "{models}: {}", refused.body);
        }
        put(app, &admin, &path, &[("models", "sturdy key"), ("grace_days", "9")]).await;
        assert!(admin.get(&path).await.texts("#f-models")[0].contains("# Sturdy Key"));
        // The session is one of a passkey that is none of these, so it opens nothing; by a link nobody's days begin.
        assert_eq!(app.post(&browser, "/account/passkeys/register/start", &json!({})).await.json()["error"], "proof_needed");
        app.sign_in_by_link(&browser, &ada).await;

        let started = app.post(&browser, "/account/passkeys/register/start", &json!({})).await.json();
        let options = &started["publicKey"];
        assert_eq!((options["attestation"].as_str(), options["authenticatorSelection"]["residentKey"].as_str()), (Some("direct"), Some("required")));
        assert_eq!((&options["authenticatorSelection"]["userVerification"], &options["hints"][0]), (&json!("required"), &json!("security-key")));
        assert!(options["extensions"]["minPinLength"].is_null() && options["extensions"]["hmacCreateSecret"].is_null(), "{options}");

        let cases: [(&str, Bend<'_>); 10] = [
            ("no attestation", &|_| {}),
            ("no attestation, and the model claimed", &|it| it.authenticator.attested.as_mut().expect("one").aaguid = listed.model.into_bytes()),
            ("attested by itself", &|it| it.attest_itself()),
            ("another model", &|it| other.attest(it)),
            ("another maker's certificate for the model", &|it| other.attest_as(it, listed.model, listed.model)),
            ("the model claimed with a certificate for another", &|it| listed.attest_as(it, listed.model, other.model)),
            ("a model of the maker's that is not listed", &|it| listed.attest_as(it, other.model, other.model)),
            ("a certificate that ran out", &|it| listed.attest_too_late(it)),
            ("the certificates the wrong way round", &|it| listed.attest_the_wrong_way_round(it)),
            ("synced", &|it| {
                it.authenticator.flags |= forge::BACKUP_ELIGIBLE;
                listed.attest(it);
            }),
        ];
        for (what, bend) in cases {
            let answer = register(app, &browser, &mut Forge::new(&app.url), bend).await;
            assert!(answer.status.is_client_error(), "{what}: {} {}", answer.status, answer.body);
            assert_eq!(app.count("SELECT COUNT(*) FROM passkeys WHERE user_id = $1", vec![ada.id.into()]).await, 1, "{what}");
        }
        let refused = register(app, &browser, &mut Forge::new(&app.url), |_| {}).await.json();
        assert!(refused["message"].as_str().is_some_and(|said| said.contains("Sturdy Key")), "{refused}");
        // Changed after it was signed.
        let bent = register(app, &browser, &mut Forge::new(&app.url), |it| {
            listed.attest(it);
            it.authenticator.counter = 9;
        })
        .await;
        assert!(bent.status.is_client_error(), "{}", bent.body);

        let mut good = Forge::new(&app.url);
        let added = register(app, &browser, &mut good, |it| listed.attest(it)).await;
        assert_eq!(added.status, 200, "{}", added.body);
        assert_eq!(app.audited(Kind::PasskeyAdded).await[0].1["proved_model"], listed.model.to_string());
        app.clock.advance(10 * DAY);
        assert_eq!(sign_in(app, &app.browser(), &good, |_| {}).await.json()["next"], "/account");

        // It becomes known that the model is not to be relied on; the server reads the new list.
        publisher.publish(&[listed.entry(&["REVOKED"]), other.entry(&[])], "2099-01-01");
        app.reload().await;
        let lost = sign_in(app, &app.browser(), &good, |_| {}).await;
        assert_eq!(
            (lost.status.as_u16(), lost.json()["next"].as_str()),
            (200, Some("/account/passkeys/wanted")),
            "the days of grace begin: {}",
            lost.body
        );
        app.clock.advance(10 * DAY);
        let lost = sign_in(app, &app.browser(), &good, |_| {}).await;
        assert_eq!((lost.status.as_u16(), lost.json()["error"].as_str()), (403, Some("unsuitable")), "{}", lost.body);

        // A list that ran out adds nobody, and keeps nobody out.
        publisher.publish(&entries, "2026-01-01");
        app.reload().await;
        assert_eq!(sign_in(app, &browser, &good, |_| {}).await.status, 200);
        let none = app.post(&browser, "/account/passkeys/register/start", &json!({})).await;
        assert_eq!((none.status.as_u16(), none.json()["error"].as_str()), (503, Some("no_metadata")));
        let (_, fresh) = administrator(app, "second").await;
        assert!(fresh.get("/admin/passkey-policies").await.texts(".notice.bad")[0].contains("out of date"));
        assert!(send(app, &fresh, &path, &[("models", "Other Key"), ("grace_days", "1")]).await.texts("#m-models")[0].contains("out of date"));
    })
    .await;
}

#[tokio::test]
async fn an_app_that_takes_one_model_only_says_so_and_the_person_adds_such_a_key_on_the_way_to_it() {
    let publisher = Publisher::new();
    let (listed, other) = (Maker::new("Sturdy Key", 0x51), Maker::new("Other Key", 0x52));
    publisher.publish(&[listed.entry(&[]), other.entry(&[])], "2099-01-01");
    let (file, root) = (publisher.file(), publisher.root_file());
    let variables = [("PASSKEY_METADATA_FILE", file.to_str().expect("text")), ("PASSKEY_METADATA_ROOT_FILE", root.to_str().expect("text"))];
    on_each_engine_with(&variables, async |app| {
        let ada = app.person("ada").await;
        let (browser, _) = with_passkey(app, &ada, true).await;
        let mut registration =
            Registered { name: "Vault".into(), redirect_uris: vec!["https://vault.example/cb".into()], skip_consent: true, ..Registered::default() };
        registration.policies.passkeys.models = vec![format!("{} # Sturdy Key", listed.model)];
        let made = clients::register(app.app(), Authority::CommandLine, ClientId::new(), registration, &[], app.clock.now()).await.expect("a client");
        let query = [
            ("client_id", made.client.client_id.as_str()),
            ("response_type", "code"),
            ("redirect_uri", "https://vault.example/cb"),
            ("scope", "openid"),
        ];
        let address = format!("/authorize?{}", serde_urlencoded::to_string(query).expect("a query"));

        let told = browser.get(&address).await;
        assert_eq!(told.texts("h1"), ["Vault wants another passkey"], "{}", told.body);
        assert!(told.texts("p").concat().contains("Sturdy Key"), "{}", told.body);
        let add = told.attribute(".actions a:not(.primary)", "href").expect("a way to add one");
        let page = browser.get(&add).await;
        assert!(page.texts(".notice").concat().contains("Sturdy Key"), "{}", page.body);
        let request = page.attribute("#add-passkey", "data-request").expect("the request goes along");
        let start = async || app.post(&browser, "/account/passkeys/register/start", &json!({ "request": request })).await.json();
        let finish = async |started: &Value, credential: Value| {
            let body = json!({ "ceremony": started["ceremony"], "credential": credential, "request": request });
            app.post(&browser, "/account/passkeys/register/finish", &body).await
        };
        let started = start().await;
        assert_eq!(started["publicKey"]["attestation"], "direct");
        let refused = finish(&started, Forge::new(&app.url).registration(&started["publicKey"]).with(|it| other.attest(it)).json()).await;
        assert_eq!((refused.status.as_u16(), refused.json()["error"].as_str()), (403, Some("unsuitable")), "{}", refused.body);
        let started = start().await;
        let added = finish(&started, Forge::new(&app.url).registration(&started["publicKey"]).with(|it| listed.attest(it)).json()).await;
        assert_eq!(added.status, 200, "{}", added.body);
        let on = browser.get(added.json()["next"].as_str().expect("a way on")).await;
        let to = on.location().expect("back to the app");
        assert!(to.as_str().starts_with("https://vault.example/cb?code="), "{to}");
    })
    .await;
}

#[tokio::test]
async fn the_virtual_key_of_a_browser_is_kept_under_a_policy_and_its_password_manager_is_told_of_what_was_not() {
    let app = TestApp::start(crate::support::app::Engine::Sqlite).await;
    let (_, admin) = administrator(&app, "root").await;
    assert_eq!(register(&app, &admin, &mut Forge::new(&app.url), |_| {}).await.status, 200);
    let ada = app.person("ada").await;
    put(&app, &admin, EVERYONE, &[("device_bound", "true"), ("grace_days", "1")]).await;
    let page = Page::open().await;
    let manager = page.plug_in(Device::default()).await;
    page.goto(&app.access_link(&ada).await).await;
    page.click("form button").await;
    page.wait_for_path("/account/passkeys/add").await;
    page.wait_for_text("Wanted is a passkey that stays on one device").await;
    page.click("#add-passkey button").await;
    page.wait_for_text("This passkey was not kept").await;
    crate::support::wait_until("the password manager forgets it", async || manager.credentials().await.is_empty()).await;
    manager.unplug().await;
    let key = page.plug_in(Device { transport: "usb", synced: false, ..Device::default() }).await;
    page.click("#add-passkey button").await;
    page.wait_for_path("/account/welcome").await;
    assert_eq!(key.credentials().await.len(), 1);
    app.stop().await;
}

/// Proves once more with a passkey, on the way to a page; gives the server's last answer.
async fn prove(app: &TestApp, browser: &Browser, forge: &Forge, wanted: Value, bend: impl FnOnce(&mut Assertion<'_>)) -> Answer {
    let started = app.post(browser, "/account/prove/start", &json!({})).await;
    assert_eq!(started.status, 200, "{}", started.body);
    let started = started.json();
    let credential = forge.assertion(&started["publicKey"]).with(bend).json();
    let mut body = json!({ "ceremony": started["ceremony"], "credential": credential });
    body.as_object_mut().expect("an object").extend(wanted.as_object().expect("an object").clone());
    app.post(browser, "/account/prove/finish", &body).await
}

const PROVE: &str = "/account/prove?back=%2Faccount";

#[tokio::test]
async fn a_session_of_a_passkey_that_a_stricter_policy_does_not_admit_opens_nothing_until_it_is_proved_again() {
    on_each_engine(async |app| {
        let (_, admin) = administrator(app, "root").await;
        assert_eq!(register(app, &admin, &mut Forge::new(&app.url), |_| {}).await.status, 200);
        let (ada, grace) = (app.person("ada").await, app.person("grace").await);
        let (browser, hers) = with_passkey(app, &ada, true).await;
        let (other, _) = with_passkey(app, &grace, true).await;
        let engineers = group(app, "engineers", true, &[ada.id]).await;
        let path = format!("/admin/passkey-policies/{engineers}");
        assert_eq!(browser.get("/account").await.status, 200);
        put(app, &admin, &path, &[("device_bound", "true"), ("grace_days", "2")]).await;

        // The very next page asks, and so does a form, which is kept; somebody else is not meant.
        assert_eq!(led_to(&browser.get("/account").await), PROVE);
        assert_eq!(other.get("/account").await.status, 200);
        let held = send(app, &browser, "/account/language", &[("language", "de")]).await;
        let token = led_to(&held).strip_prefix("/account/prove?form=").expect("the form is kept").to_owned();
        assert_eq!(app.post(&browser, "/account/passkeys/register/start", &json!({})).await.json()["error"], "proof_needed");
        let page = browser.get(PROVE).await;
        assert!(page.texts(".notice")[0].contains("wanted is a passkey that stays on one device"), "{}", page.body);
        assert_eq!(page.attribute(".other-way a", "href").as_deref(), Some("/sign-out"), "one may leave");
        assert_eq!(browser.get("/sign-in?back=%2Faccount").await.status, 200, "whoever has another passkey may use it");

        // The days of grace begin with the proof, and she is told.
        let proved = prove(app, &browser, &hers, json!({ "back": "/account" }), synced).await;
        assert_eq!(
            (proved.status.as_u16(), proved.json()["next"].as_str()),
            (200, Some("/account/passkeys/wanted?back=%2Faccount")),
            "{}",
            proved.body
        );
        assert!(browser.get("/account/passkeys/wanted?back=%2Faccount").await.texts("p").concat().contains("stays on one device"));
        assert_eq!(app.audited(Kind::ProofGiven).await[0].1["purpose"], "go on after a policy for passkeys became stricter");
        assert_eq!(browser.get("/account").await.status, 200);
        assert_eq!(
            led_to(&send(app, &browser, "/account/language", &[("held-form", token.as_str())]).await),
            "/account?notice=language",
            "what she sent goes on"
        );
        assert_eq!(sign_in(app, &app.browser(), &hers, synced).await.status, 200);

        // They are over while the session is open: no page, and no proof by that passkey.
        app.execute("UPDATE passkey_grace SET since = 0", vec![]).await;
        for wanted in ["/account", "/account/passkeys", "/account/sessions"] {
            assert!(led_to(&browser.get(wanted).await).starts_with("/account/prove?"), "{wanted}");
        }
        let refused = prove(app, &browser, &hers, json!({ "back": "/account" }), synced).await;
        assert_eq!((refused.status.as_u16(), refused.json()["error"].as_str()), (403, Some("unsuitable")), "{}", refused.body);
        assert_eq!(led_to(&browser.get("/account").await), PROVE);

        // A passkey of the kind wanted, added with a link elsewhere, opens the session again.
        let (elsewhere, mut bound) = (app.browser(), Forge::new(&app.url));
        app.sign_in_by_link(&elsewhere, &ada).await;
        assert_eq!(register(app, &elsewhere, &mut bound, |_| {}).await.status, 200);
        let proved = prove(app, &browser, &bound, json!({ "back": "/account" }), |_| {}).await;
        assert_eq!((proved.status.as_u16(), proved.json()["next"].as_str()), (200, Some("/account")), "{}", proved.body);
        assert_eq!(browser.get("/account").await.status, 200);

        // Whoever has none may leave; and when the policy is gone everything is as it was.
        let second = app.browser();
        put(app, &admin, &path, &[("grace_days", "2")]).await;
        assert_eq!(sign_in(app, &second, &hers, synced).await.status, 200);
        put(app, &admin, &path, &[("device_bound", "true"), ("grace_days", "0")]).await;
        assert_eq!(led_to(&second.get("/account").await), PROVE);
        assert_eq!(second.get("/sign-out").await.status, 200);
        assert_eq!(led_to(&send(app, &admin, &format!("{path}/remove"), &[]).await), "/admin/passkey-policies?notice=removed");
        assert_eq!(second.get("/account").await.status, 200);
        put(app, &admin, &path, &[("device_bound", "true"), ("grace_days", "0")]).await;
        assert_eq!(led_to(&send(app, &second, "/sign-out", &[]).await), "/sign-in?notice=signed-out");
        assert_eq!(led_to(&second.get("/account").await), "/sign-in?back=%2Faccount");
    })
    .await;
}

/// Puts a policy for everybody into the database, as another instance would.
async fn policy_behind(provider: &Provider, policy: &str, changed_at: Timestamp) {
    let insert = "INSERT INTO passkey_policies (id, group_id, policy, changed_at) VALUES ($1, NULL, $2, $3)
                  ON CONFLICT (id) DO UPDATE SET policy = excluded.policy, changed_at = excluded.changed_at";
    provider.execute(query(insert).bind(uuid::Uuid::nil()).bind(policy).bind(changed_at)).await;
}

#[tokio::test]
async fn an_app_gets_no_fresh_tokens_by_a_passkey_that_is_not_of_the_kind_wanted_now() {
    on_both_databases(async |provider| {
        let (client, ada) = (provider.client().await, provider.person("ada").await);
        let browser = provider.browser_of(&ada).await;
        let tokens = async || {
            let tokens = client.tokens(&browser, &[("scope", "openid offline_access")]).await;
            tokens["refresh_token"].as_str().expect("a refresh token").to_owned()
        };
        let refreshed = async |token: &str| client.refresh(token).await;
        let (first, second) = (tokens().await, tokens().await);
        let first = refreshed(&first).await.json()["refresh_token"].as_str().expect("another").to_owned();

        // In the days of grace, which count from the change for who was not told, they are given; later they are not.
        policy_behind(provider, r#"{"device_bound":true,"grace_days":2}"#, provider.now()).await;
        let first = refreshed(&first).await.json()["refresh_token"].as_str().expect("another").to_owned();
        policy_behind(provider, r#"{"device_bound":true,"grace_days":2}"#, provider.now() - 3 * DAY).await;
        let refused = refreshed(&first).await;
        assert_refused(&refused, 400, "invalid_grant");
        assert!(refused.json()["error_description"].as_str().is_some_and(|why| why.contains("another kind of passkey")), "{}", refused.body);
        assert_refused(&refreshed(&first).await, 400, "invalid_grant");
        // The session is held back, too: silently nobody is signed in.
        let silent = browser.get(&client.request(&[("prompt", "none")])).await;
        assert!(silent.location().expect("back to the app").as_str().contains("error=login_required"), "{silent:?}");
        let asked = browser.get(&client.request(&[])).await;
        assert!(led_to(&asked).starts_with("/sign-in?request="), "{}", led_to(&asked));

        // A policy of the app alone counts at the next refresh as well.
        policy_behind(provider, "{}", provider.now()).await;
        let second = refreshed(&second).await.json()["refresh_token"].as_str().expect("another").to_owned();
        let mut policies = Policies::default();
        policies.claims.required_proof = RequiredProof::HardwareHeld;
        let policies = serde_json::to_string(&policies).expect("JSON");
        provider.execute(query("UPDATE clients SET policy = $2 WHERE id = $1").bind(client.id).bind(policies.as_str())).await;
        assert_refused(&refreshed(&second).await, 400, "invalid_grant");
    })
    .await;
}

#[tokio::test]
async fn an_app_behind_a_proxy_is_closed_to_a_passkey_that_is_not_of_the_kind_wanted_now() {
    on_each_engine(async |app| {
        let (_, admin) = administrator(app, "root").await;
        assert_eq!(register(app, &admin, &mut Forge::new(&app.url), |_| {}).await.status, 200);
        let ada = app.person("ada").await;
        let (browser, hers) = with_passkey(app, &ada, true).await;
        let wiki = guarded(app, "Wiki", &[WIKI], &[]).await;
        let mut jar = Jar::default();
        assert_eq!(who(&open(app, &wiki, WIKI, "/page", &mut jar, &browser).await)[0], "ada");
        put(app, &admin, EVERYONE, &[("device_bound", "true"), ("grace_days", "2")]).await;
        assert_eq!(ask(app, &wiki, WIKI, "/page", &jar).await.status, 303, "she was not told yet");
        let proved = prove(app, &browser, &hers, json!({ "back": "/account" }), synced).await;
        assert_eq!(proved.status, 200, "{}", proved.body);
        assert_eq!(who(&ask(app, &wiki, WIKI, "/page", &jar).await)[0], "ada", "her days have begun, and the cookie counts as before");
        app.execute("UPDATE passkey_grace SET since = 0", vec![]).await;
        let stopped = open(app, &wiki, WIKI, "/page", &mut jar, &browser).await;
        assert_eq!(stopped.texts("#sign-in button").len(), 1, "the page to sign in: {}", stopped.body);
    })
    .await;
}
