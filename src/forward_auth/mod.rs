//! Forward authentication: a reverse proxy in front of an app that cannot sign people in asks here, request by request, whether it may pass and who it is.
//!
//! The app lives on another address than the provider, so the browser does not show the provider's session there. The app gets a cookie of its own instead, by
//! the ordinary authorization code flow with this server as both sides: the answer to a request without a cookie sends the browser to `/authorize` with the
//! app's `/.muster/callback` as redirect URI and a code challenge, whose verifier is a random cookie on the app's address. The proxy asks about the callback as
//! about everything else, so it needs no further route: the answer redeems the code, sets the cookie that counts, and leads back to where the person was.
//!
//! So a code is good once, for one address of one app and in the browser that began; allowed groups, consent and everything else that is decided about a client
//! hold; and the grant behind the cookie ends with the session, the person or an administrator's click, which each request asks the database anew
//! (`oidc::proxied::find`, one statement).

pub mod admin;
pub mod http;
pub mod model;
pub mod question;
mod snippets;

use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::clients::policy::forward_auth::CALLBACK_PATH;
use crate::clock::Timestamp;
use crate::oidc::params::Params;
use crate::oidc::proxied::{self, Guarded, Person};
use crate::secret::{SecretToken, base64url, sha256};
use crate::sessions;
use crate::web;
use model::{Decision, Standing};
use question::Asked;

/// What is asked of `/authorize`: what the headers tell the app.
const SCOPES: &str = "openid profile email groups";
/// What the sealed `state` is for.
const STATE_PURPOSE: &str = "forward authentication";

/// What the proxy is to be told.
#[derive(Debug)]
pub enum Told {
    /// The request may pass, and this is who it is.
    Pass(Box<Person>),
    /// Nobody is signed in, and there is no page to show.
    Unauthorized,
    /// Not this person, and there is no page to show.
    Forbidden,
    /// The browser goes to a full address, with the cookie of the app set to this value first, when there is one.
    Go {
        /// Where to.
        location: String,
        /// The cookie's new value.
        cookie: Option<SecretToken>,
        /// Because somebody is not signed in, rather than not let in.
        is_for_sign_in: bool,
    },
}

/// Why a question was not answered.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// There is no app of this `client_id`, or no proxy guards it.
    #[error("no app that a proxy guards has this client ID")]
    Unknown,
    /// The address is none of the app's.
    #[error("{0} is none of the app's addresses; compare them on the app's page")]
    NotItsAddress(String),
    /// Ours.
    #[error(transparent)]
    Internal(#[from] anyhow::Error),
}

/// Where a person goes on after signing in to an app. Travels sealed in `state`.
#[derive(Debug, Serialize, Deserialize)]
struct Begun {
    client: crate::id::ClientId,
    origin: String,
    back: String,
}

/// Answers a proxy's question about one request for the app of this `client_id`; `unverified_cookie` finds the app's cookie in the request by its name.
///
/// # Errors
/// See [`Refused`].
pub async fn answer(
    app: &App,
    client_id: &str,
    asked: &Asked,
    unverified_cookie: Option<String>,
    browser: &web::Client,
    now: Timestamp,
) -> Result<Told, Refused> {
    let guarded = proxied::find(app, client_id, unverified_cookie.as_deref().unwrap_or_default(), now).await?;
    let mut guarded = guarded.filter(|guarded| guarded.policy.is_on()).ok_or(Refused::Unknown)?;
    if !guarded.policy.has(&asked.origin) {
        return Err(Refused::NotItsAddress(asked.origin.clone()));
    }
    let person = guarded.person.take();
    let standing = match &person {
        None => Standing::Nobody,
        Some(person) if person.is_admitted => Standing::Admitted,
        Some(_) => Standing::NotAdmitted,
    };
    Ok(match (model::decide(asked, standing), person) {
        (Decision::Pass, Some(person)) => {
            sessions::touch(app, person.session, person.last_seen_at, now).await.map_err(anyhow::Error::from)?;
            Told::Pass(Box::new(person))
        }
        (Decision::Back, _) => {
            // Reloaded, or a second tab whose turn came later: whoever is signed in already needs no code.
            let begun = Params::parse(asked.query()).ok().and_then(|params| opened(app, &guarded, asked, params.get("state")));
            go(format!("{}{}", asked.origin, begun.map_or_else(|| "/".to_owned(), |begun| begun.back)))
        }
        (Decision::Finish, _) => finish(app, &guarded, asked, unverified_cookie.as_deref(), browser, now).await?,
        (Decision::SignIn | Decision::Pass, _) => begin(app, &guarded, asked, unverified_cookie),
        (Decision::SignOut, _) => go(app.config.origin.url("/sign-out")),
        (Decision::Refuse, _) => stop(app, &guarded, "refused"),
        (Decision::Unauthorized, _) => Told::Unauthorized,
        (Decision::Forbidden, _) => Told::Forbidden,
    })
}

fn go(location: String) -> Told {
    Told::Go { location, cookie: None, is_for_sign_in: true }
}

/// To the page that says why the app stays closed.
fn stop(app: &App, guarded: &Guarded, why: &str) -> Told {
    let location = app.config.origin.url(&format!("/forward-auth/{}/{why}", guarded.client));
    Told::Go { location, cookie: None, is_for_sign_in: why != "refused" }
}

/// Sends the browser to sign in. The cookie it has serves as verifier again, so that two tabs that begin at the same time both arrive.
fn begin(app: &App, guarded: &Guarded, asked: &Asked, unverified_cookie: Option<String>) -> Told {
    let (verifier, cookie) = match unverified_cookie {
        Some(known) => (known, None),
        None => {
            let new = SecretToken::new("");
            (new.reveal().to_owned(), Some(new))
        }
    };
    let begun = Begun { client: guarded.client, origin: asked.origin.clone(), back: asked.back().to_owned() };
    let state = app.sealer.seal_text(STATE_PURPOSE, &serde_json::to_string(&begun).unwrap_or_default());
    let query = [
        ("client_id", guarded.client_id.as_str()),
        ("redirect_uri", &format!("{}{CALLBACK_PATH}", asked.origin)),
        ("response_type", "code"),
        ("scope", SCOPES),
        ("state", &state),
        ("code_challenge", &base64url(&sha256(verifier.as_bytes()))),
        ("code_challenge_method", "S256"),
    ];
    let query = serde_urlencoded::to_string(query).unwrap_or_default();
    Told::Go { location: app.config.origin.url(&format!("/authorize?{query}")), cookie, is_for_sign_in: true }
}

/// What was begun, if it was begun here, for this app and at this address.
fn opened(app: &App, guarded: &Guarded, asked: &Asked, unverified_state: Option<&str>) -> Option<Begun> {
    let text = app.sealer.unseal_text(STATE_PURPOSE, unverified_state?).ok()?;
    let begun: Begun = serde_json::from_str(&text).ok()?;
    (begun.client == guarded.client && begun.origin == asked.origin && begun.back.starts_with('/')).then_some(begun)
}

/// Ends a sign-in on the app's address: the code becomes a cookie.
async fn finish(
    app: &App,
    guarded: &Guarded,
    asked: &Asked,
    unverified_cookie: Option<&str>,
    browser: &web::Client,
    now: Timestamp,
) -> Result<Told, Refused> {
    let params = Params::parse(asked.query()).unwrap_or_default();
    if params.get("error") == Some("access_denied") {
        return Ok(stop(app, guarded, "refused"));
    }
    let begun = opened(app, guarded, asked, params.get("state"));
    let (Some(begun), Some(code), Some(verifier)) = (begun, params.get("code"), unverified_cookie) else {
        return Ok(stop(app, guarded, "failed"));
    };
    let redirect_uri = format!("{}{CALLBACK_PATH}", asked.origin);
    let cookie = proxied::redeem(app, guarded, code, &redirect_uri, verifier, browser, now).await?;
    Ok(match cookie {
        Some(cookie) => Told::Go { location: format!("{}{}", begun.origin, begun.back), cookie: Some(cookie), is_for_sign_in: true },
        None => stop(app, guarded, "failed"),
    })
}
