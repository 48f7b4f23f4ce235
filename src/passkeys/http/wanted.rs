//! `/account/passkeys/wanted`: for whoever signed in with a passkey that a policy admits for some days only. Between signing in and where they wanted to go.

use askama::Template;
use askama_web::WebTemplate;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};

use super::{OnTheWay, SignInQuery};
use crate::app::App;
use crate::authenticators::Verdict;
use crate::clock::Timestamp;
use crate::error::AppError;
use crate::passkeys::policy;
use crate::sessions::{Next, SignedIn};
use crate::web::Chrome;

#[derive(Template, WebTemplate)]
#[template(path = "passkeys/wanted.html")]
struct WantedPage {
    chrome: Chrome,
    /// What is wanted, after "wants".
    wanted: String,
    until: Timestamp,
    /// Where a new one is added, and from there on.
    add: String,
    /// Where the person wanted to go.
    go_on: String,
    client_name: String,
}

/// Where somebody is led who signed in with such a passkey.
pub(in crate::passkeys) fn location(next: &Next) -> String {
    format!("/account/passkeys/wanted{}", next.sign_in_query())
}

/// `GET /account/passkeys/wanted`: on to where the person wanted to go when nothing is wanted of them.
///
/// # Errors
/// When the database cannot be read.
pub async fn page(State(app): State<App>, signed_in: SignedIn, Query(unverified): Query<SignInQuery>) -> Result<Response, AppError> {
    let on_the_way = OnTheWay::read(&app, &unverified);
    let go_on = on_the_way.next.location();
    let Some(held) = signed_in.held(&app) else { return Ok(Redirect::to(&go_on).into_response()) };
    let metadata = app.authenticators.get();
    let applying = policy::of_person(&mut app.db.read().await?, signed_in.user.id).await?;
    let Verdict::Until(until) = applying.judge(held, app.clock.now()) else { return Ok(Redirect::to(&go_on).into_response()) };
    let page = WantedPage {
        wanted: applying.rule().words(metadata.as_deref()),
        until,
        add: format!("/account/passkeys/add{}", on_the_way.next.sign_in_query()),
        go_on,
        client_name: on_the_way.pending.map(|pending| pending.client_name).unwrap_or_default(),
        chrome: signed_in.chrome(&app),
    };
    Ok(page.into_response())
}
