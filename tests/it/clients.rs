//! Registering apps: on the pages and at the command line.

use muster::db::query;
use muster::users::User;
use serde_json::{Value, json};

use crate::oidc_support::{Client, Provider, REDIRECT_URI, assert_refused, claims, header, on_both_databases, plain};
use crate::support::http::{Answer, Browser, answer};
use crate::support::process::Muster;
use crate::support::wait_until;

/// An administrator at a browser.
async fn admin(provider: &Provider) -> (User, Browser) {
    provider.administrator().await
}

fn shown(page: &Answer, what: &str) -> String {
    page.attribute(&format!("#c-{what}"), "value").unwrap_or_else(|| panic!("no {what}: {} {}", page.status, page.body))
}

#[tokio::test]
async fn an_app_registered_on_the_page_signs_people_in() {
    on_both_databases(async |provider| {
        let (boss, browser) = admin(provider).await;
        let list = browser.get("/admin/clients").await;
        assert!(list.texts(".empty").join("").contains("No app is registered yet"));
        let form = browser.get("/admin/clients/new").await;
        let filled = [("name", "Wiki"), ("redirect_uris", REDIRECT_URI), ("skip_consent", "true"), ("signing_alg", "ES256")];
        let created = browser.submit(&form, "/admin/clients", &filled).await;
        assert_eq!((created.status.as_u16(), created.header("cache-control")), (200, "no-store"));
        let (client_id, secret) = (shown(&created, "client-id"), shown(&created, "client-secret"));
        assert_eq!((shown(&created, "issuer"), secret.starts_with("muster_cs_")), (provider.base.clone(), true));
        assert_eq!(shown(&created, "token"), format!("{}/api/oidc/token", provider.base));

        let client = Client { client_id: client_id.clone(), secret: Some(secret.clone()), ..provider.client().await };
        let tokens = client.tokens(&browser, &[("scope", "openid profile")]).await;
        assert_eq!(claims(&tokens)["preferred_username"], boss.username.as_str(), "claims in the ID token are the default");
        assert_eq!(header(&tokens)["alg"], "ES256");

        // The same form sent again makes no second client and shows no secret.
        let again = browser.submit(&form, "/admin/clients", &filled).await;
        let again = browser.follow(again).await;
        assert!(again.texts(".notice").join("").contains("registered already") && !again.body.contains(&secret));
        let list = browser.get("/admin/clients?q=wIk").await;
        assert_eq!(list.texts("tbody tr").len(), 2);
        assert_eq!(browser.get(&format!("/admin/clients?q={client_id}")).await.texts("tbody tr").len(), 1);
        assert!(browser.get("/admin/clients?q=%25").await.texts("tbody tr").is_empty(), "a wildcard is a letter like others");
    })
    .await;
}

#[tokio::test]
async fn a_form_with_mistakes_says_which_and_keeps_what_was_typed() {
    on_both_databases(async |provider| {
        let (_, browser) = admin(provider).await;
        let form = browser.get("/admin/clients/new").await;
        let uris = "https://ok.example/cb\njavascript:alert(1)";
        let typed = [("name", " "), ("redirect_uris", uris), ("post_logout_redirect_uris", "https://x.example/#f")];
        let refused = browser.submit(&form, "/admin/clients", &typed).await;
        assert_eq!(refused.status, 422);
        assert_eq!(refused.texts(".mistake").len(), 3, "{:?}", refused.texts(".mistake"));
        for says in ["Enter a name", "javascript:alert(1)", "fragment"] {
            assert!(refused.texts(".mistake").join(" ").contains(says), "{says}");
        }
        assert_eq!(refused.texts("textarea[name=redirect_uris]").join(" "), uris.replace('\n', " "));
        assert_eq!(provider.count("SELECT COUNT(*) FROM clients").await, 0);
        let mended = browser
            .submit(&refused, "/admin/clients", &[("name", "Wiki"), ("redirect_uris", "https://ok.example/cb"), ("post_logout_redirect_uris", "")])
            .await;
        assert_eq!(mended.status, 200);

        let client = provider.client().await;
        let page = browser.get(&format!("/admin/clients/{}", client.id)).await;
        let refused = browser.submit(&page, &format!("/admin/clients/{}", client.id), &[("redirect_uris", "")]).await;
        assert_eq!((refused.status.as_u16(), refused.texts(".mistake").len()), (422, 1));
    })
    .await;
}

#[tokio::test]
async fn an_app_is_registered_for_groups_that_are_ticked_and_found_without_a_script() {
    on_both_databases(async |provider| {
        let (_, browser) = admin(provider).await;
        let form = browser.get("/admin/clients/new").await;
        assert!(form.texts("main").join(" ").contains("There is no group yet"));
        let ada = provider.person("ada").await;
        let (staff, zebras) = (provider.group("staff", &[&ada]).await, provider.group("zebras", &[]).await);
        for number in 0..25 {
            provider.group(&format!("many{number:02}"), &[]).await;
        }
        let form = browser.get("/admin/clients/new").await;
        assert_eq!(form.texts("#groups label").len(), 20, "not all of them");
        // Searching keeps what was typed and ticked; the name is still missing, which nobody complains of yet.
        let (staff, zebras) = (format!("group_{staff}"), format!("group_{zebras}"));
        let found = browser
            .submit(&form, "/admin/clients", &[("redirect_uris", "https://ok.example/cb"), ("group_search", "STAF"), ("find_groups", "1")])
            .await;
        assert_eq!((found.status.as_u16(), found.texts("#groups label"), found.texts(".mistake").len()), (200, vec!["staff".to_owned()], 0));
        let found = browser.submit(&found, "/admin/clients", &[(&staff, "staff"), ("group_search", "zeb"), ("find_groups", "1")]).await;
        assert_eq!(found.texts("#groups label"), ["staff", "zebras"]);
        assert!(
            found.attribute(&format!("[name={staff}]"), "checked").is_some() && found.attribute(&format!("[name={zebras}]"), "checked").is_none()
        );
        assert_eq!(found.texts("textarea[name=redirect_uris]"), ["https://ok.example/cb"]);
        let refused = browser.submit(&found, "/admin/clients", &[]).await;
        assert_eq!((refused.status.as_u16(), refused.texts(".mistake").len()), (422, 1), "{:?}", refused.texts(".mistake"));
        let done = browser.submit(&refused, "/admin/clients", &[("name", "Wiki"), (&zebras, "zebras")]).await;
        assert_eq!(done.status, 200, "{:?}", done.texts(".mistake"));
        let page = browser.get(&browser.get("/admin/clients?q=wiki").await.attribute("tbody a", "href").expect("the client")).await;
        assert_eq!(page.texts("#groups .rows a"), ["staff", "zebras"]);
        // One that was removed meanwhile is no longer a group to keep an app to.
        let form = browser.get("/admin/clients/new").await;
        provider.execute(query("UPDATE groups SET removed_at = 1 WHERE name = 'many00'")).await;
        let id = form.attribute("#groups input[value=many00]", "name").expect("offered");
        let refused = browser.submit(&form, "/admin/clients", &[("name", "Blog"), ("redirect_uris", "https://ok.example/cb"), (&id, "many00")]).await;
        assert!(refused.status == 422 && refused.texts(".mistake").join("").contains("no group named many00"), "{:?}", refused.texts(".mistake"));
    })
    .await;
}

#[tokio::test]
async fn secrets_are_changed_without_an_outage() {
    on_both_databases(async |provider| {
        let (_, browser) = admin(provider).await;
        let old = provider.client().await;
        let page = browser.get(&format!("/admin/clients/{}", old.id)).await;
        assert_eq!(page.texts("#secrets .rows > li").len(), 1);
        assert!(!page.body.contains(old.secret.as_deref().unwrap()));
        let made = browser.submit(&page, &format!("/admin/clients/{}/secrets", old.id), &[]).await;
        let new = Client { secret: Some(shown(&made, "client-secret")), ..old.clone() };
        for client in [&old, &new] {
            client.tokens(&browser, &[]).await;
        }
        let page = browser.get(&format!("/admin/clients/{}", old.id)).await;
        let hint: String = old.secret.as_deref().unwrap().chars().take(18).collect();
        let deleted = browser.submit(&page, &format!("/admin/clients/{}/secrets/delete", old.id), &[("hint", &hint)]).await;
        assert_eq!(deleted.status, 303);
        new.tokens(&browser, &[]).await;
        assert_refused(&old.redeem(&old.code(&browser, &[]).await, &[]).await, 401, "invalid_client");
        // A client that becomes public has none left.
        let page = browser.get(&format!("/admin/clients/{}", old.id)).await;
        browser.submit(&page, &format!("/admin/clients/{}", old.id), &[("is_public", "true")]).await;
        assert_refused(&new.redeem(&new.code(&browser, &[]).await, &[]).await, 401, "invalid_client");
        Client { secret: None, ..new }.tokens(&browser, &[]).await;
    })
    .await;
}

#[tokio::test]
async fn groups_are_allowed_and_removed_on_the_page() {
    on_both_databases(async |provider| {
        let (boss, browser) = admin(provider).await;
        let client = provider.client().await;
        let (path, groups) = (format!("/admin/clients/{}", client.id), format!("/admin/clients/{}/groups", client.id));
        let (staff, guests) = (provider.group("staff", &[&boss]).await, provider.group("guests", &[]).await);
        let may = async || browser.get(&client.request(&[("prompt", "none")])).await.header("location").contains("code=");
        let change = async |change: &str, group: muster::id::GroupId| {
            let form = [("change", change.to_owned()), ("group", group.to_string())];
            let request = browser.request(reqwest::Method::POST, &groups).header("sec-fetch-site", "same-origin").form(&form);
            assert_eq!(answer(request).await.status, 303);
        };
        assert!(may().await);
        assert_eq!(browser.get(&format!("{path}?groups=STA")).await.texts("#offered > li").len(), 1);
        change("allow", guests).await;
        assert!(!may().await);
        change("allow", staff).await;
        assert!(may().await);
        change("disallow", staff).await;
        change("disallow", guests).await;
        assert!(!may().await, "closed, not open, when the last group is gone");
        assert!(browser.get(&path).await.texts("section").join(" ").contains("nobody can use it"));
        change("open", staff).await;
        assert!(may().await);
        assert!(provider.count("SELECT COUNT(*) FROM audit_events WHERE kind = 'client_changed'").await >= 5);
    })
    .await;
}

#[tokio::test]
async fn a_deleted_app_and_all_it_was_given_is_gone() {
    on_both_databases(async |provider| {
        let (_, browser) = admin(provider).await;
        let client = provider.client().await;
        let tokens = client.tokens(&browser, &[("scope", "openid offline_access")]).await;
        let page = browser.get(&format!("/admin/clients/{}", client.id)).await;
        assert!(page.texts("main").join(" ").contains("cannot be undone"));
        let done = browser.submit(&page, &format!("/admin/clients/{}/delete", client.id), &[]).await;
        assert!(browser.follow(done).await.texts(".notice").join("").contains("deleted"));
        assert_eq!(provider.userinfo(tokens["access_token"].as_str().unwrap()).await.status, 401);
        assert_refused(&client.refresh(tokens["refresh_token"].as_str().unwrap()).await, 401, "invalid_client");
        for table in ["SELECT COUNT(*) FROM grants", "SELECT COUNT(*) FROM tokens", "SELECT COUNT(*) FROM client_secrets"] {
            assert_eq!(provider.count(table).await, 0);
        }
        assert_eq!(browser.get(&format!("/admin/clients/{}", client.id)).await.status, 404);
    })
    .await;
}

#[tokio::test]
async fn only_administrators_reach_the_pages() {
    on_both_databases(async |provider| {
        let client = provider.client().await;
        let ada = provider.browser_of(&provider.person("ada").await).await;
        let (_, boss) = admin(provider).await;
        for path in ["/admin/clients", "/admin/clients/new", &format!("/admin/clients/{}", client.id)] {
            assert_eq!(ada.get(path).await.status, 403);
            assert!(provider.browser().get(path).await.header("location").starts_with("/sign-in"));
            assert_eq!(boss.get(path).await.status, 200);
        }
        for path in ["", "/secrets", "/secrets/delete", "/groups", "/delete"] {
            let path = format!("/admin/clients/{}{path}", client.id);
            let post =
                |browser: &Browser, site: &str| browser.request(reqwest::Method::POST, &path).header("sec-fetch-site", site).form(&[("hint", "x")]);
            assert_eq!(answer(post(&ada, "same-origin")).await.status, 403);
            assert_eq!(answer(post(&boss, "cross-site")).await.status, 403, "{path}: forged");
        }
        assert_eq!(provider.count("SELECT COUNT(*) FROM clients").await, 1);
        assert_eq!(provider.count("SELECT COUNT(*) FROM client_secrets").await, 1);
    })
    .await;
}

#[tokio::test]
async fn the_list_has_pages_and_orders() {
    on_both_databases(async |provider| {
        let (_, browser) = admin(provider).await;
        for number in 0..53 {
            provider.client_with(|it| it.name = format!("App {:02}", 52 - number), &[]).await;
        }
        let first = browser.get("/admin/clients").await;
        let names = first.texts("tbody th a");
        assert_eq!((names.len(), names[0].as_str()), (50, "App 00"));
        let second = browser.get(&first.attribute("a[rel=next]", "href").unwrap()).await;
        assert_eq!(second.texts("tbody th a"), ["App 50", "App 51", "App 52"]);
        assert!(second.attribute("a[rel=next]", "href").is_none());
        assert_eq!(second.texts(".pager span")[0], "51–53 of 53");
        let newest = browser.get(&second.attribute("thead th:last-child a", "href").unwrap()).await;
        assert_eq!((newest.texts("tbody th a")[0].as_str(), newest.texts("th[aria-sort=descending]").len()), ("App 00", 1));
        provider.group("team", &[]).await;
        provider.client_with(|it| it.name = "Closed".into(), &["team"]).await;
        assert_eq!(browser.get("/admin/clients?access=groups").await.texts("tbody th a"), ["Closed"]);
        assert!(browser.get("/admin/clients?access=everyone&q=closed").await.texts(".empty strong")[0].contains("No app fits"));
    })
    .await;
}

#[tokio::test]
async fn the_command_line_registers_and_lists_apps() {
    let muster = Muster::new();
    let arguments = [
        "clients",
        "create",
        "--name",
        "Wiki",
        "--redirect-uri",
        REDIRECT_URI,
        "--redirect-uri",
        "http://localhost/cb",
        "--skip-consent",
        "--format",
        "json",
    ];
    let created = muster.run(arguments).await;
    assert_eq!(created.status, 0, "{created:#?}");
    let created = created.json();
    assert_eq!(created.as_object().unwrap().len(), 2);
    assert!(created["client_secret"].as_str().unwrap().starts_with("muster_cs_"));
    let public = muster
        .run(["clients", "create", "--name", "App", "--redirect-uri", "app://cb", "--public", "--signing-alg", "EdDSA", "--format", "json"])
        .await
        .json();
    assert_eq!(public["client_secret"], Value::Null);
    let listed = muster.run(["clients", "list", "--format", "json"]).await.json();
    let line = &listed[1];
    assert_eq!((&line["client_id"], &line["name"], &line["public"]), (&created["client_id"], &json!("Wiki"), &json!(false)));
    assert_eq!((&line["redirect_uris"], &line["allowed_groups"]), (&json!([REDIRECT_URI, "http://localhost/cb"]), &json!([])));
    assert_eq!((&listed[0]["signing_alg"], &listed[0]["restricted"]), (&json!("EdDSA"), &json!(false)));
    assert!(!listed.to_string().contains(created["client_secret"].as_str().unwrap()));

    let wrong = muster.run(["clients", "create", "--name", "X", "--redirect-uri", "/cb", "--allowed-group", "nobody"]).await;
    assert_eq!((wrong.status, wrong.stdout.as_str()), (1, ""));
    assert!(wrong.stderr.contains("--redirect-uri") && wrong.stderr.contains("--allowed-group: There is no group named nobody"), "{}", wrong.stderr);
    assert_eq!(muster.run(["clients", "create", "--name", "X"]).await.status, 2);
    assert_eq!(muster.run(["clients", "create", "--name", "X", "--redirect-uri", "https://x.example", "--signing-alg", "HS256"]).await.status, 2);
}

#[tokio::test]
async fn what_the_command_line_takes_back_it_says_for_programs_too() {
    let muster = Muster::new();
    let create = ["clients", "create", "--name", "Wiki", "--redirect-uri", REDIRECT_URI, "--format", "json"];
    let client = muster.run(create).await.json();
    let id = client["client_id"].as_str().unwrap();
    muster.run(["clients", "secret", "add", id]).await;
    let secrets = muster.run(["clients", "secret", "list", id, "--format", "json"]).await.json();
    let secret = secrets[0]["secret"].as_str().unwrap();
    let deleted = muster.run(["clients", "secret", "delete", id, secret, "--format", "json"]).await;
    assert_eq!(deleted.json(), json!({ "client_id": id, "secret": secret }));
    let token = muster.run(["clients", "registration-token", "create", "--format", "json"]).await.json();
    let revoked = muster.run(["clients", "registration-token", "revoke", token["id"].as_str().unwrap(), "--format", "json"]).await;
    assert_eq!(revoked.json(), json!({ "id": token["id"] }));
    assert_eq!(muster.run(["version", "--format", "json"]).await.json(), json!({ "version": env!("CARGO_PKG_VERSION") }));
}

#[tokio::test]
async fn the_command_line_rotates_keys_beside_a_running_server() {
    let mut muster = Muster::new();
    muster.serve().await;
    let served = async || {
        let keys = answer(plain().get(format!("{}/.well-known/jwks.json", muster.url()))).await.json();
        let keys: Vec<Value> = keys["keys"].as_array().unwrap().iter().filter(|key| key["alg"] == "ES256").cloned().collect();
        keys.iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    wait_until("the next key", async || served().await.len() == 2).await;
    let before = muster.run(["keys", "list", "--format", "json"]).await.json();
    let active = |keys: &Value, alg: &str| {
        let found = keys.as_array().unwrap().iter().find(|key| key["alg"] == alg && key["state"] == "active");
        found.unwrap_or_else(|| panic!("{keys}"))["kid"].as_str().unwrap().to_owned()
    };
    let next = served().await.into_iter().find(|kid| *kid != active(&before, "ES256")).unwrap();
    let after = muster.run(["keys", "rotate", "--alg", "es256", "--format", "json"]).await.json();
    assert_eq!(active(&after, "ES256"), next, "the one that was published ahead");
    assert_eq!(active(&before, "RS256"), active(&after, "RS256"));
    let retired: Vec<&Value> = after.as_array().unwrap().iter().filter(|key| key["state"] == "retired").collect();
    assert_eq!((retired.len(), retired[0]["kid"].as_str()), (1, Some(active(&before, "ES256").as_str())));
    wait_until("the server to follow", async || served().await.len() == 3).await;
    assert!(muster.stop().await.success());
}
