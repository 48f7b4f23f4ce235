//! Client metadata (RFC 7591 section 2; OpenID Connect Dynamic Registration 1.0, section 2) of clients nobody here typed in: what they say about themselves in
//! JSON becomes a [`Registration`], and back. Pure.
//!
//! No address in it is ever called while it is read: a `logo_uri` never is, a `jwks_uri` when the client first proves itself with a key, a
//! `sector_identifier_uri` before the client is registered ([`super::sector`]), both as addresses a stranger named. What is not understood is ignored, as
//! RFC 7591 section 2 wants it; what is understood and not offered is refused.

use serde_json::{Map, Value, json};
use url::{Host, Url};

use super::model::{Mistakes, Registration, SigningAlg};
use super::policy::authentication::Allowed;
use super::policy::claims::SubjectType;
use super::policy::provenance::{Provenance, RegisteredBy};
use crate::jose::Alg;
use crate::language::{Language, speaking};

/// How long a text about a client may be, in characters.
const TEXT_CHARS_MAX: usize = 1000;
/// Statements we keep and repeat, but which decide nothing.
const REPEATED_URIS: [&str; 3] = ["client_uri", "tos_uri", "policy_uri"];
const REPEATED_TEXTS: [&str; 2] = ["software_id", "software_version"];
/// The grants a client may ask for that registers itself. Not the one of devices: a stranger could have people type its code (RFC 8628 section 5.4).
const GRANT_TYPES: [&str; 2] = ["authorization_code", "refresh_token"];

/// What is noted as the client said it, beside what is registered.
const SAID_NAME: &str = "client_name";
const SAID_ALG: &str = "id_token_signed_response_alg";
const SAID_PAR: &str = "require_pushed_authorization_requests";
const SAID_METHOD: &str = "token_endpoint_auth_method";
const SAID_SUBJECT: &str = "subject_type";
/// RFC 9449 section 5.2.
const SAID_DPOP: &str = "dpop_bound_access_tokens";
/// RFC 9101 section 10.5.
const SAID_SIGNED: &str = "require_signed_request_object";

/// Why metadata was refused (RFC 7591 section 3.2.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unusable {
    /// `invalid_redirect_uri` or `invalid_client_metadata`.
    pub error: &'static str,
    /// What is wrong, for the app's developer.
    pub description: String,
}

fn invalid(description: impl Into<String>) -> Unusable {
    Unusable { error: "invalid_client_metadata", description: description.into() }
}

/// Reads what a client says about itself.
///
/// # Errors
/// [`Unusable`], with the first thing that is wrong.
pub fn read(metadata: &Map<String, Value>, by: RegisteredBy) -> Result<Registration, Unusable> {
    let mut said = Map::new();
    let redirect_uris = texts(metadata, "redirect_uris")?;
    let application_type = text(metadata, "application_type")?;
    for uri in &redirect_uris {
        check_stranger_uri(uri, application_type.as_deref())
            .map_err(|why| Unusable { error: "invalid_redirect_uri", description: format!("redirect_uris: {}: {why}", shown(uri)) })?;
    }
    if let Some(kind) = application_type {
        if !matches!(kind.as_str(), "web" | "native") {
            return Err(invalid("application_type must be web or native"));
        }
        said.insert("application_type".to_owned(), kind.into());
    }
    let method = text(metadata, "token_endpoint_auth_method")?;
    let method = method.as_deref().unwrap_or(if by == RegisteredBy::Document { "none" } else { "client_secret_basic" });
    match (method, by) {
        ("none" | "private_key_jwt", _) => {}
        ("client_secret_basic" | "client_secret_post", RegisteredBy::Document) => {
            return Err(invalid("token_endpoint_auth_method: everyone can read the document, so it cannot have a secret; say none"));
        }
        ("client_secret_basic" | "client_secret_post", _) => {}
        _ if by == RegisteredBy::Document => return Err(invalid("token_endpoint_auth_method must be none or private_key_jwt")),
        _ => return Err(invalid("token_endpoint_auth_method must be none, client_secret_basic, client_secret_post or private_key_jwt")),
    }
    if by == RegisteredBy::Document && ["client_secret", "client_secret_expires_at"].iter().any(|name| metadata.contains_key(*name)) {
        return Err(invalid("client_secret: everyone can read the document, so it cannot have a secret"));
    }
    if metadata.contains_key("jwks") && metadata.contains_key("jwks_uri") {
        return Err(invalid("jwks and jwks_uri must not both be present"));
    }
    let grant_types = texts(metadata, "grant_types")?;
    if let Some(other) = grant_types.iter().find(|grant| !GRANT_TYPES.contains(&grant.as_str())) {
        return Err(invalid(format!(
            "grant_types: {} is not offered to apps that nobody here registered; offered are {}",
            shown(other),
            GRANT_TYPES.join(", ")
        )));
    }
    let response_types = texts(metadata, "response_types")?;
    if response_types.iter().any(|response| response != "code") {
        return Err(invalid("response_types must be code"));
    }
    if redirect_uris.is_empty() {
        return Err(Unusable { error: "invalid_redirect_uri", description: "redirect_uris is missing".to_owned() });
    }
    let is_pairwise = match text(metadata, "subject_type")?.as_deref() {
        None | Some("public") => false,
        // Everyone who brings a document would be of one sector: their own computer's.
        Some("pairwise") if by != RegisteredBy::Document => true,
        _ if by == RegisteredBy::Document => return Err(invalid("subject_type must be public")),
        _ => return Err(invalid("subject_type must be public or pairwise")),
    };
    for name in ["id_token_encrypted_response_alg", "userinfo_encrypted_response_alg", "userinfo_signed_response_alg"] {
        if text(metadata, name)?.is_some_and(|alg| alg != "none") {
            return Err(invalid(format!("{name} is not offered")));
        }
    }
    let signing_alg = match text(metadata, SAID_ALG)? {
        None => SigningAlg::default(),
        Some(alg) => SigningAlg::ALL
            .into_iter()
            .find(|known| known.as_str() == alg)
            .ok_or_else(|| invalid(format!("{SAID_ALG} must be one of {}", SigningAlg::ALL.map(SigningAlg::as_str).join(", "))))?,
    };
    let require_par = flag(metadata, SAID_PAR)?;
    let (require_dpop, require_signed_request) = (flag(metadata, SAID_DPOP)?, flag(metadata, SAID_SIGNED)?);
    if require_signed_request && method != "private_key_jwt" {
        return Err(invalid(format!("{SAID_SIGNED} is offered to apps whose token_endpoint_auth_method is private_key_jwt")));
    }
    let post_logout_redirect_uris = texts(metadata, "post_logout_redirect_uris")?;
    for uri in &post_logout_redirect_uris {
        check_stranger_uri(uri, None).map_err(|why| invalid(format!("post_logout_redirect_uris: {}: {why}", shown(uri))))?;
    }
    for name in REPEATED_URIS {
        if let Some(uri) = text(metadata, name)? {
            let is_web = Url::parse(&uri).is_ok_and(|url| matches!(url.scheme(), "https" | "http"));
            if !is_web {
                return Err(invalid(format!("{name} must be an http or https address")));
            }
            said.insert(name.to_owned(), uri.into());
        }
    }
    for name in REPEATED_TEXTS {
        if let Some(value) = text(metadata, name)? {
            said.insert(name.to_owned(), value.into());
        }
    }
    let contacts = texts(metadata, "contacts")?;
    if contacts.len() > 10 {
        return Err(invalid("contacts: at most 10"));
    }
    if !contacts.is_empty() {
        said.insert("contacts".to_owned(), contacts.into());
    }
    if let Some(scope) = text(metadata, "scope")? {
        said.insert("scope".to_owned(), scope.into());
    }
    said.insert(SAID_METHOD.to_owned(), method.into());
    said.insert(SAID_ALG.to_owned(), signing_alg.as_str().into());
    said.insert(SAID_PAR.to_owned(), require_par.into());
    for (name, is_on) in [(SAID_DPOP, require_dpop), (SAID_SIGNED, require_signed_request)] {
        if is_on {
            said.insert(name.to_owned(), true.into());
        }
    }
    said.insert("grant_types".to_owned(), if grant_types.is_empty() { json!(["authorization_code"]) } else { grant_types.into() });

    let name = text(metadata, "client_name")?.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty());
    let name = name.unwrap_or_else(|| redirect_uris.first().map_or_else(|| "An app without a name".to_owned(), |uri| place(uri)));
    said.insert(SAID_NAME.to_owned(), name.clone().into());
    let mut registration = Registration {
        name,
        is_public: method == "none",
        redirect_uris,
        post_logout_redirect_uris,
        signing_alg,
        claims_in_id_token: true,
        require_pkce: method == "none",
        require_par,
        initiate_login_uri: text(metadata, "initiate_login_uri")?.unwrap_or_default(),
        ..Registration::default()
    };
    registration.policies.tokens.require_dpop = require_dpop;
    registration.policies.authentication.require_signed_request = require_signed_request;
    if method == "private_key_jwt" {
        let keys = &mut registration.policies.authentication;
        keys.method = Allowed::PrivateKeyJwt;
        keys.jwks = metadata.get("jwks").filter(|jwks| !jwks.is_null()).map(Value::to_string).unwrap_or_default();
        keys.jwks_uri = text(metadata, "jwks_uri")?.unwrap_or_default();
        if !keys.has_keys() {
            return Err(invalid("jwks or jwks_uri is missing, which private_key_jwt needs"));
        }
        if let Some(alg) = text(metadata, "token_endpoint_auth_signing_alg")? {
            keys.assertion_alg = Some(Alg::from_text(&alg).ok_or_else(|| invalid("token_endpoint_auth_signing_alg is not offered"))?);
        }
    }
    let logout = &mut registration.policies.logout;
    for (name, place) in
        [("backchannel_logout_uri", &mut logout.backchannel_logout_uri), ("frontchannel_logout_uri", &mut logout.frontchannel_logout_uri)]
    {
        if let Some(uri) = text(metadata, name)? {
            if !uri.starts_with("https://") {
                return Err(invalid(format!("{name} must begin with https://")));
            }
            *place = uri;
        }
    }
    logout.backchannel_logout_session_required = flag(metadata, "backchannel_logout_session_required")?;
    logout.frontchannel_logout_session_required = flag(metadata, "frontchannel_logout_session_required")?;
    let claims = &mut registration.policies.claims;
    if is_pairwise {
        said.insert(SAID_SUBJECT.to_owned(), "pairwise".into());
        claims.subject = SubjectType::Pairwise;
    }
    if by != RegisteredBy::Document {
        claims.sector_identifier_uri = text(metadata, "sector_identifier_uri")?.unwrap_or_default();
    }
    if is_pairwise && claims.sector_identifier_uri.is_empty() {
        check_sector_of_hosts(&registration.redirect_uris)?;
    }
    registration.policies.provenance = Provenance { registered_by: by, said, ..Provenance::default() };
    speaking(Language::English, || registration.checked()).map_err(|mistakes| {
        let (field, mistake) = mistakes.into_iter().next().unwrap_or(("client_name", "It cannot be used.".to_owned()));
        let field = if field == "name" { "client_name" } else { field };
        let error = if field == "redirect_uris" { "invalid_redirect_uri" } else { "invalid_client_metadata" };
        Unusable { error, description: format!("{field}: {mistake}") }
    })
}

/// What a client says about itself now, with what administrators decided about it before: nothing it says takes that back. Name, algorithm, pushed and signed requests,
/// tokens bound to a key and how it proves itself are its own to say until an administrator decides otherwise, which shows by what is registered being another than
/// what it said.
///
/// # Errors
/// [`Unusable`], when the two do not fit together.
pub fn with_decisions(mut said: Registration, before: &Registration) -> Result<Registration, Unusable> {
    let earlier = &before.policies.provenance.said;
    let earlier_text = |name: &str| earlier.get(name).and_then(Value::as_str);
    let now_said = &mut said.policies.provenance.said;
    // What it said before stays noted beside a decision, or the decision would be forgotten as soon as the two agree once.
    let mut keep = |name: &str| match earlier.get(name) {
        Some(value) => now_said.insert(name.to_owned(), value.clone()),
        None => now_said.remove(name),
    };
    if earlier_text(SAID_NAME).is_some_and(|name| name != before.name) {
        keep(SAID_NAME);
        said.name.clone_from(&before.name);
    }
    // Of a client registered before this was noted, nobody knows who decided; then it stays.
    if earlier_text(SAID_ALG) != Some(before.signing_alg.as_str()) {
        keep(SAID_ALG);
        said.signing_alg = before.signing_alg;
    }
    if earlier.get(SAID_PAR).and_then(Value::as_bool) != Some(before.require_par) {
        keep(SAID_PAR);
        said.require_par = before.require_par;
    }
    let earlier_flag = |name: &str| earlier.get(name).and_then(Value::as_bool).unwrap_or_default();
    let mut require_dpop = said.policies.tokens.require_dpop;
    if earlier_flag(SAID_DPOP) != before.policies.tokens.require_dpop {
        keep(SAID_DPOP);
        require_dpop = before.policies.tokens.require_dpop;
    }
    let mut require_signed_request = said.policies.authentication.require_signed_request;
    if earlier_flag(SAID_SIGNED) != before.policies.authentication.require_signed_request {
        keep(SAID_SIGNED);
        require_signed_request = before.policies.authentication.require_signed_request;
    }
    if proof_was_decided(before, earlier_text(SAID_METHOD)) {
        keep(SAID_METHOD);
        said.is_public = before.is_public;
        said.policies.authentication = before.policies.authentication.clone();
    }
    let decided = &before.policies.claims;
    if earlier_text(SAID_SUBJECT) == Some("pairwise") {
        keep(SAID_SUBJECT);
        // What it calls people stays, so it must stay with those whom it is for (OpenID Connect Core, section 8.1).
        let (mut theirs, mut mistakes) = (said.policies.claims.clone(), Mistakes::new());
        if theirs.sector_identifier_uri.is_empty() {
            check_sector_of_hosts(&said.redirect_uris)?;
        }
        theirs.subject = SubjectType::Pairwise;
        theirs.check_with(&said.redirect_uris, false, &mut mistakes);
        if !mistakes.is_empty() || theirs.sector != decided.sector {
            return Err(invalid(format!("the redirect_uris do not belong to {} alone, which the pairwise subjects are for", shown(&decided.sector))));
        }
    }
    let sector_identifier_uri = std::mem::take(&mut said.policies.claims.sector_identifier_uri);
    said.lifetimes = before.lifetimes;
    said.claims_in_id_token = before.claims_in_id_token;
    said.acts_alone = before.acts_alone;
    said.own_scopes.clone_from(&before.own_scopes);
    said.for_devices = before.for_devices;
    // A public client needs it anyway, so only of a confidential one it was a decision.
    said.require_pkce |= before.require_pkce && !before.is_public;
    let (policies, decided) = (&mut said.policies, &before.policies);
    policies.tokens = decided.tokens.clone();
    policies.tokens.require_dpop = require_dpop;
    policies.claims = decided.claims.clone();
    if earlier_text(SAID_SUBJECT) == Some("pairwise") {
        policies.claims.sector_identifier_uri = sector_identifier_uri;
    }
    policies.passkeys = decided.passkeys.clone();
    policies.presentation = decided.presentation.clone();
    policies.forward_auth = decided.forward_auth.clone();
    policies.authentication.strict = decided.authentication.strict;
    policies.authentication.workloads.clone_from(&decided.authentication.workloads);
    policies.authentication.request_object_alg = decided.authentication.request_object_alg;
    policies.authentication.require_signed_request = require_signed_request;
    speaking(Language::English, || said.checked()).map_err(|mistakes| {
        let (field, mistake) = mistakes.into_iter().next().unwrap_or(("client_name", "It cannot be used.".to_owned()));
        invalid(format!("{field}: {mistake}"))
    })
}

/// Without a list the sector is the host of the redirect URIs, and a scheme of an app has none: whoever could add one to the address of another's app would learn what
/// that app calls people (OpenID Connect Core, section 8.1).
fn check_sector_of_hosts(redirect_uris: &[String]) -> Result<(), Unusable> {
    let has_host = |uri: &String| Url::parse(uri).is_ok_and(|url| matches!(url.scheme(), "https" | "http"));
    match redirect_uris.iter().find(|uri| !has_host(uri)) {
        Some(uri) => Err(invalid(format!("redirect_uris: {}: pairwise subjects need a sector_identifier_uri whose list names it", shown(uri)))),
        None => Ok(()),
    }
}

/// Whether how a client proves itself is another way than the one it said.
fn proof_was_decided(registered: &Registration, said: Option<&str>) -> bool {
    let Some(said) = said else { return false };
    if registered.is_public {
        return said != "none";
    }
    match registered.policies.authentication.method {
        Allowed::Secret => !matches!(said, "client_secret_basic" | "client_secret_post"),
        Allowed::PrivateKeyJwt => said != "private_key_jwt",
        // It cannot say these.
        Allowed::ClientSecretBasic | Allowed::ClientSecretPost | Allowed::Workload => true,
    }
}

/// What is registered about a client that registered itself (RFC 7591 section 3.2.1), but for what only the answer knows.
pub fn write(registration: &Registration, scopes: &str) -> Map<String, Value> {
    let mut metadata = registration.policies.provenance.said.clone();
    // Whoever administers this server may have changed it.
    let method = metadata.get(SAID_METHOD).and_then(Value::as_str).unwrap_or("client_secret_basic");
    let keys = &registration.policies.authentication;
    let method = match (registration.is_public, method) {
        (true, _) => "none",
        (false, _) if keys.method == Allowed::PrivateKeyJwt => "private_key_jwt",
        (false, "client_secret_post") => "client_secret_post",
        (false, _) => "client_secret_basic",
    };
    metadata.insert(SAID_METHOD.to_owned(), method.into());
    if keys.method == Allowed::PrivateKeyJwt {
        if !keys.jwks_uri.is_empty() {
            metadata.insert("jwks_uri".to_owned(), keys.jwks_uri.clone().into());
        } else if let Ok(jwks) = serde_json::from_str::<Value>(&keys.jwks) {
            metadata.insert("jwks".to_owned(), jwks);
        }
        if let Some(alg) = keys.assertion_alg {
            metadata.insert("token_endpoint_auth_signing_alg".to_owned(), alg.as_str().into());
        }
    }
    metadata.insert("scope".to_owned(), scopes.into());
    metadata.insert(SAID_NAME.to_owned(), registration.name.clone().into());
    metadata.insert("redirect_uris".to_owned(), registration.redirect_uris.clone().into());
    metadata.insert("response_types".to_owned(), json!(["code"]));
    let claims = &registration.policies.claims;
    metadata.insert(SAID_SUBJECT.to_owned(), if claims.subject == SubjectType::Pairwise { "pairwise" } else { "public" }.into());
    if !claims.sector_identifier_uri.is_empty() {
        metadata.insert("sector_identifier_uri".to_owned(), claims.sector_identifier_uri.clone().into());
    }
    metadata.insert(SAID_ALG.to_owned(), registration.signing_alg.as_str().into());
    metadata.insert(SAID_PAR.to_owned(), registration.require_par.into());
    for (name, is_on) in [(SAID_DPOP, registration.policies.tokens.needs_dpop()), (SAID_SIGNED, keys.require_signed_request)] {
        if is_on {
            metadata.insert(name.to_owned(), true.into());
        } else {
            metadata.remove(name);
        }
    }
    if !registration.post_logout_redirect_uris.is_empty() {
        metadata.insert("post_logout_redirect_uris".to_owned(), registration.post_logout_redirect_uris.clone().into());
    }
    let logout = &registration.policies.logout;
    for (name, uri) in [
        ("initiate_login_uri", &registration.initiate_login_uri),
        ("backchannel_logout_uri", &logout.backchannel_logout_uri),
        ("frontchannel_logout_uri", &logout.frontchannel_logout_uri),
    ] {
        if !uri.is_empty() {
            metadata.insert(name.to_owned(), uri.clone().into());
        }
    }
    if !logout.backchannel_logout_uri.is_empty() {
        metadata.insert("backchannel_logout_session_required".to_owned(), logout.backchannel_logout_session_required.into());
    }
    if !logout.frontchannel_logout_uri.is_empty() {
        metadata.insert("frontchannel_logout_session_required".to_owned(), logout.frontchannel_logout_session_required.into());
    }
    metadata
}

/// Where strangers may have answers sent: to the web by https, to this computer by http, to an app by a scheme of its own (RFC 8252 section 7). Whether it is a
/// redirect URI at all is checked with the registration.
fn check_stranger_uri(uri: &str, application_type: Option<&str>) -> Result<(), String> {
    speaking(Language::English, || super::model::check_redirect_uri(uri).map_err(String::from))?;
    let url = Url::parse(uri).map_err(|_| "it is not a full URI.".to_owned())?;
    let is_loopback = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    let allowed = match (url.scheme(), application_type) {
        ("https", Some("web")) if is_loopback => Err("a web application is not on this computer; say application_type native."),
        ("https", _) => Ok(()),
        (_, Some("web")) => Err("for a web application it must begin with https://."),
        ("http", _) if is_loopback => Ok(()),
        ("http", _) => Err("it must begin with https://; http is for this computer only (localhost, 127.0.0.1, [::1])."),
        ("ftp" | "ftps" | "ws" | "wss" | "intent" | "content" | "chrome" | "resource" | "jar" | "ms-its" | "tel" | "sms", _) => {
            Err("this kind of URI cannot receive an answer.")
        }
        _ => Ok(()),
    };
    allowed.map_err(str::to_owned)
}

/// The host of an address, or the scheme of an app.
fn place(uri: &str) -> String {
    Url::parse(uri).map_or_else(|_| String::new(), |url| url.host_str().filter(|host| !host.is_empty()).unwrap_or(url.scheme()).to_owned())
}

fn shown(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(200).collect()
}

fn text(metadata: &Map<String, Value>, name: &str) -> Result<Option<String>, Unusable> {
    match metadata.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.chars().count() <= TEXT_CHARS_MAX && !text.chars().any(char::is_control) => Ok(Some(text.clone())),
        Some(_) => Err(invalid(format!("{name} must be text of at most {TEXT_CHARS_MAX} characters"))),
    }
}

fn texts(metadata: &Map<String, Value>, name: &str) -> Result<Vec<String>, Unusable> {
    let wrong = || invalid(format!("{name} must be a list of texts"));
    match metadata.get(name) {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(values)) if values.len() <= 50 => {
            let one = |value: &Value| value.as_str().filter(|text| text.chars().count() <= TEXT_CHARS_MAX).map(str::to_owned).ok_or_else(wrong);
            values.iter().map(one).collect()
        }
        Some(_) => Err(wrong()),
    }
}

fn flag(metadata: &Map<String, Value>, name: &str) -> Result<bool, Unusable> {
    match metadata.get(name) {
        None | Some(Value::Null) => Ok(false),
        Some(Value::Bool(is_on)) => Ok(*is_on),
        Some(_) => Err(invalid(format!("{name} must be true or false"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(metadata: &Value, by: RegisteredBy) -> Result<Registration, Unusable> {
        read(metadata.as_object().unwrap(), by)
    }

    #[test]
    fn the_least_a_client_must_say_is_where_answers_go() {
        let registration = of(&json!({ "redirect_uris": ["https://app.example.org/cb"] }), RegisteredBy::Itself).unwrap();
        assert_eq!((registration.name.as_str(), registration.is_public, registration.skip_consent), ("app.example.org", false, false));
        assert!(registration.policies.provenance.is_stranger());
        let said = write(&registration, "openid");
        assert_eq!((&said["token_endpoint_auth_method"], &said["grant_types"]), (&json!("client_secret_basic"), &json!(["authorization_code"])));
        assert_eq!(of(&json!({}), RegisteredBy::Itself).unwrap_err().error, "invalid_redirect_uri");
    }

    #[test]
    fn answers_go_to_the_web_by_https_to_this_computer_or_to_an_app() {
        let with = |uri: &str, kind: Option<&str>| {
            let mut metadata = json!({ "redirect_uris": [uri] });
            if let Some(kind) = kind {
                metadata["application_type"] = kind.into();
            }
            of(&metadata, RegisteredBy::Itself).map(|_| ()).map_err(|refused| refused.error)
        };
        for good in [
            "https://app.example.org/cb",
            "http://127.0.0.1:3000/cb",
            "http://[::1]/cb",
            "http://localhost/cb",
            "cursor://anysphere/cb",
            "com.example.app:/cb",
        ] {
            assert_eq!(with(good, None), Ok(()), "{good}");
            assert_eq!(with(good, Some("native")), Ok(()), "{good}");
            assert_eq!(with(good, Some("web")).is_ok(), good.starts_with("https"), "{good}");
        }
        for bad in [
            "http://app.example.org/cb",
            "http://localhost.evil.example/cb",
            "http://127.0.0.1@evil.example/cb",
            "javascript:alert(1)",
            "JAVASCRIPT://app.example.org/%0aalert(1)",
            "data:text/html,x",
            "vbscript:x",
            "file:///etc/passwd",
            "https://app.example.org/#x",
            "https://*.example.org/cb",
            "https://u:p@app.example.org/cb",
            "/cb",
            "",
        ] {
            assert_eq!(with(bad, None), Err("invalid_redirect_uri"), "{bad}");
        }
    }

    #[test]
    fn what_is_not_offered_is_refused_and_what_is_not_understood_ignored() {
        let with = |name: &str, value: Value| {
            let mut metadata = json!({ "redirect_uris": ["https://app.example.org/cb"] });
            metadata[name] = value;
            of(&metadata, RegisteredBy::Itself).map(|_| ()).map_err(|refused| refused.error)
        };
        for (name, value) in [
            ("grant_types", json!(["implicit"])),
            ("grant_types", json!(["client_credentials"])),
            ("grant_types", json!(["authorization_code", "urn:ietf:params:oauth:grant-type:device_code"])),
            ("grant_types", json!("authorization_code")),
            ("response_types", json!(["code token"])),
            ("token_endpoint_auth_method", json!("private_key_jwt")),
            ("token_endpoint_auth_method", json!(7)),
            ("subject_type", json!("ephemeral")),
            ("sector_identifier_uri", json!("http://app.example.org/sector.json")),
            ("id_token_signed_response_alg", json!("none")),
            ("id_token_encrypted_response_alg", json!("RSA-OAEP")),
            ("client_uri", json!("javascript:alert(1)")),
            ("client_name", json!("two\nlines")),
            ("client_name", json!("x".repeat(500))),
            ("backchannel_logout_uri", json!("http://169.254.169.254/")),
            ("initiate_login_uri", json!("javascript:alert(1)")),
            ("contacts", json!(vec!["x"; 51])),
        ] {
            assert_eq!(with(name, value.clone()), Err("invalid_client_metadata"), "{name} {value}");
        }
        for (name, value) in [
            ("software_statement", json!("e30.e30.")),
            ("logo_uri", json!("http://169.254.169.254/")),
            ("skip_consent", json!(true)),
            ("x", json!({})),
        ] {
            assert_eq!(with(name, value), Ok(()), "{name}");
        }
    }

    /// Confusion of sectors: the app of a stranger is called what another's is, and hears of people under the names that one has for them.
    #[test]
    fn a_scheme_of_an_app_is_of_no_hosts_sector() {
        let of = |more: &Value| {
            let mut metadata = json!({ "redirect_uris": ["https://app.example.org/cb", "com.evil.app:/cb"] });
            metadata.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            of(&metadata, RegisteredBy::Itself)
        };
        let list = "https://evil.example/sector.json";
        assert_eq!(of(&json!({ "subject_type": "pairwise" })).unwrap_err().error, "invalid_client_metadata");
        let listed = of(&json!({ "subject_type": "pairwise", "sector_identifier_uri": list })).unwrap();
        assert_eq!(listed.policies.claims.sector, "evil.example", "whose list names both");
        assert!(of(&json!({})).is_ok() && of(&json!({ "subject_type": "public" })).is_ok());
        // Nor does one come along later, whatever is said of subjects then.
        let before = of(&json!({ "subject_type": "pairwise", "redirect_uris": ["https://app.example.org/cb"] })).unwrap();
        assert_eq!(before.policies.claims.sector, "app.example.org");
        let later = with_decisions(of(&json!({})).unwrap(), &before);
        assert_eq!(later.unwrap_err().error, "invalid_client_metadata");
        let near = json!({ "redirect_uris": ["https://app.example.org/other"] });
        assert!(with_decisions(of(&near).unwrap(), &before).is_ok());
    }

    #[test]
    fn nothing_an_app_says_takes_back_which_passkeys_it_takes() {
        let said = || of(&json!({ "redirect_uris": ["https://app.example.org/cb"] }), RegisteredBy::Itself).unwrap();
        let mut before = said();
        before.policies.passkeys.models = vec![uuid::Uuid::from_u128(5).to_string()];
        assert_eq!(with_decisions(said(), &before).unwrap().policies.passkeys, before.policies.passkeys);
    }

    #[test]
    fn a_document_has_no_secret() {
        let with = |name: &str, value: Value| {
            let mut metadata = json!({ "redirect_uris": ["https://app.example.org/cb"] });
            metadata[name] = value;
            of(&metadata, RegisteredBy::Document)
        };
        assert!(with("token_endpoint_auth_method", json!("none")).unwrap().is_public);
        assert!(with("client_name", json!("App")).unwrap().require_pkce);
        for (name, value) in [("token_endpoint_auth_method", json!("client_secret_post")), ("client_secret", json!("x"))] {
            assert_eq!(with(name, value).unwrap_err().error, "invalid_client_metadata", "{name}");
        }
    }
}
