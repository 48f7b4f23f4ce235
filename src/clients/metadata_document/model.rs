//! What such an address and such a document must be. Pure.

use serde_json::{Map, Value};
use url::Url;

use crate::clients::metadata;
use crate::clients::{RegisteredBy, Registration};
use crate::outbound::Answer;

/// The longest address, in bytes.
const ADDRESS_BYTES_MAX: usize = 1000;

/// Whether a `client_id` is the address of a document. No client ID this server gives looks like one.
pub fn is_document(client_id: &str) -> bool {
    client_id.starts_with("https://")
}

/// Checks an address: as a browser would write it, with a path, without fragment, user name or password (draft, section 3).
pub(super) fn check_address(url: &str) -> Result<(), &'static str> {
    if url.len() > ADDRESS_BYTES_MAX {
        return Err("it is longer than 1,000 characters.");
    }
    let parsed = Url::parse(url).map_err(|_| "it is not an address.")?;
    if !parsed.username().is_empty() || parsed.password().is_some() {
        return Err("it holds a user name or password.");
    }
    if parsed.fragment().is_some() {
        return Err("it has a fragment (the part from #).");
    }
    if parsed.path() == "/" {
        return Err("it has no path; an address such as https://app.example.org/client.json does.");
    }
    // One spelling only: no dot segments, capital letters in the host, or ports that go without saying.
    if parsed.as_str() != url {
        return Err("it is not written in its simplest form.");
    }
    Ok(())
}

/// Whether the host of an address is one of a list: names, `name:port`, or `*.` before a name for what is below it. An empty list allows every host.
pub(super) fn host_is_allowed(list: &str, url: &str) -> bool {
    let mut entries = list.split([',', ' ', '\n', '\r', '\t']).map(str::trim).filter(|entry| !entry.is_empty()).peekable();
    if entries.peek().is_none() {
        return true;
    }
    let Ok(url) = Url::parse(url) else { return false };
    let host = url.host_str().unwrap_or_default();
    let named = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    entries.any(|entry| {
        let entry = entry.to_ascii_lowercase();
        match entry.strip_prefix("*.") {
            Some(parent) => named.strip_suffix(parent).is_some_and(|below| below.len() > 1 && below.ends_with('.')),
            None => entry == named,
        }
    })
}

/// Reads a document that was fetched from `url`.
///
/// # Errors
/// What is wrong with it, to stand after a colon.
pub(super) fn read(url: &str, answer: &Answer) -> Result<Registration, String> {
    match answer.status {
        200 => {}
        300..=399 => return Err("its server sends elsewhere, and redirects are not followed.".to_owned()),
        status => return Err(format!("its server answered {status}.")),
    }
    if answer.media_type != "application/json" && !answer.media_type.ends_with("+json") {
        return Err("it is not served as application/json.".to_owned());
    }
    let document: Map<String, Value> = serde_json::from_slice(&answer.body).map_err(|_| "it is not a JSON object.".to_owned())?;
    if document.get("client_id").and_then(Value::as_str) != Some(url) {
        return Err("its client_id is not its own address.".to_owned());
    }
    metadata::read(&document, RegisteredBy::Document).map_err(|refused| format!("{}.", refused.description.trim_end_matches('.')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_one_spelling() {
        for good in ["https://app.example.org/client.json", "https://app.example.org:8443/a/b?c=d", "https://xn--bcher-kva.example/x"] {
            assert_eq!(check_address(good), Ok(()), "{good}");
        }
        for bad in [
            "https://app.example.org",
            "https://app.example.org/",
            "https://app.example.org/a#b",
            "https://app.example.org/a/../b",
            "https://app.example.org/./b",
            "https://u:p@app.example.org/b",
            "https://APP.example.org/b",
            "https://app.example.org:443/b",
            "https://app.example.org\\b",
            "https:///b",
        ] {
            assert!(check_address(bad).is_err(), "{bad}");
        }
        assert!(!is_document("http://app.example.org/x") && !is_document("wiki"));
    }

    #[test]
    fn only_hosts_of_the_list_are_asked() {
        let list = "mcp.example.org, *.apps.example.org\nlocal.example:8443";
        for good in ["https://mcp.example.org/x", "https://a.apps.example.org/x", "https://a.b.apps.example.org/x", "https://local.example:8443/x"] {
            assert!(host_is_allowed(list, good), "{good}");
        }
        for bad in [
            "https://example.org/x",
            "https://evilmcp.example.org/x",
            "https://mcp.example.org.evil.example/x",
            "https://apps.example.org/x",
            "https://evilapps.example.org/x",
            "https://mcp.example.org:8443/x",
            "https://local.example/x",
        ] {
            assert!(!host_is_allowed(list, bad), "{bad}");
        }
        assert!(host_is_allowed(" ", "https://anything.example/x"));
    }
}
