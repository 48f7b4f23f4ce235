//! Redirect URIs with a wildcard: for the first label of the host (`https://*.example.org/cb`) or the end of the path (`https://app.example.org/cb/*`).
//!
//! RFC 9700 section 2.1 wants exact comparison, so a client has them only behind a switch. They are compared as text, never through a URL parser: what is let
//! through in place of the `*` is so little that browsers and servers cannot read it in two ways.

use crate::language::{Text, t};

/// The longest text a path's wildcard stands for, in bytes.
const PATH_BYTES_MAX: usize = 500;

/// Checks a pattern an administrator typed; it has a `*`.
///
/// # Errors
/// What is wrong, to stand after the URI.
pub fn check(pattern: &str) -> Result<(), Text> {
    let rest = pattern.strip_prefix("https://").ok_or_else(|| t("client-pattern-https"))?;
    if pattern.bytes().filter(|b| *b == b'*').count() > 1 {
        return Err(t("client-pattern-many"));
    }
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    if authority.contains('*') {
        let parent = authority.strip_prefix("*.").ok_or_else(|| t("client-pattern-host"))?;
        return check_parent(parent);
    }
    let fixed = rest.strip_suffix("/*").ok_or_else(|| t("client-pattern-path"))?;
    let path = fixed.get(authority.len()..).unwrap_or_default();
    if path.contains('?') {
        return Err(t("client-pattern-query"));
    }
    if path.len() < 2 || path.contains("//") || path.split('/').any(|segment| segment == "." || segment == "..") {
        return Err(t("client-pattern-own-path"));
    }
    Ok(())
}

/// The host behind `*.` must belong to one owner: neither a public suffix (`co.uk`, `github.io`) nor a number.
fn check_parent(parent: &str) -> Result<(), Text> {
    let host = parent.split(':').next().unwrap_or_default();
    let is_name = host.split('.').all(is_label) && host.split('.').next_back().is_some_and(|label| !label.bytes().all(|b| b.is_ascii_digit()));
    if !is_name {
        return Err(t("client-pattern-domain"));
    }
    // A domain of somebody: a public suffix (private ones such as github.io included) and at least one label more.
    if psl::domain_str(&host.to_ascii_lowercase()).is_none() { Err(t("client-pattern-anyone")) } else { Ok(()) }
}

/// Whether a URI that came is one the pattern stands for.
pub fn matches(pattern: &str, unverified_uri: &str) -> bool {
    let Some((before, after)) = pattern.split_once('*') else { return false };
    let Some(rest) = unverified_uri.strip_prefix(before) else { return false };
    if before == "https://" {
        // `after` begins with the dot, so the label cannot be empty or reach further than it.
        return rest.strip_suffix(after).is_some_and(is_label);
    }
    after.is_empty() && before.ends_with('/') && is_plain_path(rest)
}

/// One label of a host name: letters, digits and inner hyphens (RFC 952, RFC 1123 section 2.1).
fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        && !label.starts_with('-')
        && !label.ends_with('-')
}

/// The end of a path in which nothing has a second meaning: unreserved characters (RFC 3986 section 2.3) in segments that are neither empty nor dots.
fn is_plain_path(path: &str) -> bool {
    let is_plain = |segment: &str| {
        !segment.is_empty()
            && segment != "."
            && segment != ".."
            && segment.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~'))
    };
    path.len() <= PATH_BYTES_MAX && path.split('/').all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOST: &str = "https://*.example.org/cb";
    const PATH: &str = "https://app.example.org/cb/*";

    #[test]
    fn a_wildcard_stands_for_one_label_or_the_end_of_a_path() {
        for (pattern, came) in [
            (HOST, "https://a.example.org/cb"),
            (HOST, "https://tenant-7.example.org/cb"),
            (HOST, "https://xn--bcher-kva.example.org/cb"),
            (PATH, "https://app.example.org/cb/tenant"),
            (PATH, "https://app.example.org/cb/a/b.c/d_e~f"),
        ] {
            assert!(matches(pattern, came), "{pattern} {came}");
        }
        for came in [
            "https://example.org/cb",
            "https://.example.org/cb",
            "https://a.b.example.org/cb",
            "https://a.example.org/cb2",
            "http://a.example.org/cb",
        ] {
            assert!(!matches(HOST, came), "{came}");
        }
        for came in [
            "https://app.example.org/cb/",
            "https://app.example.org/cb",
            "https://app.example.org/cbx",
            "https://app.example.org/cb/a/",
            "https://app.example.org/cb/a//b",
        ] {
            assert!(!matches(PATH, came), "{came}");
        }
    }

    #[test]
    fn attack_userinfo_in_place_of_the_wildcard() {
        assert!(!matches(HOST, "https://evil.example@a.example.org/cb") && !matches(HOST, "https://u:p@a.example.org/cb"));
        assert!(!matches(HOST, "https://evil.example%40a.example.org/cb") && !matches(HOST, "https://evil.example/@a.example.org/cb"));
    }

    #[test]
    fn attack_backslash_that_browsers_read_as_a_slash() {
        assert!(!matches(HOST, "https://evil.example\\.example.org/cb") && !matches(HOST, "https://evil.example\\@a.example.org/cb"));
        assert!(!matches(PATH, "https://app.example.org/cb/\\evil.example") && !matches(PATH, "https://app.example.org/cb/..\\x"));
    }

    #[test]
    fn attack_end_of_the_host_inside_the_wildcard() {
        for inside in ["evil.example/", "evil.example?", "evil.example#", "evil.example:443/", "a:b", "[::1]", "a,b", "a b", "a\tb", "a\nb", "a\0b"] {
            assert!(!matches(HOST, &format!("https://{inside}.example.org/cb")), "{inside:?}");
        }
    }

    #[test]
    fn attack_unicode_that_browsers_fold() {
        for inside in ["evil.example\u{ff0f}", "a\u{3002}b", "\u{2100}", "ａ", "\u{212a}", "a\u{ad}b", "%E3%80%82", "\u{202e}a"] {
            assert!(!matches(HOST, &format!("https://{inside}.example.org/cb")), "{inside:?}");
            assert!(!matches(PATH, &format!("https://app.example.org/cb/{inside}")), "{inside:?}");
        }
    }

    #[test]
    fn attack_path_traversal() {
        for end in
            ["..", "../admin", "a/../../admin", ".", "a/./b", "..;/admin", "%2e%2e/admin", "%2e%2e%2fadmin", ".%2e/admin", "a/..", "/evil.example"]
        {
            assert!(!matches(PATH, &format!("https://app.example.org/cb/{end}")), "{end}");
        }
    }

    #[test]
    fn attack_query_and_fragment() {
        for end in ["a?next=https://evil.example", "a#", "a#x", "?x", "#x", "a;x", "a&b", "a=b"] {
            assert!(!matches(PATH, &format!("https://app.example.org/cb/{end}")), "{end}");
        }
        assert!(!matches(HOST, "https://a.example.org/cb?x=1") && !matches(HOST, "https://a.example.org/cb#x"));
    }

    #[test]
    fn attack_double_decode() {
        for end in ["%252e%252e%252fadmin", "%25%32%65", "a%2fb", "a%00", "%", "a%0d%0aSet-Cookie:x"] {
            assert!(!matches(PATH, &format!("https://app.example.org/cb/{end}")), "{end}");
            assert!(!matches(HOST, &format!("https://{end}.example.org/cb")), "{end}");
        }
    }

    #[test]
    fn only_patterns_of_one_owner_are_registered() {
        for good in [
            HOST,
            PATH,
            "https://*.example.org:8443/cb?x=1",
            "https://*.apps.example.co.uk/cb",
            "https://*.me.github.io/cb",
            "https://a.example/x/y/*",
        ] {
            assert!(check(good).is_ok(), "{good}");
        }
        for bad in [
            "https://*/cb",
            "https://*.org/cb",
            "https://*.co.uk/cb",
            "https://*.github.io/cb",
            "https://*.com./cb",
            "https://*.1.2.3/cb",
            "https://*.127.0.0.1/cb",
            "https://*.localhost/cb",
            "https://a*.example.org/cb",
            "https://*a.example.org/cb",
            "https://a.*.example.org/cb",
            "https://*.*.example.org/cb",
            "https://*.example.org/*",
            "https://app.example.org/*",
            "https://app.example.org/cb*",
            "https://app.example.org/*/cb",
            "https://app.example.org/cb/../*",
            "https://app.example.org/cb?x=*",
            "https://app.example.org/cb?x=/*",
            "https://app.example.org:*/cb",
            "http://*.example.org/cb",
            "com.example.app://*",
            "https://user@*.example.org/cb",
            "https://*.example.org@evil.example/cb",
        ] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }
}
