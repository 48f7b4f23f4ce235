//! The authorization endpoint (OpenID Connect Core, section 3.1.2): what happens next with a request is decided by [`decide`], pure; the rest carries it out.

use axum::body::Bytes;
use axum::extract::{Query, RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use std::time::Duration;

use super::acr::Class;
use super::answer::deliver;
use super::consent;
use super::error::{AuthorizeError, AuthorizeErrorCode};
use super::params::Params;
use super::request::{self, AuthorizationRequest};
use super::scope::Scopes;
use super::{Agreement, check, id_token, last_errors, pushed, request_object, resources, store};
use crate::apis::{self, Reach};
use crate::app::App;
use crate::clients;
use crate::clients::metadata_document::{self, Unusable};
use crate::clients::policy::ClaimsPolicy;
use crate::clients::policy::claims::RequiredProof;
use crate::clock::Timestamp;
use crate::error::AppError;
use crate::id::UserId;
use crate::sessions::next::PendingAuthorization;
use crate::sessions::{MaybeSignedIn, Next, SignedIn};
use crate::web;

/// How long a person may take between the request and the answer.
const PENDING_WITHIN: Duration = Duration::from_secs(60 * 60);
/// How long a sign-in made for a request satisfies its `max_age`, however small that is: long enough to read the page that asks for agreement.
const REPEATED_SIGN_IN_COUNTS: Duration = Duration::from_secs(5 * 60);

/// Why someone outside the client's groups is refused.
pub(super) const NOT_ADMITTED: &str = "this person is in none of the groups the app is open to";
/// Why someone is refused who has just signed in, but not well enough.
pub(super) const PROOF_MISSING: &str = "this app needs a better sign-in than this one, with another kind of passkey";

/// Who is signed in.
#[derive(Clone, Debug)]
pub struct Session {
    /// The person.
    pub user: UserId,
    /// What the client calls them.
    pub subject: String,
    /// When they proved it last.
    pub auth_at: Timestamp,
    /// How well.
    pub class: Class,
}

/// What is known when a request is decided.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// Who is signed in.
    pub session: Option<Session>,
    /// Whether the client is open to them.
    pub admitted: bool,
    /// What they let the client have before.
    pub consented: Scopes,
    /// And at APIs.
    pub reached: Reach,
    /// They have just agreed to this very request.
    pub agreed: bool,
    /// Whom the client expects, by a hint that is ours.
    pub expected: Option<UserId>,
}

/// What happens next with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The person signs in, or signs in again.
    SignIn,
    /// The person is asked whether the client may.
    AskConsent,
    /// The client gets a code.
    Issue,
    /// The client is told no.
    Refuse(AuthorizeErrorCode, &'static str),
}

/// Decides about a request that came at `asked_at`, or whose person was last sent to sign in then: a sign-in after that instant satisfies `prompt=login`, and
/// for a short while any `max_age`. A request may wait for an hour, so the sign-in it began with can have become too old by the time it is answered.
pub fn decide(request: &AuthorizationRequest, facts: &Facts, asked_at: Timestamp, now: Timestamp) -> Decision {
    use AuthorizeErrorCode::{AccessDenied, ConsentRequired, LoginRequired, UnmetAuthenticationRequirements};
    if request.acr.is_essential && !request.acr.can_be_met() {
        return Decision::Refuse(UnmetAuthenticationRequirements, "none of the acr values asked for is offered");
    }
    let sign_in = |why| if request.prompt.none { Decision::Refuse(LoginRequired, why) } else { Decision::SignIn };
    let Some(session) = &facts.session else { return sign_in("nobody is signed in") };
    let for_this = session.auth_at > asked_at;
    let policy = &request.client.registration.policies.claims;
    if (request.prompt.login || policy.reauthenticate) && !for_this {
        return sign_in("the app asked for a new sign-in");
    }
    let own_max_age = policy.sign_in_minutes.map(|minutes| Duration::from_secs(u64::from(minutes) * 60));
    let allowed = |max_age: Duration| if for_this { max_age.max(REPEATED_SIGN_IN_COUNTS) } else { max_age };
    if request.max_age.into_iter().chain(own_max_age).min().is_some_and(|max_age| now.since(session.auth_at) > allowed(max_age)) {
        return sign_in("the sign-in is older than max_age");
    }
    if !request.acr.is_met_by(session.class) && request.acr.can_be_met() {
        match (request.acr.is_essential, for_this) {
            (true, true) => return Decision::Refuse(UnmetAuthenticationRequirements, "the sign-in has none of the acr values asked for"),
            (true, false) => return sign_in("the sign-in has none of the acr values asked for"),
            // Better would be welcome, and is asked for once where a page may be shown.
            (false, false) if !request.prompt.none => return Decision::SignIn,
            (false, _) => {}
        }
    }
    if session.class < required_class(policy) {
        return if for_this {
            Decision::Refuse(UnmetAuthenticationRequirements, PROOF_MISSING)
        } else {
            sign_in("this app needs a better sign-in than this one")
        };
    }
    let named = |subject: &String| *subject == session.subject;
    let is_other =
        facts.expected.is_some_and(|expected| expected != session.user) || !(request.subjects.is_empty() || request.subjects.iter().any(named));
    if is_other {
        return if for_this { Decision::Refuse(LoginRequired, "someone else is signed in") } else { sign_in("someone else is signed in") };
    }
    if !facts.admitted {
        return Decision::Refuse(AccessDenied, NOT_ADMITTED);
    }
    if facts.agreed {
        return Decision::Issue;
    }
    let agreed_before = request.reach().is_within(&facts.consented) && request.apis.is_within(&facts.reached);
    let may_remember = !request.prompt.consent && !policy.ask_each_time && !request.may_be_an_impostor();
    let settled = request.client.registration.skip_consent || (may_remember && agreed_before);
    match (settled, request.prompt.none) {
        (true, _) => Decision::Issue,
        (false, true) => Decision::Refuse(ConsentRequired, "the person has not agreed yet"),
        (false, false) => Decision::AskConsent,
    }
}

/// The class a client wants at least, whatever its requests say.
pub const fn required_class(policy: &ClaimsPolicy) -> Class {
    match policy.required_proof {
        RequiredProof::Any => Class::Basic,
        RequiredProof::PhishingResistant => Class::PhishingResistant,
        RequiredProof::HardwareHeld => Class::HardwareHeld,
    }
}

/// `GET /authorize`.
pub async fn get(
    State(app): State<App>,
    MaybeSignedIn(signed_in): MaybeSignedIn,
    browser: web::Client,
    RawQuery(query): RawQuery,
) -> Result<Response, AppError> {
    let now = app.clock.now();
    let params = Params::parse(&query.unwrap_or_default()).map_err(|_| not_understood())?;
    let pushed = params.get("request_uri").filter(|uri| pushed::is_pushed(uri)).map(str::to_owned).unwrap_or_default();
    if let Some(client_id) = params.get("client_id") {
        metadata_document::bring_in(&app, client_id, &browser, now).await.map_err(|unusable| match unusable {
            Unusable::Said(message) => AppError::refused("This app cannot sign you in", message),
            Unusable::Internal(error) => error.into(),
        })?;
    }
    // A request that was pushed was opened, and its signature checked, when it was pushed.
    let is_vetted = !pushed.is_empty() || params.has("request");
    let params = if pushed.is_empty() { params } else { pushed::open(&app, &params, &pushed, now).await? };
    let came = params.clone();
    let params = match request_object::open(&app, params, now).await {
        Ok(params) => params,
        Err(error) => return refusal(&app, &came, error, signed_in.as_ref(), now).await,
    };
    let asked = Asked { params, pushed, is_vetted, at: now };
    proceed(&app, &asked, signed_in.as_ref(), &browser, Agreement::NotAsked, now).await
}

/// A request, and when it came.
pub(super) struct Asked {
    pub(super) params: Params,
    /// The name it was pushed under; empty when it was not.
    pub(super) pushed: String,
    /// It came signed, or was let pass before.
    pub(super) is_vetted: bool,
    pub(super) at: Timestamp,
}

impl Asked {
    /// A request that waited.
    ///
    /// # Errors
    /// A page, when it was not sealed here, has waited longer than an hour, or cannot be read.
    pub(super) fn open(app: &App, unverified_sealed: &str, now: Timestamp) -> Result<Self, AppError> {
        let pending = open(app, unverified_sealed, now)?;
        let params = Params::parse(&pending.parameters).map_err(|_| not_understood())?;
        Ok(Self { params, pushed: pending.pushed, is_vetted: true, at: pending.started_at })
    }
}

/// `POST /authorize`: an app may send its request as a form (OpenID Connect Core, section 3.1.2.1). That form comes from another site, so the browser leaves
/// the session cookie (SameSite=Lax) out; with the redirect to the same request as GET it comes along.
pub async fn post(RawQuery(query): RawQuery, body: Bytes) -> Result<Redirect, AppError> {
    let text = std::str::from_utf8(&body).map_err(|_| not_understood())?;
    Params::parse(text).map_err(|_| not_understood())?;
    let joined = [query.as_deref().unwrap_or_default(), text].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("&");
    // A form is ASCII when it is encoded as it should be; anything else cannot stand in an address.
    let reencoded = Params::parse(&joined).map_err(|_| not_understood())?.encode_only(request::NAMES);
    Ok(Redirect::to(&format!("/authorize?{reencoded}")))
}

/// The address of `/authorize/continue`.
#[derive(Deserialize)]
pub struct Continue {
    request: String,
}

/// `GET /authorize/continue?request=<sealed>`: on with a request after sign-in.
pub async fn go_on(
    State(app): State<App>,
    MaybeSignedIn(signed_in): MaybeSignedIn,
    browser: web::Client,
    Query(address): Query<Continue>,
) -> Result<Response, AppError> {
    let now = app.clock.now();
    let asked = Asked::open(&app, &address.request, now)?;
    proceed(&app, &asked, signed_in.as_ref(), &browser, Agreement::NotAsked, now).await
}

/// Opens a request that waited.
///
/// # Errors
/// A page, when it was not sealed here or has waited longer than an hour.
fn open(app: &App, unverified_sealed: &str, now: Timestamp) -> Result<PendingAuthorization, AppError> {
    let pending = PendingAuthorization::unseal(&app.sealer, unverified_sealed).filter(|pending| now.since(pending.started_at) <= PENDING_WITHIN);
    pending.ok_or_else(|| AppError::gone("Start again", "This sign-in was started too long ago. Go back to the app and sign in again."))
}

/// Validates a request, decides about it and answers.
///
/// # Errors
/// A page when nobody may be redirected, or on our own failure.
pub(super) async fn proceed(
    app: &App,
    asked: &Asked,
    signed_in: Option<&SignedIn>,
    browser: &web::Client,
    agreement: Agreement,
    now: Timestamp,
) -> Result<Response, AppError> {
    let (params, asked_at) = (&asked.params, asked.at);
    let refuse = |error| refusal(app, params, error, signed_in, now);
    let mut conn = app.db.read().await?;
    let client = match params.get("client_id") {
        Some(client_id) => clients::find_by_client_id(&mut conn, client_id).await?,
        None => None,
    };
    let settings = app.settings();
    let client = client.filter(|client| metadata_document::is_served(&settings, client));
    let (client, is_check) = check::lend(app, params, client, now);
    let mut request = match request::validate(params, client) {
        Ok(request) => request,
        Err(error) => return refuse(error).await,
    };
    request.is_check = is_check;
    request.pushed = Some(asked.pushed.clone()).filter(|pushed| !pushed.is_empty());
    if request.client.needs_par() && request.pushed.is_none() {
        return refuse(request.refuse(AuthorizeErrorCode::InvalidRequest, request::NOT_PUSHED)).await;
    }
    if request.client.registration.policies.authentication.require_signed_request && !asked.is_vetted && !is_check {
        return refuse(request.refuse(AuthorizeErrorCode::InvalidRequest, "this client must sign its requests (RFC 9101)")).await;
    }
    let found = resources::resolve(&mut conn, &app.config.origin, &request.client, &request.unverified_resources, &request.scope_words).await;
    match found.map_err(resources::Unresolved::for_client) {
        Ok(apis) => request.apis = apis,
        Err(refused) => {
            let (error, description) = refused?;
            return refuse(request.refuse(error, description)).await;
        }
    }
    let mut facts = Facts { agreed: agreement == Agreement::Given, ..Facts::default() };
    if let Some(person) = signed_in {
        let class = Class::of(person.session.method.amr().iter().copied());
        let subject = app.subjects.of(&request.client.registration.policies.claims, person.user.id);
        facts.session = Some(Session { user: person.user.id, subject, auth_at: person.session.auth_at, class });
        facts.admitted = clients::admits(&mut conn, &request.client, person.user.id).await?;
        (facts.consented, facts.reached) = store::consent(&mut conn, person.user.id, request.client.id).await?;
    }
    drop(conn);
    let hint = request
        .unverified_id_token_hint
        .as_deref()
        .and_then(|hint| id_token::read_hint(&app.config.origin, &app.keys.current(), &app.subjects, hint));
    facts.expected = hint.map(|hint| hint.user);

    let sealed = |started_at| {
        let client_name = request.client.registration.name.clone();
        PendingAuthorization { client_name, parameters: request::to_keep(params), pushed: asked.pushed.clone(), started_at }.seal(&app.sealer)
    };
    match (decide(&request, &facts, asked_at, now), signed_in) {
        (Decision::Issue, Some(person)) => match super::issue_code(app, &request, person, agreement, browser, now).await? {
            Some(code) => Ok(deliver(app, &request.reply_to, &[("code", code.reveal())])),
            None => refuse(request.refuse(AuthorizeErrorCode::InvalidRequest, "the request_uri was used already")).await,
        },
        (Decision::AskConsent, Some(person)) => {
            // Someone who wants another account signs in after now, however new their sign-in is.
            let words = apis::for_people(&mut app.db.read().await?, &request.apis).await?;
            consent::page(app, person, &request, words, sealed(asked_at), sealed(now)).await
        }
        (Decision::Refuse(error, description), _) => {
            tracing::info!(client.id = request.client.client_id, error = error.as_str(), "refused an authorization request: {description}");
            refuse(request.refuse(error, description)).await
        }
        (Decision::SignIn | Decision::Issue | Decision::AskConsent, _) => {
            // Whoever is signed in now has to prove it after now; a proof from before did not do.
            let since = if signed_in.is_some() { now } else { asked_at };
            Ok(Redirect::to(&format!("/sign-in{}", Next::Authorize(sealed(since)).sign_in_query())).into_response())
        }
    }
}

/// The answer to a request that is refused: a page, or a redirect. Administrators can read why.
///
/// # Errors
/// The page.
pub(super) async fn refusal(
    app: &App,
    params: &Params,
    error: AuthorizeError,
    signed_in: Option<&SignedIn>,
    now: Timestamp,
) -> Result<Response, AppError> {
    last_errors::note_authorization(app, params, &error, signed_in.map(|person| person.user.username.as_str()), now).await;
    match error {
        AuthorizeError::ShowPage { title, message } => Err(AppError::refused(title, message)),
        AuthorizeError::Redirect { reply_to, error, description } => {
            Ok(deliver(app, &reply_to, &[("error", error.as_str()), ("error_description", description)]))
        }
    }
}

fn not_understood() -> AppError {
    AppError::refused("Not understood", "The app that sent you here sent a request that cannot be read. Tell the people who run the app.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oidc::request::tests::{client, good};

    const ASKED: Timestamp = Timestamp::from_seconds(10_000);

    fn request(more: &str) -> AuthorizationRequest {
        request::validate(&Params::parse(&good(more)).unwrap(), Some(client())).unwrap()
    }

    /// Someone who signed in so many seconds before the request (after it, when negative), and agreed to `openid` before.
    fn known(seconds_before: i64) -> Facts {
        let user = UserId::from(uuid::Uuid::from_u128(7));
        let auth_at = Timestamp::from_seconds(10_000 - seconds_before);
        let session = Session { user, subject: user.to_string(), auth_at, class: Class::PhishingResistant };
        Facts { session: Some(session), admitted: true, consented: Scopes::parse("openid"), ..Facts::default() }
    }

    fn decided(more: &str, facts: &Facts) -> Decision {
        decide(&request(more), facts, ASKED, ASKED + Duration::from_secs(5))
    }

    fn refused(more: &str, facts: &Facts) -> &'static str {
        match decided(more, facts) {
            Decision::Refuse(error, _) => error.as_str(),
            other => panic!("{more}: {other:?}"),
        }
    }

    #[test]
    fn someone_known_gets_a_code_and_nobody_else() {
        assert_eq!(decided("", &known(60)), Decision::Issue);
        assert_eq!(decided("", &Facts::default()), Decision::SignIn);
        assert_eq!(decided("prompt=none", &known(60)), Decision::Issue);
        assert_eq!(refused("prompt=none", &Facts::default()), "login_required");
        assert_eq!(refused("", &Facts { admitted: false, ..known(60) }), "access_denied");
        assert_eq!(refused("", &Facts { admitted: false, agreed: true, ..known(60) }), "access_denied");
    }

    #[test]
    fn a_sign_in_before_the_request_does_not_satisfy_prompt_login() {
        for more in ["prompt=login", "prompt=select_account"] {
            assert_eq!(decided(more, &known(1)), Decision::SignIn);
            assert_eq!(decided(more, &known(-1)), Decision::Issue);
        }
    }

    #[test]
    fn a_sign_in_older_than_max_age_is_asked_for_again_once() {
        assert_eq!(decided("max_age=60", &known(30)), Decision::Issue);
        assert_eq!(decided("max_age=60", &known(61)), Decision::SignIn);
        assert_eq!(refused("max_age=60&prompt=none", &known(61)), "login_required");
        assert_eq!(decided("max_age=0", &known(-1)), Decision::Issue, "or it would never end");
        assert_eq!(decided("max_age=0", &known(0)), Decision::SignIn, "a sign-in before the request");
    }

    #[test]
    fn a_request_that_waited_does_not_make_an_old_sign_in_young() {
        let after = |minutes: u64, more: &str, facts: &Facts| decide(&request(more), facts, ASKED, ASKED + Duration::from_secs(60 * minutes));
        assert_eq!(after(1, "max_age=60", &known(-1)), Decision::Issue);
        assert_eq!(after(4, "max_age=1", &known(-1)), Decision::Issue, "time to read the page that asks");
        assert_eq!(after(50, "max_age=60", &known(-1)), Decision::SignIn, "made for the request, and yet too old when it is answered");
        assert_eq!(after(50, "max_age=60", &known(-49 * 60)), Decision::Issue);
        assert_eq!(after(50, "max_age=1800", &known(600)), Decision::SignIn, "young enough when the request came, not any more");
        assert_eq!(after(50, "max_age=3600", &known(-1)), Decision::Issue);
    }

    #[test]
    fn a_class_is_asked_for_once_and_a_must_is_a_must() {
        let with = |class, seconds_before| {
            let known = known(seconds_before);
            Facts { session: known.session.map(|session| Session { class, ..session }), ..known }
        };
        let must = |values: &str| {
            format!("claims=%7B%22id_token%22%3A%7B%22acr%22%3A%7B%22essential%22%3Atrue%2C%22values%22%3A%5B%22{values}%22%5D%7D%7D%7D")
        };
        for (more, class, expected) in [
            ("acr_values=phr", Class::Basic, Decision::SignIn),
            ("acr_values=phr", Class::PhishingResistant, Decision::Issue),
            ("acr_values=phr", Class::HardwareHeld, Decision::Issue),
            ("acr_values=phrh", Class::PhishingResistant, Decision::SignIn),
            ("acr_values=phrh+phr", Class::PhishingResistant, Decision::Issue),
            ("acr_values=1+2", Class::Basic, Decision::Issue),
            ("acr_values=phrh&prompt=none", Class::Basic, Decision::Issue),
            (must("phrh").as_str(), Class::PhishingResistant, Decision::SignIn),
            (must("phrh").as_str(), Class::HardwareHeld, Decision::Issue),
        ] {
            assert_eq!(decided(more, &with(class, 60)), expected, "{more} {class:?}");
        }
        assert_eq!(decided("acr_values=phrh", &with(Class::PhishingResistant, -1)), Decision::Issue, "asked for, not demanded");
        assert_eq!(refused(&must("phrh"), &with(Class::PhishingResistant, -1)), "unmet_authentication_requirements");
        assert_eq!(refused(&format!("{}&prompt=none", must("phr")), &with(Class::Basic, 60)), "login_required");
        assert_eq!(refused(&must("urn:mace:incommon:iap:gold"), &with(Class::HardwareHeld, 60)), "unmet_authentication_requirements");
    }

    #[test]
    fn what_was_decided_for_the_client_counts_beside_its_request() {
        let decided = |change: &dyn Fn(&mut ClaimsPolicy), more: &str, facts: &Facts| {
            let mut request = request(more);
            change(&mut request.client.registration.policies.claims);
            decide(&request, facts, ASKED, ASKED + Duration::from_secs(5))
        };
        let reauthenticate = |it: &mut ClaimsPolicy| it.reauthenticate = true;
        assert_eq!(decided(&reauthenticate, "", &known(1)), Decision::SignIn);
        assert_eq!(decided(&reauthenticate, "", &known(-1)), Decision::Issue);
        assert!(matches!(decided(&reauthenticate, "prompt=none", &known(1)), Decision::Refuse(AuthorizeErrorCode::LoginRequired, _)));
        let ten_minutes = |it: &mut ClaimsPolicy| it.sign_in_minutes = Some(10);
        assert_eq!(decided(&ten_minutes, "", &known(500)), Decision::Issue);
        assert_eq!(decided(&ten_minutes, "", &known(601)), Decision::SignIn);
        assert_eq!(decided(&ten_minutes, "max_age=86400", &known(601)), Decision::SignIn, "a request cannot ask for less");
        assert_eq!(decided(&ten_minutes, "max_age=60", &known(120)), Decision::SignIn);
        let hardware = |it: &mut ClaimsPolicy| it.required_proof = RequiredProof::HardwareHeld;
        assert_eq!(decided(&hardware, "", &known(60)), Decision::SignIn);
        assert!(matches!(decided(&hardware, "", &known(-1)), Decision::Refuse(AuthorizeErrorCode::UnmetAuthenticationRequirements, _)));
        assert_eq!(decided(&|it| it.required_proof = RequiredProof::PhishingResistant, "", &known(60)), Decision::Issue);
        let ask = |it: &mut ClaimsPolicy| it.ask_each_time = true;
        assert_eq!(decided(&ask, "", &known(60)), Decision::AskConsent);
        assert_eq!(decided(&ask, "", &Facts { agreed: true, ..known(60) }), Decision::Issue);
        assert!(matches!(decided(&ask, "prompt=none", &known(60)), Decision::Refuse(AuthorizeErrorCode::ConsentRequired, _)));
    }

    #[test]
    fn a_subject_asked_for_is_the_one_who_answers() {
        let sub = |value: &str| format!("claims=%7B%22id_token%22%3A%7B%22sub%22%3A%7B%22value%22%3A%22{value}%22%7D%7D%7D");
        let seven = uuid::Uuid::from_u128(7).to_string();
        assert_eq!(decided(&sub(&seven), &known(60)), Decision::Issue);
        assert_eq!(decided(&sub("nobody"), &known(60)), Decision::SignIn);
        assert_eq!(refused(&sub("nobody"), &known(-1)), "login_required");
        assert_eq!(refused(&format!("{}&prompt=none", sub("nobody")), &known(60)), "login_required");
    }

    #[test]
    fn claims_asked_for_by_name_need_agreement_too() {
        let name = "claims=%7B%22userinfo%22%3A%7B%22name%22%3Anull%7D%7D";
        assert_eq!(decided(name, &known(60)), Decision::AskConsent);
        assert_eq!(refused(&format!("{name}&prompt=none"), &known(60)), "consent_required");
        assert_eq!(decided(name, &Facts { consented: Scopes::parse("openid profile"), ..known(60) }), Decision::Issue);
    }

    #[test]
    fn consent_is_asked_for_once_and_again_for_more() {
        let asked = |more: &str, facts: &Facts| decided(more, facts) == Decision::AskConsent;
        assert!(asked("", &Facts { consented: Scopes::default(), ..known(60) }));
        assert!(asked("prompt=consent", &known(60)));
        assert_eq!(decided("prompt=consent", &Facts { agreed: true, ..known(60) }), Decision::Issue);
        assert_eq!(refused("prompt=none", &Facts { consented: Scopes::default(), ..known(60) }), "consent_required");
        let mut more = request("");
        more.scopes = Scopes::parse("openid email");
        assert_eq!(decide(&more, &known(60), ASKED, ASKED), Decision::AskConsent);
        more.client.registration.skip_consent = true;
        more.prompt.consent = true;
        assert_eq!(decide(&more, &known(60), ASKED, ASKED), Decision::Issue, "an administrator said not to ask");
    }

    #[test]
    fn whom_the_client_expects_must_be_the_one_signed_in() {
        let other = Some(UserId::from(uuid::Uuid::from_u128(8)));
        assert_eq!(decided("", &Facts { expected: known(1).session.map(|session| session.user), ..known(60) }), Decision::Issue);
        assert_eq!(decided("", &Facts { expected: other, ..known(60) }), Decision::SignIn);
        assert_eq!(refused("", &Facts { expected: other, ..known(-1) }), "login_required");
        assert_eq!(refused("prompt=none", &Facts { expected: other, ..known(60) }), "login_required");
    }
}
