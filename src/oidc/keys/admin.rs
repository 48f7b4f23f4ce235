//! `/admin/keys`: the keys that sign, how old they are, and changing them.

use askama::Template;
use askama_web::WebTemplate;
use axum::extract::{Form, Query, State};
use axum::response::Redirect;
use serde::Deserialize;

use super::{Line, PUBLISHED_AFTER_RETIREMENT, PUBLISHED_BEFORE_USE};
use crate::app::App;
use crate::clients::SigningAlg;
use crate::clock::{Timestamp, duration_for_people};
use crate::error::AppError;
use crate::oidc::store::keys::State as KeyState;
use crate::sessions::{AdminDeed, AdminSession};
use crate::web::Chrome;

/// How many retired keys of an algorithm the page shows.
const RETIRED_SHOWN: usize = 5;

/// The keys of one algorithm.
struct Algorithm {
    alg: SigningAlg,
    about: &'static str,
    keys: Vec<Key>,
    /// How long the next key has been published, when that is shorter than apps may keep what they fetched.
    too_new: Option<String>,
}

/// A key as the page shows it.
struct Key {
    kid: String,
    state: &'static str,
    tone: &'static str,
    says: &'static str,
    since: Timestamp,
    age: String,
    /// Something it signed may still be believed.
    counts: bool,
}

impl Key {
    fn new(line: &Line, now: Timestamp) -> Self {
        let counts = line.state != KeyState::Retired || line.retired_at.is_none_or(|at| now.since(at) < PUBLISHED_AFTER_RETIREMENT);
        let (state, tone, says, since) = match line.state {
            KeyState::Active => ("Signs", "good", "signs since", line.active_at.unwrap_or(line.created_at)),
            KeyState::Next => ("Next", "", "published since", line.created_at),
            KeyState::Retired => {
                let at = line.retired_at.unwrap_or(line.created_at);
                (if counts { "Retired, still published" } else { "Retired" }, "", "retired", at)
            }
        };
        Self { kid: line.kid.clone(), state, tone, says, since, age: duration_for_people(now.since(since)), counts }
    }
}

impl Algorithm {
    fn new(alg: SigningAlg, lines: &[Line], now: Timestamp) -> Self {
        let of = |state| lines.iter().filter(move |line| line.alg == alg && line.state == state);
        let newest_retired = of(KeyState::Retired).collect::<Vec<_>>().into_iter().rev().take(RETIRED_SHOWN);
        let keys = of(KeyState::Active).chain(of(KeyState::Next)).chain(newest_retired).map(|line| Key::new(line, now)).collect();
        let published_for = of(KeyState::Next).map(|line| now.since(line.created_at)).next();
        let too_new = published_for.filter(|published| *published < PUBLISHED_BEFORE_USE).map(duration_for_people);
        Self { alg, about: about(alg), keys, too_new }
    }
}

const fn about(alg: SigningAlg) -> &'static str {
    match alg {
        SigningAlg::Rs256 => "What every app understands.",
        SigningAlg::Es256 => "Smaller and faster, widely understood.",
        SigningAlg::EdDsa => "Few apps understand it.",
        SigningAlg::Ps256 => "What some banks ask for. It has a key of its own, for an RSA key should sign in one way only.",
    }
}

/// The page.
#[derive(Template, WebTemplate)]
#[template(path = "oidc/keys.html")]
pub struct KeysPage {
    chrome: Chrome,
    notice: &'static str,
    algorithms: Vec<Algorithm>,
    /// Days between rotations; 0 for never.
    every_days: u32,
    jwks_uri: String,
}

/// What the address says.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Address {
    notice: String,
}

/// `GET /admin/keys`.
///
/// # Errors
/// When the database cannot be read.
pub async fn show(State(app): State<App>, admin: AdminSession, Query(address): Query<Address>) -> Result<KeysPage, AppError> {
    let (lines, now) = (super::list(&app).await?, app.clock.now());
    Ok(KeysPage {
        chrome: admin.chrome(&app),
        notice: match address.notice.as_str() {
            "rotated" => "The key was changed. The one before stays published until what it signed has expired.",
            "withdrawn" => {
                "The key was withdrawn. Nothing it signed counts here any more; apps learn of it when they fetch the keys again, or are restarted."
            }
            _ => "",
        },
        algorithms: SigningAlg::ALL.into_iter().map(|alg| Algorithm::new(alg, &lines, now)).collect(),
        every_days: app.settings().key_rotation.0,
        jwks_uri: app.config.origin.url("/.well-known/jwks.json"),
    })
}

/// Which key to change.
#[derive(Debug, Deserialize)]
pub struct RotateForm {
    alg: String,
}

/// Which key to withdraw.
#[derive(Debug, Deserialize)]
pub struct WithdrawForm {
    kid: String,
}

/// `POST /admin/keys/withdraw`.
///
/// # Errors
/// Not found, when the key is gone; when the database refuses.
pub async fn withdraw(State(app): State<App>, deed: AdminDeed, Form(form): Form<WithdrawForm>) -> Result<Redirect, AppError> {
    let is_done = super::withdraw(&app, &form.kid, &deed.admin.actor(), Some(&deed.client), deed.now).await?;
    if is_done { Ok(Redirect::to("/admin/keys?notice=withdrawn")) } else { Err(AppError::NotFound) }
}

/// `POST /admin/keys/rotate`.
///
/// # Errors
/// A page, when there is no such algorithm; when the database refuses.
pub async fn rotate(State(app): State<App>, deed: AdminDeed, Form(form): Form<RotateForm>) -> Result<Redirect, AppError> {
    let alg = SigningAlg::from_text(&form.alg)
        .ok_or_else(|| AppError::refused("Not understood", "Go back to the page of keys and press the button there."))?;
    super::rotate_from(&app, &[alg], &deed.admin.actor(), Some(&deed.client), deed.now).await?;
    Ok(Redirect::to("/admin/keys?notice=rotated"))
}
