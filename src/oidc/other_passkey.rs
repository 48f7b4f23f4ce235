//! The page for whoever is signed in with a passkey that the app does not take: which one is wanted, and how to go on.

use askama::Template;
use askama_web::WebTemplate;
use axum::response::{IntoResponse, Response};

use super::request::AuthorizationRequest;
use crate::app::App;
use crate::clients::{Face, logos};
use crate::error::AppError;
use crate::language::t;
use crate::sessions::{Method, Next, SignedIn};
use crate::web::Chrome;

#[derive(Template, WebTemplate)]
#[template(path = "oidc/other_passkey.html")]
struct OtherPasskeyPage {
    chrome: Chrome,
    face: Face,
    client_name: String,
    /// What it wants, after "wants".
    wanted: String,
    display_name: String,
    username: String,
    by_passkey: bool,
    synced: bool,
    /// Where another passkey is asked for.
    again: String,
    /// Where one is added; empty where this session may not.
    add: String,
    /// Back to the app, which is told that it did not work.
    back: String,
}

/// The page. `sealed` is the request for someone who signs in anew.
pub(super) async fn page(app: &App, person: &SignedIn, request: &AuthorizationRequest, sealed: String) -> Result<Response, AppError> {
    let policies = &request.client.registration.policies;
    let method = person.session.method;
    let words = policies.passkey_rule().words(app.authenticators.get().as_deref());
    let next = Next::Authorize(sealed.clone());
    let page = OtherPasskeyPage {
        chrome: Chrome::public(app),
        face: logos::face(&mut app.db.read().await?, &request.client).await?,
        client_name: request.client.registration.name.clone(),
        wanted: if words.is_empty() { t("passkey-kind-any").to_string() } else { words },
        display_name: person.user.display_name.clone(),
        username: person.user.username.clone(),
        by_passkey: method.is_passkey(),
        synced: matches!(method, Method::Passkey { synced: true, .. }),
        again: format!("/sign-in{}", next.sign_in_query()),
        add: if method.is_passkey() { format!("/account/passkeys/add{}", next.sign_in_query()) } else { String::new() },
        back: format!("/authorize/continue?request={sealed}&stop=true"),
    };
    Ok(page.into_response())
}
