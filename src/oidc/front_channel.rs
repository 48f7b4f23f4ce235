//! Telling apps in the person's browser that their session ended (OpenID Connect Front-Channel Logout 1.0): a page that loads one page of each app and then
//! goes on to where the app that asked wants the person.

use askama::Template;
use askama_web::WebTemplate;
use axum::extract::{Query, State};
use axum::http::header::CONTENT_SECURITY_POLICY;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;

use super::answer::answer_url;
use super::id_token::sid;
use crate::app::App;
use crate::clients::{self, LogoutWishes};
use crate::error::AppError;
use crate::id::{ClientId, SessionId};
use crate::sessions::{Farewell, Next};
use crate::web::{Chrome, headers};

/// Says that it is done.
#[derive(Template, WebTemplate)]
#[template(path = "oidc/signed_out.html")]
struct SignedOutPage {
    chrome: Chrome,
    /// The apps' pages to load.
    frames: Vec<String>,
    /// Where to go when they are loaded.
    then: String,
    /// Whether that is an app's address; our own sign-in page otherwise.
    leaves: bool,
}

/// What the address carries.
#[derive(Deserialize)]
pub struct Address {
    #[serde(default)]
    then: String,
}

/// A page of an app, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Frame {
    origin: String,
    address: String,
}

/// The page of an app to load: its own address with `iss` and `sid` when it wants them (section 2). `None` when it has none any more.
fn frame(wishes: &LogoutWishes, issuer: &str, session: SessionId, client: ClientId) -> Option<Frame> {
    let logout = wishes.of(client)?;
    let origin = logout.frontchannel_origin()?;
    let sid = sid(session, client);
    let parameters: &[(&str, &str)] = if logout.frontchannel_logout_session_required { &[("iss", issuer), ("sid", &sid)] } else { &[] };
    Some(Frame { origin, address: answer_url(&logout.frontchannel_logout_uri, parameters) })
}

/// `GET /signed-out`: where browsers go after a sign-out that apps are told of. Whoever comes without a fresh address of ours sees only that they are signed out.
pub async fn page(State(app): State<App>, Query(address): Query<Address>) -> Result<Response, AppError> {
    let farewell = Farewell::unseal(&app.sealer, &address.then, app.clock.now());
    let frames: Vec<Frame> = match &farewell {
        Some(farewell) => {
            let wishes = clients::logout_wishes(&mut app.db.read().await?).await?;
            farewell.apps.iter().filter_map(|client| frame(&wishes, app.config.origin.as_str(), farewell.session, *client)).collect()
        }
        None => Vec::new(),
    };
    Ok(show(&app, &frames, farewell.and_then(|farewell| farewell.back_to)))
}

/// The page, loading these.
fn show(app: &App, frames: &[Frame], back_to: Option<String>) -> Response {
    let (leaves, then) = (back_to.is_some(), back_to.unwrap_or_else(|| Next::after_sign_out().to_owned()));
    let addresses = frames.iter().map(|frame| frame.address.clone()).collect();
    let mut response = SignedOutPage { chrome: Chrome::public(app), frames: addresses, then, leaves }.into_response();
    if !frames.is_empty() {
        let origins = frames.iter().map(|frame| frame.origin.as_str());
        response.headers_mut().insert(CONTENT_SECURITY_POLICY, headers::csp_with_frames(origins));
    }
    response
}

/// The page when there is nobody to tell and nowhere to go.
pub(super) fn just_signed_out(app: &App) -> Response {
    show(app, &[], None)
}
