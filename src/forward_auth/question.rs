//! From a proxy's headers to a question: pure. Visitors' own headers come along with the proxy's.

use axum::http::HeaderMap;
use axum::http::header::{ACCEPT, COOKIE, UPGRADE};
use url::Url;

use crate::clients::policy::forward_auth::CALLBACK_PATH;
use crate::secret::{base64url, from_base64url, sha256};

/// Where, on the app's own address, a person signs out.
pub const SIGN_OUT_PATH: &str = "/.muster/sign-out";
/// The longest address within an app that a person is brought back to; it travels in a header that proxies keep in 4 KiB.
const BACK_BYTES_MAX: usize = 1200;

/// How a proxy takes an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proxy {
    /// By status and headers alone: 2xx, 401 or 403 (nginx's `auth_request`). Its configuration turns a `Location` into a redirect.
    ByStatus,
    /// 2xx, or an answer it hands to the browser as it is (Traefik's and Caddy's forward authentication).
    HandsOn,
}

/// What a browser asked the proxy for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Who asks here.
    pub proxy: Proxy,
    /// Scheme, host and port, such as `https://wiki.example.org`.
    pub origin: String,
    /// Path and query.
    pub target: String,
    /// Whether a person looks at a page there, who can be sent elsewhere; not a script, a picture or a web socket.
    pub is_page: bool,
    /// Whether asking again, after a sign-in, does the same: GET and HEAD.
    pub is_repeatable: bool,
}

/// Why a question cannot be answered; for the log and whoever sets the proxy up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unclear {
    /// Neither set of headers came whole.
    #[error("the proxy did not say what was asked for: it sends X-Original-URL (nginx), or X-Forwarded-Proto, X-Forwarded-Host and X-Forwarded-Uri")]
    Missing,
    /// One of them came twice.
    #[error("a header about the request came more than once; the proxy must replace what visitors send")]
    Repeated,
    /// They are no address.
    #[error("the headers about the request are no http:// or https:// address")]
    NoAddress,
}

/// Reads what a proxy says: `X-Original-URL` and `X-Original-Method` of nginx's documentation, `X-Forwarded-Proto`, `-Host`, `-Uri` and `-Method` of Traefik
/// and Caddy. The caller has made sure that the proxy is one whose headers are believed; visitors' own headers can still come along, which is why the answer
/// depends on the app that is named in the address asked, and never on a host named in a header alone.
///
/// # Errors
/// See [`Unclear`].
pub fn read(headers: &HeaderMap) -> Result<Asked, Unclear> {
    let (proxy, address, method) = match one(headers, "x-original-url")? {
        Some(url) => (Proxy::ByStatus, url.to_owned(), one(headers, "x-original-method")?),
        None => {
            let part = |name| one(headers, name)?.ok_or(Unclear::Missing);
            let address = format!("{}://{}{}", part("x-forwarded-proto")?, part("x-forwarded-host")?, part("x-forwarded-uri")?);
            (Proxy::HandsOn, address, one(headers, "x-forwarded-method")?)
        }
    };
    let (origin, target) = split(&address).ok_or(Unclear::NoAddress)?;
    let method = method.unwrap_or("GET");
    Ok(Asked { proxy, origin, target, is_page: is_page(headers, method), is_repeatable: matches!(method, "GET" | "HEAD") })
}

/// The one value of a header. Bytes that are no ASCII only occur in addresses, where they are as good as missing.
fn one<'h>(headers: &'h HeaderMap, name: &str) -> Result<Option<&'h str>, Unclear> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(Unclear::Repeated);
    }
    value.to_str().map(Some).map_err(|_| Unclear::NoAddress)
}

/// Origin, in its one spelling, and what follows it.
fn split(address: &str) -> Option<(String, String)> {
    let (scheme, rest) = address.split_once("://")?;
    let end = rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len());
    let (authority, target) = rest.split_at_checked(end)?;
    if authority.contains(['@', ',', ' ']) {
        return None;
    }
    let url = Url::parse(&format!("{scheme}://{authority}")).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.path() == "/")?;
    let target = if target.starts_with('/') { target.to_owned() } else { format!("/{target}") };
    Some((url.origin().ascii_serialization(), target))
}

/// Browsers say what they ask for in Fetch Metadata; those that speak plain http to another computer do not, nor do programs.
fn is_page(headers: &HeaderMap, method: &str) -> bool {
    let says = |name: &str, words: &[&str]| headers.get(name).and_then(|value| value.to_str().ok()).is_some_and(|value| words.contains(&value));
    if headers.contains_key(UPGRADE) || !matches!(method, "GET" | "HEAD" | "POST") {
        return false;
    }
    if headers.contains_key("sec-fetch-mode") {
        return says("sec-fetch-mode", &["navigate"]);
    }
    let takes_pages = headers.get(ACCEPT).and_then(|value| value.to_str().ok()).is_some_and(|accept| accept.contains("text/html"));
    takes_pages && !says("x-requested-with", &["XMLHttpRequest"])
}

impl Asked {
    /// Where the person is brought back to after signing in: where they wanted to go, if going there again is the same and it is not too long to carry.
    pub fn back(&self) -> &str {
        let fits = self.target.len() <= BACK_BYTES_MAX && self.target.bytes().all(|b| b.is_ascii_graphic());
        let is_ours = self.path() == CALLBACK_PATH || self.path() == SIGN_OUT_PATH;
        if self.is_repeatable && fits && !is_ours { &self.target } else { "/" }
    }

    /// The path alone.
    pub fn path(&self) -> &str {
        self.target.split(['?', '#']).next().unwrap_or_default()
    }

    /// The query alone.
    pub fn query(&self) -> &str {
        self.target.split_once('?').map_or("", |(_, query)| query)
    }
}

/// The cookie on an app's own address. Its name carries the app, so that two apps of one host (other ports, other paths) do not take turns; the prefix keeps
/// neighbours from setting it where the app is reached by https (RFC 6265bis section 4.1.3.2).
pub fn cookie_name(client_id: &str, origin: &str) -> String {
    let prefix = if origin.starts_with("https://") { "__Host-" } else { "" };
    let [a, b, c, d, e, f, ..] = sha256(client_id.as_bytes());
    format!("{prefix}muster-app-{}", base64url(&[a, b, c, d, e, f]))
}

/// The value of that cookie, when exactly one came and it looks like one of ours. A second one was set by somebody else, and which is which cannot be told.
pub fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut values = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('=')).filter(|(known, _)| *known == name);
    let (_, value) = values.next()?;
    let is_ours = from_base64url(value).is_some_and(|bytes| bytes.len() == 32);
    (is_ours && values.next().is_none()).then(|| value.to_owned())
}

/// The `Set-Cookie` that keeps it. It goes with the browser; how long it counts the database says.
pub fn set_cookie(name: &str, value: &str) -> String {
    let secure = if name.starts_with("__Host-") { "; Secure" } else { "" };
    format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{secure}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, value.parse().unwrap());
        }
        headers
    }

    fn nginx(url: &str) -> Asked {
        read(&headers(&[("x-original-url", url), ("accept", "text/html")])).unwrap()
    }

    #[test]
    fn each_proxy_is_understood_by_the_headers_it_documents() {
        let asked = read(&headers(&[
            ("x-original-url", "https://wiki.example.org/page?x=1"),
            ("x-original-method", "POST"),
            ("sec-fetch-mode", "navigate"),
            ("x-forwarded-host", "other.example.org"),
        ]));
        let asked = asked.unwrap();
        assert_eq!((asked.proxy, asked.origin.as_str(), asked.target.as_str()), (Proxy::ByStatus, "https://wiki.example.org", "/page?x=1"));
        assert!(asked.is_page && !asked.is_repeatable && asked.back() == "/");
        let asked = read(&headers(&[
            ("x-forwarded-proto", "https"),
            ("x-forwarded-host", "Wiki.example.org:443"),
            ("x-forwarded-uri", "/page?x=1"),
            ("x-forwarded-method", "GET"),
        ]));
        let asked = asked.unwrap();
        assert_eq!((asked.proxy, asked.origin.as_str(), asked.back()), (Proxy::HandsOn, "https://wiki.example.org", "/page?x=1"));
        assert!(!asked.is_page);
    }

    #[test]
    fn a_question_that_is_not_clear_is_not_answered() {
        for (lines, why) in [
            (&[][..], Unclear::Missing),
            (&[("x-forwarded-proto", "https"), ("x-forwarded-host", "wiki.example.org")], Unclear::Missing),
            (&[("x-original-url", "https://a.example/"), ("x-original-url", "https://b.example/")], Unclear::Repeated),
            (&[("x-original-url", "/page")], Unclear::NoAddress),
            (&[("x-original-url", "ftp://wiki.example.org/")], Unclear::NoAddress),
            (&[("x-original-url", "https://wiki.example.org@evil.example/")], Unclear::NoAddress),
            (&[("x-forwarded-proto", "https"), ("x-forwarded-host", "a.example, b.example"), ("x-forwarded-uri", "/")], Unclear::NoAddress),
            (&[("x-forwarded-proto", "https, http"), ("x-forwarded-host", "a.example"), ("x-forwarded-uri", "/")], Unclear::NoAddress),
        ] {
            assert_eq!(read(&headers(lines)), Err(why), "{lines:?}");
        }
    }

    #[test]
    fn where_a_person_is_brought_back_to_stays_on_the_apps_own_address() {
        for (url, origin, back) in [
            ("https://wiki.example.org", "https://wiki.example.org", "/"),
            ("https://wiki.example.org?x=1", "https://wiki.example.org", "/?x=1"),
            ("https://wiki.example.org//evil.example/", "https://wiki.example.org", "//evil.example/"),
            ("https://wiki.example.org\\evil.example", "https://wiki.example.org", "/\\evil.example"),
            ("https://wiki.example.org/.muster/callback?code=1", "https://wiki.example.org", "/"),
        ] {
            let asked = nginx(url);
            assert_eq!((asked.origin.as_str(), asked.back()), (origin, back), "{url}");
        }
        assert_eq!(nginx(&format!("https://wiki.example.org/{}", "x".repeat(BACK_BYTES_MAX))).back(), "/");
    }

    #[test]
    fn only_a_person_at_a_page_is_sent_to_sign_in() {
        let page = |lines: &[(&'static str, &str)]| read(&headers(&[&[("x-original-url", "https://a.example/")], lines].concat())).unwrap().is_page;
        assert!(page(&[("sec-fetch-mode", "navigate"), ("accept", "*/*")]));
        assert!(page(&[("accept", "text/html,*/*;q=0.8")]));
        assert!(page(&[("accept", "text/html"), ("x-original-method", "POST")]));
        for other in [
            &[("sec-fetch-mode", "cors"), ("accept", "text/html")][..],
            &[("accept", "*/*")],
            &[("accept", "text/html"), ("x-requested-with", "XMLHttpRequest")],
            &[("accept", "text/html"), ("upgrade", "websocket")],
            &[("sec-fetch-mode", "websocket")],
            &[("accept", "text/html"), ("x-original-method", "PUT")],
            &[("sec-fetch-mode", "navigate"), ("x-original-method", "OPTIONS")],
        ] {
            assert!(!page(other), "{other:?}");
        }
    }

    #[test]
    fn a_cookie_somebody_else_has_set_beside_ours_is_not_believed() {
        let (name, value) = ("muster-app-1", "A".repeat(43));
        let read = |line: &str| cookie(&headers(&[("cookie", line)]), name);
        assert_eq!(read(&format!("a=b; {name}={value}; c=d")), Some(value.clone()));
        assert_eq!(read(&format!("{name}={value}; {name}={}", "B".repeat(43))), None);
        assert_eq!(read(&format!("{name}=short")), None);
        assert_eq!(read("other=1"), None);
    }

    #[test]
    fn the_cookie_of_an_app_is_its_own_and_locked_to_its_host() {
        assert_ne!(cookie_name("one", "https://a.example"), cookie_name("other", "https://a.example"));
        let name = cookie_name("one", "https://a.example");
        assert!(name.starts_with("__Host-muster-app-") && name.len() == 26, "{name}");
        assert_eq!(set_cookie(&name, "x"), format!("{name}=x; Path=/; HttpOnly; SameSite=Lax; Secure"));
        assert_eq!(format!("__Host-{}", cookie_name("one", "http://a.example")), name);
    }
}
