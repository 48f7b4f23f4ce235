//! The authorization endpoint (OpenID Connect Core, section 3.1.2): what happens next with a request is decided by [`decide`], pure; the rest carries it out.

use axum::body::Bytes;
use axum::extract::{Query, RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use std::time::Duration;

pub use super::decision::{Decision, Facts, Session, decide};

use super::acr::Class;
use super::answer::deliver;
use super::consent;
use super::error::{AuthorizeError, AuthorizeErrorCode};
use super::params::Params;
use super::request;
use super::{Agreement, check, id_token, last_errors, other_passkey, pushed, request_object, resources, store};
use crate::apis;
use crate::app::App;
use crate::clients;
use crate::clients::metadata_document::{self, Unusable};
use crate::clock::Timestamp;
use crate::error::AppError;
use crate::language::choice::first_of;
use crate::language::{Source, hear, t};
use crate::passkeys::policy;
use crate::sessions::next::PendingAuthorization;
use crate::sessions::{MaybeSignedIn, Next, SignedIn};
use crate::web;

/// How long a person may take between the request and the answer.
const PENDING_WITHIN: Duration = Duration::from_secs(60 * 60);
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
            Unusable::Said(message) => AppError::refused(t("authorize-impossible"), message),
            Unusable::Internal(error) => error.into(),
        })?;
    }
    // A request that was pushed was opened, and its signature checked, when it was pushed.
    let is_vetted = !pushed.is_empty() || params.has("request");
    let params = if pushed.is_empty() { params } else { pushed::open(&app, &params, &pushed, now).await? };
    hear_app(&params);
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
        hear_app(&params);
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
    /// The person has no passkey that the app takes, and goes back to it.
    #[serde(default)]
    stop: bool,
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
    let agreement = if address.stop { Agreement::Stopped } else { Agreement::NotAsked };
    proceed(&app, &asked, signed_in.as_ref(), &browser, agreement, now).await
}

/// Opens a request that waited.
///
/// # Errors
/// A page, when it was not sealed here or has waited longer than an hour.
fn open(app: &App, unverified_sealed: &str, now: Timestamp) -> Result<PendingAuthorization, AppError> {
    let pending = PendingAuthorization::unseal(&app.sealer, unverified_sealed).filter(|pending| now.since(pending.started_at) <= PENDING_WITHIN);
    pending.ok_or_else(|| AppError::gone(t("authorize-too-old"), t("authorize-too-old-message")))
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
    let mut facts = Facts { agreed: agreement == Agreement::Given, stopped: agreement == Agreement::Stopped, ..Facts::default() };
    if let Some(person) = signed_in {
        let class = Class::of(person.session.method.amr().iter().copied());
        let subject = app.subjects.of(&request.client.registration.policies.claims, person.user.id);
        facts.session = Some(Session { user: person.user.id, subject, auth_at: person.session.auth_at, class, held: person.held(app) });
        facts.proof_within = policy::of_person(&mut conn, person.user.id).await?.proof_within();
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
        (Decision::WantOtherPasskey, Some(person)) => other_passkey::page(app, person, &request, sealed(now)).await,
        (Decision::Refuse(error, description), _) => {
            tracing::info!(client.id = request.client.client_id, error = error.as_str(), "refused an authorization request: {description}");
            refuse(request.refuse(error, description)).await
        }
        (Decision::SignIn | Decision::Issue | Decision::AskConsent | Decision::WantOtherPasskey, _) => {
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

/// Speaks the language the app asks for (OpenID Connect Core section 3.1.2.1), where the person chose none.
fn hear_app(params: &Params) {
    hear(Source::App, params.get("ui_locales").and_then(|wish| first_of(wish.split(' ').take(32))));
}

fn not_understood() -> AppError {
    AppError::refused(t("error-not-understood"), t("authorize-not-understood"))
}
