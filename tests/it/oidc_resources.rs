//! Named APIs: which API a token is for (RFC 8707), what it looks like there (RFC 9068), and how callers find the way (RFC 9728).

use std::time::Duration;

use muster::db::query;
use reqwest::Method;
use serde_json::{Value, json};

use crate::oidc_support::{Proof, Provider, answered, assert_refused, claims, on_both_databases, plain, succeeded};
use crate::pages_support::administrator;
use crate::support::app::{Engine, TestApp};
use crate::support::http::answer;

const DOCS: &str = "https://docs.example.org/api";
const MAIL: &str = "https://mail.example.org";

fn token(tokens: &Value) -> &str {
    tokens["access_token"].as_str().expect("an access token")
}

#[tokio::test]
async fn a_jwt_for_an_api_names_it_and_carries_its_permissions_and_nothing_else() {
    on_both_databases(async |provider| {
        let ada = provider.person("ada").await;
        provider.group("engineers", &[&ada]).await;
        let browser = provider.browser_of(&ada).await;
        let (client, server, stranger) = (provider.client().await, provider.client().await, provider.client().await);
        let docs = provider.api(DOCS, "jwt", |it| (it.access_minutes, it.with_groups) = ("10".into(), Some("true".into()))).await;
        provider.allow(docs, client.id, Some("docs:read docs:write"), None, false).await;
        provider.allow(docs, server.id, None, None, true).await;

        let asked = [("resource", DOCS), ("scope", "openid email docs:read docs:write admin offline_access")];
        let tokens = client.tokens(&browser, &asked).await;
        assert_eq!((&tokens["token_type"], &tokens["expires_in"], &tokens["scope"]), (&json!("Bearer"), &json!(600), &json!("docs:read docs:write")));
        assert_eq!(claims(&tokens)["email"], "ada@example.org", "the ID token is the client's own business");
        let (header, said) = provider.verified(token(&tokens)).await;
        assert_eq!((&header["typ"], &header["alg"]), (&json!("at+jwt"), &json!("ES256")));
        let (iat, now) = (said["iat"].as_i64().unwrap(), provider.now().as_seconds());
        assert!((now - 5..=now).contains(&iat) && said["exp"] == iat + 600 && said["auth_time"].is_i64(), "{said}");
        assert_eq!(
            (&said["iss"], &said["aud"], &said["sub"], &said["client_id"], &said["scope"], &said["groups"]),
            (&json!(provider.base), &json!(DOCS), &json!(ada.id), &json!(client.client_id), &json!("docs:read docs:write"), &json!(["engineers"]))
        );
        assert!(said["jti"].as_str().is_some_and(|jti| jti.len() > 40) && said["acr"] == "phr" && said["amr"].is_array() && said["email"].is_null());

        // Audience confusion: what was meant for the API opens nothing here, and only who runs the API learns about it.
        assert_refused(&provider.userinfo(token(&tokens)).await, 401, "invalid_token");
        let known = server.introspect(token(&tokens)).await;
        assert_eq!((&known["active"], &known["aud"], &known["sub"], &known["scope"]), (&json!(true), &json!(DOCS), &said["sub"], &said["scope"]));
        assert_eq!(client.introspect(token(&tokens)).await["active"], true);
        assert_eq!(stranger.introspect(token(&tokens)).await, json!({ "active": false }));

        // The name of a JWT is not the JWT.
        let jti = said["jti"].as_str().unwrap();
        assert_eq!(client.introspect(jti).await, json!({ "active": false }));
        assert_refused(&provider.userinfo(jti).await, 401, "invalid_token");
        client.post("/api/oidc/revoke", Proof::Basic, &[("token", jti)]).await;
        assert_eq!(server.introspect(token(&tokens)).await["active"], true);
        // Nor does a JWT of another key count.
        let forged = format!("{}.{}", token(&tokens).rsplit_once('.').unwrap().0, "A".repeat(86));
        assert_eq!(server.introspect(&forged).await, json!({ "active": false }));

        client.post("/api/oidc/revoke", Proof::Basic, &[("token", token(&tokens))]).await;
        assert_eq!(server.introspect(token(&tokens)).await, json!({ "active": false }), "introspection knows what the signature cannot say");
        let again = succeeded(&client.refresh(tokens["refresh_token"].as_str().unwrap()).await);
        assert_eq!(server.introspect(token(&again)).await["active"], true);
        provider.execute(query("UPDATE users SET blocked_at = $2 WHERE id = $1").bind(ada.id).bind(provider.now())).await;
        assert_eq!(server.introspect(token(&again)).await, json!({ "active": false }));
    })
    .await;
}

#[tokio::test]
async fn of_several_apis_each_token_is_for_one_and_what_was_granted_is_the_most() {
    on_both_databases(async |provider| {
        let browser = provider.browser_of(&provider.person("ada").await).await;
        let client = provider.client().await;
        let (docs, mail) = (provider.api(DOCS, "opaque", |_| {}).await, provider.api(MAIL, "jwt", |it| it.permissions = "mail:send".into()).await);
        provider.allow(docs, client.id, Some("docs:read docs:write"), None, false).await;
        provider.allow(mail, client.id, Some("mail:send"), None, false).await;
        let query = serde_urlencoded::to_string(client.parameters(&[("scope", "openid offline_access docs:read docs:write mail:send")])).unwrap();
        // A host alone is the same with a slash behind it.
        let both = format!("/authorize?{query}&resource={DOCS}&resource={MAIL}/");
        let code = answered(&browser.get(&both).await).remove("code").expect("a code");
        assert_refused(&client.redeem(&code, &[]).await, 400, "invalid_target");
        assert_refused(&client.redeem(&code, &[("resource", "https://evil.example")]).await, 400, "invalid_target");
        let tokens = succeeded(&client.redeem(&code, &[("resource", DOCS)]).await);
        assert_eq!(tokens["scope"], "docs:read docs:write");
        assert!(token(&tokens).starts_with("muster_at_"));
        assert_eq!(client.introspect(token(&tokens)).await["aud"], DOCS);
        assert_refused(&provider.userinfo(token(&tokens)).await, 401, "invalid_token");

        let mut refresh = tokens["refresh_token"].as_str().unwrap().to_owned();
        let mut next = async |more: &[(&str, &str)]| {
            let mut parameters = vec![("grant_type", "refresh_token"), ("refresh_token", refresh.as_str())];
            parameters.extend(more);
            let answer = client.token_request(Proof::Basic, &parameters).await;
            if answer.status == 200 {
                refresh = answer.json()["refresh_token"].as_str().unwrap().to_owned();
            }
            answer
        };
        let tokens = succeeded(&next(&[("resource", MAIL)]).await);
        let (_, said) = provider.verified(token(&tokens)).await;
        assert_eq!((&said["aud"], &said["scope"]), (&json!(MAIL), &json!("mail:send")));
        let tokens = succeeded(&next(&[("resource", DOCS), ("scope", "docs:read")]).await);
        assert_eq!(tokens["scope"], "docs:read");
        let userinfo = format!("{}/api/oidc/userinfo", provider.base);
        let tokens = succeeded(&next(&[("resource", &userinfo)]).await);
        assert_eq!(provider.userinfo(token(&tokens)).await.status, 200);
        assert_refused(&next(&[("resource", DOCS), ("scope", "docs:read admin")]).await, 400, "invalid_scope");
        assert_refused(&next(&[("resource", DOCS), ("scope", "openid email")]).await, 400, "invalid_scope");
        assert_refused(&next(&[]).await, 400, "invalid_target");
        assert_refused(&next(&[("resource", DOCS), ("resource", MAIL)]).await, 400, "invalid_target");

        // What is taken away is missing from the next token, and an API that is gone takes its tokens along.
        provider.allow(docs, client.id, Some("docs:write"), None, false).await;
        let tokens = succeeded(&next(&[("resource", DOCS)]).await);
        assert_eq!(tokens["scope"], "docs:write");
        assert_eq!(client.introspect(token(&tokens)).await["active"], true);
        provider.execute(muster::db::query("DELETE FROM apis WHERE id = $1").bind(docs)).await;
        assert_eq!(client.introspect(token(&tokens)).await, json!({ "active": false }));
        assert_refused(&next(&[("resource", DOCS)]).await, 400, "invalid_target");
    })
    .await;
}

#[tokio::test]
async fn an_api_a_client_may_not_use_is_refused_wherever_it_is_named() {
    let provider = Provider::start(None).await;
    let browser = provider.browser_of(&provider.person("ada").await).await;
    let client = provider.client_with(|it| (it.acts_alone, it.for_devices) = (true, true), &[]).await;
    let docs = provider.api(DOCS, "jwt", |_| {}).await;
    for resource in [DOCS, "https://unknown.example.org", "not a uri"] {
        let refused = answered(&browser.get(&client.request(&[("resource", resource)])).await);
        assert_eq!(refused.get("error").map(String::as_str), Some("invalid_target"), "{resource}");
        let parameters = client.parameters(&[("resource", resource), ("client_id", "")]);
        let parameters: Vec<(&str, &str)> = parameters.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_refused(&client.post("/api/oidc/par", Proof::Basic, &parameters).await, 400, "invalid_target");
        let alone = [("grant_type", "client_credentials"), ("resource", resource)];
        assert_refused(&client.token_request(Proof::Basic, &alone).await, 400, "invalid_target");
        assert_refused(&client.post("/api/oidc/device/authorize", Proof::Basic, &[("resource", resource)]).await, 400, "invalid_target");
    }
    // What it may ask people for it may not have for itself, and the other way round.
    provider.allow(docs, client.id, Some("docs:read"), None, false).await;
    let alone = [("grant_type", "client_credentials"), ("resource", DOCS)];
    assert_refused(&client.token_request(Proof::Basic, &alone).await, 400, "invalid_target");
    provider.allow(docs, client.id, None, Some("docs:read"), false).await;
    let refused = answered(&browser.get(&client.request(&[("resource", DOCS)])).await);
    assert_eq!(refused["error"], "invalid_target");
    let tokens = succeeded(&client.token_request(Proof::Basic, &alone).await);
    assert_eq!(tokens["scope"], "docs:read");
    let more = [("grant_type", "client_credentials"), ("resource", DOCS), ("scope", "docs:read admin")];
    assert_refused(&client.token_request(Proof::Basic, &more).await, 400, "invalid_scope");
    provider.running.stop().await;
}

#[tokio::test]
async fn a_machine_gets_a_jwt_without_a_row_and_introspection_still_knows_the_truth() {
    on_both_databases(async |provider| {
        let own = |it: &mut muster::clients::Registration| {
            it.acts_alone = true;
            it.policies.tokens.default_resource = DOCS.into();
        };
        let (machine, server) = (provider.client_with(own, &[]).await, provider.client().await);
        let docs = provider.api(DOCS, "jwt", |_| {}).await;
        provider.allow(docs, machine.id, None, Some("docs:read docs:write"), false).await;
        provider.allow(docs, server.id, None, None, true).await;
        let get = async || succeeded(&machine.token_request(Proof::Basic, &[("grant_type", "client_credentials"), ("scope", "docs:read")]).await);
        let (tokens, other) = (get().await, get().await);
        assert_eq!(provider.count("SELECT COUNT(*) FROM client_tokens").await, 0);
        assert_eq!(provider.count("SELECT COUNT(*) FROM tokens").await, 0);
        let (_, said) = provider.verified(token(&tokens)).await;
        assert_eq!((&said["sub"], &said["client_id"], &said["aud"]), (&json!(machine.client_id), &json!(machine.client_id), &json!(DOCS)));
        assert!(said["auth_time"].is_null() && said["acr"].is_null());
        let known = server.introspect(token(&tokens)).await;
        assert_eq!((&known["active"], &known["sub"], &known["scope"]), (&json!(true), &json!(machine.client_id), &json!("docs:read")));

        assert_eq!(server.post("/api/oidc/revoke", Proof::Basic, &[("token", token(&tokens))]).await.status, 200);
        assert_eq!(server.introspect(token(&tokens)).await["active"], true, "a stranger cannot give it back");
        assert_eq!(machine.post("/api/oidc/revoke", Proof::Basic, &[("token", token(&tokens))]).await.status, 200);
        assert_eq!(server.introspect(token(&tokens)).await, json!({ "active": false }));
        assert_eq!(server.introspect(token(&other)).await["active"], true, "each for itself");
        provider.allow(docs, machine.id, None, Some("docs:write"), false).await;
        assert_eq!(server.introspect(token(&other)).await, json!({ "active": false }), "the permission was taken away");
        provider.allow(docs, machine.id, None, Some("docs:read"), false).await;
        assert_eq!(server.introspect(token(&other)).await["active"], true);
        provider.wait(Duration::from_secs(3601));
        assert_eq!(server.introspect(token(&other)).await, json!({ "active": false }), "expired");
        muster::oidc::sweep(&provider.running.app, provider.now()).await.unwrap();
        assert_eq!(provider.count("SELECT COUNT(*) FROM revoked_jwts").await, 0);
    })
    .await;
}

#[tokio::test]
async fn people_read_what_an_app_may_do_at_an_api_and_are_asked_again_for_more() {
    on_both_databases(async |provider| {
        let ada = provider.person("ada").await;
        let browser = provider.browser_of(&ada).await;
        let client = provider.client_with(|it| it.skip_consent = false, &[]).await;
        provider.api(DOCS, "opaque", |it| it.open_to_all = Some("true".into())).await;
        let ask = |scope: &'static str| client.request(&[("resource", DOCS), ("scope", scope)]);
        let page = browser.get(&ask("openid docs:read")).await;
        let sentences = page.texts(".scopes li").join("|");
        assert!(sentences.contains("Read your documents") && sentences.contains("Documents") && !sentences.contains("Change"), "{sentences}");
        let agreed = browser.submit(&page, "/authorize/consent", &[("decision", "allow")]).await;
        let tokens = succeeded(&client.redeem(&answered(&agreed)["code"], &[]).await);
        assert_eq!(tokens["scope"], "docs:read");
        assert!(answered(&browser.get(&ask("openid docs:read")).await).contains_key("code"), "remembered");
        let page = browser.get(&ask("openid docs:read docs:write")).await;
        assert!(page.texts(".scopes li").join("|").contains("Change your documents"));
        let silent = client.request(&[("resource", DOCS), ("scope", "openid docs:write"), ("prompt", "none")]);
        assert_eq!(answered(&browser.get(&silent).await)["error"], "consent_required");
        // It stands on the page of their apps, where they can take it back.
        let apps = browser.get("/account/apps").await;
        assert!(apps.texts(".seen p").join("|").contains("At Documents it may act for you"), "{}", apps.body);
        let listed = apps.texts(".seen .scopes li");
        assert!(listed.contains(&"Read your documents".to_owned()) && !listed.contains(&"Change your documents".to_owned()), "{listed:?}");
        // An API alone, without signing in to the app.
        let page = browser.get(&ask("docs:write")).await;
        let agreed = browser.submit(&page, "/authorize/consent", &[("decision", "allow")]).await;
        let tokens = succeeded(&client.redeem(&answered(&agreed)["code"], &[]).await);
        assert!(tokens["id_token"].is_null());
        assert_eq!(tokens["scope"], "docs:write");
        assert!(answered(&browser.get(&ask("openid docs:read docs:write")).await).contains_key("code"), "both were agreed to");
    })
    .await;
}

#[tokio::test]
async fn a_device_gets_tokens_for_an_api_too() {
    on_both_databases(async |provider| {
        let browser = provider.browser_of(&provider.person("ada").await).await;
        let device = provider.client_with(|it| (it.for_devices, it.is_public) = (true, true), &[]).await;
        let docs = provider.api(DOCS, "jwt", |_| {}).await;
        provider.allow(docs, device.id, Some("docs:read"), None, false).await;
        let asked = [("scope", "docs:read admin"), ("resource", DOCS)];
        let started = device.post("/api/oidc/device/authorize", Proof::None, &asked).await.json();
        let page = browser.get(&format!("/device?user_code={}", started["user_code"].as_str().expect("a code"))).await;
        assert!(page.texts(".scopes li").join("|").contains("Read your documents"), "{}", page.body);
        browser.submit(&page, "/device", &[("decision", "allow")]).await;
        let code = started["device_code"].as_str().unwrap();
        let poll = [("grant_type", "urn:ietf:params:oauth:grant-type:device_code"), ("device_code", code)];
        let tokens = succeeded(&device.token_request(Proof::None, &poll).await);
        let (_, said) = provider.verified(token(&tokens)).await;
        assert_eq!((&said["aud"], &said["scope"]), (&json!(DOCS), &json!("docs:read")));
    })
    .await;
}

#[tokio::test]
async fn a_caller_without_a_token_finds_the_way() {
    let provider = Provider::start(None).await;
    let refused = answer(plain().get(format!("{}/api/oidc/userinfo", provider.base))).await;
    let metadata = format!("{}/.well-known/oauth-protected-resource/api/oidc/userinfo", provider.base);
    assert_eq!((refused.status.as_u16(), refused.header("www-authenticate")), (401, format!("Bearer resource_metadata=\"{metadata}\"").as_str()));
    let refused = provider.userinfo("wrong").await;
    assert!(refused.header("www-authenticate").starts_with("Bearer error=\"invalid_token\""), "{}", refused.header("www-authenticate"));
    let said = answer(plain().get(metadata)).await.json();
    assert_eq!(
        (&said["resource"], &said["authorization_servers"]),
        (&json!(format!("{}/api/oidc/userinfo", provider.base)), &json!([provider.base]))
    );
    assert!(said["scopes_supported"].as_array().is_some_and(|scopes| scopes.contains(&json!("openid"))));
    // RFC 9728 section 3.3: what stands at an address names the resource that the address is made of, or counts for nothing.
    let of_the_origin = answer(plain().get(format!("{}/.well-known/oauth-protected-resource", provider.base))).await;
    assert_eq!(of_the_origin.status, 404);
    let server = answer(plain().get(format!("{}/.well-known/oauth-authorization-server", provider.base))).await.json();
    assert_eq!(server["protected_resources"], json!([said["resource"]]));

    let docs = provider.api(DOCS, "jwt", |_| {}).await;
    let said = answer(plain().get(format!("{}/api/oidc/resources/{docs}", provider.base))).await.json();
    assert_eq!((&said["resource"], &said["resource_name"]), (&json!(DOCS), &json!("Documents")));
    assert_eq!(said["scopes_supported"], json!(["docs:read", "docs:write", "admin"]));
    provider.running.stop().await;
}

#[tokio::test]
async fn an_administrator_adds_an_api_and_says_who_may_use_it() {
    let app = TestApp::start(Engine::Sqlite).await;
    let (_, admin) = administrator(&app, "grace").await;
    let page = admin.get("/admin/apis/new").await;
    let fields = [("name", "Documents"), ("identifier", DOCS), ("permissions", "docs:read Read your documents"), ("token_format", "jwt")];
    let refused = admin.submit(&page, "/admin/apis/new", &[("name", "Documents"), ("identifier", "docs")]).await;
    assert!(refused.status == 422 && refused.body.contains("not a full URI"), "{}", refused.body);
    let made = admin.submit(&page, "/admin/apis/new", &fields).await;
    let path = made.location().expect("to the API").path().to_owned();
    let page = admin.get(&path).await;
    assert!(page.body.contains("Documents") && page.body.contains("docs:read"), "{}", page.body);
    let taken = admin.submit(&admin.get("/admin/apis/new").await, "/admin/apis/new", &fields).await;
    assert!(taken.status == 422 && taken.body.contains("Another API has this identifier"));
    let unknown = admin.submit(&page, &format!("{path}/clients"), &[("app", "Nothing")]).await;
    assert!(unknown.status == 422 && unknown.body.contains("No app has this name"));
    let edit = admin.get(&format!("{path}/edit")).await;
    assert!(edit.body.contains("docs:read Read your documents"));
    assert_eq!(admin.submit(&edit, &format!("{path}/edit"), &[("name", "Papers")]).await.status, 303);
    assert!(admin.get("/admin/apis").await.body.contains("Papers"));
    let deleted = admin.submit(&admin.get(&path).await, &format!("{path}/delete"), &[]).await;
    assert_eq!(deleted.location().expect("to the list").path(), "/admin/apis");
    assert_eq!(admin.get(&path).await.status, 404);
    let nobody = app.browser().request(Method::GET, "/admin/apis");
    assert_ne!(answer(nobody).await.status, 200);
    app.stop().await;
}
