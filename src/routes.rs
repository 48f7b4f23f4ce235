//! Every route on one page, who may call it, and the middleware order. The right column of a line is the handler; who may call it stands in the handler's
//! signature: [`crate::sessions::SignedIn`], [`crate::sessions::AdminSession`], a fresh proof of either ([`crate::sessions::FreshSession`],
//! [`crate::sessions::AdminDeed`]), or nothing for everyone.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{Method, StatusCode, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{MethodRouter, get, options, post};
use futures::FutureExt as _;
use tower::Service as _;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, Predicate as _, SizeAbove};
use tower_http::cors::{self, CorsLayer};
use tower_http::csrf::CsrfLayer;

use crate::app::App;
use crate::clients::admin as clients;
use crate::clients::last_errors::admin as errors;
use crate::directory_passwords::http as passwords;
use crate::error::AppError;
use crate::language::t;
use crate::oidc::{
    account as app_pages, authorize, check, consent, device, discovery, dpop, end_session, error, front_channel, introspect, keys, last_errors,
    pushed, registration, resources, revoke, token, userinfo,
};
use crate::sessions::{self, MaybeSignedIn};
use crate::web::{Client, assets, client, csp_reports, headers, language, request_log};
use crate::{
    access_links, account, audit, directory, forward_auth, groups, mail, metrics, other_device, passkeys, settings, sign_in_problems, sign_up, users,
    ways_in,
};

/// The largest body a form or a ceremony needs.
const BODY_BYTES_MAX: usize = 64 * 1024;
/// Smaller answers, in bytes, fit into one packet as they are: compressing them would cost time and gain none.
const COMPRESSED_ABOVE: u64 = 1_200;
/// How long a request may take; a directory test is the slowest.
const REQUEST_WITHIN: Duration = Duration::from_secs(60);

/// The whole server.
pub fn router(app: &App) -> Router {
    let session = sessions::layer(app);
    // Pages: a session, and forms only from our own pages (Fetch Metadata and Origin; see tower_http::csrf).
    let pages = Router::new()
        .route("/", get(start))
        .merge(sign_in())
        .merge(ceremonies())
        .merge(administration())
        .merge(openid_pages())
        // Innermost: a form from elsewhere is never kept.
        .layer(from_fn_with_state(app.clone(), sessions::held::keep))
        .layer(CsrfLayer::new().with_rejection_response(|_| cross_site()))
        .layer(session)
        .layer(from_fn_with_state(app.clone(), sessions::devices::identify));
    // For apps: no session, no CSRF check; each proves itself.
    let protocol = openid_protocol(app);
    let plain = Router::new()
        .route("/healthz", get(|| async { StatusCode::NO_CONTENT }))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics::get))
        .route(csp_reports::PATH, post(csp_reports::take).layer(DefaultBodyLimit::max(csp_reports::BODY_BYTES_MAX)))
        .route("/.well-known/passkey-endpoints", get(passkeys::http::endpoints))
        .route("/.well-known/webauthn", get(passkeys::http::related))
        .route("/picture/{user}/{name}", get(users::http::show_picture))
        .route("/logo/{id}/{name}", get(crate::clients::http::show_logo))
        .route("/static/{hash}/{name}", get(assets::serve));

    dressed(app, Router::new().merge(pages).merge(protocol).merge(plain))
}

/// Routes behind what every request goes through: limits, logging, headers. For itself so that its cost can be measured.
pub fn dressed(app: &App, routes: Router<App>) -> Router {
    let routes = routes.fallback(|| async { AppError::NotFound }).method_not_allowed_fallback(|| async { wrong_method() }).with_state(app.clone());
    let app = app.clone();
    // One function around all routes instead of a layer for each step: axum copies every layer below anew for each layer that a request passes.
    let answer = move |request: Request| answer(app.clone(), routes.clone(), request);
    Router::new().fallback(answer).layer(CompressionLayer::new().compress_when(DefaultPredicate::new().and(SizeAbove::new(COMPRESSED_ABOVE))))
}

/// What every request goes through on its way to its route, and its answer on the way back.
async fn answer(app: App, mut routes: Router, mut request: Request) -> Response {
    let client = client::identify(&app, &mut request);
    let is_of_administration = request.uri().path().starts_with("/admin");
    let line = request_log::Line::begin(&request, &client);
    DefaultBodyLimit::max(BODY_BYTES_MAX).apply(&mut request);
    let said = language::Said::of(&app, &request);
    // A router is always ready.
    let routed = AssertUnwindSafe(async move { routes.call(request).await }).catch_unwind();
    let answering = async {
        let response = match tokio::time::timeout(REQUEST_WITHIN, routed).await {
            Ok(Ok(Ok(response))) => response,
            Ok(Ok(Err(never))) => match never {},
            Ok(Err(_panic)) => AppError::Internal(anyhow::anyhow!("a handler panicked")).into_response(),
            Err(_elapsed) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        };
        line.end(&app, explain_bare_refusals(response))
    };
    let response = said.settle(answering).await;
    headers::secure(&app, is_of_administration, response)
}

/// Signing in and out, and what a person manages themselves.
fn sign_in() -> Router<App> {
    Router::new()
        .route("/language", post(language::choose))
        .route("/sign-in", get(passwords::passkey_page))
        .route("/sign-in/password", get(passwords::sign_in_page).post(passwords::sign_in))
        .route("/sign-in/email", get(access_links::by_mail::page).post(access_links::by_mail::ask))
        .route("/sign-in/recovery", get(ways_in::http::sign_in_page).post(ways_in::http::sign_in))
        .route("/sign-in/device", get(other_device::http::start_page).post(other_device::http::start))
        .route("/sign-in/device/wait", get(other_device::http::wait))
        .route("/sign-in/device/finish", post(other_device::http::finish))
        .route("/account/approve", get(other_device::http::approve_page).post(other_device::http::approve))
        .route("/account/approve/deny", post(other_device::http::deny))
        .route("/sign-in/problem", post(sign_in_problems::http::tell).layer(DefaultBodyLimit::max(sign_in_problems::http::TOLD_BYTES_MAX)))
        .route("/sign-out", get(sessions::http::sign_out_page).post(sessions::http::sign_out))
        .route("/sign-up", get(sign_up::http::ask_page).post(sign_up::http::ask))
        .route("/st/{token}", get(sign_up::http::page).post(sign_up::http::sign_up))
        .route("/lc/{code}", get(access_links::http::open_page).post(access_links::http::open))
        .route("/sign-in/forget", post(passkeys::http::forget))
        .route("/account", get(ways_in::http::profile_page))
        .route("/account/language", post(sessions::http::choose_language))
        .route("/account/welcome", get(account::welcome::page))
        .route("/account/welcome/skip", post(account::welcome::skip))
        .route("/account/welcome/done", post(account::welcome::done))
        .route(
            "/account/picture",
            get(account::picture::show).post(account::picture::put).layer(DefaultBodyLimit::max(account::picture::FORM_BYTES_MAX)),
        )
        .route("/account/picture/remove", post(account::picture::remove))
        .route("/account/activity", get(account::activity::list))
        .route("/account/activity/{id}", get(account::activity::show))
        .route("/account/export", get(account::export::page).post(account::export::file))
        .route("/account/delete", get(account::deletion::page).post(account::deletion::delete))
        .route("/account/advice/put-off", post(ways_in::http::put_off))
        .route("/account/password", get(passwords::change_page).post(passwords::change))
        .route("/account/prove", get(passkeys::prove::page))
        .route("/account/passkeys", get(passkeys::http::list_page))
        .route("/account/passkeys/add", get(passkeys::http::add_page))
        .route("/account/passkeys/wanted", get(passkeys::http::wanted::page))
        .route("/account/passkeys/here", get(passkeys::http::here::page))
        .route("/account/passkeys/{id}", get(passkeys::http::show))
        .route("/account/passkeys/{id}/not-mine", post(passkeys::http::disown))
        .route("/account/passkeys/{id}/rename", post(passkeys::http::rename))
        .route("/account/passkeys/{id}/remove", post(passkeys::http::remove))
        .route("/account/recovery", get(ways_in::http::show).post(ways_in::http::make))
        .route("/account/recovery/review", get(ways_in::http::review))
        .route("/account/recovery/review/passkeys/{id}/remove", post(ways_in::http::remove_passkey))
        .route("/account/recovery/review/sessions/{id}/end", post(ways_in::http::end_session))
        .route("/account/recovery/review/sessions/end-others", post(ways_in::http::end_others))
        .route("/account/sessions", get(sessions::http::list_page))
        .route("/account/sessions/end-others", post(sessions::http::end_others))
        .route("/account/sessions/{id}/end", post(sessions::http::end))
        .route("/account/new-browsers/{id}/mine", post(sessions::http::was_me))
        .route("/account/new-browsers/{id}/not-mine", post(sessions::http::was_not_me))
}

/// Passkey ceremonies: called by our own scripts only.
fn ceremonies() -> Router<App> {
    Router::new()
        .route("/sign-in/start", post(passkeys::http::start_sign_in))
        .route("/sign-in/finish", post(passkeys::http::finish_sign_in))
        .route("/account/prove/start", post(passkeys::prove::start))
        .route("/account/prove/finish", post(passkeys::prove::finish))
        .route("/account/passkeys/register/start", post(passkeys::http::start_registration))
        .route("/account/passkeys/register/finish", post(passkeys::http::finish_registration))
        .route_layer(from_fn(comes_from_a_script_of_ours))
}

/// Middleware: every browser that knows passkeys says with a script's request where it comes from, and `CsrfLayer` judges what it says. What says nothing comes
/// from none. And our scripts send `application/json`, not one of its many relatives, which the extractor takes as well.
async fn comes_from_a_script_of_ours(request: Request, next: Next) -> Response {
    let says = ["sec-fetch-site", "origin"].into_iter().any(|name| request.headers().contains_key(name));
    if !says {
        return cross_site();
    }
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json")) {
        return next.run(request).await;
    }
    let (title, message) = (t("error-not-understood").into(), t("error-not-understood-message").into());
    AppError::Refused { title, message, status: StatusCode::UNSUPPORTED_MEDIA_TYPE }.into_response()
}

/// People, groups, audit log and settings: for administrators.
fn administration() -> Router<App> {
    Router::new()
        .route("/admin", get(directory::admin::home::show))
        .route("/admin/users", get(users::admin::list))
        .route("/admin/users/new", get(users::admin::new).post(users::admin::create))
        .route("/admin/users/{id}", get(users::admin::show))
        .route("/admin/users/{id}/edit", get(users::admin::edit).post(users::admin::save))
        .route("/admin/users/{id}/block", post(users::admin::block))
        .route("/admin/users/{id}/unblock", post(users::admin::unblock))
        .route("/admin/users/{id}/make-admin", post(users::admin::make_admin))
        .route("/admin/users/{id}/unmake-admin", post(users::admin::unmake_admin))
        .route("/admin/users/{id}/end-sessions", post(users::admin::end_sessions))
        .route("/admin/users/{id}/delete", post(users::admin::delete))
        .route("/admin/sign-up", get(sign_up::admin::show).post(sign_up::admin::make))
        .route("/admin/sign-up/{id}/revoke", post(sign_up::admin::revoke))
        .route("/admin/groups", get(groups::admin::list))
        .route("/admin/groups/new", get(groups::admin::new).post(groups::admin::create))
        .route("/admin/groups/{id}", get(groups::admin::show))
        .route("/admin/groups/{id}/edit", get(groups::admin::edit).post(groups::admin::save))
        .route("/admin/groups/{id}/coming-in", get(access_links::coming_in::show).post(access_links::coming_in::make))
        .route("/admin/groups/{id}/members", post(groups::admin::add_members))
        .route("/admin/groups/{id}/members/{user}/remove", post(groups::admin::remove_member))
        .route("/admin/groups/{id}/delete", post(groups::admin::delete))
        .route("/admin/audit", get(audit::admin::list))
        .route("/admin/sign-in-problems", get(sign_in_problems::http::list))
        .route("/admin/lock-out", get(ways_in::admin::lock_out))
        .route("/admin/limits", get(sessions::limits::show))
        .route("/admin/limits/{subject}/lift", post(sessions::limits::lift))
        .route("/admin/passkey-policies", get(passkeys::policy::admin::list))
        .route("/admin/passkey-policies/{scope}", get(passkeys::policy::admin::edit).post(passkeys::policy::admin::save))
        .route("/admin/passkey-policies/{scope}/remove", post(passkeys::policy::admin::remove))
        .merge(directories())
        .merge(apis())
        .route("/admin/settings", get(settings::admin::show).post(settings::admin::save))
        .route("/admin/settings/test-mail", post(mail::admin::test))
        .route("/admin/users/{id}/access-link", post(access_links::admin::make))
        .route("/admin/users/{id}/access-links/{link}/revoke", post(access_links::admin::revoke))
        .route("/admin/users/{id}/passkeys/{passkey}/remove", post(ways_in::admin::remove_passkey))
        .route("/admin/users/{id}/recovery-codes/revoke", post(ways_in::admin::revoke_codes))
}

/// Named APIs: for administrators.
fn apis() -> Router<App> {
    use crate::apis::admin;
    Router::new()
        .route("/admin/apis", get(admin::list))
        .route("/admin/apis/new", get(admin::new).post(admin::create))
        .route("/admin/apis/{id}", get(admin::show))
        .route("/admin/apis/{id}/edit", get(admin::edit).post(admin::save))
        .route("/admin/apis/{id}/clients", post(admin::allow))
        .route("/admin/apis/{id}/delete", post(admin::delete))
}

/// Directories: for administrators.
fn directories() -> Router<App> {
    use directory::admin::{actions, add, explain, list, preview, runs, settings, show};
    Router::new()
        .route("/admin/directories", get(list::list))
        .route("/admin/directories/new", get(add::new).post(add::create))
        .route("/admin/directories/{name}", get(show::show))
        .route("/admin/directories/{name}/set-up", get(settings::set_up))
        .route("/admin/directories/{name}/settings", get(settings::show).post(settings::save))
        .route("/admin/directories/{name}/settings/look", post(settings::look))
        .route("/admin/directories/{name}/settings/fill", post(settings::fill))
        .route("/admin/directories/{name}/test", post(actions::test))
        .route("/admin/directories/{name}/preview", get(preview::show).post(actions::preview))
        .route("/admin/directories/{name}/explain", get(explain::show))
        .route("/admin/directories/{name}/runs", get(runs::list))
        .route("/admin/directories/{name}/sync", post(actions::sync))
        .route("/admin/directories/{name}/switch-on", post(actions::switch_on))
        .route("/admin/directories/{name}/switch-off", post(actions::switch_off))
        .route("/admin/directories/{name}/test-sign-in", get(actions::test_sign_in_page).post(actions::test_sign_in))
        .route("/admin/directories/{name}/remove", get(actions::remove_form).post(actions::remove))
        .route("/admin/directories/{name}/runs/{id}", get(runs::show))
        .route("/admin/directories/{name}/runs/{id}/confirm", post(runs::confirm))
        .route("/admin/directories/{name}/runs/{id}/discard", post(runs::discard))
}

/// The OpenID provider's pages, and those of clients.
fn openid_pages() -> Router<App> {
    Router::new()
        .route("/authorize", get(authorize::get))
        .route("/authorize/continue", get(authorize::go_on))
        .route("/authorize/consent", post(consent::post))
        .route("/api/oidc/end-session", get(end_session::get))
        .route("/signed-out", get(front_channel::page))
        .route("/api/oidc/end-session/confirm", post(end_session::confirm))
        .route("/device", get(device::page).post(device::answer))
        .route("/account/apps", get(app_pages::get))
        .route("/account/apps/{id}/revoke", post(app_pages::revoke))
        .route("/admin/keys", get(keys::admin::show))
        .route("/admin/keys/rotate", post(keys::admin::rotate))
        .route("/admin/keys/withdraw", post(keys::admin::withdraw))
        .route("/admin/clients", get(clients::list).post(clients::create))
        .route("/admin/clients/new", get(clients::new))
        .route("/admin/clients/catalogue", get(clients::choose))
        .route("/admin/clients/{id}", get(clients::show).post(clients::update))
        .route("/admin/clients/registration", get(registration::admin::show).post(registration::admin::make))
        .route("/admin/clients/registration/{id}/revoke", post(registration::admin::revoke))
        .route("/admin/clients/check", get(check::http::answer))
        .route("/admin/clients/{id}/check", get(check::http::page).post(check::http::start))
        .route("/admin/clients/{id}/preview", get(check::http::preview))
        .route("/admin/clients/errors/forget", post(errors::forget_unattributed))
        .route("/admin/clients/{id}/errors/forget", post(errors::forget))
        .route("/admin/clients/{id}/errors/{error}/add", get(errors::review).post(errors::add))
        .route("/admin/clients/{id}/secrets", post(clients::make_secret))
        .route("/admin/clients/{id}/secrets/delete", post(clients::delete_secret))
        .route("/admin/clients/{id}/groups", post(clients::change_groups))
        .route("/admin/clients/{id}/logo", post(clients::logo::put).layer(DefaultBodyLimit::max(clients::logo::FORM_BYTES_MAX)))
        .route("/admin/clients/{id}/logo/remove", post(clients::logo::remove))
        .route("/admin/clients/{id}/delete", post(clients::delete))
        .route("/admin/clients/{id}/proxy", get(forward_auth::admin::show))
        .route("/forward-auth/{client}/{why}", get(forward_auth::http::stopped))
}

/// What apps call. A POST to `/authorize` and `/api/oidc/end-session` comes from an app's page and only redirects to the GET above.
fn openid_protocol(app: &App) -> Router<App> {
    // Apps that run in a browser call these from their own origin; nothing here looks at cookies.
    let from_anywhere = CorsLayer::new()
        .allow_origin(cors::Any)
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([header::AUTHORIZATION, header::CONTENT_TYPE, dpop::HEADER])
        .expose_headers([header::WWW_AUTHENTICATE, error::DPOP_NONCE])
        .max_age(Duration::from_secs(3600));
    let registration = Router::new()
        .route("/api/oidc/register", post(registration::http::register).options(preflight))
        .route(
            "/api/oidc/register/{client_id}",
            get(registration::http::look).put(registration::http::replace).delete(registration::http::remove).options(preflight),
        )
        .layer(from_anywhere.clone().allow_methods([Method::GET, Method::POST, Method::PUT, Method::DELETE]));
    // What these refuse, administrators can read on the app's page.
    let watch = from_fn_with_state(app.clone(), watch);
    let watched = Router::new()
        .route("/api/oidc/token", post(token::post).options(preflight))
        .route("/api/oidc/par", post(pushed::post).options(preflight))
        .route("/api/oidc/device/authorize", post(device::authorize).options(preflight))
        .route("/api/oidc/revoke", post(revoke::post).options(preflight))
        .route_layer(watch.clone());
    // These say themselves that everyone may read them; only a browser's question before that is the layer's.
    let document = |read: MethodRouter<App>| read.merge(options(preflight).layer(from_anywhere.clone()));
    let documents = Router::new()
        .route("/.well-known/openid-configuration", document(get(discovery::metadata)))
        .route("/.well-known/oauth-authorization-server", document(get(discovery::metadata)))
        .route("/.well-known/jwks.json", document(get(discovery::jwks)));
    Router::new()
        .route("/.well-known/oauth-protected-resource/api/oidc/userinfo", get(resources::own).options(preflight))
        .route("/api/oidc/resources/{id}", get(resources::api).options(preflight))
        .route("/api/oidc/userinfo", get(userinfo::get).post(userinfo::post).options(preflight))
        .merge(watched)
        .layer(from_anywhere)
        .merge(documents)
        .merge(registration)
        .route("/api/oidc/introspect", post(introspect::post).route_layer(watch))
        .route("/authorize", post(authorize::post))
        .route("/api/oidc/end-session", post(end_session::post))
        .route("/api/forward-auth/{client_id}", get(forward_auth::http::ask))
}

/// Middleware of the endpoints where apps prove who they are: what these refuse is noted for administrators, and failed tries are counted.
async fn watch(State(app): State<App>, client: Client, request: Request, next: Next) -> Response {
    let (seen, request) = match last_errors::look(request).await {
        Ok(looked) => looked,
        Err(refused) => return refused,
    };
    let response = next.run(request).await;
    if let Some(refusal) = response.extensions().get::<error::Refusal>().copied() {
        seen.note(&app, refusal).await;
    }
    sessions::tries::count(&app, &client, response).await
}

/// `OPTIONS` from a browser app: answered by the CORS layer, which wants a route to stand on.
async fn preflight() -> StatusCode {
    StatusCode::NO_CONTENT
}

/// `GET /`: to where the person wants to be.
async fn start(MaybeSignedIn(signed_in): MaybeSignedIn) -> Redirect {
    Redirect::to(if signed_in.is_some() { "/account/apps" } else { "/sign-in?back=/account/apps" })
}

/// `GET /readyz`: 204 when the database answers.
async fn ready(State(app): State<App>) -> Result<StatusCode, StatusCode> {
    match app.db.ask().await {
        Ok(()) => Ok(StatusCode::NO_CONTENT),
        Err(error) => {
            tracing::error!(%error, "the database does not answer");
            Err(StatusCode::SERVICE_UNAVAILABLE)
        }
    }
}

fn cross_site() -> Response {
    AppError::Refused { title: t("error-cross-site").into(), message: t("error-cross-site-message").into(), status: StatusCode::FORBIDDEN }
        .into_response()
}

fn wrong_method() -> AppError {
    let (title, message) = (t("error-wrong-method").into(), t("error-wrong-method-message").into());
    AppError::Refused { title, message, status: StatusCode::METHOD_NOT_ALLOWED }
}

/// Gives extractor rejections (a form that cannot be read, a body too large, a time-out) a page; their own plain text is for developers.
fn explain_bare_refusals(response: Response) -> Response {
    use axum::http::header::CONTENT_TYPE;
    let status = response.status();
    let plain = response.headers().get(CONTENT_TYPE).is_some_and(|value| value.as_bytes().starts_with(b"text/plain"));
    let unexplained = response.extensions().get::<crate::error::Failure>().is_none();
    let (title, message) = match status {
        StatusCode::PAYLOAD_TOO_LARGE => (t("error-too-large"), t("error-too-large-message")),
        StatusCode::UNPROCESSABLE_ENTITY | StatusCode::BAD_REQUEST | StatusCode::UNSUPPORTED_MEDIA_TYPE if plain => {
            (t("error-not-understood"), t("error-not-understood-message"))
        }
        StatusCode::SERVICE_UNAVAILABLE if !plain && response.headers().get(CONTENT_TYPE).is_none() => {
            (t("error-took-too-long"), t("error-took-too-long-message"))
        }
        _ => return response,
    };
    if unexplained { AppError::Refused { title: title.into(), message: message.into(), status }.into_response() } else { response }
}
