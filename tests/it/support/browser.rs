//! Pages in a real Chromium without a window: one browser for the whole test binary, started when first needed; cookies and passkeys of its own for each [`Page`].

use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

use base64::Engine as _;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::OnceCell;

use super::cdp::{Answer, Connection};
use super::janitor::{self, Server};
use super::{PATIENCE, wait_until};

/// How a page is looked at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View {
    /// Width and height in CSS pixels.
    pub(crate) size: (u32, u32),
    /// Whether the person prefers dark colours.
    pub(crate) dark: bool,
}

impl View {
    /// A small laptop.
    pub(crate) const DESKTOP: Self = Self { size: (1280, 800), dark: false };
    /// A common phone, held upright.
    pub(crate) const PHONE: Self = Self { size: (390, 844), dark: false };

    /// The same in dark colours.
    pub(crate) const fn dark(self) -> Self {
        Self { dark: true, ..self }
    }
}

/// One tab in a browser context of its own, closed when dropped.
#[derive(Debug)]
pub(crate) struct Page {
    connection: Connection,
    context: String,
    target: String,
    session: String,
    /// Whether the context goes with this tab.
    is_first: bool,
    has_scripts: AtomicBool,
}

/// A cookie as the browser keeps it.
#[derive(Debug, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Cookie {
    pub(crate) name: String,
    pub(crate) value: String,
    pub(crate) http_only: bool,
    pub(crate) secure: bool,
    pub(crate) same_site: Option<String>,
}

impl Page {
    /// An empty tab that knows no cookies.
    pub(crate) async fn open() -> Self {
        static CHROMIUM: OnceCell<Chromium> = OnceCell::const_new();
        CHROMIUM.get_or_init(|| Chromium::start(&[])).await.page().await
    }

    /// Another tab beside this one, with the same cookies; in a window of its own, so that both are looked at.
    pub(crate) async fn beside(&self) -> Self {
        Self::tab(self.connection.clone(), self.context.clone(), false).await
    }

    async fn tab(connection: Connection, context: String, is_first: bool) -> Self {
        let target =
            asked(&connection, "Target.createTarget", json!({ "url": "about:blank", "browserContextId": context, "newWindow": true }), "targetId")
                .await;
        let session = asked(&connection, "Target.attachToTarget", json!({ "targetId": target, "flatten": true }), "sessionId").await;
        let page = Self { connection, context, target, session, is_first, has_scripts: AtomicBool::new(true) };
        for domain in ["Page", "Runtime", "Log", "WebAuthn"] {
            page.call(&format!("{domain}.enable"), json!({})).await;
        }
        // Passkeys are only for pages with focus.
        page.call("Emulation.setFocusEmulationEnabled", json!({ "enabled": true })).await;
        page.look(View::DESKTOP).await;
        page
    }

    pub(super) async fn call(&self, method: &str, parameters: Value) -> Value {
        self.try_call(method, parameters).await.unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    async fn try_call(&self, method: &str, parameters: Value) -> Answer {
        self.connection.call(Some(&self.session), method, parameters).await
    }

    /// Goes to a URL and waits until the page, after redirects, is complete.
    pub(crate) async fn goto(&self, url: &str) {
        let answer = self.call("Page.navigate", json!({ "url": url })).await;
        assert!(answer.get("errorText").is_none(), "{url}: {}", answer["errorText"]);
        self.wait_for("document.readyState === 'complete'").await;
    }

    /// Sets window size and preferred colours.
    pub(crate) async fn look(&self, view: View) {
        let (width, height) = view.size;
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600 });
        self.call("Emulation.setDeviceMetricsOverride", metrics).await;
        let scheme = if view.dark { "dark" } else { "light" };
        self.call("Emulation.setEmulatedMedia", json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] })).await;
        // Colours that are on their way from one look to the other arrive at once.
        self.eval("document.getAnimations().forEach((animation) => animation.finish())").await;
    }

    /// Sets one preference of the person, such as `forced-colors`, until the next [`Page::look`].
    pub(super) async fn prefer(&self, feature: &str, value: &str) {
        self.call("Emulation.setEmulatedMedia", json!({ "features": [{ "name": feature, "value": value }] })).await;
    }

    /// Runs a script in every page from now on, before the page's own.
    pub(crate) async fn before_every_page(&self, script: &str) {
        self.call("Page.addScriptToEvaluateOnNewDocument", json!({ "source": script })).await;
    }

    /// Switches the page's own scripts on or off, as a person can; tests still look at it by [`Page::eval`].
    pub(crate) async fn set_scripts(&self, on: bool) {
        self.call("Emulation.setScriptExecutionDisabled", json!({ "value": !on })).await;
        self.has_scripts.store(on, Ordering::Relaxed);
    }

    /// Whether the page's own scripts are on.
    pub(crate) fn has_scripts(&self) -> bool {
        self.has_scripts.load(Ordering::Relaxed)
    }

    /// What a JavaScript expression is, promises awaited; an error is what it threw, or that the page went away meanwhile.
    pub(crate) async fn try_eval(&self, expression: &str) -> Answer {
        let parameters = json!({ "expression": expression, "awaitPromise": true, "returnByValue": true });
        let mut answer = self.try_call("Runtime.evaluate", parameters).await?;
        match answer.get("exceptionDetails") {
            Some(thrown) => Err(thrown["exception"]["description"].as_str().or(thrown["text"].as_str()).unwrap_or("thrown").to_owned()),
            None => Ok(answer["result"]["value"].take()),
        }
    }

    /// [`Page::try_eval`], and a panic when it threw.
    pub(crate) async fn eval(&self, expression: &str) -> Value {
        self.try_eval(expression).await.unwrap_or_else(|error| panic!("{expression}: {error}"))
    }

    /// Waits until a JavaScript expression is true, also across navigations.
    ///
    /// Panics after [`PATIENCE`] with where the page is, what it says and what went wrong in it.
    pub(crate) async fn wait_for(&self, condition: &str) {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        while self.try_eval(&format!("Boolean({condition})")).await != Ok(Value::Bool(true)) {
            if tokio::time::Instant::now() > deadline {
                let here = self.try_eval("location.href + '\\n' + document.body?.innerText").await;
                panic!("waited {PATIENCE:?} in vain for {condition}; the page is {here:#?}, its problems {:#?}", self.problems());
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    }

    /// Waits until an element fits a CSS selector.
    pub(crate) async fn wait_for_element(&self, selector: &str) {
        self.wait_for(&format!("document.querySelector({})", quoted(selector))).await;
    }

    /// Waits until the page shows a text.
    pub(crate) async fn wait_for_text(&self, text: &str) {
        self.wait_for(&format!("document.body?.innerText.includes({})", quoted(text))).await;
    }

    /// Waits until the path of the page's URL is `path` and the page is complete.
    pub(crate) async fn wait_for_path(&self, path: &str) {
        self.wait_for(&format!("location.pathname === {} && document.readyState === 'complete'", quoted(path))).await;
    }

    /// Clicks the middle of an element with the mouse, once it is there, enabled and not covered by another.
    pub(crate) async fn click(&self, selector: &str) {
        let find = format!(
            "(() => {{ const element = document.querySelector({}); if (!element || element.disabled) return null;
                element.scrollIntoView({{ block: 'center', behavior: 'instant' }});
                const box = element.getClientRects()[0] ?? element.getBoundingClientRect(); const at = {{ x: box.x + box.width / 2, y: box.y + box.height / 2 }};
                const hit = document.elementFromPoint(at.x, at.y);
                return hit && (element.contains(hit) || hit.closest('label')?.control === element) ? at : null; }})()",
            quoted(selector)
        );
        self.wait_for(&find).await;
        let at = self.eval(&find).await;
        for kind in ["mouseMoved", "mousePressed", "mouseReleased"] {
            let button = if kind == "mouseMoved" { "none" } else { "left" };
            let event = json!({ "type": kind, "x": at["x"], "y": at["y"], "button": button, "clickCount": 1 });
            self.call("Input.dispatchMouseEvent", event).await;
        }
    }

    /// Replaces what is in a text field, as typing would.
    pub(crate) async fn fill(&self, selector: &str, text: &str) {
        self.click(selector).await;
        self.eval(&format!("document.querySelector({}).select()", quoted(selector))).await;
        self.call("Input.insertText", json!({ "text": text })).await;
    }

    /// Presses and releases a key that is not a letter: `Tab`, `Shift+Tab`, `Enter`, `Space`, `Escape`.
    pub(crate) async fn press(&self, key: &str) {
        let (name, code, number, text, modifiers) = match key {
            "Tab" => ("Tab", "Tab", 9, None, 0),
            "Shift+Tab" => ("Tab", "Tab", 9, None, 8),
            "Enter" => ("Enter", "Enter", 13, Some("\r"), 0),
            "Space" => (" ", "Space", 32, Some(" "), 0),
            "Escape" => ("Escape", "Escape", 27, None, 0),
            _ => panic!("{key} is not a key the tests know"),
        };
        let mut event = json!({ "key": name, "code": code, "windowsVirtualKeyCode": number, "modifiers": modifiers });
        event["type"] = "keyUp".into();
        let up = event.clone();
        event["type"] = if text.is_some() { "keyDown" } else { "rawKeyDown" }.into();
        if let Some(text) = text {
            event["text"] = text.into();
        }
        self.call("Input.dispatchKeyEvent", event).await;
        self.call("Input.dispatchKeyEvent", up).await;
    }

    /// Types where the keyboard is.
    pub(crate) async fn type_text(&self, text: &str) {
        self.call("Input.insertText", json!({ "text": text })).await;
    }

    /// What a person reads in an element, once it is there.
    pub(crate) async fn text(&self, selector: &str) -> String {
        self.wait_for_element(selector).await;
        let text = self.eval(&format!("document.querySelector({}).innerText", quoted(selector))).await;
        text.as_str().expect("an element of HTML has text").to_owned()
    }

    /// The URL of the page.
    pub(crate) async fn url(&self) -> String {
        self.eval("location.href").await.as_str().expect("a URL is text").to_owned()
    }

    /// Writes the whole page, also what is below the fold, to a PNG file.
    pub(crate) async fn screenshot(&self, path: &Path) {
        let image = self.call("Page.captureScreenshot", json!({ "format": "png", "captureBeyondViewport": true })).await;
        let bytes = base64::engine::general_purpose::STANDARD.decode(image["data"].as_str().expect("an image")).expect("base64");
        std::fs::write(path, bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }

    /// Every cookie this page's browser context keeps.
    pub(crate) async fn cookies(&self) -> Vec<Cookie> {
        let parameters = json!({ "browserContextId": self.context });
        let mut answer = self.connection.call(None, "Storage.getCookies", parameters).await.expect("cookies can be read");
        serde_json::from_value(answer["cookies"].take()).expect("cookies as the protocol has them")
    }

    /// Keeps a cookie as if the server at `url` had set it.
    pub(crate) async fn set_cookie(&self, name: &str, value: &str, url: &str) {
        let cookie = json!({ "name": name, "value": value, "url": url, "httpOnly": true });
        let parameters = json!({ "browserContextId": self.context, "cookies": [cookie] });
        self.connection.call(None, "Storage.setCookies", parameters).await.expect("the cookie is kept");
    }

    /// What went wrong in the page so far: violations of the content security policy, errors in the console, exceptions, resources that did not load.
    pub(crate) fn problems(&self) -> Vec<String> {
        let problem = |event: super::cdp::Event| {
            let it = &event.parameters;
            match event.method.as_str() {
                "Log.entryAdded" if it["entry"]["level"] == "error" => {
                    Some(format!("{}: {} ({})", it["entry"]["source"].as_str()?, it["entry"]["text"].as_str()?, it["entry"]["url"]))
                }
                "Runtime.exceptionThrown" => Some(format!("exception: {}", it["exceptionDetails"]["exception"]["description"])),
                "Runtime.consoleAPICalled" if it["type"] == "error" => Some(format!("console: {}", it["args"])),
                _ => None,
            }
        };
        self.connection.events(&self.session).into_iter().filter_map(problem).collect()
    }

    /// Begins to count what comes over the wire, with nothing kept from before.
    pub(crate) async fn count_traffic(&self) {
        self.call("Network.enable", json!({})).await;
        self.call("Network.setCacheDisabled", json!({ "cacheDisabled": true })).await;
    }

    /// What was asked for since [`Page::forget_problems`], once nothing more comes, and how many bytes came, heads included.
    pub(crate) async fn traffic(&self) -> (Vec<String>, u64) {
        let of = |method: &str| self.connection.events(&self.session).into_iter().filter(|event| event.method == method).collect::<Vec<_>>();
        // The browser tells of what has come a little later than the page has it; and not of everything, so that asked and come cannot be counted against each other.
        let told = || of("Network.requestWillBeSent").len() + of("Network.loadingFinished").len();
        let mut before = usize::MAX;
        while std::mem::replace(&mut before, told()) != told() {
            tokio::time::sleep(std::time::Duration::from_millis(250)).await;
        }
        let asked = of("Network.requestWillBeSent");
        let urls = asked.iter().map(|event| event.parameters["request"]["url"].as_str().unwrap_or_default().to_owned()).collect();
        let bytes: f64 = of("Network.loadingFinished").iter().filter_map(|event| event.parameters["encodedDataLength"].as_f64()).sum();
        #[expect(clippy::cast_possible_truncation, reason = "a count of bytes, which the protocol gives as a float")]
        let bytes = bytes as u64;
        (urls, bytes)
    }

    /// Whether anything the browser told of this page since [`Page::forget_problems`] holds a text.
    pub(crate) fn has_heard(&self, text: &str) -> bool {
        self.connection.events(&self.session).iter().any(|event| event.parameters.to_string().contains(text))
    }

    /// Makes the network slow or takes it away: each answer comes after so many milliseconds, at so many bytes a second.
    pub(crate) async fn slow_down(&self, is_away: bool, latency: u32, bytes_per_second: i64) {
        self.call("Network.enable", json!({})).await;
        let conditions =
            json!({ "offline": is_away, "latency": latency, "downloadThroughput": bytes_per_second, "uploadThroughput": bytes_per_second });
        self.call("Network.emulateNetworkConditions", conditions).await;
    }

    /// Forgets the problems a test has provoked.
    pub(crate) fn forget_problems(&self) {
        self.connection.forget_events(&self.session);
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        if self.is_first {
            self.connection.tell("Target.disposeBrowserContext", &json!({ "browserContextId": self.context }));
        } else {
            self.connection.tell("Target.closeTarget", &json!({ "targetId": self.target }));
        }
        self.connection.forget_events(&self.session);
    }
}

/// Asks the browser itself for an id.
async fn asked(connection: &Connection, method: &str, parameters: Value, field: &str) -> String {
    let answer = connection.call(None, method, parameters).await.unwrap_or_else(|error| panic!("{method}: {error}"));
    answer[field].as_str().expect("an id").to_owned()
}

/// Text as a JavaScript string.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// A browser.
#[derive(Debug)]
pub(super) struct Chromium {
    _server: Server,
    _directory: TempDir,
    connection: Connection,
}

impl Chromium {
    /// A browser of its own, with further arguments.
    pub(super) async fn start(more: &[String]) -> Self {
        let (server, directory, connection) = start(more).await;
        Self { _server: server, _directory: directory, connection }
    }

    /// An empty tab that knows no cookies.
    pub(super) async fn page(&self) -> Page {
        let context = asked(&self.connection, "Target.createBrowserContext", json!({}), "browserContextId").await;
        Page::tab(self.connection.clone(), context, true).await
    }
}

async fn start(more: &[String]) -> (Server, TempDir, Connection) {
    let directory = janitor::directory("chromium");
    let profile = directory.path().join("profile");
    let mut command = Command::new("chromium");
    command.args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-dev-shm-usage", "--no-first-run", "--no-proxy-server"]);
    command.args(["--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-breakpad", "--hide-scrollbars"]);
    command.args(["--remote-debugging-port=0", "--lang=en", "--force-color-profile=srgb"]).arg(format!("--user-data-dir={}", profile.display()));
    command.args(more);
    // It writes settings, caches and certificates wherever these point.
    for variable in ["HOME", "TMPDIR", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR"] {
        command.env(variable, directory.path());
    }
    let mut server = Server::start(command, &directory.path().join("log"), "TERM");
    let port_file = profile.join("DevToolsActivePort");
    let written =
        || std::fs::read_to_string(&port_file).ok().and_then(|text| text.split_once('\n').map(|(port, path)| format!("ws://127.0.0.1:{port}{path}")));
    wait_until("Chromium to open its port or to give up", async || {
        written().is_some_and(|url| url.contains("/devtools/")) || server.ended().is_some()
    })
    .await;
    let Some(url) = written() else { panic!("Chromium did not start:\n{}", server.log()) };
    (server, directory, Connection::open(url).await)
}
