//! Answers to apps in a real Chromium: the form that sends itself under our policy, also when the app sends the browser on to another site.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::response::{Html, Redirect};
use axum::routing::get;
use muster::clients::{self, Authority, Registration};
use muster::id::ClientId;
use tokio_util::task::AbortOnDropHandle;

use crate::support::app::{Engine, TestApp};
use crate::support::browser::Page;
use crate::support::virtual_authenticator::Device;

/// An app whose callback notes the form it gets and sends the browser on to another origin, as apps behind a proxy do.
struct Wiki {
    callback: String,
    form: Arc<Mutex<String>>,
    _servers: [AbortOnDropHandle<()>; 2],
}

impl Wiki {
    async fn start() -> Self {
        let (landing, landing_port) =
            serve(Router::new().route("/landed", get(|| async { Html("<link rel=icon href=\"data:,\"><h1>Landed</h1>") }))).await;
        let form = Arc::<Mutex<String>>::default();
        let on = move || async move { Redirect::to(&format!("http://127.0.0.1:{landing_port}/landed")) };
        let note = move |State(form): State<Arc<Mutex<String>>>, body: String| async move {
            *form.lock().expect("not poisoned") = body;
            Redirect::to(&format!("http://127.0.0.1:{landing_port}/landed"))
        };
        let (app, port) = serve(Router::new().route("/callback", get(on).post(note)).with_state(Arc::clone(&form))).await;
        Self { callback: format!("http://localhost:{port}/callback"), form, _servers: [landing, app] }
    }
}

async fn serve(router: Router) -> (AbortOnDropHandle<()>, u16) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let serving = tokio::spawn(async move { axum::serve(listener, router).await.expect("it serves") });
    (AbortOnDropHandle::new(serving), port)
}

async fn client(app: &TestApp, wiki: &Wiki, skip_consent: bool) -> String {
    let registration = Registration { name: "Wiki".into(), redirect_uris: vec![wiki.callback.clone()], skip_consent, ..Registration::default() };
    let app = app.app();
    let registered = clients::register(app, Authority::CommandLine, ClientId::new(), registration, &[], app.clock.now()).await.expect("a client");
    registered.client.client_id
}

fn request(app: &TestApp, wiki: &Wiki, client_id: &str, mode: &str) -> String {
    let query = [
        ("client_id", client_id),
        ("redirect_uri", &wiki.callback),
        ("response_type", "code"),
        ("scope", "openid"),
        ("state", "a \"b\" <c>&d"),
        ("response_mode", mode),
    ];
    format!("{}/authorize?{}", app.url, serde_urlencoded::to_string(query).expect("a query"))
}

#[tokio::test]
async fn the_answer_reaches_the_app_by_itself_and_by_the_button() {
    let app = TestApp::start(Engine::Sqlite).await;
    let (page, wiki) = (Page::open().await, Wiki::start().await);
    let _device = page.plug_in(Device::default()).await;
    let ada = app.person("ada").await;
    page.goto(&app.access_link(&ada).await).await;
    page.click("form button").await;
    page.wait_for_path("/account/passkeys/add").await;
    page.click("#add-passkey button").await;
    page.wait_for_path("/account/welcome").await;

    let (quiet, asking) = (client(&app, &wiki, true).await, client(&app, &wiki, false).await);
    page.goto(&request(&app, &wiki, &quiet, "form_post")).await;
    page.wait_for_path("/landed").await;
    let form: Vec<(String, String)> = serde_urlencoded::from_str(&wiki.form.lock().expect("not poisoned").clone()).expect("a form");
    assert_eq!(form.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["code", "state", "iss"]);
    assert_eq!((form[1].1.as_str(), form[2].1.as_str()), ("a \"b\" <c>&d", app.url.as_str()));

    page.set_scripts(false).await;
    page.goto(&request(&app, &wiki, &quiet, "form_post")).await;
    page.click("#answer button").await;
    page.wait_for_path("/landed").await;
    page.set_scripts(true).await;

    // Someone who has to agree first: that page's form ends at the app too, and the app sends the browser on.
    for mode in ["query", "form_post"] {
        page.goto(&format!("{}&prompt=consent", request(&app, &wiki, &asking, mode))).await;
        page.click("button[value=allow]").await;
        page.wait_for_path("/landed").await;
    }
    assert_eq!(page.problems(), Vec::<String>::new());
    app.stop().await;
}
