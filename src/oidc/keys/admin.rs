//! `/admin/keys`: the keys that sign, how old they are, and changing them.

use askama::Template;
use askama_web::WebTemplate;
use axum::extract::{Form, Query, State};
use axum::response::Redirect;
use serde::Deserialize;

use super::{Line, PUBLISHED_AFTER_RETIREMENT, PUBLISHED_BEFORE_USE};
use crate::app::App;
use crate::clients::SigningAlg;
use crate::clock::Timestamp;
use crate::error::AppError;
use crate::language::{Text, duration, t};
use crate::oidc::store::keys::State as KeyState;
use crate::sessions::{AdminDeed, AdminSession};
use crate::web::Chrome;

/// How many retired keys of an algorithm the page shows.
const RETIRED_SHOWN: usize = 5;

/// The keys of one algorithm.
struct Algorithm {
    alg: SigningAlg,
    about: Text,
    keys: Vec<Key>,
    /// How long the next key has been published, when that is shorter than apps may keep what they fetched.
    too_new: Option<String>,
}

/// A key as the page shows it.
struct Key {
    kid: String,
    state: Text,
    tone: &'static str,
    says: Text,
    since: Timestamp,
    age: String,
    /// It is the one that signs.
    signs: bool,
    /// Something it signed may still be believed.
    counts: bool,
}

impl Key {
    fn new(line: &Line, now: Timestamp) -> Self {
        let counts = line.state != KeyState::Retired || line.retired_at.is_none_or(|at| now.since(at) < PUBLISHED_AFTER_RETIREMENT);
        let (state, tone, says, since) = match line.state {
            KeyState::Active => (t("keys-signs"), "good", t("keys-signs-since"), line.active_at.unwrap_or(line.created_at)),
            KeyState::Next => (t("keys-next"), "", t("keys-published-since"), line.created_at),
            KeyState::Retired => {
                let at = line.retired_at.unwrap_or(line.created_at);
                (if counts { t("keys-retired-published") } else { t("keys-retired") }, "", t("keys-retired-at"), at)
            }
        };
        Self {
            kid: line.kid.clone(),
            state,
            tone,
            says,
            since,
            age: duration(now.since(since)).into(),
            signs: line.state == KeyState::Active,
            counts,
        }
    }
}

impl Algorithm {
    fn new(alg: SigningAlg, lines: &[Line], now: Timestamp) -> Self {
        let of = |state| lines.iter().filter(move |line| line.alg == alg && line.state == state);
        let newest_retired = of(KeyState::Retired).collect::<Vec<_>>().into_iter().rev().take(RETIRED_SHOWN);
        let keys = of(KeyState::Active).chain(of(KeyState::Next)).chain(newest_retired).map(|line| Key::new(line, now)).collect();
        let published_for = of(KeyState::Next).map(|line| now.since(line.created_at)).next();
        let too_new = published_for.filter(|published| *published < PUBLISHED_BEFORE_USE).map(|published| duration(published).into());
        Self { alg, about: about(alg), keys, too_new }
    }
}

fn about(alg: SigningAlg) -> Text {
    match alg {
        SigningAlg::Rs256 => t("keys-rs256"),
        SigningAlg::Es256 => t("keys-es256"),
        SigningAlg::EdDsa => t("keys-eddsa"),
        SigningAlg::Ps256 => t("keys-ps256"),
    }
}

/// The page.
#[derive(Template, WebTemplate)]
#[template(path = "oidc/keys.html")]
pub struct KeysPage {
    chrome: Chrome,
    notice: String,
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
            "rotated" => t("keys-rotated").into(),
            "withdrawn" => t("keys-withdrawn").into(),
            _ => String::new(),
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
    let alg = SigningAlg::from_text(&form.alg).ok_or_else(|| AppError::refused(t("keys-not-understood"), t("keys-not-understood-message")))?;
    super::rotate_from(&app, &[alg], &deed.admin.actor(), Some(&deed.client), deed.now).await?;
    Ok(Redirect::to("/admin/keys?notice=rotated"))
}
