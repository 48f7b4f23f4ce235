//! How the answer to an authorization request gets to the app: in the query, in the fragment (OAuth 2.0 Multiple Response Types), or as a form the browser
//! sends (OAuth 2.0 Form Post Response Mode).

use askama::Template;
use askama_web::WebTemplate;
use axum::http::header::{CONTENT_SECURITY_POLICY, HeaderValue, REFERRER_POLICY};
use axum::response::{IntoResponse, Redirect, Response};

use crate::app::App;
use crate::web::{Chrome, headers};

/// The `response_mode` parameter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ResponseMode {
    /// In the redirect URI's query: the default for codes.
    #[default]
    Query,
    /// Behind its `#`.
    Fragment,
    /// As a form sent to it.
    FormPost,
}

impl ResponseMode {
    /// Every mode, as published.
    pub const ALL: [Self; 3] = [Self::Query, Self::Fragment, Self::FormPost];

    /// The name in requests.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Fragment => "fragment",
            Self::FormPost => "form_post",
        }
    }

    /// Reads a name.
    pub fn from_text(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.as_str() == text)
    }
}

/// Where and how an answer goes. Made only for a redirect URI that is the client's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplyTo {
    /// One of the client's redirect URIs.
    pub redirect_uri: String,
    /// The client's `state`, given back as it came.
    pub state: Option<String>,
    /// How.
    pub mode: ResponseMode,
}

/// A form that sends itself where the browser runs our script, and has a button where it does not.
#[derive(Template, WebTemplate)]
#[template(path = "oidc/form_post.html")]
struct FormPostPage {
    chrome: Chrome,
    redirect_uri: String,
    parameters: Vec<(String, String)>,
}

/// The answer, with the client's `state` and our `iss` (RFC 9207).
pub(super) fn deliver(app: &App, reply_to: &ReplyTo, parameters: &[(&str, &str)]) -> Response {
    let mut all = parameters.to_vec();
    all.extend(reply_to.state.as_deref().map(|state| ("state", state)));
    all.push(("iss", app.config.origin.as_str()));
    match reply_to.mode {
        ResponseMode::Query => Redirect::to(&answer_url(&reply_to.redirect_uri, &all)).into_response(),
        ResponseMode::Fragment => Redirect::to(&fragment_url(&reply_to.redirect_uri, &all)).into_response(),
        ResponseMode::FormPost => {
            let parameters = all.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
            let page = FormPostPage { chrome: Chrome::public(app), redirect_uri: reply_to.redirect_uri.clone(), parameters };
            let mut response = page.into_response();
            response.headers_mut().insert(CONTENT_SECURITY_POLICY, headers::csp_for_forms_that_leave());
            // With less, browsers say `Origin: null`, which apps that check where a form comes from refuse.
            response.headers_mut().insert(REFERRER_POLICY, HeaderValue::from_static("strict-origin"));
            response
        }
    }
}

/// The address of an answer: the redirect URI as it stands with parameters added to its query. Never parsed and printed anew, so that what was registered
/// is what is called.
pub fn answer_url(redirect_uri: &str, parameters: &[(&str, &str)]) -> String {
    let encoded = serde_urlencoded::to_string(parameters).unwrap_or_default();
    if encoded.is_empty() {
        return redirect_uri.to_owned();
    }
    let joint = match redirect_uri.split_once('?') {
        None => "?",
        Some((_, query)) if query.is_empty() || query.ends_with('&') => "",
        Some(_) => "&",
    };
    format!("{redirect_uri}{joint}{encoded}")
}

/// The same with the parameters in the fragment; a registered redirect URI has none of its own.
fn fragment_url(redirect_uri: &str, parameters: &[(&str, &str)]) -> String {
    format!("{redirect_uri}#{}", serde_urlencoded::to_string(parameters).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_keeps_the_registered_uri_byte_for_byte() {
        let url = |uri| answer_url(uri, &[("code", "a b"), ("iss", "https://id.example.org")]);
        let added = "code=a+b&iss=https%3A%2F%2Fid.example.org";
        assert_eq!(url("https://host"), format!("https://host?{added}"));
        assert_eq!(url("https://host/cb?x=%2f"), format!("https://host/cb?x=%2f&{added}"));
        assert_eq!(url("https://host/cb?"), format!("https://host/cb?{added}"));
        assert_eq!(url("app.immich:///oauth-callback"), format!("app.immich:///oauth-callback?{added}"));
        assert_eq!(fragment_url("https://host/cb?x=%2f", &[("code", "a b")]), "https://host/cb?x=%2f#code=a+b");
    }
}
