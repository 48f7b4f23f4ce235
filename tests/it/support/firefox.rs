//! A page in a real Firefox without a window, driven by `WebDriver` `BiDi`, which Firefox speaks itself. It has no virtual authenticator there, so passkeys stay
//! with Chromium ([`super::browser`]); everything else is looked at in both.

use std::process::Command;
use std::time::Duration;

use futures::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use super::PATIENCE;
use super::janitor::{self, Server};

/// Firefox has to make a profile before it answers, which takes a while where many tests run.
const START_WITHIN: Duration = Duration::from_secs(90);

/// Asks nobody for anything: no updates, no lists, no greetings.
const PREFERENCES: &str = r#"
user_pref("app.normandy.enabled", false);
user_pref("app.update.disabledForTesting", true);
user_pref("browser.aboutwelcome.enabled", false);
user_pref("browser.newtabpage.enabled", false);
user_pref("browser.safebrowsing.downloads.enabled", false);
user_pref("browser.safebrowsing.malware.enabled", false);
user_pref("browser.safebrowsing.phishing.enabled", false);
user_pref("browser.shell.checkDefaultBrowser", false);
user_pref("browser.startup.homepage_override.mstone", "ignore");
user_pref("browser.startup.page", 0);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("extensions.systemAddon.update.enabled", false);
user_pref("extensions.update.enabled", false);
user_pref("intl.accept_languages", "en");
user_pref("network.captive-portal-service.enabled", false);
user_pref("network.connectivity-service.enabled", false);
user_pref("network.dns.disablePrefetch", true);
user_pref("network.proxy.type", 0);
user_pref("services.settings.server", "data:,");
user_pref("toolkit.telemetry.enabled", false);
user_pref("toolkit.telemetry.server", "");
"#;

/// One tab; closed with its browser when dropped.
pub(crate) struct Firefox {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    context: String,
    last_id: u64,
    problems: Vec<String>,
    // In this order: the folder goes after the program.
    _server: Server,
    _directory: TempDir,
}

impl Firefox {
    /// Starts a browser with an empty tab.
    pub(crate) async fn open() -> Self {
        let directory = janitor::directory("firefox");
        let profile = directory.path().join("profile");
        std::fs::create_dir(&profile).expect("own directory");
        std::fs::write(profile.join("user.js"), PREFERENCES).expect("own directory");
        let mut command = Command::new("firefox-esr");
        command.args(["--headless", "--no-remote", "--remote-debugging-port", "0", "--profile"]).arg(&profile);
        for variable in ["HOME", "TMPDIR", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR"] {
            command.env(variable, directory.path());
        }
        let mut server = Server::start(command, &directory.path().join("log"), "TERM");
        let port_file = profile.join("WebDriverBiDiServer.json");
        let port = || serde_json::from_str::<Value>(&std::fs::read_to_string(&port_file).ok()?).ok()?["ws_port"].as_u64();
        let deadline = tokio::time::Instant::now() + START_WITHIN;
        while port().is_none() && server.ended().is_none() && tokio::time::Instant::now() < deadline {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let Some(port) = port() else { panic!("Firefox did not start:\n{}", server.log()) };
        let (socket, _) = tokio_tungstenite::connect_async(format!("ws://127.0.0.1:{port}/session")).await.expect("Firefox takes the connection");
        let mut firefox = Self { socket, context: String::new(), last_id: 0, problems: Vec::new(), _server: server, _directory: directory };
        firefox.call("session.new", json!({ "capabilities": {} })).await;
        firefox.call("session.subscribe", json!({ "events": ["log.entryAdded"] })).await;
        let tree = firefox.call("browsingContext.getTree", json!({})).await;
        firefox.context = tree["contexts"][0]["context"].as_str().expect("a tab").to_owned();
        let tell =
            "() => addEventListener('securitypolicyviolation', (event) => console.error(`${event.violatedDirective} stops ${event.blockedURI}`))";
        firefox.call("script.addPreloadScript", json!({ "functionDeclaration": tell })).await;
        firefox
    }

    async fn try_call(&mut self, method: &str, parameters: Value) -> Result<Value, String> {
        self.last_id += 1;
        let message = json!({ "id": self.last_id, "method": method, "params": parameters });
        self.socket.send(Message::text(message.to_string())).await.expect("Firefox listens");
        loop {
            let next = tokio::time::timeout(PATIENCE, self.socket.next()).await;
            let Ok(Some(Ok(message))) = next else { panic!("no answer to {method} {parameters}", parameters = message["params"]) };
            let Message::Text(text) = message else { continue };
            let mut heard: Value = serde_json::from_str(&text).expect("the protocol is JSON");
            if heard["method"] == "log.entryAdded" && heard["params"]["level"] == "error" {
                self.problems.push(heard["params"]["text"].to_string());
            } else if heard["id"] == self.last_id {
                return match heard.get("error") {
                    Some(error) => Err(format!("{error}: {}", heard["message"])),
                    None => Ok(heard["result"].take()),
                };
            }
        }
    }

    async fn call(&mut self, method: &str, parameters: Value) -> Value {
        self.try_call(method, parameters).await.unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    /// Goes to a URL and waits until the page, after redirects, is complete.
    pub(crate) async fn goto(&mut self, url: &str) {
        let context = self.context.clone();
        self.call("browsingContext.navigate", json!({ "context": context, "url": url, "wait": "complete" })).await;
    }

    /// Sets the window's size in CSS pixels.
    pub(crate) async fn look(&mut self, width: u32, height: u32) {
        let context = self.context.clone();
        self.call("browsingContext.setViewport", json!({ "context": context, "viewport": { "width": width, "height": height } })).await;
    }

    /// What a JavaScript expression is, as JSON; an error is what it threw, or that the page went away meanwhile.
    pub(crate) async fn try_eval(&mut self, expression: &str) -> Result<Value, String> {
        let expression = format!("Promise.resolve({expression}).then((value) => JSON.stringify(value ?? null))");
        let parameters = json!({ "expression": expression, "target": { "context": self.context }, "awaitPromise": true });
        let answer = self.try_call("script.evaluate", parameters).await?;
        match answer["result"]["value"].as_str() {
            Some(text) => Ok(serde_json::from_str(text).expect("made by JSON.stringify")),
            None => Err(answer["exceptionDetails"]["text"].to_string()),
        }
    }

    /// [`Firefox::try_eval`], and a panic when it threw.
    pub(crate) async fn eval(&mut self, expression: &str) -> Value {
        self.try_eval(expression).await.unwrap_or_else(|error| panic!("{expression}: {error}"))
    }

    /// Waits until a JavaScript expression is true, also across navigations.
    ///
    /// Panics after [`PATIENCE`] with where the page is and what it says.
    pub(crate) async fn wait_for(&mut self, condition: &str) {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        while self.try_eval(&format!("Boolean({condition})")).await != Ok(Value::Bool(true)) {
            if tokio::time::Instant::now() > deadline {
                let here = self.try_eval("location.href + '\\n' + document.body?.innerText").await;
                panic!("waited {PATIENCE:?} in vain for {condition}; the page is {here:#?}, its problems {:#?}", self.problems);
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits until the path of the page's URL is `path` and the page is complete.
    pub(crate) async fn wait_for_path(&mut self, path: &str) {
        self.wait_for(&format!("location.pathname === {} && document.readyState === 'complete'", Value::from(path))).await;
    }

    /// Clicks the middle of an element with the mouse, once it is there.
    pub(crate) async fn click(&mut self, selector: &str) {
        self.wait_for(&format!("document.querySelector({})?.checkVisibility()", Value::from(selector))).await;
        self.eval(&format!("document.querySelector({}).scrollIntoView({{ block: 'center' }})", Value::from(selector))).await;
        let context = self.context.clone();
        let located = self.call("browsingContext.locateNodes", json!({ "context": context, "locator": { "type": "css", "value": selector } })).await;
        let element = json!({ "type": "element", "element": { "sharedId": located["nodes"][0]["sharedId"] } });
        let press = json!([
            { "type": "pointerMove", "x": 0, "y": 0, "origin": element },
            { "type": "pointerDown", "button": 0 },
            { "type": "pointerUp", "button": 0 },
        ]);
        let actions = json!([{ "type": "pointer", "id": "mouse", "actions": press }]);
        self.call("input.performActions", json!({ "context": context, "actions": actions })).await;
    }

    /// Types a text into a field that is empty.
    pub(crate) async fn fill(&mut self, selector: &str, text: &str) {
        self.click(selector).await;
        self.type_keys(text).await;
    }

    /// Presses and releases keys one after the other.
    pub(crate) async fn type_keys(&mut self, keys: &str) {
        let strokes: Vec<Value> =
            keys.chars().flat_map(|key| [json!({ "type": "keyDown", "value": key }), json!({ "type": "keyUp", "value": key })]).collect();
        let context = self.context.clone();
        let actions = json!([{ "type": "key", "id": "keyboard", "actions": strokes }]);
        self.call("input.performActions", json!({ "context": context, "actions": actions })).await;
    }

    /// What went wrong since the last call: errors in the console, exceptions, violations of the content security policy.
    pub(crate) fn problems(&mut self) -> Vec<String> {
        std::mem::take(&mut self.problems)
    }
}
