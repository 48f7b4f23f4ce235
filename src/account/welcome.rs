//! `/account/welcome`: the first minutes of somebody new. One thing at a time, each of which can be left out, and on to where they were going. Whoever leaves
//! in between finds the page again from their profile.

use askama::Template;
use askama_web::WebTemplate;
use axum::Form;
use axum::extract::State;
use axum::http::header::CONTENT_SECURITY_POLICY;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use crate::app::App;
use crate::error::AppError;
use crate::first_steps::{self, Has, Step};
use crate::secret::base64url;
use crate::sessions::next::PendingAuthorization;
use crate::sessions::{Next, SignedIn};
use crate::web::{Chrome, headers};
use crate::{passkeys, recovery_codes};

#[derive(Template, WebTemplate)]
#[template(path = "account/welcome.html")]
struct WelcomePage {
    chrome: Chrome,
    name: String,
    step: Step,
    has: Has,
    test_skipped: bool,
    second_skipped: bool,
    /// The newest passkey: its id in WebAuthn and its name.
    credential: String,
    passkey: String,
    /// The origin passkeys belong to.
    address: String,
    /// Whether codes can be made and passkeys added in this session.
    may_add: bool,
    /// The app they were on the way to; empty when it is none.
    client_name: String,
}

/// `GET /account/welcome`: the step that comes next; to the profile for whoever is through.
///
/// # Errors
/// When the database cannot be read.
pub async fn page(State(app): State<App>, signed_in: SignedIn) -> Result<Response, AppError> {
    let user = &signed_in.user;
    let (row, passkeys, codes) = {
        let mut conn = app.db.read().await?;
        let row = first_steps::of_user(&mut conn, user.id).await?;
        let passkeys = passkeys::of_user(&mut conn, user.id).await?;
        (row, passkeys, recovery_codes::standing(&mut conn, user.id).await?.unused)
    };
    let (Some(row), Some(newest)) = (row, passkeys.last()) else { return Ok(Redirect::to("/account").into_response()) };
    let has = Has { tested: passkeys.iter().any(|passkey| passkey.use_count > 0), second: passkeys.len() > 1 || codes > 0 };
    let client_name = match row.next(app.clock.now()) {
        Next::Authorize(sealed) => PendingAuthorization::unseal(&app.sealer, &sealed).map(|pending| pending.client_name).unwrap_or_default(),
        Next::Account | Next::Page(_) => String::new(),
    };
    let page = WelcomePage {
        chrome: signed_in.chrome(&app),
        name: user.display_name.clone(),
        step: row.step(has),
        has,
        test_skipped: row.test_skipped,
        second_skipped: row.second_skipped,
        credential: base64url(&newest.credential_id),
        passkey: newest.name.clone(),
        address: app.config.origin.as_str().to_owned(),
        may_add: signed_in.session.method.is_passkey(),
        client_name,
    };
    // Its last form ends at the app.
    let policy = (!page.client_name.is_empty()).then(|| [(CONTENT_SECURITY_POLICY, headers::csp_for_forms_that_leave())]);
    Ok((policy, page).into_response())
}

/// Which step is left out.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct SkipForm {
    step: String,
}

/// `POST /account/welcome/skip`.
///
/// # Errors
/// When the database refuses.
pub async fn skip(State(app): State<App>, signed_in: SignedIn, Form(form): Form<SkipForm>) -> Result<Redirect, AppError> {
    let step = match form.step.as_str() {
        "test" => Step::Test,
        "second" => Step::Second,
        _ => Step::Done,
    };
    let mut tx = app.db.begin().await?;
    first_steps::skip(&mut tx, signed_in.user.id, step).await?;
    tx.commit().await?;
    Ok(Redirect::to("/account/welcome"))
}

/// `POST /account/welcome/done`: on to where they were going, or to their apps.
///
/// # Errors
/// When the database refuses.
pub async fn done(State(app): State<App>, signed_in: SignedIn) -> Result<Redirect, AppError> {
    let mut tx = app.db.begin().await?;
    let row = first_steps::of_user(&mut tx, signed_in.user.id).await?;
    first_steps::end(&mut tx, signed_in.user.id).await?;
    tx.commit().await?;
    Ok(match row.map_or(Next::Account, |row| row.next(app.clock.now())) {
        Next::Account => Redirect::to("/account/apps"),
        next => Redirect::to(&next.location()),
    })
}
