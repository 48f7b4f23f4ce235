//! Which API a token is for (RFC 8707). A request names APIs by identifier (`resource`); what it reaches there is what its scope asks for, of what the
//! client may ask for. This server is a resource too: the userinfo endpoint, with an address of its own.

use axum::extract::{Path, State};
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Json, Response};
use serde_json::json;

use super::error::{AuthorizeErrorCode, OAuthError};
use super::params::Params;
use super::scope::Scope;
use crate::apis::{self, Permissions, Reach};
use crate::app::App;
use crate::clients::Client;
use crate::config::Origin;
use crate::db::Conn;
use crate::error::AppError;
use crate::id::ApiId;
use crate::jose::Alg;

/// The identifier of this server's own resource.
pub(super) fn userinfo(origin: &Origin) -> String {
    origin.url("/api/oidc/userinfo")
}

/// Where that resource describes itself (RFC 9728 section 3.1).
pub(super) fn userinfo_metadata(origin: &Origin) -> String {
    origin.url("/.well-known/oauth-protected-resource/api/oidc/userinfo")
}

/// The identifiers a request names, or the client's own when it names none; nobody has looked them up yet.
pub(super) fn named(params: &Params, client: &Client) -> Vec<String> {
    let mut named: Vec<String> = Vec::new();
    for resource in params.all("resource") {
        if !named.iter().any(|known| known == resource) {
            named.push(resource.to_owned());
        }
    }
    let own = &client.registration.policies.tokens.default_resource;
    if named.is_empty() && !own.is_empty() {
        named.push(own.clone());
    }
    named
}

/// Why the APIs of a request were not found.
#[derive(Debug)]
pub(super) enum Unresolved {
    /// The request's fault: `invalid_target`.
    Target(&'static str),
    /// The database's.
    Internal(sqlx::Error),
}

impl From<sqlx::Error> for Unresolved {
    fn from(error: sqlx::Error) -> Self {
        Self::Internal(error)
    }
}

impl From<Unresolved> for OAuthError {
    fn from(unresolved: Unresolved) -> Self {
        match unresolved {
            Unresolved::Target(why) => Self::InvalidTarget(why),
            Unresolved::Internal(error) => error.into(),
        }
    }
}

impl Unresolved {
    /// As the authorization endpoint tells it.
    ///
    /// # Errors
    /// Our own failure.
    pub(super) fn for_client(self) -> sqlx::Result<(AuthorizeErrorCode, &'static str)> {
        match self {
            Self::Target(why) => Ok((AuthorizeErrorCode::InvalidTarget, why)),
            Self::Internal(error) => Err(error),
        }
    }
}

/// What a request reaches at APIs: the permissions among the words of its scope that its client may ask people for. Words it may not ask for are left out,
/// and the answer's scope says so.
///
/// # Errors
/// [`Unresolved::Target`] for an API that is not known or not open to the client.
pub(super) async fn resolve(
    conn: &mut Conn,
    origin: &Origin,
    client: &Client,
    unverified_resources: &[String],
    words: &Permissions,
) -> Result<Reach, Unresolved> {
    let mut reach = Reach::default();
    for identifier in unverified_resources.iter().filter(|identifier| **identifier != userinfo(origin)) {
        let opened =
            apis::open_by_identifier(conn, identifier, client.id).await?.ok_or(Unresolved::Target("resource names no API that is known here"))?;
        let allowed = opened.for_people().ok_or(Unresolved::Target("this client may not use the API that resource names"))?;
        reach.add(opened.api.id, &words.within(&allowed));
    }
    Ok(reach)
}

/// `GET /.well-known/oauth-protected-resource/api/oidc/userinfo` (RFC 9728): this server as a resource. There is none at the address without that path: it would be
/// that of a resource named by our origin alone, and nobody may use a document that names another (section 3.3).
pub async fn own(State(app): State<App>) -> Response {
    let origin = &app.config.origin;
    let scopes: Vec<&str> = Scope::ALL.into_iter().filter(|scope| *scope != Scope::OfflineAccess).map(Scope::as_str).collect();
    document(origin, &userinfo(origin), "Userinfo", &scopes, &["header", "body"])
}

/// `GET /api/oidc/resources/{id}` (RFC 9728): what an API says about itself, for its `WWW-Authenticate: … resource_metadata="…"`.
///
/// # Errors
/// Not found, when there is no such API.
pub async fn api(State(app): State<App>, Path(id): Path<ApiId>) -> Result<Response, AppError> {
    let api = apis::find(&mut app.db.read().await?, id).await?.ok_or(AppError::NotFound)?;
    let scopes = api.terms.permissions.iter().map(|permission| permission.name.as_str()).collect::<Vec<_>>();
    Ok(document(&app.config.origin, &api.terms.identifier, &api.terms.name, &scopes, &["header"]))
}

fn document(origin: &Origin, resource: &str, name: &str, scopes: &[&str], methods: &[&str]) -> Response {
    let document = json!({
        "resource": resource,
        "resource_name": name,
        "authorization_servers": [origin.as_str()],
        "scopes_supported": scopes,
        "bearer_methods_supported": methods,
        "dpop_signing_alg_values_supported": Alg::STRICT.map(Alg::as_str),
        "dpop_bound_access_tokens_required": false,
    });
    ([(CACHE_CONTROL, "public, max-age=300")], Json(document)).into_response()
}
