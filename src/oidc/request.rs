//! From parameters to an [`AuthorizationRequest`]: [`validate`] is its only maker, so that whoever holds one holds a request that may be answered by
//! redirect.

use std::time::Duration;

use super::acr::Wanted;
use super::answer::{ReplyTo, ResponseMode};
use super::claims_request::{self, ClaimsRequest, Named};
use super::error::{AuthorizeError, AuthorizeErrorCode};
use super::params::Params;
use super::scope::Scopes;
use crate::apis::{Permissions, Reach};
use crate::clients::Client;
use crate::language::t;

/// The parameters we read; the rest is dropped.
pub const NAMES: &[&str] = &[
    "client_id",
    "redirect_uri",
    "response_type",
    "response_mode",
    "scope",
    "state",
    "nonce",
    "prompt",
    "max_age",
    "acr_values",
    "claims",
    "login_hint",
    "ui_locales",
    "id_token_hint",
    "code_challenge",
    "code_challenge_method",
    "request",
    "request_uri",
    "registration",
    "resource",
    "dpop_jkt",
];

/// The most APIs one request may name.
const RESOURCES_MAX: usize = 10;

/// The longest `max_age` we tell apart from "ever", in seconds: ten years.
const MAX_AGE_MAX: u64 = 10 * 366 * 24 * 3600;

/// Why a request that was not pushed is refused.
pub const NOT_PUSHED: &str = "this client must push its requests (RFC 9126)";

/// The longest request, in bytes: it travels in the address of our own pages while the person signs in.
const BYTES_MAX: usize = 5500;

/// What of a request travels on while the person signs in. An ID token as a hint can be long, for someone in many groups; it is dropped rather than the
/// request refused.
pub fn to_keep(params: &Params) -> String {
    let whole = params.encode_only(NAMES);
    if whole.len() <= BYTES_MAX { whole } else { without_hint(params) }
}

fn without_hint(params: &Params) -> String {
    params.encode_only(&NAMES.iter().copied().filter(|&name| name != "id_token_hint").collect::<Vec<_>>())
}

/// An authorization request that may be answered by redirect.
#[derive(Clone, Debug)]
pub struct AuthorizationRequest {
    /// Who asks.
    pub client: Client,
    /// Where the answer goes.
    pub reply_to: ReplyTo,
    /// What is asked for here, as far as we know it; empty only when an API is named.
    pub scopes: Scopes,
    /// Goes into the ID token.
    pub nonce: Option<String>,
    /// The S256 code challenge (RFC 7636), when there is one.
    pub code_challenge: Option<String>,
    /// Which pages the client wants shown.
    pub prompt: Prompt,
    /// How long ago the person may have signed in at most.
    pub max_age: Option<Duration>,
    /// How well they should have proved who they are.
    pub acr: Wanted,
    /// Claims asked for by name.
    pub named: Named,
    /// The APIs it names (RFC 8707), or the client's own; identifiers nobody has looked up yet.
    pub unverified_resources: Vec<String>,
    /// Every word of its scope: permissions of those APIs are among them.
    pub scope_words: Permissions,
    /// What of that the client may ask for; found by `resources::resolve`.
    pub apis: Reach,
    /// The key its code is bound to (RFC 9449 section 10), by thumbprint.
    pub dpop_jkt: Option<String>,
    /// Whom it must be: one of these subjects, when there are any.
    pub subjects: Vec<String>,
    /// The name it was pushed under (RFC 9126); whoever answers it uses that up.
    pub pushed: Option<String>,
    /// An administrator checks the client: nothing of it lasts.
    pub is_check: bool,
    /// An ID token that says whom the client expects. Not verified yet.
    pub unverified_id_token_hint: Option<String>,
}

/// The `prompt` parameter (OpenID Connect Core, section 3.1.2.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Prompt {
    /// No page may be shown.
    pub none: bool,
    /// The person signs in again, also to choose an account.
    pub login: bool,
    /// The person is asked again.
    pub consent: bool,
}

impl AuthorizationRequest {
    /// The scopes a person must have agreed to: those asked for, and those that would give the claims asked for by name.
    pub fn reach(&self) -> Scopes {
        self.scopes.and(&self.named.scopes())
    }

    /// Whether any program on the person's computer could have sent it in this client's name: what they agreed to before is no answer to it then (RFC 8252 section
    /// 8.6). A client that an administrator registered is trusted as it was registered.
    pub fn may_be_an_impostor(&self) -> bool {
        let registration = &self.client.registration;
        registration.is_public && registration.policies.provenance.is_stranger() && !self.reply_to.redirect_uri.starts_with("https://")
    }

    /// Whether its client, for which nobody here vouches, has answers sent to more than one place. That place is all that people know for sure when they are asked, so
    /// what they agreed to while they were told one of them is no answer when it is another.
    pub fn may_lead_elsewhere(&self) -> bool {
        let registration = &self.client.registration;
        registration.policies.provenance.is_stranger() && registration.places().len() > 1
    }

    /// The refusal of this request that its client is told.
    pub fn refuse(&self, error: AuthorizeErrorCode, description: &'static str) -> AuthorizeError {
        AuthorizeError::Redirect { reply_to: self.reply_to.clone(), error, description }
    }
}

fn page(message: impl Into<String>) -> AuthorizeError {
    AuthorizeError::ShowPage { title: t("authorize-impossible").into(), message: message.into() }
}

/// The refusal of a request that cannot be validated: told to the client when the request names a redirect URI of its, and shown on a page otherwise.
pub fn refuse_early(params: &Params, client: &Client, error: AuthorizeErrorCode, description: &'static str) -> AuthorizeError {
    match params.get("redirect_uri").filter(|uri| !params.is_repeated("redirect_uri") && client.allows_redirect_to(uri)) {
        Some(redirect_uri) => {
            let (mode, _) = response_mode(params.get("response_mode"), redirect_uri);
            let reply_to = ReplyTo { redirect_uri: redirect_uri.to_owned(), state: params.get("state").map(str::to_owned), mode };
            AuthorizeError::Redirect { reply_to, error, description }
        }
        None => page(t("authorize-unusable").with("app", &client.registration.name).with("description", description)),
    }
}

/// Checks a request against the client it names.
///
/// # Errors
/// [`AuthorizeError::ShowPage`] until the redirect URI is known to be the client's, [`AuthorizeError::Redirect`] from there on.
pub fn validate(params: &Params, client: Option<Client>) -> Result<AuthorizationRequest, AuthorizeError> {
    use AuthorizeErrorCode::{
        InvalidRequest, InvalidScope, InvalidTarget, RegistrationNotSupported, RequestNotSupported, RequestUriNotSupported, UnsupportedResponseType,
    };
    if params.any_repeated(&["client_id", "redirect_uri"]) {
        return Err(page(t("authorize-twice")));
    }
    let client = client.ok_or_else(|| page(t("authorize-unknown-app")))?;
    let name = &client.registration.name;
    let redirect_uri = params.get("redirect_uri").ok_or_else(|| page(t("authorize-no-address").with("app", name)))?;
    if !client.allows_redirect_to(redirect_uri) {
        return Err(page(t("authorize-other-address").with("app", name)));
    }

    let (mode, wrong_mode) = response_mode(params.get("response_mode"), redirect_uri);
    let reply_to = ReplyTo { redirect_uri: redirect_uri.to_owned(), state: params.get("state").map(str::to_owned), mode };
    let refuse = |error, description| AuthorizeError::Redirect { reply_to: reply_to.clone(), error, description };
    if NAMES.iter().any(|name| *name != "resource" && params.is_repeated(name)) {
        return Err(refuse(InvalidRequest, "a parameter came more than once"));
    }
    if without_hint(params).len() > BYTES_MAX {
        return Err(refuse(InvalidRequest, "the request is longer than 5500 bytes"));
    }
    if params.has("request") {
        return Err(refuse(RequestNotSupported, "request objects are not supported"));
    }
    if params.has("request_uri") {
        return Err(refuse(RequestUriNotSupported, "request objects are not supported"));
    }
    if params.has("registration") {
        return Err(refuse(RegistrationNotSupported, "the registration parameter is not supported"));
    }
    match params.get("response_type") {
        Some("code") => {}
        Some(_) => return Err(refuse(UnsupportedResponseType, "response_type must be code")),
        None => return Err(refuse(InvalidRequest, "response_type is missing")),
    }
    if let Some(wrong) = wrong_mode {
        return Err(refuse(InvalidRequest, wrong));
    }
    let unverified_resources = super::resources::named(params, &client);
    if unverified_resources.len() > RESOURCES_MAX {
        return Err(refuse(InvalidTarget, "at most 10 resources at a time"));
    }
    let dpop_jkt = params.get("dpop_jkt").map(str::to_owned);
    if dpop_jkt.as_deref().is_some_and(|jkt| crate::secret::from_base64url(jkt).is_none_or(|bytes| bytes.len() != 32)) {
        return Err(refuse(InvalidRequest, "dpop_jkt is not a base64url SHA-256"));
    }
    let scopes = Scopes::parse(params.get("scope").unwrap_or_default());
    if scopes.is_empty() && unverified_resources.is_empty() {
        return Err(refuse(InvalidScope, "scope names nothing that is offered; an OpenID Connect request has openid in it"));
    }
    let prompt = prompt(params.get("prompt")).map_err(|why| refuse(InvalidRequest, why))?;
    let max_age = match params.get("max_age") {
        None => None,
        Some(text) => {
            let seconds = text.parse::<u64>().map_err(|_| refuse(InvalidRequest, "max_age must be a whole number of seconds"))?;
            Some(Duration::from_secs(seconds.min(MAX_AGE_MAX)))
        }
    };
    let ClaimsRequest { named, subjects, acr } = match params.get("claims") {
        None => ClaimsRequest::default(),
        Some(text) => claims_request::parse(text).map_err(|why| refuse(InvalidRequest, why))?,
    };
    let acr_values = || params.get("acr_values").unwrap_or_default().split(' ').filter(|value| !value.is_empty()).map(str::to_owned).collect();
    // The claims parameter says more, so it goes before acr_values.
    let acr = acr.filter(|acr| !acr.values.is_empty()).unwrap_or_else(|| Wanted { values: acr_values(), is_essential: false });
    let code_challenge = code_challenge(params, client.needs_pkce()).map_err(|why| refuse(InvalidRequest, why))?;
    Ok(AuthorizationRequest {
        nonce: params.get("nonce").map(str::to_owned),
        unverified_id_token_hint: params.get("id_token_hint").map(str::to_owned),
        client,
        reply_to,
        scopes,
        unverified_resources,
        scope_words: Permissions::parse(params.get("scope").unwrap_or_default()),
        apis: Reach::default(),
        dpop_jkt,
        code_challenge,
        prompt,
        max_age,
        acr,
        named,
        subjects,
        pushed: None,
        is_check: false,
    })
}

/// The response mode, and what is wrong with the one asked for; that is told in the query then.
fn response_mode(text: Option<&str>, redirect_uri: &str) -> (ResponseMode, Option<&'static str>) {
    match text.map(ResponseMode::from_text) {
        None => (ResponseMode::Query, None),
        Some(None) => (ResponseMode::Query, Some("response_mode must be query, fragment or form_post")),
        // A form is sent to web servers only.
        Some(Some(ResponseMode::FormPost)) if !redirect_uri.starts_with("https://") && !redirect_uri.starts_with("http://") => {
            (ResponseMode::Query, Some("response_mode form_post needs an http or https redirect_uri"))
        }
        Some(Some(mode)) => (mode, None),
    }
}

fn prompt(text: Option<&str>) -> Result<Prompt, &'static str> {
    let mut prompt = Prompt::default();
    for value in text.unwrap_or_default().split(' ').filter(|value| !value.is_empty()) {
        match value {
            "none" => prompt.none = true,
            // The sign-in page is where an account is chosen.
            "login" | "select_account" => prompt.login = true,
            "consent" => prompt.consent = true,
            _ => return Err("prompt must be none, login, consent or select_account"),
        }
    }
    if prompt.none && (prompt.login || prompt.consent) { Err("prompt none stands alone") } else { Ok(prompt) }
}

/// RFC 7636 section 4.3, S256 only: `plain` gives the verifier away to whoever sees the request (RFC 9700 section 2.1.1).
fn code_challenge(params: &Params, needed: bool) -> Result<Option<String>, &'static str> {
    let Some(challenge) = params.get("code_challenge") else {
        return match params.get("code_challenge_method") {
            Some(_) => Err("code_challenge_method without code_challenge"),
            None if needed => Err("this client must use PKCE: code_challenge is missing"),
            None => Ok(None),
        };
    };
    if params.get("code_challenge_method") != Some("S256") {
        return Err("code_challenge_method must be S256");
    }
    // An S256 challenge is 32 bytes in base64url.
    if crate::secret::from_base64url(challenge).is_none_or(|bytes| bytes.len() != 32) {
        return Err("code_challenge is not a base64url SHA-256");
    }
    Ok(Some(challenge.to_owned()))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::clients::{Registration, SigningAlg};
    use crate::clock::Timestamp;
    use crate::id::ClientId;

    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    pub(in crate::oidc) fn client() -> Client {
        let registration = Registration {
            name: "Wiki".into(),
            redirect_uris: vec!["https://wiki.example.org/cb?x=1".into()],
            signing_alg: SigningAlg::Rs256,
            ..Registration::default()
        };
        let id = ClientId::new();
        Client { id, client_id: "wiki".into(), registration, restricted: false, created_at: Timestamp::EPOCH, updated_at: Timestamp::EPOCH }
    }

    pub(in crate::oidc) fn good(more: &str) -> String {
        format!("client_id=wiki&redirect_uri=https%3A%2F%2Fwiki.example.org%2Fcb%3Fx%3D1&response_type=code&scope=openid&state=s%20t&{more}")
    }

    fn check(query: &str, client: Client) -> Result<AuthorizationRequest, AuthorizeError> {
        validate(&Params::parse(query).unwrap(), Some(client))
    }

    fn error(more: &str) -> &'static str {
        match check(&good(more), client()) {
            Err(AuthorizeError::Redirect { reply_to, error, description }) => {
                assert_eq!((reply_to.redirect_uri.as_str(), reply_to.state.as_deref()), ("https://wiki.example.org/cb?x=1", Some("s t")));
                assert!(description.bytes().all(|b| matches!(b, 0x20..=0x21 | 0x23..=0x5b | 0x5d..=0x7e)), "{description}");
                error.as_str()
            }
            other => panic!("{more}: {other:?}"),
        }
    }

    #[test]
    fn a_plain_request_is_understood() {
        let request = check(&good("nonce=n&max_age=60&prompt=login+consent&display=popup&ui_locales=se&extra=foobar"), client()).unwrap();
        assert_eq!((request.nonce.as_deref(), request.max_age), (Some("n"), Some(Duration::from_secs(60))));
        assert_eq!(request.prompt, Prompt { none: false, login: true, consent: true });
        assert!(request.code_challenge.is_none());
    }

    #[test]
    fn the_answer_comes_in_the_way_asked_for_also_when_it_is_no() {
        for (mode, expected) in [("query", ResponseMode::Query), ("fragment", ResponseMode::Fragment), ("form_post", ResponseMode::FormPost)] {
            assert_eq!(check(&good(&format!("response_mode={mode}")), client()).unwrap().reply_to.mode, expected);
            let Err(AuthorizeError::Redirect { reply_to, .. }) = check(&good(&format!("response_mode={mode}&prompt=dance")), client()) else {
                panic!()
            };
            assert_eq!(reply_to.mode, expected);
        }
        let mut native = client();
        native.registration.redirect_uris = vec!["app.immich:///oauth-callback".into()];
        let query = "client_id=wiki&redirect_uri=app.immich:///oauth-callback&response_type=code&scope=openid&response_mode=form_post";
        let Err(AuthorizeError::Redirect { reply_to, .. }) = check(query, native) else { panic!("a form cannot be sent to an app") };
        assert_eq!(reply_to.mode, ResponseMode::Query);
    }

    #[test]
    fn claims_and_classes_are_understood() {
        let claims = "claims=%7B%22id_token%22%3A%7B%22email%22%3Anull%2C%22acr%22%3A%7B%22value%22%3A%22phrh%22%7D%7D%7D";
        let request = check(&good(&format!("{claims}&acr_values=phr")), client()).unwrap();
        assert_eq!((request.acr.values, request.named.scopes().to_string().as_str()), (vec!["phrh".to_owned()], "email"));
        let request = check(&good("acr_values=phr+phrh&claims=%7B%7D&max_age=99999999999999"), client()).unwrap();
        assert_eq!((request.acr.values.len(), request.acr.is_essential, request.reach().to_string().as_str()), (2, false, "openid"));
    }

    #[test]
    fn nobody_is_redirected_while_client_or_redirect_uri_are_in_doubt() {
        let page = |query: &str, client| matches!(validate(&Params::parse(query).unwrap(), client), Err(AuthorizeError::ShowPage { .. }));
        assert!(page(&good(""), None));
        assert!(page("client_id=wiki&response_type=code&scope=openid", Some(client())));
        assert!(page(&good("redirect_uri=https://evil.example"), Some(client())));
        assert!(page(&good("client_id=other"), Some(client())));
        for uri in
            ["https://wiki.example.org/cb", "https://wiki.example.org/cb?x=1%26y=2", "https://wiki.example.org/cb?x=2", "https://evil.example/cb?x=1"]
        {
            assert!(page(&format!("client_id=wiki&response_type=code&scope=openid&redirect_uri={uri}"), Some(client())), "{uri}");
        }
    }

    #[test]
    fn other_mistakes_are_told_to_the_client() {
        for (more, says) in [
            ("state=again", "invalid_request"),
            ("request=eyJ", "request_not_supported"),
            ("request_uri=https://wiki.example.org/r", "request_uri_not_supported"),
            ("registration={}", "registration_not_supported"),
            ("response_mode=web_message", "invalid_request"),
            ("claims=[]", "invalid_request"),
            ("claims=%7B%22userinfo%22%3A7%7D", "invalid_request"),
            ("prompt=none+login", "invalid_request"),
            ("prompt=dance", "invalid_request"),
            ("max_age=-1", "invalid_request"),
            ("code_challenge=abc&code_challenge_method=S256", "invalid_request"),
            ("code_challenge_method=S256", "invalid_request"),
        ] {
            if more.starts_with("state") {
                assert!(matches!(check(&good(more), client()), Err(AuthorizeError::Redirect { .. })));
            } else {
                assert_eq!(error(more), says, "{more}");
            }
        }
        assert_eq!(error(&format!("code_challenge={CHALLENGE}")), "invalid_request", "without a method PKCE means plain");
        assert_eq!(error(&format!("code_challenge={CHALLENGE}&code_challenge_method=plain")), "invalid_request");
        assert_eq!(error(&format!("nonce={}", "n".repeat(6000))), "invalid_request");
        let without = |name: &str| good("").replace(&format!("{name}="), &format!("{name}_="));
        for (name, says) in [("response_type", "invalid_request"), ("scope", "invalid_scope")] {
            let Err(AuthorizeError::Redirect { error, .. }) = check(&without(name), client()) else { panic!("{name}") };
            assert_eq!(error.as_str(), says);
        }
        let Err(AuthorizeError::Redirect { error, .. }) = check(&good("").replace("=code", "=token"), client()) else { panic!() };
        assert_eq!(error.as_str(), "unsupported_response_type");
    }

    #[test]
    fn a_public_client_cannot_do_without_pkce() {
        for (is_public, require_pkce) in [(true, false), (false, true)] {
            let mut strict = client();
            strict.registration.is_public = is_public;
            strict.registration.require_pkce = require_pkce;
            let refused = check(&good(""), strict.clone());
            assert!(matches!(refused, Err(AuthorizeError::Redirect { error: AuthorizeErrorCode::InvalidRequest, .. })), "{refused:?}");
            let request = check(&good(&format!("code_challenge={CHALLENGE}&code_challenge_method=S256")), strict).unwrap();
            assert_eq!(request.code_challenge.as_deref(), Some(CHALLENGE));
        }
    }
}
