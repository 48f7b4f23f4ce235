//! Whole sign-ins with the OpenID clients of other languages, each as its own documentation uses it: found by discovery, signed in to with a passkey, refreshed,
//! asked about groups, signed out of. The openidconnect crate and Apache are in `oidc_foreign_clients`.

use std::time::Duration;

use muster::apis::{self, Draft, Right};
use muster::clients::{self, Authority, Registration, SigningAlg};
use muster::id::{ApiId, ClientId};
use serde_json::{Value, json};
use url::Url;

use crate::forward_auth::group;
use crate::support::app::{Engine, TestApp};
use crate::support::authenticator::SoftwarePasskeys;
use crate::support::free_port;
use crate::support::http::Browser;
use crate::support::relying_party::{Program, RelyingParty, Wants};

/// An app of its own, and a person in two groups with a passkey.
struct Scene {
    app: TestApp,
    browser: Browser,
    passkeys: SoftwarePasskeys,
    sub: String,
}

impl Scene {
    async fn start() -> Self {
        Self::start_with(&[]).await
    }

    async fn start_with(variables: &[(&str, &str)]) -> Self {
        let app = TestApp::start_with(Engine::Sqlite, variables).await;
        let (ada, passkeys) = (app.person("ada").await, app.passkeys());
        app.enrol(&app.browser(), &passkeys, &ada).await;
        group(&app, "staff", &[&ada]).await;
        group(&app, "editors", &[&ada]).await;
        Self { browser: app.browser(), passkeys, sub: ada.id.to_string(), app }
    }

    /// Sends the person's browser to an address of the provider and on, by passkey where that is asked for, until it leaves for the app.
    async fn browse(&self, url: &str) -> Url {
        let mut url = Url::parse(url).expect("a URL");
        for _ in 0..10 {
            if !url.as_str().starts_with(&self.app.url) {
                return url;
            }
            let page = self.browser.get(url.as_str()).await;
            url = match page.location() {
                Some(next) => next,
                None if page.url.path() == "/sign-in" => {
                    let request = page.url.query_pairs().find(|(name, _)| name == "request").expect("a request that waits").1.into_owned();
                    self.app.sign_in(&self.browser, &self.passkeys).await;
                    Url::parse(&format!("{}/authorize/continue?request={request}", self.app.url)).expect("a URL")
                }
                None if !page.texts("#vouched-by").is_empty() => {
                    let agreed = self.browser.submit(&page, "/authorize/consent", &[("decision", "allow")]).await;
                    agreed.location().unwrap_or_else(|| panic!("agreeing leads nowhere ({}): {}", agreed.status, agreed.body))
                }
                None => panic!("the browser stays at {} ({}): {}", page.url, page.status, page.body),
            };
        }
        panic!("ten redirects, the last to {url}");
    }

    /// Lets a program sign the person in and out; gives what it found.
    async fn converse(&self, program: Program, redirect_uri: &str, alg: SigningAlg, is_public: bool) -> Value {
        let signed_out = "https://wiki.example.org/signed-out";
        let registration = Registration {
            name: "Wiki".into(),
            redirect_uris: vec![redirect_uri.to_owned()],
            post_logout_redirect_uris: vec![signed_out.to_owned()],
            skip_consent: true,
            claims_in_id_token: true,
            signing_alg: alg,
            is_public,
            ..Registration::default()
        };
        let app = self.app.app();
        let registered = clients::register(app, Authority::CommandLine, ClientId::new(), registration, &[], app.clock.now()).await.expect("a client");
        let configuration = json!({
            "issuer": self.app.url,
            "client_id": registered.client.client_id,
            "client_secret": registered.secret.as_ref().map(|secret| secret.reveal()),
            "alg": alg.as_str(),
            "redirect_uri": redirect_uri,
            "post_logout_redirect_uri": signed_out,
        });
        self.run(program, &configuration).await
    }

    /// Runs a program to its end, with the person's browser at its service; gives what it found.
    async fn run(&self, program: Program, configuration: &Value) -> Value {
        let mut running = RelyingParty::start(program, configuration);
        loop {
            match running.wants().await {
                Wants::Go(url) => running.back(self.browse(&url).await.as_str()),
                Wants::Done(result) => {
                    eprintln!("{program:?} found {result:#}");
                    return result;
                }
            }
        }
    }

    /// Adds an MCP server as an API that any app may ask for, and the client it asks about tokens with. Gives what the program is configured with.
    async fn mcp_server(&self, token_format: &str) -> Value {
        let app = self.app.app();
        let resource = format!("http://127.0.0.1:{}/mcp", free_port());
        let draft = Draft {
            name: "Notes".into(),
            identifier: resource.clone(),
            permissions: "notes:read Read your notes".into(),
            token_format: token_format.into(),
            signing_alg: "ES256".into(),
            with_groups: Some("true".into()),
            open_to_all: Some("true".into()),
            ..Draft::default()
        };
        let (api, now) = (ApiId::new(), app.clock.now());
        let registration = Registration { name: "Notes".into(), acts_alone: true, ..Registration::default() };
        let server = clients::register(app, Authority::CommandLine, ClientId::new(), registration, &[], now).await.expect("a client");
        let mut tx = app.db.begin().await.expect("a transaction");
        apis::insert(&mut tx, api, &draft.check(&self.app.url).expect("a good draft"), now).await.expect("a new API");
        let right = Right { for_people: None, for_itself: None, serves: true };
        apis::put_right(&mut tx, api, server.client.id, &right).await.expect("stored");
        tx.commit().await.expect("stored");
        json!({
            "issuer": self.app.url,
            "resource": resource,
            "token_format": token_format,
            "client_id": server.client.client_id,
            "client_secret": server.secret.as_ref().map(|secret| secret.reveal()),
            "redirect_uri": format!("http://127.0.0.1:{}/callback", free_port()),
        })
    }

    /// Checks what the MCP client found.
    fn expect_notes(&self, found: &Value, client_id: &str) {
        assert_eq!((&found["stopped"], &found["tools"]), (&json!(true), &json!(["whoami"])));
        assert_eq!(
            (found["answered"]["state"].as_str(), found["answered"]["iss"].as_str()),
            (Some("a-state-of-the-editor"), Some(self.app.url.as_str()))
        );
        for part in ["claims", "again"] {
            let claims = &found[part];
            assert_eq!(
                (&claims["sub"], &claims["client"], &claims["scopes"]),
                (&json!(self.sub), &json!(client_id), &json!(["notes:read"])),
                "{part}"
            );
        }
        assert_eq!((&found["scope"], &found["refreshed"], &found["refused"]), (&json!("notes:read"), &json!(true), &json!("invalid_grant")));
    }

    /// Checks what a program found.
    async fn expect(&self, program: Program, redirect_uri: &str, alg: SigningAlg, is_public: bool) {
        let found = self.converse(program, redirect_uri, alg, is_public).await;
        for part in ["claims", "userinfo", "again"] {
            let claims = &found[part];
            let mut groups: Vec<&str> = claims["groups"].as_array().expect("groups").iter().filter_map(Value::as_str).collect();
            groups.sort_unstable();
            let found = (claims["sub"].as_str(), claims["preferred_username"].as_str(), claims["email"].as_str(), groups.as_slice());
            assert_eq!(found, (Some(self.sub.as_str()), Some("ada"), Some("ada@example.org"), ["editors", "staff"].as_slice()), "{part}");
        }
        assert_eq!(found["refreshed"], true);
        assert_eq!(found["after"], "https://wiki.example.org/signed-out?state=bye");
        // A site without refresh tokens asks without a page instead.
        let refusal = if program == Program::MozillaDjangoOidc { "login_required" } else { "invalid_grant" };
        assert_eq!(found["refused"], refusal, "what was signed out of or given back is refused");
        assert!(!self.app.is_signed_in(&self.browser).await, "signed out here too");
    }
}

const CALLBACK: &str = "https://wiki.example.org/callback";

#[tokio::test]
async fn openid_client_signs_in_by_a_pushed_request_refreshes_reads_groups_and_signs_out() {
    let scene = Scene::start().await;
    for alg in SigningAlg::ALL {
        scene.expect(Program::OpenidClient, CALLBACK, alg, false).await;
    }
    scene.app.stop().await;
}

#[tokio::test]
async fn oauth4webapi_signs_in_with_a_secret_and_without_refreshes_reads_groups_and_signs_out() {
    let scene = Scene::start().await;
    for (alg, is_public) in [(SigningAlg::Rs256, false), (SigningAlg::Es256, true)] {
        scene.expect(Program::Oauth4webapi, CALLBACK, alg, is_public).await;
    }
    scene.app.stop().await;
}

#[tokio::test]
async fn authlib_signs_in_refreshes_reads_groups_and_signs_out() {
    let scene = Scene::start().await;
    for alg in [SigningAlg::Rs256, SigningAlg::Es256] {
        scene.expect(Program::Authlib, CALLBACK, alg, false).await;
    }
    scene.app.stop().await;
}

/// The authorization flow of the Model Context Protocol with its own SDK on both sides: the client finds out from the server's refusal where it describes itself
/// (RFC 9728), there who gives tokens for it, here how (RFC 8414), registers itself (RFC 7591), signs the person in with PKCE for that server alone (RFC 8707), and
/// refreshes when a token has run out.
#[tokio::test]
async fn an_mcp_client_registers_itself_signs_in_for_one_server_refreshes_and_reads_groups() {
    let scene = Scene::start_with(&[("CLIENT_REGISTRATION", "open")]).await;
    let found = scene.run(Program::Mcp, &scene.mcp_server("jwt").await).await;
    let client_id = found["client"]["client_id"].as_str().expect("it is registered");
    assert_eq!(found["client"]["token_endpoint_auth_method"], "none");
    scene.expect_notes(&found, client_id);
    let mut groups: Vec<&str> = found["again"]["groups"].as_array().expect("groups").iter().filter_map(Value::as_str).collect();
    groups.sort_unstable();
    assert_eq!(groups, ["editors", "staff"]);
    assert_eq!(scene.app.count("SELECT COUNT(*) FROM registered_clients", vec![]).await, 1);
    scene.app.stop().await;
}

/// The same with a document in place of a registration, and a server that asks about each token. That documents are fetched, and how carefully, is in
/// `oidc_client_documents`; here it has just been.
#[tokio::test]
async fn an_mcp_client_with_a_metadata_document_registers_nowhere_and_signs_in_all_the_same() {
    let document = "https://editor.example.org/client.json";
    let scene = Scene::start_with(&[("CLIENT_REGISTRATION", "open"), ("CLIENT_ID_METADATA_DOCUMENTS", "true")]).await;
    let mut configuration = scene.mcp_server("opaque").await;
    configuration["client_metadata_url"] = document.into();
    let (app, now) = (scene.app.app(), scene.app.clock.now());
    let redirect_uri = configuration["redirect_uri"].as_str().expect("as made above").to_owned();
    let registration = Registration { name: "Editor".into(), is_public: true, redirect_uris: vec![redirect_uri], ..Registration::default() };
    let client = clients::register(app, Authority::CommandLine, ClientId::new(), registration, &[], now).await.expect("a client").client;
    let policy = json!({ "provenance": { "registered_by": "document" } }).to_string();
    scene
        .app
        .execute("UPDATE clients SET client_id = $2, policy = $3 WHERE id = $1", vec![client.id.into(), document.into(), policy.as_str().into()])
        .await;
    let fetched = "INSERT INTO client_documents (client_id, fetched_at, fresh_until) VALUES ($1, $2, $3)";
    scene.app.execute(fetched, vec![client.id.into(), now.into(), (now + Duration::from_secs(3600)).into()]).await;

    let found = scene.run(Program::Mcp, &configuration).await;
    scene.expect_notes(&found, document);
    assert_eq!(scene.app.count("SELECT COUNT(*) FROM registered_clients", vec![]).await, 0);
    scene.app.stop().await;
}

#[tokio::test]
async fn a_django_site_with_mozilla_django_oidc_signs_in_renews_silently_reads_groups_and_signs_out() {
    let scene = Scene::start().await;
    scene.expect(Program::MozillaDjangoOidc, "https://wiki.example.org/oidc/callback/", SigningAlg::Rs256, false).await;
    scene.app.stop().await;
}
