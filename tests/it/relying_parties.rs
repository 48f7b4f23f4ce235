//! Whole sign-ins with the OpenID clients of other languages, each as its own documentation uses it: found by discovery, signed in to with a passkey, refreshed,
//! asked about groups, signed out of. The openidconnect crate and Apache are in `oidc_foreign_clients`.

use muster::clients::{self, Authority, Registration, SigningAlg};
use muster::id::ClientId;
use serde_json::{Value, json};
use url::Url;

use crate::forward_auth::group;
use crate::support::app::{Engine, TestApp};
use crate::support::authenticator::SoftwarePasskeys;
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
        let app = TestApp::start(Engine::Sqlite).await;
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
        let mut running = RelyingParty::start(program, &configuration);
        loop {
            match running.wants().await {
                Wants::Go(url) => running.back(self.browse(&url).await.as_str()),
                Wants::Done(result) => {
                    eprintln!("{program:?} with {alg} found {result:#}");
                    return result;
                }
            }
        }
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
        assert_eq!(found["refused"], "invalid_grant", "what was signed out of or given back is refused");
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

#[tokio::test]
async fn a_django_site_with_mozilla_django_oidc_signs_in_renews_silently_reads_groups_and_signs_out() {
    let scene = Scene::start().await;
    scene.expect(Program::MozillaDjangoOidc, "https://wiki.example.org/oidc/callback/", SigningAlg::Rs256, false).await;
    scene.app.stop().await;
}
