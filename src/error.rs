//! What goes wrong on a page. Public wording never comes from `Display`; the cause is logged once, by `web::request_log`, with the id the page shows.

use std::sync::Arc;

use askama::Template;
use askama_web::WebTemplate;
use axum::http::{StatusCode, header::RETRY_AFTER};
use axum::response::{IntoResponse, Redirect, Response};

use crate::language::{t, told};
use crate::web::Chrome;

/// An error that ends as a page.
#[derive(Debug)]
pub enum AppError {
    /// There is no such page or thing.
    NotFound,
    /// The person may not; the sentence says what would be needed.
    Forbidden(String),
    /// Nobody is signed in: to the sign-in page, and back to this path (a path and query here, never a full address).
    SignInFirst {
        /// Where the person wanted to go.
        back_to: String,
    },
    /// The session came by an access link; this page wants a passkey.
    PasskeyFirst,
    /// The person has to prove with their passkey once more that it is them; `sessions::held` keeps what they sent meanwhile.
    ProofFirst {
        /// The page to come back to (a path and query here, never a full address): the one asked for, or the one the form stood on.
        back_to: String,
    },
    /// The request cannot be understood or is out of date; title and sentence for the person.
    Refused {
        /// A short heading.
        title: String,
        /// What was wrong and what to do next.
        message: String,
        /// The HTTP status.
        status: StatusCode,
    },
    /// Too much from one address.
    TooManyRequests {
        /// Whole seconds to wait.
        retry_after_seconds: u64,
    },
    /// Our fault.
    Internal(anyhow::Error),
}

impl AppError {
    /// A request that cannot be done as it is: status 400.
    pub fn refused(title: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Refused { title: title.into(), message: message.into(), status: StatusCode::BAD_REQUEST }
    }

    /// Something that was there and is used up or expired: status 410.
    pub fn gone(title: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Refused { title: title.into(), message: message.into(), status: StatusCode::GONE }
    }
}

impl From<anyhow::Error> for AppError {
    fn from(error: anyhow::Error) -> Self {
        Self::Internal(error)
    }
}

impl From<sqlx::Error> for AppError {
    fn from(error: sqlx::Error) -> Self {
        Self::Internal(error.into())
    }
}

/// Where somebody proves that it is them.
pub const PROVE: &str = "/account/prove";

/// Marks the answer [`AppError::ProofFirst`]: it leads to [`PROVE`] and back to a page, and loses what was sent unless somebody keeps it.
#[derive(Clone, Debug)]
pub struct ProofWanted {
    /// The page to come back to.
    pub back_to: String,
}

/// What `web::request_log` turns into a page.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The HTTP status.
    pub status: StatusCode,
    /// The heading.
    pub title: String,
    /// The sentence below it.
    pub message: String,
    /// For the log alone.
    pub cause: Option<Arc<anyhow::Error>>,
}

impl IntoResponse for AppError {
    fn into_response(self) -> Response {
        let (status, title, message, cause) = match self {
            Self::NotFound => (StatusCode::NOT_FOUND, t("error-not-found").into(), t("error-not-found-message").into(), None),
            Self::Forbidden(message) => (StatusCode::FORBIDDEN, t("error-forbidden").into(), message, None),
            Self::SignInFirst { back_to } => {
                let query = serde_urlencoded::to_string([("back", back_to)]).unwrap_or_default();
                return Redirect::to(&format!("/sign-in?{query}")).into_response();
            }
            Self::ProofFirst { back_to } => {
                let query = serde_urlencoded::to_string([("back", &back_to)]).unwrap_or_default();
                let mut response = Redirect::to(&format!("{PROVE}?{query}")).into_response();
                response.extensions_mut().insert(ProofWanted { back_to });
                return response;
            }
            Self::PasskeyFirst => return Redirect::to("/account/passkeys/add").into_response(),
            Self::Refused { title, message, status } => (status, title, message, None),
            Self::TooManyRequests { retry_after_seconds } => {
                let message = t("error-too-many-requests-message").with("seconds", retry_after_seconds).into();
                let failure = Failure { status: StatusCode::TOO_MANY_REQUESTS, title: t("error-too-many-requests").into(), message, cause: None };
                let mut response = (failure.status, [(RETRY_AFTER, retry_after_seconds.to_string())]).into_response();
                response.extensions_mut().insert(failure);
                return response;
            }
            Self::Internal(cause) => {
                (StatusCode::INTERNAL_SERVER_ERROR, t("error-our-fault").into(), t("error-our-fault-message").into(), Some(Arc::new(cause)))
            }
        };
        let mut response = status.into_response();
        response.extensions_mut().insert(Failure { status, title, message, cause });
        response
    }
}

/// The page a person sees.
#[derive(Template, WebTemplate)]
#[template(path = "error.html")]
pub struct ErrorPage {
    chrome: Chrome,
    title: String,
    message: String,
    request_id: String,
}

impl ErrorPage {
    /// The page of a failure, with the id its log line has.
    pub fn new(chrome: Chrome, failure: &Failure, request_id: &str) -> Self {
        Self { chrome, title: told(&failure.title), message: told(&failure.message), request_id: request_id.to_owned() }
    }
}
