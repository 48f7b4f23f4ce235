//! What a browser calls itself, in words a person recognises. A claim, good for a label and nothing else.

use crate::language::{Language, speaking, t};

/// The operating system, when it is a common one.
pub fn platform(user_agent: &str) -> Option<&'static str> {
    // The order matters: Android says Linux too, and iPhones say Mac OS X.
    const PLATFORMS: [(&str, &str); 7] = [
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("CrOS", "ChromeOS"),
        ("Windows", "Windows"),
        ("Mac OS X", "Mac"),
        ("Linux", "Linux"),
    ];
    PLATFORMS.iter().find(|(mark, _)| user_agent.contains(mark)).map(|(_, name)| *name)
}

/// The browser, when it is a common one.
pub fn browser(user_agent: &str) -> Option<&'static str> {
    // The order matters: almost all say Safari, and most of those Chrome.
    const BROWSERS: [(&str, &str); 6] = [
        ("Firefox/", "Firefox"),
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("SamsungBrowser/", "Samsung Internet"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ];
    BROWSERS.iter().find(|(mark, _)| user_agent.contains(mark)).map(|(_, name)| *name)
}

/// Both in one, as it is kept: `Chrome on Linux`.
pub fn describe(user_agent: &str) -> String {
    speaking(Language::English, || in_words(user_agent))
}

/// Both in one, in the language of the request.
pub fn in_words(user_agent: &str) -> String {
    match (browser(user_agent), platform(user_agent)) {
        (Some(browser), Some(platform)) => t("browser-on").with("browser", browser).with("platform", platform).into(),
        (Some(name), None) | (None, Some(name)) => name.to_owned(),
        (None, None) => t("browser-unknown").into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_browsers_are_recognised_though_they_claim_to_be_each_other() {
        let edge = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36 Edg/156.0.0.0";
        assert_eq!(describe(edge), "Edge on Windows");
        let iphone =
            "Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1";
        assert_eq!(describe(iphone), "Safari on iPhone");
        assert_eq!(describe("Mozilla/5.0 (Android 16; Mobile; rv:150.0) Gecko/150.0 Firefox/150.0"), "Firefox on Android");
        assert_eq!(describe("curl/8"), "Unknown browser");
    }
}
