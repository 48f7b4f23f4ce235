//! The page of signing keys, rotation by itself, and PS256.

use std::time::Duration;

use muster::audit::{self, Kind};
use muster::clients::SigningAlg;
use muster::jose::{Jws, KeySet};
use muster::oidc::keys::{self, Line};
use serde_json::Value;

use crate::oidc_support::{Provider, SIGNED_OUT_URI, on_both_databases, succeeded};
use crate::support::http::{Answer, Browser, answer};
use crate::support::process::Muster;
use crate::support::{postgres, wait_until};

const PATH: &str = "/admin/keys";
const DAY: Duration = Duration::from_secs(86_400);

async fn lines(provider: &Provider) -> Vec<Line> {
    keys::list(&provider.running.app).await.expect("the keys")
}

/// The ids of an algorithm's keys in this state.
async fn kids(provider: &Provider, alg: SigningAlg, state: &str) -> Vec<String> {
    lines(provider).await.into_iter().filter(|line| line.alg == alg && line.state.as_str() == state).map(|line| line.kid).collect()
}

/// Every key that signed once.
async fn retired(provider: &Provider) -> Vec<Line> {
    lines(provider).await.into_iter().filter(|line| line.state.as_str() == "retired").collect()
}

/// Waits until every algorithm has a next key.
async fn settled(provider: &Provider) {
    wait_until("the next keys", async || lines(provider).await.len() == 2 * SigningAlg::ALL.len()).await;
}

/// Says on the page of settings that keys change every so many days.
async fn rotate_every(provider: &Provider, browser: &Browser, days: u32) {
    let page = browser.get("/admin/settings").await;
    let done = browser.submit(&page, "/admin/settings", &[("key_rotation", &days.to_string())]).await;
    assert_eq!(done.header("location"), "/admin/settings?notice=saved");
    assert_eq!(provider.running.app.settings().key_rotation.0, days);
}

async fn rotations(provider: &Provider) -> Vec<(String, Value)> {
    let mut conn = provider.running.app.db.read().await.expect("a connection");
    let filter = audit::Filter { user: None, kind: Some(Kind::KeyRotated.as_str().to_owned()), before: None, limit: 500 };
    let found = audit::list(&mut conn, &filter).await.expect("the audit log");
    found.into_iter().map(|line| (line.actor_name, serde_json::from_str(&line.detail).expect("JSON"))).collect()
}

#[tokio::test]
async fn an_administrator_changes_a_key_on_the_page() {
    on_both_databases(async |provider| {
        settled(provider).await;
        let (_, browser) = provider.administrator().await;
        let page = browser.get(PATH).await;
        assert_eq!(page.texts("section.card h2")[..4], ["RS256", "ES256", "EdDSA", "PS256"]);
        let (active, next) = (kids(provider, SigningAlg::Es256, "active").await, kids(provider, SigningAlg::Es256, "next").await);
        assert_eq!(page.texts("#ES256 li code"), [active[0].clone(), next[0].clone()]);
        assert!(page.texts("#ES256 .notice").join("").contains("has been published for"), "the next key is new");
        let others = kids(provider, SigningAlg::Rs256, "active").await;
        let done = browser.submit(&page, "/admin/keys/rotate", &[("alg", "ES256")]).await;
        assert_eq!(done.header("location"), "/admin/keys?notice=rotated");
        assert_eq!((kids(provider, SigningAlg::Es256, "active").await, kids(provider, SigningAlg::Es256, "retired").await), (next, active));
        assert_eq!(kids(provider, SigningAlg::Rs256, "active").await, others, "one at a time");
        let page = browser.get("/admin/keys?notice=rotated").await;
        assert!(
            page.texts("#ES256 .badge").contains(&"Retired, still published".to_owned()) && page.texts(".notice").join("").contains("was changed")
        );
        assert!(rotations(provider).await.iter().any(|(actor, detail)| actor == "boss" && detail["alg"] == "ES256"));
        assert_eq!(browser.submit(&page, "/admin/keys/rotate", &[("alg", "HS256")]).await.status, 400);

        provider.wait(2 * DAY);
        assert_eq!(provider.browser().get(PATH).await.location().expect("a redirect").path(), "/sign-in");
        let person = provider.browser_of(&provider.person("ada").await).await;
        assert_eq!(
            (person.get(PATH).await.status.as_u16(), person.submit(&page, "/admin/keys/rotate", &[("alg", "ES256")]).await.status.as_u16()),
            (403, 403)
        );
    })
    .await;
}

#[tokio::test]
async fn keys_change_by_themselves_as_the_settings_say_and_never_before_the_next_is_known() {
    on_both_databases(async |provider| {
        settled(provider).await;
        let app = &provider.running.app;
        let active = async || kids(provider, SigningAlg::Rs256, "active").await;
        let before = active().await;
        provider.wait(400 * DAY);
        keys::follow(app, provider.now()).await.unwrap();
        assert_eq!(active().await, before, "never, unless somebody says so");
        let next = kids(provider, SigningAlg::Rs256, "next").await;
        let (_, browser) = provider.administrator().await;
        rotate_every(provider, &browser, 30).await;
        // The job of the server may be faster; then there is nothing left to do.
        keys::follow(app, provider.now()).await.unwrap();
        wait_until("the change", async || active().await == next && retired(provider).await.len() == SigningAlg::ALL.len()).await;
        for alg in SigningAlg::ALL {
            assert_eq!(kids(provider, alg, "retired").await.len(), 1, "{alg}");
        }
        assert!(rotations(provider).await.iter().any(|(actor, detail)| actor.contains("key rotation") && detail["scheduled"] == true));
        provider.wait(29 * DAY);
        keys::follow(app, provider.now()).await.unwrap();
        assert_eq!(active().await, next, "not yet");
        provider.wait(DAY);
        keys::follow(app, provider.now()).await.unwrap();
        wait_until("the second change", async || active().await != next).await;
    })
    .await;
}

#[tokio::test]
async fn of_several_instances_one_changes_the_keys() {
    let database = postgres::database().await;
    let (one, two) = tokio::join!(Provider::start(Some(database.clone())), Provider::start(Some(database)));
    settled(&one).await;
    let (_, browser) = one.administrator().await;
    rotate_every(&one, &browser, 30).await;
    wait_until("the other instance to know", async || two.running.app.settings().key_rotation.0 == 30).await;
    for provider in [&one, &two] {
        provider.wait(31 * DAY);
    }
    let now = one.now();
    let follow = async |provider: &Provider| keys::follow(&provider.running.app, now).await.unwrap();
    tokio::join!(follow(&one), follow(&two), follow(&one), follow(&two));
    wait_until("the change", async || retired(&one).await.len() >= SigningAlg::ALL.len()).await;
    follow(&two).await;
    for alg in SigningAlg::ALL {
        assert_eq!(kids(&one, alg, "retired").await.len(), 1, "{alg}: once, not once for each");
        assert_eq!(kids(&one, alg, "active").await, kids(&two, alg, "active").await);
    }
    tokio::join!(one.running.stop(), two.running.stop());
}

#[tokio::test]
async fn oidcc_server_rotate_keys() {
    on_both_databases(async |provider| {
        settled(provider).await;
        let (_, browser) = provider.administrator().await;
        let set = async || provider.browser().get("/.well-known/jwks.json").await.json()["keys"].as_array().expect("keys").clone();
        let kids = |keys: &[Value]| keys.iter().map(|key| key["kid"].as_str().expect("a kid").to_owned()).collect::<Vec<_>>();
        let before = set().await;
        let page = browser.get(PATH).await;
        browser.submit(&page, "/admin/keys/rotate", &[("alg", "RS256")]).await;
        let after = set().await;
        let new: Vec<&Value> = after.iter().filter(|key| !kids(&before).contains(&key["kid"].as_str().unwrap().to_owned())).collect();
        assert_eq!((new.len(), new[0]["kty"].as_str()), (1, Some("RSA")), "no key of another type appears");
        assert!(before.iter().all(|key| after.contains(key)) && before.iter().all(|key| key["n"] != new[0]["n"]));
    })
    .await;
}

/// A key that was stolen: nothing it signed counts from the moment the button is pressed, and sign-ins go on.
#[tokio::test]
async fn a_withdrawn_key_vouches_for_nothing_and_another_signs_at_once() {
    on_both_databases(async |provider| {
        settled(provider).await;
        let (_, browser) = provider.administrator().await;
        let client = provider.client_with(|it| (it.signing_alg, it.acts_alone) = (SigningAlg::Es256, true), &[]).await;
        let api = provider.api("https://docs.example.org", "jwt", |_| {}).await;
        provider.allow(api, client.id, None, Some("docs:read"), true).await;
        let machine = async || {
            let asked = [("grant_type", "client_credentials"), ("resource", "https://docs.example.org")];
            succeeded(&client.post_proved("/api/oidc/token", &asked, &[]).await)["access_token"].as_str().expect("a token").to_owned()
        };
        let published = async || provider.browser().get("/.well-known/jwks.json").await.body;
        for state in ["next", "active", "retired"] {
            if state == "retired" {
                let page = browser.get(PATH).await;
                browser.submit(&page, "/admin/keys/rotate", &[("alg", "ES256")]).await;
            }
            let (token, tokens) = (machine().await, client.tokens(&browser, &[]).await);
            if state == "retired" {
                let page = browser.get(PATH).await;
                browser.submit(&page, "/admin/keys/rotate", &[("alg", "ES256")]).await;
            }
            let stolen = if state == "next" { kids(provider, SigningAlg::Es256, state).await } else { vec![kid(&token)] };
            let stolen = stolen[0].clone();
            assert!(published().await.contains(&stolen), "{state}");
            let page = browser.get(PATH).await;
            let form = page.texts("#ES256 form[action='/admin/keys/withdraw'] p").join(" ");
            assert!(form.contains("every token it signed is invalid at once") && form.contains("may believe it for some minutes"), "{form}");
            let done = post(provider, &browser, &stolen).await;
            assert_eq!(done.header("location"), "/admin/keys?notice=withdrawn", "{state}: {}", done.body);
            assert!(!published().await.contains(&stolen), "{state}");
            let was_signed_with_it = state != "next";
            assert_eq!(client.introspect(&token).await["active"] == true, !was_signed_with_it, "{state}");
            let hint = tokens["id_token"].as_str().expect("an ID token");
            let bye = serde_urlencoded::to_string([("id_token_hint", hint), ("post_logout_redirect_uri", SIGNED_OUT_URI)]).unwrap();
            let nobody = provider.browser().get(&format!("/api/oidc/end-session?{bye}")).await;
            assert_eq!(nobody.status == 400, was_signed_with_it, "{state}: {} {}", nobody.status, nobody.body);
            // One signs and one is next, whatever was withdrawn, and what they sign counts.
            for state in ["active", "next"] {
                assert_eq!(kids(provider, SigningAlg::Es256, state).await.len(), 1);
            }
            assert_eq!(client.introspect(&machine().await).await["active"], true, "{state}");
            client.tokens(&browser, &[]).await;
            assert_eq!(post(provider, &browser, &stolen).await.status, 404, "gone already");
        }
        assert_eq!(provider.count("SELECT COUNT(*) FROM audit_events WHERE kind = 'key_withdrawn'").await, 3);
        let person = provider.browser_of(&provider.person("ada").await).await;
        assert_eq!(post(provider, &person, &kids(provider, SigningAlg::Rs256, "active").await[0]).await.status, 403);
    })
    .await;
}

#[tokio::test]
async fn a_key_is_withdrawn_at_the_command_line() {
    let muster = Muster::new();
    let listed = async || muster.run(["keys", "list", "--format", "json"]).await.json();
    let before = listed().await;
    let stolen = before.as_array().expect("keys").iter().find(|key| key["alg"] == "RS256" && key["state"] == "active").expect("a key")["kid"].clone();
    let stolen = stolen.as_str().expect("an id");
    let said = muster.run(["keys", "withdraw", stolen]).await;
    assert!(said.status == 0 && !said.stdout.contains(stolen), "{said:?}");
    let after = listed().await;
    assert!(after.as_array().expect("keys").iter().any(|key| key["alg"] == "RS256" && key["state"] == "active"), "{after}");
    let again = muster.run(["keys", "withdraw", stolen]).await;
    assert!(again.status == 1 && again.stderr.contains("there is no key"), "{again:?}");
}

fn kid(jwt: &str) -> String {
    Jws::parse(jwt, 8192).expect("a JWT").header().kid.clone().expect("a kid")
}

/// Presses the button of a key, whatever the page shows by now.
async fn post(provider: &Provider, browser: &Browser, kid: &str) -> Answer {
    let request =
        browser.request(reqwest::Method::POST, "/admin/keys/withdraw").header("origin", &provider.base).header("sec-fetch-site", "same-origin");
    answer(request.form(&[("kid", kid)])).await
}

#[tokio::test]
async fn each_algorithm_signs_with_a_key_of_its_own() {
    on_both_databases(async |provider| {
        let browser = provider.browser_of(&provider.person("ada").await).await;
        let published = provider.browser().get("/.well-known/jwks.json").await.body;
        let set = KeySet::parse(published.as_bytes()).expect("a set");
        let mut signed_with = Vec::new();
        for alg in SigningAlg::ALL {
            let client = provider.client_with(|it| it.signing_alg = alg, &[]).await;
            let tokens = client.tokens(&browser, &[]).await;
            let jws = Jws::parse(tokens["id_token"].as_str().expect("an ID token"), 8192).expect("a JWT");
            assert_eq!(jws.header().alg, alg);
            let claims: Value = jws.verify_with(&set, &[alg]).and_then(|verified| verified.claims()).expect("a good signature");
            assert_eq!(claims["aud"], Value::from(vec![client.client_id.clone()]));
            signed_with.push(jws.header().kid.clone().expect("a kid"));
        }
        signed_with.sort_unstable();
        signed_with.dedup();
        assert_eq!(signed_with.len(), 4, "RS256 and PS256 do not share a key");
    })
    .await;
}
