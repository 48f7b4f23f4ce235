//! `/admin/clients/registration`: the tokens with which apps may register themselves.

use askama::Template;
use askama_web::WebTemplate;
use axum::extract::{Form, Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::{TokenLine, Wanted};
use crate::app::App;
use crate::clock::Timestamp;
use crate::error::AppError;
use crate::id::RegistrationTokenId;
use crate::language::t;
use crate::sessions::{AdminSession, FreshAdmin};
use crate::settings::RegistrationMode;
use crate::web::{self, Chrome};

/// The page.
#[derive(Template, WebTemplate)]
#[template(path = "clients/registration.html")]
pub struct RegistrationPage {
    chrome: Chrome,
    notice: String,
    mode: RegistrationMode,
    endpoint: String,
    lines: Vec<TokenLine>,
    now: Timestamp,
    /// A token just made: shown this once.
    made: Option<String>,
    typed: TokenForm,
    mistake: String,
}

impl RegistrationPage {
    async fn read(app: &App, admin: &AdminSession) -> Result<Self, AppError> {
        Ok(Self {
            chrome: admin.chrome(app),
            notice: String::new(),
            mode: app.settings().client_registration,
            endpoint: app.config.origin.url("/api/oidc/register"),
            lines: super::tokens(app).await?,
            now: app.clock.now(),
            made: None,
            typed: TokenForm { note: String::new(), days: "7".to_owned(), uses: "1".to_owned() },
            mistake: String::new(),
        })
    }
}

/// A word that a redirect left for the page.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Word {
    notice: String,
}

/// `GET /admin/clients/registration`.
pub async fn show(State(app): State<App>, admin: AdminSession, Query(word): Query<Word>) -> Result<RegistrationPage, AppError> {
    let mut page = RegistrationPage::read(&app, &admin).await?;
    if word.notice == "revoked" {
        page.notice = t("client-registration-revoked").into();
    }
    Ok(page)
}

/// What was typed for a new token.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct TokenForm {
    note: String,
    days: String,
    uses: String,
}

/// `POST /admin/clients/registration`. Answers with the page itself: the token can be shown only now.
pub async fn make(State(app): State<App>, admin: FreshAdmin, browser: web::Client, Form(form): Form<TokenForm>) -> Result<Response, AppError> {
    let number = |text: &str| text.trim().parse().unwrap_or(0);
    let wanted = Wanted { note: form.note.clone(), days: number(&form.days), uses: number(&form.uses) };
    if let Some(mistake) = wanted.mistake() {
        let page = RegistrationPage { typed: form, mistake, ..RegistrationPage::read(&app, &admin).await? };
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    }
    let (_, token) = super::make_token(&app, &wanted, admin.actor(), &browser, app.clock.now()).await?;
    let page = RegistrationPage { made: Some(token.reveal().to_owned()), ..RegistrationPage::read(&app, &admin).await? };
    Ok(page.into_response())
}

/// `POST /admin/clients/registration/{id}/revoke`.
pub async fn revoke(
    State(app): State<App>,
    admin: FreshAdmin,
    browser: web::Client,
    Path(id): Path<RegistrationTokenId>,
) -> Result<Redirect, AppError> {
    super::revoke_token(&app, id, admin.actor(), &browser, app.clock.now()).await?;
    Ok(Redirect::to("/admin/clients/registration?notice=revoked"))
}
