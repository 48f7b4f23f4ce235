//! `/account/prove`: one touch before something dangerous. The page says what is about to be done; its script runs the ceremony, and then what was sent is
//! sent on ([`crate::sessions::held`]) or the page that wanted the proof is opened.

use askama::Template;
use askama_web::WebTemplate;
use axum::Json;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::Value;
use tower_sessions::Session;

use super::http::{Failed, Finished, begun, wanted};
use super::{Answer, policy};
use crate::app::App;
use crate::error::AppError;
use crate::language::{Language, Text, duration, speaking, t};
use crate::sessions::{self, MayProve, Method, Next, SignedIn, dangerous, held};
use crate::web::{BrowserCookie, Chrome, Client};

#[derive(Template, WebTemplate)]
#[template(path = "passkeys/prove.html")]
struct ProvePage {
    chrome: Chrome,
    /// The origin passkeys belong to.
    address: String,
    display_name: String,
    username: String,
    /// After "You are about to".
    deed: String,
    /// What policies want of a passkey, after "wanted is", when the one of the session is not it; empty otherwise.
    wanted: String,
    /// How long nobody asks again.
    proof_lifetime: String,
    /// Where what was sent goes on to; empty when a page is to be opened.
    action: String,
    token: String,
    /// The page to open; empty when a form goes on.
    next: String,
    back_to: String,
    /// The proof was given meanwhile, in another tab.
    is_fresh: bool,
    /// The session came by a one-time link: perhaps the passkeys are lost.
    by_link: bool,
    /// That was so lately that a new one can be added without them.
    may_enrol: bool,
}

/// What the page's address says: the token of a kept form, or a page here.
#[derive(Debug, Default, Deserialize)]
pub struct Wanted {
    form: Option<String>,
    back: Option<String>,
}

/// Where somebody goes on to after the proof.
enum Then {
    Form(held::Held, String),
    Page(String),
}

impl Then {
    async fn read(app: &App, signed_in: &SignedIn, unverified: &Wanted) -> Result<Self, AppError> {
        if let Some(token) = &unverified.form {
            let held = held::look(&mut app.db.read().await?, signed_in.session.id, token, app.clock.now()).await?;
            return Ok(Self::Form(held.ok_or_else(held::gone)?, token.clone()));
        }
        Ok(Self::Page(Next::from_query(None, unverified.back.as_deref()).location()))
    }

    fn deed(&self) -> Text {
        match self {
            Self::Form(held, _) => dangerous::words(&held.path),
            Self::Page(path) => dangerous::words(path),
        }
    }
}

/// `GET /account/prove`.
///
/// # Errors
/// 410 for a form that is no longer kept; 409 for somebody who has no passkey any more; or when the database cannot be read.
pub async fn page(
    State(app): State<App>,
    MayProve { signed_in, is_held_back }: MayProve,
    Query(unverified): Query<Wanted>,
) -> Result<Response, AppError> {
    let then = Then::read(&app, &signed_in, &unverified).await?;
    let proof_lifetime = app.settings().proof_lifetime.minutes();
    let is_fresh = !is_held_back && signed_in.session.is_fresh(app.clock.now(), proof_lifetime);
    if let (true, Then::Page(path)) = (is_fresh, &then) {
        return Ok(Redirect::to(path).into_response());
    }
    let mut conn = app.db.read().await?;
    if !super::has_any(&mut conn, signed_in.user.id).await? {
        return Err(no_passkey());
    }
    let wanted = if is_held_back {
        policy::of_person(&mut conn, signed_in.user.id).await?.rule().words(app.authenticators.get().as_deref())
    } else {
        String::new()
    };
    drop(conn);
    let deed = then.deed().into();
    let (action, token, next, back_to) = match then {
        Then::Form(held, token) => (held.path, token, String::new(), held.back_to),
        // The page that wants the proof would want it again.
        Then::Page(path) => (String::new(), String::new(), path, "/account".to_owned()),
    };
    let page = ProvePage {
        chrome: Chrome::public(&app),
        address: app.config.origin.as_str().to_owned(),
        deed,
        wanted,
        proof_lifetime: duration(proof_lifetime).into(),
        action,
        token,
        next,
        back_to,
        is_fresh,
        by_link: signed_in.session.method == Method::AccessLink,
        may_enrol: signed_in.session.may_enrol_by_link(app.clock.now()),
        display_name: signed_in.user.display_name,
        username: signed_in.user.username,
    };
    Ok(page.into_response())
}

/// Whoever signed in with a passkey and has none any more.
fn no_passkey() -> AppError {
    AppError::Refused { title: t("passkey-none").into(), message: t("passkey-none-to-prove").into(), status: axum::http::StatusCode::CONFLICT }
}

/// `POST /account/prove/start`: options for `navigator.credentials.get()`, for the passkeys of who is signed in.
///
/// # Errors
/// 409 for somebody without a passkey, `TooManyRequests`, or when the database refuses.
pub async fn start(State(app): State<App>, MayProve { signed_in, .. }: MayProve, client: Client, headers: HeaderMap) -> Result<Response, Failed> {
    app.limits.sign_in.check(&client)?;
    let browser = BrowserCookie::read_or_make(&app, &headers);
    let started = super::start_proof(&app, app.clock.now(), &signed_in, &browser.hash()).await?.ok_or_else(no_passkey)?;
    Ok(browser.attach(&app, begun(&started)))
}

/// What the page sends to finish a proof.
#[derive(Debug, Deserialize)]
pub struct Finish {
    ceremony: String,
    credential: Value,
    #[serde(flatten)]
    wanted: Wanted,
}

/// `POST /account/prove/finish`: judges the answer and renews the session, whose cookie changes; it says where to go, or nothing when a form goes on.
///
/// # Errors
/// [`super::CeremonyError`] as JSON, `TooManyRequests`, or 410 for a form that is no longer kept.
pub async fn finish(
    State(app): State<App>,
    MayProve { signed_in, is_held_back }: MayProve,
    session: Session,
    client: Client,
    headers: HeaderMap,
    Json(unverified): Json<Finish>,
) -> Result<Json<Finished>, Failed> {
    app.limits.sign_in.check(&client)?;
    let now = app.clock.now();
    let then = Then::read(&app, &signed_in, &unverified.wanted).await?;
    let browser = BrowserCookie::read(&app, &headers).map(|token| token.hash());
    let answer = Answer {
        client: &client,
        browser: browser.as_ref(),
        unverified_ceremony: &unverified.ceremony,
        unverified_credential: &unverified.credential,
    };
    let purpose = speaking(Language::English, || if is_held_back { t("deed-stricter-policy") } else { then.deed() }.to_string());
    let proved = super::finish_proof(&app, now, &signed_in, &answer, &purpose).await?;
    sessions::start(&app, &session, proved.user.id, Method::Passkey { synced: proved.synced, model: proved.model }, &client, now).await?;
    let next = match then {
        Then::Form(..) => String::new(),
        Then::Page(path) if is_held_back && proved.lacking => wanted::location(&Next::Page(path)),
        Then::Page(path) => path,
    };
    Ok(Json(Finished::new(&app, &proved.user, next).await?))
}
