//! `/account/apps`: the apps a person lets know who they are.

use askama::Template;
use askama_web::WebTemplate;
use axum::extract::{Path, Query, State};
use axum::response::Redirect;
use serde::Deserialize;

use super::AppLine;
use super::answer::answer_url;
use super::scope::{Scope, Scopes};
use crate::app::App;
use crate::error::AppError;
use crate::id::ClientId;
use crate::sessions::SignedIn;
use crate::web::{self, Chrome};

/// The page.
#[derive(Template, WebTemplate)]
#[template(path = "oidc/apps.html")]
pub struct AppsPage {
    chrome: Chrome,
    apps: Vec<Row>,
    notice: Option<&'static str>,
}

struct Row {
    line: AppLine,
    scopes: Vec<&'static str>,
    /// Where a click begins a sign-in (OpenID Connect Core, section 4); empty when the app does not say.
    sign_in: String,
}

/// What the address may say.
#[derive(Deserialize)]
pub struct Address {
    notice: Option<String>,
}

/// `GET /account/apps`.
pub async fn get(State(app): State<App>, person: SignedIn, Query(address): Query<Address>) -> Result<AppsPage, AppError> {
    let lines = super::apps_of_user(&app, person.user.id).await?;
    let row = |line: AppLine| Row {
        scopes: Scopes::parse(&line.scopes).iter().map(Scope::for_people).collect(),
        sign_in: if line.initiate_login_uri.is_empty() {
            String::new()
        } else {
            answer_url(&line.initiate_login_uri, &[("iss", app.config.origin.as_str())])
        },
        line,
    };
    let notice = (address.notice.as_deref() == Some("revoked"))
        .then_some("The app can no longer ask about you. It will ask you again the next time you use it.");
    Ok(AppsPage { chrome: person.chrome(&app), apps: lines.into_iter().map(row).collect(), notice })
}

/// `POST /account/apps/{id}/revoke`.
pub async fn revoke(State(app): State<App>, person: SignedIn, browser: web::Client, Path(client): Path<ClientId>) -> Result<Redirect, AppError> {
    super::take_back(&app, &person, client, &browser, app.clock.now()).await?;
    Ok(Redirect::to("/account/apps?notice=revoked"))
}
