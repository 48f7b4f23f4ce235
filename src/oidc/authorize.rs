//! The authorization endpoint (OpenID Connect Core, section 3.1.2): what happens next with a request is decided by [`decide`], pure; the rest carries it out.

use axum::body::Bytes;
use axum::extract::{Query, RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use std::time::Duration;

use super::consent;
use super::error::{AuthorizeError, AuthorizeErrorCode, answer_url};
use super::params::Params;
use super::request::{self, AuthorizationRequest};
use super::scope::Scopes;
use super::{Agreement, id_token, store};
use crate::app::App;
use crate::clients;
use crate::clock::Timestamp;
use crate::error::AppError;
use crate::id::UserId;
use crate::sessions::next::PendingAuthorization;
use crate::sessions::{MaybeSignedIn, Next, SignedIn};
use crate::web;

/// How long a person may take between the request and the answer.
const PENDING_WITHIN: Duration = Duration::from_secs(60 * 60);

/// What is known when a request is decided.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// Who is signed in, and since when.
    pub session: Option<(UserId, Timestamp)>,
    /// Whether the client is open to them.
    pub admitted: bool,
    /// What they let the client have before.
    pub consented: Scopes,
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

/// Decides about a request that came at `asked_at`. A sign-in since then satisfies `prompt=login` and `max_age`, however small.
pub fn decide(request: &AuthorizationRequest, facts: &Facts, asked_at: Timestamp, now: Timestamp) -> Decision {
    use AuthorizeErrorCode::{AccessDenied, ConsentRequired, LoginRequired};
    let sign_in = |why| if request.prompt.none { Decision::Refuse(LoginRequired, why) } else { Decision::SignIn };
    let Some((user, auth_at)) = facts.session else { return sign_in("nobody is signed in") };
    let since_asked = auth_at >= asked_at;
    let too_long_ago = request.max_age.is_some_and(|max_age| now.since(auth_at) > max_age);
    if (request.prompt.login || too_long_ago) && !since_asked {
        return sign_in("the sign-in is older than max_age");
    }
    if facts.expected.is_some_and(|expected| expected != user) {
        return if since_asked { Decision::Refuse(LoginRequired, "someone else is signed in") } else { sign_in("someone else is signed in") };
    }
    if !facts.admitted {
        return Decision::Refuse(AccessDenied, "this person is in none of the groups the app is open to");
    }
    if facts.agreed {
        return Decision::Issue;
    }
    let settled = request.client.registration.skip_consent || (!request.prompt.consent && request.scopes.is_within(&facts.consented));
    match (settled, request.prompt.none) {
        (true, _) => Decision::Issue,
        (false, true) => Decision::Refuse(ConsentRequired, "the person has not agreed yet"),
        (false, false) => Decision::AskConsent,
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
    proceed(&app, &params, signed_in.as_ref(), &browser, Agreement::NotAsked, now, now).await
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
    let pending = open(&app, &address.request, now)?;
    let params = Params::parse(&pending.parameters).map_err(|_| not_understood())?;
    proceed(&app, &params, signed_in.as_ref(), &browser, Agreement::NotAsked, pending.started_at, now).await
}

/// Opens a request that waited.
///
/// # Errors
/// A page, when it was not sealed here or has waited longer than an hour.
pub(super) fn open(app: &App, unverified_sealed: &str, now: Timestamp) -> Result<PendingAuthorization, AppError> {
    let pending = PendingAuthorization::unseal(&app.sealer, unverified_sealed).filter(|pending| now.since(pending.started_at) <= PENDING_WITHIN);
    pending.ok_or_else(|| AppError::gone("Start again", "This sign-in was started too long ago. Go back to the app and sign in again."))
}

/// Validates a request, decides about it and answers. `asked_at` is when it first came.
///
/// # Errors
/// A page when nobody may be redirected, or on our own failure.
pub(super) async fn proceed(
    app: &App,
    params: &Params,
    signed_in: Option<&SignedIn>,
    browser: &web::Client,
    agreement: Agreement,
    asked_at: Timestamp,
    now: Timestamp,
) -> Result<Response, AppError> {
    let mut conn = app.db.read().await?;
    let client = match params.get("client_id") {
        Some(client_id) => clients::find_by_client_id(&mut conn, client_id).await?,
        None => None,
    };
    let request = match request::validate(params, client) {
        Ok(request) => request,
        Err(error) => return refusal(app, error),
    };
    let mut facts = Facts { agreed: agreement == Agreement::Given, ..Facts::default() };
    if let Some(person) = signed_in {
        facts.session = Some((person.user.id, person.session.auth_at));
        facts.admitted = clients::admits(&mut conn, &request.client, person.user.id).await?;
        facts.consented = Scopes::parse(&store::consent(&mut conn, person.user.id, request.client.id).await?.unwrap_or_default());
    }
    drop(conn);
    let hint = request.unverified_id_token_hint.as_deref().and_then(|hint| id_token::read_hint(&app.config.origin, &app.keys.current(), hint));
    facts.expected = hint.map(|hint| hint.user);

    let sealed = |started_at| {
        let client_name = request.client.registration.name.clone();
        PendingAuthorization { client_name, parameters: request::to_keep(params), started_at }.seal(&app.sealer)
    };
    match (decide(&request, &facts, asked_at, now), signed_in) {
        (Decision::Issue, Some(person)) => {
            let code = super::issue_code(app, &request, person, agreement, browser, now).await?;
            Ok(Redirect::to(&answer(app, &request.redirect_uri, request.state.as_deref(), &[("code", code.reveal())])).into_response())
        }
        (Decision::AskConsent, Some(person)) => {
            // Someone who wants another account signs in after now, however new their sign-in is.
            Ok(consent::page(app, person, &request, sealed(asked_at), sealed(now)))
        }
        (Decision::Refuse(error, description), _) => {
            tracing::info!(client.id = request.client.client_id, error = error.as_str(), "refused an authorization request: {description}");
            refusal(app, request.refuse(error, description))
        }
        (Decision::SignIn | Decision::Issue | Decision::AskConsent, _) => {
            Ok(Redirect::to(&format!("/sign-in{}", Next::Authorize(sealed(asked_at)).sign_in_query())).into_response())
        }
    }
}

/// The answer to a request that is refused: a page, or a redirect.
///
/// # Errors
/// The page.
pub(super) fn refusal(app: &App, error: AuthorizeError) -> Result<Response, AppError> {
    match error {
        AuthorizeError::ShowPage { title, message } => Err(AppError::refused(title, message)),
        AuthorizeError::Redirect { redirect_uri, state, error, description } => {
            let parameters = [("error", error.as_str()), ("error_description", description)];
            Ok(Redirect::to(&answer(app, &redirect_uri, state.as_deref(), &parameters)).into_response())
        }
    }
}

/// The address of an answer, with the client's `state` and our `iss` (RFC 9207).
fn answer(app: &App, redirect_uri: &str, state: Option<&str>, parameters: &[(&str, &str)]) -> String {
    let mut all = parameters.to_vec();
    all.extend(state.map(|state| ("state", state)));
    all.push(("iss", app.config.origin.as_str()));
    answer_url(redirect_uri, &all)
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
        Facts { session: Some((user, auth_at)), admitted: true, consented: Scopes::parse("openid"), agreed: false, expected: None }
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
        assert_eq!(decided("", &Facts { expected: known(1).session.map(|(user, _)| user), ..known(60) }), Decision::Issue);
        assert_eq!(decided("", &Facts { expected: other, ..known(60) }), Decision::SignIn);
        assert_eq!(refused("", &Facts { expected: other, ..known(-1) }), "login_required");
        assert_eq!(refused("prompt=none", &Facts { expected: other, ..known(60) }), "login_required");
    }
}
