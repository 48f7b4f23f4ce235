//! A browser's manners over plain HTTP: keeps cookies, reads and submits forms, says where a request comes from. Redirects are left to the test.

use std::sync::Arc;

use reqwest::cookie::{CookieStore as _, Jar};
use reqwest::header::{ACCEPT, HeaderMap, LOCATION, ORIGIN, REFERER, USER_AGENT};
use reqwest::{Method, RequestBuilder, StatusCode};
use scraper::{ElementRef, Html, Selector};
use serde_json::Value;
use url::Url;

/// Somebody at a browser without JavaScript.
#[derive(Debug, Clone)]
pub(crate) struct Browser {
    client: reqwest::Client,
    cookies: Arc<Jar>,
    base: Url,
}

/// What came back.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// The URL that answered.
    pub(crate) url: Url,
    pub(crate) body: String,
}

impl Browser {
    /// No cookies yet; paths are relative to `base`, such as `http://localhost:1411`.
    pub(crate) fn new(base: &str) -> Self {
        let cookies = Arc::<Jar>::default();
        let client = reqwest::Client::builder()
            .cookie_provider(Arc::clone(&cookies))
            .redirect(reqwest::redirect::Policy::none())
            .timeout(super::PATIENCE)
            .no_proxy()
            .build()
            .expect("a client");
        Self { client, cookies, base: base.parse().expect("a base URL") }
    }

    /// A bare request with this browser's cookies and none of its headers, for tests of those headers.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, self.at(path))
    }

    /// Opens a page as a click on a link of the same site does.
    pub(crate) async fn get(&self, path: &str) -> Answer {
        answer(self.navigate(Method::GET, &self.at(path))).await
    }

    /// Opens a page and follows redirects, of this site and others, to the first answer that is none.
    pub(crate) async fn get_followed(&self, path: &str) -> Answer {
        self.follow(self.get(path).await).await
    }

    /// Follows redirects from an answer to the first answer that is none.
    ///
    /// Panics after ten.
    pub(crate) async fn follow(&self, mut answer: Answer) -> Answer {
        for _ in 0..10 {
            let Some(next) = answer.location() else { return answer };
            answer = self.get(next.as_str()).await;
        }
        panic!("ten redirects, the last to {:?}", answer.location());
    }

    /// Submits the form with this action (a path) on a page, its fields as they stand except for those given; `("save", "1")` may name a button.
    ///
    /// Panics when the page has no such form, or the form no such field.
    pub(crate) async fn submit(&self, page: &Answer, action: &str, fields: &[(&str, &str)]) -> Answer {
        let (method, url, fields) = page.form(action, fields);
        let mut request = if method == Method::GET {
            let mut url = url;
            url.query_pairs_mut().clear().extend_pairs(&fields);
            self.navigate(method, &url)
        } else {
            self.navigate(method, &url).form(&fields)
        };
        request = request.header(REFERER, page.url.as_str()).header(ORIGIN, page.url.origin().ascii_serialization());
        answer(request).await
    }

    /// Sends JSON as a script of the same site does with `fetch`.
    pub(crate) async fn post_json(&self, path: &str, body: &Value) -> Answer {
        let request = self.request(Method::POST, path).header(ORIGIN, self.base.origin().ascii_serialization());
        let request = request.header("sec-fetch-site", "same-origin").header("sec-fetch-mode", "cors").header("sec-fetch-dest", "empty");
        answer(request.header(USER_AGENT, AGENT).header(ACCEPT, "application/json").json(body)).await
    }

    /// The cookies that would be sent to a path, as the header has them; empty when there are none.
    pub(crate) fn cookies(&self, path: &str) -> String {
        self.cookies.cookies(&self.at(path)).and_then(|value| Some(value.to_str().ok()?.to_owned())).unwrap_or_default()
    }

    /// Keeps a cookie, in the form of a `Set-Cookie` header.
    pub(crate) fn set_cookie(&self, cookie: &str) {
        self.cookies.add_cookie_str(cookie, &self.base);
    }

    fn at(&self, path: &str) -> Url {
        self.base.join(path).expect("a path or URL")
    }

    fn navigate(&self, method: Method, url: &Url) -> RequestBuilder {
        let site = if url.origin() == self.base.origin() { "same-origin" } else { "cross-site" };
        let request =
            self.client.request(method, url.clone()).header(USER_AGENT, AGENT).header(ACCEPT, "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8");
        request
            .header("sec-fetch-site", site)
            .header("sec-fetch-mode", "navigate")
            .header("sec-fetch-dest", "document")
            .header("sec-fetch-user", "?1")
    }
}

const AGENT: &str = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36";

/// Sends a request made with [`Browser::request`] or any other.
pub(crate) async fn answer(request: RequestBuilder) -> Answer {
    let response = request.send().await.expect("the server answers");
    let (status, headers, url) = (response.status(), response.headers().clone(), response.url().clone());
    Answer { status, headers, url, body: response.text().await.expect("a whole body") }
}

impl Answer {
    /// Where a redirect leads, made absolute; `None` when this is no redirect.
    pub(crate) fn location(&self) -> Option<Url> {
        let location = self.headers.get(LOCATION).filter(|_| self.status.is_redirection())?;
        Some(self.url.join(location.to_str().expect("a location is ASCII")).expect("a location is a URL"))
    }

    /// One header as text, empty when it is missing.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().expect("a header of visible ASCII")).unwrap_or_default()
    }

    /// The body as JSON.
    ///
    /// Panics with the body when it is none.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{} {}: {error}\n{}", self.status, self.url, self.body))
    }

    /// The text of every element that fits a CSS selector, white space collapsed.
    pub(crate) fn texts(&self, selector: &str) -> Vec<String> {
        let words = |element: ElementRef<'_>| element.text().flat_map(str::split_whitespace).collect::<Vec<_>>().join(" ");
        Html::parse_document(&self.body).select(&selected(selector)).map(words).collect()
    }

    /// An attribute of the first element that fits a CSS selector.
    pub(crate) fn attribute(&self, selector: &str, name: &str) -> Option<String> {
        Html::parse_document(&self.body).select(&selected(selector)).next()?.attr(name).map(str::to_owned)
    }

    fn form(&self, action: &str, given: &[(&str, &str)]) -> (Method, Url, Vec<(String, String)>) {
        let html = Html::parse_document(&self.body);
        let target = |form: &ElementRef<'_>| self.url.join(form.attr("action").unwrap_or_default()).expect("an action is a URL");
        let every: Vec<_> = html.select(&selected("form")).collect();
        let form = every.iter().find(|form| target(form).path() == action).unwrap_or_else(|| {
            let actions: Vec<_> = every.iter().map(|form| target(form).path().to_owned()).collect();
            panic!("no form for {action} on {} ({}), only for {actions:?}:\n{}", self.url, self.status, self.body)
        });
        let method = if form.attr("method").is_some_and(|method| method.eq_ignore_ascii_case("post")) { Method::POST } else { Method::GET };
        let mut fields: Vec<(String, String)> = form.select(&selected("input, select, textarea")).filter_map(as_it_stands).collect();
        let names: Vec<&str> = form.select(&selected("[name]")).filter_map(|element| element.attr("name")).collect();
        for (name, _) in given {
            assert!(names.contains(name), "the form for {action} has no field {name}, only {names:?}");
            fields.retain(|(kept, _)| kept != name);
        }
        fields.extend(given.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())));
        (method, target(form), fields)
    }
}

fn selected(selector: &str) -> Selector {
    Selector::parse(selector).unwrap_or_else(|error| panic!("{selector}: {error}"))
}

/// What a field would send if nobody touched it (HTML, "constructing the entry list").
fn as_it_stands(field: ElementRef<'_>) -> Option<(String, String)> {
    let name = field.attr("name").filter(|_| field.attr("disabled").is_none())?;
    let value = match (field.value().name(), field.attr("type").unwrap_or("text")) {
        ("textarea", _) => field.text().collect(),
        ("select", _) => {
            let chosen = field.select(&selected("option[selected]")).next().or_else(|| field.select(&selected("option")).next())?;
            chosen.attr("value").map_or_else(|| chosen.text().collect(), str::to_owned)
        }
        (_, "checkbox" | "radio") => field.attr("checked").map(|_| field.attr("value").unwrap_or("on").to_owned())?,
        (_, "submit" | "button" | "image" | "reset" | "file") => return None,
        _ => field.attr("value").unwrap_or_default().to_owned(),
    };
    Some((name.to_owned(), value))
}
